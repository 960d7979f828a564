package org

import (
	"context"
	"strings"

	"zhengshu/internal/db"
)

// Owned is a table whose rows belong to a unit, as a module declares it for
// reorganisations. Rows outside Where stay with the unit as history: they say
// who signed, held or answered then.
type Owned struct {
	Table  string // budget_line
	Column string // the unit's column; unit_id when empty
	Kind   string // budget_line
	Noun   string // 经费项目
	// ID, Name, Note and Link are what a rehearsal shows, as expressions.
	ID, Name, Note, Link string
	// Where says which rows follow, with the table's own columns; all when empty.
	Where string
	// Object is the key of the site or account a row follows (site:01J…), as an
	// expression; empty: it goes to who takes what nobody named.
	Object string
	// Unless says which rows stay, with the unit as $1 and the successor as $2:
	// those of which the successor has its own.
	Unless string
	// Ends: Make ends a row of which the successor has its own.
	Ends bool
	// Make clears the way: statements run before rows go from unit $1 to unit $2,
	// where both hold what only one may.
	Make []string
}

// Key is an expression for the key of an object by its kind and id: a client
// (小程序、客户端) is an account of the ledger.
func Key(kind, id string) string {
	return `CASE WHEN ` + kind + ` = 'app' THEN 'account' ELSE ` + kind + ` END || ':' || ` + id
}

func (o Owned) column() string {
	if o.Column == "" {
		return "unit_id"
	}
	return o.Column
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Carries declares a module's part in reorganisations by its tables.
func Carries(name string, tables ...Owned) Module {
	m := Module{Name: name}
	for _, o := range tables {
		m.Tables = append(m.Tables, o.Table+"."+o.column())
	}
	m.Touched = func(ctx context.Context, q db.Querier, units []UnitID) ([]Touched, error) {
		var out []Touched
		for _, o := range tables {
			t, err := Touches(ctx, q, Touched{Kind: o.Kind, Name: o.Noun, Ends: o.Ends}, units, o.Table,
				`'`+o.Kind+`:' || `+or(o.ID, "id")+`, `+or(o.Name, "''")+`, `+or(o.Note, "''")+`, `+or(o.Link, "''")+`, `+o.column(), o.column(), o.Where)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
		return out, nil
	}
	m.Carry = func(ctx context.Context, tx *db.Tx, c Carrying) error {
		for _, o := range tables {
			if err := o.carry(ctx, tx, c); err != nil {
				return err
			}
		}
		return nil
	}
	return m
}

func (o Owned) carry(ctx context.Context, tx *db.Tx, c Carrying) error {
	objects := []string{""}
	if o.Object != "" {
		var err error
		if objects, err = db.All(ctx, tx, db.Value[string], `SELECT DISTINCT coalesce(`+o.Object+`, '') FROM `+o.Table+` WHERE `+o.column()+` = $1`+and(o.Where)+` ORDER BY 1`, c.From); err != nil {
			return err
		}
	}
	made := map[UnitID]bool{}
	for _, object := range objects {
		to := c.To(object)
		if to == c.From {
			continue
		}
		for _, statement := range o.Make {
			if made[to] {
				break
			}
			if _, err := tx.Exec(ctx, statement, c.From, to); err != nil {
				return err
			}
		}
		made[to] = true
		statement, args := `UPDATE `+o.Table+` SET `+o.column()+` = $2 WHERE `+o.column()+` = $1`+and(o.Where), []any{c.From, to}
		if o.Unless != "" {
			statement += ` AND NOT (` + o.Unless + `)`
		}
		if o.Object != "" {
			statement, args = statement+` AND coalesce(`+o.Object+`, '') = $3`, append(args, object)
		}
		if _, err := tx.Exec(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

func and(where string) string {
	if where = strings.TrimSpace(where); where == "" {
		return ""
	}
	return " AND (" + where + ")"
}

// Beside is the name of what a unit brings where its successor has one of the
// same name: it says whose it was.
func Beside(column string) string {
	return column + ` || '（原' || (SELECT u.name FROM unit u WHERE u.id = $1) || '）'`
}
