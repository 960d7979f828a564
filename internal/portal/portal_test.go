package portal_test

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

var (
	longPage = []byte("<!DOCTYPE html><title>长</title>" + strings.Repeat("<p>内容内容内容</p>", 400))
	bigFile  = make([]byte, 3<<20)
	made     = time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
)

func site(id string) theme.Site {
	return theme.Site{ID: id, Name: "云河县人民政府（演示）", Sponsor: "云河县人民政府办公室", Host: "yunhe.localhost", Hosts: []string{"yunhe.localhost", "xn--fiqs8s.localhost"}, Slug: "yunhe", SiteCode: "6109990001",
		Demo: true, Plain: true, Doors: theme.Doors{Search: "/search"}, Columns: []theme.Column{{ID: "1", Slug: "news", Name: "要闻", Type: "政务动态", Description: "发布要闻。"}}}
}

func files() []publishing.File {
	html := "text/html; charset=utf-8"
	f := func(path string, status int, kind string, body []byte) publishing.File {
		return publishing.File{Page: publishing.Page{Path: path, Status: status, Kind: kind}, Body: body}
	}
	moved := f("/old.html", 301, "", nil)
	moved.To = "/news/"
	return []publishing.File{f("/", 200, html, []byte("home")), f("/news/", 200, html, longPage), f("/content/202611/a.html", 200, html, []byte("a")),
		f("/content/202611/gone.html", 410, html, []byte("撤下")), f("/media/big.bin", 200, "application/octet-stream", bigFile), f("/media/p.pdf", 200, "application/pdf", []byte("%PDF-")),
		f("/theme/portal.x.css", 200, "text/css; charset=utf-8", []byte("p{}")), moved}
}

type served struct {
	store *publishing.Store
	dir   string
	h     *portal.Handler
}

