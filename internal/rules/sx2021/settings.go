package sx2021

import (
	"time"

	"zhengshu/internal/calendar"
)

// Settings are the choices the text leaves to the province (docs/law/readings.md). The
// numbers the regulation itself states are constants beside their clause.
type Settings struct {
	// ICPBarsLaunch: no launch without an ICP filing number (readings 4).
	ICPBarsLaunch bool `json:"icp_bars_launch"`
	// ChineseDomainBarsLaunch: no launch without a Chinese domain (readings 4).
	ChineseDomainBarsLaunch bool `json:"chinese_domain_bars_launch"`
	// SecurityReportDays is how old, in days, a security report may be at launch.
	SecurityReportDays int `json:"security_report_days"`
	// PoliceFilingDays is the time after launch for the police filing, in days:
	// an obligation, never a bar (readings 4).
	PoliceFilingDays int `json:"police_filing_days"`
	// AccountFilingWorkdays reads 「及时备案」 of Article 7(3), in working days.
	AccountFilingWorkdays int `json:"account_filing_workdays"`
	// EmergencyReportHours reads 「及时以书面形式…报备」 of Article 8(1), in hours
	// after the fact.
	EmergencyReportHours int `json:"emergency_report_hours"`
	// CancelDays reads 「随后」 of Article 8(3): how long a deregistration may take,
	// in days.
	CancelDays int `json:"cancel_days"`
	// ClosureDays is after how many days a closure is shown as standing still: the
	// article sets no last day for it as a whole.
	ClosureDays int `json:"closure_days"`
	// NoticeReceiptDays is how often a person keeps a screenshot of a notice that
	// no fetch can see, in days (readings 2).
	NoticeReceiptDays int `json:"notice_receipt_days"`
	// MediaUnusedDays is how long a file of the media library that nothing shows
	// lies before it is listed to be cleared, in days.
	MediaUnusedDays int `json:"media_unused_days"`
	// EvidenceDays is how long the bytes of a finding's evidence are kept after it
	// has closed, in days. No article gives a number.
	EvidenceDays int `json:"evidence_days"`
	// InquiryWorkdays is how long a sponsor has to answer an 核实单, in working
	// days (readings 7).
	InquiryWorkdays int `json:"inquiry_workdays"`
	// AccountabilityWorkdays is how long a supervisor has to register what was
	// decided on an offline without leave, in working days.
	AccountabilityWorkdays int `json:"accountability_workdays"`
	// DestinationNoticeDays is how long the notice of where the content went hangs.
	DestinationNoticeDays int `json:"destination_notice_days"`
	// WaiverWorkdays is the time for a waived interpretation: 0 is the same day,
	// at most 3 working days (readings 20).
	WaiverWorkdays int `json:"waiver_workdays"`
	// InterpretationForms is the number of forms below which the author is warned.
	InterpretationForms int `json:"interpretation_forms"`
	// OrdinaryReviews and ImportantReviews are the review steps an item needs
	// before release: 「分级分类审核」 with at least two persons.
	OrdinaryReviews  int `json:"ordinary_reviews"`
	ImportantReviews int `json:"important_reviews"`
	// ReviewWorkdays is the time for one step of a review, in working days,
	// where the unit's own route sets none.
	ReviewWorkdays int `json:"review_workdays"`
	// ConsultWorkdays is the time another unit has to give its opinion on an
	// item, in working days.
	ConsultWorkdays int `json:"consult_workdays"`
	// AfterReviewWorkdays is the time for the second look at what went out by
	// the emergency lane, in working days.
	AfterReviewWorkdays int `json:"after_review_workdays"`
	// FactCheckDays is how long the link of an outside fact check works, in days.
	FactCheckDays int `json:"fact_check_days"`
	// ProofMinutes is how old the last proof of identity may be at a final
	// approval, in minutes; then the password or a code is asked for again.
	ProofMinutes int `json:"proof_minutes"`
	// ZonesCloseAsPortals: a national zone's portal is kept open like a
	// government's (Article 33 with 8(3)).
	ZonesCloseAsPortals bool `json:"zones_close_as_portals"`
	// UnexplainedDownHours is the silence after which an 核实单 opens (readings 7).
	UnexplainedDownHours int `json:"unexplained_down_hours"`
	// LedgerClearingWorkdays is how long a sponsor has to clear a difference
	// between the ledger and another list.
	LedgerClearingWorkdays int `json:"ledger_clearing_workdays"`
	// RecertifyMonth and RecertifyDay are the day of each year by which every
	// holder has confirmed its records of the ledger.
	RecertifyMonth int `json:"recertify_month"`
	RecertifyDay   int `json:"recertify_day"`
	// RecertifyDays is how many days before it the duty opens.
	RecertifyDays int `json:"recertify_days"`
	// LowUseMonthly is the number of active users in a month below which an app
	// is listed for merging (Article 27).
	LowUseMonthly int `json:"low_use_monthly"`
	// TombstoneYears is how long a given-up domain stays watched.
	TombstoneYears int `json:"tombstone_years"`
	// VacancyWorkdays is the time to fill a vacant post of Article 18, in working
	// days.
	VacancyWorkdays int `json:"vacancy_workdays"`
	// RulesReceiptWorkdays is how long a resident has to sign for the operating
	// rules, in working days (readings 16).
	RulesReceiptWorkdays int `json:"rules_receipt_workdays"`
	// ShareReceiptWorkdays is how long a co-regulator has to sign for a shared
	// ledger, in working days.
	ShareReceiptWorkdays int `json:"share_receipt_workdays"`
	// ReferralWorkdays is how long a co-regulator has to deal with what was handed
	// over to it and to answer, in working days.
	ReferralWorkdays int `json:"referral_workdays"`
	// BudgetDueMonth and BudgetDueDay are the day of the year by which a year's
	// budget lines are entered (Article 21).
	BudgetDueMonth int `json:"budget_due_month"`
	BudgetDueDay   int `json:"budget_due_day"`
	// MatrixDays is how long an area has to name the head of its matrix once an
	// object of it stands nowhere, in days (Article 11).
	MatrixDays int `json:"matrix_days"`
	// ImpostorVerifyWorkdays is how long the supervisor has to verify a reported
	// fake, ImpostorReferWorkdays reads 「及时商请网信部门处理」 of Article 23(3)
	// (readings 12), ImpostorStepWorkdays 「及时…进行处置」, all in working days.
	ImpostorVerifyWorkdays int `json:"impostor_verify_workdays"`
	ImpostorReferWorkdays  int `json:"impostor_refer_workdays"`
	ImpostorStepWorkdays   int `json:"impostor_step_workdays"`
	// ImpostorWatchDays is how long a fake must have been gone before its case
	// ends, in days.
	ImpostorWatchDays int `json:"impostor_watch_days"`
	// HoleSeriousDays, HoleErrorDays and HoleAdviceDays are how long a sponsor has
	// to close a hole that the yearly check of Article 23(1) found, in days, by
	// its severity.
	HoleSeriousDays int `json:"hole_serious_days"`
	HoleErrorDays   int `json:"hole_error_days"`
	HoleAdviceDays  int `json:"hole_advice_days"`
	// AccountMendDays is how long a sponsor has to mend what is wrong with an
	// account, in days.
	AccountMendDays int `json:"account_mend_days"`
	// RosterDueDay is the day of the month by which the duty roster of the next
	// month is published (Article 19(4)).
	RosterDueDay int `json:"roster_due_day"`
	// RecordDueHour is the hour of the day by which the record of the daily reading is
	// confirmed (Article 19(4)). No source gives the hour.
	RecordDueHour int `json:"record_due_hour"`
	// NearVetoPercent is the failed share of seven days, in per cent, from which a site
	// is marked on the board: the veto of indicator V-W-2 stands above it. No source
	// gives the share.
	NearVetoPercent int `json:"near_veto_percent"`
	// AlarmMinutes is how long an alarm waits to be taken before the next person
	// is told.
	AlarmMinutes int `json:"alarm_minutes"`
	// AlarmSuperiorMinutes is how long the unit's principal, and then the office
	// above, has before the duty further up is told. No source gives the time.
	AlarmSuperiorMinutes int `json:"alarm_superior_minutes"`
	// AlarmTakenMinutes is how long an alarm that somebody took may stand before
	// they are asked, and then before each step up. No source gives the time.
	AlarmTakenMinutes int `json:"alarm_taken_minutes"`
	// DownAlarmMinutes is how long a site is unreachable before the duty is
	// alarmed.
	DownAlarmMinutes int `json:"down_alarm_minutes"`
	// CrawlerAnswerHours is how long a crawler on the other side of a wall has to begin
	// and answer what it was sent, in hours, before the site is patrolled from here
	// again. No source gives the time.
	CrawlerAnswerHours int `json:"crawler_answer_hours"`
	// CrawledOutside: this house has no way to the Internet, and sites that it does not
	// serve itself are looked at by the crawler on the other network (readings 22).
	CrawledOutside bool `json:"crawled_outside"`
	// AddressAtOnce and AddressPerSecond bound what a patrol asks of one IP address, by
	// all names that lead to it together. No source gives the figures.
	AddressAtOnce    int `json:"address_at_once"`
	AddressPerSecond int `json:"address_per_second"`
	// KnownShare is how much of a patrol's pages, in per cent, may be those known of
	// earlier ones that the last did not come to; 0: none. No source gives the figure.
	KnownShare int `json:"known_share"`
	// TakedownReviewHours is the time for the second look at what one person took
	// down alone, in hours.
	TakedownReviewHours int `json:"takedown_review_hours"`
	// DisputeWorkdays is the time to answer a disputed finding, in working days.
	DisputeWorkdays int `json:"dispute_workdays"`
	// FalseAlarmDays is how long, in days, a confirmed false alarm about a state that
	// changes with time holds; one about words on a page holds until its rule changes.
	FalseAlarmDays int `json:"false_alarm_days"`
	// VigilSummaryWorkdays is the time for the summary of a protected period, in
	// working days after it (readings 21).
	VigilSummaryWorkdays int `json:"vigil_summary_workdays"`
	// OrderSeriousWorkdays, OrderErrorWorkdays and OrderAdviceWorkdays are how
	// long a unit has to put right what an order says, in working days, by the
	// worst of it: Article 30 says 及时.
	OrderSeriousWorkdays int `json:"order_serious_workdays"`
	OrderErrorWorkdays   int `json:"order_error_workdays"`
	OrderAdviceWorkdays  int `json:"order_advice_workdays"`
	// OrderReopenDays is how many days after closing an order the same defect
	// opens it again instead of waiting for a new order.
	OrderReopenDays int `json:"order_reopen_days"`
	// OrderExtensions is how often an order may be extended,
	// OrderExtensionWorkdays by how many working days in all.
	OrderExtensions        int `json:"order_extensions"`
	OrderExtensionWorkdays int `json:"order_extension_workdays"`
	// OrderConfirmWorkdays is how long the office has to look at what no machine
	// can look at, in working days.
	OrderConfirmWorkdays int `json:"order_confirm_workdays"`
	// OrderSuperviseWorkdays is after how many working days an overdue order goes
	// to the office above, OrderSuperviseReplyWorkdays how long that has for its
	// letter.
	OrderSuperviseWorkdays      int `json:"order_supervise_workdays"`
	OrderSuperviseReplyWorkdays int `json:"order_supervise_reply_workdays"`
	// OwnMendedCounts: what a unit found and mended itself before a check counts
	// against it.
	OwnMendedCounts bool `json:"own_mended_counts"`
	// AnnualFormDay is the day of January by which the annual forms of the year
	// before are public: nationally the 31st (国办函〔2018〕12号), here the 22nd;
	// AnnualFormDays is how many days before it they are opened.
	AnnualFormDay  int `json:"annual_form_day"`
	AnnualFormDays int `json:"annual_form_days"`
	// AnnualReviewWorkdays is the time to review a form, AnnualAddressWorkdays
	// the time to write the address of a published one back into the national
	// system, both in working days.
	AnnualReviewWorkdays  int `json:"annual_review_workdays"`
	AnnualAddressWorkdays int `json:"annual_address_workdays"`
	// MonthlyCheckDays is how long after a month its check sheet is signed off,
	// BulletinDays after a quarter its bulletin goes out, in days (Articles 29, 30).
	MonthlyCheckDays int `json:"monthly_check_days"`
	BulletinDays     int `json:"bulletin_days"`
	// AssessmentDueMonth and AssessmentDueDay are the day of the next year by
	// which the assessment of a year goes out (Article 29); SupervisionDueMonth
	// and SupervisionDueDay the one of a supervisor's yearly report (Article 30).
	AssessmentDueMonth  int `json:"assessment_due_month"`
	AssessmentDueDay    int `json:"assessment_due_day"`
	SupervisionDueMonth int `json:"supervision_due_month"`
	SupervisionDueDay   int `json:"supervision_due_day"`
	// SampleSites and SampleAccounts are the shares of a round's sample, in per
	// cent of each stratum: the province checks every site each quarter.
	SampleSites    int `json:"sample_sites"`
	SampleAccounts int `json:"sample_accounts"`
	// AppealWorkdays is how long a unit may appeal against a result,
	// AppealAnswerWorkdays how long the office has to answer, in working days.
	AppealWorkdays       int `json:"appeal_workdays"`
	AppealAnswerWorkdays int `json:"appeal_answer_workdays"`
	// TopOwnJudged: the site of an office that has none above it here is judged by
	// people of that office who have no hand in it, with their reason (readings 1
	// gives an office's own site to the next office up; above the province stands
	// the State Council's).
	TopOwnJudged bool `json:"top_own_judged"`
	// DutyPooled: the office of an area keeps the reading duty for the sponsors of
	// the area that have published no roster of their own. Article 19(4) lays the
	// duty on every sponsor and operator; a bureau of five people cannot fill 24
	// hours. Without it each sponsor of a running site owes a roster and records.
	DutyPooled bool `json:"duty_pooled"`
	// BlindTestWorkdays is the time for the answer to a test letter, in working
	// days, BlindTestLetters how many go to a site.
	BlindTestWorkdays int `json:"blind_test_workdays"`
	BlindTestLetters  int `json:"blind_test_letters"`
}

