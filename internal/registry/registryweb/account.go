package registryweb

import (
	"cmp"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// accountView is GET /console/accounts/{id}: an account, app or mini-program.
type accountView struct {
	Heading  web.Heading
	Alerts   []web.Alert
	Identity web.Summary
	People   web.Summary
	Use      web.Summary
	IsApp    bool
	Need     web.Summary
	Versions web.Table
	Naming   web.Breaches
	Duties   web.Table
	Cases    []web.Link
	Former   web.Table
	Changes  web.Table
	History  web.Timeline
	Links    []web.Link
	Beside   []web.Component // what modules above hold of it
	name     string
}

// Title of the document.
func (v accountView) Title() string { return v.name }

// Crumbs of the page.
func (v accountView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "政务新媒体账号", Href: accountsPath}, {Name: v.name}}
}

// accountFacts are what the page of an account is made of.
type accountFacts struct {
	account    registry.Account
	history    []registry.Change
	former     []registry.FormerName
	steps      []passage.Step
	versions   []registry.Version
	reports    map[registry.VersionID][]approval.Attachment
	seen       registry.Sighting
	naming     registry.Named
	supervisor org.Unit
	line       org.Unit
	related    related
	pages      []web.Link
	beside     []web.Component
	manage     bool // may edit
	unit       bool // may open the unit
	lowUse     int64
}

func toneOf(state string) web.Tone {
	return map[string]web.Tone{registry.Running: web.Good, registry.Planned: web.Info, registry.TemporarilyOffline: web.Warn, registry.Exiting: web.Warn, registry.Closing: web.Warn}[state]
}

func supervisorTerm(u org.Unit) web.Term {
	t := web.Term{Name: "主管单位", Text: u.Name}
	if u.Name == "" {
		t.Text = "省内没有上一级办公厅（室）"
	}
	return t
}

func lineTerm(u org.Unit) web.Term {
	t := web.Term{Name: "系统主管部门", Text: u.Name}
	if u.Name == "" {
		t.Text = "没有"
	}
	return t
}

func namingBreaches(n registry.Named) web.Breaches {
	b := web.Breaches{Title: "名称和认证（第九条）"}
	for _, x := range n.Breaches {
		reason := x.Reason()
		b.Items = append(b.Items, web.Breach{ID: reason.ID, Citation: reason.Citation, Says: reason.Says})
	}
	if len(n.Like) > 0 {
		b.Items = append(b.Items, web.Breach{ID: "S9.1.like", Citation: sx2021.NameTied.Citation, Says: "与" + strings.Join(n.Like, "、") + "的名称相同，公众可能分不清，请核对。"})
	}
	if len(b.Items) == 0 {
		b.Items = append(b.Items, web.Breach{OK: true, ID: "S9", Citation: sx2021.Instrument + " 第九条", Says: "名称、认证信息和各平台名称一致性没有发现问题。"})
	}
	return b
}

