package dutyweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

func incidentTag(x duty.Incident) web.Tag {
	t := web.Tag{Kind: web.Warn, Text: x.StateName()}
	switch x.State {
	case duty.Closed:
		t.Kind = web.Good
	case duty.Closing:
		t.Kind = web.Info
	}
	return t
}

func newIncidents(list []duty.Incident, total int, may bool, unit *org.Unit) page {
	v := page{web.ListView{Heading: web.Heading{Title: "事件处置", Lead: "一件事一个处置间：进展、人员、任务、材料、相关告警和问题都在一处；结案由另一人复核。"}, Trail: trail,
		Filter: web.Filter{Action: incidentPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "state", Label: "状态", Options: states(duty.IncidentMachine, duty.Handling, duty.Closing, duty.Closed)}, whose(unit)}},
		Table:  web.Table{Caption: "事件", Quiet: true, Columns: []web.Column{{Head: "事件", Wide: true}, {Head: "单位"}, {Head: "状态"}, {Head: "立案"}, {Head: "结案"}}, Empty: web.Empty{Title: "没有事件", Text: "从告警或在这里立案处置。"}}}}
	if may {
		v.Heading.Acts = []web.Act{{Text: "立案处置", Href: incidentPath + "/new", Primary: true}}
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "应急撤下", Href: takedownPath})
	for _, x := range list {
		name := web.Linked(x.Title, x.Link())
		name.Note = x.Number
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(x.UnitName), web.Tagged(incidentTag(x)), {Text: web.Minute(x.OpenedAt), Note: x.OpenedBy, Keep: true}, {Text: web.Minute(x.ClosedAt), Note: x.Closer, Keep: true}}})
	}
	return v
}

func (h *Handler) incidents(w http.ResponseWriter, r *http.Request) error {
	unit, err := h.desks(r)
	if err != nil {
		return err
	}
	list, total, err := h.duty.Incidents(r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query().Get("state"), org.UnitID(r.URL.Query().Get("unit")), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newIncidents(list, total, authz.SessionFrom(r.Context()).May(authz.IncidentHandle), unit)
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newIncidentForm(unit web.Field, a duty.Alarm) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "立案处置"}, Trail: below("事件处置", incidentPath)}}
	fields := []web.Field{{Name: "title", Label: "事件名称", Required: true, Max: 60}, {Kind: web.TextArea, Name: "says", Label: "情况", Required: true, Max: 2000, Rows: 5, Hint: "什么时候、哪里、发生了什么、影响到什么"}}
	if a.ID != "" {
		v.Before = []web.Component{web.Summary{Title: "由告警立案", Terms: []web.Term{{Name: "告警", Text: a.Title, Href: a.Link()}, {Name: "单位", Text: a.UnitName}, {Name: "状态", Text: a.StateName(), Note: web.Minute(a.EndedAt)}}}}
		fields[0].Value, fields[1].Value = a.Title, a.Says
		fields = append(fields, web.Field{Kind: web.Hidden, Name: "alarm", Value: a.ID})
	} else {
		fields = append([]web.Field{unit}, fields...)
	}
	v.Form = web.Form{Key: "incident-new", Sections: []web.Section{{Fields: fields}}, Buttons: []web.Button{{Label: "立案并进入处置间"}}, Cancel: web.Link{Text: "取消", Href: incidentPath}}
	return v
}

func (h *Handler) incidentForm(r *http.Request) (formView, error) {
	scope := authz.ScopeFrom(r.Context())
	if id := r.FormValue("alarm"); id != "" {
		a, _, err := h.duty.AlarmOf(r.Context(), scope, id)
		return newIncidentForm(web.Field{}, a), err
	}
	mine := units(authz.SessionFrom(r.Context()))
	var chosen org.UnitID
	if len(mine) > 0 {
		chosen = org.UnitID(mine[0])
	}
	unit, err := picker.Field(r.Context(), h.org, scope, "unit", "处置单位", chosen)
	return newIncidentForm(unit, duty.Alarm{}), err
}

