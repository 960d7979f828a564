package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/fault"
)

// proofField is what a person proves anew who it is with: the password, or a
// code where the login has a second factor.
const proofField = "_proof"

// Proof is what sign-in knows of how lately the person of a session proved who
// it is.
type Proof struct {
	Fresh bool
	Code  bool          // a code of the second factor is asked for, else the password
	After time.Duration // how old a proof may be
}

// Prover is a Gate that asks for a proof again before grave acts. Prove
// returns the form token of the session under its new name.
type Prover interface {
	Proof(r *http.Request) (Proof, error)
	Prove(w http.ResponseWriter, r *http.Request, secret string) (formToken string, err error)
}

// proofView asks for the proof and posts again what was posted.
type proofView struct {
	Heading Heading
	Form    Form
}

// Title of the document.
func (v proofView) Title() string { return v.Heading.Title }

func newProofView(p Proof) proofView {
	v := proofView{Heading: Heading{Title: "请再次验证身份", Lead: "您离上次验证身份已超过 " + Took(p.After) + "。这一步作出后立即生效，请确认是您本人在操作；刚才填写的内容都已保留。"}}
	f := Field{Kind: Password, Name: proofField, Label: "密码", Required: true, Complete: "current-password", Max: 200}
	if p.Code {
		f = Field{Name: proofField, Label: "动态码", Hint: "验证器当前显示的 6 位数字", Required: true, Narrow: true, Max: 7, Complete: "one-time-code", Mode: "numeric"}
	}
	v.Form = Form{Sections: []Section{{Fields: []Field{f}}}, Buttons: []Button{{Label: "验证并继续"}}}
	return v
}

var proofPage = Define(views, "pages/proof.html",
	newProofView(Proof{After: 30 * time.Minute}),
	newProofView(Proof{Code: true, After: time.Hour}),
	func() proofView {
		v := newProofView(Proof{After: time.Minute})
		v.Form.Wrong(fault.New(fault.Invalid, `<b>"密码"不正确</b>`).On(proofField, `<i>"x"`))
		v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, Field{Kind: Hidden, Name: `a"b`, Value: `"><script>`})
		return v
	}())

// Prove lets a grave act through when the person of the session proved lately
// who it is. Otherwise it answers with a page that asks for the password or a
// code and posts the same form again, and reports false: the handler returns
// then. Files that came with the form are not kept.
func Prove(w http.ResponseWriter, r *http.Request) (bool, error) {
	q := requestFrom(r.Context())
	if q == nil {
		return true, nil
	}
	gate, ok := q.rt.c.Gate.(Prover)
	if !ok {
		return true, nil
	}
	p, err := gate.Proof(r)
	if err != nil || p.Fresh {
		return err == nil, err
	}
	v := newProofView(p)
	status := http.StatusUnauthorized
	if secret := r.PostFormValue(proofField); secret != "" {
		token, err := gate.Prove(w, r, secret)
		if err == nil {
			// A form shown again in this answer belongs to the session's new name.
			q.visitor.FormToken = token
			return true, nil
		}
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooMany) {
			return false, err
		}
		v.Form.Wrong(err)
		status = StatusOf(err)
	}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		if !strings.HasPrefix(name, "_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range r.PostForm[name] {
			v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, Field{Kind: Hidden, Name: name, Value: value})
		}
	}
	v.Form.Action = r.URL.RequestURI()
	if back := refererPath(r); back != "" {
		v.Form.Cancel = Link{Text: "返回原页面", Href: back}
	}
	return false, proofPage.RenderStatus(w, r, status, v)
}
