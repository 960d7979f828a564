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
	"zhengshu/internal/registry"
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
	Open    bool // this person may speak now
	Form    web.Form
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
	results, err := h.lib.Results(ctx, scope, v)
	if err != nil {
		return p, it, err
	}
	record, err := h.lib.Record(ctx, scope, it.ID)
	if err != nil {
		return p, it, err
	}
	if p.Body, err = h.besides(r, it, v, results); err != nil {
		return p, it, err
	}
	p.Body = append(p.Body, facts(it, v), placeTable(placed))
	var sub library.Submitted
	if len(record) > 0 {
		sub = record[len(record)-1]
		p.Body = append(p.Body, opinions(sub))
		if sub.Reason != "" {
			p.Above = append(p.Above, web.Alert{Kind: web.Info, Title: "作者的说明", Text: sub.Reason})
		}
		if sub.RepostReason != "" {
			p.Above = append(p.Above, web.Alert{Kind: web.Warn, Title: "稿源名单外转载", Text: "来源：" + v.Source + "。申请理由：" + sub.RepostReason + "。复审人同意须写明理由。"})
		}
	}
	final := it.Stage == string(sx2021.FinalReview)
	p.Open = h.lib.MayReview(session, it)
	switch {
	case it.State != library.InReview:
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "这篇稿件现在是“" + it.StateName() + "”，没有等待审核的内容。"})
	case !p.Open:
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "这篇稿件等待" + library.StageName(it.Stage) + "，由“" + it.UnitName + "”的相应岗位人员办理。"})
	case final && v.AuthorID == session.PersonID:
		p.Open = false
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Text: "您是本版作者，终审须由他人办理（第十九条（三））。"})
	}
	if !p.Open {
		return p, it, nil
	}
	opinion := web.Field{Kind: web.TextArea, Name: "opinion", Label: "审核意见", Rows: 3, Max: 2000, Hint: "退回必须写明需要修改的内容。"}
	hidden := []web.Field{{Kind: web.Hidden, Name: "round", Value: strconv.Itoa(it.Round)}, {Kind: web.Hidden, Name: "stage", Value: it.Stage}}
	p.Form = web.Form{Action: it.Link() + "/review", Key: "review-" + string(it.ID), Sticky: true, Cancel: web.Link{Text: "暂不处理", Href: it.Link()}}
	if !final {
		p.Form.Sections = []web.Section{{Legend: library.StageName(it.Stage) + "意见", Fields: append(hidden, opinion)}}
		p.Form.Buttons = []web.Button{{Label: library.StageName(it.Stage) + "通过", Name: "act", Value: library.Pass}, {Label: "退回修改", Name: "act", Value: library.Return, Kind: web.Danger, Skip: true}}
		return p, it, nil
	}
	fields := []web.Field{
		{Kind: web.Checks, Name: "gate", Label: "五关", Hint: "逐项把关，勾选即由您署名负责（第十九条（三））", Options: gateOptions()},
		{Kind: web.Checks, Name: "declare", Label: "六项声明", Hint: "第十二条（二）", Options: []web.Option{
			{Value: "in_duty", Label: "与本单位职能直接相关"}, {Value: "source_known", Label: "来源明确"}, {Value: "nothing_sensitive", Label: "不含敏感和影响社会稳定的信息"},
			{Value: "nothing_secret", Label: "不含涉密信息"}, {Value: "no_opinion", Label: "不含个人观点、意见及情绪"}, {Value: "no_advertising", Label: "不含商业广告及广告链接"}}},
	}
	if it.Type == library.Policy && it.Important {
		fields = append(fields, web.Field{Name: "waiver", Label: "缓发解读的理由", Max: 500, Hint: "没有同步解读而须先发布时填写；当日补发，并列入清单（第十四条（三））。"})
	}
	p.Form.Sections = []web.Section{{Legend: "终审", Fields: append(append(hidden, fields...), opinion)}}
	p.Form.Buttons = []web.Button{{Label: "终审通过并发布", Name: "act", Value: library.Pass}, {Label: "退回修改", Name: "act", Value: library.Return, Kind: web.Danger, Skip: true}}
	if n := library.Count(results, check.Serious); n > 0 {
		p.Above = append(p.Above, web.Alert{Kind: web.Danger, Title: fmt.Sprintf("还有 %d 处严重问题", n), Text: "严重问题没有改正之前不能发布，请退回修改。"})
		p.Form.Buttons = p.Form.Buttons[1:]
	}
	return p, it, nil
}

