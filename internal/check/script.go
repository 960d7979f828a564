package check

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// layer is a script text as written or as one of its disguises decodes to.
type layer struct {
	text string
	how  string // "" as written, else the disguise
	// written is the markup it writes into the page.
	written []string
}

// maxLayers and maxScript bound the unwrapping of one script.
const (
	maxLayers = 24
	maxScript = 512 << 10
)

var (
	charCodes  = regexp.MustCompile(`fromCharCode(?:\s*\.\s*(?:apply|call)\s*\(\s*[\w.]{0,20}\s*,)?\s*\(?\s*\[?\s*((?:0x[0-9a-fA-F]{1,4}|\d{1,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{1,5})){3,})`)
	numberList = regexp.MustCompile(`\[\s*((?:0x[0-9a-fA-F]{1,4}|\d{2,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{2,5})){7,})\s*\]`)
	base64Call = regexp.MustCompile(`(?:atob|base64decode|Base64\.decode|b64decode|base64_decode)\s*\(\s*["']([A-Za-z0-9+/=_\-\s]{8,})["']`)
	base64Any  = regexp.MustCompile(`["']([A-Za-z0-9+/]{24,}={0,2})["']`)
	percentStr = regexp.MustCompile(`["']([^"'\n]*%(?:[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})[^"'\n]*)["']`)
	backslash  = regexp.MustCompile(`\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|[0-7]{2,3})`)
	reversed   = regexp.MustCompile(`(?:"([^"\n]{8,})"|'([^'\n]{8,})')\s*\.\s*split\(\s*["']{2}\s*\)\s*\.\s*reverse\(\s*\)`)
)

// layers unwraps a script: itself, then what its character codes, base64,
// escapes, reversed and pieced strings come to.
func layers(src string) []layer {
	if len(src) > maxScript {
		src = src[:maxScript]
	}
	out := []layer{{text: src, written: writes(src)}}
	seen := map[string]bool{src: true}
	add := func(text, how string) {
		if len(out) < maxLayers && len(text) >= 4 && !seen[text] && utf8.ValidString(text) {
			seen[text] = true
			out = append(out, layer{text: text, how: how, written: writes(text)})
		}
	}
	for i := 0; i < len(out); i++ {
		t := out[i].text
		var codes strings.Builder
		for _, m := range charCodes.FindAllStringSubmatch(t, 16) {
			s := fromCodes(m[1])
			add(s, "字符编码（fromCharCode）")
			codes.WriteString(s)
		}
		if strings.Contains(t, "fromCharCode") {
			for _, m := range numberList.FindAllStringSubmatch(t, 8) {
				add(fromCodes(m[1]), "字符编码（fromCharCode）")
			}
			// fromCharCode(a)+fromCharCode(b)… one character at a time.
			add(singleCodes(t), "字符编码（fromCharCode）")
		}
		if strings.Contains(t, "atob") || strings.Contains(t, "decode") {
			for _, m := range base64Call.FindAllStringSubmatch(t, 16) {
				if s, ok := unbase64(m[1]); ok {
					add(s, "base64 编码")
				}
			}
		}
		if strings.Contains(t, "atob") || saysBase64(t) {
			for _, m := range base64Any.FindAllStringSubmatch(t, 16) {
				if s, ok := unbase64(m[1]); ok {
					add(s, "base64 编码")
				}
			}
		}
		if strings.Contains(t, "reverse") {
			for _, m := range reversed.FindAllStringSubmatch(t, 8) {
				r := []rune(m[1] + m[2])
				slices.Reverse(r)
				add(string(r), "倒序字符串")
			}
		}
		if percents(t) {
			for _, m := range percentStr.FindAllStringSubmatch(t, 32) {
				add(unpercent(m[1]), "百分号编码")
			}
		}
		if backslash.MatchString(t) {
			add(unescapeJS(t), "转义字符")
		}
		if whole, ok := unpieced(t); ok {
			how := out[i].how
			if how == "" {
				how = joinedHow
			}
			add(whole, how)
		}
	}
	return out
}

