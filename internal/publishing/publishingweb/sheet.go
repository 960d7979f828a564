package publishingweb

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// sheet is a page of parts and forms.
type sheet struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Tabs    web.Tabs
	Above   []web.Component
	Forms   []web.Form
	Body    []web.Component
}

// Title of the document.
func (s sheet) Title() string { return s.name }

// Crumbs of the page.
func (s sheet) Crumbs() []web.Crumb { return s.trail }

var sampleSite = registry.Site{ID: "01S", Name: "云河县人民政府（演示）", Hosted: true}

var sheetPage = web.Define(views, "views/sheet.html", sheet{Heading: web.Heading{Title: "定时发布"}},
	backPage(sampleSite, publishing.Setback{Site: sampleSite, Release: publishing.ReleaseRow{No: 12, Pages: 9, At: time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)}, Pages: 41, Gone: 2}, 15),
	rebuildPage(sampleSite, publishing.Fan{Pages: 340, Sites: []publishing.FanSite{{Name: sampleSite.Name, Pages: 340, Whole: true}}}),
	redirectsPage(sampleSite, []publishing.Redirect{{ID: "1", Path: "/old/a.html", To: "/old/b.html", Finally: "/news/", Origin: publishing.Typed}, {ID: "2", Host: "old.example.gov.cn", To: "https://yunhe.example.gov.cn", Origin: publishing.Typed}}, 2, web.Pager{Page: 1, Pages: 1, Total: 2, Per: 50}, "", true),
	redirectsPage(registry.Site{ID: "01S", Name: `<script>alert(1)</script>"'>`, Hosted: true}, []publishing.Redirect{{Path: `/<b>"'`, To: `javascript:"`, Shadowed: true, Origin: `<i>`}}, 1, web.Pager{Page: 1, Pages: 1, Total: 1, Per: 50}, `"><`, true),
	schedulePage([]publishing.Timed{{Title: "关于供暖的通知", Item: "01I", SiteName: sampleSite.Name, Column: "通知公告", Due: time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)}}, []publishing.Timed{{Title: "迟到的通知", SiteName: sampleSite.Name, Column: "通知公告", Late: true, Due: time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)}}),
	schedulePage(nil, nil))

func siteTrail(s registry.Site, more ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: cmp.Or(s.Name, "站点"), Href: s.Link()}}, more...)
}

func base(s registry.Site) string { return "/console/sites/" + string(s.ID) }

// tabs of the pages about what a site publishes.
func tabs(s registry.Site, current string) web.Tabs {
	t := web.Tabs{Label: "发布"}
	for _, x := range []struct{ name, href string }{{"发布记录", base(s) + "/releases"}, {"旧地址跳转", base(s) + "/redirects"}} {
		t.Items = append(t.Items, web.Tab{Name: x.name, Href: x.href, Current: x.name == current})
	}
	return t
}

func (h *Handler) site(r *http.Request) (registry.Site, error) {
	return h.registry.Site(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
}

// backPage is the first of two steps: what setting back does.
func backPage(s registry.Site, b publishing.Setback, now int) sheet {
	p := sheet{name: fmt.Sprintf("恢复到第 %d 版", b.Release.No), trail: siteTrail(s, web.Crumb{Name: "发布记录", Href: base(s) + "/releases"}, web.Crumb{Name: "恢复到以前的版本"}),
		Heading: web.Heading{Title: fmt.Sprintf("恢复到第 %d 版", b.Release.No), Above: s.Name, Lead: "公开页面立即换成这一版的内容，以新的版本号记录。"}}
	kept := "没有稿件在此以后撤下。"
	if b.Gone > 0 {
		kept = fmt.Sprintf("此后撤下的 %d 篇稿件不会重新公开，所在栏目和首页按现在的内容显示。", b.Gone)
	}
	p.Above = []web.Component{web.Summary{Title: "恢复以后", Terms: []web.Term{
		{Name: "现在公开", Text: fmt.Sprintf("第 %d 版", now)}, {Name: "恢复为", Text: fmt.Sprintf("第 %d 版", b.Release.No), Note: web.Minute(b.Release.At) + " 切换"},
		{Name: "页面变化", Text: fmt.Sprintf("%d 个页面与现在不同", b.Pages)}, {Name: "已撤稿件", Text: kept},
		{Name: "以后的更新", Text: "暂停公开，等待“继续发布”；撤稿除外，撤稿立即生效。"}, {Name: "搜索", Text: "只显示恢复后公开的页面。"}}}}
	p.Forms = []web.Form{{Action: base(s) + "/releases/" + strconv.Itoa(b.Release.No) + "/restore", Sections: []web.Section{{Fields: []web.Field{
		{Kind: web.Hidden, Name: "from", Value: strconv.Itoa(now)},
		{Kind: web.TextArea, Name: "reason", Label: "恢复的原因", Hint: "至少 4 个字，记入审计记录", Required: true, Max: 500, Rows: 3}}}},
		Buttons: []web.Button{{Label: fmt.Sprintf("恢复到第 %d 版并暂停更新", b.Release.No)}}, Cancel: web.Link{Text: "返回发布记录", Href: base(s) + "/releases"}}}
	return p
}

func (h *Handler) backView(r *http.Request) (sheet, error) {
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil {
		return sheet{}, fault.Missing("版本")
	}
	scope, id := authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	b, err := h.publisher.SetbackOf(r.Context(), scope, id, no)
	if err != nil {
		return sheet{}, err
	}
	rows, err := h.publisher.Releases(r.Context(), scope, id, 1, 0)
	if err != nil {
		return sheet{}, err
	}
	now := 0
	if len(rows) > 0 {
		now = rows[0].No
	}
	return backPage(b.Site, b, now), nil
}

func (h *Handler) showBack(w http.ResponseWriter, r *http.Request) error {
	p, err := h.backView(r)
	if err != nil {
		return err
	}
	return sheetPage.Render(w, r, p)
}

func (h *Handler) back(w http.ResponseWriter, r *http.Request) error {
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil {
		return fault.Missing("版本")
	}
	from, err := strconv.Atoi(r.PostFormValue("from"))
	if err != nil {
		from = 0
	}
	_, err = h.publisher.SetBack(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), no, from, r.PostFormValue("reason"))
	return sheetPage.Answer(w, r, err, "/console/sites/"+r.PathValue("id")+"/releases", fmt.Sprintf("已恢复为第 %d 版的内容。更新已暂停，处理完毕请“继续发布”。", no), h.backView, func(p *sheet) *web.Form { return &p.Forms[0] })
}

