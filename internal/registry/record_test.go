package registry_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// ledger is a county with an office, a bureau, two people and a clock.
type ledger struct {
	t      *testing.T
	db     *db.DB
	ctx    context.Context
	clock  *calendar.Manual
	org    *org.Service
	reg    *registry.Service
	clocks *obligation.Service
	office org.Unit
	bureau org.Unit
	a, b   org.Person
}

var why = registry.Why{Says: "存量认定", Document: "陕政办函〔2026〕1号"}

func eachLedger(t *testing.T, fn func(h *ledger)) {
	t.Helper()
	start := time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &ledger{t: t, db: d, clock: clock}
		h.ctx, h.org, h.reg = open(t, d, []byte(divisions))
		h.clocks = obligation.New(d, h.org, registry.Obligations()...)
		h.reg.Clocks(h.clocks)
		var err error
		if h.office, err = h.org.UnitNamed(h.ctx, d, system, "county-610113000000", "雁塔区人民政府办公室"); err != nil {
			t.Fatal(err)
		}
		h.do(func(tx *db.Tx) error {
			if h.bureau, _, err = h.org.AddUnit(h.ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Department, Name: "雁塔区商务局", ShortName: "商务局"}); err != nil {
				return err
			}
			if h.a, err = h.org.AddPerson(h.ctx, tx, system, org.Person{Unit: h.office.ID, Name: "周敏"}); err != nil {
				return err
			}
			h.b, err = h.org.AddPerson(h.ctx, tx, system, org.Person{Unit: h.office.ID, Name: "李强"})
			return err
		})
		fn(h)
	})
}

func (h *ledger) try(fn func(tx *db.Tx) error) error { return h.db.Update(h.ctx, fn) }

func (h *ledger) do(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.try(fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *ledger) refused(kind fault.Kind, field string, fn func(tx *db.Tx) error) {
	h.t.Helper()
	err := h.try(fn)
	f := fault.Of(err)
	if err == nil || f.Kind != kind || f.Says == "" {
		h.t.Errorf("got %v, want %s", err, kind)
		return
	}
	if field != "" && (len(f.Fields) == 0 || f.Fields[0].Name != field) {
		h.t.Errorf("got %v, want it at %s", err, field)
	}
}

func (h *ledger) site(kind registry.SiteKind, unit org.Unit, host, chinese string) registry.Site {
	h.t.Helper()
	var s registry.Site
	h.do(func(tx *db.Tx) error {
		var err error
		s, err = h.reg.EnterSite(h.ctx, tx, registry.Site{Unit: unit.ID, Kind: kind, Name: unit.Name + "网站", Host: host, ChineseDomain: chinese, Source: "sites.csv"})
		return err
	})
	return s
}

func (h *ledger) open(kind string, subject string) []obligation.Obligation {
	h.t.Helper()
	list, err := h.clocks.Obligations(h.ctx, system, obligation.Filter{Kind: kind})
	if err != nil {
		h.t.Fatal(err)
	}
	var out []obligation.Obligation
	for _, o := range list {
		if o.Subject.ID == subject {
			out = append(out, o)
		}
	}
	return out
}

// Article 10: the site's host and Chinese domain are its main domains, always.
func TestArticle10_TheSiteFollowsItsMainDomains(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		s := h.site(registry.Portal, h.office, "www.yanta.gov.cn", "雁塔.政务")
		english, chinese, err := h.reg.MainDomains(h.ctx, h.db, system, s.ID)
		if err != nil || english.Host != "www.yanta.gov.cn" || chinese.Shown != "雁塔.政务" || !strings.HasSuffix(chinese.Host, ".xn--zfr164b") || english.State != registry.DomainActive {
			t.Fatalf("%+v %+v (%v)", english, chinese, err)
		}
		h.do(func(tx *db.Tx) error { return h.reg.SetMonitored(h.ctx, tx, system, s.ID, true) })

		// A changed domain: the new one is the host, the old one is given up.
		var next registry.Domain
		h.do(func(tx *db.Tx) error {
			var err error
			next, err = h.reg.ChangeDomain(h.ctx, tx, system, english.ID, registry.Domain{Host: "www.newyanta.gov.cn"}, registry.Why{Says: "域名变更", CaseID: "CASE"})
			return err
		})
		now, err := h.reg.Site(h.ctx, system, s.ID)
		if err != nil || now.Host != "www.newyanta.gov.cn" || now.Monitored || now.ChineseDomain != "雁塔.政务" {
			t.Errorf("after the change: %+v (%v)", now, err)
		}
		old, err := h.reg.Domain(h.ctx, h.db, system, english.ID)
		if err != nil || old.State != registry.DomainCancelling || old.Main {
			t.Errorf("the old one: %+v (%v)", old, err)
		}
		if !next.Main || next.CaseID != "CASE" {
			t.Errorf("the new one: %+v", next)
		}

		// No proof, no tombstone.
		h.refused(fault.Invalid, "document", func(tx *db.Tx) error {
			_, err := h.reg.CancelDomain(h.ctx, tx, system, old.ID, registry.Why{Says: "注销"})
			return err
		})
		h.do(func(tx *db.Tx) error { _, err := h.reg.CancelDomain(h.ctx, tx, system, old.ID, why); return err })
		today := calendar.Today(h.clock)
		watched, n, err := h.reg.Domains(h.ctx, system, registry.DomainFilter{Watched: true, Today: today})
		if err != nil || n != 1 || watched[0].ID != old.ID || watched[0].WatchUntil != today.AddYears(5) {
			t.Fatalf("watched %+v (%v)", watched, err)
		}
		h.do(func(tx *db.Tx) error {
			return h.reg.SeeTombstone(h.ctx, tx, system, old.ID, "页面为博彩内容", true)
		})
		// The given-up name may be taken again; a held one may not.
		h.do(func(tx *db.Tx) error {
			_, err := h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "www.yanta.gov.cn", Unit: h.office.ID, Purpose: "重新取得"}, why)
			return err
		})
		h.refused(fault.Conflict, "host", func(tx *db.Tx) error {
			_, err := h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "https://WWW.newyanta.gov.cn/", Unit: h.bureau.ID}, why)
			return err
		})
		h.refused(fault.Conflict, "main", func(tx *db.Tx) error {
			_, err := h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "second.gov.cn", Unit: h.office.ID, Site: s.ID, Main: true}, why)
			return err
		})
		// When the last main domain is gone the site has no host.
		h.do(func(tx *db.Tx) error { _, err := h.reg.BeginCancel(h.ctx, tx, system, next.ID, why); return err })
		h.do(func(tx *db.Tx) error { _, err := h.reg.CancelDomain(h.ctx, tx, system, next.ID, why); return err })
		if now, err = h.reg.Site(h.ctx, system, s.ID); err != nil || now.Host != "" {
			t.Errorf("after the cancellation: %q (%v)", now.Host, err)
		}
	})
}

