package appearanceweb

import (
	"fmt"
	"net/http"
	"net/url"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

const mourningsPath = "/console/mournings"

// mourningsView is GET /console/mournings.
type mourningsView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Table   web.Table
	Pager   web.Pager
	Declare web.Form
	End     web.Form
}

// Title of the document.
func (mourningsView) Title() string { return "哀悼灰度" }

// Crumbs of the page.
func (mourningsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: "哀悼灰度"}}
}

func newMournings(list []appearance.Mourning, areas []org.Area, ending string, today calendar.Date) mourningsView {
	v := mourningsView{Heading: web.Heading{Title: "哀悼灰度", Lead: "主管单位对管辖的全部站点统一设定，按日期自动开始、自动恢复；单个站点不能自己设定，也不能自己取消。"}, Tabs: lookTabs(mourningsPath),
		Table: web.Table{Caption: "哀悼期", Columns: []web.Column{{Head: "地区"}, {Head: "起止"}, {Head: "状态"}, {Head: "事由", Wide: true}, {Head: "文件依据"}, {Head: "设定"}, {Head: "站点", Number: true}},
			Empty: web.Empty{Title: "没有设定过哀悼期"}}}
	for _, m := range list {
		kind := web.Neutral
		if m.StateName(today) == "进行中" {
			kind = web.Warn
		}
		state := web.Tagged(web.Tag{Kind: kind, Text: m.StateName(today)})
		if m.EndedBy != "" {
			state.Note = m.EndedBy + "：" + m.EndedWhy
		}
		mine := false
		for _, a := range areas {
			mine = mine || a.ID == m.Area
		}
		if mine && m.Open(today) {
			state.Links = []web.Link{{Text: "提前结束", Href: mourningsPath + "?end=" + url.QueryEscape(m.ID) + "#end", Note: m.AreaName}}
			if m.ID == ending {
				v.End = web.Form{Action: mourningsPath + "/" + url.PathEscape(m.ID) + "/end", Cancel: web.Link{Text: "不结束", Href: mourningsPath}, Buttons: []web.Button{{Label: "提前结束" + m.AreaName + "哀悼期", Kind: web.Danger}},
					Sections: []web.Section{{Legend: "提前结束哀悼期", Hint: fmt.Sprintf("%d 个站点会恢复原来的颜色。", m.Sites), Fields: []web.Field{{Name: "why", Label: "原因", Required: true, Max: 200}}}}}
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(m.AreaName), {Text: m.From.Chinese() + "至" + m.Until.Chinese()}, state, web.Text(m.Reason), web.Text(m.Document), {Text: m.UnitName, Note: m.Person + " " + web.Minute(m.At)}, web.Figure(m.Sites)}})
	}
	if len(areas) > 0 {
		v.Declare = declareForm(areas)
	}
	return v
}

func declareForm(areas []org.Area) web.Form {
	f := web.Form{Action: mourningsPath, Buttons: []web.Button{{Label: "设定哀悼期"}}}
	var list []web.Option
	for _, a := range areas {
		list = append(list, web.Option{Value: string(a.ID), Label: a.Name})
	}
	f.Sections = []web.Section{{Legend: "设定哀悼期", Hint: "从开始日零时到结束日二十四时，地区内全部本平台承载的站点以灰度显示。", Fields: []web.Field{
		{Kind: web.Select, Name: "area", Label: "地区", Value: list[0].Value, Options: list, Required: true},
		{Kind: web.DateField, Name: "from", Label: "开始日期", Required: true, Narrow: true}, {Kind: web.DateField, Name: "until", Label: "结束日期", Required: true, Narrow: true},
		{Name: "reason", Label: "事由", Required: true, Max: 200}, {Name: "document", Label: "文件依据", Required: true, Max: 100, Hint: "文号或通知名称"}}}}
	return f
}

var (
	sampleDay   = calendar.Date{Year: 2026, Month: 4, Day: 4}
	sampleAreas = []org.Area{{ID: "a1", Name: "陕西省"}}
)

func sampleMourning() appearance.Mourning {
	return appearance.Mourning{ID: "01M", Area: "a1", AreaName: "陕西省", UnitName: "陕西省人民政府办公厅", From: sampleDay, Until: sampleDay, Reason: "全国性哀悼活动", Document: "国务院公告", Person: "王某", At: sampleAt, Sites: 12}
}

var mourningsPage = web.Define(views, "views/mournings.html", newMournings(nil, nil, "", sampleDay), newMournings([]appearance.Mourning{sampleMourning()}, sampleAreas, "01M", sampleDay),
	newMournings([]appearance.Mourning{{ID: `"><b>`, Area: "a1", AreaName: "<script>", UnitName: "<b>", Reason: "<script>", Document: "<b>", Person: "<b>", EndedBy: "<b>", EndedWhy: "<script>"}}, []org.Area{{ID: `"><b>`, Name: "<script>"}}, `"><b>`, sampleDay))

const perPage = 30

func (h *Handler) mourningList(r *http.Request) (mourningsView, error) {
	list, total, err := h.looks.Mournings(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return mourningsView{}, err
	}
	areas, err := h.looks.MourningAreas(r.Context(), authz.SessionFrom(r.Context()))
	v := newMournings(list, areas, r.URL.Query().Get("end"), web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return v, err
}

func (h *Handler) mournings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.mourningList(r)
	if err != nil {
		return err
	}
	return mourningsPage.Render(w, r, v)
}

func (h *Handler) declare(w http.ResponseWriter, r *http.Request) error {
	day := func(name string) calendar.Date {
		d, err := calendar.ParseDate(r.PostFormValue(name))
		if err != nil {
			return calendar.Date{} // refused as not filled in
		}
		return d
	}
	m, err := h.looks.Declare(r.Context(), authz.ScopeFrom(r.Context()), appearance.Mourning{Area: org.AreaID(r.PostFormValue("area")), From: day("from"), Until: day("until"), Reason: r.PostFormValue("reason"), Document: r.PostFormValue("document")})
	if web.Mendable(err) {
		v, err2 := h.mourningList(r)
		if err2 != nil {
			return err2
		}
		v.Declare.Fill(r.PostForm)
		v.Declare.Wrong(err)
		return mourningsPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, mourningsPath, "已设定"+m.AreaName+"哀悼期，"+m.From.Chinese()+"开始，"+m.Until.Chinese()+"结束后自动恢复。")
}

func (h *Handler) endMourning(w http.ResponseWriter, r *http.Request) error {
	if err := h.looks.EndMourning(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, mourningsPath, "已提前结束，站点正在恢复原来的颜色。")
}
