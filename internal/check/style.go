package check

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/colornames"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// decls are the declarations of a style, property by lower-case name.
type decls map[string]string

// parseDecls reads “a:b;c:d”. Later declarations win, but over one that says
// !important only another that says so.
func parseDecls(s string) decls {
	if !strings.ContainsRune(s, ':') {
		return nil
	}
	d := decls{}
	if strings.IndexByte(s, '\\') >= 0 {
		s = unescapeCSS(s)
	}
	for part := range strings.SplitSeq(stripComments(s), ";") {
		name, value, ok := strings.Cut(part, ":")
		if !ok {
			continue
		}
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.ToLower(strings.TrimSpace(value))
		firm := false
		if i := strings.LastIndexByte(value, '!'); i >= 0 && strings.TrimSpace(value[i+1:]) == "important" {
			value, firm = strings.TrimSpace(value[:i]), true
		}
		d.put(name, value, firm)
	}
	return d
}

// put sets a declaration. That it is firm is kept beside it, under a name that no
// property has.
func (d decls) put(name, value string, firm bool) {
	if firm {
		d["!"+name] = ""
	} else if _, over := d["!"+name]; over {
		return
	}
	d[name] = value
}

// over lays declarations upon others.
func (d decls) over(from decls) {
	for name, value := range from {
		if name[:min(1, len(name))] == "!" {
			continue
		}
		_, firm := from["!"+name]
		d.put(name, value, firm)
	}
}

// unescapeCSS undoes the escapes of letters: d\69splay is display. Escapes of
// other characters stay, so that no declaration ends where none does.
func unescapeCSS(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		end := i + 1
		for end < len(s) && end-i <= 6 && strings.IndexByte("0123456789abcdefABCDEF", s[end]) >= 0 {
			end++
		}
		if end == i+1 && end < len(s) && letter(s[end]) {
			continue // any other letter is itself
		}
		n, err := strconv.ParseUint(s[i+1:end], 16, 32)
		if letter := n | 0x20; err != nil || letter < 'a' || letter > 'z' {
			b.WriteByte(s[i])
			continue
		}
		b.WriteByte(byte(n))
		if i = end - 1; end < len(s) && s[end] == ' ' {
			i = end // one blank ends an escape
		}
	}
	return b.String()
}

func stripComments(s string) string {
	for {
		i := strings.Index(s, "/*")
		if i < 0 {
			return s
		}
		j := strings.Index(s[i+2:], "*/")
		if j < 0 {
			return s[:i]
		}
		s = s[:i] + " " + s[i+2+j+2:]
	}
}

// length reads a CSS length in pixels; em and the like count 16. ok is false
// for anything that is not a plain length.
func length(v string) (px float64, ok bool) {
	v = strings.TrimSpace(v)
	if sum, ok := strings.CutPrefix(v, "calc("); ok {
		return calculated(sum)
	}
	if f := strings.Fields(v); len(f) > 0 {
		v = f[0]
	}
	end := 0
	for end < len(v) && (v[end]-'0' <= 9 || v[end] == '.' || (end == 0 && (v[end] == '-' || v[end] == '+'))) {
		end++
	}
	n, err := strconv.ParseFloat(v[:end], 64)
	if err != nil {
		return 0, false
	}
	switch v[end:] {
	case "", "px":
		return n, true
	case "em", "rem", "ex", "ch":
		return n * 16, true
	case "pt":
		return n * 4 / 3, true
	case "%", "vw", "vh":
		return n * 10, true
	case "cm":
		return n * 38, true
	}
	return 0, n == 0
}

// calculated is a sum of lengths, as calc( has it.
func calculated(sum string) (px float64, ok bool) {
	sum, _, _ = strings.Cut(sum, ")")
	sign := 1.0
	for f := range strings.FieldsSeq(sum) {
		switch f {
		case "+", "-":
			sign = map[string]float64{"+": 1, "-": -1}[f]
			continue
		}
		n, plain := length(f)
		if !plain {
			return 0, false
		}
		px, ok = px+sign*n, true
	}
	return px, ok
}

func (d decls) atLeast(prop string, px float64) bool {
	v, has := d[prop]
	if !has {
		return false
	}
	n, ok := length(v)
	return ok && n >= px
}

func (d decls) atMost(prop string, px float64) bool {
	v, has := d[prop]
	if !has {
		return false
	}
	n, ok := length(v)
	return ok && n <= px
}

