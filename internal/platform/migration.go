package platform

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Migration is one site of the ledger as the board shows it.
type Migration struct {
	Site         registry.SiteID
	Name, Host   string
	Unit         org.UnitID
	UnitName     string
	AreaName     string
	Hosted       bool
	Platform     ID     // where it stands; empty for nowhere
	PlatformName string // joined
	Since        calendar.Date
	Basis        string
	IPv6         string
	IPv6At       time.Time
	// The plan; Due is zero without one.
	To          ID
	ToName      string
	Responsible string
	Begin, Due  calendar.Date
	Note        string
	LookedAt    time.Time
	Pointing    string
	PointSays   string
	Redirects   int
	Redirected  int
	DoneAt      time.Time
	// Facts.
	Receipt            bool
	Columns, Items     int
	areaPath, linePath string
}

// Link is its page.
func (m Migration) Link() string { return "/console/migrations/" + string(m.Site) }

// Planned reports whether there is a plan.
func (m Migration) Planned() bool { return !m.Due.IsZero() }

// Off reports whether the site stands on no platform.
func (m Migration) Off() bool { return m.Platform == "" }

// Overdue reports whether a plan is past its day.
func (m Migration) Overdue(today calendar.Date) bool {
	return m.Off() && m.Planned() && m.DoneAt.IsZero() && today.After(m.Due)
}

// In reports whether the site lies in the scope.
func (m Migration) In(scope authz.Scope) bool {
	return m.areaPath != "" && scope.Covers(m.areaPath, m.linePath)
}

// Stage is one step of coming aboard, with the fact that shows it.
type Stage struct {
	Name, Fact string
	Done       bool
}

// Stages tell from facts how far the migration is; nobody ticks them.
func (m Migration) Stages() []Stage {
	point := map[string]string{"yes": "域名已指向本平台", "no": "域名还没有指向本平台", "unknown": "还没有核对"}[m.Pointing]
	if m.PointSays != "" {
		point = m.PointSays
	}
	redirects := "没有可核对的旧网址"
	if m.Redirects > 0 {
		redirects = fmt.Sprintf("抽查 %d 个旧网址，%d 个跳转到新网址", m.Redirects, m.Redirected)
	}
	plan, receipt, hosted := "没有计划", "主办单位还没有签收运维管理细则", "还没有栏目"
	if m.Planned() {
		plan = m.Responsible + "负责，" + m.Begin.String() + " 至 " + m.Due.String()
	}
	if m.Receipt {
		receipt = "主办单位已签收运维管理细则"
	}
	if m.Columns > 0 {
		hosted = fmt.Sprintf("已建 %d 个栏目", m.Columns)
	}
	if !m.Hosted {
		hosted += "，还没有改为由本平台承载"
	}
	return []Stage{
		{"制定计划", plan, m.Planned()}, {"签收细则", receipt, m.Receipt}, {"进驻建站", hosted, m.Hosted && m.Columns > 0},
		{"迁入内容", fmt.Sprintf("已上线 %d 篇", m.Items), m.Items > 0}, {"旧址跳转", redirects, m.Redirects > 0 && m.Redirects == m.Redirected}, {"域名指向", point, m.Pointing == "yes"},
	}
}

// StageName is the first stage that is not done.
func (m Migration) StageName() string {
	if !m.Off() && m.Hosted || !m.DoneAt.IsZero() {
		return "已完成"
	}
	for _, s := range m.Stages() {
		if !s.Done {
			return s.Name
		}
	}
	return "已完成"
}

const migrationSelect = `
	SELECT s.id, s.name, s.host, s.unit_id, u.name, a.name, s.hosted, COALESCE(sp.platform_id, ''), COALESCE(p.name, ''), sp.since, COALESCE(sp.basis, ''), COALESCE(sp.ipv6, 'unknown'), sp.ipv6_at,
	       COALESCE(m.platform_id, ''), COALESCE(t.name, ''), COALESCE(m.responsible, ''), m.begin_on, m.due_on, COALESCE(m.note, ''), m.looked_at, COALESCE(m.pointing, 'unknown'), COALESCE(m.pointing_says, ''),
	       COALESCE(m.redirects, 0), COALESCE(m.redirected, 0), m.done_at,
	       EXISTS (SELECT 1 FROM operating_rules o JOIN resident r ON r.rules_id = o.id WHERE o.unit_id = COALESCE(t.unit_id, p.unit_id) AND o.state = 'in_force' AND r.unit_id = s.unit_id AND r.receipt_at IS NOT NULL),
	       (SELECT count(*) FROM site_column c WHERE c.site_id = s.id AND c.closed_at IS NULL), (SELECT count(*) FROM item_placement l WHERE l.site_id = s.id AND l.state = 'live'),
	       u.area_path, u.line_path`

