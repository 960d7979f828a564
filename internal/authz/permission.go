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
	RegistryRead    Permission = "registry.read"
	RegistryManage  Permission = "registry.manage"
	RegistryImport  Permission = "registry.import"
	OpeningApply    Permission = "opening.apply"
	CaseRead        Permission = "case.read"
	CaseDecide      Permission = "case.decide"
	OverrideGrant   Permission = "override.grant"
	LaunchManage    Permission = "launch.manage"
	ColumnManage    Permission = "column.manage"
	ItemRead        Permission = "item.read"
	ItemWrite       Permission = "item.write"
	ItemFirstReview Permission = "item.first_review"
	ItemFinalReview Permission = "item.final_review"
	ItemWithdraw    Permission = "item.withdraw"
	LetterRead      Permission = "letter.read"
	LetterScreen    Permission = "letter.screen"
	LetterAnswer    Permission = "letter.answer"
	LetterReview    Permission = "letter.review"
	LetterPersonal  Permission = "letter.personal"
	InspectionRead  Permission = "inspection.read"
	InspectionRun   Permission = "inspection.run"
	MonitorSwitch   Permission = "monitor.switch"
	OrderRead       Permission = "order.read"
	OrderIssue      Permission = "order.issue"
	OrderAnswer     Permission = "order.answer"
	AssessmentRead  Permission = "assessment.read"
	PackAdopt       Permission = "pack.adopt"
	BulletinCompose Permission = "bulletin.compose"
	ObligationRead  Permission = "obligation.read"
	SettingsManage  Permission = "settings.manage"
	GuidanceIssue   Permission = "guidance.issue"
	GuidanceAnswer  Permission = "guidance.answer"
	TrainingManage  Permission = "training.manage"
	SelfCheckFill   Permission = "selfcheck.fill"
	SelfCheckAffirm Permission = "selfcheck.affirm"
	AuditRead       Permission = "audit.read"
	LoginManage     Permission = "login.manage"
	SystemManage    Permission = "system.manage"
	TokenManage     Permission = "token.manage"
)

// Describe says in Chinese what each permission allows; it is also the closed
// list.
var Describe = map[Permission]string{
	Public:          "任何人",
	SignedIn:        "任何已登录人员",
	OrgRead:         "查看单位和人员",
	OrgManage:       "登记单位、岗位和人员",
	RegistryRead:    "查看站点台账",
	RegistryManage:  "登记和变更站点、账号",
	RegistryImport:  "批量导入台账",
	OpeningApply:    "提出开设申请",
	CaseRead:        "查看审批事项",
	CaseDecide:      "审核、批准、退回",
	OverrideGrant:   "对“原则上”的规定批准例外",
	LaunchManage:    "办理上线清单",
	ColumnManage:    "管理栏目",
	ItemRead:        "查看信息资源库",
	ItemWrite:       "采编稿件",
	ItemFirstReview: "初审稿件",
	ItemFinalReview: "终审并发布稿件",
	ItemWithdraw:    "撤稿",
	LetterRead:      "查看来信",
	LetterScreen:    "受理并分办来信",
	LetterAnswer:    "起草答复",
	LetterReview:    "审核并发出答复",
	LetterPersonal:  "查看来信人的个人信息（留痕）",
	InspectionRead:  "查看检查结果",
	InspectionRun:   "发起检查",
	MonitorSwitch:   "开启或关闭对站点的监测",
	OrderRead:       "查看整改通知",
	OrderIssue:      "下发整改通知、确认办结",
	OrderAnswer:     "答复整改通知、申请复测",
	AssessmentRead:  "查看考核得分",
	PackAdopt:       "采用指标包",
	BulletinCompose: "编制季度通报",
	ObligationRead:  "查看义务和时限",
	SettingsManage:  "查看和设定本省的规则选择、节假日安排",
	GuidanceIssue:   "印发工作通知、答复询问",
	GuidanceAnswer:  "签收工作通知、报送材料",
	TrainingManage:  "组织培训、登记学习",
	SelfCheckFill:   "填报季度安全自查",
	SelfCheckAffirm: "确认季度安全自查",
	AuditRead:       "查询并校验审计",
	LoginManage:     "管理登录账号和授权",
	SystemManage:    "管理系统运行和设置",
	TokenManage:     "管理接口令牌",
}
