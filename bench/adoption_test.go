package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// BenchmarkAdoption asks what adoption asks of a library of each size: what
// would fit a column, by each condition and by words that few hold; the whole
// list of candidates of a county's column; who shows an item that three hundred
// columns show; which of ten thousand subscriptions an item meets. The aim is
// 50 ms for the 95th percentile of each at a million.
func BenchmarkAdoption(b *testing.B) {
	for _, n := range shelves {
		for _, on := range []db.Dialect{db.SQLite, db.Postgres} {
			b.Run(fmt.Sprintf("%s/%d", on, n), func(b *testing.B) {
				s := shelfOf(b, on, n)
				s.adopt(b, s.columns(b))
			})
		}
	}
}

const firstLive = `SELECT item_id FROM item_live ORDER BY item_id LIMIT 1`

// columns offers what is public and makes three hundred columns, of which the
// last is a county's, that show one item and hold the subscriptions.
func (s *shelf) columns(b *testing.B) registry.ColumnID {
	b.Helper()
	ctx := audit.System(context.Background(), "bench")
	system := authz.System("bench")
	var last registry.ColumnID
	err := s.h.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO item_offer (item_id, unit_id, area_path, type, category, words, published_at)
			SELECT i.id, i.unit_id, i.area_path, v.type, i.category, lower(v.title), i.published_at FROM item i JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no`); err != nil {
			return err
		}
		shown, err := db.One(ctx, tx, db.Value[string], firstLive)
		if err != nil {
			return err
		}
		var places, subs [][]any
		for i := range 300 {
			u := s.units[i]
			var ids []org.PersonID
			for k := range 2 {
				p, err := s.h.Org.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: fmt.Sprintf("第%d岗", k)})
				if err != nil {
					return err
				}
				ids = append(ids, p.ID)
			}
			site, err := s.h.Registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: fmt.Sprintf("第%d网站", i), Host: fmt.Sprintf("s%d.bench.gov.cn", i), Hosted: true})
			if err != nil {
				return err
			}
			c, err := s.h.Registry.AddColumn(ctx, tx, system, registry.Column{Site: site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "要闻栏目", Owner: ids[0], A: ids[0], B: ids[1], CycleDays: 14})
			if err != nil {
				return err
			}
			last = c.ID
			places = append(places, []any{fmt.Sprintf("P%d", i), shown, site.ID, c.ID, "live", tx.Now(), tx.Now(), tx.Now()})
			for k := range 34 {
				area := any(nil)
				if k%3 == 0 {
					area = u.Area
				}
				subs = append(subs, []any{fmt.Sprintf("S%d-%d", i, k), site.ID, c.ID, library.Types[k%len(library.Types)], area, fmt.Sprintf("第%d项", k), "bench", "bench", tx.Now()})
			}
		}
		if err := tx.InsertAll(ctx, "item_placement", []string{"id", "item_id", "site_id", "column_id", "state", "shown_at", "live_at", "created_at"}, places); err != nil {
			return err
		}
		return tx.InsertAll(ctx, "column_subscription", []string{"id", "site_id", "column_id", "type", "area_id", "keywords", "created_by", "created_name", "created_at"}, subs)
	})
	if err != nil {
		b.Fatal(err)
	}
	if s.on == db.Postgres {
		if _, err := s.h.DB.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	return last
}

func (s *shelf) adopt(b *testing.B, column registry.ColumnID) {
	ctx, system, q := context.Background(), authz.System("bench"), s.h.DB
	since := q.Now().Add(-180 * 24 * time.Hour)
	city, county := "/p610000/c610100/", "/p610000/c610400/d610404/"
	first, err := db.One(ctx, q, db.Value[library.ItemID], firstLive)
	if err != nil {
		b.Fatal(err)
	}
	it, _, err := s.h.Library.LiveItem(ctx, q, first)
	if err != nil {
		b.Fatal(err)
	}
	fit := func(w library.Wish) func() error {
		w.Column, w.Since = column, since // as a column's page asks
		return func() error {
			_, err := s.h.Library.Fitting(ctx, q, w, 20)
			return err
		}
	}
	asked := []asking{
		{"fit_type", fit(library.Wish{Types: []library.Type{library.News}})},
		{"fit_city", fit(library.Wish{Types: []library.Type{library.News}, Area: city})},
		{"fit_county_rare", fit(library.Wish{Types: []library.Type{library.Rebuttal}, Area: county})},
		{"fit_city_rare", fit(library.Wish{Types: []library.Type{library.Rebuttal}, Area: city, Category: "1102"})},
		{"fit_unit", fit(library.Wish{Types: []library.Type{library.News, library.Response}, Unit: s.units[700].ID})},
		{"fit_words_none", fit(library.Wish{Types: []library.Type{library.News}, Keywords: []string{"没有这个词"}})},
		{"candidates", func() error {
			_, err := s.h.Columns.Candidates(ctx, system, column, 8)
			return err
		}},
		{"who_shows", func() error {
			f, err := s.h.Library.FanOut(ctx, nil, system, it.ID)
			if err == nil && f.Columns != 300 {
				b.Fatalf("%d columns show it", f.Columns)
			}
			return err
		}},
		{"subscriptions_met", func() error {
			_, err := s.h.Columns.Asking(ctx, q, it)
			return err
		}},
		{"forecast_due", func() error {
			_, err := s.h.Library.LastPublished(ctx, q, column)
			return err
		}},
	}
	for b.Loop() {
		for _, a := range asked {
			s.asks(b, a.name, 60, a)
		}
	}
	b.ReportMetric(0, "ns/op")
}
