package check

import (
	"cmp"
	"hash/fnv"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/css"
	"zhengshu/internal/check/encoded"
	"zhengshu/internal/dom"
	"zhengshu/internal/fault"
)

// MaxStylesheet is the size in bytes of a style sheet that is read.
const MaxStylesheet = 1 << 20

// Stylesheet is a style sheet in a file of its own.
type Stylesheet struct {
	URL, SHA256 string
	// Imports are the addresses of the sheets that it imports for every screen.
	Imports []string
	text    string
}

// ReadStylesheet reads the bytes of a style sheet; the only error is of its size.
func ReadStylesheet(body []byte, contentType, address string) (*Stylesheet, error) {
	if len(body) > MaxStylesheet {
		return nil, fault.Newf(fault.TooLarge, "样式表有 %d 个字节，超过 %d 个字节（1 MB）的上限，没有读取。", len(body), MaxStylesheet)
	}
	text, _, err := Decode(body, contentType)
	if err != nil {
		return nil, err
	}
	s := &Stylesheet{URL: address, text: text}
	base, err := url.Parse(address)
	if err != nil {
		return s, nil //nolint:nilerr // what has no address imports nothing from beside it
	}
	for _, to := range imported(css.StripComments(text)) {
		if u, err := base.Parse(to); err == nil && u.Scheme != "data" {
			s.Imports = append(s.Imports, u.String())
		}
	}
	return s, nil
}

// imported are the addresses at the head of a sheet, where alone @import counts.
func imported(rules string) (out []string) {
	for len(out) < css.MaxSame {
		rules = strings.TrimSpace(rules)
		end := strings.IndexByte(rules, ';')
		if end < 0 || rules[0] != '@' {
			break
		}
		begin := dom.Lowered(rules[:min(len(rules), len("@charset "))])
		if !strings.HasPrefix(begin, "@import") {
			if !strings.HasPrefix(begin, "@charset") && !strings.HasPrefix(begin, "@layer") || strings.IndexByte(rules[:end], '{') >= 0 {
				break
			}
			rules = rules[end+1:]
			continue
		}
		said := strings.TrimSpace(rules[len("@import"):end])
		rules = rules[end+1:]
		closed := `"`
		if len(said) > 4 && strings.EqualFold(said[:4], "url(") {
			said, closed = said[4:], ")"
		} else if said != "" && (said[0] == '"' || said[0] == '\'') {
			closed, said = said[:1], said[1:]
		}
		address, media, ok := strings.Cut(said, closed)
		if address = strings.Trim(address, " \t\n\r\"'"); ok && address != "" && css.AnyMedium(dom.Lowered(strings.TrimSpace(media))) {
			out = append(out, address)
		}
	}
	return out
}

// Dress are the style sheets that a page wears, in their order. It is read once for all
// pages that wear the same, and is for one goroutine.
type Dress struct {
	sheets []*Stylesheet
	sheet  *css.Sheet
}

// NewDress lays style sheets over one another; those that others import stand before
// them.
func NewDress(sheets []*Stylesheet) *Dress {
	d := &Dress{sheets: sheets, sheet: css.NewSheet(css.Parse)}
	for i, s := range sheets {
		d.sheet.AddFrom(i+1, s.text)
	}
	return d
}

// mostDressed bounds the answers of a dress that are kept over many pages.
const mostDressed = 4096

// of is how the dress and the page's own styles together draw an element, and by which
// rule of which sheet it is hidden.
func (d *Dress) of(own *css.Sheet, n *html.Node) (all css.Decls, how string, strong bool, by *css.Rule) {
	d.sheet.Bound(mostDressed)
	worn := d.sheet.Of(n).Decls
	if len(worn) == 0 {
		return nil, "", false, nil
	}
	all = maps.Clone(worn)
	all.Over(own.Of(n).Decls)
	if how, strong = all.Concealment(); how == "" {
		return all, "", false, nil
	}
	met := d.sheet.Met(d.sheet.Attire(n))
	for _, r := range slices.Backward(met) {
		if alone, _ := r.Decls.Concealment(); alone == how {
			return all, how, strong, r
		}
	}
	if len(met) == 0 {
		return all, "", false, nil // its own style attribute alone
	}
	return all, how, strong, met[len(met)-1]
}

// named is a rule in words, and the sheet that it stands in without what its address
// carries for caches.
func (d *Dress) named(r *css.Rule) (rule string, sheet *Stylesheet) {
	return abridge.Text(squeeze(r.Sel), 60), d.sheets[min(max(r.From, 1), len(d.sheets))-1]
}

