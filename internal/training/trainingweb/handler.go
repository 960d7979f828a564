package trainingweb

import (
	"embed"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/training"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct{ training *training.Service }

// New makes the handler.
func New(t *training.Service) *Handler { return &Handler{training: t} }

const path = "/console/training"

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/training", Permit: authz.ObligationRead, Handle: h.list},
		{Pattern: "GET /console/training/new", Permit: authz.TrainingManage, Handle: h.form},
		{Pattern: "POST /console/training", Permit: authz.TrainingManage, Handle: h.plan, MaxBody: 60 << 20},
		{Pattern: "GET /console/training/figures", Permit: authz.ObligationRead, Handle: h.figures},
		{Pattern: "GET /console/training/sign-in", Permit: authz.SignedIn, Handle: h.mine},
		{Pattern: "POST /console/training/sign-in", Permit: authz.SignedIn, Handle: h.signIn},
		{Pattern: "GET /console/training/{id}", Permit: authz.ObligationRead, Handle: h.one},
		{Pattern: "GET /console/training/{id}/files/{file}", Permit: authz.ObligationRead, Handle: h.file},
		{Pattern: "GET /console/training/{id}/certificates/{attendance}", Permit: authz.SignedIn, Handle: h.certificate},
		{Pattern: "POST /console/training/{id}/code", Permit: authz.TrainingManage, Handle: h.code},
		{Pattern: "POST /console/training/{id}/attend", Permit: authz.TrainingManage, Handle: h.attend},
		{Pattern: "POST /console/training/{id}/hold", Permit: authz.TrainingManage, Handle: h.hold, MaxBody: 60 << 20},
		{Pattern: "POST /console/training/{id}/cancel", Permit: authz.TrainingManage, Handle: h.cancel},
	}
}

func crumbs(last string) []web.Crumb {
	c := []web.Crumb{{Name: "工作台", Href: "/console"}}
	if last == "" {
		return append(c, web.Crumb{Name: "培训"})
	}
	return append(c, web.Crumb{Name: "培训", Href: path}, web.Crumb{Name: last})
}

func tabs(current int) web.Tabs {
	t := web.Tabs{Label: "培训", Items: []web.Tab{{Name: "培训安排", Href: path}, {Name: "各单位统计", Href: path + "/figures"}, {Name: "签到和我的学习", Href: path + "/sign-in"}}}
	t.Items[current].Current = true
	return t
}

func stateTag(state string) web.Tag {
	tone := map[string]web.Tone{training.Planned: web.Info, training.Held: web.Good}[state]
	return web.Tag{Kind: tone, Text: training.Machine.Name(state)}
}

// listView is GET /console/training.
type listView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "培训" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb { return crumbs("") }

func years(today calendar.Date) []web.Option {
	out := []web.Option{{Label: "全部年度"}}
	for y := today.Year + 1; y > today.Year-4; y-- {
		out = append(out, web.Option{Value: fmt.Sprint(y), Label: fmt.Sprintf("%d 年", y)})
	}
	return out
}

func kinds(first string) []web.Option {
	var out []web.Option
	if first != "" {
		out = append(out, web.Option{Label: first})
	}
	for _, k := range training.KindOrder {
		out = append(out, web.Option{Value: k, Label: training.KindNames[k]})
	}
	return out
}