func (h *Handler) showIncident(w http.ResponseWriter, r *http.Request) error {
	v, err := h.incidentForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) openIncident(w http.ResponseWriter, r *http.Request) error {
	v, err := h.incidentForm(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	var unit org.UnitID
	if web.Typed(r, "alarm") == "" {
		u, uerr := picker.Unit(r, h.org, scope, "unit")
		unit, err = u.ID, uerr
		if uerr != nil {
			err = together(uerr, duty.CheckIncident(web.Typed(r, "title"), web.Typed(r, "says")))
		}
	}
	var x duty.Incident
	if err == nil {
		x, err = h.duty.OpenIncident(r.Context(), scope, unit, web.Typed(r, "title"), web.Typed(r, "says"), web.Typed(r, "alarm"))
	}
	return answer(w, r, v, err, x.Link(), "已立案，编号 "+x.Number+"。")
}

var entryNames = map[string]string{"open": "立案", "note": "进展", "join": "到位", "leave": "离开", "task": "分派", "done": "完成", "paper": "材料", "alarm": "告警", "takedown": "应急撤下", "closing": "结案"}

func newRoom(x duty.Room, people []org.Person, me string, handles, takes bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: x.Number + "　" + x.UnitName, Title: x.Title, Tags: []web.Tag{incidentTag(x.Incident)}}, Trail: below("事件处置", incidentPath)}}
	base, open := x.Link(), x.State != duty.Closed
	if takes && open {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "应急撤下稿件", Href: takedownPath + "/new?incident=" + url.QueryEscape(x.ID)}, web.Act{Text: "应急首页", Href: "/console/front-pages"})
	}
	story := web.Timeline{Title: "处置经过"}
	for _, e := range x.Entries {
		ev := web.Event{At: e.At, Title: entryNames[e.Kind], Who: e.Person, Text: e.Says}
		if e.Link != "" {
			ev.Links = []web.Link{{Text: "查看", Href: e.Link, Note: entryNames[e.Kind]}}
		}
		story.Events = append(story.Events, ev)
	}
	tasks := web.Table{Caption: "任务", Columns: []web.Column{{Head: "任务", Wide: true}, {Head: "办理人"}, {Head: "状态"}, {Head: "结果"}}, Empty: web.Empty{Title: "没有任务", Text: "需要有人去办的事，用“分派任务”交给处置人员。"}}
	var openTasks []web.Option
	for _, t := range x.Tasks {
		state := web.Tag{Kind: web.Warn, Text: "未完成"}
		if !t.DoneAt.IsZero() {
			state = web.Tag{Kind: web.Good, Text: "已完成"}
		} else {
			openTasks = append(openTasks, web.Option{Value: t.ID, Label: t.Person + "：" + t.Says})
		}
		who := web.Text(t.Person)
		if t.DoneBy != "" && t.DoneBy != t.Person {
			who = web.Cell{Text: t.DoneBy, Note: "原分派" + t.Person}
		}
		tasks.Rows = append(tasks.Rows, web.Row{Cells: []web.Cell{web.Text(t.Says), who, web.Tagged(state), {Text: t.Result, Note: web.Minute(t.DoneAt)}}})
	}
	v.Main = append(v.Main, web.Summary{Title: "立案情况", Terms: []web.Term{{Name: "情况", Text: x.Says}, {Name: "立案人", Text: x.OpenedBy, Note: web.Minute(x.OpenedAt)}}})
	if x.Cause != "" {
		closing := []web.Term{{Name: "原因", Text: x.Cause}, {Name: "教训和改进措施", Text: x.Lesson}, {Name: "提出", Text: x.Proposer, Note: web.Minute(x.ProposedAt)}}
		if x.Closer != "" {
			closing = append(closing, web.Term{Name: "复核结案", Text: x.Closer, Note: web.Minute(x.ClosedAt)})
		}
		v.Main = append(v.Main, web.Summary{Title: "结案报告", Terms: closing})
	}
	if len(x.Sites) > 0 {
		t := web.Table{Caption: "涉及的网站", Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "主办单位"}, {Head: "问题"}}}
		for _, s := range x.Sites {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: s.Name, Href: "/console/inspection/sites/" + string(s.ID), Note: s.Host}, web.Text(s.UnitName), web.Linked("未办结的问题", "/console/findings?state=standing&site="+url.QueryEscape(string(s.ID)))}})
		}
		v.Main = append(v.Main, t)
	}
	if len(x.Alarms) > 0 {
		v.Main = append(v.Main, alarmTable("相关告警", x.Alarms))
	}
	if len(x.Takedowns) > 0 {
		v.Main = append(v.Main, takedownTable("应急撤下", x.Takedowns))
	}
	v.Main = append(v.Main, tasks, story)
	here, onIt := web.Summary{Title: "处置人员"}, false
	for _, m := range x.Members {
		says := web.Term{Name: m.Name, Text: "到位", Note: web.Minute(m.Joined)}
		if !m.LeftAt.IsZero() {
			says.Text, says.Note = "离开", web.Minute(m.LeftAt)
		} else if m.ID == me {
			onIt = true
		}
		here.Terms = append(here.Terms, says)
	}
	if handles && open {
		v.ActsFirst = true
		v.Forms = roomForms(x, people, openTasks, me, onIt)
		if len(x.Against) > 0 {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "还不能结案", Text: strings.Join(x.Against, "")})
		}
		if x.State == duty.Closing && x.ProposedBy(me) {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "待另一人复核结案", Text: "您提出了结案，由您以外的人复核或退回。"})
		}
	}
	v.Side = append(v.Side, here)
	if len(x.Files) > 0 {
		p := web.Panel{Title: "材料"}
		for _, a := range x.Files {
			p.Links = append(p.Links, web.Link{Text: a.Name, Href: base + "/files/" + url.PathEscape(a.ID)})
		}
		v.Side = append(v.Side, p)
	}
	return v
}

