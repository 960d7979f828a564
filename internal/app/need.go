package app

import (
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
)

// need is what the page at a link of the console asks for; empty for none. A
// message is mailed only to those who may open what it speaks of.
func (h *House) need(link string) authz.Permission {
	h.needsOnce.Do(func() {
		h.needsMux, h.needs = http.NewServeMux(), map[string]authz.Permission{}
		for _, r := range h.Routes() {
			if strings.HasPrefix(r.Pattern, http.MethodGet+" ") {
				h.needsMux.Handle(r.Pattern, http.NotFoundHandler())
				h.needs[r.Pattern] = r.Permit
			}
		}
	})
	u, err := url.Parse(link)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	_, pattern := h.needsMux.Handler(&http.Request{Method: http.MethodGet, URL: u})
	return h.needs[pattern]
}
