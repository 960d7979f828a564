package js

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/check/encoded"
	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// Layer is a script text as written or as one of its disguises decodes to.
type Layer struct {
	Text string
	How  string // "" as written, else the disguise
	// Written is the markup it writes into the page.
	Written []string
}

// maxLayers and MaxScript bound the unwrapping of one script.
const (
	maxLayers = 24
	MaxScript = 512 << 10
)

var (
	charCodes  = regexp.MustCompile(`fromCharCode(?:["']\s*\])?(?:\s*\.\s*(?:apply|call)\s*\(\s*[\w.]{0,20}\s*,)?\s*\(?\s*\[?\s*((?:0x[0-9a-fA-F]{1,4}|\d{1,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{1,5})){3,})`)
	numberList = regexp.MustCompile(`\[\s*((?:0x[0-9a-fA-F]{1,4}|\d{2,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{2,5})){7,})\s*\]`)
	base64Call = regexp.MustCompile(`(?:atob|base64decode|Base64\.decode|b64decode|base64_decode)\s*\(\s*["']([A-Za-z0-9+/=_\-\s]{8,})["']`)
	base64Any  = regexp.MustCompile(`["']([A-Za-z0-9+/]{24,}={0,2})["']`)
	percentStr = regexp.MustCompile(`["']([^"'\n]*%(?:[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})[^"'\n]*)["']`)
	backslash  = regexp.MustCompile(`\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|[0-7]{2,3})`)
)

// Layers unwraps a script: itself, then what its character codes, base64,
// escapes, reversed and pieced strings come to.
func Layers(src string) []Layer {
	if len(src) > MaxScript {
		src = src[:MaxScript]
	}
	out := []Layer{{Text: src, Written: writes(src)}}
	seen := map[string]bool{src: true}
	add := func(text, how string) {
		if len(text) > MaxScript { // a few characters can be made to come to very many
			text = strings.ToValidUTF8(text[:MaxScript], "")
		}
		if len(out) < maxLayers && len(text) >= 4 && !seen[text] && utf8.ValidString(text) {
			seen[text] = true
			out = append(out, Layer{Text: text, How: how, Written: writes(text)})
		}
	}
	for i := 0; i < len(out); i++ {
		t := out[i].Text
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
			for _, by := range shiftedCode.FindAllStringSubmatch(t, 4) {
				for _, m := range codeList.FindAllString(t, 8) {
					add(unshifted(m, by[1], by[2]), "字符编码（fromCharCode）")
				}
			}
			// fromCharCode(a)+fromCharCode(b)… one character at a time.
			add(singleCodes(t), "字符编码（fromCharCode）")
		}
		if strings.Contains(t, "atob") || strings.Contains(t, "decode") {
			for _, m := range base64Call.FindAllStringSubmatch(t, 16) {
				if s, ok := encoded.Base64(m[1]); ok {
					add(s, "base64 编码")
				}
			}
		}
		if out[i].How == "base64 编码" && len(t) >= 24 && strings.Trim(t, base64Letters) == "" {
			if s, ok := encoded.Base64(t); ok {
				add(s, "base64 编码")
			}
		}
		for _, s := range shiftedTexts(t) {
			add(s, "字符编码（fromCharCode）")
		}
		if strings.Contains(t, "atob") || saysBase64(t) {
			for _, m := range base64Any.FindAllStringSubmatch(t, 16) {
				if s, ok := encoded.Base64(m[1]); ok {
					add(s, "base64 编码")
				}
			}
		}
		changed, turned := changedTexts(t)
		for _, back := range turned {
			add(back.text, "倒序字符串")
			if strings.Contains(t, "atob") && len(out) < maxLayers { // one disguise within another
				add(strings.Replace(t, back.was, quoted(back.text), 1), "倒序字符串")
			}
		}
		if strings.Contains(t, "p,a,c,k") {
			for _, m := range packed.FindAllStringSubmatch(t, 8) {
				add(unpacked(m), "压缩编码（packer）")
			}
		}
		if percents(t) {
			for _, m := range percentStr.FindAllStringSubmatch(t, 32) {
				add(encoded.Percent(m[1]), "百分号编码")
			}
			if out[i].How == "百分号编码" { // and once more, its marks gone
				add(encoded.Percent(t), "百分号编码")
			}
		}
		if backslash.MatchString(t) {
			add(Unescape(t), "转义字符")
		}
		if spliced := namesSpelledOut(t); spliced != t {
			add(spliced, JoinedHow)
		}
		if gathered := joinedArrays(changed); gathered != t {
			add(gathered, JoinedHow)
		}
		if whole, ok := unpieced(t); ok {
			how := out[i].How
			if how == "" {
				how = JoinedHow
			}
			add(whole, how)
		}
	}
	return out
}

