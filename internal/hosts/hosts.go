package hosts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

const (
	// lookEvery is between two looks at a site, atOnce and aRound bound a round.
	lookEvery = 24 * time.Hour
	atOnce    = 4
	aRound    = 60
	// againAfter one look found a name or a place strange it is looked at again.
	againAfter = 10 * time.Minute
	// pagesBelow of the home page are opened for the third level of links, and at
	// most maxHosts names asked for.
	pagesBelow = 4
	// pageBody is how much of a page is read.
	pageBody = 2 << 20
	maxHosts = 60
)

// Parts are what the service works with.
type Parts struct {
	DB         *db.DB
	Registry   *registry.Service
	Inspection *inspection.Service
	Client     *egress.Client
	// Store keeps the certificates that were shown; nil: they are not kept.
	Store blob.Store
	// Dir holds the operator's PlacesFile.
	Dir string
	// Hosting tells the record of who hosts a site.
	Hosting func(ctx context.Context, site registry.Site) (check.Hosting, error)
	// Plain and Secure are the ports of sites; 80 and 443.
	Plain, Secure uint16
	// Origin is where a site is reached when that is not at its host.
	Origin func(registry.Site) string
}

// Service is the door of hosts.
type Service struct {
	Parts
	atlas *atlas
	eye   *Eye
}

// New makes the service and registers its retests.
func New(p Parts) *Service {
	if p.Plain == 0 {
		p.Plain = 80
	}
	if p.Secure == 0 {
		p.Secure = 443
	}
	s := &Service{Parts: p, atlas: &atlas{path: filepath.Join(p.Dir, PlacesFile)},
		eye: &Eye{Client: p.Client, Manners: p.Inspection.Manners(), Now: p.DB.Now, Self: "本机", Plain: p.Plain, Secure: p.Secure}}
	p.Inspection.RetestFrom("host", s.retest)
	p.Inspection.AskedFrom(Kind, inspection.Afar{Ask: s.askOf, Take: s.take, Missed: s.missed, Subject: s.subject})
	return s
}

type round struct{}

// Kind names the job.
func (round) Kind() string { return "hosts.look" }

// Register gives the workers the periodic duty.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ round) error { _, err := s.LookDue(ctx); return err })
	jobs.Every(w, againAfter, round{})
}

// Look is the last look at a site.
type Look struct {
	Site     registry.SiteID
	SiteName string
	Host     string
	UnitName string
	Hosted   bool
	At       time.Time
	Facts    check.Server
	Outcome  map[string]check.Outcome // by short name: ipv6, tls …
	Wrong    int
	Took     time.Duration
	// SeenAt is when it was seen and Vantage from where, where that was elsewhere.
	SeenAt  time.Time
	Vantage string
	doubt   doubts
}

// outcome of a check at the look; empty where it has no column.
func (l Look) outcome(id string) check.Outcome {
	for _, c := range columns {
		if c.Check == id {
			return l.Outcome[c.Name]
		}
	}
	return ""
}

// twice reports a violation that two looks have to see: one strange answer may be a
// resolver's mistake, and an alarm of hijacking is not raised on it; one port that
// is closed, or one page that does not come, may be a server that is being started.
func twice(f check.Finding, facts check.Server) bool {
	switch f.Check {
	case "host.dns", "host.abroad":
		return true
	case "host.tls":
		return facts.TLS != nil && !facts.TLS.Offered
	case "host.ipv6":
		return facts.IPv6 != nil && facts.IPv6.Addresses
	}
	return false
}

// doubts are the violations that the last look saw first.
type doubts struct {
	checks []string
	since  time.Time
}

// confirm takes what only this look saw out of the violations and returns the
// doubts that are left. An earlier look confirms when it is long enough ago;
// stood says what was a violation already.
func (d doubts) confirm(findings []check.Finding, facts check.Server, stood func(id string) bool, now time.Time) doubts {
	next := doubts{}
	for i, f := range findings {
		if f.Outcome != check.Violated || !twice(f, facts) || stood(f.Check) {
			continue
		}
		if slices.Contains(d.checks, f.Check) {
			if now.Sub(d.since) >= againAfter {
				continue
			}
			next.since = d.since
		}
		next.checks = append(next.checks, f.Check)
		findings[i] = doubtful(f)
	}
	if len(next.checks) > 0 && next.since.IsZero() {
		next.since = now
	}
	return next
}

