package library

import (
	"context"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/likeness"
)

// Copy is an item of the library that is like another. Of an item that is
// neither public nor in scope only the unit is told.
type Copy struct {
	Item      ItemID // empty: not for these eyes
	Title     string
	UnitName  string
	State     string
	Shared    int  // per cent of the runs of words, estimated
	SameTitle bool // the titles differ in the edition only
	Live      bool
}

// Says is how alike it is, in words.
func (c Copy) Says() string {
	switch {
	case c.Shared >= 95:
		return "内容相同"
	case c.Shared > 0 && c.SameTitle:
		return fmt.Sprintf("标题相同，内容约 %d%% 相同", c.Shared)
	case c.SameTitle:
		return "标题相同"
	}
	return fmt.Sprintf("内容约 %d%% 相同", c.Shared)
}

// mostCopies are shown to an author.
const mostCopies = 10

// Copies are the items of the whole library, whatever their unit, that are the
// same as a text or nearly so; the item itself (empty for a new one) is left
// out.
func (s *Service) Copies(ctx context.Context, scope authz.Scope, id ItemID, title, text string) ([]Copy, error) {
	near, err := likeness.Near(ctx, s.db, likeness.Of(title, text), string(id), mostCopies)
	if err != nil || len(near) == 0 {
		return nil, err
	}
	ids := make([]string, len(near))
	for i, m := range near {
		ids[i] = m.ID
	}
	var w db.Where
	in, args := db.In("i.id", ids)
	w.And(in, args...)
	list, err := db.All(ctx, s.db, scanItem, itemSelect+` WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	byID := map[ItemID]Item{}
	for _, it := range list {
		byID[it.ID] = it
	}
	var out []Copy
	for _, m := range near {
		it, ok := byID[ItemID(m.ID)]
		if !ok {
			continue
		}
		c := Copy{UnitName: it.UnitName, Shared: int(m.Shared*100 + 0.5), SameTitle: m.SameTitle, Live: it.Live(), State: it.StateName()}
		if it.Live() || scope.Covers(it.areaPath, it.linePath) {
			c.Item, c.Title = it.ID, it.Title
		}
		if c.Live && !scope.Covers(it.areaPath, it.linePath) {
			c.State = "公开中"
		}
		out = append(out, c)
	}
	return out, nil
}

// likenessFilled is the setting that says how far the index of copies was
// filled with what stood in the library before there was one: the last item, or
// filledAll.
const (
	likenessFilled = "library.likeness_filled"
	filledAll      = "all"
	fillStep       = 200 // items a transaction
	fillMost       = 5000
)

// FillCopies puts items of before the index of copies into it, some thousand a
// call, and goes on where it stopped; once it came to the end it has nothing
// more to do, for whatever is written keeps its sketch.
func (s *Service) FillCopies(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "library.copies")
	filled := 0
	for filled < fillMost {
		after, err := db.One(ctx, s.db, db.Value[string], `SELECT value FROM setting WHERE name = $1`, likenessFilled)
		if err != nil && !db.None(err) {
			return filled, err
		}
		if after == filledAll {
			return filled, nil
		}
		type bare struct{ id, title, text string }
		list, err := db.All(ctx, s.db, func(r db.Scanner) (bare, error) {
			var b bare
			return b, r.Scan(&b.id, &b.title, &b.text)
		}, `SELECT i.id, v.title, v.text FROM item i JOIN item_version v ON v.item_id = i.id AND v.no = i.version
		     WHERE i.id > $1 AND i.state <> 'undone' ORDER BY i.id LIMIT $2`, after, fillStep)
		if err != nil {
			return filled, err
		}
		next := filledAll
		if len(list) == fillStep {
			next = list[len(list)-1].id
		}
		added := 0
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			added = 0
			for _, b := range list {
				// One that was written meanwhile has its sketch, and a newer one.
				n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM likeness WHERE id = $1`, b.id)
				if err != nil {
					return err
				}
				if n > 0 {
					continue
				}
				if err := likeness.Keep(ctx, tx, b.id, likeness.Of(b.title, b.text)); err != nil {
					return err
				}
				added++
			}
			if _, err := tx.Exec(ctx, `INSERT INTO setting (name, value, changed_at) VALUES ($1, $2, $3)
				ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`, likenessFilled, next, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "library.copies.fill", Target: audit.Target{Kind: "setting", ID: likenessFilled, Name: "相近稿件索引"}, After: map[string]any{"until": next, "added": added}})
		})
		if err != nil {
			return filled, err
		}
		filled += added
		if next == filledAll {
			return filled, nil
		}
	}
	return filled, nil
}