// A correction of the identifiers mends the domain's own row, and the other way
// round nothing is left behind.
func TestCorrectionMendsTheDomain(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		s := h.site(registry.Portal, h.office, "www.yanat.gov.cn", "")
		n := s.Identifiers()
		n.Host, n.ChineseDomain, n.Why = "www.yanta.gov.cn", "雁塔.政务", registry.Why{Says: "更正录入错误"}
		h.do(func(tx *db.Tx) error { _, err := h.reg.SetIdentifiers(h.ctx, tx, system, s.ID, n); return err })
		list, err := h.reg.DomainsOf(h.ctx, h.db, system, s.ID)
		if err != nil || len(list) != 2 {
			t.Fatalf("%d domains (%v)", len(list), err)
		}
		english, chinese, err := h.reg.MainDomains(h.ctx, h.db, system, s.ID)
		if err != nil || english.Host != "www.yanta.gov.cn" || chinese.Shown != "雁塔.政务" {
			t.Errorf("%q %q (%v)", english.Host, chinese.Shown, err)
		}
		history, err := h.reg.DomainHistory(h.ctx, h.db, system, english.ID)
		if err != nil || len(history) != 2 || history[0].Field != "shown" || history[0].Was != "www.yanat.gov.cn" || history[0].Why != "更正录入错误" {
			t.Errorf("history %+v (%v)", history, err)
		}
		n.ChineseDomain = ""
		h.do(func(tx *db.Tx) error { _, err := h.reg.SetIdentifiers(h.ctx, tx, system, s.ID, n); return err })
		if now, err := h.reg.Site(h.ctx, system, s.ID); err != nil || now.ChineseDomain != "" {
			t.Errorf("the Chinese domain stands: %+v (%v)", now, err)
		}
		if _, n, err := h.reg.Domains(h.ctx, system, registry.DomainFilter{Watched: true, Today: calendar.Today(h.clock)}); err != nil || n != 0 {
			t.Errorf("a struck-out entry is watched: %d (%v)", n, err)
		}
		n.Why = registry.Why{}
		n.Contact = "029-1"
		h.refused(fault.Invalid, "why", func(tx *db.Tx) error { _, err := h.reg.SetIdentifiers(h.ctx, tx, system, s.ID, n); return err })
	})
}

