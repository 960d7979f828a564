package sx2021

import (
	"encoding/csv"
	"os"
	"path/filepath"
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
		{"a township opens no site", site(Township, TownshipLvl), []string{"S7.1a.township_site"}},
		{"a township opens an account", account(Township, TownshipLvl, 0), nil},
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

func TestNoticesHangThirtyDays(t *testing.T) {
	for _, tt := range []struct {
		name   string
		absent []calendar.Date
		last   calendar.Date
	}{
		{"the day of publication is not counted", nil, day(30)},
		{"a day proven absent extends", []calendar.Date{day(3)}, day(31)},
		{"the same day twice extends once", []calendar.Date{day(3), day(3)}, day(31)},
		{"absent on the extension day too", []calendar.Date{day(3), day(31)}, day(32)},
		{"absent before and after the period", []calendar.Date{day(0), day(50)}, day(30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := HangUntil(day(0), NoticeDays, tt.absent); got != tt.last {
				t.Errorf("hangs until %v, want %v", got, tt.last)
			}
			wantRules(t, CheckTakeDown(OpeningNotice, day(0), tt.absent, tt.last), "S7.4c.days")
			wantRules(t, CheckTakeDown(ClosureNotice, day(0), tt.absent, tt.last), "S8.3c.days")
			wantRules(t, CheckTakeDown(OpeningNotice, day(0), tt.absent, tt.last.AddDays(1)))
		})
	}
	wantRules(t, CheckTakeDown(OpeningNotice, calendar.Date{}, nil, day(99)), "S7.4c.days")
	wantRules(t, CheckOfflineNoticeDown(false), "S8.1d.until_resumed")
	wantRules(t, CheckOfflineNoticeDown(true))
}

func TestPlacesOfNotices(t *testing.T) {
	s := Defaults()
	level := Noticed{Object: Site, OfGovernment: true, IsLevelPortal: true}
	off := Postings(OfflineNotice, level, s)
	if len(off) != 2 || !off[0].Pinned || off[1].AnyOf[0] != LevelAccount || off[1].AnyOf[1] != SuperiorPortal {
		t.Errorf("a level's own portal goes offline: %+v", off)
	}
	if p := Postings(ClosureNotice, Noticed{Object: Site}, s); p[0].Days != 30 || p[0].Publisher != BySponsor {
		t.Errorf("closure notice: %+v", p)
	}
	s.DestinationNoticeDays = 60
	if p := Postings(DestinationNotice, Noticed{Object: Site}, s); p[0].Days != 60 || p[0].Publisher != BySameLevel {
		t.Errorf("destination notice: %+v", p)
	}
}

func TestArticle07_2_Chain(t *testing.T) {
	for _, tt := range []struct {
		name string
		unit Unit
		want []string
	}{
		{"county government", Unit{Kind: Government, Level: County}, []string{"主要负责同志同意", "县政府办公厅（室）提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"city government", Unit{Kind: Government, Level: City}, []string{"主要负责同志同意", "市政府办公厅（室）提出申请", "省政府办公厅批准"}},
		{"the province's own portal", Unit{Kind: Office, Level: Province}, []string{"主要负责同志同意", "省政府办公厅提出申请", "省政府办公厅批准"}},
		{"county department", Unit{Kind: Department, Level: County}, []string{"主要负责同志同意", "本单位提出申请", "县政府办公厅（室）审核", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"city department", Unit{Kind: Department, Level: City}, []string{"主要负责同志同意", "本单位提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"provincial department", Unit{Kind: Department, Level: Province}, []string{"主要负责同志同意", "本单位提出申请", "省政府办公厅批准"}},
		{"Hancheng", Unit{Kind: Government, Level: County, Direct: true}, []string{"主要负责同志同意", "县政府办公厅（室）提出申请", "省政府办公厅批准"}},
		{"a department of Hancheng", Unit{Kind: Department, Level: County, Direct: true}, []string{"主要负责同志同意", "本单位提出申请", "县政府办公厅（室）审核", "省政府办公厅批准"}},
		{"Yangling, ranked as a city", Unit{Kind: ZoneCommittee, Level: City, Direct: true, NationalZoneApproval: true}, []string{"主要负责同志同意", "市政府办公厅（室）提出申请", "省政府办公厅批准"}},
		{"a department of Yangling", Unit{Kind: Department, Level: City, Direct: true}, []string{"主要负责同志同意", "本单位提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"a township through the county office", Unit{Kind: Township, Level: TownshipLvl}, []string{"主要负责同志同意", "本单位提出申请", "县政府办公厅（室）审核", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"a dispatched body through the body that set it up", Unit{Kind: Dispatched, Level: City, Parent: Department}, []string{"主要负责同志同意", "由设立单位提出申请", "市政府办公厅（室）审核", "省政府办公厅批准"}},
		{"an internal body through its unit", Unit{Kind: Internal, Level: County, Parent: Department}, []string{"主要负责同志同意", "由设立单位提出申请", "县政府办公厅（室）审核", "市政府办公厅（室）审核", "省政府办公厅批准"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			chain := Chain(tt.unit)
			if len(chain) != len(tt.want) {
				t.Fatalf("%d steps, want %v", len(chain), tt.want)
			}
			for i, s := range chain {
				if s.Seq != i || s.Name() != tt.want[i] {
					t.Errorf("step %d is %q (seq %d), want %q", i, s.Name(), s.Seq, tt.want[i])
				}
			}
		})
	}
	national := ChainNational(Unit{Kind: Department, Level: Province})
	if n := len(national); national[n-1].Act != StateApprove || national[n-2].Act != Review || national[n-1].Seq != n-1 {
		t.Errorf("the national chain ends %+v", national[n-2:])
	}
}

// Every unit the regulation knows ends at the province, once, and begins with
// the principal.
func TestEveryChainEndsAtTheProvince(t *testing.T) {
	for _, k := range []Kind{Government, Office, Department, Dispatched, InstitutionAdmin, Internal, Township, ZoneCommittee, Committee} {
		for _, l := range []Level{Province, City, County, TownshipLvl} {
			for _, direct := range []bool{false, true} {
				for _, parent := range []Kind{"", Government, Department, Township} {
					c := Chain(Unit{Kind: k, Level: l, Direct: direct, Parent: parent})
					approvals := 0
					for _, s := range c {
						if s.Act == Approve {
							approvals++
						}
					}
					if c[0].Act != Consent || c[1].Act != Apply || c[len(c)-1].Act != Approve || approvals != 1 {
						t.Errorf("%s %s direct=%v of %q: %+v", k, l, direct, parent, c)
					}
				}
			}
		}
	}
}

func TestArticle07_2_NoStepIsSkipped(t *testing.T) {
	chain := Chain(Unit{Kind: Department, Level: County})
	taken := func(n int) []StepDone {
		var out []StepDone
		for _, s := range chain[:n] {
			out = append(out, StepDone{Act: s.Act, Body: s.Body, Level: s.Level, Name: "王某", On: day(s.Seq), File: true, ByPrincipal: true})
		}
		return out
	}
	change := func(n int, f func([]StepDone) []StepDone) []StepDone { return f(taken(n)) }
	for _, tt := range []struct {
		name string
		in   []StepDone
		want []string
	}{
		{"complete", taken(5), nil},
		{"on its way", taken(3), nil},
		{"the city office skipped", change(5, func(d []StepDone) []StepDone { return append(d[:3:3], d[4]) }), []string{"S7.2b.level_by_level"}},
		{"no consent", change(3, func(d []StepDone) []StepDone { return d[1:] }), []string{"S7.2b.level_by_level"}},
		{"the deputy signed", change(2, func(d []StepDone) []StepDone { d[0].ByPrincipal = false; return d }), []string{"S7.2b.principal"}},
		{"no signed page", change(2, func(d []StepDone) []StepDone { d[0].File = false; return d }), []string{"S7.2b.principal"}},
		{"no name", change(2, func(d []StepDone) []StepDone { d[0].Name = ""; return d }), []string{"S7.2b.principal"}},
		{"reviewed before it was applied for", change(3, func(d []StepDone) []StepDone { d[2].On = day(-5); return d }), []string{"S7.2b.level_by_level"}},
		{"one step too many", change(5, func(d []StepDone) []StepDone { return append(d, d[4]) }), []string{"S7.2b.level_by_level"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckChain(chain, tt.in), tt.want...) })
	}
}

// realData opens a file of the shared real data, or skips loudly.
func realData(t *testing.T, name string) [][]string {
	t.Helper()
	dir := os.Getenv("ZHENGSHU_DATA")
	for up := "../.."; dir == "" && len(up) < 40; up += "/.." {
		if _, err := os.Stat(filepath.Join(up, "shared", "data", name)); err == nil {
			dir = filepath.Join(up, "shared", "data")
		}
	}
	if dir == "" {
		t.Skip("real data not present: set ZHENGSHU_DATA; left out: " + name)
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Skip("real data not present: set ZHENGSHU_DATA; left out: " + name)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestRealSiteCodesAreWellFormed(t *testing.T) {
	for _, row := range realData(t, "02_gov_sites/site_ids_seen.csv") {
		if !SiteCodeWellFormed(row[2]) {
			t.Errorf("%s: %s", row[0], row[2])
		}
	}
}

// Congresses, courts, procuratorates, discipline bodies: government_organ = N.
func TestRealUnitsOutsideGovernmentAreRefused(t *testing.T) {
	refused, kept := 0, 0
	for _, row := range realData(t, "02_gov_sites/departments.csv") {
		h := Holding{Unit: Unit{Kind: Department, Level: City, OutsideGovernment: row[4] == "N"}, Object: Site, SiteKind: DepartmentSite}
		if len(CheckScope(h)) > 0 {
			refused++
			if row[4] != "N" {
				t.Errorf("%s %s refused", row[1], row[3])
			}
		} else {
			kept++
		}
	}
	if refused < 1000 || kept < 100 {
		t.Errorf("refused %d, kept %d", refused, kept)
	}
}
