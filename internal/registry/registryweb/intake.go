package registryweb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// importView is GET /console/import.
type importView struct {
	Heading web.Heading
	Form    web.Form
	Files   web.Table
}

// Title of the document.
func (importView) Title() string { return "导入台账" }

// Crumbs of the page.
func (importView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "站点台账", Href: sitesPath}, {Name: "导入台账"}}
}

func newImportView(files []registry.File) importView {
	var kinds []web.Option
	for _, k := range registry.FileKinds {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name(), Hint: map[registry.FileKind]string{
			registry.UnitFile:    "列名：code（区划代码）、name（名称）、level（级别）、parent_code（上级代码）",
			registry.SiteFile:    "至少有域名，以及区划代码或主办单位；标识码、备案编号等有则一并登记",
			registry.AccountFile: "至少有平台、账号名称，以及区划代码或主办单位；用途、认证、A B 岗等有则一并登记",
			registry.AppFile:     "至少有应用名称，以及区划代码或主办单位",
			registry.DomainFile:  "至少有域名，以及所属网站或持有单位；到期日期有则开始计时",
		}[k]})
	}
	v := importView{
		Heading: web.Heading{Title: "导入台账", Acts: []web.Act{{Text: "台账核对", Href: "/console/reconciliations"}}, Lead: "上传后核对哪一列是什么，先预检，逐行列出不接受的原因；看过报告并确认后才写入台账。重复导入同一文件不会重复登记，30 天内可以整批撤销。"},
		Form: web.Form{Action: importPath, Upload: true, Buttons: []web.Button{{Label: "上传并预检"}}, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Radios, Name: "kind", Label: "文件里登记的是", Required: true, Options: kinds},
			{Kind: web.File, Name: "file", Label: "文件", Required: true, Accept: ".csv,.tsv,.txt,.xlsx,.gz", Hint: "CSV 或 XLSX，不超过 64 MB、20 万行；列名不同也可以，下一步选择对应"},
		}}}},
		Files: web.Table{Caption: "我最近的导入", Columns: []web.Column{{Head: "文件", Wide: true}, {Head: "内容"}, {Head: "预检时间"}, {Head: "结果"}}, Compact: true, Empty: web.Empty{Title: "还没有导入过文件"}},
	}
	for _, f := range files {
		result := "已预检，未导入"
		switch {
		case f.Busy():
			result = f.Progress()
		case f.State == registry.FileUndone:
			result = fmt.Sprintf("已撤销 %d 行", f.Undone.Undone)
		case !f.TakenAt.IsZero():
			result = fmt.Sprintf("已导入 %d 行", f.Taken.Accepted)
		case f.State == registry.FileBrought:
			result = "待核对列的对应"
		}
		v.Files.Rows = append(v.Files.Rows, web.Row{Cells: []web.Cell{web.Linked(f.Name, importPath+"/"+f.ID), web.Text(f.Kind.Name()), web.When(f.CreatedAt), web.Text(result)}})
	}
	return v
}

// reportView is GET /console/import/{id}: what the dry run or the import says,
// row by row, and what taking it back came to.
type reportView struct {
	Heading web.Heading
	Steps   web.Steps
	Busy    web.Panel
	Stats   web.Stats
	Says    web.Alert
	Rows    web.Table
	Pager   web.Pager
	Form    web.Form // confirms; without buttons when there is nothing to confirm
	Left    web.Table
	Undo    web.Form // takes the import back
}

// Title of the document.
func (v reportView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v reportView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "站点台账", Href: sitesPath}, {Name: "导入台账", Href: importPath}, {Name: v.Heading.Title}}
}

// wizardSteps are the steps of an import, with where the file stands.
func wizardSteps(f registry.File) web.Steps {
	names := []string{"上传", "核对列", "预检", "导入", "可撤销"}
	at := map[string]int{registry.FileBrought: 1, registry.FileLooking: 2, registry.FileLooked: 3, registry.FileTaking: 3, registry.FileTaken: 4, registry.FileUndoing: 4, registry.FileUndone: 5}[f.State]
	s := web.Steps{Label: "导入进行到哪一步"}
	for i, n := range names {
		state := web.StepWaiting
		switch {
		case i < at:
			state = web.StepDone
		case i == at:
			state = web.StepNow
		}
		s.Items = append(s.Items, web.Step{Name: n, State: state})
	}
	return s
}

// line is one row of the report.
type line struct {
	row     int
	refused bool
	field   string
	says    string
}