// saysBase64 reports whether the word stands in a text, in letters of any case.
func saysBase64(t string) bool {
	for {
		i := strings.Index(t, "64")
		if i < 0 {
			return false
		}
		if i >= len("base") && lowered(t[i-len("base"):i]) == "base" {
			return true
		}
		t = t[i+1:]
	}
}

// percents reports whether a text has an escape of percentStr.
func percents(t string) bool {
	for {
		i := strings.IndexByte(t, '%')
		if i < 0 {
			return false
		}
		t = t[i+1:]
		if rest, wide := strings.CutPrefix(t, "u"); hexDigits(t, 2) || wide && hexDigits(rest, 4) {
			return true
		}
	}
}

func hexDigits(s string, n int) bool {
	return len(s) >= n && strings.Trim(s[:n], "0123456789abcdefABCDEF") == ""
}

// unpieced joins the strings of a script that are put together from pieces:
// what stands between two of them, a plus sign between quotation marks, is left
// out. ok is false when there are none.
func unpieced(t string) (whole string, ok bool) {
	var b strings.Builder
	from := 0 // of what is not written yet
	for at := 0; ; at++ {
		plus := strings.IndexByte(t[at:], '+')
		if plus < 0 {
			break
		}
		at += plus
		before := strings.TrimRight(t[from:at], scriptBlanks)
		after := strings.TrimLeft(t[at+1:], scriptBlanks)
		if endsQuoted(before) && after != "" && (after[0] == '"' || after[0] == '\'') {
			b.WriteString(before[:len(before)-1])
			from = len(t) - len(after) + 1
			at = from - 1
			ok = true
		}
	}
	if !ok {
		return "", false
	}
	b.WriteString(t[from:])
	return b.String(), true
}

const scriptBlanks = "\t\n\f\r "

func endsQuoted(s string) bool {
	return s != "" && (s[len(s)-1] == '"' || s[len(s)-1] == '\'')
}

// joinedHow marks strings put together from pieces: ordinary in honest
// scripts, so it never counts as a disguise by itself.
const joinedHow = "拼接字符串"

func fromCodes(list string) string {
	var b strings.Builder
	for f := range strings.SplitSeq(list, ",") {
		f = strings.TrimSpace(f)
		n, err := strconv.ParseInt(f, 0, 32)
		if err != nil {
			if n, err = strconv.ParseInt(f, 10, 32); err != nil {
				continue
			}
		}
		b.WriteRune(rune(n))
	}
	return b.String()
}

var oneCode = regexp.MustCompile(`fromCharCode\s*\(\s*(0x[0-9a-fA-F]{1,4}|\d{1,5})\s*\)`)

func singleCodes(t string) string {
	var b strings.Builder
	for _, m := range oneCode.FindAllStringSubmatch(t, 4096) {
		b.WriteString(fromCodes(m[1]))
	}
	return b.String()
}

// unbase64 decodes and accepts only readable text.
func unbase64(s string) (string, bool) {
	s = strings.TrimRight(strings.NewReplacer(" ", "", "\n", "", "\r", "", "\t", "", "-", "+", "_", "/").Replace(s), "=")
	b, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || !utf8.Valid(b) {
		return "", false
	}
	odd := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			odd++
		}
	}
	return string(b), odd == 0
}

var percentU = regexp.MustCompile(`%u([0-9a-fA-F]{4})`)

func unpercent(s string) string {
	s = percentU.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(m[2:], 16, 32)
		return string(rune(n))
	})
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func unescapeJS(s string) string {
	return backslash.ReplaceAllStringFunc(s, func(m string) string {
		digits, base := m[1:], 8
		if m[1] == 'x' || m[1] == 'u' {
			digits, base = strings.Trim(m[2:], "{}"), 16
		}
		n, err := strconv.ParseUint(digits, base, 32)
		if err != nil || n < 9 {
			return m
		}
		return string(rune(n))
	})
}

