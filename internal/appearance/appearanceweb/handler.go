package appearanceweb

import (
	"embed"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/media"
	"zhengshu/internal/publishing"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Handler serves the screens.
type Handler struct {
	looks     *appearance.Service
	publisher *publishing.Publisher
	media     *media.Service
}

// New makes the handler.
func New(s *appearance.Service, p *publishing.Publisher) *Handler {
	return &Handler{looks: s, publisher: p}
}

// Pictures sets the library of which a logo may be chosen; at start.
func (h *Handler) Pictures(m *media.Service) *Handler {
	h.media = m
	return h
}

// upload bounds the request that brings a bundle or a logo.
const upload = theme.MaxBundle + 1<<20

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	const site = "/console/sites/{id}/appearance"
	return []web.Route{
		{Pattern: "GET /console/themes", Permit: authz.RegistryRead, Handle: h.themes},
		{Pattern: "POST /console/themes", Permit: authz.SettingsManage, Handle: h.install, MaxBody: upload},
		{Pattern: "GET /console/themes/version", Permit: authz.RegistryRead, Handle: h.theme},
		{Pattern: "GET /console/themes/page", Permit: authz.RegistryRead, Handle: h.samplePage},
		{Pattern: "POST /console/themes/withhold", Permit: authz.SettingsManage, Handle: h.withhold},
		{Pattern: "POST /console/themes/offer", Permit: authz.SettingsManage, Handle: h.offer},
		{Pattern: "POST /console/theme-keys", Permit: authz.SettingsManage, Handle: h.trust},
		{Pattern: "POST /console/theme-keys/revoke", Permit: authz.SettingsManage, Handle: h.revoke},
		{Pattern: "GET " + theme.ConsoleFiles, Permit: authz.SignedIn, Handle: h.file},
		{Pattern: "GET " + site, Permit: authz.RegistryRead, Handle: h.site},
		{Pattern: "POST " + site, Permit: authz.AppearanceManage, Handle: h.choose, MaxBody: 2 << 20},
		{Pattern: "POST " + site + "/back", Permit: authz.AppearanceManage, Handle: h.back},
		{Pattern: "GET " + site + "/preview", Permit: authz.RegistryRead, Handle: h.preview},
		{Pattern: "GET " + site + "/page", Permit: authz.RegistryRead, Handle: h.sitePage},
		{Pattern: "GET /console/mournings", Permit: authz.RegistryRead, Handle: h.mournings},
		{Pattern: "POST /console/mournings", Permit: authz.MourningDeclare, Handle: h.declare},
		{Pattern: "POST /console/mournings/{id}/end", Permit: authz.MourningDeclare, Handle: h.endMourning},
		{Pattern: "GET /console/front-pages", Permit: authz.ItemRead, Handle: h.fronts},
		{Pattern: "GET /console/sites/{id}/front-page", Permit: authz.ItemWrite, Handle: h.proposeForm},
		{Pattern: "POST /console/sites/{id}/front-page", Permit: authz.ItemWrite, Handle: h.propose},
		{Pattern: "GET /console/front-pages/{id}", Permit: authz.ItemRead, Handle: h.front},
		{Pattern: "GET /console/front-pages/{id}/page", Permit: authz.ItemRead, Handle: h.frontPage},
		{Pattern: "POST /console/front-pages/{id}/approve", Permit: authz.ItemFinalReview, Handle: h.approve},
		{Pattern: "POST /console/front-pages/{id}/refuse", Permit: authz.ItemFinalReview, Handle: h.refuse},
		{Pattern: "POST /console/front-pages/{id}/withdraw", Permit: authz.ItemWrite, Handle: h.withdraw},
		{Pattern: "POST /console/front-pages/{id}/lift", Permit: authz.ItemFinalReview, Handle: h.lift},
		{Pattern: "POST /console/front-pages/{id}/review", Permit: authz.ItemFinalReview, Handle: h.review},
	}
}

var frameSources = regexp.MustCompile(`frame-src [^;]*`)

// framing lets a page of the console frame the previews.
func framing(w http.ResponseWriter) {
	w.Header().Set("Content-Security-Policy", frameSources.ReplaceAllString(w.Header().Get("Content-Security-Policy"), "frame-src 'self'"))
}

// drawn answers with a readers' page for a frame: no script runs in it, and
// nothing outside can frame it.
func drawn(w http.ResponseWriter, b []byte, err error) error {
	if err != nil {
		return err
	}
	return web.SendFramed(w, b)
}

