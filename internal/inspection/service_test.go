package inspection_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/percent"
	"zhengshu/internal/registry"
)

// house is one county with one monitored site on a loopback listener.
type house struct {
	t      *testing.T
	ctx    context.Context
	db     *db.DB
	probes *db.DB
	clock  *calendar.Manual
	made   *enginetest.Site
	blobs  *blob.Folder
	disk   string // where they lie
	reg    *registry.Service
	svc    *inspection.Service
	site   registry.Site
	scope  authz.Scope // of the county
	other  authz.Scope // of its neighbour
	acts   []string
	scan   string // wrong word looked for
}

func (h *house) Scan(text string) []check.Span {
	if h.scan == "" {
		return nil
	}
	return enginetest.Quoting(h.scan).Scan(text)
}

var morning = time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(morning)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(morning)
		fn(t, build(t, d, clock))
	})
}

func build(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, made: enginetest.NewSite(t), ctx: audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: "P1", Name: "张三"})}
	sys := audit.System(context.Background(), "test")
	if err := passage.Declare(sys, d, registry.SiteMachine, inspection.FindingMachine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	h.reg = registry.New(d, o)
	var err error
	h.disk = t.TempDir()
	if h.blobs, err = blob.Disk(h.disk); err != nil {
		t.Fatal(err)
	}
	if h.probes, err = inspection.OpenProbes(sys, d, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if h.probes != d {
		t.Cleanup(func() { h.probes.Close() })
	}
	err = d.Update(sys, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市"}, {Level: org.County, Code: "610113", Name: "雁塔区"}, {Level: org.County, Code: "610114", Name: "阎良区"}} {
			if _, err := o.AddArea(sys, tx, a); err != nil {
				return err
			}
			got, err := o.AreaByCode(sys, tx, a.Code)
			if err != nil {
				return err
			}
			switch a.Code {
			case "610113":
				h.scope = authz.Area("test", got.Path)
			case "610114":
				h.other = authz.Area("test", got.Path)
			}
		}
		u, _, err := o.AddUnit(sys, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"})
		if err != nil {
			return err
		}
		if h.site, err = h.reg.EnterSite(sys, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: enginetest.Host, SiteCode: "6101130001"}); err != nil {
			return err
		}
		return h.reg.SetMonitored(sys, tx, h.scope, h.site.ID, true)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.svc = h.service()
	h.svc.OnMoved(func(_ context.Context, _ *db.Tx, f inspection.Finding, act string) error {
		h.acts = append(h.acts, act+" "+f.Check)
		return nil
	})
	return h
}

// service is one process.
func (h *house) service() *inspection.Service {
	return inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(h.t), inspection.Settings{Delay: -1, Scanner: func(context.Context, org.UnitID) (check.Scanner, error) { return h, nil }})
}

func (h *house) work() {
	h.t.Helper()
	w := jobs.NewWorkers()
	h.svc.Register(w)
	jobstest.Work(h.t, h.db, w, jobs.Config{Queues: map[string]int{inspection.Queue: 2, inspection.UrgentQueue: 1}, Backoff: func(int) time.Duration { return 0 }})
}

func (h *house) run() inspection.Run {
	h.t.Helper()
	r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	h.work()
	if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunDone {
		h.t.Fatalf("run %s %s (%v)", r.State, r.Failure, err)
	}
	return r
}

func (h *house) findings(state string) []inspection.Finding {
	h.t.Helper()
	list, total, err := h.svc.Findings(h.ctx, h.db, h.scope, inspection.FindingFilter{State: state})
	if err != nil || total != len(list) {
		h.t.Fatalf("findings %d of %d (%v)", len(list), total, err)
	}
	return list
}

// A site without outward services, as its supervisor recorded it, is asked for
// none; what was found before that goes with the next look.
func TestServicesAreNotAskedOfWhoHasNone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", "<button>办事服务</button>", "")
		h.made.Swap("/", "办事手册", "手册")
		exempt := false
		h.svc.ExemptFrom(func(context.Context, registry.SiteID) (bool, error) { return exempt, nil })
		h.run()
		if list := h.findings("standing"); len(list) != 1 || list[0].Check != "function.services" {
			t.Fatalf("without the record %+v", list)
		}
		exempt = true
		h.run()
		if list := h.findings("standing"); len(list) != 0 {
			t.Errorf("with the record %+v", list)
		}
	})
}

// fullDisk keeps nothing the first time.
type fullDisk struct {
	blob.Store
	failed bool
}

func (f *fullDisk) Put(ctx context.Context, r io.Reader) (blob.Ref, error) {
	if !f.failed {
		f.failed = true
		return "", errors.New("no space left on device")
	}
	return f.Store.Put(ctx, r)
}

// What the house could not keep breaks the run off only until it can.
func TestRunGoesOnAfterTheHouseFailed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		disk := &fullDisk{Store: h.blobs}
		h.svc = inspection.New(h.db, h.probes, h.reg, disk, h.made.Client(t), inspection.Settings{Delay: -1, Log: slog.New(slog.DiscardHandler)})
		if r := h.run(); r.Fresh != 1 || !disk.failed {
			t.Errorf("disk failed %t, run %+v", disk.failed, r)
		}
		if list := h.findings("standing"); len(list) != 1 || list[0].Check != "link.dead" {
			t.Errorf("%+v", list)
		}
	})
}

