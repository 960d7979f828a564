package duty

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

// States of a roster.
const (
	Draft     = "draft"
	Published = "published"
)

// RosterMachine is what becomes of a month's roster.
var RosterMachine = passage.Machine{Kind: "duty_roster", Noun: "值班表", States: map[string]string{Draft: "编排中", Published: "已公布"},
	Moves: []passage.Move{
		{To: Draft, Act: "draft", Says: "编排", Permit: string(authz.DutyManage)},
		{From: Draft, Act: "publish", To: Published, Says: "公布", Guard: "每个小时有且只有一个班次，重要保障期双人", Permit: string(authz.DutyManage)},
		{From: Published, Act: "reopen", To: Draft, Says: "调整", Permit: string(authz.DutyManage)},
	}}

// Shift is one turn of duty.
type Shift struct {
	ID         string
	Roster     string
	Unit       org.UnitID
	From       time.Time
	Until      time.Time
	Lead       org.PersonID
	LeadName   string
	Second     org.PersonID
	SecondName string
	// Leader is the 带班领导, above who stands on duty; the law asks for none.
	Leader     org.PersonID
	LeaderName string
}

// Names are who stands on it.
func (s Shift) Names() string {
	if s.SecondName == "" {
		return s.LeadName
	}
	return s.LeadName + "、" + s.SecondName
}

// Has reports whether the person stands on it.
func (s Shift) Has(person string) bool {
	return person != "" && (string(s.Lead) == person || string(s.Second) == person)
}

// Leads reports whether the person is the turn's 带班领导.
func (s Shift) Leads(person string) bool { return person != "" && string(s.Leader) == person }

// Zero reports that there is none.
func (s Shift) Zero() bool { return s.ID == "" }

// Span is the turn as people read it: 12月1日08:00至20:00.
func (s Shift) Span() string {
	from, until := s.From.In(calendar.Shanghai), s.Until.In(calendar.Shanghai)
	if calendar.DateOf(s.From) == calendar.DateOf(s.Until.Add(-time.Second)) {
		end := until.Format("15:04")
		if end == "00:00" {
			end = "24:00"
		}
		return from.Format("1月2日15:04") + "至" + end
	}
	return from.Format("1月2日15:04") + "至" + until.Format("1月2日15:04")
}

const shiftSelect = `SELECT id, roster_id, unit_id, from_at, until_at, lead_id, lead_name, second_id, second_name, leader_id, leader_name FROM duty_shift`

func scanShift(r db.Scanner) (Shift, error) {
	var s Shift
	err := r.Scan(&s.ID, &s.Roster, &s.Unit, &s.From, &s.Until, &s.Lead, &s.LeadName, &s.Second, &s.SecondName, &s.Leader, &s.LeaderName)
	return s, err
}

// Roster is the duty of one unit in one month.
type Roster struct {
	ID          string
	Unit        org.Unit
	Month       string // 2026-12
	State       string // empty: none yet
	PublishedBy string
	PublishedAt time.Time
	Shifts      []Shift
	Breaches    []rules.Breach // what stands against publishing it
	Double      []sx2021.DutySpan

	was, is any // what the act changed, for the trail
}

// Stretch is a time one person stands on duty turn after turn without a break.
type Stretch struct {
	Person      org.PersonID
	Name        string
	Turns       int
	From, Until time.Time
}

// Stretches are the longest of each person who stands more than one turn at a
// stretch, the longest first. No rule forbids them: they are for whoever
// arranges the roster to know.
func (r Roster) Stretches() []Stretch {
	now, most := map[org.PersonID]Stretch{}, map[org.PersonID]Stretch{}
	for _, x := range r.Shifts {
		for p, name := range map[org.PersonID]string{x.Lead: x.LeadName, x.Second: x.SecondName} {
			if p == "" {
				continue
			}
			c, ok := now[p]
			if !ok || c.Until.Before(x.From) {
				c = Stretch{Person: p, Name: name, From: x.From}
			}
			c.Turns++
			c.Until = x.Until
			now[p] = c
			if c.Turns > 1 && c.Turns > most[p].Turns {
				most[p] = c
			}
		}
	}
	out := slices.Collect(maps.Values(most))
	slices.SortFunc(out, func(a, b Stretch) int {
		return cmp.Or(cmp.Compare(b.Turns, a.Turns), cmp.Compare(a.Person, b.Person))
	})
	return out
}

