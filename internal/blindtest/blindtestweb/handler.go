package blindtestweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/blindtest"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	testsPath   = "/console/blind-tests"
	marksPath   = "/console/blind-marks"
	lettersPath = "/console/blind-letters"
	perPage     = 20
)

// Handler serves the screens.
type Handler struct {
	tests    *blindtest.Service
	org      *org.Service
	settings func() sx2021.Settings
	filing   *assessment.Service
}

// Filing lets letters that were not answered as they should become findings.
func (h *Handler) Filing(a *assessment.Service) *Handler {
	h.filing = a
	return h
}

// New makes the handler.
func New(s *blindtest.Service, o *org.Service, settings func() sx2021.Settings) *Handler {
	return &Handler{tests: s, org: o, settings: settings}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/blind-tests", Permit: authz.AppraisalManage, Handle: h.list},
		{Pattern: "GET /console/blind-tests/new", Permit: authz.AppraisalManage, Handle: h.showNew},
		{Pattern: "POST /console/blind-tests/new", Permit: authz.AppraisalManage, Handle: h.plan},
		{Pattern: "GET /console/blind-tests/{id}", Permit: authz.AppraisalManage, Handle: h.show},
		{Pattern: "GET /console/blind-tests/{id}/export", Permit: authz.AppraisalManage, Handle: h.export},
		{Pattern: "POST /console/blind-tests/{id}/start", Permit: authz.AppraisalManage, Handle: h.act("盲测已开始，本平台网站的信件由系统陆续发出。", h.start)},
		{Pattern: "POST /console/blind-tests/{id}/close", Permit: authz.AppraisalManage, Handle: h.act("盲测已结束，各单位已收到通知，测试信件已退出来信统计。", h.close)},
		{Pattern: "POST /console/blind-tests/{id}/cancel", Permit: authz.AppraisalManage, Handle: h.act("盲测已取消。", h.cancel)},
		{Pattern: "POST /console/blind-tests/{id}/ask", Permit: authz.AppraisalManage, Handle: h.act("已申请启封，请另一人同意。", h.ask)},
		{Pattern: "POST /console/blind-tests/{id}/agree", Permit: authz.AppraisalManage, Handle: h.act("已同意启封，24 小时内由申请人和您查看。", h.agree)},
		{Pattern: "POST /console/blind-tests/{id}/senders", Permit: authz.AppraisalManage, Handle: h.senders},
		{Pattern: "GET /console/blind-tests/{id}/letters/{letter}", Permit: authz.AppraisalManage, Handle: h.letter},
		{Pattern: "POST /console/blind-tests/{id}/letters/{letter}/sent", Permit: authz.AppraisalManage, Handle: h.letterAct("已登记发出。", h.sent)},
		{Pattern: "POST /console/blind-tests/{id}/letters/{letter}/answer", Permit: authz.AppraisalManage, Handle: h.letterAct("答复已登记，等待两人评分。", h.answer)},
		{Pattern: "POST /console/blind-tests/{id}/letters/{letter}/void", Permit: authz.AppraisalManage, Handle: h.letterAct("这封信已作废。", h.void)},
		{Pattern: "POST /console/blind-tests/{id}/letters/{letter}/settle", Permit: authz.AppraisalManage, Handle: h.letterAct("已裁定。", h.settle)},
		{Pattern: "GET /console/blind-marks", Permit: authz.AppraisalJudge, Handle: h.queue},
		{Pattern: "GET /console/blind-marks/{letter}", Permit: authz.AppraisalJudge, Handle: h.showMark},
		{Pattern: "POST /console/blind-marks/{letter}", Permit: authz.AppraisalJudge, Handle: h.mark},
		{Pattern: "GET /console/blind-letters", Permit: authz.AssessmentRead, Handle: h.own},
		{Pattern: "GET /console/blind-letters/{letter}", Permit: authz.AssessmentRead, Handle: h.ownLetter},
	}
}

