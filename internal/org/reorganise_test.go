package org_test

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
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
)

var all = authz.System("test")

// on is the day of the tests.
var on = calendar.Date{Year: 2026, Month: 11, Day: 23}

func at(d calendar.Date) func() time.Time {
	return func() time.Time { return d.Start().Add(10 * time.Hour) }
}

// eachOn runs on both databases on the day of the tests.
func eachOn(t *testing.T, fn func(t *testing.T, d *db.DB, s *org.Service, p place)) {
	dbtest.EachAt(t, at(on), func(t *testing.T, d *db.DB) {
		s, p := build(t, d)
		fn(t, d, s, p)
	})
}

func ctxOf() context.Context { return audit.System(context.Background(), "test") }

func do(d *db.DB, s *org.Service, scope authz.Scope, p org.Plan) (a org.Act, err error) {
	err = d.Update(ctxOf(), func(tx *db.Tx) error { a, err = s.Reorganise(ctxOf(), tx, scope, p, ""); return err })
	return a, err
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func hire(t *testing.T, d *db.DB, s *org.Service, u org.UnitID, name string, roles ...authz.Role) org.Person {
	t.Helper()
	var p org.Person
	if err := d.Update(ctxOf(), func(tx *db.Tx) error {
		var err error
		if p, err = s.AddPerson(ctxOf(), tx, all, org.Person{Unit: u, Name: name}); err != nil {
			return err
		}
		for _, r := range roles {
			if err := s.Appoint(ctxOf(), tx, all, p.ID, u, r); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return p
}

func register(t *testing.T, d *db.DB, s *org.Service, u org.Unit) org.Unit {
	t.Helper()
	var made org.Unit
	if err := d.Update(ctxOf(), func(tx *db.Tx) error {
		var err error
		made, err = s.RegisterUnit(ctxOf(), tx, all, u)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return made
}

func unit(t *testing.T, s *org.Service, id org.UnitID) org.Unit {
	t.Helper()
	return must(s.Unit(context.Background(), all, id))(t)
}

const yanta = org.AreaID("county-610113000000")

func TestRenameKeepsTheOldNameAndFindsIt(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		plan := org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "雁塔区商务和\u200b投资促进局", Document: "雁编发〔2026〕3号"}
		r, err := s.Rehearse(ctxOf(), all, plan)
		if err != nil || r.Digest == "" {
			t.Fatalf("rehearsal: %+v (%v)", r, err)
		}
		if unit(t, s, p.bureau.ID).Name != "雁塔区商务局" {
			t.Fatal("the rehearsal renamed")
		}
		act, err := do(d, s, all, plan)
		if err != nil {
			t.Fatal(err)
		}
		u := unit(t, s, p.bureau.ID)
		if u.Name != "雁塔区商务和投资促进局" || u.Initials != "ytqswhtzcjj" {
			t.Errorf("now called %q (%s)", u.Name, u.Initials)
		}
		names := must(s.FormerNames(ctx, d, all, u.ID))(t)
		if len(names) != 1 || names[0].Name != "雁塔区商务局" || names[0].Until != on || names[0].Document != "雁编发〔2026〕3号" {
			t.Errorf("former names %+v", names)
		}
		for _, text := range []string{"雁塔区商务局", "ytqswj", "ytsw", "投资促进"} {
			if got, n, err := s.Units(ctx, all, org.UnitFilter{Text: text}); err != nil || n != 1 || got[0].ID != u.ID {
				t.Errorf("%q finds %d (%v)", text, n, err)
			}
		}
		// A list that still bears the old name brings nothing twice.
		if err := d.Update(ctxOf(), func(tx *db.Tx) error {
			got, added, err := s.AddUnit(ctxOf(), tx, org.Unit{Area: yanta, Kind: org.Department, Name: "雁塔区商务局"})
			if added || got.ID != u.ID {
				t.Errorf("added %v %q", added, got.Name)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got, err := s.UnitNamed(ctx, d, all, yanta, "雁塔区商务局"); err != nil || got.ID != u.ID {
			t.Errorf("by its old name: %q (%v)", got.Name, err)
		}
		if got := must(s.Act(ctx, d, all, act.ID))(t); got.Title != "雁塔区商务局更名为雁塔区商务和投资促进局" || got.Plan.Name != u.Name {
			t.Errorf("act %+v", got)
		}
		// Undone by another act.
		if _, err := do(d, s, all, org.Plan{Kind: org.Rename, Unit: u.ID, Name: "雁塔区商务局", Document: "雁编发〔2026〕4号", Undoes: act.ID}); err != nil {
			t.Fatal(err)
		}
		if names = must(s.FormerNames(ctx, d, all, u.ID))(t); len(names) != 2 || names[0].From != on {
			t.Errorf("former names %+v", names)
		}
		if got := must(s.Act(ctx, d, all, act.ID))(t); got.UndoneBy == "" {
			t.Error("the first act does not know that it was undone")
		}
	})
}

// furnish gives the bureau people, posts, a body inside with people of its own.
func furnish(t *testing.T, d *db.DB, s *org.Service, u org.Unit) (inner org.Unit, boss, clerk org.Person) {
	t.Helper()
	inner = register(t, d, s, org.Unit{Area: u.Area, Kind: org.Internal, Parent: u.ID, Name: u.Name + "办公室"})
	boss, clerk = hire(t, d, s, u.ID, u.Name+"甲", authz.FinalReviewer), hire(t, d, s, inner.ID, u.Name+"乙", authz.Editor)
	if err := d.Update(ctxOf(), func(tx *db.Tx) error {
		for _, n := range []org.NamedPost{{Unit: u.ID, Person: boss.ID, Kind: org.LeaderInCharge}, {Unit: u.ID, Person: clerk.ID, Kind: org.Liaison, Phone: "029-1"},
			{Unit: u.ID, Person: clerk.ID, Kind: org.PostA, ObjectKind: "site", ObjectID: "S" + string(u.ID), ObjectName: u.Name}} {
			if _, err := s.AssignPost(ctxOf(), tx, all, n); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return inner, boss, clerk
}

// ledger is a module for the tests: rows of a kind by unit.
type ledger map[string]org.UnitID

func (l ledger) module() org.Module {
	return org.Module{Name: "test",
		Touched: func(_ context.Context, _ db.Querier, units []org.UnitID) ([]org.Touched, error) {
			t := org.Touched{Kind: "site", Name: "网站", Assign: true}
			for key, u := range l {
				for _, v := range units {
					if u == v {
						t.Count++
						t.Rows = append(t.Rows, org.TouchedRow{Key: key, Name: key, Unit: u})
					}
				}
			}
			return []org.Touched{t}, nil
		},
		Carry: func(_ context.Context, _ *db.Tx, c org.Carrying) error {
			for key, u := range l {
				if u == c.From {
					l[key] = c.To(key)
				}
			}
			return nil
		}}
}

func TestMergeCarriesEverythingAndNamesTheSuccessor(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		other := register(t, d, s, org.Unit{Area: yanta, Kind: org.Department, Name: "雁塔区文化和旅游局", Line: "culture"})
		inner, boss, clerk := furnish(t, d, s, p.bureau)
		_, boss2, _ := furnish(t, d, s, other)
		rows := ledger{"site:1": p.bureau.ID, "site:2": p.bureau.ID, "site:3": other.ID}
		s.OnReorganise(rows.module())
		var followed [][2]org.UnitID
		s.OnSuccessor(func(_ context.Context, _ *db.Tx, from, to org.UnitID) error {
			followed = append(followed, [2]org.UnitID{from, to})
			return nil
		})
		act, err := do(d, s, all, org.Plan{Kind: org.Merge, Unit: p.bureau.ID, Into: other.ID, Document: "雁编发〔2026〕5号"})
		if err != nil {
			t.Fatal(err)
		}
		if old := unit(t, s, p.bureau.ID); old.AbolishedOn != on {
			t.Errorf("the merged unit stands: %+v", old)
		}
		if to, ok, err := s.Successor(ctx, d, p.bureau.ID); err != nil || !ok || to != other.ID {
			t.Errorf("successor %q %v (%v)", to, ok, err)
		}
		if _, ok, _ := s.Successor(ctx, d, other.ID); ok {
			t.Error("a standing unit has a successor")
		}
		if len(followed) != 1 || followed[0] != [2]org.UnitID{p.bureau.ID, other.ID} {
			t.Errorf("told of %v", followed)
		}
		for key, u := range rows {
			if u != other.ID {
				t.Errorf("%s stayed with %s", key, u)
			}
		}
		in := unit(t, s, inner.ID)
		if in.Parent != other.ID || in.Line != "culture" || in.AreaPath != other.AreaPath+"@"+string(in.ID)+"/" || in.LinePath != "/culture"+in.AreaPath {
			t.Errorf("the body inside: %+v", in)
		}
		if got := must(s.PersonByID(ctx, d, all, boss.ID))(t); got.Unit != other.ID {
			t.Errorf("%s works at %s", got.Name, got.UnitName)
		}
		if posts := must(s.PostsOf(ctx, d, boss.ID))(t); len(posts) != 1 || posts[0].UnitID != string(other.ID) {
			t.Errorf("posts %+v", posts)
		}
		// One leader in charge only: the successor's own.
		if lead := must(s.NamedPosts(ctx, d, all, org.PostFilter{Unit: other.ID, Kind: org.LeaderInCharge}))(t); len(lead) != 1 || lead[0].Person != boss2.ID {
			t.Errorf("leaders %+v", lead)
		}
		if held := must(s.NamedPosts(ctx, d, all, org.PostFilter{Person: clerk.ID}))(t); len(held) != 2 || held[0].Unit != other.ID {
			t.Errorf("the clerk's posts %+v", held)
		}
		if got, err := s.UnitNamed(ctx, d, all, yanta, "雁塔区商务局"); err != nil || got.ID != other.ID {
			t.Errorf("the old name leads to %q (%v)", got.Name, err)
		}
		if got, n, err := s.Units(ctx, all, org.UnitFilter{Text: "雁塔区商务局"}); err != nil || n < 1 || !slices.ContainsFunc(got, func(u org.Unit) bool { return u.ID == other.ID }) {
			t.Errorf("searching the old name gives %v (%v)", got, err)
		}
		acts, n, err := s.Acts(ctx, all, org.ActFilter{Unit: other.ID})
		if err != nil || n != 1 || acts[0].ID != act.ID || acts[0].Counts["site"] != 3 {
			t.Errorf("acts of the successor %+v (%v)", acts, err)
		}
		if ended, n, err := s.Units(ctx, all, org.UnitFilter{Ended: true}); err != nil || n != 1 || ended[0].ID != p.bureau.ID {
			t.Errorf("ended units %v (%v)", ended, err)
		}
		// Restored by another act, and the successor is no longer one.
		if _, err := do(d, s, all, org.Plan{Kind: org.Restore, Unit: p.bureau.ID, Document: "雁编发〔2026〕6号", Undoes: act.ID}); err != nil {
			t.Fatal(err)
		}
		if _, ok, _ := s.Successor(ctx, d, p.bureau.ID); ok {
			t.Error("a restored unit has a successor")
		}
	})
}

func TestMergeIntoANewUnitMayBearAnOldName(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		other := register(t, d, s, org.Unit{Area: yanta, Kind: org.Department, Name: "雁塔区粮食局"})
		furnish(t, d, s, p.bureau)
		if _, err := do(d, s, all, org.Plan{Kind: org.Merge, Unit: p.bureau.ID, Others: []org.UnitID{other.ID}, New: []org.NewUnit{{Name: "雁塔区商务局"}}, Document: "甲"}); err != nil {
			t.Fatal(err)
		}
		u := must(s.UnitNamed(context.Background(), d, all, yanta, "雁塔区商务局"))(t)
		if u.ID == p.bureau.ID || u.FoundedOn != on {
			t.Errorf("the new unit %+v", u)
		}
		for _, old := range []org.UnitID{p.bureau.ID, other.ID} {
			if to, ok, _ := s.Successor(context.Background(), d, old); !ok || to != u.ID {
				t.Errorf("%s is followed by %s", old, to)
			}
		}
	})
}

func TestSplitAssignsEachAndLeavesNothing(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		inner, boss, clerk := furnish(t, d, s, p.bureau)
		rows := ledger{"site:1": p.bureau.ID, "site:2": p.bureau.ID}
		s.OnReorganise(rows.module())
		plan := org.Plan{Kind: org.Split, Unit: p.bureau.ID, New: []org.NewUnit{{Name: "雁塔区商务局"}, {Name: "雁塔区投资局"}}, Document: "乙",
			Assigned: map[string]string{"site:1": "new:0", "person:" + string(boss.ID): "new:1", "unit:" + string(inner.ID): "new:0"}}
		if _, err := do(d, s, all, plan); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "site:2") {
			t.Fatalf("a leftover site passed: %v", err)
		}
		if r, err := s.Rehearse(ctxOf(), all, plan); err != nil || r.Total == 0 {
			t.Errorf("a rehearsal with leftovers: %v", err)
		}
		plan.Assigned["site:2"] = "new:1"
		if _, err := do(d, s, all, plan); err != nil {
			t.Fatal(err)
		}
		first := must(s.UnitNamed(ctx, d, all, yanta, "雁塔区商务局"))(t)
		second := must(s.UnitNamed(ctx, d, all, yanta, "雁塔区投资局"))(t)
		if rows["site:1"] != first.ID || rows["site:2"] != second.ID || first.ID == p.bureau.ID {
			t.Errorf("sites went to %v", rows)
		}
		if got := must(s.PersonByID(ctx, d, all, boss.ID))(t); got.Unit != second.ID {
			t.Errorf("the boss works at %s", got.UnitName)
		}
		if got := unit(t, s, inner.ID); got.Parent != first.ID {
			t.Errorf("the body inside belongs to %s", got.Parent)
		}
		if got := must(s.PersonByID(ctx, d, all, clerk.ID))(t); got.Unit != inner.ID {
			t.Errorf("the clerk works at %s", got.UnitName)
		}
		if to, ok, _ := s.Successor(ctx, d, p.bureau.ID); !ok || to != first.ID {
			t.Errorf("main successor %s", to)
		}
	})
}

func TestSplitOffKeepsTheUnit(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		boss := hire(t, d, s, p.bureau.ID, "甲", authz.Editor)
		if _, err := do(d, s, all, org.Plan{Kind: org.Split, Unit: p.bureau.ID, Keep: true, New: []org.NewUnit{{Name: "雁塔区投资局"}}, Document: "丙",
			Assigned: map[string]string{"person:" + string(boss.ID): "keep"}}); err != nil {
			t.Fatal(err)
		}
		if u := unit(t, s, p.bureau.ID); !u.AbolishedOn.IsZero() {
			t.Error("the unit ended")
		}
	})
}

