package duty_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
	"zhengshu/internal/workbench"
	"zhengshu/migrations"
)

var (
	system = authz.System("test")
	began  = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) // a Monday, 10 in the morning
)

const (
	month = "2026-11"
	next  = "2026-12"
)

type office struct {
	db, probes   *db.DB
	clock        *calendar.Manual
	svc          *duty.Service
	look         *inspection.Service
	obligations  *obligation.Service
	vigil        *vigil.Service
	settings     sx2021.Settings
	unit, bureau org.Unit
	head, a, b   *authz.Session
	site         registry.Site
}

func each(t *testing.T, fn func(t *testing.T, h *office)) {
	t.Helper()
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		o := org.New(d)
		r := registry.New(d, o)
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		ctx := audit.System(context.Background(), "test")
		probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if probes != d {
			t.Cleanup(func() { probes.Close() })
		}
		h := &office{db: d, probes: probes, clock: clock, settings: sx2021.Defaults(), obligations: obligation.New(d, o, slices.Concat(duty.Obligations(), vigil.Obligations(), library.Obligations(), []obligation.Kind{inspection.DisputeKind})...)}
		h.vigil = vigil.New(vigil.Parts{DB: d, Org: o, Registry: r, Obligations: h.obligations, Days: days, Settings: sx2021.Defaults})
		h.look = inspection.New(d, probes, r, nil, nil, inspection.Settings{})
		h.svc = duty.New(duty.Parts{DB: d, Org: o, Registry: r, Inspection: h.look, Vigil: h.vigil, Obligations: h.obligations, Days: days, Settings: func() sx2021.Settings { return h.settings }})
		if err := passage.Declare(ctx, d, append(duty.Machines(), vigil.Machine, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine)...); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			var err error
			if h.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省政府办公厅"}); err != nil {
				return err
			}
			if h.bureau, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "商务厅"}); err != nil {
				return err
			}
			for _, x := range []struct {
				into **authz.Session
				name string
				role authz.Role
			}{{&h.head, "主管", authz.Supervisor}, {&h.a, "甲", authz.Inspector}, {&h.b, "乙", authz.Inspector}} {
				p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: h.unit.ID, Name: x.name})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, p.ID, h.unit.ID, x.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				*x.into = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			}
			h.site, err = r.EnterSite(ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: "商务厅网站", Host: "sw.example.gov.cn"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if err == nil || !fault.Is(err, kind) || !strings.Contains(fault.Of(err).Says+fault.Of(err).Alone(), says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}

func (h *office) people() []org.PersonID {
	return []org.PersonID{org.PersonID(h.a.PersonID), org.PersonID(h.b.PersonID)}
}

// roster publishes the month by two turns a day, 甲 and 乙 one after the other.
func (h *office) roster(t *testing.T) {
	t.Helper()
	if _, err := h.svc.Fill(as(h.head), system, h.unit.ID, month, duty.Rotation{Turns: "two", People: h.people()}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.Publish(as(h.head), system, h.unit.ID, month); err != nil {
		t.Fatal(err)
	}
}

// Article 19(4): a roster with a gap, or one person in a protected period, is
// not published; the next month's is owed by the 25th.
func TestArticle19_4_RosterIsWholeAndPublishedInTime(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		if _, err := h.obligations.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		owed := func() int {
			list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: duty.RosterKind.ID})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 1 && !strings.HasSuffix(list[0].Subject.Name, "2026年12月") {
				t.Errorf("owed in November is December's: %s", list[0].Subject.Name)
			}
			if len(list) == 1 && list[0].Due.On.String() != "2026-11-25" {
				t.Errorf("due %s", list[0].Due.On)
			}
			return len(list)
		}
		if owed() != 1 {
			t.Fatalf("%d rosters owed", owed())
		}
		if list, err := h.svc.Arrangers(context.Background(), system, h.unit.ID); err != nil || len(list) != 1 || list[0].Name != h.head.Name {
			t.Errorf("arranged by %+v (%v)", list, err)
		}
		_, err := h.svc.Fill(as(h.a), system, h.unit.ID, next, duty.Rotation{Turns: "two", People: h.people()})
		refused(t, err, fault.Refused, "本单位编排")
		_, err = h.svc.Fill(as(h.head), system, h.unit.ID, next, duty.Rotation{Turns: "two"})
		refused(t, err, fault.Invalid, "没有选择值班人员")
		r, err := h.svc.Fill(as(h.head), system, h.unit.ID, next, duty.Rotation{Turns: "two", People: h.people()})
		if err != nil || len(r.Shifts) != 63 || len(r.Breaches) != 0 {
			t.Fatalf("%d turns, %v (%v)", len(r.Shifts), r.Breaches, err)
		}
		back := r.Shifts[5]
		back.Until = back.From
		_, err = h.svc.SetShift(as(h.head), system, h.unit.ID, next, back)
		refused(t, err, fault.Invalid, "")
		if f := fault.Of(err); len(f.Fields) != 1 || f.Fields[0].Name != "until" || !strings.Contains(f.Fields[0].Says, "交班") {
			t.Errorf("ends as it begins: %+v", f.Fields)
		}
		if _, err := h.svc.DropShift(as(h.head), system, h.unit.ID, next, r.Shifts[5].ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Publish(as(h.head), system, h.unit.ID, next)
		refused(t, err, fault.Refused, "没有人值班")
		if f := fault.Of(err); len(f.Reasons) == 0 || !strings.Contains(f.Reasons[0].Citation, "第十九条（四）") {
			t.Errorf("names no article: %+v", f.Reasons)
		}
		if _, err := h.vigil.Declare(as(h.head), h.head, vigil.Period{Name: "元旦", Reason: "保障", Document: "函", From: calendar.Date{Year: 2026, Month: 12, Day: 30}, Until: calendar.Date{Year: 2027, Month: 1, Day: 2}}); err != nil {
			t.Fatal(err)
		}
		x := r.Shifts[5]
		x.ID = ""
		if _, err := h.svc.SetShift(as(h.head), system, h.unit.ID, next, x); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Publish(as(h.head), system, h.unit.ID, next)
		refused(t, err, fault.Refused, "")
		if !strings.Contains(err.Error()+fault.Of(err).Reasons[0].Says, "双人") {
			t.Errorf("a protected period by one person: %v", err)
		}
		if _, err := h.svc.Fill(as(h.head), system, h.unit.ID, next, duty.Rotation{Turns: "two", People: h.people()}); err != nil {
			t.Fatal(err)
		}
		if r, err = h.svc.Publish(as(h.head), system, h.unit.ID, next); err != nil || r.State != duty.Published {
			t.Fatal(err)
		}
		if owed() != 0 {
			t.Error("published, and still owed")
		}
	})
}

func (h *office) owes(t *testing.T, kind string) []obligation.Obligation {
	t.Helper()
	list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (h *office) sweep(t *testing.T) {
	t.Helper()
	h.clock.Set(h.clock.Now().Add(11 * time.Minute))
	if _, err := h.svc.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Article 19(4) lays the duty on sponsors. A province may let the office of an area
// keep it for those without a roster of their own; one that does not asks each.
func TestArticle19_4_WhoKeepsTheDuty(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pooled bool
	}{{"pooled", true}, {"each its own", false}} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *office) {
				h.settings.DutyPooled = tt.pooled
				want := h.unit
				if !tt.pooled {
					want = h.bureau
				}
				if _, err := h.obligations.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
				if _, err := h.svc.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
				for _, kind := range []string{duty.RosterKind.ID, duty.RecordKind.ID} {
					if list := h.owes(t, kind); len(list) != 1 || list[0].Unit != want.ID {
						t.Errorf("%s is owed by %+v, not by %s alone", kind, list, want.Name)
					}
				}
				if point, err := h.svc.PointOf(context.Background(), h.db, h.bureau.ID); err != nil || point != want.ID {
					t.Errorf("the site is on the duty of %s (%v)", point, err)
				}
				today := calendar.DateOf(began)
				sites := map[org.UnitID]int{h.unit.ID: 0, h.bureau.ID: 1} // a sponsor may always read its own
				if tt.pooled {
					sites[h.unit.ID] = 1
				}
				for unit, n := range sites {
					if r, err := h.svc.RecordOf(context.Background(), system, unit, today); err != nil || len(r.Sites) != n {
						t.Errorf("%s reads %d sites, want %d (%v)", unit, len(r.Sites), n, err)
					}
				}
			})
		})
	}
}

// Article 19(4): a month reopened is owed anew until it is published again, and
// a gap in the published turns of the next days is owed as well.
func TestArticle19_4_ReopenedMonthIsOwedAndItsGapsAreSeen(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		h.sweep(t)
		if n := len(h.owes(t, duty.RosterKind.ID)) + len(h.owes(t, duty.GapKind.ID)); n != 0 {
			t.Fatalf("%d owed of a whole roster", n)
		}
		r, err := h.svc.Reopen(as(h.head), system, h.unit.ID, month)
		if err != nil {
			t.Fatal(err)
		}
		list := h.owes(t, duty.RosterKind.ID)
		if len(list) != 1 || list[0].Due.On != calendar.DateOf(began) || !strings.HasSuffix(list[0].Subject.Name, "2026年11月") {
			t.Fatalf("reopened after its day, and owed is %+v", list)
		}
		if _, err := h.svc.DropShift(as(h.head), system, h.unit.ID, month, r.Shifts[3].ID); err != nil {
			t.Fatal(err)
		}
		h.sweep(t)
		h.sweep(t) // once
		if list := h.owes(t, duty.GapKind.ID); len(list) != 1 || list[0].Unit != h.unit.ID {
			t.Fatalf("a gap in the next days: owed %+v", list)
		}
		x := r.Shifts[3]
		x.ID = ""
		if _, err := h.svc.SetShift(as(h.head), system, h.unit.ID, month, x); err != nil {
			t.Fatal(err)
		}
		h.sweep(t)
		if n := len(h.owes(t, duty.GapKind.ID)); n != 0 {
			t.Errorf("filled, and %d owed", n)
		}
		if _, err := h.svc.Publish(as(h.head), system, h.unit.ID, month); err != nil {
			t.Fatal(err)
		}
		if n := len(h.owes(t, duty.RosterKind.ID)); n != 0 {
			t.Errorf("published anew, and %d owed", n)
		}
	})
}

