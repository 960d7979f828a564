package proofread

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"zhengshu/internal/check"
)

// judgement weighs the evidence for a change, by a small network for each kind.
type judgement struct {
	header
	// Threshold is the log-odds from which a change is reported.
	Threshold float64 `json:"threshold"`
	// Strangest is the climate below which nothing is reported: of text so
	// strange the fitting has seen too little to tell.
	Strangest float64 `json:"strangest"`
	// Nets by kind. A kind without one is not reported.
	Nets map[string]net `json:"nets"`
	kind [editKinds]*net
}

// net is a network of one hidden layer: what one sign proves may depend on
// another. Each unit is a bias and a weight for each evidence, in order, bent by
// x/(1+|x|); out is a bias and a weight for each unit and gives the log-odds.
type net struct {
	Units [][]float64 `json:"units"`
	Out   []float64   `json:"out"`
}

func (n *net) logOdds(x *[evidenceSize]float64) float64 {
	sum := n.Out[0]
	for i, u := range n.Units {
		s := u[0]
		for k, v := range x {
			s += u[k+1] * v
		}
		sum += n.Out[i+1] * bent(s)
	}
	return sum
}

func bent(x float64) float64 { return x / (1 + math.Abs(x)) }

var editNames = [editKinds]string{"sound", "shape", "swap", "drop", "repeat", "word"}

// ready checks the nets and sets them by kind.
func (j *judgement) ready() error {
	for k, name := range editNames {
		n, ok := j.Nets[name]
		if !ok {
			continue
		}
		if len(n.Out) != len(n.Units)+1 {
			return fmt.Errorf("pack %q: %s: %d weights of %d units", j.ID, name, len(n.Out), len(n.Units))
		}
		for _, u := range n.Units {
			if len(u) != evidenceSize+1 {
				return fmt.Errorf("pack %q: %s: a unit has %d weights for %d kinds of evidence", j.ID, name, len(u), evidenceSize)
			}
		}
		j.kind[k] = &n
	}
	return nil
}

// sameTwice, as the word of a repeat, says that a word lies across the seam: in
// 企业创业创新 nothing stands twice.
const sameTwice = 2

// evidenceSize is the length of evidence; at evidenceClimate stands how strange
// the text is.
const (
	evidenceSize    = 16
	evidenceClimate = 9
)

// evidence is what speaks for and against a change.
func evidence(e *edit) [evidenceSize]float64 {
	return [evidenceSize]float64{e.gain, math.Log1p(e.support), math.Log1p(e.against), math.Log1p(e.pair),
		math.Log1p(e.home), math.Log1p(e.fit), math.Log1p(e.common), float64(e.word), float64(e.edge), e.climate, math.Log1p(e.firm), math.Log1p(e.usual), float64(e.made),
		float64(e.before), float64(e.after), math.Log1p(e.snug)}
}

func (j *judgement) logOdds(e *edit) float64 {
	n := j.kind[e.kind]
	if n == nil || e.kind == editRepeat && e.word == sameTwice || e.climate < j.Strangest {
		return math.Inf(-1)
	}
	x := evidence(e)
	return n.logOdds(&x)
}

// weigh fills in what edits does not know: the words around a change and how
// near the ends of the line it stands.
func weigh(words wordSet, rs []rune, ln *line, e *edit) {
	e.climate = ln.climate(e.start, e.end)
	if e.kind == editRepeat {
		// 物业业主, 试验验证: one word ends where the next begins alike.
		e.word = 0
		switch {
		case e.end-e.start > 1 && words.across(rs, e.start):
			e.word = sameTwice
		case words.touching(rs, e.start):
			e.word = 1
		}
		return
	}
	if e.start <= ln.at[pad] || e.end >= ln.to[len(ln.to)-3] {
		e.edge = 1
	}
	e.word = words.around(rs, e.start, e.end)
	e.made = words.made(rs, e)
	if e.kind == editDrop { // between two characters, which stay
		e.before, e.after = words.sides(rs, e.start+1, e.start+1)
	} else {
		e.before, e.after = words.sides(rs, e.start, e.end)
	}
}

