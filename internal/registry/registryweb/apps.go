package registryweb

import (
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// lowUseView is GET /console/apps/low-use.
type lowUseView struct {
	Heading web.Heading
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (lowUseView) Title() string { return "低使用量客户端" }

// Crumbs of the page.
func (lowUseView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "低使用量客户端"}}
}

func newLowUseView(list []registry.LowUse, threshold int) lowUseView {
	v := lowUseView{Heading: web.Heading{Title: "低使用量客户端", Lead: "月活跃用户低于 " + strconv.Itoa(threshold) + " 人或没有统计的移动客户端、小程序，供研究整合（第二十七条：严格按照集约节约的原则统筹移动客户端等应用系统建设）。标准由省里设定，国家没有规定人数。"},
		Table: web.Table{Caption: "低使用量客户端", Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "主办单位"}, {Head: "月活跃用户", Number: true}, {Head: "统计日期"}, {Head: "其他客户端", Number: true}, {Head: "办理"}},
			Empty: web.Empty{Title: "没有低使用量的客户端", Text: "月活跃用户在账号页面登记。"}}}
	for _, a := range list {
		name := web.Linked(a.Name, a.Link())
		name.Note = registry.Platforms[a.Platform] + "　" + a.Necessity
		active, on := web.Text("没有统计"), web.Text("没有统计")
		if !a.ActiveOn.IsZero() {
			active, on = web.Text(strconv.FormatInt(a.ActiveUsers, 10)+" 人"), web.Day(a.ActiveOn)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(a.UnitName), active, on, web.Text(strconv.Itoa(a.Siblings) + " 个"),
			web.Acts(web.Link{Text: "登记运行情况", Href: a.Link() + "/use", Note: a.Name})}})
	}
	return v
}

var lowUsePage = web.Define(views, "views/lowuse.html", newLowUseView(nil, 500),
	newLowUseView([]registry.LowUse{{Account: sampleApp, Siblings: 2}, {Account: registry.Account{ID: "2", Platform: "miniapp", Name: "雁塔小程序"}}}, 500),
	newLowUseView([]registry.LowUse{{Account: hostileAccount}}, 500))

func (h *Handler) lowUse(w http.ResponseWriter, r *http.Request) error {
	page := web.PageOf(r)
	list, total, err := h.registry.LowUseApps(r.Context(), authz.ScopeFrom(r.Context()), perPage, (page-1)*perPage)
	if err != nil {
		return err
	}
	v := newLowUseView(list, h.registry.Settings().LowUseMonthly)
	if !may(r, authz.RegistryManage) {
		for i := range v.Table.Rows {
			v.Table.Rows[i].Cells[5] = web.Text("由主办单位办理")
		}
	}
	v.Pager = web.PagerOf(r, total, perPage)
	return lowUsePage.Render(w, r, v)
}

// namesView is GET /console/names.
type namesView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (namesView) Title() string { return "名称核对" }

// Crumbs of the page.
func (namesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "名称核对"}}
}

func newNamesView(list []registry.Named, total int, areas []web.Option) namesView {
	v := namesView{Heading: web.Heading{Title: "名称核对", Lead: "系统对照第九条列出名称、认证信息和一致性上要人核对的；名称是否简洁、容易识别由审核人员判断。"},
		Filter: web.Filter{Action: namesPath, Total: total, Fields: []web.Field{
			{Kind: web.Select, Name: "rule", Label: "原因", Options: []web.Option{{Value: "", Label: "全部原因"}, {Value: sx2021.NameTied.ID, Label: "看不出地区或单位"}, {Value: sx2021.AccountVerified.ID, Label: "认证主体不是主办单位"},
				{Value: sx2021.SameName.ID, Label: "同一单位各平台名称不一致"}, {Value: registry.NameLike, Label: "与其他单位名称相同"}}},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areas},
		}},
		Table: web.Table{Caption: "要核对的名称", Quiet: true, Columns: []web.Column{{Head: "名称"}, {Head: "主办单位"}, {Head: "要核对什么", Wide: true}},
			Empty: web.Empty{Title: "没有要核对的名称", Text: "名称、认证信息和一致性没有发现问题。"}}}
	for _, n := range list {
		name := web.Linked(n.Name, n.Link())
		name.Note = registry.Platforms[n.Platform]
		var says web.Cell
		for _, b := range n.Breaches {
			says.Tags = append(says.Tags, web.Tag{Kind: web.Warn, Text: b.Rule.ID})
			says.Text += b.Detail
		}
		if len(n.Like) > 0 {
			says.Tags = append(says.Tags, web.Tag{Kind: web.Info, Text: "同名"})
			says.Text += "与" + n.Like[0]
			if len(n.Like) > 1 {
				says.Text += "等 " + strconv.Itoa(len(n.Like)) + " 个单位"
			}
			says.Text += "的名称相同。"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(n.UnitName), says}})
	}
	return v
}

