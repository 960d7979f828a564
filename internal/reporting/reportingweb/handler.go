package reportingweb

import (
	"bytes"
	"embed"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	listPath  = "/console/bulletins"
	perPage   = 20
	smallBody = 16 << 10
	docx      = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
)

// Handler serves the screens.
type Handler struct{ reporting *reporting.Service }

// New makes the handler.
func New(s *reporting.Service) *Handler { return &Handler{reporting: s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/bulletins", Permit: authz.AssessmentRead, Handle: h.list},
		{Pattern: "POST /console/bulletins", Permit: authz.BulletinCompose, Handle: h.compose, MaxBody: smallBody},
		{Pattern: "GET /console/bulletins/{id}", Permit: authz.AssessmentRead, Handle: h.show},
		{Pattern: "GET /console/bulletins/{id}/rows/{key}", Permit: authz.AssessmentRead, Handle: h.rows},
		{Pattern: "GET /console/bulletins/{id}/document", Permit: authz.AssessmentRead, Handle: h.document},
		{Pattern: "POST /console/bulletins/{id}/freeze", Permit: authz.BulletinCompose, Handle: h.freeze, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/thaw", Permit: authz.BulletinCompose, Handle: h.thaw, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/issue", Permit: authz.BulletinCompose, Handle: h.issue, MaxBody: smallBody},
	}
}

func idOf(r *http.Request) reporting.BulletinID { return reporting.BulletinID(r.PathValue("id")) }

func may(r *http.Request, p authz.Permission) bool {
	s := authz.SessionFrom(r.Context())
	return s != nil && s.May(p)
}

func status(err error) int {
	if fault.Is(err, fault.Conflict) {
		return http.StatusConflict
	}
	return http.StatusUnprocessableEntity
}

// listView is GET /console/bulletins.
type listView struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
	May     bool
	Compose web.Form
}

// Title of the document.
func (listView) Title() string { return "季度通报" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "季度通报"}}
}

func stateTag(b reporting.Bulletin) web.Tag {
	tone := web.Warn
	switch b.State {
	case reporting.Frozen:
		tone = web.Info
	case reporting.Issued:
		tone = web.Good
	}
	return web.Tag{Kind: tone, Text: b.StateName()}
}

// offered is how many quarters back a bulletin may be begun for.
const offered = 6

func newListView(list []reporting.Bulletin, places []org.Area, today calendar.Date) listView {
	v := listView{Heading: web.Heading{Title: "季度通报", Lead: "每季度一份；所有数字由台账和检查结果自动汇总，每个数字都能点开看到明细。", Acts: []web.Act{{Text: "考核得分", Href: "/console/scores"}}}, May: len(places) > 0,
		Table: web.Table{Caption: "季度通报", Quiet: true, Columns: []web.Column{{Head: "通报", Wide: true}, {Head: "季度"}, {Head: "状态"}, {Head: "发文字号"}, {Head: "编制"}},
			Empty: web.Empty{Title: "还没有季度通报", Text: "由主管单位按季度编制。"}}}
	for _, b := range list {
		number := b.Number
		if number == "" {
			number = "—"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: b.Title(), Href: b.Link(), Note: b.UnitName}, web.Text(b.Period.Chinese()), web.Tagged(stateTag(b)), web.Text(number), {Text: b.ComposedBy, Note: web.Minute(b.CreatedAt)}}})
	}
	var areas, quarters []web.Option
	for _, a := range places {
		areas = append(areas, web.Option{Value: string(a.ID), Label: a.Name})
	}
	for p, n := assessment.QuarterOf(today), 0; n < offered; p, n = p.Before(), n+1 {
		quarters = append(quarters, web.Option{Value: p.String(), Label: p.Chinese()})
	}
	before := ""
	if len(quarters) > 1 {
		before = quarters[1].Value
	}
	v.Compose = web.Form{Action: listPath, Sections: []web.Section{{Legend: "编制通报", Fields: []web.Field{
		{Kind: web.Select, Name: "area", Label: "地区", Options: areas, Required: true},
		{Kind: web.Select, Name: "period", Label: "季度", Options: quarters, Value: before, Required: true, Hint: "季度结束以后才能定稿；本季度可以先看草稿。"}}}},
		Buttons: []web.Button{{Label: "编制"}}}
	return v
}

