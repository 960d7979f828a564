package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
	"zhengshu/internal/fault"
)

// Focus is one item of a plan's list: something to look for, or to miss, that no
// standing check knows of, such as the slogan of a campaign or a phone number that
// changed. It is data: it travels with a plan and needs no new program.
type Focus struct {
	Name     string   `json:"name"`              // 重点检查项, as people call it
	Kind     string   `json:"kind"`              // FocusWords, FocusPattern, FocusElement, FocusLink
	Values   []string `json:"values"`            // words, patterns, elements, parts of addresses
	Missing  bool     `json:"missing,omitempty"` // wrong when none is there; else wrong when one is
	HomeOnly bool     `json:"home_only,omitempty"`
	Severity Severity `json:"severity"`
	Article  string   `json:"article,omitempty"`
	Fix      string   `json:"fix"`
}

// Kinds of focus item.
const (
	FocusWords   = "words"   // 字词
	FocusPattern = "pattern" // 表达式
	FocusElement = "element" // 页面元素
	FocusLink    = "link"    // 链接地址
)

// FocusKinds in Chinese, in the order of screens.
var FocusKinds = [][2]string{{FocusWords, "字词"}, {FocusPattern, "表达式"}, {FocusElement, "页面元素"}, {FocusLink, "链接地址"}}

// Bounds of an item.
const (
	maxFocusValues = 200
	maxFocusValue  = 200 // characters
	maxFocusShown  = 5   // findings of one item on a page
)

// ID names the item among the checks.
func (f Focus) ID() string { return "focus." + f.Name }

// Check refuses an item that cannot be looked for.
func (f Focus) Check() error {
	wrong := func(field, says string, a ...any) error {
		return fault.New(fault.Invalid, "重点检查项填写不完整，请按提示修改。").On(field, fmt.Sprintf(says, a...))
	}
	if n := utf8.RuneCountInString(f.Name); n < 2 || n > 30 || strings.ContainsAny(f.Name, "\r\n\x00") {
		return wrong("focus_name", "请用2到30个字写明检查什么")
	}
	if !slices.ContainsFunc(FocusKinds, func(k [2]string) bool { return k[0] == f.Kind }) {
		return wrong("focus_kind", "请选择检查方式")
	}
	if len(f.Values) == 0 || len(f.Values) > maxFocusValues {
		return wrong("focus_values", "请每行填写一个要查找的内容，1到%d行", maxFocusValues)
	}
	for _, v := range f.Values {
		if n := utf8.RuneCountInString(v); n < 2 || n > maxFocusValue {
			return wrong("focus_values", "“%.60s”应为2到%d个字", v, maxFocusValue)
		}
		switch f.Kind {
		case FocusPattern:
			if _, err := regexp.Compile(v); err != nil {
				return wrong("focus_values", "“%.60s”不是正确的表达式", v)
			}
		case FocusElement:
			if _, ok := elementOf(v); !ok {
				return wrong("focus_values", "“%.60s”不是能识别的页面元素，请写成 div#float、.ad、a[href*=词] 这样的形式", v)
			}
		}
	}
	return nil
}

// element is a compound selector: name, id, classes and one attribute.
type element struct {
	tag, id   string
	classes   []string
	attr, has string
}

var elementForm = regexp.MustCompile(`^([a-zA-Z][a-zA-Z0-9-]*)?(#[\w-]+)?((?:\.[\w-]+)*)(?:\[([a-zA-Z][\w-]*)(?:\*?=["']?([^"'\]]*)["']?)?\])?$`)

func elementOf(v string) (element, bool) {
	m := elementForm.FindStringSubmatch(strings.TrimSpace(v))
	if m == nil || m[0] == "" {
		return element{}, false
	}
	e := element{tag: strings.ToLower(m[1]), id: strings.TrimPrefix(m[2], "#"), attr: strings.ToLower(m[4]), has: m[5]}
	if m[3] != "" {
		e.classes = strings.Split(m[3][1:], ".")
	}
	return e, true
}

