package proofread

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"sync"
	"unicode"

	"zhengshu/internal/check/proofread/ngram"
)

var (
	//go:embed packs/counts.bin
	countsBin []byte
	//go:embed packs/confusable.json.zst
	confusableBin []byte
)

// likely is the knowledge that the statistical reading needs: how characters
// follow one another, and which are taken for which.
type likely struct {
	model  *ngram.Model
	sound  map[rune][]ngram.ID
	shape  map[rune][]ngram.ID
	header header
}

// loadLikely decodes the embedded packs once, on first use (some 30 MB).
var loadLikely = sync.OnceValues(func() (*likely, error) {
	return newLikely(countsBin, confusableBin)
})

func newLikely(counts, confusable []byte) (*likely, error) {
	m, err := ngram.Decode(counts)
	if err != nil {
		return nil, err
	}
	b, err := unpack(confusable)
	if err != nil {
		return nil, fmt.Errorf("confusable pack: %w", err)
	}
	var f struct {
		header
		Sound map[string]string `json:"sound"`
		Shape map[string]string `json:"shape"`
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("confusable pack: %w", err)
	}
	l := &likely{model: m, sound: map[rune][]ngram.ID{}, shape: map[rune][]ngram.ID{}, header: f.header}
	for from, to := range map[*map[string]string]map[rune][]ngram.ID{&f.Sound: l.sound, &f.Shape: l.shape} {
		for a, list := range *from {
			for _, r := range a {
				for _, x := range list {
					if id := m.IDOf(x); id != ngram.Unknown {
						to[r] = append(to[r], id)
					}
				}
			}
		}
	}
	return l, nil
}

// edit is a change that would make the text likelier.
type edit struct {
	kind       editKind
	start, end int // runes of the text replaced
	right      string
	gain       float64 // natural logarithm of how much likelier
	support    float64 // sightings of the best three characters with the change
	against    float64 // sightings of the best three characters as written
	pair       float64 // sightings of the rarer pair as written
	home       float64 // sightings of the commoner pair as written
	fit        float64 // sightings of the rarer pair with the change
	snug       float64 // sightings of the commoner pair with the change
	common     float64 // sightings of the character as written
	word       int     // length of the longest known word that covers it as written; for a repeat, 1 when two words meet there
	made       int     // length of the longest known word that covers it with the change
	before     int     // length of the known word that ends where the change begins, or 0
	after      int     // length of the known word that begins where it ends
	edge       int     // 1 when it stands at an end of the line
	firm       float64 // sightings of the best four characters with the change
	usual      float64 // sightings of the character put in
	climate    float64 // how well the rest of the line is known; see line.climate
}

type editKind uint8

const (
	editSound editKind = iota
	editShape
	editSwap
	editDrop   // a character is missing
	editRepeat // characters stand twice
	editWord   // both characters of a word
	editKinds
)

// line is one line of a text in vocabulary characters, three Breaks before and
// two after. at[i] and to[i] bound the runes that sign i stands for.
type line struct {
	ids    []ngram.ID
	runes  []rune
	at, to []int
	log    []float64
	seen   []ngram.Sight // of the step to sign i
}

const pad = 3

// standIns are the characters that stand in for names of parties and places.
const standIns = "甲乙丙丁"

// longLine bounds a line in signs: what is weighed for each change grows with it.
const longLine = 600

func (l *likely) lines(text []rune) []line {
	var out []line
	var cur line
	begin := func() {
		cur = line{}
		for range pad {
			cur.push(ngram.Break, 0, 0, 0)
		}
	}
	finish := func(end int) {
		if len(cur.ids) > pad {
			cur.push(ngram.Break, 0, end, end)
			cur.push(ngram.Break, 0, end, end)
			n := len(cur.ids)
			cur.log, cur.seen = make([]float64, n), make([]ngram.Sight, n)
			w := l.model.Begin()
			cur.seen[pad-1] = w.Begun()
			for i := pad; i < len(cur.ids)-1; i++ {
				cur.seen[i] = l.model.Step(&w, cur.ids[i])
				cur.log[i] = math.Log(cur.seen[i].P)
			}
			out = append(out, cur)
		}
		begin()
	}
	begin()
	for i, r := range text {
		if ngram.Space(r) {
			continue
		}
		id := l.model.IDOf(r)
		if id == ngram.Break {
			finish(i)
			continue
		}
		if n := len(cur.ids) - 1; (id == ngram.Digit || id == ngram.Letter) && cur.ids[n] == id {
			cur.to[n] = i + 1
			continue
		}
		cur.push(id, r, i, i+1)
		// A paragraph without end is read in parts, at a full stop where there is one.
		if n := len(cur.ids); r == '。' && n > longLine/2 || n > longLine {
			finish(i + 1)
		}
	}
	finish(len(text))
	return out
}

