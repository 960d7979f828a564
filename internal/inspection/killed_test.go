package inspection_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/egress"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

const killedChild = "ZHENGSHU_TEST_CRAWLER"

var houseKey, crawlerKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))

// TestMain is the crawler's process when the environment says so.
func TestMain(m *testing.M) {
	dir, listener, child := strings.Cut(os.Getenv(killedChild), "|")
	if !child {
		os.Exit(m.Run())
	}
	if err := crawlOnce(dir, listener); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type loopback struct{}

func (loopback) Resolve(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}, nil
}

func crawlOnce(dir, listener string) error {
	at, err := netip.ParseAddrPort(listener)
	if err != nil {
		return err
	}
	client := egress.New(egress.Policy{Allow: []netip.AddrPort{at}, Ports: []uint16{at.Port()}, Resolver: loopback{}})
	defer client.Close()
	store, err := frontier.Open(context.Background(), dir, nil)
	if err != nil {
		return err
	}
	c := inspection.NewCrawler(store, client, inspection.CrawlerSettings{Plans: filepath.Join(dir, "plans"), Batches: filepath.Join(dir, "batches"), House: map[string]bool{inspection.PublicKey(houseKey): true}, Key: crawlerKey,
		Slots: 4, Hold: 2 * time.Second, Delay: -1})
	if err := c.Once(context.Background()); err != nil {
		return err
	}
	return store.Close()
}

// The process is killed without warning while it looks at the sites of a plan;
// the next goes on: every site is answered once, and no more is asked for again
// than was under way.
func TestKilledCrawlerLosesNothing(t *testing.T) {
	const sites, pages = 8, 25
	var mu sync.Mutex
	asked, guised := map[string]int{}, map[string]int{}
	total, disguised := 0, 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d.html", &n); err != nil && r.URL.Path != "/" || n >= pages {
			http.NotFound(w, r)
			return
		}
		if r.Method == http.MethodGet && strings.Contains(r.UserAgent(), "zhengshu") {
			mu.Lock()
			asked[r.Host+r.URL.Path]++
			total++
			mu.Unlock()
		} else if r.Method == http.MethodGet {
			mu.Lock()
			guised[r.Host+r.URL.Path+" "+r.UserAgent()+" "+r.Referer()]++
			disguised++
			mu.Unlock()
		}
		time.Sleep(20 * time.Millisecond)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<html><head><title>%d</title></head><body><p>%s</p><a href="/%d.html">一</a><a href="/%d.html">二</a></body></html>`, n, strings.Repeat(fmt.Sprintf("第%c项工作。", 0x4e00+n*37), 30), 2*n+1, 2*n+2)
	}))
	defer s.Close()
	listener := strings.TrimPrefix(s.URL, "http://")
	_, port, _ := strings.Cut(listener, ":")
	dir := t.TempDir()
	plan := inspection.PlanFile{ID: "p", Issued: time.Now(), Until: time.Now().Add(time.Hour)}
	for i := range sites {
		plan.Tasks = append(plan.Tasks, inspection.Task{Run: inspection.RunID(fmt.Sprintf("run%d", i)), Site: registry.SiteID(fmt.Sprintf("site%d", i)), Target: engine.Target{URL: fmt.Sprintf("http://s%d.gov.cn:%s/", i, port)}})
	}
	body, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	head := inspection.PublicKey(houseKey) + " " + base64.StdEncoding.EncodeToString(ed25519.Sign(houseKey, []byte("zhengshu plan "+hex.EncodeToString(sum[:])))) + "\n"
	if err := os.Mkdir(filepath.Join(dir, "plans"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plans", "p.plan"), append([]byte(head), body...), 0o644); err != nil {
		t.Fatal(err)
	}
	start := func() *exec.Cmd {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), killedChild+"="+dir+"|"+listener)
		c.Stderr = os.Stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	// Once among the pages, once among the looks as others.
	for _, enough := range []func() bool{func() bool { return total >= sites*pages/2 }, func() bool { return disguised >= sites*10 }} {
		child := start()
		for now := false; !now; time.Sleep(2 * time.Millisecond) {
			mu.Lock()
			now = enough()
			mu.Unlock()
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if child.Wait() == nil {
			t.Fatal("the process was not killed in the middle")
		}
	}
	if err := start().Wait(); err != nil {
		t.Fatal(err)
	}
	done, err := filepath.Glob(filepath.Join(dir, "batches", "*.batch"))
	if err != nil || len(done) != sites {
		t.Errorf("%d sites of %d answered (%v)", len(done), sites, err)
	}
	mu.Lock()
	defer mu.Unlock()
	twice := 0
	for _, n := range asked {
		if n > 3 {
			t.Errorf("an address was asked for %d times", n)
		}
		twice += n - 1
	}
	// What was under way, and what had come and was not yet on the disk.
	if len(asked) < sites*pages || twice > sites*pages/4 {
		t.Errorf("%d addresses, %d asked for twice", len(asked), twice)
	}
	again := disguised - len(guised)
	if len(guised) < sites*5*6 || again > len(guised)/5 {
		t.Errorf("%d looks as others, %d of them twice", len(guised), again)
	}
	t.Logf("%d addresses, %d asked for twice; %d looks as others, %d of them twice", len(asked), twice, len(guised), again)
}
