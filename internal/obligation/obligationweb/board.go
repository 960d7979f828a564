package obligationweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// boardView is GET /console/obligations/board.
type boardView struct {
	Heading  web.Heading
	Stats    web.Stats
	Filter   web.Filter
	Units    web.Table
	Kinds    web.Table
	Articles web.Table
}

// Title of the document.
func (boardView) Title() string { return "超期看板" }

// Crumbs of the page.
func (boardView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "义务和时限", Href: "/console/obligations"}, {Name: "超期看板"}}
}

func lateHref(q url.Values) string {
	q.Set("overdue", "on")
	return "/console/obligations?" + q.Encode()
}

func newBoardView(b obligation.Board, kinds []obligation.Kind, area string, areas []web.Option, today calendar.Date) boardView {
	// The list behind a number is of the same area.
	in := func(name, value string) url.Values {
		q := url.Values{}
		for k, v := range map[string]string{name: value, "area": area} {
			if v != "" {
				q.Set(k, v)
			}
		}
		return q
	}
	open, soon := "/console/obligations", in("from", today.String())
	if area != "" {
		open += "?" + in("", "").Encode()
	}
	soon.Set("until", today.AddDays(6).String())
	v := boardView{Heading: web.Heading{Title: "超期看板", Lead: "哪些时限已经超过、超过多久、在哪些单位、依据哪一条。点数字看明细。"},
		Stats: web.Stats{Label: "概况", Items: []web.Stat{
			{Name: "超期", Value: fmt.Sprint(b.All.Late), Unit: "件", Href: lateHref(in("", "")), Kind: tone(b.All.Late > 0)},
			{Name: "有超期的单位", Value: fmt.Sprint(b.NUnits), Unit: "个"},
			{Name: "7 天内到期", Value: fmt.Sprint(b.Soon), Unit: "件", Href: "/console/obligations?" + soon.Encode()},
			{Name: "未办结", Value: fmt.Sprint(b.All.Open), Unit: "件", Href: open}}},
		Filter: web.Filter{Action: "/console/obligations/board", Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "area", Label: "区划", Options: areas}}},
	}
	columns := func(first string) []web.Column {
		return []web.Column{{Head: first, Wide: true}, {Head: "超期", Number: true}, {Head: "7 天以内", Number: true}, {Head: "8–30 天", Number: true}, {Head: "31–90 天", Number: true}, {Head: "90 天以上", Number: true}, {Head: "未办结", Number: true}}
	}
	cells := func(t obligation.Tally, name web.Cell, q url.Values) web.Row {
		number := func(n, from, to int) web.Cell {
			if n == 0 {
				return web.Figure(0)
			}
			w := url.Values{}
			for k, x := range q {
				w[k] = x
			}
			if to > 0 {
				w.Set("from", today.AddDays(-to).String())
			}
			w.Set("until", today.AddDays(-from).String())
			c := web.Figure(n)
			c.Href = lateHref(w)
			return c
		}
		late := web.Figure(t.Late)
		if t.Late > 0 {
			late.Href = lateHref(q)
		}
		return web.Row{Cells: []web.Cell{name, late, number(t.Days7, 1, 7), number(t.Days30, 8, 30), number(t.Days90, 31, 90), number(t.Longer, 91, 0), web.Figure(t.Open)}}
	}
	v.Units = web.Table{Caption: "按单位", Columns: columns("单位"), Empty: web.Empty{Title: "没有超期的单位", Text: "管辖范围内没有超过时限的事项。"}}
	if b.NUnits > len(b.Units) {
		v.Units.Caption = fmt.Sprintf("按单位（超期最多的 %d 个，共 %d 个）", len(b.Units), b.NUnits)
	}
	for _, t := range b.Units {
		v.Units.Rows = append(v.Units.Rows, cells(t, web.Cell{Text: t.Name, Href: lateHref(in("unit", t.Key))}, in("unit", t.Key)))
	}
	v.Kinds = web.Table{Caption: "按事项", Columns: columns("事项"), Empty: web.Empty{Title: "没有未办结的事项"}}
	v.Articles = web.Table{Caption: "按条款", Columns: columns("条款"), Empty: web.Empty{Title: "没有未办结的事项"}}
	articles := map[string]*obligation.Tally{}
	names := map[string]string{}
	var order []string
	for _, t := range b.Kinds {
		q := in("kind", t.Key)
		i := slices.IndexFunc(kinds, func(k obligation.Kind) bool { return k.ID == t.Key })
		name := web.Cell{Text: t.Name}
		if i >= 0 {
			name.Note = kinds[i].Citation
			article := articleOf(kinds[i].Clause)
			if articles[article] == nil {
				articles[article] = &obligation.Tally{Key: article}
				order = append(order, article)
			}
			a := articles[article]
			a.Open, a.Late, a.Days7, a.Days30, a.Days90, a.Longer = a.Open+t.Open, a.Late+t.Late, a.Days7+t.Days7, a.Days30+t.Days30, a.Days90+t.Days90, a.Longer+t.Longer
			if !strings.Contains(names[article], t.Name) {
				names[article] += "、" + t.Name
			}
		}
		v.Kinds.Rows = append(v.Kinds.Rows, cells(t, name, q))
	}
	slices.SortFunc(order, func(a, b string) int { return articles[b].Late - articles[a].Late })
	for _, a := range order {
		name := web.Cell{Text: "第 " + strings.TrimPrefix(a, "S") + " 条", Note: strings.TrimPrefix(names[a], "、")}
		if !strings.HasPrefix(a, "S") {
			name.Text = "其他规定"
		}
		v.Articles.Rows = append(v.Articles.Rows, cells(*articles[a], name, in("clause", a)))
	}
	return v
}

