package internal_test

import (
	"context"
	"slices"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
)

// furnishLibrary gives the county an entry on its allow list, a statutory
// disclosure with its column and clock, and the house a list of sources.
func (n *neighbourhood) furnishLibrary(c *county, ids func(key string, id ...string)) {
	t, h, ctx := n.t, n.h, audit.System(context.Background(), "test")
	editor := c.people[authz.Editor]
	doc := must(prose.FromText(c.mark + "单位发布的内容。"))(t)
	it := must(h.Library.Create(as(editor), editor.ScopeFor(authz.ItemWrite), library.Writing{Meta: library.Meta{Type: library.Notice, Title: c.mark + "公告", Written: calendar.Date{Year: 1937, Month: 3, Day: 5}}, Doc: doc, Unit: c.office.ID}))(t)
	c.own = append(c.own, string(it.ID))
	list := must(h.Library.Results(ctx, system, must(h.Library.Version(ctx, system, it.ID, 0))(t)))(t)
	i := slices.IndexFunc(list, func(r library.Result) bool { return r.Kind == "item.dates" })
	if i < 0 {
		t.Fatalf("no remark to report: %+v", list)
	}
	a := must(h.Library.ReportFalseAlarm(as(editor), editor.ScopeFor(authz.ItemRead), it.ID, library.FalseAlarm{Key: list[i].Key(), Reason: c.mark + "原件日期"}))(t)
	ids("/console/checks/allowed/{entry}", a.ID)

	if err := h.Disclosure.Place(ctx, system, c.office.ID, disclosure.Placed{Entry: "20.7", NoneWhy: c.mark + "由财政局公开"}); err != nil {
		t.Fatal(err)
	}
	p := must(h.Disclosure.Register(ctx, system, c.office.ID, disclosure.Form{Entry: "20.1", Title: c.mark + "规范性文件", Formed: calendar.Today(n.clock)}))(t)
	c.ids["/console/disclosures/{unit}"] = []string{string(c.office.ID)}
	c.ids["/console/disclosures/{entry}"] = []string{"20.7"}
	ids("/console/disclosures/{piece}", p.ID)

	sources, _, err := h.Library.Sources(ctx, "", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(sources) == 0 { // the province's, for both
		if _, _, err := h.Library.ImportEdition(ctx, system, library.EditionFile{Name: "名单", Basis: "依据", Effective: calendar.Today(n.clock), File: "a.csv", Body: []byte("名称,域名\n某新闻网,news.example.com\n")}); err != nil {
			t.Fatal(err)
		}
		if sources, _, err = h.Library.Sources(ctx, "", 1, 0); err != nil {
			t.Fatal(err)
		}
	}
	c.ids["/console/sources/{source}"] = []string{sources[0].ID}
}
