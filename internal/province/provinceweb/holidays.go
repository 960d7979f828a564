package provinceweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/province"
	"zhengshu/internal/web"
)

const holidaysPath = "/console/settings/holidays"

// holidaysView is GET /console/settings/holidays.
type holidaysView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Alert   web.Alert
	Table   web.Table
	Form    web.Form
}

// Title of the document.
func (holidaysView) Title() string { return "节假日安排" }

// Crumbs of the page.
func (holidaysView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "本省规则选择", Href: settingsPath}, {Name: "节假日安排"}}
}

// yearLink is the page of a year's editions.
func yearLink(year int) string { return fmt.Sprintf("%s/%d", holidaysPath, year) }

// offDays and workDays are the days of a notice in words.
func offDays(n calendar.Notice) string {
	var out []string
	for _, s := range n.Off {
		out = append(out, fmt.Sprintf("%s %s 至 %s", s.Name, s.From, s.To))
	}
	return strings.Join(out, "；")
}

func workDays(n calendar.Notice) string {
	var out []string
	for _, d := range n.Work {
		out = append(out, d.String())
	}
	return strings.Join(out, "、")
}

// sure marks what nobody has compared with its document.
func sure(e province.Edition) []web.Tag {
	if e.Unverified() {
		return []web.Tag{{Kind: web.Warn, Text: "未核实"}}
	}
	return nil
}

// entered says by whom and when, or where it was read.
func entered(e province.Edition) string {
	if e.ID == "" {
		return "随系统发布；" + e.Notice.Source
	}
	return e.By + " " + web.Minute(e.At) + " 录入"
}

func newHolidaysView(list []province.Edition, may bool, today calendar.Date) holidaysView {
	v := holidaysView{Tabs: tabs(1), Heading: web.Heading{Title: "节假日安排", Lead: "国务院办公厅每年公布的放假和调休上班日期，是计算工作日的依据。"},
		Table: web.Table{Caption: "现行安排", Columns: []web.Column{{Head: "年度"}, {Head: "放假", Wide: true}, {Head: "调休上班", Wide: true}, {Head: "依据"}, {Head: "版本"}}, Empty: web.Empty{Title: "还没有任何年度的安排"}}}
	has := map[int]bool{}
	for _, e := range slices.Backward(list) {
		year := e.Notice.Year
		has[year] = true
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: fmt.Sprint(year), Keep: true}, web.Text(offDays(e.Notice)), web.Text(workDays(e.Notice)), {Text: e.Number(), Tags: sure(e), Note: entered(e)},
			{Text: fmt.Sprintf("第 %d 版", e.No), Href: yearLink(year), Keep: true}}})
	}
	if !has[today.Year] || !has[today.Year+1] {
		missing := today.Year
		if has[missing] {
			missing++
		}
		v.Alert = web.Alert{Kind: web.Warn, Title: fmt.Sprintf("%d 年的安排还没有录入", missing), Text: "经过该年度的时限都标为“暂定”，先按周末推算。录入后自动重算，并记入审计。"}
	}
	if may {
		v.Form = web.Form{Action: holidaysPath, Sections: []web.Section{{Legend: "录入一个年度", Hint: "已有安排的年度，新的文件替代现行安排，原来各版保留；同一文号不能有两种日期，原来录入有误的用更正。", Fields: []web.Field{
			{Kind: web.Number, Name: "year", Label: "年度", Required: true, Narrow: true, Mode: "numeric", Value: fmt.Sprint(today.Year + 1)},
			{Name: "number", Label: "发文字号", Required: true, Max: 100, Hint: "例如 国办发明电〔2025〕7号"},
			{Name: "title", Label: "文件标题", Max: 200},
			{Kind: web.DateField, Name: "dated", Label: "发文日期", Narrow: true},
			{Kind: web.TextArea, Name: "off", Label: "放假", Required: true, Rows: 8, Max: 4000, Hint: "每行一个：春节 2027-02-05 至 2027-02-11（含其中的周末）"},
			{Kind: web.TextArea, Name: "work", Label: "调休上班", Rows: 4, Max: 4000, Hint: "每行一个日期：2027-02-20"},
			{Kind: web.Radios, Name: "verified", Label: "核对情况", Required: true, Value: "yes", Options: []web.Option{{Value: "yes", Label: "已对照国务院办公厅文件逐日核对"}, {Value: "no", Label: "尚未核对", Hint: "标为“未核实”，按它计算的时限仍为“暂定”"}}},
			{Kind: web.Check, Name: "corrects", Label: "更正原来的录入", Hint: "同一文号原来录错了日期"},
			{Name: "reason", Label: "原因", Max: 300, Hint: "更正的必填；其他可不填"}}}}, Buttons: []web.Button{{Label: "录入并重算时限"}}}
	}
	return v
}

