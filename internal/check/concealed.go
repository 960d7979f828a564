package check

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/encoded"
	"zhengshu/internal/check/js"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// Concealed and injected content: a way of hiding alone is no finding, since
// menus, tabs and skip links hide things all day; it becomes one together with
// a target that has no business there: a host outside government, or a spam
// phrase. Ways that honest pages never use (character references for common
// characters in a title, say) are findings by themselves.
var concealedChecks = []Check{
	concealedCheck("concealed.hidden_link", "页面没有隐藏的站外链接", "页面含有访问者看不见的站外链接（暗链）",
		"请立即删除该链接及其外层代码，排查同一模板生成的其他页面，并按网络安全事件处置流程报告。", hiddenLinks),
	concealedCheck("concealed.hidden_text", "页面没有隐藏的违规文字", "页面含有访问者看不见的违规文字",
		"请立即删除该段隐藏内容，核查发布账号和页面模板是否被他人改动。", hiddenText),
	concealedCheck("concealed.hidden_frame", "页面没有隐藏的站外框架", "页面以看不见的框架载入站外内容",
		"请立即删除该框架代码，检查页面模板和服务器文件是否被植入。", hiddenFrames),
	concealedCheck("concealed.pixel_link", "页面没有以极小图片承载的站外链接", "页面以极小图片承载站外链接",
		"请立即删除该图片和链接，检查页面模板。", pixelLinks),
	concealedCheck("concealed.script", "页面脚本没有隐藏写入站外内容", "页面脚本以隐藏或编码方式写入站外内容",
		"请立即删除该段脚本，比对原始模板，检查服务器上的脚本文件是否被植入。", scriptLoaders),
	concealedCheck("concealed.redirect", "页面没有按来路或终端跳转到站外", "页面按访问来路或终端把访问者跳转到站外",
		"请立即删除该跳转代码，并以手机和搜索引擎来路重新访问核实。", redirects),
	concealedCheck("concealed.form", "页面没有把填写的内容送到站外的表单", "页面的表单把访问者填写的内容送到站外",
		"请核实该表单是否由本单位设置：不是的，立即删除并检查页面模板；是的，改由本站或政务服务平台接收个人信息。", outwardForms),
	concealedCheck("concealed.whole_page", "页面不是整页植入的违规内容", "页面整页是植入的违规内容",
		"请立即删除该页面和同一目录下的同类页面，检查服务器上的程序和定时任务，查明上传途径，并请搜索引擎删除收录。", plantedPage),
	concealedCheck("concealed.entities", "标题、标签和链接没有以字符编码掩饰的文字", "以字符编码掩饰标题、标签或链接的文字",
		"请改用正常文字，核查标题和标签是否被他人植入内容。", entities),
	concealedCheck("concealed.title", "标题和标签与页面内容一致", "标题或标签被植入与页面内容无关的违规文字",
		"请恢复原标题和标签，核查发布账号和模板是否被他人改动，并请搜索引擎更新快照。", injectedTitle),
	concealedCheck("concealed.split_word", "页面没有拆开书写的违规文字", "以拆字、夹杂符号等方式书写违规文字或站外链接",
		"请删除该段内容，核查其来源。", splitWords),
	concealedCheck("concealed.spam_link", "页面没有指向违规站点的可见链接", "页面含有指向疑似违规站点的链接",
		"请立即删除该链接；属友情链接的，请核查对方域名是否已过期被他人抢注。", spamLinks),
}

func concealedCheck(id, fine, wrong, fix string, sights func(*Facts) []sighting) Check {
	return Check{
		ID: id, Says: Says{Fine: fine, Wrong: wrong, HowToFix: fix},
		Articles: []string{"V-W-1.3", "S23.1a"}, Severity: Serious, AppliesTo: anyPage,
		Evidence: "命中位置的页面源代码、页面快照和抓取时间",
		run: func(c *Check, f *Facts) []Finding {
			if f.Page == nil {
				return nil
			}
			seen := sights(f)
			if len(seen) == 0 {
				return []Finding{c.fine("")}
			}
			var out []Finding
			said := map[string]bool{}
			for _, s := range seen {
				if said[s.where+s.detail] || len(out) >= maxSightings {
					continue
				}
				said[s.where+s.detail] = true
				w := c.wrong(s.detail, s.where)
				if !s.sure {
					w.Severity = Error
				}
				out = append(out, w)
			}
			return out
		},
	}
}

