package library

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// What the pages of a site show of the library beside lists and texts.

// PolicyCount is how many live items of a set of columns share what readers
// choose by.
type PolicyCount struct {
	Issuer, Topic, Genre string
	Year                 int
	Validity             Validity
	N                    int
}

// PolicyCounts counts the live items of columns by what readers choose by.
// Public: what is live is public.
func (s *Service) PolicyCounts(ctx context.Context, q db.Querier, columns []registry.ColumnID) ([]PolicyCount, error) {
	if len(columns) == 0 {
		return nil, nil
	}
	var w db.Where
	w.And(`p.state = 'live'`).And(`p.column_id IN (`+marks(len(columns))+`)`, args(columns)...)
	return db.All(ctx, q, func(r db.Scanner) (PolicyCount, error) {
		var c PolicyCount
		return c, r.Scan(&c.Issuer, &c.Topic, &c.Genre, &c.Year, &c.Validity, &c.N)
	}, `SELECT v.issuer, v.topic, v.genre, i.year, i.validity, count(*)
	  FROM item_placement p JOIN item_live l ON l.item_id = p.item_id JOIN item i ON i.id = p.item_id JOIN item_version v ON v.item_id = l.item_id AND v.no = l.version_no
	 WHERE `+w.SQL()+` GROUP BY v.issuer, v.topic, v.genre, i.year, i.validity`, w.Args()...)
}

// HasLive reports which of a site's columns have live items. Public: what is
// live is public.
func (s *Service) HasLive(ctx context.Context, q db.Querier, site registry.SiteID) (map[registry.ColumnID]bool, error) {
	list, err := db.All(ctx, q, db.Value[registry.ColumnID], `SELECT c.id FROM site_column c WHERE c.site_id = $1 AND c.closed_at IS NULL
		AND EXISTS (SELECT 1 FROM item_placement p WHERE p.column_id = c.id AND p.state = 'live')`, site)
	out := map[registry.ColumnID]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// LiveVersions are the public versions of items, for feeds that carry texts and
// for what the hotline reads. Public: what is live is public.
func (s *Service) LiveVersions(ctx context.Context, q db.Querier, ids []ItemID) (map[ItemID]Version, error) {
	out := map[ItemID]Version{}
	for part := range slices.Chunk(ids, 200) {
		var w db.Where
		w.And(`v.item_id IN (`+marks(len(part))+`)`, args(part)...)
		list, err := db.All(ctx, q, scanVersion, `SELECT `+versionFields+` FROM item_live l JOIN item_version v ON v.item_id = l.item_id AND v.no = l.version_no WHERE `+w.SQL(), w.Args()...)
		if err != nil {
			return nil, fmt.Errorf("library: live versions: %w", err)
		}
		for _, v := range list {
			out[v.Item] = v
		}
	}
	return out, nil
}

// LiveText is the plain text of a public version.
type LiveText struct {
	Item ItemID
	No   int
	At   time.Time
	Text string
}

// LiveTexts are the plain texts of the public versions of items. Public: what is
// live is public.
func (s *Service) LiveTexts(ctx context.Context, q db.Querier, ids []ItemID) (map[ItemID]LiveText, error) {
	out := map[ItemID]LiveText{}
	for part := range slices.Chunk(ids, 200) {
		var w db.Where
		w.And(`v.item_id IN (`+marks(len(part))+`)`, args(part)...)
		list, err := db.All(ctx, q, func(r db.Scanner) (LiveText, error) {
			var t LiveText
			return t, r.Scan(&t.Item, &t.No, &t.At, &t.Text)
		}, `SELECT v.item_id, v.no, v.at, v.text FROM item_live l JOIN item_version v ON v.item_id = l.item_id AND v.no = l.version_no WHERE `+w.SQL(), w.Args()...)
		if err != nil {
			return nil, fmt.Errorf("library: live texts: %w", err)
		}
		for _, t := range list {
			out[t.Item] = t
		}
	}
	return out, nil
}

// Interpreted are the public policy files that interpretations speak of, for
// lists. Public: what is live is public.
func (s *Service) Interpreted(ctx context.Context, q db.Querier, site registry.SiteID, interpretations []ItemID) (map[ItemID][]Item, error) {
	out := map[ItemID][]Item{}
	if len(interpretations) == 0 {
		return out, nil
	}
	var w db.Where
	w.And(`k.interpretation_id IN (`+marks(len(interpretations))+`)`, args(interpretations)...)
	w.And(`EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = i.id AND p.site_id = ? AND p.state = 'live')`, site)
	type row struct {
		of ItemID
		it Item
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(append([]any{&v.of}, v.it.fields()...)...)
	}, `SELECT k.interpretation_id, `+itemFields+`
		  FROM item_link k JOIN item i ON i.id = k.policy_id JOIN item_live l ON l.item_id = i.id JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id
		 WHERE `+w.SQL()+` ORDER BY k.interpretation_id, i.published_at DESC, i.id`, w.Args()...)
	for _, v := range list {
		out[v.of] = append(out[v.of], v.it)
	}
	return out, err
}

// LiveNaming are the newest live items of a site whose key words name somebody:
// what a person in charge has said and done. Public: what is live is public.
func (s *Service) LiveNaming(ctx context.Context, q db.Querier, site registry.SiteID, name string, limit int) ([]Entry, error) {
	if strings.TrimSpace(name) == "" {
		return nil, nil
	}
	return db.All(ctx, q, scanEntry, entrySelect+`
		WHERE p.site_id = $1 AND p.state = 'live' AND v.type IN ('news', 'response', 'interaction') AND (';' || v.keywords || ';') LIKE $2 ESCAPE '\'
		ORDER BY p.shown_at DESC, p.id DESC LIMIT $3`, site, db.Contains(";"+name+";"), limit)
}

// LinkForms are the forms in which an item's linked interpretations speak, by
// the other end. Public: what is live is public.
func (s *Service) LinkForms(ctx context.Context, q db.Querier, id ItemID) (map[ItemID]string, error) {
	type row struct {
		id   ItemID
		form string
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.form)
	}, `SELECT CASE WHEN policy_id = $1 THEN interpretation_id ELSE policy_id END, form FROM item_link WHERE policy_id = $1 OR interpretation_id = $1`, id)
	out := map[ItemID]string{}
	for _, v := range list {
		out[v.id] = v.form
	}
	return out, err
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func args[T ~string](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
