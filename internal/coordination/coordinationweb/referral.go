package coordinationweb

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

const referralsPath = "/console/referrals"

// referralRoutes are the screens of what is handed over.
func (h *Handler) referralRoutes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/referrals", Permit: authz.ShareRead, Handle: h.referrals},
		{Pattern: "GET /console/referrals/new", Permit: authz.CoordinationManage, Handle: h.showRefer},
		{Pattern: "POST /console/referrals/preview", Permit: authz.CoordinationManage, Handle: h.previewRefer},
		{Pattern: "POST /console/referrals/new", Permit: authz.CoordinationManage, Handle: h.refer},
		{Pattern: "GET /console/referrals/{id}", Permit: authz.ShareRead, Handle: h.referral},
		{Pattern: "GET /console/referrals/{id}/paper", Permit: authz.ShareRead, Handle: h.referralPaper},
		{Pattern: "POST /console/referrals/{id}/receive", Permit: authz.ShareRead, Handle: h.receive},
		{Pattern: "POST /console/referrals/{id}/answer", Permit: authz.ShareRead, Handle: h.answerReferral},
		{Pattern: "POST /console/referrals/{id}/urge", Permit: authz.CoordinationManage, Handle: h.urgeReferral},
	}
}

func referralTag(r coordination.Referral) web.Tag {
	switch {
	case !r.ClosedAt.IsZero() && r.Returned > 0:
		return web.Tag{Kind: web.Warn, Text: fmt.Sprintf("%s，退回%d项", r.StateName(), r.Returned)}
	case !r.ClosedAt.IsZero():
		return web.Tag{Kind: web.Good, Text: r.StateName()}
	case r.ReceiptOn.IsZero():
		return web.Tag{Kind: web.Warn, Text: r.StateName()}
	}
	return web.Tag{Kind: web.Info, Text: r.StateName()}
}

// regulators are the five co-regulators.
func regulators() []coordination.Partner { return coordination.Partners[:5] }

var referralStates = []coordination.Partner{{Value: "waiting", Name: "待签收"}, {Value: "working", Name: "处理中"}, {Value: "late", Name: "超期未反馈"}, {Value: "closed", Name: "已全部反馈"}}

func newReferrals(list []coordination.Referral, total int, gives bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "移送事项", Lead: "检查中发现、属于网信、公安、通信管理、编制等部门职责的问题，按部门成批移送，凭回执签收，逐项反馈结果（第五条、第二十条（一））。"},
		Filter: web.Filter{Action: referralsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "编号或单位"}, {Kind: web.Select, Name: "party", Label: "协同监管单位", Options: options("全部", regulators())}, {Kind: web.Select, Name: "state", Label: "状态", Options: options("全部", referralStates)}}},
		Table: web.Table{Caption: "移送事项", Quiet: true, Columns: []web.Column{{Head: "编号"}, {Head: "移送日期"}, {Head: "移送单位", Wide: true}, {Head: "协同监管单位", Wide: true}, {Head: "未反馈 / 全部", Number: true}, {Head: "状态"}, {Head: "反馈期限"}},
			Empty: web.Empty{Title: "没有移送事项", Text: "主管单位移送后，协同监管单位在这里签收和反馈。"}}}}
	if gives {
		v.Heading.Acts = []web.Act{{Text: "移送事项", Href: referralsPath + "/new", Primary: true}}
	}
	for _, r := range list {
		due := web.Day(r.Due.On)
		if r.ClosedAt.IsZero() {
			due = web.DueCell(r.Due.On, today)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Linked(r.Number, r.Link()), web.Day(calendar.DateOf(r.SharedAt)), web.Text(r.UnitName), {Text: r.Addressee, Note: coordination.Named(coordination.Partners, r.Party)}, web.Text(fmt.Sprintf("%d / %d", r.Open, r.Rows)), web.Tagged(referralTag(r)), due}})
	}
	return v
}

