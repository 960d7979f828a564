package tenancy_test

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
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/tenancy"
)

var start = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

var all = authz.System("test")

type house struct {
	db           *db.DB
	clock        *calendar.Manual
	obligations  *obligation.Service
	svc          *tenancy.Service
	ctx          context.Context
	office, a, b org.Unit
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &house{db: d, clock: clock, ctx: audit.System(context.Background(), "test")}
		if err := passage.Declare(h.ctx, d, tenancy.Machine); err != nil {
			t.Fatal(err)
		}
		store, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		h.obligations = obligation.New(d, o, tenancy.Obligations()...)
		h.svc = tenancy.New(tenancy.Parts{DB: d, Org: o, Obligations: h.obligations, Days: days, Store: store, Settings: sx2021.Defaults})
		if err := d.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(h.ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			for _, u := range []struct {
				into *org.Unit
				unit org.Unit
			}{{&h.office, org.Unit{Kind: org.Office, Name: "陕西省人民政府办公厅"}}, {&h.a, org.Unit{Kind: org.Department, Name: "甲厅"}}, {&h.b, org.Unit{Kind: org.Department, Name: "乙厅"}}} {
				u.unit.Area = "province-610000000000"
				if *u.into, _, err = o.AddUnit(h.ctx, tx, u.unit); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func file() *approval.Upload {
	return &approval.Upload{Name: "细则.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
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

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) open(t *testing.T, kind string) int {
	t.Helper()
	list, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Kind: kind})
	ok(t, err)
	return len(list)
}

func (h *house) issued(t *testing.T, title string) tenancy.Rules {
	t.Helper()
	o, err := h.svc.Draft(h.ctx, all, tenancy.Rules{Unit: h.office.ID, Platform: "省级平台", Title: title, OperatorDuties: "运行", ResidentDuties: "内容"}, nil)
	ok(t, err)
	_, err = h.svc.Include(h.ctx, all, o.ID, []org.UnitID{h.a.ID, h.b.ID})
	ok(t, err)
	_, err = h.svc.Consult(h.ctx, all, o.ID, calendar.DateOf(h.clock.Now()).AddDays(5))
	ok(t, err)
	for _, u := range []org.UnitID{h.a.ID, h.b.ID} {
		ok(t, h.svc.Comment(h.ctx, all, o.ID, u, tenancy.NoComment))
	}
	o, err = h.svc.Issue(h.ctx, all, o.ID, "陕政办函〔2026〕1号", calendar.Date{}, file())
	ok(t, err)
	return o
}

func TestArticle28_RulesAreMadeWithTheResidentsAndIssuedByTheSupervisor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o, err := h.svc.Draft(h.ctx, all, tenancy.Rules{Unit: h.office.ID, Platform: "省级平台", Title: "细则"}, file())
		ok(t, err)
		if o.Issuer != h.office.ID {
			t.Errorf("issuer %s, want the office of the level", o.IssuerName)
		}
		today := calendar.DateOf(h.clock.Now())
		_, err = h.svc.Consult(h.ctx, all, o.ID, today.AddDays(5))
		refused(t, err, fault.Refused, "S28.1.joint")
		_, err = h.svc.Include(h.ctx, all, o.ID, []org.UnitID{h.a.ID, h.b.ID, h.a.ID})
		ok(t, err)
		_, err = h.svc.Consult(h.ctx, all, o.ID, today)
		refused(t, err, fault.Invalid)
		_, err = h.svc.Consult(h.ctx, all, o.ID, today.AddDays(5))
		ok(t, err)
		if n := h.open(t, "rules_comment"); n != 2 {
			t.Errorf("%d residents are asked, want 2", n)
		}
		_, err = h.svc.Issue(h.ctx, all, o.ID, "", today, nil)
		refused(t, err, fault.Refused, "S28.1.joint", "S28.1.duties", "S28.2.number")
		ok(t, h.svc.Comment(h.ctx, all, o.ID, h.a.ID, "请写明响应时间"))
		d, err := h.svc.Dossier(h.ctx, all, o.ID)
		ok(t, err)
		i := slices.IndexFunc(d.Residents, func(r tenancy.Resident) bool { return r.Unit == h.a.ID })
		refused(t, h.svc.Settle(h.ctx, all, o.ID, d.Residents[i].ID, "not", ""), fault.Invalid)
		ok(t, h.svc.Settle(h.ctx, all, o.ID, d.Residents[i].ID, "adopted", ""))
		_, err = h.svc.Change(h.ctx, all, tenancy.Rules{ID: o.ID, Platform: "省级平台", Title: "细则", OperatorDuties: "运行", ResidentDuties: "内容"}, nil)
		ok(t, err)
		// Silence until the last day is an answer.
		h.clock.Set(today.AddDays(6).Start().Add(time.Hour))
		_, err = h.svc.Issue(h.ctx, all, o.ID, "陕政办函〔2026〕1号", calendar.Date{}, file())
		ok(t, err)
		if n, m := h.open(t, "rules_comment"), h.open(t, "rules_receipt"); n != 0 || m != 2 {
			t.Errorf("%d comments and %d receipts are owed, want 0 and 2", n, m)
		}
		ok(t, h.svc.Sign(h.ctx, all, o.ID, h.a.ID))
		refused(t, h.svc.Sign(h.ctx, all, o.ID, h.a.ID), fault.Conflict)
		n, err := h.svc.Urge(h.ctx, all, o.ID)
		if err != nil || n != 1 {
			t.Errorf("urged %d, %v", n, err)
		}
		_, err = h.svc.Urge(h.ctx, all, o.ID)
		refused(t, err, fault.Conflict) // once a day
	})
}

