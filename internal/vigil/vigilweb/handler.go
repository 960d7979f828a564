package vigilweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
	"zhengshu/internal/web"
)

const (
	listPath  = "/console/protected-periods"
	smallBody = 64 << 10
	// mostLines of a day are shown; the sheet holds all.
	mostLines = 300
)

// Handler serves the screens.
type Handler struct {
	vigil    *vigil.Service
	registry *registry.Service
}

// New makes the handler.
func New(s *vigil.Service, reg *registry.Service) *Handler { return &Handler{vigil: s, registry: reg} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/protected-periods", Permit: authz.InspectionRead, Handle: h.list},
		{Pattern: "GET /console/protected-periods/new", Permit: authz.VigilDeclare, Handle: h.showNew},
		{Pattern: "POST /console/protected-periods/new", Permit: authz.VigilDeclare, Handle: h.declare, MaxBody: smallBody},
		{Pattern: "GET /console/protected-periods/{id}", Permit: authz.InspectionRead, Handle: h.period},
		{Pattern: "GET /console/protected-periods/{id}/sheet", Permit: authz.InspectionRead, Handle: h.sheet},
		{Pattern: "GET /console/protected-periods/{id}/report", Permit: authz.VigilReport, Handle: h.showReport},
		{Pattern: "POST /console/protected-periods/{id}/report", Permit: authz.VigilReport, Handle: h.report, MaxBody: smallBody},
		{Pattern: "GET /console/protected-periods/{id}/consents/new", Permit: authz.VigilDeclare, Handle: h.showConsent},
		{Pattern: "POST /console/protected-periods/{id}/consents/new", Permit: authz.VigilDeclare, Handle: h.consent, MaxBody: smallBody},
		{Pattern: "POST /console/protected-periods/{id}/lift", Permit: authz.VigilDeclare, Handle: h.lift, MaxBody: smallBody},
		{Pattern: "POST /console/protected-periods/{id}/summary", Permit: authz.VigilDeclare, Handle: h.summary, MaxBody: smallBody},
	}
}

type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

var trail = []web.Crumb{{Name: "检查", Href: "/console/inspection"}, {Name: "重要保障期", Href: listPath}}

func stateTag(p vigil.Period, today calendar.Date) web.Tag {
	t := web.Tag{Text: p.StateName(today)}
	switch {
	case p.Runs(today):
		t.Kind = web.Warn
	case p.State == vigil.Summarised:
		t.Kind = web.Good
	case p.State == vigil.Over:
		t.Kind = web.Info
	}
	return t
}

func newList(list []vigil.Period, may bool, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "重要保障期", Lead: "由省政府办公厅声明。期间双人值班、每日零报告、加密监测；临时下线、关停、改版和更改外观须经同意。"}, Trail: trail[:1],
		Table: web.Table{Caption: "重要保障期", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "范围"}, {Head: "开始"}, {Head: "结束"}, {Head: "监测"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有重要保障期", Text: "声明后，范围内各单位会立即收到通知。"}}}}
	if may {
		v.Heading.Acts = []web.Act{{Text: "声明重要保障期", Href: listPath + "/new", Primary: true}}
	}
	for _, p := range list {
		name := web.Linked(p.Name, p.Link())
		name.Note = p.Document
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(p.AreaName), web.Day(p.From), web.Day(p.Until), web.Text(fmt.Sprintf("%d 倍", p.Factor)), web.Tagged(stateTag(p, today))}})
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	list, err := h.vigil.Periods(r.Context(), authz.ScopeFrom(r.Context()), 200)
	if err != nil {
		return err
	}
	may, err := h.vigil.MayDeclare(r.Context(), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	return listPage.Render(w, r, newList(list, may, web.FrameOf(r).Today))
}

