package internal_test

import (
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
	"zhengshu/internal/vigil"
)

// watch gives the county a protected period of its own, which has not begun.
func (n *neighbourhood) watch(c *county, province *authz.Session, site registry.Site) {
	t, h := n.t, n.h
	t.Helper()
	today := calendar.Today(n.clock)
	p := must(h.Vigil.Declare(as(province), province, vigil.Period{Area: c.area, Name: c.mark + "保障", Reason: c.mark + "保障", Document: "函", From: today.AddDays(40), Until: today.AddDays(45)}))(t)
	c.keep("/console/protected-periods/{id}", p.ID)
}
