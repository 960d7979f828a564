package orgweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/roster"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// peopleView is GET /console/people.
type peopleView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (peopleView) Title() string { return "人员台账" }

// Crumbs of the page.
func (peopleView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "人员台账"}}
}

func personHref(id org.PersonID) string { return peoplePath + "/" + string(id) }

func newPeopleView(rows []org.PersonRow, total int, areas []org.Area) peopleView {
	posts := []web.Option{{Label: "全部岗位"}}
	for _, k := range org.PostKinds {
		posts = append(posts, web.Option{Value: string(k), Label: k.Name()})
	}
	roles := []web.Option{{Label: "全部登录岗位"}}
	for _, i := range authz.Roles {
		roles = append(roles, web.Option{Value: string(i.Role), Label: i.Name})
	}
	v := peopleView{Heading: web.Heading{Title: "人员台账", Lead: "主要负责同志、分管领导、总负责人、总编辑、专岗和 A、B 岗，现任何岗、谁在代理。"},
		Filter: web.Filter{Action: peoplePath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "姓名或拼音首字母"},
			{Kind: web.Select, Name: "post", Label: "法定岗位", Options: posts},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "在岗"}, {Value: "idle", Label: "在岗、没有任何岗位"}, {Value: "left", Label: "已离岗"}}},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areaOptions(areas, "全部区划")}},
			More:   []web.Field{{Kind: web.Select, Name: "role", Label: "登录岗位", Options: roles}},
			Hidden: []web.Field{{Kind: web.Hidden, Name: "unit"}}},
		Table: web.Table{Caption: "人员", Quiet: true, Columns: []web.Column{{Head: "姓名"}, {Head: "单位", Wide: true}, {Head: "法定岗位", Wide: true}, {Head: "登录岗位"}, {Head: "代理"}},
			Empty: web.Empty{Title: "没有符合条件的人员", Text: "请换一个条件；新人员从单位页登记。"}}}
	for _, p := range rows {
		name := web.Linked(p.Name, personHref(p.ID))
		name.Note = p.Title
		unit := web.Linked(p.UnitName, unitHref(p.Unit))
		deputy := p.Deputy
		if deputy != "" {
			deputy = deputy + " 代理中"
		}
		if !p.LeftAt.IsZero() {
			deputy = "已离岗：" + p.LeftReason
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, unit, web.Text(strings.Join(p.Posts, "、")), web.Text(strings.Join(p.Roles, "、")), web.Text(deputy)}})
	}
	return v
}

var (
	samplePerson  = org.PersonRow{Person: org.Person{ID: "01JDN", Unit: "01JDU", Name: "周启明", Title: "科长", UnitName: "西安市商务局"}, AreaName: "西安市", Posts: []string{"A 岗（西安市商务局）"}, Roles: []string{"主办单位经办"}, Deputy: "吴某"}
	hostilePerson = org.PersonRow{Person: org.Person{ID: `"><script>`, Unit: `'`, Name: `<script>`, Title: `<b>`, UnitName: `<i>`}, Posts: []string{`<u>`}, Roles: []string{`"`}, Deputy: `</td>`}
)

var peoplePage = web.Define(views, "views/people.html", newPeopleView(nil, 0, nil), newPeopleView([]org.PersonRow{samplePerson}, 1, []org.Area{sampleArea}), newPeopleView([]org.PersonRow{hostilePerson}, 1, []org.Area{{ID: `"`, Name: `<b>`}}))

func personFilter(q url.Values) org.PersonFilter {
	return org.PersonFilter{Text: q.Get("q"), Unit: org.UnitID(q.Get("unit")), Under: org.AreaID(q.Get("area")), Post: org.PostKind(q.Get("post")), Role: authz.Role(q.Get("role")),
		Left: q.Get("state") == "left", Idle: q.Get("state") == "idle"}
}

// filterAreas are the areas a filter offers: those below where the scope's tree
// begins.
func (h *Handler) filterAreas(r *http.Request, scope authz.Scope) ([]org.Area, error) {
	top, err := h.org.Home(r.Context(), scope)
	if err != nil {
		return nil, err
	}
	return h.org.Areas(r.Context(), scope, top.ID)
}

func (h *Handler) people(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	f := personFilter(q)
	if f.Under != "" {
		if _, _, err := h.org.AreaInScope(ctx, scope, f.Under); err != nil {
			return err
		}
	}
	if format := q.Get("format"); format != "" {
		return h.exportPeople(w, r, scope, f)
	}
	f.Limit, f.Offset = perPage, (web.PageOf(r)-1)*perPage
	rows, total, err := h.org.PeopleLedger(ctx, scope, f)
	if err != nil {
		return err
	}
	areas, err := h.filterAreas(r, scope)
	if err != nil {
		return err
	}
	v := newPeopleView(rows, total, areas)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	q.Set("format", "xlsx")
	v.Heading.Acts = []web.Act{{Text: "导出本表（XLSX）", Href: peoplePath + "?" + q.Encode()}}
	return peoplePage.Render(w, r, v)
}

