package engine

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/browser"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// listing is what a list page of a site nobody has described says of its column.
type listing struct {
	name, url string
	kind      check.ColumnKind
	latest    calendar.Date
	printed   map[calendar.Date]string // of the home page: each date as it is printed
	settled   calendar.Date            // latest without the days a clock would show
	current   []check.Listed           // the rows of those days
	items     int
	static    bool   // text of its own instead of a list
	scripted  bool   // filled by a script, which we do not run
	unfilled  bool   // holds an empty list or box that a script may fill
	doubt     string // why an old date proves nothing
	rows      []row  // whose day is not beyond doubt, and those beside them
	articles  int    // articles visited from it
	tagged    bool   // says itself that it is a column
	parent    bool   // leads to the columns below it
	asked     bool   // shows what it has to who fills in its form
	blocks    []block
}

// block is a group of links of a list page that is no bar of it.
type block struct {
	links []string // of the site, canonical
	held  []string // outside links, pictures and films
	asks  []string // forms that want words
}

// blockLinks names a block by its links.
func blockLinks(b block) string { return strings.Join(b.links, " ") }

// blocksOf are the groups of links of a page but for its bars. A group that leads
// home is a bar too, whatever it is called.
func (n *inspector) blocksOf(page *check.Page) (out []block) {
	for _, b := range check.Blocks(page) {
		if b.Bar {
			continue
		}
		k := block{held: append(b.Outside, b.Media...), asks: b.Asks}
		home := false
		for _, u := range b.Links {
			if l := n.spelt[u]; l != nil {
				u = l.link.URL // one text for all pages
			} else if c, err := crawl.Canonical(page.URL, u); err == nil {
				u = c
			}
			home = home || u == n.home || u == n.start
			k.links = append(k.links, u)
		}
		if !home {
			out = append(out, k)
		}
	}
	return out
}

// listAddress are addresses that lists have, for pages that were not read.
var listAddress = regexp.MustCompile(`(?i)/$|/(?:index|list|column|default|lm|more)[^/]*$`)

// leadsToList reports whether an address opens a list and no article.
func (n *inspector) leadsToList(u string) bool {
	if v := n.landed(u); v != nil && v.targets != nil {
		return !v.content
	}
	address, _, _ := strings.Cut(u, "?")
	return listAddress.MatchString(address)
}

// beside reports whether a list page stands in one list of lists with another, as
// the columns of a channel do.
func (n *inspector) beside(u, other string) bool {
	v := n.landed(u)
	return v != nil && v.list != nil && slices.ContainsFunc(v.list.blocks, func(b block) bool {
		return slices.Contains(b.links, other) && !slices.ContainsFunc(b.links, func(u string) bool { return !n.leadsToList(u) })
	})
}

// shared counts, for each group of links and each thing held, the names of the
// columns that have it. What the home page holds is none of a column's own.
func (n *inspector) shared(home *visit) func(links string) int {
	names := map[string]map[string]bool{}
	note := func(what, name string) {
		if names[what] == nil {
			names[what] = map[string]bool{}
		}
		names[what][name] = true
	}
	for _, v := range n.order {
		if v.list == nil || v.url == n.start && v != home {
			continue
		}
		for _, b := range v.list.blocks {
			if v != home {
				note(blockLinks(b), v.list.name)
			}
			for _, u := range slices.Concat(b.held, b.asks) {
				note(u, v.list.name)
			}
		}
	}
	return func(what string) int { return len(names[what]) }
}

