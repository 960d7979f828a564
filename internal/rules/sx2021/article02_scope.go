package sx2021

import "zhengshu/internal/rules"

// The rules of Article 2.
var (
	SiteHolder     = rule("S2.1.organ", "第二条", "政府网站是指各级人民政府及其部门、派出机构和承担行政职能的事业单位在互联网上开办的网站")
	PortalHolder   = rule("S2.2.portal", "第二条", "政府门户网站包括县级以上人民政府开设的网站")
	DeptSiteHolder = rule("S2.2.department", "第二条", "部门网站包括省级、设区市政府部门开设的网站")
	AccountHolder  = rule("S2.3.holder", "第二条", "政务新媒体是指各级行政机关和承担行政职能的事业单位及其内设机构在微博、微信、抖音、头条等第三方平台上开设的政务账号或应用")
	InternalParent = rule("S2.3.parent", "第二条", "各级行政机关和承担行政职能的事业单位及其内设机构")
)

// Holding is a unit and what it holds or wants to hold.
type Holding struct {
	Unit   Unit
	Object ObjectKind
	// SiteKind is the kind claimed, for a site.
	SiteKind SiteKind
	// HasParent is true when the ledger knows the unit that set this one up.
	HasParent bool
}

// CheckScope applies Article 2: which bodies the regulation covers at all, and
// which kind of site is theirs. Bodies outside it (Party organs, congresses,
// courts, procuratorates, mass organisations, companies, institutions without
// administrative functions) are refused for sites and accounts alike.
func CheckScope(h Holding) []rules.Breach {
	st := h.Unit.standing()
	if h.Object != Site {
		switch {
		case st == standsOutside:
			return []rules.Breach{AccountHolder.Breach("该单位不是行政机关，也不是承担行政职能的事业单位，不纳入政务新媒体管理；请核对单位性质。")}
		case st == standsAsInternal && !h.HasParent:
			return []rules.Breach{InternalParent.Breach("内设机构须挂在所属单位之下，请先登记所属单位。")}
		case st == standsAsInternal && !governmentBody(h.Unit.Parent):
			return []rules.Breach{AccountHolder.Breach("该内设机构的所属单位不是行政机关或承担行政职能的事业单位，不纳入政务新媒体管理；请核对所属单位。")}
		}
		return nil
	}
	switch st {
	case standsOutside:
		return []rules.Breach{SiteHolder.Breach("该单位不是政府及其部门、派出机构或承担行政职能的事业单位，不能开办政府网站；请核对单位性质。")}
	case standsAsInternal:
		return []rules.Breach{SiteHolder.Breach("内设机构不能开办政府网站，请在所属单位网站内开设栏目。")}
	}
	switch h.SiteKind {
	case Portal:
		if st != standsAsGovernment && !pendingZone(h.Unit) {
			return []rules.Breach{PortalHolder.Breach("政府门户网站只能由县级以上人民政府开设，请改选“部门网站”或核对单位。")}
		}
	case DepartmentSite:
		// A county department is refused by Article 7(1), where the province may
		// lift the rule; here only what can never be a department stands out.
		if st == standsAsGovernment {
			return []rules.Breach{DeptSiteHolder.Breach("人民政府开设的网站应登记为“政府门户网站”，请改选网站类型。")}
		}
	default:
		return []rules.Breach{SiteHolder.Breach("未选择网站类型，请选择“政府门户网站”或“部门网站”。")}
	}
	return nil
}

// governmentBody reports whether a parent of this kind is inside the
// regulation; a parent left empty is a government.
func governmentBody(k Kind) bool { return k != Institution }

// pendingZone is a zone still 待认定: whether it may be a portal is answered by
// Article 33, not here.
func pendingZone(u Unit) bool { return u.Kind == ZoneCommittee && !u.OutsideGovernment }
