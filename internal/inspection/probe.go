package inspection

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/passage"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/vantage"
)

//go:embed probemigrations/*.sql
var probeFiles embed.FS

// OpenProbes opens the database of probes and crawls under way: a file of its
// own beside the embedded database, so that a write every few seconds never
// waits for the records or they for it; on PostgreSQL the house database
// itself. The caller closes it when it is not house.
func OpenProbes(ctx context.Context, house *db.DB, dir string) (*db.DB, error) {
	if house.Dialect() == db.Postgres {
		return house, nil
	}
	files, err := fs.Sub(probeFiles, "probemigrations")
	if err != nil {
		return nil, err
	}
	p, err := db.Open(ctx, db.Config{Dir: dir, File: "probes.db", Now: house.Now})
	if err != nil {
		return nil, fmt.Errorf("inspection: open probes: %w", err)
	}
	if _, err := p.Migrate(ctx, files); err != nil {
		return nil, errors.Join(fmt.Errorf("inspection: open probes: %w", err), p.Close())
	}
	return p, nil
}

// keepProbes is how long single probes are kept; the days stay.
const keepProbes = 35 * 24 * time.Hour

// slot is where in each interval a site is probed, so that the sites of a
// province are spread over it instead of starting together.
func (s *Service) slot(id registry.SiteID, interval time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(id))
	return time.Duration(h.Sum64() % uint64(interval))
}

// turn is when a site's turn came last.
func (s *Service) turn(id registry.SiteID, now time.Time, interval time.Duration) time.Time {
	slot := s.slot(id, interval)
	return now.Add(-slot).Truncate(interval).Add(slot)
}

// due reports whether a site's turn has come since it was last probed.
func (s *Service) due(id registry.SiteID, last, now time.Time, interval time.Duration) bool {
	return last.Before(s.turn(id, now, interval))
}

