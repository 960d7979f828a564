package obligation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

func date(t *testing.T, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var testCtx = audit.System(context.Background(), "test")

func (h house) update(t *testing.T, fn func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := h.db.Update(testCtx, func(tx *db.Tx) error { return fn(testCtx, tx) }); err != nil {
		t.Fatal(err)
	}
}

func (h house) owe(t *testing.T, n obligation.Debt) obligation.Obligation {
	t.Helper()
	if n.Kind == "" {
		n.Kind = "launch"
	}
	if n.Unit == "" {
		n.Unit = h.unit.ID
	}
	h.update(t, func(ctx context.Context, tx *db.Tx) error { return h.svc.Open(ctx, tx, n) })
	list, err := h.svc.Obligations(testCtx, authz.System("test"), obligation.Filter{Subject: n.Subject})
	if err != nil || len(list) != 1 {
		t.Fatalf("%d open (%v)", len(list), err)
	}
	return list[0]
}

// One obligation whose kind nobody declares any more holds up no other.
func TestOneBrokenObligationHoldsUpNoOther(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			if err := h.svc.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: h.unit.ID, Subject: obligation.Subject{Kind: "site", ID: "s2", Name: "坏的"}, Due: calendar.Due{On: date(t, "2026-02-09")}}); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE obligation SET kind = 'gone' WHERE subject_id = 's2'`)
			return err
		})
		h.clock.Set(time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC))
		if _, err := h.svc.Sweep(context.Background()); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("the broken one was not named: %v", err)
		}
		if got := h.titles(t, h.unit.ID); len(got) != 1 {
			t.Errorf("the good one said %q", got)
		}
		if n, err := h.svc.Sweep(context.Background()); n != 0 || err != nil {
			t.Errorf("within the hour it is left alone: %d %v", n, err)
		}
	})
}

// The clock runs ahead by a year, is set back, and everything is still told at
// its own time, once.
func TestClockSetBackIsMadeGood(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		h.clock.Set(time.Date(2027, 6, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		h.clock.Set(time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC))
		h.sweep(t)
		list, err := h.svc.Obligations(testCtx, authz.System("test"), obligation.Filter{})
		if err != nil || len(list) != 1 || !list[0].OverdueAt.IsZero() || !list[0].EscalatedAt.IsZero() {
			t.Fatalf("still marked by a time that has not been: %+v (%v)", list, err)
		}
		for day := range 45 {
			h.clock.Set(time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC).AddDate(0, 0, day))
			h.sweep(t)
		}
		count := map[string]int{}
		for _, title := range h.titles(t, h.unit.ID) {
			count[title]++
		}
		// Once ahead of time, once at its own.
		if count["超期：正式上线（商务局网站）"] != 2 || count["还有 7 天：正式上线（商务局网站）"] != 1 || count["今日到期：正式上线（商务局网站）"] != 1 {
			t.Errorf("the unit was told %v", count)
		}
	})
}

func TestAbolishedUnitIsNotSpokenTo(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE unit SET abolished_on = $2 WHERE id = $1`, h.unit.ID, date(t, "2026-01-06")); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test"})
		})
		h.clock.Set(time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := h.titles(t, h.unit.ID); len(got) != 0 {
			t.Errorf("told to nobody: %q", got)
		}
		if got := h.titles(t, h.above.ID); len(got) != 1 || !strings.Contains(got[0], "已撤销") {
			t.Errorf("the office above was told %q", got)
		}
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			n, err := h.svc.Move(ctx, tx, authz.System("test"), h.unit.ID, h.above.ID)
			if n != 1 {
				t.Errorf("%d moved", n)
			}
			return err
		})
		h.sweep(t)
		if got := h.titles(t, h.above.ID); !slices.Contains(got, "超期：正式上线（商务局网站）") {
			t.Errorf("the successor was told %q", got)
		}
	})
}

