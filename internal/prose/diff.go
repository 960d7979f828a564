package prose

import (
	"encoding/json"
	"strings"
	"unicode"
)

// What happened to a block or a run of text.
const (
	Same    = "same"
	Added   = "added"
	Removed = "removed"
	Changed = "changed" // of a block: see its parts
)

// Part is a run of text within a compared block: Same, Added or Removed.
type Part struct{ Kind, Text string }

// Compared is one block of a comparison, in reading order.
type Compared struct {
	Kind  string // Same, Added, Removed or Changed
	Name  string // 段落, 表格: of the block
	Parts []Part
	// Form is true when the words are the same and only the form differs
	// (bold, level, a picture's file).
	Form bool
	// Moved is true of a removed and an added block that are one block in
	// another place.
	Moved bool
}

// Diff compares two documents: block by block, then within like blocks by
// Chinese character and Latin word.
func Diff(a, b Doc) []Compared {
	ka, kb := keys(a), keys(b)
	var out []Compared
	ops := compare(ka, kb)
	for i := 0; i < len(ops); {
		if ops[i].kind == Same {
			out = append(out, whole(Same, a.Content[ops[i].a]))
			i++
			continue
		}
		var gone, come []Node
		for ; i < len(ops) && ops[i].kind != Same; i++ {
			if ops[i].kind == Removed {
				gone = append(gone, a.Content[ops[i].a])
			} else {
				come = append(come, b.Content[ops[i].b])
			}
		}
		out = append(out, pair(gone, come)...)
	}
	moved(out)
	return out
}

// moved marks the blocks that only changed their place, each with one twin.
func moved(list []Compared) {
	type block struct{ name, text string }
	left := map[block][]int{}
	for i, c := range list {
		if c.Kind == Removed {
			k := block{c.Name, c.Before()}
			left[k] = append(left[k], i)
		}
	}
	for i, c := range list {
		k := block{c.Name, c.After()}
		if c.Kind != Added || k.text == "" || len(left[k]) == 0 {
			continue
		}
		list[i].Moved, list[left[k][0]].Moved = true, true
		left[k] = left[k][1:]
	}
}

// DiffText compares two texts by Chinese character and Latin word.
func DiffText(a, b string) []Part {
	ta, tb := tokens(a), tokens(b)
	var parts []Part
	add := func(kind, s string) {
		if n := len(parts); n > 0 && parts[n-1].Kind == kind {
			parts[n-1].Text += s
			return
		}
		parts = append(parts, Part{kind, s})
	}
	for _, o := range compare(ta, tb) {
		if o.kind == Added {
			add(o.kind, tb[o.b])
		} else {
			add(o.kind, ta[o.a])
		}
	}
	return parts
}

func keys(d Doc) []string {
	out := make([]string, len(d.Content))
	for i, n := range d.Content {
		b, err := json.Marshal(n)
		if err != nil { // words, flags and numbers only
			b = []byte(n.plain())
		}
		out[i] = string(b)
	}
	return out
}

func whole(kind string, n Node) Compared {
	part := kind
	if kind == Changed {
		part = Same
	}
	return Compared{Kind: kind, Name: nodes[n.Type].name, Parts: []Part{{part, n.shown()}}}
}

// shown is the block's text, or what it is when it has none.
func (n Node) shown() string {
	if s := n.plain(); s != "" {
		return s
	}
	if n.Type == Rule || n.Type == Figure {
		return "（" + nodes[n.Type].name + "）"
	}
	return ""
}

// alike is the share of character pairs two texts have in common, from which
// a block counts as changed and not as another.
const alike = 0.4

// pair joins removed blocks with the added ones they became, in order.
func pair(gone, come []Node) []Compared {
	// best[i][j]: most likeness to be had from gone[i:] and come[j:].
	const most = 250_000
	if len(gone) == 0 || len(come) == 0 || len(gone)*len(come) > most {
		var out []Compared
		for _, n := range gone {
			out = append(out, whole(Removed, n))
		}
		for _, n := range come {
			out = append(out, whole(Added, n))
		}
		return out
	}
	ga, gb := grams(gone), grams(come)
	wide := len(come) + 1
	best := make([]float64, (len(gone)+1)*wide)
	like := make([]float64, len(gone)*len(come))
	for i := len(gone) - 1; i >= 0; i-- {
		for j := len(come) - 1; j >= 0; j-- {
			l := likeness(ga[i], gb[j])
			if gone[i].Type != come[j].Type {
				l *= 0.8
			}
			like[i*len(come)+j] = l
			v := max(best[(i+1)*wide+j], best[i*wide+j+1])
			if l >= alike {
				v = max(v, l+best[(i+1)*wide+j+1])
			}
			best[i*wide+j] = v
		}
	}
	var out []Compared
	i, j := 0, 0
	for i < len(gone) && j < len(come) {
		l := like[i*len(come)+j]
		switch v := best[i*wide+j]; {
		case l >= alike && v == l+best[(i+1)*wide+j+1]:
			out = append(out, changed(gone[i], come[j]))
			i, j = i+1, j+1
		case v == best[(i+1)*wide+j]:
			out = append(out, whole(Removed, gone[i]))
			i++
		default:
			out = append(out, whole(Added, come[j]))
			j++
		}
	}
	for ; i < len(gone); i++ {
		out = append(out, whole(Removed, gone[i]))
	}
	for ; j < len(come); j++ {
		out = append(out, whole(Added, come[j]))
	}
	return out
}