// far off to the left or above, and beyond, to the right or below, nothing is
// seen. Strips of pictures reach some screens to the right.
const (
	far    = -400
	beyond = 9000
)

// concealment says how a style hides its element, "" when it does not. strong
// is false for ways that menus and tabs use all the time.
func (d decls) concealment() (how string, strong bool) {
	if len(d) == 0 {
		return "", false
	}
	placed := d["position"] == "absolute" || d["position"] == "fixed"
	moved := placed || d["position"] == "relative"
	clipped := d["overflow"] == "hidden" || d["overflow"] == "clip" || d["overflow-x"] == "hidden" || d["overflow-y"] == "hidden"
	scrolled := strings.HasPrefix(d["overflow"], "auto") || strings.HasPrefix(d["overflow"], "scroll") || d["overflow-y"] == "scroll" || d["overflow-x"] == "scroll" || d["overflow-y"] == "auto"
	filter := strings.ReplaceAll(d["filter"]+d["-ms-filter"], " ", "")
	turned := turn(d["transform"] + d["-webkit-transform"] + d["-ms-transform"])
	switch {
	case d.atMost("text-indent", -200), d.atLeast("text-indent", beyond), clipped && d["white-space"] == "nowrap" && strings.HasSuffix(d["text-indent"], "%") && d.atLeast("text-indent", 1000):
		return "文字缩进到屏幕外", true
	case moved && d.aside(), d.marginsAside(), d.atLeast("margin-left", beyond), clipped && d.atLeast("padding-left", beyond), turned == turnedAway, asideBy(d["translate"]):
		return "移到屏幕外", true
	case d.atMost("font-size", 2) && !strings.HasPrefix(d["font-size"], "-"), d["font-size"] == "" && noFont(d["font"]):
		return "字号为零", true
	case d.atMost("letter-spacing", -20), d.atMost("word-spacing", far):
		return "字距为负，文字叠在一起", true
	case clippedAway(d["clip"]), clippedBy(d["clip-path"]), clippedBy(d["-webkit-clip-path"]), strings.Contains(strings.ReplaceAll(d["mask"]+d["-webkit-mask"]+d["mask-image"]+d["-webkit-mask-image"], " ", ""), "gradient(transparent,transparent"):
		return "裁剪隐藏", true
	case clipped && d.smaller(5) && !d.fills(), scrolled && d.smaller(2) && !d.fills():
		return "高宽为零", true
	case turned == turnedToNothing, d.atMost("zoom", 0.05), zeroNumber(d["scale"]):
		return "缩放为零", true
	case moved && strings.HasPrefix(d["z-index"], "-"):
		return "置于底层", true
	case zeroNumber(d["opacity"]), strings.Contains(filter, "opacity=0)"), strings.Contains(filter, "opacity(0"), blurred(filter):
		return "全透明", false
	case seeThrough(d["color"]), seeThrough(d["-webkit-text-fill-color"]):
		return "文字透明", true
	case clipped && d["height"] == "" && (zeroLength(d["line-height"]) || d["line-height"] == "1px"):
		return noLine, false
	case d["display"] == "none":
		return "不显示（display:none）", false
	case d["visibility"] == "hidden", d["visibility"] == "collapse", d["content-visibility"] == "hidden":
		return "不可见（visibility）", false
	}
	return "", false
}

// noLine hides words and no pictures.
const noLine = "行高为零"

// aside reports whether a placed element lies where nobody sees it.
func (d decls) aside() bool {
	for _, side := range []string{"left", "top", "right", "bottom", "inset-inline-start", "inset-inline-end", "inset-block-start", "inset-block-end"} {
		if d.atMost(side, far) || d.atLeast(side, beyond) {
			return true
		}
	}
	return insetBy(d["inset"], far)
}

// marginsAside reports whether margins push an element off. Equal ones to the left
// and to the right stretch it instead.
func (d decls) marginsAside() bool {
	top, right, left := d["margin-top"], d["margin-right"], d["margin-left"]
	if f := strings.Fields(d["margin"]); len(f) > 0 && len(f) <= 4 {
		all := [][4]int{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}}[len(f)-1]
		for i, v := range []*string{&top, &right, nil, &left} {
			if v != nil && *v == "" {
				*v = f[all[i]]
			}
		}
	}
	off := func(v string) bool {
		n, ok := length(v)
		return v != "" && ok && n <= far
	}
	return off(top) || off(left) && !off(right)
}

