package moveinweb

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/library"
	"zhengshu/internal/movein"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens of taking in and letting out.
type Handler struct {
	in    *movein.Service
	lib   *library.Service
	clock calendar.Clock
}

// New makes the handler.
func New(in *movein.Service, lib *library.Service, clock calendar.Clock) *Handler {
	return &Handler{in, lib, clock}
}

// maxUpload is the largest form of files, in bytes.
const maxUpload = 512 << 20

// Routes are the screens.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/move-ins", Permit: authz.ItemWrite, Handle: h.start},
		{Pattern: "POST /console/move-ins", Permit: authz.ItemWrite, Handle: h.bring, MaxBody: maxUpload},
		{Pattern: "GET /console/move-ins/site", Permit: authz.ItemWrite, Handle: h.showSite},
		{Pattern: "POST /console/move-ins/site", Permit: authz.ItemWrite, Handle: h.visit},
		{Pattern: "GET /console/move-ins/{id}", Permit: authz.ItemWrite, Handle: h.batch},
		{Pattern: "POST /console/move-ins/{id}", Permit: authz.ItemWrite, Handle: h.take},
		{Pattern: "POST /console/move-ins/{id}/look", Permit: authz.ItemWrite, Handle: h.look},
		{Pattern: "POST /console/move-ins/{id}/undo", Permit: authz.ItemWrite, Handle: h.undo},
		{Pattern: "GET /console/move-ins/{id}/tables/{key}", Permit: authz.ItemWrite, Handle: h.showColumns},
		{Pattern: "POST /console/move-ins/{id}/tables/{key}", Permit: authz.ItemWrite, Handle: h.columns},
		{Pattern: "GET /console/items/export", Permit: authz.ItemRead, Handle: h.export},
		{Pattern: "GET /console/items/{id}/export", Permit: authz.ItemRead, Handle: h.exportOne},
	}
}

const at = "/console/move-ins"

func crumbs(more ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "信息资源库", Href: "/console/items"}}, more...)
}

// startPage is where a taking in begins: files, or an old site.
type startPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Secrecy web.Secrecy
	Form    web.Form
	Batches web.Table
}

func (p startPage) Title() string       { return p.name }
func (p startPage) Crumbs() []web.Crumb { return p.trail }

// unitOption is a unit that the person writes for.
type unitOption struct{ id, name string }

func unitsOf(s *authz.Session) []unitOption {
	var out []unitOption
	for _, p := range s.Posts {
		one := authz.Session{Posts: []authz.Post{p}}
		if one.May(authz.ItemWrite) && !slices.ContainsFunc(out, func(u unitOption) bool { return u.id == p.UnitID }) {
			out = append(out, unitOption{p.UnitID, p.UnitName})
		}
	}
	return out
}

// asked are the fields that files and old sites share.
func asked(units []unitOption) []web.Field {
	types := []web.Option{{Label: "按内容判断", Hint: "有文号的为政策文件，标题含“解读”的为政策解读，通知公告按标题，其余为政务动态"}}
	for _, t := range library.Types {
		types = append(types, web.Option{Value: string(t), Label: t.Name()})
	}
	f := []web.Field{{Kind: web.Select, Name: "type", Label: "没有写明类型的，作为", Options: types, Narrow: true}}
	if len(units) > 1 {
		u := web.Field{Kind: web.Select, Name: "unit", Label: "提供单位", Value: units[0].id}
		for _, o := range units {
			u.Options = append(u.Options, web.Option{Value: o.id, Label: o.name})
		}
		f = append([]web.Field{u}, f...)
	}
	return f
}

