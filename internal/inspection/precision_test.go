package inspection_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/rules/sx2021"
)

// The counts of a rule are those of the rows, before and after they are folded,
// through everything that may become of a finding.
func TestPrecisionIsCountedAsItHappens(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		recount := func() (p inspection.Precision) {
			t.Helper()
			p.Check = "link.dead"
			var err error
			if p.Raised, err = db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM finding WHERE check_id = 'link.dead'`); err != nil {
				t.Fatal(err)
			}
			if p.Closed, err = db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM finding WHERE check_id = 'link.dead' AND state = 'closed' AND closed_by <> 'dispute'`); err != nil {
				t.Fatal(err)
			}
			return p
		}
		same := func(when string) {
			t.Helper()
			for _, folded := range []bool{false, true} {
				if folded {
					if err := h.svc.FoldCounts(h.ctx); err != nil {
						t.Fatal(err)
					}
				}
				list, err := h.svc.Precisions(h.ctx)
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(list, func(p inspection.Precision) bool { return p.Check == "link.dead" })
				if i < 0 || list[i] != recount() {
					t.Errorf("%s, folded %v: %+v, rows say %+v", when, folded, list, recount())
				}
			}
		}
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/lost.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		same("found")
		f := h.findings("standing")[0]
		h.made.Put("/gone.html", enginetest.Article("旧文恢复的一条信息", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
		h.made.Put("/lost.html", enginetest.Article("旧文恢复的另一条信息", "要闻", "政务动态", "2026-03-10 09:00", "旧文也已经恢复。"))
		if _, err := h.svc.Retest(h.ctx, h.scope, f.ID); err != nil {
			t.Fatal(err)
		}
		same("one closed by a retest")
		h.run()
		same("the other by the next patrol")
		if left, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM rule_move`); err != nil || left != 0 {
			t.Errorf("%d moves left (%v)", left, err)
		}
		rules, err := h.svc.Rules(h.ctx)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(rules, func(r inspection.PublicRule) bool { return r.ID == "link.dead" })
		if r := rules[i]; r.Right != -1 || r.Raised != 2 || r.Closed != 2 || len(r.Basis) == 0 || r.Fix == "" || r.Edition == "" || r.Family != "链接" {
			t.Errorf("%+v", r)
		}
	})
}

// What was seen to be gone and comes back is one matter: counted once for its rule,
// until it has been away for longer than the province says.
func TestARelapseIsCountedOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		count := func(raised, closed, wrong int) {
			t.Helper()
			list, err := h.svc.Precisions(h.ctx)
			list = slices.DeleteFunc(list, func(p inspection.Precision) bool { return p.Check != "link.dead" })
			if err != nil || len(list) != 1 || list[0].Raised != raised || list[0].Closed != closed || list[0].False != wrong {
				t.Fatalf("%+v (%v), want %d raised, %d closed, %d false", list, err, raised, closed, wrong)
			}
		}
		var run inspection.Run
		broken := func(yes bool) {
			const bad = `<a href="/gone.html">旧文</a> `
			if yes {
				h.made.Swap("/", `<p><a href="/a.pdf">`, `<p>`+bad+`<a href="/a.pdf">`)
			} else {
				h.made.Swap("/", bad, "")
			}
			h.clock.Advance(24 * time.Hour)
			run = h.run()
		}
		dead := func() []inspection.Finding {
			return slices.DeleteFunc(h.findings("standing"), func(f inspection.Finding) bool { return f.Check != "link.dead" })
		}
		ids := map[inspection.FindingID]bool{}
		for n := range 3 {
			broken(true)
			if run.Found != 1 || (run.Fresh == 1) != (n == 0) {
				t.Errorf("the %d. time: %d found, %d of them not known before", n+1, run.Found, run.Fresh)
			}
			ids[dead()[0].ID] = true
			count(1, 0, 0)
			broken(false)
			count(1, 1, 0)
		}
		if len(ids) != 3 { // the past is told as it was
			t.Errorf("%d ids", len(ids))
		}
		h.clock.Advance(40 * 24 * time.Hour)
		broken(true)
		count(2, 1, 0)
		broken(false)
		// Confirmed false, it is remembered under whatever id it was seen.
		broken(true)
		f := dead()[0]
		if _, err := h.svc.Dispute(h.ctx, h.scope, f.ID, "该链接只在内网打开"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Answer(h.ctx, h.scope, f.ID, inspection.ItIsFalse, "已核实，确为误报"); err != nil {
			t.Fatal(err)
		}
		h.run()
		if list := dead(); len(list) != 0 {
			t.Errorf("a confirmed false alarm is raised again: %+v", list)
		}
	})
}

// What comes back after it was confirmed false is a finding of its own: no rule is
// wrong more often than it spoke, nor puts right less than nothing.
func TestAFalseAlarmIsNoRelapse(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Province: func() sx2021.Settings {
			s := sx2021.Defaults()
			s.FalseAlarmDays = 3
			return s
		}})
		const bad = `<a href="/gone.html">旧文</a> `
		look := func(broken bool, after int) (standing []inspection.Finding) {
			t.Helper()
			if has := strings.Contains(h.made.Pages["/"].Body, bad); broken && !has {
				h.made.Swap("/", `<p><a href="/a.pdf">`, `<p>`+bad+`<a href="/a.pdf">`)
			} else if !broken && has {
				h.made.Swap("/", bad, "")
			}
			h.clock.Advance(time.Duration(after) * 24 * time.Hour)
			h.run()
			return slices.DeleteFunc(h.findings("standing"), func(f inspection.Finding) bool { return f.Check != "link.dead" })
		}
		look(true, 1)
		look(false, 1)
		for range 2 { // seen again, and confirmed false
			f := look(true, 4)[0]
			if _, err := h.svc.Dispute(h.ctx, h.scope, f.ID, "该链接只在内网打开"); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.Answer(h.ctx, h.scope, f.ID, inspection.ItIsFalse, "已核实，确为误报"); err != nil {
				t.Fatal(err)
			}
		}
		list, err := h.svc.Precisions(h.ctx)
		list = slices.DeleteFunc(list, func(p inspection.Precision) bool { return p.Check != "link.dead" })
		if err != nil || len(list) != 1 || list[0].Raised != 2 || list[0].Closed != 0 {
			t.Fatalf("%+v (%v)", list, err)
		}
	})
}
