package reportingweb

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/passage"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

// paperView is GET /console/bulletins/{id}.
type paperView struct {
	b        reporting.Bulletin
	Heading  web.Heading
	Alerts   []web.Alert
	Facts    web.Summary
	Opening  string
	Parts    []partView
	Failed   web.Table
	Apart    []web.Link
	Errata   web.Table
	Story    web.Timeline
	Problems web.Table
	Forms    []web.Form
}

// partView is one part of the paper.
type partView struct {
	Name   string
	Lines  []string
	Cases  []string
	Stats  web.Stats
	Chart  web.Table
	Tables []web.Table
}

// Title of the document.
func (v paperView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v paperView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: cmp.Or(v.b.Kind.Name(), "通报"), Href: listOf(v.b.Kind)}, {Name: v.Heading.Above}}
}

// mostLines of a table stand on the page of a paper; the rest is on its own.
const mostLines = 20

func tableView(b reporting.Bulletin, t reporting.Table, from, most int, links bool) web.Table {
	v := web.Table{Caption: t.Name, Compact: true, Empty: web.Empty{Title: "没有", Text: "这张表没有内容。"}}
	for i, h := range t.Header {
		v.Columns = append(v.Columns, web.Column{Head: h, Wide: i == 0})
	}
	for i, row := range t.Rows[min(from, len(t.Rows)):min(from+most, len(t.Rows))] {
		var cells []web.Cell
		for n, s := range row {
			c := web.Text(s)
			if n == 0 && links && from+i < len(t.Links) {
				c.Href = t.Links[from+i]
			}
			cells = append(cells, c)
		}
		v.Rows = append(v.Rows, web.Row{Cells: cells})
	}
	return v
}

// chartView shows a chart as a table with a bar in each row.
func chartView(c reporting.Chart) web.Table {
	most := 1.0
	for _, x := range c.Values {
		most = max(most, x)
	}
	if c.Unit == "%" {
		most = 100
	}
	t := web.Table{Caption: c.Name, Compact: true, Columns: []web.Column{{Head: "项目"}, {Head: c.Name, Wide: true}}}
	for i, l := range c.Labels {
		says := strconv.FormatFloat(c.Values[i], 'f', -1, 64) + c.Unit
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(l), {Parts: []web.Component{web.Progress{Label: l, Value: int(c.Values[i] * 10), Max: int(most * 10), Text: says, Bare: true}}}}})
	}
	return t
}

