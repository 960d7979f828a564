package appraisalweb

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	roundsPath  = "/console/rounds"
	resultsPath = "/console/results"
	perPage     = 20
	maxExport   = 20000
	fileHint    = "PDF、JPG、PNG、DOCX 或 XLSX，每个不超过 20 MB"
)

// Handler serves the screens.
type Handler struct {
	rounds   *appraisal.Service
	org      *org.Service
	settings func() sx2021.Settings
	filing   *assessment.Service
}

// Filing lets what judges found wrong become findings.
func (h *Handler) Filing(a *assessment.Service) *Handler {
	h.filing = a
	return h
}

// New makes the handler.
func New(s *appraisal.Service, o *org.Service, settings func() sx2021.Settings) *Handler {
	return &Handler{rounds: s, org: o, settings: settings}
}

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/rounds", Permit: authz.AppraisalJudge, Handle: h.list},
		{Pattern: "GET /console/rounds/new", Permit: authz.AppraisalManage, Handle: h.showNew},
		{Pattern: "POST /console/rounds/new", Permit: authz.AppraisalManage, Handle: h.open},
		{Pattern: "GET /console/rounds/{id}", Permit: authz.AppraisalJudge, Handle: h.show},
		{Pattern: "POST /console/rounds/{id}/collect", Permit: authz.AppraisalManage, Handle: h.act("评判已经开始。", h.collect)},
		{Pattern: "POST /console/rounds/{id}/freeze", Permit: authz.AppraisalManage, Handle: h.act("结果已冻结，全部记录的摘要已写入审计。", h.freeze)},
		{Pattern: "POST /console/rounds/{id}/appeal", Permit: authz.AppraisalManage, Handle: h.act("结果已送达各单位，申诉期开始。", h.appeal)},
		{Pattern: "POST /console/rounds/{id}/decide", Permit: authz.AppraisalManage, Handle: h.act("已裁定，可以公布。", h.decide)},
		{Pattern: "POST /console/rounds/{id}/publish", Permit: authz.AppraisalManage, Handle: h.act("结果已公布。", h.publish)},
		{Pattern: "POST /console/rounds/{id}/public", Permit: authz.AppraisalManage, Handle: h.act("已办理，公开页面随后更新。", h.toPublic)},
		{Pattern: "POST /console/rounds/{id}/withdraw", Permit: authz.AppraisalManage, Handle: h.act("这一轮已撤回。", h.withdraw)},
		{Pattern: "POST /console/rounds/{id}/name", Permit: authz.AppraisalManage, Handle: h.act("已点名加入样本。", h.name)},
		{Pattern: "GET /console/rounds/{id}/objects", Permit: authz.AppraisalJudge, Handle: h.objects},
		{Pattern: "GET /console/rounds/{id}/export", Permit: authz.AppraisalJudge, Handle: h.export},
		{Pattern: "GET /console/rounds/{id}/objects/{object}", Permit: authz.AppraisalJudge, Handle: h.showSheet},
		{Pattern: "POST /console/rounds/{id}/objects/{object}", Permit: authz.AppraisalJudge, Handle: h.judge, MaxBody: 4*approval.MaxUpload + 1<<20},
		{Pattern: "GET /console/rounds/{id}/objects/{object}/remove", Permit: authz.AppraisalManage, Handle: h.showRemove},
		{Pattern: "POST /console/rounds/{id}/objects/{object}/remove", Permit: authz.AppraisalManage, Handle: h.remove},
		{Pattern: "GET /console/rounds/{id}/differences", Permit: authz.AppraisalManage, Handle: h.differences},
		{Pattern: "POST /console/rounds/{id}/differences/{object}/{indicator}", Permit: authz.AppraisalManage, Handle: h.rule},
		{Pattern: "GET /console/rounds/{id}/appeals", Permit: authz.AppraisalManage, Handle: h.appeals},
		{Pattern: "POST /console/rounds/{id}/appeals/{appeal}", Permit: authz.AppraisalManage, Handle: h.answer},
		{Pattern: "GET /console/rounds/{id}/errata", Permit: authz.AppraisalJudge, Handle: h.errata},
		{Pattern: "POST /console/rounds/{id}/errata/{erratum}", Permit: authz.AppraisalManage, Handle: h.confirm},
		{Pattern: "GET /console/rounds/{id}/rescore", Permit: authz.AppraisalJudge, Handle: h.rescore},
		{Pattern: "POST /console/rounds/{id}/rescore", Permit: authz.AppraisalJudge, Handle: h.recheck},
		{Pattern: "GET /console/results", Permit: authz.AssessmentRead, Handle: h.own},
		{Pattern: "GET /console/results/export", Permit: authz.AssessmentRead, Handle: h.exportOwn},
		{Pattern: "GET /console/results/{object}", Permit: authz.AssessmentRead, Handle: h.result},
		{Pattern: "POST /console/results/{object}/accept", Permit: authz.AppraisalAppeal, Handle: h.accept},
		{Pattern: "POST /console/results/{object}/appeal", Permit: authz.AppraisalAppeal, Handle: h.raise, MaxBody: 4*approval.MaxUpload + 1<<20},
		{Pattern: "POST /console/results/{object}/appeals/{appeal}/withdraw", Permit: authz.AppraisalAppeal, Handle: h.takeBack},
		{Pattern: "POST /console/results/{object}/erratum", Permit: authz.AppraisalManage, Handle: h.propose},
		{Pattern: "GET /console/results/{object}/files/{file}", Permit: authz.AssessmentRead, Handle: h.file},
	}
}

// page is a list of this door, record a round or result, formView a form.
type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

func stateTag(state string) web.Tag {
	kind := web.Info
	switch state {
	case appraisal.Published:
		kind = web.Good
	case appraisal.Withdrawn:
		kind = web.Neutral
	case appraisal.Appealing:
		kind = web.Warn
	}
	return web.Tag{Kind: kind, Text: appraisal.Machine.Name(state)}
}

func verdictTag(s appraisal.Standing) web.Tag {
	kind := web.Neutral
	switch s.Verdict {
	case assessment.Qualified:
		kind = web.Good
	case assessment.Unqualified:
		kind = web.Danger
	}
	return web.Tag{Kind: kind, Text: s.Says()}
}

func tabs(r appraisal.Round, current string, manages bool) web.Tabs {
	t := web.Tabs{Label: "这一轮"}
	for _, x := range []struct {
		name, tail string
		manage     bool
	}{{"概况", "", false}, {"样本和结果", "/objects", false}, {"分歧", "/differences", true}, {"申诉", "/appeals", true}, {"更正和勘误", "/errata", false}, {"重算核对", "/rescore", false}, {"结果反馈", "/mailing", true}} {
		if x.manage && !manages || x.tail == "/rescore" && !r.Frozen() || x.tail == "/mailing" && r.State != appraisal.Published {
			continue
		}
		t.Items = append(t.Items, web.Tab{Name: x.name, Href: r.Link() + x.tail, Current: x.tail == current})
	}
	return t
}

var trail = []web.Crumb{{Name: "考核轮次", Href: roundsPath}}

func trailOf(r appraisal.Round) []web.Crumb {
	return append(slices.Clone(trail), web.Crumb{Name: r.Name, Href: r.Link()})
}

func newRounds(list []appraisal.Round, total int, manages bool) page {
	v := page{web.ListView{Heading: web.Heading{Title: "考核轮次", Lead: "月检查、季检查、年考核和监管工作考核各为一轮：抽样、评判、冻结、申诉、裁定、公布（第二十九条、第三十条）。"},
		Filter: web.Filter{Action: roundsPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "kind", Label: "类别", Options: kindOptions("全部")}, {Kind: web.Select, Name: "state", Label: "状态", Options: stateOptions()}}},
		Table: web.Table{Caption: "考核轮次", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "类别"}, {Head: "时段"}, {Head: "组织单位"}, {Head: "状态"}, {Head: "开始时间"}},
			Empty: web.Empty{Title: "还没有考核轮次", Text: "组织一轮后，指标包和样本随即固定，抽样的种子公开可查。"}}}}
	if manages {
		v.Heading.Acts = []web.Act{{Text: "组织一轮", Href: roundsPath + "/new", Primary: true}}
	}
	for _, r := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: r.Name, Href: r.Link(), Note: r.Number}, web.Text(r.KindName()), web.Text(r.PeriodName()), web.Text(r.UnitName), web.Tagged(stateTag(r.State)), web.When(r.OpenedAt)}})
	}
	return v
}

func kindOptions(all string) []web.Option {
	out := []web.Option{{Label: all}}
	for _, k := range appraisal.Kinds {
		out = append(out, web.Option{Value: k.Value, Label: k.Name})
	}
	return out
}

func stateOptions() []web.Option {
	out := []web.Option{{Label: "全部"}}
	for _, s := range appraisal.States {
		out = append(out, web.Option{Value: s, Label: appraisal.Machine.Name(s)})
	}
	return out
}

