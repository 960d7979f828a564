package dutyweb

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// reader is who looks at a roster: me is "" of who does not stand on its duty.
type reader struct {
	me        string
	manages   bool
	arrangers []org.Person
	leaders   []org.Person // who may be 带班领导
	editions  []duty.Edition
	changes   []duty.Change
	asking    []duty.Swap // that wait for their answer
}

// weekOf is the Monday of the week a turn begins in.
func weekOf(x duty.Shift) calendar.Date {
	on := calendar.DateOf(x.From)
	return on.AddDays(-(int(on.Weekday()) + 6) % 7)
}

func dayName(d calendar.Date) string { return fmt.Sprintf("%d月%d日", int(d.Month), d.Day) }

// weekID is where a week stands on the page.
func weekID(monday calendar.Date) string { return "week-" + monday.String() }

// weeks are the turns of a month and the gaps between them, week by week: on a
// narrow screen the week of today, those with a gap and those with a swap that
// waits stand open, of a month without any of them the first.
func weeks(ro duty.Roster, viewer reader, now time.Time) web.Folds {
	list := slices.Concat(ro.Shifts, ro.Gaps(now))
	slices.SortStableFunc(list, func(a, b duty.Shift) int { return a.From.Compare(b.From) })
	out := web.Folds{Label: "各周班次"}
	first := calendar.Date{}
	if len(list) > 0 {
		first = calendar.DateOf(list[0].Until)
	}
	var turns, gaps, swaps int
	begin := func(monday calendar.Date) {
		from, until := monday, monday.AddDays(6)
		if month := (calendar.Date{Year: first.Year, Month: first.Month, Day: 1}); from.Before(month) && !until.Before(month) {
			from = month
		}
		out.Items = append(out.Items, web.Fold{ID: weekID(monday), Title: dayName(from) + "至" + dayName(until),
			Table: web.Table{Caption: dayName(from) + "至" + dayName(until) + "的班次", Quiet: true, Columns: []web.Column{{Head: "时间", Wide: true}, {Head: "值班人员"}, {Head: "带班领导"}, {Head: "办理"}}}})
		turns, gaps, swaps = 0, 0, 0
	}
	for i, x := range list {
		if i == 0 || weekOf(x) != weekOf(list[i-1]) {
			begin(weekOf(x))
		}
		w := &out.Items[len(out.Items)-1]
		row, waits := turn(ro, x, viewer, now)
		w.Table.Rows = append(w.Table.Rows, row)
		switch {
		case x.ID == "":
			gaps++
		case waits:
			turns, swaps = turns+1, swaps+1
		default:
			turns++
		}
		w.Note, w.Tags = fmt.Sprintf("%d 个班次", turns), nil
		here := weekOf(x) == weekOf(duty.Shift{From: now})
		if here {
			w.Tags = append(w.Tags, web.Tag{Kind: web.Info, Text: "本周"})
		}
		if gaps > 0 {
			w.Tags = append(w.Tags, web.Tag{Kind: web.Danger, Text: fmt.Sprintf("%d 处没有人值班", gaps)})
		}
		if swaps > 0 {
			w.Tags = append(w.Tags, web.Tag{Kind: web.Warn, Text: fmt.Sprintf("%d 个换班待答复", swaps)})
		}
		w.Open = here || gaps > 0 || swaps > 0
	}
	if len(out.Items) > 0 && !slices.ContainsFunc(out.Items, func(f web.Fold) bool { return f.Open }) {
		out.Items[0].Open = true
	}
	return out
}

// turn is the row of a turn or a gap, and whether a swap of it waits.
func turn(ro duty.Roster, x duty.Shift, viewer reader, now time.Time) (web.Row, bool) {
	if x.ID == "" {
		row := web.Row{Kind: web.Danger, Cells: []web.Cell{{Text: x.Span(), Keep: true}, web.Tagged(web.Tag{Kind: web.Danger, Text: "没有人值班"}), {}, {}}}
		if viewer.manages && ro.State == duty.Draft {
			row.Cells[3] = web.Acts(web.Link{Text: "补上班次", Href: ro.Link() + "/shift?from=" + url.QueryEscape(x.From.UTC().Format(time.RFC3339)) + "&until=" + url.QueryEscape(x.Until.UTC().Format(time.RFC3339)), Note: x.Span()})
		}
		return row, false
	}
	who := web.Text(x.Names())
	if x.LeadName == "" {
		who = web.Tagged(web.Tag{Kind: web.Danger, Text: "没有人"})
	}
	var acts []web.Link
	if viewer.manages && ro.State == duty.Draft && x.Until.After(now) {
		acts = append(acts, web.Link{Text: "改动", Href: ro.Link() + "/shift?id=" + url.QueryEscape(x.ID), Note: x.Span()})
	}
	if !x.From.After(now) {
		acts = append(acts, web.Link{Text: "交接", Href: x.HandoverLink(), Note: x.Span()})
	}
	waits := swapsOf(viewer.asking, x.ID)
	if !ro.PublishedAt.IsZero() && x.From.After(now) {
		acts = append(acts, swapLinks(x, waits, viewer.me)...)
	}
	row := web.Row{Cells: []web.Cell{{Text: x.Span(), Keep: true}, who, web.Text(x.LeaderName), web.Acts(acts...)}}
	if !x.From.After(now) && x.Until.After(now) {
		row.Cells[0].Tags = []web.Tag{{Kind: web.Info, Text: "当班"}}
	}
	if len(waits) > 0 {
		row.Kind = web.Warn
		var says []string
		for _, w := range waits {
			says = append(says, w.Waits())
		}
		row.Cells[1].Tags, row.Cells[1].Note = append(row.Cells[1].Tags, web.Tag{Kind: web.Warn, Text: "换班待答复"}), strings.Join(says, "；")
	}
	return row, len(waits) > 0
}

