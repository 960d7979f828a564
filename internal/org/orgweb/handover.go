package orgweb

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/org"
	"zhengshu/internal/roster"
	"zhengshu/internal/web"
)

// handOverView is AB 岗: what a person holds, who acts for them until a day,
// and the hand-over for good.
type handOverView struct {
	Heading  web.Heading
	Alert    web.Alert
	Running  []running
	Deputy   web.Form
	Transfer web.Form
	Moves    []web.Table
	Nothing  bool
	Past     web.Table
	Absences []running
	trail    []web.Crumb
}

// running is a delegation or an absence with the form that ends it.
type running struct{ Text, Note, End, Label string }

// Title of the document.
func (v handOverView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v handOverView) Crumbs() []web.Crumb { return v.trail }

// handing is what the page is made of.
type handing struct {
	person      org.Person
	own         bool
	roles       []authz.Post
	deputies    []org.Person
	holdings    []org.Holding
	delegations []org.Delegation
	absences    []org.Absence
	today       calendar.Date
	appoints    bool // may move login posts
	action      string
}

func newHandOverView(d handing) handOverView {
	v := handOverView{Heading: web.Heading{Above: d.person.Name, Title: "AB 岗：代理和移交", Lead: "出差、请假用“代理”，到期自动收回；换人用“移交”，名下内容一次转清。"},
		trail: []web.Crumb{{Name: "工作台", Href: home}, {Name: "AB 岗"}},
		Past:  web.Table{Caption: "代理记录", Columns: []web.Column{{Head: "委托", Wide: true}, {Head: "岗位", Wide: true}, {Head: "起止"}, {Head: "状态"}}, Compact: true, Empty: web.Empty{Title: "没有代理记录"}}}
	if !d.own {
		v.trail = []web.Crumb{{Name: "工作台", Href: home}, {Name: "人员台账", Href: peoplePath}, {Name: d.person.Name, Href: personHref(d.person.ID)}, {Name: "代理和移交"}}
	}
	for _, x := range d.delegations {
		if x.EndedAt.IsZero() && !d.today.After(x.Until) {
			text := x.FromName + " 的岗位由 " + x.ToName + " 代理"
			v.Running = append(v.Running, running{Text: text, Note: x.On.String() + " 至 " + x.Until.String() + "，" + x.Reason, End: delegatePath + "/" + x.ID + "/end", Label: "提前结束代理"})
		}
	}
	for _, a := range d.absences {
		if a.EndedAt.IsZero() && !d.today.After(a.Until) {
			v.Absences = append(v.Absences, running{Text: org.AbsenceKindName(a.Kind), Note: a.On.String() + " 至 " + a.Until.String(), End: absencePath + "/" + a.ID + "/end", Label: "销假"})
		}
	}
	v.Past.Rows = delegationRows(d.delegations, d.today)
	var roles []web.Option
	var all []string
	for _, p := range d.roles {
		if p.Delegated {
			continue
		}
		info, _ := authz.Info(p.Role)
		roles = append(roles, web.Option{Value: p.ID, Label: info.Name + "（" + p.UnitName + "）"})
		all = append(all, p.ID)
	}
	first := ""
	if len(d.deputies) > 0 {
		first = string(d.deputies[0].ID) // B 岗 stands first
	}
	kinds := []web.Option{{Label: "不登记请假"}}
	for _, k := range org.AbsenceKinds {
		kinds = append(kinds, web.Option{Value: k.ID, Label: k.Name})
	}
	people := personOptions(d.deputies, "请选择")
	v.Deputy = web.Form{Action: d.action, Buttons: []web.Button{{Label: "启用代理", Name: "act", Value: "delegate"}}, Sections: []web.Section{{Legend: "请人代理（到期自动收回）", Fields: []web.Field{
		{Kind: web.Select, Name: "to", Label: "代理人", Required: true, Options: people, Value: first, Hint: "B 岗排在最前"},
		{Kind: web.DateField, Name: "from", Label: "从", Required: true, Narrow: true, Value: dayText(d.today)},
		{Kind: web.DateField, Name: "until", Label: "到（含当日）", Required: true, Narrow: true, Value: dayText(d.today.AddDays(6)), Hint: "最长一年"},
		{Kind: web.Select, Name: "absence", Label: "同时登记请假", Options: kinds, Value: "trip"},
		{Name: "reason", Label: "原因", Required: true, Max: 200, Value: "出差"},
		{Kind: web.Checks, Name: "posts", Label: "委托的岗位", Options: roles, Values: all}}}}}
	if !d.own && !d.appoints {
		v.Alert = web.Alert{Kind: web.Info, Title: "登录岗位的代理由主管人员或本人办理", Text: "这里可以办理法定岗位、栏目和来信的移交。"}
		v.Deputy = web.Form{}
	} else if len(roles) == 0 {
		v.Alert = web.Alert{Kind: web.Info, Title: "没有可以委托的登录岗位", Text: "代他人行使的岗位、三类管理员和审计岗位不能委托。仍可办理移交。"}
		v.Deputy = web.Form{}
	}
	v.Moves = holdingTables(d.holdings, true)
	v.Nothing = len(v.Moves) == 0
	fields := []web.Field{{Kind: web.Select, Name: "heir", Label: "接手的人", Required: true, Options: people, Value: first},
		{Name: "why", Label: "移交原因", Required: true, Max: 200, Value: "岗位调整"}}
	if d.appoints && !d.own {
		fields = append(fields, web.Field{Kind: web.Check, Name: "roles", Label: "登录岗位一并移交（三类管理员和审计岗位除外）", Checked: true})
	}
	if !d.own {
		fields = append(fields, web.Field{Kind: web.Check, Name: "leaders", Label: "主要负责同志、分管领导一并移交", Hint: "班子成员变动时才选"})
	}
	v.Transfer = web.Form{Action: d.action, Buttons: []web.Button{{Label: "确认移交", Name: "act", Value: "transfer"}}, Sections: []web.Section{{Legend: "移交（长期）", Hint: "对方已是 B 岗的，A、B 互换；名下以上各项全部移交。", Fields: fields}}}
	return v
}

