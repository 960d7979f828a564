package js

import (
	"regexp"
	"slices"
	"strings"

	"zhengshu/internal/check/seek"
	"zhengshu/internal/dom"
)

// fewestSigns is how long a row of brackets and signs is that no program has otherwise.
const fewestSigns = 300

// spiders are the words by which a script knows search engines.
var spiders = regexp.MustCompile(`(?i)spider|googlebot|bingbot|["'/|(](?:baidu|sogou|yisou|bot)["'/|)]`)

// AsksSpider reports whether a script asks if the visitor is a search engine.
func AsksSpider(t string) bool {
	return strings.Contains(t, "userAgent") && spiders.MatchString(t)
}

// cookieSent is an address to which a script adds the cookies.
var CookieSent = regexp.MustCompile(`["']((?:https?:)?//[^"'\s]+)["']\s*\+\s*(?:\w+\s*\(\s*)?document\s*\.\s*cookie`)

// HostsIn returns the hosts of the absolute addresses in a text.
func HostsIn(text string) []string {
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

// AsksVisitor is how a script asks where the visitor comes from or what with;
// "" when it does not.
func AsksVisitor(text string) string {
	if !seek.Any(dom.Lowered(text), visitorWords) {
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
	TitleSet = regexp.MustCompile(`document\s*(?:\.\s*title|\[\s*["']title["']\s*\])\s*=\s*["']([^"'\n]{2,})["']`)

	hideByID = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*style\s*(?:\.\s*(display|visibility|opacity|left|top|height|fontSize|textIndent|position|cssText|zIndex|transform)|\[\s*["'](\w+)["']\s*\])?\s*\+?=\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^"';\n]+))`)
	// hidden by a property or an attribute, and by giving it a class.
	hideByAttr  = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:hidden\s*=\s*(?:true|!0|1)|toggleAttribute\s*\(\s*["']hidden["']|setAttribute\s*\(\s*["'](?:(hidden)|style)["']\s*,\s*(?:"([^"\n]*)"|'([^'\n]*)'))`)
	hideByClass = regexp.MustCompile(`getElementById\s*\(\s*["']([\w\-]+)["']\s*\)\s*\.\s*(?:className\s*\+?=|classList\s*\.\s*(?:add|toggle)\s*\()\s*["']\s*([\w\-]+)["']`)
	hideByQuery = regexp.MustCompile(`^\(\s*(?:"([^"<\n]{1,120})"|'([^'<\n]{1,120})')\s*\)\s*\.\s*(?:hide\s*\(\s*\)|(?:fadeOut|slideUp)\s*\(\s*0\s*\)|toggle\s*\(\s*(?:false|!1)\s*\)|css\s*\(\s*["']?\{?\s*["']?(display|visibility|opacity)["']?\s*[,:]\s*["']?(none|hidden|0)|style\s*\.\s*(?:display|visibility|opacity)\s*=\s*["']?(?:none|hidden|0))`)
	assigned    = regexp.MustCompile(`(?:(?:inner|outer)HTML\s*\+?=|insertAdjacentHTML\s*\(\s*["']\w+["']\s*,|\.\s*(?:append|prepend|html|after|before)\s*\()\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')`)
	written     = regexp.MustCompile(`document\s*(?:\.\s*write(?:ln)?|\[\s*["']write(?:ln)?["']\s*\])\s*\(\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|` + "`((?:[^`\\\\]|\\\\.)*)`)")
)

// Destination is where a script sends the visitor, and whether it does so without
// being called.
type Destination struct {
	Address  string
	ByItself func() bool
}

// Targets returns the addresses a script sends the visitor to.
func Targets(text string) []Destination {
	var out []Destination
	var runs func(at int) bool
	add := func(address string, at int) {
		out = append(out, Destination{strings.ReplaceAll(address, `\/`, "/"), func() bool {
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
			if add(text[at[2]:at[3]], at[0]); !out[len(out)-1].ByItself() {
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
