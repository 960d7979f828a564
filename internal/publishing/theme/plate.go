package theme

import (
	"encoding/json"
	"html/template"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// plate is an article's page drawn once for a column, with the places of what
// differs from one article to the next: a whole drawing of a site fills it
// thousands of times, which costs a tenth of executing the views. It is made
// of what the views have drawn, never written by hand, and is of no use (nil
// pieces) where the views do with a value what no form below does.
type plate struct {
	asked  atomic.Int32
	once   sync.Once
	pieces []piece
	tail   string
	size   int // of the text
}

// piece is text and, after it, a value in a form.
type piece struct {
	text  string
	value value
	form  form
}

// value is what differs from article to article.
type value int

const (
	ofTitle value = iota
	ofSource
	ofAuthor
	ofSummary
	ofKeywords
	ofImage
	ofBody
	ofPath
	ofElder
	ofMinute
	ofStamp
	values
)

// form is how a value stands in a page.
type form int

const (
	asHTML    form = iota // text and attributes, as html/template escapes both
	asJSON                // in a JSON-LD string
	asURL                 // in the query of an address in an attribute
	asQuery               // as package url escapes a query
	asPhrased             // text with the places where its lines may end
	asItself              // markup, and addresses whose characters need nothing
	forms
)

// filling are the values of one article.
type filling [values]string

// key is all that a plate depends on beside the site, which keeps it.
type plateKey struct {
	elder  bool // the elder twin
	column Column
	lang   string
	news   bool
	has    [values]bool
}

// plainPath: an address that stands the same in text, attributes and JSON.
func plainPath(s string) bool {
	if s == "" || s[0] != '/' {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '/', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// fillingOf is what differs of an article; ok is false when it has more than a
// plate has places for: a policy's head, related items, a correction.
func fillingOf(a Article, path, elder string) (f filling, ok bool) {
	rest := a
	rest.Title, rest.Source, rest.Author, rest.Summary, rest.Keywords, rest.Image, rest.Body, rest.Published = "", "", "", "", "", "", "", time.Time{}
	rest.Column, rest.Lang, rest.News = Column{}, "", false
	if !reflect.ValueOf(&rest).Elem().IsZero() || a.Title == "" || strings.TrimSpace(a.Source) == "" || a.Body == "" || a.Published.IsZero() ||
		!plainPath(path) || elder != "" && !plainPath(elder) || a.Image != "" && !plainPath(a.Image) {
		return f, false
	}
	return filling{ofTitle: a.Title, ofSource: a.Source, ofAuthor: a.Author, ofSummary: a.Summary, ofKeywords: semicolons(a.Keywords), ofImage: a.Image, ofBody: string(a.Body),
		ofPath: path, ofElder: elder, ofMinute: Minute(a.Published), ofStamp: stamp(a.Published)}, true
}

// fromPlate draws an article from a plate of the site's column; ok is false
// when it has none, and the views are to be executed. views executes them.
func fromPlate(s Site, a Article, path, elder string, twin bool, views func(a Article, path, elder string) ([]byte, error)) (page []byte, ok bool) {
	if s.kept == nil || s.Dress().Hash != "" {
		return nil, false
	}
	f, ok := fillingOf(a, path, elder)
	if !ok {
		return nil, false
	}
	key := plateKey{elder: twin, column: a.Column, lang: a.Lang, news: a.News}
	for v := range f {
		key.has[v] = f[v] != ""
	}
	p := s.kept.plate(key)
	if p.asked.Add(1) == 1 {
		return nil, false // a plate costs three pages: not for one
	}
	p.once.Do(func() { p.make(a, f, views) })
	if p.pieces == nil {
		return nil, false
	}
	return p.fill(&f), true
}

func (k *kept) plate(key plateKey) *plate {
	k.mu.RLock()
	p := k.plates[key]
	k.mu.RUnlock()
	if p == nil {
		k.mu.Lock()
		if p = k.plates[key]; p == nil {
			p = &plate{}
			k.plates[key] = p
		}
		k.mu.Unlock()
	}
	return p
}

// Values that are the same in every form, and values that are not: where the
// first stand in a page, the second say in which form.
var (
	marks = filling{ofTitle: "zqtitleqz", ofSource: "zqsourceqz", ofAuthor: "zqauthorqz", ofSummary: "zqsummaryqz", ofKeywords: "zqkeywordsqz", ofImage: "/zqimageqz.png",
		ofBody: "<p>zqbodyqz</p>", ofPath: "/zqpathqz/1.html", ofElder: "/zqelderqz/1.html"}
	markedAt = time.Date(2222, 12, 22, 13, 42, 35, 0, time.UTC)
	trials   = filling{ofTitle: trial + "关于题的名", ofSource: trial + "源", ofAuthor: trial + "者", ofSummary: trial + "要", ofKeywords: "甲；" + trial, ofImage: "/a-b_c/2.png",
		ofBody: `<p class="x">A &amp; B</p>`, ofPath: "/d/e-f_2.html", ofElder: "/elder/d/e-f_2.html"}
	triedAt = time.Date(1987, 3, 4, 20, 5, 6, 0, time.UTC)
)

const trial = "<\"乙'>&+ %/\\\u2028</script>`{{.}}=\x00;,"

// with is the article with other values where it has any.
func with(a Article, had, f filling, at time.Time) (Article, string, string) {
	pick := func(v value) string {
		if had[v] == "" {
			return ""
		}
		return f[v]
	}
	a.Title, a.Source, a.Author, a.Summary, a.Keywords, a.Image, a.Body, a.Published = pick(ofTitle), pick(ofSource), pick(ofAuthor), pick(ofSummary), pick(ofKeywords), pick(ofImage), template.HTML(pick(ofBody)), at
	return a, pick(ofPath), pick(ofElder)
}

// make draws the page three times: with marks, which says where the values
// stand; with values that every form writes differently, which says in which
// form; and as the article is, which the plate must give to the byte.
func (p *plate) make(a Article, had filling, views func(a Article, path, elder string) ([]byte, error)) {
	marked, path, elder := with(a, had, marks, markedAt)
	first, err := views(marked, path, elder)
	if err != nil {
		return // the views say it of the article itself
	}
	tried, path, elder := with(a, had, trials, triedAt)
	second, err := views(tried, path, elder)
	if err != nil {
		return
	}
	want, ok := fillingOf(tried, path, elder)
	if !ok {
		return
	}
	pieces, tail, ok := cut(string(first), string(second), had, &want)
	if !ok {
		return
	}
	p.pieces, p.tail, p.size = pieces, tail, len(first)
	real, err := views(a, had[ofPath], had[ofElder])
	if err != nil || string(p.fill(&had)) != string(real) {
		p.pieces = nil
	}
}

// needle is a mark as some form writes it.
type needle struct {
	text  string
	value value
}

// cut parts a page drawn with marks where they stand, and finds the form of
// each in the page drawn with the trial values.
func cut(first, second string, had filling, want *filling) (pieces []piece, tail string, ok bool) {
	var needles []needle
	for v, m := range marks {
		if m == "" || had[v] == "" {
			continue
		}
		needles = append(needles, needle{m, value(v)})
		if value(v) == ofPath || value(v) == ofElder || value(v) == ofImage {
			needles = append(needles, needle{url.QueryEscape(m), value(v)}, needle{appended(m, asURL), value(v)})
		}
	}
	needles = append(needles, needle{Minute(markedAt), ofMinute}, needle{stamp(markedAt), ofStamp}, needle{appended(stamp(markedAt), asHTML), ofStamp})
	next := func(s string) (at int, n needle) {
		at = -1
		for _, x := range needles {
			if i := strings.Index(s, x.text); i >= 0 && (at < 0 || i < at) {
				at, n = i, x
			}
		}
		return at, n
	}
	for {
		at, n := next(first)
		if at < 0 {
			return pieces, first, first == second
		}
		text := first[:at]
		first = first[at+len(n.text):]
		if !strings.HasPrefix(second, text) {
			return nil, "", false
		}
		second = second[len(text):]
		// What follows up to the next mark must follow in the second page too.
		end, _ := next(first)
		follows := first
		if end >= 0 {
			follows = first[:end]
		}
		found := false
		for f := range forms {
			s := appended(want[n.value], f)
			if rest, is := strings.CutPrefix(second, s); is && strings.HasPrefix(rest, follows) {
				pieces, second, found = append(pieces, piece{text, n.value, f}), rest, true
				break
			}
		}
		if !found {
			return nil, "", false
		}
	}
}

// fill writes the page of an article.
func (p *plate) fill(f *filling) []byte {
	b := make([]byte, 0, p.size+len(f[ofBody])+4*len(f[ofTitle])+512)
	for _, x := range p.pieces {
		b = append(b, x.text...)
		b = appendAs(b, f[x.value], x.form)
	}
	return append(b, p.tail...)
}

func appended(s string, f form) string { return string(appendAs(nil, s, f)) }

// appendAs writes a value in a form.
func appendAs(b []byte, s string, f form) []byte {
	switch f {
	case asHTML:
		from := 0
		for i := range len(s) {
			var as string
			switch s[i] {
			case 0:
				as = "\uFFFD"
			case '"':
				as = "&#34;"
			case '&':
				as = "&amp;"
			case '\'':
				as = "&#39;"
			case '+':
				as = "&#43;"
			case '<':
				as = "&lt;"
			case '>':
				as = "&gt;"
			default:
				continue
			}
			b = append(append(b, s[from:i]...), as...)
			from = i + 1
		}
		return append(b, s[from:]...)
	case asJSON:
		q, err := json.Marshal(s)
		if err != nil {
			return b // a string is always written
		}
		return append(b, q[1:len(q)-1]...)
	case asURL:
		const digits = "0123456789abcdef"
		for i := range len(s) {
			switch c := s[i]; {
			case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
				b = append(b, c)
			default:
				b = append(b, '%', digits[c>>4], digits[c&15])
			}
		}
		return b
	case asPhrased:
		return appendPhrased(b, s)
	case asQuery:
		return append(b, url.QueryEscape(s)...)
	default:
		return append(b, s...)
	}
}

// DrawElderArticle draws the elder twin of a content page.
func DrawElderArticle(s Site, a Article, path, elder string) ([]byte, error) {
	views := func(a Article, path, elder string) ([]byte, error) {
		return ElderArticlePage.Draw(ArticleFrame(s, a, path, elder).Elderly(elder), a)
	}
	if b, ok := fromPlate(s, a, path, elder, true, views); ok {
		return b, nil
	}
	return views(a, path, elder)
}

// drawChinese draws a content page in Chinese.
func drawChinese(s Site, a Article, path, elder string, twins []Tongue) ([]byte, error) {
	views := func(a Article, path, elder string) ([]byte, error) {
		return contentPage(a).Draw(ArticleFrame(s, a, path, elder).WithTwins(twins), a)
	}
	if len(twins) == 0 {
		if b, ok := fromPlate(s, a, path, elder, false, views); ok {
			return b, nil
		}
	}
	return views(a, path, elder)
}