func newAccountView(f accountFacts) accountView {
	a := f.account
	origins := registry.Origins(f.history)
	p, _ := registry.PlatformOf(a.Platform)
	app := registry.ObjectKindOf(a.Platform) == sx2021.App
	v := accountView{name: a.Name, IsApp: app, Heading: web.Heading{Above: registry.Platforms[a.Platform], Title: a.Name, Lead: a.URL, Tags: []web.Tag{{Kind: toneOf(a.State), Text: a.StateName()}}}}
	if a.Main {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Info, Text: "主账号"})
	}
	for _, s := range a.Strange(f.seen) {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "平台上看到的与台账不同", Text: s + "观测时间 " + web.Minute(f.seen.At) + "，来源：" + registry.SourceName(f.seen.Source) + "。"})
	}
	if advice := p.Advice(a); len(advice) > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "请核对网址和标识", Text: strings.Join(advice, "") + "平台样式按公开网址归纳（未核实），只作提示。"})
	}
	if gaps := a.Gaps(); len(gaps) > 0 && !a.Ended() {
		alert := web.Alert{Kind: web.Warn, Title: "还缺 " + count(len(gaps)) + " 项", Text: "缺：" + strings.Join(gaps, "、") + "。"}
		if f.manage {
			alert.Links = []web.Link{{Text: "补填", Href: a.Link() + "/edit"}}
		}
		v.Alerts = append(v.Alerts, alert)
	}
	sponsor := web.Term{Name: "主办单位", Text: a.UnitName}
	if f.unit {
		sponsor.Href = "/console/units/" + string(a.Unit)
	}
	v.Identity = web.Summary{Title: "账号信息", Wide: true, Terms: []web.Term{
		sponsor, {Name: "区划代码", Text: a.AreaCode},
		term("平台", registry.Platforms[a.Platform], "platform", origins),
		term(cmp.Or(p.Handle, "账号标识"), a.Handle, "handle", origins), term("网址", a.URL, "url", origins),
		term(cmp.Or(p.PermanentID, "平台内部标识"), a.PlatformID, "platform_id", origins),
		term("用途", a.Purpose, "purpose", origins), term("认证主体", a.VerifiedAs, "verified_as", origins), term("认证类型", a.VerifiedType, "verified_type", origins),
		term("备案日期", dayText(a.FiledOn), "filed_on", origins), term("全国信息报送系统编号", a.NationalID, "national_id", origins),
		{Name: "开设日期", Text: dayText(a.LaunchedOn)}, {Name: "核对确认", Text: dayText(a.ConfirmedOn)},
	}}
	if a.CaseID != "" {
		v.Identity.Terms = append(v.Identity.Terms, web.Term{Name: "批准事项", Text: "查看审批", Href: "/console/cases/" + a.CaseID})
	}
	v.People = web.Summary{Title: "监管和责任人", Terms: []web.Term{
		supervisorTerm(f.supervisor), lineTerm(f.line),
		term("分管领导", a.LeaderName, "leader", origins), term("A 岗", a.AName, "a", origins), term("B 岗", a.BName, "b", origins),
	}}
	counted := func(n int64, on calendar.Date, source string) web.Term {
		if on.IsZero() {
			return web.Term{}
		}
		return web.Term{Text: strconv.FormatInt(n, 10) + " 人", Note: "统计日期 " + on.String() + "，来源：" + registry.SourceName(source)}
	}
	followers, active := counted(a.Followers, a.FollowersOn, a.FollowersSource), counted(a.ActiveUsers, a.ActiveOn, a.ActiveSource)
	followers.Name, active.Name = "关注人数", "月活跃用户"
	last := web.Term{Name: "最近发布日期", Text: dayText(a.LastPostOn)}
	if !a.LastPostOn.IsZero() {
		last.Note = "来源：" + registry.SourceName(a.LastPostSource)
	}
	v.Use = web.Summary{Title: "运行情况", Terms: []web.Term{followers, last}}
	if app {
		if !a.ActiveOn.IsZero() && a.ActiveUsers < f.lowUse {
			active.Tags = []web.Tag{{Kind: web.Warn, Text: "低于 " + strconv.FormatInt(f.lowUse, 10) + " 人，列入整合名单"}}
		}
		v.Use.Terms = append(v.Use.Terms, active)
		v.Need = web.Summary{Title: "开设必要性（第二十七条）", Terms: []web.Term{term("说明", a.Necessity, "necessity", origins)}}
		v.Versions = versionsTable(a, f.versions, f.reports)
	}
	if !a.Ended() {
		v.Naming = namingBreaches(f.naming)
	}
	if f.manage && !a.Ended() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "修改", Href: a.Link() + "/edit", Primary: true}, web.Act{Text: "登记运行情况", Href: a.Link() + "/use"})
		if app {
			v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记版本", Href: a.Link() + "/versions/new"})
		} else {
			v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记平台所见", Href: a.Link() + "/sighting"})
		}
	}
	v.Duties, v.Cases, v.Links = f.related.Duties, f.related.Cases, f.pages
	v.Beside = f.beside
	v.Former = formerTable(f.former)
	v.Changes = changesTable(f.history)
	v.History = web.Timeline{Title: "状态记录", Events: stateEvents(registry.AccountMachine, f.steps)}
	return v
}