var (
	sampleEditions = []province.Edition{{No: 1, Notice: calendar.Notice{Year: 2026, Documents: []calendar.Document{{Number: "国办发明电〔2025〕7号", Title: "关于2026年部分节假日安排的通知", Dated: sampleDay}}, Mark: "V", Source: "通知全文", Off: []calendar.Span{{Name: "元旦", From: sampleDay, To: sampleDay}}, Work: []calendar.Date{sampleDay}}},
		{ID: "01JN", No: 2, Notice: calendar.Notice{Year: 2026, Documents: []calendar.Document{{Number: "国办发明电〔2026〕1号"}}, Mark: "1"}, By: "林知远", Reason: "延长春节假期", Corrects: true, Changes: []calendar.DayChange{{On: sampleDay}}, Moved: 3}}
	badEdition = province.Edition{ID: "<x>", No: 1, Notice: calendar.Notice{Year: 1, Source: "<script>", Mark: "M-", Documents: []calendar.Document{{Number: `"><b>`, Title: "<b>"}}, Off: []calendar.Span{{Name: "<i>"}}}, By: "<script>", Reason: "<script>"}
)

var holidaysPage = web.Define(views, "views/holidays.html",
	newHolidaysView(nil, false, sampleDay),
	newHolidaysView(sampleEditions[1:], true, sampleDay),
	newHolidaysView([]province.Edition{badEdition}, true, sampleDay),
)

func (h *Handler) holidaysView(r *http.Request) (holidaysView, error) {
	list, err := h.province.Notices(r.Context())
	if err != nil {
		return holidaysView{}, err
	}
	may, err := h.province.MaySet(r.Context(), authz.SessionFrom(r.Context()))
	return newHolidaysView(list, may, web.FrameOf(r).Today), err
}

func (h *Handler) holidays(w http.ResponseWriter, r *http.Request) error {
	v, err := h.holidaysView(r)
	if err != nil {
		return err
	}
	return holidaysPage.Render(w, r, v)
}