// Gaps are the stretches of the month from a moment on in which nobody stands,
// as turns without people.
func (r Roster) Gaps(from time.Time) []Shift {
	first, ok := monthFirst(r.Month)
	if !ok || r.State == "" {
		return nil
	}
	if start := first.Start(); from.Before(start) {
		from = start
	}
	var out []Shift
	for _, g := range vacant(from, first.AddMonths(1).Start(), r.Shifts) {
		out = append(out, Shift{Unit: r.Unit.ID, From: g.from, Until: g.until})
	}
	return out
}

// turn is the one of an id.
func (r Roster) turn(id string) (Shift, bool) {
	i := slices.IndexFunc(r.Shifts, func(x Shift) bool { return id != "" && x.ID == id })
	if i < 0 {
		return Shift{}, false
	}
	return r.Shifts[i], true
}

// Link is its page.
func (r Roster) Link() string { return RosterLink(r.Unit.ID, r.Month) }

// RosterLink is the page of a unit's month.
func RosterLink(unit org.UnitID, month string) string {
	return "/console/duty/rosters/" + string(unit) + "/" + month
}

func (r Roster) target() audit.Target {
	return audit.Target{Kind: "duty_roster", ID: r.ID, Name: r.Unit.Name + MonthName(r.Month) + "值班表", Unit: string(r.Unit.ID)}
}

// MonthName is 2026年12月.
func MonthName(month string) string {
	first, ok := monthFirst(month)
	if !ok {
		return month
	}
	return fmt.Sprintf("%d年%d月", first.Year, int(first.Month))
}

// MonthOf is the month a day lies in.
func MonthOf(d calendar.Date) string { return d.String()[:7] }

// NextMonth is the month after.
func NextMonth(month string) string {
	first, _ := monthFirst(month)
	return MonthOf(first.AddMonths(1))
}

func monthFirst(month string) (calendar.Date, bool) {
	d, err := calendar.ParseDate(month + "-01")
	return d, err == nil && len(month) == 7 && d.Year >= 2021 && d.Year < 2100
}

// Roster of a unit in scope; one not begun has no state.
func (s *Service) Roster(ctx context.Context, scope authz.Scope, unit org.UnitID, month string) (Roster, error) {
	return s.roster(ctx, s.DB, scope, unit, month)
}

func (s *Service) roster(ctx context.Context, q db.Querier, scope authz.Scope, unit org.UnitID, month string) (Roster, error) {
	first, ok := monthFirst(month)
	if !ok {
		return Roster{}, fault.Missing("值班表")
	}
	u, err := s.Org.UnitTx(ctx, q, scope, unit)
	if err != nil {
		return Roster{}, err
	}
	r, err := db.One(ctx, q, func(row db.Scanner) (Roster, error) {
		var r Roster
		err := row.Scan(&r.ID, &r.State, &r.PublishedBy, &r.PublishedAt)
		return r, err
	}, `SELECT id, state, published_by, published_at FROM duty_roster WHERE unit_id = $1 AND month = $2`, unit, month)
	if err != nil && !db.None(err) {
		return r, err
	}
	r.Unit, r.Month = u, month
	from, until := first.Start(), first.AddMonths(1).Start()
	if r.Shifts, err = s.shifts(ctx, q, unit, from, until); err != nil {
		return r, err
	}
	if r.Double, err = s.Vigil.Spans(ctx, q, u.AreaPath, from, until); err != nil {
		return r, err
	}
	// What is past can no longer be arranged: a month that began before anybody
	// kept a roster is owed from now on.
	if now := s.DB.Now(); now.After(from) {
		from = now
	}
	if r.State != "" && from.Before(until) {
		r.Breaches = sx2021.CheckDutyRoster(lawful(r.Shifts), from, until, r.Double)
	}
	return r, nil
}

// shifts of a unit that touch a stretch of time, in order.
func (s *Service) shifts(ctx context.Context, q db.Querier, unit org.UnitID, from, until time.Time) ([]Shift, error) {
	return db.All(ctx, q, scanShift, shiftSelect+` WHERE unit_id = $1 AND from_at < $3 AND until_at > $2 ORDER BY from_at, id`, unit, from, until)
}

func lawful(list []Shift) []sx2021.DutyShift {
	out := make([]sx2021.DutyShift, len(list))
	for i, x := range list {
		out[i] = sx2021.DutyShift{From: x.From, Until: x.Until, Lead: string(x.Lead), Second: string(x.Second)}
	}
	return out
}

// Turns are the ways a day is cut that the form offers, by the hours at which
// turns begin.
var Turns = []struct {
	ID, Name string
	Hours    []int
}{{"three", "三班（0时、8时、16时）", []int{0, 8, 16}}, {"two", "两班（8时、20时）", []int{8, 20}}, {"one", "一班（8时至次日8时）", []int{8}}}

