package obligationweb

import (
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/obligation"
)

// A disputed finding of another unit's site is led to for who supervises; a
// colleague who may not read it sees what is owed without a dead link.
func TestLinkToADisputedFindingIsForSupervisors(t *testing.T) {
	link := "/console/findings/f1"
	for role, want := range map[authz.Role]string{authz.Supervisor: link, authz.Editor: ""} {
		s := &authz.Session{Posts: []authz.Post{{Role: role, UnitID: "u1"}}}
		rows := follow(s, []row{{Obligation: obligation.Obligation{Kind: "finding_dispute", Link: link}}})
		if rows[0].Link != want {
			t.Errorf("%s is led to %q", role, rows[0].Link)
		}
	}
}
