package check

import (
	"slices"
	"strings"

	"zhengshu/internal/check/seek"
)

// A table says in its head what a column holds, and a form in the cell before. Which
// words count is our decision, as beside a number in running text.

// typed is a cell whose head says what it holds.
type typed struct {
	from, to int // bytes
	kind     label
}

// headWords are in the heads of columns. The end of a head decides, so that “身份证号
// 发证机关” is none.
var headWords = []struct {
	word string
	kind label
}{
	{"身份证", labelID}, {"身份证号", labelID}, {"身份证号码", labelID}, {"身份证件号码", labelID}, {"公民身份号码", labelID}, {"证件号码", labelID}, {"证件号", labelID},
	{"账号", labelCard}, {"帐号", labelCard}, {"账户", labelCard}, {"银行账户", labelCard}, {"卡号", labelCard}, {"一卡通", labelCard}, {"一卡通号", labelCard}, {"存折号", labelCard},
	{"手机", labelPhone}, {"手机号", labelPhone}, {"手机号码", labelPhone},
	{"家庭电话", labelHome}, {"住宅电话", labelHome}, {"家庭固定电话", labelHome}, {"家庭联系电话", labelHome}, {"宅电", labelHome}, {"家长电话", labelHome}, {"监护人电话", labelHome},
	{"GDP", labelAmount}, {"生产总值", labelAmount}, {"金额", labelAmount}, {"税收", labelAmount}, {"收入", labelAmount}, {"支出", labelAmount}, {"产值", labelAmount}, {"产量", labelAmount}, {"面积", labelAmount}, {"数量", labelAmount}, {"总额", labelAmount}, {"投资", labelAmount}, {"合计", labelAmount}, {"预算数", labelAmount}, {"决算数", labelAmount}, {"价格", labelAmount},
	{"住址", labelHomeAddress}, {"家庭住址", labelHomeAddress}, {"家庭地址", labelHomeAddress}, {"现住址", labelHomeAddress}, {"户籍地址", labelHomeAddress}, {"居住地址", labelHomeAddress},
	{"车牌号", labelPlate}, {"车牌号码", labelPlate}, {"车牌", labelPlate}, {"号牌", labelPlate}, {"号牌号码", labelPlate}, {"车号", labelPlate},
	{"联系电话", labelTelephone}, {"电话", labelTelephone}, {"电话号码", labelTelephone}, {"联系方式", labelTelephone},
}

// personHeads say that each row of a table is a person.
var personHeads = []string{"姓名", "户主", "申请人", "对象", "学生", "农户", "监护人", "持卡人", "领款人", "救助人", "死者", "患者", "家长", "残疾人", "老人"}

// unitHeads say that each row of a table is a unit.
var unitHeads = []string{"单位名称", "企业名称", "公司名称", "机构名称", "学校名称", "企业", "公司", "单位"}

// homeHeads are of what is known about people in their homes only.
var homeHeads = []string{"家庭住址", "家庭地址", "户籍", "身份证", "监护人", "户主", "家庭人口", "家庭成员", "低保"}

// longestHead bounds the line a head may be, in bytes.
const longestHead = 2000

// headOf is what the head of a column says; labelNone for nothing.
func headOf(head string) label {
	if i := strings.IndexAny(head, "（("); i > 0 {
		head = head[:i]
	}
	head = noBlanks(head)
	for _, w := range paperWords {
		if rest, ok := strings.CutPrefix(head, w); ok && (rest == "号" || rest == "号码" || rest == "编号") {
			return labelPaper
		}
	}
	best, length := labelNone, 0
	for _, h := range headWords {
		if len(h.word) > length && strings.HasSuffix(head, h.word) {
			best, length = h.kind, len(h.word)
		}
	}
	if best == labelTelephone && (strings.Contains(head, "办公") || strings.Contains(head, "单位") || strings.Contains(head, "咨询") || strings.Contains(head, "监督")) {
		return labelNone
	}
	return best
}

// typedCells returns the cells of the tables in a text that a head says something
// about, in their order.
func typedCells(text string) (out []typed) {
	if strings.IndexByte(text, '\t') < 0 {
		return nil
	}
	var heads []label
	told := false // by the heads
	for at := 0; at < len(text); {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += at
		}
		line := text[at:end]
		cells := strings.Count(line, "\t") + 1
		switch {
		case cells < 2:
			told = false
		case told && cells == len(heads) && strings.ContainsAny(line, "0123456789０１２３４５６７８９"):
			from := at
			for i := range cells {
				to := end
				if n := strings.IndexByte(text[from:end], '\t'); n >= 0 {
					to = from + n
				}
				if heads[i] != labelNone {
					out = append(out, typed{from, to, heads[i]})
				}
				from = to + 1
			}
		case len(line) <= longestHead:
			if h := headsOf(line); h != nil {
				heads, told = h, true
			} else {
				told = told && cells == len(heads)
				out = form(out, text, at, end)
			}
		default:
			told = false
		}
		at = end + 1
	}
	return out
}

// headsOf reads the heads of a table's columns; nil when the line is none.
func headsOf(line string) []label {
	cells := strings.Split(line, "\t")
	out := make([]label, len(cells))
	some := false
	person, unit, home, owner := false, false, false, false
	for i, c := range cells {
		if longNumber(c) {
			return nil
		}
		c = noBlanks(c)
		out[i] = headOf(c)
		some = some || out[i] != labelNone
		person = person || seek.Any(c, personHeads)
		owner = owner || slices.Contains(ownerWords, strings.TrimSuffix(c, "姓名"))
		unit = unit || slices.Contains(unitHeads, c)
		home = home || seek.Any(c, homeHeads)
	}
	if !some {
		return nil
	}
	for i, k := range out {
		if k == labelCard && (unit || !person) || k == labelHome && unit || k == labelTelephone && (unit || !home) || k == labelHomeAddress && (unit || !person) || k == labelPlate && !owner {
			out[i] = labelNone
		}
	}
	return out
}

// form reads a line where a cell says what the next holds. An account may be a
// unit's there, so that it is left to its own form.
func form(out []typed, text string, at, end int) []typed {
	kind := labelNone
	for from := at; from <= end; {
		to := end
		if n := strings.IndexByte(text[from:end], '\t'); n >= 0 {
			to = from + n
		}
		if kind == labelID || kind == labelHome || kind == labelPaper {
			out = append(out, typed{from, to, kind})
		}
		kind = labelNone
		if to-from <= 60 {
			kind = headOf(text[from:to])
		}
		from = to + 1
	}
	return out
}
