package closingweb

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// mapUpload bounds a file of the redirect map.
const mapUpload = 9 << 20

const perPage = 20

func path(id closing.ID) string { return "/console/closings/" + url.PathEscape(string(id)) }

// listView is GET /console/closings.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "关停迁移" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "关停迁移"}}
}

func stateTag(c closing.Closing) web.Tag {
	kind := web.Info
	switch c.State {
	case closing.Closed:
		kind = web.Good
	case closing.Stopped:
		kind = web.Neutral
	}
	return web.Tag{Kind: kind, Text: c.StateName()}
}

func newListView(list []closing.Closing, total int) listView {
	v := listView{Heading: web.Heading{Title: "关停迁移", Lead: "网站、账号关停时，逐栏目确定去向、归档原站、编好跳转表，内容不丢失。"}, Filter: web.Filter{Action: "/console/closings", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网站、单位、域名"},
		{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "办理中"}, {Value: closing.Closed, Label: "已关停"}, {Value: closing.Stopped, Label: "已终止"}, {Value: "all", Label: "全部"}}}}},
		Table: web.Table{Caption: "关停迁移", Quiet: true, Columns: []web.Column{{Head: "网站、账号", Wide: true}, {Head: "主办单位"}, {Head: "状态"}, {Head: "栏目去向"}, {Head: "跳转表", Number: true}, {Head: "开始"}},
			Empty: web.Empty{Title: "没有办理中的关停迁移", Text: "提出关停申请后，迁移事项会自动列在这里。"}}}
	for _, c := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.ObjectName, Href: path(c.ID), Note: c.Host}, web.Text(c.UnitName), web.Tagged(stateTag(c)),
			web.Text(fmt.Sprintf("%d/%d 个已确定", c.Decided, c.Columns)), web.Figure(c.Redirects), web.When(c.OpenedAt)}})
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, total, err := h.closings.Closings(r.Context(), authz.ScopeFrom(r.Context()), closing.Filter{Text: q.Get("q"), State: q.Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newListView(list, total)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// itemForm is one open item with its form.
type itemForm struct {
	Name  string
	Says  string
	Tag   web.Tag
	Proof web.Summary
	Seen  string // what the house saw last
	Look  string // where the button that looks leads; empty for none
	Label string
	Form  web.Form
	May   bool
}

// closingView is GET /console/closings/{id}.
type closingView struct {
	Heading    web.Heading
	Alert      web.Alert
	Progress   web.Progress
	Facts      web.Summary
	Columns    web.Table
	Wrong      web.ErrorSummary
	Decide     string // action of the table's form
	Fields     []web.Field
	MayDecide  bool
	Add        web.Form
	Relay      string
	Archives   web.Table
	Start      string
	MayArchive bool
	Checks     []checkForm
	Map        web.Panel
	Over       web.Summary // who answers for the old host
	OverNote   string
	HandOver   string // where the button leads; empty for none
	Items      []itemForm
	Until      web.Form
	MayManage  bool
}

// checkForm is the button that reads an archive back.
type checkForm struct{ Action, Label string }

// Title of the document.
func (v closingView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v closingView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "关停迁移", Href: "/console/closings"}, {Name: v.Heading.Title}}
}

func decisionTag(d closing.Decision) web.Tag {
	switch d {
	case closing.Undecided:
		return web.Tag{Kind: web.Warn, Text: d.Name()}
	case closing.Drop:
		return web.Tag{Text: d.Name()}
	}
	return web.Tag{Kind: web.Good, Text: d.Name()}
}

