package sx2021

import (
	"testing"
)

func TestArticle06_Operator(t *testing.T) {
	year := Agreement{File: true, From: day(0), Until: day(364)}
	good := Operator{Qualification: true, Service: year, Secrecy: year, DutiesFixed: true}
	change := func(f func(*Operator)) Operator { o := good; f(&o); return o }
	for _, tt := range []struct {
		name string
		in   Operator
		on   int
		want []string
	}{
		{"both agreements in force", good, 0, nil},
		{"on their last day", good, 364, nil},
		{"both expired", good, 365, []string{"S6.3.agreement", "S6.3.secrecy"}},
		{"not begun", good, -1, []string{"S6.3.agreement", "S6.3.secrecy"}},
		{"no secrecy agreement", change(func(o *Operator) { o.Secrecy = Agreement{} }), 0, []string{"S6.3.secrecy"}},
		{"no qualification review", change(func(o *Operator) { o.Qualification = false }), 0, []string{"S6.3.qualification"}},
		{"duties not fixed", change(func(o *Operator) { o.DutiesFixed = false }), 0, []string{"S6.3.duties"}},
		{"internal body with appointment", Operator{InternalBody: true, Appointment: true}, 0, nil},
		{"internal body without", Operator{InternalBody: true}, 0, []string{"S6.2.appointment"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckOperator(tt.in, day(tt.on)), tt.want...) })
	}
	wantRules(t, CheckRenewal(good, false), "S6.4.assessment")
	wantRules(t, CheckRenewal(good, true))
	wantRules(t, CheckRenewal(Operator{InternalBody: true}, false))
}

func TestArticle06_Sponsor(t *testing.T) {
	wantRules(t, CheckSponsor(Sponsorship{Object: Account, Sponsor: "u1", Opener: "u1"}))
	wantRules(t, CheckSponsor(Sponsorship{Object: Account, Sponsor: "u1", Opener: "u2"}), "S6.1.account_sponsor")
	wantRules(t, CheckSponsor(Sponsorship{Object: Site, Sponsor: "u1", SponsorUnit: Unit{Kind: Office, Level: City}}))
	wantRules(t, CheckSponsor(Sponsorship{Object: Site, Sponsor: "u1", SponsorUnit: Unit{Kind: Institution, Level: City}}), "S6.1.site_sponsor")
	wantRules(t, CheckSponsor(Sponsorship{Object: Site}), "S6.1.site_sponsor")
}
