package app

import (
	"context"
	"slices"
	"time"

	"zhengshu/internal/appearance/appearanceweb"
	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/assessment/assessmentweb"
	"zhengshu/internal/audit"
	"zhengshu/internal/audit/auditweb"
	"zhengshu/internal/authz"
	"zhengshu/internal/closing/closingweb"
	"zhengshu/internal/columns/columnsweb"
	"zhengshu/internal/cutover/cutoverweb"
	"zhengshu/internal/dashboard/dashboardweb"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/disclosure/disclosureweb"
	"zhengshu/internal/errorreport/errorreportweb"
	"zhengshu/internal/filing/filingweb"
	"zhengshu/internal/guidance/guidanceweb"
	"zhengshu/internal/health/healthweb"
	"zhengshu/internal/inspection/inspectionweb"
	"zhengshu/internal/integrity/integrityweb"
	"zhengshu/internal/layout/layoutweb"
	"zhengshu/internal/letters/lettersweb"
	"zhengshu/internal/lexicon/lexiconweb"
	"zhengshu/internal/library/libraryweb"
	"zhengshu/internal/lifecycle/lifecycleweb"
	"zhengshu/internal/media/mediaweb"
	"zhengshu/internal/merit/meritweb"
	"zhengshu/internal/movein/moveinweb"
	"zhengshu/internal/notice/noticeweb"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/operator/operatorweb"
	"zhengshu/internal/org/orgweb"
	"zhengshu/internal/protection/protectionweb"
	"zhengshu/internal/province/provinceweb"
	"zhengshu/internal/publishing/publishingweb"
	"zhengshu/internal/queries/queriesweb"
	"zhengshu/internal/reconciliation/reconciliationweb"
	"zhengshu/internal/registry/registryweb"
	"zhengshu/internal/reporting/reportingweb"
	"zhengshu/internal/reposting/repostingweb"
	"zhengshu/internal/selfcheck/selfcheckweb"
	"zhengshu/internal/signin/signinweb"
	"zhengshu/internal/training/trainingweb"
	"zhengshu/internal/visits/visitsweb"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench/workbenchweb"
)

// doors makes the screens of every module.
func (h *House) doors() (web.Gate, []web.Route) {
	gate := signinweb.New(h.Signin, h.Org, h.DB, h.Keys, signinweb.Config{Demo: h.Demo, DemoPassword: demo.Password, Secure: h.Config.Secure,
		ProofAge: func() time.Duration { return time.Duration(h.Province.Settings().ProofMinutes) * time.Minute }})
	return gate, slices.Concat(
		web.Display(),
		gate.Routes(),
		orgweb.New(h.DB, h.Org, h.Registry, h.Obligations, h.Roster, h.Blobs).Routes(),
		cutoverweb.New(h.DB, h.Cutover, h.Registry, h.Org).Routes(),
		registryweb.New(h.DB, h.Org, h.Registry, h.Blobs).Clocks(h.Obligations).Cases(h.Approvals).Pages(lifecycleweb.Pages).Pages(healthweb.Pages(h.Registry)).Beside(operatorweb.Beside(h.DB, h.Operators), protectionweb.Beside(h.Protection), assessmentweb.Beside(h.Assessment)).Queries(h.Queries).Routes(),
		reconciliationweb.New(h.Reconciling, h.Registry).Routes(),
		queriesweb.New(h.Queries, registryweb.Lists()...).Routes(),
		workbenchweb.New(h.Workbench, h.Notify, h.Outbox, h.Config.Clock).Below(assessmentweb.Bench(h.Assessment)).Routes(),
		approvalweb.New(h.Approvals, h.DB, h.Blobs).Routes(),
		lifecycleweb.New(h.DB, h.Lifecycle, h.Approvals, h.Org, h.Registry).Routes(),
		noticeweb.New(h.DB, h.Notices).Routes(),
		filingweb.New(h.DB, h.Filings).Routes(),
		closingweb.New(h.DB, h.Closings, h.Registry).Routes(),
		meritweb.New(h.Merits, h.Org).Routes(),
		errorreportweb.New(h.ErrorReports).Routes(),
		obligationweb.New(h.Obligations, h.Org, h.Days, func() string { return h.Province.System().Channels.Base }).Routes(),
		provinceweb.New(h.Province, h.Outbox).Routes(),
		guidanceweb.New(h.Guidance, h.Org).Routes(),
		repostingweb.New(h.Reposting, h.Org, h.Library, h.DB.Now).Routes(),
		trainingweb.New(h.Training).Routes(),
		selfcheckweb.New(h.SelfChecks).Filing(h.DB, h.Assessment).Routes(),
		libraryweb.New(h.Library).Media(h.Media).PreviewWith(h.Publisher.Preview).StageWith(h.staged).SpreadWith(h.spread).Routes(),
		columnsweb.New(h.Columns, h.Org, h.Registry, h.Days).ReachWith(h.reachOfSite).Routes(),
		layoutweb.New(h.Layouts, h.Org, h.Registry).PreviewWith(h.Publisher.PreviewBoard).ReachWith(h.reachOfBoard).Routes(),
		mediaweb.New(h.Media).Routes(),
		moveinweb.New(h.MoveIn, h.Library, h.Config.Clock).Routes(),
		disclosureweb.New(h.Disclosure, h.Library).Routes(),
		lettersweb.New(h.Letters).Routes(),
		publishingweb.New(h.Publisher, h.Registry).Routes(),
		integrityweb.New(h.Integrity, h.Registry).Routes(),
		visitsweb.New(h.Visits, h.Registry, h.Releases.Nearest).Routes(),
		appearanceweb.New(h.Appearance, h.Publisher).Pictures(h.Media).Routes(),
		assessmentweb.New(h.DB, h.Assessment, h.Inspection, h.Registry, h.Org).WrongAccounts(h.wrongAccounts).Handed(h.Coordination).Routes(),
		reportingweb.New(h.Reporting).Routes(),
		h.annualDoors(),
		dashboardweb.New(h.DB, h.Dashboards, h.Org).Routes(),
		auditweb.New(h.DB, h.Org, h.VerifyAudit, h.Inspection.VerifyEvidence).Routes(),
		lexiconweb.New(h.Lexicon, h.Org, h.Blobs).Routes(),
		inspectionweb.New(h.DB, h.Inspection, h.Registry, h.Org, h.Blobs).Routes(),
		h.recordDoors(),
		h.estateDoors(),
		h.guardDoors(),
		h.watchDoors(),
		h.appraiseDoors(),
	)
}

