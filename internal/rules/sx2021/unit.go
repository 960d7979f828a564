package sx2021

// Kind is what a unit is in law.
type Kind string

// The kinds of unit the regulation tells apart, and those it leaves out.
const (
	// Government is a people's government itself.
	Government Kind = "government"
	// Office is the general office of a government: it acts for the government
	// (Article 6), so it stands where the government stands.
	Office Kind = "office"
	// Department is a working department of a government.
	Department Kind = "department"
	// Dispatched is a 派出机构 of a government or department.
	Dispatched Kind = "dispatched"
	// InstitutionAdmin is a 事业单位 with administrative functions (承担行政职能).
	InstitutionAdmin Kind = "institution_admin"
	// Institution is a 事业单位 without them: outside the regulation.
	Institution Kind = "institution"
	// Internal is an 内设机构: an account at most, counted against its parent.
	Internal Kind = "internal"
	// Township is a township government or sub-district office.
	Township Kind = "township"
	// ZoneCommittee is the 管委会 of a development zone.
	ZoneCommittee Kind = "zone_committee"
	// Committee is any other 管委会 a government set up (scenic area, park).
	Committee Kind = "committee"
)

// Level is the level of the government a unit belongs to.
type Level string

// The four levels inside a province.
const (
	Province      Level = "province"
	City          Level = "city"
	County        Level = "county"
	TownshipLevel Level = "township"
)

var levelName = map[Level]string{Province: "省", City: "市", County: "县", TownshipLevel: "乡镇"}

// Unit is what the articles need to know about a unit.
type Unit struct {
	Kind  Kind
	Level Level
	// Parent is the kind of body that set the unit up; empty means a government.
	// A 派出机构, an 内设机构 and a 事业单位 stand as their parent stands (readings 9).
	Parent Kind
	// NationalZoneApproval is true when the State Council's approval of the zone
	// is on file. Without the document a zone is 待认定 (readings 9, Article 33).
	NationalZoneApproval bool
	// Direct is true when the unit's area reports straight to the province:
	// Yangling and Hancheng.
	Direct bool
	// OutsideGovernment is true for Party organs, congresses, courts,
	// procuratorates, mass organisations and companies: government_organ = N.
	OutsideGovernment bool
}

// standing is how the regulation treats a unit: as a government, as a
// department, or as a body that cannot hold a site.
type standing int

const (
	standsOutside standing = iota
	standsAsGovernment
	standsAsDepartment
	standsAsInternal
	standsAsTownship
)

func (u Unit) standing() standing {
	if u.OutsideGovernment {
		return standsOutside
	}
	if u.Level == TownshipLevel && u.Kind != Institution && u.Kind != Internal {
		return standsAsTownship
	}
	switch u.Kind {
	case Government, Office:
		return standsAsGovernment
	case ZoneCommittee:
		if u.NationalZoneApproval {
			return standsAsGovernment
		}
		return standsAsDepartment
	case Department, Dispatched, Committee:
		return standsAsDepartment
	case InstitutionAdmin:
		if u.Parent == Township {
			return standsAsTownship
		}
		return standsAsDepartment
	case Internal:
		return standsAsInternal
	case Township:
		return standsAsTownship
	}
	return standsOutside
}

// ObjectKind is what is opened, launched or closed.
type ObjectKind string

// The objects of the regulation.
const (
	Site    ObjectKind = "site"
	Account ObjectKind = "account"
	// App is a self-developed 移动客户端: an account in law (Article 2).
	App ObjectKind = "app"
)

var objectName = map[ObjectKind]string{Site: "政府网站", Account: "政务新媒体账号", App: "移动客户端（APP）"}

// SiteKind is the kind of a site.
type SiteKind string

// The two kinds of Article 2.
const (
	Portal         SiteKind = "portal"
	DepartmentSite SiteKind = "department"
)

// SiteKindFor gives the kind of site a unit may hold under Article 2, and false
// when it may hold none. Whether it may open one is for CheckOpening.
func SiteKindFor(u Unit) (SiteKind, bool) {
	switch u.standing() {
	case standsAsGovernment:
		return Portal, true
	case standsAsDepartment:
		if u.Level == Province || u.Level == City {
			return DepartmentSite, true
		}
	}
	return "", false
}
