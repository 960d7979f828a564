package bench

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// BenchmarkInspect puts every check of a page without the language model to the
// site of BenchmarkCrawl, sixteen requests at once, beside colly's bare crawl of
// it; it fails below one and a half times colly's speed.
func BenchmarkInspect(b *testing.B) {
	s := site(b)
	start := s.URL + "/p/0.html"
	colly, stated := collyRunner(b, start)
	r := race(b, sitePages, "pages", timed("", func() { inspectWhole(b, start, sitePages, nil) }), colly)
	stated()
	atMost(b, "page checks: time of colly's", r.times["colly"], 1/1.5)
}

// BenchmarkInspectModel puts every check to 1,000 pages that say what official texts
// say, with the language model, beside the same without it.
func BenchmarkInspectModel(b *testing.B) {
	lines := strings.Split(strings.TrimSpace(sentences(b)), "\n")
	const pages = 1000
	rng := rand.New(rand.NewPCG(1, 2))
	s := siteOf(b, rng, pages, func(p *strings.Builder) {
		for end := p.Len() + 300; p.Len() < end; { // as long as a hundred characters
			p.WriteString(lines[rng.IntN(len(lines))])
		}
	})
	words, err := proofread.New(proofread.Options{})
	if err != nil {
		b.Fatal(err)
	}
	start := s.URL + "/p/0.html"
	race(b, pages, "pages", timed("", func() { inspectWhole(b, start, pages, words) }),
		timed("without_model", func() { inspectWhole(b, start, pages, nil) }))
}

// inspectWhole looks at every page of the site that starts at an address.
func inspectWhole(b *testing.B, start string, pages int, words check.Scanner) {
	client := clientOf(b, start)
	defer client.Close()
	m := crawl.NewManners(client, crawl.Courtesy{PerHost: atOnce, Delay: -1})
	rep, err := engine.Inspect(context.Background(), client, nil, engine.Target{URL: start},
		engine.Options{MaxPages: pages, Manners: m, PerHost: atOnce, Scanner: words, Today: calendar.Date{Year: 2026, Month: 3, Day: 20}})
	if err != nil || rep.Pages != pages {
		b.Fatalf("%d pages (%v) %+v", rep.Pages, err, rep.Untested)
	}
}

// madeProvince is a made-up province: so many sites of so many pages on one
// listener, told apart by name, slow, at times wrong, some of them traps.
type madeProvince struct {
	sites, pages int

	mu     sync.Mutex
	asked  map[string]int
	others int             // looks at pages as others than the patrol
	guised map[string]bool // each of them
	gone   map[string]bool // of these, not there: they are looked at twice on purpose
}

func (p *madeProvince) host(i int) string { return fmt.Sprintf("s%03d.patrol.gov.cn", i) }

func (p *madeProvince) Resolve(_ context.Context, host string) ([]netip.Addr, error) {
	return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
}

func (p *madeProvince) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := strings.Cut(r.Host, ":")
	h := fnv.New32a()
	h.Write([]byte(host + r.URL.RequestURI()))
	lot := int(h.Sum32())
	if r.URL.Path == "/robots.txt" {
		http.NotFound(w, r)
		return
	}
	var n int
	_, err := fmt.Sscanf(r.URL.Path, "/p/%d.html", &n)
	missing := strings.HasPrefix(r.URL.Path, "/p/") && (err != nil || n >= p.pages || lot%97 == 0)
	// The looks as others ask for pages again on purpose, and so does a look at what
	// failed.
	if r.Method == http.MethodGet && r.UserAgent() == egress.Agent && lot%211 != 0 {
		p.mu.Lock()
		p.asked[host+r.URL.RequestURI()]++
		if missing {
			p.gone[host+r.URL.RequestURI()] = true
		}
		p.mu.Unlock()
	}
	if r.Method == http.MethodGet && r.UserAgent() != egress.Agent {
		p.mu.Lock()
		p.others++
		p.guised[host+r.URL.RequestURI()+" "+r.UserAgent()+" "+r.Referer()] = true
		p.mu.Unlock()
	}
	time.Sleep(time.Duration(5+lot%40) * time.Millisecond)
	switch {
	case r.URL.Path == "/":
	case strings.HasPrefix(r.URL.Path, "/rili"): // a calendar without an end
		var y, m int
		if _, err := fmt.Sscanf(r.URL.RawQuery, "year=%d&month=%d", &y, &m); err != nil {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, "<html><body><p>%d-%d</p><a href=\"/rili?year=%d&amp;month=%d\">下月</a></body></html>", y, m, y+m/12, m%12+1)
		return
	default:
		if err != nil || missing {
			http.NotFound(w, r)
			return
		}
		if lot%211 == 0 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>%s 第%d页</title></head><body><ul>", host, n)
	for k := 1; k <= 4; k++ {
		fmt.Fprintf(&b, "<li><a href=\"/p/%d.html\">关于第%d项工作的通知</a><span>2026-03-%02d</span></li>", 4*n+k, 4*n+k, 1+k)
	}
	if lot%10 == 0 {
		b.WriteString(`<a href="/rili?year=2026&amp;month=1">日历</a>`)
	}
	b.WriteString("</ul><div class=\"content\">")
	for i := range 10 {
		b.WriteString("<p>")
		for k := range 80 {
			b.WriteRune(rune(0x4e00 + (lot+i*131+k*k*17)%3000))
		}
		b.WriteString("</p>")
	}
	b.WriteString("</div></body></html>")
	_, _ = w.Write([]byte(b.String()))
}

const patrolChild = "ZHENGSHU_BENCH_PATROL"

var patrolHouse, patrolCrawler = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))

