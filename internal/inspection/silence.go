package inspection

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// Silence is an outage that has not ended.
type Silence struct {
	Site   registry.SiteID
	Since  time.Time   // first probe that failed
	Last   time.Time   // last one
	Probes int         // in between, all failed
	Kind   egress.Kind // of the last failure that was counted
}

// failing are the instants at which a site failed since it last opened, oldest
// first. Where the others answer by files alone, what this system saw and nobody
// could confirm yet is among them: an alarm cannot wait a day. It is counted
// (V-W-2) when a file confirms it, and gone from here when a file denies it.
func (s *Service) failing(ctx context.Context, site registry.SiteID, could voting) ([]time.Time, error) {
	const since = `COALESCE((SELECT max(at) FROM probe WHERE site_id = $1 AND ok), $2)`
	never := time.Unix(0, 0).UTC()
	out, err := db.All(ctx, s.probes, db.Value[time.Time], `SELECT at FROM probe WHERE site_id = $1 AND at > `+since+` ORDER BY at`, site, never)
	if err != nil || !could.alone() || could.byFile == 0 {
		return out, err
	}
	unconfirmed, err := db.All(ctx, s.probes, db.Value[time.Time], `SELECT slot FROM probe_vote WHERE site_id = $1 AND slot > `+since+` AND slot >= $3 AND vantage_id = 'own' AND verdict = 'alone' ORDER BY slot`,
		site, never, s.db.Now().Add(-graceByFile))
	out = append(out, unconfirmed...)
	slices.SortFunc(out, time.Time.Compare)
	return out, err
}

// quiet are the sites that may be in an outage at least so long: looked at lately,
// and not seen to open since.
func (s *Service) quiet(ctx context.Context, could voting, least time.Duration) ([]registry.SiteID, error) {
	lately, since := s.db.Now().Add(-2*time.Hour), s.db.Now().Add(-least)
	ids, err := db.All(ctx, s.probes, db.Value[registry.SiteID], `
		SELECT site_id FROM probe_day GROUP BY site_id
		HAVING max(last_at) >= $1 AND (max(last_ok_at) IS NULL OR max(last_ok_at) <= $2) ORDER BY site_id`, lately, since)
	if err != nil || !could.alone() || could.byFile == 0 {
		return ids, err
	}
	more, err := db.All(ctx, s.probes, db.Value[registry.SiteID], `
		SELECT DISTINCT v.site_id FROM probe_vote v
		 WHERE v.verdict = 'alone' AND v.slot >= $1 AND NOT EXISTS (SELECT 1 FROM probe_day d WHERE d.site_id = v.site_id AND d.last_ok_at > $2)`, lately, since)
	ids = append(ids, more...)
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// Silences are the monitored, running sites in scope of which every probe has
// failed for at least the time given, and of which we kept asking: a gap of our
// own proves nothing.
func (s *Service) Silences(ctx context.Context, scope authz.Scope, least time.Duration) ([]Silence, error) {
	could, err := s.voters(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := s.quiet(ctx, could, least)
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
		rows, err := s.failing(ctx, id, could)
		if err != nil {
			return nil, err
		}
		if len(rows) == 0 {
			continue
		}
		x := Silence{Site: id, Since: rows[0], Last: rows[len(rows)-1], Probes: len(rows)}
		// At least one answer in every hour of the outage, on average.
		if length := x.Last.Sub(x.Since); length >= least && x.Probes >= int(length/time.Hour) {
			kind, err := db.One(ctx, s.probes, db.Value[string], `SELECT kind FROM probe WHERE site_id = $1 AND NOT ok ORDER BY at DESC LIMIT 1`, id)
			if err != nil && !db.None(err) { // none is counted yet where only files could confirm it
				return nil, err
			}
			x.Kind = egress.Kind(kind)
			out = append(out, x)
		}
	}
	return out, nil
}
