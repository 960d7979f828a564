package newmediaweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/intake"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const (
	sheetsPath = "/console/account-sheets"
	perPage    = 20
	maxExport  = 20000
)

// Handler serves the screens.
type Handler struct{ newmedia *newmedia.Service }

// New makes the handler.
func New(s *newmedia.Service) *Handler { return &Handler{s} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/account-sheets", Permit: authz.InspectionRead, Handle: h.list},
		{Pattern: "GET /console/account-sheets/export", Permit: authz.InspectionRead, Handle: h.export},
		{Pattern: "GET /console/account-sheets/import", Permit: authz.InspectionRun, Handle: h.showImport},
		{Pattern: "POST /console/account-sheets/import", Permit: authz.InspectionRun, Handle: h.take, MaxBody: web.UploadBody},
		{Pattern: "GET /console/account-sheets/{id}", Permit: authz.InspectionRead, Handle: h.sheet},
		{Pattern: "POST /console/account-sheets/{id}/receipt", Permit: authz.InspectionRun, Handle: h.receipt, MaxBody: web.UploadBody},
		{Pattern: "POST /console/account-sheets/{id}/feed", Permit: authz.InspectionRun, Handle: h.feed},
		{Pattern: "GET /console/account-sheets/{id}/files/{file}", Permit: authz.InspectionRead, Handle: h.file},
	}
}

type (
	page     struct{ web.ListView }
	record   struct{ web.RecordView }
	formView struct{ web.FormView }
)

func outcomeTag(o check.Outcome) web.Tag {
	switch o {
	case check.Kept:
		return web.Tag{Kind: web.Good, Text: "符合"}
	case check.Tolerated:
		return web.Tag{Kind: web.Neutral, Text: "不要求"}
	case check.Violated:
		return web.Tag{Kind: web.Danger, Text: "不符合"}
	case check.Untested:
		return web.Tag{Kind: web.Neutral, Text: "未能检查"}
	}
	return web.Tag{Kind: web.Neutral, Text: "未检查"}
}

