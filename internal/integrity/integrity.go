package integrity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
)

// Who saw it.
const (
	Serving = "serving" // the portal, when a page was asked for
	OnDisk  = "disk"    // the look over the releases folder
	Served  = "served"  // the look over the network
	Portal  = "portal"  // a portal elsewhere
)

// CheckTampered is the finding that tampering leaves on a site.
const CheckTampered = "tamper.changed"

// Whether what was altered reached a reader: the finding says it, for whoever decides
// about it.
const (
	ReadersGotIt  = "读者打开网站时得到的不是发布的内容。"
	ReadersDidNot = "读者没有看到：平台没有显示被改动的内容。"
)

// clause of the regulation.
const clause = "S23.1a"

// Parts are what the service works with.
type Parts struct {
	DB         *db.DB
	Org        *org.Service
	Registry   *registry.Service
	Inspection *inspection.Service
	Store      *publishing.Store
	Client     *egress.Client
	// Base is where readers reach a site: http://host:port; empty: by its host
	// over https.
	Base func(registry.Site) string
	// Rebuild draws a site anew; nil leaves damage that no copy mends.
	Rebuild func(ctx context.Context, site registry.SiteID) error
	Log     *slog.Logger
}

// Service keeps the alarms.
type Service struct {
	Parts
	damage chan publishing.Damage

	mu   sync.Mutex
	told map[string]time.Time
}

// New makes the service and listens to the store.
func New(p Parts) *Service {
	if p.Log == nil {
		p.Log = slog.Default()
	}
	s := &Service{Parts: p, damage: make(chan publishing.Damage, 256)}
	p.Store.OnDamage(func(d publishing.Damage) {
		if !s.fresh(d) {
			return
		}
		p.Log.Error("tampering seen", "site", d.Site, "path", d.Path, "file", d.File, "what", d.What, "restored", d.Restored, "detail", d.Detail)
		select {
		case s.damage <- d:
		default: // thousands at once: the look over the disk lists them all
		}
	})
	return s
}

// fresh reports whether the damage was not told within the last minute: a page
// that many ask for is told of once.
func (s *Service) fresh(d publishing.Damage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if len(s.told) > 1000 || s.told == nil {
		s.told = map[string]time.Time{}
	}
	key := string(d.Site) + d.File + d.What
	if now.Sub(s.told[key]) < time.Minute {
		return false
	}
	s.told[key] = now
	return true
}

type disk struct{}

func (disk) Kind() string { return "integrity.disk" }

type served struct{}

func (served) Kind() string { return "integrity.served" }

type one struct {
	Site registry.SiteID `json:"site"`
}

func (one) Kind() string { return "integrity.one" }

type hear struct{}

func (hear) Kind() string { return "integrity.hear" }

// How often sites are looked at, and how much of one.
const (
	diskEvery   = 2 * time.Hour
	servedEvery = 30 * time.Minute
	servedMost  = 60 // addresses of a site at a time, chosen by lot, the home page always
	allMost     = 5000
	rest        = 20 * time.Millisecond
)

// Register registers the jobs.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ disk) error {
		return errors.Join(s.LookStrays(ctx), s.each(ctx, s.lookDisk))
	})
	jobs.Every(w, diskEvery, disk{})
	jobs.Handle(w, func(ctx context.Context, _ served) error {
		return s.each(ctx, func(ctx context.Context, site registry.Site) error {
			return s.lookServed(ctx, site, servedMost)
		})
	})
	jobs.Every(w, servedEvery, served{})
	jobs.Handle(w, func(ctx context.Context, o one) error { return s.Look(ctx, o.Site) })
	jobs.Handle(w, func(ctx context.Context, _ hear) error { return s.Hear(ctx) })
	jobs.Every(w, 10*time.Second, hear{})
}

var duty = authz.System("integrity")

// Look looks at a site from both sides.
func (s *Service) Look(ctx context.Context, id registry.SiteID) error {
	site, err := s.Registry.Site(ctx, duty, id)
	if err != nil {
		return err
	}
	return errors.Join(s.lookDisk(ctx, site), s.lookServed(ctx, site, allMost))
}

