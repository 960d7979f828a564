package lookalike

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/idna"
)

// Techniques of candidates beside those a verdict names.
const (
	TechniquePinyin       = "pinyin"         // renmin-baishui.com, baishuizhengfu.cn
	TechniqueAbbreviation = "abbreviation"   // bszf.com.cn
	TechniqueRestricted   = "chinese_suffix" // 白水政务.cn, 白水.政务.cn
)

// TechniqueName is a technique in Chinese.
func TechniqueName(t string) string {
	if n := techniqueNames[t]; n != "" {
		return n
	}
	return t
}

var techniqueNames = map[string]string{
	TechniqueHyphen: "用连字符仿冒 gov", TechniqueMissingDot: "少一个点", TechniqueGovSubdomain: "把 gov.cn 用作子域名", TechniqueTLD: "更换后缀",
	TechniqueSecondLevel: "更换二级后缀", TechniqueGovTypo: "gov 拼写相近", TechniqueRepetition: "重复字母", TechniqueOmission: "缺少字母",
	TechniqueTransposition: "字母颠倒", TechniqueReplacement: "替换字母", TechniqueIDN: "外文字母形近", TechniqueASCII: "字母数字形近",
	TechniqueService: "加服务类字样", TechniqueChinese: "中文名称", TechniquePinyin: "拼音", TechniqueAbbreviation: "简称", TechniqueRestricted: "仿冒 .政务、.公益",
}

// Candidate is a name that an impostor of a host might register.
type Candidate struct {
	Host      string // ASCII, lower case
	Technique string
}

// maxCandidates bounds the names made from one host.
const maxCandidates = 240

// Candidates are the names that an impostor of a protected host would most
// likely register: general rules turned round, the likeliest first and never
// more than maxCandidates. title is the name of the place or site in Chinese,
// "" when there is none to go by. Names under a suffix that only public bodies
// get are never among them, nor is the host itself.
func Candidates(host, title string) []Candidate {
	n := parse(host)
	if !n.ok {
		return nil
	}
	label := n.core
	if len(n.sub) > 0 && n.restricted() {
		// Of a department's host the place and the body together are the name.
		if first := n.sub[len(n.sub)-1]; !generic[first] {
			label = first + n.core
		}
	}
	var c collector
	c.own, c.seen = n.host, map[string]bool{}
	if !hasHan(label) && len(label) >= 2 && !generic[label] {
		c.latin(label)
	}
	if hasHan(label) {
		title = label
	}
	c.han(title)
	if !hasHan(label) && len(label) >= 2 && !generic[label] {
		c.slips(label)
	}
	return c.out[:min(len(c.out), maxCandidates)]
}

type collector struct {
	own  string
	seen map[string]bool
	out  []Candidate
}

func (c *collector) add(technique string, hosts ...string) {
	for _, h := range hosts {
		ascii, err := idna.Lookup.ToASCII(h)
		if err != nil || len(ascii) > 253 || c.seen[ascii] {
			continue
		}
		n := parse(ascii)
		if !n.ok || n.restricted() || n.host == c.own {
			continue
		}
		c.seen[ascii] = true
		c.out = append(c.out, Candidate{ascii, technique})
	}
}

var openSuffixes = []string{"com", "cn", "net", "org", "com.cn", "net.cn", "org.cn", "cc", "top", "vip", "xyz", "info", "site", "online", "shop", "club", "asia", "tv", "work"}

func (c *collector) latin(l string) {
	for _, s := range openSuffixes[:9] {
		c.add(TechniqueHyphen, l+"-gov."+s, "gov-"+l+"."+s)
	}
	c.add(TechniqueMissingDot, l+"gov.cn", l+"govcn.com", l+"gov.com", "www"+l+"gov.cn", "www"+l+".cn", l+"gov-cn.com", l+"gov.net", "gov"+l+".cn", "gov"+l+".com")
	c.add(TechniqueGovSubdomain, l+".gov.cn.com", l+"-gov-cn.com", l+".govcn.cc", "www-"+l+"-gov.cn", l+".gov-cn.cn", l+".gov-cn.com")
	c.add(TechniqueGovTypo, l+".g0v.cn", l+".qov.cn", l+".gcv.cn", l+".gow.cn", l+".govc.cn", l+".gvo.cn", l+".goov.cn", l+".gou.cn", l+".gov.cm", l+".gov.co", l+".gov.cc")
	for _, s := range openSuffixes[4:7] {
		c.add(TechniqueSecondLevel, l+"."+s)
	}
	for _, s := range openSuffixes {
		if !strings.Contains(s, ".") {
			c.add(TechniqueTLD, l+"."+s)
		}
	}
	for _, w := range []string{"zwfw", "bsdt", "shebao", "yibao", "gjj", "rmzf", "zfw", "butie"} {
		c.add(TechniqueService, w+"-"+l+".com", l+"-"+w+".com", l+w+".cn")
	}
	for _, w := range []string{"zhengfu", "renminzhengfu", "zhengwu", "gongyi"} {
		c.add(TechniquePinyin, l+w+".cn", l+w+".com", l+"-"+w+".cn")
	}
}

