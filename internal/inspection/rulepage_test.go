package inspection_test

import (
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// A finding leads to the public page of its rule where a portal here shows it: the
// site's own, else the nearest above.
func TestAFindingLeadsToItsRule(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var f, focus inspection.Finding
		sees := func(check string) (found inspection.Finding) {
			t.Helper()
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				var err error
				found, err = h.svc.Raise(h.ctx, tx, h.scope, h.site.ID, engine.Sighting{Check: check, Severity: "error", Says: "缺少标识", Article: "S7.3a", URL: "http://" + enginetest.Host + "/", Where: check})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			found, err := h.svc.Finding(h.ctx, h.db, h.scope, found.ID)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		f, focus = sees("footer.party_gov_mark"), sees("focus.words")
		hosted := func(host string, yes bool) {
			t.Helper()
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				if err := audit.Record(h.ctx, tx, audit.Entry{Act: "test.hosted", Target: h.site.Target()}); err != nil {
					return err
				}
				_, err := tx.Exec(h.ctx, `UPDATE site SET hosted = $2 WHERE host = $1`, host, yes)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		leads := func(f inspection.Finding, want string) {
			t.Helper()
			if got, err := h.svc.RulePage(h.ctx, h.db, h.scope, f); err != nil || got != want {
				t.Errorf("leads to %q (%v), want %q", got, err, want)
			}
		}
		leads(f, "") // no portal here shows the rules
		h.above(t, "www.xa.example.gov.cn")
		hosted("www.xa.example.gov.cn", true)
		leads(f, "http://www.xa.example.gov.cn/rules/footer.party_gov_mark")
		hosted(enginetest.Host, true)
		leads(f, "http://"+enginetest.Host+"/rules/footer.party_gov_mark")
		leads(focus, "")
		if got, err := h.svc.RulePage(h.ctx, h.db, h.other, f); err != nil || got != "" {
			t.Errorf("a neighbour is led to %q (%v)", got, err)
		}
	})
}

// above enters another portal of the county.
func (h *house) above(t *testing.T, host string) {
	t.Helper()
	sys := audit.System(h.ctx, "test")
	if err := h.db.Update(sys, func(tx *db.Tx) error {
		u, _, err := org.New(h.db).AddUnit(sys, tx, org.Unit{Area: "county-610113000000", Kind: org.Committee, Name: "雁塔区委办公室"})
		if err != nil {
			return err
		}
		_, err = h.reg.EnterSite(sys, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "雁塔区门户", Host: host})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// A run that is taken up again after the rules changed is judged by the new ones, and
// says so.
func TestARunTakenUpAgainNamesTheRulesItIsJudgedBy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(h.ctx, `UPDATE inspection_run SET state = 'running', started_at = $2, edition = 'before' WHERE id = $1`, r.ID, tx.Now()); err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test.begin", Target: h.site.Target()})
		}); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Work(h.ctx, r.ID); err != nil {
			t.Fatal(err)
		}
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunDone || r.Edition != check.Edition() {
			t.Errorf("%s by %q (%v), want %q", r.State, r.Edition, err, check.Edition())
		}
	})
}
