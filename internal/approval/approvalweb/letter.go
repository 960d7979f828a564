package approvalweb

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/web"
)

// letterView is GET /console/cases/{id}/letters/{letter}: the letter as it is
// printed on A4.
type letterView struct {
	Heading web.Heading
	Faces   string // which faces the PDF is not set in
	Letter  approval.Letter
	Dated   string
}

// Title of the document.
func (v letterView) Title() string { return v.Letter.Title() + " " + v.Letter.Number }

// Crumbs of the page.
func (v letterView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath}, {Name: "事项", Href: casesPath + "/" + string(v.Letter.Case)}, {Name: v.Letter.Title()}}
}

func newLetterView(l approval.Letter) letterView {
	return letterView{Letter: l, Dated: calendar.DateOf(l.IssuedAt).Chinese(), Heading: web.Heading{Title: l.Title(), Above: l.Number, Acts: []web.Act{
		{Text: "下载 DOCX", Href: l.Link() + "/file?as=docx", Primary: true}, {Text: "下载 PDF", Href: l.Link() + "/file?as=pdf"}, {Text: "返回事项", Href: casesPath + "/" + string(l.Case)}}}}
}

var letterPage = web.Define(views, "views/letter.html", newLetterView(approval.Letter{Kind: approval.SupplementLetter, Number: "TZ-1", IssuedAt: sampleAt}), newLetterView(sampleLetter()),
	newLetterView(approval.Letter{ID: `"><script>`, Kind: `<script>`, Addressee: `"><b>`, Text: []string{`<script>alert(1)</script>`}, Issuer: `"onload="x`}))

func (h *Handler) letter(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letterOf(r)
	if err != nil {
		return err
	}
	v := newLetterView(l)
	if faces, err := official.FindFaces(); err == nil {
		v.Faces = faces.Says()
	} else if !errors.Is(err, official.ErrNoFont) { // the PDF itself says so
		return err
	}
	return letterPage.Render(w, r, v)
}

func (h *Handler) letterOf(r *http.Request) (approval.Letter, error) {
	return h.approvals.LetterByID(r.Context(), authz.ScopeFrom(r.Context()), approval.CaseID(r.PathValue("id")), r.PathValue("letter"))
}

func (h *Handler) letterFile(w http.ResponseWriter, r *http.Request) error {
	l, err := h.letterOf(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	kind, ending := "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"
	switch r.URL.Query().Get("as") {
	case "docx":
		_, err = l.Document().WriteTo(&b)
	case "pdf":
		kind, ending = "application/pdf", "pdf"
		var faces *official.Faces
		faces, err = official.FindFaces()
		if errors.Is(err, official.ErrNoFont) {
			return fault.New(fault.Unavailable, "服务器上没有中文字体，暂时不能生成 PDF。可以下载 DOCX，或用浏览器打印；请系统管理员安装 fonts-wqy-microhei，或用环境变量 "+official.EnvFont+" 指定字体文件。").From(err)
		}
		if err == nil {
			err = l.Document().WritePDF(&b, faces)
		}
	default:
		return fault.New(fault.Invalid, "文书只能下载为 docx 或 pdf，请从文书页面的按钮下载。").On("as", "请选择 docx 或 pdf")
	}
	if err != nil {
		return fmt.Errorf("approvalweb: write letter %s: %w", l.ID, err)
	}
	attach(w, kind, l.Title()+"-"+l.Number+"."+ending, int64(b.Len()))
	_, err = w.Write(b.Bytes())
	return err
}
