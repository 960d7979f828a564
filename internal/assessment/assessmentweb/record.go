package assessmentweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/merit"
	"zhengshu/internal/web"
)

// orderView is GET /console/orders/{id}.
type orderView struct {
	Heading  web.Heading
	Alerts   []web.Alert
	Facts    web.Summary
	Findings []findingPart
	Answers  []answerPart
	Story    web.Timeline
	Base     string
	// Test is the retest of all of it: the act of the address differs by who
	// asks. Empty: no button.
	Test      string
	MayAnswer bool
	Answer    web.Form
	Acts      []actPart // small forms: extension, confirmation, 督办
	number    string
}

// actPart is a small act behind its name.
type actPart struct {
	Name string
	Open bool
	Form web.Form
}

// Title of the document.
func (v orderView) Title() string { return "整改通知 " + v.number }

// Crumbs of the page.
func (v orderView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "整改通知", Href: ordersPath}, web.Crumb{Name: v.number})
}

type findingPart struct {
	ID      string
	Says    string
	Link    string
	Page    string
	Fix     string
	Rule    string // the rule in the words that warn an author
	Tags    []web.Tag
	Note    string
	Files   []web.Link
	Origin  web.Link    // the record it was made of; no text: none
	Looks   web.Summary // before and after, once retested
	MayTest bool
	Accept  web.Form // empty action: not offered
}

type answerPart struct {
	Who   string
	Says  string
	Files []web.Link
}

// reader is what the person before the page may do.
type reader struct {
	answers, issues, supervises, answered bool
	refers, records                       bool // hands over to co-regulators; records accountability
}

