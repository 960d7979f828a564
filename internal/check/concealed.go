package check

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

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

// maxSightings bounds the findings of one check on one page; a page with a
// thousand dark links needs one decision, not a thousand rows.
const maxSightings = 20

// sighting is one place where something concealed was seen; sure when a spam
// phrase or spam host was seen with it.
type sighting struct {
	detail, where string
	sure          bool
}

// target judges an address a page points to: foreign means another site that
// is not government's; bad names the spam sign it carries.
type target struct {
	host    string
	foreign bool
	trusted bool
	bad     string // strong sign
	hint    string // weak sign
}

func judge(p *Page, l *Lexicon, address string) target {
	if !strings.Contains(address, "//") && strings.IndexByte(address, '\\') < 0 {
		return target{} // names no host, however it is written
	}
	if p.judgedBy != l {
		p.judgedBy, p.targets = l, map[string]target{}
	}
	t, known := p.targets[address]
	if !known {
		t = judgeAddress(p, l, address)
		p.targets[address] = t
	}
	return t
}

func judgeAddress(p *Page, l *Lexicon, address string) target {
	address = strings.TrimSpace(strings.ReplaceAll(address, `\/`, "/"))
	if strings.IndexByte(address, '\\') >= 0 || strings.ContainsAny(address, "\t\n\r") {
		address = browserSpelling.Replace(address)
	}
	if !strings.Contains(address, "//") {
		return target{}
	}
	if i := strings.Index(address, "//"); i > 0 && !strings.HasSuffix(strings.ToLower(address[:i]), "http:") && !strings.HasSuffix(strings.ToLower(address[:i]), "https:") && !strings.HasSuffix(strings.ToLower(address[:i]), "ftp:") {
		return target{}
	}
	return judgeHost(p, l, hostOf(address[strings.Index(address, "//"):]))
}

