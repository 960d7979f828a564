package internal_test

import (
	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
)

// adorn gives the county a period of mourning to come and an emergency page
// that waits.
func (n *neighbourhood) adorn(c *county, site registry.Site, ids func(pattern string, more ...string)) {
	supervisor, editor := c.people[authz.Supervisor], c.people[authz.Editor]
	from := calendar.Today(n.clock).AddDays(30)
	m := must(n.h.Appearance.Declare(as(supervisor), supervisor.ScopeFor(authz.MourningDeclare), appearance.Mourning{Area: c.area, From: from, Until: from, Reason: c.mark + "哀悼", Document: c.mark + "通知"}))(n.t)
	ids("/console/mournings/{id}", m.ID)
	f := must(n.h.Appearance.Propose(as(editor), editor.ScopeFor(authz.ItemWrite), site.ID, appearance.Front{Title: c.mark + "紧急公告", Body: c.mark + "正文", Reason: c.mark + "原因", Until: n.clock.Now().AddDate(0, 0, 20)}))(n.t)
	ids("/console/front-pages/{id}", f.ID)
}
