package app

import (
	"context"
	"net/http"

	"zhengshu/internal/authz"
	"zhengshu/internal/demo"
	"zhengshu/internal/signin/signinweb"
	"zhengshu/internal/web"
)

// portalDoor is public delivery by host.
type portalDoor interface {
	http.Handler
	Serves(host string) bool
	Landing(w http.ResponseWriter, r *http.Request)
}

// doors makes the screens of every module.
func (h *House) doors() (web.Gate, []web.Route) {
	gate := signinweb.New(h.Signin, h.Org, h.DB, h.Keys, signinweb.Config{Demo: h.Config.Demo, DemoPassword: demo.Password, Secure: h.Config.Secure})
	routes := web.Display()
	routes = append(routes, gate.Routes()...)
	return gate, routes
}

// navigation is the left menu, at most nine entries.
func navigation() []web.NavItem {
	return []web.NavItem{
		{Name: "工作台", Href: "/console"},
		{Name: "台账", Href: "/console/sites", Permit: authz.RegistryRead},
		{Name: "单位", Href: "/console/units", Permit: authz.OrgRead},
		{Name: "审批", Href: "/console/cases", Permit: authz.CaseRead},
		{Name: "稿件", Href: "/console/items", Permit: authz.ItemRead},
		{Name: "来信", Href: "/console/letters", Permit: authz.LetterRead},
		{Name: "检查", Href: "/console/inspection", Permit: authz.InspectionRead},
		{Name: "整改与考核", Href: "/console/orders", Permit: authz.OrderRead},
		{Name: "审计", Href: "/console/audit", Permit: authz.AuditRead},
	}
}

func (h *House) counts(ctx context.Context) web.Counts { return web.Counts{} }

// Routes is the whole route table, for the golden list and the tests that walk
// every door.
func (h *House) Routes() []web.Route {
	_, routes := h.doors()
	return routes
}
