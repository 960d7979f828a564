package libraryweb

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// changes sets two versions side by side, block by block.
func changes(leftName, rightName string, a, b library.Version) (web.Table, error) {
	left, right := prose.Doc{}, prose.Doc{}
	var err error
	if a.No > 0 {
		if left, err = prose.Parse([]byte(a.Doc)); err != nil {
			return web.Table{}, err
		}
	}
	if right, err = prose.Parse([]byte(b.Doc)); err != nil {
		return web.Table{}, err
	}
	blocks := prose.Diff(left, right)
	if a.No > 0 && a.Title != b.Title {
		blocks = slices.Insert(blocks, 0, prose.Compared{Kind: prose.Changed, Name: "标题", Parts: prose.DiffText(a.Title, b.Title)})
	}
	n := 0
	for _, c := range blocks {
		if c.Kind != prose.Same {
			n++
		}
	}
	caption := fmt.Sprintf("%s与%s对照：%d 处不同", leftName, rightName, n)
	if a.No == 0 {
		caption = rightName + "：首次送审，全文如下"
	}
	t := web.Table{Caption: caption, RowHead: 0, Columns: []web.Column{{Head: "变动"}, {Head: leftName, Wide: true}, {Head: rightName, Wide: true}},
		Empty: web.Empty{Title: "两版内容相同"}}
	if a.No == 0 {
		t.Columns = []web.Column{{Head: "内容块"}, {Head: rightName, Wide: true}}
	}
	seen := 0
	for _, c := range blocks {
		row := web.Row{}
		mark := web.Text(c.Name)
		if c.Kind != prose.Same {
			seen++
			what, tone := "修改", web.Warn
			switch {
			case c.Moved && c.Kind == prose.Added:
				what, tone = "移来", web.Info
			case c.Moved:
				what, tone = "移走", web.Info
			case c.Kind == prose.Added:
				what, tone = "新增", web.Good
			case c.Kind == prose.Removed:
				what, tone = "删除", web.Danger
			case c.Form:
				what = "格式"
			}
			if a.No > 0 {
				row.Kind = tone
				mark.Tags = []web.Tag{{Kind: tone, Text: what}}
				mark.Note = fmt.Sprintf("%d/%d", seen, n)
			}
		}
		if a.No == 0 {
			row.Cells = []web.Cell{mark, web.Text(c.After())}
		} else {
			row.Cells = []web.Cell{mark, side(c, leftName, prose.Removed), side(c, rightName, prose.Added)}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// side is one half of a compared block: what both have, and keep.
func side(c prose.Compared, label, keep string) web.Cell {
	d := web.Diff{Label: label}
	for _, p := range c.Parts {
		if p.Kind == prose.Same || p.Kind == keep {
			d.Parts = append(d.Parts, web.DiffPart{Kind: web.DiffKind(p.Kind), Text: p.Text})
		}
	}
	if len(d.Parts) == 0 {
		return web.Text("—")
	}
	return web.Cell{Parts: []web.Component{d}}
}

// reviewPage is the page of the reviewer: public and proposed version side by
// side, what the checks saw, and the form of the stage.
type reviewPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Changes web.Table
	Body    []web.Component
	Stamps  bool // this person may stamp gates now
	Gates   web.Form
	Open    bool // this person may speak now
	Form    web.Form
	More    []web.Link
}

func (p reviewPage) Title() string       { return p.name }
func (p reviewPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) reviewOf(r *http.Request) (reviewPage, library.Item, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	it, v, placed, err := h.load(r, 0)
	if err != nil {
		return reviewPage{}, it, err
	}
	var public library.Version
	if it.LiveVersion > 0 && it.LiveVersion != v.No {
		if public, err = h.lib.Version(ctx, scope, it.ID, it.LiveVersion); err != nil {
			return reviewPage{}, it, err
		}
	}
	p := reviewPage{name: library.StageName(it.Stage) + "：" + it.Title, trail: itemCrumbs(it, "审核"),
		Heading: web.Heading{Title: it.Title, Above: "审核 · " + it.Type.Name() + " · " + it.Meta.Origin.Name(), Lead: fmt.Sprintf("%s，%s 采编，第 %d 版", it.UnitName, v.AuthorName, v.No), Tags: tags(it)}}
	if p.Changes, err = changes("公开版本", "送审版本", public, v); err != nil {
		return p, it, err
	}
	d, err := h.desk(r, it, v)
	if err != nil {
		return p, it, err
	}
	beside, err := h.besides(r, it, v, d.results, "")
	if err != nil {
		return p, it, err
	}
	p.Body = append(beside, d.panels()...)
	if it.State == library.InReview {
		p.Body = append([]web.Component{d.risks()}, p.Body...)
	}
	p.Body = append(p.Body, facts(it, v), placeTable(placed))
	if d.sub.Round > 0 {
		p.Body = append(p.Body, opinions(d.sub))
	}
	p.Above = d.remarks()
	if it.Live() && it.State == library.InReview {
		kind, err := h.lib.ChangeSince(ctx, scope, it.ID)
		if err != nil {
			return p, it, err
		}
		if kind != "" {
			p.Above = append(p.Above, changeAlert(kind))
		}
	}
	p.More = d.links()
	h.speak(&p, d, session)
	return p, it, nil
}

// speak fills in what this person may do now: stamp gates, decide.
func (h *Handler) speak(p *reviewPage, d desk, session *authz.Session) {
	it, v := d.it, d.v
	final := it.Stage == string(sx2021.FinalReview)
	own := v.AuthorID == session.PersonID
	p.Stamps = h.lib.MayStamp(session, it, d.steps) && !own && !d.packed
	if p.Stamps {
		p.Gates = gateForm(it.Link()+"/stamps", it.Round, d.gates)
	}
	p.Open = h.lib.MayReview(session, it, d.steps) && !d.packed
	spoken := slices.ContainsFunc(d.sub.Opinions, func(o library.Opinion) bool { return o.Stage == it.Stage && o.ReviewerID == session.PersonID })
	switch {
	case it.State != library.InReview:
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "这篇稿件现在是“" + it.StateName() + "”，没有等待审核的内容。"})
	case d.packed:
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: "成套报审", Text: "这篇稿件和其他稿件一起审核。", Links: []web.Link{{Text: "打开成套报审“" + d.pack.Title + "”", Href: d.pack.Link()}}})
	case !p.Open:
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "这篇稿件等待" + library.StageName(it.Stage) + "，由“" + it.UnitName + "”的相应岗位人员办理。"})
	case spoken:
		p.Open = false
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "您已经通过这一步，还要等其他审核人通过。"})
	case final && own:
		p.Open = false
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Text: "您是本版作者，终审须由他人办理（第十九条（三））。"})
	}
	if !p.Open {
		return
	}
	hidden := []web.Field{{Kind: web.Hidden, Name: "round", Value: strconv.Itoa(it.Round)}, {Kind: web.Hidden, Name: "stage", Value: it.Stage}}
	p.Form = web.Form{Action: it.Link() + "/review", Key: "review-" + string(it.ID), Sticky: true, Cancel: web.Link{Text: "暂不处理", Href: it.Link()}}
	decisionOn(&p.Form, it.Stage, hidden, it.Type == library.Policy && it.Important)
	if final && it.Openness != library.Open {
		p.Form.Buttons[0].Label = "终审通过并入库"
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: it.Openness.Name(), Text: "终审通过后只进入信息资源库，任何网站不能显示。"})
	}
	if n := library.Count(d.results, check.Serious); n > 0 {
		p.Above = append(p.Above, web.Alert{Kind: web.Danger, Title: fmt.Sprintf("还有 %d 处严重问题", n), Text: "严重问题没有改正之前不能发布，请退回修改。"})
		p.Form.Buttons = p.Form.Buttons[1:]
	}
}

