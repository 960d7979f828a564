package dashboardweb

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

// morningPage is what changed overnight.
type morningPage struct {
	Heading web.Heading
	Tabs    web.Tabs
	Exports []web.Act
	Quiet   string // said when nothing wants an act, "" otherwise
	Parts   []morningPart
	Stats   web.Stats
	ToDo    web.Table
}

type morningPart struct {
	Name  string
	N     int
	Calm  bool
	All   web.Link
	Items []morningItem
}

type morningItem struct {
	Text, Note, Unit, When string
	Person, Post, Phone    string
	Act                    web.Act
}

// Title of the document.
func (morningPage) Title() string { return "今日要情" }

// Crumbs of the page.
func (morningPage) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "今日要情"}}
}

// since reads ?since=look: from the person's last look instead of yesterday's
// evening.
func (h *Handler) since(r *http.Request) (since, before time.Time, byLook bool, err error) {
	if before, err = h.boards.Looked(r.Context(), authz.SessionFrom(r.Context())); err != nil {
		return since, before, false, err
	}
	if r.URL.Query().Get("since") == "look" && !before.IsZero() {
		return before, before, true, nil
	}
	return h.boards.Evening(), before, false, nil
}

func (h *Handler) morning(w http.ResponseWriter, r *http.Request) error {
	since, before, byLook, err := h.since(r)
	if err != nil {
		return err
	}
	m, err := h.boards.Morning(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), since)
	if err != nil {
		return err
	}
	v := newMorning(m, before, byLook, web.FrameOf(r).Today)
	v.Exports = web.ExportActs(morningPath+"/export", r.URL.Query())
	return morningView.Render(w, r, v)
}

func newMorning(m dashboard.Morning, before time.Time, byLook bool, today calendar.Date) morningPage {
	v := morningPage{Heading: web.Heading{Title: "今日要情", Lead: "自 " + web.Minute(m.Since) + " 以来的变化，要办的在前。", Acts: []web.Act{{Text: "看板", Href: boardPath}, {Text: "领导摘要", Href: boardPath + "/leader"}, {Text: "值班大屏", Href: boardPath + "/wall"}}}}
	if !before.IsZero() {
		v.Tabs = web.Tabs{Label: "从何时算起", Items: []web.Tab{{Name: "自昨天 18:00", Href: morningPath, Current: !byLook}, {Name: "自上次查看（" + web.Minute(before) + "）", Href: morningPath + "?since=look", Current: byLook}}}
	}
	if m.Quiet() {
		v.Quiet = "这段时间没有新的告警、严重问题和超期事项。"
	}
	for n, list := range [][]dashboard.Part{m.Red, m.Calm} {
		for _, p := range list {
			q := morningPart{Name: p.Name, N: p.N, Calm: n == 1}
			switch {
			case p.All != "":
				q.All = web.Link{Text: "查看全部", Href: p.All, Note: p.Name}
			case p.Figure == "finding.fresh":
				q.All = web.Link{Text: "查看明细", Href: rowsHref(dashboard.Query{Figure: p.Figure, Since: m.Since}), Note: p.Name}
			case p.Figure != "":
				q.All = web.Link{Text: "查看全部超期的", Href: rowsHref(dashboard.Query{Figure: p.Figure}), Note: p.Name}
			}
			for _, i := range p.Items {
				q.Items = append(q.Items, morningItem{Text: i.Text, Note: i.Note, Unit: i.UnitName, When: web.Minute(i.At), Person: i.Person, Post: i.Post, Phone: i.Phone, Act: web.Act{Text: i.Act, Href: i.Link}})
			}
			v.Parts = append(v.Parts, q)
		}
	}
	v.Stats = web.Stats{Label: "目前合计", Items: []web.Stat{
		{Name: "未办结的严重问题", Value: strconv.Itoa(m.Serious), Unit: "个", Kind: tone(m.Serious, web.Danger), Href: open(m.Serious, dashboard.Query{Figure: "finding.serious"})},
		{Name: "超期未办结的整改通知", Value: strconv.Itoa(m.Overdue), Unit: "份", Kind: tone(m.Overdue, web.Danger), Href: open(m.Overdue, dashboard.Query{Figure: "order.overdue"})},
		{Name: "超期的留言", Value: strconv.Itoa(m.Late), Unit: "件", Kind: tone(m.Late, web.Warn), Href: open(m.Late, dashboard.Query{Figure: "letter.late"})},
		{Name: "这段时间发现和办结的问题", Value: fmt.Sprintf("%d／%d", m.Found, m.Mended), Unit: "个", Note: "发现／办结"}}}
	v.ToDo = toDo(m.ToDo, today)
	return v
}