func (h *Handler) showReview(w http.ResponseWriter, r *http.Request) error {
	p, _, err := h.reviewOf(r)
	if err != nil {
		return err
	}
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
	d := library.Decision{Round: round, Stage: f.Get("stage"), Act: f.Get("act"), Opinion: f.Get("opinion"), Reason: f.Get("reason"), WaiverReason: f.Get("waiver"), Gates: map[sx2021.Gate]bool{}}
	if d.Stage == string(sx2021.FinalReview) {
		// A gate that was not ticked is a gate not passed.
		for _, g := range sx2021.Gates() {
			d.Gates[g] = slices.Contains(f["gate"], string(g))
		}
	}
	has := func(s string) bool { return slices.Contains(f["declare"], s) }
	d.Declarations = sx2021.Declarations{InDuty: has("in_duty"), SourceKnown: has("source_known"), NothingSensitive: has("nothing_sensitive"), NothingSecret: has("nothing_secret"), NoOpinion: has("no_opinion"), NoAdvertising: has("no_advertising")}
	it, err := h.lib.Review(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), d)
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
	switch it.State {
	case library.Returned:
		said = "已退回采编人员修改。"
	case library.Approved:
		said = "终审通过，已发布。"
	}
	return web.Done(w, r, it.Link(), said)
}

// opinions are what was said of one submission.
func opinions(n library.Submitted) web.Timeline {
	t := web.Timeline{Title: fmt.Sprintf("第 %d 次送审", n.Round), Events: []web.Event{{At: n.At, Title: fmt.Sprintf("送审第 %d 版", n.Version), Who: n.PersonName, Text: n.Reason}}}
	for _, o := range n.Opinions {
		e := web.Event{At: o.At, Title: library.StageName(o.Stage) + "通过", Who: o.ReviewerName, Unit: o.ReviewerUnit, Text: o.Opinion, Kind: web.Good}
		if o.Verdict == library.Return {
			e.Title, e.Kind = library.StageName(o.Stage)+"退回", web.Warn
		}
		var gates []string
		for _, g := range o.Gates {
			state := "通过"
			if !g.Passed {
				state = "未通过"
			}
			gates = append(gates, library.GateName(g.Gate)+state)
		}
		if len(gates) > 0 {
			e.Text = strings.TrimSpace(e.Text + " 五关：" + strings.Join(gates, "、") + "；六项声明均已确认。")
		}
		if o.Reason != "" {
			e.Text += " 保留检查提示的理由：" + o.Reason
		}
		t.Events = append(t.Events, e)
	}
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

func (h *Handler) record(w http.ResponseWriter, r *http.Request) error {
	it, v, placed, err := h.load(r, 0)
	if err != nil {
		return err
	}
	rec, err := h.lib.Record(r.Context(), authz.ScopeFrom(r.Context()), it.ID)
	if err != nil {
		return err
	}
	p := sheetPage{name: "审核记录：" + it.Title, trail: itemCrumbs(it, "审核记录"), Heading: web.Heading{Title: "三审三校记录", Above: it.Title, Tags: tags(it), Lead: "可直接打印存档。"}}
	p.Body = []web.Component{facts(it, v), placeTable(placed)}
	if len(rec) == 0 {
		says := "还没有送审。"
		if it.Meta.Origin == library.MovedIn {
			says = "存量迁入：依据已批准的迁入事项公开，没有逐篇审核。"
		}
		p.Body = append(p.Body, web.Alert{Kind: web.Info, Text: says})
	}
	for _, n := range rec {
		p.Body = append(p.Body, opinions(n))
	}
	return sheetView.Render(w, r, p)
}

// actPage is a small form of its own.
type actPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Form    web.Form
}