// page is a list of this door, record a campaign or letter, formView a form.
type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

var trail = []web.Crumb{{Name: "盲测", Href: testsPath}}

func stateTag(state string) web.Tag {
	kind := map[string]web.Tone{blindtest.Running: web.Warn, blindtest.Closed: web.Good, blindtest.Cancelled: web.Neutral}[state]
	if kind == "" {
		kind = web.Info
	}
	return web.Tag{Kind: kind, Text: blindtest.Machine.Name(state)}
}

func letterTag(l blindtest.Letter) web.Tag {
	switch {
	case l.State == blindtest.Lapsed:
		return web.Tag{Kind: web.Danger, Text: l.StateName()}
	case l.State == blindtest.Answered && !l.OnTime():
		return web.Tag{Kind: web.Danger, Text: "逾期答复"}
	case l.State == blindtest.Answered && l.SameDay():
		return web.Tag{Kind: web.Good, Text: "当日答复"}
	case l.State == blindtest.Answered:
		return web.Tag{Kind: web.Good, Text: "按时答复"}
	case l.State == blindtest.Sent:
		return web.Tag{Kind: web.Info, Text: l.StateName()}
	}
	return web.Tag{Kind: web.Neutral, Text: l.StateName()}
}

// markText is what the marks of a letter come to.
func markText(l blindtest.Letter) string {
	m, ok := l.Marked()
	switch {
	case ok:
		return verdict(m)
	case l.Differs():
		return "两人不一致，待裁定"
	case l.State == blindtest.Answered:
		return fmt.Sprintf("已有 %d 人评分", len(l.Marks))
	}
	return ""
}

func verdict(m blindtest.Mark) string {
	switch {
	case m.OnPoint && m.Complete:
		return "切题、完整"
	case m.OnPoint:
		return "切题、不完整"
	}
	return "答非所问"
}

func newList(list []blindtest.Campaign) page {
	v := page{web.ListView{Heading: web.Heading{Title: "来信盲测", Lead: "向门户网站发出常见咨询，两人盲评答复：按时、当日、切题、完整。结束前各单位不知情，结束后测试信件退出来信统计。", Acts: []web.Act{{Text: "计划盲测", Href: testsPath + "/new", Primary: true}}},
		Table: web.Table{Caption: "盲测", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "时段"}, {Head: "组织单位"}, {Head: "状态"}, {Head: "计划时间"}}, Empty: web.Empty{Title: "还没有盲测", Text: "计划时抽取网站、分配文本并封存发件人。", Act: web.Act{Text: "计划盲测", Href: testsPath + "/new"}}}}}
	for _, c := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Name, Href: c.Link(), Note: c.Number}, web.Text(c.PeriodName()), web.Text(c.UnitName), web.Tagged(stateTag(c.State)), web.When(c.MadeAt)}})
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.tests.Campaigns(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newList(list)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newPlanning(offices []web.Option, set sx2021.Settings, today calendar.Date) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "计划盲测", Lead: "提交后抽取网站并分配文本。发件人随即封存，此后须两人才能启封。"}, Trail: trail}}
	v.Form = web.Form{Sections: []web.Section{
		{Fields: []web.Field{{Kind: web.Select, Name: "unit", Label: "组织单位", Required: true, Options: offices},
			{Name: "period", Label: "季度", Required: true, Narrow: true, Max: 7, Value: assessment.QuarterOf(today).String(), Hint: "如 2026-Q4，结果计入该季度"}, {Name: "name", Label: "名称", Max: 60, Hint: "留空则按地区和季度命名"},
			{Kind: web.Number, Name: "share", Label: "门户网站抽查比例", Required: true, Narrow: true, Unit: "%", Mode: "numeric", Value: "100"},
			{Kind: web.Number, Name: "each", Label: "每个网站", Required: true, Narrow: true, Unit: "封", Mode: "numeric", Value: strconv.Itoa(set.BlindTestLetters)},
			{Name: "seed", Label: "种子", Narrow: true, Max: 18, Mode: "numeric", Hint: "留空由系统产生"}}},
		{Legend: "发件人", Hint: "中性的姓名和由本单位掌握的手机号码；同一号码一天最多发 5 封，网站多的请多填几位。", Fields: []web.Field{{Kind: web.TextArea, Name: "personas", Label: "姓名和手机号码", Required: true, Rows: 4, Max: 600, Hint: "每行一位，中间空格"}}}},
		Buttons: []web.Button{{Label: "抽取网站并封存发件人"}}, Cancel: web.Link{Text: "取消", Href: testsPath}}
	return v
}

