package check

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
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
	charCodes  = regexp.MustCompile(`fromCharCode(?:["']\s*\])?(?:\s*\.\s*(?:apply|call)\s*\(\s*[\w.]{0,20}\s*,)?\s*\(?\s*\[?\s*((?:0x[0-9a-fA-F]{1,4}|\d{1,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{1,5})){3,})`)
	numberList = regexp.MustCompile(`\[\s*((?:0x[0-9a-fA-F]{1,4}|\d{2,5})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,4}|\d{2,5})){7,})\s*\]`)
	base64Call = regexp.MustCompile(`(?:atob|base64decode|Base64\.decode|b64decode|base64_decode)\s*\(\s*["']([A-Za-z0-9+/=_\-\s]{8,})["']`)
	base64Any  = regexp.MustCompile(`["']([A-Za-z0-9+/]{24,}={0,2})["']`)
	percentStr = regexp.MustCompile(`["']([^"'\n]*%(?:[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})[^"'\n]*)["']`)
	backslash  = regexp.MustCompile(`\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|[0-7]{2,3})`)
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
		if len(text) > maxScript { // a few characters can be made to come to very many
			text = strings.ToValidUTF8(text[:maxScript], "")
		}
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
				if s, ok := unbase64(m[1]); ok {
					add(s, "base64 编码")
				}
			}
		}
		if out[i].how == "base64 编码" && len(t) >= 24 && strings.Trim(t, base64Letters) == "" {
			if s, ok := unbase64(t); ok {
				add(s, "base64 编码")
			}
		}
		for _, s := range shiftedTexts(t) {
			add(s, "字符编码（fromCharCode）")
		}
		if strings.Contains(t, "atob") || saysBase64(t) {
			for _, m := range base64Any.FindAllStringSubmatch(t, 16) {
				if s, ok := unbase64(m[1]); ok {
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
				add(unpercent(m[1]), "百分号编码")
			}
			if out[i].how == "百分号编码" { // and once more, its marks gone
				add(unpercent(t), "百分号编码")
			}
		}
		if backslash.MatchString(t) {
			add(unescapeJS(t), "转义字符")
		}
		if spliced := namesSpelledOut(t); spliced != t {
			add(spliced, joinedHow)
		}
		if gathered := joinedArrays(changed); gathered != t {
			add(gathered, joinedHow)
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
			}, unescapeJS(text)))
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
	if strings.IndexByte(t, '+') < 0 && !strings.Contains(t, "${") || !containsAny(t, []string{"location", "write", "src", "href", "HTML", "open("}) {
		return t
	}
	texts := namedTexts(t)
	if len(texts) == 0 {
		return t
	}
	if strings.Count(t, "${")*longestSpelled <= maxScript && strings.Contains(t, "${") {
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
		if b.Len() > maxScript {
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

// lettersGone is the way in which a script is written without letters; "" for others.
// Nobody writes so what may be read.
func lettersGone(t string) string {
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

// fewestSigns is how long a row of brackets and signs is that no program has otherwise.
const fewestSigns = 300

// spiders are the words by which a script knows search engines.
var spiders = regexp.MustCompile(`(?i)spider|googlebot|bingbot|["'/|(](?:baidu|sogou|yisou|bot)["'/|)]`)

// asksSpider reports whether a script asks if the visitor is a search engine.
func asksSpider(t string) bool {
	return strings.Contains(t, "userAgent") && spiders.MatchString(t)
}

// cookieSent is an address to which a script adds the cookies.
var cookieSent = regexp.MustCompile(`["']((?:https?:)?//[^"'\s]+)["']\s*\+\s*(?:\w+\s*\(\s*)?document\s*\.\s*cookie`)

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
			if d >= base || n > maxScript {
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

var visitorWords = []string{"referrer", "useragent", "platform", "appversion", "screen", "matchmedia", "ontouchstart"}

var (
	navigate = regexp.MustCompile(`location(?:["']\s*\])?\s*(?:\.\s*(?:href|replace|assign)|\[\s*["'](?:href|replace|assign)["']\s*\])?\s*[=(]\s*([^=;\n][^;\n]{0,300})`)
	eitherOf = regexp.MustCompile(`\?\s*["']([^"'\n]*)["']\s*:\s*["']([^"'\n]*)["']\s*\)?\s*$`)
	literal  = regexp.MustCompile("^\\s*[\"'`]([^\"'`\n]*)[\"'`]")
	variable = regexp.MustCompile(`^\s*([A-Za-z_$][\w$]*)\s*(?:[);,}]|$)`)
	visitor  = regexp.MustCompile(`(?i)document\s*\.\s*referrer|\[\s*["']referrer["']\s*\]|navigator\s*\.\s*(?:userAgent|platform|appVersion)|\[\s*["']userAgent["']\s*\]|\bscreen\s*\.\s*(?:avail)?width|matchMedia\s*\(|["']ontouchstart["']`)
	titleSet = regexp.MustCompile(`document\s*(?:\.\s*title|\[\s*["']title["']\s*\])\s*=\s*["']([^"'\n]{2,})["']`)

	hideByID = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*style\s*(?:\.\s*(display|visibility|opacity|left|top|height|fontSize|textIndent|position|cssText|zIndex|transform)|\[\s*["'](\w+)["']\s*\])?\s*\+?=\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"';\n]+))`)
	// hidden by a property or an attribute, and by giving it a class.
	hideByAttr  = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:hidden\s*=\s*(?:true|!0|1)|toggleAttribute\s*\(\s*["']hidden["']|setAttribute\s*\(\s*["'](?:(hidden)|style)["']\s*,\s*(?:"([^"\n]*)"|'([^'\n]*)'))`)
	hideByClass = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:className\s*\+?=|classList\s*\.\s*(?:add|toggle)\s*\()\s*["']\s*([\w\-]+)["']`)
	hideByQuery = regexp.MustCompile(`^\(\s*(?:"([^"<\n]{1,120})"|'([^'<\n]{1,120})')\s*\)\s*\.\s*(?:hide\s*\(\s*\)|(?:fadeOut|slideUp)\s*\(\s*0\s*\)|toggle\s*\(\s*(?:false|!1)\s*\)|css\s*\(\s*["']?\{?\s*["']?(display|visibility|opacity)["']?\s*[,:]\s*["']?(none|hidden|0)|style\s*\.\s*(?:display|visibility|opacity)\s*=\s*["']?(?:none|hidden|0))`)
	assigned    = regexp.MustCompile(`(?:(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML\s*\(\s*["']\w+["']\s*,|\.\s*(?:append|prepend|html|after|before)\s*\()\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')`)
	written     = regexp.MustCompile(`document\s*(?:\.\s*write(?:ln)?|\[\s*["']write(?:ln)?["']\s*\])\s*\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|` + "`((?:[^`\\\\]|\\\\.)*)`)")
)

// destination is where a script sends the visitor, and whether it does so without
// being called.
type destination struct {
	address  string
	byItself func() bool
}

// targets returns the addresses a script sends the visitor to.
func targets(text string) []destination {
	var out []destination
	var runs func(at int) bool
	add := func(address string, at int) {
		out = append(out, destination{strings.ReplaceAll(address, `\/`, "/"), func() bool {
			if runs == nil {
				runs = running(text)
			}
			return runs(at)
		}})
	}
	for _, at := range navigate.FindAllStringSubmatchIndex(text, 32) {
		expr := text[at[2]:at[3]]
		if i := at[0] - 2; i >= 0 && text[i] == '[' && (text[i+1] == '"' || text[i+1] == '\'') {
			at[0] = i // the name is a text itself: window["location"]
		}
		if l := literal.FindStringSubmatch(expr); l != nil {
			add(l[1], at[0])
			continue
		}
		if either := eitherOf.FindStringSubmatch(expr); either != nil {
			add(either[1], at[0])
			add(either[2], at[0])
			continue
		}
		if v := variable.FindStringSubmatch(expr); v != nil {
			assign, err := regexp.Compile(`(?:^|[^\w$.])` + regexp.QuoteMeta(v[1]) + `\s*=\s*["']([^"'\n]+)["']`)
			if err != nil {
				continue
			}
			for _, a := range assign.FindAllStringSubmatch(text, 4) {
				add(a[1], at[0])
			}
		}
	}
	if strings.Contains(text, "_self") || strings.Contains(text, "_top") {
		for _, at := range openHere.FindAllStringSubmatchIndex(text, 8) {
			add(text[at[2]:at[3]], at[0])
		}
	}
	if strings.Contains(text, "open(") {
		for _, at := range opensAnother.FindAllStringSubmatchIndex(text, 8) {
			if add(text[at[2]:at[3]], at[0]); !out[len(out)-1].byItself() {
				out = out[:len(out)-1] // by a click
			}
		}
	}
	if strings.Contains(text, ".click(") {
		for _, at := range clickedLink.FindAllStringSubmatchIndex(text, 8) {
			if text[at[2]:at[3]] == text[at[6]:at[7]] {
				add(text[at[4]:at[5]], at[0])
			}
		}
	}
	return out
}

var (
	openHere     = regexp.MustCompile(`\bopen\s*\(\s*["']([^"'\n]+)["']\s*,\s*["']_(?:self|top|parent)["']`)
	opensAnother = regexp.MustCompile(`(?:\bwindow\s*\.\s*|[^\w.$])open\s*\(\s*["']((?:https?:)?//[^"'\n]+)["']`)
	clickedLink  = regexp.MustCompile(`(\w+)\s*\.\s*href\s*=\s*["']([^"'\n]+)["'][^{}]{0,200}?(\w+)\s*\.\s*click\s*\(`)
	// selfCalled ends what stands before a function that runs without a click, or
	// before a text that is run.
	selfCalled = regexp.MustCompile(`(?:(?:^|[;,}!+~(\s-])\(\s*|^[!+~-]\s*|(?:\$|jQuery)\s*\(\s*|ready\s*\(\s*|(?:setTimeout|setInterval|requestAnimationFrame|eval|Function)\s*\(\s*|on(?:load|popstate|pageshow|readystatechange|beforeunload|pagehide|scroll)\s*=\s*|addEventListener\s*\(\s*["'](?:load|DOMContentLoaded|popstate|pageshow|readystatechange|beforeunload|pagehide)["']\s*,\s*|(?:\bdocument|\bwindow|\bbody)\s*\.\s*(?:on(?:click|touchstart|touchend|mousemove|mousedown|keydown)\s*=\s*|addEventListener\s*\(\s*["'](?:click|touchstart|touchend|scroll|mousemove|mousedown|keydown)["']\s*,\s*)|(?:\$|jQuery)\s*\(\s*(?:document|window|["']body["'])\s*\)\s*\.\s*(?:(?:on|one|bind)\s*\(\s*["'][a-z ]+["']\s*,\s*|(?:click|scroll|mousemove|touchstart)\s*\(\s*))$`)
	isFunction = regexp.MustCompile(`(?:\bfunction\b[^(){};]{0,80}\([^(){}]{0,200}\)|(?:\([^(){}]{0,200}\)|\b\w+)\s*=>)\s*$`)
)

// maxMarks bounds the strings and blocks that are followed; of a script with more
// nothing is said.
const maxMarks = 20_000

// running tells of places in a script whether it comes to them by itself: outside
// any function, or in such as it calls, or has called when the page is there.
func running(text string) func(at int) bool {
	// spans are the functions and strings that wait to be called.
	type span struct {
		from, to int
		name     string
	}
	var spans []span
	type brace struct {
		at    int
		waits bool
		name  string // of a function that has one
	}
	var called map[string][]int // where a name is called, or handed on to be called at once
	var open []brace
	marks := 0
	for i := 0; i < len(text) && marks < maxMarks; i++ {
		switch c := text[i]; c {
		case '"', '\'', '`':
			marks++
			end := i + 1
			for end < len(text) && text[end] != c && (c == '`' || text[end] != '\n') {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			if !selfCalled.MatchString(text[max(0, i-120):i]) {
				spans = append(spans, span{from: i, to: min(end, len(text))})
			}
			i = end
		case '/':
			switch {
			case strings.HasPrefix(text[i:], "//"):
				n := strings.IndexByte(text[i:], '\n')
				if n < 0 {
					n = len(text) - i
				}
				spans = append(spans, span{from: i, to: i + n})
				i += n
			case strings.HasPrefix(text[i:], "/*"):
				n := strings.Index(text[i+2:], "*/")
				if n < 0 {
					n = len(text) - i - 2
				}
				spans = append(spans, span{from: i, to: i + n + 2})
				i += n + 3
			}
		case '{':
			marks++
			before := text[max(0, i-400):i]
			head := isFunction.FindStringIndex(before)
			b := brace{at: i, waits: head != nil && !selfCalled.MatchString(before[:head[0]])}
			if b.waits {
				if m := functionName.FindStringSubmatch(before); m != nil {
					b.name = m[1] + m[2]
				}
			}
			open = append(open, b)
		case '}':
			if n := len(open) - 1; n >= 0 {
				if open[n].waits {
					spans = append(spans, span{open[n].at, i, open[n].name})
				}
				open = open[:n]
			}
		}
	}
	for _, b := range open {
		if b.waits {
			spans = append(spans, span{b.at, len(text), b.name})
		}
	}
	if marks >= maxMarks {
		return func(int) bool { return false }
	}
	var runs func(at, deep int) bool
	runs = func(at, deep int) bool {
		for _, s := range spans {
			if at <= s.from || at >= s.to {
				continue
			}
			if s.name == "" || deep == 0 {
				return false
			}
			if called == nil {
				called = calls(text)
			}
			if !slices.ContainsFunc(called[s.name], func(from int) bool { return (from < s.from || from > s.to) && runs(from, deep-1) }) {
				return false
			}
		}
		return true
	}
	return func(at int) bool { return runs(at, callsDeep) }
}

// callsDeep bounds how far calls are followed from one named function to another.
const callsDeep = 3

var (
	functionName = regexp.MustCompile(`(?:\bfunction\s+([A-Za-z_$][\w$]*)\s*\([^(){}]{0,200}\)|\b([A-Za-z_$][\w$]*)\s*=\s*(?:function\s*\([^(){}]{0,200}\)|\([^(){}]{0,200}\)\s*=>))\s*$`)
	calledNow    = regexp.MustCompile(`(?:^|[;{})\n])\s*([A-Za-z_$][\w$]*)\s*\(`)
	handedOn     = regexp.MustCompile(`(?:(?:setTimeout|setInterval|requestAnimationFrame|ready|jQuery|\$)\s*\(\s*|\bon(?:load|pageshow|readystatechange)\s*=\s*|addEventListener\s*\(\s*["'](?:load|DOMContentLoaded|pageshow|readystatechange)["']\s*,\s*)["']?([A-Za-z_$][\w$]*)\s*(?:\(\s*\)\s*["']?\s*)?[,);\n]`)
)

// calls returns where a script calls functions by name, or hands them on to be called
// without a click.
func calls(text string) map[string][]int {
	out := map[string][]int{}
	for _, by := range []*regexp.Regexp{calledNow, handedOn} {
		for _, at := range by.FindAllStringSubmatchIndex(text, 256) {
			name := text[at[2]:at[3]]
			out[name] = append(out[name], at[2])
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
		case "cssText", "":
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
		sel := ""
		if m[2] >= 0 {
			sel = text[m[2]:m[3]]
		} else {
			sel = text[m[4]:m[5]]
		}
		if sel = strings.TrimSpace(sel); sel != "" && !strings.ContainsAny(sel, "{};") {
			out = append(out, sel)
		}
		text = text[m[1]:]
		met++
	}
	return out
}

// hidesByStyle reports whether what a script gives to the style of an element hides it:
// the property, then its value in one of several kinds of quotation.
func hidesByStyle(given []string) bool {
	css := given[0] + ":" + strings.Join(given[1:], "")
	if given[0] == "cssText" || given[0] == "" {
		css = strings.Join(given[1:], "")
	}
	how, _ := parseDecls("position:absolute;overflow:hidden;" + hyphened(css)).concealment()
	return how != ""
}

// hyphened writes the names of properties as style sheets do.
func hyphened(css string) string {
	return camel.ReplaceAllStringFunc(css, func(c string) string { return "-" + strings.ToLower(c) })
}

// shownByScript returns the ids and classes that a script shows, at whatever moment.
func shownByScript(text string) (out []string) {
	if !containsAny(text, showWords) {
		return nil
	}
	for _, m := range showByQuery.FindAllStringSubmatch(text, 64) {
		out = append(out, m[1])
	}
	for _, m := range showByID.FindAllStringSubmatch(text, 64) {
		out = append(out, "#"+m[1])
	}
	// Tabs: the id is made of a word and a number.
	if showsNumbered.MatchString(text) {
		for _, m := range idOfNumber.FindAllStringSubmatch(text, 16) {
			out = append(out, "#"+m[1]+"+")
		}
	}
	return out
}

var (
	idOfNumber    = regexp.MustCompile(`(?:getElementById\s*\(\s*["']|(?:\$|jQuery)\s*\(\s*["']#)([\w\-]{2,40})["']\s*\+`)
	showsNumbered = regexp.MustCompile(`\.\s*display\s*=\s*(?:["'](?:block|["'])|[^"'\n;]{1,60}\?)|\.\s*(?:show|fadeIn|slideDown|slideToggle)\s*\(`)

	showWords   = []string{"show", "oggle", "slideDown", "fadeIn", "display", "visib", "classList", "addClass", "removeClass"}
	showByQuery = regexp.MustCompile(`(?:\$|jQuery|querySelector(?:All)?|\.(?:next|nextAll|find|children|siblings))\s*\(\s*["'](?:[^"'\n]{0,60}[\s>])?([#.][\w\-]+)["']\s*\)(?:\s*\.\s*(?:stop|eq|find|siblings|next|delay)\s*\([^()\n]{0,40}\)){0,3}\s*\.\s*(?:show|toggle\s*\(\s*(?:\)|["'\d]|function)|slideDown|slideToggle|fadeIn|fadeToggle|toggleClass|removeClass|style\s*\.\s*display\s*=\s*["'](?:block|flex|inline|grid|["'])|classList\s*\.\s*(?:toggle|remove)|css\s*\(\s*["']display["']\s*,\s*["'](?:block|flex|inline))`)
	showByID    = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:style\s*\.\s*(?:display\s*=\s*(?:["'](?:block|flex|inline|grid|["'])|[^"'\n;=]{1,60}\?)|visibility\s*=\s*["']visible)|hidden\s*=\s*(?:false|!1)|classList\s*\.\s*(?:toggle|remove)|showModal)`)

	// hideByTag hides an element by its number among those of a tag, hideBeside the one
	// beside or around the script.
	hideByTag  = regexp.MustCompile(`getElementsByTagName\s*\(\s*["'](\w+)["']\s*\)\s*(?:\[\s*(\d{1,4})\s*\]|\.\s*item\s*\(\s*\d{1,4}\s*\))\s*\.\s*style\s*(?:\.\s*(\w+)\s*)?\+?=\s*(?:"([^"\n]*)"|'([^'\n]*)')`)
	hideBeside = regexp.MustCompile(`currentScript\s*\.\s*(previousElementSibling|previousSibling|parentNode|parentElement)\s*\.\s*style\s*(?:\.\s*(\w+)\s*)?\+?=\s*(?:"([^"\n]*)"|'([^'\n]*)')`)
)

var (
	hideWords = []string{"hide", "css", "style", "fadeOut", "slideUp", "toggle"}
	attrWords = []string{"hidden", "setAttribute"} // toggleAttribute of hidden among them
)

// classedByScript returns the classes a script gives to elements: by a selector of
// theirs.
func classedByScript(text string) (out [][2]string) {
	if !containsAny(text, []string{"className", "classList", "addClass"}) {
		return nil
	}
	for _, m := range hideByClass.FindAllStringSubmatch(text, 64) {
		out = append(out, [2]string{"#" + m[1], m[2]})
	}
	for _, m := range classByQuery.FindAllStringSubmatch(text, 64) {
		out = append(out, [2]string{m[1], m[2]})
	}
	return out
}

var (
	classByQuery = regexp.MustCompile(`(?:querySelector(?:All)?|\$|jQuery)\s*\(\s*["']([#.][\w\-]+)["']\s*\)\s*\.\s*(?:className\s*=|classList\s*\.\s*add\s*\(|addClass\s*\()\s*["']([\w\-]+)["']`)

	// heldAs is an element that a script gives a name.
	heldAs = regexp.MustCompile(`(?:^|[^\w$.])([A-Za-z_$][\w$]*)\s*=\s*(document\s*\.\s*(?:getElementById|querySelector)\s*\(\s*["'][#.]?[\w\-]+["']\s*\)|(?:\$|jQuery)\s*\(\s*["'][#.][\w\-]+["']\s*\))\s*[;,\n}]`)
	// byClass, byAll and eachOf are other ways to say which element is meant.
	byClass = regexp.MustCompile(`getElementsByClassName\s*\(\s*["']([\w\-]+)["']\s*\)\s*(?:\[\s*\d+\s*\]|\.\s*item\s*\(\s*\d+\s*\))`)
	byAll   = regexp.MustCompile(`document\s*\.\s*all\s*(?:\.\s*([A-Za-z_][\w\-]*)|[\[(]\s*["']([\w\-]+)["']\s*[\])])\s*\.\s*(style|hidden|className|setAttribute)`)
	eachOf  = regexp.MustCompile(`querySelectorAll\s*\(\s*(["'][#.][\w\-]+["'])\s*\)\s*\.\s*forEach\s*\(\s*(?:function\s*\(\s*(\w+)[^)]*\)\s*\{|\(?\s*(\w+)\s*\)?\s*=>\s*\{?)\s*(\w+)\s*\.`)

	styleGiven = regexp.MustCompile(`Object\s*\.\s*assign\s*\(\s*([^;{}]{1,120}?)\s*\.\s*style\s*,\s*\{`)

	undoByID    = regexp.MustCompile(`(?:getElementById\s*\(\s*["']([\w\-]+)["']\s*\)|(?:querySelector|\$|jQuery)\s*\(\s*["']([#.][\w\-]+)["']\s*\))\s*\.\s*(?:(remove\s*\(\s*\))|(empty\s*\(\s*\)|html\s*\(\s*["']{2}\s*\)|(?:inner|outer)HTML\s*=\s*["']{2})|style\s*\.\s*setProperty\s*\(\s*["']([\w\-]+)["']\s*,\s*["']([^"'\n]*)["']|css\s*\(\s*\{([^{}]*)\}|css\s*\(\s*["']([\w\-]+)["']\s*,\s*["']?([^"'()\n]*)["']?\s*\)|attr\s*\(\s*["'](style|hidden)["']\s*,\s*["']([^"'\n]*)["'])`)
	removeChild = regexp.MustCompile(`removeChild\s*\(\s*(?:document\s*\.\s*)?(?:getElementById\s*\(\s*["']([\w\-]+)["']\s*\)|querySelector\s*\(\s*["']([#.][\w\-]+)["']\s*\))`)
	camel       = regexp.MustCompile(`[A-Z]`)
	quotedCSS   = regexp.MustCompile(`"((?:[^"\\\n]|\\.)*\{(?:[^"\\\n]|\\.)*\}(?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*\{(?:[^'\\\n]|\\.)*\}(?:[^'\\\n]|\\.)*)'|` + "`([^`]*\\{[^`]*\\}[^`]*)`")
)

// named puts elements in the places of the names that a script gives them, and says
// in one way which element is meant.
func named(text string) string {
	if strings.Contains(text, "getElementsByClassName") {
		text = byClass.ReplaceAllString(text, `querySelector(".$1")`)
	}
	if strings.Contains(text, "document.all") {
		text = byAll.ReplaceAllString(text, `document.getElementById("$1$2").$3`)
	}
	if strings.Contains(text, "Object.assign") {
		text = styleGiven.ReplaceAllString(text, `$1.css({`)
	}
	if strings.Contains(text, "forEach") {
		text = eachOf.ReplaceAllStringFunc(text, func(s string) string {
			m := eachOf.FindStringSubmatch(s)
			if m[2]+m[3] != m[4] {
				return s
			}
			return "querySelector(" + m[1] + ")."
		})
	}
	if !containsAny(text, []string{"getElementById", "querySelector", "$(", "jQuery("}) {
		return text
	}
	for _, m := range heldAs.FindAllStringSubmatch(text, 16) {
		uses, err := regexp.Compile(`(^|[^\w$.])` + regexp.QuoteMeta(m[1]) + `(\s*\.\s*(?:style|hidden|className|classList|setAttribute|remove|innerHTML|outerHTML|hide|css|addClass|attr|empty|html)\b|\s*\))`)
		if err == nil {
			text = uses.ReplaceAllString(text, "${1}"+strings.ReplaceAll(m[2], "$", "$$")+"${2}")
		}
	}
	return text
}

// undoneByScript returns the ids and classes of what a script takes off the page, or
// hides in ways that hiddenByScript does not know.
func undoneByScript(text string) (out []string) {
	if !containsAny(text, []string{"remove", "empty(", "html(", "HTML", "setProperty", "css(", "attr("}) {
		return nil
	}
	for _, m := range undoByID.FindAllStringSubmatch(text, 64) {
		sel := m[2]
		if m[1] != "" {
			sel = "#" + m[1]
		}
		css := ""
		switch {
		case m[3] != "":
			out = append(out, sel)
		case m[4] != "":
			// What is named again is filled anew.
			if strings.Count(text, sel[1:]) == 1 {
				out = append(out, sel)
			}
		case m[5] != "":
			css = m[5] + ":" + m[6]
		case m[7] != "":
			css = strings.NewReplacer(`"`, "", "'", "", ",", ";").Replace(m[7])
		case m[8] != "":
			css = m[8] + ":" + m[9]
		case m[10] == "hidden":
			out = append(out, sel)
		case m[10] == "style":
			css = m[11]
		}
		if css == "" {
			continue
		}
		css = camel.ReplaceAllStringFunc(css, func(c string) string { return "-" + strings.ToLower(c) })
		if how, _ := parseDecls("position:absolute;overflow:hidden;" + css).concealment(); how != "" {
			out = append(out, sel)
		}
	}
	for _, m := range removeChild.FindAllStringSubmatch(text, 64) {
		if m[1] != "" {
			out = append(out, "#"+m[1])
		} else {
			out = append(out, m[2])
		}
	}
	return out
}

// styledByScript returns the style sheets that a script adds to the page.
func styledByScript(text string) (out []string) {
	if !strings.Contains(text, "insertRule") && !strings.Contains(text, `createElement("style")`) && !strings.Contains(text, `createElement('style')`) {
		return nil
	}
	for _, m := range quotedCSS.FindAllStringSubmatch(text, 64) {
		out = append(out, m[1]+m[2]+m[3])
	}
	return out
}

var (
	// made is an element that a script makes and gives a name; givenTo what it then
	// gives to something of a name.
	made    = regexp.MustCompile(`([A-Za-z_$][\w$]*)\s*=\s*document\s*\.\s*createElement\s*\(\s*["'](a|iframe|div|span|p|embed|object|marquee)["']\s*\)`)
	givenTo = regexp.MustCompile(`([A-Za-z_$][\w$]*)\s*\.\s*(?:setAttribute\s*\(\s*["'](\w+)["']\s*,\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|(\d+))\s*\)|style\s*\.\s*(\w+)\s*=\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|(\d+))|(href|src|data|width|height|innerHTML|innerText|textContent|hidden|srcdoc)\s*=\s*(?:"([^"\\\n]*)"|'([^'\\\n]*)'|(\d+|true|!0)))`)
)

// makes returns, as markup, the elements a script makes piece by piece.
func makes(text string) (out []string) {
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
		attrs, css, inner := "", "", ""
		for _, g := range givenTo.FindAllStringSubmatch(text[m[1]:until], 64) {
			if g[1] != name {
				continue
			}
			value := strings.Join([]string{g[3], g[4], g[5], g[7], g[8], g[9], g[11], g[12], g[13]}, "")
			switch key := g[2] + g[10]; {
			case g[6] == "cssText", key == "style":
				css += value + ";"
			case g[6] != "":
				css += camel.ReplaceAllStringFunc(g[6], func(c string) string { return "-" + strings.ToLower(c) }) + ":" + value + ";"
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
		if css != "" {
			attrs += ` style="` + html.EscapeString(css) + `"`
		}
		out = append(out, "<"+tag+attrs+">"+inner+"</"+tag+">")
	}
	return out
}

// puts returns the markup a script puts into elements of the page.
func puts(text string) []string {
	if !containsAny(text, putWords) {
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
	if !strings.Contains(text, "<") || !strings.Contains(text, "write") && !containsAny(text, putWords) || !putByName.MatchString(text) {
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