// hostsIn returns the hosts of the absolute addresses in a text.
func hostsIn(text string) []string {
	var out []string
	for met := 0; met < 64; {
		i := strings.IndexByte(text, '/')
		if i < 0 {
			break
		}
		text = text[i+1:]
		rest := strings.TrimPrefix(text, `\`) // as scripts write it: \/\/
		if rest == "" || rest[0] != '/' {
			continue
		}
		n := hostLen(rest[1:])
		if n == 0 {
			continue
		}
		h := strings.ToLower(rest[1 : 1+n])
		text = rest[1+n:]
		met++
		// A bare “//a.b” may be a comment with a file name in it.
		if !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// hostLen is how many bytes at the front are a host of two labels or more; 0
// for none.
func hostLen(s string) int {
	labels, n, from := 0, 0, 0
	for i := 0; ; i++ {
		if i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i]-'0' <= 9 || s[i] == '-') {
			continue
		}
		if i == from {
			break // a dot without a label behind it is not the host's
		}
		labels, n = labels+1, i
		if i == len(s) || s[i] != '.' {
			break
		}
		from = i + 1
	}
	if labels < 2 {
		return 0
	}
	return n
}

// asksVisitor is how a script asks where the visitor comes from or what with;
// "" when it does not.
func asksVisitor(text string) string {
	if !containsAny(lowered(text), visitorWords) {
		return ""
	}
	return visitor.FindString(text)
}

var visitorWords = []string{"referrer", "useragent", "platform", "appversion"}

var (
	navigate = regexp.MustCompile(`location(?:["']\s*\])?\s*(?:\.\s*(?:href|replace|assign)|\[\s*["'](?:href|replace|assign)["']\s*\])?\s*[=(]\s*([^=;\n][^;\n]{0,300})`)
	literal  = regexp.MustCompile(`^\s*["']([^"'\n]*)["']`)
	variable = regexp.MustCompile(`^\s*([A-Za-z_$][\w$]*)\s*(?:[);,}]|$)`)
	visitor  = regexp.MustCompile(`(?i)document\s*\.\s*referrer|\[\s*["']referrer["']\s*\]|navigator\s*\.\s*(?:userAgent|platform|appVersion)|\[\s*["']userAgent["']\s*\]`)
	titleSet = regexp.MustCompile(`document\s*(?:\.\s*title|\[\s*["']title["']\s*\])\s*=\s*["']([^"'\n]{2,})["']`)

	hideByID = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*style\s*(?:\.\s*(display|visibility|opacity|left|top|height|fontSize|textIndent|position|cssText|zIndex|transform)|\[\s*["'](\w+)["']\s*\])\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"';\n]+))`)
	// hidden by a property or an attribute, and by giving it a class.
	hideByAttr  = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:hidden\s*=\s*(?:true|!0|1)|setAttribute\s*\(\s*["'](?:(hidden)|style)["']\s*,\s*(?:"([^"\n]*)"|'([^'\n]*)'))`)
	hideByClass = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:className\s*=|classList\s*\.\s*add\s*\()\s*["']([\w\-]+)["']`)
	hideByQuery = regexp.MustCompile(`^\(\s*["']([#.][\w\-]+)["']\s*\)\s*\.\s*(?:hide\s*\(\s*\)|css\s*\(\s*["']?\{?\s*["']?(display|visibility|opacity)["']?\s*[,:]\s*["']?(none|hidden|0)|style\s*\.\s*(?:display|visibility|opacity)\s*=\s*["']?(?:none|hidden|0))`)
	assigned    = regexp.MustCompile(`(?:(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML\s*\(\s*["']\w+["']\s*,|\.\s*(?:append|prepend|html|after|before)\s*\()\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')`)
	written     = regexp.MustCompile(`document\s*\.\s*write(?:ln)?\s*\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')`)
)

// targets returns the addresses a script sends the visitor to.
func targets(text string) []string {
	var out []string
	for _, m := range navigate.FindAllStringSubmatch(text, 32) {
		expr := m[1]
		if l := literal.FindStringSubmatch(expr); l != nil {
			out = append(out, strings.ReplaceAll(l[1], `\/`, "/"))
			continue
		}
		if v := variable.FindStringSubmatch(expr); v != nil {
			assign, err := regexp.Compile(`(?:^|[^\w$.])` + regexp.QuoteMeta(v[1]) + `\s*=\s*["']([^"'\n]+)["']`)
			if err != nil {
				continue
			}
			for _, a := range assign.FindAllStringSubmatch(text, 4) {
				out = append(out, strings.ReplaceAll(a[1], `\/`, "/"))
			}
		}
	}
	return out
}

// hiddenByScript returns the ids and classes ("#id", ".class") a script hides
// when it runs, outside any function a click would call.
func hiddenByScript(text string) []string {
	var out []string
	for _, m := range hideByID.FindAllStringSubmatch(text, 64) {
		prop := m[2] + m[3]
		value := m[4] + m[5] + m[6]
		css := strings.ToLower(prop) + ":" + value
		switch prop {
		case "cssText":
			css = value
		case "fontSize":
			css = "font-size:" + value
		case "textIndent":
			css = "text-indent:" + value
		case "zIndex":
			css = "position:absolute;z-index:" + value
		case "left", "top":
			css = "position:absolute;" + css
		case "height":
			css = "overflow:hidden;" + css
		}
		if how, _ := parseDecls(css).concealment(); how != "" {
			out = append(out, "#"+m[1])
		}
	}
	if strings.Contains(text, "getElementById") && containsAny(text, attrWords) {
		for _, m := range hideByAttr.FindAllStringSubmatch(text, 64) {
			how, _ := parseDecls(m[3] + m[4]).concealment()
			if style := strings.Contains(m[0], "setAttribute") && m[2] == ""; !style || how != "" {
				out = append(out, "#"+m[1])
			}
		}
	}
	if !containsAny(text, hideWords) {
		return out
	}
	for met := 0; met < 64; {
		i := strings.IndexByte(text, '(')
		if i < 0 {
			break
		}
		// The pattern begins with the name of what is called.
		called := text[:i]
		text = text[i:]
		if called = strings.TrimRight(called, scriptBlanks); !asksForElements(called) {
			text = text[1:]
			continue
		}
		m := hideByQuery.FindStringSubmatchIndex(text)
		if m == nil {
			text = text[1:]
			continue
		}
		out = append(out, text[m[2]:m[3]])
		text = text[m[1]:]
		met++
	}
	return out
}

var (
	hideWords = []string{"hide", "css", "style"}
	attrWords = []string{"hidden", "setAttribute"}
)

// classedByScript returns the classes a script gives to elements by their ids.
func classedByScript(text string) (out [][2]string) {
	if !strings.Contains(text, "className") && !strings.Contains(text, "classList") {
		return nil
	}
	for _, m := range hideByClass.FindAllStringSubmatch(text, 64) {
		out = append(out, [2]string{m[1], m[2]})
	}
	return out
}

// puts returns the markup a script puts into elements of the page.
func puts(text string) []string {
	if !containsAny(text, putWords) {
		return nil
	}
	return quotedMarkup(assigned, text)
}

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
func writes(text string) []string { return quotedMarkup(written, text) }

func quotedMarkup(by *regexp.Regexp, text string) []string {
	var out []string
	for _, m := range by.FindAllStringSubmatch(text, 64) {
		s := m[1] + m[2]
		s = strings.NewReplacer(`\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n").Replace(s)
		out = append(out, s)
	}
	return out
}
