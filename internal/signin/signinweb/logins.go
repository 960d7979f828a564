package signinweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/signin"
	"zhengshu/internal/web"
)

const perPage = 20

func join(list []string) string { return strings.Join(list, "、") }

// loginsView is GET /console/logins.
type loginsView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (loginsView) Title() string { return "登录账号" }

// Crumbs of the page.
func (loginsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "登录账号"}}
}

func newLoginsView(list []signin.Login, total int, now time.Time) loginsView {
	v := loginsView{
		Heading: web.Heading{Title: "登录账号", Lead: "一人一号。停用立即生效：此人的全部登录和接口令牌随即失效。", Acts: []web.Act{{Text: "新建账号", Href: loginsPath + "/new", Primary: true}}},
		Filter:  web.Filter{Action: loginsPath, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "账号、姓名或单位"}}},
		Table: web.Table{Caption: "登录账号", Quiet: true, Columns: []web.Column{{Head: "账号"}, {Head: "姓名"}, {Head: "单位", Wide: true}, {Head: "岗位"}, {Head: "状态"}},
			Empty: web.Empty{Title: "没有符合条件的账号", Text: "请换一个条件，或新建账号。"}},
	}
	for _, l := range list {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{
			web.Linked(l.Name, loginsPath+"/"+string(l.ID)), web.Text(l.PersonName), web.Text(l.UnitName), web.Text(join(l.Roles)), web.Tagged(stateTags(l, now)...),
		}})
	}
	return v
}

func stateTags(l signin.Login, now time.Time) []web.Tag {
	var tags []web.Tag
	switch {
	case l.Disabled():
		return []web.Tag{{Text: "已停用"}}
	case l.Locked(now):
		tags = append(tags, web.Tag{Kind: web.Danger, Text: "锁定至 " + l.LockedUntil.In(calendar.Shanghai).Format("15:04")})
	default:
		tags = append(tags, web.Tag{Kind: web.Good, Text: "在用"})
	}
	switch {
	case l.SecondFactorOff != "":
		tags = append(tags, web.Tag{Kind: web.Warn, Text: l.SecondFactorOff})
	case l.HasSecret:
		tags = append(tags, web.Tag{Kind: web.Info, Text: "已启用二次验证"})
	}
	return tags
}

var sampleLogin = signin.Login{ID: "01JD", Name: "zhangsan", PersonName: "张三", UnitID: "U", UnitName: "西安市人民政府办公厅", Roles: []string{"主管人员"}, HasSecret: true}

var loginsPage = web.Define(views, "views/logins.html",
	newLoginsView(nil, 0, time.Time{}),
	newLoginsView([]signin.Login{sampleLogin, {Name: "demo", SecondFactorOff: signin.DemoSecondFactorOff, LockedUntil: time.Now().Add(time.Hour)}}, 2, time.Now()),
	newLoginsView([]signin.Login{{ID: `"><script>`, Name: `<script>`, PersonName: `"x"`, DisabledAt: time.Now()}}, 1, time.Now()),
)

func (h *Handler) logins(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.signin.Logins(r.Context(), scope, signin.Filter{Text: r.URL.Query().Get("q"), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage})
	if err != nil {
		return err
	}
	v := newLoginsView(list, total, h.db.Now())
	v.Filter.Fill(r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return loginsPage.Render(w, r, v)
}

func roleOptions() []web.Option {
	list := []web.Option{{Value: "", Label: "请选择"}}
	for _, info := range authz.Roles {
		name := info.Name
		if info.SecondFactor {
			name += "（须二次验证）"
		}
		list = append(list, web.Option{Value: string(info.Role), Label: name})
	}
	return list
}

func unitField(value string) web.Field {
	return web.Field{Name: "unit", Label: "单位全称", Value: value, Required: true, Max: 100, Hint: "须是您管辖范围内已登记的单位"}
}

// unitNamed finds the unit of a full name in scope.
func (h *Handler) unitNamed(ctx context.Context, scope authz.Scope, name string) (org.Unit, error) {
	name = strings.TrimSpace(name)
	list, _, err := h.org.Units(ctx, scope, org.UnitFilter{Text: name, Limit: 200})
	if err != nil {
		return org.Unit{}, err
	}
	list = slices.DeleteFunc(list, func(u org.Unit) bool { return u.Name != name })
	switch len(list) {
	case 1:
		return list[0], nil
	case 0:
		return org.Unit{}, fault.New(fault.Invalid, "有内容需要改正，请按提示修改后再提交。").On("unit", "您的管辖范围内没有这个单位，请填写登记的全称")
	}
	var places []string
	for _, u := range list {
		places = append(places, u.AreaName)
	}
	return org.Unit{}, fault.New(fault.Invalid, "有内容需要改正，请按提示修改后再提交。").On("unit", "不止一个单位叫这个名称（"+join(places)+"），请先在单位台账中区分名称")
}

// newView is GET /console/logins/new.
type newView struct{ Form web.Form }

// Title of the document.
func (newView) Title() string { return "新建账号" }

// Crumbs of the page.
func (newView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "登录账号", Href: loginsPath}, {Name: "新建账号"}}
}

