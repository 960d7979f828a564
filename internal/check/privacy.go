package check

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/check/seek"
)

// Privacy finds unmasked personal data in text: identity numbers (GB
// 11643-1999), mobile numbers, bank cards (Luhn), private mail addresses, and what
// the words beside a number make personal: papers, homes, cars.
// Public numbers (unit telephones, hotlines, unified social credit codes of GB
// 32100-2015, document and project numbers) and masked values are no findings.
// One pass over the bytes; only digit runs and “@” cost anything.
func Privacy(text string) []Span {
	var out []Span
	// Runes are counted up to the last span only, so clean text costs none.
	seenByte, seenRune := 0, 0
	last := 0 // end of the previous span, so that spans never overlap
	add := func(kind string, from, to int, confidence float64) {
		if from < last {
			return
		}
		seenRune += utf8.RuneCountInString(text[seenByte:from])
		wrong := text[from:to]
		n := utf8.RuneCountInString(wrong)
		out = append(out, Span{
			Kind: kind, Start: seenRune, End: seenRune + n, Wrong: wrong,
			Right: []string{Mask(kind, wrong)}, Says: privacySays(kind), Confidence: confidence,
		})
		seenRune += n
		seenByte, last = to, to
	}
	var run digitRun
	cells := typedCells(text)
	digits := func(i int) int {
		for len(cells) > 0 && cells[0].to <= i {
			cells = cells[1:]
		}
		run.head = labelNone
		if len(cells) > 0 && cells[0].from <= i {
			run.head = cells[0].kind
		}
		i = run.read(text, i)
		known := len(out)
		if run.judge(add); len(out) == known {
			run.beside(add)
		}
		if len(out) == known {
			i = max(i, run.broken(add))
		}
		return i
	}
	for i := 0; i < len(text); {
		if i+8 <= len(text) {
			m := personal(eight(text, i))
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) / 8
		}
		c := text[i]
		switch {
		case c-'0' <= 9, c == 0xEF && fullDigit(text, i):
			i = digits(i)
		case c == '@':
			i = mail(text, i, i+1, add)
		case c == 0xEF && strings.HasPrefix(text[i:], "＠"):
			i = mail(text, i, i+len("＠"), add)
		default:
			i++
		}
	}
	return out
}

// personal marks those of eight bytes with which a number or the sign of a mail address may
// begin, of full width or not.
func personal(x uint64) uint64 {
	return (between(x, '0', '9')|between(x, '@', '@'))&^x | between(x, 0xEF&0x7F, 0xEF&0x7F)&x
}

func privacySays(kind string) string {
	switch kind {
	case KindIDCard:
		return "公民身份号码未作遮蔽处理：公开前请保留前6位和后4位，其余以“*”代替，或删去该号码。"
	case KindMobile:
		return "个人手机号码未作遮蔽处理：公开前请将中间4位以“*”代替，或改为单位公开电话。"
	case KindBankCard:
		return "银行卡（账）号未作遮蔽处理：公开前请只保留后4位，其余以“*”代替，或删去该账号。"
	case KindEmail:
		return "疑似个人电子邮箱：公开前请改为单位公开邮箱或在线渠道，确需保留的请由审核人写明理由。"
	case KindPaper:
		return "个人证件或档案的号码未作遮蔽处理：公开前请以“*”代替中间各位，或删去该号码。"
	case KindAddress:
		return "疑似个人住址具体到门牌：公开前请只保留到街道或村，或删去该住址。"
	case KindLandline:
		return "疑似个人家庭电话：公开前请以“*”代替其中几位，或改为单位公开电话。"
	case KindPlate:
		return "疑似个人车辆号牌与车主、驾驶人同列：公开前请以“*”代替其中几位，或删去该号牌；依法必须公开的，请由审核人写明依据。"
	}
	return "疑似个人信息：公开前请遮蔽或删去。"
}

// MaskText hides the personal data that Privacy sees in a text, each in the form of Mask.
func MaskText(text string) string {
	spans := Privacy(text)
	if len(spans) == 0 {
		return text
	}
	r := []rune(text)
	var b strings.Builder
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End > len(r) {
			continue
		}
		b.WriteString(string(r[at:s.Start]))
		b.WriteString(Mask(s.Kind, s.Wrong))
		at = s.End
	}
	b.WriteString(string(r[at:]))
	return b.String()
}