// Rotation says how a month is filled: by turns, with the people one after
// another.
type Rotation struct {
	Turns  string
	People []org.PersonID // in order
	Double bool           // two at a time; in protected periods always
}

// change is one act on a roster in draft: it is loaded, begun where there is
// none, and checked to be the person's own.
func (s *Service) change(ctx context.Context, scope authz.Scope, unit org.UnitID, month, act string, after any, do func(tx *db.Tx, r *Roster) error) (Roster, error) {
	session, err := who(ctx)
	if err != nil {
		return Roster{}, err
	}
	var r Roster
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if r, err = s.roster(ctx, tx, scope, unit, month); err != nil {
			return err
		}
		if !session.MayAt(authz.DutyManage, string(unit)) {
			return fault.New(fault.Refused, "值班表由本单位编排，不能代排。")
		}
		first, _ := monthFirst(month)
		if first.AddMonths(1).Start().Before(tx.Now()) {
			return fault.New(fault.Refused, MonthName(month)+"已经过去，值班表不能再改。")
		}
		if r.State == "" {
			r.ID = ulid.Make().String()
			if _, r.State, err = RosterMachine.Take(ctx, tx, r.ID, "draft", passage.Note{}); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO duty_roster (id, unit_id, month, state, made_at) VALUES ($1, $2, $3, $4, $5)`, r.ID, unit, month, r.State, tx.Now()); err != nil {
				if _, dup := db.UniqueViolation(err); dup {
					return fault.New(fault.Conflict, "同事刚刚开始编排这个月，请刷新后再排。")
				}
				return err
			}
		}
		if act != "publish" && act != "reopen" && r.State != Draft {
			return fault.New(fault.Conflict, "值班表已经公布；要改动请先点“调整值班表”，个别换班请用换班。")
		}
		if err := do(tx, &r); err != nil {
			return err
		}
		if err := lookAgain(ctx, tx, unit); err != nil {
			return err
		}
		was, is := r.was, r.is
		if is == nil {
			is = after
		}
		if r, err = s.roster(ctx, tx, scope, unit, month); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.roster." + act, Basis: citation, Target: r.target(), Before: was, After: is})
	})
	return r, err
}

// Fill makes the turns of a month anew by rotation. Turns that have begun stay.
func (s *Service) Fill(ctx context.Context, scope authz.Scope, unit org.UnitID, month string, n Rotation) (Roster, error) {
	i := slices.IndexFunc(Turns, func(t struct {
		ID, Name string
		Hours    []int
	}) bool {
		return t.ID == n.Turns
	})
	if i < 0 {
		return Roster{}, fault.New(fault.Invalid, "没有选择班次。").On("turns", "请选择三班、两班或一班")
	}
	return s.change(ctx, scope, unit, month, "fill", n, func(tx *db.Tx, r *Roster) error {
		people, err := s.chosen(ctx, tx, unit, n.People)
		if err != nil {
			return err
		}
		var slots []slot
		for day := range 7 {
			for _, h := range Turns[i].Hours {
				slots = append(slots, slot{Weekday: day, Minute: h * 60})
			}
		}
		at := 0
		return s.lay(ctx, tx, r, slots, n.Double, func(_ slot, pair bool, beside []org.PersonID) (m manned) {
			size := 1
			if pair {
				size = 2
			}
			// Whoever stands just before or after is passed over where others are there:
			// the rotation of a month does not begin with the one who ends the last.
			for k := range len(people) {
				if !slices.ContainsFunc(beside, func(p org.PersonID) bool {
					return p == people[(at+k)%len(people)].ID || p == people[(at+k+size-1)%len(people)].ID
				}) {
					at += k
					break
				}
			}
			m.lead = people[at%len(people)]
			if pair {
				m.second = people[(at+1)%len(people)]
			}
			at += size
			return m
		})
	})
}

// chosen are the people named, all of whom may stand on the unit's duty.
func (s *Service) chosen(ctx context.Context, q db.Querier, unit org.UnitID, ids []org.PersonID) ([]org.Person, error) {
	all, err := s.Candidates(ctx, q, authz.System("duty.roster"), unit)
	if err != nil {
		return nil, err
	}
	var out []org.Person
	for _, id := range ids {
		i := slices.IndexFunc(all, func(p org.Person) bool { return p.ID == id })
		if i < 0 {
			return nil, fault.New(fault.Invalid, "所选人员不是本单位的值班人员。").On("people", "请从列表中选择")
		}
		out = append(out, all[i])
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "没有选择值班人员。").On("people", "请至少选择一人")
	}
	return out, nil
}

// slot is one turn of a week: it runs to the next slot.
type slot struct {
	Weekday int          `json:"weekday"` // 0 is Monday
	Minute  int          `json:"minute"`  // of the day
	Lead    org.PersonID `json:"lead,omitempty"`
	Second  org.PersonID `json:"second,omitempty"`
	Leader  org.PersonID `json:"leader,omitempty"`
}

// manned is who a turn is given to.
type manned struct{ lead, second, leader org.Person }

// loose are the turns of a roster ($1) that have yet to begin ($2) and that
// nothing hangs on: no swap that was agreed or waits for its answer, no hand-over.
// A swap that was declined or withdrawn binds nobody.
const loose = `roster_id = $1 AND from_at > $2 AND id NOT IN (SELECT shift_id FROM duty_swap WHERE state IN ('asked', 'agreed'))
	AND id NOT IN (SELECT shift_id FROM duty_handover) AND id NOT IN (SELECT next_id FROM duty_handover)`

// dropLoose removes the loose turns of a roster, or the one of an id, with the
// swaps of them that came to nothing; the trail keeps both. It returns how many
// turns there were.
func dropLoose(ctx context.Context, tx *db.Tx, roster, id string) (int64, error) {
	which, args := loose, []any{roster, tx.Now()}
	if id != "" {
		which, args = loose+` AND id = $3`, append(args, id)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM duty_swap WHERE shift_id IN (SELECT id FROM duty_shift WHERE `+which+`)`, args...); err != nil {
		return 0, err
	}
	return tx.Exec(ctx, `DELETE FROM duty_shift WHERE `+which, args...)
}

