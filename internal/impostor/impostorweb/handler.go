package impostorweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/impostor"
	"zhengshu/internal/official"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	casesPath = "/console/impostors"
	namesPath = "/console/lookalikes"
	perPage   = 20
	maxExport = 20000
	fileHint  = "PDF、JPG、PNG、DOCX 或 XLSX，每个不超过 20 MB"
)

// Handler serves the screens.
type Handler struct {
	impostors *impostor.Service
	registry  *registry.Service
}

// New makes the handler.
func New(s *impostor.Service, r *registry.Service) *Handler {
	return &Handler{impostors: s, registry: r}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/impostors", Permit: authz.InspectionRead, Handle: h.cases},
		{Pattern: "GET /console/impostors/export", Permit: authz.InspectionRead, Handle: h.export},
		{Pattern: "GET /console/impostors/new", Permit: authz.ImpostorReport, Handle: h.showNew},
		{Pattern: "POST /console/impostors/new", Permit: authz.ImpostorReport, Handle: h.add, MaxBody: 4*approval.MaxUpload + 1<<20},
		{Pattern: "GET /console/impostors/{id}", Permit: authz.InspectionRead, Handle: h.show},
		{Pattern: "GET /console/impostors/{id}/letter", Permit: authz.InspectionRead, Handle: h.letter},
		{Pattern: "GET /console/impostors/{id}/files/{file}", Permit: authz.InspectionRead, Handle: h.file},
		{Pattern: "GET /console/impostors/{id}/looks/{look}/{whose}", Permit: authz.InspectionRead, Handle: h.picture},
		{Pattern: "POST /console/impostors/{id}/look", Permit: authz.ImpostorReport, Handle: h.act("已查看，结果见“查看记录”。", h.look)},
		{Pattern: "POST /console/impostors/{id}/saw", Permit: authz.ImpostorReport, Handle: h.act("查看情况已登记。", h.saw), MaxBody: web.UploadBody},
		{Pattern: "POST /console/impostors/{id}/verify", Permit: authz.ImpostorVerify, Handle: h.act("已核实为假冒，请商请网信部门处理。", h.verify), MaxBody: 4*approval.MaxUpload + 1<<20},
		{Pattern: "POST /console/impostors/{id}/dismiss", Permit: authz.ImpostorVerify, Handle: h.act("已认定不是假冒。", h.dismiss)},
		{Pattern: "POST /console/impostors/{id}/reopen", Permit: authz.ImpostorVerify, Handle: h.act("已重新核实。", h.reopen)},
		{Pattern: "POST /console/impostors/{id}/refer", Permit: authz.ImpostorVerify, Handle: h.act("已商请网信部门处理，商请函可以下载。", h.refer)},
		{Pattern: "POST /console/impostors/{id}/contact", Permit: authz.ImpostorVerify, Handle: h.contact},
		{Pattern: "POST /console/impostors/{id}/close", Permit: authz.ImpostorVerify, Handle: h.act("线索已办结。", h.close)},
		{Pattern: "POST /console/impostors/{id}/hand-on", Permit: authz.ImpostorDispose, Handle: h.act("已协调处置。", h.handOn)},
		{Pattern: "POST /console/impostors/{id}/result", Permit: authz.ImpostorDispose, Handle: h.act("处置结果已登记。", h.result), MaxBody: web.UploadBody},
		{Pattern: "GET /console/lookalikes", Permit: authz.InspectionRead, Handle: h.names},
		{Pattern: "POST /console/lookalikes/{host}/suspect", Permit: authz.ImpostorReport, Handle: h.suspect},
		{Pattern: "GET /console/lookalikes/{host}/set-aside", Permit: authz.ImpostorReport, Handle: h.showSetAside},
		{Pattern: "POST /console/lookalikes/{host}/set-aside", Permit: authz.ImpostorReport, Handle: h.setAside},
	}
}

// page is a list of this door, record a case, formView a form.
type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

func tabs(current string) web.Tabs {
	return web.Tabs{Label: "假冒", Items: []web.Tab{{Name: "假冒线索", Href: casesPath, Current: current == casesPath}, {Name: "相近域名", Href: namesPath, Current: current == namesPath}}}
}

func options(all string, list []struct{ Value, Name string }) []web.Option {
	out := []web.Option{{Label: all}}
	for _, x := range list {
		out = append(out, web.Option{Value: x.Value, Label: x.Name})
	}
	return out
}

var states = []string{impostor.Found, impostor.Verified, impostor.Referred, impostor.Disposing, impostor.Gone, impostor.Closed, impostor.Dismissed}

func stateTag(state string) web.Tag {
	kind := web.Info
	switch state {
	case impostor.Found, impostor.Verified:
		kind = web.Warn
	case impostor.Disposing, impostor.Referred:
		kind = web.Info
	case impostor.Gone, impostor.Closed:
		kind = web.Good
	case impostor.Dismissed:
		kind = web.Neutral
	}
	return web.Tag{Kind: kind, Text: impostor.Machine.Name(state)}
}