// contents counts what a list page has of its own: no menu, whether all pages have
// it or those of a channel, and no list of columns. parent says that it leads to
// columns below it, so that it need have nothing else.
func (n *inspector) contents(v *visit, menu map[string]bool, shared func(string) int) (items int, parent bool) {
	seen := map[string]bool{}
	for _, b := range v.list.blocks {
		for _, u := range b.held {
			if shared(u) < 2 && !seen[u] {
				seen[u] = true
				items++
			}
		}
		lists := !slices.ContainsFunc(b.links, func(u string) bool { return !n.leadsToList(u) })
		switch {
		case len(b.links) == 0:
			continue
		case lists:
			below := slices.ContainsFunc(b.links, func(u string) bool { return u != v.url && strings.HasSuffix(v.url, "/") && strings.HasPrefix(u, v.url) })
			found := !slices.Contains(b.links, v.url) && slices.ContainsFunc(b.links, func(u string) bool {
				k := n.landed(u)
				return k != nil && k.from == v.url && !n.beside(u, v.url)
			})
			parent = parent || below || found
			continue
		case shared(blockLinks(b)) > 2: // news beside the lists of several columns
			continue
		}
		for _, u := range b.links {
			if !menu[u] && u != v.url && !seen[u] && !n.leadsToList(u) {
				seen[u] = true
				items++
			}
		}
	}
	return items, parent
}

// staticText is how many characters of running text make a page a text rather
// than a list.
const staticText = 150

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
	l := listing{name: columnName(page), url: page.URL, scripted: page.Fetches(), unfilled: page.Unfilled(),
		tagged: page.Tag("ColumnName") != "" || page.Tag("ColumnType") != ""}
	l.kind = check.ListingKind(l.name, page.Tag("ColumnType"))
	l.blocks = n.blocksOf(page)
	own := 0
	for line := range strings.Lines(page.VisibleText) {
		if line = strings.TrimSpace(line); n.homeLines == nil || !n.homeLines[line] {
			own += utf8.RuneCountInString(line)
		}
	}
	l.static = own > staticText
	var dates []check.Listed
	for _, d := range check.ListedRows(page, n.o.Today) {
		if len(l.rows) < mostRows {
			l.rows = append(l.rows, n.rowOf(page, d))
		}
		if !d.Date.IsZero() && !d.Guessed {
			dates = append(dates, d)
		}
		if !d.Date.IsZero() {
			l.items++
		}
	}
	for _, d := range dates {
		if l.latest = later(l.latest, d.Date, n.o.Today); check.DayOfLook(d.Date, n.o.Today) {
			l.current = append(l.current, d)
		} else {
			l.settled = later(l.settled, d.Date, n.o.Today)
		}
	}
	if n.class(page.URL) == check.ClassHome {
		l.printed = map[calendar.Date]string{}
		for _, d := range dates {
			l.printed[d.Date] = d.Text
		}
	}
	return l
}

// clockPages is how many list pages have to be read before a row that stands on
// most of them is taken for their clock.
const clockPages = 3

// stopClocks takes the clocks of the pages out of their lists: a row with the day
// of the look that stands on more than half of the list pages and leads to no
// article that was read.
func (n *inspector) stopClocks() {
	pages, count := 0, map[string]int{}
	for _, v := range n.order {
		if v.list == nil {
			continue
		}
		pages++
		seen := map[string]bool{}
		for _, r := range v.list.current {
			if !seen[r.Row] {
				seen[r.Row] = true
				count[r.Row]++
			}
		}
		for _, r := range v.list.rows {
			if r.guessed && !seen[r.text] {
				seen[r.text] = true
				count[r.text]++
			}
		}
	}
	if pages < clockPages {
		return
	}
	for _, v := range n.order {
		if v.list == nil {
			continue
		}
		l := v.list
		rows := len(l.rows)
		l.rows = slices.DeleteFunc(l.rows, func(r row) bool {
			return r.guessed && count[r.text]*2 > pages && !slices.ContainsFunc(r.links, func(u string) bool { a := n.visits[u]; return a != nil && a.content })
		})
		if l.items -= rows - len(l.rows); len(l.current) == 0 {
			continue
		}
		all := len(l.current)
		l.current = slices.DeleteFunc(l.current, func(r check.Listed) bool {
			return count[r.Row]*2 > pages && !slices.ContainsFunc(r.Links, func(u string) bool { a := n.visits[u]; return a != nil && a.content })
		})
		l.items -= all - len(l.current)
		l.latest = l.settled
		for _, r := range l.current {
			l.latest = later(l.latest, r.Date, n.o.Today)
		}
	}
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
	return abridge.Cut(strings.TrimSpace(name), 60)
}

