package gbh2018

import (
	"regexp"
	"strings"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// Instrument is the document number every citation begins with.
const Instrument = "国办函〔2018〕55号"

// The rules of the form of names.
var (
	Suffix            = rule("S10.1.suffix")
	PortalName        = rule("S10.1.portal_name")
	DepartmentName    = rule("S10.1.department_name")
	InstitutionSuffix = rule("S10.1.institution")
)

func rule(id string) rules.Rule {
	return rules.Rule{ID: id, Citation: Instrument, Clause: "S10.1", Effective: calendar.Date{Year: 2018, Month: 8, Day: 1}}
}

// Kind is what a name's suffix makes it.
type Kind string

// The kinds of name.
const (
	Chinese Kind = "chinese" // .政务, .公益
	English Kind = "english" // .gov.cn
	Other   Kind = "other"   // no suffix the instrument provides for
)

// The Chinese suffixes in ASCII.
const (
	zhengwu = "xn--zfr164b"
	gongyi  = "xn--55qw42g"
)

// KindOf tells the kind of a host in ASCII.
func KindOf(host string) Kind {
	switch last := host[strings.LastIndexByte(host, '.')+1:]; {
	case last == zhengwu || last == gongyi:
		return Chinese
	case strings.HasSuffix(host, ".gov.cn"):
		return English
	}
	return Other
}

// Name is a domain as it is asked for or stands in the ledger.
type Name struct {
	Host string // ASCII, lower case
	// Portal and Department are what the name is for; neither for a name of
	// another use.
	Portal, Department bool
	// Zones are the domains a department's name may stand under, without www:
	// its own government's portal first, then its superior department's.
	// Empty when none is known.
	Zones []string
	// Institution is true for a holder that is a 事业单位 without administrative
	// functions.
	Institution bool
}

var portalHost = regexp.MustCompile(`^www\.[a-z0-9-]+(\.[a-z0-9-]+)?\.gov\.cn$`)

// CheckName holds a name against the instrument. A name may come up in
// several ways at once; the first that matters is told.
func CheckName(n Name) []rules.Breach {
	switch kind := KindOf(n.Host); {
	case kind == Other:
		return []rules.Breach{Suffix.Breachf("域名 %s 的后缀“.%s”不是“.gov.cn”“.政务”或“.公益”，政府网站不得使用，请改用规定后缀的域名。", n.Host, suffixOf(n.Host))}
	case kind == Chinese:
		return nil
	case n.Institution:
		return []rules.Breach{InstitutionSuffix.Breachf("域名 %s 以“.gov.cn”为后缀，持有单位是不承担行政职能的事业单位，不应使用，请改用“.公益”域名。", n.Host)}
	case n.Portal && !portalHost.MatchString(n.Host):
		return []rules.Breach{PortalName.Breachf("门户网站域名 %s 不是“www.地区名.gov.cn”结构，请核对。", n.Host)}
	case n.Department && len(n.Zones) > 0 && !under(n.Host, n.Zones):
		return []rules.Breach{DepartmentName.Breachf("部门网站域名 %s 不在本级政府门户网站域名 %s 之下，请核对。", n.Host, n.Zones[0])}
	}
	return nil
}

func under(host string, zones []string) bool {
	for _, z := range zones {
		if strings.HasSuffix(host, "."+z) {
			return true
		}
	}
	return false
}

// suffixOf is the suffix as a person would name it: com.cn rather than cn.
func suffixOf(host string) string {
	parts := strings.Split(host, ".")
	n := len(parts)
	if n >= 3 && parts[n-1] == "cn" && (parts[n-2] == "com" || parts[n-2] == "org" || parts[n-2] == "net") {
		return strings.Join(parts[n-2:], ".")
	}
	return parts[n-1]
}