func newClosingView(c closing.Closing, cols []closing.Column, archives []closing.Archived, items []closing.Item, over closing.Handover, manages bool) closingView {
	base := path(c.ID)
	site := c.Object.Kind == sx2021.Site
	v := closingView{Heading: web.Heading{Title: c.ObjectName + "关停迁移", Above: c.UnitName, Tags: []web.Tag{stateTag(c)}, Acts: []web.Act{{Text: "网站（账号）资料", Href: c.Object.Link()}}},
		Progress: web.Progress{Label: "栏目去向", Value: c.Decided, Max: max(1, c.Columns), Text: fmt.Sprintf("%d/%d 个已确定", c.Decided, c.Columns)},
		Facts:    web.Summary{Title: "关停", Terms: []web.Term{{Name: "主办单位", Text: c.UnitName}, {Name: "原域名", Text: c.Host}, {Name: "依据", Text: sx2021.ClosureMigration.Citation}}},
		Columns: web.Table{Caption: "栏目去向", PickName: "column", RowHead: 0, Columns: []web.Column{{Head: "栏目"}, {Head: "去向", Wide: true}, {Head: "已公开 / 共"}, {Head: "来源"}, {Head: "确定人"}},
			Empty: web.Empty{Title: "还没有栏目", Text: "台账和检查中没有这个网站的栏目，请逐个登记。"}},
		Archives: web.Table{Caption: "原站归档（WARC）", Compact: true, Columns: []web.Column{{Head: "时间"}, {Head: "状态"}, {Head: "网址数", Number: true}, {Head: "大小"}, {Head: "说明", Wide: true}, {}},
			Empty: web.Empty{Title: "还没有归档", Text: "归档把原站的页面和文件按国际标准格式完整留存，并可随时校验。"}},
		Decide: base + "/decide", Relay: base + "/relay", Start: base + "/archives"}
	if c.CaseID != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "审批事项", Text: "查看", Href: "/console/cases/" + url.PathEscape(c.CaseID)})
	}
	if !c.RedirectUntil.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "原域名注销日", Text: c.RedirectUntil.Chinese(), Note: "跳转到这一天为止"})
	}
	switch {
	case c.State == closing.Stopped || c.State == closing.Closed:
		v.Alert = web.Alert{Kind: web.Info, Title: c.StateName(), Text: c.EndedWhy}
	case c.Columns > 0 && c.Decided == c.Columns:
		v.Alert = web.Alert{Kind: web.Good, Title: "栏目去向已全部确定", Text: "关停迁移公告挂满 30 天后即可逐项注销。"}
	default:
		v.Alert = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("还有 %d 个栏目没有确定去向", c.Columns-c.Decided), Text: "全部确定后才能办理注销（第八条（三））。"}
		if c.Columns == 0 {
			v.Alert.Title = "还没有登记栏目"
		}
	}
	v.MayManage = manages && c.Active()
	for _, col := range cols {
		to := web.Cell{Tags: []web.Tag{decisionTag(col.Decision)}, Text: col.Target, Note: col.Reason}
		by := web.Cell{Text: col.DecidedBy}
		if !col.DecidedAt.IsZero() {
			by.Note = web.Minute(col.DecidedAt)
		}
		r := web.Row{Name: col.Name, Cells: []web.Cell{{Text: col.Name, Note: col.URL}, to, count(col), web.Text(col.SourceName()), by}}
		if v.MayManage {
			r.Pick = col.ID
		}
		v.Columns.Rows = append(v.Columns.Rows, r)
	}
	if v.MayManage {
		v.MayDecide = len(cols) > 0
		var options []web.Option
		for _, d := range closing.Decisions {
			options = append(options, web.Option{Value: string(d), Label: d.Name()})
		}
		v.Fields = []web.Field{{Kind: web.Radios, Name: "decision", Label: "所选栏目", Options: options, Required: true},
			{Name: "target", Label: "去向（迁移时填写）", Max: 200, Hint: "如 市政府门户网站“政务动态”栏目"}, {Name: "reason", Label: "理由（舍弃时填写）", Max: 500}}
		v.Add = web.Form{Action: base + "/columns", Sections: []web.Section{{Legend: "登记栏目", Fields: []web.Field{{Name: "name", Label: "栏目名称", Required: true, Max: 100}, {Name: "url", Label: "栏目网址", Max: 500}}}}, Buttons: []web.Button{{Label: "登记栏目", Plain: true}}}
		v.Until = web.Form{Action: base + "/until", Sections: []web.Section{{Fields: []web.Field{{Kind: web.DateField, Name: "until", Label: "原域名注销日", Value: c.RedirectUntil.String(), Required: true, Narrow: true, Hint: "原域名按跳转表应答到这一天"}}}}, Buttons: []web.Button{{Label: "登记注销日", Plain: true}}}
	}
	busy := false
	for _, a := range archives {
		kind := web.Info
		switch a.State {
		case closing.Done:
			kind = web.Good
		case closing.Failed:
			kind = web.Danger
		}
		busy = busy || a.UnderWay()
		says := web.Cell{Text: a.Says}
		acts := web.Cell{}
		if a.State == closing.Done {
			says.Note = "SHA-256 " + a.Ref.Hash()
			if !a.CheckedAt.IsZero() {
				says.Note += "；" + web.Minute(a.CheckedAt) + " 校验完整"
			}
			acts = web.Acts(web.Link{Text: "下载", Href: base + "/archives/" + url.PathEscape(a.ID), Note: web.Minute(a.AskedAt) + "的归档"})
			v.Checks = append(v.Checks, checkForm{base + "/archives/" + url.PathEscape(a.ID) + "/check", "校验 " + web.Minute(a.AskedAt) + " 的归档"})
		}
		v.Archives.Rows = append(v.Archives.Rows, web.Row{Cells: []web.Cell{{Text: web.Minute(a.AskedAt), Note: a.AskedBy, Keep: true}, web.Tagged(web.Tag{Kind: kind, Text: a.StateName()}), web.Figure(a.Pages), web.Text(size(a.Size)), says, acts}})
	}
	v.MayArchive = v.MayManage && site && c.Host != "" && !busy
	v.Map = web.Panel{Title: "跳转表", Links: []web.Link{{Text: "查看和导入", Href: base + "/map"}},
		Parts: []web.Component{web.Stat{Name: "旧网址", Value: strconv.Itoa(c.Redirects), Unit: "条", Note: "原域名注销前按此应答"}}}
	if site && c.Host != "" {
		v.Over = web.Summary{Title: "原域名应答和对照页", Terms: []web.Term{{Name: "应答方", Text: "原网站"}}}
		if over.Handed() {
			until := "原域名注销之日"
			if !over.Until.IsZero() {
				until = over.Until.Chinese()
			}
			v.Over.Terms = []web.Term{{Name: "应答方", Text: over.PortalName}, {Name: "自", Text: web.Minute(over.At)}, {Name: "至", Text: until, Note: "以后不再应答"}, {Name: "对照页", Text: "查看", Href: over.Page, Note: "长期保留"}}
			v.OverNote = "请让原域名的解析指向门户网站所在平台；指向以后用“访问原域名核对”查看。"
		} else if manages && c.State != closing.Stopped {
			v.HandOver = base + "/hand-over"
			v.OverNote = "关停迁移公告挂满 30 天后办理。办理后，本级政府门户网站发布旧网址对照页，并按跳转表应答原域名，直至域名注销之日。"
		}
	}
	for _, i := range items {
		f := itemForm{Name: i.Kind.Name(), Says: i.Kind.Says(), Tag: web.Tag{Kind: web.Warn, Text: "待办"}}
		if !i.SeenAt.IsZero() && i.Seen != i.Proof {
			f.Seen = web.Minute(i.SeenAt) + " 核对：" + i.Seen
		}
		if label := looks[i.Kind]; label != "" && site && manages && c.State != closing.Stopped && (!i.Proved || i.Kind != closing.Traffic) && (i.Kind != closing.OldHost || over.Handed()) {
			f.Look, f.Label = base+"/items/"+string(i.Kind)+"/look", label
		}
		if i.Proved {
			f.Tag = web.Tag{Kind: web.Good, Text: "已有依据"}
			f.Proof = web.Summary{Terms: []web.Term{{Name: "依据", Text: i.Proof}, {Name: "登记人", Text: i.ProvedBy, Note: web.Minute(i.ProvedAt)}}}
			if i.Attachment != "" {
				f.Proof.Terms = append(f.Proof.Terms, web.Term{Name: "材料", Text: "下载", Href: base + "/files/" + url.PathEscape(i.Attachment)})
			}
		} else if manages && c.State != closing.Stopped {
			f.May = true
			k := string(i.Kind)
			f.Form = web.Form{Action: base + "/items/" + k, Upload: true, Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "proof-" + k, Label: "办结依据", Max: 500, Rows: 2, Required: true},
				{Kind: web.File, Name: "file-" + k, Label: "材料", Accept: approval.Accept}}}}, Buttons: []web.Button{{Label: "登记“" + i.Kind.Name() + "”依据", Plain: true}}}
		}
		v.Items = append(v.Items, f)
	}
	if !site {
		v.Map = web.Panel{}
	}
	return v
}