// Readings 21: who published single turns before a protected period was declared
// owes that they be doubled, until they are or it ends.
func TestProtectedPeriodDoublesPublishedTurns(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		day := calendar.DateOf(began)
		p, err := h.vigil.Declare(as(h.head), h.head, vigil.Period{Name: "会议", Reason: "保障", Document: "函", From: day.AddDays(3), Until: day.AddDays(4)})
		if err != nil {
			t.Fatal(err)
		}
		list := h.owes(t, duty.DoubleKind.ID)
		if len(list) != 1 || list[0].Unit != h.unit.ID || list[0].Due.On.After(day.AddDays(2)) || !strings.Contains(list[0].Subject.Name, "会议") {
			t.Fatalf("declared over single turns: owed %+v", list)
		}
		h.sweep(t)
		if n := len(h.owes(t, duty.DoubleKind.ID)); n != 1 {
			t.Errorf("%d owed after a sweep", n)
		}
		if _, err := h.svc.Reopen(as(h.head), system, h.unit.ID, month); err != nil {
			t.Fatal(err)
		}
		h.roster(t)
		if n := len(h.owes(t, duty.DoubleKind.ID)); n != 0 {
			t.Errorf("doubled, and %d owed", n)
		}
		// Lifted, what was owed for it is void.
		if _, err := h.vigil.Declare(as(h.head), h.head, vigil.Period{Name: "再次", Reason: "保障", Document: "函", From: day, Until: day.AddDays(1)}); err != nil {
			t.Fatal(err)
		}
		if n := len(h.owes(t, duty.DoubleKind.ID)); n != 1 {
			t.Fatalf("%d owed for the second", n)
		}
		all, err := h.vigil.Periods(context.Background(), system, 9)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			if x.ID == p.ID {
				continue
			}
			if _, err := h.vigil.Lift(as(h.head), h.head, system, x.ID, "会期变更"); err != nil {
				t.Fatal(err)
			}
		}
		h.sweep(t)
		if n := len(h.owes(t, duty.DoubleKind.ID)); n != 0 {
			t.Errorf("lifted, and %d owed", n)
		}
	})
}

// A swap needs the other's word; a hand-over needs both signatures.
func TestArticle19_4_SwapAndHandoverTakeTwo(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		now, then, err := h.svc.OnDuty(context.Background(), system, h.unit.ID, began)
		if err != nil || now.Zero() || then.Zero() {
			t.Fatalf("on duty %+v then %+v (%v)", now, then, err)
		}
		first, second := h.a, h.b
		if now.Has(h.b.PersonID) {
			first, second = h.b, h.a
		}
		// The next turn of who is on duty now is the one after the other's.
		if mine, err := h.svc.NextOf(context.Background(), system, h.unit.ID, first.PersonID, began); err != nil || !mine.From.Equal(then.Until) {
			t.Errorf("the own next turn %+v (%v)", mine, err)
		}
		if mine, err := h.svc.NextOf(context.Background(), system, h.unit.ID, h.head.PersonID, began); err != nil || !mine.Zero() {
			t.Errorf("who has no turn: %+v (%v)", mine, err)
		}
		_, err = h.svc.AskSwap(as(second), system, then.ID, "", "")
		if f := fault.Of(err); len(f.Fields) != 2 || f.Fields[0].Name != "to" || f.Fields[1].Name != "reason" {
			t.Errorf("an empty swap: %+v", err)
		}
		_, err = h.svc.AskSwap(as(first), system, then.ID, org.PersonID(first.PersonID), "出差")
		refused(t, err, fault.Refused, "自己的班")
		w, err := h.svc.AskSwap(as(second), system, then.ID, org.PersonID(first.PersonID), "出差")
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.AnswerSwap(as(second), system, w.ID, "agree")
		refused(t, err, fault.Refused, "答复")
		if _, err := h.svc.AnswerSwap(as(first), system, w.ID, "decline"); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Give(as(first), system, now.ID, "无")
		refused(t, err, fault.Refused, "这一班11月23日20:00交班，11月23日18:00起可以办理交班签字")
		h.clock.Set(now.Until.Add(-time.Hour))
		_, err = h.svc.Take(as(second), system, now.ID)
		refused(t, err, fault.Conflict, "还没有签字")
		_, err = h.svc.Give(as(second), system, now.ID, "无")
		refused(t, err, fault.Refused, "当班人员")
		if _, err := h.svc.Give(as(first), system, now.ID, "平台扩容中，注意观察"); err != nil {
			t.Fatal(err)
		}
		if x, err := h.svc.Take(as(second), system, now.ID); err != nil || x.State != duty.Taken {
			t.Fatalf("%+v (%v)", x, err)
		}
		// The next turn ends with nobody's word: it is owed.
		h.clock.Set(then.Until.Add(time.Minute))
		stood, err := h.svc.StoodBy(context.Background(), h.svc.DB, system, []org.PersonID{org.PersonID(first.PersonID), org.PersonID(second.PersonID)}, now.From, then.Until.Add(time.Hour))
		if err != nil || len(stood) != 2 || !stood[0].HandedOver || stood[1].HandedOver || stood[0].Recorded || stood[0].ID != now.ID {
			t.Errorf("stood %+v (%v)", stood, err)
		}
		if one, err := h.svc.StoodBy(context.Background(), h.svc.DB, system, []org.PersonID{org.PersonID(second.PersonID)}, now.From, then.Until.Add(time.Hour)); err != nil || len(one) != 1 || one[0].ID != then.ID {
			t.Errorf("one of them stood %+v (%v)", one, err)
		}
		if _, err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: duty.HandoverKind.ID})
		if err != nil || len(list) != 1 || list[0].Subject.ID != then.ID {
			t.Errorf("%d hand-overs owed (%v)", len(list), err)
		}
	})
}

// cannot holds that a swap was refused at the person it asks, with the reason.
func cannot(t *testing.T, err error, says string) {
	t.Helper()
	refused(t, err, fault.Invalid, "对方不能接这一班")
	if f := fault.Of(err).Fields; len(f) != 1 || f[0].Name != "to" || !strings.Contains(f[0].Says, says) {
		t.Errorf("got %+v, want %q", f, says)
	}
}

// A swap that would leave the turn to nobody, or put one person on two turns at
// once, is refused when it is asked for and when it is agreed to, with its reason.
// Under way it is listed with who answers and since when, until it is withdrawn.
func TestArticle19_4_ASwapLeavesNoGapAndDoublesNobody(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		bg := context.Background()
		_, then, err := h.svc.OnDuty(bg, system, h.unit.ID, began)
		if err != nil {
			t.Fatal(err)
		}
		mine, other := h.a, h.b
		if then.Has(h.b.PersonID) {
			mine, other = h.b, h.a
		}
		to := org.PersonID(other.PersonID)
		update := func(do func(tx *db.Tx) error) {
			t.Helper()
			ctx := audit.System(bg, "test")
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				if err := do(tx); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.arrange"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		day := calendar.DateOf(then.From)
		leave := func(until calendar.Date) {
			update(func(tx *db.Tx) error {
				_, err := h.svc.Org.RecordAbsence(as(other), tx, other, system, org.Absence{Person: to, Kind: "annual", On: day, Until: until})
				return err
			})
		}
		leave(day.AddDays(2))
		_, err = h.svc.AskSwap(as(mine), system, then.ID, to, "出差")
		cannot(t, err, other.Name+"已登记"+day.Chinese()+"请假，换给他这一班就没有人值班，请选择另一人")
		update(func(tx *db.Tx) error {
			_, err := tx.Exec(bg, `UPDATE absence SET ended_at = $1`, tx.Now())
			return err
		})
		// Another turn at the same time, at whatever unit.
		update(func(tx *db.Tx) error {
			if _, err := tx.Exec(bg, `INSERT INTO duty_roster (id, unit_id, month, state, published_at, made_at) VALUES ('other', $1, $2, 'published', $3, $3)`, h.bureau.ID, month, tx.Now()); err != nil {
				return err
			}
			_, err := tx.Exec(bg, `INSERT INTO duty_shift (id, roster_id, unit_id, from_at, until_at, lead_id, lead_name) VALUES ('elsewhere', 'other', $1, $2, $3, $4, $5)`, h.bureau.ID, then.From.Add(time.Hour), then.Until.Add(time.Hour), to, other.Name)
			return err
		})
		_, err = h.svc.AskSwap(as(mine), system, then.ID, to, "出差")
		cannot(t, err, "同一时间不能值两个班")
		update(func(tx *db.Tx) error {
			_, err := tx.Exec(bg, `DELETE FROM duty_shift WHERE id = 'elsewhere'`)
			return err
		})
		asked := func(want int) duty.Swap {
			t.Helper()
			list, err := h.svc.Asking(bg, system, h.unit.ID)
			if err != nil || len(list) != want {
				t.Fatalf("%d swaps wait, want %d (%v)", len(list), want, err)
			}
			if want == 0 {
				return duty.Swap{}
			}
			return list[0]
		}
		w, err := h.svc.AskSwap(as(mine), system, then.ID, to, "出差")
		if err != nil {
			t.Fatal(err)
		}
		if says := asked(1).Waits(); says != mine.Name+"请"+other.Name+"接这一班，11月23日10:00起待"+other.Name+"答复" {
			t.Error(says)
		}
		_, err = h.svc.AnswerSwap(as(other), system, w.ID, "withdraw")
		refused(t, err, fault.Refused, "只有申请人能撤回")
		if _, err := h.svc.AnswerSwap(as(mine), system, w.ID, "withdraw"); err != nil {
			t.Fatal(err)
		}
		asked(0)
		if w, err = h.svc.AskSwap(as(mine), system, then.ID, to, "出差"); err != nil {
			t.Fatal(err)
		}
		leave(day)
		_, err = h.svc.AnswerSwap(as(other), system, w.ID, "agree")
		refused(t, err, fault.Refused, "请假，换给他这一班就没有人值班，不能同意换班")
		asked(1)
	})
}

