package sx2021

import (
	"slices"
	"testing"

	"zhengshu/internal/calendar"
)

func TestArticle21_Budget(t *testing.T) {
	all := map[BudgetClass]bool{BudgetSupervision: true, BudgetOperation: true, BudgetSecurity: true, BudgetTraining: true}
	wantRules(t, CheckBudget(all, true))
	wantRules(t, CheckBudget(nil, true), "S21.budget")
	sponsor := map[BudgetClass]bool{BudgetOperation: true, BudgetSecurity: true, BudgetTraining: true}
	wantRules(t, CheckBudget(sponsor, false))
	wantRules(t, CheckBudget(sponsor, true), "S21.budget")
	if got := MissingClasses(map[BudgetClass]bool{BudgetTraining: true}, false); !slices.Equal(got, []BudgetClass{BudgetOperation, BudgetSecurity}) {
		t.Errorf("missing: %v", got)
	}
}

func TestArticle22_Protection(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   Protection
		on   int
		want []string
	}{
		{"nothing recorded", Protection{}, 0, []string{"S22.1.grade"}},
		{"level one needs no filing", Protection{Level: 1}, 0, nil},
		{"level two without filing", Protection{Level: 2}, 0, []string{"S22.1.grade"}},
		{"level two filed", Protection{Level: 2, Filing: "61000000001-20001"}, 0, nil},
		{"level three never assessed", Protection{Level: 3, Filing: "x"}, 0, []string{"S22.1.assessed"}},
		{"level three on its last day", Protection{Level: 3, Filing: "x", AssessedOn: day(0), Next: day(365)}, 365, nil},
		{"level three a day late", Protection{Level: 3, Filing: "x", AssessedOn: day(0), Next: day(365)}, 366, []string{"S22.1.assessed"}},
		{"level three lacks both", Protection{Level: 3}, 0, []string{"S22.1.grade", "S22.1.assessed"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckProtection(tt.in, day(tt.on)), tt.want...) })
	}
}

func TestArticle24_AssetsAndHosting(t *testing.T) {
	wantRules(t, CheckAsset(Asset{}, day(0)), "S24.1.certified")
	wantRules(t, CheckAsset(Asset{Certificate: "x"}, day(0)))
	wantRules(t, CheckAsset(Asset{Certificate: "x", Expires: day(3)}, day(3)))
	wantRules(t, CheckAsset(Asset{Certificate: "x", Expires: day(3)}, day(4)), "S24.1.certified")
	if domestic, all := Domestic([]Asset{{Domestic: true, Pieces: 3}, {Pieces: 0}}); domestic != 3 || all != 4 {
		t.Errorf("domestic %d of %d", domestic, all)
	}
	wantRules(t, CheckHosting(Hosting{ProviderNation: "CN", ServerNation: "CN"}))
	wantRules(t, CheckHosting(Hosting{ProviderNation: "HK", ServerNation: "CN"}), "S24.2.provider")
	wantRules(t, CheckHosting(Hosting{ProviderNation: "CN", ServerNation: "TW"}), "S24.2.server")
	wantRules(t, CheckHosting(Hosting{}), "S24.2.server", "S24.2.provider")
}

func TestArticle28_OperatingRules(t *testing.T) {
	good := OperatingRules{Residents: 2, Heard: 2, ConsultedUntil: day(10), OperatorDuties: "甲", ResidentDuties: "乙", SameLevel: true, Number: "政办发〔2026〕1号", Document: true}
	change := func(f func(*OperatingRules)) OperatingRules { o := good; f(&o); return o }
	for _, tt := range []struct {
		name string
		in   OperatingRules
		on   calendar.Date
		want []string
	}{
		{"all heard", good, day(0), nil},
		{"nobody asked", change(func(o *OperatingRules) { o.Residents, o.Heard = 0, 0 }), day(0), []string{"S28.1.joint"}},
		{"one silent before the last day", change(func(o *OperatingRules) { o.Heard = 1 }), day(10), []string{"S28.1.joint"}},
		{"one silent after the last day", change(func(o *OperatingRules) { o.Heard = 1 }), day(11), nil},
		{"a comment not settled", change(func(o *OperatingRules) { o.Unsettled = 1 }), day(0), []string{"S28.1.joint"}},
		{"duties of one side only", change(func(o *OperatingRules) { o.ResidentDuties = " " }), day(0), []string{"S28.1.duties"}},
		{"issued by another level", change(func(o *OperatingRules) { o.SameLevel = false }), day(0), []string{"S28.2.issuer"}},
		{"without number", change(func(o *OperatingRules) { o.Number = "" }), day(0), []string{"S28.2.number"}},
		{"without document", change(func(o *OperatingRules) { o.Document = false }), day(0), []string{"S28.2.number"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckRulesIssue(tt.in, tt.on), tt.want...) })
	}
	wantRules(t, CheckTenancy(true))
	wantRules(t, CheckTenancy(false), "S28.1.tenancy")
	for _, c := range []struct {
		a    Aboard
		rule string
	}{{Aboard{InForce: true, Receipt: true}, "S28.1.tenancy"}, {Aboard{Platform: true, Receipt: true}, "S28.1.tenancy"}, {Aboard{Platform: true, InForce: true}, "S28.1.receipt"}} {
		wantRules(t, CheckAboard(c.a), c.rule)
	}
	wantRules(t, CheckAboard(Aboard{Platform: true, InForce: true, Receipt: true}))
}
