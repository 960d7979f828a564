package engine_test

import (
	"context"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/crawl/hostile"
	"zhengshu/internal/egress"
	"zhengshu/internal/hang"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// Every hostile site at once: no inspection hangs, none leaves anything behind,
// and none says of a site what is not so.
func TestHostileRange(t *testing.T) {
	before := runtime.NumGoroutine()
	r, err := hostile.Start()
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(r.Policy())
	kept := enginetest.Frontier(t, t.TempDir())
	manners := crawl.NewManners(client, crawl.Courtesy{Delay: -1})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	hang.Guard(t)
	var heap runtime.MemStats
	most := uint64(0)
	var mu sync.Mutex
	var wg sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, s := range hostile.Sites() {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			j, err := kept.Journal(ctx, s.Name, "1")
			if err != nil {
				t.Error(err)
				return
			}
			o := enginetest.Options()
			o.MaxPages, o.MaxLinks, o.Manners, o.Journal = 120, 150, manners, j
			rep, err := engine.Inspect(ctx, client, nil, engine.Target{URL: r.URL(s)}, o)
			if err != nil {
				t.Errorf("%s: %v", s.Name, err)
				return
			}
			var got []string
			for _, f := range rep.Findings {
				// That an address is written wrongly is told of some, rightly.
				if family, _, _ := strings.Cut(f.Check, "."); family != "link" && family != "access" && family != "cloaked" || f.Check == "link.malformed" {
					continue
				}
				place := f.Where
				if strings.HasPrefix(f.Check, "access.") {
					place = ""
				}
				if i := strings.Index(place, s.Host()); i >= 0 {
					place = place[strings.IndexByte(place[i:], '/')+i:]
				}
				got = append(got, f.Check+" "+place)
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(s.Wrong))
			if !slices.Equal(got, want) {
				t.Errorf("%s: found %q, want %q", s.Name, got, want)
				for _, f := range rep.Findings {
					if strings.HasPrefix(f.Check, "link.") {
						t.Logf("%s %s: %s", f.Check, f.Where, f.Says)
					}
				}
			}
			asked := r.Asked(s)
			n := 0
			for _, k := range asked {
				n += k
			}
			limit := 400
			if s.Asks > 0 {
				limit = s.Asks
			}
			if n > limit {
				t.Errorf("%s: asked %d times", s.Name, n)
			}
			for _, path := range s.Never {
				if _, other := r.AskedAsOthers(s, path); asked[path] > 0 || other {
					t.Errorf("%s: %s was asked for", s.Name, path)
				}
			}
			// Six pages in five guises, twice where something seems wrong.
			if n, _ := r.AskedAsOthers(s, ""); n > 6*5*2+6 {
				t.Errorf("%s: asked %d times as others", s.Name, n)
			}
			for _, path := range s.Once {
				if asked[path] > 1 {
					t.Errorf("%s: %s was asked for %d times", s.Name, path, asked[path])
				}
			}
			if s.Name == "downgrade" {
				for _, f := range rep.Findings {
					if f.Check != engine.CheckDowngraded {
						continue
					}
					if b := f.Evidence.Beside; len(b) != 1 || b[0].As != engine.AsHop || !egress.Downgrades(b[0].URL, b[0].Final) || b[0].Status != http.StatusFound || b[0].Headers == "" || !strings.Contains(f.Says, b[0].Final) || f.Severity != check.Advice {
						t.Errorf("%s with the hops %+v", f.Says, b)
					}
					if f.OnHome != (f.Where == "首页") || !f.OnHome && f.Pages != 2 {
						t.Errorf("at %q of %d pages", f.Where, f.Pages)
					}
					look, err := engine.Recheck(ctx, client, nil, engine.Target{URL: r.URL(s)}, engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
					if err != nil || look.Outcome != engine.Standing || len(look.Evidence.Beside) != 1 {
						t.Errorf("looked again at %s: %s %s (%v)", f.Where, look.Outcome, look.Says, err)
					}
					if f.OnHome { // a site that begins where the redirect led
						mended, err := engine.Recheck(ctx, client, nil, engine.Target{URL: f.Evidence.Beside[0].Final}, engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, o)
						if err != nil || mended.Outcome != engine.Gone {
							t.Errorf("mended: %s %s (%v)", mended.Outcome, mended.Says, err)
						}
					}
					if !rep.Looked(f.Check, f.URL, f.Where) != (f.Where != "首页") {
						t.Errorf("%s counts as looked at", f.Where)
					}
				}
			}
			if s.Name == "shallow" {
				i := slices.IndexFunc(rep.Untested, func(u engine.Untested) bool {
					return u.Check == "page" && strings.Contains(u.Why, "页面元素超过")
				})
				if i < 0 || rep.Untested[i].Count != 5 {
					t.Errorf("untested %+v, want five pages of too many elements", rep.Untested)
				}
			}
			if s.Name == "charsets" {
				var pages []string
				for _, f := range rep.Findings {
					if strings.HasPrefix(f.Check, "privacy.") {
						pages = append(pages, f.URL[strings.LastIndexByte(f.URL, '/'):])
						pages = append(pages, f.Also...)
					}
				}
				if len(pages) < 4 {
					t.Errorf("the telephone number was seen on %q only", pages)
				}
			}
			mu.Lock()
			runtime.ReadMemStats(&heap)
			most = max(most, heap.HeapInuse)
			mu.Unlock()
		})
	}
	wg.Wait()
	if most > 400<<20 {
		t.Errorf("%d MB in use", most>>20)
	}
	client.Close()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for i := 0; runtime.NumGoroutine() > before+8; i++ { // the store's own
		if i > 400 {
			buf := make([]byte, 64<<10)
			t.Fatalf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(5 * time.Millisecond)
	}
}