// A swap that is agreed moves the turn; a week that is kept lays the next month
// as it was.
func TestArticle19_4_ASwapAgreedAndAWeekKept(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		_, then, err := h.svc.OnDuty(context.Background(), system, h.unit.ID, began)
		if err != nil {
			t.Fatal(err)
		}
		mine, other := h.a, h.b
		if then.Has(h.b.PersonID) {
			mine, other = h.b, h.a
		}
		w, err := h.svc.AskSwap(as(mine), system, then.ID, org.PersonID(other.PersonID), "出差")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.AnswerSwap(as(other), system, w.ID, "agree"); err != nil {
			t.Fatal(err)
		}
		if x, _, err := h.svc.ShiftOf(context.Background(), h.db, system, then.ID); err != nil || !x.Has(other.PersonID) || x.Has(mine.PersonID) {
			t.Errorf("after the swap %+v (%v)", x, err)
		}
		_, err = h.svc.AnswerSwap(as(other), system, w.ID, "agree")
		refused(t, err, fault.Conflict, "")

		monday := calendar.Date{Year: 2026, Month: 11, Day: 23}
		_, err = h.svc.KeepPattern(as(h.head), system, h.unit.ID, month, "平日", monday.AddDays(1))
		refused(t, err, fault.Invalid, "星期一")
		_, err = h.svc.KeepPattern(as(h.head), system, h.unit.ID, month, "空周", monday.AddDays(21))
		refused(t, err, fault.Refused, "没有班次")
		if _, err := h.svc.KeepPattern(as(h.head), system, h.unit.ID, month, "平日", monday); err != nil {
			t.Fatal(err)
		}
		kept, err := h.svc.Patterns(context.Background(), system, h.unit.ID)
		if err != nil || len(kept) != 1 {
			t.Fatalf("%d patterns (%v)", len(kept), err)
		}
		week, err := h.svc.Roster(context.Background(), system, h.unit.ID, month)
		if err != nil {
			t.Fatal(err)
		}
		r, err := h.svc.ApplyPattern(as(h.head), system, h.unit.ID, next, kept[0].ID)
		if err != nil || len(r.Shifts) == 0 || len(r.Breaches) != 0 {
			t.Fatalf("%d turns, %v (%v)", len(r.Shifts), r.Breaches, err)
		}
		// Every turn of a Tuesday is held by who held it in the week kept.
		lead := func(list []duty.Shift, on calendar.Date, hour int) org.PersonID {
			for _, x := range list {
				if calendar.DateOf(x.From) == on && x.From.In(calendar.Shanghai).Hour() == hour {
					return x.Lead
				}
			}
			return ""
		}
		for _, hour := range []int{8, 20} {
			want := lead(week.Shifts, monday.AddDays(1), hour)
			for _, on := range []calendar.Date{monday.AddDays(15), monday.AddDays(22)} {
				if got := lead(r.Shifts, on, hour); got == "" || got != want {
					t.Errorf("%s at %d: %s, kept %s", on, hour, got, want)
				}
			}
		}
		_, err = h.svc.ApplyPattern(as(h.head), system, h.unit.ID, next, "none")
		refused(t, err, fault.Invalid, "周模板")
	})
}

// What fails together on one platform is one alarm; it ends by itself when all
// of it was found well or false.
func TestArticle19_4_OnePlatformIsOneAlarm(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		h.svc.CauseOf = func(context.Context, db.Querier, registry.Site, string) (duty.Cause, bool, error) {
			return duty.Cause{Key: "platform:one", Name: "省级平台", Unit: h.unit.ID}, true, nil
		}
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		h.look.AnswerWith(inspection.Desk{Org: h.svc.Org, Obligations: h.obligations, Days: days})
		ctx := audit.System(context.Background(), "test")
		var other registry.Site
		var found []inspection.FindingID
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if other, err = h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "省政府门户网站", Host: "www.sx.example.gov.cn"}); err != nil {
				return err
			}
			for _, at := range []struct {
				site  registry.Site
				check string
			}{{h.site, "concealed.hidden_link"}, {other, "concealed.hidden_link"}, {h.site, "privacy.id_card"}} {
				f, err := h.look.Raise(ctx, tx, system, at.site.ID, engine.Sighting{Check: at.check, Severity: "serious", Says: "严重问题", Article: "S23.2", URL: "http://" + at.site.Host + "/", Where: "首页"})
				if err != nil {
					return err
				}
				found = append(found, f.ID)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		alarms := func() map[string]duty.Alarm {
			list, _, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]duty.Alarm{}
			for _, a := range list {
				out[a.Cause] = a
			}
			return out
		}
		all := alarms()
		shared := all["intruder:platform:one"]
		if len(all) != 2 || shared.Sites != 2 || !strings.Contains(shared.Title, "省级平台上的 2 个网站") {
			t.Fatalf("alarms %+v: what is written on a page is the site's own", all)
		}
		for i, id := range found[:2] {
			if _, err := h.look.Dispute(as(h.a), system, id, "页面上的链接是合作单位的"); err != nil {
				t.Fatal(err)
			}
			if _, err := h.look.Answer(as(h.head), system, id, inspection.ItIsFalse, "核对无误，属于误报"); err != nil {
				t.Fatal(err)
			}
			if a := alarms()[shared.Cause]; (a.State == duty.Ended) != (i == 1) {
				t.Errorf("after %d of 2: %s", i+1, a.State)
			}
		}
	})
}

// A dispute is not given to who raised it; where nobody else of the office can
// answer, the office above does.
func TestDisputeGoesPastWhoRaisedIt(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		h.look.AnswerWith(inspection.Desk{Org: h.svc.Org, Obligations: h.obligations, Days: days})
		ctx := audit.System(context.Background(), "test")
		o := h.svc.Org
		var found inspection.FindingID
		var raiser *authz.Session
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}); err != nil {
				return err
			}
			own, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "市政府办公厅"})
			if err != nil {
				return err
			}
			bureau, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "市商务局"})
			if err != nil {
				return err
			}
			p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: own.ID, Name: "市主管"})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, system, p.ID, own.ID, authz.Supervisor); err != nil {
				return err
			}
			raiser = &authz.Session{PersonID: string(p.ID), Name: p.Name}
			site, err := h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: bureau.ID, Kind: registry.DepartmentSite, Name: "市商务局网站", Host: "sw.xa.example.gov.cn"})
			if err != nil {
				return err
			}
			f, err := h.look.Raise(ctx, tx, system, site.ID, engine.Sighting{Check: "link.dead", Severity: "error", Says: "打不开", Article: "S19.4", URL: "http://" + site.Host + "/", Where: "首页"})
			found = f.ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.look.Dispute(as(raiser), system, found, "这个链接当时在维护"); err != nil {
			t.Fatal(err)
		}
		list, err := h.look.ObjectionsOf(context.Background(), h.db, system, found)
		if err != nil || len(list) != 1 || string(list[0].Person) != h.head.PersonID || list[0].Unit != h.unit.ID {
			t.Errorf("answered by %+v (%v)", list, err)
		}

		// Seen to be gone before anybody answered, it comes back with its objection: the
		// same words of the same person, owed anew, counted once.
		f, err := h.look.Finding(ctx, h.db, system, found)
		if err != nil {
			t.Fatal(err)
		}
		sg := engine.Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Clause, URL: f.URL, Where: f.Where}
		again := func(days int) inspection.Finding {
			t.Helper()
			var back inspection.Finding
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				gone := sg
				gone.Says = "打得开"
				_, err := h.look.Clear(ctx, tx, system, f.Site, gone)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Duration(days) * 24 * time.Hour)
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				back, err = h.look.Raise(ctx, tx, system, f.Site, sg)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return back
		}
		owed := func() int {
			list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: inspection.DisputeKind.ID, State: obligation.Open})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		back := again(1)
		list, err = h.look.ObjectionsOf(context.Background(), h.db, system, back.ID)
		if err != nil || back.ID == found || back.State != inspection.FindingDisputed || len(list) != 1 || list[0].Reason != "这个链接当时在维护" || list[0].RaisedBy != raiser.Name || string(list[0].Person) != h.head.PersonID || list[0].Verdict != "" || owed() != 1 {
			t.Errorf("%s came back as %+v, objections %+v, %d owed (%v)", found, back, list, owed(), err)
		}
		p, err := h.look.Precisions(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range p {
			if x.Check == "link.dead" && (x.Disputed != 1 || x.Waiting != 1) {
				t.Errorf("counted %+v", x)
			}
		}
		// Long after, it is another matter; answered once, it is not carried on.
		if other := again(60); other.State != inspection.FindingOpen || owed() != 0 {
			t.Errorf("sixty days after: %s, %d owed", other.State, owed())
		}
	})
}

