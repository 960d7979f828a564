package budget_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/budget"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
)

var all = authz.System("test")

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestArticle21_ABudgetOfFourClasses(t *testing.T) {
	start := time.Date(2026, 1, 5, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		ctx := audit.System(context.Background(), "test")
		store, err := blob.Disk(t.TempDir())
		ok(t, err)
		o := org.New(d)
		obligations := obligation.New(d, o, budget.Obligations()...)
		svc := budget.New(budget.Parts{DB: d, Org: o, Obligations: obligations, Store: store, Settings: sx2021.Defaults})
		var office, idle org.Unit
		ok(t, d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			if office, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}); err != nil {
				return err
			}
			idle, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "没有网站的厅"})
			return err
		}))
		open := func() []obligation.Obligation {
			list, err := obligations.Obligations(ctx, all, obligation.Filter{Kind: "budget_lines"})
			ok(t, err)
			return list
		}
		for want := 1; want >= 0; want-- { // a second sweep opens nothing
			if n, err := svc.Sweep(ctx); err != nil || n != want {
				t.Fatalf("opened %d, %v; want %d", n, err, want)
			}
		}
		if list := open(); len(list) != 1 || list[0].Unit != office.ID || list[0].Due.On.String() != "2026-03-31" {
			t.Errorf("owed: %+v", list)
		}
		gap, total, err := svc.Units(ctx, all, budget.Filter{Year: 2026, Gap: true})
		if err != nil || total != 1 || gap[0].Unit != office.ID || gap[0].Owes() != 4 {
			t.Errorf("gap: %+v %d %v", gap, total, err)
		}
		file := &approval.Upload{Name: "批复.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
		line := func(c sx2021.BudgetClass, planned, approved, spent budget.Fen) budget.Line {
			return budget.Line{Class: c, Planned: planned, Approved: approved, Spent: spent}
		}
		if _, err := svc.Save(ctx, all, office.ID, 2026, []budget.Line{line(sx2021.BudgetTraining, 100, 0, 50)}, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("spent without approval: %v", err)
		}
		if _, err := svc.Save(ctx, all, office.ID, 1999, []budget.Line{line(sx2021.BudgetTraining, 100, 0, 0)}, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("1999: %v", err)
		}
		_, err = svc.Save(ctx, all, office.ID, 2026, []budget.Line{line(sx2021.BudgetSupervision, 100, 100, 10), line(sx2021.BudgetOperation, 200, 200, 20), line(sx2021.BudgetSecurity, 300, 300, 30)}, file)
		ok(t, err)
		if len(open()) != 1 {
			t.Error("discharged with a class missing")
		}
		y, err := svc.Save(ctx, all, office.ID, 2026, []budget.Line{line(sx2021.BudgetTraining, 0, 0, 0), line(sx2021.BudgetOperation, 250, 200, 20)}, nil)
		ok(t, err)
		if len(y.Missing()) != 0 || len(open()) != 0 {
			t.Errorf("missing %v, %d owed", y.Missing(), len(open()))
		}
		if l, _ := y.Line(sx2021.BudgetOperation); l.Planned != 250 || l.FileName != "批复.pdf" {
			t.Errorf("changed line: %+v", l)
		}
		totals, err := svc.RollUp(ctx, all, 2026)
		ok(t, err)
		if len(totals) != 4 || totals[1].Planned != 250 || totals[2].Spent != 30 || totals[3].Units != 1 {
			t.Errorf("roll-up: %+v", totals)
		}
		list, total, err := svc.Units(ctx, all, budget.Filter{Year: 2026})
		if err != nil || total != 1 || list[0].Planned != 650 || list[0].Owes() != 0 {
			t.Errorf("units: %+v %d %v", list, total, err)
		}
		foreign := authz.Area("test", idle.AreaPath)
		if _, err := svc.Year(ctx, d, foreign, office.ID, 2026); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of scope: %v", err)
		}
		// After the due day nothing new is owed for the year.
		clock.Set(time.Date(2026, 4, 1, 2, 0, 0, 0, time.UTC))
		if n, err := svc.Sweep(ctx); err != nil || n != 0 {
			t.Errorf("opened %d after the day, %v", n, err)
		}
		clock.Set(time.Date(2027, 1, 2, 2, 0, 0, 0, time.UTC))
		if n, err := svc.Sweep(ctx); err != nil || n != 1 {
			t.Errorf("opened %d in the new year, %v", n, err)
		}
		// A year is discharged by its own lines, late or not, and no other.
		clock.Set(time.Date(2028, 1, 2, 2, 0, 0, 0, time.UTC))
		if n, err := svc.Sweep(ctx); err != nil || n != 1 {
			t.Errorf("opened %d in the year after, %v", n, err)
		}
		whole := []budget.Line{line(sx2021.BudgetSupervision, 1, 1, 0), line(sx2021.BudgetOperation, 1, 1, 0), line(sx2021.BudgetSecurity, 1, 1, 0), line(sx2021.BudgetTraining, 1, 1, 0)}
		for left, year := range []int{2028, 2027} {
			_, err = svc.Save(ctx, all, office.ID, year, whole, nil)
			ok(t, err)
			if list := open(); len(list) != 1-left || left == 0 && list[0].Period != "2027" {
				t.Errorf("with the lines of %d, owed: %+v", year, list)
			}
		}
	})
}
