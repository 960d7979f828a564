package internal_test

import (
	"zhengshu/internal/annual"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
)

// annualForm gives the county's portal its annual form with something typed.
func (n *neighbourhood) annualForm(c *county, site registry.Site) {
	t, h := n.t, n.h
	sponsor := c.people[authz.Sponsor]
	scope := sponsor.ScopeFor(authz.AnnualFill)
	f := must(h.Annual.Begin(as(sponsor), scope, sponsor, annual.SiteForm, string(site.ID), calendar.Today(n.clock).Year))(t)
	if err := h.Annual.Type(as(sponsor), scope, sponsor, f.ID, map[string]annual.Entry{"users": {Value: "7", Source: c.mark + "报表"}}); err != nil {
		t.Fatal(err)
	}
	c.keep("/console/annual/{id}", string(f.ID))
	c.ids["/console/annual/{cell}"] = []string{"users"}
}