// swapsOf are the swaps of a turn.
func swapsOf(list []duty.Swap, shift string) (out []duty.Swap) {
	for _, w := range list {
		if w.Shift.ID == shift {
			out = append(out, w)
		}
	}
	return out
}

// swapLinks are what a person may do about swapping a turn: withdraw what they
// asked, answer what they are asked, else ask where the turn is theirs.
func swapLinks(x duty.Shift, waits []duty.Swap, me string) (acts []web.Link) {
	mine := x.Has(me) || x.Leads(me)
	for _, w := range waits {
		switch {
		case me != "" && string(w.From) == me:
			mine = false
			acts = append(acts, web.Link{Text: "撤回换班", Href: x.SwapLink(), Note: x.Span()})
		case me != "" && string(w.To) == me:
			acts = append(acts, web.Link{Text: "答复换班", Href: x.SwapLink(), Note: x.Span()})
		}
	}
	if mine {
		acts = append(acts, web.Link{Text: "申请换班", Href: x.SwapLink(), Note: x.Span()})
	}
	return acts
}

// arrangedBy says who arranges a roster, to who may not.
func arrangedBy(list []org.Person) string {
	if len(list) == 0 {
		return "本单位还没有可以编排值班表的人，请安全管理员授予主管或经办岗位。"
	}
	return "值班表由" + names(list) + "编排和公布。"
}

// names are the first of some people.
func names(list []org.Person) string {
	var out []string
	for _, p := range list[:min(len(list), 5)] {
		out = append(out, p.Name)
	}
	says := strings.Join(out, "、")
	if len(list) > 5 {
		says += "等"
	}
	return says
}

