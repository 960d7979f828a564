package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/calendar"
	"zhengshu/internal/dom"
	"zhengshu/internal/percent"
)

// ColumnKind says which window of V-W-4.1 a column falls under.
type ColumnKind string

// The kinds. Other columns go by their own declared cycle (V-W-4.2) and by being
// blank (V-W-4.3) alone.
const (
	ColumnNews   ColumnKind = "news"   // 动态、要闻
	ColumnPolicy ColumnKind = "policy" // 通知公告、政策文件, first level
	ColumnOther  ColumnKind = "other"
)

// What the indicator names is “动态、要闻类” and “通知公告、政策文件类”: a name is of
// the class when it ends with its word. 新闻发布会, 招标公告 and 公示 are other things.
var (
	newsName   = regexp.MustCompile(`(?:动态|要闻|快讯|头条|新闻|(?:政务|新闻|政府|工作|部门|基层|综合)资讯|信息速递)(?:信息|中心|专栏|频道|栏目)?$`)
	noticeName = regexp.MustCompile(`^(?:[\p{Han}]{0,10}(?:政府|厅|局|委|办|省|市|县|区|镇|乡|街道))?(?:本级|政务|政府|部门|单位|最新|重要|工作|综合)?(?:通知|通告|公告|公示|[与和及、·/])*(?:通知|公告)(?:通知|通告|公告|公示|[与和及、·/])*(?:专栏|栏目)?$`)
	policyName = regexp.MustCompile(`(?:政策文件|政府文件|规范性文件|部门文件|本级文件|办公[厅室]文件|政策法规|文件)(?:库|汇编|专栏|栏目)?$`)
	policyHead = regexp.MustCompile(`政策|政府|规范性|部门|本级|办公[厅室]|文件库$`)
	formerName = regexp.MustCompile(`废止|失效|历史|旧|征求意见|草案|解读`)
	// otherName is what a column says of itself that neither class is about.
	otherName = regexp.MustCompile(`发布会|发言人|招标|投标|采购|中标|成交|出让|拍卖|公示|招聘|招考|录用|任免|征集|公报|法律|专题|访谈|信箱|指南|目录|年报|预算|决算`)
)

// ColumnKindOf is the kind that a column's name, or the class in its ColumnType
// tag, tells.
func ColumnKindOf(name string) ColumnKind {
	n := noBlanks(name)
	switch {
	case newsName.MatchString(n):
		return ColumnNews
	case noticeName.MatchString(n), policyName.MatchString(n) && policyHead.MatchString(n) && !formerName.MatchString(n):
		return ColumnPolicy
	}
	return ColumnOther
}

// ListingKind is the kind of a column by its name; where the name says nothing, by
// its class. Whole departments are filed under 政务动态, so that a class makes no
// 动态 of what calls itself otherwise.
func ListingKind(name, class string) ColumnKind {
	if k := ColumnKindOf(name); k != ColumnOther || otherName.MatchString(noBlanks(name)) {
		return k
	}
	return ColumnKindOf(class)
}

// Column is what is known of one column.
type Column struct {
	Name string
	URL  string
	Kind ColumnKind
	// Items counts the published items, −1 when unknown.
	Items int
	// Latest is the date of the newest item; zero when no item shows a date.
	Latest calendar.Date
	// CycleDays is the declared update cycle; 0 when none.
	CycleDays int
	// Static columns (简介, 指南) are right without updates.
	Static bool
}

// Home is what is known of the home page.
type Home struct {
	// Latest is the newest date among its items; items without a visible time
	// count as not updated.
	Latest calendar.Date
	// NavigationOnly pages are judged by all second-level pages: LatestBelow.
	NavigationOnly bool
	LatestBelow    calendar.Date
}

// Access is a window of probes of one site.
type Access struct {
	// Days holds the number of probes of each day of the window.
	Days   []int
	Failed int
}

