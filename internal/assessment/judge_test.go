package assessment

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/rules/packs"
)

var checkPoint = calendar.Date{Year: 2026, Month: 3, Day: 31}

func pack(t *testing.T) packs.Pack {
	t.Helper()
	all, err := packs.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	p, ok := packs.Pick(all, PackID, checkPoint)
	if !ok {
		t.Fatal("no pack in force")
	}
	return p
}

// adopted is a judge of a site that a run has seen, under the whole pack.
func adopted(t *testing.T, class packs.Class, facts ...Fact) *judge {
	p := pack(t)
	for i := range facts {
		facts[i].ID = inspection.FindingID(string(rune('a' + i)))
		if facts[i].FirstSeen.IsZero() {
			facts[i].FirstSeen = checkPoint.Start()
		}
	}
	return &judge{ruling: ruling{pack: p, full: p, seenBy: p, adoption: &Adoption{Label: AdoptedDemo}}, class: class, on: checkPoint, facts: facts, ran: true, run: ran{pages: 20, links: 100}, confirmed: map[string]bool{}}
}

func fact(check, clause, says string) Fact {
	return Fact{Check: check, clause: clause, Says: says, place: says, State: inspection.FindingOpen}
}

func line(t *testing.T, s Score, id string) Line {
	t.Helper()
	i := slices.IndexFunc(s.Lines, func(l Line) bool { return l.ID == id })
	if i < 0 {
		t.Fatalf("no line %s", id)
	}
	return s.Lines[i]
}

func times(n int, f Fact) []Fact {
	var out []Fact
	for i := range n {
		g := f
		g.place += string(rune('甲' + i))
		out = append(out, g)
	}
	return out
}

