package prose

import (
	"strconv"
	"strings"
)

// ClauseRef is a numbered clause of a document, for links that lead to it.
type ClauseRef struct {
	Anchor string // c-1-3: article 3; c-2-1-3-2: 一、 then （二）
	Label  string // 第三条, （二）
	Words  string // the first words of it
}

// clauseAnchors gives each clause an anchor by its numbers and those above it:
// the same document has the same anchors, and a clause keeps its own while its
// number does. A number that comes again gets a further figure.
type clauseAnchors struct {
	above [6]int
	seen  map[string]int
}

func (a *clauseAnchors) next(level, number int) string {
	level = min(max(level, LevelArticle), LevelFour)
	a.above[level] = number
	for i := level + 1; i < len(a.above); i++ {
		a.above[i] = 0
	}
	var b strings.Builder
	b.WriteString("c")
	for i := LevelArticle; i <= level; i++ {
		if a.above[i] > 0 {
			b.WriteString("-" + strconv.Itoa(i) + "-" + strconv.Itoa(a.above[i]))
		}
	}
	if a.seen == nil {
		a.seen = map[string]int{}
	}
	name := b.String()
	if a.seen[name]++; a.seen[name] > 1 {
		name += "-again-" + strconv.Itoa(a.seen[name])
	}
	return name
}

// Clauses are the numbered clauses at the top of the document, in order.
func (d Doc) Clauses() []ClauseRef {
	var a clauseAnchors
	var out []ClauseRef
	for _, n := range d.Content {
		if n.Type != Clause {
			continue
		}
		words := []rune(join(n.Content, ""))
		if len(words) > 24 {
			words = append(words[:24], '…')
		}
		out = append(out, ClauseRef{Anchor: a.next(n.Number("level"), n.Number("number")), Label: strings.TrimRight(label(n.Number("level"), n.Number("number")), "、.\u3000"), Words: string(words)})
	}
	return out
}

// Anchored is Page with an anchor at every clause of Clauses. It is drawn when
// a page is; what is stored has none.
func (d Doc) Anchored(look func(path string) (Shown, bool)) string {
	return d.write(&writer{look: look, anchors: &clauseAnchors{}})
}