// articleOf is the article of a clause: S7.4a is of S7.
func articleOf(clause string) string {
	a, _, _ := strings.Cut(clause, ".")
	return a
}

func tone(on bool) web.Tone {
	if on {
		return web.Danger
	}
	return web.Neutral
}

func sampleBoard() obligation.Board {
	t := obligation.Tally{Key: "launch", Name: "正式上线", Open: 9, Late: 4, Days7: 1, Days30: 1, Days90: 1, Longer: 1}
	u := t
	u.Key, u.Name = "u1", "西安市商务局"
	return obligation.Board{All: t, Kinds: []obligation.Tally{t}, Units: []obligation.Tally{u}, NUnits: 3, Soon: 5}
}

func hostileBoard() obligation.Board {
	b := sampleBoard()
	b.Units[0].Key, b.Units[0].Name, b.Kinds[0].Key, b.Kinds[0].Name = `"><script>`, "<script>", `"><b>`, "<i>"
	return b
}

var boardPage = web.Define(views, "views/board.html",
	newBoardView(obligation.Board{}, nil, "", nil, sampleDay),
	newBoardView(sampleBoard(), []obligation.Kind{sampleKind}, "city-610100000000", []web.Option{{Label: "全部"}, {Value: "city-610100000000", Label: "西安市"}}, sampleDay),
	newBoardView(hostileBoard(), nil, `"><script>`, []web.Option{{Value: `"><script>`, Label: "<script>"}}, sampleDay),
)

func (h *Handler) board(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	area := org.AreaID(r.URL.Query().Get("area"))
	if area != "" {
		if _, _, err := h.org.AreaInScope(ctx, scope, area); err != nil {
			return err
		}
	}
	b, err := h.obligations.Board(ctx, scope, area)
	if err != nil {
		return err
	}
	home, err := h.org.Home(ctx, scope)
	if err != nil {
		return err
	}
	below, err := h.org.Areas(ctx, scope, home.ID)
	if err != nil {
		return err
	}
	areas := []web.Option{{Label: "管辖范围内全部"}}
	for _, a := range below {
		areas = append(areas, web.Option{Value: string(a.ID), Label: a.Name})
	}
	v := newBoardView(b, h.obligations.Kinds(), string(area), areas, web.FrameOf(r).Today)
	v.Filter.Fill(r.URL.Query())
	return boardPage.Render(w, r, v)
}

// narrowing are the conditions of the list that go along when the late are urged.
var narrowing = []string{"kind", "unit", "area", "clause", "from", "until"}

func urgeForm(q url.Values, n int) web.Form {
	f := web.Form{Action: "/console/obligations/urge", Buttons: []web.Button{{Label: fmt.Sprintf("一键催办（%d 件）", n), Kind: web.Info}}}
	var hidden []web.Field
	for _, name := range narrowing {
		if q.Get(name) != "" {
			hidden = append(hidden, web.Field{Kind: web.Hidden, Name: name, Value: q.Get(name)})
		}
	}
	f.Sections = []web.Section{{Hint: "给超期的责任单位发催办消息；同一件每天只催一次，不催本单位。", Fields: hidden}}
	return f
}

func (h *Handler) urge(w http.ResponseWriter, r *http.Request) error {
	q := url.Values{}
	for _, name := range narrowing {
		if v := r.PostFormValue(name); v != "" {
			q.Set(name, v)
		}
	}
	with := *r
	u := *r.URL
	u.RawQuery = q.Encode()
	with.URL = &u
	n, err := h.obligations.Urge(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), filterOf(&with))
	if err != nil {
		return err
	}
	said := fmt.Sprintf("已催办 %d 件。", n)
	if n == 0 {
		said = "今天都已催办过，没有重复发送。"
	}
	return web.Done(w, r, lateHref(q), said)
}

