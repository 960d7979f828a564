package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/closing"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/frontier"
	"zhengshu/internal/hosts"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/org"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// world is the network outside: its names and what answers there.
type world struct {
	plain, secure uint16
	servers       atomic.Value // string: the name server of every zone
	cert          atomic.Pointer[tls.Certificate]
	posted        atomic.Value // calendar.Date
	moved         atomic.Bool  // the old host leads to the new address
	key           *ecdsa.PrivateKey
	root          *x509.Certificate
	now           time.Time
}

func (w *world) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if host == "www.one.gov.cn" {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}, nil
	}
	if host == "feed.example.com" || host == "gone.one.gov.cn" && !w.moved.Load() {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (w *world) NameServers(context.Context, string) ([]string, error) {
	return []string{w.servers.Load().(string)}, nil
}

func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/robots.txt", r.URL.Path == "/app.apk" && !w.moved.Load():
		http.NotFound(out, r)
	case strings.HasPrefix(r.Host, "feed.example.com"):
		on := w.posted.Load().(calendar.Date)
		fmt.Fprintf(out, `<rss><channel><item><title>天气</title><link>https://weibo.example/%s</link><pubDate>%s</pubDate></item></channel></rss>`, on, on.Start().Format(time.RFC1123Z))
	case strings.HasPrefix(r.Host, "old.one.gov.cn") && w.moved.Load():
		http.Redirect(out, r, "https://www.portal.gov.cn/yw/1.html", http.StatusMovedPermanently)
	default:
		fmt.Fprint(out, `<!doctype html><title>首页</title><p>你好</p>`)
	}
}

func (w *world) issue(t *testing.T, days int) {
	t.Helper()
	tpl := &x509.Certificate{SerialNumber: big.NewInt(int64(days)), DNSNames: []string{"www.one.gov.cn"}, NotBefore: w.now.AddDate(-1, 0, 0), NotAfter: w.now.AddDate(0, 0, days)}
	der, err := x509.CreateCertificate(rand.Reader, tpl, w.root, &w.key.PublicKey, w.key)
	if err != nil {
		t.Fatal(err)
	}
	w.cert.Store(&tls.Certificate{Certificate: [][]byte{der, w.root.Raw}, PrivateKey: w.key})
}

func (w *world) serve(t *testing.T, l net.Listener, secure bool) {
	t.Helper()
	s := &http.Server{Handler: w, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)}
	if secure {
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return w.cert.Load(), nil }})
	}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { s.Close() })
}

// newWorld opens the network: a page, a feed and the old host by IPv4, nothing by IPv6.
func newWorld(t *testing.T, now time.Time) *world {
	t.Helper()
	w := &world{now: now}
	w.servers.Store("ns1.one.gov.cn")
	w.posted.Store(calendar.DateOf(now).AddDays(-20))
	var err error
	if w.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, IsCA: true, BasicConstraintsValid: true, NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(5, 0, 0), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &w.key.PublicKey, w.key)
	if err != nil {
		t.Fatal(err)
	}
	if w.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	w.issue(t, 20)
	for i, port := range []*uint16{&w.plain, &w.secure} {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		*port = netip.MustParseAddrPort(l.Addr().String()).Port()
		w.serve(t, l, i == 1)
	}
	return w
}

func (w *world) client() *egress.Client {
	v4, v6 := netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()
	roots := x509.NewCertPool()
	roots.AddCert(w.root)
	var allow []netip.AddrPort
	for _, a := range []netip.Addr{v4, v6} {
		for _, p := range []uint16{80, 443, w.plain, w.secure} {
			allow = append(allow, netip.AddrPortFrom(a, p))
		}
	}
	return egress.New(egress.Policy{Allow: allow, Ports: []uint16{w.plain, w.secure}, Resolver: w, Roots: roots, Now: func() time.Time { return w.now }, Connect: 5 * time.Second,
		Local: netip.AddrPortFrom(v4, w.plain), Own: func(h string) bool { return h == "old.one.gov.cn" }})
}

