package security_test

import (
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/security"
)

// every gives all five layers one verdict, with a note.
func every(verdict, note string) security.Checked {
	n := sheetOf("fine")
	for _, l := range security.Layers {
		n.Layers[l.Value] = security.Layer{Verdict: verdict, Note: note}
	}
	return n
}

// What could not be tested is told with its reason and never counts as checked.
func TestArticle23_1_ASiteThatCouldNotBeTestedWasNotChecked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope := h.cyber.ScopeFor(authz.SecurityPlan)
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
			_, err := h.registry.EnterSite(h.ctx, tx, registry.Site{Unit: h.site.Unit, Kind: registry.DepartmentSite, Name: "另一个网站", Host: "other.example.gov.cn"})
			return err
		}))
		p, err := h.svc.Plan(h.ctx, scope, h.cyber, security.NewPlan{Unit: h.body.ID, Year: 2026, Title: "2026 年检查", BeginsOn: calendar.DateOf(start)})
		ok(t, err)
		list, _, err := h.svc.Sheets(h.ctx, scope, security.SheetFilter{Plan: p.ID})
		ok(t, err)
		first, second := list[0].ID, list[1].ID
		outcome := func(id string) string {
			t.Helper()
			x, err := h.svc.Sheet(h.ctx, scope, h.cyber, id)
			ok(t, err)
			return x.Outcome()
		}
		counts := func() [4]int {
			t.Helper()
			p, err = h.svc.PlanByID(h.ctx, h.db, scope, p.ID)
			ok(t, err)
			return [4]int{p.Checked, p.Partial, p.Excused, p.Left()}
		}
		listed := func(state string) int {
			t.Helper()
			_, n, err := h.svc.Sheets(h.ctx, scope, security.SheetFilter{Plan: p.ID, State: state})
			ok(t, err)
			return n
		}

		// Nothing tested: kept, not checked, and the plan waits.
		is(t, h.svc.Check(h.ctx, scope, h.cyber, first, every("none", "托管在集约化平台")), fault.Invalid)
		note := every("untested", `“维护”，"verdict":"fine" 未取得`)
		ok(t, h.svc.Check(h.ctx, scope, h.cyber, first, note))
		partial := sheetOf("untested")
		partial.Layers["server"] = security.Layer{Verdict: "untested", Note: "没有登录权限"}
		ok(t, h.svc.Check(h.ctx, scope, h.cyber, second, partial))
		if got := counts(); got != [4]int{1, 1, 0, 1} || outcome(first) != security.Untested || outcome(second) != security.Partial {
			t.Errorf("counts %v, outcomes %s and %s", got, outcome(first), outcome(second))
		}
		if a, b := listed(security.Untested), listed(security.Partial); a != 1 || b != 1 {
			t.Errorf("%d untested, %d partial listed", a, b)
		}
		is(t, h.svc.Finish(h.ctx, scope, h.cyber, p.ID, "都查了"), fault.Refused)

		// A person's reason for what was tested in part is out of place; for what was
		// not tested at all it lets the plan end, told as what it is.
		partial.Excuse = "网站维护"
		is(t, h.svc.Check(h.ctx, scope, h.cyber, second, partial), fault.Invalid)
		note.Excuse = "网站迁移期间停机，主办单位已书面说明"
		ok(t, h.svc.Check(h.ctx, scope, h.cyber, first, note))
		if got := counts(); got != [4]int{1, 1, 1, 0} || outcome(first) != security.Excused {
			t.Errorf("counts %v, outcome %s", got, outcome(first))
		}

		// A hole found after all takes the reason back.
		_, err = h.svc.AddHole(h.ctx, scope, h.cyber, first, security.Hole{Layer: "server", Severity: "error", Title: "组件过旧", Says: "有公开漏洞"})
		ok(t, err)
		if got := counts(); got[2] != 0 || got[3] != 1 {
			t.Errorf("with a hole: %v", got)
		}
		ok(t, h.svc.Check(h.ctx, scope, h.cyber, first, sheetOf("holes")))
		_, err = h.svc.Order(h.ctx, scope, h.cyber, first)
		ok(t, err)
		ok(t, h.svc.Finish(h.ctx, scope, h.cyber, p.ID, "都查了"))
		if got := counts(); got != [4]int{2, 1, 0, 0} || !strings.Contains(p.Result(), "检查 2 个网站（其中 1 个有层面未能检查），发现漏洞 1 个") {
			t.Errorf("counts %v: %s", got, p.Result())
		}
	})
}