func (h *Handler) enter(w http.ResponseWriter, r *http.Request) error {
	year, _ := strconv.Atoi(strings.TrimSpace(r.PostFormValue("year")))
	var dated calendar.Date
	var err error
	if text := r.PostFormValue("dated"); text != "" {
		if dated, err = calendar.ParseLoose(text); err != nil {
			err = fault.New(fault.Invalid, err.Error()).On("dated", err.Error())
		}
	}
	var n calendar.Notice
	if err == nil {
		n, err = province.ReadNotice(year, r.PostFormValue("number"), r.PostFormValue("title"), dated, r.PostFormValue("off"), r.PostFormValue("work"))
	}
	if err == nil {
		err = h.province.EnterNotice(r.Context(), authz.SessionFrom(r.Context()), n, province.Entry{Unverified: r.PostFormValue("verified") == "no", Corrects: r.PostForm.Has("corrects"), Reason: r.PostFormValue("reason")})
	}
	if web.Mendable(err) {
		v, formErr := h.holidaysView(r)
		if formErr != nil {
			return formErr
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return holidaysPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, yearLink(year), fmt.Sprintf("%d 年的安排已录入，正在重算经过变动日期的时限和暂定的时限。", year))
}

// yearView is GET /console/settings/holidays/{year}.
type yearView struct{ web.RecordView }

// newYear is a year's arrangement in force, and every edition it had.
func newYear(list []province.Edition, moves map[string][]province.Move) yearView {
	now := list[len(list)-1]
	v := yearView{web.RecordView{Heading: web.Heading{Title: fmt.Sprintf("%d年节假日安排", now.Notice.Year), Tags: append([]web.Tag{{Kind: web.Good, Text: fmt.Sprintf("现行第 %d 版", now.No)}}, sure(now)...)},
		Trail: []web.Crumb{{Name: "本省规则选择", Href: settingsPath}, {Name: "节假日安排", Href: holidaysPath}}}}
	terms := []web.Term{{Name: "发文字号", Text: now.Number()}}
	for _, d := range now.Notice.Documents {
		if d.Title != "" {
			terms = append(terms, web.Term{Name: "文件", Text: d.Title, Note: d.Dated.Chinese()})
		}
	}
	terms = append(terms, web.Term{Name: "录入", Text: entered(now)}, web.Term{Name: "放假", Text: offDays(now.Notice)}, web.Term{Name: "调休上班", Text: workDays(now.Notice)})
	if now.No > 1 {
		terms = append(terms, web.Term{Name: "替代", Text: fmt.Sprintf("第 %d 版（%s）", now.No-1, list[len(list)-2].Number())})
	}
	v.Main = append(v.Main, web.Summary{Title: "现行安排", Terms: terms})
	t := web.Table{Caption: "各版", Columns: []web.Column{{Head: "版本"}, {Head: "依据"}, {Head: "录入"}, {Head: "与上一版的不同", Wide: true}, {Head: "时限变动"}}}
	for _, e := range slices.Backward(list) {
		state := web.Tag{Kind: web.Neutral, Text: "已被替代"}
		if e.No == now.No {
			state = web.Tag{Kind: web.Good, Text: "现行"}
		}
		differs := web.Text("首版")
		switch {
		case e.No > 1 && len(e.Changes) == 0:
			differs = web.Text("日期没有不同")
		case e.No > 1:
			differs = web.Text(calendar.SaysChanges(e.Changes))
		}
		if e.Corrects {
			differs.Tags = append(differs.Tags, web.Tag{Kind: web.Warn, Text: "更正录入"})
		}
		differs.Note = e.Reason
		moved := web.Text("")
		switch {
		case e.ID == "":
			moved.Text = "—"
		case e.Counted.IsZero():
			moved.Text = "正在重算"
		case e.Moved == 0:
			moved.Text = "没有时限变动"
		default:
			moved = web.Linked(fmt.Sprintf("%d 项", e.Moved), fmt.Sprintf("#edition-%d", e.No))
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: fmt.Sprintf("第 %d 版", e.No), Tags: []web.Tag{state}, Keep: true}, {Text: e.Number(), Tags: sure(e)}, web.Text(entered(e)), differs, moved}})
	}
	v.Main = append(v.Main, t)
	var folds []web.Fold
	for _, e := range slices.Backward(list) {
		if len(moves[e.ID]) == 0 {
			continue
		}
		t := web.Table{Caption: fmt.Sprintf("第 %d 版变动的时限", e.No), Quiet: true, Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "单位"}, {Head: "原期限"}, {Head: "现期限"}}}
		for _, m := range moves[e.ID] {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Kind, Href: m.Link, Note: m.Subject}, web.Text(m.Unit), web.Text(m.Was.String()), web.Text(m.Due.String())}})
		}
		note := ""
		if n := len(moves[e.ID]); n < e.Moved {
			note = fmt.Sprintf("共 %d 项，列出您管辖范围内的 %d 项", e.Moved, n)
		}
		folds = append(folds, web.Fold{ID: fmt.Sprintf("edition-%d", e.No), Title: t.Caption, Note: note, Open: e.No == now.No, Table: t})
	}
	if len(folds) > 0 {
		v.Main = append(v.Main, web.Folds{Label: "变动的时限", Items: folds})
	}
	return v
}

var yearPage = web.Define(web.Plain, "pages/record.html", newYear(sampleEditions, map[string][]province.Move{"01JN": {{Unit: "西安市商务局", Kind: "答复来信", Subject: "信件", Link: "/console/letters/x", Was: sampleDay, Due: sampleDay.AddDays(1)}}}),
	newYear([]province.Edition{badEdition}, map[string][]province.Move{"<x>": {{Unit: "<b>", Kind: "<b>", Subject: "<b>", Link: "javascript:1"}}}))

func (h *Handler) year(w http.ResponseWriter, r *http.Request) error {
	year, err := strconv.Atoi(r.PathValue("year"))
	if err != nil {
		return fault.Missing("这个年度的节假日安排")
	}
	list, err := h.province.Editions(r.Context(), year)
	if err != nil {
		return err
	}
	moves := map[string][]province.Move{}
	for _, e := range list {
		if e.Moved > 0 {
			if moves[e.ID], err = h.province.Moves(r.Context(), authz.ScopeFrom(r.Context()), e.ID); err != nil {
				return err
			}
		}
	}
	return yearPage.Render(w, r, newYear(list, moves))
}
