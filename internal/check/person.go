package check

import (
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/seek"
)

// What of a person has no form of its own is known by the word that stands before
// it: numbers of papers, telephones of homes, home addresses, and plates of cars beside
// their owner's name. Which words count is our decision; no text of law lists them.

// paperWords name a paper that one person holds, or the file that is kept of one.
var paperWords = []string{
	"护照", "军官证", "士兵证", "警官证", "文职干部证", "学员证", "通行证", "居留证", "回乡证", "台胞证", "社保卡", "社会保障卡", "社会保障", "社保", "医保卡", "学籍", "病历", "病案", "住院", "门诊", "就诊卡", "残疾人证", "残疾证", "残疾军人证", "优待证", "士官证", "学生证", "老年证", "退伍证", "低保证", "医疗证", "就业创业证", "失业证", "失业登记证", "出生医学证明", "驾驶证", "驾驶证档案", "医保", "医保个人", "医疗保险个人", "出生证", "结婚证", "离婚证", "结婚登记证", "离婚登记证",
}

// filed are the words that name a file or a scheme rather than a paper.
var filed = map[string]bool{"社会保障": true, "社保": true, "学籍": true, "病历": true, "病案": true, "住院": true, "门诊": true, "驾驶证档案": true, "医保": true, "医保个人": true, "医疗保险个人": true}

// statistics are words that make the number before them a count.
var statistics = []string{"本", "张", "份", "人", "名", "例", "件", "个", "次", "户", "万", "亿", "余", "多", "元", "册", "枚", "套", "%", "％"}

// shortestPaper is the fewest digits of a paper's number; shorter ones are counts,
// years and rows of a list.
const shortestPaper = 6

// beside judges a run by the words around it.
func (d *digitRun) beside(add adder) {
	if d.n == 0 {
		return
	}
	if d.account(add) || d.married(add) || d.paper(add) || d.landline(add) || d.plate(add) {
		return
	}
	d.address(add)
}

// paper reports the number of a paper that stands directly after its name: letters
// or “军字第” may go before the digits, as passports and officers' papers have them.
func (d *digitRun) paper(add adder) bool {
	g := d.groups[0]
	if g.n < shortestPaper || d.n > 1 && d.groups[1].sep == '-' || allSame(d.digitsOf(0, 1)) {
		return false
	}
	after := d.text[g.to:]
	if after != "" && (letter(after[0]) || after[0] == '*' || after[0] == '_' || strings.HasPrefix(after, "-*") || after[0] == '.' && len(after) > 1 && after[1]-'0' <= 9) || strings.HasPrefix(after, "＊") || strings.HasPrefix(after, "×") || startsWithAny(after, statistics) {
		return false
	}
	from := g.from
	for from > 0 && g.from-from < 3 && letter(d.text[from-1]) {
		from--
	}
	lettered := from < g.from
	before := d.text[max(0, from-72):from]
	if lettered {
		before = strings.TrimRight(before, " ")
	} else if strings.HasSuffix(before, "字第") {
		before = strings.TrimSuffix(before, "字第")
		for range 2 { // 军, 政, 南后
			if r, n := utf8.DecodeLastRuneInString(before); n == 3 && strings.ContainsRune("军政后装参空海北沈兰济南广成武战文士学", r) {
				before = before[:len(before)-n]
			}
		}
		from -= len(d.text[max(0, from-72):from]) - len(before)
		lettered = true
	}
	bare := strings.TrimRightFunc(before, func(r rune) bool {
		return r != '\n' && blank(r) || strings.ContainsRune("：:（(【[“\"为是第", r)
	})
	marked := len(bare) < len(before)
	if d.head == labelPaper && noBlanks(leading(d.text, from, 72, "\t\n")) == "" {
		add(KindPaper, from, g.to, 0.85)
		return true
	}
	if g.n == 20 && validID(d.digitsOf(0, 1)[:18], false) && d.n == 1 && endsWithAny(bare, "残疾证", "残疾人证") {
		// A disabled person's paper has his identity number and two digits more.
		add(KindPaper, from, g.to, 0.85)
		return true
	}
	name := strings.TrimSuffix(bare, "码")
	if cut, ok := strings.CutSuffix(name, "编号"); ok {
		name = cut + "号"
	}
	if cut := strings.TrimSuffix(name, "号"); cut != name {
		name = strings.TrimRight(cut, "（( ")
		if kind, ok := strings.CutSuffix(name, "证件"); ok && lettered && seek.Any(leading(kind, len(kind), 48, "，。；\n\t"), []string{"护照", "通行证", "军官证"}) {
			// 证件名称：护照 证件号码：E12345678
			add(KindPaper, from, g.to, 0.85)
			return true
		}
	} else if name != bare || !lettered && !(marked && strings.ContainsAny(before[len(bare):], "：:")) {
		return false // “签发护照123456本”: a count
	}
	for _, w := range paperWords {
		if owner, ok := strings.CutSuffix(name, w); ok {
			if filed[w] && name == bare { // without 号 these are no papers
				continue
			}
			if strings.HasSuffix(owner, "单位") || strings.HasSuffix(owner, "企业") || inAddress(d.text, from) {
				return false
			}
			add(KindPaper, from, g.to, 0.85)
			return true
		}
	}
	return false
}

