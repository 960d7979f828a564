package health

import (
	"context"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/platform"
	"zhengshu/internal/registry"
)

// Tone is how a fact looks.
type Tone string

// The tones.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// Fact is one number of a card, with where its rows are.
type Fact struct {
	Name, Text, Note, Href string
	Tone                   Tone
}

// Source gives further facts of a site: what only a module above knows, such as
// whether served bytes are those published, or visits.
type Source func(ctx context.Context, scope authz.Scope, site registry.Site) ([]Fact, error)

// Parts are what the service works with.
type Parts struct {
	DB         *db.DB
	Registry   *registry.Service
	Inspection *inspection.Service
	Platforms  *platform.Service
	Sources    []Source
}

// Service is the door of health.
type Service struct{ Parts }

// New makes the service.
func New(p Parts) *Service { return &Service{p} }

// Row is one hosted site in the list of all cards.
type Row struct {
	Site       registry.SiteID
	Name, Host string
	State      string
	Unit       org.UnitID
	UnitName   string
	AreaName   string
	Release    int       // number; 0 for none
	ReleasedAt time.Time // of it
	Waiting    int       // changes not yet published
	WaitsSince time.Time
	Columns    int
	Late       int // columns past their cycle
	Soon       int // columns due within SoonDays
	Serious    int // open findings that are serious
	Findings   int // open findings
	Domain     calendar.Date
	Cert       calendar.Date
	IPv6       string
	Platform   string
	Up, Probes int // of the last seven days
	// Rate is the availability of complete days in hundredths of a per cent, by the
	// rule of the inspection; Rated is false where there are too few to say.
	Rate  int
	Rated bool
	// Refuses our probes, for a day or longer: whether it opens is for a person to see.
	Refuses bool
}

// Link is the card.
func (r Row) Link() string { return "/console/sites/" + string(r.Site) + "/health" }

// SoonDays and the others are from when a number is a worry.
const (
	SoonDays    = 3
	DomainDays  = 30
	WaitMinutes = 10
	BackupHours = 24
)

// Worries counts what a person should look at now.
func (r Row) Worries(today calendar.Date, now time.Time) int {
	n := r.Late + r.Serious
	if r.Waiting > 0 && now.Sub(r.WaitsSince) > WaitMinutes*time.Minute {
		n++
	}
	for _, d := range []calendar.Date{r.Domain, r.Cert} {
		if !d.IsZero() && d.Sub(today) <= DomainDays {
			n++
		}
	}
	if r.Release == 0 {
		n++
	}
	if r.Refuses {
		n++
	}
	return n
}

// Sorts are the columns a list may be sorted by, the first by default.
var Sorts = []string{"worries", "name", "released", "columns", "findings", "domain"}

const rowSelect = `
	SELECT s.id AS id, s.name AS site_name, s.host AS host, s.state AS state, s.unit_id AS unit_id, u.name AS unit_name, a.name AS area_name,
	       COALESCE((SELECT MAX(r.no) FROM site_release r WHERE r.site_id = s.id), 0) AS release_no, (SELECT MAX(r.at) FROM site_release r WHERE r.site_id = s.id) AS released_at,
	       (SELECT count(*) FROM release_change c WHERE c.site_id = s.id) AS waiting, (SELECT MIN(c.at) FROM release_change c WHERE c.site_id = s.id) AS waits_since,
	       (SELECT count(*) FROM site_column k WHERE k.site_id = s.id AND k.closed_at IS NULL) AS columns_n,
	       (SELECT count(*) FROM obligation o JOIN site_column k ON k.id = o.subject_id WHERE o.kind = 'column_update' AND o.subject_kind = 'column' AND o.state = 'open' AND k.site_id = s.id AND k.closed_at IS NULL AND o.due_on < $1) AS late,
	       (SELECT count(*) FROM obligation o JOIN site_column k ON k.id = o.subject_id WHERE o.kind = 'column_update' AND o.subject_kind = 'column' AND o.state = 'open' AND k.site_id = s.id AND k.closed_at IS NULL AND o.due_on >= $1 AND o.due_on <= $2) AS soon,
	       (SELECT count(*) FROM finding f WHERE f.site_id = s.id AND f.state <> 'closed' AND f.severity = 'serious') AS serious, (SELECT count(*) FROM finding f WHERE f.site_id = s.id AND f.state <> 'closed') AS findings,
	       (SELECT MIN(d.expires_on) FROM domain d WHERE d.site_id = s.id AND d.state = 'active') AS domain_on, (SELECT MIN(d.cert_expires_on) FROM domain d WHERE d.site_id = s.id AND d.state = 'active') AS cert_on,
	       COALESCE(sp.ipv6, 'unknown') AS ipv6, COALESCE(p.name, '') AS platform
	  FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id LEFT JOIN site_platform sp ON sp.site_id = s.id LEFT JOIN platform p ON p.id = sp.platform_id`

