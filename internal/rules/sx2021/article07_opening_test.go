package sx2021

import (
	"testing"

	"zhengshu/internal/calendar"
)

func TestArticle07_1_Opening(t *testing.T) {
	site := func(k Kind, l Level) Opening { return Opening{Unit: Unit{Kind: k, Level: l}, Object: Site} }
	account := func(k Kind, l Level, n int) Opening {
		return Opening{Unit: Unit{Kind: k, Level: l}, Object: Account, Platform: "微信", Accounts: map[string]int{"微信": n}}
	}
	for _, tt := range []struct {
		name string
		in   Opening
		want []string
	}{
		{"a county government opens its portal", site(Government, County), nil},
		{"a city department opens a site", site(Department, City), nil},
		{"a provincial department opens a site", site(Department, Province), nil},
		{"a county department opens no site", site(Department, County), []string{"S7.1b.county_department"}},
		{"a county department opens an account", account(Department, County, 0), nil},
		{"an institution stands as its parent: county department", Opening{Unit: Unit{Kind: InstitutionAdmin, Level: County, Parent: Department}, Object: Site}, []string{"S7.1b.county_department"}},
		{"a dispatched body of a county department", Opening{Unit: Unit{Kind: Dispatched, Level: County, Parent: Department}, Object: Site}, []string{"S7.1b.county_department"}},
		{"a township opens no site", site(Township, TownshipLevel), []string{"S7.1a.township_site"}},
		{"a township opens an account", account(Township, TownshipLevel, 0), nil},
		{"a second site", Opening{Unit: Unit{Kind: Department, Level: City}, Object: Site, Sites: 1}, []string{"S7.1c.one_site"}},
		{"a second account on one platform", account(Department, City, 1), []string{"S7.1c.one_account"}},
		{"an account on another platform", Opening{Unit: Unit{Kind: Department, Level: City}, Object: Account, Platform: "抖音", Accounts: map[string]int{"微信": 1}}, nil},
		{"a site for an event", Opening{Unit: Unit{Kind: Department, Level: City}, Object: Site, Event: true}, []string{"S7.1d.event"}},
		{"an account for an event", Opening{Unit: Unit{Kind: Department, Level: City}, Object: Account, Platform: "微信", Event: true}, []string{"S7.1d.event"}},
		{"a national zone opens a portal", Opening{Unit: Unit{Kind: ZoneCommittee, Level: County, NationalZoneApproval: true}, Object: Site, SiteKind: Portal}, nil},
		{"everything at once", Opening{Unit: Unit{Kind: Department, Level: County}, Object: Site, Event: true, Sites: 1}, []string{"S7.1d.event", "S7.1b.county_department", "S7.1c.one_site"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckOpening(tt.in), tt.want...) })
	}
}

func TestArticle07_1_Coverage(t *testing.T) {
	county := Unit{Kind: Government, Level: County}
	wantRules(t, CheckCoverage(county, 1, 1))
	wantRules(t, CheckCoverage(county, 0, 1), "S7.1a.coverage")
	wantRules(t, CheckCoverage(county, 1, 0), "S7.1a.coverage")
	wantRules(t, CheckCoverage(Unit{Kind: Department, Level: City}, 0, 0))
}

func TestArticle07_3_SiteCode(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   SiteCodeOf
		want []string
	}{
		{"of its own county", SiteCodeOf{Code: "6104290012", Divisions: []string{"610429"}}, nil},
		{"of its own county, twelve-digit division", SiteCodeOf{Code: "6104290012", Divisions: []string{"610429000000"}}, nil},
		{"a code from before the county became a district", SiteCodeOf{Code: "5101320017", Divisions: []string{"510118", "510132"}}, nil},
		{"of another county", SiteCodeOf{Code: "6104290012", Divisions: []string{"610430"}}, []string{"S7.3c.area"}},
		{"none", SiteCodeOf{Divisions: []string{"610429"}}, []string{"S7.3c.site_code"}},
		{"twelve digits, as seen in the wild", SiteCodeOf{Code: "310000000044", Divisions: []string{"310000"}}, []string{"S7.3c.site_code"}},
		{"full-width digits", SiteCodeOf{Code: "６１０４２９００１２", Divisions: []string{"610429"}}, []string{"S7.3c.site_code"}},
		{"begins with nine", SiteCodeOf{Code: "9104290012", Divisions: []string{"910429"}}, []string{"S7.3c.site_code"}},
		{"State Council system", SiteCodeOf{Code: "bm07000001", StateCouncilSystem: true}, nil},
		{"State Council code on a county site", SiteCodeOf{Code: "bm07000001", Divisions: []string{"610429"}}, []string{"S7.3c.area"}},
		{"area not known yet", SiteCodeOf{Code: "6104290012"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckSiteCode(tt.in), tt.want...) })
	}
}

