package libraryweb

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// adoptionRoutes are adoption by reference, who shows what, and leave asked and
// given.
func (h *Handler) adoptionRoutes() []web.Route {
	return append([]web.Route{
		{Pattern: "GET /console/items/{id}/adopt", Permit: authz.ColumnManage, Handle: h.showAdopt},
		{Pattern: "POST /console/items/{id}/adopt", Permit: authz.ColumnManage, Handle: h.adopt},
		{Pattern: "GET /console/items/{id}/shown", Permit: authz.ItemRead, Handle: h.shown},
		{Pattern: "GET /console/share-requests", Permit: authz.ItemRead, Handle: h.shares},
		{Pattern: "POST /console/share-requests/{id}", Permit: authz.ItemWithdraw, Handle: h.answerShare},
	}, h.translationRoutes()...)
}

// adoptionActs of an item's own page: who shows it, its other languages.
func adoptionActs(it library.Item) (out []web.Act) {
	if it.Live() {
		out = append(out, web.Act{Text: "谁在显示", Href: it.Link() + "/shown"})
	}
	return append(out, web.Act{Text: "外文版", Href: it.Link() + "/languages"})
}

// fanOut is what a change of an item reaches, before it is made.
func fanOut(f library.FanOut, title string) web.Component {
	t := web.Table{Caption: title, Compact: true, Columns: []web.Column{{Head: "网站和栏目", Wide: true}, {Head: "单位"}, {Head: "状态"}}, Empty: web.Empty{Title: "没有栏目显示这篇稿件"}}
	for _, p := range f.Places {
		place := web.Text(p.SiteName + " / " + p.ColumnName)
		if p.Title != "" {
			place.Note = "显示标题：" + p.Title
		}
		state := web.Text(p.StateName())
		switch p.State {
		case library.Shown:
			state.Note = "上线于 " + web.Minute(p.LiveAt)
		case library.Scheduled:
			state.Note = web.Minute(p.PublishAt)
		}
		if p.Top > 0 {
			state.Tags = append(state.Tags, web.Tag{Kind: web.Info, Text: "置顶"})
		}
		unit := web.Text(p.UnitName)
		if p.Own {
			unit.Tags = append(unit.Tags, web.Tag{Text: "本单位"})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{place, unit, state}})
	}
	stats := web.Stats{Label: "影响范围", Items: []web.Stat{{Name: "单位", Value: strconv.Itoa(f.Units)}, {Name: "网站", Value: strconv.Itoa(f.Sites)}, {Name: "栏目", Value: strconv.Itoa(f.Columns)}}}
	if f.Waiting > 0 {
		stats.Items = append(stats.Items, web.Stat{Name: "等待上线", Value: strconv.Itoa(f.Waiting)})
	}
	p := web.Panel{Title: "影响范围", Parts: []web.Component{stats, t}}
	if shown := f.Columns + f.Waiting; shown > len(f.Places) {
		p.Parts = append(p.Parts, web.Alert{Kind: web.Info, Text: fmt.Sprintf("共 %d 处，这里列出前 %d 处。", shown, len(f.Places))})
	}
	return p
}

// reach is the fan-out of a public item, nothing of one that nobody sees.
func (h *Handler) reach(r *http.Request, it library.Item, title string) ([]web.Component, error) {
	if !it.Live() {
		if it.Stage != "final" || it.Openness != library.Open {
			return nil, nil
		}
		says, err := h.pages(r, it) // about to be public for the first time
		if err != nil || says.Text == "" {
			return nil, err
		}
		return []web.Component{says}, nil
	}
	f, err := h.lib.FanOut(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), it.ID)
	if err != nil {
		return nil, err
	}
	out := []web.Component{fanOut(f, title)}
	if says, err := h.pages(r, it); err != nil {
		return nil, err
	} else if says.Text != "" {
		out = append(out, says)
	}
	return out, nil
}

// pages says how many pages an act on an item makes anew.
func (h *Handler) pages(r *http.Request, it library.Item) (web.Alert, error) {
	if h.spread == nil {
		return web.Alert{}, nil
	}
	says, err := h.spread(r.Context(), authz.ScopeFrom(r.Context()), it.ID)
	return web.Alert{Kind: web.Info, Title: "页面更新", Text: says}, err
}

