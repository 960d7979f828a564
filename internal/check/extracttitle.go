package check

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

func (p *Page) chooseTitle(pageTitle string) string {
	for _, r := range p.rows {
		if r.field == fieldTitle && !r.inBody && utf8.RuneCountInString(r.value) >= 4 {
			// A search form has a “标题：” too; a document's title goes with
			// its other data, or stands again in the page's own title.
			if p.value(fieldIndex) != "" || p.value(fieldDocNo) != "" || p.value(fieldIssuer) != "" || strings.Contains(noBlanks(pageTitle), noBlanks(r.value)) {
				return r.value
			}
		}
	}
	if t := p.Tag("ArticleTitle"); t != "" && !placeholder(t) {
		return stripTags(t)
	}
	if p.Heading != "" {
		return p.Heading
	}
	return trimSite(pageTitle, p.Tag("SiteName"), p.Tag("ColumnName"))
}

var titleName = regexp.MustCompile(`(?i)(?:^|[\s_\-])(?:[a-z]{0,10}[_\-]?)?(?:title|tit|bt|headline|biaoti)\d{0,2}(?:$|[\s_\-])`)

var titleWords = []string{"tit", "bt", "headline", "biaoti"}

// naming is what an id or a class says of an element.
type naming struct{ title, content, float bool }

// named is what an element is called by its id and its class.
func (p *Page) named(n *html.Node) naming {
	id, class := p.naming(dom.Attr(n, "id")), p.naming(dom.Attr(n, "class"))
	return naming{id.title || class.title, id.content || class.content, id.float || class.float}
}

// naming is what one name says. Pages repeat the same few.
func (p *Page) naming(name string) naming {
	if name == "" {
		return naming{}
	}
	is, known := p.names[name]
	if !known {
		if p.names == nil {
			p.names = map[string]naming{}
		}
		is = naming{title: namedTitle(name), content: namedContent(name), float: namedFloat(name)}
		p.names[name] = is
	}
	return is
}

func namedTitle(name string) bool {
	return name != "" && seek.Any(dom.Lowered(name), titleWords) && titleName.MatchString(name)
}

// heading finds the visible heading of an article: an h1–h3 or an element
// named as a title, best one that the page's title or the ArticleTitle tag
// repeats.
func (p *Page) heading(elements []*html.Node, pageTitle, articleTitle, siteName string) string {
	whole := noBlanks(pageTitle)
	article := noBlanks(articleTitle)
	column := noBlanks(p.Tag("ColumnName"))
	cut := cutTitle(pageTitle)
	var repeated, last, first string
	for _, n := range elements {
		isH := n.DataAtom == atom.H1 || n.DataAtom == atom.H2 || n.DataAtom == atom.H3
		if !isH {
			if n.DataAtom == atom.Body || n.DataAtom == atom.A || n.DataAtom == atom.Img {
				continue
			}
			if !p.named(n).title {
				continue
			}
		}
		t := squeeze(shortText(n, 400))
		bare := noBlanks(t)
		if l := utf8.RuneCountInString(bare); l < 4 || l > 150 {
			continue
		}
		switch {
		case article != "" && bare == article:
			return t
		case article != "" && column != "" && bare == column: // the column's name above an article
		case repeated == "" && whole != "" && (strings.HasPrefix(whole, bare) || cut != "" && strings.HasPrefix(bare, cut)):
			repeated = t
		case last == "" && utf8.RuneCountInString(bare) >= shortestTitle && strings.HasSuffix(whole, bare) && !siteEnd.MatchString(bare):
			last = t // some sites put their name first
		case first == "" && n.DataAtom == atom.H1 && bare != noBlanks(siteName) && dom.Find(n, atom.A) == nil:
			first = t
		}
	}
	return cmp.Or(repeated, last, first)
}

// cutTitle is the beginning of a title that the page's own title shows with dots for the
// rest; "" when it has none.
func cutTitle(pageTitle string) string {
	for _, dots := range []string{"…", "..."} {
		if i := strings.Index(pageTitle, dots); i > 0 {
			if bare := noBlanks(pageTitle[:i]); utf8.RuneCountInString(bare) >= shortestTitle {
				return bare
			}
		}
	}
	return ""
}

// shortestTitle is the fewest characters by which a line is taken for the heading since
// the page's title has it too.
const shortestTitle = 8

// lineOfTag is the line above the content that the ArticleTitle tag repeats, where the
// heading found is another: titles stand in elements of any name. The name of the
// column or of the site, and the words of a link, are no title.
func (p *Page) lineOfTag(cells []cell) string {
	tag := stripTags(p.Tag("ArticleTitle"))
	if tag == "" || !longer(tag, 3) || sameTitle(p.Heading, tag) || sameTitle(tag, p.Tag("ColumnName")) || sameTitle(tag, p.Tag("SiteName")) {
		return ""
	}
	want := evenTitle(tag)
	for _, c := range cells {
		if evenTitle(c.text) == want && !slices.ContainsFunc(p.Links, func(l Link) bool { return evenTitle(l.Text) == want }) {
			return c.text
		}
		if c.inBody {
			return ""
		}
	}
	return ""
}

