package assessment_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/workbench"
)

func acts(d assessment.Dossier) []string {
	var out []string
	for _, s := range d.History {
		out = append(out, s.Act)
	}
	return out
}

// Article 30: 发现问题及时通报、督促整改. A dead link goes the whole way on a real
// site: found, ordered, read, answered, retested in vain, mended, retested,
// closed, broken again, opened again.
func TestArticle30_OrderLife(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.run()
		f := h.finding("link.dead")
		if f.Severity != check.Error {
			t.Fatalf("severity %s", f.Severity)
		}
		o := h.issue(f.ID)
		// Five working days from Friday 20 March 2026.
		if want := (calendar.Date{Year: 2026, Month: 3, Day: 27}); o.Number != "ZG-2026-0001" || o.Due.On != want || o.State != assessment.OrderIssued || o.Unit != h.units["county"].ID || o.IssuerUnit != h.units["city"].ID {
			t.Fatalf("order %+v", o)
		}
		debts := h.debts("open")
		if len(debts) != 1 || debts[0].Due.On != o.Due.On || debts[0].Subject.ID != string(o.ID) || debts[0].Unit != o.Unit {
			t.Fatalf("obligations %+v", debts)
		}
		if got := h.finding("link.dead").State; got != inspection.FindingOrdered {
			t.Errorf("the finding is %s", got)
		}

		ctx, scope := h.as("city.chief", authz.OrderRead)
		if err := h.svc.Read(ctx, scope, h.people["city.chief"], o.ID); err != nil {
			t.Fatal(err)
		}
		d, err := h.svc.Order(ctx, scope, o.ID)
		if err != nil || !d.ReadAt.IsZero() {
			t.Errorf("the supervisor's own look left a receipt %v (%v)", d.ReadAt, err)
		}
		ctx, scope = h.as("county.clerk", authz.OrderAnswer)
		for range 2 {
			if err := h.svc.Read(ctx, scope, h.people["county.clerk"], o.ID); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Minute)
		}
		file := approval.Upload{Kind: "proof", Field: "file", Name: "截图.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
		if _, err := h.svc.AnswerOrder(ctx, scope, o.ID, "旧文链接已删除。", []approval.Upload{file}); err != nil {
			t.Fatal(err)
		}
		if d, err = h.svc.Order(ctx, scope, o.ID); err != nil || d.ReadBy != "county.clerk" || !d.ReadAt.Equal(morning) || d.State != assessment.OrderAnswered || len(d.Answers) != 1 || len(d.Answers[0].Files) != 1 || d.Answers[0].Unit != "雁塔区人民政府办公室" {
			t.Fatalf("%+v (%v)", d, err)
		}

		// Saying so does not make it so.
		r, err := h.svc.RetestOrder(ctx, scope, o.ID, "")
		if err != nil || len(r.Looks) != 1 || r.Gone != 0 || r.Order.State != assessment.OrderAnswered || r.Looks[0].After.LinkStatus != 404 {
			t.Fatalf("retest %+v (%v)", r, err)
		}
		h.made.put("/gone.html", "<html><head><title>旧文</title></head><body><p>旧文恢复了，内容完整可读。</p></body></html>")
		if r, err = h.svc.RetestOrder(ctx, scope, o.ID, ""); err != nil || r.Gone != 1 || r.Order.State != assessment.OrderClosed || r.Looks[0].Before.LinkStatus != 404 || r.Looks[0].After.LinkStatus != 200 {
			t.Fatalf("retest %+v (%v)", r, err)
		}
		if open, done := h.debts("open"), h.debts("discharged"); len(open) != 0 || len(done) != 1 || done[0].Evidence == "" {
			t.Errorf("obligations open %v, discharged %v", open, done)
		}
		if _, err := h.svc.AnswerOrder(ctx, scope, o.ID, "再答复一次。", nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("answering a closed order: %v", err)
		}

		// A retest that finds it again opens the order with a new day.
		h.made.remove("/gone.html")
		h.clock.Advance(72 * time.Hour)
		if r, err = h.svc.RetestOrder(ctx, scope, o.ID, f.ID); err != nil || r.Order.State != assessment.OrderReopened || r.Order.Reopenings != 1 || !r.Order.Due.On.After(o.Due.On) {
			t.Fatalf("reopened %+v (%v)", r.Order, err)
		}
		if open := h.debts("open"); len(open) != 1 || open[0].Due.On != r.Order.Due.On {
			t.Errorf("obligations %+v", open)
		}
		if d, err = h.svc.Order(ctx, scope, o.ID); err != nil || !slices.Equal(acts(d), []string{"issue", "answer", "close", "reopen"}) || d.Findings[0].Before.Look != "found" || d.Findings[0].After.LinkStatus != 404 || d.Findings[0].State != inspection.FindingOrdered {
			t.Errorf("history %v, finding %s (%v)", acts(d), d.Findings[0].State, err)
		}
	})
}