// Mask hides the middle of a personal datum, leaving what people need to tell
// one entry from another: the ends of an identity number and a mobile number,
// the last four digits of a card, the first letter of a mail address, the letters
// and last two characters of a paper or a plate, the street of a home without its
// numbers. No text of law fixes the form; it is our choice. A value of an unknown
// kind is hidden whole.
func Mask(kind, s string) string {
	bare := make([]rune, 0, 20)
	for _, r := range s {
		switch {
		case r >= '０' && r <= '９':
			bare = append(bare, r-'０'+'0')
		case r >= '0' && r <= '9', r == 'X', r == 'x':
			bare = append(bare, r)
		}
	}
	switch kind {
	case KindIDCard:
		if len(bare) >= 15 {
			return string(bare[:6]) + strings.Repeat("*", len(bare)-10) + string(bare[len(bare)-4:])
		}
	case KindMobile:
		if len(bare) >= 11 {
			bare = bare[len(bare)-11:]
			return string(bare[:3]) + "****" + string(bare[7:])
		}
	case KindBankCard:
		if len(bare) >= 13 {
			return "**** **** **** " + string(bare[len(bare)-4:])
		}
	case KindEmail:
		if at := strings.LastIndexByte(s, '@'); at > 0 {
			_, n := utf8.DecodeRuneInString(s)
			return s[:n] + "***" + s[at:]
		}
	case KindLandline:
		if i := strings.LastIndexAny(s, "-）) "); i >= 0 {
			_, n := utf8.DecodeRuneInString(s[i:])
			return hideMiddle(s, i+n, 2)
		}
		return hideMiddle(s, 0, 2)
	case KindPaper:
		return hideMiddle(s, strings.IndexFunc(s, isDigit), 2)
	case KindPlate:
		if _, n := utf8.DecodeRuneInString(s); len(s) > n+1 {
			return hideMiddle(s, n+1, 2)
		}
	case KindAddress:
		return strings.Map(func(r rune) rune {
			if isDigit(r) {
				return '*'
			}
			return r
		}, s)
	}
	return strings.Repeat("*", utf8.RuneCountInString(s))
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }

// hideMiddle keeps the bytes before from and the last characters, and hides what is
// between; a text too short for that is hidden whole.
func hideMiddle(s string, from, keep int) string {
	if n := utf8.RuneCountInString(s[max(0, from):]) - keep; from >= 0 && n > 0 {
		r := []rune(s)
		return s[:from] + strings.Repeat("*", n) + string(r[len(r)-keep:])
	}
	return strings.Repeat("*", utf8.RuneCountInString(s))
}

func fullDigit(s string, i int) bool {
	return i+2 < len(s) && s[i] == 0xEF && s[i+1] == 0xBC && s[i+2] >= 0x90 && s[i+2] <= 0x99
}

// maxGroups bounds a digit run written in groups; more is a table or a list.
const maxGroups = 24

// group is one unbroken row of digits.
type group struct {
	from, to int // bytes
	at, n    int // digits in digitRun.digits
	sep      byte
	// sep is what stands between this group and the one before: 0 nothing
	// (first group), ' ' a blank or what has no width, '-' a hyphen, dashed another
	// dash, '.' a point.
	x bool // a check letter X follows and is part of the group
}

// digitRun is a row of digit groups joined by single blanks or hyphens. Its
// arrays are reused from run to run.
type digitRun struct {
	text   string
	digits [192]byte
	used   int
	groups [maxGroups]group
	n      int
	head   label // what the head of the column says
}

