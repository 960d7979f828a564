package closing

import (
	"zhengshu/internal/obligation"
	"zhengshu/internal/rules/sx2021"
)

// InquiryClock is the sponsor's time to answer.
var InquiryClock = obligation.Kind{ID: "inquiry", Name: "答复核实单", Clause: "S8.1c", Citation: sx2021.OfflineUnapproved.Citation,
	Says: "网站、账号中断后说明原因", Remind: []int{1, 0}, Escalate: 1}

// Obligations are the clocks this package opens.
func Obligations() []obligation.Kind { return []obligation.Kind{InquiryClock} }
