package authz

// Permission is one thing a route lets a person do. The list is closed;
// routes.golden shows which route asks for which.
type Permission string

// Audiences that are not permissions proper.
const (
	Public   Permission = "public"    // anyone, signed in or not
	SignedIn Permission = "signed_in" // any signed-in person; data by own posts
)

// The permissions, by department of the house.
const (
	OrgRead         Permission = "org.read"
	OrgManage       Permission = "org.manage"
	OrgReorganise   Permission = "org.reorganise"
	PostManage      Permission = "post.manage"
	RegistryRead    Permission = "registry.read"
	RegistryManage  Permission = "registry.manage"
	RegistryImport  Permission = "registry.import"
	BaselineConfirm Permission = "baseline.confirm"
	// RegistryBaseline enters what existed before the ledger did.
	RegistryBaseline Permission = "registry.baseline"
	OpeningApply     Permission = "opening.apply"
	CaseRead         Permission = "case.read"
	CaseDecide       Permission = "case.decide"
	CaseAdvise       Permission = "case.advise"
	OverrideGrant    Permission = "override.grant"
	LaunchManage     Permission = "launch.manage"
	ColumnManage     Permission = "column.manage"
	// SiteCompose arranges home pages and topics, seen by nobody yet;
	// SitePublish shows them to readers and keeps the notice bar.
	SiteCompose        Permission = "site.compose"
	SitePublish        Permission = "site.publish"
	ReleaseRestore     Permission = "release.restore"
	ItemRead           Permission = "item.read"
	ItemWrite          Permission = "item.write"
	ItemFirstReview    Permission = "item.first_review"
	ItemFinalReview    Permission = "item.final_review"
	ItemWithdraw       Permission = "item.withdraw"
	MediaClear         Permission = "media.clear" // takes out what no item shows
	LetterRead         Permission = "letter.read"
	LetterScreen       Permission = "letter.screen"
	LetterAnswer       Permission = "letter.answer"
	LetterReview       Permission = "letter.review"
	LetterPersonal     Permission = "letter.personal"
	InspectionRead     Permission = "inspection.read"
	InspectionRun      Permission = "inspection.run"
	InspectionPlan     Permission = "inspection.plan"
	MonitorSwitch      Permission = "monitor.switch"
	OrderRead          Permission = "order.read"
	OrderIssue         Permission = "order.issue"
	OrderAnswer        Permission = "order.answer"
	AssessmentRead     Permission = "assessment.read"
	PackDraft          Permission = "pack.draft"
	PackAdopt          Permission = "pack.adopt"
	BulletinCompose    Permission = "bulletin.compose"
	ExperienceOffer    Permission = "experience.offer"
	ObligationRead     Permission = "obligation.read"
	DashboardRead      Permission = "dashboard.read"
	SettingsManage     Permission = "settings.manage"
	GuidanceIssue      Permission = "guidance.issue"
	GuidanceAnswer     Permission = "guidance.answer"
	TrainingManage     Permission = "training.manage"
	SelfCheckFill      Permission = "selfcheck.fill"
	SelfCheckAffirm    Permission = "selfcheck.affirm"
	NoticeRead         Permission = "notice.read"
	NoticePost         Permission = "notice.post"
	FilingRead         Permission = "filing.read"
	FilingRecord       Permission = "filing.record"
	FilingConfirm      Permission = "filing.acknowledge"
	ClosingRead        Permission = "closing.read"
	ClosingManage      Permission = "closing.manage"
	InquiryDecide      Permission = "inquiry.decide"
	AuditRead          Permission = "audit.read"
	LoginManage        Permission = "login.manage"
	SystemManage       Permission = "system.manage"
	TokenManage        Permission = "token.manage"
	RecordRead         Permission = "record.read"
	RecordManage       Permission = "record.manage"
	LexiconRead        Permission = "lexicon.read"
	LexiconManage      Permission = "lexicon.manage"
	RulesIssue         Permission = "rules.issue"
	CoordinationManage Permission = "coordination.manage"
	ShareRead          Permission = "share.read"
	AppearanceManage   Permission = "appearance.manage"
	MourningDeclare    Permission = "mourning.declare"
	// MatrixManage names heads and places in the two matrices (Article 11).
	MatrixManage Permission = "matrix.manage"
	// PlatformManage is the platform operator's side of Article 28: platforms,
	// tenants, quotas, themes. It holds nothing of a resident's content.
	PlatformManage Permission = "platform.manage"
	// SiteBuild sets a site up from a template or another site.
	SiteBuild Permission = "site.build"
	// ImpostorReport enters what looks like a fake; ImpostorVerify is the
	// supervisor's word and referral, ImpostorDispose what 网信, 通信 and 公安 did
	// (Article 23(3)).
	ImpostorReport  Permission = "impostor.report"
	ImpostorVerify  Permission = "impostor.verify"
	ImpostorDispose Permission = "impostor.dispose"
	// SecurityRead is the yearly check read, SecurityPlan is 网信's yearly check (Article 23(1)); SecurityMend is the
	// sponsor's part in it.
	SecurityRead Permission = "security.read"
	SecurityPlan Permission = "security.plan"
	SecurityMend Permission = "security.mend"
	// SiteExport takes everything of one's own site out: the resident's right.
	SiteExport Permission = "site.export"
	// VigilDeclare declares protected periods, which only the provincial office
	// does; VigilReport gives a unit's own 零报告 (readings 21).
	VigilDeclare Permission = "vigil.declare"
	VigilReport  Permission = "vigil.report"
	// DutyManage arranges the roster of an office; DutyServe stands on it, takes
	// alarms and keeps the daily record (Article 19(4)).
	DutyManage Permission = "duty.manage"
	DutyServe  Permission = "duty.serve"
	// IncidentHandle works in an incident room; TakedownPropose and
	// TakedownApprove are the two persons of an emergency takedown.
	IncidentHandle  Permission = "incident.handle"
	TakedownPropose Permission = "takedown.propose"
	TakedownApprove Permission = "takedown.approve"
	// AnnualFill fills a unit's own annual forms in, publishes them and records
	// their address; AnnualReview is the office above (Article 19(6)).
	AnnualFill   Permission = "annual.fill"
	AnnualReview Permission = "annual.review"
	// AppraisalManage holds rounds and blind tests, AppraisalJudge is a judge's
	// and a marker's side, AppraisalAppeal the unit's (Articles 29 and 30).
	AppraisalManage Permission = "appraisal.manage"
	AppraisalJudge  Permission = "appraisal.judge"
	AppraisalAppeal Permission = "appraisal.appeal"
	// MeritRecord enters and checks what was decided of units and persons upon
	// merit and fault (Article 30).
	MeritRecord Permission = "merit.record"
)