// ProbeDue probes every monitored, running site whose turn has come and
// returns how many. The periodic job runs in one process at a time, so no
// site is probed twice.
func (s *Service) ProbeDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "inspection.probe")
	sites, err := s.monitored(ctx)
	if err != nil || len(sites) == 0 {
		return 0, err
	}
	type lastRow struct {
		site registry.SiteID
		at   time.Time
	}
	now := s.db.Now()
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (lastRow, error) {
		var x lastRow
		err := r.Scan(&x.site, &x.at)
		return x, err
	}, `SELECT site_id, last_at FROM probe_day WHERE day >= $1`, calendar.DateOf(now).AddDays(-1))
	if err != nil {
		return 0, err
	}
	last := map[registry.SiteID]time.Time{}
	for _, r := range rows {
		if r.at.After(last[r.site]) {
			last[r.site] = r.at
		}
	}
	refused, err := s.refusals(ctx)
	if err != nil {
		return 0, err
	}
	for id, r := range refused {
		if r.Last.After(last[id]) {
			last[id] = r.Last
		}
	}
	interval, err := s.intervals(ctx)
	if err != nil {
		return 0, err
	}
	voters, err := s.voters(ctx)
	if err != nil {
		return 0, err
	}
	if s.Wayless() {
		// What is served here is reached whatever the network, which says nothing of
		// the way there from outside: it counts only where nobody looks from there.
		if voters.online+voters.byFile > 0 {
			return 0, nil
		}
		sites = slices.DeleteFunc(sites, func(site registry.Site) bool { return !s.serves(site) })
		voters.line, voters.lineDown = nil, false // there is no line to test
	}
	// voted is the latest interval each site has our own vote in: what was voted on
	// was looked at, decided or not.
	voted := map[registry.SiteID]time.Time{}
	rows, err = db.All(ctx, s.probes, func(r db.Scanner) (lastRow, error) {
		var x lastRow
		err := r.Scan(&x.site, &x.at)
		return x, err
	}, `SELECT site_id, max(slot) FROM probe_vote WHERE vantage_id = 'own' AND slot >= $1 GROUP BY site_id`, now.Add(-2*s.set.Interval))
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		voted[r.site] = r.at
	}
	var turn []registry.Site
	votes := map[registry.SiteID]time.Time{} // the interval each of them votes in
	for _, site := range sites {
		every := interval(site)
		at := s.voteSlot(site.ID, now, every)
		if by, ok := voted[site.ID]; ok && !by.Before(at) || !s.due(site.ID, last[site.ID], now, every) {
			continue
		}
		votes[site.ID] = at
		turn = append(turn, site)
	}
	// While the line is known to be down, nobody is asked for what would not count.
	if voters.lineDown && len(voters.line) > 0 && len(turn) > 0 && !vantage.LineOK(ctx, s.client, voters.line) {
		return 0, nil
	}
	begun := time.Now() // by the clock of the dialler
	work, results := make(chan registry.Site), make(chan probed)
	var wg sync.WaitGroup
	for range min(s.set.AtOnce, len(turn)) {
		wg.Go(func() {
			for site := range work {
				results <- probed{site.ID, s.probe(ctx, site)}
			}
		})
	}
	go func() {
		for _, site := range turn {
			work <- site
		}
		close(work)
		wg.Wait()
		close(results)
	}()
	var round, all []probed
	for r := range results {
		round = append(round, r)
		if !r.res.Void {
			all = append(all, r)
		}
	}
	if ctx.Err() != nil { // broken off: the whole round is looked at again, and none of it is a failure
		return 0, ctx.Err()
	}
	if err := s.noteRefusals(context.WithoutCancel(ctx), round); err != nil {
		return 0, err
	}
	if len(all) > 0 && len(voters.line) > 0 {
		ok := vantage.LineOK(ctx, s.client, voters.line)
		if ctx.Err() != nil { // whether it answers was not seen
			return 0, ctx.Err()
		}
		if err := s.noteLine(context.WithoutCancel(ctx), ok); err != nil {
			return 0, err
		}
		if !ok {
			s.set.Log.Warn("inspection: our own line does not answer; the round is not counted", "sites", len(all))
			return 0, nil
		}
	}
	if len(all) > 0 && len(voters.line) == 0 && !s.Wayless() {
		if all, err = s.withoutOutage(ctx, all, sites, begun.Add(-s.set.Interval)); err != nil {
			return 0, err
		}
	}
	// A line that addresses of its own have just proven is the confirmation.
	if voters.alone() && len(voters.line) == 0 && !s.Wayless() && cutOff(all) && !slices.ContainsFunc(round, func(p probed) bool { return p.res.Refused }) {
		s.set.Log.Warn("inspection: no site of this round answered; taken for an outage of our own and not counted", "sites", len(all))
		return 0, s.noteUncounted(context.WithoutCancel(ctx), all)
	}
	if voters.online+voters.byFile > 0 {
		return len(all), s.voteOwn(context.WithoutCancel(ctx), all, votes)
	}
	return len(all), s.record(context.WithoutCancel(ctx), all)
}

// probed is one probe on its way to the record.
type probed struct {
	site registry.SiteID
	res  egress.ProbeResult
}

// enoughSites is how many sites must fail together before it is rather our own
// network that failed. No source gives the number.
const enoughSites = 5

// cutOff reports a round in which not one site could even be connected to: the
// indicator wants a failure confirmed before it counts, and from one place this
// is the confirmation there is.
func cutOff(all []probed) bool {
	for _, r := range all {
		if r.res.OK || r.res.Status != 0 || r.res.Kind == egress.TLS {
			return false
		}
	}
	return len(all) >= enoughSites
}

// probe opens a home page as a visitor would: where plain http is not answered
// at all, https is.
func (s *Service) probe(ctx context.Context, site registry.Site) egress.ProbeResult {
	res := s.client.Knock(ctx, s.address(site))
	if !res.OK && !res.Void && res.Kind == egress.TCP {
		if again := s.client.Knock(ctx, "https://"+site.Host+"/"); !again.Void || again.Refused {
			return again
		}
	}
	return res
}