func (h *Handler) referrals(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := coordination.ReferralFilter{Party: q.Get("party"), State: q.Get("state"), Text: strings.TrimSpace(q.Get("q")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	list, total, err := h.coordination.Referrals(r.Context(), authz.SessionFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return h.renderList(w, r, newReferrals(list, total, may(r, authz.CoordinationManage), web.FrameOf(r).Today), referralsPath, total)
}

// offeredRows bounds what the form offers at once.
const offeredRows = 200

// referView is GET /console/referrals/new: what may be handed over, to choose.
type referView struct {
	Heading web.Heading
	Wrong   web.ErrorSummary
	Filter  web.Filter
	Table   web.Table
	Action  string
	Button  string
	More    string
}

// Title of the document.
func (v referView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (referView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "移送事项", Href: referralsPath}, {Name: "选择事项"}}
}

func newRefer(list []coordination.Candidate, more bool, chosen func(string) bool) referView {
	v := referView{Heading: web.Heading{Title: "选择移送的事项", Lead: "列出属于协同监管单位职责、还没有移送的问题、整改通知和案件；哪类事项送哪个部门由本省确定。勾选后先看按部门分成的批次和函件。"},
		Filter: web.Filter{Action: referralsPath + "/new", Total: len(list), Over: more, Fields: []web.Field{{Kind: web.Select, Name: "party", Label: "协同监管单位", Options: options("全部", regulators())}}},
		Action: referralsPath + "/preview", Button: "预览批次",
		Table: web.Table{Caption: "可移送的事项", Quiet: true, PickName: "row", Columns: []web.Column{{Head: "事项"}, {Head: "网站或账号"}, {Head: "情况", Wide: true}, {Head: "送往"}, {Head: "发现日期"}},
			Empty: web.Empty{Title: "没有可移送的事项", Text: "检查发现假冒、缺少备案号或标识、被篡改等问题后出现在这里；已移送、等待反馈的不再列出。"}}}
	if more {
		v.More = fmt.Sprintf("还有更多，这里列出最早的%d项；移送后继续列出其余的。", len(list))
	}
	for _, c := range list {
		m, _ := coordination.MatterOf(c.Matter)
		v.Table.Rows = append(v.Table.Rows, web.Row{Pick: c.Key(), Picked: chosen(c.Key()), Name: c.Name + " " + m.Name, Cells: []web.Cell{{Text: m.Name, Note: m.Basis, Href: c.Link}, {Text: c.Name, Note: c.UnitName}, {Text: c.Says, Note: c.Place}, web.Text(coordination.Named(coordination.Partners, m.Party)), web.Day(calendar.DateOf(c.At))}})
	}
	return v
}

func (h *Handler) referForm(r *http.Request) (referView, error) {
	chosen := map[string]bool{}
	for _, k := range append(r.URL.Query()["row"], r.PostForm["row"]...) {
		chosen[k] = true
	}
	list, more, err := h.coordination.Referable(r.Context(), authz.SessionFrom(r.Context()).ScopeFor(authz.CoordinationManage), r.URL.Query().Get("party"), offeredRows)
	v := newRefer(list, more, func(k string) bool { return chosen[k] })
	v.Filter.Fill(r.URL.Query())
	return v, err
}

func (h *Handler) showRefer(w http.ResponseWriter, r *http.Request) error {
	v, err := h.referForm(r)
	if err != nil {
		return err
	}
	return referPage.Render(w, r, v)
}

func (h *Handler) wrongRefer(w http.ResponseWriter, r *http.Request, err error) error {
	v, shown := h.referForm(r)
	if shown != nil {
		return shown
	}
	var f web.Form
	f.Wrong(err)
	v.Wrong = f.Summary
	return referPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func newReferPreview(batches []coordination.Batch, keys []string) formView {
	n := 0
	for _, b := range batches {
		n += len(b.Rows)
	}
	v := formView{web.FormView{Heading: web.Heading{Title: fmt.Sprintf("移送%d项，分%d批", n, len(batches)), Lead: "每个部门一批，各有编号、函件和清单；发出后由对方签收并逐项反馈。"}, Trail: []web.Crumb{{Name: "移送事项", Href: referralsPath}, {Name: "选择事项", Href: referralsPath + "/new"}}}}
	for _, b := range batches {
		p := web.Panel{Title: fmt.Sprintf("%s：%d项，%s前反馈", b.Addressee, len(b.Rows), b.Due.On.Chinese())}
		if b.Absent {
			p.Parts = append(p.Parts, web.Alert{Kind: web.Warn, Title: "该部门不在平台上", Text: "发出后请打印函件和清单送达；回执和结果由本单位登记。要在平台上办理的，请先由安全管理员为该部门任命协同监管岗位。"})
		}
		t := web.Table{Caption: b.Addressee + "清单", Quiet: true, Compact: true, Columns: []web.Column{{Head: "事项"}, {Head: "网站或账号"}, {Head: "情况", Wide: true}}}
		for _, c := range b.Rows {
			m, _ := coordination.MatterOf(c.Matter)
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(m.Name), {Text: c.Name, Note: c.UnitName}, {Text: c.Says, Note: c.Place}}})
		}
		letter := web.Summary{Title: "函件"}
		for i, text := range b.Letter("") {
			letter.Terms = append(letter.Terms, web.Term{Name: fmt.Sprintf("第%d段", i+1), Text: text})
		}
		p.Parts = append(p.Parts, letter, t)
		v.Before = append(v.Before, p)
	}
	fields := []web.Field{{Kind: web.TextArea, Name: "request", Label: "补充要求", Max: 1000, Rows: 3, Hint: "可不填；写入每一批的函件"}}
	for _, k := range keys {
		fields = append(fields, web.Field{Kind: web.Hidden, Name: "row", Value: k})
	}
	v.Form = web.Form{Action: referralsPath + "/new", Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "移送"}}, Cancel: web.Link{Text: "返回选择", Href: referralsPath + "/new"}}
	return v
}

