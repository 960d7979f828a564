package cutoverweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/cutover"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	home          = "/console"
	boardPath     = "/console/cutover"
	clearancePath = "/console/cutover/clearance"
	perPage       = 50
	exportMaximum = 200_000
)

// Handler answers the routes of this door.
type Handler struct {
	db       *db.DB
	cutover  *cutover.Service
	registry *registry.Service
	org      *org.Service
}

// New makes the door.
func New(d *db.DB, c *cutover.Service, r *registry.Service, o *org.Service) *Handler {
	return &Handler{db: d, cutover: c, registry: r, org: o}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/cutover", Permit: authz.RegistryRead, Handle: h.board},
		{Pattern: "POST /console/cutover", Permit: authz.BaselineConfirm, Handle: h.confirmMany},
		{Pattern: "POST /console/cutover/findings-from", Permit: authz.BaselineConfirm, Handle: h.setFrom},
		{Pattern: "GET /console/cutover/records/{ref}", Permit: authz.RegistryRead, Handle: h.showRecord},
		{Pattern: "POST /console/cutover/records/{ref}", Permit: authz.BaselineConfirm, Handle: h.confirmOne},
		{Pattern: "GET /console/cutover/clearance", Permit: authz.RegistryRead, Handle: h.clearance},
		{Pattern: "GET /console/cutover/clearance/{id}", Permit: authz.RegistryRead, Handle: h.showEntry},
		{Pattern: "POST /console/cutover/clearance/{id}/plan", Permit: authz.RegistryManage, Handle: h.planEntry},
		{Pattern: "POST /console/cutover/clearance/{id}/conclude", Permit: authz.BaselineConfirm, Handle: h.conclude},
	}
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// refOf reads kind:id.
func refOf(s string) registry.Ref {
	kind, id, _ := strings.Cut(s, ":")
	return registry.Ref{Kind: sx2021.ObjectKind(kind), ID: id}
}

func refText(r registry.Ref) string { return string(r.Kind) + ":" + r.ID }

func recordHref(r registry.Ref) string { return boardPath + "/records/" + url.PathEscape(refText(r)) }

// boardView is GET /console/cutover.
type boardView struct {
	Heading  web.Heading
	Wrong    web.ErrorSummary
	Stats    web.Stats
	Progress []web.Progress
	Links    []web.Link
	Filter   web.Filter
	Table    web.Table
	Pager    web.Pager
	Confirm  bool
	Chosen   string // the filter, as in the address
	Fields   []web.Field
	From     web.Form
}

// Title of the document.
func (boardView) Title() string { return "存量认定" }

// Crumbs of the page.
func (boardView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: "/console/units"}, {Name: "存量认定"}}
}

// board is what the page is made of.
type board struct {
	progress []registry.BaselineProgress
	rows     []registry.BaselineRow
	total    int
	areas    []org.Area
	listed   int
	from     calendar.Date
	confirms bool
	province bool // may set the day
}

func basisOptions(first string) []web.Option {
	list := []web.Option{{Label: first}}
	for _, b := range registry.BaselineBases {
		list = append(list, web.Option{Value: b.ID, Label: b.Name})
	}
	return list
}

