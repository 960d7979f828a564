package assessment_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

func (h *house) adopt() {
	h.t.Helper()
	ctx, scope := h.as("province.chief", authz.PackAdopt)
	if _, err := h.svc.Adopt(ctx, scope, h.units["province"].ID, assessment.PackID, 1, assessment.AdoptedDemo, "演示省试行"); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) score(site string, p assessment.Period) assessment.Score {
	h.t.Helper()
	ctx, scope := h.as("province.chief", authz.AssessmentRead)
	s, err := h.svc.ScoreSite(ctx, scope, h.sites[site].ID, p)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// “若今天抽查”: the run's findings cost what the adopted pack says, each point
// opens its findings, and the same day without them is what it was.
func TestArticle29_ScoreFromFacts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		today := assessment.OnDay(calendar.Today(h.clock))
		if s := h.score("county", today); s.Verdict != assessment.Untested {
			t.Errorf("before any run: %s", s.Verdict)
		}
		h.run()
		if s := h.score("county", today); s.Scored || s.Verdict == assessment.Untested || s.Adoption != nil {
			t.Errorf("not adopted: scored %v, %s", s.Scored, s.Verdict)
		}
		h.adopt()
		s := h.score("county", today)
		if !s.Scored || !s.Unverified || s.Label() != "演示采用" || s.Adoption.By != "province.chief" {
			t.Fatalf("%+v", s.Label())
		}
		lost := packs.Hundredths(0)
		for _, l := range s.Lines {
			if l.Kind == packs.Deduct {
				lost += l.Deducted
				if l.Deducted > 0 && len(l.Findings) == 0 {
					t.Errorf("%s costs %s without a finding", l.ID, l.Deducted)
				}
				if l.Deducted > l.Points.N {
					t.Errorf("%s costs %s, more than its %s points", l.ID, l.Deducted, l.Points.N)
				}
			}
		}
		if s.Points != s.Full()-lost || lost == 0 {
			t.Errorf("%s of %s, lines cost %s", s.Points, s.Full(), lost)
		}
		// Department site: no points; a neighbouring site nobody looked at: 未检测.
		if d := h.score("dept", today); d.Verdict != assessment.Untested || d.Class != packs.DepartmentSite {
			t.Errorf("%+v", d.Verdict)
		}
	})
}

// The past is scored as it stood at its last day.
func TestScoreOfAPastPeriod(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.run()
		h.put("dept", "home.stale", "serious", "V-W-3", "首页没有更新。", time.Date(2026, 2, 10, 1, 0, 0, 0, time.UTC))
		for period, want := range map[string]assessment.Verdict{"2026-01": assessment.Untested, "2026-02": assessment.Unqualified, "2026-Q1": assessment.Unqualified} {
			p, err := assessment.ParsePeriod(period)
			if err != nil {
				t.Fatal(err)
			}
			if s := h.score("dept", p); s.Verdict != want {
				t.Errorf("%s: %s, want %s", period, s.Verdict, want)
			}
		}
	})
}

func TestScoresFilter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.put("dept", "home.stale", "serious", "V-W-3", "首页没有更新。", morning.Add(-time.Hour))
		ctx, scope := h.as("city.chief", authz.AssessmentRead)
		today := assessment.OnDay(calendar.Today(h.clock))
		for _, tt := range []struct {
			f    assessment.ScoreFilter
			want int
		}{{assessment.ScoreFilter{}, 3}, {assessment.ScoreFilter{Verdict: assessment.Unqualified}, 1}, {assessment.ScoreFilter{Kind: registry.Portal}, 2},
			{assessment.ScoreFilter{Text: "商务"}, 1}, {assessment.ScoreFilter{Under: h.units["county"].AreaPath}, 1}} {
			got, err := h.svc.Scores(ctx, h.db, scope, today, tt.f)
			if err != nil || len(got) != tt.want {
				t.Errorf("%+v: %d (%v), want %d", tt.f, len(got), err, tt.want)
			}
		}
	})
}

