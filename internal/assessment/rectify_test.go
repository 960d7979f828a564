package assessment_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if err == nil || !fault.Is(err, kind) || !strings.Contains(fault.Of(err).Says+fault.Of(err).Alone(), says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}

// owed are the open clocks of a kind.
func (h *house) owed(kind obligation.Kind) int {
	h.t.Helper()
	list, err := h.obligations.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: kind.ID, State: "open"})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(list)
}

// More time is asked for before the day, with a reason, within what the
// province allows, and answered by the office that issued the order.
func TestArticle30_Extension(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := h.issue(h.put("county", "footer.icp", "error", "D-18", "甲。", morning))
		unit, mine := h.as("county.clerk", authz.OrderAnswer)
		office, theirs := h.as("city.chief", authz.OrderIssue)
		boss := h.people["city.chief"]
		later := o.Due.On.AddDays(3)

		refused(t, h.svc.AskExtension(unit, mine, o.ID, later, ""), fault.Invalid, "延期理由")
		refused(t, h.svc.AskExtension(unit, mine, o.ID, calendar.Date{}, "要等系统改造完成"), fault.Invalid, "延到哪一天")
		refused(t, h.svc.AskExtension(unit, mine, o.ID, o.Due.On, "要等系统改造完成"), fault.Invalid, "不晚于现在的期限")
		refused(t, h.svc.AskExtension(unit, mine, o.ID, later.AddDays(90), "要等系统改造完成"), fault.Refused, "最多延长10个工作日")
		other, far := h.as("tongchuan.clerk", authz.OrderAnswer)
		refused(t, h.svc.AskExtension(other, far, o.ID, later, "要等系统改造完成"), fault.NotFound, "")
		if err := h.svc.AskExtension(unit, mine, o.ID, later, "要等系统改造完成"); err != nil {
			t.Fatal(err)
		}
		refused(t, h.svc.AskExtension(unit, mine, o.ID, later, "要等系统改造完成"), fault.Conflict, "正在等待答复")
		if h.owed(assessment.ExtensionObligation) != 1 {
			t.Error("nobody owes the answer")
		}
		refused(t, h.svc.DecideExtension(unit, mine, h.people["county.clerk"], o.ID, true, later, ""), fault.Forbidden, "由下发单位")
		refused(t, h.svc.DecideExtension(office, theirs, boss, o.ID, false, calendar.Date{}, ""), fault.Invalid, "答复意见")
		refused(t, h.svc.DecideExtension(office, theirs, boss, o.ID, true, later.AddDays(1), ""), fault.Invalid, "不晚于申请的日期")
		// Two at once: one answer.
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			wg.Go(func() { errs[i] = h.svc.DecideExtension(office, theirs, boss, o.ID, true, later, "同意") })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("answered twice at once: %v", errs)
		}
		d, err := h.svc.Order(office, theirs, o.ID)
		if err != nil || d.Due.On != later || len(d.Extensions) != 1 || d.Extensions[0].Verdict != "granted" || d.Extensions[0].WasDue != o.Due.On {
			t.Fatalf("%s %+v (%v)", d.Due.On, d.Extensions, err)
		}
		if debts := h.debts("open"); len(debts) != 1 || debts[0].Due.On != later || h.owed(assessment.ExtensionObligation) != 0 {
			t.Errorf("the clock: %+v", debts)
		}
		refused(t, h.svc.AskExtension(unit, mine, o.ID, later.AddDays(1), "还要等系统改造"), fault.Refused, "已延期1次")

		late := h.issue(h.put("county", "footer.police", "error", "D-18", "乙。", morning))
		h.clock.Set(late.Due.On.AddDays(1).Start().Add(2 * time.Hour))
		refused(t, h.svc.AskExtension(unit, mine, late.ID, late.Due.On.AddDays(5), "要等系统改造完成"), fault.Refused, "已过")
	})
}