// OwnSheets are the addresses of the style sheets that a page wears on every screen, where
// it has links or frames that lead elsewhere, or words of spam, to be judged; none where it
// has no such. like is the same of pages on which those stand alike.
func (p *Page) OwnSheets(l *Lexicon) (sheets []string, like uint64) {
	if l == nil {
		l = builtin()
	}
	if !slices.ContainsFunc(p.Links, func(k Link) bool { return k.Kind == LinkStyle }) {
		return nil, 0
	}
	sum := fnv.New64a()
	judged := 0
	stands := func(n *html.Node, said string) {
		judged++
		sign(sum, said)
		for up := n; up != nil && up.Type == html.ElementNode; up = up.Parent {
			sign(sum, up.Data, dom.Attr(up, "class"), dom.Attr(up, "id"), dom.Attr(up, "style"))
		}
	}
	for _, n := range p.elements() {
		switch n.DataAtom {
		case atom.Link:
			rel := strings.Fields(dom.Lowered(dom.Attr(n, "rel")))
			if !slices.Contains(rel, "stylesheet") || slices.Contains(rel, "alternate") || dom.HasAttr(n, "disabled") || !css.AnyMedium(dom.Lowered(dom.Attr(n, "media"))) {
				continue
			}
			if to := p.parsedTarget(strings.TrimSpace(dom.Attr(n, "href"))); to.url != "" && encoded.DataText(dom.Attr(n, "href")) == "" && !slices.Contains(sheets, to.url) {
				sheets = append(sheets, to.url)
			}
		case atom.A, atom.Area:
			if t := judge(p, l, dom.Attr(n, "href")); !t.foreign || t.trusted && t.bad == "" {
				continue
			}
			stands(n, dom.Attr(n, "href"))
		case atom.Iframe, atom.Frame:
			if t := judge(p, l, dom.Attr(n, "src")); t.foreign && (!t.trusted || t.bad != "") {
				stands(n, dom.Attr(n, "src"))
			}
		}
	}
	for _, n := range p.spamTexts(l) {
		stands(n, l.spam(nodeText(n)))
	}
	if judged == 0 {
		return nil, 0
	}
	sign(sum, sheets...)
	sign(sum, p.styles...)
	return sheets, sum.Sum64()
}

func sign(to io.Writer, parts ...string) {
	for _, s := range parts {
		io.WriteString(to, s) //nolint:errcheck // a hash never fails
		to.Write([]byte{0})   //nolint:errcheck // as above
	}
}

var dressedChecks = []Check{
	concealedCheck("concealed.styled_link", "样式表没有隐藏站外链接、站外框架和违规文字", "页面的样式表文件把站外链接、站外框架或违规文字隐藏起来（暗链）",
		"请核对该样式表文件是否被改动，删除隐藏的内容和隐藏它的规则，排查使用同一模板和样式表的其他页面，并按网络安全事件处置流程报告。", styledAway),
}

// spamTexts are the innermost elements whose text holds words of spam and is no lawful talk
// of them.
func (p *Page) spamTexts(l *Lexicon) (out []*html.Node) {
	if l.spam(p.VisibleText) == "" {
		return nil
	}
	var look func(n *html.Node)
	look = func(n *html.Node) {
		if len(out) >= maxSightings || n.DataAtom == atom.Script || n.DataAtom == atom.Style {
			return
		}
		if text := nodeText(n); l.spam(text) == "" {
			return
		}
		before := len(out)
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode {
				look(c)
			}
		}
		if len(out) == before {
			out = append(out, n)
		}
	}
	if body := dom.Find(p.Root, atom.Body); body != nil {
		look(body)
	}
	return slices.DeleteFunc(out, func(n *html.Node) bool { return l.lawful(plainLetters(nodeText(n))) })
}

