package appearanceweb

import (
	"cmp"
	"io"
	"net/http"
	"net/url"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/media"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

var missingFile = fault.New(fault.Invalid, "还没有选择主题包。").On("file", "请选择 .zip 文件")

// siteView is GET /console/sites/{id}/appearance.
type siteView struct {
	Heading  web.Heading
	Alerts   []web.Alert
	Summary  web.Summary
	Reach    web.Summary
	Form     web.Form
	Back     web.Form
	Troubles web.Table
	History  web.Timeline
	site     registry.Site
}

// Title of the document.
func (siteView) Title() string { return "网站外观" }

// Crumbs of the page.
func (v siteView) Crumbs() []web.Crumb { return siteCrumbs(v.site, "网站外观") }

func siteCrumbs(s registry.Site, last string) []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "台账", Href: "/console/sites"}, {Name: cmp.Or(s.Name, "站点"), Href: s.Link()}, {Name: last}}
}

func named(c appearance.Chosen) string {
	if c.Choice.Version != "" {
		return c.ThemeName + " " + c.Choice.Version
	}
	return c.ThemeName
}

func colours(k theme.Tokens) string {
	out := ""
	for _, x := range []view{{k.Brand, "主色"}, {k.Deep, "深色"}, {k.Mark, "强调色"}, {map[string]string{"square": "直角", "soft": "小圆角", "round": "大圆角"}[k.Radius], ""}, {map[string]string{"loose": "宽松", "tight": "紧凑"}[k.Density], ""}} {
		if x.key == "" {
			continue
		}
		if out != "" {
			out += "，"
		}
		out += x.name + " " + x.key
	}
	return cmp.Or(out, "随主题")
}

func themeValue(s appearance.State) string {
	for _, a := range s.Available {
		if a.Hash == s.Now.Choice.Hash && a.ThemeID == s.Now.Choice.ID {
			return a.ID
		}
	}
	return theme.Blue
}

func newSite(s appearance.State, may bool) siteView {
	base := s.Site.Link() + "/appearance"
	v := siteView{site: s.Site, Heading: web.Heading{Title: "网站外观", Above: s.Site.Name, Lead: "选主题、颜色、标志和标语。先预览，再保存；保存后全站重新发布，旧页面在新的一版完成前照常显示。"},
		Summary: web.Summary{Title: "现在的外观", Terms: []web.Term{{Name: "主题", Text: named(s.Now)}, {Name: "颜色和样式", Text: colours(s.Now.Choice.Tokens)}, {Name: "标语", Text: cmp.Or(s.Now.Choice.Slogan, "没有")}, {Name: "标志", Text: map[bool]string{true: "已上传", false: "随主题"}[s.Now.Choice.Logo != ""]}}}}
	if !s.Site.Hosted {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "外部承载", Text: "这个站点不由本平台承载，不能在这里设置外观。"})
		return v
	}
	v.Heading.Acts = []web.Act{{Text: "预览现在的外观", Href: base + "/preview"}, {Text: "应急首页", Href: "/console/front-pages?site=" + url.QueryEscape(string(s.Site.ID))}}
	if m := s.Mourning; m != nil {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "哀悼期，网站以灰度显示", Text: m.UnitName + "决定，" + m.AreaName + "自" + m.From.Chinese() + "至" + m.Until.Chinese() + "。事由：" + m.Reason + "。到期自动恢复，本站不能单独取消。", Links: []web.Link{{Text: "查看哀悼期", Href: "/console/mournings"}}})
	}
	if f := s.Front; f != nil {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "应急首页正在使用", Text: f.Title + "；平时的首页在 " + theme.UsualHome + "。", Links: []web.Link{{Text: "查看", Href: f.Link()}}})
	}
	if f := s.Freeze; f != nil {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "重要保障期，外观冻结", Text: f.Name + "，至" + f.Until.Chinese() + "。确需更改的，请先报省政府办公厅同意并登记，再填写文号。", Links: []web.Link{{Text: "查看重要保障期", Href: "/console/protected-periods"}}})
	}
	if len(s.Troubles) > 0 {
		v.Troubles = web.Table{Caption: "主题画不出、已由政务蓝代替的页面", Columns: []web.Column{{Head: "主题"}, {Head: "模板"}, {Head: "页面", Wide: true}, {Head: "原因", Wide: true}, {Head: "次数", Number: true}, {Head: "最近"}}}
		for _, t := range s.Troubles {
			v.Troubles.Rows = append(v.Troubles.Rows, web.Row{Kind: web.Danger, Cells: []web.Cell{web.Text(t.Theme + " " + t.Version), web.Text(t.View), web.Text(t.Path), web.Text(t.Says), web.Figure(t.Times), web.When(t.At)}})
		}
	}
	if may {
		v.Form = siteForm(s)
		if s.Now.No > 0 {
			v.Back = web.Form{Action: base + "/back", Buttons: []web.Button{{Label: "退回上一版外观", Plain: true}}}
			if s.Freeze != nil {
				v.Back.Sections = []web.Section{{Fields: []web.Field{{Name: "back_consent", Label: "同意退回的文号", Required: true, Max: 100}}}}
			}
		}
	}
	v.History = web.Timeline{Title: "变更记录"}
	for _, c := range s.History {
		text := colours(c.Choice.Tokens)
		if c.Choice.Slogan != "" {
			text += "；标语：" + c.Choice.Slogan
		}
		if c.Reason != "" {
			text += "；" + c.Reason
		}
		if c.Consent != "" {
			text += "；同意文件：" + c.Consent
		}
		v.History.Events = append(v.History.Events, web.Event{At: c.At, Title: named(c), Who: c.Person, Text: text})
	}
	return v
}

