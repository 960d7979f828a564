package layoutweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
	"zhengshu/internal/notice"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// barView is GET /console/sites/{id}/bar.
type barView struct {
	name    string
	Heading web.Heading
	Alerts  []web.Alert
	LawTo   string
	Law     web.Table
	Hung    web.Table
	Form    web.Form
	Past    web.Table
}

func (v barView) Title() string       { return v.name }
func (v barView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: v.name}) }

func barForm(action string, b layout.Bar, today calendar.Date) web.Form {
	from, to := today.String(), ""
	if !b.StartsOn.IsZero() {
		from, to = b.StartsOn.String(), b.EndsOn.String()
	}
	return web.Form{Action: action, Sections: []web.Section{{Legend: "悬挂一条公告", Fields: []web.Field{{Kind: web.Hidden, Name: "rev", Value: strconv.Itoa(b.Rev)},
		{Name: "title", Label: "公告标题", Value: b.Title, Required: true, Max: 60}, {Name: "href", Label: "网址", Value: b.Href, Required: true, Max: 500, Hint: "公告页面的地址，站内的从 / 开始"},
		{Kind: web.DateField, Name: "starts_on", Label: "开始日期", Value: from, Required: true, Narrow: true}, {Kind: web.DateField, Name: "ends_on", Label: "结束日期", Value: to, Required: true, Narrow: true, Hint: "这一天过后自动离开公告栏"}}}},
		Buttons: []web.Button{{Label: "悬挂公告"}}}
}

func newBarView(s registry.Site, law []layout.Law, hung, past []layout.Bar, may bool, today calendar.Date) barView {
	v := barView{name: s.Name + "公告栏", LawTo: "/console/sites/" + url.PathEscape(string(s.ID)) + "/bar/down",
		Heading: web.Heading{Title: "公告栏", Above: s.Name, Lead: "依法悬挂的公告排在最前，期满前不能撤下；其他公告按日期自动上下。首页和长辈版首页都显示。"},
		Law: web.Table{Caption: "依法悬挂（第七条、第八条）", RowHead: 0, Columns: []web.Column{{Head: "公告", Wide: true}, {Head: "种类"}, {Head: "悬挂至"}, {Head: ""}},
			Empty: web.Empty{Title: "没有依法悬挂的公告", Text: "开通、临时下线、关停迁移的公告登记网址后，自动出现在这里和首页。", Act: web.Act{Text: "公告悬挂", Href: "/console/notices"}}},
		Hung: web.Table{Caption: "编辑发布的公告", RowHead: 0, Columns: []web.Column{{Head: "公告", Wide: true}, {Head: "日期"}, {Head: "状态"}, {Head: ""}}, Empty: web.Empty{Title: "没有编辑发布的公告"}},
		Past: web.Table{Caption: "最近离开公告栏的", RowHead: 0, Columns: []web.Column{{Head: "公告", Wide: true}, {Head: "离开"}, {Head: "原因", Wide: true}}}}
	for _, l := range law {
		until := web.Cell{Text: "恢复为止"}
		if l.Kind != sx2021.OfflineNotice {
			until = web.Cell{Text: "看到公告后起算"}
			if !l.HangUntil.IsZero() {
				until = web.Day(l.HangUntil)
				until.Note = fmt.Sprintf("还要 %d 天", l.DaysLeft())
			}
		}
		name := web.Linked(l.Text, l.Link())
		name.Note = l.Href
		if l.Shut {
			name.Tags, name.Note = []web.Tag{{Kind: web.Danger, Text: "页面不公开，没有悬挂"}}, l.Href+"。请恢复公开这篇稿件，或者另发公告并登记新网址"
		}
		acts := web.Cell{}
		if may {
			acts.Parts = []web.Component{web.Button{Label: "撤下", Name: "notice", Value: string(l.ID), Plain: true, Note: l.Text}}
		}
		v.Law.Rows = append(v.Law.Rows, web.Row{Cells: []web.Cell{name, web.Text(notice.KindName(l.Kind)), until, acts}})
	}
	for i, b := range hung {
		tag := web.Tag{Kind: web.Good, Text: fmt.Sprintf("悬挂中，还有 %d 天", b.EndsOn.Sub(today)+1)}
		if today.Before(b.StartsOn) {
			tag = web.Tag{Kind: web.Info, Text: "还没开始"}
		} else if today.After(b.EndsOn) {
			tag = web.Tag{Text: "已到期"}
		}
		if b.Shut {
			tag = web.Tag{Kind: web.Danger, Text: "页面不公开，没有悬挂"}
		}
		name := web.Text(b.Title)
		name.Note = b.Href
		at := "/console/bar/" + url.PathEscape(string(b.ID))
		acts := web.Cell{}
		if may {
			acts.Links = []web.Link{{Text: "修改、撤下", Href: at, Note: b.Title}}
			if i > 0 {
				acts.Parts = append(acts.Parts, web.Button{Label: "上移", Name: "step", Value: "up", Action: at + "/move", Plain: true, Note: b.Title})
			}
			if i < len(hung)-1 {
				acts.Parts = append(acts.Parts, web.Button{Label: "下移", Name: "step", Value: "down", Action: at + "/move", Plain: true, Note: b.Title})
			}
		}
		v.Hung.Rows = append(v.Hung.Rows, web.Row{Cells: []web.Cell{name, {Text: b.StartsOn.String() + " 至 " + b.EndsOn.String(), Note: b.By}, web.Tagged(tag), acts}})
	}
	for _, b := range past {
		v.Past.Rows = append(v.Past.Rows, web.Row{Cells: []web.Cell{web.Text(b.Title), web.When(b.DownAt), web.Text(b.DownWhy)}})
	}
	if may {
		v.Form = barForm("/console/sites/"+url.PathEscape(string(s.ID))+"/bar", layout.Bar{}, today)
		v.Form.Key = "bar-" + string(s.ID)
	}
	return v
}

