package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/idna"

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
	// Observe is told of every request that was answered for a site; nil costs
	// nothing. It must not block.
	Observe func(Hit)
	// Uploads is the host on which files that people uploaded are shown, apart
	// from the sites; pictures stay where they are. Empty: on the sites.
	Uploads string
	// Canonical leads readers who come by another name of a site to its first.
	Canonical bool
	// Now tells the day until which old hosts are answered for; time.Now when nil.
	Now func() time.Time
}

// Handler is public delivery. Safe for concurrent use.
type Handler struct {
	store   *publishing.Store
	landing Landing
	log     *slog.Logger
	cache   *cache
	origin  *http.CrossOriginProtection
	mounts  []mount

	observe   func(Hit)
	uploads   string
	canonical bool
	now       func() time.Time

	table   atomic.Pointer[map[string]*open] // by clean host
	replies replies
	count   atomic.Int64 // of answers kept ready
	moves   atomic.Int64 // of the store, as last looked at
	looked  atomic.Int64 // when the store was last asked what was switched
	scanned atomic.Int64 // when every site was last looked at

	mu    sync.Mutex // of what follows, held while releases are read
	sites map[registry.SiteID]*open
	mark  publishing.Stamp
}

type mount struct {
	prefix string
	make   func(site SiteInfo) http.Handler
}

// open is a site as last read. Only its index changes.
type open struct {
	id      registry.SiteID
	stamp   publishing.Stamp
	release *publishing.Release
	answers answers

	mu    sync.Mutex // of index
	index *search.Index
	gen   string
	asked time.Time
}

// New makes the portal. Mount before serving.
func New(c Config) *Handler {
	if c.CacheBytes == 0 {
		c.CacheBytes = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Handler{now: c.Now, store: c.Store, landing: c.Landing, log: c.Log, cache: newCache(c.Store, c.CacheBytes), origin: http.NewCrossOriginProtection(),
		observe: c.Observe, uploads: cleanHost(c.Uploads), canonical: c.Canonical, sites: map[registry.SiteID]*open{}}
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
		c := host[i]
		if c >= 0x80 { // a Chinese name as it is written
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return ""
			}
			return ascii
		}
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' {
			return ""
		}
	}
	return host
}

// Serves reports whether the host is that of a published site, or of their
// uploads.
func (h *Handler) Serves(host string) bool {
	host = cleanHost(host)
	return h.find(host) != nil || host != "" && host == h.uploads
}

// Sites lists what is published, for the landing page and the metrics.
func (h *Handler) Sites() []SiteInfo {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scan()
	var out []SiteInfo
	for _, s := range h.sites {
		out = append(out, s.release.Site)
	}
	return out
}

// How old what a portal knows of the switches may be: of those of another
// process, and of files that somebody changed by hand. Its own process's
// switches are seen with the next request.
const (
	lookEvery = 25 * time.Millisecond
	scanEvery = time.Second
)

// find is the site of a clean host with its release as it is now.
func (h *Handler) find(host string) *open {
	if host == "" {
		return nil
	}
	h.fresh()
	if t := h.table.Load(); t != nil {
		return (*t)[host]
	}
	return nil
}

// fresh looks for switches when it is time to.
func (h *Handler) fresh() {
	now := time.Now().UnixNano()
	moves := h.store.Moves()
	moved := moves != h.moves.Load() || h.table.Load() == nil
	if !moved && now-h.looked.Load() < int64(lookEvery) {
		return
	}
	if moved {
		h.mu.Lock()
	} else if !h.mu.TryLock() {
		return // somebody is at it
	}
	defer h.mu.Unlock()
	if moved && moves == h.moves.Load() && h.table.Load() != nil {
		return
	}
	h.looked.Store(now)
	mark := h.store.SwitchStamp()
	if moved || mark != h.mark || now-h.scanned.Load() >= int64(scanEvery) {
		h.mark = mark
		h.moves.Store(moves)
		h.scan()
	}
}

