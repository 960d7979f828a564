package portal

import (
	"net"
	"net/http"
	"strings"
)

// Files that people uploaded lie below mediaPrefix. Whatever they hold, they are
// shown as by a stranger: without scripts, forms, or the site's own address.
const (
	mediaPrefix = "/media/"
	sandbox     = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)

// secure sets the headers of every answer of a site.
func (h *Handler) secure(w http.ResponseWriter, site SiteInfo) {
	secure(w, site)
	if h.uploads == "" {
		return
	}
	hd := w.Header()
	hd.Set("Content-Security-Policy", strings.Replace(hd.Get("Content-Security-Policy"), "media-src 'self'", "media-src 'self' "+h.scheme(site)+h.uploads, 1))
}

func (h *Handler) scheme(site SiteInfo) string {
	if site.Plain {
		return "http://"
	}
	return "https://"
}

// uploadsAt is where a site's files begin on the uploads host.
func (h *Handler) uploadsAt(site SiteInfo, r *http.Request) string {
	port := ""
	if _, p, err := net.SplitHostPort(r.Host); err == nil && site.Plain {
		port = ":" + p
	}
	return h.scheme(site) + h.uploads + port + "/" + site.Host
}

// upload answers on the uploads host: /SITE-HOST/media/… and nothing else.
func (h *Handler) upload(w http.ResponseWriter, r *http.Request) {
	host, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	s := h.find(cleanHost(host))
	if !ok || s == nil || !strings.HasPrefix("/"+rest, mediaPrefix) || !soundPath(r.URL) || s.release.Site.Offline != "" {
		secure(w, SiteInfo{Plain: !overTLS(r)})
		http.Error(w, "没有这个文件。", http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	secure(w, s.release.Site)
	inside := r.Clone(r.Context())
	inside.URL.Path, inside.URL.RawPath = "/"+rest, ""
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.deliver(w, inside, s, true)
}
