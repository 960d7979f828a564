package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
)

// HugoVersion is the peer; it is built from the module proxy when it is not on
// the path.
const hugoVersion = "v0.140.0"

// rendered is what one process did.
type rendered struct {
	Pages   int     // written
	Bytes   int64   // of them
	Seconds float64 // of the drawing
	Process float64 // of the whole process
	CPU     float64 // seconds of processor, of the whole process
	// Again is the same drawing once more with every page's file gone, as after
	// a change of theme.
	Again, AgainCPU float64
	RSS             float64 // MB, the most the process had while it drew
	// The search index of what was drawn, which follows the switch: seconds of
	// processor, and MB that the process had then. The peers make none.
	Index, IndexRSS float64
}

// BenchmarkRender draws a whole site of fifty thousand Chinese articles on a
// memory file system, each in its plain and its elder form, with columns, feeds
// and maps: the house from its database, hugo from the same articles as
// Markdown with a theme made of the house's own pages, and a bare loop of
// html/template that writes the same article pages. Each is a process of its
// own, in turn.
func BenchmarkRender(b *testing.B) {
	n := 50_000
	if s := os.Getenv("ZHENGSHU_BENCH_PAGES"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	base, err := os.MkdirTemp("/dev/shm", "zhengshu-render-")
	if err != nil {
		b.Skipf("left out: no memory file system: %v", err)
	}
	defer os.RemoveAll(base)
	hugo := findHugo(b)
	house := filepath.Join(base, "house")
	t, err := openTown(house, "", n)
	if err != nil {
		b.Fatal(err)
	}
	site := t.site.ID
	if err := t.h.Close(context.Background()); err != nil {
		b.Fatal(err)
	}
	job := map[string]string{"ours": house, "site": string(site), "n": strconv.Itoa(n), "bare": filepath.Join(base, "bare"), "hugo": filepath.Join(base, "hugo")}
	ours := func() rendered {
		if err := os.RemoveAll(filepath.Join(house, "releases")); err != nil {
			b.Fatal(err)
		}
		return child(b, "ours", job)
	}
	first := ours() // also gives the pages the peer's theme is made of
	if err := hugoTree(job["hugo"], house, site, n); err != nil {
		b.Fatal(err)
	}
	peer := func() rendered {
		if err := os.RemoveAll(filepath.Join(job["hugo"], "public")); err != nil {
			b.Fatal(err)
		}
		var r rendered
		c := exec.Command(hugo, "--quiet", "--source", job["hugo"])
		start := time.Now()
		if out, err := c.CombinedOutput(); err != nil {
			b.Fatalf("hugo: %v\n%s", err, out)
		}
		r.Process = time.Since(start).Seconds()
		r.Seconds = r.Process
		use := c.ProcessState.SysUsage().(*syscall.Rusage)
		r.CPU, r.RSS = c.ProcessState.UserTime().Seconds()+c.ProcessState.SystemTime().Seconds(), float64(use.Maxrss)/1024
		r.Pages, r.Bytes = count(b, filepath.Join(job["hugo"], "public"))
		return r
	}
	var us, them, bare []rendered
	rounds := 2
	if s := os.Getenv("ZHENGSHU_BENCH_ROUNDS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	b.ResetTimer()
	for i := range rounds {
		us = append(us, ours())
		if hugo != "" {
			them = append(them, peer())
		}
		bare = append(bare, child(b, "bare", job))
		b.Logf("round %d: ours %+v, hugo %+v, bare %+v, load %.1f", i, us[i], last(them), bare[i], load())
	}
	_ = first
	per := func(list []rendered, of func(rendered) float64) float64 {
		sum := 0.0
		for _, r := range list {
			sum += of(r)
		}
		return sum / float64(len(list))
	}
	speed := func(r rendered) float64 { return float64(r.Pages) / r.Seconds }
	work := func(r rendered) float64 { return float64(r.Pages) / r.CPU }
	again := func(r rendered) float64 { return float64(r.Pages) / r.Again }
	agains := func(r rendered) float64 { return float64(r.Pages) / r.AgainCPU }
	rss := func(r rendered) float64 { return r.RSS }
	size := func(r rendered) float64 { return float64(r.Bytes) / float64(r.Pages) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(per(us, speed), "pages/s")
	b.ReportMetric(per(us, work), "pages/cpu_s")
	b.ReportMetric(per(us, rss), "peak_MB")
	b.ReportMetric(per(us, again), "pages/s_again")
	b.ReportMetric(per(us, func(r rendered) float64 { return r.Index }), "index_cpu_s")
	b.ReportMetric(per(us, func(r rendered) float64 { return r.IndexRSS }), "index_peak_MB")
	b.ReportMetric(per(us, speed)/per(bare, speed), "of_bare_loop")
	b.ReportMetric(per(us, work)/per(bare, work), "of_bare_loop_by_cpu")
	if hugo != "" {
		b.ReportMetric(per(us, speed)/per(them, speed), "x_hugo")
		b.ReportMetric(per(us, work)/per(them, work), "x_hugo_by_cpu")
		b.ReportMetric(per(us, again)/per(them, speed), "x_hugo_again")
		b.ReportMetric(per(us, agains)/per(them, work), "x_hugo_again_by_cpu")
		b.ReportMetric(per(us, func(r rendered) float64 { return float64(r.Pages) / (r.CPU + r.Index) })/per(them, work), "x_hugo_with_index_by_cpu")
		b.ReportMetric(per(us, rss)/per(them, rss), "of_hugo_memory")
		b.ReportMetric(per(them, size)/per(us, size), "hugo_bytes_a_page")
	}
	b.ReportMetric(load(), "load")
}

func last(l []rendered) rendered {
	if len(l) == 0 {
		return rendered{}
	}
	return l[len(l)-1]
}

// findHugo is the peer's binary; "" when it cannot be had.
func findHugo(b *testing.B) string {
	if p := os.Getenv("ZHENGSHU_BENCH_HUGO"); p != "" {
		return p
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "zhengshu-bench")
	file := filepath.Join(dir, "hugo")
	if _, err := os.Stat(file); err == nil {
		return file
	}
	c := exec.Command("go", "install", "github.com/gohugoio/hugo@"+hugoVersion)
	c.Dir = os.TempDir()
	c.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := c.CombinedOutput(); err != nil {
		b.Logf("hugo is left out, it cannot be built: %v\n%s", err, out)
		return ""
	}
	return file
}

// child does one side in a process of its own.
func child(b *testing.B, side string, job map[string]string) rendered {
	spec, err := json.Marshal(job)
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(os.Args[0], "-test.run=^TestRenderChild$", "-test.v")
	c.Env = append(os.Environ(), "ZHENGSHU_BENCH_SIDE="+side, "ZHENGSHU_BENCH_JOB="+string(spec))
	start := time.Now()
	out, err := c.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", side, err, out)
	}
	process := time.Since(start).Seconds()
	var r rendered
	sc := bufio.NewScanner(strings.NewReader(string(out)))
	for sc.Scan() {
		if s, ok := strings.CutPrefix(sc.Text(), "rendered "); ok {
			if err := json.Unmarshal([]byte(s), &r); err != nil {
				b.Fatal(err)
			}
		}
	}
	if r.Pages == 0 {
		b.Fatalf("%s wrote nothing\n%s", side, out)
	}
	use := c.ProcessState.SysUsage().(*syscall.Rusage)
	if r.Process = process; side == "ours" { // the bare loop has its articles ready before it begins, and says itself what the loop costs
		r.CPU = c.ProcessState.UserTime().Seconds() + c.ProcessState.SystemTime().Seconds() - r.AgainCPU - r.Index
	} else {
		r.RSS = float64(use.Maxrss) / 1024
	}
	return r
}

// TestRenderChild is one side of BenchmarkRender.
func TestRenderChild(t *testing.T) {
	side := os.Getenv("ZHENGSHU_BENCH_SIDE")
	if side == "" {
		t.Skip("only as a process of BenchmarkRender")
	}
	var job map[string]string
	if err := json.Unmarshal([]byte(os.Getenv("ZHENGSHU_BENCH_JOB")), &job); err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(job["n"])
	if err != nil {
		t.Fatal(err)
	}
	var r rendered
	switch side {
	case "fill": // by hand, for profiles: a house to draw
		var made *town
		if made, err = openTown(job["ours"], "", n); err == nil {
			fmt.Println("site", made.site.ID)
			err = made.h.Close(context.Background())
		}
	case "ours":
		r, err = renderOurs(job["ours"], registry.SiteID(job["site"]))
	default:
		r, err = renderBare(job["bare"], n)
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("\nrendered " + string(b))
}

func renderOurs(dir string, site registry.SiteID) (r rendered, err error) {
	ctx := audit.System(context.Background(), "bench")
	h, err := reopen(ctx, dir)
	if err != nil {
		return r, err
	}
	start := time.Now()
	if err := h.Publisher.Rebuild(ctx, site); err != nil {
		return r, err
	}
	r.Seconds = time.Since(start).Seconds()
	rel, err := h.Releases.Current(site)
	if err != nil {
		return r, err
	}
	if err := rel.Each(func(p publishing.Page) error {
		r.Pages, r.Bytes = r.Pages+1, r.Bytes+p.Size
		err := os.Remove(filepath.Join(h.Releases.Dir(), "objects", p.Hash[:2], p.Hash))
		if errors.Is(err, os.ErrNotExist) { // two paths of one content
			return nil
		}
		return err
	}); err != nil {
		return r, err
	}
	before := processor()
	start = time.Now()
	if err := h.Publisher.Rebuild(ctx, site); err != nil {
		return r, err
	}
	r.Again, r.AgainCPU, r.RSS = time.Since(start).Seconds(), (processor() - before).Seconds(), peak()
	before = processor()
	if err := h.Publisher.Reindex(ctx, site); err != nil {
		return r, err
	}
	r.Index, r.IndexRSS = (processor() - before).Seconds(), peak()
	return r, h.Close(ctx)
}

// renderBare is html/template and the file system, nothing else: on as many
// processors, with everything in memory.
func renderBare(dir string, n int) (r rendered, err error) {
	s := theme.Site{ID: "01S", Kind: "portal", Name: "第九市人民政府", Sponsor: "第九市人民政府办公室", Host: "bench.example.gov.cn", SiteCode: "6109000001", ICP: "陕ICP备00000001号", Contact: "0915-0000000",
		Doors: theme.Doors{Letters: "/letters/", LetterQuery: "/letters/query", ErrorReport: "/letters/new?type=error", Search: "/search", Official: "/official/"}}
	for i := range siteColumns {
		s.Columns = append(s.Columns, theme.Column{ID: strconv.Itoa(i), Slug: fmt.Sprintf("column%d", i), Name: fmt.Sprintf("第%02d栏目", i), Type: "政务动态", Description: "栏目说明。"})
	}
	s = s.Dressed(nil, nil)
	articles := make([]theme.Article, 0, n)
	papers(n, time.Now(), func(p paper) {
		a := theme.Article{Title: p.title, Column: s.Columns[p.column], Published: p.at, Source: s.Sponsor, News: true}
		a.Body = template.HTML("<p>" + strings.Join(p.paras, "</p>\n<p>") + "</p>\n")
		articles = append(articles, a)
	})
	if err := os.RemoveAll(dir); err != nil {
		return r, err
	}
	for i := range 256 {
		if err := os.MkdirAll(filepath.Join(dir, fmt.Sprintf("%02x", i)), 0o755); err != nil {
			return r, err
		}
	}
	runtime.GC()
	before := processor()
	start := time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			pages, size := 0, int64(0)
			var wrong error
			write := func(i int, name string, b []byte, e error) {
				if e == nil {
					e = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02x", i%256), name), b, 0o644)
				}
				wrong = errors.Join(wrong, e)
				pages, size = pages+1, size+int64(len(b))
			}
			for i := w; i < len(articles); i += runtime.GOMAXPROCS(0) {
				path := fmt.Sprintf("/content/202611/%d.html", i)
				f := theme.ArticleFrame(s, articles[i], path, "/elder"+path)
				b, e := theme.ArticlePage.Draw(f, articles[i])
				write(i, strconv.Itoa(i), b, e)
				b, e = theme.ElderArticlePage.Draw(f.Elderly("/elder"+path), articles[i])
				write(i, strconv.Itoa(i)+"e", b, e)
			}
			mu.Lock()
			defer mu.Unlock()
			r.Pages, r.Bytes, err = r.Pages+pages, r.Bytes+size, errors.Join(err, wrong)
		})
	}
	wg.Wait()
	r.Seconds, r.CPU = time.Since(start).Seconds(), (processor() - before).Seconds()
	return r, err
}