func (h *Handler) exportPeople(w http.ResponseWriter, r *http.Request, scope authz.Scope, f org.PersonFilter) error {
	f.Limit = exportMaximum
	rows, total, err := h.org.PeopleLedger(r.Context(), scope, f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, exportMaximum, "人"); err != nil {
		return err
	}
	sheet := official.Sheet{Title: "人员台账", Columns: []official.Column{{Title: "姓名", Width: 12}, {Title: "职务", Width: 16}, {Title: "电话", Width: 16}, {Title: "单位", Width: 30}, {Title: "区划", Width: 14},
		{Title: "法定岗位", Width: 40}, {Title: "登录岗位", Width: 30}, {Title: "代理人", Width: 12}, {Title: "离岗原因", Width: 20}},
		Rows: func(yield func([]any) bool) {
			for _, p := range rows {
				if !yield([]any{p.Name, p.Title, p.Phone, p.UnitName, p.AreaName, strings.Join(p.Posts, "、"), strings.Join(p.Roles, "、"), p.Deputy, p.LeftReason}) {
					return
				}
			}
		}}
	return web.SendSheet(w, r, sheet, sheet.Title)
}

// personView is GET /console/people/{id}.
type personView struct {
	Heading     web.Heading
	Facts       web.Summary
	Posts       []namedPost
	Past        web.Table
	Roles       web.Table
	Holdings    []web.Table
	Delegations web.Table
	Absences    web.Table
	HandOvers   web.Timeline
	History     web.Timeline
	Ends        bool // the visitor may end named posts
	name        string
}

// namedPost is a holding with the form that ends it.
type namedPost struct{ ID, Name, Object, ObjectHref, Note, Base string }

// Title of the document.
func (v personView) Title() string { return v.name }

// Crumbs of the page.
func (v personView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "人员台账", Href: peoplePath}, {Name: v.name}}
}

// dossier is what a person's page is made of.
type dossier struct {
	person      org.Person
	posts       []org.NamedPost
	roles       []authz.Post
	holdings    []org.Holding
	delegations []org.Delegation
	absences    []org.Absence
	handOvers   []org.HandOver
	history     []audit.Row
	manages     bool
	today       calendar.Date
}

func newPersonView(d dossier) personView {
	p := d.person
	v := personView{name: p.Name, Heading: web.Heading{Above: p.UnitName, Title: p.Name},
		Facts:       web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "单位", Text: p.UnitName, Href: unitHref(p.Unit)}, {Name: "职务", Text: p.Title}, {Name: "电话", Text: p.Phone}}},
		Past:        web.Table{Caption: "曾任岗位", Columns: []web.Column{{Head: "岗位", Wide: true}, {Head: "起"}, {Head: "止"}, {Head: "原因"}}, Compact: true},
		Roles:       web.Table{Caption: "登录岗位", Columns: []web.Column{{Head: "岗位"}, {Head: "单位", Wide: true}, {Head: "来源"}}, Compact: true, Empty: web.Empty{Title: "没有登录岗位"}},
		Delegations: web.Table{Caption: "代理", Columns: []web.Column{{Head: "委托", Wide: true}, {Head: "岗位", Wide: true}, {Head: "起止"}, {Head: "状态"}}, Compact: true, Empty: web.Empty{Title: "没有代理记录"}},
		Absences:    web.Table{Caption: "请假", Columns: []web.Column{{Head: "类别", Wide: true}, {Head: "起止"}, {Head: "状态"}}, Compact: true, Empty: web.Empty{Title: "没有请假记录"}},
		HandOvers:   web.Timeline{Title: "交接记录"}, History: web.Timeline{Title: "变更记录"}}
	if !p.LeftAt.IsZero() {
		v.Heading.Tags = []web.Tag{{Text: "已离岗"}}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "离岗", Text: p.LeftReason, Note: web.Minute(p.LeftAt)})
	}
	for _, n := range d.posts {
		name := n.Kind.Name()
		if !n.Ended.IsZero() {
			if n.ObjectName != "" {
				name += "：" + n.ObjectName
			}
			v.Past.Rows = append(v.Past.Rows, web.Row{Cells: []web.Cell{{Text: name, Note: n.UnitName}, web.Day(n.Since), web.Day(n.Ended), web.Text(n.EndedWhy)}})
			continue
		}
		note := n.UnitName + "，自 " + n.Since.String()
		if n.Document != "" {
			note += "，" + n.Document
		}
		if n.Phone != "" {
			note += "，电话 " + n.Phone
		}
		v.Posts = append(v.Posts, namedPost{ID: n.ID, Name: name, Object: n.ObjectName, ObjectHref: n.ObjectLink(), Note: note, Base: unitHref(n.Unit) + "/named-posts/"})
	}
	for _, o := range d.roles {
		info, _ := authz.Info(o.Role)
		from := "本人任岗"
		if o.Delegated {
			from = "代 " + o.Via
		}
		v.Roles.Rows = append(v.Roles.Rows, web.Row{Cells: []web.Cell{web.Text(info.Name), web.Linked(o.UnitName, unitHref(org.UnitID(o.UnitID))), web.Text(from)}})
	}
	v.Holdings = holdingTables(d.holdings, false)
	v.Delegations.Rows = delegationRows(d.delegations, d.today)
	v.Absences.Rows = absenceRows(d.absences, d.today)
	for _, x := range d.handOvers {
		v.HandOvers.Events = append(v.HandOvers.Events, web.Event{At: x.At, Title: x.FromName + " 移交 " + x.ToName, Who: x.By, Text: x.Reason + "，共 " + strconv.Itoa(x.Rows) + " 项"})
	}
	for _, e := range d.history {
		v.History.Events = append(v.History.Events, web.Event{At: e.At, Title: audit.ActName(e.Act), Who: e.Actor.Name, Text: e.Basis})
	}
	if d.manages && p.LeftAt.IsZero() {
		v.Ends = true
		v.Heading.Acts = []web.Act{{Text: "代理、移交", Href: personHref(p.ID) + "/handover", Primary: true}, {Text: "登记法定岗位", Href: unitHref(p.Unit) + "/named-posts/new?person=" + string(p.ID)},
			{Text: "修改", Href: personHref(p.ID) + "/edit"}, {Text: "办理离岗", Href: personHref(p.ID) + "/leave"}}
	}
	return v
}