func newListView(list []training.Course, total int, may bool, today calendar.Date) listView {
	v := listView{Tabs: tabs(0), Heading: web.Heading{Title: "培训", Lead: "各级主管、主办单位每年至少组织一次业务培训；必学内容和媒体专业培训也登记在这里。"},
		Filter: web.Filter{Action: path, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "year", Label: "年度", Options: years(today)}, {Kind: web.Select, Name: "kind", Label: "种类", Options: kinds("全部种类")}}},
		Table:  web.Table{Caption: "培训", Quiet: true, Columns: []web.Column{{Head: "培训", Wide: true}, {Head: "举办单位"}, {Head: "日期"}, {Head: "学时", Number: true}, {Head: "人数", Number: true}, {Head: "状态"}}, Empty: web.Empty{Title: "没有符合条件的培训", Text: "由主管、主办单位安排。"}}}
	if may {
		v.Heading.Acts = []web.Act{{Text: "安排培训", Href: path + "/new", Primary: true}}
	}
	for _, c := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Title, Href: c.Link(), Note: training.KindNames[c.Kind]}, web.Text(c.UnitName), web.Day(c.HeldOn), web.Text(training.HoursText(c.Hours)), web.Figure(c.Present), web.Tagged(stateTag(c.State))}})
	}
	return v
}

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleAt  = time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC)
	sample    = training.Course{ID: "c1", Unit: "u1", UnitName: "西安市人民政府办公厅", Year: 2026, Kind: training.Business, Title: "政府网站内容保障培训", HeldOn: sampleDay, Place: "市政府三号楼", Teacher: "张某", Outline: "信息编发、回应引导", Hours: 40, State: training.Planned, Code: "048213", CodeUntil: sampleAt.Add(8 * time.Minute), CreatedBy: "李某", Present: 2, Files: []approval.Attachment{{ID: "f1", Name: "课件.pdf"}}}
	hostile   = training.Course{ID: `"><script>`, UnitName: "<script>", Kind: "<b>", Title: "<script>alert(1)</script>", Place: `"><i>`, Outline: "</p><script>", State: training.Planned, Code: "<b>", CodeUntil: sampleAt.Add(time.Hour), Why: "<i>"}
)

var listPage = web.Define(views, "views/list.html",
	newListView(nil, 0, false, sampleDay),
	newListView([]training.Course{sample}, 1, true, sampleDay),
	newListView([]training.Course{hostile}, 1, true, sampleDay),
)

const perPage = 50

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	year, _ := strconv.Atoi(q.Get("year")) // no number means every year
	list, total, err := h.training.Courses(r.Context(), authz.ScopeFrom(r.Context()), training.Filter{Year: year, Kind: q.Get("kind"), Unit: org.UnitID(q.Get("unit")), State: q.Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newListView(list, total, authz.SessionFrom(r.Context()).May(authz.TrainingManage), web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// formView is GET /console/training/new.
type formView struct {
	Heading web.Heading
	Form    web.Form
}

// Title of the document.
func (formView) Title() string { return "安排培训" }

// Crumbs of the page.
func (formView) Crumbs() []web.Crumb { return crumbs("安排培训") }

func newFormView(units []web.Option) formView {
	return formView{Heading: web.Heading{Title: "安排培训", Lead: "先列入计划，举办当日签到，之后办结；业务培训办结后，本年度的培训时限即告完成。"},
		Form: web.Form{Action: path, Upload: true, Key: "training", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "unit", Label: "举办单位", Options: units, Required: true},
			{Kind: web.Radios, Name: "kind", Label: "种类", Options: kinds(""), Value: training.Business, Required: true},
			{Name: "title", Label: "名称", Required: true, Max: 100}, {Kind: web.DateField, Name: "held_on", Label: "举办日期", Required: true, Narrow: true},
			{Name: "hours", Label: "学时", Required: true, Narrow: true, Mode: "decimal", Value: "4", Hint: "可以写半学时，例如 2.5"},
			{Name: "place", Label: "地点", Max: 100}, {Name: "teacher", Label: "授课人", Max: 100},
			{Kind: web.TextArea, Name: "outline", Label: "内容", Rows: 4, Max: 4000},
			{Name: "document", Label: "列为必学内容的文件", Max: 200, Hint: "种类为必学内容时填写名称或文号"},
			{Kind: web.File, Name: "files", Label: "材料", Multiple: true, Accept: approval.Accept, Hint: "课件、通知等，最多 5 个，每个不超过 20 MB"}}}},
			Buttons: []web.Button{{Label: "列入计划"}}, Cancel: web.Link{Text: "取消", Href: path}}}
}

var formPage = web.Define(views, "views/form.html",
	newFormView(nil),
	newFormView([]web.Option{{Value: "u1", Label: "西安市人民政府办公厅"}}),
	newFormView([]web.Option{{Value: `"><script>`, Label: "<script>"}}),
)

