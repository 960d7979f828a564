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

// Score is the result of one site or account at the check point.
type Score struct {
	ID       string // of the site or account
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

	site    registry.SiteID
	clause  string
	place   string
	onHome  bool
	ordered bool
}

// Link is the finding's page in the console.
func (f Fact) Link() string { return "/console/findings/" + string(f.ID) }

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

// ScoreFilter narrows Scores.
type ScoreFilter struct {
	Site    registry.SiteID
	Unit    org.UnitID
	Under   string // area path: this area and everything below
	Kind    registry.SiteKind
	Verdict Verdict
	Text    string // site, host, unit
}

// ScoreSite scores one site in scope as it stood on the last day of the period,
// or today when that is earlier.
func (s *Service) ScoreSite(ctx context.Context, scope authz.Scope, site registry.SiteID, p Period) (Score, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return Score{}, err
	}
	all, err := s.Scores(ctx, s.db, scope, p, ScoreFilter{Site: site})
	if err != nil {
		return Score{}, err
	}
	if len(all) == 0 {
		return Score{}, fault.New(fault.Conflict, "这个站点没有在运行，不参加考核。")
	}
	return all[0], nil
}

type subject struct {
	id                   registry.SiteID
	name, host, unitName string
	unit                 org.UnitID
	kind                 registry.SiteKind
	monitored            bool
	areaPath             string
}

type ran struct {
	finished     time.Time
	pages, links int
	untested     []inspection.Untested
}

// Scores scores every running site in scope that the filter leaves, in order of
// division code.
func (s *Service) Scores(ctx context.Context, q db.Querier, scope authz.Scope, p Period, f ScoreFilter) ([]Score, error) {
	on := p.Last()
	if today := s.today(); on.IsZero() || on.After(today) {
		on = today
	}
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
		err := r.Scan(&x.id, &x.name, &x.host, &x.unit, &x.unitName, &x.kind, &x.monitored, &x.areaPath)
		return x, err
	}, `SELECT s.id, s.name, s.host, s.unit_id, u.name, s.kind, s.monitored, u.area_path
	      FROM site s JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY a.code, s.kind DESC, s.name, s.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	facts, err := s.facts(ctx, q, &w, on)
	if err != nil {
		return nil, err
	}
	runs, err := s.runs(ctx, q, &w, p, on)
	if err != nil {
		return nil, err
	}
	confirmed, err := s.confirmations(ctx, q)
	if err != nil {
		return nil, err
	}
	adoptions, err := db.All(ctx, q, scanAdoption, adoptionSelect+` ORDER BY a.at, a.id`)
	if err != nil {
		return nil, err
	}
	var out []Score
	for _, x := range subjects {
		r, ok := s.rulingFor(adoptions, x.areaPath, on)
		if !ok {
			return nil, fault.Newf(fault.Invalid, "%s没有在用的指标包，不能考核；请选择%s之后的时段。", on.Chinese(), "2019年4月")
		}
		class := packs.DepartmentSite
		if x.kind == registry.Portal {
			class = packs.PortalSite
		}
		run, has := runs[x.id]
		j := &judge{ruling: r, class: class, on: on, facts: facts[x.id], run: run, ran: has, confirmed: confirmed}
		if x.monitored {
			if err := s.observeAccess(ctx, j, x.id); err != nil {
				return nil, err
			}
		}
		for _, ob := range s.observers {
			more, err := ob(ctx, q, x.id, r.full, on)
			if err != nil {
				return nil, err
			}
			j.given = append(j.given, more...)
		}
		sc := j.score()
		sc.ID, sc.Name, sc.Host, sc.Unit, sc.UnitName = string(x.id), x.name, x.host, x.unit, x.unitName
		if f.Verdict == "" || f.Verdict == sc.Verdict {
			out = append(out, sc)
		}
	}
	return out, nil
}

// facts are the findings that stood at the end of the day, by site.
func (s *Service) facts(ctx context.Context, q db.Querier, sites *db.Where, on calendar.Date) (map[registry.SiteID][]Fact, error) {
	w := *sites
	w.And("f.first_seen < ? AND (f.closed_at IS NULL OR f.closed_at >= ?)", on.End(), on.End())
	w.And("f.closed_by <> ?", inspection.ClosedByDispute) // what was confirmed false never counted
	rows, err := db.All(ctx, q, func(r db.Scanner) (Fact, error) {
		var f Fact
		var closed time.Time
		err := r.Scan(&f.ID, &f.site, &f.Check, &f.Severity, &f.clause, &f.Says, &f.URL, &f.place, &f.Fix, &f.onHome, &f.State, &f.FirstSeen, &closed, &f.ordered)
		return f, err
	}, `SELECT f.id, f.site_id, f.check_id, f.severity, f.clause, f.says, f.page_url, f.place, f.fix, f.on_home, f.state, f.first_seen, f.closed_at,
	           EXISTS (SELECT 1 FROM order_finding x WHERE x.finding_id = f.id)
	      FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+`
	     ORDER BY f.site_id, f.check_id, f.first_seen, f.id`, w.Args()...)
	out := map[registry.SiteID][]Fact{}
	for _, f := range rows {
		out[f.site] = append(out[f.site], f)
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
	w := *sites
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
		return x, json.Unmarshal([]byte(untested), &x.untested)
	}, `SELECT r.site_id, r.finished_at, r.pages, r.links, r.untested
	      FROM inspection_run r JOIN site s ON s.id = r.site_id JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE `+w.SQL()+` ORDER BY r.finished_at, r.id`, w.Args()...)
	out := map[registry.SiteID]ran{}
	for _, x := range rows {
		out[x.site] = x.ran
	}
	return out, err
}

