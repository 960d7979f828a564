package letters

import (
	"slices"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/check"
	"zhengshu/internal/fault"
)

// deidentify masks in text what check.Privacy sees and what the writer said of
// themselves: name, telephone and mail address, wherever they stand.
func deidentify(text string, c Contact) string {
	for _, word := range c.words() {
		text = strings.ReplaceAll(text, word[0], word[1])
	}
	return check.MaskText(text)
}

// words are what the contact reads like and what stands in its place, longest
// first so that a part never spoils the whole. A name of one character is no
// mark of a person and stays.
func (c Contact) words() [][2]string {
	var out [][2]string
	if n := utf8.RuneCountInString(c.Name); n >= 2 {
		first, _ := utf8.DecodeRuneInString(c.Name)
		out = append(out, [2]string{c.Name, string(first) + "某"})
	}
	if len(c.Phone) >= 7 {
		out = append(out, [2]string{c.Phone, maskPhone(c.Phone)})
		if len(c.Phone) == 11 && c.Phone[0] == '1' { // 138 0013 8000 and 138-0013-8000
			for _, sep := range []string{" ", "-"} {
				out = append(out, [2]string{c.Phone[:3] + sep + c.Phone[3:7] + sep + c.Phone[7:], maskPhone(c.Phone)})
			}
		}
	}
	if c.Email != "" {
		out = append(out, [2]string{c.Email, maskEmail(c.Email)})
	}
	slices.SortStableFunc(out, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	return out
}

// masked is the contact as staff see it before revealing it.
func (c Contact) masked() Contact {
	m := Contact{Phone: maskPhone(c.Phone), Email: maskEmail(c.Email)}
	if n := utf8.RuneCountInString(c.Name); n > 0 {
		first, _ := utf8.DecodeRuneInString(c.Name)
		m.Name = string(first) + strings.Repeat("*", max(n-1, 1))
	}
	return m
}

func maskPhone(s string) string {
	if len(s) >= 10 {
		return s[:3] + strings.Repeat("*", len(s)-7) + s[len(s)-4:]
	}
	if len(s) > 2 {
		return strings.Repeat("*", len(s)-2) + s[len(s)-2:]
	}
	return strings.Repeat("*", len(s))
}

func maskEmail(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return ""
	}
	_, n := utf8.DecodeRuneInString(s)
	return s[:n] + "***" + s[at:]
}

// exposed lists in Chinese what text would give away of a person. mails says
// whether mail addresses count: an answer may name the unit's own, the public
// text is held to the stricter measure.
func exposed(text string, c Contact, mails bool) []string {
	var out []string
	for _, s := range check.Privacy(text) {
		if s.Kind == check.KindEmail && !mails {
			continue
		}
		out = append(out, "“"+check.Mask(s.Kind, s.Wrong)+"”："+s.Says)
	}
	for _, w := range c.words() {
		if strings.Contains(text, w[0]) {
			out = append(out, "文中出现来信人本人的姓名或联系方式（“"+w[1]+"”），请删去或遮蔽。")
		}
	}
	return out
}

// refuseExposed is the fault of a field that would give a person away.
func refuseExposed(f *fault.Fields, name, label, text string, c Contact, mails bool) {
	if found := exposed(text, c, mails); len(found) > 0 {
		f.Add(name, label+"含有未遮蔽的个人信息：请按提示遮蔽后再提交。"+strings.Join(found, ""))
	}
}

// similar reports how alike two texts are, 0 to 1: the share of character
// pairs they have in common (Dice), blanks and punctuation aside.
func similar(a, b string) float64 {
	x, y := pairs(a), pairs(b)
	if len(x) == 0 || len(y) == 0 {
		if a == b && a != "" {
			return 1
		}
		return 0
	}
	common := 0
	total := 0
	for _, n := range x {
		total += n
	}
	for p, n := range y {
		total += n
		common += min(n, x[p])
	}
	return 2 * float64(common) / float64(total)
}

func pairs(s string) map[[2]rune]int {
	out := map[[2]rune]int{}
	var last rune
	for _, r := range essence(s) {
		if last != 0 {
			out[[2]rune{last, r}]++
		}
		last = r
	}
	return out
}