func units(r *http.Request) []web.Option {
	var out []web.Option
	seen := map[string]bool{}
	for _, p := range authz.SessionFrom(r.Context()).Posts {
		if !seen[p.UnitID] && training.May(authz.SessionFrom(r.Context()), org.UnitID(p.UnitID)) {
			seen[p.UnitID] = true
			out = append(out, web.Option{Value: p.UnitID, Label: p.UnitName})
		}
	}
	return out
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request) error {
	return formPage.Render(w, r, newFormView(units(r)))
}

func mendable(err error) bool {
	return web.Mendable(err) || fault.Is(err, fault.TooMany)
}

func (h *Handler) plan(w http.ResponseWriter, r *http.Request) error {
	c := training.Course{Unit: org.UnitID(r.PostFormValue("unit")), Kind: r.PostFormValue("kind"), Title: r.PostFormValue("title"), Place: r.PostFormValue("place"), Teacher: r.PostFormValue("teacher"), Outline: r.PostFormValue("outline"), Document: r.PostFormValue("document")}
	files, done, err := web.Attachments(r, "material", "files")
	defer done()
	var f fault.Fields
	if hours, parse := strconv.ParseFloat(strings.TrimSpace(r.PostFormValue("hours")), 64); parse == nil && hours > 0 && hours <= 80 {
		c.Hours = int(math.Round(hours * 10))
	}
	if text := strings.TrimSpace(r.PostFormValue("held_on")); text != "" {
		d, parse := calendar.ParseLoose(text)
		if parse != nil {
			f.Add("held_on", parse.Error())
		}
		c.HeldOn = d
	}
	if err == nil {
		err = f.Err()
	}
	if err == nil {
		c, err = h.training.Plan(r.Context(), authz.SessionFrom(r.Context()), c, files)
	}
	if mendable(err) {
		v := newFormView(units(r))
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "已列入计划。举办当日在本页显示签到码。")
}

// oneView is GET /console/training/{id}.
type oneView struct {
	Heading web.Heading
	Summary web.Summary
	Code    string
	Until   string
	Show    web.Form
	Attend  web.Form
	Hold    web.Form
	Cancel  web.Form
	Table   web.Table
}

// Title of the document.
func (oneView) Title() string { return "培训" }

// Crumbs of the page.
func (oneView) Crumbs() []web.Crumb { return crumbs("培训") }

func newOneView(c training.Course, present []training.Attendance, may bool, now time.Time) oneView {
	at := path + "/" + url.PathEscape(c.ID)
	v := oneView{Heading: web.Heading{Above: training.KindNames[c.Kind], Title: c.Title, Tags: []web.Tag{stateTag(c.State)}},
		Summary: web.Summary{Terms: []web.Term{{Name: "举办单位", Text: c.UnitName}, {Name: "日期", Text: c.HeldOn.String()}, {Name: "学时", Text: training.HoursText(c.Hours)}, {Name: "地点", Text: c.Place}, {Name: "授课人", Text: c.Teacher}, {Name: "内容", Text: c.Outline}}},
		Table:   web.Table{Caption: fmt.Sprintf("参加人员（%d 人）", c.Present), Columns: []web.Column{{Head: "姓名"}, {Head: "单位", Wide: true}, {Head: "签到"}, {Head: "证书"}}, Empty: web.Empty{Title: "还没有人签到"}}}
	if c.Document != "" {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "必学内容文件", Text: c.Document})
	}
	if c.Why != "" {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "取消原因", Text: c.Why})
	}
	if len(c.Files) > 0 {
		t := web.Term{Name: "材料"}
		for _, f := range c.Files {
			t.Parts = append(t.Parts, web.Link{Text: f.Name, Href: at + "/files/" + url.PathEscape(f.ID)})
		}
		v.Summary.Terms = append(v.Summary.Terms, t)
	}
	for _, a := range present {
		way := map[string]string{"code": "签到码", "list": "组织者登记"}[a.Way]
		cert := web.Text("办结后生成")
		if a.Certificate != "" {
			cert = web.Linked(a.Certificate, at+"/certificates/"+url.PathEscape(a.ID))
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(a.PersonName), web.Text(a.UnitName), {Text: web.Minute(a.SignedAt), Note: way}, cert}})
	}
	if !may || c.State != training.Planned {
		return v
	}
	today := calendar.DateOf(now)
	if c.HeldOn == today {
		if c.Code != "" && now.Before(c.CodeUntil) {
			v.Code, v.Until = c.Code, c.CodeUntil.In(calendar.Shanghai).Format("15:04")
		}
		v.Show = web.Form{Action: at + "/code", Buttons: []web.Button{{Label: "显示新的签到码"}}}
	}
	if !c.HeldOn.After(today) {
		v.Attend = web.Form{Action: at + "/attend", Sections: []web.Section{{Legend: "登记参加人员", Hint: "没有登录账号的人，由组织者登记。", Fields: []web.Field{{Kind: web.TextArea, Name: "list", Label: "名单", Required: true, Rows: 4, Max: 60000, Hint: "每行一人：姓名，外单位的再写单位全称"}}}}, Buttons: []web.Button{{Label: "登记"}}}
		v.Hold = web.Form{Action: at + "/hold", Upload: true, Sections: []web.Section{{Legend: "办结", Hint: "办结后生成证书编号，不能再改名单。", Fields: []web.Field{{Kind: web.File, Name: "files", Label: "补充材料", Multiple: true, Accept: approval.Accept}}}}, Buttons: []web.Button{{Label: "办结培训"}}}
	}
	v.Cancel = web.Form{Action: at + "/cancel", Sections: []web.Section{{Legend: "取消", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "取消原因", Required: true, Rows: 2, Max: 300}}}}, Buttons: []web.Button{{Label: "取消培训", Kind: web.Danger}}}
	return v
}