// nextStep is what is to be done now, and by whom.
func nextStep(d assessment.Dossier, me reader) web.Alert {
	a := web.Alert{Kind: web.Info}
	switch d.Stage {
	case assessment.StageClosed:
		return web.Alert{}
	case assessment.StageRetesting:
		a.Title, a.Text = "正在复测", "已收到答复，正在逐处复测，几秒到几分钟后刷新可见结果。"
		if slices.ContainsFunc(d.Findings, func(f assessment.OrderFinding) bool { return f.Errand.Out() }) {
			a.Title, a.Text = inspection.HandedOut, "平台不能直接访问网站，复测由外网巡检机进行，结果带回后自动登记、改正的当场办结；等待期间不算超期。"
		}
	case assessment.StageConfirming:
		a.Title, a.Text = "等待核实", "有问题不能自动复测，由"+orElse(d.IssuedFrom, "主管单位")+"答复人以外的人员核实；严重问题由两人分别核实。"
		if me.issues && !me.answered {
			a.Title, a.Text = "现在要做：核实整改情况", "逐条查看答复和证明材料，在每个问题下填写核实情况：已改正，或仍有问题。"
		}
	case assessment.StageSupervised:
		a.Kind, a.Title, a.Text = web.Danger, "已上报督办", orElse(d.EscalatedName, "上级主管单位")+"已发督办函。"
		if n := len(d.Supervisions); n > 0 {
			a.Text += "请于" + d.Supervisions[n-1].Due.Chinese() + "前整改到位并书面报告。"
		}
	default:
		if me.answers {
			a.Title, a.Text = "现在要做", "一、按每条的整改办法改正；二、在下面答复改了什么、何时改好，附上证明；提交后自动复测，改正的当场办结。"
			if d.Stage == assessment.StageFailed {
				a.Kind, a.Title, a.Text = web.Warn, "现在要做：还有问题没有改正", "看下面标为“未改正”的各条，改正后再答复或点“复测”。"
			}
		} else if me.issues {
			a.Title, a.Text = "等待主办单位整改", "可以催办；超期仍不整改的，可以上报督办。"
			if slices.ContainsFunc(d.Extensions, assessment.Extension.Waits) {
				a.Title, a.Text = "现在要做：答复延期申请", "主办单位申请延期，答复前原期限不变。同意的写明延到哪一天，不同意的写明理由。"
			}
		}
	}
	if a.Title == "" {
		return web.Alert{}
	}
	return a
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func newOrderView(d assessment.Dossier, me reader, today calendar.Date) orderView {
	base := d.Link()
	v := orderView{Base: base, number: d.Number, Heading: web.Heading{Above: "整改通知 " + d.Number, Title: d.SiteName, Tags: []web.Tag{stageTag(d.Order), severityTag(d.Severity)},
		Acts: []web.Act{{Text: "下载通知 DOCX", Href: base + "/paper?as=docx"}, {Text: "PDF", Href: base + "/paper?as=pdf"}}}}
	open := d.State != assessment.OrderClosed
	if open && d.Due.Missed(today) && !d.Waits() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "已超期", Text: "整改期限是" + d.Due.On.Chinese() + "，请立即整改并申请复测。"})
	}
	if open && d.Reopenings > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "问题再次发现", Text: fmt.Sprintf("本通知办结后第%d次重新打开，新的期限是%s。", d.Reopenings, d.Due.On.Chinese())})
	}
	if open && d.RetestBroken != "" && d.Stage != assessment.StageRetesting {
		a := web.Alert{Kind: web.Warn, Title: "上次复测没有完成", Text: d.RetestBroken + "没有复测到的问题不作评判。"}
		if me.answers || me.issues {
			a.Text += "需要时请点“复测全部未改正的问题”。"
		}
		v.Alerts = append(v.Alerts, a)
	}
	if a := nextStep(d, me); a.Title != "" {
		v.Alerts = append(v.Alerts, a)
	}
	v.Facts = orderFacts(d, today)
	for _, f := range d.Findings {
		v.Findings = append(v.Findings, newFindingPart(d, f, me, open))
	}
	for _, p := range d.Points {
		v.Findings = append(v.Findings, newPointPart(d, p, me, open))
	}
	for _, a := range d.Answers {
		p := answerPart{Who: a.Unit + "　" + a.Person + "　" + web.Minute(a.At), Says: a.Says}
		for _, f := range a.Files {
			p.Files = append(p.Files, web.Link{Text: f.Name, Href: base + "/files/" + f.ID})
		}
		v.Answers = append(v.Answers, p)
	}
	v.Story = orderStory(d, open)
	// What waits for a crawler, or for a person, is not looked at by pressing a button.
	if d.Standing > 0 && open && slices.ContainsFunc(v.Findings, func(p findingPart) bool { return p.MayTest }) {
		switch {
		case me.answers:
			v.Test = base + "/retest"
		case me.issues:
			v.Test = base + "/review"
		}
	}
	if me.answers && open {
		v.MayAnswer = true
		v.Answer = web.Form{Action: base + "/answer", Upload: true, Key: "order-answer-" + string(d.ID), Sections: []web.Section{{Legend: "答复整改情况", Fields: []web.Field{
			{Kind: web.TextArea, Name: "says", Label: "整改情况", Hint: "写明改了什么、何时改好。答复不代替复测。", Required: true, Max: 2000},
			{Kind: web.File, Name: "file", Label: "证明材料", Hint: "可不传。PDF、图片或办公文档，合计不超过20 MB。", Multiple: true, Accept: ".pdf,.png,.jpg,.jpeg,.docx,.xlsx"}}}},
			Buttons: []web.Button{{Label: "答复并复测"}}}
		if n := len(v.Alerts); n > 0 && len(v.Findings) > 1 { // the form stands below them all
			v.Alerts[n-1].Links = append(v.Alerts[n-1].Links, web.Link{Text: "去答复", Href: "#" + web.Field{Name: "says"}.ID()})
		}
	}
	v.Acts = orderActs(d, me, today)
	if me.refers && open && slices.ContainsFunc(d.Findings, func(f assessment.OrderFinding) bool {
		_, ok := coordination.MatterOfCheck(f.Check)
		return ok && !f.Settled()
	}) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "移送协同监管单位", Href: "/console/referrals/new?row=" + url.QueryEscape("order:"+string(d.ID))})
	}
	if me.records {
		act := web.Act{Text: "登记表扬或问责", Href: merit.EnterLink("", merit.Ref{Kind: "order", ID: string(d.ID)}, "")}
		if d.Reopenings > 0 || !d.EscalatedAt.IsZero() || open && d.Due.Missed(today) && !d.Waits() {
			act = web.Act{Text: "登记问责", Href: merit.EnterLink(merit.Account, merit.Ref{Kind: "order", ID: string(d.ID)}, "")}
		}
		v.Heading.Acts = append(v.Heading.Acts, act)
	}
	return v
}

