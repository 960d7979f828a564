package web

import (
	"fmt"
	"net/http"

	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
)

// TakeTable hands the table of a request's one file (field file, CSV or XLSX) to
// take. A file that is none is a fault of that field; noun is what the screen
// calls the table.
func TakeTable(r *http.Request, noun string, limits official.Limits, take func(*official.Table) (intake.Report, error)) (intake.Report, error) {
	files, done, err := Uploads(r, "file")
	defer done()
	if err != nil {
		return intake.Report{}, err
	}
	if len(files) == 0 {
		return intake.Report{}, fault.New(fault.Invalid, "没有选择"+noun+"。").On("file", "请选择 CSV 或 XLSX 文件")
	}
	t, err := official.ReadTable(files[0].Content, files[0].Size, files[0].Name, limits)
	if err != nil {
		return intake.Report{}, err
	}
	rep, err := take(t)
	if err == nil && rep.Accepted+rep.Unchanged+len(rep.Refused) == 0 {
		err = fault.New(fault.Invalid, noun+"只有表头，没有内容，请填好各行再导入。").On("file", "没有内容")
	}
	return rep, err
}

// Taken says on a form what became of a table's rows; the first hundred that
// were refused are named.
func (v *FormView) Taken(rep *intake.Report) {
	if rep == nil {
		return
	}
	v.Alert = Alert{Kind: Good, Title: fmt.Sprintf("收到 %d 条，未收 %d 条", rep.Accepted, len(rep.Refused))}
	if rep.Unchanged > 0 {
		v.Alert.Title = fmt.Sprintf("收到 %d 条，已有而未变的 %d 条，未收 %d 条", rep.Accepted, rep.Unchanged, len(rep.Refused))
	}
	if len(rep.Refused) == 0 {
		return
	}
	v.Alert.Kind = Warn
	t := Table{Caption: "未收的行", Columns: []Column{{Head: "行", Number: true}, {Head: "列"}, {Head: "原因", Wide: true}}}
	for _, x := range rep.Refused[:min(len(rep.Refused), 100)] {
		t.Rows = append(t.Rows, Row{Cells: []Cell{Figure(x.Row), Text(x.Field), Text(x.Says)}})
	}
	v.Before = append(v.Before, t)
}
