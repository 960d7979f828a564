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

// CheckSeparation finds every person who both judges and operates one object,
// each pair once, ordered by person and object.
func CheckSeparation(charges []Charge) []rules.Breach {
	type pair struct{ person, object string }
	parts := map[pair]map[Part]bool{}
	for _, c := range charges {
		k := pair{c.Person, c.Object}
		if parts[k] == nil {
			parts[k] = map[Part]bool{}
		}
		parts[k][c.Part] = true
	}
	var both []pair
	for k, p := range parts {
		if p[Judges] && p[Operates] {
			both = append(both, k)
		}
	}
	slices.SortFunc(both, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.person, b.person), cmp.Compare(a.object, b.object))
	})
	var out []rules.Breach
	for range both {
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