func orderFacts(d assessment.Dossier, today calendar.Date) web.Summary {
	read := "尚未打开"
	if !d.ReadAt.IsZero() {
		read = d.ReadBy + " 于 " + web.Minute(d.ReadAt) + " 首次打开"
	}
	note := ""
	if n := len(d.Readings); n > 1 {
		var names []string
		for _, x := range d.Readings[:min(n, 10)] {
			names = append(names, x.Person)
		}
		note = fmt.Sprintf("共%d人打开：%s", n, strings.Join(names, "、"))
	}
	from := d.IssuerName
	if d.IssuedFrom != "" {
		from = d.IssuedFrom + "　" + d.IssuerName
	}
	object := web.Term{Name: "对象", Text: d.SiteName, Note: d.Host}
	switch {
	case d.Site != "":
		object.Href = "/console/sites/" + string(d.Site)
	case d.Account != "":
		object.Href = "/console/accounts/" + string(d.Account)
	}
	dueOf := dueCell(d.Order, today)
	days := fmt.Sprintf("%d个工作日", d.Days)
	for _, e := range d.Extensions {
		if e.Verdict == "granted" {
			days = "原为 " + e.WasDue.String() + "，已同意延期"
			break
		}
	}
	cause := assessment.CauseName(d.Cause)
	if cause == "" {
		cause = "多类"
	}
	s := web.Summary{Terms: []web.Term{
		{Name: "主办单位", Text: d.UnitName}, object, {Name: "问题类别", Text: cause},
		{Name: "下发", Text: from, Note: web.Minute(d.IssuedAt)}, {Name: "整改期限", Text: d.Due.On.String(), Tags: dueOf.Tags, Note: strings.Trim(days+"；"+dueOf.Note, "；")},
		{Name: "阅知", Text: read, Note: note}, {Name: "依据", Text: "陕政公开办〔2021〕18号 第三十条", Note: "发现问题及时通报、督促整改"},
	}}
	if d.Says != "" {
		s.Terms = append(s.Terms, web.Term{Name: "整改要求", Text: d.Says})
	}
	if !d.EscalatedAt.IsZero() {
		s.Terms = append(s.Terms, web.Term{Name: "上报督办", Text: d.EscalatedName, Note: web.Minute(d.EscalatedAt)})
	}
	return s
}

// ruleText quotes the rule behind a finding, with its citation and the id of the
// check, which is the one that warns the author of a draft.
func ruleText(checkID, clause string) string {
	var parts []string
	if q, ok := assessment.QuoteOf(checkID); ok {
		parts = append(parts, q.Says+"（检查项，写稿时同样提示）")
	} else if assessment.ByPerson(checkID) {
		parts = append(parts, "人工发现")
	}
	if clause != "" {
		parts = append(parts, assessment.BasisOf(clause))
	}
	return strings.Join(parts, "；")
}

// words are the persons' words on one object that hold now.
func words(d assessment.Dossier, object string) (names []string, note string) {
	for _, c := range d.Confirmations {
		if c.Object != object {
			continue
		}
		if !c.Mended {
			names = nil
			note = c.Person + "核实仍有问题：" + c.Reason
			continue
		}
		names = append(names, c.Person)
		note = c.Person + "核实已改正：" + c.Reason
	}
	return names, note
}

func acceptForm(base, id, severity string, given []string) web.Form {
	hint := "只用于机器无法复测的问题；能复测的请用复测。"
	if severity == "serious" {
		hint += "严重问题须由两人分别核实。"
		if len(given) > 0 {
			hint += strings.Join(given, "、") + "已核实，还需另一人。"
		}
	}
	return web.Form{Action: base + "/accept", Sections: []web.Section{{Hint: hint, Fields: []web.Field{
		{Kind: web.Hidden, Name: "finding", Value: id},
		{Kind: web.TextLine, Name: "reason-" + id, Label: "核实情况", Required: true, Max: 500}}}},
		Buttons: []web.Button{{Label: "确认已改正", Name: "verdict", Value: "mended"}, {Label: "仍有问题，退回整改", Name: "verdict", Value: "standing", Plain: true}}}
}