// browserSpelling makes of an address what a browser reads in it.
var browserSpelling = strings.NewReplacer(`\`, "/", "\t", "", "\n", "", "\r", "")

// judgeUnseen judges an address that nobody is meant to see: also the one that it
// carries in a script or hands on to somebody else.
func judgeUnseen(p *Page, l *Lexicon, address string) target {
	t := judge(p, l, address)
	if t.foreign && !t.trusted {
		return t
	}
	inner := address
	if !strings.HasPrefix(lowered(strings.TrimSpace(address)), "javascript:") {
		_, query, ok := strings.Cut(address, "?")
		if !ok {
			return t
		}
		inner = query
	}
	if strings.IndexByte(inner, '%') >= 0 {
		inner = unpercent(inner)
	}
	for _, h := range hostsIn(inner) {
		if on := judgeHost(p, l, h); on.foreign && !on.trusted {
			return on
		}
	}
	return t
}

func judgeHost(p *Page, l *Lexicon, h string) target {
	number := h != "" && strings.Trim(h, "0123456789") == ""
	if h == "" || !number && !strings.ContainsAny(h, ".:") || strings.HasPrefix(h, ".") {
		return target{}
	}
	if h[0]-'0' <= 9 || strings.IndexByte(h, ':') >= 0 {
		if a, err := netip.ParseAddr(h); err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast()) {
			return target{} // left over from where the page was made: nobody gets there
		}
	}
	t := target{host: h}
	part, strong := l.shadyHost(h)
	if governmentHost(h) || p.ownHost(h) {
		return t
	}
	t.foreign = true
	t.trusted = l.trustedHost(h)
	if strong {
		t.bad = part
	} else {
		t.hint = part
	}
	return t
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
func (f *Facts) layersOf(src string) []layer {
	if ls, ok := f.unwrapped[src]; ok {
		return ls
	}
	ls := layers(src)
	if f.unwrapped == nil {
		f.unwrapped = map[string][]layer{}
	}
	f.unwrapped[src] = ls
	return ls
}

// look walks the page with the colours and the hiding that elements inherit.
func look(p *Page, l *Lexicon, unwrap func(string) []layer) concealedView {
	w := readied(p, l, unwrap)
	w.walk(p.Root, seenState{ground: 0xffffff, paper: w.bare})
	return w.view
}

// readied is a walker that has read what the page's own styles and scripts hide and show.
func readied(p *Page, l *Lexicon, unwrap func(string) []layer) *walker {
	w := &walker{p: p, l: l, unwrap: unwrap, sheet: newSheet(p.declsOf), byScript: map[string]bool{}, shown: map[string]bool{}, around: map[*html.Node]int{}, bare: true}
	if len(p.styles) > 0 {
		for _, n := range p.elements() {
			if n.DataAtom == atom.Style && anyMedium(lowered(attr(n, "media"))) && shadowAround(n) == nil {
				w.sheet.add(rawText(n))
			}
		}
	}
	for _, n := range p.elements() {
		switch {
		case n.DataAtom == atom.Link && strings.Contains(lowered(attr(n, "rel")), "stylesheet"):
			w.linked = true
			w.bare = false
			if css := dataText(attr(n, "href")); css != "" && anyMedium(lowered(attr(n, "media"))) {
				w.sheet.add(css)
			}
		case hasAttr(n, "background"):
			w.bare = false
		}
	}
	var classed [][2]string
	for _, src := range p.scripts {
		for _, ly := range unwrap(src) {
			text := named(ly.text)
			for _, sel := range hiddenByScript(text) {
				if strings.ContainsAny(sel[1:], " .#[>:+~*") || sel[0] != '.' && sel[0] != '#' {
					w.sheet.add(sel + "{display:none!important}")
				}
				w.byScript[sel] = true
			}
			for _, sel := range undoneByScript(text) {
				w.byScript[sel] = true
			}
			for _, sel := range shownByScript(text) {
				w.shown[sel] = true
			}
			w.hiddenAt(text)
			for _, css := range styledByScript(ly.text) {
				w.sheet.add(css)
			}
			classed = append(classed, classedByScript(text)...)
			for _, m := range ly.written {
				if i := strings.Index(strings.ToLower(m), "<style"); i >= 0 {
					if j := strings.IndexByte(m[i:], '>'); j > 0 {
						css, _, _ := strings.Cut(m[i+j+1:], "</style")
						w.sheet.add(css)
					}
				}
			}
		}
	}
	for _, c := range classed {
		if how, _ := w.sheet.declared(attire{class: c[1], anywhere: true}).concealment(); how != "" {
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
	unwrap   func(string) []layer
	sheet    *sheet
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
	if !strings.Contains(lowered(text), "href") {
		return
	}
	made := strings.HasPrefix(lowered(strings.TrimSpace(text)), "[if")
	if !made && w.l.suspicious(text) == "" && !slices.ContainsFunc(hostsIn(text), func(h string) bool { return judgeHost(w.p, w.l, h).bad != "" }) {
		return
	}
	if made && containsAny(text, []string{"浏览器", "升级", "rowser"}) {
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
		t := judge(w.p, w.l, attr(a, "href"))
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
		w.scriptWrites(rawText(n))
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
		if c := attr(n, "link"); c != "" {
			w.anchor, w.anchors = colour(lowered(c))
		}
	}
	d := w.sheet.of(n)
	if len(d.decls) > 0 {
		if v, ok := d.decls["background"]; ok {
			w.ground(&st, v)
		}
		if v, ok := d.decls["background-color"]; ok {
			w.ground(&st, v)
		}
		if v, ok := d.decls["background-image"]; ok && v != "none" {
			st.paper = false
		}
		if v, ok := d.decls["color"]; ok {
			st.ink, st.inkKnown = colour(v)
		}
	}
	if lost && n.DataAtom != atom.Template {
		st.how, st.strong, st.root, st.tolerated = "影子树（shadow DOM）没有给它位置", true, n, false
	}
	if w.anchors && n.DataAtom == atom.A && d.decls["color"] == "" {
		st.ink, st.inkKnown = w.anchor, true
	}
	how, strong := d.how, d.strong
	if how == "" {
		how, strong = neverShown(n)
	}
	if how == "" && w.linked {
		if c := hiddenByFramework(attr(n, "class")); c != "" && w.sheet.byClass[c] == nil {
			how = "不显示（class=\"" + c + "\"）"
		}
	}
	if how == "" && hasAttr(n, "hidden") {
		how = "不显示（hidden 属性）"
	}
	if how == "" && hasAttr(n, "popover") && !w.opened(attr(n, "id")) {
		how = "不显示（没有打开的 popover）"
	}
	if how == "" && n.DataAtom == atom.Details && !hasAttr(n, "open") && w.unlabelled(n) {
		how = "折叠，没有可以点开的标题"
	}
	if how == "" && n.DataAtom == atom.Dialog && !hasAttr(n, "open") {
		how = "不显示（没有打开的 dialog）"
	}
	if how == "" && w.hiddenByScript(n) {
		how = "由脚本隐藏"
	}
	if how == "" && n.DataAtom == atom.Marquee && (tiny(n, "height") || tiny(n, "width") || big(n, "scrollamount")) {
		how, strong = "零尺寸滚动区", true
	}
	if how == "" && st.inkKnown && st.paper && alike(st.ink, st.ground) {
		how, strong = "文字与背景同色", true
	}
	if how == "" && w.open > 0 && w.written != "" {
		how, strong = "由脚本写入的隐藏区域（"+w.written+"）", !w.comment
	}
	if how != "" && (st.how == "" || strong && !st.strong) {
		st.how, st.strong, st.root = how, strong, n
		st.tolerated = !strong && w.menuLike(n) || w.shows(n) || how == indented && pictured(n, d.decls)
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
	mode := lowered(attr(n, "shadowrootmode"))
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
			return find(c, atom.Slot) == nil
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
	inner.sheet = newSheet(w.p.declsOf)
	for n := range root.Descendants() {
		if n.DataAtom != atom.Style || !anyMedium(lowered(attr(n, "media"))) || shadowAround(n) != root {
			continue
		}
		text := rawText(n)
		if len(root.Parent.Data) <= longestTag {
			text = strings.ReplaceAll(text, ":host", root.Parent.Data)
		}
		inner.sheet.add(text)
	}
	if d := inner.sheet.of(root.Parent); d.how != "" && st.how == "" {
		st.how, st.strong, st.root = d.how, d.strong, root
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
	if c, ok := colour(v); ok {
		st.ground, st.paper = c, true
	}
}

// opened reports whether something on the page opens a popover.
func (w *walker) opened(id string) bool {
	if w.openers == nil {
		w.openers = map[string]bool{}
		for _, n := range w.p.elements() {
			w.openers[attr(n, "popovertarget")] = true
		}
	}
	return id != "" && w.openers[id]
}

// neverShown is how a browser keeps an element off the page by its kind.
func neverShown(n *html.Node) (how string, strong bool) {
	switch n.DataAtom {
	case atom.Template:
		if shadowRoot(n) {
			return "", false
		}
		return "浏览器不显示 template 里的内容", true
	case atom.Rp, atom.Datalist, atom.Canvas:
		return "浏览器不显示 " + n.Data + " 里的内容", n.DataAtom != atom.Canvas
	}
	if n.Namespace == "svg" {
		switch n.Data {
		case "defs", "symbol", "clipPath", "mask", "pattern", "metadata":
			return "浏览器不显示 " + n.Data + " 里的内容", true
		}
	}
	return "", false
}

// shows reports whether the page says by what an element that it hides is shown.
func (w *walker) shows(n *html.Node) bool {
	if len(w.shown) > 0 {
		if id := attr(n, "id"); id != "" && (w.shown["#"+id] || w.shownNumbered(id)) {
			return true
		}
		for c := range strings.FieldsSeq(attr(n, "class")) {
			if w.shown["."+c] {
				return true
			}
		}
	}
	switch {
	case n.DataAtom == atom.Dialog && strings.Contains(w.p.Text, "showModal("):
		return true
	case hasAttr(n, "v-cloak") || hasAttr(n, "ng-cloak"): // until the page's script has run
		return find(w.p.Root, atom.Script) != nil
	case hasAttr(n, "data-aos"): // until the reader has come to it
		return strings.Contains(w.p.Text, "AOS.init(")
	case slices.Contains(strings.Fields(attr(n, "class")), "wow"):
		return strings.Contains(w.p.Text, "new WOW(")
	}
	return w.sheet.opens(n)
}

// pictured reports whether a link shows a picture of its own instead of the words that
// are moved out of it.
func pictured(n *html.Node, d decls) bool {
	return n.DataAtom == atom.A && strings.Contains(d["background"]+d["background-image"], "url(") && d.atLeast("width", 16) && d.atLeast("height", 16) && !faint(d["opacity"]) && d["display"] != "none"
}

// shownNumbered reports whether a script shows the elements whose id is a word and a
// number, as tabs have them: con_1, or con_one_2 where the word has two parts.
func (w *walker) shownNumbered(id string) bool {
	word := strings.TrimRight(id, "0123456789")
	for word != "" && word != id {
		if w.shown["#"+word+"+"] {
			return true
		}
		i := strings.LastIndexByte(strings.TrimRight(word, "_-"), '_')
		if i < 0 {
			break
		}
		word = word[:i+1]
	}
	return false
}

// unlabelled reports whether a closed details shows nothing to open it by.
func (w *walker) unlabelled(details *html.Node) bool {
	for c := range details.ChildNodes() {
		if c.DataAtom == atom.Summary {
			return noBlanks(nodeText(c)) == "" && c.FirstChild == nil || w.sheet.of(c).how != "" || hasAttr(c, "hidden")
		}
	}
	return false // the browser puts a word there
}

// noscript judges what only machines that run no scripts, or show no frames, are given:
// words to their readers, and what counts visits, are ordinary.
func (w *walker) noscript(n *html.Node, how string) {
	raw := rawText(n)
	if !strings.Contains(lowered(raw), "href") || strings.Contains(lowered(raw), "script") || containsAny(raw, []string{"脚本", "浏览器", "统计", "启用", "框架"}) {
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
		if t := judge(w.p, w.l, attr(a, "href")); t.foreign && (!t.trusted || t.bad != "") && noBlanks(nodeText(a)) != "" {
			word := w.l.suspicious(nodeText(a))
			w.view.links = append(w.view.links, sighting{detail: how + "，指向 " + t.host + about(word), where: place(a), sure: word != "" || t.bad != ""})
		}
	}
}

// hiddenAt notes the elements that a script hides by their place in the page.
func (w *walker) hiddenAt(text string) {
	if !strings.Contains(text, "getElementsByTagName") && !strings.Contains(text, "currentScript") {
		return
	}
	note := func(n *html.Node) {
		if w.nodes == nil {
			w.nodes = map[*html.Node]bool{}
		}
		w.nodes[n] = true
	}
	for _, m := range hideByTag.FindAllStringSubmatch(text, 16) {
		at, err := strconv.Atoi(m[2])
		if err != nil || !hidesByStyle(m[3:]) {
			continue
		}
		for _, n := range w.p.elements() {
			if n.Data == strings.ToLower(m[1]) {
				if at == 0 {
					note(n)
					break
				}
				at--
			}
		}
	}
	for _, m := range hideBeside.FindAllStringSubmatch(text, 16) {
		if !hidesByStyle(m[2:]) {
			continue
		}
		for _, n := range w.p.elements() {
			if n.DataAtom != atom.Script || !strings.Contains(rawText(n), "currentScript") {
				continue
			}
			beside := n.Parent
			if m[1] == "previousElementSibling" || m[1] == "previousSibling" {
				for beside = n.PrevSibling; beside != nil && beside.Type != html.ElementNode; beside = beside.PrevSibling {
				}
			}
			if beside != nil && beside.DataAtom != atom.Body && beside.DataAtom != atom.Head {
				note(beside)
			}
		}
	}
}

func (w *walker) hiddenByScript(n *html.Node) bool {
	if w.nodes[n] {
		return true
	}
	if len(w.byScript) == 0 {
		return false
	}
	if id := attr(n, "id"); id != "" && w.byScript["#"+id] {
		return true
	}
	for c := range strings.FieldsSeq(attr(n, "class")) {
		if w.byScript["."+c] {
			return true
		}
	}
	return false
}

// menuLike reports whether a hidden block has several links and most of them
// lead to the page's own site, government or well-known services.
func (w *walker) menuLike(n *html.Node) bool {
	all, fine := 0, 0
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.DataAtom != atom.A || c.Type != html.ElementNode {
			continue
		}
		all++
		if t := judge(w.p, w.l, attr(c, "href")); !t.foreign || t.trusted {
			fine++
		}
	}
	return all >= 4 && fine*2 > all
}

func (w *walker) link(n *html.Node, st seenState) {
	href := attr(n, "href")
	t := judge(w.p, w.l, href)
	if st.how == "" && !t.foreign {
		return // in sight, and to where it belongs
	}
	if st.how == noLine && find(n, atom.Img) != nil {
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

// enoughAround is how many characters stand around a link in running text.
const enoughAround = 8

// asText reports whether a link in running text was made to look like the words around
// it, to the pointer also. Many sites give all their links the colour of text; none takes
// the hand away from a single one.
func (w *walker) asText(a *html.Node) bool {
	d := w.sheet.of(a).decls
	if c := d["cursor"]; c != "text" && c != "default" && c != "auto" || !strings.HasPrefix(d["text-decoration"]+d["text-decoration-line"], "none") {
		return false
	}
	if w.sheet.declared(attire{tag: "a", anywhere: true})["cursor"] == d["cursor"] || a.Parent == nil {
		return false
	}
	if v := d["color"]; v != "inherit" && v != "currentcolor" {
		ink, ok := colour(v)
		around := uint32(0) // what browsers write in
		for up := a.Parent; up != nil; up = up.Parent {
			if v := w.sheet.of(up).decls["color"]; v != "" && v != "inherit" {
				var known bool
				if around, known = colour(v); !known {
					return false
				}
				break
			}
		}
		if !ok || ink != around {
			return false
		}
	}
	text, known := w.around[a.Parent]
	if !known {
		for c := a.Parent.FirstChild; c != nil && text < enoughAround; c = c.NextSibling {
			if c.Type == html.TextNode {
				text += utf8.RuneCountInString(noBlanks(c.Data))
			}
		}
		w.around[a.Parent] = text
	}
	return text >= enoughAround
}

func about(word string) string {
	if word == "" {
		return ""
	}
	return "，含“" + word + "”"
}

func show(host, href string) string {
	if host != "" {
		return host
	}
	return clip(href, 60)
}

func clip(s string, runes int) string {
	n := 0
	for i := range s {
		if n == runes {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// place names an element so that an editor finds it: tag, id, class, address.
func place(n *html.Node) string {
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, k := range []string{"id", "class", "href", "src", "name"} {
		if v := attr(n, k); v != "" {
			b.WriteString(" " + k + "=\"" + clip(squeeze(v), 80) + "\"")
		}
	}
	b.WriteByte('>')
	return b.String()
}

// nothingShown reports whether a link has nothing to be seen or pressed: no element,
// no letter, and nothing of its own by which a style might draw it.
func nothingShown(a *html.Node) bool {
	for _, k := range []string{"class", "id", "style", "name", "title", "aria-label"} {
		if hasAttr(a, k) {
			return false
		}
	}
	for c := range a.Descendants() {
		switch {
		case c.DataAtom == atom.Img && len(c.Attr) == 0: // a picture of nothing
		case c.Type == html.CommentNode:
		case c.Type != html.TextNode || strings.TrimFunc(c.Data, pointless) != "":
			return false
		}
	}
	return true
}

// wordsHidden reports whether all the words of a link are hidden by elements within
// it, and nothing else is there by which a style might draw it.
func (w *walker) wordsHidden(a *html.Node) bool {
	for _, k := range []string{"class", "id", "style", "title", "aria-label"} {
		if hasAttr(a, k) {
			return false
		}
	}
	hidden := false
	for c := a.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode && strings.TrimFunc(c.Data, widthless) == "", c.Type == html.CommentNode:
		case c.Type == html.ElementNode && (w.sheet.of(c).how != "" || w.whiteInk(c)) && find(c, atom.Img) == nil && noBlanks(nodeText(c)) != "":
			hidden = true
		default:
			return false
		}
	}
	return hidden
}

// whiteInk reports whether an element within a link writes in the colour of the
// ground that its ancestors lay.
func (w *walker) whiteInk(n *html.Node) bool {
	ink, ok := colour(w.sheet.of(n).decls["color"])
	if !ok {
		return false
	}
	st := seenState{ground: 0xffffff, paper: w.bare}
	for up := n; up != nil; up = up.Parent {
		d := w.sheet.of(up).decls
		if v := d["background"] + " " + d["background-color"] + " " + d["background-image"]; v != "  " {
			w.ground(&st, v)
			return st.paper && alike(ink, st.ground)
		}
	}
	return st.paper && alike(ink, st.ground)
}

// noArea reports whether an area of a map covers nothing.
func noArea(n *html.Node) bool {
	f := strings.FieldsFunc(attr(n, "coords"), func(r rune) bool { return r == ',' || r == ' ' })
	var at [4]float64
	for i, s := range f {
		px, ok := length(s)
		if !ok || i >= len(at) {
			return false
		}
		at[i] = px
	}
	switch len(f) {
	case 3:
		return at[2] <= 1
	case 4:
		return at[2]-at[0] <= 1 || at[3]-at[1] <= 1
	}
	return false
}

// pointless are marks too small to be meant for pressing, and what has no width.
func pointless(r rune) bool {
	switch r {
	case '.', ',', '。', '，', '、', '\'', '`', '_', ';', '；', ':', '：', '·':
		return true
	}
	return widthless(r)
}