// T-PATROL: what is owed by an hour of its day is reminded of at an hour, and is
// overdue from then on.
func TestArticle19_4_HoursOfTheDueDay(t *testing.T) {
	kind := obligation.Kind{ID: "patrol", Name: "每日巡检记录", Citation: "第十九条（四）", Remind: []int{0}, Hours: []int{16}, By: 18, Escalate: 1}
	start := time.Date(2026, 1, 9, 22, 0, 0, 0, time.UTC) // six in the morning
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		o := org.New(d)
		s := obligation.New(d, o, kind)
		var unit org.Unit
		if err := d.Update(testCtx, func(tx *db.Tx) error {
			if _, err := o.AddArea(testCtx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			var err error
			if unit, _, err = o.AddUnit(testCtx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省办"}); err != nil {
				return err
			}
			return s.Open(testCtx, tx, obligation.Debt{Kind: "patrol", Unit: unit.ID, Subject: obligation.Subject{Kind: "day", ID: "x", Name: "省办"}, Due: calendar.Due{On: date(t, "2026-01-10")}})
		}); err != nil {
			t.Fatal(err)
		}
		h := house{db: d, clock: clock, svc: s, unit: unit}
		var told []string
		for _, want := range []struct {
			hour int
			says string
		}{{7, ""}, {8, "今日 18 时到期：每日巡检记录（省办）"}, {15, ""}, {16, "今日 18 时到期：每日巡检记录（省办）"}, {17, ""}, {18, "超期：每日巡检记录（省办）"}, {23, ""}} {
			clock.Set(date(t, "2026-01-10").Start().Add(time.Duration(want.hour) * time.Hour))
			h.sweep(t)
			if want.says != "" {
				told = append(told, want.says)
			}
			if got := h.titles(t, unit.ID); !equal(got, told) {
				t.Fatalf("by %d o'clock the unit was told %q, want %q", want.hour, got, told)
			}
		}
	})
}

// The hour is the province's where it says so: reminders keep their distance.
func TestArticle19_4_TheHourIsTheProvinces(t *testing.T) {
	kind := obligation.Kind{ID: "patrol", Name: "每日巡检记录", Citation: "第十九条（四）", Hours: []int{16}, By: 18}
	clock := calendar.NewManual(time.Date(2026, 1, 9, 22, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		hour := 21
		s := obligation.New(d, org.New(d), kind)
		s.HourFrom("patrol", func() int { return hour })
		if k, ok := s.KindOf("patrol"); !ok || k.By != 21 || len(k.Hours) != 1 || k.Hours[0] != 19 {
			t.Errorf("by 21 o'clock: %+v", k)
		}
		hour = 18
		if k, _ := s.KindOf("patrol"); k.By != 18 || k.Hours[0] != 16 || kind.Hours[0] != 16 {
			t.Errorf("by 18 o'clock: %+v", k)
		}
	})
}

func TestProvinceIsToldAfterTheSupervisor(t *testing.T) {
	kind := obligation.Kind{ID: "yearly", Name: "年度事项", Citation: "第三十一条", Escalate: 2, Province: 10}
	clock := calendar.NewManual(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
		o := org.New(d)
		s := obligation.New(d, o, kind)
		var unit, city, top org.Unit
		if err := d.Update(testCtx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(testCtx, tx, a); err != nil {
					return err
				}
			}
			var err error
			if top, _, err = o.AddUnit(testCtx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省办"}); err != nil {
				return err
			}
			if city, _, err = o.AddUnit(testCtx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "市办"}); err != nil {
				return err
			}
			if unit, _, err = o.AddUnit(testCtx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "市局"}); err != nil {
				return err
			}
			return s.Open(testCtx, tx, obligation.Debt{Kind: "yearly", Unit: unit.ID, Subject: obligation.Subject{Kind: "unit", ID: string(unit.ID), Name: "市局"}, Due: calendar.Due{On: date(t, "2026-01-10")}})
		}); err != nil {
			t.Fatal(err)
		}
		said := func(u org.Unit) int {
			n, err := db.One(context.Background(), d, db.Value[int], `SELECT count(*) FROM message WHERE unit_id = $1`, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		for day := range 30 {
			clock.Set(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC).AddDate(0, 0, day))
			for range 2 {
				if _, err := s.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			switch calendar.Today(clock).String() {
			case "2026-01-14":
				if said(city) != 1 || said(top) != 0 {
					t.Errorf("after three days: city %d, province %d", said(city), said(top))
				}
			case "2026-01-22":
				if said(top) != 1 {
					t.Errorf("after eleven days the province knows %d", said(top))
				}
			}
		}
		if said(city) != 1 || said(top) != 1 {
			t.Errorf("told more than once: city %d, province %d", said(city), said(top))
		}
	})
}

