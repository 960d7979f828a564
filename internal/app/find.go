package app

import (
	"cmp"
	"context"
	"slices"

	"zhengshu/internal/search"
)

// Search asks every published site and returns the best hits, ten at most: a
// hit that covers more of the query stands before one that covers less,
// whichever site it is on.
func (h *House) Search(ctx context.Context, query string) ([]search.Hit, error) {
	const most = 10
	var all []search.Hit
	for _, site := range h.Portal.Sites() {
		found, err := h.Portal.Find(ctx, site.Host, query, most, 0)
		if err != nil {
			return nil, err
		}
		all = append(all, found.Hits...)
	}
	slices.SortStableFunc(all, func(a, b search.Hit) int { return cmp.Compare(b.Score, a.Score) })
	return all[:min(most, len(all))], nil
}