// toDo is what waits for the person.
func toDo(list []workbench.Task, today calendar.Date) web.Table {
	t := web.Table{Caption: "等我办的", Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "类别"}, {Head: "期限"}, {Head: ""}}, Empty: web.Empty{Title: "没有等您办的事"}}
	for _, x := range list {
		due := web.Text("—")
		if !x.Due.On.IsZero() {
			due = web.DueCell(x.Due.On, today)
			if x.Due.Provisional {
				due.Text += "（暂定）"
			}
		}
		act := x.Act
		if act == "" {
			act = "查看"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Title, Note: x.From}, web.Text(x.Kind), due, web.Acts(web.Link{Text: act, Href: x.Link, Note: x.Title})}})
	}
	return t
}

func (h *Handler) exportMorning(w http.ResponseWriter, r *http.Request) error {
	since, _, _, err := h.since(r)
	if err != nil {
		return err
	}
	m, err := h.boards.Morning(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), since)
	if err != nil {
		return err
	}
	t := web.Table{Columns: []web.Column{{Head: "类别"}, {Head: "事项"}, {Head: "说明"}, {Head: "单位"}, {Head: "时间"}, {Head: "联系人"}, {Head: "岗位"}, {Head: "电话"}}}
	for _, list := range [][]dashboard.Part{m.Red, m.Calm} {
		for _, p := range list {
			for _, i := range p.Items {
				t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(p.Name), web.Text(i.Text), web.Text(i.Note), web.Text(i.UnitName), web.When(i.At), web.Text(i.Person), web.Text(i.Post), web.Text(i.Phone)}})
			}
		}
	}
	return web.SendSheet(w, r, sheet("今日要情", t), "今日要情")
}

// ---- the leader's page

// leaderPage is five numbers and what wants a decision.
type leaderPage struct {
	Heading web.Heading
	Exports []web.Act
	Five    []tile
	ToDo    web.Table
}

// tile is one large number.
type tile struct {
	Name, Value, Unit, Note string
	Wrong                   bool
	Link                    web.Link
}

// Title of the document.
func (leaderPage) Title() string { return "领导摘要" }

// Crumbs of the page.
func (leaderPage) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "看板", Href: boardPath}, {Name: "领导摘要"}}
}

func (h *Handler) leader(w http.ResponseWriter, r *http.Request) error {
	l, err := h.boards.Leader(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	v := newLeader(l)
	v.Exports = web.ExportActs(boardPath+"/leader/export", r.URL.Query())
	return leaderView.Render(w, r, v)
}

func newLeader(l dashboard.Leader) leaderPage {
	return leaderPage{Heading: web.Heading{Title: "领导摘要", Lead: web.Minute(l.At) + "的情况。", Acts: []web.Act{{Text: "今日要情", Href: morningPath}, {Text: "看板", Href: boardPath}}}, Five: five(l), ToDo: toDo(l.ToDo, calendar.DateOf(l.At))}
}

func five(l dashboard.Leader) []tile {
	link := func(n int, name string, q dashboard.Query) web.Link {
		if n == 0 {
			return web.Link{}
		}
		return web.Link{Text: "看明细", Href: rowsHref(q), Note: name}
	}
	out := []tile{
		{Name: "若今天抽查，不合格网站", Value: strconv.Itoa(l.Unqualified), Unit: "个", Note: fmt.Sprintf("共 %d 个网站", l.Sites), Wrong: l.Unqualified > 0, Link: link(l.Unqualified, "不合格网站", dashboard.Query{Figure: "site.unqualified", From: l.Month, To: l.Month})},
		{Name: "未办结的严重问题", Value: strconv.Itoa(l.Serious), Unit: "个", Wrong: l.Serious > 0, Link: link(l.Serious, "严重问题", dashboard.Query{Figure: "finding.serious"})},
		{Name: "超期未办结的整改通知", Value: strconv.Itoa(l.Overdue), Unit: "份", Wrong: l.Overdue > 0, Link: link(l.Overdue, "超期整改通知", dashboard.Query{Figure: "order.overdue"})},
		{Name: "超期的留言", Value: strconv.Itoa(l.Late), Unit: "件", Wrong: l.Late > 0, Link: link(l.Late, "超期留言", dashboard.Query{Figure: "letter.late"})},
		{Name: "未处置的告警", Value: strconv.Itoa(l.Alarms), Unit: "起", Wrong: l.Alarms > 0}}
	if l.Alarms > 0 {
		out[4].Link = web.Link{Text: "看明细", Href: "/console/alarms", Note: "告警"}
	}
	return out
}

func fiveTable(l dashboard.Leader) web.Table {
	t := web.Table{Caption: "五项数字", Columns: []web.Column{{Head: "项目"}, {Head: "数量", Number: true}, {Head: "单位"}}}
	for _, x := range five(l) {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(x.Name), web.Text(x.Value), web.Text(x.Unit)}})
	}
	return t
}

