package budgetweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/budget"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/percent"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
	"zhengshu/internal/web/picker"
)

const (
	listPath  = "/console/budgets"
	perPage   = 20
	maxExport = 20000
)

// Handler serves the screens.
type Handler struct {
	budgets *budget.Service
	org     *org.Service
	tabs    func(r *http.Request, current string) web.Tabs
}

// New makes the handler.
func New(s *budget.Service, o *org.Service, tabs func(r *http.Request, current string) web.Tabs) *Handler {
	return &Handler{budgets: s, org: o, tabs: tabs}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/budgets", Permit: authz.RecordRead, Handle: h.list},
		{Pattern: "GET /console/budgets/export", Permit: authz.RecordRead, Handle: h.export},
		{Pattern: "GET /console/budgets/new", Permit: authz.RecordManage, Handle: h.choose},
		{Pattern: "POST /console/budgets/new", Permit: authz.RecordManage, Handle: h.chosen},
		{Pattern: "GET /console/budgets/{unit}/{year}", Permit: authz.RecordRead, Handle: h.year},
		{Pattern: "GET /console/budgets/{unit}/{year}/change", Permit: authz.RecordManage, Handle: h.showChange},
		{Pattern: "POST /console/budgets/{unit}/{year}/change", Permit: authz.RecordManage, Handle: h.change, MaxBody: web.UploadBody},
		{Pattern: "GET /console/budgets/{unit}/{year}/files/{file}", Permit: authz.RecordRead, Handle: h.file},
	}
}

func yearOf(s string, today int) (int, error) {
	if s == "" {
		return today, nil
	}
	y, err := strconv.Atoi(s)
	if err != nil || y < 2000 || y > 2200 {
		return 0, fault.New(fault.Invalid, "年度应为四位数，如 2026。").On("year", "请填写四位年度")
	}
	return y, nil
}

type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

func newList(year int, list []budget.Sum, total int, totals []budget.Total, gap, manages bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: fmt.Sprintf("经费（%d 年度）", year), Lead: "监管考核、日常运维、安全防护、人员培训四类费用，足额纳入部门预算（第二十一条）。金额单位：元。"},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{{Kind: web.Number, Name: "year", Label: "年度", Narrow: true, Mode: "numeric"}, {Kind: web.SearchBox, Name: "q", Label: "单位", Hint: "名称或拼音首字母"}, {Kind: web.Check, Name: "gap", Label: "只看未登记齐的单位"}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "各单位经费", Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "预算安排", Number: true}, {Head: "批复", Number: true}, {Head: "支出", Number: true}, {Head: "登记情况"}},
			Empty: web.Empty{Title: "没有符合条件的单位", Text: "还没有登记经费的单位，勾选“只看未登记齐的单位”可以列出。"}}}}
	if gap {
		v.Table.Empty.Text = "应登记的单位都已登记齐。"
	}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "登记经费", Href: listPath + "/new", Primary: true}}
	}
	for _, x := range list {
		state := web.Tagged(web.Tag{Kind: web.Good, Text: "已登记齐"})
		if n := x.Owes(); n > 0 {
			state = web.Tagged(web.Tag{Kind: web.Warn, Text: fmt.Sprintf("缺 %d 类", n)})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Linked(x.UnitName, x.Link(year)), amount(x.Planned), amount(x.Approved), amount(x.Spent), state}})
	}
	t := web.Table{Caption: fmt.Sprintf("%d 年度汇总（管辖范围）", year), Compact: true, Columns: []web.Column{{Head: "类别", Wide: true}, {Head: "单位数", Number: true}, {Head: "预算安排", Number: true}, {Head: "批复", Number: true}, {Head: "支出", Number: true}, {Head: "支出率", Number: true}}}
	var sum budget.Total
	for _, x := range totals {
		sum.Planned, sum.Approved, sum.Spent = sum.Planned+x.Planned, sum.Approved+x.Approved, sum.Spent+x.Spent
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(x.Class.Name()), web.Figure(x.Units), amount(x.Planned), amount(x.Approved), amount(x.Spent), rate(x.Spent, x.Approved)}})
	}
	if len(totals) > 0 {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text("合计"), web.Text(""), amount(sum.Planned), amount(sum.Approved), amount(sum.Spent), rate(sum.Spent, sum.Approved)}})
		v.More = []web.Component{t}
	}
	return v
}