var handOverPage = web.Define(views, "views/handover.html",
	newHandOverView(handing{person: org.Person{Name: "周启明"}, own: true}),
	newHandOverView(handing{person: samplePerson.Person, appoints: true, today: sampleToday, action: "/console/people/1/handover", roles: sampleDossier().roles, deputies: []org.Person{{ID: "2", Name: "钱若兰", Title: "审核", UnitName: "西安市商务局"}},
		holdings: sampleDossier().holdings, delegations: sampleDossier().delegations, absences: sampleDossier().absences}),
	newHandOverView(handing{person: hostilePerson.Person, today: sampleToday, action: "javascript:alert(1)", roles: []authz.Post{{ID: `"><script>`, UnitName: `<b>`}}, deputies: []org.Person{hostilePerson.Person}, holdings: hostileDossier().holdings, delegations: []org.Delegation{{ID: `"`, FromName: `<script>`, Until: sampleToday}}}))

// handing gathers the page for a person; the person's own comes through the
// session.
func (h *Handler) handing(r *http.Request, own bool) (handing, error) {
	ctx := r.Context()
	session, scope := authz.SessionFrom(ctx), authz.ScopeFrom(ctx)
	d := handing{own: own, today: web.FrameOf(r).Today, action: ownHandOver}
	id := org.PersonID(session.PersonID)
	if !own {
		id, session = org.PersonID(r.PathValue("id")), nil
		d.action = personHref(id) + "/handover"
	} else {
		// One's own record, wherever it stands.
		scope = authz.System("the signed-in person's own posts")
	}
	var err error
	if d.person, err = h.org.PersonByID(ctx, h.db, scope, id); err != nil {
		return d, err
	}
	if d.roles, err = h.org.Delegable(ctx, h.db, scope, id); err != nil {
		return d, err
	}
	if d.deputies, err = h.org.Deputies(ctx, h.db, session, scope, id); err != nil {
		return d, err
	}
	if d.holdings, err = h.roster.Holdings(ctx, h.db, session, scope, id); err != nil {
		return d, err
	}
	if d.delegations, err = h.org.Delegations(ctx, h.db, session, scope, org.DelegationFilter{Person: id, Limit: 20}); err != nil {
		return d, err
	}
	if d.absences, err = h.org.Absences(ctx, h.db, session, scope, id); err != nil {
		return d, err
	}
	_, err = h.org.PersonByID(ctx, h.db, scopeFor(r, authz.OrgManage), id)
	d.appoints = err == nil
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return d, err
}

func (h *Handler) showHandOver(own bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := h.handing(r, own)
		if err != nil {
			return err
		}
		v := newHandOverView(d)
		return handOverPage.Render(w, r, v)
	}
}