func newForm() formView {
	return formView{web.FormView{Heading: web.Heading{Title: "声明重要保障期"}, Trail: trail,
		Form: web.Form{Key: "vigil-new", Cancel: web.Link{Text: "取消", Href: listPath}, Buttons: []web.Button{{Label: "声明并通知各单位"}}, Sections: []web.Section{
			{Legend: "期间", Fields: []web.Field{{Name: "name", Label: "名称", Required: true, Max: 40, Hint: "例：省“两会”"}, {Kind: web.DateField, Name: "from", Label: "开始日期", Required: true, Narrow: true}, {Kind: web.DateField, Name: "until", Label: "结束日期（当日仍在期内）", Required: true, Narrow: true},
				{Kind: web.TextArea, Name: "reason", Label: "事由", Required: true, Max: 300, Rows: 3}, {Name: "document", Label: "依据文件", Required: true, Max: 80, Hint: "文号或会议决定"}}},
			{Legend: "要求", Hint: "范围为全省。期间值班表须为双人；每日零报告逐级汇总；临时下线、关停、改版和更改外观除已登记同意的以外一律不予办理，紧急下线不受影响。", Fields: []web.Field{
				{Kind: web.Select, Name: "factor", Label: "监测加密", Value: "2", Options: []web.Option{{Value: "1", Label: "不加密"}, {Value: "2", Label: "2 倍"}, {Value: "3", Label: "3 倍"}, {Value: "5", Label: "5 倍"}}}}},
		}}}}
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	may, err := h.vigil.MayDeclare(r.Context(), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	if !may {
		return fault.New(fault.Forbidden, "重要保障期由省政府办公厅声明；需要的请报省政府办公厅。")
	}
	return formPage.Render(w, r, newForm())
}

func (h *Handler) declare(w http.ResponseWriter, r *http.Request) error {
	n := vigil.Period{Name: web.Typed(r, "name"), Reason: web.Typed(r, "reason"), Document: web.Typed(r, "document")}
	var err error
	if n.From, err = web.DayOf(r, "from", "开始日期"); err == nil {
		n.Until, err = web.DayOf(r, "until", "结束日期")
	}
	if f := web.Typed(r, "factor"); err == nil && f != "" {
		if n.Factor, err = strconv.Atoi(f); err != nil {
			err = fault.New(fault.Invalid, "监测加密不是有效的倍数。").On("factor", "请从列表中选择")
		}
	}
	if err == nil {
		n, err = h.vigil.Declare(r.Context(), authz.SessionFrom(r.Context()), n)
	}
	return answer(w, r, newForm(), err, n.Link(), "已声明重要保障期，并通知范围内各单位。")
}

func answer(w http.ResponseWriter, r *http.Request, v formView, err error, to, said string) error {
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, to, said)
}

// dayOf is the day asked for, within the period's days that have begun.
func dayOf(r *http.Request, p vigil.Period, today calendar.Date) calendar.Date {
	on, err := calendar.ParseDate(r.FormValue("on"))
	if err != nil {
		on = today
	}
	switch last := p.Last(today); {
	case !last.IsZero() && on.After(last):
		return last
	case on.Before(p.From):
		return p.From
	}
	return on
}

func wordTag(l vigil.Line) web.Tag {
	switch {
	case !l.Reported:
		return web.Tag{Kind: web.Warn, Text: "未报告"}
	case l.Zero:
		return web.Tag{Kind: web.Good, Text: "零报告"}
	}
	return web.Tag{Kind: web.Danger, Text: "有异常"}
}

// view is a part of a day's reports that one looks at by itself.
type view struct {
	id, name, none string
	holds          func(vigil.Line) bool
}

// views of a day. The first is how a day is read level by level: the reader's own
// line and those that report to it, each with the sum of what stands below.
var views = []view{
	{"", "本级和直接下级", "", nil},
	{"all", "全部", "", func(vigil.Line) bool { return true }},
	{"done", "已报告", "还没有单位报告", func(l vigil.Line) bool { return l.Reported }},
	{"missing", "未报告", "都报告了", func(l vigil.Line) bool { return !l.Reported }},
	{"events", "有异常", "没有报告异常的单位", func(l vigil.Line) bool { return l.Reported && !l.Zero }},
}

