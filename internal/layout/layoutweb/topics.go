package layoutweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

func missingBlock() error { return fault.Missing("版块") }

// topicList is GET /console/topics.
type topicList struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

func (topicList) Title() string       { return "专题" }
func (topicList) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "专题"}) }

var topicTones = map[string]web.Tone{layout.TopicDraft: web.Warn, layout.TopicRunning: web.Good, layout.TopicArchived: web.Neutral, layout.TopicDropped: web.Neutral}

func endCell(t layout.Topic, today calendar.Date) web.Cell {
	if t.State == layout.TopicArchived {
		return web.Cell{Text: calendar.DateOf(t.ArchivedAt).String(), Note: "归档", Keep: true}
	}
	c := web.Day(t.EndsOn)
	if t.State == layout.TopicRunning {
		switch left := t.EndsOn.Sub(today); {
		case left < 0:
			c.Tags = []web.Tag{{Kind: web.Danger, Text: "已过，即将归档"}}
		case left <= 7:
			c.Tags = []web.Tag{{Kind: web.Warn, Text: fmt.Sprintf("还有 %d 天", left)}}
		default:
			c.Note = fmt.Sprintf("还有 %d 天", left)
		}
	}
	return c
}

func newTopicList(list []layout.Topic, sites []web.Option, site string, today calendar.Date) topicList {
	v := topicList{Heading: web.Heading{Title: "专题", Lead: "专题都有结束日期：到期前七天提醒责任人，到期自动归档，页面保留。"},
		Filter: web.Filter{Action: "/console/topics", Fields: []web.Field{{Kind: web.Select, Name: "site", Label: "网站", Options: append([]web.Option{{Label: "全部"}}, sites...)},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "全部"}, {Value: layout.TopicRunning, Label: "进行中"}, {Value: layout.TopicDraft, Label: "正在编排"}, {Value: layout.TopicArchived, Label: "已归档"}}}}},
		Table: web.Table{Caption: "专题", Quiet: true, Columns: []web.Column{{Head: "专题", Wide: true}, {Head: "责任人"}, {Head: "结束"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有专题", Text: "在“网站编排”选一个网站，新建专题。", Act: web.Act{Text: "网站编排", Href: path}}}}
	if site != "" {
		v.Heading.Acts = []web.Act{{Text: "新建专题", Href: "/console/sites/" + url.PathEscape(site) + "/topics/new", Primary: true}}
		v.Table.Empty.Act = v.Heading.Acts[0]
	}
	for _, t := range list {
		name := web.Linked(t.Title, t.Link())
		name.Note = t.SiteName
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(t.OwnerName), endCell(t, today), web.Tagged(web.Tag{Kind: topicTones[t.State], Text: layout.TopicMachine.Name(t.State)})}})
	}
	return v
}

// siteOptions are the sites one may compose, for a filter.
func (h *Handler) siteOptions(ctx context.Context, scope authz.Scope) ([]web.Option, error) {
	list, _, err := h.registry.Sites(ctx, scope, registry.SiteFilter{Hosted: true, Limit: 200})
	var out []web.Option
	for _, s := range list {
		out = append(out, web.Option{Value: string(s.ID), Label: s.Name})
	}
	return out, err
}

