package layout

import (
	"context"
	"slices"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// LiveHome is the composition readers see of a site's home page; columns are
// its open ones. A column that closed since is where its content went. Public:
// what is published is public.
func (s *Service) LiveHome(ctx context.Context, q db.Querier, site registry.Site, columns []registry.Column) ([]Block, error) {
	blocks, err := db.One(ctx, q, db.Value[string], `SELECT v.blocks FROM layout_board b JOIN layout_version v ON v.board_id = b.id AND v.no = b.live_no WHERE b.id = $1`, site.ID)
	if db.None(err) {
		return Default(site.Kind, columns), nil
	}
	if err != nil {
		return nil, err
	}
	list, err := decode(blocks)
	if err != nil {
		return nil, err
	}
	return s.alive(ctx, q, site.ID, list, columns)
}

// alive puts where closed columns went in their place.
func (s *Service) alive(ctx context.Context, q db.Querier, site registry.SiteID, list []Block, columns []registry.Column) ([]Block, error) {
	open := known(columns)
	missing := func(c registry.ColumnID) bool { _, ok := open[c]; return !ok }
	if !slices.ContainsFunc(list, func(b Block) bool { return slices.ContainsFunc(b.Columns, missing) }) {
		return list, nil
	}
	closed, err := s.Registry.ClosedColumns(ctx, q, site)
	if err != nil {
		return nil, err
	}
	went := map[registry.ColumnID]registry.ColumnID{}
	for _, c := range closed {
		went[c.ID] = c.MergedInto
	}
	for i := range list {
		var out []registry.ColumnID
		for _, c := range list[i].Columns {
			if missing(c) {
				c = went[c]
			}
			if c != "" && !missing(c) && !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		list[i].Columns = out
	}
	return list, nil
}

// LiveTopic is a topic as readers see it.
type LiveTopic struct {
	Topic
	Blocks []Block
}

// mostTopics of a site are drawn.
const mostTopics = 500

// LiveTopics of a site: those that run, what ends first before, and those that
// are archived, newest first. Public: what is published is public.
func (s *Service) LiveTopics(ctx context.Context, q db.Querier, site registry.SiteID, columns []registry.Column) ([]LiveTopic, error) {
	list, err := db.All(ctx, q, scanTopic, topicSelect+` WHERE t.site_id = $1 AND t.state IN ('running', 'archived')
		ORDER BY CASE t.state WHEN 'running' THEN 0 ELSE 1 END, CASE t.state WHEN 'running' THEN t.ends_on END, t.archived_at DESC, t.id LIMIT $2`, site, mostTopics)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	type row struct {
		id     TopicID
		blocks string
	}
	kept, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.id, &v.blocks)
	}, `SELECT b.id, v.blocks FROM layout_board b JOIN layout_version v ON v.board_id = b.id AND v.no = b.live_no WHERE b.site_id = $1 AND b.kind = 'topic'`, site)
	if err != nil {
		return nil, err
	}
	of := map[TopicID][]Block{}
	for _, v := range kept {
		blocks, err := decode(v.blocks)
		if err != nil {
			return nil, err
		}
		if of[v.id], err = s.alive(ctx, q, site, blocks, columns); err != nil {
			return nil, err
		}
	}
	out := make([]LiveTopic, len(list))
	for i, t := range list {
		out[i] = LiveTopic{t, of[t.ID]}
	}
	return out, nil
}

// Hung is one line of a notice bar.
type Hung struct{ Text, Href string }

// LiveBar is what hangs on the notice bar of a site on a day: by law first, then
// what editors hung. While a site is offline only the law speaks. What leads to an
// item's page that readers cannot open does not hang. Public: what hangs is public.
func (s *Service) LiveBar(ctx context.Context, q db.Querier, site registry.SiteID, offline bool, on calendar.Date) ([]Hung, error) {
	law, err := s.lawful(ctx, q, site)
	if err != nil {
		return nil, err
	}
	var out []Hung
	have := map[string]bool{}
	for _, l := range law {
		if !l.Shut {
			out = append(out, Hung{l.Text, l.Href})
			have[l.Href] = true
		}
	}
	if offline {
		return out, nil
	}
	list, err := db.All(ctx, q, scanBar, barSelect+` WHERE n.site_id = $1 AND n.state = 'hung' AND n.starts_on <= $2 AND n.ends_on >= $2 ORDER BY n.position, n.id LIMIT $3`, site, on, mostHung)
	if err == nil {
		err = s.openable(ctx, q, list)
	}
	for _, b := range list {
		if !have[b.Href] && !b.Shut {
			out = append(out, Hung{b.Title, b.Href})
		}
	}
	return out, err
}
