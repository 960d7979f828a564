package registry_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/intake"
	"zhengshu/internal/notice"
	"zhengshu/internal/official"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/protection"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/internal/roster"
)

var system = authz.System("test")

func table(t *testing.T, name string, body []byte) *official.Table {
	t.Helper()
	tab, err := official.ReadTable(bytes.NewReader(body), int64(len(body)), name, official.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func open(t *testing.T, d *db.DB, divisions []byte) (context.Context, *org.Service, *registry.Service) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	if _, err := o.ImportUnits(ctx, system, table(t, "d.csv", divisions), org.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	r := registry.New(d, o)
	r.UsedBy(slices.Concat(filing.LedgerHolds(), notice.LedgerHolds(), roster.LedgerHolds(), operator.LedgerHolds(), protection.LedgerHolds(), closing.LedgerHolds())...)
	return ctx, o, r
}

const divisions = "code,level,name,parent_code\n610000,province,陕西省,\n610100,city,西安市,610000\n610113,county,雁塔区,610100\n610114,county,阎良区,610100\n"

const sites = `id,name,level,code,province,url,host,sponsor,kind,site_code
s1,雁塔区,county,610113,陕西省,http://www.yanta.example.gov.cn/,www.yanta.example.gov.cn,,portal,6101130001
s2,阎良区,county,610114,陕西省,,WWW.YANLIANG.example.gov.cn,,portal,
s3,重复,county,610114,陕西省,,www.yanliang.example.gov.cn,,portal,
s4,长码,county,610114,陕西省,,www.long.example.gov.cn,,portal,610114000044
s5,别处的码,county,610114,陕西省,,www.other.example.gov.cn,,portal,6101130002
s6,无此区划,county,619999,陕西省,,www.none.example.gov.cn,,portal,
s7,坏域名,county,610114,陕西省,,http://bad host/,,portal,
s8,全角,county,６１０１１４,陕西省,,www.wide.example.gov.cn,,portal,６１０１１４０００３
`

func importSites(t *testing.T, ctx context.Context, r *registry.Service, name string, body []byte) intake.Report {
	t.Helper()
	rep, err := r.ImportSites(ctx, system, table(t, name, body), org.ImportOptions{Source: name})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func TestImportSitesRowByRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(divisions))
		rep := importSites(t, ctx, r, "s.csv", []byte(sites))
		if rep.Read != 8 || rep.Accepted != 3 || len(rep.Refused) != 5 {
			t.Fatalf("read %d, accepted %d, refused %+v", rep.Read, rep.Accepted, rep.Refused)
		}
		want := map[int]string{4: "host", 5: "site_code", 6: "site_code", 7: "code", 8: "host"}
		for _, x := range rep.Refused {
			if x.Says == "" || want[x.Row] != x.Field {
				t.Errorf("row %d refused at %q (%s), want %q", x.Row, x.Field, x.Says, want[x.Row])
			}
		}
		if again := importSites(t, ctx, r, "s.csv", []byte(sites)); again.Accepted != 0 || again.Unchanged != 3 {
			t.Errorf("again: accepted %d, unchanged %d", again.Accepted, again.Unchanged)
		}
		site, err := r.SiteByHost(ctx, d, system, "www.yanliang.example.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		if site.UnitName != "阎良区人民政府办公室" || site.Monitored || strings.Join(site.Gaps(), " ") != "政府网站标识码 ICP备案编号 公安备案编号 中文域名 党政机关网站标识" {
			t.Errorf("site %+v gaps %v", site, site.Gaps())
		}
		// A later file fills the gap and cannot overwrite.
		fill := importSites(t, ctx, r, "f.csv", []byte("host,site_code\nwww.yanliang.example.gov.cn,6101140009\nwww.yanta.example.gov.cn,6101130009\n"))
		if fill.Accepted != 1 || len(fill.Refused) != 1 || fill.Refused[0].Field != "site_code" {
			t.Errorf("fill %+v", fill)
		}
	})
}

func TestDepartmentsOutsideArticle2AreRefused(t *testing.T) {
	const rows = "code,area,province,unit,government_organ,url,host\n610100,西安市,陕西省,公安局,Y,,gaj.example.gov.cn\n610100,西安市,陕西省,人大,N,,rd.example.gov.cn\n"
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(divisions))
		rep := importSites(t, ctx, r, "departments.csv", []byte(rows))
		if rep.Accepted != 1 || len(rep.Refused) != 1 || !strings.Contains(rep.Refused[0].Says, "第二条") {
			t.Fatalf("%+v", rep)
		}
		site, err := r.SiteByHost(ctx, d, system, "gaj.example.gov.cn")
		if err != nil || site.UnitName != "西安市公安局" || site.Kind != registry.DepartmentSite {
			t.Errorf("%+v (%v)", site, err)
		}
	})
}

