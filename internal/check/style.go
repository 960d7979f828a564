package check

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"regexp"
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
	before, rest, has := strings.Cut(s, "/*")
	if !has {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for b.WriteString(before); has; b.WriteString(before) {
		if _, rest, has = strings.Cut(rest, "*/"); !has {
			break // the comment is not closed
		}
		b.WriteByte(' ')
		before, rest, has = strings.Cut(rest, "/*")
	}
	return b.String()
}

// length reads a CSS length in pixels; em and the like count 16. ok is false
// for anything that is not a plain length.
func length(v string) (px float64, ok bool) {
	v = strings.TrimSpace(v)
	if strings.IndexByte(v, '(') >= 0 {
		return calculated(v)
	}
	if i := strings.IndexAny(v, " \t\n"); i > 0 {
		v = v[:i]
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

// calculated is what calc(, min(, max( or clamp( come to.
func calculated(v string) (px float64, ok bool) {
	c := calculation{rest: v}
	px, ok = c.factor()
	return px, ok
}

// calculation reads the functions of arithmetic, lengths in pixels.
type calculation struct {
	rest string
	deep int
}

func (c *calculation) next() byte {
	c.rest = strings.TrimLeft(c.rest, " \t\n")
	if c.rest == "" {
		return 0
	}
	return c.rest[0]
}

func (c *calculation) sum() (n float64, ok bool) {
	n, ok = c.product()
	for ok {
		sign := c.next()
		if sign != '+' && sign != '-' {
			break
		}
		c.rest = c.rest[1:]
		var by float64
		if by, ok = c.product(); sign == '-' {
			by = -by
		}
		n += by
	}
	return n, ok
}

func (c *calculation) product() (n float64, ok bool) {
	n, ok = c.factor()
	for ok {
		sign := c.next()
		if sign != '*' && sign != '/' {
			break
		}
		c.rest = c.rest[1:]
		var by float64
		if by, ok = c.factor(); !ok {
			break
		}
		if sign == '/' {
			if by == 0 {
				return 0, false
			}
			by = 1 / by
		}
		n *= by
	}
	return n, ok
}

func (c *calculation) factor() (n float64, ok bool) {
	if c.next() == 0 || c.deep > 8 {
		return 0, false
	}
	open := strings.IndexAny(c.rest, "( \t\n,)*/")
	if open < 0 || c.rest[open] != '(' {
		end := len(c.rest)
		if open > 0 {
			end = open
		}
		n, ok = length(c.rest[:end])
		c.rest = c.rest[end:]
		return n, ok && end > 0
	}
	name := c.rest[:open]
	c.rest = c.rest[open+1:]
	c.deep++
	defer func() { c.deep-- }()
	var args []float64
	for {
		one, plain := c.sum()
		if !plain || len(args) > 8 {
			return 0, false
		}
		args = append(args, one)
		if c.next() != ',' {
			break
		}
		c.rest = c.rest[1:]
	}
	if c.next() == ')' {
		c.rest = c.rest[1:]
	}
	switch name {
	case "", "calc", "-webkit-calc", "-moz-calc":
		return args[0], len(args) == 1
	case "min":
		return slices.Min(args), true
	case "max":
		return slices.Max(args), true
	case "clamp":
		return max(args[0], min(args[1%len(args)], args[len(args)-1])), len(args) == 3
	}
	return 0, false
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
	plain := true
	for name, value := range d {
		plain = plain && ordinary(name, value)
	}
	if plain {
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
		return indented, true
	case moved && d.aside(), d.marginsAside(), d.atLeast("margin-left", beyond), clipped && d.atLeast("padding-left", beyond), turned == turnedAway, asideBy(d["translate"]):
		return "移到屏幕外", true
	case tinyFont(d["font-size"]), d["font-size"] == "" && noFont(d["font"]):
		return "字号为零", true
	case d.atMost("letter-spacing", -20), d.atMost("word-spacing", far):
		return "字距为负，文字叠在一起", true
	case clippedAway(d["clip"]), clippedBy(d["clip-path"]), clippedBy(d["-webkit-clip-path"]), strings.Contains(strings.ReplaceAll(d["mask"]+d["-webkit-mask"]+d["mask-image"]+d["-webkit-mask-image"], " ", ""), "gradient(transparent,transparent"):
		return "裁剪隐藏", true
	case clipped && d.smaller(5) && !d.fills(), scrolled && d.smaller(2) && !d.fills():
		return "高宽为零", true
	case turned == turnedToNothing, zeroNumber(d["zoom"]), zeroNumber(d["scale"]), edgeOn(d["rotate"]):
		return "缩放为零", true
	case moved && strings.HasPrefix(d["z-index"], "-"):
		return "置于底层", true
	case faint(d["opacity"]), faintBy(filter), strings.Contains(filter, "opacity(0"), blurred(filter):
		return "全透明", false
	case (seeThrough(d["color"]) || seeThrough(d["-webkit-text-fill-color"])) && !strings.Contains(d["background-clip"]+d["-webkit-background-clip"], "text"):
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

// ordinary reports whether a declaration is one of those that hide nothing with any
// other: as nearly all of running text are.
func ordinary(name, value string) bool {
	if value == "" {
		return true
	}
	c := value[0]
	switch name {
	case "text-align", "font-family", "font-weight", "font-style", "vertical-align", "text-decoration", "list-style", "list-style-type", "cursor", "word-break", "word-wrap", "text-justify", "float", "clear",
		"border", "border-top", "border-bottom", "border-left", "border-right", "border-collapse", "background", "background-color", "background-image":
		return true
	case "color":
		return c == '#' && len(value) == 7 || c == '#' && len(value) == 4 || len(value) < 8 && c >= 'a' && c <= 'z' && strings.IndexByte(value, '(') < 0
	case "font-size":
		return c >= '1' && c <= '9' && len(value) > 2 && value[1]-'0' <= 9 && value[len(value)-1] != '%'
	case "text-indent", "margin", "margin-top", "margin-left", "margin-bottom", "margin-right", "padding-left":
		return c-'0' <= 9 && len(value) <= 4
	case "line-height":
		return c >= '1' && c <= '9' && value != "1px"
	case "display":
		return value == "block" || value == "inline-block" || value == "inline"
	}
	return false
}

// noLine hides words and no pictures.
const noLine = "行高为零"

// indented hides words and not the picture behind them.
const indented = "文字缩进到屏幕外"

// aside reports whether a placed element lies where nobody sees it.
func (d decls) aside() bool {
	for _, side := range []string{"left", "top", "right", "bottom", "inset-inline-start", "inset-inline-end", "inset-block-start", "inset-block-end"} {
		if d.atMost(side, far) || d.atLeast(side, beyond) {
			return true
		}
	}
	return insetBy(d["inset"], far) || insetBy(d["inset-block"], far) || insetBy(d["inset-inline"], far)
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
	for _, p := range []string{"height", "width", "max-height", "max-width", "block-size", "inline-size", "max-block-size", "max-inline-size"} {
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
		if n, plain := length(f[0]); plain && (strings.HasSuffix(f[0], "%") && n >= 500 || n >= -far) {
			return true
		}
		share := func(i int) float64 { // of the box, that a side takes
			i = [][4]int{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}}[min(len(f), 4)-1][i]
			n, plain := length(f[i])
			if !plain || !strings.HasSuffix(f[i], "%") {
				return 0
			}
			return n
		}
		return share(0)+share(2) >= 1000 || share(1)+share(3) >= 1000
	case "circle", "ellipse":
		n, plain := length(f[0])
		return plain && n <= 1
	case "rect":
		return len(f) >= 4 && closer(f[3], f[1]) || len(f) >= 4 && closer(f[0], f[2])
	case "xywh":
		return len(f) >= 4 && (closer("0", f[2]) || closer("0", f[3]))
	case "path":
		return !strings.ContainsAny(args, "lhvcsqta")
	case "polygon":
		points := strings.Split(args, ",")
		same, left, above := true, true, true
		for _, p := range points {
			at := strings.Fields(p)
			same = same && strings.Join(at, " ") == strings.Join(strings.Fields(points[0]), " ")
			if len(at) != 2 {
				return same && len(points) > 1
			}
			x, okX := length(at[0])
			y, okY := length(at[1])
			left, above = left && okX && x <= 0, above && okY && y <= 0
		}
		return same || left || above
	}
	return false
}

// closer reports whether two plain lengths are no more than a pixel apart, or the wrong
// way round.
func closer(from, until string) bool {
	a, okA := length(from)
	b, okB := length(until)
	return okA && okB && b-a <= 1
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
		end := closing(rest)
		args := rest[:end]
		transform = rest[min(end+1, len(rest)):]
		f := arguments(args)
		if len(f) == 0 {
			continue
		}
		switch name = strings.TrimSpace(name); name {
		case "translate", "translatex", "translatey", "translate3d":
			if slices.ContainsFunc(f, asideBy) {
				return turnedAway
			}
		case "scale", "scale3d", "scalex", "scaley":
			if zeroNumber(f[0]) || len(f) > 1 && zeroNumber(f[1]) {
				return turnedToNothing
			}
		case "rotatex", "rotatey", "skew", "skewx", "skewy":
			if quarter(f[0]) {
				return turnedToNothing
			}
		case "rotate3d":
			if len(f) == 4 && zeroNumber(f[2]) && quarter(f[3]) {
				return turnedToNothing
			}
		case "matrix", "matrix3d":
			a, b, c, d, x, y := 0, 1, 2, 3, 4, 5
			if len(f) == 16 {
				c, d, x, y = 4, 5, 12, 13
			} else if len(f) != 6 {
				continue
			}
			if zeroNumber(f[a]) && zeroNumber(f[b]) || zeroNumber(f[c]) && zeroNumber(f[d]) {
				return turnedToNothing
			}
			if asideBy(f[x]) || asideBy(f[y]) {
				return turnedAway
			}
		}
	}
	return 0
}

// closing is where the bracket that is open before s closes; the end where it does not.
func closing(s string) int {
	depth := 1
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

// arguments are what stands between the commas of a function; where there are none,
// between its blanks.
func arguments(args string) (out []string) {
	by := byte(',')
	if strings.IndexByte(args, ',') < 0 && strings.IndexByte(args, '(') < 0 {
		by = ' '
	}
	depth, from := 0, 0
	for i := 0; i <= len(args); i++ {
		switch {
		case i == len(args) || args[i] == by && depth == 0:
			if one := strings.TrimSpace(args[from:i]); one != "" {
				out = append(out, one)
			}
			from = i + 1
		case args[i] == '(':
			depth++
		case args[i] == ')':
			depth--
		}
	}
	return out
}

// quarter reports whether an angle turns the edge to the reader.
func quarter(angle string) bool {
	switch angle {
	case "90deg", "-90deg", "270deg", ".25turn", "0.25turn", "100grad":
		return true
	}
	return false
}

// edgeOn reports whether a rotation about the x or y axis leaves an edge.
func edgeOn(rotate string) bool {
	f := strings.Fields(rotate)
	return len(f) == 2 && (f[0] == "x" || f[0] == "y") && quarter(f[1])
}

// asideBy reports whether one of the distances leads out of sight. A share is of the
// element itself: by its half it is put in the middle, by its whole a strip goes on.
func asideBy(distances string) bool {
	for _, f := range arguments(distances) {
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

// quantity reads a number or a share of the whole; ok is false for anything else.
func quantity(v string) (n float64, ok bool) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, false
	}
	if strings.IndexByte(v, '(') >= 0 {
		return calculated(v)
	}
	share, isShare := strings.CutSuffix(v, "%")
	n, err := strconv.ParseFloat(share, 64)
	if isShare {
		n /= 100
	}
	return n, err == nil
}

func zeroNumber(v string) bool {
	n, ok := quantity(v)
	return ok && n >= 0 && n <= 0.02
}

// faint reports whether an opacity leaves nothing to be read.
func faint(v string) bool {
	n, ok := quantity(v)
	return ok && n <= 0.05
}

// faintBy is the same of the old filter, in hundredths; filter is without blanks.
func faintBy(filter string) bool {
	_, by, ok := strings.Cut(filter, "opacity=")
	if !ok {
		return false
	}
	by, _, _ = strings.Cut(by, ")")
	n, err := strconv.Atoi(by)
	return err == nil && n <= 5
}

// tinyFont reports whether letters of a size are too small to be seen.
func tinyFont(size string) bool {
	if share, ok := strings.CutSuffix(size, "%"); ok {
		n, err := strconv.ParseFloat(share, 64)
		return err == nil && n >= 0 && n <= 12 // of 16 pixels
	}
	n, ok := length(size)
	return size != "" && ok && n >= 0 && n <= 2
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
	if name != "rgba" && name != "rgb" && name != "hsla" && name != "hsl" && name != "hwb" {
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
	if _, rgb, has := strings.Cut(v, "rgb("); has {
		return rgbColour("(" + rgb)
	}
	if _, rgb, has := strings.Cut(v, "rgba("); has {
		return rgbColour("(" + rgb)
	}
	return extremeColour(v)
}

// extremeColour reads white and black in the newer ways to write a colour; of others ok
// is false.
func extremeColour(v string) (rgb uint32, ok bool) {
	name, _, has := strings.Cut(v, "(")
	if !has {
		return 0, false
	}
	f := parts(v)
	var n []float64
	for _, s := range f {
		if one, plain := quantity(strings.TrimSuffix(s, "deg")); plain {
			n = append(n, one)
		}
	}
	if len(n) < 3 {
		return 0, false
	}
	light, most := n[0], 1.0
	switch strings.TrimSpace(name) {
	case "hwb":
		if n[1] > 1 || n[2] > 1 { // without the sign of a share
			n[1], n[2] = n[1]/100, n[2]/100
		}
		if n[1] >= 0.99 {
			return 0xffffff, true
		}
		return 0, n[2] >= 0.99
	case "lab", "lch":
		if !strings.HasSuffix(f[0], "%") {
			most = 100
		}
		if n[1] != 0 {
			return 0, false
		}
	case "oklab", "oklch":
		if n[1] != 0 {
			return 0, false
		}
	case "color":
		if n[0] != n[1] || n[1] != n[2] {
			return 0, false
		}
	default:
		return 0, false
	}
	switch {
	case light >= 0.99*most:
		return 0xffffff, true
	case light <= 0.01*most:
		return 0, true
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
	not     []string // classes; "<" and a tag
	up      []ancestor
	upText  string
	decls   decls
	sel     string // as it is written
	from    int    // the sheet of a dress that it stands in, from 1
}

// attrTest is one condition in brackets: [name], [name=is], [name*=is] …
type attrTest struct {
	name, is string
	by       byte // 0: there is one; '=': equal; '!': other; else the sign before it
}

func (t attrTest) holds(value string, has bool) bool {
	if t.by == '!' {
		return value != t.is
	}
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
	styleOf              func(string) decls // reads a style attribute
	matters              map[string]bool    // class attributes of which some rule asks for a part
	byClass, byID, byTag map[string][]*rule
	byAttr               []*rule // of no class, id or tag
	nested               bool    // some rule asks for ancestors
	openers              []*rule // of what shows an element when something is pointed at or chosen
	under                *html.Node
	underKnown           map[*rule]bool // by parent under
	asked                []string       // attributes that rules ask for
	placed               bool           // one of them is a place among neighbours
	vars                 decls          // custom properties, wherever they are set
	n                    int
	known                map[attire]*looks
	some                 bool // reading what holds on screens of some width alone
	from                 int  // the sheet of a dress that is read
}

// attire is all of an element that decides how it is drawn.
type attire struct {
	tag, class, id, style, ground, ink, attrs string
	within                                    string // rules whose ancestors it has
	anywhere                                  bool   // ancestors are not known
}

// looks are how an element is drawn, and how that hides it.
type looks struct {
	decls  decls
	how    string
	strong bool
}

var plainLooks = &looks{}

// maxRules bounds the rules kept; a page with more carries a framework inline.
const maxRules = 20000

func newSheet(read func(style string) decls) *sheet {
	return &sheet{styleOf: read, byClass: map[string][]*rule{}, byID: map[string][]*rule{}, byTag: map[string][]*rule{}}
}

// add reads a style block. Rules inside @media are left out but those for every
// screen: what is hidden on paper or on narrow screens is seen elsewhere.
func (s *sheet) add(css string) {
	s.known, s.matters = nil, nil
	css, carried := carriedSheets(stripComments(css))
	for _, sheet := range carried {
		s.read(stripComments(sheet), 0)
	}
	s.read(css, 0)
}

// carriedSheets takes out of a style block the sheets that it imports from an address
// that is their own text.
func carriedSheets(css string) (rest string, sheets []string) {
	for range maxSame {
		at := strings.Index(lowered(css), "@import")
		if at < 0 {
			break
		}
		address := strings.TrimLeft(css[at+len("@import"):], " \t\n")
		end := ";"
		if inner, ok := strings.CutPrefix(address, "url("); ok {
			address, end = strings.TrimLeft(inner, " \t\n"), ")"
		}
		if address != "" && (address[0] == '"' || address[0] == '\'') {
			address, end = address[1:], address[:1]
		}
		own, after, closed := strings.Cut(address, end)
		if !closed {
			break
		}
		sheets = append(sheets, dataText(own))
		css = css[:at] + strings.TrimLeft(after, ") \t\n;")
	}
	return css, sheets
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
			} else if deep < mediaDeep && !s.some && someWidth(sel) {
				s.some = true
				s.read(strings.TrimSuffix(css[:end], "}"), deep+1)
				s.some = false
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
		if d == nil || len(d) > maxProperties {
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
			if s.n >= maxRules {
				return
			}
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
	for _, always := range []string{"@supports", "@layer", "@scope", "@starting-style"} {
		if strings.HasPrefix(rule, always) {
			return always != "@starting-style"
		}
	}
	if box, ok := strings.CutPrefix(rule, "@container"); ok {
		i := strings.IndexByte(box, '(')
		return i >= 0 && anyMedium(box[i:])
	}
	media, ok := strings.CutPrefix(rule, "@media")
	return ok && anyMedium(media)
}

// screenWidth is what a rule asks of the width of a screen, in pixels.
var screenWidth = regexp.MustCompile(`(?:min|max)-(?:device-)?width\s*:\s*(\d{3,4})(?:\.\d+)?px`)

// someWidth reports whether a rule is for the screens of some width that readers have:
// what it shows is shown to those.
func someWidth(rule string) bool {
	rule = lowered(rule)
	if !strings.HasPrefix(rule, "@media") || strings.Contains(rule, "print") || strings.Contains(rule, "not ") {
		return false
	}
	widths := screenWidth.FindAllStringSubmatch(rule, 8)
	for _, m := range widths {
		if px, err := strconv.Atoi(m[1]); err != nil || px < 320 || px > 1920 {
			return false
		}
	}
	return len(widths) > 0
}

// anyMedium reports whether a condition of media, or one of a list of them, is met
// by every screen.
func anyMedium(media string) bool {
	var all []string
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
		if not, ok := strings.CutPrefix(one, "not all and "); ok {
			if noScreen(not) {
				return true
			}
			continue
		}
		for _, screen := range []string{"screen and ", "all and "} {
			one = strings.TrimPrefix(one, screen)
		}
		met := true
		for asks := range strings.SplitSeq(one, " and ") {
			met = met && metByAll(asks)
		}
		if met {
			return true
		}
		all = append(all, strings.ReplaceAll(one, " ", ""))
	}
	// Two that no screen escapes together.
	return slices.Contains(all, "(orientation:portrait)") && slices.Contains(all, "(orientation:landscape)") ||
		slices.Contains(all, "(hover:hover)") && slices.Contains(all, "(hover:none)")
}

// Sizes no screen is smaller than, or larger.
const (
	narrowest = 320
	lowest    = 200
	largest   = 10_000
)

// metByAll reports whether one condition in brackets is met by every screen.
func metByAll(asks string) bool {
	asks = strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(asks, " ", ""), "("), ")")
	switch asks {
	case "color", "min-color:1", "width", "height", "aspect-ratio", "resolution", "orientation":
		return true
	}
	for _, c := range []struct {
		begins string
		most   bool // else least
		px     float64
	}{{"min-width:", false, narrowest}, {"width>=", false, narrowest}, {"width>", false, narrowest - 1}, {"min-height:", false, lowest}, {"height>=", false, lowest}, {"height>", false, lowest - 1},
		{"max-width:", true, largest}, {"width<=", true, largest}, {"max-height:", true, largest}, {"height<=", true, largest}} {
		size, ok := strings.CutPrefix(asks, c.begins)
		if !ok {
			continue
		}
		if n, plain := length(size); plain && (!c.most && n <= c.px || c.most && n >= c.px) {
			return true
		}
	}
	return false
}

// noScreen reports whether no screen meets a condition.
func noScreen(asks string) bool {
	asks = strings.TrimSuffix(strings.TrimPrefix(strings.ReplaceAll(asks, " ", ""), "("), ")")
	for begins, px := range map[string]float64{"max-width:": narrowest, "max-height:": lowest} {
		if size, ok := strings.CutPrefix(asks, begins); ok {
			n, plain := length(size)
			return plain && n < px
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
	if strings.ContainsRune(sel, ':') {
		sel = plainSelector.Replace(sel)
	}
	if strings.IndexByte(sel, '*') >= 0 {
		sel = starred.Replace(" " + sel)
	}
	if s.some {
		if r := (&rule{decls: d}); d["display"] != "" && d.reveals() && !strings.ContainsAny(sel, ":[*") && len(s.openers) < maxOpeners && s.compound(r, sel) {
			s.openers = append(s.openers, r)
			s.nested = s.nested || len(r.up) > 0
		}
		return
	}
	if opens, is := opener(sel); is {
		if d.reveals() && len(s.openers) < maxOpeners {
			if r := (&rule{decls: d}); s.compound(r, opens) {
				s.openers = append(s.openers, r)
				s.nested = s.nested || len(r.up) > 0
			}
		}
		if strings.ContainsRune(opens, ':') || strings.ContainsRune(sel, ':') {
			return
		}
	}
	r := &rule{decls: d, sel: sel, from: s.from}
	var ok bool
	if sel, ok = r.conditions(sel); !ok || strings.ContainsRune(sel, ':') {
		return
	}
	r.weight += specificity(sel)
	r.at = s.n
	if !s.compound(r, sel) {
		return
	}
	if len(r.classes) == 0 && r.id == "" && r.tag == "" {
		if len(r.attrs) > 0 && len(s.byAttr) < maxSame {
			s.byAttr = append(s.byAttr, r)
			s.ask(r)
			s.n++
		}
		return
	}
	s.nested = s.nested || len(r.up) > 0
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

// compound reads the last compound of a selector into a rule, and those before it as
// what it asks of the ancestors; ok is false for what is not understood.
func (s *sheet) compound(r *rule, sel string) (ok bool) {
	parts := strings.FieldsFunc(sel, combinator)
	if len(parts) > 1 && parts[len(parts)-1] == "*" {
		// Whatever hides everything in an element hides the element.
		if how, _ := r.decls.concealment(); how == "" {
			return false
		}
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 {
		return true
	}
	last := parts[len(parts)-1]
	if strings.ContainsRune(last, '*') {
		return false
	}
	r.tag, r.id, r.classes = compoundOf(last)
	if len(parts) > 1 && !strings.ContainsAny(sel, "+~") { // a neighbour is not looked at
		for _, up := range parts[:len(parts)-1] {
			if strings.ContainsAny(up, "[*:") {
				continue
			}
			a := ancestor{}
			a.tag, a.id, a.classes = compoundOf(up)
			r.up = append(r.up, a)
		}
		r.upText = strings.Join(parts[:len(parts)-1], " ")
	}
	return true
}

// compoundOf are the parts of a compound.
func compoundOf(last string) (tag, id string, classes []string) {
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
			classes = append(classes, piece[1:])
		case '#':
			id = piece[1:]
		default:
			tag = strings.ToLower(piece)
		}
	}
	return tag, id, classes
}

// ancestor is what a rule asks of an element above.
type ancestor struct {
	tag, id string
	classes []string
}

func (a ancestor) is(n *html.Node) bool {
	if a.tag != "" && a.tag != n.Data || a.id != "" && a.id != attr(n, "id") {
		return false
	}
	if len(a.classes) == 0 {
		return true
	}
	worn := attr(n, "class")
	for _, c := range a.classes {
		if !wears(worn, c) {
			return false
		}
	}
	return true
}

// wears reports whether a class attribute names a class.
func wears(worn, class string) bool {
	for {
		i := strings.Index(worn, class)
		if i < 0 {
			return false
		}
		end := i + len(class)
		if (i == 0 || worn[i-1] <= ' ') && (end == len(worn) || worn[end] <= ' ') {
			return true
		}
		worn = worn[i+1:]
	}
}

// below reports whether an element has the ancestors that a rule asks for.
func (s *sheet) below(n *html.Node, r *rule) bool {
	if n.Parent != s.under {
		s.under, s.underKnown = n.Parent, nil
	}
	is, known := s.underKnown[r]
	if known {
		return is
	}
	left := len(r.up)
	for up := n.Parent; up != nil && left > 0; up = up.Parent {
		if r.up[left-1].is(up) {
			left--
		}
	}
	if s.underKnown == nil {
		s.underKnown = map[*rule]bool{}
	}
	s.underKnown[r] = left == 0
	return left == 0
}

// maxOpeners bounds the rules that show something, maxNested the rules with ancestors
// under one key that are looked at closely.
const (
	maxOpeners = 200
	maxNested  = 12
)

// opens reports whether some rule shows an element when something above it is pointed
// at, or it or something above it is chosen.
func (s *sheet) opens(n *html.Node) bool {
	for _, r := range s.openers {
		if (ancestor{r.tag, r.id, r.classes}).is(n) && (r.tag != "" || r.id != "" || len(r.classes) > 0) && s.below(n, r) {
			return true
		}
	}
	return false
}

// reveals reports whether a style shows what another hides.
func (d decls) reveals() bool {
	if how, _ := d.concealment(); how != "" {
		return false
	}
	for _, p := range []string{"display", "visibility", "opacity", "height", "max-height", "left", "right", "top", "transform", "content-visibility", "clip", "clip-path"} {
		if d[p] != "" {
			return true
		}
	}
	return false
}

// Marks of an element that is pointed at, chosen or opened for the moment.
var (
	pointed = []string{":hover", ":focus-within", ":focus-visible", ":focus", ":active", ":target", ":checked"}
	chosen  = map[string]bool{"on": true, "active": true, "cur": true, "current": true, "open": true, "opened": true, "show": true, "shown": true, "selected": true, "hover": true, "in": true, "expanded": true, "visible": true, "act": true, "now": true, "select": true, "sfhover": true, "slick-initialized": true, "aos-animate": true}
)

// opener reports whether a selector asks that something be pointed at or chosen, and
// returns it without that.
func opener(sel string) (opens string, is bool) {
	opens = sel
	for _, p := range pointed {
		at := strings.LastIndex(opens, p)
		if at < 0 {
			continue
		}
		// What is not shown cannot be pointed at itself.
		if (p == ":hover" || p == ":active") && !strings.ContainsAny(opens[at:], " >+~") {
			continue
		}
		opens, is = strings.ReplaceAll(opens, p, ""), true
	}
	if strings.IndexByte(opens, '.') < 0 {
		return opens, is
	}
	var b strings.Builder
	for i := 0; i < len(opens); {
		b.WriteByte(opens[i])
		if opens[i] != '.' {
			i++
			continue
		}
		end := i + 1
		for end < len(opens) && strings.IndexByte(" .#:[>+~", opens[end]) < 0 {
			end++
		}
		name := opens[i+1 : end]
		if chosen[name] || strings.HasPrefix(name, "is-") || strings.HasSuffix(name, "-active") || strings.HasSuffix(name, "-open") || strings.HasSuffix(name, "-show") {
			is = true
			cut := b.String()
			b.Reset()
			b.WriteString(cut[:len(cut)-1])
		} else {
			b.WriteString(name)
		}
		i = end
	}
	return b.String(), is
}

// plainSelector takes out what is true of everything that is not pointed at.
var plainSelector = strings.NewReplacer(":root", "html", ":not(:hover)", "", ":not(:focus)", "", ":not(:active)", "", ":not(:target)", "", ":not(:focus-within)", "", ":not(:empty)", "",
	":nth-child(n)", "", ":nth-child(1n)", "", ":nth-of-type(n)", "", ":nth-last-child(n)", "", ":has(> a)", ":has(a)", ":has(>a)", ":has(a)", ":has(a[href])", ":has(a)")

// starred takes the star off a compound that says more.
var starred = strings.NewReplacer(" *.", " .", " *#", " #", " *[", " [", ">*.", ">.")

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
	if before, has := strings.CutSuffix(sel, ":has(a)"); has {
		r.attrs = append(r.attrs, attrTest{name: ":has(a)", is: "1", by: '='})
		r.weight++
		sel = before
	}
	for {
		before, after, has := strings.Cut(sel, ":not(")
		if !has {
			break
		}
		class, after, closed := strings.Cut(after, ")")
		if !closed || class == "" || strings.ContainsAny(class[1:], ".#:[ ") || strings.ContainsAny(after, " >+~") {
			return sel, false
		}
		switch {
		case class[0] == '.':
			r.not = append(r.not, class[1:])
		case class[0] == '#':
			r.attrs = append(r.attrs, attrTest{name: "id", is: class[1:], by: '!'})
		case letter(class[0]):
			r.not = append(r.not, "<"+strings.ToLower(class))
		default:
			return sel, false
		}
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
	if name == ":has(a)" {
		if find(n, atom.A) != nil {
			return "1"
		}
		return ""
	}
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
		if old.tag == r.tag && old.id == r.id && slices.Equal(old.classes, r.classes) && old.upText == r.upText && slices.Equal(old.attrs, r.attrs) && slices.Equal(old.not, r.not) {
			merged := maps.Clone(old.decls)
			if r.weight >= old.weight {
				merged.over(r.decls)
			} else {
				merged = maps.Clone(r.decls)
				merged.over(old.decls)
			}
			if s.from > 0 && r.hides() {
				old.sel, old.from = r.sel, r.from
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
	w := s.attire(n)
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

// attire is all of an element that rules ask for.
func (s *sheet) attire(n *html.Node) attire {
	w := attire{attrs: s.wears(n), style: attr(n, "style"), ground: attr(n, "bgcolor")}
	if n.DataAtom == atom.Font {
		w.ink = attr(n, "color")
	}
	if n.Namespace == "svg" {
		w.style = drawing(n) + w.style
	}
	if s.n > 0 && s.askedFor(n) {
		w.tag, w.class = n.Data, attr(n, "class")
		if id := attr(n, "id"); id != "" && s.byID[id] != nil {
			w.id = id
		}
		if s.nested {
			w.within = s.within(n, w)
		}
	}
	return w
}

// askedFor reports whether some rule asks for the tag, id or a class of an element.
func (s *sheet) askedFor(n *html.Node) bool {
	if s.byTag[n.Data] != nil || len(s.byAttr) > 0 {
		return true
	}
	if id := attr(n, "id"); id != "" && s.byID[id] != nil {
		return true
	}
	class := attr(n, "class")
	if class == "" {
		return false
	}
	is, known := s.matters[class]
	if !known {
		for c := range strings.FieldsSeq(class) {
			is = is || s.byClass[c] != nil
		}
		if s.matters == nil {
			s.matters = map[string]bool{}
		}
		s.matters[class] = is
	}
	return is
}

// within names the rules for such an element whose ancestors it has.
func (s *sheet) within(n *html.Node, w attire) string {
	var b []byte
	look := func(rs []*rule) {
		met := 0
		for _, r := range rs {
			if len(r.up) == 0 {
				continue
			}
			if met++; met > maxNested || s.below(n, r) {
				b = append(strconv.AppendInt(b, int64(r.at), 10), ' ')
			}
		}
	}
	if w.tag != "" {
		look(s.byTag[w.tag])
	}
	if w.class != "" {
		k := 0
		for c := range strings.FieldsSeq(w.class) {
			if k++; k > maxSame {
				break
			}
			look(s.byClass[c])
		}
	}
	if w.id != "" {
		look(s.byID[w.id])
	}
	return string(b)
}

// has reports whether the ancestors that a rule asks for are there.
func (w attire) has(r *rule) bool {
	return wears(w.within, strconv.Itoa(r.at))
}

// drawing is how the attributes of a drawing's element style it.
func drawing(n *html.Node) string {
	if len(n.Attr) == 0 {
		return ""
	}
	var b strings.Builder
	words := n.Data == "text" || n.Data == "tspan" || n.Data == "textPath"
	for _, a := range n.Attr {
		switch a.Key {
		case "display", "visibility", "opacity", "transform", "clip-path":
			b.WriteString(a.Key + ":" + a.Val + ";")
		case "font-size":
			b.WriteString("font-size:" + a.Val + ";")
		case "fill-opacity":
			if words {
				b.WriteString("opacity:" + a.Val + ";")
			}
		case "fill":
			if words && (a.Val == "none" || a.Val == "transparent") && !hasAttr(n, "stroke") {
				b.WriteString("color:transparent;")
			}
		case "x", "y", "dx", "dy":
			if words {
				b.WriteString("position:absolute;" + map[string]string{"x": "left:", "dx": "left:", "y": "top:", "dy": "top:"}[a.Key] + a.Val + ";")
			}
		case "width", "height":
			if (n.Data == "svg" || n.Data == "foreignObject") && tiny(n, a.Key) {
				b.WriteString("overflow:hidden;height:0;") // as a drawing is cut off
			}
		}
	}
	return b.String()
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
	for _, r := range s.met(w) {
		put(r.decls)
	}
	own := s.styleOf(w.style)
	if d == nil && w.ground == "" && w.ink == "" && !strings.Contains(w.style, "var(") {
		return own
	}
	put(own)
	if w.ground != "" {
		put(decls{"background": strings.ToLower(w.ground)})
	}
	if w.ink != "" {
		put(decls{"color": strings.ToLower(w.ink)})
	}
	s.resolve(d)
	return d
}

// met are the rules that apply to an element so written, the weightiest last.
func (s *sheet) met(w attire) (met []*rule) {
	names := strings.Fields(w.class)
	if len(names) > maxSame {
		names = names[:maxSame]
	}
	apply := func(rs []*rule) {
		for _, r := range rs {
			if r.tag != "" && r.tag != w.tag || r.id != "" && r.id != w.id {
				continue
			}
			all := len(r.up) == 0 || w.anywhere || w.has(r)
			for _, c := range r.classes {
				all = all && slices.Contains(names, c)
			}
			for _, c := range r.not {
				all = all && c != "<"+w.tag && !slices.Contains(names, c)
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
	return met
}

// resolve puts the values of custom properties in their places.
func (s *sheet) resolve(d decls) {
	for name, value := range d {
		for range 4 {
			before, rest, ok := strings.Cut(value, "var(")
			if !ok {
				break
			}
			end := closing(rest)
			call, after := rest[:end], rest[min(end+1, len(rest)):]
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

// maxProperties bounds the properties of one rule.
const maxProperties = 200

// hides reports whether a rule hides by itself.
func (r *rule) hides() bool {
	how, _ := r.decls.concealment()
	return how != ""
}
