package bench

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/library"
	"zhengshu/internal/likeness"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// lawSentences are sentences of laws and regulations, to make texts of.
func lawSentences(b *testing.B) []string {
	f, err := os.Open(filepath.Join(realdata.Path(b, "04_policy_docs", "near copies looked up and submissions a second"), "laws_regulations.jsonl.gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	in := bufio.NewScanner(z)
	in.Buffer(nil, 16<<20)
	for in.Scan() && len(out) < 200_000 {
		var l struct{ Text string }
		if err := json.Unmarshal(in.Bytes(), &l); err != nil {
			b.Fatal(err)
		}
		for s := range strings.SplitSeq(l.Text, "\n") {
			if len(s) > 60 {
				out = append(out, s)
			}
		}
	}
	return out
}

func onBoth(b *testing.B, run func(b *testing.B, d *db.DB)) {
	b.Run("sqlite", func(b *testing.B) { run(b, dbtest.SQLite(b, time.Now)) })
	b.Run("postgres", func(b *testing.B) {
		if os.Getenv(dbtest.EnvPostgres) == "" {
			b.Skipf("left out: %s is not set", dbtest.EnvPostgres)
		}
		run(b, dbtest.Postgres(b, time.Now))
	})
}

func p95(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)*95/100].Microseconds()) / 1000
}

// BenchmarkNearCopies looks for copies in a library of LIBRARY_ITEMS texts
// (100,000 when not said), a tenth of them near copies of another. Limit: p95
// below 50 ms at 1,000,000.
func BenchmarkNearCopies(b *testing.B) {
	n := 100_000
	if s := os.Getenv("LIBRARY_ITEMS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	all := lawSentences(b)
	random := rand.New(rand.NewPCG(1, 2))
	text := func() (string, string) {
		var s []string
		for range 12 {
			s = append(s, all[random.IntN(len(all))])
		}
		return "关于" + string([]rune(s[0])[:16]) + "的通知", strings.Join(s, "\n")
	}
	onBoth(b, func(b *testing.B, d *db.DB) {
		ctx := audit.System(context.Background(), "bench")
		start := time.Now()
		var last likeness.Sketch
		var there []string // some of what is kept
		for from := 0; from < n; from += 1000 {
			if err := d.Update(ctx, func(tx *db.Tx) error {
				for i := from; i < min(n, from+1000); i++ {
					s := last
					if i%10 != 9 {
						title, body := text()
						if s = likeness.Of(title, body); len(there) < 1000 {
							there = append(there, body)
						}
					}
					last = s
					if err := likeness.Keep(ctx, tx, fmt.Sprintf("%026d", i), s); err != nil {
						return err
					}
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "library.import", Target: audit.Target{Kind: "item", ID: "bench"}})
			}); err != nil {
				b.Fatal(err)
			}
		}
		filled := time.Since(start)
		var took []time.Duration
		found := 0
		b.ResetTimer()
		for b.Loop() {
			title, body := text()
			if len(took)%2 == 1 { // every other one is a copy of something there
				body = there[random.IntN(len(there))] + "\n" + all[random.IntN(len(all))]
			}
			at := time.Now()
			list, err := likeness.Near(ctx, d, likeness.Of(title, body), "", 10)
			if err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(at))
			found += len(list)
		}
		b.ReportMetric(p95(took), "p95-ms")
		b.ReportMetric(float64(n)/filled.Seconds(), "kept/s")
		b.ReportMetric(float64(found)/float64(len(took)), "found/look")
	})
}

// BenchmarkSubmit sends an item of 5,000 characters to review with all checks:
// read anew (as after a change of the lexicon) and read before. Limit: 150 ms.
func BenchmarkSubmit(b *testing.B) {
	all := lawSentences(b)
	p, err := proofread.New(proofread.Options{})
	if err != nil {
		b.Fatal(err)
	}
	system := authz.System("bench")
	for _, again := range []bool{false, true} {
		b.Run(map[bool]string{false: "read_anew", true: "read_before"}[again], func(b *testing.B) {
			onBoth(b, func(b *testing.B, d *db.DB) {
				ctx := audit.System(context.Background(), "bench")
				if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine); err != nil {
					b.Fatal(err)
				}
				o := org.New(d)
				lib := library.New(d, o, registry.New(d, o), obligation.New(d, o, library.Obligations()...), func(s string) []check.Span { return check.Text(s, p, check.Content) }, sx2021.Defaults())
				edition := 0
				lib.ExamineWith(library.Examining{Edition: func() string { return strconv.Itoa(edition) }})
				var unit org.Unit
				if err := d.Update(ctx, func(tx *db.Tx) error {
					if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
						return err
					}
					var err error
					unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省政府办公厅"})
					return err
				}); err != nil {
					b.Fatal(err)
				}
				random := rand.New(rand.NewPCG(3, 4))
				var took, used []time.Duration
				for b.Loop() {
					b.StopTimer()
					var body []string
					for n := 0; n < 5000; {
						s := all[random.IntN(len(all))]
						if len(p.Scan(s)) > 0 || len(check.Privacy(s)) > 0 {
							continue // nothing to answer for
						}
						body = append(body, s)
						n += len([]rune(s))
					}
					doc, err := prose.FromText(strings.Join(body, "\n\n"))
					if err != nil {
						b.Fatal(err)
					}
					it, err := lib.Create(ctx, system, library.Writing{Meta: library.Meta{Type: library.News, Title: fmt.Sprintf("第%d号信息", len(took))}, Doc: doc, Unit: unit.ID})
					if err != nil {
						b.Fatal(err)
					}
					if !again {
						edition++
					}
					b.StartTimer()
					at, before := time.Now(), cpu(b)
					_, err = lib.Submit(ctx, system, it.ID, library.Submission{Version: it.Version})
					took, used = append(took, time.Since(at)), append(used, cpu(b)-before)
					if err != nil && !strings.Contains(err.Error(), "提示没有处理") { // sentences that meet at a join
						b.Fatal(err)
					}
				}
				b.ReportMetric(p95(took), "p95-ms")
				b.ReportMetric(p95(used), "cpu-p95-ms") // of this process; what others do on the machine left out
			})
		})
	}
}