// widthless are blanks, and what has no width.
func widthless(r rune) bool {
	return blank(r) || r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\u2060' || r == '\ufeff' || r == '\u00ad'
}

// pixelOnly reports whether a link shows nothing but pictures of at most two
// pixels.
func pixelOnly(a *html.Node) bool {
	found := false
	for c := dom.Following(a, a); c != nil; c = dom.Following(c, a) {
		switch {
		case c.Type == html.TextNode && noBlanks(c.Data) != "":
			return false
		case c.DataAtom == atom.Img:
			d := parseDecls(attr(c, "style"))
			small := tiny(c, "width") && tiny(c, "height") || d.atMost("width", 2) && d.atMost("height", 2) || strings.HasPrefix(attr(c, "src"), onePixel) && !filledLater(c)
			if !small {
				return false
			}
			found = true
		}
	}
	return found
}

// filledLater reports whether a picture of one pixel holds the place of another, or is
// stretched.
func filledLater(img *html.Node) bool {
	for _, a := range img.Attr {
		if strings.HasPrefix(a.Key, "data-") || a.Key == "loading" || a.Key == "srcset" {
			return true
		}
	}
	for _, k := range []string{"width", "height"} {
		if px, ok := length(attr(img, k)); ok && px > 2 {
			return true
		}
	}
	return false
}

// onePixel begins a picture, written out, of one pixel.
const onePixel = "data:image/gif;base64,R0lGODlhAQAB"