func (s *Service) confirmations(ctx context.Context, q db.Querier) (map[string]bool, error) {
	keys, err := db.All(ctx, q, func(r db.Scanner) (string, error) {
		var id, indicator string
		err := r.Scan(&id, &indicator)
		return id + " " + indicator, err
	}, `SELECT finding_id, indicator FROM confirmation`)
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[k] = true
	}
	return out, err
}

// observeAccess adds the probes of the complete days before the check point.
func (s *Service) observeAccess(ctx context.Context, j *judge, site registry.SiteID) error {
	i, ok := j.full.Indicator("V-W-2")
	if !ok {
		return nil
	}
	days, ok := i.Param("days")
	if !ok {
		return nil
	}
	until := j.on
	if until == s.today() {
		until = until.AddDays(-1)
	}
	a, err := s.inspection.AccessRate(ctx, systemScope(), site, until, days.Int())
	if err != nil {
		return err
	}
	if a.Sufficient && a.Probes > 0 {
		j.given = append(j.given, packs.Observation{Indicator: i.ID, Outcome: a.Outcome, Measured: &packs.Ratio{Num: int64(a.Failures), Den: int64(a.Probes)}})
	}
	return nil
}

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
		p, ok := packs.Pick(s.packs, PackID, calendar.DateOf(tx.Now()))
		i, known := p.Indicator(indicator)
		fact := Fact{Check: f.Check, Severity: f.Severity, clause: f.Clause, Says: f.Says, place: f.Where}
		if !ok || !known || !feeds(p, i, fact) {
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

// judge turns the facts of one site into its score.
type judge struct {
	ruling
	class     packs.Class
	on        calendar.Date
	facts     []Fact
	run       ran
	ran       bool
	confirmed map[string]bool
	given     []packs.Observation
}

// score is deliberately free of databases, so that the mapping is tested as a
// table.
func (j *judge) score() Score {
	sc := Score{Class: j.class, On: j.on, Pack: j.full, Adoption: j.adoption, LastRun: j.run.finished, Verdict: Untested}
	var seen []packs.Observation
	doubtful := j.full.Unverified()
	for _, i := range j.full.Indicators {
		if !i.Applies(j.class) {
			continue
		}
		l := Line{Indicator: i, Outcome: packs.Untested, Unverified: slices.Contains(doubtful, i.ID)}
		_, used := j.pack.Indicator(i.ID)
		l.NotUsed = !used
		obs := j.observe(&l)
		l.Seen = obs
		seen = append(seen, obs...)
		sc.Lines = append(sc.Lines, l)
	}
	slices.SortStableFunc(sc.Lines, func(a, b Line) int { return cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)) })
	r := packs.Score(j.pack, packs.Subject{Class: j.class}, seen)
	sc.Unverified, sc.NearestVeto = r.Provisional(), r.Nearest
	sc.Scored, sc.Points = r.Scored, r.Final
	cost := map[string]packs.Line{}
	for _, l := range append(r.Vetoes, r.Lines...) {
		cost[l.Indicator] = l
	}
	for i := range sc.Lines {
		l := &sc.Lines[i]
		if c, ok := cost[l.ID]; ok {
			l.Deducted, l.Hits = c.Points, c.Hits
			if l.Kind == packs.Veto {
				l.Outcome = packs.Violated
				sc.Vetoes = append(sc.Vetoes, *l)
			}
		} else if l.Kind == packs.Veto && l.Outcome == packs.Violated {
			// Below its threshold: noted as the nearest, not a veto.
			l.Outcome, l.Note = packs.Kept, below(l.Indicator, len(l.Findings))
		}
	}
	// What is proven fails without a run; to pass, somebody must have looked.
	switch {
	case !r.Qualified:
		sc.Verdict = Unqualified
	case j.ran && j.run.pages > 0:
		sc.Verdict = Qualified
	}
	if sc.Verdict == Untested {
		sc.Scored, sc.Points = false, 0
	}
	return sc
}

