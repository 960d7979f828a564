package check

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/js"
	"zhengshu/internal/dom"
)

// form judges where a form sends what the visitor writes. A box to search with may lead
// anywhere.
func (w *walker) form(n *html.Node, st seenState) {
	key := "formaction"
	if n.DataAtom == atom.Form {
		key = "action"
	}
	t := judge(w.p, w.l, dom.Attr(n, key))
	if !t.foreign || t.trusted && t.bad == "" {
		return
	}
	how := ""
	switch {
	case n.DataAtom != atom.Form:
		how = "提交按钮改变了表单的去向"
	case st.how != "" && (!st.tolerated || t.bad != ""):
		how = "表单" + st.how
	case asksPerson(n):
		how = "表单要求填写个人信息或密码"
	case !asksAnything(n) && w.sends(n):
		how = "表单没有可填的内容，由脚本提交"
	case t.bad == "":
		return
	default:
		how = "疑似违规站点"
	}
	w.view.forms = append(w.view.forms, sighting{detail: how + "，提交到 " + t.host, where: place(n), sure: t.bad != ""})
}

var personalField = regexp.MustCompile(`(?i)pass(?:w|_|$)|pwd|mima|id_?card|idno|sfz|shenfen|mobile|phone|shouji|bank(?:[^a-z]|card|no|num|acc|$)|yhk|xingming|realname|身份证|手机|密码|银行卡|姓名|联系电话`)

// asksPerson reports whether a form asks who the visitor is.
func asksPerson(form *html.Node) bool {
	for n := range form.Descendants() {
		switch {
		case n.DataAtom == atom.Input && strings.EqualFold(dom.Attr(n, "type"), "hidden"):
		case n.DataAtom == atom.Input && strings.EqualFold(dom.Attr(n, "type"), "password"):
			return true
		case n.DataAtom == atom.Input, n.DataAtom == atom.Textarea:
			if personalField.MatchString(dom.Attr(n, "name") + " " + dom.Attr(n, "id") + " " + dom.Attr(n, "placeholder")) {
				return true
			}
		}
	}
	return false
}

// asksAnything reports whether a form has a field to be filled in or pressed.
func asksAnything(form *html.Node) bool {
	for n := range form.Descendants() {
		switch n.DataAtom {
		case atom.Input:
			if !strings.EqualFold(dom.Attr(n, "type"), "hidden") {
				return true
			}
		case atom.Textarea, atom.Select, atom.Button:
			return true
		}
	}
	return false
}

// sends reports whether a script sends forms off.
func (w *walker) sends(form *html.Node) bool {
	return slices.ContainsFunc(w.p.scripts, func(s string) bool {
		if !strings.Contains(s, ".submit(") {
			return false
		}
		id, name := dom.Attr(form, "id"), dom.Attr(form, "name")
		return id == "" && name == "" || strings.Contains(s, "forms[") || id != "" && strings.Contains(s, id) || name != "" && strings.Contains(s, name)
	})
}

// carried judges the page that a frame carries with it.
func (w *walker) carried(markup string) (t target) {
	for _, h := range js.HostsIn(markup) {
		if t = judgeHost(w.p, w.l, h); t.foreign && !t.trusted {
			return t
		}
	}
	return t
}
