package guidanceweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/guidance"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	guidance *guidance.Service
	org      *org.Service
}

// New makes the handler.
func New(g *guidance.Service, o *org.Service) *Handler { return &Handler{guidance: g, org: o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/guidance", Permit: authz.ObligationRead, Handle: h.list},
		{Pattern: "GET /console/guidance/new", Permit: authz.GuidanceIssue, Handle: h.form},
		{Pattern: "POST /console/guidance", Permit: authz.GuidanceIssue, Handle: h.issue, MaxBody: 60 << 20},
		{Pattern: "GET /console/guidance/{id}", Permit: authz.ObligationRead, Handle: h.one},
		{Pattern: "GET /console/guidance/{id}/document", Permit: authz.ObligationRead, Handle: h.document},
		{Pattern: "GET /console/guidance/{id}/files/{file}", Permit: authz.ObligationRead, Handle: h.file},
		{Pattern: "GET /console/guidance/{id}/returns", Permit: authz.GuidanceIssue, Handle: h.returns},
		{Pattern: "POST /console/guidance/{id}/sign", Permit: authz.GuidanceAnswer, Handle: h.sign},
		{Pattern: "POST /console/guidance/{id}/return", Permit: authz.GuidanceAnswer, Handle: h.hand, MaxBody: 60 << 20},
		{Pattern: "POST /console/guidance/{id}/ask", Permit: authz.GuidanceAnswer, Handle: h.ask},
		{Pattern: "POST /console/guidance/{id}/answer", Permit: authz.GuidanceIssue, Handle: h.answer},
		{Pattern: "POST /console/guidance/{id}/judge", Permit: authz.GuidanceIssue, Handle: h.judge},
		{Pattern: "POST /console/guidance/{id}/urge", Permit: authz.GuidanceIssue, Handle: h.urge},
		{Pattern: "POST /console/guidance/{id}/withdraw", Permit: authz.GuidanceIssue, Handle: h.withdraw},
	}
}

const path = "/console/guidance"

func crumbs(last string) []web.Crumb {
	c := []web.Crumb{{Name: "工作台", Href: "/console"}}
	if last == "" {
		return append(c, web.Crumb{Name: "工作通知"})
	}
	return append(c, web.Crumb{Name: "工作通知", Href: path}, web.Crumb{Name: last})
}

// listView is GET /console/guidance.
type listView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "工作通知" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb { return crumbs("") }

var boxes = []struct{ id, name string }{{guidance.Received, "收到的"}, {guidance.Issued, "印发的"}, {guidance.Documents, "指导文件"}}

func stateTag(state string) web.Tag {
	tone := map[string]web.Tone{guidance.Sent: web.Warn, guidance.Signed: web.Info, guidance.Returned: web.Good, guidance.Accepted: web.Good}[state]
	return web.Tag{Kind: tone, Text: guidance.Machine.Name(state)}
}

