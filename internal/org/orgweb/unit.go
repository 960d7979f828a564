package orgweb

import (
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// shown is how many sites, accounts or obligations a unit's page lists before
// it leads to the whole list.
const shown = 20

// unitView is GET /console/units/{id}.
type unitView struct {
	Heading     web.Heading
	Wrong       web.ErrorSummary
	Facts       web.Summary
	Sites       web.Table
	Accounts    web.Table
	Obligations web.Table
	People      []person
	Appoint     web.Link
	Dismiss     bool
	Base        string
	History     web.Timeline
	Names       web.Table
	Posts       web.Table
	Acts        web.Timeline
	name        string
}

// person is one who works here, with the posts held at this unit.
type person struct {
	Name, Title, Unit, Href string
	Posts                   []post
}

type post struct{ ID, Role string }

// Title of the document.
func (v unitView) Title() string { return v.name }

// Crumbs of the page.
func (v unitView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: v.name}}
}

// profile is what a unit's page is made of. Lists that the person may not read
// are nil.
type profile struct {
	unit          org.Unit
	parent        org.Unit
	sites         []registry.Site
	siteTotal     int
	accounts      []registry.Account
	accountTotal  int
	obligations   []obligation.Obligation
	people        []org.Person
	holders       []org.Holder
	history       []audit.Row
	readsRegistry bool
	readsClocks   bool
	manages       bool
	reorganises   bool
	managesPosts  bool
	names         []org.FormerName
	named         []org.NamedPost
	acts          []org.Act
	successor     org.Unit
	areaSuper     org.Unit // 块
	lineSuper     org.Unit // 条
	unheld        []registry.Object
	sponsors      bool
	readsRecords  bool // 承办, 等保, 经费
	today         calendar.Date
	kindName      func(string) string
}

func newUnitView(p profile) unitView {
	u := p.unit
	v := unitView{name: u.Name, Base: unitHref(u.ID), Dismiss: p.manages,
		Heading: web.Heading{Above: u.Kind.Name(), Title: u.Name},
		Facts: web.Summary{Title: "基本情况", Terms: []web.Term{
			{Name: "级别", Text: u.Level.Name()}, {Name: "所在区划", Text: u.AreaName, Href: areaHref(u.Area), Note: u.AreaCode},
			{Name: "简称", Text: u.ShortName}, {Name: "业务条线", Text: org.LineName(u.Line)}, {Name: "来源", Text: u.Source},
		}},
		Sites: web.Table{Caption: "网站", Columns: []web.Column{{Head: "站点", Wide: true}, {Head: "类别"}, {Head: "状态"}, {Head: "缺项"}}, Compact: true,
			Empty: web.Empty{Title: "没有登记网站"}},
		Accounts: web.Table{Caption: "政务新媒体账号", Columns: []web.Column{{Head: "账号", Wide: true}, {Head: "平台"}, {Head: "状态"}}, Compact: true,
			Empty: web.Empty{Title: "没有登记账号"}},
		Obligations: web.Table{Caption: "未办结的时限", Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "依据"}, {Head: "期限"}}, Compact: true,
			Empty: web.Empty{Title: "没有未办结的时限"}},
	}
	v.tellPlace(p)
	if p.parent.ID != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "所属单位", Text: p.parent.Name, Href: unitHref(p.parent.ID)})
	}
	if u.Direct {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "报送关系", Text: "直接向省级报送"})
	}
	if u.Kind == org.ZoneCommittee {
		approval := u.NationalApproval
		if approval == "" {
			approval = "待认定"
		} else if !u.ZoneApprovedOn.IsZero() {
			approval += "（" + u.ZoneApprovedOn.String() + "）"
		}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "国家级开发区批准文件", Text: approval})
	}
	for _, s := range p.sites {
		site := web.Linked(s.Name, s.Link())
		site.Note = s.Host
		v.Sites.Rows = append(v.Sites.Rows, web.Row{Cells: []web.Cell{site, web.Text(s.Kind.Name()), web.Text(s.StateName()), web.Text(gaps(s))}})
	}
	if p.siteTotal > len(p.sites) {
		v.Sites.Caption = "网站（共 " + count(p.siteTotal) + " 个，列出前 " + count(len(p.sites)) + " 个）"
	}
	for _, a := range p.accounts {
		v.Accounts.Rows = append(v.Accounts.Rows, web.Row{Cells: []web.Cell{web.Text(a.Name), web.Text(registry.Platforms[a.Platform]), web.Text(registry.AccountMachine.Name(a.State))}})
	}
	if p.accountTotal > len(p.accounts) {
		v.Accounts.Caption = "政务新媒体账号（共 " + count(p.accountTotal) + " 个，列出前 " + count(len(p.accounts)) + " 个）"
	}
	for _, o := range p.obligations {
		name, cite := o.Kind, ""
		if p.kindName != nil {
			name, cite, _ = strings.Cut(p.kindName(o.Kind), "\n")
		}
		what := web.Cell{Text: name, Href: o.Link, Note: o.Subject.Name}
		v.Obligations.Rows = append(v.Obligations.Rows, web.Row{Cells: []web.Cell{what, web.Text(cite), web.DueCell(o.Due.On, p.today)}})
	}
	v.People = peopleOf(p)
	if p.manages && u.AbolishedOn.IsZero() {
		v.Heading.Acts = []web.Act{{Text: "登记人员", Href: v.Base + "/people/new", Primary: true}}
		if len(p.people) > 0 {
			v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "任命登录岗位", Href: v.Base + "/posts/new"})
		}
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "修改信息", Href: v.Base + "/edit"})
	}
	if p.managesPosts && u.AbolishedOn.IsZero() {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记法定岗位", Href: v.Base + "/named-posts/new"})
	}
	if p.reorganises {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "机构调整", Href: actsPath + "/new?unit=" + string(u.ID)})
	}
	if p.readsRecords {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "承办、等保与经费", Href: "/console/records?unit=" + url.QueryEscape(string(u.ID))})
	}
	v.History = web.Timeline{Title: "变更记录"}
	for _, e := range p.history {
		v.History.Events = append(v.History.Events, web.Event{At: e.At, Title: audit.ActName(e.Act), Who: e.Actor.Name, Text: e.Basis})
	}
	return v
}

