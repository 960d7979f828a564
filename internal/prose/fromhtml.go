package prose

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// policy is the first sieve of foreign HTML; the mapping to nodes is the
// second and lets through nothing the schema does not declare.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "div", "section", "article", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "strong", "b", "em", "i", "u", "sub", "sup", "span", "font", "center", "figure", "figcaption")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("data-note").OnElements("sup")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,4}$`)).OnElements("ol")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[0-9]{1,3}$`)).OnElements("td", "th")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`(?i)^(left|center|right|justify)$`)).Globally()
	p.AllowStyles("text-align").MatchingEnum("left", "center", "right", "justify").Globally()
	p.AllowStyles("text-indent").Matching(regexp.MustCompile(`^[0-9.]{1,5}(em|pt|px)$`)).Globally()
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	return p
})

// FromHTML makes a document of foreign HTML: what the schema can say stays
// (paragraphs, headings, lists, tables with their spans, links, emphasis,
// clause numbers, two-space indents), everything else falls to its words.
// Pictures of other hosts are never shown from there; a link with their
// description takes their place. The caller keeps the original. It refuses
// only what is too long or no text. It is FromPaste without its notes.
func FromHTML(s string) (Doc, error) {
	d, _, err := FromPaste(s, nil)
	return d, err
}

// fromClean maps tidied HTML to nodes, through both sieves.
func fromClean(s string) (Doc, error) {
	if len(s) > MaxBytes {
		return Doc{}, wrong("正文", fmt.Sprintf("超过 %d MB，请拆分", MaxBytes>>20))
	}
	root, err := html.Parse(strings.NewReader(policy().Sanitize(s)))
	if err != nil {
		return Doc{}, wrong("正文", "无法读作网页内容，请改为粘贴纯文字").From(err)
	}
	r := reader{}
	r.walk(root, nil, 0)
	r.flush()
	if r.count >= MaxNodes {
		return Doc{}, wrong("正文", "内容块太多，请拆成几篇")
	}
	d := Doc{Content: r.out}
	if len(d.Content) == 0 {
		d.Content = []Node{{Type: Paragraph}}
	}
	return d, nil
}

// reader gathers blocks; run is the paragraph being read.
type reader struct {
	out    []Node
	run    []Node
	align  string
	indent bool
	count  int
	level  int // of a heading being read
}

func (r *reader) add(n Node) {
	r.count++
	if r.count < MaxNodes {
		r.out = append(r.out, n)
	}
}

// flush ends the paragraph being read.
func (r *reader) flush() {
	first := ""
	if len(r.run) > 0 {
		first = r.run[0].Text // before its spaces go
	}
	run := trimRun(r.run)
	r.run = nil
	if len(run) == 0 {
		return
	}
	if r.level > 0 {
		r.add(Node{Type: Heading, Attrs: map[string]any{"level": r.level}, Content: run})
		return
	}
	p := Node{Type: Paragraph, Content: run}
	if level, n, rest, ok := numberedRun(run); ok {
		r.add(Node{Type: Clause, Attrs: map[string]any{"level": level, "number": n}, Content: rest})
		return
	}
	attrs := map[string]any{}
	if r.align == "center" || r.align == "right" {
		attrs["align"] = r.align
	} else if r.indent || indent(first) {
		attrs["indent2"] = true
	}
	if len(attrs) > 0 {
		p.Attrs = attrs
	}
	r.add(p)
}

// numberedRun recognises the number at the head of a paragraph, also where it
// is set in bold apart from the text (第一条 of laws). A number that is a link
// stays one.
func numberedRun(run []Node) (level, n int, rest []Node, ok bool) {
	if run[0].Type != TextNode || run[0].marked(LinkMark) {
		return 0, 0, nil, false
	}
	if level, n, words, ok := numbered(run[0].Text); ok {
		run[0].Text = words
		return level, n, run, true
	}
	if len(run) > 1 && run[1].Type == TextNode && !run[1].marked(LinkMark) {
		level, n, words, ok := numbered(run[0].Text + run[1].Text)
		if ok && strings.HasSuffix(run[1].Text, words) && len(words) <= len(run[1].Text) {
			run[1].Text = words
			return level, n, run[1:], true
		}
	}
	return 0, 0, nil, false
}

const blanks = " \u3000\u00a0"

// trimRun drops blanks and breaks at both ends.
func trimRun(run []Node) []Node {
	for len(run) > 0 && run[0].Type != Footnote {
		if run[0].Type == TextNode {
			if run[0].Text = strings.TrimLeft(run[0].Text, blanks); run[0].Text != "" {
				break
			}
		}
		run = run[1:]
	}
	for len(run) > 0 && run[len(run)-1].Type != Footnote {
		n := &run[len(run)-1]
		if n.Type == TextNode {
			if n.Text = strings.TrimRight(n.Text, blanks); n.Text != "" {
				break
			}
		}
		run = run[:len(run)-1]
	}
	return run
}