// level are the lines of a list that report to nobody in it, and those that report
// to these.
func level(list []vigil.Line) []vigil.Line {
	in, top := map[org.UnitID]bool{}, map[org.UnitID]bool{}
	for _, l := range list {
		in[l.Unit] = true
	}
	for _, l := range list {
		top[l.Unit] = !in[l.Above]
	}
	return slices.DeleteFunc(slices.Clone(list), func(l vigil.Line) bool { return !top[l.Unit] && !top[l.Above] })
}

func viewOf(id string) view {
	if i := slices.IndexFunc(views, func(v view) bool { return v.id == id }); i > 0 {
		return views[i]
	}
	return views[0]
}

// dayLink is a day of a period, seen through a view.
func dayLink(p vigil.Period, on calendar.Date, view string) string {
	q := url.Values{"on": {on.String()}}
	if view != "" {
		q.Set("show", view)
	}
	return p.Link() + "?" + q.Encode()
}

// dayStats are the figures of a day, each with the units it counts.
func dayStats(p vigil.Period, on calendar.Date, due, done, events int) web.Stats {
	return web.Stats{Label: on.Chinese(), Items: []web.Stat{
		{Name: "应报告", Value: strconv.Itoa(due), Unit: "个", Note: on.Chinese(), Href: dayLink(p, on, "all")},
		{Name: "已报告", Value: strconv.Itoa(done), Unit: "个", Note: "含报告异常的", Href: dayLink(p, on, "done")},
		{Name: "未报告", Value: strconv.Itoa(due - done), Unit: "个", Note: "没有异常也要报告", Href: dayLink(p, on, "missing"), Kind: tone(done < due)},
		{Name: "报告异常", Value: strconv.Itoa(events), Unit: "个", Note: "须写明情况和处置", Href: dayLink(p, on, "events"), Kind: tone(events > 0)}}}
}

