package orgweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// actsView is GET /console/reorganisations.
type actsView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (actsView) Title() string { return "机构调整" }

// Crumbs of the page.
func (actsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "机构调整"}}
}

func newActsView(acts []org.Act, total int) actsView {
	kinds := []web.Option{{Label: "全部方式"}}
	for _, k := range org.Changes {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name()})
	}
	v := actsView{Heading: web.Heading{Title: "机构调整", Lead: "更名、合并、分设、撤销、改隶和区划调整：先预演会影响什么，再一次办完；旧名称、旧隶属关系都留存。"},
		Filter: web.Filter{Action: actsPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "kind", Label: "方式", Options: kinds},
			{Kind: web.Number, Name: "year", Label: "年份", Narrow: true, Mode: "numeric"}}},
		Table: web.Table{Caption: "机构调整", Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "方式"}, {Head: "文号"}, {Head: "生效"}, {Head: "办理人"}},
			Empty: web.Empty{Title: "还没有办理过机构调整", Text: "从单位页或区划页选择“机构调整”开始。"}}}
	for _, a := range acts {
		what := web.Linked(a.Title, actsPath+"/"+a.ID)
		if a.UndoneBy != "" {
			what.Tags = []web.Tag{{Text: "已由后来的调整撤回"}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{what, web.Text(a.Kind.Name()), web.Text(a.Plan.Document), web.Day(a.Plan.On), web.Text(a.By)}})
	}
	return v
}

var (
	sampleAct  = org.Act{ID: "01JR", Kind: org.Rename, Title: "西安市商务局更名为西安市商务和投资促进局", Plan: org.Plan{Kind: org.Rename, Document: "市编发〔2026〕3号", On: calendar.Date{Year: 2026, Month: 3, Day: 1}}, By: "马会宁", Counts: map[string]int{"site": 1}, Nouns: map[string]string{"site": "网站"}}
	hostileAct = org.Act{ID: `"><script>`, Kind: `<b>`, Title: `<script>alert(1)</script>`, Plan: org.Plan{Document: `"'&`, Note: `<i>`}, By: `<u>`, UndoneBy: `'`, Undoes: `"`}
)

var actsPage = web.Define(views, "views/acts.html", newActsView(nil, 0), newActsView([]org.Act{sampleAct}, 1), newActsView([]org.Act{hostileAct}, 1))

func (h *Handler) acts(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	f := org.ActFilter{Unit: org.UnitID(q.Get("unit")), Kind: org.Change(q.Get("kind")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if n, err := strconv.Atoi(q.Get("year")); err == nil && n > 1900 && n < 3000 {
		f.Year = n
	}
	list, total, err := h.org.Acts(ctx, scope, f)
	if err != nil {
		return err
	}
	v := newActsView(list, total)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	if may(r, authz.OrgReorganise) {
		v.Heading.Acts = []web.Act{{Text: "办理机构调整", Href: actsPath + "/new", Primary: true}}
	}
	return actsPage.Render(w, r, v)
}

// actView is GET /console/reorganisations/{id}.
type actView struct {
	Heading  web.Heading
	Facts    web.Summary
	Counts   web.Table
	Units    web.Table
	Files    []web.Link
	Undo     web.Act
	Mend     string
	document string
}

// Title of the document.
func (v actView) Title() string { return v.document }

// Crumbs of the page.
func (v actView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "机构调整", Href: actsPath}, {Name: v.document}}
}

var partNames = map[string]string{"subject": "本次调整", "ended": "撤销", "successor": "承接", "founded": "新设"}