// maxWaiverWorkdays bounds WaiverWorkdays (readings 20).
const maxWaiverWorkdays = 3

// commonYear has no 29 February: a due day stands in every year.
const commonYear = 2021

// Defaults are the settings of a province that has chosen nothing.
func Defaults() Settings {
	return Settings{
		ICPBarsLaunch:           true,
		ChineseDomainBarsLaunch: true,
		SecurityReportDays:      90,
		PoliceFilingDays:        30,
		AccountFilingWorkdays:   10,
		EmergencyReportHours:    24,
		CancelDays:              30,
		ClosureDays:             120,
		NoticeReceiptDays:       7,
		InquiryWorkdays:         2,
		AccountabilityWorkdays:  20,
		DestinationNoticeDays:   30,
		WaiverWorkdays:          0,
		InterpretationForms:     2,
		OrdinaryReviews:         2,
		ImportantReviews:        3,
		ReviewWorkdays:          1,
		ConsultWorkdays:         3,
		AfterReviewWorkdays:     1,
		FactCheckDays:           3,
		ProofMinutes:            30,
		ZonesCloseAsPortals:     true,
		UnexplainedDownHours:    24,
		LedgerClearingWorkdays:  10,
		RecertifyMonth:          10,
		RecertifyDay:            31,
		RecertifyDays:           60,
		LowUseMonthly:           500,
		TombstoneYears:          5,
		VacancyWorkdays:         10,
		RulesReceiptWorkdays:    5,
		ShareReceiptWorkdays:    5,
		ReferralWorkdays:        10,
		BudgetDueMonth:          3,
		BudgetDueDay:            31,
		MatrixDays:              10,
		ImpostorVerifyWorkdays:  2,
		ImpostorReferWorkdays:   1,
		ImpostorStepWorkdays:    5,
		ImpostorWatchDays:       7,
		HoleSeriousDays:         3,
		HoleErrorDays:           15,
		HoleAdviceDays:          60,
		AccountMendDays:         5,
		MediaUnusedDays:         90,
		EvidenceDays:            1095,
		RosterDueDay:            25,
		RecordDueHour:           18,
		NearVetoPercent:         3,
		DutyPooled:              true,
		AlarmMinutes:            15,
		AlarmSuperiorMinutes:    30,
		AlarmTakenMinutes:       60,
		DownAlarmMinutes:        10,
		CrawlerAnswerHours:      48,
		AddressAtOnce:           8,
		AddressPerSecond:        20,
		KnownShare:              50,
		TakedownReviewHours:     24,
		DisputeWorkdays:         5,
		FalseAlarmDays:          90,
		VigilSummaryWorkdays:    5,

		OrderSeriousWorkdays: 1, OrderErrorWorkdays: 5, OrderAdviceWorkdays: 10, OrderReopenDays: 30,
		OrderExtensions: 1, OrderExtensionWorkdays: 10, OrderConfirmWorkdays: 2, OrderSuperviseWorkdays: 5, OrderSuperviseReplyWorkdays: 3,
		SampleSites:           100,
		SampleAccounts:        30,
		AppealWorkdays:        5,
		AppealAnswerWorkdays:  5,
		BlindTestWorkdays:     5,
		BlindTestLetters:      2,
		AnnualFormDay:         22,
		AnnualFormDays:        60,
		AnnualReviewWorkdays:  3,
		AnnualAddressWorkdays: 5,
		MonthlyCheckDays:      10,
		BulletinDays:          30,
		AssessmentDueMonth:    3,
		AssessmentDueDay:      31,
		SupervisionDueMonth:   1,
		SupervisionDueDay:     31,
	}
}