const base64Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

func backToFront(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

var (
	// eachCode changes the code of each character of a text by as much.
	eachCode = regexp.MustCompile(`fromCharCode\s*\(\s*[\w.$]{1,20}(?:\[\w+\])?\s*\.\s*charCodeAt\s*\(\s*\w{0,10}\s*\)\s*([-+^])\s*(\d{1,3})\s*\)`)
	hexPairs = regexp.MustCompile(`^(?:[0-9a-fA-F]{2}){8,}$`)
	hexList  = regexp.MustCompile(`^[0-9a-fA-F]{2,4}(?:[|, \-][0-9a-fA-F]{2,4}){7,}$`)
	anyText  = regexp.MustCompile(`"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'`)
)

// shiftedTexts are what the texts of a script come to when it changes the code of each
// character, moves letters by thirteen, or reads numbers of sixteen in them.
func shiftedTexts(t string) (out []string) {
	if !strings.Contains(t, "fromCharCode") {
		return nil
	}
	each := eachCode.FindAllStringSubmatch(t, 4)
	thirteen := strings.Contains(t, "+13") || strings.Contains(t, "+ 13")
	sixteen := strings.Contains(t, "parseInt") && strings.Contains(strings.ReplaceAll(t, " ", ""), ",16)")
	if len(each) == 0 && !thirteen && !sixteen {
		return nil
	}
	for _, m := range anyText.FindAllStringSubmatch(t, 64) {
		text := m[1] + m[2]
		if len(text) < 8 {
			continue
		}
		for _, by := range each {
			k, err := strconv.Atoi(by[2])
			if err != nil {
				continue
			}
			out = append(out, strings.Map(func(r rune) rune {
				switch by[1] {
				case "-":
					return r - rune(k)
				case "+":
					return r + rune(k)
				}
				return r ^ rune(k)
			}, Unescape(text)))
		}
		switch {
		case sixteen && hexPairs.MatchString(text):
			var b strings.Builder
			for i := 0; i+1 < len(text); i += 2 {
				n, err := strconv.ParseUint(text[i:i+2], 16, 8)
				if err != nil {
					break
				}
				b.WriteRune(rune(n))
			}
			out = append(out, b.String())
		case sixteen && hexList.MatchString(text):
			var b strings.Builder
			for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("|, -", r) }) {
				n, err := strconv.ParseUint(one, 16, 16)
				if err != nil {
					break
				}
				b.WriteRune(rune(n))
			}
			out = append(out, b.String())
		case thirteen:
			out = append(out, strings.Map(moveThirteen, text))
		}
	}
	return out
}

func moveThirteen(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z':
		return 'a' + (r-'a'+13)%26
	case r >= 'A' && r <= 'Z':
		return 'A' + (r-'A'+13)%26
	}
	return r
}

// longestSpelled bounds a text that is put in the place of its name.
const longestSpelled = 300

