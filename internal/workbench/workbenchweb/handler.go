package workbenchweb

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/notify"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	bench  *workbench.Service
	notify *notify.Service
	outbox *notify.Outbox
	clock  calendar.Clock
	below  []func(r *http.Request) ([]web.Component, error)
}

// Below adds parts of modules above under the list of what is to be done.
func (h *Handler) Below(list ...func(r *http.Request) ([]web.Component, error)) *Handler {
	h.below = append(h.below, list...)
	return h
}

// New makes the handler.
func New(b *workbench.Service, n *notify.Service, o *notify.Outbox, clock calendar.Clock) *Handler {
	return &Handler{bench: b, notify: n, outbox: o, clock: clock}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console", Permit: authz.SignedIn, Handle: h.home},
		{Pattern: "GET /console/{$}", Permit: authz.SignedIn, Handle: h.home},
		{Pattern: "GET /console/inbox", Permit: authz.SignedIn, Handle: h.home},
		{Pattern: "GET /console/messages", Permit: authz.SignedIn, Handle: h.messages},
		{Pattern: "POST /console/messages/read", Permit: authz.SignedIn, Handle: h.readAll},
		{Pattern: "POST /console/messages/{id}/read", Permit: authz.SignedIn, Handle: h.read},
		{Pattern: "GET /console/me/notifications", Permit: authz.SignedIn, Handle: h.preference},
		{Pattern: "POST /console/me/notifications", Permit: authz.SignedIn, Handle: h.setPreference},
		{Pattern: "POST /console/me/notifications/address", Permit: authz.SignedIn, Handle: h.proveAddress},
	}
}

// most is how many rows a tab shows and counts.
const most = 200

// Counts are the numbers of the top bar, for web.Config.Counts. A source that
// does not answer leaves them out: the page itself says what is wrong.
func (h *Handler) Counts(ctx context.Context) web.Counts {
	session := authz.SessionFrom(ctx)
	if session == nil {
		return web.Counts{}
	}
	tasks, err := h.tasks(ctx, session, workbench.ToDo, nil)
	if err != nil {
		slog.ErrorContext(ctx, "top bar has no counts", "cause", err)
		return web.Counts{}
	}
	return countsOf(tasks, h.clock.Now())
}

func countsOf(tasks []workbench.Task, now time.Time) web.Counts {
	c := web.Counts{ToDo: len(tasks)}
	for _, t := range tasks {
		if !t.Due.On.IsZero() && t.Due.Passed(now) {
			c.Overdue++
		}
	}
	return c
}

// homeView is GET /console.
type homeView struct {
	Heading  web.Heading
	Stats    web.Stats
	Tabs     web.Tabs
	Table    web.Table
	Messages web.Table
	All      web.Link
	Below    []web.Component
}

// Title of the document.
func (homeView) Title() string { return "工作台" }

var tabs = []struct {
	tab  workbench.Tab
	name string
}{{workbench.ToDo, "待办"}, {workbench.Done, "已办"}, {workbench.Started, "我发起"}, {workbench.Copied, "抄送"}}

// bench is everything the screen is made of.
type bench struct {
	tab      workbench.Tab
	toDo     []workbench.Task
	rows     []workbench.Task // of the tab shown
	counts   map[workbench.Tab]int
	messages []notify.Message // unread
	mayApply bool
}

