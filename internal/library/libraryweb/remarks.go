package libraryweb

import (
	"fmt"
	"net/http"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/library"
	"zhengshu/internal/likeness"
	"zhengshu/internal/percent"
	"zhengshu/internal/quality"
	"zhengshu/internal/web"
)

const (
	allowedPath = "/console/checks/allowed"
	rulesPath   = "/console/checks/rules"
)

// checkRoutes are the doors of remarks, allow lists and the rules' quality.
func (h *Handler) checkRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/items/{id}/remarks", Permit: authz.ItemRead, Handle: h.showRemarks},
		{Pattern: "POST /console/items/{id}/remarks", Permit: authz.ItemRead, Handle: h.answerRemarks},
		{Pattern: "GET /console/checks/allowed", Permit: authz.ItemRead, Handle: h.allowed},
		{Pattern: "POST /console/checks/allowed/{entry}/confirm", Permit: authz.ItemFinalReview, Handle: h.confirmAllowed},
		{Pattern: "GET /console/checks/allowed/{entry}/remove", Permit: authz.ItemRead, Handle: h.showRemoveAllowed},
		{Pattern: "POST /console/checks/allowed/{entry}/remove", Permit: authz.ItemWrite, Handle: h.removeAllowed},
		{Pattern: "GET /console/checks/rules", Permit: authz.ItemRead, Handle: h.rules},
	}
}

// copyPanel warns of what is alike in the whole library.
func copyPanel(list []library.Copy) web.Component {
	t := web.Table{Caption: fmt.Sprintf("库里相同或相近的稿件 %d 篇（%s）", len(list), likeness.Terms()), Compact: true, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "相近程度"}},
		Empty: web.Empty{Title: "没有相同或相近的稿件", Text: "已与全库比对标题和内容，" + likeness.Terms() + "。"}}
	for _, c := range list {
		title := web.Text("外单位未公开的稿件")
		if c.Item != "" {
			title = web.Linked(c.Title, "/console/items/"+string(c.Item))
			if c.Live {
				title.Href += "/adopt"
			}
		}
		title.Note = c.UnitName + "，" + c.State
		kind := web.Neutral
		if c.Shared >= 90 {
			kind = web.Warn
		}
		t.Rows = append(t.Rows, web.Row{Kind: kind, Cells: []web.Cell{title, web.Text(c.Says())}})
	}
	return t
}

// remarksView is GET /console/items/{id}/remarks.
type remarksView struct{ web.FormView }

func remarksPage(it library.Item, list []library.Result) remarksView {
	v := remarksView{web.FormView{Heading: web.Heading{Title: "处理检查提示", Above: it.Title, Tags: tags(it), Lead: "严重问题要改正；其余的改正，或逐条写明保留的理由。确系误报的，写明理由并勾选误报，列入本单位放行清单。"},
		Trail: []web.Crumb{{Name: "信息资源库", Href: "/console/items"}, {Name: it.Title, Href: it.Link()}}}}
	v.Form = web.Form{Action: it.Link() + "/remarks", Sticky: true, Cancel: web.Link{Text: "返回稿件", Href: it.Link()}, Buttons: []web.Button{{Label: "保存处理结果", Name: "act", Value: "save"}}}
	if it.State == library.Draft || it.State == library.Returned {
		v.Form.Buttons = append(v.Form.Buttons, web.Button{Label: "保存并送审", Name: "act", Value: "submit", Plain: true})
		v.Heading.Acts = []web.Act{{Text: "去改正", Href: it.Link() + "/edit"}}
	}
	n := 0
	for _, r := range list {
		if r.Severity == check.Advice {
			continue
		}
		if n++; n > 100 {
			break
		}
		name, tone := "一般", web.Warn
		if r.Severity == check.Serious {
			name, tone = "严重", web.Danger
		}
		s := web.Section{Legend: fmt.Sprintf("%d. %s：%s", n, r.FieldName(), library.RuleName(r.Kind))}
		s.Notes = []web.Component{web.Alert{Kind: tone, Title: name + "：" + r.Near, Text: cure(r)}}
		reason := web.Field{Name: "reason-" + r.Key(), Label: "保留的理由", Value: r.Reason, Max: 300}
		alarm := web.Field{Kind: web.Check, Name: "alarm-" + r.Key(), Label: "这是误报，按上面的理由列入本单位放行清单（一年）"}
		if r.Severity == check.Serious {
			reason.Label, reason.Hint = "误报的理由", "严重问题不能凭理由保留。确系误报的，须经另一位终审人员确认后才放行。"
		}
		if r.ReasonBy != "" {
			reason.Hint = r.ReasonBy + " 填写"
		}
		if r.Claimed {
			s.Notes = append(s.Notes, web.Alert{Kind: web.Info, Text: "已上报误报，等待另一位终审人员在“放行清单”确认。"})
		} else {
			s.Fields = []web.Field{reason, alarm}
		}
		v.Form.Sections = append(v.Form.Sections, s)
	}
	hidden := web.Field{Kind: web.Hidden, Name: "version", Value: fmt.Sprint(it.Version)}
	if len(v.Form.Sections) == 0 {
		v.Form.Sections = []web.Section{{}}
	}
	v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, hidden)
	if n == 0 {
		v.Alert = web.Alert{Kind: web.Good, Title: "没有需要处理的检查提示", Text: "可以送审。"}
		v.Form.Buttons = v.Form.Buttons[1:]
	}
	return v
}