func siteForm(s appearance.State) web.Form {
	base := s.Site.Link() + "/appearance"
	k := s.Now.Choice.Tokens
	f := web.Form{Action: base, Upload: true, Buttons: []web.Button{{Label: "预览", Name: "act", Value: "preview", Plain: true}, {Label: "保存外观并重新发布", Name: "act", Value: "save"}}}
	var themes []web.Option
	for _, a := range s.Available {
		label := a.Name
		if a.Version != "" {
			label += " " + a.Version
		}
		themes = append(themes, web.Option{Value: a.ID, Label: label, Hint: a.Author})
	}
	f.Sections = []web.Section{
		{Legend: "主题", Fields: []web.Field{{Kind: web.Radios, Name: "theme", Label: "主题和版本", Value: themeValue(s), Options: themes, Required: true}}},
		{Legend: "颜色", Hint: "最多三种，留空随主题。颜色要能看清字：与浅色底的对比度不低于 4.5:1。", Fields: []web.Field{
			{Name: "brand", Label: "主色", Value: k.Brand, Narrow: true, Max: 7, Hint: "例：#1259aa"}, {Name: "deep", Label: "深色", Value: k.Deep, Narrow: true, Max: 7, Hint: "页头、页脚用；可不填，由主色推算"}, {Name: "mark", Label: "强调色", Value: k.Mark, Narrow: true, Max: 7},
			{Kind: web.Select, Name: "radius", Label: "边角", Value: k.Radius, Options: []web.Option{{Value: "", Label: "随主题"}, {Value: "square", Label: "直角"}, {Value: "soft", Label: "小圆角"}, {Value: "round", Label: "大圆角"}}},
			{Kind: web.Select, Name: "density", Label: "疏密", Value: k.Density, Options: []web.Option{{Value: "", Label: "随主题"}, {Value: "loose", Label: "宽松"}, {Value: "tight", Label: "紧凑"}}}}},
		{Legend: "标志和标语", Fields: []web.Field{
			{Kind: web.File, Name: "logo", Label: "标志", Accept: ".png,.webp,.jpg,.jpeg", Hint: "PNG、WebP 或 JPEG，不超过 512 KB；预览时用已保存的标志"},
			{Kind: web.Check, Name: "no_logo", Label: "去掉现在的标志"},
			{Name: "slogan", Label: "标语", Value: s.Now.Choice.Slogan, Max: 24, Hint: "在网站名称下面，24 字以内；留空显示域名"}}},
		{Legend: "说明", Fields: []web.Field{{Name: "reason", Label: "更改原因", Max: 200}}},
	}
	if s.Freeze != nil {
		last := &f.Sections[len(f.Sections)-1]
		last.Fields = append(last.Fields, web.Field{Name: "consent", Label: "同意文件的文号", Required: true, Max: 100})
	}
	return f
}

