package sx2021

import "zhengshu/internal/rules"

// The rules of Article 19(1) and (2).
var (
	ColumnOwner = rule("S19.1.owner", "第十九条（一）", "明确总负责人和栏目责任人")
	ColumnCycle = rule("S19.2.cycle", "第十九条（二）", "明确内容更新周期、保障单位、AB岗等关键要素")
	ColumnUnit  = rule("S19.2.unit", "第十九条（二）", "明确内容更新周期、保障单位、AB岗等关键要素")
	ColumnAB    = rule("S19.2.ab", "第十九条（二）", "明确内容更新周期、保障单位、AB岗等关键要素")
)

// ColumnCard is what is written down about a column before it opens. Persons
// and units are the caller's ids.
type ColumnCard struct {
	// Owner is the 栏目责任人.
	Owner string
	// CycleDays is the longest time between two items; 0 is none given.
	CycleDays int
	// EventDriven columns (概况, 机构职能) change with the facts: no cycle in days.
	EventDriven bool
	// Unit guarantees the content (保障单位).
	Unit string
	// A and B are the two posts.
	A, B string
}

// CheckColumn applies Article 19(1) and (2) to a column to be created or changed.
func CheckColumn(c ColumnCard) []rules.Breach {
	var out []rules.Breach
	if blank(c.Owner) {
		out = append(out, ColumnOwner.Breach("未指定栏目责任人，请选择一名责任人。"))
	}
	if !c.EventDriven && c.CycleDays < 1 {
		out = append(out, ColumnCycle.Breach("未填写内容更新周期，请填写天数，或选择“按事实变化更新”。"))
	}
	if blank(c.Unit) {
		out = append(out, ColumnUnit.Breach("未指定内容保障单位，请选择保障单位。"))
	}
	switch {
	case blank(c.A) || blank(c.B):
		out = append(out, ColumnAB.Breach("AB岗未配齐，请分别指定A岗和B岗。"))
	case c.A == c.B:
		out = append(out, ColumnAB.Breach("A岗和B岗是同一人，请另选一人。"))
	}
	return out
}