const migrationFrom = `
	  FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id
	  LEFT JOIN site_platform sp ON sp.site_id = s.id LEFT JOIN platform p ON p.id = sp.platform_id
	  LEFT JOIN migration_plan m ON m.site_id = s.id LEFT JOIN platform t ON t.id = m.platform_id`

func scanMigration(r db.Scanner) (Migration, error) {
	var m Migration
	err := r.Scan(&m.Site, &m.Name, &m.Host, &m.Unit, &m.UnitName, &m.AreaName, &m.Hosted, &m.Platform, &m.PlatformName, &m.Since, &m.Basis, &m.IPv6, &m.IPv6At,
		&m.To, &m.ToName, &m.Responsible, &m.Begin, &m.Due, &m.Note, &m.LookedAt, &m.Pointing, &m.PointSays, &m.Redirects, &m.Redirected, &m.DoneAt,
		&m.Receipt, &m.Columns, &m.Items, &m.areaPath, &m.linePath)
	return m, err
}

// MigrationFilter narrows Migrations.
type MigrationFilter struct {
	Text     string
	State    string // off, unplanned, planned, overdue, aboard; empty: all
	Platform ID
	Under    org.AreaID
	Limit    int
	Offset   int
}

// Migrations in scope, overdue first, then those off every platform, and how
// many there are.
func (s *Service) Migrations(ctx context.Context, scope authz.Scope, f MigrationFilter) ([]Migration, int, error) {
	var w db.Where
	scope.Where(&w, "u")
	today := calendar.DateOf(s.db.Now())
	w.And("s.state IN "+live).AndIf(f.Platform != "", "sp.platform_id = ?", f.Platform)
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	switch f.State {
	case "":
	case "off":
		w.And("sp.platform_id IS NULL")
	case "unplanned":
		w.And("sp.platform_id IS NULL AND m.site_id IS NULL")
	case "planned":
		w.And("sp.platform_id IS NULL AND m.done_at IS NULL AND m.due_on >= ?", today)
	case "overdue":
		w.And("sp.platform_id IS NULL AND m.done_at IS NULL AND m.due_on < ?", today)
	case "aboard":
		w.And("sp.platform_id IS NOT NULL")
	default:
		return nil, 0, fault.New(fault.Invalid, "筛选条件无法识别。").On("state", "请从列表中选择")
	}
	if f.Under != "" {
		a, err := s.org.Area(ctx, s.db, f.Under)
		if err != nil {
			return nil, 0, err
		}
		authz.Area("filter", a.Path).Where(&w, "u")
	}
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM site s JOIN unit u ON u.id = s.unit_id LEFT JOIN site_platform sp ON sp.site_id = s.id LEFT JOIN migration_plan m ON m.site_id = s.id WHERE `+w.SQL(), w.Args()...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	list, err := db.All(ctx, s.db, scanMigration, migrationSelect+migrationFrom+` WHERE `+w.SQL()+`
		ORDER BY CASE WHEN sp.platform_id IS NOT NULL THEN 2 WHEN m.due_on < `+w.Arg(today)+` AND m.done_at IS NULL THEN 0 ELSE 1 END, CASE WHEN m.due_on IS NULL THEN 1 ELSE 0 END, m.due_on, s.area_path, s.name, s.id
		LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Migration of a site in scope.
func (s *Service) Migration(ctx context.Context, scope authz.Scope, id registry.SiteID) (Migration, error) {
	return s.migration(ctx, s.db, scope, id)
}

func (s *Service) migration(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) (Migration, error) {
	m, err := db.One(ctx, q, scanMigration, migrationSelect+migrationFrom+` WHERE s.id = $1`, id)
	if db.None(err) || err == nil && !m.In(scope) {
		return Migration{}, fault.Missing("网站")
	}
	return m, err
}

// Plan is how a site is to come aboard.
type Plan struct {
	To          ID
	Responsible string
	Begin, Due  calendar.Date
	Note        string
}

func migrationSubject(id registry.SiteID, name string) obligation.Subject {
	return obligation.Subject{Kind: "site_migration", ID: string(id), Name: name}
}

// Plan records or changes the plan of a site in scope that stands on no
// platform; its clock runs to the day.
func (s *Service) Plan(ctx context.Context, scope authz.Scope, id registry.SiteID, p Plan) error {
	p.Responsible, p.Note = strings.TrimSpace(p.Responsible), strings.TrimSpace(p.Note)
	var f fault.Fields
	f.Text("responsible", "责任人", p.Responsible, true, 60)
	f.Text("note", "说明", p.Note, false, 500)
	f.Check(p.To != "", "platform", "请选择迁入的平台")
	f.Check(!p.Begin.IsZero(), "begin", "请填写开始日期")
	f.Check(!p.Due.IsZero() && !p.Due.Before(p.Begin), "due", "完成日期要在开始日期以后")
	f.Check(p.Due.IsZero() || p.Begin.IsZero() || p.Due.Before(p.Begin.AddYears(3)), "due", "计划不超过三年，请核对日期")
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		m, err := s.migration(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if !m.Off() {
			return fault.Newf(fault.Conflict, "这个网站已在“%s”上，不需要迁移计划。", m.PlatformName)
		}
		today := calendar.DateOf(tx.Now())
		if p.Due != m.Due && p.Due.Before(today) {
			return fault.New(fault.Invalid, "完成日期在今天以前。").On("due", "请填写今天或以后的日期")
		}
		to, err := s.byID(ctx, tx, scope, p.To)
		if err != nil {
			return err
		}
		if !to.Retired.IsZero() {
			return fault.Newf(fault.Conflict, "“%s”已停用，请另选平台。", to.Name).On("platform", "请另选")
		}
		if _, err := tx.Exec(ctx, `INSERT INTO migration_plan (site_id, platform_id, responsible, begin_on, due_on, note, redirects, redirected, pointing, pointing_says, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 'unknown', '', $7, $7)
			ON CONFLICT (site_id) DO UPDATE SET platform_id = excluded.platform_id, responsible = excluded.responsible, begin_on = excluded.begin_on, due_on = excluded.due_on, note = excluded.note, done_at = NULL, updated_at = excluded.updated_at`,
			id, p.To, p.Responsible, p.Begin, p.Due, p.Note, tx.Now()); err != nil {
			return fmt.Errorf("platform: plan: %w", err)
		}
		if m.Due != p.Due {
			if m.Planned() {
				if _, err := s.obligations.Annul(ctx, tx, MigrationDue.ID, migrationSubject(id, m.Name), "计划改为 "+p.Due.String()+"完成"); err != nil {
					return err
				}
			}
			if err := s.obligations.Open(ctx, tx, obligation.Debt{Kind: MigrationDue.ID, Unit: m.Unit, Subject: migrationSubject(id, m.Name), Link: m.Link(), Due: calendar.Due{On: p.Due}}); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "platform.plan", Basis: citation25, Target: audit.Target{Kind: "site", ID: string(id), Name: m.Name, Unit: string(m.Unit)}, Before: Plan{m.To, m.Responsible, m.Begin, m.Due, m.Note}, After: p})
	})
}

