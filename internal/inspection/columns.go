package inspection

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/browser"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
)

// listing is what a list page of a site nobody has described says of its column.
type listing struct {
	name, url string
	kind      check.ColumnKind
	latest    calendar.Date
	newest    string // latest as it is printed
	items     int
	static    bool // text of its own instead of a list
	scripted  bool // filled by a script, which we do not run
	articles  int  // articles visited from it
	tagged    bool // says itself that it is a column
}

// staticText is how many characters of running text make a page a text rather
// than a list.
const staticText = 150

// A list that is fetched after the page was loaded.
var fetchesList = regexp.MustCompile(`(?i)\$\.(?:ajax|get|post|getJSON)\s*\(|XMLHttpRequest|\bfetch\s*\(|axios|new\s+Vue\b|createApp\s*\(|ReactDOM|v-for=|ng-repeat=`)

// One of these stands in whatever fetchesList matches; to look for them costs
// little.
var fetchWords = []string{"$.", "xmlhttprequest", "fetch", "axios", "vue", "createapp", "reactdom", "v-for", "ng-repeat"}

// survey notes what a page says about freshness.
func (n *inspector) survey(v *visit, page *check.Page, class check.Class) {
	if n.class(page.URL) == check.ClassHome {
		class = check.ClassHome
	}
	v.content = class == check.ClassContent
	v.shown, v.column = page.Published, page.Tag("ColumnName")
	if len(page.Published) >= 10 {
		if d, err := calendar.ParseDate(page.Published[:10]); err == nil {
			v.published = d
		}
	}
	if n.class(page.URL) == check.ClassHome && n.homeLines == nil {
		// Menu and foot are on every page; what is not on the home page is a page's own.
		n.homeLines = map[string]bool{}
		for line := range strings.Lines(page.VisibleText) {
			n.homeLines[strings.TrimSpace(line)] = true
		}
	}
	if class == check.ClassColumn || class == check.ClassHome {
		l := n.listingOf(page)
		v.list = &l
	}
}

func (n *inspector) listingOf(page *check.Page) listing {
	l := listing{name: columnName(page), url: page.URL, scripted: page.Mentions(fetchWords...) && fetchesList.MatchString(page.Text),
		tagged: page.Tag("ColumnName") != "" || page.Tag("ColumnType") != ""}
	if l.kind = check.ColumnKindOf(page.Tag("ColumnType")); l.kind == check.ColumnOther || page.Tag("ColumnType") == "" {
		l.kind = check.ColumnKindOf(l.name)
	}
	own := 0
	for line := range strings.Lines(page.VisibleText) {
		if line = strings.TrimSpace(line); n.homeLines == nil || !n.homeLines[line] {
			own += utf8.RuneCountInString(line)
		}
	}
	l.static = own > staticText
	dates := check.ListedDates(page)
	l.items = len(dates)
	for _, d := range dates {
		l.latest = later(l.latest, d, n.o.Today)
	}
	until := calendar.Date{}
	if !n.o.Today.IsZero() {
		until = n.o.Today.AddDays(1)
	}
	if !l.latest.IsZero() && n.class(page.URL) == check.ClassHome {
		l.newest = check.NewestListed(page, until)
	}
	return l
}

// later is the later of two dates; a date to come is a printing error.
func later(a, b, today calendar.Date) calendar.Date {
	if b.After(a) && (today.IsZero() || !b.After(today.AddDays(1))) {
		return b
	}
	return a
}

// titleParts makes one sign of those that part a title.
var titleParts = strings.NewReplacer("_", "-", "|", "-", "－", "-", "—", "-", "–", "-")

func columnName(p *check.Page) string {
	if t := p.Tag("ColumnName"); t != "" {
		return t
	}
	name, _, _ := strings.Cut(titleParts.Replace(p.Title), "-")
	return clipRunes(strings.TrimSpace(name), 60)
}

// tellMissing tells of columns that the ledger declares and nobody could look at:
// that nothing is wrong with them is not known.
func (n *inspector) tellMissing(missing []check.Column) {
	for _, c := range missing {
		where := c.URL
		if where == "" {
			where = n.home
		}
		n.skip("column.stale", fmt.Sprintf("台账登记的栏目“%s”没有在读到的页面中找到，未检测，请核对栏目名称和网址。", clipRunes(c.Name, 60)), where, 1)
	}
}