func newListView(box string, list []guidance.Listed, total int, may bool, today calendar.Date) listView {
	v := listView{Heading: web.Heading{Title: "工作通知", Lead: "主管单位印发的通知和指导文件：签收、报送、询问都在这里。"}, Tabs: web.Tabs{Label: "工作通知"},
		Filter: web.Filter{Action: path, Total: total, Hidden: []web.Field{{Kind: web.Hidden, Name: "box", Value: box}}, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "标题或文号"}}},
		Table:  web.Table{Caption: "工作通知", Quiet: true, Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "印发单位"}, {Head: "印发"}, {Head: "期限"}, {Head: "状态"}}, Empty: web.Empty{Title: "这里没有工作通知"}}}
	for _, b := range boxes {
		if b.id == guidance.Issued && !may {
			continue
		}
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: b.name, Href: path + "?box=" + b.id, Current: b.id == box})
	}
	if may {
		v.Heading.Acts = []web.Act{{Text: "印发工作通知", Href: path + "/new", Primary: true}}
	}
	for _, l := range list {
		due := web.Text("—")
		if !l.DueOn.IsZero() {
			due = web.Day(l.DueOn)
			if l.WithdrawnAt.IsZero() && (box == guidance.Received && (l.Mine == guidance.Sent || l.Mine == guidance.Signed && l.Asks()) || box == guidance.Issued && l.Done < l.Receivers) {
				due = web.DueCell(l.DueOn, today)
			}
		}
		state := web.Cell{}
		switch {
		case !l.WithdrawnAt.IsZero():
			state = web.Tagged(web.Tag{Text: "已撤回"})
		case box == guidance.Issued && l.Kind == guidance.Notice:
			state = web.Cell{Parts: []web.Component{web.Progress{Label: "办理", Value: l.Done, Max: max(1, l.Receivers), Text: fmt.Sprintf("%d/%d", l.Done, l.Receivers)}}}
			if l.Opens {
				state.Tags = []web.Tag{{Kind: web.Warn, Text: "有询问未答复"}}
			}
		case l.Mine != "":
			state = web.Tagged(stateTag(l.Mine))
		default:
			state = web.Tagged(web.Tag{Text: "指导文件"})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: l.Title, Href: l.Link(), Note: l.Number}, web.Text(l.UnitName), web.When(l.IssuedAt), due, state}})
	}
	return v
}

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleAt  = time.Date(2026, 3, 19, 2, 0, 0, 0, time.UTC)
	sample    = guidance.Guidance{ID: "g1", Number: "陕政办函〔2026〕12号", Title: "关于开展网站名称核查的通知", Body: "请各单位核对。\n第二段。", Kind: guidance.Notice, UnitName: "陕西省人民政府办公厅", Audience: "西安市；政府部门",
		Fields: []guidance.Field{{Label: "网站数", Kind: "number", Required: true}, {Label: "说明", Kind: "lines"}, {Label: "完成日期", Kind: "date"}}, WantsFile: true, DueOn: sampleDay.AddDays(5), Receivers: 3, IssuedAt: sampleAt, IssuedBy: "张某", Counts: map[string]int{guidance.Sent: 1, guidance.Signed: 1, guidance.Returned: 1}}
	hostile = guidance.Guidance{ID: `"><script>`, Number: "<b>", Title: "<script>alert(1)</script>", Body: "</p><script>", UnitName: `"><i>`, Fields: []guidance.Field{{Label: "<script>", Kind: "x"}}, Counts: map[string]int{}}
)

var listPage = web.Define(views, "views/list.html",
	newListView(guidance.Received, nil, 0, false, sampleDay),
	newListView(guidance.Issued, []guidance.Listed{{Guidance: sample, Done: 1, Opens: true}, {Guidance: sample, Mine: guidance.Sent}}, 2, true, sampleDay),
	newListView("<b>", []guidance.Listed{{Guidance: hostile, Mine: "<x>"}}, 1, true, sampleDay),
)

