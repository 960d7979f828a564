package platform

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/tenancy"
)

// ID identifies a platform.
type ID string

// Citations of the articles.
const (
	citation25 = sx2021.Instrument + " 第二十五条"
	citation28 = sx2021.Instrument + " 第二十八条"
)

// MigrationDue is the clock of a plan to bring a site onto a platform.
var MigrationDue = obligation.Kind{ID: "site_migration", Name: "网站迁入集约化平台", Clause: "S25", Citation: citation25,
	Says: "按计划把网站迁入集约化平台：签收细则、建栏目、迁内容、设跳转、改域名指向", Remind: []int{30, 7, 0}, Escalate: 7}

// Obligations are the clocks this module runs.
func Obligations() []obligation.Kind { return []obligation.Kind{MigrationDue} }

// Platform is one intensive platform.
type Platform struct {
	ID         ID
	Unit       org.UnitID // 平台运维管理方
	UnitName   string     // joined
	AreaName   string     // joined
	Name       string
	Level      org.Level
	Here       bool // this house serves it
	Standard   string
	Technology string
	Security   string
	Operation  string
	IPv6       string // yes, no, unknown
	IPv6Note   string
	Limits     Limits
	Retired    calendar.Date
	UpdatedAt  time.Time
	// Joined.
	Sites, IPv6Sites, Seen int // sites on it; of them with an IPv6 address, and looked at
	RulesID                string
	RulesTitle             string
	areaPath, linePath     string
	area                   string // path of the owner's area
}

// Link is its page.
func (p Platform) Link() string { return "/console/platforms/" + string(p.ID) }

// In reports whether its owner lies in the scope.
func (p Platform) In(scope authz.Scope) bool {
	return p.areaPath != "" && scope.Covers(p.areaPath, p.linePath)
}

// Target names it in the trail.
func (p Platform) Target() audit.Target {
	return audit.Target{Kind: "platform", ID: string(p.ID), Name: p.Name, Unit: string(p.Unit)}
}

// IPv6Name is the record in Chinese.
func IPv6Name(v string) string {
	switch v {
	case "yes":
		return "支持"
	case "no":
		return "不支持"
	}
	return "未测"
}

// Parts are what the service works with.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Tenancy     *tenancy.Service
	Obligations *obligation.Service
	// Look finds out where a site's name leads; nil knows nothing.
	Look func(ctx context.Context, site registry.Site) (Seen, error)
}

// Seen is what was found out about a site's name.
type Seen struct {
	Pointing string // yes, no, unknown: the name leads to what this house publishes
	Says     string
	IPv6     string // yes, no, unknown
	// Old addresses looked at, and how many led to the new ones.
	Redirects, Redirected int
}

// Service is the door of platforms.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	tenancy     *tenancy.Service
	obligations *obligation.Service
	look        func(ctx context.Context, site registry.Site) (Seen, error)
}

// New makes the service.
func New(p Parts) *Service {
	return &Service{db: p.DB, org: p.Org, registry: p.Registry, tenancy: p.Tenancy, obligations: p.Obligations, look: p.Look}
}

const platformSelect = `
	SELECT p.id, p.unit_id, u.name, a.name, p.name, p.level, p.here, p.standard, p.technology, p.security, p.operation, p.ipv6, p.ipv6_note, p.limits, p.retired_on, p.updated_at,
	       (SELECT count(*) FROM site_platform sp JOIN site s ON s.id = sp.site_id WHERE sp.platform_id = p.id AND s.state IN ` + live + `),
	       (SELECT count(*) FROM site_platform sp WHERE sp.platform_id = p.id AND sp.ipv6 = 'yes'), (SELECT count(*) FROM site_platform sp WHERE sp.platform_id = p.id AND sp.ipv6 <> 'unknown'),
	       COALESCE((SELECT o.id FROM operating_rules o WHERE o.unit_id = p.unit_id AND o.state = 'in_force'), ''), COALESCE((SELECT o.title FROM operating_rules o WHERE o.unit_id = p.unit_id AND o.state = 'in_force'), ''),
	       u.area_path, u.line_path, a.path
	  FROM platform p JOIN unit u ON u.id = p.unit_id JOIN area a ON a.id = u.area_id`