// tiny reports whether a size attribute is at most two pixels.
func tiny(n *html.Node, key string) bool {
	v := strings.TrimSpace(attr(n, key))
	if v == "" || strings.HasSuffix(v, "%") && v != "0%" {
		return false
	}
	px, ok := length(v)
	return ok && px <= 2
}

func big(n *html.Node, key string) bool {
	v, err := strconv.Atoi(strings.TrimSpace(attr(n, key)))
	return err == nil && v >= 500
}

func (w *walker) frame(n *html.Node, st seenState) {
	src := attr(n, "src") + attr(n, "data")
	t := judge(w.p, w.l, src)
	if inner := attr(n, "srcdoc"); inner != "" || strings.HasPrefix(lowered(strings.TrimSpace(src)), "data:text/html") {
		t = w.carried(inner + dataText(src))
	}
	if !t.foreign {
		return
	}
	d := sized(n, w.sheet.of(n).decls)
	how := st.how
	switch {
	case how != "":
	case n.DataAtom == atom.Frame && noRoom(n):
		how = "框架没有尺寸"
	case tiny(n, "width") || tiny(n, "height") || d.atMost("width", 2) || d.atMost("height", 2):
		how = "尺寸为零"
	case t.bad != "":
		how = "疑似违规站点"
	case coversAll(d) || w.fillsCover(n, d):
		how = "盖住整个页面"
	case n.DataAtom == atom.Frame && w.onlyFrame(n), n.DataAtom == atom.Iframe && w.p.Text != "" && !longer(noBlanks(w.p.VisibleText), 20) && (attr(n, "width") == "100%" || d["width"] == "100%" || d["width"] == "100vw"):
		how = "整个页面都是站外内容"
	default:
		return
	}
	if t.trusted && t.bad == "" {
		return
	}
	w.view.frames = append(w.view.frames, sighting{detail: how + "，载入 " + t.host, where: place(n), sure: t.bad != ""})
}

// coversAll reports whether a frame so styled lies over the whole window.
func coversAll(d decls) bool {
	full := func(p string) bool { return strings.HasPrefix(d[p], "100") && d[p] != "100px" }
	over, err := strconv.Atoi(d["z-index"])
	switch d["position"] {
	case "fixed":
		return full("width") && full("height") || d["inset"] == "0" || d["inset"] == "0px"
	case "absolute":
		tall := d.atLeast("height", coverHeight) && d.atMost("top", 0) && d.atMost("left", 0)
		return full("width") && (full("height") && d["height"] == "100vh" || (full("height") || tall) && err == nil && over >= 99)
	}
	return false
}

// coverHeight is how many pixels high an element is that fills the windows most people have.
const coverHeight = 600

// sized are the declarations of an element with the measures its attributes give it.
func sized(n *html.Node, d decls) decls {
	out := d
	for _, k := range []string{"width", "height"} {
		v := strings.TrimSpace(attr(n, k))
		if v == "" || d[k] != "" {
			continue
		}
		if strings.Trim(v, "0123456789") == "" {
			v += "px"
		}
		if len(out) == len(d) {
			out = maps.Clone(d)
			if out == nil {
				out = decls{}
			}
		}
		out[k] = v
	}
	return out
}

// fillsCover reports whether a frame fills an element around it that lies over the whole
// window.
func (w *walker) fillsCover(n *html.Node, d decls) bool {
	if !strings.HasPrefix(d["width"], "100") || !strings.HasPrefix(d["height"], "100") {
		return false
	}
	up := n.Parent
	for range 3 {
		if up == nil || up.DataAtom == atom.Body {
			return false
		}
		if coversAll(w.sheet.of(up).decls) {
			return true
		}
		up = up.Parent
	}
	return false
}

// onlyFrame reports whether a page of frames shows nothing but this one.
func (w *walker) onlyFrame(frame *html.Node) bool {
	for _, n := range w.p.elements() {
		if n.DataAtom == atom.Frame && n != frame && !noRoom(n) {
			return false
		}
	}
	return true
}

// form judges where a form sends what the visitor writes. A box to search with may lead
// anywhere.
func (w *walker) form(n *html.Node, st seenState) {
	key := "formaction"
	if n.DataAtom == atom.Form {
		key = "action"
	}
	t := judge(w.p, w.l, attr(n, key))
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
		case n.DataAtom == atom.Input && strings.EqualFold(attr(n, "type"), "hidden"):
		case n.DataAtom == atom.Input && strings.EqualFold(attr(n, "type"), "password"):
			return true
		case n.DataAtom == atom.Input, n.DataAtom == atom.Textarea:
			if personalField.MatchString(attr(n, "name") + " " + attr(n, "id") + " " + attr(n, "placeholder")) {
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
			if !strings.EqualFold(attr(n, "type"), "hidden") {
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
		id, name := attr(form, "id"), attr(form, "name")
		return id == "" && name == "" || strings.Contains(s, "forms[") || id != "" && strings.Contains(s, id) || name != "" && strings.Contains(s, name)
	})
}

// carried judges the page that a frame carries with it.
func (w *walker) carried(markup string) (t target) {
	for _, h := range hostsIn(markup) {
		if t = judgeHost(w.p, w.l, h); t.foreign && !t.trusted {
			return t
		}
	}
	return t
}

// dataText is the text of an address that is its own page.
func dataText(address string) string {
	head, text, ok := strings.Cut(strings.TrimSpace(address), ",")
	if !ok || !strings.HasPrefix(lowered(head), "data:") {
		return ""
	}
	if strings.HasSuffix(lowered(head), ";base64") {
		text, _ = unbase64(text)
		return text
	}
	return unpercent(text)
}

// noRoom reports whether a frameset gives a frame no rows or columns.
func noRoom(frame *html.Node) bool {
	set := frame.Parent
	if set == nil || set.DataAtom != atom.Frameset {
		return false
	}
	at := 0
	for c := set.FirstChild; c != nil && c != frame && at < maxSightings; c = c.NextSibling {
		if c.DataAtom == atom.Frame || c.DataAtom == atom.Frameset {
			at++
		}
	}
	for _, k := range []string{"rows", "cols"} {
		if f := strings.SplitN(attr(set, k), ",", maxSightings+2); at < min(len(f), maxSightings) {
			if n, ok := length(f[at]); ok && n <= 2 {
				return true
			}
		}
	}
	return false
}

// hiddenWords reports spam phrases in the text of a hidden block.
func (w *walker) hiddenWords(n *html.Node, how string) {
	text := nodeText(n)
	if len(text) > 64<<10 {
		text = text[:64<<10]
	}
	if noBlanks(text) == "" {
		return
	}
	if word := w.l.spam(text); word != "" && !w.l.lawful(plainLetters(text)) {
		w.view.text = append(w.view.text, sighting{detail: how + "，含“" + word + "”", where: place(n), sure: true})
	}
}

var writtenTag = regexp.MustCompile(`(?s)<(/?)([a-zA-Z][a-zA-Z0-9]*)([^>]*)>`)
var classAttr = regexp.MustCompile(`(?is)\bclass\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)
var styleAttr = regexp.MustCompile(`(?is)style\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))`)

// scriptWrites follows what document.write opens and closes around the markup
// that stands between two scripts.
func (w *walker) scriptWrites(src string) {
	if !strings.Contains(src, "write") && strings.IndexByte(src, '\\') < 0 {
		return
	}
	for _, ly := range w.unwrap(src) {
		for _, m := range ly.written {
			if strings.Contains(m, "-->") && w.comment {
				w.written, w.open, w.comment = "", 0, false
			}
			if i := strings.LastIndex(m, "<!--"); i >= 0 && !strings.Contains(m[i:], "-->") && w.open == 0 {
				w.written, w.open, w.comment = "注释", 1, true
				continue
			}
			if w.comment {
				continue
			}
			for _, t := range writtenTag.FindAllStringSubmatch(m, 64) {
				name := strings.ToLower(t[2])
				switch {
				case name == "img" || name == "br" || name == "input" || name == "meta" || name == "link" || name == "hr" || strings.HasSuffix(t[3], "/"):
				case t[1] == "/":
					if w.open > 0 {
						if w.open--; w.open == 0 {
							w.written = ""
						}
					}
				default:
					wears := attire{tag: name, anywhere: true}
					if s := styleAttr.FindStringSubmatch(t[3]); s != nil {
						wears.style = s[1] + s[2] + s[3]
					}
					if s := classAttr.FindStringSubmatch(t[3]); s != nil {
						wears.class = s[1] + s[2] + s[3]
					}
					how, _ := w.sheet.declared(wears).concealment()
					if how == "" && name == "marquee" && strings.Contains(strings.ReplaceAll(t[3], `"`, ""), "height=0") {
						how = "零尺寸滚动区"
					}
					if how != "" || w.open > 0 {
						w.open++
						if w.written == "" {
							w.written = how
						}
					}
				}
			}
		}
	}
}