// married reports the number of a marriage or divorce certificate: J for marriage and L for
// divorce, B before it on one issued again, then the office, the year and the running number
// (J610102-2020-000123), or the older form that names the office (某结字010800123号).
func (d *digitRun) married(add adder) bool {
	from, to := d.groups[0].from, d.groups[d.n-1].to
	if after := d.text[to:]; after != "" && (letter(after[0]) || after[0] == '*' || after[0] == '-') || strings.HasPrefix(after, "＊") {
		return false
	}
	parted := func(sep byte) bool { return sep == '-' || sep == dashed }
	switch {
	case d.n == 3 && d.groups[0].n == 6 && d.groups[1].n == 4 && d.groups[2].n == 6 && parted(d.groups[1].sep) && parted(d.groups[2].sep):
		for range 2 {
			if from > 0 && strings.IndexByte("JLBjlb", d.text[from-1]) >= 0 {
				from--
			}
		}
		if from > 0 && letter(d.text[from-1]) {
			return false
		}
	case d.n == 1 && d.groups[0].n >= 6 && strings.HasPrefix(d.text[to:], "号"):
		before := strings.TrimSuffix(d.text[max(0, from-60):from], "第")
		if !endsWithAny(before, "结字", "离字", "补结字", "补离字") {
			return false
		}
	default:
		return false
	}
	if !seek.Any(leading(d.text, from, 90, "，。；\n\t"), []string{"结婚证", "离婚证", "结婚登记证", "离婚登记证", "婚姻登记证"}) {
		return false
	}
	add(KindPaper, from, to, 0.85)
	return true
}

// endsWithAny reports whether a text ends with one of the words.
func endsWithAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(s, w) })
}

// account reports the number of an account in a column of them: those of rural banks
// have neither the prefix nor the check digit of cards.
func (d *digitRun) account(add adder) bool {
	total, last := 0, d.groups[d.n-1]
	for _, g := range d.groups[:d.n] {
		total += g.n
	}
	if d.head != labelCard || total < 12 || total > 22 || !d.open(0, d.n) || allSame(d.digitsOf(0, d.n)) {
		return false
	}
	add(KindBankCard, d.groups[0].from, last.to, 0.8)
	return true
}

// homePhones stand before the telephone of somebody's home.
var homePhones = []string{"家庭电话", "家庭固定电话", "家庭固话", "家庭联系电话", "住宅电话", "住宅固定电话", "宅电", "家中电话", "家里电话"}