// smaller reports whether an element is so high or wide at most.
func (d decls) smaller(px float64) bool {
	for _, p := range []string{"height", "width", "max-height", "max-width"} {
		if d.atMost(p, px) {
			return true
		}
	}
	return false
}

// fills reports whether an element without a size takes what room there is.
func (d decls) fills() bool {
	flex := strings.Fields(d["flex"])
	return len(flex) > 0 && flex[0] != "0" && flex[0] != "none" && flex[0] != "initial" || d["flex-grow"] != "" && d["flex-grow"] != "0" || d.atLeast("min-height", 6) || d.atLeast("padding-top", 6) || d.atLeast("padding-bottom", 6) || d.atLeast("padding", 6)
}

// clippedAway reports whether the old clip leaves nothing: rect(0 0 0 0).
func clippedAway(clip string) bool {
	clip = strings.ReplaceAll(clip, " ", "")
	return strings.HasPrefix(clip, "rect(0") || strings.HasPrefix(clip, "rect(1px")
}

// clippedBy reports whether a clip-path leaves nothing.
func clippedBy(path string) bool {
	name, args, ok := strings.Cut(path, "(")
	if !ok {
		return false
	}
	args, _, _ = strings.Cut(args, ")")
	f := strings.Fields(args)
	if len(f) == 0 {
		return false
	}
	switch strings.TrimSpace(name) {
	case "inset":
		if n, plain := length(f[0]); plain {
			return strings.HasSuffix(f[0], "%") && n >= 500 || n >= -far
		}
	case "circle", "ellipse":
		n, plain := length(f[0])
		return plain && n <= 1
	case "polygon":
		points := strings.Split(args, ",")
		for _, p := range points[1:] {
			if strings.Join(strings.Fields(p), " ") != strings.Join(strings.Fields(points[0]), " ") {
				return false
			}
		}
		return true
	}
	return false
}

// blurred reports whether a filter leaves no letter to be read.
func blurred(filter string) bool {
	_, by, ok := strings.Cut(filter, "blur(")
	if !ok {
		return false
	}
	by, _, _ = strings.Cut(by, ")")
	n, plain := length(by)
	return plain && n >= 20
}

// What a transform makes of an element.
const (
	turnedAway = iota + 1
	turnedToNothing
)

// turn judges a transform by its functions.
func turn(transform string) int {
	for transform != "" {
		name, rest, ok := strings.Cut(transform, "(")
		if !ok {
			return 0
		}
		args, after, _ := strings.Cut(rest, ")")
		transform = after
		f := strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' })
		if len(f) == 0 {
			continue
		}
		switch name = strings.TrimSpace(name); name {
		case "translate", "translatex", "translatey", "translate3d":
			if asideBy(strings.Join(f, " ")) {
				return turnedAway
			}
		case "scale", "scale3d", "scalex", "scaley":
			if zeroNumber(f[0]) || len(f) > 1 && zeroNumber(f[1]) {
				return turnedToNothing
			}
		case "rotatex", "rotatey":
			if f[0] == "90deg" || f[0] == "-90deg" || f[0] == "270deg" || f[0] == ".25turn" || f[0] == "0.25turn" {
				return turnedToNothing
			}
		case "matrix":
			if len(f) == 6 {
				if zeroNumber(f[0]) && zeroNumber(f[1]) || zeroNumber(f[2]) && zeroNumber(f[3]) {
					return turnedToNothing
				}
				if asideBy(f[4] + " " + f[5]) {
					return turnedAway
				}
			}
		}
	}
	return 0
}

// asideBy reports whether one of the distances leads out of sight. A share is of the
// element itself: by its half it is put in the middle, by its whole a strip goes on.
func asideBy(distances string) bool {
	for f := range strings.FieldsSeq(distances) {
		n, ok := length(f)
		if ok && (strings.HasSuffix(f, "%") && n <= -9000 || !strings.HasSuffix(f, "%") && (n <= far || n >= beyond)) {
			return true
		}
	}
	return false
}