func (h *Handler) bar(w http.ResponseWriter, r *http.Request) error {
	v, err := h.barOf(r)
	if err != nil {
		return err
	}
	return barPage.Render(w, r, v)
}

func (h *Handler) barOf(r *http.Request) (barView, error) {
	ctx := r.Context()
	session := authz.SessionFrom(ctx)
	s, law, hung, past, err := h.layouts.BarOf(ctx, authz.ScopeFrom(ctx), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return barView{}, err
	}
	return newBarView(s, law, hung, past, s.In(session.ScopeFor(authz.SitePublish)), web.FrameOf(r).Today), nil
}

func readBar(r *http.Request) layout.Bar {
	b := layout.Bar{Title: typed(r, "title"), Href: typed(r, "href"), Rev: number(typed(r, "rev"))}
	if d, err := calendar.ParseDate(typed(r, "starts_on")); err == nil {
		b.StartsOn = d
	}
	if d, err := calendar.ParseDate(typed(r, "ends_on")); err == nil {
		b.EndsOn = d
	}
	return b
}

func (h *Handler) hang(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b := readBar(r)
	b.Site = registry.SiteID(r.PathValue("id"))
	_, err := h.layouts.Hang(ctx, authz.ScopeFrom(ctx), b)
	if web.Mendable(err) {
		v, again := h.barOf(r)
		if again != nil {
			return again
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return barPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(b.Site)+"/bar", "已悬挂，几秒后在首页看到。")
}

// lawDown answers for what hangs by law.
func (h *Handler) lawDown(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	site := registry.SiteID(r.PathValue("id"))
	err := h.layouts.TakeDownLaw(ctx, authz.ScopeFrom(ctx), site, notice.ID(typed(r, "notice")))
	if !web.Mendable(err) {
		return err
	}
	v, again := h.barOf(r)
	if again != nil {
		return again
	}
	f := fault.Of(err)
	text := f.Says
	for _, reason := range f.Reasons {
		text = reason.Citation + "：" + reason.Says
	}
	v.Alerts = []web.Alert{{Kind: web.Danger, Title: "这条公告还不能撤下", Text: text}}
	return barPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func newBarNotice(b layout.Bar, today calendar.Date) formView {
	at := "/console/bar/" + url.PathEscape(string(b.ID))
	back := "/console/sites/" + string(b.Site) + "/bar"
	v := formView{name: "修改公告", trail: crumbs(web.Crumb{Name: "公告栏", Href: back}, web.Crumb{Name: b.Title}), Heading: web.Heading{Title: b.Title, Above: b.SiteName, Tags: []web.Tag{{Text: layout.BarMachine.Name(b.State)}}}}
	if b.State != layout.BarHung {
		v.Alerts = []web.Alert{{Kind: web.Info, Title: "已离开公告栏", Text: b.DownWhy, Links: []web.Link{{Text: "回到公告栏", Href: back}}}}
		return v
	}
	v.Form = barForm(at, b, today)
	v.Form.Sections[0].Legend = "修改"
	v.Form.Buttons, v.Form.Cancel = []web.Button{{Label: "保存公告"}}, web.Link{Text: "取消", Href: back}
	v.More = []web.Form{{Action: at + "/down", Sections: []web.Section{{Legend: "提前撤下", Hint: "通向依法悬挂的公告的，期满前不能撤下。", Fields: []web.Field{{Name: "why", Label: "撤下原因", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "撤下公告", Kind: web.Danger}}}}
	return v
}

func barID(r *http.Request) layout.BarID { return layout.BarID(r.PathValue("id")) }

func (h *Handler) barNotice(w http.ResponseWriter, r *http.Request) error {
	return h.showBarNotice(w, r, 0, nil)
}

// showBarNotice shows one notice; wrong is put on the nth form.
func (h *Handler) showBarNotice(w http.ResponseWriter, r *http.Request, n int, wrong error) error {
	b, err := h.layouts.BarNotice(r.Context(), authz.ScopeFrom(r.Context()), barID(r))
	if err != nil {
		return err
	}
	v := newBarNotice(b, web.FrameOf(r).Today)
	if wrong == nil {
		return formPage.Render(w, r, v)
	}
	if len(v.More) == 0 {
		return wrong
	}
	f := &v.Form
	if n == 1 {
		f = &v.More[0]
	}
	f.Fill(r.PostForm)
	f.Wrong(wrong)
	return formPage.RenderStatus(w, r, web.StatusOf(wrong), v)
}

func (h *Handler) rehang(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b := readBar(r)
	b.ID = barID(r)
	now, err := h.layouts.Rehang(ctx, authz.ScopeFrom(ctx), b)
	if web.Mendable(err) {
		return h.showBarNotice(w, r, 0, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(now.Site)+"/bar", "公告已修改。")
}

func (h *Handler) moveBar(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	scope := authz.ScopeFrom(ctx)
	b, err := h.layouts.BarNotice(ctx, scope, barID(r))
	if err != nil {
		return err
	}
	if err := h.layouts.MoveBar(ctx, scope, b.ID, registry.Step(typed(r, "step"))); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(b.Site)+"/bar", "次序已调整。")
}

func (h *Handler) takeDown(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := h.layouts.TakeDown(ctx, authz.ScopeFrom(ctx), barID(r), typed(r, "why"))
	if web.Mendable(err) {
		return h.showBarNotice(w, r, 1, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+string(b.Site)+"/bar", "公告已撤下，几秒后首页不再显示。")
}