// record keeps the probes of a round and rolls them up into their day. The
// house's clock dates them: the day they count for is a legal day.
func (s *Service) record(ctx context.Context, all []probed) error {
	if len(all) == 0 {
		return nil
	}
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		for i := range all {
			all[i].res.At = tx.Now()
		}
		return keepProbed(ctx, tx, all)
	})
}

// Day is one day of probes at a site.
type Day struct {
	On       calendar.Date
	Probes   int
	Failures int
	Took     time.Duration // on average, of those that succeeded
	// Excused says that the day counts against nobody: it lies in a filed offline
	// window (Article 8(1)), or so much of it that too few probes are left.
	Excused bool
	// Left is how many further probes fell into the hours of a window.
	Left int
	// Window is the filed window that touches the day, in words; empty: none does.
	Window string
	lastAt time.Time
	lastOK bool
}

// Availability is a window of probe days.
type Availability struct {
	Days []Day // every day of the window, oldest first, those without probes included
	// Probes and Failures count the days that are not excused.
	Probes, Failures int
	// Sufficient says that every counted day has as many probes as the pack asks.
	Sufficient bool
	Outcome    packs.Outcome
	LastAt     time.Time
	LastOK     bool
	Refusal    Refusal // that stands
}

// Rate is the share of the counted probes that succeeded; ok is false where there
// are too few to say.
func (a Availability) Rate() (share percent.Share, ok bool) {
	return percent.Of(a.Probes-a.Failures, a.Probes), a.Sufficient && a.Probes > 0
}

// Share is the failed share in hundredths of a per cent, rounded down: it is held
// against thresholds and not shown.
func (a Availability) Share() int {
	if a.Probes == 0 {
		return 0
	}
	return a.Failures * 10000 / a.Probes
}

// AccessRate sums up the n complete days that end on the day until, by the
// terms of indicator V-W-2: a day with too few probes makes the answer
// insufficient, what lies in a filed offline window is left out and, for a day of
// which too little remains, an earlier one taken instead.
func (s *Service) AccessRate(ctx context.Context, scope authz.Scope, site registry.SiteID, until calendar.Date, n int) (Availability, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return Availability{}, err
	}
	pack, ok := s.set.Pack(until)
	if !ok {
		return Availability{}, nil
	}
	days, err := s.daysOf(ctx, []registry.SiteID{site}, until.AddDays(-n-farther), until, engine.LimitsOf(pack))
	if err != nil {
		return Availability{}, err
	}
	return sum(days[site], pack, n), nil
}

// farther is how many days further back it is looked for days that stand in for
// those with leave: two windows of the longest.
const farther = 62

// sum takes the last n days that are not excused.
func sum(all []Day, pack packs.Pack, n int) Availability {
	var a Availability
	var days []packs.ProbeDay
	counted := 0
	for i := len(all) - 1; i >= 0 && counted < n; i-- {
		d := all[i]
		a.Days = append([]Day{d}, a.Days...)
		if d.Excused {
			continue
		}
		counted++
		a.Probes += d.Probes
		a.Failures += d.Failures
		days = append([]packs.ProbeDay{{Total: d.Probes, Failed: d.Failures}}, days...)
	}
	if ind, ok := pack.Indicator("V-W-2"); ok {
		a.Outcome = packs.Access(ind, days).Outcome
	}
	a.Sufficient = a.Outcome != packs.Untested && a.Outcome != ""
	return a
}

// window is a time offline with leave; to is zero while it lasts.
type window struct {
	from, to time.Time
	says     string // what it was filed as
}

// String is the window for people: what it was filed as, from when to when.
func (w window) String() string {
	until := "至今"
	if !w.to.IsZero() {
		until = "至 " + minute(w.to)
	}
	return cmp.Or(w.says, "已报备的下线") + "（" + minute(w.from) + " " + until + "）"
}

func asWindows(list []Window) []window {
	out := make([]window, len(list))
	for i, w := range list {
		out[i] = window{w.From, w.To, w.Says}
	}
	return out
}