// A run that files the same defect anew, soon after the order was closed.
func TestFoundAgainReopens(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.run()
		f := h.finding("link.dead")
		o := h.issue(f.ID)
		h.made.put("/gone.html", "<html><head><title>旧文</title></head><body><p>旧文恢复了，内容完整可读。</p></body></html>")
		ctx, scope := h.as("county.clerk", authz.OrderAnswer)
		if r, err := h.svc.RetestOrder(ctx, scope, o.ID, ""); err != nil || r.Order.State != assessment.OrderClosed {
			t.Fatalf("%+v (%v)", r.Order, err)
		}
		h.made.remove("/gone.html")
		h.run()
		d, err := h.svc.Order(ctx, scope, o.ID)
		if err != nil || d.State != assessment.OrderReopened || d.Standing != 1 {
			t.Errorf("%s with %d standing of %d (%v)", d.State, d.Standing, d.Total, err)
		}
	})
}

func TestDeadlinesBySeverity(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, tt := range []struct {
			severity string
			want     calendar.Date
		}{{"serious", calendar.Date{Year: 2026, Month: 3, Day: 23}}, {"error", calendar.Date{Year: 2026, Month: 3, Day: 27}}, {"advice", calendar.Date{Year: 2026, Month: 4, Day: 3}}} {
			o := h.issue(h.put("county", "footer.icp", tt.severity, "D-18", "页脚缺少备案编号。", morning))
			if o.Due.On != tt.want {
				t.Errorf("%s due %s, want %s", tt.severity, o.Due.On, tt.want)
			}
		}
		// The worst finding decides.
		o := h.issue(h.put("county", "column.stale", "advice", "D-18", "甲栏目没有更新。", morning), h.put("county", "home.stale", "serious", "V-W-3", "首页没有更新。", morning))
		if o.Severity != check.Serious || o.Total != 2 {
			t.Errorf("%+v", o)
		}
	})
}

func TestOneOrderForEachUnitAndCause(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city.chief", authz.OrderIssue)
		ids := []inspection.FindingID{h.put("county", "footer.icp", "error", "D-18", "甲。", morning), h.put("dept", "footer.icp", "error", "D-18", "乙。", morning), h.put("county", "tags.shown_time", "advice", "D-20", "丙。", morning)}
		list, err := h.svc.IssueOrders(ctx, scope, assessment.Issue{Findings: append(ids, ids[0])})
		if err != nil || len(list) != 2 || list[0].Total+list[1].Total != 3 {
			t.Fatalf("%+v (%v)", list, err)
		}
		if _, err := h.svc.IssueOrders(ctx, scope, assessment.Issue{Findings: ids[:1]}); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Of(err).Says, "已通知整改") {
			t.Errorf("ordering twice: %v", err)
		}
		got, total, err := h.svc.Orders(ctx, h.db, scope, assessment.OrderFilter{State: "open", Under: h.units["county"].AreaPath})
		if err != nil || total != 1 || len(got) != 1 || got[0].Unit != h.units["county"].ID {
			t.Errorf("%d %+v (%v)", total, got, err)
		}
	})
}