func filterOf(r *http.Request) (newmedia.Filter, error) {
	q := r.URL.Query()
	f := newmedia.Filter{Text: strings.TrimSpace(q.Get("q")), Platform: q.Get("platform"), Column: q.Get("item"), Outcome: q.Get("outcome"), Wrong: q.Has("wrong"), Unit: org.UnitID(q.Get("unit")), Area: org.AreaID(q.Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

func newList(list []newmedia.Line, total int, t newmedia.Tally, runs bool) page {
	platforms, items := []web.Option{{Label: "全部"}}, []web.Option{{Label: "全部"}}
	names := make([]string, 0, len(registry.Platforms))
	for v := range registry.Platforms {
		names = append(names, v)
	}
	slices.Sort(names)
	for _, v := range names {
		platforms = append(platforms, web.Option{Value: v, Label: registry.Platforms[v]})
	}
	for _, c := range newmedia.Columns() {
		items = append(items, web.Option{Value: c.Name, Label: c.Label})
	}
	v := page{web.ListView{Heading: web.Heading{Title: "账号检查", Lead: "更新、原创、互动、认证主体和名称，客户端能否下载和使用。情况来自订阅源、导入或接口报送的发布数据、值班人员和监测程序的登记；没有来源的记为“未能检查”，不扣分。"},
		Stats: web.Stats{Items: []web.Stat{{Name: "运行的账号", Value: strconv.Itoa(t.Accounts), Unit: "个", Note: fmt.Sprintf("已取得更新日期 %d 个", t.Known), Href: sheetsPath}, {Name: "超过 14 天未更新", Value: strconv.Itoa(t.Stale), Unit: "个", Href: sheetsPath + "?item=stale&outcome=violated"}, {Name: "没有互动功能", Value: strconv.Itoa(t.Silent), Unit: "个", Href: sheetsPath + "?item=interaction&outcome=violated"}, {Name: "需要整改", Value: strconv.Itoa(t.Wrong), Unit: "个", Href: sheetsPath + "?wrong=on"}}},
		Filter: web.Filter{Action: sheetsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "账号或单位"}, {Kind: web.Select, Name: "platform", Label: "平台", Options: platforms}, {Kind: web.Select, Name: "item", Label: "项目", Options: items},
			{Kind: web.Select, Name: "outcome", Label: "结果", Options: []web.Option{{Label: "全部"}, {Value: "violated", Label: "不符合"}, {Value: "kept", Label: "符合"}, {Value: "untested", Label: "未能检查"}}}}, More: []web.Field{{Kind: web.Check, Name: "wrong", Label: "只看需要整改的"}}},
		Table: web.Table{Caption: "账号检查", Quiet: true, Columns: []web.Column{{Head: "账号", Wide: true}, {Head: "最近发布"}}, Empty: web.Empty{Title: "没有符合条件的账号", Text: "请换一个条件。"}}}}
	if t.Accounts == 0 {
		v.Table.Empty = web.Empty{Title: "台账中还没有运行的账号", Text: "先在台账登记账号，再导入发布数据或登记订阅源。", Act: web.Act{Text: "账号台账", Href: "/console/accounts"}}
	}
	if runs {
		v.Heading.Acts = []web.Act{{Text: "导入发布数据", Href: sheetsPath + "/import"}}
	}
	for _, c := range newmedia.Columns() {
		v.Table.Columns = append(v.Table.Columns, web.Column{Head: c.Label})
	}
	for _, l := range list {
		last := web.Day(l.LastPost)
		if l.LastPost.IsZero() {
			last = web.Text("没有来源")
		}
		cells := []web.Cell{{Text: l.Name, Href: newmedia.Link(l.ID), Note: registry.Platforms[l.Platform] + " · " + l.UnitName}, last}
		for _, c := range newmedia.Columns() {
			cells = append(cells, web.Tagged(outcomeTag(l.Outcome[c.Name])))
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: cells})
	}
	return v
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.newmedia.Lines(r.Context(), scope, f)
	if err != nil {
		return err
	}
	t, err := h.newmedia.Tally(r.Context(), scope)
	if err != nil {
		return err
	}
	v := newList(list, total, t, may(r))
	v.Exports = web.ExportActs(sheetsPath+"/export", r.URL.Query())
	v.Filter.Fill(r.URL.Query())
	for _, name := range []string{"unit", "area"} {
		if of := r.URL.Query().Get(name); of != "" {
			v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: name, Value: of})
		}
	}
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func may(r *http.Request) bool { return authz.SessionFrom(r.Context()).May(authz.InspectionRun) }

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.newmedia.Lines(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "行"); err != nil {
		return err
	}
	columns := []official.Column{{Title: "账号", Width: 24}, {Title: "平台", Width: 14}, {Title: "主办单位", Width: 24}, {Title: "最近发布", Width: 12}}
	for _, c := range newmedia.Columns() {
		columns = append(columns, official.Column{Title: c.Label, Width: 12})
	}
	rows := make([][]any, len(list))
	for i, l := range list {
		row := []any{l.Name, registry.Platforms[l.Platform], l.UnitName, l.LastPost}
		for _, c := range newmedia.Columns() {
			row = append(row, outcomeTag(l.Outcome[c.Name]).Text)
		}
		rows[i] = row
	}
	return web.SendSheet(w, r, official.Sheet{Title: "账号检查", Columns: columns, Rows: slices.Values(rows)}, "账号检查")
}