func dayTable(list []vigil.Line, on calendar.Date, show view) web.Table {
	t := web.Table{Caption: on.Chinese() + "的报告", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "报告"}, {Head: "下级"}, {Head: "情况", Wide: true}, {Head: "报送"}},
		Empty: web.Empty{Title: "没有须报告的单位", Text: "您管辖的范围内没有正在运行的网站和账号。"}}
	whole := len(list)
	if show.holds == nil {
		list = level(list)
	} else {
		list = slices.DeleteFunc(slices.Clone(list), func(l vigil.Line) bool { return !show.holds(l) })
	}
	if len(list) < whole {
		t.Caption += "：" + show.name
		if show.none != "" {
			t.Empty = web.Empty{Title: show.none}
		}
	}
	for i, l := range list {
		if i == mostLines {
			t.Caption += fmt.Sprintf("（显示前 %d 个单位，共 %d 个；全部见导出）", mostLines, len(list))
			break
		}
		below := web.Text("—")
		if l.BelowDue > 0 {
			below = web.Cell{Text: fmt.Sprintf("%d/%d", l.BelowDone, l.BelowDue), Keep: true}
			if l.Events > 0 {
				below.Tags = []web.Tag{{Kind: web.Danger, Text: fmt.Sprintf("%d 个有异常", l.Events)}}
			}
		}
		who := web.Text("")
		if l.Reported {
			who = web.Cell{Text: web.Minute(l.At), Note: l.Person, Keep: true}
		}
		row := web.Row{Cells: []web.Cell{web.Text(l.UnitName), web.Tagged(wordTag(l)), below, web.Text(l.Says), who}}
		if l.Reported && !l.Zero {
			row.Kind = web.Danger
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// dossier is what the page of a period shows.
type dossier struct {
	period   vigil.Period
	on       calendar.Date
	show     view // of the day
	lines    []vigil.Line
	past     []vigil.Day
	consents []vigil.Consent
	own      []vigil.Line
	may      bool
}

func newRecord(d dossier, today calendar.Date) record {
	p := d.period
	v := record{web.RecordView{Heading: web.Heading{Above: "重要保障期", Title: p.Name, Lead: p.From.Chinese() + "至" + p.Until.Chinese() + "，" + p.AreaName, Tags: []web.Tag{stateTag(p, today)}}, Trail: trail}}
	begun := !p.Last(today).IsZero()
	if begun && p.State != vigil.Summarised {
		for _, l := range d.own {
			switch {
			case l.Reported:
			case d.on == today:
				v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: l.UnitName + "今天还没有零报告", Text: "没有异常也要报告。", Links: []web.Link{{Text: "去报告", Href: vigil.ReportLink(p.ID, l.Unit, d.on)}}})
			default:
				v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: l.UnitName + d.on.Chinese() + "没有零报告", Text: "请补报；报送时间如实记录。", Links: []web.Link{{Text: "去补报", Href: vigil.ReportLink(p.ID, l.Unit, d.on)}}})
			}
		}
	}
	if p.Runs(today) && d.may {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记同意的例外", Href: p.Link() + "/consents/new"})
	}
	if begun {
		done, events := 0, 0
		for _, l := range d.lines {
			if l.Reported {
				done++
				if !l.Zero {
					events++
				}
			}
		}
		v.Main = append(v.Main, dayStats(p, d.on, len(d.lines), done, events), dayTable(d.lines, d.on, d.show))
	}
	if p.Summary != "" {
		v.Main = append(v.Main, web.Summary{Title: "总结", Terms: []web.Term{{Name: "总结", Text: p.Summary}, {Name: "填写", Text: p.SummaryBy, Note: web.Minute(p.SummaryAt)}}})
	}
	consents := web.Table{Caption: "已同意的例外", Compact: true, Columns: []web.Column{{Head: "网站或账号", Wide: true}, {Head: "事项"}, {Head: "文号"}, {Head: "理由"}, {Head: "登记"}}, Empty: web.Empty{Title: "没有同意的例外"}}
	if p.State == vigil.Declared {
		consents.Empty.Text = "期间的临时下线、关停、改版和更改外观一律不予办理；紧急下线不受影响。"
	}
	for _, c := range d.consents {
		consents.Rows = append(consents.Rows, web.Row{Cells: []web.Cell{web.Linked(c.Name, c.Object.Link()), web.Text(vigil.ActName(c.Act)), web.Text(c.Document), web.Text(c.Reason), {Text: c.Person, Note: web.Minute(c.At)}}})
	}
	v.Main = append(v.Main, consents)
	if d.may && p.State == vigil.Declared {
		v.Forms = append(v.Forms, web.Form{Action: p.Link() + "/lift", Folded: true, Sections: []web.Section{{Legend: "提前结束", Fields: []web.Field{{Name: "why", Label: "提前结束的理由", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "提前结束保障期", Kind: web.Danger}}})
	}
	if d.may && p.State == vigil.Over {
		v.Forms = append(v.Forms, web.Form{Action: p.Link() + "/summary", Key: "vigil-summary-" + p.ID, Sections: []web.Section{{Legend: "总结", Fields: []web.Field{{Kind: web.TextArea, Name: "summary", Label: "总结", Required: true, Max: 4000, Rows: 8, Hint: "值守、零报告、监测发现、异常和处置、经验教训"}}}}, Buttons: []web.Button{{Label: "保存总结"}}})
	}
	terms := []web.Term{{Name: "事由", Text: p.Reason}, {Name: "依据文件", Text: p.Document}, {Name: "值班", Text: "每班两人"}, {Name: "零报告", Text: "每天一次", Note: "从" + p.From.Chinese() + "起，没有异常也要报告"}, {Name: "监测加密", Text: fmt.Sprintf("%d 倍", p.Factor)}, {Name: "声明", Text: p.Person, Note: p.UnitName + "，" + web.Minute(p.DeclaredAt)}}
	if p.EndedWhy != "" {
		terms = append(terms, web.Term{Name: "提前结束", Text: p.EndedWhy})
	}
	v.Side = append(v.Side, web.Summary{Title: "要求", Terms: terms})
	if len(d.past) > 0 {
		days := web.Table{Caption: "逐日报告", Compact: true, Columns: []web.Column{{Head: "日期"}, {Head: "已报告"}, {Head: "异常", Number: true}}}
		for i := len(d.past) - 1; i >= 0; i-- {
			x := d.past[i]
			days.Rows = append(days.Rows, web.Row{Cells: []web.Cell{{Text: x.On.String(), Href: dayLink(p, x.On, ""), Keep: true}, {Text: fmt.Sprintf("%d/%d", x.Done, x.Due), Keep: true}, web.Figure(x.Events)}})
		}
		v.Side = append(v.Side, days)
	}
	if begun {
		v.Heading.Acts = append(v.Heading.Acts, web.ExportActs(p.Link()+"/sheet", url.Values{"on": {d.on.String()}})...)
	}
	return v
}

func tone(wrong bool) web.Tone {
	if wrong {
		return web.Warn
	}
	return web.Good
}

func (h *Handler) dossier(r *http.Request) (dossier, error) {
	ctx, session, id := r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id")
	scope := session.ScopeFor(authz.InspectionRead) // also after an act of a narrower one
	today := web.FrameOf(r).Today
	p, _, err := h.vigil.Sheet(ctx, scope, id, today)
	if err != nil {
		return dossier{}, err
	}
	d := dossier{on: dayOf(r, p, today), show: viewOf(r.FormValue("show"))}
	if d.period, d.lines, err = h.vigil.Sheet(ctx, scope, id, d.on); err != nil {
		return d, err
	}
	if d.past, err = h.vigil.Past(ctx, scope, id); err != nil {
		return d, err
	}
	if d.consents, err = h.vigil.Consents(ctx, scope, id); err != nil {
		return d, err
	}
	if d.own, err = h.vigil.OwnUnits(ctx, session, scope, id, d.on); err != nil {
		return d, err
	}
	d.may, err = h.vigil.MayDeclare(ctx, session)
	return d, err
}

func (h *Handler) period(w http.ResponseWriter, r *http.Request) error {
	d, err := h.dossier(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newRecord(d, web.FrameOf(r).Today))
}

// again shows the period with what is wrong with one of its small forms.
func (h *Handler) again(w http.ResponseWriter, r *http.Request, err error, to, said string) error {
	if !web.Mendable(err) {
		if err != nil {
			return err
		}
		return web.Done(w, r, to, said)
	}
	d, derr := h.dossier(r)
	if derr != nil {
		return derr
	}
	v := newRecord(d, web.FrameOf(r).Today)
	f := fault.Of(err)
	v.Wrong = web.ErrorSummary{Title: "没有办理", Says: f.Says, Breaches: web.BreachesOf(f)}
	for i := range v.Forms {
		if strings.HasSuffix(r.URL.Path, v.Forms[i].Action[strings.LastIndex(v.Forms[i].Action, "/"):]) {
			v.Forms[i].Fill(r.PostForm)
			v.Forms[i].Wrong(err)
		}
	}
	return recordPage.RenderStatus(w, r, web.StatusOf(err), v)
}

func (h *Handler) lift(w http.ResponseWriter, r *http.Request) error {
	p, err := h.vigil.Lift(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), r.PathValue("id"), web.Typed(r, "why"))
	return h.again(w, r, err, p.Link(), "重要保障期已提前结束，各单位已收到通知。")
}

