package inspection

import (
	"context"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/registry"
)

// Refusal is a site that answers and will not let our probe in (401, 403, 405, 412, 429,
// 451, 521): whether its visitors can open it could not be tested.
type Refusal struct {
	Site   registry.SiteID
	Since  time.Time
	Last   time.Time
	Status int
}

const (
	// refusedLong is how long a refusal lasts before people are told: it may be a
	// passing limit.
	refusedLong = 24 * time.Hour
	// refusedLately is how old the last refusal may be and still stand.
	refusedLately = 2 * time.Hour
)

// Lasts reports whether people have to see to it: the site still refuses, and has
// for a day.
func (r Refusal) Lasts(now time.Time) bool {
	return !r.Since.IsZero() && now.Sub(r.Last) <= refusedLately && r.Last.Sub(r.Since) >= refusedLong
}

// refusals are those on record.
func (s *Service) refusals(ctx context.Context) (map[registry.SiteID]Refusal, error) {
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (Refusal, error) {
		var x Refusal
		err := r.Scan(&x.Site, &x.Since, &x.Last, &x.Status)
		return x, err
	}, `SELECT site_id, since, last_at, status FROM probe_refusal`)
	out := make(map[registry.SiteID]Refusal, len(rows))
	for _, r := range rows {
		out[r.Site] = r
	}
	return out, err
}

// noteRefusals keeps which sites of a round refused us, and forgets those that let
// us in. One that was not refused for a while begins anew.
func (s *Service) noteRefusals(ctx context.Context, round []probed) error {
	known, err := s.refusals(ctx)
	if err != nil {
		return err
	}
	var changed []probed
	for _, p := range round {
		if _, ok := known[p.site]; p.res.Refused || ok && p.res.OK {
			changed = append(changed, p)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		for _, p := range changed {
			if !p.res.Refused {
				if _, err := tx.Quiet(ctx, `DELETE FROM probe_refusal WHERE site_id = $1`, p.site); err != nil {
					return err
				}
				continue
			}
			if _, err := tx.Quiet(ctx, `INSERT INTO probe_refusal (site_id, since, last_at, status) VALUES ($1, $2, $2, $3)
				ON CONFLICT (site_id) DO UPDATE SET since = CASE WHEN probe_refusal.last_at < $4 THEN excluded.since ELSE probe_refusal.since END, last_at = excluded.last_at, status = excluded.status`,
				p.site, tx.Now(), p.res.Status, tx.Now().Add(-refusedLately)); err != nil {
				return err
			}
		}
		return nil
	})
}