func newSheet(x newmedia.Sheet, runs bool, today calendar.Date) record {
	a := x.Account
	at := newmedia.Link(a.ID)
	v := record{web.RecordView{Heading: web.Heading{Above: registry.Platforms[a.Platform], Title: a.Name}, Trail: []web.Crumb{{Name: "账号检查", Href: sheetsPath}}}}
	if len(x.Unproven) > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "整改尚未办结", Text: strings.Join(x.Unproven, "、") + "：原来发现有问题，登记的情况已超过有效期，没有新的凭据证明已经改正。请查看后登记现在的情况。"})
	}
	t := web.Table{Caption: "检查单", Columns: []web.Column{{Head: "项目"}, {Head: "结果"}, {Head: "情况", Wide: true}, {Head: "依据"}, {Head: "问题"}}}
	for _, f := range x.Findings {
		if f.Check == "account.usable" && !x.Facts.Client {
			continue
		}
		name := f.Check
		for _, c := range newmedia.Columns() {
			if c.Check == f.Check {
				name = c.Label
			}
		}
		says := web.Cell{Text: f.Says, Note: f.Fix}
		if f.Outcome == check.Tolerated {
			says.Note = f.Why
		}
		filed := web.Text("—")
		if f.Filed != "" {
			filed = web.Linked(f.State, inspection.Finding{ID: f.Filed}.Link())
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(name), web.Tagged(outcomeTag(f.Outcome)), says, web.Text(inspection.BasisName(f.Article)), filed}})
	}
	v.Main = append(v.Main, t)
	receipts := web.Table{Caption: "登记记录", Columns: []web.Column{{Head: "查看日期"}, {Head: "看到的情况", Wide: true}, {Head: "网址"}, {Head: "登记人"}, {Head: "凭据"}}, Empty: web.Empty{Title: "还没有登记"}}
	for _, r := range x.Receipts {
		file := web.Cell{Text: "无"}
		if r.FileID != "" {
			file = web.Linked(r.FileName, at+"/files/"+url.PathEscape(r.FileID))
		}
		receipts.Rows = append(receipts.Rows, web.Row{Cells: []web.Cell{web.Day(r.SeenOn), {Text: strings.Join(r.Says(), "，"), Note: r.Note}, web.Text(r.Link), {Text: r.Person, Note: r.Source()}, file}})
	}
	v.Main = append(v.Main, receipts)
	if len(x.Posts) > 0 {
		posts := web.Table{Caption: "最近的发布数据", Compact: true, Columns: []web.Column{{Head: "日期"}, {Head: "标题", Wide: true}}}
		for _, p := range x.Posts {
			posts.Rows = append(posts.Rows, web.Row{Cells: []web.Cell{web.Day(p.On), {Text: p.Title, Note: p.URL}}})
		}
		v.Main = append(v.Main, posts)
	}
	if len(x.Facts.Stores) > 0 {
		stores := web.Table{Caption: "下载地址", Columns: []web.Column{{Head: "应用市场"}, {Head: "结果"}, {Head: "网址", Wide: true}}}
		for _, st := range x.Facts.Stores {
			stores.Rows = append(stores.Rows, web.Row{Cells: []web.Cell{web.Text(st.Name), web.Tagged(storeTag(st.State)), {Text: st.URL, Note: st.Says}}})
		}
		v.Main = append(v.Main, stores)
	}
	if runs {
		var tried []web.Field
		if x.Facts.Client {
			tried = []web.Field{{Kind: web.Radios, Name: "usable", Label: "能否下载、打开和使用", Hint: "在手机上从下载页装一次、打开一次", Options: []web.Option{{Value: "", Label: "没有试"}, {Value: "yes", Label: "能"}, {Value: "no", Label: "不能"}}}}
		}
		v.Forms = append(v.Forms, web.Form{Action: at + "/receipt", Upload: true, Key: "receipt" + string(a.ID), Sections: []web.Section{{Legend: "登记看到的情况", Hint: "在平台上查看后登记，网址和截图是凭据。看到几项填几项。", Fields: slices.Concat([]web.Field{
			{Kind: web.DateField, Name: "seen_on", Label: "查看日期", Required: true, Narrow: true, Value: today.String()}, {Name: "link", Label: "所看页面的网址", Required: true, Max: 500, Value: a.URL},
			{Kind: web.DateField, Name: "last_post", Label: "最近一条的发布日期", Narrow: true}, {Kind: web.DateField, Name: "last_own", Label: "最近一条原创的日期", Narrow: true},
			{Kind: web.Radios, Name: "interaction", Label: "能否留言、评论或私信", Options: []web.Option{{Value: "", Label: "没有查看"}, {Value: "yes", Label: "能"}, {Value: "no", Label: "不能"}}}}, tried, []web.Field{
			{Name: "seen_name", Label: "平台显示的名称", Max: 100}, {Name: "seen_subject", Label: "平台显示的认证主体", Max: 100}, {Kind: web.TextArea, Name: "note", Label: "说明", Max: 500, Rows: 2},
			{Kind: web.File, Name: "shot", Label: "截图", Required: true, Accept: approval.Accept, Hint: "PDF、JPG 或 PNG，不超过 20 MB"}})}}, Buttons: []web.Button{{Label: "登记情况"}}},
			web.Form{Action: at + "/feed", Folded: true, Key: "feed" + string(a.ID), Sections: []web.Section{{Legend: "订阅源", Hint: "平台或监测服务提供的 RSS、Atom 或 JSON Feed 网址，每 6 小时读取一次。清空即停用。", Fields: []web.Field{{Name: "feed", Label: "订阅源网址", Max: 500, Value: x.Feed}}}}, Buttons: []web.Button{{Label: "保存订阅源", Plain: true}}})
	}
	feed := web.Term{Name: "订阅源", Text: "没有设置"}
	if x.Feed != "" {
		feed.Text = x.Feed
		if !x.FeedAt.IsZero() {
			feed.Note = "最近读取 " + web.Minute(x.FeedAt)
			if x.FeedFrom != "" {
				feed.Note += "（外网巡检机“" + x.FeedFrom + "”）"
			}
			feed.Note += " " + x.FeedSays
		}
		if x.FeedAsked.Out() {
			feed.Note = strings.TrimPrefix(feed.Note+"；"+inspection.HandedOut+"："+x.FeedAsked.Waits(), "；")
		}
	}
	purpose := web.Term{Name: "用途", Text: a.Purpose}
	if a.Purpose == "" {
		purpose.Text, purpose.Note = "没有登记", "在账号台账登记用途以后，才能检查更新和原创"
	}
	v.Side = append(v.Side, web.Summary{Title: "账号", Terms: []web.Term{{Name: "主办单位", Text: a.UnitName}, {Name: "台账", Text: "查看账号台账", Href: a.Link()}, purpose, {Name: "更新日期来自", Text: orNone(x.Facts.Source)}, feed, {Name: "最近核对", Text: orNone(web.Minute(x.At))}}})
	return v
}