func (h *Handler) previewRefer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "提交的内容无法读取，请刷新后重试。").From(err)
	}
	batches, err := h.coordination.PreviewReferral(r.Context(), authz.ScopeFrom(r.Context()), h.ownUnit(r), r.PostForm["row"])
	if web.Mendable(err) {
		return h.wrongRefer(w, r, err)
	}
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newReferPreview(batches, r.PostForm["row"]))
}

func (h *Handler) refer(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "提交的内容无法读取，请刷新后重试。").From(err)
	}
	list, err := h.coordination.Refer(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), h.ownUnit(r), r.PostForm["row"], web.Typed(r, "request"))
	if web.Mendable(err) {
		return h.wrongRefer(w, r, err)
	}
	if err != nil {
		return err
	}
	var names []string
	for _, x := range list {
		names = append(names, x.Number+"（"+x.Addressee+"）")
	}
	to := referralsPath
	if len(list) == 1 {
		to = list[0].Link()
	}
	return web.Done(w, r, to, "已移送："+strings.Join(names, "、")+"；对方签收和反馈后在这里显示。")
}

// side is on which side of a batch the reader stands.
type side struct{ receives, sent bool }

func newReferralView(x coordination.Referral, rows []coordination.Row, history []audit.Row, me side, today calendar.Date) record {
	v := record{web.RecordView{Heading: web.Heading{Above: "移送事项 · " + web.Minute(x.SharedAt), Title: x.Number + " " + x.Addressee, Tags: []web.Tag{referralTag(x)},
		Acts: []web.Act{{Text: "下载函件 DOCX", Href: x.Link() + "/paper?as=docx"}, {Text: "PDF", Href: x.Link() + "/paper?as=pdf"}, {Text: "下载清单 XLSX", Href: "/console/shares/" + url.PathEscape(x.ID) + "/file?format=xlsx"}}}, Trail: []web.Crumb{{Name: "移送事项", Href: referralsPath}}}}
	receipt := web.Term{Name: "签收", Text: "还没有签收"}
	if !x.ReceiptOn.IsZero() {
		receipt.Text = x.ReceiptSigner + "，" + x.ReceiptOn.Chinese()
		if x.ReceiptBy != x.ReceiptSigner {
			receipt.Note = x.ReceiptBy + "凭回执登记"
		}
	}
	due := web.Term{Name: "反馈期限", Text: x.Due.On.Chinese()}
	if x.ClosedAt.IsZero() {
		due.Tags = []web.Tag{web.DueTag(x.Due.On, today)}
	}
	if x.Due.Provisional {
		due.Note = "节假日安排未公布，暂定"
	}
	terms := []web.Term{{Name: "移送单位", Text: x.UnitName, Note: x.SharedBy}, {Name: "协同监管单位", Text: x.Addressee, Note: coordination.Named(coordination.Partners, x.Party)}, due, receipt, {Name: "对方收文编号", Text: x.ReceiptNumber}, {Name: "签收说明", Text: x.ReceiptSays}}
	if x.Urgings > 0 {
		terms = append(terms, web.Term{Name: "催办", Text: fmt.Sprintf("%d次，最近 %s %s", x.Urgings, x.UrgedOn, x.UrgedBy)})
	}
	v.Main = append(v.Main, web.Summary{Terms: terms})
	if x.Absent() && x.ClosedAt.IsZero() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "该部门不在平台上", Text: "请打印函件和清单送达；收到的回执和书面答复在本页登记。"})
	}
	t := web.Table{Caption: "事项和结果", RowHead: 1, Columns: []web.Column{{Head: "序号"}, {Head: "事项", Wide: true}, {Head: "网站或账号"}, {Head: "结果", Wide: true}}}
	choices := []web.Option{{Label: "请选择"}}
	for _, c := range rows {
		m, _ := coordination.MatterOf(c.Matter)
		what := web.Cell{Text: m.Name, Note: c.Says}
		if me.sent {
			what.Href = c.Link // the records of the office
		}
		result := web.Cell{Text: "还没有反馈"}
		switch {
		case c.Outcome != "":
			kind := map[string]web.Tone{"done": web.Good, "unfounded": web.Neutral, "returned": web.Warn}[c.Outcome]
			result = web.Cell{Tags: []web.Tag{{Kind: kind, Text: coordination.Named(coordination.Outcomes, c.Outcome)}}, Text: c.Result, Note: strings.TrimSpace(c.ResultOn.Chinese() + " " + c.AnsweredBy + " " + c.Document)}
		case c.Own:
			result = web.Cell{Text: "在处置页登记结果", Href: c.Link}
		default:
			choices = append(choices, web.Option{Value: c.ID, Label: fmt.Sprintf("%d. %s：%s", c.Seq, m.Name, c.Name)})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Figure(c.Seq), what, {Text: c.Name, Note: c.UnitName}, result}})
	}
	v.Main = append(v.Main, t)
	if x.ReceiptOn.IsZero() && (me.receives || me.sent) {
		fields := []web.Field{{Name: "number", Label: "收文编号", Max: 60, Narrow: true}, {Kind: web.TextArea, Name: "says", Label: "说明", Max: 1000, Rows: 2}}
		legend, button := "签收", "签收移送事项"
		if !me.receives {
			legend, button = "凭回执登记签收", "登记对方签收"
			fields = append([]web.Field{{Name: "signer", Label: "签收人", Required: true, Max: 60, Narrow: true}, {Kind: web.DateField, Name: "on", Label: "签收日期", Required: true, Narrow: true}}, fields...)
		}
		v.Forms = append(v.Forms, web.Form{Action: x.Link() + "/receive", Key: "receive" + x.ID, Sections: []web.Section{{Legend: legend, Fields: fields}}, Buttons: []web.Button{{Label: button}}})
	}
	if !x.ReceiptOn.IsZero() && len(choices) > 1 && (me.receives || me.sent) {
		document := web.Field{Name: "document", Label: "文书编号", Max: 100, Narrow: true}
		legend := "反馈结果"
		if !me.receives {
			legend, document.Required, document.Hint = "凭书面答复登记结果", true, "对方书面答复的编号"
		}
		v.Forms = append(v.Forms, web.Form{Action: x.Link() + "/answer", Key: "answer" + x.ID, Sections: []web.Section{{Legend: legend, Fields: []web.Field{{Kind: web.Select, Name: "row", Label: "事项", Required: true, Options: choices}, {Kind: web.Radios, Name: "outcome", Label: "处理结果", Required: true, Options: options("", coordination.Outcomes)[1:]},
			{Kind: web.TextArea, Name: "result", Label: "处理情况", Required: true, Max: 1000, Rows: 3}, {Kind: web.DateField, Name: "on", Label: "处理日期", Required: true, Narrow: true, Value: today.String()}, document}}}, Buttons: []web.Button{{Label: "登记结果"}}})
	}
	if me.sent && x.ClosedAt.IsZero() && !x.Absent() {
		v.Forms = append(v.Forms, web.Form{Action: x.Link() + "/urge", Sections: []web.Section{{Legend: "催办", Hint: "向对方发一条催办消息，一天一次。"}}, Buttons: []web.Button{{Label: "催办移送事项", Plain: true}}})
	}
	letter := web.Summary{Title: "函件"}
	for i, p := range x.Letter {
		letter.Terms = append(letter.Terms, web.Term{Name: fmt.Sprintf("第%d段", i+1), Text: p})
	}
	v.Side = append(v.Side, letter, web.History(history))
	return v
}

