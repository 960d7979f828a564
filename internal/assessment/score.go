package assessment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// Verdict is what an assessment came to.
type Verdict string

// The verdicts. Untested is neither: nobody looked.
const (
	Qualified   Verdict = "qualified"
	Unqualified Verdict = "unqualified"
	Untested    Verdict = "untested"
)

// Name is the verdict in Chinese.
func (v Verdict) Name() string {
	return map[Verdict]string{Qualified: "合格", Unqualified: "不合格", Untested: "未检测"}[v]
}

// Kind is what is scored.
type Kind string

// The kinds of subject.
const (
	SiteKind    Kind = "site"
	AccountKind Kind = "account" // apps included
	OfficeKind  Kind = "office"  // a supervising office
)

// Score is the result of one site, account or office at the check point.
type Score struct {
	Kind     Kind
	ID       string // of the site, account or unit
	Name     string
	Host     string
	Unit     org.UnitID
	UnitName string
	Class    packs.Class
	// On is the check point: the last day of the period, or today.
	On      calendar.Date
	Verdict Verdict
	// Scored says whether Points, in hundredths, mean anything: department sites
	// and accounts pass or fail, and a veto leaves nothing to score.
	Scored bool
	Points packs.Hundredths
	Vetoes []Line
	// Lines are all indicators for this class, vetoes first, in the pack's order.
	Lines       []Line
	NearestVeto *packs.Near
	// Near are all vetoes with something against them, none reached, the nearest
	// first.
	Near []packs.Near
	// Exempt is the record that spares it the services; nil: none holds.
	Exempt *Exemption
	// Unverified: the result rests on values nobody has verified; Label says by
	// whose adoption.
	Unverified bool
	Pack       packs.Pack
	Adoption   *Adoption // nil: only verified values judged
	LastRun    time.Time // zero: no run counted
}

// Line is one indicator and what it came to.
type Line struct {
	packs.Indicator
	Outcome packs.Outcome
	// Deducted or, for a bonus, earned: hundredths.
	Deducted packs.Hundredths
	Hits     int
	// Total is how many findings there are; Findings are they, none of them in a
	// brief score.
	Total    int
	Findings []Fact
	// Seen is what was observed under the line, for who keeps it.
	Seen []packs.Observation
	// Unverified: the value stands as 未核实; NotUsed: it was therefore not used.
	Unverified, NotUsed bool
	// Note says why it was not tested, or what a person must confirm.
	Note string
}

// Fact is a finding as a score sees it.
type Fact struct {
	ID        inspection.FindingID
	Check     string
	Severity  check.Severity
	Says      string
	URL       string
	Fix       string
	State     string
	FirstSeen time.Time
	// Confirmed: a person has found it true under this line.
	Confirmed bool
	// Href is the page of what is no finding of a run: a letter, a sheet.
	Href string

	site    registry.SiteID
	print   string // fingerprint: the same fault, however often it was found
	clause  string
	place   string
	onHome  bool
	ordered bool
}

// Link is its page in the console.
func (f Fact) Link() string {
	if f.Href != "" {
		return f.Href
	}
	return "/console/findings/" + string(f.ID)
}

// Link is the page of the score in the console.
func (s Score) Link() string {
	switch s.Kind {
	case AccountKind:
		return "/console/accounts/" + s.ID + "/score"
	case OfficeKind:
		return "/console/units/" + s.ID + "/score"
	}
	return "/console/sites/" + s.ID + "/score"
}

// Full is how many points the pack gives in all: 100.
func (s Score) Full() packs.Hundredths { return s.Pack.Totals.Deduct.N }

// Count is how many of the lines had this outcome.
func (s Score) Count(o packs.Outcome) int {
	n := 0
	for _, l := range s.Lines {
		if l.Outcome == o {
			n++
		}
	}
	return n
}

