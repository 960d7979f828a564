package inspectionweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

const (
	disputesPath  = "/console/disputes"
	precisionPath = "/console/inspection/precision"
	causesPath    = "/console/inspection/causes"
)

type page struct{ web.ListView }

func verdictTag(d inspection.Objection) web.Tag {
	t := web.Tag{Kind: web.Warn, Text: inspection.VerdictNames[d.Verdict]}
	switch d.Verdict {
	case inspection.ItIsFalse:
		t.Kind = web.Good
	case inspection.ItIsTrue:
		t.Kind = web.Info
	case inspection.ItIsGone, inspection.ItIsMoot:
		t.Kind = web.Neutral
	}
	return t
}

func newDisputes(list []inspection.Objection, total int, today calendar.Date) page {
	v := page{web.ListView{Heading: web.Heading{Title: "误报申辩", Lead: "报为误报的问题由一名专人在时限内答复；确认误报的，同一情形不再报出。", Acts: []web.Act{{Text: "规则准确率", Href: precisionPath}}}, Trail: []web.Crumb{{Name: "网站检查", Href: boardPath}},
		Filter: web.Filter{Action: disputesPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "verdict", Label: "结论", Options: orAll([]web.Option{{Value: "waiting", Label: "待答复"}, {Value: inspection.ItIsTrue, Label: "问题属实"}, {Value: inspection.ItIsFalse, Label: "确认误报"}, {Value: inspection.ItIsGone, Label: inspection.VerdictNames[inspection.ItIsGone]}, {Value: inspection.ItIsMoot, Label: inspection.VerdictNames[inspection.ItIsMoot]}})}, {Kind: web.Check, Name: "mine", Label: "只看由我答复的", Value: "on"}}},
		Table:  web.Table{Caption: "误报申辩", Quiet: true, Columns: []web.Column{{Head: "问题", Wide: true}, {Head: "申辩理由", Wide: true}, {Head: "答复人"}, {Head: "期限"}, {Head: "结论"}}, Empty: web.Empty{Title: "没有误报申辩", Text: "单位认为报错了的，打开那个问题，写明理由，点“报误报”；答复人和期限列在这里。", Act: web.Act{Text: "查看待整改问题", Href: listPath + "?state=standing"}}}}}
	for _, d := range list {
		what := web.Cell{Href: "/console/findings/" + string(d.Finding)}
		what.Text, what.Whole = web.Shortened(d.Says)
		what.Note = d.SiteName
		due := web.Day(d.Due.On)
		if d.Verdict == "" {
			due = web.DueCell(d.Due.On, today)
		} else if n := d.Late(); n > 0 {
			due.Tags = []web.Tag{{Kind: web.Danger, Text: fmt.Sprintf("超期 %d 天答复", n)}}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{what, {Text: d.Reason, Note: d.RaisedBy + "，" + web.Minute(d.RaisedAt)}, {Text: d.PersonName, Note: d.UnitName}, due, {Tags: []web.Tag{verdictTag(d)}, Note: d.Answer}}})
	}
	return v
}

func (h *Handler) disputes(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	var mine org.PersonID
	if q.Has("mine") {
		mine = org.PersonID(authz.SessionFrom(r.Context()).PersonID)
	}
	list, total, err := h.inspection.Objections(r.Context(), authz.ScopeFrom(r.Context()), q.Get("verdict"), mine, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newDisputes(list, total, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return plainList.Render(w, r, v)
}

func rightShare(p inspection.Precision) string {
	share, ok := p.Share()
	if !ok && p.Disputed > 0 {
		return "申辩尚未答复"
	}
	if !ok {
		return "尚无申辩"
	}
	return share.Text(2)
}

func newPrecision(list []inspection.Precision) page {
	v := page{web.ListView{Heading: web.Heading{Title: "规则准确率", Lead: "每条检查规则报出多少问题、多少被确认误报，由申辩答复和复测得出，全省合计；准确率＝（报出－确认误报）÷报出，有申辩得到答复后才给出。"}, Trail: []web.Crumb{{Name: "网站检查", Href: boardPath}},
		Table: web.Table{Caption: "规则准确率", Quiet: true, Columns: []web.Column{{Head: "规则", Wide: true}, {Head: "报出", Number: true}, {Head: "复测改正", Number: true}, {Head: "申辩", Number: true}, {Head: "确认误报", Number: true}, {Head: "问题属实", Number: true}, {Head: "待答复", Number: true}, {Head: "准确率", Number: true}}, Empty: web.Empty{Title: "还没有数据", Text: "检查发现问题后，这里给出各条规则的准确率。"}}}}
	v.Exports = web.ExportActs(precisionPath+"/export", nil)
	for _, p := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: engine.CheckName(p.Check), Href: listPath + "?check=" + url.QueryEscape(p.Check), Note: engine.FamilyName(p.Check)}, web.Figure(p.Raised), web.Figure(p.Closed), web.Figure(p.Disputed), web.Figure(p.False), web.Figure(p.True), web.Figure(p.Waiting), web.Text(rightShare(p))}})
	}
	return v
}

func (h *Handler) precision(w http.ResponseWriter, r *http.Request) error {
	list, err := h.inspection.Precisions(r.Context())
	if err != nil {
		return err
	}
	return plainList.Render(w, r, newPrecision(list))
}

func (h *Handler) exportPrecision(w http.ResponseWriter, r *http.Request) error {
	list, err := h.inspection.Precisions(r.Context())
	if err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, p := range list {
		rows[i] = []any{p.Check, engine.CheckName(p.Check), p.Raised, p.Closed, p.Disputed, p.False, p.True, p.Waiting, rightShare(p)}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "规则准确率", Columns: []official.Column{{Title: "编号", Width: 24}, {Title: "规则", Width: 30}, {Title: "报出"}, {Title: "复测改正"}, {Title: "申辩"}, {Title: "确认误报"}, {Title: "问题属实"}, {Title: "待答复"}, {Title: "准确率"}}, Rows: slices.Values(rows)}, "规则准确率")
}

var plainList = web.Define(web.Plain, "pages/list.html", newDisputes(nil, 0, calendar.Date{Year: 2026, Month: 3, Day: 20}),
	newDisputes([]inspection.Objection{{Finding: "01JF", Says: sampleFinding.Says, SiteName: sampleFinding.SiteName, Reason: "号码是公布的办公电话", RaisedBy: "张三", PersonName: "李四", UnitName: "西安市人民政府办公厅", Due: calendar.Due{On: calendar.Date{Year: 2026, Month: 3, Day: 25}}}}, 1, calendar.Date{Year: 2026, Month: 3, Day: 20}),
	newDisputes([]inspection.Objection{{Finding: "x", Says: "<script>", SiteName: "<b>", Reason: `"><i>`, RaisedBy: "<b>", PersonName: "<b>", UnitName: "<b>", Verdict: inspection.ItIsFalse, Answer: "<script>"}}, 1, calendar.Date{}),
	newPrecision(nil), newPrecision([]inspection.Precision{{Check: "link.dead", Raised: 200, Closed: 150, Disputed: 5, False: 2, True: 2, Waiting: 1}}), newPrecision([]inspection.Precision{{Check: "<script>"}}),
	newCauses(nil), newCauses([]inspection.Cause{{Check: "link.dead", Findings: 120, Objects: 31, Ordered: 8, Oldest: sampleFinding.FirstSeen}, {Check: "concealed.hidden_link", Findings: 2, Serious: 2, Objects: 1, Oldest: sampleFinding.FirstSeen}}), newCauses([]inspection.Cause{{Check: "<script>"}}))
