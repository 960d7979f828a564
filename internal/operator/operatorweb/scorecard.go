package operatorweb

import (
	"fmt"
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/operator"
	"zhengshu/internal/web"
)

// scorecardView is GET /console/operators/{id}/scorecard.
type scorecardView struct{ web.RecordView }

func newScorecardView(c operator.Scorecard, manages bool, today calendar.Date) scorecardView {
	base := c.Contractor.Link() + "/scorecard"
	v := scorecardView{web.RecordView{Heading: web.Heading{Title: c.Month.Chinese() + "考评", Above: c.Contractor.Name, Lead: "按整改、响应和操作记录计数；每个数字下面列出它所依据的记录。没有数据的月份如实写明，不作评价。"},
		Trail: trailOf(c.Contractor)}}
	v.Heading.Acts = []web.Act{{Text: "上一月", Href: base + "?month=" + c.Month.Before().String()}}
	if !c.Month.Last.After(today) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "下一月", Href: base + "?month=" + c.Month.After().String()})
	}
	stats := web.Stats{Label: c.Month.Chinese() + "考评"}
	for _, m := range c.Measures {
		stat := web.Stat{Name: m.Name, Value: strconv.Itoa(m.Value), Unit: m.Unit, Note: m.Note, Href: m.Link}
		if m.Of > 0 {
			stat.Value = fmt.Sprintf("%d/%d", m.Value, m.Of)
		}
		if m.None {
			stat.Value, stat.Unit, stat.Href = "无数据", "", ""
		}
		stats.Items = append(stats.Items, stat)
	}
	v.Main = append(v.Main, stats)
	for _, m := range c.Measures {
		if m.None || len(m.Rows) == 0 {
			continue
		}
		t := web.Table{Caption: m.Name, Quiet: true, Compact: true, Columns: []web.Column{{Head: "记录", Wide: true}, {Head: "时间"}, {Head: "结果"}}}
		for _, row := range m.Rows {
			tag := web.Tag{Kind: web.Good, Text: "按时"}
			if !row.Good {
				tag = web.Tag{Kind: web.Warn, Text: "未按时"}
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: row.Text, Href: row.Link, Note: row.Note}, web.When(row.At), web.Tagged(tag)}})
		}
		panel := web.Panel{Title: m.Name, Parts: []web.Component{t}}
		if m.Link != "" {
			panel.Links = []web.Link{{Text: "查看全部", Href: m.Link, Note: m.Name}}
		}
		v.Main = append(v.Main, panel)
	}
	switch {
	case c.Confirmed():
		v.Side = append(v.Side, web.Summary{Title: "本月考评已确认", Terms: []web.Term{{Name: "评价", Text: c.Says}, {Name: "确认人", Text: c.ConfirmedBy}, {Name: "确认时间", Text: web.Minute(c.ConfirmedAt)}}})
	case manages && today.After(c.Month.Last):
		v.Forms = append(v.Forms, web.Form{Action: base, Key: "month" + string(c.Contractor.ID) + c.Month.String(), Sections: []web.Section{{Legend: "确认本月考评", Hint: "确认后数字和依据固定留存，不再变化。", Fields: []web.Field{
			{Kind: web.Hidden, Name: "month", Value: c.Month.String()}, {Kind: web.TextArea, Name: "says", Label: "评价", Required: true, Max: 1000}}}}, Buttons: []web.Button{{Label: "确认考评"}}})
	default:
		v.Side = append(v.Side, web.Alert{Kind: web.Info, Title: "尚未确认", Text: "月末后由主办单位确认。"})
	}
	return v
}

var scorecardPage = web.Define(web.Plain, "pages/record.html",
	newScorecardView(operator.Scorecard{Contractor: sampleContractor, Month: operator.MonthOf(sampleToday), Measures: []operator.Measure{{Name: "按时整改", None: true, Note: "本月没有整改通知"}}}, true, sampleToday),
	newScorecardView(operator.Scorecard{Contractor: sampleContractor, Month: operator.MonthOf(sampleToday).Before(), Measures: []operator.Measure{{Name: "按时整改", Value: 3, Of: 4, Unit: "件", Link: "/console/orders", Rows: []operator.Row{{Text: "ZG-2026-0001", Note: "西安市商务局", Good: true, Link: "/console/orders/1"}, {Text: "ZG-2026-0002"}}}}}, true, sampleToday),
	newScorecardView(operator.Scorecard{Contractor: hostile, Month: operator.MonthOf(sampleToday).Before(), Measures: []operator.Measure{{Name: "<script>", Value: 1, Note: "<b>", Rows: []operator.Row{{Text: "<script>", Link: `javascript:alert(1)`}}}}}, true, sampleToday),
)

func monthOf(r *http.Request, s string) (operator.Month, error) {
	if s == "" {
		return operator.MonthOf(web.FrameOf(r).Today), nil
	}
	return operator.ParseMonth(s)
}

func (h *Handler) scorecard(w http.ResponseWriter, r *http.Request) error {
	m, err := monthOf(r, r.URL.Query().Get("month"))
	if err != nil {
		return err
	}
	return h.renderScorecard(w, r, authz.ScopeFrom(r.Context()), m, http.StatusOK, nil)
}

func (h *Handler) renderScorecard(w http.ResponseWriter, r *http.Request, scope authz.Scope, m operator.Month, status int, wrong error) error {
	c, err := h.operators.Scorecard(r.Context(), scope, idOf(r), m)
	if err != nil {
		return err
	}
	v := newScorecardView(c, c.Contractor.In(scopeFor(r, authz.RecordManage)), web.FrameOf(r).Today)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
		for i := range v.Forms {
			v.Forms[i].Fill(r.PostForm)
		}
	}
	return scorecardPage.RenderStatus(w, r, status, v)
}

func (h *Handler) confirmMonth(w http.ResponseWriter, r *http.Request) error {
	m, err := monthOf(r, web.Typed(r, "month"))
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	err = h.operators.ConfirmMonth(r.Context(), scope, idOf(r), m, web.Typed(r, "says"))
	if web.Mendable(err) {
		return h.renderScorecard(w, r, scope, m, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/operators/"+string(idOf(r))+"/scorecard?month="+m.String(), m.Chinese()+"考评已确认。")
}
