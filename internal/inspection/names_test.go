package inspection

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// Every check that can raise a finding, and its group, has a name in words.
func TestEveryCheckHasAName(t *testing.T) {
	for _, c := range check.Checks() {
		if c.On(check.OnItem) {
			continue // of manuscripts: no finding
		}
		if CheckName(c.ID) == "" || FamilyName(c.ID) == c.ID {
			t.Errorf("%s: %q of %q", c.ID, CheckName(c.ID), FamilyName(c.ID))
		}
	}
	for id := range raisedBeside {
		if FamilyName(id) == id {
			t.Errorf("%s has no group", id)
		}
	}
	if slices.ContainsFunc(Families, func(f Family) bool { return strings.Contains(f.ID, ".") }) || CheckName("nobody.knows") != "nobody.knows" {
		t.Error("a group is no first part of an id")
	}
}

// Readings 9 and Article 33: the site of a development zone is held to the rules
// of portals once its national approval is on record, and never owes an emblem.
func TestArticle33_ZonesAreHeldToWhatTheyAre(t *testing.T) {
	for _, tt := range []struct {
		sponsor    sponsorOf
		kind       registry.SiteKind
		object     check.Object
		government bool
	}{
		{sponsorOf{kind: org.Office}, registry.Portal, check.Portal, true}, {sponsorOf{kind: org.Department}, registry.DepartmentSite, check.DepartmentSite, false},
		{sponsorOf{kind: org.ZoneCommittee}, registry.DepartmentSite, check.Zone, false}, {sponsorOf{kind: org.ZoneCommittee}, registry.Portal, check.Zone, false},
		{sponsorOf{org.ZoneCommittee, "国函〔2010〕1号"}, registry.DepartmentSite, check.Portal, false},
	} {
		if object, government := tt.sponsor.object(registry.Site{Kind: tt.kind}); object != tt.object || government != tt.government {
			t.Errorf("%+v with a %s: %s, government %v", tt.sponsor, tt.kind, object, government)
		}
	}
}
