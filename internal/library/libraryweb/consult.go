package libraryweb

import (
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

var stanceTones = map[string]web.Tone{"agree": web.Good, "suggest": web.Info, "disagree": web.Danger}

// askedTable are the opinions of other units on an item.
func askedTable(list []library.Asking, today calendar.Date) web.Table {
	t := web.Table{Caption: "意见征询", Compact: true, Columns: []web.Column{{Head: "单位"}, {Head: "意见"}, {Head: "内容", Wide: true}}, Empty: web.Empty{Title: "没有征询其他单位", Text: "内容涉及其他单位工作的，送审时自动征询。"}}
	for _, a := range list {
		unit := web.Text(a.UnitName)
		if a.Required {
			unit.Note = "终审前须有意见"
		}
		state := web.Tagged(web.Tag{Kind: stanceTones[a.Stance], Text: a.StateName()})
		if a.State == library.Asked {
			state = web.DueCell(a.Due, today)
			state.Text = "应于 " + state.Text + " 前答复"
		}
		says := web.Text(a.Answer)
		if a.State == library.Answered {
			says.Note = fmt.Sprintf("%s，%s，对第 %d 版", a.Signed(), web.Minute(a.EndedAt), a.AnsweredVersion)
		} else {
			says.Note = a.AskerName + "，" + web.Minute(a.AskedAt)
			if says.Text == "" {
				says.Text = a.Question
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{unit, state, says}})
	}
	return t
}

// consultPage is the form that asks other units.
type consultPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Table   web.Table
	Find    web.Filter
	Missing web.Alert
	Open    bool
	Form    web.Form
	Waive   web.Form // without buttons: nothing to waive
}

func (p consultPage) Title() string       { return p.name }
func (p consultPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) consultOf(r *http.Request) (consultPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	it, _, _, err := h.load(r, 0)
	if err != nil {
		return consultPage{}, err
	}
	list, err := h.lib.Consultations(ctx, scope, it.ID)
	if err != nil {
		return consultPage{}, err
	}
	q := strings.TrimSpace(r.FormValue("q"))
	found, err := h.lib.Askable(ctx, session, q)
	if err != nil {
		return consultPage{}, err
	}
	return newConsult(it, list, found, q, web.FrameOf(r).Today), nil
}

