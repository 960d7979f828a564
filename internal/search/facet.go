package search

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxValues bounds the values of one facet that are counted.
const maxValues = 60

// Count is one value of a facet with how many documents have it.
type Count struct {
	Value string
	N     int
}

// within is the condition of a query's filters but the one on a facet; DOC
// stands for the column that names the document.
func (q Query) within(but string) (sql string, args []any) {
	for _, name := range slices.Sorted(maps.Keys(q.Filter)) {
		values := q.Filter[name]
		if name == but || len(values) == 0 {
			continue
		}
		sql += ` AND DOC IN (SELECT doc FROM facet WHERE name = ? AND value IN (` + strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ") + `))`
		args = append(args, name)
		for _, v := range values {
			args = append(args, v)
		}
	}
	return sql, args
}

func (x *Index) facets(ctx context.Context, id int64) (map[string]string, error) {
	if !x.faceted {
		return nil, nil
	}
	rows, err := x.db.QueryContext(ctx, `SELECT name, value FROM facet WHERE doc = ?`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out map[string]string
	for rows.Next() {
		var n, v string
		if err := rows.Scan(&n, &v); err != nil {
			return nil, err
		}
		if out == nil {
			out = map[string]string{}
		}
		out[n] = v
	}
	return out, rows.Err()
}

// browse lists what the filters leave, newest first.
func (x *Index) browse(ctx context.Context, q Query) (Result, error) {
	within, args := q.within("")
	where := ` WHERE 1 = 1` + strings.ReplaceAll(within, "DOC", "d.id")
	var out Result
	if err := x.db.QueryRowContext(ctx, `SELECT count(*) FROM doc d`+where, args...).Scan(&out.Total); err != nil {
		return Result{}, err
	}
	rows, err := x.db.QueryContext(ctx, `SELECT d.id, d.path, d.ref, d.title, d.number, d.kind, d.published FROM doc d`+where+` ORDER BY d.published DESC, d.path LIMIT ? OFFSET ?`, append(slices.Clone(args), q.Limit, q.Offset)...)
	if err != nil {
		return Result{}, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var h Hit
		var id int64
		var at string
		if err := rows.Scan(&id, &h.URL, &h.Ref, &h.Title, &h.Number, &h.Kind, &at); err != nil {
			return Result{}, err
		}
		if q.Keep != nil && !q.Keep(h.URL) {
			continue
		}
		if h.Published, err = time.Parse(time.RFC3339, at); err != nil {
			h.Published = time.Time{}
		}
		out.Hits, ids = append(out.Hits, h), append(ids, id)
	}
	if err := rows.Err(); err != nil {
		return Result{}, err
	}
	for i, id := range ids {
		if out.Hits[i].Facets, err = x.facets(ctx, id); err != nil {
			return Result{}, err
		}
	}
	out.Counts, err = x.counts(ctx, q, nil)
	return out, err
}

// counts counts the facets asked for among what was found; found nil is
// everything that the filters leave. The filter on a facet itself does not
// bind its counts, so that another value can be chosen; with a text it does.
func (x *Index) counts(ctx context.Context, q Query, found []int64) (map[string][]Count, error) {
	if !x.faceted || len(q.Count) == 0 {
		return nil, nil
	}
	out := map[string][]Count{}
	for _, name := range q.Count {
		args := []any{name}
		cond := ""
		if found != nil {
			if len(found) == 0 {
				continue
			}
			cond = ` AND doc IN (` + strings.TrimSuffix(strings.Repeat("?, ", len(found)), ", ") + `)`
			for _, id := range found {
				args = append(args, id)
			}
		} else {
			within, more := q.within(name)
			cond = strings.ReplaceAll(within, "DOC", "doc")
			args = append(args, more...)
		}
		rows, err := x.db.QueryContext(ctx, `SELECT value, count(*) FROM facet WHERE name = ?`+cond+` GROUP BY value ORDER BY 2 DESC, 1 LIMIT ?`, append(args, maxValues)...)
		if err != nil {
			return nil, err
		}
		var list []Count
		for rows.Next() {
			var c Count
			if err := rows.Scan(&c.Value, &c.N); err != nil {
				rows.Close()
				return nil, err
			}
			list = append(list, c)
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return nil, err
		}
		out[name] = list
	}
	return out, nil
}
