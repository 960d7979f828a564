package lifecycleweb

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// launchView is GET /console/sites/{id}/launch.
type launchView struct {
	Heading  web.Heading
	Progress web.Progress
	Due      web.Stat
	Table    web.Table
	Bars     web.Breaches
	Ready    web.Alert
	Launch   web.Form
	May      bool // the launch button is shown
	Notice   web.Table
	Hangs    web.Alert
	Post     web.Form
	MayPost  bool
	Confirm  web.Form
	MayEnd   bool
}

// Title of the document.
func (v launchView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v launchView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "站点台账", Href: "/console/sites"}, {Name: "上线清单"}}
}

func sitePath(id registry.SiteID) string { return "/console/sites/" + url.PathEscape(string(id)) }

func newLaunchView(c lifecycle.Checklist, session *authz.Session, today calendar.Date) launchView {
	base := sitePath(c.Site.ID)
	planned := c.Site.State == registry.Planned
	manages := session.May(authz.LaunchManage)
	v := launchView{
		Heading: web.Heading{Title: c.Site.Name + "上线清单", Above: c.Site.UnitName, Tags: []web.Tag{{Kind: web.Info, Text: c.Site.StateName()}},
			Acts: []web.Act{{Text: "站点资料", Href: base}}},
		Table: web.Table{Caption: "上线清单", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "内容", Wide: true}, {Head: "状态"}, {Head: "登记人"}, {}},
			Empty: web.Empty{Title: "没有上线清单", Text: "存量网站不需要上线清单；编号在站点资料中登记。"}},
	}
	done := 0
	for _, i := range c.Items {
		info := i.Info()
		content := web.Cell{Text: i.Value, Note: info.Hint}
		state := web.Tag{Kind: web.Neutral, Text: "未办"}
		if i.Kind == lifecycle.PoliceFiling {
			state.Text = "上线后办理"
		}
		if i.Done() {
			done++
			state = web.Tag{Kind: web.Good, Text: "已登记"}
			content.Note = ""
			if i.Detail != "" {
				content.Note = i.Detail
			}
			if !i.On.IsZero() {
				content.Note = i.On.Chinese() + " " + content.Note
			}
			if i.Kind == lifecycle.SecurityReport && !i.Passed {
				state = web.Tag{Kind: web.Danger, Text: "未通过"}
			}
		}
		if i.Attachment != "" {
			content.Links = []web.Link{{Text: i.FileName, Href: base + "/launch-files/" + url.PathEscape(i.Attachment)}}
		}
		by := web.Cell{Text: i.DoneBy}
		if i.Done() {
			by.Note = web.Minute(i.DoneAt)
		}
		acts := web.Cell{}
		if manages && (planned || i.Kind == lifecycle.PoliceFiling && c.Site.State == registry.Running) {
			word := "登记"
			if i.Done() {
				word = "修改"
			}
			acts = web.Acts(web.Link{Text: word, Href: base + "/launch/" + string(i.Kind), Note: info.Name})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: info.Name, Note: info.Citation}, content, web.Tagged(state), by, acts}})
	}
	v.Progress = web.Progress{Label: "已登记", Value: done, Max: max(1, len(c.Items)), Text: fmt.Sprintf("%d/%d 项", done, len(c.Items))}
	if planned {
		v.standing(c, manages, base, today)
	} else if !c.Site.LaunchedOn.IsZero() {
		v.Ready = web.Alert{Kind: web.Good, Title: "已于 " + c.Site.LaunchedOn.Chinese() + " 上线"}
	}
	v.noticePart(c, session, base, today)
	return v
}

// standing is what bars the launch, or the button.
func (v *launchView) standing(c lifecycle.Checklist, manages bool, base string, today calendar.Date) {
	if !c.LaunchBy.IsZero() {
		tag := web.DueTag(c.LaunchBy, today)
		v.Due = web.Stat{Name: "上线期限", Value: tag.Text, Kind: tag.Kind, Note: c.LaunchBy.Chinese() + " 前正式上线（第七条（四））"}
	}
	if len(c.Bars) == 0 {
		v.Ready = web.Alert{Kind: web.Good, Title: "可以上线", Text: "清单已齐备。上线后开始计算公安备案和开通公告的时限。"}
		v.May = manages
		v.Launch = web.Form{Action: base + "/launch", Buttons: []web.Button{{Label: "正式上线"}}}
		return
	}
	v.Bars.Title = fmt.Sprintf("还不能上线：%d 项未具备", len(c.Bars))
	for _, b := range c.Bars {
		v.Bars.Items = append(v.Bars.Items, web.Breach{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: b.Rule.Says, Note: b.Detail})
	}
}

