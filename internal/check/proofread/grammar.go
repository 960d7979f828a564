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
	strict     bool   // only when asked for: house style rather than error
	needs      string // a line without any of these characters cannot match
	also       string // nor one without any of these; "" asks nothing more
	doubled    bool   // nor one where none of twins stands twice in a row
	// unless says that a line is innocent of the rule altogether; from gives the
	// first byte at or after one where a match may begin, −1 for none: reading
	// with the pattern is dear.
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
		from:    yearFrom,
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
		unless:  func(line string) bool { return !strings.Contains(line, "31日") && !strings.Contains(line, "30日") },
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
		pattern: regexp.MustCompile(`[一二三四五六七八九][0oOＯ０][一二三四五六七八九〇0oOＯ０○]{1,2}年`),
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
		pattern: regexp.MustCompile(`(?:大约|约)\d+(?:\.\d+)?(?:万|亿|%|％)?[元人个家件次天年公里吨亩]{0,2}(左右|上下)`),
		judge: func(m []string) (string, string, bool) {
			return "", fmt.Sprintf("“约”与“%s”重复表示概数，请删去其一", m[1]), true
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
		kind: KindPunctuation, confidence: 0.8, strict: true,
		needs:   ",;",
		pattern: regexp.MustCompile(`\p{Han}([,;])\p{Han}`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			right := map[string]string{",": "，", ";": "；"}[m[1]]
			return right, fmt.Sprintf("中文语句中的标点应当用全角“%s”，请改正", right), true
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
		kind: KindRepeat, confidence: 0.9,
		needs:   twins,
		doubled: true,
		pattern: regexp.MustCompile(`的的确确|(的的|在在|和和|与与|及及)(\p{Han}?)`),
		mark:    1,
		judge: func(m []string) (string, string, bool) {
			// 和和谐, 在在建工程, 与与会者, 及及时: the second belongs to the word that follows.
			next := map[string]string{"的的": "士", "在在": "建职校编岗线册逃押任场读校外", "和和": "谐平睦解气美善约田", "与与": "会", "及及": "时格"}
			if m[1] == "" || m[2] != "" && strings.Contains(next[m[1]], m[2]) {
				return "", "", false
			}
			one := string([]rune(m[1])[:1])
			return one, fmt.Sprintf("“%s”重复，请删去一个", one), true
		},
	},
}

// clash says whether mark b cannot follow mark a.
func clash(a, b rune) bool {
	switch a {
	case '，', '、':
		return strings.ContainsRune("，。；：、！？", b)
	case '。':
		return strings.ContainsRune("，；：、。", b)
	case '；', '：':
		return strings.ContainsRune("，。；：、", b)
	case '！', '？':
		return strings.ContainsRune("，。；", b)
	}
	return false
}

// marks finds marks that stand together though they cannot.
func marks(rs []rune) []check.Span {
	var out []check.Span
	for i := 0; i+1 < len(rs); i++ {
		if rs[i] < 0x3000 || !clash(rs[i], rs[i+1]) {
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
		i = s.End - 1
	}
	return out
}

// grammar applies the rules line by line.
func grammar(rs []rune, strict bool) []check.Span {
	out := marks(rs)
	for start := 0; start < len(rs); {
		end := start
		for end < len(rs) && rs[end] != '\n' {
			end++
		}
		if end > start {
			out = append(out, grammarLine(rs[start:end], start, strict)...)
		}
		start = end + 1
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

// numberFrom finds where a document number may begin: a character and one of
// numberKinds before an opening bracket.
func numberFrom(line string, at int) int {
	for i, r := range line[at:] {
		switch r {
		case '[', '(', '（', '【', '［', '﹝', '〔':
		default:
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

// telling are the characters that rules need, a number each; asked are the bits
// of those that each rule needs, and needs also.
var telling, asked = func() (table [1 << 16]uint8, asked [][2]bits) {
	n := uint8(0)
	of := func(chars string) (b bits) {
		for _, c := range chars {
			if table[c] == 0 {
				n++
				table[c] = n
			}
			b.set(table[c])
		}
		return b
	}
	for _, r := range rules {
		asked = append(asked, [2]bits{of(r.needs), of(r.also)})
	}
	return table, asked
}()

// bits are the telling characters of a line.
type bits [4]uint64

func (b *bits) set(n uint8) { b[n>>6] |= 1 << (n & 63) }

// any reports whether one of the characters asked for is among them; none asked
// for is none missing.
func (b *bits) any(asked *bits) bool {
	return *asked == bits{} || b[0]&asked[0]|b[1]&asked[1]|b[2]&asked[2]|b[3]&asked[3] != 0
}

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

func grammarLine(rs []rune, offset int, strict bool) []check.Span {
	var out []check.Span
	var have bits
	var last rune
	doubled := false
	for _, c := range rs {
		if c < 1<<16 {
			if n := telling[c]; n != 0 {
				have.set(n)
				doubled = doubled || c == last && strings.ContainsRune(twins, c)
			}
		}
		last = c
	}
	if have == (bits{}) {
		return nil
	}
	text := ""
	for i := range rules {
		r := &rules[i]
		if r.strict && !strict || r.doubled && !doubled || !have.any(&asked[i][0]) || !have.any(&asked[i][1]) {
			continue
		}
		if text == "" {
			text = string(rs)
		}
		if r.unless != nil && r.unless(text) {
			continue
		}
		// Matches come in order: runes are counted on from the last one.
		bytePos, runePos := 0, offset
		for _, loc := range r.matches(text) {
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
			lo, hi := loc[2*r.mark], loc[2*r.mark+1]
			s := check.Span{Kind: r.kind, Says: says, Confidence: r.confidence}
			runePos += utf8.RuneCountInString(text[bytePos:lo])
			bytePos = lo
			s.Start = runePos
			s.End = s.Start + utf8.RuneCountInString(text[lo:hi])
			if right != "" {
				s.Right = []string{right}
			}
			out = append(out, s)
		}
	}
	return out
}