func may(r *http.Request, p authz.Permission) bool { return authz.SessionFrom(r.Context()).May(p) }

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, total, err := h.rounds.Rounds(r.Context(), authz.ScopeFrom(r.Context()), appraisal.Filter{Kind: q.Get("kind"), State: q.Get("state"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newRounds(list, total, may(r, authz.AppraisalManage))
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newOpening(offices []web.Option, choices []appraisal.PackChoice, set sx2021.Settings, today calendar.Date) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "组织一轮考核", Lead: "提交后即按比例分层抽样，指标包随之固定。同样的种子和台账抽出同样的样本，任何人都可以复核。"}, Trail: trail}}
	var packOptions []web.Option
	for _, p := range choices {
		packOptions = append(packOptions, web.Option{Value: p.Value, Label: p.Label})
	}
	last := assessment.QuarterOf(today).Before()
	v.Form = web.Form{Key: "round", Sections: []web.Section{
		{Legend: "时段和依据", Fields: []web.Field{
			{Kind: web.Select, Name: "unit", Label: "组织单位", Required: true, Options: offices},
			{Kind: web.Radios, Name: "kind", Label: "类别", Required: true, Value: "quarterly", Options: kindOptions("")[1:]},
			{Name: "period", Label: "时段", Required: true, Narrow: true, Max: 10, Value: last.String(), Hint: "月检查如 2026-09，季检查如 2026-Q3，年考核、监管工作考核如 2026"},
			{Name: "name", Label: "名称", Max: 60, Hint: "留空则按地区、时段和类别命名"},
			{Kind: web.Select, Name: "pack", Label: "指标包", Required: true, Options: packOptions, Hint: "开始后不再变动；省级未采用的指标包，未核实的分值不计入，也不能公布"}}},
		{Legend: "抽样", Hint: "按单位层级、类别和地区分层，账号另按平台和上次结果分层。三级政府及其办公厅（室）的账号全部检查。监管工作考核不抽样：直接下级主管单位全部考核，下面的比例不起作用。", Fields: []web.Field{
			{Kind: web.Number, Name: "site_share", Label: "网站", Required: true, Narrow: true, Unit: "%", Mode: "numeric", Value: strconv.Itoa(set.SampleSites)},
			{Kind: web.Number, Name: "account_share", Label: "其他账号", Required: true, Narrow: true, Unit: "%", Mode: "numeric", Value: strconv.Itoa(set.SampleAccounts)},
			{Name: "seed", Label: "种子", Narrow: true, Max: 18, Mode: "numeric", Hint: "留空由系统产生；可填当众摇出的号码"}}}},
		Buttons: []web.Button{{Label: "抽样并组织一轮"}}, Cancel: web.Link{Text: "取消", Href: roundsPath}}
	return v
}

func (h *Handler) opening(r *http.Request) (formView, error) {
	scope := authz.ScopeFrom(r.Context())
	units, err := h.offices(r)
	if err != nil {
		return formView{}, err
	}
	choices, err := h.rounds.Packs(r.Context(), scope)
	return newOpening(units, choices, h.settings(), web.FrameOf(r).Today), err
}

// offices are those the person may hold a round for: where they have a post.
func (h *Handler) offices(r *http.Request) ([]web.Option, error) {
	var out []web.Option
	s := authz.SessionFrom(r.Context())
	for _, id := range s.UnitsFor(authz.AppraisalManage) {
		u, err := h.org.Unit(r.Context(), s.ScopeFor(authz.AppraisalManage), org.UnitID(id))
		if err != nil {
			return nil, err
		}
		if u.Kind == org.Office {
			out = append(out, web.Option{Value: id, Label: u.Name})
		}
	}
	return out, nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.opening(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func share(r *http.Request, name string) int {
	n, err := strconv.Atoi(web.Typed(r, name))
	if err != nil {
		return -1
	}
	return n
}

func (h *Handler) open(w http.ResponseWriter, r *http.Request) error {
	round, err := h.rounds.Open(r.Context(), authz.ScopeFrom(r.Context()), appraisal.Opening{Unit: org.UnitID(web.Typed(r, "unit")), Kind: web.Typed(r, "kind"), Period: web.Typed(r, "period"), Name: web.Typed(r, "name"), Pack: web.Typed(r, "pack"),
		Plan: appraisal.Plan{SiteShare: share(r, "site_share"), AccountShare: share(r, "account_share")}, Seed: web.Typed(r, "seed")})
	if web.Mendable(err) {
		v, formErr := h.opening(r)
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, round.Link(), round.Name+"已经开始，编号 "+round.Number+"。请核对样本后开始评判。")
}

// mostNamed bounds how many sites a sentence names.
const mostNamed = 8

// overview is what the round's page shows.
type overview struct {
	round    appraisal.Round
	progress appraisal.Progress
	until    calendar.Due
	history  []passage.Step
	same     int // of the sample, as the lot gives today; -1 when not asked
}

// packName is the title of the pack that the round was opened with.
func packName(r appraisal.Round) string {
	if p, err := r.Pack(); err == nil && p.Title != "" {
		return p.Title
	}
	return r.PackID
}

func newRound(o overview, manages bool) record {
	r, p := o.round, o.progress
	v := record{web.RecordView{Heading: web.Heading{Above: r.KindName() + " · " + r.Number, Title: r.Name, Tags: []web.Tag{stateTag(r.State)}}, Trail: trail, Tabs: tabs(r, "", manages)}}
	v.Main = append(v.Main, steps(r))
	stats := web.Stats{Label: "进度", Items: []web.Stat{
		{Name: "样本", Value: strconv.Itoa(p.Objects), Unit: "个", Note: fmt.Sprintf("网站 %d、账号 %d", p.Sites, p.Objects-p.Sites), Href: r.Link() + "/objects"},
		{Name: "网站已检测", Value: strconv.Itoa(p.Tested), Unit: "个", Note: fmt.Sprintf("本期没有完成检测的 %d 个", p.Sites-p.Tested)},
		{Name: "两人已评判", Value: strconv.Itoa(p.Two), Unit: "个", Note: fmt.Sprintf("一人已评判 %d 个", p.One), Href: r.Link() + "/objects?sheets=two"}}}
	if r.Kind == appraisal.Offices {
		stats.Items[0].Name, stats.Items[0].Note = "主管单位", "直接下级全部考核"
		stats.Items = slices.Delete(stats.Items, 1, 2)
	}
	if r.Told() {
		stats.Items = append(stats.Items, web.Stat{Name: "单位已确认", Value: strconv.Itoa(p.Accepted), Unit: "个", Note: fmt.Sprintf("申诉 %d 件，待答复 %d 件", p.Appeals, p.Waiting)})
	}
	v.Main = append(v.Main, stats)
	if r.State == appraisal.Collecting && len(p.Running) > 0 {
		var names []string
		for _, x := range p.Running {
			names = append(names, x.Name)
		}
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "有网站正在检查", Text: strings.Join(names[:min(len(names), mostNamed)], "、") + "。冻结前请等待完成，或选择不计入。"})
	}
	if p.Open > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: fmt.Sprintf("有 %d 项两人评判不一致", p.Open), Text: "裁定后才能冻结。", Links: []web.Link{{Text: "去裁定", Href: r.Link() + "/differences"}}})
	}
	if r.Frozen() && !r.Adopted() {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "未核实的分值没有计入", Text: "冻结时省政府办公厅还没有采用这个指标包，只按已核实的指标判定。"})
	}
	if len(p.Untested) > 0 && !r.Frozen() {
		t := web.Table{Caption: "还没有检测也没有评判的网站", Compact: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "主办单位"}}}
		for _, x := range p.Untested {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Name, Href: r.Link() + "/objects/" + x.ID, Note: x.Host}, web.Text(x.UnitName)}})
		}
		v.Main = append(v.Main, t)
	}
	if manages {
		v.Forms, v.ActsFirst = forms(r, p), true
	}
	adopted := web.Term{Name: "采用", Text: "省级未采用"}
	if r.Adopted() {
		adopted = web.Term{Name: "采用", Text: r.Adoption.Label, Note: r.Adoption.Unit + " " + r.Adoption.By + " " + r.Adoption.On.String() + "；" + r.Adoption.Basis}
	} else if !r.Frozen() {
		adopted.Text = "冻结时认定"
	}
	facts := web.Summary{Title: "依据", Terms: []web.Term{{Name: "组织单位", Text: r.UnitName}, {Name: "负责人", Text: r.HeadName}, {Name: "时段", Text: r.PeriodName()}, {Name: "指标包", Text: packName(r), Note: fmt.Sprintf("第 %d 版，开始时固定", r.PackVersion)}, adopted,
		{Name: "抽样", Text: fmt.Sprintf("网站 %d%%，其他账号 %d%%", r.Plan.SiteShare, r.Plan.AccountShare), Note: "种子 " + strconv.FormatInt(r.Seed, 10)}}}
	if r.Kind == appraisal.Offices {
		facts.Terms[len(facts.Terms)-1] = web.Term{Name: "考核对象", Text: "直接下级主管单位，全部考核"}
	}
	if o.same >= 0 {
		facts.Terms = append(facts.Terms, web.Term{Name: "按种子重抽", Text: fmt.Sprintf("与样本相同 %d 个", o.same), Note: "台账变动后可能不同"})
	} else if !r.Frozen() && r.Kind != appraisal.Offices {
		facts.Terms = append(facts.Terms, web.Term{Name: "复核", Text: "按种子重抽一次", Href: r.Link() + "?redraw=1"})
	}
	if p.Removed > 0 {
		facts.Terms = append(facts.Terms, web.Term{Name: "移出样本", Text: strconv.Itoa(p.Removed) + " 个", Href: r.Link() + "/objects?removed=1"})
	}
	if r.Frozen() {
		facts.Terms = append(facts.Terms, web.Term{Name: "冻结", Text: web.Minute(r.FrozenAt), Note: r.FrozenBy}, web.Term{Name: "摘要", Text: r.SHA256[:min(16, len(r.SHA256))] + "…", Note: "SHA-256，写入审计"})
		if len(r.LeftOut) > 0 {
			facts.Terms = append(facts.Terms, web.Term{Name: "未计入的检查", Text: fmt.Sprintf("%d 个网站", len(r.LeftOut)), Note: strings.Join(r.LeftOut[:min(len(r.LeftOut), mostNamed)], "、")})
		}
	}
	if !r.PublicOn.IsZero() {
		facts.Terms = append(facts.Terms, web.Term{Name: "对外公开", Text: r.PublicOn.Chinese() + "起"})
	}
	if !o.until.On.IsZero() {
		t := web.Term{Name: "申诉期至", Text: o.until.On.Chinese()}
		if o.until.Provisional {
			t.Note = "暂定：该年的节假日安排尚未登记"
		}
		facts.Terms = append(facts.Terms, t)
	}
	v.Side = append(v.Side, facts, history(o.history))
	return v
}

