package app

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"zhengshu/internal/annual/annualpublic"
	"zhengshu/internal/appraisal/appraisalpublic"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/inspectionpublic"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/registry/registrypublic"
	"zhengshu/internal/reporting/reportingpublic"
	"zhengshu/internal/visits"
)

// Reach is how readers come to the portals: the same for a house and for a
// portal that runs alone.
type Reach struct {
	Secured []string // HOST:PORT of listeners with TLS
	Certs   string   // folder of certificates
	// Redirect leads readers of the plain listeners to https.
	Redirect bool
	// Trust are the proxies in front, as addresses or networks.
	Trust []string
	// Known are the addresses of inspectors that may read whole sites quickly.
	Known []string
	// NoLimits lets every client ask as much as it likes.
	NoLimits bool
	// Canonical leads readers who come by another name of a site to its first.
	Canonical bool
	// Uploads is the host on which uploaded files are shown.
	Uploads string
	// LogDays keeps an access log for so many days; 0: none.
	LogDays int
}

func networks(list []string, flag string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		for one := range strings.SplitSeq(s, ",") {
			if one = strings.TrimSpace(one); one == "" {
				continue
			}
			if p, err := netip.ParsePrefix(one); err == nil {
				out = append(out, p.Masked())
				continue
			}
			a, err := netip.ParseAddr(one)
			if err != nil {
				return nil, fault.Newf(fault.Invalid, "%s 的“%s”不是地址或网段，写法如 10.0.0.0/8。", flag, one).From(err)
			}
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return out, nil
}

// limits of the portals; nil for none.
func (r Reach) limits() (*portal.Limits, error) {
	if r.NoLimits {
		return nil, nil
	}
	known, err := networks(r.Known, "--known")
	if err != nil {
		return nil, err
	}
	l := portal.DefaultLimits()
	l.Known = known
	return &l, nil
}

// server is the front of the handler given, with its certificates.
func (r Reach) server(h http.Handler, serves func(string) bool, log *slog.Logger) (portal.Server, error) {
	s := portal.Server{Handler: h, Serves: serves, Redirect: r.Redirect, Log: log}
	var err error
	if s.Trust, err = networks(r.Trust, "--trust-proxy"); err != nil {
		return s, err
	}
	if len(r.Secured) > 0 {
		if r.Certs == "" {
			return s, fault.New(fault.Invalid, "用 --tls-addr 要同时给出 --certs：放证书（名称.crt 或 .pem）和私钥（名称.key）的目录。")
		}
		if s.Certs, err = portal.OpenCertificates(r.Certs, log); err != nil {
			return s, fault.Newf(fault.Invalid, "目录 %s 里没有可用的证书，请放入成对的 名称.crt 和 名称.key。", r.Certs).From(err)
		}
	}
	return s, nil
}

func listen(list []string, flag string) ([]net.Listener, error) {
	var out []net.Listener
	for _, addr := range list {
		l, err := portal.Listen(addr)
		if err != nil {
			errs := []error{cannotListen(addr, flag, err)}
			for _, l := range out {
				errs = append(errs, l.Close())
			}
			return nil, errors.Join(errs...)
		}
		out = append(out, l)
	}
	return out, nil
}

// openTree opens where releases lie beside this machine's disk: a folder (with
// file:// before it, or not), or s3://HOST[:PORT]/BUCKET[/PREFIX] (s3+http:// without TLS).
func openTree(ctx context.Context, at, key, secret string) (blob.Tree, error) {
	for scheme, real := range map[string]string{"s3://": "https://", "s3+http://": "http://"} {
		if rest, ok := strings.CutPrefix(at, scheme); ok {
			return blob.OpenBucketTree(ctx, blob.S3Config{Address: real + rest, Key: key, Secret: secret})
		}
	}
	at = strings.TrimPrefix(at, "file://")
	if strings.Contains(at, "://") {
		return nil, fault.Newf(fault.Invalid, "“%s”不是目录，也不是 s3://主机:端口/桶名/前缀。", at)
	}
	return blob.OpenDiskTree(at)
}

func isRemote(at string) bool {
	return strings.HasPrefix(at, "s3://") || strings.HasPrefix(at, "s3+http://") || strings.HasPrefix(at, "file://")
}

// PortalConfig says how portals run alone: no database, nothing but releases.
type PortalConfig struct {
	// Releases is the house's folder, or the place of copies: s3://… or file://….
	Releases           string
	ReleaseKey, Secret string   // of s3
	Dir                string   // for the cache of releases, the day's keys, logs
	Addrs              []string // plain
	Reach              Reach
	Ops                string
	CacheBytes         int64 // pages in memory; 64 MiB when zero
	DiskBytes          int64 // objects fetched; 8 GiB when zero
	// Batches is where signed counts and alarms go for the house; empty: none.
	Batches string
	Version string
	Log     *slog.Logger
}

// Portals serve releases without the house.
type Portals struct {
	c        PortalConfig
	store    *publishing.Store
	follower *publishing.Follower // nil: the folder itself
	handler  *portal.Handler
	recorder *visits.Recorder
	served   atomic.Int64
}

// OpenPortals opens the releases.
func OpenPortals(ctx context.Context, c PortalConfig) (*Portals, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.DiskBytes == 0 {
		c.DiskBytes = 8 << 30
	}
	portal.Frugal(c.CacheBytes)
	p := &Portals{c: c}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fault.Newf(fault.Invalid, "目录 %s 不能创建，请检查 --data。", c.Dir).From(err)
	}
	var err error
	if isRemote(c.Releases) {
		tree, err := openTree(ctx, c.Releases, c.ReleaseKey, c.Secret)
		if err != nil {
			return nil, err
		}
		if p.store, p.follower, err = publishing.Follow(ctx, tree, filepath.Join(c.Dir, "releases"), c.DiskBytes, c.Log); err != nil {
			return nil, fault.Newf(fault.Unavailable, "%s 里没有可用的发布版本（release.pub），请核对地址，或先由平台发布。", c.Releases).From(err)
		}
	} else if p.store, err = publishing.OpenStore(c.Releases); err != nil {
		return nil, fault.Newf(fault.Unavailable, "%s 里没有可用的发布版本（release.pub），请核对 --releases。", c.Releases).From(err)
	}
	if p.recorder, err = visits.Record(visits.Config{Dir: filepath.Join(c.Dir, "visits"), Out: c.Batches, Log: c.Reach.LogDays > 0, Days: c.Reach.LogDays, Errs: c.Log}); err != nil {
		return nil, err
	}
	p.store.OnDamage(func(d publishing.Damage) {
		c.Log.Error("tampering seen", "site", d.Site, "path", d.Path, "file", d.File, "what", d.What, "restored", d.Restored, "detail", d.Detail)
		p.recorder.Raise(visits.Alarm{Site: string(d.Site), Path: d.Path, File: d.File, What: d.What, Restored: d.Restored, Detail: d.Detail, At: d.At})
	})
	p.handler = portal.New(portal.Config{Store: p.store, CacheBytes: c.CacheBytes, Log: c.Log, Uploads: c.Reach.Uploads, Canonical: c.Reach.Canonical,
		Observe: func(h portal.Hit) { p.served.Add(1); p.recorder.Observe(h) }})
	door := registrypublic.New(registrypublic.Config{Store: p.store, Clock: calendar.System(), Log: c.Log, Render: renderIn})
	p.handler.Mount("/official/", inSite(door))
	p.handler.Mount("/results/", resultsDoor(appraisalpublic.Config{Store: p.store, Log: c.Log, Render: renderIn}))
	p.handler.Mount("/rules/", rulesDoor(inspectionpublic.Config{Store: p.store, Log: c.Log, Render: renderIn}))
	p.handler.Mount("/bulletins/", papersDoor(reportingpublic.Config{Store: p.store, Log: c.Log, Render: renderIn}))
	p.handler.Mount("/annual/", annualPages(annualpublic.Config{Store: p.store, Clock: calendar.System(), Log: c.Log, Render: renderIn}))
	// What needs the house says so, in the site's own page.
	for prefix, says := range map[string]string{"/letters/": "写信和查询", "/impostors/": "举报假冒"} {
		p.handler.Mount(prefix, func(site portal.SiteInfo) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "600")
				if err := portal.RenderMessage(w, r, site, http.StatusServiceUnavailable, says+"暂时不能使用，其他内容不受影响；请稍后再来，或拨打本页底部的电话。"); err != nil {
					c.Log.Error("draw a message", "error", err)
				}
			})
		})
	}
	return p, nil
}

