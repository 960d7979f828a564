package publishingweb

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/registry"
)

// tree gives a site's release as a ZIP that any web server can serve.
func (h *Handler) tree(w http.ResponseWriter, r *http.Request) error {
	scope, id := authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	s, err := h.registry.Site(r.Context(), scope, id)
	if err != nil {
		return err
	}
	// Made before the first byte goes: an error can still become a page.
	var b bytes.Buffer
	if _, err := h.publisher.Tree(r.Context(), scope, id, &b); err != nil {
		return err
	}
	hd := w.Header()
	hd.Set("Content-Type", "application/zip")
	hd.Set("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(s.Name+"（静态导出）.zip"))
	hd.Set("Content-Length", strconv.Itoa(b.Len()))
	_, _ = w.Write(b.Bytes()) // the reader going away is not our error
	return nil
}
