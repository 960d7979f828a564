package lifecycleweb

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// launchView is GET /console/{sites|accounts}/{id}/launch.
type launchView struct {
	Heading  web.Heading
	Progress web.Progress
	Due      web.Stat
	Table    web.Table
	Filings  web.Table
	Bars     web.Breaches
	Ready    web.Alert
	Launch   web.Form
	May      bool // the launch button is shown
	Notice   web.Table
}

// Title of the document.
func (v launchView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v launchView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: "上线清单"}}
}

func newLaunchView(c lifecycle.Checklist, session *authz.Session, today calendar.Date) launchView {
	base := c.Object.Link()
	planned := c.Object.State == registry.Planned
	manages := session.May(authz.LaunchManage)
	v := launchView{
		Heading: web.Heading{Title: c.Object.Name + "上线清单", Above: c.Object.UnitName, Tags: []web.Tag{stateTag(c.Object)},
			Acts: []web.Act{{Text: "办理进度", Href: lifecycle.CourseLink(c.Object.Ref)}, {Text: "台账资料", Href: base}}},
		Table: web.Table{Caption: "上线清单", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "内容", Wide: true}, {Head: "状态"}, {Head: "登记人"}, {}},
			Empty: web.Empty{Title: "没有上线清单", Text: "存量网站、账号不需要上线清单；编号在台账资料中登记。"}},
		Filings: web.Table{Caption: "向有关部门办理的注册和备案", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "事项"}, {Head: "编号"}, {Head: "受理单位"}, {Head: "时限"}, {Head: "状态"}}},
		Notice:  web.Table{Caption: "开通公告（悬挂不少于30天）", Quiet: true, RowHead: 0, Columns: []web.Column{{Head: "发布单位"}, {Head: "还缺"}, {Head: "悬挂至"}, {Head: "状态"}}},
	}
	done := 0
	for _, i := range c.Items {
		info := i.Info()
		content := web.Cell{Text: i.Value, Note: info.Hint}
		state := web.Tag{Kind: web.Neutral, Text: "未办"}
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
		if manages && planned {
			word := "登记"
			if i.Done() {
				word = "修改"
			}
			acts = web.Acts(web.Link{Text: word, Href: base + "/launch/" + string(i.Kind), Note: info.Name})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: info.Name, Note: info.Citation}, content, web.Tagged(state), by, acts}})
	}
	for _, i := range c.Filings {
		state := web.Tag{Text: i.StateName()}
		if i.Done() {
			state.Kind = web.Good
		}
		v.Filings.Rows = append(v.Filings.Rows, web.Row{Cells: []web.Cell{{Text: i.Name(), Href: i.Link()}, web.Text(i.Number), web.Text(i.BodyName), web.Day(i.Due.On), web.Tagged(state)}})
	}
	for _, n := range c.Notice.Notices {
		state := web.Tag{Text: n.StateName()}
		if n.Full || n.State == notice.Complete {
			state.Kind = web.Good
		}
		v.Notice.Rows = append(v.Notice.Rows, web.Row{Cells: []web.Cell{{Text: n.PublisherName, Href: n.Link()}, web.Text(strings.Join(slices.Concat(n.Missing, n.Unconfirmed), "、")), web.Day(n.HangUntil), web.Tagged(state)}})
	}
	v.Progress = web.Progress{Label: "已登记", Value: done, Max: max(1, len(c.Items)), Text: fmt.Sprintf("%d/%d 项", done, len(c.Items))}
	if planned {
		v.standing(c, manages, base, today)
	} else if !c.Object.LaunchedOn.IsZero() {
		v.Ready = web.Alert{Kind: web.Good, Title: "已于 " + c.Object.LaunchedOn.Chinese() + " 上线"}
	}
	return v
}

// standing is what bars the launch, or the button.
func (v *launchView) standing(c lifecycle.Checklist, manages bool, base string, today calendar.Date) {
	if !c.LaunchBy.IsZero() {
		tag := web.DueTag(c.LaunchBy, today)
		v.Due = web.Stat{Name: "上线期限", Value: tag.Text, Kind: tag.Kind, Note: c.LaunchBy.Chinese() + " 前正式上线（第七条（四））"}
	}
	if len(c.Bars) == 0 {
		v.Ready = web.Alert{Kind: web.Good, Title: "可以上线", Text: "清单已齐备。上线后开始计算备案和开通公告的时限。"}
		v.May = manages
		v.Launch = web.Form{Action: base + "/launch", Buttons: []web.Button{{Label: "正式上线"}}}
		return
	}
	v.Bars.Title = fmt.Sprintf("还不能上线：%d 项未具备", len(c.Bars))
	for _, b := range c.Bars {
		v.Bars.Items = append(v.Bars.Items, web.Breach{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: b.Rule.Says, Note: b.Detail})
	}
}

var sampleToday = calendar.Date{Year: 2026, Month: 3, Day: 20}