// styledAway are links, frames and words of spam that nobody sees by what a style sheet of
// the site says. Scripts in files of their own open much of what such sheets hide: ways that
// menus, folds and movements use count beside a sign of spam alone, the others where nothing
// of the site's own is hidden with it.
func styledAway(f *Facts) (out []sighting) {
	if f.Dress == nil {
		return nil
	}
	w := readied(f.Page, f.Lexicon, f.layersOf)
	boxes := map[*html.Node]*dressedBox{} // one of many links is judged once
	boxOf := func(n *html.Node) *dressedBox {
		b := boxes[n]
		if b == nil {
			b = &dressedBox{hidden: w.hides(n)}
			b.all, b.how, b.strong, b.by = f.Dress.of(w.sheet, n)
			if b.how != "" {
				b.kept = w.shows(n) || f.Dress.sheet.Opens(n) || f.Page.holdsOwn(n, f.Lexicon)
			}
			boxes[n] = b
		}
		return b
	}
	hidden := func(n *html.Node) bool {
		for up := n; up != nil && up.Type == html.ElementNode; up = up.Parent {
			if boxOf(up).hidden {
				return true
			}
		}
		return false
	}
	// away is the box around an element that is hidden in a way that counts.
	away := func(n *html.Node, counts func(box *html.Node, b *dressedBox) bool) (*html.Node, *dressedBox) {
		for up := n; up != nil && up.Type == html.ElementNode && up.DataAtom != atom.Body; up = up.Parent {
			b := boxOf(up)
			if b.how == "" || b.how == css.Indented && (pictured(up, b.all) || dom.Find(n, atom.Img) != nil) || !counts(up, b) {
				continue
			}
			return up, b
		}
		return nil, nil
	}
	proper := func(b *dressedBox) bool { return b.strong && unusedByFolds(b.how, b.all) && !b.kept }
	tell := func(n *html.Node, b *dressedBox, what string, sure bool) {
		rule, sheet := f.Dress.named(b.by)
		at, _, _ := strings.Cut(sheet.URL, "?")
		out = append(out, sighting{detail: b.how + "（样式表 " + at + " 中的规则 " + rule + "），" + what, where: place(n), sure: sure})
	}
	for _, n := range f.Page.elements() {
		switch n.DataAtom {
		case atom.A, atom.Area:
			href := dom.Attr(n, "href")
			t := judgeUnseen(f.Page, f.Lexicon, href)
			if !t.foreign || t.trusted && t.bad == "" || hidden(n) {
				continue
			}
			text := f.Page.linkText(n)
			sure := t.bad != "" || f.Lexicon.spam(text) != ""
			if _, b := away(n, func(_ *html.Node, b *dressedBox) bool { return sure || proper(b) }); b != nil {
				word := cmp.Or(f.Lexicon.spam(text), f.Lexicon.suspicious(text))
				tell(n, b, "指向 "+show(t.host, href)+about(word), sure)
			}
		case atom.Iframe, atom.Frame:
			t := judge(f.Page, f.Lexicon, dom.Attr(n, "src"))
			if !t.foreign || t.trusted && t.bad == "" || hidden(n) {
				continue
			}
			// What counts visits and plays films stands in frames that are not displayed.
			if _, b := away(n, func(_ *html.Node, b *dressedBox) bool { return t.bad != "" || proper(b) }); b != nil {
				tell(n, b, "载入 "+t.host, t.bad != "")
			}
		}
	}
	for _, n := range f.Page.spamTexts(f.Lexicon) {
		if toldAsLink(f, n) || hidden(n) {
			continue
		}
		// What is not displayed may be another sheet of a fold, with the site's own in it.
		box, b := away(n, func(box *html.Node, b *dressedBox) bool {
			return !b.kept && !f.Lexicon.lawful(plainLetters(nodeText(box)))
		})
		if box != nil {
			tell(n, b, "含“"+f.Lexicon.spam(nodeText(n))+"”", b.strong && unusedByFolds(b.how, b.all))
		}
	}
	return out
}

// toldAsLink reports whether words stand in a link that leads elsewhere, or hold one: the
// link is what is told.
func toldAsLink(f *Facts, n *html.Node) bool {
	foreign := func(a *html.Node) bool {
		t := judgeUnseen(f.Page, f.Lexicon, dom.Attr(a, "href"))
		return a.DataAtom == atom.A && t.foreign && (!t.trusted || t.bad != "")
	}
	for up := n; up != nil; up = up.Parent {
		if foreign(up) {
			return true
		}
	}
	for c := range n.Descendants() {
		if foreign(c) {
			return true
		}
	}
	return false
}

// unusedByFolds reports whether a way of hiding is none that folds and movements use.
func unusedByFolds(how string, d css.Decls) bool {
	switch how {
	case "高宽为零":
		return d.AtMost("width", 1) && d.AtMost("height", 1)
	case "裁剪隐藏", "缩放为零", "置于底层":
		return false
	}
	return true
}

// dressedBox is an element as its style sheets and the page draw it.
type dressedBox struct {
	hidden bool // by the page without its style sheets: that is another check's
	all    css.Decls
	how    string
	strong bool
	by     *css.Rule
	kept   bool // something opens it, or what is the site's own stands in it
}

// hides reports whether the page hides an element without its style sheets.
func (w *walker) hides(n *html.Node) bool {
	if w.sheet.Of(n).How != "" || dom.HasAttr(n, "hidden") || w.hiddenByScript(n) {
		return true
	}
	how, _ := neverShown(n)
	return how != ""
}

// holdsOwn reports whether an element has a link of the site's own, of the government or
// of who is well known.
func (p *Page) holdsOwn(n *html.Node, l *Lexicon) bool {
	for c := range n.Descendants() {
		if c.DataAtom != atom.A || !dom.HasAttr(c, "href") {
			continue
		}
		href := strings.TrimSpace(dom.Attr(c, "href"))
		if t := judge(p, l, href); href != "" && href[0] != '#' && !strings.HasPrefix(dom.Lowered(href), "javascript:") && (!t.foreign || t.trusted) {
			return true
		}
	}
	return false
}
