package app

import (
	"context"
	"slices"

	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/assessment/assessmentweb"
	"zhengshu/internal/audit/auditweb"
	"zhengshu/internal/authz"
	"zhengshu/internal/closing/closingweb"
	"zhengshu/internal/cutover/cutoverweb"
	"zhengshu/internal/demo"
	"zhengshu/internal/filing/filingweb"
	"zhengshu/internal/guidance/guidanceweb"
	"zhengshu/internal/inspection/inspectionweb"
	"zhengshu/internal/letters/lettersweb"
	"zhengshu/internal/library/libraryweb"
	"zhengshu/internal/lifecycle/lifecycleweb"
	"zhengshu/internal/notice/noticeweb"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/org/orgweb"
	"zhengshu/internal/province/provinceweb"
	"zhengshu/internal/publishing/publishingweb"
	"zhengshu/internal/queries/queriesweb"
	"zhengshu/internal/reconciliation/reconciliationweb"
	"zhengshu/internal/registry/registryweb"
	"zhengshu/internal/reporting/reportingweb"
	"zhengshu/internal/selfcheck/selfcheckweb"
	"zhengshu/internal/signin/signinweb"
	"zhengshu/internal/training/trainingweb"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench/workbenchweb"
)

// doors makes the screens of every module.
func (h *House) doors() (web.Gate, []web.Route) {
	gate := signinweb.New(h.Signin, h.Org, h.DB, h.Keys, signinweb.Config{Demo: h.Demo, DemoPassword: demo.Password, Secure: h.Config.Secure})
	return gate, slices.Concat(
		web.Display(),
		gate.Routes(),
		orgweb.New(h.DB, h.Org, h.Registry, h.Obligations, h.Roster, h.Blobs).Routes(),
		cutoverweb.New(h.DB, h.Cutover, h.Registry, h.Org).Routes(),
		registryweb.New(h.DB, h.Org, h.Registry, h.Blobs).Clocks(h.Obligations).Cases(h.Approvals).Pages(lifecycleweb.Pages).Queries(h.Queries).Routes(),
		reconciliationweb.New(h.Reconciling, h.Registry).Routes(),
		queriesweb.New(h.Queries, registryweb.Lists()...).Routes(),
		workbenchweb.New(h.Workbench, h.Notify, h.Outbox, h.Config.Clock).Routes(),
		approvalweb.New(h.Approvals, h.DB, h.Blobs).Routes(),
		lifecycleweb.New(h.DB, h.Lifecycle, h.Approvals, h.Org, h.Registry).Routes(),
		noticeweb.New(h.DB, h.Notices).Routes(),
		filingweb.New(h.DB, h.Filings).Routes(),
		closingweb.New(h.DB, h.Closings, h.Registry).Routes(),
		obligationweb.New(h.Obligations, h.Org, h.Days, func() string { return h.Province.System().Channels.Base }).Routes(),
		provinceweb.New(h.Province, h.Outbox).Routes(),
		guidanceweb.New(h.Guidance, h.Org).Routes(),
		trainingweb.New(h.Training).Routes(),
		selfcheckweb.New(h.SelfChecks).Routes(),
		libraryweb.New(h.Library).Routes(),
		lettersweb.New(h.Letters).Routes(),
		publishingweb.New(h.Publisher, h.Registry).Routes(),
		assessmentweb.New(h.DB, h.Assessment, h.Inspection, h.Registry, h.Org).Routes(),
		reportingweb.New(h.Reporting).Routes(),
		auditweb.New(h.DB, h.Org, h.VerifyAudit).Routes(),
		inspectionweb.New(h.DB, h.Inspection, h.Registry, h.Blobs).Routes(),
		h.recordDoors(),
	)
}

// navigation is the left menu, at most nine entries.
func navigation() []web.NavItem {
	return []web.NavItem{
		{Name: "工作台", Href: "/console", Also: []string{"/console/obligations", "/console/calendar", "/console/messages", "/console/me", "/console/guidance", "/console/training", "/console/selfchecks", "/console/settings"}},
		{Name: "台账", Href: "/console/sites", Permit: authz.RegistryRead, Also: append([]string{"/console/accounts", "/console/import", "/console/domains", "/console/apps", "/console/names", "/console/recertify", "/console/reconciliations"}, recordPaths()...)},
		{Name: "单位", Href: "/console/units", Permit: authz.OrgRead, Also: []string{"/console/people", "/console/vacancies", "/console/coverage", "/console/reorganisations", "/console/cutover"}},
		{Name: "审批", Href: "/console/cases", Permit: authz.CaseRead, Also: []string{"/console/matters", "/console/applications", "/console/overrides", "/console/batches", "/console/advice", "/console/notices", "/console/filings", "/console/closings", "/console/inquiries", "/console/batches", "/console/advice"}},
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
// much of it is late.
func (h *House) TopBar(ctx context.Context) web.Counts {
	return workbenchweb.New(h.Workbench, h.Notify, h.Outbox, h.Config.Clock).Counts(ctx)
}

// Routes is the whole route table, for the golden list and the tests that walk
// every door.
func (h *House) Routes() []web.Route {
	_, routes := h.doors()
	return routes
}