func (h *Handler) summary(w http.ResponseWriter, r *http.Request) error {
	p, err := h.vigil.Summarise(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), r.PathValue("id"), web.Typed(r, "summary"))
	return h.again(w, r, err, p.Link(), "总结已保存。")
}

func (h *Handler) sheet(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	p, _, err := h.vigil.Sheet(r.Context(), scope, r.PathValue("id"), web.FrameOf(r).Today)
	if err != nil {
		return err
	}
	on := dayOf(r, p, web.FrameOf(r).Today)
	_, list, err := h.vigil.Sheet(r.Context(), scope, p.ID, on)
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, l := range list {
		rows[i] = []any{l.UnitName, wordTag(l).Text, l.BelowDue, l.BelowDone, l.Events, l.Says, l.Person, web.Minute(l.At)}
	}
	return web.SendSheet(w, r, official.Sheet{Title: p.Name + on.Chinese() + "零报告", Columns: []official.Column{{Title: "单位", Width: 30}, {Title: "报告"}, {Title: "下级应报告"}, {Title: "下级已报告"}, {Title: "下级有异常"}, {Title: "情况", Width: 40}, {Title: "报送人"}, {Title: "报送时间", Width: 18}}, Rows: slices.Values(rows)}, "零报告")
}

func newReport(p vigil.Period, l vigil.Line, below []vigil.Line, on calendar.Date) formView {
	f := formView{web.FormView{Heading: web.Heading{Above: p.Name, Title: l.UnitName + on.Chinese() + "报告"}, Trail: append(slices.Clone(trail), web.Crumb{Name: p.Name, Href: p.Link()})}}
	if l.Reported {
		f.Alert = web.Alert{Kind: web.Info, Title: "已报告：" + wordTag(l).Text, Text: l.Person + "，" + web.Minute(l.At) + "。情况有变化的可以再报，以最后一次为准，以前的留存备查。"}
	}
	if l.BelowDue > 0 {
		// What is to be told upwards stands before the form; the rest is a step away,
		// so that an office over many units need not pass them all to say its word.
		f.Before = []web.Component{dayStats(p, on, l.BelowDue, l.BelowDone, l.Events)}
		if troubled := slices.DeleteFunc(slices.Clone(below), func(b vigil.Line) bool { return (!b.Reported || b.Zero) && b.Events == 0 }); len(troubled) > 0 {
			t := dayTable(troubled, on, viewOf("all"))
			t.Caption = "下级报告的异常"
			f.Before = append(f.Before, t)
		}
	}
	hint := "没有异常的可以不填。"
	if l.Events > 0 {
		hint = fmt.Sprintf("下级有 %d 个单位报告了异常，请写明情况。", l.Events)
	}
	choice := web.Field{Kind: web.Radios, Name: "word", Label: "当日情况", Required: true, Options: []web.Option{{Value: "zero", Label: "没有异常（零报告）"}, {Value: "event", Label: "有异常"}}}
	// Only a person knows that nothing was wrong: the form never says so by itself.
	if l.Events > 0 || l.Reported && !l.Zero {
		choice.Value = "event"
	}
	f.Form = web.Form{Action: p.Link() + "/report", Key: "zero-" + p.ID + string(l.Unit) + on.String(), Sections: []web.Section{{Fields: []web.Field{choice, {Kind: web.TextArea, Name: "says", Label: "情况和处置", Value: l.Says, Max: 1000, Rows: 4, Hint: hint},
		{Kind: web.Hidden, Name: "unit", Value: string(l.Unit)}, {Kind: web.Hidden, Name: "on", Value: on.String()}}}}, Buttons: []web.Button{{Label: "报送"}}, Cancel: web.Link{Text: "返回", Href: p.Link()}}
	return f
}