// tellPlace shows where the unit stands: its supervisors on both axes, its
// names, who follows it, its named posts and what is vacant of them.
func (v *unitView) tellPlace(p profile) {
	u := p.unit
	if !u.AbolishedOn.IsZero() {
		v.Heading.Tags = []web.Tag{{Text: "已撤销 " + u.AbolishedOn.String()}}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "撤销日期", Text: u.AbolishedOn.String()})
		if p.successor.ID != "" {
			v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "承接单位", Text: p.successor.Name, Href: unitHref(p.successor.ID)})
		}
	}
	if !u.FoundedOn.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "成立日期", Text: u.FoundedOn.String()})
	}
	if p.areaSuper.ID != "" {
		term := web.Term{Name: "主管单位（块）", Text: p.areaSuper.Name, Note: "第四条"}
		if p.areaSuper.ID == u.ID {
			term.Text, term.Note = "全省主管单位", "第四条"
		}
		v.Facts.Terms = append(v.Facts.Terms, term)
	}
	if p.lineSuper.ID != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "系统主管单位（条）", Text: p.lineSuper.Name, Note: "第四条"})
	}
	v.Names = web.Table{Caption: "曾用名", Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "起"}, {Head: "止"}, {Head: "依据"}}, Compact: true}
	for _, n := range p.names {
		from := web.Day(n.From)
		if n.From.IsZero() {
			from = web.Text("未登记")
		}
		v.Names.Rows = append(v.Names.Rows, web.Row{Cells: []web.Cell{web.Text(n.Name), from, web.Day(n.Until), web.Linked(n.Document, actsPath+"/"+n.Act)}})
	}
	v.Posts = web.Table{Caption: "法定岗位", Columns: []web.Column{{Head: "岗位", Wide: true}, {Head: "人员"}, {Head: "自"}, {Head: "电话"}, {Head: "任命"}}, Compact: true, Empty: web.Empty{Title: "没有登记法定岗位", Text: "请登记主要负责同志、分管领导、总负责人和各网站、账号的 A、B 岗。"}}
	has := map[org.PostKind]bool{}
	for _, n := range p.named {
		has[n.Kind] = true
		what := web.Text(n.Kind.Name())
		if n.ObjectName != "" {
			what.Note = n.ObjectName
		}
		v.Posts.Rows = append(v.Posts.Rows, web.Row{Cells: []web.Cell{what, web.Linked(n.PersonName, personHref(n.Person)), web.Day(n.Since), web.Text(n.Phone), web.Text(n.Document)}})
	}
	vacant := func(name, note, query string) {
		cell := web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "空缺"}}}
		if p.managesPosts {
			cell.Links = []web.Link{{Text: "登记", Note: name + note, Href: v.Base + "/named-posts/new?" + query}}
		}
		v.Posts.Rows = append(v.Posts.Rows, web.Row{Kind: web.Warn, Cells: []web.Cell{{Text: name, Note: note}, cell, {}, {}, {}}})
	}
	if u.AbolishedOn.IsZero() && !has[org.LeaderInCharge] && (u.Kind == org.Office || p.sponsors) {
		vacant("分管领导", "第十八条", "kind=leader_in_charge")
	}
	for i, o := range p.unheld {
		if i == 10 {
			v.Posts.Rows = append(v.Posts.Rows, web.Row{Kind: web.Warn, Cells: []web.Cell{web.Text("另有 " + count(len(p.unheld)-10) + " 个网站、账号没有专岗"), {}, {}, {}, {}}})
			break
		}
		vacant("A 岗", o.Name, "kind=post_a&object="+string(o.Kind)+":"+o.ID)
	}
	v.Acts = web.Timeline{Title: "机构调整"}
	for _, a := range p.acts {
		v.Acts.Events = append(v.Acts.Events, web.Event{On: a.Plan.On, Title: a.Title, Who: a.By, Text: a.Plan.Document, Links: []web.Link{{Text: "查看", Note: a.Title, Href: actsPath + "/" + a.ID}}})
	}
}

