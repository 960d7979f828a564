package app

import (
	"context"
	"net/http"

	"zhengshu/internal/annual"
	"zhengshu/internal/annual/annualpublic"
	"zhengshu/internal/annual/annualweb"
	"zhengshu/internal/portal"
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
	h.Portal.Mount("/annual/", annualPages(annualpublic.Config{Store: h.Releases, Clock: h.Config.Clock, Log: h.Config.Log, Render: renderIn}))
}

// annualPages is the public's door to the published forms, in the frame of each
// site: it reads signed statements, and stands on either network.
func annualPages(c annualpublic.Config) func(portal.SiteInfo) http.Handler {
	return inSite(annualpublic.New(c))
}

func (h *House) annualDoors() []web.Route {
	return annualweb.New(h.Annual, h.Registry, h.Org).Routes()
}

// annualPart is the tab of the forms below 考核与通报.
var annualPart = web.Part{Name: "年度报表", Href: "/console/annual", Also: []string{"/console/annual/"}}