// live are the states in which a site is counted.
const live = `('running', 'temporarily_offline', 'exiting', 'closing')`

func scanPlatform(r db.Scanner) (Platform, error) {
	var p Platform
	var limits string
	err := r.Scan(&p.ID, &p.Unit, &p.UnitName, &p.AreaName, &p.Name, &p.Level, &p.Here, &p.Standard, &p.Technology, &p.Security, &p.Operation, &p.IPv6, &p.IPv6Note, &limits, &p.Retired, &p.UpdatedAt,
		&p.Sites, &p.IPv6Sites, &p.Seen, &p.RulesID, &p.RulesTitle, &p.areaPath, &p.linePath, &p.area)
	if err == nil && limits != "" {
		err = json.Unmarshal([]byte(limits), &p.Limits)
	}
	return p, err
}

// Platforms of the province: which platforms there are is known to everybody
// who reads the ledger; the scope says nothing here but that there is one.
func (s *Service) Platforms(ctx context.Context, scope authz.Scope) ([]Platform, error) {
	if scope.Empty() {
		return nil, nil
	}
	return db.All(ctx, s.db, scanPlatform, platformSelect+` ORDER BY CASE WHEN p.retired_on IS NULL THEN 0 ELSE 1 END, length(a.path), a.code, p.name, p.id`)
}

// Platform by its id. Its record is known to everybody who reads the ledger.
func (s *Service) Platform(ctx context.Context, scope authz.Scope, id ID) (Platform, error) {
	return s.byID(ctx, s.db, scope, id)
}

func (s *Service) byID(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Platform, error) {
	if scope.Empty() {
		return Platform{}, fault.Missing("平台")
	}
	p, err := db.One(ctx, q, scanPlatform, platformSelect+` WHERE p.id = $1`, id)
	if db.None(err) {
		return Platform{}, fault.Missing("平台")
	}
	return p, err
}

// managed is a platform for an act of its operator or the office above.
func (s *Service) managed(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Platform, error) {
	p, err := s.byID(ctx, q, scope, id)
	if err == nil && !p.In(scope) {
		return p, fault.Missing("平台")
	}
	return p, err
}

func clean(p *Platform) error {
	for _, v := range []*string{&p.Name, &p.Standard, &p.Technology, &p.Security, &p.Operation, &p.IPv6Note} {
		*v = strings.TrimSpace(*v)
	}
	p.IPv6 = cmp.Or(p.IPv6, "unknown")
	var f fault.Fields
	f.Text("name", "平台名称", p.Name, true, 60)
	f.Text("standard", "标准体系", p.Standard, true, 500)
	f.Text("technology", "技术平台", p.Technology, true, 500)
	f.Text("security", "安全防护", p.Security, true, 500)
	f.Text("operation", "运维监管", p.Operation, true, 500)
	f.Text("ipv6_note", "IPv6 情况说明", p.IPv6Note, false, 200)
	f.Check(slices.Contains([]string{"yes", "no", "unknown"}, p.IPv6), "ipv6", "请选择是否支持 IPv6")
	if err := f.Err(); err != nil {
		return err
	}
	return p.Limits.check()
}