func (l *line) push(id ngram.ID, r rune, at, to int) {
	l.ids = append(l.ids, id)
	l.runes = append(l.runes, r)
	l.at = append(l.at, at)
	l.to = append(l.to, to)
}

// window sums the logarithms of signs lo to hi (exclusive).
func (ln *line) window(lo, hi int) float64 {
	s := 0.0
	for _, x := range ln.log[lo:min(hi, len(ln.log)-1)] {
		s += x
	}
	return s
}

// chance is the probability of a sequence put in place of signs lo to hi, and
// of the three signs after as they follow it then; 0 as soon as it is below
// least.
func (l *likely) chance(ln *line, lo, hi int, with []ngram.ID, least float64) float64 {
	w := ngram.Resume(ln.ids[lo-3], ln.ids[lo-2], ln.ids[lo-1], ln.seen[lo-1])
	p := 1.0
	for _, d := range with {
		if p *= l.model.Step(&w, d).P; p < least {
			return 0
		}
	}
	for i := hi; i < min(hi+3, len(ln.ids)-1); i++ {
		if p *= l.model.Again(&w, ln.ids[i], i-hi, ln.seen[i]).P; p < least {
			return 0
		}
	}
	return p
}

// gain is how much likelier, in natural logarithms, a line gets by a sequence
// in place of signs lo to hi; 0 when it is not more than least. now is what the
// signs there and the three after have.
func (l *likely) gain(ln *line, lo, hi int, with []ngram.ID, now, least float64) float64 {
	p := l.chance(ln, lo, hi, with, math.Exp(now+least))
	if p == 0 {
		return 0
	}
	if g := math.Log(p) - now; g > least {
		return g
	}
	return 0
}

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// leastGain is what a change must gain to be kept at all, by kind; Scan asks more.
const leastGain = 3

// dull is how unlikely, in natural logarithms, the signs about a place must be
// before changes are tried there.
const dull = 10

