package sx2021

import (
	"testing"
)

func TestArticle33_Zones(t *testing.T) {
	pending, national := Unit{Kind: ZoneCommittee, Level: County}, Unit{Kind: ZoneCommittee, Level: County, NationalZoneApproval: true}
	if Zone(pending) != ZonePending || Zone(national) != ZoneNational || Zone(Unit{Kind: Department}) != NotAZone {
		t.Error("a zone is national only with the document")
	}
	if k, ok := SiteKindFor(national); !ok || k != Portal {
		t.Errorf("a national zone holds %q %v", k, ok)
	}
	if _, ok := SiteKindFor(pending); ok {
		t.Error("a pending county zone holds no site")
	}
	wantRules(t, CheckZone(pending, Portal), "S33.national_approval")
	wantRules(t, CheckZone(national, Portal))
	wantRules(t, CheckZone(national, DepartmentSite), "S33.national_approval")
	wantRules(t, CheckScope(Holding{Unit: pending, Object: Site, SiteKind: Portal}))
}