func (h *Handler) lineOf(r *http.Request) (vigil.Period, vigil.Line, []vigil.Line, calendar.Date, error) {
	scope := authz.ScopeFrom(r.Context())
	p, _, err := h.vigil.Sheet(r.Context(), scope, r.PathValue("id"), web.FrameOf(r).Today)
	if err != nil {
		return p, vigil.Line{}, nil, calendar.Date{}, err
	}
	on := dayOf(r, p, web.FrameOf(r).Today)
	p, l, below, err := h.vigil.LineOf(r.Context(), scope, p.ID, org.UnitID(r.FormValue("unit")), on)
	return p, l, below, on, err
}

func (h *Handler) showReport(w http.ResponseWriter, r *http.Request) error {
	p, l, below, on, err := h.lineOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newReport(p, l, below, on))
}

func (h *Handler) report(w http.ResponseWriter, r *http.Request) error {
	p, l, below, on, err := h.lineOf(r)
	if err != nil {
		return err
	}
	zero, err := wordOf(web.Typed(r, "word"))
	if err == nil {
		_, err = h.vigil.Report(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), p.ID, l.Unit, on, zero, web.Typed(r, "says"))
	}
	return answer(w, r, newReport(p, l, below, on), err, p.Link(), l.UnitName+on.Chinese()+"的报告已报送。")
}