func versionsTable(a registry.Account, list []registry.Version, reports map[registry.VersionID][]approval.Attachment) web.Table {
	t := web.Table{Caption: "版本和安全检测报告", Columns: []web.Column{{Head: "版本"}, {Head: "发布日期"}, {Head: "安全检测", Wide: true}, {Head: "下载地址"}},
		Empty: web.Empty{Title: "还没有登记版本", Text: "每个版本要有安全检测报告，未提交的不得上线（第七条（三））。"}}
	for _, v := range list {
		test := web.Text(v.Tester)
		test.Note = "检测日期 " + dayText(v.TestedOn)
		test.Tags = []web.Tag{{Kind: web.Good, Text: "通过"}}
		for _, f := range reports[v.ID] {
			test.Links = append(test.Links, web.Link{Text: f.Name, Href: a.Link() + "/versions/" + url.PathEscape(f.ID), Note: v.Number})
		}
		var stores web.Cell
		for _, d := range v.Downloads {
			stores.Links = append(stores.Links, web.Link{Text: d.Store, Href: d.URL, Note: v.Number})
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(v.Number), web.Day(v.ReleasedOn), test, stores}})
	}
	return t
}

var (
	sampleAccount = registry.Account{ID: "01JDA", Kind: sx2021.Account, Unit: "01JDU", UnitName: "雁塔区人民政府办公室", AreaCode: "610113000000", Platform: "weibo", Name: "雁塔发布", Handle: "雁塔发布",
		URL: "https://weibo.com/u/1000000001", PlatformID: "1000000002", Purpose: "发布", VerifiedAs: "雁塔区人民政府办公室", State: registry.Running, Main: true, AName: "周敏", A: "01A", B: "01B", BName: "李强",
		Followers: 52000, FollowersOn: calendar.Date{Year: 2026, Month: 3, Day: 1}, FollowersSource: registry.ByPerson}
	sampleApp = registry.Account{ID: "01JDB", Kind: sx2021.App, Unit: "01JDU", UnitName: "雁塔区行政审批局", AreaCode: "610113000000", Platform: "app", Name: "雁塔办事", State: registry.Running,
		Necessity: "省级平台尚未覆盖的本区事项。", ActiveUsers: 120, ActiveOn: calendar.Date{Year: 2026, Month: 2, Day: 28}, ActiveSource: registry.ByImport}
	hostileAccount = registry.Account{ID: `"><script>`, Unit: `"`, UnitName: `<script>`, AreaCode: `<b>`, Platform: `<i>`, Name: `<script>alert(1)</script>`, Handle: `<b>`, URL: `javascript:alert(1)`, PlatformID: `"`,
		Purpose: `<u>`, VerifiedAs: `</dd>`, State: `<u>`, AName: `<b>`, LeaderName: `<b>`, Necessity: `<script>`, CaseID: `"><script>`}
)

var accountPage = web.Define(views, "views/account.html",
	newAccountView(accountFacts{account: registry.Account{ID: "1", Platform: "weibo", Name: "新账号", State: registry.Planned}}),
	newAccountView(accountFacts{account: sampleAccount, manage: true, unit: true,
		history: []registry.Change{{Act: "2", Field: "url", Was: "", Now: "https://weibo.com/u/1000000001", Why: "补录", Source: registry.ByPerson, Actor: "周敏", At: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)},
			{Act: "1", Field: "", Now: "雁塔发布", Source: registry.ByImport, SourceRef: "accounts.csv", At: time.Date(2026, 1, 1, 2, 0, 0, 0, time.UTC)}},
		former: []registry.FormerName{{Name: "雁塔之声", Until: calendar.Date{Year: 2025, Month: 6, Day: 1}, Document: "陕政办函〔2025〕1号", CaseID: "01C"}},
		steps:  []passage.Step{{Act: "enter", To: registry.Running, Note: "存量登记"}},
		seen:   registry.Sighting{At: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), Source: registry.Observed, PlatformID: "1999999999", Name: "雁塔融媒"},
		naming: registry.Named{Breaches: []rules.Breach{sx2021.SameName.Breach("名称不一致。")}, Like: []string{"阎良区人民政府办公室"}}, supervisor: org.Unit{Name: "西安市人民政府办公厅"},
		related: related{Cases: []web.Link{{Text: "名称变更", Href: "/console/cases/1"}}}, pages: []web.Link{{Text: "生命周期", Href: "/console/accounts/1/lifecycle"}}}),
	newAccountView(accountFacts{account: sampleApp, manage: true, lowUse: 500,
		versions: []registry.Version{{ID: "1", Number: "2.3.1", Tester: "某测评中心", Passed: true, Downloads: []registry.Download{{Store: "应用宝", URL: "https://example.cn/app"}}}},
		reports:  map[registry.VersionID][]approval.Attachment{"1": {{ID: "f", Name: "报告.pdf"}}}}),
	newAccountView(accountFacts{account: hostileAccount, manage: true, unit: true, history: []registry.Change{{Act: `<b>`, Field: `<i>`, Was: `<b>`, Now: `"`, Why: `</p>`, CaseID: `"><script>`, Document: `<b>`, SourceRef: `<b>`}},
		former: []registry.FormerName{{Name: `<script>`, Document: `"`}}, naming: registry.Named{Like: []string{`<b>`}}, supervisor: org.Unit{Name: `<b>`}}),
)