// holdingTables list what a person holds; named posts are shown apart on the
// person's page.
func holdingTables(list []org.Holding, posts bool) []web.Table {
	var out []web.Table
	for _, h := range list {
		if len(h.Rows) == 0 || h.Kind == "named_post" && !posts {
			continue
		}
		t := web.Table{Caption: h.Name + "：" + strconv.Itoa(len(h.Rows)) + " 项", Columns: []web.Column{{Head: h.Name, Wide: true}, {Head: "说明"}}, Compact: true}
		for _, row := range h.Rows {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(row.Name, row.Link), web.Text(row.Note)}})
		}
		out = append(out, t)
	}
	return out
}

func delegationRows(list []org.Delegation, today calendar.Date) []web.Row {
	var out []web.Row
	for _, d := range list {
		state := web.Tag{Text: "已结束"}
		switch {
		case d.Running(today):
			state = web.Tag{Kind: web.Good, Text: "代理中"}
		case d.EndedAt.IsZero() && today.Before(d.On):
			state = web.Tag{Kind: web.Info, Text: "尚未开始"}
		}
		who := web.Cell{Text: d.FromName + " 委托 " + d.ToName, Note: d.Reason}
		if d.EndedBy != "" {
			who.Note += "；由" + d.EndedBy + "提前结束 " + d.EndedWhy
		}
		out = append(out, web.Row{Cells: []web.Cell{who, web.Text(strings.Join(d.Roles, "、")), {Text: d.On.String() + " 至 " + d.Until.String()}, web.Tagged(state)}})
	}
	return out
}

func absenceRows(list []org.Absence, today calendar.Date) []web.Row {
	var out []web.Row
	for _, a := range list {
		state := web.Tag{Text: "已销假"}
		switch {
		case !a.EndedAt.IsZero() || today.After(a.Until):
		case today.Before(a.On):
			state = web.Tag{Kind: web.Info, Text: "尚未开始"}
		default:
			state = web.Tag{Kind: web.Warn, Text: "请假中"}
		}
		out = append(out, web.Row{Cells: []web.Cell{{Text: org.AbsenceKindName(a.Kind), Note: a.Note}, {Text: a.On.String() + " 至 " + a.Until.String()}, web.Tagged(state)}})
	}
	return out
}

var sampleToday = calendar.Date{Year: 2026, Month: 11, Day: 23}

func sampleDossier() dossier {
	return dossier{person: samplePerson.Person, manages: true, today: sampleToday,
		posts:       []org.NamedPost{{ID: "01JN", Unit: "01JDU", UnitName: "西安市商务局", Kind: org.PostA, ObjectKind: "site", ObjectID: "01JS", ObjectName: "西安市商务局", Since: sampleToday}, {ID: "01JO", UnitName: "西安市商务局", Kind: org.Liaison, Phone: "029", Since: sampleToday, Ended: sampleToday, EndedWhy: "轮岗"}},
		roles:       []authz.Post{{Role: authz.Sponsor, UnitID: "01JDU", UnitName: "西安市商务局"}, {Role: authz.FinalReviewer, UnitName: "西安市商务局", Delegated: true, Via: "钱若兰"}},
		holdings:    []org.Holding{{Kind: "column", Name: "栏目", Rows: []org.HeldRow{{Key: "column:1", Name: "通知公告", Note: "A 岗", Link: "/console/sites/1"}}}},
		delegations: []org.Delegation{{ID: "01JG", FromName: "周启明", ToName: "钱若兰", Roles: []string{"主办单位经办"}, On: sampleToday, Until: sampleToday.AddDays(5), Reason: "出差"}},
		absences:    []org.Absence{{ID: "01JA", Kind: "trip", On: sampleToday, Until: sampleToday.AddDays(5)}},
		handOvers:   []org.HandOver{{FromName: "周启明", ToName: "钱若兰", Reason: "轮岗", Rows: 3, By: "白若溪"}}, history: []audit.Row{{Act: "org.person.add", Actor: audit.Actor{Name: "白若溪"}}}}
}

