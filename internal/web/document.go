package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// SendDocument answers with an official document in the format of ?as=: docx or
// pdf. noun is what it is called in sentences ("商请函"), name the file's name
// without its ending.
func SendDocument(w http.ResponseWriter, r *http.Request, d *official.Document, noun, name string) error {
	var b bytes.Buffer
	var kind, ending string
	var err error
	switch r.URL.Query().Get("as") {
	case "docx":
		kind, ending = "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"
		_, err = d.WriteTo(&b)
	case "pdf":
		kind, ending = "application/pdf", "pdf"
		var faces *official.Faces
		faces, err = official.FindFaces()
		if errors.Is(err, official.ErrNoFont) {
			return fault.New(fault.Unavailable, "服务器上没有中文字体，暂时不能生成 PDF。可以下载 DOCX，或用浏览器打印；请系统管理员安装 fonts-wqy-microhei，或用环境变量 "+official.EnvFont+" 指定字体文件。").From(err)
		}
		if err == nil {
			err = d.WritePDF(&b, faces)
		}
	default:
		return fault.New(fault.Invalid, noun+"只能下载为 docx 或 pdf，请从页面上的按钮下载。").On("as", "请选择 docx 或 pdf")
	}
	if err != nil {
		return fmt.Errorf("web: write %s: %w", name, err)
	}
	return SendFile(w, name+"."+ending, kind, int64(b.Len()), &b)
}