func TestNeighboursSeeNoSiteOfOurs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, o, r := open(t, d, []byte(divisions))
		importSites(t, ctx, r, "s.csv", []byte(sites))
		county, err := o.Area(ctx, d, "county-610113000000")
		if err != nil {
			t.Fatal(err)
		}
		mine := authz.Area("test", county.Path)
		list, total, err := r.Sites(ctx, mine, registry.SiteFilter{})
		if err != nil || total != 1 || list[0].Host != "www.yanta.example.gov.cn" {
			t.Errorf("sees %d: %+v (%v)", total, list, err)
		}
		if _, err := r.SiteByHost(ctx, d, mine, "www.yanliang.example.gov.cn"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour's site: %v", err)
		}
		other, err := r.SiteByHost(ctx, d, system, "www.yanliang.example.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		err = d.Update(ctx, func(tx *db.Tx) error { return r.SetMonitored(ctx, tx, mine, other.ID, true) })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("switched a neighbour's monitoring: %v", err)
		}
	})
}

func TestColumnNeedsItsPeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, o, r := open(t, d, []byte(divisions))
		importSites(t, ctx, r, "s.csv", []byte(sites))
		site, err := r.SiteByHost(ctx, d, system, "www.yanta.example.gov.cn")
		if err != nil {
			t.Fatal(err)
		}
		var a, b org.Person
		err = d.Update(ctx, func(tx *db.Tx) error {
			if a, err = o.AddPerson(ctx, tx, system, org.Person{Unit: site.Unit, Name: "甲某"}); err != nil {
				return err
			}
			b, err = o.AddPerson(ctx, tx, system, org.Person{Unit: site.Unit, Name: "乙某"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		good := registry.Column{Site: site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "本区重要动态", Owner: a.ID, A: a.ID, B: b.ID, CycleDays: 14}
		for _, tt := range []struct {
			name  string
			spoil func(*registry.Column)
			field string
		}{
			{"no owner", func(c *registry.Column) { c.Owner = "" }, "owner"},
			{"A is B", func(c *registry.Column) { c.B = c.A }, "b"},
			{"no cycle", func(c *registry.Column) { c.CycleDays = 0 }, "cycle_days"},
			{"description repeats the name", func(c *registry.Column) { c.Description = c.Name }, "description"},
		} {
			c := good
			tt.spoil(&c)
			err := d.Update(ctx, func(tx *db.Tx) error { _, err := r.AddColumn(ctx, tx, system, c); return err })
			if f := fault.Of(err); f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != tt.field {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		add := func() error {
			return d.Update(ctx, func(tx *db.Tx) error { _, err := r.AddColumn(ctx, tx, system, good); return err })
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
		if err := add(); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same short name twice: %v", err)
		}
		if c, err := r.ColumnBySlug(ctx, d, system, site.ID, "news"); err != nil || c.OwnerName != "甲某" || c.BName != "乙某" {
			t.Errorf("%+v (%v)", c, err)
		}
	})
}

// All 2,566 portals, the zones, departments and accounts of the real files.
func TestImportAllSites(t *testing.T) {
	counties := realdata.Read(t, "01_divisions/china_3level.csv", "import of all sites and accounts")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, counties)
		for _, f := range []struct {
			file                    string
			read, accepted, refused int
		}{
			{"portals.csv", 2566, 2556, 10},
			{"zones.csv", 516, 499, 1},
			{"departments.csv", 2009, 385, 1601},
		} {
			rep := importSites(t, ctx, r, f.file, realdata.Read(t, "02_gov_sites/"+f.file, "import of all sites and accounts"))
			t.Logf("%s: read %d accepted %d unchanged %d refused %d notes %d", f.file, rep.Read, rep.Accepted, rep.Unchanged, len(rep.Refused), len(rep.Notes))
			if rep.Accepted != f.accepted || len(rep.Refused) != f.refused {
				t.Errorf("%s: accepted %d and refused %d, want %d and %d", f.file, rep.Accepted, len(rep.Refused), f.accepted, f.refused)
			}
			if rep.Read != f.read || rep.Accepted+rep.Unchanged+len(rep.Refused) != rep.Read {
				t.Errorf("%s: the parts do not add up: %d read", f.file, rep.Read)
			}
			for _, x := range rep.Refused {
				if x.Says == "" {
					t.Errorf("%s row %d refused without a word", f.file, x.Row)
				}
			}
			if again := importSites(t, ctx, r, f.file, realdata.Read(t, "02_gov_sites/"+f.file, "import of all sites and accounts")); again.Accepted != 0 {
				t.Errorf("%s: a second run accepted %d", f.file, again.Accepted)
			}
		}
		rep, err := r.ImportAccounts(ctx, system, table(t, "w.csv", realdata.Read(t, "02_gov_sites/new_media_weibo.csv", "import of all sites and accounts")), org.ImportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if rep.Read != 348 || rep.Accepted != 343 || len(rep.Refused) != 5 {
			t.Errorf("weibo: read %d accepted %d refused %+v", rep.Read, rep.Accepted, rep.Refused)
		}
	})
}

// A site on its way out is still the government's: Article 8(2) and (3) end its
// duties only when the ends are proved.
func TestSitesOnTheirWayOutAreLive(t *testing.T) {
	for state, want := range map[string]bool{registry.Planned: false, registry.Running: true, registry.TemporarilyOffline: false, registry.Exiting: true, registry.Exited: false, registry.Closing: true, registry.Closed: false} {
		if got := (registry.Site{State: state}).Live(); got != want {
			t.Errorf("%s: live %v", state, got)
		}
	}
}