func hostileDossier() dossier {
	return dossier{person: hostilePerson.Person, manages: true, posts: []org.NamedPost{{ID: `"><script>`, Unit: `'`, UnitName: `<b>`, Kind: `<i>`, ObjectKind: `x`, ObjectID: `"`, ObjectName: `<script>`, Phone: `<u>`}},
		roles: []authz.Post{{Role: authz.Sponsor, UnitName: `<script>`, Via: `<b>`, Delegated: true}}, holdings: []org.Holding{{Kind: "x", Name: `<b>`, Rows: []org.HeldRow{{Name: `<script>`, Link: "javascript:alert(1)"}}}},
		delegations: []org.Delegation{{FromName: `<script>`, Roles: []string{`<b>`}, EndedBy: `<i>`}}, absences: []org.Absence{{Kind: `<b>`, Note: `<script>`}}, handOvers: []org.HandOver{{FromName: `<b>`}}}
}

var personPage = web.Define(views, "views/person.html", newPersonView(dossier{person: samplePerson.Person}), newPersonView(sampleDossier()), newPersonView(hostileDossier()))

func (h *Handler) person(w http.ResponseWriter, r *http.Request) error {
	return h.renderPerson(w, r, authz.ScopeFrom(r.Context()))
}

func (h *Handler) renderPerson(w http.ResponseWriter, r *http.Request, scope authz.Scope) error {
	ctx, id := r.Context(), org.PersonID(r.PathValue("id"))
	p, err := h.org.PersonByID(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	d := dossier{person: p, today: web.FrameOf(r).Today}
	if d.manages, err = h.managesPerson(r, p); err != nil {
		return err
	}
	if d.posts, err = h.org.NamedPosts(ctx, h.db, scope, org.PostFilter{Person: id, Ended: true}); err != nil {
		return err
	}
	if d.roles, err = h.org.PostsOf(ctx, h.db, id); err != nil {
		return err
	}
	if d.holdings, err = h.roster.Holdings(ctx, h.db, nil, scope, id); err != nil {
		return err
	}
	if d.delegations, err = h.org.Delegations(ctx, h.db, nil, scope, org.DelegationFilter{Person: id, Limit: 20}); err != nil {
		return err
	}
	if d.absences, err = h.org.Absences(ctx, h.db, nil, scope, id); err != nil {
		return err
	}
	if d.handOvers, err = h.org.HandOvers(ctx, h.db, nil, scope, id); err != nil {
		return err
	}
	if d.history, err = audit.Entries(ctx, h.db, audit.Filter{TargetKind: "person", TargetID: string(id), Limit: 30}); err != nil {
		return err
	}
	v := newPersonView(d)
	for i := range v.Posts {
		if !web.MayOpen(r, v.Posts[i].ObjectHref) {
			v.Posts[i].ObjectHref = ""
		}
	}
	return personPage.Render(w, r, v)
}

// managesPerson reports whether the visitor may manage the person's posts.
func (h *Handler) managesPerson(r *http.Request, p org.Person) (bool, error) {
	_, err := h.org.PersonByID(r.Context(), h.db, scopeFor(r, authz.PostManage), p.ID)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (h *Handler) managedPerson(r *http.Request) (org.Person, error) {
	return h.org.PersonByID(r.Context(), h.db, authz.ScopeFrom(r.Context()), org.PersonID(r.PathValue("id")))
}

func newPersonEdit(p org.Person) formView {
	return formView{Heading: web.Heading{Above: p.UnitName, Title: "修改人员信息"}, Trail: []web.Crumb{{Name: p.Name, Href: personHref(p.ID)}},
		Form: web.Form{Buttons: []web.Button{{Label: "保存修改"}}, Cancel: web.Link{Text: "取消", Href: personHref(p.ID)}, Sections: []web.Section{{Fields: []web.Field{
			{Name: "name", Label: "姓名", Required: true, Max: 40, Value: p.Name}, {Name: "title", Label: "职务", Max: 60, Value: p.Title}, {Kind: web.Phone, Name: "phone", Label: "办公电话", Max: 40, Value: p.Phone}}}}}}
}

func (h *Handler) showPersonEdit(w http.ResponseWriter, r *http.Request) error {
	p, err := h.managedPerson(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newPersonEdit(p))
}

func (h *Handler) editPerson(w http.ResponseWriter, r *http.Request) error {
	p, err := h.managedPerson(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := h.org.AmendPerson(ctx, tx, authz.ScopeFrom(ctx), p.ID, org.Amended{Name: web.Typed(r, "name"), Title: web.Typed(r, "title"), Phone: web.Typed(r, "phone")})
		return err
	})
	if web.Mendable(err) {
		return again(w, r, newPersonEdit(p), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, personHref(p.ID), "已保存"+web.Typed(r, "name")+"的信息。")
}

// newLeaveForm is the form of 离岗, with what falls vacant without a successor.
func newLeaveForm(p org.Person, near []org.Person, holdings []org.Holding) formView {
	v := formView{Heading: web.Heading{Above: p.UnitName, Title: "办理离岗：" + p.Name, Lead: "离岗后登录岗位即时终止；名下内容移交给接手的人，没有接手的岗位列为空缺并计时补齐。"}, Trail: []web.Crumb{{Name: p.Name, Href: personHref(p.ID)}},
		Form: web.Form{Buttons: []web.Button{{Label: "办理离岗", Kind: web.Danger}}, Cancel: web.Link{Text: "取消", Href: personHref(p.ID)}, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "to", Label: "接手的人", Options: personOptions(near, "没有接手的人"), Hint: "名下有栏目、来信的必须选择"},
			{Name: "why", Label: "离岗原因", Required: true, Max: 200, Hint: "例如：调任市政府办公厅、退休"}}}}}}
	for _, t := range holdingTables(holdings, true) {
		v.Form.Sections[0].Notes = append(v.Form.Sections[0].Notes, t)
	}
	return v
}