// settle ends a plan that is fulfilled.
func (s *Service) settle(ctx context.Context, tx *db.Tx, site registry.Site, evidence string) error {
	n, err := tx.Exec(ctx, `UPDATE migration_plan SET done_at = $2, updated_at = $2 WHERE site_id = $1 AND done_at IS NULL`, site.ID, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	if _, err := s.obligations.Discharge(ctx, tx, MigrationDue.ID, migrationSubject(site.ID, site.Name), evidence); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "platform.migrated", Basis: citation25, Target: site.Target(), After: evidence})
}

// LookAt finds out where the name of a site in scope leads and keeps it. A
// hosted site whose name leads here has come aboard.
func (s *Service) LookAt(ctx context.Context, scope authz.Scope, id registry.SiteID) (Seen, error) {
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return Seen{}, err
	}
	if s.look == nil || site.Host == "" {
		return Seen{}, fault.New(fault.Refused, "这个网站还没有登记域名，无法核对；请先登记域名。")
	}
	seen, err := s.look(ctx, site)
	if err != nil {
		return seen, err
	}
	return seen, s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE migration_plan SET pointing = $2, pointing_says = $3, redirects = $4, redirected = $5, looked_at = $6 WHERE site_id = $1`, id, seen.Pointing, seen.Says, seen.Redirects, seen.Redirected, tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE site_platform SET ipv6 = $2, ipv6_at = $3 WHERE site_id = $1`, id, seen.IPv6, tx.Now()); err != nil {
			return err
		}
		if site.Hosted && seen.Pointing == "yes" {
			if err := s.settle(ctx, tx, site, "域名已指向本平台，"+seen.Says); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "platform.look", Basis: citation25, Target: site.Target(), After: seen})
	})
}

