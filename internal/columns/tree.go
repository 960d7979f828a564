package columns

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Changed columns are drawn anew: whoever draws the site registers here, and
// whatever else refers to a column that goes into another.
type (
	// Redraw asks for the site's pages.
	Redraw func(ctx context.Context, tx *db.Tx, site registry.SiteID) error
	// Follow carries what refers to a column over to the one it went into, "" for
	// none.
	Follow func(ctx context.Context, tx *db.Tx, from, to registry.ColumnID) error
	// Counts says how much of a module refers to a column, in words; "" for none.
	Counts func(ctx context.Context, q db.Querier, column registry.ColumnID) (string, error)
)

// OnTree registers who draws a site whose tree changed.
func (s *Service) OnTree(f Redraw) { s.redraw = append(s.redraw, f) }

// OnClose registers what refers to columns.
func (s *Service) OnClose(count Counts, follow Follow) {
	if count != nil {
		s.counts = append(s.counts, count)
	}
	if follow != nil {
		s.follow = append(s.follow, follow)
	}
}

// Node is a column in the tree of its site.
type Node struct {
	registry.Column
	Depth    int // from 0
	Live     int // items
	Runs     bool
	Forecast Forecast // when Runs
}

// Tree is the columns of a site in scope, each below its parent, and the mark
// under which a move is asked for.
func (s *Service) Tree(ctx context.Context, scope authz.Scope, site registry.SiteID) (registry.Site, []Node, string, error) {
	st, err := s.registry.Site(ctx, scope, site)
	if err != nil {
		return st, nil, "", err
	}
	list, err := s.registry.Columns(ctx, s.db, scope, site)
	if err != nil {
		return st, nil, "", err
	}
	due, _, err := s.Forecasts(ctx, scope, ForecastFilter{Site: site, Limit: registry.MaxColumns})
	if err != nil {
		return st, nil, "", err
	}
	clock := map[registry.ColumnID]Forecast{}
	for _, f := range due {
		clock[f.Column] = f
	}
	ordered, depth := registry.Ordered(list)
	out := make([]Node, len(ordered))
	for i, c := range ordered {
		out[i] = Node{Column: c, Depth: depth[i]}
		out[i].Forecast, out[i].Runs = clock[c.ID]
	}
	return st, out, registry.TreeRev(list), nil
}

// People who may answer for a column of a site: those of its sponsor.
func (s *Service) People(ctx context.Context, scope authz.Scope, site registry.Site) ([]org.Person, error) {
	return s.org.People(ctx, s.db, scope, site.Unit)
}

// Units that may guarantee a column of a site: those in scope below its
// sponsor's place, the sponsor first.
func (s *Service) Units(ctx context.Context, scope authz.Scope, site registry.Site) ([]org.Unit, error) {
	own, err := s.org.UnitTx(ctx, s.db, scope, site.Unit)
	if err != nil {
		return nil, err
	}
	list, _, err := s.org.Units(ctx, scope, org.UnitFilter{Under: own.Area, Limit: 200})
	out := []org.Unit{own}
	for _, u := range list {
		if u.ID != own.ID {
			out = append(out, u)
		}
	}
	return out, err
}

// Add opens a column.
func (s *Service) Add(ctx context.Context, scope authz.Scope, c registry.Column) (registry.Column, error) {
	var made registry.Column
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if made, err = s.registry.AddColumn(ctx, tx, scope, c); err != nil {
			return err
		}
		return s.drawn(ctx, tx, c.Site)
	})
	return made, err
}

func (s *Service) drawn(ctx context.Context, tx *db.Tx, site registry.SiteID) error {
	for _, f := range s.redraw {
		if err := f(ctx, tx, site); err != nil {
			return err
		}
	}
	return nil
}

// Move moves a column in the tree.
func (s *Service) Move(ctx context.Context, scope authz.Scope, id registry.ColumnID, step registry.Step, to registry.ColumnID, rev string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.registry.Column(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := s.registry.MoveColumn(ctx, tx, scope, id, step, to, rev); err != nil {
			return err
		}
		return s.drawn(ctx, tx, c.Site)
	})
}

