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
const fitShare = 12

// threshold is the log-odds from which a change is reported; each kind is
// shifted so that it keeps its budget there.
const threshold = 2.0

// budget is the share of clean held-out sentences that a kind may question:
// the more often people make an error of the kind, the more. A kind with
// none (characters changed about, both characters of a word mistaken: rare in
// life) must be a margin surer than its surest false alarm.
var budget = [editKinds]float64{editSound: 0.0016, editShape: 0.0011, editDrop: 0.0004, editRepeat: 0.0009}

// TestFit is the recipe of packs/weights.json. Counts are made without a share
// of the documents and without ECSpell's training sentences; errors are put
// into held-out sentences; a logistic sum for each kind of change tells the
// error from the changes proposed on clean text. The test sets are not used.
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
	sentences := heldSentences(t, dir)
	t.Logf("%d held-out sentences", len(sentences))
	var xs [editKinds][][evidenceSize]float64
	var ys [editKinds][]bool
	collect := func(src string, right func(edit) int) {
		rs := []rune(src)
		for _, ln := range l.lines(rs) {
			for _, e := range l.edits(&ln) {
				weighWith(words, rs, &ln, &e)
				if y := right(e); y >= 0 {
					xs[e.kind] = append(xs[e.kind], evidence(e))
					ys[e.kind] = append(ys[e.kind], y == 1)
				}
			}
		}
	}
	for _, s := range sentences {
		collect(s, func(edit) int { return 0 })
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i, s := range sentences {
		for n := range 2 {
			src, at, ok := inject(rng, l, words, s, editKind((i+n*3)%int(editKinds)))
			if !ok {
				continue
			}
			collect(src, func(e edit) int {
				if applied(src, e) == s {
					return 1
				}
				if e.start > at+6 || e.end < at-6 {
					return 0
				}
				return -1 // a change beside the error: neither right nor a false alarm
			})
		}
	}
	for _, name := range []string{"05_typos/ecspell_odw_train.jsonl", "05_typos/ecspell_law_train.jsonl", "05_typos/ecspell_med_train.jsonl"} {
		for _, r := range readRows(t, dir, name) {
			if r.Src == r.Tgt {
				collect(r.Src, func(edit) int { return 0 })
				continue
			}
			src, tgt := []rune(r.Src), []rune(r.Tgt)
			if len(src) != len(tgt) {
				continue
			}
			collect(r.Src, func(e edit) int {
				wrong := false
				for i := max(e.start-4, 0); i < min(e.end+4, len(src)); i++ {
					wrong = wrong || src[i] != tgt[i]
				}
				switch {
				case !wrong:
					return 0
				case e.kind != editDrop && e.kind != editRepeat && string(tgt[e.start:e.end]) == e.right && string(src[e.start:e.end]) != e.right:
					return 1
				}
				return -1
			})
		}
	}
	j := judgement{
		header:  header{ID: "wording-weights", Version: corpus.Version, Source: "fitted on held-out official texts and ECSpell training sentences (MIT)", Effective: "2026-11-01"},
		Weights: map[string][]float64{},
	}
	for k := range editKinds {
		pos := 0
		for _, y := range ys[k] {
			if y {
				pos++
			}
		}
		t.Logf("%s: %d changes, %d right", editNames[k], len(ys[k]), pos)
		if pos >= 20 {
			j.Weights[editNames[k]] = logistic(xs[k], ys[k])
		}
	}
	// Each kind's best change in each clean sentence, worst sentence first.
	type alarm struct {
		odds float64
		text string
	}
	var best [editKinds][]alarm
	for _, s := range sentences {
		var top [editKinds]alarm
		for k := range top {
			top[k].odds = math.Inf(-1)
		}
		rs := []rune(s)
		for _, ln := range l.lines(rs) {
			for _, e := range l.edits(&ln) {
				weighWith(words, rs, &ln, &e)
				if o := j.logOdds(e); o > top[e.kind].odds {
					top[e.kind] = alarm{o, string(rs[max(e.start-8, 0):e.start]) + "【" + string(rs[e.start:e.end]) + "→" + e.right + "】" + string(rs[e.end:min(e.end+8, len(rs))])}
				}
			}
		}
		for k, a := range top {
			best[k] = append(best[k], a)
		}
	}
	for k := range editKinds {
		w := j.Weights[editNames[k]]
		if w == nil {
			continue
		}
		slices.SortFunc(best[k], func(a, b alarm) int { return cmp.Compare(b.odds, a.odds) })
		at := best[k][int(budget[k]*float64(len(best[k])))].odds
		if budget[k] == 0 {
			at += 1
		}
		t.Logf("%s: natural threshold %.2f; the surest false alarms %v", editNames[k], at, best[k][:8])
		w[0] = round(w[0] + threshold - at)
	}
	j.Threshold = threshold
	b, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("packs/weights.json", append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func round(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// heldSentences takes up to sixty sentences of each document held out.
func heldSentences(t *testing.T, dir string) []string {
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
	var out []string
	for _, d := range left {
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
		out = append(out, list[:min(len(list), 60)]...)
	}
	return out
}

// inject puts one error of a kind into a sentence and says where.
func inject(rng *rand.Rand, l *likely, words wordSet, s string, kind editKind) (string, int, bool) {
	rs := []rune(s)
	pick := func(list []ngram.ID) rune { return l.model.RuneOf(list[rng.IntN(len(list))]) }
	for range 40 {
		i := rng.IntN(len(rs) - 4)
		if !han(rs[i]) || !han(rs[i+1]) {
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
			n := 1 + rng.IntN(2)
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

// logistic fits by Adagrad on standardised evidence and gives weights for the
// evidence as it is.
func logistic(xs [][evidenceSize]float64, ys []bool) []float64 {
	var mean, dev [evidenceSize]float64
	for i := 1; i < evidenceSize; i++ {
		for _, x := range xs {
			mean[i] += x[i] / float64(len(xs))
		}
		for _, x := range xs {
			dev[i] += (x[i] - mean[i]) * (x[i] - mean[i]) / float64(len(xs))
		}
		if dev[i] = math.Sqrt(dev[i]); dev[i] < 1e-6 {
			dev[i] = 1
		}
	}
	dev[0] = 1
	order := make([]int, len(xs))
	for i := range order {
		order[i] = i
	}
	rng := rand.New(rand.NewPCG(5, 6))
	var w, seen [evidenceSize]float64
	for range 30 {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, n := range order {
			var z [evidenceSize]float64
			sum := 0.0
			for i := range z {
				z[i] = (xs[n][i] - mean[i]) / dev[i]
				sum += w[i] * z[i]
			}
			p := 1 / (1 + math.Exp(-sum))
			if ys[n] {
				p--
			}
			for i := range z {
				g := p * z[i]
				if i > 0 {
					g += 1e-4 * w[i] // keeps a kind with few examples modest
				}
				seen[i] += g * g
				w[i] -= 0.5 * g / math.Sqrt(seen[i]+1e-6)
			}
		}
	}
	out := make([]float64, evidenceSize)
	out[0] = w[0]
	for i := 1; i < evidenceSize; i++ {
		out[i] = round(w[i] / dev[i])
		out[0] -= w[i] / dev[i] * mean[i]
	}
	out[0] = round(out[0])
	return out
}
