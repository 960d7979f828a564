package js

import (
	"html"
	"regexp"
	"strings"

	"zhengshu/internal/check/seek"
)

var (
	// made is an element that a script makes and gives a name; givenTo what it then
	// gives to something of a name.
	made    = regexp.MustCompile(`([A-Za-z_$][\w$]*)\s*=\s*document\s*\.\s*createElement\s*\(\s*["'](a|iframe|div|span|p|embed|object|marquee)["']\s*\)`)
	givenTo = regexp.MustCompile(`([A-Za-z_$][\w$]*)\s*\.\s*(?:setAttribute\s*\(\s*["'](\w+)["']\s*,\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|(\d+))\s*\)|style\s*\.\s*(\w+)\s*=\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|(\d+))|(href|src|data|width|height|innerHTML|innerText|textContent|hidden|srcdoc)\s*=\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|(\d+|true|!0)))`)
)

// Makes returns, as markup, the elements a script makes piece by piece.
func Makes(text string) (out []string) {
	if !strings.Contains(text, "createElement") {
		return nil
	}
	elements := made.FindAllStringSubmatchIndex(text, 32)
	for k, m := range elements {
		name, tag := text[m[2]:m[3]], text[m[4]:m[5]]
		until := len(text)
		for _, next := range elements[k+1:] { // the name may be given again
			if text[next[2]:next[3]] == name {
				until = next[0]
				break
			}
		}
		attrs, rules, inner := "", "", ""
		for _, g := range givenTo.FindAllStringSubmatch(text[m[1]:until], 64) {
			if g[1] != name {
				continue
			}
			value := strings.Join([]string{g[3], g[4], g[5], g[7], g[8], g[9], g[11], g[12], g[13]}, "")
			switch key := g[2] + g[10]; {
			case g[6] == "cssText", key == "style":
				rules += value + ";"
			case g[6] != "":
				rules += camel.ReplaceAllStringFunc(g[6], func(c string) string { return "-" + strings.ToLower(c) }) + ":" + value + ";"
			case key == "innerHTML":
				inner = value
			case key == "innerText", key == "textContent":
				inner = html.EscapeString(value)
			default:
				attrs += " " + key + `="` + html.EscapeString(value) + `"`
			}
		}
		if attrs == "" && inner == "" {
			continue
		}
		if rules != "" {
			attrs += ` style="` + html.EscapeString(rules) + `"`
		}
		out = append(out, "<"+tag+attrs+">"+inner+"</"+tag+">")
	}
	return out
}

// Puts returns the markup a script puts into elements of the page.
func Puts(text string) []string {
	if !seek.Any(text, putWords) {
		return nil
	}
	out := quotedMarkup(assigned, text)
	if strings.Contains(text, `("<`) || strings.Contains(text, `('<`) {
		out = append(out, quotedMarkup(madeOf, text)...)
	}
	return out
}

// madeOf is markup that a script makes elements of.
var madeOf = regexp.MustCompile(`(?:\$|jQuery|createContextualFragment|parseFromString)\s*\(\s*(?:"(<(?:[^"\\\n]|\\.)*)"|'(<(?:[^'\\\n]|\\.)*)')`)

var putWords = []string{"HTML", "append", "prepend", "html(", "after", "before"}

// asksForElements reports whether what is called looks elements up.
func asksForElements(name string) bool {
	for _, s := range []string{"$", "jQuery", "querySelector", "querySelectorAll"} {
		if strings.HasSuffix(name, s) {
			return true
		}
	}
	return false
}

// writes returns the markup a script writes into the page.
func writes(text string) []string {
	if strings.Contains(text, `",`) || strings.Contains(text, `',`) {
		text = writtenParts.ReplaceAllStringFunc(text, func(s string) string {
			if whole, ok := unpieced(betweenParts.ReplaceAllString(s, "$1+$2")); ok {
				return whole
			}
			return s
		})
	}
	return quotedMarkup(written, text)
}

var (
	// writtenParts is a writing of several texts one after another.
	writtenParts = regexp.MustCompile(`\bwrite(?:ln)?\s*\(\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')(?:\s*,\s*(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))+`)
	betweenParts = regexp.MustCompile(`(["'])\s*,\s*(["'])`)
)

var (
	putByName  = regexp.MustCompile(`((?:document\s*\.\s*write(?:ln)?|\.\s*(?:append|prepend|html|after|before))\s*\(\s*|(?:inner|outer)HTML\s*\+?=\s*)([A-Za-z_$][\w$]*)(\s*[);\n])`)
	textByName = regexp.MustCompile(`(?:var|let|const|,|;)\s*([A-Za-z_$][\w$]*)\s*=\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*[;,\n]`)
)

// spelledOut puts a text in the place of the name it was given, where the name is
// written or put into the page and nothing else ever got it.
func spelledOut(text string) string {
	if !strings.Contains(text, "<") || !strings.Contains(text, "write") && !seek.Any(text, putWords) || !putByName.MatchString(text) {
		return text
	}
	texts := map[string]string{}
	for _, m := range textByName.FindAllStringSubmatch(text, 64) {
		if _, twice := texts[m[1]]; twice {
			m[2] = ""
		}
		texts[m[1]] = m[2]
	}
	return putByName.ReplaceAllStringFunc(text, func(put string) string {
		m := putByName.FindStringSubmatch(put)
		if is := texts[m[2]]; is != "" {
			return m[1] + is + m[3]
		}
		return put
	})
}

func quotedMarkup(by *regexp.Regexp, text string) []string {
	var out []string
	for _, m := range by.FindAllStringSubmatch(spelledOut(text), 64) {
		s := strings.Join(m[1:], "")
		s = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n").Replace(s)
		out = append(out, s)
	}
	return out
}
