package matrix_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/matrix"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

var all = authz.System("test")

func TestArticle11_EveryObjectIsPlacedOrListedAsMissing(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, registry.DomainMachine))
		o := org.New(d)
		reg := registry.New(d, o)
		obligations := obligation.New(d, o, matrix.Obligations()...)
		svc := matrix.New(matrix.Parts{DB: d, Org: o, Registry: reg, Obligations: obligations, Settings: sx2021.Defaults})
		var told []registry.SiteID
		svc.OnChanged(func(_ context.Context, _ *db.Tx, sites []registry.SiteID) error { told = sites; return nil })
		units := map[string]org.Unit{}
		var portal, dept registry.Site
		var account registry.Account
		ok(d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for key, u := range map[string]org.Unit{"province": {Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}, "city": {Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"},
				"dept": {Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局", Line: "commerce"}} {
				made, _, err := o.AddUnit(ctx, tx, u)
				if err != nil {
					return err
				}
				units[key] = made
			}
			var err error
			if portal, err = reg.EnterSite(ctx, tx, registry.Site{Unit: units["province"].ID, Kind: registry.Portal, Name: "省政府门户", Host: "www.sx.gov.cn", Slug: "sx", Hosted: true}); err != nil {
				return err
			}
			if dept, err = reg.EnterSite(ctx, tx, registry.Site{Unit: units["dept"].ID, Kind: registry.DepartmentSite, Name: "市商务局", Host: "sw.xa.gov.cn"}); err != nil {
				return err
			}
			account, err = reg.EnterAccount(ctx, tx, all, registry.Account{Unit: units["city"].ID, Platform: "weibo", Name: "西安发布", URL: "https://weibo.example/xa"}, registry.Why{Says: "存量", Document: "文件"})
			return err
		}))
		standing := func(ref registry.Ref, want string) {
			t.Helper()
			n, err := svc.Node(ctx, all, ref)
			ok(err)
			if n.Standing != want {
				t.Errorf("%s stands %s, want %s", n.Name, n.Standing, want)
			}
		}
		deptRef, accountRef := registry.Ref{Kind: sx2021.Site, ID: string(dept.ID)}, registry.Ref{Kind: sx2021.Account, ID: string(account.ID)}
		if _, err := svc.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		standing(registry.Ref{Kind: sx2021.Site, ID: string(portal.ID)}, matrix.Head)
		standing(deptRef, matrix.Missing)
		standing(accountRef, matrix.Missing)
		if !slices.Equal(told, []registry.SiteID{portal.ID}) {
			t.Errorf("told of %v", told)
		}
		open := func() []obligation.Obligation {
			list, err := obligations.Obligations(ctx, all, obligation.Filter{Kind: matrix.PlacementDue.ID})
			ok(err)
			return list
		}
		if list := open(); len(list) != 2 || list[0].Unit != units["city"].ID || list[0].Due.On != calendar.Today(clock).AddDays(10) {
			t.Fatalf("clocks: %+v", list)
		}
		if n, err := svc.Sweep(ctx); err != nil || n != 0 {
			t.Errorf("a second sweep changed %d (%v)", n, err)
		}

		// A person's word, with its reason; the account heads the city.
		if err := svc.Decide(ctx, all, accountRef, matrix.Place{Head: true}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := svc.Decide(ctx, all, accountRef, matrix.Place{Parent: deptRef, Reason: "理由"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("below an object of the other matrix: %v", err)
		}
		ok(svc.Decide(ctx, all, deptRef, matrix.Place{Parent: registry.Ref{Kind: sx2021.Site, ID: string(portal.ID)}, Reason: "市门户建设期间由省门户牵头"}))
		standing(deptRef, matrix.Placed)
		ok(svc.Decide(ctx, all, accountRef, matrix.Place{Head: true, Reason: "市政府指定"}))
		standing(accountRef, matrix.Missing) // the province still has no head account
		if list := open(); len(list) != 1 || list[0].Unit != units["province"].ID {
			t.Errorf("clocks after: %+v", list)
		}
		if err := svc.Decide(ctx, authz.Area("test", units["dept"].AreaPath), accountRef, matrix.Place{Reason: "撤回"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of scope: %v", err)
		}

		// The provincial head is named as the article names it.
		ok(d.Update(ctx, func(tx *db.Tx) error {
			_, err := reg.EnterAccount(ctx, tx, all, registry.Account{Unit: units["province"].ID, Platform: "weibo", Name: matrix.HeadAccount, URL: "https://weibo.example/sx"}, registry.Why{Says: "存量", Document: "文件"})
			return err
		}))
		if _, err := svc.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		standing(accountRef, matrix.Head)
		if list := open(); len(list) != 0 {
			t.Errorf("clocks at the end: %+v", list)
		}
		for _, k := range matrix.Kinds {
			f, err := svc.Figures(ctx, all, k)
			ok(err)
			list, total, err := svc.Nodes(ctx, all, matrix.Filter{Matrix: k, Limit: 20})
			ok(err)
			if f.All() != 2 || total != 2 || len(list) != 2 {
				t.Errorf("%s: %+v, %d of %d", k, f, len(list), total)
			}
			b, found, err := svc.Branch(ctx, all, k, registry.Ref{})
			if ok(err); !found || len(b.Below) != 1 {
				t.Errorf("%s heads %d (%v)", b.Node.Name, len(b.Below), found)
			}
		}
		pages, err := svc.Pages(ctx, d, portal.ID)
		ok(err)
		if len(pages) != 2 || len(pages[0].Sites) != 1 || len(pages[0].Below) != 1 || pages[0].Below[0].Sites != 1 || pages[0].Below[0].Accounts != 1 || len(pages[1].Accounts) != 1 {
			t.Errorf("public pages: %+v", pages)
		}
	})
}