// A serious finding alarms who is on duty, then the next, then who is in
// charge; taken, it goes no further.
func TestArticle19_4_AlarmGoesOnUntilSomebodyTakesIt(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		raise := func(check, where string) {
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				_, err := h.look.Raise(ctx, tx, system, h.site.ID, engine.Sighting{Check: check, Severity: "serious", Says: "首页有暗链 " + where, Article: "S23.2", URL: "http://" + h.site.Host + "/", Where: where})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for i, check := range []string{"concealed.hidden_link", "concealed.hidden_link", "change.baseline", "cloaked.agent"} {
			raise(check, fmt.Sprint(i)) // what an intruder did is one cause, whichever check sees it
		}
		alarm := func() duty.Alarm {
			list, n, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
			if err != nil || n != 1 {
				t.Fatalf("%d alarms (%v): one cause is one alarm", n, err)
			}
			return list[0]
		}
		a := alarm()
		if a.Unit != h.unit.ID || a.Level != duty.ToDuty || !strings.Contains(a.Told, "当班") {
			t.Errorf("raised %+v", a)
		}
		for i, part := range []string{"下一班", "主管人员主管"} {
			h.clock.Set(h.clock.Now().Add(16 * time.Minute))
			for range 2 { // twice: it is told once
				if _, err := h.svc.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			if a = alarm(); a.Level != i+1 || !strings.Contains(a.Told, part) {
				t.Errorf("level %d, told %s, want %s", a.Level, a.Told, part)
			}
		}
		_, err := h.svc.EndAlarm(as(h.a), system, a.ID, "已处理")
		refused(t, err, fault.Conflict, "不能结束告警")
		if _, err := h.svc.TakeAlarm(as(h.a), system, a.ID); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.TakeAlarm(as(h.b), system, a.ID)
		refused(t, err, fault.Conflict, "处理中")
		// The room, and its closing by another.
		room, err := h.svc.OpenIncident(as(h.a), system, "", "暗链事件", "首页被植入暗链", a.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Assign(as(h.a), system, room.ID, "", "")
		if f := fault.Of(err); len(f.Fields) != 2 || f.Fields[1].Name != "person" {
			t.Errorf("an empty task: %+v", err)
		}
		if _, err := h.svc.Assign(as(h.a), system, room.ID, "清除暗链", org.PersonID(h.b.PersonID)); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.ProposeClosing(as(h.a), system, room.ID, "弱口令", "更换口令")
		refused(t, err, fault.Refused, "任务“清除暗链”没有完成。告警“商务厅网站发现严重问题”没有结束。")
		full, err := h.svc.RoomOf(context.Background(), system, room.ID)
		if err != nil || len(full.Tasks) != 1 || len(full.Sites) != 1 || len(full.Alarms) != 1 {
			t.Fatalf("room %+v (%v)", full, err)
		}
		if _, err := h.svc.Finish(as(h.b), system, room.ID, full.Tasks[0].ID, "已清除"); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.ProposeClosing(as(h.a), system, room.ID, "弱口令", "更换口令")
		refused(t, err, fault.Refused, "还不能结案：告警“商务厅网站发现严重问题”没有结束。")
		if full, err = h.svc.RoomOf(context.Background(), system, room.ID); err != nil || len(full.Against) != 1 {
			t.Fatalf("against closing: %v (%v)", full.Against, err)
		}
		if _, err := h.svc.EndAlarm(as(h.a), system, a.ID, "暗链已清除"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.ProposeClosing(as(h.a), system, room.ID, "弱口令", "更换口令"); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.CloseIncident(as(h.a), system, room.ID)
		refused(t, err, fault.Refused, "提出人以外")
		if x, err := h.svc.CloseIncident(as(h.b), system, room.ID); err != nil || x.State != duty.Closed {
			t.Errorf("%+v (%v)", x, err)
		}
	})
}

// Article 19(4): an alarm that nobody takes leaves the unit: its leaders, the
// office above, the province. Taken and not ended, it is asked for and goes up as
// well; every step stands in its history.
func TestArticle19_4_AlarmLeavesTheUnit(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		o := h.svc.Org
		var site registry.Site
		var boss, clerk org.Person
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610102", Name: "新城区", Parent: "city-610100000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			above, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "市政府办公厅"})
			if err != nil {
				return err
			}
			own, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "county-610102000000", Kind: org.Office, Name: "区政府办公室"})
			if err != nil {
				return err
			}
			for _, x := range []struct {
				into *org.Person
				at   org.UnitID
				name string
			}{{&boss, own.ID, "区主要负责人"}, {&clerk, above.ID, "市主管"}} {
				if *x.into, err = o.AddPerson(ctx, tx, system, org.Person{Unit: x.at, Name: x.name}); err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, x.into.ID, x.at, authz.Supervisor); err != nil {
					return err
				}
			}
			if _, err := o.AssignPost(ctx, tx, system, org.NamedPost{Unit: own.ID, Person: boss.ID, Kind: org.Principal, Since: calendar.DateOf(began), Document: "新政任〔2026〕1号"}); err != nil {
				return err
			}
			if site, err = h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: own.ID, Kind: registry.Portal, Name: "区政府门户网站", Host: "www.xc.example.gov.cn"}); err != nil {
				return err
			}
			_, err = h.look.Raise(ctx, tx, system, site.ID, engine.Sighting{Check: "concealed.hidden_link", Severity: "serious", Says: "严重问题", Article: "S23.2", URL: "http://" + site.Host + "/", Where: "首页"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		alarm := func() (duty.Alarm, string) {
			t.Helper()
			list, n, err := h.svc.Alarms(context.Background(), system, duty.AlarmFilter{})
			if err != nil || n != 1 {
				t.Fatalf("%d alarms (%v)", n, err)
			}
			steps, err := h.svc.AlarmHistory(context.Background(), system, list[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			last := steps[len(steps)-1]
			return list[0], last.Act + " " + last.Note
		}
		after := func(wait time.Duration, level int, step string) {
			t.Helper()
			h.clock.Set(h.clock.Now().Add(wait - time.Minute))
			for range 2 { // not yet, then once
				if _, err := h.svc.Sweep(context.Background()); err != nil {
					t.Fatal(err)
				}
				h.clock.Set(h.clock.Now().Add(time.Minute))
			}
			if _, err := h.svc.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			if a, last := alarm(); a.Level != level || last != step || a.NextAt.IsZero() {
				t.Errorf("level %d, last step %q, next %s; want %d, %q", a.Level, last, a.NextAt, level, step)
			}
		}
		now, _, err := h.svc.OnDuty(context.Background(), system, h.unit.ID, began.Add(4*time.Hour))
		if err != nil || now.Zero() {
			t.Fatalf("%+v (%v)", now, err)
		}
		if a, _ := alarm(); a.Level != duty.ToLeader || !strings.HasSuffix(a.Told, "主管人员区主要负责人") {
			t.Fatalf("nobody is on duty there: level %d, %s", a.Level, a.Told)
		}
		after(15*time.Minute, duty.ToPrincipal, "escalate 主要负责同志区主要负责人")
		reached := func(want ...string) {
			t.Helper()
			var got []string
			units, err := db.All(ctx, h.db, db.Value[string], `SELECT id FROM unit ORDER BY name`)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range units {
				list, err := h.svc.HandedUp(ctx, system, org.UnitID(u))
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range list {
					at, err := h.svc.Org.Unit(ctx, system, org.UnitID(u))
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, at.Name+" "+a.State)
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("handed up to %q, want %q", got, want)
			}
		}
		reached()
		after(30*time.Minute, duty.ToSuperior, "escalate 市政府办公厅主管人员市主管")
		reached("市政府办公厅 raised")
		after(30*time.Minute, duty.ToProvince, "escalate 省政府办公厅值班"+now.Names())
		after(30*time.Minute, duty.ToProvince, "escalate 再次告知省政府办公厅值班"+now.Names())
		reached("市政府办公厅 raised", "省政府办公厅 raised")
		a, _ := alarm()
		if _, err := h.svc.TakeAlarm(as(h.a), system, a.ID); err != nil {
			t.Fatal(err)
		}
		reached("市政府办公厅 taken", "省政府办公厅 taken")
		after(60*time.Minute, duty.ToProvince, "ask "+h.a.Name)
		after(60*time.Minute, duty.ToProvince, "escalate 再次告知省政府办公厅值班"+now.Names())
		told, err := db.All(ctx, h.db, db.Value[string], `SELECT title FROM message WHERE person_id = $1 AND link = $2 ORDER BY title`, h.a.PersonID, a.Link())
		if err != nil || !slices.Contains(told, "请结束告警："+a.Title) {
			t.Errorf("who took it was told %v (%v)", told, err)
		}
		if _, err := h.svc.EndAlarm(as(h.a), system, a.ID, "已清除"); err != nil {
			t.Fatal(err)
		}
		reached()
		if a, _ := alarm(); !a.NextAt.IsZero() {
			t.Errorf("ended, and its clock runs on: %s", a.NextAt)
		}
		// What it was about may still be looked into.
		x, err := h.svc.OpenIncident(as(h.a), system, "", "网站打不开", "已经恢复，查明原因。", a.ID)
		if a, _ := alarm(); err != nil || a.Incident != x.ID {
			t.Errorf("an incident of what has ended: %+v (%v)", x, err)
		}
	})
}

// Every day somebody named says of every site that it is well or what is
// wrong; what is wrong is a finding, and its going is said too.
func TestArticle19_4_DailyRecordIsAPersons(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		today := calendar.DateOf(began)
		if _, err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		owed := func() int {
			list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: duty.RecordKind.ID})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if owed() != 1 {
			t.Fatalf("%d records owed", owed())
		}
		_, err := h.svc.Confirm(as(h.a), system, h.unit.ID, today, "")
		refused(t, err, fault.Refused, "1 个网站没有结论")
		// New media are read by what the monitors know of them.
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.svc.Registry.EnterAccount(ctx, tx, system, registry.Account{Unit: h.bureau.ID, Platform: "weibo", Name: "商务发布", URL: "https://weibo.example/sw", VerifiedAs: "商务厅"}, registry.Why{Says: "存量登记", Source: registry.ByPerson})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Look(as(h.a), system, h.unit.ID, today, h.site.ID, duty.Problem, "")
		refused(t, err, fault.Invalid, "请写明在哪里")
		if _, err := h.svc.Look(as(h.a), system, h.unit.ID, today, h.site.ID, duty.Problem, "首页轮播图打不开"); err != nil {
			t.Fatal(err)
		}
		standing := func() int {
			_, n, err := h.look.Findings(context.Background(), h.db, system, inspection.FindingFilter{State: "standing"})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if standing() != 1 {
			t.Errorf("%d findings stand", standing())
		}
		if r, err := h.svc.Confirm(as(h.a), system, h.unit.ID, today, "已通知商务厅"); err != nil || r.State != duty.Confirmed {
			t.Fatal(err)
		}
		if owed() != 0 {
			t.Error("confirmed, and still owed")
		}
		h.clock.Set(began.AddDate(0, 0, 1))
		if _, err := h.svc.Look(as(h.b), system, h.unit.ID, today.AddDays(1), h.site.ID, duty.Pass, ""); err != nil {
			t.Fatal(err)
		}
		if standing() != 0 {
			t.Errorf("%d findings stand after a person saw it mended", standing())
		}
		if r, err := h.svc.RecordOf(context.Background(), system, h.unit.ID, today); err != nil || len(r.Sites) != 1 || r.Sites[0].Note != "首页轮播图打不开" || r.Media.Accounts != 1 {
			t.Errorf("the day as confirmed: %+v, %+v (%v)", r.Sites, r.Media, err)
		}
	})
}