// reachNote says on the form of a public item whom a new version reaches.
func (h *Handler) reachNote(r *http.Request, it library.Item, p *editPage) error {
	if !it.Live() {
		return nil
	}
	f, err := h.lib.FanOut(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), it.ID)
	if err == nil && f.Columns > 0 {
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: f.Says() + "新版本终审后同步更新，采用单位收到通知。", Links: []web.Link{{Text: "看名单", Href: it.Link() + "/shown"}}})
	}
	return err
}

// shown is GET /console/items/{id}/shown: who shows a public item.
func (h *Handler) shown(w http.ResponseWriter, r *http.Request) error {
	ctx, session, scope := r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context())
	it, err := h.lib.PublicItem(ctx, session, idOf(r))
	if err != nil {
		return err
	}
	f, err := h.lib.FanOut(ctx, session, scope, it.ID)
	if err != nil {
		return err
	}
	return sheetView.Render(w, r, shownPage(it, f, session.May(authz.ColumnManage)))
}

func shownPage(it library.Item, f library.FanOut, adopts bool) sheetPage {
	p := sheetPage{name: "谁在显示：" + it.Title, trail: crumbs(web.Crumb{Name: "谁在显示"}), Heading: web.Heading{Title: "谁在显示这篇稿件", Above: it.Title, Lead: f.Says()}}
	if adopts {
		p.Heading.Acts = []web.Act{{Text: "采用到栏目", Href: it.Link() + "/adopt"}}
	}
	s := web.Summary{Title: "稿件", Terms: []web.Term{{Name: "提供单位", Text: it.UnitName}, {Name: "类型", Text: it.Type.Name()}, {Name: "发布时间", Text: web.Minute(it.PublishedAt)}, {Name: "共享属性", Text: it.Share.Name(), Note: it.ShareTerms}}}
	p.Body = []web.Component{s, fanOut(f, "显示这篇稿件的栏目")}
	return p
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
	f, err := h.lib.FanOut(ctx, session, scope, it.ID)
	if err != nil {
		return actPage{}, err
	}
	p := newAdoptPage(it, options, f)
	if says, err := h.pages(r, it); err != nil {
		return actPage{}, err
	} else if says.Text != "" {
		says.Text = "已公开的页面：" + says.Text + "采用后，新栏目的页面、首页和订阅也会更新。"
		p.Above = append(p.Above, says)
	}
	p.Form.Field("column").Value = r.URL.Query().Get("column")
	return p, nil
}

func newAdoptPage(it library.Item, columns []web.Option, f library.FanOut) actPage {
	fields := []web.Field{
		{Kind: web.Select, Name: "column", Label: "栏目", Options: columns, Required: true},
		{Name: "title", Label: "显示标题", Hint: "不填则用原标题", Max: 200},
		{Name: "publish_at", Label: "定时发布", Hint: "不填为立即发布；例如 2026-03-01 09:00", Narrow: true},
		{Kind: web.Number, Name: "top", Label: "置顶", Hint: "0 为不置顶，数字大的在前，最大 9", Value: "0", Narrow: true}}
	p := actPage{name: "采用：" + it.Title, trail: crumbs(web.Crumb{Name: "采用到栏目"}), Heading: web.Heading{Title: "采用到栏目", Above: it.Title, Lead: "引用同一篇稿件，栏目、标题、时间由本单位定；原稿修改或撤稿时这里同步，并通知本单位。"},
		Form: web.Form{Action: it.Link() + "/adopt", Buttons: []web.Button{{Label: "采用并发布"}}, Cancel: web.Link{Text: "返回", Href: it.Link() + "/shown"}}}
	switch it.Share {
	case library.Conditional:
		fields = append(fields, web.Field{Kind: web.TextArea, Name: "reason", Label: "用途", Rows: 3, Max: 500, Hint: "有条件共享：" + it.ShareTerms + "。提交后由" + it.UnitName + "答复，同意后自动显示。"})
		p.Form.Buttons = []web.Button{{Label: "采用或申请采用"}}
	case library.NoShare:
		p.Above = append(p.Above, web.Alert{Kind: web.Warn, Title: "不予共享", Text: "提供单位设为不予共享，只有" + it.UnitName + "自己的网站可以显示。"})
	}
	if len(columns) == 0 {
		p.Above = append(p.Above, web.Alert{Kind: web.Info, Text: "您没有可以管理的栏目。"})
	}
	p.Form.Sections = []web.Section{{Fields: fields}}
	p.Above = append(p.Above, fanOut(f, "已经显示这篇稿件的栏目"))
	return p
}