func (r *reader) walk(n *html.Node, ms []Mark, at int) {
	if at > 200 || r.count >= MaxNodes {
		return
	}
	switch n.Type {
	case html.TextNode:
		r.words(n.Data, ms)
		return
	case html.DocumentNode:
	case html.ElementNode:
		if r.element(n, ms, at) {
			return
		}
	default:
		return
	}
	r.children(n, ms, at)
}

func (r *reader) children(n *html.Node, ms []Mark, at int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.walk(c, ms, at+1)
	}
}

var space = regexp.MustCompile(`[ \t\r\n\f]+`)

func (r *reader) words(s string, ms []Mark) {
	s = clean(space.ReplaceAllString(s, " "))
	if s == "" || s == " " && len(r.run) == 0 {
		return
	}
	if n := len(r.run); n > 0 && r.run[n-1].Type == TextNode && sameMarks(r.run[n-1].Marks, ms) {
		r.run[n-1].Text += s
		return
	}
	r.count++
	r.run = append(r.run, Node{Type: TextNode, Text: s, Marks: append([]Mark(nil), ms...)})
}

func sameMarks(a, b []Mark) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Type != b[i].Type || a[i].Word("href") != b[i].Word("href") {
			return false
		}
	}
	return true
}

func mark(ms []Mark, m Mark) []Mark {
	for _, have := range ms {
		if have.Type == m.Type {
			return ms
		}
	}
	return append(append([]Mark(nil), ms...), m)
}

// element handles what is more than its children; true when all is done.
func (r *reader) element(n *html.Node, ms []Mark, at int) bool {
	inner := func(m string) bool {
		r.children(n, mark(ms, Mark{Type: m}), at)
		return true
	}
	switch n.DataAtom {
	case atom.Head, atom.Script, atom.Style:
		return true
	case atom.Strong, atom.B:
		return inner(Bold)
	case atom.Em, atom.I:
		return inner(Italic)
	case atom.U:
		return inner(Underline)
	case atom.Sub:
		return inner(Subscript)
	case atom.Sup:
		if note := cutNote(clean(value(n, "data-note"))); note != "" {
			r.run = append(r.run, Node{Type: Footnote, Attrs: map[string]any{"text": note}})
			r.count++
			return true
		}
		return inner(Superscript)
	case atom.A:
		if href := value(n, "href"); SafeHref(href) {
			r.children(n, mark(ms, Mark{Type: LinkMark, Attrs: map[string]any{"href": href}}), at)
			return true
		}
	case atom.Br:
		r.run = append(r.run, Node{Type: HardBreak})
		r.count++
		return true
	case atom.Img:
		r.picture(n)
		return true
	case atom.Hr:
		r.flush()
		r.add(Node{Type: Rule})
		return true
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.flush()
		r.level = min(max(int(n.Data[1]-'0'), 2), 4)
		r.children(n, ms, at)
		r.flush()
		r.level = 0
		return true
	case atom.Ul, atom.Ol:
		r.flush()
		r.list(n, ms, at)
		return true
	case atom.Table:
		r.flush()
		r.table(n, ms, at)
		return true
	case atom.Blockquote:
		r.flush()
		if inner := r.within(n, ms, at, simpleOnly); len(inner) > 0 {
			r.add(Node{Type: Blockquote, Content: inner})
		}
		return true
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Center, atom.Pre, atom.Figure, atom.Figcaption, atom.Li, atom.Tr, atom.Td, atom.Th, atom.Caption:
		r.flush()
		align, indented := r.align, r.indent
		r.look(n)
		r.children(n, ms, at)
		r.flush()
		r.align, r.indent = align, indented
		return true
	}
	return false
}

// look takes over what a block says of its alignment and indent.
func (r *reader) look(n *html.Node) {
	if n.DataAtom == atom.Center {
		r.align = "center"
	}
	if a := strings.ToLower(value(n, "align")); a != "" {
		r.align = a
	}
	for _, rule := range strings.Split(value(n, "style"), ";") {
		k, v, _ := strings.Cut(rule, ":")
		switch v = strings.ToLower(strings.TrimSpace(v)); strings.ToLower(strings.TrimSpace(k)) {
		case "text-align":
			r.align = v
		case "text-indent":
			r.indent = strings.Trim(v, "0.empxt") != ""
		}
	}
}

