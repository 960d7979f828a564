package likeness

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/check"
	"zhengshu/internal/db"
)

const (
	perKey = 40  // rows read under one key: a form letter has thousands
	weighs = 120 // candidates whose sketches are compared
)

// nearPack is from when on texts count as near copies. No source gives it: data with its
// mark, shown as 未核实.
type nearPack struct {
	Version      string `json:"version"`
	Source       string `json:"source"`
	Mark         string `json:"mark"`
	LeastPercent int    `json:"least_percent"`
}

//go:embed near.json
var nearJSON []byte

// near is the compiled-in pack; a test holds that it is readable.
var near = func() (p nearPack) {
	if check.ReadPack(nearJSON, &p) != nil {
		return nearPack{LeastPercent: 100}
	}
	return p
}()

// Least is how much of their runs two texts share to count as near copies.
func Least() float64 { return float64(near.LeastPercent) / 100 }

// Terms says from when on texts are called alike, by which edition, and what is not
// verified of it.
func Terms() string {
	says := fmt.Sprintf("内容约 %d%% 以上相同的列出，依据 %s", near.LeastPercent, near.Version)
	if strings.HasPrefix(near.Mark, "M") {
		says += "（没有出处，未核实）"
	}
	return says
}

// Match is something like the text that was asked for.
type Match struct {
	ID        string
	Shared    float64 // of the runs, estimated
	SameTitle bool
}

// Keep puts the sketch of a thing in the index in place of the one it had. It
// belongs in the transaction that writes the text and leaves the audit entry to
// it.
func Keep(ctx context.Context, tx *db.Tx, id string, s Sketch) error {
	old, err := db.One(ctx, tx, db.Value[string], `SELECT sketch FROM likeness WHERE id = $1`, id)
	if err != nil && !db.None(err) {
		return err
	}
	if err == nil && old == s.String() {
		return nil
	}
	if err == nil {
		if err := dropBands(ctx, tx, id, old); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `INSERT INTO likeness (id, sketch) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET sketch = excluded.sketch`, id, s.String()); err != nil {
		return fmt.Errorf("likeness: keep: %w", err)
	}
	rows := [][]any{}
	for _, k := range s.keys() {
		rows = append(rows, []any{k, id})
	}
	if _, err := tx.InsertNew(ctx, "likeness_band", []string{"key", "id"}, rows); err != nil {
		return fmt.Errorf("likeness: keep: %w", err)
	}
	return nil
}

// Drop takes a thing out of the index; nothing when it is not there.
func Drop(ctx context.Context, tx *db.Tx, id string) error {
	old, err := db.One(ctx, tx, db.Value[string], `SELECT sketch FROM likeness WHERE id = $1`, id)
	if db.None(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := dropBands(ctx, tx, id, old); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM likeness WHERE id = $1`, id); err != nil {
		return fmt.Errorf("likeness: drop: %w", err)
	}
	return nil
}

func dropBands(ctx context.Context, tx *db.Tx, id, sketch string) error {
	before, ok := parse(sketch)
	keys := before.keys()
	if !ok || len(keys) == 0 {
		return nil
	}
	var w db.Where
	w.And("id = ?", id)
	args := make([]any, len(keys))
	for i, k := range keys {
		args[i] = k
	}
	w.And("key IN (?"+strings.Repeat(",?", len(keys)-1)+")", args...)
	if _, err := tx.Exec(ctx, `DELETE FROM likeness_band WHERE `+w.SQL(), w.Args()...); err != nil {
		return fmt.Errorf("likeness: drop: %w", err)
	}
	return nil
}

// Near lists what is like the sketch, most alike first, the thing named except
// left out; at most limit.
func Near(ctx context.Context, q db.Querier, s Sketch, except string, limit int) ([]Match, error) {
	keys := s.keys()
	if len(keys) == 0 {
		return nil, nil
	}
	// One look-up a key, each bounded; the database merges nothing.
	parts := make([]string, len(keys))
	args := make([]any, len(keys))
	for i, k := range keys {
		parts[i] = `SELECT * FROM (SELECT id FROM likeness_band WHERE key = $` + strconv.Itoa(i+1) + ` LIMIT ` + strconv.Itoa(perKey) + `) k` + strconv.Itoa(i)
		args[i] = k
	}
	met, err := db.All(ctx, q, db.Value[string], strings.Join(parts, " UNION ALL "), args...)
	if err != nil {
		return nil, fmt.Errorf("likeness: look up: %w", err)
	}
	times := map[string]int{}
	for _, id := range met {
		if id != except {
			times[id]++
		}
	}
	ids := make([]string, 0, len(times))
	for id := range times {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b)) })
	ids = ids[:min(len(ids), weighs)]
	if len(ids) == 0 {
		return nil, nil
	}
	var w db.Where
	in, idArgs := db.In("id", ids)
	w.And(in, idArgs...)
	type row struct{ id, sketch string }
	list, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.sketch)
	}, `SELECT id, sketch FROM likeness WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, fmt.Errorf("likeness: sketches: %w", err)
	}
	var out []Match
	for _, v := range list {
		other, ok := parse(v.sketch)
		if !ok {
			continue
		}
		m := Match{ID: v.id, Shared: s.Shared(other), SameTitle: s.SameTitle(other)}
		if m.Shared >= Least() || m.SameTitle {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Match) int { return cmp.Or(cmp.Compare(b.Shared, a.Shared), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), limit)], nil
}
