package check

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// decls are the declarations of a style, property by lower-case name.
type decls map[string]string

// parseDecls reads “a:b;c:d”. Later declarations win, !important is dropped.
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
		value = strings.ToLower(strings.TrimSpace(value))
		if i := strings.Index(value, "!important"); i >= 0 {
			value = strings.TrimSpace(value[:i])
		}
		d[strings.ToLower(strings.TrimSpace(name))] = value
	}
	return d
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

func (d decls) atMost(prop string, px float64) bool {
	v, has := d[prop]
	if !has {
		return false
	}
	n, ok := length(v)
	return ok && n <= px
}

// concealment says how a style hides its element, "" when it does not. strong
// is false for ways that menus and tabs use all the time.
func (d decls) concealment() (how string, strong bool) {
	if len(d) == 0 {
		return "", false
	}
	placed := d["position"] == "absolute" || d["position"] == "fixed"
	moved := placed || d["position"] == "relative"
	overflow := d["overflow"] == "hidden" || d["overflow"] == "clip" || d["overflow-x"] == "hidden" || d["overflow-y"] == "hidden"
	transform := strings.ReplaceAll(d["transform"]+d["-webkit-transform"]+d["-ms-transform"], " ", "")
	const far = -400
	switch {
	case d.atMost("text-indent", -200):
		return "文字缩进到屏幕外", true
	case moved && (d.atMost("left", far) || d.atMost("top", far) || d.atMost("right", far) || d.atMost("bottom", far) || insetBy(d["inset"], far)),
		d.atMost("margin-left", far), d.atMost("margin-top", far) && d["margin-top"] != "", strings.Contains(transform, "translate") && strings.Contains(transform, "-") && offscreen(transform):
		return "移到屏幕外", true
	case d.atMost("font-size", 2) && !strings.HasPrefix(d["font-size"], "-"), d["font-size"] == "" && noFont(d["font"]):
		return "字号为零", true
	case strings.HasPrefix(strings.ReplaceAll(d["clip"], " ", ""), "rect(0") || strings.HasPrefix(strings.ReplaceAll(d["clip"], " ", ""), "rect(1px"),
		strings.HasPrefix(d["clip-path"], "inset(5") || strings.HasPrefix(d["clip-path"], "inset(100") || strings.HasPrefix(strings.ReplaceAll(d["clip-path"], " ", ""), "circle(0"):
		return "裁剪隐藏", true
	case overflow && (d.atMost("height", 2) || d.atMost("width", 2) || d.atMost("max-height", 2) || d.atMost("max-width", 2)):
		return "高宽为零", true
	case strings.Contains(transform, "scale") && zeroScale(transform), d["zoom"] == "0", d["scale"] == "0":
		return "缩放为零", true
	case moved && strings.HasPrefix(d["z-index"], "-"):
		return "置于底层", true
	case zeroNumber(d["opacity"]), strings.Contains(strings.ReplaceAll(d["filter"], " ", ""), "opacity=0)"), strings.Contains(strings.ReplaceAll(d["filter"], " ", ""), "opacity(0"):
		return "全透明", false
	case d["color"] == "transparent", strings.HasPrefix(d["color"], "rgba") && transparent(d["color"]):
		return "文字透明", true
	case d["display"] == "none":
		return "不显示（display:none）", false
	case d["visibility"] == "hidden", d["visibility"] == "collapse", d["content-visibility"] == "hidden":
		return "不可见（visibility）", false
	}
	return "", false
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

func offscreen(transform string) bool {
	i := strings.IndexByte(transform, '-')
	n, ok := length(strings.TrimRight(strings.FieldsFunc(transform[i:], func(r rune) bool { return r == ',' || r == ')' })[0], ")"))
	return ok && n <= -400
}

func zeroScale(transform string) bool {
	i := strings.Index(transform, "scale")
	open := strings.IndexByte(transform[i:], '(')
	if open < 0 {
		return false
	}
	arg := transform[i+open+1:]
	if j := strings.IndexAny(arg, ",)"); j >= 0 {
		arg = arg[:j]
	}
	return zeroNumber(arg)
}

func zeroNumber(v string) bool {
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(v), "%"), 64)
	return err == nil && n >= 0 && n <= 0.02
}

