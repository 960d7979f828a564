package library

import (
	"context"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Adoption is how a public item shall stand in a column (采用).
type Adoption struct {
	Item   ItemID
	Column registry.ColumnID
	Title  string    // instead of the item's own
	Top    int       // above 0: pinned
	At     time.Time // not before; zero for at once
}

func (a *Adoption) tidy(now time.Time) error {
	a.Title, a.Top = oneLine(a.Title), min(max(a.Top, 0), 9)
	var f fault.Fields
	f.Check(len([]rune(a.Title)) <= 200, "title", "显示标题不能超过 200 字，请压缩")
	f.Check(a.Column != "", "column", "请选择栏目")
	f.Check(a.At.Before(now.AddDate(2, 0, 0)), "publish_at", "定时发布不能晚于两年以后，请核对年份")
	if !a.At.After(now) {
		a.At = time.Time{}
	}
	return f.Err()
}

// Adopt shows a public item, of whatever unit, in a column in scope. The item
// has passed its review: it is live at once or at its time. The share
// attribute is respected; of a conditional share the owner is asked first
// (AskShare). On an item that stands there already, title and pin are changed.
func (s *Service) Adopt(ctx context.Context, scope authz.Scope, a Adoption) (Placement, error) {
	var p Placement
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		p, err = s.AdoptTx(ctx, tx, scope, a)
		return err
	})
	return p, err
}

// AdoptTx is Adopt in the transaction of a greater act.
func (s *Service) AdoptTx(ctx context.Context, tx *db.Tx, scope authz.Scope, a Adoption) (Placement, error) {
	if err := a.tidy(tx.Now()); err != nil {
		return Placement{}, err
	}
	it, c, site, err := s.adoptable(ctx, tx, scope, a)
	if err != nil {
		return Placement{}, err
	}
	if err := s.mayShare(ctx, tx, it, site); err != nil {
		return Placement{}, err
	}
	return s.show(ctx, tx, it, c, a)
}

// adoptable is the public item and the column in scope, on a site that is
// published here.
func (s *Service) adoptable(ctx context.Context, tx *db.Tx, scope authz.Scope, a Adoption) (Item, registry.Column, registry.Site, error) {
	it, _, err := s.LiveItem(ctx, tx, a.Item)
	if err != nil {
		return Item{}, registry.Column{}, registry.Site{}, err
	}
	c, err := s.registry.Column(ctx, tx, scope, a.Column)
	if err != nil {
		return Item{}, registry.Column{}, registry.Site{}, err
	}
	if !c.ClosedAt.IsZero() {
		return Item{}, registry.Column{}, registry.Site{}, fault.Newf(fault.Conflict, "栏目“%s”已经停用。", c.Name).On("column", "请选择在用的栏目")
	}
	site, err := s.registry.SiteTx(ctx, tx, scope, c.Site)
	if err == nil && !site.Hosted {
		err = fault.Newf(fault.Conflict, "“%s”不在本平台发布，不能直接采用；请在该站转载后登记网址。", site.Name).On("column", "请选择本平台网站的栏目")
	}
	return it, c, site, err
}