// noFont reports whether the shorthand sets a size of nothing: font:0/0 a.
func noFont(font string) bool {
	for f := range strings.FieldsSeq(font) {
		size, _, _ := strings.Cut(f, "/")
		if n, ok := length(size); ok && size != "" {
			return n >= 0 && n <= 2 // a weight is a hundred at least
		}
	}
	return false
}

// insetBy reports whether one of the sides of an inset lies that far off.
func insetBy(inset string, far float64) bool {
	for f := range strings.FieldsSeq(inset) {
		if n, ok := length(f); ok && n <= far {
			return true
		}
	}
	return false
}

func zeroLength(v string) bool {
	n, ok := length(v)
	return v != "" && ok && n == 0
}

func zeroNumber(v string) bool {
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), "%"), 64)
	return err == nil && n >= 0 && n <= 0.02
}

// seeThrough reports whether a colour lets everything through.
func seeThrough(c string) bool {
	if c == "transparent" {
		return true
	}
	if h, ok := strings.CutPrefix(c, "#"); ok {
		return len(h) == 8 && h[6:] == "00" || len(h) == 4 && h[3:] == "0"
	}
	name, _, _ := strings.Cut(c, "(")
	if name != "rgba" && name != "rgb" && name != "hsla" && name != "hsl" {
		return false
	}
	f := parts(c)
	return len(f) == 4 && zeroNumber(f[3])
}

// colour reads a colour value; ok is false for inherit, gradients and pictures.
func colour(v string) (rgb uint32, ok bool) {
	for f := range strings.FieldsSeq(v) {
		if c, known := colornames.Map[f]; known {
			return uint32(c.R)<<16 | uint32(c.G)<<8 | uint32(c.B), true
		}
		if h, isHex := strings.CutPrefix(f, "#"); isHex {
			if len(h) == 3 || len(h) == 4 {
				h = string([]byte{h[0], h[0], h[1], h[1], h[2], h[2]})
			}
			if len(h) >= 6 {
				if n, err := strconv.ParseUint(h[:6], 16, 32); err == nil {
					return uint32(n), true
				}
			}
		}
	}
	if _, hsl, has := strings.Cut(v, "hsl"); has {
		return hslColour(hsl)
	}
	if _, rgb, has := strings.Cut(v, "rgb"); has {
		return rgbColour(rgb)
	}
	return 0, false
}