func (h *Handler) showAdopt(w http.ResponseWriter, r *http.Request) error {
	p, err := h.adoptPage(r)
	if err != nil {
		return err
	}
	return actView.Render(w, r, p)
}

// hour reads a typed moment, Shanghai time; nothing typed is the zero time.
func hour(typed, field string) (time.Time, error) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{minuteLayout, "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, typed, calendar.Shanghai); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "定时发布的时间无法识别。").On(field, "请写成 2026-03-01 09:00 的样子")
}

func (h *Handler) adopt(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	top, _ := strconv.Atoi(r.PostFormValue("top")) // anything else is not pinned
	at, err := hour(r.PostFormValue("publish_at"), "publish_at")
	said := "已采用并发布。"
	if err == nil {
		a := library.Adoption{Item: idOf(r), Column: registry.ColumnID(r.PostFormValue("column")), Title: r.PostFormValue("title"), Top: top, At: at}
		var p library.Placement
		p, err = h.lib.Adopt(ctx, scope, a)
		if p.State == library.Scheduled {
			said = "已采用，将于 " + web.Minute(p.PublishAt) + " 发布。"
		}
		if reason := strings.TrimSpace(r.PostFormValue("reason")); errors.Is(err, library.ErrAskFirst) && reason != "" {
			_, err = h.lib.AskShare(ctx, scope, a, reason)
			said = "已向提供单位提出申请，同意后自动显示。"
		}
	}
	return h.acted(w, r, err, h.adoptPage, "/console/items/"+url.PathEscape(r.PathValue("id"))+"/shown", said)
}

// sharesPage is GET /console/share-requests.
type sharesPage struct {
	Heading web.Heading
	Tabs    web.Tabs
	Open    []openShare
	Table   web.Table
	Pager   web.Pager
}

// openShare is a request with the form that answers it.
type openShare struct {
	Summary web.Summary
	Form    web.Form
}

func (sharesPage) Title() string       { return "采用申请" }
func (sharesPage) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "采用申请"}) }

func newSharesPage(box string, list []library.ShareRequest, may bool) sharesPage {
	p := sharesPage{Heading: web.Heading{Title: "采用申请", Lead: "有条件共享的稿件，其他单位采用前要征得提供单位同意。"}, Tabs: web.Tabs{Label: "采用申请", Items: []web.Tab{
		{Name: "请我们答复的", Href: "/console/share-requests", Current: box == library.SharesToAnswer}, {Name: "我们提出的", Href: "/console/share-requests?box=" + library.SharesAsked, Current: box == library.SharesAsked}}},
		Table: web.Table{Caption: "采用申请", Quiet: true, Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "申请单位和栏目"}, {Head: "申请"}, {Head: "结果"}}, Empty: web.Empty{Title: "没有采用申请"}}}
	for _, n := range list {
		if box == library.SharesToAnswer && n.State == library.ShareAsked && may {
			p.Open = append(p.Open, openShare{
				web.Summary{Title: n.ItemTitle, Terms: []web.Term{{Name: "申请单位", Text: n.AskerName, Note: n.AskedName + "，" + web.Minute(n.AskedAt)}, {Name: "显示位置", Text: n.SiteName + " / " + n.ColumnName}, {Name: "用途", Text: n.Reason}}},
				web.Form{Action: "/console/share-requests/" + n.ID, Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "says-" + n.ID, Label: "答复说明", Hint: "不同意的要写明理由", Rows: 2, Max: 500}}}},
					Buttons: []web.Button{{Label: "同意采用", Name: "act", Value: "grant"}, {Label: "不同意", Name: "act", Value: "refuse", Plain: true}}}})
			continue
		}
		kind := map[string]web.Tone{library.ShareAsked: web.Info, library.ShareGranted: web.Good, library.ShareRefused: web.Warn}[n.State]
		state := web.Tagged(web.Tag{Kind: kind, Text: library.ShareMachine.Name(n.State)})
		state.Note = n.Answer
		title := web.Linked(n.ItemTitle, "/console/items/"+string(n.Item)+"/shown")
		title.Note = n.OwnerName
		place := web.Text(n.SiteName + " / " + n.ColumnName)
		place.Note = n.AskerName
		asked := web.When(n.AskedAt)
		asked.Note = n.Reason
		p.Table.Rows = append(p.Table.Rows, web.Row{Cells: []web.Cell{title, place, asked, state}})
	}
	return p
}

