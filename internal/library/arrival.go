package library

import (
	"context"
	"fmt"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// ArrivedPlace is how an item stood in a column of a site that came here.
type ArrivedPlace struct {
	Item   ItemID
	Column registry.ColumnID
	Title  string // instead of the item's own
	Top    int
}

// ArrivePlaces gives live places in columns of a site in scope the title and
// the rank they had where the site came from, unless they were given one here.
func (s *Service) ArrivePlaces(ctx context.Context, tx *db.Tx, scope authz.Scope, site registry.SiteID, list []ArrivedPlace) error {
	st, err := s.registry.SiteTx(ctx, tx, scope, site)
	if err != nil {
		return err
	}
	n := int64(0)
	for _, p := range list {
		k, err := tx.Exec(ctx, `UPDATE item_placement SET title = $4, top = $5 WHERE site_id = $1 AND column_id = $2 AND item_id = $3 AND state = 'live' AND title = '' AND top = 0`,
			site, p.Column, p.Item, oneLine(p.Title), max(p.Top, 0))
		if err != nil {
			return fmt.Errorf("library: arrive: %w", err)
		}
		n += k
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "library.place.arrive", Target: st.Target(), After: map[string]int64{"places": n}})
}

// ArriveEnds says of items in scope that came with their site, and whose pages
// stay, how they had ended there: replaced or archived, on the day and by whom
// it was decided. The other ends left no page, and so no item that is public.
// Repeating it changes nothing. Public: the end names the item that replaced
// it, of whatever unit.
func (s *Service) ArriveEnds(ctx context.Context, tx *db.Tx, scope authz.Scope, list []End) (int, error) {
	taken := 0
	for _, e := range list {
		if !e.Kind.Stays() {
			continue
		}
		it, err := s.ItemTx(ctx, tx, scope, e.Item)
		if fault.Is(err, fault.NotFound) {
			continue // it was not taken
		}
		if err != nil {
			return taken, err
		}
		known, err := db.One(ctx, tx, db.Value[int], `SELECT (SELECT count(*) FROM item_end WHERE item_id = $1 AND kind = $2) + CASE WHEN $3 = '' OR EXISTS (SELECT 1 FROM item WHERE id = $3) THEN 0 ELSE 1 END`, e.Item, e.Kind, e.Target)
		if err != nil {
			return taken, err
		}
		if known > 0 || e.Kind.aims() == (e.Target == "") || e.Target == e.Item || it.FirstPublishedAt.IsZero() {
			continue // it ended here by itself, or what replaced it did not come
		}
		if e.Kind == EndArchived {
			if _, err := tx.Exec(ctx, `UPDATE item_placement SET state = 'withdrawn', top = 0, ended_at = $2, archived_at = $2 WHERE item_id = $1 AND state = 'live'`, e.Item, e.At); err != nil {
				return taken, err
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO item_end (id, item_id, kind, class, target_id, reason, person_id, person_name, at) VALUES ($1, $2, $3, '', $4, $5, '', $6, $7)`,
			ulid.Make().String(), e.Item, e.Kind, db.Null(e.Target), manyLines(e.Reason), oneLine(e.PersonName), e.At); err != nil {
			return taken, fmt.Errorf("library: arrive: %w", err)
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "library.item.end_arrive", Basis: "第十九条（三）", Target: it.Target(), After: map[string]any{"kind": e.Kind, "target": e.Target, "reason": e.Reason, "at": e.At}}); err != nil {
			return taken, err
		}
		if err := s.tell(ctx, tx, e.Item, false); err != nil {
			return taken, err
		}
		taken++
	}
	return taken, nil
}
