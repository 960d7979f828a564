package inspection_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vantage"
)

// Readings 22: a house without a way to the Internet casts no vote. Its vantages alone
// say whether a site opens, the only one by itself; while there is none, nothing is
// counted and it says so. What it serves itself counts where nobody looks from outside.
func TestReadings22_AHouseWithoutAWayCastsNoVote(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		client := egress.New(egress.Policy{Resolver: silent{t}, NoWay: func() bool { return true }})
		t.Cleanup(client.Close)
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, client, inspection.Settings{Delay: -1,
			Province: func() sx2021.Settings { s := sx2021.Defaults(); s.CrawledOutside = true; return s }})
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		h.svc.HouseKey(key)
		top := &authz.Session{Name: "某甲", Posts: []authz.Post{{ID: "1", Role: authz.Supervisor, UnitID: "u", AreaPath: "/", Office: true}}}
		if err := h.svc.SetOwnLine(h.ctx, top, "http://line.example.com/"); err != nil {
			t.Fatalf("an address to test the line by: %v", err)
		}
		round := func(keys []vantage.Key, ok ...bool) inspection.Availability {
			t.Helper()
			h.clock.Advance(5 * time.Minute)
			for i, k := range keys {
				wire, err := vantage.Seal(k.Own, vantage.Batch{Vantage: k.Vantage, Made: h.clock.Now(), Seq: h.clock.Now().UnixMilli(), LineOK: true,
					Results: []vantage.Result{{ID: string(h.site.ID), At: h.clock.Now(), OK: ok[i], Kind: egress.TCP}}})
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := h.svc.Exchange(h.ctx, wire); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != 0 {
				t.Fatalf("the house probed %d (%v)", n, err)
			}
			h.clock.Advance(10 * time.Minute)
			if _, err := h.svc.Decide(h.ctx); err != nil {
				t.Fatal(err)
			}
			a, err := h.svc.AccessRate(h.ctx, h.scope, h.site.ID, calendar.DateOf(h.clock.Now()), 1)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := round(nil); a.Probes != 0 {
			t.Errorf("nobody looks: %+v", a)
		}
		if g, err := h.svc.Gap(h.ctx, h.scope); err != nil || !strings.Contains(g.Title, "没有监测点") || !strings.Contains(g.Says, "平台不能访问互联网") {
			t.Errorf("%+v (%v)", g, err)
		}
		one, _, err := h.svc.AddVantage(h.ctx, top, inspection.Vantage{Name: "西安监测点"}, "http://line.example.com/")
		if err != nil {
			t.Fatal(err)
		}
		if a := round([]vantage.Key{one}, true); a.Probes != 1 || a.Failures != 0 {
			t.Errorf("the only one opens it: %+v", a)
		}
		if a := round([]vantage.Key{one}, false); a.Probes != 2 || a.Failures != 1 {
			t.Errorf("the only one cannot: %+v", a)
		}
		if g, err := h.svc.Gap(h.ctx, h.scope); err != nil || g.Title != "" {
			t.Errorf("%+v (%v)", g, err)
		}
		two, _, err := h.svc.AddVantage(h.ctx, top, inspection.Vantage{Name: "延安监测点"}, "")
		if err != nil {
			t.Fatal(err)
		}
		both := []vantage.Key{one, two}
		if a := round(both, true, true); a.Probes != 3 || a.Failures != 1 {
			t.Errorf("both open it: %+v", a)
		}
		if a := round(both, false, true); a.Probes != 4 || a.Failures != 1 {
			t.Errorf("one cannot: %+v", a)
		}
		if a := round(both, false, false); a.Probes != 5 || a.Failures != 2 {
			t.Errorf("neither can: %+v", a)
		}
		// What is served here says nothing of the way from outside while others look.
		h.svc.ServedFrom(func(registry.Site) bool { return true })
		if a := round(both, false, false); a.Failures != 3 {
			t.Errorf("served here, and out there neither can: %+v", a)
		}
	})
}

// A house without a way still counts what it serves, where nobody looks from outside.
func TestReadings22_WhatIsServedHereIsProbedFromHere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1,
			Province: func() sx2021.Settings { s := sx2021.Defaults(); s.CrawledOutside = true; return s }})
		if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != 0 {
			t.Fatalf("a site that is not served here: %d (%v)", n, err)
		}
		if gap, err := h.svc.Gap(h.ctx, h.scope); err != nil || !gap.About(h.site) {
			t.Errorf("nobody looks at a site elsewhere, and its page does not say so: %+v (%v)", gap, err)
		}
		h.svc.ServedFrom(func(registry.Site) bool { return true })
		if gap, err := h.svc.Gap(h.ctx, h.scope); err != nil || gap.Title == "" || gap.About(h.site) {
			t.Errorf("a site that is looked at from here is said not to be: %+v (%v)", gap, err)
		}
		if n, err := h.svc.ProbeDue(h.ctx); err != nil || n != 1 {
			t.Fatalf("%d (%v)", n, err)
		}
		a, err := h.svc.AccessRate(h.ctx, h.scope, h.site.ID, calendar.DateOf(h.clock.Now()), 1)
		if err != nil || a.Probes != 1 || a.Failures != 0 {
			t.Errorf("%+v (%v)", a, err)
		}
	})
}

// silent fails the test when a resolver is asked.
type silent struct{ t *testing.T }

func (s silent) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	s.t.Errorf("the resolver was asked for %s", host)
	return nil, errors.New("asked")
}
