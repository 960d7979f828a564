package app

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/registry"
)

// oneName leads every name of the test to the local listener.
type oneName struct{}

func (oneName) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if host != "www.far.example.gov.cn" {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// The links of an item are asked of a real server through the one way out, and
// each answer is judged as on a page.
func TestLinksOfAnItemAreAskedThroughTheWayOut(t *testing.T) {
	page := func(status int, title, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("<html><head><title>" + title + "</title></head><body><p>" + text + "</p></body></html>")) // a client that left is no matter of the test
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/fine", page(http.StatusOK, "通知", "关于防汛工作的通知，请各单位落实责任。"))
	mux.HandleFunc("/gone", page(http.StatusNotFound, "没有", "没有这个页面"))
	mux.HandleFunc("/soft", page(http.StatusOK, "404", "您访问的页面不存在或已删除"))
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/fine", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/inside", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
	})
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("User-agent: *\nDisallow: /secret\n"))
	})
	var asked atomic.Int32
	mux.HandleFunc("/secret", func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	mux.Handle("/hidden", http.RedirectHandler("/secret", http.StatusFound))
	server := httptest.NewServer(mux)
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	client := egress.New(egress.Policy{Resolver: oneName{}, Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, FirstByte: 300 * time.Millisecond})
	defer client.Close()
	d := dbtest.SQLite(t, nil)
	h := &House{Inspection: inspection.New(d, d, registry.New(d, nil), nil, client, inspection.Settings{Delay: -1})}
	fetch := func(ctx context.Context, address string) (check.LinkResult, string) {
		r, why, err := h.examining().Fetch(ctx, check.Link{Href: address, URL: address, Kind: check.LinkExternal})
		if err != nil {
			t.Fatal(err)
		}
		return r, why
	}
	base := "http://www.far.example.gov.cn:" + server.URL[len("http://127.0.0.1:"):]
	for path, want := range map[string]check.LinkState{"/fine": check.LinkAlive, "/moved": check.LinkAlive, "/gone": check.LinkDead, "/soft": check.LinkSoft404} {
		r, why := fetch(t.Context(), base+path)
		if got := r.State(); got != want || why != "" {
			t.Errorf("%s: %s %s (%+v), want %s", path, got, why, r, want)
		}
	}
	// What says nothing about the site is no dead link: our own refusals, what
	// robots.txt forbids, and silence while nobody else has answered either.
	for _, address := range []string{"http://nobody.example.gov.cn/", base + "/silent", base + "/inside", base + "/secret", base + "/hidden", "http://127.0.0.1:22/", "http://169.254.169.254/latest", "file:///etc/passwd"} {
		if r, why := fetch(t.Context(), address); why == "" {
			t.Errorf("%s: %s (%+v), want a reason why nothing is said", address, r.State(), r)
		}
	}
	if asked.Load() > 0 {
		t.Error("what robots.txt forbids was asked for")
	}
}