// span is a stretch of time.
type span struct{ from, until time.Time }

// vacant are the parts of a stretch of time in which none of the turns, which
// are in order, stands.
func vacant(from, until time.Time, stand []Shift) []span {
	var out []span
	for _, x := range stand {
		if !x.From.Before(until) {
			break
		}
		if x.From.After(from) {
			out = append(out, span{from, x.From})
		}
		if x.Until.After(from) {
			from = x.Until
		}
	}
	if from.Before(until) {
		out = append(out, span{from, until})
	}
	return out
}

// lay writes the turns of a month by the slots of a week into the time that is to
// come and that no turn stands in. What has begun already stays, and so does what
// a swap or a hand-over hangs on.
func (s *Service) lay(ctx context.Context, tx *db.Tx, r *Roster, slots []slot, double bool, man func(sl slot, pair bool, beside []org.PersonID) manned) error {
	first, _ := monthFirst(r.Month)
	month, next := first.Start(), first.AddMonths(1).Start()
	if _, err := dropLoose(ctx, tx, r.ID, ""); err != nil {
		return err
	}
	stand, err := s.shifts(ctx, tx, r.Unit.ID, month.Add(-time.Minute), next.AddDate(0, 0, 8)) // with the turn that ends as the month begins
	if err != nil {
		return err
	}
	begin := month
	if now := tx.Now().Truncate(time.Hour); now.After(begin) {
		begin = now // nobody stood on duty in hours that are gone
	}
	type moment struct {
		at time.Time
		sl slot
	}
	var moments []moment
	for day := calendar.DateOf(begin).AddDays(-7); day.Start().Before(next.AddDate(0, 0, 8)); day = day.AddDays(1) {
		for _, sl := range slots {
			if (int(day.Weekday())+6)%7 == sl.Weekday {
				moments = append(moments, moment{day.Start().Add(time.Duration(sl.Minute) * time.Minute), sl})
			}
		}
	}
	slices.SortFunc(moments, func(a, b moment) int { return a.at.Compare(b.at) })
	var rows [][]any
	for i, m := range moments {
		if i+1 == len(moments) || !moments[i+1].at.After(begin) {
			continue
		}
		from := m.at
		if from.Before(begin) {
			from = begin
		}
		// What begins after the month is the next one's.
		free := slices.DeleteFunc(vacant(from, moments[i+1].at, stand), func(f span) bool { return !f.from.Before(next) })
		if len(free) == 0 {
			continue
		}
		pair := double || slices.ContainsFunc(free, func(f span) bool {
			return slices.ContainsFunc(r.Double, func(d sx2021.DutySpan) bool { return f.from.Before(d.Until) && d.From.Before(f.until) })
		})
		var beside []org.PersonID
		for _, x := range stand {
			if slices.ContainsFunc(free, func(f span) bool { return x.Until.Equal(f.from) || x.From.Equal(f.until) }) {
				beside = append(beside, x.Lead, x.Second)
			}
		}
		who := man(m.sl, pair, beside)
		for _, f := range free {
			rows = append(rows, []any{ulid.Make().String(), r.ID, r.Unit.ID, f.from, f.until, who.lead.ID, who.lead.Name, who.second.ID, who.second.Name, who.leader.ID, who.leader.Name})
		}
	}
	if len(rows) == 0 {
		return fault.New(fault.Refused, "这个月剩下的时间已经排满，没有可以编排的班次。")
	}
	return tx.InsertAll(ctx, "duty_shift", []string{"id", "roster_id", "unit_id", "from_at", "until_at", "lead_id", "lead_name", "second_id", "second_name", "leader_id", "leader_name"}, rows)
}

