package lookalike

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// generic labels name a function, not a body.
var generic = setOf(`www gov cn com net org edu mil m wap mobile mail my web portal home site info app api cdn img static file files oa vpn
zwfw zwgk zfxxgk xxgk jyj wjw zjj gaj czj rsj sfj mzj ybj swj slj nyj fgw gxj zrzyj sthjj jtj scjg tyj ggzy old new test en english`)

// govWords claim to be government. Those after the bar are read by Chinese eyes only.
var govWords, chineseGovWords = setOf("gov govcn gv government govt"), setOf("zwfw zwfww zhengwu zhengfu zhengfuwang zf zfw zwgk zfxxgk zfwz rmzf renminzhengfu")

// serviceWords are what such names are dressed with.
var serviceWords = setOf(`www web ww m wap mobile mob mail my online portal home site info app service services login signin signup account auth
verify verification secure security safe pay payment payments register support update user view cdn download group access confirm official
etc 12345 12333 12366 12123 rst rsj jyt jyj gat gaj mzt mzj czt czj sft sfj wjw ybj swj zjt zjj fgw gxt gxj zrzyt zrzyj sthjt sthjj jtt scjg ggzy ylbz
fuwu banshi bsdt bszn shebao sb gjj gongjijin shuiwu yibao yb butie bt wsbs wsdt kefu chaxun guanwang gw zhongguo china cn com`)

func setOf(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

// strip takes the dressing off an ASCII label and says what it claimed.
func strip(label string) (claim, string) {
	var c claim
	tokens := strings.FieldsFunc(label, func(r rune) bool { return r == '-' || r == '_' })
	c.hyphen = len(tokens) > 1
	var kept []string
	for _, t := range tokens {
		bone := skeleton(t)
		switch {
		case len(tokens) > 1 && (govWords[t] || bone == "gov" || bone == "govcn"):
			c.gov, c.plainGov, c.strong = true, true, true
		case len(tokens) > 1 && (chineseGovWords[t] || len(t) <= 8 && strings.HasSuffix(t, "zwfw")):
			c.gov, c.service, c.strong = true, true, true
		case len(tokens) > 1 && serviceWords[t]:
			c.service = true
		default:
			kept = append(kept, t)
		}
	}
	rest := strings.Join(kept, "")
	if c.gov || c.service {
		// fall through: baishui-gov needs no more
	} else {
		rest = strings.Join(kept, "-")
	}
	for _, w := range []string{"government", "govcn", "gov", "g0v"} {
		if t, ok := strings.CutSuffix(rest, w); ok && len(t) >= 2 {
			c.gov, c.plainGov = true, true
			return c, strings.TrimPrefix(t, "www")
		}
		if t, ok := strings.CutPrefix(rest, w); ok && len(t) >= 3 && t != "ern" && !strings.HasPrefix(t, "ern") && !strings.HasPrefix(t, "cn") {
			c.gov, c.plainGov = true, true
			return c, t
		}
	}
	for _, w := range []string{"zwfw", "renminzhengfu", "zhengfu", "zhengwu"} {
		t, ok := strings.CutPrefix(rest, w)
		if !ok {
			t, ok = strings.CutSuffix(rest, w)
		}
		if ok && len(t) >= 3 {
			c.gov, c.service = true, true
			return c, t
		}
	}
	if t, ok := strings.CutPrefix(rest, "www"); ok && len(t) >= 4 {
		c.service = true
		return c, t
	}
	return c, rest
}

// shortWords are worn without a hyphen: by dressed.
var shortWords = []string{"12345", "12333", "12366", "zf", "zw", "shebao", "yibao", "banshi"}

// govHan are labels that claim to be government by themselves.
var govHan = map[string]bool{"政务": true, "政府": true, "公益": true, "人民政府": true}

// besideGov reports whether a label is gov with the letter beside on the keyboard, or
// the word it stands for: below a protected name only, since they have honest uses.
func besideGov(label string) bool {
	switch ascii(label) {
	case "government", "govt", "goy", "gpv", "giv", "gkv", "glv", "hov", "fov", "yov", "vov", "bov", "gof", "gog", "goc", "gon", "9ov", "g9v", "guv", "gav", "gev":
		return true
	}
	return false
}

// govTypo reports whether label is gov with one slip or in other letters.
func govTypo(label string) bool {
	a := ascii(label)
	if a == "gov" {
		return a != label
	}
	if skeleton(a) == "gov" {
		return true
	}
	switch a {
	case "gvo", "ogv", "goov", "ggov", "govv", "gv", "qov", "gou", "cov", "gow", "govn", "govc", "gob", "go", "gop":
		return true
	}
	return false
}

// skeleton folds the ASCII shapes that one does not tell apart at a glance:
// 0/o, 1/l/i, 5/s, vv/w, rn/m. Weaker likenesses (b/d, q/g) are tried one at a
// time by Matcher.slip, as folding them all would make strangers equal.
func skeleton(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "vv", "w"), "rn", "m")
	return strings.Map(func(r rune) rune {
		switch r {
		case '0':
			return 'o'
		case '1', 'i':
			return 'l'
		case '5':
			return 's'
		}
		return r
	}, s)
}

