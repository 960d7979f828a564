package budget

import (
	"fmt"
	"strconv"
	"strings"

	"zhengshu/internal/fault"
)

// Fen is an amount in 分.
type Fen int64

// Most is the largest amount of one line: ten thousand million 元.
const Most Fen = 10_000_000_000 * 100

// String is the amount in 元 with two places and thousands marked.
func (f Fen) String() string {
	sign := ""
	if f < 0 {
		sign, f = "-", -f
	}
	whole := strconv.FormatInt(int64(f)/100, 10)
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return fmt.Sprintf("%s%s.%02d", sign, whole, int64(f)%100)
}

// Yuan is the amount as a form takes it: no marks, no needless places.
func (f Fen) Yuan() string {
	if f%100 == 0 {
		return strconv.FormatInt(int64(f)/100, 10)
	}
	return fmt.Sprintf("%d.%02d", int64(f)/100, int64(f)%100)
}

// units are the words behind a figure, the longest first, as 分.
var units = []struct {
	word string
	fen  int64
}{{"亿元", 100_000_000_00}, {"万元", 10_000_00}, {"亿", 100_000_000_00}, {"万", 10_000_00}, {"元", 100}}

// Parse reads an amount in 元 as people write it: 1,200,000.50, 120万元,
// １２０万, ¥1200. Nothing typed is zero. The note says in Chinese how it was
// understood when that is more than the figure; what is no amount is refused,
// never guessed.
func Parse(s, field, what string) (amount Fen, note string, err error) {
	t := fold(s)
	if t == "" {
		return 0, "", nil
	}
	wrong := func(why string) error {
		return fault.Newf(fault.Invalid, "%s“%s”%s。", what, cut(s), why).On(field, why)
	}
	figure, times := strings.TrimPrefix(strings.TrimPrefix(t, "¥"), "人民币"), int64(100)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(figure, u.word); ok {
			figure, times = rest, u.fen
			break
		}
	}
	if strings.HasPrefix(figure, "-") {
		return 0, "", wrong("不能是负数")
	}
	whole, part, dotted := strings.Cut(figure, ".")
	if !grouped(whole) || dotted && part == "" || strings.ContainsFunc(part, notDigit) {
		return 0, "", wrong("不能识别，应写作 1200000 或 120万元")
	}
	digits := strings.ReplaceAll(whole, ",", "")
	if len(digits) > 13 || len(part) > 8 {
		return 0, "", wrong("超出范围，请核对单位和位数")
	}
	// Exact, in ten-millionths of a 分: no float ever holds money.
	n, convErr := strconv.ParseInt(digits, 10, 64)
	if convErr != nil {
		return 0, "", wrong("不能识别，应写作 1200000 或 120万元")
	}
	if n > int64(Most)/times {
		return 0, "", wrong("超过 100 亿元，请核对单位")
	}
	amount = Fen(n * times)
	if part != "" {
		p, convErr := strconv.ParseInt((part + "00000000")[:8], 10, 64)
		if convErr != nil {
			return 0, "", wrong("不能识别，应写作 1200000 或 120万元")
		}
		hi, lo := p/10000, p%10000 // p*times/1e8 in two steps that do not overflow
		rest := hi*times*10000 + lo*times
		if rest%100_000_000 != 0 {
			return 0, "", wrong("不到 1 分，请保留到分")
		}
		amount += Fen(rest / 100_000_000)
	}
	if amount > Most {
		return 0, "", wrong("超过 100 亿元，请核对单位")
	}
	if t != amount.Yuan() || t != strings.TrimSpace(s) {
		note = fmt.Sprintf("%s“%s”按 %s 元登记", what, cut(s), amount)
	}
	return amount, note, nil
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// grouped reports whether s is digits, bare or in groups of three.
func grouped(s string) bool {
	groups := strings.Split(s, ",")
	for i, g := range groups {
		if g == "" || strings.ContainsFunc(g, notDigit) || i > 0 && len(g) != 3 || i == 0 && len(groups) > 1 && len(g) > 3 {
			return false
		}
	}
	return true
}

// fold makes full-width forms narrow and drops blanks.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case r == '￥':
			return '¥'
		case r == ' ' || r == '　' || r == '\t' || r == '\u00a0' || r == '\ufeff' || r == '\u200b':
			return -1
		case r == '−' || r == '–':
			return '-'
		}
		return r
	}, s)
}

func cut(s string) string {
	r := []rune(strings.TrimSpace(s))
	if len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return string(r)
}