func storeTag(s check.LinkState) web.Tag {
	switch s {
	case check.LinkAlive:
		return web.Tag{Kind: web.Good, Text: "可以打开"}
	case check.LinkDead:
		return web.Tag{Kind: web.Danger, Text: "打不开"}
	case "":
		return web.Tag{Kind: web.Neutral, Text: "还没有查看"}
	}
	return web.Tag{Kind: web.Neutral, Text: "未能检查"}
}

func orNone(s string) string {
	if s == "" {
		return "无"
	}
	return s
}

func (h *Handler) sheet(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, nil)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	s := authz.SessionFrom(r.Context())
	x, err := h.newmedia.Sheet(r.Context(), s.ScopeFor(authz.InspectionRead), registry.AccountID(r.PathValue("id")))
	if err != nil {
		return err
	}
	v := newSheet(x, s.May(authz.InspectionRun), web.FrameOf(r).Today)
	for i := range v.Forms {
		if f := &v.Forms[i]; wrong != nil && f.Action == r.URL.Path {
			f.Fill(r.PostForm)
			f.Wrong(wrong)
		}
	}
	return recordPage.RenderStatus(w, r, status, v)
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, said string, err error) error {
	if web.Mendable(err) {
		return h.render(w, r, web.StatusOf(err), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, sheetsPath+"/"+url.PathEscape(r.PathValue("id")), said)
}

func (h *Handler) receipt(w http.ResponseWriter, r *http.Request) error {
	shot, done, err := web.Attachment(r, "shot")
	defer done()
	n := newmedia.Receipt{Link: web.Typed(r, "link"), Interaction: web.Typed(r, "interaction"), Usable: web.Typed(r, "usable"), SeenName: web.Typed(r, "seen_name"), SeenSubject: web.Typed(r, "seen_subject"), Note: web.Typed(r, "note")}
	for _, d := range []struct {
		name, what string
		into       *calendar.Date
	}{{"seen_on", "查看日期", &n.SeenOn}, {"last_post", "最近发布日期", &n.LastPost}, {"last_own", "最近原创日期", &n.LastOwn}} {
		if err == nil {
			*d.into, err = web.DayOf(r, d.name, d.what)
		}
	}
	if err == nil {
		err = h.newmedia.Record(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), registry.AccountID(r.PathValue("id")), n, shot)
	}
	return h.answer(w, r, "情况已登记，检查单已更新。", err)
}

func (h *Handler) feed(w http.ResponseWriter, r *http.Request) error {
	err := h.newmedia.SetFeed(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), registry.AccountID(r.PathValue("id")), web.Typed(r, "feed"))
	return h.answer(w, r, "订阅源已保存。", err)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.newmedia.File(r.Context(), authz.ScopeFrom(r.Context()), registry.AccountID(r.PathValue("id")), r.PathValue("file"))
	return web.SendAttachment(w, a, content, err)
}

func newImport(rep *intake.Report) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "导入发布数据", Lead: "从平台后台或监测服务导出的表格（CSV、XLSX）。要有“账号网址”（或“平台内部标识”“账号名称”）和“发布日期”，可以有“标题”“网址”“是否原创”。同一条只记一次。"}, Trail: []web.Crumb{{Name: "账号检查", Href: sheetsPath}}}}
	v.Taken(rep)
	v.Form = web.Form{Upload: true, Sections: []web.Section{{Fields: []web.Field{{Kind: web.File, Name: "file", Label: "表格", Required: true, Accept: ".csv,.xlsx", Hint: "不超过 20 MB"}}}}, Buttons: []web.Button{{Label: "导入发布数据"}}, Cancel: web.Link{Text: "返回列表", Href: sheetsPath}}
	return v
}