// What returns each quarter is opened once for each unit, in the quarters that
// an outage missed too, and for a unit that comes later in the quarter.
func TestRecurringOpensOnceAPeriodAndCatchesUp(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		debtors := []obligation.Debtor{{Unit: h.unit.ID, Name: h.unit.Name}}
		h.svc.Recur(obligation.Recurring{Kind: "launch", Every: obligation.Quarterly, Link: "/console/x/{period}",
			Owes: func(context.Context, db.Querier) ([]obligation.Debtor, error) { return slices.Clone(debtors), nil }})
		periods := func(u org.UnitID) string {
			list, err := h.svc.Obligations(testCtx, authz.System("test"), obligation.Filter{Unit: u, State: "all"})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, o := range list {
				out = append(out, o.Period+" "+o.Due.On.String()+" "+o.Link)
			}
			return strings.Join(out, "; ")
		}
		h.sweep(t)
		h.clock.Set(time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := periods(h.unit.ID); got != "2026-Q1 2026-03-31 /console/x/2026-Q1" {
			t.Errorf("first quarter: %s", got)
		}
		// Done early: the quarter does not come back.
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			ok, err := h.svc.DischargePeriod(ctx, tx, "launch", obligation.Subject{Kind: "unit", ID: string(h.unit.ID)}, "2026-Q1", "报告")
			if !ok {
				t.Error("nothing discharged")
			}
			return err
		})
		debtors = append(debtors, obligation.Debtor{Unit: h.above.ID, Name: h.above.Name})
		h.clock.Set(time.Date(2026, 2, 3, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := periods(h.above.ID); !strings.HasPrefix(got, "2026-Q1") {
			t.Errorf("a unit that came later owes %q", got)
		}
		h.clock.Set(time.Date(2026, 8, 1, 2, 0, 0, 0, time.UTC)) // out for two quarter ends
		h.sweep(t)
		if got := periods(h.unit.ID); strings.Count(got, ";") != 2 || !strings.Contains(got, "2026-Q2 2026-06-30") || !strings.Contains(got, "2026-Q3 2026-09-30") {
			t.Errorf("after the outage: %s", got)
		}
	})
}

func TestRecountFollowsTheNotice(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		bare := calendar.Workdays{}
		from := date(t, "2027-02-01")
		length := calendar.WorkingDays(10)
		due := length.From(from, bare)
		if !due.Provisional {
			t.Fatal("a year without a notice must be provisional")
		}
		o := h.owe(t, obligation.Debt{Subject: obligation.Subject{Kind: "site", ID: "s1", Name: "网站"}, Due: due, From: from, Length: length})
		var followed []calendar.Date
		h.svc.OnMoved(func(_ context.Context, _ *db.Tx, o obligation.Obligation) error {
			followed = append(followed, o.Due.On)
			return nil
		})
		days, err := bare.With(calendar.Notice{Year: 2027, Documents: []calendar.Document{{Number: "国办发明电〔2026〕0号"}}, Mark: "V", Off: []calendar.Span{{Name: "春节", From: date(t, "2027-02-05"), To: date(t, "2027-02-11")}}})
		if err != nil {
			t.Fatal(err)
		}
		n, err := h.svc.Recount(testCtx, obligation.Rearranged{Days: days, Basis: "国办发明电〔2026〕1号"})
		if err != nil || n != 1 {
			t.Fatalf("%d moved (%v)", n, err)
		}
		got, err := h.svc.Obligation(testCtx, authz.System("test"), o.ID)
		if err != nil || got.Due != length.From(from, days) || got.Due.Provisional || !got.Due.On.After(due.On) {
			t.Errorf("due %+v, was %+v (%v)", got.Due, due, err)
		}
		if len(followed) != 1 || followed[0] != got.Due.On {
			t.Errorf("followed %v", followed)
		}
		events, err := h.svc.Events(testCtx, authz.System("test"), o.ID)
		if err != nil || len(events) != 1 || events[0].Act != "recount" || events[0].From != due.On {
			t.Errorf("events %+v (%v)", events, err)
		}
	})
}