func newActView(a org.Act, units map[string][]org.Unit, files []approval.Attachment, undo bool) actView {
	v := actView{document: a.Kind.Name(), Heading: web.Heading{Above: a.Kind.Name(), Title: a.Title},
		Facts: web.Summary{Title: "依据", Terms: []web.Term{{Name: "批准文号", Text: a.Plan.Document}, {Name: "发文日期", Text: dayText(a.Plan.DocumentOn)}, {Name: "生效日期", Text: dayText(a.Plan.On)},
			{Name: "说明", Text: a.Plan.Note}, {Name: "办理人", Text: a.By, Note: web.Minute(a.At)}}},
		Counts: web.Table{Caption: "随同办理的内容", Columns: []web.Column{{Head: "内容", Wide: true}, {Head: "数量", Number: true}}, Compact: true, Empty: web.Empty{Title: "没有随同办理的内容"}},
		Units:  web.Table{Caption: "有关单位", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "在本次调整中"}, {Head: "现状"}}, Compact: true, Empty: web.Empty{Title: "没有有关单位"}}}
	if a.UndoneBy != "" {
		v.Heading.Tags = []web.Tag{{Text: "已由后来的调整撤回"}}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "撤回", Text: "查看撤回的调整", Href: actsPath + "/" + a.UndoneBy})
	}
	if a.Undoes != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "撤回的是", Text: "查看原来的调整", Href: actsPath + "/" + a.Undoes})
	}
	kinds := make([]string, 0, len(a.Counts))
	for k, n := range a.Counts {
		if n > 0 {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		v.Counts.Rows = append(v.Counts.Rows, web.Row{Cells: []web.Cell{web.Text(a.Nouns[k]), web.Figure(a.Counts[k])}})
	}
	for _, part := range []string{"subject", "ended", "successor", "founded"} {
		for _, u := range units[part] {
			state := web.Tagged(web.Tag{Kind: web.Good, Text: "存续"})
			if !u.AbolishedOn.IsZero() {
				state = web.Cell{Tags: []web.Tag{{Text: "已撤销"}}, Note: u.AbolishedOn.String()}
			}
			v.Units.Rows = append(v.Units.Rows, web.Row{Cells: []web.Cell{web.Linked(u.Name, unitHref(u.ID)), web.Text(partNames[part]), state}})
		}
	}
	for _, f := range files {
		v.Files = append(v.Files, web.Link{Text: f.Name, Href: actsPath + "/" + a.ID + "/files/" + f.ID})
	}
	if undo {
		v.Undo = web.Act{Text: "办理撤回（另一次调整）", Href: actsPath + "/new?undoes=" + url.QueryEscape(a.ID)}
	} else if a.UndoneBy == "" && (a.Kind == org.Merge || a.Kind == org.Split || a.Kind == org.AreaMerge || a.Kind == org.AreaMove) {
		v.Mend = "合并、分设和区划调整不能直接撤回；如需改正，请另行办理分设、合并或区划调整。"
	}
	return v
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

var actPage = web.Define(views, "views/act.html",
	newActView(org.Act{Title: "甲更名为乙"}, nil, nil, false),
	newActView(sampleAct, map[string][]org.Unit{"subject": {sampleUnit}}, []approval.Attachment{{ID: "01JF", Name: "批复.pdf"}}, true),
	newActView(hostileAct, map[string][]org.Unit{"ended": {hostileUnit}}, []approval.Attachment{{ID: `"`, Name: `<script>`}}, false))

func (h *Handler) act(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	a, err := h.org.Act(ctx, h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	units, err := h.org.Concerned(ctx, scope, a.ID)
	if err != nil {
		return err
	}
	for part, list := range units {
		units[part] = slices.DeleteFunc(list, func(u org.Unit) bool { return !scope.Covers(u.AreaPath, u.LinePath) })
	}
	files, err := approval.Attachments(ctx, h.db, actOwner, a.ID)
	if err != nil {
		return err
	}
	_, undo := a.Reverse(org.Unit{}, org.Area{})
	return actPage.Render(w, r, newActView(a, units, files, undo && may(r, authz.OrgReorganise)))
}

// actOwner is the kind of owner of an act's scan.
const actOwner = "reorganisation"

func (h *Handler) actFile(w http.ResponseWriter, r *http.Request) error {
	a, err := h.org.Act(r.Context(), h.db, authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	files, err := approval.Attachments(r.Context(), h.db, actOwner, a.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(files, func(f approval.Attachment) bool { return f.ID == r.PathValue("file") })
	if i < 0 {
		return fault.Missing("附件")
	}
	content, err := h.blobs.Open(r.Context(), files[i].Blob)
	if err != nil {
		return err
	}
	defer content.Close()
	return web.SendFile(w, files[i].Name, files[i].MediaType, files[i].Size, content)
}

// subject is what a plan is about, with what its form offers.
type subject struct {
	kind     org.Change
	unit     org.Unit
	area     org.Area
	siblings []org.Unit // of the same area
	areas    []org.Area // to go to
	undoes   org.Act
}

var changeLeads = map[org.Change]string{
	org.Rename: "名称变了，单位还是这个单位；旧名称留存，按旧名称仍能找到。", org.Merge: "并入一个已有单位，或几个单位合并组建一个新单位；名下的网站、账号、事项、人员一并转过去。",
	org.Split: "一个单位分成几个；网站、账号、人员、下属机构逐项指定由谁承接。", org.Abolish: "单位撤销，名下内容由承接单位接手；没有剩余内容时可以不写承接单位。",
	org.Restore: "撤销的单位恢复；已转给承接单位的内容不自动退回，需要时另行改隶。", org.Transfer: "改变隶属的区划、单位或业务条线；下属机构随同。",
	org.Upgrade: "改变类别或级别，例如事业单位转为行政机构。", org.AreaRename: "区划更名；各单位名称另行更名，预演会列出来。",
	org.AreaMove: "区划改由另一个上级管辖；区划内的单位随同。", org.AreaMerge: "区划并入同级区划；政府和办公厅（室）并入对应单位，其他单位改隶。",
}

func options(units []org.Unit, first string, except org.UnitID) []web.Option {
	list := []web.Option{{Label: first}}
	for _, u := range units {
		if u.ID != except {
			list = append(list, web.Option{Value: string(u.ID), Label: u.Name})
		}
	}
	return list
}

func areaOptions(areas []org.Area, first string) []web.Option {
	list := []web.Option{{Label: first}}
	for _, a := range areas {
		list = append(list, web.Option{Value: string(a.ID), Label: a.Name})
	}
	return list
}

// newPlanForm is the form of a plan of one kind.
func newPlanForm(s subject) formView {
	name, back := s.unit.Name, unitHref(s.unit.ID)
	about := web.Field{Kind: web.Hidden, Name: "unit", Value: string(s.unit.ID)}
	if s.kind.OfArea() {
		name, back = s.area.Name, areaHref(s.area.ID)
		about = web.Field{Kind: web.Hidden, Name: "area", Value: string(s.area.ID)}
	}
	fields := []web.Field{{Kind: web.Hidden, Name: "kind", Value: string(s.kind)}, about, {Kind: web.Hidden, Name: "undoes", Value: s.undoes.ID}}
	switch s.kind {
	case org.Rename:
		fields = append(fields, web.Field{Name: "name", Label: "新的单位全称", Required: true, Max: 100}, web.Field{Name: "short_name", Label: "新的简称", Max: 40})
	case org.AreaRename:
		fields = append(fields, web.Field{Name: "name", Label: "新的区划名称", Required: true, Max: 60})
	case org.Merge:
		fields = append(fields, web.Field{Kind: web.Select, Name: "into", Label: "并入的单位", Options: options(s.siblings, "不并入已有单位，组建新单位", s.unit.ID), Hint: "列出同一区划的单位；跨区划的请先改隶"},
			web.Field{Name: "new_name_1", Label: "组建的新单位全称", Max: 100, Hint: "并入已有单位时不填"})
		others := options(s.siblings, "", s.unit.ID)[1:]
		if len(others) > 0 && len(others) <= 60 {
			fields = append(fields, web.Field{Kind: web.Checks, Name: "others", Label: "一并合并的其他单位", Options: others})
		}
	case org.Split:
		fields = append(fields, web.Field{Kind: web.Check, Name: "keep", Label: "原单位保留，只分出新单位"})
		for i := 1; i <= 4; i++ {
			f := web.Field{Name: "new_name_" + strconv.Itoa(i), Label: "第 " + strconv.Itoa(i) + " 个新单位全称", Max: 100}
			if i == 1 {
				f.Required, f.Hint = true, "没有逐项指定的内容归第一个单位；原单位保留的，归原单位"
			}
			fields = append(fields, f)
		}
	case org.Abolish:
		fields = append(fields, web.Field{Kind: web.Select, Name: "into", Label: "承接单位", Options: options(s.siblings, "没有剩余内容，不需要承接", s.unit.ID)})
	case org.Transfer:
		lines := []web.Option{{Label: "不变"}, {Value: "-", Label: "不属于条线"}}
		for _, l := range org.Lines {
			lines = append(lines, web.Option{Value: l.ID, Label: l.Name})
		}
		fields = append(fields, web.Field{Kind: web.Select, Name: "to_area", Label: "改隶的区划", Options: areaOptions(s.areas, "不变（"+s.unit.AreaName+"）")},
			web.Field{Kind: web.Select, Name: "to_parent", Label: "隶属的单位", Options: options(s.siblings, "不隶属于其他单位", s.unit.ID), Value: string(s.unit.Parent), Hint: "派出机构、内设机构要选择"},
			web.Field{Kind: web.Select, Name: "to_line", Label: "业务条线", Options: lines})
	case org.Upgrade:
		levels := []web.Option{}
		for _, l := range []org.Level{org.Province, org.City, org.County, org.Township} {
			levels = append(levels, web.Option{Value: string(l), Label: l.Name()})
		}
		fields = append(fields, web.Field{Kind: web.Select, Name: "to_kind", Label: "新的类别", Options: kindOptions(org.Kinds, "请选择"), Value: string(s.unit.Kind)},
			web.Field{Kind: web.Select, Name: "to_level", Label: "新的级别", Options: levels, Value: string(s.unit.Level)})
	case org.AreaMove:
		fields = append(fields, web.Field{Kind: web.Select, Name: "to_area", Label: "新的上级区划", Required: true, Options: areaOptions(s.areas, "请选择")})
	case org.AreaMerge:
		fields = append(fields, web.Field{Kind: web.Select, Name: "to_area", Label: "并入的区划", Required: true, Options: areaOptions(s.areas, "请选择")})
	}
	basis := []web.Field{
		{Name: "document", Label: "批准文号", Required: true, Max: 100, Hint: "例如陕编发〔2026〕12号"},
		{Kind: web.DateField, Name: "document_on", Label: "发文日期", Narrow: true},
		{Kind: web.DateField, Name: "on", Label: "生效日期", Narrow: true, Hint: "不填为今天"},
		{Kind: web.TextArea, Name: "note", Label: "说明", Max: 1000, Rows: 3},
	}
	v := formView{Heading: web.Heading{Above: name, Title: "机构调整：" + s.kind.Name(), Lead: changeLeads[s.kind]},
		Form: web.Form{Action: actsPath + "/new", Buttons: []web.Button{{Label: "预演，看会影响什么", Name: "step", Value: "rehearse"}}, Cancel: web.Link{Text: "取消", Href: back},
			Sections: []web.Section{{Legend: "怎么调整", Fields: fields}, {Legend: "依据", Fields: basis}}},
		Trail: []web.Crumb{{Name: "机构调整", Href: actsPath}}}
	if s.undoes.ID != "" {
		v.Form.Sections[0].Notes = []web.Component{web.Alert{Kind: web.Info, Title: "撤回“" + s.undoes.Title + "”", Text: "撤回是另一次调整，要有自己的文号和日期；原来的记录保留。"}}
		if f := v.Form.Field("name"); f != nil && s.undoes.Kind == org.Rename {
			f.Value = strings.TrimSuffix(s.undoes.Title, "更名为"+s.undoes.Plan.Name)
		}
		if f := v.Form.Field("name"); f != nil && s.undoes.Kind == org.AreaRename {
			f.Value = strings.TrimSuffix(s.undoes.Title, "更名为"+s.undoes.Plan.Name)
		}
	}
	return v
}

// chooseView is the page that asks which kind of change.
type chooseView struct {
	Heading web.Heading
	Find    web.Filter
	Found   web.Table
	Kinds   []choice
}

type choice struct{ Name, Lead, Href string }

// Title of the document.
func (chooseView) Title() string { return "选择调整方式" }

// Crumbs of the page.
func (chooseView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "机构调整", Href: actsPath}, {Name: "选择调整方式"}}
}

func newChooseView(u org.Unit, a org.Area, found []org.Unit, asked bool) chooseView {
	v := chooseView{Heading: web.Heading{Title: "办理机构调整", Lead: "先选择单位，再选择调整方式。"},
		Find:  web.Filter{Action: actsPath + "/new", Total: -1, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "单位名称、曾用名或拼音首字母"}}},
		Found: web.Table{Caption: "找到的单位", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "类别"}, {Head: "区划"}}, Compact: true, Empty: web.Empty{Title: "没有找到单位", Text: "请换一个名称或首字母。"}}}
	if !asked {
		v.Found.Empty = web.Empty{Title: "请先查找单位", Text: "区划调整请从单位台账展开区划后办理。"}
	}
	for _, x := range found {
		v.Found.Rows = append(v.Found.Rows, web.Row{Cells: []web.Cell{web.Linked(x.Name, actsPath+"/new?unit="+url.QueryEscape(string(x.ID))), web.Text(x.Kind.Name()), web.Text(x.AreaName)}})
	}
	add := func(k org.Change, key, id string) {
		v.Kinds = append(v.Kinds, choice{Name: k.Name(), Lead: changeLeads[k], Href: actsPath + "/new?" + url.Values{"kind": {string(k)}, key: {id}}.Encode()})
	}
	switch {
	case a.ID != "":
		v.Heading = web.Heading{Above: a.Name, Title: "选择调整方式"}
		for _, k := range []org.Change{org.AreaRename, org.AreaMove, org.AreaMerge} {
			add(k, "area", string(a.ID))
		}
	case u.ID != "" && !u.AbolishedOn.IsZero():
		v.Heading = web.Heading{Above: u.Name, Title: "选择调整方式", Lead: "单位已于" + u.AbolishedOn.Chinese() + "撤销。"}
		add(org.Restore, "unit", string(u.ID))
	case u.ID != "":
		v.Heading = web.Heading{Above: u.Name, Title: "选择调整方式"}
		for _, k := range []org.Change{org.Rename, org.Merge, org.Split, org.Abolish, org.Transfer, org.Upgrade} {
			add(k, "unit", string(u.ID))
		}
	}
	return v
}