func newBoardView(b board) boardView {
	areas := []web.Option{{Label: "全部区划"}}
	for _, a := range b.areas {
		areas = append(areas, web.Option{Value: string(a.ID), Label: a.Name})
	}
	v := boardView{Confirm: b.confirms, Heading: web.Heading{Title: "存量认定", Lead: "系统启用前已有的网站、账号逐一认定依据，并记入本年已用的临时下线次数；与第七条不符的转入存量清理，不作为问题。"},
		Filter: web.Filter{Action: boardPath, Total: b.total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "名称、单位或首字母"},
			{Kind: web.Select, Name: "state", Label: "认定", Options: []web.Option{{Label: "全部"}, {Value: "pending", Label: "尚未认定"}, {Value: "confirmed", Label: "已认定"}}},
			{Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Label: "全部类别"}, {Value: "site", Label: "网站"}, {Value: "account", Label: "账号"}, {Value: "app", Label: "客户端"}}},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areas}}},
		Table: web.Table{Caption: "存量网站、账号", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "类别"}, {Head: "主办单位", Wide: true}, {Head: "认定依据", Wide: true}, {Head: "本年已下线"}},
			Empty: web.Empty{Title: "没有符合条件的存量", Text: "经本系统批准开设的不在本表。"}}}
	if b.confirms {
		v.Table.PickName = "pick"
		v.Fields = []web.Field{{Kind: web.Select, Name: "basis", Label: "认定依据", Required: true, Options: basisOptions("请选择"), Value: "unknown"}, {Name: "document", Label: "文号", Max: 100, Hint: "有批准、备案文件的填写"},
			{Kind: web.DateField, Name: "document_on", Label: "文件日期", Narrow: true}}
	}
	total, confirmed := 0, 0
	for _, p := range b.progress {
		total, confirmed = total+p.Total, confirmed+p.Confirmed
		v.Progress = append(v.Progress, web.Progress{Label: p.Name, Value: p.Confirmed, Max: p.Total, Text: fmt.Sprintf("%d/%d", p.Confirmed, p.Total)})
	}
	v.Stats = web.Stats{Label: "存量认定进度", Items: []web.Stat{{Name: "存量网站、账号", Value: strconv.Itoa(total), Unit: "个"}, {Name: "已认定", Value: strconv.Itoa(confirmed), Unit: "个", Href: boardPath + "?state=confirmed"},
		{Name: "尚未认定", Value: strconv.Itoa(total - confirmed), Unit: "个", Href: boardPath + "?state=pending"}, {Name: "存量清理", Value: strconv.Itoa(b.listed), Unit: "件", Href: clearancePath}}}
	for _, x := range b.rows {
		name := web.Linked(x.Name, recordHref(x.Ref))
		name.Note = x.Address
		basis, used := web.Tagged(web.Tag{Kind: web.Warn, Text: "尚未认定"}), web.Cell{}
		if x.Confirmed {
			basis = web.Cell{Text: registry.BaselineBasisName(x.Record.Basis), Note: strings.TrimSpace(x.Record.Document + " " + dayText(x.Record.On))}
			used = web.Text("无")
			if x.Record.OfflineTimes > 0 {
				used = web.Text(fmt.Sprintf("%d年 %d 次、%d 天", x.Record.OfflineYear, x.Record.OfflineTimes, x.Record.OfflineDays))
			}
		}
		kind := x.KindName()
		if p := registry.Platforms[x.Platform]; p != "" {
			kind = p
		}
		row := web.Row{Cells: []web.Cell{name, {Text: kind, Keep: true}, web.Linked(x.UnitName, "/console/units/"+string(x.Unit)), basis, used}}
		if b.confirms && !x.Confirmed {
			row.Pick, row.Name = refText(x.Ref), x.Name
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	if b.province {
		v.From = web.Form{Action: boardPath + "/findings-from", Buttons: []web.Button{{Label: "确定截止日期"}}, Sections: []web.Section{{Legend: "存量清理截止日期", Hint: "到这一天还没有清理的，和新发生的一样作为问题处理；留空表示不设。",
			Fields: []web.Field{{Kind: web.DateField, Name: "on", Label: "截止日期", Narrow: true, Value: dayText(b.from)}}}}}
	} else if !b.from.IsZero() {
		v.Links = append(v.Links, web.Link{Text: "省里确定的存量清理截止日期：" + b.from.String(), Href: clearancePath})
	}
	return v
}

var (
	sampleDay  = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleRow  = registry.BaselineRow{Object: registry.Object{Ref: registry.Ref{Kind: sx2021.Account, ID: "01JA"}, Unit: "01JU", UnitName: "西安市商务局", Platform: "wechat", Name: "西安商务"}}
	hostileRow = registry.BaselineRow{Object: registry.Object{Ref: registry.Ref{Kind: `"><script>`, ID: `'`}, Unit: `"`, UnitName: `<b>`, Name: `<script>`, Address: `javascript:alert(1)`}, Confirmed: true, Record: registry.BaselineRecord{Basis: `<i>`, Document: `<u>`, OfflineTimes: 1}}
)

var boardPage = web.Define(views, "views/board.html", newBoardView(board{}),
	newBoardView(board{progress: []registry.BaselineProgress{{Name: "西安市", Total: 10, Confirmed: 3}}, rows: []registry.BaselineRow{sampleRow, {Object: sampleRow.Object, Confirmed: true, Record: registry.BaselineRecord{Basis: "approval", Document: "市政办函〔2019〕1号", On: sampleDay}}}, total: 2, areas: []org.Area{{ID: "c", Name: "西安市"}}, listed: 2, from: sampleDay, confirms: true, province: true}),
	newBoardView(board{rows: []registry.BaselineRow{hostileRow}, total: 1, from: sampleDay, progress: []registry.BaselineProgress{{Name: `<script>`, Total: 1}}}))

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	return h.renderBoard(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

func filterOf(q url.Values) registry.BaselineFilter {
	return registry.BaselineFilter{Kind: sx2021.ObjectKind(q.Get("kind")), Under: org.AreaID(q.Get("area")), Unit: org.UnitID(q.Get("unit")), Text: q.Get("q"), State: q.Get("state")}
}

func (h *Handler) renderBoard(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	ctx, q := r.Context(), r.URL.Query()
	f := filterOf(q)
	if f.Under != "" {
		if _, _, err := h.org.AreaInScope(ctx, scope, f.Under); err != nil {
			return err
		}
	}
	if format := q.Get("format"); format != "" {
		return h.export(w, r, scope, f)
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	b := board{confirms: may(r, authz.BaselineConfirm)}
	var err error
	if b.rows, b.total, err = h.registry.BaselineRows(ctx, scope, f); err != nil {
		return err
	}
	top, err := h.org.Home(ctx, scope)
	if err != nil {
		return err
	}
	if top.ID != "" {
		if b.progress, err = h.registry.BaselineProgress(ctx, scope, top.ID); err != nil {
			return err
		}
		if b.areas, err = h.org.Areas(ctx, scope, top.ID); err != nil {
			return err
		}
		b.province = b.confirms && top.Level == org.Province
	}
	if _, b.listed, err = h.cutover.Entries(ctx, scope, cutover.EntryFilter{Limit: 1}); err != nil {
		return err
	}
	if b.from, err = cutover.FindingsFrom(ctx, h.db); err != nil {
		return err
	}
	v := newBoardView(b)
	v.Filter.Fill(q)
	v.Chosen = q.Encode()
	v.Pager = web.PagerOf(r, b.total, perPage)
	q.Set("format", "xlsx")
	v.Heading.Acts = []web.Act{{Text: "存量清理", Href: clearancePath, Primary: true}, {Text: "导出本表（XLSX）", Href: boardPath + "?" + q.Encode()}}
	if wrong != nil {
		var f web.Form
		f.Sections = []web.Section{{Fields: v.Fields}}
		f.Fill(r.PostForm)
		f.Wrong(wrong)
		v.Wrong = f.Summary
		for i, row := range v.Table.Rows {
			v.Table.Rows[i].Picked = slices.Contains(r.PostForm["pick"], row.Pick)
		}
	}
	return boardPage.RenderStatus(w, r, status, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request, scope authz.Scope, f registry.BaselineFilter) error {
	f.Limit = exportMaximum
	rows, total, err := h.registry.BaselineRows(r.Context(), scope, f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, exportMaximum, "项"); err != nil {
		return err
	}
	sheet := official.Sheet{Title: "存量认定", Columns: []official.Column{{Title: "名称", Width: 30}, {Title: "类别", Width: 14}, {Title: "地址", Width: 30}, {Title: "主办单位", Width: 30}, {Title: "区划代码", Width: 16}, {Title: "认定依据", Width: 30}, {Title: "文号", Width: 22},
		{Title: "文件日期", Width: 12}, {Title: "年度", Width: 8}, {Title: "已下线次数", Width: 10}, {Title: "已下线天数", Width: 10}, {Title: "认定人", Width: 12}, {Title: "认定时间", Width: 18}},
		Rows: func(yield func([]any) bool) {
			for _, x := range rows {
				basis, at := "尚未认定", any(nil)
				if x.Confirmed {
					basis, at = registry.BaselineBasisName(x.Record.Basis), x.Record.ConfirmedAt
				}
				if !yield([]any{x.Name, x.KindName(), x.Address, x.UnitName, x.AreaCode, basis, x.Record.Document, x.Record.On, x.Record.OfflineYear, x.Record.OfflineTimes, x.Record.OfflineDays, x.Record.ConfirmedBy, at}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, sheet, "存量认定")
}

// recordOf reads the form of a record.
func recordOf(r *http.Request) (registry.BaselineRecord, error) {
	b := registry.BaselineRecord{Basis: web.Typed(r, "basis"), Document: web.Typed(r, "document"), Note: web.Typed(r, "note"), OfflineYear: web.FrameOf(r).Today.Year}
	var err error
	if b.On, err = web.DayOf(r, "document_on", "文件日期"); err != nil {
		return b, err
	}
	for _, n := range []struct {
		field, what string
		to          *int
	}{{"offline_times", "已用下线次数", &b.OfflineTimes}, {"offline_days", "已用下线天数", &b.OfflineDays}} {
		s := web.Typed(r, n.field)
		if s == "" {
			continue
		}
		if *n.to, err = strconv.Atoi(s); err != nil {
			return b, fault.Newf(fault.Invalid, "%s“%s”不是整数。", n.what, s).On(n.field, "请填写整数")
		}
	}
	return b, nil
}

func (h *Handler) confirmMany(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	record, err := recordOf(r)
	// The list stays as it was narrowed.
	chosen, odd := url.ParseQuery(r.PostForm.Get("filter"))
	if odd != nil {
		chosen = url.Values{}
	}
	chosen.Del("format")
	r.URL.RawQuery = chosen.Encode()
	var refs []registry.Ref
	for _, s := range r.PostForm["pick"] {
		if ref := refOf(s); !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	var done cutover.Result
	if err == nil {
		done, err = h.cutover.Confirm(ctx, authz.ScopeFrom(ctx), refs, record)
	}
	if web.Mendable(err) {
		return h.renderBoard(w, r, authz.SessionFrom(ctx).ScopeFor(authz.RegistryRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	said := fmt.Sprintf("已认定 %d 项。", done.Confirmed)
	if done.Listed > 0 {
		said += fmt.Sprintf("其中 %d 项与第七条不符，已转入存量清理。", done.Listed)
	}
	for name, f := range done.Refused {
		said += "未认定：" + name + "，" + f.Says
	}
	if len(chosen) == 0 {
		chosen.Set("state", "pending")
	}
	return web.Done(w, r, boardPath+"?"+chosen.Encode(), said)
}

func (h *Handler) setFrom(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	on, err := web.DayOf(r, "on", "截止日期")
	if err == nil {
		err = h.cutover.SetFindingsFrom(ctx, authz.SessionFrom(ctx), on)
	}
	if web.Mendable(err) {
		return h.renderBoard(w, r, authz.SessionFrom(ctx).ScopeFor(authz.RegistryRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	said := "已取消存量清理截止日期。"
	if !on.IsZero() {
		said = "存量清理截止日期为 " + on.String() + "。"
	}
	return web.Done(w, r, boardPath, said)
}

// recordView is the record of one object.
type recordView struct {
	Heading  web.Heading
	Facts    web.Summary
	Breaches web.Breaches
	Form     web.Form
	name     string
}

// Title of the document.
func (v recordView) Title() string { return "存量认定：" + v.name }

// Crumbs of the page.
func (v recordView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "存量认定", Href: boardPath}, {Name: v.name}}
}

func newRecordView(o registry.Object, b registry.BaselineRecord, confirmed, confirms bool, breaches web.Breaches, year int) recordView {
	v := recordView{name: o.Name, Heading: web.Heading{Above: o.KindName(), Title: o.Name}, Breaches: breaches,
		Facts: web.Summary{Title: "认定记录", Terms: []web.Term{{Name: "主办单位", Text: o.UnitName, Href: "/console/units/" + string(o.Unit)}, {Name: "地址", Text: o.Address}, {Name: "状态", Text: o.StateName()}}}}
	if confirmed {
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "已认定"}}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "认定依据", Text: registry.BaselineBasisName(b.Basis)}, web.Term{Name: "文号", Text: b.Document, Note: dayText(b.On)},
			web.Term{Name: "本年已用临时下线", Text: fmt.Sprintf("%d 次、%d 天（%d 年）", b.OfflineTimes, b.OfflineDays, b.OfflineYear)}, web.Term{Name: "说明", Text: b.Note}, web.Term{Name: "认定人", Text: b.ConfirmedBy, Note: web.Minute(b.ConfirmedAt)})
	} else {
		v.Heading.Tags = []web.Tag{{Kind: web.Warn, Text: "尚未认定"}}
	}
	if confirms && o.CaseID == "" && !o.Ended() {
		label := "确认认定"
		if confirmed {
			label = "更正认定"
		}
		v.Form = web.Form{Action: recordHref(o.Ref), Buttons: []web.Button{{Label: label}}, Cancel: web.Link{Text: "返回", Href: boardPath}, Sections: []web.Section{{Legend: label, Fields: []web.Field{
			{Kind: web.Select, Name: "basis", Label: "认定依据", Required: true, Options: basisOptions("请选择"), Value: b.Basis}, {Name: "document", Label: "文号", Max: 100, Value: b.Document, Hint: "有批准、备案文件的填写"},
			{Kind: web.DateField, Name: "document_on", Label: "文件日期", Narrow: true, Value: dayText(b.On)},
			{Kind: web.Number, Name: "offline_times", Label: strconv.Itoa(year) + " 年已临时下线次数", Narrow: true, Unit: "次", Value: strconv.Itoa(b.OfflineTimes), Hint: "计入本年不超过 1 次的限额（第八条（一））"},
			{Kind: web.Number, Name: "offline_days", Label: "已下线天数", Narrow: true, Unit: "天", Value: strconv.Itoa(b.OfflineDays)},
			{Kind: web.TextArea, Name: "note", Label: "说明", Max: 500, Rows: 3, Value: b.Note}}}}}
	}
	return v
}

var recordPage = web.Define(views, "views/record.html", newRecordView(registry.Object{Name: "甲", UnitName: "甲局"}, registry.BaselineRecord{}, false, false, web.Breaches{}, 2026),
	newRecordView(sampleRow.Object, registry.BaselineRecord{Basis: "unknown", OfflineYear: 2026, OfflineTimes: 1, OfflineDays: 12}, true, true, web.Breaches{Title: "与第七条对照", Items: []web.Breach{{ID: "S7.1c.one_account", Citation: "第七条（一）", Says: "在同一平台只开设一个账号"}}}, 2026),
	newRecordView(hostileRow.Object, hostileRow.Record, true, true, web.Breaches{}, 2026))

func (h *Handler) renderRecord(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	ctx := r.Context()
	ref := refOf(r.PathValue("ref"))
	o, err := h.registry.Object(ctx, h.db, scope, ref)
	if err != nil {
		return err
	}
	b, confirmed, err := registry.Baseline(ctx, h.db, ref)
	if err != nil {
		return err
	}
	list, err := h.cutover.Breaches(ctx, h.db, scope, o)
	if err != nil {
		return err
	}
	breaches := web.Breaches{Title: "与第七条对照"}
	for _, x := range list {
		breaches.Items = append(breaches.Items, web.Breach{ID: x.Rule.ID, Citation: x.Rule.Citation, Says: x.Detail})
	}
	if len(list) == 0 {
		breaches.Items = []web.Breach{{OK: true, Citation: sx2021.OneUnitOneSite.Citation, Says: "与第七条（一）没有不符"}}
	}
	v := newRecordView(o, b, confirmed, o.In(authz.SessionFrom(ctx).ScopeFor(authz.BaselineConfirm)), breaches, web.FrameOf(r).Today.Year)
	if wrong != nil {
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(wrong)
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) showRecord(w http.ResponseWriter, r *http.Request) error {
	return h.renderRecord(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

func (h *Handler) confirmOne(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	record, err := recordOf(r)
	var done cutover.Result
	if err == nil {
		done, err = h.cutover.Confirm(ctx, authz.ScopeFrom(ctx), []registry.Ref{refOf(r.PathValue("ref"))}, record)
	}
	if web.Mendable(err) {
		return h.renderRecord(w, r, authz.SessionFrom(ctx).ScopeFor(authz.RegistryRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	said := "已认定。"
	if done.Listed > 0 {
		said += fmt.Sprintf("有 %d 处与第七条不符，已转入存量清理。", done.Listed)
	}
	return web.Done(w, r, recordHref(refOf(r.PathValue("ref"))), said)
}

// clearanceView is GET /console/cutover/clearance.
type clearanceView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (clearanceView) Title() string { return "存量清理" }

// Crumbs of the page.
func (clearanceView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "存量认定", Href: boardPath}, {Name: "存量清理"}}
}

func stateTag(e cutover.Entry, today calendar.Date) web.Tag {
	switch {
	case e.State == cutover.Planned && today.After(e.By):
		return web.Tag{Kind: web.Danger, Text: "超过计划日期"}
	case e.State == cutover.Planned:
		return web.Tag{Kind: web.Info, Text: cutover.StateName(e.State)}
	case e.State == cutover.Listed:
		return web.Tag{Kind: web.Warn, Text: cutover.StateName(e.State)}
	}
	return web.Tag{Kind: web.Good, Text: cutover.StateName(e.State)}
}

func newClearanceView(list []cutover.Entry, total int, today, from calendar.Date) clearanceView {
	v := clearanceView{Heading: web.Heading{Title: "存量清理", Lead: "存量网站、账号中与第七条不符的，定方式、定日期清理；省里确定截止日期之前不作为问题。"},
		Filter: web.Filter{Action: clearancePath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、单位或首字母"},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "未办结"}, {Value: cutover.Listed, Label: "待定计划"}, {Value: cutover.Planned, Label: "按计划清理"}, {Value: cutover.Cleared, Label: "已清理"}, {Value: cutover.Kept, Label: "已批准保留"}}},
			{Kind: web.Check, Name: "late", Label: "只看超过计划日期的"}}},
		Table: web.Table{Caption: "存量清理", Quiet: true, Columns: []web.Column{{Head: "网站、账号", Wide: true}, {Head: "主办单位", Wide: true}, {Head: "不符之处", Wide: true}, {Head: "方式"}, {Head: "计划完成"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有存量清理事项", Text: "认定存量时发现与第七条不符的，会列在这里。"}}}
	if !from.IsZero() {
		v.Heading.Tags = []web.Tag{{Kind: web.Info, Text: "截止日期 " + from.String()}}
	}
	for _, e := range list {
		row := web.Row{Cells: []web.Cell{web.Linked(e.Name, clearancePath+"/"+e.ID), web.Linked(e.UnitName, "/console/units/"+string(e.Unit)), web.Text(e.Says), web.Text(cutover.WayName(e.Way)), web.Day(e.By), web.Tagged(stateTag(e, today))}}
		if e.State == cutover.Planned && today.After(e.By) {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

var (
	sampleEntry  = cutover.Entry{ID: "01JE", Unit: "01JU", UnitName: "雁塔区商务局", Name: "雁塔商务网", Rule: "S7.1b.county_department", Says: "县级政府部门原则上不开设网站，请在县级政府门户网站开设栏目。", State: cutover.Planned, Way: "close", Plan: "年底前关停", By: sampleDay}
	hostileEntry = cutover.Entry{ID: `"><script>`, Unit: `'`, UnitName: `<b>`, Name: `<script>`, Says: `<i>`, State: `<u>`, Way: `"`, Plan: `<script>`, Evidence: `</td>`}
)

var clearancePage = web.Define(views, "views/clearance.html", newClearanceView(nil, 0, sampleDay, calendar.Date{}), newClearanceView([]cutover.Entry{sampleEntry}, 1, sampleDay.AddDays(1), sampleDay), newClearanceView([]cutover.Entry{hostileEntry}, 1, sampleDay, calendar.Date{}))

func (h *Handler) clearance(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	f := cutover.EntryFilter{State: q.Get("state"), Unit: org.UnitID(q.Get("unit")), Text: q.Get("q"), Late: q.Has("late"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	list, total, err := h.cutover.Entries(ctx, scope, f)
	if err != nil {
		return err
	}
	from, err := cutover.FindingsFrom(ctx, h.db)
	if err != nil {
		return err
	}
	v := newClearanceView(list, total, web.FrameOf(r).Today, from)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return clearancePage.Render(w, r, v)
}

// entryView is one entry with its plan and its end.
type entryView struct {
	Heading  web.Heading
	Facts    web.Summary
	Plan     web.Form
	Conclude web.Form
	name     string
}

// Title of the document.
func (v entryView) Title() string { return "存量清理：" + v.name }

// Crumbs of the page.
func (v entryView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "存量认定", Href: boardPath}, {Name: "存量清理", Href: clearancePath}, {Name: v.name}}
}

func newEntryView(e cutover.Entry, plans, concludes bool, today calendar.Date) entryView {
	ways := []web.Option{{Label: "请选择"}}
	for _, x := range cutover.Ways {
		ways = append(ways, web.Option{Value: x.ID, Label: x.Name})
	}
	v := entryView{name: e.Name, Heading: web.Heading{Above: "存量清理", Title: e.Name, Tags: []web.Tag{stateTag(e, today)}},
		Facts: web.Summary{Title: "事项", Terms: []web.Term{{Name: "网站、账号", Text: e.Name, Href: e.Ref.Link()}, {Name: "主办单位", Text: e.UnitName, Href: "/console/units/" + string(e.Unit)}, {Name: "不符之处", Text: e.Says, Note: e.Rule}, {Name: "清理方式", Text: cutover.WayName(e.Way)},
			{Name: "计划", Text: e.Plan}, {Name: "计划完成", Text: dayText(e.By)}, {Name: "办结依据", Text: e.Evidence}}}}
	if !e.EndedAt.IsZero() {
		return v
	}
	at := clearancePath + "/" + e.ID
	if plans {
		v.Plan = web.Form{Action: at + "/plan", Buttons: []web.Button{{Label: "保存计划，开始计时"}}, Sections: []web.Section{{Legend: "清理计划", Fields: []web.Field{{Kind: web.Select, Name: "way", Label: "清理方式", Required: true, Options: ways, Value: e.Way},
			{Kind: web.TextArea, Name: "plan", Label: "怎么清理", Required: true, Max: 1000, Rows: 4, Value: e.Plan}, {Kind: web.DateField, Name: "by", Label: "完成日期", Required: true, Narrow: true, Value: dayText(e.By)}}}}}
	}
	if concludes {
		v.Conclude = web.Form{Action: at + "/conclude", Buttons: []web.Button{{Label: "确认已清理", Name: "as", Value: "cleared"}, {Label: "按批准的例外保留", Name: "as", Value: "kept", Plain: true}},
			Sections: []web.Section{{Legend: "办结", Hint: "确认已清理时会与台账核对；保留要有省政府办公厅批准的例外。", Fields: []web.Field{{Name: "evidence", Label: "办结依据", Required: true, Max: 500, Hint: "文号、编号或网址"}}}}}
	}
	return v
}

var entryPage = web.Define(views, "views/entry.html", newEntryView(cutover.Entry{Name: "甲", UnitName: "甲局", State: cutover.Listed}, false, false, sampleDay), newEntryView(sampleEntry, true, true, sampleDay), newEntryView(hostileEntry, true, true, sampleDay))

func (h *Handler) renderEntry(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error, form func(*entryView) *web.Form) error {
	ctx := r.Context()
	e, err := h.cutover.Entry(ctx, h.db, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	s := authz.SessionFrom(ctx)
	v := newEntryView(e, e.In(s.ScopeFor(authz.RegistryManage)), e.In(s.ScopeFor(authz.BaselineConfirm)), web.FrameOf(r).Today)
	if wrong != nil {
		f := form(&v)
		f.Fill(r.PostForm)
		f.Wrong(wrong)
	}
	return entryPage.RenderStatus(w, r, status, v)
}

func (h *Handler) showEntry(w http.ResponseWriter, r *http.Request) error {
	return h.renderEntry(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil, nil)
}

func (h *Handler) planEntry(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	by, err := web.DayOf(r, "by", "完成日期")
	if err == nil {
		_, err = h.cutover.Plan(ctx, authz.ScopeFrom(ctx), r.PathValue("id"), cutover.Intent{Way: web.Typed(r, "way"), Plan: web.Typed(r, "plan"), By: by})
	}
	if web.Mendable(err) {
		return h.renderEntry(w, r, authz.SessionFrom(ctx).ScopeFor(authz.RegistryRead), fault.Of(err).Kind.Status(), err, func(v *entryView) *web.Form { return &v.Plan })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, clearancePath+"/"+r.PathValue("id"), "已保存计划，到 "+by.String()+" 前清理完。")
}

func (h *Handler) conclude(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, err := h.cutover.Conclude(ctx, authz.ScopeFrom(ctx), r.PathValue("id"), web.Typed(r, "as") == "kept", web.Typed(r, "evidence"))
	if web.Mendable(err) {
		return h.renderEntry(w, r, authz.SessionFrom(ctx).ScopeFor(authz.RegistryRead), fault.Of(err).Kind.Status(), err, func(v *entryView) *web.Form { return &v.Conclude })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, clearancePath+"/"+e.ID, e.Name+"："+cutover.StateName(e.State)+"。")
}