func TestMoveRewritesBothAxesOfTheWholeTree(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		inner, _, _ := furnish(t, d, s, p.bureau)
		if _, err := do(d, s, all, org.Plan{Kind: org.Transfer, Unit: p.bureau.ID, ToArea: "city-610100000000", ToLine: "commerce", Document: "丁"}); err != nil {
			t.Fatal(err)
		}
		u, in := unit(t, s, p.bureau.ID), unit(t, s, inner.ID)
		if u.Area != "city-610100000000" || u.Line != "commerce" || in.Area != u.Area || in.AreaPath != u.AreaPath+"@"+string(in.ID)+"/" || in.Line != "commerce" || in.LinePath != "/commerce"+in.AreaPath {
			t.Errorf("moved to %+v and %+v", u, in)
		}
		county := scopeOf(authz.Supervisor, authz.OrgRead, p.county)
		if county.Covers(in.AreaPath, in.LinePath) {
			t.Error("the county still sees what left it")
		}
	})
}

func TestAreaChangesCarryUnitsAndKeepCodes(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		if err := d.Update(ctxOf(), func(tx *db.Tx) error {
			_, err := s.AddArea(ctxOf(), tx, org.Area{Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"})
			if err != nil {
				return err
			}
			_, _, err = s.AddUnit(ctxOf(), tx, org.Unit{Area: "county-610114000000", Kind: org.Office, Name: "阎良区人民政府办公室"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		inner, boss, _ := furnish(t, d, s, p.bureau)
		if _, err := do(d, s, all, org.Plan{Kind: org.AreaRename, Area: yanta, Name: "新雁塔区", Document: "国函〔2026〕1号"}); err != nil {
			t.Fatal(err)
		}
		if n := must(s.FormerAreaNames(ctx, d, yanta))(t); len(n) != 1 || n[0].Name != "雁塔区" {
			t.Errorf("former names %+v", n)
		}
		if _, err := do(d, s, all, org.Plan{Kind: org.AreaMerge, Area: yanta, ToArea: "county-610114000000", Document: "国函〔2026〕2号"}); err != nil {
			t.Fatal(err)
		}
		u, in := unit(t, s, p.bureau.ID), unit(t, s, inner.ID)
		if u.Area != "county-610114000000" || in.Area != u.Area || !strings.HasPrefix(in.AreaPath, u.AreaPath) || strings.Contains(u.AreaPath, "610113") {
			t.Errorf("moved to %+v and %+v", u, in)
		}
		if to, ok, _ := s.Successor(ctx, d, p.county.ID); !ok || unit(t, s, to).Name != "阎良区人民政府办公室" {
			t.Errorf("the office is followed by %s", to)
		}
		if got := must(s.PersonByID(ctx, d, all, boss.ID))(t); got.Unit != u.ID {
			t.Errorf("the boss works at %s", got.UnitName)
		}
		if a := must(s.AreaByCode(ctx, d, "610113"))(t); a.Code != "610114000000" {
			t.Errorf("the old code leads to %s", a.Code)
		}
		if below := must(s.Areas(ctx, all, "city-610100000000"))(t); len(below) != 1 {
			t.Errorf("%d divisions stand", len(below))
		}
		// And the division goes to another city.
		if _, err := do(d, s, all, org.Plan{Kind: org.AreaMove, Area: "county-610114000000", ToArea: "city-610581000000", Document: "国函〔2026〕3号"}); err != nil {
			t.Fatal(err)
		}
		in = unit(t, s, inner.ID)
		if !strings.HasPrefix(in.AreaPath, "/p610000/c610581/d610114/@") {
			t.Errorf("path %s", in.AreaPath)
		}
	})
}

func TestReorganisationRefusals(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		furnish(t, d, s, p.bureau)
		other := register(t, d, s, org.Unit{Area: yanta, Kind: org.Department, Name: "雁塔区教育局", FoundedOn: calendar.Date{Year: 2020, Month: 5, Day: 1}})
		next := on.AddDays(1)
		for name, tt := range map[string]struct {
			plan  org.Plan
			kind  fault.Kind
			field string
			rule  string
		}{
			"no document":                  {org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "甲局"}, fault.Invalid, "document", ""},
			"a day to come":                {org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "甲局", Document: "x", On: next}, fault.Invalid, "on", ""},
			"before it was founded":        {org.Plan{Kind: org.Rename, Unit: other.ID, Name: "甲局", Document: "x", On: calendar.Date{Year: 2019, Month: 1, Day: 1}}, fault.Invalid, "on", ""},
			"a name that stands":           {org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "雁塔区教育局", Document: "x"}, fault.Conflict, "name", ""},
			"the same name in disguise":    {org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: " 雁塔区　教育\u200d局", Document: "x"}, fault.Conflict, "name", ""},
			"no new name":                  {org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "雁塔区商务局", Document: "x"}, fault.Invalid, "name", ""},
			"into itself":                  {org.Plan{Kind: org.Merge, Unit: p.bureau.ID, Into: p.bureau.ID, Document: "x"}, fault.Invalid, "into", ""},
			"itself among the others":      {org.Plan{Kind: org.Merge, Unit: p.bureau.ID, Others: []org.UnitID{p.bureau.ID}, Into: other.ID, Document: "x"}, fault.Invalid, "into", ""},
			"into nothing":                 {org.Plan{Kind: org.Merge, Unit: p.bureau.ID, Document: "x"}, fault.Invalid, "into", ""},
			"the root":                     {org.Plan{Kind: org.Abolish, Unit: p.province.ID, Document: "x"}, fault.Refused, "", "S4.1.root"},
			"an area's only office":        {org.Plan{Kind: org.Abolish, Unit: p.county.ID, Into: p.bureau.ID, Document: "x"}, fault.Refused, "", "S4.2.supervisor"},
			"abolished with a rest":        {org.Plan{Kind: org.Abolish, Unit: p.bureau.ID, Document: "x"}, fault.Refused, "into", ""},
			"followed by itself":           {org.Plan{Kind: org.Abolish, Unit: p.bureau.ID, Into: p.bureau.ID, Document: "x"}, fault.Invalid, "into", ""},
			"split into one":               {org.Plan{Kind: org.Split, Unit: p.bureau.ID, New: []org.NewUnit{{Name: "乙局"}}, Document: "x"}, fault.Invalid, "new_name_1", ""},
			"two parts of one name":        {org.Plan{Kind: org.Split, Unit: p.bureau.ID, New: []org.NewUnit{{Name: "乙局"}, {Name: "乙局"}}, Document: "x"}, fault.Invalid, "new_name_2", ""},
			"an office moves alone":        {org.Plan{Kind: org.Transfer, Unit: p.county.ID, ToArea: "city-610100000000", Document: "x"}, fault.Refused, "unit", ""},
			"moved to where it is":         {org.Plan{Kind: org.Transfer, Unit: p.bureau.ID, Document: "x"}, fault.Invalid, "to_area", ""},
			"restored though standing":     {org.Plan{Kind: org.Restore, Unit: p.bureau.ID, Document: "x"}, fault.Conflict, "", ""},
			"an unknown kind":              {org.Plan{Kind: "burn", Unit: p.bureau.ID, Document: "x"}, fault.Invalid, "kind", ""},
			"merged across levels":         {org.Plan{Kind: org.AreaMerge, Area: yanta, ToArea: "city-610581000000", Document: "x"}, fault.Invalid, "to_area", ""},
			"moved to its own parent":      {org.Plan{Kind: org.AreaMove, Area: yanta, ToArea: "city-610100000000", Document: "x"}, fault.Invalid, "to_area", ""},
			"nothing of the upgrade":       {org.Plan{Kind: org.Upgrade, Unit: p.bureau.ID, Document: "x"}, fault.Invalid, "to_kind", ""},
			"a department as an office":    {org.Plan{Kind: org.Upgrade, Unit: p.bureau.ID, ToKind: org.Office, Document: "x"}, fault.Refused, "to_kind", ""},
			"a department as a government": {org.Plan{Kind: org.Upgrade, Unit: p.bureau.ID, ToKind: org.Government, Document: "x"}, fault.Refused, "to_kind", ""},
			"undone though never done":     {org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "丙局", Document: "x", Undoes: "nothing"}, fault.NotFound, "", ""},
		} {
			_, err := do(d, s, all, tt.plan)
			f := fault.Of(err)
			if err == nil || f.Kind != tt.kind {
				t.Errorf("%s: %v, want %s", name, err, tt.kind)
				continue
			}
			if tt.field != "" && (len(f.Fields) == 0 || f.Fields[0].Name != tt.field) {
				t.Errorf("%s: fields %+v, want %s", name, f.Fields, tt.field)
			}
			if tt.rule != "" && (len(f.Reasons) == 0 || f.Reasons[0].ID != tt.rule) {
				t.Errorf("%s: reasons %+v, want %s", name, f.Reasons, tt.rule)
			}
		}
		if _, err := do(d, s, scopeOf(authz.Supervisor, authz.OrgManage, p.direct), org.Plan{Kind: org.Rename, Unit: p.bureau.ID, Name: "甲局", Document: "x"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour renamed: %v", err)
		}
		// A level decides how far applications climb: only who supervises it gives it.
		raise := func(by org.Unit) error {
			_, err := do(d, s, scopeOf(authz.Supervisor, authz.OrgManage, by), org.Plan{Kind: org.Upgrade, Unit: p.bureau.ID, ToLevel: org.Province, Document: "x"})
			return err
		}
		if err := raise(p.county); !fault.Is(err, fault.Refused) || fault.Of(err).Fields[0].Name != "to_level" {
			t.Errorf("a county raised its bureau to the province's level: %v", err)
		}
		if err := raise(p.province); err != nil {
			t.Errorf("the province: %v", err)
		}
		// What was rehearsed is what is done.
		plan := org.Plan{Kind: org.Merge, Unit: p.bureau.ID, Into: other.ID, Document: "x"}
		r := must(s.Rehearse(ctxOf(), all, plan))(t)
		hire(t, d, s, p.bureau.ID, "新来的")
		err := d.Update(ctxOf(), func(tx *db.Tx) error { _, err := s.Reorganise(ctxOf(), tx, all, plan, r.Digest); return err })
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("a list that changed passed: %v", err)
		}
	})
}