// parts are what stands in the brackets of a function, apart.
func parts(call string) []string {
	_, args, opened := strings.Cut(call, "(")
	args, _, closed := strings.Cut(args, ")")
	if !opened || !closed {
		return nil
	}
	return strings.FieldsFunc(args, func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
}

// rgbColour reads the three parts of rgb(, in numbers or in shares.
func rgbColour(call string) (rgb uint32, ok bool) {
	f := parts(call)
	if len(f) < 3 {
		return 0, false
	}
	for _, s := range f[:3] {
		most := 255.0
		if share, is := strings.CutSuffix(s, "%"); is {
			s, most = share, 100
		}
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || n < 0 || n > most {
			return 0, false
		}
		rgb = rgb<<8 | uint32(n*255/most)
	}
	return rgb, true
}

// hslColour reads a colour by its hue, in degrees, and the shares of colour and of
// light.
func hslColour(call string) (rgb uint32, ok bool) {
	f := parts(call)
	if len(f) < 3 {
		return 0, false
	}
	var n [3]float64
	for i, s := range f[:3] {
		var err error
		if n[i], err = strconv.ParseFloat(strings.TrimSuffix(strings.TrimSuffix(s, "%"), "deg"), 64); err != nil || i > 0 && (n[i] < 0 || n[i] > 100) {
			return 0, false
		}
	}
	hue := math.Mod(math.Mod(n[0], 360)+360, 360)
	full, light := n[1]/100, n[2]/100
	spread := full * min(light, 1-light)
	for _, at := range [3]float64{0, 8, 4} {
		k := math.Mod(at+hue/30, 12)
		rgb = rgb<<8 | uint32(math.Round(255*(light-spread*max(-1, min(k-3, 9-k, 1)))))
	}
	return rgb, true
}

// alike reports whether two colours cannot be told apart by a reader.
func alike(a, b uint32) bool {
	for shift := 0; shift < 24; shift += 8 {
		x, y := int(a>>shift&255), int(b>>shift&255)
		if x-y > 8 || y-x > 8 {
			return false
		}
	}
	return true
}

// rule is one rule of a style block for a single compound selector.
type rule struct {
	weight  int // by which one rule goes before another: ids, classes, tags of the whole selector
	at      int // its place among all rules
	tag     string
	id      string
	classes []string
	attrs   []attrTest
	not     []string // classes
	decls   decls
}

// attrTest is one condition in brackets: [name], [name=is], [name*=is] …
type attrTest struct {
	name, is string
	by       byte // 0: there is one; '=': equal; else the sign before it
}

func (t attrTest) holds(value string, has bool) bool {
	if !has {
		return false
	}
	switch t.by {
	case 0:
		return true
	case '=':
		return value == t.is
	case '*':
		return strings.Contains(value, t.is)
	case '^':
		return strings.HasPrefix(value, t.is)
	case '$':
		return strings.HasSuffix(value, t.is)
	case '~':
		return slices.Contains(strings.Fields(value), t.is)
	case '|':
		return value == t.is || strings.HasPrefix(value, t.is+"-")
	}
	return false
}

// sheet indexes the rules of a page's style blocks by class, id and tag.
type sheet struct {
	byClass, byID, byTag map[string][]*rule
	byAttr               []*rule  // of no class, id or tag
	asked                []string // attributes that rules ask for
	placed               bool     // one of them is a place among neighbours
	vars                 decls    // custom properties, wherever they are set
	n                    int
	known                map[attire]*looks
}

// attire is all of an element that decides how it is drawn.
type attire struct{ tag, class, id, style, ground, ink, attrs string }

// looks are how an element is drawn, and how that hides it.
type looks struct {
	decls  decls
	how    string
	strong bool
}

var plainLooks = &looks{}

// maxRules bounds the rules kept; a page with more carries a framework inline.
const maxRules = 20000

func newSheet() *sheet {
	return &sheet{byClass: map[string][]*rule{}, byID: map[string][]*rule{}, byTag: map[string][]*rule{}}
}

// add reads a style block. Rules inside @media are left out but those for every
// screen: what is hidden on paper or on narrow screens is seen elsewhere.
func (s *sheet) add(css string) {
	s.known = nil
	s.read(stripComments(css), 0)
}

// mediaDeep bounds how deep blocks of @media are followed.
const mediaDeep = 4

func (s *sheet) read(css string, deep int) {
	for len(css) > 0 && s.n < maxRules {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return
		}
		sel := strings.TrimSpace(css[:open])
		if i := strings.LastIndexByte(sel, ';'); i >= 0 { // @import …;
			sel = strings.TrimSpace(sel[i+1:])
		}
		css = css[open+1:]
		if strings.HasPrefix(sel, "@") {
			end := blockEnd(css)
			if deep < mediaDeep && everyScreen(sel) {
				s.read(strings.TrimSuffix(css[:end], "}"), deep+1)
			}
			css = css[end:]
			continue
		}
		end := strings.IndexByte(css, '}')
		if end < 0 {
			end = len(css)
		}
		own := css[:end]
		if inner := strings.IndexByte(own, '{'); inner >= 0 { // rules within a rule
			end = blockEnd(css) - 1
			within := strings.TrimSuffix(css[:end+1], "}")
			own = within[:strings.LastIndexByte(within[:inner], ';')+1]
			if deep < mediaDeep {
				s.read(strings.ReplaceAll(within[len(own):], "&", " "), deep+1)
			}
		}
		d := parseDecls(own)
		css = css[min(end+1, len(css)):]
		if d == nil {
			continue
		}
		for name, value := range d {
			if strings.HasPrefix(name, "--") {
				if s.vars == nil {
					s.vars = decls{}
				}
				s.vars[name] = value
			}
		}
		for one := range selectors(sel) {
			s.addRule(one, d)
		}
	}
}

// selectors are the single ones of a list, with those of :is( and :where( each by
// itself.
func selectors(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, is := range []string{":is(", ":where("} {
			before, rest, ok := strings.Cut(list, is)
			inner, after, closed := strings.Cut(rest, ")")
			if ok && closed && !strings.ContainsAny(inner, "(") && !strings.ContainsAny(before+after, ",") {
				for one := range strings.SplitSeq(inner, ",") {
					if !yield(before + strings.TrimSpace(one) + after) {
						return
					}
				}
				return
			}
		}
		for one := range strings.SplitSeq(list, ",") {
			if !yield(one) {
				return
			}
		}
	}
}

