package app

import (
	"context"
	"net/http"
	"slices"

	"zhengshu/internal/audit"
	"zhengshu/internal/impostor"
	"zhengshu/internal/impostor/impostorpublic"
	"zhengshu/internal/impostor/impostorweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/security"
	"zhengshu/internal/security/securityweb"
	"zhengshu/internal/web"
)

// Guard are the modules that look after the safety of what is on the ledger
// (Articles 22 to 24): fakes, the yearly check, hosts and accounts.
type Guard struct {
	Impostors *impostor.Service
	Security  *security.Service
}

// wireGuard makes the services; after inspection.
func (h *House) wireGuard() {
	h.Impostors = impostor.New(impostor.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Keys: h.Keys, Client: h.client, Settings: h.Province.Settings})
	h.Impostors.Register(h.workers)
	h.Security = security.New(security.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: h.Province.Settings})
	h.Security.Register(h.workers)
	h.mountImpostors()
}

func guardObligations() []obligation.Kind {
	return slices.Concat(impostor.Obligations(), security.Obligations())
}

func guardMachines() []passage.Machine {
	return []passage.Machine{impostor.Machine, security.PlanMachine, security.HoleMachine}
}

func guardCarriers() []org.Module { return []org.Module{impostor.Reorganise(), security.Reorganise()} }

// guardDoors are the screens of these modules.
func (h *House) guardDoors() []web.Route {
	return slices.Concat(impostorweb.New(h.Impostors, h.Registry).Routes(), securityweb.New(h.Security, h.Org).Routes())
}

// guardParts are their tabs below 检查.
func guardParts() []web.Part {
	return []web.Part{{Name: "假冒", Href: "/console/impostors", Also: []string{"/console/impostors/", "/console/lookalikes", "/console/lookalikes/"}},
		{Name: "年度安全检查", Href: "/console/security", Also: []string{"/console/security/", "/console/security-sheets/", "/console/security-holes", "/console/security-holes/"}}}
}

// mountImpostors gives every site the counter for reports of fakes below
// /impostors/.
func (h *House) mountImpostors() {
	counter := impostorpublic.New(impostor.NewDesk(h.Impostors), impostorpublic.Config{
		SiteOf: func(r *http.Request) (registry.SiteID, bool) {
			s, ok := r.Context().Value(siteKey{}).(portal.SiteInfo)
			return registry.SiteID(s.ID), ok
		},
		Render: func(w http.ResponseWriter, r *http.Request, status int, page theme.Embedded) error {
			s, _ := r.Context().Value(siteKey{}).(portal.SiteInfo)
			return portal.RenderInStatus(w, r, status, s, page)
		},
		Log: h.Config.Log,
	})
	h.Portal.Mount("/impostors/", func(site portal.SiteInfo) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			counter.ServeHTTP(w, r.WithContext(context.WithValue(audit.Citizen(r.Context()), siteKey{}, site)))
		})
	})
}
