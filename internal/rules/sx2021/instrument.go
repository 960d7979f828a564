package sx2021

import (
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// Instrument is the document number every citation begins with.
const Instrument = "陕政公开办〔2021〕18号"

// Named is how a letter names the document the first time.
const Named = "《陕西省政府网站与政务新媒体管理细则》（" + Instrument + "）"

// Effective is the day of issue: Article 34, 「本细则自发布之日起施行」.
var Effective = calendar.Date{Year: 2021, Month: 6, Day: 7}

// rule states one rule of the regulation. The id is the clause and one word;
// the article is written as a letter would cite it.
func rule(id, article, says string) rules.Rule {
	return rules.Rule{
		ID:        id,
		Citation:  Instrument + " " + article,
		Clause:    id[:strings.LastIndexByte(id, '.')],
		Says:      says,
		Effective: Effective,
	}
}

// inPrinciple states a rule whose words are 原则上: the province may lift it.
func inPrinciple(id, article, says string) rules.Rule {
	r := rule(id, article, says)
	r.InPrinciple = true
	return r
}

// blank reports whether a person left a text empty.
func blank(s string) bool { return strings.TrimSpace(s) == "" }