// landline reports the telephone of a home: by the word directly before it, or by the
// head of its column. Beside a name alone a telephone is as likely an office's.
func (d *digitRun) landline(add adder) bool {
	from, to := d.groups[0].from, d.groups[d.n-1].to
	area, rest := 0, d.groups[0].n
	switch {
	case d.n == 2 && (d.groups[1].sep == '-' || d.groups[1].sep == ' ' || d.groups[1].sep == dashed):
		area, rest = d.groups[0].n, d.groups[1].n
	case d.n > 1:
		return false
	case rest > 9 && d.digits[0] == 0:
		area, rest = 3, rest-3
		if rest > 8 || d.digits[1] > 2 {
			area, rest = 4, rest-1
		}
	default:
		before := d.text[:from]
		for _, b := range [][2]string{{"（", "）"}, {"(", ")"}} {
			if inner, ok := strings.CutSuffix(before, b[1]); ok {
				if i := strings.LastIndex(inner[max(0, len(inner)-8):], b[0]); i >= 0 {
					i += max(0, len(inner)-8)
					code := inner[i+len(b[0]):]
					if (len(code) == 3 || len(code) == 4) && code[0] == '0' && strings.Trim(code, "0123456789") == "" {
						area, from = len(code), i
					}
				}
			}
		}
	}
	if rest < 7 || rest > 8 || area != 0 && (area < 3 || area > 4 || d.digits[0] != 0 && from == d.groups[0].from) || from == d.groups[0].from && !d.open(0, d.n) {
		return false
	}
	before := strings.TrimRight(leading(d.text, from, 48, "\t\n，。；"), " ：:（(为是\u3000\u00a0")
	word := strings.TrimSuffix(before, "号码")
	named := slices.ContainsFunc(homePhones, func(w string) bool { return strings.HasSuffix(word, w) })
	if !named && !(before == "" && (d.head == labelHome || d.head == labelTelephone && area > 0)) {
		return false
	}
	add(KindLandline, from, to, 0.8)
	return true
}

func startsWithAny(s string, words []string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// plateProvinces are the first characters of plates.
const plateProvinces = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

// ownerWords say whose a car is, or who drives it.
var ownerWords = []string{"车主", "驾驶人", "驾驶员", "司机", "所有人"}

// surnames are the usual ones: what follows 司机 and begins with one of them is a
// name more often than not.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱严覃武戴莫孔向汤"

// plate reports the plate of a car in a line that also names who owns or drives it.
// The run is the first of its digits.
func (d *digitRun) plate(add adder) bool {
	digits := d.groups[0].from
	from := digits
	upper := func(c byte) bool { return c >= 'A' && c <= 'Z' }
	for from > 0 && digits-from < 3 && upper(d.text[from-1]) {
		from--
	}
	after := digits - from // letters that belong to what follows the dot
	for _, dot := range []string{"·", "•", "．", "-", " "} {
		if strings.HasSuffix(d.text[:from], dot) && from > len(dot) && upper(d.text[from-len(dot)-1]) {
			from -= len(dot) + 1
			after++
			break
		}
	}
	if after == 0 {
		return false
	}
	r, n := utf8.DecodeLastRuneInString(d.text[:from])
	if n != 3 || !strings.ContainsRune(plateProvinces, r) {
		return false
	}
	to := digits
	for to < len(d.text) && (upper(d.text[to]) || d.text[to]-'0' <= 9) {
		to++
	}
	if have := after - 1 + to - digits; have != 5 && have != 6 {
		return false
	}
	rest := d.text[to:]
	if rest != "" && (rest[0] == '*' || letter(rest[0])) || startsWithAny(rest, []string{"警", "＊", "×"}) || !(d.head == labelPlate && d.personal()) && !d.owned(from-n, to) {
		return false
	}
	add(KindPlate, from-n, to, 0.7)
	return true
}

// owned reports whether the line around a place names an owner or a driver: the
// word and a mark, or the word and a name.
func (d *digitRun) owned(from, to int) bool {
	const reach = 180
	before, after := leading(d.text, from, reach, "\n"), d.text[to:min(len(d.text), to+reach)]
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		after = after[:i]
	}
	for _, side := range []string{before, after} {
		for _, w := range ownerWords {
			for rest := side; ; {
				_, tail, ok := strings.Cut(rest, w)
				if !ok {
					break
				}
				rest = strings.TrimPrefix(tail, "姓名")
				name, _ := strings.CutPrefix(strings.TrimLeft(rest, " \t"), "：")
				name = strings.TrimLeft(strings.TrimPrefix(name, ":"), " 为是")
				if r, _ := utf8.DecodeRuneInString(name); strings.ContainsRune(surnames, r) && !seek.Any(abridge.Text(name, 16), companyWords) {
					return true
				}
			}
		}
	}
	return false
}

// personal reports whether nothing in the row of a table names a unit.
func (d *digitRun) personal() bool {
	at := d.groups[0].from
	from := strings.LastIndexByte(d.text[:at], '\n') + 1
	to := len(d.text)
	if i := strings.IndexByte(d.text[at:], '\n'); i >= 0 {
		to = at + i
	}
	return !seek.Any(d.text[from:to], companyWords)
}

// companyWords make an owner a unit.
var companyWords = []string{"公司", "集团", "单位", "企业", "办公", "车队", "中心", "协会", "政府", "学校", "医院", "局"}