func (s *Service) each(ctx context.Context, look func(context.Context, registry.Site) error) error {
	var errs []error
	for offset := 0; ; offset += 100 {
		list, _, err := s.Registry.Sites(ctx, duty, registry.SiteFilter{Hosted: true, Limit: 100, Offset: offset})
		if err != nil {
			return err
		}
		for _, site := range list {
			if err := look(ctx, site); err != nil {
				if ctx.Err() != nil {
					return err
				}
				errs = append(errs, fmt.Errorf("%s: %w", site.Host, err))
			}
		}
		if len(list) < 100 {
			return errors.Join(errs...)
		}
	}
}

// least is the highest number a release of the site ever had.
func (s *Service) least(ctx context.Context, site registry.SiteID) (int, error) {
	return db.One(ctx, s.DB, db.Value[int], `SELECT COALESCE(MAX(no), 0) FROM site_release WHERE site_id = $1`, site)
}

// lookDisk reads a site's release through. What no copy mends is drawn anew.
func (s *Service) lookDisk(ctx context.Context, site registry.Site) error {
	least, err := s.least(ctx, site.ID)
	if err != nil || least == 0 {
		return err // never published
	}
	began := time.Now()
	l, err := s.Store.Verify(ctx, site.ID, least)
	if err != nil {
		return err
	}
	bad := l.Damage
	if slices.ContainsFunc(bad, func(d publishing.Damage) bool { return !d.Restored }) && s.Rebuild != nil {
		if err := s.Rebuild(ctx, site.ID); err != nil {
			return errors.Join(err, s.keep(ctx, site, OnDisk, l, "", time.Since(began)))
		}
		again, err := s.Store.Verify(ctx, site.ID, 0)
		if err != nil {
			return err
		}
		still := map[string]bool{}
		for _, d := range again.Damage {
			still[d.File] = still[d.File] || !d.Restored
		}
		for i := range bad {
			bad[i].Restored = bad[i].Restored || !still[bad[i].File]
		}
		l.No, l.Manifest = again.No, again.Manifest
	}
	return s.keep(ctx, site, OnDisk, l, "", time.Since(began))
}

// strayGrace is how old a file must be to be called a stray: a release in the
// making writes beside.
const strayGrace = 10 * time.Minute