// oneView is GET /console/obligations/{id}: the clock explains itself.
type oneView struct {
	Heading  web.Heading
	Alert    web.Alert
	Summary  web.Summary
	Timeline web.Timeline
	Form     web.Form
}

// Title of the document.
func (oneView) Title() string { return "时限说明" }

// Crumbs of the page.
func (oneView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "义务和时限", Href: "/console/obligations"}, {Name: "时限说明"}}
}

func newOneView(o row, holder, deputy string, events []obligation.Event, days calendar.Workdays, may bool, now time.Time) oneView {
	v := oneView{Heading: web.Heading{Title: o.Kind.Name + "：" + o.Subject.Name, Lead: o.Kind.Says}}
	if o.Link != "" {
		v.Heading.Acts = []web.Act{{Text: "查看事项", Href: o.Link}}
		if o.State == obligation.Open {
			v.Heading.Acts = []web.Act{{Text: "去办理", Href: o.Link, Primary: true}}
		}
	}
	state := map[string]web.Tag{obligation.Open: {Kind: web.Info, Text: "办理中"}, obligation.Discharged: {Kind: web.Good, Text: "已办结"}, obligation.Void: {Text: "已作废"}}[o.State]
	v.Heading.Tags = []web.Tag{state}
	if o.Due.Provisional {
		v.Alert = web.Alert{Kind: web.Warn, Title: "时限暂定", Text: "计算经过的年度还没有公布节假日安排，先按周末推算；安排录入后自动重算。"}
	}
	how := "规定的日期"
	from := ""
	if p, err := calendar.ParsePeriod(o.Length); err == nil && !o.From.IsZero() {
		from = o.From.String()
		how = "自起算日的次日起 " + p.Chinese()
		if strings.HasSuffix(o.Length, "wd") {
			how += "，扣除周末和节假日，计入调休上班日"
			for y := o.From.Year; y <= o.Due.On.Year; y++ {
				if n, ok := days.Notice(y); ok && len(n.Documents) > 0 {
					how += fmt.Sprintf("；%d 年按%s", y, n.Documents[0].Number)
				} else {
					how += fmt.Sprintf("；%d 年节假日安排未录入", y)
				}
			}
		} else {
			how += "（日历日，起算当日不计）"
		}
	} else if !o.From.IsZero() {
		from, how = o.From.String(), "所属时期的最后一日"
	}
	due := web.Term{Name: "时限", Text: o.Due.On.String()}
	if !o.Due.At.IsZero() {
		due.Text += " " + o.Due.At.In(calendar.Shanghai).Format("15:04")
	}
	if o.State == obligation.Open {
		due.Tags = []web.Tag{web.DueTagAt(o.Due, now)}
	}
	if o.Due.Provisional {
		due.Tags = append(due.Tags, web.Tag{Kind: web.Warn, Text: "暂定"})
	}
	v.Summary = web.Summary{Title: "怎样算出", Terms: []web.Term{
		{Name: "依据", Text: o.Kind.Citation}, {Name: "责任单位", Text: o.UnitName},
		{Name: "承办人", Text: holder, Note: deputy}, {Name: "起算日", Text: from}, {Name: "算法", Text: how}, due}}
	if holder == "" {
		v.Summary.Terms[2].Text = "全单位"
	}
	if !o.PausedOn.IsZero() {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "暂停", Text: "自 " + o.PausedOn.String() + " 起暂停计时"})
	}
	if o.Evidence != "" {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "办结依据", Text: o.Evidence})
	}
	v.Timeline = web.Timeline{Title: "经过", Events: []web.Event{{At: o.OpenedAt, Title: "开始计时"}}}
	for _, e := range events {
		ev := web.Event{At: e.At, Title: obligation.ActNames[e.Act], Who: e.Person, Text: e.Says}
		if e.To != e.From && !e.To.IsZero() {
			ev.Title += "：" + e.From.String() + " → " + e.To.String()
		}
		if e.Basis != "" {
			ev.Text = strings.TrimSpace(ev.Text + " 依据：" + e.Basis)
		}
		v.Timeline.Events = append(v.Timeline.Events, ev)
	}
	for _, x := range []struct {
		at    web.Event
		title string
	}{{web.Event{At: o.OverdueAt, Kind: web.Danger}, "超过时限"}, {web.Event{At: o.EscalatedAt, Kind: web.Danger}, "已报主管单位"}, {web.Event{At: o.ProvinceAt, Kind: web.Danger}, "已报省政府办公厅"}, {web.Event{At: o.EndedAt, Kind: web.Good}, "结束：" + state.Text}} {
		if !x.at.At.IsZero() {
			x.at.Title = x.title
			v.Timeline.Events = append(v.Timeline.Events, x.at)
		}
	}
	slices.SortStableFunc(v.Timeline.Events, func(a, b web.Event) int { return a.At.Compare(b.At) })
	if may && o.State == obligation.Open {
		acts := []web.Option{{Value: "extend", Label: "延期"}, {Value: "pause", Label: "暂停计时"}}
		if !o.PausedOn.IsZero() {
			acts = []web.Option{{Value: "resume", Label: "恢复计时", Hint: "暂停的天数顺延"}}
		}
		v.Form = web.Form{Action: "/console/obligations/" + url.PathEscape(o.ID) + "/clock", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Radios, Name: "act", Label: "调整", Options: acts, Value: acts[0].Value, Required: true},
			{Kind: web.DateField, Name: "due", Label: "延期至", Narrow: true, Hint: "只在延期时填写"},
			{Name: "basis", Label: "依据", Max: 200, Hint: "条款或文号；延期和暂停必须有依据"},
			{Kind: web.TextArea, Name: "why", Label: "说明", Max: 500, Rows: 3}}}}, Buttons: []web.Button{{Label: "调整时限"}}}
	}
	return v
}

