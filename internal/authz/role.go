package authz

import "slices"

// Role is what a post lets its holder be.
type Role string

// The roles of the regulation and of the three separated administrators.
const (
	Supervisor    Role = "supervisor"     // 主管单位, Article 4
	Reviewer      Role = "reviewer"       // 审核人员 of an office, Article 7(2)
	Sponsor       Role = "sponsor"        // 主办单位, Article 6
	Editor        Role = "editor"         // 采编
	FirstReviewer Role = "first_reviewer" // 初审
	FinalReviewer Role = "final_reviewer" // 终审
	Operator      Role = "operator"       // 承办单位, Article 6
	Publicity     Role = "publicity"      // 宣传, Article 5
	Cyberspace    Role = "cyberspace"     // 网信
	Establishment Role = "establishment"  // 编制
	Police        Role = "police"         // 公安
	Telecom       Role = "telecom"        // 通信管理
	Auditor       Role = "auditor"        // 审计人员
	SystemAdmin   Role = "system_admin"   // 系统管理员
	SecurityAdmin Role = "security_admin" // 安全管理员
	AuditAdmin    Role = "audit_admin"    // 审计管理员
	Inspector     Role = "inspector"      // 读网值班, Article 19(4)

	PlatformOperator Role = "platform_operator" // 平台运维管理方, Article 28
)

// reach is how far a role sees from the unit of the post.
type reach string

const (
	reachOwn  reach = "own"  // the unit and what hangs below it
	reachWide reach = "wide" // an office: its area; a department: its line
	reachArea reach = "area" // the area, whatever unit the post is at: co-regulators (Art. 5) and auditors look across lines
)

// RoleInfo describes one role.
type RoleInfo struct {
	Role    Role
	Name    string // on screen
	Permits []Permission
	// SecondFactor: the role decides over others, so signing in needs a second
	// factor (demo logins come with it off and say so).
	SecondFactor bool
	reach        reach
}

// ReachesBelow reports whether a post of the role at an office reaches the units of its
// area, and not the office alone.
func (i RoleInfo) ReachesBelow() bool { return i.reach != reachOwn }

