package prose

import (
	"html"
	"strconv"
	"strings"
)

// HTML writes the document with elements and classes only. It is safe by
// construction: every word is escaped, every address is looked at again, and
// nothing that is not in the schema is written, whoever made the document.
func (d Doc) HTML() string { return d.Page(nil) }

// Shown is what is known of a file that a document shows, beyond the document.
type Shown struct {
	Width, Height int          // of a picture, in pixels
	Widths        []ShownWidth // the same picture in several widths, narrowest first
	Kind, Size    string       // in words: PDF 文档, 1.2 MB
	Hash          string       // of its content
}

// ShownWidth is a picture in one width.
type ShownWidth struct {
	Path  string
	Width int
}

// Page is HTML as readers get it: pictures carry their size and their other
// widths, attachments their kind, size and hash, as far as look knows the path.
// A nil look is HTML.
func (d Doc) Page(look func(path string) (Shown, bool)) string {
	return d.write(&writer{look: look})
}

func (d Doc) write(w *writer) string {
	w.blocks(d.Content, 0)
	if len(w.notes) > 0 {
		w.b.WriteString(`<ol class="footnotes">`)
		for i, n := range w.notes {
			k := strconv.Itoa(i + 1)
			w.b.WriteString(`<li id="fn-` + k + `">`)
			w.text(n)
			w.b.WriteString(` <a href="#fnref-` + k + `" class="footnote-back">返回</a></li>`)
		}
		w.b.WriteString("</ol>\n")
	}
	return w.b.String()
}

type writer struct {
	b       strings.Builder
	notes   []string
	desk    *desk // nil: for readers
	look    func(path string) (Shown, bool)
	anchors *clauseAnchors // nil for none
}

func (w *writer) shown(path string) (Shown, bool) {
	if w.look == nil {
		return Shown{}, false
	}
	return w.look(path)
}

func (w *writer) text(s string) { w.b.WriteString(html.EscapeString(clean(s))) }

func (w *writer) attr(name, value string) {
	if value != "" {
		w.b.WriteString(" " + name + `="` + html.EscapeString(clean(value)) + `"`)
	}
}

func (w *writer) blocks(list []Node, at int) {
	if at > MaxDepth {
		return
	}
	for _, n := range list {
		w.block(n, at)
	}
}

// wrapped writes an element of inline content.
func (w *writer) wrapped(tag, class string, list []Node) {
	w.b.WriteString("<" + tag)
	w.attr("class", class)
	w.number()
	w.b.WriteString(">")
	w.inline(list)
	w.b.WriteString("</" + tag + ">\n")
}

func (w *writer) block(n Node, at int) {
	switch n.Type {
	case Paragraph:
		var class []string
		if n.Flag("indent2") {
			class = append(class, "indent2")
		}
		if n.Flag("lead") {
			class = append(class, "lead")
		}
		if a := n.Word("align"); a == "center" || a == "right" || a == "justify" {
			class = append(class, "align-"+a)
		}
		w.wrapped("p", strings.Join(class, " "), n.Content)
	case Heading:
		w.wrapped("h"+strconv.Itoa(min(max(n.Number("level"), 2), 4)), "", n.Content)
	case Clause:
		level := min(max(n.Number("level"), 1), 5)
		w.b.WriteString(`<p class="clause clause-` + strconv.Itoa(level) + `"`)
		if w.anchors != nil && at == 0 {
			w.attr("id", w.anchors.next(n.Number("level"), n.Number("number")))
		}
		w.number()
		w.b.WriteString(`><span class="clause-no">`)
		w.text(label(level, n.Number("number")))
		w.b.WriteString("</span>")
		w.inline(n.Content)
		w.b.WriteString("</p>\n")
	case BulletList:
		w.nest("<ul>", n, at, "</ul>\n")
	case OrderedList:
		open := "<ol>"
		if s := n.Number("start"); s > 1 {
			open = `<ol start="` + strconv.Itoa(s) + `">`
		}
		w.nest(open, n, at, "</ol>\n")
	case ListItem:
		w.nest("<li>", n, at, "</li>\n")
	case Blockquote:
		w.nest("<blockquote>\n", n, at, "</blockquote>\n")
	case Callout:
		class := "note"
		if n.Word("kind") == "warning" {
			class = "warning"
		}
		w.nest(`<div class="callout callout-`+class+`">`+"\n", n, at, "</div>\n")
	case Table:
		class := "full"
		if v := n.Word("width"); v == "wide" || v == "narrow" {
			class = v
		}
		w.b.WriteString(`<div class="table-room"><table class="table-` + class + `">`)
		if c := n.Word("caption"); c != "" {
			w.b.WriteString("<caption>")
			w.text(c)
			w.b.WriteString("</caption>")
		}
		w.nest("<tbody>", n, at, "</tbody></table></div>\n")
	case TableRow:
		w.nest("<tr>", n, at, "</tr>\n")
	case TableCell, TableHeader:
		tag := "td"
		if n.Type == TableHeader {
			tag = "th"
		}
		w.b.WriteString("<" + tag)
		if tag == "th" {
			scope := "col"
			if n.Word("scope") == "row" {
				scope = "row"
			}
			w.attr("scope", scope)
		}
		for _, a := range []string{"colspan", "rowspan"} {
			if v := n.Number(a); v > 1 && v <= 100 {
				w.attr(a, strconv.Itoa(v))
			}
		}
		w.nest(">", n, at, "</"+tag+">")
	case Figure:
		w.figure(n)
	case Attachment:
		if href := n.Word("href"); localPath(href) {
			w.b.WriteString(`<p class="attachment"><a download`)
			w.attr("href", href)
			w.b.WriteString(">")
			w.text(n.Word("name"))
			w.b.WriteString("</a>")
			if s, ok := w.shown(href); ok {
				w.b.WriteString(`<span class="attachment-facts">`)
				w.text(strings.Join(filled(s.Kind, s.Size), "，"))
				w.b.WriteString("</span>")
				if s.Hash != "" {
					w.b.WriteString(`<span class="attachment-hash">SHA-256：`)
					w.text(s.Hash)
					w.b.WriteString("</span>")
				}
			}
			w.b.WriteString("</p>\n")
		}
	case DocHead:
		w.b.WriteString(`<div class="doc-head">`)
		for _, f := range []struct{ class, value string }{{"doc-issuer", n.Word("issuer")}, {"doc-no", n.Word("docNo")}, {"doc-signer", n.Word("signer")}} {
			if f.value != "" {
				w.b.WriteString(`<p class="` + f.class + `">`)
				w.text(f.value)
				w.b.WriteString("</p>")
			}
		}
		w.b.WriteString("</div>\n")
	case Recipients:
		w.wrapped("p", "doc-recipients", n.Content)
	case AttachmentNote:
		w.wrapped("p", "doc-attachments", n.Content)
	case Signature:
		w.wrapped("p", "doc-signature", n.Content)
	case Copies:
		w.wrapped("p", "doc-copies", n.Content)
	case PolicyRef:
		w.b.WriteString(`<p class="policy-ref"`)
		if id := n.Word("id"); plainID(id) {
			w.attr("data-item", id)
		}
		w.b.WriteString(">")
		w.text(n.Word("title"))
		w.b.WriteString("</p>\n")
	case Rule:
		w.b.WriteString("<hr>\n")
	}
}

