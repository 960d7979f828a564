package inspection

import (
	"context"
	"fmt"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// Accesses is AccessRate of many sites at once, in as many statements as for
// one: what a quarter is scored with. The sites are those the scope holds of
// the ones asked for; the terms of indicator V-W-2 are the given pack's.
func (s *Service) Accesses(ctx context.Context, scope authz.Scope, sites []registry.SiteID, pack packs.Pack, until calendar.Date, n int) (map[registry.SiteID]Availability, error) {
	var w db.Where
	scope.Where(&w, "u")
	held, err := db.All(ctx, s.db, db.Value[registry.SiteID], `SELECT s.id FROM site s JOIN unit u ON u.id = s.unit_id WHERE `+w.SQL(), w.Args()...)
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
	if len(list) == 0 {
		return nil, nil
	}
	off, err := s.offlines(ctx, list)
	if err != nil {
		return nil, err
	}
	from := until.AddDays(-n - 62)
	type row struct {
		site registry.SiteID
		day  Day
	}
	var p db.Where
	p.And("day >= ? AND day <= ?", from, until)
	if len(list) <= few {
		cond, args := db.In("site_id", list)
		p.And(cond, args...)
	}
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.site, &x.day.On, &x.day.Probes, &x.day.Failures)
		return x, err
	}, `SELECT site_id, day, probes, failures FROM probe_day WHERE `+p.SQL()+` ORDER BY site_id, day`, p.Args()...)
	if err != nil {
		return nil, err
	}
	days := make(map[registry.SiteID][]Day, len(list))
	for _, x := range rows {
		if asked[x.site] {
			days[x.site] = append(days[x.site], x.day)
		}
	}
	out := make(map[registry.SiteID]Availability, len(list))
	for _, id := range list {
		out[id] = sum(filled(days[id], from, until), off[id], pack, n)
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

// offlines are the windows of many sites.
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
		if out[id], err = s.offline(ctx, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}
