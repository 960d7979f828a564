package sx2021

import "testing"

func TestArticle30_AccountabilityIsDecidedByABodyThatMay(t *testing.T) {
	const office = "西安市人民政府办公厅"
	for name, x := range map[string]struct {
		held  Held
		rules []string
	}{
		"a talk by the office":                   {Held{Body: office, Office: office, Measure: "约谈", Theirs: true, Grounds: 1}, nil},
		"a punishment by the office":             {Held{Body: office, Office: office, Measure: "处分", Grounds: 1}, []string{"S30.3.body"}},
		"a punishment in the words of a talk":    {Held{Body: office, Office: office, Measure: "约谈并给予记过", Theirs: true, Grounds: 1}, []string{"S30.3.body"}},
		"a punishment by a commission":           {Held{Body: "西安市监察委员会", Office: office, Measure: "记过处分", Grounds: 2}, nil},
		"a proposal by the office":               {Held{Body: office, Office: office, Measure: "建议给予记过处分", Theirs: true, Proposal: true, Grounds: 1}, nil},
		"a talk for nothing":                     {Held{Body: office, Office: office, Measure: "约谈", Theirs: true}, []string{"S30.3.grounds"}},
		"a punishment by the office for nothing": {Held{Body: office, Office: office, Measure: "撤职"}, []string{"S30.3.body", "S30.3.grounds"}},
	} {
		got := AccountabilityRecord(x.held)
		if len(got) != len(x.rules) {
			t.Errorf("%s: %v", name, got)
			continue
		}
		for i, b := range got {
			if b.Reason().ID != x.rules[i] {
				t.Errorf("%s: %s, not %s", name, b.Reason().ID, x.rules[i])
			}
		}
	}
}
