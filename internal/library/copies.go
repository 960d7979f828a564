package library

import (
	"context"
	"fmt"

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