func (h *Handler) planning(r *http.Request) (formView, error) {
	s := authz.SessionFrom(r.Context())
	var offices []web.Option
	for _, id := range s.UnitsFor(authz.AppraisalManage) {
		u, err := h.org.Unit(r.Context(), s.ScopeFor(authz.AppraisalManage), org.UnitID(id))
		if err != nil {
			return formView{}, err
		}
		if u.Kind == org.Office {
			offices = append(offices, web.Option{Value: id, Label: u.Name})
		}
	}
	return newPlanning(offices, h.settings(), web.FrameOf(r).Today), nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.planning(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func whole(r *http.Request, name string) int {
	n, err := strconv.Atoi(web.Typed(r, name))
	if err != nil {
		return -1
	}
	return n
}

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	c, err := h.tests.Plan(r.Context(), authz.ScopeFrom(r.Context()), blindtest.Planning{Unit: org.UnitID(web.Typed(r, "unit")), Period: web.Typed(r, "period"), Name: web.Typed(r, "name"), Share: whole(r, "share"), Each: whole(r, "each"), Personas: web.Typed(r, "personas"), Seed: web.Typed(r, "seed")})
	if web.Mendable(err) {
		v, formErr := h.planning(r)
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), c.Name+"已计划，编号 "+c.Number+"，发件人已封存。")
}

func tableOf(t blindtest.Table) web.Table {
	out := web.Table{Caption: "测试信件办理情况", Columns: []web.Column{{Head: "地区"}, {Head: "网站", Number: true}, {Head: "信件", Number: true}, {Head: "按时", Number: true}, {Head: "按时率", Number: true}, {Head: "当日", Number: true}, {Head: "切题", Number: true}, {Head: "完整", Number: true}, {Head: "不切题", Number: true}, {Head: "逾期", Number: true}, {Head: "未答", Number: true}, {Head: "全未答网站", Number: true}}, Compact: true,
		Empty: web.Empty{Title: "还没有发出的信件", Text: "发出后在这里汇总。"}}
	rows := t.Rows
	if len(rows) > 1 {
		rows = append(slices.Clone(rows), t.Sum)
	}
	for _, x := range rows {
		out.Rows = append(out.Rows, web.Row{Cells: []web.Cell{web.Text(x.Name), web.Figure(x.Sites), web.Figure(x.Letters), web.Figure(x.OnTime), {Text: x.RateText(), Keep: true}, web.Figure(x.SameDay), web.Figure(x.OnPoint), web.Figure(x.Complete), web.Figure(x.Off), web.Figure(x.Late), web.Figure(x.Silent), web.Figure(x.AllSilent)}})
	}
	return out
}

