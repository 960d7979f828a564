package protection_test

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/protection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

var start = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

var all = authz.System("test")

type house struct {
	db          *db.DB
	clock       *calendar.Manual
	obligations *obligation.Service
	svc         *protection.Service
	ctx         context.Context
	unit, other org.Unit
	registry    *registry.Service
	site        registry.Site
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &house{db: d, clock: clock, ctx: audit.System(context.Background(), "test")}
		ok(t, passage.Declare(h.ctx, d, registry.SiteMachine, registry.AccountMachine))
		store, err := blob.Disk(t.TempDir())
		ok(t, err)
		o := org.New(d)
		reg := registry.New(d, o)
		h.registry = reg
		h.obligations = obligation.New(d, o, protection.Obligations()...)
		h.svc = protection.New(protection.Parts{DB: d, Org: o, Registry: reg, Obligations: h.obligations, Store: store})
		ok(t, d.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(h.ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			if h.unit, _, err = o.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}); err != nil {
				return err
			}
			if h.other, _, err = o.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省商务厅"}); err != nil {
				return err
			}
			h.site, err = reg.EnterSite(h.ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.example.gov.cn"})
			return err
		}))
		fn(t, h)
	})
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, err error, kind fault.Kind, ids ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(fault.Of(err).Reasons, func(r fault.Reason) bool { return r.ID == id }) {
			t.Errorf("%v does not name %s", err, id)
		}
	}
}

func file() *approval.Upload {
	return &approval.Upload{Name: "报告.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
}

func (h *house) due(t *testing.T, kind string) []calendar.Date {
	t.Helper()
	list, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Kind: kind})
	ok(t, err)
	var out []calendar.Date
	for _, o := range list {
		out = append(out, o.Due.On)
	}
	return out
}

func (h *house) of() protection.Subject {
	return protection.Subject{Kind: sx2021.Site, ID: string(h.site.ID)}
}

func (h *house) gaps(t *testing.T) protection.UnitGaps {
	t.Helper()
	list, total, err := h.svc.Gaps(h.ctx, all, protection.Filter{})
	if err != nil || total != 1 || len(list) != 1 {
		t.Fatalf("%d of %d units, %v", len(list), total, err)
	}
	return list[0]
}

func TestArticle22_GradesAreAssessedAtTheirInterval(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		today := calendar.DateOf(h.clock.Now())
		if g := h.gaps(t); g.Ungraded != 1 || g.Unhosted != 1 {
			t.Errorf("gaps of a bare site: %+v", g)
		}
		g, err := h.svc.SaveGrade(h.ctx, all, protection.Grade{Unit: h.unit.ID, Of: h.of(), Level: 3})
		ok(t, err)
		if n := h.gaps(t); n.Ungraded != 0 || n.Unfiled != 1 || n.Late != 1 {
			t.Errorf("gaps of a grade never filed: %+v", n)
		}
		_, err = h.svc.SaveGrade(h.ctx, all, protection.Grade{Unit: h.unit.ID, Of: h.of(), Level: 3})
		refused(t, err, fault.Conflict)
		_, err = h.svc.SaveGrade(h.ctx, all, protection.Grade{Unit: h.other.ID, Of: h.of(), Level: 3})
		refused(t, err, fault.Invalid) // another's site
		_, err = h.svc.Assess(h.ctx, all, g.ID, protection.Assessment{On: today, Agency: "测评中心", Result: "良"}, nil)
		refused(t, err, fault.Invalid)
		g, err = h.svc.Assess(h.ctx, all, g.ID, protection.Assessment{On: today.AddDays(-30), Agency: "测评中心", Result: "良"}, file())
		ok(t, err)
		want := today.AddDays(-30).AddMonths(12)
		if got := h.due(t, "protection_assessment"); g.Next != want || !slices.Equal(got, []calendar.Date{want}) {
			t.Errorf("next %s, owed %v, want %s", g.Next, got, want)
		}
		// An older report is kept and moves nothing.
		g, err = h.svc.Assess(h.ctx, all, g.ID, protection.Assessment{On: today.AddDays(-400), Agency: "测评中心", Result: "中"}, file())
		ok(t, err)
		if got := h.due(t, "protection_assessment"); g.Next != want || len(got) != 1 || got[0] != want {
			t.Errorf("an older report moved the clock to %v", got)
		}
		g, err = h.svc.SaveGrade(h.ctx, all, protection.Grade{ID: g.ID, Level: 2, Filing: "61000-1"})
		ok(t, err)
		if i, _, found, err := protection.IntervalOf(2); err != nil || !found || i.Verified() || g.Next != today.AddDays(-30).AddMonths(i.Months) {
			t.Errorf("level 2: next %s, interval %+v, %v", g.Next, i, err)
		}
		d, err := h.svc.GradeDossier(h.ctx, all, g.ID)
		if err != nil || len(d.Assessments) != 2 || len(d.History) < 4 {
			t.Errorf("%d assessments, %d lines of history, %v", len(d.Assessments), len(d.History), err)
		}
	})
}

