package sx2021

import (
	"regexp"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// MaxSitesPerUnit and MaxAccountsPerPlatform are the quotas of Article 7(1).
const (
	MaxSitesPerUnit        = 1
	MaxAccountsPerPlatform = 1
)

// LaunchWithinYears is the time from the province's consent to launch.
const LaunchWithinYears = 1

// The rules of Article 7.
var (
	GovernmentMustOpen = rule("S7.1a.coverage", "第七条（一）", "县级以上各级人民政府要开设政府网站和政务新媒体")
	TownshipNoSite     = rule("S7.1a.township_site", "第七条（一）", "县级以上各级人民政府要开设政府网站和政务新媒体")
	CountyDeptNoSite   = inPrinciple("S7.1b.county_department", "第七条（一）", "县级政府部门原则上不开设政府网站")
	OneUnitOneSite     = inPrinciple("S7.1c.one_site", "第七条（一）", "原则上一个单位最多开设一个网站")
	OneAccountPlatform = inPrinciple("S7.1c.one_account", "第七条（一）", "原则上一个单位最多开设一个网站，在同一平台只开设一个政务新媒体账号")
	NothingForEvents   = inPrinciple("S7.1d.event", "第七条（一）", "各地各部门开展重大活动或专项工作，原则上不单独开设专项政府网站与政务新媒体")

	GovernmentConsent = rule("S7.2a.principal", "第七条（二）", "要经本级政府主要负责同志同意后")
	GovernmentLevels  = rule("S7.2a.level_by_level", "第七条（二）", "由本级政府办公厅（室）向上级政府办公厅（室）提出申请，逐级审核，并报省政府办公厅批准")
	DepartmentConsent = rule("S7.2b.principal", "第七条（二）", "要经本部门主要负责同志同意后")
	DepartmentLevels  = rule("S7.2b.level_by_level", "第七条（二）", "向本级政府办公厅（室）提出申请，逐级审核，并报省政府办公厅批准")

	LaunchDomain    = rule("S7.3a.chinese_domain", "第七条（三）", "要按规定向编制部门提交中文域名注册和加挂党政机关网站标识申请")
	LaunchICP       = rule("S7.3b.icp", "第七条（三）", "向通信管理部门履行备案手续")
	LaunchForm      = rule("S7.3c.form", "第七条（三）", "主办单位向本级政府办公厅（室）提交政府网站基本信息表，经逐级审核并报国务院办公厅批准获取政府网站标识码后方可上线运行")
	LaunchSiteCode  = rule("S7.3c.site_code", "第七条（三）", "获取政府网站标识码后方可上线运行")
	LaunchCodeArea  = rule("S7.3c.area", "第七条（三）", "获取政府网站标识码后方可上线运行")
	LaunchSecurity  = rule("S7.3e.security_report", "第七条（三）", "新开设或新改版政府网站与自行开发建设的移动客户端（APP），未提供安全检测报告不得上线运行")
	LaunchInOneYear = rule("S7.4a.one_year", "第七条（四）", "最迟1年内要上线正式运行，未按期完成的，由主管单位向省政府办公厅作出书面声明并予以通报")
	OpeningPlaces   = rule("S7.4b.places", "第七条（四）", "新开通的政府门户网站与政务新媒体，要在上级政府门户网站与政务新媒体上发布开通公告；新开通的部门网站与政务新媒体，要在本级政府门户网站与政务新媒体上发布开通公告")
)

// Opening is a wish to open a site, an account or an app.
type Opening struct {
	Unit     Unit
	Object   ObjectKind
	SiteKind SiteKind
	// Platform of an account: 微信, 微博, 抖音 …
	Platform string
	// Event is true when the purpose is one event or campaign (专项).
	Event bool
	// Sites is the number of sites the unit has running or being opened.
	Sites int
	// Accounts counts the accounts running or being opened, by platform, of the
	// whole unit: those of its internal bodies are counted in (readings 9).
	Accounts map[string]int
}

// CheckOpening applies Article 7(1): who may open what. Article 2 (CheckScope)
// is asked first by the caller; a body outside it is refused there.
func CheckOpening(o Opening) []rules.Breach {
	var out []rules.Breach
	if o.Event {
		out = append(out, NothingForEvents.Breachf("重大活动或专项工作不单独开设%s，请在门户网站开设专题或在已有账号设专栏。", objectName[o.Object]))
	}
	if o.Object != Site {
		// An app is self-developed: it stands on no platform and is planned as
		// Article 27 asks, so only accounts have the platform quota.
		if n := o.Accounts[o.Platform]; o.Object == Account && n >= MaxAccountsPerPlatform {
			out = append(out, OneAccountPlatform.Breachf("本单位（含内设机构）在%s平台已有%d个账号，请使用已有账号，或先注销整合。", o.Platform, n))
		}
		return out
	}
	switch st := o.Unit.standing(); {
	case st == standsAsTownship:
		out = append(out, TownshipNoSite.Breach("乡镇（街道）不开设政府网站，请将内容放在县级政府门户网站。"))
	case st == standsAsDepartment && o.Unit.Level == County:
		out = append(out, CountyDeptNoSite.Breach("县级政府部门原则上不开设网站，请在县级政府门户网站开设栏目。"))
	}
	if o.Sites >= MaxSitesPerUnit {
		out = append(out, OneUnitOneSite.Breachf("本单位已有%d个网站，请使用已有网站，或先整合关停。", o.Sites))
	}
	return out
}

// CheckCoverage applies the first half-sentence of Article 7(1): a government
// at county level and above has at least one running portal and one account.
// It guards no act; the coverage board shows it.
func CheckCoverage(u Unit, portals, accounts int) []rules.Breach {
	if u.standing() != standsAsGovernment {
		return nil
	}
	switch {
	case portals == 0 && accounts == 0:
		return []rules.Breach{GovernmentMustOpen.Breach("尚未开设政府门户网站和政务新媒体，请尽快申请开设。")}
	case portals == 0:
		return []rules.Breach{GovernmentMustOpen.Breach("尚未开设政府门户网站，请尽快申请开设。")}
	case accounts == 0:
		return []rules.Breach{GovernmentMustOpen.Breach("尚未开设政务新媒体，请尽快申请开设。")}
	}
	return nil
}

// siteCode: ten characters, six of division code and four of sequence, or bm
// and eight digits in the State Council's own system. Codes of twelve digits
// are seen in the wild and are wrong.
var siteCode = regexp.MustCompile(`^(?:[1-8][0-9]{9}|bm[0-9]{8})$`)

// SiteCodeWellFormed reports whether a 政府网站标识码 has the form the national
// system issues. It says nothing about whether it was issued.
func SiteCodeWellFormed(code string) bool { return siteCode.MatchString(code) }

// SiteCodeOf is a site code and the places it may belong to.
type SiteCodeOf struct {
	Code string
	// Divisions are the six-digit codes the site may carry: its area's, the
	// area's former ones (新津 keeps the code it had as a county), and for a
	// zone those of its seat.
	Divisions []string
	// StateCouncilSystem is true for organs under vertical management, whose
	// codes begin with bm.
	StateCouncilSystem bool
}

// CheckSiteCode applies Article 7(3) to a site code: present, well formed, and
// of the unit's own area.
func CheckSiteCode(c SiteCodeOf) []rules.Breach {
	if c.Code == "" {
		return []rules.Breach{LaunchSiteCode.Breach("尚未取得政府网站标识码，不能上线；请先提交基本信息表逐级报批。")}
	}
	if !SiteCodeWellFormed(c.Code) {
		return []rules.Breach{LaunchSiteCode.Breachf("网站标识码“%s”格式不对：应为10位，前6位是区划代码、后4位是顺序号；请按全国政府网站信息报送系统核对。", c.Code)}
	}
	if strings.HasPrefix(c.Code, "bm") {
		if c.StateCouncilSystem {
			return nil
		}
		return []rules.Breach{LaunchCodeArea.Breachf("网站标识码“%s”属于国务院部门系统，与本单位不符；请核对标识码。", c.Code)}
	}
	for _, d := range c.Divisions {
		if len(d) >= 6 && c.Code[:6] == d[:6] {
			return nil
		}
	}
	if len(c.Divisions) == 0 {
		return nil
	}
	return []rules.Breach{LaunchCodeArea.Breachf("网站标识码“%s”的区划代码与本单位所在地区（%s）不一致，请核对标识码或单位所属区划。", c.Code, strings.Join(c.Divisions, "、"))}
}

// SecurityReport is a 安全检测报告.
type SecurityReport struct {
	File   bool
	Passed bool
	Tester string
	On     calendar.Date
}

// Launch is what must stand on the day an object goes on the net for the
// public, newly or redesigned.
type Launch struct {
	Object   ObjectKind
	Redesign bool
	On       calendar.Date
	// FormApproved: the 政府网站基本信息表 was approved by the State Council
	// office, with document and date on record.
	FormApproved  bool
	Code          SiteCodeOf
	Report        SecurityReport
	ICP           string
	ChineseDomain string
}

// CheckLaunch applies the bars of Article 7(3) (readings 4). The site code and
// the security report are hard bars; ICP and Chinese domain bar by setting;
// the police filing is an obligation afterwards (PoliceFilingBy). A redesign
// asks again only for the security report.
func CheckLaunch(l Launch, s Settings) []rules.Breach {
	var out []rules.Breach
	if l.Object == Site && !l.Redesign {
		out = append(out, CheckSiteCode(l.Code)...)
		if !l.FormApproved {
			out = append(out, LaunchForm.Breach("没有国务院办公厅批准政府网站基本信息表的记录，请补录文件和日期。"))
		}
	}
	if l.Object == Site || l.Object == App {
		out = append(out, checkSecurityReport(l.Report, l.On, s)...)
	}
	if l.Object == Site && !l.Redesign {
		if s.ICPBarsLaunch && blank(l.ICP) {
			out = append(out, LaunchICP.Breach("没有ICP备案编号，请先向通信管理部门备案。"))
		}
		if s.ChineseDomainBarsLaunch && blank(l.ChineseDomain) {
			out = append(out, LaunchDomain.Breach("没有中文域名，请先向编制部门申请注册中文域名。"))
		}
	}
	return out
}

func checkSecurityReport(r SecurityReport, on calendar.Date, s Settings) []rules.Breach {
	switch {
	case !r.File || r.On.IsZero():
		return []rules.Breach{LaunchSecurity.Breach("没有安全检测报告或检测日期，不得上线；请上传检测报告。")}
	case !r.Passed:
		return []rules.Breach{LaunchSecurity.Breach("安全检测结论为不通过，请整改后重新检测。")}
	case blank(r.Tester):
		return []rules.Breach{LaunchSecurity.Breach("安全检测报告未注明检测单位，请补充检测单位名称。")}
	case r.On.After(on):
		return []rules.Breach{LaunchSecurity.Breach("安全检测日期晚于上线日期，请核对检测日期。")}
	case on.Sub(r.On) > s.SecurityReportDays:
		return []rules.Breach{LaunchSecurity.Breachf("安全检测报告距上线已%d天，超过%d天，请重新检测。", on.Sub(r.On), s.SecurityReportDays)}
	}
	return nil
}

// LaunchBy is the last day for the launch after the province's consent.
func LaunchBy(consent calendar.Date) calendar.Date { return consent.AddYears(LaunchWithinYears) }

// PoliceFilingBy is the last day for the police filing after the launch.
func PoliceFilingBy(launched calendar.Date, s Settings) calendar.Date {
	return launched.AddDays(s.PoliceFilingDays)
}

// CheckLaunchTime applies Article 7(4): a launch after one year needs the
// supervisor's written statement with number, seal and scan (readings 7).
// A late launch is not forbidden, only an unexplained one.
func CheckLaunchTime(consent, launch calendar.Date, statement WrittenReport) []rules.Breach {
	by := LaunchBy(consent)
	if !launch.After(by) || statement.Missing() == "" {
		return nil
	}
	return []rules.Breach{LaunchInOneYear.Breachf("最迟应于%s上线，已逾期且书面声明不完整（%s）；请主管单位向省政府办公厅补交书面声明。", by.Chinese(), statement.Missing())}
}

// CheckOpeningNotice applies Article 7(4): the opening notice stands in every
// place of Postings.
func CheckOpeningNotice(n Noticed, hung []Place, s Settings) []rules.Breach {
	var out []rules.Breach
	for _, p := range Postings(OpeningNotice, n, s) {
		if missing := p.Missing(hung); len(missing) > 0 {
			out = append(out, OpeningPlaces.Breachf("开通公告还缺：%s；请由公告发布单位补发。", strings.Join(missing, "、")))
		}
	}
	return out
}