func newFindingPart(d assessment.Dossier, f assessment.OrderFinding, me reader, open bool) findingPart {
	says := f.Says
	if d.Site == "" && d.Account == "" {
		says = f.SiteName + "：" + says
	}
	p := findingPart{ID: string(f.ID), Says: says, Link: f.Link(), Page: f.URL, Fix: f.Fix, Rule: ruleText(f.Check, f.Clause), Tags: []web.Tag{severityTag(f.Severity)}, MayTest: (me.answers || me.issues) && !assessment.ByPerson(f.Check)}
	for _, x := range f.Files {
		p.Files = append(p.Files, web.Link{Text: x.Name, Href: d.Link() + "/files/" + x.ID})
	}
	p.Origin = originLink(d, p.ID)
	if !f.After.At.IsZero() {
		p.Looks = web.Summary{Terms: []web.Term{{Name: "整改前", Text: f.Before.Says, Note: web.Minute(f.Before.At)}, {Name: "复测", Text: f.After.Says, Note: web.Minute(f.After.At)}}}
	}
	if f.Relapse {
		p.Tags = append(p.Tags, web.Tag{Kind: web.Danger, Text: "复发"})
	}
	given, note := words(d, string(f.ID))
	switch {
	case f.Relapsed:
		p.Tags = append(p.Tags, web.Tag{Kind: web.Warn, Text: "改正后又复发"})
		p.Note, p.MayTest = "曾于 "+web.Minute(f.ClosedAt)+" 办结，同一问题后来再次发现，见另一条。", false
	case f.State == inspection.FindingClosed:
		p.Tags = append(p.Tags, web.Tag{Kind: web.Good, Text: "已改正"})
		p.Note, p.MayTest = "办结于 "+web.Minute(f.ClosedAt), false
	case !f.ConfirmedAt.IsZero():
		p.Tags = append(p.Tags, web.Tag{Kind: web.Good, Text: "人工确认"})
		p.Note = f.ConfirmedBy + " 于 " + web.Minute(f.ConfirmedAt) + " 确认：" + f.Reason
	default:
		tag := web.Tag{Kind: web.Warn, Text: f.StateName()}
		if f.After.Outcome == engine.Standing {
			tag = web.Tag{Kind: web.Danger, Text: "未改正"}
		}
		p.Tags, p.Note = append(p.Tags, tag), note
		if f.Errand.Out() {
			p.Tags = append(p.Tags, web.Tag{Kind: web.Info, Text: inspection.HandedOut})
			p.Note, p.MayTest = f.Errand.Waits(), false
		}
		if me.issues && open && !me.answered {
			p.Accept = acceptForm(d.Link(), p.ID, string(f.Severity), given)
		}
	}
	return p
}

// originLink leads to the record that a finding or point was made of.
func originLink(d assessment.Dossier, id string) web.Link {
	f, ok := d.Origins[id]
	if !ok {
		return web.Link{}
	}
	return web.Link{Text: f.Name, Href: f.Origin}
}

func newPointPart(d assessment.Dossier, x assessment.Point, me reader, open bool) findingPart {
	p := findingPart{ID: string(x.ID), Says: x.Says, Page: x.Place, Fix: x.Fix, Rule: ruleText(x.Check, x.Clause), Tags: []web.Tag{severityTag(x.Severity)}, MayTest: (me.answers || me.issues) && !x.Manual() && x.SettledAt.IsZero()}
	if !x.Manual() {
		p.Link = "/console/account-sheets/" + string(x.Account)
	}
	for _, f := range x.Files {
		p.Files = append(p.Files, web.Link{Text: f.Name, Href: d.Link() + "/files/" + f.ID})
	}
	p.Origin = originLink(d, p.ID)
	if !x.LookedAt.IsZero() {
		p.Looks = web.Summary{Terms: []web.Term{{Name: "发现", Text: x.SeenBy, Note: x.SeenOn.String()}, {Name: "复测", Text: x.LookSays, Note: web.Minute(x.LookedAt)}}}
	}
	given, note := words(d, p.ID)
	switch {
	case !x.SettledAt.IsZero():
		p.Tags = append(p.Tags, web.Tag{Kind: web.Good, Text: "已改正"})
		p.Note = x.SettledBy + " 于 " + web.Minute(x.SettledAt) + "：" + x.Reason
	default:
		tag := web.Tag{Kind: web.Warn, Text: "已通知整改"}
		if x.Outcome == engine.Standing {
			tag = web.Tag{Kind: web.Danger, Text: "未改正"}
		}
		p.Tags, p.Note = append(p.Tags, tag), note
		if me.issues && open && !me.answered {
			p.Accept = acceptForm(d.Link(), p.ID, string(x.Severity), given)
		}
	}
	return p
}