func newConsult(it library.Item, list []library.Asking, found []org.Unit, q string, today calendar.Date) consultPage {
	p := consultPage{name: "意见征询：" + it.Title, trail: itemCrumbs(it, "意见征询"), Heading: web.Heading{Title: "征询其他单位意见", Above: it.Title, Tags: tags(it), Lead: "涉及其他单位工作的，终审前要有对方意见（第十九条（三））。"}, Table: askedTable(list, today),
		Find: web.Filter{Action: it.Link() + "/consult", Total: -1, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "单位全称，多个用分号隔开", Value: q, Max: 300}}}}
	p.Open = it.State == library.Draft || it.State == library.Returned || it.State == library.InReview
	if q != "" && len(found) == 0 {
		p.Missing = web.Alert{Kind: web.Warn, Title: "没有找到这个单位", Text: "请填写系统里登记的单位全称，例如：西安市商务局。一次最多 10 个。"}
	}
	var options []web.Option
	for _, u := range found {
		if u.ID != it.Unit {
			options = append(options, web.Option{Value: string(u.ID), Label: u.Name, Hint: u.AreaName})
		}
	}
	if len(options) > 0 {
		p.Form = web.Form{Action: it.Link() + "/consult", Sections: []web.Section{{Legend: "征询哪些单位", Fields: []web.Field{
			{Kind: web.Checks, Name: "unit", Label: "单位", Options: options},
			{Kind: web.Check, Name: "required", Value: "1", Label: "终审前必须有对方意见", Checked: true},
			{Kind: web.TextArea, Name: "question", Label: "需要对方核对的内容", Rows: 3, Max: 1000},
			{Kind: web.DateField, Name: "due", Label: "答复期限", Narrow: true, Hint: "留空按默认期限"},
			{Kind: web.Hidden, Name: "version", Value: strconv.Itoa(it.Version)}, {Kind: web.Hidden, Name: "q", Value: q}}}}, Buttons: []web.Button{{Label: "发出征询"}}}
	}
	f := web.Field{Kind: web.Select, Name: "consultation", Label: "单位", Required: true}
	for _, a := range list {
		if a.State == library.Asked && a.Named == "" {
			f.Options = append(f.Options, web.Option{Value: a.ID, Label: a.UnitName})
		}
	}
	if len(f.Options) > 0 {
		p.Waive = web.Form{Action: it.Link() + "/consult/waive", Sections: []web.Section{{Legend: "不再等待答复", Fields: []web.Field{f, {Name: "why", Label: "理由", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "免除这个单位的答复", Plain: true}}}
	}
	return p
}

func (h *Handler) showConsult(w http.ResponseWriter, r *http.Request) error {
	p, err := h.consultOf(r)
	if err != nil {
		return err
	}
	return consultView.Render(w, r, p)
}

func (h *Handler) consult(w http.ResponseWriter, r *http.Request) error {
	no, err := number(r.PostFormValue("version"))
	if err != nil {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	n := library.Consultation{Version: no, Text: r.PostFormValue("question"), Required: r.PostFormValue("required") != ""}
	for _, u := range r.PostForm["unit"] {
		n.Units = append(n.Units, org.UnitID(u))
	}
	if n.Due, err = web.DayOf(r, "due", "答复期限"); err == nil {
		var list []library.Asking
		if list, err = h.lib.Consult(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), n); err == nil {
			return web.Done(w, r, itemPath(r)+"/consult", fmt.Sprintf("已向 %d 个单位发出，应于 %s 前答复。", len(list), list[0].Due.Chinese()))
		}
	}
	if !web.Mendable(err) {
		return err
	}
	p, again := h.consultOf(r)
	if again != nil {
		return again
	}
	p.Form.Fill(r.PostForm)
	p.Form.Wrong(err)
	return consultView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
}

func (h *Handler) waiveConsultation(w http.ResponseWriter, r *http.Request) error {
	err := h.lib.WaiveConsultation(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("consultation"), r.PostFormValue("why"))
	if web.Mendable(err) {
		p, again := h.consultOf(r)
		if again != nil {
			return again
		}
		p.Waive.Fill(r.PostForm)
		p.Waive.Wrong(err)
		return consultView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, itemPath(r)+"/consult", "不再等待答复，理由已记录。")
}

// consultations is GET /console/consultations: what others ask of the person's
// units.
func (h *Handler) consultations(w http.ResponseWriter, r *http.Request) error {
	list, err := h.lib.ConsultationsOf(r.Context(), authz.SessionFrom(r.Context()), 200)
	if err != nil {
		return err
	}
	return listPlain.Render(w, r, newConsultations(list, web.FrameOf(r).Today))
}

func newConsultations(list []library.Asking, today calendar.Date) plainList {
	v := plainList{web.ListView{Heading: web.Heading{Title: "稿件意见征询", Lead: "其他单位的稿件涉及本单位工作，请本单位核对并答复意见。"},
		Table: web.Table{Caption: "意见征询", Quiet: true, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "来自"}, {Head: "期限"}, {Head: "意见"}}, Empty: web.Empty{Title: "没有征询本单位意见的稿件", Text: "有单位征询时会出现在这里，并收到消息。"}}}}
	for _, a := range list {
		due := web.Day(a.Due)
		if a.State == library.Asked {
			due = web.DueCell(a.Due, today)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: a.ItemTitle, Href: a.Link(), Note: a.Question}, web.Text(a.AskerUnitName), due, {Tags: []web.Tag{{Kind: stanceTones[a.Stance], Text: a.StateName()}}, Note: a.Signed()}}})
	}
	return v
}

// readPage shows one version to somebody who is asked about it, and the form
// of the answer.
type readPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Item    string
	HTML    template.HTML
	Open    bool
	Form    web.Form
}

func (p readPage) Title() string       { return p.name }
func (p readPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) answerPage(r *http.Request) (readPage, error) {
	a, v, err := h.lib.ConsultationFor(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return readPage{}, err
	}
	return newAnswer(a, v), nil
}

func newAnswer(a library.Asking, v library.Version) readPage {
	p := readPage{name: "意见征询：" + v.Title, trail: []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "稿件意见征询", Href: "/console/consultations"}, {Name: v.Title}},
		Heading: web.Heading{Title: "意见征询", Above: a.AskerUnitName, Lead: a.AskerUnitName + "请" + a.UnitName + "于 " + a.Due.Chinese() + " 前答复意见。"},
		Item:    v.Title, HTML: template.HTML(v.HTML), Open: a.State == library.Asked} // made by prose from the schema alone: safe by construction
	if a.Question != "" {
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: "请核对", Text: a.Question})
	}
	if !p.Open {
		p.Above = append(p.Above, web.Alert{Kind: web.Good, Title: a.StateName(), Text: strings.TrimSpace(a.Answer + " " + a.Signed() + " " + web.Minute(a.EndedAt))})
		return p
	}
	var options []web.Option
	for _, s := range library.Stances {
		options = append(options, web.Option{Value: s.ID, Label: s.Name})
	}
	p.Form = web.Form{Action: a.Link(), Key: "consultation-" + a.ID, Sections: []web.Section{{Legend: "本单位意见", Hint: fmt.Sprintf("意见针对第 %d 版。", v.No), Fields: []web.Field{
		{Kind: web.Radios, Name: "stance", Label: "意见", Required: true, Options: options},
		{Kind: web.TextArea, Name: "answer", Label: "具体内容", Rows: 4, Max: 2000, Hint: "不同意或有建议时必填"},
		{Kind: web.Hidden, Name: "version", Value: strconv.Itoa(v.No)}}}}, Buttons: []web.Button{{Label: "答复"}}, Cancel: web.Link{Text: "返回", Href: "/console/consultations"}}
	return p
}