func filterOf(r *http.Request) (impostor.Filter, error) {
	q := r.URL.Query()
	f := impostor.Filter{Text: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Kind: q.Get("kind"), Source: q.Get("source"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	if s := q.Get("year"); s != "" {
		y, err := strconv.Atoi(s)
		if err != nil || y < 2000 || y > 2200 {
			return f, fault.New(fault.Invalid, "年度应为四位数，如 2026。").On("year", "请填写四位年度")
		}
		f.Year = y
	}
	return f, nil
}

func newCases(list []impostor.Case, total int, f impostor.Figures, reports bool) page {
	stateOptions := []web.Option{{Label: "全部"}, {Value: "standing", Label: "在办"}, {Value: "confirmed", Label: "核实为假冒（含以后环节）"}, {Value: "consulted", Label: "已商请网信部门（含以后环节）"}, {Value: "unreachable", Label: "已无法访问（含办结）"}}
	of := func(state string) string {
		q := url.Values{"year": {strconv.Itoa(f.Year)}}
		if state != "" {
			q.Set("state", state)
		}
		return casesPath + "?" + q.Encode()
	}
	for _, s := range states {
		stateOptions = append(stateOptions, web.Option{Value: s, Label: impostor.Machine.Name(s)})
	}
	v := page{web.ListView{Heading: web.Heading{Title: "假冒网站和账号", Lead: "监测、网民举报和单位报告的线索，核实后商请网信部门，由通信、公安部门处置（第二十三条）。"}, Tabs: tabs(casesPath),
		Stats: web.Stats{Items: []web.Stat{
			{Name: strconv.Itoa(f.Year) + " 年线索", Value: strconv.Itoa(f.Found), Unit: "条", Note: fmt.Sprintf("监测 %d、举报 %d、单位 %d", f.Monitor, f.Public, f.Unit), Href: of("")},
			{Name: "核实为假冒", Value: strconv.Itoa(f.Verified), Unit: "条", Note: fmt.Sprintf("网站 %d、账号 %d；不是假冒 %d", f.Sites, f.Accounts, f.Dismissed), Href: of("confirmed")},
			{Name: "商请网信部门", Value: strconv.Itoa(f.Referred), Unit: "条", Note: fmt.Sprintf("按期 %d、已反馈 %d", f.OnTime, f.Disposed), Href: of("consulted")},
			{Name: "已无法访问", Value: strconv.Itoa(f.Gone), Unit: "条", Href: of("unreachable")}}},
		Filter: web.Filter{Action: casesPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "网址、名称或编号"}, {Kind: web.Select, Name: "state", Label: "状态", Options: stateOptions},
			{Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Label: "全部"}, {Value: "site", Label: "网站"}, {Value: "account", Label: "账号"}}}},
			More: []web.Field{{Kind: web.Select, Name: "source", Label: "来源", Options: options("全部", impostor.Sources)}, {Kind: web.Number, Name: "year", Label: "年度", Narrow: true, Mode: "numeric"}}},
		Table: web.Table{Caption: "假冒线索", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "假冒的网址或账号", Wide: true}, {Head: "冒充"}, {Head: "来源"}, {Head: "发现时间"}, {Head: "状态"}, {Head: "主管单位"}},
			Empty: web.Empty{Title: "没有符合条件的线索", Text: "监测到与官方域名相近的域名时列在“相近域名”，由人查看后登记为线索。"}}}}
	if reports {
		v.Heading.Acts = []web.Act{{Text: "登记线索", Href: casesPath + "/new", Primary: true}}
	}
	for _, c := range list {
		note := impostor.KindName(c.Kind) + " · " + c.Number
		if c.Name != "" {
			note += " · " + c.Name
		}
		of := c.OfName
		if of == "" {
			of = "未指明"
		}
		if c.Alike >= 0 {
			note += fmt.Sprintf(" · 与官方网站相近程度 %d", c.Alike)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Shown, Href: c.Link(), Note: note}, web.Text(of), web.Text(impostor.SourceName(c.Source)), web.When(c.FoundAt), web.Tagged(stateTag(c.State)), web.Text(c.OfficeName)}})
	}
	return v
}

func (h *Handler) cases(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.impostors.Cases(r.Context(), scope, f)
	if err != nil {
		return err
	}
	year := f.Year
	if year == 0 {
		year = web.FrameOf(r).Today.Year
	}
	figures, err := h.impostors.Figures(r.Context(), scope, year)
	if err != nil {
		return err
	}
	v := newCases(list, total, figures, may(r, authz.ImpostorReport))
	v.Exports = web.ExportActs(casesPath+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.impostors.Cases(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, c := range list {
		rows[i] = []any{c.Number, impostor.KindName(c.Kind), c.Shown, c.Name, c.OfName, c.OfficeName, impostor.SourceName(c.Source), web.Minute(c.FoundAt), c.StateName(), c.VerifiedBy, web.Minute(c.VerifiedAt), web.Minute(c.ReferredAt), c.ReferredTo, web.Minute(c.GoneAt), c.Conclusion}
	}
	var columns []official.Column
	for _, t := range []string{"编号", "类别", "网址", "使用的名称", "冒充", "主管单位", "来源", "发现时间", "状态", "核实人", "核实时间", "商请时间", "商请单位", "无法访问时间", "办结意见"} {
		columns = append(columns, official.Column{Title: t, Width: 18})
	}
	return web.SendSheet(w, r, official.Sheet{Title: "假冒网站和账号", Columns: columns, Rows: slices.Values(rows)}, "假冒网站和账号")
}

func newReportForm(objects []web.Option) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "登记假冒线索", Lead: "官方网址和账号以台账为准；登记后由主管单位指定人员核实。"}, Trail: []web.Crumb{{Name: "假冒网站和账号", Href: casesPath}}}}
	of := web.Field{Kind: web.Select, Name: "of", Label: "冒充的网站或账号", Options: append([]web.Option{{Label: "不确定，或不在列表中"}}, objects...)}
	v.Form = web.Form{Upload: true, Key: "impostor", Sections: []web.Section{{Fields: []web.Field{
		{Kind: web.Radios, Name: "kind", Label: "类别", Required: true, Options: []web.Option{{Value: "site", Label: "网站"}, {Value: "account", Label: "账号（微信、微博、抖音等）"}}},
		{Name: "address", Label: "网址", Required: true, Max: 500, Hint: "网站填域名或网址，没有域名的填 IP 地址；账号填主页网址。请勿从线索直接登录或填写信息"},
		{Name: "name", Label: "对方使用的名称", Max: 100, Hint: "账号必填"}, {Name: "platform", Label: "平台", Max: 40, Hint: "账号必填，如 微信公众号"},
		of, {Name: "of_text", Label: "冒充的单位", Max: 100, Hint: "上面没有选择时填写"},
		{Kind: web.TextArea, Name: "says", Label: "看到的情况", Required: true, Max: 2000, Rows: 4}, {Kind: web.File, Name: "files", Label: "截图", Multiple: true, Accept: approval.Accept, Hint: fileHint}}}},
		Buttons: []web.Button{{Label: "登记线索"}}, Cancel: web.Link{Text: "取消", Href: casesPath}}
	return v
}

