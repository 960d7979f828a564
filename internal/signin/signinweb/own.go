package signinweb

import (
	"fmt"
	"net/http"
	"strings"

	"zhengshu/internal/fault"
	"zhengshu/internal/signin"
	"zhengshu/internal/web"
)

// passwordView is GET /console/password.
type passwordView struct {
	Must bool // somebody else chose the present one
	Form web.Form
}

// Title of the document.
func (passwordView) Title() string { return "修改密码" }

func passwordForm(next string) web.Form {
	return web.Form{
		Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Hidden, Name: "next", Value: next},
			{Kind: web.Password, Name: "old", Label: "现在的密码", Required: true, Complete: "current-password"},
			{Kind: web.Password, Name: "password", Label: "新密码", Required: true, Complete: "new-password", Max: signin.MaxPassword,
				Hint: fmt.Sprintf("至少 %d 个字符，含字母、数字、符号中的至少两类；不要用姓名、生日或常见密码", signin.MinPassword)},
			{Kind: web.Password, Name: "password_again", Label: "再输一遍新密码", Required: true, Complete: "new-password", Max: signin.MaxPassword},
		}}},
		Buttons: []web.Button{{Label: "修改密码"}},
	}
}

var passwordPage = web.Define(views, "views/password.html",
	passwordView{Form: passwordForm(home)},
	passwordView{Must: true, Form: passwordForm("/console/sites")},
	passwordView{Form: func() web.Form {
		f := passwordForm(`"><script>`)
		f.Wrong(fault.New(fault.Invalid, "原密码不正确，密码没有修改。").On("old", "请输入现在使用的密码"))
		return f
	}()},
)

// own is the session of a person who may change the password: in, or held up
// by nothing else.
func own(r *http.Request) *visit {
	v := visitOf(r)
	if v == nil || v.Stage != signin.In && v.Stage != signin.Password {
		return nil
	}
	return v
}

func (h *Handler) showPassword(w http.ResponseWriter, r *http.Request) error {
	v := own(r)
	if v == nil {
		return web.Done(w, r, with(loginPath, next(r)), "")
	}
	return passwordPage.Render(w, r, passwordView{Must: v.Stage == signin.Password, Form: passwordForm(next(r))})
}

func (h *Handler) password(w http.ResponseWriter, r *http.Request) error {
	v := own(r)
	if v == nil {
		return web.Done(w, r, with(loginPath, next(r)), "登录已过期，请重新登录。")
	}
	fresh := r.PostFormValue("password")
	var err error
	if fresh != r.PostFormValue("password_again") {
		err = fault.New(fault.Invalid, "两次输入的新密码不一致，请重新输入。").On("password_again", "与上面的新密码不一致")
	} else {
		err = h.signin.ChangePassword(r.Context(), v.Login.ID, r.PostFormValue("old"), fresh, v.token, h.c.Address(r))
	}
	if askable(err) {
		page := passwordView{Must: v.Stage == signin.Password, Form: passwordForm(next(r))}
		page.Form.Wrong(err)
		return passwordPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), page)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, next(r), "密码已修改，其他设备上的登录已全部退出。")
}

// sessionsView is GET /console/sessions.
type sessionsView struct {
	Heading web.Heading
	Off     web.Alert // shown when no second factor is asked
	Table   web.Table
	Others  bool
}

// Title of the document.
func (sessionsView) Title() string { return "我的登录" }

// Crumbs of the page.
func (sessionsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: home}, {Name: "我的登录"}}
}

func newSessionsView(l signin.Login, list []signin.Live) sessionsView {
	v := sessionsView{
		Heading: web.Heading{Title: "我的登录", Lead: "账号 " + l.Name + " 目前在以下设备上登录。不是您本人的，请立即退出并修改密码。",
			Acts: []web.Act{{Text: "修改密码", Href: passwordPath}}},
		Table: web.Table{Caption: "登录中的设备", PickName: "session",
			Columns: []web.Column{{Head: "设备", Wide: true}, {Head: "网络地址"}, {Head: "登录时间"}, {Head: "最近使用"}},
			Empty:   web.Empty{Title: "没有登录中的设备"}},
	}
	if l.SecondFactorOff != "" {
		v.Off = web.Alert{Kind: web.Warn, Title: l.SecondFactorOff, Text: "正式账号的审批和管理岗位必须启用二次验证。"}
	}
	for _, s := range list {
		cell := web.Cell{Text: device(s.Agent)}
		if s.Present {
			cell.Tags = []web.Tag{{Kind: web.Good, Text: "本机"}}
		} else {
			v.Others = true
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Pick: s.ID, Name: device(s.Agent) + "，" + web.Minute(s.Started),
			Cells: []web.Cell{cell, web.Text(s.Address), web.When(s.Started), web.When(s.Seen)}})
	}
	return v
}

var sessionsPage = web.Define(views, "views/sessions.html",
	newSessionsView(signin.Login{Name: "sheng"}, nil),
	newSessionsView(signin.Login{Name: "sheng", SecondFactorOff: signin.DemoSecondFactorOff}, []signin.Live{
		{ID: "a", Agent: "Mozilla/5.0 (X11; Linux loongarch64) Chrome/96.0", Address: "10.1.2.3", Present: true}, {ID: "b", Agent: "Mozilla/5.0 (Windows NT 10.0) Edg/120.0", Address: "10.1.2.4"}}),
	newSessionsView(signin.Login{Name: "x"}, []signin.Live{{ID: `"><script>`, Agent: `<script>alert(1)</script>`, Address: "::1"}}),
)

// device names browser and system of a user agent in words people know.
func device(agent string) string {
	find := func(list [][2]string, none string) string {
		for _, p := range list {
			if strings.Contains(agent, p[0]) {
				return p[1]
			}
		}
		return none
	}
	browser := find([][2]string{{"MicroMessenger", "微信"}, {"QQBrowser", "QQ 浏览器"}, {"Edg/", "Edge"}, {"Qihoo", "360 浏览器"}, {"QihooBrowser", "360 浏览器"},
		{"UOS", "统信浏览器"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome 内核浏览器"}, {"Safari/", "Safari"}}, "其他程序")
	system := find([][2]string{{"HarmonyOS", "鸿蒙"}, {"OpenHarmony", "鸿蒙"}, {"Android", "安卓"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"},
		{"Mac OS X", "macOS"}, {"loongarch", "Linux（龙芯）"}, {"aarch64", "Linux（ARM）"}, {"Linux", "Linux"}}, "未知系统")
	return browser + "，" + system
}

func (h *Handler) showSessions(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v == nil {
		return fault.New(fault.SignIn, "请先登录再继续。")
	}
	list, err := h.signin.Sessions(r.Context(), v.Login.ID, v.token)
	if err != nil {
		return err
	}
	return sessionsPage.Render(w, r, newSessionsView(v.Login, list))
}

func (h *Handler) endSessions(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if v == nil {
		return fault.New(fault.SignIn, "请先登录再继续。")
	}
	var ended int64
	picked := r.PostForm["session"]
	if r.PostFormValue("all") != "" {
		picked = []string{""}
	}
	if len(picked) == 0 {
		return web.Done(w, r, sessionsPath, "没有勾选要退出的设备，什么也没有改变。")
	}
	if len(picked) > 200 {
		return fault.New(fault.Invalid, "一次勾选的设备过多，请改用“退出其他全部设备”。")
	}
	for _, id := range picked {
		n, err := h.signin.EndOthers(r.Context(), v.Login.ID, v.token, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		ended += n
	}
	return web.Done(w, r, sessionsPath, fmt.Sprintf("已退出 %d 处登录。", ended))
}