// count is how much of a column has arrived.
func count(c closing.Column) web.Cell {
	if c.CountedAt.IsZero() {
		return web.Text("未核对")
	}
	cell := web.Cell{Text: fmt.Sprintf("%d / %d 篇", max(0, c.Arrived), max(0, c.Items)), Note: web.Minute(c.CountedAt) + " 核对"}
	if c.Decision != closing.Migrate {
		cell.Note = ""
	}
	return cell
}

// looks are the items that the house can look at by itself, with the button.
var looks = map[closing.ItemKind]string{closing.ContentMigration: "按信息资源库核对", closing.Traffic: "按访问统计核对", closing.OldHost: "访问原域名核对"}

func size(n int64) string {
	switch {
	case n == 0:
		return "—"
	case n < 1<<20:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

func (h *Handler) view(r *http.Request) (closingView, error) {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), closing.ID(r.PathValue("id"))
	c, err := h.closings.Closing(ctx, h.db, scope, id)
	if err != nil {
		return closingView{}, err
	}
	cols, err := h.closings.Columns(ctx, h.db, scope, id)
	if err != nil {
		return closingView{}, err
	}
	archives, err := h.closings.Archives(ctx, h.db, scope, id)
	if err != nil {
		return closingView{}, err
	}
	items, err := h.closings.Items(ctx, h.db, scope, id)
	if err != nil {
		return closingView{}, err
	}
	over, err := h.closings.Handover(ctx, h.db, scope, id)
	if err != nil {
		return closingView{}, err
	}
	return newClosingView(c, cols, archives, items, over, c.In(authz.SessionFrom(ctx).ScopeFor(authz.ClosingManage))), nil
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return closingPage.Render(w, r, v)
}

func id(r *http.Request) closing.ID { return closing.ID(r.PathValue("id")) }

func (h *Handler) addColumn(w http.ResponseWriter, r *http.Request) error {
	name := r.PostFormValue("name")
	err := h.closings.AddColumn(r.Context(), authz.ScopeFrom(r.Context()), id(r), name, r.PostFormValue("url"))
	return closingPage.Answer(w, r, err, path(id(r)), "栏目“"+name+"”已登记。", h.view, func(v *closingView) *web.Form { return &v.Add })
}

func (h *Handler) relay(w http.ResponseWriter, r *http.Request) error {
	n, err := h.closings.Relay(r.Context(), authz.ScopeFrom(r.Context()), id(r))
	if err != nil {
		return err
	}
	return web.Done(w, r, path(id(r)), fmt.Sprintf("已按台账和最近检查核对，新增 %d 个栏目。", n))
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	columns := r.PostForm["column"]
	err := h.closings.Decide(r.Context(), authz.ScopeFrom(r.Context()), id(r), columns, closing.Decision(r.PostFormValue("decision")), r.PostFormValue("target"), r.PostFormValue("reason"))
	if err == nil {
		return web.Done(w, r, path(id(r)), fmt.Sprintf("%d 个栏目的去向已确定。", len(columns)))
	}
	if !web.Mendable(err) {
		return err
	}
	v, verr := h.view(r)
	if verr != nil {
		return verr
	}
	if !v.MayDecide {
		return err
	}
	f := web.Form{Sections: []web.Section{{Fields: v.Fields}}}
	f.Fill(r.PostForm)
	f.Wrong(err)
	v.Fields, v.Wrong = f.Sections[0].Fields, f.Summary
	for i := range v.Columns.Rows {
		v.Columns.Rows[i].Picked = slices.Contains(columns, v.Columns.Rows[i].Pick)
	}
	return closingPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

func (h *Handler) prove(w http.ResponseWriter, r *http.Request) error {
	k := closing.ItemKind(r.PathValue("kind"))
	file, done, err := web.Attachment(r, "file-"+string(k))
	defer done()
	if err == nil {
		err = h.closings.Prove(r.Context(), authz.ScopeFrom(r.Context()), id(r), k, r.PostFormValue("proof-"+string(k)), file)
	}
	return closingPage.Answer(w, r, err, path(id(r)), k.Name()+"的依据已登记。", h.view, func(v *closingView) *web.Form {
		for i := range v.Items {
			if f := &v.Items[i].Form; f.Field("proof-"+string(k)) != nil {
				return f
			}
		}
		return nil
	})
}

func (h *Handler) handOver(w http.ResponseWriter, r *http.Request) error {
	if err := h.closings.HandOver(r.Context(), authz.ScopeFrom(r.Context()), id(r)); err != nil {
		return err
	}
	return web.Done(w, r, path(id(r)), "已交由本级政府门户网站应答，对照页随门户网站下一版发布。")
}

// look has the house look at an item by itself.
func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var says string
	var err error
	switch closing.ItemKind(r.PathValue("kind")) {
	case closing.ContentMigration:
		var c closing.Counted
		c, err = h.closings.CountContent(ctx, scope, id(r))
		if says = c.Says; c.Mapped > 0 {
			says += fmt.Sprintf("跳转表补入 %d 条。", c.Mapped)
		}
	case closing.Traffic:
		says, _, err = h.closings.CountTraffic(ctx, scope, id(r))
	case closing.OldHost:
		says, _, err = h.closings.AskOldHost(ctx, scope, id(r))
	default:
		err = fault.Missing("事项")
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path(id(r)), says)
}

func (h *Handler) until(w http.ResponseWriter, r *http.Request) error {
	on, err := web.DayOf(r, "until", "原域名注销日")
	if err == nil {
		err = h.closings.SetRedirectUntil(r.Context(), authz.ScopeFrom(r.Context()), id(r), on)
	}
	return closingPage.Answer(w, r, err, path(id(r)), "原域名注销日已登记。", h.view, func(v *closingView) *web.Form { return &v.Until })
}

func (h *Handler) startArchive(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.closings.StartArchive(r.Context(), authz.ScopeFrom(r.Context()), id(r)); err != nil {
		return err
	}
	return web.Done(w, r, path(id(r)), "已开始归档，按网站大小需要几分钟到几小时，完成后列在下面。")
}

func (h *Handler) checkArchive(w http.ResponseWriter, r *http.Request) error {
	sum, err := h.closings.CheckArchive(r.Context(), authz.ScopeFrom(r.Context()), id(r), r.PathValue("archive"))
	if err != nil {
		return err
	}
	return web.Done(w, r, path(id(r)), fmt.Sprintf("归档完整：%d 条记录，%d 个网址，摘要全部相符。", sum.Records, sum.Addresses))
}

func (h *Handler) openArchive(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.closings.OpenArchive(r.Context(), authz.ScopeFrom(r.Context()), id(r), r.PathValue("archive"))
	if err != nil {
		return err
	}
	defer content.Close()
	return web.SendFile(w, "archive-"+a.ID+".warc.gz", "application/warc", a.Size, content)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.closings.OpenFile(r.Context(), authz.ScopeFrom(r.Context()), id(r), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

// mapView is GET /console/closings/{id}/map.
type mapView struct {
	Heading web.Heading
	Back    string
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
	Set     web.Form
	Import  web.Form
	May     bool
	Report  web.Alert
	Refused web.Table
	Exports []web.Link
}

// Title of the document.
func (v mapView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v mapView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "关停迁移", Href: v.Back}, {Name: "跳转表"}}
}

func newMapView(c closing.Closing, list []closing.Redirect, total int, manages bool) mapView {
	base := path(c.ID)
	v := mapView{Heading: web.Heading{Title: "跳转表", Above: c.ObjectName, Lead: "旧网址打开后到哪里去：跳转到新网址、说明已归档，或说明已停用。", Acts: []web.Act{{Text: "返回关停迁移", Href: base}}}, Back: base,
		Filter: web.Filter{Action: base + "/map", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网址"}}},
		Table: web.Table{Caption: "跳转表", Quiet: true, Columns: []web.Column{{Head: "旧网址", Wide: true}, {Head: "处理方式"}, {Head: "新网址", Wide: true}},
			Empty: web.Empty{Title: "跳转表是空的", Text: "可逐条登记，或用 CSV、XLSX 文件一次导入，最多 10,000 条。"}},
		Exports: []web.Link{{Text: "导出 XLSX", Href: base + "/map/file?format=xlsx"}, {Text: "导出 CSV", Href: base + "/map/file?format=csv"}, {Text: "旧网址对照页（放到本级门户）", Href: base + "/map/file?format=html"}}}
	for _, r := range list {
		kind := web.Info
		if r.Reply == closing.GoneReply {
			kind = web.Neutral
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(r.Old), web.Tagged(web.Tag{Kind: kind, Text: r.Reply.Name()}), web.Text(r.Target)}})
	}
	if manages && c.Active() {
		v.May = true
		var options []web.Option
		for _, x := range closing.Replies {
			options = append(options, web.Option{Value: string(x), Label: x.Name()})
		}
		v.Set = web.Form{Action: base + "/map/set", Sections: []web.Section{{Legend: "登记一条", Fields: []web.Field{{Name: "old", Label: "旧网址", Required: true, Max: 500, Hint: "以 / 开头的路径，或完整网址"},
			{Kind: web.Select, Name: "reply", Label: "处理方式", Options: options, Required: true}, {Kind: web.Address, Name: "target", Label: "新网址（跳转时填写）", Max: 1000}}}}, Buttons: []web.Button{{Label: "登记网址", Plain: true}}}
		v.Import = web.Form{Action: base + "/map", Upload: true, Sections: []web.Section{{Legend: "导入文件", Hint: "三列：旧网址、处理方式（跳转、归档、已停用）、新网址。导入会替换整张表；有一行不对就都不导入。", Fields: []web.Field{
			{Kind: web.File, Name: "file", Label: "CSV 或 XLSX 文件", Required: true, Accept: ".csv,.xlsx"}, {Kind: web.Check, Name: "dry", Label: "只检查，不导入"}}}}, Buttons: []web.Button{{Label: "导入跳转表"}}}
	}
	return v
}

