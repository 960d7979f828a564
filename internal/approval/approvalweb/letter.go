package approvalweb

import (
	"errors"
	"net/http"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
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
	return web.SendDocument(w, r, l.Document(), "文书", l.Title()+"-"+l.Number)
}
