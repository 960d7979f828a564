package library

import (
	"regexp"
	"strconv"
	"strings"

	"zhengshu/internal/fault"
)

// The forms of a document number (GB/T 9704—2012, 7.2.5): 机关代字, the year in
// hexagonal brackets, the running number without 第 and without leading zeros;
// orders and announcements are numbered 第N号, some within a year.
var (
	numberLoose = regexp.MustCompile(`^([\p{Han}A-Za-z]{1,24})[〔\[［（(【﹝{｛<《](\d{2,4})年?[〕\]］）)】﹞}｝>》]第?(\d{1,6})号?$`)
	orderLoose  = regexp.MustCompile(`^([\p{Han}（）()]{0,40}?)((?:\d{4}年)?)第(\d{1,6})号$`)
)

// DocNumber puts a document number into its right form and says in a note what
// was changed. What is no document number is a fault with a sentence.
func DocNumber(typed string) (right, note string, err error) {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '\u3000' || r == '\u00a0':
			return -1
		}
		return r
	}, oneLine(typed))
	if s == "" {
		return "", "", nil
	}
	refuse := func(says string) (string, string, error) {
		return typed, "", fault.New(fault.Invalid, "发文字号没有保存："+says+"。").On("doc_no", says)
	}
	if m := numberLoose.FindStringSubmatch(s); m != nil {
		year, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		if len(m[2]) != 4 || year < 1949 || year > 2100 {
			return refuse("发文字号“" + shorten(s) + "”的年份应是四位数字，例如〔2026〕，请核对")
		}
		if n == 0 {
			return refuse("发文字号“" + shorten(s) + "”的序号不能是 0，请核对")
		}
		right = m[1] + "〔" + m[2] + "〕" + strconv.Itoa(n) + "号"
	} else if m := orderLoose.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[3])
		if n == 0 {
			return refuse("发文字号“" + shorten(s) + "”的序号不能是 0，请核对")
		}
		right = m[1] + m[2] + "第" + strconv.Itoa(n) + "号"
	} else {
		return refuse("发文字号“" + shorten(s) + "”无法识别，应为机关代字、六角括号括起的年份和序号，例如 陕政发〔2026〕12号；令和公告写作 第12号")
	}
	if right != typed {
		note = "发文字号“" + shorten(oneLine(typed)) + "”已规范为“" + right + "”：年份用六角括号，序号不加“第”、不编虚位。"
	}
	return right, note, nil
}
