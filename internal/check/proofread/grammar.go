package proofread

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"zhengshu/internal/check"
)

// rule is one provision of official writing that a pattern can see.
type rule struct {
	kind       string
	pattern    *regexp.Regexp
	confidence float64
	strict     bool // only when asked for: house style rather than error
	// judge gives the replacement and what to say; ok is false when the match is innocent.
	judge func(m []string) (right string, says string, ok bool)
}

var rules = []rule{
	{
		// GB/T 9704—2012, 7.2.5: 年份 "用六角括号“〔〕”括入"; 发文顺序号 "不加“第”字，不编虚位".
		kind: KindDocNumber, confidence: 0.9,
		pattern: regexp.MustCompile(`(\p{Han}{1,8}(?:发|函|办|字|规|令|审|批|干|任|电|通|建|委|政|财|教|环|税))\s?([\[(（【［﹝〔])\s?((?:19|20)\d\d)\s?([\])）】］﹞〕])\s?(第?)\s?(0*)(\d{1,5})\s?号`),
		judge: func(m []string) (string, string, bool) {
			right := m[1] + "〔" + m[3] + "〕" + m[7] + "号"
			switch {
			case m[2] != "〔" || m[4] != "〕":
				return right, fmt.Sprintf("发文字号的年份应当用六角括号“〔〕”括入，建议写作“%s”", right), true
			case m[5] != "":
				return right, fmt.Sprintf("发文字号的顺序号不加“第”字，建议写作“%s”", right), true
			case m[6] != "":
				return right, fmt.Sprintf("发文字号的顺序号不编虚位，建议写作“%s”", right), true
			}
			return "", "", false
		},
	},
	{
		kind: KindDocNumber, confidence: 0.9,
		pattern: regexp.MustCompile(`\p{Han}{1,8}(?:发|函|办|字|规|令)〔(\d{2})〕\d{1,5}号`),
		judge: func(m []string) (string, string, bool) {
			return "", "发文字号的年份应当标全称，不得简写为两位，请核对补全", true
		},
	},
	{
		kind: KindDate, confidence: 0.95,
		pattern: regexp.MustCompile(`(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?`),
		judge: func(m []string) (string, string, bool) {
			y, _ := strconv.Atoi(m[1])
			mo, _ := strconv.Atoi(m[2])
			if mo < 1 || mo > 12 {
				return "", fmt.Sprintf("“%s”中没有%d月，请核对日期", m[0], mo), true
			}
			if m[3] == "" {
				return "", "", false
			}
			d, _ := strconv.Atoi(m[3])
			if t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC); d < 1 || t.Day() != d {
				return "", fmt.Sprintf("%d年%d月没有%d日，请核对日期", y, mo, d), true
			}
			return "", "", false
		},
	},
	{
		kind: KindDate, confidence: 0.9,
		pattern: regexp.MustCompile(`(?:^|[^\d年])(2月30日|2月31日|4月31日|6月31日|9月31日|11月31日)`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("没有“%s”这一天，请核对日期", m[1]), true
		},
	},
	{
		// GB/T 15835—2011: 汉字数字“零”用作编号、年份时写“〇”.
		kind: KindNumber, confidence: 0.9,
		pattern: regexp.MustCompile(`[一二三四五六七八九][0oOＯ０][一二三四五六七八九〇0oOＯ０○]{1,2}年`),
		judge: func(m []string) (string, string, bool) {
			right := strings.NewReplacer("0", "〇", "o", "〇", "O", "〇", "Ｏ", "〇", "０", "〇", "○", "〇").Replace(m[0])
			return right, fmt.Sprintf("汉字年份中的“〇”不得用数字或者字母代替，建议写作“%s”", right), true
		},
	},
	{
		kind: KindNumber, confidence: 0.85,
		pattern: regexp.MustCompile(`[0-9０-９]*[０-９][0-9０-９]*`),
		judge: func(m []string) (string, string, bool) {
			right := strings.Map(func(r rune) rune {
				if r >= '０' && r <= '９' {
					return r - '０' + '0'
				}
				return r
			}, m[0])
			return right, "阿拉伯数字应当用半角，请改正", true
		},
	},
	{
		kind: KindNumber, confidence: 0.85,
		pattern: regexp.MustCompile(`(减少|降低|下降|缩小|缩短)了?(?:近|约)?[一二三四五六七八九十百\d]+(?:\.\d+)?倍`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“%s”一般不用倍数表示，请改用百分数或者分数", m[1]), true
		},
	},
	{
		kind: KindNumber, confidence: 0.8,
		pattern: regexp.MustCompile(`(?:大约|约)\d+(?:\.\d+)?(?:万|亿|%|％)?[元人个家件次天年公里吨亩]{0,2}(左右|上下)`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“约”与“%s”重复表示概数，请删去其一", m[1]), true
		},
	},
	{
		kind: KindPunctuation, confidence: 0.9,
		pattern: regexp.MustCompile(`，[，。；：、！？]|。[，；：、。]|；[，。；：、]|、[，。；：、！？]|：[，。；：、]|！[，。；]|？[，。；]`),
		judge: func(m []string) (string, string, bool) {
			if m[0] == "。。" || utf8.RuneCountInString(m[0]) != 2 {
				return "。", "标点重复，请删去多余的一个", true
			}
			first, _ := utf8.DecodeRuneInString(m[0])
			last, _ := utf8.DecodeLastRuneInString(m[0])
			if first == last {
				return string(first), "标点重复，请删去多余的一个", true
			}
			return "", fmt.Sprintf("标点“%s”不能连用，请保留其一", m[0]), true
		},
	},
	{
		// GB/T 15834—2011, 4.5.3.5: 书名号之间一般不用顿号 is advice and much broken; a
		// full stop before a closing mark of a title is not.
		kind: KindPunctuation, confidence: 0.85,
		pattern: regexp.MustCompile(`《[^《》。\n]{1,60}。》`),
		judge: func(m []string) (string, string, bool) {
			right := strings.Replace(m[0], "。》", "》", 1)
			return right, "书名号内的文件名称末尾不用句号，请删去", true
		},
	},
	{
		kind: KindPunctuation, confidence: 0.8, strict: true,
		pattern: regexp.MustCompile(`\p{Han}([,;])\p{Han}`),
		judge: func(m []string) (string, string, bool) {
			right := map[string]string{",": "，", ";": "；"}[m[1]]
			return right, fmt.Sprintf("中文语句中的标点应当用全角“%s”，请改正", right), true
		},
	},
	{
		kind: KindPunctuation, confidence: 0.9,
		pattern: regexp.MustCompile(`《[^《》〈〉\n]{0,80}[〉>]|〈[^《》〈〉\n]{0,80}》|（[^（）()\n]{0,80}[〕】］]|〔\d{4}[）】］)\]]|“[^“”\n]{0,200}“[^“”\n]{1,200}$`),
		judge: func(m []string) (string, string, bool) {
			if strings.HasPrefix(m[0], "“") {
				return "", "引号前后不成对，请核对补全", true
			}
			return "", "括号或者书名号前后不成对，请核对改正", true
		},
	},
	{
		kind: KindRepeat, confidence: 0.9,
		pattern: regexp.MustCompile(`的的确确|([的在和与及])([的在和与及])`),
		judge: func(m []string) (string, string, bool) {
			if m[1] == "" || m[1] != m[2] {
				return "", "", false
			}
			return m[1], fmt.Sprintf("“%s”重复，请删去一个", m[1]), true
		},
	},
}