// Label is the adoption beside a score: 演示采用, or what its lack means.
func (s Score) Label() string {
	if s.Adoption != nil {
		return s.Adoption.Label
	}
	return "省级未采用，仅按已核实指标判定"
}

// ScoreFilter narrows Scores, ScoreAccounts and ScoreOffices.
type ScoreFilter struct {
	Site     registry.SiteID    // of sites
	Account  registry.AccountID // of accounts
	Unit     org.UnitID
	Under    string            // area path: this area and everything below
	Kind     registry.SiteKind // of sites
	Platform string            // of accounts
	Verdict  Verdict
	Text     string // name, host, unit
	// Trial judges by this pack instead of the one in force, as if its place had
	// adopted it; nothing is kept of it.
	Trial *packs.Pack
	// Known is up to when what people wrote down counts: confirmations, orders,
	// disputes, receipts. Zero is now. A period is scored again to the point from
	// the moment it was frozen.
	Known time.Time
	// Brief leaves the findings out of the lines: figures of a whole province.
	Brief bool
}

func (f ScoreFilter) known(now time.Time) time.Time {
	if f.Known.IsZero() {
		return now.Add(time.Second)
	}
	return f.Known
}

// ScoreSite scores one site in scope as it stood on the last day of the period,
// or today when that is earlier.
func (s *Service) ScoreSite(ctx context.Context, scope authz.Scope, site registry.SiteID, p Period) (Score, error) {
	st, err := s.registry.Site(ctx, scope, site)
	if err != nil {
		return Score{}, err
	}
	all, err := s.Scores(ctx, s.db, scope, p, ScoreFilter{Site: site})
	if err != nil {
		return Score{}, err
	}
	if len(all) == 0 {
		return Score{}, notRunning("网站", st.StateName())
	}
	return all[0], nil
}

func notRunning(noun, state string) error {
	return fault.Newf(fault.Conflict, "这个%s现在的状态是“%s”，没有在运行，不参加考核。", noun, state)
}

// subject is what is scored, with its place.
type subject struct {
	id, name, host, unitName string
	unit                     org.UnitID
	class                    packs.Class
	monitored                bool
	areaPath                 string
}

func (x subject) named(k Kind, sc Score) Score {
	sc.Kind, sc.ID, sc.Name, sc.Host, sc.Unit, sc.UnitName = k, x.id, x.name, x.host, x.unit, x.unitName
	return sc
}

type ran struct {
	finished     time.Time
	pages, links int
	untested     []engine.Untested
}

