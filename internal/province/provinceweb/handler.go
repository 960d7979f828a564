package provinceweb

import (
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/notify"
	"zhengshu/internal/province"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	province *province.Service
	outbox   *notify.Outbox
}

// New makes the handler.
func New(p *province.Service, o *notify.Outbox) *Handler { return &Handler{province: p, outbox: o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET " + settingsPath, Permit: authz.SettingsManage, Handle: h.settings},
		{Pattern: "POST " + settingsPath, Permit: authz.SettingsManage, Handle: h.decide},
		{Pattern: "GET /console/settings/holidays", Permit: authz.SettingsManage, Handle: h.holidays},
		{Pattern: "POST /console/settings/holidays", Permit: authz.SettingsManage, Handle: h.enter},
		{Pattern: "GET /console/settings/holidays/{year}", Permit: authz.SettingsManage, Handle: h.year},
		{Pattern: "GET /console/settings/system", Permit: authz.SystemManage, Handle: h.system},
		{Pattern: "POST /console/settings/system", Permit: authz.SystemManage, Handle: h.setSystem},
		{Pattern: "POST /console/settings/system/mail", Permit: authz.SystemManage, Handle: h.tryMail},
	}
}

func tabs(current int) web.Tabs {
	t := web.Tabs{Label: "设置", Items: []web.Tab{{Name: "规则选择", Href: settingsPath}, {Name: "节假日安排", Href: "/console/settings/holidays"}}}
	t.Items[current].Current = true
	return t
}

// settingsView is GET /console/settings.
type settingsView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Alert   web.Alert
	Filter  web.Filter
	Groups  []choiceGroup
	Open    bool      // the groups stand open: they are what a search found
	None    web.Empty // instead of the groups, when nothing is found
	Form    web.Form
	History web.Table
}

// choiceGroup are the choices of one part of the regulation.
type choiceGroup struct {
	Title string
	Count string // how many choices, and how many are not as the default
	Table web.Table
	Set   string // address where its choices can be set, "" for none
}

// Title of the document.
func (settingsView) Title() string { return "本省规则选择" }

// Crumbs of the page.
func (settingsView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "本省规则选择"}}
}

func valueOf(c province.Choice, v string) string {
	if c.Yes {
		if v == "true" {
			return "是"
		}
		return "否"
	}
	return v + " " + c.Unit
}

// askedMost is how many characters of a search are looked for.
const askedMost = 100

func fieldOf(c province.Choice) web.Field {
	if c.Yes {
		return web.Field{Kind: web.Check, Name: c.Key, Label: c.Label, Checked: c.Value == "true", Hint: "默认：" + valueOf(c, c.Default) + "。" + c.Basis}
	}
	return web.Field{Kind: web.Number, Name: c.Key, Label: c.Label, Value: c.Value, Unit: c.Unit, Narrow: true, Required: true, Mode: "numeric", Hint: "默认：" + c.Default + "。" + c.Basis}
}

// kept carries the choices that a search leaves out through the form as they are: a
// decision always sets all of them.
func kept(list []province.Choice) []web.Field {
	var out []web.Field
	for _, c := range list {
		if c.Yes && c.Value != "true" {
			continue // what is not posted is no
		}
		out = append(out, web.Field{Kind: web.Hidden, Name: c.Key, Value: c.Value})
	}
	return out
}

const settingsPath = "/console/settings"

func settingsAt(asked string) string {
	if asked == "" {
		return settingsPath
	}
	return settingsPath + "?" + url.Values{"q": {asked}}.Encode()
}

