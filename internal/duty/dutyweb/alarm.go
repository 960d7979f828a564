package dutyweb

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

func alarmTag(a duty.Alarm) web.Tag {
	t := web.Tag{Text: a.StateName()}
	switch a.State {
	case duty.Raised:
		t.Kind = web.Danger
	case duty.AlarmTaken:
		t.Kind = web.Warn
	default:
		t.Kind = web.Good
	}
	return t
}

// namedSites is how many sites of an alarm its row names; its page has all of them.
const namedSites = 10

func alarmTable(caption string, list []duty.Alarm) web.Table {
	t := web.Table{Caption: caption, Columns: []web.Column{{Head: "告警", Wide: true}, {Head: "状态"}, {Head: "发生"}, {Head: "已告知"}, {Head: "接收"}}, Empty: web.Empty{Title: "没有告警", Text: "网站连续打不开或发现严重问题时，这里会有告警。"}}
	for _, a := range list {
		what := web.Linked(a.Title, a.Link())
		what.Note = a.UnitName
		if n := len(a.Named); n > 0 {
			what.Note += "：" + strings.Join(a.Named[:min(n, namedSites)], "、")
			if n > namedSites {
				what.Note += fmt.Sprintf("等 %d 个网站", n)
			}
		}
		row := web.Row{Cells: []web.Cell{what, web.Tagged(alarmTag(a)), web.When(a.RaisedAt), web.Text(a.Told), {Text: a.TakenBy, Note: web.Minute(a.TakenAt)}}}
		if a.State == duty.Raised {
			row.Kind = web.Danger
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// desks is the unit whose desk a list may be narrowed to: the one asked for, else
// the reader's own; nil when there is none.
func (h *Handler) desks(r *http.Request) (*org.Unit, error) {
	id := r.URL.Query().Get("unit")
	if mine := units(authz.SessionFrom(r.Context())); id == "" && len(mine) > 0 {
		id = mine[0]
	}
	if id == "" {
		return nil, nil
	}
	u, err := h.org.Unit(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(id))
	if fault.Is(err, fault.NotFound) && r.URL.Query().Get("unit") == "" {
		return nil, nil
	}
	return &u, err
}

// whose narrows a list to what the figures of a duty desk count.
func whose(unit *org.Unit) web.Field {
	f := web.Field{Kind: web.Select, Name: "unit", Label: "值班单位", Options: []web.Option{{Label: "全部"}}}
	if unit != nil {
		f.Options = append(f.Options, web.Option{Value: string(unit.ID), Label: unit.Name})
	}
	return f
}

func states(m passage.Machine, keys ...string) []web.Option {
	out := []web.Option{{Label: "全部"}, {Value: "standing", Label: "未结束"}}
	for _, k := range keys {
		out = append(out, web.Option{Value: k, Label: m.Name(k)})
	}
	return out
}

// gapAlert says what this system cannot tell now, so that nobody takes the lack of
// alarms for all being well; no title: it can.
func gapAlert(g inspection.Gap) web.Alert {
	if g.Title == "" {
		return web.Alert{}
	}
	return web.Alert{Kind: web.Warn, Title: g.Title, Text: g.Says, Links: []web.Link{{Text: "查看监测点", Href: "/console/vantages"}}}
}

func newAlarms(list []duty.Alarm, total int, gap inspection.Gap, unit *org.Unit) page {
	return page{web.ListView{Alert: gapAlert(gap), Heading: web.Heading{Title: "告警", Lead: "同一原因只有一个告警：同一平台、机房或服务商，同一组域名服务器，或同一张有问题的证书上的多个网站打不开，合为一个。无人接收的，先转下一班，再报分管领导。"}, Trail: trail,
		Filter: web.Filter{Action: alarmPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "state", Label: "状态", Options: states(duty.AlarmMachine, duty.Raised, duty.AlarmTaken, duty.Ended)}, whose(unit)}}, Table: alarmTable("告警", list)}}
}

func (h *Handler) alarms(w http.ResponseWriter, r *http.Request) error {
	unit, err := h.desks(r)
	if err != nil {
		return err
	}
	list, total, err := h.duty.Alarms(r.Context(), authz.ScopeFrom(r.Context()), duty.AlarmFilter{Unit: org.UnitID(r.URL.Query().Get("unit")), State: r.URL.Query().Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	gap, err := h.duty.Inspection.Gap(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	v := newAlarms(list, total, gap, unit)
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newAlarm(a duty.Alarm, sites []duty.AlarmSite, steps []passage.Step, serves, handles bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: a.UnitName + "值班", Title: a.Title, Tags: []web.Tag{alarmTag(a)}}, Trail: below("告警", alarmPath)}}
	t := web.Table{Caption: fmt.Sprintf("涉及的网站（%d 个，未恢复 %d 个）", a.Sites, a.StillWrong), Columns: []web.Column{{Head: "网站"}, {Head: "情况", Wide: true}, {Head: "开始"}, {Head: "恢复"}}}
	for _, x := range sites {
		says := web.Text(x.Says)
		if x.Finding != "" {
			says.Href = "/console/findings/" + x.Finding
		}
		back := web.Tagged(web.Tag{Kind: web.Danger, Text: "未恢复"})
		if !x.EndedAt.IsZero() {
			back = web.When(x.EndedAt)
		}
		name := web.Linked(x.Name, "/console/inspection/sites/"+string(x.Site))
		name.Note = "没有登记责任人"
		if x.Who.Name != "" {
			name.Note = x.Who.Name + "，" + x.Who.Reached()
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, says, web.When(x.Since), back}})
	}
	v.Main = append(v.Main, t)
	if serves && a.State == duty.Raised {
		v.Forms = append(v.Forms, web.Form{Action: a.Link() + "/take", Sections: []web.Section{{Hint: "接收后由您处理；到时没有结束的先催办，再逐级上报。"}}, Buttons: []web.Button{{Label: "接收告警"}}})
	}
	if serves && a.State == duty.AlarmTaken {
		v.Forms = append(v.Forms, web.Form{Action: a.Link() + "/end", Sections: []web.Section{{Legend: "结束告警", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "处理结果", Required: true, Max: 500, Rows: 3}}}}, Buttons: []web.Button{{Label: "结束告警"}}})
	}
	// Of what has ended by itself, too: why a site was down is to be found out though it is back.
	if handles && a.Incident == "" {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "立案处置", Href: incidentPath + "/new?alarm=" + a.ID})
	}
	terms := []web.Term{{Name: "发生", Text: web.Minute(a.RaisedAt)}, {Name: "已告知", Text: a.Told}}
	if !a.NextAt.IsZero() {
		switch a.State {
		case duty.Raised:
			terms = append(terms, web.Term{Name: "再无人接收即转报", Text: web.Minute(a.NextAt)})
		case duty.AlarmTaken:
			terms = append(terms, web.Term{Name: "再没有结束即催办或上报", Text: web.Minute(a.NextAt)})
		}
	}
	if a.TakenBy != "" {
		terms = append(terms, web.Term{Name: "接收", Text: a.TakenBy, Note: web.Minute(a.TakenAt) + "，用时 " + web.Took(a.TakenAt.Sub(a.RaisedAt).Round(time.Second))})
	}
	if a.State == duty.Ended {
		terms = append(terms, web.Term{Name: "结束", Text: a.EndedWhy, Note: a.EndedBy + " " + web.Minute(a.EndedAt)})
	}
	if a.Incident != "" {
		terms = append(terms, web.Term{Name: "事件", Text: "查看处置", Href: incidentPath + "/" + a.Incident})
	}
	v.Side = append(v.Side, web.Summary{Title: "告警", Terms: terms})
	story := web.Timeline{Title: "经过"}
	for _, x := range slices.Backward(steps) {
		story.Events = append(story.Events, web.Event{At: x.At, Title: duty.AlarmMachine.ActName(x.Act), Who: x.ActorName, Text: x.Note})
	}
	v.Side = append(v.Side, story)
	return v
}

