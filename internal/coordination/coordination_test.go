package coordination_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

var start = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

var all = authz.System("test")

type house struct {
	db          *db.DB
	clock       *calendar.Manual
	obligations *obligation.Service
	svc         *coordination.Service
	ctx         context.Context
	office, net org.Unit
	giver, cac  *authz.Session
	rows        [][]any
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &house{db: d, clock: clock, ctx: audit.System(context.Background(), "test"), rows: [][]any{{"甲网站", "a.example.gov.cn", "=1+1"}}}
		store, err := blob.Disk(t.TempDir())
		ok(t, err)
		days, err := calendar.Published()
		ok(t, err)
		o := org.New(d)
		h.obligations = obligation.New(d, o, coordination.Obligations()...)
		list := coordination.List{ID: "sites", Name: "网站台账", Columns: []string{"名称", "域名", "备注"}, Rows: func(context.Context, authz.Scope, org.AreaID, string, int) ([][]any, int, error) {
			return h.rows, len(h.rows), nil
		}}
		h.svc = coordination.New(coordination.Parts{DB: d, Org: o, Obligations: h.obligations, Days: days, Store: store, Settings: sx2021.Defaults, Lists: []coordination.List{list}})
		ok(t, d.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(h.ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			for _, n := range []struct {
				unit org.Unit
				role authz.Role
				u    *org.Unit
				s    **authz.Session
			}{{org.Unit{Kind: org.Office, Name: "陕西省人民政府办公厅"}, authz.Supervisor, &h.office, &h.giver}, {org.Unit{Kind: org.Department, Name: "陕西省互联网信息办公室"}, authz.Cyberspace, &h.net, &h.cac}} {
				n.unit.Area = "province-610000000000"
				if *n.u, _, err = o.AddUnit(h.ctx, tx, n.unit); err != nil {
					return err
				}
				p, err := o.AddPerson(h.ctx, tx, all, org.Person{Unit: n.u.ID, Name: string(n.role)})
				if err != nil {
					return err
				}
				if err := o.Appoint(h.ctx, tx, all, p.ID, n.u.ID, n.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(h.ctx, tx, p.ID)
				if err != nil {
					return err
				}
				*n.s = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			}
			return nil
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

func (h *house) open(t *testing.T, kind string) []obligation.Obligation {
	t.Helper()
	list, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Kind: kind})
	ok(t, err)
	return list
}

func TestArticle20_1_ASharedLedgerIsASnapshotAgainstReceipt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope := h.giver.ScopeFor(authz.CoordinationManage)
		to, err := h.svc.Receivers(h.ctx, scope)
		if err != nil || len(to) != 1 || to[0].ID != h.net.ID {
			t.Fatalf("receivers %v, %v", to, err)
		}
		today := calendar.DateOf(h.clock.Now())
		_, err = h.svc.Promise(h.ctx, scope, coordination.Schedule{Unit: h.office.ID, To: h.net.ID, List: "sites", Every: "month", Next: today.AddDays(20)})
		ok(t, err)
		x, err := h.svc.Give(h.ctx, scope, coordination.Share{Unit: h.office.ID, To: h.net.ID, List: "sites", Columns: []string{"名称", "备注"}, Purpose: "核对"})
		ok(t, err)
		if list := h.open(t, "ledger_share"); len(list) != 1 || list[0].Due.On != today.AddDays(20).AddMonths(1) {
			t.Errorf("the promise moved to %+v", list)
		}
		if list := h.open(t, "share_receipt"); len(list) != 1 || list[0].Unit != h.net.ID {
			t.Errorf("receipt owed: %+v", list)
		}
		h.rows = [][]any{{"乙网站", "b", ""}} // the ledger goes on; the snapshot does not
		_, _, content, err := h.svc.Open(h.ctx, h.cac, x.ID, "csv")
		ok(t, err)
		body, err := io.ReadAll(content)
		ok(t, err)
		ok(t, content.Close())
		if s := string(body); !strings.Contains(s, "甲网站") || strings.Contains(s, "乙网站") || strings.Contains(s, "a.example") || !strings.Contains(s, "'=1+1") {
			t.Errorf("snapshot: %q", s)
		}
		if !fault.Is(h.svc.Sign(h.ctx, h.giver, x.ID, ""), fault.Forbidden) {
			t.Error("the giver signs for the receiver")
		}
		ok(t, h.svc.Sign(h.ctx, h.cac, x.ID, "少一个网站"))
		if err := h.svc.Sign(h.ctx, h.cac, x.ID, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed twice: %v", err)
		}
		if len(h.open(t, "share_receipt")) != 0 {
			t.Error("the receipt is still owed")
		}
		history, err := h.svc.ShareHistory(h.ctx, h.giver, x.ID)
		ok(t, err)
		acts := map[string]int{}
		for _, r := range history {
			acts[r.Act]++
		}
		if acts["coordination.share.give"] != 1 || acts["coordination.share.read"] != 1 || acts["coordination.share.sign"] != 1 {
			t.Errorf("trail: %v", acts)
		}
		// Somebody of another office sees nothing, whatever area they look over.
		stranger := &authz.Session{Posts: []authz.Post{{Role: authz.Police, UnitID: "x", AreaPath: h.net.AreaPath}}}
		if _, err := h.svc.Share(h.ctx, h.db, stranger, x.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger reads a share: %v", err)
		}
		if list, total, err := h.svc.Shares(h.ctx, stranger, coordination.ShareFilter{}); err != nil || total != 0 || len(list) != 0 {
			t.Errorf("a stranger lists %d shares, %v", total, err)
		}
		if list, total, err := h.svc.Shares(h.ctx, h.cac, coordination.ShareFilter{Received: true}); err != nil || total != 1 || len(list) != 1 {
			t.Errorf("the receiver lists %d shares, %v", total, err)
		}
	})
}

