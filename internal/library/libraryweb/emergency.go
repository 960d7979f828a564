package libraryweb

import (
	"fmt"
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/web"
)

// plainList is a list of the review that needs nothing of its own.
type plainList struct{ web.ListView }

func (h *Handler) emergencies(w http.ResponseWriter, r *http.Request) error {
	waiting := r.URL.Query().Get("state") == "waiting"
	list, total, err := h.lib.Emergencies(r.Context(), authz.ScopeFrom(r.Context()), waiting, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newEmergencies(list, waiting, web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPlain.Render(w, r, v)
}

func newEmergencies(list []library.Emergency, waiting bool, today calendar.Date) plainList {
	v := plainList{web.ListView{Heading: web.Heading{Title: "应急发布", Lead: "一人审核先行发布的稿件，须由作者和放行人以外的人员补审；件数计入季度通报。"}, Trail: home[1:],
		Tabs:  web.Tabs{Label: "补审状态", Items: []web.Tab{{Name: "全部", Href: "/console/emergencies", Current: !waiting}, {Name: "待补审", Href: "/console/emergencies?state=waiting", Current: waiting}}},
		Table: web.Table{Caption: "应急发布", Quiet: true, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "单位"}, {Head: "放行"}, {Head: "补审"}}, Empty: web.Empty{Title: "没有应急发布的稿件"}}}}
	for _, e := range list {
		state := web.Cell{Tags: []web.Tag{{Kind: web.Good, Text: e.StateName()}}, Note: e.Signed() + " " + web.Minute(e.ReviewedAt)}
		switch e.Verdict {
		case library.Object:
			state.Tags[0].Kind = web.Danger
		case "":
			state = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: e.StateName()}}}
			if !e.Due.IsZero() {
				state = web.DueCell(e.Due, today)
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Link(), Note: "理由：" + e.Reason}, web.Text(e.UnitName), {Text: e.Releaser, Note: web.Minute(e.ReleasedAt)}, state}})
	}
	return v
}

func (h *Handler) afterPage(r *http.Request) (readPage, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	it, err := h.lib.Item(ctx, scope, idOf(r))
	if err != nil {
		return readPage{}, err
	}
	e, ok, err := h.lib.EmergencyOf(ctx, scope, it.ID)
	if err != nil {
		return readPage{}, err
	}
	if !ok {
		return readPage{}, fault.New(fault.NotFound, "这篇稿件没有走过应急通道，不需要补审。")
	}
	v, err := h.lib.Version(ctx, scope, it.ID, e.Version)
	if err != nil {
		return readPage{}, err
	}
	return newAfter(it, v, e, h.lib.MayReviewAfter(authz.SessionFrom(ctx), it, e)), nil
}

func newAfter(it library.Item, v library.Version, e library.Emergency, may bool) readPage {
	p := readPage{name: "补审：" + it.Title, trail: append(crumbs(web.Crumb{Name: "应急发布", Href: "/console/emergencies"}), web.Crumb{Name: it.Title, Href: it.Link()}, web.Crumb{Name: "补审"}),
		Heading: web.Heading{Title: "应急发布补审", Above: it.Title, Tags: tags(it), Lead: fmt.Sprintf("%s 由%s放行，第 %d 版，作者%s。", web.Minute(e.ReleasedAt), e.Releaser, e.Version, e.Author)},
		Above:   []web.Component{web.Alert{Kind: web.Warn, Title: "走应急通道的理由", Text: e.Reason}}, Item: v.Title, HTML: htmlOf(v), Open: may}
	switch {
	case e.Verdict != "":
		kind := web.Good
		if e.Verdict == library.Object {
			kind = web.Danger
		}
		p.Above = append(p.Above, web.Alert{Kind: kind, Title: e.StateName(), Text: e.Opinion + " " + e.Signed() + " " + web.Minute(e.ReviewedAt)})
	case !may:
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "补审由作者和放行人以外的审核人员办理。"})
	}
	if may {
		p.Form = web.Form{Action: it.Link() + "/after-review", Key: "after-" + string(it.ID), Sections: []web.Section{{Legend: "补审意见", Fields: []web.Field{
			{Kind: web.Radios, Name: "verdict", Label: "结论", Required: true, Options: []web.Option{{Value: library.Uphold, Label: "补审通过"}, {Value: library.Object, Label: "补审不通过", Hint: "立即通知单位撤稿或更正"}}},
			{Kind: web.TextArea, Name: "opinion", Label: "意见", Rows: 3, Max: 2000, Hint: "不通过时写明问题和处理意见"}, {Kind: web.Hidden, Name: "round", Value: strconv.Itoa(e.Round)}}}}, Buttons: []web.Button{{Label: "提交补审"}}, Cancel: web.Link{Text: "返回", Href: "/console/emergencies"}}
	}
	return p
}

func (h *Handler) showAfter(w http.ResponseWriter, r *http.Request) error {
	p, err := h.afterPage(r)
	if err != nil {
		return err
	}
	return readView.Render(w, r, p)
}

func (h *Handler) after(w http.ResponseWriter, r *http.Request) error {
	round, err := number(r.PostFormValue("round"))
	if err != nil {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	it, err := h.lib.ReviewAfter(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), round, r.PostFormValue("verdict"), r.PostFormValue("opinion"))
	if fault.Is(err, fault.Invalid) {
		p, again := h.afterPage(r)
		if again != nil {
			return again
		}
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return readView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, it.Link()+"/after-review", "补审意见已记录。")
}