const perPage = 30

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q, session := r.URL.Query(), authz.SessionFrom(r.Context())
	may := session.May(authz.GuidanceIssue)
	box := guidance.Received
	for _, b := range boxes {
		if q.Get("box") == b.id && (may || b.id != guidance.Issued) {
			box = b.id
		}
	}
	list, total, err := h.guidance.List(r.Context(), session, guidance.Filter{Box: box, Text: strings.TrimSpace(q.Get("q")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newListView(box, list, total, may, web.FrameOf(r).Today)
	v.Filter.Fill(q)
	v.Filter.Hidden[0].Value = box
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// formView is GET /console/guidance/new.
type formView struct {
	Heading web.Heading
	Form    web.Form
}

// Title of the document.
func (formView) Title() string { return "印发工作通知" }

// Crumbs of the page.
func (formView) Crumbs() []web.Crumb { return crumbs("印发") }

var audienceKinds = []org.Kind{org.Office, org.Department, org.InstitutionAdmin, org.Dispatched, org.ZoneCommittee, org.Committee, org.TownshipUnit}

func newFormView(areas []web.Option) formView {
	var kinds, lines []web.Option
	for _, k := range audienceKinds {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name()})
	}
	for _, l := range org.Lines {
		lines = append(lines, web.Option{Value: l.ID, Label: l.Name})
	}
	return formView{Heading: web.Heading{Title: "印发工作通知", Lead: "印发后立即送达所选单位，进入其待办；指导文件只供查阅，不需要签收。"},
		Form: web.Form{Action: path, Upload: true, Key: "guidance", Sections: []web.Section{
			{Fields: []web.Field{
				{Kind: web.Radios, Name: "kind", Label: "种类", Value: guidance.Notice, Required: true, Options: []web.Option{{Value: guidance.Notice, Label: "工作通知", Hint: "要签收，可以要求报送"}, {Value: guidance.Document, Label: "指导文件", Hint: "本行政区域内各单位可查阅"}}},
				{Name: "number", Label: "文号", Required: true, Max: 60}, {Name: "title", Label: "标题", Required: true, Max: 120},
				{Kind: web.TextArea, Name: "body", Label: "正文", Required: true, Rows: 8, Max: 20000},
				{Kind: web.File, Name: "files", Label: "附件", Multiple: true, Accept: approval.Accept, Hint: "最多 5 个，PDF、图片、DOCX、XLSX，每个不超过 20 MB"}}},
			{Legend: "要求", Fields: []web.Field{
				{Kind: web.DateField, Name: "due", Label: "期限", Narrow: true, Hint: "工作通知必填"},
				{Kind: web.TextArea, Name: "fields", Label: "报送项目", Rows: 4, Max: 4000, Hint: "每行一项，可注明（数字）（日期）（多行）（必填）；不填为只签收"},
				{Kind: web.Check, Name: "wants_file", Label: "要求上传材料"}}},
			{Legend: "发给", Hint: "区划、类别、条线同时满足的单位，加上逐个写明的单位；都不选为管辖范围内全部单位。", Fields: []web.Field{
				{Kind: web.Checks, Name: "areas", Label: "区划（含下级）", Options: areas}, {Kind: web.Checks, Name: "kinds", Label: "单位类别", Options: kinds}, {Kind: web.Checks, Name: "lines", Label: "业务条线", Options: lines},
				{Kind: web.TextArea, Name: "names", Label: "逐个写明的单位", Rows: 3, Max: 4000, Hint: "每行一个单位全称"},
				{Kind: web.Check, Name: "only", Label: "只发给逐个写明的单位"}}}},
			Buttons: []web.Button{{Label: "印发"}}, Cancel: web.Link{Text: "取消", Href: path}, Sticky: true}}
}

var formPage = web.Define(views, "views/form.html",
	newFormView(nil),
	newFormView([]web.Option{{Value: "city-610100000000", Label: "西安市"}}),
	newFormView([]web.Option{{Value: `"><script>`, Label: "<script>"}}),
)

func (h *Handler) areas(r *http.Request) ([]web.Option, error) {
	scope := authz.ScopeFrom(r.Context())
	home, err := h.org.Home(r.Context(), scope)
	if err != nil {
		return nil, err
	}
	var out []web.Option
	if home.ID != "" {
		out = append(out, web.Option{Value: string(home.ID), Label: home.Name + "（全部）"})
	}
	below, err := h.org.Areas(r.Context(), scope, home.ID)
	for _, a := range below {
		out = append(out, web.Option{Value: string(a.ID), Label: a.Name})
	}
	return out, err
}

func (h *Handler) form(w http.ResponseWriter, r *http.Request) error {
	areas, err := h.areas(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newFormView(areas))
}

func day(r *http.Request, name string) (calendar.Date, error) {
	text := strings.TrimSpace(r.PostFormValue(name))
	if text == "" {
		return calendar.Date{}, nil
	}
	d, err := calendar.ParseLoose(text)
	if err != nil {
		return d, fault.New(fault.Invalid, err.Error()).On(name, err.Error())
	}
	return d, nil
}

func (h *Handler) issue(w http.ResponseWriter, r *http.Request) error {
	areas, err := h.areas(r)
	if err != nil {
		return err
	}
	files, done, err := web.Attachments(r, "guidance", "files")
	defer done()
	n := guidance.Issue{Number: r.PostFormValue("number"), Title: r.PostFormValue("title"), Body: r.PostFormValue("body"), Kind: r.PostFormValue("kind"), Fields: r.PostFormValue("fields"), WantsFile: r.PostFormValue("wants_file") != "", Files: files}
	n.To.Only = r.PostFormValue("only") != ""
	var words []string
	for _, a := range r.PostForm["areas"] {
		n.To.Areas = append(n.To.Areas, org.AreaID(a))
		for _, o := range areas {
			if o.Value == a {
				words = append(words, o.Label)
			}
		}
	}
	for _, k := range r.PostForm["kinds"] {
		n.To.Kinds = append(n.To.Kinds, org.Kind(k))
		words = append(words, org.Kind(k).Name())
	}
	for _, l := range r.PostForm["lines"] {
		n.To.Lines = append(n.To.Lines, l)
		words = append(words, org.LineName(l))
	}
	for _, name := range strings.Split(r.PostFormValue("names"), "\n") {
		if name = strings.TrimSpace(name); name != "" {
			n.To.Names = append(n.To.Names, name)
		}
	}
	switch {
	case n.To.Only:
		words = []string{fmt.Sprintf("指定的 %d 个单位", len(n.To.Names))}
	case len(words) == 0:
		words = []string{"管辖范围内全部单位"}
	case len(n.To.Names) > 0:
		words = append(words, fmt.Sprintf("另加 %d 个单位", len(n.To.Names)))
	}
	n.Audience = strings.Join(words, "；")
	if err == nil {
		n.DueOn, err = day(r, "due")
	}
	var g guidance.Guidance
	if err == nil {
		g, err = h.guidance.Issue(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), n)
	}
	if web.Mendable(err) {
		v := newFormView(areas)
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	said := fmt.Sprintf("已印发 %s，送达 %d 个单位。", g.Number, g.Receivers)
	if g.Kind == guidance.Document {
		said = "已收入指导文件：" + g.Number + "。"
	}
	return web.Done(w, r, g.Link(), said)
}

// oneView is GET /console/guidance/{id}.
type oneView struct {
	Heading   web.Heading
	Alert     web.Alert
	Summary   web.Summary
	Body      []string
	Sign      web.Form
	Return    web.Form
	Mine      web.Summary
	Stats     web.Stats
	Urge      web.Form
	Receipts  web.Table
	Prev      web.Link
	Next      web.Link
	Judge     web.Form
	Questions web.Timeline
	Ask       web.Form
	Answer    web.Form
	Withdraw  web.Form
}

// Title of the document.
func (oneView) Title() string { return "工作通知" }

// Crumbs of the page.
func (oneView) Crumbs() []web.Crumb { return crumbs("通知") }

func fileLinks(id string, files []approval.Attachment) []web.Link {
	var out []web.Link
	for _, a := range files {
		out = append(out, web.Link{Text: a.Name, Href: path + "/" + url.PathEscape(id) + "/files/" + url.PathEscape(a.ID)})
	}
	return out
}

// linkList shows links as a part of a term.
func terms(name string, links []web.Link) web.Term {
	t := web.Term{Name: name}
	for _, l := range links {
		t.Parts = append(t.Parts, l)
	}
	return t
}

func newOneView(g guidance.Seen, receipts []guidance.Receipt, files map[org.UnitID][]approval.Attachment, state string, may bool, today calendar.Date) oneView {
	at := path + "/" + url.PathEscape(g.ID)
	v := oneView{Heading: web.Heading{Above: g.Number, Title: g.Title, Acts: []web.Act{{Text: "通知 DOCX", Href: at + "/document?as=docx"}, {Text: "通知 PDF", Href: at + "/document?as=pdf"}}}, Body: strings.Split(g.Body, "\n"),
		Summary: web.Summary{Terms: []web.Term{{Name: "印发单位", Text: g.UnitName, Note: g.IssuedBy + " " + web.Minute(g.IssuedAt)}}}}
	if !g.DueOn.IsZero() {
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "期限", Text: g.DueOn.String(), Tags: []web.Tag{web.DueTag(g.DueOn, today)}})
	}
	if len(g.Files) > 0 {
		v.Summary.Terms = append(v.Summary.Terms, terms("附件", fileLinks(g.ID, g.Files)))
	}
	if g.Asks() {
		var want []string
		for _, f := range g.Fields {
			want = append(want, f.Label)
		}
		if g.WantsFile {
			want = append(want, "材料文件")
		}
		v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "要求报送", Text: strings.Join(want, "、")})
	}
	if !g.WithdrawnAt.IsZero() {
		v.Alert = web.Alert{Kind: web.Warn, Title: "已撤回", Text: g.WithdrawnWhy}
	}
	for _, m := range g.Mine {
		v.Heading.Tags = append(v.Heading.Tags, stateTag(m.State))
		v.Mine = web.Summary{Title: "本单位办理", Terms: []web.Term{{Name: "单位", Text: m.UnitName}}}
		if !m.SignedAt.IsZero() {
			v.Mine.Terms = append(v.Mine.Terms, web.Term{Name: "签收", Text: web.Minute(m.SignedAt), Note: m.SignedBy})
		}
		if !m.ReturnedAt.IsZero() {
			v.Mine.Terms = append(v.Mine.Terms, web.Term{Name: "报送", Text: web.Minute(m.ReturnedAt), Note: m.ReturnedBy})
			for _, f := range g.Fields {
				v.Mine.Terms = append(v.Mine.Terms, web.Term{Name: f.Label, Text: m.Answers[f.Label]})
			}
		}
		if len(m.Files) > 0 {
			v.Mine.Terms = append(v.Mine.Terms, terms("报送的材料", fileLinks(g.ID, m.Files)))
		}
		if m.Remark != "" && m.State == guidance.Signed {
			v.Alert = web.Alert{Kind: web.Warn, Title: "请补报", Text: m.Remark}
		}
		if !may {
			continue
		}
		switch {
		case m.State == guidance.Sent:
			v.Sign = web.Form{Action: at + "/sign", Buttons: []web.Button{{Label: "签收"}}}
		case m.State == guidance.Signed && g.Asks():
			var fields []web.Field
			for i, f := range g.Fields {
				kind := map[string]web.FieldKind{"lines": web.TextArea, "date": web.DateField}[f.Kind]
				field := web.Field{Kind: kind, Name: guidance.FieldName(i), Label: f.Label, Required: f.Required, Max: 4000, Value: m.Answers[f.Label]}
				if f.Kind == "number" {
					field.Mode, field.Narrow, field.Max = "decimal", true, 22
				}
				fields = append(fields, field)
			}
			if g.WantsFile || len(g.Fields) > 0 {
				fields = append(fields, web.Field{Kind: web.File, Name: "files", Label: "材料", Multiple: true, Required: g.WantsFile && len(m.Files) == 0, Accept: approval.Accept, Hint: "最多 5 个，每个不超过 20 MB"})
			}
			v.Return = web.Form{Action: at + "/return", Upload: true, Key: "guidance-" + g.ID, Sections: []web.Section{{Legend: "报送", Fields: fields}}, Buttons: []web.Button{{Label: "报送"}}}
		}
		if g.WithdrawnAt.IsZero() {
			v.Ask = web.Form{Action: at + "/ask", Sections: []web.Section{{Legend: "询问", Fields: []web.Field{{Kind: web.TextArea, Name: "text", Label: "问题", Required: true, Rows: 3, Max: 1000, Hint: "答复后，所有收到通知的单位都能看到问答，看不到是谁问的"}}}}, Buttons: []web.Button{{Label: "送出询问", Plain: true}}}
		}
	}
	v.Questions = web.Timeline{Title: "问答"}
	var open []web.Option
	for _, q := range g.Questions {
		v.Questions.Events = append(v.Questions.Events, web.Event{At: q.AskedAt, Title: q.Text, Who: q.AskedBy, Unit: q.UnitName, Text: q.Answer})
		if q.AnsweredAt.IsZero() {
			open = append(open, web.Option{Value: q.ID, Label: q.UnitName + "：" + q.Text})
		}
	}
	if g.Issuer {
		v.issuer(g, receipts, files, state, open, at)
	}
	return v
}