// scan reads every site that was switched. The lock is held.
func (h *Handler) scan() {
	h.scanned.Store(time.Now().UnixNano())
	ids, err := h.store.Sites()
	if err != nil {
		h.log.Error("list published sites", "error", err)
	}
	changed := h.table.Load() == nil
	for _, id := range ids {
		changed = h.refresh(id) || changed
	}
	if !changed {
		return
	}
	table := make(map[string]*open, 2*len(h.sites))
	for _, s := range h.sites {
		for _, host := range s.release.Site.Hosts {
			if clean := cleanHost(host); clean != "" && (table[clean] == nil || table[clean].id > s.id) {
				table[clean] = s
			}
		}
	}
	// A closed site's old host is answered for by the portal of its level, whatever
	// release of its own still lies there.
	for _, s := range h.sites {
		for _, f := range s.release.Site.Former {
			if clean := cleanHost(f.Host); clean != "" && (table[clean] == nil || !keeps(table[clean], clean) || table[clean].id > s.id) {
				table[clean] = s
			}
		}
	}
	h.table.Store(&table)
}

// refresh reads the site's release when it was switched, and reports whether it
// did. One that is not signed, or older than the one before, is not shown: what
// was read before stays, and the damage is told.
func (h *Handler) refresh(id registry.SiteID) bool {
	stamp := h.store.Stamp(id)
	was := h.sites[id]
	if was != nil && was.stamp == stamp {
		return false
	}
	r, err := h.store.Current(id)
	what := publishing.Changed
	if err == nil && was != nil && r.No < was.release.No {
		what, err = publishing.Replayed, fmt.Errorf("%w: release %d put in the place of %d", publishing.ErrForged, r.No, was.release.No)
	}
	if err != nil {
		h.log.Error("release refused", "site", id, "error", err)
		if !errors.Is(err, publishing.ErrNoRelease) {
			h.store.Tell(publishing.Damage{Site: id, File: "sites/" + string(id) + "/current", What: what, Detail: err.Error()})
		} else if was != nil {
			h.store.Tell(publishing.Damage{Site: id, File: "sites/" + string(id) + "/current", What: publishing.Missing})
		}
		if was != nil {
			was.stamp = stamp // refused once, not on every request; read under the lock only
		}
		return false
	}
	next := &open{id: id, stamp: stamp, release: r, answers: answers{count: &h.count}}
	if was != nil {
		was.mu.Lock()
		if was.gen == r.Search.Generation {
			next.index, next.gen, was.index = was.index, was.gen, nil
		} else if x := was.index; x != nil {
			was.index = nil
			retire(x)
		}
		was.mu.Unlock()
		was.answers.left.Store(true)
		was.drop()
	}
	h.sites[id] = next
	return true
}

// retire closes an index when the searches under way have ended.
func retire(x *search.Index) { time.AfterFunc(10*time.Second, func() { _ = x.Close() }) }

// maxIndexes bounds the search indexes that stay open.
const maxIndexes = 48

// rest closes the indexes that were asked longest ago.
func (h *Handler) rest() {
	h.mu.Lock()
	defer h.mu.Unlock()
	type opened struct {
		s  *open
		at time.Time
	}
	var all []opened
	for _, s := range h.sites {
		s.mu.Lock()
		if s.index != nil {
			all = append(all, opened{s, s.asked})
		}
		s.mu.Unlock()
	}
	if len(all) <= maxIndexes {
		return
	}
	slices.SortFunc(all, func(a, b opened) int { return a.at.Compare(b.at) })
	for _, o := range all[:len(all)-maxIndexes] {
		o.s.mu.Lock()
		if o.s.index != nil {
			retire(o.s.index)
			o.s.index, o.s.gen = nil, ""
		}
		o.s.mu.Unlock()
	}
}

// ServeHTTP answers for the site of the request's host; 421 for any other.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := cleanHost(r.Host)
	s := h.find(host)
	if s == nil {
		if h.uploads != "" && host == h.uploads {
			h.upload(w, r)
			return
		}
		misdirected(w)
		return
	}
	if f, is := formerAt(s.release.Site, host); is {
		h.former(w, r, s, f)
		return
	}
	if to := s.release.Site.Moved[host]; to != "" && soundPath(r.URL) {
		http.Redirect(w, r, to+r.URL.RequestURI(), http.StatusMovedPermanently)
		return
	}
	if h.canonical && host != s.release.Site.Host && s.release.Site.Host != "" && soundPath(r.URL) {
		h.lead(w, r, s)
		return
	}
	if h.observe == nil {
		h.serve(w, r, s)
		return
	}
	h.observed(w, r, s)
}

