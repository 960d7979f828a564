package workbenchweb

import (
	"fmt"
	"net/http"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/web"
)

// preferenceView is GET /console/me/notifications.
type preferenceView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Alert   web.Alert
	Secret  string // of a new webhook, shown once
	Form    web.Form
	Prove   web.Form
	Table   web.Table
}

// Title of the document.
func (preferenceView) Title() string { return "接收设置" }

// Crumbs of the page.
func (preferenceView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "消息", Href: "/console/messages"}, {Name: "接收设置"}}
}

func messageTabs(current int) web.Tabs {
	t := web.Tabs{Label: "消息", Items: []web.Tab{{Name: "待阅", Href: "/console/messages"}, {Name: "全部", Href: "/console/messages?all=1"}, {Name: "接收设置", Href: "/console/me/notifications"}}}
	t.Items[current].Current = true
	return t
}

// hours are when the house is quiet and when it sends the digest.
type hours struct{ from, to, digest int }

func (t hours) quiet() string {
	if t.from == t.to {
		return "目前没有设免打扰时段"
	}
	next := ""
	if t.from > t.to {
		next = "次日 "
	}
	return fmt.Sprintf("免打扰时段为 %d:00 至 %s%d:00，由省里设定；其余的在时段结束后发送", t.from, next, t.to)
}

func newPreferenceView(p notify.Preference, mail, hook bool, at hours, sent []notify.Delivery) preferenceView {
	v := preferenceView{Tabs: messageTabs(2), Heading: web.Heading{Title: "接收设置", Lead: "平台内的消息一定会有；邮件和网络回调由您本人选择。"},
		Table: web.Table{Caption: "最近发出的", Compact: true, Columns: []web.Column{{Head: "消息", Wide: true}, {Head: "方式"}, {Head: "状态"}, {Head: "时间"}}, Empty: web.Empty{Title: "还没有对外发出过消息"}}}
	if !mail && !hook {
		v.Alert = web.Alert{Kind: web.Info, Title: "本平台尚未开通邮件和网络回调", Text: "可以先填好；开通邮件后再保存一次，就会收到验证码。"}
	}
	v.Form = web.Form{Action: "/console/me/notifications", Sections: []web.Section{
		{Legend: "邮件", Fields: []web.Field{
			{Kind: web.Email, Name: "email", Label: "邮箱", Value: p.Email, Max: 200, Hint: "换邮箱后要填写发到新邮箱的验证码", Complete: "email"},
			{Kind: web.Radios, Name: "mail", Label: "接收方式", Value: p.Mail, Options: []web.Option{{Value: "off", Label: "不收邮件"}, {Value: "each", Label: "逐条发送"}, {Value: "digest", Label: "每日一封", Hint: fmt.Sprintf("每天 %d:00 发出；紧急的仍逐条发送", at.digest)}}}}},
		{Legend: "网络回调", Fields: []web.Field{
			{Kind: web.Address, Name: "hook_url", Label: "回调网址", Value: p.HookURL, Max: 500, Hint: "以 https:// 开头，用于单位的即时通讯机器人；每次请求带签名"},
			{Kind: web.Radios, Name: "hook", Label: "接收方式", Value: p.Hook, Options: []web.Option{{Value: "off", Label: "不用"}, {Value: "each", Label: "逐条发送"}}}}},
		{Legend: "时间", Fields: []web.Field{
			{Kind: web.Check, Name: "quiet", Label: "免打扰时段只发紧急的", Checked: p.Quiet, Hint: at.quiet()},
			{Kind: web.Check, Name: "urgent_only", Label: "只发紧急的", Checked: p.UrgentOnly}}}},
		Buttons: []web.Button{{Label: "保存接收设置"}}}
	if p.Email != "" && !p.Proven && mail {
		v.Prove = web.Form{Action: "/console/me/notifications/address", Sections: []web.Section{{Legend: "验证邮箱", Hint: "验证之前不会向这个邮箱发消息。", Fields: []web.Field{
			{Name: "code", Label: "验证码", Required: true, Narrow: true, Mode: "numeric", Max: 6, Complete: "one-time-code", Hint: "邮件中的 6 位数字"}}}}, Buttons: []web.Button{{Label: "验证邮箱"}}}
	}
	channels := map[string]string{"mail": "邮件", "hook": "网络回调"}
	states := map[string]web.Tag{"waiting": {Text: "等待发送"}, "sending": {Kind: web.Info, Text: "发送中"}, "sent": {Kind: web.Good, Text: "已发出"}, "failed": {Kind: web.Danger, Text: "未发出"}}
	for _, d := range sent {
		at := d.SentAt
		if at.IsZero() {
			at = d.At
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Text(d.Title), web.Text(channels[d.Channel]), web.Tagged(states[d.State]), web.When(at)}})
	}
	return v
}

var preferencePage = web.Define(views, "views/preference.html",
	newPreferenceView(notify.Preference{Mail: "off", Hook: "off", Quiet: true}, false, false, hours{20, 8, 8}, nil),
	newPreferenceView(notify.Preference{Email: "zhang@example.gov.cn", Mail: "digest", Hook: "off", Quiet: true}, true, true, hours{}, []notify.Delivery{{Title: "还有 7 天：正式上线", Channel: "mail", State: "sent", At: time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)}}),
	newPreferenceView(notify.Preference{Email: `"><script>`, Mail: "<b>", HookURL: "javascript:alert(1)", Hook: "x"}, true, true, hours{}, []notify.Delivery{{Title: "<script>", Channel: "<b>", State: "<i>"}}),
)

func (h *Handler) preferenceView(r *http.Request) (preferenceView, error) {
	session := authz.SessionFrom(r.Context())
	p, err := h.outbox.Preference(r.Context(), session)
	if err != nil {
		return preferenceView{}, err
	}
	sent, err := h.outbox.Deliveries(r.Context(), session, 20)
	if err != nil {
		return preferenceView{}, err
	}
	mail, hook := h.outbox.Available()
	from, to, digest := h.outbox.Hours()
	return newPreferenceView(p, mail, hook, hours{from, to, digest}, sent), nil
}

func (h *Handler) preference(w http.ResponseWriter, r *http.Request) error {
	v, err := h.preferenceView(r)
	if err != nil {
		return err
	}
	return preferencePage.Render(w, r, v)
}

func (h *Handler) setPreference(w http.ResponseWriter, r *http.Request) error {
	secret, err := h.outbox.SetPreference(r.Context(), authz.SessionFrom(r.Context()), notify.Preference{Email: r.PostFormValue("email"), Mail: r.PostFormValue("mail"),
		HookURL: r.PostFormValue("hook_url"), Hook: r.PostFormValue("hook"), Quiet: r.PostFormValue("quiet") != "", UrgentOnly: r.PostFormValue("urgent_only") != ""})
	if err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unavailable) {
		return err
	}
	if err == nil && secret == "" {
		return web.Done(w, r, "/console/me/notifications", "接收设置已保存。")
	}
	v, formErr := h.preferenceView(r)
	if formErr != nil {
		return formErr
	}
	v.Secret = secret
	if err != nil {
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return preferencePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	return preferencePage.Render(w, r, v)
}

func (h *Handler) proveAddress(w http.ResponseWriter, r *http.Request) error {
	err := h.outbox.ProveAddress(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue("code"))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooMany) {
		v, formErr := h.preferenceView(r)
		if formErr != nil {
			return formErr
		}
		v.Prove.Wrong(err)
		return preferencePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/me/notifications", "邮箱已验证。")
}