func TestAClockExplainsItself(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		o := h.owe(t, obligation.Debt{Subject: obligation.Subject{Kind: "site", ID: "s1", Name: "网站"}, Due: calendar.Due{On: date(t, "2026-02-10")}, From: date(t, "2026-01-05"), Length: calendar.Days(36)})
		adjust := func(a obligation.Adjustment) error {
			return h.svc.Adjust(testCtx, authz.System("test"), o.ID, a, calendar.Workdays{})
		}
		if err := adjust(obligation.Adjustment{Act: "extend", Due: date(t, "2026-03-10")}); !fault.Is(err, fault.Invalid) {
			t.Errorf("extended without a basis: %v", err)
		}
		if err := adjust(obligation.Adjustment{Act: "extend", Due: date(t, "2026-02-01"), Basis: "文"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("extended to an earlier day: %v", err)
		}
		if err := adjust(obligation.Adjustment{Act: "extend", Due: date(t, "2026-03-10"), Basis: "陕政办〔2026〕1号"}); err != nil {
			t.Fatal(err)
		}
		if err := adjust(obligation.Adjustment{Act: "pause", Basis: "第八条（一）"}); err != nil {
			t.Fatal(err)
		}
		h.clock.Set(time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := h.titles(t, h.unit.ID); len(got) != 0 {
			t.Errorf("a clock that stands still spoke: %q", got)
		}
		if err := adjust(obligation.Adjustment{Act: "resume"}); err != nil {
			t.Fatal(err)
		}
		got, err := h.svc.Obligation(testCtx, authz.System("test"), o.ID)
		if err != nil || got.Due.On != date(t, "2026-03-10").AddDays(147) {
			t.Errorf("resumed to %s (%v)", got.Due.On, err)
		}
		events, err := h.svc.Events(testCtx, authz.System("test"), o.ID)
		if err != nil || len(events) != 3 {
			t.Errorf("events %+v (%v)", events, err)
		}
	})
}

func TestHolderIsRemindedAndHandOverMovesIt(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		var a, b org.Person
		o := org.New(h.db)
		h.update(t, func(ctx context.Context, tx *db.Tx) (err error) {
			if a, err = o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.unit.ID, Name: "甲"}); err != nil {
				return err
			}
			b, err = o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.unit.ID, Name: "乙"})
			return err
		})
		h.owe(t, obligation.Debt{Subject: obligation.Subject{Kind: "site", ID: "s1", Name: "网站"}, Due: calendar.Due{On: date(t, "2026-02-10")}, Person: a.ID, Deputy: b.ID})
		readers := func() []string {
			got, err := db.All(context.Background(), h.db, db.Value[string], `SELECT coalesce(person_id, '') FROM message ORDER BY at, id`)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		h.clock.Set(date(t, "2026-01-11").Start().Add(9 * time.Hour))
		h.sweep(t)
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			moved, err := h.svc.HandOver(ctx, tx, authz.System("test"), a.ID, b.ID, b.Name)
			if len(moved) != 1 {
				t.Errorf("%d moved", len(moved))
			}
			return err
		})
		h.clock.Set(date(t, "2026-02-03").Start().Add(9 * time.Hour))
		h.sweep(t)
		if got := readers(); !slices.Equal(got, []string{string(a.ID), string(b.ID)}) {
			t.Errorf("reminded %q", got)
		}
	})
}

func TestUrgeTellsOncePerDayAndNotTheOwnUnit(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-01-01")
		h.owe(t, obligation.Debt{Unit: h.above.ID, Subject: obligation.Subject{Kind: "site", ID: "own", Name: "市办网站"}, Due: calendar.Due{On: date(t, "2026-01-02")}})
		session := &authz.Session{PersonID: "p", Name: "张某", Posts: []authz.Post{{UnitID: string(h.above.ID), UnitName: h.above.Name, Role: authz.Supervisor}}}
		urge := func() int {
			n, err := h.svc.Urge(testCtx, authz.System("test"), session, obligation.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if a, b := urge(), urge(); a != 1 || b != 0 {
			t.Errorf("urged %d, then %d", a, b)
		}
		h.clock.Advance(24 * time.Hour)
		if n := urge(); n != 1 {
			t.Errorf("the next day %d", n)
		}
	})
}