func TestRunFindsRetestCloses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		r := h.run()
		if r.Found != 1 || r.Fresh != 1 || r.Pages < 6 || r.AskedBy != "张三" || len(r.Untested) == 0 {
			t.Fatalf("%+v", r)
		}
		list := h.findings("standing")
		if len(list) != 1 || list[0].Check != "link.dead" || list[0].State != inspection.FindingOpen || !list[0].OnHome || list[0].SHA256 == "" || list[0].UnitName != "雁塔区人民政府办公室" {
			t.Fatalf("%+v", list)
		}
		f := list[0]
		// The bytes fetched are kept as they came.
		body, err := h.blobs.Open(h.ctx, f.Evidence)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body)
		if err != nil || !strings.Contains(string(b), "/gone.html") {
			t.Errorf("evidence %.80q (%v)", b, err)
		}

		// Still there: the finding stays, with a second look.
		got, err := h.svc.Retest(h.ctx, h.scope, f.ID)
		if err != nil || got.Closed || got.After.Outcome != engine.Standing || got.Before.Look != "found" {
			t.Fatalf("%+v (%v)", got, err)
		}
		// In an order, then mended: the retest closes it, and before and after stay.
		err = h.db.Update(h.ctx, func(tx *db.Tx) error {
			_, err := h.svc.Order(h.ctx, tx, h.scope, f.ID, passage.Note{Says: "整改通知 1 号"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		h.made.Put("/gone.html", enginetest.Article("旧文恢复的一条信息", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
		if got, err = h.svc.Retest(h.ctx, h.scope, f.ID); err != nil || !got.Closed || got.After.Outcome != engine.Gone || got.After.LinkStatus != 200 || got.Before.LinkStatus != 404 || got.Finding.ClosedBy != got.After.ID {
			t.Fatalf("%+v (%v)", got, err)
		}
		proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, f.ID)
		if err != nil || len(proofs) != 3 || proofs[2].Actor != "张三" {
			t.Errorf("%d proofs (%v)", len(proofs), err)
		}
		// Broken again: the same finding opens again.
		h.made.Set("/gone.html", enginetest.Page{Status: 404, Type: "text/html"})
		if got, err = h.svc.Retest(h.ctx, h.scope, f.ID); err != nil || got.Closed || got.Finding.State != inspection.FindingOpen {
			t.Fatalf("%+v (%v)", got.Finding, err)
		}
		if want := "find link.dead,order link.dead,close link.dead,reopen link.dead"; strings.Join(h.acts, ",") != want {
			t.Errorf("told %v", h.acts)
		}
		rows, err := audit.Entries(h.ctx, h.db, audit.Filter{TargetKind: "finding", TargetID: string(f.ID)})
		if err != nil || len(rows) != 5 {
			t.Errorf("%d audit entries (%v)", len(rows), err)
		}
	})
}

func TestSecondRunKnowsTheFindingAndClosesIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan = "惯彻"
		h.made.Swap("/yw/1.html", "部署了今年的重点任务", "惯彻落实今年的重点任务")
		h.run()
		first := h.findings("")
		h.clock.Advance(25 * time.Hour)
		if r := h.run(); r.Found != 1 || r.Fresh != 0 {
			t.Errorf("%+v", r)
		}
		again := h.findings("")
		if len(first) != 1 || len(again) != 1 || again[0].ID != first[0].ID || !again[0].LastSeen.After(again[0].FirstSeen) {
			t.Fatalf("%+v", again)
		}
		if got := again[0].Place(); got != "会议总结了去年的工作，惯彻落实今年的重点任务。" {
			t.Errorf("it stands at %q", got)
		}
		// A page that cannot be asked for closes nothing.
		h.made.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /yw/1.html\n"})
		h.svc = h.service()
		if r := h.run(); r.Closed != 0 {
			t.Errorf("closed what was not looked at: %+v", r)
		}
		h.made.Set("/robots.txt", enginetest.Page{Status: 404, Type: "text/plain"})
		h.made.Swap("/yw/1.html", "惯彻", "贯彻")
		h.svc = h.service()
		if r := h.run(); r.Closed != 1 {
			t.Errorf("%+v", r)
		}
		if got := h.findings(inspection.FindingClosed); len(got) != 1 || got[0].ClosedBy == "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestNotContactedUntilSwitchedOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		err := h.db.Update(h.ctx, func(tx *db.Tx) error { return h.reg.SetMonitored(h.ctx, tx, h.scope, h.site.ID, false) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Start(h.ctx, h.scope, h.site.ID); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "开启监测") {
			t.Errorf("%v", err)
		}
		if n, err := h.svc.ProbeDue(h.ctx); n != 0 || err != nil {
			t.Errorf("probed %d (%v)", n, err)
		}
		if n, err := h.svc.PatrolDue(h.ctx); n != 0 || err != nil {
			t.Errorf("patrols %d (%v)", n, err)
		}
		if len(h.made.Asked) != 0 {
			t.Errorf("the site was contacted: %v", h.made.Asked)
		}
	})
}

func TestSwitchedOffWhileItWaited(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error { return h.reg.SetMonitored(h.ctx, tx, h.scope, h.site.ID, false) }); err != nil {
			t.Fatal(err)
		}
		h.work()
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunFailed || r.Failure == "" || len(h.made.Asked) != 0 {
			t.Errorf("%+v (%v) %v", r, err, h.made.Asked)
		}
	})
}

func TestNeighbourSeesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		r := h.run()
		f := h.findings("")[0]
		list, total, err := h.svc.Findings(h.ctx, h.db, h.other, inspection.FindingFilter{})
		if len(list) != 0 || total != 0 || err != nil {
			t.Errorf("%d %d (%v)", len(list), total, err)
		}
		tallies, err := h.svc.Tallies(h.ctx, h.db, h.other)
		if len(tallies) != 0 || err != nil {
			t.Errorf("%v (%v)", tallies, err)
		}
		if mine, err := h.svc.Tallies(h.ctx, h.db, h.scope); err != nil || mine[h.site.ID].Error != 1 {
			t.Errorf("%v (%v)", mine, err)
		}
		for name, err := range map[string]error{
			"finding":  second(h.svc.Finding(h.ctx, h.db, h.other, f.ID)),
			"retest":   second(h.svc.Retest(h.ctx, h.other, f.ID)),
			"dispute":  second(h.svc.Dispute(h.ctx, h.other, f.ID, "这不是我们的问题")),
			"proofs":   second(h.svc.Proofs(h.ctx, h.db, h.other, f.ID)),
			"history":  second(h.svc.History(h.ctx, h.db, h.other, f.ID)),
			"run":      second(h.svc.Run(h.ctx, h.other, r.ID)),
			"start":    second(h.svc.Start(h.ctx, h.other, h.site.ID)),
			"runs":     second(h.svc.Runs(h.ctx, h.other, h.site.ID, 9)),
			"past":     second(h.svc.Past(h.ctx, h.other, h.site.ID, 9)),
			"accesses": second(h.svc.AccessRate(h.ctx, h.other, h.site.ID, enginetest.Today, 7)),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of a neighbour: %v", name, err)
			}
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestDisputeNeedsAReasonAndStands(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.scan = "惯彻"
		h.made.Swap("/yw/1.html", "部署了今年的重点任务", "惯彻落实今年的重点任务")
		h.run()
		f := h.findings("")[0]
		if _, err := h.svc.Dispute(h.ctx, h.scope, f.ID, " 否 "); !fault.Is(err, fault.Invalid) || len(fault.Of(err).Fields) != 1 {
			t.Errorf("%v", err)
		}
		got, err := h.svc.Dispute(h.ctx, h.scope, f.ID, "引用历史文献原文，不是错别字。")
		if err != nil || got.State != inspection.FindingDisputed {
			t.Fatalf("%+v (%v)", got, err)
		}
		if _, err := h.svc.Dispute(h.ctx, h.scope, f.ID, "再报一次误报"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second dispute: %v", err)
		}
		// Seen again, it neither opens again nor doubles.
		h.run()
		if list := h.findings(""); len(list) != 1 || list[0].State != inspection.FindingDisputed {
			t.Errorf("%+v", list)
		}
		if got, err = h.svc.Uphold(h.ctx, h.scope, f.ID, "经核实是录入错误。"); err != nil || got.State != inspection.FindingOpen {
			t.Errorf("%+v (%v)", got, err)
		}
		steps, err := h.svc.History(h.ctx, h.db, h.scope, f.ID)
		if err != nil || len(steps) != 3 || steps[1].Note != "引用历史文献原文，不是错别字。" {
			t.Errorf("%+v (%v)", steps, err)
		}
	})
}