func gaps(s registry.Site) string {
	if g := s.Gaps(); len(g) > 0 {
		return strings.Join(g, "、")
	}
	return "无"
}

// peopleOf joins the people of the unit with the posts held at it; a holder
// who belongs to another unit is listed too.
func peopleOf(p profile) []person {
	var out []person
	at := map[org.PersonID]int{}
	add := func(o org.Person) int {
		i, ok := at[o.ID]
		if !ok {
			i = len(out)
			at[o.ID] = i
			one := person{Name: o.Name, Title: o.Title, Href: personHref(o.ID)}
			if o.Unit != p.unit.ID {
				one.Unit = o.UnitName
			}
			out = append(out, one)
		}
		return i
	}
	for _, o := range p.people {
		add(o)
	}
	for _, hd := range p.holders {
		i := add(hd.Person)
		info, _ := authz.Info(hd.Role)
		out[i].Posts = append(out[i].Posts, post{ID: string(hd.Post), Role: info.Name})
	}
	return out
}

var unitPage = web.Define(views, "views/unit.html",
	newUnitView(profile{unit: sampleUnit}),
	newUnitView(profile{unit: sampleUnit, readsRegistry: true, manages: true, siteTotal: 30, today: calendar.Date{Year: 2026, Month: 11, Day: 23},
		parent:      org.Unit{ID: "01JDP", Name: "西安市人民政府"},
		sites:       []registry.Site{{ID: "01JDS", Name: "西安市商务局", Host: "swj.example.gov.cn", Kind: registry.DepartmentSite, State: registry.Running}},
		accounts:    []registry.Account{{Name: "西安商务", Platform: "wechat", State: registry.Running}},
		obligations: []obligation.Obligation{{Kind: "launch", Subject: obligation.Subject{Name: "西安市商务局"}, Due: calendar.Due{On: calendar.Date{Year: 2026, Month: 11, Day: 20}}}},
		people:      []org.Person{{ID: "1", Unit: sampleUnit.ID, Name: "周敏", Title: "科长"}, {ID: "2", Unit: "01JDX", UnitName: "办公室", Name: "李强"}},
		holders:     []org.Holder{{Person: org.Person{ID: "1", Name: "周敏"}, Post: "p", Role: authz.Sponsor}},
		history:     []audit.Row{{Act: "org.unit.add", Actor: audit.Actor{Name: "林知远"}}}}),
	newUnitView(profile{unit: hostileUnit, manages: true, people: []org.Person{{ID: `"`, Name: `<script>`, Title: `<b>`}},
		obligations: []obligation.Obligation{{Kind: `<script>`, Subject: obligation.Subject{Name: `"x"`}, Link: `javascript:alert(1)`}},
		history:     []audit.Row{{Act: `<script>`, Actor: audit.Actor{Name: `<i>`}}}}),
)

