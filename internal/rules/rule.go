package rules

import (
	"fmt"
	"regexp"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// Rule is one thing the law forbids or demands before an act.
// Rules are comparable values; two rules are the same when their IDs are.
type Rule struct {
	// ID is the clause id and a word of its own: S8.1a.days.
	ID string
	// Citation names the instrument and the article as an official letter
	// would: 陕政公开办〔2021〕18号 第八条（一）.
	Citation string
	// Clause is the row of the clause matrix: S8.1a.
	Clause string
	// Says quotes the statutory words; …… marks what was left out.
	Says string
	// Effective is the first day the rule binds.
	Effective calendar.Date
	// InPrinciple is true where the text says 原则上: the province may lift
	// the rule for one unit, with reason and end (Override).
	InPrinciple bool
}

// Breach makes the finding that this rule speaks against an act.
// The detail is a Chinese sentence that says what was met and what to do.
func (r Rule) Breach(detail string) Breach { return Breach{Rule: r, Detail: detail} }

// Breachf is Breach with a format.
func (r Rule) Breachf(format string, args ...any) Breach {
	return r.Breach(fmt.Sprintf(format, args...))
}

// Binds reports whether the rule is in force on the day.
func (r Rule) Binds(on calendar.Date) bool { return !on.Before(r.Effective) }

// Breach is one rule that an act would break: may not.
// What was merely seen to be wrong is a finding, and belongs to check and
// inspection.
type Breach struct {
	Rule   Rule
	Detail string
}

// Reason is what an error shows of the breach: the rule, its citation, and the
// detail followed by the statutory words.
func (b Breach) Reason() fault.Reason {
	says := b.Detail
	switch {
	case says == "":
		says = "规定：“" + b.Rule.Says + "”。"
	case b.Rule.Says != "":
		says += "规定：“" + b.Rule.Says + "”。"
	}
	return fault.Reason{ID: b.Rule.ID, Citation: b.Rule.Citation, Says: says}
}

// Reasons turns breaches into the reasons of a fault, in the same order.
func Reasons(breaches []Breach) []fault.Reason {
	if len(breaches) == 0 {
		return nil
	}
	out := make([]fault.Reason, len(breaches))
	for i, b := range breaches {
		out[i] = b.Reason()
	}
	return out
}

// Refuse is the fault.Refused that carries the breaches, or nil when there are
// none. One breach speaks for itself; several are counted and listed as reasons.
func Refuse(breaches []Breach) error {
	switch len(breaches) {
	case 0:
		return nil
	case 1:
		return fault.New(fault.Refused, breaches[0].Detail).Because(Reasons(breaches)...)
	}
	return fault.Newf(fault.Refused, "有%d处不符合规定，不能办理；请按下列依据逐项改正。", len(breaches)).Because(Reasons(breaches)...)
}

// Binding keeps the breaches of rules in force on the day: what was done before
// an instrument's first day is not judged by it.
func Binding(breaches []Breach, on calendar.Date) []Breach {
	var out []Breach
	for _, b := range breaches {
		if b.Rule.Binds(on) {
			out = append(out, b)
		}
	}
	return out
}

// IDs lists the rule ids of breaches in their order.
func IDs(breaches []Breach) []string {
	var out []string
	for _, b := range breaches {
		out = append(out, b.Rule.ID)
	}
	return out
}

var ruleID = regexp.MustCompile(`^[A-Z]+[0-9]+(\.[0-9]+)?[a-z]?\.[a-z][a-z0-9_]*$`)

// wrong says why a rule cannot stand in a book; empty when it can.
func (r Rule) wrong() string {
	switch {
	case !ruleID.MatchString(r.ID):
		return "id is not clause.word"
	case r.Clause == "" || !strings.HasPrefix(r.ID, r.Clause+"."):
		return "id does not begin with its clause"
	case r.Citation == "":
		return "no citation"
	case r.Says == "":
		return "no statutory words"
	case !r.Effective.Valid():
		return "no effective date"
	}
	return ""
}