func TestOutageOfOurOwnIsNotCounted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			for _, name := range []string{"a", "b", "c", "d"} {
				site, err := h.reg.EnterSite(h.ctx, tx, registry.Site{Unit: h.site.Unit, Kind: registry.DepartmentSite, Name: name, Host: name + ".elsewhere.gov.cn"})
				if err != nil {
					return err
				}
				if err := h.reg.SetMonitored(h.ctx, tx, h.scope, site.ID, true); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(10 * time.Minute)
		c := egress.New(egress.Policy{Resolver: enginetest.Nowhere{}}) // no name resolves
		t.Cleanup(c.Close)
		lost := inspection.New(h.db, h.probes, h.reg, h.blobs, c, inspection.Settings{Delay: -1})
		if n, err := lost.ProbeDue(h.ctx); err != nil || n != 0 {
			t.Errorf("%d probes counted while nothing could be reached (%v)", n, err)
		}
		// A site of this machine answers: that is its own, and proves nothing of the
		// line to the others.
		if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != 1 {
			t.Errorf("%d probes (%v)", n, err)
		}
		if list, err := h.svc.Vantages(h.ctx); err != nil || len(list) != 1 || list[0].ID != inspection.OwnVantage || list[0].LineOK {
			t.Errorf("our line stands as %+v (%v)", list, err)
		}
		// An address that tests the line does: the others' failures are theirs.
		if err := h.svc.SetOwnLine(h.ctx, highest(), "http://"+h.site.Host+"/"); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(10 * time.Minute)
		if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != 5 {
			t.Errorf("%d probes with a line that answers (%v)", n, err)
		}
		weeks, err := h.svc.Weeks(h.ctx, h.scope)
		if err != nil || len(weeks) != 5 || weeks[h.site.ID].Failures != 0 || weeks[h.site.ID].Probes != 2 {
			t.Errorf("%+v (%v)", weeks, err)
		}
	})
}

// Where the addresses that test our own line do not answer, nothing is counted, that
// is said with since when, and no site is asked again and again for it.
func TestOurOwnLineDownIsSaid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		set := func(line string) {
			t.Helper()
			if err := h.svc.SetOwnLine(h.ctx, highest(), line); err != nil {
				t.Fatal(err)
			}
		}
		probed := func(want int) {
			t.Helper()
			if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != want {
				t.Errorf("%d probes, want %d (%v)", n, want, err)
			}
		}
		down := func() string {
			t.Helper()
			gap, err := h.svc.Gap(h.ctx, h.scope)
			if err != nil {
				t.Fatal(err)
			}
			return gap.Says
		}
		asked := func() int {
			h.made.Mu.Lock()
			defer h.made.Mu.Unlock()
			return h.made.Asked["/"]
		}
		set("http://line.none.gov.cn/")
		if says := down(); says != "" {
			t.Errorf("before the first round: %s", says)
		}
		probed(0)
		since, once := down(), asked()
		if !strings.Contains(since, h.clock.Now().In(calendar.Shanghai).Format("2006-01-02 15:04")) || !strings.Contains(since, "自检地址都打不开") || !strings.Contains(since, "不计失败，也不告警") {
			t.Errorf("said: %s", since)
		}
		h.clock.Advance(10 * time.Minute)
		probed(0)
		if says := down(); says != since {
			t.Errorf("since when moves: %s", says)
		}
		if once == 0 || asked() != once {
			t.Errorf("the site was asked %d times, then %d", once, asked())
		}
		set("http://" + h.site.Host + "/")
		probed(1)
		if says := down(); says != "" {
			t.Errorf("it answers again: %s", says)
		}
	})
}

// A round that a stop breaks off counts nothing and says nothing of our own line: it is
// made again when the system is back.
func TestARoundBrokenOffSaysNothing(t *testing.T) {
	for _, where := range []string{"/", "/line.html"} {
		t.Run(where, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				stop := func() {}
				h.made.Answers = func(path, _ string) (enginetest.Page, bool) {
					if path == where {
						stop()
					}
					return enginetest.Page{Body: "ok"}, path == "/line.html"
				}
				if err := h.svc.SetOwnLine(h.ctx, highest(), "http://"+h.site.Host+"/line.html"); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancel(h.ctx)
				stop = cancel
				if n, err := h.svc.ProbeDue(ctx); !errors.Is(err, context.Canceled) || n != 0 {
					t.Errorf("%d probes (%v)", n, err)
				}
				if gap, err := h.svc.Gap(h.ctx, h.scope); err != nil || gap.Says != "" {
					t.Errorf("said: %s (%v)", gap.Says, err)
				}
				if days, err := h.svc.Past(h.ctx, h.scope, h.site.ID, 1); err != nil || days[0].Probes != 0 {
					t.Errorf("counted: %+v (%v)", days, err)
				}
				stop = func() {}
				if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != 1 {
					t.Errorf("when it is back: %d probes (%v)", n, err)
				}
			})
		})
	}
}

func TestTwoStartAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.svc.Start(h.ctx, h.scope, h.site.ID) })
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d runs under way", won)
		}
		h.work()
		// The job delivered twice does nothing the second time.
		asked := h.made.Asked["/"]
		runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 9)
		if err != nil || len(runs) != 1 {
			t.Fatalf("%d runs (%v)", len(runs), err)
		}
		if err := h.svc.Work(h.ctx, runs[0].ID); err != nil || h.made.Asked["/"] != asked {
			t.Errorf("worked twice (%v)", err)
		}
	})
}

