package check

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/dom"
)

// privacyChecks put the spans of Privacy over the text of a page. The visible
// words in a finding are masked: findings are stored, listed and printed.
var privacyChecks = []Check{
	leakCheck(KindIDCard, "页面没有未遮蔽的公民身份号码", "页面公开了未遮蔽的公民身份号码", Serious),
	leakCheck(KindMobile, "页面没有未遮蔽的个人手机号码", "页面公开了未遮蔽的手机号码", Error),
	leakCheck(KindBankCard, "页面没有未遮蔽的银行账号", "页面公开了未遮蔽的银行卡（账）号", Serious),
	leakCheck(KindEmail, "页面没有个人电子邮箱", "页面公开了疑似个人电子邮箱", Advice),
	leakCheck(KindPaper, "页面没有未遮蔽的个人证件、档案号码", "页面公开了未遮蔽的个人证件、档案号码", Error),
	leakCheck(KindAddress, "页面没有具体到门牌的个人住址", "页面公开了疑似具体到门牌的个人住址", Advice),
	leakCheck(KindLandline, "页面没有未遮蔽的家庭电话", "页面公开了疑似个人的家庭电话", Advice),
	leakCheck(KindPlate, "页面没有与车主、驾驶人同列的车辆号牌", "页面公开了疑似与车主、驾驶人同列的车辆号牌", Advice),
}

func leakCheck(kind, fine, wrong string, sev Severity) Check {
	return Check{
		ID: kind, Articles: []string{"S12.2a"}, Severity: sev, AppliesTo: anyPage,
		Says: Says{
			Fine: fine, Tolerated: "该号码为单位公布的公开联系方式", Wrong: wrong,
			HowToFix: "请撤下页面，按最小必要原则遮蔽后重新发布，并清理附件、缓存和搜索引擎快照；依法必须公开的，由审核人写明依据。",
		},
		Evidence: "命中文字（遮蔽后）及其在页面中的位置",
		run: pageOnly(func(c *Check, f *Facts) []Finding {
			var out []Finding
			for _, s := range f.leaks() {
				if s.Kind != kind {
					continue
				}
				if f.Ledger != nil && (slices.Contains(f.Ledger.OfficialPhones, s.Wrong) || slices.ContainsFunc(f.Ledger.OfficialMailboxes, func(m string) bool { return strings.EqualFold(m, s.Wrong) })) {
					out = append(out, c.tolerated("台账登记的公开联系方式", Mask(kind, s.Wrong)))
					continue
				}
				out = append(out, c.wrong(Mask(kind, s.Wrong), Mask(kind, s.Wrong)))
				if len(out) >= maxSightings {
					break
				}
			}
			if len(out) == 0 {
				return []Finding{c.fine("")}
			}
			return out
		}),
	}
}

// leaks scans what a reader is given once for all of these checks: the visible text,
// tables with the heads of their columns, what stands for a picture, what is shown over
// an element, what search engines print.
func (f *Facts) leaks() []Span {
	if f.spans == nil {
		f.spans = append([]Span{}, f.Page.Reading(true).Privacy()...)
		seen := map[string]bool{}
		for _, s := range f.spans {
			seen[s.Wrong] = true
		}
		for _, text := range append(f.Page.unprinted(), f.Page.tables()...) {
			for _, s := range Privacy(text) {
				if !seen[s.Wrong] {
					seen[s.Wrong] = true
					f.spans = append(f.spans, s)
				}
			}
		}
	}
	return f.spans
}

// tables are the tables of the page whose heads say that a column holds personal data,
// a line for each row, cells between tabs: the visible text no longer shows its columns.
func (p *Page) tables() (out []string) {
	var all []*html.Node
	for _, n := range p.elements() {
		if n.DataAtom == atom.Table {
			all = append(all, n)
		}
	}
	for i, n := range all {
		if i+1 < len(all) && below(all[i+1], n) || !mayTell(n) || len(out) >= maxSightings {
			continue // it holds another table, or nothing that could be a number of somebody
		}
		var b strings.Builder
		for r := dom.Following(n, n); r != nil; r = dom.Following(r, n) {
			if r.DataAtom != atom.Tr {
				continue
			}
			gap := ""
			for c := range r.ChildNodes() {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					b.WriteString(gap + squeeze(nodeText(c)))
					gap = "\t"
				}
			}
			b.WriteByte('\n')
		}
		if text := b.String(); len(typedCells(text)) > 0 {
			out = append(out, text)
		}
	}
	return out
}

// mayTell reports whether a cell of a table has five digits or more and another a word
// of a telling head: no number that a head could say something about is shorter. It
// spares most tables their text.
func mayTell(table *html.Node) bool {
	digits, number, word := 0, false, false
	for n := dom.Following(table, table); n != nil; n = dom.Following(n, table) {
		if n.Type == html.ElementNode && (n.DataAtom == atom.Td || n.DataAtom == atom.Th) {
			digits = 0
		}
		if n.Type != html.TextNode {
			continue
		}
		for _, r := range n.Data {
			switch {
			case r >= '0' && r <= '9' || r >= '０' && r <= '９':
				digits++
				number = number || digits >= 5
			case r > 0x7F:
				word = word || strings.ContainsRune(tellingSigns, r)
			}
		}
		if number && word {
			return true
		}
	}
	return false
}

// tellingSigns are characters of which every word of a telling head has one.
const tellingSigns = "证份账帐卡手话折宅照系保籍病住诊址牌车"

// unprinted are the texts in attributes that may hold a datum.
func (p *Page) unprinted() (out []string) {
	keep := func(s string) {
		if (longNumber(s) || strings.ContainsAny(s, "@＠")) && !strings.Contains(p.VisibleText, s) && len(out) < maxSightings {
			out = append(out, s)
		}
	}
	for _, n := range p.elements() {
		for _, a := range n.Attr {
			if a.Key == "alt" || a.Key == "title" || a.Key == "aria-label" {
				keep(a.Val)
			}
		}
	}
	for name, values := range p.Tags {
		if titleMetas[strings.ToLower(name)] {
			for _, v := range values {
				keep(v)
			}
		}
	}
	return out
}