// read takes the run that starts at i and returns the position after it.
func (d *digitRun) read(text string, i int) int {
	d.text, d.used, d.n = text, 0, 0
	sep := byte(0)
	for {
		g := group{from: i, at: d.used, sep: sep}
		for i < len(text) {
			var v byte
			step := 1
			if c := text[i]; c-'0' <= 9 {
				v = c - '0'
			} else if fullDigit(text, i) {
				v, step = text[i+2]-0x90, 3
			} else {
				break
			}
			if d.used < len(d.digits) {
				d.digits[d.used] = v
				d.used++
			}
			i += step
			g.n++
		}
		if g.n == 17 || d.seventeen(g.n) {
			if n := checkLetter(text[i:]); n > 0 {
				g.x = true
				i += n
			}
		}
		g.to = i
		if d.n == maxGroups || g.at+g.n > len(d.digits) {
			// Too long for any personal number: swallow the rest unjudged.
			d.n = 0
			return skipDigits(text, i)
		}
		d.groups[d.n] = g
		d.n++
		var width int
		if sep, width = separator(text, i); sep == 0 {
			return i
		}
		if next := i + width; next < len(text) && (text[next]-'0' <= 9 || fullDigit(text, next)) {
			i = next
			continue
		}
		return i
	}
}

// checkLetter is how many bytes the letter X takes at the front of a text; 0 when it
// does not stand there.
func checkLetter(text string) int {
	for _, x := range [...]string{"X", "x", "Ｘ", "ｘ"} {
		if strings.HasPrefix(text, x) {
			return len(x)
		}
	}
	return 0
}

// seventeen reports whether the groups that were read, as many of the last of them as
// it takes, and n digits more are the seventeen before a check letter.
func (d *digitRun) seventeen(n int) bool {
	for k := d.n - 1; k >= 0 && n < 17; k-- {
		n += d.groups[k].n
	}
	return n == 17
}

func skipDigits(text string, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}

// dashed is a dash that is no hyphen: it may part two numbers as well as the groups
// of one.
const dashed = 1

// separator recognises one blank, dash or point between digit groups.
func separator(text string, i int) (kind byte, width int) {
	if i >= len(text) {
		return 0, 0
	}
	switch c := text[i]; {
	case c == ' ':
		return ' ', 1
	case c == '-':
		return '-', 1
	case c == 0xC2 && i+1 < len(text) && text[i+1] == 0xA0:
		return ' ', 2
	case c == 0xE3 && strings.HasPrefix(text[i:], "\u3000"):
		return ' ', 3
	case c == 0xE2 && strings.HasPrefix(text[i:], "\u2010"), c == 0xE2 && strings.HasPrefix(text[i:], "\u2011"):
		return '-', 3
	case c == 0xE2 && (strings.HasPrefix(text[i:], "–") || strings.HasPrefix(text[i:], "—")), c == 0xEF && strings.HasPrefix(text[i:], "－"):
		return dashed, 3
	case c == 0xE2 && (strings.HasPrefix(text[i:], "\u200b") || strings.HasPrefix(text[i:], "\u200c") || strings.HasPrefix(text[i:], "\u200d") || strings.HasPrefix(text[i:], "\u2060")), c == 0xEF && strings.HasPrefix(text[i:], "\ufeff"):
		return ' ', 3
	case c == 0xC2 && i+1 < len(text) && text[i+1] == 0xAD:
		return ' ', 2
	case c == '.':
		return '.', 1
	}
	return 0, 0
}

type adder func(kind string, from, to int, confidence float64)

// judge reports what the groups of the run are.
func (d *digitRun) judge(add adder) {
	for k := 0; k < d.n; {
		if g := &d.groups[k]; g.n >= 11 || d.n > 1 {
			if d.whole(k, add) {
				k++
				continue
			}
			if used := d.joined(k, add); used > 0 {
				k += used
				continue
			}
		}
		k++
	}
}

// digitsOf returns the digits of groups k to k+n-1.
func (d *digitRun) digitsOf(k, n int) []byte {
	a, b := d.groups[k], d.groups[k+n-1]
	return d.digits[a.at : b.at+b.n]
}

// identityWords stand directly before an identity number.
var identityWords = []string{"身份证", "身份证件", "公民身份", "身份号", "居民身份证"}