// wordOf reads the choice of a report; none is no word.
func wordOf(choice string) (zero bool, err error) {
	switch choice {
	case "zero", "event":
		return choice == "zero", nil
	}
	return false, fault.New(fault.Invalid, "没有选择当日情况，请选择“没有异常（零报告）”或“有异常”后再报送。").On("word", "请选择")
}

func newConsent(p vigil.Period) formView {
	var acts []web.Option
	for _, a := range vigil.Acts {
		acts = append(acts, web.Option{Value: a.ID, Label: a.Name})
	}
	return formView{web.FormView{Heading: web.Heading{Above: p.Name, Title: "登记同意的例外"}, Trail: append(slices.Clone(trail), web.Crumb{Name: p.Name, Href: p.Link()}),
		Form: web.Form{Key: "consent-" + p.ID, Sections: []web.Section{{Fields: []web.Field{{Name: "object", Label: "网站名称或域名，或账号名称", Required: true, Max: 80}, {Kind: web.Select, Name: "act", Label: "事项", Required: true, Options: append([]web.Option{{Label: "请选择"}}, acts...)},
			{Name: "document", Label: "同意文件的文号", Required: true, Max: 80}, {Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 300, Rows: 3}}}}, Buttons: []web.Button{{Label: "登记同意"}}, Cancel: web.Link{Text: "取消", Href: p.Link()}}}}
}

func (h *Handler) showConsent(w http.ResponseWriter, r *http.Request) error {
	p, _, err := h.vigil.Sheet(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), web.FrameOf(r).Today)
	if err != nil {
		return err
	}
	v := newConsent(p)
	v.Form.Sections[0].Fields[0].Value = r.URL.Query().Get("object")
	return formPage.Render(w, r, v)
}

// object is the site or account of that name; never a guess.
func (h *Handler) object(ctx context.Context, scope authz.Scope, name string) (registry.Ref, error) {
	if name == "" {
		return registry.Ref{}, fault.New(fault.Invalid, "没有填写网站或账号。").On("object", "请填写网站名称、域名或账号名称")
	}
	sites, _, err := h.registry.Sites(ctx, scope, registry.SiteFilter{Text: name, Limit: 20})
	if err != nil {
		return registry.Ref{}, err
	}
	var found []registry.Ref
	for _, s := range sites {
		if s.Name == name || s.Host == name {
			found = append(found, registry.Ref{Kind: sx2021.Site, ID: string(s.ID)})
		}
	}
	accounts, _, err := h.registry.Accounts(ctx, scope, registry.AccountFilter{Text: name, Limit: 20})
	if err != nil {
		return registry.Ref{}, err
	}
	for _, a := range accounts {
		if a.Name == name {
			found = append(found, registry.Ref{Kind: sx2021.Account, ID: string(a.ID)})
		}
	}
	if len(found) != 1 {
		return registry.Ref{}, fault.New(fault.Invalid, "台账中没有找到唯一的“"+name+"”，请填写全称或域名。").On("object", "请填写台账中的全称或域名")
	}
	return found[0], nil
}