func (w *writer) nest(open string, n Node, at int, end string) {
	w.b.WriteString(open)
	w.blocks(n.Content, at+1)
	w.b.WriteString(end)
}

func (w *writer) figure(n Node) {
	src := n.Word("src")
	if !localPath(src) {
		return
	}
	w.b.WriteString(`<figure class="figure">`)
	switch n.Word("kind") {
	case "video":
		w.b.WriteString(`<video controls preload="metadata"`)
		w.attr("src", src)
		w.attr("aria-label", n.Described())
		w.b.WriteString("></video>")
	case "audio":
		w.b.WriteString(`<audio controls preload="metadata"`)
		w.attr("src", src)
		w.attr("aria-label", n.Described())
		w.b.WriteString("></audio>")
	default:
		w.b.WriteString(`<img loading="lazy"`)
		if f := n.Word("focal"); f == "top" || f == "bottom" || f == "left" || f == "right" {
			w.attr("class", "focal-"+f)
		}
		w.attr("src", src)
		if s, ok := w.shown(src); ok {
			w.sizes(s)
		}
		w.attr("alt", n.Described())
		w.b.WriteString(">")
	}
	if text := strings.Join(filled(n.Word("caption"), n.Word("source")), " "); text != "" {
		w.b.WriteString("<figcaption>")
		w.text(text)
		w.b.WriteString("</figcaption>")
	}
	w.b.WriteString("</figure>\n")
}

func (w *writer) sizes(s Shown) {
	var set []string
	for _, v := range s.Widths {
		if localPath(v.Path) && !strings.Contains(v.Path, ",") {
			set = append(set, v.Path+" "+strconv.Itoa(v.Width)+"w")
		}
	}
	if len(set) > 1 {
		w.attr("srcset", strings.Join(set, ", "))
		w.attr("sizes", "(max-width: 900px) 100vw, 860px")
	}
	if s.Width > 0 && s.Height > 0 {
		w.attr("width", strconv.Itoa(s.Width))
		w.attr("height", strconv.Itoa(s.Height))
	}
}

func (w *writer) inline(list []Node) {
	for _, n := range list {
		switch n.Type {
		case HardBreak:
			w.b.WriteString("<br>")
		case Footnote:
			w.notes = append(w.notes, n.Word("text"))
			k := strconv.Itoa(len(w.notes))
			w.b.WriteString(`<sup class="footnote"><a id="fnref-` + k + `" href="#fn-` + k + `">` + k + `</a></sup>`)
		case TextNode:
			w.run(n)
		}
	}
}

// run writes text with its marks. Comments are for the desk, not the public.
func (w *writer) run(n Node) {
	var ends []string
	for _, m := range n.Marks {
		tag, class := "", ""
		switch m.Type {
		case Bold:
			tag = "strong"
		case Italic:
			tag = "em"
		case Underline:
			tag = "u"
		case Superscript:
			tag = "sup"
		case Subscript:
			tag = "sub"
		case Insertion:
			tag = "ins"
		case Deletion:
			tag = "del"
		case Colour:
			if c := m.Word("class"); c == "red" || c == "blue" || c == "green" {
				tag, class = "span", "colour-"+c
			}
		case LinkMark:
			href := m.Word("href")
			if !SafeHref(href) {
				continue
			}
			w.b.WriteString("<a")
			w.attr("href", href)
			if strings.HasPrefix(href, "http") {
				w.attr("rel", "noopener")
			}
			w.b.WriteString(">")
			ends = append(ends, "</a>")
			continue
		}
		if tag == "" {
			continue
		}
		w.b.WriteString("<" + tag)
		w.attr("class", class)
		w.b.WriteString(">")
		ends = append(ends, "</"+tag+">")
	}
	ends = append(ends, w.comment(n))
	w.text(n.Text)
	for i := len(ends) - 1; i >= 0; i-- {
		w.b.WriteString(ends[i])
	}
}
