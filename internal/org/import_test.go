package org_test

import (
	"bytes"
	"context"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/realdata"
)

func table(t *testing.T, name string, body []byte) *official.Table {
	t.Helper()
	tab, err := official.ReadTable(bytes.NewReader(body), int64(len(body)), name, official.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func importUnits(t *testing.T, d *db.DB, name string, body []byte, dry bool) intake.Report {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	rep, err := org.New(d).ImportUnits(ctx, authz.System("test"), table(t, name, body), org.ImportOptions{DryRun: dry, Source: name})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

const small = `code,level,name,parent_code
610113,county,雁塔区,610100
610000,province,陕西省,
610100,city,西安市,610000
610100,city,西安市,610000
61x,city,错码,610000
610199,county,,610100
619900,county,无上级区,619999
441900,county,东莞市,441900
610113001001,township,某社区,610113
`

func TestImportUnitsRowByRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dry := importUnits(t, d, "a.csv", []byte(small), true)
		if n, err := db.One(context.Background(), d, db.Value[int], `SELECT count(*) FROM area`); err != nil || n != 0 {
			t.Fatalf("a dry run left %d areas (%v)", n, err)
		}
		rep := importUnits(t, d, "a.csv", []byte(small), false)
		if rep.Accepted != dry.Accepted || len(rep.Refused) != len(dry.Refused) {
			t.Errorf("the dry run foretold %d and %d, it became %d and %d", dry.Accepted, len(dry.Refused), rep.Accepted, len(rep.Refused))
		}
		if rep.Read != 9 || rep.Accepted != 3 {
			t.Errorf("read %d, accepted %d: %+v", rep.Read, rep.Accepted, rep.Refused)
		}
		rows := map[int]string{}
		for _, r := range rep.Refused {
			if r.Says == "" {
				t.Errorf("row %d refused without a word", r.Row)
			}
			rows[r.Row] = r.Field
		}
		for row, field := range map[int]string{5: "code", 6: "code", 7: "name", 8: "parent_code", 9: "parent_code", 10: "code"} {
			if rows[row] != field {
				t.Errorf("row %d refused at %q, want %q", row, rows[row], field)
			}
		}
		again := importUnits(t, d, "a.csv", []byte(small), false)
		if again.Accepted != 0 || again.Unchanged != 3 {
			t.Errorf("a second run accepted %d, left %d", again.Accepted, again.Unchanged)
		}
		names, err := db.All(context.Background(), d, db.Value[string], `SELECT name FROM unit ORDER BY name`)
		if err != nil || len(names) != 6 {
			t.Errorf("units %v (%v)", names, err)
		}
	})
}

func TestSpecialRowsStandAtCityRank(t *testing.T) {
	const divisions = "code,level,name,parent_code\n610000,province,陕西省,\n610500,city,渭南市,610000\n610581,county,韩城市,610500\n610100,city,西安市,610000\n"
	const specials = "name,kind,seat_or_parent_code,stat_code,note\n杨凌示范区,示范区管委会（设区市待遇）,610403,,n\n韩城市,县级市（省内计划单列）,610500,610581,n\n西咸新区,国家级新区管委会,610100,,n\n"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		importUnits(t, d, "a.csv", []byte(divisions), false)
		rep := importUnits(t, d, "b.csv", []byte(specials), false)
		if rep.Accepted != 3 {
			t.Fatalf("accepted %d: %+v", rep.Accepted, rep.Refused)
		}
		s := org.New(d)
		list, total, err := s.Units(context.Background(), authz.System("test"), org.UnitFilter{Text: "韩城"})
		if err != nil || total != 2 {
			t.Fatalf("韩城 has %d units (%v)", total, err)
		}
		for _, u := range list {
			if u.Level != org.City || !u.Direct {
				t.Errorf("%s stands at %s, direct %v", u.Name, u.Level, u.Direct)
			}
		}
		if again := importUnits(t, d, "a.csv", []byte(divisions), false); again.Accepted != 0 {
			t.Errorf("the statistics rows came back: %+v", again)
		}
		if again := importUnits(t, d, "b.csv", []byte(specials), false); again.Accepted != 0 {
			t.Errorf("the special rows came back: %+v", again)
		}
	})
}

func TestImportRefusesAnUnknownHeader(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		_, err := org.New(d).ImportUnits(ctx, authz.System("test"), table(t, "x.csv", []byte("甲,乙\n1,2\n")), org.ImportOptions{})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v", err)
		}
	})
}

func TestImportOutsideTheScopeIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		rep, err := org.New(d).ImportUnits(ctx, authz.Area("test", "/p610000/"), table(t, "x.csv", []byte("code,level,name,parent_code\n110000,province,北京市,\n610000,province,陕西省,\n")), org.ImportOptions{})
		if err != nil || rep.Accepted != 1 || len(rep.Refused) != 1 {
			t.Errorf("%+v (%v)", rep, err)
		}
	})
}

// All counties of China: 3,351 rows in a few seconds on each database.
func TestImportAllCounties(t *testing.T) {
	body := realdata.Read(t, "01_divisions/china_3level.csv", "import of all counties")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		rep := importUnits(t, d, "china_3level.csv", body, false)
		if rep.Read != 3351 || rep.Accepted != 3351 {
			t.Errorf("read %d, accepted %d, refused %+v", rep.Read, rep.Accepted, rep.Refused)
		}
		if len(rep.Notes) != 3 {
			t.Errorf("%d self-parents noted, want 3", len(rep.Notes))
		}
	})
}
