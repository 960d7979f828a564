package bench

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/app"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// quarter is a province with a quarter's facts: sites, accounts, findings of
// which a third still stand, and the days of its probes.
type quarter struct {
	h        *app.House
	day      calendar.Date
	sites    int
	accounts int
	probes   int
	findings int
}

// quarterOf fills a house of its own with facts alone, in bulk: what is measured
// reads them as it reads those that were gathered one by one.
func quarterOf(b *testing.B, on db.Dialect, scale int) *quarter {
	b.Helper()
	ctx := audit.System(context.Background(), "bench.quarter")
	dir, err := os.MkdirTemp("", "zhengshu-bench-score-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) }) // a folder of the bench's own
	now := time.Date(2026, 10, 1, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(now)
	c := app.Config{Dir: dir, Clock: clock}
	if on == db.Postgres {
		c.DSN = freshPostgres(b, fmt.Sprintf("zhengshu_score_%d_%d", os.Getpid(), scale))
	}
	h, err := app.Open(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	if on == db.Postgres {
		b.Cleanup(func() { _ = h.Close(ctx) }) // nothing of it is kept
	}
	q := &quarter{h: h, day: calendar.Date{Year: 2026, Month: 9, Day: 30}, sites: benchNumber("ZHENGSHU_BENCH_SCORE_SITES", 620) * scale, accounts: benchNumber("ZHENGSHU_BENCH_SCORE_ACCOUNTS", 5000) * scale}
	perSite := benchNumber("ZHENGSHU_BENCH_SCORE_FINDINGS", 500_000) / benchNumber("ZHENGSHU_BENCH_SCORE_SITES", 620)
	// 288 probes a day make two million in eleven days of 620 sites; the ledger of
	// days is kept of a whole quarter.
	const quarterDays, perDay, single = 92, 288, 12
	var days [][]any
	var ids []registry.SiteID
	fill := func(table string, columns []string, rows [][]any) {
		if err := h.DB.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.InsertNew(ctx, table, columns, rows); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "bench.fill", Target: audit.Target{Kind: table, Name: table}})
		}); err != nil {
			b.Fatal(err)
		}
	}
	err = h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := h.Org.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		_, _, err := h.Org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	office, err := db.One(ctx, h.DB, db.Value[org.UnitID], `SELECT id FROM unit`)
	if err != nil {
		b.Fatal(err)
	}
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		for i := range q.sites {
			kind := registry.DepartmentSite
			if i%5 == 0 {
				kind = registry.Portal
			}
			s, err := h.Registry.EnterSite(ctx, tx, registry.Site{Unit: office, Kind: kind, Name: fmt.Sprintf("第%d站", i), Host: fmt.Sprintf("s%d.quarter.gov.cn", i)})
			if err != nil {
				return err
			}
			if err := h.Registry.SetMonitored(ctx, tx, authz.System("bench"), s.ID, true); err != nil {
				return err
			}
			ids = append(ids, s.ID)
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	var accounts [][]any
	for from := 0; from < q.accounts; from += 500 {
		if err := h.DB.Update(ctx, func(tx *db.Tx) error {
			for i := from; i < min(from+500, q.accounts); i++ {
				a, err := h.Registry.EnterAccount(ctx, tx, authz.System("bench"), registry.Account{Unit: office, Platform: "weibo", Name: fmt.Sprintf("第%d号", i), URL: fmt.Sprintf("https://weibo.example/%d", i), Purpose: "发布", State: registry.Running}, registry.Why{Source: registry.ByImport, Says: "测速"})
				if err != nil {
					return err
				}
				accounts = append(accounts, []any{string(a.ID), "a", q.day.AddDays(-(i % 40)), "file", q.day.Start()})
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
	fill("account_post", []string{"account_id", "key", "posted_on", "source", "taken_at"}, accounts)
	kinds := []struct{ check, severity, clause, says string }{{"link.dead", "error", "D-19", "链接打不开。"}, {"column.stale", "error", "V-W-4.1", "“政务动态”最近更新于 2026-08-01。"}, {"column.blank", "error", "V-W-4.3", "“公告”没有内容。"}, {"tags.column_name", "advice", "D-20", "缺少标签。"},
		{"footer.icp", "error", "D-18", "页脚没有备案编号。"}, {"wording.typo", "advice", "S19.4", "疑似错别字。"}, {"wording.serious", "serious", "V-W-1.1", "疑似严重表述错误。"}}
	for n, id := range ids {
		var runs, found, probed [][]any
		run := ulid.Make().String()
		runs = append(runs, []any{run, string(id), "patrol", "done", q.day.Start(), q.day.Start().Add(time.Hour), 200, 4000})
		for i := range perSite {
			k := kinds[(i+n)%len(kinds)]
			f := ulid.Make().String()
			at := q.day.AddDays(-(i % 90)).Start().Add(time.Duration(i) * time.Second)
			state, closed, by := "open", any(nil), ""
			if i%3 != 0 {
				state, closed, by = "closed", at.Add(24*time.Hour), "retest"
			}
			found = append(found, []any{f, string(id), run, k.check, f, k.severity, k.clause, k.says, fmt.Sprintf("http://s%d.quarter.gov.cn/%d.html", n, i), fmt.Sprintf("p%d", i%400), "请更正。", at, at, state, closed, by})
		}
		q.findings += len(found)
		for d := range quarterDays {
			probed = append(probed, []any{string(id), q.day.AddDays(-d), perDay, (n + d) % 9, q.day.Start(), true})
		}
		q.probes += single * perDay
		fill("inspection_run", []string{"id", "site_id", "kind", "state", "asked_at", "finished_at", "pages", "links"}, runs)
		fill("finding", []string{"id", "site_id", "run_id", "check_id", "fingerprint", "severity", "clause", "says", "page_url", "place", "fix", "first_seen", "last_seen", "state", "closed_at", "closed_by"}, found)
		days = append(days, probed...)
	}
	if on == db.SQLite { // the probes lie in a file of their own, which the house holds
		if err := h.Close(ctx); err != nil {
			b.Fatal(err)
		}
	}
	fillProbes(b, ctx, c, h.DB, ids, days, q.day, single, perDay)
	if on == db.SQLite {
		if h, err = app.Open(ctx, c); err != nil {
			b.Fatal(err)
		}
		q.h = h
		b.Cleanup(func() { _ = h.Close(ctx) }) // nothing of it is kept
	}
	actor := audit.WithActor(ctx, audit.Actor{Kind: "system", ID: "bench", Name: "测速"})
	if _, err := h.Assessment.Adopt(actor, authz.System("bench"), office, assessment.PackID, 1, assessment.AdoptedDemo, "测速试用"); err != nil {
		b.Fatal(err)
	}
	if on == db.Postgres {
		if _, err := h.DB.Pool().Exec(ctx, "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	clock.Set(now.Add(time.Hour))
	return q
}

// fillProbes writes the single probes of the last days and the days of the whole
// quarter.
func fillProbes(b *testing.B, ctx context.Context, c app.Config, house *db.DB, ids []registry.SiteID, days [][]any, last calendar.Date, single, perDay int) {
	b.Helper()
	probes := house
	if house.Dialect() == db.SQLite {
		kept, err := db.Open(ctx, db.Config{Dir: c.Dir, Now: c.Clock.Now})
		if err != nil {
			b.Fatal(err)
		}
		defer kept.Close()
		if probes, err = inspection.OpenProbes(ctx, kept, c.Dir); err != nil {
			b.Fatal(err)
		}
		defer probes.Close()
	}
	for _, id := range ids {
		var rows [][]any
		for d := range single {
			for i := range perDay {
				rows = append(rows, []any{string(id), last.AddDays(-d).Start().Add(time.Duration(i) * 5 * time.Minute), i%40 != 0, "", 200, 120})
			}
		}
		if err := probes.Update(ctx, func(tx *db.Tx) error {
			return tx.InsertAll(ctx, "probe", []string{"site_id", "at", "ok", "kind", "status", "took_ms"}, rows)
		}); err != nil {
			b.Fatal(err)
		}
	}
	if err := probes.Update(ctx, func(tx *db.Tx) error {
		return tx.InsertAll(ctx, "probe_day", []string{"site_id", "day", "probes", "failures", "last_at", "last_ok"}, days)
	}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkScoreQuarter scores every site and account of a quarter: 620 and
// 5,000 of them by the days of two million probes and more and 500,000 findings
// in under thirty seconds, and three times that in about three times as long.
func BenchmarkScoreQuarter(b *testing.B) {
	for _, on := range []db.Dialect{db.SQLite, db.Postgres} {
		var base time.Duration
		for _, scale := range []int{1, 3} {
			b.Run(fmt.Sprintf("%s/scale%d", on, scale), func(b *testing.B) {
				q := quarterOf(b, on, scale)
				period := assessment.QuarterOf(q.day)
				ctx, all := context.Background(), authz.System("bench")
				best := time.Duration(0)
				for b.Loop() {
					start, cpu := time.Now(), workerOf(q.h.DB).spent(b)
					sites, err := q.h.Assessment.Scores(ctx, q.h.DB, all, period, assessment.ScoreFilter{Brief: true})
					if err != nil || len(sites) != q.sites {
						b.Fatalf("%d sites (%v)", len(sites), err)
					}
					accounts, err := q.h.Assessment.ScoreAccounts(ctx, q.h.DB, all, period, assessment.ScoreFilter{Brief: true})
					if err != nil || len(accounts) != q.accounts {
						b.Fatalf("%d accounts (%v)", len(accounts), err)
					}
					took := time.Since(start)
					if best == 0 || took < best {
						best = took
					}
					b.ReportMetric((workerOf(q.h.DB).spent(b) - cpu).Seconds(), "cpu_s")
				}
				b.ReportMetric(best.Seconds(), "s")
				b.ReportMetric(float64(q.findings), "findings")
				b.ReportMetric(float64(q.probes), "probes")
				if scale == 1 {
					base = best
					if best > 30*time.Second {
						b.Errorf("a quarter takes %s, more than 30 s", best)
					}
				} else if base > 0 {
					b.ReportMetric(best.Seconds()/base.Seconds(), "x_growth")
				}
			})
		}
	}
}