// broken reports an identity number that lines, blanks or strokes part in more ways than
// anything else is written: only directly behind its name, and with a right check digit.
// It returns the place after it.
func (d *digitRun) broken(add adder) int {
	if d.n == 0 {
		return 0
	}
	from := d.groups[0].from
	name := strings.TrimRight(leading(d.text, from, 48, "，。；"), " ：:（(\r\n\t\u3000\u00a0")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "码"), "号")
	if !endsWithAny(name, identityWords...) {
		return 0
	}
	var dig [18]byte
	n, x, apart := 0, false, 0
	i := from
	for i < len(d.text) && n < len(dig) && !x {
		switch c := d.text[i]; {
		case c-'0' <= 9:
			dig[n], apart = c-'0', 0
			n, i = n+1, i+1
		case fullDigit(d.text, i):
			dig[n], apart = d.text[i+2]-0x90, 0
			n, i = n+1, i+3
		case n == 17 && checkLetter(d.text[i:]) > 0:
			x, i = true, i+checkLetter(d.text[i:])
		case c == '\r' || c == '\n' || c == '/' || c == '\t':
			apart++
			i++
		default:
			_, width := separator(d.text, i)
			if width == 0 {
				return 0
			}
			apart++
			i += width
		}
		if apart > 3 {
			return 0
		}
	}
	if n+btoi(x) < len(dig) || !knownProvince(dig[:]) || !validID(dig[:], x) {
		return 0
	}
	if after := d.text[i:]; after != "" && (after[0]-'0' <= 9 || letter(after[0]) || after[0] == '*' || fullDigit(d.text, i)) {
		return 0
	}
	add(KindIDCard, from, i, 0.9)
	return i
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// open reports whether the groups k..k+n-1 stand free: no letter, digit, mask
// or path around them.
func (d *digitRun) open(k, n int) bool {
	from, to := d.groups[k].from, d.groups[k+n-1].to
	if from > 0 {
		switch c := d.text[from-1]; {
		case c == '*', c == '_', c == '#', c == '=':
			return false
		case letter(c) && !phoneWord(d.text[:from]):
			return false
		case c == '.' && from > 1 && d.text[from-2]-'0' <= 9:
			return false
		}
		if strings.HasSuffix(d.text[:from], "＊") || strings.HasSuffix(d.text[:from], "×") {
			return false
		}
	}
	if to < len(d.text) {
		switch c := d.text[to]; {
		case c == '*', c == '_', c == '%', c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
			return false
		case c == '.' && to+1 < len(d.text) && (d.text[to+1]-'0' <= 9 || d.text[to+1]|0x20 >= 'a' && d.text[to+1]|0x20 <= 'z'):
			return false
		}
		if strings.HasPrefix(d.text[to:], "＊") || strings.HasPrefix(d.text[to:], "×") {
			return false
		}
	}
	return !inAddress(d.text, from)
}

// whole judges one unbroken group.
func (d *digitRun) whole(k int, add adder) bool {
	g := d.groups[k]
	if g.n < 11 || g.x && g.n != 17 {
		return false
	}
	before := byte(0)
	if k > 0 {
		before = g.sep
	}
	after := byte(0)
	if k+1 < d.n {
		after = d.groups[k+1].sep
	}
	dig := d.digitsOf(k, 1)
	switch {
	case g.n == 18 && !g.x || g.n == 17 && g.x:
		if before == '-' || after == '-' || !validID(dig, g.x) || !d.open(k, 1) {
			// Not an identity number; it may be a card of 18 digits.
			if g.x {
				return true
			}
			break
		}
		label := d.label(g.from)
		if label == labelCode && !knownProvince(dig) || label == labelCredit {
			return true
		}
		confidence := 0.95
		if label == labelID {
			confidence = 0.99
		} else if label == labelCode {
			confidence = 0.7
		}
		add(KindIDCard, g.from, g.to, confidence)
		return true
	case g.n == 15:
		if before != '-' && after != '-' && validOldID(dig) && d.label(g.from) == labelID && d.open(k, 1) {
			add(KindIDCard, g.from, g.to, 0.9)
			return true
		}
	case g.n == 11:
		if !mobile(dig) {
			return false
		}
		// +86-138… and 86 138… carry the country code as a group of its own.
		if before == '-' && !d.country(k-1) || !d.open(k, 1) {
			return false
		}
		if d.head == labelAmount || d.numbered(g.from) || startsWithAny(d.text[g.to:], quantities) && d.label(g.from) != labelPhone {
			return false
		}
		add(KindMobile, g.from, g.to, 0.97)
		return true
	case g.n == 13 && dig[0] == 8 && dig[1] == 6 || g.n == 15 && dig[0] == 0 && dig[1] == 0 && dig[2] == 8 && dig[3] == 6:
		if mobile(dig[g.n-11:]) && before != '-' && !d.numbered(g.from) && d.open(k, 1) {
			from := g.from
			if d.text[from]-'0' <= 9 { // ASCII digits: one byte each
				from = g.to - 11
			}
			add(KindMobile, from, g.to, 0.9)
			return true
		}
	}
	if g.n >= 13 && g.n <= 19 && before != '-' && after != '-' {
		if c := d.card(k, 1); c > 0 {
			add(KindBankCard, g.from, g.to, c)
			return true
		}
	}
	return false
}

