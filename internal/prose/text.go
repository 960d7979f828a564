package prose

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// FromText makes a document of plain text: a blank line ends a paragraph (a
// text without any blank line has one paragraph a line), “- ” begins an item
// of a list, “# ” to “### ” a heading, and the numbers of official documents
// (第一条, 一、, （一）, 1., （1）) become clauses. Leading spaces of a
// paragraph become its indent. It refuses only what is too long or no text.
func FromText(s string) (Doc, error) {
	if len(s) > MaxBytes {
		return Doc{}, wrong("正文", fmt.Sprintf("超过 %d MB，请拆分", MaxBytes>>20))
	}
	if !utf8.ValidString(s) {
		return Doc{}, wrong("正文", "不是 UTF-8 文字，请重新粘贴")
	}
	var d Doc
	for _, chunk := range chunks(s) {
		d.Content = append(d.Content, chunkBlocks(chunk)...)
	}
	if len(d.Content) == 0 {
		d.Content = []Node{{Type: Paragraph}}
	}
	count := 0
	d.each(func(Node) { count++ })
	if count >= MaxNodes {
		return Doc{}, wrong("正文", "段落太多，请拆成几篇")
	}
	return d, nil
}

// chunks cuts a text at blank lines, or at every line when it has none.
func chunks(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(s, "\n")
	var out, at []string
	blank, some := false, false
	for _, l := range lines {
		if strings.TrimSpace(clean(l)) == "" {
			blank = blank || some
			continue
		}
		if blank && some {
			out = nil // there is a blank line between two that are not: cut there only
			break
		}
		some = true
		out = append(out, l)
	}
	if out != nil || !some {
		return joinLists(out)
	}
	for _, l := range lines {
		if strings.TrimSpace(clean(l)) != "" {
			at = append(at, l)
			continue
		}
		if len(at) > 0 {
			out, at = append(out, strings.Join(at, "\n")), nil
		}
	}
	if len(at) > 0 {
		out = append(out, strings.Join(at, "\n"))
	}
	return out
}

// joinLists keeps items that follow one another in one chunk.
func joinLists(lines []string) []string {
	var out []string
	for _, l := range lines {
		if _, item := bullet(l); item && len(out) > 0 {
			if _, before := bullet(out[len(out)-1]); before {
				out[len(out)-1] += "\n" + l
				continue
			}
		}
		out = append(out, l)
	}
	return out
}

func bullet(l string) (string, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeft(l, " \u3000"), "- ")
	rest = strings.TrimSpace(rest)
	return rest, ok && rest != ""
}

// chunkBlocks reads the lines between two blank ones.
func chunkBlocks(chunk string) []Node {
	var out []Node
	var open []string // lines of the paragraph being read
	flush := func() {
		if len(open) > 0 {
			out = append(out, paragraphOf(open))
			open = nil
		}
	}
	for _, l := range strings.Split(chunk, "\n") {
		if text, ok := bullet(l); ok {
			flush()
			item := Node{Type: ListItem, Content: []Node{{Type: Paragraph, Content: textNodes(text)}}}
			if n := len(out); n > 0 && out[n-1].Type == BulletList {
				out[n-1].Content = append(out[n-1].Content, item)
			} else {
				out = append(out, Node{Type: BulletList, Content: []Node{item}})
			}
			continue
		}
		trimmed := strings.Trim(clean(l), " \u3000\u00a0")
		if _, _, _, ok := numbered(trimmed); ok || heading(trimmed) > 0 || strings.Trim(trimmed, "-") == "" && len(trimmed) >= 3 {
			flush()
		}
		open = append(open, l)
		if heading(trimmed) > 0 {
			flush()
		}
	}
	flush()
	return out
}

func heading(s string) int {
	for n, mark := range []string{"# ", "## ", "### "} {
		if rest, ok := strings.CutPrefix(s, mark); ok && strings.TrimSpace(rest) != "" {
			return n + 2
		}
	}
	return 0
}