// Scores scores every running site in scope that the filter leaves, in order of
// division code. It reads in a fixed number of statements, however many sites.
func (s *Service) Scores(ctx context.Context, q db.Querier, scope authz.Scope, p Period, f ScoreFilter) ([]Score, error) {
	on, known := s.checkPoint(p), f.known(s.db.Now())
	var w db.Where
	scope.Where(&w, "u")
	text := db.Contains(f.Text)
	w.And("s.state IN ('running', 'temporarily_offline', 'exiting', 'closing')").
		AndIf(f.Site != "", "s.id = ?", f.Site).
		AndIf(f.Unit != "", "s.unit_id = ?", f.Unit).
		AndIf(f.Kind != "", "s.kind = ?", f.Kind).
		AndIf(f.Text != "", `(lower(s.name) LIKE ? ESCAPE '\' OR s.host LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\')`, text, text, text)
	if f.Under != "" {
		authz.Area("assessment.scores", f.Under).Where(&w, "u")
	}
	subjects, err := db.All(ctx, q, func(r db.Scanner) (subject, error) {
		var x subject
		var kind registry.SiteKind
		err := r.Scan(&x.id, &x.name, &x.host, &x.unit, &x.unitName, &kind, &x.monitored, &x.areaPath)
		x.class = packs.DepartmentSite
		if kind == registry.Portal {
			x.class = packs.PortalSite
		}
		return x, err
	}, `SELECT s.id, s.name, s.host, s.unit_id, u.name, s.kind, s.monitored, u.area_path
	      FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY a.code, s.kind DESC, s.name, s.id`, w.Args()...)
	if err != nil || len(subjects) == 0 {
		return nil, err
	}
	runs, err := s.runs(ctx, q, &w, p, on)
	if err != nil {
		return nil, err
	}
	confirmed, err := s.confirmations(ctx, q, known)
	if err != nil {
		return nil, err
	}
	exempt, err := s.exemptions(ctx, q, on, known)
	if err != nil {
		return nil, err
	}
	work, err := s.assemble(ctx, q, SiteKind, PackID, subjects, p, on, known, f.Trial)
	if err != nil {
		return nil, err
	}
	if err := s.observeAccess(ctx, work, subjects, on); err != nil {
		return nil, err
	}
	at := make(map[string]int, len(subjects))
	for i, x := range subjects {
		at[x.id] = i
	}
	out := make([]Score, len(subjects))
	judged := make([]bool, len(subjects))
	one := func(i int, facts []Fact) {
		x := subjects[i]
		run, has := runs[registry.SiteID(x.id)]
		set := work.sheet[i]
		j := &judge{ruling: set.ruling, class: x.class, on: on, facts: facts, run: run, ran: has, confirmed: confirmed, given: work.given[i], brief: f.Brief, sheet: set.sheet}
		if e, ok := exempt[registry.SiteID(x.id)]; ok {
			j.exempt = &e
		}
		out[i], judged[i] = x.named(SiteKind, j.score()), true
	}
	err = s.eachFacts(ctx, q, &w, p.First(), on, known, f.Brief, func(site registry.SiteID, facts []Fact) {
		if i, ok := at[string(site)]; ok {
			one(i, facts)
		}
	})
	if err != nil {
		return nil, err
	}
	for i := range subjects {
		if !judged[i] {
			one(i, nil)
		}
	}
	return narrowed(out, f.Verdict), nil
}

// checkPoint is the last day of the period, or today when that is earlier.
func (s *Service) checkPoint(p Period) calendar.Date {
	on := p.Last()
	if today := s.today(); on.IsZero() || on.After(today) {
		on = today
	}
	return on
}

func narrowed(list []Score, v Verdict) []Score {
	if v == "" {
		return list
	}
	return slices.DeleteFunc(list, func(s Score) bool { return s.Verdict != v })
}