func scanRow(r db.Scanner) (Row, error) {
	var x Row
	return x, r.Scan(&x.Site, &x.Name, &x.Host, &x.State, &x.Unit, &x.UnitName, &x.AreaName, &x.Release, &x.ReleasedAt, &x.Waiting, &x.WaitsSince, &x.Columns, &x.Late, &x.Soon, &x.Serious, &x.Findings, &x.Domain, &x.Cert, &x.IPv6, &x.Platform)
}

// Filter narrows Cards.
type Filter struct {
	Text   string
	Sort   string
	Limit  int
	Offset int
}

// Cards are the hosted sites in scope with their numbers, and how many there
// are.
func (s *Service) Cards(ctx context.Context, scope authz.Scope, f Filter) ([]Row, int, error) {
	today := calendar.DateOf(s.DB.Now())
	var w db.Where
	w.Arg(today)
	w.Arg(today.AddDays(SoonDays))
	scope.Where(&w, "u")
	w.And("s.hosted AND s.state NOT IN ('planned', 'exited', 'closed')")
	if f.Text != "" {
		like := db.Contains(f.Text)
		w.And(`lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	order := map[string]string{"": "late + serious DESC, findings DESC, x.site_name, x.id", "worries": "late + serious DESC, findings DESC, x.site_name, x.id", "name": "x.site_name, x.id", "released": "CASE WHEN released_at IS NULL THEN 0 ELSE 1 END, released_at, x.id", "columns": "late DESC, soon DESC, x.id", "findings": "findings DESC, x.id", "domain": "CASE WHEN domain_on IS NULL THEN 1 ELSE 0 END, domain_on, x.id"}[f.Sort]
	if order == "" {
		return nil, 0, fault.New(fault.Invalid, "排序方式无法识别。").On("sort", "请从表头选择")
	}
	var cw db.Where
	scope.Where(&cw, "u")
	cw.And("s.hosted AND s.state NOT IN ('planned', 'exited', 'closed')")
	if f.Text != "" {
		like := db.Contains(f.Text)
		cw.And(`lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR u.initials LIKE ? ESCAPE '\'`, like, like, like, like)
	}
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+cw.SQL(), cw.Args()...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	list, err := db.All(ctx, s.DB, scanRow, `SELECT x.* FROM (`+rowSelect+` WHERE `+w.SQL()+`) x ORDER BY `+order+` LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, s.weeks(ctx, scope, list)
}

// weeks adds the availability of the last seven days.
func (s *Service) weeks(ctx context.Context, scope authz.Scope, list []Row) error {
	if s.Inspection == nil || len(list) == 0 {
		return nil
	}
	weeks, err := s.Inspection.Weeks(ctx, scope)
	if err != nil {
		return err
	}
	for i := range list {
		w := weeks[list[i].Site]
		list[i].Probes, list[i].Up = w.Probes, w.Probes-w.Failures
		rate, rated := w.Whole.Rate()
		list[i].Rate, list[i].Rated = rate.Fine(), rated
		list[i].Refuses = !w.Refusal.Since.IsZero()
	}
	return nil
}

// Card is everything about one site.
type Card struct {
	Row     Row
	Tenant  platform.Tenant
	Tenancy bool
	Facts   []Fact // of the sources
	Backup  time.Time
}

// BackupSetting names the moment of the last backup that was finished.
const BackupSetting = "backup.finished"

// Card of a hosted site in scope.
func (s *Service) Card(ctx context.Context, scope authz.Scope, id registry.SiteID) (Card, error) {
	var c Card
	site, err := s.Registry.Site(ctx, scope, id)
	if err != nil {
		return c, err
	}
	if !site.Hosted {
		return c, fault.New(fault.Conflict, "这个网站不由本平台承载，没有体检卡。")
	}
	today := calendar.DateOf(s.DB.Now())
	if c.Row, err = db.One(ctx, s.DB, scanRow, rowSelect+` WHERE s.id = $3`, today, today.AddDays(SoonDays), id); err != nil {
		return c, err
	}
	list := []Row{c.Row}
	if err := s.weeks(ctx, scope, list); err != nil {
		return c, err
	}
	c.Row = list[0]
	if s.Platforms != nil {
		if c.Tenant, c.Tenancy, err = s.Platforms.TenantOf(ctx, scope, site.Unit); err != nil {
			return c, err
		}
	}
	for _, f := range s.Sources {
		facts, err := f(ctx, scope, site)
		if err != nil {
			return c, err
		}
		c.Facts = append(c.Facts, facts...)
	}
	c.Backup, err = s.lastBackup(ctx)
	return c, err
}

func (s *Service) lastBackup(ctx context.Context) (time.Time, error) {
	at, err := db.One(ctx, s.DB, db.Value[string], `SELECT value FROM setting WHERE name = $1`, BackupSetting)
	if db.None(err) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, at)
}

// Activity is how much one site does of what Article 11 asks for: it publishes,
// it serves, it answers.
type Activity struct {
	Site               registry.SiteID
	Name               string
	UnitName, AreaName string
	Published          int // items that came live in the period
	Policies           int // of them policy documents and interpretations
	Services           int // live in columns of services
	Letters            int // received in the period
	Answered           int // of them answered
}

// Activities of the hosted sites in scope from one day to another, both
// included, the most active first, and how many sites there are.
func (s *Service) Activities(ctx context.Context, scope authz.Scope, from, until calendar.Date, limit, offset int) ([]Activity, int, error) {
	if until.Before(from) {
		return nil, 0, fault.New(fault.Invalid, "截止日期在开始日期以前。").On("until", "请核对日期")
	}
	var cw db.Where
	scope.Where(&cw, "u")
	cw.And("s.hosted AND s.state NOT IN ('planned', 'exited', 'closed')")
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+cw.SQL(), cw.Args()...)
	if err != nil || total == 0 {
		return nil, total, err
	}
	var w db.Where
	w.Arg(from.Start())
	w.Arg(until.AddDays(1).Start())
	scope.Where(&w, "u")
	w.And("s.hosted AND s.state NOT IN ('planned', 'exited', 'closed')")
	list, err := db.All(ctx, s.DB, func(r db.Scanner) (Activity, error) {
		var a Activity
		return a, r.Scan(&a.Site, &a.Name, &a.UnitName, &a.AreaName, &a.Published, &a.Policies, &a.Services, &a.Letters, &a.Answered)
	}, `SELECT * FROM (SELECT s.id, s.name AS site_name, u.name AS unit_name, a.name AS area_name,
	       (SELECT count(*) FROM item_placement p WHERE p.site_id = s.id AND p.live_at >= $1 AND p.live_at < $2) AS published,
	       (SELECT count(*) FROM item_placement p JOIN item i ON i.id = p.item_id WHERE p.site_id = s.id AND p.live_at >= $1 AND p.live_at < $2 AND i.type IN ('`+string(library.Policy)+`', '`+string(library.Interpretation)+`')) AS policies,
	       (SELECT count(*) FROM item_placement p JOIN site_column k ON k.id = p.column_id WHERE p.site_id = s.id AND p.state = 'live' AND k.type = '办事服务') AS services,
	       (SELECT count(*) FROM letter l WHERE l.site_id = s.id AND l.received_at >= $1 AND l.received_at < $2 AND `+letters.Counted+`) AS letters,
	       (SELECT count(*) FROM letter l WHERE l.site_id = s.id AND l.received_at >= $1 AND l.received_at < $2 AND `+letters.Counted+` AND l.answered_at IS NOT NULL) AS answered
	  FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+`) x ORDER BY x.published + x.letters DESC, x.site_name, x.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(offset), w.Args()...)
	return list, total, err
}