func TestProbesEveryFiveMinutesSpreadAndOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		total := 0
		for range 60 { // an hour of minutes
			n, err := h.svc.ProbeDue(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			total += n
			h.clock.Advance(time.Minute)
		}
		if total < 12 || total > 13 {
			t.Errorf("%d probes in an hour", total)
		}
		if n, err := h.service().ProbeDue(h.ctx); err != nil || n > 1 {
			t.Errorf("%d (%v)", n, err)
		}
		days, err := h.svc.Past(h.ctx, h.scope, h.site.ID, 90)
		if err != nil || len(days) != 90 || days[89].Probes < 12 || days[89].Failures != 0 || days[0].Probes != 0 {
			t.Errorf("%+v (%v)", days[len(days)-1], err)
		}
		h.made.Set("/", enginetest.Page{Status: 500, Type: "text/html"})
		h.clock.Advance(5 * time.Minute)
		if _, err := h.svc.ProbeDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		if since, down, err := h.svc.DownSince(h.ctx, h.scope, h.site.ID); err != nil || !down || !since.Equal(h.clock.Now()) {
			t.Errorf("down since %s, %v (%v)", since, down, err)
		}
		weeks, err := h.svc.Weeks(h.ctx, h.scope)
		if w := weeks[h.site.ID]; err != nil || w.Failures != 1 || w.LastOK {
			t.Errorf("%+v (%v)", w, err)
		}
		if weeks, err := h.svc.Weeks(h.ctx, h.other); err != nil || len(weeks) != 0 {
			t.Errorf("%v (%v)", weeks, err)
		}
	})
}

// fill writes days of probes by hand: the roll-up of a week without a week.
func (h *house) fill(from calendar.Date, days ...[2]int) {
	h.t.Helper()
	err := h.probes.Update(h.ctx, func(tx *db.Tx) error {
		for i, d := range days {
			_, err := tx.Quiet(h.ctx, `INSERT INTO probe_day (site_id, day, probes, failures, last_at, last_ok) VALUES ($1, $2, $3, $4, $5, TRUE)
				ON CONFLICT (site_id, day) DO UPDATE SET probes = excluded.probes, failures = excluded.failures`,
				h.site.ID, from.AddDays(i), d[0], d[1], from.AddDays(i).Start())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestFivePercentInclusive(t *testing.T) {
	weekOf := func(failures int) [][2]int {
		out := make([][2]int, 7)
		for i := range out {
			out[i] = [2]int{20, 0}
		}
		out[3][1] = failures
		return out
	}
	each(t, func(t *testing.T, h *house) {
		first := enginetest.Today.AddDays(-7)
		for _, c := range []struct {
			name       string
			days       [][2]int
			sufficient bool
			standing   int
		}{
			{"six of 140", weekOf(6), true, 0},
			{"seven of 140 is five per cent", weekOf(7), true, 1},
			{"a day with 19 probes", append(weekOf(7)[:6], [2]int{19, 0}), false, 1}, // nothing can be said: the finding stays
			{"mended", weekOf(0), true, 0},
		} {
			h.fill(first, c.days...)
			a, err := h.svc.AccessRate(h.ctx, h.scope, h.site.ID, enginetest.Today.AddDays(-1), 7)
			if err != nil || a.Sufficient != c.sufficient || len(a.Days) != 7 {
				t.Errorf("%s: %+v (%v)", c.name, a, err)
			}
			// The board goes by the same rule.
			weeks, err := h.svc.Weeks(h.ctx, h.scope)
			w := weeks[h.site.ID]
			share, ok := w.Whole.Rate()
			if err != nil || ok != c.sufficient || ok && share != percent.Of(a.Probes-a.Failures, a.Probes) {
				t.Errorf("%s: the board says %v, %v of %+v (%v)", c.name, share, ok, w, err)
			}
			for range 2 { // the duty is idempotent
				if err := h.svc.JudgeAccess(h.ctx); err != nil {
					t.Fatal(err)
				}
			}
			list := h.findings("standing")
			if len(list) != c.standing {
				t.Errorf("%s: %d findings", c.name, len(list))
			}
			if len(list) == 1 && (list[0].Check != "access.rate" || list[0].Clause != "V-W-2" || list[0].Severity != check.Serious) {
				t.Errorf("%s: %+v", c.name, list[0])
			}
		}
	})
}

// V-W-2: the time, place and result of every visit stand with the finding, long
// after the single probes are deleted.
func TestEveryVisitIsKeptWithTheFinding(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		week := make([][2]int, 7)
		for i := range week {
			week[i] = [2]int{20, 0}
		}
		week[6][1] = 8
		h.fill(enginetest.Today.AddDays(-7), week...)
		at := enginetest.Today.AddDays(-1).Start().Add(9 * time.Hour)
		err := h.probes.Update(h.ctx, func(tx *db.Tx) error {
			for _, q := range []struct {
				sql  string
				args []any
			}{
				{`INSERT INTO probe (site_id, at, ok, kind, status, took_ms) VALUES ($1, $2, FALSE, 'tcp', 0, 0)`, []any{h.site.ID, at}},
				{`INSERT INTO probe (site_id, at, ok, kind, status, took_ms) VALUES ($1, $2, TRUE, '', 200, 321)`, []any{h.site.ID, at.Add(time.Hour)}},
				{`INSERT INTO probe (site_id, at, ok, kind, status, took_ms) VALUES ($1, $2, TRUE, '', 200, 999)`, []any{h.site.ID, enginetest.Today.Start().Add(time.Hour)}},
				{`INSERT INTO probe_vote (site_id, slot, vantage_id, ok, kind, status, took_ms, verdict) VALUES ($1, $2, 'own', FALSE, 'tcp', 0, 0, 'failed')`, []any{h.site.ID, at}},
				{`INSERT INTO probe_vote (site_id, slot, vantage_id, ok, kind, status, took_ms, verdict) VALUES ($1, $2, '01FAR', FALSE, 'timeout', 0, 0, 'failed')`, []any{h.site.ID, at}},
			} {
				if _, err := tx.Quiet(h.ctx, q.sql, q.args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.svc.JudgeAccess(h.ctx); err != nil {
			t.Fatal(err)
		}
		list := h.findings("standing")
		if len(list) != 1 {
			t.Fatalf("%d findings", len(list))
		}
		if err := h.probes.Update(h.ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(h.ctx, `DELETE FROM probe`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, list[0].ID)
		if err != nil || len(proofs) != 1 || proofs[0].Ref == "" || proofs[0].SHA256 == "" {
			t.Fatalf("%+v (%v)", proofs, err)
		}
		f, err := h.blobs.Open(h.ctx, proofs[0].Ref)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		body, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		day := enginetest.Today.AddDays(-1).String()
		for _, want := range []string{h.site.Name, day + ",20,8,逐次记录留有 2 次", day + " 09:00:00,本系统,打不开（tcp）,0,0,计为失败", day + " 09:00:00,01FAR,打不开（timeout）,0,0,计为失败", day + " 09:00:00,各监测点,打不开（tcp）,0,0,计票结果，计入", day + " 10:00:00,本系统,打开,200,321,计入"} {
			if !strings.Contains(string(body), want) {
				t.Errorf("the evidence does not tell %q:\n%s", want, body)
			}
		}
		if strings.Contains(string(body), "999") {
			t.Error("a probe after the window is among them")
		}
		rep, err := h.svc.VerifyEvidence(h.ctx)
		if err != nil || len(rep.Damage) != 0 || rep.Bytes == 0 {
			t.Errorf("%+v (%v)", rep, err)
		}
	})
}

func TestOfflineWindowIsExcused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		week := make([][2]int, 10)
		for i := range week {
			week[i] = [2]int{20, 0}
		}
		week[8] = [2]int{20, 20} // offline with leave on this day
		h.fill(enginetest.Today.AddDays(-10), week...)
		step := func(at calendar.Date, act string) {
			h.clock.Set(at.Start().Add(8 * time.Hour))
			err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				_, _, err := registry.SiteMachine.Take(h.ctx, tx, string(h.site.ID), act, passage.Note{})
				if err != nil {
					return err
				}
				return audit.Record(h.ctx, tx, audit.Entry{Act: "test", Target: h.site.Target()})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		step(enginetest.Today.AddDays(-2), "go_offline")
		h.clock.Set(enginetest.Today.AddDays(-1).Start())
		h.clock.Advance(-time.Hour)
		err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			_, _, err := registry.SiteMachine.Take(h.ctx, tx, string(h.site.ID), "resume", passage.Note{})
			if err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test", Target: h.site.Target()})
		})
		if err != nil {
			t.Fatal(err)
		}
		a, err := h.svc.AccessRate(h.ctx, h.scope, h.site.ID, enginetest.Today.AddDays(-1), 7)
		if err != nil || a.Failures != 0 || !a.Sufficient || len(a.Days) != 8 || !a.Days[6].Excused {
			t.Errorf("%+v (%v)", a, err)
		}
	})
}

func TestPatrolOnceADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, want := range []int{1, 0, 1} {
			n, err := h.svc.PatrolDue(h.ctx)
			if err != nil || n != want {
				t.Errorf("round %d: %d patrols (%v)", i, n, err)
			}
			h.work()
			if i == 1 {
				h.clock.Advance(25 * time.Hour)
			}
		}
	})
}