// What no machine can look at is confirmed by somebody who did not answer, what
// is serious by two; not mended goes back to the unit.
func TestArticle30_IndependentConfirmation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := h.put("county", "footer.icp", "serious", "D-18", "甲。", morning)
		o := h.issue(f)
		unit, mine := h.as("county.clerk", authz.OrderAnswer)
		first, theirs := h.as("city.chief", authz.OrderIssue)
		second, wide := h.as("province.chief", authz.OrderIssue)
		if _, err := h.svc.AnswerOrder(unit, mine, o.ID, "页脚已补。", nil); err != nil {
			t.Fatal(err)
		}
		_, err := h.svc.Accept(unit, mine, o.ID, f, "看过了，已补。")
		refused(t, err, fault.Refused, "答复过本通知")
		colleague, own := h.as("county.chief", authz.OrderIssue)
		_, err = h.svc.Accept(colleague, own, o.ID, f, "本单位看过了，已补。")
		refused(t, err, fault.Refused, "由下发单位核实")
		_, err = h.svc.Accept(first, theirs, o.ID, f, "看")
		refused(t, err, fault.Invalid, "4至500字")
		if _, err := h.svc.Attest(first, theirs, o.ID, string(f), false, "页脚仍然缺备案号。"); err != nil {
			t.Fatal(err)
		}
		if d, err := h.svc.Order(first, theirs, o.ID); err != nil || d.State == assessment.OrderClosed || d.FailedAt.IsZero() {
			t.Errorf("sent back: %+v (%v)", d.State, err)
		}
		h.clock.Set(h.clock.Now().Add(time.Minute))
		if got, err := h.svc.Accept(first, theirs, o.ID, f, "再次核实，页脚已补。"); err != nil || got.State == assessment.OrderClosed {
			t.Fatalf("a serious finding closed by one: %s (%v)", got.State, err)
		}
		_, err = h.svc.Accept(first, theirs, o.ID, f, "再次核实，页脚已补。")
		refused(t, err, fault.Conflict, "须由2人")
		if got, err := h.svc.Accept(second, wide, o.ID, f, "复核属实，页脚已补。"); err != nil || got.State != assessment.OrderClosed || len(h.debts("open")) != 0 {
			t.Fatalf("two have confirmed: %s (%v)", got.State, err)
		}
	})
}

// An order that is late is urged once a day, goes to the office above, and is
// pressed by a letter that names the regulation and the article.
func TestArticle30_UrgedEscalatedAndSupervised(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := h.issue(h.put("county", "footer.icp", "error", "D-18", "甲。", morning))
		office, theirs := h.as("city.chief", authz.OrderIssue)
		boss := h.people["city.chief"]
		if n, err := h.svc.UrgeOrders(office, theirs, boss, assessment.OrderFilter{}); err != nil || n != 1 {
			t.Fatalf("urged %d (%v)", n, err)
		}
		_, err := h.svc.UrgeOrders(office, theirs, boss, assessment.OrderFilter{})
		refused(t, err, fault.Conflict, "今天都已催办过")
		refused(t, h.svc.Escalate(office, theirs, boss, o.ID, "多次催办无果"), fault.Refused, "还没有过")
		h.clock.Set(o.Due.On.AddDays(1).Start().Add(2 * time.Hour))
		if err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if h.owed(assessment.SuperviseObligation) != 0 {
			t.Error("escalated before the setting's days were over")
		}
		h.clock.Set(o.Due.On.AddDays(12).Start().Add(2 * time.Hour))
		for range 2 { // twice: it goes up once
			if err := h.svc.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		d, err := h.svc.Order(office, theirs, o.ID)
		if err != nil || d.EscalatedName != "陕西省人民政府办公厅" || h.owed(assessment.SuperviseObligation) != 1 {
			t.Fatalf("escalated to %q, %d owed (%v)", d.EscalatedName, h.owed(assessment.SuperviseObligation), err)
		}
		due := calendar.Today(h.clock).AddDays(5)
		_, err = h.svc.Supervise(office, theirs, boss, o.ID, "立即整改", due)
		refused(t, err, fault.Forbidden, "陕西省人民政府办公厅")
		above, wide := h.as("province.chief", authz.OrderIssue)
		top := h.people["province.chief"]
		_, err = h.svc.Supervise(above, wide, top, o.ID, "立即整改", calendar.Today(h.clock))
		refused(t, err, fault.Invalid, "今天以后")
		x, err := h.svc.Supervise(above, wide, top, o.ID, "立即整改", due)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Supervise(above, wide, top, o.ID, "立即整改", due)
		refused(t, err, fault.Conflict, "已经发出")
		paper, _, err := h.svc.SupervisionPaper(above, wide, o.ID, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		text := textOf(t, paper)
		for _, want := range []string{o.Number, "《陕西省政府网站与政务新媒体管理细则》（陕政公开办〔2021〕18号）第三十条", due.Chinese()} {
			if !strings.Contains(text, want) {
				t.Errorf("the letter lacks %q: %s", want, text)
			}
		}
		rows, err := audit.Entries(context.Background(), h.db, audit.Filter{Act: "assessment.order.supervise", Limit: 5})
		if err != nil || len(rows) != 1 || h.owed(assessment.SuperviseObligation) != 0 {
			t.Errorf("%d entries, %d owed (%v)", len(rows), h.owed(assessment.SuperviseObligation), err)
		}
	})
}