func newSettingsView(s sx2021.Settings, base string, history []province.Decision, may bool, today calendar.Date, asked string) settingsView {
	asked = abridge.Cut(strings.TrimSpace(strings.ToValidUTF8(asked, "")), askedMost)
	v := settingsView{Tabs: tabs(0), Heading: web.Heading{Title: "本省规则选择", Lead: "《细则》留给省里决定的事项，按条款收起，点开查看。每项都有默认值，由省政府办公厅设定，全省各处随即按新的执行。"},
		Filter: web.Filter{Action: settingsPath, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "事项、条款", Value: asked, Max: askedMost, Hint: "例如 值班、第三十条、未核实"}}},
		History: web.Table{Caption: "设定记录", Columns: []web.Column{{Head: "生效日期"}, {Head: "改动", Wide: true}, {Head: "原因", Wide: true}, {Head: "设定人"}},
			Empty: web.Empty{Title: "还没有设定过", Text: "全部按默认值执行。"}}}
	var found, others []province.Choice
	for _, c := range province.Choices(s) {
		if c.Holds(asked) {
			found = append(found, c)
		} else {
			others = append(others, c)
		}
	}
	v.Filter.Total = len(found)
	v.Open = asked != ""
	var sections []web.Section
	for i, g := range province.ByGroup(found) {
		in := choiceGroup{Title: g.Name(), Table: web.Table{Caption: g.Name(), Quiet: true,
			Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "现行"}, {Head: "默认"}, {Head: "条款"}}}}
		section := web.Section{Legend: "重新设定：" + g.Name()}
		changed := 0
		for _, c := range g.Choices {
			now := web.Text(valueOf(c, c.Value))
			if c.Value != c.Default {
				now.Tags = []web.Tag{{Kind: web.Info, Text: "已改"}}
				changed++
			}
			in.Table.Rows = append(in.Table.Rows, web.Row{Cells: []web.Cell{web.Text(c.Label), now, web.Text(valueOf(c, c.Default)), web.Text(c.Basis)}})
			section.Fields = append(section.Fields, fieldOf(c))
		}
		in.Count = fmt.Sprintf("%d 项", len(g.Choices))
		if changed > 0 {
			in.Count += fmt.Sprintf("，已改 %d 项", changed)
		}
		switch {
		case may && asked == "":
			in.Set = settingsAt(g.Clause)
		case may:
			in.Set = fmt.Sprintf("#section-%d", i)
		}
		v.Groups, sections = append(v.Groups, in), append(sections, section)
	}
	if len(found) == 0 {
		v.None = web.Empty{Title: "没有找到事项", Text: "换一个词，或者清除条件，看全部事项。"}
	}
	switch {
	case !may:
		v.Alert = web.Alert{Kind: web.Info, Title: "由省政府办公厅设定", Text: "您可以查看现行选择；需要调整的，请报省政府办公厅。"}
	case asked != "" && len(found) > 0: // a clause, or what was looked for; all at once nobody finds their way in
		v.Form = web.Form{Action: settingsAt(asked), Outlined: true, Sections: append(sections, web.Section{Legend: "依据", Fields: append([]web.Field{
			{Kind: web.DateField, Name: "from", Label: "生效日期", Narrow: true, Hint: "不填为今天；不能早于今天"},
			{Kind: web.TextArea, Name: "reason", Label: "调整原因", Required: true, Max: 500, Rows: 3},
			{Name: "document", Label: "文号", Max: 100}, {Kind: web.Hidden, Name: baseField, Value: base}}, kept(others)...)}), Buttons: []web.Button{{Label: "设定"}}}
	}
	for i, d := range history {
		was := sx2021.Defaults()
		if i+1 < len(history) {
			was = history[i+1].Settings
		}
		before := province.Choices(was)
		var changed []string
		for n, c := range province.Choices(d.Settings) {
			if c.Value != before[n].Value {
				changed = append(changed, fmt.Sprintf("%s：%s → %s", c.Label, valueOf(c, before[n].Value), valueOf(c, c.Value)))
			}
		}
		day := web.Day(d.From)
		if d.From.After(today) {
			day.Tags = []web.Tag{{Kind: web.Info, Text: "未生效"}}
		}
		v.History.Rows = append(v.History.Rows, web.Row{Cells: []web.Cell{day, web.Text(strings.Join(changed, "；")), {Text: d.Reason, Note: d.Document}, {Text: d.By, Note: d.UnitName + " " + web.Minute(d.At)}}})
	}
	return v
}

var (
	sampleDay      = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleSettings = func() sx2021.Settings { s := sx2021.Defaults(); s.PoliceFilingDays = 60; return s }()
)

var settingsPage = web.Define(views, "views/settings.html",
	newSettingsView(sx2021.Defaults(), "", nil, false, sampleDay, ""),
	newSettingsView(sampleSettings, "01JE", []province.Decision{{Settings: sampleSettings, From: sampleDay, Reason: "公安机关集中办理", Document: "陕政办函〔2026〕9号", UnitName: "陕西省人民政府办公厅", By: "张某", At: time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)}}, true, sampleDay, "公安"),
	newSettingsView(sx2021.Settings{}, `"><script>`, []province.Decision{{From: sampleDay, Reason: "<script>", Document: `"><b>`, UnitName: "<i>", By: "<u>"}}, true, sampleDay, `"><script>`),
)

func (h *Handler) settingsView(r *http.Request) (settingsView, error) {
	// The edition first: what is decided between the two is told of as changed.
	base, err := h.province.Edition(r.Context())
	if err != nil {
		return settingsView{}, err
	}
	history, err := h.province.History(r.Context())
	if err != nil {
		return settingsView{}, err
	}
	may, err := h.province.MaySet(r.Context(), authz.SessionFrom(r.Context()))
	return newSettingsView(h.province.Settings(), base, history, may, web.FrameOf(r).Today, r.URL.Query().Get("q")), err
}