func newRoster(ro duty.Roster, people []org.Person, patterns []duty.Pattern, viewer reader, now time.Time) record {
	manages := viewer.manages
	v := record{web.RecordView{Heading: web.Heading{Above: ro.Unit.Name, Title: duty.MonthName(ro.Month) + "值班表"}, Trail: trail}}
	base := ro.Link()
	switch ro.State {
	case duty.Published:
		v.Heading.Tags = []web.Tag{{Kind: web.Good, Text: "已公布"}}
		v.Heading.Lead = ro.PublishedBy + "，" + web.Minute(ro.PublishedAt) + "公布"
	case duty.Draft:
		v.Heading.Tags = []web.Tag{{Kind: web.Info, Text: "编排中"}}
	default:
		v.Heading.Tags = []web.Tag{{Text: "还没有编排"}}
	}
	for _, d := range ro.Double {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "重要保障期" + abridge.Quoted(d.Name) + "须双人值班", Text: calendar.DateOf(d.From).Chinese() + "至" + calendar.DateOf(d.Until.Add(-time.Second)).Chinese()})
	}
	switch {
	case len(ro.Breaches) == 0 || ro.State == "":
	case ro.State == duty.Published: // it stands, and what came since wants it changed
		text := ro.Breaches[0].Detail
		if len(ro.Breaches) > 1 {
			text = "例如：" + text
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: fmt.Sprintf("公布后有 %d 处不符合规定", len(ro.Breaches)), Text: text + "请编排值班表的人点“调整值班表”，改好后重新公布。"})
	default:
		b := web.Breaches{Title: "还不能公布，请先改好"}
		for i, x := range ro.Breaches {
			if i == 20 {
				break
			}
			b.Items = append(b.Items, web.Breach{ID: x.Rule.ID, Citation: x.Rule.Citation, Says: x.Detail})
		}
		v.Main = append(v.Main, b)
	}
	if list := ro.Stretches(); len(list) > 0 {
		var says []string
		for _, x := range list[:min(len(list), 5)] {
			says = append(says, fmt.Sprintf("%s在%s连续 %d 班、%d 小时", x.Name, duty.Shift{From: x.From, Until: x.Until}.Span(), x.Turns, int(x.Until.Sub(x.From).Hours())))
		}
		more := "。"
		if len(list) > 5 {
			more = "等。"
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: fmt.Sprintf("%d 人连续值班", len(list)), Text: strings.Join(says, "；") + more + "不影响公布，请核对是否确需如此安排。"})
	}
	if list := viewer.asking; len(list) > 0 {
		var links []web.Link
		for _, w := range list[:min(len(list), 5)] {
			links = append(links, web.Link{Text: w.Shift.Span(), Href: "#" + weekID(weekOf(w.Shift))})
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: fmt.Sprintf("%d 个换班待答复", len(list)), Text: list[0].Shift.Span() + "：" + list[0].Waits() + "。答复以前仍由原来的人值班。", Links: links})
	}
	if len(ro.Shifts) == 0 {
		v.Main = append(v.Main, web.Table{Caption: "班次", Empty: web.Empty{Title: "这个月还没有班次", Text: "用下面的轮班或周模板排班。"}})
	} else {
		v.Main = append(v.Main, weeks(ro, viewer, now))
	}
	var side []web.Term
	for _, p := range people {
		n, hours := 0, time.Duration(0)
		for _, x := range ro.Shifts {
			if x.Has(string(p.ID)) {
				n++
				hours += x.Until.Sub(x.From)
			}
		}
		note := "没有排班"
		if n > 0 {
			note = fmt.Sprintf("%d 班，%s 小时", n, strconv.FormatFloat(math.Round(hours.Hours()*10)/10, 'f', -1, 64))
		}
		side = append(side, web.Term{Name: p.Name, Text: strings.TrimSuffix(p.Title, " "), Note: note})
	}
	if len(ro.Shifts) > 0 {
		v.Heading.Acts = append(v.Heading.Acts, web.ExportActs(base+"/export", nil)...)
	}
	if len(side) > 0 {
		v.Side = append(v.Side, web.Summary{Title: "值班人员和班时", Terms: side})
	}
	if len(viewer.editions) > 0 {
		was := web.Summary{Title: "以前公布的班次"}
		for _, e := range viewer.editions {
			was.Terms = append(was.Terms, web.Term{Name: fmt.Sprintf("第%d版", e.No), Text: fmt.Sprintf("%d 个班次", len(e.Shifts)), Href: ro.EditionLink(e.No), Note: e.PublishedBy + " " + web.Minute(e.PublishedAt) + "公布，" + e.ReopenedBy + " " + web.Minute(e.ReopenedAt) + "调整"})
		}
		v.Side = append(v.Side, was)
	}
	if len(viewer.changes) > 0 {
		t := web.Timeline{Title: "变动经过"}
		for _, c := range viewer.changes {
			t.Events = append(t.Events, web.Event{At: c.At, Title: c.Does, Who: c.Who, Text: c.Text})
		}
		v.Side = append(v.Side, t)
	}
	if !manages {
		if ro.State != duty.Published {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "您只能查看", Text: arrangedBy(viewer.arrangers)})
		}
		return v
	}
	if ro.State == duty.Published {
		v.Forms = append(v.Forms, web.Form{Action: base + "/reopen", Sections: []web.Section{{Hint: "个别换班由当班人在自己的班次上申请；整体改动时点“调整值班表”，改好后重新公布，其间原班次照常有效。"}}, Buttons: []web.Button{{Label: "调整值班表", Plain: true}}})
	} else {
		ready := ro.State == duty.Draft && len(ro.Breaches) == 0
		if ready {
			v.Forms = append(v.Forms, web.Form{Action: base + "/publish", Sections: []web.Section{{Hint: "公布后逐人通知。每个小时都须有人、且只有一个班次；重要保障期须双人。"}}, Buttons: []web.Button{{Label: "公布值班表"}}})
		}
		if len(ro.Shifts) > 0 {
			v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "增加班次", Href: base + "/shift"})
		}
		var turns, who []web.Option
		for _, x := range duty.Turns {
			turns = append(turns, web.Option{Value: x.ID, Label: x.Name})
		}
		for _, p := range people {
			who = append(who, web.Option{Value: string(p.ID), Label: p.Name, Hint: p.Title})
		}
		hint := "按勾选人员依次轮班，已经开始、已经换班和正在等对方答复换班的班次不动。"
		if len(people) == 0 {
			hint = "本单位还没有可以值班的人员，请先由安全管理员授予值班、主管或经办岗位。"
		}
		v.Forms = append(v.Forms, web.Form{Action: base + "/fill", Folded: ready, Sections: []web.Section{{Legend: "轮班编排", Hint: hint, Fields: []web.Field{{Kind: web.Radios, Name: "turns", Label: "班次", Required: true, Options: turns, Value: "two"}, {Kind: web.Checks, Name: "people", Label: "值班人员", Options: who}, {Kind: web.Check, Name: "double", Label: "每班两人", Hint: "重要保障期内总是两人"}}}}, Buttons: []web.Button{{Label: "按轮班编排"}}})
		if len(ro.Shifts) > 0 {
			v.Forms = append(v.Forms, web.Form{Action: base + "/leader", Folded: true, Sections: []web.Section{{Legend: "安排带班领导", Hint: "这些天开始、尚未结束的班次都由所选领导带班；可以不安排，重要保障期建议安排。", Fields: []web.Field{{Kind: web.Select, Name: "leader", Label: "带班领导", Options: personOptions(viewer.leaders, "不安排")},
				{Kind: web.DateField, Name: "leads_from", Label: "从哪天起", Required: true, Narrow: true}, {Kind: web.DateField, Name: "leads_until", Label: "到哪天（含当日）", Required: true, Narrow: true}}}}, Buttons: []web.Button{{Label: "安排带班领导"}}})
		}
		if len(patterns) > 0 {
			opts := []web.Option{{Label: "请选择"}}
			for _, p := range patterns {
				opts = append(opts, web.Option{Value: p.ID, Label: p.Name})
			}
			v.Forms = append(v.Forms, web.Form{Action: base + "/apply", Folded: true, Sections: []web.Section{{Legend: "周模板编排", Fields: []web.Field{{Kind: web.Select, Name: "pattern", Label: "周模板", Required: true, Options: opts}}}}, Buttons: []web.Button{{Label: "按周模板编排"}}})
		}
	}
	if len(ro.Shifts) > 0 {
		v.Forms = append(v.Forms, web.Form{Action: base + "/keep", Folded: true, Sections: []web.Section{{Legend: "存为周模板", Fields: []web.Field{{Name: "pattern_name", Label: "模板名称", Required: true, Max: 30}, {Kind: web.DateField, Name: "monday", Label: "取哪一周（填星期一的日期）", Required: true, Narrow: true}}}}, Buttons: []web.Button{{Label: "存为周模板", Plain: true}}})
	}
	return v
}

