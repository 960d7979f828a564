package inspection

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// mostStand is how many addresses a run is told of.
const mostStand = 500

// standAt are the addresses that findings of a site stand at which a run may close:
// pages, and files that lie there by themselves. Where there are too many, each day
// draws others.
func (s *Service) standAt(ctx context.Context, site registry.SiteID) ([]string, error) {
	list, err := db.All(ctx, s.db, func(r db.Scanner) ([]string, error) {
		var f engine.Spot
		var also string
		if err := r.Scan(&f.Check, &f.URL, &f.Where, &also); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(also), &f.Also); err != nil {
			return nil, fmt.Errorf("inspection: pages of a finding: %w", err)
		}
		return f.StandsAt(), nil
	}, `SELECT check_id, page_url, place, also FROM finding WHERE site_id = $1 AND state IN ('open', 'disputed') ORDER BY id`, site)
	if err != nil {
		return nil, err
	}
	day := calendar.DateOf(s.db.Now()).String()
	all := slices.Concat(list...)
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(cmp.Compare(engine.DrawLot(day, a), engine.DrawLot(day, b)), strings.Compare(a, b))
	})
	all = slices.Compact(all)
	return all[:min(mostStand, len(all))], nil
}