func (h *Handler) listScreen(r *http.Request) (listView, error) {
	ctx := r.Context()
	list, total, err := h.reporting.Bulletins(ctx, scopeToRead(r), reporting.Filter{Area: org.AreaID(r.URL.Query().Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return listView{}, err
	}
	var places []org.Area
	if s := authz.SessionFrom(ctx); may(r, authz.BulletinCompose) {
		if places, err = h.reporting.Places(ctx, s.ScopeFor(authz.BulletinCompose)); err != nil {
			return listView{}, err
		}
	}
	v := newListView(list, places, web.FrameOf(r).Today)
	v.Pager = web.PagerOf(r, total, perPage)
	return v, nil
}

// scopeToRead is what the person may read, on the routes of acts too.
func scopeToRead(r *http.Request) authz.Scope {
	if s := authz.SessionFrom(r.Context()); s != nil {
		return s.ScopeFor(authz.AssessmentRead)
	}
	return authz.ScopeFrom(r.Context())
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	v, err := h.listScreen(r)
	if err != nil {
		return err
	}
	return listPage.Render(w, r, v)
}

func (h *Handler) compose(w http.ResponseWriter, r *http.Request) error {
	p, err := assessment.ParsePeriod(r.PostFormValue("period"))
	var b reporting.Bulletin
	if err == nil {
		b, err = h.reporting.Compose(r.Context(), authz.ScopeFrom(r.Context()), org.AreaID(r.PostFormValue("area")), p)
	}
	if web.Mendable(err) {
		v, shown := h.listScreen(r)
		if shown != nil {
			return shown
		}
		v.Compose.Fill(r.PostForm)
		v.Compose.Wrong(err)
		return listPage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), "已编制草稿，数字随台账和检查结果实时更新，定稿以后不再变动。")
}

// bulletinView is GET /console/bulletins/{id}.
type bulletinView struct {
	Heading  web.Heading
	Alerts   []web.Alert
	Facts    web.Summary
	Sections []sectionPart
	Failed   web.Table
	Story    web.Timeline
	Base     string
	MayKeep  bool // freeze
	MayThaw  bool
	MayIssue bool
	Issue    web.Form
}

type sectionPart struct {
	Name  string
	Lines []string
	Stats web.Stats
}

// Title of the document.
func (v bulletinView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v bulletinView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "季度通报", Href: listPath}, {Name: v.Heading.Above}}
}

func newBulletinView(b reporting.Bulletin, history []passage.Step, mayAct bool) bulletinView {
	c := b.Content
	v := bulletinView{Base: b.Link(), Heading: web.Heading{Above: b.AreaName + b.Period.Chinese(), Title: b.Title(), Tags: []web.Tag{stateTag(b)}, Acts: []web.Act{{Text: "下载公文（DOCX）", Href: b.Link() + "/document"}}}}
	switch {
	case !c.Complete:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "本季度尚未结束", Text: "数据截至" + c.CheckPoint.Chinese() + "，季度结束以后才能定稿。"})
	case b.State == reporting.Draft:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "草稿", Text: "数字随台账和检查结果实时更新；定稿以后不再变动，并留存校验值。"})
	}
	if c.Unverified {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: c.Label + "：部分分值未核实", Text: "门户网站得分用到尚未与正式文本核对的分值，仅供参考。"})
	}
	v.Facts = web.Summary{Wide: true, Terms: []web.Term{{Name: "编制单位", Text: b.UnitName}, {Name: "编制人", Text: b.ComposedBy, Note: web.Minute(b.CreatedAt)}, {Name: "检查依据", Text: c.Source + "《" + c.Pack + "》", Note: c.Label}, {Name: "判定日", Text: c.CheckPoint.Chinese()}}}
	if b.SHA256 != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "定稿校验值（SHA-256）", Text: b.SHA256, Note: "定稿于 " + web.Minute(b.FrozenAt)})
	}
	if b.Number != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "发文字号", Text: b.Number, Note: "印发于 " + b.IssuedOn.Chinese()})
	}
	for _, name := range reporting.Sections {
		part := sectionPart{Name: name, Lines: c.Narrative(name), Stats: web.Stats{Label: name}}
		for _, f := range c.Section(name) {
			part.Stats.Items = append(part.Stats.Items, web.Stat{Name: f.Name, Value: strconv.Itoa(f.N()), Unit: f.Unit, Href: b.Link() + "/rows/" + url.PathEscape(f.Key)})
		}
		for _, s := range c.Shares {
			if c.Figure(s.Of).Section == name {
				part.Stats.Items = append(part.Stats.Items, web.Stat{Name: s.Name, Value: c.Percent(s), Note: c.Figure(s.Part).Name + " / " + c.Figure(s.Of).Name, Href: b.Link() + "/rows/" + url.PathEscape(s.Part)})
			}
		}
		v.Sections = append(v.Sections, part)
	}
	v.Failed = web.Table{Caption: "不合格网站名单", Columns: []web.Column{{Head: "网站"}, {Head: "主办单位"}, {Head: "原因", Wide: true}, {Head: "证据", Wide: true}}, Empty: web.Empty{Title: "没有不合格的网站", Text: "未检测的网站不作判定。"}}
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
		v.Failed.Rows = append(v.Failed.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{{Text: u.Name, Href: scoreLink(u, c.Period)}, web.Text(u.Unit), web.Text(u.Why()), cell}})
	}
	v.Story = web.Timeline{Title: "办理经过"}
	for _, s := range history {
		v.Story.Events = append(v.Story.Events, web.Event{At: s.At, Title: reporting.Machine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	if mayAct {
		v.MayKeep = b.State == reporting.Draft && c.Complete
		v.MayThaw = b.State == reporting.Frozen
		if b.State == reporting.Frozen {
			v.MayIssue = true
			v.Issue = web.Form{Action: b.Link() + "/issue", Sections: []web.Section{{Legend: "印发", Fields: []web.Field{{Name: "number", Label: "发文字号", Hint: "例如 市政办函〔2026〕5号", Required: true, Max: 60}}}}, Buttons: []web.Button{{Label: "登记印发"}}}
		}
	}
	return v
}

// maxEvidence bounds the links of one site in the list.
const maxEvidence = 5

func (h *Handler) screen(r *http.Request) (bulletinView, error) {
	ctx, scope := r.Context(), scopeToRead(r)
	b, err := h.reporting.Bulletin(ctx, scope, idOf(r))
	if err != nil {
		return bulletinView{}, err
	}
	steps, err := h.reporting.History(ctx, scope, idOf(r))
	if err != nil {
		return bulletinView{}, err
	}
	v := newBulletinView(b, steps, may(r, authz.BulletinCompose))
	var rows []reporting.Row
	for _, u := range b.Content.Unqualified {
		rows = append(rows, reporting.Row{Kind: "site", ID: u.Site, Link: scoreLink(u, b.Content.Period)})
		var shown []reporting.Row
		for _, cause := range u.Reasons {
			shown = append(shown, cause.Evidence...)
		}
		rows = append(rows, shown[:min(maxEvidence, len(shown))]...)
	}
	return v, h.bar(r, &v.Failed, rows)
}

// bar takes from the table the links that lead the reader out of reach: a
// bulletin is read by those it is about, who may open what is their own.
func (h *Handler) bar(r *http.Request, t *web.Table, rows []reporting.Row) error {
	places, err := h.reporting.Stands(r.Context(), rows)
	if err != nil {
		return err
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
	return nil
}

func scoreLink(u reporting.Unqualified, period string) string {
	return "/console/sites/" + u.Site + "/score?period=" + url.QueryEscape(period)
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.screen(r)
	if err != nil {
		return err
	}
	return bulletinPage.Render(w, r, v)
}

// rowsView is GET /console/bulletins/{id}/rows/{key}.
type rowsView struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
	back    web.Crumb
}

// Title of the document.
func (v rowsView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v rowsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "季度通报", Href: listPath}, v.back, {Name: v.Heading.Title}}
}

