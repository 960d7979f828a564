package security_test

import (
	"context"
	"slices"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/security"
)

// Where no unit holds a 网信 post the year's check is owed all the same: by the
// body above, and where there is none by the province's office, until one is named.
func TestArticle23_1_APlaceWithoutABodyIsBorneByTheOneAbove(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		o := org.New(h.db)
		var county *authz.Session
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(h.ctx, tx, org.Area{Level: org.City, Parent: "province-610000000000", Code: "610500", Name: "渭南市"}); err != nil {
				return err
			}
			office, _, err := o.AddUnit(h.ctx, tx, org.Unit{Area: "city-610500000000", Kind: org.Office, Name: "渭南市人民政府办公室"})
			if err != nil {
				return err
			}
			county, err = appointed(h.ctx, tx, o, office, authz.Supervisor)
			return err
		}))
		list, err := h.svc.Bearings(h.ctx, county)
		if err != nil || len(list) != 1 || list[0].AreaName != "渭南市" || list[0].Body.ID != h.body.ID || list[0].Absent {
			t.Fatalf("borne by %+v, %v", list, err)
		}
		if list, err := h.svc.Bearings(h.ctx, h.cyber); err != nil || len(list) != 0 {
			t.Errorf("the province has a body, and is told of %+v, %v", list, err)
		}

		// The county's reader is told of the province's plan, by name and own sites.
		p, err := h.svc.Plan(h.ctx, h.cyber.ScopeFor(authz.SecurityPlan), h.cyber, security.NewPlan{Unit: h.body.ID, Year: 2025, Title: "2025 年检查", BeginsOn: calendar.Date{Year: 2025, Month: 3, Day: 2}})
		ok(t, err)
		reads := county.ScopeFor(authz.SecurityRead)
		if list, total, err := h.svc.Plans(h.ctx, reads, 10, 0); err != nil || total != 1 || len(list) != 1 || !list[0].Above || list[0].Title != p.Title || list[0].Sites != 0 {
			t.Errorf("%d plans, %+v, %v", total, list, err)
		}
		if list, _, err := h.svc.Plans(h.ctx, h.cyber.ScopeFor(authz.SecurityRead), 10, 0); err != nil || len(list) != 1 || list[0].Above || list[0].Sites != 1 {
			t.Errorf("who made it reads %+v, %v", list, err)
		}
		_, err = h.svc.PlanByID(h.ctx, h.db, reads, p.ID)
		is(t, err, fault.NotFound)

		// The last body's post ends: the province's office owes, and reads so.
		holder := h.cyber.Posts[0]
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error { return o.Dismiss(h.ctx, tx, all, org.PostID(holder.ID)) }))
		_, err = h.obligations.Sweep(h.ctx)
		ok(t, err)
		owed := h.owed(t, "security_year")
		owed = slices.DeleteFunc(owed, func(o obligation.Obligation) bool { return o.Period == "2025" })
		if len(owed) != 1 || string(owed[0].Unit) != h.own.Posts[0].UnitID || owed[0].Subject.Kind != "area" || owed[0].Due.On != (calendar.Date{Year: 2026, Month: 12, Day: 31}) {
			t.Fatalf("owed: %+v", owed)
		}
		if list, err := h.svc.Bearings(h.ctx, county); err != nil || len(list) != 1 || !list[0].Absent || string(list[0].Body.ID) != h.own.Posts[0].UnitID {
			t.Errorf("borne by %+v, %v", list, err)
		}
		if n, err := h.svc.HandOn(h.ctx); err != nil || n != 0 {
			t.Errorf("%d offices relieved by nobody, %v", n, err)
		}

		// A body is named: it owes from now on.
		ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
			h.cyber, err = appointed(h.ctx, tx, o, h.body, authz.Cyberspace)
			return err
		}))
		if n, err := h.svc.HandOn(h.ctx); err != nil || n != 1 {
			t.Errorf("%d offices relieved, %v", n, err)
		}
		_, err = h.svc.Plan(h.ctx, h.cyber.ScopeFor(authz.SecurityPlan), h.cyber, security.NewPlan{Unit: h.body.ID, Year: 2026, Title: "2026 年检查", BeginsOn: calendar.DateOf(start)})
		ok(t, err)
		owed = slices.DeleteFunc(h.owed(t, "security_year"), func(o obligation.Obligation) bool { return o.Period == "2025" })
		if len(owed) != 1 || owed[0].Unit != h.body.ID {
			t.Errorf("owed: %+v", owed)
		}
	})
}

// appointed is somebody new who holds a role at a unit, signed in.
func appointed(ctx context.Context, tx *db.Tx, o *org.Service, u org.Unit, role authz.Role) (*authz.Session, error) {
	ctx = audit.System(ctx, "test")
	p, err := o.AddPerson(ctx, tx, all, org.Person{Unit: u.ID, Name: "新任" + string(role)})
	if err != nil {
		return nil, err
	}
	if err := o.Appoint(ctx, tx, all, p.ID, u.ID, role); err != nil {
		return nil, err
	}
	posts, err := o.PostsOf(ctx, tx, p.ID)
	return &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}, err
}