func steps(r appraisal.Round) web.Steps {
	at := slices.Index(appraisal.States, r.State)
	out := web.Steps{Label: "办理步骤"}
	for n, s := range []struct{ name, note string }{{"抽样", web.Minute(r.OpenedAt)}, {"评判", web.Minute(r.CollectedAt)}, {"冻结", web.Minute(r.FrozenAt)}, {"申诉", dayText(r.AppealOn)}, {"裁定", web.Minute(r.DecidedAt)}, {"公布", web.Minute(r.PublishedAt)}} {
		step := web.Step{Name: s.name, Note: s.note, State: web.StepWaiting}
		switch {
		case r.State == appraisal.Withdrawn:
			step.State = web.StepRefused
		case n < at || r.State == appraisal.Published:
			step.State = web.StepDone
		case n == at:
			step.State = web.StepNow
		}
		out.Items = append(out.Items, step)
	}
	return out
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func history(list []passage.Step) web.Timeline {
	t := web.Timeline{Title: "办理经过"}
	for _, s := range slices.Backward(list) {
		t.Events = append(t.Events, web.Event{At: s.At, Title: appraisal.Machine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	return t
}

// forms are the acts a round allows its head now.
func forms(r appraisal.Round, p appraisal.Progress) []web.Form {
	small := func(act, legend, hint, button string, kind web.Tone, fields ...web.Field) web.Form {
		return web.Form{Action: r.Link() + "/" + act, Key: act + r.ID, Sections: []web.Section{{Legend: legend, Hint: hint, Fields: fields}}, Buttons: []web.Button{{Label: button, Kind: kind}}}
	}
	var out []web.Form
	switch r.State {
	case appraisal.Open:
		out = append(out, small("collect", "开始评判", "评判人逐个对象填写评判表；严重指标须两人独立评判。", "开始评判", web.Info))
	case appraisal.Collecting:
		var fields []web.Field
		if len(p.Running) > 0 {
			fields = append(fields, web.Field{Kind: web.Check, Name: "leave_out", Label: "未完成的检查不计入", Hint: fmt.Sprintf("正在检查的 %d 个网站按此前完成的检查计分", len(p.Running))})
		}
		out = append(out, small("freeze", "冻结结果", fmt.Sprintf("逐个对象计算并保存结果和依据，此后不再改动。没有检测的指标不扣分；没有两人评判的严重指标不计入。现有 %d 个对象两人已评判。", p.Two), "冻结结果", web.Info, fields...))
	case appraisal.FrozenAt:
		out = append(out, small("appeal", "送达各单位", "各单位收到本单位的结果，可以在申诉期内逐项申诉，或确认没有异议。", "送达并开始申诉期", web.Info))
	case appraisal.Appealing:
		out = append(out, small("decide", "裁定", "申诉都已答复，且申诉期满或各单位都已确认后，才能裁定。", "裁定", web.Info))
	case appraisal.Decided:
		out = append(out, small("publish", "公布结果", "公布后更正只能通过勘误，由两人办理，与结果一并长期显示。", "公布结果", web.Info))
	case appraisal.Published:
		switch {
		case !r.PublicOn.IsZero():
			out = append(out, small("public", "停止公开", "", "从公开页面撤下", web.Neutral, web.Field{Kind: web.Hidden, Name: "public", Value: "no"}))
		case r.Adopted():
			out = append(out, small("public", "对外公开", "公开后，任何人可以在所承载网站的“检查通报”栏看到各网站和账号的结果和勘误。依据未核实分值得出的结果显示为“未核实”，不公布得分。", "公开这一轮的结果", web.Info, web.Field{Kind: web.Hidden, Name: "public", Value: "yes"}))
		}
	}
	if r.State == appraisal.Open || r.State == appraisal.Collecting {
		kind := web.Field{Kind: web.Radios, Name: "kind", Label: "类别", Required: true, Value: "site", Options: []web.Option{{Value: "site", Label: "网站"}, {Value: "account", Label: "账号"}}}
		if r.Kind == appraisal.Offices {
			kind = web.Field{Kind: web.Hidden, Name: "kind", Value: "office"}
		}
		out = append(out, small("name", "点名加入", "只在抽样以外确需检查时使用，理由与样本一并显示。", "点名加入样本", web.Neutral,
			kind,
			web.Field{Name: "object", Label: "名称或域名", Required: true, Max: 100}, web.Field{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 1000, Rows: 2}),
			small("withdraw", "撤回这一轮", "撤回后可以重新组织。", "撤回这一轮", web.Danger, web.Field{Kind: web.TextArea, Name: "why", Label: "理由", Required: true, Max: 1000, Rows: 2}))
	}
	return out
}

func (h *Handler) overview(r *http.Request) (record, error) {
	scope := authz.ScopeFrom(r.Context())
	id := r.PathValue("id")
	round, err := h.rounds.Round(r.Context(), scope, id)
	if err != nil {
		return record{}, err
	}
	o := overview{round: round, until: h.rounds.AppealUntil(round), same: -1}
	if o.progress, err = h.rounds.Progress(r.Context(), scope, id); err != nil {
		return record{}, err
	}
	if o.history, err = h.rounds.History(r.Context(), scope, id); err != nil {
		return record{}, err
	}
	if r.URL.Query().Get("redraw") == "1" && !round.Frozen() {
		if o.same, _, _, err = h.rounds.Redraw(r.Context(), scope, id); err != nil {
			return record{}, err
		}
	}
	s := authz.SessionFrom(r.Context())
	return newRound(o, round.In(s.ScopeFor(authz.AppraisalManage))), nil
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.overview(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

// act wraps an act of a round: its page again when something is to be mended.
func (h *Handler) act(said string, do func(r *http.Request, scope authz.Scope, id string) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("id")
		wrong := do(r, authz.ScopeFrom(r.Context()), id)
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		return recordPage.Answer(w, r, wrong, roundsPath+"/"+url.PathEscape(id), said, h.overview, func(v *record) *web.Form {
			for i := range v.Forms {
				if strings.HasSuffix(v.Forms[i].Action, "/"+name) {
					return &v.Forms[i]
				}
			}
			return nil
		})
	}
}

func (h *Handler) collect(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Collect(r.Context(), scope, id)
	return err
}

func (h *Handler) freeze(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Freeze(r.Context(), scope, id, web.Typed(r, "leave_out") != "")
	return err
}

func (h *Handler) appeal(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.OpenAppeals(r.Context(), scope, id)
	return err
}

func (h *Handler) decide(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Decide(r.Context(), scope, id)
	return err
}

func (h *Handler) publish(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Publish(r.Context(), scope, id)
	return err
}

func (h *Handler) toPublic(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Show(r.Context(), scope, id, web.Typed(r, "public") == "yes")
	return err
}

func (h *Handler) withdraw(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Withdraw(r.Context(), scope, id, web.Typed(r, "why"))
	return err
}

func (h *Handler) name(r *http.Request, scope authz.Scope, id string) error {
	_, err := h.rounds.Name(r.Context(), scope, id, web.Typed(r, "kind"), web.Typed(r, "object"), web.Typed(r, "reason"))
	return err
}

func filterOf(r *http.Request) (appraisal.ObjectFilter, error) {
	q := r.URL.Query()
	f := appraisal.ObjectFilter{Text: strings.TrimSpace(q.Get("q")), Kind: q.Get("kind"), Verdict: assessment.Verdict(q.Get("verdict")), Sheets: q.Get("sheets"), Removed: q.Get("removed") == "1", Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

var verdictOptions = []web.Option{{Label: "全部"}, {Value: "qualified", Label: "合格"}, {Value: "unqualified", Label: "不合格"}, {Value: "untested", Label: "未检测"}}

func newObjects(r appraisal.Round, list []appraisal.Listed, total int, removed, manages bool) page {
	v := page{web.ListView{Heading: web.Heading{Above: r.Name, Title: "样本和结果", Tags: []web.Tag{stateTag(r.State)}}, Trail: trailOf(r), Tabs: tabs(r, "/objects", manages),
		Filter: web.Filter{Action: r.Link() + "/objects", Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、域名或单位"}, {Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Label: "全部"}, {Value: "site", Label: "网站"}, {Value: "account", Label: "账号"}, {Value: "office", Label: "主管单位"}}},
			{Kind: web.Select, Name: "sheets", Label: "评判表", Options: []web.Option{{Label: "全部"}, {Value: "none", Label: "没有"}, {Value: "one", Label: "一人"}, {Value: "two", Label: "两人"}}}},
			More: []web.Field{{Kind: web.Select, Name: "verdict", Label: "结果", Options: verdictOptions}, {Kind: web.Select, Name: "removed", Label: "范围", Options: []web.Option{{Label: "在样本中"}, {Value: "1", Label: "已移出"}}}}},
		Table: web.Table{Caption: "样本", Quiet: true, Columns: []web.Column{{Head: "对象", Wide: true}, {Head: "主办单位"}, {Head: "怎样进入样本"}, {Head: "评判表"}, {Head: "结果"}, {Head: "办理"}}, Empty: web.Empty{Title: "没有符合条件的对象", Text: "请放宽条件再查。"}}}}
	for _, o := range list {
		drawn := web.Cell{Text: o.DrawnName(), Note: o.Stratum}
		if o.Drawn == "named" {
			drawn.Note = o.AddedBy + "：" + o.Reason
		}
		if removed {
			drawn = web.Cell{Text: "已移出", Note: o.RemovedBy + "：" + o.RemovedWhy}
		}
		result := web.Cell{Text: "未冻结"}
		if o.Standing.Verdict != "" {
			result = web.Tagged(verdictTag(o.Standing))
			if o.Corrected > 0 {
				result.Note = "已更正"
			}
		}
		sheets := web.Cell{Text: []string{"没有", "一人", "两人"}[min(o.Sheets, 2)]}
		if o.Mine {
			sheets.Note = "您已评判"
		}
		acts := web.Cell{}
		switch {
		case removed:
		case r.State == appraisal.Collecting && (o.Sheets < 2 || o.Mine):
			acts.Links = append(acts.Links, web.Link{Text: "评判", Href: r.Link() + "/objects/" + o.ID, Note: o.Name})
		}
		if !removed && manages && (r.State == appraisal.Open || r.State == appraisal.Collecting) {
			acts.Links = append(acts.Links, web.Link{Text: "移出", Href: r.Link() + "/objects/" + o.ID + "/remove", Note: o.Name})
		}
		name := web.Cell{Text: o.Name, Note: kindAnd(o.Object)}
		if r.Frozen() && !removed {
			name.Href = o.Link()
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, unitCell(o.Object), drawn, sheets, result, acts}})
	}
	return v
}

// kindAnd is what an object is, with its host or platform where it has one.
func kindAnd(o appraisal.Object) string {
	if o.Host == "" {
		return o.KindName()
	}
	return o.KindName() + " · " + o.Host
}

// unitCell shows the unit of the time beside who stands in its place today.
func unitCell(o appraisal.Object) web.Cell {
	c := web.Cell{Text: o.UnitName}
	if o.UnitNow != o.UnitName && o.UnitNow != "" {
		c.Note = "现为" + o.UnitNow
	}
	return c
}

func (h *Handler) objects(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope, s := authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	round, err := h.rounds.Round(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	list, total, err := h.rounds.Objects(r.Context(), scope, s, round.ID, f)
	if err != nil {
		return err
	}
	v := newObjects(round, list, total, f.Removed, round.In(s.ScopeFor(authz.AppraisalManage)))
	v.Exports = web.ExportActs(round.Link()+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func sheetOf(title string, list []appraisal.Listed, rounds bool) official.Sheet {
	titles := []string{"名称", "域名或平台", "类别", "主办单位", "现单位", "进入样本", "分层", "理由", "评判表", "结果", "得分", "更正", "申诉"}
	if rounds {
		titles = append([]string{"轮次", "时段"}, titles...)
	}
	var columns []official.Column
	for _, t := range titles {
		columns = append(columns, official.Column{Title: t, Width: 18})
	}
	rows := make([][]any, len(list))
	for i, o := range list {
		points := ""
		if o.Standing.Scored {
			points = o.Standing.Points.String()
		}
		rows[i] = []any{o.Name, o.Host, o.KindName(), o.UnitName, o.UnitNow, o.DrawnName(), o.Stratum, o.Reason, o.Sheets, o.Standing.Verdict.Name(), points, o.Corrected, o.Appeals}
		if rounds {
			rows[i] = append([]any{o.RoundName, o.Period}, rows[i]...)
		}
	}
	return official.Sheet{Title: title, Columns: columns, Rows: slices.Values(rows)}
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	scope := authz.ScopeFrom(r.Context())
	round, err := h.rounds.Round(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	list, total, err := h.rounds.Objects(r.Context(), scope, authz.SessionFrom(r.Context()), round.ID, f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	return web.SendSheet(w, r, sheetOf(round.Name, list, false), round.Name)
}

func outcomeOptions(i packs.Indicator) []web.Option {
	out := []web.Option{{Label: "未评判"}, {Value: string(packs.Kept), Label: "符合"}, {Value: string(packs.Violated), Label: "有问题"}, {Value: string(packs.Untested), Label: "未检测"}}
	if i.Kind == packs.Bonus {
		out[1].Label = "可加分"
		out = append(out[:2:2], out[3]) // nothing is wrong that earns nothing
	}
	return out
}

func newSheet(f appraisal.Form) formView {
	r, o := f.Round, f.Object
	v := formView{web.FormView{Heading: web.Heading{Above: r.Name, Title: "评判 " + o.Name, Lead: leadOf(o) + "。只评判您看过的项目；评为有问题的写明看到的情况并附证据。"}, Trail: append(trailOf(r), web.Crumb{Name: "样本和结果", Href: r.Link() + "/objects"})}}
	switch {
	case f.Own == nil && f.Others == 1:
		v.Alert = web.Alert{Kind: web.Info, Title: "另一位评判人已经提交", Text: "您看不到对方的评判；您提交后两人的评判都不再改动。"}
	case f.Own != nil && f.Others == 1:
		v.Alert = web.Alert{Kind: web.Info, Title: "两人的评判都已提交", Text: "不再改动；不一致的由负责人裁定。"}
	case f.Own != nil:
		v.Alert = web.Alert{Kind: web.Info, Title: "您已提交", Text: "在第二人提交前可以修改。"}
	}
	sections := sheetSections(f)
	if f.Barred != "" {
		v.Alert = web.Alert{Kind: web.Warn, Title: "您不能评判这个对象", Text: f.Barred}
	}
	if f.Barred != "" {
		sections = nil // nothing to fill in that cannot be handed in
	}
	if f.OwnUnit && f.Barred == "" {
		why := web.Field{Kind: web.TextArea, Name: "own_reason", Label: "由本单位人员评判的理由", Required: true, Rows: 2, Max: 1000, Hint: "上面没有其他主管单位可以评判这个对象。理由随评判表保存，与结果一并显示。"}
		if f.Own != nil {
			why.Value = f.Own.OwnReason
		}
		sections = append([]web.Section{{Fields: []web.Field{why}}}, sections...)
	}
	if f.Barred == "" {
		sections = append(sections, web.Section{Legend: "证据", Fields: []web.Field{{Kind: web.File, Name: "files", Label: "截图、材料", Multiple: true, Accept: approval.Accept, Hint: fileHint}}})
	}
	v.Form = web.Form{Upload: true, Key: "sheet-" + o.ID, Sticky: true, Sections: sections, Buttons: []web.Button{{Label: "提交评判表"}}, Cancel: web.Link{Text: "返回样本", Href: r.Link() + "/objects"}}
	if f.Own != nil && f.Others == 1 || r.State != appraisal.Collecting || f.Barred != "" {
		v.Form.Buttons = nil
	}
	return v
}

// leadOf names an object in a sentence.
func leadOf(o appraisal.Object) string {
	if o.Kind == "office" {
		return o.KindName() + "监管工作"
	}
	return o.KindName() + "，" + o.UnitName + "，" + o.Host
}

// sheetSections are the lines of a sheet by group: of dozens of lines a judge
// opens the group at hand, and of a line what a problem needs only where there is
// one.
func sheetSections(f appraisal.Form) []web.Section {
	groups := map[string]int{}
	var out []web.Section
	judged := map[int]int{}
	for _, i := range f.Lines {
		title := map[packs.Kind]string{packs.Veto: "单项否决（两人独立评判）", packs.Deduct: "扣分：" + i.Group, packs.Bonus: "加分", packs.Special: "专项检查"}[i.Kind]
		n, ok := groups[title]
		if !ok {
			n, groups[title] = len(out), len(out)
			out = append(out, web.Section{Legend: title, Folded: true})
		}
		var own appraisal.Mark
		if f.Own != nil {
			own = f.Own.Marks[i.ID]
		}
		if own.Outcome != "" {
			judged[n]++
		}
		out[n].Fields = append(out[n].Fields, lineField(i, own))
	}
	for n := range out {
		s := &out[n]
		s.Unfold = n == 0
		s.Legend += fmt.Sprintf("：%d 项", len(s.Fields))
		if judged[n] > 0 {
			s.Legend += fmt.Sprintf("，已评 %d 项", judged[n])
		}
	}
	return out
}

// lineField is one line of a sheet: the outcome, and folded below it what was
// seen.
func lineField(i packs.Indicator, own appraisal.Mark) web.Field {
	hint := i.Says
	if i.Points.Given() {
		hint += "（" + i.Points.N.String() + " 分"
		if i.Points.Mark.Unverified() {
			hint += "，未核实"
		}
		hint += "）"
	}
	line := web.Field{Kind: web.Select, Name: "outcome_" + i.ID, Label: i.Name, Hint: hint, Value: string(own.Outcome), Options: outcomeOptions(i), Narrow: true, Opens: string(packs.Violated), MoreLabel: "看到的情况"}
	switch i.Kind {
	case packs.Deduct:
		line.MoreLabel = "处数、看到的情况"
		line.More = append(line.More, web.Field{Kind: web.Number, Name: "hits_" + i.ID, Label: i.Name + "：处数", Narrow: true, Unit: "处", Mode: "numeric", Value: positive(own.Hits)},
			web.Field{Kind: web.Check, Name: "whole_" + i.ID, Label: i.Name + "：整项缺失", Checked: own.Whole})
	case packs.Bonus:
		earned := ""
		if own.Earned > 0 {
			earned = own.Earned.String()
		}
		line.MoreLabel, line.Opens = "加分、依据", string(packs.Kept)
		line.More = append(line.More, web.Field{Name: "earned_" + i.ID, Label: i.Name + "：加分", Narrow: true, Unit: "分", Mode: "decimal", Value: earned})
	}
	line.More = append(line.More, web.Field{Kind: web.TextArea, Name: "says_" + i.ID, Label: i.Name + "：看到的情况", Rows: 2, Max: 1000, Value: own.Says})
	return line
}

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (h *Handler) sheet(r *http.Request) (formView, appraisal.Form, error) {
	f, err := h.rounds.Form(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PathValue("object"))
	if err != nil {
		return formView{}, f, err
	}
	return newSheet(f), f, nil
}

func (h *Handler) showSheet(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.sheet(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) judge(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.sheet(r)
	if err != nil {
		return err
	}
	files, done, err := web.Attachments(r, "evidence", "files")
	defer done()
	if err == nil {
		var entries []appraisal.Entry
		if entries, err = entriesOf(r, f.Lines); err == nil {
			_, err = h.rounds.JudgeOwn(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), f.Round.ID, f.Object.ID, entries, files, web.Typed(r, "own_reason"))
		}
	}
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, f.Round.Link()+"/objects", f.Object.Name+"的评判表已提交。")
}

func entriesOf(r *http.Request, lines []packs.Indicator) ([]appraisal.Entry, error) {
	var out []appraisal.Entry
	var wrong fault.Fields
	for _, i := range lines {
		e, bad := entryOf(r, "_"+i.ID)
		e.Indicator = i.ID
		for _, name := range bad {
			wrong.Add(name, i.Name+"的数值无法识别，请填写数字")
		}
		out = append(out, e)
	}
	return out, wrong.Err()
}

// entryOf reads what a line is judged as; tail follows the field names.
func entryOf(r *http.Request, tail string) (e appraisal.Entry, bad []string) {
	e = appraisal.Entry{Outcome: packs.Outcome(web.Typed(r, "outcome"+tail)), Whole: web.Typed(r, "whole"+tail) != "", Says: web.Typed(r, "says"+tail)}
	if t := web.Typed(r, "hits"+tail); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 0 {
			bad = append(bad, "hits"+tail)
		}
		e.Hits = n
	}
	if t := web.Typed(r, "earned"+tail); t != "" {
		n, err := packs.ParseHundredths(t)
		if err != nil {
			bad = append(bad, "earned"+tail)
		}
		e.Earned = n
	}
	return e, bad
}

func newRemove(r appraisal.Round, o appraisal.Object) formView {
	v := formView{web.FormView{Heading: web.Heading{Above: r.Name, Title: "移出 " + o.Name, Lead: "移出后仍与理由一并列出。没有条件检测的不必移出：未检测不扣分。"}, Trail: append(trailOf(r), web.Crumb{Name: "样本和结果", Href: r.Link() + "/objects"})}}
	v.Form = web.Form{Key: "remove-" + o.ID, Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 1000, Rows: 3}}}}, Buttons: []web.Button{{Label: "移出样本", Kind: web.Danger}}, Cancel: web.Link{Text: "取消", Href: r.Link() + "/objects"}}
	return v
}

func (h *Handler) removing(r *http.Request) (formView, appraisal.Form, error) {
	f, err := h.rounds.Form(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), r.PathValue("object"))
	return newRemove(f.Round, f.Object), f, err
}

func (h *Handler) showRemove(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.removing(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) remove(w http.ResponseWriter, r *http.Request) error {
	v, f, err := h.removing(r)
	if err != nil {
		return err
	}
	err = h.rounds.Remove(r.Context(), authz.ScopeFrom(r.Context()), f.Round.ID, f.Object.ID, web.Typed(r, "reason"))
	if web.Mendable(err) {
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, f.Round.Link()+"/objects", f.Object.Name+"已移出样本。")
}

func outcomeName(o packs.Outcome) string {
	return map[packs.Outcome]string{packs.Kept: "符合", packs.Violated: "有问题", packs.Untested: "未检测", packs.Suspected: "待人工确认"}[o]
}

func newDifferences(r appraisal.Round, list []appraisal.Difference, pager web.Pager) record {
	v := record{web.RecordView{Heading: web.Heading{Above: r.Name, Title: "分歧", Tags: []web.Tag{stateTag(r.State)}, Lead: "严重指标两人评判不一致的，由没有参加评判的负责人裁定并写明理由。"}, Trail: trailOf(r), Tabs: tabs(r, "/differences", true)}}
	t := web.Table{Caption: "两人评判不一致", Quiet: true, Columns: []web.Column{{Head: "对象"}, {Head: "指标"}, {Head: "评判人甲", Wide: true}, {Head: "评判人乙", Wide: true}, {Head: "裁定"}}, Empty: web.Empty{Title: "没有分歧", Text: "两人都提交后，不一致的在这里列出。"}}
	for _, d := range list {
		cells := []web.Cell{{Text: d.Object.Name, Note: d.Object.UnitName}, {Text: d.Indicator.Name, Note: d.Indicator.ID}}
		for _, m := range d.Marks {
			cells = append(cells, web.Cell{Text: outcomeName(m.Outcome), Note: m.Judge + " " + m.Says})
		}
		if d.Ruled != nil {
			cells = append(cells, web.Cell{Text: outcomeName(d.Ruled.Outcome), Note: d.Ruled.Judge + "：" + d.Ruled.Says})
		} else {
			cells = append(cells, web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "待裁定"}}})
			if r.State == appraisal.Collecting {
				v.Forms = append(v.Forms, web.Form{Action: r.Link() + "/differences/" + d.Object.ID + "/" + url.PathEscape(d.Indicator.ID), Key: "rule-" + d.Object.ID + d.Indicator.ID, Sections: []web.Section{{Legend: "裁定 " + d.Object.Name + "“" + d.Indicator.Name + "”", Fields: []web.Field{
					{Kind: web.Radios, Name: "outcome", Label: "裁定为", Required: true, Options: []web.Option{{Value: string(packs.Kept), Label: "符合"}, {Value: string(packs.Violated), Label: "有问题（不合格）"}, {Value: string(packs.Untested), Label: "未检测"}}},
					{Kind: web.TextArea, Name: "why", Label: "理由", Required: true, Max: 1000, Rows: 2}}}}, Buttons: []web.Button{{Label: "作出裁定"}}})
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: cells})
	}
	v.Main = append(v.Main, t, pager)
	return v
}

