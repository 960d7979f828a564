package internal_test

import (
	"context"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/org"
	"zhengshu/internal/platform"
	"zhengshu/internal/registry"
)

// estate gives the county its places in the matrices, a tenancy on the city's
// platform, an archive of its site and a template made from it. The platform's
// own record is known to everybody.
func (n *neighbourhood) estate(c *county, site registry.Site) {
	t, h := n.t, n.h
	ctx := audit.System(context.Background(), "test")
	if _, err := h.Matrix.Derive(ctx); err != nil {
		t.Fatal(err)
	}
	list := must(h.Platforms.Platforms(ctx, system))(t)
	if len(list) == 0 {
		units, _, err := h.Org.Units(ctx, system, org.UnitFilter{Text: "西安市人民政府办公厅", Limit: 1})
		if err != nil || len(units) == 0 {
			t.Fatalf("no city office (%v)", err)
		}
		list = append(list, must(h.Platforms.Save(ctx, system, platform.Platform{Unit: units[0].ID, Name: "市平台", Here: true, Standard: "标准", Technology: "技术", Security: "安全", Operation: "运维"}))(t))
	}
	if _, err := h.Platforms.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	// The platform is known to everybody (see forAll); who lives on it, and on
	// what terms, is each tenant's own.
	c.ids["/console/platforms/{id}"] = []string{string(list[0].ID), ulid.Make().String()}
	c.ids["/console/platforms/{unit}"] = []string{string(c.office.ID)}
	c.ids["/console/migrations/{id}"] = c.ids["/console/sites/{id}"]
	c.ids["/console/matrix/{id}"] = append(append([]string{}, c.ids["/console/sites/{id}"]...), c.ids["/console/accounts/{id}"]...)
	sponsor := c.people[authz.Sponsor]
	run := must(h.MoveOut.Ask(as(sponsor), sponsor, sponsor.ScopeFor(authz.SiteExport), site.ID, true))(t)
	c.keep("/console/move-outs/{id}", run.ID)
	if err := h.MoveOut.Work(ctx, run.ID); err != nil {
		t.Fatal(err)
	}
	kept := must(h.Blueprints.Keep(as(sponsor), sponsor.ScopeFor(authz.SiteBuild), site.ID, "模板", ""))(t)
	c.ids["/console/blueprints/{id}"] = []string{string(kept.ID)}
}