// climate is how well the counts know the rest of the line: the mean logarithm
// of its signs, those near the change left out. Where all is strange, one
// strange place proves little.
func (ln *line) climate(start, end int) float64 {
	sum, n := 0.0, 0.0
	for i := pad; i < len(ln.log)-1; i++ {
		if ln.to[i] <= start || ln.at[i] > end+3 {
			sum += max(ln.log[i], -12)
			n++
		}
	}
	const usual, weight = -3.5, 5 // a short line is taken to be as lines are
	return (sum + usual*weight) / (n + weight)
}

// labelLength is below how many Chinese characters a line that ends in no full stop is
// a label: the name of a field, a column or a button, which the counts, made of
// sentences, know nothing of. With so little around it one strange character proves
// nothing; the lists are put to labels as to all.
const labelLength = 8

// label reports a line that is no more than a label.
func (ln *line) label() bool {
	n, last := 0, rune(0)
	for _, r := range ln.runes {
		if unicode.Is(unicode.Han, r) {
			n++
		}
		if r != 0 {
			last = r
		}
	}
	return n < labelLength && !strings.ContainsRune("。！？", last)
}

// statistical reports the changes that make the text much likelier, the best
// of each neighbourhood.
func (p *Proofreader) statistical(rs []rune) []check.Span {
	var out []check.Span
	for _, ln := range p.likely.lines(rs) {
		if ln.label() {
			continue
		}
		type scored struct {
			edit
			odds float64
		}
		var found []scored
		for _, e := range p.likely.edits(&ln) {
			if e.kind != editRepeat && unjudgedWords.around(rs, e.start, e.end) > 0 {
				continue
			}
			weigh(p.words, rs, &ln, &e)
			if o := p.judgements.logOdds(&e); o > p.judgements.Threshold {
				found = append(found, scored{e, o})
			}
		}
		for _, e := range p.likely.cutShort(&ln) {
			found = append(found, scored{e, p.judgements.Threshold + overThreshold})
		}
		slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.odds, a.odds) })
		var kept []scored
		for _, f := range found {
			// One error disturbs the characters around it; the best reading of
			// the disturbance is enough.
			if !slices.ContainsFunc(kept, func(k scored) bool { return f.start < k.end+2 && k.start < f.end+2 }) {
				kept = append(kept, f)
			}
		}
		for _, k := range kept {
			out = append(out, k.span(rs, k.odds))
		}
	}
	return out
}

// overThreshold is how far above the threshold a phrase cut short is reported: what is
// judged by more signs goes before it.
const overThreshold = 0.5

func (e edit) span(rs []rune, odds float64) check.Span {
	wrong := string(rs[e.start:e.end])
	s := check.Span{Kind: KindConfusion, Start: e.start, End: e.end, Right: []string{e.right}, Confidence: math.Round(100/(1+math.Exp(-odds))) / 100}
	switch e.kind {
	case editDrop:
		s.Kind = KindOmission
		full := string(rs[e.start:e.start+1]) + e.right + string(rs[e.start+1:e.end])
		s.Right = []string{full}
		s.Says = fmt.Sprintf("“%s”处疑漏“%s”字，请核对补正", wrong, e.right)
	case editRepeat:
		s.Kind = KindRepeat
		s.Right = []string{""}
		s.Says = fmt.Sprintf("“%s”疑为重复，请核对删除", wrong)
	case editSwap:
		s.Says = fmt.Sprintf("“%s”疑为“%s”颠倒，请核对改正", wrong, e.right)
	case editWord:
		s.Says = fmt.Sprintf("“%s”疑为“%s”之误，请核对改正", wrong, e.right)
	default:
		lo, hi := e.start, e.end
		for lo > max(e.start-2, 0) && rs[lo-1] != '\n' {
			lo--
		}
		for hi < min(e.end+2, len(rs)) && rs[hi] != '\n' {
			hi++
		}
		s.Says = fmt.Sprintf("“%s”中“%s”疑为“%s”之误，请核对改正", string(rs[lo:hi]), wrong, e.right)
	}
	return s
}