var choosePage = web.Define(views, "views/choose.html", newChooseView(org.Unit{}, org.Area{}, nil, false), newChooseView(sampleUnit, org.Area{}, nil, false), newChooseView(org.Unit{}, org.Area{}, []org.Unit{hostileUnit}, true), newChooseView(org.Unit{}, sampleArea, nil, false))

// subjectOf gathers what a plan's form needs; what lies out of scope is not
// found.
func (h *Handler) subjectOf(ctx context.Context, scope authz.Scope, kind org.Change, unit org.UnitID, area org.AreaID, undoes string) (subject, error) {
	s := subject{kind: kind}
	var err error
	if undoes != "" {
		if s.undoes, err = h.org.Act(ctx, h.db, scope, undoes); err != nil {
			return s, err
		}
		p, ok := s.undoes.Reverse(org.Unit{}, org.Area{})
		if !ok {
			return s, fault.New(fault.Conflict, "这次调整不能直接撤回，或已被撤回。")
		}
		s.kind, unit, area = p.Kind, p.Unit, p.Area
	}
	if s.kind.OfArea() {
		if s.area, _, err = h.org.AreaInScope(ctx, scope, area); err != nil {
			return s, err
		}
		if !scope.Covers(s.area.Path, "") {
			return s, fault.Missing("区划")
		}
		from := s.area.Parent
		if s.kind == org.AreaMove && from != "" {
			up, err := h.org.Area(ctx, h.db, from)
			if err != nil {
				return s, err
			}
			from = up.Parent
		}
		s.areas, err = h.org.Areas(ctx, scope, from)
		s.areas = slices.DeleteFunc(s.areas, func(a org.Area) bool { return a.ID == s.area.ID || a.ID == s.area.Parent })
		return s, err
	}
	if s.unit, err = h.org.Unit(ctx, scope, unit); err != nil {
		return s, err
	}
	if s.siblings, _, err = h.org.Units(ctx, scope, org.UnitFilter{Area: s.unit.Area, Limit: 500}); err != nil {
		return s, err
	}
	if s.kind == org.Transfer {
		a, err := h.org.Area(ctx, h.db, s.unit.Area)
		if err != nil {
			return s, err
		}
		if a.Parent != "" {
			up, err := h.org.Area(ctx, h.db, a.Parent)
			if err != nil {
				return s, err
			}
			if scope.Covers(up.Path, "") {
				s.areas = append(s.areas, up)
			}
			beside, err := h.org.Areas(ctx, scope, a.Parent)
			if err != nil {
				return s, err
			}
			s.areas = append(s.areas, beside...)
		}
		below, err := h.org.Areas(ctx, scope, a.ID)
		if err != nil {
			return s, err
		}
		s.areas = append(s.areas, below...)
		s.areas = slices.DeleteFunc(s.areas, func(x org.Area) bool { return x.ID == a.ID })
	}
	return s, nil
}