// everyScreen reports whether a rule holds on every screen.
func everyScreen(rule string) bool {
	rule = lowered(rule)
	if strings.HasPrefix(rule, "@supports") || strings.HasPrefix(rule, "@layer") {
		return true
	}
	media, ok := strings.CutPrefix(rule, "@media")
	return ok && anyMedium(media)
}

// anyMedium reports whether a condition of media, or one of a list of them, is met
// by every screen.
func anyMedium(media string) bool {
	for one := range strings.SplitSeq(media, ",") {
		one = strings.TrimPrefix(strings.Join(strings.Fields(one), " "), "only ")
		switch one {
		case "screen", "all", "not print":
			return true
		case "":
			if media == one {
				return true
			}
			continue
		}
		for _, screen := range []string{"screen and ", "all and "} {
			one = strings.TrimPrefix(one, screen)
		}
		size := strings.TrimSuffix(strings.ReplaceAll(one, " ", ""), ")")
		if least, ok := strings.CutPrefix(size, "(min-width:"); ok {
			if n, plain := length(least); plain && n <= 320 { // no screen is narrower
				return true
			}
		}
		if most, ok := strings.CutPrefix(size, "(max-width:"); ok {
			if n, plain := length(most); plain && n >= 10_000 { // and none wider
				return true
			}
		}
	}
	return false
}

// blockEnd returns the position after the “}” that closes an open block.
func blockEnd(css string) int {
	depth := 1
	for i := range len(css) {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(css)
}

// maxSelector bounds a selector, in bytes: longer ones hide nothing in honest pages.
const maxSelector = 1000

func (s *sheet) addRule(sel string, d decls) {
	sel = strings.TrimSpace(sel)
	if sel == "" || len(sel) > maxSelector {
		return
	}
	r := &rule{decls: d}
	var ok bool
	if sel, ok = r.conditions(sel); !ok || strings.ContainsRune(sel, ':') {
		return
	}
	r.weight += specificity(sel)
	r.at = s.n
	parts := strings.FieldsFunc(sel, combinator)
	if len(parts) > 1 && parts[len(parts)-1] == "*" {
		// Whatever hides everything in an element hides the element.
		if how, _ := d.concealment(); how == "" {
			return
		}
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 {
		if len(r.attrs) > 0 && len(s.byAttr) < maxSame {
			s.byAttr = append(s.byAttr, r)
			s.ask(r)
			s.n++
		}
		return
	}
	// Ancestors in the selector are not looked at: a rule that hides in one
	// place is enough to ask where a link leads.
	last := parts[len(parts)-1]
	if strings.ContainsRune(last, '*') {
		return
	}
	for last != "" {
		next := strings.IndexAny(last[1:], ".#")
		piece := last
		if next >= 0 {
			piece, last = last[:next+1], last[next+1:]
		} else {
			last = ""
		}
		switch piece[0] {
		case '.':
			r.classes = append(r.classes, piece[1:])
		case '#':
			r.id = piece[1:]
		default:
			r.tag = strings.ToLower(piece)
		}
	}
	s.ask(r)
	switch {
	case r.id != "":
		s.put(s.byID, r.id, r)
	case len(r.classes) > 0:
		s.put(s.byClass, r.classes[0], r)
	case r.tag != "":
		s.put(s.byTag, r.tag, r)
	}
}

// combinator reports whether a sign joins the compounds of a selector.
func combinator(r rune) bool {
	return r == ' ' || r == '>' || r == '+' || r == '~' || r == '\n' || r == '\t'
}

// What ids, classes and tags weigh in a selector.
const (
	idWeight    = 10_000
	classWeight = 100
)

// specificity is how much a selector weighs against others: one id more than any classes,
// one class more than any tags.
func specificity(sel string) int {
	n := strings.Count(sel, "#")*idWeight + (strings.Count(sel, ".")+strings.Count(sel, ":"))*classWeight
	for compound := range strings.FieldsFuncSeq(sel, combinator) {
		if letter(compound[0]) {
			n++
		}
	}
	return n
}

// conditions takes what stands in brackets and in :not( out of the last compound
// of a selector; ok is false for what is not understood.
func (r *rule) conditions(sel string) (rest string, ok bool) {
	for {
		before, after, has := strings.Cut(sel, ":not(")
		if !has {
			break
		}
		class, after, closed := strings.Cut(after, ")")
		if !closed || !strings.HasPrefix(class, ".") || strings.ContainsAny(class[1:], ".#:[ ") || strings.ContainsAny(after, " >+~") {
			return sel, false
		}
		r.not = append(r.not, class[1:])
		r.weight += classWeight
		sel = before + after
	}
	sel = anyLink.Replace(sel)
	sel = r.amongOthers(sel)
	for {
		open := strings.IndexByte(sel, '[')
		if open < 0 {
			return sel, true
		}
		end := strings.IndexByte(sel[open:], ']')
		if end < 0 {
			return sel, false
		}
		inner, after := sel[open+1:open+end], sel[open+end+1:]
		sel = sel[:open] + after
		if strings.ContainsAny(after, " >+~") {
			continue // of an ancestor
		}
		t := attrTest{}
		name, value, compared := strings.Cut(inner, "=")
		if compared {
			t.by = '='
			if i := len(name) - 1; i > 0 && strings.IndexByte("*^$~|", name[i]) >= 0 {
				t.by, name = name[i], name[:i]
			}
			value = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(value), " i"), " s")
			if t.is = strings.Trim(value, `"'`); t.is == "" {
				return sel, false
			}
		}
		t.name = strings.ToLower(strings.TrimSpace(name))
		r.attrs = append(r.attrs, t)
		r.weight += classWeight
	}
}