func (h *Handler) remarks(r *http.Request) (remarksView, library.Item, []library.Result, error) {
	it, v, _, err := h.load(r, 0)
	if err != nil {
		return remarksView{}, it, nil, err
	}
	list, err := h.lib.Results(r.Context(), authz.ScopeFrom(r.Context()), v)
	return remarksPage(it, list), it, list, err
}

func (h *Handler) showRemarks(w http.ResponseWriter, r *http.Request) error {
	v, _, _, err := h.remarks(r)
	if err != nil {
		return err
	}
	return remarksForm.Render(w, r, v)
}

func (h *Handler) answerRemarks(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	v, it, list, err := h.remarks(r)
	if err != nil {
		return err
	}
	again := func(err error) error {
		if !web.Mendable(err) {
			return err
		}
		v.Again(r, err)
		return remarksForm.RenderStatus(w, r, web.StatusOf(err), v)
	}
	reasons, alarms := map[string]string{}, []library.FalseAlarm{}
	for _, x := range list {
		key := x.Key()
		reason := r.PostFormValue("reason-" + key)
		if r.PostForm.Has("alarm-" + key) {
			alarms = append(alarms, library.FalseAlarm{Key: key, Reason: reason})
		} else if r.PostForm.Has("reason-" + key) {
			reasons[key] = reason
		}
	}
	given, err := h.lib.GiveReasons(ctx, scope, it.ID, reasons)
	if err != nil {
		return again(err)
	}
	for _, a := range alarms {
		if _, err := h.lib.ReportFalseAlarm(ctx, scope, it.ID, a); err != nil {
			return again(err)
		}
	}
	if r.PostFormValue("act") != "submit" {
		return web.Done(w, r, it.Link()+"/remarks", fmt.Sprintf("已保存：写明理由 %d 条，上报误报 %d 条。", given, len(alarms)))
	}
	no, err := number(r.PostFormValue("version"))
	if err != nil {
		no = it.Version
	}
	sent, err := h.lib.Submit(ctx, scope, it.ID, library.Submission{Version: no})
	if err != nil {
		if fresh, _, _, err2 := h.remarks(r); err2 == nil {
			v = fresh
		}
		return again(err)
	}
	return web.Done(w, r, sent.Link(), "已送"+library.StageName(sent.Stage)+"，审核结果会出现在工作台。")
}

// allowedView is GET /console/checks/allowed.
type allowedView struct{ web.ListView }

var checkTrail = []web.Crumb{{Name: "信息资源库", Href: "/console/items"}}

