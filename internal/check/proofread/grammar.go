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
	needs      string // a line without any of these characters cannot match
	also       string // nor one without any of these; "" asks nothing more
	doubled    bool   // nor one where none of twins stands twice in a row
	// unless says that a line is innocent of the rule altogether; from gives the
	// first byte at or after one where a match that judge minds may begin, −1 for
	// none: reading with the pattern is dear. The pattern of a rule with from is
	// held to the place ("^").
	unless func(line string) bool
	from   func(line string, at int) int
	mark   int // the submatch that is marked; 0 is the whole match
	// judge gives the replacement and what to say; ok is false when the match is innocent.
	judge func(m []string) (right string, says string, ok bool)
}

var rules = []rule{
	{
		// GB/T 9704—2012, 7.2.5: 年份 "用六角括号“〔〕”括入"; 发文顺序号 "不加“第”字，不编虚位".
		kind: KindDocNumber, confidence: 0.9,
		needs:   "号",
		also:    "[(（【［﹝〔",
		from:    numberFrom,
		pattern: regexp.MustCompile(`^\p{Han}(?:发|函|办|字|规|令|审|批|干|任|电|通|建|委|政|财|教|环|税)\s?(([\[(（【［﹝〔])\s?((?:19|20)\d\d)\s?([\])）】］﹞〕])\s?(第?)\s?(0*)(\d{1,5})\s?号)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			right := "〔" + m[3] + "〕" + m[7] + "号"
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
		needs:   "号",
		also:    "〔",
		from:    numberFrom,
		pattern: regexp.MustCompile(`^\p{Han}(?:发|函|办|字|规|令)(〔\d{2}〕\d{1,5}号)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			return "", "发文字号的年份应当标全称，不得简写为两位，请核对补全", true
		},
	},
	{
		kind: KindDate, confidence: 0.95,
		needs:   "日月",
		also:    "0123456789",
		from:    strangeDayFrom,
		pattern: regexp.MustCompile(`^(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?`),
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
		kind: KindDate, confidence: 0.95,
		needs:   "星周",
		also:    "0123456789",
		from:    yearFrom,
		pattern: regexp.MustCompile(`^(\d{4})年(\d{1,2})月(\d{1,2})日\s?[（(]?\s?((?:星期|周)([一二三四五六日天]))`),
		mark:    4,
		judge: func(m []string) (string, string, bool) {
			y, _ := strconv.Atoi(m[1])
			mo, _ := strconv.Atoi(m[2])
			d, _ := strconv.Atoi(m[3])
			t := time.Date(y, time.Month(mo), d, 0, 0, 0, 0, time.UTC)
			if t.Day() != d || int(t.Month()) != mo {
				return "", "", false // no such day: the rule of dates says so
			}
			is := string([]rune("日一二三四五六")[t.Weekday()])
			if is == m[5] || is == "日" && m[5] == "天" {
				return "", "", false
			}
			right := strings.TrimSuffix(m[4], m[5]) + is
			return right, fmt.Sprintf("%d年%d月%d日是%s，不是%s，请核对日期", y, mo, d, right, m[4]), true
		},
	},
	{
		kind: KindDate, confidence: 0.9,
		needs:   "日",
		also:    "0123456789",
		unless:  func(line string) bool { return !pastShortMonth(line) },
		pattern: regexp.MustCompile(`(\d{2,4}年|^|[^\d])(2月30日|2月31日|4月31日|6月31日|9月31日|11月31日)`),
		mark:    2,
		judge: func(m []string) (string, string, bool) {
			// A date with its year is the rule above's.
			return "", fmt.Sprintf("没有“%s”这一天，请核对日期", m[2]), len(m[1]) < len("年")+2
		},
	},
	{
		// GB/T 15835—2011: 汉字数字“零”用作编号、年份时写“〇”.
		kind: KindNumber, confidence: 0.9,
		needs:   "年",
		also:    "0oOＯ０",
		from:    zeroFrom,
		pattern: regexp.MustCompile(`^[一二三四五六七八九][0oOＯ０][一二三四五六七八九〇0oOＯ０○]{0,2}年`),
		judge: func(m []string) (string, string, bool) {
			right := strings.NewReplacer("0", "〇", "o", "〇", "O", "〇", "Ｏ", "〇", "０", "〇", "○", "〇").Replace(m[0])
			return right, fmt.Sprintf("汉字年份中的“〇”不得用数字或者字母代替，建议写作“%s”", right), true
		},
	},
	{
		kind: KindNumber, confidence: 0.85,
		needs:   "０１２３４５６７８９",
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
		needs:   "倍",
		also:    "减降下缩",
		pattern: regexp.MustCompile(`(减少|降低|下降|缩小|缩短)了?(?:近|约)?[一二三四五六七八九十百\d]+(?:\.\d+)?倍`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“%s”一般不用倍数表示，请改用百分数或者分数", m[1]), true
		},
	},
	{
		kind: KindNumber, confidence: 0.8,
		needs:   "左上",
		also:    "约",
		from:    aboutFrom,
		pattern: regexp.MustCompile(`^(?:大约|约)\d+(?:\.\d+)?(?:万|亿|%|％)?[元人个家件次天年公里吨亩]{0,2}(左右|上下)`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“约”与“%s”重复表示概数，请删去其一", m[1]), true
		},
	},
	{
		kind: KindNumber, confidence: 0.8,
		needs:   "余多",
		also:    "约近",
		from:    roundFrom,
		pattern: regexp.MustCompile(`^((约|近)[0-9]+(?:\.[0-9]+)?[十百千万亿]{0,2}([余多]))[\p{Han}]`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“%s”与“%s”重复表示概数，请删去其一", m[2], m[3]), true
		},
	},
	{
		kind: KindNumber, confidence: 0.8,
		needs:   "超至低少",
		also:    "上",
		unless:  func(line string) bool { return !strings.Contains(line, "以上") },
		pattern: regexp.MustCompile(`(超过|至少|不低于|不少于)[0-9]+(?:\.[0-9]+)?[十百千万亿]{0,2}(?:[元人个家件次天年月日吨亩户岁名周分]|公里|平方米|立方米|小时|分钟|%|％)?(以上)(?:的[^部]|[^的不0-9])`),
		mark:    2,
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“%s”与“以上”重复，请删去其一", m[1]), true
		},
	},
	{
		// GB 3100—1993, 6.2: 单位符号除来源于人名的首字母大写外用小写; 词头 k 小写.
		kind: KindNumber, confidence: 0.8,
		needs:   "MGLWVHPNKC",
		also:    "0123456789",
		pattern: regexp.MustCompile(`(?:^|[^0-9A-Za-z.,\-/_])[0-9][0-9.,]*\s?(CM|MM|DM|KM|Km|KG|Kg|MG|ML|KW|Kw|KV|Kv|KVA|KWH|KWh|Kwh|HZ|KHZ|MHZ|GHZ|KHz|MPA|KPA|KN)(?:[^0-9A-Za-z\-]|$)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			// Nothing is replaced at a click: a model or a brand may be written so.
			return "", fmt.Sprintf("计量单位符号的大小写应当规范，一般写作“%s”，请核对", unitSymbols[strings.ToLower(m[1])]), true
		},
	},
	{
		kind: KindRepeat, confidence: 0.85,
		needs:   "因忌",
		also:    "是不勿",
		pattern: regexp.MustCompile(`原因是(?:因为|由于)|切忌(?:不要|不可|不能|勿)`),
		judge: func(m []string) (string, string, bool) {
			right := map[string]string{"原因是因为": "原因是", "原因是由于": "原因是", "切忌不要": "切忌", "切忌不可": "切忌", "切忌不能": "切忌", "切忌勿": "切忌"}[m[0]]
			return right, fmt.Sprintf("“%s”意思重复，建议写作“%s”", m[0], right), true
		},
	},
	{
		kind: KindConfusion, confidence: 0.85,
		needs:   "再",
		also:    "防避杜",
		unless:  func(line string) bool { return !strings.Contains(line, "不再") },
		pattern: regexp.MustCompile(`(?:防止|避免|杜绝)[^，。；：、！？\n]{0,24}?(不再)(?:次|度)?(?:发生|出现|重演)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			return "再", "“防止”“避免”“杜绝”之后用了“不再”，意思相反，建议删去“不”", true
		},
	},
	{
		kind: KindPunctuation, confidence: 0.8,
		needs:   "《",
		unless:  paired,
		also:    "。",
		pattern: regexp.MustCompile(`《[^《》〈〉\n]{2,120}[，；][^《》〈〉\n]{0,200}。$`),
		judge: func(m []string) (string, string, bool) {
			// A title cut short ends in dots.
			return "", "书名号前后不成对，请核对补全", !strings.Contains(m[0], "…") && !strings.Contains(m[0], "...")
		},
	},
	{
		kind: KindPunctuation, confidence: 0.9,
		needs:   "》",
		unless:  func(line string) bool { return !strings.Contains(line, "》》") },
		pattern: regexp.MustCompile(`(?:^[^《\n]*)(《[^《》\n]{1,80}》》)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			return strings.TrimSuffix(m[1], "》"), "书名号前后不成对，请删去多余的", true
		},
	},
	{
		// GB/T 15834—2011, 4.5.3.5: 书名号之间一般不用顿号 is advice and much broken; a
		// full stop before a closing mark of a title is not.
		kind: KindPunctuation, confidence: 0.85,
		needs:   "》",
		unless:  func(line string) bool { return !strings.Contains(line, "。》") },
		also:    "。",
		pattern: regexp.MustCompile(`《[^《》。\n]{1,60}。》`),
		judge: func(m []string) (string, string, bool) {
			right := strings.Replace(m[0], "。》", "》", 1)
			return right, "书名号内的文件名称末尾不用句号，请删去", true
		},
	},
	{
		kind: KindPunctuation, confidence: 0.9,
		needs:   "《〈（〔“",
		unless:  paired,
		from:    openingFrom,
		pattern: regexp.MustCompile(`^(?:《[^《》〈〉<>\n]{0,80}[〉>]|〈[^《》〈〉\n]{0,80}》|（[^（）()〔〕【】［］〖〗\n]{0,80}[〕】］]|〔\d{4}[）】］)\]]|“[^“”\n]{0,200}“[^“”\n]{1,200}$)`),
		judge: func(m []string) (string, string, bool) {
			if strings.HasPrefix(m[0], "“") {
				return "", "引号前后不成对，请核对补全", true
			}
			return "", "括号或者书名号前后不成对，请核对改正", true
		},
	},
	{
		kind: KindNumber, confidence: 0.8,
		needs:   "超高多",
		also:    "内下",
		from:    firstOf("不超过", "不高于", "不多于", "最多"),
		pattern: regexp.MustCompile(`^(不超过|不高于|不多于|最多)[0-9]+(?:\.[0-9]+)?[十百千万亿]{0,2}\p{Han}{0,3}?(以内|以下)`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“%s”与“%s”重复，请删去其一", m[1], m[2]), true
		},
	},
	{
		// GB/T 15835—2011, 4.3: 同一场合出现的数字 "应遵循“同类别同形式”原则".
		kind: KindNumber, confidence: 0.85,
		needs:   "年百",
		also:    "0123456789",
		from:    mixedFrom,
		pattern: regexp.MustCompile(`^(?:百分之[0-9]+(?:\.[0-9]+)?|[0-9]{4}年[一二三四五六七八九十]{1,2}月|[〇○零一二三四五六七八九]{4}年[0-9]{1,2}月)`),
		judge: func(m []string) (string, string, bool) {
			if percent, ok := strings.CutPrefix(m[0], "百分之"); ok {
				return percent + "%", fmt.Sprintf("百分数不得混用汉字和阿拉伯数字，建议写作“%s%%”", percent), true
			}
			return "", "同一日期不得混用汉字数字和阿拉伯数字，请统一", true
		},
	},
	{
		kind: KindNumber, confidence: 0.9,
		needs:   "%％",
		also:    "点",
		from:    firstOf("%个百分点", "％个百分点", "个百分点%", "个百分点％"),
		pattern: regexp.MustCompile(`^(?:[%％]个百分点|个百分点[%％])`),
		judge: func(m []string) (string, string, bool) {
			return "个百分点", "“%”与“百分点”不能并用，请核对后删去其一", true
		},
	},
	{
		kind: KindDate, confidence: 0.85,
		needs:   "日",
		also:    "至到—－-～~",
		from:    dayRangeFrom,
		pattern: regexp.MustCompile(`^([0-9]{1,2})月([0-9]{1,2})日(?:至|到|—|－|-|～|~)([0-9]{1,2})日`),
		judge: func(m []string) (string, string, bool) {
			first, _ := strconv.Atoi(m[2])
			last, _ := strconv.Atoi(m[3])
			return "", fmt.Sprintf("“%s”起止日期先后颠倒，请核对", m[0]), last < first
		},
	},
	{
		kind: KindDate, confidence: 0.9,
		needs:   ":：",
		also:    "午晚晨",
		pattern: regexp.MustCompile(`(上午|下午|晚上|凌晨)([0-9]{1,2})[:：]([0-9]{2})(?:[^0-9]|$)`),
		judge: func(m []string) (string, string, bool) {
			hour, _ := strconv.Atoi(m[2])
			minute, _ := strconv.Atoi(m[3])
			switch {
			case hour > 24 || minute > 59 || hour == 24 && minute > 0:
				return "", fmt.Sprintf("没有“%s:%s”这一时刻，请核对", m[2], m[3]), true
			case hour > 12 && (m[1] == "上午" || m[1] == "凌晨"):
				return "", fmt.Sprintf("“%s”与“%s:%s”不符，请核对", m[1], m[2], m[3]), true
			}
			return "", "", false
		},
	},
	{
		kind: KindDocNumber, confidence: 0.9,
		needs:   "〔",
		also:    "〕",
		from:    firstOf("〔"),
		pattern: regexp.MustCompile(`^〔((?:19|20)[0-9]{2})(年?)〕\s?([0-9]{1,4})(号?)([）)，。；]|$)?`),
		judge: func(m []string) (string, string, bool) {
			right := "〔" + m[1] + "〕" + m[3] + "号"
			switch {
			case m[2] != "":
				return right + m[5], fmt.Sprintf("发文字号的六角括号内只写年份，不写“年”字，建议写作“%s”", right), true
			case m[4] == "" && m[5] != "":
				return right + m[5], fmt.Sprintf("发文字号漏“号”字，建议写作“%s”", right), true
			}
			return "", "", false
		},
	},
	{
		// GB/T 15834—2011, 4.5.3.4 and 4.4: "带括号的序次语后不用标点"; GB/T 9704—2012,
		// 7.3.4: 附件名称后不加标点符号.
		kind: KindPunctuation, confidence: 0.85,
		needs:   "（附抄",
		also:    "、，．.。；",
		pattern: regexp.MustCompile(`\A[ 　\t]*(（[一二三四五六七八九十]{1,3}）([、，．.])|附件[:：]\s?[^。；，\n]{2,60}([。；，])$|附件[:：]\s?1(、)|抄送：[^。\n]{2,200}([、，；])$)(（?)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			switch {
			case m[6] != "":
				return "", "", false // （三）、（四）项 names items and begins none
			case m[2] != "":
				return strings.TrimSuffix(m[1], m[2]), fmt.Sprintf("带括号的序次语之后不用标点，请删去“%s”", m[2]), true
			case m[3] != "":
				return strings.TrimSuffix(m[1], m[3]), fmt.Sprintf("附件名称之后不加标点符号，请删去“%s”", m[3]), true
			case m[4] != "":
				return strings.TrimSuffix(m[1], m[4]) + ".", "附件的顺序号用阿拉伯数字和下脚圆点，写作“1.”", true
			}
			return strings.TrimSuffix(m[1], m[5]) + "。", "最后一个抄送机关名称之后标句号，请改正", true
		},
	},
	{
		// GB/T 15834—2011, 4.11: "……"; 4.11.3.4: 省略号和 "等" 不并用.
		kind: KindPunctuation, confidence: 0.85,
		needs:   ".…",
		from:    dotsFrom,
		pattern: regexp.MustCompile(`^(\p{Han})(?:(\.{3,6}|…)([^.…0-9\s]|$)|(等?等……|……等))`),
		judge: func(m []string) (string, string, bool) {
			if m[4] != "" {
				return "", "省略号与“等”意思重复，请删去其一", true
			}
			return m[1] + "……" + m[3], "省略号应当写作“……”，请改正", true
		},
	},
	{
		// GB/T 15834—2011, 4.8.3.3 and 4.15.3.4: what is quoted within a quotation, and a
		// title within a title, have marks of their own.
		kind: KindPunctuation, confidence: 0.85,
		needs:   "《“",
		from:    withinFrom,
		pattern: regexp.MustCompile(`^(?:《[^《》〈〉\n]{0,80}《[^《》\n]{1,80}》[^《》\n]{0,80}》|“[^“”\n]{0,120}“[^“”\n]{1,120}”[^“”\n]{0,120}”)`),
		judge: func(m []string) (string, string, bool) {
			rs := []rune(m[0])
			inner := []rune("〈〉")
			says := "书名号里面还要用书名号时，里面一层用单书名号“〈〉”，请改正"
			if rs[0] == '“' {
				inner = []rune("‘’")
				says = "引号里面还要用引号时，里面一层用单引号“‘’”，请改正"
			}
			outer := closing(rs[0])
			for i := 1; i < len(rs)-1; i++ {
				switch rs[i] {
				case rs[0]:
					rs[i] = inner[0]
				case outer:
					rs[i] = inner[1]
				}
			}
			return string(rs), says, true
		},
	},
	{
		kind: KindPunctuation, confidence: 0.85,
		needs:   "等",
		also:    "、",
		from:    firstOf("、等"),
		pattern: regexp.MustCompile(`^(、等)(?:[，。；）]|部门|单位|地区|方面|问题|工作|情况|方式|措施|内容|材料)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			return "等", "“等”之前不用顿号，请删去", true
		},
	},
	{
		kind: KindRepeat, confidence: 0.9,
		needs:   twins,
		doubled: true,
		pattern: regexp.MustCompile(`的的确确|[目标]的的|[正实现存内所潜]在在|[饱缓温柔总共调]和和|[参赋给授]与与|[普涉波危以论提]及及|(的的|在在|和和|与与|及及)(\p{Han}?)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			// 和和谐, 在在建工程, 与与会者, 及及时: the second belongs to the word that follows;
			// 目的的, 参与与: the first to the word before.
			next := map[string]string{"的的": "士", "在在": "建职校编岗线册逃押任场读校外", "和和": "谐平睦解气美善约田", "与与": "会", "及及": "时格"}
			if m[1] == "" || m[2] != "" && strings.Contains(next[m[1]], m[2]) {
				return "", "", false
			}
			one := string([]rune(m[1])[:1])
			return one, fmt.Sprintf("“%s”重复，请删去一个", one), true
		},
	},
}

