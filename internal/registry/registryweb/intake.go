package registryweb

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// importView is GET /console/import.
type importView struct {
	Heading web.Heading
	Tabs    web.Tabs
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
			registry.SiteFile:    "列名：host（域名）、name（网站名称）、code（区划代码）或 sponsor（主办单位）、site_code（标识码）等",
			registry.AccountFile: "列名：platform（平台）、account（账号名称）、url（网址）、code（区划代码）或 sponsor（主办单位）",
		}[k]})
	}
	v := importView{
		Tabs:    tabsOf(importPath, true),
		Heading: web.Heading{Title: "导入台账", Lead: "先预检，逐行列出不接受的原因；看过报告并确认后才写入台账。重复导入同一文件不会重复登记。"},
		Form: web.Form{Action: importPath, Upload: true, Buttons: []web.Button{{Label: "上传并预检"}}, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Radios, Name: "kind", Label: "文件里登记的是", Required: true, Options: kinds},
			{Kind: web.File, Name: "file", Label: "文件", Required: true, Accept: ".csv,.tsv,.txt,.xlsx,.gz", Hint: "CSV 或 XLSX，不超过 64 MB、20 万行；中文列名和英文列名都可以"},
		}}}},
		Files: web.Table{Caption: "我最近的导入", Columns: []web.Column{{Head: "文件", Wide: true}, {Head: "内容"}, {Head: "预检时间"}, {Head: "结果"}}, Compact: true, Empty: web.Empty{Title: "还没有导入过文件"}},
	}
	for _, f := range files {
		result := "已预检，未导入"
		if !f.TakenAt.IsZero() {
			result = fmt.Sprintf("已导入 %d 行", f.Taken.Accepted)
		}
		v.Files.Rows = append(v.Files.Rows, web.Row{Cells: []web.Cell{web.Linked(f.Name, importPath+"/"+f.ID), web.Text(f.Kind.Name()), web.When(f.CreatedAt), web.Text(result)}})
	}
	return v
}

// reportView is GET /console/import/{id}: what the dry run or the import says,
// row by row.
type reportView struct {
	Heading web.Heading
	Stats   web.Stats
	Says    web.Alert
	Rows    web.Table
	Pager   web.Pager
	Form    web.Form // confirms; without buttons when there is nothing to confirm
}

// Title of the document.
func (v reportView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v reportView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "站点台账", Href: sitesPath}, {Name: "导入台账", Href: importPath}, {Name: v.Heading.Title}}
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

func newReportView(f registry.File) (reportView, []line) {
	rep, taken := f.Looked, !f.TakenAt.IsZero()
	v := reportView{Heading: web.Heading{Above: f.Kind.Name(), Title: f.Name, Tags: []web.Tag{{Kind: web.Info, Text: "预检报告"}}},
		Rows: web.Table{Caption: "逐行说明", Columns: []web.Column{{Head: "行号"}, {Head: "结果"}, {Head: "列"}, {Head: "说明", Wide: true}}, Empty: web.Empty{Title: "没有需要说明的行"}}}
	accepted := "可以登记"
	if taken {
		rep, accepted = f.Taken, "已登记"
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "已导入 " + web.Minute(f.TakenAt)}}
	}
	refused := web.Stat{Name: "不接受", Value: count(len(rep.Refused)), Unit: "行"}
	if len(rep.Refused) > 0 {
		refused.Kind = web.Danger
	}
	v.Stats = web.Stats{Label: "导入情况", Items: []web.Stat{{Name: "读到", Value: count(rep.Read), Unit: "行"}, {Name: accepted, Value: count(rep.Accepted), Unit: "行", Kind: web.Good},
		{Name: "台账已有", Value: count(rep.Unchanged), Unit: "行", Note: "内容相同，不改动"}, refused}}
	switch {
	case taken && len(rep.Refused) > 0:
		v.Says = web.Alert{Kind: web.Warn, Title: "已导入，有些行没有接受", Text: "请按下面的说明改正这些行，另存后再导入；已登记的行不会重复登记。"}
	case taken:
		v.Says = web.Alert{Kind: web.Good, Title: "已导入", Text: "新登记的站点监测默认关闭，需要时请在站点页面开启。"}
	case rep.Accepted == 0:
		v.Says = web.Alert{Kind: web.Warn, Title: "没有可以新登记的行", Text: "请按下面的说明改正文件后重新上传。"}
	default:
		v.Says = web.Alert{Kind: web.Info, Title: "这是预检，台账还没有改动", Text: fmt.Sprintf("确认后将登记 %d 行，其余行不写入。", rep.Accepted)}
		v.Form = web.Form{Action: importPath + "/" + f.ID, Buttons: []web.Button{{Label: fmt.Sprintf("确认导入 %d 行", rep.Accepted)}}, Cancel: web.Link{Text: "不导入", Href: importPath}}
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
	v, lines := newReportView(f)
	v.show(lines)
	return v
}

var importPage = web.Define(views, "views/import.html", newImportView(nil),
	newImportView([]registry.File{{ID: "01JDF", Name: "sites.csv", Kind: registry.SiteFile, Looked: intake.New(true)}}),
	newImportView([]registry.File{{ID: `"><script>`, Name: `<script>`, Kind: `<b>`}}))

