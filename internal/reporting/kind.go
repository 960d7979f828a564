package reporting

import (
	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/sx2021"
)

// Kind is what a paper is: one composer makes them all, and what differs stands
// in the table below (readings 15).
type Kind string

// The kinds of paper.
const (
	MonthlyCheck      Kind = "monthly"     // 月检查
	QuarterlyBulletin Kind = "quarterly"   // 季通报
	AnnualAssessment  Kind = "annual"      // 年考核, Article 29
	SupervisionReport Kind = "supervision" // 监管年报告, Article 30
)

// Kinds in the order of the year.
var Kinds = []Kind{MonthlyCheck, QuarterlyBulletin, AnnualAssessment, SupervisionReport}

type nature struct {
	name  string // as the trade calls it
	title string // after place and period
	of    func(assessment.Period) bool
	back  int // how many periods back one may be begun for
	// sections in the order in which they are usual.
	sections []string
	// signed papers are signed off by one person in one step and get no number.
	signed bool
	// upwards goes to the superior, who receives it with a receipt.
	upwards bool
	// open may be shown to the public.
	open   bool
	levels []org.Level
	duty   string // kind of the obligation that it discharges
	opens  string // first paragraph, with the place and the period
	closes string // last section of the usual outline
}

var everyLevel = []org.Level{org.Province, org.City, org.County}

var natures = map[Kind]nature{
	MonthlyCheck: {name: "月检查表", title: "政府网站与政务新媒体检查情况表", of: func(p assessment.Period) bool { return len(p.String()) == len("2026-09") }, back: 12,
		sections: []string{SectionSheet, SectionFindings, SectionOrders}, signed: true, levels: everyLevel, duty: MonthlyDue.ID,
		opens: "按照“月检查、季通报、年报告”的要求，{office}{period}对{area}的政府网站与政务新媒体进行了检查，情况如下。"},
	QuarterlyBulletin: {name: "季度通报", title: "政府网站与政务新媒体检查情况的通报", of: assessment.Period.Quarter, back: 6,
		sections: Sections, open: true, levels: everyLevel, duty: BulletinDue.ID,
		opens: "按照“月检查、季通报、年报告”的要求，{office}对{area}的政府网站与政务新媒体进行了检查。现将{period}检查情况通报如下。", closes: "各有关单位要对照通报的问题逐项整改，按整改通知规定的期限整改到位并申请复测，举一反三，防止问题反弹。"},
	AnnualAssessment: {name: "年度考核", title: "政府网站与政务新媒体考核评估情况的通报", of: yearly, back: 3,
		sections: []string{SectionSites, SectionQuarters, SectionUnits, SectionFindings, SectionOrders, SectionLetters, SectionAnswered}, open: true, levels: []org.Level{org.Province}, duty: AssessmentDue.ID,
		opens: "按照《陕西省政府网站与政务新媒体管理实施细则》第二十九条，{office}对{area}政府网站与政务新媒体的建设、运行、监管工作进行了年度考核评估。现将{period}考核评估情况通报如下。", closes: "考核结果纳入目标责任考核和政务公开评估。各地区、各部门要巩固成绩，对存在的问题限期整改。"},
	SupervisionReport: {name: "监管年报告", title: "政府网站与政务新媒体监管工作情况的报告", of: yearly, back: 3,
		sections: []string{SectionSites, SectionMonths, SectionQuarters, SectionFindings, SectionOrders, SectionLetters, SectionTraining, SectionAnswered}, upwards: true, levels: everyLevel, duty: SupervisionDue.ID,
		opens: "按照“月检查、季通报、年报告”的要求，现将{office}{period}对{area}政府网站与政务新媒体的监管工作情况报告如下。", closes: "下一步，将继续落实常态化监管要求，对尚未整改到位的问题逐项督促，并及时报告。"},
}

func yearly(p assessment.Period) bool { return len(p.String()) == len("2026") }

// Name of the kind in Chinese.
func (k Kind) Name() string { return natures[k].name }

// Known reports whether there is such a kind.
func (k Kind) Known() bool { return natures[k].name != "" }

// Signed reports whether one person signs the paper off in one step.
func (k Kind) Signed() bool { return natures[k].signed }

// Upwards reports whether the paper goes to the superior.
func (k Kind) Upwards() bool { return natures[k].upwards }

// Open reports whether the public may be shown it.
func (k Kind) Open() bool { return natures[k].open }

// Sections of the usual outline.
func (k Kind) Sections() []string { return natures[k].sections }

// Fits reports whether the period is one that the kind is written for.
func (k Kind) Fits(p assessment.Period) bool { return k.Known() && natures[k].of(p) }