func (e element) matches(n *html.Node) bool {
	if n.Type != html.ElementNode || e.tag != "" && n.Data != e.tag {
		return false
	}
	id, attr := e.id == "", e.attr == ""
	var classes []string
	for _, a := range n.Attr {
		switch {
		case a.Key == "id" && a.Val == e.id:
			id = true
		case a.Key == "class":
			classes = strings.Fields(a.Val)
		}
		if a.Key == e.attr && (e.has == "" || strings.Contains(a.Val, e.has)) {
			attr = true
		}
	}
	if !id || !attr {
		return false
	}
	for _, c := range e.classes {
		if !slices.Contains(classes, c) {
			return false
		}
	}
	return true
}

// WholePage is the place of an item that is missing.
const WholePage = "本页"

// fewWords is how many characters a page shows at most whose content is not in its
// text.
const fewWords = 20

// named reports whether one of the words is what a picture or another element of the
// page is called: a slogan in a picture is there for whoever sees it.
func (f Focus) named(p *Page) bool {
	if f.Kind != FocusWords {
		return false
	}
	for _, n := range p.elements() {
		for _, key := range []string{"alt", "title", "aria-label"} {
			if name := noBlanks(dom.Attr(n, key)); name != "" && slices.ContainsFunc(f.Values, func(v string) bool { return seek.Has(name, noBlanks(v)) }) {
				return true
			}
		}
	}
	return false
}

// RunFocus looks for the items on a page. An item that stands is a violation at
// each of the first places, one that is missing is one of the page.
func RunFocus(p *Page, class Class, items []Focus) []Finding {
	var out []Finding
	for _, f := range items {
		if f.HomeOnly && class != ClassHome {
			continue
		}
		places := f.places(p)
		finding := Finding{Check: f.ID(), Severity: f.Severity, Article: f.Article, Fix: f.Fix, Outcome: Violated}
		switch {
		case f.Missing && len(places) == 0 && f.named(p):
			finding.Says, finding.Outcome, finding.Fix = fmt.Sprintf("重点检查项“%s”：符合。", f.Name), Kept, ""
			out = append(out, finding)
		case f.Missing && len(places) == 0 && (p.Unfilled() || !longer(p.bare(), fewWords)):
			finding.Why = "页面内容由脚本生成或没有文字，不能判定缺少应有的内容，请人工查看。"
			finding.Says = fmt.Sprintf("重点检查项“%s”未能检查：%s", f.Name, finding.Why)
			finding.Outcome, finding.Where, finding.Fix = Untested, WholePage, ""
			out = append(out, finding)
		case f.Missing && len(places) == 0:
			finding.Says, finding.Where = fmt.Sprintf("重点检查项“%s”：本页没有应有的内容。", f.Name), WholePage
			out = append(out, finding)
		case !f.Missing && len(places) > 0:
			for _, where := range places[:min(len(places), maxFocusShown)] {
				finding.Says, finding.Where = fmt.Sprintf("重点检查项“%s”：出现“%s”。", f.Name, abridge.Text(where, 60)), where
				out = append(out, finding)
			}
		default:
			finding.Says, finding.Outcome, finding.Fix = fmt.Sprintf("重点检查项“%s”：符合。", f.Name), Kept, ""
			out = append(out, finding)
		}
	}
	return out
}

// places are where an item stands on a page, each once.
func (f Focus) places(p *Page) []string {
	var out []string
	add := func(s string) {
		if s = strings.Join(strings.Fields(s), " "); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, v := range f.Values {
		switch f.Kind {
		case FocusWords:
			// A line break or a blank inside a word hides it from nobody.
			if seek.Has(p.VisibleText, v) || seek.Has(p.bare(), noBlanks(v)) {
				add(v)
			}
		case FocusPattern:
			re, err := regexp.Compile(v)
			if err != nil {
				continue // refused where it was entered
			}
			for _, m := range re.FindAllString(p.VisibleText, maxFocusShown) {
				add(abridge.Text(m, maxFocusValue))
			}
		case FocusElement:
			e, ok := elementOf(v)
			if !ok {
				continue
			}
			for n := range p.Root.Descendants() {
				if e.matches(n) {
					add(v)
					break
				}
			}
		case FocusLink:
			for _, l := range p.Links {
				if strings.Contains(l.URL, v) || strings.Contains(l.Href, v) {
					add(l.Href)
				}
			}
		}
	}
	return out
}
