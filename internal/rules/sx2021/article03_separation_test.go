package sx2021

import (
	"testing"
)

func TestArticle03_OnePersonDoesNotJudgeAndOperate(t *testing.T) {
	wantRules(t, CheckSeparation([]Charge{{"甲", "网站一", Judges}, {"甲", "网站二", Operates}, {"乙", "网站一", Operates}}))
	wantRules(t, CheckSeparation([]Charge{{"甲", "网站一", Judges}, {"甲", "网站一", Operates}, {"甲", "网站一", Judges}}), "S3.2.person")
	both := Both([]Charge{{"乙", "网站一", Judges}, {"乙", "网站一", Operates}, {"甲", "网站二", Operates}, {"甲", "网站二", Judges}, {"甲", "网站一", Judges}})
	if len(both) != 2 || both[0].Object != "网站一" || both[1].Object != "网站二" {
		t.Errorf("pairs %v", both)
	}
	wantRules(t, CheckOperatorApart("u1", "u1"), "S3.2.operator")
	wantRules(t, CheckOperatorApart("u1", "u2"))
	wantRules(t, CheckOperatorApart("u1", ""))
}
