package inspection

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// Accesses is AccessRate of many sites at once, in as many statements as for
// one: what a quarter is scored with. The sites are those the scope holds of
// the ones asked for; the terms of indicator V-W-2 are the given pack's.
func (s *Service) Accesses(ctx context.Context, scope authz.Scope, sites []registry.SiteID, pack packs.Pack, until calendar.Date, n int) (map[registry.SiteID]Availability, error) {
	held, err := s.sitesIn(ctx, scope)
	if err != nil {
		return nil, err
	}
	in := make(map[registry.SiteID]bool, len(held))
	for _, id := range held {
		in[id] = true
	}
	asked := make(map[registry.SiteID]bool, len(sites))
	var list []registry.SiteID
	for _, id := range sites {
		if in[id] && !asked[id] {
			asked[id] = true
			list = append(list, id)
		}
	}
	days, err := s.daysOf(ctx, list, until.AddDays(-n-farther), until, engine.LimitsOf(pack))
	if err != nil {
		return nil, err
	}
	out := make(map[registry.SiteID]Availability, len(list))
	for id, all := range days {
		out[id] = sum(all, pack, n)
	}
	return out, nil
}

// sitesIn are the sites in scope.
func (s *Service) sitesIn(ctx context.Context, scope authz.Scope) ([]registry.SiteID, error) {
	var w db.Where
	scope.Where(&w, "u")
	return db.All(ctx, s.db, db.Value[registry.SiteID], `SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
}

// daysOf are the days of some sites from one to another, those without probes
// between the others, with what fell into filed windows taken out: the one count
// behind every availability that is shown, found or scored.
func (s *Service) daysOf(ctx context.Context, sites []registry.SiteID, from, to calendar.Date, need check.Limits) (map[registry.SiteID][]Day, error) {
	if len(sites) == 0 {
		return nil, nil
	}
	off, err := s.offlines(ctx, sites)
	if err != nil {
		return nil, err
	}
	type row struct {
		site registry.SiteID
		day  Day
	}
	var p db.Where
	p.And("day >= ? AND day <= ?", from, to)
	if len(sites) <= few {
		cond, args := db.In("site_id", sites)
		p.And(cond, args...)
	}
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (row, error) {
		var x row
		var ms int64
		err := r.Scan(&x.site, &x.day.On, &x.day.Probes, &x.day.Failures, &ms, &x.day.lastAt, &x.day.lastOK)
		x.day.average(ms)
		return x, err
	}, `SELECT site_id, day, probes, failures, took_ms, last_at, last_ok FROM probe_day WHERE `+p.SQL()+` ORDER BY site_id, day`, p.Args()...)
	if err != nil {
		return nil, err
	}
	kept := make(map[registry.SiteID][]Day, len(sites))
	for _, x := range rows {
		kept[x.site] = append(kept[x.site], x.day)
	}
	out := make(map[registry.SiteID][]Day, len(sites))
	for _, id := range sites {
		out[id] = filled(kept[id], from, to)
		if err := s.excuse(ctx, id, out[id], off[id], need); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ProbesCounted says how many days of probes there are in a span, how many
// probes they hold and how many failed: it changes when one of them does. It is
// no fact about anybody's site.
func (s *Service) ProbesCounted(ctx context.Context, from, until calendar.Date) (string, error) {
	return db.One(ctx, s.probes, func(r db.Scanner) (string, error) {
		var days, probes, failures int64
		err := r.Scan(&days, &probes, &failures)
		return fmt.Sprint(days, " ", probes, " ", failures), err
	}, `SELECT count(*), COALESCE(sum(probes), 0), COALESCE(sum(failures), 0) FROM probe_day WHERE day >= $1 AND day <= $2`, from, until)
}

// few is how many names a statement lists one by one; of more, the whole table
// is read.
const few = 50

// offlines are the windows of some sites.
func (s *Service) offlines(ctx context.Context, sites []registry.SiteID) (map[registry.SiteID][]window, error) {
	out := map[registry.SiteID][]window{}
	if s.windows != nil {
		all, err := s.windows(ctx, sites)
		for id, list := range all {
			out[id] = asWindows(list)
		}
		return out, err
	}
	ever, err := db.All(ctx, s.db, db.Value[registry.SiteID], `SELECT DISTINCT object_id FROM passage WHERE kind = $1 AND to_state = $2`, registry.SiteMachine.Kind, registry.TemporarilyOffline)
	if err != nil {
		return nil, err
	}
	for _, id := range ever {
		steps, err := registry.SiteMachine.History(ctx, s.db, string(id))
		if err != nil {
			return nil, err
		}
		for _, st := range steps {
			switch n := len(out[id]); {
			case st.To == registry.TemporarilyOffline:
				out[id] = append(out[id], window{from: st.At})
			case st.From == registry.TemporarilyOffline && n > 0:
				out[id][n-1].to = st.At
			}
		}
	}
	return out, nil
}
