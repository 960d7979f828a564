package dutyweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/vigil"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

const (
	deskPath     = "/console/duty"
	rosterPath   = "/console/duty/rosters/"
	recordPath   = "/console/duty/records/"
	alarmPath    = "/console/alarms"
	incidentPath = "/console/incidents"
	takedownPath = "/console/takedowns"
	perPage      = 20
	smallBody    = 64 << 10
)

// Handler serves the screens.
type Handler struct {
	duty *duty.Service
	org  *org.Service
	// item is the library item behind a public address; "" for none.
	item func(address string) string
}

// New makes the handler; item gives the console page of the item behind a
// public address.
func New(s *duty.Service, o *org.Service, item func(address string) string) *Handler {
	return &Handler{duty: s, org: o, item: item}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/duty", Permit: authz.InspectionRead, Handle: h.desk},
		{Pattern: "GET /console/duty/rosters/{unit}/{month}", Permit: authz.InspectionRead, Handle: h.roster},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/fill", Permit: authz.DutyManage, Handle: h.fill, MaxBody: smallBody},
		{Pattern: "GET /console/duty/rosters/{unit}/{month}/export", Permit: authz.InspectionRead, Handle: h.export},
		{Pattern: "GET /console/duty/rosters/{unit}/{month}/editions/{no}", Permit: authz.InspectionRead, Handle: h.edition},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/leader", Permit: authz.DutyManage, Handle: h.leader, MaxBody: smallBody},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/apply", Permit: authz.DutyManage, Handle: h.apply, MaxBody: smallBody},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/keep", Permit: authz.DutyManage, Handle: h.keep, MaxBody: smallBody},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/publish", Permit: authz.DutyManage, Handle: h.publish, MaxBody: smallBody},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/reopen", Permit: authz.DutyManage, Handle: h.reopen, MaxBody: smallBody},
		{Pattern: "GET /console/duty/rosters/{unit}/{month}/shift", Permit: authz.DutyManage, Handle: h.showShift},
		{Pattern: "POST /console/duty/rosters/{unit}/{month}/shift", Permit: authz.DutyManage, Handle: h.setShift, MaxBody: smallBody},
		{Pattern: "GET /console/duty/shifts/{id}/swap", Permit: authz.DutyServe, Handle: h.showSwap},
		{Pattern: "POST /console/duty/shifts/{id}/swap", Permit: authz.DutyServe, Handle: h.askSwap, MaxBody: smallBody},
		{Pattern: "POST /console/duty/swaps/{id}", Permit: authz.DutyServe, Handle: h.answerSwap, MaxBody: smallBody},
		{Pattern: "GET /console/duty/handovers/{id}", Permit: authz.InspectionRead, Handle: h.handover},
		{Pattern: "POST /console/duty/handovers/{id}", Permit: authz.DutyServe, Handle: h.sign, MaxBody: smallBody},
		{Pattern: "GET /console/duty/records/{unit}/{day}", Permit: authz.InspectionRead, Handle: h.record},
		{Pattern: "POST /console/duty/records/{unit}/{day}/look", Permit: authz.DutyServe, Handle: h.look, MaxBody: smallBody},
		{Pattern: "POST /console/duty/records/{unit}/{day}/confirm", Permit: authz.DutyServe, Handle: h.confirm, MaxBody: smallBody},
		{Pattern: "GET /console/alarms", Permit: authz.InspectionRead, Handle: h.alarms},
		{Pattern: "GET /console/alarms/{id}", Permit: authz.InspectionRead, Handle: h.alarm},
		{Pattern: "POST /console/alarms/{id}/take", Permit: authz.DutyServe, Handle: h.takeAlarm, MaxBody: smallBody},
		{Pattern: "POST /console/alarms/{id}/end", Permit: authz.DutyServe, Handle: h.endAlarm, MaxBody: smallBody},
		{Pattern: "GET /console/incidents", Permit: authz.InspectionRead, Handle: h.incidents},
		{Pattern: "GET /console/incidents/new", Permit: authz.IncidentHandle, Handle: h.showIncident},
		{Pattern: "POST /console/incidents/new", Permit: authz.IncidentHandle, Handle: h.openIncident, MaxBody: smallBody},
		{Pattern: "GET /console/incidents/{id}", Permit: authz.InspectionRead, Handle: h.room},
		{Pattern: "POST /console/incidents/{id}/{act}", Permit: authz.IncidentHandle, Handle: h.inRoom, MaxBody: web.UploadBody},
		{Pattern: "GET /console/incidents/{id}/files/{file}", Permit: authz.InspectionRead, Handle: h.file},
		{Pattern: "GET /console/takedowns", Permit: authz.InspectionRead, Handle: h.takedowns},
		{Pattern: "GET /console/takedowns/new", Permit: authz.TakedownPropose, Handle: h.showTakedown},
		{Pattern: "POST /console/takedowns/new", Permit: authz.TakedownPropose, Handle: h.propose, MaxBody: smallBody},
		{Pattern: "GET /console/takedowns/{id}", Permit: authz.InspectionRead, Handle: h.takedown},
		{Pattern: "POST /console/takedowns/{id}/withdraw", Permit: authz.TakedownPropose, Handle: h.withdraw, MaxBody: smallBody},
		{Pattern: "POST /console/takedowns/{id}/decide", Permit: authz.TakedownApprove, Handle: h.decide, MaxBody: smallBody},
	}
}