func newHomeView(b bench, at time.Time) homeView {
	today := calendar.DateOf(at)
	late, now, soon := 0, 0, 0
	for _, t := range b.toDo {
		if t.Due.On.IsZero() {
			continue
		}
		switch n := t.Due.On.Sub(today); {
		case t.Due.Passed(at):
			late++
		case n == 0:
			now++
		case n <= 7:
			soon++
		}
	}
	// Today is what is late, due today or without a date; the rest may wait.
	n, minutes := 0, 0
	for _, t := range b.toDo {
		if t.Due.On.IsZero() || t.Due.On.Sub(today) <= 0 {
			n, minutes = n+1, minutes+t.Minutes
		}
	}
	title := fmt.Sprintf("今天要做 %d 件 · 约 %s", n, spell(minutes))
	if len(b.toDo) >= most {
		title = fmt.Sprintf("待办超过 %d 件，先办最急的", most)
	} else if n == 0 {
		title = "今天没有必须办完的事"
	}
	v := homeView{Heading: web.Heading{Title: title},
		Stats: web.Stats{Label: "概况", Items: []web.Stat{
			{Name: "超期", Value: fmt.Sprint(late), Unit: "件", Kind: toneIf(late > 0, web.Danger), Href: "/console?tab=todo"},
			{Name: "今日到期", Value: fmt.Sprint(now), Unit: "件", Kind: toneIf(now > 0, web.Warn), Href: "/console?tab=todo"},
			{Name: "7 天内到期", Value: fmt.Sprint(soon), Unit: "件", Href: "/console?tab=todo"},
			{Name: "待阅", Value: fmt.Sprint(b.counts[workbench.Copied]), Unit: "条", Href: "/console?tab=copied"}}},
		Tabs: web.Tabs{Label: "事项"}, Messages: messageTable(b.messages), All: web.Link{Text: "全部消息", Href: "/console/messages"}}
	if len(b.toDo) == 0 {
		v.Heading.Title, v.Heading.Lead = "今天没有要办的事", "新的事项到达后会显示在这里。"
	} else {
		v.Heading.Lead = "最急的是：" + b.toDo[0].Title + "。"
	}
	if b.mayApply {
		v.Heading.Acts = []web.Act{{Text: "提出申请", Href: "/console/matters"}}
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "培训签到", Href: "/console/training/sign-in"})
	for _, t := range tabs {
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: t.name, Href: "/console?tab=" + string(t.tab), N: b.counts[t.tab], Current: t.tab == b.tab})
	}
	v.Table = tableOf(b, at)
	return v
}

// spell writes minutes as people say them.
func spell(minutes int) string {
	if minutes < 120 {
		return fmt.Sprintf("%d 分钟", minutes)
	}
	return fmt.Sprintf("%d 小时", (minutes+30)/60)
}

func toneIf(on bool, t web.Tone) web.Tone {
	if on {
		return t
	}
	return web.Neutral
}

func tableOf(b bench, now time.Time) web.Table {
	name := tabs[0].name
	for _, t := range tabs {
		if t.tab == b.tab {
			name = t.name
		}
	}
	t := web.Table{Caption: name + "事项", Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "来自"}, {Head: "时间"}, {Head: "状态"}},
		Empty: web.Empty{Title: "这里没有事项"}}
	if b.tab == workbench.ToDo {
		t.Columns = []web.Column{{Head: "事项", Wide: true}, {Head: "来自"}, {Head: "到达"}, {Head: "时限"}, {}}
		t.Empty = web.Empty{Title: "没有待办事项", Text: "今天的事已经办完。"}
	}
	for _, k := range b.rows {
		cells := []web.Cell{{Text: k.Title, Href: k.Link, Note: k.Kind + " · " + k.State}, web.Text(k.From), web.When(k.At)}
		row := web.Row{}
		if b.tab == workbench.ToDo {
			due := web.Tagged(web.DueTagAt(k.Due, now))
			if !k.Due.On.IsZero() {
				due = web.DueCellAt(k.Due, now)
				switch n := k.Due.On.Sub(calendar.DateOf(now)); {
				case k.Due.Passed(now):
					row.Kind = web.Danger
				case n <= 1:
					row.Kind = web.Warn
				}
			}
			cells = append(cells, due, web.Acts(web.Link{Text: k.Act, Href: k.Link, Note: k.Title}))
		} else {
			cells = append(cells, web.Tagged(web.Tag{Text: k.State}))
		}
		row.Cells = cells
		t.Rows = append(t.Rows, row)
	}
	return t
}

func messageTable(list []notify.Message) web.Table {
	t := web.Table{Caption: "待阅消息", Compact: true, Columns: []web.Column{{Head: "消息", Wide: true}, {Head: "时间"}},
		Empty: web.Empty{Title: "没有待阅消息"}}
	for _, m := range list {
		c := web.Cell{Text: m.Title, Href: m.Link}
		if m.Urgent {
			c.Tags = append(c.Tags, web.Tag{Kind: web.Danger, Text: "紧急"})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{c, web.When(m.At)}})
	}
	return t
}

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleAt  = time.Date(2026, 3, 19, 2, 0, 0, 0, time.UTC)
)