func (h *Handler) alarmData(r *http.Request) (record, duty.Alarm, error) {
	session := authz.SessionFrom(r.Context())
	scope := session.ScopeFor(authz.InspectionRead)
	a, sites, err := h.duty.AlarmOf(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, a, err
	}
	steps, err := h.duty.AlarmHistory(r.Context(), scope, a.ID)
	return newAlarm(a, sites, steps, session.May(authz.DutyServe), session.May(authz.IncidentHandle)), a, err
}

func (h *Handler) alarm(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.alarmData(r)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, v)
}

func (h *Handler) onAlarm(w http.ResponseWriter, r *http.Request, a duty.Alarm, err error, said string) error {
	if web.Mendable(err) {
		v, _, derr := h.alarmData(r)
		if derr != nil {
			return derr
		}
		wrong(&v, r, "没有办理", err)
		return recordView.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, a.Link(), said)
}

func (h *Handler) takeAlarm(w http.ResponseWriter, r *http.Request) error {
	a, err := h.duty.TakeAlarm(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	return h.onAlarm(w, r, a, err, "已接收告警，由您处理。")
}

func (h *Handler) endAlarm(w http.ResponseWriter, r *http.Request) error {
	a, err := h.duty.EndAlarm(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), web.Typed(r, "why"))
	return h.onAlarm(w, r, a, err, "告警已结束。")
}