func (h *Handler) showPlan(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	kind, unit, area := org.Change(q.Get("kind")), org.UnitID(q.Get("unit")), org.AreaID(q.Get("area"))
	if kind == "" && q.Get("undoes") == "" {
		var u org.Unit
		var a org.Area
		var found []org.Unit
		var err error
		switch {
		case unit != "":
			u, err = h.org.Unit(ctx, scope, unit)
		case area != "":
			a, _, err = h.org.AreaInScope(ctx, scope, area)
		case q.Get("q") != "":
			found, _, err = h.org.Units(ctx, scope, org.UnitFilter{Text: q.Get("q"), Limit: 30})
		}
		if err != nil {
			return err
		}
		v := newChooseView(u, a, found, q.Get("q") != "")
		v.Find.Fill(q)
		return choosePage.Render(w, r, v)
	}
	if kind != "" && kind.Name() == "" {
		return fault.New(fault.Invalid, "调整方式无法识别，请从单位页重新选择。").On("kind", "请重新选择")
	}
	s, err := h.subjectOf(ctx, scope, kind, unit, area, q.Get("undoes"))
	if err != nil {
		return err
	}
	v := newPlanForm(s)
	v.Form.Fill(q) // on the way back from the rehearsal
	return formPage.Render(w, r, v)
}