// Pattern is a week of turns kept for use again (周模板).
type Pattern struct {
	ID, Name, KeptBy string
	KeptAt           time.Time
	slots            []slot
}

func scanPattern(r db.Scanner) (Pattern, error) {
	var p Pattern
	var body string
	if err := r.Scan(&p.ID, &p.Name, &body, &p.KeptBy, &p.KeptAt); err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(body), &p.slots)
}

// Patterns of a unit in scope.
func (s *Service) Patterns(ctx context.Context, scope authz.Scope, unit org.UnitID) ([]Pattern, error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil {
		return nil, err
	}
	return db.All(ctx, s.DB, scanPattern, `SELECT id, name, slots, kept_by, kept_at FROM duty_pattern WHERE unit_id = $1 ORDER BY name LIMIT 50`, unit)
}

// KeepPattern keeps the week that begins on a Monday of the roster.
func (s *Service) KeepPattern(ctx context.Context, scope authz.Scope, unit org.UnitID, month, name string, monday calendar.Date) (Roster, error) {
	name = strings.TrimSpace(name)
	var f fault.Fields
	f.Text("pattern_name", "模板名称", name, true, 30)
	f.Check(!monday.IsZero() && monday.Weekday() == time.Monday, "monday", "请填写一个星期一的日期")
	if err := f.Err(); err != nil {
		return Roster{}, err
	}
	session, err := who(ctx)
	if err != nil {
		return Roster{}, err
	}
	return s.changeAny(ctx, scope, unit, month, "keep_pattern", name, func(tx *db.Tx, _ *Roster) error {
		list, err := s.shifts(ctx, tx, unit, monday.Start(), monday.AddDays(7).Start())
		if err != nil {
			return err
		}
		var slots []slot
		for _, x := range list {
			at := x.From.In(calendar.Shanghai)
			if x.From.Before(monday.Start()) {
				continue // begins in the week before
			}
			slots = append(slots, slot{Weekday: (int(at.Weekday()) + 6) % 7, Minute: at.Hour()*60 + at.Minute(), Lead: x.Lead, Second: x.Second, Leader: x.Leader})
		}
		if len(slots) == 0 {
			return fault.New(fault.Refused, "这一周没有班次，不能存为模板。").On("monday", "请选择已排好的一周")
		}
		body, err := json.Marshal(slots)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO duty_pattern (id, unit_id, name, slots, kept_by, kept_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (unit_id, name) DO UPDATE SET slots = excluded.slots, kept_by = excluded.kept_by, kept_at = excluded.kept_at`, ulid.Make().String(), unit, name, string(body), session.Name, tx.Now())
		return err
	})
}

// changeAny is an act beside the roster's own state.
func (s *Service) changeAny(ctx context.Context, scope authz.Scope, unit org.UnitID, month, act string, after any, do func(tx *db.Tx, r *Roster) error) (Roster, error) {
	session, err := who(ctx)
	if err != nil {
		return Roster{}, err
	}
	var r Roster
	err = s.DB.Update(ctx, func(tx *db.Tx) error {
		if r, err = s.roster(ctx, tx, scope, unit, month); err != nil {
			return err
		}
		if !session.MayAt(authz.DutyManage, string(unit)) {
			return fault.New(fault.Refused, "值班表由本单位编排，不能代排。")
		}
		if err := do(tx, &r); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "duty.roster." + act, Basis: citation, Target: r.target(), After: after})
	})
	return r, err
}

// ApplyPattern fills the month by a kept week. Who no longer serves is left for
// the roster's check to name.
func (s *Service) ApplyPattern(ctx context.Context, scope authz.Scope, unit org.UnitID, month, pattern string) (Roster, error) {
	return s.change(ctx, scope, unit, month, "apply_pattern", pattern, func(tx *db.Tx, r *Roster) error {
		p, err := db.One(ctx, tx, scanPattern, `SELECT id, name, slots, kept_by, kept_at FROM duty_pattern WHERE id = $1 AND unit_id = $2`, pattern, unit)
		if db.None(err) {
			return fault.New(fault.Invalid, "没有选择周模板。").On("pattern", "请从列表中选择")
		}
		if err != nil {
			return err
		}
		people, err := s.Candidates(ctx, tx, authz.System("duty.roster"), unit)
		if err != nil {
			return err
		}
		leaders, err := s.Leaders(ctx, tx, authz.System("duty.roster"), unit)
		if err != nil {
			return err
		}
		find := func(list []org.Person, id org.PersonID) org.Person {
			if i := slices.IndexFunc(list, func(p org.Person) bool { return p.ID == id }); i >= 0 && id != "" {
				return list[i]
			}
			return org.Person{}
		}
		return s.lay(ctx, tx, r, p.slots, false, func(sl slot, _ bool, _ []org.PersonID) manned {
			return manned{find(people, sl.Lead), find(people, sl.Second), find(leaders, sl.Leader)}
		})
	})
}

// ShiftOf is one turn in scope.
func (s *Service) ShiftOf(ctx context.Context, q db.Querier, scope authz.Scope, id string) (Shift, org.Unit, error) {
	x, err := db.One(ctx, q, scanShift, shiftSelect+` WHERE id = $1`, id)
	if db.None(err) {
		return x, org.Unit{}, fault.Missing("班次")
	}
	if err != nil {
		return x, org.Unit{}, err
	}
	u, err := s.Org.UnitTx(ctx, q, scope, x.Unit)
	if fault.Is(err, fault.NotFound) {
		err = fault.Missing("班次")
	}
	return x, u, err
}

// Stood is a turn somebody stood, and whether it ended as the rules want.
type Stood struct {
	Shift
	UnitName string
	// HandedOver: the next signed for it, or only its own people went on. Recorded: the record of its first day was
	// confirmed.
	HandedOver, Recorded bool
}

// StoodBy are the turns that any of the people stood on duties in scope and that
// ended in a span of time, oldest first.
func (s *Service) StoodBy(ctx context.Context, q db.Querier, scope authz.Scope, people []org.PersonID, from, until time.Time) ([]Stood, error) {
	if len(people) == 0 {
		return nil, nil
	}
	var w db.Where
	scope.Where(&w, "u")
	var marks []string
	for _, p := range people {
		marks = append(marks, w.Arg(string(p)))
	}
	in := strings.Join(marks, ", ")
	w.And("s.until_at >= ? AND s.until_at < ? AND s.until_at <= ?", from, until, s.DB.Now())
	list, err := db.All(ctx, q, func(r db.Scanner) (Stood, error) {
		var x Stood
		return x, r.Scan(&x.ID, &x.Roster, &x.Unit, &x.From, &x.Until, &x.Lead, &x.LeadName, &x.Second, &x.SecondName, &x.UnitName, &x.HandedOver)
	}, `SELECT s.id, s.roster_id, s.unit_id, s.from_at, s.until_at, s.lead_id, s.lead_name, s.second_id, s.second_name, u.name,
	           EXISTS (SELECT 1 FROM duty_handover h WHERE h.shift_id = s.id AND h.state = 'taken')
	           OR EXISTS (SELECT 1 FROM duty_shift n WHERE n.unit_id = s.unit_id AND n.from_at = (SELECT min(m.from_at) FROM duty_shift m WHERE m.unit_id = s.unit_id AND m.from_at >= s.until_at)
	                        AND n.lead_id <> '' AND n.lead_id IN (s.lead_id, s.second_id) AND n.second_id IN ('', s.lead_id, s.second_id))
	      FROM duty_shift s JOIN duty_roster o ON o.id = s.roster_id JOIN unit u ON u.id = s.unit_id
	     WHERE o.state = 'published' AND (s.lead_id IN (`+in+`) OR s.second_id IN (`+in+`)) AND `+w.SQL()+` ORDER BY s.until_at, s.id`, w.Args()...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	confirmed, err := db.All(ctx, q, func(r db.Scanner) (string, error) {
		var unit string
		var on calendar.Date
		err := r.Scan(&unit, &on)
		return unit + " " + on.String(), err
	}, `SELECT unit_id, on_day FROM duty_record WHERE state = $1 AND on_day BETWEEN $2 AND $3`, Confirmed, calendar.DateOf(list[0].From), calendar.DateOf(until))
	for i := range list {
		list[i].Recorded = slices.Contains(confirmed, string(list[i].Unit)+" "+calendar.DateOf(list[i].From).String())
	}
	return list, err
}

// SetShift puts other people or hours to a turn of a roster in draft; an empty
// id adds a turn, until not after from removes it.
func (s *Service) SetShift(ctx context.Context, scope authz.Scope, unit org.UnitID, month string, n Shift) (Roster, error) {
	return s.change(ctx, scope, unit, month, "set_shift", n, func(tx *db.Tx, r *Roster) error {
		first, _ := monthFirst(month)
		if n.From.Before(first.Start()) || !n.From.Before(first.AddMonths(1).Start()) || n.Until.Sub(n.From) > 7*24*time.Hour {
			return fault.New(fault.Invalid, "班次的起止时间不对。").On("from", "接班时间应在"+MonthName(month)+"内，一个班次最长 7 天")
		}
		if !n.Until.After(n.From) {
			return fault.New(fault.Invalid, "交班时间不晚于接班时间。").On("until", "请填写晚于接班的交班日期和时间")
		}
		ids := []org.PersonID{n.Lead}
		if n.Second != "" {
			ids = append(ids, n.Second)
		}
		people, err := s.chosen(ctx, tx, unit, ids)
		if err != nil {
			return err
		}
		second := org.Person{}
		if len(people) > 1 {
			second = people[1]
		}
		leader, err := s.leader(ctx, tx, unit, n.Leader)
		if err != nil {
			return err
		}
		if n.Has(string(leader.ID)) {
			return fault.New(fault.Invalid, leader.Name+"是这个班次的值班人员，不能同时带班。").On("leader", "请另选一人，或留空")
		}
		made := Shift{ID: n.ID, From: n.From, Until: n.Until, Lead: people[0].ID, LeadName: people[0].Name, Second: second.ID, SecondName: second.Name, Leader: leader.ID, LeaderName: leader.Name}
		if old, ok := r.turn(n.ID); ok {
			r.was = old
		}
		r.is = made
		if n.ID == "" {
			_, err = tx.Exec(ctx, `INSERT INTO duty_shift (id, roster_id, unit_id, from_at, until_at, lead_id, lead_name, second_id, second_name, leader_id, leader_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				ulid.Make().String(), r.ID, unit, n.From, n.Until, people[0].ID, people[0].Name, second.ID, second.Name, leader.ID, leader.Name)
			return err
		}
		k, err := tx.Exec(ctx, `UPDATE duty_shift SET from_at = $3, until_at = $4, lead_id = $5, lead_name = $6, second_id = $7, second_name = $8, leader_id = $10, leader_name = $11 WHERE id = $1 AND roster_id = $2 AND until_at > $9`,
			n.ID, r.ID, n.From, n.Until, people[0].ID, people[0].Name, second.ID, second.Name, tx.Now(), leader.ID, leader.Name)
		if err == nil && k == 0 {
			return fault.New(fault.Conflict, "这个班次不在本月的值班表中，或者已经结束，请刷新后再看。")
		}
		return err
	})
}