// concealedView is what one walk of the tree finds for several checks.
type concealedView struct {
	links, text, frames, pixels, forms []sighting
}

// hiddenLinks and its neighbours share one walk of the page.
func hiddenLinks(f *Facts) []sighting  { return f.walked().links }
func hiddenText(f *Facts) []sighting   { return f.walked().text }
func hiddenFrames(f *Facts) []sighting { return f.walked().frames }
func pixelLinks(f *Facts) []sighting   { return f.walked().pixels }
func outwardForms(f *Facts) []sighting { return f.walked().forms }

func (f *Facts) walked() *concealedView {
	if f.view == nil {
		v := look(f.Page, f.Lexicon, f.layersOf)
		f.view = &v
	}
	return f.view
}

// layersOf unwraps a script once for all checks of a run.
func (f *Facts) layersOf(src string) []js.Layer {
	if ls, ok := f.unwrapped[src]; ok {
		return ls
	}
	ls := js.Layers(src)
	if f.unwrapped == nil {
		f.unwrapped = map[string][]js.Layer{}
	}
	f.unwrapped[src] = ls
	return ls
}

// look walks the page with the colours and the hiding that elements inherit.
func look(p *Page, l *Lexicon, unwrap func(string) []js.Layer) concealedView {
	w := readied(p, l, unwrap)
	w.walk(p.Root, seenState{ground: 0xffffff, paper: w.bare})
	return w.view
}

// readied is a walker that has read what the page's own styles and scripts hide and show.
func readied(p *Page, l *Lexicon, unwrap func(string) []js.Layer) *walker {
	w := &walker{p: p, l: l, unwrap: unwrap, sheet: css.NewSheet(p.declsOf), byScript: map[string]bool{}, shown: map[string]bool{}, around: map[*html.Node]int{}, bare: true}
	if len(p.styles) > 0 {
		for _, n := range p.elements() {
			if n.DataAtom == atom.Style && css.AnyMedium(dom.Lowered(dom.Attr(n, "media"))) && shadowAround(n) == nil {
				w.sheet.Add(dom.RawText(n))
			}
		}
	}
	for _, n := range p.elements() {
		switch {
		case n.DataAtom == atom.Link && strings.Contains(dom.Lowered(dom.Attr(n, "rel")), "stylesheet"):
			w.linked = true
			w.bare = false
			if rules := encoded.DataText(dom.Attr(n, "href")); rules != "" && css.AnyMedium(dom.Lowered(dom.Attr(n, "media"))) {
				w.sheet.Add(rules)
			}
		case dom.HasAttr(n, "background"):
			w.bare = false
		}
	}
	var classed [][2]string
	for _, src := range p.scripts {
		for _, ly := range unwrap(src) {
			text := js.Named(ly.Text)
			for _, sel := range js.Hides(text) {
				if strings.ContainsAny(sel[1:], " .#[>:+~*") || sel[0] != '.' && sel[0] != '#' {
					w.sheet.Add(sel + "{display:none!important}")
				}
				w.byScript[sel] = true
			}
			for _, sel := range js.Undone(text) {
				w.byScript[sel] = true
			}
			for _, sel := range js.Shows(text) {
				w.shown[sel] = true
			}
			w.hiddenAt(text)
			for _, rules := range js.Styles(ly.Text) {
				w.sheet.Add(rules)
			}
			classed = append(classed, js.Classes(text)...)
			for _, m := range ly.Written {
				if i := strings.Index(strings.ToLower(m), "<style"); i >= 0 {
					if j := strings.IndexByte(m[i:], '>'); j > 0 {
						rules, _, _ := strings.Cut(m[i+j+1:], "</style")
						w.sheet.Add(rules)
					}
				}
			}
		}
	}
	for _, c := range classed {
		if how, _ := w.sheet.Declared(css.Attire{Class: c[1], Anywhere: true}).Concealment(); how != "" {
			w.byScript[c[0]] = true
		}
	}
	return w
}

// seenState is what an element inherits.
type seenState struct {
	ink       uint32
	inkKnown  bool
	ground    uint32
	paper     bool // the ground was set by a style we saw
	how       string
	strong    bool
	root      *html.Node
	tolerated bool // the hidden block is a menu of own or government links
}

