package obligation

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/org"
)

// Filter narrows Obligations.
type Filter struct {
	Unit    org.UnitID
	Under   org.AreaID // units of the area and below
	Kind    string
	Kinds   []string // any of these; with Kind, both hold
	Not     []string // none of these kinds
	Clause  string   // begins with: S7.
	Period  string   // 2026-Q3
	Person  org.PersonID
	State   string // open when empty; "all" for all
	Overdue bool
	From    calendar.Date // due on or after
	Until   calendar.Date // due on or before
	Subject Subject
	Newest  bool // by the end, newest first, instead of by due date
	Limit   int  // 100 when zero
	Offset  int
}

// OpenOn is where the open obligations on a subject of these kinds are: table
// and condition, with the subject's id as $1, for those who must not lose a
// record that somebody still owes something for.
func OpenOn(kinds ...string) string {
	return `obligation WHERE subject_kind IN ('` + strings.Join(kinds, `', '`) + `') AND subject_id = $1 AND state = 'open'`
}

// fewUnits is how many units are named one by one; a wider scope is held
// against each row, in the order of the list, until the page is full.
const fewUnits = 200

// within narrows w to the scope in the way that suits its width: a planner
// that guesses wrong reads every obligation of the province for one page.
func (s *Service) within(ctx context.Context, w *db.Where, scope authz.Scope, f Filter) error {
	if f.Unit != "" {
		w.And("o.unit_id = ?", f.Unit)
	}
	var in db.Where
	scope.Where(&in, "s")
	in.AndIf(f.Under != "", "EXISTS (SELECT 1 FROM area a WHERE a.id = ? AND s.area_path >= a.path AND s.area_path < substr(a.path, 1, length(a.path) - 1) || '0')", f.Under)
	if in.SQL() == "TRUE" {
		return nil
	}
	if f.Under == "" {
		tops, err := db.All(ctx, s.db, db.Value[string], `SELECT path FROM area WHERE parent_id IS NULL`)
		if err != nil {
			return err
		}
		whole := len(tops) > 0
		for _, top := range tops {
			whole = whole && scope.Covers(top, "")
		}
		if whole {
			return nil
		}
	}
	few := in
	ids, err := db.All(ctx, s.db, db.Value[string], `SELECT s.id FROM unit s WHERE `+in.SQL()+` LIMIT `+few.Arg(fewUnits+1), few.Args()...)
	if err != nil {
		return err
	}
	switch {
	case len(ids) == 0:
		w.And("FALSE")
	case len(ids) <= fewUnits:
		w.And("o.unit_id IN ("+marks(len(ids))+")", anys(ids)...)
	default:
		// The condition's own numbers hold only where it comes first: write it anew.
		var again db.Where
		scope.Where(&again, "s")
		cond, args := again.SQL(), again.Args()
		for i := len(args); i > 0; i-- {
			cond = strings.ReplaceAll(cond, "$"+strconv.Itoa(i), "?")
		}
		if f.Under != "" {
			cond += " AND EXISTS (SELECT 1 FROM area a WHERE a.id = ? AND s.area_path >= a.path AND s.area_path < substr(a.path, 1, length(a.path) - 1) || '0')"
			args = append(args, f.Under)
		}
		w.And("EXISTS (SELECT 1 FROM unit s WHERE s.id = o.unit_id AND "+cond+")", args...)
	}
	return nil
}

