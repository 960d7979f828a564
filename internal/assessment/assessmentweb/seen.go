package assessmentweb

import (
	"fmt"
	"net/http"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// seenView is GET /console/orders/seen: what a person saw.
type seenView struct{ web.FormView }

// maxObjects bounds what the picker offers.
const maxObjects = 30

func newSeenView(objects []web.Option, find string, today calendar.Date) seenView {
	v := seenView{web.FormView{Heading: web.Heading{Title: "登记人工发现的问题", Lead: "机器看不出的问题由人登记，附上截图；整改后由答复人以外的人员核实。"},
		Trail: []web.Crumb{{Name: "整改通知", Href: ordersPath}},
		Find:  web.Filter{Action: ordersPath + "/seen", Total: -1, Fields: []web.Field{{Kind: web.SearchBox, Name: "find", Label: "查找网站或账号", Value: find, Max: 60}}},
		Form: web.Form{Upload: true, Key: "order-seen", Buttons: []web.Button{{Label: "登记问题"}}, Cancel: web.Link{Text: "返回", Href: ordersPath}, Sections: []web.Section{
			{Legend: "在哪里", Fields: []web.Field{
				{Kind: web.Select, Name: "object", Label: "网站或账号", Required: true, Options: append([]web.Option{{Label: "请选择"}}, objects...), Hint: fmt.Sprintf("没有列出的，用上面的“查找”按名称查找；最多列出%d个。", 2*maxObjects)},
				{Name: "place", Label: "位置", Max: 1000, Hint: "网页的完整网址，或推文的标题。"},
				{Kind: web.DateField, Name: "on", Label: "发现日期", Value: today.String(), Required: true, Narrow: true}}},
			{Legend: "是什么", Fields: []web.Field{
				{Kind: web.Select, Name: "cause", Label: "问题类别", Required: true, Options: causeOptions(assessment.ManualCauses(), "请选择")},
				{Kind: web.Radios, Name: "severity", Label: "严重程度", Required: true, Options: severityOptions[1:]},
				{Kind: web.TextArea, Name: "says", Label: "问题", Required: true, Max: 500, Rows: 3},
				{Name: "fix", Label: "整改建议", Max: 500},
				{Kind: web.File, Name: "file", Label: "截图等证据", Multiple: true, Accept: ".pdf,.png,.jpg,.jpeg,.docx,.xlsx", Hint: "PDF、图片或办公文档，最多5个，合计不超过20 MB。"}}}}}}}
	return v
}

// originOf is the record that the address names: selfcheck:01J….
func originOf(r *http.Request) assessment.Origin {
	kind, id, _ := strings.Cut(r.URL.Query().Get("from"), ":")
	return assessment.Origin{Kind: kind, ID: id}
}

// propose fills the form with what a failing line comes to.
func (v *seenView) propose(p assessment.Proposal) {
	v.Heading = web.Heading{Title: "列为问题", Above: p.Name, Lead: "把这份记录中的问题列入整改：核对对象、类别和严重程度后登记，随后可与其他问题一并下发整改通知；整改后由答复人以外的人员核实。", Acts: []web.Act{{Text: "查看来源", Href: p.Link}}}
	v.Form.Buttons = []web.Button{{Label: "列为问题"}}
	v.Form.Cancel.Href = p.Link
	v.Form.Key = "order-seen-" + p.From.Kind + p.From.ID
	for name, value := range map[string]string{"cause": p.Cause, "severity": string(p.Severity), "says": p.Says, "fix": p.Fix, "place": p.Place} {
		if f := v.Form.Field(name); f != nil {
			f.Value = value
		}
	}
	if !p.On.IsZero() {
		v.Form.Field("on").Value = p.On.String()
	}
	if f := v.Form.Field("object"); f != nil {
		f.Hint = "只列出这份记录涉及的网站和账号。"
		if p.Object.ID != "" {
			f.Value = string(p.Object.Kind) + ":" + p.Object.ID
		}
	}
	if len(p.Files) > 0 {
		var names []string
		for _, f := range p.Files {
			names = append(names, f.Name)
		}
		v.Form.Field("file").Hint = "记录所附的" + strings.Join(names, "、") + "自动带入；可再补充，最多5个，合计不超过20 MB。"
	}
}

// seenScreen offers the objects that the person may report on.
func (h *Handler) seenScreen(r *http.Request) (seenView, error) {
	from := originOf(r)
	if from.Kind != "" {
		return h.proposedScreen(r, from)
	}
	find := strings.TrimSpace(r.URL.Query().Get("find"))
	if rs := []rune(find); len(rs) > 60 {
		find = string(rs[:60])
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var options []web.Option
	sites, _, err := h.registry.Sites(ctx, scope, registry.SiteFilter{Text: find, Live: true, Limit: maxObjects})
	if err != nil {
		return seenView{}, err
	}
	for _, s := range sites {
		options = append(options, web.Option{Value: "site:" + string(s.ID), Label: "网站　" + s.Name + "　" + s.UnitName})
	}
	accounts, _, err := h.registry.Accounts(ctx, scope, registry.AccountFilter{Text: find, Limit: maxObjects})
	if err != nil {
		return seenView{}, err
	}
	for _, a := range accounts {
		options = append(options, web.Option{Value: "account:" + string(a.ID), Label: "账号　" + a.Name + "　" + a.UnitName})
	}
	v := newSeenView(options, find, web.FrameOf(r).Today)
	if f := v.Form.Field("object"); f != nil {
		f.Value = r.URL.Query().Get("object")
	}
	return v, nil
}

// proposedScreen is the form for a record that becomes a finding.
func (h *Handler) proposedScreen(r *http.Request, from assessment.Origin) (seenView, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	p, err := h.assessment.Propose(ctx, h.db, scope, from)
	if err != nil {
		return seenView{}, err
	}
	var options []web.Option
	if p.Object.ID != "" {
		o, err := h.registry.Object(ctx, h.db, scope, p.Object)
		if err != nil {
			return seenView{}, err
		}
		options = append(options, web.Option{Value: string(p.Object.Kind) + ":" + p.Object.ID, Label: o.Name})
	} else {
		sites, _, err := h.registry.Sites(ctx, scope, registry.SiteFilter{Unit: p.Unit, Live: true, Limit: maxObjects})
		if err != nil {
			return seenView{}, err
		}
		for _, s := range sites {
			options = append(options, web.Option{Value: "site:" + string(s.ID), Label: "网站　" + s.Name})
		}
		accounts, _, err := h.registry.Accounts(ctx, scope, registry.AccountFilter{Unit: p.Unit, Limit: maxObjects})
		if err != nil {
			return seenView{}, err
		}
		for _, a := range accounts {
			options = append(options, web.Option{Value: "account:" + string(a.ID), Label: "账号　" + a.Name})
		}
	}
	v := newSeenView(options, "", web.FrameOf(r).Today)
	v.Find = web.Filter{}
	v.propose(p)
	return v, nil
}

func (h *Handler) showSeen(w http.ResponseWriter, r *http.Request) error {
	v, err := h.seenScreen(r)
	if err != nil {
		return err
	}
	return seenPage.Render(w, r, v)
}

func (h *Handler) seen(w http.ResponseWriter, r *http.Request) error {
	files, closeAll, err := web.Attachments(r, "proof", "file")
	defer closeAll()
	n := assessment.Saw{From: originOf(r), Cause: web.Typed(r, "cause"), Severity: check.Severity(web.Typed(r, "severity")), Says: web.Typed(r, "says"), Place: web.Typed(r, "place"), Fix: web.Typed(r, "fix")}
	kind, id, _ := strings.Cut(web.Typed(r, "object"), ":")
	switch kind {
	case "site":
		n.Object = registry.Ref{Kind: sx2021.Site, ID: id}
	case "account":
		n.Object = registry.Ref{Kind: sx2021.Account, ID: id}
	}
	if err == nil {
		n.On, err = web.DayOf(r, "on", "发现日期")
	}
	var link string
	if err == nil {
		link, err = h.assessment.TypeSeen(r.Context(), authz.ScopeFrom(r.Context()), n, files)
	}
	if web.Mendable(err) {
		v, shown := h.seenScreen(r)
		if shown != nil {
			return shown
		}
		v.Again(r, err)
		return seenPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	if !may(r, authz.OrderIssue) && strings.HasPrefix(link, ordersPath) {
		link = ordersPath // the point waits for the office
	}
	return web.Done(w, r, link, "已登记，由主管单位下发整改通知。")
}