// Board and lists agree, in a scope of one unit and in the whole.
func TestBoardAddsUpWhatTheListShows(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		for i, due := range []string{"2026-01-03", "2025-12-20", "2025-11-01", "2025-01-01", "2026-01-05", "2026-01-11", "2026-09-01"} {
			h.owe(t, obligation.Debt{Subject: obligation.Subject{Kind: "site", ID: fmt.Sprint(i), Name: "网站"}, Due: calendar.Due{On: date(t, due)}})
		}
		h.owe(t, obligation.Debt{Unit: h.above.ID, Subject: obligation.Subject{Kind: "site", ID: "x", Name: "网站"}, Due: calendar.Due{On: date(t, "2026-01-01")}})
		areas, err := db.All(context.Background(), h.db, db.Value[string], `SELECT path FROM area`)
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			scope      authz.Scope
			late, open int
		}{"all": {authz.System("test"), 5, 8}, "area": {authz.Area("test", areas[0]), 5, 8}, "unit": {authz.Area("test", h.unit.AreaPath), 4, 7}, "nowhere": {authz.Scope{}, 0, 0}} {
			b, err := h.svc.Board(testCtx, c.scope, "")
			if err != nil {
				t.Fatal(err)
			}
			list, err := h.svc.Obligations(testCtx, c.scope, obligation.Filter{Overdue: true})
			if err != nil {
				t.Fatal(err)
			}
			n, err := h.svc.Count(testCtx, c.scope, obligation.Filter{Overdue: true})
			if err != nil || b.All.Late != c.late || len(list) != c.late || n != c.late || b.All.Open != c.open {
				t.Errorf("%s: board %+v, list %d, count %d (%v); want %d late of %d", name, b.All, len(list), n, err, c.late, c.open)
			}
			if a := b.All; a.Days7+a.Days30+a.Days90+a.Longer != a.Late {
				t.Errorf("%s: ages %+v do not add up", name, a)
			}
			sum := 0
			for _, u := range b.Units {
				sum += u.Late
			}
			if sum != c.late {
				t.Errorf("%s: units add up to %d", name, sum)
			}
		}
	})
}

func TestFeedBelongsToItsOwner(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		o := org.New(h.db)
		session := &authz.Session{Name: "甲"}
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.unit.ID, Name: "甲"})
			session.PersonID = string(p.ID)
			if err != nil {
				return err
			}
			return o.Appoint(ctx, tx, authz.System("test"), p.ID, h.unit.ID, authz.Sponsor)
		})
		first, err := h.svc.NewFeed(testCtx, session)
		if err != nil {
			t.Fatal(err)
		}
		if list, err := h.svc.Feed(testCtx, first); err != nil || len(list) != 1 {
			t.Errorf("%d in the feed (%v)", len(list), err)
		}
		second, err := h.svc.NewFeed(testCtx, session)
		if err != nil || second == first {
			t.Fatalf("the same again (%v)", err)
		}
		for _, token := range []string{first, "", "nobody"} {
			if _, err := h.svc.Feed(testCtx, token); !fault.Is(err, fault.NotFound) {
				t.Errorf("token %q: %v", token, err)
			}
		}
	})
}

// The days a clock stood still, and what moved it, stay counted when the
// holidays are made known.
func TestRecountKeepsWhatMovedTheDay(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		from := date(t, "2027-02-01")
		length := calendar.WorkingDays(10)
		h.clock.Set(from.Start().Add(3 * time.Hour))
		o := h.owe(t, obligation.Debt{Subject: obligation.Subject{Kind: "site", ID: "s1", Name: "网站"}, Due: length.From(from, calendar.Workdays{}), From: from, Length: length})
		adjust := func(a obligation.Adjustment) {
			t.Helper()
			if err := h.svc.Adjust(testCtx, authz.System("test"), o.ID, a, calendar.Workdays{}); err != nil {
				t.Fatal(err)
			}
		}
		adjust(obligation.Adjustment{Act: "pause", Basis: "第八条"})
		h.clock.Set(date(t, "2027-02-03").Start().Add(3 * time.Hour))
		adjust(obligation.Adjustment{Act: "extend", Due: date(t, "2027-02-22"), Basis: "陕政办〔2027〕1号"})
		h.sweep(t)
		if got := h.titles(t, h.unit.ID); len(got) != 0 {
			t.Errorf("extended while it stood still, it spoke: %q", got)
		}
		adjust(obligation.Adjustment{Act: "resume"})
		days, err := calendar.Workdays{}.With(calendar.Notice{Year: 2027, Documents: []calendar.Document{{Number: "国办发明电〔2026〕0号"}}, Mark: "V", Off: []calendar.Span{{Name: "春节", From: date(t, "2027-02-23"), To: date(t, "2027-02-25")}}})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.Recount(testCtx, obligation.Rearranged{Days: days, Basis: "国办发明电〔2026〕1号"}); err != nil || n != 1 {
			t.Fatalf("%d moved (%v)", n, err)
		}
		got, err := h.svc.Obligation(testCtx, authz.System("test"), o.ID)
		// Two working days after the 22nd, the holidays left out.
		if err != nil || got.Due.On != date(t, "2027-02-26").AddDays(3) || got.Due.Provisional || !got.PausedOn.IsZero() {
			t.Errorf("due %+v (%v)", got.Due, err)
		}
	})
}

