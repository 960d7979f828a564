package newmedia

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// What was seen of a download address later stays when an earlier answer comes after it;
// that nobody looked is no answer, and gives way to any.
func TestAnEarlierAnswerReplacesNoLaterOne(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		ctx := audit.System(context.Background(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(passage.Declare(ctx, d, registry.AccountMachine, inspection.FindingMachine))
		o := org.New(d)
		reg := registry.New(d, o)
		svc := New(Parts{DB: d, Registry: reg, Inspection: inspection.New(d, d, reg, nil, nil, inspection.Settings{}), Obligations: obligation.New(d, o, Obligations()...), Settings: sx2021.Defaults,
			Pack: func(calendar.Date) (packs.Pack, bool) { return packs.Pack{}, false }})
		var app registry.Account
		const address = "https://store.example.com/qwt"
		ok(d.Update(ctx, func(tx *db.Tx) error {
			system := authz.System("test")
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			if err != nil {
				return err
			}
			why := registry.Why{Source: "import", Says: "试验"}
			if app, err = reg.EnterAccount(ctx, tx, system, registry.Account{Unit: u.ID, Platform: "app", Name: "秦务通", Necessity: "网站和公众号不能离线办理", State: registry.Running}, why); err != nil {
				return err
			}
			today := calendar.DateOf(tx.Now())
			_, err = reg.AddVersion(ctx, tx, system, registry.Version{App: app.ID, Number: "1.0", ReleasedOn: today, Tester: "测评中心", TestedOn: today, Passed: true, Downloads: []registry.Download{{Store: "市场", URL: address}}}, why)
			return err
		}))
		brought := func(state check.LinkState, at time.Time) {
			t.Helper()
			body, err := json.Marshal([]StoreSight{{URL: address, State: state}})
			ok(err)
			_, err = svc.takeStores(ctx, string(app.ID), inspection.Seen{At: at, Vantage: "电信", Body: body}, nil)
			ok(err)
		}
		stands := func(want check.LinkState) {
			t.Helper()
			list, err := svc.stores(ctx, d, app.ID)
			if err != nil || len(list) != 1 || list[0].State != want {
				t.Errorf("%+v (%v), want %s", list, err, want)
			}
		}
		brought(check.LinkDead, start.Add(2*time.Hour))
		stands(check.LinkDead)
		brought(check.LinkAlive, start.Add(time.Hour)) // seen before
		stands(check.LinkDead)
		brought(check.LinkAlive, start.Add(3*time.Hour))
		stands(check.LinkAlive)
		// Nobody looked: that says nothing of the address, and is due again later.
		clock.Set(start.Add(6 * time.Hour))
		ok(svc.storesMissed(ctx, string(app.ID), "外网巡检机没有带回结果。"))
		stands(check.LinkRefused)
		brought(check.LinkAlive, start.Add(2*time.Hour)) // before the last that was seen
		stands(check.LinkRefused)
		brought(check.LinkDead, start.Add(4*time.Hour)) // late, and newer than what was seen
		stands(check.LinkDead)
		at, err := db.One(ctx, d, db.Value[time.Time], `SELECT at FROM app_store_look WHERE account_id = $1`, app.ID)
		if err != nil || !at.Equal(start.Add(6*time.Hour)) {
			t.Errorf("its turn was at %v (%v)", at, err)
		}
	})
}
