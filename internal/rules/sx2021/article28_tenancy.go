package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// The rules of Article 28 (readings 16).
var (
	RulesJoint     = rule("S28.1.joint", "第二十八条", "由平台运维管理方牵头，会同各进驻政府网站主办单位")
	RulesDuties    = rule("S28.1.duties", "第二十八条", "明确平台运维方和进驻政府网站双方的权责")
	RulesIssuer    = rule("S28.2.issuer", "第二十八条", "平台运维管理细则以本级主管单位名义下发执行")
	RulesNumber    = rule("S28.2.number", "第二十八条", "平台运维管理细则以本级主管单位名义下发执行")
	TenancyReceipt = rule("S28.1.receipt", "第二十八条", "明确平台运维方和进驻政府网站双方的权责")
	TenancyInRule  = rule("S28.1.tenancy", "第二十八条", "明确平台运维方和进驻政府网站双方的权责，确保规范有序安全运行")
)

// OperatingRules is a draft of 运维管理细则 that is to be issued.
type OperatingRules struct {
	// Residents is how many sites' sponsors were asked; Heard how many answered,
	// in writing or by saying that they have no comments.
	Residents, Heard int
	// ConsultedUntil is the last day for comments.
	ConsultedUntil calendar.Date
	// Unsettled comments have not been said to be taken up or not.
	Unsettled int
	// OperatorDuties and ResidentDuties are the rights and duties of both sides.
	OperatorDuties, ResidentDuties string
	// SameLevel: the issuer is the supervisor of the platform's own level.
	SameLevel bool
	Number    string
	Document  bool
}

// CheckRulesIssue says what keeps the rules from being issued on the day.
// Whoever was silent until the last day has been heard.
func CheckRulesIssue(o OperatingRules, on calendar.Date) []rules.Breach {
	var out []rules.Breach
	switch {
	case o.Residents == 0:
		out = append(out, RulesJoint.Breach("还没有征求进驻网站主办单位的意见，请先列出进驻单位并征集意见。"))
	case o.Heard < o.Residents && !on.After(o.ConsultedUntil):
		out = append(out, RulesJoint.Breachf("还有%d个进驻单位没有反馈，征集意见到%s为止；请等待反馈或期满后再印发。", o.Residents-o.Heard, o.ConsultedUntil.Chinese()))
	}
	if o.Unsettled > 0 {
		out = append(out, RulesJoint.Breachf("还有%d条意见没有处理，请逐条写明是否采纳。", o.Unsettled))
	}
	if blank(o.OperatorDuties) || blank(o.ResidentDuties) {
		out = append(out, RulesDuties.Breach("没有写明双方权责，请分别填写平台运维方和进驻单位的权责。"))
	}
	if !o.SameLevel {
		out = append(out, RulesIssuer.Breach("印发单位不是本级主管单位，请由本级政府办公厅（室）印发。"))
	}
	if blank(o.Number) || !o.Document {
		out = append(out, RulesNumber.Breach("没有文号或印发文件，请填写文号并上传印发文件。"))
	}
	return out
}

// CheckTenancy refuses a tenancy without rules in force.
func CheckTenancy(inForce bool) []rules.Breach {
	if inForce {
		return nil
	}
	return []rules.Breach{TenancyInRule.Breach("平台没有有效的运维管理细则，网站不能进驻；请先由本级主管单位印发细则。")}
}

// Aboard is how a site stands that is to be hosted on an intensive platform.
type Aboard struct {
	// Platform: a platform in charge of the site's area is on record.
	Platform bool
	// InForce: its operating rules are in force.
	InForce bool
	// Receipt: the sponsor is listed as a resident and has signed for them.
	Receipt bool
}

// CheckAboard says what keeps a site from being hosted: no tenancy without
// rules in force, and none before the resident has signed for them (readings
// 16).
func CheckAboard(a Aboard) []rules.Breach {
	switch {
	case !a.Platform:
		return []rules.Breach{TenancyInRule.Breach("还没有登记承载本地区网站的集约化平台，网站不能由本平台承载；请先在“集约化平台”中登记平台和运维管理方。")}
	case !a.InForce:
		return CheckTenancy(false)
	case !a.Receipt:
		return []rules.Breach{TenancyReceipt.Breach("主办单位还没有签收运维管理细则，网站不能进驻；请平台运维管理方把主办单位列为进驻单位，由主办单位签收。")}
	}
	return nil
}