func dueText(l blindtest.Letter) string {
	if l.Due.On.IsZero() {
		return ""
	}
	if l.Due.Provisional {
		return l.Due.On.String() + "（暂定）"
	}
	return l.Due.On.String()
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func newCampaign(c blindtest.Campaign, list []blindtest.Letter, t blindtest.Table, openings []blindtest.Opening, from []blindtest.Persona) record {
	v := record{web.RecordView{Heading: web.Heading{Above: c.Number, Title: c.Name, Tags: []web.Tag{stateTag(c.State)}, Acts: []web.Act{{Text: "导出 XLSX", Href: c.Link() + "/export?format=xlsx"}, {Text: "导出 CSV", Href: c.Link() + "/export?format=csv"}}}, Trail: trail}}
	if c.State == blindtest.Running {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "结束前请保密", Text: "各单位按一般来信办理，结束后才告知。"})
	}
	for _, p := range from {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "发件人", Text: p.Name + " " + p.Phone})
	}
	v.Main = append(v.Main, tableOf(t))
	all := web.Table{Caption: "信件", Columns: []web.Column{{Head: "网站和题目", Wide: true}, {Head: "方式"}, {Head: "发出"}, {Head: "期限"}, {Head: "答复"}, {Head: "评分"}}}
	for _, l := range list {
		way := "经写信页面"
		if l.Way == "manual" {
			way = "人工登记"
		}
		all.Rows = append(all.Rows, web.Row{Cells: []web.Cell{{Text: l.SiteName, Href: c.Link() + "/letters/" + l.ID, Note: l.Title}, web.Text(way), {Text: dayText(l.SentOn), Note: l.Number, Keep: true}, {Text: dueText(l), Keep: true}, {Tags: []web.Tag{letterTag(l)}, Note: dayText(l.AnsweredOn)}, web.Text(markText(l))}})
	}
	v.Main = append(v.Main, all)
	small := func(act, legend, hint, button string, kind web.Tone, fields ...web.Field) web.Form {
		return web.Form{Action: c.Link() + "/" + act, Sections: []web.Section{{Legend: legend, Hint: hint, Fields: fields}}, Buttons: []web.Button{{Label: button, Kind: kind}}}
	}
	switch c.State {
	case blindtest.Planned:
		v.Forms = append(v.Forms, small("start", "开始发信", "本平台的网站由系统经网站自己的写信页面陆续发出；其他网站由人发出后逐封登记。", "开始发信", web.Info),
			small("cancel", "取消盲测", "", "取消盲测", web.Danger, web.Field{Kind: web.TextArea, Name: "why", Label: "理由", Required: true, Max: 1000, Rows: 2}))
	case blindtest.Running:
		v.Forms = append(v.Forms, small("close", "结束并告知", "答复都由两人评分、其余已过期限后才能结束。结束后各单位收到通知，测试信件退出来信统计。", "结束盲测", web.Info))
	}
	if c.State == blindtest.Planned || c.State == blindtest.Running {
		waiting := slices.ContainsFunc(openings, func(o blindtest.Opening) bool { return o.AgreedAt.IsZero() })
		if waiting {
			v.Forms = append(v.Forms, small("agree", "同意启封发件人", openings[0].AskedBy+"申请："+openings[0].Reason, "同意启封", web.Neutral))
		} else {
			v.Forms = append(v.Forms, small("ask", "启封发件人", "人工发信时需要。须另一人同意，24 小时内由两人查看，每次查看留痕。", "申请启封", web.Neutral, web.Field{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 1000, Rows: 2}))
		}
		if slices.ContainsFunc(openings, func(o blindtest.Opening) bool { return !o.AgreedAt.IsZero() }) {
			v.Forms = append(v.Forms, small("senders", "查看发件人", "", "查看发件人", web.Neutral))
		}
	}
	v.ActsFirst = true
	facts := web.Summary{Title: "安排", Terms: []web.Term{{Name: "组织单位", Text: c.UnitName}, {Name: "负责人", Text: c.HeadName}, {Name: "时段", Text: c.PeriodName()}, {Name: "抽样", Text: fmt.Sprintf("门户网站 %d%%", c.Share), Note: "种子 " + strconv.FormatInt(c.Seed, 10)}, {Name: "文本", Text: fmt.Sprintf("题库第 %d 版", c.Stock)}, {Name: "答复期限", Text: fmt.Sprintf("%d 个工作日，发出当日不计", c.Days)}}}
	if !c.ClosedAt.IsZero() {
		facts.Terms = append(facts.Terms, web.Term{Name: "结束", Text: web.Minute(c.ClosedAt), Note: c.ClosedBy})
	}
	v.Side = append(v.Side, facts)
	if len(openings) > 0 {
		tl := web.Timeline{Title: "发件人启封"}
		for _, o := range openings {
			text := o.Reason
			if !o.AgreedAt.IsZero() {
				text += "；" + o.AgreedBy + "同意"
			}
			tl.Events = append(tl.Events, web.Event{At: o.AskedAt, Title: "申请启封", Who: o.AskedBy, Text: text})
		}
		v.Side = append(v.Side, tl)
	}
	return v
}