func amount(f budget.Fen) web.Cell { return web.Cell{Text: f.String(), Keep: true} }

// rate is spent of approved in whole per cent.
func rate(spent, approved budget.Fen) web.Cell {
	if approved == 0 {
		return web.Text("无")
	}
	return web.Cell{Text: percent.Of(int64(spent), int64(approved)).Text(0), Keep: true}
}

var (
	sampleYear  = budget.Year{Unit: "u", UnitName: "西安市商务局", Year: 2026, Lines: []budget.Line{{Class: sx2021.BudgetOperation, Planned: 50_000_000, Approved: 48_000_000, Spent: 30_000_000, Document: "市财函〔2026〕1号", FileID: "f", FileName: "批复.pdf", UpdatedBy: "周启明"}}}
	hostileYear = budget.Year{Unit: `"><b>`, UnitName: "<script>alert(1)</script>", Year: 2026, Lines: []budget.Line{{Class: sx2021.BudgetTraining, Document: "</td><script>", Note: "<i>", FileID: `"`, FileName: "<b>"}}}
	sampleSums  = []budget.Sum{{Unit: "u", UnitName: "西安市商务局", Planned: 50_000_000, Lines: 3}, {Unit: `"`, UnitName: "<script>", Kind: org.Office}}
	sampleTotal = []budget.Total{{Class: sx2021.BudgetOperation, Units: 2, Planned: 100, Approved: 100, Spent: 50}}
)

var listPage = web.Define(web.Plain, "pages/list.html", newList(2026, nil, 0, nil, true, true), newList(2026, sampleSums, 2, sampleTotal, false, true))

func filterOf(r *http.Request) (budget.Filter, error) {
	q := r.URL.Query()
	f := budget.Filter{Text: strings.TrimSpace(q.Get("q")), Unit: org.UnitID(q.Get("unit")), Gap: q.Has("gap"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	var err error
	f.Year, err = yearOf(q.Get("year"), web.FrameOf(r).Today.Year)
	return f, err
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.budgets.Units(r.Context(), scope, f)
	if err != nil {
		return err
	}
	totals, err := h.budgets.RollUp(r.Context(), scope, f.Year)
	if err != nil {
		return err
	}
	v := newList(f.Year, list, total, totals, f.Gap, authz.SessionFrom(r.Context()).May(authz.RecordManage))
	v.Tabs = h.tabs(r, listPath)
	v.Filter.Fill(r.URL.Query())
	v.Filter.Fields[0].Value = strconv.Itoa(f.Year)
	v.Pager = web.PagerOf(r, total, perPage)
	v.Exports = web.ExportActs(listPath+"/export", r.URL.Query())
	return listPage.Render(w, r, v)
}

func yuan(f budget.Fen) float64 { return float64(f) / 100 }

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.budgets.Units(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "个单位"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.UnitName, f.Year, yuan(x.Planned), yuan(x.Approved), yuan(x.Spent), x.Owes()}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "经费", Columns: []official.Column{{Title: "单位", Width: 30}, {Title: "年度"}, {Title: "预算安排（元）", Width: 18}, {Title: "批复（元）", Width: 18}, {Title: "支出（元）", Width: 18}, {Title: "缺少类别数", Width: 12}}, Rows: slices.Values(rows)}, fmt.Sprintf("经费-%d年度", f.Year))
}