func personOptions(list []org.Person, first string) []web.Option {
	out := []web.Option{{Label: first}}
	for _, p := range list {
		label := p.Name
		if p.Title != "" {
			label += "（" + p.Title + "）"
		}
		out = append(out, web.Option{Value: string(p.ID), Label: label + " " + p.UnitName})
	}
	return out
}

func (h *Handler) leaveForm(r *http.Request) (formView, org.Person, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	p, err := h.managedPerson(r)
	if err != nil {
		return formView{}, p, err
	}
	near, err := h.org.Deputies(ctx, h.db, nil, scope, p.ID)
	if err != nil {
		return formView{}, p, err
	}
	holdings, err := h.roster.Holdings(ctx, h.db, nil, scope, p.ID)
	return newLeaveForm(p, near, holdings), p, err
}

func (h *Handler) showLeave(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.leaveForm(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) leave(w http.ResponseWriter, r *http.Request) error {
	v, p, err := h.leaveForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var left roster.Left
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		left, err = h.roster.Leave(ctx, tx, authz.SessionFrom(ctx), authz.ScopeFrom(ctx), scopeFor(r, authz.OrgManage), p.ID, org.PersonID(web.Typed(r, "to")), web.Typed(r, "why"))
		return err
	})
	if web.Mendable(err) {
		return again(w, r, v, err)
	}
	if err != nil {
		return err
	}
	said := p.Name + "已离岗。"
	if left.HandOver.Rows > 0 {
		said += "移交 " + left.HandOver.ToName + " " + strconv.Itoa(left.HandOver.Rows) + " 项。"
	}
	if len(left.Vacant) > 0 {
		said += "空缺：" + strings.Join(left.Vacant, "、") + "，请尽快补齐。"
	}
	return web.Done(w, r, personHref(p.ID), said)
}

// newNamedPostForm names the holder of a post of the law.
func newNamedPostForm(u org.Unit, people []org.Person, objects []registry.Object) formView {
	kinds := []web.Option{{Label: "请选择"}}
	for _, k := range org.PostKinds {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name()})
	}
	things := []web.Option{{Label: "单位的岗位，不选"}}
	for _, o := range objects {
		if !o.Ended() {
			things = append(things, web.Option{Value: string(o.Kind) + ":" + o.ID, Label: o.Name + "（" + o.KindName() + "）"})
		}
	}
	return formView{Heading: web.Heading{Above: u.Name, Title: "登记法定岗位", Lead: "主要负责同志、分管领导、总负责人、总编辑各一人，新任即接替现任；每个网站、账号至少有 A 岗。这里的岗位不带登录权限。"}, Trail: []web.Crumb{{Name: u.Name, Href: unitHref(u.ID)}},
		Form: web.Form{Buttons: []web.Button{{Label: "登记岗位"}}, Cancel: web.Link{Text: "取消", Href: unitHref(u.ID)}, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Select, Name: "kind", Label: "岗位", Required: true, Options: kinds},
			{Kind: web.Select, Name: "person", Label: "人员", Required: true, Options: personOptions(people, "请选择")},
			{Kind: web.Select, Name: "object", Label: "网站或账号", Options: things, Hint: "A 岗、B 岗要选择"},
			{Kind: web.Phone, Name: "phone", Label: "岗位电话", Max: 40, Hint: "专岗必填"},
			{Kind: web.DateField, Name: "since", Label: "任岗日期", Narrow: true, Hint: "不填为今天"},
			{Name: "document", Label: "任命文号", Max: 100}}}}}}
}