// file serves a file of a theme, or a logo, to the previews.
func (h *Handler) file(w http.ResponseWriter, r *http.Request) error {
	name := r.URL.Query().Get("file")
	var found theme.File
	switch id := r.URL.Query().Get("theme"); {
	case id == "logo":
		f, err := h.looks.LogoFile(r.Context(), theme.LogoPath(name))
		if err != nil {
			return err
		}
		found = f
	default:
		c := theme.Choice{ID: id}
		if len(id) == 64 {
			a, err := h.looks.OfHash(r.Context(), id)
			if err != nil {
				return err
			}
			c = a.Choice()
		} else if theme.House(id).ID != id {
			return fault.Missing("主题")
		}
		t, err := h.looks.Theme(r.Context(), c)
		if err != nil {
			return err
		}
		f, ok := t.ConsoleFile(name, r.URL.Query())
		if !ok {
			return fault.Missing("主题文件")
		}
		found = f
	}
	w.Header().Set("Content-Type", found.Kind)
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cache-Control", "private, max-age=60")
	_, _ = w.Write(found.Body) // the reader going away is not our error
	return nil
}

// view is how a page is looked at.
type view struct{ key, name string }

var ways = []view{{"desktop", "桌面"}, {"phone", "手机"}, {"elder", "长辈版"}, {theme.AsPrint, "打印"}, {theme.AsContrast, "高对比"}}

func wayOf(q url.Values) string {
	for _, v := range ways {
		if v.key == q.Get("as") {
			return v.key
		}
	}
	return "desktop"
}

// sampleOf is the sample that shows a page in a way: the elder layout has pages
// of its own.
func sampleOf(q url.Values) string {
	key := q.Get("page")
	if _, ok := theme.SampleOf(key); !ok {
		key = "home"
	}
	if wayOf(q) != "elder" {
		return key
	}
	if twin, ok := elderOf(key); ok {
		return twin
	}
	if key == "policy" {
		return "elder-article"
	}
	return "elder-home"
}

// elderOf is the sample that shows a page in the elder layout; not every page has
// one.
func elderOf(key string) (string, bool) {
	_, ok := theme.SampleOf(elderPrefix + key)
	return elderPrefix + key, ok
}

const elderPrefix = "elder-"

// asOf is the way as the files of a theme know it.
func asOf(q url.Values) string {
	if as := q.Get("as"); as == theme.AsPrint || as == theme.AsContrast {
		return as
	}
	return ""
}

// brought is the one file of a field; nil when none was chosen.
func brought(r *http.Request, field string) (io.Reader, func(), error) {
	files, done, err := web.Uploads(r, field)
	if err != nil || len(files) == 0 {
		return nil, done, err
	}
	return files[0].Content, done, nil
}

// room is the frame a preview stands in.
type room struct {
	Tabs  web.Tabs // how it is looked at
	Pages web.Tabs // which page
	As    string
	Src   string
	Says  string
}

// roomOf makes the frame at an address whose query says page and way; framed
// is the address of the page itself.
func roomOf(at, framed string, q url.Values, says string) room {
	with := func(base string, change func(url.Values)) string {
		n := url.Values{}
		for k, v := range q {
			n[k] = v
		}
		change(n)
		if s := n.Encode(); s != "" {
			return base + "?" + s
		}
		return base
	}
	v := room{As: wayOf(q), Says: says, Tabs: web.Tabs{Label: "看法"}, Pages: web.Tabs{Label: "页面"}}
	for _, w := range ways {
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: w.name, Href: with(at, func(n url.Values) { n.Set("as", w.key) }), Current: w.key == v.As})
	}
	now := q.Get("page")
	if _, ok := theme.SampleOf(now); !ok {
		now = "home"
	}
	for _, s := range theme.Samples() {
		if strings.HasPrefix(s.Key, elderPrefix) {
			continue
		}
		if _, has := elderOf(s.Key); v.As == "elder" && !has {
			continue
		}
		v.Pages.Items = append(v.Pages.Items, web.Tab{Name: s.Name, Href: with(at, func(n url.Values) { n.Set("page", s.Key) }), Current: s.Key == now})
	}
	v.Src = with(framed, func(n url.Values) { n.Set("page", sampleOf(q)) })
	return v
}