// lead sends a reader who came by another of the site's names to its own: one
// page has one address.
func (h *Handler) lead(w http.ResponseWriter, r *http.Request, s *open) {
	site := s.release.Site
	h.secure(w, site)
	at := h.scheme(site) + site.Host
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		at += ":" + port
	}
	status := http.StatusMovedPermanently
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		status = http.StatusPermanentRedirect
	}
	http.Redirect(w, r, at+r.URL.RequestURI(), status)
}

// serve answers for a site.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, s *open) {
	if a := s.answers.ready(r); a != nil && a.send(w, r, h.store) {
		return
	}
	site := s.release.Site
	h.secure(w, site)
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
	if strings.HasPrefix(p, wellKnown) {
		h.evidence(w, r, s)
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

func (h *Handler) page(w http.ResponseWriter, r *http.Request, s *open) { h.deliver(w, r, s, false) }

// deliver answers with a page or file; apart says that the request came to the
// uploads host.
func (h *Handler) deliver(w http.ResponseWriter, r *http.Request, s *open, apart bool) {
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
	if strings.HasPrefix(p, mediaPrefix) {
		if h.uploads != "" && !apart && !strings.HasPrefix(found.Kind, "image/") {
			http.Redirect(w, r, h.uploadsAt(site, r)+p, http.StatusFound)
			return
		}
		hd.Set("Content-Security-Policy", sandbox)
	}
	if found.Size > maxCached {
		f, err := h.cache.file(found)
		if err != nil {
			h.fail(w, r, site, err)
			return
		}
		defer f.Close()
		hd.Set("ETag", etag(found.Hash, plainForm))
		http.ServeContent(w, r, "", found.Modified, f)
		return
	}
	b, f, err := h.cache.get(found)
	if err != nil {
		h.fail(w, r, site, err)
		return
	}
	if !apart {
		h.prepare(s, p, found, b, f, hd)
	}
	form := plainForm
	if r.Header.Get("Range") == "" {
		form = f.best(r.Header.Get("Accept-Encoding"))
	}
	if form != plainForm {
		hd.Set("Content-Encoding", formNames[form])
	}
	if found.Status != http.StatusOK {
		hd.Set("Content-Length", strconv.Itoa(len(f[form])))
		w.WriteHeader(found.Status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(f[form]) // the reader going away is not our error
		}
		return
	}
	hd.Set("ETag", etag(found.Hash, form))
	if form != plainForm {
		hd.Set("Content-Length", strconv.Itoa(len(f[form])))
		if r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" || r.Header.Get("If-Match") != "" || r.Header.Get("If-Unmodified-Since") != "" {
			hd.Del("Content-Length") // ServeContent may answer without a body
		}
	}
	http.ServeContent(w, r, "", found.Modified, bytes.NewReader(f[form]))
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

// secure sets the headers of every answer, of a site or not.
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
func (s *open) opened(log *slog.Logger) (x *search.Index, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = time.Now()
	if s.index != nil {
		return s.index, false
	}
	file := s.release.SearchFile()
	if file == "" {
		return nil, false
	}
	x, err := search.Open(file)
	if err != nil {
		log.Error("open the search index", "site", s.release.Site.ID, "error", err)
		return nil, false
	}
	s.index, s.gen = x, s.release.Search.Generation
	return x, true
}

// Find searches a site by what its release holds: what was withdrawn is not
// found, whatever the index still says.
func (h *Handler) Find(ctx context.Context, host, query string, limit, offset int) (search.Result, error) {
	s := h.find(cleanHost(host))
	if s == nil {
		return search.Result{}, publishing.ErrNoRelease
	}
	return h.ask(ctx, s, query, limit, offset)
}

func (h *Handler) ask(ctx context.Context, s *open, query string, limit, offset int) (search.Result, error) {
	x, first := s.opened(h.log)
	if first {
		h.rest()
	}
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