func renderIn(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error {
	s, _ := r.Context().Value(siteKey{}).(portal.SiteInfo)
	return portal.RenderInStatus(w, r, status, s, page)
}

// inSite gives a public door the site it answers for.
func inSite(door http.Handler) func(portal.SiteInfo) http.Handler {
	return func(site portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			door.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteKey{}, site)))
		})
	}
}

// ServeHTTP answers health and then the sites.
func (p *Portals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/livez", "/healthz":
		fmt.Fprintln(w, "ok")
	case "/readyz":
		state := map[string]any{"state": "ready", "releases": "ok", "sites": len(p.handler.Sites())}
		if p.follower != nil && !p.follower.Reachable() {
			state["state"], state["releases"] = "degraded", "unreachable"
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(state) // the asker going away is not our error
	default:
		p.handler.ServeHTTP(w, r)
	}
}

// Serve answers until ctx ends. listening is told the addresses once bound.
func (p *Portals) Serve(ctx context.Context, listening func(plain, secured []net.Addr)) error {
	limits, err := p.c.Reach.limits()
	if err != nil {
		return err
	}
	front, err := p.c.Reach.server(p, p.handler.Serves, p.c.Log)
	if err != nil {
		return err
	}
	front.Limits = limits
	front.MaxBody = 1 << 20
	plain, err := listen(p.c.Addrs, "--addr")
	if err != nil {
		return err
	}
	secured, err := listen(p.c.Reach.Secured, "--tls-addr")
	if err != nil {
		return err
	}
	stop, err := p.serveOps(front.Certs)
	if err != nil {
		return err
	}
	bg, cancel := context.WithCancel(ctx)
	defer cancel()
	if p.follower != nil {
		go p.follower.Run(bg, time.Second)
	}
	p.handler.Sites() // read now what the first reader would wait for
	listening(addrs(plain), addrs(secured))
	return errors.Join(front.Serve(ctx, plain, secured), stop(), p.recorder.Close())
}