func newYearView(y budget.Year, history []audit.Row, manages bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: fmt.Sprintf("%d 年度经费", y.Year), Title: y.UnitName}, Trail: []web.Crumb{{Name: "经费", Href: fmt.Sprintf("%s?year=%d", listPath, y.Year)}}}}
	v.Heading.Acts = []web.Act{{Text: "上一年度", Href: budget.Year{Unit: y.Unit, Year: y.Year - 1}.Link()}, {Text: "下一年度", Href: budget.Year{Unit: y.Unit, Year: y.Year + 1}.Link()}}
	if manages {
		v.Heading.Acts = append([]web.Act{{Text: "登记经费", Href: y.Link() + "/change", Primary: true}}, v.Heading.Acts...)
	}
	have := map[sx2021.BudgetClass]bool{}
	for _, l := range y.Lines {
		have[l.Class] = true
	}
	check := web.Breaches{Title: "登记情况（第二十一条）"}
	for _, b := range sx2021.CheckBudget(have, y.Supervises) {
		check.Items = append(check.Items, web.Breach{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: b.Rule.Says, Note: b.Detail})
	}
	if len(check.Items) > 0 {
		v.Main = append(v.Main, check)
	}
	t := web.Table{Caption: "四类经费（元）", Columns: []web.Column{{Head: "类别"}, {Head: "预算安排", Number: true}, {Head: "批复", Number: true}, {Head: "支出", Number: true}, {Head: "支出率", Number: true}, {Head: "文件", Wide: true}}}
	for _, c := range sx2021.BudgetClasses() {
		l, ok := y.Line(c)
		if !ok {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(c.Name()), web.Text("未登记"), web.Text(""), web.Text(""), web.Text(""), web.Text("")}})
			continue
		}
		doc := web.Cell{Text: l.Document, Note: l.Note}
		if l.FileID != "" {
			doc.Links = []web.Link{{Text: l.FileName, Href: y.Link() + "/files/" + url.PathEscape(l.FileID), Note: c.Name()}}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: c.Name(), Note: l.UpdatedBy}, amount(l.Planned), amount(l.Approved), amount(l.Spent), rate(l.Spent, l.Approved), doc}})
	}
	v.Main = append(v.Main, t)
	v.Side = append(v.Side, web.History(history))
	return v
}

var recordPage = web.Define(web.Plain, "pages/record.html", newYearView(budget.Year{Unit: "u", UnitName: "西安市商务局", Year: 2026}, nil, true), newYearView(sampleYear, nil, true), newYearView(hostileYear, nil, false))

// place is the unit and the year of the address.
func place(r *http.Request) (org.UnitID, int, error) {
	y, err := strconv.Atoi(r.PathValue("year"))
	if err != nil || y < 2021 || y > 2100 {
		return "", 0, fault.Missing("年度经费")
	}
	return org.UnitID(r.PathValue("unit")), y, nil
}

func (h *Handler) year(w http.ResponseWriter, r *http.Request) error {
	unit, n, err := place(r)
	if err != nil {
		return err
	}
	y, err := h.budgets.Year(r.Context(), nil, authz.ScopeFrom(r.Context()), unit, n)
	if err != nil {
		return err
	}
	history, err := h.budgets.History(r.Context(), authz.ScopeFrom(r.Context()), unit, n)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newYearView(y, history, y.In(authz.SessionFrom(r.Context()).ScopeFor(authz.RecordManage))))
}

func newChooseForm(unit web.Field, year int) formView {
	return formView{web.FormView{Heading: web.Heading{Title: "登记经费"}, Trail: []web.Crumb{{Name: "经费", Href: listPath}},
		Form: web.Form{Sections: []web.Section{{Fields: []web.Field{unit, {Kind: web.Number, Name: "year", Label: "年度", Required: true, Value: strconv.Itoa(year), Narrow: true, Mode: "numeric"}}}}, Buttons: []web.Button{{Label: "下一步"}}, Cancel: web.Link{Text: "取消", Href: listPath}}}}
}

func newYearForm(y budget.Year) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记经费", Above: fmt.Sprintf("%s · %d 年度", y.UnitName, y.Year), Lead: "金额单位为元；可以写 120万元、1,200,000 或全角数字，保存后按元显示。某一类全部留空表示不登记，填 0 表示没有安排。"}, Trail: []web.Crumb{{Name: "经费", Href: listPath}, {Name: y.UnitName, Href: y.Link()}}}}
	v.Form = web.Form{Upload: true, Sticky: true, Key: "budget" + string(y.Unit) + strconv.Itoa(y.Year), Buttons: []web.Button{{Label: "保存经费"}}, Cancel: web.Link{Text: "取消", Href: y.Link()}}
	for _, c := range sx2021.BudgetClasses() {
		l, ok := y.Line(c)
		value := func(f budget.Fen) string {
			if !ok {
				return ""
			}
			return f.Yuan()
		}
		n := string(c)
		hint := ""
		if c == sx2021.BudgetSupervision && !y.Supervises {
			hint = "没有监管职责的单位可不填。"
		}
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: c.Name(), Hint: hint, Fields: []web.Field{
			{Name: n + "_planned", Label: c.Name() + "预算安排", Value: value(l.Planned), Max: 40, Narrow: true, Unit: "元"}, {Name: n + "_approved", Label: c.Name() + "批复", Value: value(l.Approved), Max: 40, Narrow: true, Unit: "元"}, {Name: n + "_spent", Label: c.Name() + "支出", Value: value(l.Spent), Max: 40, Narrow: true, Unit: "元"},
			{Name: n + "_document", Label: c.Name() + "预算文件", Value: l.Document, Max: 100}, {Name: n + "_note", Label: c.Name() + "备注", Value: l.Note, Max: 500}}})
	}
	v.Form.Sections = append(v.Form.Sections, web.Section{Legend: "附件", Fields: []web.Field{{Kind: web.File, Name: "file", Label: "预算或批复文件", Accept: approval.Accept, Hint: "PDF、JPG、PNG、DOCX 或 XLSX，不超过 20 MB；归入本次填写的各类"}}})
	return v
}