// covers reports whether an instant lies in a window.
func (w window) covers(at time.Time) bool {
	return !at.Before(w.from) && (w.to.IsZero() || at.Before(w.to))
}

// touches reports whether any of a day lies in a window.
func (w window) touches(on calendar.Date) bool {
	return w.from.Before(on.End()) && (w.to.IsZero() || w.to.After(on.Start()))
}

// withLeave reports whether an instant lies in one of some windows.
func withLeave(off []window, at time.Time) bool {
	return slices.ContainsFunc(off, func(w window) bool { return w.covers(at) })
}

// excuse takes what fell into filed windows out of the days of a site: the hours
// where its single probes are kept (keepProbes) and enough of them are left to
// judge the day by, else the day.
func (s *Service) excuse(ctx context.Context, site registry.SiteID, days []Day, off []window, need check.Limits) error {
	type knock struct {
		at   time.Time
		ok   bool
		took int64
	}
	for i := range days {
		d := &days[i]
		j := slices.IndexFunc(off, func(w window) bool { return w.touches(d.On) })
		if j < 0 {
			continue
		}
		d.Excused, d.Window = true, off[j].String()
		if d.Probes == 0 {
			continue
		}
		single, err := db.All(ctx, s.probes, func(r db.Scanner) (knock, error) {
			var k knock
			return k, r.Scan(&k.at, &k.ok, &k.took)
		}, `SELECT at, ok, took_ms FROM probe WHERE site_id = $1 AND at >= $2 AND at < $3`, site, d.On.Start(), d.On.End())
		if err != nil {
			return err
		}
		if len(single) < d.Probes {
			continue // kept no longer
		}
		outside := Day{On: d.On, Window: d.Window, lastAt: d.lastAt, lastOK: d.lastOK}
		var took int64
		for _, k := range single {
			switch {
			case withLeave(off, k.at):
				outside.Left++
				continue
			case k.ok:
				took += k.took
			default:
				outside.Failures++
			}
			outside.Probes++
		}
		if outside.Probes < max(1, need.MinProbesPerDay) {
			continue
		}
		outside.average(took)
		*d = outside
	}
	return nil
}

// filled puts the days without probes between those with some.
func filled(rows []Day, from, to calendar.Date) []Day {
	var out []Day
	for d, i := from, 0; !d.After(to); d = d.AddDays(1) {
		if i < len(rows) && rows[i].On == d {
			out = append(out, rows[i])
			i++
			continue
		}
		out = append(out, Day{On: d})
	}
	return out
}

// average sets how long those that succeeded took together, in milliseconds.
func (d *Day) average(ms int64) {
	if n := d.Probes - d.Failures; n > 0 {
		d.Took = time.Duration(ms/int64(n)) * time.Millisecond
	}
}

// Past is the last n days of a site in scope, today included, for the bars of
// the screens.
func (s *Service) Past(ctx context.Context, scope authz.Scope, site registry.SiteID, n int) ([]Day, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	today := calendar.DateOf(s.db.Now())
	days, err := s.daysOf(ctx, []registry.SiteID{site}, today.AddDays(1-n), today, s.need(today))
	return days[site], err
}

// DayOf is one day of a site in scope, with what fell into filed windows taken out.
func (s *Service) DayOf(ctx context.Context, scope authz.Scope, site registry.SiteID, on calendar.Date) (Day, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return Day{}, err
	}
	days, err := s.daysOf(ctx, []registry.SiteID{site}, on, on, s.need(on))
	if err != nil {
		return Day{}, err
	}
	return days[site][0], nil
}

// need are the terms of the pack in force on a day; none without a pack.
func (s *Service) need(on calendar.Date) check.Limits {
	pack, ok := s.set.Pack(on)
	if !ok {
		return check.Limits{}
	}
	return engine.LimitsOf(pack)
}

// NearVeto is from which failed share of seven days, in per cent, a site is marked, as
// the province chose it.
func (s *Service) NearVeto() int { return s.set.Province().NearVetoPercent }