func (h *Handler) showAnswer(w http.ResponseWriter, r *http.Request) error {
	p, err := h.answerPage(r)
	if fault.Is(err, fault.NotFound) { // a supervisor follows the clock, not the draft
		clock, err := h.lib.ConsultationClock(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
		if err != nil {
			return err
		}
		http.Redirect(w, r, "/console/obligations/"+clock, http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	return readView.Render(w, r, p)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	no, err := number(r.PostFormValue("version"))
	if err != nil {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	a, err := h.lib.AnswerConsultation(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), no, r.PostFormValue("stance"), r.PostFormValue("answer"))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		p, again := h.answerPage(r)
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
	return web.Done(w, r, a.Link(), "已答复"+a.AskerUnitName+"："+library.StanceName(a.Stance)+"。")
}

// checkTable are the outside fact checks of an item.
func checkTable(list []library.FactCheck) web.Table {
	t := web.Table{Caption: "外部事实核查", Compact: true, Columns: []web.Column{{Head: "请谁核查"}, {Head: "状态"}, {Head: "答复", Wide: true}}, Empty: web.Empty{Title: "没有请外部核查", Text: "向起草单位等外部人员发一个一次有效的链接，不需要账号。"}}
	for _, c := range list {
		who := web.Cell{Text: c.Invited, Note: fmt.Sprintf("第 %d 版，%s，%s 前有效", c.Version, c.PersonName, web.Minute(c.ExpiresAt))}
		tag := web.Tag{Text: c.StateName()}
		says := web.Text(c.Question)
		if c.State == library.Answered {
			tag.Kind = web.Good
			if c.Verdict == "wrong" {
				tag.Kind = web.Danger
			}
			says = web.Cell{Text: c.Answer, Note: strings.TrimSpace(c.AnswerUnit + " " + c.AnswerName + " " + web.Minute(c.AnsweredAt))}
			if says.Text == "" {
				says.Text = "没有补充说明"
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{who, web.Tagged(tag), says}})
	}
	return t
}

func (h *Handler) factPage(r *http.Request) (consultPage, error) {
	it, _, _, err := h.load(r, 0)
	if err != nil {
		return consultPage{}, err
	}
	list, err := h.lib.FactChecks(r.Context(), authz.ScopeFrom(r.Context()), it.ID)
	if err != nil {
		return consultPage{}, err
	}
	return newFacts(it, list), nil
}

func newFacts(it library.Item, list []library.FactCheck) consultPage {
	p := consultPage{name: "事实核查：" + it.Title, trail: itemCrumbs(it, "事实核查"), Heading: web.Heading{Title: "请外部核查事实", Above: it.Title, Tags: tags(it), Lead: "链接只能看这一版，一次有效；改稿、到期或答复后即失效。"}, Table: checkTable(list)}
	p.Open = it.State == library.Draft || it.State == library.Returned || it.State == library.InReview
	if p.Open {
		p.Form = web.Form{Action: it.Link() + "/fact-checks", Sections: []web.Section{{Legend: "发一个核查链接", Fields: []web.Field{
			{Name: "invited", Label: "请谁核查", Required: true, Max: 60, Hint: "姓名和单位，例如：区水务局 周工"},
			{Kind: web.TextArea, Name: "question", Label: "请核对什么", Rows: 3, Max: 500}, {Kind: web.Hidden, Name: "version", Value: strconv.Itoa(it.Version)}}}}, Buttons: []web.Button{{Label: "生成链接"}}}
	}
	f := web.Field{Kind: web.Select, Name: "check", Label: "链接", Required: true}
	for _, c := range list {
		if c.Works() {
			f.Options = append(f.Options, web.Option{Value: c.ID, Label: c.Invited + "，" + web.Minute(c.MadeAt)})
		}
	}
	if len(f.Options) > 0 {
		p.Waive = web.Form{Action: it.Link() + "/fact-checks/revoke", Sections: []web.Section{{Legend: "作废链接", Fields: []web.Field{f}}}, Buttons: []web.Button{{Label: "作废这个链接", Plain: true}}}
	}
	return p
}

func (h *Handler) showFactChecks(w http.ResponseWriter, r *http.Request) error {
	p, err := h.factPage(r)
	if err != nil {
		return err
	}
	return consultView.Render(w, r, p)
}

// linkPage shows a new link, once.
type linkPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Alert   web.Alert
	Field   web.Field
	Back    web.Link
}

func (p linkPage) Title() string       { return p.name }
func (p linkPage) Crumbs() []web.Crumb { return p.trail }

func newLink(it library.Item, c library.FactCheck, address string) linkPage {
	return linkPage{name: "核查链接：" + it.Title, trail: itemCrumbs(it, "核查链接"), Heading: web.Heading{Title: "核查链接", Above: it.Title, Lead: "请把下面的链接发给" + c.Invited + "。"},
		Alert: web.Alert{Kind: web.Warn, Title: "链接只显示这一次", Text: "系统不保存链接本身。" + web.Minute(c.ExpiresAt) + " 前有效，答复一次后失效；丢失请作废后重新生成。"},
		Field: web.Field{Name: "link", Label: "链接", Value: address, ReadOnly: true}, Back: web.Link{Text: "返回事实核查", Href: it.Link() + "/fact-checks"}}
}

func (h *Handler) askFact(w http.ResponseWriter, r *http.Request) error {
	no, err := number(r.PostFormValue("version"))
	if err != nil {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	c, token, err := h.lib.AskFact(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), no, r.PostFormValue("invited"), r.PostFormValue("question"))
	if fault.Is(err, fault.Invalid) {
		p, again := h.factPage(r)
		if again != nil {
			return again
		}
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return consultView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	it, err := h.lib.Item(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	// The address the person's browser knows this server by.
	base := "http://" + r.Host
	if o := r.Header.Get("Origin"); o == "https://"+r.Host {
		base = o
	}
	return linkView.Render(w, r, newLink(it, c, base+"/console/fact-checks/"+token))
}

func (h *Handler) revokeFact(w http.ResponseWriter, r *http.Request) error {
	if err := h.lib.RevokeFact(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("check")); err != nil {
		return err
	}
	return web.Done(w, r, itemPath(r)+"/fact-checks", "链接已作废。")
}

// caller is the network address of a visitor, for the counter.
func caller(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (h *Handler) factAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	b, err := h.lib.FactBrief(r.Context(), r.PathValue("token"), caller(r))
	if err != nil {
		return err
	}
	p := newBrief(b)
	if wrong != nil {
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(wrong)
	}
	return readView.RenderStatus(w, r, status, p)
}

func newBrief(b library.Brief) readPage {
	p := readPage{name: "事实核查", Heading: web.Heading{Title: "事实核查", Above: b.Unit, Lead: b.Unit + "请" + b.Invited + "核对下面这篇未公开的稿件，请勿转发。"},
		Item: b.Title, HTML: template.HTML(b.HTML), Open: true} // made by prose from the schema alone: safe by construction
	if b.Question != "" {
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: "请核对", Text: b.Question})
	}
	p.Form = web.Form{Sections: []web.Section{{Legend: "您的答复", Hint: "链接 " + web.Minute(b.ExpiresAt) + " 前有效，提交一次后失效。", Fields: []web.Field{
		{Kind: web.Radios, Name: "verdict", Label: "核查结果", Required: true, Options: []web.Option{{Value: "correct", Label: "无误"}, {Value: "wrong", Label: "有误"}}},
		{Kind: web.TextArea, Name: "answer", Label: "说明", Rows: 4, Max: 2000, Hint: "有误时请写明哪里有误、应当怎样"},
		{Name: "name", Label: "您的姓名", Required: true, Max: 40, Complete: "name"}, {Name: "unit", Label: "您的单位", Required: true, Max: 100, Complete: "organization"}}}}, Buttons: []web.Button{{Label: "提交核查结果"}}}
	return p
}

func (h *Handler) factBrief(w http.ResponseWriter, r *http.Request) error {
	return h.factAs(w, r, http.StatusOK, nil)
}

func (h *Handler) answerFact(w http.ResponseWriter, r *http.Request) error {
	err := h.lib.AnswerFact(r.Context(), r.PathValue("token"), caller(r), library.FactAnswer{Verdict: r.PostFormValue("verdict"), Text: r.PostFormValue("answer"), Name: r.PostFormValue("name"), Unit: r.PostFormValue("unit")})
	if fault.Is(err, fault.Invalid) {
		return h.factAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return readView.Render(w, r, readPage{name: "事实核查", Heading: web.Heading{Title: "已经收到，谢谢"}, Above: []web.Component{web.Alert{Kind: web.Good, Title: "核查结果已提交", Text: "链接已失效，可以关闭本页。"}}})
}