var freshnessChecks = []Check{
	{
		ID: "home.stale", Articles: []string{"V-W-3"}, Severity: Serious, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "首页在规定期限内有更新", Wrong: "首页超过规定期限没有更新", HowToFix: "请立即在首页更新信息，并标明发布时间；首页只是导航的，更新各二级页面。"},
		Evidence: "首页快照和首页各条信息的显示时间", run: homeStale,
	},
	{
		ID: "column.stale", Articles: []string{"V-W-4.1", "D-04", "D-05", "S19.2"}, Severity: Error, AppliesTo: []string{OnColumn},
		Says:     Says{Fine: "栏目在规定期限内有更新", Tolerated: "静态栏目不要求定期更新", Wrong: "栏目超过规定期限没有更新", HowToFix: "请由栏目责任人更新内容；确无内容更新的，按程序归并或撤销该栏目。"},
		Evidence: "栏目页快照和最新一条信息的显示时间", run: columnStale,
	},
	{
		ID: "column.overdue", Articles: []string{"V-W-4.2", "S19.2"}, Severity: Error, AppliesTo: []string{OnColumn},
		Says:     Says{Fine: "栏目按登记的更新周期更新", Wrong: "栏目超过登记的更新周期没有更新", HowToFix: "请按登记的更新周期更新，周期不合实际的按程序调整。"},
		Evidence: "栏目登记的更新周期和最新一条信息的显示时间", run: columnOverdue,
	},
	{
		ID: "column.blank", Articles: []string{"V-W-4.3", "D-07"}, Severity: Error, AppliesTo: []string{OnColumn},
		Says:     Says{Fine: "栏目有内容", Wrong: "栏目空白（有栏目无内容）", HowToFix: "请补充内容，或在内容就绪前撤下该栏目。"},
		Evidence: "栏目页快照", run: columnBlank,
	},
	{
		ID: "access.rate", Articles: []string{"V-W-2"}, Severity: Serious, AppliesTo: []string{OnSite},
		Says:     Says{Fine: "网站访问正常", Wrong: "网站访问失败的比例达到单项否决的标准", HowToFix: "请立即排查服务器、网络和域名解析；属计划内停机的，事先按程序申请临时下线。"},
		Evidence: "检查期内每次访问的时间、地点和结果", run: accessRate,
	},
}

func homeStale(c *Check, f *Facts) []Finding {
	if f.Home == nil {
		return nil
	}
	latest := f.Home.Latest
	if f.Home.NavigationOnly {
		latest = f.Home.LatestBelow
	}
	zero := calendar.Date{}
	switch {
	case f.Limits.HomeStaleDays <= 0 || f.Today == zero:
		return []Finding{c.untested("没有给出检查期限", "首页")}
	case latest == zero:
		return []Finding{c.wrong("没有标明发布时间的信息", "首页")}
	case latest.AddDays(f.Limits.HomeStaleDays).Before(f.Today):
		return []Finding{c.wrong(fmt.Sprintf("最近更新于 %s，期限为%d天", isoDate(latest), f.Limits.HomeStaleDays), "首页")}
	}
	return []Finding{c.fine("首页")}
}

func isoDate(d calendar.Date) string { return stamp{date: d}.String() }

// window is until when a column had to be updated under V-W-4.1, and the window in
// words; ok is false for a column the indicator names no window for, and where
// none was given.
func (c Column) window(f *Facts) (due calendar.Date, words string, ok bool) {
	switch {
	case f.Today.IsZero():
	case c.Kind == ColumnNews && f.Limits.NewsStaleDays > 0:
		return c.Latest.AddDays(f.Limits.NewsStaleDays), fmt.Sprintf("%d天", f.Limits.NewsStaleDays), true
	case c.Kind == ColumnPolicy && f.Limits.PolicyStaleMonths > 0:
		return c.Latest.AddMonths(f.Limits.PolicyStaleMonths), fmt.Sprintf("%d个月", f.Limits.PolicyStaleMonths), true
	}
	return calendar.Date{}, "", false
}