// What was told under the old day is told again under the new one.
func TestPostponedIsToldAnew(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		overdue := func() (n int) {
			for _, title := range h.titles(t, h.unit.ID) {
				if strings.HasPrefix(title, "超期：") {
					n++
				}
			}
			return n
		}
		h.clock.Set(date(t, "2026-02-11").Start().Add(time.Hour))
		h.sweep(t)
		list, err := h.svc.Obligations(testCtx, authz.System("test"), obligation.Filter{})
		if err != nil || len(list) != 1 || overdue() != 1 {
			t.Fatalf("%d open, %d told (%v)", len(list), overdue(), err)
		}
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			moved, err := h.svc.Postpone(ctx, tx, "launch", list[0].Subject, calendar.Due{On: date(t, "2026-02-13")}, "缺失3日顺延")
			if !moved {
				t.Error("not moved")
			}
			return err
		})
		h.clock.Set(date(t, "2026-02-14").Start().Add(time.Hour))
		h.sweep(t)
		if overdue() != 2 {
			t.Errorf("the new day passed in silence: %q", h.titles(t, h.unit.ID))
		}
		events, err := h.svc.Events(testCtx, authz.System("test"), list[0].ID)
		if err != nil || len(events) != 1 || events[0].Act != "postpone" || obligation.ActNames[events[0].Act] == "" {
			t.Errorf("events %+v (%v)", events, err)
		}
	})
}

// A clock that ran ahead does not make every sweep look for debtors.
func TestRecurringLooksEachHourAfterTheClockWasSetBack(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		asked := 0
		h.svc.Recur(obligation.Recurring{Kind: "launch", Every: obligation.Quarterly, Owes: func(context.Context, db.Querier) ([]obligation.Debtor, error) {
			asked++
			return []obligation.Debtor{{Unit: h.unit.ID, Name: h.unit.Name}}, nil
		}})
		h.clock.Set(time.Date(2027, 6, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		h.clock.Set(time.Date(2026, 1, 5, 3, 0, 0, 0, time.UTC))
		asked = 0
		for range 5 {
			h.sweep(t)
			h.clock.Advance(time.Minute)
		}
		if asked != 1 {
			t.Errorf("debtors were looked for %d times in five minutes", asked)
		}
	})
}

// One sweep over units of the same place: each is told on to its own office,
// the office to the one above it, and what has no office to the next that is.
func TestEscalationOfOnePlaceReachesEachOwnOffice(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
		o := org.New(d)
		h := house{db: d, clock: clock, svc: obligation.New(d, o, launch)}
		units := map[string]org.Unit{}
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
				{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, u := range []org.Unit{
				{Area: "province-610000000000", Kind: org.Office, Name: "省办公厅"},
				{Area: "city-610100000000", Kind: org.Office, Name: "市办公厅"}, {Area: "city-610100000000", Kind: org.Government, Name: "市政府"},
				{Area: "city-610100000000", Kind: org.Department, Name: "市商务局"}, {Area: "city-610100000000", Kind: org.Department, Name: "市教育局"},
				{Area: "county-610113000000", Kind: org.Department, Name: "区商务局"}, {Area: "county-610113000000", Kind: org.Department, Name: "直报单位", Direct: true},
			} {
				made, _, err := o.AddUnit(ctx, tx, u)
				if err != nil {
					return err
				}
				units[u.Name] = made
				if err := h.svc.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: made.ID, Subject: obligation.Subject{Kind: "site", ID: u.Name, Name: u.Name + "网站"}, Due: calendar.Due{On: date(t, "2026-01-10")}}); err != nil {
					return err
				}
			}
			return nil
		})
		clock.Set(time.Date(2026, 2, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		for at, want := range map[string][]string{
			"省办公厅": {"省办公厅", "市办公厅", "市政府", "直报单位"}, "市办公厅": {"市商务局", "市教育局", "区商务局"}, "市政府": nil, "市商务局": nil,
		} {
			var got []string
			for _, title := range h.titles(t, units[at].ID) {
				if name, _, ok := strings.Cut(title, "超期未办："); ok {
					got = append(got, name)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s was told of %q, want %q", at, got, want)
			}
		}
	})
}

