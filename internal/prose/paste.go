package prose

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/fault"
)

// MaxPaste is the most HTML taken from a clipboard or a file: pictures come in
// it as data.
const MaxPaste = 24 << 20

// Keeper stores a picture that came within the text and says where it is, a
// path of this system. What it refuses with an Invalid fault is left out and
// said.
type Keeper func(data []byte, kind string) (src string, err error)

// FromPaste makes a document of what people paste: Word, WPS, Excel, WeChat,
// LibreOffice and web pages. Lists that Word writes as paragraphs become
// lists, its numbers of official documents clauses, its notes footnotes;
// tables keep their spans, paragraphs their two-space indent. The notes say in
// Chinese what was left out or changed; nothing goes without a word: where a
// picture could not be taken, its place is marked. keep may be nil.
func FromPaste(s string, keep Keeper) (Doc, []string, error) {
	if len(s) > MaxPaste {
		return Doc{}, nil, wrong("正文", fmt.Sprintf("粘贴的内容超过 %d MB，请分几次粘贴", MaxPaste>>20))
	}
	if !utf8.ValidString(s) {
		return Doc{}, nil, wrong("正文", "不是 UTF-8 文字，请重新粘贴")
	}
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return Doc{}, nil, wrong("正文", "无法读作网页内容，请改为粘贴纯文字").From(err)
	}
	t := tidier{keep: keep, notes: map[string]string{}}
	t.footnotes(root, 0)
	t.tree(root, 0)
	if t.err != nil {
		return Doc{}, nil, t.err
	}
	var b bytes.Buffer
	if err := html.Render(&b, root); err != nil {
		return Doc{}, nil, wrong("正文", "无法读作网页内容，请改为粘贴纯文字").From(err)
	}
	d, err := fromClean(b.String())
	return d, t.report(), err
}

// tidier puts what office programs write into plain HTML that says the same.
type tidier struct {
	keep  Keeper
	notes map[string]string // text of footnotes by the name their marks link to
	err   error

	deleted, comments, hidden, embedded, nested   int
	local, outside, carried, refused, undescribed int
	refusal                                       string
}

func (t *tidier) report() []string {
	var out []string
	say := func(n int, format string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(format, n))
		}
	}
	say(t.local, "有 %d 幅图片在您的电脑上，浏览器读不到，原处留有“［图片…］”标记；请另存后上传。")
	say(t.carried, "有 %d 幅图片没有带入，原处留有“［图片…］”标记；请另存后上传。")
	say(t.outside, "有 %d 幅外部图片没有引用，原处留有标记；请下载后上传。")
	if t.refused > 0 {
		out = append(out, fmt.Sprintf("有 %d 幅图片没有收下：%s 原处留有“［图片…］”标记。", t.refused, t.refusal))
	}
	say(t.undescribed, "有 %d 幅图片还没有替代文字，请逐一填写图中的内容。")
	say(t.deleted, "有 %d 处修订中已删除的文字没有带入。")
	say(t.comments, "有 %d 处批注没有带入。")
	say(t.hidden, "有 %d 处隐藏的内容没有带入。")
	say(t.embedded, "有 %d 处嵌入的视频、网页或控件没有带入。")
	say(t.nested, "有 %d 个表格套在别的表格里，里面的改成了文字。")
	return out
}

// styles reads a style attribute.
func styles(n *html.Node) map[string]string {
	out := map[string]string{}
	for _, rule := range strings.Split(value(n, "style"), ";") {
		k, v, _ := strings.Cut(rule, ":")
		out[strings.ToLower(strings.TrimSpace(k))] = strings.ToLower(strings.TrimSpace(v))
	}
	return out
}

func setAttr(n *html.Node, name, value string) {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

func element(a atom.Atom) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String()}
}

func words(s string) *html.Node { return &html.Node{Type: html.TextNode, Data: s} }

// moveAll moves the children of one node to the end of another.
func moveAll(from, to *html.Node) {
	for c := from.FirstChild; c != nil; c = from.FirstChild {
		from.RemoveChild(c)
		to.AppendChild(c)
	}
}

// unwrap puts a node's children in its place and returns the first of them.
func unwrap(n *html.Node) {
	for c := n.FirstChild; c != nil; c = n.FirstChild {
		n.RemoveChild(c)
		n.Parent.InsertBefore(c, n)
	}
	n.Parent.RemoveChild(n)
}