func newStart(units []unitOption, batches []movein.Batch) startPage {
	p := startPage{name: "导入", trail: crumbs(web.Crumb{Name: "导入"}),
		Heading: web.Heading{Title: "导入", Lead: "先预演：逐个文件说明认出了什么、有什么问题，库里一个字不动；看过报告再入库，30 天内可以整批撤销。", Acts: []web.Act{{Text: "迁入旧网站", Href: at + "/site"}}},
		Form: web.Form{Upload: true, Action: at, Buttons: []web.Button{{Label: "上传并预演"}}, Sections: []web.Section{{Legend: "导入文件", Fields: append([]web.Field{
			{Kind: web.File, Name: "files", Label: "文件", Required: true, Multiple: true, Accept: ".docx,.html,.htm,.xlsx,.csv,.jsonl,.txt,.zip",
				Hint: "Word（.docx）、网页、Excel 列表、JSONL、文本，可一次选多个；更多文件请打成一个 .zip。旧版 .doc、.wps 请另存为 .docx。单个文件不超过 64 MB，压缩包不超过 5000 个文件、解压后 1 GB。"}}, asked(units)...)}}},
		Batches: web.Table{Caption: "最近的导入", Columns: []web.Column{{Head: "内容", Wide: true}, {Head: "单位"}, {Head: "经办人"}, {Head: "时间"}, {Head: "进展"}}, Empty: web.Empty{Title: "还没有导入过"}}}
	for _, b := range batches {
		p.Batches.Rows = append(p.Batches.Rows, web.Row{Cells: []web.Cell{web.Linked(b.Name, at+"/"+b.ID), web.Text(b.UnitName), web.Text(b.PersonName), web.When(b.CreatedAt), web.Tagged(stateTag(b))}})
	}
	return p
}

func newSite(units []unitOption) startPage {
	p := startPage{name: "迁入旧网站", trail: crumbs(web.Crumb{Name: "导入", Href: at}, web.Crumb{Name: "迁入旧网站"}),
		Heading: web.Heading{Title: "迁入旧网站", Lead: "按礼貌的速度访问旧网站，遵守 robots.txt；文章去掉页框，从网页标签和旧式表格里取出标题、文号、日期，图片和附件一并收下，打不开的站内链接逐条列出。先预演，确认后才入库。"},
		Form: web.Form{Action: at + "/site", Buttons: []web.Button{{Label: "开始预演"}}, Cancel: web.Link{Text: "返回导入", Href: at}, Sections: []web.Section{{Legend: "旧网站", Fields: append([]web.Field{
			{Name: "address", Label: "首页地址", Required: true, Max: 500, Hint: "例如 http://www.yanta.gov.cn/；也可以填某个栏目的地址"},
			{Kind: web.Number, Name: "pages", Label: "最多访问多少页", Value: "500", Narrow: true, Mode: "numeric", Unit: "页", Hint: "1 到 20000；页数多时要几个小时，可以离开本页"}}, asked(units)...)}}}}
	return p
}

func stateTag(b movein.Batch) web.Tag {
	switch b.State {
	case movein.Looking:
		return web.Tag{Kind: web.Info, Text: "预演中"}
	case movein.Looked:
		return web.Tag{Kind: web.Warn, Text: "已预演，未入库"}
	case movein.Taking:
		return web.Tag{Kind: web.Info, Text: "入库中"}
	case movein.Taken:
		return web.Tag{Kind: web.Good, Text: "已入库"}
	case movein.Undoing:
		return web.Tag{Kind: web.Info, Text: "撤销中"}
	case movein.Undone:
		return web.Tag{Text: "已撤销"}
	}
	return web.Tag{Kind: web.Danger, Text: "没有完成"}
}

func (h *Handler) startForm(r *http.Request) (startPage, error) {
	batches, err := h.in.Batches(r.Context(), authz.ScopeFrom(r.Context()), 20)
	return newStart(unitsOf(authz.SessionFrom(r.Context())), batches), err
}

func (h *Handler) start(w http.ResponseWriter, r *http.Request) error {
	p, err := h.startForm(r)
	if err != nil {
		return err
	}
	return startView.Render(w, r, p)
}

func (h *Handler) ask(r *http.Request) movein.Ask {
	a := movein.Ask{Unit: org.UnitID(r.PostFormValue("unit")), Type: library.Type(r.PostFormValue("type"))}
	if a.Unit == "" {
		if units := unitsOf(authz.SessionFrom(r.Context())); len(units) > 0 {
			a.Unit = org.UnitID(units[0].id)
		}
	}
	return a
}

func askable(err error) bool {
	var f *fault.Error
	return errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.TooLarge || f.Kind == fault.Refused || f.Kind == fault.Conflict)
}