// Article 19(4): every site is read, however many there are.
func TestArticle19_4_EverySiteIsRead(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			for i := range 300 {
				if _, err := h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: fmt.Sprintf("网站%d", i), Host: fmt.Sprintf("s%d.example.gov.cn", i)}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if r, err := h.svc.RecordOf(context.Background(), system, h.unit.ID, calendar.DateOf(began)); err != nil || len(r.Sites) != 301 {
			t.Errorf("%d sites to be read (%v), want 301", len(r.Sites), err)
		}
	})
}

// A verdict given by mistake is taken back, and with it the finding it made; what
// has none, or stands in a confirmed record, is not.
func TestArticle19_4_AVerdictIsTakenBack(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		today := calendar.DateOf(began)
		_, err := h.svc.Look(as(h.a), system, h.unit.ID, today, h.site.ID, duty.Undo, "")
		refused(t, err, fault.Conflict, "还没有结论，不用撤销")
		rec, err := h.svc.Look(as(h.a), system, h.unit.ID, today, h.site.ID, duty.Problem, "首页轮播图打不开")
		if err != nil {
			t.Fatal(err)
		}
		finding := inspection.FindingID(rec.Sites[0].Finding)
		if rec, err = h.svc.Look(as(h.b), system, h.unit.ID, today, h.site.ID, duty.Undo, ""); err != nil || rec.Looked() != 0 {
			t.Fatalf("%d looked at (%v)", rec.Looked(), err)
		}
		if rec, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, today); err != nil || rec.Looked() != 0 || rec.State != duty.Open {
			t.Errorf("%s, %d looked at (%v)", rec.State, rec.Looked(), err)
		}
		f, err := h.look.Finding(context.Background(), h.db, system, finding)
		if err != nil || f.State != inspection.FindingClosed || f.ClosedBy != inspection.ClosedByEnd {
			t.Errorf("the finding is %s by %s (%v)", f.State, f.ClosedBy, err)
		}
		counts, err := h.look.Precisions(context.Background())
		if err != nil || len(counts) != 1 || counts[0].Closed != 0 {
			t.Errorf("what was taken back counts as put right: %+v (%v)", counts, err)
		}
		_, err = h.svc.Confirm(as(h.a), system, h.unit.ID, today, "")
		refused(t, err, fault.Refused, "1 个网站没有结论")
		if _, err := h.svc.Look(as(h.a), system, h.unit.ID, today, h.site.ID, duty.Pass, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Confirm(as(h.a), system, h.unit.ID, today, ""); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Look(as(h.a), system, h.unit.ID, today, h.site.ID, duty.Undo, "")
		refused(t, err, fault.Conflict, "已经确认，不能再改")
	})
}

// The hour by which a day's record is confirmed is the province's.
func TestArticle19_4_TheRecordIsOwedByTheProvincesHour(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		h.settings.RecordDueHour = 12
		day := calendar.DateOf(began).Start()
		late := func(hour int) bool {
			t.Helper()
			h.clock.Set(day.Add(time.Duration(hour) * time.Hour))
			if _, err := h.svc.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			if _, err := h.obligations.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			owed := h.owes(t, duty.RecordKind.ID)
			if len(owed) != 1 {
				t.Fatalf("%d owed", len(owed))
			}
			rec, err := h.svc.RecordOf(context.Background(), system, h.unit.ID, calendar.DateOf(began))
			if err != nil || !rec.Due.Equal(day.Add(12*time.Hour)) || rec.Overdue != !owed[0].OverdueAt.IsZero() {
				t.Errorf("at %d the record says %v, %v (%v)", hour, rec.Due, rec.Overdue, err)
			}
			return !owed[0].OverdueAt.IsZero()
		}
		if late(11) {
			t.Error("late at eleven")
		}
		if !late(12) {
			t.Error("not late at twelve")
		}
	})
}

