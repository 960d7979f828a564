package notice

import (
	"context"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// Outcomes of a look and of a day.
const (
	Seen     = "seen"
	Absent   = "absent"
	Untested = "untested"
)

// Day is the judgement of one calendar day at one place.
type Day struct {
	On      calendar.Date
	Outcome string
	Looks   int
	// AbsentAt is the first look of the day that did not find it; with a second
	// one an hour later the day is proven absent.
	AbsentAt time.Time
}

// At is how a notice stands in one place.
type At struct {
	Place
	Days []Day // those with a look, oldest first
	// Absent and Untested are the days proven absent and those without a test
	// that succeeded, from the first day on.
	Absent, Untested []calendar.Date
	// HangUntil is the last day it must still hang here; zero before the first
	// day is confirmed and for a notice without a fixed time.
	HangUntil calendar.Date
	// Shut: the page at its address is not open to readers, so it hangs nowhere there.
	Shut bool
	// ReceiptDue is the day by which a person must keep the next screenshot,
	// where no fetch can see the page; zero where none is needed.
	ReceiptDue calendar.Date
}

// Confirmed reports whether it was seen here at all.
func (a At) Confirmed() bool { return !a.FirstOn.IsZero() }

// full reports whether its days are over here before the day on; every is the
// number of days between two screenshots.
func (a At) full(on calendar.Date, every int) bool {
	if a.HangUntil.IsZero() || !on.After(a.HangUntil) {
		return false
	}
	// Where a person vouches, the last screenshot is not older than one interval before the end.
	return a.Basis != ByReceipt || !a.SeenAt.IsZero() || calendar.DateOf(a.ReceiptAt).AddDays(every).After(a.HangUntil.AddDays(-1))
}

// Stand is how one notice stands.
type Stand struct {
	Notice
	Places []At
	// Missing names the places where it is not yet registered, Unconfirmed those
	// where it is registered and was not yet seen.
	Missing, Unconfirmed []string
	// First is the first day on which it hung in every place it needs; zero before.
	First     calendar.Date
	HangUntil calendar.Date
	// Seen: confirmed in every place it needs.
	Seen bool
	// Full: its days are over in every place it needs.
	Full bool
	On   calendar.Date // the day this was read
}

// DaysLeft counts the days it must still hang, today included; 0 when full or
// without a fixed time.
func (s Stand) DaysLeft() int {
	if s.HangUntil.IsZero() || s.On.After(s.HangUntil) {
		return 0
	}
	return s.HangUntil.Sub(s.On) + 1
}

// AbsentDays are the days proven absent in any place.
func (s Stand) AbsentDays() []calendar.Date {
	var out []calendar.Date
	for _, p := range s.Places {
		for _, d := range p.Absent {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	slices.SortFunc(out, calendar.Date.Compare)
	return out
}

func stand(n Notice, list []At, on calendar.Date, every int) Stand {
	s := Stand{Notice: n, Places: list, On: on}
	var plain []Place
	for i := range list {
		a := &list[i]
		plain = append(plain, a.Place)
		a.weigh(n, on, every)
	}
	s.Missing = missing(n, plain)
	var any []At
	all := true
	for _, a := range list {
		if a.Alternative {
			any = append(any, a)
			continue
		}
		all = s.add(a) && all
	}
	if len(any) > 0 {
		// The alternative that is furthest decides.
		best := slices.MinFunc(any, func(x, y At) int {
			switch {
			case x.Confirmed() != y.Confirmed():
				if x.Confirmed() {
					return -1
				}
				return 1
			case x.HangUntil != y.HangUntil:
				return x.HangUntil.Compare(y.HangUntil)
			}
			return strings.Compare(y.URL, x.URL) // one that is registered before one that is not
		})
		all = s.add(best) && all
	}
	s.Seen = all && len(list) > 0
	if !s.Seen {
		s.First, s.HangUntil = calendar.Date{}, calendar.Date{}
	}
	s.Full = s.Seen && n.Days > 0
	for _, a := range list {
		if s.Full && !a.Alternative && !a.full(on, every) {
			s.Full = false
		}
	}
	if s.Full && len(any) > 0 && !slices.ContainsFunc(any, func(a At) bool { return a.full(on, every) }) {
		s.Full = false
	}
	return s
}

// add takes a place it needs into account and reports whether it was seen there.
func (s *Stand) add(a At) bool {
	if !a.Confirmed() {
		if a.URL != "" {
			s.Unconfirmed = append(s.Unconfirmed, a.Name())
		}
		return false
	}
	if a.FirstOn.After(s.First) {
		s.First = a.FirstOn
	}
	if a.HangUntil.After(s.HangUntil) {
		s.HangUntil = a.HangUntil
	}
	return true
}

// weigh counts the days of one place.
func (a *At) weigh(n Notice, on calendar.Date, every int) {
	if a.FirstOn.IsZero() {
		return
	}
	judged := map[calendar.Date]string{}
	for _, d := range a.Days {
		judged[d.On] = d.Outcome
		if d.Outcome == Absent && d.On.After(a.FirstOn) {
			a.Absent = append(a.Absent, d.On)
		}
	}
	if n.Days > 0 {
		a.HangUntil = sx2021.HangUntil(a.FirstOn, n.Days, a.Absent)
	}
	last := on
	if !a.HangUntil.IsZero() && a.HangUntil.Before(last) {
		last = a.HangUntil
	}
	if ended := calendar.DateOf(n.EndedAt); !ended.IsZero() && ended.Before(last) {
		last = ended
	}
	for d := a.FirstOn; d.Before(last) || d == last && d != on; d = d.AddDays(1) {
		if o := judged[d]; o == "" || o == Untested {
			a.Untested = append(a.Untested, d)
		}
	}
	// Proof by a person is due one interval after the last proof of any kind.
	if proof := later(a.SeenAt, a.ReceiptAt); n.Active() && a.Basis == ByReceipt && calendar.DateOf(a.SeenAt) != on {
		a.ReceiptDue = calendar.DateOf(proof).AddDays(every)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Stand of one notice in scope.
func (s *Service) Stand(ctx context.Context, q db.Querier, scope authz.Scope, id ID) (Stand, error) {
	n, err := s.Notice(ctx, q, scope, id)
	if err != nil {
		return Stand{}, err
	}
	list, err := s.standOf(ctx, q, []Notice{n})
	if err != nil {
		return Stand{}, err
	}
	return list[0], nil
}

// standOf reads places and days of many notices in two statements.
func (s *Service) standOf(ctx context.Context, q db.Querier, list []Notice) ([]Stand, error) {
	if len(list) == 0 {
		return nil, nil
	}
	var w db.Where
	var marks []string
	for _, n := range list {
		marks = append(marks, w.Arg(n.ID))
	}
	in := strings.Join(marks, ", ")
	ps, err := db.All(ctx, q, scanPlace, placeSelect+` WHERE p.notice_id IN (`+in+`) ORDER BY p.alternative, p.id`, w.Args()...)
	if err != nil {
		return nil, err
	}
	type row struct {
		place PlaceID
		day   Day
	}
	ds, err := db.All(ctx, q, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.place, &x.day.On, &x.day.Outcome, &x.day.Looks, &x.day.AbsentAt)
		return x, err
	}, `SELECT d.place_id, d.day, d.outcome, d.looks, d.absent_at FROM notice_day d JOIN notice_place p ON p.id = d.place_id WHERE p.notice_id IN (`+in+`) ORDER BY d.place_id, d.day`, w.Args()...)
	if err != nil {
		return nil, err
	}
	days := map[PlaceID][]Day{}
	for _, d := range ds {
		days[d.place] = append(days[d.place], d.day)
	}
	shut, err := s.shut(ctx, q, ps)
	if err != nil {
		return nil, err
	}
	at := map[ID][]At{}
	for _, p := range ps {
		at[p.Notice] = append(at[p.Notice], At{Place: p, Days: days[p.ID], Shut: shut[p.page()]})
	}
	on := calendar.DateOf(s.db.Now())
	if tx, ok := q.(*db.Tx); ok {
		on = calendar.DateOf(tx.Now())
	}
	out := make([]Stand, len(list))
	for i, n := range list {
		out[i] = stand(n, at[n.ID], on, s.settings().NoticeReceiptDays)
	}
	return out, nil
}

// Standing is how the notices of one kind about one object stand together: what
// lifecycle's guards ask.
type Standing struct {
	Notices []Stand
	// Owed: there is at least one.
	Owed bool
	// First, HangUntil and Absent are those of the place that decides, for
	// sx2021.CheckDeregister and CheckTakeDown.
	First, HangUntil calendar.Date
	Absent           []calendar.Date
	// Seen: confirmed in every place; Complete: its days are full, or it was
	// released.
	Seen, Complete bool
	// OwnNotice, Pinned and LevelNotice are for sx2021.CheckGoingOffline: seen on
	// the object itself, at the top there, and on the same level.
	OwnNotice, Pinned, LevelNotice bool
	// Missing says in Chinese what is still lacking.
	Missing []string
	// Hung are the places it was seen in, for sx2021.CheckOpeningNotice.
	Hung []sx2021.Place
}

// Standing of the latest notices of a kind about an object. The caller has the
// object in scope.
func (s *Service) Standing(ctx context.Context, q db.Querier, ref registry.Ref, kind sx2021.NoticeKind) (Standing, error) {
	list, err := db.All(ctx, q, scanNotice, noticeSelect+` WHERE n.object_kind = $1 AND n.object_id = $2 AND n.kind = $3 AND n.state <> 'void' ORDER BY n.opened_at DESC, n.id`, ref.Kind, ref.ID, kind)
	if err != nil || len(list) == 0 {
		return Standing{}, err
	}
	// Those of the latest case; earlier ones are history.
	latest := list[0]
	list = slices.DeleteFunc(list, func(n Notice) bool { return n.CaseID != latest.CaseID || n.OpenedOn != latest.OpenedOn })
	stands, err := s.standOf(ctx, q, list)
	if err != nil {
		return Standing{}, err
	}
	out := Standing{Notices: stands, Owed: true, Seen: true, Complete: true}
	for _, st := range stands {
		out.Seen = out.Seen && st.Seen
		out.Complete = out.Complete && (st.State == Complete || st.State == Released || st.Full)
		for _, m := range st.Missing {
			out.Missing = append(out.Missing, m+"（"+st.PublisherName+"未登记）")
		}
		for _, m := range st.Unconfirmed {
			out.Missing = append(out.Missing, m+"（尚未查看到公告）")
		}
		if st.First.After(out.First) {
			out.First = st.First
		}
		for _, a := range st.Places {
			if a.HangUntil.After(out.HangUntil) && !(a.Alternative && a.HangUntil != st.HangUntil) {
				out.HangUntil, out.Absent = a.HangUntil, a.Absent
			}
			if !a.Confirmed() {
				continue
			}
			out.Hung = append(out.Hung, a.Place.Place)
			switch a.Place.Place {
			case sx2021.OwnHome:
				out.OwnNotice, out.Pinned = true, a.Pinned
			case sx2021.LevelPortal, sx2021.LevelAccount, sx2021.SuperiorPortal:
				out.LevelNotice = true
			}
		}
	}
	if !out.Seen {
		out.First = calendar.Date{}
	}
	return out, nil
}

// MayTakeDown says what speaks against taking the notice down on the day it was
// read.
func (s Stand) MayTakeDown() []rules.Breach {
	switch {
	case !s.Active():
		return nil
	case s.Kind == sx2021.OfflineNotice:
		return sx2021.CheckOfflineNoticeDown(false)
	}
	var absent []calendar.Date
	for _, a := range s.Places {
		if a.HangUntil == s.HangUntil {
			absent = a.Absent
		}
	}
	return sx2021.CheckTakeDown(s.Kind, s.First, absent, s.On)
}

// Filter narrows Notices.
type Filter struct {
	Text      string // object, publisher, title
	Kind      sx2021.NoticeKind
	State     string // "" for those owed or hanging; "all" for all
	Publisher org.UnitID
	Object    registry.Ref
	Case      string // that made it owed
	// Trouble keeps to those with a day proven absent, or owed for three days.
	Trouble bool
	Limit   int // 50 when zero
	Offset  int
}

// Notices in scope, what is due first comes first, and how many there are.
func (s *Service) Notices(ctx context.Context, scope authz.Scope, f Filter) ([]Stand, int, error) {
	var pub, unit, w db.Where
	scope.Where(&pub, "p")
	scope.Where(&unit, "u")
	// The scope's own arguments are numbered from one in each; both are the same
	// values, so the second condition may reuse the first's numbers.
	for _, a := range pub.Args() {
		w.Arg(a)
	}
	w.And(pub.SQL() + ` OR ` + unit.SQL())
	text := db.Contains(f.Text)
	w.AndIf(f.Text != "", `(lower(n.object_name) LIKE ? ESCAPE '\' OR lower(p.name) LIKE ? ESCAPE '\' OR lower(u.name) LIKE ? ESCAPE '\' OR lower(n.title) LIKE ? ESCAPE '\')`, text, text, text, text).
		AndIf(f.Kind != "", "n.kind = ?", f.Kind).
		AndIf(f.State == "", "n.state IN ('owed', 'hanging')").
		AndIf(f.State != "" && f.State != "all", "n.state = ?", f.State).
		AndIf(f.Publisher != "", "n.publisher_id = ?", f.Publisher).
		AndIf(f.Object.ID != "", "n.object_kind = ? AND n.object_id = ?", f.Object.Kind, f.Object.ID).
		AndIf(f.Case != "", "n.case_id = ?", f.Case).
		AndIf(f.Trouble, `EXISTS (SELECT 1 FROM notice_place x JOIN notice_day y ON y.place_id = x.id WHERE x.notice_id = n.id AND y.outcome = 'absent') OR n.state = 'owed' AND n.opened_on <= ?`, calendar.DateOf(s.db.Now()).AddDays(-3))
	total, err := db.One(ctx, s.db, db.Value[int], `SELECT count(*) FROM notice n JOIN unit u ON u.id = n.unit_id JOIN unit p ON p.id = n.publisher_id WHERE `+w.SQL(), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	limit := f.Limit
	if limit == 0 {
		limit = 50
	}
	list, err := db.All(ctx, s.db, scanNotice, noticeSelect+` WHERE `+w.SQL()+`
		ORDER BY CASE n.state WHEN 'owed' THEN 0 WHEN 'hanging' THEN 1 ELSE 2 END, n.due_on, n.id LIMIT `+w.Arg(limit)+` OFFSET `+w.Arg(f.Offset), w.Args()...)
	if err != nil {
		return nil, 0, err
	}
	out, err := s.standOf(ctx, s.db, list)
	return out, total, err
}