func changed(a, b Node) Compared {
	if a.plain() == b.plain() {
		c := whole(Changed, b)
		c.Form = true
		return c
	}
	return Compared{Kind: Changed, Name: nodes[b.Type].name, Parts: DiffText(a.shown(), b.shown())}
}

// grams counts the pairs of characters of each block.
func grams(list []Node) []map[[2]rune]int {
	out := make([]map[[2]rune]int, len(list))
	for i, n := range list {
		m := map[[2]rune]int{}
		last := rune(0)
		for _, r := range n.shown() {
			if unicode.IsSpace(r) {
				continue
			}
			m[[2]rune{last, r}]++
			last = r
		}
		out[i] = m
	}
	return out
}

func likeness(a, b map[[2]rune]int) float64 {
	total, both := 0, 0
	for _, n := range a {
		total += n
	}
	for k, n := range b {
		total += n
		both += min(n, a[k])
	}
	if total == 0 {
		return 1
	}
	return 2 * float64(both) / float64(total)
}

// op is one step of an edit script; a and b are indices where they apply.
type op struct {
	kind string
	a, b int
}

// maxSteps bounds the search for the shortest script; texts that differ more
// are shown as replaced.
const maxSteps = 1500

// compare finds a shortest edit script (Myers) after common ends are cut off.
func compare(a, b []string) []op {
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	out := make([]op, 0, max(len(a), len(b)))
	for i := range head {
		out = append(out, op{Same, i, i})
	}
	out = append(out, script(a[head:len(a)-tail], b[head:len(b)-tail], head)...)
	for i := range tail {
		out = append(out, op{Same, len(a) - tail + i, len(b) - tail + i})
	}
	return out
}

func script(a, b []string, at int) []op {
	n, m := len(a), len(b)
	replaced := func() []op {
		out := make([]op, 0, n+m)
		for i := range a {
			out = append(out, op{Removed, at + i, 0})
		}
		for j := range b {
			out = append(out, op{Added, 0, at + j})
		}
		return out
	}
	if n == 0 || m == 0 {
		return replaced()
	}
	limit := min(n+m, maxSteps)
	v := make([]int32, 2*limit+3)
	mid := limit + 1
	var trace [][]int32
	for d := 0; d <= limit; d++ {
		trace = append(trace, append([]int32(nil), v[mid-d-1:mid+d+2]...))
		for k := -d; k <= d; k += 2 {
			var x int
			if k == -d || k != d && v[mid+k-1] < v[mid+k+1] {
				x = int(v[mid+k+1])
			} else {
				x = int(v[mid+k-1]) + 1
			}
			y := x - k
			for x < n && y < m && a[x] == b[y] {
				x, y = x+1, y+1
			}
			v[mid+k] = int32(x)
			if x >= n && y >= m {
				return back(trace, n, m, at)
			}
		}
	}
	return replaced()
}

// back walks the trace from the end to the beginning.
func back(trace [][]int32, x, y, at int) []op {
	var out []op
	for d := len(trace) - 1; d >= 0; d-- {
		v, mid := trace[d], d+1
		k := x - y
		prev := k - 1
		if k == -d || k != d && v[mid+k-1] < v[mid+k+1] {
			prev = k + 1
		}
		px := int(v[mid+prev])
		py := px - prev
		if d == 0 {
			px, py = 0, 0
		}
		for x > px && y > py {
			x, y = x-1, y-1
			out = append(out, op{Same, at + x, at + y})
		}
		if d == 0 {
			break
		}
		if x == px {
			y--
			out = append(out, op{Added, 0, at + y})
		} else {
			x--
			out = append(out, op{Removed, at + x, 0})
		}
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// tokens cuts a text into Latin words and single other characters.
func tokens(s string) []string {
	var out []string
	start := -1
	for i, r := range s {
		if r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			out = append(out, s[start:i])
			start = -1
		}
		out = append(out, string(r))
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

// Before is the former text of a compared block, After the new one.
func (c Compared) Before() string { return c.without(Added) }

// After is the new text of a compared block.
func (c Compared) After() string { return c.without(Removed) }

func (c Compared) without(kind string) string {
	var b strings.Builder
	for _, p := range c.Parts {
		if p.Kind != kind {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}