func (h *Handler) sharesPage(r *http.Request) (sharesPage, error) {
	box := library.SharesToAnswer
	if r.URL.Query().Get("box") == library.SharesAsked {
		box = library.SharesAsked
	}
	list, total, err := h.lib.ShareRequests(r.Context(), authz.ScopeFrom(r.Context()), box, perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return sharesPage{}, err
	}
	p := newSharesPage(box, list, authz.SessionFrom(r.Context()).May(authz.ItemWithdraw))
	p.Pager = web.PagerOf(r, total, perPage)
	return p, nil
}

func (h *Handler) shares(w http.ResponseWriter, r *http.Request) error {
	p, err := h.sharesPage(r)
	if err != nil {
		return err
	}
	return sharesView.Render(w, r, p)
}

func (h *Handler) answerShare(w http.ResponseWriter, r *http.Request) error {
	grant := r.PostFormValue("act") == "grant"
	field := "says-" + r.PathValue("id")
	n, err := h.lib.AnswerShare(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"), grant, r.PostFormValue(field))
	if fault.Is(err, fault.Invalid) {
		p, again := h.sharesPage(r)
		if again != nil {
			return again
		}
		for i := range p.Open {
			if strings.HasSuffix(p.Open[i].Form.Action, "/"+r.PathValue("id")) {
				p.Open[i].Form.Fill(r.PostForm)
				p.Open[i].Form.Wrong(fault.New(fault.Invalid, fault.Of(err).Says).On(field, "请写明理由，500 字以内"))
			}
		}
		return sharesView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	said := "已答复不同意，并通知" + n.AskerName + "。"
	if grant {
		said = "已同意，稿件按申请显示在“" + n.SiteName + " / " + n.ColumnName + "”。"
	}
	return web.Done(w, r, "/console/share-requests", said)
}

var sampleFan = library.FanOut{Sites: 2, Columns: 2, Units: 2, Waiting: 1, Places: []library.FanPlace{
	{Placement: library.Placement{SiteName: "西安市人民政府", ColumnName: "要闻", State: library.Shown, LiveAt: sampleAt, Top: 1, Title: "短标题"}, UnitName: "西安市人民政府办公厅"},
	{Placement: library.Placement{SiteName: "雁塔区人民政府", ColumnName: "通知公告", State: library.Scheduled, PublishAt: sampleAt}, UnitName: "雁塔区人民政府办公室", Own: true}}}

func sampleShown(words string) sheetPage {
	it, _ := sampleOf(words)
	it.ShareTerms = words
	return shownPage(it, sampleFan, true)
}

func sampleAdopt(words string) actPage {
	it, _ := sampleOf(words)
	it.Share, it.ShareTerms = library.Conditional, words
	return newAdoptPage(it, []web.Option{{Value: "c", Label: words}}, sampleFan)
}

func sampleShare(words, state string) library.ShareRequest {
	return library.ShareRequest{ID: "01J", ItemTitle: words, SiteName: "西安市人民政府", ColumnName: words, AskerName: words, OwnerName: "省医保局", Reason: words, State: state, AskedName: "高翔宇", AskedAt: sampleAt, Answer: words}
}

var sharesView = web.Define(views, "views/shares.html",
	newSharesPage(library.SharesToAnswer, []library.ShareRequest{sampleShare("关于防汛的通知", library.ShareAsked), func() library.ShareRequest { n := sampleShare("第二件", library.ShareAsked); n.ID = "01K"; return n }(), sampleShare("关于防汛的通知", library.ShareGranted)}, true),
	newSharesPage(library.SharesAsked, nil, false),
	newSharesPage(library.SharesToAnswer, []library.ShareRequest{sampleShare(hostile, library.ShareAsked), sampleShare(hostile, library.ShareRefused)}, true),
)