// judgeFreshness judges the home page and the columns. It returns the columns that
// are declared and were not found.
func (n *inspector) judgeFreshness() (missing []check.Column) {
	var columns []check.Column
	declared := map[string]check.Column{}
	for _, c := range n.target.Columns {
		if c.Items < 0 && c.Latest.IsZero() {
			declared[c.Name] = c
		} else {
			declared[c.Name] = check.Column{}
			columns = append(columns, c)
		}
	}
	defer func() {
		for _, c := range n.target.Columns {
			if d := declared[c.Name]; d.Name != "" {
				missing = append(missing, d)
				delete(declared, c.Name)
			}
		}
	}()
	home := n.visits[n.home]
	if home == nil || home.list == nil {
		return nil
	}
	menu := n.menu()
	var second calendar.Date
	for _, l := range n.listings(menu) {
		second = later(second, l.latest, n.o.Today)
		col := check.Column{Name: l.name, URL: l.url, Kind: l.kind, Items: l.items, Latest: l.latest, Static: l.static && l.items == 0}
		d, known := declared[l.name]
		if known {
			if d.Name == "" {
				continue // its facts were given
			}
			col.Kind, col.CycleDays, col.Static = d.Kind, d.CycleDays, d.Static || col.Static
			delete(declared, l.name)
		}
		switch {
		case col.Static && l.items == 0:
			col.Items = 1
		case l.items == 0 && !l.tagged && col.Kind == check.ColumnOther:
			// A short text page, for all we know.
			if known {
				n.skip("column.stale", fmt.Sprintf("台账登记的栏目“%s”的页面上没有可以识别的列表，请人工查看。", clipRunes(l.name, 60)), l.url, 1)
			}
			continue
		case l.scripted && l.items == 0:
			n.skip("column.stale", "栏目列表由脚本生成，未能读取，请人工查看。", l.url, 1)
			continue
		case l.items > 0 && l.latest.IsZero() && l.articles == 0 && (col.Kind != check.ColumnOther || col.CycleDays > 0):
			n.skip("column.stale", "栏目页没有显示日期，其内容页未检测，请人工查看。", l.url, 1)
			continue
		}
		columns = append(columns, col)
	}
	facts := check.Facts{Columns: columns, Today: n.o.Today, Limits: n.o.Limits}
	h := n.homeFacts(home, second)
	if h.Latest.IsZero() && h.LatestBelow.IsZero() && home.list.scripted {
		n.skip("home.stale", "首页内容由脚本生成，未能读取，请人工查看。", n.home, 1)
	} else if unread := n.unreadBelow(home); h.Latest.IsZero() && h.LatestBelow.IsZero() && unread > 0 {
		n.skip("home.stale", fmt.Sprintf("首页没有标明日期，它链接的页面有 %d 个没有读到，请人工查看。", unread), n.home, 1)
	} else {
		facts.Home, n.report.home = h, true
	}
	for _, f := range check.Run(facts) {
		where := f.Where
		if strings.HasPrefix(f.Check, "column.") && f.Outcome != check.Untested {
			n.report.columns[where] = true
		}
		switch f.Outcome {
		case check.Untested:
			n.skip(f.Check, f.Why, where, 1)
		case check.Violated:
			s := Sighting{Check: f.Check, Severity: f.Severity, Says: f.Says, Article: f.Article, URL: n.home, Where: where, Fix: f.Fix}
			v := home
			if c := n.visits[where]; c != nil {
				s.URL, v = where, c
			}
			s.OnHome = f.Check == "home.stale"
			n.add(v, nil, s)
		}
	}
	return nil
}

// unreadBelow counts the pages a home page links to that were not read: what
// they say of their day is not known. Where as many were read as a second look
// reads, they speak for the rest.
func (n *inspector) unreadBelow(home *visit) int {
	read, unread := 0, 0
	for _, u := range home.targets {
		if k := n.links[u]; u == n.home || u == n.start || k != nil && k.link.Kind != check.LinkPage {
			continue
		}
		v := n.visits[u]
		for hops := 0; v != nil && v.redirect != "" && hops < 10; hops++ {
			v = n.visits[v.redirect]
		}
		switch {
		case v == nil || v.err != "" || v.refused || v.status >= 500:
			unread++
		case v.content:
			read++
		}
	}
	if read >= datedArticles {
		return 0
	}
	return unread
}

// menu are the links that most pages carry: navigation, not items of a list.
func (n *inspector) menu() map[string]bool {
	menu := map[string]bool{n.home: true, n.start: true}
	read := 0
	count := map[string]int{}
	for _, v := range n.order {
		if v.targets == nil {
			continue
		}
		read++
		for _, u := range v.targets {
			count[u]++
		}
	}
	for u, c := range count {
		if c*2 > read && c > 1 {
			menu[u] = true
		}
	}
	return menu
}

// Pages that stand in no list of columns whatever links they hold.
var noColumn = regexp.MustCompile(`地图|导航|搜索|检索|登录|注册|联系我们|关于我们|隐私|版权|帮助|无障碍|订阅`)

// homeFacts takes the dates beside the items of the home page and those of the
// articles it links to: an item whose own page states the time counts as
// stated. A page of navigation only is judged by the second level.
func (n *inspector) homeFacts(home *visit, second calendar.Date) *check.Home {
	h := &check.Home{Latest: home.list.latest}
	n.newest = browser.Mark{Text: home.list.newest}
	for _, u := range home.targets {
		if v := n.visits[u]; v != nil && v.content && later(h.Latest, v.published, n.o.Today) != h.Latest {
			h.Latest, n.newest = v.published, browser.Mark{Link: u}
		}
	}
	if h.Latest.IsZero() {
		h.NavigationOnly, h.LatestBelow = true, second
	}
	return h
}

// listings joins the list pages of each column: the pages of a list are one.
func (n *inspector) listings(menu map[string]bool) []*listing {
	var out []*listing
	byName := map[string]*listing{}
	for _, v := range n.order {
		if v.list == nil || v.url == n.home || v.url == n.start || v.list.name == "" || noColumn.MatchString(v.list.name) {
			continue
		}
		l := *v.list
		fresh := 0
		for _, u := range v.targets {
			if !menu[u] {
				fresh++
			}
			if a := n.visits[u]; a != nil && a.content && a.from == v.url {
				l.articles++
				l.latest = later(l.latest, a.published, n.o.Today)
			}
		}
		l.items = max(l.items, fresh)
		if known := byName[l.name]; known != nil {
			known.items += l.items
			known.articles += l.articles
			known.latest = later(known.latest, l.latest, n.o.Today)
			known.static, known.scripted = known.static || l.static, known.scripted || l.scripted
			continue
		}
		byName[l.name] = &l
		out = append(out, &l)
	}
	return out
}