func sampleSite() appearance.State {
	s := registry.Site{ID: "01S", Name: "云河县人民政府（演示）", Hosted: true}
	now := appearance.Chosen{No: 2, Choice: theme.Choice{ID: theme.Red, Tokens: theme.Tokens{Brand: "#8a1c1c", Radius: "round"}, Slogan: "清清云河 务实为民"}, ThemeName: "政务红", Person: "李某", At: sampleAt, Reason: "春节"}
	return appearance.State{Site: s, Now: now, History: []appearance.Chosen{now, {No: 1, Choice: theme.Choice{ID: theme.Blue}, ThemeName: "政务蓝", Person: "李某", At: sampleAt}}, Available: sampleThemes(),
		Mourning: &appearance.Mourning{AreaName: "陕西省", UnitName: "陕西省人民政府办公厅", From: calendar.Date{Year: 2026, Month: 4, Day: 4}, Until: calendar.Date{Year: 2026, Month: 4, Day: 4}, Reason: "全国性哀悼活动"},
		Front:    &appearance.Front{ID: "01F", Title: "防汛紧急公告"}, Freeze: &appearance.Freeze{Name: "省“两会”", Until: calendar.Date{Year: 2026, Month: 1, Day: 20}},
		Troubles: []appearance.Trouble{{Theme: "秦岭绿", Version: "1.0", View: "column.html", Path: "/news/", Says: "超过 200000 步还没有画完，可能有死循环", Times: 3, At: sampleAt}}}
}

func hostileSite() appearance.State {
	bad := `<script>alert(1)</script>"'>`
	return appearance.State{Site: registry.Site{ID: `"><b>`, Name: bad, Hosted: true}, Now: appearance.Chosen{No: 1, ThemeName: bad, Choice: theme.Choice{Slogan: bad, Tokens: theme.Tokens{Brand: bad}}}, Available: []appearance.Available{hostileTheme()},
		History: []appearance.Chosen{{ThemeName: bad, Person: bad, Reason: bad, Consent: bad}}, Troubles: []appearance.Trouble{{Theme: bad, View: bad, Path: bad, Says: bad}}, Freeze: &appearance.Freeze{Name: bad}, Mourning: &appearance.Mourning{Reason: bad}, Front: &appearance.Front{Title: bad}}
}

var sitePage = web.Define(views, "views/site.html", newSite(appearance.State{Site: registry.Site{ID: "01S"}}, false), newSite(sampleSite(), true), newSite(hostileSite(), true))

