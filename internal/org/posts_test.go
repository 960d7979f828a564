package org_test

import (
	"context"
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

func assign(d *db.DB, s *org.Service, scope authz.Scope, n org.NamedPost) (out org.NamedPost, err error) {
	err = d.Update(ctxOf(), func(tx *db.Tx) error { out, err = s.AssignPost(ctxOf(), tx, scope, n); return err })
	return out, err
}

func TestArticle18_OneLeaderInChargeAndTheFormerOneIsKept(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		a, b := hire(t, d, s, p.bureau.ID, "甲"), hire(t, d, s, p.bureau.ID, "乙")
		since := on.AddDays(-30)
		if _, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: a.ID, Kind: org.LeaderInCharge, Since: since, Document: "雁商党组〔2026〕1号"}); err != nil {
			t.Fatal(err)
		}
		for name, tt := range map[string]struct {
			n     org.NamedPost
			kind  fault.Kind
			field string
		}{
			"again":                       {org.NamedPost{Unit: p.bureau.ID, Person: a.ID, Kind: org.LeaderInCharge}, fault.Conflict, "person"},
			"before the present one":      {org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: org.LeaderInCharge, Since: since.AddDays(-1)}, fault.Invalid, "since"},
			"tomorrow":                    {org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: org.LeaderInCharge, Since: on.AddDays(1)}, fault.Invalid, "since"},
			"nobody":                      {org.NamedPost{Unit: p.bureau.ID, Kind: org.LeaderInCharge}, fault.Invalid, "person"},
			"an unknown post":             {org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: "king"}, fault.Invalid, "kind"},
			"a post of no object":         {org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: org.PostA}, fault.Invalid, "object"},
			"专岗 without telephone":        {org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: org.Liaison}, fault.Invalid, "phone"},
			"somebody who does not exist": {org.NamedPost{Unit: p.bureau.ID, Person: "nobody", Kind: org.Overall}, fault.Invalid, "person"},
		} {
			_, err := assign(d, s, all, tt.n)
			if f := fault.Of(err); err == nil || f.Kind != tt.kind || len(f.Fields) == 0 || f.Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: org.LeaderInCharge}); err != nil {
			t.Fatal(err)
		}
		list := must(s.NamedPosts(ctx, d, all, org.PostFilter{Unit: p.bureau.ID, Kind: org.LeaderInCharge, Ended: true}))(t)
		if len(list) != 2 || list[0].Person != b.ID || list[1].Ended != on || list[1].Document != "雁商党组〔2026〕1号" {
			t.Errorf("history %+v", list)
		}
		// The database holds it too.
		if err := d.Update(ctxOf(), func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE named_post SET ended_on = NULL WHERE person_id = $1`, a.ID)
			return err
		}); err == nil {
			t.Error("two leaders in charge stand in the database")
		}
	})
}

func TestArticle19_2_ABAreTwoPersons(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		a, b := hire(t, d, s, p.bureau.ID, "甲"), hire(t, d, s, p.bureau.ID, "乙")
		post := func(who org.PersonID, k org.PostKind) error {
			_, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: who, Kind: k, ObjectKind: "site", ObjectID: "S1", ObjectName: "站"})
			return err
		}
		if err := post(a.ID, org.PostA); err != nil {
			t.Fatal(err)
		}
		if f := fault.Of(post(a.ID, org.PostB)); f.Kind != fault.Refused || len(f.Reasons) == 0 || f.Reasons[0].ID != "S19.2.posts_ab" {
			t.Errorf("A became B: %v", f)
		}
		if err := post(b.ID, org.PostB); err != nil {
			t.Fatal(err)
		}
		// The two change places in a hand-over, and nobody holds both.
		var n int
		if err := d.Update(ctxOf(), func(tx *db.Tx) (err error) {
			n, err = s.PassPosts(ctxOf(), tx, a.ID, b.ID, "移交", false)
			return err
		}); err != nil || n != 1 {
			t.Fatalf("passed %d (%v)", n, err)
		}
		list := must(s.NamedPosts(context.Background(), d, all, org.PostFilter{ObjectID: "S1"}))(t)
		if len(list) != 2 || list[0].Kind != org.PostA || list[0].Person != b.ID || list[1].Person != a.ID {
			t.Errorf("after the hand-over %+v", list)
		}
	})
}

func TestLeavingEndsEveryPost(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		a := hire(t, d, s, p.bureau.ID, "甲", authz.Sponsor, authz.Editor)
		if _, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: a.ID, Kind: org.LeaderInCharge}); err != nil {
			t.Fatal(err)
		}
		leave := func(ctx context.Context, why string) (l org.Leaving, err error) {
			err = d.Update(ctx, func(tx *db.Tx) error { l, err = s.Leave(ctx, tx, all, a.ID, why); return err })
			return l, err
		}
		if _, err := leave(ctxOf(), " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("left without a reason: %v", err)
		}
		self := audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(a.ID), Name: a.Name})
		if _, err := leave(self, "调离"); !fault.Is(err, fault.Refused) {
			t.Errorf("let themselves go: %v", err)
		}
		l, err := leave(ctxOf(), "调离")
		if err != nil || len(l.Posts) != 1 || len(l.Roles) != 2 {
			t.Fatalf("left behind %+v (%v)", l, err)
		}
		if _, err := leave(ctxOf(), "调离"); !fault.Is(err, fault.Conflict) {
			t.Errorf("left twice: %v", err)
		}
		if posts := must(s.PostsOf(ctx, d, a.ID))(t); len(posts) != 0 {
			t.Errorf("still holds %+v", posts)
		}
		if _, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: a.ID, Kind: org.Overall}); !fault.Is(err, fault.Conflict) {
			t.Errorf("appointed though gone: %v", err)
		}
		rows, n, err := s.PeopleLedger(ctx, all, org.PersonFilter{Left: true})
		if err != nil || n != 1 || rows[0].LeftReason != "调离" {
			t.Errorf("those who left: %+v (%v)", rows, err)
		}
	})
}

func TestPeopleLedgerFilters(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		a := hire(t, d, s, p.bureau.ID, "张晓明", authz.Editor)
		hire(t, d, s, p.county.ID, "李强", authz.Supervisor)
		hire(t, d, s, p.direct.ID, "王芳")
		if _, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: a.ID, Kind: org.PostA, ObjectKind: "site", ObjectID: "S1", ObjectName: "商务网"}); err != nil {
			t.Fatal(err)
		}
		county := scopeOf(authz.Supervisor, authz.OrgRead, p.county)
		for name, tt := range map[string]struct {
			scope authz.Scope
			f     org.PersonFilter
			want  int
		}{
			"everybody":              {all, org.PersonFilter{}, 3},
			"the county's":           {county, org.PersonFilter{}, 2},
			"by initials":            {all, org.PersonFilter{Text: "zxm"}, 1},
			"by name":                {all, org.PersonFilter{Text: "李"}, 1},
			"holders of A":           {all, org.PersonFilter{Post: org.PostA}, 1},
			"editors":                {all, org.PersonFilter{Role: authz.Editor}, 1},
			"those without any post": {all, org.PersonFilter{Idle: true}, 1},
			"of the bureau":          {all, org.PersonFilter{Unit: p.bureau.ID}, 1},
			"under the county":       {all, org.PersonFilter{Under: yanta}, 2},
		} {
			rows, n, err := s.PeopleLedger(ctx, tt.scope, tt.f)
			if err != nil || n != tt.want || len(rows) != tt.want {
				t.Errorf("%s: %d (%v), want %d", name, n, err, tt.want)
			}
		}
		rows, _, err := s.PeopleLedger(ctx, all, org.PersonFilter{Post: org.PostA})
		if err != nil || rows[0].Posts[0] != "A 岗（商务网）" || rows[0].Roles[0] != "采编人员" {
			t.Errorf("dressed %+v (%v)", rows, err)
		}
		if _, _, err := s.PeopleLedger(ctx, county, org.PersonFilter{Unit: p.direct.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("people next door: %v", err)
		}
	})
}

// moving is a clock that tests set.
type moving struct{ now time.Time }

func TestADeputyActsOnItsDaysOnly(t *testing.T) {
	clock := &moving{now: at(on)()}
	dbtest.EachAt(t, func() time.Time { return clock.now }, func(t *testing.T, d *db.DB) {
		clock.now = at(on)()
		ctx := context.Background()
		s, p := build(t, d)
		a, b := hire(t, d, s, p.bureau.ID, "甲", authz.FinalReviewer), hire(t, d, s, p.bureau.ID, "乙", authz.Editor)
		session := &authz.Session{PersonID: string(a.ID), Name: a.Name}
		var made org.Delegation
		if err := d.Update(ctxOf(), func(tx *db.Tx) (err error) {
			made, err = s.DelegateOwn(ctxOf(), tx, session, org.Delegation{To: b.ID, On: on.AddDays(1), Until: on.AddDays(3), Reason: "出差"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		holds := func() bool {
			posts := must(s.PostsOf(ctx, d, b.ID))(t)
			for _, p := range posts {
				if p.Role == authz.FinalReviewer {
					return p.Delegated && p.Via == "甲"
				}
			}
			return false
		}
		for day, want := range map[int]bool{0: false, 1: true, 3: true, 4: false} {
			clock.now = at(on.AddDays(day))()
			if holds() != want {
				t.Errorf("day %d: acts %v, want %v", day, !want, want)
			}
		}
		clock.now = at(on.AddDays(2))()
		if got := must(s.Delegations(ctx, d, nil, all, org.DelegationFilter{Person: b.ID, Live: true}))(t); len(got) != 1 || got[0].Roles[0] != "终审人员" || !got[0].Running(on.AddDays(2)) {
			t.Errorf("deputies %+v", got)
		}
		// The deputy ends it early; a stranger cannot.
		end := func(who org.PersonID, scope authz.Scope) error {
			return d.Update(ctxOf(), func(tx *db.Tx) error {
				_, err := s.EndDelegation(ctxOf(), tx, &authz.Session{PersonID: string(who)}, scope, made.ID, "提前回来")
				return err
			})
		}
		if err := end("stranger", authz.Scope{}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger ended it: %v", err)
		}
		if err := end(b.ID, authz.Scope{}); err != nil {
			t.Fatal(err)
		}
		if holds() {
			t.Error("still acts after the end")
		}
		if err := end(a.ID, authz.Scope{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
	})
}

// What a module asks of a post's holder it asks of the deputy.
func TestADeputyMeetsTheGuardsOfThePost(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		a, b := hire(t, d, s, p.bureau.ID, "甲", authz.Operator), hire(t, d, s, p.bureau.ID, "乙")
		listed := false
		s.OnAppoint(func(_ context.Context, _ db.Querier, person org.PersonID, u org.Unit, role authz.Role) error {
			if role == authz.Operator && person == b.ID && u.ID == p.bureau.ID && !listed {
				return fault.New(fault.Refused, "不在名单上。")
			}
			return nil
		})
		delegate := func() error {
			return d.Update(ctxOf(), func(tx *db.Tx) error {
				_, err := s.Delegate(ctxOf(), tx, all, org.Delegation{From: a.ID, To: b.ID, Until: on.AddDays(3), Reason: "出差"})
				return err
			})
		}
		err := delegate()
		if f := fault.Of(err); err == nil || f.Kind != fault.Refused || f.Fields[0].Name != "to" {
			t.Errorf("a deputy who may not hold the post: %v", err)
		}
		if posts := must(s.PostsOf(context.Background(), d, b.ID))(t); len(posts) != 0 {
			t.Errorf("acts all the same: %+v", posts)
		}
		listed = true
		if err := delegate(); err != nil {
			t.Error(err)
		}
	})
}

func TestArticle03_DeputiesKeepTheSeparation(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		inner := register(t, d, s, org.Unit{Area: yanta, Kind: org.Internal, Parent: p.county.ID, Name: "雁塔区政府办信息科"})
		boss := hire(t, d, s, p.county.ID, "主管", authz.Supervisor)
		clerk := hire(t, d, s, inner.ID, "经办", authz.Editor)
		free, other := hire(t, d, s, p.county.ID, "同事"), hire(t, d, s, p.county.ID, "又一同事", authz.Reviewer)
		far := hire(t, d, s, p.bureau.ID, "外单位")
		admin := hire(t, d, s, p.county.ID, "系统", authz.SystemAdmin)
		idle := hire(t, d, s, p.county.ID, "无岗")
		until := on.AddDays(10)
		delegate := func(x org.Delegation) error {
			return d.Update(ctxOf(), func(tx *db.Tx) error { _, err := s.Delegate(ctxOf(), tx, all, x); return err })
		}
		wants := func(name string, err error, kind fault.Kind, field string) {
			t.Helper()
			f := fault.Of(err)
			if err == nil || f.Kind != kind || len(f.Fields) == 0 || f.Fields[0].Name != field {
				t.Errorf("%s: %v", name, err)
			}
		}
		err := delegate(org.Delegation{From: boss.ID, To: clerk.ID, Until: until, Reason: "出差"})
		wants("judges and operates", err, fault.Refused, "to")
		if f := fault.Of(err); len(f.Reasons) == 0 || f.Reasons[0].ID != "S3.2.person" {
			t.Errorf("the refusal names %+v", f.Reasons)
		}
		wants("to oneself", delegate(org.Delegation{From: boss.ID, To: boss.ID, Until: until, Reason: "x"}), fault.Invalid, "to")
		wants("without an end", delegate(org.Delegation{From: boss.ID, To: free.ID, Reason: "x"}), fault.Invalid, "until")
		wants("for more than a year", delegate(org.Delegation{From: boss.ID, To: free.ID, Until: on.AddDays(365), Reason: "x"}), fault.Invalid, "until")
		wants("backwards", delegate(org.Delegation{From: boss.ID, To: free.ID, On: on.AddDays(3), Until: on.AddDays(1), Reason: "x"}), fault.Invalid, "until")
		wants("from yesterday", delegate(org.Delegation{From: boss.ID, To: free.ID, On: on.AddDays(-1), Until: until, Reason: "x"}), fault.Invalid, "from")
		wants("without a reason", delegate(org.Delegation{From: boss.ID, To: free.ID, Until: until}), fault.Invalid, "reason")
		wants("to another unit", delegate(org.Delegation{From: boss.ID, To: far.ID, Until: until, Reason: "x"}), fault.Refused, "to")
		wants("a separated administrator", delegate(org.Delegation{From: admin.ID, To: free.ID, Until: until, Reason: "x"}), fault.Refused, "posts")
		wants("nothing to give", delegate(org.Delegation{From: idle.ID, To: free.ID, Until: until, Reason: "x"}), fault.Refused, "posts")
		if err := delegate(org.Delegation{From: boss.ID, To: free.ID, Until: until, Reason: "出差"}); err != nil {
			t.Fatal(err)
		}
		wants("a second deputy", delegate(org.Delegation{From: boss.ID, To: other.ID, Until: until, Reason: "x"}), fault.Conflict, "from")
		wants("a chain", delegate(org.Delegation{From: other.ID, To: boss.ID, Until: until, Reason: "x"}), fault.Refused, "to")
		wants("what is held for another", delegate(org.Delegation{From: free.ID, To: other.ID, Until: until, Reason: "x"}), fault.Refused, "posts")
		// Appointing the deputy to operate is refused as long as they judge.
		err = d.Update(ctxOf(), func(tx *db.Tx) error { return s.Appoint(ctxOf(), tx, all, free.ID, inner.ID, authz.Editor) })
		if f := fault.Of(err); err == nil || f.Kind != fault.Refused || len(f.Reasons) == 0 || f.Reasons[0].ID != "S3.2.person" {
			t.Errorf("a deputy who judges became an editor: %v", err)
		}
	})
}

func TestLeaveOffersAndEndsTheDeputy(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		a, b := hire(t, d, s, p.bureau.ID, "甲", authz.Sponsor), hire(t, d, s, p.bureau.ID, "乙")
		c := hire(t, d, s, p.bureau.ID, "丙")
		for who, k := range map[org.PersonID]org.PostKind{a.ID: org.PostA, c.ID: org.PostB} {
			if _, err := assign(d, s, all, org.NamedPost{Unit: p.bureau.ID, Person: who, Kind: k, ObjectKind: "site", ObjectID: "S1", ObjectName: "站"}); err != nil {
				t.Fatal(err)
			}
		}
		me := &authz.Session{PersonID: string(a.ID), Name: a.Name}
		if list := must(s.Deputies(ctx, d, me, authz.Scope{}, a.ID))(t); len(list) != 2 || list[0].ID != c.ID {
			t.Errorf("B does not stand first: %+v", list)
		}
		var absence org.Absence
		if err := d.Update(ctxOf(), func(tx *db.Tx) error {
			x, err := s.DelegateOwn(ctxOf(), tx, me, org.Delegation{To: c.ID, Until: on.AddDays(5), Reason: "病假"})
			if err != nil {
				return err
			}
			absence, err = s.RecordAbsence(ctxOf(), tx, me, authz.Scope{}, org.Absence{Person: a.ID, Kind: "sick", Until: on.AddDays(5), Delegation: x.ID})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if away, err := s.Away(ctx, d, all, a.ID, on.AddDays(2)); err != nil || !away {
			t.Errorf("away %v (%v)", away, err)
		}
		record := func(x org.Absence) error {
			return d.Update(ctxOf(), func(tx *db.Tx) error {
				_, err := s.RecordAbsence(ctxOf(), tx, &authz.Session{PersonID: string(x.Person)}, authz.Scope{}, x)
				return err
			})
		}
		if err := record(org.Absence{Person: a.ID, Kind: "trip", On: on.AddDays(3), Until: on.AddDays(9)}); !fault.Is(err, fault.Conflict) {
			t.Errorf("leave twice over: %v", err)
		}
		if err := record(org.Absence{Person: c.ID, Kind: "trip", Until: on.AddDays(1)}); !fault.Is(err, fault.Refused) {
			t.Errorf("a deputy went away: %v", err)
		}
		if err := record(org.Absence{Person: b.ID, Kind: "x", Until: calendar.Date{}}); !fault.Is(err, fault.Invalid) {
			t.Errorf("leave of no kind and no end: %v", err)
		}
		if err := d.Update(ctxOf(), func(tx *db.Tx) error { _, err := s.EndAbsence(ctxOf(), tx, me, authz.Scope{}, absence.ID); return err }); err != nil {
			t.Fatal(err)
		}
		if live := must(s.Delegations(ctx, d, me, authz.Scope{}, org.DelegationFilter{Person: a.ID, Live: true}))(t); len(live) != 0 {
			t.Errorf("back, and still a deputy: %+v", live)
		}
	})
}
