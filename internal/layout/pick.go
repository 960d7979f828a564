package layout

import (
	"context"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
)

// Pickable are the items that were picked, in their order, and public ones in
// scope that a text finds.
func (s *Service) Pickable(ctx context.Context, scope authz.Scope, text string, picked []library.ItemID) ([]library.Item, error) {
	var out []library.Item
	for _, id := range picked[:min(len(picked), 30)] {
		it, _, err := s.Library.LiveItem(ctx, s.DB, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	if text == "" {
		return out, nil
	}
	list, _, err := s.Library.Items(ctx, scope, library.Filter{Text: text, State: "live", Limit: 10})
	for _, it := range list {
		if !slices.ContainsFunc(out, func(o library.Item) bool { return o.ID == it.ID }) {
			out = append(out, it)
		}
	}
	return out, err
}