// Week is the last seven days of one site, for a board; what lies in a filed window
// is left out.
type Week struct {
	Probes, Failures int // a plain count, today included
	LastAt           time.Time
	LastOK           bool
	Refusal          Refusal // that stands
	// Whole are the complete days the indicator asks for: what AccessRate says.
	Whole Availability
}

// Weeks sums up the last seven days of the sites in scope, today included.
func (s *Service) Weeks(ctx context.Context, scope authz.Scope) (map[registry.SiteID]Week, error) {
	today := calendar.DateOf(s.db.Now())
	pack, judged := s.set.Pack(today)
	need := s.need(today)
	sites, err := s.sitesIn(ctx, scope)
	if err != nil {
		return nil, err
	}
	first := today.AddDays(-max(6, need.AccessDays))
	days, err := s.daysOf(ctx, sites, first, today, need)
	if err != nil {
		return nil, err
	}
	var off []registry.SiteID // for whose days earlier ones stand in
	for id, list := range days {
		if slices.ContainsFunc(list, func(d Day) bool { return d.Excused }) {
			off = append(off, id)
		}
	}
	more, err := s.daysOf(ctx, off, today.AddDays(-1-need.AccessDays-farther), today, need)
	if err != nil {
		return nil, err
	}
	maps.Copy(days, more)
	refused, err := s.refusals(ctx)
	if err != nil {
		return nil, err
	}
	out := map[registry.SiteID]Week{}
	for _, id := range sites {
		var k Week
		for _, d := range days[id] {
			if !d.On.Before(first) && !d.lastAt.IsZero() {
				k.LastAt, k.LastOK = d.lastAt, d.lastOK
			}
			if !d.On.Before(today.AddDays(-6)) && !d.Excused {
				k.Probes, k.Failures = k.Probes+d.Probes, k.Failures+d.Failures
			}
		}
		if r, ok := refused[id]; ok && r.Lasts(s.db.Now()) {
			k.Refusal = r
		}
		if k.LastAt.IsZero() && k.Refusal.Since.IsZero() {
			continue // nobody asked it
		}
		if list := days[id]; judged {
			k.Whole = sum(list[:len(list)-1], pack, need.AccessDays)
		}
		out[id] = k
	}
	return out, nil
}

// DownSince is when a site in scope was last seen to open, if every probe since
// has failed; ok is false when the last probe succeeded or there was none.
func (s *Service) DownSince(ctx context.Context, scope authz.Scope, site registry.SiteID) (since time.Time, ok bool, err error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return time.Time{}, false, err
	}
	voters, err := s.voters(ctx)
	if err != nil {
		return time.Time{}, false, err
	}
	failed, err := s.failing(ctx, site, voters)
	if err != nil || len(failed) == 0 {
		return time.Time{}, false, err
	}
	return failed[0], true, nil
}

// OpenedAfter is when a site in scope was first seen to open after an instant; zero where
// it was not.
func (s *Service) OpenedAfter(ctx context.Context, scope authz.Scope, site registry.SiteID, at time.Time) (time.Time, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return time.Time{}, err
	}
	opened, err := db.One(ctx, s.probes, db.Value[time.Time], `SELECT at FROM probe WHERE site_id = $1 AND ok AND at > $2 ORDER BY at LIMIT 1`, site, at)
	if db.None(err) {
		return time.Time{}, nil
	}
	return opened, err
}

// access judges the last complete days of one site.
func (s *Service) access(ctx context.Context, site registry.Site) (check.Finding, Availability, bool, error) {
	today := calendar.DateOf(s.db.Now())
	pack, ok := s.set.Pack(today)
	if !ok {
		return check.Finding{}, Availability{}, false, nil
	}
	limits := engine.LimitsOf(pack)
	a, err := s.AccessRate(ctx, authz.System("inspection.access"), site.ID, today.AddDays(-1), limits.AccessDays)
	if err != nil {
		return check.Finding{}, a, false, err
	}
	facts := &check.Access{Failed: a.Failures}
	for _, d := range a.Days {
		if !d.Excused {
			facts.Days = append(facts.Days, d.Probes)
		}
	}
	for _, f := range check.Run(check.Facts{Access: facts, Today: today, Limits: limits}) {
		if f.Check == accessRate {
			return f, a, true, nil
		}
	}
	return check.Finding{}, a, false, nil
}