// newLoginForm asks for a new login; known are the namesakes in the register.
func newLoginForm(known ...org.Person) web.Form {
	person := []web.Field{{Name: "person", Label: "姓名", Required: true, Max: 40, Hint: "人员台账中已有的（如承办人员），填台账中的姓名"}}
	if len(known) > 0 {
		f := web.Field{Kind: web.Select, Name: "existing", Label: "台账中的人员", Required: true, Options: []web.Option{{Label: "请选择"}}}
		for _, p := range known {
			name := p.Name
			if p.Title != "" {
				name += "（" + p.Title + "）"
			}
			f.Options = append(f.Options, web.Option{Value: string(p.ID), Label: name})
		}
		f.Options = append(f.Options, web.Option{Value: another, Label: "另一位同名的人，新登记"})
		person = append(person, f)
	}
	return web.Form{
		Sections: []web.Section{
			{Legend: "人员和岗位", Fields: append(person,
				web.Field{Name: "title", Label: "职务", Max: 60},
				unitField(""),
				web.Field{Kind: web.Select, Name: "role", Label: "岗位", Required: true, Options: roleOptions(), Hint: "系统、安全、审计三类管理员必须由不同的人担任"},
			)},
			{Legend: "账号", Fields: []web.Field{
				{Name: "name", Label: "登录名", Required: true, Max: 32, Hint: "小写字母、数字、点、横线、下划线，2 至 32 位", Complete: "off"},
				initialField(),
			}},
		},
		Buttons: []web.Button{{Label: "新建账号"}}, Cancel: web.Link{Text: "取消", Href: loginsPath},
	}
}

func initialField() web.Field {
	return web.Field{Kind: web.Password, Name: "password", Label: "初始密码", Required: true, Complete: "new-password", Max: signin.MaxPassword,
		Hint: fmt.Sprintf("至少 %d 个字符；本人首次登录时须修改", signin.MinPassword)}
}

var newPage = web.Define(views, "views/new.html", newView{Form: newLoginForm()}, newView{Form: func() web.Form {
	f := newLoginForm()
	f.Wrong(fault.New(fault.Conflict, "登录名已有人使用，请换一个。").On("name", `请换一个"><script>`))
	return f
}()}, newView{Form: newLoginForm(org.Person{ID: `"><script>`, Name: "<b>", Title: "<script>"})})

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v := newView{Form: newLoginForm()}
	if s := authz.SessionFrom(r.Context()); s != nil {
		_, v.Form.Field("unit").Value = s.Unit()
	}
	return newPage.Render(w, r, v)
}

func (h *Handler) create(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var made signin.Login
	unit, err := h.unitNamed(ctx, scope, r.PostFormValue("unit"))
	var known []org.Person
	if err == nil {
		known, err = h.signin.Namesakes(ctx, h.db, scope, unit.ID, r.PostFormValue("person"))
	}
	if err == nil {
		err = h.db.Update(ctx, func(tx *db.Tx) error {
			p, err := h.holder(ctx, tx, scope, unit, known, r)
			if err != nil {
				return err
			}
			role := authz.Role(r.PostFormValue("role"))
			posts, err := h.org.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(posts, func(o authz.Post) bool {
				return o.Role == role && o.UnitID == string(unit.ID) && !o.Delegated
			}) {
				if err := h.signin.Appoint(ctx, tx, scope, p.ID, unit.ID, role); err != nil {
					return err
				}
			}
			made, err = h.signin.CreateLogin(ctx, tx, scope, p.ID, r.PostFormValue("name"), r.PostFormValue("password"), signin.SecondFactor{})
			return err
		})
	}
	if askable(err) {
		v := newView{Form: newLoginForm(known...)}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return newPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, loginsPath+"/"+string(made.ID), "已为"+made.PersonName+"新建账号 "+made.Name+"，请当面或通过安全渠道告知初始密码。")
}

