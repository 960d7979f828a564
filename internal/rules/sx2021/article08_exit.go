package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// ExitMonths is the time after the State Council office's approval to change
// domain and mark and delete code and entrance.
const ExitMonths = 1

// The rules of Article 8(2).
var (
	ExitReason         = rule("S8.2a.reason", "第八条（二）", "因机构改革等职能发生变化，不再具备行政职能的")
	ExitEstablishment  = rule("S8.2a.establishment_document", "第八条（二）", "应由主办单位提出申请，附编制部门批复文件")
	ExitStateApproval  = rule("S8.2a.state_approval", "第八条（二）", "经国务院办公厅审批同意后，方可退出监管")
	ExitDomain         = rule("S8.2b.domain", "第八条（二）", "退出监管的政府网站与政务新媒体应在1个月内变更域名、党政机关标识")
	ExitMark           = rule("S8.2b.mark", "第八条（二）", "退出监管的政府网站与政务新媒体应在1个月内变更域名、党政机关标识")
	ExitSiteCode       = rule("S8.2b.site_code", "第八条（二）", "删除政府网站标识码、我为政府网站找错等")
	ExitReportEntrance = rule("S8.2b.report_entrance", "第八条（二）", "删除政府网站标识码、我为政府网站找错等")
)

// Exit is an exit from supervision.
type Exit struct {
	Object ObjectKind
	// FunctionsGone: the sponsor no longer has administrative functions.
	FunctionsGone bool
	// EstablishmentDocument: the 编制 department's paper is attached.
	EstablishmentDocument bool
	// StateApproved is the day of the State Council office's approval.
	StateApproved calendar.Date
	// What was done: the domain left .gov.cn and .政务, the mark changed, the
	// site code and the 找错 entrance were deleted.
	DomainChanged, MarkChanged, CodeDeleted, EntranceDeleted bool
}

// CheckExitApplication is what stands before the application climbs.
func CheckExitApplication(e Exit) []rules.Breach {
	var out []rules.Breach
	if !e.FunctionsGone {
		out = append(out, ExitReason.Breach("主办单位仍具有行政职能，不能退出监管；需要停办的，请申请注销关停。"))
	}
	if !e.EstablishmentDocument {
		out = append(out, ExitEstablishment.Breach("缺少编制部门批复文件，请上传后再提交。"))
	}
	return out
}

// CheckExitApproved is what stands before the object leaves the ledger's watch.
func CheckExitApproved(e Exit) []rules.Breach {
	if e.StateApproved.IsZero() {
		return []rules.Breach{ExitStateApproval.Breach("没有国务院办公厅审批同意的记录，不能退出监管；请等待批复并登记文号和日期。")}
	}
	return nil
}

// ExitBy is the last day for the changes: one calendar month after approval.
func ExitBy(approved calendar.Date) calendar.Date { return approved.AddMonths(ExitMonths) }

// CheckExitDone lists what an exit still lacks before it can be concluded.
// An account has no domain and no site code.
func CheckExitDone(e Exit) []rules.Breach {
	by := "请最迟于" + ExitBy(e.StateApproved).Chinese() + "完成。"
	var out []rules.Breach
	if e.Object == Site && !e.DomainChanged {
		out = append(out, ExitDomain.Breach("域名尚未变更（不得再使用.gov.cn和.政务），"+by))
	}
	if !e.MarkChanged {
		out = append(out, ExitMark.Breach("党政机关标识尚未变更，"+by))
	}
	if e.Object == Site && !e.CodeDeleted {
		out = append(out, ExitSiteCode.Breach("政府网站标识码尚未删除，"+by))
	}
	if !e.EntranceDeleted {
		out = append(out, ExitReportEntrance.Breach("“我为政府网站找错”入口尚未删除，"+by))
	}
	return out
}