func sampleTasks() []workbench.Task {
	return []workbench.Task{
		{Key: "case:1", Kind: "审批", Title: "西安市商务局申请开设“西安市商务局网站”", From: "西安市商务局", At: sampleAt, Due: calendar.Due{On: sampleDay.AddDays(-1)}, State: "西安市人民政府办公厅审核", Link: "/console/cases/1", Act: "去审核", Minutes: 8},
		{Key: "obligation:1", Kind: "时限", Title: "公安备案：西安市商务局网站", From: "西安市商务局", At: sampleAt, Due: calendar.Due{On: sampleDay}, State: "办理中", Link: "/console/sites/1/launch", Act: "去办理", Minutes: 10},
		{Key: "case:2", Kind: "审批", Title: "补正", From: "西安市商务局", At: sampleAt, State: "退回补正", Link: "/console/cases/2", Act: "去补正"}}
}

var homePage = web.Define(views, "views/home.html",
	newHomeView(bench{tab: workbench.ToDo, counts: map[workbench.Tab]int{}}, sampleDay.Start()),
	newHomeView(bench{tab: workbench.ToDo, toDo: sampleTasks(), rows: sampleTasks(), counts: map[workbench.Tab]int{workbench.ToDo: 3, workbench.Copied: 1}, mayApply: true,
		messages: []notify.Message{{ID: "m1", Title: "待办：西安市商务局申请开设网站", Link: "/console/cases/1", At: sampleAt, Urgent: true}}}, sampleDay.Start()),
	newHomeView(bench{tab: workbench.Started, rows: []workbench.Task{{Title: "<script>alert(1)</script>", From: `"><b>`, Link: "javascript:alert(1)", State: "<i>"}}, counts: map[workbench.Tab]int{}}, sampleDay.Start()),
)

func (h *Handler) home(w http.ResponseWriter, r *http.Request) error {
	ctx, session := r.Context(), authz.SessionFrom(r.Context())
	b := bench{tab: workbench.ToDo, counts: map[workbench.Tab]int{}, mayApply: session.May(authz.OpeningApply)}
	for _, t := range tabs {
		if r.URL.Query().Get("tab") == string(t.tab) {
			b.tab = t.tab
		}
	}
	var err error
	if b.messages, err = h.notify.Messages(ctx, session, notify.Filter{Unread: true}, most); err != nil {
		return err
	}
	b.messages = audience(session, b.messages, func(href string) authz.Permission { return web.Need(ctx, href) })
	// 待办 and 待阅 are on every tab; the others are read when they are shown.
	for _, t := range tabs {
		if t.tab != b.tab && t.tab != workbench.ToDo && t.tab != workbench.Copied {
			continue
		}
		tasks, err := h.tasks(ctx, session, t.tab, b.messages)
		if err != nil {
			return err
		}
		b.counts[t.tab] = len(tasks)
		if t.tab == workbench.ToDo {
			b.toDo = tasks
			web.SetCounts(r, countsOf(tasks, h.clock.Now()))
		}
		if t.tab == b.tab {
			b.rows = tasks
		}
	}
	const shown = 6
	b.messages = b.messages[:min(shown, len(b.messages))]
	v := newHomeView(b, h.clock.Now())
	if b.tab == workbench.ToDo {
		for _, f := range h.below {
			parts, err := f(r)
			if err != nil {
				return err
			}
			v.Below = append(v.Below, parts...)
		}
	}
	return homePage.Render(w, r, v)
}

// tasks of a tab; 抄送 is what the modules copied and what is to be read.
func (h *Handler) tasks(ctx context.Context, session *authz.Session, tab workbench.Tab, unread []notify.Message) ([]workbench.Task, error) {
	tasks, err := h.bench.Tasks(ctx, session, tab, most)
	if err != nil {
		return nil, err
	}
	if tab == workbench.ToDo {
		return openable(session, tasks, func(href string) authz.Permission { return web.Need(ctx, href) }), nil
	}
	if tab != workbench.Copied {
		return tasks, nil
	}
	for _, m := range unread {
		tasks = append(tasks, workbench.Task{Key: "message:" + m.ID, Kind: "消息", Title: m.Title, At: m.At, State: "待阅", Link: m.Link})
	}
	return tasks, nil
}