func (s *Service) where(ctx context.Context, scope authz.Scope, f Filter) (*db.Where, error) {
	var w db.Where
	if err := s.within(ctx, &w, scope, f); err != nil {
		return nil, err
	}
	state := f.State
	if state == "" {
		state = Open
	}
	w.AndIf(state != "all", "o.state = ?", state).
		AndIf(f.Kind != "", "o.kind = ?", f.Kind).
		AndIf(f.Period != "", "o.period_key = ?", f.Period).
		AndIf(f.Person != "", "(o.person_id = ? OR o.deputy_id = ?)", f.Person, f.Person).
		AndIf(!f.From.IsZero(), "o.due_on >= ?", f.From).
		AndIf(!f.Until.IsZero(), "o.due_on <= ?", f.Until).
		AndIf(f.Subject.Kind != "", "o.subject_kind = ? AND o.subject_id = ?", f.Subject.Kind, f.Subject.ID)
	if f.Overdue {
		w.And(s.late(w.Arg))
	}
	if f.Clause != "" {
		var kinds []string
		for _, k := range s.kinds {
			if k.Clause == f.Clause || strings.HasPrefix(k.Clause, f.Clause) && strings.IndexFunc(k.Clause[len(f.Clause):len(f.Clause)+1], func(r rune) bool { return r >= '0' && r <= '9' }) < 0 {
				kinds = append(kinds, k.ID)
			}
		}
		f.Kinds = append(kinds, "none")
	}
	w.AndIf(len(f.Kinds) > 0, "o.kind IN ("+marks(len(f.Kinds))+")", anys(f.Kinds)...)
	w.AndIf(len(f.Not) > 0, "o.kind NOT IN ("+marks(len(f.Not))+")", anys(f.Not)...)
	return &w, nil
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// Obligations in scope, by due date.
func (s *Service) Obligations(ctx context.Context, scope authz.Scope, f Filter) ([]Obligation, error) {
	w, err := s.where(ctx, scope, f)
	if err != nil {
		return nil, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 100
	}
	order := "o.due_on, o.id"
	if f.Newest {
		order = "o.ended_at DESC, o.id DESC"
	}
	list, err := db.All(ctx, s.db, scanObligation, obligationSelect+` WHERE `+w.SQL()+` ORDER BY `+order+` LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	for i := range list {
		s.tellHour(&list[i])
	}
	return list, err
}

// tellHour puts the hour by which a kind is owed on what is shown of its day.
func (s *Service) tellHour(o *Obligation) {
	if k, ok := s.KindOf(o.Kind); ok && k.By > 0 && o.Due.At.IsZero() && !o.Due.On.IsZero() {
		o.Due.At = k.overdueAt(o.Due)
	}
}

// late is the condition of obligation o that it is late now: its day has passed, or
// on its day the instant or the hour of its kind by which it was due. arg gives a
// value its place.
func (s *Service) late(arg func(any) string) string {
	now := s.db.Now()
	today := calendar.DateOf(now)
	hours := "o.due_at <= " + arg(now)
	var kinds []string
	for _, k := range s.kinds {
		if k, ok := s.KindOf(k.ID); ok && k.By > 0 && !now.Before(k.overdueAt(calendar.Due{On: today})) {
			kinds = append(kinds, arg(k.ID))
		}
	}
	if len(kinds) > 0 {
		hours += " OR o.due_at IS NULL AND o.kind IN (" + strings.Join(kinds, ", ") + ")"
	}
	return "(o.due_on < " + arg(today) + " OR o.due_on = " + arg(today) + " AND (" + hours + "))"
}

// MostCounted bounds Count.
const MostCounted = 10_000

// Count is how many there are, at most MostCounted + 1.
func (s *Service) Count(ctx context.Context, scope authz.Scope, f Filter) (int, error) {
	w, err := s.where(ctx, scope, f)
	if err != nil {
		return 0, err
	}
	return db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM (SELECT 1 FROM obligation o WHERE `+w.SQL()+` LIMIT `+w.Arg(MostCounted+1)+`) n`, w.Args()...)
}

// Obligation is one in scope.
func (s *Service) Obligation(ctx context.Context, scope authz.Scope, id string) (Obligation, error) {
	o, err := s.one(ctx, s.db, scope, id)
	s.tellHour(&o)
	return o, err
}

func (s *Service) one(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Obligation, error) {
	var w db.Where
	w.And("o.id = ?", id)
	scope.Where(&w, "u")
	o, err := db.One(ctx, q, scanObligation, obligationSelect+` WHERE `+w.SQL(), w.Args()...)
	if db.None(err) {
		return o, fault.Missing("时限")
	}
	return o, err
}

// Tally is how much of something is late, by how long.
type Tally struct {
	Key   string // unit id or kind
	Name  string
	Open  int // not ended, late or not
	Late  int // its day has passed, or the hour of this day by which it was due
	Days7 int // late up to 7 days
	Days30,
	Days90,
	Longer int
}

// Board is what is late in a scope.
type Board struct {
	All    Tally
	Kinds  []Tally // the latest kinds first
	Units  []Tally // units with something late, most first, at most MostUnits
	NUnits int     // how many units have something late
	Soon   int     // due today and in the six days after
}

// MostUnits bounds the units a board lists.
const MostUnits = 50

// Board adds up what is open and late in scope. It reads indexes only.
func (s *Service) Board(ctx context.Context, scope authz.Scope, under org.AreaID) (Board, error) {
	var b Board
	today := calendar.DateOf(s.db.Now())
	var in db.Where
	if err := s.within(ctx, &in, scope, Filter{Under: under}); err != nil {
		return b, err
	}
	var err error
	if in.SQL() == "TRUE" {
		b.Kinds, err = s.wholeKinds(ctx, today)
	} else {
		b.Kinds, err = s.tallies(ctx, in, today, "kind")
	}
	if err != nil {
		return b, err
	}
	for i, t := range b.Kinds {
		b.Kinds[i].Name = t.Key
		if k, ok := s.KindOf(t.Key); ok {
			b.Kinds[i].Name = k.Name
		}
		b.All.add(t)
	}
	sortTallies(b.Kinds)

	w := in
	late := s.late(w.Arg)
	type top struct {
		unit string
		all  int
	}
	tops, err := db.All(ctx, s.db, func(r db.Scanner) (top, error) {
		var t top
		var n int
		err := r.Scan(&t.unit, &n, &t.all)
		return t, err
	}, `SELECT g.unit_id, g.n, count(*) OVER () FROM (SELECT o.unit_id, count(*) AS n FROM obligation o WHERE o.state = 'open' AND `+late+` AND `+in.SQL()+` GROUP BY o.unit_id) g ORDER BY g.n DESC, g.unit_id LIMIT `+w.Arg(MostUnits), w.Args()...)
	if err != nil {
		return b, err
	}
	if len(tops) > 0 {
		b.NUnits = tops[0].all
		var ids []string
		for _, t := range tops {
			ids = append(ids, t.unit)
		}
		var these db.Where
		these.And("o.unit_id IN ("+marks(len(ids))+")", anys(ids)...)
		if b.Units, err = s.tallies(ctx, these, today, "unit_id"); err != nil {
			return b, err
		}
		sortTallies(b.Units)
		if err := s.nameUnits(ctx, b.Units); err != nil {
			return b, err
		}
	}
	b.Soon, err = s.Count(ctx, scope, Filter{From: today, Until: today.AddDays(6), Under: under})
	return b, err
}

// tallies adds up by a column, row by row of an index: for a few units, or for
// a scope that must be held against each row.
func (s *Service) tallies(ctx context.Context, in db.Where, today calendar.Date, column string) ([]Tally, error) {
	w := in
	days := func(n int) string { return w.Arg(today.AddDays(-n)) }
	late, d7, d30, d90 := s.late(w.Arg), days(7), days(30), days(90)
	return db.All(ctx, s.db, func(r db.Scanner) (Tally, error) {
		var t Tally
		var since7, since30, since90 int
		err := r.Scan(&t.Key, &t.Open, &t.Late, &since7, &since30, &since90)
		t.Days7, t.Days30, t.Days90, t.Longer = since7, since30-since7, since90-since30, t.Late-since90
		return t, err
	}, `SELECT o.`+column+`, count(*),
		sum(CASE WHEN `+late+` THEN 1 ELSE 0 END),
		sum(CASE WHEN `+late+` AND o.due_on >= `+d7+` THEN 1 ELSE 0 END),
		sum(CASE WHEN `+late+` AND o.due_on >= `+d30+` THEN 1 ELSE 0 END),
		sum(CASE WHEN `+late+` AND o.due_on >= `+d90+` THEN 1 ELSE 0 END)
		FROM obligation o WHERE o.state = 'open' AND `+in.SQL()+` GROUP BY o.`+column, w.Args()...)
}

// wholeKinds counts every kind of the whole house by ranges of one index: no
// row is looked at, only counted over.
func (s *Service) wholeKinds(ctx context.Context, today calendar.Date) ([]Tally, error) {
	var out []Tally
	for _, k := range s.kinds {
		t := Tally{Key: k.ID}
		var err error
		count := func(cond string, args ...any) (n int) {
			if err == nil {
				n, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM obligation o WHERE o.state = 'open' AND o.kind = $1`+cond, append([]any{k.ID}, args...)...)
			}
			return n
		}
		if t.Open = count(""); t.Open > 0 {
			between := func(from, to int) int {
				return count(" AND o.due_on >= $2 AND o.due_on < $3", today.AddDays(-from), today.AddDays(-to))
			}
			t.Days7, t.Days30, t.Days90 = between(7, 0), between(30, 7), between(90, 30)
			t.Longer = count(" AND o.due_on < $2", today.AddDays(-90))
			by := db.Where{}
			by.And("o.state = 'open'").And("o.kind = ?", k.ID).And("o.due_on = ?", today)
			by.And(s.late(by.Arg)) // by the hour of this day
			if err == nil {
				var n int
				if n, err = db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM obligation o WHERE `+by.SQL(), by.Args()...); n > 0 {
					t.Days7 += n
				}
			}
			t.Late = t.Days7 + t.Days30 + t.Days90 + t.Longer
			out = append(out, t)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) nameUnits(ctx context.Context, list []Tally) error {
	if len(list) == 0 {
		return nil
	}
	var w db.Where
	var ids []string
	for _, t := range list {
		ids = append(ids, t.Key)
	}
	type named struct{ id, name string }
	names, err := db.All(ctx, s.db, func(r db.Scanner) (named, error) {
		var n named
		err := r.Scan(&n.id, &n.name)
		return n, err
	}, `SELECT u.id, u.name FROM unit u WHERE u.id IN `+db.Among(&w, ids), w.Args()...)
	if err != nil {
		return err
	}
	by := map[string]string{}
	for _, n := range names {
		by[n.id] = n.name
	}
	for i := range list {
		list[i].Name = by[list[i].Key]
	}
	return nil
}

// Urge reminds the units that are late, by name of the person who urges: once
// a day for each obligation. It returns how many were told.
func (s *Service) Urge(ctx context.Context, scope authz.Scope, session *authz.Session, f Filter) (int, error) {
	f.Overdue, f.State, f.Limit, f.Offset = true, Open, MostUrged+1, 0
	told := 0
	from, name := session.Unit()
	err := s.db.Update(ctx, func(tx *db.Tx) error {
		told = 0
		w, err := s.where(ctx, scope, f)
		if err != nil {
			return err
		}
		list, err := db.All(ctx, tx, scanObligation, obligationSelect+` WHERE `+w.SQL()+` ORDER BY o.due_on, o.id LIMIT `+w.Arg(f.Limit), w.Args()...)
		if err != nil {
			return err
		}
		if len(list) > MostUrged {
			return fault.Newf(fault.TooLarge, "筛选结果超过 %d 件，请加上单位、事项或区划条件分次催办。", MostUrged)
		}
		today := calendar.DateOf(tx.Now())
		for _, o := range list {
			if string(o.Unit) == from || o.abolished {
				continue // nobody urges the own unit
			}
			k, _ := s.KindOf(o.Kind)
			isNew, err := notify.Send(ctx, tx, notify.Message{Key: "obligation:" + o.ID + ":urge:" + today.String(), Unit: string(o.Unit), Link: o.Link, Urgent: true,
				Title: name + "催办：" + k.Name + "（" + o.Subject.Name + "）", Body: fmt.Sprintf("应于 %s 前完成，已超期 %d 天，请尽快办理。依据：%s。", k.until(o.Due), today.Sub(o.Due.On), k.Citation)})
			if err != nil {
				return err
			}
			if !isNew {
				continue
			}
			told++
			if err := s.note(ctx, tx, o, Event{Act: "urge", Says: name}); err != nil {
				return err
			}
		}
		return nil
	})
	return told, err
}

// MostUrged bounds one act of Urge.
const MostUrged = 500

func (t *Tally) add(o Tally) {
	t.Open, t.Late, t.Days7, t.Days30, t.Days90, t.Longer = t.Open+o.Open, t.Late+o.Late, t.Days7+o.Days7, t.Days30+o.Days30, t.Days90+o.Days90, t.Longer+o.Longer
}