func (h *Handler) exportLeader(w http.ResponseWriter, r *http.Request) error {
	l, err := h.boards.Leader(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	return web.SendSheet(w, r, sheet("领导摘要", fiveTable(l)), "领导摘要")
}

// ---- the wall

// wallRefresh is how often the wall asks again, in seconds; by a header, so that
// it needs no script.
const wallRefresh = 120

// wallLines bounds the lines of the wall's comparison.
const wallLines = 12

// wallPage is the large view for the duty room: no name, no telephone.
type wallPage struct {
	Place   string
	At      string
	Refresh int
	Exports []web.Act
	Back    web.Link
	Five    []tile
	Compare web.Table
	Trend   web.Table
	Chart   bool
}

// Title of the document.
func (wallPage) Title() string { return "值班大屏" }

func (h *Handler) wallData(r *http.Request) (wallPage, dashboard.Leader, error) {
	scope := authz.ScopeFrom(r.Context())
	p, err := h.boards.PlaceOf(r.Context(), scope, authz.SessionFrom(r.Context()), org.AreaID(r.URL.Query().Get("under")))
	if err != nil {
		return wallPage{}, dashboard.Leader{}, err
	}
	l, err := h.boards.Leader(r.Context(), nil, scope)
	if err != nil {
		return wallPage{}, l, err
	}
	c, err := h.boards.Compare(r.Context(), scope, p)
	if err != nil {
		return wallPage{}, l, err
	}
	list, err := h.boards.Trends(r.Context(), scope, p)
	if err != nil {
		return wallPage{}, l, err
	}
	return newWall(l, c, list), l, nil
}

func newWall(l dashboard.Leader, c dashboard.Comparison, list []dashboard.Month) wallPage {
	v := wallPage{Place: c.Place.Name(), At: web.Minute(l.At), Refresh: wallRefresh, Five: five(l), Back: web.Link{Text: "返回看板", Href: boardPath}, Compare: compareTable(c, wallLines)}
	// What can be read from afar: the place and what wants an act.
	keep := []int{0, 2, 4, 5}
	t := web.Table{Caption: v.Compare.Caption, Empty: v.Compare.Empty}
	for _, i := range keep {
		t.Columns = append(t.Columns, v.Compare.Columns[i])
	}
	for _, row := range v.Compare.Rows {
		var cells []web.Cell
		for _, i := range keep {
			cells = append(cells, row.Cells[i])
		}
		t.Rows = append(t.Rows, web.Row{Cells: cells})
	}
	v.Compare, v.Trend = t, trendTable(list[max(len(list)-6, 0):], c.Place)
	v.Trend.Caption, v.Chart = "最近六个月", len(v.Trend.Rows) > 0
	for i := range v.Trend.Rows {
		v.Trend.Rows[i].Cells = v.Trend.Rows[i].Cells[:3]
	}
	v.Trend.Columns = v.Trend.Columns[:3]
	return v
}

func (h *Handler) wall(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.wallData(r)
	if err != nil {
		return err
	}
	v.Exports = web.ExportActs(boardPath+"/wall/export", r.URL.Query())
	w.Header().Set("Refresh", strconv.Itoa(wallRefresh))
	return wallView.Render(w, r, v)
}

func (h *Handler) exportWall(w http.ResponseWriter, r *http.Request) error {
	v, l, err := h.wallData(r)
	if err != nil {
		return err
	}
	return web.SendSheet(w, r, sheet("值班大屏", fiveTable(l), v.Compare, v.Trend), "值班大屏")
}
