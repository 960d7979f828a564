package check

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/js"
	"zhengshu/internal/dom"
)

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
		for _, m := range js.TitleSet.FindAllStringSubmatch(src, 8) {
			if n, word := encodedHan(m[1]); n >= 2 {
				out = append(out, sighting{"脚本把标题改写为转义字符，内容为“" + abridge.Text(word, 20) + "”", scriptPlace(src), l.spam(word) != ""})
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
					hits = append(hits, hit{n: n, word: word, where: abridge.Text(raw, 80), address: href, link: true})
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
					hits = append(hits, hit{n: n, word: word, where: "<a href=\"" + abridge.Text(href, 80) + "\">", address: href, link: true})
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
		out = append(out, sighting{"内容为“" + abridge.Text(h.word, 20) + "”", h.where, word != ""})
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
	if t := dom.Find(p.Root, atom.Title); t != nil {
		test(dom.RawText(t), "<title>")
	}
	for name, values := range p.Tags {
		if titleMetas[strings.ToLower(name)] {
			for _, v := range values {
				test(v, "<meta name=\""+name+"\">")
			}
		}
	}
	for _, src := range p.scripts {
		for _, m := range js.TitleSet.FindAllStringSubmatch(src, 8) {
			test(js.Unescape(m[1]), "document.title")
			if js.AsksSpider(src) {
				out = append(out, sighting{"脚本按访问者是否搜索引擎改写标题", scriptPlace(src), false})
			}
		}
	}
	for _, n := range p.elements() {
		switch {
		case n.DataAtom == atom.Meta && (strings.HasPrefix(dom.Attr(n, "property"), "og:") || strings.HasPrefix(dom.Attr(n, "name"), "twitter:") || dom.HasAttr(n, "itemprop")):
			test(dom.Attr(n, "content"), place(n))
		case n.DataAtom == atom.Script && strings.EqualFold(strings.TrimSpace(dom.Attr(n, "type")), "application/ld+json"):
			test(js.Unescape(dom.RawText(n)), "<script type=\"application/ld+json\">")
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
		return []sighting{{"标题为“" + abridge.Text(title, 40) + "”", "<title>", true}}
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