func (h *Handler) differing(r *http.Request) (record, error) {
	scope := authz.ScopeFrom(r.Context())
	round, err := h.rounds.Round(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, err
	}
	list, total, err := h.rounds.Differences(r.Context(), scope, round.ID, perPage, (web.PageOf(r)-1)*perPage)
	return newDifferences(round, list, web.PagerOf(r, total, perPage)), err
}

func (h *Handler) differences(w http.ResponseWriter, r *http.Request) error {
	v, err := h.differing(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) rule(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	wrong := h.rounds.Rule(r.Context(), authz.ScopeFrom(r.Context()), id, r.PathValue("object"), r.PathValue("indicator"), packs.Outcome(web.Typed(r, "outcome")), web.Typed(r, "why"))
	return recordPage.Answer(w, r, wrong, roundsPath+"/"+url.PathEscape(id)+"/differences", "已裁定。", h.differing, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
}

// formAt is the form of a page that posts to the path.
func formAt(v *record, path string) *web.Form {
	for i := range v.Forms {
		at, err := url.PathUnescape(v.Forms[i].Action)
		if err == nil && at == path {
			return &v.Forms[i]
		}
	}
	return nil
}

func appealTag(a appraisal.Appeal) web.Tag {
	kind := map[string]web.Tone{"raised": web.Warn, "upheld": web.Good, "rejected": web.Neutral, "withdrawn": web.Neutral}[a.State]
	return web.Tag{Kind: kind, Text: a.StateName()}
}

func corrective(label string) []web.Field {
	return []web.Field{
		{Kind: web.Select, Name: "outcome", Label: label, Options: []web.Option{{Label: "请选择"}, {Value: string(packs.Kept), Label: "符合，不扣分"}, {Value: string(packs.Violated), Label: "仍有问题，处数更正"}, {Value: string(packs.Untested), Label: "未检测，不扣分"}}},
		{Kind: web.Number, Name: "hits", Label: "仍有问题的处数", Narrow: true, Unit: "处", Mode: "numeric"}}
}

func newAppeals(r appraisal.Round, p packs.Pack, list []appraisal.Appeal, pager web.Pager, until calendar.Due) record {
	v := record{web.RecordView{Heading: web.Heading{Above: r.Name, Title: "申诉", Tags: []web.Tag{stateTag(r.State)}, Lead: "由没有参加评判的人员答复。成立的按裁定记录更正现行结果，冻结的结果不动。"}, Trail: trailOf(r), Tabs: tabs(r, "/appeals", true)}}
	t := web.Table{Caption: "申诉", Quiet: true, Columns: []web.Column{{Head: "对象"}, {Head: "指标"}, {Head: "理由", Wide: true}, {Head: "提出"}, {Head: "状态"}, {Head: "答复", Wide: true}}, Empty: web.Empty{Title: "没有申诉", Text: "送达以后，各单位可以在申诉期内逐项申诉。"}}
	for _, a := range list {
		i, _ := p.Indicator(a.Indicator)
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: a.ObjectName, Href: resultsPath + "/" + a.Object, Note: a.UnitName}, {Text: i.Name, Note: a.Indicator}, web.Text(a.Reason), {Text: a.PersonName, Note: web.Minute(a.At)}, web.Tagged(appealTag(a)), {Text: a.Answer, Note: a.AnsweredBy + " " + web.Minute(a.AnsweredAt)}}})
		if a.State == "raised" {
			fields := append([]web.Field{{Kind: web.Radios, Name: "verdict", Label: "认定", Required: true, Options: []web.Option{{Value: "uphold", Label: "成立"}, {Value: "reject", Label: "不成立"}}}}, corrective("成立的，更正为")...)
			v.Forms = append(v.Forms, web.Form{Action: r.Link() + "/appeals/" + a.ID, Key: "answer-" + a.ID, Sections: []web.Section{{Legend: "答复 " + a.ObjectName + "“" + i.Name + "”", Hint: a.Reason, Fields: append(fields, web.Field{Kind: web.TextArea, Name: "says", Label: "答复意见", Required: true, Max: 1000, Rows: 3})}}, Buttons: []web.Button{{Label: "答复申诉"}}})
		}
	}
	v.Main = append(v.Main, t, pager)
	if !until.On.IsZero() {
		term := web.Term{Name: "申诉期至", Text: until.On.Chinese()}
		if until.Provisional {
			term.Note = "暂定：该年的节假日安排尚未登记"
		}
		v.Side = append(v.Side, web.Summary{Title: "期限", Terms: []web.Term{term}})
	}
	return v
}

