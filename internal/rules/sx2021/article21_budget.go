package sx2021

import (
	"strings"

	"zhengshu/internal/rules"
)

// The rule of Article 21.
var BudgetFull = rule("S21.budget", "第二十一条", "合理安排政府网站与政务新媒体监管考核、日常运维、安全防护、人员培训等相关费用，足额纳入部门预算")

// BudgetClass is one of the four classes of Article 21.
type BudgetClass string

// The four classes.
const (
	BudgetSupervision BudgetClass = "supervision"
	BudgetOperation   BudgetClass = "operation"
	BudgetSecurity    BudgetClass = "security"
	BudgetTraining    BudgetClass = "training"
)

// BudgetClasses is the closed list in the order of the text.
func BudgetClasses() []BudgetClass {
	return []BudgetClass{BudgetSupervision, BudgetOperation, BudgetSecurity, BudgetTraining}
}

// Name is the class in the words of the text.
func (c BudgetClass) Name() string {
	switch c {
	case BudgetSupervision:
		return "监管考核"
	case BudgetOperation:
		return "日常运维"
	case BudgetSecurity:
		return "安全防护"
	case BudgetTraining:
		return "人员培训"
	}
	return string(c)
}

// MissingClasses are the classes that have no line, of those that are owed:
// who supervises nothing owes no 监管考核.
func MissingClasses(have map[BudgetClass]bool, supervises bool) []BudgetClass {
	var out []BudgetClass
	for _, c := range BudgetClasses() {
		if !have[c] && (c != BudgetSupervision || supervises) {
			out = append(out, c)
		}
	}
	return out
}

// CheckBudget says that a year's budget does not hold what Article 21 asks
// for. It blocks nothing: a gap is shown and owed.
func CheckBudget(have map[BudgetClass]bool, supervises bool) []rules.Breach {
	missing := MissingClasses(have, supervises)
	if len(missing) == 0 {
		return nil
	}
	names := make([]string, len(missing))
	for i, c := range missing {
		names[i] = c.Name()
	}
	return []rules.Breach{BudgetFull.Breachf("本年度还没有登记%s经费，请登记预算安排。", strings.Join(names, "、"))}
}