// mostFiles is how many files one form may bring; more come in a pack.
const mostFiles = 200

func (h *Handler) bring(w http.ResponseWriter, r *http.Request) error {
	b, err := h.brought(r)
	if askable(err) {
		p, formErr := h.startForm(r)
		if formErr != nil {
			return formErr
		}
		p.Form.Fill(r.PostForm)
		if f := fault.Of(err); len(f.Fields) == 0 {
			err = f.On("files", strings.TrimSuffix(f.Says, "。"))
		}
		p.Form.Wrong(err)
		return startView.RenderStatus(w, r, fault.Of(err).Kind.Status(), p)
	}
	if err != nil {
		return err
	}
	return h.next(w, r, b)
}

func (h *Handler) brought(r *http.Request) (movein.Batch, error) {
	uploads, done, err := web.UploadsUpTo(r, mostFiles, "files")
	defer done()
	if err != nil {
		return movein.Batch{}, err
	}
	files := make([]movein.Sent, 0, len(uploads))
	for _, u := range uploads {
		if u.Size > 0 {
			files = append(files, movein.Sent{Name: u.Name, Size: u.Size, Content: u.Content})
		}
	}
	return h.in.Bring(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), h.ask(r), files)
}

func (h *Handler) showSite(w http.ResponseWriter, r *http.Request) error {
	return startView.Render(w, r, newSite(unitsOf(authz.SessionFrom(r.Context()))))
}

func (h *Handler) visit(w http.ResponseWriter, r *http.Request) error {
	pages, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("pages")))
	if err != nil {
		pages = -1
	}
	b, err := h.in.Visit(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), h.ask(r), r.PostFormValue("address"), pages)
	if askable(err) {
		p := newSite(unitsOf(authz.SessionFrom(r.Context())))
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return startView.RenderStatus(w, r, fault.Of(err).Kind.Status(), p)
	}
	if err != nil {
		return err
	}
	return h.next(w, r, b)
}

// next leads to where the batch stands.
func (h *Handler) next(w http.ResponseWriter, r *http.Request, b movein.Batch) error {
	says := "预演完成，库里还没有改动。请看过报告后再入库。"
	switch {
	case b.Busy():
		says = "已转入后台处理，可以离开本页。"
	case b.Failure != "":
		says = "没有完成：" + b.Failure
	case b.State == movein.Taken:
		says = fmt.Sprintf("已入库 %d 篇，没有变化 %d 篇，不接受 %d 篇。", b.Report.Accepted, b.Report.Unchanged, len(b.Report.Refused))
	case b.State == movein.Undone:
		says = "已撤销这次导入。"
	}
	return web.Done(w, r, at+"/"+b.ID, says)
}

// batchPage is one taking in: the rehearsal's report, what came in, the
// undoing.
type batchPage struct {
	name    string
	Heading web.Heading
	Steps   web.Steps
	Says    web.Alert
	Busy    web.Panel
	Stats   web.Stats
	Form    web.Form
	Items   web.Table
	Tabs    web.Tabs
	Pieces  web.Table
	Pager   web.Pager
	More    []web.Component
	Undo    web.Form
}

func (p batchPage) Title() string { return p.name }
func (p batchPage) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "导入", Href: at}, web.Crumb{Name: p.name})
}

func stepsOf(b movein.Batch) web.Steps {
	first := "选择文件"
	if b.Kind == movein.Site {
		first = "填写地址"
	}
	now := map[string]int{movein.Brought: 1, movein.Looking: 1, movein.Looked: 2, movein.Taking: 2, movein.Taken: 3, movein.Undoing: 3, movein.Undone: 4}[b.State]
	s := web.Steps{Label: "导入进行到哪一步"}
	for i, n := range []string{first, "预演", "入库", "可撤销"} {
		state := web.StepWaiting
		if i < now {
			state = web.StepDone
		} else if i == now {
			state = web.StepNow
		}
		s.Items = append(s.Items, web.Step{Name: n, State: state})
	}
	return s
}

