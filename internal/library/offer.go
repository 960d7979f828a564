package library

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// offer keeps what is public where whoever looks for something to adopt finds
// it; in the transaction that made a version live.
func (s *Service) offer(ctx context.Context, tx *db.Tx, id ItemID) error {
	it, v, err := s.LiveItem(ctx, tx, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO item_offer (item_id, unit_id, area_path, type, category, language, share, words, published_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (item_id) DO UPDATE SET unit_id = excluded.unit_id, area_path = excluded.area_path, type = excluded.type, category = excluded.category,
		       language = excluded.language, share = excluded.share, words = excluded.words, published_at = excluded.published_at`,
		id, it.Unit, it.areaPath, v.Type, v.Coded(), it.Language, v.Share, strings.ToLower(v.Title+";"+v.Keywords), it.PublishedAt)
	if err != nil {
		return fmt.Errorf("library: offer: %w", err)
	}
	return nil
}

// withdrawOffer ends what hung on the item being public: nobody can adopt it or
// wait for leave to.
func (s *Service) withdrawOffer(ctx context.Context, tx *db.Tx, id ItemID, reason string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM item_offer WHERE item_id = $1`, id); err != nil {
		return err
	}
	return s.voidShares(ctx, tx, id, "稿件已撤稿："+reason)
}

// Wish is what a column or a subscription looks for among what is public. An
// empty condition asks for nothing.
type Wish struct {
	Types    []Type
	Category string // a code with everything below it
	Area     string // path of the provider's area, with everything below it
	Unit     org.UnitID
	Keywords []string // any of them, in title or keywords
	Language string   // zh when empty
	Since    time.Time
	// Column is where it shall stand: what stands or stood there is left out,
	// and what may not be shared with its unit.
	Column registry.ColumnID
	Own    org.UnitID // the unit of that column's site
}

// Matches reports whether an item fits the wish; the column is not asked.
func (w Wish) Matches(it Item) bool {
	words := strings.ToLower(it.Title + ";" + it.Keywords)
	has := func() bool {
		for _, k := range w.Keywords {
			if strings.Contains(words, strings.ToLower(k)) {
				return true
			}
		}
		return len(w.Keywords) == 0
	}
	typed := func() bool {
		for _, t := range w.Types {
			if t == it.Type {
				return true
			}
		}
		return len(w.Types) == 0
	}
	return typed() && strings.HasPrefix(it.Coded(), w.Category) && strings.HasPrefix(it.areaPath, w.Area) && (w.Unit == "" || w.Unit == it.Unit) && has()
}

// mostRead is how many of the newest that fit otherwise are read for keywords.
const mostRead = 500

// Lengths of the paths of a province, a city and a county, after which the
// offers are indexed.
const (
	provincePath = len("/p610000/")
	cityPath     = len("/p610000/c610100/")
	countyPath   = len("/p610000/c610100/d610113/")
)

// Fitting are the public items that fit the wish, newest first. Public: what
// is live is public.
func (s *Service) Fitting(ctx context.Context, q db.Querier, n Wish, limit int) ([]Item, error) {
	var w db.Where
	if n.Language == "" {
		n.Language = "zh"
	}
	w.And("o.language = ?", n.Language)
	switch upper := len(n.Area); {
	case n.Unit != "":
		w.And("o.unit_id = ?", n.Unit)
	case upper <= provincePath: // all there is
	case upper <= cityPath:
		w.And(fmt.Sprintf("substr(o.area_path, 1, %d) = ?", cityPath), n.Area)
	default:
		w.And(fmt.Sprintf("substr(o.area_path, 1, %d) = ?", countyPath), n.Area[:min(countyPath, upper)])
		w.AndIf(upper > countyPath, "o.area_path >= ? AND o.area_path < ?", n.Area, n.Area[:max(upper-1, 0)]+"0")
	}
	if len(n.Types) == 1 {
		w.And("o.type = ?", n.Types[0])
	} else if len(n.Types) > 1 {
		cond, args := db.In("o.type", n.Types)
		w.And(cond, args...)
	}
	w.AndIf(n.Category != "", "o.category >= ? AND o.category < ?", n.Category, n.Category+"~")
	w.AndIf(!n.Since.IsZero(), "o.published_at > ?", n.Since)
	if n.Column != "" {
		w.And("o.share <> 'none' OR o.unit_id = ?", n.Own)
		w.And("NOT EXISTS (SELECT 1 FROM item_placement p WHERE p.item_id = o.item_id AND p.column_id = ?)", n.Column)
	}
	first := limit
	if len(n.Keywords) > 0 {
		first = mostRead
	}
	query := `SELECT o.item_id, o.published_at FROM item_offer o WHERE ` + w.SQL() + ` ORDER BY o.published_at DESC, o.item_id LIMIT ` + w.Arg(first)
	if len(n.Keywords) > 0 {
		var words []string
		for _, k := range n.Keywords {
			words = append(words, `f.words LIKE `+w.Arg(db.Contains(k))+` ESCAPE '\'`)
		}
		query = `SELECT x.item_id, x.published_at FROM (` + query + `) x JOIN item_offer f ON f.item_id = x.item_id WHERE ` + strings.Join(words, " OR ") + ` ORDER BY x.published_at DESC, x.item_id LIMIT ` + w.Arg(limit)
	}
	return db.All(ctx, q, scanItem, `SELECT `+itemFields+`
		  FROM (`+query+`) z JOIN item i ON i.id = z.item_id JOIN item_live l ON l.item_id = i.id
		  JOIN item_version v ON v.item_id = i.id AND v.no = l.version_no JOIN unit u ON u.id = i.unit_id ORDER BY z.published_at DESC, z.item_id`, w.Args()...)
}
