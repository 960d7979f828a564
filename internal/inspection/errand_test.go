package inspection_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/hang"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// walled is a house without any way to the site, and the crawler beyond the wall:
// nothing but files between them.
func walled(t *testing.T, h *house) (inspection.Exchange, *inspection.Crawler) {
	t.Helper()
	x, crawler, _ := exchanging(t, h)
	h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, egress.New(egress.Policy{Resolver: enginetest.Nowhere{}}), inspection.Settings{Delay: -1, Exchange: x,
		Province: func() sx2021.Settings { s := sx2021.Defaults(); s.CrawledOutside = true; return s }})
	return x, crawler
}

// files of a folder by their ending.
func files(t *testing.T, dir, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// carried takes away the one file of a folder, to be brought later or altered.
func carried(t *testing.T, dir, pattern string) (file string, whole []byte) {
	t.Helper()
	list := files(t, dir, pattern)
	if len(list) != 1 {
		t.Fatalf("%s: %q", pattern, list)
	}
	whole, err := os.ReadFile(list[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(list[0]); err != nil {
		t.Fatal(err)
	}
	return list[0], whole
}

func (h *house) bring(file string, whole []byte, want int) {
	h.t.Helper()
	if err := os.WriteFile(file, whole, 0o644); err != nil {
		h.t.Fatal(err)
	}
	if n, err := h.svc.TakeIn(h.ctx); err != nil || n != want {
		h.t.Fatalf("took in %d, want %d (%v)", n, want, err)
	}
}

func (h *house) retest(id inspection.FindingID) inspection.Retested {
	h.t.Helper()
	got, err := h.svc.Retest(h.ctx, h.scope, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

func (h *house) proofs(id inspection.FindingID) []inspection.Proof {
	h.t.Helper()
	list, err := h.svc.Proofs(h.ctx, h.db, h.scope, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func (h *house) errand(id inspection.FindingID) inspection.Errand {
	h.t.Helper()
	e, ok, err := h.svc.LastErrand(h.ctx, h.db, h.scope, id)
	if err != nil || !ok {
		h.t.Fatalf("no errand (%v)", err)
	}
	return e
}

// Readings 22: a house without a way to the Internet checks a site and retests a
// finding at a person's wish, by signed files alone, and by the same rule.
func TestReadings22_WishesGoOutAsUrgentPlans(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		x, crawler := walled(t, h)

		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil || !r.Spec.Remote || !r.Spec.Urgent {
			t.Fatalf("%+v (%v)", r, err)
		}
		h.work()
		if got := files(t, x.Plans, "urgent-*.plan"); len(got) != 1 || len(h.made.Asked) != 0 {
			t.Fatalf("plans %q, the house itself asked %v", got, h.made.Asked)
		}
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || !r.UnderWay() || r.GivesUp.Sub(r.Sent) != 48*time.Hour || !strings.Contains(r.Waits(), "仍没有回来") {
			t.Fatalf("%+v (%v)", r, err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			t.Fatalf("took in %d (%v)", n, err)
		}
		list := h.findings("standing")
		if len(list) != 1 || list[0].Check != "link.dead" {
			t.Fatalf("%+v", list)
		}
		f := list[0]

		// Still wrong: the same wish twice is one errand, and the look is evidence.
		h.clock.Advance(time.Minute)
		first := h.retest(f.ID)
		if !first.Errand.Out() || first.After.ID != "" || h.retest(f.ID).Errand.ID != first.Errand.ID {
			t.Fatalf("%+v", first)
		}
		h.work()
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		file, whole := carried(t, x.Batches, "errand-*.batch")
		h.bring(file, bytes.Replace(whole, []byte(`"Outcome":"standing"`), []byte(`"Outcome":"gone"`), 1), 0)
		if len(files(t, x.Batches, "*.refused")) != 1 || !h.errand(f.ID).Out() {
			t.Error("an altered answer was taken")
		}
		h.bring(file, whole, 1)
		h.bring(file, whole, 1) // the same again changes nothing
		looks := h.proofs(f.ID)
		if len(looks) != 2 || looks[1].Outcome != engine.Standing || looks[1].Vantage != "电信" || looks[1].Actor != "张三" || looks[1].LinkStatus != http.StatusNotFound || looks[1].Altered {
			t.Fatalf("%+v", looks)
		}
		if e := h.errand(f.ID); e.State != inspection.ErrandAnswered || h.findings("standing")[0].State != inspection.FindingOpen {
			t.Errorf("%+v", e)
		}
		if rep, err := h.svc.VerifyEvidence(h.ctx); err != nil || len(rep.Damage) != 0 {
			t.Errorf("%+v (%v)", rep, err)
		}

		// Mended: closed, as by a look from here.
		h.made.Put("/gone.html", enginetest.Article("旧文", "要闻", "政务动态", "2026-03-10 09:00", "旧文已经恢复。"))
		h.clock.Advance(time.Hour)
		h.retest(f.ID)
		h.work()
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			t.Fatalf("took in %d (%v)", n, err)
		}
		if list := h.findings("standing"); len(list) != 0 {
			t.Errorf("mended, and stands: %+v", list)
		}
		// Seen again: opened again, the same finding.
		h.made.Set("/gone.html", enginetest.Page{Status: http.StatusNotFound, Type: "text/html", Body: "x"})
		h.clock.Advance(time.Hour)
		h.retest(f.ID)
		h.work()
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			t.Fatalf("took in %d (%v)", n, err)
		}
		if list := h.findings("standing"); len(list) != 1 || list[0].ID != f.ID {
			t.Errorf("%+v", list)
		}
	})
}

// A crawler that is silent keeps nobody waiting for ever; what it brings late is taken
// where nobody has looked since, and is of no use otherwise.
func TestReadings22_ASilentCrawlerIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		f := h.findings("standing")[0]
		near := h.svc // a house with a way there
		x, crawler := walled(t, h)
		var ended []string
		h.svc.OnErrand(func(_ context.Context, _ *db.Tx, _ inspection.Finding, e inspection.Errand) error {
			ended = append(ended, e.State)
			return nil
		})
		h.clock.Advance(time.Minute)
		silent := func() (string, []byte) {
			t.Helper()
			h.retest(f.ID)
			h.work()
			if err := crawler.Once(h.ctx); err != nil {
				t.Fatal(err)
			}
			file, whole := carried(t, x.Batches, "errand-*.batch")
			h.clock.Advance(47 * time.Hour)
			if err := h.svc.ErrandsDue(h.ctx); err != nil || !h.errand(f.ID).Out() {
				t.Fatalf("given up early: %+v (%v)", h.errand(f.ID), err)
			}
			h.clock.Advance(time.Hour)
			for range 2 {
				if err := h.svc.ErrandsDue(h.ctx); err != nil {
					t.Fatal(err)
				}
			}
			if e := h.errand(f.ID); e.State != inspection.ErrandUnanswered || !strings.Contains(e.Says, "没有在48小时内带回结果") {
				t.Fatalf("%+v", e)
			}
			return file, whole
		}
		file, whole := silent()
		h.bring(file, whole, 1)
		if e := h.errand(f.ID); e.State != inspection.ErrandAnswered || len(h.proofs(f.ID)) != 2 {
			t.Errorf("late, and nobody looked since: %+v", e)
		}
		h.clock.Advance(time.Minute)
		file, whole = silent()
		if _, err := near.Retest(h.ctx, h.scope, f.ID); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			h.bring(file, whole, 1)
		}
		if e := h.errand(f.ID); e.State != inspection.ErrandRefused || !strings.Contains(e.Says, "其后另有查看") || len(h.proofs(f.ID)) != 3 {
			t.Errorf("late, and looked at since: %+v", e)
		}
		if got := strings.Join(ended, " "); got != "unanswered answered unanswered refused" {
			t.Errorf("told %s", got)
		}
		// A run that a person asked for ends as well, and is told.
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		h.work()
		h.clock.Advance(49 * time.Hour)
		if _, err := h.svc.PatrolDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunFailed || !strings.Contains(r.Failure, "重新交给外网巡检机") {
			t.Errorf("%+v (%v)", r, err)
		}
	})
}

