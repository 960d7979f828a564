package protectionweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/protection"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

var levels = []struct{ Value, Name string }{{"1", "第一级"}, {"2", "第二级"}, {"3", "第三级"}, {"4", "第四级"}, {"5", "第五级"}}

func levelName(n int) string {
	for _, l := range levels {
		if l.Value == strconv.Itoa(n) {
			return l.Name
		}
	}
	return ""
}

func newGradeList(list []protection.Grade, total int, manages bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "等级保护", Lead: "每个网站、客户端和集约化平台的定级、备案和测评（第二十二条）。测评周期未核实，以公安机关要求为准。"},
		Filter: web.Filter{Action: gradesPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、单位或备案编号"}, {Kind: web.Select, Name: "level", Label: "等级", Options: options("全部", levels)}, endsField("测评到期"), {Kind: web.Check, Name: "wrong", Label: "只看有缺项的"}},
			Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "等级保护", Quiet: true, Columns: []web.Column{{Head: "对象", Wide: true}, {Head: "主办单位"}, {Head: "等级"}, {Head: "备案证明编号"}, {Head: "最近测评"}, {Head: "下次测评"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的等级保护记录", Text: "还没有登记的网站见“安全缺口”。"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记等级保护", Href: gradesPath + "/new", Primary: true}}
	}
	for _, g := range list {
		name := web.Linked(g.Of.Name, g.Link())
		name.Note = g.Of.KindName()
		filing := g.Filing
		if filing == "" {
			filing = "未登记"
		}
		assessed := "未登记"
		if !g.AssessedOn.IsZero() {
			assessed = g.AssessedOn.String()
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(g.UnitName), web.Text(levelName(g.Level)), {Text: filing, Keep: true}, {Text: assessed, Keep: true}, dueCell(g.Next, today), wrongCell(g.Breaches(today))}})
	}
	return v
}

func (h *Handler) grades(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.protection.Grades(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newGradeList(list, total, manages(r), web.FrameOf(r).Today)
	return h.renderList(w, r, v, gradesPath, total)
}

// renderList fills what every list of this door has.
func (h *Handler) renderList(w http.ResponseWriter, r *http.Request, v page, path string, total int) error {
	v.Tabs = h.tabs(r, path)
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	v.Exports = web.ExportActs(path+"/export", r.URL.Query())
	return listPage.Render(w, r, v)
}

func (h *Handler) exportGrades(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.protection.Grades(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err == nil {
		err = web.MostExported(total, maxExport, "行")
	}
	if err != nil {
		return err
	}
	today := web.FrameOf(r).Today
	rows := make([][]any, len(list))
	for i, g := range list {
		rows[i] = []any{g.Of.Name, g.Of.KindName(), g.UnitName, levelName(g.Level), g.Filing, g.FiledOn, g.AssessedOn, g.Agency, g.Next, lacks(g.Breaches(today))}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "等级保护", Columns: []official.Column{{Title: "对象", Width: 30}, {Title: "类别"}, {Title: "主办单位", Width: 24}, {Title: "等级"}, {Title: "备案证明编号", Width: 22}, {Title: "备案日期", Width: 14}, {Title: "最近测评", Width: 14}, {Title: "测评机构", Width: 24}, {Title: "下次测评（周期未核实）", Width: 22}, {Title: "缺项", Width: 40}}, Rows: slices.Values(rows)}, "等级保护")
}

func newGradeView(d protection.GradeDossier, manages bool, today calendar.Date) record {
	g := d.Grade
	v := record{web.RecordView{Heading: web.Heading{Above: "等级保护 · " + g.Of.KindName(), Title: g.Of.Name}, Trail: []web.Crumb{{Name: "等级保护", Href: gradesPath}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记测评", Href: g.Link() + "/assessment", Primary: true}, {Text: "修改定级备案", Href: g.Link() + "/change"}}
	}
	if list := g.Breaches(today); len(list) > 0 {
		v.Main = append(v.Main, breachesOf("缺项", list))
	}
	t := web.Table{Caption: "历次测评", Columns: []web.Column{{Head: "日期"}, {Head: "机构"}, {Head: "结论", Wide: true}, {Head: "报告"}}, Compact: true, Empty: web.Empty{Title: "还没有登记测评"}}
	for _, a := range d.Assessments {
		cell := web.Text("未上传")
		if a.FileID != "" {
			cell = web.Linked(a.FileName, g.Link()+"/files/"+url.PathEscape(a.FileID))
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Day(a.On), web.Text(a.Agency), web.Text(a.Result), cell}})
	}
	v.Main = append(v.Main, t)
	next := web.Term{Name: "下次测评", Text: g.Next.String()}
	if i, source, ok, err := protection.IntervalOf(g.Level); err == nil && ok {
		next.Note = fmt.Sprintf("按每 %d 个月一次", i.Months)
		if !i.Verified() {
			next.Tags = []web.Tag{{Kind: web.Warn, Text: "未核实"}}
			next.Note += "，依据：" + source
		}
	}
	v.Side = append(v.Side, web.Summary{Title: "定级和备案", Terms: []web.Term{{Name: "主办单位", Text: g.UnitName}, {Name: "保护等级", Text: levelName(g.Level)}, {Name: "备案证明编号", Text: g.Filing}, {Name: "备案日期", Text: g.FiledOn.String()}, {Name: "最近测评", Text: g.AssessedOn.String()}, {Name: "测评机构", Text: g.Agency}, next}}, web.History(d.History))
	return v
}

func (h *Handler) grade(w http.ResponseWriter, r *http.Request) error {
	d, err := h.protection.GradeDossier(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newGradeView(d, d.Grade.In(scopeFor(r, authz.RecordManage)), web.FrameOf(r).Today))
}

func newGradeForm(unit, object web.Field, g protection.Grade) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记等级保护"}, Trail: []web.Crumb{{Name: "等级保护", Href: gradesPath}}}}
	cancel := gradesPath
	var fields []web.Field
	if g.ID == "" {
		fields = append(fields, unit, object, web.Field{Name: "platform", Label: "平台名称", Max: 60, Hint: "登记集约化平台时填写"})
	} else {
		v.Heading, cancel = web.Heading{Title: "修改定级备案", Above: g.Of.Name}, g.Link()
		v.Trail = append(v.Trail, web.Crumb{Name: g.Of.Name, Href: g.Link()})
	}
	level := ""
	if g.Level > 0 {
		level = strconv.Itoa(g.Level)
	}
	fields = append(fields, web.Field{Kind: web.Select, Name: "level", Label: "保护等级", Required: true, Options: options("请选择", levels), Value: level, Narrow: true},
		web.Field{Name: "filing", Label: "备案证明编号", Max: 60, Value: g.Filing, Narrow: true, Hint: "第二级以上应向公安机关备案"},
		web.Field{Kind: web.DateField, Name: "filed_on", Label: "备案日期", Value: g.FiledOn.String(), Narrow: true})
	v.Form = web.Form{Key: "grade" + g.ID, Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "保存定级备案"}}, Cancel: web.Link{Text: "取消", Href: cancel}}
	return v
}