// planOf reads the form of a plan.
func planOf(r *http.Request) (org.Plan, error) {
	p := org.Plan{Kind: org.Change(web.Typed(r, "kind")), Unit: org.UnitID(web.Typed(r, "unit")), Area: org.AreaID(web.Typed(r, "area")), Name: web.Typed(r, "name"), ShortName: web.Typed(r, "short_name"),
		Into: org.UnitID(web.Typed(r, "into")), Keep: r.PostForm.Has("keep"), ToArea: org.AreaID(web.Typed(r, "to_area")), ToParent: org.UnitID(web.Typed(r, "to_parent")), ToLine: web.Typed(r, "to_line"),
		ToKind: org.Kind(web.Typed(r, "to_kind")), ToLevel: org.Level(web.Typed(r, "to_level")), Document: web.Typed(r, "document"), Note: web.Typed(r, "note"), Undoes: web.Typed(r, "undoes"), Assigned: map[string]string{}}
	for _, o := range r.PostForm["others"] {
		p.Others = append(p.Others, org.UnitID(o))
	}
	for i := 1; i <= 10; i++ {
		if name := web.Typed(r, "new_name_"+strconv.Itoa(i)); name != "" {
			p.New = append(p.New, org.NewUnit{Name: name})
		}
	}
	for key, v := range r.PostForm {
		if row, ok := strings.CutPrefix(key, "assign:"); ok && len(v) > 0 && v[0] != "" {
			p.Assigned[row] = v[0]
		}
	}
	var err error
	if p.DocumentOn, err = web.DayOf(r, "document_on", "发文日期"); err != nil {
		return p, err
	}
	p.On, err = web.DayOf(r, "on", "生效日期")
	return p, err
}

