package check

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// How the rows of a list print their day when not as a whole date.
var (
	rowLabel    = regexp.MustCompile(`^(?:发布时间|发布日期|更新时间|日期|时间|Published|Updated|Date)\s*[:：]?\s*`)
	rowClock    = regexp.MustCompile(`\s+\d{1,2}[:：]\d{2}(?:[:：]\d{2})?$`)
	rowAgo      = regexp.MustCompile(`^(\d{1,3})\s*(秒|秒钟|分钟|小时|个小时|天|日|周|个星期|个月)\s*前$`)
	rowMonthDay = regexp.MustCompile(`^(?:(\d{1,2})-(\d{1,2})|(\d{2})[/.](\d{2})|(\d{1,2})月(\d{1,2})日)$`)
	rowDayFirst = regexp.MustCompile(`^(\d{1,2})日?\s+(\d{4})[-/.年]\s*(\d{1,2})月?$`)
	rowDayLast  = regexp.MustCompile(`^(\d{4})[-/.年]\s*(\d{1,2})月?\s+(\d{1,2})日?$`)
	rowYearLast = regexp.MustCompile(`^(\d{1,2})[-/.](\d{1,2})\s+(\d{4})$`)
)

var rowDays = map[string]int{"刚刚": 0, "刚才": 0, "今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "前天": 2}

// rowDay reads what stands beside the title of a row as its day. guessed says that
// the year is not printed, so that the latest day which is not to come is taken.
func rowDay(t string, today calendar.Date) (d calendar.Date, guessed bool) {
	t = strings.Trim(strings.Join(strings.Fields(t), " "), " []［］()（）【】〔〕·•|")
	t = rowClock.ReplaceAllString(rowLabel.ReplaceAllString(t, ""), "")
	if t == "" || utf8.RuneCountInString(t) > 24 {
		return calendar.Date{}, false
	}
	day := func(year, month, day string) calendar.Date {
		y, ey := strconv.Atoi(year)
		m, em := strconv.Atoi(month)
		n, en := strconv.Atoi(day)
		d, err := calendar.NewDate(y, time.Month(m), n)
		if ey != nil || em != nil || en != nil || err != nil {
			return calendar.Date{} // digits, and no day
		}
		return d
	}
	if s, from, to := findStamp(t); !s.zero() && from == 0 && to == len(t) {
		return s.date, false
	}
	if s, from, to := findEnglishStamp(t); !s.zero() && from == 0 && to == len(t) {
		return s.date, false
	}
	if s := shortStamp(t); !s.zero() {
		return s.date, false
	}
	if m := rowDayFirst.FindStringSubmatch(t); m != nil {
		return day(m[2], m[3], m[1]), false
	}
	if m := rowDayLast.FindStringSubmatch(t); m != nil {
		return day(m[1], m[2], m[3]), false
	}
	if m := rowYearLast.FindStringSubmatch(t); m != nil {
		return day(m[3], m[1], m[2]), false
	}
	if today.IsZero() {
		return calendar.Date{}, false
	}
	if ago, ok := rowDays[t]; ok {
		return today.AddDays(-ago), false
	}
	if m := rowAgo.FindStringSubmatch(t); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return calendar.Date{}, false // no number, and no day
		}
		switch m[2] {
		case "天", "日":
			return today.AddDays(-n), false
		case "周", "个星期":
			return today.AddDays(-7 * n), false
		case "个月":
			return today.AddMonths(-n), false
		case "小时", "个小时":
			return today.AddDays(-n / 24), false
		}
		return today, false
	}
	if m := rowMonthDay.FindStringSubmatch(t); m != nil {
		for y := today.Year + 1; y > today.Year-8; y-- { // 29 February comes every eighth year at the latest
			if d := day(strconv.Itoa(y), m[1]+m[3]+m[5], m[2]+m[4]+m[6]); !d.IsZero() && !d.After(today.AddDays(1)) {
				return d, true
			}
		}
	}
	return calendar.Date{}, false
}

// titleLink is the least length, in characters, of a link that is the title of an item.
const titleLink = 6