// deepest is how deep the tidier goes; the reader stops at 200.
const deepest = 400

var (
	noteTarget = regexp.MustCompile(`^#_(ftn|edn)[0-9]{1,5}$|^#sd(foot|end)note[0-9]{1,5}sym$`)
	noteBack   = regexp.MustCompile(`^#_(ftn|edn)ref[0-9]{1,5}$|^#sd(foot|end)note[0-9]{1,5}anc$`)
	noteBody   = regexp.MustCompile(`^(ftn|edn)[0-9]{1,5}$|^sd(foot|end)note[0-9]{1,5}$`)
	namesNo    = regexp.MustCompile(`(?i)^(img|image|picture|图片|图像|clip_?image)[ _-]?[0-9]*(\.(png|jpe?g|gif|bmp|emf|wmf))?$`)
)

// footnotes takes the bodies of notes out of the text and remembers them.
func (t *tidier) footnotes(n *html.Node, at int) {
	if at > deepest {
		return
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if id := value(c, "id"); c.Type == html.ElementNode && noteBody.MatchString(id) {
			var body strings.Builder
			noteWords(&body, c, 0)
			name := "#_" + id
			if strings.HasPrefix(id, "sd") {
				name = "#" + id + "sym"
			}
			if s := strings.TrimSpace(space.ReplaceAllString(body.String(), " ")); s != "" {
				t.notes[name] = s
				n.RemoveChild(c)
			}
		} else {
			t.footnotes(c, at+1)
		}
		c = next
	}
}

func noteWords(b *strings.Builder, n *html.Node, at int) {
	if at > deepest {
		return
	}
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	if n.DataAtom == atom.A && noteBack.MatchString(value(n, "href")) || n.DataAtom == atom.A && strings.HasSuffix(value(n, "class"), "notesym") {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		noteWords(b, c, at+1)
	}
	if n.DataAtom == atom.P {
		b.WriteString(" ")
	}
}

func (t *tidier) tree(n *html.Node, at int) {
	if at > deepest {
		return
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		switch c.Type {
		case html.CommentNode, html.DoctypeNode:
			n.RemoveChild(c)
		case html.ElementNode:
			if t.goes(c) {
				n.RemoveChild(c)
				break
			}
			if cell := frame(c); cell != nil {
				div := element(atom.Div)
				moveAll(cell, div)
				n.InsertBefore(div, c)
				n.RemoveChild(c)
				c = div
			}
			t.tree(c, at+1)
			t.turn(c)
		}
		c = next
	}
	t.lists(n)
}

// frame is the one cell of a table of one cell: pages used such tables to lay
// out text.
func frame(n *html.Node) *html.Node {
	if n.DataAtom != atom.Table {
		return nil
	}
	var only *html.Node
	var count func(*html.Node) int
	count = func(n *html.Node) int {
		cells := 0
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Td, atom.Th:
				only = c
				cells++
			case atom.Caption:
				cells += 2
			case atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr:
				cells += count(c)
			}
		}
		return cells
	}
	if count(n) != 1 {
		return nil
	}
	return only
}

// goes reports whether an element is left out with all that is in it.
func (t *tidier) goes(n *html.Node) bool {
	switch n.Data {
	case "style", "script", "xml", "meta", "link", "title", "template", "noscript", "colgroup", "col":
		return true
	case "iframe", "object", "embed", "video", "audio", "canvas", "mpvoice", "mp-common-videosnap":
		t.embedded++
		return true
	case "del", "strike", "s":
		if n.Data == "del" {
			t.deleted++
			return true
		}
	}
	class := strings.ToLower(value(n, "class"))
	if strings.Contains(class, "msodel") {
		t.deleted++
		return true
	}
	st := styles(n)
	switch st["mso-element"] {
	case "comment-list":
		return true
	case "comment", "header", "footer", "footnote-separator":
		return true
	case "footnote-list", "endnote-list": // its notes stand where they are called
		return strings.TrimSpace(text(n)) == ""
	}
	if _, anchor := st["mso-comment-reference"]; anchor || strings.Contains(class, "msocommentreference") {
		t.comments++
		return true
	}
	if st["display"] == "none" || st["mso-hide"] == "all" || st["visibility"] == "hidden" && n.Data != "section" && n.Data != "div" {
		if strings.TrimSpace(text(n)) != "" || n.DataAtom == atom.Tr {
			t.hidden++
		}
		return true
	}
	return false
}