func (h *Handler) appealing(r *http.Request) (record, error) {
	scope := authz.ScopeFrom(r.Context())
	round, err := h.rounds.Round(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, err
	}
	list, total, err := h.rounds.Appeals(r.Context(), scope, round.ID, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return record{}, err
	}
	p, err := round.Pack()
	return newAppeals(round, p, list, web.PagerOf(r, total, perPage), h.rounds.AppealUntil(round)), err
}

func (h *Handler) appeals(w http.ResponseWriter, r *http.Request) error {
	v, err := h.appealing(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	e, bad := entryOf(r, "")
	var wrong error
	switch verdict := web.Typed(r, "verdict"); {
	case verdict != "uphold" && verdict != "reject":
		wrong = fault.New(fault.Invalid, "没有选择认定结果，请选择成立或不成立。").On("verdict", "请选择成立或不成立")
	case len(bad) > 0:
		wrong = fault.New(fault.Invalid, "处数无法识别，请填写数字。").On("hits", "请填写数字")
	default:
		wrong = h.rounds.Answer(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("appeal"), appraisal.Answering{Upheld: verdict == "uphold", Says: web.Typed(r, "says"), Entry: e})
	}
	return recordPage.Answer(w, r, wrong, roundsPath+"/"+url.PathEscape(id)+"/appeals", "申诉已答复，单位已收到通知。", h.appealing, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
}

func newErrata(r appraisal.Round, p packs.Pack, list []appraisal.Correction, pager web.Pager, manages bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: r.Name, Title: "更正和勘误", Tags: []web.Tag{stateTag(r.State)}, Lead: "现行结果与冻结结果的全部差别都在这里，长期保留。勘误由两人办理。"}, Trail: trailOf(r), Tabs: tabs(r, "/errata", manages)}}
	v.Main = append(v.Main, corrections(list, p), pager)
	for _, c := range list {
		if manages && c.State == "proposed" {
			v.Forms = append(v.Forms, web.Form{Action: r.Link() + "/errata/" + c.ID, Key: "confirm-" + c.ID, Sections: []web.Section{{Legend: "确认勘误：" + c.ObjectName, Hint: c.ProposedBy + "提出：" + c.Reason}}, Buttons: []web.Button{{Label: "同意勘误", Name: "agree", Value: "yes"}, {Label: "不同意", Name: "agree", Value: "no", Plain: true}}})
		}
	}
	return v
}