type walker struct {
	p        *Page
	l        *Lexicon
	unwrap   func(string) []js.Layer
	sheet    *css.Sheet
	byScript map[string]bool
	view     concealedView
	// written is the hiding a script opened by document.write and has not
	// closed yet; open counts the elements it left open.
	written string
	open    int
	comment bool                // what it opened is a comment
	openers map[string]bool     // ids of what something on the page opens
	shown   map[string]bool     // ids and classes that a script shows
	nodes   map[*html.Node]bool // hidden by a script that says where they stand
	linked  bool                // styles come from files
	bare    bool                // no style comes from elsewhere: what sets no ground is white
	anchor  uint32              // the colour of links
	anchors bool                // the page says it
	around  map[*html.Node]int  // characters that stand in an element beside its links, counted until there are enough
}

func (w *walker) walk(n *html.Node, st seenState) {
	lost := unslotted(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.ElementNode:
			w.element(c, st, lost)
		case html.DocumentNode:
			w.walk(c, st)
		case html.CommentNode:
			w.remark(c.Data)
		}
	}
}

// remark judges links in a comment. Pages keep what they do not show any more there: that
// leads elsewhere is a sign beside a spam phrase only, or in a comment made for some
// browsers.
func (w *walker) remark(text string) {
	if !strings.Contains(dom.Lowered(text), "href") {
		return
	}
	made := strings.HasPrefix(dom.Lowered(strings.TrimSpace(text)), "[if")
	if !made && w.l.suspicious(text) == "" && !slices.ContainsFunc(js.HostsIn(text), func(h string) bool { return judgeHost(w.p, w.l, h).bad != "" }) {
		return
	}
	if made && seek.Any(text, []string{"浏览器", "升级", "rowser"}) {
		return // what old browsers are told
	}
	root, err := tryParse(text, mostWritten)
	if err != nil {
		return
	}
	for a := range root.Descendants() {
		if a.DataAtom != atom.A {
			continue
		}
		t := judge(w.p, w.l, dom.Attr(a, "href"))
		word := w.l.suspicious(nodeText(a))
		if t.foreign && (!t.trusted || t.bad != "") && (made || word != "" || t.bad != "") {
			how := "写在注释里"
			if made {
				how = "写在给旧浏览器的注释里"
			}
			w.view.links = append(w.view.links, sighting{detail: how + "，指向 " + t.host + about(word), where: place(a), sure: word != "" || t.bad != ""})
		}
	}
}

// element looks at one; lost are those that their parent has no place for.
func (w *walker) element(n *html.Node, st seenState, lost bool) {
	switch n.DataAtom {
	case atom.Script:
		w.scriptWrites(dom.RawText(n))
		return
	case atom.Noscript:
		w.noscript(n, "只给不运行脚本的访问者（noscript）")
		return
	case atom.Noframes, atom.Noembed:
		w.noscript(n, "只给旧浏览器（"+n.Data+"）")
		return
	case atom.Style, atom.Head:
		if n.DataAtom == atom.Head {
			w.walk(n, st) // old pages leave body elements in the head
		}
		return
	case atom.Body:
		if c := dom.Attr(n, "link"); c != "" {
			w.anchor, w.anchors = css.Colour(dom.Lowered(c))
		}
	}
	d := w.sheet.Of(n)
	if len(d.Decls) > 0 {
		if v, ok := d.Decls["background"]; ok {
			w.ground(&st, v)
		}
		if v, ok := d.Decls["background-color"]; ok {
			w.ground(&st, v)
		}
		if v, ok := d.Decls["background-image"]; ok && v != "none" {
			st.paper = false
		}
		if v, ok := d.Decls["color"]; ok {
			st.ink, st.inkKnown = css.Colour(v)
		}
	}
	if lost && n.DataAtom != atom.Template {
		st.how, st.strong, st.root, st.tolerated = "影子树（shadow DOM）没有给它位置", true, n, false
	}
	if w.anchors && n.DataAtom == atom.A && d.Decls["color"] == "" {
		st.ink, st.inkKnown = w.anchor, true
	}
	how, strong := d.How, d.Strong
	if how == "" {
		how, strong = neverShown(n)
	}
	if how == "" && w.linked {
		if c := hiddenByFramework(dom.Attr(n, "class")); c != "" && !w.sheet.HasClass(c) {
			how = "不显示（class=\"" + c + "\"）"
		}
	}
	if how == "" && dom.HasAttr(n, "hidden") {
		how = "不显示（hidden 属性）"
	}
	if how == "" && dom.HasAttr(n, "popover") && !w.opened(dom.Attr(n, "id")) {
		how = "不显示（没有打开的 popover）"
	}
	if how == "" && n.DataAtom == atom.Details && !dom.HasAttr(n, "open") && w.unlabelled(n) {
		how = "折叠，没有可以点开的标题"
	}
	if how == "" && n.DataAtom == atom.Dialog && !dom.HasAttr(n, "open") {
		how = "不显示（没有打开的 dialog）"
	}
	if how == "" && w.hiddenByScript(n) {
		how = "由脚本隐藏"
	}
	if how == "" && n.DataAtom == atom.Marquee && (css.Tiny(n, "height") || css.Tiny(n, "width") || big(n, "scrollamount")) {
		how, strong = "零尺寸滚动区", true
	}
	if how == "" && st.inkKnown && st.paper && css.Alike(st.ink, st.ground) {
		how, strong = "文字与背景同色", true
	}
	if how == "" && w.open > 0 && w.written != "" {
		how, strong = "由脚本写入的隐藏区域（"+w.written+"）", !w.comment
	}
	if how != "" && (st.how == "" || strong && !st.strong) {
		st.how, st.strong, st.root = how, strong, n
		st.tolerated = !strong && w.menuLike(n) || w.shows(n) || how == css.Indented && pictured(n, d.Decls)
		w.hiddenWords(n, how)
	}
	switch n.DataAtom {
	case atom.A, atom.Area:
		w.link(n, st)
	case atom.Form, atom.Button, atom.Input:
		w.form(n, st)
	case atom.Iframe, atom.Frame, atom.Embed, atom.Object:
		w.frame(n, st)
		if n.DataAtom == atom.Iframe && n.FirstChild != nil {
			w.noscript(n, "写在框架标签里，浏览器不显示")
		}
	}
	if shadowRoot(n) {
		w.shadow(n, st)
		return
	}
	w.walk(n, st)
}