// sixth reports whether this machine has the sixth version at all.
func sixth() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// Readings 22: a house without a way to the Internet learns by signed files alone of a
// certificate that ends, of IPv6 that does not answer, of name servers that changed, of
// an account's posts and of an old host that still answers: each once, with evidence and
// from where; and a retest puts each right when it was mended.
func TestReadings22_WhatIsNoPageIsLookedAtFromOutside(t *testing.T) {
	began := time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		w := newWorld(t, began)
		j := newJourney(t, d, clock, w)
		six := sixth()

		w.servers.Store("ns.elsewhere.example")
		j.round()
		cert := j.standing("host.certificate")
		if len(cert) != 1 || cert[0].Severity != check.Advice {
			t.Fatalf("the certificate: %+v", cert)
		}
		if n := len(j.standing("host.dns")) + len(j.standing("host.ipv6")); n != 0 {
			t.Errorf("%d findings of what was seen once", n)
		}
		l, _, err := j.h.Hosts.Sheet(j.ctx, j.system, j.site.ID)
		j.ok(err)
		if l.Vantage != "电信" || !l.SeenAt.Equal(began) || l.Facts.Names.From != "电信" {
			t.Errorf("from %q at %s, names from %q", l.Vantage, l.SeenAt, l.Facts.Names.From)
		}
		for range 2 { // seen twice, and judged again: one finding each
			j.forward(15 * time.Minute)
			j.round()
		}
		want := []string{"host.certificate", "host.dns"}
		if six {
			want = append(want, "host.ipv6")
		}
		var found []inspection.Finding
		for _, id := range want {
			list := j.standing(id)
			if len(list) != 1 {
				t.Fatalf("%s stands %d times", id, len(list))
			}
			found = append(found, list[0])
			p := j.proof(list[0].ID)
			if p.Vantage != "电信" || p.Excerpt == "" || p.At.After(clock.Now()) {
				t.Errorf("%s: evidence %+v", id, p)
			}
			if id == "host.certificate" {
				f, err := j.h.Blobs.Open(j.ctx, p.Ref)
				j.ok(err)
				body, err := io.ReadAll(f)
				j.ok(errors.Join(err, f.Close()))
				if strings.Count(string(body), "BEGIN CERTIFICATE") != 2 {
					t.Errorf("the chain: %s", body)
				}
			}
			if id == "host.dns" && !strings.Contains(p.Excerpt, "ns.elsewhere.example") {
				t.Errorf("the name servers: %s", p.Excerpt)
			}
		}
		stale := j.standing("account.stale")
		if len(stale) != 1 {
			t.Fatalf("the account: %+v", stale)
		}
		if p := j.proof(stale[0].ID); p.Vantage != "电信" || p.Ref == "" || !strings.Contains(p.Excerpt, "天气") {
			t.Errorf("the feed: %+v", p)
		}
		found = append(found, stale[0])
		usable := j.standing("account.usable")
		if len(usable) != 1 {
			t.Fatalf("the client: %+v", usable)
		}
		if p := j.proof(usable[0].ID); p.Vantage != "电信" || !strings.Contains(p.Excerpt, "app.apk") {
			t.Errorf("the download address: %+v", p)
		}
		// That it can be had puts it right only with a person who tried it: it stays out of the retests below.
		if i := j.item(); i.Proved || !strings.Contains(i.Seen, "回答 200") || !strings.Contains(i.Seen, "外网巡检机“电信”") {
			t.Errorf("the old host: %+v", i)
		}

		if n := j.reused(); n != 1 {
			t.Errorf("the given-up name that answers is told %d times", n)
		}

		// Mended: a person's retest goes out as an urgent plan and puts each right.
		w.servers.Store("ns1.one.gov.cn")
		w.issue(t, 300)
		w.posted.Store(calendar.DateOf(began))
		w.moved.Store(true)
		if six {
			for i, port := range []uint16{w.plain, w.secure} {
				l, err := net.Listen("tcp6", fmt.Sprintf("[::1]:%d", port))
				j.ok(err)
				w.serve(t, l, i == 1)
			}
		}
		j.forward(15 * time.Minute)
		for _, f := range found {
			r, err := j.h.Inspection.Retest(j.ctx, j.system, f.ID)
			j.ok(err)
			if !r.Errand.Out() || r.Closed {
				t.Errorf("%s: %+v", f.Check, r)
			}
			// What follows from a look is said here: a crawler cannot say that it is mended.
			j.bring("said", map[string]any{"errand": r.Errand.ID, "vantage": "电信", "begun": clock.Now(), "look": engine.Look{Outcome: engine.Gone, Says: "已改正"}})
			if got, err := j.h.Inspection.Finding(j.ctx, d, j.system, f.ID); err != nil || got.State == inspection.FindingClosed {
				t.Errorf("%s is %s by a crawler's word (%v)", f.Check, got.State, err)
			}
		}
		says, done, err := j.h.Closings.AskOldHost(j.ctx, j.system, j.closing)
		j.ok(err)
		if done || !strings.Contains(says, inspection.HandedOut) {
			t.Errorf("%q", says)
		}
		j.ok(j.h.Inspection.SendUrgent(j.ctx))
		j.carry()
		for _, f := range found {
			got, err := j.h.Inspection.Finding(j.ctx, d, j.system, f.ID)
			j.ok(err)
			if p := j.proof(f.ID); got.State != inspection.FindingClosed || p.Look != "retest" || p.Outcome != engine.Gone || p.Vantage != "电信" {
				t.Errorf("%s is %s by %+v", f.Check, got.State, p)
			}
		}
		if i := j.item(); !i.Proved || !strings.Contains(i.Proof, "与跳转表一致") {
			t.Errorf("the old host: %+v", i)
		}
		j.forward(25 * time.Hour)
		j.round()
		if n := j.reused(); n != 0 {
			t.Errorf("the given-up name is silent and still told")
		}
		rep, err := j.h.Inspection.VerifyEvidence(j.ctx)
		j.ok(err)
		if len(rep.Damage) != 0 {
			t.Errorf("%+v", rep.Damage)
		}
	})
}