// anyLink takes out what is true of every link.
var anyLink = strings.NewReplacer("a:link", "a", "a:any-link", "a")

// amongOthers takes a condition on the place among its neighbours off the end of a
// selector: one that names the place, not a row of places. It is kept like an
// attribute of that name.
func (r *rule) amongOthers(sel string) string {
	at := strings.LastIndexByte(sel, ':')
	if at < 0 {
		return sel
	}
	name, place := sel[at:], ""
	switch name {
	case ":first-child":
		name, place = ":nth-child", "1"
	case ":last-child":
		name, place = ":nth-last-child", "1"
	case ":first-of-type":
		name, place = ":nth-of-type", "1"
	case ":last-of-type":
		name, place = ":nth-last-of-type", "1"
	default:
		var ok bool
		if name, place, ok = strings.Cut(strings.TrimSuffix(name, ")"), "("); !ok {
			return sel
		}
		place = strings.TrimSpace(place)
		if n, err := strconv.Atoi(place); err != nil || n < 1 || n > maxSame || !strings.HasPrefix(name, ":nth-") {
			return sel
		}
	}
	r.attrs = append(r.attrs, attrTest{name: name, is: place, by: '='})
	r.weight += classWeight
	return sel[:at]
}

// placeAmong is the place of an element among its neighbours, as a condition asks for
// it; "" beyond those that are asked for.
func placeAmong(n *html.Node, name string) string {
	step := func(e *html.Node) *html.Node { return e.PrevSibling }
	if strings.Contains(name, "-last-") {
		step = func(e *html.Node) *html.Node { return e.NextSibling }
	}
	place := 1
	for e := step(n); e != nil; e = step(e) {
		if e.Type == html.ElementNode && (!strings.HasSuffix(name, "-type") || e.Data == n.Data) {
			if place++; place > maxSame {
				return ""
			}
		}
	}
	return strconv.Itoa(place)
}

// ask notes which attributes decide how an element looks.
func (s *sheet) ask(r *rule) {
	for _, t := range r.attrs {
		if !slices.Contains(s.asked, t.name) && len(s.asked) < maxSame {
			s.asked = append(s.asked, t.name)
			s.placed = s.placed || t.name[:min(1, len(t.name))] == ":"
		}
	}
}

// maxSame bounds the rules under one key, so that a page made of one rule
// repeated costs no more per element than an honest one.
const maxSame = 32

func (s *sheet) put(index map[string][]*rule, key string, r *rule) {
	have := index[key]
	for _, old := range have {
		if old.tag == r.tag && old.id == r.id && slices.Equal(old.classes, r.classes) && slices.Equal(old.attrs, r.attrs) && slices.Equal(old.not, r.not) {
			merged := maps.Clone(old.decls)
			if r.weight >= old.weight {
				merged.over(r.decls)
			} else {
				merged = maps.Clone(r.decls)
				merged.over(old.decls)
			}
			old.decls, old.weight, old.at = merged, max(old.weight, r.weight), s.n
			s.n++
			return
		}
	}
	if len(have) < maxSame {
		index[key] = append(have, r)
		s.n++
	}
}