// orderStory is everything that happened, in the order of time.
func orderStory(d assessment.Dossier, open bool) web.Timeline {
	t := web.Timeline{Title: "办理经过"}
	add := func(e web.Event) { t.Events = append(t.Events, e) }
	for _, s := range d.History {
		kind := web.Neutral
		switch s.To {
		case assessment.OrderClosed:
			kind = web.Good
		case assessment.OrderReopened:
			kind = web.Danger
		}
		add(web.Event{At: s.At, Title: assessment.OrderMachine.ActName(s.Act), Who: s.ActorName, Text: s.Note, Kind: kind})
	}
	for _, x := range d.Readings {
		add(web.Event{At: x.At, Title: "阅知", Who: x.Person, Unit: x.Unit})
	}
	for _, x := range d.Extensions {
		add(web.Event{At: x.AskedAt, Title: "申请延期到 " + x.Until.String(), Who: x.AskedBy, Text: x.Reason})
		if !x.DecidedAt.IsZero() {
			title := "延期：" + x.VerdictName()
			if !x.Granted.IsZero() {
				title = "同意延期到 " + x.Granted.String()
			}
			add(web.Event{At: x.DecidedAt, Title: title, Who: x.DecidedBy, Text: x.Answer})
		}
	}
	for _, x := range d.Confirmations {
		title, kind := "核实：已改正", web.Good
		if !x.Mended {
			title, kind = "核实：仍有问题", web.Danger
		}
		add(web.Event{At: x.At, Title: title, Who: x.Person, Text: x.Reason, Kind: kind})
	}
	for _, x := range d.Urgings {
		add(web.Event{At: x.At, Title: "催办", Who: x.Person, Kind: web.Warn})
	}
	if !d.EscalatedAt.IsZero() {
		add(web.Event{At: d.EscalatedAt, Title: "上报" + d.EscalatedName + "督办", Kind: web.Danger})
	}
	for _, x := range d.Supervisions {
		add(web.Event{At: x.At, Title: "督办函 " + x.Number, Who: x.Person, Unit: x.OfficeName, Text: x.Says, Kind: web.Danger,
			Links: []web.Link{{Text: "DOCX", Href: d.Link() + "/supervisions/" + x.ID + "?as=docx"}, {Text: "PDF", Href: d.Link() + "/supervisions/" + x.ID + "?as=pdf"}}})
	}
	slices.SortStableFunc(t.Events, func(a, b web.Event) int { return a.At.Compare(b.At) })
	if open {
		t.Next = "全部问题改正后自动办结"
	}
	return t
}

// orderActs are the small forms that fit the stage and the person.
func orderActs(d assessment.Dossier, me reader, today calendar.Date) []actPart {
	if d.State == assessment.OrderClosed {
		return nil
	}
	base := d.Link()
	var out []actPart
	var waits *assessment.Extension
	for i := range d.Extensions {
		if d.Extensions[i].Waits() {
			waits = &d.Extensions[i]
		}
	}
	if me.issues && waits != nil {
		out = append(out, actPart{Name: "答复延期申请", Open: true, Form: web.Form{Action: base + "/extension/decide", Sections: []web.Section{{
			Hint: fmt.Sprintf("%s申请由%s延到%s：%s", waits.AskedBy, waits.WasDue, waits.Until, waits.Reason),
			Fields: []web.Field{{Kind: web.DateField, Name: "until", Label: "同意延到", Value: waits.Until.String(), Narrow: true, Hint: "可以早于申请的日期"},
				{Name: "answer", Label: "答复意见", Max: 500, Hint: "不同意的必须写明理由"}}}},
			Buttons: []web.Button{{Label: "同意延期", Name: "verdict", Value: "grant"}, {Label: "不同意", Name: "verdict", Value: "refuse", Plain: true, Skip: true}}}})
	}
	if me.answers && d.State == assessment.OrderAnswered && d.ConfirmAskedAt.IsZero() {
		out = append(out, actPart{Name: "申请人工确认", Form: web.Form{Action: base + "/ask-confirm", Sections: []web.Section{{Hint: "机器不能复测的问题，由主管单位答复人以外的人员核实。"}}, Buttons: []web.Button{{Label: "申请人工确认"}}}})
	}
	if me.answers && waits == nil && !d.Due.Missed(today) && !d.Waits() {
		out = append(out, actPart{Name: "申请延期", Form: web.Form{Action: base + "/extension", Sections: []web.Section{{Hint: "在期限到来前申请，由下发单位答复；答复前原期限不变。", Fields: []web.Field{
			{Kind: web.DateField, Name: "until", Label: "申请延到", Required: true, Narrow: true}, {Kind: web.TextArea, Name: "reason", Label: "延期理由", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "申请延期"}}}})
	}
	if me.issues && d.EscalatedAt.IsZero() && d.Due.Missed(today) && !d.Waits() {
		out = append(out, actPart{Name: "上报督办", Form: web.Form{Action: base + "/escalate", Sections: []web.Section{{Hint: "报上一级主管单位发函督办；超期达到本省设置的天数会自动上报。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "上报理由", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "上报督办"}}}})
	}
	if me.supervises && d.SupervisedAt.IsZero() {
		out = append(out, actPart{Name: "发督办函", Open: true, Form: web.Form{Action: base + "/supervise", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.TextArea, Name: "says", Label: "督办要求", Required: true, Max: 1000}, {Kind: web.DateField, Name: "due", Label: "督办期限", Required: true, Narrow: true}}}},
			Buttons: []web.Button{{Label: "发出督办函"}}}})
	}
	return out
}

func (h *Handler) orderScreen(r *http.Request) (orderView, error) {
	ctx, id := r.Context(), assessment.OrderID(r.PathValue("id"))
	d, err := h.assessment.Order(ctx, authz.ScopeFrom(ctx), id)
	if err != nil {
		return orderView{}, err
	}
	s := authz.SessionFrom(ctx)
	covers := func(p authz.Permission) bool {
		if s == nil || !s.May(p) {
			return false
		}
		_, err := h.assessment.OrderTx(ctx, h.db, s.ScopeFor(p), id)
		return err == nil
	}
	me := reader{answers: covers(authz.OrderAnswer), issues: covers(authz.OrderIssue), refers: covers(authz.CoordinationManage), records: covers(authz.MeritRecord), supervises: d.EscalatedTo != "" && s.MayAt(authz.OrderIssue, string(d.EscalatedTo))}
	for _, a := range d.Answers {
		me.answered = me.answered || s != nil && a.PersonID == s.PersonID
	}
	if unit, _ := s.Unit(); unit == string(d.Unit) && d.IssuerUnit != "" && d.IssuerUnit != d.Unit {
		me.issues, me.records = false, false // of its own portal: the office that issued it
	}
	v := newOrderView(d, me, web.FrameOf(r).Today)
	if h.coordination == nil {
		return v, nil
	}
	handed, err := h.coordination.Handed(ctx, s, "order", string(id))
	for _, x := range handed {
		state := coordination.Named(coordination.Outcomes, x.Outcome)
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "移送", Text: x.Number + " " + x.Addressee, Href: x.Link, Note: strings.TrimSpace(orElse(state, "处理中") + " " + x.Result)})
	}
	return v, err
}

// act runs a small act of an order and shows the order again when it is refused.
func (h *Handler) act(said string, do func(r *http.Request, id assessment.OrderID) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, assessment.OrderID(r.PathValue("id")))
		if web.Mendable(err) {
			return h.again(w, r, err)
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, ordersPath+"/"+r.PathValue("id"), said)
	}
}

