package appearanceweb

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/passage"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const frontsPath = "/console/front-pages"

func frontTag(f appearance.Front) web.Tag {
	switch f.State {
	case appearance.Live:
		return web.Tag{Kind: web.Danger, Text: "正在使用"}
	case appearance.Proposed:
		return web.Tag{Kind: web.Warn, Text: "待批准"}
	}
	return web.Tag{Text: appearance.Machine.Name(f.State)}
}

// frontsView is GET /console/front-pages.
type frontsView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (frontsView) Title() string { return "应急首页" }

// Crumbs of the page.
func (frontsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: "应急首页"}}
}

func newFronts(list []appearance.Front, site string) frontsView {
	v := frontsView{Heading: web.Heading{Title: "应急首页", Lead: "地震、洪水等紧急情况下代替首页的简短页面。一人提出，另一人批准后几秒内公开；平时的首页移到 " + theme.UsualHome + "，其他页面上方有紧急公告条。"}, Tabs: lookTabs(frontsPath),
		Table: web.Table{Caption: "应急首页", Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "站点"}, {Head: "状态"}, {Head: "提出"}, {Head: "批准"}, {Head: "自动撤下"}, {Head: "复核"}},
			Empty: web.Empty{Title: "没有用过应急首页", Text: "需要时从站点的“网站外观”页进入，选模板填写。"}}}
	if site != "" {
		v.Heading.Acts = []web.Act{{Text: "提出应急首页", Href: "/console/sites/" + url.PathEscape(site) + "/front-page", Primary: true}}
	}
	for _, f := range list {
		review := web.Text("")
		switch {
		case !f.ReviewedAt.IsZero():
			review = web.Cell{Text: f.Reviewer, Note: web.Minute(f.ReviewedAt)}
		case f.Ended():
			review = web.Tagged(web.Tag{Kind: web.Warn, Text: "待复核"})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Linked(f.Title, f.Link()), web.Text(f.SiteName), web.Tagged(frontTag(f)), {Text: f.Proposer, Note: web.Minute(f.ProposedAt)}, {Text: f.Approver, Note: web.Minute(f.ApprovedAt)}, web.When(f.Until), review}})
	}
	return v
}

func sampleFront(state string) appearance.Front {
	f := appearance.Front{ID: "01F", Site: "01S", SiteName: "云河县人民政府（演示）", UnitName: "云河县人民政府办公室", State: state, Title: "关于防汛应急响应的紧急公告", Body: "请沿河群众立即转移。\n不要前往河道。", Hotline: "12345", Links: []theme.Link{{Text: "转移路线", Href: "/contact.html"}}, Until: sampleAt.Add(48 * time.Hour), Reason: "强降雨", Proposer: "李某", ProposedAt: sampleAt}
	if state != appearance.Proposed {
		f.Approver, f.ApprovedAt = "赵某", sampleAt
	}
	if state == appearance.Lifted {
		f.EndedAt, f.EndedBy, f.EndedWhy = sampleAt, "赵某", "响应终止"
	}
	return f
}

func hostileFront() appearance.Front {
	bad := `<script>alert(1)</script>"'>`
	return appearance.Front{ID: `"><b>`, SiteName: bad, State: appearance.Lifted, Title: bad, Body: bad, Links: []theme.Link{{Text: bad, Href: "javascript:alert(1)"}}, Hotline: bad, Reason: bad, Proposer: bad, Approver: bad, EndedWhy: bad, Review: bad, Reviewer: bad}
}

var frontsPage = web.Define(views, "views/fronts.html", newFronts(nil, "01S"), newFronts([]appearance.Front{sampleFront(appearance.Live), sampleFront(appearance.Proposed), sampleFront(appearance.Lifted)}, ""), newFronts([]appearance.Front{hostileFront()}, `"><b>`))

