package signin_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
)

// A house in which nobody has a login admits one security administrator, once; the
// password is to be changed and a second factor to be set up.
func TestTheFirstLoginIsMadeOnce(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		key, err := seal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		s := signin.New(d, o, clock, key)
		ctx, scope := audit.System(context.Background(), "test"), authz.System("test")
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			for kind, name := range map[org.Kind]string{org.Office: "陕西省人民政府办公厅", org.Government: "陕西省人民政府"} {
				if _, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: kind, Name: name}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.First(ctx, scope, "陕西省人民政府办公厅", "安慎之", "  "); !fault.Is(err, fault.Invalid) {
			t.Errorf("a name of blanks: %v", err)
		}
		if _, _, err := s.First(ctx, scope, "没有这个单位", "安慎之", "anquan"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a unit that is none: %v", err)
		}
		if _, _, err := s.First(ctx, scope, "陕西省人民政府", "安慎之", "anquan"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a unit from which no other is managed: %v", err)
		}
		if _, _, err := s.First(ctx, scope, "陕西省人民政府办公厅", "安慎之", "an quan"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a name that is none: %v", err)
		}
		l, password, err := s.First(ctx, scope, "陕西省人民政府办公厅", "安慎之", "anquan")
		if err != nil || signin.CheckPassword("anquan", password) != nil {
			t.Fatalf("%+v %q (%v)", l, password, err)
		}
		a, err := s.SignIn(context.Background(), "anquan", password, "", "192.0.2.1")
		if err != nil || a.Stage == signin.In || !l.MustChange || l.SecondFactorOff != "" {
			t.Errorf("let in without changing the password or a second factor: %+v, %+v (%v)", a, l, err)
		}
		who, err := s.SessionOf(context.Background(), l.PersonID)
		if err != nil || !who.Holds(authz.SecurityAdmin) || len(who.Posts) != 1 {
			t.Errorf("%+v (%v)", who, err)
		}
		if _, _, err := s.First(ctx, scope, "陕西省人民政府办公厅", "另一人", "another"); !fault.Is(err, fault.Refused) {
			t.Errorf("a second first: %v", err)
		}
		if people, err := o.People(ctx, d, scope, org.UnitID(l.UnitID)); err != nil || len(people) != 1 {
			t.Errorf("%d people (%v): a refusal leaves nobody behind", len(people), err)
		}
	})
}

// Of several who ask at the same moment, one is admitted.
func TestTheFirstLoginIsMadeOnceAtATime(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		key, err := seal.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		ctx, scope := audit.System(context.Background(), "test"), authz.System("test")
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			_, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		errs := make([]error, 4)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() {
				_, _, errs[i] = signin.New(d, o, clock, key).First(ctx, scope, "陕西省人民政府办公厅", fmt.Sprint("人员", i), fmt.Sprint("first", i))
			})
		}
		wg.Wait()
		admitted := 0
		for i, err := range errs {
			if err == nil {
				admitted++
			} else if !fault.Is(err, fault.Refused) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if admitted != 1 {
			t.Errorf("%d admitted", admitted)
		}
		entries, err := audit.Entries(ctx, d, audit.Filter{Act: "signin.login.create"})
		if err != nil || len(entries) != 1 {
			t.Errorf("%d entries of the trail (%v)", len(entries), err)
		}
	})
}