// noticePart is the notice of opening, once the site is online.
func (v *launchView) noticePart(c lifecycle.Checklist, session *authz.Session, base string, today calendar.Date) {
	if len(c.Places) == 0 {
		return
	}
	v.Notice = web.Table{Caption: "开通公告（由" + c.Publisher.Name + "发布，悬挂不少于 30 天）", Columns: []web.Column{{Head: "位置"}, {Head: "网址", Wide: true}, {Head: "首次发布"}, {Head: "登记人"}}}
	var options []web.Option
	for _, p := range c.Places {
		state := web.Cell{Text: p.URL}
		if p.URL == "" {
			state = web.Tagged(web.Tag{Kind: web.Warn, Text: "未登记"})
		}
		v.Notice.Rows = append(v.Notice.Rows, web.Row{Cells: []web.Cell{web.Text(p.Name), state, web.Day(p.First), web.Text(p.By)}})
		options = append(options, web.Option{Value: string(p.Place), Label: p.Name})
	}
	switch {
	case c.NoticeDone:
		v.Hangs = web.Alert{Kind: web.Good, Title: "开通公告已办结"}
		return
	case c.HangUntil.IsZero():
		v.Hangs = web.Alert{Kind: web.Warn, Title: "公告位置尚未齐全", Text: "两处都登记后开始计算悬挂期限。"}
	default:
		v.Hangs = web.Alert{Kind: web.Info, Title: "公告须悬挂至 " + c.HangUntil.Chinese(), Text: "首次发布当日不计；期满次日起可以办结。"}
	}
	if !lifecycle.MayPublish(session, c) {
		return
	}
	v.MayPost = true
	v.Post = web.Form{Action: base + "/launch-notice", Sections: []web.Section{{Legend: "登记开通公告", Fields: []web.Field{
		{Kind: web.Select, Name: "place", Label: "公告位置", Options: options, Required: true},
		{Kind: web.Address, Name: "url", Label: "公告网址", Required: true, Max: 500},
		{Kind: web.DateField, Name: "first", Label: "首次发布日期", Required: true, Narrow: true, Value: today.String()},
	}}}, Buttons: []web.Button{{Label: "登记公告"}}}
	if !c.HangUntil.IsZero() && today.After(c.HangUntil) {
		v.MayEnd = true
		v.Confirm = web.Form{Action: base + "/launch-notice/confirm", Buttons: []web.Button{{Label: "悬挂期满，办结"}}}
	}
}

var sampleToday = calendar.Date{Year: 2026, Month: 3, Day: 20}

func sampleChecklist(state string) lifecycle.Checklist {
	c := lifecycle.Checklist{Site: registry.Site{ID: "01JSITE", Name: "西安市商务局网站", UnitName: "西安市商务局", State: state}, Approved: calendar.Date{Year: 2026, Month: 3, Day: 2},
		LaunchBy: calendar.Date{Year: 2027, Month: 3, Day: 2}, Items: []lifecycle.LaunchItem{
			{Kind: lifecycle.BasicInfoForm}, {Kind: lifecycle.SiteCode, Value: "6101000001", DoneBy: "李建国", DoneAt: time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)},
			{Kind: lifecycle.SecurityReport, Value: "AQ-1", Detail: "省测评中心", Attachment: "01JF", FileName: "报告.pdf", DoneBy: "李建国", DoneAt: time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)}, {Kind: lifecycle.PoliceFiling}}}
	if state == registry.Running {
		c.Site.LaunchedOn = calendar.Date{Year: 2026, Month: 3, Day: 12}
		c.Publisher = org.Unit{ID: "S", Name: "西安市人民政府办公厅"}
		c.Places = []lifecycle.NoticePlace{{Place: sx2021.LevelPortal, Name: "本级政府门户网站首页", URL: "https://www.xa.gov.cn/n", First: c.Site.LaunchedOn, By: "王秀兰"}, {Place: sx2021.LevelAccount, Name: "本级政府政务新媒体"}}
	}
	return c
}

