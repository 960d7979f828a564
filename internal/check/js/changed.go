package js

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// turnedText is a text that a script writes back to front, and how it stood there.
type turnedText struct{ was, text string }

const (
	// mostChanged bounds the texts of one script that are followed through what is done to them.
	mostChanged = 64
	// mostTurned bounds those of them that are written back to front.
	mostTurned = 16
	// mostSteps bounds the pattern by which a text is searched: who hides an address needs few.
	mostSteps = 200
)

// effort is what may still be spent on the texts of a script: a few times what it is long,
// however much its changes would make of it.
type effort int

func effortFor(t string) effort { return effort(16<<10 + 8*len(t)) }

// spend reports whether so much is left, and takes it.
func (e *effort) spend(n int) bool {
	if *e -= effort(n); *e < 0 {
		*e = 0
		return false
	}
	return true
}

var (
	// change is one thing done to a text: signs taken out or put for others, or the whole
	// turned round.
	change = regexp.MustCompile(`^\s*\.\s*(?:replace(?:All)?\s*\(\s*(?:/((?:[^/\\\n]|\\.){1,24})/([gimsu]{0,4})|"([^"\\\n]{1,16})"|'([^'\\\n]{1,16})')\s*,\s*(?:"([^"\\\n]{0,16})"|'([^'\\\n]{0,16})')\s*\)|split\s*\(\s*(?:"([^"\\\n]{0,16})"|'([^'\\\n]{0,16})')\s*\)\s*(\.\s*reverse\s*\(\s*\)\s*)?\.\s*join\s*\(\s*(?:"([^"\\\n]{0,16})"|'([^'\\\n]{0,16})')\s*\))`)
	// spread is a text taken apart into its characters and put together back to front.
	spread = regexp.MustCompile(`(?:\[\s*\.\.\.\s*|Array\s*\.\s*from\s*\(\s*)(?:"([^"\\\n]{8,})"|'([^'\\\n]{8,})'|([A-Za-z_$][\w$]{0,40}))\s*[\])]\s*\.\s*reverse\s*\(\s*\)`)
	// countDown reads a text from its end.
	countDown = regexp.MustCompile(`for\s*\([^;\n]{0,60}?([A-Za-z_$][\w$]{0,40})\s*\.\s*length\s*-\s*1\s*;[^;\n]{0,30};\s*(?:\w+\s*--|--\s*\w+|\w+\s*-=\s*1)\s*\)\s*\{?\s*[\w$]+\s*\+=\s*([A-Za-z_$][\w$]{0,40})\s*(?:\.\s*(?:charAt|substr|substring|slice)\s*\(|\[)`)
	// changer is a function that does such things to what it is given, and nothing else.
	changer = regexp.MustCompile(`function\s+([A-Za-z_$][\w$]{0,40})\s*\(\s*([A-Za-z_$][\w$]{0,40})\s*\)\s*\{\s*return\s+([A-Za-z_$][\w$]{0,40})\s*(\.[^{}\n]{4,200}?);?\s*\}`)
)

// changedTexts writes the texts of a script as they are after what the script does to
// them; those turned round are returned by themselves.
func changedTexts(t string) (changed string, turned []turnedText) {
	if !strings.Contains(t, "replace") && !strings.Contains(t, "split") && !strings.Contains(t, "reverse") && !strings.Contains(t, ".length") {
		return t, nil
	}
	var texts map[string]string
	textOfName := func(name string) (string, bool) {
		if texts == nil {
			if texts = namedTexts(t); texts == nil {
				texts = map[string]string{}
			}
		}
		is, ok := texts[name]
		if !ok {
			return "", false
		}
		return is[1 : len(is)-1], true
	}
	if strings.Contains(t, "reverse") {
		for _, m := range spread.FindAllStringSubmatch(t, mostChanged) {
			text := m[1] + m[2]
			if m[3] != "" {
				text, _ = textOfName(m[3])
			}
			if text != "" {
				turned = append(turned, turnedText{m[0], backToFront(text)})
			}
		}
	}
	if strings.Contains(t, "--") || strings.Contains(t, "-=") {
		for _, m := range countDown.FindAllStringSubmatch(t, mostChanged) {
			if text, ok := textOfName(m[2]); ok && m[1] == m[2] {
				turned = append(turned, turnedText{m[0], backToFront(text)})
			}
		}
	}
	left := effortFor(t)
	t = calledChangers(t, &left)
	var b strings.Builder
	from, met := 0, 0
	for at := 0; met < mostChanged; {
		i := nextChange(t[at:])
		if i < 0 {
			break
		}
		dot := at + i
		at = dot + 1
		start, text, ok := operand(t[from:dot], textOfName)
		if !ok {
			continue
		}
		start += from
		met++
		is, end, back := afterChanges(text, t[dot:], &left)
		if end == 0 {
			continue
		}
		at = dot + end
		if back {
			turned = append(turned, turnedText{t[start:at], is})
			continue
		}
		b.WriteString(t[from:start] + quoted(is))
		from = at
		if b.Len() > MaxScript {
			break // what follows is not read
		}
	}
	turned = turned[:min(len(turned), mostTurned)]
	if from == 0 {
		return t, turned
	}
	b.WriteString(t[from:])
	return b.String(), turned
}

