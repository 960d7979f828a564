package sx2021

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"testing"
)

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