// eachFacts hands over the findings that stood at the end of the day, site by
// site: a province has hundreds of thousands, and only one site's are held at a
// time. What a unit found on its own site and mended before anybody told it is
// among them only where the province counts it, and then for the whole period. An
// incident of the period is among them though it was put right.
func (s *Service) eachFacts(ctx context.Context, q db.Querier, sites *db.Where, first, on calendar.Date, known time.Time, brief bool, use func(registry.SiteID, []Fact)) error {
	disputed, err := s.disputedAt(ctx, q, known)
	if err != nil {
		return err
	}
	w := sites.Copy()
	inner := `SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE ` + w.SQL()
	end, then, dispute := w.Arg(on.End()), w.Arg(known), w.Arg(inspection.ClosedByDispute)
	own := ""
	if s.settings().OwnMendedCounts && !first.IsZero() {
		own = ` OR f.closed_at >= ` + w.Arg(first.Start()) + ` AND EXISTS (SELECT 1 FROM finding_own w WHERE w.finding_id = f.id AND w.mended_at IS NOT NULL)`
	}
	if !first.IsZero() {
		own += ` OR f.closed_at >= ` + w.Arg(first.Start()) + ` AND f.check_id IN ` + db.Among(w, incidents)
	}
	texts := `f.says, f.page_url, f.fix`
	if brief {
		texts = `CASE WHEN f.check_id = 'column.stale' THEN f.says ELSE '' END, '', ''`
	}
	rows, err := q.Query(ctx, `SELECT f.id, f.site_id, f.fingerprint, f.check_id, f.severity, f.clause, `+texts+`, f.place, f.on_home, f.state, f.first_seen,
	           EXISTS (SELECT 1 FROM order_finding x WHERE x.finding_id = f.id AND x.added_at < `+then+`)
	      FROM finding f WHERE f.site_id IN (`+inner+`)
	       AND f.first_seen < `+end+` AND (f.closed_at IS NULL OR f.closed_at >= `+end+own+`)
	       AND (f.closed_by <> `+dispute+` OR f.closed_at >= `+then+`)
	     ORDER BY f.site_id`, w.Args()...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var site registry.SiteID
	var held []Fact
	hand := func() {
		if len(held) == 0 {
			return
		}
		slices.SortFunc(held, func(a, b Fact) int {
			return cmp.Or(cmp.Compare(a.Check, b.Check), a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.ID, b.ID))
		})
		use(site, held)
		if brief {
			held = held[:0] // nothing of them is kept
		} else {
			held = nil
		}
	}
	for rows.Next() {
		var f Fact
		if err := rows.Scan(&f.ID, &f.site, &f.print, &f.Check, &f.Severity, &f.clause, &f.Says, &f.URL, &f.Fix, &f.place, &f.onHome, &f.State, &f.FirstSeen, &f.ordered); err != nil {
			return err
		}
		if f.site != site {
			hand()
			site = f.site
		}
		if disputed[string(f.ID)] {
			f.State = inspection.FindingDisputed
		} else if f.State == inspection.FindingDisputed {
			f.State = inspection.FindingOpen
		}
		held = append(held, f)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	hand()
	return nil
}

// incidents are checks of what happened, not of how things stand: bytes that were
// altered are drawn anew within minutes, and whether the intrusion was dealt with in
// time (V-W-1.4) is asked all the same.
var incidents = []string{"tamper.changed"}

// disputedAt are the findings that were called false and not yet decided at
// that moment.
func (s *Service) disputedAt(ctx context.Context, q db.Querier, known time.Time) (map[string]bool, error) {
	ids, err := db.All(ctx, q, db.Value[string], `SELECT p.object_id FROM passage p WHERE p.kind = $1 AND p.to_state = $2 AND p.at < $3
		AND NOT EXISTS (SELECT 1 FROM passage n WHERE n.kind = p.kind AND n.object_id = p.object_id AND n.prev_seq = p.seq AND n.at < $3)`,
		inspection.FindingMachine.Kind, inspection.FindingDisputed, known)
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// runs are the latest finished runs up to the check point: of the period, or of
// the month before when the period is a day (月检查).
func (s *Service) runs(ctx context.Context, q db.Querier, sites *db.Where, p Period, on calendar.Date) (map[registry.SiteID]ran, error) {
	from := on.AddDays(-31).Start()
	if p.First().Before(on.AddDays(-31)) && !p.IsZero() {
		from = p.Start()
	}
	w := sites.Copy()
	w.And("r.state = 'done' AND r.finished_at >= ? AND r.finished_at < ?", from, on.End())
	type row struct {
		site registry.SiteID
		ran
	}
	rows, err := db.All(ctx, q, func(sc db.Scanner) (row, error) {
		var x row
		var untested string
		if err := sc.Scan(&x.site, &x.finished, &x.pages, &x.links, &untested); err != nil {
			return x, err
		}
		if untested == "[]" {
			return x, nil
		}
		return x, json.Unmarshal([]byte(untested), &x.untested)
	}, `SELECT r.site_id, r.finished_at, r.pages, r.links, r.untested
	      FROM inspection_run r JOIN site s ON s.id = r.site_id JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL()+` ORDER BY r.finished_at, r.id`, w.Args()...)
	out := map[registry.SiteID]ran{}
	for _, x := range rows {
		out[x.site] = x.ran
	}
	return out, err
}

func (s *Service) confirmations(ctx context.Context, q db.Querier, known time.Time) (map[string]bool, error) {
	keys, err := db.All(ctx, q, func(r db.Scanner) (string, error) {
		var id, indicator string
		err := r.Scan(&id, &indicator)
		return id + " " + indicator, err
	}, `SELECT finding_id, indicator FROM confirmation WHERE at < $1`, known)
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[k] = true
	}
	return out, err
}

// observeAccess adds the probes of the complete days before the check point.
func (s *Service) observeAccess(ctx context.Context, work *assembly, subjects []subject, on calendar.Date) error {
	until := on
	if until == s.today() {
		until = until.AddDays(-1)
	}
	// One reading for each set of terms; a province has one.
	byTerms := map[string][]int{}
	for i, x := range subjects {
		if !x.monitored {
			continue
		}
		if v, ok := work.sheet[i].full.Indicator(accessID); ok {
			if days, ok := v.Param("days"); ok {
				probes, _ := v.Param("probes_per_day")
				key := fmt.Sprint(days.N, " ", probes.N, " ", v.Threshold.N)
				byTerms[key] = append(byTerms[key], i)
			}
		}
	}
	for _, list := range byTerms {
		full := work.sheet[list[0]].full
		i, _ := full.Indicator(accessID)
		days, _ := i.Param("days")
		ids := make([]registry.SiteID, len(list))
		for k, at := range list {
			ids[k] = registry.SiteID(subjects[at].id)
		}
		got, err := s.inspection.Accesses(ctx, systemScope(), ids, full, until, days.Int())
		if err != nil {
			return err
		}
		for _, at := range list {
			a := got[registry.SiteID(subjects[at].id)]
			if a.Sufficient && a.Probes > 0 {
				work.given[at] = append(work.given[at], Seen{Observation: packs.Observation{Indicator: i.ID, Outcome: a.Outcome, Measured: &packs.Ratio{Num: int64(a.Failures), Den: int64(a.Probes)}}})
			}
		}
	}
	return nil
}

// accessID is 站点无法访问.
const accessID = "V-W-2"

// Confirm records that a person has found a suspicion true under an indicator:
// from then on it counts. Vetoes the machine may only suspect need it.
func (s *Service) Confirm(ctx context.Context, scope authz.Scope, finding inspection.FindingID, indicator, reason string) error {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 4 || n > 500 {
		return fault.New(fault.Invalid, "人工确认需要写明核实情况（4至500字）。").On("reason", "请写明怎样核实")
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		actor, ok := audit.ActorFrom(ctx)
		if !ok {
			return audit.ErrNoActor
		}
		f, err := s.inspection.Finding(ctx, tx, scope, finding)
		if err != nil {
			return err
		}
		p, err := s.rulingOver(ctx, tx, f.Unit, calendar.DateOf(tx.Now()))
		if err != nil {
			return err
		}
		i, known := p.Indicator(indicator)
		fact := Fact{Check: f.Check, Severity: f.Severity, clause: f.Clause, Says: f.Says, place: f.Where}
		if !known || !feeds(p, i, fact) {
			return fault.Newf(fault.Invalid, "这个问题不属于指标“%.20s”，请从得分页面进入确认。", indicator).On("indicator", "请从得分页面进入")
		}
		person := ""
		if actor.Kind == "person" {
			person = actor.ID
		}
		n, err := tx.Exec(ctx, `INSERT INTO confirmation (finding_id, indicator, person_id, person_name, reason, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (finding_id, indicator) DO NOTHING`,
			finding, indicator, db.Null(person), actor.Name, reason, tx.Now())
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "这个问题已由他人确认，请刷新后查看。")
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "assessment.finding.confirm", Basis: i.ID + " " + i.Source, Target: f.Target(), After: map[string]string{"indicator": indicator, "reason": reason}})
	})
}