// shown is what a batch's page is made of.
type shown struct {
	batch   movein.Batch
	pieces  []movein.Piece
	counts  map[string]int
	result  string
	items   []library.Imported
	nItems  int
	outlets []library.Outlet
	cases   []library.MoveIn
	clock   calendar.Clock
}

var resultNames = []struct{ result, name string }{{"", "全部"}, {movein.Refused, "没有认出"}, {movein.Warned, "有提示"}, {movein.Ready, "可以入库"}, {movein.Passed, "不入库"}}

func newBatch(s shown) batchPage {
	b := s.batch
	here := at + "/" + b.ID
	p := batchPage{name: b.Name, Heading: web.Heading{Above: b.UnitName, Title: b.Name, Tags: []web.Tag{stateTag(b)}}, Steps: stepsOf(b)}
	unit := "个文件"
	if b.Kind == movein.Site {
		unit = "页"
		p.Heading.Lead = b.Address
	}
	if b.Busy() {
		words := map[string]string{movein.Looking: "正在预演", movein.Taking: "正在入库", movein.Undoing: "正在撤销"}[b.State]
		p.Busy = web.Panel{Title: words, Links: []web.Link{{Text: "刷新进度", Href: here}}}
		switch {
		case b.State == movein.Looking && b.Kind == movein.Site:
			p.Busy.Parts = []web.Component{web.Progress{Label: "已访问的网页", Value: min(s.counts[""], b.Pages), Max: b.Pages, Text: fmt.Sprintf("%d 页，最多 %d 页", s.counts[""], b.Pages)}}
		case b.State == movein.Taking && b.Total > 0:
			p.Busy.Parts = []web.Component{web.Progress{Label: "已入库", Value: s.nItems, Max: b.Total, Text: fmt.Sprintf("%d/%d 篇", s.nItems, b.Total)}}
		}
		p.Says = web.Alert{Kind: web.Info, Title: words, Text: "可以离开本页，完成后在“导入”里查看；服务中断后会从中断处继续，不会重复。"}
	}
	rep := b.Report
	refused := web.Stat{Name: "不接受", Value: count(len(rep.Refused)), Unit: "篇"}
	if len(rep.Refused) > 0 {
		refused.Kind = web.Danger
	}
	accepted := "可以入库"
	if b.State == movein.Taken || b.State == movein.Undone {
		accepted = "已入库"
	}
	p.Stats = web.Stats{Label: "导入情况", Items: []web.Stat{{Name: "看过", Value: count(s.counts[""]), Unit: unit}, {Name: accepted, Value: count(rep.Accepted), Unit: "篇", Kind: web.Good},
		{Name: "库里已有", Value: count(rep.Unchanged), Unit: "篇", Note: "内容相同，不改动"}, refused}}
	if b.Kind == movein.Site {
		p.Stats.Items = append(p.Stats.Items, web.Stat{Name: "打不开的站内链接", Value: count(len(b.Dead)), Unit: "处"})
		if b.Relinked != nil {
			p.Stats.Items = append(p.Stats.Items, web.Stat{Name: "改成新网址的站内链接", Value: count(b.Relinked.Links), Unit: "处"})
		}
	}
	switch {
	case b.Busy():
	case b.Failure != "":
		p.Says = web.Alert{Kind: web.Danger, Title: "没有完成", Text: b.Failure}
	case b.State == movein.Looked && rep.Accepted == 0:
		p.Says = web.Alert{Kind: web.Warn, Title: "没有可以入库的稿件", Text: "请按下面的说明改正文件后重新上传，或核对表格的列。"}
	case b.State == movein.Looked:
		p.Says = web.Alert{Kind: web.Info, Title: "这是预演，库里还没有改动", Text: "清单摘要（SHA-256）：" + b.ListSHA256 + "。办理迁入审批时写明它，批准的就是这一份清单。"}
	case b.State == movein.Taken:
		p.Says = web.Alert{Kind: web.Good, Title: fmt.Sprintf("已入库 %d 篇", rep.Accepted), Text: "草稿请逐篇核对后送审；按迁入事项公开的，已在栏目里显示。"}
	case b.State == movein.Undone:
		p.Says = web.Alert{Kind: web.Good, Title: "已撤销", Text: "原因：" + b.UndoneWhy + "。有人改过或已送审的稿件逐条列出并保留。"}
	}
	if b.Failure != "" && (b.State == movein.Brought || b.State == movein.Looked) {
		p.Heading.Acts = append(p.Heading.Acts, web.Act{Text: "重新选择", Href: at})
	}
	if b.State == movein.Looked && rep.Accepted > 0 {
		p.Form = takeForm(s, here)
	}
	if b.State == movein.Brought && b.Failure != "" {
		p.Form = web.Form{Action: here + "/look", Buttons: []web.Button{{Label: "重新预演"}}}
	}
	if s.nItems > 0 && !b.Busy() {
		p.Items = web.Table{Caption: fmt.Sprintf("入库的稿件（前 %d 篇，共 %d 篇）", len(s.items), s.nItems), Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "现在"}, {Head: "撤销", Wide: true}}}
		if len(s.items) == s.nItems {
			p.Items.Caption = fmt.Sprintf("入库的稿件（%d 篇）", s.nItems)
		}
		for _, it := range s.items {
			left := it.Undone
			if left == "undone" {
				left = "已撤销"
			}
			state := web.Tag{Text: library.Machine.Name(it.State)}
			if it.Live {
				state = web.Tag{Kind: web.Good, Text: "公开中"}
			}
			p.Items.Rows = append(p.Items.Rows, web.Row{Cells: []web.Cell{web.Linked(it.Title, "/console/items/"+string(it.Item)), web.Tagged(state), web.Text(left)}})
		}
	}
	p.Tabs = web.Tabs{Label: "按结果查看"}
	for _, t := range resultNames {
		if t.result != "" && s.counts[t.result] == 0 {
			continue
		}
		href := here
		if t.result != "" {
			href += "?result=" + t.result
		}
		p.Tabs.Items = append(p.Tabs.Items, web.Tab{Name: t.name, Href: href, N: s.counts[t.result], Current: s.result == t.result})
	}
	p.Pieces = web.Table{Caption: "逐" + map[string]string{movein.Site: "页", movein.Files: "个文件"}[b.Kind] + "说明", Columns: []web.Column{{Head: map[string]string{movein.Site: "网页", movein.Files: "文件"}[b.Kind], Wide: true}, {Head: "认出"}, {Head: "结果"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "没有符合条件的文件"}}
	for _, q := range s.pieces {
		p.Pieces.Rows = append(p.Pieces.Rows, pieceRow(b, q, here))
	}
	if len(b.Dead) > 0 {
		t := web.Table{Caption: "打不开的站内链接", Columns: []web.Column{{Head: "地址", Wide: true}, {Head: "情况"}, {Head: "出现在", Wide: true}}}
		for _, d := range b.Dead[:min(len(b.Dead), 200)] {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(d.URL), web.Text(d.Says), web.Text(d.From)}})
		}
		if n := len(b.Dead); n > 200 {
			t.Caption = fmt.Sprintf("打不开的站内链接（前 200 处，共 %d 处）", n)
		}
		p.More = append(p.More, t)
	}
	if b.Relinked != nil && len(b.Relinked.Kept) > 0 {
		t := web.Table{Caption: "没有改成新网址的站内链接", Columns: []web.Column{{Head: "旧网址", Wide: true}, {Head: "情况"}, {Head: "出现在", Wide: true}}}
		for _, k := range b.Relinked.Kept[:min(len(b.Relinked.Kept), 200)] {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(k.URL), web.Text(k.Says), web.Text(k.From)}})
		}
		if n := len(b.Relinked.Kept) + b.Relinked.More; n > 200 {
			t.Caption = fmt.Sprintf("没有改成新网址的站内链接（前 200 处，共 %d 处）", n)
		}
		p.More = append(p.More, t)
	}
	if len(b.LeftOut) > 0 {
		t := web.Table{Caption: "没有访问的网页", Columns: []web.Column{{Head: "例如", Wide: true}, {Head: "原因", Wide: true}, {Head: "共", Number: true}}}
		for _, l := range b.LeftOut[:min(len(b.LeftOut), 100)] {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(l.URL), web.Text(l.Says), web.Figure(l.Count)}})
		}
		p.More = append(p.More, t)
	}
	if b.Undoable(s.clock.Now()) {
		p.Undo = web.Form{Action: here + "/undo", Buttons: []web.Button{{Label: "撤销这次导入", Kind: web.Danger}}, Sections: []web.Section{{Legend: "撤销这次导入",
			Hint:   "收回这次带来的草稿，撤下这次公开的稿件，恢复这次更新的内容；之后有人改过或已送审的保留并说明。" + web.Minute(b.TakenAt.AddDate(0, 0, movein.UndoDays)) + " 前可以撤销。",
			Fields: []web.Field{{Name: "why", Label: "撤销原因", Required: true, Max: 200}}}}}
	}
	return p
}