// turn makes plain HTML of one element whose children are done.
func (t *tidier) turn(n *html.Node) {
	switch n.DataAtom {
	case atom.A:
		if s, ok := t.notes[value(n, "href")]; ok && noteTarget.MatchString(value(n, "href")) {
			sup := element(atom.Sup)
			setAttr(sup, "data-note", s)
			sup.AppendChild(words("注"))
			n.Parent.InsertBefore(sup, n)
			n.Parent.RemoveChild(n)
		}
		return
	case atom.Img:
		t.picture(n)
		return
	case atom.Table:
		for p := n.Parent; p != nil; p = p.Parent {
			if p.DataAtom == atom.Td || p.DataAtom == atom.Th {
				t.nested++
				break
			}
		}
		return
	case atom.Ul, atom.Ol:
		// A list straight in a list belongs to the item before it.
		if p := n.Parent; p != nil && (p.DataAtom == atom.Ul || p.DataAtom == atom.Ol) {
			for before := n.PrevSibling; before != nil; before = before.PrevSibling {
				if before.DataAtom == atom.Li {
					p.RemoveChild(n)
					before.AppendChild(n)
					break
				}
			}
		}
		return
	}
	if strings.Contains(n.Data, ":") { // o:p, w:sdt, v:shape: their words stay
		unwrap(n)
		return
	}
	st := styles(n)
	switch n.DataAtom {
	case atom.Span, atom.Font, atom.B, atom.Strong, atom.I, atom.Em:
		t.inline(n, st)
		return
	}
	if _, list := st["mso-list"]; list {
		return // read with its neighbours
	}
	t.block(n, st)
}

// inline says by elements what a run of text says by style.
func (t *tidier) inline(n *html.Node, st map[string]string) {
	if st["mso-list"] == "ignore" {
		return // the mark of a list item, read with it
	}
	weight := st["font-weight"]
	heavy, _ := strconv.Atoi(weight)
	if (n.DataAtom == atom.B || n.DataAtom == atom.Strong) && (weight == "normal" || heavy > 0 && heavy < 600) ||
		(n.DataAtom == atom.I || n.DataAtom == atom.Em) && st["font-style"] == "normal" {
		n.DataAtom, n.Data = atom.Span, "span"
	}
	wrap := func(a atom.Atom) {
		e := element(a)
		moveAll(n, e)
		n.AppendChild(e)
	}
	if n.DataAtom == atom.Span || n.DataAtom == atom.Font {
		if weight == "bold" || weight == "bolder" || heavy >= 600 {
			wrap(atom.Strong)
		}
		if st["font-style"] == "italic" || st["font-style"] == "oblique" {
			wrap(atom.Em)
		}
		if strings.Contains(st["text-decoration"]+st["text-decoration-line"], "underline") {
			wrap(atom.U)
		}
	}
	switch st["vertical-align"] {
	case "super":
		wrap(atom.Sup)
	case "sub":
		wrap(atom.Sub)
	}
	n.Attr = nil
}

var length = regexp.MustCompile(`^(-?[0-9]{0,6}(?:\.[0-9]{0,6})?)(pt|px|em|rem|cm|mm|in|pc|%)?$`)

// indented reports whether a first line stands in by about two characters.
func indented(s string) bool {
	m := length.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	v, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return false
	}
	points := map[string]float64{"": 0.75, "pt": 1, "px": 0.75, "em": 12, "rem": 12, "cm": 28.3, "mm": 2.83, "in": 72, "pc": 12, "%": 4}[m[2]]
	return v*points >= 15
}

// block keeps of a block's style its alignment and indent, and reads headings.
func (t *tidier) block(n *html.Node, st map[string]string) {
	if n.DataAtom == atom.P || n.DataAtom == atom.Div {
		level, err := strconv.Atoi(st["mso-outline-level"])
		class := strings.ToLower(value(n, "class"))
		switch {
		case err == nil && level >= 1 && level <= 3:
			n.DataAtom = [...]atom.Atom{atom.H2, atom.H3, atom.H4}[level-1]
			n.Data = n.DataAtom.String()
		case class == "msotitle":
			n.DataAtom, n.Data = atom.H2, "h2"
		}
	}
	var keep []html.Attribute
	for _, a := range n.Attr {
		switch a.Key {
		case "align", "href", "src", "alt", "colspan", "rowspan", "start", "data-note":
			keep = append(keep, a)
		}
	}
	var style []string
	if a := st["text-align"]; a == "left" || a == "center" || a == "right" || a == "justify" {
		style = append(style, "text-align: "+a)
	}
	chars := strings.TrimLeft(st["mso-char-indent-count"], "0.")
	if in, said := st["text-indent"]; said && (indented(in) || chars != "" && !strings.HasPrefix(in, "-") && chars[0] != '-') {
		style = append(style, "text-indent: 2em")
	} else if said {
		style = append(style, "text-indent: 0em")
	}
	if len(style) > 0 {
		keep = append(keep, html.Attribute{Key: "style", Val: strings.Join(style, "; ")})
	}
	n.Attr = keep
}