// newEdition is a month's turns as they were published before, with what became of
// each since.
func newEdition(ro duty.Roster, e duty.Edition) record {
	v := record{web.RecordView{Heading: web.Heading{Above: ro.Unit.Name, Title: fmt.Sprintf("%s值班表（第%d版）", duty.MonthName(ro.Month), e.No), Tags: []web.Tag{{Kind: web.Neutral, Text: "已被替代"}},
		Lead: e.PublishedBy + "，" + web.Minute(e.PublishedAt) + "公布；" + e.ReopenedBy + "，" + web.Minute(e.ReopenedAt) + "开始调整。"}, Trail: below(duty.MonthName(ro.Month)+"值班表", ro.Link())}}
	t := web.Table{Caption: "当时的班次", Columns: []web.Column{{Head: "时间", Wide: true}, {Head: "值班人员"}, {Head: "带班领导"}, {Head: "现在"}}, Empty: web.Empty{Title: "当时没有班次"}}
	for _, x := range e.Shifts {
		now := web.Text("未变")
		i := slices.IndexFunc(ro.Shifts, func(y duty.Shift) bool { return y.ID == x.ID || y.From.Equal(x.From) && y.Until.Equal(x.Until) })
		switch {
		case i < 0:
			now = web.Tagged(web.Tag{Kind: web.Warn, Text: "没有这个班次"})
		case ro.Shifts[i].Span() != x.Span():
			now = web.Text(ro.Shifts[i].Span() + " " + ro.Shifts[i].Manned())
		case ro.Shifts[i].Manned() != x.Manned():
			now = web.Text(ro.Shifts[i].Manned())
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Span(), Keep: true}, web.Text(x.Names()), web.Text(x.LeaderName), now}})
	}
	v.Main = append(v.Main, t)
	return v
}

func (h *Handler) edition(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil {
		return fault.Missing("这一版值班表")
	}
	e, ro, err := h.duty.Edition(r.Context(), authz.ScopeFrom(r.Context()), unit, month, no)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, newEdition(ro, e))
}