func columnStale(c *Check, f *Facts) (out []Finding) {
	zero := calendar.Date{}
	for _, col := range f.Columns {
		due, window, given := col.window(f)
		switch {
		case col.Items == 0 || col.Kind == ColumnOther || col.Kind == "":
			continue
		case col.Static:
			out = append(out, c.tolerated("栏目登记为静态栏目", col.where()))
		case !given:
			out = append(out, c.untested("没有给出检查期限", col.where()))
		case col.Latest == zero:
			out = append(out, c.wrong("“"+col.Name+"”没有标明发布时间的信息，按未更新计", col.where()))
		case due.Before(f.Today):
			out = append(out, c.wrong("“"+col.Name+"”最近更新于 "+isoDate(col.Latest)+"，期限为"+window, col.where()))
		default:
			out = append(out, c.fine(col.where()))
		}
	}
	return out
}

func columnOverdue(c *Check, f *Facts) (out []Finding) {
	zero := calendar.Date{}
	for _, col := range f.Columns {
		due, _, given := col.window(f)
		switch {
		case col.CycleDays <= 0 || col.Static || col.Items == 0:
			continue
		case given && (col.Latest == zero || due.Before(f.Today)):
			// One fact is one finding: of a column whose window the indicators give,
			// V-W-4.1 governs, which vetoes at half as many columns.
			continue
		case f.Today == zero:
			out = append(out, c.untested("没有给出检查日期", col.where()))
		case col.Latest == zero:
			out = append(out, c.wrong("“"+col.Name+"”没有标明发布时间的信息，按未更新计", col.where()))
		case col.Latest.AddDays(col.CycleDays).Before(f.Today):
			out = append(out, c.wrong(fmt.Sprintf("“%s”最近更新于 %s，登记周期为%d天", col.Name, isoDate(col.Latest), col.CycleDays), col.where()))
		default:
			out = append(out, c.fine(col.where()))
		}
	}
	return out
}

func columnBlank(c *Check, f *Facts) (out []Finding) {
	for _, col := range f.Columns {
		switch {
		case col.Items < 0:
			out = append(out, c.untested("未能取得栏目内容", col.where()))
		case col.Items == 0:
			out = append(out, c.wrong("“"+col.Name+"”", col.where()))
		default:
			out = append(out, c.fine(col.where()))
		}
	}
	return out
}

func (c Column) where() string {
	if c.URL != "" {
		return c.URL
	}
	return c.Name
}

func accessRate(c *Check, f *Facts) []Finding {
	if f.Access == nil {
		return nil
	}
	l := f.Limits
	if l.AccessDays <= 0 || l.MinProbesPerDay <= 0 || l.FailedShare <= 0 {
		return []Finding{c.untested("没有给出检查参数", "全站")}
	}
	total := 0
	for _, n := range f.Access.Days {
		total += n
	}
	if len(f.Access.Days) < l.AccessDays || slices.ContainsFunc(f.Access.Days, func(n int) bool { return n < l.MinProbesPerDay }) {
		return []Finding{c.untested(fmt.Sprintf("数据不足：须连续%d天、每天不少于%d次", l.AccessDays, l.MinProbesPerDay), "全站")}
	}
	// “超过（含）”: the share itself already counts. In whole numbers, so that
	// 7 of 140 is exactly five per cent.
	detail := fmt.Sprintf("%d天内访问%d次，失败%d次（%s）", len(f.Access.Days), total, f.Access.Failed, percent.Of(f.Access.Failed, total).Text(2))
	if f.Access.Failed*10000 >= l.FailedShare*total {
		return []Finding{c.wrong(detail, "全站")}
	}
	return []Finding{c.fine("全站")}
}

// Listed is a row of a list page.
type Listed struct {
	Date calendar.Date // zero when it could not be read
	Text string        // the date as it is printed
	// Guessed says that the year is not printed.
	Guessed bool
	// Beside says that something stands beside the title which may be a date and
	// could not be read.
	Beside bool
	// List tells the lists of a page apart.
	List int
	// Row is the row without blanks and digits: a clock, whose time of day moves,
	// reads the same on every page.
	Row string
	// Links are where the row leads, when its date is not beyond doubt.
	Links []string
}