// scriptLoaders reports scripts that write or fetch something foreign under a
// disguise, or write hidden foreign links.
func scriptLoaders(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	for _, link := range p.Links {
		if link.Kind == LinkScript {
			if m := miner(link.Href); m != "" {
				out = append(out, sighting{"载入挖矿脚本（" + m + "）", clip(link.Href, 80), true})
			}
		}
	}
	out = append(out, f.lateLoaders()...)
	for _, src := range p.allScripts() {
		ls := f.layersOf(src)
		if how := lettersGone(src); how != "" {
			out = append(out, sighting{"以" + how + "书写，不能直接读出内容", scriptPlace(src), false})
		}
		if m := miner(src); m != "" {
			out = append(out, sighting{"运行挖矿脚本（" + m + "）", scriptPlace(src), true})
		}
		if strings.Contains(src, "cookie") {
			for _, m := range cookieSent.FindAllStringSubmatch(src, 8) {
				if t := judge(p, l, m[1]); t.foreign && !t.trusted {
					out = append(out, sighting{"把访问者的 Cookie 送到 " + t.host, scriptPlace(src), t.bad != ""})
				}
			}
		}
		spider := asksSpider(src)
		for _, ly := range ls {
			for _, h := range hostsIn(ly.text) {
				t := judgeHost(p, l, h)
				if !t.foreign {
					continue
				}
				switch {
				case ly.how != "" && ly.how != joinedHow && ly.how != "转义字符" && !t.trusted:
					out = append(out, sighting{"以" + ly.how + "掩饰，指向 " + h, scriptPlace(src), t.bad != ""})
				case ly.how == joinedHow && !t.trusted && !plainlyThere(ls[0].text, siteOf(h)) && !plainlyThere(unescapeJS(ls[0].text), siteOf(h)):
					out = append(out, sighting{"以" + ly.how + "掩饰，指向 " + h, scriptPlace(src), t.bad != ""})
				case ly.how == "转义字符" && (t.bad != "" || !t.trusted && !plainlyThere(ls[0].text, h)):
					out = append(out, sighting{"以转义字符掩饰，指向 " + h, scriptPlace(src), t.bad != ""})
				case t.bad != "" && (strings.Contains(ly.text, "write") || strings.Contains(ly.text, "innerHTML") || strings.Contains(ly.text, "createElement") || strings.Contains(ly.text, "append")):
					out = append(out, sighting{"写入指向 " + h + " 的内容", scriptPlace(src), true})
				}
			}
			if ly.how != "" && ly.how != joinedHow {
				if word := l.spam(ly.text); word != "" && utf8.RuneCountInString(word) > 1 && word[0] >= 0x80 {
					out = append(out, sighting{"以" + ly.how + "掩饰文字“" + word + "”", scriptPlace(src), true})
				}
			}
			for _, m := range slices.Concat(ly.written, puts(ly.text), makes(ly.text)) {
				out = append(out, writtenMarkup(p, l, m, src)...)
				if !spider {
					continue
				}
				for _, h := range hostsIn(m) {
					if t := judgeHost(p, l, h); t.foreign && !t.trusted && strings.Contains(lowered(m), "href") {
						out = append(out, sighting{"按访问者是否搜索引擎写入指向 " + h + " 的链接", scriptPlace(src), t.bad != ""})
					}
				}
			}
		}
	}
	return out
}

func plainlyThere(text, host string) bool {
	return strings.Contains(strings.ToLower(strings.ReplaceAll(text, `\/`, "/")), host)
}

// writtenMarkup judges markup a script writes: foreign links that are hidden
// or carry a spam phrase.
func writtenMarkup(p *Page, l *Lexicon, markup, src string) (out []sighting) {
	if !strings.Contains(markup, "<") {
		return nil
	}
	n, err := tryParse(markup, mostWritten)
	if err != nil {
		return nil
	}
	inner := &Page{URL: p.URL, at: p.at, base: p.base, Tags: p.Tags, Root: n}
	v := look(inner, l, layers)
	for _, s := range slices.Concat(v.links, v.frames, v.pixels, spamLinksOf(inner, l)) {
		out = append(out, sighting{"写入的内容" + s.detail, scriptPlace(src), s.sure})
	}
	return out
}

func scriptPlace(src string) string { return "<script> " + clip(squeeze(src), 80) }

// allScripts returns the script blocks and the handlers that run on load.
func (p *Page) allScripts() []string {
	all := slices.Clone(p.scripts)
	for _, h := range p.handlers {
		all = append(all, h.src)
	}
	return all
}

// lateLoaders reports handlers that run by themselves and fetch a script from elsewhere.
// What a page builds in it loads in its scripts; that a script or style sheet which did
// not come is fetched from another place is ordinary.
func (f *Facts) lateLoaders() (out []sighting) {
	for _, h := range f.Page.handlers {
		if h.on == atom.Script || h.on == atom.Link {
			continue
		}
		for _, ly := range f.layersOf(h.src) {
			for _, address := range loadedBy(ly) {
				if t := judge(f.Page, f.Lexicon, address); t.foreign && !t.trusted {
					out = append(out, sighting{"由 " + h.on.String() + " 标签的事件载入 " + t.host + " 的脚本", scriptPlace(h.src), t.bad != ""})
				}
			}
		}
	}
	return out
}

var (
	fetchesScript = regexp.MustCompile(`(?:\bgetScript|\bimport|\bimportScripts)\s*\(\s*["']([^"'\s]+)["']`)
	fetchesText   = regexp.MustCompile(`(?:\bfetch|\.\s*(?:get|ajax|open))\s*\(\s*(?:["'](?:GET|POST|get|post)["']\s*,\s*)?["']([^"'\s]+)["']`)
	makesScript   = regexp.MustCompile(`createElement\s*\(\s*["']script["']\s*\)`)
	sourceGiven   = regexp.MustCompile(`(?:\.\s*src\s*=|setAttribute\s*\(\s*["']src["']\s*,)\s*["']([^"'\s]+)["']`)
	runsText      = regexp.MustCompile(`\beval\b|\bFunction\s*\(`)
)

// loadedBy are the addresses of the scripts that a script fetches and runs.
func loadedBy(ly layer) (out []string) {
	for _, m := range fetchesScript.FindAllStringSubmatch(ly.text, 8) {
		out = append(out, m[1])
	}
	if runsText.MatchString(ly.text) {
		for _, m := range fetchesText.FindAllStringSubmatch(ly.text, 8) {
			out = append(out, m[1])
		}
	}
	if makesScript.MatchString(ly.text) {
		for _, m := range sourceGiven.FindAllStringSubmatch(ly.text, 8) {
			out = append(out, m[1])
		}
	}
	for _, markup := range slices.Concat(ly.written, puts(ly.text)) {
		if !strings.Contains(lowered(markup), "<script") {
			continue
		}
		root, err := tryParse(markup, mostWritten)
		if err != nil {
			continue
		}
		for n := range root.Descendants() {
			if n.DataAtom == atom.Script {
				out = append(out, attr(n, "src"))
			}
		}
	}
	return out
}

