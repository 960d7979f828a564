package authz

import (
	"slices"
	"testing"
)

func TestScopeReachesByRoleAndUnit(t *testing.T) {
	county := Post{Role: Supervisor, AreaPath: "/610000/610100/610113/@A/", Office: true}
	sponsor := Post{Role: Sponsor, AreaPath: "/610000/610100/@B/", LinePath: "/police/610000/610100/@B/"}
	line := Post{Role: Supervisor, AreaPath: "/610000/@C/", LinePath: "/police/610000/@C/"}
	police := Post{Role: Police, AreaPath: "/610000/610100/@P/", LinePath: "/police/610000/610100/@P/"}
	auditor := Post{Role: Auditor, AreaPath: "/610000/@Q/", LinePath: "/audit/610000/@Q/"}
	for _, tt := range []struct {
		name       string
		post       Post
		permission Permission
		area, line string
		want       bool
	}{
		{"an office sees its own area", county, RegistryRead, "/610000/610100/610113/@X/", "", true},
		{"but not its neighbour's", county, RegistryRead, "/610000/610100/610114/@X/", "", false},
		{"nor its city", county, RegistryRead, "/610000/610100/@X/", "", false},
		{"a sponsor sees its own unit", sponsor, ItemWrite, "/610000/610100/@B/", "", true},
		{"and the bodies inside it", sponsor, ItemWrite, "/610000/610100/@B/@B1/", "", true},
		{"but not the unit next door", sponsor, ItemWrite, "/610000/610100/@C/", "", false},
		{"a provincial department sees its line", line, RegistryRead, "/610000/610100/@B/", "/police/610000/610100/@B/", true},
		{"not another line", line, RegistryRead, "/610000/610100/@D/", "/audit/610000/610100/@D/", false},
		{"a co-regulator looks across the lines of its area", police, RegistryRead, "/610000/610100/610113/@D/", "/health/610000/610100/610113/@D/", true},
		{"not past its area, even in its own line", police, RegistryRead, "/610000/610200/@E/", "/police/610000/610200/@E/", false},
		{"and only what it may", police, OrderIssue, "/610000/610100/@D/", "", false},
		{"an auditor too", auditor, RegistryRead, "/610000/610100/@D/", "/health/610000/610100/@D/", true},
		{"a permission the role lacks reaches nowhere", sponsor, CaseDecide, "/610000/610100/@B/", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Session{Posts: []Post{tt.post}}
			if got := s.ScopeFor(tt.permission).Covers(tt.area, tt.line); got != tt.want {
				t.Errorf("Covers(%q, %q) = %v, want %v", tt.area, tt.line, got, tt.want)
			}
		})
	}
}

func TestEveryPermissionIsDescribedAndHeld(t *testing.T) {
	held := map[Permission]bool{Public: true, SignedIn: true}
	for _, r := range Roles {
		for _, p := range r.Permits {
			held[p] = true
			if Describe[p] == "" {
				t.Errorf("role %s permits %s, which is not described", r.Role, p)
			}
		}
	}
	for p := range Describe {
		if !held[p] {
			t.Errorf("no role permits %s", p)
		}
	}
}

func TestNobodyEntersWithoutASession(t *testing.T) {
	var s *Session
	if s.May(SignedIn) || s.May(RegistryRead) || !s.May(Public) {
		t.Error("a missing session must permit only what is public")
	}
	if !s.ScopeFor(RegistryRead).Empty() {
		t.Error("a missing session must reach nowhere")
	}
}

func TestViaNamesThePersonActedFor(t *testing.T) {
	own, deputy := Post{Role: Sponsor}, Post{Role: FinalReviewer, Delegated: true, Via: "张某"}
	both := &Session{Posts: []Post{own, deputy}}
	if got := both.Via(ItemFinalReview); got != "张某" {
		t.Errorf("the final review is done for %q", got)
	}
	if got := both.Via(ItemWithdraw); got != "" {
		t.Errorf("what an own post permits is done for %q", got)
	}
	if got := (&Session{Posts: []Post{own}}).Via(ItemFinalReview); got != "" {
		t.Errorf("what no post permits is done for %q", got)
	}
	if got := both.Via(SignedIn); got != "" {
		t.Errorf("what anybody may is done for %q", got)
	}
}

func TestAUnitsOwnIsDoneThroughAPostAtTheUnit(t *testing.T) {
	s := &Session{Posts: []Post{{Role: Supervisor, UnitID: "above"}, {Role: Sponsor, UnitID: "own"}, {Role: Reviewer, UnitID: "own"}, {Role: Sponsor, UnitID: "second"}}}
	if s.MayAt(SelfCheckFill, "another") || !s.MayAt(SelfCheckFill, "own") {
		t.Error("a self-check is filled in at the units of the posts alone")
	}
	if s.MayAt(GuidanceIssue, "own") || !s.MayAt(GuidanceIssue, "above") {
		t.Error("a post permits at its own unit alone")
	}
	if got := s.UnitsFor(RecordRead); !slices.Equal(got, []string{"above", "own", "second"}) {
		t.Errorf("units that read: %q", got)
	}
	if got := s.UnitsFor(GuidanceIssue); !slices.Equal(got, []string{"above"}) {
		t.Errorf("units that issue: %q", got)
	}
	var nobody *Session
	if nobody.MayAt(RecordRead, "own") || nobody.UnitsFor(RecordRead) != nil {
		t.Error("a missing session is at no unit")
	}
}