func TestTidyNames(t *testing.T) {
	for raw, want := range map[string][2]string{
		"雁塔区商务局":             {"雁塔区商务局", ""},
		" 雁塔区　商务局 ":          {"雁塔区商务局", "已去掉多余空格"},
		"雁塔区\u200b商务局\ufeff": {"雁塔区商务局", "已去掉看不见的字符"},
		"第１２师Ａ局":             {"第12师A局", "全角字母、数字已改为半角"},
		"ABC Group 公司":       {"ABC Group公司", "已去掉多余空格"},
		"（筹）办公室":             {"（筹）办公室", ""},
	} {
		if got, note := org.Tidy(raw); got != want[0] || note != want[1] {
			t.Errorf("%q became %q, %q; want %v", raw, got, note, want)
		}
	}
}

func TestArticle04_2_SupervisorsOnBothAxes(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		var hall org.Unit
		if err := d.Update(ctxOf(), func(tx *db.Tx) error {
			var err error
			hall, _, err = s.AddUnit(ctxOf(), tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省公安厅", Line: "police"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			of         org.Unit
			government bool
			area, line string
		}{
			{p.bureau, false, p.county.Name, ""},
			{p.county, true, p.city.Name, ""},
			{p.city, true, p.province.Name, ""},
			{p.direct, true, p.province.Name, ""},
			{p.police, false, p.city.Name, hall.Name},
			{hall, false, p.province.Name, ""},
			{p.province, true, p.province.Name, ""},
		} {
			area, line, err := s.SupervisorsOf(ctx, d, tt.of, tt.government)
			if err != nil || area.Name != tt.area || line.Name != tt.line {
				t.Errorf("%s: %q and %q (%v), want %q and %q", tt.of.Name, area.Name, line.Name, err, tt.area, tt.line)
			}
		}
	})
}