func (h *Handler) namedPostForm(r *http.Request) (formView, org.Unit, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	u, err := h.managed(r)
	if err != nil {
		return formView{}, u, err
	}
	people, err := h.org.People(ctx, h.db, scope, u.ID)
	if err != nil {
		return formView{}, u, err
	}
	objects, err := h.registry.ObjectsOf(ctx, h.db, scope, u.ID)
	if err != nil {
		return formView{}, u, err
	}
	if len(objects) > 500 {
		objects = objects[:500]
	}
	return newNamedPostForm(u, people, objects), u, nil
}

func (h *Handler) showNamedPost(w http.ResponseWriter, r *http.Request) error {
	v, _, err := h.namedPostForm(r)
	if err != nil {
		return err
	}
	v.Form.Fill(r.URL.Query())
	return formPage.Render(w, r, v)
}

func (h *Handler) assignPost(w http.ResponseWriter, r *http.Request) error {
	v, u, err := h.namedPostForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	n := org.NamedPost{Unit: u.ID, Person: org.PersonID(web.Typed(r, "person")), Kind: org.PostKind(web.Typed(r, "kind")), Phone: web.Typed(r, "phone"), Document: web.Typed(r, "document")}
	n.ObjectKind, n.ObjectID, _ = strings.Cut(web.Typed(r, "object"), ":")
	if n.Since, err = web.DayOf(r, "since", "任岗日期"); err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			n, err = h.roster.Assign(ctx, tx, authz.ScopeFrom(ctx), n)
			return err
		})
	}
	if web.Mendable(err) {
		return again(w, r, v, err)
	}
	if err != nil {
		return err
	}
	what := n.Kind.Name()
	if n.ObjectName != "" {
		what = n.ObjectName + "的" + what
	}
	return web.Done(w, r, unitHref(u.ID), "已登记"+n.PersonName+"为"+what+"，自 "+n.Since.String()+" 起。")
}

func (h *Handler) endPost(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	var n org.NamedPost
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		if n, err = h.org.NamedPostByID(ctx, tx, authz.ScopeFrom(ctx), r.PathValue("named")); err != nil {
			return err
		}
		if n.Unit != u.ID {
			return fault.Missing("岗位")
		}
		n, err = h.roster.End(ctx, tx, authz.ScopeFrom(ctx), n.ID, web.Typed(r, "why"))
		return err
	})
	if err != nil {
		return err
	}
	return web.Done(w, r, personHref(n.Person), "已免去"+n.PersonName+"的"+n.Kind.Name()+"；空缺的岗位请尽快补齐。")
}

// vacancyView is GET /console/vacancies.
type vacancyView struct {
	Heading web.Heading
	Filter  web.Filter
	Wrong   web.ErrorSummary
	Table   web.Table
	Urge    bool
	Pager   web.Pager
}

// Title of the document.
func (vacancyView) Title() string { return "岗位空缺" }

// Crumbs of the page.
func (vacancyView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "岗位空缺"}}
}