type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

var trail = []web.Crumb{{Name: "值班", Href: deskPath}}

func below(name, href string) []web.Crumb {
	return append(append([]web.Crumb{}, trail...), web.Crumb{Name: name, Href: href})
}

// answer shows the form again when it is to be mended, else goes on.
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

// wrong puts what a small form of a record page was refused for above the page,
// once, and beside the fields of that form.
func wrong(v *record, r *http.Request, title string, err error) {
	for i := range v.Forms {
		if sent(v.Forms[i], r) {
			v.Wrong = wrongForm(&v.Forms[i], r.PostForm, title, err)
			return
		}
	}
	f := fault.Of(err)
	v.Wrong = web.ErrorSummary{Title: title, Says: f.Alone(), Breaches: web.BreachesOf(f)}
}

// wrongForm keeps what was typed, marks the fields and gives the summary to
// stand above the page instead of above the form.
func wrongForm(form *web.Form, posted url.Values, title string, err error) web.ErrorSummary {
	form.Fill(posted)
	form.Wrong(err)
	out := form.Summary
	out.Title, form.Summary = title, web.ErrorSummary{}
	return out
}

// sent reports whether it is this form that was posted: several of a page may
// share an address and differ in what they hide.
func sent(f web.Form, r *http.Request) bool {
	if !strings.HasSuffix(f.Action, r.URL.Path) {
		return false
	}
	for _, s := range f.Sections {
		for _, x := range s.Fields {
			if x.Kind == web.Hidden && r.PostForm.Get(x.Name) != x.Value {
				return false
			}
		}
	}
	return true
}

// together names every wrong field of a form at once; what is not for the person
// to mend comes alone.
func together(errs ...error) error {
	var f fault.Fields
	var some []error
	for _, err := range errs {
		if err == nil {
			continue
		}
		if !fault.Is(err, fault.Invalid) || len(fault.Of(err).Fields) == 0 {
			return err
		}
		some = append(some, err)
		for _, x := range fault.Of(err).Fields {
			f.Add(x.Name, x.Says)
		}
	}
	if len(some) == 1 {
		return some[0]
	}
	return f.Err()
}