// objects offers what the person's own units run.
func (h *Handler) objects(r *http.Request) ([]web.Option, error) {
	scope := authz.ScopeFrom(r.Context())
	sites, _, err := h.registry.Sites(r.Context(), scope, registry.SiteFilter{Live: true, Limit: 100})
	if err != nil {
		return nil, err
	}
	accounts, _, err := h.registry.Accounts(r.Context(), scope, registry.AccountFilter{Limit: 100})
	if err != nil {
		return nil, err
	}
	var out []web.Option
	for _, s := range sites {
		out = append(out, web.Option{Value: "site:" + string(s.ID), Label: s.Name + "（" + registry.ShownHost(s.Host) + "）"})
	}
	for _, a := range accounts {
		if !a.Ended() {
			out = append(out, web.Option{Value: string(a.Ref().Kind) + ":" + string(a.ID), Label: a.Name + "（" + registry.Platforms[a.Platform] + "）"})
		}
	}
	return out, nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	list, err := h.objects(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newReportForm(list))
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "impostor_shot", "files")
	defer done()
	var c impostor.Case
	if err == nil {
		kind, id, _ := strings.Cut(web.Typed(r, "of"), ":")
		c, err = h.impostors.Report(r.Context(), authz.ScopeFrom(r.Context()), impostor.Clue{Kind: web.Typed(r, "kind"), Address: web.Typed(r, "address"), Name: web.Typed(r, "name"), Platform: web.Typed(r, "platform"),
			Of: registry.Ref{Kind: sx2021.ObjectKind(kind), ID: id}, OfText: web.Typed(r, "of_text"), Says: web.Typed(r, "says")}, files)
	}
	if web.Mendable(err) {
		list, formErr := h.objects(r)
		if formErr != nil {
			return formErr
		}
		v := newReportForm(list)
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "线索已登记，编号 "+c.Number+"，已送"+c.OfficeName+"核实。")
}

// rights are what the person may do with a case.
type rights struct {
	report, verify, dispose bool
	record                  bool // the ledger's record of who is imitated is the reader's to see
}

func (h *Handler) rightsOf(r *http.Request, c impostor.Case) (rights, error) {
	s := authz.SessionFrom(r.Context())
	may := rights{c.In(s.ScopeFor(authz.ImpostorReport)), c.In(s.ScopeFor(authz.ImpostorVerify)), c.In(s.ScopeFor(authz.ImpostorDispose)), false}
	if c.Of.ID == "" {
		return may, nil
	}
	_, err := h.registry.Object(r.Context(), h.impostors.DB, s.ScopeFor(authz.RegistryRead), c.Of)
	if fault.Is(err, fault.NotFound) {
		return may, nil
	}
	may.record = err == nil
	return may, err
}

func flow(d impostor.Dossier, today calendar.Date) web.Steps {
	of := func(done, now bool) web.StepState {
		switch {
		case done:
			return web.StepDone
		case now:
			return web.StepNow
		}
		return web.StepWaiting
	}
	verified := !d.VerifiedAt.IsZero() && d.State != impostor.Found
	out := web.Steps{Label: "办理步骤", Items: []web.Step{
		{Name: "核实", Who: d.VerifiedBy, Note: web.Minute(d.VerifiedAt), State: of(verified, true)},
		{Name: "商请网信部门", Who: d.ReferredTo, Note: web.Minute(d.ReferredAt), State: of(!d.ReferredAt.IsZero(), d.State == impostor.Verified)}}}
	if d.State == impostor.Dismissed {
		out.Items = out.Items[:1]
		out.Items[0].Name, out.Items[0].Note = "核实：不是假冒", d.Conclusion
		return out
	}
	for _, p := range impostor.Parties {
		step := web.Step{Name: p.Name, Note: d.Does(p.Value)}
		for _, s := range d.Current() {
			if s.Party != p.Value {
				continue
			}
			step.Who, step.Note, step.State = s.UnitName, "期限 "+s.Due.On.String(), web.StepNow
			if s.Done() {
				step.Note, step.State = impostor.MeasureName(s.Measure)+"，"+s.ResultOn.String(), web.StepDone
			}
		}
		out.Items = append(out.Items, step)
	}
	watching := d.State == impostor.Gone && today.Before(d.Until)
	watch := web.Step{Name: "无法访问，观察", Note: web.Minute(d.GoneAt), State: of(!d.GoneAt.IsZero() && !watching, watching)}
	if at := d.LookAgain(); !at.IsZero() {
		watch.Note = web.Minute(at) + " 以后再查看一次，仍无法访问的转入观察"
	}
	if watching {
		watch.Note += " 起，观察到 " + d.Until.String()
	}
	end := web.Step{Name: "办结", Note: web.Minute(d.ClosedAt), State: of(d.State == impostor.Closed, d.State == impostor.Gone && !watching)}
	out.Items = append(out.Items, watch, end)
	return out
}