func (h *Handler) view(r *http.Request, from []blindtest.Persona) (record, error) {
	scope := authz.ScopeFrom(r.Context())
	c, list, t, err := h.tests.Sheet(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, err
	}
	openings, err := h.tests.Openings(r.Context(), scope, c.ID)
	return newCampaign(c, list, t, openings, from), err
}

func (h *Handler) plain(r *http.Request) (record, error) { return h.view(r, nil) }

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.plain(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

// formAt is the form of a page that posts to the path.
func formAt(v *record, path string) *web.Form {
	for i := range v.Forms {
		at, err := url.PathUnescape(v.Forms[i].Action)
		if err == nil && at == path {
			return &v.Forms[i]
		}
	}
	return nil
}

func (h *Handler) act(said string, do func(r *http.Request, scope authz.Scope, id string) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("id")
		return recordPage.Answer(w, r, do(r, authz.ScopeFrom(r.Context()), id), testsPath+"/"+url.PathEscape(id), said, h.plain, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
	}
}

func (h *Handler) start(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.tests.Start(r.Context(), scope, id)
	return err
}

func (h *Handler) close(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.tests.Close(r.Context(), scope, id)
	return err
}

func (h *Handler) cancel(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.tests.Cancel(r.Context(), scope, id, web.Typed(r, "why"))
	return err
}

func (h *Handler) ask(r *http.Request, scope authz.Scope, id string) error {
	return h.tests.Ask(r.Context(), scope, id, web.Typed(r, "reason"))
}

func (h *Handler) agree(r *http.Request, scope authz.Scope, id string) error {
	return h.tests.Agree(r.Context(), scope, id)
}

func (h *Handler) senders(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	from, err := h.tests.Senders(r.Context(), authz.ScopeFrom(r.Context()), id)
	if err != nil {
		return recordPage.Answer(w, r, err, testsPath+"/"+url.PathEscape(id), "", h.plain, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
	}
	v, err := h.view(r, from)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	c, list, _, err := h.tests.Sheet(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	var columns []official.Column
	for _, t := range []string{"地区", "网站", "题目", "方式", "编号", "发出日期", "期限", "答复日期", "状态", "按时", "当日", "评分"} {
		columns = append(columns, official.Column{Title: t, Width: 16})
	}
	yes := func(b bool) string {
		if b {
			return "是"
		}
		return "否"
	}
	rows := make([][]any, len(list))
	for i, l := range list {
		way := "经写信页面"
		if l.Way == "manual" {
			way = "人工登记"
		}
		rows[i] = []any{l.AreaName, l.SiteName, l.Title, way, l.Number, dayText(l.SentOn), dueText(l), dayText(l.AnsweredOn), l.StateName(), yes(l.OnTime()), yes(l.SameDay()), markText(l)}
	}
	return web.SendSheet(w, r, official.Sheet{Title: c.Name, Columns: columns, Rows: slices.Values(rows)}, c.Name)
}

func newLetter(c blindtest.Campaign, l blindtest.Letter, filing web.Act) record {
	v := record{web.RecordView{Heading: web.Heading{Above: l.SiteName, Title: l.Title, Tags: []web.Tag{letterTag(l)}}, Trail: append(slices.Clone(trail), web.Crumb{Name: c.Name, Href: c.Link()})}}
	if filing.Text != "" {
		v.Heading.Acts = []web.Act{filing}
	}
	v.Main = append(v.Main, facts(l), marks(l, true))
	at := c.Link() + "/letters/" + l.ID + "/"
	small := func(act, legend, hint, button string, kind web.Tone, fields ...web.Field) web.Form {
		return web.Form{Action: at + act, Sections: []web.Section{{Legend: legend, Hint: hint, Fields: fields}}, Buttons: []web.Button{{Label: button, Kind: kind}}}
	}
	if c.State != blindtest.Running {
		return v
	}
	if l.Way == "manual" && l.State == blindtest.Waiting {
		v.Forms = append(v.Forms, small("sent", "登记发出", "在对方网站的写信页面发出后登记。", "登记发出", web.Info, web.Field{Kind: web.DateField, Name: "on", Label: "发出日期", Required: true, Narrow: true}, web.Field{Name: "number", Label: "网站给出的编号或查询码", Required: true, Max: 60}, web.Field{Name: "where", Label: "在哪里发出", Required: true, Max: 200, Hint: "栏目名称或网址"}))
	}
	if l.Way == "manual" && (l.State == blindtest.Sent || l.State == blindtest.Lapsed) {
		v.Forms = append(v.Forms, small("answer", "登记答复", "照录对方的答复全文；登记人不参加评分。", "登记答复", web.Info, web.Field{Kind: web.DateField, Name: "on", Label: "答复日期", Required: true, Narrow: true}, web.Field{Kind: web.TextArea, Name: "answer", Label: "答复全文", Required: true, Max: 5000, Rows: 6}))
	}
	if l.Differs() {
		v.Forms = append(v.Forms, small("settle", "裁定评分", "两人评分不一致，由没有参加评分的负责人裁定。", "作出裁定", web.Info, markFields(true)...))
	}
	if l.State != blindtest.Answered && l.State != blindtest.Void {
		v.Forms = append(v.Forms, small("void", "作废", "网站故障等不能归于主办单位的情况。作废后不计入。", "作废这封信", web.Danger, web.Field{Kind: web.TextArea, Name: "why", Label: "理由", Required: true, Max: 1000, Rows: 2}))
	}
	return v
}

func facts(l blindtest.Letter) web.Summary {
	s := web.Summary{Title: "信件", Terms: []web.Term{{Name: "内容", Text: l.Body}, {Name: "发出", Text: dayText(l.SentOn), Note: l.SentTo + " " + l.SentBy}, {Name: "编号", Text: l.Number}, {Name: "期限", Text: dueText(l)}}}
	if l.LetterID != "" {
		s.Terms[2].Href = "/console/letters/" + l.LetterID
	}
	if !l.AnsweredOn.IsZero() {
		s.Terms = append(s.Terms, web.Term{Name: "答复日期", Text: dayText(l.AnsweredOn)}, web.Term{Name: "答复", Text: l.Answer})
	}
	if l.Why != "" {
		s.Terms = append(s.Terms, web.Term{Name: "作废理由", Text: l.Why})
	}
	return s
}

func marks(l blindtest.Letter, named bool) web.Table {
	t := web.Table{Caption: "评分", Columns: []web.Column{{Head: "评分人"}, {Head: "评分"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "还没有评分", Text: "收到答复后由两人盲评。"}}
	// Before both are in the head sees no mark either.
	if len(l.Marks) < 2 {
		return t
	}
	for _, m := range l.Marks {
		who := map[string]string{"first": "评分人甲", "second": "评分人乙", "head": "负责人"}[m.Seat]
		if named {
			who += " " + m.Name
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(who), web.Text(verdict(m)), web.Text(m.Says)}})
	}
	return t
}

func (h *Handler) letterView(r *http.Request) (record, error) {
	c, l, err := h.tests.Letter(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("letter"))
	if err == nil && c.ID != r.PathValue("id") {
		err = fault.Missing("测试信件")
	}
	if err != nil {
		return record{}, err
	}
	filing, err := h.filingOf(r, c, l)
	return newLetter(c, l, filing), err
}

// filingOf leads to the form that makes a finding of a letter, or to the finding
// it became.
func (h *Handler) filingOf(r *http.Request, c blindtest.Campaign, l blindtest.Letter) (web.Act, error) {
	if h.filing == nil || c.State != blindtest.Closed || !l.Fails() {
		return web.Act{}, nil
	}
	s := authz.SessionFrom(r.Context())
	filed, err := h.filing.Filed(r.Context(), h.tests.DB, s.ScopeFor(authz.InspectionRead), blindtest.OriginKind, []string{l.ID})
	if err != nil {
		return web.Act{}, err
	}
	if f, ok := filed[l.ID]; ok {
		return web.Act{Text: "已列为问题，去查看", Href: f.Link}, nil
	}
	if !s.May(authz.InspectionRun) {
		return web.Act{}, nil
	}
	return web.Act{Text: "列为问题", Href: "/console/orders/seen?from=" + url.QueryEscape(blindtest.OriginKind+":"+l.ID), Primary: true}, nil
}

func (h *Handler) letter(w http.ResponseWriter, r *http.Request) error {
	v, err := h.letterView(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) letterAct(said string, do func(r *http.Request, scope authz.Scope, id string) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("letter")
		to := testsPath + "/" + url.PathEscape(r.PathValue("id")) + "/letters/" + url.PathEscape(id)
		return recordPage.Answer(w, r, do(r, authz.ScopeFrom(r.Context()), id), to, said, h.letterView, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
	}
}

func (h *Handler) sent(r *http.Request, scope authz.Scope, id string) error {
	on, err := web.DayOf(r, "on", "发出日期")
	if err != nil {
		return err
	}
	return h.tests.RecordSent(r.Context(), scope, id, on, web.Typed(r, "number"), web.Typed(r, "where"))
}

func (h *Handler) answer(r *http.Request, scope authz.Scope, id string) error {
	on, err := web.DayOf(r, "on", "答复日期")
	if err != nil {
		return err
	}
	return h.tests.RecordAnswer(r.Context(), scope, id, on, web.Typed(r, "answer"))
}

func (h *Handler) void(r *http.Request, scope authz.Scope, id string) error {
	return h.tests.MakeVoid(r.Context(), scope, id, web.Typed(r, "why"))
}

// markOf reads the two marks; ok is false where one is missing.
func markOf(r *http.Request) (onPoint, complete bool, err error) {
	var f fault.Fields
	for _, x := range []struct {
		name, what string
		into       *bool
	}{{"on_point", "是否切题", &onPoint}, {"complete", "是否完整", &complete}} {
		v := web.Typed(r, x.name)
		f.Check(v == "yes" || v == "no", x.name, "请选择"+x.what)
		*x.into = v == "yes"
	}
	return onPoint, complete, f.Err()
}

func (h *Handler) settle(r *http.Request, scope authz.Scope, id string) error {
	onPoint, complete, err := markOf(r)
	if err != nil {
		return err
	}
	return h.tests.Settle(r.Context(), scope, id, onPoint, complete, web.Typed(r, "says"))
}

func newQueue(list []blindtest.ToMark) page {
	v := page{web.ListView{Heading: web.Heading{Title: "盲评答复", Lead: "只给出来信和答复，不显示是哪个网站，也看不到另一位评分人的评分。按时和当日由系统按日期判定。"},
		Table: web.Table{Caption: "待评分的答复", Quiet: true, Columns: []web.Column{{Head: "来信", Wide: true}, {Head: "答复", Wide: true}, {Head: "评分"}}, Empty: web.Empty{Title: "没有待评分的答复", Text: "收到答复后在这里列出。"}}}}
	for _, t := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: t.Title, Href: marksPath + "/" + t.ID}, web.Text(abridge.Text(strings.Join(strings.Fields(t.Answer), " "), 60)), web.Acts(web.Link{Text: "评分", Href: marksPath + "/" + t.ID, Note: t.Title})}})
	}
	return v
}