func TestOrderFormFaults(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city.chief", authz.OrderIssue)
		_, err := h.svc.IssueOrders(ctx, scope, assessment.Issue{Says: strings.Repeat("长", 1001)})
		if got := fields(err); !slices.Equal(got, []string{"finding", "says"}) {
			t.Errorf("issue: %v (%v)", got, err)
		}
		o := h.issue(h.put("county", "footer.icp", "error", "D-18", "甲。", morning))
		ctx, scope = h.as("county.clerk", authz.OrderAnswer)
		for _, says := range []string{"", " 好 ", strings.Repeat("长", 2001)} {
			if _, err := h.svc.AnswerOrder(ctx, scope, o.ID, says, nil); !slices.Equal(fields(err), []string{"says"}) {
				t.Errorf("answer %.10q: %v", says, err)
			}
		}
		bad := approval.Upload{Kind: "proof", Field: "file", Name: "a.exe", Content: strings.NewReader("MZ")}
		if _, err := h.svc.AnswerOrder(ctx, scope, o.ID, "已经改好了。", []approval.Upload{bad}); !slices.Equal(fields(err), []string{"file"}) {
			t.Errorf("a program as proof: %v", err)
		}
		if _, err := h.svc.Accept(ctx, scope, o.ID, "", "好"); !slices.Equal(fields(err), []string{"reason"}) {
			t.Errorf("accept without reason: %v", err)
		}
	})
}

func fields(err error) []string {
	var out []string
	for _, f := range fault.Of(err).Fields {
		out = append(out, f.Name)
	}
	return out
}

func TestNeighboursSeeNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.put("county", "footer.icp", "error", "D-18", "甲。", morning)
		nb, _ := h.as("tongchuan.chief", authz.OrderIssue)
		foreign := h.people["tongchuan.chief"].ScopeFor(authz.OrderIssue)
		if _, err := h.svc.IssueOrders(nb, foreign, assessment.Issue{Findings: []inspection.FindingID{f}}); !fault.Is(err, fault.NotFound) {
			t.Errorf("issue: %v", err)
		}
		o := h.issue(f)
		for name, do := range map[string]func() error{
			"order":   func() error { _, err := h.svc.Order(nb, foreign, o.ID); return err },
			"read":    func() error { return h.svc.Read(nb, foreign, h.people["tongchuan.chief"], o.ID) },
			"answer":  func() error { _, err := h.svc.AnswerOrder(nb, foreign, o.ID, "已经改好。", nil); return err },
			"retest":  func() error { _, err := h.svc.RetestOrder(nb, foreign, o.ID, ""); return err },
			"accept":  func() error { _, err := h.svc.Accept(nb, foreign, o.ID, f, "已电话核实。"); return err },
			"confirm": func() error { return h.svc.Confirm(nb, foreign, f, "D-18", "已电话核实。") },
			"score": func() error {
				_, err := h.svc.ScoreSite(nb, foreign, h.sites["county"].ID, assessment.OnDay(calendar.Today(h.clock)))
				return err
			},
		} {
			if err := do(); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if list, total, err := h.svc.Orders(nb, h.db, foreign, assessment.OrderFilter{}); err != nil || total != 0 || len(list) != 0 {
			t.Errorf("orders %d (%v)", total, err)
		}
	})
}

// Two supervisors press at once: one order.
func TestTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.put("county", "footer.icp", "error", "D-18", "甲。", morning)
		ctx, scope := h.as("city.chief", authz.OrderIssue)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = h.svc.IssueOrders(ctx, scope, assessment.Issue{Findings: []inspection.FindingID{f}})
			})
		}
		wg.Wait()
		_, total, err := h.svc.Orders(ctx, h.db, scope, assessment.OrderFilter{})
		if err != nil || total != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%d orders, errors %v (%v)", total, errs, err)
		}
	})
}

// What no machine can look at is accepted by a person, with a reason.
func TestAcceptSettles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.put("county", "footer.icp", "error", "D-18", "甲。", morning)
		o := h.issue(f)
		ctx, scope := h.as("city.chief", authz.OrderIssue)
		got, err := h.svc.Accept(ctx, scope, o.ID, f, "已到现场核实，页脚已补。")
		if err != nil || got.State != assessment.OrderClosed || len(h.debts("open")) != 0 {
			t.Fatalf("%+v (%v)", got, err)
		}
		if _, err := h.svc.Accept(ctx, scope, o.ID, f, "已到现场核实，页脚已补。"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second time: %v", err)
		}
	})
}