// namesSpelledOut puts texts in the places of the names they were given, where texts are
// put together from them, and writes the other ways to put texts together as that.
func namesSpelledOut(t string) string {
	if strings.Contains(t, ".concat(") {
		t = concatCall.ReplaceAllStringFunc(t, func(s string) string {
			m := concatCall.FindStringSubmatch(s)
			return m[1] + "+" + strings.ReplaceAll(m[2], m[1]+",", m[1]+"+")
		})
	}
	if strings.IndexByte(t, '+') < 0 && !strings.Contains(t, "${") || !seek.Any(t, []string{"location", "write", "src", "href", "HTML", "open("}) {
		return t
	}
	texts := namedTexts(t)
	if len(texts) == 0 {
		return t
	}
	if strings.Count(t, "${")*longestSpelled <= MaxScript && strings.Contains(t, "${") {
		t = inTemplate.ReplaceAllStringFunc(t, func(s string) string {
			if is, ok := texts[s[2:len(s)-1]]; ok {
				return is[1 : len(is)-1]
			}
			return s
		})
	}
	var b strings.Builder
	from := 0
	for at := 0; at < len(t); at++ {
		if t[at] != '+' {
			continue
		}
		if b.Len() > MaxScript {
			return t // one name over and over: nobody puts an address together so
		}
		before := strings.TrimRight(t[from:at], scriptBlanks)
		if name := lastName(before); name != "" {
			if is, ok := texts[name]; ok {
				b.WriteString(before[:len(before)-len(name)] + is)
				from = at
			}
		}
		after := strings.TrimLeft(t[at+1:], scriptBlanks)
		if name := firstName(after); name != "" {
			rest := strings.TrimLeft(after[len(name):], scriptBlanks)
			if is, ok := texts[name]; ok && (rest == "" || strings.IndexByte(";,)}+", rest[0]) >= 0 || strings.IndexByte(after[len(name):len(after)-len(rest)], '\n') >= 0) {
				b.WriteString(t[from:at+1] + is)
				from = len(t) - len(after) + len(name)
				at = from - 1
			}
		}
	}
	if from == 0 {
		return t
	}
	b.WriteString(t[from:])
	return b.String()
}

var (
	concatCall = regexp.MustCompile(`(["'])\.concat\(\s*((?:"[^"\\\n]*"|'[^'\\\n]*')(?:\s*,\s*(?:"[^"\\\n]*"|'[^'\\\n]*'))*)\s*\)`)
	inTemplate = regexp.MustCompile(`\$\{[A-Za-z_$][\w$]*\}`)
)

func nameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c-'0' <= 9 || c == '_' || c == '$'
}

func lastName(s string) string {
	i := len(s)
	for i > 0 && nameByte(s[i-1]) {
		i--
	}
	if i == len(s) || s[i]-'0' <= 9 || i > 0 && s[i-1] == '.' {
		return ""
	}
	return s[i:]
}

func firstName(s string) string {
	i := 0
	for i < len(s) && nameByte(s[i]) {
		i++
	}
	if i == 0 || s[0]-'0' <= 9 {
		return ""
	}
	return s[:i]
}

// namedTexts are the texts, in quotation marks, that a script gives to names which it
// gives nothing else.
func namedTexts(t string) map[string]string {
	var out map[string]string
	for at := 0; len(out) < 64; at++ {
		i := strings.IndexByte(t[at:], '=')
		if i < 0 {
			break
		}
		at += i
		before := strings.TrimRight(t[max(0, at-60):at], scriptBlanks)
		name := lastName(before)
		if name == "" || at+1 < len(t) && t[at+1] == '=' {
			continue
		}
		after := strings.TrimLeft(t[at+1:], scriptBlanks)
		if after == "" || after[0] != '"' && after[0] != '\'' {
			if _, known := out[name]; known {
				out[name] = ""
			}
			continue
		}
		end := strings.IndexByte(after[1:], after[0])
		if end < 0 || end > longestSpelled || strings.ContainsAny(after[:end+2], "\\\n") {
			continue
		}
		if rest := strings.TrimLeft(after[end+2:], scriptBlanks); rest != "" && strings.IndexByte(";,}", rest[0]) < 0 && !strings.Contains(after[end+2:len(after)-len(rest)], "\n") {
			continue // the text is part of more
		}
		if out == nil {
			out = map[string]string{}
		}
		if _, twice := out[name]; twice {
			out[name] = ""
			continue
		}
		out[name] = after[:end+2]
	}
	for name, is := range out {
		if is == "" {
			delete(out, name)
		}
	}
	return out
}

// LettersGone is the way in which a script is written without letters; "" for others.
// Nobody writes so what may be read.
func LettersGone(t string) string {
	switch {
	case strings.Contains(t, "ﾟωﾟ") || strings.Contains(t, "(ﾟДﾟ)"):
		return "颜文字编码（aaencode）"
	case strings.Contains(t, "=~[];") && strings.Contains(t, ":++"):
		return "符号编码（jjencode）"
	case len(t) >= fewestSigns:
		run := 0
		for i := range len(t) {
			switch t[i] {
			case '[', ']', '(', ')', '!', '+':
				if run++; run >= fewestSigns {
					return "符号编码（jsfuck）"
				}
			default:
				run = 0
			}
		}
	}
	return ""
}