// What a person waits for is done while the patrol of the same site is under way, and
// a patrol that waits is put first at a person's wish.
func TestReadings22_UrgentPlansOvertakeARunningPatrol(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		f := h.findings("standing")[0]
		x, crawler := walled(t, h)
		reached, release := make(chan struct{}), make(chan struct{})
		inner := h.made.Server.Config.Handler
		h.made.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/tz/1.html" {
				select {
				case <-reached:
				default:
					close(reached)
				}
				<-release
			}
			inner.ServeHTTP(w, r)
		})
		h.clock.Advance(25 * time.Hour)
		if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 1 {
			t.Fatalf("%d patrols (%v)", n, err)
		}
		if _, err := h.svc.PlansDue(h.ctx); err != nil { // what is queued goes out
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(h.ctx)
		over := make(chan error, 1)
		go func() { over <- crawler.Run(ctx) }()
		hang.Guard(t)
		<-reached
		h.retest(f.ID)
		h.work()
		if _, err := crawler.Fetch(h.ctx); err != nil {
			t.Fatal(err)
		}
		hang.Until(t, "the errand is answered", func() bool { return len(files(t, x.Batches, "errand-*.batch")) == 1 })
		if len(files(t, x.Batches, "*.batch")) != 1 {
			t.Error("the patrol was over before")
		}
		close(release)
		hang.Until(t, "the patrol is answered", func() bool { return len(files(t, x.Batches, "*.batch")) == 2 })
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 2 {
			t.Errorf("took in %d (%v)", n, err)
		}
		runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 1)
		if err != nil || runs[0].State != inspection.RunDone || runs[0].Pages < 6 {
			t.Errorf("the patrol beside it: %+v (%v)", runs, err)
		}
	})
}

// A site that this very process serves is looked at from here, whatever the network.
func TestReadings22_SitesServedHereAreLookedAtFromHere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, _ := walled(t, h)
		outside := func() bool {
			t.Helper()
			out, err := h.svc.Outside(h.ctx, h.scope, h.site.ID)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if !outside() {
			t.Error("another's site is looked at from here")
		}
		if _, err := h.svc.Outside(h.ctx, h.other, h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour is told: %v", err)
		}
		h.svc.ServedFrom(func(s registry.Site) bool { return s.ID == h.site.ID })
		if outside() {
			t.Error("our own site is sent out")
		}
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil || r.Spec.Remote || len(files(t, x.Plans, "*")) != 0 {
			t.Errorf("%+v (%v)", r, err)
		}
	})
}