// tellMissing tells of columns that the ledger declares and nobody could look at:
// that nothing is wrong with them is not known.
func (n *inspector) tellMissing(missing []check.Column) {
	for _, c := range missing {
		where := c.URL
		if where == "" {
			where = n.home
		}
		n.skip("column.stale", fmt.Sprintf("台账登记的栏目“%s”没有在读到的页面中找到，未检测，请核对栏目名称和网址。", abridge.Cut(c.Name, 60)), where, 1)
	}
}

// judgeFreshness judges the home page and the columns. It returns the columns that
// are declared and were not found.
func (n *inspector) judgeFreshness() (missing []check.Column) {
	n.stopClocks()
	menu := n.menu()
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
	first := n.firstLevel(home)
	for i, c := range columns { // their facts are given
		u, err := crawl.Canonical(n.home, c.URL)
		columns[i].Kind = levelled(c.Kind, err != nil || first[u])
	}
	var second calendar.Date
	doubts, below := map[string]string{}, ""
	for _, l := range n.listings(menu) {
		second = later(second, l.latest, n.o.Today)
		if below = cmp.Or(below, l.doubt); l.doubt != "" {
			doubts[l.url] = l.doubt
		}
		col := check.Column{Name: l.name, URL: l.url, Kind: l.kind, Items: l.items, Latest: l.latest, Static: l.static && l.items == 0}
		d, known := declared[l.name]
		if known {
			if d.Name == "" {
				continue // its facts were given
			}
			col.Kind, col.CycleDays, col.Static = d.Kind, d.CycleDays, d.Static || col.Static
			delete(declared, l.name)
		}
		col.Kind = levelled(col.Kind, first[l.url])
		switch {
		case col.Static && l.items == 0:
			col.Items = 1
		case l.items == 0 && !l.tagged && col.Kind == check.ColumnOther:
			// A short text page, for all we know.
			if known {
				n.skip("column.stale", fmt.Sprintf("台账登记的栏目“%s”的页面上没有可以识别的列表，请人工查看。", abridge.Cut(l.name, 60)), l.url, 1)
			}
			continue
		case l.items == 0 && l.parent:
			continue // its content is that of the columns below
		case l.items == 0 && l.asked:
			n.skip("column.blank", "栏目内容要填写条件后才显示，未能读取，请人工查看。", l.url, 1)
			continue
		case (l.scripted || l.unfilled) && l.items == 0:
			n.skip("column.stale", "栏目列表由脚本生成，未能读取，请人工查看。", l.url, 1)
			continue
		case l.items > 0 && l.latest.IsZero() && l.articles == 0 && (col.Kind != check.ColumnOther || col.CycleDays > 0):
			n.skip("column.stale", "栏目页没有显示日期，其内容页未检测，请人工查看。", l.url, 1)
			continue
		}
		columns = append(columns, col)
	}
	facts := check.Facts{Columns: columns, Today: n.o.Today, Limits: n.o.Limits}
	h, doubt := n.homeFacts(home, second, menu)
	if h.NavigationOnly {
		doubt = cmp.Or(doubt, below)
	}
	if h.Latest.IsZero() && h.LatestBelow.IsZero() && (home.list.scripted || home.list.unfilled) {
		n.skip("home.stale", "首页内容由脚本生成，未能读取，请人工查看。", n.home, 1)
	} else if unread := n.unreadBelow(home); h.Latest.IsZero() && h.LatestBelow.IsZero() && unread > 0 {
		n.skip("home.stale", fmt.Sprintf("首页没有标明日期，它链接的页面有 %d 个没有读到，请人工查看。", unread), n.home, 1)
	} else {
		facts.Home, n.report.home = h, true
	}
	for _, f := range check.Run(facts) {
		where := f.Where
		why := doubts[where]
		if f.Check == "home.stale" {
			why = doubt
		}
		if f.Outcome == check.Violated && why != "" {
			f.Outcome, f.Why = check.Untested, why
			if f.Check == "home.stale" {
				where, n.report.home = n.home, false
			}
		}
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
			s.Evidence.Beside = v.drawnAs
			s.OnHome = f.Check == "home.stale"
			n.add(v, nil, s)
		}
	}
	return nil
}