var namesPage = web.Define(views, "views/names.html", newNamesView(nil, 0, nil),
	newNamesView([]registry.Named{{Ref: sampleAccount.Ref(), Name: "指尖服务", UnitName: "雁塔区商务局", Platform: "weibo", Breaches: []rules.Breach{sx2021.NameTied.Breach("看不出是哪个地区的。")}, Like: []string{"阎良区商务局", "长安区商务局"}}}, 1, nil),
	newNamesView([]registry.Named{{Ref: hostileAccount.Ref(), Name: `<script>`, UnitName: `<b>`, Like: []string{`<b>`}}}, 1, []web.Option{{Value: `"`, Label: `<b>`}}))

func (h *Handler) names(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	areas, err := h.areaOptions(ctx, scope, org.AreaID(q.Get("area")))
	if err != nil {
		return err
	}
	list, total, err := h.registry.NamesToMend(ctx, scope, registry.NameFilter{Rule: q.Get("rule"), Under: org.AreaID(q.Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newNamesView(list, total, areas)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	return namesPage.Render(w, r, v)
}

// recertifyView is GET /console/recertify/{unit}: all records of a unit on one
// page, to tick or to correct.
type recertifyView struct {
	Heading web.Heading
	Alerts  []web.Alert
	Table   web.Table
	Action  string // "" when the person does not confirm for this unit
	unit    org.Unit
}

// Title of the document.
func (v recertifyView) Title() string { return "台账年度核对" }

// Crumbs of the page.
func (v recertifyView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "台账", Href: sitesPath}, {Name: "台账年度核对"}}
}

func newRecertifyView(u org.Unit, entries []registry.Entry, by, today calendar.Date, may bool) recertifyView {
	v := recertifyView{unit: u, Heading: web.Heading{Above: u.Name, Title: strconv.Itoa(today.Year) + " 年台账核对", Lead: "逐条核对名称、网址、备案和责任人。属实的打勾确认；不对的先点“更正”改好，再回来确认。"},
		Table: web.Table{Caption: "本单位的记录", Columns: []web.Column{{Head: "记录", Wide: true}, {Head: "状态"}, {Head: "缺项"}, {Head: "本年核对"}, {Head: "办理"}}, Empty: web.Empty{Title: "没有要核对的记录", Text: "本单位没有在用的网站、账号和域名。"}}}
	left := 0
	for _, e := range entries {
		name := web.Linked(e.Name, e.Link)
		name.Note = e.Address
		done := web.Tagged(web.Tag{Kind: web.Good, Text: "已确认"})
		done.Note = dayText(e.ConfirmedOn)
		row := web.Row{Name: e.Name}
		if !e.Confirmed(today.Year) {
			left++
			done = web.Tagged(web.Tag{Kind: web.Warn, Text: "待确认"})
			row.Pick = e.Key()
		}
		gaps := web.Text("无")
		if len(e.Gaps) > 0 {
			gaps = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "缺 " + count(len(e.Gaps)) + " 项"}}}
		}
		fix := e.Link + "/edit"
		if e.Kind == "site" {
			fix = e.Link + "/identifiers"
		}
		act := web.Text("")
		if may {
			act = web.Acts(web.Link{Text: "更正", Href: fix, Note: e.Name})
		}
		row.Cells = []web.Cell{name, web.Text(e.StateName), gaps, done, act}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	switch {
	case len(entries) == 0:
	case left == 0:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Good, Title: "本年核对已完成", Text: "全部 " + count(len(entries)) + " 条记录都已确认。"})
	default:
		a := web.Alert{Kind: web.Info, Title: "还有 " + count(left) + " 条待确认", Text: "请在 " + by.Chinese() + "前完成；到期没有确认的列为超期。"}
		if today.After(by) {
			a.Kind, a.Text = web.Warn, "截止日期 "+by.Chinese()+"已过，请尽快核对。"
		}
		v.Alerts = append(v.Alerts, a)
		if may {
			v.Action, v.Table.PickName = registry.RecertifyLink(u.ID), "keys"
		} else {
			v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "由主办单位自己的人员确认", Text: "您可以查看进度，确认由" + u.Name + "的人员办理。"})
		}
	}
	return v
}

