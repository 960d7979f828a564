package theme

import (
	"bytes"
	"regexp"
)

var (
	sheetRemark = regexp.MustCompile(`(?s)/\*.*?\*/`)
	sheetBlank  = regexp.MustCompile(`\s+`)
	sheetSign   = regexp.MustCompile(` ?([{};,]) ?`)
	sheetName   = regexp.MustCompile(`([{;][a-z-]+): `)
)

// compact is a style sheet without what only its writers need: comments, line
// ends and spaces around signs. Strings stay as they are.
func compact(css []byte) []byte {
	css = sheetRemark.ReplaceAll(css, nil)
	var out bytes.Buffer
	tidy := func(b []byte) []byte {
		b = sheetSign.ReplaceAll(sheetBlank.ReplaceAll(b, []byte(" ")), []byte("$1"))
		return sheetName.ReplaceAll(b, []byte("$1:"))
	}
	at := 0
	for _, m := range cssString.FindAllIndex(css, -1) {
		out.Write(tidy(css[at:m[0]]))
		out.Write(css[m[0]:m[1]])
		at = m[1]
	}
	out.Write(tidy(css[at:]))
	return bytes.ReplaceAll(bytes.TrimSpace(out.Bytes()), []byte(";}"), []byte("}"))
}
