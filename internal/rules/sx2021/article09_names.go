package sx2021

import (
	"regexp"
	"strings"

	"zhengshu/internal/rules"
)

// The rules of Article 9. Whether a name is concise and recognisable is a
// person's judgement, made at the review; NameTied only points at names in
// which neither the area nor the unit can be read.
var (
	NameTied        = rule("S9.1.tied", "第九条", "政府网站与政务新媒体名称及徽标应简洁规范、容易识别，与本地本单位名称和工作职责相关联")
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
	case !NamesSponsor(n.Verification, n.Sponsor):
		out = append(out, AccountVerified.Breachf("公开认证信息中没有主办单位名称“%s”，请更正认证信息。", n.Sponsor))
	}
	for _, o := range n.OtherNames {
		if PlainName(o) != PlainName(n.Name) {
			out = append(out, SameName.Breachf("账号名称“%s”与其他平台的“%s”不一致，请统一名称。", n.Name, o))
			break
		}
	}
	return out
}

// NamesSponsor reports whether a verification text names a sponsor by its full name.
// 人民 of 人民政府, spaces and the interpunct may be left out, and so may the division
// above the sponsor's own (西安市 of 西安市雁塔区…); it may be nearly the name.
func NamesSponsor(verification, sponsor string) bool {
	v, s := plainBody(verification), plainBody(sponsor)
	if v == "" || s == "" {
		return false
	}
	if strings.Contains(v, s) || Likeness(v, s) >= verifiedLikeness {
		return true
	}
	m := belowDivision.FindStringSubmatch(s)
	return m != nil && strings.Contains(v, m[1])
}

// belowDivision is a name below the division that it begins with: what is left still
// begins with a division.
var belowDivision = regexp.MustCompile(`^.{1,10}?[省市州]([^省市州].{0,10}?[市州县区旗镇乡].{2,})$`)

func plainBody(s string) string { return strings.ReplaceAll(PlainName(s), "人民政府", "政府") }

// verifiedLikeness is how like the sponsor's name, of 1, a verification text
// must be that does not hold it whole: platforms cut and abbreviate.
const verifiedLikeness = 0.9

// TiedTo applies the first sentence of Article 9: the name should tell the area
// or the unit. words are the short names of both; empty ones are passed over.
func TiedTo(name string, words ...string) []rules.Breach {
	var known []string
	for _, w := range words {
		if blank(w) {
			continue
		}
		if strings.Contains(PlainName(name), PlainName(w)) {
			return nil
		}
		known = append(known, "“"+w+"”")
	}
	if len(known) == 0 {
		return nil
	}
	return []rules.Breach{NameTied.Breachf("名称“%s”中没有%s，看不出是哪个地区、哪个单位的，请核对。", name, strings.Join(known, "或"))}
}

// ShortArea is an area's name without the word for its rank: 雁塔区 is known
// as 雁塔, 杨凌农业高新技术产业示范区 as 杨凌.
func ShortArea(name string) string {
	for _, rank := range []string{"农业高新技术产业示范区", "高新技术产业开发区", "经济技术开发区", "示范区", "开发区", "新区", "自治县", "自治州", "省", "市", "区", "县"} {
		if s, ok := strings.CutSuffix(name, rank); ok && len([]rune(s)) >= 2 {
			return s
		}
	}
	return name
}

// provinces are known by one or two characters of their own.
var provinces = map[string]string{
	"北京": "京", "天津": "津", "上海": "沪 申", "重庆": "渝", "河北": "冀", "山西": "晋", "辽宁": "辽", "吉林": "吉", "黑龙江": "黑", "江苏": "苏", "浙江": "浙", "安徽": "皖", "福建": "闽", "江西": "赣",
	"山东": "鲁", "河南": "豫", "湖北": "鄂", "湖南": "湘", "广东": "粤", "广西": "桂", "海南": "琼", "四川": "川 蜀", "贵州": "贵 黔", "云南": "云 滇", "西藏": "藏", "陕西": "陕 秦", "甘肃": "甘 陇", "青海": "青",
	"宁夏": "宁", "新疆": "新", "内蒙古": "蒙",
}

// AreaWords are the words by which people know an area: its name without the
// rank, and a province's characters.
func AreaWords(name string) []string {
	short := ShortArea(name)
	return append([]string{short}, strings.Fields(provinces[short])...)
}

// Likeness is 1 minus the edit distance of two texts over the longer one's
// length, by characters: 1 for the same, 0 for nothing in common.
func Likeness(a, b string) float64 {
	x, y := []rune(a), []rune(b)
	if len(x) == 0 && len(y) == 0 {
		return 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(x); i++ {
		left, above := i, row[0]
		row[0] = i
		for j := 1; j <= len(y); j++ {
			change := above
			if x[i-1] != y[j-1] {
				change++
			}
			above = row[j]
			left = min(left+1, above+1, change)
			row[j] = left
		}
	}
	return 1 - float64(row[len(y)])/float64(max(len(x), len(y)))
}

// PlainName is a name without what does not make it different: spaces and the
// interpunct.
func PlainName(s string) string {
	for _, r := range s {
		if nameNoise(r) {
			return strings.Map(func(r rune) rune {
				if nameNoise(r) {
					return -1
				}
				return r
			}, s)
		}
	}
	return s
}

func nameNoise(r rune) bool {
	return r == ' ' || r == '\u3000' || r == '·' || r == '•' || r == '\u00a0'
}
