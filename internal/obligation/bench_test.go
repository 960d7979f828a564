package obligation_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

// province60k fills a database with 6,000 units and 60,000 open obligations of
// ten kinds, all due before today. It is for measuring, by hand:
//
//	go test ./internal/obligation -run '^$' -bench . -benchtime 1x
func province60k(b *testing.B, d *db.DB, now time.Time) *obligation.Service {
	b.Helper()
	o := org.New(d)
	var kinds []obligation.Kind
	for i := range 10 {
		kinds = append(kinds, obligation.Kind{ID: fmt.Sprintf("kind%d", i), Name: fmt.Sprintf("事项%d", i), Clause: fmt.Sprintf("S%d", i), Citation: "第七条", Says: "应办", Remind: []int{30, 7, 0}, Escalate: 2, Province: 10})
	}
	s := obligation.New(d, o, kinds...)
	ctx := audit.System(context.Background(), "test")
	today := calendar.DateOf(now)
	update := func(fn func(tx *db.Tx) error) {
		if err := d.Update(ctx, fn); err != nil {
			b.Fatal(err)
		}
	}
	update(func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		for i := range 90 {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: fmt.Sprintf("61%02d00", i+1), Name: fmt.Sprintf("第%d市", i), Parent: "province-610000000000"}); err != nil {
				return err
			}
		}
		return nil
	})
	var debtors []obligation.Debtor
	for c := range 90 {
		area := org.AreaKey(org.City, fmt.Sprintf("61%02d00", c+1))
		update(func(tx *db.Tx) error {
			for n := range 67 {
				kind, name := org.Department, fmt.Sprintf("第%d市第%d局", c, n)
				if n == 0 {
					kind, name = org.Office, fmt.Sprintf("第%d市办公厅", c)
				}
				u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: area, Kind: kind, Name: name})
				if err != nil {
					return err
				}
				debtors = append(debtors, obligation.Debtor{Unit: u.ID, Name: u.Name})
			}
			return nil
		})
	}
	for i := range 10 {
		s.Recur(obligation.Recurring{Kind: fmt.Sprintf("kind%d", i), Every: obligation.Yearly, Link: "/console",
			Owes: func(context.Context, db.Querier) ([]obligation.Debtor, error) { return debtors, nil },
			Due:  func(obligation.Period) calendar.Due { return calendar.Due{On: today.AddDays(-1 - i*7)} }})
	}
	return s
}

func eachBench(b *testing.B, fn func(b *testing.B, d *db.DB, s *obligation.Service)) {
	now := time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	for name, open := range map[string]func(testing.TB, func() time.Time) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := open(b, func() time.Time { return now })
			fn(b, d, province60k(b, d, now))
		})
	}
}

// BenchmarkSweep is the sweep over 60,000 obligations that are all late.
func BenchmarkSweep(b *testing.B) {
	eachBench(b, func(b *testing.B, d *db.DB, s *obligation.Service) {
		b.ResetTimer()
		began := time.Now()
		n, err := s.Sweep(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/sweep")
		b.ReportMetric(float64(n), "looked")
		if d.Pool() != nil {
			if _, err := d.Pool().Exec(context.Background(), "VACUUM ANALYZE obligation"); err != nil {
				b.Fatal(err)
			}
		}
		areas, err := db.All(context.Background(), d, db.Value[string], `SELECT path FROM area ORDER BY path`)
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("areas %v", areas[:3])
		scopes := map[string]authz.Scope{"province": authz.Area("bench", areas[0]), "city": authz.Area("bench", areas[1]), "system": authz.System("bench")}
		for name, scope := range scopes {
			for what, f := range map[string]func() error{
				"board": func() error { _, err := s.Board(context.Background(), scope, ""); return err },
				"list": func() error {
					_, err := s.Obligations(context.Background(), scope, obligation.Filter{Overdue: true, Limit: 51})
					return err
				},
				"count": func() error {
					_, err := s.Count(context.Background(), scope, obligation.Filter{Overdue: true})
					return err
				},
				"kind": func() error {
					_, err := s.Obligations(context.Background(), scope, obligation.Filter{Kind: "kind3", Limit: 51})
					return err
				},
			} {
				var best time.Duration = time.Hour
				for range 5 {
					at := time.Now()
					if err := f(); err != nil {
						b.Fatal(err)
					}
					best = min(best, time.Since(at))
				}
				b.Logf("%s %s: %v", what, name, best)
			}
		}
	})
}
