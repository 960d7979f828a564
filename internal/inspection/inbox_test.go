package inspection_test

import (
	"strings"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection"
	"zhengshu/internal/workbench"
)

// What stands on a site of the unit waits in its inbox, one row a site, until it is
// called false, ordered or gone; advice does not, and neighbours see nothing of it.
func TestFindingsWaitInTheInbox(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		of := func(role authz.Role, unit string) []workbench.Task {
			t.Helper()
			list, err := h.svc.Tasks(h.ctx, &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: role, UnitID: unit, AreaPath: "/", Office: true}}}, workbench.ToDo, 20)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		unit := string(h.site.Unit)
		if list := of(authz.Sponsor, unit); len(list) != 0 {
			t.Errorf("before anything was found: %+v", list)
		}
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/lost.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		var open []inspection.Finding
		for _, f := range h.findings(inspection.FindingOpen) {
			if f.Severity != check.Advice {
				open = append(open, f)
			}
		}
		for n := len(open); n > 0; n-- {
			list := of(authz.Sponsor, unit)
			if len(list) != 1 || !strings.HasSuffix(list[0].Title, h.site.Name) || !strings.HasPrefix(list[0].State, "待整改 "+string(rune('0'+n))+" 个") || list[0].Minutes != 5*n {
				t.Fatalf("%d stand: %+v", n, list)
			}
			if n == 1 && list[0].Link != open[0].Link() || n > 1 && !strings.HasSuffix(list[0].Link, string(h.site.ID)) {
				t.Errorf("%d stand: the row opens %q", n, list[0].Link)
			}
			if len(of(authz.Sponsor, "elsewhere"))+len(of(authz.Inspector, unit)) != 0 {
				t.Error("others are told of what they do not mend")
			}
			if _, err := h.svc.Dispute(h.ctx, h.scope, open[n-1].ID, "该链接只在内网打开，请核实。"); err != nil {
				t.Fatal(err)
			}
		}
		if list := of(authz.Sponsor, unit); len(list) != 0 {
			t.Errorf("all are called false: %+v", list)
		}
	})
}