func newPaperView(b reporting.Bulletin, history []passage.Step, errata []reporting.Erratum, who reader) paperView {
	c := b.Content
	v := paperView{b: b, Opening: b.Opening(), Heading: web.Heading{Above: b.AreaName + b.Period.Chinese(), Title: b.Title(), Tags: []web.Tag{stateTag(b)}, Acts: []web.Act{{Text: "下载 DOCX", Href: b.Link() + "/document?as=docx"}, {Text: "下载 PDF", Href: b.Link() + "/document?as=pdf"}}}}
	if !b.Kind.Signed() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出结果", Href: b.Link() + "/results"})
	}
	if who.may && b.Editable() && !b.Kind.Signed() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "编辑文字", Href: b.Link() + "/outline", Primary: true}, web.Act{Text: "选典型案例", Href: b.Link() + "/cases"})
	}
	if b.Out() && (b.Kind == reporting.QuarterlyBulletin || b.Kind == reporting.AnnualAssessment) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "向各单位反馈结果", Href: b.Link() + "/mailing"})
	}
	if b.Out() && !b.Kind.Signed() {
		// The router takes them from whoever keeps no such records.
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记表扬", Href: merit.EnterLink(merit.Commend, groundOf(b), "")}, web.Act{Text: "登记问责", Href: merit.EnterLink(merit.Account, groundOf(b), "")})
	}
	switch {
	case !c.Complete:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "本期尚未结束", Text: "数据截至" + c.CheckPoint.Chinese() + "，结束以后才能定稿。"})
	case !b.Fixed():
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: b.StateName(), Text: "数字随台账和检查结果实时更新；定稿以后不再变动，并留存校验值。"})
	}
	if c.Unverified {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: c.Label + "：部分分值未核实", Text: "门户网站得分用到尚未与正式文本核对的分值，仅供参考。"})
	}
	if c.Round == "" && len(c.Sites) > 0 && b.Kind == reporting.QuarterlyBulletin {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "没有已公布的考核轮次", Text: "网站结果按现有检查记录直接计算。"})
	}
	v.Facts = web.Summary{Terms: []web.Term{{Name: "编制单位", Text: b.UnitName}, {Name: "编制人", Text: b.ComposedBy, Note: web.Minute(b.CreatedAt)}, {Name: "判定日", Text: c.CheckPoint.Chinese()}}}
	term := func(name, text, note string) {
		if text != "" {
			v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: name, Text: text, Note: note})
		}
	}
	if !c.CountedOn.IsZero() {
		term("整改情况统计截至", c.CountedOn.Chinese(), "")
	}
	if c.Pack != "" {
		term("检查依据", c.Source+"《"+c.Pack+"》", c.Label)
	}
	if b.EditedBy != "" {
		term("最近编辑", b.EditedBy, web.Minute(b.EditedAt))
	}
	term(map[bool]string{true: "签字人", false: "复核人"}[b.Kind.Signed()], b.AgreedBy, "")
	if b.SHA256 != "" {
		term("定稿校验值（SHA-256）", b.SHA256, "定稿于 "+web.Minute(b.FrozenAt))
	}
	if b.Number != "" {
		term("发文字号", b.Number, "印发于 "+b.IssuedOn.Chinese())
	}
	if b.Receipt != "" {
		term("上级回执", b.Receipt, b.ReceivedBy+"　"+web.Minute(b.ReceivedAt))
	}
	if !b.PublicOn.IsZero() {
		term("对外公开", b.PublicOn.Chinese()+"起", "任何人可以在所承载网站的“检查通报”栏看到")
	}
	shown := map[string]bool{}
	for _, t := range b.Told() {
		p := partView{Name: t.Heading, Lines: t.Lines, Stats: web.Stats{Label: t.Heading}}
		shown[t.Section] = true
		for _, k := range t.Cases {
			p.Cases = append(p.Cases, k.Text)
		}
		p.Stats = statsOf(b, t.Section)
		if t.Chart != nil {
			p.Chart = chartView(*t.Chart) // a table that draws: none stands beside it
		}
		for _, x := range t.Tables {
			if x.Key == "unqualified" {
				continue // below, with its evidence
			}
			p.Tables = append(p.Tables, tableView(b, x, 0, mostLines, true))
			if len(x.Rows) > mostLines {
				v.Apart = append(v.Apart, web.Link{Text: fmt.Sprintf("%s（%d行）", x.Name, len(x.Rows)), Href: b.Link() + "/tables/" + x.Key})
			}
		}
		v.Parts = append(v.Parts, p)
	}
	// Figures that no part shows stand at the end: none is out of reach.
	for _, f := range c.Figures {
		if !shown[f.Section] {
			shown[f.Section] = true
			v.Parts = append(v.Parts, partView{Name: f.Section + "（未写入文件）", Stats: statsOf(b, f.Section)})
		}
	}
	for _, t := range b.Apart() {
		if t.Key != "figures" {
			v.Apart = append(v.Apart, web.Link{Text: fmt.Sprintf("%s（%d行）", t.Name, len(t.Rows)), Href: b.Link() + "/tables/" + t.Key})
		}
	}
	v.Failed = failedTable(c)
	v.Problems = problemTable(c.Problems(b.Outline), b.Editable())
	v.Errata = web.Table{Caption: "更正", Columns: []web.Column{{Head: "序号", Number: true}, {Head: "原文", Wide: true}, {Head: "更正为", Wide: true}, {Head: "原因", Wide: true}, {Head: "更正人"}}}
	for _, e := range errata {
		v.Errata.Rows = append(v.Errata.Rows, web.Row{Cells: []web.Cell{web.Figure(e.No), web.Text(e.Was), web.Text(e.Reads), web.Text(e.Why), {Text: e.By, Note: web.Minute(e.At)}}})
	}
	v.Story = web.Timeline{Title: "办理经过"}
	for _, s := range history {
		name := reporting.Machine.ActName(s.Act)
		if s.Act == "issue" && b.Kind.Upwards() {
			name = "报送"
		}
		v.Story.Events = append(v.Story.Events, web.Event{At: s.At, Title: name, Who: s.ActorName, Text: s.Note})
	}
	v.Forms = formsOf(b, who)
	return v
}

func statsOf(b reporting.Bulletin, section string) web.Stats {
	c := b.Content
	out := web.Stats{Label: section}
	for _, f := range c.Section(section) {
		out.Items = append(out.Items, web.Stat{Name: f.Name, Value: strconv.Itoa(f.N()), Unit: f.Unit, Href: b.Link() + "/rows/" + url.PathEscape(f.Key)})
	}
	for _, s := range c.Shares {
		if c.Figure(s.Of).Section == section {
			out.Items = append(out.Items, web.Stat{Name: s.Name, Value: c.Percent(s), Note: c.Figure(s.Part).Name + " / " + c.Figure(s.Of).Name, Href: b.Link() + "/rows/" + url.PathEscape(s.Part)})
		}
	}
	return out
}