// joined judges a number written in groups and returns how many it used.
func (d *digitRun) joined(k int, add adder) int {
	first := d.groups[k]
	if k > 0 && first.sep == '-' && !d.country(k-1) {
		return 0
	}
	total := first.n
	for n := 2; k+n <= d.n && n <= 6; n++ {
		g := d.groups[k+n-1]
		if n > 2 && g.sep != d.groups[k+1].sep {
			return 0
		}
		total += g.n
		if total > 19 || g.x && total > 17 {
			return 0
		}
		more := k+n < d.n
		if more && d.groups[k+n].sep == '-' {
			continue
		}
		if g.x && total != 17 {
			continue // the letter ends an identity number, and nothing else
		}
		dig := d.digitsOf(k, n)
		switch {
		case total == 11 && n <= 4 && mobile(dig):
			shape := n == 3 && first.n == 3 && d.groups[k+1].n == 4 || n == 2 && first.n == 3 && (g.sep == '-' || g.sep == dashed)
			if d.numbered(first.from) || !d.open(k, n) {
				continue
			}
			if (shape && !more) || d.label(first.from) == labelPhone {
				add(KindMobile, first.from, g.to, 0.9)
				return n
			}
		case (total == 18 && !g.x || total == 17 && g.x) && validID(dig, g.x) && d.open(k, n):
			if label := d.label(first.from); label == labelID || n <= 4 && first.n == 6 && label != labelCode {
				add(KindIDCard, first.from, g.to, 0.9)
				return n
			}
		case total == 15 && first.n == 6 && n <= 4 && validOldID(dig) && d.label(first.from) == labelID && d.open(k, n):
			add(KindIDCard, first.from, g.to, 0.9)
			return n
		}
		if !g.x && total >= 15 && total <= 19 && first.n >= 4 && cardGroups(d.groups[k:k+n]) && !(more && d.groups[k+n].n <= 4 && total < 19) {
			if c := d.card(k, n); c > 0 {
				add(KindBankCard, first.from, g.to, c)
				return n
			}
		}
	}
	return 0
}

// cardGroups reports whether the groups are those printed on cards: four by
// four, or the six of the issuer and the rest.
func cardGroups(gs []group) bool {
	if len(gs) == 2 {
		return gs[0].n == 6 && gs[1].n >= 10
	}
	for i, g := range gs {
		if g.n != 4 && !(i == len(gs)-1 && g.n <= 4) {
			return false
		}
	}
	return len(gs) >= 4
}

// card returns the confidence that the groups are a bank card, 0 for none.
// Long contract and plot numbers pass Luhn one time in ten, so the issuer's
// prefix or a word such as “账号” must agree.
func (d *digitRun) card(k, n int) float64 {
	dig := d.digitsOf(k, n)
	if !luhn(dig) || !d.open(k, n) || allSame(dig) {
		return 0
	}
	label := d.label(d.groups[k].from)
	unionPay := dig[0] == 6 && dig[1] == 2 && len(dig) >= 16
	foreign := len(dig) == 16 && (dig[0] == 4 || dig[0] == 5 && dig[1] >= 1 && dig[1] <= 5)
	switch {
	case label == labelCode || label == labelCredit || label == labelID:
		return 0
	case label == labelCard && (dig[0] >= 3 && dig[0] <= 6 || dig[0] == 9 || dig[0] == 8):
		return 0.97
	case unionPay && label != labelPhone:
		return 0.9
	case foreign && n == 4:
		return 0.7
	}
	return 0
}

