package sx2021

import "zhengshu/internal/rules"

// ZonePortal is Article 33.
var ZonePortal = inPrinciple("S33.national_approval", "第三十三条", "国家级开发区管委会网站原则上视为政府门户网站管理")

// ZoneStatus is what the ledger says of a development zone.
type ZoneStatus string

// The status of a zone.
const (
	ZonePending  ZoneStatus = "pending"  // 待认定: no national approval on file
	ZoneNational ZoneStatus = "national" // portal rules apply
	NotAZone     ZoneStatus = ""
)

// Zone gives the status of a unit under Article 33.
func Zone(u Unit) ZoneStatus {
	switch {
	case u.Kind != ZoneCommittee:
		return NotAZone
	case u.NationalZoneApproval:
		return ZoneNational
	}
	return ZonePending
}

// CheckZone applies Article 33 to a zone's claim to a kind of site: a portal
// needs the national approval document; a national zone's site is a portal.
func CheckZone(u Unit, claimed SiteKind) []rules.Breach {
	switch st := Zone(u); {
	case st == ZonePending && claimed == Portal:
		return []rules.Breach{ZonePortal.Breach("没有国家级开发区批准文件，暂按“待认定”管理；请上传国务院批准文件后再登记为政府门户网站。")}
	case st == ZoneNational && claimed == DepartmentSite:
		return []rules.Breach{ZonePortal.Breach("国家级开发区管委会网站视为政府门户网站管理，请改选“政府门户网站”。")}
	}
	return nil
}