func (h *Handler) rosterData(r *http.Request) (record, error) {
	ctx, session := r.Context(), authz.SessionFrom(r.Context())
	scope := session.ScopeFor(authz.InspectionRead)
	unit := org.UnitID(r.PathValue("unit"))
	ro, err := h.duty.Roster(ctx, scope, unit, r.PathValue("month"))
	if err != nil {
		return record{}, err
	}
	people, err := h.duty.Candidates(ctx, h.duty.DB, scope, unit)
	if err != nil {
		return record{}, err
	}
	patterns, err := h.duty.Patterns(ctx, scope, unit)
	if err != nil {
		return record{}, err
	}
	viewer := reader{manages: session.MayAt(authz.DutyManage, string(unit))}
	if session.MayAt(authz.DutyServe, string(unit)) {
		viewer.me = session.PersonID
	}
	if viewer.manages {
		if viewer.leaders, err = h.duty.Leaders(ctx, h.duty.DB, scope, unit); err != nil {
			return record{}, err
		}
	} else {
		if viewer.arrangers, err = h.duty.Arrangers(ctx, scope, unit); err != nil {
			return record{}, err
		}
	}
	asking, err := h.duty.Asking(ctx, scope, unit)
	if err != nil {
		return record{}, err
	}
	for _, w := range asking {
		if slices.ContainsFunc(ro.Shifts, func(x duty.Shift) bool { return x.ID == w.Shift.ID }) {
			viewer.asking = append(viewer.asking, w)
		}
	}
	if viewer.editions, viewer.changes, err = h.duty.History(ctx, scope, unit, ro.Month); err != nil {
		return record{}, err
	}
	return newRoster(ro, people, patterns, viewer, h.duty.DB.Now()), nil
}

func (h *Handler) roster(w http.ResponseWriter, r *http.Request) error {
	v, err := h.rosterData(r)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, v)
}

// onRoster answers an act on a roster.
func (h *Handler) onRoster(w http.ResponseWriter, r *http.Request, ro duty.Roster, err error, said string) error {
	if !web.Mendable(err) {
		if err != nil {
			return err
		}
		return web.Done(w, r, ro.Link(), said)
	}
	v, derr := h.rosterData(r)
	if derr != nil {
		return derr
	}
	wrong(&v, r, "没有办理", err)
	return recordView.RenderStatus(w, r, web.StatusOf(err), v)
}

func place(r *http.Request) (org.UnitID, string) {
	return org.UnitID(r.PathValue("unit")), r.PathValue("month")
}

func (h *Handler) fill(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	n := duty.Rotation{Turns: web.Typed(r, "turns"), Double: r.PostForm.Has("double")}
	for _, p := range r.PostForm["people"] {
		n.People = append(n.People, org.PersonID(p))
	}
	ro, err := h.duty.Fill(r.Context(), authz.ScopeFrom(r.Context()), unit, month, n)
	return h.onRoster(w, r, ro, err, "已按轮班排好，请核对后公布。")
}

func (h *Handler) leader(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	n := duty.Leading{Leader: org.PersonID(web.Typed(r, "leader"))}
	var from, until error
	n.From, from = web.DayOf(r, "leads_from", "从哪天起")
	n.Until, until = web.DayOf(r, "leads_until", "到哪天")
	err := together(from, until)
	var ro duty.Roster
	if err == nil {
		ro, err = h.duty.SetLeader(r.Context(), authz.ScopeFrom(r.Context()), unit, month, n)
	}
	return h.onRoster(w, r, ro, err, "带班领导已安排，请核对后公布。")
}

// export is the month's turns as a file, to be hung up.
func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	ro, err := h.duty.Roster(r.Context(), authz.ScopeFrom(r.Context()), unit, month)
	if err != nil {
		return err
	}
	sheet := rosterSheet(ro)
	return web.SendSheet(w, r, sheet, sheet.Title)
}

// rosterSheet is the month's roster as it is hung up.
func rosterSheet(ro duty.Roster) official.Sheet {
	rows := make([][]any, len(ro.Shifts))
	for i, x := range ro.Shifts {
		rows[i] = []any{web.Minute(x.From), web.Minute(x.Until), x.LeadName, x.SecondName, x.LeaderName}
	}
	var columns []official.Column
	for _, head := range []string{"接班", "交班", "值班人员", "第二人", "带班领导"} {
		columns = append(columns, official.Column{Title: head, Width: 18})
	}
	return official.Sheet{Title: ro.Unit.Name + duty.MonthName(ro.Month) + "值班表", Columns: columns, Rows: slices.Values(rows)}
}

func (h *Handler) apply(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	ro, err := h.duty.ApplyPattern(r.Context(), authz.ScopeFrom(r.Context()), unit, month, web.Typed(r, "pattern"))
	return h.onRoster(w, r, ro, err, "已按周模板排好，请核对后公布。")
}

func (h *Handler) keep(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	monday, err := web.DayOf(r, "monday", "星期一的日期")
	var ro duty.Roster
	if err == nil {
		ro, err = h.duty.KeepPattern(r.Context(), authz.ScopeFrom(r.Context()), unit, month, web.Typed(r, "pattern_name"), monday)
	}
	return h.onRoster(w, r, ro, err, "已存为周模板。")
}