func TestArticle05_TheLogHoldsConsultationsAndFollowUps(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		today := calendar.DateOf(h.clock.Now())
		e := coordination.Entry{Unit: h.office.ID, Partner: "publicity", PartnerName: "省委宣传部", Form: "consult", Title: "回应口径", On: today, Participants: "各 2 人", Says: "会商", Major: true, FollowUp: "通报进展", FollowDue: today.AddDays(2)}
		for name, wrong := range map[string]func(*coordination.Entry){
			"without partner":        func(e *coordination.Entry) { e.Partner = "" },
			"tomorrow":               func(e *coordination.Entry) { e.On = today.AddDays(1) },
			"major but not with 宣传":  func(e *coordination.Entry) { e.Partner = "police" },
			"follow-up without day":  func(e *coordination.Entry) { e.FollowDue = calendar.Date{} },
			"day without follow-up":  func(e *coordination.Entry) { e.FollowUp = "" },
			"follow-up before it":    func(e *coordination.Entry) { e.FollowDue = today.AddDays(-1) },
			"without what was said":  func(e *coordination.Entry) { e.Says = " " },
			"a title without end":    func(e *coordination.Entry) { e.Title = strings.Repeat("长", 101) },
			"a file that is no file": nil,
		} {
			n, files := e, []approval.Upload(nil)
			if wrong == nil {
				files = []approval.Upload{{Name: "纪要.pdf", Content: strings.NewReader("MZ")}}
			} else {
				wrong(&n)
			}
			if _, err := h.svc.Log(h.ctx, all, n, files); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		e, err := h.svc.Log(h.ctx, all, e, nil)
		ok(t, err)
		if n, err := h.svc.MajorConsults(h.ctx, h.db, all, h.office.ID, today); err != nil || n != 1 {
			t.Errorf("%d consultations, %v", n, err)
		}
		if len(h.open(t, "coordination_follow_up")) != 1 {
			t.Error("the follow-up is not owed")
		}
		ok(t, h.svc.Follow(h.ctx, all, e.ID, "已通报"))
		if err := h.svc.Follow(h.ctx, all, e.ID, "再次"); !fault.Is(err, fault.Conflict) {
			t.Errorf("followed twice: %v", err)
		}
		if len(h.open(t, "coordination_follow_up")) != 0 {
			t.Error("the follow-up is still owed")
		}
		if list, total, err := h.svc.Entries(h.ctx, all, coordination.Filter{Major: true, Year: 2026}); err != nil || total != 1 || list[0].ID != e.ID {
			t.Errorf("%v %d %v", list, total, err)
		}
	})
}