// decisionOn makes the form of a decision at a stage.
func decisionOn(f *web.Form, stage string, hidden []web.Field, waivable bool) {
	opinion := web.Field{Kind: web.TextArea, Name: "opinion", Label: "审核意见", Rows: 3, Max: 2000, Hint: "退回必须写明需要修改的内容。"}
	back := web.Button{Label: "退回修改", Name: "act", Value: library.Return, Kind: web.Danger, Skip: true}
	if stage != string(sx2021.FinalReview) {
		f.Sections = []web.Section{{Legend: library.StageName(stage) + "意见", Fields: append(hidden, opinion)}}
		f.Buttons = []web.Button{{Label: library.StageName(stage) + "通过", Name: "act", Value: library.Pass}, back}
		return
	}
	fields := []web.Field{declareField()}
	if waivable {
		fields = append(fields, web.Field{Name: "waiver", Label: "缓发解读的理由", Max: 500, Hint: "没有同步解读而须先发布时填写；当日补发，并列入清单（第十四条（三））。"})
	}
	f.Sections = []web.Section{{Legend: "终审", Fields: append(append(hidden, fields...), opinion)}}
	f.Buttons = []web.Button{{Label: "终审通过并发布", Name: "act", Value: library.Pass}, back}
}

func declareField() web.Field {
	return web.Field{Kind: web.Checks, Name: "declare", Label: "六项声明", Hint: "第十二条（二）", Options: []web.Option{
		{Value: "in_duty", Label: "与本单位职能直接相关"}, {Value: "source_known", Label: "来源明确"}, {Value: "nothing_sensitive", Label: "不含敏感和影响社会稳定的信息"},
		{Value: "nothing_secret", Label: "不含涉密信息"}, {Value: "no_opinion", Label: "不含个人观点、意见及情绪"}, {Value: "no_advertising", Label: "不含商业广告及广告链接"}}}
}

