package css

import (
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/dom"

	"golang.org/x/net/html"
)

// Decls are the declarations of a style, property by lower-case name.
type Decls map[string]string

// Parse reads “a:b;c:d”. Later declarations win, but over one that says
// !important only another that says so.
func Parse(s string) Decls {
	if !strings.ContainsRune(s, ':') {
		return nil
	}
	d := Decls{}
	if strings.IndexByte(s, '\\') >= 0 {
		s = unescapeCSS(s)
	}
	for part := range strings.SplitSeq(StripComments(s), ";") {
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
func (d Decls) put(name, value string, firm bool) {
	if firm {
		d["!"+name] = ""
	} else if _, over := d["!"+name]; over {
		return
	}
	d[name] = value
}

// Over lays declarations upon others.
func (d Decls) Over(from Decls) {
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
		if end == i+1 && end < len(s) && asciiLetter(s[end]) {
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

func StripComments(s string) string {
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

// AtLeast reports whether a property is a length of so many pixels or more.
func (d Decls) AtLeast(prop string, px float64) bool {
	v, has := d[prop]
	if !has {
		return false
	}
	n, ok := Length(v)
	return ok && n >= px
}

// AtMost reports whether a property is a length of so many pixels or fewer.
func (d Decls) AtMost(prop string, px float64) bool {
	v, has := d[prop]
	if !has {
		return false
	}
	n, ok := Length(v)
	return ok && n <= px
}

// far off to the left or above, and beyond, to the right or below, nothing is
// seen. Strips of pictures reach some screens to the right.
const (
	far    = -400
	beyond = 9000
)

// Concealment says how a style hides its element, "" when it does not. strong
// is false for ways that menus and tabs use all the time.
func (d Decls) Concealment() (how string, strong bool) {
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
	case d.AtMost("text-indent", -200), d.AtLeast("text-indent", beyond), clipped && d["white-space"] == "nowrap" && strings.HasSuffix(d["text-indent"], "%") && d.AtLeast("text-indent", 1000):
		return Indented, true
	case moved && d.aside(), d.marginsAside(), d.AtLeast("margin-left", beyond), clipped && d.AtLeast("padding-left", beyond), turned == turnedAway, asideBy(d["translate"]):
		return "移到屏幕外", true
	case tinyFont(d["font-size"]), d["font-size"] == "" && noFont(d["font"]):
		return "字号为零", true
	case d.AtMost("letter-spacing", -20), d.AtMost("word-spacing", far):
		return "字距为负，文字叠在一起", true
	case clippedAway(d["clip"]), clippedBy(d["clip-path"]), clippedBy(d["-webkit-clip-path"]), strings.Contains(strings.ReplaceAll(d["mask"]+d["-webkit-mask"]+d["mask-image"]+d["-webkit-mask-image"], " ", ""), "gradient(transparent,transparent"):
		return "裁剪隐藏", true
	case clipped && d.smaller(5) && !d.fills(), scrolled && d.smaller(2) && !d.fills():
		return "高宽为零", true
	case turned == turnedToNothing, zeroNumber(d["zoom"]), zeroNumber(d["scale"]), edgeOn(d["rotate"]):
		return "缩放为零", true
	case moved && strings.HasPrefix(d["z-index"], "-"):
		return "置于底层", true
	case Faint(d["opacity"]), faintBy(filter), strings.Contains(filter, "opacity(0"), blurred(filter):
		return "全透明", false
	case (seeThrough(d["color"]) || seeThrough(d["-webkit-text-fill-color"])) && !strings.Contains(d["background-clip"]+d["-webkit-background-clip"], "text"):
		return "文字透明", true
	case clipped && d["height"] == "" && (zeroLength(d["line-height"]) || d["line-height"] == "1px"):
		return NoLine, false
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
const NoLine = "行高为零"

// indented hides words and not the picture behind them.
const Indented = "文字缩进到屏幕外"

// aside reports whether a placed element lies where nobody sees it.
func (d Decls) aside() bool {
	for _, side := range []string{"left", "top", "right", "bottom", "inset-inline-start", "inset-inline-end", "inset-block-start", "inset-block-end"} {
		if d.AtMost(side, far) || d.AtLeast(side, beyond) {
			return true
		}
	}
	return insetBy(d["inset"], far) || insetBy(d["inset-block"], far) || insetBy(d["inset-inline"], far)
}

// marginsAside reports whether margins push an element off. Equal ones to the left
// and to the right stretch it instead.
func (d Decls) marginsAside() bool {
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
		n, ok := Length(v)
		return v != "" && ok && n <= far
	}
	return off(top) || off(left) && !off(right)
}

// smaller reports whether an element is so high or wide at most.
func (d Decls) smaller(px float64) bool {
	for _, p := range []string{"height", "width", "max-height", "max-width", "block-size", "inline-size", "max-block-size", "max-inline-size"} {
		if d.AtMost(p, px) {
			return true
		}
	}
	return false
}

// fills reports whether an element without a size takes what room there is.
func (d Decls) fills() bool {
	flex := strings.Fields(d["flex"])
	return len(flex) > 0 && flex[0] != "0" && flex[0] != "none" && flex[0] != "initial" || d["flex-grow"] != "" && d["flex-grow"] != "0" || d.AtLeast("min-height", 6) || d.AtLeast("padding-top", 6) || d.AtLeast("padding-bottom", 6) || d.AtLeast("padding", 6)
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
		if n, plain := Length(f[0]); plain && (strings.HasSuffix(f[0], "%") && n >= 500 || n >= -far) {
			return true
		}
		share := func(i int) float64 { // of the box, that a side takes
			i = [][4]int{{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}}[min(len(f), 4)-1][i]
			n, plain := Length(f[i])
			if !plain || !strings.HasSuffix(f[i], "%") {
				return 0
			}
			return n
		}
		return share(0)+share(2) >= 1000 || share(1)+share(3) >= 1000
	case "circle", "ellipse":
		n, plain := Length(f[0])
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
			x, okX := Length(at[0])
			y, okY := Length(at[1])
			left, above = left && okX && x <= 0, above && okY && y <= 0
		}
		return same || left || above
	}
	return false
}

// closer reports whether two plain lengths are no more than a pixel apart, or the wrong
// way round.
func closer(from, until string) bool {
	a, okA := Length(from)
	b, okB := Length(until)
	return okA && okB && b-a <= 1
}

// blurred reports whether a filter leaves no letter to be read.
func blurred(filter string) bool {
	_, by, ok := strings.Cut(filter, "blur(")
	if !ok {
		return false
	}
	by, _, _ = strings.Cut(by, ")")
	n, plain := Length(by)
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

// edgeOn reports whether a rotation about the x or y axis leaves an edge.
func edgeOn(rotate string) bool {
	f := strings.Fields(rotate)
	return len(f) == 2 && (f[0] == "x" || f[0] == "y") && quarter(f[1])
}

// asideBy reports whether one of the distances leads out of sight. A share is of the
// element itself: by its half it is put in the middle, by its whole a strip goes on.
func asideBy(distances string) bool {
	for _, f := range arguments(distances) {
		n, ok := Length(f)
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
		if n, ok := Length(size); ok && size != "" {
			return n >= 0 && n <= 2 // a weight is a hundred at least
		}
	}
	return false
}

// insetBy reports whether one of the sides of an inset lies that far off.
func insetBy(inset string, far float64) bool {
	for f := range strings.FieldsSeq(inset) {
		if n, ok := Length(f); ok && n <= far {
			return true
		}
	}
	return false
}

// Faint reports whether an opacity leaves nothing to be read.
func Faint(v string) bool {
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
	n, ok := Length(size)
	return size != "" && ok && n >= 0 && n <= 2
}

// maxProperties bounds the properties of one rule.
const maxProperties = 200

// Tiny reports whether a size attribute is at most two pixels.
func Tiny(n *html.Node, key string) bool {
	v := strings.TrimSpace(dom.Attr(n, key))
	if v == "" || strings.HasSuffix(v, "%") && v != "0%" {
		return false
	}
	px, ok := Length(v)
	return ok && px <= 2
}
