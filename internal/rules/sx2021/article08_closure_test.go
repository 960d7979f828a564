package sx2021

import "testing"

func TestArticle08_3_WhoMayClose(t *testing.T) {
	s := Defaults()
	zone := Unit{Kind: ZoneCommittee, Level: City, NationalZoneApproval: true}
	for _, tt := range []struct {
		name string
		in   Closure
		want []string
	}{
		{"a department that cannot keep it up", Closure{Unit: Unit{Kind: Department, Level: City}, Reason: CannotMaintain}, nil},
		{"a county portal", Closure{Unit: Unit{Kind: Government, Level: County}, Reason: Consolidation}, []string{"S8.3a.government"}},
		{"a provincial government's account", Closure{Object: Account, Unit: Unit{Kind: Office, Level: Province}, Reason: Consolidation}, []string{"S8.3a.government"}},
		{"a township's account", Closure{Object: Account, Unit: Unit{Kind: Township, Level: TownshipLevel}, Reason: Consolidation}, nil},
		{"a national zone's portal", Closure{Unit: zone, Reason: Consolidation}, []string{"S8.3a.government"}},
		{"a reason the article does not know", Closure{Unit: Unit{Kind: Department, Level: City}, Reason: "tired"}, []string{"S8.3b.reason"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckClosureApplication(tt.in, s), tt.want...) })
	}
	s.ZonesCloseAsPortals = false
	wantRules(t, CheckClosureApplication(Closure{Unit: zone, Reason: Consolidation}, s))
}

func TestArticle08_3_OrderOfClosing(t *testing.T) {
	c := Closure{Object: Site, Unit: Unit{Kind: Department, Level: City}, Needed: Deregistrations(Site)}
	wantRules(t, CheckClosureStart(c), "S8.3b.consent")
	c.ProvinceConsented = day(-5)
	wantRules(t, CheckClosureStart(c))
	wantRules(t, CheckDeregister(c, day(0)), "S8.3c.migration", "S8.3c.notice")
	c.MigrationComplete, c.NoticeFirst = true, day(0)
	wantRules(t, CheckDeregister(c, day(30)), "S8.3c.days")
	wantRules(t, CheckDeregister(c, day(31)))
	wantRules(t, CheckClosureDone(c, day(31)), "S8.3d.deregistration", "S8.3e.national_status", "S8.3f.destination")
	c.Cancelled, c.NationalStatus, c.DestinationNotice = Deregistrations(Site)[:4], true, true
	wantRules(t, CheckClosureDone(c, day(31)), "S8.3d.deregistration")
	c.Cancelled = Deregistrations(Site)
	wantRules(t, CheckClosureDone(c, day(31)))
	account := Closure{Object: Account, ProvinceConsented: day(-5), MigrationComplete: true, NoticeFirst: day(0), Needed: Deregistrations(Account), Cancelled: Deregistrations(Account), DestinationNotice: true}
	wantRules(t, CheckClosureDone(account, day(31)))
}
