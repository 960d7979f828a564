package reconciliation_test

import (
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/registry"
)

func TestArticle10_AGivenUpNameThatAnswersAgainIsToldToItsLastHolder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enter(t)
		site, err := h.registry.SiteByHost(h.ctx, h.db, system, "www.yanta.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		var gone registry.Domain
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			why := registry.Why{Says: "停止使用", Document: "批复 1 号"}
			if gone, err = h.registry.AddDomain(h.ctx, tx, system, registry.Domain{Host: "old.yanta.gov.cn", Unit: site.Unit, Purpose: "旧站"}, why); err != nil {
				return err
			}
			if _, err := h.registry.BeginCancel(h.ctx, tx, system, gone.ID, why); err != nil {
				return err
			}
			_, err := h.registry.CancelDomain(h.ctx, tx, system, gone.ID, why)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		again := func() {
			t.Helper()
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				_, err := tx.Quiet(h.ctx, `UPDATE reconciliation_gone SET asked_at = $1`, h.db.Now().Add(-48*time.Hour))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		look := func(want int) registry.Domain {
			t.Helper()
			if n, err := h.service.LookGone(h.ctx); err != nil || n != want {
				t.Fatalf("%d looked at, %v", n, err)
			}
			d, err := h.registry.Domain(h.ctx, h.db, system, gone.ID)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		owed := func() int {
			n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = 'domain_reused' AND state = 'open'`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		*h.silent = true
		if d := look(1); d.LastSeenAlarm || d.LastSeen != "域名没有解析记录" || owed() != 0 {
			t.Errorf("silent: %q %v, %d owed", d.LastSeen, d.LastSeenAlarm, owed())
		}
		look(0) // once a day
		again()
		*h.silent = false
		if d := look(1); !d.LastSeenAlarm || !strings.Contains(d.LastSeen, "又能解析，指向 127.0.0.1") || owed() != 1 {
			t.Errorf("alive: %q %v, %d owed", d.LastSeen, d.LastSeenAlarm, owed())
		}
		again()
		look(1)
		if owed() != 1 {
			t.Errorf("told %d times", owed())
		}
		again()
		*h.silent = true
		if d := look(1); d.LastSeenAlarm || owed() != 0 {
			t.Errorf("silent again: %q, %d owed", d.LastSeen, owed())
		}
		if *h.asked != 0 {
			t.Errorf("whoever holds the name now was contacted %d times", *h.asked)
		}
	})
}

func TestWhatIsOnlyInTheirListIsEnteredWithItsBasis(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.enter(t)
		scope := h.session.ScopeFor(authz.RegistryImport)
		f := h.bring(t, registry.SiteFile, "全国名单.csv", "域名,网站名称,区划代码,标识码\nwww.yanta2.gov.cn,雁塔区人民政府二,610114,\nwww.baoji.gov.cn,宝鸡市人民政府,610300,\n")
		run, err := h.service.Compare(h.ctx, scope, h.session, f.ID, "全国政府网站信息报送系统", false)
		if err != nil || run.There != 2 {
			t.Fatalf("%+v %v", run, err)
		}
		rows, _, err := h.service.Rows(h.ctx, h.db, scope, run.ID, reconciliation.RowFilter{Verdict: reconciliation.There})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // a second press does nothing
			if _, err := h.service.Enter(h.ctx, scope, h.session, run.ID, []string{rows[0].ID}, reconciliation.Basis{}); err != nil {
				t.Fatal(err)
			}
		}
		site, err := h.registry.SiteByHost(h.ctx, h.db, scope, "www.yanta2.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		b, ok, err := registry.Baseline(h.ctx, h.db, registry.Ref{Kind: "site", ID: string(site.ID)})
		if err != nil || !ok || b.Basis != "national" || !strings.Contains(b.Document, "全国政府网站信息报送系统") {
			t.Errorf("basis %+v %v %v", b, ok, err)
		}
		rows, _, err = h.service.Rows(h.ctx, h.db, scope, run.ID, reconciliation.RowFilter{Verdict: reconciliation.There})
		if err != nil || rows[0].Decision != reconciliation.Entered || rows[0].ObjectID != string(site.ID) {
			t.Errorf("%+v %v", rows, err)
		}
		// Another place's row is refused with the reason, and nothing is entered.
		if _, err := h.service.Enter(h.ctx, scope, h.session, run.ID, []string{rows[1].ID}, reconciliation.Basis{}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error()+fault.Of(err).Says, "宝鸡市人民政府") {
			t.Errorf("another city's: %v", err)
		}
		// A basis of a document wants the document.
		if _, err := h.service.Enter(h.ctx, authz.Area("test", "/p610000/c610100/d610113/"), h.session, run.ID, []string{rows[1].ID}, reconciliation.Basis{Basis: "approval", On: calendar.Date{Year: 2020, Month: 1, Day: 1}}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a county enters from the city's run: %v", err)
		}
	})
}