func (h *Handler) settings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.settingsView(r)
	if err != nil {
		return err
	}
	return settingsPage.Render(w, r, v)
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request) error {
	next, err := province.Read(h.province.Settings(), r.PostFormValue)
	var from calendar.Date
	if text := r.PostFormValue("from"); err == nil && text != "" {
		if from, err = calendar.ParseLoose(text); err != nil {
			err = fault.New(fault.Invalid, err.Error()).On("from", err.Error())
		}
	}
	if err == nil {
		err = h.province.Decide(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue(baseField), next, from, r.PostFormValue("reason"), r.PostFormValue("document"))
	}
	if web.Mendable(err) {
		v, formErr := h.settingsView(r)
		if formErr != nil {
			return formErr
		}
		base, formErr := h.province.Edition(r.Context())
		if formErr != nil {
			return formErr
		}
		if seen := r.PostFormValue(baseField); seen != base && len(v.Form.Buttons) > 0 {
			was, formErr := h.province.AsOf(r.Context(), seen)
			if formErr != nil {
				return formErr
			}
			opened := newSettingsView(was, seen, nil, true, web.FrameOf(r).Today, r.URL.Query().Get("q"))
			now := h.province.Settings()
			err = stale("本省规则选择", meanwhile(r.PostForm, opened.Form, v.Form), func(name string) string {
				for _, c := range province.Choices(now) {
					if c.Key == name {
						return c.Label + "改为" + valueOf(c, c.Value)
					}
				}
				return ""
			})
			r.PostForm.Set(baseField, base)
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return settingsPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, settingsAt(r.URL.Query().Get("q")), "已设定，自生效日期起全省按新的选择执行。")
}

// systemView is GET /console/settings/system.
type systemView struct {
	Heading web.Heading
	Form    web.Form
	Try     web.Form
}

// Title of the document.
func (systemView) Title() string { return "系统设置" }

// Crumbs of the page.
func (systemView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "系统设置"}}
}

func newSystemView(s province.System, base string) systemView {
	c := s.Channels
	password := "未填写"
	if c.SMTPPassword != "" {
		password = "已填写，不改请留空"
	}
	number := func(name, label, unit string, n int, hint string) web.Field {
		return web.Field{Kind: web.Number, Name: name, Label: label, Unit: unit, Value: fmt.Sprint(n), Narrow: true, Required: true, Mode: "numeric", Hint: hint}
	}
	return systemView{Heading: web.Heading{Title: "系统设置", Lead: "审批时限、邮件和网络回调。由系统管理员设定，改动记入审计。"},
		Form: web.Form{Action: "/console/settings/system", Sections: []web.Section{
			{Legend: "审批", Fields: []web.Field{{Kind: web.Hidden, Name: baseField, Value: base}, number("step_days", "每一步的审批时限", "个工作日", s.StepDays, "")}},
			{Legend: "邮件", Hint: "填写主机名后开通。主机可以在内网。", Fields: []web.Field{
				{Name: "smtp_host", Label: "邮件服务器", Value: c.SMTPHost, Max: 200, Hint: "留空为不发邮件"}, number("smtp_port", "端口", "", c.SMTPPort, "常用 587（STARTTLS）、465（TLS）"),
				{Kind: web.Select, Name: "smtp_tls", Label: "加密", Value: c.SMTPTLS, Options: []web.Option{{Value: "starttls", Label: "STARTTLS（必须加密）"}, {Value: "implicit", Label: "TLS"}, {Value: "none", Label: "不加密（仅限本机或内网中转）"}}},
				{Name: "smtp_user", Label: "用户名", Value: c.SMTPUser, Max: 200, Complete: "off"}, {Kind: web.Password, Name: "smtp_password", Label: "密码", Max: 200, Hint: password, Complete: "new-password"},
				{Name: "from", Label: "发件地址", Value: c.From, Max: 200}, {Kind: web.Address, Name: "base", Label: "平台网址", Value: c.Base, Max: 200, Hint: "写进邮件里的链接，例如 https://zs.example.gov.cn"}}},
			{Legend: "网络回调", Fields: []web.Field{{Kind: web.Check, Name: "hooks", Label: "允许个人设置网络回调", Checked: c.Hooks},
				{Kind: web.TextArea, Name: "hook_hosts", Label: "可以访问的内网主机", Value: strings.Join(c.HookHosts, "\n"), Rows: 3, Max: 2000, Hint: "每行一个主机名；公开网址不用填"}}},
			{Legend: "免打扰和每日一封", Fields: []web.Field{number("quiet_from", "免打扰开始", "时", c.QuietFrom, ""), number("quiet_to", "免打扰结束", "时", c.QuietTo, "两个时刻相同为不设免打扰"), number("digest_at", "每日一封发送时刻", "时", c.DigestAt, "")}}},
			Buttons: []web.Button{{Label: "保存系统设置"}}},
		Try: web.Form{Action: "/console/settings/system/mail", Sections: []web.Section{{Legend: "试发一封", Fields: []web.Field{{Kind: web.Email, Name: "to", Label: "收件邮箱", Required: true, Max: 200}}}}, Buttons: []web.Button{{Label: "试发邮件", Plain: true}}}}
}

