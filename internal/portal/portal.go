package portal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/search"
)

// SiteInfo is what a portal knows of a site, from its release.
type SiteInfo = theme.Site

// Config is what a portal needs. Only Store is required.
type Config struct {
	Store *publishing.Store
	// CacheBytes bounds the pages kept in memory; 64 MiB when zero.
	CacheBytes int64
	// Landing is the page of a demonstration's other hosts.
	Landing Landing
	Log     *slog.Logger // slog.Default when nil
}

// Handler is public delivery. Safe for concurrent use.
type Handler struct {
	store   *publishing.Store
	landing Landing
	log     *slog.Logger
	cache   *cache
	origin  *http.CrossOriginProtection
	mounts  []mount

	mu      sync.RWMutex
	sites   map[registry.SiteID]*open
	hosts   map[string]registry.SiteID
	scanned time.Time
}

type mount struct {
	prefix string
	make   func(site SiteInfo) http.Handler
}

// open is a site as last read.
type open struct {
	stamp   publishing.Stamp
	release *publishing.Release

	mu    sync.Mutex // of index
	index *search.Index
	gen   string
}

// New makes the portal. Mount before serving.
func New(c Config) *Handler {
	if c.CacheBytes == 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return &Handler{store: c.Store, landing: c.Landing, log: c.Log, cache: newCache(c.Store, c.CacheBytes), origin: http.NewCrossOriginProtection(),
		sites: map[registry.SiteID]*open{}, hosts: map[string]registry.SiteID{}}
}

// Mount gives the paths below prefix (which ends in a slash) of every site to
// another public door.
func (h *Handler) Mount(prefix string, f func(site SiteInfo) http.Handler) {
	h.mounts = append(h.mounts, mount{prefix, f})
}

// cleanHost is the host of a request without port, in lower case; "" when it
// is no host name.
func cleanHost(host string) string {
	if len(host) > 270 {
		return ""
	}
	if strings.Contains(host, ":") {
		name, port, err := net.SplitHostPort(host)
		if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil {
			return ""
		}
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for i := range len(host) {
		if c := host[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return ""
		}
	}
	return host
}

// Serves reports whether the host is that of a published site.
func (h *Handler) Serves(host string) bool {
	_, ok := h.find(cleanHost(host))
	return ok
}

// Sites lists what is published, for the landing page and the metrics.
func (h *Handler) Sites() []SiteInfo {
	h.scan(0)
	h.mu.RLock()
	defer h.mu.RUnlock()
	var out []SiteInfo
	for _, s := range h.sites {
		out = append(out, s.release.Site)
	}
	return out
}

// find is the site of a clean host with its release as it is now: one stat a
// request keeps the portal at the switch.
func (h *Handler) find(host string) (*open, bool) {
	if host == "" {
		return nil, false
	}
	h.mu.RLock()
	id, ok := h.hosts[host]
	h.mu.RUnlock()
	if !ok {
		h.scan(250 * time.Millisecond)
		h.mu.RLock()
		id, ok = h.hosts[host]
		h.mu.RUnlock()
		if !ok {
			return nil, false
		}
	}
	h.refresh(id)
	h.mu.RLock()
	defer h.mu.RUnlock()
	s := h.sites[id]
	return s, s != nil && h.hosts[host] == id
}

// scan looks for sites again unless that was done within the time given.
func (h *Handler) scan(within time.Duration) {
	h.mu.Lock()
	if within > 0 && time.Since(h.scanned) < within {
		h.mu.Unlock()
		return
	}
	h.scanned = time.Now()
	h.mu.Unlock()
	ids, err := h.store.Sites()
	if err != nil {
		h.log.Error("list published sites", "error", err)
		return
	}
	for _, id := range ids {
		h.refresh(id)
	}
}

// refresh reads the site's release when it was switched. One that is not
// signed is not shown: what was read before stays.
func (h *Handler) refresh(id registry.SiteID) {
	stamp := h.store.Stamp(id)
	h.mu.RLock()
	was := h.sites[id]
	h.mu.RUnlock()
	if was != nil && was.stamp == stamp {
		return
	}
	r, err := h.store.Current(id)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.log.Error("release refused", "site", id, "error", err)
		if was != nil && !errors.Is(err, publishing.ErrNoRelease) {
			was.mu.Lock()
			h.sites[id] = &open{stamp: stamp, release: was.release, index: was.index, gen: was.gen} // refused once, not on every request
			was.mu.Unlock()
		}
		return
	}
	next := &open{stamp: stamp, release: r}
	if was != nil {
		was.mu.Lock()
		if was.gen == r.Search.Generation {
			next.index, next.gen, was.index = was.index, was.gen, nil
		} else if x := was.index; x != nil {
			was.index = nil
			time.AfterFunc(10*time.Second, func() { _ = x.Close() }) // searches under way end first
		}
		was.mu.Unlock()
		for host, site := range h.hosts {
			if site == id {
				delete(h.hosts, host)
			}
		}
	}
	h.sites[id] = next
	for _, host := range r.Site.Hosts {
		if clean := cleanHost(host); clean != "" {
			h.hosts[clean] = id
		}
	}
}