// inward leads every name into the network of the crawler.
type inward struct{}

func (inward) Resolve(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
}

func (inward) NameServers(context.Context, string) ([]string, error) { return nil, errors.New("none") }

// A plan leads a crawler nowhere inside: private, loopback and metadata addresses are
// refused by name and by number, and what is asked of them is told as not seen.
func TestReadings22_APlanLeadsACrawlerNowhereInside(t *testing.T) {
	client := egress.New(egress.Policy{Resolver: inward{}})
	defer client.Close()
	manners := crawl.NewManners(client, crawl.Courtesy{Delay: -1})
	looks := outsideLooks(inspection.Tools{Client: client, Manners: manners, Links: crawl.NewLinkCheck(client, manners, time.Minute), Now: time.Now}, 80, 443)
	kept := func([]byte) (blob.Ref, error) { return "", errors.New("something was fetched") }
	for kind, asks := range map[string][]string{
		hosts.Kind:              {`{"host":"www.one.gov.cn","points":["http://127.0.0.1/"]}`, `{"host":"127.0.0.1"}`, `{"host":"169.254.169.254"}`, `{"host":"localhost"}`, `{"host":""}`},
		newmedia.FeedKind:       {`{"url":"http://www.one.gov.cn/feed"}`, `{"url":"http://127.0.0.1/feed"}`, `{"url":"file:///etc/passwd"}`, `{"url":""}`},
		newmedia.StoreKind:      {`{"urls":["http://www.one.gov.cn/a.apk"]}`, `{"urls":["http://127.0.0.1/a.apk"]}`},
		closing.OldKind:         {`{"origin":"http://www.one.gov.cn","paths":["/a"]}`, `{"origin":"http://[::1]","paths":["/a"]}`, `{"origin":"http://169.254.169.254","paths":["/latest/"]}`},
		reconciliation.GoneKind: {`{"host":"www.one.gov.cn"}`, `{"host":"127.0.0.1"}`},
	} {
		for _, ask := range asks {
			got, err := looks[kind](t.Context(), json.RawMessage(ask), kept)
			if err != nil {
				t.Errorf("%s %s: %v", kind, ask, err)
				continue
			}
			b, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if s := string(b); strings.Contains(s, `"addresses"`) || strings.Contains(s, `"status"`) || strings.Contains(s, `"tls"`) || kind != reconciliation.GoneKind && !strings.Contains(s, `"untold"`) && !strings.Contains(s, `"says"`) {
				t.Errorf("%s %s: %s", kind, ask, s)
			}
		}
		if _, err := looks[kind](t.Context(), json.RawMessage(`[]`), kept); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s of nonsense: %v", kind, err)
		}
	}
}

