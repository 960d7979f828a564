package inspection_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
)

// An ask of which nothing came is ended when its module has been told, and not before:
// what the module could not keep is told again. One that cannot be sent or given up now
// holds up no other.
func TestAsksThatComeToNothingAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		exchanging(t, h)
		broken := errors.New("the store is full")
		asking, missing := map[string]error{}, map[string]error{}
		var told []string
		h.svc.AskedFrom("test", inspection.Afar{
			Ask: func(_ context.Context, subject string) (string, any, error) {
				return "www.xa.gov.cn", map[string]string{"of": subject}, asking[subject]
			},
			Take: func(context.Context, string, inspection.Seen, *inspection.Finding) (engine.Look, error) {
				return engine.Look{}, nil
			},
			Missed: func(_ context.Context, subject, says string) error {
				if missing[subject] == nil {
					told = append(told, subject+" "+says)
				}
				return missing[subject]
			},
		})
		ask := func(subject string) {
			t.Helper()
			if _, err := h.svc.AskOutside(h.ctx, "test", subject, true); err != nil {
				t.Fatal(err)
			}
		}
		state := func(subject, want string, sent bool) {
			t.Helper()
			a, ok, err := h.svc.LastAsk(h.ctx, h.db, "test", subject)
			if err != nil || !ok || a.State != want || a.Sent.IsZero() == sent {
				t.Errorf("%s: %+v (%v), want %s, sent %v", subject, a, err, want, sent)
			}
		}
		asking["a"] = broken
		asking["b"] = fault.New(fault.Refused, "网站没有公网域名。")
		for _, x := range []string{"a", "b", "c"} {
			ask(x)
		}
		if err := h.svc.ErrandsDue(h.ctx); !errors.Is(err, broken) {
			t.Errorf("sent: %v", err)
		}
		state("a", inspection.ErrandWaiting, false)
		state("b", inspection.ErrandRefused, false)
		state("c", inspection.ErrandWaiting, true)
		if !slices.Equal(told, []string{"b 网站没有公网域名。"}) {
			t.Errorf("told: %q", told)
		}
		// Given up: the one that cannot be told now stays, and holds up no other.
		delete(asking, "a")
		told, missing["a"], missing["c"] = nil, broken, fault.Missing("网站")
		h.clock.Advance(60 * 24 * time.Hour)
		if err := h.svc.ErrandsDue(h.ctx); !errors.Is(err, broken) {
			t.Errorf("given up: %v", err)
		}
		state("c", inspection.ErrandUnanswered, true)
		missing["a"] = nil
		if err := h.svc.ErrandsDue(h.ctx); err != nil {
			t.Error(err)
		}
		if len(told) != 1 {
			t.Errorf("told: %q", told)
		}
		a, _, err := h.svc.LastAsk(h.ctx, h.db, "test", "a")
		if err != nil || a.State != inspection.ErrandUnanswered {
			t.Errorf("%+v (%v)", a, err)
		}
	})
}

// A person presses for what a plan asks already: it goes out once more as an urgent plan
// and the crawler puts it first; pressed again it is the same wish, and one answer ends it.
func TestAnAskSentAlreadyBecomesUrgent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, _ := exchanging(t, h)
		h.svc.AskedFrom("test", inspection.Afar{
			Ask: func(_ context.Context, subject string) (string, any, error) {
				return "www.xa.gov.cn", map[string]string{"of": subject}, nil
			},
			Take: func(context.Context, string, inspection.Seen, *inspection.Finding) (engine.Look, error) {
				return engine.Look{}, nil
			},
			Missed: func(context.Context, string, string) error { return nil },
		})
		first, err := h.svc.AskOutside(h.ctx, "test", "a", false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.PlansDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		plain := files(t, x.Plans, "*.plan")
		if n, err := crawler.Fetch(h.ctx); err != nil || n != 1 || len(plain) != 1 || strings.HasPrefix(filepath.Base(plain[0]), "urgent-") {
			t.Fatalf("%d tasks of %q (%v)", n, plain, err)
		}
		for range 2 {
			a, err := h.svc.AskOutside(h.ctx, "test", "a", true)
			if err != nil || a.ID != first.ID {
				t.Fatalf("%+v (%v)", a, err)
			}
			if err := h.svc.SendUrgent(h.ctx); err != nil {
				t.Fatal(err)
			}
			urgent := files(t, x.Plans, "urgent-*.plan")
			if len(urgent) != 1 {
				t.Fatalf("urgent plans %q", urgent)
			}
			if sent, err := os.ReadFile(urgent[0]); err != nil || !strings.Contains(string(sent), string(first.ID)) || !strings.Contains(string(sent), `"urgent":true`) {
				t.Fatalf("%.300s (%v)", sent, err)
			}
		}
		if a, _, err := h.svc.LastAsk(h.ctx, h.db, "test", "a"); err != nil || a.Sent.IsZero() || a.ID != first.ID {
			t.Errorf("%+v (%v)", a, err)
		}
		// The crawler has it once, and first.
		if n, err := crawler.Fetch(h.ctx); err != nil || n != 1 {
			t.Errorf("%d tasks put first (%v)", n, err)
		}
		if n, err := crawler.Fetch(h.ctx); err != nil || n != 0 {
			t.Errorf("%d tasks of plans read before (%v)", n, err)
		}
	})
}