// show makes the placement.
func (s *Service) show(ctx context.Context, tx *db.Tx, it Item, c registry.Column, a Adoption) (Placement, error) {
	state, shown := Shown, it.PublishedAt
	var live, at any = tx.Now(), nil
	if !a.At.IsZero() {
		state, live, at = Scheduled, nil, a.At
	}
	before, err := db.One(ctx, tx, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.column_id = $2`, it.ID, c.ID)
	if err != nil && !db.None(err) {
		return Placement{}, err
	}
	switch {
	case err == nil && before.State == Shown:
		if !a.At.IsZero() {
			return Placement{}, fault.Newf(fault.Conflict, "这篇稿件已在“%s”上线，不能再改为定时发布。", c.Name).On("publish_at", "请留空；要改时间请先撤下")
		}
		if _, err := tx.Exec(ctx, `UPDATE item_placement SET title = $2, top = $3 WHERE id = $1`, before.ID, a.Title, a.Top); err != nil {
			return Placement{}, err
		}
	default:
		if _, err := tx.Exec(ctx, `
			INSERT INTO item_placement (id, item_id, site_id, column_id, title, top, publish_at, state, shown_at, live_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (item_id, column_id) DO UPDATE SET title = excluded.title, top = excluded.top, publish_at = excluded.publish_at, state = excluded.state, shown_at = excluded.shown_at, live_at = excluded.live_at, ended_at = NULL`,
			ulid.Make().String(), it.ID, c.Site, c.ID, a.Title, a.Top, at, state, shown, live, tx.Now()); err != nil {
			return Placement{}, fmt.Errorf("library: adopt: %w", err)
		}
	}
	p, err := db.One(ctx, tx, scanPlacement, placementSelect+` WHERE p.item_id = $1 AND p.column_id = $2`, it.ID, c.ID)
	if err != nil {
		return Placement{}, err
	}
	if state == Scheduled {
		if err := jobs.Enqueue(ctx, tx, PlacementsDue{it.ID}, jobs.At(a.At)); err != nil {
			return Placement{}, err
		}
	}
	if err := s.placed(ctx, tx, it, "library.placement.adopt", p); err != nil {
		return Placement{}, err
	}
	if state == Scheduled {
		return p, nil
	}
	return p, s.tellOf(ctx, tx, it.ID, []Placement{p}, false)
}

// FanOut is everywhere an item stands: what a change of it would reach.
type FanOut struct {
	Sites, Columns, Units int // where it is live
	Waiting               int // columns where it is planned or scheduled
	// Places are the first mostPlaces of them, live ones first.
	Places []FanPlace
}

// FanPlace is one column of a FanOut with who keeps the site.
type FanPlace struct {
	Placement
	UnitName string
	Own      bool // on a site of the item's own unit
}

// mostPlaces of a fan-out are named; the numbers count all.
const mostPlaces = 200

// Says is the fan-out in a sentence.
func (f FanOut) Says() string {
	if f.Columns == 0 {
		return "现在没有栏目显示这篇稿件。"
	}
	return fmt.Sprintf("现在有 %d 个单位的 %d 个网站、%d 个栏目显示这篇稿件。", f.Units, f.Sites, f.Columns)
}

// FanOut counts and lists where an item stands. Whoever sees the item, as its
// own unit in scope or because it is public, may see who else shows it.
func (s *Service) FanOut(ctx context.Context, session *authz.Session, scope authz.Scope, id ItemID) (FanOut, error) {
	if _, err := s.Item(ctx, scope, id); err != nil {
		if !fault.Is(err, fault.NotFound) {
			return FanOut{}, err
		}
		if _, err := s.PublicItem(ctx, session, id); err != nil {
			return FanOut{}, err
		}
	}
	return s.fanOut(ctx, s.db, id)
}

func (s *Service) fanOut(ctx context.Context, q db.Querier, id ItemID) (FanOut, error) {
	f, err := db.One(ctx, q, func(r db.Scanner) (FanOut, error) {
		var f FanOut
		return f, r.Scan(&f.Columns, &f.Sites, &f.Units, &f.Waiting)
	}, `SELECT COALESCE(SUM(CASE WHEN p.state = 'live' THEN 1 ELSE 0 END), 0), COUNT(DISTINCT CASE WHEN p.state = 'live' THEN p.site_id END),
	           COUNT(DISTINCT CASE WHEN p.state = 'live' THEN st.unit_id END), COALESCE(SUM(CASE WHEN p.state IN ('planned', 'scheduled') THEN 1 ELSE 0 END), 0)
	      FROM item_placement p JOIN site st ON st.id = p.site_id WHERE p.item_id = $1`, id)
	if err != nil {
		return f, err
	}
	f.Places, err = db.All(ctx, q, func(r db.Scanner) (FanPlace, error) {
		var p FanPlace
		return p, r.Scan(append(p.Placement.fields(), &p.UnitName, &p.Own)...)
	}, `SELECT `+placementFields+`, pu.name, ps.unit_id = pi.unit_id FROM `+placementFrom+` JOIN unit pu ON pu.id = ps.unit_id JOIN item pi ON pi.id = p.item_id
	     WHERE p.item_id = $1 AND p.state <> 'withdrawn' ORDER BY CASE p.state WHEN 'live' THEN 0 WHEN 'scheduled' THEN 1 ELSE 2 END, pu.area_path, ps.name, pc.position, p.id LIMIT $2`, id, mostPlaces)
	return f, err
}

// tellAdopters tells every unit that shows, or has scheduled, another unit's
// item what became of it: in the transaction, before placements end.
func (s *Service) tellAdopters(ctx context.Context, tx *db.Tx, it Item, key, title, body string, urgent bool) error {
	type adopter struct {
		unit    org.UnitID
		columns string
		first   registry.ColumnID
	}
	list, err := db.All(ctx, tx, func(r db.Scanner) (adopter, error) {
		var a adopter
		return a, r.Scan(&a.unit, &a.columns, &a.first)
	}, `SELECT st.unit_id, st.name || ' / ' || c.name, c.id FROM item_placement p JOIN site st ON st.id = p.site_id JOIN site_column c ON c.id = p.column_id
	     WHERE p.item_id = $1 AND p.state IN ('live', 'scheduled') AND st.unit_id <> $2 ORDER BY st.unit_id, st.name, c.position, c.id`, it.ID, it.Unit)
	if err != nil || len(list) == 0 {
		return err
	}
	told := map[org.UnitID]int{}
	var messages []notify.Message
	for _, a := range list {
		if n, ok := told[a.unit]; ok {
			messages[n].Body += "、" + a.columns
			continue
		}
		told[a.unit] = len(messages)
		messages = append(messages, notify.Message{Key: "item:" + string(it.ID) + ":" + key + ":" + string(a.unit), Unit: string(a.unit), Title: title + "：" + it.Title,
			Body: it.UnitName + body + "涉及本单位栏目：" + a.columns, Link: "/console/columns/" + string(a.first), Urgent: urgent})
	}
	return notify.SendAll(ctx, tx, messages)
}