// journey is a house without a way and the crawler outside.
type journey struct {
	t       *testing.T
	ctx     context.Context
	h       *House
	w       *world
	clock   *calendar.Manual
	crawler *inspection.Crawler
	dir     string
	key     ed25519.PrivateKey
	system  authz.Scope
	site    registry.Site
	account registry.Account
	closing closing.ID
}

func newJourney(t *testing.T, d *db.DB, clock *calendar.Manual, w *world) *journey {
	t.Helper()
	j := &journey{t: t, ctx: audit.System(context.Background(), "test"), w: w, clock: clock, dir: t.TempDir(), system: authz.System("test")}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	elsewhere := map[string]netip.AddrPort{"a.test": netip.MustParseAddrPort("127.0.0.1:443"), "b.test": netip.MustParseAddrPort("[::1]:443")}
	var err error
	j.h, err = Open(j.ctx, Config{DB: d, Dir: j.dir, Clock: clock, Resolver: deaf{t}, Elsewhere: elsewhere, Log: quiet})
	j.ok(err)
	t.Cleanup(func() { j.ok(j.h.Close(context.Background())) })
	j.ok(d.Update(j.ctx, func(tx *db.Tx) error { return j.fill(tx) }))
	j.h.way.read = time.Time{}
	x := filepath.Join(j.dir, "exchange", "patrol")
	house, err := os.ReadFile(filepath.Join(x, "house.pub"))
	j.ok(err)
	_, j.key, err = ed25519.GenerateKey(rand.Reader)
	j.ok(err)
	j.ok(os.WriteFile(filepath.Join(j.dir, "keys", "crawlers", "one.pub"), []byte(inspection.PublicKey(j.key)+"\n"), 0o600))
	store, err := frontier.Open(j.ctx, t.TempDir(), nil)
	j.ok(err)
	t.Cleanup(func() { j.ok(store.Close()) })
	client := w.client()
	t.Cleanup(client.Close)
	j.crawler = inspection.NewCrawler(store, client, inspection.CrawlerSettings{Plans: filepath.Join(x, "plans"), Batches: filepath.Join(x, "batches"), House: map[string]bool{strings.TrimSpace(string(house)): true}, Key: j.key, Slots: 2, Delay: -1, Vantage: "电信", Version: "crawler-3", Now: clock.Now, Log: quiet,
		Looks: func(t inspection.Tools) map[string]inspection.Looker { return outsideLooks(t, w.plain, w.secure) }})
	return j
}

func (j *journey) ok(err error) {
	j.t.Helper()
	if err != nil {
		j.t.Fatal(err)
	}
}