// ServeHTTP answers for the site of the request's host; 421 for any other.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, ok := h.find(cleanHost(r.Host))
	if !ok {
		misdirected(w)
		return
	}
	site := s.release.Site
	secure(w, site)
	if !soundPath(r.URL) {
		h.message(w, r, site, http.StatusNotFound, "")
		return
	}
	p := r.URL.Path
	if site.Offline != "" && !strings.HasPrefix(p, "/theme/") && p != "/favicon.svg" {
		w.Header().Set("Retry-After", "3600")
		h.message(w, r, site, http.StatusServiceUnavailable, site.Offline)
		return
	}
	for _, m := range h.mounts {
		if strings.HasPrefix(p, m.prefix) || p+"/" == m.prefix {
			if err := h.origin.Check(r); err != nil {
				h.message(w, r, site, http.StatusForbidden, "")
				return
			}
			w.Header().Set("Cache-Control", "no-store")
			m.make(site).ServeHTTP(w, r)
			return
		}
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if p == site.Doors.Search {
		h.search(w, r, s)
		return
	}
	if c, ok := catalogueAt(site, p); ok {
		h.holdings(w, r, s, c)
		return
	}
	if p == leavePath {
		h.leave(w, r, s)
		return
	}
	h.page(w, r, s)
}

// soundPath refuses what servers read differently than readers: encoded
// separators, dot segments, double slashes, control characters.
func soundPath(u *url.URL) bool {
	p := u.Path
	if len(p) == 0 || len(p) > 2000 || p[0] != '/' {
		return false
	}
	raw := strings.ToLower(u.EscapedPath())
	for _, bad := range []string{"%2f", "%5c", "%00", "%2e%2e"} {
		if strings.Contains(raw, bad) {
			return false
		}
	}
	for i := range len(p) {
		if p[i] < ' ' || p[i] == 0x7f || p[i] == '\\' {
			return false
		}
	}
	clean := path.Clean(p)
	return clean == p || clean+"/" == p
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request, s *open) {
	site, p := s.release.Site, r.URL.Path
	found, ok, err := s.release.Page(p)
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	if !ok {
		to := p + "/"
		if strings.HasSuffix(p, "/index.html") {
			to = strings.TrimSuffix(p, "index.html")
		}
		if _, is, err := s.release.Page(to); err == nil && is && to != p {
			http.Redirect(w, r, to, http.StatusMovedPermanently)
			return
		}
		h.message(w, r, site, http.StatusNotFound, "")
		return
	}
	if found.Status == http.StatusMovedPermanently {
		http.Redirect(w, r, found.To, http.StatusMovedPermanently)
		return
	}
	hd := w.Header()
	hd.Set("Content-Type", found.Kind)
	if strings.HasPrefix(p, "/theme/") {
		hd.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		// A page that was withdrawn must not live on in caches: they may keep
		// it and ask each time.
		hd.Set("Cache-Control", "no-cache")
	}
	if strings.HasPrefix(found.Kind, "text/") || strings.Contains(found.Kind, "xml") {
		hd.Set("Vary", "Accept-Encoding")
	} else if !shownInPlace(found.Kind) {
		hd.Set("Content-Disposition", "attachment")
	}
	if found.Size > maxCached {
		f, err := h.cache.file(found)
		if err != nil {
			h.fail(w, r, site, err)
			return
		}
		defer f.Close()
		hd.Set("ETag", `"`+found.Hash[:32]+`"`)
		http.ServeContent(w, r, "", found.Modified, f)
		return
	}
	b, err := h.cache.get(found)
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	body, encoding := b.plain, ""
	if r.Header.Get("Range") == "" {
		body, encoding = b.best(r.Header.Get("Accept-Encoding"))
	}
	tag := `"` + found.Hash[:32] + `"`
	if encoding != "" {
		hd.Set("Content-Encoding", encoding)
		tag = `"` + found.Hash[:32] + "-" + encoding + `"`
	}
	if found.Status != http.StatusOK {
		hd.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(found.Status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the reader going away is not our error
		}
		return
	}
	hd.Set("ETag", tag)
	if encoding != "" {
		hd.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" || r.Header.Get("If-Match") != "" || r.Header.Get("If-Unmodified-Since") != "" {
			hd.Del("Content-Length") // ServeContent may answer without a body
		}
	}
	http.ServeContent(w, r, "", found.Modified, bytes.NewReader(body))
}