// another says that the person is not one of the register's namesakes.
const another = "another"

// holder is the person the login is for: one of the register, whose posts stand
// already (a contractor's staff), or a new one. Namesakes are never guessed.
func (h *Handler) holder(ctx context.Context, tx *db.Tx, scope authz.Scope, unit org.Unit, known []org.Person, r *http.Request) (org.Person, error) {
	chosen := r.PostFormValue("existing")
	if i := slices.IndexFunc(known, func(p org.Person) bool { return string(p.ID) == chosen }); i >= 0 {
		return known[i], nil
	}
	if len(known) > 0 && chosen != another {
		return org.Person{}, fault.New(fault.Invalid, "人员台账中已有同名、还没有账号的人员，请选明是哪一位。").On("existing", "请选择人员")
	}
	p, err := h.org.AddPerson(ctx, tx, scope, org.Person{Unit: unit.ID, Name: strings.TrimSpace(r.PostFormValue("person")), Title: strings.TrimSpace(r.PostFormValue("title"))})
	if err != nil {
		return p, renamed(err, "name", "person")
	}
	return p, nil
}

// renamed moves a wrong field to the name it has on this form.
func renamed(err error, from, to string) error {
	f := *fault.Of(err)
	f.Fields = slices.Clone(f.Fields)
	for i := range f.Fields {
		if f.Fields[i].Name == from {
			f.Fields[i].Name = to
		}
	}
	return &f
}

// oneAct is a small form of the login's page.
type oneAct struct {
	Action, Label, Says string
	Danger              bool
}

// onePost is a held post with the form that ends it.
type onePost struct {
	ID, Role, Unit string
}

// oneView is GET /console/logins/{id}.
type oneView struct {
	Heading web.Heading
	Facts   web.Summary
	Wrong   web.ErrorSummary
	Acts    []oneAct
	Posts   []onePost
	Base    string // address of the login
	Own     bool   // nobody manages his own login
	Unit    web.Field
	Role    web.Field
	Initial web.Field
	Name    string
}

// Title of the document.
func (v oneView) Title() string { return "账号 " + v.Name }

// Crumbs of the page.
func (v oneView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "登录账号", Href: loginsPath}, {Name: v.Name}}
}

func newOneView(l signin.Login, posts []authz.Post, own bool, now time.Time) oneView {
	v := oneView{
		Name: l.Name, Base: loginsPath + "/" + string(l.ID), Own: own,
		Heading: web.Heading{Above: "登录账号", Title: l.Name, Tags: stateTags(l, now)},
		Facts: web.Summary{Terms: []web.Term{
			{Name: "姓名", Text: l.PersonName}, {Name: "单位", Text: l.UnitName}, {Name: "建立时间", Text: web.Minute(l.CreatedAt)},
		}},
		Unit: unitField(l.UnitName), Role: web.Field{Kind: web.Select, Name: "role", Label: "岗位", Required: true, Options: roleOptions()},
		Initial: initialField(),
	}
	v.Initial.Label = "新的初始密码"
	for _, p := range posts {
		info, _ := authz.Info(p.Role)
		v.Posts = append(v.Posts, onePost{ID: p.ID, Role: info.Name, Unit: p.UnitName})
	}
	switch {
	case l.Disabled():
		v.Acts = append(v.Acts, oneAct{Action: "enable", Label: "恢复使用", Says: "恢复后此人可用原密码登录。"})
	default:
		if l.Locked(now) {
			v.Acts = append(v.Acts, oneAct{Action: "unlock", Label: "解除锁定", Says: "请先向本人核实输错密码的确是他。"})
		}
		if l.HasSecret {
			v.Acts = append(v.Acts, oneAct{Action: "reset-second", Label: "重置二次验证", Says: "仅在本人更换手机或验证器丢失、并当面核实后办理；下次登录时重新设置。"})
		}
		v.Acts = append(v.Acts, oneAct{Action: "disable", Label: "停用账号", Says: "立即生效：全部登录和接口令牌随即失效。", Danger: true})
	}
	return v
}