// report shows what an import came to.
func (v *mapView) report(rep intake.Report) {
	v.Refused = web.Table{Caption: "需要改正的行", Columns: []web.Column{{Head: "行", Number: true}, {Head: "原因", Wide: true}}}
	for i, x := range rep.Refused {
		if i == 200 {
			break
		}
		v.Refused.Rows = append(v.Refused.Rows, web.Row{Cells: []web.Cell{web.Figure(x.Row), web.Text(x.Says)}})
	}
	switch {
	case len(rep.Refused) > 0:
		v.Report = web.Alert{Kind: web.Danger, Title: fmt.Sprintf("没有导入：%d 行中有 %d 行需要改正", rep.Read, len(rep.Refused)), Text: "改正文件后重新导入；原有跳转表没有改动。"}
	case rep.DryRun:
		v.Report = web.Alert{Kind: web.Good, Title: fmt.Sprintf("检查通过：%d 行都可以导入", rep.Accepted), Text: "取消“只检查”后再导入。"}
	}
}

func (h *Handler) mapOf(r *http.Request) (mapView, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	c, err := h.closings.Closing(ctx, h.db, scope, id(r))
	if err != nil {
		return mapView{}, err
	}
	const per = 50
	q := r.URL.Query().Get("q")
	list, total, err := h.closings.Map(ctx, h.db, scope, c.ID, q, per, (web.PageOf(r)-1)*per)
	if err != nil {
		return mapView{}, err
	}
	v := newMapView(c, list, total, c.In(authz.SessionFrom(ctx).ScopeFor(authz.ClosingManage)))
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, per)
	return v, nil
}

