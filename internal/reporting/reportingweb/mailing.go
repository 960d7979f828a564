package reportingweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

const lettersPath = "/console/result-letters"

// mailingView is GET /console/bulletins/{id}/mailing.
type mailingView struct {
	back, list web.Crumb
	Heading    web.Heading
	Alerts     []web.Alert
	Stats      web.Stats
	Tabs       web.Tabs
	Table      web.Table
	Pager      web.Pager
	Forms      []web.Form
}

// Title of the document.
func (v mailingView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v mailingView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, v.list, v.back, {Name: "结果反馈"}}
}

func letterTag(state string) web.Tag {
	switch state {
	case reporting.LetterFailed:
		return web.Tag{Kind: web.Danger, Text: reporting.LetterStates[state]}
	case reporting.LetterRead:
		return web.Tag{Kind: web.Good, Text: reporting.LetterStates[state]}
	}
	return web.Tag{Kind: web.Warn, Text: reporting.LetterStates[state]}
}

// subject is what a run tells of: a paper or a round.
type subject struct {
	at, above  string
	list, back web.Crumb
	lead       string
	template   string
	mayAct     bool
	reader     *authz.Session // letters that are not the reader's to open are named without a link
	records    bool           // the reader keeps records of merit and fault
	ground     merit.Ref      // what they rest on; empty: of a round, each result does
}

const leadOfMailing = "一次反馈给所有单位，每个单位只收到自己的结果和明细。"

func paperSubject(b reporting.Bulletin, mayAct bool) subject {
	return subject{at: b.Link() + "/mailing", above: b.Title(), list: web.Crumb{Name: kindName(b), Href: listOf(b.Kind)}, back: crumbOf(b), lead: leadOfMailing, template: reporting.UsualTemplate, mayAct: mayAct, ground: groundOf(b)}
}

func roundSubject(r appraisal.Round, mayAct bool) subject {
	template := reporting.RoundTemplate
	if r.Kind == appraisal.Offices {
		template = reporting.OfficesTemplate
	}
	return subject{at: r.Link() + "/mailing", above: r.Name, list: web.Crumb{Name: "考核轮次", Href: "/console/rounds"}, back: web.Crumb{Name: r.Name, Href: r.Link()}, lead: leadOfMailing + "不编通报也可以直接反馈公布的结果。", template: template, mayAct: mayAct && r.State == appraisal.Published}
}

func newMailingView(of subject, m reporting.Mailing, list []reporting.ResultLetter, sent bool, state string) mailingView {
	at := of.at
	v := mailingView{list: of.list, back: of.back, Heading: web.Heading{Above: of.above, Title: "向各单位反馈结果", Lead: of.lead}}
	if !sent {
		if of.mayAct {
			v.Forms = append(v.Forms, web.Form{Action: at, Buttons: []web.Button{{Label: "向各单位发送"}}, Sections: []web.Section{{Legend: "反馈函正文", Hint: "可用的项：{" + strings.Join(reporting.Slots, "}、{") + "}，发送时换成各单位自己的数。", Fields: []web.Field{
				{Kind: web.TextArea, Name: "template", Label: "正文", Value: of.template, Required: true, Rows: 8, Max: 2000}}}}})
		} else {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "还没有反馈", Text: "印发或公布以后，由编制单位发送。"})
		}
		return v
	}
	v.Heading.Lead = "由" + m.By + "于 " + web.Minute(m.At) + " 发送。"
	stat := func(name string, n int, s string) web.Stat {
		return web.Stat{Name: name, Value: fmt.Sprint(n), Unit: "个单位", Href: at + "?state=" + s}
	}
	v.Stats = web.Stats{Label: "送达和阅读情况", Items: []web.Stat{{Name: "应送达", Value: fmt.Sprint(m.Total()), Unit: "个单位", Href: at}, stat("已阅", m.Read, reporting.LetterRead), stat("已送达，未阅", m.Sent, reporting.LetterSent), stat("没有送达", m.Failed, reporting.LetterFailed)}}
	v.Table = web.Table{Caption: "各单位", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "情况"}, {Head: "送达"}, {Head: "阅读"}}, Empty: web.Empty{Title: "没有这样的单位", Text: "换一个条件看看。"}}
	if of.records {
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: "表扬和问责"})
	}
	for _, l := range list {
		read := web.Text("—")
		if !l.ReadAt.IsZero() {
			read = web.Cell{Text: l.ReadBy, Note: web.Minute(l.ReadAt)}
		}
		name := web.Cell{Text: l.UnitName, Note: l.Failure}
		if l.OpenTo(of.reader) {
			name.Href = l.Link()
		}
		row := web.Row{Cells: []web.Cell{name, web.Tagged(letterTag(l.State)), {Text: web.Minute(l.SentAt), Note: fmt.Sprintf("第 %d 次", l.Sendings)}, read}}
		if of.records {
			row.Cells = append(row.Cells, web.Cell{Links: []web.Link{{Text: "登记表扬", Href: merit.EnterLink(merit.Commend, of.ground, l.Unit), Note: l.UnitName}, {Text: "登记问责", Href: merit.EnterLink(merit.Account, of.ground, l.Unit), Note: l.UnitName}}})
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	for _, s := range []struct{ key, name string }{{"", "全部"}, {reporting.LetterFailed, "没有送达"}, {reporting.LetterSent, "未阅"}, {reporting.LetterRead, "已阅"}} {
		href := at
		if s.key != "" {
			href += "?state=" + s.key
		}
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: s.name, Href: href, Current: s.key == state})
	}
	v.Tabs.Label = "按情况看"
	if of.mayAct && m.Sent+m.Failed > 0 {
		v.Forms = append(v.Forms, ask(at+"/resend", "补发", "给还没有阅读和没有送达的单位再发一次；已阅的不再打扰。", "向未阅单位补发"))
	}
	return v
}