// edits lists, for one line, the best change at each suspicious place.
func (l *likely) edits(ln *line) []edit {
	var out []edit
	m := l.model
	n := len(ln.ids) - 2
	for i := pad; i < n; i++ {
		// A character missing between i−1 and i; before a mark as well.
		if i > pad && (han(ln.runes[i]) || han(ln.runes[i-1])) {
			if e, ok := l.missing(ln, i); ok {
				out = append(out, e)
			}
		}
		left, id, right := ln.ids[i-1], ln.ids[i], ln.ids[i+1]
		// A sequence that stands twice: one copy out.
		for k := 1; k <= 4 && i+2*k <= n; k++ {
			// Parted by a space, the copies belong to different parts of the line.
			same := ln.at[i+k] == ln.to[i+k-1]
			for j := range k {
				if ln.ids[i+j] != ln.ids[i+k+j] || !han(ln.runes[i+j]) || ln.runes[i+j] != ln.runes[i+k+j] {
					same = false
					break
				}
			}
			if !same {
				continue
			}
			now := ln.window(i+k, i+2*k+3)
			if g := l.gain(ln, i+k, i+2*k, nil, now, leastGain); g > 0 {
				out = append(out, edit{kind: editRepeat, start: ln.at[i+k], end: ln.to[i+2*k-1], gain: g,
					support: m.Count3(ln.ids[i+k-2], ln.ids[i+k-1], ln.ids[i+2*k]), against: m.Count3(ln.ids[i+k-1], ln.ids[i+k], ln.ids[min(i+k+1, n)]), pair: m.Count2(ln.ids[i+k-1], ln.ids[i+k]),
					home: m.Count2(ln.ids[i+k-1], ln.ids[i+2*k]), fit: float64(k), common: m.Count1(id), firm: l.firm(ln, i+k, i+2*k)})
			}
		}
		// One character in brackets says what else may stand there, and is no number
		// of an item: 禁猎（渔）区. What stands in for a name may stand anywhere: 甲方.
		if !han(ln.runes[i]) || ln.runes[i-1] == '（' && ln.runes[i+1] == '）' || strings.ContainsRune(standIns, ln.runes[i]) {
			continue
		}
		seen := ln.seen[i+1].Three
		against := max(seen, ln.seen[i].Three, ln.seen[i+2].Three)
		pair, home := ln.seen[i].Two, ln.seen[i+1].Two
		pair, home = min(pair, home), max(pair, home)
		now := ln.window(i, i+4)
		if seen < 2 && now < -dull {
			best := edit{gain: leastGain}
			try := func(kind editKind, list []ngram.ID) {
				for _, x := range list {
					if x == id || !m.Fits(left, x, right) {
						continue
					}
					if g := l.gain(ln, i, i+1, []ngram.ID{x}, now, best.gain); g > 0 {
						best = edit{kind: kind, start: ln.at[i], end: ln.to[i], right: string(m.RuneOf(x)), gain: g, against: against, pair: pair, home: home, common: m.Count1(id),
							fit: min(m.Count2(left, x), m.Count2(x, right)), snug: max(m.Count2(left, x), m.Count2(x, right)), usual: m.Count1(x), firm: l.firm(ln, i, i+1, x),
							support: max(m.Count3(left, x, right), m.Count3(ln.ids[i-2], left, x), m.Count3(x, right, ln.ids[i+2]))}
					}
				}
			}
			try(editSound, l.sound[ln.runes[i]])
			try(editShape, l.shape[ln.runes[i]])
			if best.right != "" {
				out = append(out, best)
			}
		}
		// Two characters changed about.
		if han(ln.runes[i+1]) && id != right && seen == 0 && ln.seen[i+2].Three == 0 && m.Follows(right, id) {
			now := ln.window(i, i+5)
			if g := l.gain(ln, i, i+2, []ngram.ID{right, id}, now, leastGain); g > 0 {
				out = append(out, edit{kind: editSwap, start: ln.at[i], end: ln.to[i+1], right: string([]rune{ln.runes[i+1], ln.runes[i]}), gain: g, against: against, pair: m.Count2(id, right), home: home, common: min(m.Count1(id), m.Count1(right)),
					fit: min(m.Count2(left, right), m.Count2(right, id), m.Count2(id, ln.ids[i+2])), snug: max(m.Count2(left, right), m.Count2(id, ln.ids[i+2])), usual: m.Count2(right, id), firm: l.firm(ln, i, i+2, right, id),
					support: max(m.Count3(left, right, id), m.Count3(right, id, ln.ids[i+2]))})
			}
		}
		// Both characters of a word taken for others.
		if i+1 < n && han(ln.runes[i+1]) && ln.seen[i+1].Two < 2 && ln.seen[i].Two < 3 && ln.seen[i+2].Two < 3 {
			now := ln.window(i, i+5)
			best := edit{gain: leastGain}
			for _, x := range l.sound[ln.runes[i]] {
				if !m.Follows(left, x) {
					continue
				}
				for _, y := range l.sound[ln.runes[i+1]] {
					if !m.Fits(x, y, ln.ids[i+2]) || m.Count2(x, y) < 3 {
						continue
					}
					if g := l.gain(ln, i, i+2, []ngram.ID{x, y}, now, best.gain); g > 0 {
						best = edit{kind: editWord, start: ln.at[i], end: ln.to[i+1], right: string([]rune{m.RuneOf(x), m.RuneOf(y)}), gain: g, against: against, pair: m.Count2(id, right), home: home, common: min(m.Count1(id), m.Count1(right)),
							fit: min(m.Count2(left, x), m.Count2(x, y), m.Count2(y, ln.ids[i+2])), snug: max(m.Count2(left, x), m.Count2(y, ln.ids[i+2])), usual: m.Count2(x, y), firm: l.firm(ln, i, i+2, x, y),
							support: max(m.Count3(left, x, y), m.Count3(x, y, ln.ids[i+2]))}
					}
				}
			}
			if best.right != "" {
				out = append(out, best)
			}
		}
	}
	return out
}