// A run that got no page to read is no patrol of the day: the next is tried in hours.
func TestARunWithoutAPageIsNoPatrolOfTheDay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		shut := true
		h.made.Answers = func(string, string) (enginetest.Page, bool) {
			return enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "no"}, shut
		}
		for i, x := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {time.Hour, 0}, {2 * time.Hour, 1}, {2 * time.Hour, 1}, {2 * time.Hour, 0}, {20 * time.Hour, 0}, {3 * time.Hour, 1}} {
			if h.clock.Advance(x.after); i == 3 {
				shut = false
			}
			// What is told beforehand is what happens.
			at, ok, err := h.svc.NextPatrol(h.ctx, h.scope, h.site.ID)
			if now := h.db.Now(); err != nil || !ok || at.Equal(now) != (x.want == 1) || at.Before(now) || at.After(now.Add(24*time.Hour)) {
				t.Errorf("round %d: told %v, %v at %v (%v)", i, at, ok, now, err)
			}
			if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != x.want {
				t.Errorf("round %d: %d patrols (%v)", i, n, err)
			}
			if _, ok, err := h.svc.NextPatrol(h.ctx, h.scope, h.site.ID); err != nil || ok != (x.want == 0) {
				t.Errorf("round %d: under way, and told %v (%v)", i, ok, err)
			}
			h.work()
		}
		if _, _, err := h.svc.NextPatrol(h.ctx, authz.Scope{}, h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of scope: %v", err)
		}
	})
}

func TestOurOwnRefusalIsNoFailureOfTheSite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		// Without leave to dial the own listener every address is refused.
		c := egress.New(egress.Policy{Resolver: enginetest.Nowhere{}, RefuseNames: []string{"yanta.gov.cn"}})
		t.Cleanup(c.Close)
		svc := inspection.New(h.db, h.probes, h.reg, h.blobs, c, inspection.Settings{Delay: -1})
		h.clock.Advance(10 * time.Minute)
		if _, err := svc.ProbeDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		days, err := svc.Past(h.ctx, h.scope, h.site.ID, 1)
		if err != nil || days[0].Probes != 0 {
			t.Errorf("%+v (%v)", days, err)
		}
	})
}

// A run whose process died as often as it may ends when its job is given up: nothing
// is closed by it, and the site is free.
func TestARunEndsWithItsJob(t *testing.T) {
	for _, kind := range []string{inspection.Manual, inspection.Patrol} {
		t.Run(kind, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				died := func() {}
				h.made.Answers = func(string, string) (enginetest.Page, bool) { died(); return enginetest.Page{}, false }
				h.made.Swap("/", `</body>`, `<a href="/gone.html">旧文</a></body>`)
				h.run()
				stand := len(h.findings("standing"))
				if stand == 0 {
					t.Fatal("nothing found")
				}
				h.made.Swap("/", `<a href="/gone.html">旧文</a>`, "")
				h.clock.Advance(25 * time.Hour)
				if kind == inspection.Patrol {
					if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 1 {
						t.Fatalf("%d patrols (%v)", n, err)
					}
				} else if _, err := h.svc.Start(h.ctx, h.scope, h.site.ID); err != nil {
					t.Fatal(err)
				}
				last := func() inspection.Run {
					t.Helper()
					list, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 1)
					if err != nil || len(list) != 1 || list[0].Kind != kind {
						t.Fatalf("%+v (%v)", list, err)
					}
					return list[0]
				}
				ctx, cancel := context.WithCancel(h.ctx)
				died = cancel
				if err := h.svc.Work(ctx, last().ID); !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				died = func() {}
				if r := last(); r.State != inspection.RunRunning {
					t.Fatalf("in the middle: %s", r.State)
				}
				jobstest.Silence[inspection.RunSite](t, h.db, 3)
				h.work()
				r := last()
				if r.State != inspection.RunFailed || !strings.Contains(r.Failure, "多次中途停止") || !r.Finished.Equal(h.clock.Now()) || r.Closed != 0 {
					t.Errorf("%+v", r)
				}
				if n := len(h.findings("standing")); n != stand {
					t.Errorf("%d findings stand, before %d", n, stand)
				}
				if f, err := jobs.Failures(h.ctx, h.db, 9); err != nil || len(f) != 1 {
					t.Errorf("failed jobs: %+v (%v)", f, err)
				}
				// It was no patrol of the day.
				h.clock.Advance(3 * time.Hour)
				if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 1 {
					t.Errorf("%d patrols (%v)", n, err)
				}
			})
		})
	}
}

