package rules

import (
	"strings"

	"zhengshu/internal/calendar"
)

// Override is the province's leave from one rule stated 原则上, for one unit or
// object: the one table of exceptions, listed yearly (readings 14).
type Override struct {
	// Rule is the id of the rule lifted.
	Rule string
	// Grantor names the office that granted it; only the province's may.
	Grantor string
	// ByProvince is true when the grantor is the provincial office.
	ByProvince bool
	// Reason is why, in the grantor's words.
	Reason string
	// From and Until are the first and last day of the leave; an override
	// without an end is not one.
	From, Until calendar.Date
}

// Wrong says in Chinese why the override cannot be granted, given the rule it
// names; empty when it can.
func (o Override) Wrong(r Rule) string {
	switch {
	case o.Rule != r.ID:
		return "例外所指条款与规则不一致，请重新选择条款。"
	case !r.InPrinciple:
		return "该条款没有“原则上”的表述，不能设例外；请按条款办理。"
	case !o.ByProvince:
		return "例外只能由省政府办公厅批准；请逐级报省政府办公厅。"
	case strings.TrimSpace(o.Grantor) == "":
		return "缺少批准单位，请填写批准单位全称。"
	case strings.TrimSpace(o.Reason) == "":
		return "缺少例外理由，请写明批准例外的原因。"
	case o.Until.IsZero():
		return "缺少例外截止日期，请填写例外有效至哪一天。"
	case o.Until.Before(o.From):
		return "例外截止日期早于开始日期，请核对两个日期。"
	}
	return ""
}

// Lift splits breaches into those that still stand on the day and those an
// override lifts. Nothing but a rule stated 原则上 is ever lifted.
func Lift(breaches []Breach, overrides []Override, on calendar.Date) (standing, lifted []Breach) {
	for _, b := range breaches {
		if liftedBy(b, overrides, on) {
			lifted = append(lifted, b)
		} else {
			standing = append(standing, b)
		}
	}
	return standing, lifted
}

func liftedBy(b Breach, overrides []Override, on calendar.Date) bool {
	for _, o := range overrides {
		if o.Wrong(b.Rule) == "" && !on.Before(o.From) && !on.After(o.Until) {
			return true
		}
	}
	return false
}