func (h *Handler) accountOf(r *http.Request) (registry.Account, error) {
	return h.registry.Account(r.Context(), h.db, authz.ScopeFrom(r.Context()), registry.AccountID(r.PathValue("id")))
}

func (h *Handler) account(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	f := accountFacts{account: a, manage: a.In(scopeFor(r, authz.RegistryManage)), unit: a.In(scopeFor(r, authz.OrgRead)), reports: map[registry.VersionID][]approval.Attachment{}, lowUse: int64(h.registry.Settings().LowUseMonthly)}
	if f.history, err = h.registry.History(ctx, h.db, scope, a.Ref()); err != nil {
		return err
	}
	if f.former, err = h.registry.FormerNames(ctx, h.db, scope, a.Ref()); err != nil {
		return err
	}
	if f.steps, err = registry.AccountMachine.History(ctx, h.db, string(a.ID)); err != nil {
		return err
	}
	if f.seen, err = h.registry.LastSighting(ctx, h.db, scope, a.ID); err != nil {
		return err
	}
	if f.naming, err = h.registry.NamingOf(ctx, h.db, scope, a.Ref()); err != nil {
		return err
	}
	if f.supervisor, f.line, err = h.registry.Supervisors(ctx, h.db, scope, a.Ref()); err != nil {
		return err
	}
	if registry.ObjectKindOf(a.Platform) == sx2021.App {
		if f.versions, err = h.registry.Versions(ctx, h.db, scope, a.ID); err != nil {
			return err
		}
		for _, v := range f.versions[:min(len(f.versions), 20)] { // older reports stay reachable from the history
			if f.reports[v.ID], err = approval.Attachments(ctx, h.db, registry.ReportOwner, string(v.ID)); err != nil {
				return err
			}
		}
	}
	if f.related, err = h.related(r, "account", string(a.ID), a.Unit); err != nil {
		return err
	}
	if f.beside, err = h.besides(r, a.Ref()); err != nil {
		return err
	}
	f.pages = append(h.pagesOf(r, a.Ref()), web.Link{Text: "台账年度核对", Href: registry.RecertifyLink(a.Unit)})
	v := newAccountView(f)
	return accountPage.Render(w, r, v)
}

func accountTrail(a registry.Account) []web.Crumb {
	return []web.Crumb{{Name: "政务新媒体账号", Href: accountsPath}, {Name: a.Name, Href: a.Link()}}
}

func options(list []string, none string) []web.Option {
	out := []web.Option{{Value: "", Label: none}}
	for _, s := range list {
		out = append(out, web.Option{Value: s, Label: s})
	}
	return out
}