func TestArticle07_3_Launch(t *testing.T) {
	ready := Launch{
		Object: Site, On: day(0), FormApproved: true,
		Code:   SiteCodeOf{Code: "6104290012", Divisions: []string{"610429"}},
		Report: SecurityReport{File: true, Passed: true, Tester: "省信息安全测评中心", On: day(-10)},
		ICP:    "陕ICP备12345678号", ChineseDomain: "某县人民政府.政务",
	}
	change := func(f func(*Launch)) Launch { l := ready; f(&l); return l }
	s := Defaults()
	for _, tt := range []struct {
		name string
		in   Launch
		want []string
	}{
		{"ready", ready, nil},
		{"no site code", change(func(l *Launch) { l.Code.Code = "" }), []string{"S7.3c.site_code"}},
		{"form not approved by the State Council office", change(func(l *Launch) { l.FormApproved = false }), []string{"S7.3c.form"}},
		{"no security report", change(func(l *Launch) { l.Report = SecurityReport{} }), []string{"S7.3e.security_report"}},
		{"security report failed", change(func(l *Launch) { l.Report.Passed = false }), []string{"S7.3e.security_report"}},
		{"security report ninety days old", change(func(l *Launch) { l.Report.On = day(-90) }), nil},
		{"security report too old", change(func(l *Launch) { l.Report.On = day(-91) }), []string{"S7.3e.security_report"}},
		{"security report from the future", change(func(l *Launch) { l.Report.On = day(1) }), []string{"S7.3e.security_report"}},
		{"no ICP", change(func(l *Launch) { l.ICP = " " }), []string{"S7.3b.icp"}},
		{"no Chinese domain", change(func(l *Launch) { l.ChineseDomain = "" }), []string{"S7.3a.chinese_domain"}},
		{"a redesign needs the security report only", Launch{Object: Site, Redesign: true, On: day(0)}, []string{"S7.3e.security_report"}},
		{"an app needs the security report only", Launch{Object: App, On: day(0)}, []string{"S7.3e.security_report"}},
		{"an account needs nothing of this", Launch{Object: Account, On: day(0)}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckLaunch(tt.in, s), tt.want...) })
	}
	t.Run("by setting ICP and Chinese domain do not bar", func(t *testing.T) {
		s := s
		s.ICPBarsLaunch, s.ChineseDomainBarsLaunch = false, false
		wantRules(t, CheckLaunch(change(func(l *Launch) { l.ICP, l.ChineseDomain = "", "" }), s))
	})
}

func TestArticle07_4_LaunchWithinOneYear(t *testing.T) {
	leap := calendar.Date{Year: 2024, Month: 2, Day: 29}
	if got := LaunchBy(leap); got != (calendar.Date{Year: 2025, Month: 2, Day: 28}) {
		t.Errorf("a year from 29 February ends %v", got)
	}
	by := LaunchBy(day(0))
	wantRules(t, CheckLaunchTime(day(0), by, WrittenReport{}))
	wantRules(t, CheckLaunchTime(day(0), by.AddDays(1), WrittenReport{}), "S7.4a.one_year")
	wantRules(t, CheckLaunchTime(day(0), by.AddDays(1), reported))
}

func TestArticle07_4_OpeningNotice(t *testing.T) {
	s := Defaults()
	gov, dept := Noticed{Object: Site, OfGovernment: true}, Noticed{Object: Account}
	wantRules(t, CheckOpeningNotice(gov, []Place{SuperiorPortal, SuperiorAccount}, s))
	wantRules(t, CheckOpeningNotice(gov, []Place{SuperiorPortal}, s), "S7.4b.places")
	wantRules(t, CheckOpeningNotice(gov, []Place{LevelPortal, LevelAccount}, s), "S7.4b.places")
	wantRules(t, CheckOpeningNotice(dept, []Place{LevelPortal, LevelAccount}, s))
}