// declared reads the six.
func declared(f url.Values) sx2021.Declarations {
	has := func(s string) bool { return slices.Contains(f["declare"], s) }
	return sx2021.Declarations{InDuty: has("in_duty"), SourceKnown: has("source_known"), NothingSensitive: has("nothing_sensitive"), NothingSecret: has("nothing_secret"), NoOpinion: has("no_opinion"), NoAdvertising: has("no_advertising")}
}

func (h *Handler) showReview(w http.ResponseWriter, r *http.Request) error {
	p, it, err := h.reviewOf(r)
	if err != nil {
		return err
	}
	reach, err := h.reach(r, it, "新版本发布后同步更新的栏目")
	if err != nil {
		return err
	}
	p.Above = append(p.Above, reach...)
	return reviewView.Render(w, r, p)
}

func (h *Handler) review(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单无法读取，请刷新后重试。").From(err)
	}
	f := r.PostForm
	round, err := number(f.Get("round"))
	if err != nil {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	d := library.Decision{Round: round, Stage: f.Get("stage"), Act: f.Get("act"), Opinion: f.Get("opinion"), Reason: f.Get("reason"), WaiverReason: f.Get("waiver"), Declarations: declared(f)}
	if d.Act == library.Pass && d.Stage == string(sx2021.FinalReview) {
		if ok, err := web.Prove(w, r); !ok {
			return err
		}
	}
	it, err := h.lib.Review(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), d)
	if (fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused)) && f.Get("from") == "sign" {
		return h.signAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		p, _, again := h.reviewOf(r)
		if again != nil {
			return again
		}
		p.Form.Fill(f)
		p.Form.Wrong(err)
		return reviewView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	said := "已通过，转" + library.StageName(it.Stage) + "。"
	if it.Stage == d.Stage {
		said = "已记录您的通过意见，还要其他审核人通过。"
	}
	switch it.State {
	case library.Returned:
		said = "已退回采编人员修改。"
	case library.Approved:
		said = "终审通过，" + it.StateName() + "。"
	}
	return web.Done(w, r, it.Link(), said)
}