func accountSections(a registry.Account, people []org.Person) []web.Section {
	p, _ := registry.PlatformOf(a.Platform)
	who := peopleOptions(people, a.Unit)
	verification := web.Field{Name: "verified_type", Label: "认证类型", Value: a.VerifiedType, Max: 40}
	if len(p.Verification) > 0 {
		verification.Hint = "例如：" + strings.Join(p.Verification, "、")
	}
	id := web.Field{Name: "platform_id", Label: cmp.Or(p.PermanentID, "平台内部标识"), Value: a.PlatformID, Max: 200, Hint: "平台给账号的永久标识，改名后也不变；用来发现账号被改名或名称被他人占用"}
	list := []web.Section{
		{Legend: "账号", Fields: []web.Field{
			{Name: "name", Label: "账号名称", Value: a.Name, Required: true, Max: 100},
			{Name: "handle", Label: cmp.Or(p.Handle, "账号标识"), Value: a.Handle, Max: 100},
			{Kind: web.Address, Name: "url", Label: "网址", Value: a.URL, Max: 500, Hint: "以 https:// 开头；没有固定网址的平台可不填"},
			id,
			{Kind: web.Select, Name: "purpose", Label: "用途", Value: a.Purpose, Options: options(cmpList(p.Purposes, registry.Purposes), "请选择")},
			{Kind: web.Check, Name: "main", Label: "是本单位的主账号", Checked: a.Main, Hint: "一个单位一个主账号（第二十七条）"},
		}},
		{Legend: "认证和备案", Fields: []web.Field{
			{Name: "verified_as", Label: "认证主体", Value: a.VerifiedAs, Max: 100, Hint: "公开认证信息中写的单位名称，应是主办单位（第九条）"},
			verification,
			{Kind: web.DateField, Name: "filed_on", Label: "备案日期", Value: dayText(a.FiledOn), Narrow: true},
			{Name: "national_id", Label: "全国信息报送系统编号", Value: a.NationalID, Max: 60},
		}},
		{Legend: "责任人", Fields: []web.Field{
			{Kind: web.Select, Name: "leader", Label: "分管领导", Value: string(a.Leader), Options: who},
			{Kind: web.Select, Name: "a", Label: "A 岗", Value: string(a.A), Options: who},
			{Kind: web.Select, Name: "b", Label: "B 岗", Value: string(a.B), Options: who, Hint: "与 A 岗不能是同一人"},
		}},
	}
	if registry.ObjectKindOf(a.Platform) == sx2021.App {
		list = append(list, web.Section{Legend: "开设必要性（第二十七条）", Fields: []web.Field{
			{Kind: web.TextArea, Name: "necessity", Label: "说明", Value: a.Necessity, Required: true, Rows: 3, Max: 1000, Hint: "为什么不能用已有的平台、小程序或省市统一的应用"}}})
	}
	return list
}

func cmpList(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

func newAccountForm(a registry.Account, people []org.Person) formView {
	v := formView{Heading: web.Heading{Above: registry.Platforms[a.Platform], Title: "修改账号", Lead: "改动前后的内容、原因和经手人都会留在变更记录里；名称改动会保留曾用名。"}, Trail: accountTrail(a),
		Form: web.Form{Key: "account-" + string(a.ID), Sections: append(accountSections(a, people), whySection()), Buttons: []web.Button{{Label: "核对改动"}}, Cancel: web.Link{Text: "取消", Href: a.Link()}}}
	v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, seenAt(a.UpdatedAt))
	if len(people) == 0 {
		v.Before = []web.Alert{{Kind: web.Warn, Title: "主办单位还没有登记人员", Text: "A 岗、B 岗和分管领导从单位台账中的人员里选，请先登记。", Links: []web.Link{{Text: "打开" + a.UnitName, Href: "/console/units/" + string(a.Unit)}}}}
	}
	return v
}

func fieldsOf(r *http.Request, d *dates) registry.AccountFields {
	return registry.AccountFields{Name: typed(r, "name"), Handle: typed(r, "handle"), URL: typed(r, "url"), PlatformID: typed(r, "platform_id"), Purpose: typed(r, "purpose"),
		VerifiedAs: typed(r, "verified_as"), VerifiedType: typed(r, "verified_type"), A: org.PersonID(typed(r, "a")), B: org.PersonID(typed(r, "b")), Leader: org.PersonID(typed(r, "leader")),
		NationalID: typed(r, "national_id"), FiledOn: d.get("filed_on"), Main: r.PostFormValue("main") != "", Necessity: typed(r, "necessity")}
}

func (h *Handler) showAccount(w http.ResponseWriter, r *http.Request) error {
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	people, err := h.org.People(r.Context(), h.db, authz.ScopeFrom(r.Context()), a.Unit)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newAccountForm(a, people))
}

