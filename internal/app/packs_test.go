package app

import (
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/obligation"
	"zhengshu/internal/rules/packs"
)

// A pack of supervising offices counts clocks that were missed: each names a
// kind of obligation of this house.
func TestPacksNameRealClocks(t *testing.T) {
	all, err := packs.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	kinds, named := obligationKinds(), 0
	for _, p := range all {
		for _, i := range p.Indicators {
			for _, c := range i.Checks {
				kind, ok := strings.CutPrefix(c, "clock.")
				if !ok {
					continue
				}
				if named++; !slices.ContainsFunc(kinds, func(k obligation.Kind) bool { return k.ID == kind }) {
					t.Errorf("%s %s counts the clock %s, which nothing opens", p.ID, i.ID, kind)
				}
			}
		}
	}
	if named == 0 {
		t.Error("no pack counts a clock")
	}
}