// evened are signs of a title that editors put differently in a tag, where quotation
// marks end the value, and on the page.
var evened = strings.NewReplacer("“", "", "”", "", "‘", "", "’", "", "\"", "", "'", "", "「", "", "」", "", "＂", "", "＇", "",
	"——", "-", "—", "-", "–", "-", "―", "-", "－", "-", "（", "(", "）", ")", "：", ":", "，", ",", "；", ";", "？", "?", "！", "!")

func evenTitle(s string) string { return evened.Replace(noBlanks(s)) }

// sameTitle reports whether two titles are the same but for blanks, quotation marks
// and the width of their signs.
func sameTitle(a, b string) bool { return evenTitle(a) == evenTitle(b) }

// lineOfTitle is the line that the page's title, with the site's name or without it,
// begins with: pages of old have no element that is named a heading.
func lineOfTitle(cells []cell, pageTitle, trimmed string) string {
	whole := noBlanks(pageTitle)
	within := 0 // lines of the content
	for _, c := range cells {
		if c.inBody {
			within++
		}
		if within > titleWithin || !strings.HasPrefix(whole, begin(c.text)) {
			continue
		}
		if bare := noBlanks(c.text); len(bare) <= len(whole) && utf8.RuneCountInString(bare) >= shortestTitle && strings.HasPrefix(whole, bare) && !siteEnd.MatchString(bare) && (bare != whole || noBlanks(trimmed) == whole) {
			return c.text
		}
	}
	return ""
}

// begin is the first character of a text that begins with no blank.
func begin(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// titleWithin is how many lines of the content may come until the title when it stands
// within.
const titleWithin = 2

// lineAboveDate is the line right above the one that says when the page was published,
// where the page's own title tells of no heading but only of the site or the column:
// pages of old have their title in a font element.
func (p *Page) lineAboveDate(cells []cell, trimmed string) string {
	if longer(noBlanks(trimmed), shortestTitle-1) && !siteEnd.MatchString(noBlanks(trimmed)) && !siteWords.MatchString(noBlanks(trimmed)) {
		return ""
	}
	for _, r := range p.rows {
		if r.field != fieldPublished && r.field != fieldDate || r.at < 1 || valueStamp(r.value).zero() || len(labelsIn(cells[r.at].text)) == 0 {
			continue
		}
		for i := r.at - 1; i >= max(0, r.at-2); i-- {
			t := cells[i].text
			if bare := noBlanks(t); longer(bare, shortestTitle-1) && !longer(bare, 100) && len(labelsIn(t)) == 0 && !strings.ContainsAny(bare, "。：:；;>＞") && !siteEnd.MatchString(bare) && !slices.ContainsFunc(p.Links, func(l Link) bool { return noBlanks(l.Text) == bare }) {
				return t
			}
		}
		return ""
	}
	return ""
}

var siteWords = regexp.MustCompile(`政府|门户|网$|网站|厅$|局$|委$|委员会$|部$|办公室$|中心$|专栏$|公开|频道|首页|平台$|在线$`)

// siteEnd ends the name of a site, and no title.
var siteEnd = regexp.MustCompile(`(?:政府|门户|网|网站|首页|平台|在线|频道)$`)

// trimSite cuts the site's and column's names off the end of a page title.
func trimSite(title, siteName, columnName string) string {
	// “某市人民政府-信息公开指南”: some sites put their name first.
	if rest, ok := strings.CutPrefix(title, siteName); ok && siteName != "" {
		if r, size := utf8.DecodeRuneInString(strings.TrimSpace(rest)); size > 0 && strings.ContainsRune("_|-－—–｜", r) {
			title = strings.Trim(strings.TrimSpace(rest), "_|-－—–｜ ")
		}
	}
	for {
		i := strings.LastIndexAny(title, "_|-－—–｜")
		if i <= 0 {
			return strings.TrimSpace(title)
		}
		_, size := utf8.DecodeRuneInString(title[i:])
		tail := strings.TrimSpace(title[i+size:])
		sep := title[i : i+size]
		cut := tail == "" || tail == siteName || tail == columnName || sep == "_" || sep == "|" || sep == "｜" || siteWords.MatchString(tail)
		if !cut || strings.TrimSpace(strings.TrimRight(title[:i], "_|-－—–｜ ")) == "" {
			return strings.TrimSpace(title)
		}
		title = strings.TrimRight(title[:i], "_|-－—–｜ ")
	}
}