// DropShift removes a turn that has not begun from a roster in draft.
func (s *Service) DropShift(ctx context.Context, scope authz.Scope, unit org.UnitID, month, id string) (Roster, error) {
	return s.change(ctx, scope, unit, month, "drop_shift", id, func(tx *db.Tx, r *Roster) error {
		if old, ok := r.turn(id); ok {
			r.was = old
		}
		n, err := dropLoose(ctx, tx, r.ID, id)
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "已经开始、换过班（含正在等对方答复的）或交接过的班次不能删除，可以改动人员。")
		}
		return err
	})
}

// Publish makes the roster known to everybody on it. It is refused while an
// hour has nobody, or two turns, or a protected period only one person.
func (s *Service) Publish(ctx context.Context, scope authz.Scope, unit org.UnitID, month string) (Roster, error) {
	session, err := who(ctx)
	if err != nil {
		return Roster{}, err
	}
	return s.change(ctx, scope, unit, month, "publish", nil, func(tx *db.Tx, r *Roster) error {
		if r.State == Draft {
			if err := rules.Refuse(r.Breaches); err != nil {
				return err
			}
		}
		if _, r.State, err = RosterMachine.Take(ctx, tx, r.ID, "publish", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE duty_roster SET state = $2, published_by = $3, published_at = $4 WHERE id = $1`, r.ID, r.State, session.Name, tx.Now()); err != nil {
			return err
		}
		var list []notify.Message
		told := map[org.PersonID]bool{}
		for _, x := range r.Shifts {
			for _, p := range []org.PersonID{x.Lead, x.Second, x.Leader} {
				if p == "" || told[p] {
					continue
				}
				told[p] = true
				list = append(list, notify.Message{Key: "duty:" + r.ID + ":" + tx.Now().Format(time.RFC3339) + ":" + string(p), Unit: string(unit), Person: string(p), Title: MonthName(month) + "值班表已公布", Body: r.Unit.Name + "的值班表已公布，请查看您的班次。", Link: r.Link()})
			}
		}
		if err := notify.SendAll(ctx, tx, list); err != nil {
			return err
		}
		// What is owed in a month is the roster of the next one; the first roster of
		// all may be of the month itself.
		first, _ := monthFirst(month)
		if _, err := s.Obligations.DischargePeriod(ctx, tx, RosterKind.ID, rosterSubject(r.Unit), MonthOf(first.AddMonths(-1)), "已公布"+MonthName(month)+"值班表，"+session.Name); err != nil {
			return err
		}
		return s.watch(ctx, tx, point{ID: r.Unit.ID, Name: r.Unit.Name, Path: r.Unit.AreaPath})
	})
}

// Reopen brings a published roster back into draft. What was published is kept as
// an edition; its turns stand meanwhile, and that it be published is owed again
// from now on, at once where its day is past.
func (s *Service) Reopen(ctx context.Context, scope authz.Scope, unit org.UnitID, month string) (Roster, error) {
	session, err := who(ctx)
	if err != nil {
		return Roster{}, err
	}
	return s.change(ctx, scope, unit, month, "reopen", nil, func(tx *db.Tx, r *Roster) error {
		var err error
		if r.State == Published {
			if r.is, err = keepEdition(ctx, tx, *r, session.Name); err != nil {
				return err
			}
		}
		if _, r.State, err = RosterMachine.Take(ctx, tx, r.ID, "reopen", passage.Note{}); err != nil {
			return err
		}
		if _, err = tx.Exec(ctx, `UPDATE duty_roster SET state = $2 WHERE id = $1`, r.ID, r.State); err != nil {
			return err
		}
		first, _ := monthFirst(month)
		today := calendar.DateOf(tx.Now())
		due := s.rosterDue(first.AddMonths(-1))
		if due.On.Before(today) {
			due.On = today
		}
		subject := rosterSubject(r.Unit)
		subject.Name += " " + MonthName(month)
		return s.Obligations.Open(ctx, tx, obligation.Debt{Kind: RosterKind.ID, Unit: unit, Subject: subject, Period: MonthOf(first.AddMonths(-1)), Link: r.Link(), Due: due, From: today})
	})
}

// OnDuty is the turn of a unit at an instant, and the one after it; zero when
// nobody is.
func (s *Service) OnDuty(ctx context.Context, scope authz.Scope, unit org.UnitID, at time.Time) (now, next Shift, err error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil {
		return now, next, err
	}
	return s.onDuty(ctx, s.DB, unit, at)
}

// NowFor a sponsor in scope: who is on duty for its sites at this moment, and
// where nobody is, everyone at the unit on whose duty they are (no ID).
func (s *Service) NowFor(ctx context.Context, q db.Querier, scope authz.Scope, sponsor org.UnitID) ([]org.Person, error) {
	if _, err := s.Org.UnitTx(ctx, q, scope, sponsor); err != nil {
		return nil, err
	}
	point, err := s.PointOf(ctx, q, sponsor)
	if err != nil {
		return nil, err
	}
	now, _, err := s.onDuty(ctx, q, point, s.DB.Now())
	if err != nil {
		return nil, err
	}
	if people := standing(now); len(people) > 0 {
		return people, nil
	}
	return []org.Person{{Unit: point}}, nil
}

// NextOf is the first turn of a person on a unit's duty in scope that has yet to
// begin, of a roster that was published; zero when there is none.
func (s *Service) NextOf(ctx context.Context, scope authz.Scope, unit org.UnitID, person string, at time.Time) (Shift, error) {
	if _, err := s.Org.Unit(ctx, scope, unit); err != nil || person == "" {
		return Shift{}, err
	}
	list, err := db.All(ctx, s.DB, scanShift, shiftSelect+` WHERE unit_id = $1 AND from_at > $2 AND (lead_id = $3 OR second_id = $3) AND roster_id IN (SELECT id FROM duty_roster WHERE published_at IS NOT NULL) ORDER BY from_at, id LIMIT 1`, unit, at, person)
	if err != nil || len(list) == 0 {
		return Shift{}, err
	}
	return list[0], nil
}

func (s *Service) onDuty(ctx context.Context, q db.Querier, unit org.UnitID, at time.Time) (now, next Shift, err error) {
	list, err := db.All(ctx, q, scanShift, shiftSelect+` WHERE unit_id = $1 AND until_at > $2 ORDER BY from_at, id LIMIT 2`, unit, at)
	if err != nil || len(list) == 0 {
		return now, next, err
	}
	if list[0].From.After(at) {
		return now, list[0], nil
	}
	if len(list) > 1 {
		next = list[1]
	}
	return list[0], next, nil
}