// Edit changes a column's card. Who only answers for it changes what it says of
// itself; the rest is kept as it is.
func (s *Service) Edit(ctx context.Context, scope, manage authz.Scope, session *authz.Session, id registry.ColumnID, e registry.ColumnEdit) (registry.Column, error) {
	var now registry.Column
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		c, err := s.registry.Column(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		_, err = s.registry.Column(ctx, tx, manage, id)
		switch {
		case fault.Is(err, fault.NotFound) && c.MayEditCard(session):
			now, err = s.registry.DescribeColumn(ctx, tx, scope, id, e.Rev, e.Description, e.Keywords)
		case fault.Is(err, fault.NotFound):
			return fault.New(fault.Refused, "栏目卡片由栏目责任人、AB 岗和管理栏目的人员修改，请联系他们。")
		case err == nil:
			now, err = s.registry.EditColumn(ctx, tx, manage, id, e)
		}
		if err != nil {
			return err
		}
		if now.CycleDays != c.CycleDays {
			if err := s.library.RecountCycle(ctx, tx, scope, id); err != nil {
				return err
			}
		}
		if now.Name == c.Name && now.Description == c.Description && now.Keywords == c.Keywords && now.Type == c.Type {
			return nil // nothing a reader sees
		}
		return s.drawn(ctx, tx, c.Site)
	})
	return now, err
}

// Impact is what closing a column touches, shown before the act.
type Impact struct {
	library.Content
	Below         int // columns below it, which go up a level
	Subscriptions int
	Clock         bool     // an update clock runs
	Pages         int      // of the column: lists, feed
	Others        []string // in words: 首页版块 2 个
}

// Impact of closing a column in scope and moving its content into another.
func (s *Service) Impact(ctx context.Context, scope authz.Scope, id, into registry.ColumnID) (Impact, error) {
	c, err := s.registry.Column(ctx, s.db, scope, id)
	if err != nil {
		return Impact{}, err
	}
	var m Impact
	if m.Content, err = s.library.ContentOf(ctx, s.db, scope, id, into); err != nil {
		return m, err
	}
	if m.Below, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM site_column WHERE parent_id = $1 AND closed_at IS NULL`, id); err != nil {
		return m, err
	}
	if m.Subscriptions, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM column_subscription WHERE column_id = $1 AND ended_at IS NULL`, id); err != nil {
		return m, err
	}
	if _, m.Clock, err = s.Forecast(ctx, scope, id); err != nil {
		return m, err
	}
	if site, err := s.registry.SiteTx(ctx, s.db, scope, c.Site); err != nil {
		return m, err
	} else if site.Hosted {
		m.Pages = 3 + max(0, m.Live/20-1)
	}
	for _, f := range s.counts {
		says, err := f(ctx, s.db, id)
		if err != nil {
			return m, err
		}
		if says != "" {
			m.Others = append(m.Others, says)
		}
	}
	return m, nil
}

// Close closes a column; what stands in it moves into another, whose address
// answers for the old one from then on. An empty column may close by itself.
func (s *Service) Close(ctx context.Context, scope authz.Scope, id, into registry.ColumnID, why string) (registry.Column, Impact, error) {
	before, err := s.Impact(ctx, scope, id, into)
	if err != nil {
		return registry.Column{}, before, err
	}
	var c registry.Column
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if c, err = s.registry.Column(ctx, tx, scope, id); err != nil {
			return err
		}
		if err := s.registry.CloseColumn(ctx, tx, scope, id, into, why); err != nil {
			return err
		}
		if into == "" {
			n, err := s.library.ContentOf(ctx, tx, scope, id, "")
			if err != nil {
				return err
			}
			if n.Live+n.Waiting > 0 {
				return fault.Newf(fault.Refused, "栏目“%s”里还有 %d 篇稿件（其中待发布 %d 篇），不能直接关闭；请选择并入的栏目。", c.Name, n.Live+n.Waiting, n.Waiting).On("into", "请选择并入的栏目")
			}
			if err := s.library.EndCycle(ctx, tx, scope, c, "栏目已关闭："+strings.TrimSpace(why)); err != nil {
				return err
			}
		} else {
			to, err := s.registry.Column(ctx, tx, scope, into)
			if err != nil {
				return err
			}
			if err := s.library.MoveContent(ctx, tx, scope, c, to); err != nil {
				return err
			}
		}
		if err := s.endAsking(ctx, tx, id, into); err != nil {
			return err
		}
		for _, f := range s.follow {
			if err := f(ctx, tx, id, into); err != nil {
				return err
			}
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "columns.close", Basis: basis, Target: audit.Target{Kind: "column", ID: string(id), Name: c.Name, Unit: string(c.Unit)},
			After: map[string]any{"into": into, "live": before.Live, "waiting": before.Waiting, "subscriptions": before.Subscriptions}}); err != nil {
			return err
		}
		return s.drawn(ctx, tx, c.Site)
	})
	return c, before, err
}