func serve(t testing.TB, change ...func(*theme.Site)) *served {
	t.Helper()
	rand.Read(bigFile)
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	info := site("01S")
	for _, f := range change {
		f(&info)
	}
	if _, err := s.Make(t.Context(), info, files(), made); err != nil {
		t.Fatal(err)
	}
	read, err := publishing.OpenStore(filepath.Join(dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	return &served{s, dir, portal.New(portal.Config{Store: read, Landing: portal.Landing{Logins: []portal.Login{{Role: "编辑", Name: "王编", Login: "wang", Password: "demo"}}}})}
}

func (s *served) do(method, host, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "http://yunhe.localhost/", nil)
	r.Host = host
	path, query, _ := strings.Cut(target, "?")
	plain, err := url.PathUnescape(path)
	if err != nil {
		plain = path
	}
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = plain, path, query
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w.Result()
}

func (s *served) get(target string, header ...string) *http.Response {
	return s.do(http.MethodGet, "yunhe.localhost:8080", target, header...)
}

func read(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHosts(t *testing.T) {
	s := serve(t)
	for _, tt := range []struct {
		host string
		want int
	}{
		{"yunhe.localhost", 200}, {"yunhe.localhost:8080", 200}, {"YunHe.LocalHost.", 200}, {"xn--fiqs8s.localhost:1", 200},
		{"other.localhost", 421}, {"", 421}, {"yunhe.localhost:port", 421}, {"yunhe.localhost:99999", 421}, {"yunhe.localhost@evil.example", 421}, {"yunhe.localhost/../x", 421},
		{"yunhe.localhost evil", 421}, {strings.Repeat("a", 400), 421}, {"[::1]:8080", 421}, {"yunhe.localhost\x00", 421},
	} {
		if got := s.do("GET", tt.host, "/").StatusCode; got != tt.want {
			t.Errorf("host %q: %d, want %d", tt.host, got, tt.want)
		}
		if got := s.h.Serves(tt.host); got != (tt.want == 200) {
			t.Errorf("serves %q: %v", tt.host, got)
		}
	}
}

func TestAnswers(t *testing.T) {
	s := serve(t)
	for _, tt := range []struct {
		method, target string
		status         int
		location       string
	}{
		{"GET", "/", 200, ""}, {"HEAD", "/news/", 200, ""}, {"GET", "/news", 301, "/news/"}, {"GET", "/news/index.html", 301, "/news/"}, {"GET", "/old.html", 301, "/news/"},
		{"GET", "/content/202611/gone.html", 410, ""}, {"GET", "/nothing", 404, ""}, {"POST", "/", 405, ""}, {"DELETE", "/news/", 405, ""}, {"OPTIONS", "/", 405, ""},
		{"GET", "/news/%2e%2e/", 404, ""}, {"GET", "/..%2f..%2fetc/passwd", 404, ""}, {"GET", "/news%2f", 404, ""}, {"GET", "/news%5c..", 404, ""}, {"GET", "//evil.example/", 404, ""},
		{"GET", "/./news/", 404, ""}, {"GET", "/news//", 404, ""}, {"GET", "/a%00b", 404, ""}, {"GET", "/" + strings.Repeat("a", 3000), 404, ""}, {"GET", "/search", 200, ""}, {"GET", "/search?q=%3Cscript%3E&p=-1", 200, ""},
	} {
		r := s.do(tt.method, "yunhe.localhost", tt.target)
		body := read(t, r)
		if r.StatusCode != tt.status || r.Header.Get("Location") != tt.location {
			t.Errorf("%s %s: %d %q, want %d %q", tt.method, tt.target, r.StatusCode, r.Header.Get("Location"), tt.status, tt.location)
		}
		if tt.method == "HEAD" && body != "" {
			t.Error("HEAD has a body")
		}
		if strings.Contains(body, "<script>") {
			t.Errorf("%s: the query came back raw", tt.target)
		}
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options", "X-Robots-Tag"} {
			if r.Header.Get(h) == "" {
				t.Errorf("%s %s lacks %s", tt.method, tt.target, h)
			}
		}
	}
}

func TestValidatorsRangesAndForms(t *testing.T) {
	s := serve(t)
	plain := s.get("/news/")
	tag := plain.Header.Get("ETag")
	if body := read(t, plain); body != string(longPage) || tag == "" || strings.HasPrefix(tag, "W/") || plain.Header.Get("Last-Modified") != made.Format(http.TimeFormat) || plain.Header.Get("Vary") != "Accept-Encoding" || plain.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("plain: %v", plain.Header)
	}
	if r := s.get("/news/", "If-None-Match", tag); r.StatusCode != 304 || read(t, r) != "" {
		t.Errorf("same validator: %d", r.StatusCode)
	}
	if r := s.get("/news/", "If-Modified-Since", made.Format(http.TimeFormat)); r.StatusCode != 304 {
		t.Errorf("not modified: %d", r.StatusCode)
	}
	if r := s.get("/news/", "If-None-Match", `"other"`); r.StatusCode != 200 {
		t.Errorf("other validator: %d", r.StatusCode)
	}
	if r := s.get("/news/", "Range", "bytes=0-9", "Accept-Encoding", "gzip, br"); r.StatusCode != 206 || read(t, r) != string(longPage[:10]) || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("range: %d %v", r.StatusCode, r.Header)
	}
	if r := s.get("/media/big.bin", "Range", "bytes=100-199"); r.StatusCode != 206 || read(t, r) != string(bigFile[100:200]) || r.Header.Get("Content-Disposition") != "attachment" {
		t.Errorf("range of a large file: %d %v", r.StatusCode, r.Header)
	}
	if r := s.get("/theme/portal.x.css"); !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("theme file: %v", r.Header)
	}
	if err := (publishing.Squeeze{Site: "01S"}).Run(t.Context(), s.store); err != nil {
		t.Fatal(err)
	}
	tags := map[string]bool{tag: true}
	for _, tt := range []struct {
		accept, want string
	}{{"gzip, deflate, br", "br"}, {"gzip", "gzip"}, {"br;q=0, gzip", "gzip"}, {"br;q=0.5, gzip;q=1", "gzip"}, {"gzip;q=0", ""}, {"identity", ""}, {"", ""}, {"br;q=x", ""}} {
		r := s.get("/news/", "Accept-Encoding", tt.accept)
		if r.Header.Get("Content-Encoding") != tt.want {
			t.Errorf("accept %q: got %q, want %q", tt.accept, r.Header.Get("Content-Encoding"), tt.want)
			continue
		}
		var unpacked io.Reader = r.Body
		switch tt.want {
		case "br":
			unpacked = brotli.NewReader(r.Body)
		case "gzip":
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Fatal(err)
			}
			unpacked = z
		}
		if b, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(b, longPage) {
			t.Errorf("accept %q: unpacks to something else (%v)", tt.accept, err)
		}
		tags[r.Header.Get("ETag")] = true
		if r := s.get("/news/", "Accept-Encoding", tt.accept, "If-None-Match", r.Header.Get("ETag")); r.StatusCode != 304 {
			t.Errorf("accept %q with its validator: %d", tt.accept, r.StatusCode)
		}
	}
	if len(tags) != 3 {
		t.Errorf("the three forms have %d validators", len(tags))
	}
	// A compressed form that was tampered with is not used.
	if err := filepath.Walk(filepath.Join(s.dir, "releases", "objects"), func(p string, _ os.FileInfo, err error) error {
		if err == nil && (strings.HasSuffix(p, ".br") || strings.HasSuffix(p, ".gz")) {
			return os.WriteFile(p, []byte("other"), 0o644)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	again, err := publishing.OpenStore(filepath.Join(s.dir, "releases"))
	if err != nil {
		t.Fatal(err)
	}
	s.h = portal.New(portal.Config{Store: again})
	if r := s.get("/news/", "Accept-Encoding", "br, gzip"); r.Header.Get("Content-Encoding") != "" || read(t, r) != string(longPage) {
		t.Error("a tampered compressed form was handed out")
	}
}

func TestOfflineSite(t *testing.T) {
	s := serve(t, func(i *theme.Site) { i.Offline = "本站12月5日至8日临时下线维护。" })
	r := s.get("/news/")
	if body := read(t, r); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(body, "12月5日至8日") {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := s.get("/theme/portal.x.css"); r.StatusCode != 200 {
		t.Errorf("style sheet: %d", r.StatusCode)
	}
}

func TestMountedDoors(t *testing.T) {
	s := serve(t)
	s.h.Mount("/letters/", func(site portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				http.Redirect(w, r, "/letters/done", http.StatusSeeOther)
				return
			}
			if err := portal.RenderIn(w, r, site, theme.Embedded{Title: "写信", Body: "<p>表单</p>"}); err != nil {
				t.Error(err)
			}
		})
	})
	r := s.get("/letters/new")
	if body := read(t, r); r.StatusCode != 200 || !strings.Contains(body, "<p>表单</p>") || !strings.Contains(body, "云河县人民政府（演示）") || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	if r := s.do("POST", "yunhe.localhost", "/letters/new", "Sec-Fetch-Site", "same-origin"); r.StatusCode != 303 {
		t.Errorf("own form: %d", r.StatusCode)
	}
	if r := s.do("POST", "yunhe.localhost", "/letters/new", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); r.StatusCode != 403 {
		t.Errorf("form of another site: %d", r.StatusCode)
	}
}