// Roles is the closed list, in the order screens show it.
var Roles = []RoleInfo{
	{Supervisor, "主管人员", []Permission{
		OrgRead, OrgManage, RegistryRead, RegistryManage, RegistryImport, RegistryBaseline, CaseRead, CaseDecide, OverrideGrant, LaunchManage,
		ItemRead, LetterRead, InspectionRead, InspectionRun, InspectionPlan, MonitorSwitch, OrderRead, OrderIssue, AssessmentRead, PackDraft, PackAdopt, BulletinCompose, ExperienceOffer,
		ObligationRead, NoticeRead, NoticePost, FilingRead, FilingRecord, FilingConfirm, ClosingRead, ClosingManage, InquiryDecide, OrgReorganise,
		PostManage, BaselineConfirm, CaseAdvise, RecordRead, RecordManage, LexiconRead, LexiconManage, RulesIssue, CoordinationManage, ShareRead, SettingsManage,
		GuidanceIssue, GuidanceAnswer, TrainingManage, SelfCheckFill, SelfCheckAffirm, MourningDeclare, MatrixManage, PlatformManage, SiteBuild,
		VigilDeclare, VigilReport, DutyManage, DutyServe, IncidentHandle, TakedownPropose, TakedownApprove,
		ImpostorReport, ImpostorVerify, ImpostorDispose, SecurityRead, DashboardRead,
		AppraisalManage, AppraisalJudge, MeritRecord,
		AnnualFill, AnnualReview}, true, reachWide},
	{Reviewer, "审核人员", []Permission{
		OrgRead, RegistryRead, CaseRead, CaseDecide, InspectionRead, DashboardRead, ObligationRead, NoticeRead, FilingRead, ClosingRead, CaseAdvise, RecordRead,
		AssessmentRead, AppraisalJudge}, true, reachWide},
	{Sponsor, "主办单位经办", []Permission{
		OrgRead, RegistryRead, RegistryManage, OpeningApply, CaseRead, LaunchManage, ColumnManage, ReleaseRestore, SiteCompose, SitePublish, ItemRead, ItemWrite, ItemWithdraw, MediaClear, LetterRead,
		LetterScreen, LetterAnswer, InspectionRead, InspectionRun, OrderRead, OrderAnswer, AssessmentRead, ExperienceOffer, ObligationRead, NoticeRead, NoticePost,
		FilingRead, FilingRecord, ClosingRead, ClosingManage, PostManage, CaseAdvise, RecordRead, RecordManage, LexiconRead, LexiconManage, GuidanceAnswer, TrainingManage,
		SelfCheckFill, AppearanceManage, SiteBuild, SiteExport, VigilReport, DutyManage, DutyServe, IncidentHandle, TakedownPropose,
		ImpostorReport, SecurityMend, SecurityRead, AppraisalAppeal, AnnualFill}, false, reachOwn},
	{Editor, "采编人员", []Permission{
		RegistryRead, ItemRead, ItemWrite, LexiconRead, LetterRead, LetterAnswer, InspectionRead, OrderRead, OrderAnswer, ObligationRead}, false, reachOwn},
	{FirstReviewer, "初审人员", []Permission{
		RegistryRead, ItemRead, ItemFirstReview, LexiconRead, LetterRead, InspectionRead, ObligationRead}, true, reachOwn},
	{FinalReviewer, "终审人员", []Permission{
		RegistryRead, ColumnManage, ReleaseRestore, SiteCompose, SitePublish, ItemRead, ItemFinalReview, ItemWithdraw, LetterRead, LetterReview, LetterPersonal, InspectionRead,
		ObligationRead, SelfCheckAffirm, TakedownApprove, LexiconRead, LexiconManage}, true, reachOwn},
	{Operator, "承办单位人员", []Permission{
		RegistryRead, SiteCompose, ItemRead, ItemWrite, InspectionRead, OrderRead, OrderAnswer, ObligationRead, DutyServe, VigilReport,
		SecurityMend, SecurityRead}, false, reachOwn},
	{Publicity, "宣传部门", []Permission{
		OrgRead, RegistryRead, CaseRead, InspectionRead, ObligationRead, CaseAdvise, ShareRead}, false, reachArea},
	{Cyberspace, "网信部门", []Permission{
		OrgRead, RegistryRead, CaseRead, InspectionRead, ObligationRead, CaseAdvise, ShareRead, ImpostorReport, ImpostorDispose, SecurityPlan, SecurityRead}, false, reachArea},
	{Establishment, "编制部门", []Permission{
		OrgRead, RegistryRead, CaseRead, InspectionRead, ObligationRead, FilingRead, FilingConfirm, CaseAdvise, ShareRead}, false, reachArea},
	{Police, "公安部门", []Permission{
		OrgRead, RegistryRead, CaseRead, InspectionRead, ObligationRead, FilingRead, FilingConfirm, CaseAdvise, ShareRead, ImpostorDispose}, false, reachArea},
	{Telecom, "通信管理部门", []Permission{
		OrgRead, RegistryRead, CaseRead, InspectionRead, ObligationRead, FilingRead, FilingConfirm, CaseAdvise, ShareRead, ImpostorDispose}, false, reachArea},
	{Auditor, "审计人员", []Permission{
		AuditRead, OrgRead, RegistryRead, CaseRead, ObligationRead, NoticeRead, FilingRead, ClosingRead, RecordRead, InspectionRead}, true, reachArea},
	{SystemAdmin, "系统管理员", []Permission{
		SystemManage, TokenManage, OrgRead}, true, reachWide},
	{SecurityAdmin, "安全管理员", []Permission{
		LoginManage, OrgRead}, true, reachWide},
	{AuditAdmin, "审计管理员", []Permission{
		AuditRead}, true, reachWide},
	{Inspector, "读网值班员", []Permission{
		OrgRead, RegistryRead, InspectionRead, InspectionRun, LexiconRead, OrderRead, DashboardRead, ObligationRead, NoticeRead, ClosingRead,
		VigilReport, DutyServe, IncidentHandle, TakedownPropose,
		ImpostorReport, AssessmentRead, AppraisalJudge}, false, reachWide},
	// Never a permission on content, columns or letters: the residents' side.
	{PlatformOperator, "平台运维人员", []Permission{
		OrgRead, RegistryRead, RecordRead, ObligationRead, InspectionRead, PlatformManage}, true, reachArea},
}

// LooksOn reports whether a role sees what the unit of its post owes and performs none of
// it: it audits, keeps the system, or runs the platform that others publish on.
func (r Role) LooksOn() bool {
	return slices.Contains([]Role{Auditor, AuditAdmin, SystemAdmin, SecurityAdmin, PlatformOperator}, r)
}

// Info is the description of a role; ok is false for an unknown one.
func Info(r Role) (RoleInfo, bool) {
	for _, i := range Roles {
		if i.Role == r {
			return i, true
		}
	}
	return RoleInfo{}, false
}

// Separated are the three administrators of which one person never holds two
// (等保: 三员分立).
var Separated = []Role{SystemAdmin, SecurityAdmin, AuditAdmin}

// With are the roles that have a permission.
func With(need Permission) []Role {
	var out []Role
	for _, r := range Roles {
		if slices.Contains(r.Permits, need) {
			out = append(out, r.Role)
		}
	}
	return out
}