func addrs(list []net.Listener) []net.Addr {
	var out []net.Addr
	for _, l := range list {
		out = append(out, l.Addr())
	}
	return out
}

// serveOps answers /metrics on its own listener.
func (p *Portals) serveOps(certs *portal.Certificates) (stop func() error, err error) {
	if p.c.Ops == "" {
		return func() error { return nil }, nil
	}
	l, err := net.Listen("tcp", p.c.Ops)
	if err != nil {
		return nil, cannotListen(p.c.Ops, "--ops", err)
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &portalMeasures{p.handler, p.recorder, certs, p.follower})
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(l) }() // ends with Close
	return srv.Close, nil
}

// portalMeasures are a portal's figures, read when asked.
type portalMeasures struct {
	handler  *portal.Handler
	recorder *visits.Recorder
	certs    *portal.Certificates
	follower *publishing.Follower
}

var (
	portalSites    = prometheus.NewDesc("zhengshu_portal_sites", "Sites served.", nil, nil)
	portalCache    = prometheus.NewDesc("zhengshu_portal_cache_bytes", "Bytes of pages held in memory.", nil, nil)
	portalAnswers  = prometheus.NewDesc("zhengshu_portal_answers", "Answers kept ready.", nil, nil)
	portalRequests = prometheus.NewDesc("zhengshu_portal_requests_total", "Requests answered for sites, by class of status.", []string{"class"}, nil)
	portalDropped  = prometheus.NewDesc("zhengshu_portal_uncounted_total", "Requests that came too fast to be counted in the statistics.", nil, nil)
	portalCert     = prometheus.NewDesc("zhengshu_portal_certificate_expires_seconds", "Seconds until a certificate ends.", []string{"file"}, nil)
	portalReleases = prometheus.NewDesc("zhengshu_portal_releases_reachable", "1 when the store of releases answers.", nil, nil)
)

func (m *portalMeasures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{portalSites, portalCache, portalAnswers, portalRequests, portalDropped, portalCert, portalReleases} {
		ch <- d
	}
}

func (m *portalMeasures) Collect(ch chan<- prometheus.Metric) {
	f := m.handler.Figures()
	ch <- prometheus.MustNewConstMetric(portalSites, prometheus.GaugeValue, float64(f.Sites))
	ch <- prometheus.MustNewConstMetric(portalCache, prometheus.GaugeValue, float64(f.CacheBytes))
	ch <- prometheus.MustNewConstMetric(portalAnswers, prometheus.GaugeValue, float64(f.Answers))
	if m.recorder != nil {
		for class, n := range m.recorder.Classes() {
			ch <- prometheus.MustNewConstMetric(portalRequests, prometheus.CounterValue, float64(n), class)
		}
		ch <- prometheus.MustNewConstMetric(portalDropped, prometheus.CounterValue, float64(m.recorder.Uncounted()))
	}
	if m.certs != nil {
		for file, end := range m.certs.Ends() {
			ch <- prometheus.MustNewConstMetric(portalCert, prometheus.GaugeValue, time.Until(end).Seconds(), file)
		}
	}
	up := 1.0
	if m.follower != nil && !m.follower.Reachable() {
		up = 0
	}
	ch <- prometheus.MustNewConstMetric(portalReleases, prometheus.GaugeValue, up)
}