func (h *Handler) showMap(w http.ResponseWriter, r *http.Request) error {
	v, err := h.mapOf(r)
	if err != nil {
		return err
	}
	return mapPage.Render(w, r, v)
}

func (h *Handler) importMap(w http.ResponseWriter, r *http.Request) error {
	sent, done, err := web.Uploads(r, "file")
	defer done()
	var rep intake.Report
	switch {
	case err != nil:
	case len(sent) == 0:
		err = missingFile()
	default:
		var t *official.Table
		if t, err = official.ReadTable(sent[0].Content, sent[0].Size, sent[0].Name, official.Limits{File: 8 << 20, Rows: closing.MaxRedirects + 1}); err == nil {
			rep, err = h.closings.ImportMap(r.Context(), authz.ScopeFrom(r.Context()), id(r), t, r.PostForm.Has("dry"))
		}
	}
	if err == nil && len(rep.Refused) == 0 && !rep.DryRun {
		return web.Done(w, r, path(id(r))+"/map", fmt.Sprintf("跳转表已导入，共 %d 条。", rep.Accepted))
	}
	if err != nil && !web.Mendable(err) {
		return err
	}
	v, verr := h.mapOf(r)
	if verr != nil {
		return verr
	}
	status := http.StatusOK
	if err != nil {
		v.Import.Wrong(err)
		status = http.StatusUnprocessableEntity
	} else {
		v.report(rep)
		if len(rep.Refused) > 0 {
			status = http.StatusUnprocessableEntity
		}
	}
	return mapPage.RenderStatus(w, r, status, v)
}

