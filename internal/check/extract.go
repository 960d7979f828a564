package check

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"

	"zhengshu/internal/dom"
)

// field is one datum a page states beside a label.
type field int

const (
	fieldNone field = iota
	fieldIndex
	fieldTopic
	fieldIssuer
	fieldWritten
	fieldTitle
	fieldDocNo
	fieldPublished
	fieldDate // “时间：”, “日期：”, “更新时间：”: publication when nothing clearer is shown
	fieldSource
	fieldOther // labels that only end the value before them
)

// extract fills the fields of the page from what it shows, then from its tags.
func (p *Page) extract() {
	root := p.Root
	body := dom.Find(root, atom.Body)
	if body == nil {
		body = root
	}
	r := rooms.Get().(*room)
	defer rooms.Put(r)
	r.text = appendText(r.text[:0], body)
	p.VisibleText = string(tidy(r.text))
	content := p.contentNode(body)
	p.content = content
	if p.BodyText = p.VisibleText; content != body {
		r.text = appendText(r.text[:0], content)
		p.BodyText = string(tidy(r.text))
	}
	cells := cellsOf(body, content, p.VisibleText, r)
	p.rows = append(headedValues(body, content), readLabels(cells)...)

	pageTitle := ""
	if t := dom.Find(root, atom.Title); t != nil {
		pageTitle = squeeze(dom.RawText(t))
	}
	p.Heading = p.heading(p.elementsBelow(body), pageTitle, p.Tag("ArticleTitle"), p.Tag("SiteName"))

	if line := p.lineOfTag(cells); line != "" {
		p.Heading = line
	}
	trimmed := trimSite(pageTitle, p.Tag("SiteName"), p.Tag("ColumnName"))
	if p.Heading == "" {
		p.Heading = lineOfTitle(cells, pageTitle, trimmed)
	}
	if p.Heading == "" && p.Tag("ArticleTitle") == "" {
		p.Heading = p.lineAboveDate(cells, trimmed)
	}

	p.IndexNo = p.value(fieldIndex)
	p.Topic = p.value(fieldTopic)
	p.Issuer = p.value(fieldIssuer)
	p.DocNo = noBlanks(numberAlone(p.value(fieldDocNo)))
	p.Written = valueStamp(p.value(fieldWritten)).String()
	p.Title = p.chooseTitle(pageTitle)
	p.choosePublished(cells)
	p.readDocument(cells)
}

// value returns the first value of a field, outside the body text when it
// stands there, since the body may quote another document's labels.
func (p *Page) value(f field) string {
	for _, inBody := range []bool{false, true} {
		for _, r := range p.rows {
			if r.field == f && r.inBody == inBody && f.plausible(r.value) {
				return r.value
			}
		}
	}
	return ""
}

// plausible refuses what cannot be a value of the field: the words after an
// empty search field, a sentence of prose.
func (f field) plausible(v string) bool {
	n := utf8.RuneCountInString(v)
	if n == 0 {
		return false
	}
	digit := strings.ContainsAny(v, "0123456789〇一二三四五六七八九")
	switch f {
	case fieldDocNo:
		return n <= 60 && (digit || strings.Contains(v, "号"))
	case fieldIndex:
		return n <= 60 && strings.ContainsAny(v, "0123456789")
	case fieldIssuer:
		return n <= 120 && !strings.ContainsAny(v, "。；;？?")
	case fieldTopic:
		return n <= 80 && !strings.ContainsAny(v, "。？?")
	case fieldWritten, fieldPublished, fieldDate:
		return !valueStamp(v).zero()
	}
	return true
}

func han(r rune) bool {
	return r >= 0x4E00 && r <= 0x9FFF || r >= 0x3400 && r <= 0x4DBF || r == '〇' || r >= 0x20000 && r <= 0x323AF
}

func stripTags(s string) string {
	if !strings.ContainsRune(s, '<') {
		return squeeze(s)
	}
	n, err := tryParse(s, mostWritten)
	if err != nil {
		return squeeze(s)
	}
	return squeeze(strings.ReplaceAll(nodeText(n), "\n", ""))
}

var unfilled = []string{"网站名称", "网站域名", "政府网站标识码", "栏目名称", "文章标题", "描述", "关键词", "标题", "站点名称"}

// placeholder reports whether a tag value is the template's own word.
func placeholder(v string) bool {
	v = strings.TrimSpace(v)
	return slices.Contains(unfilled, v) || Unfilled(v) || strings.HasPrefix(v, "$")
}
