package dashboardweb

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	morningPath = "/console/morning"
	boardPath   = "/console/dashboard"
	rowsPath    = boardPath + "/rows"
	perPage     = 50
	maxExport   = 20000
)

// Handler serves the screens.
type Handler struct {
	db     *db.DB
	boards *dashboard.Service
	org    *org.Service
}

// New makes the handler.
func New(d *db.DB, s *dashboard.Service, o *org.Service) *Handler { return &Handler{d, s, o} }

// board is one of the boards: its address, tab and maker.
type board struct {
	path, name string
	make       func(*Handler, *http.Request) (boardPage, error)
}

var boards = []board{
	{"", "地区对比", (*Handler).compare},
	{"/trends", "走势", (*Handler).trends},
	{"/ageing", "积压时长", (*Handler).ageing},
	{"/funnel", "整改流程", (*Handler).funnel},
	{"/rules", "规则质量", (*Handler).rules},
	{"/burden", "基层负担", (*Handler).burden},
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	out := []web.Route{
		{Pattern: "GET " + morningPath, Permit: authz.DashboardRead, Handle: h.morning},
		{Pattern: "GET " + morningPath + "/export", Permit: authz.DashboardRead, Handle: h.exportMorning},
		{Pattern: "GET " + rowsPath, Permit: authz.DashboardRead, Handle: h.rows},
		{Pattern: "GET " + rowsPath + "/export", Permit: authz.DashboardRead, Handle: h.exportRows},
		{Pattern: "GET " + boardPath + "/leader", Permit: authz.DashboardRead, Handle: h.leader},
		{Pattern: "GET " + boardPath + "/leader/export", Permit: authz.DashboardRead, Handle: h.exportLeader},
		{Pattern: "GET " + boardPath + "/wall", Permit: authz.DashboardRead, Handle: h.wall},
		{Pattern: "GET " + boardPath + "/wall/export", Permit: authz.DashboardRead, Handle: h.exportWall},
	}
	for _, b := range boards {
		out = append(out, web.Route{Pattern: "GET " + boardPath + b.path, Permit: authz.DashboardRead, Handle: h.show(b)},
			web.Route{Pattern: "GET " + boardPath + b.path + "/export", Permit: authz.DashboardRead, Handle: h.export(b)})
	}
	return out
}

// charted is a table with the chart that draws it.
type charted struct {
	Title   string
	Lead    string
	Kind    string // bar, stack, line, heat, funnel; "" for no chart
	Columns string // of the table, counted from 0: 1,2
	Wide    bool   // the table below the chart, not beside it
	Table   web.Table
}

// boardPage is every board.
type boardPage struct {
	Heading web.Heading
	Tabs    web.Tabs
	Alert   web.Alert
	Filter  web.Filter
	Stats   web.Stats
	Exports []web.Act
	Charts  []charted
	Note    string
}

// Title of the document.
func (p boardPage) Title() string { return p.Heading.Title }

// Crumbs of the page.
func (p boardPage) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "看板", Href: boardPath}, {Name: p.Heading.Title}}
}

// Charts says whether the page has any chart, and so wants the script.
func (p boardPage) Drawn() bool {
	return slices.ContainsFunc(p.Charts, func(c charted) bool { return c.Kind != "" && len(c.Table.Rows) > 0 })
}

func tabs(at string, q url.Values) web.Tabs {
	t := web.Tabs{Label: "看板"}
	keep := url.Values{}
	if u := q.Get("under"); u != "" {
		keep.Set("under", u)
	}
	for _, b := range boards {
		t.Items = append(t.Items, web.Tab{Name: b.name, Href: with(boardPath+b.path, keep), Current: b.path == at})
	}
	return t
}

func with(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

func (h *Handler) show(b board) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := b.make(h, r)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		p.Tabs = tabs(b.path, q)
		p.Exports = web.ExportActs(boardPath+b.path+"/export", q)
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "今日要情", Href: morningPath}, web.Act{Text: "领导摘要", Href: boardPath + "/leader"}, web.Act{Text: "值班大屏", Href: boardPath + "/wall"})
		return boardView.Render(w, r, p)
	}
}

// export answers with what the board shows, table by table.
func (h *Handler) export(b board) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := b.make(h, r)
		if err != nil {
			return err
		}
		var tables []web.Table
		for _, c := range p.Charts {
			tables = append(tables, c.Table)
		}
		return web.SendSheet(w, r, sheet(p.Heading.Title, tables...), p.Heading.Title)
	}
}