func (h *Handler) handOver(own bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := h.handing(r, own)
		if err != nil {
			return err
		}
		ctx := r.Context()
		var said string
		transfer := web.Typed(r, "act") == "transfer"
		if transfer {
			said, err = h.transfer(ctx, r, d)
		} else {
			said, err = h.delegate(ctx, r, d)
		}
		if web.Mendable(err) {
			v := newHandOverView(d)
			form := &v.Deputy
			if transfer {
				form = &v.Transfer
			}
			form.Fill(r.PostForm)
			form.Wrong(err)
			return handOverPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
		}
		if err != nil {
			return err
		}
		return web.Done(w, r, d.action, said)
	}
}

func (h *Handler) delegate(ctx context.Context, r *http.Request, d handing) (string, error) {
	from, err := web.DayOf(r, "from", "开始日期")
	if err != nil {
		return "", err
	}
	until, err := web.DayOf(r, "until", "结束日期")
	if err != nil {
		return "", err
	}
	x := org.Delegation{From: d.person.ID, To: org.PersonID(web.Typed(r, "to")), On: from, Until: until, Reason: web.Typed(r, "reason")}
	for _, p := range r.PostForm["posts"] {
		x.Posts = append(x.Posts, org.PostID(p))
	}
	if len(x.Posts) == 0 {
		return "", fault.New(fault.Invalid, "没有选择委托的岗位。").On("posts", "请至少选择一个岗位")
	}
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		if d.own {
			x, err = h.org.DelegateOwn(ctx, tx, authz.SessionFrom(ctx), x)
		} else {
			// Whoever gives login powers away for another must be able to give them.
			x, err = h.org.Delegate(ctx, tx, scopeFor(r, authz.OrgManage), x)
		}
		if err != nil || web.Typed(r, "absence") == "" {
			return err
		}
		_, err = h.org.RecordAbsence(ctx, tx, authz.SessionFrom(ctx), authz.ScopeFrom(ctx), org.Absence{Person: d.person.ID, Kind: web.Typed(r, "absence"), On: x.On, Until: x.Until, Note: x.Reason, Delegation: x.ID})
		return err
	})
	if err != nil {
		return "", err
	}
	return x.FromName + "的岗位由" + x.ToName + "代理，" + x.On.String() + " 至 " + x.Until.String() + "，到期自动收回。", nil
}

func (h *Handler) transfer(ctx context.Context, r *http.Request, d handing) (string, error) {
	p := roster.Passing{From: d.person.ID, To: org.PersonID(web.Typed(r, "heir")), Why: web.Typed(r, "why"), Roles: r.PostForm.Has("roles"), Leaders: r.PostForm.Has("leaders") && !d.own}
	var done org.HandOver
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		done, err = h.roster.HandOver(ctx, tx, authz.SessionFrom(ctx), authz.ScopeFrom(ctx), scopeFor(r, authz.OrgManage), p)
		return err
	})
	if err != nil {
		var f *fault.Error
		if errors.As(err, &f) {
			for i := range f.Fields {
				if f.Fields[i].Name == "to" {
					f.Fields[i].Name = "heir" // the page has two boxes for a person
				}
			}
		}
		return "", err
	}
	return "已由" + done.FromName + "移交给" + done.ToName + "，共 " + strconv.Itoa(done.Rows) + " 项。", nil
}

// endDelegation is for the giver, the deputy, and who manages people.
func (h *Handler) endDelegation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var d org.Delegation
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		d, err = h.org.EndDelegation(ctx, tx, authz.SessionFrom(ctx), scopeFor(r, authz.PostManage), r.PathValue("id"), web.Typed(r, "why"))
		return err
	})
	if err != nil {
		return err
	}
	return web.Done(w, r, h.backTo(r, d.From), d.FromName+"的岗位已收回，"+d.ToName+"不再代理。")
}

// backTo is the AB 岗 page the act came from.
func (h *Handler) backTo(r *http.Request, from org.PersonID) string {
	session := authz.SessionFrom(r.Context())
	if session.PersonID != string(from) && slices.ContainsFunc(session.Posts, func(p authz.Post) bool { return !p.Delegated }) && session.May(authz.PostManage) {
		return personHref(from) + "/handover"
	}
	return ownHandOver
}

func (h *Handler) endAbsence(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var a org.Absence
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		a, err = h.org.EndAbsence(ctx, tx, authz.SessionFrom(ctx), scopeFor(r, authz.PostManage), r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	said := "已为" + a.PersonName + "销假。"
	if a.Delegation != "" {
		said = "已为" + a.PersonName + "销假，代理同时收回。"
	}
	return web.Done(w, r, h.backTo(r, a.Person), said)
}