// DayOfLook reports a date that a clock would show: a look lasts over midnight,
// and a cache gives out the page of yesterday.
func DayOfLook(d, today calendar.Date) bool {
	return !today.IsZero() && !d.Before(today.AddDays(-1)) && !d.After(today.AddDays(1))
}

// datedRow is a row that holds a link, and perhaps a date at one of its ends.
type datedRow struct {
	date     calendar.Date
	text     string
	from, to int // of the date in the text
	node     *html.Node
	inTitle  bool // the date is a part of the title
}

// datedRows are those of a page that hold a date, in page order.
func (p *Page) datedRows() []datedRow {
	if p.dated == nil {
		rows := slices.DeleteFunc(slices.Clone(p.listRows()), func(r datedRow) bool { return r.date.IsZero() })
		p.dated = &rows
	}
	return *p.dated
}

// listRows are the rows of a page that hold a link, in page order.
func (p *Page) listRows() []datedRow {
	if p.listed == nil {
		rows := listRows(p)
		p.listed = &rows
	}
	return *p.listed
}

func listRows(p *Page) (out []datedRow) {
	parted := partedRows(p)
	for _, n := range p.elements() {
		switch n.DataAtom {
		case atom.Li, atom.Tr, atom.Dd, atom.Dt, atom.P:
		case atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			if parted[n].date.IsZero() {
				continue
			}
		case atom.Div:
			if !leafBlock(n) {
				continue
			}
		default:
			continue
		}
		if hasRow(n) || dom.Find(n, atom.A) == nil {
			continue
		}
		t := shortText(n, 900)
		if t == "" {
			continue
		}
		// A date inside the words of the title is not the item's; the item's
		// own stands at the end, or alone before the title.
		if s, from, to := lastStamp(t); !s.zero() {
			out = append(out, datedRow{s.date, t, from, to, n, dateOfTitle(n, t[from:to])})
			continue
		}
		if s, from, to := findStamp(t); !s.zero() && strings.Trim(t[:from], " [（(【·•") == "" {
			last, _ := utf8.DecodeLastRuneInString(t[from:to]) // a date may take the blank behind it
			if r, _ := utf8.DecodeRuneInString(t[to:]); blank(r) || blank(last) || strings.ContainsRune("]）)】", r) {
				out = append(out, datedRow{s.date, t, from, to, n, false})
				continue
			}
		}
		if r := parted[n]; !r.date.IsZero() {
			out = append(out, r)
			continue
		}
		out = append(out, datedRow{text: t, node: n})
	}
	return out
}

// partedRows are the rows whose day stands in an element of its own beside that of the
// title: above it, below it, or in the term of a list of definitions. One of them alone
// may be the clock of the page beside a link.
func partedRows(p *Page) map[*html.Node]datedRow {
	out := map[*html.Node]datedRow{}
	above := map[*html.Node]bool{} // of a parent: the day comes first
	for _, n := range p.elements() {
		if n.Parent == nil || n.FirstChild == nil || !partOfRow(n) || within(n, atom.Li, atom.Tr) {
			continue
		}
		text := noBlanks(shortText(n, 40))
		if text == "" || strings.IndexByte("0123456789[(", text[0]) < 0 {
			continue
		}
		text = squeeze(shortText(n, 40))
		d, _ := rowDay(text, calendar.Date{})
		if d.IsZero() || dom.Find(n, atom.A) != nil {
			continue
		}
		before, after := elementBeside(n, true), elementBeside(n, false)
		first, known := above[n.Parent]
		if !known {
			first = before == nil || dom.Find(before, atom.A) == nil && before.DataAtom != atom.A
			above[n.Parent] = first
		}
		title := after
		if !first {
			title = before
		}
		if title == nil || !partOfRow(title) {
			continue
		}
		r := datedRow{date: d, text: shortText(title, 400) + " " + text, node: title}
		if r.from, r.to = len(r.text)-len(text), len(r.text); r.titled() {
			out[title] = r
		}
	}
	if len(out) < fewestParted {
		return nil
	}
	return out
}

// fewestParted is how many such rows are a list.
const fewestParted = 2