// At reports whether offices of the level write the kind.
func (k Kind) At(l org.Level) bool {
	for _, x := range natures[k].levels {
		if x == l {
			return true
		}
	}
	return false
}

// Periods are those for which a paper may be begun now, newest first.
func (k Kind) Periods(now assessment.Period) []assessment.Period {
	p := assessment.YearOf(now.First())
	switch k {
	case MonthlyCheck:
		p = assessment.MonthOf(now.First())
	case QuarterlyBulletin:
		p = assessment.QuarterOf(now.First())
	}
	var out []assessment.Period
	for n := natures[k].back; n > 0; n, p = n-1, p.Before() {
		out = append(out, p)
	}
	return out
}

// States of a paper.
const (
	Draft     = "draft"
	Submitted = "submitted"
	Returned  = "returned"
	Agreed    = "agreed"
	Frozen    = "frozen"
	Issued    = "issued"
	Received  = "received"
)

const citation = sx2021.Instrument + " 第二十九条、第三十条"

// Machine declares what may become of a paper. Who submits or wrote does not
// agree; a monthly sheet is signed off by a person in one step; a report that
// went to the superior is received or sent back.
var Machine = passage.Machine{
	Kind: "bulletin", Noun: "这份通报或报告",
	States: map[string]string{Draft: "草稿", Submitted: "待复核", Returned: "已退回", Agreed: "已同意", Frozen: "已定稿", Issued: "已印发", Received: "上级已接收"},
	Moves: []passage.Move{
		{From: "", Act: "compose", To: Draft, Says: "编制", Guard: "一地一期一份", Permit: string(authz.BulletinCompose)},
		{From: Draft, Act: "submit", To: Submitted, Says: "提交复核", Guard: "本期已结束", Permit: string(authz.BulletinCompose)},
		{From: Returned, Act: "submit", To: Submitted, Says: "提交复核", Guard: "本期已结束", Permit: string(authz.BulletinCompose)},
		{From: Submitted, Act: "return", To: Returned, Says: "退回修改", Guard: "写明理由", Permit: string(authz.BulletinCompose)},
		{From: Submitted, Act: "agree", To: Agreed, Says: "同意", Guard: "提交人和编写人不能复核", Permit: string(authz.BulletinCompose)},
		{From: Agreed, Act: "return", To: Returned, Says: "退回修改", Guard: "写明理由", Permit: string(authz.BulletinCompose)},
		{From: Agreed, Act: "freeze", To: Frozen, Says: "定稿", Guard: "文字中的数字与明细一致", Permit: string(authz.BulletinCompose)},
		{From: Frozen, Act: "thaw", To: Draft, Says: "退回草稿", Guard: "尚未印发", Permit: string(authz.BulletinCompose)},
		{From: Frozen, Act: "issue", To: Issued, Says: "印发", Guard: "发文字号合规范", Permit: string(authz.BulletinCompose)},
		{From: Draft, Act: "sign", To: Issued, Says: "签字确认", Guard: "月检查表，本月已结束", Permit: string(authz.BulletinCompose)},
		{From: Issued, Act: "receive", To: Received, Says: "接收", Guard: "上级主管单位", Permit: string(authz.BulletinCompose)},
		{From: Issued, Act: "send_back", To: Returned, Says: "上级退回", Guard: "上级主管单位，写明理由", Permit: string(authz.BulletinCompose)},
	},
}

// The clocks of Articles 29 and 30.
var (
	MonthlyDue = obligation.Kind{ID: "monthly_check", Name: "月检查", Clause: "S30.1", Citation: sx2021.Instrument + " 第三十条",
		Says: "完成上月检查，签字确认月检查表", Remind: []int{2}, Escalate: 3}
	BulletinDue = obligation.Kind{ID: "quarterly_bulletin", Name: "季度通报", Clause: "S30.1", Citation: sx2021.Instrument + " 第三十条",
		Says: "印发季度检查通报", Remind: []int{10, 3}, Escalate: 5}
	AssessmentDue = obligation.Kind{ID: "annual_assessment", Name: "年度考核评估", Clause: "S29.1", Citation: sx2021.Instrument + " 第二十九条",
		Says: "印发年度考核评估通报", Remind: []int{30, 7}, Escalate: 7}
	SupervisionDue = obligation.Kind{ID: "supervision_report", Name: "监管年报告", Clause: "S30.1", Citation: sx2021.Instrument + " 第三十条",
		Says: "向上级主管单位报送监管年报告", Remind: []int{30, 7}, Escalate: 7}
)

// Obligations are the clocks of this module.
func Obligations() []obligation.Kind {
	return []obligation.Kind{MonthlyDue, BulletinDue, AssessmentDue, SupervisionDue}
}