func (h *Handler) queue(w http.ResponseWriter, r *http.Request) error {
	list, err := h.tests.Queue(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	return listPage.Render(w, r, newQueue(list))
}

func markFields(must bool) []web.Field {
	return []web.Field{
		{Kind: web.Radios, Name: "on_point", Label: "是否切题", Required: true, Options: []web.Option{{Value: "yes", Label: "切题"}, {Value: "no", Label: "答非所问或推诿"}}},
		{Kind: web.Radios, Name: "complete", Label: "是否完整", Required: true, Options: []web.Option{{Value: "yes", Label: "完整"}, {Value: "no", Label: "不完整"}}},
		{Kind: web.TextArea, Name: "says", Label: "说明", Required: must, Max: 1000, Rows: 3, Hint: "答非所问或不完整的必填"}}
}

func newMark(t blindtest.ToMark) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "评分：" + t.Title, Lead: "只看来信和答复本身。"}, Trail: []web.Crumb{{Name: "盲评答复", Href: marksPath}}}}
	v.Before = append(v.Before, web.Summary{Terms: []web.Term{{Name: "来信", Text: t.Body}, {Name: "应当答到", Text: t.Expects}, {Name: "答复", Text: t.Answer}}})
	v.Form = web.Form{Key: "mark-" + t.ID, Sections: []web.Section{{Fields: markFields(false)}}, Buttons: []web.Button{{Label: "提交评分"}}, Cancel: web.Link{Text: "返回", Href: marksPath}}
	if t.Own != nil {
		v.Alert = web.Alert{Kind: web.Info, Title: "您已评分：" + verdict(*t.Own), Text: "评分不能再改；两人不一致的由负责人裁定。"}
		v.Form.Buttons = nil
	}
	return v
}

