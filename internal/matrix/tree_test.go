package matrix

import (
	"testing"

	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

func TestArticle11_TwoMatricesFollowTheLedger(t *testing.T) {
	ref := func(k sx2021.ObjectKind, id string) registry.Ref { return registry.Ref{Kind: k, ID: id} }
	parent := map[org.AreaID]org.AreaID{"p": "", "c": "p", "d": "c", "e": "c", "t": "d"}
	level := map[org.AreaID]org.Level{"p": org.Province, "c": org.City, "d": org.County, "e": org.County, "t": org.Township}
	site := func(id string, k registry.SiteKind, u org.Kind, a org.AreaID) fact {
		return fact{Ref: ref(sx2021.Site, id), siteKind: k, unitKind: u, area: a}
	}
	account := func(id, name string, main bool, u org.Kind, a org.AreaID) fact {
		return fact{Ref: ref(sx2021.Account, id), name: name, main: main, unitKind: u, area: a}
	}
	facts := []fact{
		site("P", registry.Portal, org.Office, "p"), site("PD", registry.DepartmentSite, org.Department, "p"), site("C", registry.Portal, org.Office, "c"), site("CD", registry.DepartmentSite, org.Department, "c"),
		site("D", registry.Portal, org.Office, "d"), site("Z", registry.Portal, org.ZoneCommittee, "c"), site("ED", registry.DepartmentSite, org.Department, "e"),
		account("A", HeadAccount, false, org.Office, "p"), account("AM", "省政府网", true, org.Office, "p"), account("B", "市发布", true, org.Government, "c"), account("BX", "市教育", true, org.Department, "c"),
		account("T", "某街道", false, org.TownshipUnit, "t"), {Ref: ref(sx2021.App, "APP"), main: true, unitKind: org.Office, area: "d"},
	}
	stands := func(decided map[registry.Ref]decision) map[string]string {
		out := map[string]string{}
		for _, n := range derive(facts, decided, parent, level) {
			out[n.ID] = n.standing + " " + n.parent.ID + string(n.gap)
		}
		return out
	}
	check := func(got, want map[string]string) {
		t.Helper()
		for id, w := range want {
			if got[id] != w {
				t.Errorf("%s stands %q, want %q", id, got[id], w)
			}
		}
	}
	check(stands(nil), map[string]string{
		"P": "head ", "PD": "derived P", "C": "head P", "CD": "derived C", "D": "head C", "Z": "derived C", "ED": "missing e",
		"A": "head ", "AM": "derived A", "B": "head A", "BX": "derived B", "T": "missing d", "APP": "missing d",
	})
	// A person's word goes before the ledger: a head, a place, and one that would bite its own tail.
	check(stands(map[registry.Ref]decision{
		ref(sx2021.Site, "ED"):   {parent: ref(sx2021.Site, "CD")},
		ref(sx2021.Account, "T"): {head: "d"},
		ref(sx2021.Site, "CD"):   {parent: ref(sx2021.Site, "gone")},
	}), map[string]string{"ED": "placed CD", "T": "head B", "APP": "derived T", "CD": "derived C"})
	check(stands(map[registry.Ref]decision{
		ref(sx2021.Site, "PD"): {parent: ref(sx2021.Site, "CD")}, ref(sx2021.Site, "CD"): {parent: ref(sx2021.Site, "PD")},
	}), map[string]string{"PD": "derived P", "CD": "placed PD"})
}