// JudgeAccess opens and closes the findings of availability: the periodic duty.
func (s *Service) JudgeAccess(ctx context.Context) error {
	ctx = audit.System(ctx, "inspection.access")
	sites, err := s.monitored(ctx)
	if err != nil {
		return err
	}
	for _, site := range sites {
		f, a, ok, err := s.access(ctx, site)
		if err != nil {
			return err
		}
		if !ok || f.Outcome == check.Untested {
			continue
		}
		sg := engine.Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: s.address(site), Where: f.Where, Fix: f.Fix, OnHome: true, Pages: 1,
			Evidence: engine.Evidence{URL: s.address(site), At: s.db.Now()}}
		if err := s.settleWith(ctx, site, sg, f.Outcome == check.Violated, func() (engine.Evidence, error) { return s.accessEvidence(ctx, site, a) }); err != nil {
			return err
		}
	}
	return nil
}

// settle opens, renews or closes the one finding of a check about a whole site.
func (s *Service) settle(ctx context.Context, site registry.Site, sg engine.Sighting, wrong bool) error {
	return s.settleWith(ctx, site, sg, wrong, nil)
}

// settleWith is settle with evidence that is gathered only where it is kept: with
// the finding that is opened or has grown worse, and with the look that closes it.
func (s *Service) settleWith(ctx context.Context, site registry.Site, sg engine.Sighting, wrong bool, gather func() (engine.Evidence, error)) error {
	fp := sg.Fingerprint()
	known, err := db.One(ctx, s.db, scanFinding, findingSelect+` WHERE f.site_id = $1 AND f.fingerprint = $2 AND f.state <> 'closed'`, site.ID, fp)
	stands := !db.None(err)
	if err != nil && stands {
		return err
	}
	if !wrong && (!stands || known.State == FindingOrdered) || wrong && stands && known.Says == sg.Says && known.Severity == sg.Severity {
		return nil
	}
	if gather != nil && (wrong != stands || worsens(sg, known)) {
		if sg.Evidence, err = gather(); err != nil {
			return err
		}
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		switch {
		case wrong && stands:
			f, err := s.seenAgain(ctx, tx, known, "", sg)
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding.seen", Target: f.Target(), Basis: sg.Article, Before: known.Says, After: sg.Says})
		case wrong:
			f, err := s.found(ctx, tx, ofSite(site), "", sg, fp)
			if errors.Is(err, errRemembered) {
				return nil
			}
			if err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding.find", Target: f.Target(), Basis: sg.Article, After: sg.Says})
		}
		proof, err := insertProof(ctx, tx, Proof{Finding: known.ID, Look: "patrol", Outcome: engine.Gone, Says: sg.Says, Evidence: sg.Evidence})
		if err != nil {
			return err
		}
		_, err = s.move(ctx, tx, known, "close", passage.Note{Says: sg.Says}, proof)
		return err
	})
}

// lookAtAccess is the retest of availability: the window as it stands today.
func (s *Service) lookAtAccess(ctx context.Context, site registry.Site) (engine.Look, error) {
	begun := time.Now()
	f, a, ok, err := s.access(ctx, site)
	if err != nil {
		return engine.Look{}, err
	}
	l := engine.Look{Outcome: engine.Unknown, Says: "没有检查参数，未能复测。"}
	if l.Evidence, err = s.accessEvidence(ctx, site, a); err != nil {
		return engine.Look{}, err
	}
	l.Took = time.Since(begun)
	if ok {
		l.Says = f.Says
		switch f.Outcome {
		case check.Violated:
			l.Outcome = engine.Standing
		case check.Kept, check.Tolerated:
			l.Outcome = engine.Gone
		}
	}
	return l, nil
}