func transparent(c string) bool {
	f := strings.FieldsFunc(strings.Trim(c, "rgba()"), func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
	return len(f) == 4 && zeroNumber(f[3])
}

var namedColours = map[string]uint32{
	"white": 0xffffff, "black": 0, "red": 0xff0000, "blue": 0x0000ff, "green": 0x008000, "gray": 0x808080, "grey": 0x808080, "silver": 0xc0c0c0, "yellow": 0xffff00, "navy": 0x000080, "whitesmoke": 0xf5f5f5, "snow": 0xfffafa, "ivory": 0xfffff0, "ghostwhite": 0xf8f8ff, "orange": 0xffa500, "maroon": 0x800000,
}

// colour reads a colour value; ok is false for inherit, gradients and pictures.
func colour(v string) (rgb uint32, ok bool) {
	for f := range strings.FieldsSeq(v) {
		if c, known := namedColours[f]; known {
			return c, true
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
	if i := strings.Index(v, "rgb"); i >= 0 {
		if j, k := strings.IndexByte(v[i:], '('), strings.IndexByte(v[i:], ')'); j > 0 && k > j {
			f := strings.FieldsFunc(v[i+j+1:i+k], func(r rune) bool { return r == ',' || r == ' ' || r == '/' })
			if len(f) >= 3 {
				for _, s := range f[:3] {
					n, err := strconv.Atoi(s)
					if err != nil || n < 0 || n > 255 {
						return 0, false
					}
					rgb = rgb<<8 | uint32(n)
				}
				return rgb, true
			}
		}
	}
	return 0, false
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
	tag     string
	id      string
	classes []string
	decls   decls
}

// sheet indexes the rules of a page's style blocks by class, id and tag.
type sheet struct {
	byClass, byID, byTag map[string][]*rule
	n                    int
	known                map[attire]*looks
}

// attire is all of an element that decides how it is drawn.
type attire struct{ tag, class, id, style, ground, ink string }

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
		d := parseDecls(css[:end])
		css = css[min(end+1, len(css)):]
		if d == nil {
			continue
		}
		for one := range strings.SplitSeq(sel, ",") {
			s.addRule(one, d)
		}
	}
}

// everyScreen reports whether a rule holds on every screen.
func everyScreen(rule string) bool {
	media, ok := strings.CutPrefix(lowered(rule), "@media")
	if !ok {
		return false
	}
	switch strings.TrimSpace(media) {
	case "screen", "all", "only screen", "screen,print", "screen, print":
		return true
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

func (s *sheet) addRule(sel string, d decls) {
	sel = strings.TrimSpace(sel)
	if sel == "" || strings.ContainsAny(sel, ":[*") {
		return
	}
	parts := strings.FieldsFunc(sel, func(r rune) bool { return r == ' ' || r == '>' || r == '+' || r == '~' || r == '\n' || r == '\t' })
	if len(parts) == 0 {
		return
	}
	// Ancestors in the selector are not looked at: a rule that hides in one
	// place is enough to ask where a link leads.
	r := &rule{decls: d}
	last := parts[len(parts)-1]
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
	switch {
	case r.id != "":
		s.put(s.byID, r.id, r)
	case len(r.classes) > 0:
		s.put(s.byClass, r.classes[0], r)
	case r.tag != "":
		s.put(s.byTag, r.tag, r)
	}
}

// maxSame bounds the rules under one key, so that a page made of one rule
// repeated costs no more per element than an honest one.
const maxSame = 32

func (s *sheet) put(index map[string][]*rule, key string, r *rule) {
	have := index[key]
	for _, old := range have {
		if old.tag == r.tag && old.id == r.id && slices.Equal(old.classes, r.classes) {
			merged := maps.Clone(old.decls)
			maps.Copy(merged, r.decls)
			old.decls = merged
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
	if len(n.Attr) == 0 && s.byTag[n.Data] == nil {
		return plainLooks
	}
	w := attire{style: attr(n, "style"), ground: attr(n, "bgcolor")}
	if n.DataAtom == atom.Font {
		w.ink = attr(n, "color")
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
		for k, v := range from {
			d[k] = v
		}
	}
	names := strings.Fields(w.class)
	if len(names) > maxSame {
		names = names[:maxSame]
	}
	apply := func(rs []*rule) {
		for _, r := range rs {
			if r.tag != "" && r.tag != w.tag || r.id != "" && r.id != w.id {
				continue
			}
			all := true
			for _, c := range r.classes {
				all = all && slices.Contains(names, c)
			}
			if all {
				put(r.decls)
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
	put(parseDecls(w.style))
	if w.ground != "" {
		put(decls{"background": strings.ToLower(w.ground)})
	}
	if w.ink != "" {
		put(decls{"color": strings.ToLower(w.ink)})
	}
	return d
}