func value(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

// picture keeps pictures of this system, and the description of others.
func (r *reader) picture(n *html.Node) {
	src, alt := value(n, "src"), []rune(clean(value(n, "alt")))
	if len(alt) > 300 {
		alt = alt[:300]
	}
	words := strings.TrimSpace(string(alt))
	if localPath(src) && words != "" {
		r.flush()
		r.add(Node{Type: Figure, Attrs: map[string]any{"kind": "image", "src": src, "alt": words}})
		return
	}
	if words == "" {
		words = "未附说明"
	}
	var ms []Mark
	if SafeHref(src) {
		ms = []Mark{{Type: LinkMark, Attrs: map[string]any{"href": src}}}
	}
	r.words("［图片："+words+"］", ms)
}

// cutNote keeps a note as long as a footnote may be.
func cutNote(s string) string {
	if r := []rune(strings.TrimSpace(s)); len(r) > 2000 {
		return string(r[:1999]) + "…"
	}
	return strings.TrimSpace(s)
}

func (r *reader) within(n *html.Node, ms []Mark, at int, keep func(Node) []Node) []Node {
	sub := reader{count: r.count}
	if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		sub.look(n)
	}
	sub.children(n, ms, at)
	sub.flush()
	r.count = sub.count
	var out []Node
	for _, b := range sub.out {
		out = append(out, keep(b)...)
	}
	return out
}

// simpleOnly lets nested tables and quotes fall to paragraphs.
func simpleOnly(n Node) []Node {
	switch n.Type {
	case Paragraph, Heading, Clause, BulletList, OrderedList, Figure, Attachment:
		return []Node{n}
	}
	var out []Node
	for _, l := range strings.Split(n.plain(), "\n") {
		if l = strings.TrimSpace(clean(l)); l != "" {
			out = append(out, Node{Type: Paragraph, Content: textNodes(l)})
		}
	}
	return out
}

func (r *reader) list(n *html.Node, ms []Mark, at int) {
	kind := BulletList
	if n.DataAtom == atom.Ol {
		kind = OrderedList
	}
	out := Node{Type: kind}
	if start, err := strconv.Atoi(value(n, "start")); kind == OrderedList && err == nil && start > 1 && start <= 9999 {
		out.Attrs = map[string]any{"start": start}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if inner := r.within(c, ms, at+8, simpleOnly); len(inner) > 0 {
			out.Content = append(out.Content, Node{Type: ListItem, Content: inner})
		}
	}
	switch {
	case len(out.Content) == 0:
	case at > 160: // lists in lists in lists: the words suffice
		for _, b := range out.Content {
			r.add(Node{Type: Paragraph, Content: textNodes(short(b.plain()))})
		}
	default:
		r.add(shallow(out))
	}
}

// shallow flattens what is nested deeper than a document may be.
func shallow(n Node) Node {
	if tall(n) < MaxDepth-6 {
		return n
	}
	var lines []Node
	for _, l := range strings.Split(n.plain(), "\n") {
		if l = strings.TrimSpace(strings.TrimLeft(l, "- ")); l != "" {
			lines = append(lines, Node{Type: ListItem, Content: []Node{{Type: Paragraph, Content: textNodes(l)}}})
		}
	}
	return Node{Type: BulletList, Content: lines}
}

func tall(n Node) int {
	most := 0
	for _, c := range n.Content {
		most = max(most, tall(c))
	}
	return most + 1
}

func (r *reader) table(n *html.Node, ms []Mark, at int) {
	out := Node{Type: Table}
	var rows func(*html.Node, bool)
	rows = func(n *html.Node, head bool) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Caption:
				if words := strings.TrimSpace(text(c)); words != "" {
					out.Attrs = map[string]any{"caption": short(words)}
				}
			case atom.Thead:
				rows(c, true)
			case atom.Tbody, atom.Tfoot:
				rows(c, false)
			case atom.Tr:
				row := Node{Type: TableRow}
				for cell := c.FirstChild; cell != nil; cell = cell.NextSibling {
					if cell.DataAtom == atom.Td || cell.DataAtom == atom.Th {
						row.Content = append(row.Content, r.cell(cell, ms, at, head))
					}
				}
				if len(row.Content) > 0 {
					out.Content = append(out.Content, row)
				}
			}
		}
	}
	rows(n, false)
	// A table of one cell is a frame around text: pages used it for layout.
	if len(out.Content) == 1 && len(out.Content[0].Content) == 1 {
		for _, b := range out.Content[0].Content[0].Content {
			r.add(b)
		}
		return
	}
	if len(out.Content) > 0 {
		r.add(out)
	}
}

func (r *reader) cell(n *html.Node, ms []Mark, at int, head bool) Node {
	out := Node{Type: TableCell, Content: r.within(n, ms, at, simpleOnly)}
	if head || n.DataAtom == atom.Th {
		out.Type = TableHeader
	}
	if len(out.Content) == 0 {
		out.Content = []Node{{Type: Paragraph}}
	}
	for _, a := range []string{"colspan", "rowspan"} {
		if v, err := strconv.Atoi(value(n, a)); err == nil && v > 1 && v <= 100 {
			if out.Attrs == nil {
				out.Attrs = map[string]any{}
			}
			out.Attrs[a] = v
		}
	}
	return out
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return b.String()
}
