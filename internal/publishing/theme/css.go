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

var sheetRule = regexp.MustCompile(`[^{};]*body:target[^{};]*\{`)

// lasting lets what a sheet says of high contrast hold in two ways: while the
// body is the target of the page's own link, which needs no script, and while
// the page has the class that the script keeps from page to page. Each selector
// with the one gets its twin with the other.
func lasting(css []byte) []byte {
	return sheetRule.ReplaceAllFunc(css, func(rule []byte) []byte {
		list := bytes.TrimSuffix(rule, []byte("{"))
		var out [][]byte
		for _, selector := range bytes.Split(list, []byte(",")) {
			out = append(out, selector)
			if bytes.Contains(selector, []byte("body:target")) {
				out = append(out, bytes.ReplaceAll(bytes.TrimLeft(selector, " \n"), []byte("body:target"), []byte(".high body")))
			}
		}
		return append(bytes.Join(out, []byte(",")), '{')
	})
}
