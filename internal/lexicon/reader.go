package lexicon

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// Kinds of finding by the offices' own lists. Those of the serious class are
// confirmed by a person before anything is done about them.
const (
	KindOwn     = "wording.own"                    // 易错写法
	KindSerious = check.KindSensitive + ".term"    // 规范表述, serious wrong forms
	KindPost    = check.KindSensitive + ".post"    // a post beside one who does not hold it
	fewest      = 3                                // characters of a name that is protected
	mostReaders = 16                               // kept at once
	mostText    = proofread.MaxRunes * utf8.UTFMax // bytes read for posts
)

// standing is what is in force, with the readers made from it.
type standing struct {
	edition string
	entries []Entry
	names   []string // of places, units and sites
	days    []calendar.Date

	mu      sync.Mutex
	readers map[string]check.Scanner
}

// forget makes the next reader read the lists again.
func (s *Service) forget() {
	s.mu.Lock()
	s.state = nil
	s.mu.Unlock()
}

// Refresh reads the lists again when they, or the names in the ledger, are not
// those it knows: what another process has changed.
func (s *Service) Refresh(ctx context.Context) error {
	st, err := s.load(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state == nil || s.state.edition != st.edition {
		s.state = st
	}
	return nil
}

func (s *Service) current(ctx context.Context) (*standing, error) {
	s.mu.Lock()
	st := s.state
	s.mu.Unlock()
	if st != nil {
		return st, nil
	}
	st, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = st
	return st, nil
}

func (s *Service) load(ctx context.Context) (*standing, error) {
	st := &standing{readers: map[string]check.Scanner{}}
	var err error
	if st.entries, err = db.All(ctx, s.db, scanEntry, entrySelect+` WHERE e.state = 'active' ORDER BY e.id`); err != nil {
		return nil, fmt.Errorf("lexicon: read lists: %w", err)
	}
	if st.names, err = db.All(ctx, s.db, db.Value[string], `SELECT name FROM area UNION SELECT name FROM unit WHERE abolished_on IS NULL UNION SELECT name FROM site`); err != nil {
		return nil, fmt.Errorf("lexicon: read names: %w", err)
	}
	slices.Sort(st.names)
	h := sha256.New()
	for _, e := range st.entries {
		fmt.Fprintln(h, e.ID)
		for _, d := range []calendar.Date{e.From, e.Until} {
			if !d.IsZero() {
				st.days = append(st.days, d)
			}
		}
	}
	for _, n := range st.names {
		fmt.Fprintln(h, n)
	}
	slices.SortFunc(st.days, func(a, b calendar.Date) int { return cmp.Compare(a.String(), b.String()) })
	st.edition = hex.EncodeToString(h.Sum(nil))[:16]
	return st, nil
}

// Edition names the lists in force and the protected names: what was read by
// other lists is read again.
func (s *Service) Edition(ctx context.Context) string {
	st, err := s.current(ctx)
	if err != nil {
		return "unread"
	}
	return st.edition
}

// EditionFor is Edition for the texts of a unit: that of everybody unless entries
// hold for it that do not hold for all.
func (s *Service) EditionFor(ctx context.Context, unit org.UnitID) string {
	st, err := s.current(ctx)
	if err != nil {
		return "unread"
	}
	if unit == "" {
		return st.edition
	}
	u, err := s.org.UnitTx(ctx, s.db, authz.System("lexicon.read"), unit)
	if err != nil {
		return "unread"
	}
	h, own := sha256.New(), false
	for _, e := range st.entries {
		if e.applies(unit, u.AreaPath) && !e.applies("", "") {
			own = true
			fmt.Fprintln(h, e.ID)
		}
	}
	if !own {
		return st.edition
	}
	return st.edition + "/" + hex.EncodeToString(h.Sum(nil))[:12]
}

// applies reports whether an entry holds for a unit at a place. Without a unit
// only what the province keeps for everybody holds.
func (e Entry) applies(unit org.UnitID, areaPath string) bool {
	if e.Unit == unit && unit != "" {
		return true
	}
	area, _, _ := strings.Cut(e.areaPath, "@")
	if !e.Wide {
		return false
	}
	if unit == "" {
		return strings.Count(area, "/") <= 2
	}
	return strings.HasPrefix(areaPath, area)
}

// For is a reader of a unit's texts: the lists of the program, those that hold
// for the unit, and the protected names. The empty unit is nobody in particular.
func (s *Service) For(ctx context.Context, unit org.UnitID) (check.Scanner, error) {
	path := ""
	if unit != "" {
		u, err := s.org.UnitTx(ctx, s.db, authz.System("lexicon.read"), unit)
		if err != nil {
			return nil, err
		}
		path = u.AreaPath
	}
	st, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return &reader{st: st, unit: unit, path: path, day: calendar.DateOf(s.db.Now())}, nil
}

// reader reads with what holds for a unit on a day.
type reader struct {
	st   *standing
	unit org.UnitID
	path string
	day  calendar.Date
}

// On is the reader for a text of a day.
func (r *reader) On(day calendar.Date) check.Scanner {
	other := *r
	other.day = day
	return &other
}

// Scan reads a text.
func (r *reader) Scan(text string) []check.Span {
	s, err := r.st.reader(r.unit, r.path, r.day)
	if err != nil {
		return nil // lists are cleaned before they are kept: only a broken build comes here
	}
	return s.Scan(text)
}

// reader is made once for all units and days for which the same entries hold.
func (st *standing) reader(unit org.UnitID, path string, day calendar.Date) (check.Scanner, error) {
	var hold []Entry
	key := sha256.New()
	for _, e := range st.entries {
		// A post is read with all its holders: who held it before is what a
		// wrong name mostly is.
		if e.applies(unit, path) && (e.Kind == Post || e.Holds(day)) {
			hold = append(hold, e)
			fmt.Fprintln(key, e.ID)
		}
	}
	if slices.ContainsFunc(hold, func(e Entry) bool { return e.Kind == Post }) {
		fmt.Fprintln(key, epoch(st.days, day))
	}
	k := hex.EncodeToString(key.Sum(nil))
	st.mu.Lock()
	defer st.mu.Unlock()
	if s := st.readers[k]; s != nil {
		return s, nil
	}
	s, err := st.make(hold, day)
	if err != nil {
		return nil, err
	}
	if len(st.readers) >= mostReaders {
		clear(st.readers)
	}
	st.readers[k] = s
	return s, nil
}

// epoch is between which days of change a day lies.
func epoch(days []calendar.Date, day calendar.Date) int {
	n := 0
	for _, d := range days {
		if !day.Before(d) {
			n++
		}
		if day == d {
			n += len(days) + 1 // the last day of one and the first of another may be the same
		}
	}
	return n
}

func (st *standing) make(hold []Entry, day calendar.Date) (check.Scanner, error) {
	o := proofread.Options{From: map[string]string{}}
	posts := newPosts(day)
	for _, n := range st.names {
		if utf8.RuneCountInString(n) >= fewest {
			o.Agreed = append(o.Agreed, n)
		}
	}
	for _, e := range hold {
		source := e.UnitName + "词库"
		if e.Source != "" {
			source += "：" + e.Source
		}
		switch e.Kind {
		case Allow:
			if e.Serious {
				o.Agreed = append(o.Agreed, e.Words)
			} else {
				o.Allow = append(o.Allow, e.Words)
			}
		case Pair, Term:
			kind := KindOwn
			if e.Serious {
				kind = KindSerious
			}
			o.Pairs = append(o.Pairs, proofread.Pair{Wrong: e.Words, Right: e.Right, Near: e.Near, Unless: e.Unless, Kind: kind, Source: source})
		case Sensitive:
			o.Sensitive = append(o.Sensitive, e.Words)
			o.From[strings.TrimSpace(e.Words)] = source
		case Post:
			posts.add(e, source)
			for _, n := range e.Right {
				if utf8.RuneCountInString(n) >= fewest {
					o.Agreed = append(o.Agreed, n)
				}
			}
		}
	}
	p, err := proofread.New(o)
	if err != nil {
		return nil, err
	}
	return check.ScannerFunc(func(text string) []check.Span {
		return append(p.Scan(text), posts.scan(text)...)
	}), nil
}
