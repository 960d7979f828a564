package inspection

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
)

// PatrolDue queues the patrols that have come due and returns how many.
func (s *Service) PatrolDue(ctx context.Context) (int, error) {
	ctx = audit.System(ctx, "inspection.patrol")
	scope := authz.System("inspection.patrol")
	last, err := s.LastRuns(ctx, scope)
	if err != nil {
		return 0, err
	}
	for id, r := range last {
		if r.State != RunQueued || !r.Spec.Remote || !r.Sent.IsZero() || s.set.Exchange.On() || s.db.Now().Sub(r.AskedAt) < unsentAfter {
			continue
		}
		site, err := s.registry.Site(ctx, scope, id)
		if err != nil {
			return 0, err
		}
		if err := s.fail(ctx, site, r.ID, "检查没有发出：与巡检程序的文件交换已停用。请重新发起。"); err != nil {
			return 0, err
		}
		r.State = RunFailed
		last[id] = r
	}
	late, err := s.unanswered(ctx, last)
	if err != nil {
		return 0, err
	}
	sites, err := s.monitored(ctx)
	if err != nil {
		return 0, err
	}
	day, err := s.patrolled(ctx, s.db.Now().Add(-s.set.Every))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, site := range sites {
		r, ok := last[site.ID]
		nothing := r.State == RunFailed && !late[r.ID] || r.State == RunDone && r.Pages == 0
		if day[site.ID] || ok && (r.UnderWay() || nothing && s.db.Now().Sub(r.AskedAt) < min(tryAgain, s.set.Every)) {
			continue
		}
		if _, err := s.queue(ctx, scope, site.ID, Patrol); err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Refused) {
			return n, err
		}
		n++
	}
	return n, nil
}

// patrolled are the sites that were looked at whole and to the end since an
// instant: a plan of a few checks, a run that failed, or one that got no page to read
// is no patrol of the day.
func (s *Service) patrolled(ctx context.Context, since time.Time) (map[registry.SiteID]bool, error) {
	type row struct {
		site registry.SiteID
		spec string
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.site, &x.spec)
		return x, err
	}, `SELECT site_id, spec FROM inspection_run WHERE state = 'done' AND pages > 0 AND asked_at > $1`, since)
	if err != nil {
		return nil, err
	}
	out := make(map[registry.SiteID]bool, len(rows))
	for _, x := range rows {
		var spec Spec
		if err := json.Unmarshal([]byte(x.spec), &spec); err != nil {
			return nil, fmt.Errorf("inspection: spec of a run over %s: %w", x.site, err)
		}
		out[x.site] = out[x.site] || spec.whole(s.set.MaxPages)
	}
	return out, nil
}

// monitored are the sites that may be contacted now.
func (s *Service) monitored(ctx context.Context) ([]registry.Site, error) {
	list, _, err := s.registry.Sites(ctx, authz.System("inspection.monitor"), registry.SiteFilter{Monitored: true, Live: true, Limit: 100_000})
	out := list[:0]
	for _, site := range list {
		if site.Host != "" {
			out = append(out, site)
		}
	}
	return out, err
}
