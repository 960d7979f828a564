package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"slices"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/hosts"
	"zhengshu/internal/hosts/hostsweb"
	"zhengshu/internal/impostor"
	"zhengshu/internal/impostor/impostorpublic"
	"zhengshu/internal/impostor/impostorweb"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/vantageweb"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/newmedia/newmediaweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/protection"
	"zhengshu/internal/publishing/theme"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/security"
	"zhengshu/internal/security/securityweb"
	"zhengshu/internal/web"
)

// Guard are the modules that look after the safety of what is on the ledger
// (Articles 22 to 24): fakes, the yearly check, hosts and accounts.
type Guard struct {
	Impostors *impostor.Service
	Security  *security.Service
	Hosts     *hosts.Service
	NewMedia  *newmedia.Service
}

// wireGuard makes the services; after inspection.
func (h *House) wireGuard() error {
	h.Impostors = impostor.New(impostor.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Keys: h.Keys, Client: h.client, Manners: h.Inspection.Manners(), Settings: h.Province.Settings, Still: h.Demo,
		Address: func(site registry.Site) string {
			if at := h.origin(site); at != "" {
				return at + "/"
			}
			return "http://" + site.Host + "/"
		}})
	h.Impostors.Register(h.workers)
	h.Security = security.New(security.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: h.Province.Settings})
	h.Security.Register(h.workers)
	h.Hosts = hosts.New(hosts.Parts{DB: h.DB, Registry: h.Registry, Inspection: h.Inspection, Client: h.client, Store: h.Blobs, Dir: h.Config.Dir, Hosting: h.hostingOf, Origin: h.origin})
	h.Hosts.Register(h.workers)
	all, err := packs.Embedded()
	if err != nil {
		return err
	}
	h.NewMedia = newmedia.New(newmedia.Parts{DB: h.DB, Registry: h.Registry, Inspection: h.Inspection, Obligations: h.Obligations, Store: h.Blobs, Client: h.client, Manners: h.Inspection.Manners(), Links: h.Inspection.Links(), Settings: h.Province.Settings,
		Pack: h.packOn(all)})
	h.NewMedia.Register(h.workers)
	seed, err := base64.RawURLEncoding.DecodeString(h.Keys.Mac("inspection.vantages", "house"))
	if err != nil {
		return err
	}
	h.Inspection.HouseKey(ed25519.NewKeyFromSeed(seed))
	h.Inspection.WindowsFrom(h.filedWindows)
	h.mountImpostors()
	return nil
}

func guardObligations() []obligation.Kind {
	return slices.Concat(impostor.Obligations(), security.Obligations(), newmedia.Obligations())
}

func guardMachines() []passage.Machine {
	return []passage.Machine{impostor.Machine, security.PlanMachine, security.HoleMachine}
}

func guardCarriers() []org.Module { return []org.Module{impostor.Reorganise(), security.Reorganise()} }

// guardDoors are the screens of these modules.
func (h *House) guardDoors() []web.Route {
	return slices.Concat(impostorweb.New(h.Impostors, h.Registry).Routes(), securityweb.New(h.Security, h.Org).Routes(),
		hostsweb.New(h.Hosts).Routes(), newmediaweb.New(h.NewMedia).Routes(), vantageweb.New(h.Inspection).Routes())
}

// guardParts are their tabs below 检查.
func guardParts() []web.Part {
	return []web.Part{{Name: "账号检查", Href: "/console/account-sheets", Also: []string{"/console/account-sheets/"}, Group: "监测"}, {Name: "域名和主机", Href: "/console/hosts", Also: []string{"/console/hosts/"}, Group: "监测"}, {Name: "监测点", Href: "/console/vantages", Group: "监测"},
		{Name: "假冒", Href: "/console/impostors", Also: []string{"/console/impostors/", "/console/lookalikes", "/console/lookalikes/"}, Group: "安全"},
		{Name: "年度安全检查", Href: "/console/security", Also: []string{"/console/security/", "/console/security-sheets/", "/console/security-holes", "/console/security-holes/"}, Group: "安全"}}
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

// hostingOf is the record of who hosts a site, for the check of Article 24.
func (h *House) hostingOf(ctx context.Context, site registry.Site) (check.Hosting, error) {
	_, _, list, err := h.Protection.Of(ctx, authz.System("hosts.hosting"), registry.Ref{Kind: sx2021.Site, ID: string(site.ID)})
	if err != nil || len(list) == 0 {
		return check.Hosting{}, err
	}
	// One abroad is what counts of several.
	x := list[0]
	for _, l := range list {
		if l.ProviderNation != check.Mainland || l.ServerNation != check.Mainland {
			x = l
		}
	}
	return check.Hosting{Recorded: true, Provider: x.Provider, ProviderIn: x.ProviderNation, ServerIn: x.ServerNation, ProviderName: protection.NationName(x.ProviderNation), ServerAt: protection.NationName(x.ServerNation)}, nil
}

// filedWindows are the times during which sites need not be reachable.
func (h *House) filedWindows(ctx context.Context, sites []registry.SiteID) (map[registry.SiteID][]inspection.Window, error) {
	filed, err := h.Lifecycle.Filed(ctx, authz.System("inspection.windows"), sites)
	out := make(map[registry.SiteID][]inspection.Window, len(filed))
	for id, list := range filed {
		for _, f := range list {
			out[id] = append(out[id], inspection.Window{From: f.From, To: f.Until, Says: f.Says})
		}
	}
	return out, err
}

// packOn is the scoring pack in force on a day: the province's own version once
// it has adopted one. Until assessment stands, the shipped ones.
func (h *House) packOn(shipped []packs.Pack) func(calendar.Date) (packs.Pack, bool) {
	return func(on calendar.Date) (packs.Pack, bool) {
		if h.Assessment != nil {
			return h.Assessment.PackOn(on)
		}
		return packs.Pick(shipped, assessment.PackID, on)
	}
}