func newCaseView(d impostor.Dossier, may rights, s *authz.Session, today calendar.Date) record {
	c := d.Case
	v := record{web.RecordView{Heading: web.Heading{Above: impostor.KindName(c.Kind) + " · " + c.Number, Title: c.Shown, Tags: []web.Tag{stateTag(c.State)}}, Trail: []web.Crumb{{Name: "假冒网站和账号", Href: casesPath}}}}
	if !c.ReferredAt.IsZero() {
		v.Heading.Acts = []web.Act{{Text: "商请函 DOCX", Href: c.Link() + "/letter?as=docx"}, {Text: "商请函 PDF", Href: c.Link() + "/letter?as=pdf"}}
	}
	of := web.Term{Name: "冒充", Text: c.OfName}
	if c.Of.ID != "" && may.record {
		of.Href = c.Of.Link()
	} else if c.OfName == "" {
		of.Text = "未指明"
	}
	facts := web.Summary{Title: "线索", Terms: []web.Term{of, {Name: "使用的名称", Text: orNone(c.Name)}, {Name: "看到的情况", Text: c.Says}, {Name: "来源", Text: impostor.SourceName(c.Source), Note: c.Reporter}}}
	if c.Platform != "" {
		facts.Terms = append(facts.Terms, web.Term{Name: "平台", Text: c.Platform})
	}
	if c.Bare() {
		facts.Terms = append(facts.Terms, web.Term{Name: "域名", Text: "没有域名，直接以 IP 地址访问；不比对相近域名，不查域名注册和解析，处置时停止互联网接入"})
	}
	if c.Technique != "" {
		facts.Terms = append(facts.Terms, web.Term{Name: "仿冒方式", Text: c.TechniqueName()})
	}
	if c.Alike >= 0 {
		facts.Terms = append(facts.Terms, web.Term{Name: "与官方网站相近程度", Text: fmt.Sprintf("%d（0 至 100）", c.Alike), Note: "由下面的比对得出，只用来排先后，是不是假冒由核实人认定；各项比对的权重未核实"})
	}
	if c.Verdict != "" {
		facts.Terms = append(facts.Terms, web.Term{Name: "核实依据", Text: c.Verdict, Note: c.VerifiedBy + " " + web.Minute(c.VerifiedAt)})
	}
	if c.Conclusion != "" {
		facts.Terms = append(facts.Terms, web.Term{Name: "结论", Text: c.Conclusion})
	}
	v.Main = append(v.Main, flow(d, today), facts)
	if len(d.Steps) > 0 {
		rounds := d.Steps[len(d.Steps)-1].Round
		t := web.Table{Caption: "处置", Columns: []web.Column{{Head: "部门"}, {Head: "商请日期"}, {Head: "期限"}, {Head: "措施和结果", Wide: true}, {Head: "文书"}}}
		for _, p := range d.Steps {
			result := web.Cell{Text: "未反馈"}
			due := web.DueCell(p.Due.On, today)
			if p.Due.Provisional {
				due.Note = "暂定"
			}
			if p.Done() {
				result = web.Cell{Text: impostor.MeasureName(p.Measure), Note: p.ResultOn.String() + " " + p.Result}
				due = web.Day(p.Due.On)
			}
			paper := web.Cell{Text: p.Document}
			if p.FileID != "" {
				paper.Links = []web.Link{{Text: p.FileName, Href: c.Link() + "/files/" + url.PathEscape(p.FileID)}}
			}
			if p.Party == "cyberspace" && p.Round < rounds {
				paper.Links = append(paper.Links, web.Link{Text: "商请函 PDF", Href: fmt.Sprintf("%s/letter?as=pdf&round=%d", c.Link(), p.Round)})
			}
			if len(paper.Links) == 0 {
				paper.Text = orNone(p.Document)
			}
			asked := web.Day(p.AskedOn)
			if rounds > 1 {
				asked.Note = fmt.Sprintf("第 %d 次商请", p.Round)
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: impostor.PartyName(p.Party), Note: p.UnitName}, asked, due, result, paper}})
		}
		v.Main = append(v.Main, t)
	}
	for _, l := range d.Looks {
		if l.Likeness != nil {
			v.Main = append(v.Main, likenessTable(c, l))
			break
		}
	}
	if len(d.Looks) > 0 {
		t := web.Table{Caption: "查看记录", Compact: true, Columns: []web.Column{{Head: "时间"}, {Head: "结果"}, {Head: "情况", Wide: true}, {Head: "查看人"}}}
		for _, l := range d.Looks {
			tone := web.Neutral
			switch l.Outcome {
			case impostor.There:
				tone = web.Warn
			case impostor.NotSeen:
				tone = web.Good
			}
			says := web.Cell{Text: l.Says}
			if l.Title != "" {
				says.Note = "页面标题：" + l.Title
			}
			who := l.Actor
			if who == "" {
				who = "定时查看"
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.When(l.At), web.Tagged(web.Tag{Kind: tone, Text: l.OutcomeName()}), says, web.Text(who)}})
		}
		v.Main = append(v.Main, t)
	}
	if len(d.Files) > 0 {
		files := web.Summary{Title: "附件"}
		for i, f := range d.Files {
			files.Terms = append(files.Terms, web.Term{Name: fmt.Sprintf("第%d件", i+1), Text: f.Name, Href: c.Link() + "/files/" + url.PathEscape(f.ID)})
		}
		v.Main = append(v.Main, files)
	}
	v.Forms = forms(d, may, s)
	side := web.Summary{Title: "办理", Terms: []web.Term{{Name: "主管单位", Text: c.OfficeName}, {Name: "涉及单位", Text: c.UnitName}, {Name: "发现时间", Text: web.Minute(c.FoundAt)}, {Name: "最近查看", Text: orNone(web.Minute(c.LookedAt))}, {Name: "依据", Text: sx2021.Instrument + " 第二十三条（二）（三）"}}}
	v.Side = append(v.Side, side, history(d.History))
	return v
}