// A data folder from before the domain ledger gains it at start, once.
func TestAdoptDomainsOfOlderSites(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		s := h.site(registry.Portal, h.office, "www.yanta.gov.cn", "雁塔.政务")
		twin := h.site(registry.DepartmentSite, h.bureau, "swj.yanta.gov.cn", "")
		wrong := h.site(registry.DepartmentSite, h.bureau, "old.yanta.gov.cn", "")
		h.do(func(tx *db.Tx) error {
			for _, q := range []string{`DELETE FROM domain`, `UPDATE site SET chinese_domain = '雁塔.政务' WHERE id = '` + string(twin.ID) + `'`, `UPDATE site SET chinese_domain = '还没有' WHERE id = '` + string(wrong.ID) + `'`} {
				if _, err := tx.Exec(h.ctx, q); err != nil {
					return err
				}
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test.older"})
		})
		if n, err := h.reg.AdoptDomains(h.ctx); err != nil || n != 3 {
			t.Fatalf("adopted %d (%v)", n, err)
		}
		if n, err := h.reg.AdoptDomains(h.ctx); err != nil || n != 0 {
			t.Errorf("again %d (%v)", n, err)
		}
		english, chinese, err := h.reg.MainDomains(h.ctx, h.db, system, s.ID)
		if err != nil || english.Host != s.Host || chinese.Shown != "雁塔.政务" {
			t.Errorf("%q %q (%v)", english.Host, chinese.Shown, err)
		}
		if now, err := h.reg.Site(h.ctx, system, twin.ID); err != nil || now.ChineseDomain != "" || now.Host != twin.Host {
			t.Errorf("a name that is another's: %+v (%v)", now, err)
		}
		if _, c, err := h.reg.MainDomains(h.ctx, h.db, system, wrong.ID); err != nil || c.Shown != "还没有" || c.Host != "" {
			t.Errorf("what is no name: %+v (%v)", c, err)
		}
	})
}

// The dates of a domain are clocks: renewed is evidence, corrected is not.
func TestArticle10_DomainDatesRun(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		today := calendar.Today(h.clock)
		var d registry.Domain
		h.do(func(tx *db.Tx) error {
			var err error
			d, err = h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "yt.gov.cn", Unit: h.office.ID, ExpiresOn: today.AddDays(80), CertExpiresOn: today.AddDays(20)}, why)
			return err
		})
		if o := h.open("domain_expiry", string(d.ID)); len(o) != 1 || o[0].Due.On != today.AddDays(80) || o[0].Unit != h.office.ID {
			t.Fatalf("expiry %+v", o)
		}
		if o := h.open("certificate_expiry", string(d.ID)); len(o) != 1 {
			t.Fatalf("certificate %+v", o)
		}
		n := d.Fields()
		n.ExpiresOn = today.AddYears(1)
		h.do(func(tx *db.Tx) error {
			_, err := h.reg.SetDomain(h.ctx, tx, system, d.ID, n, registry.Why{Says: "续费", Document: "发票 1"}, d.UpdatedAt)
			return err
		})
		if o := h.open("domain_expiry", string(d.ID)); len(o) != 1 || o[0].Due.On != today.AddYears(1) {
			t.Errorf("renewed: %+v", o)
		}
		done, err := h.clocks.Obligations(h.ctx, system, obligation.Filter{Kind: "domain_expiry", State: obligation.Discharged})
		if err != nil || len(done) != 1 || !strings.Contains(done[0].Evidence, "发票 1") {
			t.Errorf("evidence %+v (%v)", done, err)
		}
		// Two people at once: the second is told.
		h.clock.Set(h.clock.Now().Add(time.Minute))
		n.Registrar = "甲"
		h.refused(fault.Conflict, "", func(tx *db.Tx) error {
			_, err := h.reg.SetDomain(h.ctx, tx, system, d.ID, n, why, d.UpdatedAt.Add(-time.Second))
			return err
		})
		h.refused(fault.Invalid, "expires_on", func(tx *db.Tx) error {
			n := n
			n.RegisteredOn, n.ExpiresOn = today, today.AddDays(-1)
			_, err := h.reg.SetDomain(h.ctx, tx, system, d.ID, n, why, time.Time{})
			return err
		})
		h.do(func(tx *db.Tx) error {
			return h.reg.SeeCertificate(h.ctx, tx, system, d.ID, "某CA", today.AddDays(300), "run 1")
		})
		history, err := h.reg.DomainHistory(h.ctx, h.db, system, d.ID)
		if err != nil || registry.Origins(history)["cert_expires_on"].Source != registry.Observed || registry.Origins(history)["expires_on"].Source != registry.ByPerson {
			t.Errorf("origins %+v (%v)", registry.Origins(history), err)
		}
		h.do(func(tx *db.Tx) error { _, err := h.reg.BeginCancel(h.ctx, tx, system, d.ID, why); return err })
		h.do(func(tx *db.Tx) error { _, err := h.reg.CancelDomain(h.ctx, tx, system, d.ID, why); return err })
		if a, b := h.open("domain_expiry", string(d.ID)), h.open("certificate_expiry", string(d.ID)); len(a)+len(b) != 0 {
			t.Errorf("clocks of a given-up name: %+v %+v", a, b)
		}
	})
}