func (h *Handler) topics(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	scope := authz.ScopeFrom(ctx)
	sites, err := h.siteOptions(ctx, scope)
	if err != nil {
		return err
	}
	list, total, err := h.layouts.TopicsOf(ctx, scope, layout.TopicFilter{Site: registry.SiteID(q.Get("site")), State: q.Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	site := q.Get("site")
	if site == "" && len(sites) == 1 {
		site = sites[0].Value
	}
	v := newTopicList(list, sites, site, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Filter.Total, v.Pager = total, web.PagerOf(r, total, perPage)
	return topicsPage.Render(w, r, v)
}

func topicCrumbs(last ...web.Crumb) []web.Crumb {
	return append(crumbs(web.Crumb{Name: "专题", Href: "/console/topics"}), last...)
}

func newTopicForm(site registry.Site, t layout.Topic, people []org.Person) formView {
	v := formView{name: "新建专题", trail: topicCrumbs(web.Crumb{Name: "新建专题"}), Heading: web.Heading{Title: "新建专题", Above: site.Name, Lead: "先填这些，再编排版块，预览后发布。"},
		Form: web.Form{Action: "/console/sites/" + url.PathEscape(string(site.ID)) + "/topics/new", Key: "topic-" + string(site.ID), Buttons: []web.Button{{Label: "新建专题"}}, Cancel: web.Link{Text: "取消", Href: "/console/topics"}}}
	slug := web.Field{Name: "slug", Label: "网址简称", Value: t.Slug, Required: true, Max: 40, Narrow: true, Hint: "小写字母、数字和短横线；专题网址是 /topics/简称/，发布后不变，归档后也不再给别的专题"}
	if t.ID != "" {
		v.name, v.trail = "修改专题", topicCrumbs(web.Crumb{Name: t.Title, Href: t.Link()}, web.Crumb{Name: "修改"})
		v.Heading = web.Heading{Title: "修改专题", Above: t.Title}
		v.Form.Action, v.Form.Key, v.Form.Buttons, v.Form.Cancel.Href = t.Link()+"/edit", "topic-"+string(t.ID), []web.Button{{Label: "保存专题"}}, t.Link()
		slug.ReadOnly, slug.Required = true, false
		slug.Hint = "网址不再改变"
	}
	who := []web.Option{{Label: "请选择"}}
	for _, p := range people {
		who = append(who, web.Option{Value: string(p.ID), Label: p.Name})
	}
	end := ""
	if !t.EndsOn.IsZero() {
		end = t.EndsOn.String()
	}
	v.Form.Sections = []web.Section{
		{Fields: []web.Field{{Kind: web.Hidden, Name: "rev", Value: fmt.Sprint(t.Rev)}, {Name: "title", Label: "专题名称", Value: t.Title, Required: true, Max: 40}, slug,
			{Kind: web.TextArea, Name: "intro", Label: "导语", Value: t.Intro, Required: true, Max: 500, Rows: 3, Hint: "第一句显示在首页的专题横幅上"},
			{Kind: web.DateField, Name: "ends_on", Label: "结束日期", Value: end, Required: true, Narrow: true, Hint: "到这一天结束后自动归档；需要延长的，到期前改这里"},
			{Kind: web.Select, Name: "owner", Label: "专题责任人", Value: string(t.Owner), Required: true, Options: who}}},
		{Legend: "横幅", Hint: "可以不放。图片先存到媒体库，再把它的地址填在这里。", Fields: []web.Field{{Name: "banner", Label: "图片地址", Value: t.Banner, Max: 200, Hint: "形如 /media/….jpg，宽 1200 像素以上"}, {Name: "banner_alt", Label: "替代文字", Value: t.BannerAlt, Max: 100, Hint: "图片上写了什么"}}},
	}
	return v
}

func readTopic(r *http.Request) layout.Topic {
	t := layout.Topic{Slug: typed(r, "slug"), Title: typed(r, "title"), Intro: typed(r, "intro"), Banner: typed(r, "banner"), BannerAlt: typed(r, "banner_alt"), Owner: org.PersonID(typed(r, "owner")), Rev: number(typed(r, "rev"))}
	if d, err := calendar.ParseDate(typed(r, "ends_on")); err == nil {
		t.EndsOn = d
	}
	return t
}

func (h *Handler) siteOf(r *http.Request) (registry.Site, []org.Person, error) {
	ctx := r.Context()
	s, err := h.registry.Site(ctx, authz.ScopeFrom(ctx), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return s, nil, err
	}
	people, err := h.layouts.People(ctx, authz.ScopeFrom(ctx), s)
	return s, people, err
}

func (h *Handler) newTopic(w http.ResponseWriter, r *http.Request) error {
	s, people, err := h.siteOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newTopicForm(s, layout.Topic{}, people))
}

func (h *Handler) planTopic(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	s, people, err := h.siteOf(r)
	if err != nil {
		return err
	}
	t := readTopic(r)
	t.Site = s.ID
	made, err := h.layouts.PlanTopic(ctx, authz.ScopeFrom(ctx), t)
	if web.Mendable(err) {
		v := newTopicForm(s, layout.Topic{}, people)
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, boardPath(layout.BoardID(made.ID)), "专题已建，请添加版块；发布前读者看不到。")
}

// topicView is GET /console/topics/{id}.
type topicView struct {
	name    string
	Heading web.Heading
	Alerts  []web.Alert
	Summary web.Summary
	Archive web.Form
	Drop    web.Form
	Steps   web.Timeline
}

func (v topicView) Title() string       { return v.name }
func (v topicView) Crumbs() []web.Crumb { return topicCrumbs(web.Crumb{Name: v.name}) }

func newTopicView(t layout.Topic, steps []passage.Step, mayPublish bool, today calendar.Date) topicView {
	v := topicView{name: t.Title, Heading: web.Heading{Title: t.Title, Above: t.SiteName, Lead: t.Intro, Tags: []web.Tag{{Kind: topicTones[t.State], Text: layout.TopicMachine.Name(t.State)}}}}
	board := boardPath(layout.BoardID(t.ID))
	if t.Open() {
		v.Heading.Acts = []web.Act{{Text: "编排版块", Href: board, Primary: true}, {Text: "修改专题", Href: t.Link() + "/edit"}, {Text: "预览", Href: board + "/preview"}}
	} else {
		v.Heading.Acts = []web.Act{{Text: "预览", Href: board + "/preview"}}
	}
	if t.State == layout.TopicRunning {
		if left := t.EndsOn.Sub(today); left <= 7 {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: fmt.Sprintf("还有 %d 天结束", max(left, 0)), Text: "需要延长的，请修改结束日期；不改的，到期自动归档：页面保留，标明“已归档”，离开首页和导航。"})
		}
		if mayPublish {
			v.Archive = web.Form{Action: t.Link() + "/archive", Sections: []web.Section{{Legend: "提前归档", Hint: "归档后页面保留，内容不再变动，不能再恢复为进行中。", Fields: []web.Field{{Name: "why", Label: "原因", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "归档专题", Kind: web.Danger}}}
		}
	}
	if t.State == layout.TopicDraft {
		v.Drop = web.Form{Action: t.Link() + "/drop", Sections: []web.Section{{Legend: "不做了", Hint: "还没有发布过的专题可以放弃。"}}, Buttons: []web.Button{{Label: "放弃专题", Plain: true}}}
	}
	end := t.EndsOn.String()
	terms := []web.Term{{Name: "网址", Text: t.Path()}, {Name: "责任人", Text: t.OwnerName}, {Name: "结束日期", Text: end}}
	if !t.ArchivedAt.IsZero() {
		terms = append(terms, web.Term{Name: "归档时间", Text: web.Minute(t.ArchivedAt)})
	}
	if t.Banner != "" {
		terms = append(terms, web.Term{Name: "横幅", Text: t.Banner, Note: t.BannerAlt})
	}
	v.Summary = web.Summary{Terms: terms}
	v.Steps = web.Timeline{Title: "经过"}
	for _, s := range steps {
		v.Steps.Events = append(v.Steps.Events, web.Event{At: s.At, Title: layout.TopicMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	return v
}

func topicOf(r *http.Request) layout.TopicID { return layout.TopicID(r.PathValue("id")) }

func (h *Handler) topic(w http.ResponseWriter, r *http.Request) error {
	return h.showTopic(w, r, nil)
}

func (h *Handler) showTopic(w http.ResponseWriter, r *http.Request, wrong error) error {
	ctx := r.Context()
	scope := authz.ScopeFrom(ctx)
	all := authz.SessionFrom(ctx).ScopeFor(authz.SiteCompose)
	t, err := h.layouts.Topic(ctx, all, topicOf(r))
	if err != nil {
		return err
	}
	steps, err := h.layouts.TopicHistory(ctx, all, t.ID)
	if err != nil {
		return err
	}
	s, err := h.registry.Site(ctx, all, t.Site)
	if err != nil {
		return err
	}
	_ = scope
	v := newTopicView(t, steps, s.In(authz.SessionFrom(ctx).ScopeFor(authz.SitePublish)), web.FrameOf(r).Today)
	if wrong != nil {
		v.Archive.Fill(r.PostForm)
		v.Archive.Wrong(wrong)
		if v.Archive.Summary.Empty() || len(v.Archive.Sections) == 0 {
			v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有办成", Text: fault.Of(wrong).Says}}, v.Alerts...)
		}
		return topicPage.RenderStatus(w, r, web.StatusOf(wrong), v)
	}
	return topicPage.Render(w, r, v)
}

func (h *Handler) editTopic(w http.ResponseWriter, r *http.Request) error {
	t, s, people, err := h.topicAnd(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newTopicForm(s, t, people))
}

func (h *Handler) topicAnd(r *http.Request) (layout.Topic, registry.Site, []org.Person, error) {
	ctx := r.Context()
	scope := authz.ScopeFrom(ctx)
	t, err := h.layouts.Topic(ctx, scope, topicOf(r))
	if err != nil {
		return t, registry.Site{}, nil, err
	}
	s, err := h.registry.Site(ctx, scope, t.Site)
	if err != nil {
		return t, s, nil, err
	}
	people, err := h.layouts.People(ctx, scope, s)
	return t, s, people, err
}

func (h *Handler) setTopic(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	before, s, people, err := h.topicAnd(r)
	if err != nil {
		return err
	}
	t := readTopic(r)
	t.ID, t.Slug = before.ID, before.Slug
	if t, err = h.layouts.SetTopic(ctx, authz.ScopeFrom(ctx), t); web.Mendable(err) {
		v := newTopicForm(s, before, people)
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	} else if err != nil {
		return err
	}
	return web.Done(w, r, before.Link(), "专题已保存，结束日期 "+t.EndsOn.String()+"。")
}

func (h *Handler) archiveTopic(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	t, err := h.layouts.Archive(ctx, authz.ScopeFrom(ctx), topicOf(r), typed(r, "why"))
	if web.Mendable(err) {
		return h.showTopic(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, t.Link(), "专题已归档，页面保留并标明“已归档”。")
}

func (h *Handler) dropTopic(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	err := h.layouts.Drop(ctx, authz.ScopeFrom(ctx), topicOf(r))
	if web.Mendable(err) {
		return h.showTopic(w, r, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/topics", "专题已放弃。")
}