// grammar applies the rules. A rule with one submatch that lies inside the
// match marks the submatch only when the match holds it for context.
func grammar(rs []rune, strict bool) []check.Span {
	text := string(rs)
	var out []check.Span
	// runesAt turns byte offsets, which come in order within a rule, into rune offsets.
	for _, r := range rules {
		if r.strict && !strict {
			continue
		}
		bytePos, runePos := 0, 0
		at := func(b int) int {
			if b < bytePos {
				bytePos, runePos = 0, 0
			}
			runePos += utf8.RuneCountInString(text[bytePos:b])
			bytePos = b
			return runePos
		}
		for _, loc := range r.pattern.FindAllStringSubmatchIndex(text, -1) {
			m := make([]string, len(loc)/2)
			for i := range m {
				if loc[2*i] >= 0 {
					m[i] = text[loc[2*i]:loc[2*i+1]]
				}
			}
			right, says, ok := r.judge(m)
			if !ok {
				continue
			}
			lo, hi := loc[0], loc[1]
			if len(m) == 2 && m[1] != "" && (r.kind == KindDate || r.kind == KindPunctuation) {
				lo, hi = loc[2], loc[3]
			}
			s := check.Span{Kind: r.kind, Says: says, Confidence: r.confidence}
			s.Start = at(lo)
			s.End = at(hi)
			if right != "" {
				s.Right = []string{right}
			}
			out = append(out, s)
		}
	}
	return out
}
