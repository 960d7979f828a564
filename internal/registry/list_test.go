package registry_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/intake"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

const listDivisions = "code,level,name,parent_code\n610000,province,陕西省,\n610100,city,西安市,610000\n610113,county,雁塔区,610100\n610116,county,长安区,610100\n610300,city,宝鸡市,610000\n"

func TestSearchFindsByNamePinyinInitialsNumberHostAndUnit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(listDivisions))
		importSites(t, ctx, r, "s.csv", []byte("host,name,code,site_code,icp\nwww.yanta.gov.cn,雁塔区人民政府,610113,6101130001,陕ICP备05000001号\nwww.changanqu.gov.cn,长安区人民政府,610116,,\n雁塔.政务,雁塔政务,610100,,\n"))
		importAccounts(t, ctx, r, "platform,account,url,code\n微博,雁塔发布,https://weibo.com/1194956975,610113\n微信公众号,长安发布,,610116\n")
		if _, err := r.SweepSearch(ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := r.SweepSearch(ctx); err != nil || n != 0 {
			t.Fatalf("a second sweep took %d, %v", n, err)
		}
		sites := func(text string) string {
			p, err := r.SiteList(ctx, system, registry.ListQuery{Text: text})
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range p.Rows {
				names = append(names, s.Name)
			}
			if p.Total != len(names) || p.Over {
				t.Errorf("%q: %d of %d", text, len(names), p.Total)
			}
			return strings.Join(names, "|")
		}
		for text, want := range map[string]string{
			"雁塔区": "雁塔区人民政府", "ytqrmzf": "雁塔区人民政府", "YanTaQu": "雁塔区人民政府", "changan": "长安区人民政府", "caqrmzf": "长安区人民政府",
			"6101130001": "雁塔区人民政府", "６１０１１３０００１": "雁塔区人民政府", "05000001": "雁塔区人民政府", "www.yanta": "雁塔区人民政府", "http://www.yanta.gov.cn/": "雁塔区人民政府",
			"雁塔.政务": "雁塔政务", "西安市人民政府办公厅": "雁塔政务", "xasrmzfbgt": "雁塔政务", "雁塔 gov.cn": "雁塔区人民政府", "100%": "", "_": "", "雁塔区\u200b": "雁塔区人民政府",
			"雁塔 长安": "",
		} {
			if got := sites(text); got != want {
				t.Errorf("%q finds %s, want %s", text, got, want)
			}
		}
		p, err := r.AccountList(ctx, system, registry.ListQuery{Text: "ytfb"})
		if err != nil || p.Total != 1 || p.Rows[0].Name != "雁塔发布" {
			t.Errorf("initials of an account: %+v %v", p, err)
		}
		if p, err = r.AccountList(ctx, system, registry.ListQuery{Text: "1194956975", Platform: "wechat"}); err != nil || p.Total != 0 {
			t.Errorf("on another platform: %+v %v", p, err)
		}
		// A unit that is renamed is found by its new name once the sweep has passed.
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE unit SET name = '西安市政府办公厅（新）' WHERE name = '西安市人民政府办公厅'`); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "unit", Name: "x"}})
		}); err != nil {
			t.Fatal(err)
		}
		if n, err := r.SweepSearch(ctx); err != nil || n != 1 {
			t.Errorf("the sweep took %d, %v", n, err)
		}
		if got := sites("政府办公厅（新）"); got != "雁塔政务" {
			t.Errorf("the new name finds %s", got)
		}
	})
}

func TestListsStandInOfficialOrderAndPage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, o, r := open(t, d, []byte(listDivisions))
		importSites(t, ctx, r, "s.csv", []byte("host,name,code\nwww.baoji.gov.cn,宝鸡市人民政府,610300\nwww.changanqu.gov.cn,长安区人民政府,610116\nwww.yanta.gov.cn,雁塔区人民政府,610113\nwww.xa.gov.cn,西安市人民政府,610100\nwww.shaanxi.gov.cn,陕西省人民政府,610000\n"))
		want := []string{"陕西省人民政府", "西安市人民政府", "雁塔区人民政府", "长安区人民政府", "宝鸡市人民政府"}
		for _, narrow := range []registry.ListQuery{{}, {State: registry.Running}} {
			var got []string
			for at := 0; at < 6; at += 2 {
				n := narrow
				n.Limit, n.Offset = 2, at
				p, err := r.SiteList(ctx, system, n)
				if err != nil || p.Total != 5 {
					t.Fatalf("%+v: %d, %v", n, p.Total, err)
				}
				for _, s := range p.Rows {
					got = append(got, s.Name)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%+v lists %v", narrow, got)
			}
		}
		city, err := o.Area(ctx, d, "city-610100000000")
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.SiteList(ctx, authz.Area("test", city.Path), registry.ListQuery{})
		if err != nil || p.Total != 3 {
			t.Errorf("a city sees %d, %v", p.Total, err)
		}
		if p, err = r.SiteList(ctx, authz.Area("test", city.Path), registry.ListQuery{Text: "baoji"}); err != nil || p.Total != 0 {
			t.Errorf("a city finds its neighbour: %d, %v", p.Total, err)
		}
		if p, err = r.SiteList(ctx, authz.Scope{}, registry.ListQuery{}); err != nil || p.Total != 0 {
			t.Errorf("nobody sees %d, %v", p.Total, err)
		}
	})
}

// Words that very many records meet are walked in the order of the list: every
// page stands where the whole list has it.
func TestWordsThatVeryManyMeet(t *testing.T) {
	const meet = 2100
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte(listDivisions))
		var body strings.Builder
		body.WriteString("platform,account,url,code\n")
		for i := range meet {
			fmt.Fprintf(&body, "微博,雁塔发布%04d,https://weibo.com/%d,610113\n", meet-1-i, i+1)
		}
		for i := range 50 {
			fmt.Fprintf(&body, "微博,雁塔%04d新闻,https://weibo.com/9%05d,610113\n", i, i)
		}
		if rep := importAccounts(t, ctx, r, body.String()); rep.Accepted != meet+50 {
			t.Fatalf("accepted %d: %v", rep.Accepted, rep.Refused)
		}
		for n := 1; n > 0; {
			var err error
			if n, err = r.SweepSearch(ctx); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			offset, rows, total int
			over                bool
		}{{0, 20, 1000, true}, {990, 20, 1000, true}, {2000, 20, 1000, true}, {meet - 5, 5, meet, false}, {meet + 10, 0, meet, false}} {
			p, err := r.AccountList(ctx, system, registry.ListQuery{Text: "发布", Limit: 20, Offset: c.offset})
			if err != nil || len(p.Rows) != c.rows || p.Total != c.total || p.Over != c.over {
				t.Errorf("from %d: %d rows of %d, over %v (%v), want %+v", c.offset, len(p.Rows), p.Total, p.Over, err, c)
			}
			for i, a := range p.Rows {
				if want := fmt.Sprintf("雁塔发布%04d", c.offset+i); a.Name != want {
					t.Fatalf("from %d, row %d is %s, want %s", c.offset, i, a.Name, want)
				}
			}
		}
		p, err := r.AccountList(ctx, system, registry.ListQuery{Text: "发布", Under: "county-610116000000"})
		if err != nil || len(p.Rows) != 0 || p.Total != 0 || p.Over {
			t.Errorf("in the county beside: %d of %d (%v)", len(p.Rows), p.Total, err)
		}
	})
}

// One code may stand for two levels (杨凌示范区 and 杨陵区): a sponsor of the lower
// one is found by it.
func TestSponsorBelowTheSameCode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, _, r := open(t, d, []byte("code,level,name,parent_code\n610000,province,陕西省,\n610403,city,杨凌示范区,610000\n610403,county,杨陵区,610403\n"))
		rep := importAccounts(t, ctx, r, "平台,账号名称,网址,区划代码,主办单位\n微博,甲,https://weibo.com/1,610403,杨陵区人民政府办公室\n微博,乙,https://weibo.com/2,610403,\n微博,丙,https://weibo.com/3,610403,杨柳区人民政府办公室\n")
		if rep.Accepted != 2 || len(rep.Refused) != 1 || rep.Refused[0].Row != 4 {
			t.Fatalf("accepted %d, refused %+v", rep.Accepted, rep.Refused)
		}
		p, err := r.AccountList(ctx, system, registry.ListQuery{Text: "甲"})
		if err != nil || len(p.Rows) != 1 || p.Rows[0].UnitName != "杨陵区人民政府办公室" {
			t.Fatalf("the account's unit: %+v (%v)", p.Rows, err)
		}
	})
}

func importAccounts(t *testing.T, ctx context.Context, r *registry.Service, body string) intake.Report {
	t.Helper()
	rep, err := r.ImportAccounts(ctx, system, table(t, "a.csv", []byte(body)), org.ImportOptions{Source: "a.csv"})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestListsStayQuick measures; it judges nothing by the clock. It runs when
// ZHENGSHU_LIST_ROWS names how many accounts to make.
func TestListsStayQuick(t *testing.T) {
	rows := 0
	if _, err := fmt.Sscan(os.Getenv("ZHENGSHU_LIST_ROWS"), &rows); err != nil {
		t.Skip("measured by hand: ZHENGSHU_LIST_ROWS is not set")
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		b := &strings.Builder{}
		b.WriteString("code,level,name,parent_code\n610000,province,陕西省,\n")
		for c := range 10 {
			fmt.Fprintf(b, "61%02d00,city,第%d市,610000\n", c+1, c+1)
			for k := range 60 {
				fmt.Fprintf(b, "61%02d%02d,county,第%d市第%d县,61%02d00\n", c+1, k+1, c+1, k+1, c+1)
			}
		}
		ctx, o, r := open(t, d, []byte(b.String()))
		b.Reset()
		b.WriteString("platform,account,url,code\n")
		for i := range rows {
			fmt.Fprintf(b, "%s,第%d号发布%s,https://weibo.com/%d,61%02d%02d\n", []string{"wechat", "weibo", "douyin"}[i%3], i, []string{"教育", "公安", "卫生", "雁塔"}[i%4], 1000000+i, i%10+1, i/10%60+1)
		}
		begun := time.Now()
		importAccounts(t, ctx, r, b.String())
		t.Logf("import of %d accounts: %s", rows, time.Since(begun))
		begun = time.Now()
		if _, err := r.SweepSearch(ctx); err != nil {
			t.Fatal(err)
		}
		t.Logf("sweep: %s", time.Since(begun))
		if d.Dialect() == db.Postgres {
			if _, err := d.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
				t.Fatal(err)
			}
		}
		city, err := o.Area(ctx, d, "city-610300000000")
		if err != nil {
			t.Fatal(err)
		}
		for name, q := range map[string]registry.ListQuery{
			"first page": {}, "page 100": {Offset: 5000}, "page 199": {Offset: 9900}, "rare word": {Text: "第4711号"}, "common word": {Text: "雁塔"}, "initials": {Text: "jy"}, "two words": {Text: "公安 第471"}, "common page 30": {Text: "雁塔", Offset: 1450}, "kind": {Kind: "account"}, "kind page 100": {Kind: "account", Offset: 5000}, "unit": {Text: "第3市第7县"},
			"platform": {Platform: "weibo"}, "platform page 100": {Platform: "weibo", Offset: 5000}, "no such state": {State: "closed"}, "city": {Under: city.ID}, "city and platform": {Under: city.ID, Platform: "weibo"}, "county": {Under: "county-610307000000"}, "none": {Text: "zzzzqqq"},
		} {
			for who, scope := range map[string]authz.Scope{"all": system, "city": authz.Area("test", city.Path)} {
				var took []time.Duration
				total := 0
				for range 9 {
					begun := time.Now()
					p, err := r.AccountList(ctx, scope, q)
					if err != nil {
						t.Fatal(err)
					}
					total = p.Total
					took = append(took, time.Since(begun))
				}
				slices.Sort(took)
				t.Logf("%-18s %-5s median %-12s worst %-12s %d", name, who, took[4], took[8], total)
			}
		}
	})
}
