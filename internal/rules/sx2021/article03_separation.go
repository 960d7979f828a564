package sx2021

import (
	"cmp"
	"slices"

	"zhengshu/internal/rules"
)

// The rules of Article 3: 「管办分离」. It binds persons, and the sponsor from
// the operator; it never forbids one office to be supervisor and sponsor
// (readings 1).
var (
	JudgeNotOperator   = rule("S3.2.person", "第三条", "各级主管主办单位要遵循管办分离")
	SponsorNotOperator = rule("S3.2.operator", "第三条", "各级主管主办单位要遵循管办分离")
)

// Part is what a person does to an object.
type Part string

// Judging and operating.
const (
	Judges   Part = "judges"   // approves, inspects, scores, decides appeals
	Operates Part = "operates" // writes, releases, administers, answers for the operator
)

// Charge is one person's part in one object. The ids are the caller's.
type Charge struct {
	Person, Object string
	Part           Part
}

// Both lists every person who judges and operates the same object, each pair
// once, ordered by person and object; Part is left empty.
func Both(charges []Charge) []Charge {
	parts := map[Charge]map[Part]bool{}
	for _, c := range charges {
		k := Charge{Person: c.Person, Object: c.Object}
		if parts[k] == nil {
			parts[k] = map[Part]bool{}
		}
		parts[k][c.Part] = true
	}
	var both []Charge
	for k, p := range parts {
		if p[Judges] && p[Operates] {
			both = append(both, k)
		}
	}
	slices.SortFunc(both, func(a, b Charge) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), cmp.Compare(a.Object, b.Object))
	})
	return both
}

// CheckSeparation gives one breach for each pair of Both, in its order.
func CheckSeparation(charges []Charge) []rules.Breach {
	var out []rules.Breach
	for range Both(charges) {
		out = append(out, JudgeNotOperator.Breach("同一人不能既监管又运维同一网站（账号），请将其中一项职责交由他人。"))
	}
	return out
}

// CheckOperatorApart refuses an operator that is the sponsor itself: a sponsor
// that does the work has no operator, and an operator is supervised by another.
func CheckOperatorApart(sponsor, operator string) []rules.Breach {
	if sponsor == "" || sponsor != operator {
		return nil
	}
	return []rules.Breach{SponsorNotOperator.Breach("承办单位与主办单位是同一单位，请另选承办单位；主办单位自行运维的，承办单位留空。")}
}