func TestOnlyTheProvinceAdopts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city.chief", authz.PackAdopt)
		_, err := h.svc.Adopt(ctx, scope, h.units["city"].ID, assessment.PackID, 1, assessment.AdoptedDemo, "演示试行")
		if !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Reasons[0].Citation, "第二十九条") {
			t.Errorf("city: %v", err)
		}
		if _, err := h.svc.Adopt(ctx, scope, h.units["province"].ID, assessment.PackID, 1, assessment.AdoptedDemo, "演示试行"); !fault.Is(err, fault.NotFound) {
			t.Errorf("for the province, by a city: %v", err)
		}
		ctx, scope = h.as("province.chief", authz.PackAdopt)
		if _, err := h.svc.Adopt(ctx, scope, h.units["province"].ID, assessment.PackID, 1, "随便", ""); len(fault.Of(err).Fields) != 2 {
			t.Errorf("bad form: %v", err)
		}
		if _, err := h.svc.Adopt(ctx, scope, h.units["province"].ID, assessment.PackID, 99, assessment.Adopted, "正式文件"); !fault.Is(err, fault.NotFound) {
			t.Errorf("unknown version: %v", err)
		}
		h.adopt()
		if _, err := h.svc.Adopt(ctx, scope, h.units["province"].ID, assessment.PackID, 1, assessment.Adopted, "正式文件"); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		_, city := h.as("city.chief", authz.AssessmentRead)
		list, err := h.svc.Packs(ctx, city)
		if err != nil || len(list) == 0 || len(list[0].Adoptions) != 1 || list[0].Adoptions[0].Label != "演示采用" {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

func TestConfirmIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.put("county", "sensitive", "error", "V-W-1.1", "疑似严重表述错误。", morning.Add(-time.Hour))
		today := assessment.OnDay(calendar.Today(h.clock))
		ctx, scope := h.as("city.chief", authz.OrderIssue)
		if err := h.svc.Confirm(ctx, scope, f, "D-19", "已人工核对原文。"); !fault.Is(err, fault.Invalid) {
			t.Errorf("under a foreign indicator: %v", err)
		}
		if s := h.score("county", today); s.Verdict == assessment.Unqualified {
			t.Error("a suspicion vetoed")
		}
		if err := h.svc.Confirm(ctx, scope, f, "V-W-1.1", "已人工核对原文。"); err != nil {
			t.Fatal(err)
		}
		if s := h.score("county", today); s.Verdict != assessment.Unqualified {
			t.Errorf("%s", s.Verdict)
		}
		if err := h.svc.Confirm(ctx, scope, f, "V-W-1.1", "已人工核对原文。"); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestPeriods(t *testing.T) {
	for _, tt := range []struct{ in, first, last, next, before, says string }{
		{"2026-Q1", "2026-01-01", "2026-03-31", "2026-Q2", "2025-Q4", "2026年第一季度"},
		{"2026-Q4", "2026-10-01", "2026-12-31", "2027-Q1", "2026-Q3", "2026年第四季度"},
		{"2028-02", "2028-02-01", "2028-02-29", "2028-03", "2028-01", "2028年2月"},
		{"2026", "2026-01-01", "2026-12-31", "2027", "2025", "2026年"},
		{"2026-02-28", "2026-02-28", "2026-02-28", "2026-03-01", "2026-02-27", "2026年2月28日"},
	} {
		p, err := assessment.ParsePeriod(tt.in)
		if err != nil || p.String() != tt.in || p.First().String() != tt.first || p.Last().String() != tt.last || p.Next().String() != tt.next || p.Before().String() != tt.before || p.Chinese() != tt.says {
			t.Errorf("%s: %s to %s, next %s, before %s, %s (%v)", tt.in, p.First(), p.Last(), p.Next(), p.Before(), p.Chinese(), err)
		}
		if p.Next().Before() != p || !p.Holds(p.First()) || !p.Holds(p.Last()) || p.Holds(p.Next().First()) {
			t.Errorf("%s: arithmetic", tt.in)
		}
	}
	for _, bad := range []string{"", "2026-Q5", "2026-13", "26", "2026-02-30", "2026-Q1 ", "0000"} {
		if p, err := assessment.ParsePeriod(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q read as %s", bad, p)
		}
	}
}

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"2026-Q3", "2026-09", "2026", "2026-09-30", "9999-Q4", "2026-Q0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := assessment.ParsePeriod(s)
		if err != nil {
			return
		}
		if p.String() != s || p.Last().Before(p.First()) {
			t.Errorf("%q became %q, %s to %s", s, p, p.First(), p.Last())
		}
	})
}

// What a unit found on its own site and mended before anybody told it counts
// only where the province counts it; what others found first never gains.
func TestOwnCorrectionsCountAsTheProvinceDecides(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		own, _ := h.as("county.clerk", authz.OrderAnswer)
		others, _ := h.as("province.chief", authz.OrderIssue)
		for ctx, where := range map[context.Context]string{own: "a", others: "b"} {
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				f, err := h.inspection.Raise(ctx, tx, authz.System("test"), h.sites["county"].ID, engine.Sighting{Check: "link.dead", Severity: "error", Article: "D-19", Says: "链接无法打开", URL: "http://" + host + "/" + where, Where: where})
				if err != nil {
					return err
				}
				return h.inspection.CloseSeen(ctx, tx, authz.System("test"), f.ID, "已改正")
			}); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Set(h.clock.Now().Add(time.Hour))
		month := assessment.MonthOf(calendar.Today(h.clock))
		hits := func() int {
			for _, l := range h.score("county", month).Lines {
				if l.ID == "D-19" {
					return len(l.Findings)
				}
			}
			return -1
		}
		if n := hits(); n != 0 {
			t.Errorf("mended before the check, and %d count", n)
		}
		h.settings.OwnMendedCounts = true
		if n := hits(); n != 1 {
			t.Errorf("the province counts what a unit mended itself: %d count, want 1", n)
		}
	})
}