// country reports whether group k is the country code 86 or 0086.
func (d *digitRun) country(k int) bool {
	if k < 0 {
		return false
	}
	dig := d.digitsOf(k, 1)
	return len(dig) == 2 && dig[0] == 8 && dig[1] == 6 || len(dig) == 4 && dig[0] == 0 && dig[1] == 0 && dig[2] == 8 && dig[3] == 6
}

// mobile reports whether eleven digits have the form of a mobile number.
func mobile(dig []byte) bool {
	return len(dig) == 11 && dig[0] == 1 && dig[1] >= 3
}

func allSame(dig []byte) bool {
	for _, v := range dig[1:] {
		if v != dig[0] {
			return false
		}
	}
	return true
}

// validID checks an identity number by GB 11643-1999: the check character and
// a possible month and day. Region and year are not asked for: an unknown
// area or an odd year is still a person's number once the check agrees.
func validID(dig []byte, x bool) bool {
	if !monthDay(dig[10:14]) || dig[0] == 0 {
		return false
	}
	if y := dig[6]; y != 1 && y != 2 {
		return false
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(dig[i]) * w
	}
	want := [11]int{1, 0, 10, 9, 8, 7, 6, 5, 4, 3, 2}[sum%11]
	if x {
		return want == 10
	}
	return want == int(dig[17])
}

// validOldID checks the form of the fifteen-digit number: province and date.
func validOldID(dig []byte) bool { return knownProvince(dig) && monthDay(dig[8:12]) }

func monthDay(d []byte) bool {
	m, day := int(d[0])*10+int(d[1]), int(d[2])*10+int(d[3])
	return m >= 1 && m <= 12 && day >= 1 && day <= [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m]
}

// knownProvince reports whether the first two digits are a province's
// (GB/T 2260), Taiwan, Hong Kong and Macao included.
func knownProvince(dig []byte) bool {
	switch p := int(dig[0])*10 + int(dig[1]); p / 10 {
	case 1:
		return p >= 11 && p <= 15
	case 2:
		return p >= 21 && p <= 23
	case 3:
		return p >= 31 && p <= 37
	case 4:
		return p >= 41 && p <= 46
	case 5:
		return p >= 50 && p <= 54
	case 6:
		return p >= 61 && p <= 65
	case 7, 8:
		return p == 71 || p >= 81 && p <= 83
	}
	return false
}

