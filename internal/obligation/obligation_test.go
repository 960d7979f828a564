package obligation_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

var launch = obligation.Kind{ID: "launch", Name: "正式上线", Clause: "S7.4a", Citation: "第七条（四）", Says: "一年内上线", Remind: []int{30, 7, 0}, Escalate: 2}

type house struct {
	db    *db.DB
	clock *calendar.Manual
	svc   *obligation.Service
	unit  org.Unit
	above org.Unit
}

func each(t *testing.T, fn func(t *testing.T, h house)) {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC))
		h := house{db: d, clock: clock}
		o := org.New(d)
		h.svc = obligation.New(d, o, launch)
		ctx := audit.System(context.Background(), "test")
		err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
				return err
			}
			var err error
			if h.above, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}); err != nil {
				return err
			}
			h.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func (h house) open(t *testing.T, due string) obligation.Subject {
	t.Helper()
	on, err := calendar.ParseDate(due)
	if err != nil {
		t.Fatal(err)
	}
	s := obligation.Subject{Kind: "site", ID: "s1", Name: "商务局网站"}
	ctx := audit.System(context.Background(), "test")
	for range 2 { // opening twice leaves one
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			if err := h.svc.Open(ctx, tx, obligation.Debt{Kind: "launch", Unit: h.unit.ID, Subject: s, Link: "/console/sites/s1", Due: calendar.Due{On: on}}); err != nil {
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (h house) titles(t *testing.T, unit org.UnitID) []string {
	t.Helper()
	got, err := db.All(context.Background(), h.db, db.Value[string], `SELECT title FROM message WHERE unit_id = $1 ORDER BY at, id`, unit)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (h house) sweep(t *testing.T) {
	t.Helper()
	for range 2 { // a second sweep in the same minute does nothing new
		if _, err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEachReminderComesOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		for day := range 45 {
			h.clock.Set(time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC).AddDate(0, 0, day))
			h.sweep(t)
		}
		want := []string{
			"还有 30 天：正式上线（商务局网站）", "还有 7 天：正式上线（商务局网站）",
			"今日到期：正式上线（商务局网站）", "超期：正式上线（商务局网站）",
		}
		if got := h.titles(t, h.unit.ID); !equal(got, want) {
			t.Errorf("the unit was told %q, want %q", got, want)
		}
		if got := h.titles(t, h.above.ID); len(got) != 1 || got[0] != "西安市商务局超期未办：正式上线（商务局网站）" {
			t.Errorf("the supervisor was told %q", got)
		}
	})
}

func TestSweepCatchesUpAfterAnOutage(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.open(t, "2026-02-10")
		h.clock.Set(time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := h.titles(t, h.unit.ID); len(got) != 1 || got[0] != "超期：正式上线（商务局网站）" {
			t.Errorf("after the outage the unit was told %q", got)
		}
		list, err := h.svc.Obligations(context.Background(), authz.System("test"), obligation.Filter{Overdue: true})
		if err != nil || len(list) != 1 || list[0].OverdueAt.IsZero() || list[0].EscalatedAt.IsZero() {
			t.Errorf("overdue list %+v (%v)", list, err)
		}
	})
}

func TestDischargeNeedsEvidenceAndStopsTheClock(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		s := h.open(t, "2026-02-10")
		ctx := audit.System(context.Background(), "test")
		discharge := func(evidence string) (ok bool, err error) {
			err = h.db.Update(ctx, func(tx *db.Tx) error {
				ok, err = h.svc.Discharge(ctx, tx, "launch", s, evidence)
				return err
			})
			return ok, err
		}
		if _, err := discharge(""); err == nil {
			t.Error("discharged without evidence")
		}
		if ok, err := discharge("上线记录 SX-1"); err != nil || !ok {
			t.Fatalf("discharge: %v %v", ok, err)
		}
		if ok, err := discharge("again"); err != nil || ok {
			t.Errorf("discharged twice: %v %v", ok, err)
		}
		h.clock.Set(time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC))
		h.sweep(t)
		if got := h.titles(t, h.unit.ID); len(got) != 0 {
			t.Errorf("a discharged obligation still spoke: %q", got)
		}
	})
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// What is owed by the hour is reminded of two hours before, late at its hour and not at
// the end of its day, told to the office above as its kind says from that hour on, and
// given another day it is owed by the day.
func TestOwedByTheHour(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := audit.System(context.Background(), "test")
		review := obligation.Kind{ID: "review", Name: "补审", Clause: "S19.4", Citation: "第十九条（四）", Says: "补审", Remind: []int{0}}
		svc := obligation.New(h.db, org.New(h.db), review)
		at := h.clock.Now().Add(20*time.Hour + 30*time.Minute) // 06:30 of the next day, before offices open
		subject := obligation.Subject{Kind: "takedown", ID: "t1", Name: "应急撤下"}
		update := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := h.db.Update(ctx, fn); err != nil {
				t.Fatal(err)
			}
		}
		update(func(tx *db.Tx) error {
			return svc.Open(ctx, tx, obligation.Debt{Kind: "review", Unit: h.unit.ID, Subject: subject, Due: calendar.DueAt(at)})
		})
		told := func() (list []string) {
			t.Helper()
			list, err := db.All(ctx, h.db, db.Value[string], `SELECT CASE WHEN unit_id = $1 THEN '' ELSE 'above ' END || title || ' ' || body FROM message ORDER BY at, id`, h.unit.ID)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		after := func(moment time.Time, want int) []string {
			t.Helper()
			h.clock.Set(moment)
			for range 2 { // once each
				if _, err := svc.Sweep(ctx); err != nil {
					t.Fatal(err)
				}
			}
			list := told()
			if len(list) != want {
				t.Fatalf("at %s: %q, want %d", moment, list, want)
			}
			return list
		}
		after(at.Add(-2*time.Hour-time.Minute), 0)
		if l := after(at.Add(-2*time.Hour), 1); !strings.Contains(l[0], "今日 06:30 到期") || !strings.Contains(l[0], "2026年1月6日06:30 前完成") {
			t.Errorf("%q", l)
		}
		after(at.Add(-time.Minute), 1)
		l := after(at, 3)
		if l = l[1:]; !slices.ContainsFunc(l, func(s string) bool { return strings.HasPrefix(s, "超期：补审") }) || !slices.ContainsFunc(l, func(s string) bool { return strings.HasPrefix(s, "above 西安市商务局超期未办：补审") }) {
			t.Errorf("%q", l)
		}
		list, err := svc.Obligations(ctx, authz.System("test"), obligation.Filter{Kind: "review"})
		if err != nil || len(list) != 1 || !list[0].Due.At.Equal(at) || list[0].OverdueAt.IsZero() || !list[0].Due.Passed(at) || list[0].Due.Passed(at.Add(-time.Second)) {
			t.Fatalf("%+v (%v)", list, err)
		}
		update(func(tx *db.Tx) error {
			_, err := svc.Postpone(ctx, tx, "review", subject, calendar.Due{On: calendar.Date{Year: 2026, Month: 1, Day: 8}}, "系统停机")
			return err
		})
		if list, err = svc.Obligations(ctx, authz.System("test"), obligation.Filter{Kind: "review"}); err != nil || !list[0].Due.At.IsZero() || !list[0].OverdueAt.IsZero() {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// What is owed by an hour is late from that hour on, in lists, counts and boards;
// what is owed by the day is late the day after.
func TestWhatIsOwedByTheHourIsLateByTheHour(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		ctx := audit.System(context.Background(), "test")
		kinds := []obligation.Kind{{ID: "review", Name: "补审", Clause: "S19.4"}, {ID: "patrol", Name: "每日巡检记录", Clause: "S19.4", By: 18}, {ID: "day", Name: "按日的", Clause: "S19.4"}}
		svc := obligation.New(h.db, org.New(h.db), kinds...)
		hour := 17
		svc.HourFrom("patrol", func() int { return hour })
		today := calendar.DateOf(h.clock.Now())
		at := today.Start().Add(15 * time.Hour)
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			for kind, due := range map[string]calendar.Due{"review": calendar.DueAt(at), "patrol": {On: today}, "day": {On: today}} {
				if err := svc.Open(ctx, tx, obligation.Debt{Kind: kind, Unit: h.unit.ID, Subject: obligation.Subject{Kind: "unit", ID: kind, Name: kind}, Due: due}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		own := authz.Area("test", h.unit.AreaPath) // held against each row
		for _, tt := range []struct {
			now  time.Time
			late []string
		}{
			{at.Add(-time.Second), nil},
			{at, []string{"review"}},
			{at.Add(2*time.Hour - time.Second), []string{"review"}},
			{at.Add(2 * time.Hour), []string{"patrol", "review"}},
			{today.AddDays(1).Start().Add(-time.Second), []string{"patrol", "review"}},
			{today.AddDays(1).Start(), []string{"day", "patrol", "review"}},
			{today.AddDays(8).Start(), []string{"day", "patrol", "review"}},
		} {
			h.clock.Set(tt.now)
			list, err := svc.Obligations(ctx, authz.System("test"), obligation.Filter{Overdue: true})
			var got []string
			for _, o := range list {
				got = append(got, o.Kind)
				if !o.Due.Passed(svc.Now()) {
					t.Errorf("at %s %s is listed as late and does not say so", tt.now, o.Kind)
				}
			}
			slices.Sort(got)
			if err != nil || !slices.Equal(got, tt.late) {
				t.Errorf("at %s late are %q, want %q (%v)", tt.now, got, tt.late, err)
			}
			if n, err := svc.Count(ctx, authz.System("test"), obligation.Filter{Overdue: true}); err != nil || n != len(tt.late) {
				t.Errorf("at %s %d are counted (%v)", tt.now, n, err)
			}
			for name, scope := range map[string]authz.Scope{"the whole house": authz.System("test"), "a unit": own} {
				b, err := svc.Board(ctx, scope, "")
				if err != nil || b.All.Late != len(tt.late) || b.All.Open != 3 || b.All.Days7+b.All.Days30+b.All.Days90+b.All.Longer != b.All.Late || (b.NUnits == 1) != (len(tt.late) > 0) {
					t.Errorf("at %s the board of %s says %+v, %d units (%v)", tt.now, name, b.All, b.NUnits, err)
				}
			}
			if open, err := svc.Obligations(ctx, authz.System("test"), obligation.Filter{}); err != nil || len(open) != 3 {
				t.Errorf("%d open (%v)", len(open), err)
			} else {
				for _, o := range open {
					if want := map[string]time.Time{"review": at, "patrol": at.Add(2 * time.Hour)}[o.Kind]; !o.Due.At.Equal(want) {
						t.Errorf("%s is due at %s, want %s", o.Kind, o.Due.At, want)
					}
				}
			}
		}
	})
}