func problemTable(list []reporting.Problem, editable bool) web.Table {
	t := web.Table{Caption: "文字与明细核对", Columns: []web.Column{{Head: "部分"}, {Head: "情况", Wide: true}, {Head: "影响"}}}
	if !editable {
		return t
	}
	for _, p := range list {
		row := web.Row{Cells: []web.Cell{web.Text(p.Part), web.Text(p.Says), web.Tagged(web.Tag{Kind: web.Info, Text: "请核对"})}}
		if p.Blocks {
			row.Kind, row.Cells[2] = web.Danger, web.Tagged(web.Tag{Kind: web.Danger, Text: "不能定稿"})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func failedTable(c reporting.Content) web.Table {
	t := web.Table{Caption: "不合格网站名单", Columns: []web.Column{{Head: "网站"}, {Head: "主办单位"}, {Head: "原因", Wide: true}, {Head: "证据", Wide: true}}, Empty: web.Empty{Title: "没有不合格的网站", Text: "未检测的网站不作判定。"}}
	for _, u := range c.Unqualified {
		var evidence []web.Link
		n := 0
		for _, cause := range u.Reasons {
			for _, e := range cause.Evidence {
				if n++; n <= maxEvidence {
					evidence = append(evidence, web.Link{Text: e.Text, Href: e.Link})
				}
			}
		}
		cell := web.Cell{Links: evidence}
		if n > maxEvidence {
			cell.Note = fmt.Sprintf("另有%d个，见得分页面", n-maxEvidence)
		}
		t.Rows = append(t.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{{Text: u.Name, Href: scoreLink(u, c.Period)}, web.Text(u.Unit), web.Text(u.Why()), cell}})
	}
	return t
}

// maxEvidence bounds the links of one site in the list.
const maxEvidence = 5

// reader is what the person before the screen may do.
type reader struct {
	may      bool // compose, submit, return
	superior bool // the office that a report went to
}

func ask(action, legend, hint string, label string, fields ...web.Field) web.Form {
	return web.Form{Action: action, Sections: []web.Section{{Legend: legend, Hint: hint, Fields: fields}}, Buttons: []web.Button{{Label: label}}}
}

func why(label string) web.Field {
	return web.Field{Kind: web.TextArea, Name: "why", Label: label, Required: true, Max: 500, Rows: 3}
}

// formsOf are the acts that the paper waits for.
func formsOf(b reporting.Bulletin, who reader) []web.Form {
	at := b.Link()
	var out []web.Form
	if who.superior && b.State == reporting.Issued && b.Kind.Upwards() {
		out = append(out, ask(at+"/receive", "接收报告", "接收后生成回执编号，并告知报送单位。", "接收并出具回执"),
			ask(at+"/send-back", "退回报告", "", "退回重报", why("退回理由")))
	}
	if !who.may {
		return out
	}
	switch b.State {
	case reporting.Draft, reporting.Returned:
		switch {
		case !b.Content.Complete:
		case b.Kind.Signed():
			out = append(out, ask(at+"/sign", "签字确认", "签字以后数字和明细不再变动，留存校验值，并办结本月的月检查义务。", "签字确认月检查表"))
		default:
			out = append(out, ask(at+"/submit", "提交复核", "由另一位同志复核；提交人和编写人不能自己复核。", "提交复核"))
		}
	case reporting.Submitted:
		out = append(out, ask(at+"/agree", "复核", "提交人和编写人不能复核。", "同意", web.Field{Name: "says", Label: "意见", Max: 200}), ask(at+"/return", "退回修改", "", "退回修改", why("退回理由")))
	case reporting.Agreed:
		out = append(out, ask(at+"/freeze", "定稿", "定稿以后数字、明细和文字不再变动，留存校验值。文字与明细不一致的不能定稿。", "定稿"), ask(at+"/return", "退回修改", "", "退回修改", why("退回理由")))
	case reporting.Frozen:
		label, legend := "登记印发", "印发"
		if b.Kind.Upwards() {
			label, legend = "报送上级主管单位", "报送"
		}
		out = append(out, ask(at+"/issue", legend, "", label, web.Field{Name: "number", Label: "发文字号", Hint: "例如 市政办函〔2026〕5号", Required: true, Max: 60}),
			ask(at+"/thaw", "退回草稿", "退回后要重新提交、复核、定稿。", "退回草稿"))
	case reporting.Issued, reporting.Received:
		if b.Kind.Open() {
			if b.PublicOn.IsZero() {
				out = append(out, ask(at+"/public", "对外公开", "公开后，任何人可以在所承载网站的“检查通报”栏看到和下载，内部明细不公开。", "公开这份通报", web.Field{Kind: web.Hidden, Name: "public", Value: "yes"}))
			} else {
				out = append(out, ask(at+"/public", "停止公开", "", "从公开页面撤下", web.Field{Kind: web.Hidden, Name: "public", Value: "no"}))
			}
		}
		out = append(out, ask(at+"/errata", "更正", "印发以后不改原文：写明原文、更正内容和原因，与原文一并保留、一并公开。", "作出更正",
			web.Field{Kind: web.TextArea, Name: "was", Label: "原文", Required: true, Max: 1000, Rows: 2}, web.Field{Kind: web.TextArea, Name: "reads", Label: "更正为", Required: true, Max: 1000, Rows: 2}, web.Field{Kind: web.TextArea, Name: "reason", Label: "更正原因", Required: true, Max: 1000, Rows: 2}))
	}
	return out
}

func (h *Handler) screen(r *http.Request) (paperView, error) {
	ctx, scope := r.Context(), scopeToRead(r)
	b, err := h.reporting.Bulletin(ctx, scope, idOf(r))
	if err != nil {
		return paperView{}, err
	}
	steps, err := h.reporting.History(ctx, scope, idOf(r))
	if err != nil {
		return paperView{}, err
	}
	errata, err := h.reporting.Errata(ctx, scope, idOf(r))
	if err != nil {
		return paperView{}, err
	}
	var who reader
	if s := authz.SessionFrom(ctx); may(r, authz.BulletinCompose) {
		own := s.ScopeFor(authz.BulletinCompose)
		who = reader{may: b.In(own), superior: b.To(own)}
	}
	v := newPaperView(b, steps, errata, who)
	var rows []reporting.Row
	for _, u := range b.Content.Unqualified {
		rows = append(rows, reporting.Row{Kind: "site", ID: u.Site, Link: scoreLink(u, b.Content.Period)})
		var shown []reporting.Row
		for _, cause := range u.Reasons {
			shown = append(shown, cause.Evidence...)
		}
		rows = append(rows, shown[:min(maxEvidence, len(shown))]...)
	}
	places, err := h.places(r, &v.Failed, rows)
	if err != nil {
		return paperView{}, err
	}
	// Where a site failed in an issued paper, what was decided of its unit may be
	// entered by those who keep such records.
	if s := authz.SessionFrom(ctx); b.Out() && s.May(authz.MeritRecord) {
		for i, u := range b.Content.Unqualified {
			if at, ok := places[scoreLink(u, b.Content.Period)]; ok && at.In(s.ScopeFor(authz.MeritRecord)) {
				c := &v.Failed.Rows[i].Cells[1]
				c.Links = append(c.Links, web.Link{Text: "登记问责", Href: merit.EnterLink(merit.Account, groundOf(b), at.Unit()), Note: u.Name})
			}
		}
	}
	return v, nil
}

// groundOf is the paper as what a commendation or an accountability rests on.
func groundOf(b reporting.Bulletin) merit.Ref { return merit.Ref{Kind: "bulletin", ID: string(b.ID)} }

// bar takes from the table the links that lead the reader out of reach: a
// bulletin is read by those it is about, who may open what is their own.
func (h *Handler) bar(r *http.Request, t *web.Table, rows []reporting.Row) error {
	_, err := h.places(r, t, rows)
	return err
}

// places is bar, and tells where the rows stand, by their links.
func (h *Handler) places(r *http.Request, t *web.Table, rows []reporting.Row) (map[string]reporting.Standing, error) {
	places, err := h.reporting.Stands(r.Context(), rows)
	if err != nil {
		return nil, err
	}
	open := func(href string) bool {
		at, known := places[href]
		return !known || at.In(authz.SessionFrom(r.Context()).ScopeFor(web.Need(r.Context(), href)))
	}
	for _, row := range t.Rows {
		for i := range row.Cells {
			c := &row.Cells[i]
			if !open(c.Href) {
				c.Href = ""
			}
			c.Links = slices.DeleteFunc(c.Links, func(l web.Link) bool { return !open(l.Href) })
		}
	}
	return places, nil
}

func scoreLink(u reporting.Unqualified, period string) string {
	return "/console/sites/" + u.Site + "/score?period=" + url.QueryEscape(period)
}

func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	v, err := h.screen(r)
	if err != nil {
		return err
	}
	return paperPage.Render(w, r, v)
}

// acted ends an act, or shows the paper again with what was wrong.
func (h *Handler) acted(w http.ResponseWriter, r *http.Request, b reporting.Bulletin, err error, said string) error {
	if web.Mendable(err) {
		v, shown := h.screen(r)
		if shown != nil {
			return shown
		}
		i := slices.IndexFunc(v.Forms, func(f web.Form) bool { return f.Action == r.URL.Path })
		if i >= 0 {
			v.Forms[i].Fill(r.PostForm)
			v.Forms[i].Wrong(err)
		} else {
			v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有办成", Text: fault.Of(err).Says}}, v.Alerts...)
		}
		return paperPage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), said)
}