// landed is the visit that an address comes out at; nil when there was none.
func (n *inspector) landed(u string) *visit {
	v := n.visits[u]
	for hops := 0; v != nil && v.redirect != "" && hops < 10; hops++ {
		v = n.visits[v.redirect]
	}
	return v
}

// levelled is the kind of a column by its level: of 通知公告 and 政策文件 V-W-4.1
// names those of the first level (“一级栏目”).
func levelled(k check.ColumnKind, first bool) check.ColumnKind {
	if k == check.ColumnPolicy && !first {
		return check.ColumnOther
	}
	return k
}

// firstLevel are the pages that the home page leads to.
func (n *inspector) firstLevel(home *visit) map[string]bool {
	out := map[string]bool{}
	in, _ := n.within(home)
	for _, from := range append([]*visit{home}, in...) {
		for _, u := range from.targets {
			out[u] = true // a retest does not read them all
			if v := n.landed(u); v != nil {
				out[v.url] = true
			}
		}
	}
	return out
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
		v := n.landed(u)
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
func (n *inspector) homeFacts(home *visit, second calendar.Date, menu map[string]bool) (h *check.Home, doubt string) {
	h = &check.Home{Latest: home.list.latest}
	n.newest = browser.Mark{Text: home.list.printed[h.Latest]}
	for _, u := range home.targets {
		if v := n.visits[u]; v != nil && v.content && later(h.Latest, v.published, n.o.Today) != h.Latest {
			h.Latest, n.newest = v.published, browser.Mark{Link: u}
		}
	}
	in, unseen := n.within(home)
	unfilled, open := false, 0
	for _, v := range append([]*visit{home}, in...) {
		if v.content && later(h.Latest, v.published, n.o.Today) != h.Latest {
			h.Latest, n.newest = v.published, browser.Mark{Link: v.url}
		}
		if v.list == nil {
			continue
		}
		newest, printed, unread := n.settle(v, menu)
		if newest = later(newest, v.list.latest, n.o.Today); later(h.Latest, newest, n.o.Today) != h.Latest {
			h.Latest, n.newest = newest, browser.Mark{Text: printed}
		}
		for _, u := range v.targets {
			if a := n.visits[u]; v != home && a != nil && a.content && later(h.Latest, a.published, n.o.Today) != h.Latest {
				h.Latest, n.newest = a.published, browser.Mark{Link: u}
			}
		}
		unfilled, open = unfilled || v.list.unfilled, open+unread
	}
	switch {
	case unfilled:
		doubt = "首页有内容由脚本生成，未能读取，请人工查看。"
	case unseen > 0:
		doubt = "首页有内容嵌在未能读取的页面中，请人工查看。"
	case open > 0:
		doubt = fmt.Sprintf("首页有 %d 条信息的日期未能读取，请人工查看。", open)
	}
	if h.Latest.IsZero() {
		h.NavigationOnly, h.LatestBelow = true, second
	}
	return h, doubt
}

var (
	pageNumber = regexp.MustCompile(`[_-]\d+$`)
	listFile   = regexp.MustCompile(`(?i)^(?:index|list|default|column|more|p|page)\d*$`)
	pageParam  = regexp.MustCompile(`(?i)^(?:page|p|pn|pageno|pagenum|pageindex|currentpage|curpage|cur|start|offset|pagesize|size)$`)
	digits     = regexp.MustCompile(`(?:/page)?/?\d+`)
)

// columnAddress is what the pages of one list have in common of their address.
func columnAddress(address string) (column, directory string) {
	u, err := url.Parse(address)
	if err != nil {
		return address, address
	}
	dir, file := path.Split(u.Path)
	file = pageNumber.ReplaceAllString(strings.TrimSuffix(file, path.Ext(file)), "")
	if listFile.MatchString(file) {
		file = ""
	}
	q := u.Query()
	for k := range q {
		if pageParam.MatchString(k) {
			q.Del(k)
		}
	}
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	return host + dir + file + "?" + q.Encode(), host + dir
}

// samePages reports whether a page found from another is the next of its list: it
// lies in the same folder, or its address differs by a number alone.
func samePages(a, b string) bool {
	ca, da := columnAddress(a)
	cb, db := columnAddress(b)
	return da == db || digits.ReplaceAllString(ca, "") == digits.ReplaceAllString(cb, "")
}

// listings joins the list pages of each column: the pages of a list are one. Two
// columns may have one name: they are told apart by their addresses.
func (n *inspector) listings(menu map[string]bool) []*listing {
	var out []*listing
	shared := n.shared(n.visits[n.home])
	type column struct{ name, address string }
	known := map[column]*listing{}
	of := map[string]*listing{} // by page
	for _, v := range n.order {
		if v.list == nil || v.url == n.home || v.url == n.start || v.framed || v.list.name == "" || noColumn.MatchString(v.list.name) {
			continue
		}
		l := n.factsOf(v, menu, shared)
		in, unread := n.within(v)
		for _, w := range in {
			if w.list != nil {
				l.join(n.factsOf(w, menu, shared))
			}
		}
		if unread > 0 {
			l.doubt = cmp.Or(l.doubt, "栏目有内容嵌在未能读取的页面中，请人工查看。")
		}
		address, _ := columnAddress(v.url)
		is := column{l.name, address}
		first := known[is]
		if from := of[v.from]; first == nil && from != nil && from.name == l.name && samePages(v.from, v.url) {
			first = from
		}
		if first == nil {
			known[is], of[v.url] = &l, &l
			out = append(out, &l)
			continue
		}
		known[is], of[v.url] = first, first
		first.join(l)
	}
	return out
}

// join takes in another page of the list, or what stands in a frame of it.
func (l *listing) join(m listing) {
	l.items += m.items
	l.articles += m.articles
	if m.latest.After(l.latest) {
		l.latest = m.latest
	}
	l.parent, l.asked = l.parent || m.parent, l.asked || m.asked
	l.static, l.scripted, l.unfilled = l.static || m.static, l.scripted || m.scripted, l.unfilled || m.unfilled
	l.doubt = cmp.Or(l.doubt, m.doubt)
}

// factsOf is what one page says of its column.
func (n *inspector) factsOf(v *visit, menu map[string]bool, shared func(string) int) listing {
	l := *v.list
	fresh, parent := n.contents(v, menu, shared)
	l.parent = parent
	// A form that leads back to the list is its own, on however many pages it stands.
	l.asked = slices.ContainsFunc(l.blocks, func(b block) bool {
		return slices.ContainsFunc(b.asks, func(u string) bool { return u == v.url || shared(u) < 2 })
	})
	own := n.ownItems(v, menu, shared)
	for _, u := range v.targets {
		a := n.visits[u]
		switch {
		case a == nil || !a.content:
		case a.from == v.url:
			l.articles++
			l.latest = later(l.latest, a.published, n.o.Today)
		case own[u]: // met on another page first
			l.latest = later(l.latest, a.published, n.o.Today)
		}
	}
	l.items = max(l.items, fresh)
	newest, _, unread := n.settle(v, menu)
	l.latest = later(l.latest, newest, n.o.Today)
	switch {
	case l.unfilled:
		l.doubt = "栏目有内容由脚本生成，未能读取，请人工查看。"
	case unread > 0:
		l.doubt = fmt.Sprintf("栏目有 %d 条信息的日期未能读取，请人工查看。", unread)
	}
	return l
}