// of returns how an element is drawn: style blocks, then its own style
// attribute and the colour attributes of old markup. Elements written alike,
// which most are, share one answer.
func (s *sheet) of(n *html.Node) *looks {
	if len(n.Attr) == 0 && s.byTag[n.Data] == nil && !s.placed {
		return plainLooks
	}
	w := attire{attrs: s.wears(n), style: attr(n, "style"), ground: attr(n, "bgcolor")}
	if n.DataAtom == atom.Font {
		w.ink = attr(n, "color")
	}
	if n.DataAtom == atom.Svg && (tiny(n, "width") || tiny(n, "height")) {
		w.style = "overflow:hidden;height:0;" + w.style // as a drawing is cut off
	}
	if s.n > 0 {
		w.tag, w.class = n.Data, attr(n, "class")
		if id := attr(n, "id"); id != "" && s.byID[id] != nil {
			w.id = id
		}
	}
	if w == (attire{}) {
		return plainLooks
	}
	known := s.known[w]
	if known == nil {
		if s.known == nil {
			s.known = map[attire]*looks{}
		}
		known = &looks{decls: s.declared(w)}
		known.how, known.strong = known.decls.concealment()
		s.known[w] = known
	}
	return known
}

// declared are the declarations that apply to an element so written.
func (s *sheet) declared(w attire) decls {
	var d decls
	put := func(from decls) {
		if len(from) == 0 {
			return
		}
		if d == nil {
			d = decls{}
		}
		d.over(from)
	}
	names := strings.Fields(w.class)
	if len(names) > maxSame {
		names = names[:maxSame]
	}
	var met []*rule
	apply := func(rs []*rule) {
		for _, r := range rs {
			if r.tag != "" && r.tag != w.tag || r.id != "" && r.id != w.id {
				continue
			}
			all := true
			for _, c := range r.classes {
				all = all && slices.Contains(names, c)
			}
			for _, c := range r.not {
				all = all && !slices.Contains(names, c)
			}
			for _, t := range r.attrs {
				all = all && t.holds(w.worn(t.name))
			}
			if all {
				met = append(met, r)
			}
		}
	}
	apply(s.byTag[w.tag])
	for _, c := range names {
		apply(s.byClass[c])
	}
	if w.id != "" {
		apply(s.byID[w.id])
	}
	apply(s.byAttr)
	slices.SortStableFunc(met, func(a, b *rule) int { return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(a.at, b.at)) })
	for _, r := range met {
		put(r.decls)
	}
	put(parseDecls(w.style))
	if w.ground != "" {
		put(decls{"background": strings.ToLower(w.ground)})
	}
	if w.ink != "" {
		put(decls{"color": strings.ToLower(w.ink)})
	}
	s.resolve(d)
	return d
}

// resolve puts the values of custom properties in their places.
func (s *sheet) resolve(d decls) {
	for name, value := range d {
		for range 4 {
			before, rest, ok := strings.Cut(value, "var(")
			if !ok {
				break
			}
			call, after, _ := strings.Cut(rest, ")")
			custom, fallback, _ := strings.Cut(call, ",")
			custom = strings.TrimSpace(custom)
			is, known := d[custom]
			if !known {
				is, known = s.vars[custom]
			}
			if !known {
				is = strings.TrimSpace(fallback)
			}
			value = before + is + after
			d[name] = strings.TrimSpace(value)
		}
	}
}

// wears are the attributes of an element that rules ask for.
func (s *sheet) wears(n *html.Node) string {
	if len(s.asked) == 0 {
		return ""
	}
	var b strings.Builder
	for _, name := range s.asked {
		if name[0] == ':' {
			b.WriteString(name + "\x00" + placeAmong(n, name) + "\x01")
			continue
		}
		if hasAttr(n, name) {
			b.WriteString(name + "\x00" + clip(attr(n, name), 200) + "\x01")
		}
	}
	return b.String()
}

// worn is one of these.
func (w attire) worn(name string) (value string, has bool) {
	for one := range strings.SplitSeq(w.attrs, "\x01") {
		if value, ok := strings.CutPrefix(one, name+"\x00"); ok {
			return value, true
		}
	}
	return "", false
}