// shownInPlace are the kinds a browser shows; everything else is saved.
func shownInPlace(kind string) bool {
	for _, k := range []string{"image/", "video/", "audio/", "application/pdf", "text/", "application/xml", "application/rss"} {
		if strings.HasPrefix(kind, k) {
			return true
		}
	}
	return false
}

// secure sets the headers of every answer.
func secure(w http.ResponseWriter, site SiteInfo) {
	h := w.Header()
	csp := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	if !site.Plain {
		csp += "; upgrade-insecure-requests"
		h.Set("Strict-Transport-Security", "max-age=63072000")
	}
	h.Set("Content-Security-Policy", csp)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-site")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	if site.Demo {
		h.Set("X-Robots-Tag", "noindex, nofollow")
	}
}

func (h *Handler) message(w http.ResponseWriter, r *http.Request, site SiteInfo, status int, says string) {
	m := theme.MessageFor(status, says)
	b, err := theme.DrawMessage(site, m, r.URL.Path)
	if err != nil {
		h.log.Error("draw a message", "error", err)
		http.Error(w, m.Heading, status)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, status, b)
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, site SiteInfo, err error) {
	h.log.Error("deliver a page", "host", site.Host, "path", r.URL.Path, "error", err)
	for _, k := range []string{"ETag", "Content-Encoding", "Content-Disposition", "Content-Length"} {
		w.Header().Del(k)
	}
	h.message(w, r, site, http.StatusInternalServerError, "")
}

func write(w http.ResponseWriter, r *http.Request, status int, b []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(b) // the reader going away is not our error
	}
}

// RenderIn answers 200 with a body in the site's frame.
func RenderIn(w http.ResponseWriter, r *http.Request, site SiteInfo, page theme.Embedded) error {
	return RenderInStatus(w, r, http.StatusOK, site, page)
}

// RenderInStatus is RenderIn with another status: 422 for a form shown again.
func RenderInStatus(w http.ResponseWriter, r *http.Request, status int, site SiteInfo, page theme.Embedded) error {
	f := theme.EmbeddedFrame(site, page, r.URL.Path)
	if status == http.StatusUnprocessableEntity {
		f.Title = "错误：" + f.Title // heard first when the page is read out
	}
	b, err := theme.EmbeddedPage.Draw(f, page)
	if err != nil {
		return err
	}
	write(w, r, status, b)
	return nil
}