func TestNewReleaseShowsAtOnce(t *testing.T) {
	s := serve(t)
	if body := read(t, s.get("/")); body != "home" {
		t.Fatal(body)
	}
	f := files()
	f[0].Body = []byte("new home")
	if _, err := s.store.Make(t.Context(), site("01S"), f, made.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if body := read(t, s.get("/")); body != "new home" {
		t.Errorf("still %q", body)
	}
	// The house's other sites come and go with their releases.
	other := site("02S")
	other.Hosts = []string{"second.localhost"}
	if _, err := s.store.Make(t.Context(), other, f, made); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // unknown hosts are looked for four times a second
	if r := s.do("GET", "second.localhost", "/"); r.StatusCode != 200 {
		t.Errorf("second site: %d", r.StatusCode)
	}
}

func TestLanding(t *testing.T) {
	s := serve(t)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://localhost:8080/", nil)
	s.h.Landing(w, r)
	body := w.Body.String()
	portals, logins := strings.Index(body, `href="http://yunhe.localhost:8080/"`), strings.Index(body, "<code>wang</code>")
	if w.Code != 200 || portals < 0 || logins < portals || !strings.Contains(body, "演示系统 · 非政府网站") || !strings.Contains(body, `href="/console"`) || w.Header().Get("X-Robots-Tag") == "" {
		t.Errorf("%d %s", w.Code, body)
	}
	w = httptest.NewRecorder()
	s.h.Landing(w, httptest.NewRequest("GET", "http://localhost:8080"+theme.House("").StylePath(theme.Tokens{}), nil))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style sheet: %d", w.Code)
	}
	w = httptest.NewRecorder()
	s.h.Landing(w, httptest.NewRequest("GET", "http://localhost:8080/x", nil))
	if w.Code != 303 {
		t.Errorf("other path: %d", w.Code)
	}
}

// FuzzRequest asks anything of any host: no panic, and only bytes of the
// release or the theme.
func FuzzRequest(f *testing.F) {
	s := serve(f)
	for _, seed := range []string{"/", "/news/", "/../x", "/%2e%2e/", "/search?q=a", "/a\\b", "//", "/news/?x=1#y", "/\x00"} {
		f.Add("yunhe.localhost", seed, "gzip;q=0.5, br", "bytes=0-")
	}
	f.Fuzz(func(t *testing.T, host, target, accept, rng string) {
		r := httptest.NewRequest("GET", "http://yunhe.localhost/", nil)
		r.Host = host
		path, query, _ := strings.Cut(target, "?")
		r.URL.Path, r.URL.RawQuery = path, query
		r.Header.Set("Accept-Encoding", accept)
		r.Header.Set("Range", rng)
		w := httptest.NewRecorder()
		s.h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%d for %q", w.Code, target)
		}
	})
}
