package internal_test

import (
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/layout"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// compose gives the county a composed home page, a topic and a notice on its
// bar.
func (n *neighbourhood) compose(c *county, site registry.SiteID) {
	t, h := n.t, n.h
	sponsor := c.people[authz.Sponsor]
	ctx, scope := as(sponsor), sponsor.ScopeFor(authz.SiteCompose)
	b := must(h.Layouts.Board(ctx, scope, layout.BoardID(site)))(t)
	b, block, err := h.Layouts.AddBlock(ctx, scope, b.ID, b.Rev, layout.Block{Kind: layout.Links, Heading: c.mark + "链接", Links: []layout.Link{{Text: c.mark, Href: "/contact.html"}}}, 0)
	if err != nil {
		t.Fatal(err)
	}
	today := calendar.Today(n.clock)
	topic := must(h.Layouts.PlanTopic(ctx, scope, layout.Topic{Site: site, Slug: "flood", Title: c.mark + "专题", Intro: c.mark + "导语。", EndsOn: today.AddDays(30), Owner: org.PersonID(sponsor.PersonID)}))(t)
	bar := must(h.Layouts.Hang(ctx, scope, layout.Bar{Site: site, Title: c.mark + "公告", Href: "/contact.html", StartsOn: today, EndsOn: today.AddDays(3)}))(t)
	c.keep("/console/layouts/{id}", string(b.ID))
	c.ids["/console/layouts/{block}"] = []string{block}
	c.keep("/console/topics/{id}", string(topic.ID))
	c.keep("/console/bar/{id}", string(bar.ID))
}