// nextChange is where the next thing that may be done to a text begins; -1 for none.
func nextChange(t string) int {
	for at := 0; ; at++ {
		i := strings.IndexByte(t[at:], '.')
		if i < 0 {
			return -1
		}
		if at += i; strings.HasPrefix(t[at:], ".replace") || strings.HasPrefix(t[at:], ".split") {
			return at
		}
	}
}

// operand is the text that stands at the end of a piece of script, written out or by a
// name, and where it begins.
func operand(before string, textOfName func(string) (string, bool)) (start int, text string, ok bool) {
	before = strings.TrimRight(before, scriptBlanks)
	if before == "" {
		return 0, "", false
	}
	end := len(before) - 1
	if q := before[end]; q == '"' || q == '\'' {
		i := strings.LastIndexByte(before[:end], q)
		if i < 0 || end-i < 5 || strings.ContainsAny(before[i+1:end], "\\\n") && strings.ContainsAny(strings.NewReplacer(`\/`, "").Replace(before[i+1:end]), "\\\n") {
			return 0, "", false
		}
		return i, strings.ReplaceAll(before[i+1:end], `\/`, "/"), true
	}
	name := lastName(before)
	if name == "" {
		return 0, "", false
	}
	text, ok = textOfName(name)
	return len(before) - len(name), text, ok && len(text) >= 4
}

// afterChanges is what a text comes to by the changes at the front of a piece of script,
// how long these are, and whether they turn it round.
func afterChanges(text, t string, left *effort) (is string, end int, back bool) {
	for range 16 {
		m := change.FindStringSubmatch(t[end:])
		if m == nil || !left.spend(2*len(text)+len(m[0])) {
			break
		}
		switch by, to := m[3]+m[4], m[5]+m[6]; {
		case m[1] != "":
			pattern, steps := patternOf(m[1], strings.Contains(m[2], "i"))
			// Where it is found at every place so much comes in.
			if pattern == nil || !left.spend(len(text)*steps) || len(to) > 0 && !left.spend(len(pattern.FindAllStringIndex(text, -1))*len(to)) {
				return text, end, back // of a kind that is not understood, or too much
			}
			text = pattern.ReplaceAllLiteralString(text, to)
		case by != "":
			if !left.spend(strings.Count(text, by) * len(to)) {
				return text, end, back
			}
			text = strings.ReplaceAll(text, by, to)
		default:
			between, join := m[7]+m[8], m[10]+m[11]
			if !left.spend((strings.Count(text, between) + 1) * (1 + len(join))) {
				return text, end, back
			}
			parts := strings.Split(text, between)
			if m[9] != "" {
				back = true
				slices.Reverse(parts)
			}
			text = strings.Join(parts, join)
		}
		text = text[:min(len(text), MaxScript)]
		end += len(m[0])
	}
	return text, end, back
}

// patternOf is a pattern of a script and how many steps it has; nil for one that is not
// understood or has too many.
func patternOf(written string, fold bool) (*regexp.Regexp, int) {
	if fold {
		written = "(?i)" + written
	}
	tree, err := syntax.Parse(written, syntax.Perl)
	if err != nil {
		return nil, 0
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil || len(program.Inst) > mostSteps {
		return nil, 0
	}
	pattern, err := regexp.Compile(written)
	if err != nil {
		return nil, 0
	}
	return pattern, len(program.Inst)
}

// calledChangers puts in the place of a call what the function makes of the text it is
// given.
func calledChangers(t string, left *effort) string {
	if !strings.Contains(t, "return") {
		return t
	}
	for _, m := range changer.FindAllStringSubmatch(t, 4) {
		if m[2] != m[3] {
			continue
		}
		call, err := regexp.Compile(`\b` + regexp.QuoteMeta(m[1]) + `\(\s*(?:"([^"\\\n]{4,})"|'([^'\\\n]{4,})')\s*\)`)
		if err != nil {
			continue
		}
		t = call.ReplaceAllStringFunc(t, func(s string) string {
			given := call.FindStringSubmatch(s)
			is, end, _ := afterChanges(given[1]+given[2], m[4], left)
			if end == 0 {
				return s
			}
			return quoted(is)
		})
	}
	return t
}