// A run that a person hurried is not ended with its first job; one whose job failed
// each time says why.
func TestARunEndsWithItsOwnJobOnly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 1 {
			t.Fatalf("%d patrols (%v)", n, err)
		}
		jobstest.Silence[inspection.RunSite](t, h.db, 3)
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.work()
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunDone {
			t.Errorf("hurried: %s %q (%v)", r.State, r.Failure, err)
		}
		unread := fault.New(fault.Unavailable, "词库暂时不能读取。")
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Scanner: func(context.Context, org.UnitID) (check.Scanner, error) { return nil, unread }})
		if r, err = h.svc.Start(h.ctx, h.scope, h.site.ID); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			h.work()
			h.clock.Advance(time.Minute)
		}
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunFailed || r.Failure != "检查中断，未检查的内容不作评判：词库暂时不能读取。" {
			t.Errorf("failed each time: %s %q (%v)", r.State, r.Failure, err)
		}
	})
}

// What waits its turn, however long, is not lost; what waits for a crawler that is
// not spoken with any more is.
func TestARunWaitsAsLongAsItsJob(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(13 * time.Hour)
		if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 0 {
			t.Errorf("%d patrols (%v)", n, err)
		}
		h.work()
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunDone {
			t.Errorf("%s %q (%v)", r.State, r.Failure, err)
		}
		x, _, _ := exchanging(t, h)
		if err := os.RemoveAll(x.Plans); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(x.Plans, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err == nil {
			t.Fatal("the plan could be sent")
		}
		h.svc = h.service()
		h.clock.Advance(13 * time.Hour)
		if _, err := h.svc.PatrolDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		list, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 9)
		if err != nil || !slices.ContainsFunc(list, func(r inspection.Run) bool {
			return r.Kind == inspection.Planned && r.State == inspection.RunFailed && strings.Contains(r.Failure, "文件交换已停用")
		}) {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// Schema 0560 ends the runs whose job was given up before that ended them, and no
// other.
func TestRunsThatLostTheirJobBeforeAreEnded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		up := dbtest.Up(t, "0560_lost_runs.sql")
		migrate := func() inspection.Run {
			t.Helper()
			dbtest.Write(t, h.db, up)
			if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil {
				t.Fatal(err)
			}
			return r
		}
		if r := migrate(); r.State != inspection.RunQueued {
			t.Errorf("its job waits: %s", r.State)
		}
		dbtest.Write(t, h.db, `UPDATE inspection_run SET sent_at = asked_at`)
		dbtest.Write(t, h.db, `UPDATE job SET state = 'failed'`)
		if r := migrate(); r.State != inspection.RunQueued {
			t.Errorf("sent to a crawler: %s", r.State)
		}
		dbtest.Write(t, h.db, `UPDATE inspection_run SET sent_at = NULL`)
		if r := migrate(); r.State != inspection.RunFailed || r.Failure == "" || r.Finished.IsZero() {
			t.Errorf("its job was given up: %+v", r)
		}
	})
}

func TestDutiesAreRegisteredOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := jobs.NewWorkers()
		h.svc.Register(w)
		k, err := jobs.New(h.db, w, jobs.Config{Queues: map[string]int{inspection.Queue: 2, inspection.UrgentQueue: 1}, Backoff: func(int) time.Duration { return 0 }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		h.clock.Advance(10 * time.Minute)
		if err := k.Start(ctx); err != nil {
			t.Fatal(err)
		}
		// The first firing probes the site and queues and works its patrol.
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 1)
			if err != nil {
				t.Fatal(err)
			}
			days, err := h.svc.Past(h.ctx, h.scope, h.site.ID, 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(runs) == 1 && runs[0].State == inspection.RunDone && runs[0].Kind == inspection.Patrol && days[0].Probes == 1 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("runs %+v, days %+v", runs, days)
			}
		}
		if err := k.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
}

// What another watcher filed at the home page is not closed by a patrol that opens
// it: neither where the name leads, nor what was altered, nor a notice.
func TestArticle23_PatrolLeavesTheFindingsOfOthers(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		filed := map[string]string{"host.dns": "http://" + enginetest.Host + "/", "host.abroad": "http://" + enginetest.Host + "/", "tamper.changed": "https://" + enginetest.Host + "/", "notice.absent": "http://" + enginetest.Host + "/", "duty.seen": "http://" + enginetest.Host + "/"}
		err := h.db.Update(audit.System(h.ctx, "test"), func(tx *db.Tx) error {
			for id, at := range filed {
				if _, err := h.svc.Raise(h.ctx, tx, h.scope, h.site.ID, engine.Sighting{Check: id, Severity: check.Serious, Says: id, Article: "S23.2", URL: at, Where: "site", OnHome: true, Pages: 1}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if r := h.run(); r.Closed != 0 || r.Pages < 6 {
			t.Errorf("the patrol closed %d findings that are not its own, of %d pages", r.Closed, r.Pages)
		}
		if got := h.findings(inspection.FindingOpen); len(got) != len(filed) {
			t.Errorf("%d of %d stand", len(got), len(filed))
		}
	})
}

// A finding that stands on several pages is gone when all of them were looked at;
// those that were not are kept with it.
func TestAFindingOfManyPagesClosesWithAllOfThem(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const icp = "陕ICP备"
		for _, p := range []string{"/", "/yw/", "/tz/", "/yw/1.html", "/tz/1.html", "/map.html"} {
			h.made.Swap(p, icp, "备案")
		}
		h.run()
		f := h.findings(inspection.FindingOpen)
		if len(f) != 1 || f[0].Pages != 6 || len(f[0].Also) != 5 {
			t.Fatalf("%+v", f)
		}
		// All but one were mended; that one may not be asked for.
		for _, p := range []string{"/", "/yw/", "/tz/", "/tz/1.html", "/map.html"} {
			h.made.Swap(p, "备案", icp)
		}
		h.made.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /yw/1.html\n"})
		h.svc = h.service()
		if r := h.run(); r.Closed != 0 {
			t.Errorf("closed with a page that was not looked at")
		}
		// One is broken again: what is known of the other stays.
		h.made.Swap("/tz/", icp, "备案")
		h.run()
		if f = h.findings(inspection.FindingOpen); len(f) != 1 || f[0].Pages != 2 || f[0].URL != "http://"+enginetest.Host+"/tz/" || len(f[0].Also) != 1 || f[0].Also[0] != "http://"+enginetest.Host+"/yw/1.html" {
			t.Fatalf("%+v", f)
		}
		h.made.Swap("/tz/", "备案", icp)
		h.made.Swap("/yw/1.html", "备案", icp)
		h.made.Set("/robots.txt", enginetest.Page{Status: 404, Type: "text/plain"})
		h.svc = h.service()
		if r := h.run(); r.Closed != 1 {
			t.Errorf("all mended and looked at: %+v", r)
		}
	})
}