func (h *Handler) goOn(w http.ResponseWriter, r *http.Request) error {
	if err := h.publisher.GoOn(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+r.PathValue("id")+"/releases", "已继续发布，全部页面正在按现在的内容更新。")
}

// rebuildPage says how much a rebuild draws before it is asked for.
func rebuildPage(s registry.Site, f publishing.Fan) sheet {
	p := sheet{name: "重建全部页面", trail: siteTrail(s, web.Crumb{Name: "发布记录", Href: base(s) + "/releases"}, web.Crumb{Name: "重建全部页面"}),
		Heading: web.Heading{Title: "重建全部页面", Above: s.Name, Lead: "按现在的稿件、栏目和主题重新生成每一个页面。"}}
	p.Above = []web.Component{web.Reach(f.Says())}
	p.Forms = []web.Form{{Action: base(s) + "/releases", Buttons: []web.Button{{Label: "重建全部页面"}}, Cancel: web.Link{Text: "返回发布记录", Href: base(s) + "/releases"}}}
	return p
}

func (h *Handler) showRebuild(w http.ResponseWriter, r *http.Request) error {
	s, err := h.site(r)
	if err != nil {
		return err
	}
	f, err := h.publisher.FanOut(r.Context(), authz.ScopeFrom(r.Context()), publishing.Act{Sites: []registry.SiteID{s.ID}})
	if err != nil {
		return err
	}
	return sheetPage.Render(w, r, rebuildPage(s, f))
}

var originNames = map[string]string{publishing.Typed: "人工登记", publishing.Listed: "导入"}