// ListedRows returns the rows of a list page that lead to an item, in page order. A
// row whose day could not be read has none. It serves to judge the freshness of
// columns nobody has described to us. The clock of the page, which shows the day of
// the look, is no item's date, and neither is a date that belongs to a title.
func ListedRows(p *Page, today calendar.Date) []Listed {
	rows := p.listRows()
	dated := p.datedRows()
	out := make([]Listed, 0, len(rows))
	lists, bars := map[*html.Node]int{}, map[*html.Node]bool{}
	for _, r := range rows {
		l := Listed{Date: r.date}
		if r.inTitle {
			l.Date = calendar.Date{}
		}
		group := groupOf(r.node)
		switch {
		case l.Date.IsZero():
			if bar(group, bars) || !r.titled() {
				continue
			}
			l.Date, l.Text, l.Guessed, l.Beside = r.beside(today)
		case r.clock(dated, today):
			continue
		default:
			l.Text = r.text[r.from:r.to]
		}
		if _, known := lists[group]; !known {
			lists[group] = len(lists)
		}
		l.List = lists[group]
		if l.Date.IsZero() || l.Guessed || DayOfLook(l.Date, today) {
			l.Row = bareRow(r.text)
			for c := dom.Following(r.node, r.node); c != nil; c = dom.Following(c, r.node) {
				if c.DataAtom == atom.A {
					l.Links = append(l.Links, p.resolve(dom.Attr(c, "href")))
				}
			}
		}
		out = append(out, l)
	}
	return out
}

// titled reports whether a row holds a link that may be the title of an item.
func (r datedRow) titled() bool {
	for c := dom.Following(r.node, r.node); c != nil; c = dom.Following(c, r.node) {
		if c.DataAtom == atom.A && longer(strings.TrimSpace(nodeText(c)), titleLink-1) {
			return true
		}
	}
	return false
}

// beside reads the day beside the title of a row that holds no whole date. sign says
// that something stands there which may be a day and could not be read.
func (r datedRow) beside(today calendar.Date) (d calendar.Date, text string, guessed, sign bool) {
	var outside []string
	for c := r.node.FirstChild; c != nil; {
		switch {
		case c.DataAtom == atom.A:
		case c.Type == html.TextNode:
			if t := strings.TrimSpace(c.Data); t != "" {
				outside = append(outside, t)
			}
		case c.DataAtom == atom.Img:
			sign = true
		}
		next := c.FirstChild
		if c.DataAtom == atom.A || unseen(c) {
			next = nil
		}
		for next == nil && c != r.node {
			if next = c.NextSibling; next == nil {
				c = c.Parent
			}
		}
		c = next
	}
	all := strings.Join(outside, " ")
	if d, guessed = rowDay(all, today); !d.IsZero() {
		return d, all, guessed, false
	}
	for c := dom.Following(r.node, r.node); c != nil; c = dom.Following(c, r.node) {
		if c.Type != html.ElementNode || c.DataAtom == atom.A || c.FirstChild == nil || unseen(c) {
			continue
		}
		if t := strings.Join(strings.Fields(nodeText(c)), " "); len(t) > 0 && len(t) <= 80 {
			if d, guessed = rowDay(t, today); !d.IsZero() {
				return d, t, guessed, false
			}
			if t = apart(c); len(t) <= 80 { // day and month in elements of their own
				if d, guessed = rowDay(t, today); !d.IsZero() {
					return d, t, guessed, false
				}
			}
		}
	}
	sign = sign || !longer(all, 30) && strings.ContainsAny(all, "0123456789前天日月")
	return calendar.Date{}, "", false, sign
}

// apart is the text of an element with a blank between the parts of it.
func apart(n *html.Node) string {
	var parts []string
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.TextNode {
			parts = append(parts, strings.Fields(c.Data)...)
		}
	}
	return strings.Join(parts, " ")
}

// dateOfTitle reports whether a date, in the words for year, month and day, is the end
// of a title rather than the day of its row: it hangs on the words of the link, or
// stands in round brackets behind them.
func dateOfTitle(row *html.Node, date string) bool {
	if date = strings.TrimSpace(date); !seek.Has(date, "年") {
		return false
	}
	inLink := false
	for c := dom.Following(row, row); c != nil; c = dom.Following(c, row) {
		if c.Type != html.TextNode {
			continue
		}
		i := strings.LastIndex(c.Data, date)
		if i < 0 {
			continue
		}
		link := false
		for a := c.Parent; a != nil && a != row; a = a.Parent {
			link = link || a.DataAtom == atom.A
		}
		before := strings.TrimSpace(c.Data[:i])
		last, size := utf8.DecodeLastRuneInString(c.Data[:i])
		if !link || utf8.RuneCountInString(before) < 4 || size == 0 || blank(last) || strings.ContainsRune("[［【|", last) {
			return false // it stands for itself
		}
		inLink = true
	}
	return inLink
}