// A site that turns machines away (401, 403, 429, 451) could not be tested: it is
// neither open nor shut, asked again in its turn, and told of when that lasts a day.
func TestArticle22_ARefusalIsNoOutage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		at := h.clock.Now()
		probe := func(n int) {
			t.Helper()
			h.clock.Advance(5 * time.Minute)
			if got, err := h.svc.ProbeDue(h.ctx); err != nil || got != n {
				t.Fatalf("%d probes counted, want %d (%v)", got, n, err)
			}
		}
		week := func() inspection.Week {
			t.Helper()
			all, err := h.svc.Weeks(h.ctx, h.scope)
			if err != nil {
				t.Fatal(err)
			}
			return all[h.site.ID]
		}
		h.made.Set("/", enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "WAF"})
		for h.clock.Now().Sub(at) <= 25*time.Hour {
			probe(0)
			// No sooner than its next turn.
			hits := h.made.Hits("/")
			if _, err := h.svc.ProbeDue(h.ctx); err != nil || h.made.Hits("/") != hits {
				t.Fatalf("asked again at once (%v)", err)
			}
			if w := week(); w.Refusal.Since.IsZero() != (h.clock.Now().Sub(at) < 24*time.Hour+5*time.Minute) {
				t.Fatalf("after %s: %+v", h.clock.Now().Sub(at), w.Refusal)
			}
		}
		w := week()
		if w.Probes != 0 || w.Failures != 0 || w.Refusal.Status != http.StatusForbidden {
			t.Errorf("%+v", w)
		}
		if list, err := h.svc.Silences(h.ctx, h.scope, 24*time.Hour); err != nil || len(list) != 0 {
			t.Errorf("an outage: %+v (%v)", list, err)
		}
		if _, down, err := h.svc.DownSince(h.ctx, h.scope, h.site.ID); err != nil || down {
			t.Errorf("down: %v (%v)", down, err)
		}
		if weeks, err := h.svc.Weeks(h.ctx, h.other); err != nil || len(weeks) != 0 {
			t.Errorf("a neighbour reads %+v (%v)", weeks, err)
		}
		// A patrol says that it could not look, and finds nothing.
		if r := h.run(); r.Found != 0 || !slices.ContainsFunc(r.Untested, func(u engine.Untested) bool { return u.Check == engine.CheckHome }) {
			t.Errorf("%d found, untested %+v", r.Found, r.Untested)
		}
		// It lets us in; and 404 is a failure as before.
		h.made.Set("/", enginetest.Page{})
		probe(1)
		if w = week(); !w.Refusal.Since.IsZero() || !w.LastOK || w.Failures != 0 {
			t.Errorf("let in: %+v", w)
		}
		h.made.Set("/", enginetest.Page{Status: http.StatusNotFound, Type: "text/html", Body: "x"})
		probe(1)
		if w = week(); w.Failures != 1 {
			t.Errorf("404: %+v", w)
		}
	})
}

// A confirmed false alarm about a file or about the values of one page excuses that
// file and those values: not what is put in its place, nor the next page.
func TestAFalseAlarmExcusesOneCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		deny := func(checkID, page string) {
			t.Helper()
			h.clock.Advance(25 * time.Hour)
			r := h.run()
			if seen := slices.DeleteFunc(h.findings(""), func(f inspection.Finding) bool { return f.LastRun != r.ID }); r.Found != len(seen) {
				t.Errorf("the run counts %d findings, %d were seen in it", r.Found, len(seen)) // false alarms are none
			}
			open := slices.DeleteFunc(h.findings(inspection.FindingOpen), func(f inspection.Finding) bool { return f.Check != checkID })
			if page == "" {
				if len(open) != 0 {
					t.Fatalf("%d open, want none: %+v", len(open), open)
				}
				return
			}
			if len(open) != 1 || open[0].URL != "http://"+enginetest.Host+page || open[0].Pages != 1 {
				t.Fatalf("want one of %s at %s: %+v", checkID, page, open)
			}
			if _, err := h.svc.Dispute(h.ctx, h.scope, open[0].ID, "经办人认为不是问题。"); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.Answer(h.ctx, h.scope, open[0].ID, inspection.ItIsFalse, "经核对，情况属实。"); err != nil {
				t.Fatal(err)
			}
		}
		for i, checkID := range []string{"tags.article_title_heading", "tags.pub_date_shown", "tags.pub_date_form", "tags.content_source", "tags.shown_time", "accessible.alt"} {
			first, second := fmt.Sprintf("/yw/%d.html", 10*i+21), fmt.Sprintf("/yw/%d.html", 10*i+22)
			bad := func(page, title string, day int) {
				body := enginetest.Article(title, "要闻", "政务动态", "2026-03-10 09:00", title+"，各部门参加。")
				from, to := `"ArticleTitle" content="`, `"ArticleTitle" content="另一个题目`
				switch checkID {
				case "tags.pub_date_shown":
					from, to = `"PubDate" content="2026-03-10`, fmt.Sprintf(`"PubDate" content="2026-03-%02d`, day)
				case "tags.pub_date_form":
					from, to = `"PubDate" content="2026-03-10 09:00`, fmt.Sprintf(`"PubDate" content="2026年3月%d日`, day)
				case "tags.content_source":
					from, to = `"ContentSource" content="雁塔区人民政府办公室"`, `"ContentSource" content=""`
				case "tags.shown_time":
					from, to = `发布时间：2026-03-10 09:00`, ``
				case "accessible.alt":
					from, to = `<div class="content">`, fmt.Sprintf(`<div class="content"><img src="/p/%d.jpg">`, day)
				}
				h.made.Put(page, strings.Replace(body, from, to, 1))
			}
			h.made.Swap("/yw/", "</ul>", `<li><a href="`+first+`">植树活动启动的信息</a></li><li><a href="`+second+`">防汛工作部署的信息</a></li></ul>`)
			bad(first, "植树活动启动的信息", 3)
			h.made.Put(second, enginetest.Article("防汛工作部署的信息", "要闻", "政务动态", "2026-03-10 09:00", "部署防汛工作。"))
			deny(checkID, first)
			deny(checkID, "") // the same still
			bad(second, "防汛工作部署的信息", 4)
			deny(checkID, second) // beside the first, in one run
			deny(checkID, "")
		}
		// Who answers for a page answers for all the places that the finding names, and for
		// none that comes later.
		many := "/yw/91.html"
		h.made.Swap("/yw/", "</ul>", `<li><a href="`+many+`">河道清理进展的信息</a></li></ul>`)
		pictures := func(names ...string) {
			body := enginetest.Article("河道清理进展的信息", "要闻", "政务动态", "2026-03-10 09:00", "河道清理进展的信息。")
			for _, n := range names {
				body = strings.Replace(body, `<div class="content">`, `<div class="content"><img src="/many/`+n+`.jpg">`, 1)
			}
			h.made.Put(many, body)
		}
		last := func() (inspection.Finding, []string) {
			t.Helper()
			list := slices.DeleteFunc(h.findings(inspection.FindingClosed), func(f inspection.Finding) bool { return f.URL != "http://"+enginetest.Host+many })
			f := slices.MaxFunc(list, func(a, b inspection.Finding) int { return strings.Compare(string(a.ID), string(b.ID)) })
			proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, f.ID)
			if err != nil {
				t.Fatal(err)
			}
			var places []string
			for _, b := range proofs[0].Beside {
				if b.As == engine.AsPlace {
					places = append(places, b.Says)
				}
			}
			return f, places
		}
		pictures("a", "b")
		deny("accessible.alt", many)
		if f, places := last(); !strings.Contains(f.Says, "共 2 处") || len(places) != 1 || strings.Contains(f.Where, "a.jpg") == strings.Contains(places[0], "a.jpg") {
			t.Errorf("%s at %s, also %q", f.Says, f.Where, places)
		}
		deny("accessible.alt", "")
		pictures("a", "b", "c")
		deny("accessible.alt", many)
		if f, places := last(); strings.Contains(f.Says, "共") || !strings.Contains(f.Where, "c.jpg") || len(places) != 0 {
			t.Errorf("%s at %s, also %q", f.Says, f.Where, places)
		}
		deny("accessible.alt", "")
		// The retest looks at what the finding is about, and not at what was excused.
		pictures("a", "b", "d")
		h.clock.Advance(25 * time.Hour)
		h.run()
		if open := slices.DeleteFunc(h.findings(inspection.FindingOpen), func(f inspection.Finding) bool { return f.Check != "accessible.alt" }); len(open) != 1 {
			t.Fatalf("%+v", open)
		} else {
			pictures("a", "b")
			h.clock.Advance(time.Hour)
			if look, err := h.svc.Retest(h.ctx, h.scope, open[0].ID); err != nil || look.After.Outcome != engine.Gone {
				t.Errorf("%+v (%v)", look, err)
			}
		}
		file := func(text string) {
			h.made.Set("/list.txt", enginetest.Page{Type: "text/plain; charset=utf-8", Body: text})
		}
		h.made.Swap("/yw/1.html", `<div class="content">`, `<div class="content"><a href="/list.txt">公示名单</a>`)
		file("张某，手机13800138000")
		deny("attachment.mobile", "/yw/1.html")
		deny("attachment.mobile", "")
		file("张某，手机13800138000，李某，手机13900139000")
		deny("attachment.mobile", "/yw/1.html")
		deny("attachment.mobile", "")
	})
}