func corrections(list []appraisal.Correction, p packs.Pack) web.Table {
	t := web.Table{Caption: "更正和勘误", Columns: []web.Column{{Head: "对象"}, {Head: "指标"}, {Head: "更正"}, {Head: "理由", Wide: true}, {Head: "办理"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有更正和勘误", Text: "公布后发现差错的，在该对象的结果页提出勘误。"}}
	for _, c := range list {
		i, _ := p.Indicator(c.Indicator)
		change := web.Cell{Text: outcomeName(c.Outcome)}
		if c.State == "stands" {
			change = web.Cell{Text: c.Was.Says() + " → " + c.Becomes.Says(), Note: c.KindName()}
		}
		who := web.Cell{Text: c.ProposedBy, Note: web.Minute(c.ProposedAt)}
		if c.ConfirmedBy != "" {
			who = web.Cell{Text: c.ProposedBy + "、" + c.ConfirmedBy, Note: web.Minute(c.ConfirmedAt)}
		}
		kind := map[string]web.Tone{"proposed": web.Warn, "stands": web.Good}[c.State]
		if kind == "" {
			kind = web.Neutral
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: c.ObjectName, Href: resultsPath + "/" + c.Object}, {Text: i.Name, Note: c.Indicator}, change, web.Text(c.Reason), who, web.Tagged(web.Tag{Kind: kind, Text: c.StateName()})}})
	}
	return t
}

func (h *Handler) erring(r *http.Request) (record, error) {
	scope, s := authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	round, err := h.rounds.Round(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, err
	}
	list, total, err := h.rounds.Errata(r.Context(), scope, round.ID, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return record{}, err
	}
	p, err := round.Pack()
	return newErrata(round, p, list, web.PagerOf(r, total, perPage), round.In(s.ScopeFor(authz.AppraisalManage))), err
}

func (h *Handler) errata(w http.ResponseWriter, r *http.Request) error {
	v, err := h.erring(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	agree := web.Typed(r, "agree") == "yes"
	_, wrong := h.rounds.Confirm(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("erratum"), agree)
	said := "勘误没有通过。"
	if agree {
		said = "勘误已生效，单位已收到通知。"
	}
	return recordPage.Answer(w, r, wrong, roundsPath+"/"+url.PathEscape(id)+"/errata", said, h.erring, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
}

func newRescore(r appraisal.Round, x appraisal.Rescored, manages bool) record {
	v := record{web.RecordView{Heading: web.Heading{Above: r.Name, Title: "重算核对", Tags: []web.Tag{stateTag(r.State)}, Lead: "按保存的事实逐条重算，与冻结的结果、摘要和审计记录比对。谁都可以随时重算，每次的结果记入审计；公布以前系统另行重算一次。"}, Trail: trailOf(r), Tabs: tabs(r, "/rescore", manages)}}
	v.Forms = []web.Form{{Action: r.Link() + "/rescore", Sections: []web.Section{{Legend: "现在重算", Hint: "全省一轮有几千个结果，要等几秒。"}}, Buttons: []web.Button{{Label: "重算核对全部结果"}}}}
	switch {
	case !x.Done():
		v.Main = append(v.Main, web.Empty{Title: "还没有核对过", Text: "重算以后，这里显示结果。"})
		return v
	case x.Found == 0:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Good, Title: fmt.Sprintf("%d 个结果重算后全部一致", x.Rows), Text: "摘要与冻结时、与审计记录相同。"})
	default:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: fmt.Sprintf("有 %d 处记录与冻结时不符", x.Found), Text: "在查明以前不能公布和勘误。"})
		t := web.Table{Caption: "不符的记录", Columns: []web.Column{{Head: "对象"}, {Head: "情况", Wide: true}}}
		for _, d := range x.Damage {
			c := web.Cell{Text: "整轮"}
			if d.Object.ID != "" {
				c = web.Cell{Text: d.Object.Name, Href: d.Object.Link()}
			}
			t.Rows = append(t.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{c, web.Text(d.Says)}})
		}
		if more := x.Found - len(x.Damage); more > 0 {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text("其余"), web.Text(fmt.Sprintf("另有 %d 处", more))}})
		}
		v.Main = append(v.Main, t)
	}
	v.Main = append(v.Main, web.Summary{Title: "摘要", Terms: []web.Term{{Name: "核对", Text: web.Minute(x.At), Note: x.By}, {Name: "冻结时", Text: r.SHA256}, {Name: "核对时", Text: x.SHA256}}})
	return v
}

func (h *Handler) checked(r *http.Request) (record, error) {
	scope, s := authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	round, err := h.rounds.Round(r.Context(), scope, r.PathValue("id"))
	if err != nil {
		return record{}, err
	}
	if !round.Frozen() {
		return record{}, fault.New(fault.Conflict, "这一轮还没有冻结，没有可以重算的结果。")
	}
	x, err := h.rounds.Rechecked(r.Context(), scope, round.ID)
	return newRescore(round, x, round.In(s.ScopeFor(authz.AppraisalManage))), err
}

