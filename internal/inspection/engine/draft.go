package engine

import "zhengshu/internal/check"

// Draft puts a page that is drawn but not published to the checks that Inspect puts to
// it afterwards, without those that need the live page. start is the site's address.
func Draft(t Target, o Options, page *check.Page, start string) ([]Sighting, []Untested) {
	n := &inspector{target: t, o: o, start: start, home: start, staging: true, untested: map[[2]string]int{}}
	found := n.pageSightings(n.examine(page, false))
	return found, n.report.Untested
}