// shadowRoot reports whether a template is the tree that its parent shows in the place of
// its own children.
func shadowRoot(n *html.Node) bool {
	if n.DataAtom != atom.Template || n.Parent == nil {
		return false
	}
	mode := dom.Lowered(dom.Attr(n, "shadowrootmode"))
	return mode == "open" || mode == "closed"
}

// shadowAround is the root of the tree of shadows in which an element stands; nil for none.
func shadowAround(n *html.Node) *html.Node {
	for up := n.Parent; up != nil; up = up.Parent {
		if shadowRoot(up) {
			return up
		}
	}
	return nil
}

// unslotted reports whether an element shows a tree of its own that has no place for its
// children.
func unslotted(host *html.Node) bool {
	for c := host.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && shadowRoot(c) {
			return dom.Find(c, atom.Slot) == nil
		}
	}
	return false
}

// longestTag bounds the name of an element that its own style sheet is read for.
const longestTag = 40

// shadow walks a tree of shadows: the page's style sheets do not reach into it, and its
// own do not reach out, but to its host.
func (w *walker) shadow(root *html.Node, st seenState) {
	inner := *w
	inner.sheet = css.NewSheet(w.p.declsOf)
	for n := range root.Descendants() {
		if n.DataAtom != atom.Style || !css.AnyMedium(dom.Lowered(dom.Attr(n, "media"))) || shadowAround(n) != root {
			continue
		}
		text := dom.RawText(n)
		if len(root.Parent.Data) <= longestTag {
			text = strings.ReplaceAll(text, ":host", root.Parent.Data)
		}
		inner.sheet.Add(text)
	}
	if d := inner.sheet.Of(root.Parent); d.How != "" && st.how == "" {
		st.how, st.strong, st.root = d.How, d.Strong, root
	}
	inner.walk(root, st)
	w.view = inner.view
}

func (w *walker) ground(st *seenState, v string) {
	if strings.Contains(v, "url(") || strings.Contains(v, "gradient") {
		// A picture behind the text: its colour is unknown.
		st.paper = false
		return
	}
	if c, ok := css.Colour(v); ok {
		st.ground, st.paper = c, true
	}
}

// opened reports whether something on the page opens a popover.
func (w *walker) opened(id string) bool {
	if w.openers == nil {
		w.openers = map[string]bool{}
		for _, n := range w.p.elements() {
			w.openers[dom.Attr(n, "popovertarget")] = true
		}
	}
	return id != "" && w.openers[id]
}