// doubtful is a violation that only one look saw.
func doubtful(f check.Finding) check.Finding {
	f.Outcome, f.Fix, f.Why = check.Untested, "", "只看到一次，稍后再看一次才能认定"
	f.Says = strings.TrimSuffix(f.Says, "。") + "（待复核，" + f.Why + "）。"
	return f
}

// columns are the checks that have a column of their own.
var columns = []struct{ Name, Check, Label string }{
	{"ipv6", "host.ipv6", "IPv6"}, {"tls", "host.tls", "加密协议"}, {"cert", "host.certificate", "证书"}, {"domain", "host.domain_expiry", "域名到期"},
	{"dns", "host.dns", "域名解析"}, {"abroad", "host.abroad", "服务器位置"}, {"provider", "host.provider", "服务商"},
}

// Columns are the short names with their checks and labels, for lists.
func Columns() []struct{ Name, Check, Label string } { return slices.Clone(columns) }

// groups are columns that one asks about together.
var groups = []struct {
	Name, Label string
	columns     []string
}{{"expiring", "证书或域名", []string{"cert", "domain"}}, {"foreign", "服务器或服务商", []string{"abroad", "provider"}}}

// Groups are the names and labels of what Filter.Column also takes: any of the
// group's columns.
func Groups() []struct{ Name, Label string } {
	out := make([]struct{ Name, Label string }, len(groups))
	for i, g := range groups {
		out[i].Name, out[i].Label = g.Name, g.Label
	}
	return out
}