// A sweep that ended between two units is made good: each is asked from its own
// last day.
func TestArticle19_4_BrokenSweepOwesTheRest(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO duty_roster (id, unit_id, month, state, published_at, made_at) VALUES ('other', $1, $2, 'published', $3, $3)`, h.bureau.ID, month, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "duty_roster", ID: "other"}})
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		first := h.owes(t, duty.RecordKind.ID)
		if len(first) != 2 {
			t.Fatalf("%d records owed by two units", len(first))
		}
		// The next day the process ends when the first of them has been asked.
		h.clock.Set(began.AddDate(0, 0, 1))
		on := calendar.DateOf(h.clock.Now())
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			return h.obligations.Open(ctx, tx, obligation.Debt{Kind: duty.RecordKind.ID, Unit: first[0].Unit, Subject: first[0].Subject, Period: on.String(), Link: first[0].Link, Due: calendar.Due{On: on}, From: on})
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		today := map[org.UnitID]int{}
		for _, o := range h.owes(t, duty.RecordKind.ID) {
			if o.Due.On == on {
				today[o.Unit]++
			}
		}
		if len(today) != 2 || today[h.unit.ID] != 1 || today[h.bureau.ID] != 1 {
			t.Errorf("owed of the second day: %v", today)
		}
	})
}

// A sweep that did not run for a fortnight loses no day: each is owed, told once, and
// can be made up for in a week from then. A duty that began meanwhile owes from its
// beginning, one that came back not for the time it was none.
func TestArticle19_4_NoDayIsLost(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		publish := func(unit org.UnitID, id string) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `INSERT INTO duty_roster (id, unit_id, month, state, published_at, made_at) VALUES ($3, $1, $2, 'published', $4, $4)`, unit, month, id, tx.Now()); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "duty_roster", ID: id}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		owed := func(unit org.UnitID) (days []string) {
			t.Helper()
			if _, err := h.svc.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			if _, err := h.obligations.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
			for _, o := range h.owes(t, duty.RecordKind.ID) {
				if o.Unit == unit {
					days = append(days, o.Period)
				}
			}
			slices.Sort(days)
			return days
		}
		day := calendar.DateOf(began)
		var own registry.Site
		if err := h.db.Update(ctx, func(tx *db.Tx) (err error) {
			own, err = h.svc.Registry.EnterSite(ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "省政府门户", Host: "www.example.gov.cn"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := owed(h.unit.ID); len(got) != 1 || got[0] != day.String() {
			t.Fatalf("the house begins with %v", got)
		}
		// Nothing runs for a fortnight; in it another duty begins.
		h.clock.Set(began.AddDate(0, 0, 10))
		publish(h.bureau.ID, "other")
		h.clock.Set(began.AddDate(0, 0, 14))
		if got := owed(h.unit.ID); len(got) != 15 || got[14] != day.AddDays(14).String() {
			t.Errorf("owed after a fortnight: %v", got)
		}
		if got := owed(h.bureau.ID); len(got) != 5 || got[0] != day.AddDays(10).String() {
			t.Errorf("owed by a duty that began ten days later: %v", got)
		}
		told, err := db.All(ctx, h.db, db.Value[string], `SELECT title FROM message WHERE unit_id = $1 ORDER BY title`, h.unit.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(strings.Join(told, "\n"), "请补13天的每日巡检记录"); n != 1 {
			t.Errorf("told %d times: %v", n, told)
		}
		if n := strings.Count(strings.Join(told, "\n"), "超期：每日巡检记录"); n != 1 { // of the first day, asked for in time
			t.Errorf("told one by one, %d times: %v", n, told)
		}
		// The first day was asked for in time; the others were not, and wait a week.
		_, err = h.svc.Look(as(h.a), system, h.unit.ID, day, own.ID, duty.Pass, "")
		refused(t, err, fault.Refused, "七天以上")
		if _, err := h.svc.Look(as(h.a), system, h.unit.ID, day.AddDays(1), own.ID, duty.Pass, ""); err != nil {
			t.Errorf("thirteen days late, asked for today: %v", err)
		}
		h.clock.Set(began.AddDate(0, 0, 22))
		_, err = h.svc.Look(as(h.a), system, h.unit.ID, day.AddDays(2), own.ID, duty.Pass, "")
		refused(t, err, fault.Refused, "七天以上")
	})
}

// A record made up for afterwards says what the monitors kept of its own day,
// bears the mark of it, and closes nothing of today; a day that has not come has
// no record.
func TestArticle19_4_ALateRecordIsOfItsOwnDay(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := audit.System(context.Background(), "test")
		day := calendar.DateOf(began)
		probe := func(on calendar.Date, probes, failures int) {
			t.Helper()
			if err := h.probes.Update(ctx, func(tx *db.Tx) error {
				_, err := tx.Quiet(ctx, `INSERT INTO probe_day (site_id, day, probes, failures, last_at, last_ok) VALUES ($1, $2, $3, $4, $5, $6)`, h.site.ID, on, probes, failures, on.Start(), failures == 0)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		raise := func(check string) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				_, err := h.look.Raise(ctx, tx, system, h.site.ID, engine.Sighting{Check: check, Severity: "error", Says: "问题", Article: "S19.4", URL: "http://" + h.site.Host + "/", Where: check})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		probe(day, 10, 3)
		probe(day.AddDays(2), 7, 7)
		raise("link.dead")
		h.clock.Set(began.AddDate(0, 0, 2))
		raise("column.stale")
		raise("link.slow")
		if _, err := h.svc.Look(as(h.a), system, h.unit.ID, day.AddDays(2), h.site.ID, duty.Problem, "首页轮播图打不开"); err != nil {
			t.Fatal(err)
		}
		standing := func() int {
			_, n, err := h.look.Findings(context.Background(), h.db, system, inspection.FindingFilter{State: "standing"})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		before := standing()
		r, err := h.svc.RecordOf(context.Background(), system, h.unit.ID, day)
		if err != nil || len(r.Sites) != 1 || !r.Late {
			t.Fatalf("%+v (%v)", r, err)
		}
		if f := r.Sites[0]; !f.OneDay || f.Probes != 10 || f.Failures != 3 || f.Down || f.Links != 1 || f.Columns != 0 || f.Content != 0 || r.Media.Accounts != 0 {
			t.Errorf("the facts of the day %+v", f)
		}
		if r, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, day.AddDays(1)); err != nil || r.Sites[0].Probes != 0 || r.Sites[0].Watched {
			t.Errorf("a day nobody monitored: %+v (%v)", r.Sites, err)
		}
		// A day off with leave is no day nobody monitored: it says which window.
		from := day.AddDays(1).Start().Add(time.Hour)
		h.look.WindowsFrom(func(context.Context, []registry.SiteID) (map[registry.SiteID][]inspection.Window, error) {
			return map[registry.SiteID][]inspection.Window{h.site.ID: {{From: from, To: from.Add(20 * time.Hour), Says: "批准的临时下线“迁移”"}}}, nil
		})
		if r, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, day.AddDays(1)); err != nil || !r.Sites[0].Excused || r.Sites[0].Window != "批准的临时下线“迁移”（2026-11-24 01:00 至 2026-11-24 21:00）" {
			t.Errorf("a day off with leave: %+v (%v)", r.Sites, err)
		}
		if r, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, day); err != nil || r.Sites[0].Excused || r.Sites[0].Window != "" {
			t.Errorf("the day before it: %+v (%v)", r.Sites, err)
		}
		if r, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, day.AddDays(2)); err != nil || r.Late || r.Sites[0].OneDay || r.Sites[0].Columns != 1 {
			t.Errorf("today: %+v (%v)", r, err)
		}
		// That nothing was found says something only when the pages had been checked by then.
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, finished_at) VALUES ('r', $1, 'patrol', 'done', $2, $2)`, h.site.ID, day.AddDays(1).Start().Add(time.Hour)); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "inspection_run", ID: "r"}})
		}); err != nil {
			t.Fatal(err)
		}
		for n, want := range map[int]bool{0: true, 1: false, 2: false} {
			if r, err := h.svc.RecordOf(context.Background(), system, h.unit.ID, day.AddDays(n)); err != nil || r.Sites[0].Unexamined != want {
				t.Errorf("day %d: unexamined %v (%v)", n, r.Sites[0].Unexamined, err)
			}
		}
		_, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, day.AddDays(3))
		refused(t, err, fault.Refused, "还没有到")
		_, err = h.svc.Look(as(h.a), system, h.unit.ID, day.AddDays(3), h.site.ID, duty.Pass, "")
		refused(t, err, fault.Refused, "还没有到")

		if _, err := h.svc.Look(as(h.a), system, h.unit.ID, day, h.site.ID, duty.Pass, ""); err != nil {
			t.Fatal(err)
		}
		if n := standing(); n != before {
			t.Errorf("%d findings stand of %d: a verdict on a day gone by closed one of today", n, before)
		}
		if _, err := h.svc.Confirm(as(h.a), system, h.unit.ID, day, ""); err != nil {
			t.Fatal(err)
		}
		if r, err = h.svc.RecordOf(context.Background(), system, h.unit.ID, day); err != nil || !r.Late || r.Sites[0].Probes != 10 {
			t.Errorf("confirmed late: %+v (%v)", r, err)
		}
		past, err := h.svc.Past(context.Background(), system, h.unit.ID, 7)
		if err != nil || len(past) != 7 || !past[2].Late() || past[0].Late() {
			t.Errorf("past days %+v (%v)", past, err)
		}
	})
}