// Save records a platform, or changes it. Platforms are of province and city
// level only (Article 25).
func (s *Service) Save(ctx context.Context, scope authz.Scope, n Platform) (Platform, error) {
	if err := clean(&n); err != nil {
		return n, err
	}
	limits, err := json.Marshal(n.Limits)
	if err != nil {
		return n, err
	}
	var p Platform
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		var before any
		act := "platform.add"
		if n.ID != "" {
			old, err := s.managed(ctx, tx, scope, n.ID)
			if err != nil {
				return err
			}
			if !n.UpdatedAt.IsZero() && !n.UpdatedAt.Equal(old.UpdatedAt) {
				return fault.New(fault.Conflict, "您打开表单后，平台记录已被别人修改；您填写的内容还在下面，请核对后再保存。")
			}
			before, act = old, "platform.change"
			_, err = tx.Exec(ctx, `UPDATE platform SET name = $2, here = $3, standard = $4, technology = $5, security = $6, operation = $7, ipv6 = $8, ipv6_note = $9, limits = $10, updated_at = $11 WHERE id = $1`,
				n.ID, n.Name, n.Here, n.Standard, n.Technology, n.Security, n.Operation, n.IPv6, n.IPv6Note, string(limits), tx.Now())
			if err := taken(err); err != nil {
				return err
			}
		} else {
			u, err := s.org.UnitTx(ctx, tx, scope, n.Unit)
			if err != nil {
				return err
			}
			if u.Level != org.Province && u.Level != org.City {
				return rules.Refuse([]rules.Breach{sx2021.TwoLevels.Breachf("%s是%s单位，集约化平台按省、市两级部署；请由省级或设区市的单位登记。", u.Name, u.Level.Name())})
			}
			n.ID, n.Level = ID(ulid.Make().String()), u.Level
			_, err = tx.Exec(ctx, `
				INSERT INTO platform (id, unit_id, name, level, here, standard, technology, security, operation, ipv6, ipv6_note, limits, created_at, updated_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
				n.ID, n.Unit, n.Name, n.Level, n.Here, n.Standard, n.Technology, n.Security, n.Operation, n.IPv6, n.IPv6Note, string(limits), tx.Now())
			if err := taken(err); err != nil {
				return err
			}
		}
		if p, err = s.byID(ctx, tx, authz.System("platform.save"), n.ID); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: act, Basis: citation25, Target: p.Target(), Before: before, After: p})
	})
	return p, err
}

func taken(err error) error {
	if _, dup := db.UniqueViolation(err); dup {
		return fault.New(fault.Conflict, "这个单位已有一个由本系统承载的平台，请打开原记录修改。").On("here", "已有平台").From(err)
	}
	return err
}

// Retire ends a platform that no site stands on any more.
func (s *Service) Retire(ctx context.Context, scope authz.Scope, id ID) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		p, err := s.managed(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		switch {
		case !p.Retired.IsZero():
			return fault.New(fault.Conflict, "平台已经停用。")
		case p.Sites > 0:
			return fault.Newf(fault.Conflict, "平台上还有 %d 个网站，请先迁出，再停用平台。", p.Sites)
		}
		if _, err := tx.Exec(ctx, `UPDATE platform SET retired_on = $2, updated_at = $3 WHERE id = $1`, id, calendar.DateOf(tx.Now()), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "platform.retire", Basis: citation25, Target: p.Target()})
	})
}

// History of a platform known to the reader.
func (s *Service) History(ctx context.Context, scope authz.Scope, id ID) ([]audit.Row, error) {
	if _, err := s.managed(ctx, s.db, scope, id); err != nil {
		return nil, err
	}
	return audit.Entries(ctx, s.db, audit.Filter{TargetKind: "platform", TargetID: string(id), Limit: 40})
}

// here is the platform of this house in charge of a site's area: the nearest
// one above.
func (s *Service) here(ctx context.Context, q db.Querier, site registry.Site) (Platform, bool, error) {
	list, err := db.All(ctx, q, scanPlatform, platformSelect+` WHERE p.here AND p.retired_on IS NULL ORDER BY length(a.path) DESC, p.id`)
	if err != nil {
		return Platform{}, false, err
	}
	i := slices.IndexFunc(list, func(p Platform) bool { return site.Within(p.area) })
	if i < 0 {
		return Platform{}, false, nil
	}
	return list[i], true, nil
}

// standing is how a site stands to coming aboard.
func (s *Service) standing(ctx context.Context, q db.Querier, site registry.Site) (Platform, sx2021.Aboard, error) {
	system := authz.System("platform.aboard")
	var a sx2021.Aboard
	p, ok, err := s.here(ctx, q, site)
	if err != nil || !ok {
		return p, a, err
	}
	a.Platform = true
	o, inForce, err := s.tenancy.InForce(ctx, q, system, p.Unit)
	if err != nil || !inForce {
		return p, a, err
	}
	a.InForce = true
	a.Receipt, err = s.tenancy.Signed(ctx, q, system, o.ID, site.Unit)
	return p, a, err
}

// Bars says what keeps a site in scope from being hosted here.
func (s *Service) Bars(ctx context.Context, scope authz.Scope, id registry.SiteID) ([]rules.Breach, error) {
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	_, a, err := s.standing(ctx, s.db, site)
	return sx2021.CheckAboard(a), err
}

// Aboard takes a site onto the platform of this house, in the transaction of
// the act that makes it hosted: only under rules in force that its sponsor has
// signed for. It is refused otherwise, with the article.
func (s *Service) Aboard(ctx context.Context, tx *db.Tx, site registry.Site) error {
	p, a, err := s.standing(ctx, tx, site)
	if err != nil {
		return err
	}
	if err := rules.Refuse(sx2021.CheckAboard(a)); err != nil {
		return err
	}
	if err := s.tenancy.OpenTenancy(ctx, tx, authz.System("platform.aboard"), p.Unit, site.Unit); err != nil {
		return err
	}
	return s.stand(ctx, tx, site, p, "进驻")
}

// stand records on which platform a site stands.
func (s *Service) stand(ctx context.Context, tx *db.Tx, site registry.Site, p Platform, basis string) error {
	if _, err := tx.Exec(ctx, `INSERT INTO site_platform (site_id, platform_id, since, basis, ipv6) VALUES ($1, $2, $3, $4, 'unknown')
		ON CONFLICT (site_id) DO UPDATE SET platform_id = excluded.platform_id, since = CASE WHEN site_platform.platform_id = excluded.platform_id THEN site_platform.since ELSE excluded.since END, basis = excluded.basis`,
		site.ID, p.ID, calendar.DateOf(tx.Now()), basis); err != nil {
		return fmt.Errorf("platform: stand: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "platform.stand", Basis: citation25, Target: site.Target(), After: map[string]string{"platform": p.Name, "basis": basis}})
}

// Stand records that a site in scope stands on a platform elsewhere, or (with
// no platform) on none. A site published here stands where it is published.
func (s *Service) Stand(ctx context.Context, scope authz.Scope, id registry.SiteID, on ID, basis string) error {
	basis = strings.TrimSpace(basis)
	if n := len([]rune(basis)); n < 2 || n > 200 {
		return fault.New(fault.Invalid, "没有写明依据，或超过 200 字。").On("basis", "请写明依据，如接入证明或文号")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		site, err := s.registry.SiteTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if site.Hosted {
			return fault.New(fault.Conflict, "这个网站由本系统承载，所在平台由进驻登记决定，不能在这里改。")
		}
		if on == "" {
			if _, err := tx.Exec(ctx, `DELETE FROM site_platform WHERE site_id = $1`, id); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "platform.leave", Basis: citation25, Target: site.Target(), After: basis})
		}
		p, err := s.byID(ctx, tx, scope, on)
		if err != nil {
			return err
		}
		switch {
		case !p.Retired.IsZero():
			return fault.Newf(fault.Conflict, "“%s”已停用，请另选平台。", p.Name).On("platform", "请另选")
		case p.Here:
			return fault.Newf(fault.Refused, "“%s”由本系统承载：请在网站的“修改标识”中改为由本平台承载，系统会核对细则和签收情况。", p.Name).On("platform", "请办理进驻")
		}
		if err := s.stand(ctx, tx, site, p, basis); err != nil {
			return err
		}
		return s.settle(ctx, tx, site, "已在“"+p.Name+"”上")
	})
}
