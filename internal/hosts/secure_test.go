package hosts_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
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
	"zhengshu/internal/hosts"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// book answers names with the addresses of a test.
type book map[string][]netip.Addr

func (b book) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if a, ok := b[host]; ok {
		return a, nil
	}
	return nil, errors.New("no such name in this test")
}

// authority issues certificates for sites of a test.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	now  time.Time
}

func newAuthority(t *testing.T, now time.Time) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, IsCA: true, BasicConstraintsValid: true, NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{key, cert, now}
}

// issue makes a certificate for a host that ends in so many days; with an RSA key
// where old servers shake hands.
func (a *authority) issue(t *testing.T, host string, days int, old bool) tls.Certificate {
	t.Helper()
	tpl := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: []string{host}, NotBefore: a.now.AddDate(-1, 0, 0), NotAfter: a.now.AddDate(0, 0, days)}
	var public, private any
	if old {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		public, private = &k.PublicKey, k
	} else {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		public, private = &k.PublicKey, k
	}
	der, err := x509.CreateCertificate(rand.Reader, tpl, a.cert, public, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}
}

// listen opens one port on both loopback addresses; six is false where the machine
// has no sixth version.
func listen(t *testing.T) (list []net.Listener, port uint16, six bool) {
	t.Helper()
	for range 20 {
		four, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port = netip.MustParseAddrPort(four.Addr().String()).Port()
		other, err := net.Listen("tcp6", fmt.Sprintf("[::1]:%d", port))
		if err == nil {
			return []net.Listener{four, other}, port, true
		}
		if _, serr := net.Listen("tcp6", "[::1]:0"); serr != nil {
			return []net.Listener{four}, port, false
		}
		if err := four.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("no port is free on both addresses")
	return nil, 0, false
}

// TestArticle22_EncryptionAndIPv6OfRealServers shakes hands with servers that are
// right, expired, of another name, of an authority nobody knows, old and weak,
// and opens them over the sixth version of the protocol.
func TestArticle22_EncryptionAndIPv6OfRealServers(t *testing.T) {
	t.Parallel() // much of it is waiting
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(now)
	good, stranger := newAuthority(t, now), newAuthority(t, now)
	roots := x509.NewCertPool()
	roots.AddCert(good.cert)
	const host = "www.example.gov.cn"
	v4, v6 := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()

	var closed, pages atomic.Int32                 // robots.txt keeps visitors out; pages asked for
	var sixthOnly atomic.Pointer[http.HandlerFunc] // what answers by IPv6; nil: as by IPv4
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			pages.Add(1)
		} else if closed.Load() > 0 {
			fmt.Fprint(w, "User-agent: *\nDisallow: /\n")
			return
		}
		if h, at := sixthOnly.Load(), r.Context().Value(http.LocalAddrContextKey).(net.Addr); h != nil && strings.HasPrefix(at.String(), "[::1]") {
			(*h)(w, r)
			return
		}
		if r.URL.Path == "/a.html" {
			// The menu again, one page that is new, one picture from a host without.
			fmt.Fprint(w, `<!doctype html><title>一</title><a href="/a.html">一</a><a href="/b.html">二</a><a href="http://old.example.gov.cn/c.png">三</a>`)
			return
		}
		fmt.Fprint(w, `<!doctype html><title>首页</title><a href="/a.html">一</a><a href="http://img.example.gov.cn/b.png">二</a><a href="https://elsewhere.example/">外</a>`)
	})
	serve := func(t *testing.T, list []net.Listener, conf *tls.Config) {
		t.Helper()
		for _, l := range list {
			if conf != nil {
				l = tls.NewListener(l, conf)
			}
			s := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
			go func() { _ = s.Serve(l) }() // ends with the test
			t.Cleanup(func() { s.Close() })
		}
	}
	plainList, plain, six := listen(t)
	serve(t, plainList, nil)

	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(passage.Declare(ctx, d, registry.SiteMachine, registry.DomainMachine, inspection.FindingMachine))
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		must(err)
		if probes != d {
			defer probes.Close()
		}
		o := org.New(d)
		reg := registry.New(d, o)
		blobs, err := blob.Disk(t.TempDir())
		must(err)
		system := authz.System("test")
		var site registry.Site
		must(d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			if site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: host}); err != nil {
				return err
			}
			return reg.SetMonitored(ctx, tx, system, site.ID, true)
		}))
		lookAt := func(t *testing.T, plain, secure uint16, names book) map[string]check.Finding {
			t.Helper()
			var allow []netip.AddrPort
			for _, a := range []netip.Addr{v4, v6} {
				for _, p := range []uint16{80, 443, plain, secure} {
					allow = append(allow, netip.AddrPortFrom(a, p))
				}
			}
			client := egress.New(egress.Policy{Allow: allow, Ports: []uint16{plain, secure}, Resolver: names, Roots: roots, Now: clock.Now, Connect: 2 * time.Second, FirstByte: 2 * time.Second})
			defer client.Close()
			insp := inspection.New(d, probes, reg, blobs, client, inspection.Settings{})
			svc := hosts.New(hosts.Parts{DB: d, Registry: reg, Inspection: insp, Client: client, Dir: t.TempDir(), Plain: plain, Secure: secure})
			list, err := svc.LookNow(ctx, system, site.ID)
			must(err)
			out := map[string]check.Finding{}
			for _, f := range list {
				out[f.Check] = f
			}
			return out
		}
		look := func(t *testing.T, secure uint16, names book) map[string]check.Finding {
			t.Helper()
			return lookAt(t, plain, secure, names)
		}
		both := book{host: {v4, v6}, "img.example.gov.cn": {v4, v6}, "old.example.gov.cn": {v4}}
		t.Run("no encryption is said after two answers that there is none", func(t *testing.T) {
			expect := func(f check.Finding, want check.Outcome, says string) {
				t.Helper()
				if f.Outcome != want || !strings.Contains(f.Says+f.Why, says) {
					t.Errorf("%s %s %s, want %s with %q", f.Outcome, f.Says, f.Why, want, says)
				}
			}
			const closed, dead = 9, 11
			expect(lookAt(t, dead, closed, both)["host.tls"], check.Untested, "端口都没有连上")
			silent, err := net.Listen("tcp", "127.0.0.1:0")
			must(err)
			defer silent.Close()
			expect(look(t, uint16(silent.Addr().(*net.TCPAddr).Port), book{host: {v4}})["host.tls"], check.Untested, "没有在 2 秒内完成")
			cutting, err := net.Listen("tcp", "127.0.0.1:0")
			must(err)
			defer cutting.Close()
			go func() {
				for {
					c, err := cutting.Accept()
					if err != nil {
						return
					}
					c.Close()
				}
			}()
			expect(look(t, uint16(cutting.Addr().(*net.TCPAddr).Port), book{host: {v4}})["host.tls"], check.Untested, "中断加密握手")
			expect(look(t, closed, both)["host.tls"], check.Untested, "待复核")
			expect(look(t, closed, both)["host.tls"], check.Untested, "待复核") // too soon to confirm
			clock.Advance(15 * time.Minute)
			expect(look(t, closed, both)["host.tls"], check.Violated, "没有启用 HTTPS")
		})
		for _, x := range []struct {
			name, certificate, tls string
			conf                   *tls.Config
		}{
			{"in order", "", "", &tls.Config{Certificates: []tls.Certificate{good.issue(t, host, 200, false)}}},
			{"expired", "证书已过期", "", &tls.Config{Certificates: []tls.Certificate{good.issue(t, host, -3, false)}}},
			{"of another name", "证书与域名不符", "", &tls.Config{Certificates: []tls.Certificate{good.issue(t, "www.other.gov.cn", 200, false)}}},
			{"of an authority nobody knows", "签发机构不受信任", "", &tls.Config{Certificates: []tls.Certificate{stranger.issue(t, host, 200, false)}}},
			{"ends in ten days", "还有 10 天到期", "", &tls.Config{Certificates: []tls.Certificate{good.issue(t, host, 10, false)}}},
			{"still takes old versions", "", "仍接受", &tls.Config{MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{good.issue(t, host, 200, true)}}},
			{"knows old versions only", "", "不支持 TLS 1.2 以上", &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, Certificates: []tls.Certificate{good.issue(t, host, 200, true)}}},
			{"chooses an old cipher that browsers take", "", "较弱的加密算法", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}, Certificates: []tls.Certificate{good.issue(t, host, 200, true)}}},
			{"chooses a weak cipher", "", "不安全的加密算法", &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}, Certificates: []tls.Certificate{good.issue(t, host, 200, true)}}},
		} {
			t.Run(x.name, func(t *testing.T) {
				list, secure, _ := listen(t)
				serve(t, list, x.conf)
				got := look(t, secure, both)
				facts, err := db.One(ctx, d, db.Value[string], `SELECT facts FROM host_look WHERE site_id = $1`, site.ID)
				must(err)
				leaf := sha256.Sum256(x.conf.Certificates[0].Certificate[0])
				if x.name != "knows old versions only" && !strings.Contains(facts, `"Cert":"`+hex.EncodeToString(leaf[:])+`"`) {
					t.Errorf("the certificate is not told apart: %s", facts)
				}
				for id, want := range map[string]string{"host.certificate": x.certificate, "host.tls": x.tls} {
					f := got[id]
					switch {
					case want == "" && f.Outcome == check.Violated && x.name != "knows old versions only":
						t.Errorf("%s: %s", id, f.Says)
					case want != "" && (f.Outcome != check.Violated || !strings.Contains(f.Says, want)):
						t.Errorf("%s: %s %s, want %q", id, f.Outcome, f.Says, want)
					}
				}
			})
		}
		t.Run("a machine without roots", func(t *testing.T) {
			known := roots
			roots = x509.NewCertPool()
			defer func() { roots = known }()
			for days, want := range map[int]check.Outcome{200: check.Untested, 10: check.Violated, -3: check.Violated} {
				list, secure, _ := listen(t)
				serve(t, list, &tls.Config{Certificates: []tls.Certificate{good.issue(t, host, days, false)}})
				if f := look(t, secure, both)["host.certificate"]; f.Outcome != want || want == check.Untested && !strings.Contains(f.Says, "没有安装根证书") {
					t.Errorf("%d days left: %s %s", days, f.Outcome, f.Says)
				}
			}
		})
		t.Run("closed by robots.txt", func(t *testing.T) {
			closed.Store(1)
			defer closed.Store(0)
			before := pages.Load()
			if f := look(t, 9, both)["host.ipv6_deep"]; f.Outcome == check.Violated {
				t.Errorf("%s %s", f.Outcome, f.Says)
			}
			if n := pages.Load() - before; n != 0 {
				t.Errorf("%d pages asked for that robots.txt forbids", n)
			}
		})
		t.Run("over the sixth version", func(t *testing.T) {
			if !six {
				t.Skip("this machine has no [::1]; left out: a site that opens over IPv6")
			}
			got := look(t, 9, both) // nobody listens with encryption
			if f := got["host.ipv6"]; f.Outcome != check.Kept {
				t.Errorf("%s %s", f.Outcome, f.Says)
			}
			// Of the second level both links are on hosts that have it; of the third
			// one of two, the menu not counted again.
			if f := got["host.ipv6_deep"]; f.Outcome != check.Violated || !strings.Contains(f.Says, "二级链接 2 个中支持 2 个，三级链接 2 个中支持 1 个") {
				t.Errorf("%s %s", f.Outcome, f.Says)
			}
			// What comes by IPv6 is opened, and not the port alone; two looks have to see it.
			for _, x := range []struct {
				answer  http.HandlerFunc
				outcome check.Outcome
				sev     check.Severity
				says    string
			}{
				{func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) }, check.Violated, check.Advice, "打不开首页（返回状态码 502）"},
				{func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, check.Untested, "", "状态码 403"},
				{func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, "http://"+net.JoinHostPort("img.example.gov.cn", fmt.Sprint(plain))+"/", http.StatusFound)
				}, check.Violated, check.Advice, "img.example.gov.cn 没有 IPv6 地址"},
				{func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<!doctype html><title>首页</title>`) }, check.Kept, "", ""},
				{func(w http.ResponseWriter, _ *http.Request) {
					fmt.Fprint(w, `<!doctype html><title>默认站点</title><p>Welcome to this server, which has not been set up yet.</p>`)
				}, check.Violated, check.Advice, "不是同一个页面：标题为“默认站点”"},
			} {
				sixthOnly.Store(&x.answer)
				names := book{host: {v4, v6}, "img.example.gov.cn": {v4}}
				f := look(t, 9, names)["host.ipv6"]
				if x.outcome == check.Violated {
					if f.Outcome != check.Untested || !strings.Contains(f.Says, "待复核") {
						t.Errorf("one look said %s %s", f.Outcome, f.Says)
					}
					clock.Advance(15 * time.Minute)
					f = look(t, 9, names)["host.ipv6"]
				}
				if f.Outcome != x.outcome || x.sev != "" && f.Severity != x.sev || !strings.Contains(f.Says+f.Why, x.says) {
					t.Errorf("%s %s %s, want %s with %q", f.Outcome, f.Severity, f.Says, x.outcome, x.says)
				}
			}
			// Silence by IPv6 is the site's only where another address answers by it.
			var line atomic.Bool
			hang := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if line.Load() && strings.HasPrefix(r.Host, "line.") {
					return
				}
				<-r.Context().Done()
			})
			sixthOnly.Store(&hang)
			for _, x := range []struct {
				name, points string
				answers      bool
				outcome      check.Outcome
				says         string
			}{
				{"no known point", "", false, check.Untested, "没有别的地址以 IPv6 印证"},
				{"the known point is silent too", "http://line.example.gov.cn", false, check.Untested, "1 个已知地址以 IPv6 也都没有应答"},
				{"the known point has no IPv6", "http://old.example.gov.cn", false, check.Untested, "没有别的地址以 IPv6 印证"},
				{"the known point answers", "http://line.example.gov.cn", true, check.Violated, "以 IPv6 打不开首页"},
			} {
				if x.points != "" {
					x.points += fmt.Sprintf(":%d/", plain)
				}
				line.Store(x.answers)
				must(d.Update(ctx, func(tx *db.Tx) error {
					if _, err := tx.Exec(ctx, `INSERT INTO vantage (id, name, line, made_by, made_at) VALUES ('own', '本系统', $1, '某甲', $2) ON CONFLICT (id) DO UPDATE SET line = excluded.line`, x.points, tx.Now()); err != nil {
						return err
					}
					return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "vantage", ID: "own"}})
				}))
				names := book{host: {v4, v6}, "line.example.gov.cn": {v4, v6}, "img.example.gov.cn": {v4}, "old.example.gov.cn": {v4}}
				f := look(t, 9, names)["host.ipv6"]
				if x.outcome == check.Violated {
					clock.Advance(15 * time.Minute)
					f = look(t, 9, names)["host.ipv6"]
				}
				if f.Outcome != x.outcome || !strings.Contains(f.Says+f.Why, x.says) {
					t.Errorf("%s: %s %s %s, want %s with %q", x.name, f.Outcome, f.Says, f.Why, x.outcome, x.says)
				}
			}
			sixthOnly.Store(nil)
			// An address that nobody answers at.
			far := look(t, 9, book{host: {v4, netip.MustParseAddr("::1")}, "img.example.gov.cn": {v4}, "old.example.gov.cn": {v4}})
			if f := far["host.ipv6_deep"]; !strings.Contains(f.Says, "二级链接 2 个中支持 1 个") {
				t.Errorf("%s %s", f.Outcome, f.Says)
			}
		})
	})
}
