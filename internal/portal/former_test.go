package portal_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

// Article 8(3): the portal of the level answers at a closed site's old host by
// its map until the day its domain is cancelled, and not after; whatever release
// of its own still lies there. The page of old addresses stays.
func TestArticle08_3_OldHostIsAnsweredUntilItsDomainIsCancelled(t *testing.T) {
	dir := t.TempDir()
	s, err := publishing.CreateStore(filepath.Join(dir, "releases"), filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	f := theme.Former{Host: "old.localhost", Name: "县商务局网站（演示）", Until: "2026-11-30"}
	level := site("02P")
	level.Former = []theme.Former{f}
	answers := publishing.File{Page: publishing.Page{Path: f.AnswersPath(), Status: 200, Kind: "application/json"},
		Body: []byte(`{"/yw/1.html":"http://yunhe.localhost/content/202611/a.html","/info.aspx?id=12":"http://yunhe.localhost/news/","/info.aspx":"gone","/hd/":"archive","/%E4%BF%A1.html":"gone"}`)}
	list := publishing.File{Page: publishing.Page{Path: f.Path(), Status: 200, Kind: "text/html; charset=utf-8"}, Body: []byte("对照")}
	if _, err := s.Make(t.Context(), level, append(files(), answers, list), made); err != nil {
		t.Fatal(err)
	}
	own := site("01O") // the old site was hosted here: its own release still lies there
	own.Hosts, own.Host = []string{"old.localhost"}, "old.localhost"
	if _, err := s.Make(t.Context(), own, files(), made); err != nil {
		t.Fatal(err)
	}
	now := made
	x := &served{store: s, h: portal.New(portal.Config{Store: s, Now: func() time.Time { return now }})}
	for _, tt := range []struct {
		target, location, says string
		status                 int
	}{
		{"/yw/1.html", "http://yunhe.localhost/content/202611/a.html", "", 301},
		{"/yw/1.html?from=wx", "http://yunhe.localhost/content/202611/a.html", "", 301},
		{"/info.aspx?id=12", "http://yunhe.localhost/news/", "", 301},
		{"/info.aspx?id=13", "", "不再使用", 410},
		{"/hd/", "", "已归档", 410},
		{"/%e4%bf%a1.html", "", "不再使用", 410},
		{"/", "http://yunhe.localhost/former/old.localhost/", "", 301},
		{"/news/", "", "旧网址对照里没有这个网址", 404},
		{"/search?q=a", "http://yunhe.localhost/search?q=a", "", 302},
		{"/theme/portal.x.css", "", "p{}", 200},
	} {
		got := x.do("GET", "old.localhost:8080", tt.target)
		body := read(t, got)
		if got.StatusCode != tt.status || got.Header.Get("Location") != tt.location || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d to %q, want %d to %q with %q:\n%s", tt.target, got.StatusCode, got.Header.Get("Location"), tt.status, tt.location, tt.says, body)
		}
		if tt.status == 301 && got.Header.Get("Cache-Control") == "" {
			t.Errorf("%s: a redirect that may be kept for good", tt.target)
		}
		if tt.status > 400 && (strings.Contains(body, `href="/news/"`) || !strings.Contains(body, `href="http://yunhe.localhost/former/old.localhost/"`)) {
			t.Errorf("%s: the frame leads back to the old host:\n%s", tt.target, body)
		}
	}
	if got := x.do(http.MethodPost, "old.localhost", "/yw/1.html").StatusCode; got != 405 {
		t.Errorf("post: %d", got)
	}
	now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) // 20:00 of the last day
	if got := x.do("GET", "old.localhost", "/yw/1.html").StatusCode; got != 301 {
		t.Errorf("on the last day: %d", got)
	}
	now = now.Add(5 * time.Hour)
	if got := x.do("GET", "old.localhost", "/yw/1.html").StatusCode; got != 421 {
		t.Errorf("the domain is cancelled: %d", got)
	}
	if got := x.do("GET", "yunhe.localhost", "/former/old.localhost/"); got.StatusCode != 200 || read(t, got) != "对照" {
		t.Errorf("the page of old addresses is gone: %d", got.StatusCode)
	}
}