func count(n int) string { return strconv.Itoa(n) }

func pieceRow(b movein.Batch, q movein.Piece, here string) web.Row {
	name := web.Text(q.Name)
	if q.Title != "" && q.Title != q.Name {
		name = web.Cell{Text: q.Title, Note: q.Name}
	}
	tag, row := web.Tag{Text: "不入库"}, web.Row{}
	switch q.Result {
	case movein.Ready:
		tag = web.Tag{Kind: web.Good, Text: "可以入库"}
	case movein.Warned:
		tag, row.Kind = web.Tag{Kind: web.Warn, Text: "有提示"}, web.Warn
	case movein.Refused:
		tag, row.Kind = web.Tag{Kind: web.Danger, Text: "没有认出"}, web.Danger
	case "":
		tag = web.Tag{Text: "已读取"}
	}
	kind := q.KindName()
	if n := q.Until - q.Row + 1; q.Row > 0 && n > 1 {
		kind += fmt.Sprintf("，%d 篇", n)
	}
	notes := q.Notes
	more := 0
	if len(notes) > 8 {
		notes, more = notes[:8], len(notes)-8
	}
	says := strings.Join(notes, "\n")
	if more > 0 {
		says += fmt.Sprintf("\n另有 %d 条。", more)
	}
	about := web.Text(says)
	if q.Kind == "table" && (b.State == movein.Looked || b.State == movein.Brought) {
		about.Links = []web.Link{{Text: "核对列的对应", Href: here + "/tables/" + strconv.Itoa(q.No)}}
	}
	row.Cells = []web.Cell{name, web.Text(kind), web.Tagged(tag), about}
	return row
}