func TestArticle28_NoTenancyWithoutRulesInForce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		enter := func() error {
			return h.db.Update(h.ctx, func(tx *db.Tx) error { return h.svc.OpenTenancy(h.ctx, tx, all, h.office.ID, h.a.ID) })
		}
		refused(t, enter(), fault.Refused, "S28.1.tenancy")
		first := h.issued(t, "细则一")
		ok(t, enter())
		ok(t, enter()) // again is no change
		second := h.issued(t, "细则二")
		if o, err := h.svc.Rules(h.ctx, h.db, all, first.ID); err != nil || o.State != tenancy.Replaced {
			t.Errorf("the first rules are %s, %v", o.State, err)
		}
		d, err := h.svc.Dossier(h.ctx, all, second.ID)
		ok(t, err)
		if i := slices.IndexFunc(d.Residents, func(r tenancy.Resident) bool { return r.Unit == h.a.ID }); d.Residents[i].OpenedOn.IsZero() {
			t.Error("a tenancy does not go on under the new rules")
		}
		ok(t, h.svc.Repeal(h.ctx, all, second.ID, "平台停用"))
		if _, found, err := h.svc.InForce(h.ctx, h.db, all, h.office.ID); err != nil || found {
			t.Errorf("rules in force after the repeal: %v %v", found, err)
		}
		if n := h.open(t, "rules_receipt"); n != 0 {
			t.Errorf("%d receipts are owed for repealed rules", n)
		}
	})
}

func TestAResidentSeesItselfOnly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := h.issued(t, "细则")
		own := authz.Area("test", h.a.AreaPath)
		d, err := h.svc.Dossier(h.ctx, own, o.ID)
		if err != nil || len(d.Residents) != 1 || d.Residents[0].Unit != h.a.ID || len(d.History) != 0 {
			t.Errorf("%d residents, %d lines of history, %v", len(d.Residents), len(d.History), err)
		}
		refused(t, h.svc.Sign(h.ctx, own, o.ID, h.b.ID), fault.NotFound)
		_, err = h.svc.Urge(h.ctx, own, o.ID)
		refused(t, err, fault.Forbidden)
		other, err := h.svc.Draft(h.ctx, all, tenancy.Rules{Unit: h.office.ID, Platform: "平台", Title: "未征求意见"}, nil)
		ok(t, err)
		_, err = h.svc.Dossier(h.ctx, own, other.ID)
		refused(t, err, fault.NotFound)
		list, total, err := h.svc.Documents(h.ctx, own, tenancy.Filter{})
		if err != nil || total != 1 || len(list) != 1 {
			t.Errorf("%d of %d, %v", len(list), total, err)
		}
	})
}
