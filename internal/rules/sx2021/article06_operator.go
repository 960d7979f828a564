package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 6.
var (
	SiteSponsor        = rule("S6.1.site_sponsor", "第六条", "各级人民政府及部门办公厅（室）是本级、本部门政府网站主办单位")
	AccountSponsor     = rule("S6.1.account_sponsor", "第六条", "政务新媒体主办单位按照“谁开设、谁主办”的原则确定")
	OperatorAppointed  = rule("S6.2.appointment", "第六条", "可指定内设机构或委托其他专门机构作为承办单位")
	OperatorQualified  = rule("S6.3.qualification", "第六条", "主办单位必须加强资质审核")
	OperatorAgreement  = rule("S6.3.agreement", "第六条", "签订承办及保密协议")
	OperatorSecrecy    = rule("S6.3.secrecy", "第六条", "签订承办及保密协议")
	OperatorDuties     = rule("S6.3.duties", "第六条", "明确约定权责条款")
	OperatorAssessment = rule("S6.4.assessment", "第六条", "强化日常监督、过程监督、结果考核")
)

// Sponsorship says who stands as sponsor of an object. The ids are the caller's.
type Sponsorship struct {
	Object ObjectKind
	// Sponsor is the unit named as sponsor; Opener the unit that opens the object.
	Sponsor, Opener string
	// SponsorUnit describes the sponsor of a site.
	SponsorUnit Unit
}

// CheckSponsor applies the first two sentences of Article 6. A department
// stands for its own office: the ledger need not list that office as a unit.
func CheckSponsor(s Sponsorship) []rules.Breach {
	if s.Object != Site {
		if s.Sponsor == "" || s.Sponsor != s.Opener {
			return []rules.Breach{AccountSponsor.Breach("主办单位与开设单位不一致，请将主办单位改为开设该账号的单位。")}
		}
		return nil
	}
	if s.Sponsor == "" {
		return []rules.Breach{SiteSponsor.Breach("未填写主办单位，请填写本级政府或本部门办公厅（室）。")}
	}
	switch s.SponsorUnit.standing() {
	case standsAsGovernment, standsAsDepartment:
		return nil
	}
	return []rules.Breach{SiteSponsor.Breach("该单位不能作为政府网站主办单位，请改为本级政府或本部门办公厅（室）。")}
}

// Agreement is a signed paper with its term; Until is its last day in force.
type Agreement struct {
	File        bool
	From, Until calendar.Date
}

// InForce reports whether the paper is on file and covers the day.
func (a Agreement) InForce(on calendar.Date) bool {
	return a.File && !a.From.IsZero() && !on.Before(a.From) && !on.After(a.Until)
}

// Operator is the operator of an object on a day.
type Operator struct {
	// InternalBody is true for an internal body of the sponsor: it needs a
	// written appointment and no agreement (readings 18).
	InternalBody bool
	Appointment  bool
	// Qualification: the review of an outside body is on record.
	Qualification bool
	Service       Agreement
	Secrecy       Agreement
	// DutiesFixed: rights and duties are written into the agreement.
	DutiesFixed bool
}

// CheckOperator applies Article 6 to an operator that is to begin, or goes on
// working, on the day.
func CheckOperator(o Operator, on calendar.Date) []rules.Breach {
	if o.InternalBody {
		if !o.Appointment {
			return []rules.Breach{OperatorAppointed.Breach("指定内设机构承办须有书面指定，请上传指定文件。")}
		}
		return nil
	}
	var out []rules.Breach
	if !o.Qualification {
		out = append(out, OperatorQualified.Breach("没有资质审核记录，请先完成资质审核并上传审核表。"))
	}
	if !o.Service.InForce(on) {
		out = append(out, OperatorAgreement.Breachf("承办协议%s，请上传%s有效的协议。", absentOrExpired(o.Service, on), on.Chinese()))
	}
	if !o.Secrecy.InForce(on) {
		out = append(out, OperatorSecrecy.Breachf("保密协议%s，请上传%s有效的协议。", absentOrExpired(o.Secrecy, on), on.Chinese()))
	}
	if o.Service.File && !o.DutiesFixed {
		out = append(out, OperatorDuties.Breach("承办协议未约定双方权责，请补充权责条款。"))
	}
	return out
}

func absentOrExpired(a Agreement, on calendar.Date) string {
	switch {
	case !a.File:
		return "未上传"
	case a.From.IsZero() || on.Before(a.From):
		return "尚未生效"
	}
	return "已于" + a.Until.Chinese() + "到期"
}

// CheckRenewal refuses a new term for an outside operator whose old term was
// not assessed (readings 18).
func CheckRenewal(o Operator, assessed bool) []rules.Breach {
	if o.InternalBody || assessed {
		return nil
	}
	return []rules.Breach{OperatorAssessment.Breach("上一承办期尚无考核结果，不能续签；请先完成承办期考核。")}
}
