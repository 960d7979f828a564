package reportingweb

import (
	"cmp"
	"embed"
	"fmt"
	"net/http"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	listPath  = "/console/bulletins"
	perPage   = 20
	smallBody = 16 << 10
	bigBody   = 600 << 10
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
		{Pattern: "GET /console/bulletins/{id}", Permit: authz.AssessmentRead, Handle: h.paper},
		{Pattern: "GET /console/bulletins/{id}/rows/{key}", Permit: authz.AssessmentRead, Handle: h.rows},
		{Pattern: "GET /console/bulletins/{id}/document", Permit: authz.AssessmentRead, Handle: h.document},
		{Pattern: "GET /console/bulletins/{id}/tables/{key}", Permit: authz.AssessmentRead, Handle: h.table},
		{Pattern: "GET /console/bulletins/{id}/tables/{key}/export", Permit: authz.AssessmentRead, Handle: h.exportTable},
		{Pattern: "GET /console/bulletins/{id}/outline", Permit: authz.BulletinCompose, Handle: h.outline},
		{Pattern: "POST /console/bulletins/{id}/outline", Permit: authz.BulletinCompose, Handle: h.saveOutline, MaxBody: bigBody},
		{Pattern: "GET /console/bulletins/{id}/cases", Permit: authz.BulletinCompose, Handle: h.cases},
		{Pattern: "POST /console/bulletins/{id}/cases", Permit: authz.BulletinCompose, Handle: h.tell, MaxBody: bigBody},
		{Pattern: "POST /console/bulletins/{id}/submit", Permit: authz.BulletinCompose, Handle: h.submit, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/agree", Permit: authz.BulletinCompose, Handle: h.agree, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/return", Permit: authz.BulletinCompose, Handle: h.giveBack, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/sign", Permit: authz.BulletinCompose, Handle: h.sign, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/receive", Permit: authz.BulletinCompose, Handle: h.receive, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/send-back", Permit: authz.BulletinCompose, Handle: h.sendBack, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/public", Permit: authz.BulletinCompose, Handle: h.show, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/errata", Permit: authz.BulletinCompose, Handle: h.correct, MaxBody: smallBody},
		{Pattern: "GET /console/bulletins/{id}/mailing", Permit: authz.AssessmentRead, Handle: h.mailing},
		{Pattern: "POST /console/bulletins/{id}/mailing", Permit: authz.BulletinCompose, Handle: h.send, MaxBody: smallBody},
		{Pattern: "POST /console/bulletins/{id}/mailing/resend", Permit: authz.BulletinCompose, Handle: h.resend, MaxBody: smallBody},
		{Pattern: "GET /console/rounds/{id}/mailing", Permit: authz.BulletinCompose, Handle: h.roundMailing},
		{Pattern: "POST /console/rounds/{id}/mailing", Permit: authz.BulletinCompose, Handle: h.sendRound, MaxBody: smallBody},
		{Pattern: "POST /console/rounds/{id}/mailing/resend", Permit: authz.BulletinCompose, Handle: h.resendRound, MaxBody: smallBody},
		{Pattern: "GET /console/bulletins/{id}/results", Permit: authz.AssessmentRead, Handle: h.results},
		{Pattern: "GET /console/bulletins/{id}/results/export", Permit: authz.AssessmentRead, Handle: h.exportResults},
		{Pattern: "GET /console/result-letters", Permit: authz.AssessmentRead, Handle: h.letters},
		{Pattern: "GET /console/result-letters/{id}", Permit: authz.AssessmentRead, Handle: h.letter},
		{Pattern: "GET /console/result-letters/{id}/document", Permit: authz.AssessmentRead, Handle: h.letterDocument},
		{Pattern: "GET /console/experiences", Permit: authz.AssessmentRead, Handle: h.experiences},
		{Pattern: "POST /console/experiences", Permit: authz.ExperienceOffer, Handle: h.offer, MaxBody: smallBody * 2},
		{Pattern: "GET /console/experiences/{id}", Permit: authz.AssessmentRead, Handle: h.experience},
		{Pattern: "POST /console/experiences/{id}/publish", Permit: authz.BulletinCompose, Handle: h.decide("publish", "已发布，全省可看，可写进通报。"), MaxBody: smallBody * 2},
		{Pattern: "POST /console/experiences/{id}/decline", Permit: authz.BulletinCompose, Handle: h.decide("decline", "已告知不采用。"), MaxBody: smallBody},
		{Pattern: "POST /console/experiences/{id}/offer", Permit: authz.ExperienceOffer, Handle: h.decide("offer", "已再次报送。"), MaxBody: smallBody * 2},
		{Pattern: "POST /console/experiences/{id}/withdraw", Permit: authz.BulletinCompose, Handle: h.decide("withdraw", "已撤回。"), MaxBody: smallBody},
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
	Kinds   web.Tabs
	Table   web.Table
	Pager   web.Pager
	May     bool
	Compose web.Form
}

// Title of the document.
func (v listView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: v.Heading.Title}}
}

func stateTag(b reporting.Bulletin) web.Tag {
	tone := web.Warn
	switch b.State {
	case reporting.Frozen, reporting.Agreed, reporting.Submitted:
		tone = web.Info
	case reporting.Issued, reporting.Received:
		tone = web.Good
	}
	return web.Tag{Kind: tone, Text: b.StateName()}
}

