package inspection_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/vantage"
)

// A vantage whose clock was eight hours ahead, set right and started again, is taken in
// at once: it counts on from what was taken last and says so. What was taken once is
// refused for ever.
func TestAVantageWhoseClockWasSetRightIsTakenAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, house, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h.svc.HouseKey(house)
		key, v, err := h.svc.AddVantage(h.ctx, highest(), inspection.Vantage{Name: "西安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		seen := func() inspection.Vantage {
			t.Helper()
			list, err := h.svc.Vantages(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.ID == v.ID {
					return x
				}
			}
			t.Fatal("gone")
			return v
		}
		batch := func(a *vantage.Agent, at time.Time) []byte {
			t.Helper()
			wire, err := a.Batch(at)
			if err != nil {
				t.Fatal(err)
			}
			return wire
		}
		fast := batch(&vantage.Agent{Key: key, Client: egress.New(egress.Policy{})}, h.clock.Now().Add(8*time.Hour))
		wire, _, err := h.svc.Exchange(h.ctx, fast)
		if err != nil || !seen().ClockOff() {
			t.Fatalf("ahead: %v, %+v", err, seen())
		}
		// What a file is made by says where to count on from.
		if p, err := vantage.OpenPlan(key.House, wire); err != nil || p.Taken <= h.clock.Now().UnixMilli() {
			t.Errorf("the list: %+v, %v", p, err)
		}
		h.clock.Advance(time.Minute)
		right := &vantage.Agent{Key: key}
		first := batch(right, h.clock.Now())
		wire, _, err = h.svc.Exchange(h.ctx, first)
		c, cerr := vantage.OpenCount(key.House, wire)
		if !fault.Is(err, fault.Conflict) || cerr != nil || c.Vantage != v.ID || c.Says == "" {
			t.Fatalf("set right: %v, %+v, %v", err, c, cerr)
		}
		if x := seen(); !x.SetRight.IsZero() {
			t.Errorf("told before it counted on: %+v", x)
		}
		right.CountFrom(c.Taken)
		second := batch(right, h.clock.Now())
		if _, _, err := h.svc.Exchange(h.ctx, second); err != nil {
			t.Fatal(err)
		}
		at := h.clock.Now()
		if x := seen(); x.ClockOff() || !x.SetRight.Equal(at) {
			t.Errorf("counts on: %+v", x)
		}
		for name, old := range map[string][]byte{"from before": fast, "refused once": first, "taken once": second} {
			if _, _, err := h.svc.Exchange(h.ctx, old); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s again: %v", name, err)
			}
		}
		// Started once more, it is told again; its clock was set right only once.
		h.clock.Advance(time.Hour)
		again := &vantage.Agent{Key: key}
		if wire, _, err = h.svc.Exchange(h.ctx, batch(again, h.clock.Now())); !fault.Is(err, fault.Conflict) {
			t.Fatal(err)
		}
		if c, err = vantage.OpenCount(key.House, wire); err != nil {
			t.Fatal(err)
		}
		again.CountFrom(c.Taken)
		if _, _, err := h.svc.Exchange(h.ctx, batch(again, h.clock.Now())); err != nil {
			t.Fatal(err)
		}
		if x := seen(); !x.SetRight.Equal(at) {
			t.Errorf("set right at %s, told %s", at, x.SetRight)
		}
	})
}