// units are those where the person stands on duty or arranges it; else the
// units of all posts, to look at.
func units(s *authz.Session) []string {
	out := s.UnitsFor(authz.DutyServe)
	for _, u := range s.UnitsFor(authz.DutyManage) {
		if !contains(out, u) {
			out = append(out, u)
		}
	}
	if len(out) == 0 && s != nil {
		for _, p := range s.Posts {
			if !contains(out, p.UnitID) {
				out = append(out, p.UnitID)
			}
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func tone(wrong bool, t web.Tone) web.Tone {
	if wrong {
		return t
	}
	return web.Good
}

// deskData is what the duty desk shows.
type deskData struct {
	unit      org.Unit
	others    []org.Unit // further units of the person
	now, next duty.Shift
	mine      duty.Shift // the person's own next turn
	handover  duty.Handover
	record    duty.Record
	alarms    []duty.Alarm
	handedUp  []duty.Alarm // of units below, which did not take them in time
	standing  int          // alarms of the unit that stand; of them waiting are taken by nobody
	waiting   int
	incidents []duty.Incident
	open      int // incidents that are not closed
	swaps     []duty.Swap
	past      []duty.Day
	me        string
	manages   bool
	arrangers []org.Person // when the person does not arrange the roster
	serves    bool
	takes     bool           // the person may have an item taken down
	nextState string         // of the next month's roster
	periods   []vigil.Period // that run today
	reports   bool           // the person gives the unit's daily report
}

func newDesk(d deskData, now time.Time) record {
	today := calendar.DateOf(now)
	v := record{web.RecordView{Heading: web.Heading{Above: d.unit.Name, Title: "值班台", Lead: "24小时值班：接收告警、每日巡检、交接班。"}}}
	month := duty.MonthOf(today)
	down := web.Act{Text: "应急撤下", Href: takedownPath}
	if d.takes {
		down.Href += "/new" // there is no time for the list
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "今天的巡检记录", Href: duty.RecordLink(d.unit.ID, today), Primary: d.serves && d.record.State != duty.Confirmed}, web.Act{Text: "本月值班表", Href: duty.RosterLink(d.unit.ID, month)}, web.Act{Text: "下月值班表", Href: duty.RosterLink(d.unit.ID, duty.NextMonth(month))}, down)
	arrange, wanted, inTime := "编排", "请排好并公布值班表。", "请按期公布，不得有空档。"
	if !d.manages {
		arrange, wanted = "查看", arrangedBy(d.arrangers)
		inTime = wanted
	}
	if d.now.Zero() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "现在没有人值班", Text: "告警会直接报分管领导。" + wanted, Links: []web.Link{{Text: arrange + "本月值班表", Href: duty.RosterLink(d.unit.ID, month)}}})
	}
	turn := !d.now.Zero() && !now.Before(d.now.HandoverFrom())
	switch {
	case d.handover.State != duty.Taken && d.handover.GoesOn(): // nobody takes over
	case turn && d.handover.State == "" && d.now.Has(d.me):
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "您的班次将于" + web.Minute(d.now.Until) + "结束", Text: "请写明交班事项并签字，再由接班人签字。", Links: []web.Link{{Text: "办理交接班", Href: d.now.HandoverLink()}}})
	case d.handover.State == duty.Given && d.next.Has(d.me):
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: d.handover.Giver + "已交班，待您接班", Text: "请看清未结事项后签字。", Links: []web.Link{{Text: "办理交接班", Href: d.now.HandoverLink()}}})
	}
	for _, p := range d.periods {
		a := web.Alert{Kind: web.Warn, Title: "重要保障期" + abridge.Quoted(p.Name) + "：" + p.From.Chinese() + "至" + p.Until.Chinese(), Text: "双人值班，每天零报告。", Links: []web.Link{{Text: "查看重要保障期", Href: p.Link()}}}
		if d.reports {
			a.Links = append([]web.Link{{Text: "今天的零报告", Href: vigil.ReportLink(p.ID, d.unit.ID, today)}}, a.Links...)
		}
		if !d.now.Zero() && d.now.SecondName == "" {
			a.Kind, a.Text = web.Danger, a.Text+"现在只有"+d.now.Names()+"一人当班，请编排值班表的人补上第二人。"
			a.Links = append(a.Links, web.Link{Text: "本月值班表", Href: duty.RosterLink(d.unit.ID, month)})
		}
		v.Alerts = append(v.Alerts, a)
	}
	if d.nextState != duty.Published && today.Day >= 20 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: duty.MonthName(duty.NextMonth(month)) + "值班表还没有公布", Text: inTime, Links: []web.Link{{Text: arrange + "下月值班表", Href: duty.RosterLink(d.unit.ID, duty.NextMonth(month))}}})
	}
	for _, w := range d.swaps {
		if w.State == duty.Asked && string(w.To) == d.me {
			v.Forms = append(v.Forms, web.Form{Action: "/console/duty/swaps/" + w.ID, Sections: []web.Section{{Legend: w.FromName + w.Asks(), Hint: w.Shift.Span() + "。" + w.Waits() + "。理由：" + w.Reason}}, Buttons: []web.Button{{Label: "同意换班", Name: "act", Value: "agree"}, {Label: "不同意", Name: "act", Value: "decline", Plain: true}}})
		}
		if w.State == duty.Asked && string(w.From) == d.me {
			v.Forms = append(v.Forms, web.Form{Action: "/console/duty/swaps/" + w.ID, Sections: []web.Section{{Legend: "您已请" + w.ToName + "换班，待答复", Hint: w.Shift.Span() + "。" + w.Waits() + "。此前仍由您值班。"}}, Buttons: []web.Button{{Label: "撤回换班", Name: "act", Value: "withdraw", Plain: true}}})
		}
	}
	unreached := 0
	for _, f := range d.record.Sites {
		if f.Down {
			unreached++
		}
	}
	said := "还没有开始"
	if d.record.State != "" {
		said = duty.RecordMachine.Name(d.record.State)
	}
	kind := tone(d.record.State != duty.Confirmed, web.Warn)
	if due := dueText(d.record); due != "" && len(d.record.Sites) > 0 {
		said += "，" + due
	}
	if d.record.Overdue {
		kind = web.Danger
	}
	of := "&unit=" + url.QueryEscape(string(d.unit.ID))
	waiting, taken, list := d.waiting, d.standing-d.waiting, alarmPath+"?state="+duty.Raised+of
	for _, a := range d.handedUp {
		list = "" // of several units: they stand below
		if a.State == duty.Raised {
			waiting++
		} else {
			taken++
		}
	}
	v.Main = append(v.Main, web.Stats{Label: "值班情况", Items: []web.Stat{
		{Name: "待接收告警", Value: fmt.Sprint(waiting), Unit: "个", Note: fmt.Sprintf("处理中 %d 个", taken), Href: list, Kind: tone(waiting > 0, web.Danger)},
		{Name: "打不开", Value: fmt.Sprint(unreached), Unit: "个", Note: fmt.Sprintf("共值守 %d 个网站", len(d.record.Sites)), Kind: tone(unreached > 0, web.Danger)},
		{Name: "今天已巡检", Value: fmt.Sprintf("%d/%d", d.record.Looked(), len(d.record.Sites)), Note: said, Href: duty.RecordLink(d.unit.ID, today), Kind: kind},
		{Name: "处置中的事件", Value: fmt.Sprint(d.open), Unit: "件", Href: incidentPath + "?state=standing" + of, Kind: tone(d.open > 0, web.Warn)},
	}})
	own := "当前告警"
	if len(d.handedUp) > 0 {
		v.Main, own = append(v.Main, alarmTable("上报到本级的告警", d.handedUp)), "本单位的告警"
	}
	v.Main = append(v.Main, alarmTable(own, d.alarms))
	terms := []web.Term{{Name: "当班", Text: "无", Tags: []web.Tag{{Kind: web.Danger, Text: "空岗"}}}}
	if !d.now.Zero() {
		terms = []web.Term{{Name: "当班", Text: d.now.Names(), Note: d.now.Span()}}
		if d.now.LeaderName != "" {
			terms = append(terms, web.Term{Name: "带班领导", Text: d.now.LeaderName})
		}
		switch {
		case d.handover.State == duty.Taken:
			terms = append(terms, web.Term{Name: "交接", Text: d.handover.Giver + "交、" + d.handover.Taker + "接", Href: d.now.HandoverLink()})
		case d.handover.GoesOn():
			terms = append(terms, web.Term{Name: "交接", Text: "不用交接", Note: "下一班仍由" + d.next.Names() + "值班"})
		case d.handover.State == duty.Given:
			terms = append(terms, web.Term{Name: "交接", Text: "交班人已签，待接班人签", Href: d.now.HandoverLink()})
		case turn:
			terms = append(terms, web.Term{Name: "交接", Text: "办理交接班", Href: d.now.HandoverLink()})
		default:
			terms = append(terms, web.Term{Name: "交接", Text: web.Minute(d.now.HandoverFrom()) + "起办理"})
		}
	}
	if !d.next.Zero() {
		terms = append(terms, web.Term{Name: "下一班", Text: d.next.Names(), Note: d.next.Span()})
	}
	if !d.mine.Zero() {
		says := "申请换班"
		for _, w := range swapsOf(d.swaps, d.mine.ID) {
			if w.State == duty.Asked && string(w.From) == d.me {
				says = "换班待" + w.ToName + "答复"
			}
		}
		terms = append(terms, web.Term{Name: "我的下一班", Text: says, Note: d.mine.Span(), Href: d.mine.SwapLink()})
	}
	v.Side = append(v.Side, web.Summary{Title: "值班人员", Terms: terms})
	days := web.Table{Caption: "近期巡检记录", Compact: true, Columns: []web.Column{{Head: "日期"}, {Head: "状态"}, {Head: "确认"}}}
	for _, x := range d.past {
		t := web.Tag{Kind: web.Warn, Text: "没有记录"}
		if x.On == today {
			t.Text = "待巡检"
		}
		switch x.State {
		case duty.Confirmed:
			if t = (web.Tag{Kind: web.Good, Text: "已确认"}); x.Late() {
				t = web.Tag{Kind: web.Warn, Text: "已确认，补记"}
			}
		case duty.Open:
			t = web.Tag{Kind: web.Info, Text: "待确认"}
		}
		days.Rows = append(days.Rows, web.Row{Cells: []web.Cell{{Text: x.On.String(), Href: duty.RecordLink(d.unit.ID, x.On), Keep: true}, web.Tagged(t), web.Text(x.Person)}})
	}
	v.Side = append(v.Side, days)
	if len(d.others) > 0 {
		var links []web.Link
		for _, u := range d.others {
			links = append(links, web.Link{Text: u.Name, Href: deskPath + "?unit=" + url.QueryEscape(string(u.ID))})
		}
		v.Side = append(v.Side, web.Panel{Title: "其他单位的值班台", Links: links})
	}
	return v
}