// 国办函〔2018〕55号: an approved domain has the form; an existing one shows it
// as advice; a department stands below its own government's portal.
func TestArticle10_FormOfDomains(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		h.site(registry.Portal, h.office, "www.yanta.gov.cn", "")
		s := h.site(registry.DepartmentSite, h.bureau, "swj.yanta.gov.cn", "")
		for host, rule := range map[string]string{"swj.weinan.gov.cn": "S10.1.department_name", "yantaswj.com": "S10.1.suffix", "swj2.yanta.gov.cn": ""} {
			got, err := h.reg.DomainBreaches(h.ctx, h.db, system, registry.Domain{Host: host, Unit: h.bureau.ID, Site: s.ID})
			if err != nil {
				t.Fatal(err)
			}
			id := ""
			if len(got) > 0 {
				id = got[0].Rule.ID
			}
			if id != rule {
				t.Errorf("%s: %q, want %q", host, id, rule)
			}
		}
		h.refused(fault.Refused, "host", func(tx *db.Tx) error {
			_, err := h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "yantaswj.com", Unit: h.bureau.ID, Site: s.ID}, registry.Why{Says: "获批", CaseID: "CASE"})
			return err
		})
		h.do(func(tx *db.Tx) error {
			d, err := h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "yantaswj.com", Unit: h.bureau.ID, Site: s.ID}, why)
			if d.Kind != registry.OtherDomain {
				t.Errorf("kind %s", d.Kind)
			}
			return err
		})
		h.refused(fault.Invalid, "unit", func(tx *db.Tx) error {
			_, err := h.reg.AddDomain(h.ctx, tx, system, registry.Domain{Host: "b.gov.cn", Unit: h.office.ID, Site: s.ID}, why)
			return err
		})
		v, err := h.reg.Lookalikes(h.ctx, h.db, "www.yanta-gov.cn")
		if err != nil || !v.Lookalike || !v.Listed || v.Imitates != "www.yanta.gov.cn" {
			t.Errorf("look-alike %+v (%v)", v, err)
		}
	})
}

func (h *ledger) account(unit org.Unit, platform, name string, change func(*registry.Account)) registry.Account {
	h.t.Helper()
	a := registry.Account{Unit: unit.ID, Platform: platform, Name: name}
	if registry.ObjectKindOf(platform) == sx2021.App {
		a.Necessity = "本区特有事项"
	}
	if change != nil {
		change(&a)
	}
	h.do(func(tx *db.Tx) error {
		var err error
		a, err = h.reg.EnterAccount(h.ctx, tx, system, a, why)
		return err
	})
	return a
}

