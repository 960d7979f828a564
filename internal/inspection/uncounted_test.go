package inspection_test

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/registry"
)

// Where this system looks alone and not one of several sites answers it, they are not
// counted, and whoever looks is told how many, since when and why. An address that
// proves our own line makes the failures theirs.
func TestSitesThatAreNotCountedAreSaid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			for _, name := range []string{"a", "b", "c", "d", "e"} {
				site, err := h.reg.EnterSite(h.ctx, tx, registry.Site{Unit: h.site.Unit, Kind: registry.DepartmentSite, Name: "部门" + name, Host: name + ".yanta.gov.cn"})
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
		// Their machine room: a port at which nobody listens yet.
		room, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		at := netip.MustParseAddrPort(room.Addr().String())
		room.Close()
		c := egress.New(egress.Policy{Local: h.made.Addr(), Allow: []netip.AddrPort{at}, Ports: []uint16{80, 443, at.Port()}, Own: func(name string) bool { return name == "line.yanta.gov.cn" }, Resolver: enginetest.Nowhere{}})
		t.Cleanup(c.Close)
		svc := inspection.New(h.db, h.probes, h.reg, h.blobs, c, inspection.Settings{Delay: -1})
		svc.OriginFrom(func(registry.Site) string { return "http://" + at.String() })
		probed := func(want int) {
			t.Helper()
			if n, err := svc.ProbeDue(h.ctx); err != nil || n != want {
				t.Errorf("%d probes counted, want %d (%v)", n, want, err)
			}
		}
		gap := func(scope authz.Scope) inspection.Gap {
			t.Helper()
			g, err := svc.Gap(h.ctx, scope)
			if err != nil {
				t.Fatal(err)
			}
			return g
		}
		h.clock.Advance(10 * time.Minute)
		since := h.clock.Now().In(calendar.Shanghai).Format("2006-01-02 15:04")
		probed(0)
		h.clock.Advance(10 * time.Minute)
		probed(0)
		g := gap(h.scope)
		if !strings.HasPrefix(g.Title, "6 个网站连不上") || !strings.HasPrefix(g.Says, "自 "+since+" 起") || !strings.Contains(g.Says, h.clock.Now().In(calendar.Shanghai).Format("15:04")) || !strings.Contains(g.Says, "等。") || !strings.Contains(g.Says, "不计失败") || !g.About(h.site) || g.About(registry.Site{ID: "X"}) {
			t.Errorf("said: %+v", g)
		}
		if g := gap(h.other); g.Title != "" {
			t.Errorf("a stranger is told %+v", g)
		}
		list, err := svc.Uncounted(h.ctx, h.scope)
		if err != nil || len(list) != 6 || !slices.ContainsFunc(list, func(u inspection.Uncounted) bool { return u.Site.Name == "部门a" && u.Last.After(u.Since) }) {
			t.Errorf("%+v (%v)", list, err)
		}
		// The line is proven: now they are counted, as failed.
		if err := svc.SetOwnLine(h.ctx, highest(), "http://line.yanta.gov.cn/"); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(10 * time.Minute)
		probed(6)
		if g := gap(h.scope); g.Title != "" {
			t.Errorf("counted, and still %+v", g)
		}
		weeks, err := svc.Weeks(h.ctx, h.scope)
		if err != nil || len(weeks) != 6 || weeks[h.site.ID].Failures != 1 {
			t.Errorf("%+v (%v)", weeks, err)
		}
		// Without it they are again not, until they answer.
		if err := svc.SetOwnLine(h.ctx, highest(), ""); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(10 * time.Minute)
		probed(0)
		if g := gap(h.scope); len(g.Sites) != 6 {
			t.Errorf("again: %+v", g)
		}
		if room, err = net.Listen("tcp", at.String()); err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
		go server.Serve(room)
		t.Cleanup(func() { server.Close() })
		h.clock.Advance(10 * time.Minute)
		probed(6)
		if g := gap(h.scope); g.Title != "" {
			t.Errorf("they answer, and still %+v", g)
		}
	})
}