// City is one line of the board: a city, or the province's own sites.
type City struct {
	Area     org.AreaID
	Name     string
	Sites    int // that run
	Province int // on a platform of the province
	City     int // on a platform of the city
	Off      int
	Planned  int // of Off, with a plan that is not overdue
	Overdue  int
	// Own are the platforms of this very level (Article 26): the city's, or the
	// province's.
	Own  []Named
	path string
}

// Named is a platform by its name.
type Named struct {
	ID   ID
	Name string
}

// Board counts the sites in scope by city.
func (s *Service) Board(ctx context.Context, scope authz.Scope) ([]City, error) {
	var w db.Where
	today := calendar.DateOf(s.db.Now())
	due := w.Arg(today)
	past := w.Arg(today)
	scope.Where(&w, "u")
	w.And("s.state IN " + live)
	type row struct {
		area                                       org.AreaID
		path                                       string
		sites, province, city, off, plans, overdue int
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.area, &x.path, &x.sites, &x.province, &x.city, &x.off, &x.plans, &x.overdue)
	}, `SELECT a.id, a.path, count(*), COALESCE(SUM(CASE WHEN p.level = 'province' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN p.level = 'city' THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN p.id IS NULL THEN 1 ELSE 0 END), 0),
	           COALESCE(SUM(CASE WHEN p.id IS NULL AND m.done_at IS NULL AND m.due_on >= `+due+` THEN 1 ELSE 0 END), 0), COALESCE(SUM(CASE WHEN p.id IS NULL AND m.done_at IS NULL AND m.due_on < `+past+` THEN 1 ELSE 0 END), 0)
	      FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id LEFT JOIN site_platform sp ON sp.site_id = s.id LEFT JOIN platform p ON p.id = sp.platform_id
	      LEFT JOIN migration_plan m ON m.site_id = s.id WHERE `+w.SQL()+` GROUP BY a.id, a.path`, w.Args()...)
	if err != nil {
		return nil, err
	}
	cities, err := db.All(ctx, s.db, func(r db.Scanner) (City, error) {
		var c City
		return c, r.Scan(&c.Area, &c.Name, &c.path)
	}, `SELECT id, name, path FROM area WHERE level IN ('province', 'city') ORDER BY length(path), code`)
	if err != nil {
		return nil, err
	}
	for _, x := range rows {
		at := -1
		for i, c := range cities {
			if strings.HasPrefix(x.path, c.path) && (at < 0 || len(c.path) > len(cities[at].path)) {
				at = i
			}
		}
		if at < 0 {
			continue
		}
		c := &cities[at]
		c.Sites, c.Province, c.City, c.Off, c.Planned, c.Overdue = c.Sites+x.sites, c.Province+x.province, c.City+x.city, c.Off+x.off, c.Planned+x.plans, c.Overdue+x.overdue
	}
	type owned struct {
		Named
		path string
	}
	own, err := db.All(ctx, s.db, func(r db.Scanner) (owned, error) {
		var x owned
		return x, r.Scan(&x.ID, &x.Name, &x.path)
	}, `SELECT p.id, p.name, a.path FROM platform p JOIN unit u ON u.id = p.unit_id JOIN area a ON a.id = u.area_id WHERE p.retired_on IS NULL AND a.level = p.level ORDER BY p.name, p.id`)
	if err != nil {
		return nil, err
	}
	for _, x := range own {
		if i := slices.IndexFunc(cities, func(c City) bool { return c.path == x.path }); i >= 0 {
			cities[i].Own = append(cities[i].Own, x.Named)
		}
	}
	return slices.DeleteFunc(cities, func(c City) bool { return c.Sites == 0 }), nil
}