// LookStrays looks for files in the releases folder that nobody published. They
// are never served; who put them there could have done worse.
func (s *Service) LookStrays(ctx context.Context) error {
	found, err := s.Store.Strays(ctx, strayGrace)
	if err != nil {
		return err
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		open, err := strays(ctx, tx)
		if err != nil {
			return err
		}
		there := map[string]bool{}
		for _, d := range found {
			place := placeOf(d)
			there[place] = true
			if slices.ContainsFunc(open, func(a Alarm) bool { return a.Place == place }) {
				continue
			}
			id := ulid.Make().String()
			if _, err := tx.Exec(ctx, `INSERT INTO tamper_alarm (id, place, what, seen_by, detail, restored, first_at, last_at, times) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1)`, id, place, publishing.Extra, OnDisk, "", false, tx.Now()); err != nil {
				return err
			}
			s.Log.Error("a file that nobody published lies in the releases folder", "file", place)
			if err := audit.Record(ctx, tx, audit.Entry{Act: "integrity.alarm", Target: audit.Target{Kind: "tamper_alarm", ID: id, Name: place}, Basis: clause, After: map[string]any{"what": publishing.Extra}}); err != nil {
				return err
			}
		}
		for _, a := range open {
			if !there[a.Place] {
				if err := s.settle(ctx, tx, a, "文件已移走"); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func strays(ctx context.Context, q db.Querier) ([]Alarm, error) {
	return db.All(ctx, q, func(r db.Scanner) (Alarm, error) {
		var a Alarm
		return a, r.Scan(&a.ID, &a.Place, &a.What, &a.By, &a.FirstAt, &a.LastAt)
	}, `SELECT id, place, what, seen_by, first_at, last_at FROM tamper_alarm WHERE site_id IS NULL AND settled_at IS NULL ORDER BY place LIMIT 200`)
}

// Strays are the files in the releases folder that nobody published. They belong
// to no unit: who sees everything sees them.
func (s *Service) Strays(ctx context.Context, scope authz.Scope) ([]Alarm, error) {
	if _, _, err := s.Registry.Sites(ctx, scope, registry.SiteFilter{Hosted: true, Limit: 1}); err != nil {
		return nil, err
	}
	return strays(ctx, s.DB)
}

// lookServed compares what readers get.
func (s *Service) lookServed(ctx context.Context, site registry.Site, most int) error {
	least, err := s.least(ctx, site.ID)
	if err != nil || least == 0 {
		return err
	}
	if _, err := s.Store.Current(site.ID); err != nil {
		return nil // the look over the disk tells of it
	}
	key, err := publishing.ParsePublicKey([]byte(s.Store.PublicKey()))
	if err != nil {
		return err
	}
	base := ""
	if s.Base != nil {
		base = s.Base(site)
	}
	if base == "" {
		base = "https://" + site.Host
	}
	began := time.Now()
	l, err := publishing.Outside{Client: s.Client, Base: base, Key: key, Site: site.ID, Least: least, Most: most, Pause: rest, MaxBody: 10 << 20}.Verify(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		// Whether a site opens at all is the probes' question.
		l.Site, l.Says = site.ID, "没有比对："+reason(err)
	}
	return s.keep(ctx, site, Served, l, s.sixth(ctx, site.Host), time.Since(began))
}

func reason(err error) string {
	var e *egress.Error
	if errors.As(err, &e) && e.Kind == egress.NoWay {
		return e.Says
	}
	if e != nil {
		return "网站打不开或地址不允许访问。"
	}
	return "网站没有出示发布清单。"
}

// sixth reports whether the host has an IPv6 address (Article 22).
func (s *Service) sixth(ctx context.Context, host string) string {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	list, err := s.Client.Addresses(ctx, host)
	if err != nil {
		return "unknown"
	}
	if slices.ContainsFunc(list, func(a netip.Addr) bool { return a.Unmap().Is6() }) {
		return "yes"
	}
	return "no"
}

// keep writes a look down: new alarms are told, those of places that are sound
// now are settled.
func (s *Service) keep(ctx context.Context, site registry.Site, kind string, l publishing.Survey, ipv6 string, took time.Duration) error {
	if ipv6 == "" {
		ipv6 = "unknown"
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Quiet(ctx, `INSERT INTO tamper_look (site_id, kind, no, pages, checked, skipped, wrong, ipv6, says, took_ms, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (site_id, kind) DO UPDATE SET no = excluded.no, pages = excluded.pages, checked = excluded.checked, skipped = excluded.skipped, wrong = excluded.wrong,
			ipv6 = excluded.ipv6, says = excluded.says, took_ms = excluded.took_ms, at = excluded.at`,
			site.ID, kind, l.No, l.Pages, l.Checked, l.Skipped, len(l.Damage), ipv6, l.Says, took.Milliseconds(), tx.Now()); err != nil {
			return err
		}
		standing := map[string]bool{}
		for _, d := range l.Damage {
			if err := s.alarm(ctx, tx, site, d, kind); err != nil {
				return err
			}
			standing[placeOf(d)] = true // also what was restored: the next look proves it
		}
		if l.Checked == 0 {
			return nil // nothing was looked at
		}
		whole := l.Skipped == 0
		open, err := db.All(ctx, tx, scanAlarm, alarmSelect+` WHERE a.site_id = $1 AND a.settled_at IS NULL`, site.ID)
		if err != nil {
			return err
		}
		left := len(open)
		for _, a := range open {
			// The network proves what the network showed; the disk the rest.
			if standing[a.Place] || (a.By == Served) != (kind == Served) || !whole && kind == Served {
				continue
			}
			says := "复查未再发现"
			if a.Restored {
				says = "已恢复，复查未再发现"
			}
			if err := s.settle(ctx, tx, a, says); err != nil {
				return err
			}
			left--
		}
		if left == 0 && len(open) > 0 {
			if _, err := s.Inspection.Clear(ctx, tx, duty, site.ID, sighting(site, publishing.Damage{}, "复查：与发布清单一致。")); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) settle(ctx context.Context, tx *db.Tx, a Alarm, says string) error {
	if _, err := tx.Exec(ctx, `UPDATE tamper_alarm SET settled_at = $2, settled_as = $3 WHERE id = $1 AND settled_at IS NULL`, a.ID, tx.Now(), says); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "integrity.settle", Target: audit.Target{Kind: "tamper_alarm", ID: a.ID, Name: a.SiteName + "：" + a.Place}, Basis: clause, After: says})
}

func placeOf(d publishing.Damage) string {
	if d.Path != "" {
		return abridge.Cut(d.Path, 500)
	}
	return abridge.Cut(d.File, 500)
}

var whatNames = map[string]string{publishing.Changed: "内容与发布的不一致", publishing.Missing: "已发布的内容缺失", publishing.Extra: "出现未发布的文件", publishing.Replayed: "被换成旧版本或别的网站的版本"}

// WhatName is a kind of damage in Chinese.
func WhatName(what string) string { return whatNames[what] }

func sighting(site registry.Site, d publishing.Damage, says string) engine.Sighting {
	article, severity, fix, _ := engine.Grounds(CheckTampered)
	return engine.Sighting{Check: CheckTampered, Severity: severity, Article: article, URL: "https://" + site.Host + "/", Where: "site", Pages: 1, Says: says, Fix: fix}
}

// alarm writes one down, in the transaction of whoever saw it; one that is open
// already is only counted.
func (s *Service) alarm(ctx context.Context, tx *db.Tx, site registry.Site, d publishing.Damage, by string) error {
	place := placeOf(d)
	known, err := db.One(ctx, tx, scanAlarm, alarmSelect+` WHERE a.site_id = $1 AND a.place = $2 AND a.what = $3 AND a.settled_at IS NULL`, site.ID, place, d.What)
	if err == nil {
		if _, err := tx.Exec(ctx, `UPDATE tamper_alarm SET last_at = $2, times = times + 1, restored = $3, detail = $4 WHERE id = $1`, known.ID, tx.Now(), d.Restored, abridge.Cut(d.Detail, 500)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "integrity.seen", Target: audit.Target{Kind: "tamper_alarm", ID: known.ID, Name: site.Name + "：" + place, Unit: string(site.Unit)}, Basis: clause, After: map[string]any{"by": by, "restored": d.Restored}})
	}
	if !db.None(err) {
		return err
	}
	id := ulid.Make().String()
	if _, err := tx.Exec(ctx, `INSERT INTO tamper_alarm (id, site_id, place, what, seen_by, detail, restored, first_at, last_at, times) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1)`,
		id, site.ID, place, d.What, by, abridge.Cut(d.Detail, 500), d.Restored, tx.Now()); err != nil {
		return err
	}
	// One finding stands for all alarms of a site: a reader who got one of them got
	// what was not published.
	reached, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM tamper_alarm WHERE site_id = $1 AND seen_by = $2 AND settled_at IS NULL`, site.ID, Served)
	if err != nil {
		return err
	}
	says := fmt.Sprintf("%s：%s。", place, whatNames[d.What])
	if d.Restored {
		says += "已恢复为发布的内容。"
	} else {
		says += "尚未恢复。"
	}
	if reached > 0 {
		says += ReadersGotIt
	} else {
		says += ReadersDidNot
	}
	if _, err := s.Inspection.Raise(ctx, tx, duty, site.ID, sighting(site, d, says)); err != nil {
		return err
	}
	unit, err := s.Org.UnitTx(ctx, tx, duty, site.Unit)
	if err != nil {
		return err
	}
	area, _, err := s.Org.SupervisorsOf(ctx, tx, unit, site.Kind == registry.Portal)
	if err != nil {
		return err
	}
	told := []string{string(site.Unit)}
	if area.ID != "" && area.ID != site.Unit {
		told = append(told, string(area.ID))
	}
	for _, u := range told {
		if _, err := notify.Send(ctx, tx, notify.Message{Key: "tamper:" + id + ":" + u, Unit: u, Urgent: true, Link: Link(site.ID), Title: "防篡改告警：" + site.Name, Body: says + "依据：第二十三条。"}); err != nil {
			return err
		}
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "integrity.alarm", Target: audit.Target{Kind: "tamper_alarm", ID: id, Name: site.Name + "：" + place, Unit: string(site.Unit)}, Basis: clause,
		After: map[string]any{"what": d.What, "by": by, "restored": d.Restored, "detail": abridge.Cut(d.Detail, 500)}})
}

// Link is a site's page.
func Link(site registry.SiteID) string { return "/console/sites/" + string(site) + "/integrity" }

// Hear takes over what portals saw while serving.
func (s *Service) Hear(ctx context.Context) error {
	for range len(s.damage) {
		select {
		case d := <-s.damage:
			if err := s.Told(ctx, d, Serving); err != nil {
				select {
				case s.damage <- d: // once more, when the database answers again
				default:
				}
				return err
			}
		default:
			return nil // another job took it
		}
	}
	return nil
}

// Told files damage that somebody saw. Without a site it is looked up by the
// object; damage that belongs to no current release harms nobody and is logged
// only.
func (s *Service) Told(ctx context.Context, d publishing.Damage, by string) error {
	ids := []registry.SiteID{d.Site}
	if d.Site == "" {
		var err error
		if ids, d.Path, err = s.Store.Owners(ctx, d.File); err != nil {
			return err
		}
	}
	for _, id := range ids {
		site, err := s.Registry.Site(ctx, duty, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := s.DB.Update(ctx, func(tx *db.Tx) error {
			if err := s.alarm(ctx, tx, site, d, by); err != nil {
				return err
			}
			return jobs.Enqueue(ctx, tx, one{id}, jobs.Unique(string(id)))
		}); err != nil {
			return err
		}
	}
	return nil
}

// Alarm is tampering that was seen.
type Alarm struct {
	ID        string
	Site      registry.SiteID
	SiteName  string
	Host      string
	UnitName  string
	Place     string
	What      string
	By        string
	Detail    string
	Restored  bool
	FirstAt   time.Time
	LastAt    time.Time
	Times     int
	SettledAt time.Time
	SettledAs string
}

const alarmSelect = `SELECT a.id, a.site_id, s.name, s.host, u.name, a.place, a.what, a.seen_by, a.detail, a.restored, a.first_at, a.last_at, a.times, a.settled_at, a.settled_as
	FROM tamper_alarm a JOIN site s ON s.id = a.site_id JOIN unit u ON u.id = s.unit_id`

func scanAlarm(r db.Scanner) (Alarm, error) {
	var a Alarm
	return a, r.Scan(&a.ID, &a.Site, &a.SiteName, &a.Host, &a.UnitName, &a.Place, &a.What, &a.By, &a.Detail, &a.Restored, &a.FirstAt, &a.LastAt, &a.Times, &a.SettledAt, &a.SettledAs)
}

// Seen is the last look at a site.
type Seen struct {
	Kind                               string
	No, Pages, Checked, Skipped, Wrong int
	IPv6                               string
	Says                               string
	Took                               time.Duration
	At                                 time.Time
}

// Alarms of a site in scope, newest first.
func (s *Service) Alarms(ctx context.Context, scope authz.Scope, site registry.SiteID, limit, offset int) ([]Alarm, int, error) {
	if _, err := s.Registry.Site(ctx, scope, site); err != nil {
		return nil, 0, err
	}
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM tamper_alarm WHERE site_id = $1`, site)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanAlarm, alarmSelect+` WHERE a.site_id = $1 ORDER BY a.settled_at IS NOT NULL, a.last_at DESC, a.id LIMIT $2 OFFSET $3`, site, limit, offset)
	return list, total, err
}

// Seen are the last looks at a site in scope.
func (s *Service) Seen(ctx context.Context, scope authz.Scope, site registry.SiteID) ([]Seen, error) {
	if _, err := s.Registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, func(r db.Scanner) (Seen, error) {
		var x Seen
		var ms int64
		err := r.Scan(&x.Kind, &x.No, &x.Pages, &x.Checked, &x.Skipped, &x.Wrong, &x.IPv6, &x.Says, &ms, &x.At)
		x.Took = time.Duration(ms) * time.Millisecond
		return x, err
	}, `SELECT kind, no, pages, checked, skipped, wrong, ipv6, says, took_ms, at FROM tamper_look WHERE site_id = $1 ORDER BY kind`, site)
}

