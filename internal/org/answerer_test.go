package org_test

import (
	"context"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/org"
)

// The A post of a site is called first, then the unit's liaison, then whoever is
// in charge; nobody of a unit out of scope.
func TestWhoAnswersForASite(t *testing.T) {
	eachOn(t, func(t *testing.T, d *db.DB, s *org.Service, p place) {
		ctx := context.Background()
		who := func(scope authz.Scope, site string) org.Answerer {
			t.Helper()
			return must(s.Answerers(ctx, d, scope, []org.UnitID{p.bureau.ID, p.bureau.ID}, []string{site, ""}))(t).For(p.bureau.ID, site)
		}
		if got := who(all, "S1"); got != (org.Answerer{}) {
			t.Errorf("nobody was named: %+v", got)
		}
		a, b, c := hire(t, d, s, p.bureau.ID, "甲"), hire(t, d, s, p.bureau.ID, "乙"), hire(t, d, s, p.bureau.ID, "丙")
		for _, x := range []struct {
			post org.NamedPost
			want org.Answerer
		}{
			{org.NamedPost{Unit: p.bureau.ID, Person: a.ID, Kind: org.LeaderInCharge}, org.Answerer{Name: "甲", Phone: a.Phone, Post: org.LeaderInCharge}},
			{org.NamedPost{Unit: p.bureau.ID, Person: b.ID, Kind: org.Liaison, Phone: "029-1111"}, org.Answerer{Name: "乙", Phone: "029-1111", Post: org.Liaison}},
			{org.NamedPost{Unit: p.bureau.ID, Person: c.ID, Kind: org.PostA, ObjectKind: "site", ObjectID: "S1", ObjectName: "站"}, org.Answerer{Name: "丙", Phone: c.Phone, Post: org.PostA}},
		} {
			if _, err := assign(d, s, all, x.post); err != nil {
				t.Fatal(err)
			}
			if got := who(all, "S1"); got != x.want {
				t.Errorf("after %s: %+v", x.post.Kind, got)
			}
		}
		if got := who(all, "S2"); got.Name != "乙" {
			t.Errorf("of another site: %+v", got)
		}
		if got := who(authz.Scope{}, "S1"); got != (org.Answerer{}) {
			t.Errorf("out of scope: %+v", got)
		}
	})
}