var systemPage = web.Define(views, "views/system.html",
	newSystemView(province.System{StepDays: 5, Channels: notify.DefaultChannels()}, ""),
	newSystemView(province.System{StepDays: 5, Channels: notify.Channels{SMTPHost: "smtp.example.gov.cn", SMTPPort: 587, SMTPTLS: "starttls", SMTPPassword: "x", Hooks: true, HookHosts: []string{"im.example"}}}, "01JE"),
	newSystemView(province.System{Channels: notify.Channels{SMTPHost: `"><script>`, SMTPTLS: "<b>", From: "<i>", Base: "javascript:alert(1)", HookHosts: []string{"</textarea><script>"}}}, `"><script>`),
)

func (h *Handler) system(w http.ResponseWriter, r *http.Request) error {
	v, err := h.systemView(r)
	if err != nil {
		return err
	}
	return systemPage.Render(w, r, v)
}

func (h *Handler) systemView(r *http.Request) (systemView, error) {
	base, err := h.province.SystemEdition(r.Context())
	return newSystemView(h.province.System(), base), err
}

func (h *Handler) setSystem(w http.ResponseWriter, r *http.Request) error {
	now := h.province.System()
	var f fault.Fields
	number := func(name, label string) int {
		n, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue(name)))
		f.Check(err == nil, name, label+"要填整数")
		return n
	}
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	next := province.System{StepDays: number("step_days", "审批时限"), Channels: notify.Channels{
		SMTPHost: text("smtp_host"), SMTPPort: number("smtp_port", "端口"), SMTPTLS: text("smtp_tls"), SMTPUser: text("smtp_user"), SMTPPassword: now.Channels.SMTPPassword,
		From: text("from"), Base: text("base"), Hooks: r.PostFormValue("hooks") != "", HookHosts: strings.Fields(r.PostFormValue("hook_hosts")),
		QuietFrom: number("quiet_from", "免打扰开始"), QuietTo: number("quiet_to", "免打扰结束"), DigestAt: number("digest_at", "发送时刻")}}
	err := f.Err()
	if p := r.PostFormValue("smtp_password"); err == nil && p != "" {
		if next.Channels.SMTPPassword, err = h.outbox.SealPassword(p); err != nil {
			return err
		}
	}
	if err == nil {
		err = h.province.SetSystem(r.Context(), authz.SessionFrom(r.Context()), r.PostFormValue(baseField), next)
	}
	if web.Mendable(err) {
		v, formErr := h.systemView(r)
		if formErr != nil {
			return formErr
		}
		base, formErr := h.province.SystemEdition(r.Context())
		if formErr != nil {
			return formErr
		}
		if seen := r.PostFormValue(baseField); seen != base {
			was, formErr := h.province.SystemAsOf(r.Context(), seen)
			if formErr != nil {
				return formErr
			}
			_, labels, _ := words(v.Form)
			err = stale("系统设置", meanwhile(r.PostForm, newSystemView(was, seen).Form, v.Form), func(name string) string { return labels[name] })
			r.PostForm.Set(baseField, base)
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return systemPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/settings/system", "系统设置已保存。")
}

func (h *Handler) tryMail(w http.ResponseWriter, r *http.Request) error {
	err := h.outbox.Mail(r.Context(), h.province.System().Channels, strings.TrimSpace(r.PostFormValue("to")), ulid.Make().String(), "[政枢] 试发邮件", "收到本邮件，说明邮件服务器设置正确。\n")
	if err != nil {
		v, formErr := h.systemView(r)
		if formErr != nil {
			return formErr
		}
		v.Try.Fill(url.Values{"to": {r.PostFormValue("to")}})
		if !fault.Is(err, fault.Unavailable) {
			err = fault.New(fault.Invalid, notify.MailTrouble(h.province.System().Channels, err)).On("to", "没有发出").From(err)
		}
		v.Try.Wrong(err)
		return systemPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	return web.Done(w, r, "/console/settings/system", "试发邮件已交给邮件服务器。")
}