func linesOf(r intake.Report) []line {
	var out []line
	for _, x := range r.Refused {
		out = append(out, line{x.Row, true, x.Field, x.Says})
	}
	for _, n := range r.Notes {
		out = append(out, line{n.Row, false, "", n.Says})
	}
	slices.SortStableFunc(out, func(a, b line) int { return cmp.Compare(a.row, b.row) })
	return out
}

func newReportView(f registry.File, now time.Time) (reportView, []line) {
	rep, taken := f.Looked, !f.TakenAt.IsZero()
	at := importPath + "/" + f.ID
	v := reportView{Heading: web.Heading{Above: f.Kind.Name(), Title: f.Name, Tags: []web.Tag{{Kind: web.Info, Text: "预检报告"}}}, Steps: wizardSteps(f),
		Rows: web.Table{Caption: "逐行说明", Columns: []web.Column{{Head: "行号"}, {Head: "结果"}, {Head: "列"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "没有需要说明的行"}}}
	accepted := "可以登记"
	if taken {
		rep, accepted = f.Taken, "已登记"
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "已导入 " + web.Minute(f.TakenAt)}}
	}
	if f.Kind != registry.UnitFile && !taken && !f.Busy() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "调整列的对应", Href: at + "/columns"})
	}
	if f.Kind != registry.UnitFile && f.Kind != registry.DomainFile && !f.Busy() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "只与台账核对", Href: "/console/reconciliations?file=" + f.ID})
	}
	if len(rep.Refused) > 0 && !f.Busy() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "下载不接受的行", Href: at + "/wrong"})
	}
	if f.Busy() {
		v.Heading.Tags = []web.Tag{{Kind: web.Info, Text: "处理中"}}
		if f.State == registry.FileTaking {
			rep = f.Taken
		}
		v.Busy = web.Panel{Title: f.Progress(), Links: []web.Link{{Text: "刷新进度", Href: at}}}
		if f.Total > 0 && f.State == registry.FileTaking {
			v.Busy.Parts = []web.Component{web.Progress{Label: "已处理的行", Value: f.Done, Max: f.Total, Text: strconv.Itoa(f.Done) + "/" + strconv.Itoa(f.Total) + " 行"}}
		}
	}
	refused := web.Stat{Name: "不接受", Value: count(len(rep.Refused)), Unit: "行"}
	if len(rep.Refused) > 0 {
		refused.Kind = web.Danger
	}
	v.Stats = web.Stats{Label: "导入情况", Items: []web.Stat{{Name: "读到", Value: count(rep.Read), Unit: "行"}, {Name: accepted, Value: count(rep.Accepted), Unit: "行", Kind: web.Good},
		{Name: "台账已有", Value: count(rep.Unchanged), Unit: "行", Note: "内容相同，不改动"}, refused}}
	switch {
	case f.Busy():
		v.Says = web.Alert{Kind: web.Info, Title: "文件较大，正在后台处理", Text: "可以离开本页，完成后在“导入台账”里查看；服务中断后会从中断处继续，已处理的行不会重复。"}
	case f.Failure != "":
		v.Says = web.Alert{Kind: web.Danger, Title: "没有完成", Text: f.Failure}
	case f.State == registry.FileUndone:
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "已撤销 " + web.Minute(f.UndoneAt)})
		v.Says = web.Alert{Kind: web.Good, Title: fmt.Sprintf("已撤销 %d 行", f.Undone.Undone), Text: "原因：" + f.UndoneWhy + "。撤销前的完整内容在审计记录里。"}
		if n := len(f.Undone.Left); n > 0 {
			v.Says.Kind, v.Says.Text = web.Warn, v.Says.Text+fmt.Sprintf("有 %d 条没有撤销，见下表。", n)
			v.Left = web.Table{Caption: "没有撤销的记录", Columns: []web.Column{{Head: "行号"}, {Head: "记录", Wide: true}, {Head: "原因", Wide: true}}}
			for _, l := range f.Undone.Left[:min(n, 200)] {
				v.Left.Rows = append(v.Left.Rows, web.Row{Cells: []web.Cell{web.Figure(l.Row), web.Linked(l.Name, l.Link), web.Text(l.Says)}})
			}
		}
	case taken && len(rep.Refused) > 0:
		v.Says = web.Alert{Kind: web.Warn, Title: "已导入，有些行没有接受", Text: "请下载不接受的行，按原因改正后再导入；已登记的行不会重复登记。"}
	case taken:
		v.Says = web.Alert{Kind: web.Good, Title: "已导入", Text: "新登记的站点监测默认关闭，需要时请在站点页面开启。"}
	case f.State == registry.FileBrought:
		v.Says = web.Alert{Kind: web.Info, Title: "还没有预检", Text: "请先核对哪一列是什么。", Links: []web.Link{{Text: "核对列的对应", Href: at + "/columns"}}}
	case rep.Accepted == 0:
		v.Says = web.Alert{Kind: web.Warn, Title: "没有可以新登记的行", Text: "请按下面的说明改正文件后重新上传，或调整列的对应。"}
	default:
		v.Says = web.Alert{Kind: web.Info, Title: "这是预检，台账还没有改动", Text: fmt.Sprintf("确认后将登记 %d 行，其余行不写入。", rep.Accepted)}
		v.Form = web.Form{Action: at, Buttons: []web.Button{{Label: fmt.Sprintf("确认导入 %d 行", rep.Accepted)}}, Cancel: web.Link{Text: "不导入", Href: importPath}}
	}
	if f.Undoable(now) && f.Failure == "" || f.Undoable(now) && f.State == registry.FileTaken {
		v.Undo = web.Form{Action: at + "/undo", Buttons: []web.Button{{Label: "撤销这次导入", Kind: web.Danger}}, Sections: []web.Section{{Legend: "撤销这次导入",
			Hint:   "撤下这次登记的记录，恢复这次补充的内容；导入后又改动过、或已被检查、审批等使用的记录会逐条列出并保留。" + web.Minute(f.TakenAt.AddDate(0, 0, registry.UndoDays)) + " 前可以撤销。",
			Fields: []web.Field{{Name: "why", Label: "撤销原因", Required: true, Max: 200}}}}}
	}
	return v, linesOf(rep)
}