func (h *Handler) rescore(w http.ResponseWriter, r *http.Request) error {
	v, err := h.checked(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) recheck(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	x, wrong := h.rounds.Recheck(r.Context(), authz.ScopeFrom(r.Context()), id)
	said := "已重算核对，全部一致。"
	if len(x.Damage) > 0 {
		said = "已重算核对，有记录与冻结时不符。"
	}
	return recordPage.Answer(w, r, wrong, roundsPath+"/"+url.PathEscape(id)+"/rescore", said, h.checked, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
}

func newOwn(list []appraisal.Listed, total int) page {
	v := page{web.ListView{Heading: web.Heading{Title: "考核结果", Lead: "送达本单位的各轮结果。有异议的在申诉期内逐项申诉；没有异议的请确认。"},
		Filter: web.Filter{Action: resultsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、域名或单位"}, {Kind: web.Select, Name: "verdict", Label: "结果", Options: verdictOptions}}},
		Table:  web.Table{Caption: "考核结果", Quiet: true, Columns: []web.Column{{Head: "对象", Wide: true}, {Head: "轮次"}, {Head: "主办单位"}, {Head: "结果"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有送达的结果", Text: "主管单位冻结并送达后，结果在这里列出。"}}}}
	for _, o := range list {
		result := web.Tagged(verdictTag(o.Standing))
		if o.Corrected > 0 {
			result.Note = "已更正"
		}
		state := web.Tagged(stateTag(o.State))
		switch {
		case o.Appeals > 0:
			state.Note = "已申诉"
		case !o.AcceptedAt.IsZero():
			state.Note = "已确认"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: o.Name, Href: o.Link(), Note: kindAnd(o.Object)}, web.Text(o.RoundName), unitCell(o.Object), result, state}})
	}
	return v
}

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	list, total, err := h.rounds.Own(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	v := newOwn(list, total)
	v.Exports = web.ExportActs(resultsPath+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) exportOwn(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.rounds.Own(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	return web.SendSheet(w, r, sheetOf("考核结果", list, true), "考核结果")
}

// rights are what the reader may do with a result.
type rights struct {
	appeal, manage bool
	person         string
	files          bool                        // makes findings of what was judged
	filed          map[string]assessment.Filed // those that are, by line
}

func newResult(d appraisal.Dossier, may rights, until calendar.Due) record {
	r, o := d.Round, d.Object
	v := record{web.RecordView{Heading: web.Heading{Above: r.Name, Title: o.Name, Tags: []web.Tag{stateTag(r.State)}}, Trail: []web.Crumb{{Name: "考核结果", Href: resultsPath}}}}
	if d.Office {
		v.Trail = append(trailOf(r), web.Crumb{Name: "样本和结果", Href: r.Link() + "/objects"})
	}
	unit := web.Term{Name: "主办单位", Text: o.UnitName}
	side := web.Summary{Title: "对象", Terms: []web.Term{{Name: "类别", Text: o.KindName()}, {Name: "域名或平台", Text: o.Host}, unit}}
	if o.Kind == "office" {
		side.Terms = side.Terms[:1]
	}
	if d.Now != nil {
		snap := d.Facts.Object
		side.Terms = []web.Term{{Name: "类别", Text: o.KindName()}, {Name: "冻结时名称", Text: snap.Name, Note: snap.Host}, {Name: "冻结时主办单位", Text: snap.UnitName}}
		if o.Kind == "office" {
			side.Terms = side.Terms[:2]
		}
		if d.Successor != "" {
			side.Terms = append(side.Terms, web.Term{Name: "现由", Text: d.Successor, Note: "机构调整后接续；结果仍记在冻结时的单位名下"})
		} else if o.UnitName != snap.UnitName {
			side.Terms = append(side.Terms, web.Term{Name: "抽样时单位", Text: o.UnitName})
		}
		if snap.Ended {
			side.Terms = append(side.Terms, web.Term{Name: "状态", Text: "期末已不在运行，未检测"})
		}
		side.Terms = append(side.Terms, web.Term{Name: "检查点", Text: snap.On.Chinese()})
		v.Heading.Tags = append(v.Heading.Tags, verdictTag(d.Now.Standing()))
		facts := web.Summary{Title: "结果", Terms: []web.Term{{Name: "现行", Text: d.Now.Standing().Says()}}}
		if d.Now.Standing() != d.Frozen.Standing() {
			facts.Terms = append(facts.Terms, web.Term{Name: "冻结时", Text: d.Frozen.Standing().Says(), Note: "差别见“更正和勘误”"})
		}
		if d.Now.Scored {
			facts.Terms = append(facts.Terms, web.Term{Name: "扣分后", Text: d.Now.Part2.String() + " 分"}, web.Term{Name: "加分", Text: d.Now.Bonus.String() + " 分"})
		}
		if len(d.Now.Unverified) > 0 {
			facts.Terms = append(facts.Terms, web.Term{Name: "未核实", Text: fmt.Sprintf("%d 项分值未核实", len(d.Now.Unverified)), Note: r.Adoption.Label + "：" + r.Adoption.Basis})
		}
		v.Main = append(v.Main, facts, lines(d, may))
	}
	for _, h := range d.Sheets {
		v.Main = append(v.Main, sheetTable(d, h))
	}
	if len(d.Corrections) > 0 {
		v.Main = append(v.Main, corrections(d.Corrections, d.Pack))
	}
	if len(d.Appeals) > 0 {
		t := web.Table{Caption: "申诉", Columns: []web.Column{{Head: "指标"}, {Head: "理由", Wide: true}, {Head: "状态"}, {Head: "答复", Wide: true}}}
		for _, a := range d.Appeals {
			i, _ := d.Pack.Indicator(a.Indicator)
			reason := web.Cell{Text: a.Reason, Note: a.PersonName + " " + web.Minute(a.At)}
			for _, f := range a.Files {
				reason.Links = append(reason.Links, web.Link{Text: f.Name, Href: o.Link() + "/files/" + url.PathEscape(f.ID)})
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(i.Name), reason, web.Tagged(appealTag(a)), {Text: a.Answer, Note: a.AnsweredBy}}})
			if may.appeal && a.State == "raised" && r.State == appraisal.Appealing {
				v.Forms = append(v.Forms, web.Form{Action: o.Link() + "/appeals/" + a.ID + "/withdraw", Key: "back-" + a.ID, Sections: []web.Section{{Legend: "撤回对“" + i.Name + "”的申诉"}}, Buttons: []web.Button{{Label: "撤回申诉", Kind: web.Neutral}}})
			}
		}
		v.Main = append(v.Main, t)
	}
	if !until.On.IsZero() {
		term := web.Term{Name: "申诉期至", Text: until.On.Chinese()}
		if until.Provisional {
			term.Note = "暂定：该年的节假日安排尚未登记"
		}
		side.Terms = append(side.Terms, term)
	}
	if !o.AcceptedAt.IsZero() {
		side.Terms = append(side.Terms, web.Term{Name: "单位已确认", Text: o.AcceptedBy, Note: web.Minute(o.AcceptedAt)})
	}
	v.Side = append(v.Side, side)
	if d.Office && r.State == appraisal.Published {
		ground := merit.Ref{Kind: "result", ID: o.ID}
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记表扬", Href: merit.EnterLink(merit.Commend, ground, "")}, web.Act{Text: "登记问责", Href: merit.EnterLink(merit.Account, ground, "")})
	}
	v.Forms, v.ActsFirst = append(v.Forms, resultForms(d, may)...), true
	return v
}

// lines lists the indicators, what cost something first.
func lines(d appraisal.Dossier, may rights) web.Table {
	t := web.Table{Caption: "逐项", Columns: []web.Column{{Head: "指标", Wide: true}, {Head: "情况"}, {Head: "扣分或加分", Number: true}, {Head: "依据", Wide: true}}}
	seen := map[string]appraisal.Seen{}
	for _, l := range d.Facts.Lines {
		seen[l.Indicator] = l
	}
	list := slices.Clone(d.Now.Lines)
	weight := func(l appraisal.Line) int {
		switch {
		case l.Outcome == packs.Violated:
			return 0
		case l.Points > 0:
			return 1
		case l.Outcome == packs.Suspected:
			return 2
		case l.Outcome == packs.Kept:
			return 3
		}
		return 4
	}
	slices.SortStableFunc(list, func(a, b appraisal.Line) int { return weight(a) - weight(b) })
	// What was not tested stands below, by why: it costs nothing.
	type left struct {
		why   string
		names []string
	}
	var untested []left
	for _, l := range list {
		if l.Outcome == packs.Untested && len(d.Findings[l.Indicator]) == 0 {
			why := cmp.Or(l.Note, seen[l.Indicator].Note, "没有条件检查")
			i := slices.IndexFunc(untested, func(x left) bool { return x.why == why })
			if i < 0 {
				untested, i = append(untested, left{why: why}), len(untested)
			}
			untested[i].names = append(untested[i].names, l.Name)
			continue
		}
		i, _ := d.Pack.Indicator(l.Indicator)
		name := web.Cell{Text: l.Name, Note: l.Indicator + " " + i.Says}
		if l.Unverified {
			name.Tags = append(name.Tags, web.Tag{Kind: web.Neutral, Text: "未核实"})
		}
		tone := map[packs.Outcome]web.Tone{packs.Kept: web.Good, packs.Violated: web.Danger, packs.Suspected: web.Warn}[l.Outcome]
		if tone == "" {
			tone = web.Neutral
		}
		points := ""
		switch {
		case l.NotUsed:
			points = "不计"
		case l.Kind == packs.Veto && l.Outcome == packs.Violated:
			points = "否决"
		case l.Kind == packs.Bonus && l.Points > 0:
			points = "+" + l.Points.String()
		case l.Points > 0:
			points = "−" + l.Points.String()
		}
		why := web.Cell{Text: l.Note}
		if x := seen[l.Indicator]; len(x.Marks) > 0 && l.Note == x.Note {
			// The machine's reason for not looking stands no more: persons did.
			why.Text = ""
			switch {
			case l.Outcome == packs.Kept && l.Kind == packs.Bonus && l.Points > 0:
				why.Text = "人工评判，可以加分"
			case l.Outcome == packs.Kept:
				why.Text = "人工评判，没有发现问题"
			}
		}
		for _, f := range d.Findings[l.Indicator] {
			why.Links = append(why.Links, web.Link{Text: f.Says, Href: "/console/findings/" + string(f.ID)})
		}
		s := seen[l.Indicator]
		if more := len(s.Findings) - len(d.Findings[l.Indicator]); more > 0 {
			why.Note = fmt.Sprintf("另有 %d 个问题", more)
		}
		for _, m := range s.Marks {
			if m.Says != "" && why.Text == "" {
				why.Text = "评判：" + m.Says
			}
		}
		if l.Outcome == packs.Violated && len(s.Marks) > 0 {
			id := appraisal.OriginID(d.Object.ID, l.Indicator)
			if f, ok := may.filed[id]; ok {
				why.Links = append(why.Links, web.Link{Text: "已列为问题", Href: f.Link, Note: l.Name})
			} else if may.files {
				why.Links = append(why.Links, web.Link{Text: "列为问题", Href: "/console/orders/seen?from=" + url.QueryEscape(appraisal.OriginKind+":"+id), Note: l.Name})
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, web.Tagged(web.Tag{Kind: tone, Text: outcomeName(l.Outcome)}), {Text: points, Keep: true}, why}})
	}
	for _, x := range untested {
		name := web.Text(x.names[0])
		if n := len(x.names); n > 1 {
			name = web.Cell{Text: fmt.Sprintf("其余 %d 项", n), Note: strings.Join(x.names, "、")}
		}
		why := x.why
		if !strings.Contains(why, "不扣分") {
			why = strings.TrimRight(why, "。") + "，不扣分"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, web.Tagged(web.Tag{Kind: web.Neutral, Text: "未检测"}), {}, web.Text(why)}})
	}
	return t
}

func sheetTable(d appraisal.Dossier, h appraisal.Sheet) web.Table {
	// A unit learns what was judged, not by whom.
	title := appraisal.SeatName(h.Seat)
	if d.Office {
		title += " " + h.JudgeName + "，" + web.Minute(h.At)
	}
	t := web.Table{Caption: "评判表：" + title, Compact: true, Columns: []web.Column{{Head: "指标"}, {Head: "评判"}, {Head: "看到的情况", Wide: true}}}
	if h.OwnReason != "" {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text("由本单位人员评判"), {}, web.Text(h.OwnReason)}})
	}
	for _, list := range [][]packs.Indicator{d.Pack.Indicators, d.Pack.Special} {
		for _, i := range list {
			m, ok := h.Marks[i.ID]
			if !ok {
				continue
			}
			says := outcomeName(m.Outcome)
			if m.Whole {
				says += "，整项缺失"
			} else if m.Hits > 0 {
				says += fmt.Sprintf("，%d 处", m.Hits)
			}
			if m.Earned > 0 {
				says = "加 " + m.Earned.String() + " 分"
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: i.Name, Note: i.ID}, web.Text(says), web.Text(m.Says)}})
		}
	}
	if len(h.Evidence) > 0 {
		c := web.Cell{}
		for _, f := range h.Evidence {
			c.Links = append(c.Links, web.Link{Text: f.Name, Href: d.Object.Link() + "/files/" + url.PathEscape(f.ID)})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text("证据"), {}, c}})
	}
	return t
}