// opinions are what was said of one submission.
func opinions(n library.Submitted) web.Timeline {
	t := web.Timeline{Title: fmt.Sprintf("第 %d 次送审", n.Round), Events: []web.Event{{At: n.At, Title: fmt.Sprintf("送审第 %d 版", n.Version), Who: n.PersonName, Text: n.Reason}}}
	if n.Emergency != "" {
		t.Events[0].Title, t.Events[0].Text, t.Events[0].Kind = "应急通道送审第 "+strconv.Itoa(n.Version)+" 版", strings.TrimSpace(n.Emergency+" "+n.Reason), web.Danger
	}
	for _, g := range n.Stamps {
		e := web.Event{At: g.At, Title: library.GateName(g.Gate) + "通过", Who: g.Signed(), Unit: g.Unit, Text: g.Note, Kind: web.Good}
		if !g.Passed {
			e.Title, e.Kind = library.GateName(g.Gate)+"不通过", web.Danger
		}
		t.Events = append(t.Events, e)
	}
	for _, o := range n.Opinions {
		e := web.Event{At: o.At, Title: library.StageName(o.Stage) + "通过", Who: o.Signed(), Unit: o.ReviewerUnit, Text: o.Opinion, Kind: web.Good}
		if o.Verdict == library.Return {
			e.Title, e.Kind = library.StageName(o.Stage)+"退回", web.Warn
		}
		if o.Stage == string(sx2021.FinalReview) && o.Verdict == library.Pass {
			e.Text = strings.TrimSpace(e.Text + " 六项声明均已确认。")
		}
		if o.Batch != "" {
			e.Text = strings.TrimSpace(e.Text + " 批量审核，抽读后办理。")
		}
		if o.Reason != "" {
			e.Text += " 保留检查提示的理由：" + o.Reason
		}
		t.Events = append(t.Events, e)
	}
	slices.SortStableFunc(t.Events, func(a, b web.Event) int { return a.At.Compare(b.At) })
	return t
}

func timeline(steps []passage.Step) web.Timeline {
	t := web.Timeline{Title: "办理过程"}
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		t.Events = append(t.Events, web.Event{At: s.At, Title: library.Machine.ActName(s.Act), Who: s.ActorName, Text: s.Note})
	}
	return t
}

// sheetPage is a page to read or print.
type sheetPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Body    []web.Component
}

func (p sheetPage) Title() string       { return p.name }
func (p sheetPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) compare(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	a, errA := number(q.Get("a"))
	b, errB := number(q.Get("b"))
	if errA != nil || errB != nil || a < 1 || b < 1 {
		return fault.New(fault.Invalid, "请选择两个版本再比较。")
	}
	it, left, _, err := h.load(r, a)
	if err != nil {
		return err
	}
	right, err := h.lib.Version(r.Context(), authz.ScopeFrom(r.Context()), it.ID, b)
	if err != nil {
		return err
	}
	t, err := changes(fmt.Sprintf("第 %d 版", a), fmt.Sprintf("第 %d 版", b), left, right)
	if err != nil {
		return err
	}
	versions, err := h.lib.Versions(r.Context(), authz.ScopeFrom(r.Context()), it.ID)
	if err != nil {
		return err
	}
	f := web.Filter{Action: it.Link() + "/compare", Total: -1, Reset: it.Link()}
	for _, name := range []string{"a", "b"} {
		field := web.Field{Kind: web.Select, Name: name, Label: map[string]string{"a": "左边", "b": "右边"}[name]}
		for _, v := range versions {
			field.Options = append(field.Options, web.Option{Value: strconv.Itoa(v.No), Label: fmt.Sprintf("第 %d 版，%s，%s", v.No, v.AuthorName, web.Minute(v.At))})
		}
		f.Fields = append(f.Fields, field)
	}
	f.Fill(q)
	return sheetView.Render(w, r, sheetPage{name: "版本对照：" + it.Title, trail: itemCrumbs(it, "版本对照"), Heading: web.Heading{Title: "版本对照", Above: it.Title}, Body: []web.Component{f, t}})
}

// actPage is a small form of its own.
type actPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Form    web.Form
	Below   []web.Form
}

