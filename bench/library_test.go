package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
)

// shelves are the sizes the library is measured at.
var shelves = []int{100_000, 1_000_000}

// BenchmarkLibrary asks for pages of the library with their facets, at each
// size on each database: as the province, a city, a county and one unit, with
// no condition, one, two, and with conditions that few items meet. The aim is
// 50 ms for the 95th percentile of each at a million.
func BenchmarkLibrary(b *testing.B) {
	for _, n := range shelves {
		for _, on := range []db.Dialect{db.SQLite, db.Postgres} {
			b.Run(fmt.Sprintf("%s/%d", on, n), func(b *testing.B) { shelfOf(b, on, n).measure(b) })
		}
	}
}

// shelf is a library of n items in a province of a hundred and twenty counties.
type shelf struct {
	h       *app.House
	n       int
	on      db.Dialect
	filled  time.Duration
	folded  time.Duration
	units   []org.Unit
	byPlace map[string]authz.Scope
}

var shelved = map[string]float64{}

var stocked = map[string]*shelf{}

// shelfOf is the shelf of that size, filled once for all benchmarks.
func shelfOf(b *testing.B, on db.Dialect, n int) *shelf {
	b.Helper()
	key := fmt.Sprint(on, n)
	if s := stocked[key]; s != nil {
		return s
	}
	ctx := audit.System(context.Background(), "bench")
	dir, err := os.MkdirTemp("", "zhengshu-bench-")
	if err != nil {
		b.Fatal(err)
	}
	c := app.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Clock: calendar.NewManual(time.Now())}
	if on == db.Postgres {
		c.DSN = freshPostgres(b, fmt.Sprintf("zhengshu_shelf_%d_%d", os.Getpid(), n))
	}
	h, err := app.Open(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	cleanup = append(cleanup, func() {
		_ = h.Close(ctx)      // nothing of it is kept
		_ = os.RemoveAll(dir) // a folder of the bench's own
	})
	s := &shelf{h: h, n: n, on: on, byPlace: map[string]authz.Scope{}}
	start := time.Now()
	s.people(b, ctx)
	s.fill(b, ctx)
	s.filled = time.Since(start)
	start = time.Now()
	if _, err := h.Library.KeepTallies(ctx); err != nil {
		b.Fatal(err)
	}
	s.folded = time.Since(start)
	if on == db.Postgres {
		if _, err := h.DB.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	stocked[key] = s
	return s
}

// people makes twelve cities of ten counties, with an office and ten units
// each.
func (s *shelf) people(b *testing.B, ctx context.Context) {
	o := s.h.Org
	unit := func(tx *db.Tx, area org.AreaID, kind org.Kind, name string) error {
		u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: area, Kind: kind, Name: name})
		s.units = append(s.units, u)
		return err
	}
	place := func(tx *db.Tx, a org.Area) (org.Area, error) {
		if _, err := o.AddArea(ctx, tx, a); err != nil {
			return a, err
		}
		a, err := o.Area(ctx, tx, org.AreaKey(a.Level, a.Code))
		if err != nil {
			return a, err
		}
		if err := unit(tx, a.ID, org.Office, a.Name+"人民政府办公室"); err != nil {
			return a, err
		}
		for i := range 10 {
			if err := unit(tx, a.ID, org.Department, fmt.Sprintf("%s第%d局", a.Name, i)); err != nil {
				return a, err
			}
		}
		return a, nil
	}
	err := s.h.DB.Update(ctx, func(tx *db.Tx) error {
		province, err := place(tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"})
		if err != nil {
			return err
		}
		for i := range 12 {
			city, err := place(tx, org.Area{Level: org.City, Code: fmt.Sprintf("61%02d00", i+1), Name: fmt.Sprintf("第%d市", i+1), Parent: province.ID})
			if err != nil {
				return err
			}
			if i == 0 {
				s.byPlace["city"] = authz.Area("bench", city.Path)
			}
			for j := range 10 {
				county, err := place(tx, org.Area{Level: org.County, Code: fmt.Sprintf("61%02d%02d", i+1, j+1), Name: fmt.Sprintf("第%d-%d县", i+1, j+1), Parent: city.ID})
				if err != nil {
					return err
				}
				if i == 3 && j == 3 {
					s.byPlace["county"] = authz.Area("bench", county.Path)
				}
			}
		}
		s.byPlace["province"] = authz.Area("bench", province.Path)
		s.byPlace["unit"] = authz.Area("bench", s.units[len(s.units)/2].AreaPath)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

// fill puts the items in, as rows: what is measured is reading them.
func (s *shelf) fill(b *testing.B, ctx context.Context) {
	r := rand.New(rand.NewPCG(4, 4))
	types := library.Types
	weights := []int{45, 15, 10, 5, 1, 1, 1, 6, 1, 2, 3, 2, 1, 1, 2, 1, 1, 1, 1}
	var draw []library.Type
	for i, t := range types {
		for range weights[min(i, len(weights)-1)] {
			draw = append(draw, t)
		}
	}
	now := s.h.DB.Now()
	const per = 5000
	for from := 0; from < s.n; from += per {
		if err := s.h.DB.Update(ctx, func(tx *db.Tx) error {
			var items, versions, released, live [][]any
			for i := from; i < min(from+per, s.n); i++ {
				id := fmt.Sprintf("BENCH%021d", i)
				u := s.units[r.IntN(len(s.units))]
				t := draw[r.IntN(len(draw))]
				at := now.Add(-time.Duration(s.n-i) * (10 * 365 * 24 * time.Hour / time.Duration(s.n)))
				state, validity := "approved", ""
				switch n := r.IntN(1000); {
				case n < 8:
					state = "draft"
				case n < 12:
					state = "in_review"
				case n < 14:
					state = "returned"
				case n < 30:
					state = "withdrawn"
				}
				if t.Sort().Validity {
					validity = []string{"in_force", "in_force", "in_force", "in_force", "in_force", "in_force", "in_force", "expired", "repealed", "amended"}[r.IntN(10)]
				}
				category := t.Sort().Category
				if t == library.Policy {
					category = []string{"0401", "0402", "0402", "0403", "0403", "0403", "0404"}[r.IntN(7)]
				}
				title := fmt.Sprintf("关于第%d项工作的%s", i, t.Name())
				items = append(items, []any{id, id, "zh", u.ID, u.AreaPath, state, 1, t, category, at.Year(), validity, "bench", at, at, at, at})
				versions = append(versions, []any{id, 1, t, "original", title, "{}", "", "", "x", "bench", "bench", at})
				if state == "approved" {
					released = append(released, []any{id, 1, "bench-case", at})
					live = append(live, []any{id, 1})
				}
			}
			if from == 0 {
				site := "bench-site"
				if _, err := tx.Exec(ctx, `INSERT INTO site (id, unit_id, kind, name, state, created_at, updated_at) VALUES ($1, $2, 'portal', 'bench', 'running', $3, $3)`, site, s.units[0].ID, now); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, created_at) VALUES ('bench-case', $1, 'bench', $2, 'bench', 'bench', $3)`, site, calendar.DateOf(now), now); err != nil {
					return err
				}
			}
			for _, in := range []struct {
				table   string
				columns []string
				rows    [][]any
			}{
				{"item", []string{"id", "content_id", "language", "unit_id", "area_path", "state", "version", "type", "category", "year", "validity", "created_by", "first_published_at", "published_at", "created_at", "updated_at"}, items},
				{"item_version", []string{"item_id", "no", "type", "origin", "title", "doc", "html", "text", "sha256", "author_id", "author_name", "at"}, versions},
				{"item_release", []string{"item_id", "version_no", "move_in_id", "at"}, released},
				{"item_live", []string{"item_id", "version_no"}, live},
			} {
				if err := tx.InsertAll(ctx, in.table, in.columns, in.rows); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "bench.fill"})
		}); err != nil {
			b.Fatal(err)
		}
	}
}

func (s *shelf) measure(b *testing.B) {
	ctx := context.Background()
	year := s.h.DB.Now().Year()
	asked := []struct {
		name, who string
		filters   []library.Filter
	}{
		{"province", "province", []library.Filter{{}, {Offset: 200}, {State: "live"}, {Type: library.News}, {Category: "04"}, {Year: year - 5}}},
		{"province_narrow", "province", []library.Filter{{Type: library.Policy, Year: year - 3}, {Validity: library.Repealed}, {State: library.Draft}, {Category: "0402", Validity: library.Expired}, {Type: library.Rebuttal, Year: year - 9, State: library.Draft}, {Type: library.News, State: library.Withdrawn, Year: year - 8}}},
		{"city", "city", []library.Filter{{}, {Type: library.Notice}, {Validity: library.Amended}, {State: library.Returned}, {Year: year - 7, Type: library.Data}}},
		{"county", "county", []library.Filter{{}, {Type: library.Policy}, {State: library.InReview}, {Year: year - 2}}},
		{"unit", "unit", []library.Filter{{}, {Type: library.News}, {Category: "0602", Year: year - 4}}},
	}
	for b.Loop() {
		for _, q := range asked {
			scope := s.byPlace[q.who]
			var list []asking
			for _, f := range q.filters {
				list = append(list, asking{fmt.Sprintf("%+v", f), func() error {
					list, facets, err := s.h.Library.Browse(ctx, scope, f)
					if want := min(20, max(0, facets.Total-f.Offset)); err == nil && len(list) != want {
						return fmt.Errorf("%d of %d", len(list), want)
					}
					return err
				}})
			}
			s.asks(b, q.name, 40, list...)
		}
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(s.filled.Seconds(), "s_to_fill")
	b.ReportMetric(s.folded.Seconds(), "s_to_fold")
}
