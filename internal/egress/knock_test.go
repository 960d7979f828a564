package egress

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// TestArticle22_KnockJudgesAsProbeDoes holds the quick look against the thorough
// one: the same answer opens or fails for both.
func TestArticle22_KnockJudgesAsProbeDoes(t *testing.T) {
	raw := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			fmt.Fprint(conn, answer)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/plain", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("政务", 40<<10)) })
	mux.HandleFunc("/chunks", func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			fmt.Fprint(w, strings.Repeat("x", 9000))
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/empty", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/plain", http.StatusFound) })
	mux.HandleFunc("/on/{n}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/on/1"+r.PathValue("n"), http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusNotFound) })
	for _, code := range []int{401, 403, 405, 412, 429, 451, 521} {
		mux.HandleFunc(fmt.Sprint("/", code), func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not for you", code) })
	}
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) })
	mux.HandleFunc("/short", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"))
	mux.HandleFunc("/halfchunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"))
	const early = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
	const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for path, answer := range map[string]string{
		"/hints": early + "HTTP/1.1 100 Continue\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "/hintsbroken": early + "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno",
		"/hintsonly": early, "/hintsflood": strings.Repeat(early, 2000),
		"/trailer": chunkedHead + "5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n", "/halftrailer": chunkedHead + "5\r\nhello\r\n0\r\nX-Sum: 1\r\n", "/longtrailer": chunkedHead + "0\r\nX-Sum: " + strings.Repeat("1", 8<<10) + "\r\n\r\n",
		"/extension": chunkedHead + "5;a=b\r\nhello\r\n0;x=y\r\n\r\n", "/padded": chunkedHead + "05 \r\nhello\r\n000\r\n\r\n", "/looksover": chunkedHead + "a\r\nhello0\r\n\r\n",
		"/nosize": chunkedHead + "\r\nhello\r\n0\r\n\r\n", "/wrongsize": chunkedHead + "4\r\nhello\r\n0\r\n\r\n", "/nohex": chunkedHead + "g\r\nhello\r\n0\r\n\r\n", "/huge": chunkedHead + "11111111111111111\r\nhello\r\n0\r\n\r\n",
		"/both": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	} {
		mux.HandleFunc(path, raw(answer))
	}
	mux.HandleFunc("/toclose", raw("HTTP/1.1 200 OK\r\n\r\nuntil the end"))
	mux.HandleFunc("/nonsense", raw("SSH-2.0-OpenSSH\r\n\r\n"))
	mux.HandleFunc("/nohead", raw("HTTP/1.1 200 OK\r\nX: y\r\n"))
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	c := New(Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, ProbeLimit: 400 * time.Millisecond, MinSpeed: -1})
	defer c.Close()
	for path, want := range map[string]bool{"/plain": true, "/chunks": true, "/empty": true, "/away": true, "/toclose": true, "/loop": false, "/gone": false, "/broken": false, "/short": false, "/halfchunk": false, "/nonsense": false, "/nohead": false, "/slow": false,
		"/hints": true, "/hintsbroken": false, "/hintsonly": false, "/hintsflood": false, "/trailer": true, "/halftrailer": false, "/longtrailer": false, "/extension": true, "/padded": true, "/looksover": false,
		"/nosize": false, "/wrongsize": false, "/nohex": false, "/huge": false, "/both": false} {
		k, p := c.Knock(t.Context(), server.URL+path), c.Probe(t.Context(), server.URL+path)
		if k.OK != want || p.OK != want || k.Status != p.Status || k.Void != p.Void || !want && k.Says == "" {
			t.Errorf("%s: knock %+v, probe %+v", path, k, p)
		}
	}
	// Who turns machines away is there: it is neither open nor shut.
	for _, code := range []int{401, 403, 405, 412, 429, 451, 521} {
		at := fmt.Sprint(server.URL, "/", code)
		for _, r := range []ProbeResult{c.Knock(t.Context(), at), c.Probe(t.Context(), at)} {
			if r.OK || !r.Void || !r.Refused || r.Status != code || !strings.Contains(r.Says, "白名单") {
				t.Errorf("%d: %+v", code, r)
			}
		}
	}
	// Browsers follow more redirects than we do.
	for _, r := range []ProbeResult{c.Knock(t.Context(), server.URL+"/on/1"), c.Probe(t.Context(), server.URL+"/on/1")} {
		if r.OK || !r.Void || r.Kind != TooManyRedirects {
			t.Errorf("more redirects than are followed: %+v", r)
		}
	}
	if r := c.Knock(t.Context(), server.URL+"/gone"); r.Void || r.Refused {
		t.Errorf("404 is a failure: %+v", r)
	}
	for _, refused := range []string{"http://10.0.0.1/", "ftp://a.gov.cn/", "http://metadata.google.internal/", ""} {
		if k := c.Knock(t.Context(), refused); k.OK || !k.Void {
			t.Errorf("%q: %+v", refused, k)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if k := c.Knock(stopped, server.URL+"/plain"); k.OK || !k.Void {
		t.Errorf("after we were stopped: %+v", k)
	}
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := netip.MustParseAddrPort(dead.Addr().String())
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	c = New(Policy{Allow: []netip.AddrPort{gone}, Ports: []uint16{gone.Port()}})
	if k := c.Knock(t.Context(), "http://"+gone.String()+"/"); k.OK || k.Void || k.Kind != TCP {
		t.Errorf("nobody listens: %+v", k)
	}
}