// What a site here adopted from another office is taken down here by two
// persons; the item stays public with its owner, who is told.
func TestArticle19_4_WhatIsAdoptedIsTakenDownHere(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		ctx := audit.System(context.Background(), "test")
		reg := h.svc.Registry
		lib := library.New(h.db, h.svc.Org, reg, h.obligations, func(string) []check.Span { return nil }, sx2021.Defaults())
		h.svc.Library = lib
		if err := passage.Declare(ctx, h.db, library.Machine); err != nil {
			t.Fatal(err)
		}
		var here, there registry.Column
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			column := func(unit org.UnitID, kind registry.SiteKind, host string) (registry.Column, error) {
				site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: unit, Kind: kind, Name: host, Host: host, Hosted: true})
				if err != nil {
					return registry.Column{}, err
				}
				return reg.AddColumn(ctx, tx, system, registry.Column{Site: site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "要闻动态", Owner: org.PersonID(h.head.PersonID), A: org.PersonID(h.a.PersonID), B: org.PersonID(h.b.PersonID), CycleDays: 30})
			}
			var err error
			if here, err = column(h.unit.ID, registry.Portal, "www.example.gov.cn"); err == nil {
				there, err = column(h.bureau.ID, registry.DepartmentSite, "news.example.gov.cn")
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		doc, err := prose.FromText("正文。")
		if err != nil {
			t.Fatal(err)
		}
		publish := func(n string, adopt bool) library.ItemID {
			t.Helper()
			it, err := lib.Create(ctx, system, library.Writing{Meta: library.Meta{Type: library.News, Title: "商务动态" + n, Origin: library.Original}, Doc: doc, Unit: h.bureau.ID, Columns: []registry.ColumnID{there.ID}})
			if err != nil {
				t.Fatal(err)
			}
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				for _, x := range []struct {
					sql  string
					args []any
				}{
					{`INSERT INTO move_in_case (id, site_id, number, dated, person_id, person_name, created_at) VALUES ($1, $2, $1, $3, 'p', 'p', $4)`, []any{"m" + n, there.Site, calendar.DateOf(tx.Now()), tx.Now()}},
					{`INSERT INTO item_release (item_id, version_no, move_in_id, at) VALUES ($1, 1, $2, $3)`, []any{it.ID, "m" + n, tx.Now()}},
					{`INSERT INTO item_live (item_id, version_no) VALUES ($1, 1)`, []any{it.ID}},
					{`UPDATE item_placement SET state = 'live', live_at = $2, shown_at = $2 WHERE item_id = $1`, []any{it.ID, tx.Now()}},
				} {
					if _, err := tx.Exec(ctx, x.sql, x.args...); err != nil {
						return err
					}
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.release", Target: audit.Target{Kind: "item", ID: string(it.ID)}})
			}); err != nil {
				t.Fatal(err)
			}
			if adopt {
				if _, err := lib.Adopt(ctx, system, library.Adoption{Item: it.ID, Column: here.ID}); err != nil {
					t.Fatal(err)
				}
			}
			return it.ID
		}
		// The inspector's scope is the office's own line, not the bureau's.
		scope := authz.Area("test", h.unit.AreaPath)
		if _, err := lib.ItemTx(ctx, h.db, scope, publish("0", true)); !fault.Is(err, fault.NotFound) {
			t.Fatalf("the bureau's item is in scope: %v", err)
		}
		_, err = h.svc.ProposeTakedown(as(h.a), scope, publish("1", false), "有误", "", false)
		refused(t, err, fault.Refused, "请联系商务厅")
		item := publish("2", true)
		down, err := h.svc.ProposeTakedown(as(h.a), scope, item, "有误", "", false)
		if err != nil || down.Unit != h.unit.ID || down.Where() != "www.example.gov.cn" {
			t.Fatalf("%+v (%v)", down, err)
		}
		shown := func(item library.ItemID) string {
			list, err := lib.LivePlacements(ctx, h.db, item)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, p := range list {
				out = append(out, p.SiteName)
			}
			return strings.Join(out, " ")
		}
		if shown(item) != "news.example.gov.cn www.example.gov.cn" {
			t.Errorf("proposed, and shown on %s", shown(item))
		}
		if _, err := h.svc.DecideTakedown(as(h.b), scope, down.ID, "approve", ""); err != nil {
			t.Fatal(err)
		}
		if shown(item) != "news.example.gov.cn" {
			t.Errorf("approved, and shown on %s", shown(item))
		}
		told, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE unit_id = $1 AND title LIKE '采用单位应急撤下%'`, h.bureau.ID)
		if err != nil || told != 1 {
			t.Errorf("the owner was told %d times (%v)", told, err)
		}
		// Who may be the second is named: not who proposed.
		waits, err := h.svc.TakedownOf(context.Background(), h.db, scope, down.ID)
		if err != nil {
			t.Fatal(err)
		}
		if list, at, err := h.svc.Seconds(context.Background(), scope, waits); err != nil || at != h.unit.Name || len(list) != 1 || list[0].Name != "主管" {
			t.Errorf("seconds %+v of %s (%v)", list, at, err)
		}
		byHead := waits
		byHead.ProposerID = h.head.PersonID
		if list, at, err := h.svc.Seconds(context.Background(), scope, byHead); err != nil || at != "" || len(list) != 0 {
			t.Errorf("where nobody else may: %+v of %s (%v)", list, at, err)
		}
		// Its page says which pages, and of what waits until when.
		if reach, err := h.svc.ReachOf(ctx, scope, down.ID); err != nil || reach.Sites != 1 || !strings.HasPrefix(reach.Pages[0], "http://www.example.gov.cn/content/") || !reach.Due.On.IsZero() {
			t.Errorf("reach %+v (%v)", reach, err)
		}
		again := publish("3", true)
		alone, err := h.svc.ProposeTakedown(as(h.a), scope, again, "有误", "", true)
		if err != nil || shown(again) != "news.example.gov.cn" {
			t.Errorf("alone: shown on %s (%v)", shown(again), err)
		}
		if reach, err := h.svc.ReachOf(ctx, scope, alone.ID); err != nil || reach.Due.On != calendar.DateOf(began).AddDays(1) || !reach.Due.At.Equal(alone.ProposedAt.Add(24*time.Hour)) {
			t.Errorf("alone, reach %+v (%v)", reach, err)
		}
		// Whoever may be the second finds it in the inbox; a post that reaches no further than
		// its own office is no second of what a unit below proposed, and is not named so.
		var reviewer *authz.Session
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			p, err := h.svc.Org.AddPerson(ctx, tx, system, org.Person{Unit: h.unit.ID, Name: "终审"})
			if err != nil {
				return err
			}
			if err := h.svc.Org.Appoint(ctx, tx, system, p.ID, h.unit.ID, authz.FinalReviewer); err != nil {
				return err
			}
			posts, err := h.svc.Org.PostsOf(ctx, tx, p.ID)
			reviewer = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		inbox := func(s *authz.Session) (out []string) {
			t.Helper()
			list, err := h.svc.Tasks(context.Background(), s, workbench.ToDo, 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				out = append(out, strings.TrimPrefix(x.Key, "takedown:"))
			}
			return out
		}
		both := publish("4", true)
		whole, err := h.svc.ProposeTakedown(as(h.a), system, both, "有误", "", false)
		if err != nil || whole.Adopted() {
			t.Fatalf("by whose scope holds the owner: %+v (%v)", whole, err)
		}
		if list, at, err := h.svc.Seconds(ctx, system, whole); err != nil || at != h.unit.Name || len(list) != 1 || list[0].Name != "主管" {
			t.Errorf("above the bureau: %+v of %s (%v)", list, at, err)
		}
		if own, above := inbox(reviewer), inbox(h.head); !slices.Equal(own, []string{alone.ID}) || !slices.Equal(above, []string{alone.ID, whole.ID}) || len(inbox(h.a)) != 0 {
			t.Errorf("inboxes: of the reviewer %v, of the head %v, of the proposer %v; alone is %s, whole %s", own, above, inbox(h.a), alone.ID, whole.ID)
		}
		if list, err := h.svc.Tasks(ctx, h.head, workbench.ToDo, 20); err != nil || !strings.HasPrefix(list[0].Title, "请补审应急撤下：") || !list[0].Due.At.Equal(alone.ProposedAt.Add(24*time.Hour)) || !strings.HasPrefix(list[1].Title, "请批准应急撤下：") || !list[1].Due.On.IsZero() {
			t.Errorf("%+v (%v)", list, err)
		}
		if said, err := db.All(ctx, h.db, db.Value[string], `SELECT body FROM message WHERE person_id = $1 AND link = $2`, h.head.PersonID, whole.Link()); err != nil || len(said) != 1 || !strings.HasPrefix(said[0], "商务厅没有另一名有权人员，请您办理。") {
			t.Errorf("the head was told %q (%v)", said, err)
		}
		if reach, err := h.svc.ReachOf(ctx, system, whole.ID); err != nil || reach.Sites != 2 || !strings.HasPrefix(reach.Pages[0], "http://news.example.gov.cn/") {
			t.Errorf("of every page, reach %+v (%v)", reach, err)
		}
		// The schema goes back though two offices propose one item, and forward again:
		// what the older shape would widen to every page is withdrawn, the rest stands.
		here4, err := h.svc.ProposeTakedown(as(h.a), scope, both, "有误", "", false)
		if err != nil || !here4.Adopted() {
			t.Fatalf("beside the owner's: %+v (%v)", here4, err)
		}
		for state, want := range map[string][]string{"standing": {here4.ID, whole.ID, alone.ID}, duty.Alone: {alone.ID}, duty.Refused: nil} {
			list, n, err := h.svc.Takedowns(ctx, system, "", state, 50, 0)
			var got []string
			for _, x := range list {
				got = append(got, x.ID)
			}
			slices.Sort(got)
			slices.Sort(want)
			if err != nil || n != len(want) || !slices.Equal(got, want) {
				t.Errorf("in state %q: %v (%d), want %v (%v)", state, got, n, want, err)
			}
		}
		text, err := migrations.Files.ReadFile("0420_takedown_places.sql")
		if err != nil {
			t.Fatal(err)
		}
		up, back, found := strings.Cut(string(text), "-- +goose Down")
		if !found {
			t.Fatal("no way back")
		}
		for _, way := range []string{back, up} {
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				for _, statement := range strings.SplitAfter(regexp.MustCompile(`--[^\n]*`).ReplaceAllString(way, ""), ";") {
					if strings.TrimSpace(statement) == "" {
						continue
					}
					if _, err := tx.Exec(ctx, statement); err != nil {
						return fmt.Errorf("%s: %w", statement, err)
					}
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.schema", Target: audit.Target{Kind: "item", ID: string(both)}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		for id, want := range map[string]string{whole.ID: duty.Proposed, here4.ID: duty.Recalled, down.ID: duty.Done} {
			got, err := h.svc.TakedownOf(ctx, h.db, system, id)
			if err != nil || got.State != want {
				t.Errorf("after the way back: %s, want %s (%v)", got.State, want, err)
			}
			last, err := db.One(ctx, h.db, db.Value[string], `SELECT to_state FROM passage WHERE kind = 'takedown' AND object_id = $1 ORDER BY seq DESC LIMIT 1`, id)
			if err != nil || last != want {
				t.Errorf("its history ends with %q (%v)", last, err)
			}
		}
	})
}

// A month laid anew keeps the turns that a swap hangs on and fills all the time
// around them; a swap that was declined binds nothing.
func TestArticle19_4_LaidAnewLeavesNoHour(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		r, err := h.svc.Roster(context.Background(), system, h.unit.ID, month)
		if err != nil {
			t.Fatal(err)
		}
		swap := func(x duty.Shift, act string) {
			t.Helper()
			asker, other := h.a, h.b
			if x.Has(h.b.PersonID) {
				asker, other = h.b, h.a
			}
			w, err := h.svc.AskSwap(as(asker), system, x.ID, org.PersonID(other.PersonID), "出差")
			if err != nil {
				t.Fatal(err)
			}
			if act == "" {
				return
			}
			if _, err := h.svc.AnswerSwap(as(other), system, w.ID, act); err != nil {
				t.Fatal(err)
			}
		}
		n := len(r.Shifts)
		agreed, waits, declined, dropped := r.Shifts[n-6], r.Shifts[n-4], r.Shifts[n-2], r.Shifts[n-3]
		swap(agreed, "agree")
		swap(waits, "")
		swap(declined, "decline")
		swap(dropped, "decline")
		if _, err := h.svc.Reopen(as(h.head), system, h.unit.ID, month); err != nil {
			t.Fatal(err)
		}
		for _, x := range []duty.Shift{agreed, waits} {
			_, err := h.svc.DropShift(as(h.head), system, h.unit.ID, month, x.ID)
			refused(t, err, fault.Conflict, "不能删除")
		}
		if r, err = h.svc.DropShift(as(h.head), system, h.unit.ID, month, dropped.ID); err != nil || len(r.Shifts) != n-1 {
			t.Fatalf("dropped: %d turns (%v)", len(r.Shifts), err)
		}
		has := func(r duty.Roster, id string) bool {
			return slices.ContainsFunc(r.Shifts, func(x duty.Shift) bool { return x.ID == id })
		}
		r, err = h.svc.Fill(as(h.head), system, h.unit.ID, month, duty.Rotation{Turns: "three", People: h.people()})
		if err != nil || len(r.Breaches) != 0 || !has(r, agreed.ID) || !has(r, waits.ID) || has(r, declined.ID) {
			t.Fatalf("%d turns, %+v (%v)", len(r.Shifts), r.Breaches, err)
		}
		for i, x := range r.Shifts[1:] {
			if !r.Shifts[i].Until.Equal(x.From) {
				t.Errorf("%s does not follow %s", x.Span(), r.Shifts[i].Span())
			}
		}
		if last := r.Shifts[len(r.Shifts)-1]; last.Until.Before(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)) {
			t.Errorf("the month ends %s", last.Span())
		}
		if _, err := h.svc.Publish(as(h.head), system, h.unit.ID, month); err != nil {
			t.Fatal(err)
		}
	})
}

// A task given while the closing waits for its second person holds up the
// closing: done, the room is closed.
func TestArticle19_4_ARoomIsNotClosedOverATask(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		x, err := h.svc.OpenIncident(as(h.a), system, h.unit.ID, "网站打不开", "首页打不开，正在查。", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.ProposeClosing(as(h.a), system, x.ID, "机房断电", "加装电源"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Assign(as(h.b), system, x.ID, "核实备份", org.PersonID(h.b.PersonID)); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.CloseIncident(as(h.b), system, x.ID)
		refused(t, err, fault.Refused, "任务“核实备份”没有完成")
		room, err := h.svc.RoomOf(context.Background(), system, x.ID)
		if err != nil || room.State != duty.Closing || len(room.Tasks) != 1 {
			t.Fatalf("%s with %d tasks (%v)", room.State, len(room.Tasks), err)
		}
		if _, err := h.svc.Finish(as(h.b), system, x.ID, room.Tasks[0].ID, "已核实"); err != nil {
			t.Fatal(err)
		}
		if x, err = h.svc.CloseIncident(as(h.b), system, x.ID); err != nil || x.State != duty.Closed {
			t.Errorf("%s (%v)", x.State, err)
		}
	})
}

// Where only people of the turn that ends go on, nothing is handed over: nobody is
// asked to sign, nothing is owed, and what was owed before the roster was changed is
// annulled. Where another comes, it is owed as ever.
func TestArticle19_4_WhoGoesOnHandsNothingOver(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		ctx := context.Background()
		_, then, err := h.svc.OnDuty(ctx, system, h.unit.ID, began)
		if err != nil {
			t.Fatal(err)
		}
		_, after, err := h.svc.OnDuty(ctx, system, h.unit.ID, then.From.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		a, b := org.PersonID(h.a.PersonID), org.PersonID(h.b.PersonID)
		set := func(x duty.Shift, lead, second org.PersonID) {
			t.Helper()
			if _, err := h.svc.Reopen(as(h.head), system, h.unit.ID, month); err != nil {
				t.Fatal(err)
			}
			x.Lead, x.Second = lead, second
			if _, err := h.svc.SetShift(as(h.head), system, h.unit.ID, month, x); err != nil {
				t.Fatal(err)
			}
			if _, err := h.svc.Publish(as(h.head), system, h.unit.ID, month); err != nil {
				t.Fatal(err)
			}
		}
		owed := func(of duty.Shift) int {
			t.Helper()
			if _, err := h.svc.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			list, err := h.obligations.Obligations(ctx, system, obligation.Filter{Kind: duty.HandoverKind.ID})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, x := range list {
				if x.Subject.ID == of.ID {
					n++
				}
			}
			return n
		}
		set(then, a, b)
		set(after, a, "")
		h.clock.Set(then.Until.Add(-time.Hour))
		for _, who := range []*authz.Session{h.a, h.b} {
			_, err := h.svc.Give(as(who), system, then.ID, "无异常")
			refused(t, err, fault.Refused, "下一班仍由甲值班，不用交接")
		}
		h.clock.Set(then.Until.Add(time.Minute))
		if n := owed(then); n != 0 {
			t.Errorf("甲 goes on, and %d hand-overs are owed", n)
		}
		stood, err := h.svc.StoodBy(ctx, h.db, system, []org.PersonID{b}, then.From, then.Until.Add(time.Second))
		if err != nil || len(stood) != 1 || !stood[0].HandedOver {
			t.Errorf("counted as not handed over: %+v (%v)", stood, err)
		}
		// What was owed before this was known is looked at once more after the upgrade.
		text, err := migrations.Files.ReadFile("0655_handover_goes_on.sql")
		if err != nil {
			t.Fatal(err)
		}
		up, _, _ := strings.Cut(string(text), "-- +goose Down")
		_, up, _ = strings.Cut(up, "UPDATE")
		sys := audit.System(ctx, "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			day := calendar.DateOf(then.Until)
			if err := h.obligations.Open(sys, tx, obligation.Debt{Kind: duty.HandoverKind.ID, Unit: h.unit.ID, Subject: obligation.Subject{Kind: "duty_shift", ID: then.ID, Name: "交接班"}, Due: calendar.Due{On: day}, From: day}); err != nil {
				return err
			}
			_, err := tx.Exec(sys, "UPDATE "+strings.TrimRight(strings.TrimSpace(up), ";"))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if n := owed(then); n != 0 {
			t.Errorf("after the upgrade %d hand-overs are owed", n)
		}
		// Another comes: it is owed, and no longer once the roster puts 甲 there too,
		// signed or not.
		_, third, err := h.svc.OnDuty(ctx, system, h.unit.ID, after.From.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		set(third, b, "")
		h.clock.Set(after.Until.Add(time.Minute))
		if n := owed(after); n != 1 {
			t.Errorf("乙 comes, and %d hand-overs are owed", n)
		}
		if stood, err = h.svc.StoodBy(ctx, h.db, system, []org.PersonID{a}, after.From, after.Until.Add(time.Second)); err != nil || len(stood) != 2 || stood[1].HandedOver {
			t.Errorf("not handed over: %+v (%v)", stood, err)
		}
		if _, err := h.svc.Give(as(h.a), system, after.ID, "无异常"); err != nil {
			t.Fatal(err)
		}
		set(third, a, "")
		if n := owed(after); n != 0 {
			t.Errorf("甲 goes on after all, and %d hand-overs are owed", n)
		}
		_, err = h.svc.Take(as(h.a), system, after.ID)
		refused(t, err, fault.Refused, "下一班仍由甲值班，不用交接")
		set(third, a, b)
		if n := owed(after); n != 1 {
			t.Errorf("乙 comes too, and %d hand-overs are owed", n)
		}
		if _, err = h.svc.Take(as(h.b), system, after.ID); err != nil {
			t.Fatal(err)
		}
		if n := owed(after); n != 0 {
			t.Errorf("taken, and %d hand-overs are owed", n)
		}
	})
}

// The rotation of a month goes on from the turn before it: nobody stands two
// turns one after the other where there is somebody else, whatever order they
// were chosen in; a kept turn in the midst counts as well.
func TestArticle19_4_RotationGoesOnFromTheTurnBefore(t *testing.T) {
	each(t, func(t *testing.T, h *office) {
		h.roster(t)
		next := "2026-12"
		people := h.people()
		for range people {
			people = append(people[1:], people[0])
			r, err := h.svc.Fill(as(h.head), system, h.unit.ID, next, duty.Rotation{Turns: "two", People: people})
			if err != nil {
				t.Fatal(err)
			}
			for i, x := range r.Shifts[1:] {
				if before := r.Shifts[i]; before.Lead == x.Lead && before.Until.Equal(x.From) {
					t.Errorf("%s stands from %s and again from %s", x.LeadName, before.From, x.From)
				}
			}
		}
		for _, turns := range []string{"three", "one"} {
			r, err := h.svc.Fill(as(h.head), system, h.unit.ID, next, duty.Rotation{Turns: turns, People: people})
			if err != nil {
				t.Fatal(err)
			}
			if r.Shifts[0].Lead == r.Shifts[1].Lead {
				t.Errorf("%s: %s ends the month before and begins this one", turns, r.Shifts[0].LeadName)
			}
		}
	})
}
