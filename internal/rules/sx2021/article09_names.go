package sx2021

import (
	"strings"

	"zhengshu/internal/rules"
)

// The rules of Article 9. Whether a name is concise and recognisable is a
// person's judgement, made at the review; whether it is tied to the area, the
// unit or its duties can be asked of a name and of what the sponsor says of it.
var (
	NameRelated     = rule("S9.1.related", "第九条", "政府网站与政务新媒体名称及徽标应简洁规范、容易识别，与本地本单位名称和工作职责相关联")
	AccountVerified = rule("S9.2.verified", "第九条", "经批准开设的政务新媒体应进行实名认证，并在公开认证信息中标明主办单位名称")
	SameName        = inPrinciple("S9.3.same_name", "第九条", "同一主办单位在不同平台上开设的政务新媒体原则上应保持名称一致、账号风格统一")
)

// Naming is an account as the public sees it.
type Naming struct {
	Name string
	// Sponsor is the sponsor's full name; Verification the text the platform shows.
	Sponsor, Verification string
	// OtherNames are the names of the sponsor's accounts on other platforms.
	OtherNames []string
}

// CheckNaming applies Article 9. Spaces and the interpunct do not make a name
// different.
func CheckNaming(n Naming) []rules.Breach {
	var out []rules.Breach
	switch {
	case blank(n.Verification):
		out = append(out, AccountVerified.Breach("账号尚未实名认证，请完成认证并填写公开认证信息。"))
	case !strings.Contains(plainName(n.Verification), plainName(n.Sponsor)):
		out = append(out, AccountVerified.Breachf("公开认证信息中没有主办单位名称“%s”，请更正认证信息。", n.Sponsor))
	}
	for _, o := range n.OtherNames {
		if plainName(o) != plainName(n.Name) {
			out = append(out, SameName.Breachf("账号名称“%s”与其他平台的“%s”不一致，请统一名称。", n.Name, o))
			break
		}
	}
	return out
}

var nameNoise = strings.NewReplacer(" ", "", "\u3000", "", "·", "", "•", "", "\u00a0", "")

func plainName(s string) string { return nameNoise.Replace(s) }

// NameOf is a name and what it could be tied to.
type NameOf struct {
	Name string
	// Ties are words of the area and the unit: 雁塔, 雁塔区, 商务局.
	Ties []string
	// Explained says how a name with none of them is tied to the duties.
	Explained string
}

// CheckName applies the first half of Article 9: the name has a word of the
// area or the unit in it, or the sponsor says how it is tied to the duties.
func CheckName(n NameOf) []rules.Breach {
	name := plainName(n.Name)
	for _, t := range n.Ties {
		if t = plainName(t); len([]rune(t)) >= 2 && strings.Contains(name, t) {
			return nil
		}
	}
	if !blank(n.Explained) {
		return nil
	}
	return []rules.Breach{NameRelated.Breachf("名称“%s”中没有本地或本单位的名称，请改用能看出本地本单位的名称，或说明与工作职责的关联。", n.Name)}
}