// clashing are the marks that clash knows.
const clashing = "，、。；：！？（）,;"

// clash says whether mark b cannot follow mark a.
func clash(a, b rune) bool {
	switch a {
	case '，', '、':
		return strings.ContainsRune("，。；：、！？）,;", b)
	case '。':
		return strings.ContainsRune("，；：、。,;", b)
	case '；', '：':
		return strings.ContainsRune("，。；：、,;", b)
	case '！', '？':
		return strings.ContainsRune("，。；,;", b)
	case '（':
		return strings.ContainsRune("，。；：、", b)
	case ',', ';':
		return strings.ContainsRune("，。；：、", b)
	}
	return false
}

// marks finds marks that stand together though they cannot; pairs are where two
// marks stand together, in order.
func marks(rs []rune, pairs []int) []check.Span {
	var out []check.Span
	next := 0
	for _, i := range pairs {
		if i < next || !clash(rs[i], rs[i+1]) {
			continue
		}
		s := check.Span{Kind: KindPunctuation, Start: i, End: i + 2, Confidence: 0.9}
		if rs[i] == rs[i+1] {
			for s.End < len(rs) && rs[s.End] == rs[i] {
				s.End++
			}
			if rs[i] == '。' && s.End-s.Start > 2 {
				s.Right, s.Says = []string{"……"}, "省略号应当写作“……”，请改正"
			} else {
				s.Right, s.Says = []string{string(rs[i])}, "标点重复，请删去多余的"
			}
		} else {
			s.Says = fmt.Sprintf("标点“%s”不能连用，请保留其一", string(rs[i:i+2]))
		}
		out = append(out, s)
		next = s.End
	}
	return out
}

