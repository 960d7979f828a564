package search

import (
	"regexp"
	"strings"
)

// Document numbers (发文字号) are typed with any bracket: 国发〔2021〕5号,
// 国发[2021]5号, 国发（2021）5 号.
var (
	numberForm  = regexp.MustCompile(`([\p{Han}]{1,20})\s*[〔\[（(【﹝]\s*(\d{4})\s*[〕\])）】﹞]\s*(?:第\s*)?(\d{1,5})\s*号`)
	orderNumber = regexp.MustCompile(`第\s*(\d{1,4})\s*号`)
)

// NormalNumber writes a document number in the official form with 〔〕; a text
// without one comes back without blanks.
func NormalNumber(s string) string {
	s = strings.TrimSpace(wide.Replace(s))
	if m := numberForm.FindStringSubmatch(s); m != nil {
		return m[1] + "〔" + m[2] + "〕" + m[3] + "号"
	}
	return strings.Join(strings.Fields(s), "")
}

var wide = strings.NewReplacer("０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9", "［", "[", "］", "]")

// numberIn finds a document number in a query; "" when there is none.
func numberIn(q string) string {
	q = wide.Replace(q)
	if numberForm.MatchString(q) {
		return NormalNumber(q)
	}
	if m := orderNumber.FindString(q); m != "" && m == strings.TrimSpace(q) {
		return strings.Join(strings.Fields(q), "")
	}
	return ""
}
