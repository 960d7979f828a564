package web

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Plain holds the views of the plain pages: pages/list.html, pages/record.html
// and pages/form.html, for the types below and for what embeds them:
//
//	type contractors struct{ web.ListView }
//	var contractorsPage = web.Define(web.Plain, "pages/list.html", contractors{}, …)
var Plain fs.FS = views

// ListView is a page that lists things: a filter in the address, a table, and
// what leads on.
type ListView struct {
	Heading Heading
	Trail   []Crumb // between 工作台 and the page itself
	Tabs    Tabs
	Alert   Alert
	Stats   Stats
	Filter  Filter
	Exports []Act // the same list as a file
	Table   Table
	Pager   Pager
	More    []Component // below the list
}

// Title of the document.
func (v ListView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v ListView) Crumbs() []Crumb { return trail(v.Trail, v.Heading.Title) }

// RecordView is the page of one record: its parts in a wide column, its facts
// and its history beside them.
type RecordView struct {
	Heading Heading
	Trail   []Crumb
	Tabs    Tabs
	Wrong   ErrorSummary // of a small form of the page
	Alerts  []Alert
	Main    []Component
	Forms   []Form // small acts, below Main
	Side    []Component
}

// Title of the document.
func (v RecordView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v RecordView) Crumbs() []Crumb { return trail(v.Trail, v.Heading.Title) }

// FormView is a page with one form.
type FormView struct {
	Heading Heading
	Trail   []Crumb
	Alert   Alert
	Before  []Component
	Find    Filter // narrows what the form offers
	Form    Form
}

// Title of the document.
func (v FormView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v FormView) Crumbs() []Crumb { return trail(v.Trail, v.Heading.Title) }

// Again fills the form as it was typed and says what is wrong with it; files
// have to be chosen again.
func (v *FormView) Again(r *http.Request, err error) {
	v.Form.Fill(r.PostForm)
	v.Form.Wrong(err)
	if r.MultipartForm != nil && len(r.MultipartForm.File) > 0 {
		v.Alert = Alert{Kind: Warn, Title: "附件需要重新选择", Text: "文字内容已保留；浏览器不保留已选的文件，改正后请重新选择附件。"}
	}
}

func trail(between []Crumb, last string) []Crumb {
	out := append([]Crumb{{Name: "工作台", Href: "/console"}}, between...)
	return append(out, Crumb{Name: last})
}

// Mendable reports whether the fault is for the person at the form to mend.
func Mendable(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) || fault.Is(err, fault.Conflict)
}

// StatusOf is the status of a form shown again.
func StatusOf(err error) int {
	if fault.Is(err, fault.Invalid) {
		return http.StatusUnprocessableEntity
	}
	return fault.Of(err).Kind.Status()
}

// History shows the trail of one thing, newest first.
func History(rows []audit.Row) Timeline {
	t := Timeline{Title: "变更记录"}
	for _, e := range rows {
		t.Events = append(t.Events, Event{At: e.At, Title: audit.ActName(e.Act), Who: e.Actor.Name, Text: e.Basis})
	}
	return t
}

// Upload is a file that came with a form.
type Upload struct {
	Field, Name string
	Content     io.Reader
}

// Uploads are the files of the named fields; close them when done.
func Uploads(r *http.Request, fields ...string) (list []Upload, closeAll func(), err error) {
	var open []multipart.File
	closeAll = func() {
		for _, f := range open {
			_ = f.Close() // read-only
		}
	}
	if r.MultipartForm == nil {
		return nil, closeAll, nil
	}
	for _, name := range fields {
		for _, head := range r.MultipartForm.File[name] {
			if head.Size == 0 && head.Filename == "" {
				continue
			}
			f, err := head.Open()
			if err != nil {
				closeAll()
				return nil, func() {}, fault.New(fault.Invalid, "附件没有传完，可能是网络中断，请重新选择文件。").On(name, "请重新选择文件").From(err)
			}
			open = append(open, f)
			list = append(list, Upload{Field: name, Name: head.Filename, Content: f})
		}
	}
	return list, closeAll, nil
}

// Typed is a field without the blanks around it.
func Typed(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

// DayOf reads a date field; nothing typed is the zero date, and what is
// written but is no date is said on the field.
func DayOf(r *http.Request, name, what string) (calendar.Date, error) {
	s := Typed(r, name)
	if s == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(s)
	if err != nil {
		return d, fault.New(fault.Invalid, what+"不能识别："+err.Error()+"。").On(name, err.Error()).From(err)
	}
	return d, nil
}

// SendFile sends a kept file as a download that no browser runs.
func SendFile(w http.ResponseWriter, name, mediaType string, size int64, content io.Reader) error {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("web: send %s: %w", name, err)
	}
	return nil
}

// SheetKinds are the media types of a table as a file, by ?format=.
var SheetKinds = map[string]string{
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"csv":  "text/csv; charset=utf-8",
}

// SheetBytes writes a sheet in the format: xlsx or csv.
func SheetBytes(s official.Sheet, format string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	switch format {
	case "xlsx":
		err = official.WriteXLSX(&b, s)
	case "csv":
		err = official.WriteCSV(&b, s, official.CSVOptions{BOM: true})
	default:
		return nil, fault.New(fault.Invalid, "导出格式只有 xlsx 和 csv，请从列表上的按钮导出。").On("format", "请选择 xlsx 或 csv")
	}
	return b.Bytes(), err
}

// SendSheet answers with the sheet in the format of ?format=; the name goes
// with the day.
func SendSheet(w http.ResponseWriter, r *http.Request, s official.Sheet, name string) error {
	format := r.URL.Query().Get("format")
	b, err := SheetBytes(s, format)
	if err != nil {
		return err
	}
	return SendFile(w, name+"-"+FrameOf(r).Today.String()+"."+format, SheetKinds[format], int64(len(b)), bytes.NewReader(b))
}

// ExportActs lead to the list of the address as files.
func ExportActs(path string, q url.Values) []Act {
	var out []Act
	for _, format := range []string{"xlsx", "csv"} {
		v := url.Values{}
		for k, list := range q {
			if k != "page" && k != "format" {
				v[k] = list
			}
		}
		v.Set("format", format)
		out = append(out, Act{Text: "导出 " + strings.ToUpper(format), Href: path + "?" + v.Encode()})
	}
	return out
}