// State is a hosted site in the list.
type State struct {
	Site   registry.Site
	Open   int // alarms
	Looked time.Time
	Wrong  int
	IPv6   string
}

// States are the hosted sites in scope, those with open alarms first.
func (s *Service) States(ctx context.Context, scope authz.Scope, limit, offset int) (out []State, total, open int, err error) {
	for at := 0; ; at += 500 {
		list, n, err := s.Registry.Sites(ctx, scope, registry.SiteFilter{Hosted: true, Limit: 500, Offset: at})
		if err != nil {
			return nil, 0, 0, err
		}
		total = n
		for _, x := range list {
			out = append(out, State{Site: x, IPv6: "unknown"})
		}
		if len(list) < 500 {
			break
		}
	}
	type figure struct {
		id   registry.SiteID
		n    int
		at   time.Time
		ipv6 string
	}
	alarms, err := db.All(ctx, s.DB, func(r db.Scanner) (figure, error) {
		var f figure
		return f, r.Scan(&f.id, &f.n)
	}, `SELECT site_id, count(*) FROM tamper_alarm WHERE settled_at IS NULL AND site_id IS NOT NULL GROUP BY site_id`)
	if err != nil {
		return nil, 0, 0, err
	}
	looks, err := db.All(ctx, s.DB, func(r db.Scanner) (figure, error) {
		var f figure
		return f, r.Scan(&f.id, &f.n, &f.at, &f.ipv6)
	}, `SELECT site_id, wrong, at, ipv6 FROM tamper_look ORDER BY at`)
	if err != nil {
		return nil, 0, 0, err
	}
	at := map[registry.SiteID]int{}
	for i := range out {
		at[out[i].Site.ID] = i
	}
	for _, f := range alarms {
		if i, ok := at[f.id]; ok {
			out[i].Open = f.n
			open += f.n
		}
	}
	for _, f := range looks {
		if i, ok := at[f.id]; ok {
			out[i].Wrong, out[i].Looked = f.n, f.at
			if f.ipv6 != "unknown" {
				out[i].IPv6 = f.ipv6
			}
		}
	}
	slices.SortStableFunc(out, func(a, b State) int { return b.Open - a.Open })
	return out[min(offset, len(out)):min(offset+limit, len(out))], total, open, nil
}