func (v *oneView) issuer(g guidance.Seen, receipts []guidance.Receipt, files map[org.UnitID][]approval.Attachment, state string, open []web.Option, at string) {
	if len(open) > 0 {
		v.Answer = web.Form{Action: at + "/answer", Sections: []web.Section{{Legend: "答复询问", Fields: []web.Field{{Kind: web.Select, Name: "question", Label: "问题", Options: open, Required: true}, {Kind: web.TextArea, Name: "answer", Label: "答复", Required: true, Rows: 3, Max: 2000}}}}, Buttons: []web.Button{{Label: "答复并公开"}}}
	}
	if g.Kind == guidance.Document {
		return
	}
	v.Summary.Terms = append(v.Summary.Terms, web.Term{Name: "发给", Text: fmt.Sprintf("%d 个单位", g.Receivers), Note: g.Audience})
	v.Stats = web.Stats{Label: "进度"}
	for _, s := range []string{guidance.Sent, guidance.Signed, guidance.Returned, guidance.Accepted} {
		stat := web.Stat{Name: guidance.Machine.Name(s), Value: fmt.Sprint(g.Counts[s]), Unit: "个", Href: at + "?state=" + s}
		if s == guidance.Sent && g.Counts[s] > 0 {
			stat.Kind = web.Warn
		}
		v.Stats.Items = append(v.Stats.Items, stat)
	}
	v.Receipts = web.Table{Caption: "各单位办理", Columns: []web.Column{{Head: "单位"}, {Head: "状态"}, {Head: "签收"}, {Head: "报送", Wide: true}}, Empty: web.Empty{Title: "没有这种状态的单位"}}
	if state != "" {
		v.Receipts.Caption += "：" + guidance.Machine.Name(state)
	}
	var returned []web.Option
	for _, r := range receipts {
		var said []string
		for _, f := range g.Fields {
			if a := r.Answers[f.Label]; a != "" {
				said = append(said, f.Label+"："+a)
			}
		}
		cell := web.Cell{Text: strings.Join(said, "；"), Links: fileLinks(g.ID, files[r.Unit])}
		if !r.ReturnedAt.IsZero() {
			cell.Note = r.ReturnedBy + " " + web.Minute(r.ReturnedAt)
		}
		v.Receipts.Rows = append(v.Receipts.Rows, web.Row{Cells: []web.Cell{web.Text(r.UnitName), web.Tagged(stateTag(r.State)), {Text: web.Minute(r.SignedAt), Note: r.SignedBy}, cell}})
		if r.State == guidance.Returned {
			returned = append(returned, web.Option{Value: string(r.Unit), Label: r.UnitName})
		}
	}
	if len(returned) > 0 {
		v.Judge = web.Form{Action: at + "/judge", Sections: []web.Section{{Legend: "核收报送", Fields: []web.Field{
			{Kind: web.Select, Name: "unit", Label: "单位", Options: returned, Required: true},
			{Kind: web.TextArea, Name: "back_why", Label: "补报要求", Rows: 2, Max: 500, Hint: "退回时填写"}, {Kind: web.DateField, Name: "due", Label: "补报期限", Narrow: true, Hint: "退回时填写"}}}},
			Buttons: []web.Button{{Label: "接收", Name: "act", Value: "accept"}, {Label: "退回补报", Name: "act", Value: "back", Plain: true}}}
	}
	v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "导出报送 XLSX", Href: at + "/returns?format=xlsx"}, web.Act{Text: "导出报送 CSV", Href: at + "/returns?format=csv"})
	if !g.WithdrawnAt.IsZero() {
		return
	}
	waiting := g.Counts[guidance.Sent]
	if g.Asks() {
		waiting += g.Counts[guidance.Signed]
	}
	if waiting > 0 {
		v.Urge = web.Form{Action: at + "/urge", Buttons: []web.Button{{Label: fmt.Sprintf("催办未办结的 %d 个单位", waiting)}}}
		v.Withdraw = web.Form{Action: at + "/withdraw", Sections: []web.Section{{Legend: "撤回", Hint: "尚未报送的单位不再需要办理；已报送的不受影响。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "撤回原因", Required: true, Rows: 2, Max: 500}}}}, Buttons: []web.Button{{Label: "撤回通知", Kind: web.Danger}}}
	}
}

func sampleSeen() guidance.Seen {
	return guidance.Seen{Guidance: sample, Issuer: true, Mine: []guidance.Receipt{{Unit: "u1", UnitName: "西安市商务局", State: guidance.Signed, SignedAt: sampleAt, SignedBy: "李某", Remark: "缺附件"}},
		Questions: []guidance.Question{{ID: "q1", UnitName: "西安市商务局", Text: "移动端算吗？", AskedBy: "李某", AskedAt: sampleAt}, {ID: "q2", Text: "期限能否延长？", AskedAt: sampleAt, Answer: "不能。", AnsweredAt: sampleAt}}}
}

var onePage = web.Define(views, "views/one.html",
	newOneView(guidance.Seen{Guidance: guidance.Guidance{Title: "甲"}}, nil, nil, "", false, sampleDay),
	newOneView(sampleSeen(), []guidance.Receipt{{Unit: "u1", UnitName: "西安市商务局", State: guidance.Returned, Answers: map[string]string{"网站数": "3"}, ReturnedAt: sampleAt, ReturnedBy: "李某"}}, map[org.UnitID][]approval.Attachment{"u1": {{ID: "f", Name: "表.xlsx"}}}, "", true, sampleDay),
	newOneView(guidance.Seen{Guidance: hostile, Issuer: true, Mine: []guidance.Receipt{{State: "<b>", UnitName: "<script>", Remark: "<i>"}}, Questions: []guidance.Question{{ID: `"><b>`, Text: "<script>", UnitName: "<u>"}}}, []guidance.Receipt{{UnitName: "<script>"}}, nil, "<b>", true, sampleDay),
)

const receiptsPerPage = 100

func (h *Handler) view(r *http.Request) (oneView, error) {
	ctx, session, id := r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id")
	g, err := h.guidance.One(ctx, authz.ScopeFrom(ctx), session, id)
	if err != nil {
		return oneView{}, err
	}
	state := r.URL.Query().Get("state")
	if guidance.Machine.States[state] == "" {
		state = ""
	}
	var list []guidance.Receipt
	var files map[org.UnitID][]approval.Attachment
	page := web.PageOf(r)
	more := false
	if g.Issuer && g.Kind == guidance.Notice {
		if list, err = h.guidance.Receipts(ctx, session, id, state, receiptsPerPage+1, (page-1)*receiptsPerPage); err != nil {
			return oneView{}, err
		}
		if more = len(list) > receiptsPerPage; more {
			list = list[:receiptsPerPage]
		}
		var units []org.UnitID
		for _, x := range list {
			if x.State == guidance.Returned || x.State == guidance.Accepted {
				units = append(units, x.Unit)
			}
		}
		if files, err = h.guidance.ReturnFiles(ctx, session, id, units); err != nil {
			return oneView{}, err
		}
	}
	v := newOneView(g, list, files, state, session.May(authz.GuidanceAnswer), web.FrameOf(r).Today)
	p := web.PagerOf(r, (page+1)*receiptsPerPage, receiptsPerPage)
	if page > 1 {
		v.Prev = web.Link{Text: "上一页", Href: p.Href(page - 1)}
	}
	if more {
		v.Next = web.Link{Text: "下一页", Href: p.Href(page + 1)}
	}
	return v, nil
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

// document is the notice as it is printed and filed.
func (h *Handler) document(w http.ResponseWriter, r *http.Request) error {
	g, err := h.guidance.One(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, g.Document(), "通知", g.Title)
}

func (h *Handler) sign(w http.ResponseWriter, r *http.Request) error {
	err := h.guidance.Sign(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	return onePage.Answer(w, r, err, at(r), "已签收。", h.view, func(v *oneView) *web.Form { return &v.Sign })
}

func (h *Handler) hand(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "return", "files")
	defer done()
	if err == nil {
		answers := map[string]string{}
		for name, v := range r.PostForm {
			if strings.HasPrefix(name, "answer_") && len(v) > 0 {
				answers[name] = v[0]
			}
		}
		err = h.guidance.Return(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), answers, files)
	}
	return onePage.Answer(w, r, err, at(r), "已报送，时限已办结。", h.view, func(v *oneView) *web.Form { return &v.Return })
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	err := h.guidance.Ask(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PostFormValue("text"))
	return onePage.Answer(w, r, err, at(r), "询问已送出。", h.view, func(v *oneView) *web.Form { return &v.Ask })
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	err := h.guidance.Answer(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PostFormValue("question"), r.PostFormValue("answer"))
	return onePage.Answer(w, r, err, at(r), "已答复，收到通知的单位都能看到。", h.view, func(v *oneView) *web.Form { return &v.Answer })
}

func (h *Handler) judge(w http.ResponseWriter, r *http.Request) error {
	due, err := day(r, "due")
	accept := r.PostFormValue("act") != "back"
	if err == nil || accept {
		err = h.guidance.Judge(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), org.UnitID(r.PostFormValue("unit")), accept, r.PostFormValue("back_why"), due)
	}
	said := "已接收。"
	if !accept {
		said = "已退回补报，新的期限已开始计时。"
	}
	return onePage.Answer(w, r, err, at(r), said, h.view, func(v *oneView) *web.Form { return &v.Judge })
}

func (h *Handler) urge(w http.ResponseWriter, r *http.Request) error {
	n, err := h.guidance.Urge(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	said := fmt.Sprintf("已催办 %d 个单位。", n)
	if n == 0 {
		said = "今天已催办过，没有重复发送。"
	}
	return onePage.Answer(w, r, err, at(r), said, h.view, func(v *oneView) *web.Form { return &v.Urge })
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	err := h.guidance.Withdraw(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PostFormValue("why"))
	return onePage.Answer(w, r, err, at(r), "通知已撤回。", h.view, func(v *oneView) *web.Form { return &v.Withdraw })
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.guidance.File(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

func (h *Handler) returns(w http.ResponseWriter, r *http.Request) error {
	session, id := authz.SessionFrom(r.Context()), r.PathValue("id")
	g, err := h.guidance.One(r.Context(), authz.ScopeFrom(r.Context()), session, id)
	if err != nil {
		return err
	}
	list, err := h.guidance.Receipts(r.Context(), session, id, "", org.MostChosen, 0)
	if err != nil {
		return err
	}
	sheet := official.Sheet{Title: "报送汇总", Columns: []official.Column{{Title: "单位", Width: 30}, {Title: "状态"}, {Title: "签收时间"}, {Title: "签收人"}, {Title: "报送时间"}, {Title: "报送人"}}}
	for _, f := range g.Fields {
		sheet.Columns = append(sheet.Columns, official.Column{Title: f.Label})
	}
	sheet.Rows = func(yield func([]any) bool) {
		for _, x := range list {
			row := []any{x.UnitName, guidance.Machine.Name(x.State), x.SignedAt, x.SignedBy, x.ReturnedAt, x.ReturnedBy}
			for _, f := range g.Fields {
				row = append(row, x.Answers[f.Label])
			}
			if !yield(row) {
				return
			}
		}
	}
	return web.SendSheet(w, r, sheet, "报送汇总")
}