func TestOverdueOrders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := h.issue(h.put("county", "footer.icp", "serious", "D-18", "甲。", morning))
		h.clock.Set(time.Date(2026, 3, 24, 1, 0, 0, 0, time.UTC))
		ctx, scope := h.as("city.chief", authz.OrderRead)
		list, total, err := h.svc.Orders(ctx, h.db, scope, assessment.OrderFilter{Overdue: true})
		if err != nil || total != 1 || list[0].ID != o.ID || !list[0].Overdue(calendar.Today(h.clock)) {
			t.Errorf("%d %+v (%v)", total, list, err)
		}
		// Escalation is the obligation's own.
		if n, err := h.obligations.Sweep(ctx); err != nil || n == 0 {
			t.Errorf("swept %d (%v)", n, err)
		}
		if d := h.debts("open"); len(d) != 1 || d[0].OverdueAt.IsZero() {
			t.Errorf("%+v", d)
		}
	})
}

// The inbox of both sides.
func TestTasks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := h.issue(h.put("county", "footer.icp", "error", "D-18", "甲。", morning))
		count := func(who string, tab workbench.Tab) int {
			t.Helper()
			ctx, _ := h.as(who, authz.SignedIn)
			list, err := h.svc.Tasks(ctx, h.people[who], tab, 50)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.Link != o.Link() || x.Kind != "整改" || x.From != "西安市人民政府办公厅" {
					t.Errorf("%+v", x)
				}
			}
			return len(list)
		}
		if a, b, c, d := count("county.clerk", workbench.ToDo), count("city.chief", workbench.ToDo), count("city.chief", workbench.Started), count("tongchuan.clerk", workbench.ToDo); a != 1 || b != 0 || c != 1 || d != 0 {
			t.Errorf("issued: %d %d %d %d", a, b, c, d)
		}
		ctx, scope := h.as("county.clerk", authz.OrderAnswer)
		if _, err := h.svc.AnswerOrder(ctx, scope, o.ID, "已经改好了。", nil); err != nil {
			t.Fatal(err)
		}
		if a, b := count("city.chief", workbench.ToDo), count("county.clerk", workbench.Done); a != 1 || b != 1 {
			t.Errorf("answered: %d %d", a, b)
		}
	})
}

// A fault that was put right and came back while its order is open is the order's, told
// as a relapse and counted once.
func TestARelapseBelongsToItsOpenOrder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		raise := func(where string) inspection.FindingID {
			t.Helper()
			var id inspection.FindingID
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				f, err := h.inspection.Raise(ctx, tx, authz.System("test"), h.sites["county"].ID, engine.Sighting{Check: "link.dead", Severity: "error", Article: "D-19", Says: "链接无法打开：" + where, URL: "http://" + host + "/", Where: where})
				id = f.ID
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		mend := func(id inspection.FindingID) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				return h.inspection.CloseSeen(ctx, tx, authz.System("test"), id, "已能打开")
			}); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Hour)
		}
		a, b := raise("a"), raise("b")
		o := h.issue(a, b)
		mend(a)
		again := raise("a")
		clerk, scope := h.as("county.clerk", authz.OrderRead)
		d, err := h.svc.Order(clerk, scope, o.ID)
		if err != nil || again == a || d.Total != 2 || d.Standing != 2 || len(d.Findings) != 3 || d.State == assessment.OrderClosed {
			t.Fatalf("%d of %d stand, %d findings (%v)", d.Standing, d.Total, len(d.Findings), err)
		}
		for _, f := range d.Findings {
			if f.Relapse != (f.ID == again) || f.Relapsed != (f.ID == a) || f.ID == again && f.State != inspection.FindingOrdered {
				t.Errorf("%s: relapse %v, relapsed %v, %s", f.Where, f.Relapse, f.Relapsed, f.State)
			}
		}
		if _, err := h.inspection.Retest(clerk, scope, a); err != nil && !strings.Contains(fault.Of(err).Says, "复发") {
			t.Errorf("a retest of the earlier one: %v", err)
		}
		mend(b)
		mend(again)
		if d, err = h.svc.Order(clerk, scope, o.ID); err != nil || d.State != assessment.OrderClosed || d.Standing != 0 {
			t.Errorf("%s, %d stand (%v)", d.State, d.Standing, err)
		}
	})
}