func luhn(dig []byte) bool {
	sum, double := 0, false
	for _, v := range slices.Backward(dig) {
		n := int(v)
		if double {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
		double = !double
	}
	return sum%10 == 0
}

// label is what the words before a number call it.
type label int

const (
	labelNone label = iota
	labelID
	labelPhone
	labelCard
	labelCredit
	labelCode
	// Of heads of tables only.
	labelHome      // a home's telephone
	labelTelephone // a telephone of somebody known in his home only
	labelPaper
	labelHomeAddress
	labelPlate
	labelAmount
)

var labelWords = []struct {
	word  string
	label label
}{
	{"身份证", labelID}, {"身份号", labelID}, {"证件号", labelID}, {"身份证件", labelID}, {"公民身份", labelID}, {"证号", labelID},
	{"手机", labelPhone}, {"电话", labelPhone}, {"联系方式", labelPhone}, {"联系人", labelPhone}, {"移动", labelPhone}, {"微信", labelPhone}, {"致电", labelPhone}, {"拨打", labelPhone},
	{"账户", labelCard}, {"帐户", labelCard}, {"账号", labelCard}, {"帐号", labelCard}, {"卡号", labelCard}, {"银行卡", labelCard}, {"储蓄卡", labelCard}, {"信用卡", labelCard}, {"贷记卡", labelCard}, {"借记卡", labelCard}, {"工资卡", labelCard}, {"存折", labelCard}, {"一卡通", labelCard}, {"社保卡", labelCard}, {"开户行", labelCard}, {"银行", labelCard}, {"信用社", labelCard},
	{"信用代码", labelCredit}, {"机构代码", labelCredit}, {"税号", labelCredit}, {"纳税人识别号", labelCredit},
	{"编号", labelCode}, {"代码", labelCode}, {"项目", labelCode}, {"合同", labelCode}, {"宗地", labelCode}, {"订单", labelCode}, {"流水", labelCode}, {"文号", labelCode}, {"案号", labelCode}, {"单号", labelCode}, {"备案号", labelCode}, {"网安备", labelCode}, {"ICP备", labelCode}, {"标识码", labelCode}, {"登记号", labelCode}, {"条形码", labelCode}, {"许可证", labelCode}, {"注册号", labelCode}, {"序列号", labelCode}, {"批准文号", labelCode}, {"商品码", labelCode}, {"地块", labelCode}, {"不动产", labelCode}, {"房权证", labelCode}, {"土地证", labelCode},
}

// leading is what stands before a place in a text, as far as reach bytes, whole
// characters, and the last of stops.
func leading(text string, at, reach int, stops string) string {
	from := max(0, at-reach)
	for from < at && !utf8.RuneStart(text[from]) {
		from++
	}
	window := text[from:at]
	if i := strings.LastIndexAny(window, stops); i >= 0 {
		_, n := utf8.DecodeRuneInString(window[i:])
		window = window[i+n:]
	}
	return window
}

// label reads the words before position at: the nearest of the words above
// within some twenty characters of the same sentence and cell wins.
func (d *digitRun) label(at int) label {
	const stops = "，。；\n\t！？|"
	window := leading(d.text, at, 72, stops)
	if line := at - len(window) - 1; line >= 0 && d.text[line] == '\n' && noBlanks(window) == "" {
		// A label in a line of its own.
		if above := leading(d.text, line, 48, stops); noBlanks(above) != "" && !strings.ContainsAny(above, "0123456789") {
			window = above
		}
	}
	best, where := labelNone, -1
	for _, w := range labelWords {
		if i := strings.LastIndex(window, w.word); i >= 0 && i+len(w.word) > where {
			// Another number between the word and this one takes the word.
			if strings.Count(window[i:], "、") > 6 || longNumber(window[i+len(w.word):]) && w.label == labelCode {
				continue
			}
			best, where = w.label, i+len(w.word)
		}
	}
	if best == labelNone {
		return d.head
	}
	return best
}

// numberWords directly before eleven digits say that they number a thing, or an
// account, and are nobody's telephone. What the thing is proves nothing:
// “项目负责人张三” names a person.
var numberWords = []string{
	"编号", "代码", "编码", "标识码", "识别码", "条形码", "条码", "商品码", "追溯码", "序号", "文号", "案号", "单号", "批号", "备案号", "登记号", "注册号", "序列号", "识别号", "税号",
	"流水号", "合同号", "项目号", "地块号", "宗地号", "档案号", "索引号", "受理号", "许可证号", "许可号", "资格证号", "产权证号", "执业证号", "准考证号", "证书号", "执照号", "发票号", "票据号", "户号", "表号", "群号", "QQ群", "图号", "设备号", "货号", "版号", "书号", "学号", "工号", "案卷号",
	"网安备", "ICP备", "No", "NO", "№",
	"账户", "帐户", "账号", "帐号", "卡号", "银行卡", "储蓄卡", "信用卡", "存折", "一卡通", "社保卡",
}

// quantities after eleven digits make them an amount. 万 alone may be a name.
var quantities = []string{"元", "万元", "亿元", "美元", "万人", "万吨", "人次", "人民币", "吨", "公斤", "公里", "平方", "立方", "千瓦", "千米", "公顷", "股", "批次", "亩", "克", "千克", "辆", "册", "枚", "度电"}

// numbered reports whether a word of number stands directly before position at:
// nothing but blanks, marks and 为 or 是 between them.
func (d *digitRun) numbered(at int) bool {
	before := strings.TrimRightFunc(leading(d.text, at, 48, ""), func(r rune) bool {
		return r != '\n' && r != '\t' && blank(r) || strings.ContainsRune("：:.．（(【[“\"‘'—-=为是第", r)
	})
	if strings.HasSuffix(before, "号码") {
		before = strings.TrimSuffix(before, "码")
	}
	if strings.HasSuffix(leading(d.text, at, 6, ""), "第") {
		return true
	}
	return slices.ContainsFunc(numberWords, func(w string) bool { return strings.HasSuffix(before, w) })
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// phoneWord reports whether a text ends with one of the foreign words that offices
// write before a telephone number, and with no other word.
func phoneWord(text string) bool {
	from := len(text)
	for from > 0 && len(text)-from < 12 && letter(text[from-1]) {
		from--
	}
	switch strings.ToLower(text[from:]) {
	case "tel", "telephone", "phone", "mobile", "mob", "cell", "cellphone", "wechat", "weixin", "vx", "wx":
		return true
	}
	return false
}

// longNumber reports whether a row of six digits or more stands in s.
func longNumber(s string) bool {
	n := 0
	for i := range len(s) {
		if s[i]-'0' <= 9 {
			if n++; n >= 6 {
				return true
			}
		} else {
			n = 0
		}
	}
	return false
}

// inAddress reports whether position at lies inside a web address or a quoted
// file path.
func inAddress(text string, at int) bool {
	from := at
	for from > 0 && at-from < 300 {
		c := text[from-1]
		if c <= ' ' || c >= 0x80 || c == '"' || c == '\'' || c == '<' || c == '>' || c == '(' {
			break
		}
		from--
	}
	token := text[from:at]
	if strings.Contains(token, "://") || strings.Contains(token, "www.") {
		return true
	}
	// A path such as /2024/13800138000.html, but not “029-1234567/138…”.
	return strings.HasPrefix(token, "/") && strings.Count(token, "/") >= 2
}

// officeWords before an address say that it is a unit's public mailbox.
var officeWords = []string{"单位", "办公", "公开邮箱", "举报", "投诉", "监督", "咨询", "受理", "征求意见", "反馈", "意见邮箱", "官方", "政务", "局邮箱", "厅邮箱", "委邮箱"}

// personWords before an address say that it is somebody's own.
var personWords = []string{"个人", "本人", "私人", "姓名", "联系人", "作者"}

// hanDomains end hosts that are written in Chinese.
var hanDomains = []string{"中国", "公司", "网络", "政务", "公益", "在线", "中文网", "网址", "网站", "商城", "集团", "手机", "商标", "信息"}

// hanHost is how many bytes at the front are a host written in Chinese; 0 for none.
func hanHost(s string) int {
	end := 0
	for end < len(s) && end < 120 {
		if n := commonRow(s[end:]); n > 0 {
			end += n
		} else if letter(s[end]) || s[end]-'0' <= 9 || s[end] == '-' {
			end++
		} else {
			break
		}
	}
	if end == 0 || end == len(s) || s[end] != '.' {
		return 0
	}
	for _, d := range hanDomains {
		if strings.HasPrefix(s[end+1:], d) {
			return end + 1 + len(d)
		}
	}
	return 0
}

func isMailByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c-'0' <= 9 || c == '.' || c == '_' || c == '-' || c == '+'
}

// mail judges the address around the “@” that stands from position at to after, and
// returns the position to go on from.
func mail(text string, at, after int, add adder) int {
	from := at
	for from > 0 && at-from < 64 && isMailByte(text[from-1]) {
		from--
	}
	to := after
	for to < len(text) && to-at < 254 && (isMailByte(text[to]) && text[to] != '_' && text[to] != '+') {
		to++
	}
	if n := hanHost(text[after:]); n > 0 {
		to = after + n
	}
	for to > after && (text[to-1] == '.' || text[to-1] == '-') {
		to--
	}
	for from < at && (text[from] == '.' || text[from] == '-' || text[from] == '+') {
		from++
	}
	host := strings.ToLower(text[after:to])
	dot := strings.LastIndexByte(host, '.')
	if from == at || dot <= 0 || len(host)-dot-1 < 2 || strings.Contains(host, "..") || host[dot+1]-'0' <= 9 {
		return after
	}
	if from > 0 && (text[from-1] == '*' || text[from-1] == '/' || text[from-1] == ':' && strings.HasSuffix(text[:from], "://")) {
		return to
	}
	if governmentHost(host) {
		return to
	}
	window := leading(text, from, 60, "。；\n\t")
	person := seek.Any(window, personWords)
	if !person && seek.Any(window, officeWords) {
		return to
	}
	confidence := 0.6
	if person {
		confidence = 0.95
	}
	add(KindEmail, from, to, confidence)
	return to
}