var onePage = web.Define(views, "views/one.html",
	newOneView(sampleLogin, []authz.Post{{ID: "p", Role: authz.Supervisor, UnitName: "西安市人民政府办公厅"}}, false, time.Time{}),
	newOneView(signin.Login{ID: "x", Name: "me"}, nil, true, time.Time{}),
	func() oneView {
		v := newOneView(signin.Login{ID: `"><script>`, Name: `<script>`, DisabledAt: time.Now()}, []authz.Post{{ID: `"`, UnitName: `<b>`}}, false, time.Time{})
		v.Wrong = web.ErrorSummary{Title: "按规定不能这样办", Says: "系统、安全、审计三类管理员必须由不同的人担任，此人已担任其中一类。"}
		return v
	}(),
)

func (h *Handler) showOne(w http.ResponseWriter, r *http.Request) error {
	return h.renderOne(w, r, http.StatusOK, nil)
}

func (h *Handler) renderOne(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	l, posts, err := h.signin.Login(r.Context(), authz.ScopeFrom(r.Context()), signin.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	s := authz.SessionFrom(r.Context())
	v := newOneView(l, posts, s != nil && s.PersonID == string(l.PersonID), h.db.Now())
	if wrong != nil {
		f := web.Form{Sections: []web.Section{{Fields: []web.Field{v.Unit, v.Role, v.Initial}}}}
		f.Fill(r.PostForm)
		f.Wrong(wrong)
		fields := f.Sections[0].Fields
		v.Wrong, v.Unit, v.Role, v.Initial = f.Summary, fields[0], fields[1], fields[2]
	}
	return onePage.RenderStatus(w, r, status, v)
}

// act is one of the small forms.
func (h *Handler) act(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), signin.ID(r.PathValue("id"))
	l, _, err := h.signin.Login(ctx, scope, id)
	if err != nil {
		return err
	}
	var said string
	var do func(tx *db.Tx) error
	switch r.PathValue("act") {
	case "unlock":
		said, do = "已解除锁定。", func(tx *db.Tx) error { return h.signin.Unlock(ctx, tx, scope, id) }
	case "disable":
		said, do = "账号已停用，全部登录和接口令牌已失效。", func(tx *db.Tx) error { return h.signin.Disable(ctx, tx, scope, id) }
	case "enable":
		said, do = "账号已恢复使用。", func(tx *db.Tx) error { return h.signin.Enable(ctx, tx, scope, id) }
	case "reset-second":
		said, do = "二次验证已重置，本人下次登录时重新设置。", func(tx *db.Tx) error { return h.signin.ResetSecond(ctx, tx, scope, id) }
	case "reset-password":
		said, do = "密码已重置，本人下次登录时须修改。", func(tx *db.Tx) error {
			return h.signin.ResetPassword(ctx, tx, scope, id, r.PostFormValue("password"))
		}
	case "appoint":
		unit, err := h.unitNamed(ctx, scope, r.PostFormValue("unit"))
		said, do = "已授予岗位，立即生效。", func(tx *db.Tx) error {
			if err != nil {
				return err
			}
			return h.signin.Appoint(ctx, tx, scope, l.PersonID, unit.ID, authz.Role(r.PostFormValue("role")))
		}
	case "dismiss":
		said, do = "已免去岗位，立即生效。", func(tx *db.Tx) error {
			return h.signin.Dismiss(ctx, tx, scope, l.PersonID, org.PostID(r.PostFormValue("post")))
		}
	default:
		return fault.New(fault.NotFound, "没有这种操作，请回到账号页面从按钮进入。")
	}
	err = h.db.Update(ctx, do)
	if askable(err) {
		return h.renderOne(w, r, fault.Of(err).Kind.Status(), err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, loginsPath+"/"+string(id), said)
}