// Wrong says in Chinese which settings cannot stand; empty when all can.
func (s Settings) Wrong() []string {
	var out []string
	bad := func(wrong bool, says string) {
		if wrong {
			out = append(out, says)
		}
	}
	bad(s.SecurityReportDays < 1, "安全检测报告有效天数须为1天以上，请填写正整数。")
	bad(s.PoliceFilingDays < 1, "公安备案期限须为1天以上，请填写正整数。")
	bad(s.AccountFilingWorkdays < 1, "政务新媒体备案期限须为1个工作日以上，请填写正整数。")
	bad(s.EmergencyReportHours < 1, "紧急下线书面报备时限须为1小时以上，请填写正整数。")
	bad(s.CancelDays < 1, "注销登记期限须为1天以上，请填写正整数。")
	bad(s.ClosureDays < 31, "关停办结提醒天数须多于公告悬挂的30天，请填写31以上的整数。")
	bad(s.NoticeReceiptDays < 1 || s.NoticeReceiptDays > 15, "公告人工留证的间隔须为1至15天，请重新填写。")
	bad(s.InquiryWorkdays < 1, "核实单答复期限须为1个工作日以上，请填写正整数。")
	bad(s.AccountabilityWorkdays < 1, "问责结果登记期限须为1个工作日以上，请填写正整数。")
	bad(s.DestinationNoticeDays < 1, "去向公告保留天数须为1天以上，请填写正整数。")
	bad(s.WaiverWorkdays < 0 || s.WaiverWorkdays > maxWaiverWorkdays, "解读缓发期限须在0至3个工作日之间，请重新填写。")
	bad(s.InterpretationForms < 1, "解读形式数须为1种以上，请填写正整数。")
	bad(s.OrdinaryReviews < 2, "一般信息的审核不得少于2级，请填写2以上的整数。")
	bad(s.ImportantReviews < s.OrdinaryReviews, "重要信息的审核级数不得少于一般信息，请重新填写。")
	bad(s.ReviewWorkdays < 1 || s.ReviewWorkdays > 30, "每个审核环节的办理时限须为1至30个工作日，请重新填写。")
	bad(s.ConsultWorkdays < 1 || s.ConsultWorkdays > 30, "征询其他单位意见的答复期限须为1至30个工作日，请重新填写。")
	bad(s.AfterReviewWorkdays < 1 || s.AfterReviewWorkdays > 10, "应急发布的补审期限须为1至10个工作日，请重新填写。")
	bad(s.FactCheckDays < 1 || s.FactCheckDays > 30, "事实核查链接的有效期须为1至30天，请重新填写。")
	bad(s.ProofMinutes < 1 || s.ProofMinutes > 480, "终审、批准前多久须再次验证身份应为1至480分钟，请重新填写。")
	bad(s.RulesReceiptWorkdays < 1, "运维管理细则签收期限须为1个工作日以上，请填写正整数。")
	bad(s.ShareReceiptWorkdays < 1, "共享台账签收期限须为1个工作日以上，请填写正整数。")
	bad(s.ReferralWorkdays < 1 || s.ReferralWorkdays > 60, "移送事项的反馈期限须为1至60个工作日，请重新填写。")
	bad(s.BudgetDueMonth < 1 || s.BudgetDueMonth > 12 || s.BudgetDueDay < 1 || s.BudgetDueDay > calendar.DaysIn(commonYear, time.Month(s.BudgetDueMonth)), "经费登记截止日应为一年中的一天，请重新填写。")
	bad(s.LedgerClearingWorkdays < 1, "台账差异核实期限须为1个工作日以上，请填写正整数。")
	bad(s.UnexplainedDownHours < 1, "异常中断核实时限须为1小时以上，请填写正整数。")
	bad(s.RecertifyMonth < 1 || s.RecertifyMonth > 12 || s.RecertifyDay < 1 || s.RecertifyDay > 28 && s.RecertifyDay > calendar.DaysIn(2026, time.Month(s.RecertifyMonth)),
		"台账核对确认的截止日期不存在，请填写每年都有的日期。")
	bad(s.RecertifyDays < 1 || s.RecertifyDays > 300, "台账核对确认的办理时间须为1至300天，请重新填写。")
	bad(s.MediaUnusedDays < 7 || s.MediaUnusedDays > 3650, "媒体库未使用文件的保留天数须为7至3650天，请重新填写。")
	bad(s.EvidenceDays < 180 || s.EvidenceDays > 36500, "检查证据文件在问题办结后的保存天数须为180至36500天，请重新填写。")
	bad(s.MatrixDays < 1, "矩阵归位期限须为1天以上，请填写正整数。")
	bad(s.ImpostorVerifyWorkdays < 1 || s.ImpostorVerifyWorkdays > 30, "假冒线索核实期限须为1至30个工作日，请重新填写。")
	bad(s.ImpostorReferWorkdays < 1 || s.ImpostorReferWorkdays > 30, "商请网信部门处理假冒的期限须为1至30个工作日，请重新填写。")
	bad(s.ImpostorStepWorkdays < 1 || s.ImpostorStepWorkdays > 60, "假冒处置结果的反馈期限须为1至60个工作日，请重新填写。")
	bad(s.ImpostorWatchDays < 1 || s.ImpostorWatchDays > 180, "假冒处置后的观察天数须为1至180天，请重新填写。")
	bad(s.AccountMendDays < 1 || s.AccountMendDays > 60, "账号问题整改期限须为1至60天，请重新填写。")
	bad(s.HoleSeriousDays < 1 || s.HoleErrorDays < s.HoleSeriousDays || s.HoleAdviceDays < s.HoleErrorDays, "安全漏洞整改期限须为1天以上，且严重的不长于一般的、一般的不长于提示的，请重新填写。")
	bad(s.RosterDueDay < 1 || s.RosterDueDay > 28, "下月值班表的公布日须为每月1日至28日，请重新填写。")
	bad(s.RecordDueHour < 10 || s.RecordDueHour > 23, "每日巡检记录的确认时间须为10至23时，请重新填写。")
	bad(s.NearVetoPercent < 1 || s.NearVetoPercent > 5, "网站检查标示的七日失败比例须为1%至5%，请重新填写。")
	bad(s.AlarmMinutes < 1 || s.AlarmMinutes > 240, "告警无人接收时转报的时间须为1至240分钟，请重新填写。")
	bad(s.AlarmSuperiorMinutes < 1 || s.AlarmSuperiorMinutes > 1440, "告警在本单位无人接收时上报上级值班的时间须为1至1440分钟，请重新填写。")
	bad(s.AlarmTakenMinutes < 5 || s.AlarmTakenMinutes > 1440, "告警接收后没有结束即催办的时间须为5至1440分钟，请重新填写。")
	bad(s.CrawlerAnswerHours < 1 || s.CrawlerAnswerHours > 144, "巡检程序回传结果的期限须为1至144小时，请重新填写。")
	bad(s.AddressAtOnce < 1 || s.AddressAtOnce > 64, "巡检对同一IP地址同时发出的请求须为1至64个，请重新填写。")
	bad(s.AddressPerSecond < 1 || s.AddressPerSecond > 200, "巡检对同一IP地址每秒发出的请求须为1至200个，请重新填写。")
	bad(s.KnownShare < 0 || s.KnownShare > 80, "巡检页数中轮查已知网页的比例须为0%至80%，请重新填写。")
	bad(s.DownAlarmMinutes < 5 || s.DownAlarmMinutes > 240, "网站打不开多久告警须为5至240分钟，请重新填写。")
	bad(s.TakedownReviewHours < 1 || s.TakedownReviewHours > 72, "一人应急撤下后的补审期限须为1至72小时，请重新填写。")
	bad(s.FalseAlarmDays < 1 || s.FalseAlarmDays > 366, "误报结论的有效期须为1至366天，请重新填写。")
	bad(s.DisputeWorkdays < 1 || s.DisputeWorkdays > 30, "误报申辩的答复期限须为1至30个工作日，请重新填写。")
	bad(s.VigilSummaryWorkdays < 1 || s.VigilSummaryWorkdays > 30, "重要保障期总结的期限须为1至30个工作日，请重新填写。")
	bad(s.OrderSeriousWorkdays < 1 || s.OrderErrorWorkdays < s.OrderSeriousWorkdays || s.OrderAdviceWorkdays < s.OrderErrorWorkdays || s.OrderAdviceWorkdays > 60, "整改期限须为1至60个工作日，且严重的不长于一般的、一般的不长于提示的，请重新填写。")
	bad(s.OrderReopenDays < 1 || s.OrderReopenDays > 365, "办结后多少天内再次发现即重新打开，须为1至365天，请重新填写。")
	bad(s.OrderExtensions < 0 || s.OrderExtensions > 3, "整改延期次数须为0至3次，请重新填写。")
	bad(s.OrderExtensionWorkdays < 1 || s.OrderExtensionWorkdays > 60, "整改延期最长须为1至60个工作日，请重新填写。")
	bad(s.OrderConfirmWorkdays < 1 || s.OrderConfirmWorkdays > 30, "整改情况人工确认期限须为1至30个工作日，请重新填写。")
	bad(s.OrderSuperviseWorkdays < 1 || s.OrderSuperviseWorkdays > 60 || s.OrderSuperviseReplyWorkdays < 1 || s.OrderSuperviseReplyWorkdays > 30, "超期上报督办须为1至60个工作日，督办函发出期限须为1至30个工作日，请重新填写。")
	bad(s.AnnualFormDay < 5 || s.AnnualFormDay > 31, "年度报表的公开期限须为1月5日至31日，请重新填写。")
	bad(s.AnnualFormDays < 25 || s.AnnualFormDays > 120, "年度报表开始填报的提前天数须为25至120天，请重新填写。")
	bad(s.AnnualReviewWorkdays < 1 || s.AnnualReviewWorkdays > 10, "年度报表审核期限须为1至10个工作日，请重新填写。")
	bad(s.AnnualAddressWorkdays < 1 || s.AnnualAddressWorkdays > 20, "年度报表网址回填期限须为1至20个工作日，请重新填写。")
	bad(s.MonthlyCheckDays < 1 || s.MonthlyCheckDays > 28, "月检查表的确认期限须为次月1至28天，请重新填写。")
	bad(s.BulletinDays < 1 || s.BulletinDays > 90, "季度通报的印发期限须为季后1至90天，请重新填写。")
	bad(noDay(s.AssessmentDueMonth, s.AssessmentDueDay), "年度考核的截止日应为次年中的一天，请重新填写。")
	bad(noDay(s.SupervisionDueMonth, s.SupervisionDueDay), "监管年报告的截止日应为次年中的一天，请重新填写。")
	bad(s.SampleSites < 1 || s.SampleSites > 100, "网站抽查比例须为1至100，请重新填写。")
	bad(s.SampleAccounts < 1 || s.SampleAccounts > 100, "账号抽查比例须为1至100，请重新填写。")
	bad(s.AppealWorkdays < 1 || s.AppealWorkdays > 30, "考核结果的申诉期须为1至30个工作日，请重新填写。")
	bad(s.AppealAnswerWorkdays < 1 || s.AppealAnswerWorkdays > 30, "考核申诉的答复期限须为1至30个工作日，请重新填写。")
	bad(s.BlindTestWorkdays < 1 || s.BlindTestWorkdays > 30, "测试信件的答复期限须为1至30个工作日，请重新填写。")
	bad(s.BlindTestLetters < 1 || s.BlindTestLetters > 5, "每个网站的测试信件须为1至5封，请重新填写。")
	bad(s.LowUseMonthly < 0, "移动客户端低使用量的标准不能是负数，请重新填写。")
	bad(s.TombstoneYears < 1 || s.TombstoneYears > 50, "注销域名的跟踪年限须为1至50年，请重新填写。")
	bad(s.VacancyWorkdays < 1, "岗位空缺补齐期限须为1个工作日以上，请填写正整数。")
	return out
}

// noDay reports that a month and a day are no day of every year.
func noDay(month, day int) bool {
	return month < 1 || month > 12 || day < 1 || day > calendar.DaysIn(commonYear, time.Month(month))
}