// crawlAs is the crawler's process: it works the plans in dir until none is left.
func crawlAs(b *testing.B, dir, listener string) {
	inspection.Frugal()
	at := netip.MustParseAddrPort(listener)
	client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, Resolver: &madeProvince{}})
	defer client.Close()
	store, err := frontier.Open(context.Background(), dir, nil)
	if err != nil {
		b.Fatal(err)
	}
	c := inspection.NewCrawler(store, client, inspection.CrawlerSettings{Plans: filepath.Join(dir, "plans"), Batches: filepath.Join(dir, "batches"), House: map[string]bool{inspection.PublicKey(patrolHouse): true}, Key: patrolCrawler,
		Slots: 24, Hold: 3 * time.Second, Delay: -1})
	if err := c.Once(context.Background()); err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

func benchNumber(name string, fallback int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return fallback
}

// BenchmarkPatrol looks at 620 sites of 500 pages by a signed plan, in a process
// that is killed in the middle and started again: every site must be answered,
// and what was asked for twice is counted. At its full size it fails above 30
// minutes or 500 MB. ZHENGSHU_BENCH_SITES and …_PAGES make
// it smaller.
func BenchmarkPatrol(b *testing.B) {
	if v := os.Getenv(patrolChild); v != "" {
		dir, listener, _ := strings.Cut(v, "|")
		crawlAs(b, dir, listener)
		return
	}
	p := &madeProvince{sites: benchNumber("ZHENGSHU_BENCH_SITES", 620), pages: benchNumber("ZHENGSHU_BENCH_PAGES", 500), asked: map[string]int{}, gone: map[string]bool{}, guised: map[string]bool{}}
	s := httptest.NewServer(p)
	defer s.Close()
	listener := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := strings.Cut(listener, ":")
	dir := b.TempDir()
	plan := inspection.PlanFile{ID: "bench", Issued: time.Now(), Until: time.Now().Add(24 * time.Hour)}
	for i := range p.sites {
		plan.Tasks = append(plan.Tasks, inspection.Task{Run: inspection.RunID(fmt.Sprintf("run%03d", i)), Site: registry.SiteID(fmt.Sprintf("site%03d", i)), Target: engine.Target{URL: "http://" + p.host(i) + ":" + port + "/"}, Spec: inspection.Spec{Pages: p.pages}})
	}
	writePlan(b, filepath.Join(dir, "plans"), plan)
	begun := time.Now()
	peak := 0
	start := func() *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run", "^$", "-test.bench", "^BenchmarkPatrol$", "-test.benchtime", "1x", "-test.timeout", "2h")
		c.Env = append(os.Environ(), patrolChild+"="+dir+"|"+listener)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			b.Fatal(err)
		}
		return c
	}
	batches := func() int {
		list, err := filepath.Glob(filepath.Join(dir, "batches", "*.batch"))
		if err != nil {
			b.Fatal(err)
		}
		return len(list)
	}
	first := start()
	for batches() < p.sites/2 {
		peak = max(peak, peakMB(first.Process.Pid))
		time.Sleep(200 * time.Millisecond)
	}
	if err := first.Process.Kill(); err != nil {
		b.Fatal(err)
	}
	_ = first.Wait() // killed
	second := start()
	done := make(chan error, 1)
	go func() { done <- second.Wait() }()
	for waiting := true; waiting; {
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			waiting = false
		case <-time.After(200 * time.Millisecond):
			peak = max(peak, peakMB(second.Process.Pid))
		}
	}
	took := time.Since(begun)
	if n := batches(); n != p.sites {
		b.Fatalf("%d sites of %d answered", n, p.sites)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	twice, missing := 0, 0 // of what is missing the second look is no repetition, a third is
	for address, n := range p.asked {
		if p.gone[address] {
			missing += max(0, n-2)
		} else {
			twice += n - 1
		}
	}
	// Under way, or not yet on the disk, when the process was killed: two of each
	// of the sites held, and what came in a fifth of a second.
	if most := 24*2 + len(p.asked)/100; twice > most {
		b.Errorf("%d addresses of %d were asked for twice, more than %d", twice, len(p.asked), most)
	}
	// Second looks are kept as answers are.
	if most := 24*8 + len(p.asked)/100; missing > most {
		b.Errorf("missing pages were asked for %d times more than twice, more than %d", missing, most)
	}
	// So are looks as others: what was under way at each of the sites held.
	again := p.others - len(p.guised)
	if most := 24*2 + len(p.guised)/100; again > most || len(p.guised) == 0 {
		b.Errorf("%d looks as others of %d were made twice, more than %d", again, len(p.guised), most)
	}
	b.ReportMetric(float64(again), "guises_asked_twice")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(len(p.asked))/took.Seconds(), "pages/s")
	b.ReportMetric(took.Seconds(), "s")
	b.ReportMetric(float64(peak), "MB")
	b.ReportMetric(float64(twice), "asked_twice")
	b.ReportMetric(float64(len(p.asked)), "addresses")
	b.ReportMetric(float64(missing), "missing_asked_thrice")
	if p.sites >= 620 && p.pages >= 500 {
		atMost(b, "patrol: seconds", took.Seconds(), 30*60)
		atMost(b, "patrol: MB", float64(peak), 500)
	}
}

// peakMB is the most memory a process had in use.
func peakMB(pid int) int {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err == nil {
				return n >> 10
			}
		}
	}
	return 0
}

func writePlan(b *testing.B, dir string, p inspection.PlanFile) {
	body, err := json.Marshal(p)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(body)
	sig := ed25519.Sign(patrolHouse, []byte("zhengshu plan "+hex.EncodeToString(sum[:])))
	head := inspection.PublicKey(patrolHouse) + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, p.ID+".plan"), append([]byte(head), body...), 0o644); err != nil {
		b.Fatal(err)
	}
}