func paragraphOf(lines []string) Node {
	first := clean(lines[0])
	trimmed := strings.Trim(first, " \u3000\u00a0")
	if level := heading(trimmed); level > 0 && len(lines) == 1 {
		return Node{Type: Heading, Attrs: map[string]any{"level": level}, Content: textNodes(strings.TrimSpace(strings.TrimLeft(trimmed, "#")))}
	}
	if len(lines) == 1 && len(trimmed) >= 3 && strings.Trim(trimmed, "-") == "" {
		return Node{Type: Rule}
	}
	rest := lines[1:]
	p := Node{Type: Paragraph}
	if level, n, text, ok := numbered(trimmed); ok {
		p = Node{Type: Clause, Attrs: map[string]any{"level": level, "number": n}, Content: textNodes(text)}
	} else {
		if indent(first) {
			p.Attrs = map[string]any{"indent2": true}
		}
		p.Content = textNodes(trimmed)
	}
	for _, l := range rest {
		p.Content = append(p.Content, Node{Type: HardBreak})
		p.Content = append(p.Content, textNodes(strings.Trim(clean(l), " \u3000\u00a0"))...)
	}
	return p
}

// indent reports whether a paragraph begins with the two spaces of official
// writing.
func indent(s string) bool {
	return strings.HasPrefix(s, "\u3000") || strings.HasPrefix(s, "\u00a0\u00a0") || strings.HasPrefix(s, "    ")
}

func textNodes(s string) []Node {
	if s = clean(s); s == "" {
		return nil
	}
	return []Node{{Type: TextNode, Text: s}}
}

// LineBreak is the end of a line within a block, in Lines.
const LineBreak = "\u2028"

// Text is the document as plain text, one line a block: for search, checks and
// digests.
func (d Doc) Text() string { return string(d.told().text) }

// Lines is Text for those who have to know which ends of line part nothing: those within
// a block are LineBreak. Places in it, in characters, are those in Text.
func (d Doc) Lines() string {
	t := d.told()
	if len(t.breaks) == 0 {
		return string(t.text)
	}
	var b strings.Builder
	from := 0
	for _, s := range t.breaks {
		b.Write(t.text[from:s.at])
		b.WriteString(LineBreak)
		from = s.at + 1
	}
	b.Write(t.text[from:])
	return b.String()
}

// telling is plain text with where its words stand in the document.
type telling struct {
	text          []byte
	words, breaks []stretch // text nodes and hard breaks, in order
}

// stretch is a node and where in the text it begins, in bytes.
type stretch struct {
	at   int
	node *Node
}

func (d Doc) told() *telling {
	t := &telling{}
	for i := range d.Content {
		before := len(t.text)
		if before > 0 {
			t.put("\n")
		}
		from := len(t.text)
		if t.tell(&d.Content[i]); len(t.text) == from {
			t.text = t.text[:before] // a block without words takes no line
		}
	}
	return t
}

// plain is the text of one block.
func (n Node) plain() string {
	t := &telling{}
	t.tell(&n)
	return string(t.text)
}

func (t *telling) put(words ...string) {
	for _, w := range words {
		t.text = append(t.text, w...)
	}
}