// Each fact reaches its indicators and no other.
func TestFactsReachTheirIndicators(t *testing.T) {
	p := pack(t)
	for _, tt := range []struct {
		fact Fact
		want string
	}{
		{fact("link.dead", "D-19", ""), "D-19"},
		{fact("footer.icp", "S7.3b", ""), "D-18"},
		{fact("tags.site_domain", "D-20", ""), "D-20"},
		{fact("tags.site_domain_address", "D-17", ""), "D-17"},
		{fact("tags.site_code_ledger", "S7.3c", ""), "D-18"},
		{fact("source.shown", "D-20", ""), "D-20"},
		{fact("guide.elements", "D-10", ""), "V-W-6.2 D-10"},
		{advised(fact("guide.elements", "D-10", "")), "D-10"},
		{fact("guide.sample", "D-11", ""), "D-11"},
		{fact("tags.pub_date_shown", "D-20", ""), "V-W-1.5 D-20"},
		{fact("change.baseline", "S23.1a", ""), "V-W-1.4"},
		{fact("tamper.changed", "S23.1a", ""), "V-W-1.4"},
		{fact("header.emblem", "S32", ""), ""}, // special: reported, never scored
		{fact("tags.column_name", "D-20", ""), "D-20"},
		{fact("column.stale", "V-W-4.1", "“政务动态”最近更新于 2026-01-01"), "V-W-4.1 D-04"},
		{fact("column.stale", "V-W-4.1", "“通知公告”最近更新于 2025-01-01"), "V-W-4.1 D-05"},
		{fact("column.overdue", "V-W-4.2", "“专题”"), "V-W-4.2 D-07"},
		{fact("column.blank", "V-W-4.3", "“专题”"), "V-W-4.3 D-07"},
		{fact("home.stale", "V-W-3", ""), "V-W-3"},
		{fact("access.rate", "V-W-2", ""), "V-W-2"},
		{fact("wording.spelling", "S19.3a", ""), ""},
		{fact("sensitive", "V-W-1.1", ""), "V-W-1.1"},
		{fact("concealed.spam_link", "V-W-1.3", ""), "V-W-1.3"},
		{fact("privacy.id_card", "S12.2a", ""), ""},
	} {
		var got []string
		for _, i := range p.Indicators {
			if i.Applies(packs.PortalSite) && feeds(p, i, tt.fact) {
				got = append(got, i.ID)
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s %s: %v, want %s", tt.fact.Check, tt.fact.Says, got, tt.want)
		}
	}
}

func advised(f Fact) Fact {
	f.Severity = check.Advice
	return f
}

// Every indicator that a check goes by hears of its findings.
func TestChecksReachTheIndicatorsTheyName(t *testing.T) {
	p := pack(t)
	named := 0
	for _, c := range check.Checks() {
		for _, a := range c.Articles {
			if !strings.HasPrefix(a, "V-") && !strings.HasPrefix(a, "D-") {
				continue
			}
			named++
			i, ok := p.Indicator(a)
			if !ok {
				t.Errorf("%s names %s, which the pack does not have", c.ID, a)
				continue
			}
			f := fact(c.ID, c.Articles[0], "“政务动态”")
			if a == "D-05" {
				f.Says = "“通知公告”"
			}
			if f.Severity = c.Severity; !feeds(p, i, f) {
				t.Errorf("%s names %s and does not reach it", c.ID, a)
			}
		}
	}
	if named < 60 {
		t.Errorf("only %d indicators are named", named)
	}
}

// What a machine sees of an assisted veto is put to a person; that it saw
// nothing keeps no veto it can see only in part.
func TestGlimpsesAreProposed(t *testing.T) {
	guide := fact("guide.elements", "D-10", "http://x/")
	altered := fact("change.baseline", "S23.1a", "http://x/")
	emblem := fact("header.emblem", "S32", "")
	s := adopted(t, packs.PortalSite, append(times(6, guide), altered, emblem)...).score()
	for _, id := range []string{"V-W-6.2", "V-W-1.4", "D-10", "S-2025-1"} {
		if l := line(t, s, id); l.Outcome != packs.Suspected || len(l.Findings) == 0 {
			t.Errorf("%s is %s with %d findings", id, l.Outcome, len(l.Findings))
		}
	}
	if s.Verdict != Qualified {
		t.Errorf("a suspicion makes %s", s.Verdict)
	}
	j := adopted(t, packs.PortalSite, times(6, guide)...)
	for _, f := range j.facts {
		j.confirmed[string(f.ID)+" V-W-6.2"] = true
	}
	if s := j.score(); s.Verdict != Unqualified || line(t, s, "V-W-6.2").Outcome != packs.Violated {
		t.Errorf("confirmed: %s", s.Verdict)
	}
	s = adopted(t, packs.PortalSite).score()
	for _, id := range []string{"V-W-6.2", "V-W-1.4", "D-10", "D-11", "S-2025-1"} {
		if l := line(t, s, id); l.Outcome != packs.Untested || l.Note != "需人工检查" {
			t.Errorf("%s without findings is %s (%s)", id, l.Outcome, l.Note)
		}
	}
}

// V-W-1.4: bytes that this platform altered for nobody are a suspicion like any other
// intrusion, also when no reader saw them: a person decides, and until then it costs
// nothing; whether readers got them is told.
func TestTamperingIsProposedAndNeverDecided(t *testing.T) {
	seen := fact("tamper.changed", "S23.1a", "http://x/")
	seen.Says = "/index.html：内容与发布的不一致。已恢复为发布的内容。读者没有看到：平台没有显示被改动的内容。"
	s := adopted(t, packs.PortalSite, seen).score()
	l := line(t, s, "V-W-1.4")
	if l.Outcome != packs.Suspected || len(l.Findings) != 1 || l.Findings[0].Says != seen.Says || s.Verdict != Qualified || len(s.Vetoes) != 0 {
		t.Errorf("%s %+v, %s", l.Outcome, l.Findings, s.Verdict)
	}
	j := adopted(t, packs.PortalSite, seen)
	j.confirmed[string(j.facts[0].ID)+" V-W-1.4"] = true
	if s := j.score(); s.Verdict != Unqualified || line(t, s, "V-W-1.4").Outcome != packs.Violated {
		t.Errorf("confirmed by a person: %s", s.Verdict)
	}
}

func TestVerdicts(t *testing.T) {
	home := fact("link.dead", "D-19", "http://x/1")
	home.onHome = true
	news := fact("column.stale", "V-W-4.1", "“要闻”最近更新于 2026-01-01")
	ordered := fact("column.stale", "V-W-4.1", "“通知公告”最近更新于 2025-01-01")
	ordered.ordered = true
	disputed := home
	disputed.State = inspection.FindingDisputed
	sensitive := fact("sensitive", "V-W-1.1", "表述")
	sensitive.ordered = true
	for _, tt := range []struct {
		name   string
		class  packs.Class
		facts  []Fact
		want   Verdict
		points string // "" when not scored
		line   string
		lost   string
	}{
		{"nothing wrong", packs.PortalSite, nil, Qualified, "100", "D-19", "0"},
		{"two dead links on the home page", packs.PortalSite, times(2, home), Qualified, "98", "D-19", "2"},
		{"seven of them reach the cap", packs.PortalSite, times(7, home), Qualified, "95", "D-19", "5"},
		{"three on other pages", packs.PortalSite, times(3, fact("link.dead", "D-19", "http://x/")), Qualified, "99.7", "D-19", "0.3"},
		{"a disputed one waits", packs.PortalSite, []Fact{disputed}, Qualified, "100", "D-19", "0"},
		{"a stale news column", packs.PortalSite, []Fact{news}, Qualified, "95", "D-04", "5"},
		{"a stale policy column is a suspicion", packs.PortalSite, []Fact{fact("column.stale", "V-W-4.1", "“通知公告”")}, Qualified, "100", "D-05", "0"},
		{"until a supervisor orders it", packs.PortalSite, []Fact{ordered}, Qualified, "99", "D-05", "1"},
		{"five stale columns veto", packs.PortalSite, times(5, news), Unqualified, "", "V-W-4.1", "0"},
		{"four do not", packs.DepartmentSite, times(4, news), Qualified, "", "V-W-4.1", "0"},
		{"home page stale", packs.DepartmentSite, []Fact{fact("home.stale", "V-W-3", "首页")}, Unqualified, "", "V-W-3", "0"},
		{"a sensitive word is a suspicion, ordered or not", packs.PortalSite, []Fact{sensitive}, Qualified, "100", "V-W-1.1", "0"},
		{"department sites have no points", packs.DepartmentSite, times(3, home), Qualified, "", "V-W-3", "0"},
	} {
		s := adopted(t, tt.class, tt.facts...).score()
		points := ""
		if s.Scored {
			points = s.Points.String()
		}
		if s.Verdict != tt.want || points != tt.points {
			t.Errorf("%s: %s %q, want %s %q", tt.name, s.Verdict, points, tt.want, tt.points)
		}
		if l := line(t, s, tt.line); l.Deducted.String() != tt.lost {
			t.Errorf("%s: %s costs %s, want %s", tt.name, tt.line, l.Deducted, tt.lost)
		}
	}
}

func TestConfirmedSuspicionVetoes(t *testing.T) {
	j := adopted(t, packs.PortalSite, fact("sensitive", "V-W-1.1", "表述"))
	if s := j.score(); s.Verdict != Qualified || line(t, s, "V-W-1.1").Outcome != packs.Suspected || line(t, s, "V-W-1.1").Note == "" {
		t.Fatalf("%+v", line(t, s, "V-W-1.1"))
	}
	j.confirmed["a V-W-1.1"] = true
	s := j.score()
	if s.Verdict != Unqualified || len(s.Vetoes) != 1 || s.Vetoes[0].ID != "V-W-1.1" || !s.Vetoes[0].Findings[0].Confirmed {
		t.Errorf("%s %+v", s.Verdict, s.Vetoes)
	}
}

// Nobody looked: nothing is said, and nothing deducted.
func TestUntested(t *testing.T) {
	j := adopted(t, packs.PortalSite)
	j.ran, j.run = false, ran{}
	s := j.score()
	if s.Verdict != Untested || s.Scored {
		t.Fatalf("%s, scored %v", s.Verdict, s.Scored)
	}
	for _, l := range s.Lines {
		if l.Outcome != packs.Untested || l.Note == "" && l.Kind != packs.Bonus {
			t.Errorf("%s %s %q", l.ID, l.Outcome, l.Note)
		}
	}
	// A finding of long ago, and no run since: still nobody may say 合格.
	j.facts = []Fact{fact("column.blank", "V-W-4.3", "“栏目”")}
	j.facts[0].FirstSeen = checkPoint.Start()
	if s = j.score(); s.Verdict != Untested || s.Scored || s.Points != 0 {
		t.Errorf("without a run: %s %s", s.Verdict, s.Points)
	}
	j.facts = nil
	// A run that left freshness out and saw no link judges neither.
	j.ran, j.run = true, ran{pages: 5, untested: []engine.Untested{{Check: "column.stale", Why: "栏目列表由脚本生成"}, {Check: "home.stale", Why: "首页由脚本生成"}, {Check: "footer.icp", Why: "未登记", Count: 5}}}
	s = j.score()
	for id, want := range map[string]packs.Outcome{"D-04": packs.Untested, "V-W-3": packs.Untested, "V-W-4.1": packs.Untested, "D-19": packs.Untested, "D-18": packs.Kept, "D-20": packs.Kept, "V-W-1.3": packs.Kept, "D-16": packs.Untested, "V-W-2": packs.Untested} {
		if l := line(t, s, id); l.Outcome != want {
			t.Errorf("%s is %s (%s), want %s", id, l.Outcome, l.Note, want)
		}
	}
	if s.Verdict != Qualified {
		t.Errorf("%s", s.Verdict)
	}
}

// Values nobody has verified judge nobody until the province adopts the pack.
func TestUnverifiedValuesNeedAdoption(t *testing.T) {
	home := fact("link.dead", "D-19", "http://x/1")
	home.onHome = true
	j := adopted(t, packs.PortalSite, times(3, home)...)
	if s := j.score(); !s.Unverified || s.Points.String() != "97" || s.Label() != "演示采用" {
		t.Errorf("adopted: %v %s %s", s.Unverified, s.Points, s.Label())
	}
	j.adoption, j.pack = nil, verified(j.full)
	s := j.score()
	if s.Unverified || s.Scored || s.Verdict != Qualified || !strings.Contains(s.Label(), "未采用") {
		t.Errorf("not adopted: %+v", s.Label())
	}
	l := line(t, s, "D-19")
	if !l.NotUsed || !l.Unverified || l.Deducted != 0 || len(l.Findings) != 3 {
		t.Errorf("%+v", l)
	}
	// Vetoes with verified thresholds judge all the same.
	j.facts = append(j.facts, fact("home.stale", "V-W-3", "首页"))
	j.facts[3].FirstSeen = checkPoint.Start()
	if s := j.score(); s.Verdict != Unqualified {
		t.Errorf("%s", s.Verdict)
	}
}

func TestNearestVeto(t *testing.T) {
	s := adopted(t, packs.DepartmentSite, times(4, fact("column.blank", "V-W-4.3", "“栏目”"))...).score()
	if n := s.NearestVeto; n == nil || n.Indicator != "V-W-4.3" || n.Measured != packs.Count(4) || !n.Warned {
		t.Errorf("%+v", n)
	}
	if l := line(t, s, "V-W-4.3"); !strings.Contains(l.Note, "现有4个，达到5个") {
		t.Errorf("%q", l.Note)
	}
	j := adopted(t, packs.DepartmentSite)
	j.given = []Seen{{Observation: packs.Observation{Indicator: "V-W-2", Outcome: packs.Kept, Measured: &packs.Ratio{Num: 5, Den: 140}}}}
	if s := j.score(); s.NearestVeto == nil || s.NearestVeto.Indicator != "V-W-2" || s.Verdict != Qualified {
		t.Errorf("%+v", s.NearestVeto)
	}
	// What the probes say now outweighs the finding they once made.
	j.facts = []Fact{fact("access.rate", "V-W-2", "全站")}
	if s := j.score(); s.Verdict != Qualified {
		t.Errorf("%s", s.Verdict)
	}
	j.given = nil
	if s := j.score(); s.Verdict != Unqualified {
		t.Errorf("without probes the finding stands: %s", s.Verdict)
	}
}

// Days without update grow from the day the check saw the threshold missed.
func TestStaleDaysGrow(t *testing.T) {
	p := pack(t)
	i, _ := p.Indicator("V-W-3")
	j := adopted(t, packs.PortalSite)
	if m := j.measured(i, []packs.Hit{{Key: "a"}}, checkPoint.AddDays(-6).Start()); m.Num != 20 {
		t.Errorf("%+v", m)
	}
	if m := j.measured(i, []packs.Hit{{Key: "a"}}, time.Time{}.Add(time.Hour)); m.Num < 14 {
		t.Errorf("%+v", m)
	}
}
