package orgweb

import (
	"context"
	"net/http"
	"slices"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// formView is a page with one form.
type formView struct {
	Heading web.Heading
	Form    web.Form
	Trail   []web.Crumb
}

// Title of the document.
func (v formView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v formView) Crumbs() []web.Crumb {
	trail := append([]web.Crumb{{Name: "工作台", Href: home}, {Name: "单位台账", Href: unitsPath}}, v.Trail...)
	return append(trail, web.Crumb{Name: v.Heading.Title})
}

func newUnitForm(area org.Area, siblings []org.Unit) formView {
	lines := []web.Option{{Value: "", Label: "不属于条线"}}
	for _, l := range org.Lines {
		lines = append(lines, web.Option{Value: l.ID, Label: l.Name})
	}
	parents := []web.Option{{Value: "", Label: "无"}}
	for _, u := range siblings {
		parents = append(parents, web.Option{Value: string(u.ID), Label: u.Name})
	}
	return formView{
		Heading: web.Heading{Title: "登记单位", Lead: "登记到" + area.Name + "。人民政府和办公厅（室）随区划一并登记，这里登记部门和其他机构。"},
		Form: web.Form{Key: "unit-new", Buttons: []web.Button{{Label: "登记单位"}}, Cancel: web.Link{Text: "取消", Href: areaHref(area.ID)},
			Sections: []web.Section{{Fields: []web.Field{
				{Kind: web.Hidden, Name: "area", Value: string(area.ID)},
				{Name: "name", Label: "单位全称", Required: true, Max: 100, Hint: "与机构编制文件一致，例如" + area.Name + "商务局"},
				{Name: "short_name", Label: "简称", Max: 40},
				{Kind: web.Select, Name: "kind", Label: "单位类别", Required: true, Options: kindOptions(org.Registrable(), "请选择")},
				{Kind: web.Select, Name: "line", Label: "业务条线", Options: lines, Hint: "上级主管部门按条线查看下级部门"},
				{Kind: web.Select, Name: "parent", Label: "所属单位", Options: parents, Hint: "派出机构、内设机构必须选择"},
			}}}},
	}
}

// grantable are the roles that org.manage may give. The three separated
// administrators and the auditor are appointed by the security administrator
// with the login.
func grantable() []authz.RoleInfo {
	return slices.DeleteFunc(slices.Clone(authz.Roles), func(i authz.RoleInfo) bool {
		return i.Role == authz.Auditor || slices.Contains(authz.Separated, i.Role)
	})
}

func roleOptions(first string) []web.Option {
	list := []web.Option{{Value: "", Label: first}}
	for _, i := range grantable() {
		list = append(list, web.Option{Value: string(i.Role), Label: i.Name})
	}
	return list
}

const roleHint = "三类管理员和审计人员由安全管理员在登录账号中授予"

func newPersonForm(u org.Unit) formView {
	return formView{
		Heading: web.Heading{Title: "登记人员", Lead: "登记到" + u.Name + "。登录账号由安全管理员另行建立。"}, Trail: []web.Crumb{{Name: u.Name, Href: unitHref(u.ID)}},
		Form: web.Form{Buttons: []web.Button{{Label: "登记人员"}}, Cancel: web.Link{Text: "取消", Href: unitHref(u.ID)},
			Sections: []web.Section{{Fields: []web.Field{
				{Name: "name", Label: "姓名", Required: true, Max: 40},
				{Name: "title", Label: "职务", Max: 60},
				{Kind: web.Select, Name: "role", Label: "岗位", Options: roleOptions("暂不任岗"), Hint: roleHint},
			}}}},
	}
}

func newPostForm(u org.Unit, people []org.Person) formView {
	list := []web.Option{{Value: "", Label: "请选择"}}
	for _, p := range people {
		label := p.Name
		if p.Title != "" {
			label += "（" + p.Title + "）"
		}
		if p.Unit != u.ID {
			label += " " + p.UnitName
		}
		list = append(list, web.Option{Value: string(p.ID), Label: label})
	}
	return formView{
		Heading: web.Heading{Title: "任命岗位", Lead: "在" + u.Name + "任岗。一人可任多个岗位，任命立即生效。"}, Trail: []web.Crumb{{Name: u.Name, Href: unitHref(u.ID)}},
		Form: web.Form{Buttons: []web.Button{{Label: "任命"}}, Cancel: web.Link{Text: "取消", Href: unitHref(u.ID)},
			Sections: []web.Section{{Fields: []web.Field{
				{Kind: web.Select, Name: "person", Label: "人员", Required: true, Options: list},
				{Kind: web.Select, Name: "role", Label: "岗位", Required: true, Options: roleOptions("请选择"), Hint: roleHint},
			}}}},
	}
}

var formPage = web.Define(views, "views/form.html",
	newUnitForm(sampleArea, nil), newUnitForm(sampleArea, []org.Unit{sampleUnit}), newPersonForm(sampleUnit), newPersonForm(hostileUnit),
	newPostForm(hostileUnit, []org.Person{{ID: `"><script>`, Name: `<script>`, Title: `"`, UnitName: `<b>`}}),
	func() formView {
		v := newPersonForm(sampleUnit)
		v.Form.Wrong(fault.New(fault.Invalid, "姓名没有填写。").On("name", `请填写姓名"><script>`))
		return v
	}(),
)

// again shows the form as it was typed with what is wrong with it.
func again(w http.ResponseWriter, r *http.Request, v formView, err error) error {
	v.Form.Fill(r.PostForm)
	v.Form.Wrong(err)
	return formPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
}

// unitForm is the form for an area that the scope covers.
func (h *Handler) unitForm(ctx context.Context, scope authz.Scope, id org.AreaID) (formView, error) {
	area, _, err := h.org.AreaInScope(ctx, scope, id)
	if err != nil {
		return formView{}, err
	}
	siblings, _, err := h.org.Units(ctx, scope, org.UnitFilter{Area: area.ID, Limit: 500})
	if err != nil {
		return formView{}, err
	}
	v := newUnitForm(area, siblings)
	v.Trail = []web.Crumb{{Name: area.Name, Href: areaHref(area.ID)}}
	return v, nil
}

func (h *Handler) showNewUnit(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	id := org.AreaID(r.URL.Query().Get("area"))
	if id == "" {
		top, err := h.org.Home(ctx, scope)
		if err != nil {
			return err
		}
		id = top.ID
	}
	v, err := h.unitForm(ctx, scope, id)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) registerUnit(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	v, err := h.unitForm(ctx, scope, org.AreaID(web.Typed(r, "area")))
	if err != nil {
		return err
	}
	var made org.Unit
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		made, err = h.org.RegisterUnit(ctx, tx, scope, org.Unit{Area: org.AreaID(web.Typed(r, "area")), Parent: org.UnitID(web.Typed(r, "parent")), Kind: org.Kind(web.Typed(r, "kind")),
			Name: web.Typed(r, "name"), ShortName: web.Typed(r, "short_name"), Line: web.Typed(r, "line"), Source: "人工登记"})
		return err
	})
	if web.Mendable(err) {
		return again(w, r, v, err)
	}
	if err != nil {
		return err
	}
	said := "已登记" + made.Name + "。请接着登记人员和岗位。"
	if _, note := org.Tidy(web.Typed(r, "name")); note != "" {
		said += "名称" + note + "。"
	}
	return web.Done(w, r, unitHref(made.ID), said)
}