// navigation is the left menu, at most nine entries for anybody, each with the
// tabs of its first pages.
func navigation() []web.NavItem {
	return []web.NavItem{
		{Name: "工作台", Href: "/console", Also: []string{"/console/me", "/console/training"}, Parts: []web.Part{{Name: "待办", Href: "/console", Also: []string{"/console/inbox"}}, {Name: "今日要情", Href: "/console/morning"}, {Name: "看板", Href: "/console/dashboard", Also: []string{"/console/dashboard/"}}, {Name: "义务和时限", Href: "/console/obligations"}, {Name: "到期日历", Href: "/console/calendar"},
			{Name: "超期看板", Href: "/console/obligations/board"}, {Name: "工作通知", Href: "/console/guidance"}, {Name: "培训", Href: "/console/training"}, {Name: "安全自查", Href: "/console/selfchecks"},
			{Name: "消息", Href: "/console/messages", Also: []string{"/console/me/notifications"}}, {Name: "本省规则", Href: "/console/settings", Also: []string{"/console/settings/holidays"}}, {Name: "系统设置", Href: "/console/settings/system"}}},
		{Name: "台账", Href: "/console/sites", Permit: authz.RegistryRead, Parts: []web.Part{{Name: "网站", Href: "/console/sites"}, {Name: "账号", Href: "/console/accounts"}, {Name: "客户端和小程序", Href: "/console/apps", Also: []string{"/console/apps/low-use"}},
			{Name: "域名", Href: "/console/domains", Also: []string{"/console/domains/watch"}}, {Name: "矩阵", Href: "/console/matrix", Also: []string{"/console/matrix/"}}, {Name: "名称核对", Href: "/console/names"}, {Name: "年度核对", Href: "/console/recertify", Also: []string{"/console/recertify/"}}, {Name: "比对", Href: "/console/reconciliations"}, {Name: "导入", Href: "/console/import"},
			{Name: "网站外观", Href: "/console/themes", Also: []string{"/console/themes/version", "/console/mournings", "/console/front-pages", "/console/front-pages/"}},
			{Name: "集约化", Href: "/console/migrations", Also: []string{"/console/migrations/", "/console/platforms", "/console/platforms/"}}, {Name: "建站模板", Href: "/console/blueprints", Also: []string{"/console/blueprints/"}}, {Name: "导出中心", Href: "/console/move-outs", Also: []string{"/console/move-outs/"}}, {Name: "承办、等保与经费", Href: "/console/records", Also: recordPaths()}}},
		{Name: "单位", Href: "/console/units", Permit: authz.OrgRead, Parts: []web.Part{{Name: "单位", Href: "/console/units"}, {Name: "人员", Href: "/console/people"}, {Name: "岗位空缺", Href: "/console/vacancies"},
			{Name: "开设覆盖", Href: "/console/coverage"}, {Name: "机构调整", Href: "/console/reorganisations"}, {Name: "存量认定", Href: "/console/cutover", Also: []string{"/console/cutover/clearance"}}}},
		{Name: "审批", Href: "/console/cases", Permit: authz.CaseRead, Also: []string{"/console/applications", "/console/batches"}, Parts: []web.Part{{Name: "审批事项", Href: "/console/cases", Also: []string{"/console/advice"}}, {Name: "稿件意见征询", Href: "/console/consultations"}, {Name: "可申请的事项", Href: "/console/matters"}, {Name: "登记备案", Href: "/console/filings"},
			{Name: "公告悬挂", Href: "/console/notices"}, {Name: "关停迁移", Href: "/console/closings"}, {Name: "中断核实", Href: "/console/inquiries"}, {Name: "例外", Href: "/console/overrides"}}},
		{Name: "稿件", Href: "/console/items", Permit: authz.ItemRead, Also: []string{"/console/item-batches", "/console/move-ins"}, Parts: []web.Part{{Name: "信息资源库", Href: "/console/items", Also: []string{"/console/items/", "/console/item-batches/"}},
			{Name: "媒体库", Href: "/console/media"}, {Name: "成套报审", Href: "/console/item-packages"}, {Name: "应急发布", Href: "/console/emergencies"}, {Name: "栏目红绿灯", Href: "/console/columns"}, {Name: "网站编排", Href: "/console/layouts", Also: []string{"/console/layouts/", "/console/topics", "/console/topics/", "/console/bar/"}}, {Name: "政策解读", Href: "/console/interpretations", Also: []string{"/console/interpretations/waivers"}},
			{Name: "排期日历", Href: "/console/columns/calendar", Group: "公开"}, {Name: "定时发布", Href: "/console/schedule", Group: "公开"}, {Name: "法定公开", Href: "/console/disclosures", Group: "公开"}, {Name: "外文版同步", Href: "/console/translations", Group: "公开"}, {Name: "内容统计", Href: "/console/contents", Group: "公开"},
			{Name: "导入", Href: "/console/move-ins", Also: []string{"/console/move-ins/"}, Group: "导入、采用和转载"}, {Name: "采用申请", Href: "/console/share-requests", Group: "导入、采用和转载"}, {Name: "重要转载", Href: "/console/reposts", Group: "导入、采用和转载"}, {Name: "稿源名单", Href: "/console/sources", Group: "导入、采用和转载"},
			{Name: "审核流程", Href: "/console/review-routes", Group: "审核和检查规则"}, {Name: "放行清单", Href: "/console/checks/allowed", Group: "审核和检查规则"}, {Name: "规则质量", Href: "/console/checks/rules", Group: "审核和检查规则"}, {Name: "索引号代码", Href: "/console/index-codes", Group: "审核和检查规则"}}},
		{Name: "来信", Href: "/console/letters", Permit: authz.LetterRead},
		{Name: "检查", Href: "/console/inspection", Permit: authz.InspectionRead, Parts: slices.Concat([]web.Part{{Name: "检查", Href: "/console/inspection"}, {Name: "发现的问题", Href: "/console/findings", Also: []string{"/console/disputes", "/console/inspection/precision", "/console/inspection/causes"}}, {Name: "巡检计划", Href: "/console/inspection/plans"}, {Name: "值班", Href: "/console/duty", Also: []string{"/console/duty/"}}, {Name: "告警", Href: "/console/alarms", Also: []string{"/console/alarms/"}},
			{Name: "事件处置", Href: "/console/incidents", Also: []string{"/console/incidents/", "/console/takedowns", "/console/takedowns/"}}, {Name: "重要保障期", Href: "/console/protected-periods", Also: []string{"/console/protected-periods/"}, Group: "安全"}, {Name: "防篡改", Href: "/console/integrity", Group: "安全"},
			{Name: "词库", Href: "/console/lexicon", Also: []string{"/console/lexicon/"}, Group: "监测"}, {Name: "网站体检", Href: "/console/health", Also: []string{"/console/activity"}, Group: "监测"}, {Name: "访问统计", Href: "/console/visits", Also: []string{"/console/visits/method"}, Group: "监测"}}, guardParts())},
		{Name: "整改", Href: "/console/orders", Permit: authz.OrderRead},
		{Name: "考核与通报", Href: "/console/scores", Permit: authz.AssessmentRead, Parts: slices.Concat([]web.Part{{Name: "考核", Href: "/console/scores"}, {Name: "通报和报告", Href: "/console/bulletins", Also: []string{"/console/bulletins/", "/console/experiences", "/console/experiences/", "/console/result-letters", "/console/result-letters/"}}, {Name: "考核指标", Href: "/console/packs", Also: []string{"/console/packs/"}}}, []web.Part{annualPart, meritPart, errorReportPart}, appraiseParts())},
		{Name: "审计", Href: "/console/audit", Permit: authz.AuditRead},
		{Name: "登录账号", Href: "/console/logins", Permit: authz.LoginManage},
	}
}

// TopBar are the numbers of the top bar: what waits for the person, and how
// much of it is late.
func (h *House) TopBar(ctx context.Context) web.Counts {
	return workbenchweb.New(h.Workbench, h.Notify, h.Outbox, h.Config.Clock).Counts(ctx)
}

// Taken keeps in the trail who took which list out of the house.
func (h *House) Taken(ctx context.Context, t web.Taking) error {
	unit, _ := authz.SessionFrom(ctx).Unit()
	return h.DB.Update(ctx, func(tx *db.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Act: "ledger.export", Target: audit.Target{Kind: "ledger", ID: t.Path, Name: t.Name, Unit: unit},
			After: map[string]any{"filter": t.Filter, "columns": t.Columns, "rows": t.Rows}})
	})
}

// Routes is the whole route table, for the golden list and the tests that walk
// every door.
func (h *House) Routes() []web.Route {
	_, routes := h.doors()
	return routes
}
