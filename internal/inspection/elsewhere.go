package inspection

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/vantage"
)

// A name may lead elsewhere for others than for us: a resolver was poisoned, or a
// network that delivers content answers by place. So the vantages tell where their own
// resolvers lead, and what only one telling said is no more than a doubt.

// Elsewhere is where the name of a site leads from a vantage.
type Elsewhere struct {
	Vantage   string // its name
	At        time.Time
	Host      string
	Addresses []string
	Dialled   string
	// Twice are those of the addresses that the telling before had as well.
	Twice []string
}

const (
	// elsewhereApart is how far two tellings are apart to confirm each other.
	elsewhereApart = 10 * time.Minute
	// elsewhereFor is how long a telling stands.
	elsewhereFor = 2 * time.Hour
)

// noteNames keeps the latest telling of a vantage and the one before it.
func noteNames(ctx context.Context, tx *db.Tx, v Vantage, names []vantage.Name, known func(registry.SiteID) bool) error {
	now := tx.Now()
	for _, n := range names {
		id := registry.SiteID(n.ID)
		if !known(id) || n.At.After(now.Add(clockOff)) || now.Sub(n.At) > graceByFile {
			continue
		}
		var list []string
		for _, a := range n.Addresses {
			if x, err := netip.ParseAddr(a); err == nil {
				list = append(list, x.Unmap().String())
			}
		}
		dialled := ""
		if x, err := netip.ParseAddr(n.Dialled); err == nil {
			dialled = x.Unmap().String()
		}
		if len(list) == 0 {
			continue
		}
		if _, err := tx.Quiet(ctx, `INSERT INTO vantage_name (site_id, vantage_id, at, host, addresses, dialled, before, before_at) VALUES ($1, $2, $3, $4, $5, $6, '', NULL)
			ON CONFLICT (site_id, vantage_id) DO UPDATE SET at = excluded.at, host = excluded.host, addresses = excluded.addresses, dialled = excluded.dialled,
			       before = CASE WHEN vantage_name.host = excluded.host THEN vantage_name.addresses ELSE '' END, before_at = vantage_name.at
			 WHERE vantage_name.at < $7`, id, v.ID, n.At.UTC(), strings.ToLower(abridge.Cut(n.Host, 253)), strings.Join(list, " "), dialled, n.At.UTC().Add(-elsewhereApart)); err != nil {
			return err
		}
	}
	return nil
}

// Elsewhere is where the name of a site in scope leads from the vantages that are
// heard of and whose clocks are right.
func (s *Service) Elsewhere(ctx context.Context, scope authz.Scope, id registry.SiteID) ([]Elsewhere, error) {
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	places, err := s.Vantages(ctx)
	if err != nil {
		return nil, err
	}
	type row struct {
		Elsewhere
		from   string
		before string
	}
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (row, error) {
		var x row
		var list string
		err := r.Scan(&x.from, &x.At, &x.Host, &list, &x.Dialled, &x.before)
		x.Addresses = strings.Fields(list)
		return x, err
	}, `SELECT vantage_id, at, host, addresses, dialled, before FROM vantage_name WHERE site_id = $1 AND host = $2 ORDER BY vantage_id`, id, site.Host)
	if err != nil {
		return nil, err
	}
	now := s.db.Now()
	var out []Elsewhere
	for _, v := range places {
		stands := elsewhereFor
		if v.ByFile {
			stands += graceByFile
		}
		for _, x := range rows {
			if x.from != v.ID || !v.Heard(now) || v.ClockOff() || now.Sub(x.At) > stands {
				continue
			}
			x.Vantage = v.Name
			for _, a := range strings.Fields(x.before) {
				for _, b := range x.Addresses {
					if a == b {
						x.Twice = append(x.Twice, a)
					}
				}
			}
			out = append(out, x.Elsewhere)
		}
	}
	return out, nil
}

// Anew is a telling by which the name of a site leads to addresses that the telling
// before did not have.
type Anew struct {
	Site      registry.SiteID
	At        time.Time
	Addresses []string // those
}

// ToldAnew are the tellings since an instant that lead to other addresses than before,
// of sites in scope.
func (s *Service) ToldAnew(ctx context.Context, scope authz.Scope, since time.Time) ([]Anew, error) {
	rows, err := db.All(ctx, s.probes, func(r db.Scanner) (Anew, error) {
		var x Anew
		var list, before string
		err := r.Scan(&x.Site, &x.At, &list, &before)
		x.Addresses = slices.DeleteFunc(strings.Fields(list), func(a string) bool { return slices.Contains(strings.Fields(before), a) })
		return x, err
	}, `SELECT site_id, at, addresses, before FROM vantage_name WHERE at >= $1 AND addresses <> before ORDER BY site_id, vantage_id`, since)
	if err != nil {
		return nil, err
	}
	var out []Anew
	for _, x := range rows {
		if len(x.Addresses) == 0 {
			continue // the same in another order, or fewer
		}
		_, err := s.registry.Site(ctx, scope, x.Site)
		if fault.Is(err, fault.NotFound) {
			continue // out of scope, or gone from the ledger
		}
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}
