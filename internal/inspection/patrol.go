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
	whole, err := s.patrolled(ctx, "", s.db.Now().Add(-s.set.Every))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, site := range sites {
		if r, ok := last[site.ID]; ok && r.UnderWay() || s.patrolAt(whole[site.ID], r, late[r.ID]).After(s.db.Now()) {
			continue
		}
		if _, err := s.queue(ctx, scope, site.ID, Patrol); err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Refused) {
			return n, err
		}
		n++
	}
	return n, nil
}

// patrolAt is when the next patrol of a site comes, of when it was last looked at whole
// (zero: not lately) and of its last run, after one that came to nothing soon.
func (s *Service) patrolAt(whole time.Time, last Run, late bool) time.Time {
	var at time.Time
	if !whole.IsZero() {
		at = whole.Add(s.set.Every)
	}
	nothing := last.State == RunFailed && !late || last.State == RunDone && last.Pages == 0
	if again := last.AskedAt.Add(min(tryAgain, s.set.Every)); nothing && again.After(at) {
		at = again
	}
	return at
}

// NextPatrol is from when on a site in scope is looked at next by the clock: now where
// that is due; ok is false where it is being looked at, or is not looked at at all.
func (s *Service) NextPatrol(ctx context.Context, scope authz.Scope, id registry.SiteID) (at time.Time, ok bool, err error) {
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil || !site.Monitored || site.Host == "" || !site.Live() {
		return at, false, err
	}
	runs, err := s.Runs(ctx, scope, id, 1)
	if err != nil {
		return at, false, err
	}
	var last Run
	if len(runs) > 0 {
		last = runs[0]
	}
	if last.UnderWay() {
		return at, false, nil
	}
	whole, err := s.patrolled(ctx, id, s.db.Now().Add(-s.set.Every))
	if err != nil {
		return at, false, err
	}
	if at = s.patrolAt(whole[id], last, false); at.Before(s.db.Now()) {
		at = s.db.Now()
	}
	return at, true, nil
}

// patrolled are the sites, or the one, that were looked at whole and to the end since
// an instant, with when last: a plan of a few checks, a run that failed, or one that
// got no page to read is no patrol of the day.
func (s *Service) patrolled(ctx context.Context, site registry.SiteID, since time.Time) (map[registry.SiteID]time.Time, error) {
	type row struct {
		site registry.SiteID
		spec string
		at   time.Time
	}
	var w db.Where
	w.And("state = 'done' AND pages > 0 AND asked_at > ?", since)
	if site != "" {
		w.And("site_id = ?", site)
	}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.site, &x.spec, &x.at)
		return x, err
	}, `SELECT site_id, spec, asked_at FROM inspection_run WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, err
	}
	out := make(map[registry.SiteID]time.Time, len(rows))
	for _, x := range rows {
		var spec Spec
		if err := json.Unmarshal([]byte(x.spec), &spec); err != nil {
			return nil, fmt.Errorf("inspection: spec of a run over %s: %w", x.site, err)
		}
		if spec.whole(s.set.MaxPages) && x.at.After(out[x.site]) {
			out[x.site] = x.at
		}
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