// V-W-1.4: an intrusion of the period is put before a person though its traces were
// drawn anew within minutes and no reader saw them; it costs nothing before that.
func TestArticle23_1_AnIncidentOfThePeriodIsProposed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		ctx := audit.System(context.Background(), "test")
		says := "/index.html：内容与发布的不一致。已恢复为发布的内容。读者没有看到：平台没有显示被改动的内容。"
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			for _, id := range []string{"tamper.changed", "link.dead"} {
				f, err := h.inspection.Raise(ctx, tx, authz.System("test"), h.sites["county"].ID, engine.Sighting{Check: id, Severity: "serious", Article: "S23.1a", Says: says, URL: "http://" + host + "/", Where: id})
				if err != nil {
					return err
				}
				if err := h.inspection.CloseSeen(ctx, tx, authz.System("test"), f.ID, "已恢复"); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(72 * time.Hour)
		month := assessment.MonthOf(calendar.Today(h.clock))
		s := h.score("county", month)
		var l assessment.Line
		for _, x := range s.Lines {
			switch {
			case x.ID == "V-W-1.4":
				l = x
			case x.ID == "D-19" && len(x.Findings) != 0:
				t.Error("what was mended is no incident")
			}
		}
		if l.Outcome != "suspected" || len(l.Findings) != 1 || l.Findings[0].Says != says || s.Verdict == assessment.Unqualified {
			t.Fatalf("%s %+v, %s", l.Outcome, l.Findings, s.Verdict)
		}
		if next := h.score("county", month.Next()); slices.ContainsFunc(next.Lines, func(x assessment.Line) bool { return x.ID == "V-W-1.4" && len(x.Findings) > 0 }) {
			t.Error("it is told again in the next period")
		}
		chief, scope := h.as("city.chief", authz.OrderIssue)
		if err := h.svc.Confirm(chief, scope, l.Findings[0].ID, "V-W-1.4", "已核实：服务器被侵入，两日未处置。"); err != nil {
			t.Fatal(err)
		}
		if s := h.score("county", month); s.Verdict != assessment.Unqualified {
			t.Errorf("confirmed by a person: %s", s.Verdict)
		}
	})
}

// One fault costs once within a period, however often it was put right and came back;
// and what others had found before is not the unit's own find when it comes back.
func TestARelapseCostsOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		h.settings.OwnMendedCounts = true
		own, _ := h.as("county.clerk", authz.OrderAnswer)
		others, _ := h.as("province.chief", authz.OrderIssue)
		seen := func(ctx context.Context, where string, mended bool) (id inspection.FindingID) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				f, err := h.inspection.Raise(ctx, tx, authz.System("test"), h.sites["county"].ID, engine.Sighting{Check: "link.dead", Severity: "error", Article: "D-19", Says: "链接无法打开", URL: "http://" + host + "/" + where, Where: where})
				if id = f.ID; err != nil || !mended {
					return err
				}
				return h.inspection.CloseSeen(ctx, tx, authz.System("test"), f.ID, "已改正")
			}); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Minute)
			return id
		}
		lost := func() (n assessment.Line) {
			t.Helper()
			for _, l := range h.score("county", assessment.MonthOf(calendar.Today(h.clock))).Lines {
				if l.ID == "D-19" {
					n = l
				}
			}
			return n
		}
		seen(own, "a", true)
		once := lost()
		if once.Deducted == 0 || len(once.Findings) != 1 {
			t.Fatalf("%+v", once)
		}
		seen(own, "a", true)
		seen(own, "a", false)
		if again := lost(); again.Deducted != once.Deducted {
			t.Errorf("the same fault cost %v, and then %v", once.Deducted, again.Deducted)
		}
		first := seen(others, "b", true)
		again := seen(own, "b", true)
		n, err := db.One(own, h.db, db.Value[int], `SELECT count(*) FROM finding_own WHERE finding_id IN ($1, $2)`, first, again)
		if err != nil || n != 0 {
			t.Errorf("%d of what others found before are the unit's own (%v)", n, err)
		}
	})
}
