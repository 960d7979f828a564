package training_test

import (
	"context"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/training"
)

type house struct {
	db          *db.DB
	clock       *calendar.Manual
	svc         *training.Service
	obligations *obligation.Service
	office      org.Unit
	boss, clerk *authz.Session
}

var system = authz.System("test")

func each(t *testing.T, fn func(t *testing.T, h house)) {
	t.Helper()
	at := time.Date(2026, 10, 8, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(at)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(at)
		store, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		h := house{db: d, clock: clock}
		h.obligations = obligation.New(d, o, training.YearlyKind)
		h.svc = training.New(d, o, registry.New(d, o), h.obligations, store)
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, training.Machine); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
				return err
			}
			if h.office, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "市办"}); err != nil {
				return err
			}
			dept, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "商务局"})
			if err != nil {
				return err
			}
			for _, x := range []struct {
				into **authz.Session
				unit org.Unit
				role authz.Role
				name string
			}{{&h.boss, h.office, authz.Supervisor, "主管"}, {&h.clerk, dept, authz.Sponsor, "经办"}} {
				p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: x.unit.ID, Name: x.name})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, p.ID, x.unit.ID, x.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				*x.into = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func (h house) plan(t *testing.T, kind string, days int) training.Course {
	t.Helper()
	c, err := h.svc.Plan(as(h.boss), h.boss, training.Course{Unit: h.office.ID, Kind: kind, Title: "内容保障培训", HeldOn: calendar.Today(h.clock).AddDays(days), Hours: 40, Document: "干部教育计划"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (h house) owed(t *testing.T) []obligation.Obligation {
	t.Helper()
	if _, err := h.obligations.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// Article 31: supervisors and sponsors hold at least one business training a
// year; a department without site or account owes none.
func TestArticle31_OneBusinessTrainingAYear(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		owed := h.owed(t)
		if len(owed) != 1 || owed[0].Unit != h.office.ID || owed[0].Due.On.String() != "2026-12-31" {
			t.Fatalf("owed %+v", owed)
		}
		media := h.plan(t, training.Media, 0)
		business := h.plan(t, training.Business, 0)
		for _, c := range []training.Course{media, business} {
			if err := h.svc.Hold(as(h.boss), system, h.boss, c.ID, nil); !fault.Is(err, fault.Refused) {
				t.Errorf("held with nobody there: %v", err)
			}
			if n, err := h.svc.Attend(as(h.boss), system, h.boss, c.ID, "主管\n经办 商务局\n经办　商务局\n外聘老师"); err != nil || n != 3 {
				t.Fatalf("%d entered (%v)", n, err)
			}
			if err := h.svc.Hold(as(h.boss), system, h.boss, c.ID, nil); err != nil {
				t.Fatal(err)
			}
			if c.Kind == training.Media && len(h.owed(t)) != 1 {
				t.Error("a media course discharged the business training")
			}
		}
		if n := len(h.owed(t)); n != 0 {
			t.Errorf("%d still owed", n)
		}
		figures, err := h.svc.Figures(as(h.boss), system, 2026, 10, 0)
		if err != nil || len(figures) != 2 {
			t.Fatalf("%+v (%v)", figures, err)
		}
		for _, f := range figures {
			if f.Unit == h.office.ID && (f.Held != 1 || f.Sent != 4 || f.Hours != 160) {
				t.Errorf("the office's year: %+v", f)
			}
		}
		own, err := h.svc.Own(as(h.clerk), h.clerk, 10)
		if err != nil || len(own) != 2 || own[0].Certificate == "" || own[0].Certificate == own[1].Certificate {
			t.Fatalf("own %+v (%v)", own, err)
		}
		if _, err := h.svc.Certificate(as(h.clerk), authz.Scope{}, h.clerk, own[0].Course, own[0].ID); err != nil {
			t.Errorf("the own certificate: %v", err)
		}
		stranger := &authz.Session{PersonID: "x"}
		if _, err := h.svc.Certificate(as(h.clerk), authz.Scope{}, stranger, own[0].Course, own[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger's look: %v", err)
		}
	})
}

func TestSignInCodeHoldsForMinutesAndIsLimited(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		later := h.plan(t, training.Business, 3)
		if _, err := h.svc.ShowCode(as(h.boss), system, h.boss, later.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("a code before the day: %v", err)
		}
		c := h.plan(t, training.Business, 0)
		shown, err := h.svc.ShowCode(as(h.boss), system, h.boss, c.ID)
		if err != nil || len(shown.Code) != 6 {
			t.Fatalf("code %q (%v)", shown.Code, err)
		}
		for range 2 { // a second time does nothing
			if _, err := h.svc.SignIn(as(h.clerk), h.clerk, shown.Code); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := h.svc.Present(as(h.boss), system, c.ID, 10); err != nil || len(got) != 1 || got[0].Way != "code" {
			t.Errorf("present %+v (%v)", got, err)
		}
		h.clock.Advance(training.CodeLife + time.Second)
		if _, err := h.svc.SignIn(as(h.boss), h.boss, shown.Code); !fault.Is(err, fault.Invalid) {
			t.Errorf("a code that ended: %v", err)
		}
		var last error
		for range 10 {
			_, last = h.svc.SignIn(as(h.boss), h.boss, "nonsense")
		}
		if !fault.Is(last, fault.TooMany) {
			t.Errorf("guessing goes on: %v", last)
		}
	})
}

func TestPlanIsRefusedByItsField(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		today := calendar.Today(h.clock)
		good := training.Course{Unit: h.office.ID, Kind: training.Business, Title: "培训", HeldOn: today, Hours: 40}
		for name, change := range map[string]func(*training.Course){
			"no title":              func(c *training.Course) { c.Title = " " },
			"no day":                func(c *training.Course) { c.HeldOn = calendar.Date{} },
			"no hours":              func(c *training.Course) { c.Hours = 0 },
			"an unknown kind":       func(c *training.Course) { c.Kind = "x" },
			"必学内容 without document": func(c *training.Course) { c.Kind = training.Mandatory },
		} {
			c := good
			change(&c)
			if _, err := h.svc.Plan(as(h.boss), h.boss, c, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.svc.Plan(as(h.clerk), h.clerk, good, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("for another unit: %v", err)
		}
		c := h.plan(t, training.Business, 1)
		if err := h.svc.Cancel(as(h.boss), system, h.boss, c.ID, "改期"); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Hold(as(h.boss), system, h.boss, c.ID, nil); err == nil {
			t.Error("held what was cancelled")
		}
	})
}
