package registry_test

import (
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

func TestListsFollowAUnitThatMovesAndFindFormerNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, o, r := open(t, d, []byte(listDivisions))
		importAccounts(t, ctx, r, "platform,account,url,code\n微博,雁塔发布,https://weibo.com/1194956975,610113\n微博,长安发布,https://weibo.com/1194956976,610116\n")
		area := func(id string) authz.Scope {
			a, err := o.Area(ctx, d, countyID(id))
			if err != nil {
				t.Fatal(err)
			}
			return authz.Area("test", a.Path)
		}
		yanta, changan := area("610113"), area("610116")
		sees := func(scope authz.Scope, n registry.ListQuery, want int) {
			t.Helper()
			if p, err := r.AccountList(ctx, scope, n); err != nil || p.Total != want || len(p.Rows) != want {
				t.Errorf("%+v: %d, want %d, %v", n, p.Total, want, err)
			}
		}
		sees(yanta, registry.ListQuery{}, 1)
		sees(changan, registry.ListQuery{}, 1)
		write := func(query string, args ...any) {
			t.Helper()
			if err := d.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, query, args...); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "unit", Name: "x"}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		// The unit's place changes: its accounts go along at once.
		p, err := r.AccountList(ctx, changan, registry.ListQuery{})
		if err != nil || len(p.Rows) != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		a, err := o.Area(ctx, d, countyID("610113"))
		if err != nil {
			t.Fatal(err)
		}
		write(`UPDATE unit SET area_path = $2 WHERE id = $1`, p.Rows[0].Unit, a.Path+"@"+string(p.Rows[0].Unit)+"/")
		sees(changan, registry.ListQuery{}, 0)
		sees(yanta, registry.ListQuery{}, 2)
		// What has lost its place is mended by the sweep.
		write(`UPDATE account SET area_path = NULL`)
		sees(yanta, registry.ListQuery{}, 0)
		if _, err := r.SweepSearch(ctx); err != nil {
			t.Fatal(err)
		}
		sees(yanta, registry.ListQuery{}, 2)
		// A name that was given up still finds the account.
		if err := d.Update(ctx, func(tx *db.Tx) error {
			_, err := r.Rename(ctx, tx, system, p.Rows[0].Ref(), "长安政务", registry.Why{Says: "统一名称", Document: "批复 1 号"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"长安发布", "cafb", "长安政务", "cazw"} {
			sees(system, registry.ListQuery{Text: text}, 1)
		}
	})
}

// countyID is a county by its division code.
func countyID(code string) org.AreaID { return org.AreaID("county-" + code + "000000") }