var onePage = web.Define(views, "views/one.html",
	newOneView(training.Course{Title: "甲", State: training.Planned}, nil, false, sampleAt),
	newOneView(sample, []training.Attendance{{ID: "a1", PersonName: "王某", UnitName: "西安市商务局", Way: "code", SignedAt: sampleAt, Certificate: "PX-2026-0001"}}, true, sampleAt),
	newOneView(hostile, []training.Attendance{{ID: `"`, PersonName: "<script>", UnitName: "<b>", Way: "<i>", Certificate: "<u>"}}, true, sampleAt),
)

const mostPresent = 2000

func (h *Handler) view(r *http.Request) (oneView, error) {
	scope := authz.ScopeFrom(r.Context())
	c, err := h.training.Course(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return oneView{}, err
	}
	present, err := h.training.Present(r.Context(), scope, c.ID, mostPresent)
	return newOneView(c, present, training.May(authz.SessionFrom(r.Context()), c.Unit), h.training.Now()), err
}

// at is the address of the one the request names.
func at(r *http.Request) string { return path + "/" + url.PathEscape(r.PathValue("id")) }

func (h *Handler) one(w http.ResponseWriter, r *http.Request) error {
	v, err := h.view(r)
	if err != nil {
		return err
	}
	return onePage.Render(w, r, v)
}

func (h *Handler) code(w http.ResponseWriter, r *http.Request) error {
	_, err := h.training.ShowCode(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"))
	return onePage.Answer(w, r, err, at(r), "新的签到码 10 分钟内有效。", h.view, func(v *oneView) *web.Form { return &v.Show })
}

func (h *Handler) attend(w http.ResponseWriter, r *http.Request) error {
	n, err := h.training.Attend(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PostFormValue("list"))
	return onePage.Answer(w, r, err, at(r), fmt.Sprintf("已登记 %d 人，重复的没有再记。", n), h.view, func(v *oneView) *web.Form { return &v.Attend })
}

func (h *Handler) hold(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "material", "files")
	defer done()
	if err == nil {
		err = h.training.Hold(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), files)
	}
	return onePage.Answer(w, r, err, at(r), "培训已办结，证书编号已生成。", h.view, func(v *oneView) *web.Form { return &v.Hold })
}

