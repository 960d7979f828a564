package web

import "unicode"

// DiffPart is a run of text that stayed, was added or was taken out.
type DiffPart struct {
	Kind DiffKind
	Text string
}

// DiffKind says what happened to a run of text.
type DiffKind string

// The kinds of run.
const (
	Same    DiffKind = "same"
	Added   DiffKind = "added"
	Removed DiffKind = "removed"
)

// Diff shows what changed between two texts.
type Diff struct {
	Label string
	Parts []DiffPart
}

func (Diff) partial() string { return "diff" }

// maxDiffCells bounds the table of the comparison; beyond it the changed
// middle is shown as removed and added whole.
const maxDiffCells = 4_000_000

// DiffOf compares two texts by Chinese character and Latin word.
func DiffOf(label, before, after string) Diff {
	a, b := tokens(before), tokens(after)
	var head, tail int
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	d := Diff{Label: label}
	d.add(Same, a[:head]...)
	d.middle(a[head:len(a)-tail], b[head:len(b)-tail])
	d.add(Same, a[len(a)-tail:]...)
	return d
}

func (d *Diff) middle(a, b []string) {
	if len(a)*len(b) > maxDiffCells {
		d.add(Removed, a...)
		d.add(Added, b...)
		return
	}
	// length[i][j] is the longest common run of a[i:] and b[j:].
	wide := len(b) + 1
	length := make([]int32, (len(a)+1)*wide)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i*wide+j] = length[(i+1)*wide+j+1] + 1
			} else {
				length[i*wide+j] = max(length[(i+1)*wide+j], length[i*wide+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			d.add(Same, a[i])
			i, j = i+1, j+1
		case length[(i+1)*wide+j] >= length[i*wide+j+1]:
			d.add(Removed, a[i])
			i++
		default:
			d.add(Added, b[j])
			j++
		}
	}
	d.add(Removed, a[i:]...)
	d.add(Added, b[j:]...)
}

func (d *Diff) add(kind DiffKind, tokens ...string) {
	for _, t := range tokens {
		if n := len(d.Parts); n > 0 && d.Parts[n-1].Kind == kind {
			d.Parts[n-1].Text += t
			continue
		}
		d.Parts = append(d.Parts, DiffPart{kind, t})
	}
}

// tokens cuts a text into Latin words and single other characters.
func tokens(s string) []string {
	var out []string
	word := -1
	latin := func(r rune) bool { return r < 0x250 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
	for i, r := range s {
		if latin(r) {
			if word < 0 {
				word = i
			}
			continue
		}
		if word >= 0 {
			out = append(out, s[word:i])
			word = -1
		}
		out = append(out, string(r))
	}
	if word >= 0 {
		out = append(out, s[word:])
	}
	return out
}