func (h *Handler) setRedirect(w http.ResponseWriter, r *http.Request) error {
	err := h.closings.SetRedirect(r.Context(), authz.ScopeFrom(r.Context()), id(r), closing.Redirect{Old: r.PostFormValue("old"), Reply: closing.Reply(r.PostFormValue("reply")), Target: r.PostFormValue("target")})
	return mapPage.Answer(w, r, err, path(id(r))+"/map", "已登记。", h.mapOf, func(v *mapView) *web.Form { return &v.Set })
}

// exportMap hands out the map: a table, or the page of old addresses that stays
// at the portal of the level.
func (h *Handler) exportMap(w http.ResponseWriter, r *http.Request) error {
	sheet, c, err := h.closings.MapSheet(r.Context(), authz.ScopeFrom(r.Context()), id(r))
	if err != nil {
		return err
	}
	if r.URL.Query().Get("format") != "html" {
		return web.SendSheet(w, r, sheet, c.ObjectName+"跳转表")
	}
	var b bytes.Buffer
	if err := staticMap(&b, c, sheet); err != nil {
		return err
	}
	return web.SendFile(w, c.ObjectName+"旧网址对照.html", "text/html; charset=utf-8", int64(b.Len()), &b)
}

var staticTemplate = template.Must(template.New("map").Parse(`<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Name}}旧网址对照</title></head>
<body><h1>{{.Name}}旧网址对照</h1>
<p>原网站（{{.Host}}）已关停，原有网址的去向如下。</p>
<table border="1"><thead><tr><th scope="col">旧网址</th><th scope="col">去向</th></tr></thead><tbody>
{{range .Rows}}<tr><td>{{.Old}}</td><td>{{if .To}}<a href="{{.To}}">{{.To}}</a>{{else}}{{.Says}}{{end}}</td></tr>
{{end}}</tbody></table></body></html>
`))