func (h *Handler) setAccount(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	people, err := h.org.People(ctx, h.db, scope, a.Unit)
	if err != nil {
		return err
	}
	seen, err := seenOf(r)
	if err != nil {
		return err
	}
	v := newAccountForm(a, people)
	d := dates{r: r}
	n := fieldsOf(r, &d)
	if err := d.f.Err(); err != nil {
		return again(w, r, v, err)
	}
	changes, err := h.registry.AccountDiff(ctx, h.db, scope, a.ID, n)
	if fault.Is(err, fault.NotFound) {
		return again(w, r, v, fault.New(fault.Invalid, "没有找到选中的人员，请从列表中重新选择。").On("a", "请从列表中选择"))
	}
	if err != nil {
		return err
	}
	if len(changes) == 0 && a.UpdatedAt.Equal(seen) {
		return web.Done(w, r, a.Link(), "没有改动，记录保持原样。")
	}
	done, err := h.saveAsked(w, r, v, changes, func() time.Time {
		now, err := h.accountOf(r)
		if err != nil {
			return time.Time{}
		}
		return now.UpdatedAt
	}, func(tx *db.Tx) error {
		_, err := h.registry.SetAccount(ctx, tx, scope, a.ID, n, whyOf(r), seen)
		return err
	})
	if err != nil || !done {
		return err
	}
	return web.Done(w, r, a.Link(), "已保存 "+count(len(changes))+" 处改动。")
}

// newAccountEntry is the form by which an account that existed before the
// ledger is entered (readings 10).
func newAccountEntry(platform string) formView {
	var platforms []web.Option
	for _, p := range registry.AllPlatforms().Platforms {
		platforms = append(platforms, web.Option{Value: p.ID, Label: p.Name})
	}
	v := formView{Heading: web.Heading{Title: "登记存量账号", Lead: "只登记本系统启用前已经开设的账号和客户端；新开设的要先走开设审批（第七条）。"}, Trail: []web.Crumb{{Name: "政务新媒体账号", Href: accountsPath}},
		Form: web.Form{Key: "account-new", Buttons: []web.Button{{Label: "登记入台账"}}, Cancel: web.Link{Text: "取消", Href: accountsPath}}}
	sections := accountSections(registry.Account{Platform: platform}, nil)
	sections[0].Fields = append([]web.Field{
		{Name: "unit", Label: "主办单位", Required: true, Max: 100, Hint: "单位台账中的全称，例如 雁塔区人民政府办公室"},
		{Kind: web.Select, Name: "platform", Label: "平台", Value: platform, Required: true, Options: platforms},
	}, sections[0].Fields...)
	sections = append(sections[:2], web.Section{Legend: "存量依据", Fields: []web.Field{
		{Kind: web.TextArea, Name: "why", Label: "认定依据", Required: true, Rows: 2, Max: registry.MaxWhy, Hint: "例如：2019 年开设，经市政府办公厅备案；2021-06-07 以前的批准情况不详的请写明"},
		{Name: "document", Label: "依据文件", Max: 100},
		{Kind: web.DateField, Name: "launched_on", Label: "开设日期", Narrow: true, Hint: "不详可不填"},
	}}, web.Section{Legend: "移动客户端和小程序", Hint: "其他平台不填。", Fields: []web.Field{
		{Kind: web.TextArea, Name: "necessity", Label: "开设必要性", Rows: 3, Max: 1000, Hint: "移动客户端和小程序必填（第二十七条）"}}})
	v.Form.Sections = sections
	return v
}

func (h *Handler) showNewAccount(w http.ResponseWriter, r *http.Request) error {
	return formPage.Render(w, r, newAccountEntry(cmp.Or(r.URL.Query().Get("platform"), "wechat")))
}

func (h *Handler) newAccount(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	v := newAccountEntry(typed(r, "platform"))
	u, err := h.unitTyped(r)
	if err != nil && !web.Mendable(err) {
		return err
	}
	d := dates{r: r}
	n, launched := fieldsOf(r, &d), d.get("launched_on")
	if err == nil {
		err = d.f.Err()
	}
	var a registry.Account
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			a, err = h.registry.EnterAccount(ctx, tx, scope, registry.Account{Unit: u.ID, Platform: typed(r, "platform"), Name: n.Name, Handle: n.Handle, URL: n.URL, PlatformID: n.PlatformID, Purpose: n.Purpose,
				VerifiedAs: n.VerifiedAs, VerifiedType: n.VerifiedType, NationalID: n.NationalID, FiledOn: n.FiledOn, Main: n.Main, Necessity: n.Necessity, LaunchedOn: launched, Source: "存量登记"}, whyOf(r))
			return err
		})
	}
	if web.Mendable(err) {
		return again(w, r, v, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, a.Link(), "已登记“"+a.Name+"”，请接着补齐 A、B 岗和分管领导。")
}