var (
	// shiftedCode is a code that is put right before it becomes a character.
	shiftedCode = regexp.MustCompile(`fromCharCode\s*\(\s*(?:parseInt\s*\(\s*)?[\w.\[\]]{1,20}\s*\)?\s*([-+^])\s*(\d{1,3})\s*\)`)
	codeList    = regexp.MustCompile(`\d{1,5}(?:\s*[,|\- ]\s*\d{1,5}){7,}`)
	codeOf      = regexp.MustCompile(`\d+`)

	textArray = regexp.MustCompile(`\[\s*((?:"[^"\\\n]*"|'[^'\\\n]*')(?:\s*,\s*(?:"[^"\\\n]*"|'[^'\\\n]*'))+)\s*\]\s*\.\s*join\s*\(\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)')\s*\)`)
	textOf    = regexp.MustCompile(`"([^"]*)"|'([^']*)'`)
)

// unshifted is what a list of codes comes to when each is changed by as much.
func unshifted(list, sign, by string) string {
	k, err := strconv.Atoi(by)
	if err != nil {
		return ""
	}
	var b strings.Builder
	for _, s := range codeOf.FindAllString(list, 4096) {
		n, err := strconv.Atoi(s)
		if err != nil {
			return ""
		}
		switch sign {
		case "-":
			n -= k
		case "+":
			n += k
		case "^":
			n ^= k
		}
		if n < 9 || n > 0xFFFF {
			return ""
		}
		b.WriteRune(rune(n))
	}
	return b.String()
}

// joinedArrays writes as one text what a script has as a list of texts to be joined.
func joinedArrays(t string) string {
	if !strings.Contains(t, "].join") && !strings.Contains(t, "] .join") {
		return t
	}
	return textArray.ReplaceAllStringFunc(t, func(s string) string {
		m := textArray.FindStringSubmatch(s)
		var texts []string
		for _, one := range textOf.FindAllStringSubmatch(m[1], 512) {
			texts = append(texts, one[1]+one[2])
		}
		return quoted(strings.Join(texts, m[2]+m[3]))
	})
}

// quoted puts a text between marks that it does not hold itself.
func quoted(s string) string {
	if strings.Contains(s, `"`) {
		return "'" + strings.ReplaceAll(s, "'", `\x27`) + "'"
	}
	return `"` + s + `"`
}

// packed is what the common packer leaves: the text, the base of its numbers, how
// many words there are, and the words.
var packed = regexp.MustCompile(`\}\s*\(\s*'((?:[^'\\]|\\.)*)'\s*,\s*(\d{1,2})\s*,\s*(\d{1,5})\s*,\s*'([^']*)'\s*\.\s*split\(\s*'\|'\s*\)`)

var packedWord = regexp.MustCompile(`\w+`)

// unpacked puts the words back into a packed text.
func unpacked(m []string) string {
	base, err := strconv.Atoi(m[2])
	if err != nil || base < 2 || base > 62 {
		return ""
	}
	words := strings.Split(m[4], "|")
	return packedWord.ReplaceAllStringFunc(strings.NewReplacer(`\'`, `'`, `\\`, `\`).Replace(m[1]), func(w string) string {
		n := 0
		for _, c := range []byte(w) {
			d := 0
			switch {
			case c-'0' <= 9:
				d = int(c - '0')
			case c >= 'a' && c <= 'z':
				d = int(c-'a') + 10
			case c >= 'A' && c <= 'Z':
				d = int(c-'A') + 36
			default:
				return w
			}
			if d >= base || n > MaxScript {
				return w
			}
			n = n*base + d
		}
		if n < len(words) && words[n] != "" {
			return words[n]
		}
		return w
	})
}

// saysBase64 reports whether the word stands in a text, in letters of any case.
func saysBase64(t string) bool {
	for {
		i := strings.Index(t, "64")
		if i < 0 {
			return false
		}
		if i >= len("base") && dom.Lowered(t[i-len("base"):i]) == "base" {
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
const JoinedHow = "拼接字符串"

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

// Unescape undoes the escapes of a text between quotation marks.
func Unescape(s string) string {
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