var reportPage = web.Define(views, "views/report.html",
	sampleReport(registry.File{ID: "1", Name: "empty.csv", Kind: registry.UnitFile, Looked: intake.New(true)}),
	sampleReport(registry.File{ID: "2", Name: "sites.csv", Kind: registry.SiteFile, Looked: intake.Report{Read: 3, Accepted: 2, Refused: []intake.Refusal{{Row: 3, Field: "host", Says: "域名“bad host”不符合格式，应像 www.example.gov.cn。"}}, Notes: []intake.Note{{Row: 0, Says: "文件按 GB18030 读取。"}}}}),
	sampleReport(registry.File{ID: `"><script>`, Name: `<script>`, Kind: `<b>`, Looked: intake.Report{Refused: []intake.Refusal{{Row: 2, Field: `<i>`, Says: `"'</td>`}}}}))

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

// look takes an upload, runs it dry and keeps it for its owner to confirm.
func (h *Handler) look(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	f, err := h.lookAt(ctx, scope, r)
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			var err error
			f, err = h.registry.KeepFile(ctx, tx, session, f)
			return err
		})
	}
	if askable(err) {
		v, formErr := h.importForm(r)
		if formErr != nil {
			return formErr
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return importPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, importPath+"/"+f.ID, "预检完成，台账还没有改动。请看过报告后确认导入。")
}

func (h *Handler) lookAt(ctx context.Context, scope authz.Scope, r *http.Request) (registry.File, error) {
	upload, head, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || err == nil && head.Size == 0 {
		return registry.File{}, fault.New(fault.Invalid, "没有选择文件，或文件是空的。").On("file", "请选择 CSV 或 XLSX 文件")
	}
	if err != nil {
		return registry.File{}, fault.New(fault.Invalid, "文件没有传完整，可能是网络中断；请重新上传。").On("file", "请重新选择文件").From(err)
	}
	defer upload.Close()
	f := registry.File{Kind: registry.FileKind(r.PostFormValue("kind")), Name: fileName(head.Filename), Size: head.Size}
	if f.Kind.Name() == "" {
		return registry.File{}, fault.New(fault.Invalid, "没有选择文件里登记的是什么。").On("kind", "请选择区划和单位、网站或政务新媒体账号")
	}
	if f.Looked, err = h.run(ctx, scope, f, upload, true); err != nil {
		return registry.File{}, err
	}
	if _, err := upload.Seek(0, io.SeekStart); err != nil {
		return registry.File{}, err
	}
	ref, err := h.blobs.Put(ctx, upload)
	f.Blob = string(ref)
	return f, err
}

// fileName is the name without folders that some browsers send along.
func fileName(s string) string {
	s = intake.Clean(filepath.Base(strings.ReplaceAll(s, `\`, "/")))
	if r := []rune(s); len(r) > 100 {
		s = string(r[len(r)-100:])
	}
	return s
}

// run takes the file in, or only looks.
func (h *Handler) run(ctx context.Context, scope authz.Scope, f registry.File, from io.ReaderAt, dry bool) (intake.Report, error) {
	t, err := official.ReadTable(from, f.Size, f.Name, official.Limits{File: registry.MaxFile})
	var wrong *official.FileError
	if errors.As(err, &wrong) {
		return intake.Report{}, fault.New(fault.Invalid, wrong.Says).On("file", "请改正后重新选择文件").From(wrong.Err)
	}
	if err != nil {
		return intake.Report{}, err
	}
	rep, err := h.registry.Import(ctx, scope, f.Kind, t, org.ImportOptions{DryRun: dry, Source: f.Name})
	if err != nil {
		if fault.Is(err, fault.Invalid) && len(fault.Of(err).Fields) == 0 {
			err = fault.Of(err).On("file", "请改正后重新选择文件")
		}
		return rep, err
	}
	for _, says := range t.Notes {
		rep.Note(0, "%s", says)
	}
	return rep, nil
}

const reportRows = 100

func (h *Handler) report(w http.ResponseWriter, r *http.Request) error {
	f, err := h.registry.File(r.Context(), h.db, authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	v, lines := newReportView(f)
	v.Pager = web.PagerOf(r, len(lines), reportRows)
	from := v.Pager.Offset()
	v.show(lines[from:min(len(lines), from+reportRows)])
	return reportPage.Render(w, r, v)
}

// take takes in a file that was looked at. What was taken already stays: rows
// that are in the ledger count as unchanged.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	f, err := h.registry.File(ctx, h.db, session, r.PathValue("id"))
	if err != nil {
		return err
	}
	at := importPath + "/" + f.ID
	if !f.TakenAt.IsZero() {
		return web.Done(w, r, at, "这个文件已经导入过，没有重复登记。")
	}
	body, err := h.read(ctx, f)
	if err != nil {
		return err
	}
	rep, err := h.run(ctx, scope, f, bytes.NewReader(body), false)
	if err != nil {
		return err
	}
	if err := h.db.Update(ctx, func(tx *db.Tx) error { return h.registry.FileTaken(ctx, tx, session, f.ID, rep) }); err != nil {
		return err
	}
	return web.Done(w, r, at, fmt.Sprintf("已导入：新登记 %d 行，台账已有 %d 行，不接受 %d 行。", rep.Accepted, rep.Unchanged, len(rep.Refused)))
}

func (h *Handler) read(ctx context.Context, f registry.File) ([]byte, error) {
	from, err := h.blobs.Open(ctx, blob.Ref(f.Blob))
	if errors.Is(err, blob.ErrNotFound) {
		return nil, fault.New(fault.Gone, "预检时上传的文件已不在，请重新上传。").From(err)
	}
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return io.ReadAll(io.LimitReader(from, registry.MaxFile))
}