func resultForms(d appraisal.Dossier, may rights) []web.Form {
	o := d.Object
	if d.Now == nil {
		return nil
	}
	var choices []web.Option
	for _, l := range d.Now.Lines {
		choices = append(choices, web.Option{Value: l.Indicator, Label: l.Indicator + " " + l.Name + "（" + outcomeName(l.Outcome) + "）"})
	}
	slices.SortStableFunc(choices, func(a, b web.Option) int {
		bad := func(o web.Option) int {
			if strings.Contains(o.Label, "有问题") {
				return 0
			}
			return 1
		}
		return bad(a) - bad(b)
	})
	choices = append([]web.Option{{Label: "请选择"}}, choices...)
	var out []web.Form
	if may.appeal && d.Round.State == appraisal.Appealing {
		if o.AcceptedAt.IsZero() && len(d.Appeals) == 0 {
			out = append(out, web.Form{Action: o.Link() + "/accept", Key: "accept-" + o.ID, Sections: []web.Section{{Legend: "确认结果", Hint: "没有异议的请确认；各单位都确认后可以提前裁定。"}}, Buttons: []web.Button{{Label: "确认没有异议", Kind: web.Neutral}}})
		}
		out = append(out, web.Form{Action: o.Link() + "/appeal", Key: "appeal-" + o.ID, Upload: true, Sections: []web.Section{{Legend: "申诉", Hint: "逐项申诉，每项一次，由没有参加评判的人员答复。", Fields: []web.Field{{Kind: web.Select, Name: "indicator", Label: "指标", Required: true, Options: choices},
			{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 1000, Rows: 3}, {Kind: web.File, Name: "files", Label: "证明材料", Multiple: true, Accept: approval.Accept, Hint: fileHint}}}}, Buttons: []web.Button{{Label: "提出申诉"}}})
	}
	if may.manage && d.Round.State == appraisal.Published {
		out = append(out, web.Form{Action: o.Link() + "/erratum", Key: "erratum-" + o.ID, Sections: []web.Section{{Legend: "勘误", Hint: "由另一人确认后生效，与结果一并长期显示。", Fields: append(append([]web.Field{{Kind: web.Select, Name: "indicator", Label: "指标", Required: true, Options: choices}}, corrective("更正为")...),
			web.Field{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 1000, Rows: 3})}}, Buttons: []web.Button{{Label: "提出勘误", Kind: web.Neutral}}})
	}
	return out
}

func (h *Handler) dossier(r *http.Request) (record, error) {
	s := authz.SessionFrom(r.Context())
	d, err := h.rounds.Result(r.Context(), s.ScopeFor(authz.AssessmentRead), s, r.PathValue("object"))
	if err != nil {
		return record{}, err
	}
	may := rights{appeal: d.Object.In(s.ScopeFor(authz.AppraisalAppeal)), manage: d.Round.In(s.ScopeFor(authz.AppraisalManage)), person: s.PersonID}
	if h.filing != nil && d.Now != nil {
		may.files = d.Object.In(s.ScopeFor(authz.InspectionRun)) && d.Office && d.Object.Kind != "office"
		var ids []string
		for _, l := range d.Now.Lines {
			ids = append(ids, appraisal.OriginID(d.Object.ID, l.Indicator))
		}
		if may.filed, err = h.filing.Filed(r.Context(), h.rounds.DB, s.ScopeFor(authz.InspectionRead), appraisal.OriginKind, ids); err != nil {
			return record{}, err
		}
	}
	return newResult(d, may, h.rounds.AppealUntil(d.Round)), nil
}

func (h *Handler) result(w http.ResponseWriter, r *http.Request) error {
	v, err := h.dossier(r)
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, v)
}

func (h *Handler) back(w http.ResponseWriter, r *http.Request, wrong error, said string) error {
	return recordPage.Answer(w, r, wrong, resultsPath+"/"+url.PathEscape(r.PathValue("object")), said, h.dossier, func(v *record) *web.Form { return formAt(v, r.URL.Path) })
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request) error {
	return h.back(w, r, h.rounds.Accept(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("object")), "已确认结果。")
}

func (h *Handler) raise(w http.ResponseWriter, r *http.Request) error {
	files, done, err := web.Attachments(r, "appeal", "files")
	defer done()
	if err == nil {
		_, err = h.rounds.Raise(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("object"), web.Typed(r, "indicator"), web.Typed(r, "reason"), files)
	}
	return h.back(w, r, err, "申诉已提出，答复后会通知您。")
}

func (h *Handler) takeBack(w http.ResponseWriter, r *http.Request) error {
	return h.back(w, r, h.rounds.TakeBack(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("appeal")), "申诉已撤回。")
}

func (h *Handler) propose(w http.ResponseWriter, r *http.Request) error {
	s := authz.SessionFrom(r.Context())
	d, err := h.rounds.Result(r.Context(), s.ScopeFor(authz.AssessmentRead), s, r.PathValue("object"))
	if err != nil {
		return err
	}
	e, bad := entryOf(r, "")
	e.Indicator = web.Typed(r, "indicator")
	if len(bad) > 0 {
		err = fault.New(fault.Invalid, "处数无法识别，请填写数字。").On("hits", "请填写数字")
	} else {
		_, err = h.rounds.Propose(r.Context(), authz.ScopeFrom(r.Context()), d.Round.ID, d.Object.ID, e, web.Typed(r, "reason"))
	}
	return h.back(w, r, err, "勘误已提出，请另一人在“更正和勘误”中确认。")
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.rounds.File(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("object"), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}