// letterState is the state asked for in the address.
func letterState(r *http.Request) string {
	state := r.URL.Query().Get("state")
	if reporting.LetterStates[state] == "" {
		return ""
	}
	return state
}

func pagerOf(r *http.Request, m reporting.Mailing, state string) web.Pager {
	return web.PagerOf(r, map[string]int{"": m.Total(), reporting.LetterSent: m.Sent, reporting.LetterFailed: m.Failed, reporting.LetterRead: m.Read}[state], perPage)
}

// mailingScreen is the run of the request's paper as it stands.
func (h *Handler) mailingScreen(r *http.Request) (mailingView, error) {
	scope, state := scopeToRead(r), letterState(r)
	b, err := h.reporting.BulletinPlain(r.Context(), scope, idOf(r))
	if err != nil {
		return mailingView{}, err
	}
	m, list, ok, err := h.reporting.MailingOf(r.Context(), scope, b.ID, state, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return mailingView{}, err
	}
	of := paperSubject(b, may(r, authz.BulletinCompose) && b.In(authz.SessionFrom(r.Context()).ScopeFor(authz.BulletinCompose)))
	of.reader = authz.SessionFrom(r.Context())
	of.records = b.Out() && may(r, authz.MeritRecord)
	v := newMailingView(of, m, list, ok, state)
	if ok {
		v.Pager = pagerOf(r, m, state)
	}
	return v, nil
}

// roundScreen is the run of the request's round as it stands.
func (h *Handler) roundScreen(r *http.Request) (mailingView, error) {
	state := letterState(r)
	round, m, list, ok, err := h.reporting.MailingOfRound(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), state, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return mailingView{}, err
	}
	of := roundSubject(round, true)
	of.reader = authz.SessionFrom(r.Context())
	v := newMailingView(of, m, list, ok, state)
	if ok {
		v.Pager = pagerOf(r, m, state)
	}
	return v, nil
}

func (h *Handler) mailing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.mailingScreen(r)
	if err != nil {
		return err
	}
	return mailingPage.Render(w, r, v)
}

func (h *Handler) roundMailing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.roundScreen(r)
	if err != nil {
		return err
	}
	return mailingPage.Render(w, r, v)
}

// mailed ends an act on a run, or shows its screen again with what was wrong.
func mailed(w http.ResponseWriter, r *http.Request, err error, screen func(*http.Request) (mailingView, error), back, said string) error {
	if web.Mendable(err) {
		v, shown := screen(r)
		if shown != nil {
			return shown
		}
		i := slices.IndexFunc(v.Forms, func(f web.Form) bool { return f.Action == r.URL.Path })
		if i >= 0 {
			v.Forms[i].Fill(r.PostForm)
			v.Forms[i].Wrong(err)
		} else {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "没有办成", Text: fault.Of(err).Says})
		}
		return mailingPage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, back, said)
}