// Describe says in Chinese what each permission allows; it is also the closed
// list.
var Describe = map[Permission]string{
	Public:             "任何人",
	SignedIn:           "任何已登录人员",
	OrgRead:            "查看单位和人员",
	OrgManage:          "登记单位、岗位和人员",
	OrgReorganise:      "办理机构调整和区划调整",
	PostManage:         "登记法定岗位、离岗和交接",
	RegistryRead:       "查看站点台账",
	RegistryManage:     "登记和变更站点、账号",
	RegistryImport:     "批量导入台账",
	BaselineConfirm:    "存量认定",
	RegistryBaseline:   "登记存量账号和域名，更正域名状态",
	OpeningApply:       "提出开设、下线、退出、关停等申请",
	CaseRead:           "查看审批事项",
	CaseDecide:         "审核、批准、退回",
	CaseAdvise:         "答复会签和征求意见",
	OverrideGrant:      "对“原则上”的规定批准例外",
	LaunchManage:       "办理上线清单",
	ColumnManage:       "管理栏目",
	SiteCompose:        "编排首页和专题",
	SitePublish:        "发布首页和专题的编排、管理公告栏",
	ReleaseRestore:     "恢复网站以前的版本",
	ItemRead:           "查看信息资源库",
	ItemWrite:          "采编稿件",
	ItemFirstReview:    "初审稿件",
	ItemFinalReview:    "终审并发布稿件",
	ItemWithdraw:       "撤稿",
	MediaClear:         "清理媒体库",
	LetterRead:         "查看来信",
	LetterScreen:       "受理并分办来信",
	LetterAnswer:       "起草答复",
	LetterReview:       "审核并发出答复",
	LetterPersonal:     "查看来信人的个人信息（留痕）",
	InspectionRead:     "查看检查结果",
	InspectionRun:      "发起检查",
	InspectionPlan:     "制定巡检计划",
	MonitorSwitch:      "开启或关闭对站点的监测",
	OrderRead:          "查看整改通知",
	OrderIssue:         "下发整改通知、确认办结",
	OrderAnswer:        "答复整改通知、申请复测",
	AssessmentRead:     "查看考核得分",
	PackDraft:          "起草、复核和试算指标包",
	PackAdopt:          "采用指标包",
	BulletinCompose:    "编制、复核、印发检查通报和报告",
	ExperienceOffer:    "报送典型经验",
	ObligationRead:     "查看义务和时限",
	DashboardRead:      "查看今日要情和看板",
	SettingsManage:     "查看和设定本省的规则选择、节假日安排",
	GuidanceIssue:      "印发工作通知、答复询问",
	GuidanceAnswer:     "签收工作通知、报送材料",
	TrainingManage:     "组织培训、登记学习",
	SelfCheckFill:      "填报季度安全自查",
	SelfCheckAffirm:    "确认季度安全自查",
	NoticeRead:         "查看公告悬挂情况",
	NoticePost:         "登记公告网址、补留证据",
	FilingRead:         "查看注册和备案事项",
	FilingRecord:       "登记注册和备案的编号、回执",
	FilingConfirm:      "核对注册和备案回执（协同监管）",
	ClosingRead:        "查看关停迁移和核实单",
	ClosingManage:      "办理关停迁移、答复核实单",
	InquiryDecide:      "发出核实单并认定、登记问责",
	AuditRead:          "查询并校验审计",
	LoginManage:        "管理登录账号和授权",
	SystemManage:       "管理系统运行和设置",
	TokenManage:        "管理接口令牌",
	RecordRead:         "查看承办、运维细则、等保和经费等记录",
	RecordManage:       "登记承办、运维细则、等保和经费等记录",
	LexiconRead:        "查看词库",
	LexiconManage:      "维护词库，确认他人提出的严重类词条",
	RulesIssue:         "以主管单位名义印发运维管理细则",
	CoordinationManage: "登记协同工作、向协同监管单位共享台账",
	ShareRead:          "查看并签收共享台账",
	AppearanceManage:   "设定站点外观",
	MourningDeclare:    "对管辖的站点统一设定哀悼灰度",
	MatrixManage:       "指定矩阵的龙头和位置",
	PlatformManage:     "管理集约化平台、进驻单位和限额（不涉及内容）",
	SiteBuild:          "用模板或复制方式建站",
	ImpostorReport:     "登记假冒线索",
	ImpostorVerify:     "核实假冒线索、商请网信部门处理",
	ImpostorDispose:    "登记假冒处置结果（网信、通信、公安）",
	SecurityRead:       "查看年度网络安全检查",
	SecurityPlan:       "组织年度网络安全检查、复测漏洞",
	SecurityMend:       "整改网络安全漏洞",
	SiteExport:         "导出本单位网站的全部数据",
	VigilDeclare:       "声明重要保障期、登记同意的例外",
	VigilReport:        "报送本单位的零报告",
	DutyManage:         "编排和公布值班表",
	DutyServe:          "值班：接收告警、填写巡检记录、交接班",
	IncidentHandle:     "处置突发事件",
	TakedownPropose:    "提出应急撤下",
	TakedownApprove:    "批准、补审应急撤下",
	AnnualFill:         "填报、公开年度报表",
	AnnualReview:       "审核、催报年度报表",
	AppraisalManage:    "组织考核轮次和盲测，裁定、公布、勘误",
	AppraisalJudge:     "人工评判，给盲测答复评分",
	AppraisalAppeal:    "确认考核结果、提出申诉",
	MeritRecord:        "登记、复核表扬和问责",
}