// everyRule is the concern of a text of which nothing is known.
func everyRule() concern { return 1<<len(rules) - 1 }

// grammar applies the rules to the lines that they concern.
func grammar(s *survey) []check.Span {
	out := marks(s.runes, s.marks)
	for _, l := range s.lines {
		line := s.text[l.from:l.to]
		for i, ok := l.concerns.next(); ok; i, ok = l.concerns.next() {
			out = append(out, rules[i].read(line, l.at)...)
		}
	}
	return out
}

// read applies a rule to a line that begins at a rune of the text.
func (r *rule) read(line string, at int) (out []check.Span) {
	if r.unless != nil && r.unless(line) {
		return nil
	}
	// Matches come in order: runes are counted on from the last one.
	bytePos, runePos := 0, at
	for _, loc := range r.matches(line) {
		m := make([]string, len(loc)/2)
		for i := range m {
			if loc[2*i] >= 0 {
				m[i] = line[loc[2*i]:loc[2*i+1]]
			}
		}
		right, says, ok := r.judge(m)
		if !ok {
			continue
		}
		lo, hi := loc[2*r.mark], loc[2*r.mark+1]
		s := check.Span{Kind: r.kind, Says: says, Confidence: r.confidence}
		runePos += utf8.RuneCountInString(line[bytePos:lo])
		bytePos = lo
		s.Start = runePos
		s.End = s.Start + utf8.RuneCountInString(line[lo:hi])
		if right != "" {
			s.Right = []string{right}
		}
		out = append(out, s)
	}
	return out
}

