package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/jobs"
	"zhengshu/internal/publishing"
)

// BenchmarkVisible approves items of a site that has a hundred thousand and
// waits until readers see each on its page, in its column, on the home page and
// in the feed. The aim is 150 ms for 99 of 100 approvals. No peer.
func BenchmarkVisible(b *testing.B) {
	n, rounds := 100_000, 300
	if s := os.Getenv("ZHENGSHU_BENCH_ITEMS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for _, on := range []string{"sqlite", "postgres"} {
		b.Run(fmt.Sprintf("%s/%d", on, n), func(b *testing.B) {
			dsn := ""
			if on == "postgres" {
				dsn = freshPostgres(b, fmt.Sprintf("zhengshu_visible_%d", os.Getpid()))
			}
			dir := b.TempDir()
			if keep := os.Getenv("ZHENGSHU_BENCH_KEEP"); keep != "" && dsn == "" {
				dir = keep // a folder of an earlier run is gone on with
			}
			t, err := openTown(dir, dsn, n)
			if err != nil {
				b.Fatal(err)
			}
			ctx := audit.System(context.Background(), "bench")
			defer t.h.Close(ctx) //nolint:errcheck // nothing of it is kept
			if dsn != "" {
				if _, err := t.h.DB.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
					b.Fatal(err)
				}
			}
			began := time.Now()
			if err := t.h.Publisher.Publish(ctx, t.site.ID); err != nil {
				b.Fatal(err)
			}
			b.Logf("whole site of %d items in %v", n, time.Since(began))
			began = time.Now()
			if err := t.h.Publisher.Reindex(ctx, t.site.ID); err != nil {
				b.Fatal(err)
			}
			b.Logf("its search index in %v", time.Since(began))
			// The compressed forms of the pages that stood before take long to make
			// and nobody waits for them: as if they were made.
			if rel, err := t.h.Releases.Current(t.site.ID); err != nil {
				b.Fatal(err)
			} else if err := os.WriteFile(filepath.Join(t.h.Releases.Dir(), "sites", string(t.site.ID), "squeezed"), []byte(rel.Hash), 0o644); err != nil {
				b.Fatal(err)
			}
			work, stop := context.WithCancel(ctx)
			worked := make(chan error, 1)
			go func() { worked <- t.h.Work(work) }()
			defer func() { stop(); <-worked }()
			if err := t.atRest(ctx); err != nil {
				b.Fatal(err)
			}
			get := func(path string) (int, string) {
				r := httptest.NewRequest(http.MethodGet, "https://"+t.site.Host+path, nil)
				w := httptest.NewRecorder()
				t.h.Portal.ServeHTTP(w, r)
				return w.Code, w.Body.String()
			}
			var took, signed []float64
			var parts [4][]float64
			one := func(i int) {
				column := i % 2 // the two columns of the home page's head
				title := fmt.Sprintf("第%d件新事", i)
				it, err := t.ready(title, "各单位要做好工作，落实责任，加强值守。", column)
				if err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				if it, err = t.approve(it); err != nil {
					b.Fatal(err)
				}
				signed = append(signed, float64(time.Since(start).Microseconds())/1000)
				wants := []string{publishing.Path(it), "/" + t.columns[column].Slug + "/", "/", "/rss.xml"}
				for len(wants) > 0 {
					moved := t.h.Releases.Moves()
					if code, body := get(wants[0]); code == 200 && strings.Contains(body, title) {
						k := 4 - len(wants)
						parts[k] = append(parts[k], float64(time.Since(start).Microseconds())/1000)
						wants = wants[1:]
						continue
					}
					if time.Since(start) > 30*time.Second {
						b.Fatalf("%s never shows %s", wants[0], title)
					}
					// Asked again when something was switched, and every so often.
					for range 40 {
						if time.Sleep(500 * time.Microsecond); t.h.Releases.Moves() != moved {
							break
						}
					}
				}
				took = append(took, float64(time.Since(start).Microseconds())/1000)
			}
			for i := range 3 {
				one(1_000_000 + i) // warms up and does not count
			}
			took, signed, parts = nil, nil, [4][]float64{}
			spent := processor()
			i := 0
			for b.Loop() {
				one(i)
				i++
			}
			for ; i < rounds; i++ {
				one(i)
			}
			spent = processor() - spent
			slow := 0
			for i, ms := range took {
				if ms > 150 {
					b.Logf("approval %d: %.0f ms, signed after %.0f; article, column, home, feed %.0f %.0f %.0f %.0f", i, ms, signed[i], parts[0][i], parts[1][i], parts[2][i], parts[3][i])
					slow++
				}
			}
			slices.Sort(took)
			slices.Sort(signed)
			b.Logf("medians: signed %.1f ms; visible on article, column, home, feed %.1f %.1f %.1f %.1f ms", signed[len(signed)/2], median(parts[0]), median(parts[1]), median(parts[2]), median(parts[3]))
			b.ReportMetric(1000*spent.Seconds()/float64(len(took)), "cpu_ms/approval")
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(took[len(took)/2], "median_ms")
			b.ReportMetric(took[len(took)*99/100], "p99_ms")
			b.ReportMetric(took[len(took)-1], "max_ms")
			b.ReportMetric(float64(slow), "above_150_ms")
			b.ReportMetric(load(), "load")
			// Back to the release before all of them, which is public within a second.
			rel, err := t.h.Releases.Current(t.site.ID)
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			if _, err := t.h.Publisher.SetBack(ctx, authz.System("bench"), t.site.ID, rel.No-len(took), rel.No, "恢复到更早的一版"); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(time.Since(start).Microseconds())/1000, "set_back_ms")
		})
	}
}

// atRest waits until what a house does when it begins is done: every periodic
// duty fires once.
func (t *town) atRest(ctx context.Context) error {
	quiet, busy := 0, ""
	for deadline := time.Now().Add(5 * time.Minute); quiet < 3; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("the house has work to do after five minutes: %s", busy)
		}
		kinds, err := jobs.Counts(ctx, t.h.DB)
		if err != nil {
			return err
		}
		quiet++
		for _, k := range kinds {
			if k.Running > 0 || k.OldestAge > 0 {
				quiet, busy = 0, k.Kind
			}
		}
	}
	return nil
}

// load is the machine's load average of the last minute.
func load() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), " ")
	v, _ := strconv.ParseFloat(first, 64)
	return v
}
