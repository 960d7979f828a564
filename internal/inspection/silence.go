package inspection

import (
	"context"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// Silence is an outage that has not ended.
type Silence struct {
	Site   registry.SiteID
	Since  time.Time // first probe that failed
	Last   time.Time // last one
	Probes int       // in between, all failed
}

// Silences are the monitored, running sites in scope of which every probe has
// failed for at least the time given, and of which we kept asking: a gap of our
// own proves nothing.
func (s *Service) Silences(ctx context.Context, scope authz.Scope, least time.Duration) ([]Silence, error) {
	now := s.db.Now()
	ids, err := db.All(ctx, s.probes, db.Value[registry.SiteID], `
		SELECT site_id FROM probe_day GROUP BY site_id
		HAVING max(last_at) >= $1 AND (max(last_ok_at) IS NULL OR max(last_ok_at) <= $2) ORDER BY site_id`, now.Add(-2*time.Hour), now.Add(-least))
	if err != nil {
		return nil, err
	}
	var out []Silence
	for _, id := range ids {
		site, err := s.registry.Site(ctx, scope, id)
		if fault.Is(err, fault.NotFound) {
			continue // out of scope, or gone from the ledger
		}
		if err != nil {
			return nil, err
		}
		if contactable(site) != nil {
			continue
		}
		x := Silence{Site: id}
		rows, err := db.All(ctx, s.probes, db.Value[time.Time], `SELECT at FROM probe WHERE site_id = $1 AND at > COALESCE((SELECT max(at) FROM probe WHERE site_id = $1 AND ok), $2) ORDER BY at`, id, time.Unix(0, 0).UTC())
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		x.Since, x.Last, x.Probes = rows[0], rows[len(rows)-1], len(rows)
		// At least one answer in every hour of the outage, on average.
		if length := x.Last.Sub(x.Since); length >= least && x.Probes >= int(length/time.Hour) {
			out = append(out, x)
		}
	}
	return out, nil
}
