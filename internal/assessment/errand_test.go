package assessment_test

import (
	"bytes"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
)

// Readings 22: an order on a site that only a crawler on the other network can see is
// retested by it. While it is waited for the unit owes nothing if it asked in time;
// what the answer says moves the order as a look from here would, and a crawler that
// is silent leaves it where it was, and says so.
func TestReadings22_AnOrderIsRetestedByTheCrawler(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.run()
		o := h.issue(h.finding("link.dead").ID)
		h.settings.CrawledOutside = true
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
		if err := os.MkdirAll(h.exchange.Keys, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.exchange.Keys, "one.pub"), []byte(inspection.PublicKey(key)), 0o644); err != nil {
			t.Fatal(err)
		}
		ctx, scope := h.as("county.clerk", authz.OrderAnswer)
		store, err := frontier.Open(ctx, t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		crawler := inspection.NewCrawler(store, h.made.client(), inspection.CrawlerSettings{Plans: h.exchange.Plans, Batches: h.exchange.Batches, House: map[string]bool{inspection.PublicKey(h.exchange.Key): true}, Key: key, Slots: 1, Delay: -1, Now: h.clock.Now})
		answered := func() {
			t.Helper()
			if err := h.inspection.SendUrgent(ctx); err != nil {
				t.Fatal(err)
			}
			if err := crawler.Once(ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := h.inspection.TakeIn(ctx); err != nil || n != 1 {
				t.Fatalf("took in %d (%v)", n, err)
			}
		}
		retest := func() {
			t.Helper()
			r, err := h.svc.RetestOrder(ctx, scope, o.ID, "")
			if err != nil || len(r.Out) != 1 || r.Looked() != 0 || len(r.Failed) != 0 {
				t.Fatalf("%+v (%v)", r, err)
			}
		}
		stage := func(want assessment.Stage) assessment.Dossier {
			t.Helper()
			d, err := h.svc.Order(ctx, scope, o.ID)
			if err != nil || d.Stage != want {
				t.Fatalf("stage %s, want %s (%v)", d.Stage, want, err)
			}
			return d
		}
		if _, err := h.svc.AnswerOrder(ctx, scope, o.ID, "旧文链接已删除。", nil); err != nil {
			t.Fatal(err)
		}
		h.clock.Set(o.Due.On.Start().Add(9 * time.Hour)) // the last day
		retest()
		if d := stage(assessment.StageRetesting); !d.Findings[0].Errand.Out() {
			t.Errorf("%+v", d.Findings[0].Errand)
		}
		if _, err := h.svc.AskConfirm(ctx, scope, o.ID); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "外网巡检机") {
			t.Errorf("a person is asked before the crawler answered: %v", err)
		}
		h.clock.Advance(30 * time.Hour) // over the day
		if err := h.svc.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if d := stage(assessment.StageRetesting); !d.Waits() {
			t.Error("it asked in time and is late all the same")
		}
		answered() // still wrong
		if d := stage(assessment.StageOverdue); d.FailedAt.IsZero() || d.Findings[0].After.Outcome != engine.Standing {
			t.Errorf("%+v", d.Order)
		}

		// Asked after the day, it wins no time; nobody answers, and that is said.
		h.clock.Advance(time.Minute)
		retest()
		stage(assessment.StageOverdue)
		h.clock.Advance(49 * time.Hour)
		if err := h.inspection.ErrandsDue(ctx); err != nil {
			t.Fatal(err)
		}
		if d := stage(assessment.StageOverdue); !strings.Contains(d.RetestBroken, "没有在48小时内带回结果") || d.Findings[0].Errand.Out() {
			t.Errorf("%+v", d.Order)
		}

		// Mended: the answer closes the order.
		h.made.put("/gone.html", "<html><head><title>旧文</title></head><body><p>旧文恢复了，内容完整可读。</p></body></html>")
		retest()
		answered()
		if d := stage(assessment.StageClosed); d.ClosedAt.IsZero() || len(h.debts("open")) != 0 {
			t.Errorf("%+v", d.Order)
		}
	})
}
