package lexicon

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/org"
)

// carried is what the texts of a unit are read by beside the lists of the program,
// as it travels to where the house's database is out of reach: the entries that hold
// for the unit on any day, without who keeps them or how they came, and the
// protected names.
type carried struct {
	Entries []Entry  `json:"entries"`
	Names   []string `json:"names"`
}

// bearer stands for the unit whose entries were carried: of others there are none.
const bearer org.UnitID = "carried"

// Carry gives what For reads a unit's texts by in a form that travels, with its
// edition (see EditionFor). ReadCarried makes the reader.
func (s *Service) Carry(ctx context.Context, unit org.UnitID) (edition string, body []byte, err error) {
	st, err := s.current(ctx)
	if err != nil {
		return "", nil, err
	}
	u, err := s.org.UnitTx(ctx, s.db, authz.System("lexicon.read"), unit)
	if err != nil {
		return "", nil, err
	}
	var c carried
	for _, e := range st.entries {
		if e.applies(unit, u.AreaPath) {
			c.Entries = append(c.Entries, Entry{ID: e.ID, UnitName: e.UnitName, Kind: e.Kind, Words: e.Words, Right: e.Right, Near: e.Near, Unless: e.Unless, Serious: e.Serious, From: e.From, Until: e.Until, Source: e.Source})
		}
	}
	for _, n := range st.names {
		if utf8.RuneCountInString(n) >= fewest {
			c.Names = append(c.Names, n)
		}
	}
	if body, err = json.Marshal(c); err != nil {
		return "", nil, fmt.Errorf("lexicon: carry lists: %w", err)
	}
	return s.EditionFor(ctx, unit), body, nil
}

// ReadCarried is the reader, on a day, by what Carry gave. The error names what in it
// cannot be read by.
func ReadCarried(body []byte, day calendar.Date) (check.Scanner, error) {
	var c carried
	if err := json.Unmarshal(body, &c); err != nil {
		return nil, fmt.Errorf("lexicon: carried lists: %w", err)
	}
	st := &standing{names: c.Names, entries: c.Entries, readers: map[string]check.Scanner{}}
	for i := range st.entries {
		e := &st.entries[i]
		if err := e.clean(); err != nil {
			return nil, fmt.Errorf("lexicon: carried entry %s: %w", e.ID, err)
		}
		e.Unit = bearer
		for _, d := range []calendar.Date{e.From, e.Until} {
			if !d.IsZero() {
				st.days = append(st.days, d)
			}
		}
	}
	slices.SortFunc(st.days, func(a, b calendar.Date) int { return cmp.Compare(a.String(), b.String()) })
	r := &reader{st: st, unit: bearer, day: day}
	_, err := st.reader(r.unit, r.path, day)
	return r, err
}