// show puts one page of the lines into the view.
func (v *reportView) show(lines []line) {
	for _, l := range lines {
		row, result := web.Text("全文件"), web.Tag{Text: "提示"}
		if l.row > 0 {
			row = web.Figure(l.row)
		}
		if l.refused {
			result = web.Tag{Kind: web.Danger, Text: "不接受"}
		}
		v.Rows.Rows = append(v.Rows.Rows, web.Row{Cells: []web.Cell{row, web.Tagged(result), web.Text(l.field), web.Text(l.says)}})
	}
}

func sampleReport(f registry.File) reportView {
	v, lines := newReportView(f, f.TakenAt)
	v.show(lines)
	return v
}

var importPage = web.Define(views, "views/import.html", newImportView(nil),
	newImportView([]registry.File{{ID: "01JDF", Name: "sites.csv", Kind: registry.SiteFile, Looked: intake.New(true)}}),
	newImportView([]registry.File{{ID: `"><script>`, Name: `<script>`, Kind: `<b>`}}))

var sampleTaken = time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC)

var reportPage = web.Define(views, "views/report.html",
	sampleReport(registry.File{ID: "1", Name: "empty.csv", Kind: registry.UnitFile, State: registry.FileLooked, Looked: intake.New(true)}),
	sampleReport(registry.File{ID: "2", Name: "sites.csv", Kind: registry.SiteFile, State: registry.FileLooked, Looked: intake.Report{Read: 3, Accepted: 2, Refused: []intake.Refusal{{Row: 3, Field: "host", Says: "域名“bad host”不符合格式，应像 www.example.gov.cn。"}}, Notes: []intake.Note{{Row: 0, Says: "文件按 GB18030 读取。"}}}}),
	sampleReport(registry.File{ID: "3", Name: "accounts.xlsx", Kind: registry.AccountFile, State: registry.FileTaking, Total: 5000, Done: 1500, Looked: intake.New(true)}),
	sampleReport(registry.File{ID: "4", Name: "accounts.xlsx", Kind: registry.AccountFile, State: registry.FileTaken, TakenAt: sampleTaken, Taken: intake.Report{Read: 2, Accepted: 2}}),
	sampleReport(registry.File{ID: "5", Name: "accounts.xlsx", Kind: registry.AccountFile, State: registry.FileUndone, TakenAt: sampleTaken, UndoneAt: sampleTaken, UndoneWhy: "导错了文件", Undone: registry.UndoReport{Undone: 3, Left: []registry.LeftHere{{Row: 4, Name: "雁塔发布", Link: "/console/accounts/1", Says: "导入后又有改动，保留"}}}}),
	sampleReport(registry.File{ID: `"><script>`, Name: `<script>`, Kind: `<b>`, State: registry.FileLooked, Failure: `<i>`, Looked: intake.Report{Refused: []intake.Refusal{{Row: 2, Field: `<i>`, Says: `"'</td>`}}}}))