// chosenUnit is the unit in the address, else the person's own.
func chosenUnit(r *http.Request) org.UnitID {
	if u := r.URL.Query().Get("unit"); u != "" {
		return org.UnitID(u)
	}
	id, _ := authz.SessionFrom(r.Context()).Unit()
	return org.UnitID(id)
}

// parts of a form that begins with a unit and one of its objects.
func (h *Handler) parts(r *http.Request, unit org.UnitID) (who, what web.Field, find web.Filter, err error) {
	scope := scopeFor(r, authz.RecordManage)
	if _, err := h.org.Unit(r.Context(), scope, unit); err != nil {
		unit = "" // of another scope, or named in words
	}
	if who, err = picker.Field(r.Context(), h.org, scope, "unit", "单位", unit); err != nil {
		return who, what, find, err
	}
	what, err = h.objectField(r, scope, unit)
	if who.Kind == web.Select && len(who.Options) > 1 {
		chooser := who
		chooser.Required = false
		find = web.Filter{Action: r.URL.Path, Total: -1, Fields: []web.Field{chooser}}
		who = web.Field{Kind: web.Hidden, Name: "unit", Value: string(unit)}
	}
	return who, what, find, err
}

func (h *Handler) showNewGrade(w http.ResponseWriter, r *http.Request) error {
	who, what, find, err := h.parts(r, chosenUnit(r))
	if err != nil {
		return err
	}
	v := newGradeForm(who, what, protection.Grade{})
	v.Find = find
	return formPage.Render(w, r, v)
}

func readGrade(r *http.Request) (protection.Grade, error) {
	g := protection.Grade{Of: subjectOf(r), Filing: web.Typed(r, "filing")}
	g.Level, _ = strconv.Atoi(web.Typed(r, "level")) // what is no level is refused as 0
	var err error
	g.FiledOn, err = web.DayOf(r, "filed_on", "备案日期")
	return g, err
}

func (h *Handler) addGrade(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	g, err := readGrade(r)
	if err == nil {
		var u org.Unit
		if u, err = picker.Unit(r, h.org, scope, "unit"); err == nil {
			g.Unit = u.ID
			g, err = h.protection.SaveGrade(r.Context(), scope, g)
		}
	}
	if !web.Mendable(err) {
		return h.answer(w, r, formView{}, err, g.Link(), "等级保护已登记，请继续登记测评。")
	}
	who, what, find, formErr := h.parts(r, org.UnitID(web.Typed(r, "unit")))
	if formErr != nil {
		return formErr
	}
	v := newGradeForm(who, what, protection.Grade{})
	v.Find = find
	return h.answer(w, r, v, err, "", "")
}

func (h *Handler) showGrade(w http.ResponseWriter, r *http.Request) error {
	g, err := h.protection.Grade(r.Context(), h.db, authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newGradeForm(web.Field{}, web.Field{}, g))
}

