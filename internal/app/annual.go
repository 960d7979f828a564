package app

import (
	"context"
	"net/http"

	"zhengshu/internal/annual"
	"zhengshu/internal/annual/annualpublic"
	"zhengshu/internal/annual/annualweb"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/web"
)

// wireAnnual makes the annual forms (Article 19(6)); after reporting, with whose
// bulletins they agree.
func (h *House) wireAnnual() {
	h.Annual = annual.New(annual.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: h.Province.Settings,
		Quarters: h.Reporting.Kept, Visits: h.Visits.Year, Fetch: h.client, Place: h.Releases.PutStatement,
		Ours: func(_ context.Context, host string) (bool, error) {
			return h.Portal != nil && h.Portal.Serves(host), nil
		}})
	h.Annual.Register(h.workers)
	h.mountAnnual()
}

// mountAnnual gives every hosted site the published forms below /annual/.
func (h *House) mountAnnual() {
	door := annualpublic.New(annualpublic.Config{Store: h.Releases, Clock: h.Config.Clock, Log: h.Config.Log,
		Render: func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error {
			s, _ := r.Context().Value(siteKey{}).(portal.SiteInfo)
			return portal.RenderInStatus(w, r, status, s, page)
		}})
	h.Portal.Mount("/annual/", func(site portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			door.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), siteKey{}, site)))
		})
	})
}

func (h *House) annualDoors() []web.Route {
	return annualweb.New(h.Annual, h.Registry, h.Org).Routes()
}

// annualPart is the tab of the forms below 考核与通报.
var annualPart = web.Part{Name: "年度报表", Href: "/console/annual", Also: []string{"/console/annual/"}}