func (h *Handler) submit(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Submit(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已提交复核，请另一位同志复核。")
}

func (h *Handler) agree(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Agree(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("says"))
	return h.acted(w, r, b, err, "已同意，可以定稿。")
}

func (h *Handler) giveBack(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Return(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("why"))
	return h.acted(w, r, b, err, "已退回修改。")
}

func (h *Handler) freeze(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Freeze(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已定稿，数字、明细和文字不再变动。")
}

func (h *Handler) thaw(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Thaw(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已退回草稿，数字重新实时更新。")
}

func (h *Handler) issue(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Issue(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("number"))
	said := "已登记印发。"
	if b.Kind.Upwards() {
		said = "已报送上级主管单位，等待接收。"
	}
	return h.acted(w, r, b, err, said)
}

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Sign(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已签字确认，本月的月检查义务已办结。")
}

func (h *Handler) receive(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Receive(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已接收，回执编号 "+b.Receipt+"。")
}

func (h *Handler) sendBack(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.SendBack(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("why"))
	return h.acted(w, r, b, err, "已退回重报，并告知报送单位。")
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	public := r.PostFormValue("public") == "yes"
	b, err := h.reporting.Show(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), public)
	said := "已从公开页面撤下。"
	if public {
		said = "已公开，所承载的网站上可以看到。"
	}
	return h.acted(w, r, b, err, said)
}

func (h *Handler) correct(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Correct(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), reporting.Erratum{Was: r.PostFormValue("was"), Reads: r.PostFormValue("reads"), Why: r.PostFormValue("reason")})
	return h.acted(w, r, b, err, "已作出更正，与原文一并保留。")
}

// tableOf is a table of a paper, its long lists too.
func (h *Handler) tableOf(r *http.Request) (reporting.Bulletin, reporting.Table, error) {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return b, reporting.Table{}, err
	}
	for _, t := range append(slices.Clone(b.Content.Tables), b.Apart()...) {
		if t.Key == r.PathValue("key") {
			return b, t, nil
		}
	}
	return b, reporting.Table{}, fault.Missing("这张表")
}

func newTableView(b reporting.Bulletin, t reporting.Table, from int) rowsView {
	return rowsView{list: web.Crumb{Name: kindName(b), Href: listOf(b.Kind)}, back: crumbOf(b),
		Heading: web.Heading{Above: b.Title(), Title: t.Name, Tags: []web.Tag{stateTag(b)}, Acts: web.ExportActs(b.Link()+"/tables/"+url.PathEscape(t.Key)+"/export", nil)},
		Table:   tableView(b, t, from, rowsPerPage, true)}
}

func (h *Handler) table(w http.ResponseWriter, r *http.Request) error {
	b, t, err := h.tableOf(r)
	if err != nil {
		return err
	}
	pager := web.PagerOf(r, len(t.Rows), rowsPerPage)
	v := newTableView(b, t, pager.Offset())
	v.Pager = pager
	return rowsPage.Render(w, r, v)
}

func (h *Handler) exportTable(w http.ResponseWriter, r *http.Request) error {
	b, t, err := h.tableOf(r)
	if err != nil {
		return err
	}
	s := official.Sheet{Title: b.AreaName + b.Period.Chinese() + t.Name}
	for i, c := range t.Header {
		width := 12
		if i < len(t.Widths) {
			width = 6 * t.Widths[i]
		}
		s.Columns = append(s.Columns, official.Column{Title: c, Width: float64(width)})
	}
	s.Rows = func(yield func([]any) bool) {
		for _, row := range t.Rows {
			cells := make([]any, len(row))
			for i, x := range row {
				cells[i] = x
				if n, err := strconv.Atoi(x); err == nil && i > 0 {
					cells[i] = n
				}
			}
			if !yield(cells) {
				return
			}
		}
	}
	return web.SendSheet(w, r, s, t.Name)
}

// staleOf is the conflict of two editors inside an error.
func staleOf(err error) *reporting.Stale {
	var s *reporting.Stale
	if errors.As(err, &s) {
		return s
	}
	return nil
}