func (h *Handler) referralOf(r *http.Request) (record, error) {
	s := authz.SessionFrom(r.Context())
	x, rows, err := h.coordination.Referral(r.Context(), s, r.PathValue("id"))
	if err != nil {
		return record{}, err
	}
	history, err := h.coordination.ShareHistory(r.Context(), s, x.ID)
	return newReferralView(x, rows, history, side{receives: !x.Absent() && s.MayAt(authz.ShareRead, string(x.To)), sent: s.MayAt(authz.CoordinationManage, string(x.Unit))}, web.FrameOf(r).Today), err
}

func (h *Handler) referral(w http.ResponseWriter, r *http.Request) error {
	v, err := h.referralOf(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) referralPaper(w http.ResponseWriter, r *http.Request) error {
	d, x, err := h.coordination.ReferralPaper(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, d, "移送函", "移送函-"+x.Number)
}

// referralAct ends a small act of a batch's page.
func (h *Handler) referralAct(w http.ResponseWriter, r *http.Request, err error, said string) error {
	return recordPage.Answer(w, r, err, referralsPath+"/"+url.PathEscape(r.PathValue("id")), said, h.referralOf, func(v *record) *web.Form {
		for i := range v.Forms {
			if v.Forms[i].Action == r.URL.Path {
				return &v.Forms[i]
			}
		}
		return nil
	})
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request) error {
	n := coordination.Receipt{Number: web.Typed(r, "number"), Signer: web.Typed(r, "signer"), Says: web.Typed(r, "says")}
	var err error
	if n.On, err = web.DayOf(r, "on", "签收日期"); err == nil {
		err = h.coordination.Receive(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), n)
	}
	return h.referralAct(w, r, err, "已签收。")
}