// LookDue looks at the monitored sites whose turn it is and returns how many.
func (s *Service) LookDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "hosts.look")
	ids, err := db.All(ctx, s.DB, db.Value[registry.SiteID], `SELECT s.id FROM site s LEFT JOIN host_look h ON h.site_id = s.id
		WHERE s.monitored AND s.host <> '' AND s.state = 'running' AND (h.at IS NULL OR h.at <= $1 OR h.doubt <> '' AND h.at <= $3 OR h.again_at <= $4) ORDER BY CASE WHEN h.at IS NULL THEN 0 ELSE 1 END, h.at, s.id LIMIT $2`, s.DB.Now().Add(-lookEvery), aRound, s.DB.Now().Add(-againAfter), s.DB.Now())
	if err != nil {
		return 0, err
	}
	anew, err := s.toldAnew(ctx)
	if err != nil {
		return 0, err
	}
	for _, id := range anew {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	work := make(chan registry.SiteID)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for range atOnce {
		wg.Go(func() {
			for id := range work {
				if err := s.lookDue(ctx, id); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, id := range ids {
		work <- id
	}
	close(work)
	wg.Wait()
	return len(ids), errors.Join(errs...)
}

// toldAnew are the sites whose name led a vantage, since their last look, to an address
// that is not on record and that the look did not know of: what may be a hijack does
// not wait for the next day.
func (s *Service) toldAnew(ctx context.Context) ([]registry.SiteID, error) {
	now := s.DB.Now()
	list, err := s.Inspection.ToldAnew(ctx, authz.System("hosts.look"), now.Add(-vantage.NamedEvery))
	if err != nil {
		return nil, err
	}
	var out []registry.SiteID
	for _, x := range list {
		if len(out) == aRound {
			break // the others come with the next round
		}
		l, err := db.One(ctx, s.DB, scanLook, lookSelect+` WHERE s.id = $1 AND s.monitored AND s.host <> '' AND s.state = 'running'`, x.Site)
		if db.None(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if l.At.IsZero() || !l.At.Before(x.At) || now.Sub(l.At) < againAfter || slices.Contains(out, x.Site) {
			continue
		}
		strange := l.Facts.Names.Strange(x.Addresses)
		if slices.ContainsFunc(strange, func(a string) bool {
			return !slices.ContainsFunc(l.Facts.Names.Elsewhere, func(e check.Elsewhere) bool { return slices.Contains(e.Found, a) })
		}) {
			out = append(out, x.Site)
		}
	}
	return out, nil
}

// afterTelling is how long after the next telling of a vantage is due it is waited for.
const afterTelling = 5 * time.Minute

// again is when to look again because of an address that a vantage told once: after its
// next telling, while it may still come. Zero: at the usual time.
func (s *Service) again(ctx context.Context, id registry.SiteID, facts check.Server) (at time.Time, err error) {
	if !facts.Names.ToldOnce() {
		return at, nil
	}
	there, err := s.Inspection.Elsewhere(ctx, authz.System("hosts.look"), id)
	if err != nil {
		return at, err
	}
	now := s.DB.Now()
	for _, e := range there {
		next := e.At.Add(vantage.NamedEvery + afterTelling)
		once := slices.DeleteFunc(slices.Clone(e.Addresses), func(a string) bool { return slices.Contains(e.Twice, a) })
		if len(facts.Names.Strange(once)) == 0 || now.Sub(e.At) > 2*vantage.NamedEvery {
			continue // nothing is expected of it, or it fell silent
		}
		if early := now.Add(againAfter); next.Before(early) {
			next = early
		}
		if at.IsZero() || next.Before(at) {
			at = next
		}
	}
	return at, nil
}

// lookDue looks at a site whose turn it is, and has a crawler look where this house has
// no way there.
func (s *Service) lookDue(ctx context.Context, id registry.SiteID) error {
	if _, err := s.look(ctx, id); err != nil {
		return err
	}
	_, err := s.askOutside(ctx, id, false)
	return err
}

// LookNow is a person asking for one look at a site in scope. Where this house has no
// way there, a crawler is asked for it, see Asked.
func (s *Service) LookNow(ctx context.Context, scope authz.Scope, id registry.SiteID) ([]check.Finding, error) {
	if _, err := s.Inspection.Address(ctx, scope, id); err != nil {
		return nil, err
	}
	if out, err := s.askOutside(ctx, id, true); err != nil || out {
		return nil, err
	}
	return s.look(ctx, id)
}

func (s *Service) look(ctx context.Context, id registry.SiteID) ([]check.Finding, error) {
	begun := time.Now()
	system := authz.System("hosts.look")
	site, err := s.Registry.Site(ctx, system, id)
	if err != nil {
		return nil, err
	}
	facts, sight, err := s.gather(ctx, site)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	findings := s.judge(facts)
	last, err := db.One(ctx, s.DB, scanLook, lookSelect+` WHERE s.id = $1`, id)
	if err != nil {
		return nil, err
	}
	doubt := last.doubt.confirm(findings, facts, func(id string) bool { return last.outcome(id) == check.Violated }, sight.At)
	body, err := json.Marshal(facts)
	if err != nil {
		return nil, err
	}
	outcome := map[string]check.Outcome{}
	wrong := 0
	for _, f := range findings {
		outcome[f.Check] = f.Outcome
		if f.Outcome == check.Violated {
			wrong++
		}
	}
	again, err := s.again(ctx, id, facts)
	if err != nil {
		return nil, err
	}
	args := []any{id, s.DB.Now(), string(body), wrong, time.Since(begun).Milliseconds(), strings.Join(doubt.checks, " "), doubt.since, again, sight.At, sight.Vantage}
	for _, c := range columns {
		args = append(args, string(outcome[c.Check]))
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO host_look (site_id, at, facts, wrong, took_ms, doubt, doubted_at, again_at, seen_at, vantage, ipv6, tls, cert, domain, dns, abroad, provider) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
			ON CONFLICT (site_id) DO UPDATE SET at = excluded.at, facts = excluded.facts, wrong = excluded.wrong, took_ms = excluded.took_ms, doubt = excluded.doubt, doubted_at = excluded.doubted_at, again_at = excluded.again_at, seen_at = excluded.seen_at, vantage = excluded.vantage, ipv6 = excluded.ipv6, tls = excluded.tls, cert = excluded.cert,
			domain = excluded.domain, dns = excluded.dns, abroad = excluded.abroad, provider = excluded.provider`, args...)
		return err
	}); err != nil {
		return nil, err
	}
	for _, f := range findings {
		if f.Outcome == check.Untested {
			continue // proves nothing: what was found before stands
		}
		if err := s.Inspection.Settle(ctx, system, id, s.sighting(site, f, facts, sight), f.Outcome == check.Violated); err != nil {
			return nil, err
		}
	}
	return findings, nil
}

func (s *Service) judge(facts check.Server) []check.Finding {
	var out []check.Finding
	for _, f := range check.Run(check.Facts{Server: &facts, Today: calendar.DateOf(s.DB.Now())}) {
		if strings.HasPrefix(f.Check, "host.") {
			out = append(out, f)
		}
	}
	return out
}

func (s *Service) sighting(site registry.Site, f check.Finding, facts check.Server, sight sighted) engine.Sighting {
	return engine.Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: home(site), Where: f.Where, Fix: f.Fix, OnHome: true, Pages: 1,
		Evidence: evidence(site, f.Check, facts, sight)}
}

// evidence is what a conclusion rests on: what was seen, and of the encryption the
// certificates that were shown.
func evidence(site registry.Site, id string, facts check.Server, sight sighted) engine.Evidence {
	e := engine.Evidence{URL: home(site), At: sight.At, Vantage: sight.Vantage, Excerpt: seen(id, facts)}
	if (id == "host.tls" || id == "host.certificate") && sight.Chain != "" {
		e.Ref, e.SHA256, e.Size = sight.Chain, sight.Chain.Hash(), sight.chainSize
	}
	return e
}

func home(site registry.Site) string { return "http://" + site.Host + "/" }

// retest looks again for one finding.
func (s *Service) retest(ctx context.Context, site registry.Site, f inspection.Finding) (engine.Look, error) {
	begun := time.Now()
	facts, sight, err := s.gather(ctx, site)
	if err != nil {
		return engine.Look{}, err
	}
	l := engine.Look{Outcome: engine.Unknown, Says: "未能复测。", Evidence: evidence(site, f.Check, facts, sight), Took: time.Since(begun)}
	for _, x := range s.judge(facts) {
		if x.Check != f.Check {
			continue
		}
		l.Says = x.Says
		switch x.Outcome {
		case check.Violated:
			l.Outcome = engine.Standing
		case check.Kept, check.Tolerated:
			l.Outcome = engine.Gone
		}
	}
	return l, nil
}

// gather joins what was seen with what the ledger and the vantages say.
func (s *Service) gather(ctx context.Context, site registry.Site) (check.Server, sighted, error) {
	host := site.Host
	out := check.Server{Host: registry.ShownHost(host), Hosted: site.Hosted}
	record, err := s.record(ctx, site)
	if err != nil {
		return out, sighted{}, err
	}
	out.Domain, out.DomainUntil = record.ID != "", record.ExpiresOn
	if s.Hosting != nil {
		h, err := s.Hosting(ctx, site)
		if err != nil {
			return out, sighted{}, err
		}
		out.Hosting = &h
	}
	if s.demo(site) {
		// A demo portal at our own listener: its names and encryption are not those
		// of a real site.
		says := "演示网站由本机提供，没有公网解析和证书"
		out.IPv6, out.TLS, out.Names, out.Where = &check.IPv6{Untold: says}, &check.TLS{Untold: says}, &check.Names{Untold: says}, &check.Where{Untold: says}
		return out, sighted{At: s.DB.Now()}, nil
	}
	there, err := s.Inspection.Elsewhere(ctx, authz.System("hosts.look"), site.ID)
	if err != nil {
		return out, sighted{}, err
	}
	var tellings []check.Elsewhere
	for _, e := range there {
		tellings = append(tellings, check.Elsewhere{From: e.Vantage, Found: e.Addresses, Twice: e.Twice, Dialled: e.Dialled})
	}
	spread := len(record.CNAME) > 0 || out.Hosting != nil && delivers(out.Hosting.Provider)
	sight, err := s.sight(ctx, site)
	if err != nil {
		return out, sight, err
	}
	anothers, err := s.anothers(ctx, site)
	if err != nil {
		return out, sight, err
	}
	switch {
	case sight.none != "":
		// Others look for us: their resolvers are what there is to judge by.
		out.IPv6, out.TLS = &check.IPv6{Untold: sight.none}, &check.TLS{Untold: sight.none}
		out.Names = &check.Names{Blind: sight.none, Expected: normal(record.Addresses), ServersDue: record.NS, Elsewhere: tellings, Spread: spread}
		if list := toldTwice(tellings); len(list) > 0 {
			out.Where = s.where(Sight{Host: host, Addresses: text(list)}, anothers)
		} else {
			out.Where = &check.Where{Untold: sight.none}
		}
		return out, sight, nil
	case sight.Untold != "":
		out.IPv6, out.TLS, out.Where = &check.IPv6{Untold: sight.Untold}, &check.TLS{Untold: sight.Untold}, &check.Where{Untold: sight.Untold}
		out.Names = &check.Names{Untold: sight.Untold}
		return out, sight, nil
	}
	out.Names = names(record, sight)
	out.Names.Elsewhere, out.Names.Spread = tellings, spread
	out.TLS, out.IPv6, out.Where = sight.TLS, sight.IPv6, s.where(sight.Sight, anothers)
	return out, sight, nil
}

// demo reports whether a site is a demo portal at our own listener.
func (s *Service) demo(site registry.Site) bool { return s.Origin != nil && s.Origin(site) != "" }

// record is what the ledger says of the name that a site is reached by.
func (s *Service) record(ctx context.Context, site registry.Site) (registry.Domain, error) {
	english, chinese, err := s.Registry.MainDomains(ctx, s.DB, authz.System("hosts.look"), site.ID)
	if english.Host != site.Host && chinese.Host == site.Host {
		return chinese, err
	}
	return english, err
}

// delivers reports whether the hosting record names a network that delivers content.
func delivers(provider string) bool {
	p := strings.ToUpper(provider)
	return strings.Contains(p, "CDN") || strings.Contains(p, "内容分发") || strings.Contains(p, "加速")
}

// normal are addresses of the ledger in the one spelling.
func normal(list []string) []string {
	out := slices.Clone(list)
	for i, a := range out {
		if x, err := netip.ParseAddr(a); err == nil {
			out[i] = x.String()
		}
	}
	return out
}

// toldTwice are the addresses that resolvers at other places led to twice.
func toldTwice(tellings []check.Elsewhere) (out []netip.Addr) {
	for _, e := range tellings {
		for _, a := range e.Twice {
			if x, err := netip.ParseAddr(a); err == nil && !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// names holds what the DNS said against the ledger.
func names(d registry.Domain, seen sighted) *check.Names {
	n := &check.Names{Expected: normal(d.Addresses), ServersDue: d.NS, Found: seen.Addresses, Servers: seen.Servers, From: seen.Vantage}
	if zoneAsked(d) != "" && len(seen.Servers) == 0 {
		if len(n.Expected) == 0 {
			n.Untold = cmp.Or(seen.ServersUntold, "没有查到域名服务器")
		}
		n.ServersDue = nil // not told: the addresses are judged alone
	}
	return n
}

// zoneAsked is whose name servers are asked for.
func zoneAsked(d registry.Domain) string {
	if len(d.NS) == 0 || d.Host == "" {
		return ""
	}
	zone, err := publicsuffix.EffectiveTLDPlusOne(d.Host)
	if err != nil {
		return d.Host
	}
	return zone
}

// anothers gives whether a host is of another unit's site, as the ledger has it:
// that site is looked at by itself.
func (s *Service) anothers(ctx context.Context, site registry.Site) (func(host string) bool, error) {
	list, err := s.others(ctx, site)
	if err != nil {
		return nil, err
	}
	known := make(map[string]bool, len(list))
	for _, h := range list {
		known[h] = true
	}
	return within(site.Host, known), nil
}

// others are the hosts of other units' sites.
func (s *Service) others(ctx context.Context, site registry.Site) ([]string, error) {
	return db.All(ctx, s.DB, db.Value[string], `SELECT host FROM domain WHERE host <> '' AND unit_id <> $1 AND state <> 'cancelled' AND (site_id IS NULL OR site_id <> $2) ORDER BY host`, site.Unit, site.ID)
}

// where tells the country of the host's addresses and of those of what the home
// page is made of.
func (s *Service) where(seen Sight, anothers func(host string) bool) *check.Where {
	places, err := s.atlas.places()
	switch {
	case err != nil:
		return &check.Where{Untold: "地址库不能使用：" + strings.TrimRight(fault.Of(err).Says, "。")}
	case places == nil:
		return &check.Where{Untold: "没有配置地址库（数据目录下的 " + PlacesFile + "）"}
	}
	w := &check.Where{Source: "地址库 " + calendar.DateOf(places.Made).String()}
	add := func(h string, list []string) {
		for _, x := range list {
			a, err := netip.ParseAddr(x)
			if err != nil {
				w.Unknown = append(w.Unknown, registry.ShownHost(h)+"：地址不正确")
				continue
			}
			w.At = append(w.At, check.Place{Host: registry.ShownHost(h), Address: a.String(), Country: places.Country(a), Borrowed: zoneOf(h) != zoneOf(seen.Host)})
		}
	}
	add(seen.Host, seen.Addresses)
	if !seen.Home {
		w.Unknown = append(w.Unknown, "首页没有打开，不知道它引用哪些主机")
		return w
	}
	for _, t := range seen.Taken {
		switch {
		case anothers(t.Host):
		case t.Not != "":
			w.Unknown = append(w.Unknown, registry.ShownHost(t.Host)+"："+t.Not)
		default:
			add(t.Host, t.Addresses)
		}
	}
	return w
}

// Data says what address data there are; zero without a file.
func (s *Service) Data() (rows int, made time.Time, err error) {
	p, err := s.atlas.places()
	if p == nil || err != nil {
		return 0, time.Time{}, err
	}
	return p.Rows, p.Made, nil
}

const lookSelect = `SELECT s.id, s.name, s.host, u.name, s.hosted, h.at, COALESCE(h.facts, '{}'), COALESCE(h.wrong, 0), COALESCE(h.took_ms, 0), COALESCE(h.doubt, ''), h.doubted_at, h.seen_at, COALESCE(h.vantage, ''), COALESCE(h.ipv6, ''), COALESCE(h.tls, ''), COALESCE(h.cert, ''), COALESCE(h.domain, ''), COALESCE(h.dns, ''), COALESCE(h.abroad, ''), COALESCE(h.provider, '')
	FROM site s JOIN unit u ON u.id = s.unit_id LEFT JOIN host_look h ON h.site_id = s.id`

func scanLook(r db.Scanner) (Look, error) {
	l := Look{Outcome: map[string]check.Outcome{}}
	var facts, doubt string
	var ms int64
	got := make([]string, len(columns))
	dest := []any{&l.Site, &l.SiteName, &l.Host, &l.UnitName, &l.Hosted, &l.At, &facts, &l.Wrong, &ms, &doubt, &l.doubt.since, &l.SeenAt, &l.Vantage}
	for i := range got {
		dest = append(dest, &got[i])
	}
	if err := r.Scan(dest...); err != nil {
		return l, err
	}
	for i, c := range columns {
		l.Outcome[c.Name] = check.Outcome(got[i])
	}
	l.Took = time.Duration(ms) * time.Millisecond
	l.doubt.checks = strings.Fields(doubt)
	return l, json.Unmarshal([]byte(facts), &l.Facts)
}

// BadCertificate is the certificate that a site in scope was last seen with, where it
// was at fault or its time is over: what it is told apart by and issued to. Empty where
// it is in order, or was not seen.
func (s *Service) BadCertificate(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID) (cert, issuedTo string, err error) {
	if _, err := s.Registry.SiteTx(ctx, q, scope, id); err != nil {
		return "", "", err
	}
	l, err := db.One(ctx, q, scanLook, lookSelect+` WHERE s.id = $1`, id)
	if err != nil || l.Facts.TLS == nil || l.Facts.TLS.Cert == "" {
		return "", "", err
	}
	if t := l.Facts.TLS; t.Fault != "" || !t.Until.IsZero() && !t.Until.After(calendar.DateOf(s.DB.Now())) {
		return t.Cert, t.For, nil
	}
	return "", "", nil
}

// Filter narrows Looks.
type Filter struct {
	Text    string
	Column  string // one of Columns or Groups, with Outcome
	Outcome string
	Wrong   bool
	Limit   int
	Offset  int
}

func (f Filter) where(scope authz.Scope) *db.Where {
	var w db.Where
	scope.Where(&w, "u")
	like := db.Contains(f.Text)
	w.And("s.host <> '' AND s.state = 'running'").AndIf(f.Text != "", `lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\'`, like, like, like).AndIf(f.Wrong, "h.wrong > 0")
	if f.Outcome == "" {
		return &w
	}
	cond := " = ?"
	if f.Outcome == string(check.Kept) {
		cond = " IN (?, 'tolerated')" // 基本符合
	}
	for _, c := range columns {
		if c.Name == f.Column {
			w.And("h."+c.Name+cond, f.Outcome)
		}
	}
	for _, g := range groups {
		if g.Name == f.Column {
			w.And("h."+g.columns[0]+cond+" OR h."+g.columns[1]+cond, f.Outcome, f.Outcome)
		}
	}
	return &w
}

// Looks at the running sites in scope, those with something wrong first.
func (s *Service) Looks(ctx context.Context, scope authz.Scope, f Filter) ([]Look, int, error) {
	w := f.where(scope)
	total, err := db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM site s JOIN unit u ON u.id = s.unit_id LEFT JOIN host_look h ON h.site_id = s.id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	list, err := db.All(ctx, s.DB, scanLook, lookSelect+` WHERE `+w.SQL()+` ORDER BY COALESCE(h.wrong, 0) DESC, s.name, s.id LIMIT `+w.Arg(f.Limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	return list, total, err
}

// Tally counts the outcomes of a check over the running sites in scope.
type Tally struct{ Sites, Looked, IPv6, Abroad, Drift, Expiring int }

// Tally in scope.
func (s *Service) Tally(ctx context.Context, scope authz.Scope) (Tally, error) {
	w := Filter{}.where(scope)
	return db.One(ctx, s.DB, func(r db.Scanner) (Tally, error) {
		var t Tally
		err := r.Scan(&t.Sites, &t.Looked, &t.IPv6, &t.Abroad, &t.Drift, &t.Expiring)
		return t, err
	}, `SELECT count(*), count(h.site_id), COALESCE(sum(CASE WHEN h.ipv6 IN ('kept', 'tolerated') THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN h.abroad = 'violated' OR h.provider = 'violated' THEN 1 ELSE 0 END), 0),
		COALESCE(sum(CASE WHEN h.dns = 'violated' THEN 1 ELSE 0 END), 0), COALESCE(sum(CASE WHEN h.cert = 'violated' OR h.domain = 'violated' THEN 1 ELSE 0 END), 0)
		FROM site s JOIN unit u ON u.id = s.unit_id LEFT JOIN host_look h ON h.site_id = s.id WHERE `+w.SQL(), w.Args()...)
}

// Sheet is the last look at one site in scope with every conclusion; not looked
// at yet, it has no time.
func (s *Service) Sheet(ctx context.Context, scope authz.Scope, id registry.SiteID) (Look, []check.Finding, error) {
	if _, err := s.Registry.Site(ctx, scope, id); err != nil {
		return Look{}, nil, err
	}
	l, err := db.One(ctx, s.DB, scanLook, lookSelect+` WHERE s.id = $1`, id)
	if err != nil || l.At.IsZero() {
		return l, nil, err
	}
	findings := s.judge(l.Facts)
	for i, f := range findings {
		if slices.Contains(l.doubt.checks, f.Check) {
			findings[i] = doubtful(f)
		}
	}
	return l, findings, nil
}
