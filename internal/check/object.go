package check

import (
	"slices"
	"strings"
)

// Object is what the regulation speaks of: a kind of site, or an account.
type Object string

// The objects.
const (
	Portal         Object = "portal"
	DepartmentSite Object = "department"
	Zone           Object = "zone"
	Account        Object = "account"
	App            Object = "app"
)

var (
	websites   = []Object{Portal, DepartmentSite, Zone}
	manuscript = []Object{Portal, DepartmentSite, Zone, Account}
)

// Judges reports whether the check is put to an object.
func (c Check) Judges(o Object) bool { return slices.Contains(c.Objects, o) }

// seenLive are the families that look at the world around a page: a draft has
// none.
var seenLive = []string{"link", "home", "column", "access", "attachment", "cloaked", "change", "function", "rendered", "dates", "host", "account"}

// placed fills in what most checks have alike: they are put to websites, and
// what stands on a page is judged before it is published as well.
func placed(table []Check) []Check {
	for i, c := range table {
		family, _, _ := strings.Cut(c.ID, ".")
		if c.Objects == nil {
			c.Objects = websites
			if c.On(OnItem) || family == "privacy" {
				c.Objects = manuscript
			}
			if family == "account" {
				c.Objects = []Object{Account, App}
			}
		}
		c.Live = c.Live || slices.Contains(seenLive, family)
		table[i] = c
	}
	return table
}
