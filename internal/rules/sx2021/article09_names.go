package sx2021

import (
	"strings"

	"zhengshu/internal/rules"
)

// The rules of Article 9 an account can break by an act. Whether a name is
// concise and recognisable is a person's judgement, made at the review.
var (
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
