package org

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
)

// Tidy writes a name as the ledger keeps it: full-width letters and figures
// narrow, no zero-width or control characters, no blanks between Chinese
// characters. note says in Chinese what was changed; empty for nothing.
func Tidy(name string) (tidy, note string) {
	var wide, unseen, blank bool
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= '０' && r <= '９', r >= 'Ａ' && r <= 'Ｚ', r >= 'ａ' && r <= 'ｚ':
			b.WriteRune(r - 0xFEE0)
			wide = true
		case unicode.IsSpace(r):
			b.WriteRune(' ')
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			unseen = true
		default:
			b.WriteRune(r)
		}
	}
	words := strings.Fields(b.String())
	var out strings.Builder
	for i, w := range words {
		// A blank stays only between two words of Latin letters.
		if i > 0 && latin(lastRune(words[i-1])) && latin(firstRune(w)) {
			out.WriteByte(' ')
		} else if i > 0 {
			blank = true
		}
		out.WriteString(w)
	}
	var did []string
	if wide {
		did = append(did, "全角字母、数字已改为半角")
	}
	if unseen {
		did = append(did, "已去掉看不见的字符")
	}
	if blank {
		did = append(did, "已去掉多余空格")
	}
	return out.String(), strings.Join(did, "，")
}

func latin(r rune) bool { return r < 128 && r != 0 }

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

func lastRune(s string) rune {
	r := []rune(s)
	if len(r) == 0 {
		return 0
	}
	return r[len(r)-1]
}

// FormerName is a name a unit bore until a day.
type FormerName struct {
	Name, ShortName string
	From            calendar.Date // zero where nobody wrote it down
	Until           calendar.Date
	Document        string
	Act             string
}

// FormerNames of a unit in scope, the latest first.
func (s *Service) FormerNames(ctx context.Context, q db.Querier, scope authz.Scope, unit UnitID) ([]FormerName, error) {
	if _, err := s.UnitTx(ctx, q, scope, unit); err != nil {
		return nil, err
	}
	return db.All(ctx, q, func(r db.Scanner) (FormerName, error) {
		var n FormerName
		err := r.Scan(&n.Name, &n.ShortName, &n.From, &n.Until, &n.Document, &n.Act)
		return n, err
	}, `SELECT name, short_name, from_on, until_on, document, act_id FROM unit_name WHERE unit_id = $1 ORDER BY until_on DESC, id DESC`, unit)
}

// FormerAreaNames are the names a division bore, the latest first. Divisions
// are public facts and carry no scope.
func (s *Service) FormerAreaNames(ctx context.Context, q db.Querier, area AreaID) ([]FormerName, error) {
	return db.All(ctx, q, func(r db.Scanner) (FormerName, error) {
		var n FormerName
		err := r.Scan(&n.Name, &n.Until, &n.Document, &n.Act)
		return n, err
	}, `SELECT name, until_on, document, act_id FROM area_name WHERE area_id = $1 ORDER BY until_on DESC, id DESC`, area)
}

// namedIn is the standing unit of that name in the area; of a former or ended
// name, the unit that bears its successor's now.
func (s *Service) namedIn(ctx context.Context, q db.Querier, area AreaID, name string) (Unit, error) {
	u, err := db.One(ctx, q, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.name = $2 AND u.abolished_on IS NULL`, area, name)
	if !db.None(err) {
		return u, err
	}
	u, err = s.formerly(ctx, q, `u.area_id = $1 AND n.name = $2`, area, name)
	if !db.None(err) {
		return u, err
	}
	u, err = db.One(ctx, q, scanUnit, unitSelect+` WHERE u.area_id = $1 AND u.name = $2 ORDER BY u.abolished_on DESC, u.id LIMIT 1`, area, name)
	if err != nil {
		return u, err
	}
	return s.present(ctx, q, u)
}

// formerly finds the unit that once bore a name, as it stands now.
func (s *Service) formerly(ctx context.Context, q db.Querier, cond string, args ...any) (Unit, error) {
	u, err := db.One(ctx, q, scanUnit, unitSelect+` JOIN unit_name n ON n.unit_id = u.id WHERE `+cond+`
		ORDER BY CASE WHEN u.abolished_on IS NULL THEN 0 ELSE 1 END, n.until_on DESC, n.id DESC LIMIT 1`, args...)
	if err != nil {
		return u, err
	}
	return s.present(ctx, q, u)
}

// present is the unit, or who stands in its place today.
func (s *Service) present(ctx context.Context, q db.Querier, u Unit) (Unit, error) {
	if u.AbolishedOn.IsZero() {
		return u, nil
	}
	next, ok, err := s.Successor(ctx, q, u.ID)
	if err != nil || !ok {
		return u, err
	}
	return unitByID(ctx, q, next)
}

// keepName writes the unit's present name down as one it bore until the day.
func keepName(ctx context.Context, tx *db.Tx, u Unit, until calendar.Date, document, act string) error {
	from, err := db.One(ctx, tx, db.Value[calendar.Date], `SELECT until_on FROM unit_name WHERE unit_id = $1 ORDER BY until_on DESC, id DESC LIMIT 1`, u.ID)
	if db.None(err) {
		from, err = u.FoundedOn, nil
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO unit_name (id, unit_id, name, short_name, initials, from_on, until_on, document, act_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		ulid.Make().String(), u.ID, u.Name, u.ShortName, Initials(u.Name), from, until, document, act)
	return err
}

// maxSuccession bounds how far a chain of successors is followed.
const maxSuccession = 32

// Successor is who stands in the place of an abolished unit today, through as
// many reorganisations as there were; ok is false when the unit stands itself,
// or when nobody took over.
func (s *Service) Successor(ctx context.Context, q db.Querier, unit UnitID) (UnitID, bool, error) {
	seen := []UnitID{unit}
	at := unit
	for range maxSuccession {
		next, err := db.One(ctx, q, db.Value[UnitID], `
			SELECT x.successor_id FROM unit_succession x JOIN unit u ON u.id = x.unit_id
			 WHERE x.unit_id = $1 AND x.main AND x.ended_on IS NULL AND u.abolished_on IS NOT NULL ORDER BY x.since_on DESC, x.act_id DESC LIMIT 1`, at)
		if db.None(err) {
			return at, at != unit, nil
		}
		if err != nil {
			return "", false, err
		}
		if slices.Contains(seen, next) {
			break
		}
		seen, at = append(seen, next), next
	}
	return at, at != unit, nil
}