func sampleChecklist(state string) lifecycle.Checklist {
	o := sampleObject
	o.State = state
	c := lifecycle.Checklist{Object: o, Approved: calendar.Date{Year: 2026, Month: 3, Day: 2},
		LaunchBy: calendar.Date{Year: 2027, Month: 3, Day: 2}, Items: []lifecycle.LaunchItem{
			{Kind: lifecycle.BasicInfoForm}, {Kind: lifecycle.SiteCode, Value: "6101000001", DoneBy: "李建国", DoneAt: time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)},
			{Kind: lifecycle.SecurityReport, Value: "AQ-1", Detail: "省测评中心", Attachment: "01JF", FileName: "报告.pdf", DoneBy: "李建国", DoneAt: time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC)}},
		Filings: []filing.Item{{ID: "01JFIL", Kind: filing.ICP, Act: filing.Register, BodyName: "陕西省通信管理局", State: filing.Open}}}
	if state == registry.Running {
		c.Object.LaunchedOn = calendar.Date{Year: 2026, Month: 3, Day: 12}
		c.Notice = notice.Standing{Notices: []notice.Stand{{Notice: notice.Notice{ID: "01JN", PublisherName: "西安市人民政府办公厅", State: notice.Owed}, Missing: []string{"本级政府政务新媒体"}}}}
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
	newLaunchView(lifecycle.Checklist{Object: registry.Object{Ref: registry.Ref{Kind: sx2021.Site, ID: `"><script>`}, Name: "<script>alert(1)</script>", State: registry.Running}}, nil, sampleToday),
)

func sampleSession() *authz.Session {
	return &authz.Session{Posts: []authz.Post{{Role: authz.Supervisor, UnitID: "S", Office: true}}}
}

func (h *Handler) showLaunch(w http.ResponseWriter, r *http.Request, ref registry.Ref) error {
	return h.launchAs(w, r, ref, http.StatusOK)
}

func (h *Handler) launchAs(w http.ResponseWriter, r *http.Request, ref registry.Ref, status int) error {
	c, err := h.lifecycle.Checklist(r.Context(), authz.ScopeFrom(r.Context()), ref)
	if err != nil {
		return err
	}
	return launchPage.RenderStatus(w, r, status, newLaunchView(c, authz.SessionFrom(r.Context()), web.FrameOf(r).Today))
}

func (h *Handler) launch(w http.ResponseWriter, r *http.Request, ref registry.Ref) error {
	o, err := h.lifecycle.Launch(r.Context(), authz.ScopeFrom(r.Context()), ref)
	if fault.Is(err, fault.Refused) && !barsHosting(err) {
		// The checklist itself shows what bars the launch, with its articles.
		return h.launchAs(w, r, ref, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, o.Link()+"/launch", o.Name+"已正式上线。请按时限办理备案和开通公告。")
}

// barsHosting reports whether the platform refuses the site (Article 28): no
// item of the checklist says so.
func barsHosting(err error) bool {
	return slices.ContainsFunc(fault.Of(err).Reasons, func(r fault.Reason) bool {
		return r.ID == sx2021.TenancyInRule.ID || r.ID == sx2021.TenancyReceipt.ID
	})
}

// itemView is GET /console/{sites|accounts}/{id}/launch/{kind}.
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
	back := c.Object.Link() + "/launch"
	fields := []web.Field{{Name: "value", Label: info.Ask, Value: i.Value, Required: true, Max: 500, Hint: info.Hint}}
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
	return itemView{Heading: web.Heading{Title: "登记" + info.Name, Above: c.Object.Name, Lead: "依据：" + info.Citation + "。"}, Back: back,
		Form: web.Form{Upload: info.Filed, Key: "launch-" + c.Object.ID + "-" + string(i.Kind), Sections: []web.Section{{Fields: fields}},
			Buttons: []web.Button{{Label: "保存"}}, Cancel: web.Link{Text: "返回清单", Href: back}}}
}

var itemPage = web.Define(views, "views/item.html",
	newItemView(sampleChecklist(registry.Planned), lifecycle.LaunchItem{Kind: lifecycle.SecurityReport}),
	newItemView(sampleChecklist(registry.Planned), lifecycle.LaunchItem{Kind: lifecycle.SiteCode, Value: `"><script>`}),
	newItemView(sampleChecklist(registry.Planned), lifecycle.LaunchItem{Kind: lifecycle.LateStatement, Value: "市政办函〔2027〕3号", FileName: "<b>.pdf", Attachment: "a"}),
)

// item is the checklist and the item of the address.
func (h *Handler) item(r *http.Request, ref registry.Ref) (lifecycle.Checklist, lifecycle.LaunchItem, error) {
	c, err := h.lifecycle.Checklist(r.Context(), authz.ScopeFrom(r.Context()), ref)
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

func (h *Handler) showItem(w http.ResponseWriter, r *http.Request, ref registry.Ref) error {
	c, i, err := h.item(r, ref)
	if err != nil {
		return err
	}
	return itemPage.Render(w, r, newItemView(c, i))
}

func (h *Handler) fillItem(w http.ResponseWriter, r *http.Request, ref registry.Ref) error {
	c, i, err := h.item(r, ref)
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
	_, err = h.lifecycle.FillLaunchItem(r.Context(), authz.ScopeFrom(r.Context()), c.Object.Ref, n, upload)
	if mendable(err) {
		return again(err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, c.Object.Link()+"/launch", i.Info().Name+"已登记。")
}

// file hands out a file of the checklist, never shown inside the console.
func (h *Handler) file(w http.ResponseWriter, r *http.Request, ref registry.Ref) error {
	a, content, err := h.lifecycle.OpenFile(r.Context(), authz.ScopeFrom(r.Context()), ref, r.PathValue("file"))
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