// endAsking ends a column's subscriptions, and gives what was laid before it to
// the other.
func (s *Service) endAsking(ctx context.Context, tx *db.Tx, from, to registry.ColumnID) error {
	if _, err := tx.Exec(ctx, `UPDATE column_subscription SET ended_at = $2 WHERE column_id = $1 AND ended_at IS NULL`, from, tx.Now()); err != nil {
		return err
	}
	if to == "" {
		_, err := tx.Exec(ctx, `UPDATE column_proposal SET state = 'declined' WHERE column_id = $1 AND state = 'open'`, from)
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE column_proposal SET column_id = $2 WHERE column_id = $1 AND state = 'open'
		AND NOT EXISTS (SELECT 1 FROM column_proposal o WHERE o.item_id = column_proposal.item_id AND o.column_id = $2)`, from, to)
	return err
}

// Light is the colour of a column's clock.
type Light string

// The lights.
const (
	Green  Light = "green"
	Yellow Light = "yellow"
	Red    Light = "red"
)

// LightNames are the lights in words.
var LightNames = map[Light]string{Green: "绿灯", Yellow: "黄灯", Red: "红灯"}

// Light of a column today: red when its last day is over, yellow when it is
// near (see Soon), green before.
func (f Forecast) Light(today calendar.Date) Light {
	switch f.Level(today) {
	case Late:
		return Red
	case Soon:
		return Yellow
	}
	return Green
}

// StripDays is how far back the strip of a column's updates goes.
const StripDays = 60

// most of a column's newest items that a strip reads: a day further back than
// they reach is shown as its earliest.
const stripMost = 300

// Strips are how many items each column showed on each of the last StripDays
// days, the oldest first and today last. The columns are those of a page of
// Forecasts.
func (s *Service) Strips(ctx context.Context, scope authz.Scope, list []Forecast, today calendar.Date) (map[registry.ColumnID][StripDays]int, error) {
	out := map[registry.ColumnID][StripDays]int{}
	if len(list) == 0 {
		return out, nil
	}
	if scope.Empty() {
		return out, nil
	}
	first := today.AddDays(1 - StripDays)
	var parts []string
	args := []any{first.Start(), stripMost}
	for _, f := range list {
		args = append(args, f.Column)
		n := len(args)
		parts = append(parts, fmt.Sprintf(`SELECT * FROM (SELECT column_id, shown_at FROM item_placement WHERE column_id = $%d AND state = 'live' AND shown_at >= $1 ORDER BY shown_at DESC LIMIT $2) x%d`, n, n))
	}
	type at struct {
		column registry.ColumnID
		shown  time.Time
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (at, error) {
		var a at
		return a, r.Scan(&a.column, &a.shown)
	}, strings.Join(parts, " UNION ALL "), args...)
	if err != nil {
		return nil, err
	}
	for _, a := range rows {
		d := calendar.DateOf(a.shown).Sub(first)
		if d < 0 || d >= StripDays {
			continue
		}
		days := out[a.column]
		days[d]++
		out[a.column] = days
	}
	return out, nil
}

// Lights counts the columns of a filter by light.
func (s *Service) Lights(ctx context.Context, scope authz.Scope, f ForecastFilter, today calendar.Date) (map[Light]int, error) {
	out := map[Light]int{}
	for _, l := range []Light{Red, Yellow, Green} {
		c := f
		c.Light, c.On, c.Limit, c.Offset = l, today, 1, 0
		n, err := s.count(ctx, scope, c)
		if err != nil {
			return nil, err
		}
		out[l] = n
	}
	return out, nil
}