func below(i packs.Indicator, n int) string {
	if n == 0 || !i.Threshold.Given() {
		return ""
	}
	return fmt.Sprintf("现有%d个，达到%s个即单项否决", n, i.Threshold.N)
}

func kindRank(k packs.Kind) int {
	return slices.Index([]packs.Kind{packs.Veto, packs.Deduct, packs.Bonus, packs.Special}, k)
}

// observe collects what was seen under one line.
func (j *judge) observe(l *Line) []packs.Observation {
	var out []packs.Observation
	var hits []packs.Hit
	var oldest time.Time
	suspected := 0
	for _, f := range j.facts {
		if !feeds(j.full, l.Indicator, f) {
			continue
		}
		f.Confirmed = j.confirmed[string(f.ID)+" "+l.ID]
		l.Findings = append(l.Findings, f)
		if !j.counts(l.Indicator, f) {
			suspected++
			continue
		}
		hits = append(hits, hitOf(l.Indicator, f))
		if oldest.IsZero() || f.FirstSeen.Before(oldest) {
			oldest = f.FirstSeen
		}
	}
	if suspected > 0 {
		out = append(out, packs.Observation{Indicator: l.ID, Outcome: packs.Suspected})
		l.Note = "待人工确认，确认前不计入"
	}
	if len(hits) > 0 {
		o := packs.Observation{Indicator: l.ID, Outcome: packs.Violated, Hits: hits}
		o.Measured = j.measured(l.Indicator, len(distinct(hits)), oldest)
		out = append(out, o)
	}
	for _, g := range j.given {
		if g.Indicator != l.ID {
			continue
		}
		// Probes that were counted outweigh the finding they once made.
		if g.Measured != nil && g.Outcome == packs.Kept && len(hits) > 0 {
			out = slices.DeleteFunc(out, func(o packs.Observation) bool { return o.Outcome == packs.Violated })
		}
		out = append(out, g)
	}
	if len(out) == 0 {
		o := packs.Observation{Indicator: l.ID, Outcome: packs.Untested}
		if ok, why := j.looked(l.Indicator); ok {
			o.Outcome = packs.Kept
		} else {
			l.Note = why
		}
		out = append(out, o)
	}
	for _, o := range out {
		if outcomeRank(o.Outcome) > outcomeRank(l.Outcome) || l.Outcome == packs.Untested {
			l.Outcome = o.Outcome
		}
	}
	return out
}

func outcomeRank(o packs.Outcome) int {
	return slices.Index([]packs.Outcome{packs.Kept, packs.Untested, packs.Suspected, packs.Violated}, o)
}

func distinct(hits []packs.Hit) map[string]bool {
	out := map[string]bool{}
	for _, h := range hits {
		out[h.Key] = true
	}
	return out
}

// counts says whether a finding is proven under the indicator: machines decide
// where the pack lets them; elsewhere a person has confirmed it, or, where only
// points go, a supervisor has put it into an order. A disputed one is proven
// only by confirmation.
func (j *judge) counts(i packs.Indicator, f Fact) bool {
	switch {
	case f.Confirmed:
		return true
	case f.State == inspection.FindingDisputed:
		return false
	case i.Auto == packs.Full:
		return true
	}
	return i.Kind != packs.Veto && f.ordered
}

// measured is what is set against the threshold of a veto. Days are at least
// the threshold when the check saw it missed, and grow from then; a share seen
// by the check was at least the threshold; the rest are counts.
func (j *judge) measured(i packs.Indicator, n int, since time.Time) *packs.Ratio {
	if i.Kind != packs.Veto || !i.Threshold.Given() {
		return nil
	}
	switch i.Measure {
	case "stale_days":
		return &packs.Ratio{Num: int64(i.Threshold.N)/100 + int64(max(0, j.on.Sub(calendar.DateOf(since)))), Den: 1}
	case "share":
		return &packs.Ratio{Num: int64(i.Threshold.N), Den: 100}
	}
	r := packs.Count(n)
	return &r
}