func (h *Handler) cancel(w http.ResponseWriter, r *http.Request) error {
	err := h.training.Cancel(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why"))
	return onePage.Answer(w, r, err, at(r), "培训已取消。", h.view, func(v *oneView) *web.Form { return &v.Cancel })
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.training.File(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

// mineView is GET /console/training/sign-in.
type mineView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Form    web.Form
	Table   web.Table
}

// Title of the document.
func (mineView) Title() string { return "签到和我的学习" }

// Crumbs of the page.
func (mineView) Crumbs() []web.Crumb { return crumbs("签到") }

func newMineView(list []training.Attendance) mineView {
	v := mineView{Tabs: tabs(2), Heading: web.Heading{Title: "签到和我的学习", Lead: "填写会场屏幕上的 6 位签到码。"},
		Form:  web.Form{Action: path + "/sign-in", Sections: []web.Section{{Fields: []web.Field{{Name: "code", Label: "签到码", Required: true, Narrow: true, Mode: "numeric", Max: 6, Complete: "off"}}}}, Buttons: []web.Button{{Label: "签到"}}},
		Table: web.Table{Caption: "我的学习", Columns: []web.Column{{Head: "培训", Wide: true}, {Head: "举办单位"}, {Head: "日期"}, {Head: "学时", Number: true}, {Head: "证书"}}, Empty: web.Empty{Title: "还没有学习记录"}}}
	for _, a := range list {
		cert := web.Text("办结后生成")
		if a.Certificate != "" {
			cert = web.Linked(a.Certificate, path+"/"+url.PathEscape(a.Course)+"/certificates/"+url.PathEscape(a.ID))
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(a.Title), web.Text(a.Organiser), web.Day(a.HeldOn), web.Text(training.HoursText(a.Hours)), cert}})
	}
	return v
}

var minePage = web.Define(views, "views/mine.html",
	newMineView(nil),
	newMineView([]training.Attendance{{ID: "a1", Course: "c1", Title: "内容保障培训", Organiser: "西安市人民政府办公厅", HeldOn: sampleDay, Hours: 40, Certificate: "PX-2026-0001"}}),
	newMineView([]training.Attendance{{ID: `"><script>`, Title: "<script>", Organiser: "<b>", Certificate: "<i>"}}),
)

func (h *Handler) mine(w http.ResponseWriter, r *http.Request) error {
	list, err := h.training.Own(r.Context(), authz.SessionFrom(r.Context()), 200)
	if err != nil {
		return err
	}
	return minePage.Render(w, r, newMineView(list))
}

func (h *Handler) signIn(w http.ResponseWriter, r *http.Request) error {
	c, err := h.training.SignIn(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue("code"))
	if mendable(err) {
		list, seen := h.training.Own(r.Context(), authz.SessionFrom(r.Context()), 200)
		if seen != nil {
			return seen
		}
		v := newMineView(list)
		v.Form.Wrong(err)
		return minePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, path+"/sign-in", "已签到：“"+c.Title+"”。")
}

// certificateView is one A4 page.
type certificateView struct {
	Heading web.Heading
	A       training.Attendance
	Hours   string
	Date    string
	Back    web.Link
}

// Title of the document.
func (certificateView) Title() string { return "培训证书" }

// Crumbs of the page.
func (certificateView) Crumbs() []web.Crumb { return crumbs("证书") }

func newCertificateView(a training.Attendance) certificateView {
	return certificateView{Heading: web.Heading{Above: "编号 " + a.Certificate, Title: "培训证书"}, A: a, Hours: training.HoursText(a.Hours), Date: a.HeldOn.Chinese(), Back: web.Link{Text: "返回", Href: path + "/sign-in"}}
}

var certificatePage = web.Define(views, "views/certificate.html",
	newCertificateView(training.Attendance{}),
	newCertificateView(training.Attendance{PersonName: "王某", UnitName: "西安市商务局", Title: "内容保障培训", Organiser: "西安市人民政府办公厅", HeldOn: sampleDay, Hours: 40, Certificate: "PX-2026-0001"}),
	newCertificateView(training.Attendance{PersonName: "<script>", UnitName: `"><b>`, Title: "<i>", Organiser: "<u>", Certificate: "<b>"}),
)