var refreshURL = regexp.MustCompile(`(?i)url\s*=\s*["']?([^"'\s;]+)`)

// asksWhom is how a script in any of its layers asks who the visitor is.
func asksWhom(ls []layer) string {
	for _, ly := range ls {
		if asks := asksVisitor(ly.text); asks != "" {
			return asks
		}
	}
	return ""
}

// redirects reports scripts and refresh tags that take the visitor off.
func redirects(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	for _, src := range p.allScripts() {
		ls := f.layersOf(src)
		asks, read := "", false
		for _, ly := range ls {
			for _, to := range targets(ly.text) {
				if !read { // few scripts send anybody anywhere
					asks, read = asksWhom(ls), true
				}
				t := judge(p, l, to.address)
				disguised := ly.how != "" && ly.how != joinedHow
				if !t.foreign || t.trusted && t.bad == "" || asks == "" && t.bad == "" && !disguised && !to.byItself() {
					continue
				}
				how := "跳转到 " + t.host
				switch low := strings.ToLower(asks); {
				case strings.Contains(low, "referrer"):
					how = "按访问来路" + how
				case asks != "":
					how = "按访问终端" + how
				case disguised:
					how = "以" + ly.how + "掩饰，" + how
				}
				out = append(out, sighting{how, scriptPlace(src), t.bad != ""})
			}
			for _, m := range ly.written {
				if !strings.Contains(lowered(m), "refresh") {
					continue
				}
				if to := refreshURL.FindStringSubmatch(m); to != nil {
					if t := judge(p, l, to[1]); t.foreign && !t.trusted {
						out = append(out, sighting{"由脚本写入的 refresh 标签跳转到 " + t.host, scriptPlace(src), t.bad != ""})
					}
				}
			}
		}
	}
	for _, n := range p.elements() {
		switch n.DataAtom {
		case atom.Base:
			if t := judge(p, l, attr(n, "href")); t.foreign && !t.trusted {
				out = append(out, sighting{"base 标签把本页的相对链接都引向 " + t.host, place(n), t.bad != ""})
			}
			continue
		case atom.Link:
			if says := leadsMachines(attr(n, "rel"), attr(n, "type")); says != "" {
				if t := judge(p, l, attr(n, "href")); t.foreign && !t.trusted {
					out = append(out, sighting{says + " " + t.host, place(n), t.bad != ""})
				}
			}
			continue
		}
		if n.DataAtom != atom.Meta {
			continue
		}
		says, to := "", []string(nil)
		switch kind := lowered(attr(n, "http-equiv") + attr(n, "name")); kind {
		case "refresh":
			says, to = "由 refresh 标签跳转到 ", refreshTo(attr(n, "content"))
		case "mobile-agent":
			says, to = "mobile-agent 标签把手机访问者引向 ", refreshURL.FindStringSubmatch(attr(n, "content"))
		}
		if len(to) > 1 {
			if t := judge(p, l, to[1]); t.foreign && !t.trusted {
				out = append(out, sighting{says + t.host, place(n), t.bad != ""})
			}
		}
	}
	return out
}

// refreshBare is a refresh that names its address without a word before it.
var refreshBare = regexp.MustCompile(`^\s*[\d.]*\s*[;,]\s*["']?((?i:https?:)?//[^"'\s]+)`)

// RefreshAddress is where a refresh, of a tag or of a header, leads; "" for one that leads
// nowhere else.
func RefreshAddress(content string) string {
	if to := refreshTo(content); len(to) > 1 {
		return to[1]
	}
	return ""
}

func refreshTo(content string) []string {
	if to := refreshURL.FindStringSubmatch(content); to != nil {
		return to
	}
	return refreshBare.FindStringSubmatch(content)
}

// leadsMachines says where a link in the head leads search engines or browsers, when it
// is of a kind that they follow by themselves.
func leadsMachines(rel, kind string) string {
	for word := range strings.FieldsSeq(lowered(rel)) {
		switch word {
		case "canonical":
			return "canonical 标签把搜索引擎引向"
		case "amphtml", "prerender", "next", "prev":
			return word + " 标签把搜索引擎或浏览器引向"
		case "alternate":
			if kind == "" || strings.Contains(lowered(kind), "text/html") {
				return "alternate 标签把搜索引擎或手机访问者引向"
			}
		}
	}
	return ""
}

var (
	charRef    = regexp.MustCompile(`&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));?`)
	jsEscape   = regexp.MustCompile(`\\u\{?([0-9a-fA-F]{4,5})\}?|%u([0-9a-fA-F]{4})`)
	titleMetas = map[string]bool{"keywords": true, "description": true, "articletitle": true, "columnname": true, "columnkeywords": true, "columndescription": true, "sitename": true}
)

// commonHan is the range GBK covers: no encoding of Chinese ever needs a
// reference for it, while rare characters in names do.
func commonHan(r rune) bool { return r >= 0x4E00 && r <= 0x9FA5 }

// encodedHan counts common characters written as references or escapes.
func encodedHan(raw string) (n int, decoded string) {
	var b strings.Builder
	if strings.Contains(raw, "&#") {
		for _, m := range charRef.FindAllStringSubmatch(raw, 2000) {
			var v uint64
			if m[1] != "" {
				v, _ = strconv.ParseUint(m[1], 16, 32)
			} else {
				v, _ = strconv.ParseUint(m[2], 10, 32)
			}
			if commonHan(rune(v)) {
				n++
				b.WriteRune(rune(v))
			} else if v > 0x20 && v < 0x7f {
				b.WriteRune(rune(v))
			}
		}
	}
	if strings.Contains(raw, `\u`) || strings.Contains(raw, "%u") {
		for _, m := range jsEscape.FindAllStringSubmatch(raw, 2000) {
			v, _ := strconv.ParseUint(m[1]+m[2], 16, 32)
			if commonHan(rune(v)) {
				n++
				b.WriteRune(rune(v))
			}
		}
	}
	return n, b.String()
}

// hanEscaped reports whether a text has a common character written as one of
// those.
func hanEscaped(text string) bool {
	for _, e := range []struct {
		mark        string
		base        int
		least, most int // digits
	}{{"&#x", 16, 1, 6}, {"&#X", 16, 1, 6}, {"&#", 10, 1, 7}, {`\u`, 16, 4, 5}, {`\u{`, 16, 4, 5}, {"%u", 16, 4, 4}} {
		for t := text; ; {
			i := strings.Index(t, e.mark)
			if i < 0 {
				break
			}
			t = t[i+len(e.mark):]
			n := 0
			for n < min(len(t), e.most) && (t[n]-'0' <= 9 || e.base == 16 && t[n]|0x20 >= 'a' && t[n]|0x20 <= 'f') {
				n++
			}
			if v, err := strconv.ParseUint(t[:n], e.base, 32); n >= e.least && err == nil && commonHan(rune(v)) {
				return true
			}
		}
	}
	return false
}