var launchPage = web.Define(views, "views/launch.html",
	func() launchView {
		c := sampleChecklist(registry.Planned)
		c.Bars = append(c.Bars, sx2021.LaunchForm.Breach("没有批准记录。"), sx2021.LaunchICP.Breach("没有ICP备案编号。"))
		return newLaunchView(c, sampleSession(), sampleToday)
	}(),
	newLaunchView(sampleChecklist(registry.Planned), sampleSession(), sampleToday),
	newLaunchView(sampleChecklist(registry.Running), sampleSession(), sampleToday),
	newLaunchView(lifecycle.Checklist{Site: registry.Site{ID: `"><script>`, Name: "<script>alert(1)</script>", State: registry.Running}}, nil, sampleToday),
)

func sampleSession() *authz.Session {
	return &authz.Session{Posts: []authz.Post{{Role: authz.Supervisor, UnitID: "S", Office: true}}}
}

func siteID(r *http.Request) registry.SiteID { return registry.SiteID(r.PathValue("id")) }

func (h *Handler) showLaunch(w http.ResponseWriter, r *http.Request) error {
	return h.launchAs(w, r, http.StatusOK, nil)
}

func (h *Handler) launchAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	c, err := h.lifecycle.Checklist(r.Context(), authz.ScopeFrom(r.Context()), siteID(r))
	if err != nil {
		return err
	}
	v := newLaunchView(c, authz.SessionFrom(r.Context()), web.FrameOf(r).Today)
	if wrong != nil {
		if !v.MayPost {
			return wrong
		}
		v.Post.Fill(r.PostForm)
		v.Post.Wrong(wrong)
	}
	return launchPage.RenderStatus(w, r, status, v)
}

func (h *Handler) launch(w http.ResponseWriter, r *http.Request) error {
	site, err := h.lifecycle.Launch(r.Context(), authz.ScopeFrom(r.Context()), siteID(r))
	if fault.Is(err, fault.Refused) {
		// The checklist itself shows what bars the launch, with its articles.
		return h.launchAs(w, r, http.StatusUnprocessableEntity, nil)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, sitePath(site.ID)+"/launch", site.Name+"已正式上线。请按时限办理公安备案和开通公告。")
}

func (h *Handler) postNotice(w http.ResponseWriter, r *http.Request) error {
	first, err := day(r, "first", "首次发布日期")
	if err == nil {
		_, err = h.lifecycle.PostNotice(r.Context(), authz.ScopeFrom(r.Context()), siteID(r), sx2021.Place(r.PostFormValue("place")), r.PostFormValue("url"), first)
	}
	if fault.Is(err, fault.Invalid) {
		return h.launchAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, sitePath(siteID(r))+"/launch", "开通公告已登记。")
}

func (h *Handler) confirmNotice(w http.ResponseWriter, r *http.Request) error {
	if err := h.lifecycle.ConfirmNotice(r.Context(), authz.ScopeFrom(r.Context()), siteID(r)); err != nil {
		return err
	}
	return web.Done(w, r, sitePath(siteID(r))+"/launch", "开通公告已办结。")
}

// itemView is GET /console/sites/{id}/launch/{kind}.
type itemView struct {
	Heading web.Heading
	Back    string
	Form    web.Form
}

// Title of the document.
func (v itemView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v itemView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "上线清单", Href: v.Back}, {Name: v.Heading.Title}}
}