func (h *Handler) marking(r *http.Request) (formView, error) {
	t, err := h.tests.ForMarking(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("letter"))
	return newMark(t), err
}

func (h *Handler) showMark(w http.ResponseWriter, r *http.Request) error {
	v, err := h.marking(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) mark(w http.ResponseWriter, r *http.Request) error {
	v, err := h.marking(r)
	if err != nil {
		return err
	}
	onPoint, complete, err := markOf(r)
	if err == nil {
		err = h.tests.Give(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("letter"), onPoint, complete, web.Typed(r, "says"))
	}
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, marksPath, "评分已提交。")
}

func newOwn(list []blindtest.Letter) page {
	v := page{web.ListView{Heading: web.Heading{Title: "测试信件", Lead: "已结束的盲测中发给本单位网站的测试信件和评分；这些信件不计入来信统计。"},
		Table: web.Table{Caption: "测试信件", Quiet: true, Columns: []web.Column{{Head: "题目", Wide: true}, {Head: "网站"}, {Head: "发出"}, {Head: "期限"}, {Head: "答复"}, {Head: "评分"}}, Empty: web.Empty{Title: "没有测试信件", Text: "盲测结束后才在这里列出。"}}}}
	for _, l := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: l.Title, Href: lettersPath + "/" + l.ID, Note: l.Number}, web.Text(l.SiteName), {Text: dayText(l.SentOn), Keep: true}, {Text: dueText(l), Keep: true}, {Tags: []web.Tag{letterTag(l)}, Note: dayText(l.AnsweredOn)}, web.Text(markText(l))}})
	}
	return v
}

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.tests.Own(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newOwn(list)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newOwnLetter(l blindtest.Letter) record {
	return record{web.RecordView{Heading: web.Heading{Above: l.SiteName, Title: l.Title, Tags: []web.Tag{letterTag(l)}}, Trail: []web.Crumb{{Name: "测试信件", Href: lettersPath}}, Main: []web.Component{facts(l), marks(l, false)}}}
}

func (h *Handler) ownLetter(w http.ResponseWriter, r *http.Request) error {
	l, err := h.tests.OwnLetter(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("letter"))
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newOwnLetter(l))
}