func (t *telling) tell(n *Node) {
	switch n.Type {
	case TextNode:
		if !n.marked(Deletion) {
			t.words = append(t.words, stretch{len(t.text), n})
			t.put(n.Text)
		}
	case HardBreak:
		t.breaks = append(t.breaks, stretch{len(t.text), n})
		t.put("\n")
	case Footnote:
		t.put("（", n.Word("text"), "）")
	case Clause:
		t.put(label(n.Number("level"), n.Number("number")))
		t.join(n.Content, "")
	case BulletList:
		t.items(n.Content, func(int) string { return "- " })
	case OrderedList:
		first := max(n.Number("start"), 1)
		t.items(n.Content, func(i int) string { return strconv.Itoa(first+i) + ". " })
	case TableRow:
		t.join(n.Content, "\t")
	case Table:
		if caption := n.Word("caption"); caption != "" {
			t.put(caption, "\n")
		}
		t.join(n.Content, "\n")
	case Figure:
		t.put(strings.Join(filled(n.Described(), n.Word("caption"), n.Word("source")), " "))
	case Attachment:
		t.put(n.Word("name"))
	case DocHead:
		t.put(strings.Join(filled(n.Word("issuer"), n.Word("docNo"), n.Word("signer")), " "))
	case PolicyRef:
		t.put(n.Word("title"))
	case Paragraph, Heading, Recipients, AttachmentNote, Signature, Copies:
		t.join(n.Content, "")
	default:
		t.join(n.Content, "\n")
	}
}

func (t *telling) items(list []Node, mark func(int) string) {
	for i := range list {
		if i > 0 {
			t.put("\n")
		}
		t.put(mark(i))
		t.tell(&list[i])
	}
}

func (t *telling) join(list []Node, sep string) {
	for i := range list {
		if i > 0 {
			t.put(sep)
		}
		t.tell(&list[i])
	}
}

func join(list []Node, sep string) string {
	t := &telling{}
	t.join(list, sep)
	return string(t.text)
}

func filled(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

func (n Node) marked(mark string) bool {
	for _, m := range n.Marks {
		if m.Type == mark {
			return true
		}
	}
	return false
}

// Source is the document as the text of a plain form field. What plain text
// cannot carry (tables, pictures, formats) stands as a line of its own or as
// its bare words; Edit puts it back where the line was left as it is.
func (d Doc) Source() string {
	parts := make([]string, 0, len(d.Content))
	for i, n := range d.Content {
		parts = append(parts, n.source(i))
	}
	return strings.Join(filled(parts...), "\n\n")
}

// source is one block as the form shows it; i makes placeholders of equal
// blocks differ.
func (n Node) source(i int) string {
	hold := func(s string) string {
		return fmt.Sprintf("【%s%d：%s】", nodes[n.Type].name, i+1, short(strings.ReplaceAll(s, "】", "")))
	}
	switch n.Type {
	case Heading:
		return strings.Repeat("#", max(n.Number("level")-1, 1)) + " " + join(n.Content, "")
	case Rule:
		return "---"
	case Paragraph:
		s := join(n.Content, "")
		if n.Flag("indent2") && s != "" {
			s = "\u3000\u3000" + s
		}
		return s
	case Clause:
		return n.plain()
	case BulletList:
		if flat(n) {
			return n.plain()
		}
	}
	return hold(n.plain())
}

// flat reports whether a list is one paragraph an item, each one line.
func flat(n Node) bool {
	for _, item := range n.Content {
		if len(item.Content) != 1 || item.Content[0].Type != Paragraph || strings.Contains(item.plain(), "\n") {
			return false
		}
	}
	return true
}

// Edit reads the text of a plain form field that Source filled: blocks whose
// text was left as it is stay what they were, with tables, pictures and
// formats; the others are read as FromText reads them.
func (d Doc) Edit(s string) (Doc, error) {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if strings.TrimSpace(s) == strings.TrimSpace(d.Source()) {
		return d, nil
	}
	typed, err := FromText(s)
	if err != nil {
		return Doc{}, err
	}
	kept := map[string][]Node{}
	for i, n := range d.Content {
		key := strings.TrimSpace(n.source(i))
		kept[key] = append(kept[key], n)
	}
	var out Doc
	for _, chunk := range chunks(s) {
		key := strings.TrimSpace(chunk)
		if list := kept[key]; len(list) > 0 {
			out.Content = append(out.Content, list[0])
			if len(list) > 1 {
				kept[key] = list[1:]
			}
			continue
		}
		out.Content = append(out.Content, chunkBlocks(chunk)...)
	}
	if len(out.Content) == 0 {
		return typed, nil
	}
	return out, nil
}