func newVacancyView(rows []roster.Gap, total int, areas []org.Area, urge bool) vacancyView {
	v := vacancyView{Urge: urge, Heading: web.Heading{Title: "岗位空缺", Lead: "主管、主办单位要明确一名分管领导，每个网站、账号至少有一名专岗责任人（第十八条）。"},
		Filter: web.Filter{Action: vacancyPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "单位名称或首字母"},
			{Kind: web.Select, Name: "kind", Label: "空缺", Options: []web.Option{{Label: "任一空缺"}, {Value: "leader", Label: "没有分管领导"}, {Value: "holder", Label: "网站、账号没有专岗"}, {Value: "all", Label: "全部单位"}}},
			{Kind: web.Select, Name: "area", Label: "区划", Options: areaOptions(areas, "全部区划")}}},
		Table: web.Table{Caption: "岗位空缺", Quiet: true, Columns: []web.Column{{Head: "单位", Wide: true}, {Head: "分管领导"}, {Head: "总负责人"}, {Head: "网站、账号", Number: true}, {Head: "没有专岗", Number: true}, {Head: "缺 B 岗", Number: true}, {Head: "督促"}},
			RowHead: 0, Empty: web.Empty{Title: "没有岗位空缺", Text: "管辖范围内的主管、主办单位岗位齐备。"}}}
	if urge {
		v.Table.PickName = "unit"
	}
	for _, g := range rows {
		unit := web.Linked(g.Unit.Name, unitHref(g.Unit.ID))
		unit.Note = g.Unit.AreaName
		leader := web.Text(g.Leader)
		if len(sx2021.CheckLeader(sx2021.Roster{Supervises: g.Unit.Kind == org.Office, Sponsors: g.Objects > 0, LeaderInCharge: g.Leader})) > 0 {
			leader = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "空缺"}}, Links: []web.Link{{Text: "登记", Note: g.Unit.Name + "的分管领导", Href: unitHref(g.Unit.ID) + "/named-posts/new?kind=leader_in_charge"}}}
		}
		unheld := web.Figure(g.Unheld)
		if g.Unheld > 0 {
			unheld.Href = unitHref(g.Unit.ID) + "#named-posts"
		}
		urged := web.Cell{}
		if g.Urged {
			urged = web.Tagged(web.Tag{Kind: web.Info, Text: "已计时"})
		}
		row := web.Row{Cells: []web.Cell{unit, leader, web.Text(g.Overall), web.Figure(g.Objects), unheld, web.Figure(g.Single), urged}, Name: g.Unit.Name}
		if len(g.Breaches) > 0 {
			row.Kind, row.Pick = web.Warn, string(g.Unit.ID)
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

var vacancyPage = web.Define(views, "views/vacancies.html", newVacancyView(nil, 0, nil, false),
	newVacancyView([]roster.Gap{{Unit: sampleUnit, Objects: 3, Unheld: 2, Urged: true, Breaches: sx2021.CheckLeader(sx2021.Roster{Sponsors: true})}, {Unit: sampleUnit, Leader: "某", Objects: 1}}, 2, []org.Area{sampleArea}, true),
	newVacancyView([]roster.Gap{{Unit: hostileUnit, Leader: `<script>`, Overall: `<b>`}}, 1, nil, true))

func (h *Handler) renderVacancies(w http.ResponseWriter, r *http.Request, scope authz.Scope, status int, wrong error) error {
	ctx, q := r.Context(), r.URL.Query()
	f := roster.GapFilter{Text: q.Get("q"), Under: org.AreaID(q.Get("area")), Kind: q.Get("kind"), All: q.Get("kind") == "all", Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if f.Under != "" {
		if _, _, err := h.org.AreaInScope(ctx, scope, f.Under); err != nil {
			return err
		}
	}
	rows, total, err := h.roster.Gaps(ctx, scope, f)
	if err != nil {
		return err
	}
	areas, err := h.filterAreas(r, scope)
	if err != nil {
		return err
	}
	v := newVacancyView(rows, total, areas, may(r, authz.OrgManage))
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, perPage)
	if wrong != nil {
		var f web.Form
		f.Wrong(wrong)
		v.Wrong = f.Summary
	}
	return vacancyPage.RenderStatus(w, r, status, v)
}

func (h *Handler) vacancies(w http.ResponseWriter, r *http.Request) error {
	return h.renderVacancies(w, r, authz.ScopeFrom(r.Context()), http.StatusOK, nil)
}

func (h *Handler) urge(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var units []org.UnitID
	for _, u := range r.PostForm["unit"] {
		if !slices.Contains(units, org.UnitID(u)) {
			units = append(units, org.UnitID(u))
		}
	}
	n, err := h.roster.Urge(ctx, authz.ScopeFrom(ctx), units)
	if web.Mendable(err) {
		return h.renderVacancies(w, r, scopeFor(r, authz.OrgRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, vacancyPath, "已督促 "+strconv.Itoa(len(units))+" 个单位补齐岗位，"+strconv.Itoa(n)+" 项空缺开始计时。")
}

// coverageView is GET /console/coverage.
type coverageView struct {
	Heading web.Heading
	Stats   web.Stats
	Filter  web.Filter
	Cities  []web.Table
}

// Title of the document.
func (coverageView) Title() string { return "开设覆盖" }

// Crumbs of the page.
func (coverageView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}, {Name: "开设覆盖"}}
}

func missing(c registry.Covered) string {
	switch {
	case c.Pending:
		return "待认定"
	case len(c.Breaches) == 0:
		return ""
	case c.Portals == 0 && c.Accounts == 0:
		return "缺门户网站、缺政务新媒体"
	case c.Portals == 0:
		return "缺门户网站"
	}
	return "缺政务新媒体"
}

func newCoverageView(list []registry.Covered, only string, apply bool) coverageView {
	v := coverageView{Heading: web.Heading{Title: "开设覆盖", Lead: "县级以上各级人民政府要开设政府网站和政务新媒体（第七条（一））。数字为台账中正在运行的；乡镇、街道不开设网站，不在本表；国家级开发区没有批准文件的列为待认定。"},
		Filter: web.Filter{Action: coveragePath, Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "only", Label: "显示", Options: []web.Option{{Label: "全部"}, {Value: "missing", Label: "只看没有覆盖的"}, {Value: "pending", Label: "只看待认定"}}}}}}
	total, covered, noPortal, noAccount, pending := 0, 0, 0, 0, 0
	at := map[org.AreaID]int{}
	for _, c := range list {
		switch {
		case c.Pending:
			pending++
		default:
			total++
			if len(c.Breaches) == 0 {
				covered++
			}
			if c.Portals == 0 {
				noPortal++
			}
			if c.Accounts == 0 {
				noAccount++
			}
		}
		if only == "missing" && len(c.Breaches) == 0 || only == "pending" && !c.Pending {
			continue
		}
		i, ok := at[c.CityID]
		if !ok {
			i = len(v.Cities)
			at[c.CityID] = i
			v.Cities = append(v.Cities, web.Table{Caption: c.City, Compact: true, Columns: []web.Column{{Head: "政府", Wide: true}, {Head: "级别"}, {Head: "门户网站", Number: true}, {Head: "政务新媒体", Number: true}, {Head: "缺什么"}, {Head: ""}}})
		}
		row := web.Row{}
		state := web.Tagged(web.Tag{Kind: web.Good, Text: "已覆盖"})
		links := web.Cell{}
		switch m := missing(c); {
		case c.Pending:
			state = web.Tagged(web.Tag{Kind: web.Info, Text: m})
			links = web.Acts(web.Link{Text: "登记批准文件", Note: c.Unit.Name, Href: unitHref(c.Unit.ID) + "/edit"})
		case m != "":
			row.Kind = web.Warn
			state = web.Tagged(web.Tag{Kind: web.Warn, Text: m})
			if apply {
				links = web.Acts(web.Link{Text: "申请开设", Note: c.Unit.Name, Href: "/console/openings/new?unit=" + url.QueryEscape(string(c.Unit.ID))})
			}
		}
		portals, accounts := web.Figure(c.Portals), web.Figure(c.Accounts)
		portals.Href, accounts.Href = "/console/sites?area="+url.QueryEscape(string(c.Unit.Area)), "/console/accounts?area="+url.QueryEscape(string(c.Unit.Area))
		row.Cells = []web.Cell{web.Linked(c.Unit.Name, unitHref(c.Unit.ID)), web.Text(c.Unit.Level.Name()), portals, accounts, state, links}
		v.Cities[i].Rows = append(v.Cities[i].Rows, row)
	}
	v.Stats = web.Stats{Label: "开设覆盖", Items: []web.Stat{{Name: "应开设的政府", Value: strconv.Itoa(total), Unit: "个"}, {Name: "已覆盖", Value: strconv.Itoa(covered), Unit: "个", Kind: web.Good},
		{Name: "缺门户网站", Value: strconv.Itoa(noPortal), Unit: "个"}, {Name: "缺政务新媒体", Value: strconv.Itoa(noAccount), Unit: "个"}, {Name: "待认定开发区", Value: strconv.Itoa(pending), Unit: "个"}}}
	return v
}