func (h *Handler) unit(w http.ResponseWriter, r *http.Request) error {
	return h.renderUnit(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

// renderUnit shows the unit's page, with what was wrong with a small form of
// it. scope is of org.read.
func (h *Handler) renderUnit(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	ctx := r.Context()
	u, err := h.org.Unit(ctx, scope, org.UnitID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := profile{unit: u, today: web.FrameOf(r).Today, readsRegistry: may(r, authz.RegistryRead), readsClocks: may(r, authz.ObligationRead), readsRecords: may(r, authz.RecordRead),
		manages: scopeFor(r, authz.OrgManage).Covers(u.AreaPath, u.LinePath), kindName: h.clockName}
	if u.Parent != "" {
		// A parent out of scope is not named.
		p.parent, _ = h.org.Unit(ctx, scope, u.Parent)
	}
	if p.readsRegistry {
		reads := scopeFor(r, authz.RegistryRead)
		if p.sites, p.siteTotal, err = h.registry.Sites(ctx, reads, registry.SiteFilter{Unit: u.ID, Limit: shown}); err != nil {
			return err
		}
		if p.accounts, p.accountTotal, err = h.registry.Accounts(ctx, reads, registry.AccountFilter{Unit: u.ID, Limit: shown}); err != nil {
			return err
		}
	}
	if p.readsClocks {
		if p.obligations, err = h.obligations.Obligations(ctx, scopeFor(r, authz.ObligationRead), obligation.Filter{Unit: u.ID, Limit: shown}); err != nil {
			return err
		}
	}
	if p.people, err = h.org.People(ctx, h.db, scope, u.ID); err != nil {
		return err
	}
	if p.holders, err = h.org.Holders(ctx, h.db, scope, u.ID); err != nil {
		return err
	}
	if err := h.placeOf(r, scope, &p); err != nil {
		return err
	}
	if p.history, err = audit.Entries(ctx, h.db, audit.Filter{TargetKind: "unit", TargetID: string(u.ID), Limit: 30}); err != nil {
		return err
	}
	v := newUnitView(p)
	if !p.readsRegistry {
		v.Sites.Empty = web.Empty{Title: "您的岗位不查看站点台账"}
		v.Accounts.Empty = v.Sites.Empty
	}
	if !p.readsClocks {
		v.Obligations.Empty = web.Empty{Title: "您的岗位不查看时限"}
	}
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return unitPage.RenderStatus(w, r, status, v)
}

// placeOf gathers where the unit stands and who holds its named posts.
func (h *Handler) placeOf(r *http.Request, scope authz.Scope, p *profile) error {
	ctx, u := r.Context(), p.unit
	p.reorganises = scopeFor(r, authz.OrgReorganise).Covers(u.AreaPath, u.LinePath)
	p.managesPosts = scopeFor(r, authz.PostManage).Covers(u.AreaPath, u.LinePath)
	var err error
	if p.names, err = h.org.FormerNames(ctx, h.db, scope, u.ID); err != nil {
		return err
	}
	if p.named, err = h.org.NamedPosts(ctx, h.db, scope, org.PostFilter{Unit: u.ID}); err != nil {
		return err
	}
	if p.acts, _, err = h.org.Acts(ctx, scope, org.ActFilter{Unit: u.ID, Limit: 20}); err != nil {
		return err
	}
	if !u.AbolishedOn.IsZero() {
		next, ok, err := h.org.Successor(ctx, h.db, u.ID)
		if err != nil {
			return err
		}
		if ok {
			// A successor out of scope is named all the same: who follows whom is public.
			if p.successor, err = h.org.UnitTx(ctx, h.db, authz.System("the successor of a unit in scope"), next); err != nil {
				return err
			}
		}
		return nil
	}
	if p.areaSuper, p.lineSuper, err = h.org.SupervisorsOf(ctx, h.db, u, u.Governs()); err != nil {
		return err
	}
	if p.readsRegistry {
		p.sponsors = len(p.sites)+len(p.accounts) > 0
		p.unheld, err = h.roster.Unheld(ctx, h.db, scope, u.ID)
	}
	return err
}

// clockName is the name of a clock and its citation, on two lines.
func (h *Handler) clockName(kind string) string {
	k, ok := h.obligations.KindOf(kind)
	if !ok {
		return kind
	}
	return k.Name + "\n" + k.Citation
}