// staticMap is a page that stands by itself: no style, no script, nothing to
// keep up.
func staticMap(b *bytes.Buffer, c closing.Closing, s official.Sheet) error {
	type row struct{ Old, Says, To string }
	page := struct {
		Name, Host string
		Rows       []row
	}{Name: c.ObjectName, Host: c.Host}
	for cells := range s.Rows {
		r := row{Old: fmt.Sprint(cells[0]), Says: fmt.Sprint(cells[1]), To: fmt.Sprint(cells[2])}
		page.Rows = append(page.Rows, r)
	}
	return staticTemplate.Execute(b, page)
}

var sampleAt = time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC)

func sampleClosing() closing.Closing {
	c := closing.Closing{ID: "01JC", ObjectName: "西安市商务局网站", UnitName: "西安市商务局", Host: "swj.xa.gov.cn", State: closing.Migrating, OpenedAt: sampleAt, Columns: 3, Decided: 2, Redirects: 120, CaseID: "01JCASE", RedirectUntil: calendar.Date{Year: 2026, Month: 6, Day: 30}}
	c.Object.Kind, c.Object.ID = sx2021.Site, "S1"
	return c
}

var sampleColumns = []closing.Column{
	{ID: "1", Name: "通知公告", URL: "/tzgg/", Source: "ledger"},
	{ID: "2", Name: "政务动态", URL: "/yw/", Source: "inspection", Decision: closing.Migrate, Items: 120, Arrived: 118, CountedAt: sampleAt, Target: "市政府门户网站“政务动态”栏目", DecidedBy: "李建国", DecidedAt: sampleAt},
	{ID: "3", Name: "招商活动", Source: "hand", Decision: closing.Drop, Reason: "活动已结束多年", DecidedBy: "李建国", DecidedAt: sampleAt},
}

