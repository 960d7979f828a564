package check

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/css"
	"zhengshu/internal/check/js"
	"zhengshu/internal/dom"
)

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
		if id := dom.Attr(n, "id"); id != "" && (w.shown["#"+id] || w.shownNumbered(id)) {
			return true
		}
		for c := range strings.FieldsSeq(dom.Attr(n, "class")) {
			if w.shown["."+c] {
				return true
			}
		}
	}
	switch {
	case n.DataAtom == atom.Dialog && strings.Contains(w.p.Text, "showModal("):
		return true
	case dom.HasAttr(n, "v-cloak") || dom.HasAttr(n, "ng-cloak"): // until the page's script has run
		return dom.Find(w.p.Root, atom.Script) != nil
	case dom.HasAttr(n, "data-aos"): // until the reader has come to it
		return strings.Contains(w.p.Text, "AOS.init(")
	case slices.Contains(strings.Fields(dom.Attr(n, "class")), "wow"):
		return strings.Contains(w.p.Text, "new WOW(")
	}
	return w.sheet.Opens(n)
}

// pictured reports whether a link shows a picture of its own instead of the words that
// are moved out of it.
func pictured(n *html.Node, d css.Decls) bool {
	return n.DataAtom == atom.A && strings.Contains(d["background"]+d["background-image"], "url(") && d.AtLeast("width", 16) && d.AtLeast("height", 16) && !css.Faint(d["opacity"]) && d["display"] != "none"
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
			return noBlanks(nodeText(c)) == "" && c.FirstChild == nil || w.sheet.Of(c).How != "" || dom.HasAttr(c, "hidden")
		}
	}
	return false // the browser puts a word there
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
	for _, m := range js.HideByTag.FindAllStringSubmatch(text, 16) {
		at, err := strconv.Atoi(m[2])
		if err != nil || !js.HidesByStyle(m[3:]) {
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
	for _, m := range js.HideBeside.FindAllStringSubmatch(text, 16) {
		if !js.HidesByStyle(m[2:]) {
			continue
		}
		for _, n := range w.p.elements() {
			if n.DataAtom != atom.Script || !strings.Contains(dom.RawText(n), "currentScript") {
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
	if id := dom.Attr(n, "id"); id != "" && w.byScript["#"+id] {
		return true
	}
	for c := range strings.FieldsSeq(dom.Attr(n, "class")) {
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
		if t := judge(w.p, w.l, dom.Attr(c, "href")); !t.foreign || t.trusted {
			fine++
		}
	}
	return all >= 4 && fine*2 > all
}

// enoughAround is how many characters stand around a link in running text.
const enoughAround = 8

// asText reports whether a link in running text was made to look like the words around
// it, to the pointer also. Many sites give all their links the colour of text; none takes
// the hand away from a single one.
func (w *walker) asText(a *html.Node) bool {
	d := w.sheet.Of(a).Decls
	if c := d["cursor"]; c != "text" && c != "default" && c != "auto" || !strings.HasPrefix(d["text-decoration"]+d["text-decoration-line"], "none") {
		return false
	}
	if w.sheet.Declared(css.Attire{Tag: "a", Anywhere: true})["cursor"] == d["cursor"] || a.Parent == nil {
		return false
	}
	if v := d["color"]; v != "inherit" && v != "currentcolor" {
		ink, ok := css.Colour(v)
		around := uint32(0) // what browsers write in
		for up := a.Parent; up != nil; up = up.Parent {
			if v := w.sheet.Of(up).Decls["color"]; v != "" && v != "inherit" {
				var known bool
				if around, known = css.Colour(v); !known {
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

// nothingShown reports whether a link has nothing to be seen or pressed: no element,
// no letter, and nothing of its own by which a style might draw it.
func nothingShown(a *html.Node) bool {
	for _, k := range []string{"class", "id", "style", "name", "title", "aria-label"} {
		if dom.HasAttr(a, k) {
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
		if dom.HasAttr(a, k) {
			return false
		}
	}
	hidden := false
	for c := a.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode && strings.TrimFunc(c.Data, widthless) == "", c.Type == html.CommentNode:
		case c.Type == html.ElementNode && (w.sheet.Of(c).How != "" || w.whiteInk(c)) && dom.Find(c, atom.Img) == nil && noBlanks(nodeText(c)) != "":
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
	ink, ok := css.Colour(w.sheet.Of(n).Decls["color"])
	if !ok {
		return false
	}
	st := seenState{ground: 0xffffff, paper: w.bare}
	for up := n; up != nil; up = up.Parent {
		d := w.sheet.Of(up).Decls
		if v := d["background"] + " " + d["background-color"] + " " + d["background-image"]; v != "  " {
			w.ground(&st, v)
			return st.paper && css.Alike(ink, st.ground)
		}
	}
	return st.paper && css.Alike(ink, st.ground)
}

// noArea reports whether an area of a map covers nothing.
func noArea(n *html.Node) bool {
	f := strings.FieldsFunc(dom.Attr(n, "coords"), func(r rune) bool { return r == ',' || r == ' ' })
	var at [4]float64
	for i, s := range f {
		px, ok := css.Length(s)
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
			d := css.Parse(dom.Attr(c, "style"))
			small := css.Tiny(c, "width") && css.Tiny(c, "height") || d.AtMost("width", 2) && d.AtMost("height", 2) || strings.HasPrefix(dom.Attr(c, "src"), onePixel) && !filledLater(c)
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
		if px, ok := css.Length(dom.Attr(img, k)); ok && px > 2 {
			return true
		}
	}
	return false
}

// onePixel begins a picture, written out, of one pixel.
const onePixel = "data:image/gif;base64,R0lGODlhAQAB"

func big(n *html.Node, key string) bool {
	v, err := strconv.Atoi(strings.TrimSpace(dom.Attr(n, key)))
	return err == nil && v >= 500
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

func (p *Page) emptyOrHidden(n *html.Node) bool {
	return p.hiddenBy(dom.Attr(n, "style")) || dom.HasAttr(n, "hidden") || n.FirstChild == nil
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
		how, _ := p.declsOf(style).Concealment()
		hides = how != ""
		p.hiding[style] = hides
	}
	return hides
}

// declsOf are the declarations of a style attribute, read once for a page. They are not
// to be changed.
func (p *Page) declsOf(style string) css.Decls {
	d, known := p.decls[style]
	if !known {
		if p.decls == nil {
			p.decls = map[string]css.Decls{}
		}
		d = css.Parse(style)
		p.decls[style] = d
	}
	return d
}

func invisible(r rune) bool {
	return r == 0x00AD || r >= 0x200B && r <= 0x200F || r == 0x2060 || r == 0xFEFF || r == 0x034F || r == 0x180E
}