// textOf is what stands in the document's own XML.
func textOf(t *testing.T, d *official.Document) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := d.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return tags.ReplaceAllString(string(b), "")
}

var tags = regexp.MustCompile(`<[^>]*>`)

// Every group of checks that findings come from belongs to one cause; what only
// a plan's own focus or a person names may be another.
func TestEveryFamilyHasACause(t *testing.T) {
	for _, f := range engine.Families {
		if c := assessment.CauseOf(f.ID + ".any"); c.ID == "other" && f.ID != "manual" {
			t.Errorf("%s（%s）counts as 其他", f.ID, f.Name)
		}
	}
}

// A look at one finding says nothing of those that nobody has looked at yet: no
// person is asked to judge what a machine can still tell.
func TestALookAtOneAsksNobodyForTheRest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.run()
		dead := h.finding("link.dead")
		list, _, err := h.inspection.Findings(context.Background(), h.db, authz.System("test"), inspection.FindingFilter{State: inspection.FindingOpen, Limit: 100})
		if err != nil || len(list) < 2 {
			t.Fatalf("%d findings (%v)", len(list), err)
		}
		other := list[0]
		if other.ID == dead.ID {
			other = list[1]
		}
		office, theirs := h.as("city.chief", authz.OrderIssue)
		orders, err := h.svc.IssueOrders(office, theirs, assessment.Issue{Findings: []inspection.FindingID{dead.ID, other.ID}, Together: true})
		if err != nil || len(orders) != 1 {
			t.Fatalf("%d orders (%v)", len(orders), err)
		}
		unit, mine := h.as("county.clerk", authz.OrderAnswer)
		if _, err := h.svc.AnswerOrder(unit, mine, orders[0].ID, "链接已修正。", nil); err != nil {
			t.Fatal(err)
		}
		h.made.put("/gone.html", "<html><head><title>旧文</title></head><body><p>旧文恢复了，内容完整可读。</p></body></html>")
		got, err := h.svc.RetestOrder(unit, mine, orders[0].ID, dead.ID)
		if err != nil || got.Gone != 1 || got.Left != 1 || !got.Order.ConfirmAskedAt.IsZero() || h.owed(assessment.ConfirmObligation) != 0 {
			t.Errorf("%d gone, %d left, asked %v (%v)", got.Gone, got.Left, got.Order.ConfirmAskedAt, err)
		}
	})
}

// orderRetest is the job of a retest that an answer asks for.
type orderRetest struct {
	Order assessment.OrderID `json:"order"`
}

func (orderRetest) Kind() string { return "assessment.retest" }