func newAllowed(list []library.Allowed, total int, today calendar.Date, mayRemove bool) allowedView {
	v := allowedView{web.ListView{Heading: web.Heading{Title: "放行清单", Lead: "本单位上报的误报：何人、何时、因何放行，何时到期；撤销或到期后，同样的词句会再次提示。", Acts: []web.Act{{Text: "看规则质量", Href: rulesPath}}}, Trail: checkTrail,
		Filter: web.Filter{Action: allowedPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "kind", Label: "规则", Options: kindOptions()}}, Reset: allowedPath},
		Table: web.Table{Caption: "放行清单", Quiet: true, Columns: []web.Column{{Head: "词句", Wide: true}, {Head: "规则"}, {Head: "单位"}, {Head: "上报"}, {Head: "到期"}, {Head: "状态"}, {Head: ""}},
			Empty: web.Empty{Title: "放行清单是空的", Text: "在稿件的“处理检查提示”页勾选误报，会列在这里。"}}}}
	for _, a := range list {
		words := web.Linked(a.Words, "/console/items/"+string(a.Item))
		words.Note = a.Near + "。理由：" + a.Reason
		state := web.Tag{Text: a.State(today)}
		var acts []web.Link
		switch {
		case a.Waits(today):
			state.Kind = web.Warn
		case a.Open(today):
			state.Kind = web.Good
		}
		if a.Open(today) && mayRemove {
			acts = append(acts, web.Link{Text: "撤销", Href: allowedPath + "/" + a.ID + "/remove", Note: a.Words})
		}
		by := web.When(a.CreatedAt)
		by.Note = a.PersonName
		st := web.Tagged(state)
		switch {
		case a.RemovedName != "":
			st.Note = a.RemovedName + "：" + a.RemovedWhy
		case a.ConfirmedName != "":
			st.Note = a.ConfirmedName + " 确认"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{words, web.Text(library.RuleName(a.Kind)), web.Text(a.UnitName), by, web.Day(a.Until), st, {Links: acts}}})
	}
	return v
}

func kindOptions() []web.Option {
	out := []web.Option{{Label: "全部规则"}}
	for _, k := range library.RuleKinds() {
		out = append(out, web.Option{Value: k, Label: library.RuleName(k)})
	}
	return out
}

