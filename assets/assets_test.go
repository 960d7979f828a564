package assets

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestHashedNamesAreKeptForever(t *testing.T) {
	u := URL("console.css")
	if !regexp.MustCompile(`^/assets/console\.[0-9a-f]{12}\.css$`).MatchString(u) {
		t.Fatalf("URL %q", u)
	}
	get := func(method, path, accept string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Accept-Encoding", accept)
		rec := httptest.NewRecorder()
		Handler().ServeHTTP(rec, r)
		return rec.Result()
	}
	plain := get(http.MethodGet, u, "")
	body, _ := io.ReadAll(plain.Body)
	if plain.StatusCode != 200 || plain.Header.Get("Content-Type") != "text/css; charset=utf-8" || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("plain: %d %v", plain.StatusCode, plain.Header)
	}
	squeezed := get(http.MethodGet, u, "gzip, deflate")
	z, err := gzip.NewReader(squeezed.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, _ := io.ReadAll(z)
	if squeezed.Header.Get("Content-Encoding") != "gzip" || squeezed.Header.Get("Vary") != "Accept-Encoding" || !bytes.Equal(unpacked, body) {
		t.Errorf("gzip: %v, same %v", squeezed.Header, bytes.Equal(unpacked, body))
	}
	for _, tt := range []struct{ method, path string }{{"GET", "/assets/console.css"}, {"GET", "/assets/built/README.md"}, {"GET", "/assets/../assets.go"}, {"POST", u}} {
		if got := get(tt.method, tt.path, "").StatusCode; got != 404 {
			t.Errorf("%s %s: %d", tt.method, tt.path, got)
		}
	}
	if URL("nothing.css") != "" || Has("nothing.css") {
		t.Error("an absent file has an address")
	}
}

// TestStyleSheetKeepsTheFloor refuses what Chromium 78 does not know and has
// no fallback for.
func TestStyleSheetKeepsTheFloor(t *testing.T) {
	for _, name := range []string{"console.css", "paper.css"} {
		t.Run(name, func(t *testing.T) { keepsTheFloor(t, name) })
	}
}

func keepsTheFloor(t *testing.T, name string) {
	b, err := files.ReadFile("css/" + name)
	if err != nil {
		t.Fatal(err)
	}
	css := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(b), "")
	for _, tt := range []struct{ pattern, why string }{
		{`:has\(`, "Chromium 105"}, {`:is\(|:where\(`, "Chromium 88"}, {`aspect-ratio`, "Chromium 88"},
		{`(?m)[\s;{]inset\s*:`, "Chromium 87"}, {`@container`, "Chromium 105"}, {`@layer`, "Chromium 99"},
		{`(?m)^\s*&|\{\s*&`, "nesting, Chromium 112"}, {`\b(dvh|svh)\b`, "Chromium 108"},
		{`(?m)^(summary)?\.panel-head\s*\{[^}]*flex`, "a summary that is a flex box shows no triangle"},
		{`url\(`, "outside files; the policy and one request"}, {`@import`, "one request"}, {`!ie`, "hack"},
	} {
		if m := regexp.MustCompile(tt.pattern).FindString(css); m != "" {
			t.Errorf("%q needs %s", m, tt.why)
		}
	}
	// gap works in a flex box from Chromium 84 only; in a grid from 66.
	for _, rule := range regexp.MustCompile(`[^{}]+\{[^{}]*\}`).FindAllString(css, -1) {
		if regexp.MustCompile(`[\s;{](gap|row-gap|column-gap)\s*:`).MatchString(rule) && regexp.MustCompile(`display:\s*(inline-)?flex`).MatchString(rule) {
			t.Errorf("flex gap: %.80s", strings.TrimSpace(rule))
		}
	}
	if strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("braces do not balance")
	}
}

func TestBudgets(t *testing.T) {
	if _, gzipped := Size("console.css"); gzipped > 12<<10 {
		t.Errorf("console.css is %d bytes gzipped, budget 12288", gzipped)
	}
	if _, gzipped := Size("paper.css"); gzipped > 2<<10 {
		t.Errorf("paper.css is %d bytes gzipped, budget 2048", gzipped)
	}
	if _, gzipped := Size("dashboard.css"); gzipped > 4<<10 {
		t.Errorf("dashboard.css is %d bytes gzipped, budget 4096", gzipped)
	}
	if _, gzipped := Size("charts.js"); gzipped > 200<<10 {
		t.Errorf("charts.js is %d bytes gzipped, budget 204800", gzipped)
	}
	if !Has("console.js") {
		t.Skip("scripts not bundled: run npm ci in assets/ and go run ./assets/bundle; left out: script budget")
	}
	if _, gzipped := Size("console.js"); gzipped > 60<<10 {
		t.Errorf("console.js is %d bytes gzipped, budget 61440", gzipped)
	}
}

func TestLockfileNamesNoRegistry(t *testing.T) {
	b, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("resolved")) || bytes.Contains(b, []byte("http")) {
		t.Error("package-lock.json names where packages were fetched from; strip the resolved fields")
	}
	if !bytes.Contains(b, []byte(`"integrity": "sha512-`)) {
		t.Error("package-lock.json lacks integrity")
	}
}