// partOfRow reports whether an element may hold the title or the day of a row.
func partOfRow(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Dt, atom.Dd, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	case atom.Div:
		return leafBlock(n)
	}
	return false
}

// elementBeside is the element before or after another.
func elementBeside(n *html.Node, before bool) *html.Node {
	for {
		if before {
			n = n.PrevSibling
		} else {
			n = n.NextSibling
		}
		if n == nil || n.Type == html.ElementNode {
			return n
		}
	}
}

// lastStamp returns a date that ends the text, and the bytes it takes.
func lastStamp(t string) (s stamp, from, to int) {
	for off := 0; off < len(t); {
		s, from, to := findStamp(t[off:])
		if s.zero() {
			return stamp{}, 0, 0
		}
		if len([]rune(strings.TrimSpace(t[off+to:]))) <= 6 {
			return s, off + from, off + to
		}
		off += to
	}
	return stamp{}, 0, 0
}

var (
	weekdayAfter  = regexp.MustCompile(`^[\s\x{00A0}\x{3000}，,、(（\[|]*(?:\d{1,2}[:：时]\d{1,2}(?:[:：分]\d{1,2}秒?)?[\s\x{00A0}\x{3000}]*)?(?i:星期[一二三四五六日天]|周[一二三四五六日]|(?:mon|tues|wednes|thurs|fri|satur|sun)day)`)
	weekdayBefore = regexp.MustCompile(`(?i:星期[一二三四五六日天]|周[一二三四五六日]|(?:mon|tues|wednes|thurs|fri|satur|sun)day)[\s\x{00A0}\x{3000}，,、)）\]|]*$`)
	weekdayWithin = regexp.MustCompile(`(?:星期|周)[一二三四五六日天]`) // before the time of day
	nowBefore     = regexp.MustCompile(`(?:今天是|今天|今日|现在是|现在时间|当前时间|当前日期|北京时间)[\s\x{00A0}\x{3000}：:，,]*$`)
)

// clock reports whether the row is the clock of its page: the day of the look in
// the head or the menu of the page, after the words for today, or beside its
// weekday. A list that names the weekday of all its items shows several days.
func (r datedRow) clock(rows []datedRow, today calendar.Date) bool {
	if !DayOfLook(r.date, today) {
		return false
	}
	if nowBefore.MatchString(r.text[:r.from]) || inBar(r.node) {
		return true
	}
	return r.weekday() && !slices.ContainsFunc(rows, func(o datedRow) bool { return o.date != r.date && o.weekday() })
}

func (r datedRow) weekday() bool {
	return weekdayAfter.MatchString(r.text[r.to:]) || weekdayBefore.MatchString(r.text[:r.from]) || weekdayWithin.MatchString(r.text[r.from:r.to])
}

// inBar reports whether an element stands in the head or a menu of the page. The
// head of an article, or of an item, is its own.
func inBar(n *html.Node) bool {
	for a := n; a != nil; a = a.Parent {
		switch role := dom.Attr(a, "role"); {
		case a.DataAtom == atom.Nav, role == "navigation", role == "banner":
			return true
		case a.DataAtom == atom.Header:
			for b := a.Parent; b != nil; b = b.Parent {
				switch b.DataAtom {
				case atom.Article, atom.Section, atom.Main, atom.Li, atom.Td:
					return false
				}
			}
			return true
		}
	}
	return false
}

// bareRow is a row without blanks and digits.
func bareRow(t string) string {
	return strings.Map(func(r rune) rune {
		if blank(r) || r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, t)
}

// leafBlock reports whether a div has no block below it.
func leafBlock(n *html.Node) bool {
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		if c.Type == html.ElementNode && blockLike(c) && c.DataAtom != atom.Br {
			return false
		}
	}
	return true
}

// hasRow reports whether a row holds rows of its own.
func hasRow(n *html.Node) bool {
	for c := dom.Following(n, n); c != nil; c = dom.Following(c, n) {
		switch c.DataAtom {
		case atom.Li, atom.Tr, atom.Dd:
			return true
		}
	}
	return false
}