func TestArticle24_CertificatesExpire(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		today := calendar.DateOf(h.clock.Now())
		a, err := h.svc.SaveAsset(h.ctx, all, protection.Asset{Unit: h.unit.ID, Kind: "device", Name: "防火墙", Maker: "某公司", Pieces: 3, Domestic: true}, nil)
		ok(t, err)
		if g := h.gaps(t); g.Uncertified != 1 {
			t.Errorf("gaps: %+v", g)
		}
		a.Proof, a.Certificate, a.Expires = "certified", "CCRC-1", today.AddDays(100)
		_, err = h.svc.SaveAsset(h.ctx, all, a, file())
		ok(t, err)
		if got := h.due(t, "asset_certificate"); !slices.Equal(got, []calendar.Date{today.AddDays(100)}) {
			t.Errorf("owed: %v", got)
		}
		// Another word in the record is no answer to its clock.
		a.Model = "FW-2"
		_, err = h.svc.SaveAsset(h.ctx, all, a, nil)
		ok(t, err)
		if list, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Kind: "asset_certificate", State: "all"}); err != nil || len(list) != 1 {
			t.Errorf("%d clocks for one certificate, %v", len(list), err)
		}
		_, err = h.svc.SaveAsset(h.ctx, all, protection.Asset{Unit: h.unit.ID, Kind: "product", Name: "防篡改", Maker: "某公司", Pieces: 1, Certificate: "x"}, nil)
		refused(t, err, fault.Invalid) // of what kind?
		_, err = h.svc.SaveAsset(h.ctx, all, protection.Asset{Unit: h.unit.ID, Kind: "product", Name: "防篡改", Maker: "某公司", Pieces: 1, Proof: "certified"}, nil)
		refused(t, err, fault.Invalid) // which one? What was typed is not dropped.
		_, err = h.svc.SaveAsset(h.ctx, all, protection.Asset{Unit: h.unit.ID, Kind: "product", Name: "防篡改", Maker: "某公司", Pieces: 1}, nil)
		ok(t, err)
		_, total, share, err := h.svc.Assets(h.ctx, all, protection.Filter{})
		if err != nil || total != 2 || share != (protection.Share{Domestic: 3, All: 4}) {
			t.Errorf("%d, %+v, %v", total, share, err)
		}
		ok(t, h.svc.Retire(h.ctx, all, a.ID))
		refused(t, h.svc.Retire(h.ctx, all, a.ID), fault.Conflict)
		if got := h.due(t, "asset_certificate"); len(got) != 0 {
			t.Errorf("a retired device owes %v", got)
		}
	})
}

func TestArticle24_NothingStandsAbroad(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		today := calendar.DateOf(h.clock.Now())
		x := protection.Hosting{Unit: h.unit.ID, Of: h.of(), Provider: "某云", ProviderNation: "HK", Form: "cloud", ServerNation: "CN", Location: "西安", Until: today.AddDays(200)}
		_, err := h.svc.SaveHosting(h.ctx, all, x, nil)
		refused(t, err, fault.Refused, "S24.2.provider")
		// What already is so is recorded, seen, and owed.
		x.Existing = true
		x, err = h.svc.SaveHosting(h.ctx, all, x, file())
		ok(t, err)
		if g := h.gaps(t); g.Abroad != 1 || g.Unhosted != 0 {
			t.Errorf("gaps: %+v", g)
		}
		if got := h.due(t, "hosting_abroad"); !slices.Equal(got, []calendar.Date{today.AddDays(protection.AbroadDays)}) {
			t.Errorf("owed: %v", got)
		}
		ref := registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)}
		if _, graded, hosts, err := h.svc.Of(h.ctx, all, ref); err != nil || graded || len(hosts) != 1 || hosts[0].ID != x.ID {
			t.Errorf("of the site: graded %v, %+v, %v", graded, hosts, err)
		}
		if _, _, hosts, err := h.svc.Of(h.ctx, authz.Area("test", h.other.AreaPath), ref); err != nil || len(hosts) != 0 {
			t.Errorf("another unit sees %+v, %v", hosts, err)
		}
		x.ProviderNation, x.Existing = "CN", false
		x, err = h.svc.SaveHosting(h.ctx, all, x, nil)
		ok(t, err)
		if got := h.due(t, "hosting_abroad"); len(got) != 0 {
			t.Errorf("still owed: %v", got)
		}
		x.Until = today.AddDays(-1)
		x.From = today
		_, err = h.svc.SaveHosting(h.ctx, all, x, nil)
		refused(t, err, fault.Invalid)
		ok(t, h.svc.EndHosting(h.ctx, all, x.ID))
		if got := h.due(t, "hosting_contract"); len(got) != 0 {
			t.Errorf("an ended hosting owes %v", got)
		}
		_, err = h.svc.HostingByID(h.ctx, h.db, authz.Area("test", h.other.AreaPath), x.ID)
		refused(t, err, fault.NotFound)
	})
}

func TestArticle22_AnAppWithNoRecordIsWrongToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
			_, err := h.registry.EnterAccount(h.ctx, tx, all, registry.Account{Unit: h.other.ID, Platform: "app", Name: "秦商办", Necessity: "办事"}, registry.Why{Says: "2025 年上线", Document: "批复 1 号"})
			return err
		}))
		list, total, err := h.svc.Gaps(h.ctx, all, protection.Filter{Unit: h.other.ID, Wrong: true})
		ok(t, err)
		if total != 1 || len(list) != 1 || list[0].Ungraded != 1 || list[0].Unhosted != 1 {
			t.Errorf("%d of %d units: %+v", len(list), total, list)
		}
	})
}