func (h *Handler) fronts(w http.ResponseWriter, r *http.Request) error {
	site := r.URL.Query().Get("site")
	list, total, err := h.looks.Fronts(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(site), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newFronts(list, site)
	if !authz.SessionFrom(r.Context()).May(authz.ItemWrite) {
		v.Heading.Acts = nil
	}
	v.Pager = web.PagerOf(r, total, perPage)
	return frontsPage.Render(w, r, v)
}

// frontView is GET /console/front-pages/{id}.
type frontView struct {
	Heading web.Heading
	Summary web.Summary
	Forms   []web.Form
	Src     string
	History web.Timeline
	title   string
}

// Title of the document.
func (v frontView) Title() string { return v.title }

// Crumbs of the page.
func (v frontView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: "应急首页", Href: frontsPath}, {Name: v.title}}
}

func newFront(f appearance.Front, steps []passage.Step, write, final bool) frontView {
	at := f.Link()
	v := frontView{title: f.Title, Heading: web.Heading{Title: f.Title, Above: f.SiteName + "应急首页", Tags: []web.Tag{frontTag(f)}}, Src: frontsPath + "/" + url.PathEscape(f.ID) + "/page?page=emergency",
		Summary: web.Summary{Terms: []web.Term{{Name: "启用原因", Text: f.Reason}, {Name: "提出", Text: f.Proposer, Note: web.Minute(f.ProposedAt)}, {Name: "批准", Text: cmp.Or(f.Approver, "等待另一人批准"), Note: web.Minute(f.ApprovedAt)}, {Name: "自动撤下", Text: web.Minute(f.Until)},
			{Name: "平时的首页", Text: theme.UsualHome}}}}
	if !f.EndedAt.IsZero() {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "结束", Text: cmp.Or(f.EndedBy, "自动"), Note: web.Minute(f.EndedAt) + " " + f.EndedWhy})
	}
	if !f.ReviewedAt.IsZero() || f.Review != "" {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "事后复核", Text: f.Review, Note: f.Reviewer + " " + web.Minute(f.ReviewedAt)})
	}
	why := func(label, name string) []web.Section {
		return []web.Section{{Fields: []web.Field{{Name: name, Label: label, Required: true, Max: 300}}}}
	}
	switch {
	case f.State == appearance.Proposed:
		if final {
			v.Forms = append(v.Forms, web.Form{Action: at + "/approve", Buttons: []web.Button{{Label: "批准启用，立即公开", Kind: web.Danger}}, Sections: []web.Section{{Legend: "批准", Hint: "批准后几秒内代替首页。提出人不能自己批准。"}}},
				web.Form{Action: at + "/refuse", Buttons: []web.Button{{Label: "不同意，退回提出人", Plain: true}}, Sections: why("不同意的原因", "why")})
		}
		if write {
			v.Forms = append(v.Forms, web.Form{Action: at + "/withdraw", Buttons: []web.Button{{Label: "撤回", Plain: true}}})
		}
	case f.State == appearance.Live && final:
		v.Forms = append(v.Forms, web.Form{Action: at + "/lift", Buttons: []web.Button{{Label: "撤下应急首页", Kind: web.Danger}}, Sections: why("撤下原因", "why")})
	case f.Ended() && f.ReviewedAt.IsZero() && final:
		v.Forms = append(v.Forms, web.Form{Action: at + "/review", Buttons: []web.Button{{Label: "登记复核意见"}}, Sections: []web.Section{{Legend: "事后复核", Hint: "由提出人以外的人复核：内容是否准确、启用是否及时、有无要改进的地方。", Fields: []web.Field{{Kind: web.TextArea, Name: "review", Label: "复核意见", Required: true, Max: 1000}}}}})
	}
	v.History = web.Timeline{Title: "经过"}
	for _, s := range slices.Backward(steps) {
		v.History.Events = append(v.History.Events, web.Event{At: s.At, Title: appearance.Machine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	return v
}

var frontPage = web.Define(views, "views/front.html", newFront(sampleFront(appearance.Proposed), nil, true, true), newFront(sampleFront(appearance.Live), []passage.Step{{Seq: 1, Act: "propose", To: "proposed", At: sampleAt, ActorName: "李某", Note: "强降雨"}}, true, true), newFront(sampleFront(appearance.Lifted), nil, true, true), newFront(hostileFront(), []passage.Step{{Act: "<b>", ActorName: "<script>", Note: "<b>"}}, true, true))

func (h *Handler) showFront(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	f, err := h.looks.FrontOf(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	steps, err := h.looks.History(r.Context(), authz.ScopeFrom(r.Context()), f.ID)
	if err != nil {
		return err
	}
	p := authz.SessionFrom(r.Context())
	v := newFront(f, steps, p.MayAt(authz.ItemWrite, f.UnitID), p.MayAt(authz.ItemFinalReview, f.UnitID))
	if wrong != nil {
		for i := range v.Forms {
			if v.Forms[i].Action == r.URL.Path {
				v.Forms[i].Fill(r.PostForm)
				v.Forms[i].Wrong(wrong)
			}
		}
	}
	framing(w)
	return frontPage.RenderStatus(w, r, status, v)
}

func (h *Handler) front(w http.ResponseWriter, r *http.Request) error {
	return h.showFront(w, r, http.StatusOK, nil)
}

// frontPage is the page itself, for the frame: asked for by its name, as every
// page of a preview is.
func (h *Handler) frontPage(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("page") != "emergency" {
		return fault.Missing("样页")
	}
	f, err := h.looks.FrontOf(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	b, err := h.publisher.PreviewEmergency(r.Context(), f.Site, f.Page())
	return drawn(w, b, err)
}

// did answers an act on an emergency page.
func (h *Handler) did(w http.ResponseWriter, r *http.Request, f appearance.Front, err error, said string) error {
	if web.Mendable(err) {
		return h.showFront(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, f.Link(), said)
}

func (h *Handler) approve(w http.ResponseWriter, r *http.Request) error {
	f, err := h.looks.Approve(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	return h.did(w, r, f, err, "已批准，几秒内代替首页；其他页面的紧急公告条随后跟上。")
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request) error {
	f, err := h.looks.Refuse(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why"))
	return h.did(w, r, f, err, "已退回提出人。")
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	f, err := h.looks.Withdraw(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	return h.did(w, r, f, err, "已撤回。")
}

func (h *Handler) lift(w http.ResponseWriter, r *http.Request) error {
	f, err := h.looks.Lift(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why"))
	return h.did(w, r, f, err, "已撤下，几秒内恢复平时的首页。请在期限内复核。")
}

func (h *Handler) review(w http.ResponseWriter, r *http.Request) error {
	f, err := h.looks.ReviewAfter(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("review"))
	return h.did(w, r, f, err, "已登记复核意见。")
}

// proposeView is GET /console/sites/{id}/front-page.
type proposeView struct {
	web.FormView
}

func newPropose(site, name string, list []appearance.Template, chosen string, now time.Time) proposeView {
	base := "/console/sites/" + url.PathEscape(site) + "/front-page"
	v := proposeView{web.FormView{Heading: web.Heading{Title: "提出应急首页", Above: name, Lead: "写清楚发生了什么、群众该怎么做、去哪里求助。另一位有发布权限的人批准后公开。"},
		Trail: []web.Crumb{{Name: "台账", Href: "/console/sites"}, {Name: "应急首页", Href: frontsPath}},
		Form:  web.Form{Action: base, Key: "front-" + site, Buttons: []web.Button{{Label: "提出，请另一人批准"}}, Cancel: web.Link{Text: "不提出", Href: frontsPath}}}}
	if len(list) == 0 {
		return v
	}
	t := list[len(list)-1]
	tabs := web.Tabs{Label: "模板"}
	for _, x := range list {
		if x.Key == chosen {
			t = x
		}
	}
	for _, x := range list {
		tabs.Items = append(tabs.Items, web.Tab{Name: x.Name, Href: base + "?template=" + url.QueryEscape(x.Key), Current: x.Key == t.Key})
	}
	v.Before = []web.Component{tabs}
	var links []string
	for _, l := range t.Links {
		links = append(links, l.Text+" "+l.Href)
	}
	until := now.In(calendar.Shanghai).AddDate(0, 0, 3)
	v.Form.Sections = []web.Section{{Legend: "公开的内容", Fields: []web.Field{
		{Kind: web.Hidden, Name: "template", Value: t.Key},
		{Name: "title", Label: "标题", Value: t.Title, Required: true, Max: 60},
		{Kind: web.TextArea, Name: "body", Label: "正文", Value: t.Body, Required: true, Max: 1500, Rows: 8, Hint: "每行一段，最多 10 段；请把下划线处填写完整"},
		{Name: "hotline", Label: "求助电话", Value: t.Hotline, Max: 30, Narrow: true},
		{Kind: web.TextArea, Name: "links", Label: "链接", Value: strings.Join(links, "\n"), Rows: 3, Max: 1000, Hint: "每行一个：先写文字，空一格，再写网址（以 / 或 https:// 开头）"}}},
		{Legend: "启用", Fields: []web.Field{
			{Name: "reason", Label: "启用原因", Required: true, Max: 300},
			{Kind: web.DateField, Name: "until", Label: "自动撤下日期", Value: calendar.DateOf(until).String(), Required: true, Narrow: true, Hint: "这一天二十四时自动撤下；可以提前撤下"}}}}
	return v
}

var (
	sampleTemplates = []appearance.Template{{Key: "flood", Name: "洪水", Title: "关于防汛应急响应的紧急公告", Body: "请转移。", Hotline: "12345", Links: []theme.Link{{Text: "转移路线", Href: "/contact.html"}}}, {Key: "blank", Name: "其他（空白）"}}
	proposePage     = web.Define(views, "views/propose.html", newPropose("01S", "", nil, "", sampleAt), newPropose("01S", "云河县人民政府（演示）", sampleTemplates, "flood", sampleAt), newPropose(`"><b>`, "<script>", []appearance.Template{{Key: "<b>", Name: "<script>", Title: "<b>", Body: "</textarea><script>"}}, "", sampleAt))
)

func (h *Handler) proposal(r *http.Request) (proposeView, error) {
	s, err := h.looks.Of(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return proposeView{}, err
	}
	list, err := appearance.Templates()
	return newPropose(string(s.Site.ID), s.Site.Name, list, cmp.Or(r.FormValue("template"), "blank"), h.looks.DB.Now()), err
}

func (h *Handler) proposeForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.proposal(r)
	if err != nil {
		return err
	}
	return proposePage.Render(w, r, v)
}

func (h *Handler) propose(w http.ResponseWriter, r *http.Request) error {
	n := appearance.Front{Template: r.PostFormValue("template"), Title: r.PostFormValue("title"), Body: r.PostFormValue("body"), Hotline: r.PostFormValue("hotline"), Reason: r.PostFormValue("reason")}
	list, err := appearance.Templates()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(t appearance.Template) bool { return t.Key == n.Template }) {
		n.Template = ""
	}
	for line := range strings.Lines(r.PostFormValue("links")) {
		if line = strings.TrimSpace(line); line != "" {
			text, href := line, ""
			if i := strings.LastIndexAny(line, " \t　"); i >= 0 {
				text, href = strings.TrimSpace(line[:i]), strings.TrimLeft(line[i:], " \t　")
			}
			n.Links = append(n.Links, theme.Link{Text: text, Href: href})
		}
	}
	if d, err := calendar.ParseDate(r.PostFormValue("until")); err == nil {
		n.Until = d.End()
	}
	f, err := h.looks.Propose(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), n)
	if web.Mendable(err) {
		v, err2 := h.proposal(r)
		if err2 != nil {
			return err2
		}
		v.Again(r, err)
		return proposePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, f.Link(), "已提出，请另一位有发布权限的人批准。批准前读者看不到。")
}
