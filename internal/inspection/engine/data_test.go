package engine_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/realdata"
)

func lines[T any](t *testing.T, file string) (out []T) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var v T
		if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// TestInjectedPagesAreFoundWhereTheyStand serves one page of each pattern of
// set 06 and all its clean look-alikes as one site.
func TestInjectedPagesAreFoundWhereTheyStand(t *testing.T) {
	type row struct{ File, Label, Pattern string }
	dir := realdata.Path(t, "06_sensitive_hidden", "sites of injected pages served over loopback")
	s := enginetest.NewSite(t)
	s.Set("/p", enginetest.Page{Type: "text/html", Body: ""})
	seen := map[string]bool{}
	injected, clean := map[string]string{}, map[string]string{}
	var menu strings.Builder
	for _, r := range lines[row](t, filepath.Join(dir, "hidden_pages.jsonl")) {
		if r.Label == "injected" && seen[r.Pattern] {
			continue
		}
		seen[r.Pattern] = true
		body, err := os.ReadFile(filepath.Join(dir, r.File))
		if err != nil {
			t.Fatal(err)
		}
		path := "/p/" + filepath.Base(r.File)
		s.Set(path, enginetest.Page{Type: "text/html", Body: string(body)})
		fmt.Fprintf(&menu, `<li><a href="%s">%s</a></li>`, path, r.Pattern)
		if r.Label == "injected" {
			injected["http://"+enginetest.Host+path] = r.Pattern
		} else {
			clean["http://"+enginetest.Host+path] = r.Pattern
		}
	}
	s.Put("/", enginetest.Home(menu.String()))
	rep, err := engine.Inspect(context.Background(), s.Client(t), nil, enginetest.Target(), enginetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	hit := map[string]bool{}
	for _, f := range rep.Findings {
		if !strings.HasPrefix(f.Check, "concealed.") {
			continue
		}
		for _, u := range append([]string{f.URL}, f.Also...) {
			hit[u] = true
		}
	}
	missed := 0
	for u, pattern := range injected {
		if !hit[u] {
			missed++
			t.Errorf("missed %s", pattern)
		}
	}
	for u, pattern := range clean {
		if hit[u] {
			t.Errorf("false alarm on the clean page %s", pattern)
		}
	}
	t.Logf("%d injected, %d missed; %d clean", len(injected), missed, len(clean))
}

// TestRealPagesInTheirOwnEncodings serves real pages, GBK ones among them, and
// looks for alarms that only a wrong reading would raise.
func TestRealPagesInTheirOwnEncodings(t *testing.T) {
	type row struct{ File, Kind, Encoding, Title string }
	dir := realdata.Path(t, "03_html_pages", "sites of real pages served over loopback")
	s := enginetest.NewSite(t)
	var menu strings.Builder
	served := 0
	for _, r := range lines[row](t, filepath.Join(dir, "pages.jsonl")) {
		gbk := strings.Contains(r.File, "gbk") || strings.Contains(r.File, "wrongmeta")
		if !strings.Contains(r.File, "/gov-") || !gbk && served%3 != 0 || served >= 24 {
			served++
			continue
		}
		served++
		body, err := os.ReadFile(filepath.Join(dir, r.File))
		if err != nil {
			t.Fatal(err)
		}
		path := "/p/" + filepath.Base(r.File)
		s.Set(path, enginetest.Page{Type: "text/html", Body: string(body)})
		fmt.Fprintf(&menu, `<li><a href="%s">文件</a> 2026-03-18</li>`, path)
	}
	s.Put("/", enginetest.Home(menu.String()))
	var bodies []string
	o := enginetest.Options()
	o.Scanner = check.ScannerFunc(func(text string) []check.Span { bodies = append(bodies, text); return nil })
	rep, err := engine.Inspect(context.Background(), s.Client(t), nil, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, b := range bodies {
		if strings.ContainsRune(b, '\uFFFD') {
			t.Errorf("misread page: %.60q", b)
		}
		if strings.Contains(b, "国务院") {
			read++
		}
	}
	if read < 8 {
		t.Errorf("%d pages read", read)
	}
	t.Logf("%d pages read of %d served", read, rep.Pages)
	for _, f := range rep.Findings {
		if slices.Contains([]string{"concealed", "privacy"}, strings.SplitN(f.Check, ".", 2)[0]) && f.Severity == check.Serious {
			t.Errorf("%s on %s: %s", f.Check, f.URL, f.Says)
		}
	}
}