func (h *Handler) publish(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	ro, err := h.duty.Publish(r.Context(), authz.ScopeFrom(r.Context()), unit, month)
	said := "值班表已公布，已通知值班人员。"
	if n := len(ro.Stretches()); n > 0 {
		said += fmt.Sprintf("其中 %d 人连续值班，请看本页提示。", n)
	}
	return h.onRoster(w, r, ro, err, said)
}

func (h *Handler) reopen(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	ro, err := h.duty.Reopen(r.Context(), authz.ScopeFrom(r.Context()), unit, month)
	return h.onRoster(w, r, ro, err, "可以调整了，改好后请重新公布。")
}

func personOptions(people []org.Person, none string) []web.Option {
	out := []web.Option{{Label: none}}
	for _, p := range people {
		out = append(out, web.Option{Value: string(p.ID), Label: p.Name, Hint: p.Title})
	}
	return out
}

func newShift(ro duty.Roster, x duty.Shift, people, leaders []org.Person) formView {
	v := formView{web.FormView{Heading: web.Heading{Above: ro.Unit.Name, Title: "增加班次"}, Trail: below(duty.MonthName(ro.Month)+"值班表", ro.Link())}}
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return calendar.DateOf(t).String()
	}
	clock := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(calendar.Shanghai).Format("15:04")
	}
	buttons := []web.Button{{Label: "保存班次"}}
	if x.ID != "" {
		v.Heading.Title = "改动班次"
		buttons = append(buttons, web.Button{Label: "删除这个班次", Name: "drop", Value: "1", Plain: true, Skip: true})
	}
	v.Form = web.Form{Action: ro.Link() + "/shift", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "id", Value: x.ID}, {Kind: web.DateField, Name: "from", Label: "接班日期", Required: true, Narrow: true, Value: day(x.From)}, {Name: "from_time", Label: "接班时间", Required: true, Narrow: true, Max: 5, Value: clock(x.From), Hint: "例：08:00"},
		{Kind: web.DateField, Name: "until", Label: "交班日期", Required: true, Narrow: true, Value: day(x.Until)}, {Name: "until_time", Label: "交班时间", Required: true, Narrow: true, Max: 5, Value: clock(x.Until), Hint: "例：20:00"},
		{Kind: web.Select, Name: "lead", Label: "值班人员", Required: true, Options: personOptions(people, "请选择"), Value: string(x.Lead)}, {Kind: web.Select, Name: "second", Label: "第二人", Options: personOptions(people, "无"), Value: string(x.Second)}, {Kind: web.Select, Name: "leader", Label: "带班领导", Options: personOptions(leaders, "不安排"), Value: string(x.Leader)}}}}, Buttons: buttons, Cancel: web.Link{Text: "返回", Href: ro.Link()}}
	return v
}

func (h *Handler) shiftForm(r *http.Request) (duty.Roster, formView, error) {
	unit, month := place(r)
	scope := authz.ScopeFrom(r.Context())
	ro, err := h.duty.Roster(r.Context(), scope, unit, month)
	if err != nil {
		return ro, formView{}, err
	}
	people, err := h.duty.Candidates(r.Context(), h.duty.DB, scope, unit)
	if err != nil {
		return ro, formView{}, err
	}
	var x duty.Shift
	if id := r.FormValue("id"); id != "" {
		i := slices.IndexFunc(ro.Shifts, func(s duty.Shift) bool { return s.ID == id })
		if i < 0 {
			return ro, formView{}, fault.Missing("班次")
		}
		x = ro.Shifts[i]
	}
	if x.ID == "" && r.Method == http.MethodGet { // of a gap
		for name, at := range map[string]*time.Time{"from": &x.From, "until": &x.Until} {
			if t, err := time.Parse(time.RFC3339, r.URL.Query().Get(name)); err == nil {
				*at = t
			}
		}
	}
	leaders, err := h.duty.Leaders(r.Context(), h.duty.DB, scope, unit)
	return ro, newShift(ro, x, people, leaders), err
}

func (h *Handler) showShift(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.shiftForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

// momentOf reads a date and a time of day; both are named when both are wrong.
func momentOf(r *http.Request, name, what string) (time.Time, error) {
	day, err := web.DayOf(r, name, what+"日期")
	var f fault.Fields
	f.Check(err != nil || !day.IsZero(), name, "请填写"+what+"日期")
	at, terr := time.Parse("15:04", strings.ReplaceAll(web.Typed(r, name+"_time"), "：", ":"))
	f.Check(terr == nil, name+"_time", "请按 08:00 的样式填写"+what+"时间")
	if err := together(err, f.Err()); err != nil {
		return time.Time{}, err
	}
	return day.Start().Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute), nil
}