// matches are the places where a rule's pattern fits, none over another.
func (r *rule) matches(text string) [][]int {
	if r.from == nil {
		return r.pattern.FindAllStringSubmatchIndex(text, -1)
	}
	var out [][]int
	for at := 0; at < len(text); {
		i := r.from(text, at)
		if i < 0 {
			break
		}
		loc := r.pattern.FindStringSubmatchIndex(text[i:])
		if loc == nil {
			at = i + 1
			continue
		}
		for j := range loc {
			if loc[j] >= 0 {
				loc[j] += i
			}
		}
		out = append(out, loc)
		at = max(loc[1], i+1)
	}
	return out
}

// yearFrom finds four digits before 年.
func yearFrom(line string, at int) int {
	for {
		i := strings.Index(line[at:], "年")
		if i < 0 {
			return -1
		}
		i += at
		if i >= 4 && digit(line[i-1]) && digit(line[i-2]) && digit(line[i-3]) && digit(line[i-4]) && i-4 >= at {
			return i - 4
		}
		at = i + len("年")
	}
}

// strangeDayFrom finds a year before a month or a day that no calendar has: of
// the many dates of a text hardly one.
func strangeDayFrom(line string, at int) int {
	for {
		if at = yearFrom(line, at); at < 0 {
			return -1
		}
		year, after := figure(line, at)
		month, rest := figure(line, after+len("年"))
		if n := rest - after - len("年"); n == 1 || n == 2 {
			if strings.HasPrefix(line[rest:], "月") {
				day, end := figure(line, rest+len("月"))
				n := end - rest - len("月")
				dated := (n == 1 || n == 2) && strings.HasPrefix(line[end:], "日")
				if month < 1 || month > 12 || dated && (day < 1 || day > daysOf(year, month)) {
					return at
				}
			}
		}
		at = after
	}
}

