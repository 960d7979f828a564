package sx2021

import (
	"testing"
)

func TestArticle10_Domains(t *testing.T) {
	act := DomainAct{Kind: EnglishDomain, New: true, Sponsor: "u1", Applicant: "u1", ReviewedAt: City, Unit: Unit{Kind: Government, Level: County}}
	wantRules(t, CheckDomain(act))
	act.Held = 1
	wantRules(t, CheckDomain(act), "S10.1.one_each")
	act.New = false
	wantRules(t, CheckDomain(act))
	act.Applicant = "u2"
	wantRules(t, CheckDomain(act), "S10.1.holder")
	wantRules(t, CheckDomain(DomainAct{Kind: ChineseDomain, Unit: Unit{Kind: Department, Level: Province}, ReviewedAt: City}), "S10.3.city_review")
	wantRules(t, CheckDomainStopped(ChineseDomain, false, false), "S10.2.cancelled")
	wantRules(t, CheckDomainStopped(ChineseDomain, false, true))
}