func takeForm(s shown, here string) web.Form {
	f := web.Form{Action: here, Buttons: []web.Button{{Label: fmt.Sprintf("入库 %d 篇", s.batch.Report.Accepted)}}, Cancel: web.Link{Text: "不导入", Href: at}}
	into := web.Field{Kind: web.Radios, Name: "into", Label: "怎样入库", Value: "drafts", Options: []web.Option{{Value: "drafts", Label: "作为草稿", Hint: "逐篇核对、送审后才公开"}}}
	if len(s.cases) == 0 || len(s.outlets) == 0 {
		f.Sections = []web.Section{{Legend: "入库", Fields: []web.Field{into}, Notes: []web.Component{web.Alert{Kind: web.Info, Text: "旧网站的存量信息要直接公开，先办理迁入审批；批准后这里可以选择迁入事项和栏目。"}}}}
		return f
	}
	into.Options = append(into.Options, web.Option{Value: "live", Label: "按已批准的迁入事项直接公开", Hint: "只收迁入事项批准日期以前已经公开的信息；检查结果作为提示"})
	column := web.Field{Kind: web.Select, Name: "column", Label: "公开到栏目", Options: []web.Option{{Label: "请选择"}}}
	for _, o := range s.outlets {
		if slices.ContainsFunc(s.cases, func(m library.MoveIn) bool { return m.Site == o.Site }) {
			column.Options = append(column.Options, web.Option{Value: string(o.Column), Label: o.SiteName + " › " + o.Name})
		}
	}
	number := web.Field{Kind: web.Select, Name: "case", Label: "迁入事项", Options: []web.Option{{Label: "请选择"}}}
	for _, m := range s.cases {
		label := m.Number + "（" + m.Dated.Chinese() + "批准）"
		number.Options = append(number.Options, web.Option{Value: m.Number, Label: label})
	}
	f.Sections = []web.Section{{Legend: "入库", Fields: []web.Field{into, column, number}}}
	return f
}