func (h *Handler) allowed(w http.ResponseWriter, r *http.Request) error {
	q, session := r.URL.Query(), authz.SessionFrom(r.Context())
	list, total, err := h.lib.AllowList(r.Context(), authz.ScopeFrom(r.Context()), q.Get("kind"), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newAllowed(list, total, web.FrameOf(r).Today, session.May(authz.ItemWrite))
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	p := allowedPage{allowedView: v}
	if session.May(authz.ItemFinalReview) {
		for _, a := range list {
			if a.Waits(web.FrameOf(r).Today) && a.PersonID != session.PersonID {
				p.Confirm = append(p.Confirm, confirmForm(a))
			}
		}
	}
	return allowedList.Render(w, r, p)
}

// allowedPage is the list with a small form for each entry that waits.
type allowedPage struct {
	allowedView
	Confirm []confirming
}

type confirming struct {
	Says string
	Form web.Form
}

func confirmForm(a library.Allowed) confirming {
	return confirming{fmt.Sprintf("%s 上报：%s“%s”是误报。%s 理由：%s", a.PersonName, library.RuleName(a.Kind), a.Words, a.Near, a.Reason),
		web.Form{Action: allowedPath + "/" + a.ID + "/confirm", Buttons: []web.Button{{Label: "确认误报并放行“" + a.Words + "”", Plain: true}}}}
}

func (h *Handler) confirmAllowed(w http.ResponseWriter, r *http.Request) error {
	if err := h.lib.ConfirmAllowed(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("entry")); err != nil {
		return err
	}
	return web.Done(w, r, allowedPath, "已确认，本单位不再提示这一条。")
}

func removeForm(id string) remarksView {
	return remarksView{web.FormView{Heading: web.Heading{Title: "撤销放行", Lead: "撤销后，同样的词句会再次提示；已发布的稿件不受影响。"}, Trail: append(checkTrail[:1:1], web.Crumb{Name: "放行清单", Href: allowedPath}),
		Form: web.Form{Action: allowedPath + "/" + id + "/remove", Sections: []web.Section{{Fields: []web.Field{{Name: "why", Label: "撤销的理由", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "撤销放行", Kind: web.Danger}}, Cancel: web.Link{Text: "不撤销", Href: allowedPath}}}}
}

func (h *Handler) showRemoveAllowed(w http.ResponseWriter, r *http.Request) error {
	a, err := h.lib.Allowed(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("entry"))
	if err != nil {
		return err
	}
	return remarksForm.Render(w, r, removeForm(a.ID))
}

func (h *Handler) removeAllowed(w http.ResponseWriter, r *http.Request) error {
	err := h.lib.RemoveAllowed(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("entry"), r.PostFormValue("why"))
	if web.Mendable(err) {
		v := removeForm(r.PathValue("entry"))
		v.Again(r, err)
		return remarksForm.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, allowedPath, "已撤销，同样的词句会再次提示。")
}

func newRules(list []quality.Practice) allowedView {
	v := allowedView{web.ListView{Heading: web.Heading{Title: "检查规则的质量", Lead: "各单位处理检查提示的结果。误报多的规则排在前面；有效提示率 =（已改正 + 有理由保留）÷ 已判定。", Acts: []web.Act{{Text: "放行清单", Href: allowedPath}}}, Trail: checkTrail,
		Filter: web.Filter{Action: rulesPath, Total: len(list)},
		Table: web.Table{Caption: "检查规则", Quiet: true, Columns: []web.Column{{Head: "规则", Wide: true}, {Head: "提示", Number: true}, {Head: "已改正", Number: true}, {Head: "有理由保留", Number: true}, {Head: "误报", Number: true}, {Head: "有效提示率", Number: true}},
			Empty: web.Empty{Title: "还没有检查提示"}}}}
	for _, p := range list {
		name := web.Text(library.RuleName(p.Rule))
		alarms := web.Figure(p.FalseAlarms)
		if p.FalseAlarms > 0 {
			alarms.Href = allowedPath + "?kind=" + p.Rule
		}
		share := web.Text("—")
		if n := p.Precision(); n.Of > 0 {
			share = web.Cell{Text: percent.Of(n.Hits, n.Of).Text(0), Note: fmt.Sprintf("%d/%d", n.Hits, n.Of), Keep: true}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Figure(p.Seen), web.Figure(p.Mended), web.Figure(p.Kept), alarms, share}})
	}
	return v
}

func (h *Handler) rules(w http.ResponseWriter, r *http.Request) error {
	list, err := h.lib.RuleQuality(r.Context())
	if err != nil {
		return err
	}
	return rulesList.Render(w, r, newRules(list))
}

var (
	remarksForm = web.Define(web.Plain, "pages/form.html", removeForm("e"), sampleRemarks("关于做好2026年防汛工作的通知"), sampleRemarks(hostile))
	rulesList   = web.Define(web.Plain, "pages/list.html", newRules(nil), newRules([]quality.Practice{{Rule: "wording.confusion", Seen: 20, Mended: 12, Kept: 3, FalseAlarms: 2}, {Rule: hostile, Seen: 1}}))
	allowedList = web.Define(views, "views/allowed.html", allowedPage{allowedView: newAllowed(nil, 0, sampleDay, false)}, sampleAllowed("登陆作战"), sampleAllowed(hostile))
)

func sampleRemarks(words string) remarksView {
	it, _ := sampleOf(words)
	it.State = library.Draft
	return remarksPage(it, []library.Result{
		{Field: "text", Kind: check.KindMobile, Severity: check.Serious, Near: "联系人【138****5678】", Says: "个人手机号码未作遮蔽处理。", Sum: "a"},
		{Field: "title", Kind: "wording.confusion", Severity: check.Error, Near: words, Says: "疑似错字。", Right: []string{words}, Sum: "b", Reason: words, ReasonBy: words},
		{Field: words, Kind: "item.map", Severity: check.Serious, Near: words, Says: words, Claimed: true, Sum: "c"}})
}

func sampleAllowed(words string) allowedPage {
	list := []library.Allowed{
		{ID: "01J0000000000000000000000A", Kind: "wording.confusion", Words: words, Near: words, UnitName: words, Reason: words, PersonName: "王编", CreatedAt: sampleAt, Until: sampleDay.AddDays(300)},
		{ID: "01J0000000000000000000000B", Kind: "item.map", Words: words, Serious: true, PersonName: "王编", CreatedAt: sampleAt, Until: sampleDay.AddDays(300)},
		{ID: "01J0000000000000000000000C", Kind: "sensitive", Words: "词", PersonName: "王编", CreatedAt: sampleAt, Until: sampleDay.AddDays(-1), RemovedName: words, RemovedWhy: words, RemovedAt: sampleAt}}
	return allowedPage{newAllowed(list, 3, sampleDay, true), []confirming{confirmForm(list[1])}}
}