// checkRole refuses roles that are not org.manage's to give, and one's own
// elevation.
func checkRole(ctx context.Context, person org.PersonID, role authz.Role) error {
	if role == "" {
		return fault.New(fault.Invalid, "岗位没有选择。").On("role", "请选择岗位")
	}
	if !slices.ContainsFunc(grantable(), func(i authz.RoleInfo) bool { return i.Role == role }) {
		return fault.New(fault.Refused, "这个岗位不能在这里任免，"+roleHint+"。").On("role", roleHint)
	}
	if a, ok := audit.ActorFrom(ctx); ok && a.Kind == "person" && a.ID == string(person) {
		return fault.New(fault.Refused, "不能任免自己的岗位，请由另一名主管人员办理。").On("person", "请由他人办理")
	}
	return nil
}

func (h *Handler) managed(r *http.Request) (org.Unit, error) {
	return h.org.Unit(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.PathValue("id")))
}

func (h *Handler) showNewPerson(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newPersonForm(u))
}

func (h *Handler) registerPerson(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	name, role := web.Typed(r, "name"), authz.Role(web.Typed(r, "role"))
	var f fault.Fields
	f.Check(name != "", "name", "请填写姓名")
	f.Check(len([]rune(name)) <= 40, "name", "姓名最多 40 个字")
	f.Check(len([]rune(web.Typed(r, "title"))) <= 60, "title", "职务最多 60 个字")
	if err = f.Err(); err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			p, err := h.org.AddPerson(ctx, tx, scope, org.Person{Unit: u.ID, Name: name, Title: web.Typed(r, "title")})
			if err != nil || role == "" {
				return err
			}
			if err := checkRole(ctx, p.ID, role); err != nil {
				return err
			}
			return h.org.Appoint(ctx, tx, scope, p.ID, u.ID, role)
		})
	}
	if web.Mendable(err) {
		return again(w, r, newPersonForm(u), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, unitHref(u.ID), "已登记"+name+"。需要登录时，请安全管理员建立账号。")
}

func (h *Handler) showNewPost(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	people, err := h.org.People(r.Context(), h.db, authz.ScopeFrom(r.Context()), u.ID)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newPostForm(u, people))
}

func (h *Handler) appoint(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	people, err := h.org.People(ctx, h.db, scope, u.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(people, func(p org.Person) bool { return string(p.ID) == web.Typed(r, "person") })
	role := authz.Role(web.Typed(r, "role"))
	if i < 0 {
		err = fault.New(fault.Invalid, "人员没有选择，或不是本单位的人员。").On("person", "请从列表中选择")
	} else if err = checkRole(ctx, people[i].ID, role); err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error { return h.org.Appoint(ctx, tx, scope, people[i].ID, u.ID, role) })
	}
	if web.Mendable(err) {
		return again(w, r, newPostForm(u, people), err)
	}
	if err != nil {
		return err
	}
	info, _ := authz.Info(role)
	return web.Done(w, r, unitHref(u.ID), "已任命"+people[i].Name+"为"+info.Name+"，立即生效。")
}

func (h *Handler) dismiss(w http.ResponseWriter, r *http.Request) error {
	u, err := h.managed(r)
	if err != nil {
		return err
	}
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	holders, err := h.org.Holders(ctx, h.db, scope, u.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(holders, func(x org.Holder) bool { return string(x.Post) == r.PathValue("post") })
	if i < 0 {
		return fault.Missing("岗位")
	}
	if err = checkRole(ctx, holders[i].Person.ID, holders[i].Role); err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error { return h.org.Dismiss(ctx, tx, scope, holders[i].Post) })
	}
	if web.Mendable(err) {
		return h.renderUnit(w, r, scopeFor(r, authz.OrgRead), fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	info, _ := authz.Info(holders[i].Role)
	return web.Done(w, r, unitHref(u.ID), "已免去"+holders[i].Person.Name+"的"+info.Name+"岗位，立即生效。")
}