// firm is the count of the best-known four signs that hold the change.
func (l *likely) firm(ln *line, lo, hi int, with ...ngram.ID) float64 {
	var buf [pad + 2 + pad]ngram.ID
	s := append(buf[:0], ln.ids[lo-pad:lo]...)
	s = append(s, with...)
	s = append(s, ln.ids[hi:min(hi+pad, len(ln.ids)-1)]...)
	best := 0.0
	for i := max(len(with), 1) - 1; i+4 <= len(s); i++ {
		best = max(best, l.model.Count4(s[i], s[i+1], s[i+2], s[i+3]))
	}
	return best
}

// A place where a character may be missing is one that the text passes over so
// unlikely, in natural logarithms: by the sign after it alone, and by the three.
// Before a mark, which may stand after anything and tells little, half of it is
// enough.
const (
	jolt  = 7
	jolts = 12
)

// missing looks for a character between signs i−1 and i.
func (l *likely) missing(ln *line, i int) (edit, bool) {
	m := l.model
	left, right := ln.ids[i-1], ln.ids[i]
	if left == ngram.Unknown || right == ngram.Unknown {
		return edit{}, false
	}
	pair := ln.seen[i].Two
	around, now, share := ln.seen[i].Three, ln.window(i, i+3), 2.0
	if han(ln.runes[i]) {
		around, share = around+ln.seen[i+1].Three, 1
	}
	if around > 1 || ln.log[i]*share > -jolt || now*share > -jolts {
		return edit{}, false
	}
	best := edit{gain: leastGain}
	for x := range m.Joins(left, right) {
		if x <= ngram.Letter || !han(m.RuneOf(x)) {
			continue
		}
		if g := l.gain(ln, i, i, []ngram.ID{x}, now, best.gain); g > 0 {
			best = edit{kind: editDrop, start: ln.at[i-1], end: ln.to[i], gain: g, against: around, pair: pair, right: string(m.RuneOf(x)), common: min(m.Count1(left), m.Count1(right)),
				home: max(m.Count2(ln.ids[i-2], left), m.Count2(right, ln.ids[i+1])), fit: min(m.Count2(left, x), m.Count2(x, right)), snug: max(m.Count2(left, x), m.Count2(x, right)), usual: m.Count1(x), firm: l.firm(ln, i, i, x),
				support: max(m.Count3(left, x, right), m.Count3(ln.ids[i-2], left, x), m.Count3(x, right, ln.ids[i+1]))}
		}
	}
	return best, best.right != ""
}

// wellKnown is how often three characters must have been met for what follows them to be
// told, alwaysShare what part of that one character must have followed.
const (
	wellKnown   = 24
	alwaysShare = 0.95
)

// cutShort are the places where a mark stands in a phrase that is as good as always the
// same: the counts of single signs alone do not tell it where the last of them is common.
func (l *likely) cutShort(ln *line) (out []edit) {
	for i := pad + 3; i < len(ln.runes); i++ {
		// The items of a list are as short as can be: 人民城市人民建、为人民。
		if !strings.ContainsRune("，。；", ln.runes[i]) {
			continue
		}
		if x, ok := l.always(ln, i); ok {
			out = append(out, edit{kind: editDrop, start: ln.at[i-1], end: ln.to[i], right: string(l.model.RuneOf(x))})
		}
	}
	return out
}

// endings are characters that end the name of a thing by themselves: 环境部 is no 环境部门
// cut short, 登记制 no 登记制度.
const endings = "部制人线员局处会院站所厂店家者费税款金权法令证书件物品点地区县市省村镇乡街路车船机器室库网率量性度力型类级期段层面户组队科股案表单卡号码图报函文稿"

// always is the character that follows the three before a mark as good as always, where
// the mark never does: 改革开 is followed by 放.
func (l *likely) always(ln *line, i int) (ngram.ID, bool) {
	m := l.model
	if ln.seen[i].Three > 0 || strings.ContainsRune(endings, ln.runes[i-1]) || !han(ln.runes[i-1]) || !han(ln.runes[i-2]) || !han(ln.runes[i-3]) {
		return 0, false
	}
	a, b, c := ln.ids[i-3], ln.ids[i-2], ln.ids[i-1]
	all := m.Count3(a, b, c)
	if all < wellKnown {
		return 0, false
	}
	for x := range m.Joins(c, ln.ids[i]) {
		if x > ngram.Letter && han(m.RuneOf(x)) && m.Count4(a, b, c, x) >= all*alwaysShare {
			return x, true
		}
	}
	return 0, false
}
