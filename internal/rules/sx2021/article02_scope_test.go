package sx2021

import "testing"

func TestArticle02_Scope(t *testing.T) {
	site := func(u Unit, k SiteKind) Holding { return Holding{Unit: u, Object: Site, SiteKind: k} }
	for _, tt := range []struct {
		name string
		in   Holding
		want []string
	}{
		{"county government, portal", site(Unit{Kind: Government, Level: County}, Portal), nil},
		{"its office stands for it", site(Unit{Kind: Office, Level: County}, Portal), nil},
		{"city department, department site", site(Unit{Kind: Department, Level: City}, DepartmentSite), nil},
		{"dispatched body", site(Unit{Kind: Dispatched, Level: City, Parent: Department}, DepartmentSite), nil},
		{"institution with administrative functions", site(Unit{Kind: InstitutionAdmin, Level: Province, Parent: Department}, DepartmentSite), nil},
		{"institution without", site(Unit{Kind: Institution, Level: Province}, DepartmentSite), []string{"S2.1.organ"}},
		{"a court", site(Unit{Kind: Department, Level: City, OutsideGovernment: true}, DepartmentSite), []string{"S2.1.organ"}},
		{"an unknown kind", site(Unit{Kind: "company", Level: City}, DepartmentSite), []string{"S2.1.organ"}},
		{"an internal body's site", site(Unit{Kind: Internal, Level: City, Parent: Department}, DepartmentSite), []string{"S2.1.organ"}},
		{"a department claims a portal", site(Unit{Kind: Department, Level: City}, Portal), []string{"S2.2.portal"}},
		{"a township claims a portal", site(Unit{Kind: Township, Level: TownshipLevel}, Portal), []string{"S2.2.portal"}},
		{"a government claims a department site", site(Unit{Kind: Government, Level: City}, DepartmentSite), []string{"S2.2.department"}},
		{"no kind chosen", site(Unit{Kind: Government, Level: City}, ""), []string{"S2.1.organ"}},
		{"a court's account", Holding{Unit: Unit{Kind: Department, OutsideGovernment: true}, Object: Account}, []string{"S2.3.holder"}},
		{"a company's app", Holding{Unit: Unit{Kind: "company"}, Object: App}, []string{"S2.3.holder"}},
		{"an internal body's account", Holding{Unit: Unit{Kind: Internal, Level: City, Parent: Department}, Object: Account, HasParent: true}, nil},
		{"an internal body without its unit", Holding{Unit: Unit{Kind: Internal, Level: City}, Object: Account}, []string{"S2.3.parent"}},
		{"an internal body of an institution outside", Holding{Unit: Unit{Kind: Internal, Parent: Institution}, Object: Account, HasParent: true}, []string{"S2.3.holder"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckScope(tt.in), tt.want...) })
	}
}
