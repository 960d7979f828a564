package sx2021

import "zhengshu/internal/rules"

// The rules of Article 10.
var (
	DomainHolder     = rule("S10.1.holder", "第十条", "要按照“谁开设、谁申请、谁使用、谁负责”的原则管理政府网站域名")
	OneDomainEach    = inPrinciple("S10.1.one_each", "第十条", "一个政府网站原则上只能注册一个中文和一个英文域名")
	DomainCancelled  = rule("S10.2.cancelled", "第十条", "对于停止使用的中英文域名，应向中央编办政务和公益机构域名注册管理中心、中央网信办中国互联网络信息中心申请注销")
	DomainCityReview = rule("S10.3.city_review", "第十条", "各设区市人民政府办公厅（室）作为本地区政府网站域名的审核单位，要加强统筹协调和业务指导，统一审核域名注册、变更和注销等相关工作")
)

// DomainKind is Chinese or English.
type DomainKind string

// The two kinds; a site has one of each.
const (
	ChineseDomain DomainKind = "chinese"
	EnglishDomain DomainKind = "english"
)

// MaxDomainsPerKind is how many domains of a kind a site may register.
const MaxDomainsPerKind = 1

var domainName = map[DomainKind]string{ChineseDomain: "中文域名", EnglishDomain: "英文域名"}

// DomainRegistrar names where a domain of the kind is cancelled.
func DomainRegistrar(k DomainKind) string {
	if k == ChineseDomain {
		return "中央编办政务和公益机构域名注册管理中心"
	}
	return "中央网信办中国互联网络信息中心"
}

// DomainReviewer says whose office reviews a domain act for the unit: the
// city's, or the province's for units that have no city office above them
// (provincial bodies, and areas that report straight to the province keep
// their own rank).
func DomainReviewer(u Unit) Level {
	if u.Level == Province || (u.Direct && u.Level != City) {
		return Province
	}
	return City
}

// DomainAct is a registration, change or cancellation asked for.
type DomainAct struct {
	Kind DomainKind
	// Held is the number of domains of the kind the site holds already.
	Held int
	// New is true for a registration.
	New bool
	// Sponsor and Applicant are the caller's ids.
	Sponsor, Applicant string
	// ReviewedAt is the level of the office that reviewed it, empty when none has.
	ReviewedAt Level
	Unit       Unit
}

// CheckDomain applies Article 10 to a domain act.
func CheckDomain(d DomainAct) []rules.Breach {
	var out []rules.Breach
	if d.Applicant != d.Sponsor {
		out = append(out, DomainHolder.Breach("域名应由网站主办单位自己申请，请将申请单位改为主办单位。"))
	}
	if d.New && d.Held >= MaxDomainsPerKind {
		out = append(out, OneDomainEach.Breachf("该网站已有%d个%s，请先注销停用的域名。", d.Held, domainName[d.Kind]))
	}
	if want := DomainReviewer(d.Unit); d.ReviewedAt != want {
		out = append(out, DomainCityReview.Breachf("域名注册、变更和注销须经%s审核，请先提交审核。", officeName(want)))
	}
	return out
}

// CheckDomainStopped applies the duty to cancel to a domain no longer used.
func CheckDomainStopped(k DomainKind, inUse, cancelled bool) []rules.Breach {
	if inUse || cancelled {
		return nil
	}
	return []rules.Breach{DomainCancelled.Breachf("%s已停止使用但未注销，请向%s申请注销。", domainName[k], DomainRegistrar(k))}
}