// messagesView is GET /console/messages.
type messagesView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Items   []notify.Message
	Empty   web.Empty
	Cut     string // said when there are more
	Unread  int
	All     bool
	Text    string
	Here    string // this list's address
}

// Title of the document.
func (messagesView) Title() string { return "消息" }

// Crumbs of the page.
func (messagesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "消息"}}
}

func newMessagesView(list []notify.Message, q url.Values, cut bool) messagesView {
	v := messagesView{Heading: web.Heading{Title: "消息", Lead: "发给您和您所在单位的通知。"}, Empty: web.Empty{Title: "没有待阅消息"},
		Tabs: messageTabs(0), Items: list, All: q.Get("all") != "", Text: q.Get("q"), Here: "/console/messages",
		Filter: web.Filter{Action: "/console/messages", Total: len(list), Over: cut, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "标题或内容"}}}}
	keep := url.Values{}
	if v.All {
		v.Tabs, v.Empty.Title, v.Filter.Reset = messageTabs(1), "没有消息", "/console/messages?all=1"
		v.Filter.Hidden = []web.Field{{Name: "all"}}
		keep.Set("all", "1")
	}
	if v.Text != "" {
		v.Empty = web.Empty{Title: "没有符合条件的消息", Text: "换一个词，或者清空条件再看。"}
		keep.Set("q", v.Text)
	}
	if len(keep) > 0 {
		v.Here += "?" + keep.Encode()
	}
	v.Filter.Fill(q)
	for _, m := range list {
		if !m.Read {
			v.Unread++
		}
	}
	if cut {
		v.Cut = fmt.Sprintf("只列出最近的 %d 条。较早的请用上面的条件查找。", most)
	}
	return v
}

var messagesPage = web.Define(views, "views/messages.html",
	newMessagesView(nil, nil, false),
	newMessagesView([]notify.Message{{ID: "m1", Title: "待办：开设网站", Body: "SP-2026-0007 已到您单位审核。", Link: "/console/cases/1", At: sampleAt, Urgent: true}, {ID: "m2", Title: "批准：开设网站", Link: "/console/cases/1", At: sampleAt, Read: true}}, url.Values{"all": {"1"}, "q": {"开设"}}, true),
	newMessagesView([]notify.Message{{ID: `"><script>`, Title: "<script>alert(1)</script>", Body: "</p><script>", Link: "javascript:alert(1)"}}, url.Values{"q": {`"><script>`}}, false),
)

func filterOf(q url.Values) notify.Filter {
	return notify.Filter{Unread: q.Get("all") == "", Text: q.Get("q")}
}

func (h *Handler) messages(w http.ResponseWriter, r *http.Request) error {
	list, err := h.notify.Messages(r.Context(), authz.SessionFrom(r.Context()), filterOf(r.URL.Query()), most+1)
	if err != nil {
		return err
	}
	cut := len(list) > most
	list = list[:min(most, len(list))]
	list = audience(authz.SessionFrom(r.Context()), list, func(href string) authz.Permission { return web.Need(r.Context(), href) })
	for i := range list {
		if !web.MayOpen(r, list[i].Link) {
			list[i].Link = ""
		}
	}
	return messagesPage.Render(w, r, newMessagesView(list, r.URL.Query(), cut))
}

// readAll marks what the list's conditions leave, so that a flood of one kind
// is found by its words and put away in one act.
func (h *Handler) readAll(w http.ResponseWriter, r *http.Request) error {
	if err := h.notify.MarkAllRead(r.Context(), authz.SessionFrom(r.Context()), notify.Filter{Text: r.PostFormValue("q")}); err != nil {
		return err
	}
	return web.Done(w, r, web.SafeNext(r.PostFormValue("next"), "/console/messages"), "已全部标为已阅")
}

func (h *Handler) read(w http.ResponseWriter, r *http.Request) error {
	if err := h.notify.MarkRead(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id")); err != nil {
		return err
	}
	return web.Done(w, r, web.SafeNext(r.PostFormValue("next"), "/console/messages"), "")
}