const recentFiles = 20

func (h *Handler) showImport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.importForm(r)
	if err != nil {
		return err
	}
	v.Form.Field("kind").Value = r.URL.Query().Get("kind")
	return importPage.Render(w, r, v)
}

func (h *Handler) importForm(r *http.Request) (importView, error) {
	files, err := h.registry.Files(r.Context(), authz.SessionFrom(r.Context()), recentFiles)
	return newImportView(files), err
}

// look takes an upload and keeps it for its owner: looked at when its columns
// are clear, to be matched otherwise.
func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	f, err := h.bring(r.Context(), r)
	if web.Mendable(err) {
		v, formErr := h.importForm(r)
		if formErr != nil {
			return formErr
		}
		v.Form.Fill(r.PostForm)
		if fault.Is(err, fault.Invalid) && len(fault.Of(err).Fields) == 0 {
			err = fault.Of(err).On("file", "请改正后重新选择文件")
		}
		v.Form.Wrong(err)
		return importPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
	}
	if err != nil {
		return err
	}
	return h.next(w, r, f)
}

// next leads to where the file stands.
func (h *Handler) next(w http.ResponseWriter, r *http.Request, f registry.File) error {
	at := importPath + "/" + f.ID
	switch {
	case f.State == registry.FileBrought && f.Failure == "":
		return web.Done(w, r, at+"/columns", "文件已收到，请核对哪一列是什么。")
	case f.Busy():
		return web.Done(w, r, at, "文件较大，已转入后台处理。")
	case f.Failure != "":
		return web.Done(w, r, at, "没有完成："+f.Failure)
	case f.State == registry.FileUndone:
		return web.Done(w, r, at, fmt.Sprintf("已撤销 %d 行，保留 %d 行。", f.Undone.Undone, len(f.Undone.Left)))
	case !f.TakenAt.IsZero():
		return web.Done(w, r, at, fmt.Sprintf("已导入：新登记 %d 行，台账已有 %d 行，不接受 %d 行。", f.Taken.Accepted, f.Taken.Unchanged, len(f.Taken.Refused)))
	}
	return web.Done(w, r, at, "预检完成，台账还没有改动。请看过报告后确认导入。")
}

func (h *Handler) bring(ctx context.Context, r *http.Request) (registry.File, error) {
	upload, head, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || err == nil && head.Size == 0 {
		return registry.File{}, fault.New(fault.Invalid, "没有选择文件，或文件是空的。").On("file", "请选择 CSV 或 XLSX 文件")
	}
	if err != nil {
		return registry.File{}, fault.New(fault.Invalid, "文件没有传完整，可能是网络中断；请重新上传。").On("file", "请重新选择文件").From(err)
	}
	defer upload.Close()
	return h.intake.Bring(ctx, authz.SessionFrom(ctx), authz.ScopeFrom(ctx), registry.FileKind(r.PostFormValue("kind")), fileName(head.Filename), head.Size, upload)
}