func newUseForm(a registry.Account, today calendar.Date) formView {
	v := formView{Heading: web.Heading{Title: "登记运行情况", Lead: "只填知道的；每个数都带统计日期和来源。"}, Trail: accountTrail(a),
		Form: web.Form{Buttons: []web.Button{{Label: "登记"}}, Cancel: web.Link{Text: "取消", Href: a.Link()}, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.DateField, Name: "on", Label: "统计日期", Value: dayText(today), Required: true, Narrow: true},
			{Kind: web.Number, Name: "followers", Label: "关注人数", Unit: "人", Narrow: true, Mode: "numeric"},
			{Kind: web.DateField, Name: "last_post_on", Label: "最近发布日期", Narrow: true},
		}}}}}
	if registry.ObjectKindOf(a.Platform) == sx2021.App {
		v.Form.Sections[0].Fields = append(v.Form.Sections[0].Fields, web.Field{Kind: web.Number, Name: "active", Label: "月活跃用户", Unit: "人", Narrow: true, Mode: "numeric", Hint: "统计日期所在月份使用过的人数"})
	}
	return v
}

func (h *Handler) showUse(w http.ResponseWriter, r *http.Request) error {
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newUseForm(a, web.FrameOf(r).Today))
}

func (h *Handler) recordUse(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	d := dates{r: r}
	use := registry.Use{Followers: -1, Active: -1, On: d.get("on"), LastPostOn: d.get("last_post_on")}
	for name, to := range map[string]*int64{"followers": &use.Followers, "active": &use.Active} {
		if s := typed(r, name); s != "" {
			n, err := strconv.ParseInt(s, 10, 64)
			if err != nil || n < 0 {
				d.f.Add(name, "请填写人数，只用数字，例如 5200")
				continue
			}
			*to = n
		}
	}
	err = d.f.Err()
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.registry.RecordUse(ctx, tx, scope, a.ID, use, registry.Why{Source: registry.ByPerson})
			return err
		})
	}
	if web.Mendable(err) {
		return again(w, r, newUseForm(a, web.FrameOf(r).Today), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, a.Link(), "已登记 "+use.On.String()+" 的运行情况。")
}

func newSightingForm(a registry.Account) formView {
	p, _ := registry.PlatformOf(a.Platform)
	return formView{Heading: web.Heading{Title: "登记平台所见", Lead: "把在平台上实际看到的写下来，与台账对照；不会改动台账。"}, Trail: accountTrail(a),
		Form: web.Form{Buttons: []web.Button{{Label: "登记所见"}}, Cancel: web.Link{Text: "取消", Href: a.Link()}, Sections: []web.Section{{Fields: []web.Field{
			{Name: "platform_id", Label: cmp.Or(p.PermanentID, "平台内部标识"), Max: 200},
			{Name: "name", Label: "账号名称", Required: true, Max: 100},
			{Name: "verified_as", Label: "认证主体", Max: 100},
		}}}}}
}

func (h *Handler) showSighting(w http.ResponseWriter, r *http.Request) error {
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newSightingForm(a))
}

func (h *Handler) sight(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	seen := registry.Sighting{At: h.db.Now(), Source: registry.ByPerson, PlatformID: typed(r, "platform_id"), Name: typed(r, "name"), VerifiedAs: typed(r, "verified_as")}
	var f fault.Fields
	f.Check(seen.Name != "" && len([]rune(seen.Name)) <= 100, "name", "请填写在平台上看到的名称，最多 100 个字")
	f.Check(len([]rune(seen.PlatformID)) <= 200, "platform_id", "最多 200 个字")
	f.Check(len([]rune(seen.VerifiedAs)) <= 100, "verified_as", "最多 100 个字")
	err = f.Err()
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error { return h.registry.Sight(ctx, tx, scope, a.ID, seen) })
	}
	if web.Mendable(err) {
		return again(w, r, newSightingForm(a), err)
	}
	if err != nil {
		return err
	}
	if n := len(a.Strange(seen)); n > 0 {
		return web.Done(w, r, a.Link(), "已登记，与台账有 "+count(n)+" 处不同，请看页首的提示。")
	}
	return web.Done(w, r, a.Link(), "已登记，与台账一致。")
}

// stores are the shops a version's form asks for; a province adds others in the
// last line.
var stores = []string{"应用宝", "华为应用市场", "小米应用商店", "App Store", "官网下载"}

