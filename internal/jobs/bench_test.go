package jobs_test

import (
	"context"
	"testing"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/jobs"
)

// BenchmarkWork inserts b.N jobs in transactions of 100 and works them.
func BenchmarkWork(b *testing.B) {
	for name, open := range map[string]func(testing.TB, func() time.Time) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			ctx := context.Background()
			d := open(b, nil)
			w := jobs.NewWorkers()
			jobs.Handle(w, func(context.Context, note) error { return nil })
			k, err := jobs.New(d, w, jobs.Config{Log: quiet})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			for i := 0; i < b.N; i += 100 {
				err := d.Update(ctx, func(tx *db.Tx) error {
					for n := i; n < min(i+100, b.N); n++ {
						if err := jobs.Enqueue(ctx, tx, note{n}); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserted/s")
			began := time.Now()
			if err := k.Start(ctx); err != nil {
				b.Fatal(err)
			}
			if err := k.Drain(ctx, time.Minute); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "worked/s")
			b.StopTimer()
			if err := k.Stop(ctx); err != nil {
				b.Fatal(err)
			}
		})
	}
}