// homeWords stand before the address of somebody's home.
var homeWords = []string{"住址", "家庭地址", "户籍地", "户籍地址", "户籍所在地", "居住地址", "居住地", "现住", "家住"}

// lives reports whether a text ends with a clause that says where the person lives whom
// the clauses before describe: “王某，男，汉族，住某县某街8号”. window is the clause.
func lives(before, window string) bool {
	value, ok := strings.CutPrefix(window, "住")
	if !ok || startsWithAny(value, []string{"所", "房", "宅", "建", "户", "院", "宿", "校"}) {
		return false
	}
	said := leading(strings.TrimSuffix(before, window), len(before)-len(window), 120, "。；\n\t")
	return seek.Any(said, []string{"男，", "女，"}) && seek.Any(said, []string{"族，", "出生，", "身份证", "身份号码"})
}

// unitWords before or in an address say that it is a unit's, or masked already.
var unitWords = []string{"单位", "公司", "办公", "企业", "机构", "经营", "电话", "地址", "某", "×", "*", "＊", "XX", "xx", "\t", "\n"}

// placeWords are of what a home's number belongs to.
var placeWords = []string{"省", "市", "区", "县", "镇", "乡", "村", "街", "路", "巷", "道", "弄", "里", "苑", "园", "庄", "寨", "院", "家属"}

// doorWords after a number make it that of a house, a stair or a room.
var doorWords = []string{"号楼", "号院", "号", "室", "栋", "幢", "单元", "房"}

// door is how many bytes of the text belong to a door's number after its digits; 0
// where it is none: “3号线”, “12号文件”.
func door(text string) int {
	for _, w := range doorWords {
		if strings.HasPrefix(text, w) {
			if rest := text[len(w):]; startsWithAny(rest, []string{"线", "文", "令", "公告", "通知", "屋", "产", "表"}) {
				return 0
			}
			return len(w)
		}
	}
	return 0
}

// address reports an address after a word for somebody's home that goes down to a
// door: a village or its group is none.
func (d *digitRun) address(add adder) {
	start, end := d.groups[0].from, d.groups[d.n-1].to
	stairs := d.n == 3 && d.groups[1].sep == '-' && d.groups[2].sep == '-' && d.groups[0].n <= 3 && d.groups[1].n <= 2 && d.groups[2].n <= 4 // 3-2-401
	n := door(d.text[end:])
	if n == 0 && !stairs {
		return
	}
	window := leading(d.text, start, 150, "，。；！？|、,;〔〕《》\n")
	at, width, word := -1, 0, ""
	for _, w := range homeWords {
		if i := strings.LastIndex(window, w); i >= 0 && i+len(w) > at+width {
			at, width, word = i, len(w), w
		}
	}
	if at < 0 && lives(d.text[:start], window) {
		at, width, word = 0, len("住"), "家住"
	}
	if at < 0 {
		if d.head != labelHomeAddress {
			return
		}
		// The head of the column is the word.
		at, word = 0, "家住"
		if i := strings.LastIndexByte(window, '\t'); i >= 0 {
			window = window[i+1:]
		}
	}
	value := window[at+width:]
	if word == "现住" || word == "家住" {
		value = strings.TrimPrefix(strings.TrimPrefix(value, "在"), "址")
	}
	trimmed := strings.TrimLeft(value, "：: \t为是在\u3000\u00a0")
	if word != "家住" && word != "现住" && trimmed == value {
		return // “居住地派出所3号窗口”
	}
	if seek.Any(trimmed, unitWords) || seek.Any(window[max(0, at-12):at], companyWords) || !seek.Any(trimmed, placeWords) {
		return
	}
	end += n
	for { // further doors behind this one
		tail := d.text[end:min(len(d.text), end+48)]
		i := strings.IndexAny(tail, "0123456789，。；！？|、,;（）() \t\n\u3000")
		if i < 0 || tail[i]-'0' > 9 || seek.Any(tail[:i], unitWords) {
			break
		}
		next := end + i
		for next < len(d.text) && d.text[next]-'0' <= 9 {
			next++
		}
		if n = door(d.text[next:]); n == 0 {
			if i == 0 && next-end <= 4 {
				end = next // 8栋302
			}
			break
		}
		end = next + n
	}
	add(KindAddress, start-len(trimmed), end, 0.7)
}