func (h *Handler) showImport(w http.ResponseWriter, r *http.Request) error {
	return formPage.Render(w, r, newImport(nil))
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request) error {
	rep, err := web.TakeTable(r, "表格", official.Limits{}, func(t *official.Table) (intake.Report, error) {
		return h.newmedia.Import(r.Context(), authz.ScopeFrom(r.Context()), t)
	})
	if web.Mendable(err) {
		v := newImport(nil)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newImport(&rep))
}

var (
	sampleDay   = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleAt    = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	sampleSheet = newmedia.Sheet{Unproven: []string{"互动", "认证主体"}, Account: registry.Account{ID: "a", Name: "渭南发布", Platform: "weibo", UnitName: "渭南市人民政府办公室", URL: "https://weibo.example/wn", Purpose: "发布"}, At: sampleAt, Feed: "https://feed.example/wn.xml", FeedAt: sampleAt, FeedSays: "订阅源没有正常返回。",
		Findings: []newmedia.Result{{Finding: check.Finding{Check: "account.stale", Outcome: check.Violated, Says: "账号超过规定期限没有更新。", Fix: "请立即更新。", Article: "V-M-2.1"}, Filed: "01JF", State: "待整改"}, {Finding: check.Finding{Check: "account.original", Outcome: check.Tolerated, Says: "不要求。", Why: "不是发布类"}}, {Finding: check.Finding{Check: "account.subject", Outcome: check.Untested, Says: "未能检查。"}}},
		Receipts: []newmedia.Receipt{{ID: "r", SeenOn: sampleDay, Link: "https://weibo.example/wn/1", LastPost: sampleDay.AddDays(-20), Interaction: "no", SeenName: "渭南发布", SeenSubject: "某公司", FileID: "f", FileName: "截图.png", Person: "甲"}}, Posts: []newmedia.Entry{{On: sampleDay.AddDays(-20), Title: "天气预报", URL: "https://weibo.example/wn/1"}},
		Facts: check.AccountFacts{Client: true, Stores: []check.Store{{Name: "应用宝", URL: "https://app.example/1", State: check.LinkAlive}, {Name: "某市场", URL: "https://store.example/2", State: check.LinkDead, Says: "链接打不开。"}, {Name: "新市场", URL: "https://store.example/3"}}}}
	hostileSheet = newmedia.Sheet{Unproven: []string{"<b>"}, Account: registry.Account{ID: `"><b>`, Name: "<script>alert(1)</script>", UnitName: "<b>", URL: `"`}, Findings: []newmedia.Result{{Finding: check.Finding{Check: "<b>", Outcome: "x", Says: "<script>", Article: `"`}, Filed: `"><b>`, State: "<b>"}}, Receipts: []newmedia.Receipt{{Link: "javascript:alert(1)", SeenName: "<b>", Note: "</td>", FileID: `"`, FileName: "<script>", Person: "<i>"}}, Posts: []newmedia.Entry{{Title: "<script>", URL: "</td>"}}, Facts: check.AccountFacts{Stores: []check.Store{{Name: "<b>", URL: "javascript:alert(1)", State: "x", Says: "<script>"}}}}
)

var listPage = web.Define(web.Plain, "pages/list.html", newList(nil, 0, newmedia.Tally{}, true), newList([]newmedia.Line{{ID: "a", Name: "渭南发布", Platform: "weibo", UnitName: "渭南市人民政府办公室", LastPost: sampleDay, Outcome: map[string]check.Outcome{"stale": check.Kept}, Wrong: 1}}, 1, newmedia.Tally{Accounts: 3, Known: 1}, true),
	newList([]newmedia.Line{{ID: `"><b>`, Name: "<script>", UnitName: "<b>"}}, 1, newmedia.Tally{}, false))

var recordPage = web.Define(web.Plain, "pages/record.html", newSheet(newmedia.Sheet{Account: registry.Account{ID: "e", Name: "新账号", Platform: "weibo", UnitName: "某局"}}, true, sampleDay), newSheet(sampleSheet, true, sampleDay), newSheet(hostileSheet, true, sampleDay))

var formPage = web.Define(web.Plain, "pages/form.html", newImport(nil), newImport(&intake.Report{Accepted: 3}), newImport(&intake.Report{Refused: []intake.Refusal{{Row: 2, Field: "<b>", Says: "<script>"}}}))