// entities reads the source, since the tree no longer shows how a character
// was written. A page that writes all its text in references is tolerated:
// some old systems do.
func entities(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	for _, src := range p.scripts {
		for _, m := range titleSet.FindAllStringSubmatch(src, 8) {
			if n, word := encodedHan(m[1]); n >= 2 {
				out = append(out, sighting{"脚本把标题改写为转义字符，内容为“" + clip(word, 20) + "”", scriptPlace(src), l.spam(word) != ""})
			}
		}
	}
	if !hanEscaped(p.Text) {
		return out
	}
	z := html.NewTokenizer(strings.NewReader(p.Text))
	z.SetMaxBuf(MaxBody)
	plain, coded := 0, 0
	inTitle, skip, href := false, false, ""
	var anchor strings.Builder
	type hit struct {
		n           int
		word, where string
		address     string
		link        bool
	}
	var hits []hit
	for tt := z.Next(); tt != html.ErrorToken; tt = z.Next() {
		switch tt {
		case html.TextToken:
			raw := string(z.Raw())
			if skip {
				continue
			}
			n, word := encodedHan(raw)
			coded += n
			for _, r := range raw {
				if commonHan(r) {
					plain++
				}
			}
			if inTitle && n >= 2 {
				hits = append(hits, hit{n: n, word: word, where: "<title>"})
			}
			if href != "" && anchor.Len() < 4096 {
				anchor.WriteString(raw)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			raw := string(z.Raw())
			name, more := z.TagName()
			a := atom.Lookup(name)
			switch a {
			case atom.Title:
				inTitle = tt == html.StartTagToken
			case atom.Script, atom.Style:
				skip = tt == html.StartTagToken
			case atom.Meta:
				if n, word := encodedHan(raw); n >= 2 {
					kind := ""
					for more {
						var k, v []byte
						k, v, more = z.TagAttr()
						if string(k) == "name" {
							kind = string(v)
						}
					}
					if titleMetas[strings.ToLower(kind)] {
						hits = append(hits, hit{n: n, word: word, where: "<meta name=\"" + kind + "\">"})
					}
				}
			case atom.A:
				href = ""
				anchor.Reset()
				for more {
					var k, v []byte
					k, v, more = z.TagAttr()
					if string(k) == "href" {
						href = string(v)
					}
				}
				if n, word := encodedHan(raw); n >= 2 {
					hits = append(hits, hit{n: n, word: word, where: clip(raw, 80), address: href, link: true})
				}
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch atom.Lookup(name) {
			case atom.Title:
				inTitle = false
			case atom.Script, atom.Style:
				skip = false
			case atom.A:
				if n, word := encodedHan(anchor.String()); n >= 2 {
					hits = append(hits, hit{n: n, word: word, where: "<a href=\"" + clip(href, 80) + "\">", address: href, link: true})
				}
				href = ""
				anchor.Reset()
			}
		}
	}
	habit := coded*3 > plain
	for _, h := range hits {
		word := l.spam(h.word)
		t := judge(p, l, h.address)
		switch {
		case word != "" && !l.lawful(h.word):
		case habit:
			continue
		case h.link && (!t.foreign || t.trusted):
			continue
		}
		out = append(out, sighting{"内容为“" + clip(h.word, 20) + "”", h.where, word != ""})
	}
	return out
}

// injectedTitle reports spam phrases in title and tags that the text a reader
// sees does not have.
func injectedTitle(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	visible := ""
	test := func(value, where string) {
		word := l.spam(value)
		if word == "" || l.lawful(plainLetters(value)) {
			return
		}
		if visible == "" {
			visible = plainLetters(p.VisibleText) + " "
		}
		if !strings.Contains(visible, word) {
			out = append(out, sighting{"含“" + word + "”", where, true})
		}
	}
	if t := find(p.Root, atom.Title); t != nil {
		test(rawText(t), "<title>")
	}
	for name, values := range p.Tags {
		if titleMetas[strings.ToLower(name)] {
			for _, v := range values {
				test(v, "<meta name=\""+name+"\">")
			}
		}
	}
	for _, src := range p.scripts {
		for _, m := range titleSet.FindAllStringSubmatch(src, 8) {
			test(unescapeJS(m[1]), "document.title")
			if asksSpider(src) {
				out = append(out, sighting{"脚本按访问者是否搜索引擎改写标题", scriptPlace(src), false})
			}
		}
	}
	for _, n := range p.elements() {
		switch {
		case n.DataAtom == atom.Meta && (strings.HasPrefix(attr(n, "property"), "og:") || strings.HasPrefix(attr(n, "name"), "twitter:") || hasAttr(n, "itemprop")):
			test(attr(n, "content"), place(n))
		case n.DataAtom == atom.Script && strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json"):
			test(unescapeJS(rawText(n)), "<script type=\"application/ld+json\">")
		}
	}
	slices.SortFunc(out, func(a, b sighting) int { return strings.Compare(a.where+a.detail, b.where+b.detail) })
	return out
}

// defaced is what those who break in write over a page: their title begins with it. News
// of such things names another site first, and much is owned by somebody.
var defaced = regexp.MustCompile(`(?i)^[^\pL\pN]*(?:(?:this|your)?\s*(?:web)?(?:site|page|server)\s+(?:(?:is|was|has been)\s+)?)?(?:hacked|0wned|owned|pwned|defaced|h4cked)\s+by\b|^[^\pL\pN]*(?:本|该|此|你的|您的|贵)?(?:网站|主页|页面|服务器)(?:已经?)?被(?:黑|入侵)[了!！。]?$`)

// plantedWords is how many different spam phrases, and plantedTimes how often any of
// them, a page says that is about nothing else.
const (
	plantedWords = 3
	plantedTimes = 5
)

// plantedPage reports a page whose title and text are both of the phrases of the list,
// and speak against none of it; and one that was written over.
func plantedPage(f *Facts) []sighting {
	p, l := f.Page, f.Lexicon
	title := p.DocumentTitle()
	if m := defaced.FindString(squeeze(title)); m != "" {
		return []sighting{{"标题为“" + clip(title, 40) + "”", "<title>", true}}
	}
	word := l.spam(title)
	if word == "" || l.lawful(plainLetters(title)) {
		return nil
	}
	plain := plainLetters(p.VisibleText)
	different, times := l.counted(plain)
	if different < plantedWords || times < plantedTimes || l.against(plain)*2 > times {
		return nil
	}
	return []sighting{{"标题含“" + word + "”，正文有 " + strconv.Itoa(different) + " 种、" + strconv.Itoa(times) + " 处违规文字", "<title>", true}}
}

// splitWords reports phrases cut up by markup, invisible characters or signs.
func splitWords(f *Facts) (out []sighting) {
	p, l := f.Page, f.Lexicon
	l.build()
	split := p.mayCutUp(l.words)
	for _, n := range p.elements() {
		if unseen(n) {
			continue
		}
		if n.DataAtom == atom.A {
			if t := judge(p, l, attr(n, "href")); t.foreign && !t.trusted {
				if text := squeeze(nodeText(n)); signed(text, t.hint != "" || t.bad != "") || p.chopped(n) {
					out = append(out, sighting{"链接文字“" + clip(noBlanks(nodeText(n)), 20) + "”被拆开，指向 " + t.host, place(n), t.bad != "" || l.suspicious(nodeText(n)) != ""})
					continue
				}
			}
		}
		// Nothing is cut up in one text where no word may be: as on nearly all pages.
		if !blockLike(n) && n.DataAtom != atom.Td && n.DataAtom != atom.A || !split && oneText(n) || wholeText(n) {
			continue
		}
		if n.DataAtom != atom.A && p.beaded(n) {
			out = append(out, sighting{"逐字插入空标签的文字“" + clip(noBlanks(nodeText(n)), 20) + "”", place(n), l.suspicious(nodeText(n)) != ""})
			continue
		}
		if !split {
			continue
		}
		joined, whole, parts := p.inlineText(n)
		if parts == 0 || joined == "" {
			continue
		}
		// In running text a space parts words; in a short line it may be one
		// of the signs put between characters.
		plain := plainText(joined, longer(joined, 40))
		if word := l.words.first(plain); word != "" && !whole(word) && !l.lawful(plain) {
			out = append(out, sighting{"“" + word + "”", place(n), true})
		}
	}
	return out
}

// mayCutUp reports whether one of the words is in the letters of the whole page, put
// together: where none is, none is in a part of it, however it is cut up.
func (p *Page) mayCutUp(words *matcher) bool {
	var last rune
	begun := false
	for n := p.Root; n != nil; n = dom.Following(n, p.Root) {
		switch n.Type {
		case html.TextNode:
			if !begun && (n.Parent == nil || !unseen(n.Parent)) {
				last, begun = words.begin(n.Data, last)
			}
		case html.ElementNode:
			// What is hidden within a line would have to be left out first.
			if len(n.Attr) > 0 && n.FirstChild != nil && !blockLike(n) && n.DataAtom != atom.Td && n.DataAtom != atom.Table && p.hiddenBy(attr(n, "style")) {
				return true
			}
		}
	}
	if !begun { // as on nearly all pages
		return false
	}
	b := make([]byte, 0, len(p.VisibleText)+len(p.VisibleText)/8)
	for n := p.Root; n != nil; n = dom.Following(n, p.Root) {
		if n.Type == html.TextNode && (n.Parent == nil || !unseen(n.Parent)) {
			b = append(b, n.Data...)
		}
	}
	return words.within(strings.ReplaceAll(plainLetters(string(b)), string(wall), ""))
}

// oneText reports whether an element holds nothing, or one text.
func oneText(n *html.Node) bool {
	c := n.FirstChild
	return c == nil || c.NextSibling == nil && c.Type == html.TextNode
}

// wholeText reports whether an element holds nothing, or one text without any
// sign a word could be cut up with: as nearly all do.
func wholeText(n *html.Node) bool {
	return oneText(n) && (n.FirstChild == nil || !cutUp(n.FirstChild.Data))
}

// chopped reports whether the words of a link were cut up so that a scan
// misses them: by a comment, an element without text, or a character of no
// width between two Han characters, or by giving characters an element each.
// Emphasis around whole words is ordinary.
func (p *Page) chopped(a *html.Node) bool {
	var prev rune
	cut := false
	single, all := 0, 0
	for c := dom.Following(a, a); c != nil; c = dom.Following(c, a) {
		switch c.Type {
		case html.CommentNode:
			cut = true
		case html.ElementNode:
			if c.DataAtom != atom.Br && c.DataAtom != atom.Img && p.emptyOrHidden(c) {
				cut = true
			}
		case html.TextNode:
			if unseen(c.Parent) || c.Parent != a && p.emptyOrHidden(c.Parent) {
				continue
			}
			text := strings.TrimSpace(c.Data)
			if utf8.RuneCountInString(text) == 1 && c.Parent != a {
				single++
			}
			for _, r := range text {
				if invisible(r) {
					cut = true
					continue
				}
				if cut && han(prev) && han(r) {
					return true
				}
				prev, cut = r, false
				all++
			}
		}
	}
	return single >= 2 && single*2 >= all
}

// signed reports whether a text is single Han characters with signs between
// them (“时-时-彩”). Blanks alone are ordinary typesetting unless the host is
// doubtful.
func signed(text string, doubtful bool) bool {
	chars, signs, apart := 0, 0, true
	for _, r := range text {
		switch {
		case han(r):
			if !apart {
				return false
			}
			chars++
			apart = false
		case blank(r):
			if doubtful {
				signs++
			}
			apart = true
		case cutSign(r):
			signs++
			apart = true
		default:
			return false
		}
	}
	return chars >= 2 && signs >= chars-1
}

// beaded reports whether single Han characters in a line are parted by
// comments or by elements without visible text.
func (p *Page) beaded(block *html.Node) bool {
	run, cut := 0, false
	var visit func(n *html.Node) bool
	visit = func(n *html.Node) bool {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.CommentNode:
				cut = true
			case html.TextNode:
				t := strings.TrimSpace(c.Data)
				if t == "" {
					continue
				}
				if r, size := utf8.DecodeRuneInString(t); size != len(t) || !han(r) {
					run, cut = 0, false
					continue
				}
				if cut && run > 0 {
					return true
				}
				run, cut = 1, false
			case html.ElementNode:
				switch {
				case blockLike(c), unseen(c), c.DataAtom == atom.Td, c.DataAtom == atom.Table, c.DataAtom == atom.Img, c.DataAtom == atom.Input:
					run, cut = 0, false
				case c.DataAtom == atom.A && c.FirstChild == nil:
					// A bookmark: word processors leave them anywhere.
				case p.emptyOrHidden(c):
					cut = true
				default:
					if visit(c) {
						return true
					}
				}
			}
		}
		return false
	}
	return visit(block)
}

