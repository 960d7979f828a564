package engine_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
)

// lonely leads every name to this machine.
type lonely struct{}

func (lonely) Resolve(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
}

// Servers answer HEAD otherwise than GET; what a visitor gets is what GET gets, and
// a page that was missing once may be there.
func TestLinksAreJudgedByWhatAVisitorGets(t *testing.T) {
	asked := map[string]int{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.Method+r.URL.Path]++
		head := r.Method == http.MethodHead
		switch {
		case r.URL.Path == "/head-only" && !head, r.URL.Path == "/get-only" && head, r.URL.Path == "/once" && asked["GET/once"] == 1:
			http.NotFound(w, r)
		case r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		case r.URL.Path == "/no-head" && head:
			w.WriteHeader(http.StatusMethodNotAllowed)
		default:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, "<title>办事指南</title><p>办理地点、时间和材料。</p>")
		}
	}))
	defer s.Close()
	at := netip.MustParseAddrPort(s.Listener.Addr().String())
	client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, Resolver: lonely{}})
	defer client.Close()
	m := crawl.NewManners(client, crawl.Courtesy{Delay: -1})
	links := crawl.NewLinkCheck(client, m, 0)
	for path, want := range map[string]check.LinkState{"/head-only": check.LinkDead, "/get-only": check.LinkAlive, "/no-head": check.LinkAlive, "/once": check.LinkAlive, "/fine": check.LinkAlive} {
		r, why, err := engine.JudgeOutside(context.Background(), engine.Outside{Client: client, Links: links, Manners: m}, check.Link{URL: fmt.Sprintf("http://www.x.com:%d%s", at.Port(), path), Kind: check.LinkExternal}, false)
		if err != nil || why != "" || r.State() != want {
			t.Errorf("%s: %s, %d (%s, %v)", path, r.State(), r.Status, why, err)
		}
	}
	if asked["GET/head-only"] != 2 {
		t.Errorf("called dead after %d looks", asked["GET/head-only"])
	}
}