// Every field keeps its value before and after, why, and where it came from;
// a changed name stays as a former one.
func TestAccountHistorySourcesAndFormerNames(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		a := h.account(h.office, "weibo", "雁塔之声", nil)
		n := a.Fields()
		n.Name, n.PlatformID, n.A, n.B, n.FiledOn = "雁塔发布", "1000000001", h.a.ID, h.b.ID, calendar.Date{Year: 2025, Month: 1, Day: 2}
		diff, err := h.reg.AccountDiff(h.ctx, h.db, system, a.ID, n)
		if err != nil || len(diff) != 5 {
			t.Fatalf("diff %+v (%v)", diff, err)
		}
		h.do(func(tx *db.Tx) error {
			_, err := h.reg.SetAccount(h.ctx, tx, system, a.ID, n, registry.Why{Says: "统一名称", CaseID: "CASE1", Document: "批复 1"}, a.UpdatedAt)
			return err
		})
		got, err := h.reg.Account(h.ctx, h.db, system, a.ID)
		if err != nil || got.AName != "周敏" || got.BName != "李强" || got.Name != "雁塔发布" {
			t.Fatalf("%+v (%v)", got, err)
		}
		history, err := h.reg.History(h.ctx, h.db, system, got.Ref())
		if err != nil || len(history) != 6 {
			t.Fatalf("history %+v (%v)", history, err)
		}
		origins := registry.Origins(history)
		if o := origins["name"]; o.Source != registry.ByApproval || o.CaseID != "CASE1" {
			t.Errorf("origin of the name %+v", o)
		}
		if o := origins[""]; o.Source != registry.ByPerson {
			t.Errorf("origin of the record %+v", o)
		}
		former, err := h.reg.FormerNames(h.ctx, h.db, system, got.Ref())
		if err != nil || len(former) != 1 || former[0].Name != "雁塔之声" || former[0].Document != "批复 1" {
			t.Errorf("former %+v (%v)", former, err)
		}
		h.do(func(tx *db.Tx) error {
			_, err := h.reg.Rename(h.ctx, tx, system, got.Ref(), "雁塔新发布", registry.Why{CaseID: "CASE2"})
			return err
		})
		if former, err = h.reg.FormerNames(h.ctx, h.db, system, got.Ref()); err != nil || len(former) != 2 || former[0].From.IsZero() {
			t.Errorf("former %+v (%v)", former, err)
		}
	})
}

func TestAccountRefusals(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		a := h.account(h.office, "weibo", "雁塔发布", func(a *registry.Account) {
			a.Main, a.PlatformID, a.URL = true, "1000000001", "https://weibo.com/u/1000000001"
		})
		b := h.account(h.office, "douyin", "雁塔发布", nil)
		set := func(id registry.AccountID, change func(*registry.AccountFields)) func(tx *db.Tx) error {
			return func(tx *db.Tx) error {
				n := registry.AccountFields{Name: "雁塔发布"}
				change(&n)
				_, err := h.reg.SetAccount(h.ctx, tx, system, id, n, why, time.Time{})
				return err
			}
		}
		h.refused(fault.Refused, "main", set(b.ID, func(n *registry.AccountFields) { n.Main = true }))
		h.refused(fault.Invalid, "b", set(b.ID, func(n *registry.AccountFields) { n.A, n.B = h.a.ID, h.a.ID }))
		h.refused(fault.Invalid, "leader", set(b.ID, func(n *registry.AccountFields) { n.Leader = "nobody" }))
		h.refused(fault.Invalid, "url", set(b.ID, func(n *registry.AccountFields) { n.URL = "javascript:alert(1)" }))
		h.refused(fault.Invalid, "name", set(b.ID, func(n *registry.AccountFields) { n.Name = " " }))
		h.refused(fault.Invalid, "why", func(tx *db.Tx) error {
			_, err := h.reg.SetAccount(h.ctx, tx, system, b.ID, registry.AccountFields{Name: "新名"}, registry.Why{}, time.Time{})
			return err
		})
		enter := func(a registry.Account) func(tx *db.Tx) error {
			return func(tx *db.Tx) error { _, err := h.reg.EnterAccount(h.ctx, tx, system, a, why); return err }
		}
		h.refused(fault.Conflict, "platform_id", enter(registry.Account{Unit: h.bureau.ID, Platform: "weibo", Name: "雁塔商务", PlatformID: a.PlatformID}))
		h.refused(fault.Conflict, "url", enter(registry.Account{Unit: h.bureau.ID, Platform: "weibo", Name: "雁塔商务", URL: a.URL}))
		h.refused(fault.Invalid, "necessity", enter(registry.Account{Unit: h.bureau.ID, Platform: "app", Name: "雁塔商务"}))
		h.refused(fault.Invalid, "platform", enter(registry.Account{Unit: h.bureau.ID, Platform: "myspace", Name: "雁塔商务"}))
		h.refused(fault.NotFound, "", func(tx *db.Tx) error {
			_, err := h.reg.SetAccount(h.ctx, tx, authz.Area("test", "/elsewhere/"), a.ID, registry.AccountFields{Name: "x"}, why, time.Time{})
			return err
		})
	})
}