var onePage = web.Define(views, "views/one.html",
	newOneView(row{}, "", "", nil, calendar.Workdays{}, false, sampleDay.Start()),
	newOneView(row{Obligation: obligation.Obligation{ID: "o1", UnitName: "西安市商务局", Subject: obligation.Subject{Name: "商务局网站"}, State: obligation.Open, Link: "/console/cases/1", From: sampleDay, Length: "20wd",
		Due: calendar.Due{On: sampleDay.AddDays(28), Provisional: true}}, Kind: sampleKind}, "李某", "B 岗：王某", []obligation.Event{{Act: "extend", From: sampleDay, To: sampleDay.AddDays(5), Basis: "陕政办〔2026〕1号", Person: "张某"}}, calendar.Workdays{}, true, sampleDay.Start()),
	newOneView(row{Obligation: obligation.Obligation{ID: `"><script>`, UnitName: "<script>", Subject: obligation.Subject{Name: "<b>"}, State: obligation.Open, Link: "javascript:alert(1)", Evidence: "<i>"}}, "<script>", "", []obligation.Event{{Act: "<x>", Says: "<script>"}}, calendar.Workdays{}, true, sampleDay.Start()),
)

func (h *Handler) oneOf(r *http.Request) (oneView, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	o, err := h.obligations.Obligation(ctx, scope, r.PathValue("id"))
	if err != nil {
		return oneView{}, err
	}
	events, err := h.obligations.Events(ctx, scope, o.ID)
	if err != nil {
		return oneView{}, err
	}
	deputy := o.DeputyName
	if deputy != "" {
		deputy = "B 岗：" + deputy
	}
	v := newOneView(follow(session, h.rows([]obligation.Obligation{o}))[0], o.PersonName, deputy, events, h.days, session.May(authz.OrderIssue) && !holdsPost(session, o.Unit), h.obligations.Now())
	if len(v.Heading.Acts) > 0 && !web.MayOpen(r, v.Heading.Acts[0].Href) {
		v.Heading.Acts = nil
	}
	return v, nil
}

func (h *Handler) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.oneOf(r)
	if err != nil {
		return err
	}
	return onePage.Render(w, r, v)
}

// holdsPost reports whether the unit is one of the person's own: nobody moves
// the clocks of those.
func holdsPost(session *authz.Session, unit org.UnitID) bool {
	return slices.ContainsFunc(session.Posts, func(p authz.Post) bool { return p.UnitID == string(unit) })
}

func (h *Handler) clock(w http.ResponseWriter, r *http.Request) error {
	scope, session, id := authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id")
	o, err := h.obligations.Obligation(r.Context(), scope, id)
	if err != nil {
		return err
	}
	var due calendar.Date
	if act := r.PostFormValue("act"); holdsPost(session, o.Unit) {
		err = fault.New(fault.Refused, "本单位的时限由上级主管单位调整。")
	} else if act == "extend" {
		due, err = web.DayOf(r, "due", "延期日期")
	}
	if err == nil {
		err = h.obligations.Adjust(r.Context(), scope, id, obligation.Adjustment{Act: r.PostFormValue("act"), Due: due, Basis: r.PostFormValue("basis"), Why: r.PostFormValue("why")}, h.days)
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		v, formErr := h.oneOf(r)
		if formErr != nil {
			return formErr
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return onePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/obligations/"+url.PathEscape(id), "时限已调整，责任单位会收到新的提醒。")
}