const perPage = 20

func (h *Handler) batch(w http.ResponseWriter, r *http.Request) error {
	return h.renderBatch(w, r, http.StatusOK, nil, "")
}

func (h *Handler) renderBatch(w http.ResponseWriter, r *http.Request, status int, wrong error, form string) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id")
	s := shown{result: r.URL.Query().Get("result"), clock: h.clock}
	var err error
	if s.batch, err = h.in.Batch(ctx, scope, id); err != nil {
		return err
	}
	if s.pieces, s.counts, err = h.in.Pieces(ctx, scope, id, movein.PieceFilter{Result: s.result, Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}); err != nil {
		return err
	}
	if s.items, s.nItems, err = h.in.Items(ctx, scope, id, perPage, 0); err != nil {
		return err
	}
	if s.batch.State == movein.Looked {
		if s.outlets, err = h.lib.Outlets(ctx, scope, s.batch.Unit); err != nil {
			return err
		}
		if s.cases, err = h.lib.OpenMoveIns(ctx, scope, s.batch.ListSHA256); err != nil {
			return err
		}
	}
	p := newBatch(s)
	p.Pager = web.PagerOf(r, s.counts[s.result], perPage)
	if wrong != nil {
		f := &p.Form
		if form == "undo" {
			f = &p.Undo
		}
		f.Fill(r.PostForm)
		f.Wrong(wrong)
	}
	return batchView.RenderStatus(w, r, status, p)
}

func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	b, err := h.in.Look(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.next(w, r, b)
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	var into movein.Into
	var err error
	if r.PostFormValue("into") == "live" {
		into = movein.Into{Column: registry.ColumnID(r.PostFormValue("column")), Case: r.PostFormValue("case")}
		var f fault.Fields
		f.Check(into.Column != "", "column", "请选择栏目")
		f.Check(into.Case != "", "case", "请选择迁入事项")
		err = f.Err()
	}
	var b movein.Batch
	if err == nil {
		b, err = h.in.Take(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), r.PathValue("id"), into)
	}
	if askable(err) {
		return h.renderBatch(w, r, fault.Of(err).Kind.Status(), err, "take")
	}
	if err != nil {
		return err
	}
	return h.next(w, r, b)
}

func (h *Handler) undo(w http.ResponseWriter, r *http.Request) error {
	b, err := h.in.Undo(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why"))
	if askable(err) {
		return h.renderBatch(w, r, fault.Of(err).Kind.Status(), err, "undo")
	}
	if err != nil {
		return err
	}
	return h.next(w, r, b)
}

// columnsPage matches the columns of a table.
type columnsPage struct {
	trail   []web.Crumb
	Heading web.Heading
	First   web.Table
	Form    web.Form
}

func (columnsPage) Title() string         { return "核对列的对应" }
func (p columnsPage) Crumbs() []web.Crumb { return p.trail }

func newColumns(t movein.TableForm) columnsPage {
	here := at + "/" + t.Batch.ID
	p := columnsPage{trail: crumbs(web.Crumb{Name: "导入", Href: at}, web.Crumb{Name: t.Batch.Name, Href: here}, web.Crumb{Name: "核对列的对应"}),
		Heading: web.Heading{Title: "核对列的对应", Lead: "“" + t.Piece.Name + "”的哪一列是什么；系统已按列名建议，请核对。记住后，本单位下次上传同样表头的表格不必再选。"},
		First:   web.Table{Caption: "表格的前几行", Compact: true, Empty: web.Empty{Title: "表头下面没有内容"}},
		Form:    web.Form{Action: here + "/tables/" + strconv.Itoa(t.Piece.No), Buttons: []web.Button{{Label: "记住并重新预演"}}, Cancel: web.Link{Text: "返回", Href: here}}}
	options := []web.Option{{Label: "表格里没有"}}
	for i, head := range t.Header {
		p.First.Columns = append(p.First.Columns, web.Column{Head: head})
		options = append(options, web.Option{Value: strconv.Itoa(i), Label: head})
	}
	for _, row := range t.First {
		r := web.Row{}
		for i := range t.Header {
			cell := ""
			if i < len(row) {
				cell = abridge.Text(row[i], 40)
			}
			r.Cells = append(r.Cells, web.Text(cell))
		}
		p.First.Rows = append(p.First.Rows, r)
	}
	var fields []web.Field
	for _, f := range movein.ListFields {
		value := ""
		if i, ok := t.Columns[f.Key]; ok {
			value = strconv.Itoa(i)
		}
		fields = append(fields, web.Field{Kind: web.Select, Name: "f_" + f.Key, Label: f.Name, Value: value, Options: options, Hint: f.Hint, Required: f.Need, Narrow: true})
	}
	p.Form.Sections = []web.Section{{Legend: "哪一列是什么", Fields: fields}}
	return p
}

func (h *Handler) table(r *http.Request) (movein.TableForm, int, error) {
	no, err := strconv.Atoi(r.PathValue("key"))
	if err != nil {
		return movein.TableForm{}, 0, fault.Missing("表格")
	}
	t, err := h.in.Table(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), r.PathValue("id"), no)
	return t, no, err
}