// likenessTable sets what stands on the suspected page beside what stands on the
// genuine one.
func likenessTable(c impostor.Case, l impostor.Look) web.Table {
	k := l.Likeness
	if len(k.Signs) == 0 && k.Why == "" {
		k = &impostor.Likeness{Why: "没有可比的内容。"}
	}
	t := web.Table{Caption: fmt.Sprintf("与官方网站比对：%d 项相同或相近（%s）；相近度 %d，只用来排列先核实哪一个，%s", k.Alike(), web.Minute(l.At), k.Score, impostor.LikenessEdition(k.Pack)), Compact: true,
		Columns: []web.Column{{Head: "比对内容"}, {Head: "结果"}, {Head: "线索网站", Wide: true}, {Head: "官方网站", Wide: true}}}
	if k.Why != "" {
		t.Caption, t.Empty = "与官方网站比对", web.Empty{Title: "没有比对", Text: k.Why}
		return t
	}
	for _, s := range k.Signs {
		tag := web.Tag{Kind: web.Neutral, Text: "不同"}
		if s.Alike {
			tag = web.Tag{Kind: web.Warn, Text: "相同或相近"}
		}
		fake, ours := web.Cell{Text: s.Fake}, web.Cell{Text: s.Ours}
		if s.Name == impostor.LogoSign && l.ID != "" {
			at := c.Link() + "/looks/" + url.PathEscape(l.ID)
			if k.Logo != "" {
				fake.Links = []web.Link{{Text: "看线索网站的标志", Href: at + "/suspect"}}
			}
			if k.Ours != "" {
				ours.Links = []web.Link{{Text: "看官方网站的标志", Href: at + "/ours"}}
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: s.Name}, web.Tagged(tag), fake, ours}})
	}
	return t
}

// picture shows a logo that was kept with a look, drawn anew.
func (h *Handler) picture(w http.ResponseWriter, r *http.Request) error {
	whose := r.PathValue("whose")
	if whose != "suspect" && whose != "ours" {
		return fault.Missing("标志图片")
	}
	body, err := h.impostors.Picture(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PathValue("look"), whose == "ours")
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/png")
	_, err = w.Write(body)
	return err
}

func orNone(s string) string {
	if s == "" {
		return "无"
	}
	return s
}

