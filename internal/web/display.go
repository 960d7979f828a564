package web

import (
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
)

// Look is how one browser wants pages shown; the zero Look is the house's own.
type Look struct {
	Contrast string // "high": black ground, white text
	Density  string // "compact": lower rows and controls
}

const (
	lookCookie  = "look"
	displayPath = "/console/display"
)

// lookOf reads the cookie; anything unknown is the house's own look.
func lookOf(r *http.Request) Look {
	c, err := r.Cookie(lookCookie)
	if err != nil {
		return Look{}
	}
	q, err := url.ParseQuery(c.Value)
	if err != nil {
		return Look{}
	}
	return lookFrom(q)
}

func lookFrom(v url.Values) Look {
	var l Look
	if v.Get("contrast") == "high" {
		l.Contrast = "high"
	}
	if v.Get("density") == "compact" {
		l.Density = "compact"
	}
	return l
}

// Display is the routes of 显示设置: contrast and density, kept in the browser.
// They ask for no session, so that the login page can be read too. The footer
// links there once the routes are added.
func Display() []Route {
	return []Route{
		{Pattern: "GET " + displayPath, Permit: authz.Public, Handle: showDisplay},
		{Pattern: "POST " + displayPath, Permit: authz.Public, Handle: setDisplay},
	}
}

type display struct {
	Heading Heading
	Form    Form
}

// Title is the document's title.
func (display) Title() string { return "显示设置" }

var displayPage = Define(views, "pages/display.html", displayView(Look{}, "/console"), displayView(Look{Contrast: "high", Density: "compact"}, hostile))

func displayView(l Look, back string) display {
	return display{
		Heading: Heading{Title: "显示设置", Lead: "设置保存在这台电脑的浏览器里，随时可以改回。"},
		Form: Form{Action: displayPath, Cancel: Link{Text: "不改了", Href: back}, Buttons: []Button{{Label: "保存设置"}},
			Sections: []Section{{Fields: []Field{
				{Kind: Radios, Name: "contrast", Label: "对比度", Value: l.Contrast, Options: []Option{{Value: "", Label: "标准"}, {Value: "high", Label: "高对比度", Hint: "黑底白字，链接黄色，适合视力较弱时使用"}}},
				{Kind: Radios, Name: "density", Label: "疏密", Value: l.Density, Options: []Option{{Value: "", Label: "标准"}, {Value: "compact", Label: "紧凑", Hint: "一屏显示更多行"}}},
				{Kind: Hidden, Name: "back", Value: back},
			}}}},
	}
}

func prefixOf(r *http.Request) string {
	if q := requestFrom(r.Context()); q != nil {
		return q.rt.c.Prefix
	}
	return "/console"
}

func showDisplay(w http.ResponseWriter, r *http.Request) error {
	return displayPage.Render(w, r, displayView(lookOf(r), SafeNext(refererPath(r), prefixOf(r))))
}

func setDisplay(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "提交的内容不完整，请返回重新选择。").From(err)
	}
	l := lookFrom(r.PostForm)
	v := url.Values{}
	if l.Contrast != "" {
		v.Set("contrast", l.Contrast)
	}
	if l.Density != "" {
		v.Set("density", l.Density)
	}
	q := requestFrom(r.Context())
	http.SetCookie(w, &http.Cookie{Name: lookCookie, Value: v.Encode(), Path: "/", MaxAge: 365 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: q != nil && q.rt.c.Secure})
	return Done(w, r, SafeNext(r.PostFormValue("back"), prefixOf(r)), "显示设置已保存。")
}