// Same address, another permanent id: somebody else holds the name.
func TestSightingShowsAHijackedHandle(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		a := h.account(h.office, "weibo", "雁塔发布", func(a *registry.Account) { a.PlatformID = "1000000001" })
		seen := registry.Sighting{Source: registry.Observed, PlatformID: "1999999999", Name: "雁塔发布"}
		for range 2 {
			h.do(func(tx *db.Tx) error { return h.reg.Sight(h.ctx, tx, system, a.ID, seen) })
		}
		last, err := h.reg.LastSighting(h.ctx, h.db, system, a.ID)
		if err != nil || last.PlatformID != "1999999999" {
			t.Fatalf("%+v (%v)", last, err)
		}
		if n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM account_sighting`); err != nil || n != 1 {
			t.Errorf("the same sighting %d times (%v)", n, err)
		}
		if got := a.Strange(last); len(got) != 1 || !strings.Contains(got[0], "占用") {
			t.Errorf("advice %v", got)
		}
		// A platform sets blanks of its own: no other name, as the check has it.
		a.VerifiedAs = "雁塔区人民政府办公室"
		if got := a.Strange(registry.Sighting{At: last.At, Name: "雁塔 发布", VerifiedAs: "雁塔区人民政府　办公室"}); len(got) != 0 {
			t.Errorf("blanks: %v", got)
		}
		if got := a.Strange(registry.Sighting{At: last.At, Name: "雁塔公布", VerifiedAs: "某公司"}); len(got) != 2 {
			t.Errorf("another name and subject: %v", got)
		}
		if now, err := h.reg.Account(h.ctx, h.db, system, a.ID); err != nil || now.PlatformID != "1000000001" {
			t.Errorf("a sighting changed the ledger: %+v (%v)", now, err)
		}
	})
}

// Article 7(3): no report, no version; Article 27: apps few people use are
// listed, an app without a count first.
func TestArticle27_AppsVersionsAndLowUse(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		today := calendar.Today(h.clock)
		few := h.account(h.bureau, "app", "雁塔商务", nil)
		none := h.account(h.bureau, "miniapp", "雁塔小店", nil)
		many := h.account(h.office, "app", "雁塔办事", nil)
		weibo := h.account(h.office, "weibo", "雁塔发布", nil)
		good := registry.Version{App: few.ID, Number: "1.0", ReleasedOn: today, Tester: "测评中心", TestedOn: today.AddDays(-3), Passed: true, Downloads: []registry.Download{{Store: "应用宝", URL: "https://example.cn/a"}}}
		add := func(change func(*registry.Version)) func(tx *db.Tx) error {
			return func(tx *db.Tx) error {
				v := good
				change(&v)
				_, err := h.reg.AddVersion(h.ctx, tx, system, v, why)
				return err
			}
		}
		h.do(add(func(*registry.Version) {}))
		h.refused(fault.Conflict, "number", add(func(*registry.Version) {}))
		h.refused(fault.Invalid, "passed", add(func(v *registry.Version) { v.Number, v.Passed = "2", false }))
		h.refused(fault.Invalid, "tester", add(func(v *registry.Version) { v.Number, v.Tester = "2", "" }))
		h.refused(fault.Invalid, "tested_on", add(func(v *registry.Version) { v.Number, v.TestedOn = "2", today.AddDays(1) }))
		h.refused(fault.Invalid, "downloads", add(func(v *registry.Version) {
			v.Number, v.Downloads = "2", []registry.Download{{Store: "应用宝", URL: "ftp://x"}}
		}))
		h.refused(fault.Invalid, "number", add(func(v *registry.Version) { v.App = weibo.ID }))
		versions, err := h.reg.Versions(h.ctx, h.db, system, few.ID)
		if err != nil || len(versions) != 1 || len(versions[0].Downloads) != 1 || versions[0].Tester != "测评中心" {
			t.Fatalf("%+v (%v)", versions, err)
		}
		use := func(id registry.AccountID, n int64) {
			h.do(func(tx *db.Tx) error {
				_, err := h.reg.RecordUse(h.ctx, tx, system, id, registry.Use{Followers: -1, Active: n, On: today}, registry.Why{})
				return err
			})
		}
		use(few.ID, 499)
		use(many.ID, 500)
		h.refused(fault.Invalid, "on", func(tx *db.Tx) error {
			_, err := h.reg.RecordUse(h.ctx, tx, system, few.ID, registry.Use{Followers: 1, Active: -1, On: today.AddDays(1)}, registry.Why{})
			return err
		})
		list, total, err := h.reg.LowUseApps(h.ctx, system, 0, 0)
		if err != nil || total != 2 || list[0].ID != none.ID || list[1].ID != few.ID || list[1].Siblings != 1 {
			t.Errorf("low use %d %+v (%v)", total, list, err)
		}
	})
}

// Article 9: names that tell neither area nor unit, verification that is not
// the sponsor's, different names on different platforms, another unit's name.
func TestArticle09_NamesToMend(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		ok := func(a *registry.Account) { a.VerifiedAs = "雁塔区商务局" }
		h.account(h.bureau, "weibo", "雁塔商务局", ok)
		h.account(h.bureau, "douyin", "雁塔 商务局", ok)
		list, total, err := h.reg.NamesToMend(h.ctx, system, registry.NameFilter{})
		if err != nil || total != 0 {
			t.Fatalf("nothing is wrong: %+v (%v)", list, err)
		}
		odd := h.account(h.bureau, "toutiao", "指尖服务", nil)
		h.account(h.office, "kuaishou", "雁塔商务局", func(a *registry.Account) { a.VerifiedAs = "雁塔区人民政府办公室" })
		for rule, want := range map[string]int{"": 4, "S9.1.tied": 1, "S9.2.verified": 1, "S9.3.same_name": 3, "like": 3} {
			_, total, err := h.reg.NamesToMend(h.ctx, system, registry.NameFilter{Rule: rule})
			if err != nil || total != want {
				t.Errorf("%q: %d, want %d (%v)", rule, total, want, err)
			}
		}
		if _, total, err := h.reg.NamesToMend(h.ctx, authz.Area("test", "/elsewhere/"), registry.NameFilter{}); err != nil || total != 0 {
			t.Errorf("out of scope %d (%v)", total, err)
		}
		n, err := h.reg.NamingOf(h.ctx, h.db, system, odd.Ref())
		if err != nil || len(n.Breaches) != 3 {
			t.Errorf("%+v (%v)", n, err)
		}
	})
}

// Re-certification: opened once a year for who has records, discharged by the
// holder, overdue when not done.
func TestRecertificationOnceAYear(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		s := h.site(registry.Portal, h.office, "www.yanta.gov.cn", "")
		a := h.account(h.office, "weibo", "雁塔发布", nil)
		if n, err := h.reg.OpenRecertification(h.ctx); err != nil || n != 0 {
			t.Fatalf("in March %d (%v)", n, err)
		}
		h.clock.Set(time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC))
		for want := 1; want >= 0; want-- {
			if n, err := h.reg.OpenRecertification(h.ctx); err != nil || n != want {
				t.Errorf("in September %d, want %d (%v)", n, want, err)
			}
		}
		if o := h.open("recertification", string(h.office.ID)); len(o) != 1 || o[0].Due.On.String() != "2026-10-31" || o[0].Link != "/console/recertify/"+string(h.office.ID) {
			t.Fatalf("%+v", o)
		}
		if o := h.open("recertification", string(h.bureau.ID)); len(o) != 0 {
			t.Errorf("a unit without records owes %+v", o)
		}
		session := func(unit org.Unit) *authz.Session {
			return &authz.Session{PersonID: "p", Name: "周敏", Posts: []authz.Post{{ID: "1", Role: authz.Sponsor, UnitID: string(unit.ID), AreaPath: unit.AreaPath, LinePath: unit.LinePath}}}
		}
		domains, err := h.reg.DomainsOf(h.ctx, h.db, system, s.ID)
		if err != nil || len(domains) != 1 {
			t.Fatalf("%d domains (%v)", len(domains), err)
		}
		keys := []string{"site:" + string(s.ID), "account:" + string(a.ID), "domain:" + string(domains[0].ID)}
		h.refused(fault.Forbidden, "", func(tx *db.Tx) error {
			_, err := h.reg.Recertify(h.ctx, tx, session(h.bureau), system, h.office.ID, keys)
			return err
		})
		h.refused(fault.Invalid, "keys", func(tx *db.Tx) error {
			_, err := h.reg.Recertify(h.ctx, tx, session(h.office), system, h.office.ID, nil)
			return err
		})
		for i, key := range keys {
			h.do(func(tx *db.Tx) error {
				left, err := h.reg.Recertify(h.ctx, tx, session(h.office), system, h.office.ID, []string{key, "site:elsewhere"})
				if left != len(keys)-1-i {
					t.Errorf("%d left after %d", left, i+1)
				}
				return err
			})
		}
		if o := h.open("recertification", string(h.office.ID)); len(o) != 0 {
			t.Errorf("still owed: %+v", o)
		}
		h.clock.Set(time.Date(2027, 9, 2, 2, 0, 0, 0, time.UTC))
		if n, err := h.reg.OpenRecertification(h.ctx); err != nil || n != 1 {
			t.Errorf("next year %d (%v)", n, err)
		}
	})
}

func TestDirectoryHoldsWhatRunsAndNoPerson(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		h.site(registry.Portal, h.office, "www.yanta.gov.cn", "雁塔.政务")
		h.account(h.office, "weibo", "雁塔发布", func(a *registry.Account) { a.A, a.URL = h.a.ID, "https://weibo.com/u/1000000001" })
		h.do(func(tx *db.Tx) error {
			_, err := h.reg.PlanSite(h.ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: "筹建", Host: "swj.yanta.gov.cn"})
			return err
		})
		d, err := h.reg.Directory(h.ctx)
		if err != nil || len(d.Entries) != 4 {
			t.Fatalf("%+v (%v)", d, err)
		}
		for _, l := range d.Entries {
			if strings.Contains(l.Address, "swj") || l.Unit != "雁塔区人民政府办公室" {
				t.Errorf("listed %+v", l)
			}
		}
	})
}

// Planned sites hold their names as applied for; the launch makes them used.
func TestLaunchActivatesTheDomains(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		var s registry.Site
		h.do(func(tx *db.Tx) error {
			var err error
			s, err = h.reg.PlanSite(h.ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: "商务局", Host: "swj.yanta.gov.cn"})
			return err
		})
		d, _, err := h.reg.MainDomains(h.ctx, h.db, system, s.ID)
		if err != nil || d.State != registry.DomainApplying {
			t.Fatalf("%+v (%v)", d, err)
		}
		h.do(func(tx *db.Tx) error { _, err := h.reg.Launch(h.ctx, tx, system, s.ID, passage.Note{}); return err })
		if d, _, err = h.reg.MainDomains(h.ctx, h.db, system, s.ID); err != nil || d.State != registry.DomainActive {
			t.Errorf("%+v (%v)", d, err)
		}
	})
}

// The transitions of migration 0101 are those of the machine.
func TestMigrationDeclaresTheDomainMachine(t *testing.T) {
	eachLedger(t, func(h *ledger) {
		n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM transition WHERE kind = 'domain'`)
		if err != nil || n != len(registry.DomainMachine.Moves) {
			t.Fatalf("%d transitions, %d moves (%v)", n, len(registry.DomainMachine.Moves), err)
		}
		if err := passage.Declare(h.ctx, h.db, registry.DomainMachine); err != nil {
			t.Fatal(err)
		}
		if n2, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM transition WHERE kind = 'domain'`); err != nil || n2 != n {
			t.Errorf("declaring adds %d (%v)", n2-n, err)
		}
	})
}

func TestPlatformPackIsStrict(t *testing.T) {
	for name, pack := range map[string]string{
		"unknown field": `{"source":"x","mark":"D","extra":1,"platforms":[]}`, "no mark": `{"source":"x","platforms":[]}`,
		"twice":       `{"source":"x","mark":"D","platforms":[{"id":"a","name":"A","group":"g"},{"id":"a","name":"B","group":"g"}]}`,
		"bad pattern": `{"source":"x","mark":"D","platforms":[{"id":"a","name":"A","group":"g","urls":["("]}]}`,
		"purpose":     `{"source":"x","mark":"D","platforms":[{"id":"a","name":"A","group":"g","purposes":["卖货"]}]}`,
	} {
		if _, err := registry.ReadPlatforms([]byte(pack)); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if n := len(registry.AllPlatforms().Platforms); n < 15 || n != len(registry.Platforms) {
		t.Errorf("%d platforms", n)
	}
	p, _ := registry.PlatformOf("weibo")
	if id, _, ok := p.Read("https://weibo.com/u/1234567890?from=x"); !ok || id != "1234567890" || p.Address(id) != "https://weibo.com/u/1234567890" {
		t.Errorf("read %q %v", id, ok)
	}
	if got := p.Advice(registry.Account{URL: "https://weibo.com/u/1234567890", PlatformID: "1234567891"}); len(got) != 1 {
		t.Errorf("advice %v", got)
	}
	if got := p.Advice(registry.Account{URL: "https://example.com/x"}); len(got) != 1 {
		t.Errorf("advice %v", got)
	}
}