// RenderMessage answers with the site's own page for a status: 403, 404, 410,
// 500, 503. says replaces the usual sentence when it is not empty.
func RenderMessage(w http.ResponseWriter, r *http.Request, site SiteInfo, status int, says string) error {
	m := theme.MessageFor(status, says)
	b, err := theme.DrawMessage(site, m, r.URL.Path)
	if err != nil {
		return err
	}
	write(w, r, status, b)
	return nil
}

func misdirected(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusMisdirectedRequest)
	_, _ = io.WriteString(w, "这个网址不属于本系统的任何站点。\n")
}

// opened is the site's search index, opened when first asked.
func (s *open) opened(log *slog.Logger) *search.Index {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index != nil {
		return s.index
	}
	file := s.release.SearchFile()
	if file == "" {
		return nil
	}
	x, err := search.Open(file)
	if err != nil {
		log.Error("open the search index", "site", s.release.Site.ID, "error", err)
		return nil
	}
	s.index, s.gen = x, s.release.Search.Generation
	return x
}

// Find searches a site by what its release holds: what was withdrawn is not
// found, whatever the index still says.
func (h *Handler) Find(ctx context.Context, host, query string, limit, offset int) (search.Result, error) {
	s, ok := h.find(cleanHost(host))
	if !ok {
		return search.Result{}, publishing.ErrNoRelease
	}
	return h.ask(ctx, s, query, limit, offset)
}

func (h *Handler) ask(ctx context.Context, s *open, query string, limit, offset int) (search.Result, error) {
	x := s.opened(h.log)
	if x == nil {
		return search.Result{}, nil
	}
	return x.Search(ctx, search.Query{Text: query, Limit: limit, Offset: offset, Keep: s.live, Count: []string{"type"}})
}

// live reports whether the release shows a page: it has the last word on what
// may be found.
func (s *open) live(path string) bool {
	p, ok, err := s.release.Page(path)
	return err == nil && ok && p.Status == http.StatusOK
}

func (h *Handler) search(w http.ResponseWriter, r *http.Request, s *open) {
	const perPage = 10
	site := s.release.Site
	q := r.URL.Query()
	text := strings.ToValidUTF8(strings.TrimSpace(q.Get("q")), "")
	if runes := []rune(text); len(runes) > search.MaxQuery {
		text = string(runes[:search.MaxQuery])
	}
	n, err := strconv.Atoi(q.Get("p"))
	if err != nil || n < 1 || n > search.MaxHits/perPage {
		n = 1
	}
	page := theme.Search{Query: text, Page: n}
	if text == "" {
		for _, c := range site.Top() {
			page.Hot = append(page.Hot, theme.Link{Text: c.Name, Href: c.Href()})
		}
	} else {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		res, err := h.ask(ctx, s, text, perPage, (n-1)*perPage)
		if err != nil {
			h.fail(w, r, site, err)
			return
		}
		page.Total, page.Loose = res.Total, res.Loose
		for _, x := range res.Hits {
			page.Hits = append(page.Hits, hitOf(x))
		}
		link := func(p int) string {
			return site.Doors.Search + "?" + url.Values{"q": {text}, "p": {strconv.Itoa(p)}}.Encode()
		}
		if n > 1 {
			page.Prev = link(n - 1)
		}
		if n*perPage < res.Total {
			page.Next = link(n + 1)
		}
	}
	f := theme.PlainFrame(site, "搜索", site.Doors.Search, "", "按标题、文号和正文查找本站信息。")
	f.Query, f.NoIndex = text, true
	b, err := theme.SearchPage.Draw(f, page)
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, http.StatusOK, b)
}
