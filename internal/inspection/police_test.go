package inspection_test

import (
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/rules/sx2021"
)

// How long a new site may do without the police filing is the province's choice:
// for the author, the patrol, and a crawler that has only the signed plan.
func TestArticle07_3_ThePoliceFilingIsMissedByTheProvincesChoice(t *testing.T) {
	for _, tt := range []struct {
		days int
		want bool // missed
	}{{10, true}, {19, false}, {60, false}} {
		each(t, func(t *testing.T, h *house) {
			x, crawler, _ := exchanging(t, h)
			h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Exchange: x,
				Province: func() sx2021.Settings { s := sx2021.Defaults(); s.PoliceFilingDays = tt.days; return s }})
			h.launched(calendar.Date{Year: 2026, Month: 3, Day: 1}) // nineteen days ago
			const number = `陕公网安备 61011302000001号`
			h.made.Swap("/", `<a href="http://www.beian.gov.cn/portal/registerSystemInfo?recordcode=61011302000001">`+number+`</a>`, "")

			staged, err := h.svc.Stage(h.ctx, h.site.ID, "/", []byte(strings.ReplaceAll(strings.ReplaceAll(enginetest.Home(""), number, ""), "beian.gov.cn", "example.com")), nil)
			if err != nil {
				t.Fatal(err)
			}
			missed := false
			for _, f := range staged.Found {
				missed = missed || f.Check == "footer.police"
			}
			if missed != tt.want {
				t.Errorf("%d days: the author is told %v", tt.days, missed)
			}

			p := h.plan()
			p.Spec.Remote, p.Cadence = true, "once"
			if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
				t.Fatal(err)
			}
			if err := crawler.Once(h.ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
				t.Fatalf("took %d (%v)", n, err)
			}
			_, n, err := h.svc.Findings(h.ctx, h.db, h.scope, inspection.FindingFilter{Check: "footer.police"})
			if err != nil || (n > 0) != tt.want {
				t.Errorf("%d days: the crawler found %d (%v)", tt.days, n, err)
			}
			// The foot leads to the mark 0A1B; the ledger of the plan holds another.
			if _, n, err := h.svc.Findings(h.ctx, h.db, h.scope, inspection.FindingFilter{Check: "footer.party_gov_mark"}); err != nil || n == 0 {
				t.Errorf("%d findings of the mark (%v)", n, err)
			}
		})
	}
}

// launched gives the site its day of launch and the mark it was issued.
func (h *house) launched(on calendar.Date) {
	h.t.Helper()
	if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
		if err := audit.Record(h.ctx, tx, audit.Entry{Act: "test.launched", Target: h.site.Target()}); err != nil {
			return err
		}
		_, err := tx.Exec(h.ctx, `UPDATE site SET launched_on = $2, party_gov_mark = '0A1C' WHERE id = $1`, h.site.ID, on)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}