func (p actPage) Title() string       { return p.name }
func (p actPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) withdrawPage(r *http.Request) (actPage, error) {
	it, _, placed, err := h.load(r, 0)
	if err != nil {
		return actPage{}, err
	}
	return actPage{name: "撤稿：" + it.Title, trail: itemCrumbs(it, "撤稿"), Heading: web.Heading{Title: "撤稿", Above: it.Title, Tags: tags(it)},
		Above: []web.Component{web.Alert{Kind: web.Warn, Title: "一处撤稿、处处撤稿", Text: "稿件会同时从下列所有位置撤下，原网址显示已撤稿。版本和审核记录保留。"}, placeTable(placed)},
		Form: web.Form{Action: it.Link() + "/withdraw", Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "reason", Label: "撤稿理由", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "撤下这篇稿件", Kind: web.Danger}}, Cancel: web.Link{Text: "不撤", Href: it.Link()}}}, nil
}

func (h *Handler) showWithdraw(w http.ResponseWriter, r *http.Request) error {
	p, err := h.withdrawPage(r)
	if err != nil {
		return err
	}
	return actView.Render(w, r, p)
}

func (h *Handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	it, err := h.lib.Withdraw(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("reason"))
	return h.acted(w, r, err, h.withdrawPage, it.Link(), "已撤稿，所有位置同时撤下。")
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

// adoptPage: whoever manages columns here need not see the item's own desk, so
// the public version is all it shows.
func (h *Handler) adoptPage(r *http.Request) (actPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	it, err := h.lib.PublicItem(ctx, session, idOf(r))
	if err != nil {
		return actPage{}, err
	}
	var options []web.Option
	for _, post := range session.Posts {
		one := authz.Session{Posts: []authz.Post{post}}
		if !one.May(authz.ColumnManage) {
			continue
		}
		list, err := h.lib.Outlets(ctx, scope, unitOf(post))
		if err != nil {
			return actPage{}, err
		}
		for _, o := range list {
			opt := web.Option{Value: string(o.Column), Label: o.SiteName + " / " + o.Name}
			if !slices.Contains(options, opt) {
				options = append(options, opt)
			}
		}
	}
	return actPage{name: "采用：" + it.Title, trail: itemCrumbs(it, "采用到栏目"), Heading: web.Heading{Title: "采用到栏目", Above: it.Title, Lead: "引用同一篇稿件，原稿修改或撤稿时这里同步。"},
		Form: web.Form{Action: it.Link() + "/adopt", Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "column", Label: "栏目", Options: options, Required: true},
			{Name: "title", Label: "显示标题", Hint: "不填则用原标题", Max: 200},
			{Kind: web.Number, Name: "top", Label: "置顶", Hint: "0 为不置顶，数字大的在前，最大 9", Value: "0", Narrow: true}}}},
			Buttons: []web.Button{{Label: "采用并发布"}}, Cancel: web.Link{Text: "返回", Href: it.Link()}}}, nil
}

func (h *Handler) showAdopt(w http.ResponseWriter, r *http.Request) error {
	p, err := h.adoptPage(r)
	if err != nil {
		return err
	}
	return actView.Render(w, r, p)
}

func (h *Handler) adopt(w http.ResponseWriter, r *http.Request) error {
	top, _ := strconv.Atoi(r.PostFormValue("top")) // anything else is not pinned
	_, err := h.lib.Adopt(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), registry.ColumnID(r.PostFormValue("column")), r.PostFormValue("title"), top)
	return h.acted(w, r, err, h.adoptPage, "/console/items/"+url.PathEscape(r.PathValue("id")), "已采用并发布。")
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
