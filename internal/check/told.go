package check

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/calendar"
	"zhengshu/internal/dom"
)

// publishingTags are the names under which pages tell machines when they were published.
var publishingTags = map[string]bool{"article:published_time": true, "og:release_date": true, "og:published_time": true, "datepublished": true, "publishdate": true, "publish_date": true, "pubdate": true}

// toldPublished is the instant of publication that a page tells machines and does not
// show: in a tag for sharing, in structured data, or behind a word like “昨天”.
func (p *Page) toldPublished() stamp {
	var clocks []*html.Node
	var structured stamp
	for _, n := range p.elements() {
		switch n.DataAtom {
		case atom.Meta:
			name := dom.Lowered(dom.Attr(n, "property") + dom.Attr(n, "name") + dom.Attr(n, "itemprop"))
			if publishingTags[name] {
				if s := instantStamp(dom.Attr(n, "content")); !s.zero() {
					return s
				}
			}
		case atom.Time:
			clocks = append(clocks, n)
		case atom.Script:
			if structured.zero() && strings.EqualFold(strings.TrimSpace(dom.Attr(n, "type")), "application/ld+json") {
				structured = structuredPublished(dom.RawText(n))
			}
		}
	}
	if structured.zero() && len(clocks) == 1 && !otherClock(clocks[0]) {
		return instantStamp(dom.Attr(clocks[0], "datetime"))
	}
	return structured
}

// otherClock reports whether the words before a clock say that it is of something else than
// publication: 会议时间.
func otherClock(n *html.Node) bool {
	before := n.PrevSibling
	if before == nil || before.Type != html.TextNode {
		return false
	}
	words := noBlanks(before.Data)
	return words != "" && !strings.Contains(words, "发布") && !strings.Contains(words, "发表") && !strings.HasSuffix(words, "日期：")
}

// deepestData bounds how far structured data is followed.
const deepestData = 4

// notOfPage are kinds of things in structured data whose publication is not the page's.
var notOfPage = map[string]bool{"WebSite": true, "Organization": true, "GovernmentOrganization": true, "ImageObject": true, "VideoObject": true, "AudioObject": true}

// structuredPublished is the instant of publication in structured data, which must be of
// one page: that of a list names many.
func structuredPublished(text string) (s stamp) {
	var data any
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		return stamp{} // no structured data
	}
	several := false
	var visit func(v any, deep int)
	visit = func(v any, deep int) {
		if deep > deepestData {
			return
		}
		switch v := v.(type) {
		case []any:
			for _, one := range v {
				visit(one, deep+1)
			}
		case map[string]any:
			for _, k := range []string{"datePublished", "pubDate"} {
				if kind, _ := v["@type"].(string); notOfPage[kind] {
					break
				}
				text, ok := v[k].(string)
				if at := instantStamp(text); ok && !at.zero() {
					several = several || !s.zero() && s.date != at.date
					s = at
				}
			}
			for _, k := range slices.Sorted(maps.Keys(v)) { // of two on one day the same one every time
				visit(v[k], deep+1)
			}
		}
	}
	visit(data, 0)
	if several {
		return stamp{}
	}
	return s
}

// instantStamp reads an instant as machines write it, in the time of China; without a zone
// it is of China already.
func instantStamp(text string) stamp {
	text = strings.TrimSpace(text)
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		at = at.In(calendar.Shanghai)
		return stamp{date: calendar.DateOf(at), hour: at.Hour(), minute: at.Minute(), timed: true}
	}
	return parseStamp(strings.Replace(text, "T", " ", 1))
}

// boxedDate is the date of an article whose day stands in a box of its own beside month
// and year, the only such on the page; the rows of lists have them too.
func (p *Page) boxedDate() (s stamp) {
	for _, n := range p.elements() {
		if n.DataAtom == atom.Li || n.DataAtom == atom.Ul || n.DataAtom == atom.Tr || n.FirstChild == nil {
			continue
		}
		texts, digits := []string(nil), 0
		plain := true
		for c := n.FirstChild; c != nil && plain; c = c.NextSibling {
			if c.Type == html.CommentNode || c.Type == html.TextNode && noBlanks(c.Data) == "" {
				continue
			}
			if c.Type != html.ElementNode || c.DataAtom == atom.A || len(texts) == 3 || dom.Find(c, atom.A) != nil {
				plain = false
				break
			}
			text := squeeze(shortText(c, 100))
			plain = text != "" && len(text) <= len("2026年12月")
			texts = append(texts, text)
			digits += len(text)
		}
		if !plain || len(texts) < 2 || digits < len("1202601") {
			continue
		}
		d, _ := rowDay(strings.Join(texts, " "), calendar.Date{})
		if d.IsZero() {
			continue
		}
		if within(n, atom.Li, atom.A, atom.Tr, atom.Header, atom.Footer, atom.Nav, atom.Aside) {
			continue
		}
		if !s.zero() {
			return stamp{} // a list
		}
		s = stamp{date: d}
	}
	return s
}
