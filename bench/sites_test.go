package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
)

const (
	manySites = 600
	pagesEach = 60
	pageBytes = 24 << 10 // of one page; together far more than the cache
	// envManySites makes the process a portal over the folder it names.
	envManySites = "ZHENGSHU_BENCH_SITES"
)

// many fills a releases folder with sites like those of a province.
func many(b *testing.B) string {
	dir := filepath.Join(b.TempDir(), "releases")
	store, err := publishing.CreateStore(dir, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	for s := range manySites {
		site := theme.Site{ID: fmt.Sprintf("S%04d", s), Name: fmt.Sprintf("第%d个网站", s), Host: fmt.Sprintf("s%d.example.gov.cn", s), Hosts: []string{fmt.Sprintf("s%d.example.gov.cn", s)}, Doors: theme.Doors{Search: "/search"}}
		for c := range 40 {
			site.Columns = append(site.Columns, theme.Column{ID: fmt.Sprintf("%d-%d", s, c), Slug: fmt.Sprintf("c%d", c), Name: fmt.Sprintf("第%d个栏目", c), Type: "政务动态", Description: "发布本单位的工作动态、通知公告和政策文件。"})
		}
		var files []publishing.File
		for p := range pagesEach {
			path := "/"
			if p > 0 {
				path = fmt.Sprintf("/content/2026%02d/a%04d.html", p%12+1, p)
			}
			body := []byte(fmt.Sprintf("<!DOCTYPE html><title>%d-%d</title>", s, p) + strings.Repeat("<p>政府网站的一段正文，说明一件事情。</p>", pageBytes/55))
			files = append(files, publishing.File{Page: publishing.Page{Path: path, Status: 200, Kind: "text/html; charset=utf-8"}, Body: body})
		}
		if _, err := store.Make(context.Background(), site, files, now); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// manyReport is what the portal's process says of itself.
type manyReport struct {
	ColdMS  float64 // from start of the process to the first page of the last site
	IdleMB  float64 // resident once every site can be read
	ReadMB  float64 // resident after every page of every site was read
	CacheMB float64
}

func resident() float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), " kB"), 64)
			if err == nil {
				return kb / 1024
			}
		}
	}
	return 0
}

// TestManySitesProcess is the portal's process of BenchmarkManySites; run as a
// test it does nothing.
func TestManySitesProcess(t *testing.T) {
	dir := os.Getenv(envManySites)
	if dir == "" {
		t.Skip("only as a process of BenchmarkManySites")
	}
	began := time.Now()
	portal.Frugal(64 << 20)
	store, err := publishing.OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	h := portal.New(portal.Config{Store: store, CacheBytes: 64 << 20})
	srv := httptest.NewServer(h)
	defer srv.Close()
	get := func(site int, path string) {
		req, err := http.NewRequest(http.MethodGet, srv.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host = fmt.Sprintf("s%d.example.gov.cn", site)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != 200 || n < pageBytes/2 {
			t.Fatalf("%d%s: %d, %d bytes, %v", site, path, resp.StatusCode, n, err)
		}
	}
	get(manySites-1, "/")
	r := manyReport{ColdMS: float64(time.Since(began).Microseconds()) / 1000, IdleMB: resident()}
	for s := range manySites {
		get(s, "/")
		for p := 1; p < pagesEach; p++ {
			get(s, fmt.Sprintf("/content/2026%02d/a%04d.html", p%12+1, p))
		}
	}
	r.ReadMB, r.CacheMB = resident(), float64(h.Figures().CacheBytes)/(1<<20)
	out, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..", "report.json"), out, 0o644); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkManySites starts a portal over 600 sites in a process of its own, with
// its page cache capped at 64 MB: how long until the first page, and how much
// memory once every page of every site was read. It fails above 2 s or 300 MB.
func BenchmarkManySites(b *testing.B) {
	dir := many(b)
	var cold, idle, full []float64
	for b.Loop() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestManySitesProcess$", "-test.count=1")
		cmd.Env = append(os.Environ(), envManySites+"="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		raw, err := os.ReadFile(filepath.Join(dir, "..", "report.json"))
		if err != nil {
			b.Fatal(err)
		}
		var r manyReport
		if err := json.Unmarshal(raw, &r); err != nil {
			b.Fatal(err)
		}
		cold, idle, full = append(cold, r.ColdMS), append(idle, r.IdleMB), append(full, r.ReadMB)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(cold), "cold_ms")
	b.ReportMetric(median(idle), "idle_MB")
	b.ReportMetric(median(full), "all_read_MB")
	if median(cold) > 2000 || median(full) > 300 {
		b.Errorf("cold start %.0f ms, %.0f MB with every page read", median(cold), median(full))
	}
}