// rehearsalView is what a plan would do, with the form that does it.
type rehearsalView struct {
	Heading web.Heading
	Alert   web.Alert
	Touched []web.Table
	Names   web.Table
	Paths   web.Table
	Form    web.Form
}

// Title of the document.
func (rehearsalView) Title() string { return "机构调整预演" }

// Crumbs of the page.
func (rehearsalView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "机构调整", Href: actsPath}, {Name: "预演"}}
}

func newRehearsalView(p org.Plan, rh org.Rehearsal, posted url.Values, kindName func(string) string) rehearsalView {
	v := rehearsalView{Heading: web.Heading{Above: "预演，还没有办理", Title: rh.Title, Lead: "请核对下面的清单；确认后一次办完，不能只办一部分。"},
		Names: web.Table{Caption: "名称里带旧名称的单位（不自动更名，请另行办理）", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "类别"}}, Compact: true},
		Paths: web.Table{Caption: "隶属关系随之改变的单位", Columns: []web.Column{{Head: "单位", Wide: true}}, Compact: true}}
	v.Alert = web.Alert{Kind: web.Info, Title: "涉及 " + strconv.Itoa(rh.Total) + " 项内容", Text: "办理后数量不增不减；有一项不能随同，整次办理都不生效。"}
	if rh.Total == 0 {
		v.Alert = web.Alert{Kind: web.Info, Title: "不涉及其他内容", Text: "只改变单位本身。"}
	}
	var assign []web.Field
	for _, t := range rh.Touched {
		if t.Count == 0 {
			continue
		}
		table := web.Table{Caption: t.Name + "：" + strconv.Itoa(t.Count) + " 项", Columns: []web.Column{{Head: t.Name, Wide: true}, {Head: "说明"}}, Compact: true}
		if len(t.Rows) < t.Count {
			table.Caption += "（列出前 " + strconv.Itoa(len(t.Rows)) + " 项）"
		}
		for _, row := range t.Rows {
			note := row.Note
			if t.Kind == "obligation" && kindName != nil {
				note, _, _ = strings.Cut(kindName(note), "\n")
			}
			table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{web.Linked(row.Name, row.Link), web.Text(note)}})
		}
		v.Touched = append(v.Touched, table)
		if p.Kind == org.Split && t.Assign {
			for _, row := range t.Rows {
				list := []web.Option{{Label: "请选择承接单位"}}
				if p.Keep {
					list = append(list, web.Option{Value: "keep", Label: "留在原单位"})
				}
				for i, n := range p.New {
					list = append(list, web.Option{Value: "new:" + strconv.Itoa(i), Label: n.Name})
				}
				assign = append(assign, web.Field{Kind: web.Select, Name: "assign:" + row.Key, Label: t.Name + "：" + row.Name, Options: list, Value: p.Assigned[row.Key], Required: true})
			}
		}
	}
	for _, u := range rh.Names {
		v.Names.Rows = append(v.Names.Rows, web.Row{Cells: []web.Cell{web.Linked(u.Name, unitHref(u.ID)), web.Text(u.Kind.Name())}})
	}
	for i, c := range rh.Paths {
		if i == 50 {
			v.Paths.Caption += "（共 " + strconv.Itoa(len(rh.Paths)) + " 个，列出前 50 个）"
			break
		}
		v.Paths.Rows = append(v.Paths.Rows, web.Row{Cells: []web.Cell{web.Text(c.Unit)}})
	}
	var hidden []web.Field
	for _, name := range []string{"kind", "unit", "area", "name", "short_name", "into", "to_area", "to_parent", "to_line", "to_kind", "to_level", "document", "document_on", "on", "note", "undoes", "keep"} {
		if posted.Has(name) {
			hidden = append(hidden, web.Field{Kind: web.Hidden, Name: name, Value: posted.Get(name)})
		}
	}
	for i := 1; i <= 10; i++ {
		if name := "new_name_" + strconv.Itoa(i); posted.Get(name) != "" {
			hidden = append(hidden, web.Field{Kind: web.Hidden, Name: name, Value: posted.Get(name)})
		}
	}
	for _, o := range posted["others"] {
		hidden = append(hidden, web.Field{Kind: web.Hidden, Name: "others", Value: o})
	}
	hidden = append(hidden, web.Field{Kind: web.Hidden, Name: "digest", Value: rh.Digest})
	v.Form = web.Form{Action: actsPath + "/new", Upload: true, Buttons: []web.Button{{Label: "确认办理：" + changeWord(p.Kind), Name: "step", Value: "do"}},
		Cancel: web.Link{Text: "返回修改", Href: backToPlan(hidden)}, Sections: []web.Section{{Fields: hidden}}}
	if len(assign) > 0 {
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "逐项指定承接单位", Hint: "每一项都要指定；申请、时限、来信等随网站、账号走，其余归第一个单位（原单位保留的，归原单位）。", Fields: assign})
	}
	v.Form.Sections = append(v.Form.Sections, web.Section{Fields: []web.Field{{Kind: web.File, Name: "scan", Label: "批准文件扫描件", Accept: approval.Accept, Hint: "选填，最大 20 MB"}}})
	return v
}