// peak is the most memory this process ever had, in MB.
func peak() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Maxrss) / 1024
}

func count(b *testing.B, dir string) (pages int, size int64) {
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err == nil {
			pages, size = pages+1, size+st.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return pages, size
}

// hugoTree is the same articles as Markdown, and a theme whose pages are those
// of the house with the words of one article taken out: navigation and foot are
// text of the template, so the peer need not draw them.
func hugoTree(dir, house string, site registry.SiteID, n int) error {
	ctx := audit.System(context.Background(), "bench")
	h, err := reopen(ctx, house)
	if err != nil {
		return err
	}
	defer h.Close(ctx) //nolint:errcheck // only read
	rel, err := h.Releases.Current(site)
	if err != nil {
		return err
	}
	page := func(path string) (string, error) {
		p, ok, err := rel.Page(path)
		if err != nil || !ok {
			return "", fmt.Errorf("no page %s: %w", path, err)
		}
		b, err := h.Releases.Object(p.Hash, publishing.MaxObject)
		return string(b), err
	}
	write := func(name, text string) error {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return os.WriteFile(name, []byte(text), 0o644)
	}
	var sample paper
	papers(n, h.DB.Now(), func(p paper) {
		if sample.id == "" {
			sample = p
		}
		if err != nil {
			return
		}
		err = write(fmt.Sprintf("content/column%d/%s.md", p.column, strings.ToLower(p.id)),
			fmt.Sprintf("---\ntitle: %q\ndate: %s\n---\n\n%s\n", p.title, p.at.Format(time.RFC3339), strings.Join(p.paras, "\n\n")))
	})
	if err != nil {
		return err
	}
	var path string
	if err := rel.Each(func(p publishing.Page) error {
		if strings.HasPrefix(p.Path, "/content/") && strings.HasSuffix(p.Path, strings.ToLower(sample.id)+".html") {
			path = p.Path
		}
		return nil
	}); err != nil {
		return err
	}
	cut := func(text string) (string, error) {
		at := strings.Index(text, sample.paras[0])
		end := strings.LastIndex(text, sample.paras[len(sample.paras)-1])
		if at < 0 || end < 0 {
			return "", errors.New("the sample page does not hold its article")
		}
		head, foot := text[:at-len("<p>")], text[end+len(sample.paras[len(sample.paras)-1])+len("</p>"):]
		fill := strings.NewReplacer(sample.title, "{{ .Title }}", path, "{{ .RelPermalink }}", theme.Minute(sample.at), `{{ .Date.Format "2006-01-02 15:04" }}`, "{{", "{{", "/column0/", "/{{ .Section }}/")
		return fill.Replace(head) + "{{ .Content }}" + fill.Replace(foot), nil
	}
	for _, v := range []struct{ path, file string }{{path, "layouts/_default/single.html"}, {"/elder" + path, "layouts/_default/single.elder.html"}} {
		text, err := page(v.path)
		if err != nil {
			return err
		}
		if text, err = cut(text); err != nil {
			return err
		}
		if err := write(v.file, text); err != nil {
			return err
		}
	}
	list, err := page("/column0/")
	if err != nil {
		return err
	}
	open, end := strings.Index(list, "<li"), strings.LastIndex(list, "</li>")
	body := "{{ range (.Paginate .RegularPages 20).Pages }}<li><a href=\"{{ .RelPermalink }}\">{{ .Title }}</a> <time>{{ .Date.Format \"2006-01-02\" }}</time></li>\n{{ end }}"
	if main := strings.Index(list, "<main"); main > 0 {
		open = main + strings.Index(list[main:], "<li")
		end = main + strings.LastIndex(list[main:strings.Index(list, "</main>")], "</li>")
	}
	if err := write("layouts/_default/list.html", list[:open]+body+list[end+len("</li>"):]); err != nil {
		return err
	}
	if err := write("layouts/index.html", "<!doctype html><title>{{ .Site.Title }}</title>{{ range first 20 .Site.RegularPages }}<a href=\"{{ .RelPermalink }}\">{{ .Title }}</a>{{ end }}"); err != nil {
		return err
	}
	return write("hugo.toml", `baseURL = "https://bench.example.gov.cn/"
title = "第九市人民政府"
disableKinds = ["taxonomy", "term", "404"]
timeout = "600s"
[pagination]
pagerSize = 20
[outputFormats.elder]
mediaType = "text/html"
path = "elder"
isHTML = true
permalinkable = true
[outputs]
page = ["html", "elder"]
section = ["html", "rss"]
home = ["html", "rss"]
[markup.goldmark.renderer]
unsafe = true
[services.rss]
limit = 30
`)
}