func sentTo(m reporting.Mailing) string {
	said := fmt.Sprintf("已发送给 %d 个单位。", m.Sent)
	if m.Failed > 0 {
		said += fmt.Sprintf("另有 %d 个单位没有送达，见下表。", m.Failed)
	}
	return said
}

func mailingOf(r *http.Request) string {
	return "/console/bulletins/" + url.PathEscape(r.PathValue("id")) + "/mailing"
}

func roundMailingOf(r *http.Request) string {
	return "/console/rounds/" + url.PathEscape(r.PathValue("id")) + "/mailing"
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request) error {
	m, err := h.reporting.Send(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("template"))
	return mailed(w, r, err, h.mailingScreen, mailingOf(r), sentTo(m))
}

func (h *Handler) resend(w http.ResponseWriter, r *http.Request) error {
	n, err := h.reporting.Resend(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return mailed(w, r, err, h.mailingScreen, mailingOf(r), fmt.Sprintf("已补发给 %d 个单位。", n))
}

func (h *Handler) sendRound(w http.ResponseWriter, r *http.Request) error {
	m, err := h.reporting.SendRound(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("template"))
	return mailed(w, r, err, h.roundScreen, roundMailingOf(r), sentTo(m))
}

func (h *Handler) resendRound(w http.ResponseWriter, r *http.Request) error {
	n, err := h.reporting.ResendRound(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	return mailed(w, r, err, h.roundScreen, roundMailingOf(r), fmt.Sprintf("已补发给 %d 个单位。", n))
}

// lettersView is GET /console/result-letters.
type lettersView struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (lettersView) Title() string { return "结果反馈" }

// Crumbs of the page.
func (lettersView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "结果反馈"}}
}

func newLettersView(list []reporting.ResultLetter) lettersView {
	v := lettersView{Heading: web.Heading{Title: "结果反馈", Lead: "主管单位向本单位反馈的检查结果，只有本单位自己的内容。"},
		Table: web.Table{Caption: "收到的结果反馈", Quiet: true, Columns: []web.Column{{Head: "结果反馈", Wide: true}, {Head: "时段"}, {Head: "收到"}, {Head: "情况"}}, Empty: web.Empty{Title: "还没有收到结果反馈", Text: "主管单位印发通报以后，会把本单位的结果发到这里。"}}}
	for _, l := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: l.Title, Href: l.Link(), Note: l.Told.Issuer}, web.Text(l.Told.Period), web.Text(web.Minute(l.SentAt)), web.Tagged(letterTag(l.State))}})
	}
	return v
}

func (h *Handler) letters(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.reporting.ResultLetters(r.Context(), authz.SessionFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newLettersView(list)
	v.Pager = web.PagerOf(r, total, perPage)
	return lettersPage.Render(w, r, v)
}

// letterView is GET /console/result-letters/{id}.
type letterView struct {
	Heading web.Heading
	Facts   web.Summary
	Lines   []string
	Tables  []web.Table
}

// Title of the document.
func (v letterView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v letterView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "结果反馈", Href: lettersPath}, {Name: v.Heading.Title}}
}

func newLetterView(l reporting.ResultLetter) letterView {
	c := l.Told
	v := letterView{Heading: web.Heading{Above: c.Paper, Title: c.Period + "检查结果反馈", Tags: []web.Tag{letterTag(l.State)}, Acts: []web.Act{{Text: "下载 DOCX", Href: l.Link() + "/document?as=docx"}, {Text: "下载 PDF", Href: l.Link() + "/document?as=pdf"}}},
		Facts: web.Summary{Terms: []web.Term{{Name: "发给", Text: l.UnitName}, {Name: "来自", Text: c.Issuer, Note: c.Number}, {Name: "送达", Text: web.Minute(l.SentAt)}}}, Lines: strings.Split(c.Text, "\n")}
	if !l.ReadAt.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "首次阅读", Text: l.ReadBy, Note: web.Minute(l.ReadAt)})
	}
	for _, g := range c.Groups {
		t := web.Table{Caption: fmt.Sprintf("%s（%d）", g.Name, g.N), Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "情况", Wide: true}}}
		for _, x := range g.Rows {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Text, Href: x.Link}, web.Text(x.Note)}})
		}
		if g.N > len(g.Rows) {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(fmt.Sprintf("另有 %d 项", g.N-len(g.Rows))), web.Text("在台账和“发现的问题”里看全部")}})
		}
		v.Tables = append(v.Tables, t)
	}
	return v
}

