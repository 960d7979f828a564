package library_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
)

// A column is read by the page however many items it holds: what a release, a
// home page and the console ask of it gives a bounded piece in the right order.
// ZHENGSHU_SCALE=1 fills a million rows, which takes minutes.
func TestAColumnOfManyRowsIsReadByThePage(t *testing.T) {
	n := 4_000
	if os.Getenv("ZHENGSHU_SCALE") != "" {
		n = 1_000_000
	} else {
		library.GatherUpTo(t, 1_000) // it is wide, as one of a million is
	}
	each(t, func(h *house) {
		t := h.t
		began := time.Now()
		h.shelve(n)
		t.Logf("%d rows put in: %v", n, time.Since(began))
		began = time.Now()
		if _, err := h.lib.KeepTallies(context.Background()); err != nil {
			t.Fatal(err)
		}
		t.Logf("their counts folded: %v", time.Since(began))
		ctx := context.Background()
		// The first row is the oldest; each is a minute later than the one before.
		title := func(i int) string { return fmt.Sprintf("第%d件", 10_000_000+i) }
		ask := func(what string, get func() (got int, first string, err error), want int, wantFirst string) {
			t.Helper()
			began := time.Now()
			got, first, err := get()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if got != want || first != wantFirst {
				t.Errorf("%s: %d rows from %q, want %d from %q", what, got, first, want, wantFirst)
			}
			t.Logf("%s of %d: %v", what, n, time.Since(began))
		}
		entries := func(list []library.Entry, err error) (int, string, error) {
			if err != nil || len(list) == 0 {
				return 0, "", err
			}
			return len(list), list[0].Item.Title, nil
		}
		ask("the newest", func() (int, string, error) { return entries(h.lib.LiveItems(ctx, h.db, h.news.ID, 40, 0)) }, 40, title(n))
		ask("the newest of the site", func() (int, string, error) { return entries(h.lib.Newest(ctx, h.db, h.site.ID, nil, 60)) }, 60, title(n))
		ask("what a home page shows", func() (int, string, error) {
			m, err := h.lib.LiveAhead(ctx, h.db, []library.Ahead{{Column: h.news.ID, Limit: 12}, {Column: h.policies.ID, Limit: 12}})
			return entries(m[h.news.ID], err)
		}, 12, title(n))
		var places []library.Place
		ask("places from the oldest", func() (int, string, error) {
			var err error
			places, err = h.lib.LivePlaces(ctx, h.db, h.news.ID, library.Place{At: time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)}, 1000)
			return len(places), string(places[0].ID), err
		}, 1000, "P10000001")
		ask("one archive page", func() (int, string, error) {
			return entries(h.lib.LiveBetween(ctx, h.db, h.news.ID, places[19], places[39], 100))
		}, 20, title(21))
		ask("how many", func() (int, string, error) {
			got, err := h.lib.LiveIn(ctx, h.db, h.news.ID)
			return got, "", err
		}, n, "")
		scope := h.author.scope(authz.ItemRead)
		for _, offset := range []int{0, 9_000, n / 2, 10 * n} {
			began := time.Now()
			list, facets, err := h.lib.Browse(h.author.ctx, scope, library.Filter{Column: h.news.ID, Offset: offset})
			if err != nil || len(list) > 20 || offset == 0 && (len(list) != 20 || list[0].Title != title(n) || list[19].Title != title(n-19)) || facets.Total < min(n, library.CountedTo) {
				t.Errorf("a page of the library from %d: %d of %d (%v)", offset, len(list), facets.Total, err)
			}
			t.Logf("a page of the library from %d of %d: %v", offset, n, time.Since(began))
		}
	})
}

// shelve puts n live items into the column as rows, each a minute after the one
// before.
func (h *house) shelve(n int) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	until := h.clock.Now()
	const per = 5000
	for from := 0; from < n; from += per {
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if from == 0 {
				if _, err := tx.Exec(ctx, `INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, created_at) VALUES ('many', $1, '迁入', $2, 'p', '甲', $3)`, h.site.ID, calendar.DateOf(until), until); err != nil {
					return err
				}
			}
			var items, versions, released, live, placed [][]any
			for i := from + 1; i <= min(from+per, n); i++ {
				no := strconv.Itoa(10_000_000 + i)
				id, at := "M"+no, until.Add(-time.Duration(n-i)*time.Minute)
				items = append(items, []any{id, id, "zh", h.unit.ID, h.unit.AreaPath, "approved", 1, library.News, library.News.Sort().Category, at.Year(), "", "p", at, at, at, at})
				versions = append(versions, []any{id, 1, library.News, "original", "第" + no + "件", "{}", "", "", "x", "p", "甲", at})
				released = append(released, []any{id, 1, "many", at})
				live = append(live, []any{id, 1})
				placed = append(placed, []any{"P" + no, id, h.site.ID, h.news.ID, "live", at, at, at})
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
				{"item_placement", []string{"id", "item_id", "site_id", "column_id", "state", "shown_at", "live_at", "created_at"}, placed},
			} {
				if err := tx.InsertAll(ctx, in.table, in.columns, in.rows); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.shelve"})
		}); err != nil {
			h.t.Fatal(err)
		}
	}
}