// LookNow asks for a look at a site in scope, in full.
func (s *Service) LookNow(ctx context.Context, scope authz.Scope, id registry.SiteID) error {
	site, err := s.Registry.Site(ctx, scope, id)
	if err != nil {
		return err
	}
	if !site.Hosted {
		return fault.New(fault.Refused, "这个站点不由本平台承载，没有发布清单可以比对。")
	}
	return s.DB.Update(ctx, func(tx *db.Tx) error {
		if err := jobs.Enqueue(ctx, tx, one{id}, jobs.Unique(string(id))); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "integrity.ask", Target: site.Target(), Basis: clause})
	})
}

// Retest is the inspection's second look at a finding of tampering.
func (s *Service) Retest(ctx context.Context, site registry.Site, _ inspection.Finding) (engine.Look, error) {
	began := time.Now()
	if err := s.Look(ctx, site.ID); err != nil {
		return engine.Look{Outcome: engine.Unknown, Says: "没有比对成功，请稍后再复测。", Took: time.Since(began)}, nil
	}
	n, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM tamper_alarm WHERE site_id = $1 AND settled_at IS NULL`, site.ID)
	if err != nil {
		return engine.Look{}, err
	}
	if n > 0 {
		return engine.Look{Outcome: engine.Standing, Says: fmt.Sprintf("仍有 %d 处与发布清单不一致。", n), Took: time.Since(began)}, nil
	}
	return engine.Look{Outcome: engine.Gone, Says: "全站与发布清单一致。", Took: time.Since(began)}, nil
}
