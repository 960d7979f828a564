package engine_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/realdata"
)

// servedSites are sites of saved pages, each under its own name on one listener.
type servedSites struct {
	mu    sync.Mutex
	pages map[string]map[string][]byte // host, path
	home  map[string]string            // host: where its home page is
}

func (s *servedSites) put(host, at string, body []byte) {
	if s.pages[host] == nil {
		s.pages[host] = map[string][]byte{}
	}
	s.pages[host][at] = body
}

func (s *servedSites) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	body, ok := s.pages[r.Host][r.URL.Path]
	s.mu.Unlock()
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html") // the encoding is the page's to say
	_, _ = w.Write(body)
}

// inspectAll looks at every site with the whole machine and returns the reports.
func (s *servedSites) inspectAll(t *testing.T) map[string]engine.Report {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool { return s.pages[h] != nil }, Resolver: enginetest.Nowhere{}, Total: 5 * time.Second})
	t.Cleanup(client.Close)
	words, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := engine.Options{Delay: -1, Today: calendar.Date{Year: 2026, Month: 11, Day: 26}, Limits: enginetest.Limits, Scanner: words, MaxLinks: 60, Manners: crawl.NewManners(client, crawl.Courtesy{Delay: -1, PerHost: 4})}
	out := map[string]engine.Report{}
	for _, h := range slices.Sorted(maps.Keys(s.pages)) {
		at := cmp.Or(s.home[h], "/")
		rep, err := engine.Inspect(t.Context(), client, kept, engine.Target{URL: "http://" + h + at}, o)
		if err != nil {
			t.Errorf("%s: %v", h, err)
			continue
		}
		if !rep.Reachable {
			t.Errorf("%s: the home page did not open: %+v", h, rep.Untested)
		}
		out[h] = rep
	}
	return out
}

// tally logs what was found by check, with one example each.
func tally(t *testing.T, what string, reports map[string]engine.Report) {
	t.Helper()
	n, example, pages := map[string]int{}, map[string]string{}, 0
	for _, h := range slices.Sorted(maps.Keys(reports)) {
		pages += reports[h].Pages
		for _, f := range reports[h].Findings {
			n[f.Check]++
			if example[f.Check] == "" {
				example[f.Check] = f.URL + " " + f.Says
			}
		}
	}
	t.Logf("%s: %d sites, %d pages", what, len(reports), pages)
	for _, id := range slices.Sorted(maps.Keys(n)) {
		t.Logf("  %4d %-28s %.220s", n[id], id, example[id])
	}
}

// TestEveryInjectedPageAsASiteOfItsOwn serves each page of set 06 as the home page
// of a site: the injected ones are found, of the honest ones nothing is said.
func TestEveryInjectedPageAsASiteOfItsOwn(t *testing.T) {
	type row struct{ File, Label, Pattern string }
	dir := realdata.Path(t, "06_sensitive_hidden", "injected pages, each served as a site")
	s := &servedSites{pages: map[string]map[string][]byte{}, home: map[string]string{}}
	label := map[string]row{}
	for i, r := range lines[row](t, filepath.Join(dir, "hidden_pages.jsonl")) {
		body, err := os.ReadFile(filepath.Join(dir, r.File))
		if err != nil {
			t.Fatal(err)
		}
		h := fmt.Sprintf("p%02d.%s.gov.cn", i, strings.ReplaceAll(r.Pattern, "_", "-"))
		s.put(h, "/", body)
		label[h] = r
	}
	reports := s.inspectAll(t)
	found, missed, alarms := 0, 0, 0
	for h, rep := range reports {
		r := label[h]
		i := slices.IndexFunc(rep.Findings, func(f engine.Sighting) bool {
			return strings.HasPrefix(f.Check, "concealed.") || strings.HasPrefix(f.Check, "cloaked.")
		})
		switch {
		case r.Label == "injected" && i < 0:
			missed++
			t.Errorf("missed %s", r.Pattern)
		case r.Label == "injected":
			found++
		case i >= 0:
			alarms++
			t.Errorf("false alarm on %s: %s %s", r.Pattern, rep.Findings[i].Check, rep.Findings[i].Says)
		}
	}
	tally(t, "set 06", reports)
	t.Logf("%d injected sites found, %d missed, %d false alarms", found, missed, alarms)
}

// TestRealPagesAsSites serves the pages of set 03 at their own addresses, and each
// kind of damaged bytes as a site of its own: nothing breaks, every page is read,
// and no alarm is raised that only a wrong reading would raise.
func TestRealPagesAsSites(t *testing.T) {
	type row struct{ File, URL string }
	dir := realdata.Path(t, "03_html_pages", "real pages served as sites")
	s := &servedSites{pages: map[string]map[string][]byte{}, home: map[string]string{}}
	menus, served := map[string]*strings.Builder{}, map[string]int{}
	for _, r := range lines[row](t, filepath.Join(dir, "pages.jsonl")) {
		body, err := os.ReadFile(filepath.Join(dir, r.File))
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(path.Base(r.File), ".html")
		h, at := "pages.gov.cn", "/"+name+".html"
		if u, err := url.Parse(r.URL); err == nil && u.Host != "" {
			h, at = u.Hostname(), u.Path
		}
		if _, kind, ok := strings.Cut(name, "."); ok && !strings.HasPrefix(name, "clone-") {
			h, at = kind+".bytes.gov.cn", "/"+name+".html"
		}
		if at == "/" || at == "" {
			at = "/index.html"
		}
		s.put(h, at, body)
		if menus[h] == nil {
			menus[h] = &strings.Builder{}
		}
		served[h]++
		fmt.Fprintf(menus[h], `<li><a href="%s">文件之%d</a><span>2026-11-20</span></li>`, at, served[h])
	}
	for h, m := range menus {
		s.put(h, "/", []byte(strings.ReplaceAll(enginetest.Home(m.String()), enginetest.Host, h)))
	}
	reports := s.inspectAll(t)
	pages := 0
	for h, rep := range reports {
		if rep.Pages < served[h]+1 {
			t.Errorf("%s: %d pages of %d were read: %+v", h, rep.Pages, served[h]+1, rep.Untested)
		}
		pages += rep.Pages
		for _, f := range rep.Findings {
			family, _, _ := strings.Cut(f.Check, ".")
			// The counterfeited copies stand at addresses of their own.
			if slices.Contains([]string{"concealed", "cloaked", "privacy", "sensitive"}, family) && f.Severity == check.Serious {
				t.Errorf("%s on %s: %s", f.Check, f.URL, f.Says)
			}
			if strings.ContainsRune(f.Says+f.Wrong, '\uFFFD') {
				t.Errorf("misread: %s on %s: %q", f.Check, f.URL, f.Says)
			}
		}
	}
	tally(t, "set 03", reports)
}
