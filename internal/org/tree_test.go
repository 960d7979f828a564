package org_test

import (
	"context"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

func scopeOf(role authz.Role, p authz.Permission, units ...org.Unit) authz.Scope {
	s := &authz.Session{}
	for _, u := range units {
		s.Posts = append(s.Posts, authz.Post{Role: role, AreaPath: u.AreaPath, LinePath: u.LinePath, Office: u.Kind == org.Office})
	}
	return s.ScopeFor(p)
}

func TestHomeIsTheLowestAreaThatHoldsEverything(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s, p := build(t, d)
		for name, tt := range map[string]struct {
			scope authz.Scope
			want  string
		}{
			"the province's office": {scopeOf(authz.Supervisor, authz.OrgRead, p.province), "陕西省"},
			"a county's office":     {scopeOf(authz.Supervisor, authz.OrgRead, p.county), "雁塔区"},
			"a county's bureau":     {scopeOf(authz.Sponsor, authz.OrgRead, p.bureau), "雁塔区"},
			"a city's line":         {scopeOf(authz.Supervisor, authz.OrgRead, p.police), "西安市"},
			"two counties' posts":   {scopeOf(authz.Supervisor, authz.OrgRead, p.county, p.direct), "陕西省"},
			"city and county":       {scopeOf(authz.Sponsor, authz.OrgRead, p.city, p.bureau), "西安市"},
			"nothing":               {authz.Scope{}, ""},
		} {
			if got, err := s.Home(ctx, tt.scope); err != nil || got.Name != tt.want {
				t.Errorf("%s begins at %q (%v), want %q", name, got.Name, err, tt.want)
			}
		}
		below, err := s.Branches(ctx, scopeOf(authz.Supervisor, authz.OrgRead, p.city), "province-610000000000")
		if err != nil || len(below) != 1 || below[0].Name != "西安市" || below[0].Units != 4 {
			t.Errorf("branches %+v (%v)", below, err)
		}
		// A line counts its own units only.
		below, err = s.Branches(ctx, scopeOf(authz.Supervisor, authz.OrgRead, p.police), "province-610000000000")
		if err != nil || len(below) != 1 || below[0].Units != 1 {
			t.Errorf("branches of the line %+v (%v)", below, err)
		}
		if _, _, err := s.AreaInScope(ctx, scopeOf(authz.Supervisor, authz.OrgRead, p.county), "city-610581000000"); !fault.Is(err, fault.NotFound) {
			t.Errorf("an area next door gave %v", err)
		}
	})
}

func TestRegisterUnitKeepsToTheScope(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		s, p := build(t, d)
		register := func(scope authz.Scope, u org.Unit) (made org.Unit, err error) {
			err = d.Update(ctx, func(tx *db.Tx) error { made, err = s.RegisterUnit(ctx, tx, scope, u); return err })
			return made, err
		}
		line := scopeOf(authz.Supervisor, authz.OrgManage, p.police)
		county := org.AreaID("county-610113000000")
		if _, err := register(line, org.Unit{Area: county, Kind: org.Department, Name: "雁塔区公安分局", Line: "police"}); err != nil {
			t.Errorf("a line registers below itself: %v", err)
		}
		if _, err := register(line, org.Unit{Area: county, Kind: org.Department, Name: "雁塔区教育局", Line: "education"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a line registered another line's unit: %v", err)
		}
		inner, err := register(scopeOf(authz.Supervisor, authz.OrgManage, p.county), org.Unit{Area: county, Kind: org.Internal, Parent: p.bureau.ID, Name: "雁塔区商务局办公室"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for unit, name := range map[org.UnitID]string{p.bureau.ID: "甲", inner.ID: "乙", p.county.ID: "丙"} {
				if _, err := s.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: unit, Name: name}); err != nil {
					return err
				}
			}
			return s.Appoint(ctx, tx, authz.System("test"), "nobody", p.bureau.ID, authz.Editor)
		}); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody was appointed: %v", err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for unit, name := range map[org.UnitID]string{p.bureau.ID: "甲", inner.ID: "乙", p.county.ID: "丙"} {
				if _, err := s.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: unit, Name: name}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		people, err := s.People(ctx, d, authz.System("test"), p.bureau.ID)
		if err != nil || len(people) != 2 || people[0].Name != "甲" || people[1].Name != "乙" {
			t.Errorf("people of the bureau and what is inside it: %+v (%v)", people, err)
		}
		if _, err := s.People(ctx, d, scopeOf(authz.Supervisor, authz.OrgRead, p.direct), p.bureau.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("people of a unit out of scope: %v", err)
		}
	})
}