func (h *Handler) setShift(w http.ResponseWriter, r *http.Request) error {
	unit, month := place(r)
	ro, v, err := h.shiftForm(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	x := duty.Shift{ID: web.Typed(r, "id"), Lead: org.PersonID(web.Typed(r, "lead")), Second: org.PersonID(web.Typed(r, "second")), Leader: org.PersonID(web.Typed(r, "leader"))}
	if r.PostForm.Has("drop") {
		_, err = h.duty.DropShift(r.Context(), scope, unit, month, x.ID)
		return answer(w, r, v, err, ro.Link(), "班次已删除。")
	}
	var f fault.Fields
	f.Check(x.Lead != "", "lead", "请选择值班人员")
	var ferr, uerr error
	x.From, ferr = momentOf(r, "from", "接班")
	x.Until, uerr = momentOf(r, "until", "交班")
	if err = together(ferr, uerr, f.Err()); err == nil {
		_, err = h.duty.SetShift(r.Context(), scope, unit, month, x)
	}
	return answer(w, r, v, err, ro.Link(), "班次已保存。")
}

func newSwap(x duty.Shift, u org.Unit, people []org.Person, waits []duty.Swap, me string) formView {
	people = slices.DeleteFunc(slices.Clone(people), func(p org.Person) bool { return x.Has(string(p.ID)) || x.Leads(string(p.ID)) })
	title := "申请换班"
	if x.Leads(me) {
		title = "申请由他人接替带班"
	}
	back := web.Link{Text: "返回值班台", Href: deskPath + "?unit=" + url.QueryEscape(string(u.ID))}
	v := formView{web.FormView{Heading: web.Heading{Above: u.Name, Title: title, Lead: x.Span()}, Trail: trail}}
	for _, w := range waits {
		says := w.Waits()
		v.Before = append(v.Before, web.Summary{Title: "正在换班", Terms: []web.Term{{Name: "班次", Text: x.Span(), Note: "现在：" + x.Manned()}, {Name: "申请", Text: says}, {Name: "理由", Text: w.Reason}, {Name: "生效", Text: w.ToName + "同意后生效，此前仍由" + w.FromName + "承担"}}})
		act := web.Form{Action: "/console/duty/swaps/" + w.ID, Cancel: back}
		switch me {
		case string(w.From):
			v.Heading.Title = "换班待" + w.ToName + "答复"
			act.Sections = []web.Section{{Hint: "要另找人的，先撤回再申请。"}}
			act.Buttons = []web.Button{{Label: "撤回换班", Name: "act", Value: "withdraw", Plain: true}}
		case string(w.To):
			v.Heading.Title = w.FromName + w.Asks()
			act.Buttons = []web.Button{{Label: "同意换班", Name: "act", Value: "agree"}, {Label: "不同意", Name: "act", Value: "decline", Plain: true}}
		default:
			continue
		}
		v.Form = act
		return v
	}
	v.Form = web.Form{Sections: []web.Section{{Hint: "对方同意后换班即生效，值班表随之改变；答复以前仍由您值班。", Fields: []web.Field{{Kind: web.Select, Name: "to", Label: "请谁接这一班", Required: true, Options: personOptions(people, "请选择")}, {Name: "reason", Label: "换班理由", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "请对方换班"}}, Cancel: web.Link{Text: "取消", Href: back.Href}}
	return v
}

func (h *Handler) swapForm(r *http.Request) (formView, org.Unit, error) {
	scope := authz.ScopeFrom(r.Context())
	x, u, err := h.duty.ShiftOf(r.Context(), h.duty.DB, scope, r.PathValue("id"))
	if err != nil {
		return formView{}, u, err
	}
	people, err := h.duty.Candidates(r.Context(), h.duty.DB, scope, u.ID)
	if err != nil {
		return formView{}, u, err
	}
	asking, err := h.duty.Asking(r.Context(), scope, u.ID)
	return newSwap(x, u, people, swapsOf(asking, x.ID), authz.SessionFrom(r.Context()).PersonID), u, err
}

func (h *Handler) showSwap(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.swapForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) askSwap(w http.ResponseWriter, r *http.Request) error {
	v, u, err := h.swapForm(r)
	if err != nil {
		return err
	}
	s, err := h.duty.AskSwap(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), org.PersonID(web.Typed(r, "to")), web.Typed(r, "reason"))
	return answer(w, r, v, err, deskPath+"?unit="+url.QueryEscape(string(u.ID)), "已请"+s.ToName+"换班，对方同意后生效。")
}

func (h *Handler) answerSwap(w http.ResponseWriter, r *http.Request) error {
	s, err := h.duty.AnswerSwap(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), web.Typed(r, "act"))
	if web.Mendable(err) && s.Shift.ID != "" {
		r.SetPathValue("id", s.Shift.ID)
		v, _, ferr := h.swapForm(r)
		if ferr != nil {
			return ferr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, deskPath+"?unit="+url.QueryEscape(string(s.Unit)), duty.SwapMachine.Name(s.State)+"："+s.Shift.Span()+"。")
}

func newHandover(x duty.Handover, u org.Unit, open, me string, now time.Time) record {
	v := record{web.RecordView{Heading: web.Heading{Above: u.Name, Title: "交接班"}, Trail: trail}}
	state := web.Tag{Kind: web.Warn, Text: "待交班"}
	if x.State != "" {
		state = web.Tag{Kind: web.Info, Text: duty.HandoverMachine.Name(x.State)}
		open = x.Open
	}
	if x.State == duty.Taken {
		state.Kind = web.Good
	}
	v.Heading.Tags = []web.Tag{state}
	next := "后面没有班次"
	if !x.Next.Zero() {
		next = x.Next.Names() + "（" + x.Next.Span() + "）"
	}
	terms := []web.Term{{Name: "交班", Text: x.Shift.Names(), Note: x.Shift.Span()}, {Name: "接班", Text: next}, {Name: "未结事项", Text: open}}
	if x.State != "" {
		terms = append(terms, web.Term{Name: "交班事项", Text: x.Says}, web.Term{Name: "交班人签字", Text: x.Giver, Note: web.Minute(x.GivenAt)})
	}
	if x.State == duty.Taken {
		terms = append(terms, web.Term{Name: "接班人签字", Text: x.Taker, Note: web.Minute(x.TakenAt)})
	}
	v.Main = append(v.Main, web.Summary{Title: "交接内容", Terms: terms})
	at := "/console/duty/handovers/" + x.Shift.ID
	switch {
	case x.State != duty.Taken && x.GoesOn():
		v.Heading.Tags = []web.Tag{{Kind: web.Info, Text: "不用交接"}}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "这一班不用交接", Text: "下一班仍由" + x.Next.Names() + "值班。"})
	case x.State == "" && now.Before(x.Shift.HandoverFrom()):
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "还没有到交接班的时间", Text: web.Minute(x.Shift.HandoverFrom()) + "起可以签字。中途要离开的，请编排值班表的人改动这个班次。"})
	case x.State == "" && x.Shift.Has(me):
		v.Forms = append(v.Forms, web.Form{Action: at, Key: "handover-" + x.Shift.ID, Sections: []web.Section{{Legend: "交班", Hint: "离上次验证身份较久的，签字前会再验证一次。未结的告警和事件自动列入。", Fields: []web.Field{{Kind: web.Hidden, Name: "act", Value: "give"}, {Kind: web.TextArea, Name: "says", Label: "交班事项", Required: true, Max: 1000, Rows: 4, Hint: "当班情况、需要接班人继续办的事；没有的写“无”"}}}}, Buttons: []web.Button{{Label: "交班签字"}}})
	case x.State == "":
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待交班人签字", Text: "由" + x.Shift.Names() + "先签，再由接班人签。"})
	case x.State == duty.Given && x.Next.Has(me):
		begins := "签字后由您当班。"
		if now.Before(x.Next.From) {
			begins = "您的班次" + web.Minute(x.Next.From) + "开始，此前仍由" + x.Shift.Names() + "当班。"
		}
		v.Forms = append(v.Forms, web.Form{Action: at, Sections: []web.Section{{Legend: "接班", Hint: "离上次验证身份较久的，签字前会再验证一次。" + begins, Fields: []web.Field{{Kind: web.Hidden, Name: "act", Value: "take"}}}}, Buttons: []web.Button{{Label: "接班签字"}}})
	case x.State == duty.Given:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待接班人签字", Text: "由" + next + "签字，签字后交接完成。"})
	}
	return v
}

func (h *Handler) handoverData(r *http.Request) (record, duty.Handover, error) {
	session := authz.SessionFrom(r.Context())
	scope := session.ScopeFor(authz.InspectionRead)
	x, u, err := h.duty.HandoverOf(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, x, err
	}
	open, err := h.duty.Standing(r.Context(), scope, u.ID)
	return newHandover(x, u, open, session.PersonID, h.duty.DB.Now()), x, err
}

func (h *Handler) handover(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.handoverData(r)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, v)
}

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	v, x, err := h.handoverData(r)
	if err != nil {
		return err
	}
	if ok, err := web.Prove(w, r); !ok {
		return err
	}
	scope, said := authz.ScopeFrom(r.Context()), "已接班，双方签字齐全。"
	if web.Typed(r, "act") == "take" {
		_, err = h.duty.Take(r.Context(), scope, x.Shift.ID)
	} else {
		_, err = h.duty.Give(r.Context(), scope, x.Shift.ID, web.Typed(r, "says"))
		said = "已交班签字，等待接班人签字。"
	}
	if web.Mendable(err) {
		wrong(&v, r, "没有签字", err)
		return recordView.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, x.Shift.HandoverLink(), said)
}