// hitOf keys and prices a finding: by its column where it is one, so that a
// column deducted elsewhere is known again.
func hitOf(i packs.Indicator, f Fact) packs.Hit {
	h := packs.Hit{Key: string(f.ID)}
	if strings.HasPrefix(f.Check, "column.") && f.place != "" {
		h.Key = "column " + f.place
	}
	if _, ok := i.Param("per_hit_other_pages"); ok && !f.onHome {
		h.Param = "per_hit_other_pages"
	}
	return h
}

// feeds decides whether a finding belongs to an indicator.
func feeds(p packs.Pack, i packs.Indicator, f Fact) bool {
	if i.Kind == packs.Veto && i.Auto != packs.Full {
		// A machine suspects a veto only where its check says so: a wrong word is
		// not yet a serious misstatement.
		return f.clause == i.ID
	}
	if !i.FedBy(f.Check) {
		return f.clause == i.ID && i.Kind == packs.Veto
	}
	if slices.Contains(i.Checks, f.Check) {
		if f.Check == "column.stale" && i.Kind == packs.Deduct {
			return staleKind(i) == check.ColumnKindOf(columnName(f))
		}
		return true
	}
	// By its family: only when no other indicator of the kind names the check.
	return !slices.ContainsFunc(p.Indicators, func(o packs.Indicator) bool {
		return o.ID != i.ID && o.Kind == i.Kind && slices.Contains(o.Checks, f.Check)
	})
}

// staleKind is the kind of column a deduct indicator is about: two weeks are
// the window of 动态要闻, months that of 政策文件 (国办秘函〔2019〕19号).
func staleKind(i packs.Indicator) check.ColumnKind {
	if _, ok := i.Param("months"); ok {
		return check.ColumnPolicy
	}
	return check.ColumnNews
}

// columnName is the column a finding names in its sentence, “…”.
func columnName(f Fact) string {
	if _, rest, ok := strings.Cut(f.Says, "“"); ok {
		if name, _, ok := strings.Cut(rest, "”"); ok {
			return name
		}
	}
	return f.place
}

// looked says whether any check that feeds the indicator looked at something,
// and if not, why.
func (j *judge) looked(i packs.Indicator) (bool, string) {
	if i.ID == "V-W-2" {
		return false, "访问记录不足，每天须不少于规定次数"
	}
	if len(i.Checks) == 0 {
		return false, "需人工检查"
	}
	if !j.ran || j.run.pages == 0 {
		return false, "检查期内没有完成的检查"
	}
	why := ""
	for _, c := range i.Checks {
		family, rest, _ := strings.Cut(c, ".")
		if family == "link" && j.run.links == 0 {
			why = "没有检测到链接"
			continue
		}
		missed, reason := j.run.missed(family, c, rest == "*")
		if !missed {
			return true, ""
		}
		why = reason
	}
	return false, cmp.Or(why, "未检测")
}

// missed reports whether a run did not look with the check at all. One place
// left out among many is not a check left out; freshness is judged once a site,
// so there it is.
func (r ran) missed(family, c string, whole bool) (bool, string) {
	for _, u := range r.untested {
		switch {
		case whole && u.Check == family, !whole && u.Check == c && (family == "home" || family == "column"):
			return true, u.Why
		case !whole && u.Check == c && u.Count >= r.pages:
			return true, u.Why
		}
	}
	return false, ""
}

// AccountScore is an account with what is known of it: nothing judges an
// account yet that no check has looked at, so it is 未检测, never 合格.
func (s *Service) AccountScores(ctx context.Context, scope authz.Scope, f registry.AccountFilter) ([]Score, int, error) {
	list, total, err := s.registry.Accounts(ctx, scope, f)
	if err != nil {
		return nil, 0, err
	}
	on := s.today()
	p, _ := packs.Pick(s.packs, PackID, on)
	var out []Score
	for _, a := range list {
		class := packs.PublishingAccount
		switch {
		case a.Platform == "app":
			class = packs.App
		case strings.Contains(a.Purpose, "服务") || a.Platform == "miniapp":
			class = packs.ServiceAccount
		case strings.Contains(a.Purpose, "互动"):
			class = packs.InteractionAccount
		}
		sc := (&judge{ruling: ruling{pack: verified(p), full: p}, class: class, on: on}).score()
		sc.ID, sc.Name, sc.Host, sc.Unit, sc.UnitName = string(a.ID), a.Name, registry.Platforms[a.Platform], a.Unit, a.UnitName
		out = append(out, sc)
	}
	return out, total, nil
}