// VerifySite compares what a site serves with what was published, as any reader
// can. key is the house's public key, as release.pub holds it; empty trusts the
// one the site shows. at dials this address instead of the host's own.
func VerifySite(ctx context.Context, site, key, at string, most, least int) (publishing.Survey, error) {
	base := site
	if !strings.Contains(base, "://") {
		base = "https://" + base
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return publishing.Survey{}, fault.Newf(fault.Invalid, "“%s”不是网站地址，写法如 www.example.gov.cn 或 http://a.localhost:8080。", site)
	}
	policy := egress.Policy{MaxBody: publishing.MaxObject, Total: 2 * time.Minute, MaxRatio: 10000}
	if port := u.Port(); port != "" {
		n, err := net.LookupPort("tcp", port)
		if err != nil {
			return publishing.Survey{}, fault.Newf(fault.Invalid, "端口“%s”不能识别。", port)
		}
		policy.Ports = []uint16{uint16(n)}
		if strings.HasSuffix(u.Hostname(), ".localhost") && at == "" {
			at = "127.0.0.1:" + port
		}
	}
	if at != "" {
		a, err := netip.ParseAddrPort(at)
		if err != nil {
			return publishing.Survey{}, fault.Newf(fault.Invalid, "--at 的“%s”不是 地址:端口。", at).From(err)
		}
		policy.Local = a
		policy.LocalTLS = u.Scheme == "https" && a.Port() != 80
		policy.Own = func(string) bool { return true }
	}
	o := publishing.Outside{Client: egress.New(policy), Base: strings.TrimSuffix(u.Scheme+"://"+u.Host, "/"), Most: most, Least: least, MaxBody: publishing.MaxObject}
	defer o.Client.Close()
	if key != "" {
		if o.Key, err = publishing.ParsePublicKey([]byte(key)); err != nil {
			return publishing.Survey{}, fault.New(fault.Invalid, "公钥不能识别：应为 releases/release.pub 的内容。").From(err)
		}
	}
	l, err := o.Verify(ctx)
	if err != nil {
		return l, fault.Newf(fault.Unavailable, "%s 没有比对成功：网站打不开，或没有出示发布清单。", u.Host).From(err)
	}
	return l, nil
}

// ExportSite writes a site's release as a static tree into a folder, or into a
// file that ends in .zip.
func ExportSite(ctx context.Context, releases, host, to string) (publishing.Exported, error) {
	store, err := publishing.OpenStore(releases)
	if err != nil {
		return publishing.Exported{}, fault.Newf(fault.Invalid, "%s 里没有发布版本，请核对 --data 或 --releases。", releases).From(err)
	}
	id, err := siteOfHost(store, host)
	if err != nil {
		return publishing.Exported{}, err
	}
	if !strings.HasSuffix(strings.ToLower(to), ".zip") {
		x, err := store.ExportFolder(ctx, id, to)
		if err != nil {
			return x, fault.Newf(fault.Invalid, "没有导出到 %s：目录应为空，且能写入。", to).From(err)
		}
		return x, nil
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return publishing.Exported{}, fault.Newf(fault.Invalid, "文件 %s 已存在或不能写入。", to).From(err)
	}
	x, err := store.ExportZip(ctx, id, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return x, errors.Join(err, os.Remove(to))
	}
	return x, nil
}

func siteOfHost(store *publishing.Store, host string) (registry.SiteID, error) {
	sites, err := store.Sites()
	if err != nil {
		return "", err
	}
	for _, id := range sites {
		r, err := store.Current(id)
		if err != nil {
			continue // named by verify
		}
		for _, h := range append(r.Site.Hosts, r.Site.Host, r.Site.Slug, string(id), r.Site.ChineseDomain) {
			if h != "" && strings.EqualFold(h, host) {
				return id, nil
			}
		}
	}
	return "", fault.Newf(fault.NotFound, "没有域名为“%s”的已发布网站。", host)
}

// ownKey is the key of the portal inside the house.
func ownKey(dir string) (ed25519.PublicKey, error) {
	key, err := visits.PortalKey(dir)
	if err != nil {
		return nil, err
	}
	return key.Public().(ed25519.PublicKey), nil
}
