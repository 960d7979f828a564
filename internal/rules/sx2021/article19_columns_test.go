package sx2021

import (
	"testing"
)

func TestArticle19_2_Columns(t *testing.T) {
	good := ColumnCard{Owner: "甲", CycleDays: 14, Unit: "办公室", A: "甲", B: "乙"}
	change := func(f func(*ColumnCard)) ColumnCard { c := good; f(&c); return c }
	for _, tt := range []struct {
		name string
		in   ColumnCard
		want []string
	}{
		{"complete", good, nil},
		{"no owner", change(func(c *ColumnCard) { c.Owner = "" }), []string{"S19.1.owner"}},
		{"no cycle", change(func(c *ColumnCard) { c.CycleDays = 0 }), []string{"S19.2.cycle"}},
		{"changes with the facts", change(func(c *ColumnCard) { c.CycleDays = 0; c.EventDriven = true }), nil},
		{"no unit", change(func(c *ColumnCard) { c.Unit = " " }), []string{"S19.2.unit"}},
		{"A is B", change(func(c *ColumnCard) { c.B = "甲" }), []string{"S19.2.ab"}},
		{"no B", change(func(c *ColumnCard) { c.B = "" }), []string{"S19.2.ab"}},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckColumn(tt.in), tt.want...) })
	}
}