func (h *Handler) changeGrade(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	g, err := h.protection.Grade(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := readGrade(r)
	n.ID = g.ID
	if err == nil {
		_, err = h.protection.SaveGrade(r.Context(), scope, n)
	}
	return h.answer(w, r, newGradeForm(web.Field{}, web.Field{}, g), err, g.Link(), "定级备案已更新。")
}

func newAssessForm(g protection.Grade) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "登记测评", Above: g.Of.Name}, Trail: []web.Crumb{{Name: "等级保护", Href: gradesPath}, {Name: g.Of.Name, Href: g.Link()}},
		Form: web.Form{Upload: true, Key: "assess" + g.ID, Sections: []web.Section{{Fields: []web.Field{{Kind: web.DateField, Name: "on", Label: "测评日期", Required: true, Narrow: true}, {Name: "agency", Label: "测评机构", Required: true, Max: 80},
			{Name: "result", Label: "测评结论", Required: true, Max: 500, Hint: "如 优、良、中、差，或报告中的结论"}, {Kind: web.File, Name: "file", Label: "测评报告", Required: true, Accept: approval.Accept, Hint: fileHint}}}},
			Buttons: []web.Button{{Label: "登记测评"}}, Cancel: web.Link{Text: "取消", Href: g.Link()}}}}
}

func (h *Handler) showAssess(w http.ResponseWriter, r *http.Request) error {
	g, err := h.protection.Grade(r.Context(), h.db, authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newAssessForm(g))
}

func (h *Handler) assess(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	g, err := h.protection.Grade(r.Context(), h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := newAssessForm(g)
	a := protection.Assessment{Agency: web.Typed(r, "agency"), Result: web.Typed(r, "result")}
	file, done, err := web.Attachment(r, "file")
	defer done()
	if err == nil {
		a.On, err = web.DayOf(r, "on", "测评日期")
	}
	if err == nil {
		g, err = h.protection.Assess(r.Context(), scope, g.ID, a, file)
	}
	said := "测评已登记。"
	if !g.Next.IsZero() {
		said = "测评已登记，下次测评 " + g.Next.Chinese() + "前（周期未核实）。"
	}
	return h.answer(w, r, v, err, gradesPath+"/"+r.PathValue("id"), said)
}

func newGapList(list []protection.UnitGaps, total int) page {
	v := page{web.ListView{Heading: web.Heading{Title: "安全缺口", Lead: "各单位等级保护、设备证书和托管记录的缺项；数字可点开对应的列表。"},
		Filter: web.Filter{Action: gapsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "单位", Hint: "名称或拼音首字母"}, {Kind: web.Check, Name: "wrong", Label: "只看有缺口的"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "安全缺口", Quiet: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "未定级", Number: true}, {Head: "未备案", Number: true}, {Head: "测评逾期或缺失", Number: true}, {Head: "证书缺失或到期", Number: true}, {Head: "未登记托管", Number: true}, {Head: "境外托管", Number: true}},
			Empty: web.Empty{Title: "没有符合条件的单位"}}}}
	for _, g := range list {
		q := "?wrong=on&unit=" + url.QueryEscape(string(g.Unit))
		cell := func(n int, href string) web.Cell {
			c := web.Figure(n)
			if n > 0 {
				c.Href = href
			}
			return c
		}
		kind := web.Neutral
		if g.Abroad > 0 {
			kind = web.Danger
		} else if g.Total() > 0 {
			kind = web.Warn
		}
		sites := "/console/sites?unit=" + url.QueryEscape(string(g.Unit))
		v.Table.Rows = append(v.Table.Rows, web.Row{Kind: kind, Cells: []web.Cell{web.Linked(g.UnitName, "/console/units/"+url.PathEscape(string(g.Unit))), cell(g.Ungraded, sites), cell(g.Unfiled, gradesPath+q), cell(g.Late, gradesPath+q), cell(g.Uncertified, assetsPath+q), cell(g.Unhosted, sites), cell(g.Abroad, hostingPath+q)}})
	}
	return v
}

func (h *Handler) gaps(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.protection.Gaps(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return h.renderList(w, r, newGapList(list, total), gapsPath, total)
}

func (h *Handler) exportGaps(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	var rows [][]any
	for f.Limit, f.Offset = 500, 0; ; f.Offset += f.Limit {
		list, total, err := h.protection.Gaps(r.Context(), authz.ScopeFrom(r.Context()), f)
		if err == nil {
			err = web.MostExported(total, maxExport, "行")
		}
		if err != nil {
			return err
		}
		for _, g := range list {
			rows = append(rows, []any{g.UnitName, g.Ungraded, g.Unfiled, g.Late, g.Uncertified, g.Unhosted, g.Abroad})
		}
		if len(list) < f.Limit {
			break
		}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "安全缺口", Columns: []official.Column{{Title: "单位", Width: 30}, {Title: "未定级"}, {Title: "未备案"}, {Title: "测评逾期或缺失", Width: 16}, {Title: "证书缺失或到期", Width: 16}, {Title: "未登记托管", Width: 14}, {Title: "境外托管"}}, Rows: slices.Values(rows)}, "安全缺口")
}