// picture takes in what came within the text, and marks the place of the rest.
func (t *tidier) picture(n *html.Node) {
	src, alt := value(n, "src"), value(n, "alt")
	if lazy := value(n, "data-src"); lazy != "" && (src == "" || strings.HasPrefix(src, "data:image/gif") || strings.HasPrefix(src, "data:image/svg")) {
		src = lazy
	}
	if namesNo.MatchString(alt) || strings.ContainsAny(alt, `\/`) && namesNo.MatchString(alt[strings.LastIndexAny(alt, `\/`)+1:]) {
		alt = ""
	}
	n.Attr = nil
	done := func(src string) {
		if src != "" {
			setAttr(n, "src", src)
		}
		setAttr(n, "alt", alt)
	}
	lower := strings.ToLower(src)
	switch {
	case strings.HasPrefix(lower, "data:"):
		kind, data, ok := dataURI(src)
		if ok && len(data) < 200 && alt == "" {
			// A dot that a page draws with: nothing anyone looks at.
			n.Parent.RemoveChild(n)
			return
		}
		if !ok || t.keep == nil {
			t.carried++
			done("")
			return
		}
		path, err := t.keep(data, kind)
		if err != nil {
			if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) && !fault.Is(err, fault.Refused) {
				t.err = err
				return
			}
			t.refused++
			t.refusal = fault.Of(err).Says
			done("")
			return
		}
		if alt == "" {
			alt = Undescribed
			t.undescribed++
		}
		done(path)
	case localPath(src):
		if alt == "" {
			alt = Undescribed
			t.undescribed++
		}
		done(src)
	case strings.HasPrefix(lower, "http:"), strings.HasPrefix(lower, "https:"), strings.HasPrefix(lower, "//"):
		if strings.HasPrefix(src, "//") {
			src = "https:" + src
		}
		t.outside++
		done(src)
	case strings.HasPrefix(lower, "file:"), strings.HasPrefix(lower, "cid:"), strings.HasPrefix(lower, "blob:"), strings.Contains(src, `\`):
		t.local++
		done("")
	default: // a name beside the page it came from
		t.outside++
		done("")
	}
}

// Undescribed stands for the words of a picture that came without any.
const Undescribed = "（待填写图中内容）"

// Described are the words of a picture, a film or a recording; empty where nobody has
// written any: what stands for them in a manuscript is shown to no reader.
func (n Node) Described() string {
	if said := n.Word("alt"); strings.TrimSpace(said) != Undescribed {
		return said
	}
	return ""
}

func dataURI(s string) (kind string, data []byte, ok bool) {
	head, body, found := strings.Cut(s[len("data:"):], ",")
	if !found {
		return "", nil, false
	}
	kind, params, _ := strings.Cut(head, ";")
	if strings.HasSuffix(params, "base64") {
		body = strings.Map(func(r rune) rune {
			if r == ' ' || r == '\n' || r == '\r' || r == '\t' {
				return -1
			}
			return r
		}, body)
		if plain, err := url.PathUnescape(body); err == nil {
			body = plain
		}
		data, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			data, err = base64.RawStdEncoding.DecodeString(body)
		}
		return strings.ToLower(kind), data, err == nil
	}
	plain, err := url.PathUnescape(body)
	return strings.ToLower(kind), []byte(plain), err == nil
}

// entry is a paragraph that Word means as an item of a list.
type entry struct {
	level int
	list  string // which of the text's lists
	mark  string
	p     *html.Node
}

var listLevel = regexp.MustCompile(`^(\S{1,20}) +level([0-9]{1,2})`)

// listed reads a paragraph as an item of a list.
func listed(n *html.Node) (entry, bool) {
	if n.Type != html.ElementNode || n.DataAtom != atom.P && n.DataAtom != atom.Div && n.DataAtom != atom.H1 && n.DataAtom != atom.H2 && n.DataAtom != atom.H3 && n.DataAtom != atom.H4 {
		return entry{}, false
	}
	list := styles(n)["mso-list"]
	m := listLevel.FindStringSubmatch(list)
	if m == nil {
		return entry{}, false
	}
	level, err := strconv.Atoi(m[2])
	if err != nil || level < 1 {
		return entry{}, false
	}
	e := entry{level: min(level, 9), list: m[1], p: n}
	if mark := find(n, func(c *html.Node) bool {
		return c.DataAtom == atom.Span && strings.Contains(strings.ToLower(value(c, "style")), "mso-list") && strings.Contains(strings.ToLower(value(c, "style")), "ignore")
	}, 0); mark != nil {
		e.mark = strings.Trim(space.ReplaceAllString(text(mark), " "), blanks)
		mark.Parent.RemoveChild(mark)
	}
	return e, true
}

func find(n *html.Node, is func(*html.Node) bool, at int) *html.Node {
	if at > 60 {
		return nil
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if is(c) {
			return c
		}
		if f := find(c, is, at+1); f != nil {
			return f
		}
	}
	return nil
}

// A letter alone is a dot of the Wingdings font.
var ordinal = regexp.MustCompile(`^[(（]?([0-9]{1,4}|[a-zA-Z]|[ivxIVX]{1,6})[.)）、．]$|^[0-9]{1,4}$|^[①-⑳]$`)

// official reports whether a mark is a number of official documents, which is
// a clause and no list: 第一条, 一、, （一）.
func official(mark string) bool {
	level, _, _, ok := numbered(mark + "　x")
	return ok && level <= LevelTwo || ok && level == LevelFour && strings.HasPrefix(mark, "（")
}

// lists joins the paragraphs of a parent that are items of lists.
func (t *tidier) lists(parent *html.Node) {
	var run []entry
	for c := parent.FirstChild; ; {
		var next *html.Node
		if c != nil {
			next = c.NextSibling
			if c.Type == html.TextNode && strings.Trim(c.Data, " \t\r\n") == "" && len(run) > 0 {
				c = next
				continue
			}
			if e, ok := listed(c); ok {
				if official(e.mark) {
					t.join(run)
					run = nil
					mark := e.mark
					if strings.HasPrefix(mark, "第") {
						mark += "\u3000"
					}
					e.p.InsertBefore(words(mark), e.p.FirstChild)
					e.p.DataAtom, e.p.Data, e.p.Attr = atom.P, "p", nil
				} else {
					run = append(run, e)
				}
				c = next
				continue
			}
		}
		t.join(run)
		run = nil
		if c == nil {
			return
		}
		c = next
	}
}

// join makes nested lists of items that follow one another.
func (t *tidier) join(run []entry) {
	if len(run) == 0 {
		return
	}
	parent := run[0].p.Parent
	type open struct {
		level int
		of    string
		list  *html.Node
		last  *html.Node
	}
	var stack []open
	for _, e := range run {
		kind := atom.Ul
		if ordinal.MatchString(e.mark) {
			kind = atom.Ol
		}
		for len(stack) > 0 && stack[len(stack)-1].level > e.level {
			stack = stack[:len(stack)-1]
		}
		if n := len(stack); n > 0 && stack[n-1].level == e.level && (stack[n-1].list.DataAtom != kind || stack[n-1].of != e.list) {
			stack = stack[:n-1] // another list begins at the same level
		}
		if n := len(stack); n == 0 || stack[n-1].level < e.level {
			list := element(kind)
			if no, err := strconv.Atoi(strings.Trim(e.mark, "(（.)）、．")); kind == atom.Ol && err == nil && no > 1 && no <= 9999 {
				setAttr(list, "start", strconv.Itoa(no))
			}
			if n == 0 {
				parent.InsertBefore(list, e.p)
			} else {
				stack[n-1].last.AppendChild(list)
			}
			stack = append(stack, open{level: e.level, of: e.list, list: list})
		}
		top := &stack[len(stack)-1]
		li := element(atom.Li)
		e.p.Parent.RemoveChild(e.p)
		moveAll(e.p, li)
		top.list.AppendChild(li)
		top.last = li
	}
}