// answered is a house in which a unit has answered an order over a dead link, whose retest
// waits as a job; read reads the order.
func (h *house) answered() (w *jobs.Workers, o assessment.Order, read func() assessment.Order) {
	h.t.Helper()
	w = jobs.NewWorkers()
	h.svc.Register(w)
	h.run()
	o = h.issue(h.finding("link.dead").ID)
	unit, mine := h.as("county.clerk", authz.OrderAnswer)
	read = func() assessment.Order {
		h.t.Helper()
		d, err := h.svc.Order(unit, mine, o.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		return d.Order
	}
	if _, err := h.svc.AnswerOrder(unit, mine, o.ID, "链接已修正。", nil); err != nil {
		h.t.Fatal(err)
	}
	return w, o, read
}

// A retest that an answer asks for lasts as long as its job. When that is given up,
// the order says so and does not stay 复测中, the unit is told, and nobody of the
// office is asked to confirm what a machine can still look at.
func TestARetestEndsWithItsJob(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w, o, read := h.answered()
		unit, mine := h.as("county.clerk", authz.OrderAnswer)
		h.clock.Advance(time.Hour)
		if err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := read(); got.Stage != assessment.StageRetesting || got.RetestBroken != "" {
			t.Fatalf("its job waits: %s %q", got.Stage, got.RetestBroken)
		}
		jobstest.Silence[orderRetest](t, h.db, 3)
		jobstest.Work(t, h.db, w, jobs.Config{})
		if got := read(); got.Stage != assessment.StageAnswered || !strings.Contains(got.RetestBroken, "多次中途停止") || !got.RetestedAt.Equal(h.clock.Now()) || !got.ConfirmAskedAt.IsZero() {
			t.Fatalf("given up: %s %+v", got.Stage, got)
		}
		told, err := db.All(context.Background(), h.db, db.Value[string], `SELECT title FROM message WHERE unit_id = $1 AND title LIKE '自动复测没有完成%'`, o.Unit)
		if err != nil || len(told) != 1 {
			t.Errorf("told %q (%v)", told, err)
		}
		h.made.put("/gone.html", "<html><head><title>旧文</title></head><body><p>旧文恢复了，内容完整可读。</p></body></html>")
		if r, err := h.svc.RetestOrder(unit, mine, o.ID, ""); err != nil || r.Gone != 1 || r.Order.RetestBroken != "" || r.Order.State != assessment.OrderClosed {
			t.Errorf("tried again: %+v (%v)", r.Order, err)
		}
	})
}

// A retest that an answer asks for and that the system's stop breaks off is not said to
// have failed: it goes on with its job when the system is back.
func TestARetestBrokenOffByAStopGoesOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w, _, read := h.answered()
		begun, stopped := make(chan struct{}), make(chan struct{})
		var once sync.Once
		h.made.mu.Lock()
		h.made.asked = func(string) { once.Do(func() { close(begun) }); <-stopped }
		h.made.mu.Unlock()
		k, err := jobs.New(h.db, w, jobs.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-begun
		now, cancel := context.WithCancel(context.Background())
		cancel()
		if err := k.Stop(now); err != nil {
			t.Fatal(err)
		}
		close(stopped)
		if got := read(); got.Stage != assessment.StageRetesting || got.RetestBroken != "" || len(jobstest.Waiting[orderRetest](t, h.db)) != 1 {
			t.Errorf("stopped: %s %q", got.Stage, got.RetestBroken)
		}
		h.made.put("/gone.html", "<html><head><title>旧文</title></head><body><p>旧文恢复了，内容完整可读。</p></body></html>")
		jobstest.Work(t, h.db, w, jobs.Config{})
		if got := read(); got.State != assessment.OrderClosed || got.RetestBroken != "" {
			t.Errorf("back again: %s %q", got.State, got.RetestBroken)
		}
	})
}