// slips are the names a hand or an eye slips to.
func (c *collector) slips(l string) {
	if len(l) >= 4 {
		for i := range len(l) {
			c.add(TechniqueOmission, l[:i]+l[i+1:]+"-gov.cn")
			c.add(TechniqueRepetition, l[:i+1]+l[i:]+"-gov.cn")
			if i+1 < len(l) && l[i] != l[i+1] {
				c.add(TechniqueTransposition, l[:i]+string(l[i+1])+string(l[i])+l[i+2:]+"-gov.cn")
			}
		}
		for _, g := range packs().glyphs {
			if i := strings.Index(l, g.meant); i >= 0 && strings.Trim(g.drawn, "0123456789rnvwlcd") == "" {
				c.add(TechniqueASCII, l[:i]+g.drawn+l[i+len(g.meant):]+"-gov.cn", l[:i]+g.drawn+l[i+len(g.meant):]+".com")
			}
		}
	}
	for i, r := range l {
		for _, drawn := range scriptsOf()[string(r)] {
			c.add(TechniqueIDN, l[:i]+string(drawn)+l[i+1:]+".com", l[:i]+string(drawn)+l[i+1:]+"-gov.cn")
		}
	}
}

// scriptsOf are the Cyrillic and Greek letters drawn like a Latin one, at most
// two of each.
var scriptsOf = sync.OnceValue(func() map[string][]rune {
	out := map[string][]rune{}
	var runes []rune
	for r := range otherScripts {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	for _, r := range runes {
		if read := otherScripts[r]; len(out[read]) < 2 {
			out[read] = append(out[read], r)
		}
	}
	return out
})

// han makes names from the Chinese name of the place.
func (c *collector) han(title string) {
	bare, _ := stripHan(strings.TrimSpace(title))
	if !hasHan(bare) || len([]rune(bare)) > 16 {
		return
	}
	short := bare
	for _, s := range []string{"省", "市", "县", "区"} {
		if t, ok := strings.CutSuffix(bare, s); ok && len([]rune(t)) >= 2 {
			short = t
		}
	}
	names := []string{bare}
	if short != bare {
		names = append(names, short)
	}
	for _, b := range names {
		c.add(TechniqueRestricted, b+"政务.cn", b+".政务.com", b+"-政务.com", b+"政务.com", b+"公益.cn", b+"公益.com", b+"政务.网址", b+"政务.中国")
		c.add(TechniqueChinese, b+"政府.com", b+"人民政府.com", b+"人民政府.cn", b+"政府网.com", b+"政府网.cn", b+"官网.com", b+"政务服务网.com", b+"人民政府.网址", b+"人民政府.中国")
	}
	for _, p := range packs().places {
		if p.name != bare && p.name != short || len(p.pinyin) < 4 {
			continue
		}
		if initials := abbreviated(p.pinyin); len(initials) >= 2 {
			for _, w := range []string{"zf", "rmzf", "zfw", "zwfw", "gov"} {
				c.add(TechniqueAbbreviation, initials+w+".cn", initials+w+".com", initials+"-"+w+".cn", initials+w+".com.cn")
			}
		}
	}
}

// syllable heads, longest first, for taking a run of pinyin apart.
var heads = []string{"zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s", "y", "w"}

// abbreviated is the first letters of the syllables of a run of pinyin, as well
// as it can be told apart: a head that follows a vowel (or n, g, r closing one)
// begins a syllable.
func abbreviated(pinyin string) string {
	var out strings.Builder
	vowel := func(b byte) bool { return strings.IndexByte("aeiouv", b) >= 0 }
	for i := 0; i < len(pinyin); {
		at := i
		for _, h := range heads {
			if strings.HasPrefix(pinyin[i:], h) {
				i += len(h)
				break
			}
		}
		out.WriteByte(pinyin[at])
		for i < len(pinyin) && vowel(pinyin[i]) {
			i++
		}
		// The end of the syllable: n, ng or r, unless a vowel follows it.
		for _, end := range []string{"ng", "n", "r"} {
			if strings.HasPrefix(pinyin[i:], end) && (i+len(end) == len(pinyin) || !vowel(pinyin[i+len(end)])) {
				i += len(end)
				break
			}
		}
		if i == at {
			i++
		}
	}
	return out.String()
}