var leads = map[reporting.Kind]string{
	reporting.MonthlyCheck:      "每月一份：每个网站和账号检查了几次、发现多少、下发多少、还有多少没改，月末后由一人签字确认。",
	reporting.QuarterlyBulletin: "每季度一份；所有数字由台账和检查结果自动汇总，每个数字都能点开看到明细。",
	reporting.AnnualAssessment:  "每年一份，由省政府办公厅编制（第二十九条），结果可导出供目标责任考核和政务公开评估使用。",
	reporting.SupervisionReport: "每年一份，由各级主管单位报送上级主管单位（第三十条），上级接收后有回执。",
}

func kindOf(r *http.Request) reporting.Kind {
	if k := reporting.Kind(r.URL.Query().Get("kind")); k.Known() {
		return k
	}
	if k := reporting.Kind(r.PostFormValue("kind")); k.Known() {
		return k
	}
	return reporting.QuarterlyBulletin
}

func listOf(k reporting.Kind) string {
	if k == reporting.QuarterlyBulletin || k == "" {
		return listPath
	}
	return listPath + "?kind=" + string(k)
}

func newListView(k reporting.Kind, list []reporting.Bulletin, places []org.Area, today calendar.Date) listView {
	v := listView{Heading: web.Heading{Title: k.Name(), Lead: leads[k], Acts: []web.Act{{Text: "典型经验", Href: experiencePath}, {Text: "结果反馈", Href: lettersPath}, {Text: "考核得分", Href: "/console/scores"}}}, Kinds: web.Tabs{Label: "通报和报告"},
		Table: web.Table{Caption: k.Name(), Quiet: true, Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "时段"}, {Head: "状态"}, {Head: "发文字号"}, {Head: "编制"}},
			Empty: web.Empty{Title: "还没有" + k.Name(), Text: "由主管单位编制。"}}}
	for _, x := range reporting.Kinds {
		v.Kinds.Items = append(v.Kinds.Items, web.Tab{Name: x.Name(), Href: listOf(x), Current: x == k})
	}
	for _, b := range list {
		number := b.Number
		if b.Receipt != "" {
			number = "回执 " + b.Receipt
		}
		if number == "" {
			number = "—"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: b.Title(), Href: b.Link(), Note: b.UnitName}, web.Text(b.Period.Chinese()), web.Tagged(stateTag(b)), web.Text(number), {Text: b.ComposedBy, Note: web.Minute(b.CreatedAt)}}})
	}
	var areas, periods []web.Option
	for _, a := range places {
		if k.At(a.Level) {
			areas = append(areas, web.Option{Value: string(a.ID), Label: a.Name})
		}
	}
	v.May = len(areas) > 0
	for _, p := range k.Periods(assessment.OnDay(today)) {
		periods = append(periods, web.Option{Value: p.String(), Label: p.Chinese()})
	}
	before := ""
	if len(periods) > 1 {
		before = periods[1].Value
	}
	v.Compose = web.Form{Action: listPath, Sections: []web.Section{{Legend: "编制" + k.Name(), Fields: []web.Field{
		{Kind: web.Hidden, Name: "kind", Value: string(k)},
		{Kind: web.Select, Name: "area", Label: "地区", Options: areas, Required: true},
		{Kind: web.Select, Name: "period", Label: "时段", Options: periods, Value: before, Required: true, Hint: "结束以后才能提交、定稿；没有结束的可以先看草稿。"}}}},
		Buttons: []web.Button{{Label: "编制"}}}
	return v
}

func (h *Handler) listScreen(r *http.Request) (listView, error) {
	ctx, k := r.Context(), kindOf(r)
	list, total, err := h.reporting.Bulletins(ctx, scopeToRead(r), reporting.Filter{Kind: k, Area: org.AreaID(r.URL.Query().Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return listView{}, err
	}
	var places []org.Area
	if s := authz.SessionFrom(ctx); may(r, authz.BulletinCompose) {
		if places, err = h.reporting.Places(ctx, s.ScopeFor(authz.BulletinCompose)); err != nil {
			return listView{}, err
		}
	}
	v := newListView(k, list, places, web.FrameOf(r).Today)
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
		b, err = h.reporting.Compose(r.Context(), authz.ScopeFrom(r.Context()), kindOf(r), org.AreaID(r.PostFormValue("area")), p)
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

// rowsView is GET /console/bulletins/{id}/rows/{key}.
type rowsView struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
	list    web.Crumb
	back    web.Crumb
}

// Title of the document.
func (v rowsView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v rowsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, v.list, v.back, {Name: v.Heading.Title}}
}

// rowsPerPage of a figure.
const rowsPerPage = 50

func newRowsView(b reporting.Bulletin, f reporting.Figure, from int) rowsView {
	v := rowsView{list: web.Crumb{Name: kindName(b), Href: listOf(b.Kind)}, back: crumbOf(b),
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

// document hands out the paper in the layout of GB/T 9704, as DOCX unless PDF is
// asked for.
func (h *Handler) document(w http.ResponseWriter, r *http.Request) error {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err != nil {
		return err
	}
	name := b.Title()
	if !b.Fixed() {
		name += "（草稿）"
	}
	return web.SendDocument(w, r, b.Paper(), b.Kind.Name(), name)
}

// crumbOf leads back to a paper.
func crumbOf(b reporting.Bulletin) web.Crumb {
	return web.Crumb{Name: cmp.Or(b.AreaName+b.Period.Chinese(), "文件"), Href: b.Link()}
}

func kindName(b reporting.Bulletin) string { return cmp.Or(b.Kind.Name(), "通报") }