// A confirmed false alarm about a state holds while the state does, and not longer
// than the province says; one about words holds for them.
func TestAFalseAlarmHoldsForWhatWasJudged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const icp = "陕ICP备"
		set := func(from, to string) {
			for _, p := range []string{"/", "/yw/", "/tz/", "/yw/1.html", "/tz/1.html", "/map.html"} {
				h.made.Swap(p, from, to)
			}
		}
		deny := func(want int) {
			t.Helper()
			// The site grows stale meanwhile, which is another matter.
			open := slices.DeleteFunc(h.findings(inspection.FindingOpen), func(f inspection.Finding) bool { return strings.HasSuffix(f.Check, ".stale") })
			if len(open) != want {
				t.Fatalf("%d open, want %d: %+v", len(open), want, open)
			}
			for _, f := range open {
				if _, err := h.svc.Dispute(h.ctx, h.scope, f.ID, "备案号在图片中，已经标明。"); err != nil {
					t.Fatal(err)
				}
				if _, err := h.svc.Answer(h.ctx, h.scope, f.ID, inspection.ItIsFalse, "经核对图片，情况属实。"); err != nil {
					t.Fatal(err)
				}
			}
		}
		set(icp, "备案")
		h.run()
		deny(1)
		h.clock.Advance(25 * time.Hour)
		h.run()
		deny(0) // the same still
		set("备案", icp)
		h.run()
		set(icp, "备案")
		h.clock.Advance(25 * time.Hour)
		h.run()
		deny(1) // it was well in between: another fact
		h.clock.Advance(89 * 24 * time.Hour)
		h.run()
		deny(0)
		h.clock.Advance(2 * 24 * time.Hour)
		h.run()
		deny(1) // nobody answered for it since
		// A serious word that was quoted rightly once is no allowance for others.
		raise := func(check, page string) {
			t.Helper()
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				_, err := h.svc.Raise(h.ctx, tx, h.scope, h.site.ID, engine.Sighting{Check: check, Severity: "serious", Says: "不当表述", Article: "S19.3", URL: "http://" + enginetest.Host + page, Where: "某词", Wrong: "某词"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for check, again := range map[string]int{"sensitive.listed": 1, "wording.confusion": 0} {
			raise(check, "/yw/1.html")
			deny(1)
			raise(check, "/yw/1.html")
			deny(0)
			raise(check, "/tz/1.html")
			deny(again)
		}
	})
}

// What stands comes before what is closed, however grave that was: the list is read
// for what is to be done.
func TestWhatStandsIsListedFirst(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		grave := engine.Sighting{Check: "change.baseline", Severity: check.Serious, Says: "页面被人替换", Article: "S23.1a", URL: "http://" + h.site.Host + "/", Where: "首页"}
		light := engine.Sighting{Check: "duty.seen", Severity: check.Advice, Says: "值班巡检发现：图片模糊", Article: "S19.4", URL: "http://" + h.site.Host + "/", Where: "图片模糊"}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			for _, sg := range []engine.Sighting{light, grave} {
				if _, err := h.svc.Raise(h.ctx, tx, h.scope, h.site.ID, sg); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		first := func(want string) {
			t.Helper()
			list, total, err := h.svc.Findings(h.ctx, h.db, h.scope, inspection.FindingFilter{})
			if err != nil || total != 2 || list[0].Check != want {
				t.Errorf("%d, first %+v (%v)", total, list, err)
			}
		}
		first("change.baseline")
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			_, err := h.svc.Clear(h.ctx, tx, h.scope, h.site.ID, grave)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		first("duty.seen")
	})
}
