package app

import (
	"context"
	"slices"

	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/assessment/assessmentweb"
	"zhengshu/internal/audit/auditweb"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/demo"
	"zhengshu/internal/inspection/inspectionweb"
	"zhengshu/internal/letters/lettersweb"
	"zhengshu/internal/library/libraryweb"
	"zhengshu/internal/lifecycle/lifecycleweb"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/org/orgweb"
	"zhengshu/internal/publishing/publishingweb"
	"zhengshu/internal/registry/registryweb"
	"zhengshu/internal/reporting/reportingweb"
	"zhengshu/internal/signin/signinweb"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
	"zhengshu/internal/workbench/workbenchweb"
)

// doors makes the screens of every module.
func (h *House) doors() (web.Gate, []web.Route) {
	gate := signinweb.New(h.Signin, h.Org, h.DB, h.Keys, signinweb.Config{Demo: h.Demo, DemoPassword: demo.Password, Secure: h.Config.Secure})
	return gate, slices.Concat(
		web.Display(),
		gate.Routes(),
		workbenchweb.New(h.Workbench, h.Notify, h.Config.Clock).Routes(),
		orgweb.New(h.DB, h.Org, h.Registry, h.Obligations).Routes(),
		registryweb.New(h.DB, h.Org, h.Registry, h.Blobs).Routes(),
		approvalweb.New(h.Approvals, h.DB, h.Blobs).Routes(),
		lifecycleweb.New(h.Lifecycle, h.Approvals, h.Org).Routes(),
		obligationweb.New(h.Obligations).Routes(),
		libraryweb.New(h.Library).Routes(),
		lettersweb.New(h.Letters).Routes(),
		publishingweb.New(h.Publisher, h.Registry).Routes(),
		assessmentweb.New(h.DB, h.Assessment, h.Inspection, h.Registry, h.Org).Routes(),
		reportingweb.New(h.Reporting).Routes(),
		auditweb.New(h.DB, h.Org, h.VerifyAudit).Routes(),
		inspectionweb.New(h.DB, h.Inspection, h.Registry, h.Blobs).Routes(),
	)
}

// navigation is the left menu, at most nine entries.
func navigation() []web.NavItem {
	return []web.NavItem{
		{Name: "工作台", Href: "/console"},
		{Name: "台账", Href: "/console/sites", Permit: authz.RegistryRead, Also: []string{"/console/accounts", "/console/import"}},
		{Name: "单位", Href: "/console/units", Permit: authz.OrgRead},
		{Name: "审批", Href: "/console/cases", Permit: authz.CaseRead, Also: []string{"/console/openings", "/console/overrides"}},
		{Name: "稿件", Href: "/console/items", Permit: authz.ItemRead},
		{Name: "来信", Href: "/console/letters", Permit: authz.LetterRead},
		{Name: "检查", Href: "/console/inspection", Permit: authz.InspectionRead, Also: []string{"/console/findings"}},
		{Name: "整改", Href: "/console/orders", Permit: authz.OrderRead},
		{Name: "考核与通报", Href: "/console/scores", Permit: authz.AssessmentRead, Also: []string{"/console/bulletins", "/console/packs"}},
		{Name: "审计", Href: "/console/audit", Permit: authz.AuditRead},
		{Name: "登录账号", Href: "/console/logins", Permit: authz.LoginManage},
	}
}

// TopBar are the numbers of the top bar: what waits for the person, and how
// much of it is late. A source that does not answer leaves them out.
func (h *House) TopBar(ctx context.Context) web.Counts {
	var c web.Counts
	session := authz.SessionFrom(ctx)
	if session == nil {
		return c
	}
	tasks, err := h.Workbench.Tasks(ctx, session, workbench.ToDo, 200)
	if err != nil {
		h.Config.Log.ErrorContext(ctx, "top bar has no counts", "cause", err)
		return c
	}
	today := calendar.Today(h.Config.Clock)
	for _, t := range tasks {
		c.ToDo++
		if t.Due.Missed(today) {
			c.Overdue++
		}
	}
	return c
}

// Routes is the whole route table, for the golden list and the tests that walk
// every door.
func (h *House) Routes() []web.Route {
	_, routes := h.doors()
	return routes
}
