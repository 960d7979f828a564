package css

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/abridge"
	"zhengshu/internal/check/encoded"
	"zhengshu/internal/dom"
)

// Rule is one rule of a style block for a single compound selector.
type Rule struct {
	weight  int // by which one rule goes before another: ids, classes, tags of the whole selector
	at      int // its place among all rules
	tag     string
	id      string
	classes []string
	attrs   []attrTest
	not     []string // classes; "<" and a tag
	up      []ancestor
	upText  string
	Decls   Decls
	Sel     string // as it is written
	From    int    // the sheet that it stands in, as AddFrom was told; 0: of the page
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

// Sheet indexes the rules of a page's style blocks by class, id and tag.
type Sheet struct {
	styleOf              func(string) Decls // reads a style attribute
	matters              map[string]bool    // class attributes of which some rule asks for a part
	byClass, byID, byTag map[string][]*Rule
	byAttr               []*Rule // of no class, id or tag
	nested               bool    // some rule asks for ancestors
	openers              []*Rule // of what shows an element when something is pointed at or chosen
	under                *html.Node
	underKnown           map[*Rule]bool // by parent under
	asked                []string       // attributes that rules ask for
	placed               bool           // one of them is a place among neighbours
	vars                 Decls          // custom properties, wherever they are set
	n                    int
	known                map[Attire]*Looks
	some                 bool // reading what holds on screens of some width alone
	from                 int  // the sheet that is read, see AddFrom
}

// Attire is all of an element that decides how it is drawn.
type Attire struct {
	Tag, Class, id, Style, ground, ink, attrs string
	within                                    string // rules whose ancestors it has
	Anywhere                                  bool   // ancestors are not known
}

// Looks are how an element is drawn, and how that hides it.
type Looks struct {
	Decls  Decls
	How    string
	Strong bool
}

var plainLooks = &Looks{}

// MaxRules bounds the rules kept; a page with more carries a framework inline.
const MaxRules = 20000

// NewSheet is a sheet without rules; read reads a style attribute, as Parse does.
func NewSheet(read func(style string) Decls) *Sheet {
	return &Sheet{styleOf: read, byClass: map[string][]*Rule{}, byID: map[string][]*Rule{}, byTag: map[string][]*Rule{}}
}

// Add reads a style block. Rules inside @media are left out but those for every
// screen: what is hidden on paper or on narrow screens is seen elsewhere.
func (s *Sheet) Add(rules string) {
	s.known, s.matters = nil, nil
	rules, carried := carriedSheets(StripComments(rules))
	for _, sheet := range carried {
		s.read(StripComments(sheet), 0)
	}
	s.read(rules, 0)
}

// carriedSheets takes out of a style block the sheets that it imports from an address
// that is their own text.
func carriedSheets(rules string) (rest string, sheets []string) {
	for range MaxSame {
		at := strings.Index(dom.Lowered(rules), "@import")
		if at < 0 {
			break
		}
		address := strings.TrimLeft(rules[at+len("@import"):], " \t\n")
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
		sheets = append(sheets, encoded.DataText(own))
		rules = rules[:at] + strings.TrimLeft(after, ") \t\n;")
	}
	return rules, sheets
}

// mediaDeep bounds how deep blocks of @media are followed.
const mediaDeep = 4

func (s *Sheet) read(rules string, deep int) {
	for len(rules) > 0 && s.n < MaxRules {
		open := strings.IndexByte(rules, '{')
		if open < 0 {
			return
		}
		sel := strings.TrimSpace(rules[:open])
		if i := strings.LastIndexByte(sel, ';'); i >= 0 { // @import …;
			sel = strings.TrimSpace(sel[i+1:])
		}
		rules = rules[open+1:]
		if strings.HasPrefix(sel, "@") {
			end := blockEnd(rules)
			if deep < mediaDeep && everyScreen(sel) {
				s.read(strings.TrimSuffix(rules[:end], "}"), deep+1)
			} else if deep < mediaDeep && !s.some && someWidth(sel) {
				s.some = true
				s.read(strings.TrimSuffix(rules[:end], "}"), deep+1)
				s.some = false
			}
			rules = rules[end:]
			continue
		}
		end := strings.IndexByte(rules, '}')
		if end < 0 {
			end = len(rules)
		}
		own := rules[:end]
		if inner := strings.IndexByte(own, '{'); inner >= 0 { // rules within a rule
			end = blockEnd(rules) - 1
			within := strings.TrimSuffix(rules[:end+1], "}")
			own = within[:strings.LastIndexByte(within[:inner], ';')+1]
			if deep < mediaDeep {
				s.read(strings.ReplaceAll(within[len(own):], "&", " "), deep+1)
			}
		}
		d := Parse(own)
		rules = rules[min(end+1, len(rules)):]
		if d == nil || len(d) > maxProperties {
			continue
		}
		for name, value := range d {
			if strings.HasPrefix(name, "--") {
				if s.vars == nil {
					s.vars = Decls{}
				}
				s.vars[name] = value
			}
		}
		for one := range selectors(sel) {
			if s.n >= MaxRules {
				return
			}
			s.addRule(one, d)
		}
	}
}

// blockEnd returns the position after the “}” that closes an open block.
func blockEnd(rules string) int {
	depth := 1
	for i := range len(rules) {
		switch rules[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(rules)
}

// maxSelector bounds a selector, in bytes: longer ones hide nothing in honest pages.
const maxSelector = 1000

func (s *Sheet) addRule(sel string, d Decls) {
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
		if r := (&Rule{Decls: d}); d["display"] != "" && d.reveals() && !strings.ContainsAny(sel, ":[*") && len(s.openers) < maxOpeners && s.compound(r, sel) {
			s.openers = append(s.openers, r)
			s.nested = s.nested || len(r.up) > 0
		}
		return
	}
	if opens, is := opener(sel); is {
		if d.reveals() && len(s.openers) < maxOpeners {
			if r := (&Rule{Decls: d}); s.compound(r, opens) {
				s.openers = append(s.openers, r)
				s.nested = s.nested || len(r.up) > 0
			}
		}
		if strings.ContainsRune(opens, ':') || strings.ContainsRune(sel, ':') {
			return
		}
	}
	r := &Rule{Decls: d, Sel: sel, From: s.from}
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
		if len(r.attrs) > 0 && len(s.byAttr) < MaxSame {
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

// ask notes which attributes decide how an element looks.
func (s *Sheet) ask(r *Rule) {
	for _, t := range r.attrs {
		if !slices.Contains(s.asked, t.name) && len(s.asked) < MaxSame {
			s.asked = append(s.asked, t.name)
			s.placed = s.placed || t.name[:min(1, len(t.name))] == ":"
		}
	}
}

// MaxSame bounds the rules under one key, so that a page made of one rule
// repeated costs no more per element than an honest one.
const MaxSame = 32

// AddFrom is Add of one of several sheets in files of their own, numbered from 1: its
// rules tell which they stand in.
func (s *Sheet) AddFrom(number int, rules string) {
	s.from = number
	s.Add(rules)
}

// Rules counts the rules that are kept.
func (s *Sheet) Rules() int { return s.n }

// HasClass reports whether a rule speaks of a class.
func (s *Sheet) HasClass(name string) bool { return s.byClass[name] != nil }

// Bound lets go of the answers that are kept where there are more than so many; they are
// found again when asked for.
func (s *Sheet) Bound(most int) {
	if len(s.known) > most {
		s.known, s.matters = nil, nil
	}
}

func (s *Sheet) put(index map[string][]*Rule, key string, r *Rule) {
	have := index[key]
	for _, old := range have {
		if old.tag == r.tag && old.id == r.id && slices.Equal(old.classes, r.classes) && old.upText == r.upText && slices.Equal(old.attrs, r.attrs) && slices.Equal(old.not, r.not) {
			merged := maps.Clone(old.Decls)
			if r.weight >= old.weight {
				merged.Over(r.Decls)
			} else {
				merged = maps.Clone(r.Decls)
				merged.Over(old.Decls)
			}
			if s.from > 0 && r.hides() {
				old.Sel, old.From = r.Sel, r.From
			}
			old.Decls, old.weight, old.at = merged, max(old.weight, r.weight), s.n
			s.n++
			return
		}
	}
	if len(have) < MaxSame {
		index[key] = append(have, r)
		s.n++
	}
}

// Of returns how an element is drawn: style blocks, then its own style
// attribute and the colour attributes of old markup. Elements written alike,
// which most are, share one answer.
func (s *Sheet) Of(n *html.Node) *Looks {
	if len(n.Attr) == 0 && s.byTag[n.Data] == nil && !s.placed {
		return plainLooks
	}
	w := s.Attire(n)
	if w == (Attire{}) {
		return plainLooks
	}
	known := s.known[w]
	if known == nil {
		if s.known == nil {
			s.known = map[Attire]*Looks{}
		}
		known = &Looks{Decls: s.Declared(w)}
		known.How, known.Strong = known.Decls.Concealment()
		s.known[w] = known
	}
	return known
}

// askedFor reports whether some rule asks for the tag, id or a class of an element.
func (s *Sheet) askedFor(n *html.Node) bool {
	if s.byTag[n.Data] != nil || len(s.byAttr) > 0 {
		return true
	}
	if id := dom.Attr(n, "id"); id != "" && s.byID[id] != nil {
		return true
	}
	class := dom.Attr(n, "class")
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
func (s *Sheet) within(n *html.Node, w Attire) string {
	var b []byte
	look := func(rs []*Rule) {
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
	if w.Tag != "" {
		look(s.byTag[w.Tag])
	}
	if w.Class != "" {
		k := 0
		for c := range strings.FieldsSeq(w.Class) {
			if k++; k > MaxSame {
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
func (w Attire) has(r *Rule) bool {
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
			if words && (a.Val == "none" || a.Val == "transparent") && !dom.HasAttr(n, "stroke") {
				b.WriteString("color:transparent;")
			}
		case "x", "y", "dx", "dy":
			if words {
				b.WriteString("position:absolute;" + map[string]string{"x": "left:", "dx": "left:", "y": "top:", "dy": "top:"}[a.Key] + a.Val + ";")
			}
		case "width", "height":
			if (n.Data == "svg" || n.Data == "foreignObject") && Tiny(n, a.Key) {
				b.WriteString("overflow:hidden;height:0;") // as a drawing is cut off
			}
		}
	}
	return b.String()
}

// Declared are the declarations that apply to an element so written.
func (s *Sheet) Declared(w Attire) Decls {
	var d Decls
	put := func(from Decls) {
		if len(from) == 0 {
			return
		}
		if d == nil {
			d = Decls{}
		}
		d.Over(from)
	}
	for _, r := range s.Met(w) {
		put(r.Decls)
	}
	own := s.styleOf(w.Style)
	if d == nil && w.ground == "" && w.ink == "" && !strings.Contains(w.Style, "var(") {
		return own
	}
	put(own)
	if w.ground != "" {
		put(Decls{"background": strings.ToLower(w.ground)})
	}
	if w.ink != "" {
		put(Decls{"color": strings.ToLower(w.ink)})
	}
	s.resolve(d)
	return d
}

// resolve puts the values of custom properties in their places.
func (s *Sheet) resolve(d Decls) {
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
func (s *Sheet) wears(n *html.Node) string {
	if len(s.asked) == 0 {
		return ""
	}
	var b strings.Builder
	for _, name := range s.asked {
		if name[0] == ':' {
			b.WriteString(name + "\x00" + placeAmong(n, name) + "\x01")
			continue
		}
		if dom.HasAttr(n, name) {
			b.WriteString(name + "\x00" + abridge.Text(dom.Attr(n, name), 200) + "\x01")
		}
	}
	return b.String()
}

// worn is one of these.
func (w Attire) worn(name string) (value string, has bool) {
	for one := range strings.SplitSeq(w.attrs, "\x01") {
		if value, ok := strings.CutPrefix(one, name+"\x00"); ok {
			return value, true
		}
	}
	return "", false
}

// Attire is all of an element that rules ask for.
func (s *Sheet) Attire(n *html.Node) Attire {
	w := Attire{attrs: s.wears(n), Style: dom.Attr(n, "style"), ground: dom.Attr(n, "bgcolor")}
	if n.DataAtom == atom.Font {
		w.ink = dom.Attr(n, "color")
	}
	if n.Namespace == "svg" {
		w.Style = drawing(n) + w.Style
	}
	if s.n > 0 && s.askedFor(n) {
		w.Tag, w.Class = n.Data, dom.Attr(n, "class")
		if id := dom.Attr(n, "id"); id != "" && s.byID[id] != nil {
			w.id = id
		}
		if s.nested {
			w.within = s.within(n, w)
		}
	}
	return w
}

// Met are the rules that apply to an element so written, the weightiest last.
func (s *Sheet) Met(w Attire) (met []*Rule) {
	names := strings.Fields(w.Class)
	if len(names) > MaxSame {
		names = names[:MaxSame]
	}
	apply := func(rs []*Rule) {
		for _, r := range rs {
			if r.tag != "" && r.tag != w.Tag || r.id != "" && r.id != w.id {
				continue
			}
			all := len(r.up) == 0 || w.Anywhere || w.has(r)
			for _, c := range r.classes {
				all = all && slices.Contains(names, c)
			}
			for _, c := range r.not {
				all = all && c != "<"+w.Tag && !slices.Contains(names, c)
			}
			for _, t := range r.attrs {
				all = all && t.holds(w.worn(t.name))
			}
			if all {
				met = append(met, r)
			}
		}
	}
	apply(s.byTag[w.Tag])
	for _, c := range names {
		apply(s.byClass[c])
	}
	if w.id != "" {
		apply(s.byID[w.id])
	}
	apply(s.byAttr)
	slices.SortStableFunc(met, func(a, b *Rule) int { return cmp.Or(cmp.Compare(a.weight, b.weight), cmp.Compare(a.at, b.at)) })
	return met
}

// hides reports whether a rule hides by itself.
func (r *Rule) hides() bool {
	how, _ := r.Decls.Concealment()
	return how != ""
}