func (h *Handler) askExtension(r *http.Request, id assessment.OrderID) error {
	until, err := web.DayOf(r, "until", "申请延到的日期")
	if err != nil {
		return err
	}
	return h.assessment.AskExtension(r.Context(), authz.ScopeFrom(r.Context()), id, until, r.PostFormValue("reason"))
}

func (h *Handler) decideExtension(r *http.Request, id assessment.OrderID) error {
	until, err := web.DayOf(r, "until", "同意延到的日期")
	if err != nil {
		return err
	}
	verdict := web.Typed(r, "verdict")
	if verdict != "grant" && verdict != "refuse" {
		return fault.New(fault.Invalid, "没有选择同意或不同意，请按对应的按钮。").On("verdict", "请选择")
	}
	return h.assessment.DecideExtension(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), id, verdict == "grant", until, r.PostFormValue("answer"))
}

func (h *Handler) askConfirm(r *http.Request, id assessment.OrderID) error {
	_, err := h.assessment.AskConfirm(r.Context(), authz.ScopeFrom(r.Context()), id)
	return err
}

func (h *Handler) escalate(r *http.Request, id assessment.OrderID) error {
	return h.assessment.Escalate(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), id, r.PostFormValue("why"))
}

func (h *Handler) supervise(r *http.Request, id assessment.OrderID) error {
	due, err := web.DayOf(r, "due", "督办期限")
	if err != nil {
		return err
	}
	_, err = h.assessment.Supervise(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), id, r.PostFormValue("says"), due)
	return err
}

func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	d, o, err := h.assessment.Paper(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, d, "整改通知", "整改通知-"+o.Number)
}

func (h *Handler) supervisionPaper(w http.ResponseWriter, r *http.Request) error {
	d, x, err := h.assessment.SupervisionPaper(r.Context(), authz.ScopeFrom(r.Context()), assessment.OrderID(r.PathValue("id")), r.PathValue("letter"))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, d, "督办函", "督办函-"+x.Number)
}
