package webtest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Wrongs looks a whole document or fragment over and says what is wrong with
// it, each once: inline styles, scripts and handlers; controls without label;
// images without alt; doubled ids and references to none; links, buttons and
// tables without a name; posting forms without token; not exactly one h1;
// placeholders that html/template leaves behind when it refused a value.
func Wrongs(page []byte) []string {
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return []string{"does not parse: " + err.Error()}
	}
	l := &look{ids: map[string]int{}, labels: map[string]bool{}}
	l.walk(root, l.first)
	l.walk(root, l.second)
	if l.h1 != 1 {
		l.say("%d h1 elements, want exactly one", l.h1)
	}
	// "#ZgotmplZ" alone is a hostile address that was refused, as it should be.
	for _, left := range leftBehind.FindAll(bytes.ReplaceAll(page, []byte(`"#ZgotmplZ"`), nil), -1) {
		l.say("%q left in the page", left)
	}
	slices.Sort(l.wrongs)
	return slices.Compact(l.wrongs)
}

// leftBehind is what html/template and fmt write when a value did not fit.
var leftBehind = regexp.MustCompile(`ZgotmplZ|(<|&lt;)no value(>|&gt;)|%!\(|%![a-z]\(`)

type look struct {
	ids    map[string]int
	labels map[string]bool // ids named by a label
	h1     int
	wrongs []string
}

func (l *look) say(format string, args ...any) {
	l.wrongs = append(l.wrongs, fmt.Sprintf(format, args...))
}

func (l *look) walk(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		l.walk(c, visit)
	}
}

// first gathers what other elements refer to.
func (l *look) first(n *html.Node) {
	if id, ok := attr(n, "id"); ok {
		l.ids[id]++
		if l.ids[id] == 2 {
			l.say("id %q twice", id)
		}
		if id == "" || strings.ContainsAny(id, " \t\n") {
			l.say("id %q is empty or has a space", id)
		}
	}
	if n.DataAtom == atom.Label {
		if id, ok := attr(n, "for"); ok {
			l.labels[id] = true
		}
	}
}

func (l *look) second(n *html.Node) {
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		switch {
		case key == "style":
			l.say("%s has a style attribute", show(n))
		case strings.HasPrefix(key, "on"), strings.HasPrefix(key, "hx-on"), strings.HasPrefix(key, "data-hx-on"):
			l.say("%s has the inline handler %s", show(n), a.Key)
		case key == "hx-vals" && strings.HasPrefix(strings.TrimSpace(a.Val), "js:"):
			l.say("%s evaluates script in hx-vals", show(n))
		case (key == "href" || key == "src" || key == "action") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:"):
			l.say("%s leads to a script", show(n))
		case key == "tabindex":
			if i, err := strconv.Atoi(a.Val); err == nil && i > 0 {
				l.say("%s has a positive tabindex", show(n))
			}
		case key == "for" || key == "aria-describedby" || key == "aria-labelledby" || key == "aria-controls":
			for _, id := range strings.Fields(a.Val) {
				if l.ids[id] == 0 {
					l.say("%s refers by %s to %q, which is not on the page", show(n), key, id)
				}
			}
		case key == "href" && len(a.Val) > 1 && a.Val[0] == '#' && n.DataAtom == atom.A && a.Val != "#ZgotmplZ":
			if l.ids[a.Val[1:]] == 0 {
				l.say("%s leads to %q, which is not on the page", show(n), a.Val)
			}
		}
	}
	switch n.DataAtom {
	case atom.H1:
		l.h1++
	case atom.Style:
		l.say("a style element")
	case atom.Script:
		if _, ok := attr(n, "src"); !ok || strings.TrimSpace(text(n)) != "" {
			l.say("a script with a body or without src")
		}
	case atom.Img:
		if _, ok := attr(n, "alt"); !ok {
			l.say("%s lacks alt", show(n))
		}
	case atom.Table:
		if !has(n, atom.Caption) {
			l.say("%s lacks a caption", show(n))
		}
	case atom.A:
		if _, ok := attr(n, "href"); ok && !l.named(n) {
			l.say("%s has no text", show(n))
		}
	case atom.Button:
		if !l.named(n) {
			l.say("%s has no text", show(n))
		}
	case atom.Fieldset:
		if !has(n, atom.Legend) {
			l.say("%s lacks a legend", show(n))
		}
	case atom.Form:
		if method, _ := attr(n, "method"); strings.EqualFold(method, "post") && !hasNamed(n, "_form") {
			l.say("%s posts without token", show(n))
		}
	case atom.Html:
		// A fragment has no html element of its own and html.Parse makes one.
		if lang, ok := attr(n, "lang"); len(n.Attr) > 0 && (!ok || lang == "") {
			l.say("the document says no language")
		}
	case atom.Input, atom.Textarea, atom.Select:
		l.control(n)
	}
}

func (l *look) control(n *html.Node) {
	kind, _ := attr(n, "type")
	if n.DataAtom == atom.Input && slices.Contains([]string{"hidden", "submit", "button", "reset", "image"}, kind) {
		return
	}
	id, _ := attr(n, "id")
	if l.labels[id] || l.named(n) {
		return
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Label {
			return
		}
	}
	l.say("%s has no label", show(n))
}

// named reports whether an element has a name of its own: text, a label
// attribute or a picture with alt.
func (l *look) named(n *html.Node) bool {
	for _, key := range []string{"aria-label", "aria-labelledby"} {
		if v, _ := attr(n, key); strings.TrimSpace(v) != "" {
			return true
		}
	}
	if n.DataAtom == atom.Input || n.DataAtom == atom.Textarea || n.DataAtom == atom.Select {
		return false
	}
	if strings.TrimSpace(text(n)) != "" {
		return true
	}
	found := false
	l.walk(n, func(c *html.Node) {
		if alt, _ := attr(c, "alt"); c.DataAtom == atom.Img && alt != "" {
			found = true
		}
	})
	return found
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return b.String()
}

func has(n *html.Node, a atom.Atom) bool {
	for c := range n.Descendants() {
		if c.DataAtom == a {
			return true
		}
	}
	return false
}

func hasNamed(n *html.Node, name string) bool {
	for c := range n.Descendants() {
		if v, _ := attr(c, "name"); v == name {
			return true
		}
	}
	return false
}

// show names an element by tag, id, name and class.
func show(n *html.Node) string {
	s := "<" + n.Data
	for _, key := range []string{"id", "name", "class", "href"} {
		if v, ok := attr(n, key); ok {
			s += " " + key + "=" + strconv.Quote(v)
		}
	}
	return s + ">"
}
