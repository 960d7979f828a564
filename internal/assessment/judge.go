package assessment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/rules/packs"
)

// judge turns the facts of one site into its score.
type judge struct {
	ruling
	class     packs.Class
	on        calendar.Date
	facts     []Fact
	run       ran
	ran       bool
	confirmed map[string]bool
	given     []Seen
	exempt    *Exemption
	brief     bool
	sheet     *sheet // of the ruling and class; made anew when nil
}

// sheet is what a pack asks of a class, made ready once for all its subjects.
type sheet struct {
	lines  []Line // empty ones, vetoes first, then as in the pack
	routes map[factKind][]int
	pack   packs.Pack
}

// factKind is what decides where a finding belongs: findings come by the
// hundred thousand and in few kinds.
type factKind struct {
	check, clause string
	severity      check.Severity
	column        check.ColumnKind
}

func newSheet(r ruling, class packs.Class) *sheet {
	s := &sheet{routes: map[factKind][]int{}, pack: r.full}
	doubtful := map[string]bool{}
	for _, id := range r.full.Unverified() {
		doubtful[id] = true
	}
	used := map[string]bool{}
	for _, list := range [][]packs.Indicator{r.pack.Indicators, r.pack.Special} {
		for _, i := range list {
			used[i.ID] = true
		}
	}
	for _, list := range [][]packs.Indicator{r.full.Indicators, r.full.Special} {
		for _, i := range list {
			if i.Applies(class) {
				s.lines = append(s.lines, Line{Indicator: i, Outcome: packs.Untested, Unverified: doubtful[i.ID], NotUsed: !used[i.ID]})
			}
		}
	}
	slices.SortStableFunc(s.lines, func(a, b Line) int { return cmp.Compare(kindRank(a.Kind), kindRank(b.Kind)) })
	return s
}

// route is the lines a finding belongs to.
func (s *sheet) route(f Fact) []int {
	k := factKind{check: f.Check, clause: f.clause, severity: f.Severity}
	if f.Check == "column.stale" {
		k.column = check.ColumnKindOf(columnName(f))
	}
	at, known := s.routes[k]
	if !known {
		for i, l := range s.lines {
			if feeds(s.pack, l.Indicator, f) {
				at = append(at, i)
			}
		}
		s.routes[k] = at
	}
	return at
}

// score is deliberately free of databases, so that the mapping is tested as a
// table.
func (j *judge) score() Score {
	set := j.sheet
	if set == nil {
		set = newSheet(j.ruling, j.class)
	}
	sc := Score{Class: j.class, On: j.on, Pack: j.full, Adoption: j.adoption, LastRun: j.run.finished, Verdict: Untested, Exempt: j.exempt}
	sc.Lines = slices.Clone(set.lines)
	found := make([]heard, len(sc.Lines))
	for _, f := range j.facts {
		for _, i := range set.route(f) {
			j.take(&sc.Lines[i], &found[i], f)
		}
	}
	var seen []packs.Observation
	looked := j.ran && j.run.pages > 0
	for i := range sc.Lines {
		out, given := j.observe(&sc.Lines[i], &found[i])
		sc.Lines[i].Seen = out
		seen = append(seen, out...)
		looked = looked || given && j.class != packs.PortalSite && j.class != packs.DepartmentSite
	}
	r := packs.Score(j.pack, packs.Subject{Class: j.class, NoOutwardServices: j.exempt != nil}, seen)
	sc.Unverified, sc.NearestVeto, sc.Near = r.Provisional(), r.Nearest, r.Near
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
			l.Outcome, l.Note = packs.Kept, below(l.Indicator, l.Total)
		}
		if j.exempt != nil && l.Group == j.pack.Exemption.Group && j.pack.Exemption.Mode != packs.NoExemption {
			l.Note = "没有对外服务职能，不检查"
		}
	}
	// What is proven fails without a run; to pass, somebody must have looked.
	switch {
	case !r.Qualified:
		sc.Verdict = Unqualified
	case looked:
		sc.Verdict = Qualified
	}
	if sc.Verdict == Untested {
		sc.Scored, sc.Points = false, 0
	}
	return sc
}

// heard is what the findings say under one line.
type heard struct {
	hits      []packs.Hit
	oldest    time.Time
	suspected int
}