var coveragePage = web.Define(views, "views/coverage.html", newCoverageView(nil, "", false),
	newCoverageView([]registry.Covered{{Unit: sampleUnit, City: "西安市", CityID: "c", Portals: 1, Accounts: 2}, {Unit: sampleUnit, City: "西安市", CityID: "c", Breaches: sx2021.CheckCoverage(sx2021.Unit{Kind: sx2021.Government, Level: sx2021.County}, 0, 0)}, {Unit: sampleUnit, City: "咸阳市", CityID: "d", Pending: true}}, "", true),
	newCoverageView([]registry.Covered{{Unit: hostileUnit, City: `<script>`, CityID: `"`}}, "", true))

func (h *Handler) coverage(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	list, err := h.registry.Coverage(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	if format := q.Get("format"); format != "" {
		sheet := official.Sheet{Title: "开设覆盖", Columns: []official.Column{{Title: "市（区）", Width: 14}, {Title: "政府", Width: 30}, {Title: "级别", Width: 8}, {Title: "区划代码", Width: 16}, {Title: "运行中的门户网站", Width: 18}, {Title: "运行中的政务新媒体", Width: 20}, {Title: "缺什么", Width: 26}},
			Rows: func(yield func([]any) bool) {
				for _, c := range list {
					if !yield([]any{c.City, c.Unit.Name, c.Unit.Level.Name(), c.Unit.AreaCode, c.Portals, c.Accounts, missing(c)}) {
						return
					}
				}
			}}
		return web.SendSheet(w, r, sheet, sheet.Title)
	}
	v := newCoverageView(list, q.Get("only"), may(r, authz.OpeningApply))
	v.Filter.Fill(q)
	v.Heading.Acts = []web.Act{{Text: "导出本表（XLSX）", Href: coveragePath + "?format=xlsx"}}
	return coveragePage.Render(w, r, v)
}