// rowsPerPage of a figure.
const rowsPerPage = 50

func newRowsView(b reporting.Bulletin, f reporting.Figure, from int) rowsView {
	v := rowsView{back: web.Crumb{Name: b.AreaName + b.Period.Chinese(), Href: b.Link()},
		Heading: web.Heading{Above: b.Title(), Title: fmt.Sprintf("%s：%d%s", f.Name, f.N(), f.Unit), Tags: []web.Tag{stateTag(b)}},
		Table:   web.Table{Caption: f.Name, Quiet: true, Columns: []web.Column{{Head: "序号", Number: true}, {Head: "对象", Wide: true}, {Head: "情况", Wide: true}}, RowHead: 1, Empty: web.Empty{Title: "没有", Text: "这一项的数字是 0。"}}}
	for i, r := range f.Rows[min(from, f.N()):min(from+rowsPerPage, f.N())] {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Figure(from + i + 1), {Text: r.Text, Href: r.Link}, web.Text(r.Note)}})
	}
	return v
}

func (h *Handler) rows(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	key := r.PathValue("key")
	if !b.Content.Has(key) {
		return fault.Missing("这项数字")
	}
	f := b.Content.Figure(key)
	pager := web.PagerOf(r, f.N(), rowsPerPage)
	v := newRowsView(b, f, pager.Offset())
	v.Pager = pager
	if err := h.bar(r, &v.Table, f.Rows[min(pager.Offset(), f.N()):min(pager.Offset()+rowsPerPage, f.N())]); err != nil {
		return err
	}
	return rowsPage.Render(w, r, v)
}

// document hands out the bulletin as DOCX in the layout of GB/T 9704.
func (h *Handler) document(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if _, err := b.Paper().WriteTo(&out); err != nil {
		return fmt.Errorf("reportingweb: write document: %w", err)
	}
	name := b.Title()
	if b.State == reporting.Draft {
		name += "（草稿）"
	}
	w.Header().Set("Content-Type", docx)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name + ".docx"}))
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	_, _ = w.Write(out.Bytes()) // once begun, the answer cannot become a page
	return nil
}

// acted ends an act, or shows the bulletin again with what was wrong.
func (h *Handler) acted(w http.ResponseWriter, r *http.Request, b reporting.Bulletin, err error, said string) error {
	if web.Mendable(err) {
		v, shown := h.screen(r)
		if shown != nil {
			return shown
		}
		if v.MayIssue && r.PostForm.Has("number") {
			v.Issue.Fill(r.PostForm)
			v.Issue.Wrong(err)
		} else {
			v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有办成", Text: fault.Of(err).Says}}, v.Alerts...)
		}
		return bulletinPage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), said)
}

func (h *Handler) freeze(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Freeze(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已定稿，数字和明细不再变动。")
}

func (h *Handler) thaw(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Thaw(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	return h.acted(w, r, b, err, "已退回草稿，数字重新实时更新。")
}

func (h *Handler) issue(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Issue(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("number"))
	return h.acted(w, r, b, err, "已登记印发。")
}