// take files a finding under a line.
func (j *judge) take(l *Line, h *heard, f Fact) {
	if len(j.confirmed) > 0 {
		f.Confirmed = j.confirmed[string(f.ID)+" "+l.ID]
	}
	l.Total++
	if !j.brief {
		l.Findings = append(l.Findings, f)
	}
	if !j.counts(l.Indicator, f) {
		h.suspected++
		return
	}
	h.hits = append(h.hits, hitOf(l.Indicator, f))
	if h.oldest.IsZero() || f.FirstSeen.Before(h.oldest) {
		h.oldest = f.FirstSeen
	}
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

// observe turns what was heard under a line into observations, and says
// whether another module has looked at it.
func (j *judge) observe(l *Line, h *heard) (out []packs.Observation, given bool) {
	if h.suspected > 0 {
		out = append(out, packs.Observation{Indicator: l.ID, Outcome: packs.Suspected})
		l.Note = "待人工确认，确认前不计入"
	}
	if len(h.hits) > 0 {
		o := packs.Observation{Indicator: l.ID, Outcome: packs.Violated, Hits: h.hits}
		o.Measured = j.measured(l.Indicator, h.hits, h.oldest)
		out = append(out, o)
	}
	for _, g := range j.given {
		if g.Indicator != l.ID {
			continue
		}
		if g.Note != "" {
			l.Note = g.Note
		}
		l.Total += len(g.Facts)
		if !j.brief {
			l.Findings = append(l.Findings, g.Facts...)
		}
		if g.Outcome == packs.Untested {
			out = append(out, g.Observation)
			continue
		}
		given = true
		// Probes that were counted outweigh the finding they once made.
		if g.Measured != nil && g.Outcome == packs.Kept && len(h.hits) > 0 {
			out = slices.DeleteFunc(out, func(o packs.Observation) bool { return o.Outcome == packs.Violated })
		}
		out = append(out, g.Observation)
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
	return out, given
}

func outcomeRank(o packs.Outcome) int {
	return slices.Index([]packs.Outcome{packs.Kept, packs.Untested, packs.Suspected, packs.Violated}, o)
}

func distinct(hits []packs.Hit) int {
	keys := make(map[string]bool, len(hits))
	for _, h := range hits {
		keys[h.Key] = true
	}
	return len(keys)
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
func (j *judge) measured(i packs.Indicator, hits []packs.Hit, since time.Time) *packs.Ratio {
	if i.Kind != packs.Veto || !i.Threshold.Given() {
		return nil
	}
	// What the check saw missed was the threshold it went by, whatever a trial
	// makes of it.
	if by, ok := j.seenBy.Indicator(i.ID); ok && by.Measure == i.Measure && by.Threshold.Given() {
		i.Threshold = by.Threshold
	}
	switch i.Measure {
	case "stale_days":
		return &packs.Ratio{Num: int64(i.Threshold.N)/100 + int64(max(0, j.on.Sub(calendar.DateOf(since)))), Den: 1}
	case "share":
		return &packs.Ratio{Num: int64(i.Threshold.N), Den: 100}
	}
	r := packs.Count(distinct(hits))
	return &r
}

// hitOf keys and prices a finding: by its column where it is one, so that a
// column deducted elsewhere is known again, else by its fingerprint: a fault that was
// put right and came back within the period costs once.
func hitOf(i packs.Indicator, f Fact) packs.Hit {
	h := packs.Hit{Key: cmp.Or(f.print, string(f.ID))}
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
		// not yet a serious misstatement, nor is what the check only advises.
		return f.clause == i.ID || f.Severity != check.Advice && i.FedBy(f.Check) && names(f.Check, i.ID)
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

// names reports whether a check goes by the indicator, first or among others.
func names(id, indicator string) bool {
	if c, ok := check.ByID(id); ok {
		return slices.Contains(c.Articles, indicator)
	}
	return slices.Contains(engine.Clauses(id), indicator)
}

// glimpses are checks that see a part of what their indicators ask: a finding
// is a suspicion, no finding proves nothing. Guides are those the machine knew
// for guides among the pages it saw; a page like its baseline says nothing of an
// incident put right before, nor do bytes that were altered, refused and restored say
// how the intruder was dealt with; an emblem may be of the old artwork.
var glimpses = []string{"guide.elements", "guide.sample", "change.baseline", "tamper.changed", "header.emblem"}

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
	if i.ID == accessID {
		return false, "访问记录不足，每天须不少于规定次数"
	}
	if len(i.Checks) == 0 {
		return false, "需人工检查"
	}
	if !j.ran || j.run.pages == 0 {
		if j.class == packs.OfficeWork {
			return false, "期内没有到期的事项"
		}
		return false, "检查期内没有完成的检查"
	}
	why := ""
	for _, c := range i.Checks {
		if slices.Contains(glimpses, c) {
			why = "需人工检查"
			continue
		}
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
