package assessment

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// forecastDays is how far a forecast looks ahead: the shortest window of the
// indicators is two weeks.
const forecastDays = 14

// Ahead is something that will cost a site unless it is done by its day.
type Ahead struct {
	Says string
	Due  calendar.Due
	Link string
}

// Forecast is what falls due at a unit within two weeks and would stand against
// it: columns and accounts that will be stale, letters that will be late. With a site only
// its columns are told. most bounds it.
func (s *Service) Forecast(ctx context.Context, scope authz.Scope, unit org.UnitID, site registry.SiteID, most int) ([]Ahead, error) {
	f := obligation.Filter{Unit: unit, Kinds: []string{library.ColumnUpdate.ID, letters.ReplyKind.ID, newmedia.PostDue.ID, newmedia.OriginalDue.ID}, Until: s.today().AddDays(forecastDays), Limit: 500}
	var own map[string]bool
	if site != "" {
		f.Kinds = f.Kinds[:1]
		ids, err := db.All(ctx, s.db, db.Value[string], `SELECT id FROM site_column WHERE site_id = $1`, site)
		if err != nil {
			return nil, err
		}
		own = make(map[string]bool, len(ids))
		for _, id := range ids {
			own[id] = true
		}
	}
	list, err := s.obligations.Obligations(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	var out []Ahead
	for _, o := range list {
		if own != nil && !own[o.Subject.ID] || len(out) == most {
			continue
		}
		says := "栏目“" + o.Subject.Name + "”要更新"
		switch o.Kind {
		case letters.ReplyKind.ID:
			says = o.Subject.Name + " 要答复"
		case newmedia.PostDue.ID:
			says = "账号“" + o.Subject.Name + "”要发布新内容"
		case newmedia.OriginalDue.ID:
			says = "账号“" + o.Subject.Name + "”要发布原创内容"
		}
		out = append(out, Ahead{Says: says, Due: o.Due, Link: o.Link})
	}
	return out, nil
}
