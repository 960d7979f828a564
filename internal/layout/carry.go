package layout

import (
	"context"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Carried is how the pages of a site are composed, for a template or an archive
// of the site: columns stand by their short names, which they keep elsewhere.
type Carried struct {
	Home   []Block        `json:"home,omitempty"` // nil: as every site of its kind begins
	Topics []CarriedTopic `json:"topics,omitempty"`
}

// CarriedTopic is a topic with its composition.
type CarriedTopic struct {
	Slug   string        `json:"slug"`
	Title  string        `json:"title"`
	Intro  string        `json:"intro"`
	EndsOn calendar.Date `json:"ends_on"`
	State  string        `json:"state"`
	Owner  string        `json:"owner"` // name
	Blocks []Block       `json:"blocks"`
}

// Carry is what readers see of a site's compositions. A template takes the home
// page without what was picked by hand; an archive takes all.
func (s *Service) Carry(ctx context.Context, q db.Querier, scope authz.Scope, id registry.SiteID, whole bool) (Carried, error) {
	var out Carried
	b, err := s.board(ctx, q, scope, BoardID(id))
	if err != nil {
		return out, err
	}
	slug := map[registry.ColumnID]registry.ColumnID{}
	for _, c := range b.Columns {
		slug[c.ID] = registry.ColumnID(c.Slug)
	}
	carried := func(list []Block) []Block {
		out := []Block{}
		for _, o := range list {
			o.Columns = renamed(o.Columns, slug)
			if !whole && len(o.Items) > 0 {
				continue
			}
			out = append(out, o)
		}
		return out
	}
	if b.LiveNo > 0 {
		out.Home = carried(b.Live)
	}
	if !whole {
		return out, nil
	}
	topics, err := s.LiveTopics(ctx, q, id, b.Columns)
	for _, t := range topics {
		out.Topics = append(out.Topics, CarriedTopic{t.Slug, t.Title, t.Intro, t.EndsOn, t.State, t.OwnerName, carried(t.Blocks)})
	}
	return out, err
}

// renamed are the columns that have another name in to.
func renamed(list []registry.ColumnID, to map[registry.ColumnID]registry.ColumnID) []registry.ColumnID {
	var out []registry.ColumnID
	for _, c := range list {
		if n := to[c]; n != "" {
			out = append(out, n)
		}
	}
	return out
}

// Adopt gives a site the compositions that a template or an archive carries, in
// the transaction of that act. What cannot stand here (a column or an item that
// is not there) is left out; what would then not be published is kept as a
// draft, for people to decide. A topic that ran goes on under the owner until its
// day. A site that was composed here before stays as it is.
func (s *Service) Adopt(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, c Carried, owner org.PersonID, note string) error {
	b, err := s.board(ctx, tx, scope, BoardID(id))
	if err != nil {
		return err
	}
	column := map[registry.ColumnID]registry.ColumnID{}
	for _, k := range b.Columns {
		column[registry.ColumnID(k.Slug)] = k.ID
	}
	if len(c.Home) > 0 && b.LiveNo == 0 && !b.Changed {
		if b.Blocks, err = s.here(ctx, tx, scope, c.Home, column); err != nil {
			return err
		}
		if refuse(s.Review(b)) == nil {
			err = s.release(ctx, tx, &b, b.Blocks, note, "layout.adopt")
		} else {
			err = s.draft(ctx, tx, &b)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range c.Topics {
		if t.State != TopicRunning || t.EndsOn.Before(s.today()) || owner == "" {
			continue // an archived page comes back with the pages of the archive
		}
		if err := s.adoptTopic(ctx, tx, scope, b.Site, t, owner, column, note); err != nil {
			return err
		}
	}
	return nil
}

// draft keeps the board's blocks as its draft.
func (s *Service) draft(ctx context.Context, tx *db.Tx, b *Board) error {
	kept, err := encode(b.Blocks)
	if err != nil {
		return err
	}
	return s.keepDraft(ctx, tx, b, kept)
}

func (s *Service) adoptTopic(ctx context.Context, tx *db.Tx, scope authz.Scope, site registry.Site, c CarriedTopic, owner org.PersonID, column map[registry.ColumnID]registry.ColumnID, note string) error {
	n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM topic WHERE site_id = $1 AND slug = $2`, site.ID, c.Slug)
	if err != nil || n > 0 {
		return err
	}
	t := Topic{Site: site.ID, Slug: c.Slug, Title: c.Title, Intro: c.Intro, EndsOn: c.EndsOn, Owner: owner}
	if err := s.checkTopic(ctx, tx, scope, &t, Topic{}); err != nil {
		return err
	}
	if t, err = s.plan(ctx, tx, site, t); err != nil {
		return err
	}
	b, err := s.board(ctx, tx, scope, BoardID(t.ID))
	if err != nil {
		return err
	}
	if b.Blocks, err = s.here(ctx, tx, scope, c.Blocks, column); err != nil || len(b.Blocks) == 0 {
		return err
	}
	if refuse(s.Review(b)) != nil {
		return s.draft(ctx, tx, &b)
	}
	if err := s.release(ctx, tx, &b, b.Blocks, note, "layout.adopt"); err != nil {
		return err
	}
	return s.start(ctx, tx, t)
}

// here are the blocks with what stands in this house.
func (s *Service) here(ctx context.Context, q db.Querier, scope authz.Scope, list []Block, column map[registry.ColumnID]registry.ColumnID) ([]Block, error) {
	var out []Block
	for _, o := range list {
		spec, ok := SpecOf(o.Kind)
		if !ok {
			continue // of a later version
		}
		o.Columns = renamed(o.Columns, column)
		items := slices.Clone(o.Items)
		o.Items = nil
		for _, i := range items {
			switch _, err := s.Library.ItemTx(ctx, q, scope, i); {
			case err == nil:
				o.Items = append(o.Items, i)
			case !fault.Is(err, fault.NotFound):
				return nil, err
			}
		}
		if len(o.Columns) < spec.MinColumns || len(items) > 0 && len(o.Items) == 0 {
			continue
		}
		out = append(out, o)
	}
	return out, nil
}
