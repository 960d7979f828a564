package sx2021

import (
	"bytes"
	"encoding/csv"
	"testing"

	"zhengshu/internal/realdata"
)

// rows reads a table of the real data without its head.
func rows(t *testing.T, name string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(realdata.Read(t, name, "rules held against real codes and names"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func TestRealSiteCodesAreWellFormed(t *testing.T) {
	for _, row := range rows(t, "02_gov_sites/site_ids_seen.csv") {
		if !SiteCodeWellFormed(row[2]) {
			t.Errorf("%s: %s", row[0], row[2])
		}
	}
}

// Congresses, courts, procuratorates, discipline bodies: government_organ = N.
func TestRealUnitsOutsideGovernmentAreRefused(t *testing.T) {
	refused, kept := 0, 0
	for _, row := range rows(t, "02_gov_sites/departments.csv") {
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

// Every real government portal may be opened by its government, and its chain
// has the length of its level: the principal's consent, the application, and
// each office above.
func TestRealPortalsMayBeOpened(t *testing.T) {
	steps := map[Level]int{Province: 3, City: 3, County: 4}
	seen := map[Level]int{}
	for _, row := range rows(t, "02_gov_sites/portals.csv") {
		level := Level(row[2])
		if steps[level] == 0 {
			continue
		}
		seen[level]++
		u := Unit{Kind: Government, Level: level}
		if b := CheckScope(Holding{Unit: u, Object: Site, SiteKind: Portal}); len(b) > 0 {
			t.Fatalf("%s: %v", row[1], b)
		}
		if b := CheckOpening(Opening{Unit: u, Object: Site, SiteKind: Portal}); len(b) > 0 {
			t.Fatalf("%s: %v", row[1], b)
		}
		if n := len(Chain(u)); n != steps[level] {
			t.Fatalf("%s: a chain of %d steps", row[1], n)
		}
		// The area's own code is a code its site may carry, once issued.
		if b := CheckSiteCode(SiteCodeOf{Code: row[3][:6] + "0001", Divisions: []string{row[3]}}); len(b) > 0 {
			t.Fatalf("%s: %v", row[1], b)
		}
	}
	if seen[Province] < 20 || seen[City] < 200 || seen[County] < 1500 {
		t.Errorf("too few portals read: %v", seen)
	}
}