func newItemView(c lifecycle.Checklist, i lifecycle.LaunchItem) itemView {
	info := i.Info()
	back := sitePath(c.Site.ID) + "/launch"
	fields := []web.Field{{Name: "value", Label: info.Ask, Value: i.Value, Required: true, Max: 120, Hint: info.Hint}}
	if info.Detail != "" {
		fields = append(fields, web.Field{Name: "detail", Label: info.Detail, Value: i.Detail, Required: true, Max: 120})
	}
	if info.Dated {
		fields = append(fields, web.Field{Kind: web.DateField, Name: "on", Label: "文件日期", Value: i.On.String(), Required: true, Narrow: true})
	}
	if info.Check != "" {
		fields = append(fields, web.Field{Kind: web.Check, Name: "passed", Label: info.Check, Checked: i.Passed})
	}
	if info.Filed {
		hint := "PDF、JPG、PNG、DOCX、XLSX，不超过 20 MB"
		if i.FileName != "" {
			hint = "已上传“" + i.FileName + "”，不更换可不选"
		}
		fields = append(fields, web.Field{Kind: web.File, Name: "file", Label: "扫描件", Required: i.Attachment == "", Accept: approval.Accept, Hint: hint})
	}
	return itemView{Heading: web.Heading{Title: "登记" + info.Name, Above: c.Site.Name, Lead: "依据：" + info.Citation + "。"}, Back: back,
		Form: web.Form{Upload: info.Filed, Key: "launch-" + string(c.Site.ID) + "-" + string(i.Kind), Sections: []web.Section{{Fields: fields}},
			Buttons: []web.Button{{Label: "保存"}}, Cancel: web.Link{Text: "返回清单", Href: back}}}
}

var itemPage = web.Define(views, "views/item.html",
	newItemView(sampleChecklist(registry.Planned), lifecycle.LaunchItem{Kind: lifecycle.SecurityReport}),
	newItemView(sampleChecklist(registry.Planned), lifecycle.LaunchItem{Kind: lifecycle.SiteCode, Value: `"><script>`}),
	newItemView(sampleChecklist(registry.Planned), lifecycle.LaunchItem{Kind: lifecycle.LateStatement, Value: "市政办函〔2027〕3号", FileName: "<b>.pdf", Attachment: "a"}),
)

// item is the checklist and the item of the address.
func (h *Handler) item(r *http.Request) (lifecycle.Checklist, lifecycle.LaunchItem, error) {
	c, err := h.lifecycle.Checklist(r.Context(), authz.ScopeFrom(r.Context()), siteID(r))
	if err != nil {
		return c, lifecycle.LaunchItem{}, err
	}
	for _, i := range c.Items {
		if string(i.Kind) == r.PathValue("kind") {
			return c, i, nil
		}
	}
	return c, lifecycle.LaunchItem{}, fault.Missing("上线清单事项")
}

func (h *Handler) showItem(w http.ResponseWriter, r *http.Request) error {
	c, i, err := h.item(r)
	if err != nil {
		return err
	}
	return itemPage.Render(w, r, newItemView(c, i))
}

func (h *Handler) fillItem(w http.ResponseWriter, r *http.Request) error {
	c, i, err := h.item(r)
	if err != nil {
		return err
	}
	again := func(wrong error) error {
		v := newItemView(c, i)
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(wrong)
		return itemPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	n := lifecycle.LaunchItem{Kind: i.Kind, Value: r.PostFormValue("value"), Detail: r.PostFormValue("detail"), Passed: r.PostForm.Has("passed")}
	if n.On, err = day(r, "on", "文件日期"); err != nil {
		return again(err)
	}
	list, done, err := files(r, "file")
	defer done()
	if err != nil {
		return again(err)
	}
	var upload *approval.Upload
	if len(list) > 0 {
		upload = &list[0]
	}
	_, err = h.lifecycle.FillLaunchItem(r.Context(), authz.ScopeFrom(r.Context()), c.Site.ID, n, upload)
	if mendable(err) {
		return again(err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, sitePath(c.Site.ID)+"/launch", i.Info().Name+"已登记。")
}

// file hands out a file of the checklist, never shown inside the console.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	a, content, err := h.lifecycle.OpenFile(r.Context(), authz.ScopeFrom(r.Context()), siteID(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer content.Close()
	w.Header().Set("Content-Type", a.MediaType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	w.Header().Set("Content-Length", strconv.FormatInt(a.Size, 10))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("lifecycleweb: send %s: %w", a.ID, err)
	}
	return nil
}
