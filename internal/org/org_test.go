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

type place struct{ province, city, county, bureau, direct, police org.Unit }

// build lays a province with an office on each level, a county bureau, a city
// that reports directly, and a line.
func build(t *testing.T, d *db.DB) (*org.Service, place) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	s := org.New(d)
	var p place
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"},
			{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"},
			{Level: org.City, Code: "610581", Name: "韩城市", Parent: "province-610000000000"},
		} {
			if _, err := s.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		add := func(u org.Unit) org.Unit {
			u, added, err := s.AddUnit(ctx, tx, u)
			if err != nil || !added {
				t.Fatalf("add %s: %v %v", u.Name, added, err)
			}
			return u
		}
		p.province = add(org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
		p.city = add(org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"})
		p.county = add(org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"})
		p.bureau = add(org.Unit{Area: "county-610113000000", Kind: org.Department, Name: "雁塔区商务局"})
		p.direct = add(org.Unit{Area: "city-610581000000", Kind: org.Office, Name: "韩城市人民政府办公室", Direct: true})
		p.police = add(org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市公安局", Line: "police"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, p
}

func TestWhoStandsAboveWhom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s, p := build(t, d)
		if o, err := s.SameLevelOffice(ctx, d, p.bureau); err != nil || o.ID != p.county.ID {
			t.Errorf("a county bureau applies to %q (%v), want its county's office", o.Name, err)
		}
		for _, tt := range []struct {
			of, want org.Unit
			ok       bool
		}{{p.county, p.city, true}, {p.city, p.province, true}, {p.direct, p.province, true}, {p.province, org.Unit{}, false}} {
			if o, ok, err := s.SuperiorOffice(ctx, d, tt.of); err != nil || ok != tt.ok || o.ID != tt.want.ID {
				t.Errorf("above %s stands %q %v (%v), want %q", tt.of.Name, o.Name, ok, err, tt.want.Name)
			}
		}
		if p.bureau.Initials != "ytqswj" {
			t.Errorf("initials %q", p.bureau.Initials)
		}
	})
}

func TestNeighboursStayUnseen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		s, p := build(t, d)
		county := (&authz.Session{Posts: []authz.Post{{Role: authz.Supervisor, AreaPath: p.county.AreaPath, Office: true}}}).ScopeFor(authz.OrgRead)
		got, total, err := s.Units(ctx, county, org.UnitFilter{})
		if err != nil || total != 2 || len(got) != 2 {
			t.Fatalf("the county sees %d units (%v), want its own 2", total, err)
		}
		if _, err := s.Unit(ctx, county, p.direct.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a unit out of scope gave %v, want not found", err)
		}
		all, total, err := s.Units(ctx, authz.System("test"), org.UnitFilter{Text: "SWJ"})
		if err != nil || total != 1 || all[0].ID != p.bureau.ID {
			t.Errorf("search by initials found %d (%v)", total, err)
		}
	})
}

func TestThreeAdministratorsAreThreePeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		s, p := build(t, d)
		scope := authz.System("test")
		err := d.Update(ctx, func(tx *db.Tx) error {
			who, err := s.AddPerson(ctx, tx, scope, org.Person{Unit: p.province.ID, Name: "张某"})
			if err != nil {
				return err
			}
			if err := s.Appoint(ctx, tx, scope, who.ID, p.province.ID, authz.SystemAdmin); err != nil {
				return err
			}
			return s.Appoint(ctx, tx, scope, who.ID, p.province.ID, authz.AuditAdmin)
		})
		if !fault.Is(err, fault.Refused) {
			t.Fatalf("one person became two administrators: %v", err)
		}
	})
}

func TestArticle3_NobodyJudgesWhatTheyOperate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		s, p := build(t, d)
		scope := authz.System("test")
		for _, tt := range []struct {
			name          string
			first, second org.Unit
			judge, act    authz.Role
			refused       bool
		}{
			{"supervises the city, edits for a county bureau", p.city, p.bureau, authz.Supervisor, authz.Editor, true},
			{"reviews for the county, is sponsor of the county bureau", p.county, p.bureau, authz.Reviewer, authz.Sponsor, true},
			{"supervisor and sponsor at one office", p.county, p.county, authz.Supervisor, authz.Sponsor, false},
			{"supervises one city, edits elsewhere", p.direct, p.bureau, authz.Supervisor, authz.Editor, false},
		} {
			err := d.Update(ctx, func(tx *db.Tx) error {
				who, err := s.AddPerson(ctx, tx, scope, org.Person{Unit: tt.first.ID, Name: "张某"})
				if err != nil {
					return err
				}
				if err := s.Appoint(ctx, tx, scope, who.ID, tt.first.ID, tt.judge); err != nil {
					return err
				}
				return s.Appoint(ctx, tx, scope, who.ID, tt.second.ID, tt.act)
			})
			if refused := fault.Is(err, fault.Refused); refused != tt.refused || err != nil && !refused {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	})
}

func TestAddingTwiceChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		s, p := build(t, d)
		err := d.Update(ctx, func(tx *db.Tx) error {
			added, err := s.AddArea(ctx, tx, org.Area{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"})
			if err != nil || added {
				t.Errorf("the area was added again: %v %v", added, err)
			}
			u, added, err := s.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Department, Name: "雁塔区商务局"})
			if err != nil || added || u.ID != p.bureau.ID {
				t.Errorf("the unit was added again: %v %v", added, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