func (p actPage) Title() string       { return p.name }
func (p actPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) withdrawPage(r *http.Request) (actPage, error) {
	it, _, _, err := h.load(r, 0)
	if err != nil {
		return actPage{}, err
	}
	reach, err := h.reach(r, it, "撤稿后不再显示的栏目")
	if err != nil {
		return actPage{}, err
	}
	return actPage{name: "撤稿：" + it.Title, trail: itemCrumbs(it, "撤稿"), Heading: web.Heading{Title: "撤稿", Above: it.Title, Tags: tags(it)},
		Above: append([]web.Component{web.Alert{Kind: web.Warn, Title: "一处撤稿、处处撤稿", Text: "稿件会同时从下列所有位置撤下，原网址显示已撤稿，采用单位收到通知和理由。版本和审核记录保留。"}}, reach...),
		Form: web.Form{Action: it.Link() + "/withdraw", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "class", Label: "对外说明的原因类别", Options: withdrawClasses, Hint: "显示在原网址上；不选则只说明已撤下"}, {Kind: web.TextArea, Name: "reason", Label: "撤稿理由", Hint: "记入审核记录，通知采用单位，不对外显示", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "撤下这篇稿件", Kind: web.Danger}}, Cancel: web.Link{Text: "不撤", Href: it.Link()}}}, nil
}

var withdrawClasses = func() []web.Option {
	out := []web.Option{{Label: "不说明"}}
	for _, c := range library.EndClasses {
		out = append(out, web.Option{Value: c, Label: c})
	}
	return out
}()

func (h *Handler) showWithdraw(w http.ResponseWriter, r *http.Request) error {
	p, err := h.withdrawPage(r)
	if err != nil {
		return err
	}
	return actView.Render(w, r, p)
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var err error
	if class := r.PostFormValue("class"); class != "" {
		err = h.lib.EndItem(ctx, scope, idOf(r), library.Ending{Kind: library.EndWithdrawn, Class: class, Reason: r.PostFormValue("reason")})
	} else {
		_, err = h.lib.Withdraw(ctx, scope, idOf(r), r.PostFormValue("reason"))
	}
	return h.acted(w, r, err, h.withdrawPage, "/console/items/"+url.PathEscape(string(idOf(r))), "已撤稿，所有位置同时撤下。")
}

// acted ends a small form: its receipt, or the form again.
func (h *Handler) acted(w http.ResponseWriter, r *http.Request, err error, page func(*http.Request) (actPage, error), to, said string) error {
	var f *fault.Error
	if errors.As(err, &f) && (f.Kind == fault.Invalid || f.Kind == fault.Refused) {
		p, again := page(r)
		if again != nil {
			return again
		}
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(err)
		return actView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, to, said)
}

func (h *Handler) takeDownPage(r *http.Request) (actPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	it, err := h.lib.PublicItem(ctx, session, idOf(r))
	if err != nil {
		return actPage{}, err
	}
	places, err := h.lib.PlacementsIn(ctx, scope, it.ID)
	if err != nil {
		return actPage{}, err
	}
	var options []web.Option
	for _, p := range places {
		options = append(options, web.Option{Value: string(p.ID), Label: p.SiteName + " / " + p.ColumnName, Hint: p.StateName()})
	}
	p := actPage{name: "撤下栏目：" + it.Title, trail: itemCrumbs(it, "撤下栏目"), Heading: web.Heading{Title: "撤下栏目", Above: it.Title, Lead: "只从一个栏目撤下，其他位置不变；要全部撤下请用“撤稿”。"}}
	p.Form = web.Form{Action: it.Link() + "/take-down", Cancel: web.Link{Text: "返回", Href: it.Link()}, Buttons: []web.Button{{Label: "撤下", Kind: web.Danger}},
		Sections: []web.Section{{Fields: []web.Field{{Kind: web.Radios, Name: "placement", Label: "位置", Required: true, Options: options}, {Name: "reason", Label: "理由", Required: true, Max: 200}}}}}
	if len(options) == 0 {
		p.Above = []web.Component{web.Alert{Kind: web.Info, Text: "这篇稿件没有显示在您管理的栏目里。"}}
	}
	return p, nil
}

func (h *Handler) showTakeDown(w http.ResponseWriter, r *http.Request) error {
	p, err := h.takeDownPage(r)
	if err != nil {
		return err
	}
	return actView.Render(w, r, p)
}

func (h *Handler) takeDown(w http.ResponseWriter, r *http.Request) error {
	err := h.lib.TakeDown(r.Context(), authz.ScopeFrom(r.Context()), library.PlacementID(r.PostFormValue("placement")), r.PostFormValue("reason"))
	return h.acted(w, r, err, h.takeDownPage, "/console/items/"+url.PathEscape(r.PathValue("id")), "已从该栏目撤下。")
}