func history(list []passage.Step) web.Timeline {
	t := web.Timeline{Title: "办理经过"}
	for _, s := range slices.Backward(list) {
		t.Events = append(t.Events, web.Event{At: s.At, Title: impostor.Machine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	return t
}

// forms are the acts the case allows the person now, what is next first; the
// others are folded.
func forms(d impostor.Dossier, may rights, s *authz.Session) []web.Form {
	c := d.Case
	small := func(act, legend, hint, button string, kind web.Tone, upload bool, fields ...web.Field) web.Form {
		return web.Form{Action: c.Link() + "/" + act, Key: act + c.ID, Upload: upload, Sections: []web.Section{{Legend: legend, Hint: hint, Fields: fields}}, Buttons: []web.Button{{Label: button, Kind: kind, Plain: kind == web.Neutral}}}
	}
	why := func(name, label string) web.Field {
		return web.Field{Kind: web.TextArea, Name: name, Label: label, Required: true, Max: 2000, Rows: 3}
	}
	var out []web.Form
	if may.verify {
		switch c.State {
		case impostor.Found:
			out = append(out, small("verify", "核实", "由您本人核实并署名：登记信息、页面内容、备案和认证情况。", "核实为假冒", web.Info, true, why("verdict", "核实依据"), web.Field{Kind: web.File, Name: "files", Label: "证据", Multiple: true, Accept: approval.Accept, Hint: fileHint}),
				small("dismiss", "认定不是假冒", "", "认定不是假冒", web.Neutral, false, why("why", "理由")))
		case impostor.Verified:
			out = append(out, small("refer", "商请网信部门处理", "系统生成商请函，可下载后盖章发出；同时提醒网信部门。", "商请网信部门处理", web.Info, false, web.Field{Kind: web.TextArea, Name: "request", Label: "补充说明", Max: 1000, Rows: 2}),
				small("dismiss", "认定不是假冒", "", "认定不是假冒", web.Neutral, false, why("why", "理由")))
		case impostor.Disposing:
			if d.MayReferAgain() {
				out = append(out, small("refer", "再次商请网信部门处理", "各部门的结果都已登记，查看仍可访问的，再次商请。系统生成新的商请函，写明上次处置的结果；同时提醒网信部门。", "再次商请网信部门处理", web.Info, false, web.Field{Kind: web.TextArea, Name: "request", Label: "补充说明", Max: 1000, Rows: 2}))
			}
		case impostor.Dismissed:
			out = append(out, small("reopen", "重新核实", "", "重新核实", web.Info, false, why("why", "新情况")))
		case impostor.Gone:
			out = append(out, small("close", "办结", "网信、通信、公安的结果都已登记或写明无需处置，且观察到 "+d.Until.String()+" 没有恢复，才能办结。", "办结线索", web.Info, false, why("conclusion", "办结意见")))
		}
	}
	if may.dispose && (c.State == impostor.Referred || c.State == impostor.Disposing || c.State == impostor.Gone) {
		open := map[string]bool{}
		for _, p := range d.Current() {
			open[p.Party] = !p.Spared()
			if p.Done() || !impostor.MayRecord(s, p.Party) {
				continue
			}
			f := small("result", "登记"+impostor.PartyName(p.Party)+"的处置结果", "", "登记处置结果", web.Info, true,
				web.Field{Kind: web.Hidden, Name: "party", Value: p.Party},
				web.Field{Kind: web.Select, Name: "measure_" + p.Party, Label: "采取的措施", Required: true, Options: measures(c, p.Party)}, why("result_"+p.Party, "处置结果"),
				web.Field{Kind: web.DateField, Name: "on_" + p.Party, Label: "处置日期", Required: true, Narrow: true}, web.Field{Name: "document_" + p.Party, Label: "文书编号", Max: 100}, web.Field{Kind: web.File, Name: "file_" + p.Party, Label: "复函或文书", Accept: approval.Accept, Hint: fileHint})
			f.Key += p.Party
			out = append(out, f)
		}
		mayHandOn := impostor.MayRecord(s, "cyberspace")
		var more []web.Option
		for _, p := range impostor.Parties[1:] {
			if !open[p.Value] {
				more = append(more, web.Option{Value: p.Value, Label: p.Name, Hint: c.Does(p.Value)})
			}
		}
		if len(more) > 0 && mayHandOn {
			f := small("hand-on", "协调其他部门处置", "", "协调处置", web.Info, false, web.Field{Kind: web.Checks, Name: "party", Label: "部门", Options: more})
			if c.State == impostor.Referred { // who was asked asks the others before it has a result to tell
				out = slices.Insert(out, 0, f)
			} else {
				out = append(out, f)
			}
		}
		for _, p := range impostor.Parties[1:] {
			if mayHandOn && !slices.ContainsFunc(d.Current(), func(x impostor.Step) bool { return x.Party == p.Value }) {
				f := small("result", "无需"+p.Name+"处置", "没有协调"+p.Name+"的，写明理由后才能办结；以后仍可再协调。", "登记无需处置", web.Neutral, true,
					web.Field{Kind: web.Hidden, Name: "party", Value: p.Value}, web.Field{Kind: web.Hidden, Name: "measure_" + p.Value, Value: "none"}, why("result_"+p.Value, "理由"),
					web.Field{Kind: web.DateField, Name: "on_" + p.Value, Label: "认定日期", Required: true, Narrow: true}, web.Field{Kind: web.File, Name: "file_" + p.Value, Label: "依据材料", Accept: approval.Accept, Hint: fileHint})
				f.Key += p.Value
				out = append(out, f)
			}
		}
	}
	if may.report {
		if c.Kind == "site" {
			out = append(out, small("look", "查看一次", "平台从服务器打开对方首页一次，记录能否访问、标题和页面内容，并与被冒充的官方网站比对；不执行对方脚本。", "由平台查看一次", web.Neutral, false))
		}
		hint := "账号只能由人在平台上查看。"
		if c.Kind == "site" {
			hint = "平台不便查看或需要用手机查看的，由人查看后登记。"
		}
		out = append(out, small("saw", "登记看到的情况", hint, "登记查看情况", web.Neutral, true,
			web.Field{Kind: web.Radios, Name: "outcome", Label: "现在", Required: true, Options: []web.Option{{Value: impostor.There, Label: "仍可访问"}, {Value: impostor.NotSeen, Label: "无法访问"}}}, why("says", "看到的情况"),
			web.Field{Kind: web.File, Name: "shot", Label: "截图", Required: true, Accept: approval.Accept, Hint: fileHint}))
	}
	if may.verify && c.Contact != "" {
		out = append(out, small("contact", "举报人的联系方式", "查看留痕，只用于核实这条线索。", "查看联系方式", web.Neutral, false))
	}
	for i := range out {
		out[i].Folded = i > 0
	}
	return out
}

func measures(c impostor.Case, party string) []web.Option {
	out := []web.Option{{Label: "请选择"}}
	for _, m := range c.Measures(party) {
		out = append(out, web.Option{Value: m.Value, Label: m.Name})
	}
	return out
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, nil, "")
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, wrong error, contact string) error {
	s := authz.SessionFrom(r.Context())
	d, err := h.impostors.Dossier(r.Context(), s.ScopeFor(authz.InspectionRead), r.PathValue("id"))
	if err != nil {
		return err
	}
	may, err := h.rightsOf(r, d.Case)
	if err != nil {
		return err
	}
	v := newCaseView(d, may, s, web.FrameOf(r).Today)
	if contact != "" {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "举报人的联系方式", Text: contact})
	}
	if wrong != nil {
		act := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		for i := range v.Forms {
			f := &v.Forms[i]
			if !strings.HasSuffix(f.Action, "/"+act) || act == "result" && f.Field("party").Value != web.Typed(r, "party") {
				continue
			}
			f.Fill(r.PostForm)
			f.Wrong(wrong)
			return recordPage.RenderStatus(w, r, status, v)
		}
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return recordPage.RenderStatus(w, r, status, v)
}

// act wraps a small act of a case: the page again when something is to be
// mended.
func (h *Handler) act(said string, do func(r *http.Request, scope authz.Scope, s *authz.Session, id string) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		err := do(r, authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"))
		if web.Mendable(err) {
			return h.render(w, r, web.StatusOf(err), err, "")
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, casesPath+"/"+url.PathEscape(r.PathValue("id")), said)
	}
}

func (h *Handler) verify(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	files, done, err := web.Attachments(r, "impostor_proof", "files")
	defer done()
	if err != nil {
		return err
	}
	return h.impostors.Verify(r.Context(), scope, s, id, web.Typed(r, "verdict"), files)
}

func (h *Handler) dismiss(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	return h.impostors.Dismiss(r.Context(), scope, s, id, web.Typed(r, "why"))
}

func (h *Handler) reopen(r *http.Request, scope authz.Scope, _ *authz.Session, id string) error {
	return h.impostors.Reopen(r.Context(), scope, id, web.Typed(r, "why"))
}

func (h *Handler) refer(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	return h.impostors.Refer(r.Context(), scope, s, id, web.Typed(r, "request"))
}

func (h *Handler) close(r *http.Request, scope authz.Scope, _ *authz.Session, id string) error {
	return h.impostors.Close(r.Context(), scope, id, web.Typed(r, "conclusion"))
}

func (h *Handler) handOn(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	return h.impostors.HandOn(r.Context(), scope, s, id, r.PostForm["party"])
}

func (h *Handler) result(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	party := web.Typed(r, "party")
	file, done, err := web.Attachment(r, "file_"+party)
	defer done()
	if err != nil {
		return err
	}
	n := impostor.Outcome{Party: party, Measure: web.Typed(r, "measure_"+party), Result: web.Typed(r, "result_"+party), Document: web.Typed(r, "document_"+party), File: file}
	if n.On, err = web.DayOf(r, "on_"+party, "处置日期"); err != nil {
		return err
	}
	err = h.impostors.Record(r.Context(), scope, s, id, n)
	if web.Mendable(err) {
		// The fields of a step bear its party: a case may show several.
		f := *fault.Of(err)
		f.Fields = slices.Clone(f.Fields)
		for i := range f.Fields {
			f.Fields[i].Name += "_" + party
		}
		return &f
	}
	return err
}

func (h *Handler) look(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	_, err := h.impostors.LookNow(r.Context(), scope, s, id)
	return err
}

func (h *Handler) saw(r *http.Request, scope authz.Scope, s *authz.Session, id string) error {
	file, done, err := web.Attachment(r, "shot")
	defer done()
	if err != nil {
		return err
	}
	return h.impostors.Saw(r.Context(), scope, s, id, web.Typed(r, "outcome"), web.Typed(r, "says"), file)
}

func (h *Handler) contact(w http.ResponseWriter, r *http.Request) error {
	contact, err := h.impostors.Reveal(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if web.Mendable(err) {
		return h.render(w, r, web.StatusOf(err), err, "")
	}
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, nil, contact)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.impostors.File(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

func (h *Handler) letter(w http.ResponseWriter, r *http.Request) error {
	round := 0
	if s := r.URL.Query().Get("round"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return fault.New(fault.Invalid, "网址里的商请次数应为 1 起的数字，请从线索页面重新打开商请函。")
		}
		round = n
	}
	d, c, err := h.impostors.Paper(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), round)
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, d, "商请函", "商请函-"+c.Number)
}