func (h *Handler) site(w http.ResponseWriter, r *http.Request) error {
	s, err := h.looks.Of(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	v, err := h.siteView(r, s, authz.SessionFrom(r.Context()).MayAt(authz.AppearanceManage, string(s.Site.Unit)))
	if err != nil {
		return err
	}
	return sitePage.Render(w, r, v)
}

// siteView is the page with what a change draws anew and, for who may change
// it, the pictures to choose a logo of.
func (h *Handler) siteView(r *http.Request, s appearance.State, may bool) (siteView, error) {
	v := newSite(s, may)
	if !may || !s.Site.Hosted {
		return v, nil
	}
	var err error
	if v.Reach, err = h.reach(r, s.Site.ID); err != nil {
		return v, err
	}
	options, err := h.logos(r)
	v.offer(options)
	return v, err
}

// reach is what a change of the look draws anew: the whole site.
func (h *Handler) reach(r *http.Request, id registry.SiteID) (web.Summary, error) {
	f, err := h.publisher.FanOut(r.Context(), authz.ScopeFrom(r.Context()), publishing.Act{Sites: []registry.SiteID{id}})
	return web.Reach(f.Says()), err
}

// mostLogos pictures of the library are offered.
const mostLogos = 24

// logos are the newest pictures of the library that the session may use.
func (h *Handler) logos(r *http.Request) ([]web.Option, error) {
	session := authz.SessionFrom(r.Context())
	if h.media == nil || session == nil || !session.May(authz.ItemRead) {
		return nil, nil
	}
	list, _, err := h.media.Assets(r.Context(), session.ScopeFor(authz.ItemRead), media.Filter{Kind: media.Picture, Limit: mostLogos})
	options := []web.Option{{Label: "不从媒体库选"}}
	for _, a := range list {
		options = append(options, web.Option{Value: a.Fit(logoWidth), Label: a.Name, Hint: a.Alt})
	}
	if len(options) == 1 {
		return nil, err
	}
	return options, err
}

// offer puts the pictures of the library into the form.
func (v *siteView) offer(options []web.Option) {
	if len(options) == 0 {
		return
	}
	for i, s := range v.Form.Sections {
		if s.Legend == "标志和标语" {
			v.Form.Sections[i].Fields = append([]web.Field{{Kind: web.Select, Name: "logo_media", Label: "从媒体库选标志", Options: options, Hint: "本单位媒体库里最近的图片，用适合页头的尺寸；上传了文件的，用上传的"}}, s.Fields...)
		}
	}
}

// fromLibrary opens the picture that was chosen.
func (h *Handler) fromLibrary(r *http.Request, path string) (io.ReadCloser, error) {
	scope := authz.SessionFrom(r.Context()).ScopeFor(authz.ItemRead)
	o, err := h.media.OpenShown(r.Context(), scope, path)
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Invalid, "媒体库里没有找到这张图片，请刷新后重新选择。").On("logo_media", "请重新选择")
	}
	return o.ReadCloser, err
}

const logoWidth = 800 // pixels

// wish reads the form, or the address of a preview.
func wish(q url.Values) appearance.Wish {
	return appearance.Wish{Theme: q.Get("theme"), Tokens: theme.TokensOf(q), Slogan: q.Get("slogan"), NoLogo: q.Get("no_logo") != "", Reason: q.Get("reason"), Consent: q.Get("consent")}
}

func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	scope := authz.ScopeFrom(r.Context())
	logo, done, err := brought(r, "logo")
	defer done()
	if err != nil {
		return err
	}
	want := wish(r.PostForm)
	base := "/console/sites/" + url.PathEscape(string(id)) + "/appearance"
	if r.PostFormValue("act") == "preview" {
		if _, err = h.looks.Draft(r.Context(), scope, id, want); err == nil {
			q := url.Values{}
			for _, k := range []string{"theme", "brand", "deep", "mark", "radius", "density", "slogan", "no_logo"} {
				if v := r.PostFormValue(k); v != "" {
					q.Set(k, v)
				}
			}
			return web.Done(w, r, base+"/preview?"+q.Encode(), "")
		}
	} else {
		want.Logo = logo
		if path := r.PostFormValue("logo_media"); logo == nil && path != "" && h.media != nil {
			var picture io.ReadCloser
			if picture, err = h.fromLibrary(r, path); err == nil {
				defer picture.Close()
				want.Logo = picture
			}
		}
		if err == nil {
			err = h.looks.Choose(r.Context(), scope, id, want)
		}
	}
	if web.Mendable(err) {
		s, err2 := h.looks.Of(r.Context(), scope, id)
		if err2 != nil {
			return err2
		}
		v, err2 := h.siteView(r, s, true)
		if err2 != nil {
			return err2
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return sitePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, base, "外观已保存，全站正在重新发布，一般几秒内完成。")
}

