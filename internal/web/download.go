package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"

	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Download answers with a list as a file: format is csv or xlsx, name the
// Chinese file name without ending; the day is added.
func Download(w http.ResponseWriter, r *http.Request, name, format string, s official.Sheet) error {
	var b bytes.Buffer
	var kind string
	var err error
	switch format {
	case "xlsx":
		kind, err = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", official.WriteXLSX(&b, s)
	case "csv":
		kind, err = "text/csv; charset=utf-8", official.WriteCSV(&b, s, official.CSVOptions{BOM: true})
	default:
		return fault.New(fault.Invalid, "导出格式只有 xlsx 和 csv，请从页面上的按钮导出。").On("format", "请选择 xlsx 或 csv")
	}
	if err != nil {
		return fmt.Errorf("write export %s: %w", name, err)
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="list.`+format+`"; filename*=UTF-8''`+url.PathEscape(name+"-"+FrameOf(r).Today.String()+"."+format))
	_, err = w.Write(b.Bytes())
	return err
}