func changeWord(c org.Change) string {
	if c.Name() == "" {
		return "调整"
	}
	return c.Name()
}

// backToPlan is the form with what was typed.
func backToPlan(hidden []web.Field) string {
	q := url.Values{}
	for _, f := range hidden {
		if f.Name != "digest" && f.Value != "" {
			q.Add(f.Name, f.Value)
		}
	}
	return actsPath + "/new?" + q.Encode()
}

var rehearsalPage = web.Define(views, "views/rehearsal.html",
	newRehearsalView(org.Plan{Kind: org.Rename}, org.Rehearsal{Title: "甲局更名为乙局"}, url.Values{"name": {"乙局"}}, nil),
	newRehearsalView(org.Plan{Kind: org.Split, New: []org.NewUnit{{Name: "西安市商务局"}, {Name: "西安市投资局"}}}, org.Rehearsal{Title: "西安市商务局分设为两个局", Total: 2, Digest: "d",
		Touched: []org.Touched{{Kind: "site", Name: "网站", Count: 30, Assign: true, Rows: []org.TouchedRow{{Key: "site:1", Name: "西安市商务局", Note: "swj.example", Link: "/console/sites/1"}}}, {Kind: "obligation", Name: "未办结的时限", Count: 1, Rows: []org.TouchedRow{{Key: "obligation:1", Name: "上线", Note: "launch"}}}},
		Names:   []org.Unit{sampleUnit}, Paths: []org.PathChange{{Unit: "西安市商务局办公室"}}}, url.Values{"kind": {"split"}, "new_name_1": {"西安市商务局"}, "others": {"x"}}, func(s string) string { return s }),
	newRehearsalView(org.Plan{Kind: `<b>`, New: []org.NewUnit{{Name: `<script>`}}}, org.Rehearsal{Title: `<script>`, Total: 1, Touched: []org.Touched{{Kind: "x", Name: `<i>`, Count: 1, Rows: []org.TouchedRow{{Key: `"><script>`, Name: `<script>`, Note: `'`, Link: "javascript:alert(1)"}}}},
		Names: []org.Unit{hostileUnit}, Paths: []org.PathChange{{Unit: `<u>`}}}, url.Values{"kind": {`"><script>`}}, nil))

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	p, wrong := planOf(r)
	s, err := h.subjectOf(ctx, scope, p.Kind, p.Unit, p.Area, p.Undoes)
	if err != nil {
		return err
	}
	again := func(err error) error {
		v := newPlanForm(s)
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
	}
	if wrong != nil {
		return again(wrong)
	}
	rehearsal := func(err error) error {
		rh, e := h.org.Rehearse(ctx, scope, p)
		if web.Mendable(e) {
			return again(e)
		}
		if e != nil {
			return e
		}
		v := newRehearsalView(p, rh, r.PostForm, h.clockName)
		status := http.StatusOK
		if err != nil {
			v.Form.Wrong(err)
			status = fault.Of(err).Kind.Status()
		}
		return rehearsalPage.RenderStatus(w, r, status, v)
	}
	if web.Typed(r, "step") != "do" {
		return rehearsal(nil)
	}
	scan, err := h.scan(r)
	if err != nil {
		if web.Mendable(err) {
			return rehearsal(err)
		}
		return err
	}
	var done org.Act
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if done, err = h.org.Reorganise(ctx, tx, scope, p, web.Typed(r, "digest")); err != nil || scan.Blob == "" {
			return err
		}
		scan.OwnerKind, scan.OwnerID = actOwner, done.ID
		_, err = approval.Attach(ctx, tx, scan)
		return err
	})
	if web.Mendable(err) {
		return rehearsal(err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, actsPath+"/"+done.ID, "已办理："+done.Title+"。")
}