// sheet is what tables show, as a file: several stand below each other under
// their captions.
func sheet(title string, tables ...web.Table) official.Sheet {
	s := official.Sheet{Title: title}
	if len(tables) == 0 {
		s.Columns = []official.Column{{Title: title}}
		s.Rows = slices.Values([][]any{})
		return s
	}
	most := 0
	for _, t := range tables {
		most = max(most, len(t.Columns))
	}
	for i := range most {
		c := official.Column{Width: 14}
		if i < len(tables[0].Columns) {
			c.Title = tables[0].Columns[i].Head
		}
		if i == 0 {
			c.Width = 32
		}
		s.Columns = append(s.Columns, c)
	}
	var rows [][]any
	for n, t := range tables {
		if n > 0 {
			rows = append(rows, pad([]any{}, most), pad([]any{t.Caption}, most))
			var heads []any
			for _, c := range t.Columns {
				heads = append(heads, c.Head)
			}
			rows = append(rows, pad(heads, most))
		}
		for _, r := range t.Rows {
			var row []any
			for i, c := range r.Cells {
				if i < len(t.Columns) && t.Columns[i].Number {
					if v, err := strconv.Atoi(c.Text); err == nil {
						row = append(row, v)
						continue
					}
				}
				text := c.Text
				if c.Note != "" && i == 0 {
					text += "（" + c.Note + "）"
				}
				row = append(row, text)
			}
			rows = append(rows, pad(row, most))
		}
	}
	s.Rows = slices.Values(rows)
	return s
}

func pad(row []any, n int) []any {
	for len(row) < n {
		row = append(row, "")
	}
	return row
}

// place reads ?under= and makes the filter that leads elsewhere.
func (h *Handler) place(r *http.Request, path string) (dashboard.Place, web.Filter, error) {
	scope := authz.ScopeFrom(r.Context())
	p, err := h.boards.PlaceOf(r.Context(), scope, authz.SessionFrom(r.Context()), org.AreaID(r.URL.Query().Get("under")))
	if err != nil {
		return p, web.Filter{}, err
	}
	options := []web.Option{}
	if p.Parent != "" {
		up, err := h.org.Area(r.Context(), h.db, p.Parent)
		if err != nil {
			return p, web.Filter{}, err
		}
		options = append(options, web.Option{Value: string(up.ID), Label: up.Name + "（上一级）"})
	}
	options = append(options, web.Option{Value: string(p.Area.ID), Label: p.Area.Name})
	children, err := h.org.Areas(r.Context(), scope, p.Area.ID)
	if err != nil {
		return p, web.Filter{}, err
	}
	for _, a := range children {
		options = append(options, web.Option{Value: string(a.ID), Label: "　" + a.Name})
	}
	f := web.Filter{Action: path, Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "under", Label: "区划", Options: options, Value: string(p.Area.ID)}}}
	return p, f, nil
}

// fill sets the filter and keeps the place where no other was chosen.
func fill(f *web.Filter, q url.Values, p dashboard.Place) {
	f.Fill(q)
	for i := range f.Fields {
		if f.Fields[i].Name == "under" {
			f.Fields[i].Value = string(p.Area.ID)
		}
	}
}

// figure is a number that opens its rows; nought opens nothing.
func figure(n int, q dashboard.Query) web.Cell {
	c := web.Figure(n)
	if n > 0 {
		c.Href = rowsHref(q)
	}
	return c
}

func rowsHref(q dashboard.Query) string {
	v := url.Values{"figure": {q.Figure}}
	for k, s := range map[string]string{"under": string(q.Under), "unit": string(q.Unit), "from": q.From, "to": q.To, "check": q.Check, "severity": q.Severity} {
		if s != "" {
			v.Set(k, s)
		}
	}
	if q.Own {
		v.Set("own", "1")
	}
	if q.Band > 0 {
		v.Set("band", strconv.Itoa(q.Band))
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.UTC().Format(time.RFC3339))
	}
	return rowsPath + "?" + v.Encode()
}

func queryOf(r *http.Request) (dashboard.Query, error) {
	v := r.URL.Query()
	q := dashboard.Query{Figure: v.Get("figure"), Under: org.AreaID(v.Get("under")), Own: v.Get("own") != "", Unit: org.UnitID(v.Get("unit")), From: v.Get("from"), To: v.Get("to"), Check: v.Get("check"), Severity: v.Get("severity")}
	if s := v.Get("band"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return q, fault.New(fault.Invalid, "没有这一档时长，请从积压时长页打开。").On("band", "请重新选择")
		}
		q.Band = n
	}
	if s := v.Get("since"); s != "" {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return q, fault.New(fault.Invalid, "起始时间无法识别，请从今日要情页打开。").On("since", "请从今日要情页打开")
		}
		q.Since = t
	}
	return q, nil
}

// right is how often a rule was right; a dash until somebody judged.
func right(r dashboard.Rule) string {
	share, ok := r.Share()
	if !ok {
		return percent.None
	}
	return share.Short()
}

// counted says as of when sums were counted.
func counted(at time.Time) string {
	if at.IsZero() {
		return "按月汇总的数字还没有统计，系统每 15 分钟统计一次。"
	}
	return "按月汇总的数字统计到 " + web.Minute(at) + "，每 15 分钟更新一次；其余数字为打开页面时的情况。点开数字可看明细。"
}

func monthName(m string) string {
	year, month, ok := strings.Cut(m, "-")
	if !ok {
		return m
	}
	return year + "年" + strings.TrimPrefix(month, "0") + "月"
}

func monthOptions(list []string) []web.Option {
	var out []web.Option
	for _, m := range slices.Backward(list) {
		out = append(out, web.Option{Value: m, Label: monthName(m)})
	}
	return out
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return calendar.DateOf(t).String()
}