var formPage = web.Define(web.Plain, "pages/form.html", newChooseForm(web.Field{Name: "unit", Label: "单位", Required: true}, 2026), newYearForm(sampleYear), newYearForm(hostileYear))

func (h *Handler) chooseForm(r *http.Request, chosen org.UnitID) (formView, error) {
	unit, err := picker.Field(r.Context(), h.org, authz.ScopeFrom(r.Context()), "unit", "单位", chosen)
	return newChooseForm(unit, web.FrameOf(r).Today.Year), err
}

func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	id, _ := authz.SessionFrom(r.Context()).Unit()
	if _, err := h.org.Unit(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(id)); err != nil {
		id = ""
	}
	v, err := h.chooseForm(r, org.UnitID(id))
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) chosen(w http.ResponseWriter, r *http.Request) error {
	u, err := picker.Unit(r, h.org, authz.ScopeFrom(r.Context()), "unit")
	var y int
	if err == nil {
		if y, err = strconv.Atoi(web.Typed(r, "year")); err != nil || y < 2021 || y > 2100 {
			err = fault.New(fault.Invalid, "年度应在 2021 至 2100 之间。").On("year", "请填写四位年度")
		}
	}
	if web.Mendable(err) {
		v, formErr := h.chooseForm(r, "")
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, budget.Year{Unit: u.ID, Year: y}.Link()+"/change", "")
}

func (h *Handler) about(r *http.Request) (budget.Year, error) {
	unit, n, err := place(r)
	if err != nil {
		return budget.Year{}, err
	}
	return h.budgets.Year(r.Context(), nil, authz.ScopeFrom(r.Context()), unit, n)
}

func (h *Handler) showChange(w http.ResponseWriter, r *http.Request) error {
	y, err := h.about(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newYearForm(y))
}

// read takes the classes of which something was typed, and how amounts were
// understood.
func read(r *http.Request) (lines []budget.Line, notes []string, err error) {
	for _, c := range sx2021.BudgetClasses() {
		n := string(c)
		l := budget.Line{Class: c, Document: web.Typed(r, n+"_document"), Note: web.Typed(r, n+"_note")}
		typed := l.Document + l.Note
		for _, f := range []struct {
			name, what string
			into       *budget.Fen
		}{{n + "_planned", c.Name() + "预算安排", &l.Planned}, {n + "_approved", c.Name() + "批复", &l.Approved}, {n + "_spent", c.Name() + "支出", &l.Spent}} {
			s := web.Typed(r, f.name)
			typed += s
			v, note, err := budget.Parse(s, f.name, f.what)
			if err != nil {
				return nil, nil, err
			}
			if *f.into = v; note != "" {
				notes = append(notes, note)
			}
		}
		if typed != "" {
			lines = append(lines, l)
		}
	}
	return lines, notes, nil
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	y, err := h.about(r)
	if err != nil {
		return err
	}
	v := newYearForm(y)
	file, done, err := web.Attachment(r, "file")
	defer done()
	var notes []string
	if err == nil {
		var lines []budget.Line
		if lines, notes, err = read(r); err == nil {
			y, err = h.budgets.Save(r.Context(), authz.ScopeFrom(r.Context()), y.Unit, y.Year, lines, file)
		}
	}
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	said := "经费已保存。"
	if len(notes) > 0 {
		said += strings.Join(notes, "；") + "。"
	}
	return web.Done(w, r, y.Link(), said)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	unit, n, err := place(r)
	if err != nil {
		return err
	}
	a, content, err := h.budgets.File(r.Context(), authz.ScopeFrom(r.Context()), unit, n, r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}