// figure reads the digits at a byte, and gives where they end; of a number that
// no date has only that.
func figure(line string, at int) (n, end int) {
	for end = at; end < len(line) && digit(line[end]); end++ {
		n = min(n*10+int(line[end]-'0'), 1e6)
	}
	return n, end
}

func daysOf(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// pastShortMonth reports whether a line may name a day after the end of a short
// month; the 31st of December is no such day.
func pastShortMonth(line string) bool {
	for at := 0; ; {
		i := strings.Index(line[at:], "月3")
		if i < 0 {
			return false
		}
		i += at
		at = i + len("月3")
		if i == 0 || !strings.HasPrefix(line[at:], "0日") && !strings.HasPrefix(line[at:], "1日") {
			continue
		}
		if single := i == 1 || !digit(line[i-2]); single && strings.IndexByte("2469", line[i-1]) >= 0 || strings.HasSuffix(line[:i], "11") {
			return true
		}
	}
}

// numerals are what a year in Chinese numerals may be written with, rightly or
// not.
const numerals = "一二三四五六七八九〇○" + zeros

// zeros stand in for 〇 by mistake.
const zeros = "0oOＯ０"

// zeroFrom finds a year in Chinese numerals with a zero after its first that is
// not 〇: four characters before 年 at most.
func zeroFrom(line string, at int) int {
	for end := at; ; end += len("年") {
		i := strings.Index(line[end:], "年")
		if i < 0 {
			return -1
		}
		end += i
		start := end
		for range 4 {
			c, n := utf8.DecodeLastRuneInString(line[at:start])
			if n == 0 || !strings.ContainsRune(numerals, c) {
				break
			}
			start -= n
		}
		for start < end {
			c, n := utf8.DecodeRuneInString(line[start:])
			next, _ := utf8.DecodeRuneInString(line[start+n:])
			if !strings.ContainsRune(zeros, c) && c != '〇' && c != '○' && strings.ContainsRune(zeros, next) {
				return start
			}
			start += n
		}
	}
}

// firstOf finds the first of some texts.
func firstOf(texts ...string) func(line string, at int) int {
	return func(line string, at int) int {
		first := -1
		for _, t := range texts {
			if i := strings.Index(line[at:], t); i >= 0 && (first < 0 || at+i < first) {
				first = at + i
			}
		}
		return first
	}
}

// mixedFrom finds a percentage or a date that may be written in two sorts of
// numerals.
func mixedFrom(line string, at int) int {
	const percent, year, month = "百分之", "年", "月"
	for i, r := range line[at:] {
		i += at
		switch r {
		case '百':
			if after := i + len(percent); strings.HasPrefix(line[i:], percent) && after < len(line) && digit(line[after]) {
				return i
			}
		case '年':
			after := line[i+len(year):]
			if after == "" {
				continue
			}
			arabic := i >= 4 && digit(line[i-1]) && digit(line[i-4])
			next, _ := utf8.DecodeRuneInString(after)
			if arabic && i-4 >= at && strings.ContainsRune("一二三四五六七八九十", next) {
				return i - 4
			}
			// Four Chinese numerals take three bytes each.
			if !arabic && i-12 >= at && digit(after[0]) && utf8.RuneStart(line[i-12]) && strings.Trim(line[i-12:i], "〇○零一二三四五六七八九") == "" {
				return i - 12
			}
		}
	}
	return -1
}

// dayRangeFrom finds a day of a month before another day.
func dayRangeFrom(line string, at int) int {
	const day, month = "日", "月"
	for end := at; ; end += len(day) {
		i := strings.Index(line[end:], day)
		if i < 0 {
			return -1
		}
		end += i
		next, n := utf8.DecodeRuneInString(line[end+len(day):])
		after := end + len(day) + n
		if !strings.ContainsRune("至到—－-～~", next) || after >= len(line) || !digit(line[after]) {
			continue
		}
		back := func(from int) int {
			for from > at && digit(line[from-1]) {
				from--
			}
			return from
		}
		if d := back(end); d < end && strings.HasSuffix(line[at:d], month) {
			if m := back(d - len(month)); m < d-len(month) {
				return m
			}
		}
	}
}

// dotsFrom finds the character before dots that stand for what is left out.
func dotsFrom(line string, at int) int {
	for i := at; i < len(line); {
		next := strings.IndexAny(line[i:], ".…等")
		if next < 0 {
			return -1
		}
		i += next
		rest := line[i:]
		r, n := utf8.DecodeRuneInString(rest)
		_, before := utf8.DecodeLastRuneInString(line[at:i])
		dots := strings.HasPrefix(rest, "...") || r == '…'
		if before > 0 && (dots || strings.HasPrefix(rest, "等……") || strings.HasPrefix(rest, "等等……")) {
			return i - before
		}
		i += n
		for dots && i < len(line) && (line[i] == '.' || strings.HasPrefix(line[i:], "…")) {
			_, n := utf8.DecodeRuneInString(line[i:])
			i += n
		}
	}
	return -1
}

// withinFrom finds an opening mark of a title or a quotation after which the same
// comes before the closing one.
func withinFrom(line string, at int) int {
	for i, r := range line[at:] {
		var marks string
		switch r {
		case '《':
			marks = "《》"
		case '“':
			marks = "“”"
		default:
			continue
		}
		rest := line[at+i+len("《"):]
		if next := strings.IndexAny(rest, marks); next >= 0 && strings.HasPrefix(rest[next:], string(r)) {
			return at + i
		}
	}
	return -1
}

// aboutFrom finds “about” before a figure.
func aboutFrom(line string, at int) int {
	const about, big = "约", "大"
	for i := at; ; i += len(about) {
		next := strings.Index(line[i:], about)
		if next < 0 {
			return -1
		}
		i += next
		if after := i + len(about); after < len(line) && digit(line[after]) {
			if strings.HasSuffix(line[at:i], big) {
				return i - len(big)
			}
			return i
		}
	}
}

// roundFrom finds a word for “about” before a figure.
func roundFrom(line string, at int) int {
	for i, r := range line[at:] {
		if r != '约' && r != '近' {
			continue
		}
		if after := at + i + len("约"); after < len(line) && digit(line[after]) {
			return at + i
		}
	}
	return -1
}

// unitSymbols are symbols of units as GB 3100 writes them, by their letters.
var unitSymbols = map[string]string{
	"cm": "cm", "mm": "mm", "dm": "dm", "km": "km", "kg": "kg", "mg": "mg", "ml": "mL", "kw": "kW", "kv": "kV", "kva": "kV·A", "kwh": "kW·h", "hz": "Hz", "khz": "kHz", "mhz": "MHz", "ghz": "GHz", "mpa": "MPa", "kpa": "kPa", "kn": "kN",
}

// openingFrom finds where a mark opens that may not be closed; of quotation
// marks those that another opening one follows.
func openingFrom(line string, at int) int {
	for i, r := range line[at:] {
		switch r {
		case '《', '〈', '（', '〔':
			return at + i
		case '“':
			rest := line[at+i+len("“"):]
			if again := strings.Index(rest, "“"); again >= 0 && !strings.Contains(rest[:again], "”") {
				return at + i
			}
		}
	}
	return -1
}

// numberKinds are the last characters of what a document number begins with.
const numberKinds = "发函办字规令审批干任电通建委政财教环税"

// rightNumber reports whether a year and a number of the right form begin a
// text: 〔2021〕5号.
func rightNumber(s string) bool {
	if !strings.HasPrefix(s, "〔") {
		return false
	}
	_, end := figure(s, len("〔"))
	if end != len("〔2021") || !strings.HasPrefix(s[end:], "〕") {
		return false
	}
	from := end + len("〕")
	_, end = figure(s, from)
	return end > from && end-from <= 5 && s[from] != '0' && strings.HasPrefix(s[end:], "号")
}

// numberFrom finds where a document number that is not of the right form may
// begin: a character and one of numberKinds before an opening bracket.
func numberFrom(line string, at int) int {
	for i, r := range line[at:] {
		switch r {
		case '[', '(', '（', '【', '［', '﹝', '〔':
		default:
			continue
		}
		if rightNumber(line[at+i:]) {
			continue
		}
		head := line[:at+i]
		if c, n := utf8.DecodeLastRuneInString(head); strings.ContainsRune(" \t\n\f\r", c) {
			head = head[:len(head)-n]
		}
		kind, n := utf8.DecodeLastRuneInString(head)
		if !strings.ContainsRune(numberKinds, kind) {
			continue
		}
		head = head[:len(head)-n]
		if _, n = utf8.DecodeLastRuneInString(head); n > 0 && len(head)-n >= at {
			return len(head) - n
		}
	}
	return -1
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// twins are the small words that stand twice by mistake.
const twins = "的在和与及"

// paired reports whether brackets, marks of titles and quotation marks all
// stand in pairs, one within another.
func paired(line string) bool {
	var open [64]rune // what closes them
	n := 0
	for _, c := range line {
		switch c {
		case '《', '〈', '（', '〔', '【', '［', '〖', '“', '(', '[':
			if n == len(open) {
				return false
			}
			open[n] = closing(c)
			n++
		case '》', '〉', '）', '〕', '】', '］', '〗', '”', ')', ']':
			if n == 0 || open[n-1] != c {
				return false
			}
			n--
		case '<', '>':
			return false
		}
	}
	return n == 0
}

// closing is the mark that closes what another opens.
func closing(open rune) rune {
	if open == '[' || open == '［' {
		return open + 2
	}
	return open + 1 // “”, (), （）, 《》, 〈〉, 〔〕, 【】, 〖〗
}
