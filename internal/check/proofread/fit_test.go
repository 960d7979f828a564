package proofread

import (
	"cmp"
	"encoding/json"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/check/proofread/corpus"
	"zhengshu/internal/check/proofread/ngram"
	"zhengshu/internal/realdata"
)

var fit = flag.Bool("fit", false, "fit packs/weights.json anew on documents held out of the counts")

// fitShare is how many documents in a hundred are held out.
const fitShare = 25

// threshold is the log-odds from which a change is reported; each kind is
// shifted so that it keeps its budget there.
const threshold = 2.0

// budget is the share of clean held-out sentences that a kind may question:
// the more often people make an error of the kind, and the harder it is to tell,
// the more.
var budget = [editKinds]float64{editSound: 0.0027, editShape: 0.0021, editSwap: 0.0001, editDrop: 0.0011, editRepeat: 0.0010, editWord: 0.0002}

// example is a change proposed in a text, right or not.
type example struct {
	x     [evidenceSize]float64
	right bool
	fold  int
}

// TestFit is the recipe of packs/weights.json. Counts are made without a share
// of the documents and without half of ECSpell's training sentences; errors are
// put into held-out sentences; a network for each kind of change tells the error
// from the changes proposed on clean text. What may be questioned is read off
// sentences that took no part in the fitting: each half by what the other half
// taught. The test sets are not used.
func TestFit(t *testing.T) {
	if !*fit {
		t.Skip("fitting is done on request only: go test -run TestFit -fit; left out: nothing that CI checks")
	}
	dir := realdata.Path(t, ".", "false alarms and recall on real sentences")
	m, err := corpus.Count(dir, fitShare)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLikely(counts, confusableBin)
	if err != nil {
		t.Fatal(err)
	}
	words, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	changes := func(src string, each func(*edit)) {
		rs := []rune(src)
		for _, ln := range l.lines(rs) {
			for _, e := range l.edits(&ln) {
				weigh(words, rs, &ln, &e)
				each(&e)
			}
		}
	}
	var examples [editKinds][]example
	put := func(e *edit, right bool, fold int) {
		examples[e.kind] = append(examples[e.kind], example{evidence(e), right, fold})
	}
	sentences := heldSentences(t, dir)
	t.Logf("%d held-out sentences", len(sentences))
	for _, s := range sentences {
		changes(s.text, func(e *edit) { put(e, false, s.fold) })
	}
	// injected are the errors put in: of each the evidence of the change that
	// would cure it, where there is one.
	type injected struct {
		cure *edit
		fold int
	}
	var errors [editKinds][]injected
	rng := rand.New(rand.NewPCG(1, 2))
	for i, s := range sentences {
		for n := range 3 {
			kind := editKind((i + n*2) % int(editKinds))
			src, at, ok := inject(rng, l, words, s.text, kind)
			if !ok {
				continue
			}
			x := injected{fold: s.fold}
			changes(src, func(e *edit) {
				switch {
				case applied(src, *e) == s.text:
					put(e, true, s.fold)
					cure := *e
					x.cure = &cure
				case e.start > at+6 || e.end < at-6:
					put(e, false, s.fold)
				} // a change beside the error is neither right nor a false alarm
			})
			errors[kind] = append(errors[kind], x)
		}
	}
	for _, name := range []string{"05_typos/ecspell_odw_train.jsonl", "05_typos/ecspell_law_train.jsonl", "05_typos/ecspell_med_train.jsonl"} {
		for i, r := range readRows(t, dir, name) {
			src, tgt := []rune(r.Src), []rune(r.Tgt)
			if !corpus.HeldSentence(r.Tgt) || len(src) != len(tgt) {
				continue
			}
			changes(r.Src, func(e *edit) {
				wrong := false
				for i := max(e.start-4, 0); i < min(e.end+4, len(src)); i++ {
					wrong = wrong || src[i] != tgt[i]
				}
				switch {
				case !wrong:
					put(e, false, i%2)
				case e.kind != editDrop && e.kind != editRepeat && string(tgt[e.start:e.end]) == e.right && string(src[e.start:e.end]) != e.right:
					put(e, true, i%2)
				}
			})
		}
	}
	j := judgement{
		header:    header{ID: "wording-weights", Version: corpus.Version, Source: "fitted on held-out official texts and ECSpell training sentences (MIT)", Effective: "2026-11-01"},
		Threshold: threshold,
		Nets:      map[string]net{},
	}
	j.Strangest = strangest(examples[:])
	var halves [editKinds][2]*net // by the fold that each was not taught
	for k := range editKinds {
		right := 0
		for _, x := range examples[k] {
			if x.right {
				right++
			}
		}
		t.Logf("%s: %d changes, %d right", editNames[k], len(examples[k]), right)
		if right < 20 {
			continue
		}
		for fold := range 2 {
			halves[k][fold] = train(examples[k], 1-fold)
		}
		j.Nets[editNames[k]] = *train(examples[k], -1)
	}
	// Each kind's best change in each clean sentence, worst sentence first.
	type alarm struct {
		odds float64
		text string
	}
	odds := func(e *edit, fold int) float64 {
		if n := halves[e.kind][fold]; n != nil && !(e.kind == editRepeat && e.word == sameTwice) && e.climate >= j.Strangest {
			x := evidence(e)
			return n.logOdds(&x)
		}
		return math.Inf(-1)
	}
	var best [editKinds][]alarm
	for _, s := range sentences {
		var top [editKinds]alarm
		for k := range top {
			top[k].odds = math.Inf(-1)
		}
		rs := []rune(s.text)
		changes(s.text, func(e *edit) {
			if o := odds(e, s.fold); o > top[e.kind].odds {
				top[e.kind] = alarm{o, string(rs[max(e.start-8, 0):e.start]) + "【" + string(rs[e.start:e.end]) + "→" + e.right + "】" + string(rs[e.end:min(e.end+8, len(rs))])}
			}
		})
		for k, a := range top {
			best[k] = append(best[k], a)
		}
	}
	for k := range editKinds {
		n, ok := j.Nets[editNames[k]]
		if !ok {
			continue
		}
		slices.SortFunc(best[k], func(a, b alarm) int { return cmp.Compare(b.odds, a.odds) })
		at := best[k][int(budget[k]*float64(len(best[k])))].odds
		var proposed, hit int
		for _, x := range errors[k] {
			if x.cure == nil {
				continue
			}
			proposed++
			if odds(x.cure, x.fold) > at {
				hit++
			}
		}
		t.Logf("%s: at twice and four times the budget %.2f, %.2f", editNames[k], best[k][int(2*budget[k]*float64(len(best[k])))].odds, best[k][int(4*budget[k]*float64(len(best[k])))].odds)
		t.Logf("%s: threshold %.2f; of %d errors %.3f proposed, %.3f found; the surest false alarms %v",
			editNames[k], at, len(errors[k]), float64(proposed)/float64(len(errors[k])), float64(hit)/float64(len(errors[k])), best[k][:8])
		n.Out[0] = round(n.Out[0] + threshold - at)
	}
	b, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("packs/weights.json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

type heldSentence struct {
	text string
	fold int // documents are of one of two
}

// heldSentences takes up to 400 sentences of each document held out.
func heldSentences(t *testing.T, dir string) []heldSentence {
	_, left, err := corpus.Documents(dir, fitShare)
	if err != nil {
		t.Fatal(err)
	}
	_, always, err := corpus.Documents(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	test := map[string]bool{} // documents that test sentences come from are not for fitting
	for _, d := range always {
		test[d.ID] = true
	}
	rng := rand.New(rand.NewPCG(3, 4))
	var out []heldSentence
	for i, d := range left {
		if test[d.ID] {
			continue
		}
		var list []string
		for _, line := range strings.Split(d.Text, "\n") {
			for _, s := range strings.SplitAfter(line, "。") {
				if n := runeLen(s); n >= 12 && n <= 90 {
					list = append(list, strings.TrimSpace(s))
				}
			}
		}
		rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		for _, s := range list[:min(len(list), 400)] {
			out = append(out, heldSentence{s, i % 2})
		}
	}
	return out
}

// inject puts one error of a kind into a sentence and says where.
func inject(rng *rand.Rand, l *likely, words wordSet, s string, kind editKind) (string, int, bool) {
	rs := []rune(s)
	pick := func(list []ngram.ID) rune { return l.model.RuneOf(list[rng.IntN(len(list))]) }
	for range 40 {
		i := rng.IntN(len(rs) - 1)
		if !han(rs[i]) || !han(rs[i+1]) && kind != editDrop {
			continue
		}
		switch kind {
		case editSound, editShape:
			sets := l.sound
			if kind == editShape {
				sets = l.shape
			}
			if list := sets[rs[i]]; len(list) > 0 {
				out := slices.Clone(rs)
				out[i] = pick(list)
				return string(out), i, true
			}
		case editSwap:
			if rs[i] != rs[i+1] {
				out := slices.Clone(rs)
				out[i], out[i+1] = out[i+1], out[i]
				return string(out), i, true
			}
		case editDrop:
			return string(slices.Delete(slices.Clone(rs), i, i+1)), i, true
		case editRepeat:
			n := min(1+rng.IntN(2), len(rs)-i)
			return string(slices.Insert(slices.Clone(rs), i+n, rs[i:i+n]...)), i, true
		case editWord:
			a, b := l.sound[rs[i]], l.sound[rs[i+1]]
			if words.has(rs[i:i+2]) && len(a) > 0 && len(b) > 0 {
				out := slices.Clone(rs)
				out[i], out[i+1] = pick(a), pick(b)
				return string(out), i, true
			}
		}
	}
	return "", 0, false
}

// applied is the text with the change made.
func applied(s string, e edit) string {
	rs := []rune(s)
	if e.kind == editDrop {
		return string(rs[:e.start+1]) + e.right + string(rs[e.start+1:])
	}
	return string(rs[:e.start]) + e.right + string(rs[e.end:])
}

// strangest is the climate that one in four hundred of the errors to be found falls
// below.
func strangest(examples [][]example) float64 {
	var all []float64
	for _, list := range examples {
		for _, x := range list {
			if x.right {
				all = append(all, x.x[evidenceClimate])
			}
		}
	}
	slices.Sort(all)
	return round(all[len(all)/400])
}

// units is the size of the hidden layer.
const units = 12

// train fits a network to the examples of a fold, or of both where fold is
// negative, by Adam on standardised evidence, and gives weights for the evidence
// as it is.
func train(all []example, fold int) *net {
	var xs []example
	for _, x := range all {
		if fold < 0 || x.fold == fold {
			xs = append(xs, x)
		}
	}
	var mean, dev [evidenceSize]float64
	for i := range mean {
		for _, x := range xs {
			mean[i] += x.x[i] / float64(len(xs))
		}
		for _, x := range xs {
			dev[i] += (x.x[i] - mean[i]) * (x.x[i] - mean[i]) / float64(len(xs))
		}
		if dev[i] = math.Sqrt(dev[i]); dev[i] < 1e-6 {
			dev[i] = 1
		}
	}
	const row = evidenceSize + 1
	const size = units*row + units + 1
	var w, grad, first, second [size]float64
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range w {
		w[i] = rng.NormFloat64() / 4
	}
	order := rng.Perm(len(xs))
	const epochs, batch = 16, 64
	step := 0.0
	for epoch := range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		rate := 0.01 * (1 - float64(epoch)/epochs)
		for n, at := range order {
			var z [evidenceSize]float64
			for i := range z {
				z[i] = (xs[at].x[i] - mean[i]) / dev[i]
			}
			var hidden, slope [units]float64
			sum := w[size-1]
			for u := range units {
				s := w[u*row]
				for i, v := range z {
					s += w[u*row+1+i] * v
				}
				hidden[u] = bent(s)
				slope[u] = (1 - math.Abs(hidden[u])) * (1 - math.Abs(hidden[u]))
				sum += w[units*row+u] * hidden[u]
			}
			off := 1 / (1 + math.Exp(-sum))
			if xs[at].right {
				off--
			}
			grad[size-1] += off
			for u := range units {
				grad[units*row+u] += off * hidden[u]
				back := off * w[units*row+u] * slope[u]
				grad[u*row] += back
				for i, v := range z {
					grad[u*row+1+i] += back * v
				}
			}
			if (n+1)%batch > 0 && n+1 < len(order) {
				continue
			}
			step++
			for i, g := range grad {
				g = g/batch + 1e-5*w[i]
				first[i] = 0.9*first[i] + 0.1*g
				second[i] = 0.999*second[i] + 0.001*g*g
				w[i] -= rate * first[i] / (1 - math.Pow(0.9, step)) / (math.Sqrt(second[i]/(1-math.Pow(0.999, step))) + 1e-8)
			}
			grad = [size]float64{}
		}
	}
	n := &net{Out: []float64{round(w[size-1])}}
	for u := range units {
		bias := w[u*row]
		unit := make([]float64, row)
		for i := range mean {
			unit[i+1] = round(w[u*row+1+i] / dev[i])
			bias -= w[u*row+1+i] / dev[i] * mean[i]
		}
		unit[0] = round(bias)
		n.Units = append(n.Units, unit)
		n.Out = append(n.Out, round(w[units*row+u]))
	}
	return n
}
