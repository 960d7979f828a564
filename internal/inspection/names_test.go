package inspection

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check"
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