// Cyrillic and Greek letters drawn like Latin ones (from Unicode's own names
// and shapes); Latin ones with marks come from the pack and from decomposition.
var otherScripts = map[rune]string{
	'а': "a", 'в': "b", 'с': "c", 'ԁ': "d", 'е': "e", 'ё': "e", 'һ': "h", 'н': "h", 'і': "i", 'ї': "i", 'ј': "j", 'к': "k", 'ӏ': "l", 'м': "m",
	'о': "o", 'р': "p", 'ԛ': "q", 'г': "r", 'ѕ': "s", 'т': "t", 'у': "y", 'ү': "y", 'ѵ': "v", 'ԝ': "w", 'х': "x", 'ь': "b", 'п': "n", 'и': "u", 'ц': "u", 'ғ': "f", 'з': "3",
	'α': "a", 'β': "b", 'ϲ': "c", 'ε': "e", 'η': "n", 'ι': "i", 'κ': "k", 'ν': "v", 'ο': "o", 'ρ': "p", 'τ': "t", 'υ': "u", 'χ': "x", 'ω': "w", 'γ': "y", 'ϳ': "j", 'σ': "o", 'ζ': "z",
	'օ': "o", 'ս': "u", 'հ': "h", 'ո': "n", 'ց': "g", 'զ': "q", 'ա': "w", 'ı': "i", 'ℓ': "l",
}

// foldRune gives the ASCII letters a rune is read as, or "" when it is none.
func foldRune(r rune) string {
	if r < 0x80 {
		return string(r)
	}
	if s, ok := otherScripts[r]; ok {
		return s
	}
	if s, ok := packs().latin[r]; ok {
		return s
	}
	d, _ := utf8.DecodeRuneInString(norm.NFKD.String(string(r)))
	if d < utf8.RuneSelf {
		return string(d)
	}
	return otherScripts[d]
}

// ascii reads a label as a person with a Latin alphabet does; runes that look
// like nothing stay.
func ascii(label string) string {
	if isASCII(label) {
		return label
	}
	var b strings.Builder
	for _, r := range label {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		if s := foldRune(r); s != "" {
			b.WriteString(s)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// readings are the ASCII forms of a label; none when some rune looks like nothing.
func readings(label string) []string {
	if a := ascii(label); isASCII(a) {
		return []string{a}
	}
	return nil
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

func hasHan(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) || r >= 0x2e80 && r < 0x2fe0 }) >= 0
}

func mixedScript(s string) bool {
	latin, other := false, false
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian):
			other = true
		}
	}
	return latin && other
}

// hanWords claim to be government in Chinese, longest first.
var hanWords = []string{
	"人民政府门户网站", "政府门户网站", "人民政府网站", "人民政府网", "政务服务网", "政务服务中心", "政务服务", "政务大厅", "人民政府", "门户网站", "政府网站",
	"政务公开", "政府网", "政务网", "政府", "政务", "公益", "官方网站", "官网", "官方",
}

// stripHan takes government words off a Chinese label.
func stripHan(s string) (string, bool) {
	gov := false
	s = strings.NewReplacer("-", "", "中国", "").Replace(s)
	for again := true; again; {
		again = false
		for _, w := range hanWords {
			if t, ok := strings.CutSuffix(s, w); ok && t != "" {
				s, gov, again = t, true, true
			} else if t, ok := strings.CutPrefix(s, w); ok && t != "" {
				s, gov, again = t, true, true
			}
		}
	}
	return s, gov
}

// foldHan replaces radicals and compatibility ideographs by what they look like.
func foldHan(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(s) {
		if to := packs().hanzi[r]; len(to) > 0 && r != to[0] && (r < 0x3400 || r >= 0xf900) {
			r = to[0]
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hanForms are s and s with one character replaced by one of its look-alikes.
func hanForms(s string) []string {
	out := []string{s}
	rs := []rune(s)
	if len(rs) > 24 {
		return out
	}
	for i, r := range rs {
		for _, to := range packs().hanzi[r] {
			f := slices.Clone(rs)
			f[i] = to
			out = append(out, string(f))
		}
	}
	return out
}