func newNames(list []impostor.Candidate, total int, rounds impostor.Rounds, reports bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: "相近域名", Lead: "按官方域名推算出、已有人注册的名称。能解析的，平台打开首页一次，与官方网站比对，最相近的排在前面；是不是假冒由人判断，登记后才成为线索。相近度只用来排列，" + impostor.LikenessEdition("") + "。"}, Tabs: tabs(namesPath),
		Stats: web.Stats{Items: []web.Stat{{Name: "受保护的域名", Value: strconv.Itoa(rounds.Hosts), Unit: "个", Note: "近 7 天已推算查询 " + strconv.Itoa(rounds.Asked) + " 个"},
			{Name: "查询的名称", Value: strconv.Itoa(rounds.Names), Unit: "个", Note: fmt.Sprintf("没有得到答复 %d 个", rounds.Untold)}, {Name: "符合条件", Value: strconv.Itoa(total), Unit: "个"}}},
		Filter: web.Filter{Action: namesPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "域名"}, {Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Value: "", Label: "待查看"}, {Value: "cased", Label: "已登记为线索"}, {Value: "set_aside", Label: "不是假冒"}, {Value: "all", Label: "全部"}}}}},
		Table:  web.Table{Caption: "相近域名", Quiet: true, Columns: []web.Column{{Head: "域名"}, {Head: "相近于"}, {Head: "方式"}, {Head: "解析到"}, {Head: "首页", Wide: true}, {Head: "相近度"}, {Head: "最近查到"}, {Head: "处理"}}, Empty: web.Empty{Title: "没有待查看的相近域名", Text: "平台每周把每个官方域名推算一遍；没有外网解析条件的部署查不到结果。"}}}}
	if rounds.NoWay {
		v.Heading.Lead = "省级设置为“平台不能访问互联网”，现在不查询相近域名，也不打开对方网站；下面是此前查到的。新的线索由单位报告或公众举报登记。相近度只用来排列，" + impostor.LikenessEdition("") + "。"
	}
	for _, c := range list {
		act := web.Cell{Text: map[string]string{"new": "待查看", "cased": "已登记", "set_aside": "不是假冒"}[c.State], Note: c.Why}
		if c.State == "new" && reports {
			act = web.Acts(web.Link{Text: "查看和处理", Href: namesPath + "/" + url.PathEscape(c.Host) + "/set-aside", Note: c.Shown})
		}
		name := web.Cell{Text: c.Shown}
		if c.Shown != c.Host {
			name.Note = c.Host
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, {Text: registry.ShownHost(c.Imitates), Note: c.UnitName}, web.Text(c.TechniqueName()), web.Text(c.Addresses), frontOf(c), scoreOf(c), web.When(c.LastSeen), act}})
	}
	return v
}