// fileName is the name without folders that some browsers send along.
func fileName(s string) string {
	s = intake.Clean(filepath.Base(strings.ReplaceAll(s, `\`, "/")))
	if r := []rune(s); len(r) > 100 {
		s = string(r[len(r)-100:])
	}
	return s
}

const reportRows = 100

func (h *Handler) report(w http.ResponseWriter, r *http.Request) error {
	return h.renderReport(w, r, http.StatusOK, nil)
}

func (h *Handler) renderReport(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	f, err := h.registry.File(r.Context(), h.db, authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	v, lines := newReportView(f, h.db.Now())
	v.Pager = web.PagerOf(r, len(lines), reportRows)
	from := v.Pager.Offset()
	v.show(lines[from:min(len(lines), from+reportRows)])
	if wrong != nil {
		v.Undo.Fill(r.PostForm)
		v.Undo.Wrong(wrong)
	}
	return reportPage.RenderStatus(w, r, status, v)
}

// take takes in a file that was looked at. What was taken already stays: rows
// that are in the ledger count as unchanged.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	ctx, session := r.Context(), authz.SessionFrom(r.Context())
	f, err := h.registry.File(ctx, h.db, session, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !f.TakenAt.IsZero() {
		return web.Done(w, r, importPath+"/"+f.ID, "这个文件已经导入过，没有重复登记。")
	}
	if f, err = h.intake.Take(ctx, session, f.ID); err != nil {
		return err
	}
	return h.next(w, r, f)
}

func (h *Handler) undo(w http.ResponseWriter, r *http.Request) error {
	f, err := h.intake.Undo(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why"))
	if web.Mendable(err) {
		return h.renderReport(w, r, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return h.next(w, r, f)
}

// wrongRows is the file of rows that were not accepted.
func (h *Handler) wrongRows(w http.ResponseWriter, r *http.Request) error {
	s, err := h.intake.Wrong(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	b, err := web.SheetBytes(s, "xlsx")
	if err != nil {
		return err
	}
	return web.SendFile(w, "不接受的行-"+web.FrameOf(r).Today.String()+".xlsx", web.SheetKinds["xlsx"], int64(len(b)), bytes.NewReader(b))
}

// columnsView is GET /console/import/{id}/columns: which column is which field.
type columnsView struct {
	Heading web.Heading
	Steps   web.Steps
	Says    web.Alert
	Choose  web.Form // sheet and header row
	Match   web.Form
	First   web.Table
}

// Title of the document.
func (columnsView) Title() string { return "核对列的对应" }

// Crumbs of the page.
func (columnsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "导入台账", Href: importPath}, {Name: "核对列的对应"}}
}

func newColumnsView(m registry.Form) columnsView {
	at := importPath + "/" + m.File.ID + "/columns"
	v := columnsView{Heading: web.Heading{Above: m.File.Kind.Name(), Title: "核对列的对应", Lead: "“" + m.File.Name + "”的哪一列是什么；系统已按列名建议，请核对。记住后，您和本单位下次上传同样表头的文件不必再选。"}, Steps: wizardSteps(m.File)}
	if m.File.State == registry.FileLooked {
		v.Steps = wizardSteps(registry.File{State: registry.FileBrought})
	}
	row := m.File.Choice.HeaderRow
	if row == 0 {
		row = m.Row
	}
	var sheets []web.Option
	for _, s := range m.Sheets {
		o := web.Option{Value: s.Name, Label: s.Name}
		if s.Hidden {
			o.Label += "（隐藏的工作表，选择后才读取）"
		}
		sheets = append(sheets, o)
	}
	fields := []web.Field{{Kind: web.Number, Name: "header_row", Label: "表头在第几行", Value: strconv.Itoa(row), Narrow: true, Mode: "numeric", Required: true}}
	if len(sheets) > 0 {
		fields = append([]web.Field{{Kind: web.Select, Name: "sheet", Label: "工作表", Options: sheets, Value: m.File.Choice.Sheet}}, fields...)
	}
	v.Choose = web.Form{Action: at, Buttons: []web.Button{{Label: "重新读取表头", Name: "act", Value: "choose", Plain: true}}, Sections: []web.Section{{Legend: "从哪里读", Fields: fields}}}
	options := []web.Option{{Value: "", Label: "不导入"}}
	for i, h := range m.Header {
		label := official.ColumnName(i+1) + " 列"
		if h != "" {
			label += "：" + abridge.Text(h, 20)
		}
		for _, r := range m.First {
			if i < len(r) && r[i] != "" {
				label += "（如 " + abridge.Text(r[i], 16) + "）"
				break
			}
		}
		options = append(options, web.Option{Value: strconv.Itoa(i), Label: label})
	}
	s := web.Section{Legend: "哪一列是什么"}
	for _, f := range m.Fields {
		field := web.Field{Kind: web.Select, Name: "f_" + f.Key, Label: f.Name, Hint: f.Hint, Options: options, Required: f.Need && m.File.Kind != registry.AppFile && m.File.Kind != registry.SiteFile}
		if i, ok := m.File.Columns[f.Key]; ok {
			field.Value = strconv.Itoa(i)
		}
		s.Fields = append(s.Fields, field)
	}
	s.Fields = append(s.Fields, web.Field{Kind: web.Check, Name: "skip_hidden", Label: "不读取隐藏的行", Checked: m.File.SkipHidden})
	v.Match = web.Form{Action: at, Buttons: []web.Button{{Label: "按这样预检", Name: "act", Value: "match"}}, Cancel: web.Link{Text: "不导入", Href: importPath}, Sections: []web.Section{s}}
	if len(m.Notes) > 0 {
		v.Says = web.Alert{Kind: web.Info, Title: "读取文件时注意到", Text: strings.Join(m.Notes[:min(len(m.Notes), 8)], " ")}
	}
	v.First = web.Table{Caption: "文件的前几行", Compact: true, Empty: web.Empty{Title: "表头下面没有内容"}}
	for i, h := range m.Header {
		if i == 12 {
			break
		}
		if h == "" {
			h = official.ColumnName(i+1) + " 列"
		}
		v.First.Columns = append(v.First.Columns, web.Column{Head: abridge.Text(h, 20)})
	}
	for _, r := range m.First {
		var cells []web.Cell
		for i := range v.First.Columns {
			c := web.Text("")
			if i < len(r) {
				c.Text = abridge.Text(r[i], 40)
			}
			cells = append(cells, c)
		}
		v.First.Rows = append(v.First.Rows, web.Row{Cells: cells})
	}
	return v
}

var columnsPage = web.Define(views, "views/columns.html",
	newColumnsView(registry.Form{File: registry.File{ID: "1", Name: "空.csv", Kind: registry.SiteFile, State: registry.FileBrought}, Fields: registry.FieldsOf(registry.SiteFile)}),
	newColumnsView(registry.Form{File: registry.File{ID: "1", Name: "台账.xlsx", Kind: registry.AccountFile, State: registry.FileBrought, Columns: intake.Columns{"platform": 0, "account": 1}}, Row: 2, Sheets: []official.SheetInfo{{Name: "账号"}, {Name: "内部", Hidden: true}},
		Header: []string{"平台", "名称", ""}, First: [][]string{{"微博", "雁塔发布", "x"}}, Notes: []string{"第1行“全省台账”按标题略过。"}, Fields: registry.FieldsOf(registry.AccountFile)}),
	newColumnsView(registry.Form{File: registry.File{ID: `"><script>`, Name: `<script>`, Kind: registry.SiteFile}, Sheets: []official.SheetInfo{{Name: `"><b>`}}, Header: []string{`<script>`, `"`}, First: [][]string{{`</td>`}}, Notes: []string{`<i>`}, Fields: registry.FieldsOf(registry.SiteFile)}),
)

func (h *Handler) showMatch(w http.ResponseWriter, r *http.Request) error {
	return h.renderMatch(w, r, http.StatusOK, nil)
}

func (h *Handler) renderMatch(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	m, err := h.intake.Form(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !m.File.TakenAt.IsZero() || m.File.Busy() || m.Fields == nil {
		return web.Done(w, r, importPath+"/"+m.File.ID, "这个文件不能再改列的对应。")
	}
	v := newColumnsView(m)
	if wrong != nil {
		form := &v.Match
		if r.PostFormValue("act") == "choose" {
			form = &v.Choose
		}
		form.Fill(r.PostForm)
		form.Wrong(wrong)
	}
	return columnsPage.RenderStatus(w, r, status, v)
}

func (h *Handler) match(w http.ResponseWriter, r *http.Request) error {
	ctx, session, id := r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id")
	var f registry.File
	var err error
	if r.PostFormValue("act") == "choose" {
		n, convErr := strconv.Atoi(typed(r, "header_row"))
		if convErr != nil {
			err = fault.New(fault.Invalid, "表头所在的行应是数字。").On("header_row", "请填写行号，例如 1")
		} else if f, err = h.intake.Choose(ctx, session, id, official.Choice{Sheet: r.PostFormValue("sheet"), HeaderRow: n}); err == nil {
			return web.Done(w, r, importPath+"/"+f.ID+"/columns", "已重新读取表头，请核对列的对应。")
		}
	} else {
		columns := intake.Columns{}
		file, fileErr := h.registry.File(ctx, h.db, session, id)
		if fileErr != nil {
			return fileErr
		}
		for _, field := range registry.FieldsOf(file.Kind) {
			if n, convErr := strconv.Atoi(r.PostFormValue("f_" + field.Key)); convErr == nil && n >= 0 && n < 200 {
				columns[field.Key] = n
			}
		}
		f, err = h.intake.Match(ctx, session, id, columns, r.PostFormValue("skip_hidden") != "")
	}
	if web.Mendable(err) {
		return h.renderMatch(w, r, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return h.next(w, r, f)
}