func (h *Handler) answerReferral(w http.ResponseWriter, r *http.Request) error {
	n := coordination.Result{Outcome: web.Typed(r, "outcome"), Result: web.Typed(r, "result"), Document: web.Typed(r, "document")}
	var err error
	row := web.Typed(r, "row")
	if row == "" {
		err = fault.New(fault.Invalid, "没有选择事项。").On("row", "请选择要反馈的事项")
	}
	if err == nil {
		n.On, err = web.DayOf(r, "on", "处理日期")
	}
	if err == nil {
		err = h.coordination.Answer(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), row, n)
	}
	return h.referralAct(w, r, err, "结果已登记。")
}

func (h *Handler) urgeReferral(w http.ResponseWriter, r *http.Request) error {
	return h.referralAct(w, r, h.coordination.UrgeReferral(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id")), "已催办。")
}

var (
	sampleCandidate = coordination.Candidate{Kind: "finding", ID: "f", Matter: "icp", Name: "西安市商务局网站", Says: "首页底部未见ICP备案号", Place: "http://swj.xian.gov.cn/", Link: "/console/findings/f", UnitName: "西安市商务局"}
	hostCandidate   = coordination.Candidate{Kind: `"`, ID: "<", Matter: "icp", Name: "<script>alert(1)</script>", Says: "</td>", Place: `"><b>`, Link: "/x", UnitName: "<i>"}
	sampleBatch     = coordination.Batch{Party: "telecom", To: "t", Addressee: "陕西省通信管理局", Rows: []coordination.Candidate{sampleCandidate}, Due: calendar.Due{On: sampleToday.AddDays(14)}}
	hostBatch       = coordination.Batch{Party: "x", Addressee: "<script>", Absent: true, Rows: []coordination.Candidate{hostCandidate}, Due: calendar.Due{On: sampleToday, Provisional: true}}
	sampleReferral  = coordination.Referral{Share: coordination.Share{ID: "s", List: "referral", Unit: "u", To: "t", UnitName: "陕西省人民政府办公厅", ToName: "陕西省通信管理局", Rows: 2, SharedBy: "林知远"}, Number: "YS-2026-0001", Party: "telecom", Addressee: "陕西省通信管理局", Letter: []string{"现移送贵单位处理。"}, Due: calendar.Due{On: sampleToday.AddDays(9)}, Open: 1}
	hostReferral    = coordination.Referral{Share: coordination.Share{ID: `"><b>`, List: "referral", Unit: "u", To: org.UnitID("u"), UnitName: "<b>", SharedBy: "<u>", ReceiptSays: "</p>"}, Number: "<i>", Addressee: "<script>", Letter: []string{"<script>"}, ReceiptSigner: "<b>", ReceiptOn: sampleToday, Due: calendar.Due{On: sampleToday, Provisional: true}, Urgings: 2, UrgedBy: "<b>"}
	sampleRows      = []coordination.Row{{ID: "1", Seq: 1, Matter: "icp", Name: "西安市商务局网站", Says: "未见ICP备案号", Link: "/console/findings/f", UnitName: "西安市商务局", Outcome: "done", Result: "已督促补办", ResultOn: sampleToday, AnsweredBy: "赵云"}, {ID: "2", Seq: 2, Matter: "icp", Name: "西安市教育局网站", Link: "/console/findings/g"}}
	hostRows        = []coordination.Row{{ID: `"`, Seq: 1, Matter: "icp", Name: "<script>", Says: "</td>", Link: "/x", Outcome: "returned", Result: "<i>", Document: `"><`}, {ID: "own", Seq: 2, Matter: "fake", Name: "<b>", Own: true, Link: "/y"}, {ID: "open", Seq: 3, Matter: "mark", Name: "</select>"}}
	nothing         = func(string) bool { return false }
)

var referPage = web.Define(views, "views/refer.html", newRefer(nil, false, nothing), newRefer([]coordination.Candidate{sampleCandidate}, true, func(string) bool { return true }), func() referView {
	v := newRefer([]coordination.Candidate{hostCandidate}, false, nothing)
	var f web.Form
	f.Wrong(fault.New(fault.Conflict, "<b>没有选择</b>"))
	v.Wrong = f.Summary
	return v
}())