// frontOf is what the one look at the front page of a name found.
func frontOf(c impostor.Candidate) web.Cell {
	if c.Seen.At.IsZero() {
		return web.Text("还没有查看")
	}
	cell := web.Text(map[string]string{impostor.There: "可以打开", impostor.NotSeen: "没有打开", impostor.Unknown: "未能查看"}[c.Seen.Outcome])
	cell.Note = c.Seen.Title
	return cell
}

// scoreOf is how like the genuine page it is; nothing where they were not compared.
func scoreOf(c impostor.Candidate) web.Cell {
	k := c.Seen.Likeness
	if k == nil || k.Why != "" {
		return web.Text("")
	}
	return web.Cell{Text: strconv.Itoa(k.Score), Note: fmt.Sprintf("%d 项相同或相近", k.Alike())}
}

func (h *Handler) names(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	state, text := q.Get("state"), strings.TrimSpace(q.Get("q"))
	switch state {
	case "":
		state = "new"
	case "all":
		state = ""
	}
	if len([]rune(text)) > 100 {
		return fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	list, total, err := h.impostors.Candidates(r.Context(), authz.ScopeFrom(r.Context()), state, text, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	rounds, err := h.impostors.Rounds(r.Context())
	if err != nil {
		return err
	}
	v := newNames(list, total, rounds, may(r, authz.ImpostorReport))
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) suspect(w http.ResponseWriter, r *http.Request) error {
	c, err := h.impostors.Suspect(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("host"))
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Link(), "已登记为线索 "+c.Number+"，请核实。")
}

func newSetAside(c impostor.Candidate) formView {
	v := formView{web.FormView{Heading: web.Heading{Above: "相近域名", Title: c.Shown, Lead: "相近于 " + registry.ShownHost(c.Imitates) + "（" + c.TechniqueName() + "），解析到 " + c.Addresses + "。"}, Trail: []web.Crumb{{Name: "相近域名", Href: namesPath}}}}
	if !c.Seen.At.IsZero() {
		v.Alert = web.Alert{Kind: web.Info, Title: "平台于 " + web.Minute(c.Seen.At) + " 打开首页一次", Text: c.Seen.Says + "以下比对只供判断参考。"}
		if c.Seen.Likeness != nil {
			v.Before = append(v.Before, likenessTable(impostor.Case{}, c.Seen))
		}
	}
	action := namesPath + "/" + url.PathEscape(c.Host)
	v.Form = web.Form{Key: "aside" + c.Host, Sections: []web.Section{{Legend: "不是假冒的，写明理由", Hint: "例如：是某企业的商号，网站内容与政府无关。以后不再提示。", Fields: []web.Field{{Kind: web.TextArea, Name: "why", Label: "理由", Max: 2000, Rows: 3}}}},
		Buttons: []web.Button{{Label: "登记为假冒线索", Action: action + "/suspect", Skip: true}, {Label: "认定不是假冒", Plain: true}}, Cancel: web.Link{Text: "返回列表", Href: namesPath}}
	return v
}

func (h *Handler) candidateOf(r *http.Request) (impostor.Candidate, error) {
	return h.impostors.CandidateOf(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("host"))
}

func (h *Handler) showSetAside(w http.ResponseWriter, r *http.Request) error {
	c, err := h.candidateOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newSetAside(c))
}

func (h *Handler) setAside(w http.ResponseWriter, r *http.Request) error {
	c, err := h.candidateOf(r)
	if err != nil {
		return err
	}
	if err := h.impostors.SetAside(r.Context(), authz.ScopeFrom(r.Context()), c.Host, web.Typed(r, "why")); web.Mendable(err) {
		v := newSetAside(c)
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	} else if err != nil {
		return err
	}
	return web.Done(w, r, namesPath, c.Shown+" 已认定不是假冒。")
}