func newVersionForm(a registry.Account) formView {
	v := formView{Heading: web.Heading{Title: "登记版本", Lead: "未提交安全检测报告的移动客户端不得上线（第七条（三））。"}, Trail: accountTrail(a),
		Form: web.Form{Upload: true, Key: "version-" + string(a.ID), Buttons: []web.Button{{Label: "登记版本"}}, Cancel: web.Link{Text: "取消", Href: a.Link()}}}
	downloads := web.Section{Legend: "下载地址", Hint: "没有在这个渠道发布的不填。"}
	for i, s := range stores {
		downloads.Fields = append(downloads.Fields, web.Field{Kind: web.Address, Name: "store" + strconv.Itoa(i), Label: s, Max: 500})
	}
	v.Form.Sections = []web.Section{
		{Legend: "版本", Fields: []web.Field{
			{Name: "number", Label: "版本号", Required: true, Max: 40, Narrow: true, Hint: "例如 2.3.1"},
			{Kind: web.DateField, Name: "released_on", Label: "发布日期", Required: true, Narrow: true},
			{Kind: web.TextArea, Name: "note", Label: "更新内容", Rows: 2, Max: 1000},
		}},
		{Legend: "安全检测", Fields: []web.Field{
			{Name: "tester", Label: "检测机构", Required: true, Max: 100},
			{Kind: web.DateField, Name: "tested_on", Label: "检测日期", Required: true, Narrow: true},
			{Kind: web.Check, Name: "passed", Label: "检测结论为通过"},
			{Kind: web.File, Name: "file", Label: "检测报告", Required: true, Accept: approval.Accept, Hint: "PDF、图片、DOCX 或 XLSX，不超过 20 MB"},
		}},
		downloads, whySection(),
	}
	return v
}

func (h *Handler) showVersion(w http.ResponseWriter, r *http.Request) error {
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newVersionForm(a))
}

func (h *Handler) addVersion(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	a, err := h.accountOf(r)
	if err != nil {
		return err
	}
	d := dates{r: r}
	version := registry.Version{App: a.ID, Number: typed(r, "number"), ReleasedOn: d.get("released_on"), Note: typed(r, "note"), Tester: typed(r, "tester"), TestedOn: d.get("tested_on"), Passed: r.PostFormValue("passed") != ""}
	for i, s := range stores {
		if at := typed(r, "store"+strconv.Itoa(i)); at != "" {
			version.Downloads = append(version.Downloads, registry.Download{Store: s, URL: at})
		}
	}
	var report approval.Attachment
	err = d.f.Err()
	if err == nil {
		file, header, fileErr := r.FormFile("file")
		if fileErr != nil {
			err = fault.New(fault.Invalid, "没有上传安全检测报告；未提交的不得上线（第七条（三））。").On("file", "请选择检测报告文件")
		} else {
			defer file.Close()
			report, err = approval.Take(ctx, h.blobs, approval.Upload{Kind: "security_report", Field: "file", Name: header.Filename, Content: file})
		}
	}
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			if version, err = h.registry.AddVersion(ctx, tx, scope, version, whyOf(r)); err != nil {
				return err
			}
			report.OwnerKind, report.OwnerID = registry.ReportOwner, string(version.ID)
			_, err := approval.Attach(ctx, tx, report)
			return err
		})
	}
	if web.Mendable(err) {
		return again(w, r, newVersionForm(a), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, a.Link(), "已登记版本 "+version.Number+"。")
}

// versionReport hands out the security report of a version, never shown inside
// the console.
func (h *Handler) versionReport(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	versions, err := h.registry.Versions(ctx, h.db, scope, registry.AccountID(r.PathValue("id")))
	if err != nil {
		return err
	}
	for _, v := range versions {
		files, err := approval.Attachments(ctx, h.db, registry.ReportOwner, string(v.ID))
		if err != nil {
			return err
		}
		for _, f := range files {
			if f.ID != r.PathValue("file") {
				continue
			}
			content, err := h.blobs.Open(ctx, f.Blob)
			if err != nil {
				return err
			}
			defer content.Close()
			w.Header().Set("Content-Type", f.MediaType)
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
			w.Header().Set("Content-Length", strconv.FormatInt(f.Size, 10))
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
			if _, err := io.Copy(w, content); err != nil {
				return fmt.Errorf("registryweb: send %s: %w", f.ID, err)
			}
			return nil
		}
	}
	return fault.Missing("检测报告")
}