func (h *Handler) letter(w http.ResponseWriter, r *http.Request) error {
	l, err := h.reporting.ResultLetter(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return letterPage.Render(w, r, newLetterView(l))
}

func (h *Handler) letterDocument(w http.ResponseWriter, r *http.Request) error {
	l, err := h.reporting.ResultLetter(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, l.Paper(), "结果反馈", l.UnitName+l.Told.Period+"检查结果反馈")
}

// resultsView is GET /console/bulletins/{id}/results.
type resultsView struct {
	back, list web.Crumb
	Heading    web.Heading
	Uses       web.Tabs
	Table      web.Table
	Fields     web.Table
}

// Title of the document.
func (v resultsView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v resultsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, v.list, v.back, {Name: "导出结果"}}
}

func newResultsView(b reporting.Bulletin, u reporting.Use) resultsView {
	at := b.Link() + "/results"
	rows := b.Content.Rows(u)
	v := resultsView{list: web.Crumb{Name: kindName(b), Href: listOf(b.Kind)}, back: crumbOf(b),
		Heading: web.Heading{Above: b.Title(), Title: "导出结果", Lead: fmt.Sprintf("共 %d 行，下面是前 %d 行。数据项说明随 JSON 一并导出。", len(rows), min(len(rows), mostLines)), Tags: []web.Tag{stateTag(b)}}, Uses: web.Tabs{Label: "用途"},
		Table:  web.Table{Caption: "结果", Compact: true, Empty: web.Empty{Title: "没有数据", Text: "这份文件没有网站结果。"}},
		Fields: web.Table{Caption: "数据项说明", Compact: true, Columns: []web.Column{{Head: "代码"}, {Head: "名称"}, {Head: "说明", Wide: true}}}}
	for _, f := range []string{"xlsx", "csv", "json"} {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出 " + strings.ToUpper(f), Href: fmt.Sprintf("%s/export?for=%s&format=%s", at, u, f)})
	}
	for _, x := range reporting.Uses {
		v.Uses.Items = append(v.Uses.Items, web.Tab{Name: x.Name, Href: at + "?for=" + string(x.Use), Current: x.Use == u})
	}
	for _, f := range reporting.Dictionary(u) {
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: f.Title})
		v.Fields.Rows = append(v.Fields.Rows, web.Row{Cells: []web.Cell{web.Text(f.Name), web.Text(f.Title), web.Text(f.Says)}})
	}
	for _, row := range rows[:min(len(rows), mostLines)] {
		var cells []web.Cell
		for _, s := range reporting.Cells(row) {
			cells = append(cells, web.Text(s))
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: cells})
	}
	return v
}

func useOf(r *http.Request) reporting.Use {
	if u := reporting.Use(r.URL.Query().Get("for")); u.Known() {
		return u
	}
	return reporting.ForTarget
}

func (h *Handler) results(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	return resultsPage.Render(w, r, newResultsView(b, useOf(r)))
}

func (h *Handler) exportResults(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	u := useOf(r)
	name := b.AreaName + b.Period.Chinese() + "检查结果-" + string(u)
	s := official.Sheet{Title: b.AreaName + b.Period.Chinese() + "检查结果", Rows: slices.Values(b.Content.Rows(u))}
	var columns []string
	for _, f := range reporting.Dictionary(u) {
		s.Columns = append(s.Columns, official.Column{Title: f.Title})
		columns = append(columns, f.Title)
	}
	if r.URL.Query().Get("format") == "json" {
		data, err := b.OpenData(u)
		if err != nil {
			return err
		}
		return web.SendList(w, r, s.Title, columns, len(b.Content.Rows(u)), name+".json", "application/json; charset=utf-8", data)
	}
	return web.SendSheet(w, r, s, name)
}