func (h *Handler) showColumns(w http.ResponseWriter, r *http.Request) error {
	t, _, err := h.table(r)
	if err != nil {
		return err
	}
	return columnsView.Render(w, r, newColumns(t))
}

func (h *Handler) columns(w http.ResponseWriter, r *http.Request) error {
	t, no, err := h.table(r)
	if err != nil {
		return err
	}
	c := intake.Columns{}
	for _, f := range movein.ListFields {
		if i, err := strconv.Atoi(r.PostFormValue("f_" + f.Key)); err == nil {
			c[f.Key] = i
		}
	}
	b, err := h.in.Match(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), t.Batch.ID, no, c)
	if askable(err) {
		p := newColumns(t)
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return columnsView.RenderStatus(w, r, fault.Of(err).Kind.Status(), p)
	}
	if err != nil {
		return err
	}
	return h.next(w, r, b)
}

// mostExported is how many items one export holds.
const mostExported = 20_000

// export sends the items that a list shows: as JSON lines, or as an archive
// with their files and hashes.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	f := library.FilterOf(q)
	items := func(each func(library.Outgoing) error) error {
		n, err := h.lib.Export(r.Context(), authz.ScopeFrom(r.Context()), f, mostExported+1, each)
		if err == nil && n > mostExported {
			return fault.Newf(fault.TooLarge, "符合条件的稿件超过 %d 篇，请用筛选条件分几次导出。", mostExported)
		}
		return err
	}
	day := calendar.Today(h.clock).String()
	var out bytes.Buffer
	switch q.Get("format") {
	case "jsonl":
		if _, err := h.in.WriteList(r.Context(), &out, items); err != nil {
			return err
		}
		return web.SendFile(w, "稿件-"+day+".jsonl", "application/x-ndjson", int64(out.Len()), &out)
	case "archive":
		if _, err := h.in.WriteArchive(r.Context(), &out, items); err != nil {
			return err
		}
		return web.SendFile(w, "稿件归档-"+day+".zip", "application/zip", int64(out.Len()), &out)
	}
	return fault.New(fault.Invalid, "导出格式只能是 jsonl 或 archive，请从稿件列表重新选择。")
}

// exportOne sends one item as an official document.
func (h *Handler) exportOne(w http.ResponseWriter, r *http.Request) error {
	o, err := h.lib.ExportItem(r.Context(), authz.ScopeFrom(r.Context()), library.ItemID(r.PathValue("id")))
	if err != nil {
		return err
	}
	d, err := movein.Paper(o.Version)
	if err != nil {
		return fault.Newf(fault.Invalid, "这篇稿件排不成公文：%s", err).From(err)
	}
	var out bytes.Buffer
	if _, err := d.WriteTo(&out); err != nil {
		return err
	}
	name := []rune(o.Version.Title)
	return web.SendFile(w, string(name[:min(len(name), 60)])+".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", int64(out.Len()), &out)
}