// What every unit owes every day is told to each supervisor in one message a
// day that names the units, and never as urgent; each stays a debt of its own.
func TestArticle19_4_DailyDebtsAreToldToASupervisorTogether(t *testing.T) {
	daily := obligation.Kind{ID: "daily", Name: "每日巡检记录", Clause: "S19.4", Citation: "第十九条（四）", Escalate: 1, Gather: true}
	clock := calendar.NewManual(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
		o := org.New(d)
		h := house{db: d, clock: clock, svc: obligation.New(d, o, daily, launch)}
		var top, city org.Unit
		var owing []org.Unit
		h.update(t, func(ctx context.Context, tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, u := range []org.Unit{{Area: "province-610000000000", Kind: org.Office, Name: "省办"}, {Area: "city-610100000000", Kind: org.Office, Name: "西安市办"}, {Area: "city-610200000000", Kind: org.Office, Name: "铜川市办"}, {Area: "city-610100000000", Kind: org.Department, Name: "西安市局"}} {
				made, _, err := o.AddUnit(ctx, tx, u)
				if err != nil {
					return err
				}
				if u.Name == "省办" {
					top = made
					continue
				}
				if u.Name == "西安市办" {
					city = made
				}
				owing = append(owing, made)
			}
			return nil
		})
		owe := func(on string, units ...org.Unit) {
			t.Helper()
			h.update(t, func(ctx context.Context, tx *db.Tx) error {
				for _, u := range units {
					if err := h.svc.Open(ctx, tx, obligation.Debt{Kind: "daily", Unit: u.ID, Subject: obligation.Subject{Kind: "record", ID: string(u.ID), Name: u.Name + on}, Period: on, Link: "/console/duty", Due: calendar.Due{On: date(t, on)}}); err != nil {
						return err
					}
				}
				return nil
			})
		}
		type said struct {
			title, body string
			urgent      bool
		}
		told := func(u org.Unit) []said {
			t.Helper()
			got, err := db.All(context.Background(), d, func(r db.Scanner) (said, error) {
				var s said
				err := r.Scan(&s.title, &s.body, &s.urgent)
				return s, err
			}, `SELECT title, body, urgent FROM message WHERE unit_id = $1 AND title LIKE '%超期未办%' ORDER BY at, id`, u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		owe("2026-01-05", owing...)
		clock.Set(time.Date(2026, 1, 6, 23, 59, 0, 0, time.UTC)) // 7:59 of the 7th
		h.sweep(t)
		if got := told(top); len(got) != 0 {
			t.Fatalf("told before its time: %v", got)
		}
		clock.Set(time.Date(2026, 1, 7, 0, 0, 0, 0, time.UTC))
		h.sweep(t)
		got := told(top)
		if len(got) != 1 || got[0].title != "2 个单位超期未办：每日巡检记录（2 件）" || got[0].urgent || got[0].body != "应于 2026年1月5日 前完成：西安市办、铜川市办。至今没有办结依据。依据：第十九条（四）。" {
			t.Errorf("the province was told %+v", got)
		}
		if got := told(city); len(got) != 1 || got[0].title != "西安市局超期未办：每日巡检记录（西安市局2026-01-05）" || got[0].urgent {
			t.Errorf("the city was told %+v", got)
		}
		// Each is still one debt, marked as told; after an outage of days there is
		// one message again, by its days.
		list, err := h.svc.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: "daily", Overdue: true})
		if err != nil || len(list) != 3 || list[0].EscalatedAt.IsZero() || list[2].EscalatedAt.IsZero() {
			t.Errorf("debts %+v (%v)", list, err)
		}
		owe("2026-01-06", owing...)
		owe("2026-01-07", owing[1])
		clock.Set(time.Date(2026, 1, 12, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := told(top); len(got) != 2 || got[1].title != "2 个单位超期未办：每日巡检记录（3 件）" || got[1].body != "应于 2026年1月6日 前完成：西安市办、铜川市办。应于 2026年1月7日 前完成：铜川市办。至今没有办结依据。依据：第十九条（四）。" {
			t.Errorf("after the outage the province was told %+v", got)
		}
	})
}