// scan keeps the uploaded document, if there is one.
func (h *Handler) scan(r *http.Request) (approval.Attachment, error) {
	if r.MultipartForm == nil || len(r.MultipartForm.File["scan"]) == 0 {
		return approval.Attachment{}, nil
	}
	head := r.MultipartForm.File["scan"][0]
	if head.Size == 0 && head.Filename == "" {
		return approval.Attachment{}, nil
	}
	f, err := head.Open()
	if err != nil {
		return approval.Attachment{}, fault.New(fault.Invalid, "附件没有传完，请重新选择文件。").On("scan", "请重新选择文件").From(err)
	}
	defer f.Close()
	return approval.Take(r.Context(), h.blobs, approval.Upload{Kind: "document", Field: "scan", Name: head.Filename, Content: f})
}

// newAmendForm mends a unit's facts that need no document.
func newAmendForm(u org.Unit) formView {
	fields := []web.Field{{Name: "short_name", Label: "简称", Max: 40, Value: u.ShortName}, {Kind: web.DateField, Name: "founded_on", Label: "成立日期", Narrow: true, Value: dayText(u.FoundedOn)}, {Name: "source", Label: "来源", Max: 100, Value: u.Source}}
	if u.Kind == org.ZoneCommittee {
		fields = append(fields, web.Field{Name: "national_approval", Label: "国家级开发区批准文件", Max: 100, Value: u.NationalApproval, Hint: "国务院批准文号。登记后其网站按政府门户网站管理（第三十三条）；没有的按“待认定”"},
			web.Field{Kind: web.DateField, Name: "zone_approved_on", Label: "批准日期", Narrow: true, Value: dayText(u.ZoneApprovedOn)})
	}
	return formView{Heading: web.Heading{Above: u.Name, Title: "修改单位信息", Lead: "名称、类别、级别和隶属关系请办理机构调整。"}, Trail: []web.Crumb{{Name: u.Name, Href: unitHref(u.ID)}},
		Form: web.Form{Buttons: []web.Button{{Label: "保存修改"}}, Cancel: web.Link{Text: "取消", Href: unitHref(u.ID)}, Sections: []web.Section{{Fields: fields}}}}
}

func (h *Handler) showAmend(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newAmendForm(u))
}

func (h *Handler) amend(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	n := org.Amend{ShortName: web.Typed(r, "short_name"), NationalApproval: web.Typed(r, "national_approval"), Source: web.Typed(r, "source")}
	if n.FoundedOn, err = web.DayOf(r, "founded_on", "成立日期"); err == nil {
		n.ZoneApprovedOn, err = web.DayOf(r, "zone_approved_on", "批准日期")
	}
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.org.AmendUnit(ctx, tx, authz.ScopeFrom(ctx), u.ID, n)
			return err
		})
	}
	if web.Mendable(err) {
		return again(w, r, newAmendForm(u), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, unitHref(u.ID), "已保存"+u.Name+"的信息。")
}
