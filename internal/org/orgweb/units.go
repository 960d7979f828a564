package orgweb

import (
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// unitsView is GET /console/units: the opened area with what is below it, and
// the units of it that match.
type unitsView struct {
	Heading web.Heading
	Above   []web.Link // areas from the top of the scope to the opened one's parent
	Former  []string   // names the opened area bore
	Opened  string     // name of the opened area, "" at the top of several trees
	Below   []branch
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// branch is one area of the tree.
type branch struct {
	Name, Href string
	Units      int
}

// Title of the document.
func (unitsView) Title() string { return "单位台账" }

// Crumbs of the page.
func (unitsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账"}}
}

func kindOptions(kinds []org.Kind, all string) []web.Option {
	list := []web.Option{{Value: "", Label: all}}
	for _, k := range kinds {
		list = append(list, web.Option{Value: string(k), Label: k.Name()})
	}
	return list
}

func newUnitsView(opened org.Area, above []org.Area, below []org.Branch, units []org.Unit, total int, manage bool) unitsView {
	levels := []web.Option{{Value: "", Label: "全部级别"}}
	for _, l := range []org.Level{org.Province, org.City, org.County, org.Township} {
		levels = append(levels, web.Option{Value: string(l), Label: l.Name()})
	}
	v := unitsView{
		Heading: web.Heading{Title: "单位台账", Lead: "按区划逐级展开；只列出您管辖范围内的单位。"},
		Opened:  opened.Name,
		Filter: web.Filter{Action: unitsPath, Total: total, Reset: areaHref(opened.ID),
			Hidden: []web.Field{{Kind: web.Hidden, Name: "area"}},
			Fields: []web.Field{
				{Kind: web.SearchBox, Name: "q", Label: "名称、曾用名或拼音首字母"},
				{Kind: web.Select, Name: "kind", Label: "类别", Options: kindOptions(org.Kinds, "全部类别")},
				{Kind: web.Select, Name: "level", Label: "级别", Options: levels},
				{Kind: web.Select, Name: "within", Label: "范围", Options: []web.Option{{Value: "", Label: "本级及下级"}, {Value: "own", Label: "只看本级"}}},
				{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Value: "", Label: "存续"}, {Value: "ended", Label: "已撤销"}}},
			}},
		Table: web.Table{Caption: "单位", Quiet: true,
			Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "类别"}, {Head: "级别"}, {Head: "所在区划"}, {Head: "条线"}},
			Empty:   web.Empty{Title: "没有符合条件的单位", Text: "请换一个条件，或展开另一个区划。"}},
	}
	for _, a := range above {
		v.Above = append(v.Above, web.Link{Text: a.Name, Href: areaHref(a.ID)})
	}
	for _, b := range below {
		v.Below = append(v.Below, branch{Name: b.Name, Href: areaHref(b.ID), Units: b.Units})
	}
	for _, u := range units {
		name := web.Linked(u.Name, unitHref(u.ID))
		if u.ShortName != "" && u.ShortName != u.Name {
			name.Note = "简称：" + u.ShortName
		}
		if !u.AbolishedOn.IsZero() {
			name.Tags = []web.Tag{{Text: "已撤销 " + u.AbolishedOn.String()}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(u.Kind.Name()), web.Text(u.Level.Name()), web.Text(u.AreaName), web.Text(org.LineName(u.Line))}})
	}
	if manage && opened.ID != "" {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记单位", Href: unitsPath + "/new?area=" + string(opened.ID), Primary: true})
	}
	return v
}

var (
	sampleArea  = org.Area{ID: "city-610100000000", Level: org.City, Code: "610100000000", Name: "西安市"}
	sampleUnit  = org.Unit{ID: "01JDU", Kind: org.Department, Level: org.City, Name: "西安市商务局", ShortName: "商务局", Line: "commerce", AreaName: "西安市", AreaCode: "610100000000"}
	hostileUnit = org.Unit{ID: `"><script>`, Kind: `<b>`, Level: `<i>`, Name: `<script>alert(1)</script>`, ShortName: `"'&`, Line: `<u>`, AreaName: `</td>`}
)

var unitsPage = web.Define(views, "views/units.html",
	newUnitsView(org.Area{}, nil, nil, nil, 0, false),
	newUnitsView(sampleArea, []org.Area{{ID: "province-610000000000", Name: "陕西省"}}, []org.Branch{{Area: org.Area{ID: "county-610113000000", Name: "雁塔区"}, Units: 12}}, []org.Unit{sampleUnit}, 1, true),
	newUnitsView(org.Area{ID: `"><script>`, Name: `<script>`}, []org.Area{{ID: `"`, Name: `<b>`}}, []org.Branch{{Area: org.Area{ID: `'`, Name: `<i>`}, Units: 1}}, []org.Unit{hostileUnit}, 1, true),
)

func (h *Handler) units(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	top, err := h.org.Home(ctx, scope)
	if err != nil {
		return err
	}
	opened, above := top, []org.Area(nil)
	if id := org.AreaID(q.Get("area")); id != "" {
		if opened, above, err = h.org.AreaInScope(ctx, scope, id); err != nil {
			return err
		}
	}
	// The way up ends where the scope's tree begins.
	for len(above) > 0 && top.ID != "" && above[0].ID != top.ID {
		above = above[1:]
	}
	below, err := h.org.Branches(ctx, scope, opened.ID)
	if err != nil {
		return err
	}
	f := org.UnitFilter{Text: q.Get("q"), Kind: org.Kind(q.Get("kind")), Level: org.Level(q.Get("level")), Ended: q.Get("state") == "ended", Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if q.Get("within") == "own" {
		f.Area = opened.ID
	} else {
		f.Under = opened.ID
	}
	units, total, err := h.org.Units(ctx, scope, f)
	if err != nil {
		return err
	}
	pager := web.PagerOf(r, total, perPage)
	if len(units) == 0 && total > 0 {
		f.Offset = pager.Offset()
		if units, _, err = h.org.Units(ctx, scope, f); err != nil {
			return err
		}
	}
	v := newUnitsView(opened, above, below, units, total, scopeFor(r, authz.OrgManage).Covers(opened.Path, ""))
	if opened.ID != "" && opened.Level != org.Province && scopeFor(r, authz.OrgReorganise).Covers(opened.Path, "") {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "区划调整", Href: actsPath + "/new?area=" + string(opened.ID)})
	}
	names, err := h.org.FormerAreaNames(ctx, h.db, opened.ID)
	if err != nil {
		return err
	}
	for _, n := range names {
		v.Former = append(v.Former, n.Name+"（至 "+n.Until.String()+"，"+n.Document+"）")
	}
	v.Filter.Fill(q)
	v.Filter.Hidden[0].Value = string(opened.ID)
	v.Pager = pager
	return unitsPage.Render(w, r, v)
}

func count(n int) string { return strconv.Itoa(n) }