var sampleItems = []closing.Item{{Kind: closing.ContentMigration, Proved: true, Proof: "抽查 30 篇，均已迁入", ProvedBy: "李建国", ProvedAt: sampleAt, Attachment: "F"}, {Kind: closing.Traffic, Seen: "访问最多的 50 个网址中有 2 个不在跳转表里：/yw/1.html、/yw/2.html，请补登后再核对。", SeenAt: sampleAt}, {Kind: closing.OldHost}, {Kind: closing.StaticMap}}

func hostileClosing() closing.Closing {
	c := sampleClosing()
	c.ObjectName, c.UnitName, c.Host = "<script>alert(1)</script>", `"><b>`, "<i>"
	return c
}

var (
	listPage    = web.Define(views, "views/list.html", newListView(nil, 0), newListView([]closing.Closing{sampleClosing()}, 1), newListView([]closing.Closing{hostileClosing()}, 1))
	closingPage = web.Define(views, "views/closing.html",
		newClosingView(closing.Closing{ID: "1", ObjectName: "甲", State: closing.Preparing, Object: sampleClosing().Object}, nil, nil, nil, closing.Handover{}, true),
		newClosingView(sampleClosing(), sampleColumns, []closing.Archived{{ID: "A", State: closing.Done, AskedBy: "李建国", AskedAt: sampleAt, Pages: 320, Size: 12 << 20, Ref: "sha256:0000000000000000000000000000000000000000000000000000000000000000", CheckedAt: sampleAt, Says: "未归档：robots.txt 不允许访问（3 个）。"}, {ID: "B", State: closing.Failed, AskedAt: sampleAt, Says: "归档没有完成。"}}, sampleItems, closing.Handover{Portal: "P", PortalName: "西安市人民政府门户网站", At: sampleAt, Page: "https://www.xa.gov.cn/former/swj.xa.gov.cn/"}, true),
		newClosingView(hostileClosing(), []closing.Column{{ID: `"><`, Name: "<script>", URL: "javascript:alert(1)", Decision: "odd", Target: "<b>"}}, []closing.Archived{{ID: "x", State: "odd", AskedAt: sampleAt, Says: "<b>"}}, sampleItems, closing.Handover{Portal: "P", PortalName: "<b>", At: sampleAt, Page: "javascript:alert(1)"}, false))
	mapPage = web.Define(views, "views/map.html", newMapView(sampleClosing(), nil, 0, true),
		func() mapView {
			v := newMapView(sampleClosing(), []closing.Redirect{{Old: "/yw/1.html", Reply: closing.ToNew, Target: "https://www.xa.gov.cn/yw/1.html"}, {Old: "/a", Reply: closing.GoneReply}}, 2, true)
			v.report(intake.Report{Read: 2, Refused: []intake.Refusal{{Row: 3, Says: "旧网址 /a 与第 1 条重复，请改正。"}}})
			return v
		}(),
		newMapView(hostileClosing(), []closing.Redirect{{Old: "<script>", Reply: "odd", Target: "javascript:alert(1)"}}, 1, false))
)