// cutUp reports whether a text has one of the signs.
func cutUp(s string) bool {
	if holds(s, "丨") { // commonRow takes it for the character it is
		return true
	}
	for i := 0; i < len(s); {
		i += commonRow(s[i:])
		if i < len(s) {
			r, n := utf8.DecodeRuneInString(s[i:])
			if cutSign(r) {
				return true
			}
			i += n
		}
	}
	return false
}

func (p *Page) emptyOrHidden(n *html.Node) bool {
	return p.hiddenBy(attr(n, "style")) || hasAttr(n, "hidden") || n.FirstChild == nil
}

// hiddenBy reports whether a style attribute hides its element. Pages repeat
// the same few.
func (p *Page) hiddenBy(style string) bool {
	if style == "" {
		return false
	}
	hides, known := p.hiding[style]
	if !known {
		if p.hiding == nil {
			p.hiding = map[string]bool{}
		}
		how, _ := p.declsOf(style).concealment()
		hides = how != ""
		p.hiding[style] = hides
	}
	return hides
}

// declsOf are the declarations of a style attribute, read once for a page. They are not
// to be changed.
func (p *Page) declsOf(style string) decls {
	d, known := p.decls[style]
	if !known {
		if p.decls == nil {
			p.decls = map[string]decls{}
		}
		d = parseDecls(style)
		p.decls[style] = d
	}
	return d
}

func invisible(r rune) bool {
	return r == 0x00AD || r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF || r == 0x034F || r == 0x180E
}

// inlineText joins the text directly in a block (its inline elements
// included). whole reports whether a word stands unbroken in one piece of it;
// parts is the number of breaks a word could hide in.
func (p *Page) inlineText(block *html.Node) (joined string, whole func(string) bool, parts int) {
	var b strings.Builder
	var texts []string
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.Type {
			case html.TextNode:
				b.WriteString(c.Data)
				texts = append(texts, c.Data)
			case html.CommentNode:
				parts++
			case html.ElementNode:
				if blockLike(c) || unseen(c) || c.DataAtom == atom.Td || c.DataAtom == atom.Table {
					b.WriteByte('\n')
					continue
				}
				parts++
				if p.hiddenBy(attr(c, "style")) {
					// Filler the reader does not see.
					continue
				}
				visit(c)
			}
		}
	}
	visit(block)
	joined = b.String()
	if len(joined) > 64<<10 {
		joined = joined[:64<<10]
	}
	if cutUp(joined) {
		parts++
	}
	return joined, func(word string) bool {
		for _, t := range texts {
			if strings.Contains(strings.ToLower(t), word) {
				return true
			}
		}
		return false
	}, parts
}

// cutSign are the signs people put between characters to dodge a scan.
func cutSign(r rune) bool {
	switch r {
	case ' ', '*', '-', '_', '.', '·', '|', '/', '~', '^', '+', '\u00A0', '\u3000', '＊', '｜', '—', '•', '丨', '☆', '★', '●':
		return true
	}
	return invisible(r)
}

// spamLinks reports visible links to hosts outside government that carry a
// spam phrase or a spam host.
func spamLinks(f *Facts) []sighting { return spamLinksOf(f.Page, f.Lexicon) }

func spamLinksOf(p *Page, l *Lexicon) (out []sighting) {
	for _, n := range p.elements() {
		if n.DataAtom != atom.A {
			continue
		}
		t := judge(p, l, attr(n, "href"))
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