// roomForms are the acts of a room. The one that is next stands open, the others
// wait folded below it: to arrive, to answer the closing, to finish the task that
// is one's own, else to say how it goes.
func roomForms(x duty.Room, people []org.Person, openTasks []web.Option, me string, onIt bool) []web.Form {
	base := x.Link()
	presence := web.Form{Action: base + "/presence", Buttons: []web.Button{{Label: "我已到位", Name: "here", Value: "1"}}}
	if onIt {
		presence.Buttons = []web.Button{{Label: "我离开处置", Name: "here", Value: "", Plain: true}}
	}
	note := web.Form{Action: base + "/note", Key: "incident-note-" + x.ID, Sections: []web.Section{{Legend: "记进展", Fields: []web.Field{{Kind: web.TextArea, Name: "says", Label: "进展", Required: true, Max: 1000, Rows: 3}}}}, Buttons: []web.Button{{Label: "记进展"}}}
	assign := web.Form{Action: base + "/assign", Sections: []web.Section{{Legend: "分派任务", Fields: []web.Field{{Name: "task", Label: "任务", Required: true, Max: 300}, {Kind: web.Select, Name: "person", Label: "办理人", Required: true, Options: personOptions(people, "请选择")}}}}, Buttons: []web.Button{{Label: "分派"}}}
	paper := web.Form{Action: base + "/paper", Upload: true, Sections: []web.Section{{Legend: "上传材料", Fields: []web.Field{{Kind: web.File, Name: "file", Label: "文件", Required: true, Hint: "PDF、JPG、PNG、DOCX 或 XLSX，不超过 20 MB"}}}}, Buttons: []web.Button{{Label: "上传材料"}}}
	forms := []web.Form{note, assign}
	if len(openTasks) > 0 {
		finish := web.Form{Action: base + "/finish", Sections: []web.Section{{Legend: "完成任务", Fields: []web.Field{{Kind: web.Select, Name: "id", Label: "哪一项任务", Required: true, Options: openTasks, Value: openTasks[0].Value}, {Name: "result", Label: "完成情况", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "任务完成"}}}
		if i := slices.IndexFunc(x.Tasks, func(t duty.Task) bool { return t.DoneAt.IsZero() && string(t.PersonID) == me }); i >= 0 {
			finish.Field("id").Value = x.Tasks[i].ID
			forms = []web.Form{finish, note, assign}
		} else {
			forms = append(forms, finish)
		}
	}
	forms = append(forms, paper)
	// Who reviews the closing need not have come: it is the next act for them.
	reviews := x.State == duty.Closing && !x.ProposedBy(me)
	switch {
	case x.State == duty.Handling && len(x.Against) == 0:
		forms = append(forms, web.Form{Action: base + "/propose", Key: "incident-closing-" + x.ID, Sections: []web.Section{{Legend: "提出结案", Hint: "由另一人复核。", Fields: []web.Field{{Kind: web.TextArea, Name: "cause", Label: "原因", Required: true, Max: 2000, Rows: 3, Value: x.Cause}, {Kind: web.TextArea, Name: "lesson", Label: "教训和改进措施", Required: true, Max: 2000, Rows: 3, Value: x.Lesson}}}}, Buttons: []web.Button{{Label: "提出结案"}}})
	case reviews:
		back := web.Form{Action: base + "/return", Sections: []web.Section{{Legend: "退回重写", Fields: []web.Field{{Name: "why", Label: "退回理由", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "退回重写"}}}
		forms = append([]web.Form{back}, forms...)
		if len(x.Against) == 0 {
			forms = append([]web.Form{{Action: base + "/close", Sections: []web.Section{{Legend: "复核结案", Hint: "核对结案报告、任务和经过；由提出人以外的人复核。"}}, Buttons: []web.Button{{Label: "复核结案"}}}}, forms...)
		}
	}
	if !onIt && !reviews {
		forms = append([]web.Form{presence}, forms...)
	}
	for i := 1; i < len(forms); i++ {
		forms[i].Folded = true
	}
	if onIt || reviews {
		presence.Buttons[0].Plain = true // not the next act
		forms = append(forms, presence)
	}
	return forms
}

func (h *Handler) roomData(r *http.Request) (record, duty.Room, error) {
	session := authz.SessionFrom(r.Context())
	scope := session.ScopeFor(authz.InspectionRead)
	x, err := h.duty.RoomOf(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, x, err
	}
	people, err := h.duty.Candidates(r.Context(), h.duty.DB, authz.System("incident.people"), x.Unit)
	return newRoom(x, people, session.PersonID, session.May(authz.IncidentHandle), session.May(authz.TakedownPropose)), x, err
}

func (h *Handler) room(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.roomData(r)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, v)
}

// inRoom is one act in a room, by its word in the address.
func (h *Handler) inRoom(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id")
	var err error
	said := "已记下。"
	switch r.PathValue("act") {
	case "note":
		_, err = h.duty.Note(ctx, scope, id, web.Typed(r, "says"))
	case "presence":
		_, err = h.duty.Presence(ctx, scope, id, web.Typed(r, "here") != "")
	case "assign":
		_, err = h.duty.Assign(ctx, scope, id, web.Typed(r, "task"), org.PersonID(web.Typed(r, "person")))
		said = "任务已分派，已通知办理人。"
	case "finish":
		_, err = h.duty.Finish(ctx, scope, id, web.Typed(r, "id"), web.Typed(r, "result"))
		said = "任务已完成。"
	case "paper":
		file, done, ferr := web.Attachment(r, "file")
		defer done()
		if err = ferr; err == nil {
			_, err = h.duty.Paper(ctx, scope, id, file)
		}
		said = "材料已上传。"
	case "propose":
		_, err = h.duty.ProposeClosing(ctx, scope, id, web.Typed(r, "cause"), web.Typed(r, "lesson"))
		said = "已提出结案，待另一人复核。"
	case "close":
		_, err = h.duty.CloseIncident(ctx, scope, id)
		said = "已结案。"
	case "return":
		_, err = h.duty.ReturnIncident(ctx, scope, id, web.Typed(r, "why"))
		said = "已退回。"
	default:
		return fault.Missing("页面")
	}
	if web.Mendable(err) {
		v, _, derr := h.roomData(r)
		if derr != nil {
			return derr
		}
		wrong(&v, r, "没有办理", err)
		return recordView.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, incidentPath+"/"+id, said)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.duty.File(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}