func redirectsPage(s registry.Site, list []publishing.Redirect, total int, pager web.Pager, q string, may bool) sheet {
	p := sheet{name: "旧地址跳转", trail: siteTrail(s, web.Crumb{Name: "旧地址跳转"}), Tabs: tabs(s, "旧地址跳转"),
		Heading: web.Heading{Title: "旧地址跳转", Above: s.Name, Lead: fmt.Sprintf("旧网址打开时转到新网址，随发布版本一起公开；每个网站最多 %d 条。", publishing.MaxRedirects)}}
	t := web.Table{Caption: "跳转", Columns: []web.Column{{Head: "旧地址", Wide: true}, {Head: "新地址", Wide: true}, {Head: "来源"}, {Head: "登记时间"}, {Head: "操作"}},
		Empty: web.Empty{Title: "没有跳转", Text: "改版、迁入或改变栏目短名以后，在这里登记旧地址。"}}
	for _, x := range list {
		from := web.Text(cmp.Or(x.Path, x.Host))
		switch {
		case x.Host != "":
			from.Note = "整个旧域名，路径照原样接在新网址后"
		case x.Shadowed:
			from.Tags = []web.Tag{{Kind: web.Warn, Text: "此处有页面，先显示页面"}}
		}
		to := web.Text(x.To)
		if x.Finally != "" {
			to.Note = "再次跳转，最终到 " + x.Finally
		}
		act := web.Cell{}
		if may {
			act.Links = []web.Link{{Text: "删除", Href: base(s) + "/redirects/" + x.ID, Note: cmp.Or(x.Path, x.Host)}}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{from, to, web.Text(cmp.Or(originNames[x.Origin], x.Origin)), web.When(x.At), act}})
	}
	p.Above = []web.Component{web.Filter{Action: base(s) + "/redirects", Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "地址", Value: q}}, Total: total}, t, pager}
	if may && s.Hosted {
		p.Forms = []web.Form{
			{Action: base(s) + "/redirects", Sections: []web.Section{{Legend: "登记一条", Fields: []web.Field{
				{Name: "from", Label: "旧地址", Hint: "以 / 开头的路径，例如 /zwgk/2019/a.html", Max: 1000},
				{Name: "host", Label: "或者整个旧域名", Hint: "例如 old.example.gov.cn；填了旧域名就不填旧地址", Max: 253},
				{Name: "to", Label: "新地址", Hint: "本站路径，或完整网址", Required: true, Max: 1000}}}}, Buttons: []web.Button{{Label: "登记跳转"}}},
			{Action: base(s) + "/redirects/list", Upload: true, Sections: []web.Section{{Legend: "导入", Hint: "CSV 或 XLSX，两列：旧地址、新地址。有一行不对就都不导入。", Fields: []web.Field{
				{Kind: web.File, Name: "file", Label: "文件", Accept: ".csv,.xlsx", Required: true}, {Kind: web.Check, Name: "dry", Label: "只检查，不导入"}}}}, Buttons: []web.Button{{Label: "导入跳转表", Plain: true}}},
		}
	}
	return p
}

func (h *Handler) redirectsView(r *http.Request) (sheet, error) {
	s, err := h.site(r)
	if err != nil {
		return sheet{}, err
	}
	const per = 50
	q := r.URL.Query().Get("q")
	list, total, err := h.publisher.Redirects(r.Context(), authz.ScopeFrom(r.Context()), s.ID, q, per, (web.PageOf(r)-1)*per)
	if err != nil {
		return sheet{}, err
	}
	p := authz.SessionFrom(r.Context())
	return redirectsPage(s, list, total, web.PagerOf(r, total, per), q, p != nil && p.May(authz.ColumnManage)), nil
}

func (h *Handler) redirects(w http.ResponseWriter, r *http.Request) error {
	p, err := h.redirectsView(r)
	if err != nil {
		return err
	}
	if q := r.URL.Query(); len(p.Forms) > 0 && q.Has("from") { // proposed by the statistics of visits
		p.Forms[0].Fill(q)
	}
	return sheetPage.Render(w, r, p)
}

func (h *Handler) setRedirect(w http.ResponseWriter, r *http.Request) error {
	err := h.publisher.SetRedirect(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), r.PostFormValue("host"), r.PostFormValue("from"), r.PostFormValue("to"))
	return sheetPage.Answer(w, r, err, "/console/sites/"+r.PathValue("id")+"/redirects", "跳转已登记，几秒内生效。", h.redirectsView, func(p *sheet) *web.Form { return &p.Forms[0] })
}

func (h *Handler) importRedirects(w http.ResponseWriter, r *http.Request) error {
	sent, done, err := web.Uploads(r, "file")
	defer done()
	var rep intake.Report
	switch {
	case err != nil:
	case len(sent) == 0:
		err = fault.New(fault.Invalid, "没有选择文件。").On("file", "请选择 CSV 或 XLSX 文件")
	default:
		var t *official.Table
		if t, err = official.ReadTable(sent[0].Content, sent[0].Size, sent[0].Name, official.Limits{File: 8 << 20, Rows: publishing.MaxRedirects + 1}); err == nil {
			rep, err = h.publisher.ImportRedirects(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), t, r.PostForm.Has("dry"))
		}
	}
	to := "/console/sites/" + r.PathValue("id") + "/redirects"
	if err == nil && len(rep.Refused) == 0 && !rep.DryRun {
		return web.Done(w, r, to, fmt.Sprintf("已导入 %d 条跳转，几秒内生效。", rep.Accepted))
	}
	if err != nil && !web.Mendable(err) {
		return err
	}
	p, verr := h.redirectsView(r)
	if verr != nil {
		return errors.Join(verr, err)
	}
	status := http.StatusUnprocessableEntity
	switch {
	case err != nil && len(p.Forms) > 1:
		p.Forms[1].Wrong(err)
	case err != nil:
		return err
	case len(rep.Refused) > 0:
		t := web.Table{Caption: "需要改正的行", Columns: []web.Column{{Head: "行", Number: true}, {Head: "原因", Wide: true}}}
		for _, x := range rep.Refused[:min(len(rep.Refused), 200)] {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Figure(x.Row), web.Text(x.Says)}})
		}
		p.Above = append([]web.Component{web.Alert{Kind: web.Danger, Title: fmt.Sprintf("没有导入：%d 行中有 %d 行需要改正", rep.Read, len(rep.Refused)), Text: "改正文件后重新导入；原有跳转没有改动。"}, t}, p.Above...)
	default:
		status = http.StatusOK
		p.Above = append([]web.Component{web.Alert{Kind: web.Good, Title: fmt.Sprintf("检查通过：%d 行都可以导入", rep.Accepted), Text: "取消“只检查”后再导入。"}}, p.Above...)
	}
	return sheetPage.RenderStatus(w, r, status, p)
}

