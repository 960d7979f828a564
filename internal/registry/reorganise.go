package registry

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

// Reorganise is the ledger's part in a reorganisation: the objects a unit
// sponsors and the columns it guarantees go to who follows it. What has ended
// stays with the unit it ended under.
func Reorganise() org.Module {
	return org.Module{Name: "registry", Tables: []string{"site.unit_id", "account.unit_id", "site_column.unit_id", "domain.unit_id", "intake_match.unit_id"}, Touched: touched, Carry: carry}
}

const stillHere = `state NOT IN ('exited', 'closed')`

// domainHere: a given-up name is somebody's as long as it is watched.
const domainHere = `id IN (SELECT n.id FROM domain n WHERE n.state <> 'cancelled' OR n.watch_until IS NOT NULL)`

// domains follow their site; others go to who takes what nobody named.
var domains = org.Carries("domains", org.Owned{Table: "domain", Where: domainHere, Object: `'site:' || site_id`})

func touched(ctx context.Context, q db.Querier, units []org.UnitID) ([]org.Touched, error) {
	var out []org.Touched
	for _, k := range []struct {
		t                          org.Touched
		from, columns, unit, where string
	}{
		{org.Touched{Kind: "site", Name: "网站", Assign: true}, `site s`, `'site:' || s.id, s.name, s.host, '/console/sites/' || s.id, s.unit_id`, "s.unit_id", "s." + stillHere},
		{org.Touched{Kind: "account", Name: "政务新媒体账号和客户端", Assign: true}, `account c`, `'account:' || c.id, c.name, c.platform, '/console/accounts/' || c.id, c.unit_id`, "c.unit_id", "c." + stillHere},
		{org.Touched{Kind: "column", Name: "保障的栏目"}, `site_column k JOIN site s ON s.id = k.site_id`, `'column:' || k.id, k.name, s.name, '/console/sites/' || s.id, k.unit_id`, "k.unit_id", `k.closed_at IS NULL`},
		{org.Touched{Kind: "domain", Name: "域名"}, `domain d`, `'domain:' || d.id, d.shown, '', '/console/domains/' || d.id, d.unit_id`, "d.unit_id", "d." + domainHere},
	} {
		t, err := org.Touches(ctx, q, k.t, units, k.from, k.columns, k.unit, k.where)
		if err != nil {
			return nil, err
		}
		for i, r := range t.Rows {
			if name, ok := Platforms[r.Note]; ok && t.Kind == "account" {
				t.Rows[i].Note = name
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func carry(ctx context.Context, tx *db.Tx, c org.Carrying) error {
	type object struct{ kind, id, name string }
	for _, table := range []string{"site", "account"} {
		list, err := db.All(ctx, tx, func(r db.Scanner) (object, error) {
			o := object{kind: table}
			err := r.Scan(&o.id, &o.name)
			return o, err
		}, `SELECT id, name FROM `+table+` WHERE unit_id = $1 AND `+stillHere+` ORDER BY id`, c.From)
		if err != nil {
			return err
		}
		for _, o := range list {
			to := c.To(o.kind + ":" + o.id)
			if to == c.From {
				continue
			}
			// A unit has one main account: the successor's own stays.
			if table == "account" {
				if _, err := tx.Exec(ctx, `UPDATE account SET main = FALSE WHERE id = $1 AND main AND EXISTS (SELECT 1 FROM account o WHERE o.unit_id = $2 AND o.main AND o.`+stillHere+`)`, o.id, to); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, `UPDATE `+table+` SET unit_id = $2, updated_at = $3, area_path = (SELECT area_path FROM unit WHERE id = $2) WHERE id = $1`, o.id, to, tx.Now()); err != nil {
				return err
			}
			// A site's own columns follow it, whoever else guarantees.
			if table == "site" {
				if _, err := tx.Exec(ctx, `UPDATE site_column SET unit_id = $2 WHERE site_id = $1 AND unit_id = $3`, o.id, to, c.From); err != nil {
					return err
				}
				// So do its domains: the sponsor of the site holds them (Article 10).
				if _, err := tx.Exec(ctx, `UPDATE domain SET unit_id = $2, updated_at = $3, area_path = (SELECT area_path FROM unit WHERE id = $2) WHERE site_id = $1 AND state <> 'cancelled'`, o.id, to, tx.Now()); err != nil {
					return err
				}
			}
			if err := audit.Record(ctx, tx, audit.Entry{Act: "registry." + o.kind + ".sponsor", Basis: c.Document, Target: audit.Target{Kind: o.kind, ID: o.id, Name: o.name, Unit: string(to)},
				Before: map[string]any{"unit": c.From}, After: map[string]any{"unit": to, "since": c.On}}); err != nil {
				return err
			}
		}
	}
	if err := domains.Carry(ctx, tx, c); err != nil {
		return err
	}
	if c.Main == c.From {
		return nil
	}
	// The list goes along the path of the unit, which is the successor's now.
	if _, err := tx.Exec(ctx, `UPDATE domain SET area_path = (SELECT u.area_path FROM unit u WHERE u.id = domain.unit_id) WHERE unit_id = $1`, c.Main); err != nil {
		return err
	}
	// Whoever imports for the successor finds the matched columns again.
	if _, err := tx.Exec(ctx, `UPDATE intake_match SET unit_id = $2 WHERE unit_id = $1`, c.From, c.Main); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE site_column SET unit_id = $2 WHERE unit_id = $1 AND closed_at IS NULL`, c.From, c.Main)
	return err
}

// ColumnsHeld are the open columns a person answers for, guarantees as A or
// stands by for as B.
func ColumnsHeld(ctx context.Context, q db.Querier, person org.PersonID) (org.Holding, error) {
	h := org.Holding{Kind: "column", Name: "栏目"}
	var err error
	h.Rows, err = db.All(ctx, q, func(r db.Scanner) (org.HeldRow, error) {
		var row org.HeldRow
		var owner, a, b bool
		err := r.Scan(&row.Key, &row.Name, &row.Note, &row.Link, &owner, &a, &b)
		for _, p := range []struct {
			is   bool
			name string
		}{{owner, "栏目责任人"}, {a, "A 岗"}, {b, "B 岗"}} {
			if p.is {
				row.Note += " · " + p.name
			}
		}
		return row, err
	}, `SELECT 'column:' || k.id, k.name, s.name, '/console/sites/' || s.id, k.owner_id = $1, k.a_id = $1, k.b_id = $1
	      FROM site_column k JOIN site s ON s.id = k.site_id WHERE (k.owner_id = $1 OR k.a_id = $1 OR k.b_id = $1) AND k.closed_at IS NULL ORDER BY s.name, k.position, k.id`, person)
	return h, err
}

// PassColumns gives a person's part in columns to another. Where the other
// holds the second post of a column already, the two change places: A and B
// stay two people (Article 19(2)).
func PassColumns(ctx context.Context, tx *db.Tx, from, to org.PersonID, why string) (int, error) {
	type card struct {
		id, name, site string
		owner, a, b    org.PersonID
		unit           org.UnitID
	}
	list, err := db.All(ctx, tx, func(r db.Scanner) (card, error) {
		var c card
		err := r.Scan(&c.id, &c.name, &c.site, &c.owner, &c.a, &c.b, &c.unit)
		return c, err
	}, `SELECT k.id, k.name, s.name, k.owner_id, k.a_id, k.b_id, s.unit_id FROM site_column k JOIN site s ON s.id = k.site_id
	     WHERE (k.owner_id = $1 OR k.a_id = $1 OR k.b_id = $1) AND k.closed_at IS NULL ORDER BY k.id`, from)
	if err != nil {
		return 0, err
	}
	for _, c := range list {
		now := c
		if c.owner == from {
			now.owner = to
		}
		switch {
		case c.a == from && c.b == to:
			now.a, now.b = to, from
		case c.a == to && c.b == from:
			// The stand-by leaves and the holder stays: a vacancy for the list.
		case c.a == from:
			now.a = to
		case c.b == from:
			now.b = to
		}
		if now == c {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE site_column SET owner_id = $2, a_id = $3, b_id = $4 WHERE id = $1`, c.id, now.owner, now.a, now.b); err != nil {
			return 0, err
		}
		if err := audit.Record(ctx, tx, audit.Entry{Act: "registry.column.handover", Basis: sx2021.ColumnAB.Citation,
			Target: audit.Target{Kind: "column", ID: c.id, Name: c.site + " / " + c.name, Unit: string(c.unit)},
			Before: map[string]any{"owner": c.owner, "a": c.a, "b": c.b}, After: map[string]any{"owner": now.owner, "a": now.a, "b": now.b, "why": why}}); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}