// fill enters a site, an account and a site that was closed.
func (j *journey) fill(tx *db.Tx) error {
	ctx, h := j.ctx, j.h
	if _, err := h.Org.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
		return err
	}
	u, _, err := h.Org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
	if err != nil {
		return err
	}
	choice := sx2021.Defaults()
	choice.CrawledOutside = true
	body, err := json.Marshal(choice)
	if err != nil {
		return err
	}
	today := calendar.DateOf(tx.Now())
	if _, err := tx.Exec(ctx, `INSERT INTO province_setting (id, value, from_on, reason, document, unit_id, set_by, set_at) VALUES ('1', $1, $2, '两张网', '', $3, '某甲', $4)`, string(body), today, u.ID, tx.Now()); err != nil {
		return err
	}
	if j.site, err = h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: "某厅", Host: "www.one.gov.cn"}); err != nil {
		return err
	}
	if err := h.Registry.SetMonitored(ctx, tx, j.system, j.site.ID, true); err != nil {
		return err
	}
	english, _, err := h.Registry.MainDomains(ctx, tx, j.system, j.site.ID)
	if err != nil {
		return err
	}
	f := english.Fields()
	f.Addresses, f.NS, f.ExpiresOn = []string{"127.0.0.1", "::1"}, []string{"ns1.one.gov.cn"}, today.AddDays(400)
	if _, err := h.Registry.SetDomain(ctx, tx, j.system, english.ID, f, registry.Why{Says: "登记"}, time.Time{}); err != nil {
		return err
	}
	if j.account, err = h.Registry.EnterAccount(ctx, tx, j.system, registry.Account{Unit: u.ID, Platform: "weibo", Name: "陕西发布", Purpose: "发布"}, registry.Why{Says: "登记"}); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO account_feed (account_id, url, set_by, set_at) VALUES ($1, $2, '某甲', $3)`, j.account.ID, fmt.Sprintf("http://feed.example.com:%d/1.xml", j.w.plain), tx.Now()); err != nil {
		return err
	}
	app, err := h.Registry.EnterAccount(ctx, tx, j.system, registry.Account{Unit: u.ID, Platform: "app", Name: "陕西办", Necessity: "办事"}, registry.Why{Says: "登记"})
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO app_version (id, account_id, number, released_on, created_at) VALUES ('v1', $1, '1.0', $2, $3)`, app.ID, today, tx.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO app_download (version_id, store, url) VALUES ('v1', '官网', $1)`, fmt.Sprintf("http://feed.example.com:%d/app.apk", j.w.plain)); err != nil {
		return err
	}
	why := registry.Why{Says: "停止使用", Document: "批复 1 号"}
	given, err := h.Registry.AddDomain(ctx, tx, j.system, registry.Domain{Host: "gone.one.gov.cn", Unit: u.ID, Purpose: "旧站"}, why)
	if err != nil {
		return err
	}
	if _, err := h.Registry.BeginCancel(ctx, tx, j.system, given.ID, why); err != nil {
		return err
	}
	if _, err := h.Registry.CancelDomain(ctx, tx, j.system, given.ID, why); err != nil {
		return err
	}
	portal, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.portal.gov.cn", Hosted: true})
	if err != nil {
		return err
	}
	old, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: "旧站", Host: "old.one.gov.cn"})
	if err != nil {
		return err
	}
	if j.closing, err = h.Closings.Begin(ctx, tx, registry.Object{Ref: registry.Ref{Kind: sx2021.Site, ID: string(old.ID)}, Name: old.Name, Unit: u.ID, Address: old.Host}, ""); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE closing SET portal_id = $2, handed_at = $3 WHERE id = $1`, j.closing, portal.ID, tx.Now()); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO closing_redirect (closing_id, old_path, answer, target) VALUES ($1, '/yw/1.html', 'redirect', 'https://www.portal.gov.cn/yw/1.html')`, j.closing)
	return err
}

func (j *journey) forward(by time.Duration) {
	j.clock.Advance(by)
	j.w.now = j.clock.Now()
}

// round is what the periodic duties do, and the way of the files.
func (j *journey) round() {
	j.t.Helper()
	_, err := j.h.Hosts.LookDue(j.ctx)
	j.ok(err)
	_, err = j.h.NewMedia.ReadFeeds(j.ctx)
	j.ok(err)
	_, err = j.h.NewMedia.LookAtStores(j.ctx)
	j.ok(err)
	_, _, err = j.h.Closings.AskOldHost(j.ctx, j.system, j.closing)
	j.ok(err)
	_, err = j.h.Reconciling.LookGone(j.ctx)
	j.ok(err)
	_, err = j.h.Inspection.PlansDue(j.ctx)
	j.ok(err)
	j.carry()
}

// reused counts the given-up names that are said to answer again.
func (j *journey) reused() int {
	j.t.Helper()
	n, err := db.One(j.ctx, j.h.DB, db.Value[int], `SELECT count(*) FROM obligation WHERE kind = 'domain_reused' AND state = 'open'`)
	j.ok(err)
	return n
}

func (j *journey) carry() {
	j.t.Helper()
	j.ok(j.crawler.Once(j.ctx))
	_, err := j.h.Inspection.TakeIn(j.ctx)
	j.ok(err)
}

func (j *journey) standing(id string) (out []inspection.Finding) {
	j.t.Helper()
	family, _, _ := strings.Cut(id, ".")
	list, _, err := j.h.Inspection.Findings(j.ctx, j.h.DB, j.system, inspection.FindingFilter{Family: family, State: "standing"})
	j.ok(err)
	for _, f := range list {
		if f.Check == id {
			out = append(out, f)
		}
	}
	return out
}

func (j *journey) proof(id inspection.FindingID) inspection.Proof {
	j.t.Helper()
	list, err := j.h.Inspection.Proofs(j.ctx, j.h.DB, j.system, id)
	j.ok(err)
	if len(list) == 0 {
		j.t.Fatal("no evidence")
	}
	return list[len(list)-1]
}

func (j *journey) item() closing.Item {
	j.t.Helper()
	list, err := j.h.Closings.Items(j.ctx, j.h.DB, j.system, j.closing)
	j.ok(err)
	for _, i := range list {
		if i.Kind == closing.OldHost {
			return i
		}
	}
	j.t.Fatal("no such item")
	return closing.Item{}
}

// What a crawler brings that nobody asked for, too late, of another host, of a wrong
// clock, too large or twice moves nothing, and the house says why it could not be tested.
func TestReadings22_AnswersOfNoUseMoveNothing(t *testing.T) {
	began := time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		j := newJourney(t, d, clock, newWorld(t, began))
		good := map[string]any{"host": "www.one.gov.cn", "addresses": []string{"127.0.0.1"}, "tls": map[string]any{"Offered": false}, "ipv6": map[string]any{}}
		spoil := func(key string, to any) map[string]any {
			out := maps.Clone(good)
			out[key] = to
			return out
		}
		for name, c := range map[string]struct {
			seen  any
			at    time.Duration
			blobs map[string][]byte
			says  string
		}{
			"a host that is not in the plan": {seen: spoil("host", "www.other.gov.cn"), says: "不是所交办的"},
			"a private address":              {seen: spoil("addresses", []string{"10.0.0.1"}), says: "不是公网地址"},
			"another kind":                   {seen: []int{1}, says: "不能识别"},
			"ahead":                          {seen: good, at: 3 * time.Hour, says: "校准"},
			"before it was asked for":        {seen: good, at: -3 * time.Hour, says: "校准"},
			"too large":                      {seen: spoil("untold", strings.Repeat("长", 1<<20)), says: "超过"},
			"files that it does not name":    {seen: good, blobs: map[string][]byte{"../../x": {1}}, says: "编号不正确"},
			"a file of another hash":         {seen: good, blobs: map[string][]byte{"sha256:" + strings.Repeat("0", 64): {3, 0}}, says: "摘要不符"},
		} {
			j.forward(25 * time.Hour)
			_, err := j.h.Hosts.LookDue(j.ctx)
			j.ok(err)
			a, out, err := j.h.Hosts.Asked(j.ctx, j.system, j.site.ID)
			j.ok(err)
			if !out || !a.Out() {
				t.Fatalf("%s: %+v", name, a)
			}
			j.bring(string(a.ID), map[string]any{"ask": a.ID, "vantage": "电信", "answer": map[string]any{"at": clock.Now().Add(c.at), "seen": c.seen}, "blobs": c.blobs})
			l, findings, err := j.h.Hosts.Sheet(j.ctx, j.system, j.site.ID)
			j.ok(err)
			if a, _, err = j.h.Hosts.Asked(j.ctx, j.system, j.site.ID); err != nil || a.State != inspection.ErrandRefused || !strings.Contains(a.Says, c.says) {
				t.Errorf("%s: %+v (%v)", name, a, err)
			}
			for _, f := range findings {
				if f.Check == "host.tls" && (f.Outcome != check.Untested || !strings.Contains(f.Says+f.Why, c.says)) || f.Check == "host.dns" && f.Outcome != check.Untested {
					t.Errorf("%s: %+v", name, f)
				}
			}
			if l.Vantage != "" || len(j.standing("host.tls")) != 0 {
				t.Errorf("%s: judged by what came: %+v", name, l)
			}
		}
		// An answer to nothing is set aside; the right one counts once, and a late one of a
		// wish that was given up is no longer waited for.
		j.bring("stranger", map[string]any{"ask": "01J", "vantage": "电信", "answer": map[string]any{"at": clock.Now(), "seen": good}})
		j.forward(25 * time.Hour)
		_, err := j.h.Hosts.LookDue(j.ctx)
		j.ok(err)
		a, _, err := j.h.Hosts.Asked(j.ctx, j.system, j.site.ID)
		j.ok(err)
		for range 2 {
			j.bring(string(a.ID), map[string]any{"ask": a.ID, "vantage": "电信", "answer": map[string]any{"at": clock.Now(), "seen": good}})
		}
		if n := len(j.standing("host.ipv6")); n != 1 {
			t.Errorf("no IPv6 stands %d times", n)
		}
	})
}

// A crawler of the version before passes over what it does not know; then the house says
// that it could not be tested, and that the crawler has to be renewed.
func TestReadings22_AnOldCrawlerLooksAtPagesAlone(t *testing.T) {
	began := time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		j := newJourney(t, d, clock, newWorld(t, began))
		_, err := j.h.Hosts.LookDue(j.ctx)
		j.ok(err)
		_, err = j.h.NewMedia.ReadFeeds(j.ctx)
		j.ok(err)
		_, _, err = j.h.Closings.AskOldHost(j.ctx, j.system, j.closing)
		j.ok(err)
		_, err = j.h.Inspection.PlansDue(j.ctx)
		j.ok(err)
		j.bring("old", map[string]any{"run": "none", "vantage": "旧机", "format": 2, "version": "crawler-2"})
		j.forward(8 * 24 * time.Hour)
		j.ok(j.h.Inspection.ErrandsDue(j.ctx))
		_, findings, err := j.h.Hosts.Sheet(j.ctx, j.system, j.site.ID)
		j.ok(err)
		for _, f := range findings {
			if f.Check == "host.certificate" && (f.Outcome != check.Untested || !strings.Contains(f.Says+f.Why, "“旧机”的程序版本低于本系统")) {
				t.Errorf("%+v", f)
			}
		}
		s, err := j.h.NewMedia.Sheet(j.ctx, j.system, j.account.ID)
		j.ok(err)
		if !strings.Contains(s.FeedSays, "“旧机”的程序版本低于本系统") || len(j.standing("account.stale")) != 0 {
			t.Errorf("%q", s.FeedSays)
		}
		if i := j.item(); i.Proved || !strings.Contains(i.Seen, "“旧机”的程序版本低于本系统") || strings.Contains(i.Seen, "请确认原域名的解析") {
			t.Errorf("%+v", i)
		}
		if n := len(j.standing("host.tls")) + len(j.standing("host.dns")); n != 0 {
			t.Errorf("%d findings of what nobody saw", n)
		}
	})
}

// bring puts a batch into the folder as a crawler would write it.
func (j *journey) bring(name string, batch map[string]any) {
	j.t.Helper()
	body, err := json.Marshal(batch)
	j.ok(err)
	sum := sha256.Sum256(body)
	b64 := base64.StdEncoding
	head := inspection.PublicKey(j.key) + " " + b64.EncodeToString(ed25519.Sign(j.key, []byte("zhengshu batch "+hex.EncodeToString(sum[:])))) + "\n"
	j.ok(os.WriteFile(filepath.Join(j.dir, "exchange", "patrol", "batches", name+".batch"), append([]byte(head), body...), 0o600))
	_, err = j.h.Inspection.TakeIn(j.ctx)
	j.ok(err)
}