func (h *Handler) showDrop(w http.ResponseWriter, r *http.Request) error {
	s, err := h.site(r)
	if err != nil {
		return err
	}
	x, err := h.publisher.Redirect(r.Context(), authz.ScopeFrom(r.Context()), s.ID, r.PathValue("redirect"))
	if err != nil {
		return err
	}
	name := cmp.Or(x.Path, x.Host)
	return sheetPage.Render(w, r, sheet{name: "删除跳转", trail: siteTrail(s, web.Crumb{Name: "旧地址跳转", Href: base(s) + "/redirects"}, web.Crumb{Name: "删除跳转"}),
		Heading: web.Heading{Title: "删除跳转", Above: s.Name, Lead: "删除以后，打开 " + name + " 会显示“没有找到这个页面”。"},
		Above:   []web.Component{web.Summary{Terms: []web.Term{{Name: "旧地址", Text: name}, {Name: "新地址", Text: x.To}, {Name: "登记时间", Text: web.Minute(x.At)}}}},
		Forms:   []web.Form{{Action: base(s) + "/redirects/" + x.ID, Buttons: []web.Button{{Label: "删除这条跳转"}}, Cancel: web.Link{Text: "返回", Href: base(s) + "/redirects"}}}})
}

func (h *Handler) dropRedirect(w http.ResponseWriter, r *http.Request) error {
	if err := h.publisher.DropRedirect(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), r.PathValue("redirect")); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+r.PathValue("id")+"/redirects", "跳转已删除，几秒内生效。")
}

// schedulePage is what comes at a set time, by day, and what came late.
func schedulePage(coming, late []publishing.Timed) sheet {
	p := sheet{name: "定时发布", trail: []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "稿件", Href: "/console/items"}, {Name: "定时发布"}},
		Heading: web.Heading{Title: "定时发布", Lead: "到时没有公开超过 1 分钟的，通知主办单位并记为当天应办。"}}
	table := func(caption string, list []publishing.Timed, empty web.Empty) web.Table {
		t := web.Table{Caption: caption, Columns: []web.Column{{Head: "时间"}, {Head: "稿件", Wide: true}, {Head: "网站和栏目", Wide: true}, {Head: "状态"}}, Empty: empty}
		for _, x := range list {
			state := web.Cell{Tags: []web.Tag{{Kind: web.Info, Text: "等待"}}}
			switch {
			case x.Late && x.Live.IsZero():
				state = web.Cell{Tags: []web.Tag{{Kind: web.Danger, Text: "还没有公开"}}, Note: "正在重试"}
			case x.Late:
				state = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "迟公开"}}, Note: "处理于 " + web.Minute(x.Live)}
			}
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.When(x.Due), web.Linked(x.Title, "/console/items/"+string(x.Item)), web.Text(x.SiteName + " / " + x.Column), state}})
		}
		return t
	}
	if len(late) > 0 {
		p.Body = append(p.Body, table("未准时的", late, web.Empty{}))
	}
	if len(coming) == 0 {
		p.Body = append(p.Body, table("将要公开", nil, web.Empty{Title: "没有定时发布的稿件", Text: "采编或采用时填写“定时发布”的时间，终审通过后在这里排队。"}))
	}
	var day calendar.Date
	var open []publishing.Timed
	flush := func() {
		if len(open) > 0 {
			p.Body = append(p.Body, table(day.Chinese(), open, web.Empty{}))
		}
		open = nil
	}
	for _, x := range coming {
		if d := calendar.DateOf(x.Due); d != day {
			flush()
			day = d
		}
		open = append(open, x)
	}
	flush()
	return p
}

func (h *Handler) schedule(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	coming, err := h.publisher.Coming(r.Context(), scope, 200)
	if err != nil {
		return err
	}
	late, err := h.publisher.Late(r.Context(), scope, 50)
	if err != nil {
		return err
	}
	return sheetPage.Render(w, r, schedulePage(coming, late))
}