func (h *Handler) desk(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	mine := units(session)
	id := r.URL.Query().Get("unit")
	if id == "" && len(mine) > 0 {
		id = mine[0]
	}
	if id == "" {
		return fault.Missing("值班单位")
	}
	var d deskData
	var err error
	if d.unit, err = h.org.Unit(ctx, scope, org.UnitID(id)); err != nil {
		return err
	}
	for _, u := range mine {
		if u != id {
			other, err := h.org.Unit(ctx, scope, org.UnitID(u))
			if fault.Is(err, fault.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			d.others = append(d.others, other)
		}
	}
	d.me, d.manages, d.serves = session.PersonID, session.MayAt(authz.DutyManage, id), session.MayAt(authz.DutyServe, id)
	d.takes = session.May(authz.TakedownPropose)
	today := web.FrameOf(r).Today
	if d.now, d.next, err = h.duty.OnDuty(ctx, scope, d.unit.ID, h.duty.DB.Now()); err != nil {
		return err
	}
	if !d.now.Zero() {
		if d.handover, _, err = h.duty.HandoverOf(ctx, scope, d.now.ID); err != nil {
			return err
		}
	}
	if !d.manages {
		if d.arrangers, err = h.duty.Arrangers(ctx, scope, d.unit.ID); err != nil {
			return err
		}
	}
	if d.serves {
		if d.mine, err = h.duty.NextOf(ctx, scope, d.unit.ID, d.me, h.duty.DB.Now()); err != nil {
			return err
		}
	}
	if d.record, err = h.duty.RecordOf(ctx, scope, d.unit.ID, today); err != nil {
		return err
	}
	if d.alarms, d.standing, err = h.duty.Alarms(ctx, scope, duty.AlarmFilter{Unit: d.unit.ID, State: "standing", Limit: 20}); err != nil {
		return err
	}
	if _, d.waiting, err = h.duty.Alarms(ctx, scope, duty.AlarmFilter{Unit: d.unit.ID, State: duty.Raised, Limit: 1}); err != nil {
		return err
	}
	if d.handedUp, err = h.duty.HandedUp(ctx, scope, d.unit.ID); err != nil {
		return err
	}
	if d.incidents, d.open, err = h.duty.Incidents(ctx, scope, "standing", d.unit.ID, 20, 0); err != nil {
		return err
	}
	if d.swaps, err = h.duty.Swaps(ctx, scope, d.unit.ID); err != nil {
		return err
	}
	if d.past, err = h.duty.Past(ctx, scope, d.unit.ID, 7); err != nil {
		return err
	}
	d.reports = session.MayAt(authz.VigilReport, id)
	if d.periods, err = h.duty.Vigil.At(ctx, h.duty.DB, d.unit.AreaPath, today); err != nil {
		return err
	}
	ahead, err := h.duty.Roster(ctx, scope, d.unit.ID, duty.NextMonth(duty.MonthOf(today)))
	if err != nil {
		return err
	}
	d.nextState = ahead.State
	return recordView.Render(w, r, newDesk(d, h.duty.DB.Now()))
}