func (h *Handler) back(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	if err := h.looks.Back(r.Context(), authz.ScopeFrom(r.Context()), id, r.PostFormValue("back_consent")); err != nil {
		return err
	}
	return web.Done(w, r, "/console/sites/"+url.PathEscape(string(id))+"/appearance", "已退回上一版外观，全站正在重新发布。")
}

// previewView is GET /console/sites/{id}/appearance/preview.
type previewView struct {
	Heading web.Heading
	Room    room
	Reach   web.Summary
	Keep    web.Form // saves what is seen
	site    registry.Site
}

// Title of the document.
func (previewView) Title() string { return "外观预览" }

// Crumbs of the page.
func (v previewView) Crumbs() []web.Crumb {
	c := siteCrumbs(v.site, "外观预览")
	return append(c[:3:3], web.Crumb{Name: "网站外观", Href: v.site.Link() + "/appearance"}, c[3])
}

func newPreview(s registry.Site, q url.Values, may bool) previewView {
	base := s.Link() + "/appearance"
	v := previewView{site: s, Heading: web.Heading{Title: "外观预览", Above: s.Name, Acts: []web.Act{{Text: "回到网站外观", Href: base}}}, Room: roomOf(base+"/preview", base+"/page", q, "用本站自己的内容画出；没有内容的页面用样页。还没有保存，读者看不到。")}
	if may && q.Get("theme") != "" {
		v.Keep = web.Form{Action: base, Buttons: []web.Button{{Label: "就用这个外观，保存并重新发布", Name: "act", Value: "save"}}, Sections: []web.Section{{}}}
		for _, k := range []string{"theme", "brand", "deep", "mark", "radius", "density", "slogan", "no_logo"} {
			if x := q.Get(k); x != "" {
				v.Keep.Sections[0].Fields = append(v.Keep.Sections[0].Fields, web.Field{Kind: web.Hidden, Name: k, Value: x})
			}
		}
		v.Keep.Sections[0].Fields = append(v.Keep.Sections[0].Fields, web.Field{Name: "reason", Label: "更改原因", Max: 200})
	}
	return v
}

var previewPage = web.Define(views, "views/preview.html", newPreview(registry.Site{ID: "01S"}, nil, false), newPreview(registry.Site{ID: "01S", Name: "云河县人民政府（演示）"}, url.Values{"theme": {theme.Red}, "as": {"phone"}, "brand": {"#8a1c1c"}}, true),
	newPreview(registry.Site{ID: `"><b>`, Name: "<script>"}, url.Values{"theme": {`"><script>`}, "as": {"<b>"}, "page": {"<b>"}}, true))

func (h *Handler) preview(w http.ResponseWriter, r *http.Request) error {
	s, err := h.looks.Of(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	framing(w)
	v := newPreview(s.Site, r.URL.Query(), s.Freeze == nil && authz.SessionFrom(r.Context()).MayAt(authz.AppearanceManage, string(s.Site.Unit)))
	if len(v.Keep.Buttons) > 0 {
		if v.Reach, err = h.reach(r, s.Site.ID); err != nil {
			return err
		}
	}
	return previewPage.Render(w, r, v)
}

func (h *Handler) sitePage(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	scope := authz.ScopeFrom(r.Context())
	q := r.URL.Query()
	var c theme.Choice
	if q.Get("theme") != "" {
		var err error
		if c, err = h.looks.Draft(r.Context(), scope, id, wish(q)); err != nil {
			return err
		}
	} else {
		s, err := h.looks.Of(r.Context(), scope, id)
		if err != nil {
			return err
		}
		c = s.Now.Choice
	}
	b, err := h.publisher.PreviewPage(r.Context(), id, c, q.Get("page"), asOf(q))
	return drawn(w, b, err)
}
