package web

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Taking is a list that leaves the house as a file.
type Taking struct {
	Path    string   // of the list on screen
	Name    string   // of the list, as people call it
	Filter  string   // the query of the address
	Columns []string // as headed in the file
	Rows    int
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
// with the day. Who took what out is told to Config.Taken before the first
// byte leaves; when that fails nothing is sent.
func SendSheet(w http.ResponseWriter, r *http.Request, s official.Sheet, name string) error {
	format := r.URL.Query().Get("format")
	rows := 0
	all := s.Rows
	s.Rows = func(yield func([]any) bool) {
		rows = 0
		for row := range all {
			rows++
			if !yield(row) {
				return
			}
		}
	}
	b, err := SheetBytes(s, format)
	if err != nil {
		return err
	}
	var columns []string
	for _, c := range s.Columns {
		columns = append(columns, c.Title)
	}
	if err := tell(r, s.Title, columns, rows); err != nil {
		return err
	}
	return SendFile(w, name+"-"+FrameOf(r).Today.String()+"."+format, SheetKinds[format], int64(len(b)), bytes.NewReader(b))
}

// MostExported refuses a list that is longer than one file may be. of is what
// is counted with its measure word: "个单位".
func MostExported(total, most int, of string) error {
	if total <= most {
		return nil
	}
	return fault.Newf(fault.TooLarge, "筛选结果有 %d %s，超过一次导出的上限 %d %s，请加上条件分次导出。", total, of, most, of)
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

// SendList answers with a list in a form of its own, told to Config.Taken as
// SendSheet tells it; the name goes with the day.
func SendList(w http.ResponseWriter, r *http.Request, title string, columns []string, rows int, name, mediaType string, b []byte) error {
	if err := tell(r, title, columns, rows); err != nil {
		return err
	}
	return SendFile(w, name, mediaType, int64(len(b)), bytes.NewReader(b))
}

// tell records that a list leaves the house.
func tell(r *http.Request, title string, columns []string, rows int) error {
	q := requestFrom(r.Context())
	if q == nil || q.rt.c.Taken == nil {
		return nil
	}
	return q.rt.c.Taken(r.Context(), Taking{Path: strings.TrimSuffix(r.URL.Path, "/export"), Name: title, Filter: r.URL.RawQuery, Columns: columns, Rows: rows})
}