func (h *Handler) certificate(w http.ResponseWriter, r *http.Request) error {
	session := authz.SessionFrom(r.Context())
	a, err := h.training.Certificate(r.Context(), session.ScopeFor(authz.ObligationRead), session, r.PathValue("id"), r.PathValue("attendance"))
	if err != nil {
		return err
	}
	return certificatePage.Render(w, r, newCertificateView(a))
}

// figuresView is GET /console/training/figures.
type figuresView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Prev    web.Link
	Next    web.Link
}

// Title of the document.
func (figuresView) Title() string { return "培训统计" }

// Crumbs of the page.
func (figuresView) Crumbs() []web.Crumb { return crumbs("各单位统计") }

func newFiguresView(list []training.Figure, year int, today calendar.Date) figuresView {
	v := figuresView{Tabs: tabs(1), Heading: web.Heading{Title: fmt.Sprintf("%d 年培训统计", year), Lead: "举办的业务培训和本单位人员参加的各类培训。没有举办的单位，见超期看板的“年度业务培训”。"},
		Filter: web.Filter{Action: path + "/figures", Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "year", Label: "年度", Options: years(today)[1:], Value: fmt.Sprint(year)}}},
		Table:  web.Table{Caption: "各单位", Quiet: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "举办业务培训（次）", Number: true}, {Head: "参加（人次）", Number: true}, {Head: "学时合计", Number: true}}, Empty: web.Empty{Title: "这一年还没有办结的培训"}}}
	if len(list) > 0 {
		for _, f := range []string{"xlsx", "csv"} {
			v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出 " + strings.ToUpper(f), Href: fmt.Sprintf("%s/figures?year=%d&format=%s", path, year, f)})
		}
	}
	for _, f := range list {
		held := web.Figure(f.Held)
		held.Href = path + "?" + url.Values{"year": {fmt.Sprint(year)}, "kind": {training.Business}, "unit": {string(f.Unit)}, "state": {training.Held}}.Encode()
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(f.UnitName), held, web.Figure(f.Sent), web.Text(training.HoursText(f.Hours))}})
	}
	return v
}

var figuresPage = web.Define(views, "views/figures.html",
	newFiguresView(nil, 2026, sampleDay),
	newFiguresView([]training.Figure{{Unit: "u1", UnitName: "西安市商务局", Held: 1, Sent: 12, Hours: 480}}, 2026, sampleDay),
	newFiguresView([]training.Figure{{Unit: `"><script>`, UnitName: "<script>"}}, 2026, sampleDay),
)

func (h *Handler) figures(w http.ResponseWriter, r *http.Request) error {
	q, today := r.URL.Query(), web.FrameOf(r).Today
	year, err := strconv.Atoi(q.Get("year"))
	if err != nil || year < 2000 || year > 2200 {
		year = today.Year
	}
	scope := authz.ScopeFrom(r.Context())
	if q.Get("format") != "" {
		list, err := h.training.Figures(r.Context(), scope, year, 20_000, 0)
		if err != nil {
			return err
		}
		return web.SendSheet(w, r, official.Sheet{Title: "培训统计", Columns: []official.Column{{Title: "单位", Width: 30}, {Title: "举办业务培训（次）"}, {Title: "参加（人次）"}, {Title: "学时合计"}},
			Rows: func(yield func([]any) bool) {
				for _, f := range list {
					if !yield([]any{f.UnitName, f.Held, f.Sent, float64(f.Hours) / 10}) {
						return
					}
				}
			}}, fmt.Sprintf("%d年培训统计", year))
	}
	page := web.PageOf(r)
	list, err := h.training.Figures(r.Context(), scope, year, perPage+1, (page-1)*perPage)
	if err != nil {
		return err
	}
	more := len(list) > perPage
	v := newFiguresView(list[:min(len(list), perPage)], year, today)
	p := web.PagerOf(r, (page+1)*perPage, perPage)
	if page > 1 {
		v.Prev = web.Link{Text: "上一页", Href: p.Href(page - 1)}
	}
	if more {
		v.Next = web.Link{Text: "下一页", Href: p.Href(page + 1)}
	}
	return figuresPage.Render(w, r, v)
}