// noscript judges what only machines that run no scripts, or show no frames, are given:
// words to their readers, and what counts visits, are ordinary.
func (w *walker) noscript(n *html.Node, how string) {
	raw := dom.RawText(n)
	if !strings.Contains(dom.Lowered(raw), "href") || strings.Contains(dom.Lowered(raw), "script") || seek.Any(raw, []string{"脚本", "浏览器", "统计", "启用", "框架"}) {
		return
	}
	root, err := tryParse(raw, mostWritten)
	if err != nil {
		return
	}
	for a := range root.Descendants() {
		if a.DataAtom != atom.A {
			continue
		}
		if t := judge(w.p, w.l, dom.Attr(a, "href")); t.foreign && (!t.trusted || t.bad != "") && noBlanks(nodeText(a)) != "" {
			word := w.l.suspicious(nodeText(a))
			w.view.links = append(w.view.links, sighting{detail: how + "，指向 " + t.host + about(word), where: place(a), sure: word != "" || t.bad != ""})
		}
	}
}

func (w *walker) link(n *html.Node, st seenState) {
	href := dom.Attr(n, "href")
	t := judge(w.p, w.l, href)
	if st.how == "" && !t.foreign {
		return // in sight, and to where it belongs
	}
	if st.how == css.NoLine && dom.Find(n, atom.Img) != nil {
		return // a picture keeps its height
	}
	if st.how != "" {
		t = judgeUnseen(w.p, w.l, href)
	}
	text := w.p.linkText(n)
	word := w.l.spam(text)
	if word == "" && t.foreign {
		word = w.l.suspicious(text)
	}
	if st.how != "" {
		sure := word != "" || t.bad != ""
		switch {
		case t.foreign && (sure || !t.trusted && !st.tolerated):
		case !t.foreign && word != "" && w.l.spam(text) != "" && !w.l.lawful(plainLetters(text)):
			// Hidden spam phrases on the own site: planted directories.
		default:
			return
		}
		w.view.links = append(w.view.links, sighting{detail: st.how + "，指向 " + show(t.host, href) + about(word), where: place(n), sure: sure})
		return
	}
	if t.foreign && !t.trusted && n.DataAtom == atom.A && w.asText(n) {
		w.view.links = append(w.view.links, sighting{detail: "链接与四周文字没有区别，指针也不变，指向 " + t.host + about(word), where: place(n), sure: word != "" || t.bad != ""})
		return
	}
	if t.foreign && !t.trusted && n.DataAtom == atom.Area && noArea(n) {
		w.view.links = append(w.view.links, sighting{detail: "热区没有面积，指向 " + t.host, where: place(n), sure: t.bad != ""})
		return
	}
	if t.foreign && !t.trusted && n.DataAtom == atom.A && (nothingShown(n) || w.wordsHidden(n)) {
		w.view.links = append(w.view.links, sighting{detail: "链接没有可见的文字，指向 " + t.host, where: place(n), sure: t.bad != ""})
		return
	}
	if t.foreign && (!t.trusted || word != "") && pixelOnly(n) {
		w.view.pixels = append(w.view.pixels, sighting{detail: "指向 " + show(t.host, href) + about(word), where: place(n), sure: word != "" || t.bad != ""})
	}
}

// spamLinks reports visible links to hosts outside government that carry a
// spam phrase or a spam host.
func spamLinks(f *Facts) []sighting { return spamLinksOf(f.Page, f.Lexicon) }

func spamLinksOf(p *Page, l *Lexicon) (out []sighting) {
	for _, n := range p.elements() {
		if n.DataAtom != atom.A {
			continue
		}
		t := judge(p, l, dom.Attr(n, "href"))
		if !t.foreign {
			continue
		}
		text := p.linkText(n)
		word := l.spam(text)
		if word != "" && l.lawful(plainLetters(text)) {
			word = ""
		}
		shady := ""
		if word == "" && t.hint != "" {
			shady = l.suspicious(text)
		}
		switch {
		case t.trusted && t.bad == "":
		case word != "":
			out = append(out, sighting{"指向 " + t.host + about(word), place(n), true})
		case t.bad != "":
			out = append(out, sighting{"指向 " + t.host + "（域名含“" + t.bad + "”）", place(n), shady != ""})
		case shady != "":
			out = append(out, sighting{"指向 " + t.host + about(shady), place(n), true})
		}
	}
	return out
}
