package portal

import (
	"bytes"
	"cmp"
	"embed"
	"html/template"
	"net"
	"net/http"
	"slices"
	"strings"

	"zhengshu/internal/publishing/theme"
)

// Landing is what the page of a demonstration shows beside its portals.
type Landing struct {
	Console string // path or address of the console; /console when empty
	Logins  []Login
	Walks   []Walk
	Links   []theme.Link
}

// Walk is one way through the demonstration, in a few steps.
type Walk struct{ Title, Says string }

// Login is one demonstration login.
type Login struct {
	Role     string // 省级主管单位 …
	Name     string
	Unit     string
	Login    string
	Password string
	Does     string // what to try with it
}

//go:embed views/landing.html
var landingView embed.FS

type landingPage struct {
	Style   string
	Portals []landingPortal
	Console string
	Logins  []Login
	Secret  string // the one password all logins share; "" when they differ
	Walks   []Walk
	Links   []theme.Link
}

type landingPortal struct {
	Name, Href, Host, Sponsor, Offline string
	Columns                            []theme.Column
}

var landingTemplate = template.Must(template.ParseFS(landingView, "views/landing.html")).Option("missingkey=error")

// Landing answers for hosts of a demonstration that are no site: the list of
// portals, the console and the logins.
func (h *Handler) Landing(w http.ResponseWriter, r *http.Request) {
	secure(w, SiteInfo{Demo: true, Plain: true})
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path != "/" {
		for _, f := range theme.House("").Files(theme.Tokens{}) {
			if f.Path == r.URL.Path {
				w.Header().Set("Content-Type", f.Kind)
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
				if r.Method == http.MethodGet {
					_, _ = w.Write(f.Body) // the reader going away is not our error
				}
				return
			}
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	port := ""
	if _, p, err := net.SplitHostPort(r.Host); err == nil {
		port = ":" + p
	}
	page := landingPage{Style: theme.House("").StylePath(theme.Tokens{}), Console: cmp.Or(h.landing.Console, "/console"), Logins: h.landing.Logins, Walks: h.landing.Walks, Links: h.landing.Links}
	if l := page.Logins; len(l) > 0 && !slices.ContainsFunc(l, func(x Login) bool { return x.Password != l[0].Password }) {
		page.Secret = l[0].Password
	}
	sites := h.Sites()
	slices.SortFunc(sites, func(a, b SiteInfo) int {
		return cmp.Or(cmp.Compare(b.Kind, a.Kind), cmp.Compare(a.SiteCode, b.SiteCode), cmp.Compare(a.Slug, b.Slug))
	})
	for _, s := range sites {
		host := s.Host
		if i := slices.IndexFunc(s.Hosts, func(x string) bool { return strings.HasSuffix(x, ".localhost") }); i >= 0 {
			host = s.Hosts[i]
		}
		if own := s.Slug + ".localhost"; slices.Contains(s.Hosts, own) {
			host = own
		}
		top := s.Top()
		page.Portals = append(page.Portals, landingPortal{s.Name, "http://" + host + port + "/", host, s.Sponsor, s.Offline, top[:min(len(top), 5)]})
	}
	var b bytes.Buffer
	if err := landingTemplate.Execute(&b, page); err != nil {
		h.log.Error("draw the landing page", "error", err)
		http.Error(w, "页面暂时打不开，请过几分钟再试。", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	write(w, r, http.StatusOK, b.Bytes())
}