func (h *Handler) consent(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	p, _, err := h.vigil.Sheet(ctx, scope, r.PathValue("id"), web.FrameOf(r).Today)
	if err != nil {
		return err
	}
	n := vigil.Consent{Act: web.Typed(r, "act"), Document: web.Typed(r, "document"), Reason: web.Typed(r, "reason")}
	if n.Object, err = h.object(ctx, scope, web.Typed(r, "object")); err == nil {
		n, err = h.vigil.Agree(ctx, authz.SessionFrom(ctx), scope, p.ID, n)
	}
	return answer(w, r, newConsent(p), err, p.Link(), "已登记同意"+n.Name+vigil.ActName(n.Act)+"。")
}

var (
	sampleToday  = calendar.Date{Year: 2026, Month: 1, Day: 14}
	samplePeriod = vigil.Period{ID: "01JP", UnitName: "陕西省人民政府办公厅", AreaName: "陕西省", AreaPath: "/610000/", Name: "省“两会”", Reason: "省“两会”期间网络安全保障", Document: "陕政办函〔2026〕2号", From: sampleToday.AddDays(-2), Until: sampleToday.AddDays(4), Factor: 3, State: vigil.Declared, Person: "王建民", DeclaredAt: time.Date(2026, 1, 9, 2, 0, 0, 0, time.UTC)}
	sampleLines  = []vigil.Line{
		{Unit: "u1", UnitName: "西安市人民政府办公厅", Office: true, Reported: true, Zero: true, Person: "张三", At: time.Date(2026, 1, 14, 8, 0, 0, 0, time.UTC), BelowDue: 14, BelowDone: 13},
		{Unit: "u2", UnitName: "西安市商务局", Reported: true, Says: "下午网站打不开20分钟，已恢复。", Person: "李四", At: time.Date(2026, 1, 14, 9, 0, 0, 0, time.UTC)}, {Unit: "u3", UnitName: "西安市教育局"},
	}
	bad         = `"><script>alert(1)</script>`
	badPeriod   = vigil.Period{ID: bad, Name: bad, Reason: bad, Document: bad, AreaName: bad, State: vigil.Over, Person: bad, Summary: bad, EndedWhy: bad, From: sampleToday, Until: sampleToday}
	badLines    = []vigil.Line{{Unit: org.UnitID(bad), UnitName: bad, Says: bad, Person: bad, Reported: true}}
	badConsents = []vigil.Consent{{Name: bad, Act: bad, Document: bad, Reason: bad, Person: bad, Object: registry.Ref{Kind: "site", ID: bad}}}
)

var (
	listPage   = web.Define(web.Plain, "pages/list.html", newList(nil, true, sampleToday), newList([]vigil.Period{samplePeriod}, true, sampleToday), newList([]vigil.Period{badPeriod}, false, sampleToday))
	recordPage = web.Define(web.Plain, "pages/record.html", newRecord(dossier{period: vigil.Period{ID: "n", Name: "国庆", From: sampleToday.AddDays(5), Until: sampleToday.AddDays(9), State: vigil.Declared}, on: sampleToday.AddDays(5), may: true}, sampleToday),
		newRecord(dossier{period: samplePeriod, on: sampleToday, show: views[0], lines: sampleLines, own: sampleLines[2:], may: true, past: []vigil.Day{{On: sampleToday, Due: 3, Done: 2, Events: 1}}, consents: []vigil.Consent{{Name: "西安市教育局网站", Act: vigil.Theme, Document: "陕政办函〔2026〕3号", Reason: "改正错误", Person: "王建民", Object: registry.Ref{Kind: "site", ID: "s"}}}}, sampleToday),
		newRecord(dossier{period: badPeriod, on: sampleToday, show: views[3], lines: badLines, may: true, consents: badConsents}, sampleToday))
	formPage = web.Define(web.Plain, "pages/form.html", newForm(), newReport(samplePeriod, sampleLines[0], sampleLines[1:], sampleToday), newReport(badPeriod, badLines[0], badLines, sampleToday), newConsent(samplePeriod), newConsent(badPeriod))
)