var sampleEntries = []registry.Entry{{Kind: "site", ID: "1", Name: "雁塔区人民政府", Address: "www.yanta.gov.cn", StateName: "运行", Link: "/console/sites/1", Gaps: []string{"公安备案编号"}},
	{Kind: "account", ID: "2", Name: "微博 雁塔发布", StateName: "运行", Link: "/console/accounts/2", ConfirmedOn: sampleToday}}

var recertifyPage = web.Define(views, "views/recertify.html",
	newRecertifyView(org.Unit{ID: "1", Name: "雁塔区商务局"}, nil, sampleToday, sampleToday, true),
	newRecertifyView(org.Unit{ID: "1", Name: "雁塔区人民政府办公室"}, sampleEntries, sampleToday, sampleToday, true),
	newRecertifyView(org.Unit{ID: "1", Name: "雁塔区人民政府办公室"}, sampleEntries, sampleToday.AddDays(-1), sampleToday, false),
	newRecertifyView(org.Unit{ID: `"><script>`, Name: `<script>`}, []registry.Entry{{Kind: `"`, ID: `<b>`, Name: `<script>`, Address: `"`, StateName: `<i>`, Link: `javascript:alert(1)`}}, sampleToday, sampleToday, true))

func (h *Handler) renderRecertify(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	ctx := r.Context()
	u, err := h.org.UnitTx(ctx, h.db, scope, org.UnitID(r.PathValue("unit")))
	if err != nil {
		return err
	}
	entries, err := h.registry.EntriesOf(ctx, h.db, scope, u.ID)
	if err != nil {
		return err
	}
	own, err := h.registry.MayRecertify(ctx, h.db, authz.SessionFrom(ctx), u.ID)
	if err != nil {
		return err
	}
	today := web.FrameOf(r).Today
	v := newRecertifyView(u, entries, h.registry.RecertifyBy(today.Year), today, own && may(r, authz.RegistryManage))
	if wrong != nil {
		v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有确认", Text: saysOf(wrong)}}, v.Alerts...)
	}
	return recertifyPage.RenderStatus(w, r, status, v)
}

// ownRecertify leads to the person's own unit.
func (h *Handler) ownRecertify(w http.ResponseWriter, r *http.Request) error {
	to := sitesPath
	if unit, _ := authz.SessionFrom(r.Context()).Unit(); unit != "" {
		to = registry.RecertifyLink(org.UnitID(unit))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (h *Handler) showRecertify(w http.ResponseWriter, r *http.Request) error {
	return h.renderRecertify(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

func (h *Handler) recertify(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单读不出来，请刷新页面后重新勾选。").From(err)
	}
	unit := org.UnitID(r.PathValue("unit"))
	var left int
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		left, err = h.registry.Recertify(ctx, tx, authz.SessionFrom(ctx), scope, unit, r.PostForm["keys"])
		return err
	})
	if web.Mendable(err) {
		return h.renderRecertify(w, r, scope, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	said := "已确认，还有 " + count(left) + " 条待确认。"
	if left == 0 {
		said = "全部记录已确认，本年核对完成。"
	}
	return web.Done(w, r, registry.RecertifyLink(unit), said)
}

func saysOf(err error) string { return fault.Of(err).Says }