// Day is how many sites of an area stood off every platform on a day.
type Day struct {
	On         calendar.Date
	Sites, Off int
}

// Trend of the areas of the scope that are counted day by day: those of the
// board, summed; the last days at most.
func (s *Service) Trend(ctx context.Context, scope authz.Scope, days int) ([]Day, error) {
	board, err := s.Board(ctx, scope)
	if err != nil || len(board) == 0 {
		return nil, err
	}
	// A scope inside a city has no counted area of its own.
	for _, c := range board {
		if !scope.Covers(c.path, "") {
			return nil, nil
		}
	}
	areas := make([]org.AreaID, len(board))
	for i, c := range board {
		areas[i] = c.Area
	}
	var w db.Where
	cond, args := db.In("area_id", areas)
	w.And(cond, args...).And("on_date > ?", calendar.DateOf(s.db.Now()).AddDays(-days))
	return db.All(ctx, s.db, func(r db.Scanner) (Day, error) {
		var d Day
		return d, r.Scan(&d.On, &d.Sites, &d.Off)
	}, `SELECT on_date, SUM(sites), SUM(off) FROM platform_day WHERE `+w.SQL()+` GROUP BY on_date ORDER BY on_date`, w.Args()...)
}

// Sweep brings up what follows from facts: sites published here stand on the
// platform of their area, the day's numbers are kept, a plan whose site has
// ended runs no more.
func (s *Service) Sweep(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "platform")
	system := authz.System("platform.sweep")
	n := 0
	loose, err := db.All(ctx, s.db, db.Value[registry.SiteID], `SELECT s.id FROM site s WHERE s.hosted AND s.state IN `+live+` AND NOT EXISTS (SELECT 1 FROM site_platform sp WHERE sp.site_id = s.id) ORDER BY s.id LIMIT 500`)
	if err != nil {
		return 0, err
	}
	for _, id := range loose {
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			site, err := s.registry.SiteTx(ctx, tx, system, id)
			if err != nil {
				return err
			}
			p, ok, err := s.here(ctx, tx, site)
			if err != nil || !ok {
				return err
			}
			n++
			return s.stand(ctx, tx, site, p, "存量：已由本平台承载")
		}); err != nil {
			return n, err
		}
	}
	ended, err := db.All(ctx, s.db, db.Value[registry.SiteID], `SELECT m.site_id FROM migration_plan m JOIN site s ON s.id = m.site_id WHERE m.done_at IS NULL AND s.state IN ('exited', 'closed')`)
	if err != nil {
		return n, err
	}
	for _, id := range ended {
		if err := s.db.Update(ctx, func(tx *db.Tx) error {
			site, err := s.registry.SiteTx(ctx, tx, system, id)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM migration_plan WHERE site_id = $1`, id); err != nil {
				return err
			}
			if _, err := s.obligations.Annul(ctx, tx, MigrationDue.ID, migrationSubject(id, site.Name), "网站已"+site.StateName()); err != nil {
				return err
			}
			n++
			return audit.Record(ctx, tx, audit.Entry{Act: "platform.plan.end", Target: site.Target()})
		}); err != nil {
			return n, err
		}
	}
	k, err := s.keepDay(ctx, system)
	if err != nil {
		return n + k, err
	}
	w, err := s.warn(ctx)
	return n + k + w, err
}

func (s *Service) keepDay(ctx context.Context, system authz.Scope) (int, error) {
	today := calendar.DateOf(s.db.Now())
	have, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM platform_day WHERE on_date = $1`, today)
	if err != nil || have > 0 {
		return 0, err
	}
	board, err := s.Board(ctx, system)
	if err != nil || len(board) == 0 {
		return 0, err
	}
	return len(board), s.db.Update(ctx, func(tx *db.Tx) error {
		for _, c := range board {
			if _, err := tx.Exec(ctx, `INSERT INTO platform_day (on_date, area_id, sites, off) VALUES ($1, $2, $3, $4) ON CONFLICT (on_date, area_id) DO NOTHING`, today, c.Area, c.Sites, c.Off); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "platform.day", Target: audit.Target{Kind: "platform_day", ID: today.String(), Name: today.String()}, After: map[string]int{"areas": len(board)}})
	})
}
