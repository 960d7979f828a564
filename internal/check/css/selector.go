package css

import (
	"iter"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"zhengshu/internal/dom"
)

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

// compound reads the last compound of a selector into a rule, and those before it as
// what it asks of the ancestors; ok is false for what is not understood.
func (s *Sheet) compound(r *Rule, sel string) (ok bool) {
	parts := strings.FieldsFunc(sel, combinator)
	if len(parts) > 1 && parts[len(parts)-1] == "*" {
		// Whatever hides everything in an element hides the element.
		if how, _ := r.Decls.Concealment(); how == "" {
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
	if a.tag != "" && a.tag != n.Data || a.id != "" && a.id != dom.Attr(n, "id") {
		return false
	}
	if len(a.classes) == 0 {
		return true
	}
	worn := dom.Attr(n, "class")
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
func (s *Sheet) below(n *html.Node, r *Rule) bool {
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
		s.underKnown = map[*Rule]bool{}
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

// Opens reports whether some rule shows an element when something above it is pointed
// at, or it or something above it is chosen.
func (s *Sheet) Opens(n *html.Node) bool {
	for _, r := range s.openers {
		if (ancestor{r.tag, r.id, r.classes}).is(n) && (r.tag != "" || r.id != "" || len(r.classes) > 0) && s.below(n, r) {
			return true
		}
	}
	return false
}

// reveals reports whether a style shows what another hides.
func (d Decls) reveals() bool {
	if how, _ := d.Concealment(); how != "" {
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
		if asciiLetter(compound[0]) {
			n++
		}
	}
	return n
}

// conditions takes what stands in brackets and in :not( out of the last compound
// of a selector; ok is false for what is not understood.
func (r *Rule) conditions(sel string) (rest string, ok bool) {
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
		case asciiLetter(class[0]):
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
func (r *Rule) amongOthers(sel string) string {
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
		if n, err := strconv.Atoi(place); err != nil || n < 1 || n > MaxSame || !strings.HasPrefix(name, ":nth-") {
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
		if dom.Find(n, atom.A) != nil {
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
			if place++; place > MaxSame {
				return ""
			}
		}
	}
	return strconv.Itoa(place)
}
