package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"zhengshu/internal/authz"
)

// Need is the permission that the page at href asks for. It is empty for an
// address outside the route table, and outside the router.
func Need(ctx context.Context, href string) authz.Permission {
	q := requestFrom(ctx)
	u, err := url.Parse(href)
	if q == nil || err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	_, pattern := q.rt.mux.Handler(&http.Request{Method: http.MethodGet, URL: u})
	return q.rt.needs[pattern]
}

// MayOpen reports whether the visitor holds what the page at href asks for: a
// link nobody may follow is not shown. It knows nothing of scope.
func MayOpen(r *http.Request, href string) bool {
	need := Need(r.Context(), href)
	return need == "" || authz.SessionFrom(r.Context()).May(need)
}

// Bar takes from the table the links that the visitor may not follow; the
// words stay.
func (t *Table) Bar(r *http.Request) {
	for _, row := range t.Rows {
		for i := range row.Cells {
			c := &row.Cells[i]
			if c.Href != "" && !MayOpen(r, c.Href) {
				c.Href = ""
			}
			c.Links = openable(r, c.Links)
		}
	}
}

// Bar takes from the timeline the links that the visitor may not follow.
func (t *Timeline) Bar(r *http.Request) {
	for i := range t.Events {
		t.Events[i].Links = openable(r, t.Events[i].Links)
	}
}

// openable are the links that the visitor may follow.
func openable(r *http.Request, links []Link) []Link {
	var out []Link
	for _, l := range links {
		if MayOpen(r, l.Href) {
			out = append(out, l)
		}
	}
	return out
}