// A retest that a person asked for, whose process died, is ended by the sweep.
func TestARetestOfAPersonIsNotForEver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := h.issue(h.put("county", "footer.icp", "error", "D-18", "甲。", morning))
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE rectify_order SET retest_at = $2 WHERE id = $1`, o.ID, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.retest", Target: o.Target()})
		}); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(11 * time.Minute)
		if err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got, err := h.svc.OrderTx(ctx, h.db, authz.System("test"), o.ID); err != nil || got.Stage != assessment.StageIssued || !strings.Contains(got.RetestBroken, "中途停止") {
			t.Errorf("%s %q (%v)", got.Stage, got.RetestBroken, err)
		}
	})
}

// The finding of an account goes with the order that its point is in: it is
// ordered, comes back there when a dispute of it fails, and takes the point along
// when it was false.
func TestArticle30_TheFindingOfAnAccountGoesWithItsOrder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		system := audit.System(context.Background(), "test")
		if err := passage.Declare(system, h.db, registry.AccountMachine); err != nil {
			t.Fatal(err)
		}
		var f inspection.Finding
		if err := h.db.Update(system, func(tx *db.Tx) error {
			a, err := h.registry.EnterAccount(system, tx, authz.System("test"), registry.Account{Unit: h.units["dept"].ID, Platform: "weibo", Name: "西安商务", URL: "https://weibo.example/sw", Purpose: "发布", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			if err != nil {
				return err
			}
			f, err = h.inspection.RaiseOnAccount(system, tx, authz.System("test"), a.ID, engine.Sighting{Check: "account.interaction", Severity: check.Serious, Says: "没有提供有效的互动功能。", Article: "V-M-3.1", URL: a.URL, Wrong: "没有互动", Pages: 1, Evidence: engine.Evidence{URL: a.URL, At: tx.Now()}})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.sheet = []check.Finding{{Check: "account.interaction", Outcome: check.Violated, Severity: check.Serious, Article: "V-M-3.1", Says: "没有提供有效的互动功能。"}}
		office, theirs := h.as("city.chief", authz.OrderIssue)
		state := func() string {
			t.Helper()
			x, err := h.inspection.Finding(office, h.db, authz.System("test"), f.ID)
			if err != nil {
				t.Fatal(err)
			}
			return x.State
		}
		// It is ordered as a point of its account, not among the findings of sites.
		_, err := h.svc.IssueOrders(office, theirs, assessment.Issue{Findings: []inspection.FindingID{f.ID}})
		refused(t, err, fault.Invalid, "账号的问题")
		points, err := h.svc.TakeSheet(office, theirs, f.Account)
		if err != nil || len(points) != 1 {
			t.Fatalf("%+v, %v", points, err)
		}
		orders, err := h.svc.IssueOrders(office, theirs, assessment.Issue{Points: []assessment.PointID{points[0].ID}})
		if err != nil || len(orders) != 1 || state() != inspection.FindingOrdered {
			t.Fatalf("%+v, %v, the finding is %s", orders, err, state())
		}
		if _, err := h.inspection.Dispute(office, theirs, f.ID, "私信一直开着，请核实。"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.inspection.Answer(office, theirs, f.ID, inspection.ItIsTrue, "私信打不开，问题属实。"); err != nil || state() != inspection.FindingOrdered {
			t.Errorf("found true: %s, %v", state(), err)
		}
		if _, err := h.inspection.Dispute(office, theirs, f.ID, "重新开通后一直开着。"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.inspection.Answer(office, theirs, f.ID, inspection.ItIsFalse, "私信开着，是误报。"); err != nil {
			t.Fatal(err)
		}
		d, err := h.svc.Order(office, theirs, orders[0].ID)
		if err != nil || d.State != assessment.OrderClosed || d.Points[0].SettledAt.IsZero() || !strings.Contains(d.Points[0].Reason, "误报") {
			t.Errorf("found false: %s, %+v, %v", d.State, d.Points, err)
		}
	})
}

// What is ordered of a site or an account ends with it: the order has nothing left to
// ask, of what checks found and of what a person typed, and nobody is said to have
// mended it.
func TestArticle8_OrdersEndWithTheirObject(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		system := audit.System(context.Background(), "test")
		if err := passage.Declare(system, h.db, registry.AccountMachine); err != nil {
			t.Fatal(err)
		}
		office, theirs := h.as("city.chief", authz.OrderIssue)
		var a registry.Account
		end := func(ref registry.Ref) {
			t.Helper()
			h.must(h.db.Update(system, func(tx *db.Tx) error {
				for _, act := range []string{"begin_closing", "close"} {
					if _, err := h.registry.Move(system, tx, authz.System("test"), ref, act, "", passage.Note{Says: "省政府办公厅同意"}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		h.must(h.db.Update(system, func(tx *db.Tx) (err error) {
			a, err = h.registry.EnterAccount(system, tx, authz.System("test"), registry.Account{Unit: h.units["dept"].ID, Platform: "weibo", Name: "西安商务", URL: "https://weibo.example/sw", Purpose: "发布", State: registry.Running}, registry.Why{Source: "import", Says: "试验"})
			return err
		}))
		account := registry.Ref{Kind: sx2021.Account, ID: string(a.ID)}
		link, err := h.svc.TypeSeen(office, theirs, assessment.Saw{Object: account, Cause: assessment.ManualCauses()[0].ID, Severity: check.Error, Says: "头像与单位标识不符。"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, point, _ := strings.Cut(link, "point=")
		typed, err := h.svc.IssueOrders(office, theirs, assessment.Issue{Points: []assessment.PointID{assessment.PointID(point)}})
		if err != nil || len(typed) != 1 {
			t.Fatalf("%+v, %v", typed, err)
		}
		found := h.put("county", "footer.icp", "error", "D-18", "甲。", morning)
		own := h.put("county", "footer.police", "error", "D-18", "乙。", morning)
		ordered := h.issue(found)
		state := func(id assessment.OrderID) string {
			t.Helper()
			d, err := h.svc.Order(office, theirs, id)
			h.must(err)
			return d.State
		}
		end(account)
		if got := state(typed[0].ID); got != assessment.OrderClosed {
			t.Errorf("the order of the account is %s", got)
		}
		if got := state(ordered.ID); got == assessment.OrderClosed {
			t.Error("the order of the site went with the account")
		}
		end(registry.Ref{Kind: sx2021.Site, ID: string(h.sites["county"].ID)})
		if got := state(ordered.ID); got != assessment.OrderClosed || h.owed(assessment.RectifyObligation) != 0 {
			t.Errorf("the order of the site is %s, %d owed", got, h.owed(assessment.RectifyObligation))
		}
		for _, id := range []inspection.FindingID{found, own} {
			f, err := h.inspection.Finding(office, h.db, authz.System("test"), id)
			if err != nil || f.State != inspection.FindingClosed || f.ClosedBy != inspection.ClosedByEnd {
				t.Errorf("%s is %s by %q (%v)", f.Says, f.State, f.ClosedBy, err)
			}
		}
		// What is filed after all, by a look that was under way, goes with the next round.
		late := h.put("county", "footer.map", "error", "D-18", "丙。", morning)
		h.must(h.inspection.LapseEnded(context.Background()))
		if f, err := h.inspection.Finding(office, h.db, authz.System("test"), late); err != nil || f.ClosedBy != inspection.ClosedByEnd {
			t.Errorf("filed late: %+v, %v", f, err)
		}
	})
}

// Papers name an indicator and a check by their names: no code means anything to
// who receives them.
func TestPapersBearNoCodes(t *testing.T) {
	for clause, want := range map[string]string{"D-19": "检查指标“", "V-W-4.1": "检查指标“", "S19.4": "第十九条"} {
		if got := assessment.BasisOf(clause); !strings.Contains(got, want) || strings.Contains(got, clause) {
			t.Errorf("%s: %s", clause, got)
		}
	}
	each(t, func(t *testing.T, h *house) {
		o := h.issue(h.put("county", "link.dead", "error", "D-19", "链接无法打开。", morning))
		office, theirs := h.as("city.chief", authz.OrderIssue)
		doc, _, err := h.svc.Paper(office, theirs, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		said := fmt.Sprintf("%+v", doc)
		if !strings.Contains(said, "检查项“") || strings.Contains(said, "link.dead") || strings.Contains(said, "D-19") {
			t.Errorf("%s", said)
		}
	})
}
