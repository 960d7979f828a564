package ngram

import (
	"math"
	"math/bits"
	"strings"
)

// ID is a character of the vocabulary. Digits and Latin letters are one
// character each class, so that a year says nothing new.
type ID uint16

// Fixed characters of every vocabulary.
const (
	Unknown ID = iota // any character seen too seldom
	Break             // start or end of a line or sentence
	Digit
	Letter
	first // of the listed characters
)

// Order is the longest sequence counted.
const Order = 4

// smoothing is the weight, in sightings, of the shorter context against the
// longer one (Dirichlet prior), by length of sequence; found by trying on text
// held out of the counts.
var smoothing = [Order + 1]float64{2: 12, 3: 5, 4: 4}

// Model is read-only once made and safe for concurrent use.
type Model struct {
	Header Header
	ids    map[rune]ID
	han    []ID // the IDs of the commonest block, from firstHan
	runes  []rune
	uni    []float64 // counts by ID
	total  float64
	pairs  pairs
	sets   [Order + 1]set // 3 and 4 used
}

// Header says what a model file holds.
type Header struct {
	ID        string   `json:"id"`
	Version   string   `json:"version"`
	Source    string   `json:"source"`
	Effective string   `json:"effective"`
	Inputs    []string `json:"inputs"`
	Runes     int      `json:"runes"`     // characters counted
	Documents int      `json:"documents"` // texts counted
	Skipped   int      `json:"skipped"`   // texts left out as test material
}

// IDOf gives the vocabulary character of a rune. Line ends and sentence marks
// count as themselves; spaces are the caller's to drop.
func (m *Model) IDOf(r rune) ID {
	if i := r - firstHan; uint32(i) < uint32(len(m.han)) {
		return m.han[i]
	}
	return classOf(r, m.ids)
}

// The commonest block of Han characters.
const (
	firstHan = 0x4e00
	lastHan  = 0x9fff
)

func classOf(r rune, ids map[rune]ID) ID {
	switch {
	case r >= '0' && r <= '9' || r >= '０' && r <= '９':
		return Digit
	case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 'ａ' && r <= 'ｚ' || r >= 'Ａ' && r <= 'Ｚ':
		return Letter
	case r == '\n' || r == '\r':
		return Break
	}
	if i := strings.IndexRune(narrow, r); i >= 0 {
		return ids[wideRunes[i]]
	}
	return ids[r]
}

var wideRunes = []rune(wide)

// Half-width marks count as the full-width ones that they stand for.
const (
	narrow = ",;:?!()"
	wide   = "，；：？！（）"
)

// RuneOf gives the rune of a listed character, 0 for the classes.
func (m *Model) RuneOf(id ID) rune {
	if int(id) < len(m.runes) {
		return m.runes[id]
	}
	return 0
}

// Count is how often the sequence was seen, rounded; 0 when never (or, for
// four-grams, when only once).
func (m *Model) Count(seq ...ID) float64 {
	switch len(seq) {
	case 1:
		return m.uni[seq[0]]
	case 2:
		return m.Count2(seq[0], seq[1])
	case 3:
		return m.Count3(seq[0], seq[1], seq[2])
	case 4:
		return m.Count4(seq[0], seq[1], seq[2], seq[3])
	}
	return 0
}

// Count1 is the count of one character.
func (m *Model) Count1(a ID) float64 { return m.uni[a] }

// Count2 is the count of two characters in sequence.
func (m *Model) Count2(a, b ID) float64 { return m.pairs.count(a, b) }

// Count3 is the count of three.
func (m *Model) Count3(a, b, c ID) float64 { return m.sets[3].count(key3(a, b, c)) }

// Count4 is the count of four.
func (m *Model) Count4(a, b, c, d ID) float64 { return m.sets[4].count(key4(a, b, c, d)) }

// Walk is a place in a text: the three characters before it and what is known
// of them. Begin with Model.At.
type Walk struct {
	a, b, c ID
	n2, n3  float64 // counts of (b, c) and of (a, b, c)
}

// At begins a walk after a, b, c.
func (m *Model) At(a, b, c ID) Walk {
	return Walk{a, b, c, m.Count2(b, c), m.Count3(a, b, c)}
}

// Begin begins a walk at the beginning of a line, which is known as well as any
// that was counted.
func (m *Model) Begin() Walk {
	return Walk{Break, Break, Break, m.uni[Break], m.uni[Break]}
}

// Resume begins a walk after a, b, c where a text was walked before: last is
// what the step to c found then.
func Resume(a, b, c ID, last Sight) Walk { return Walk{a, b, c, last.Two, last.Three} }

// Sight is what a step found.
type Sight struct {
	P float64 // probability of the character stepped to
	// Two and Three are the counts of the two and of the three characters that
	// end with it.
	Two, Three float64
	// p2 and p3 are its probability as one and as two characters before tell.
	p2, p3 float64
}

// Begun is the sight that a walk begins with.
func (w *Walk) Begun() Sight { return Sight{Two: w.n2, Three: w.n3} }

// Step gives the probability of d at a place, and moves on past it.
func (m *Model) Step(w *Walk, d ID) (s Sight) {
	s.Two = m.Count2(w.c, d)
	s.p2 = (s.Two + smoothing[2]*((m.uni[d]+0.5)/m.total)) / (m.uni[w.c] + smoothing[2])
	m.third(w, d, &s)
	return s
}

// Again steps to a character of a text walked before and changed since: same of
// the characters right before it are as they were, and known is what its step
// found then. What rests on those alone is not looked up again.
func (m *Model) Again(w *Walk, d ID, same int, known Sight) Sight {
	switch same {
	case 0:
		return m.Step(w, d)
	case 1:
		m.third(w, d, &known)
	default:
		m.fourth(w, d, &known)
	}
	return known
}

// third adds to a sight what the second character before d tells.
func (m *Model) third(w *Walk, d ID, s *Sight) {
	s.Three, s.p3 = 0, s.p2
	if w.n2 > 0 {
		if s.Two > 0 {
			s.Three = m.Count3(w.b, w.c, d)
		}
		s.p3 = (s.Three + smoothing[3]*s.p2) / (w.n2 + smoothing[3])
	}
	m.fourth(w, d, s)
}

// fourth adds to a sight what the third character before d tells, and moves on.
func (m *Model) fourth(w *Walk, d ID, s *Sight) {
	s.P = s.p3
	if w.n2 > 0 && w.n3 > 0 {
		n4 := 0.0
		if s.Three > 0 {
			n4 = m.Count4(w.a, w.b, w.c, d)
		}
		s.P = (n4 + smoothing[4]*s.p3) / (w.n3 + smoothing[4])
	}
	*w = Walk{w.b, w.c, d, s.Two, s.Three}
}

// Log is the natural logarithm of the probability of d after a, b, c.
func (m *Model) Log(a, b, c, d ID) float64 {
	w := m.At(a, b, c)
	return math.Log(m.Step(&w, d).P)
}

// Follows reports whether b was ever seen after a. It is much cheaper than Count2.
func (m *Model) Follows(a, b ID) bool {
	return m.pairs.after[int(a)*m.pairs.row+int(b>>6)]>>(b&63)&1 != 0
}

// Fits reports whether x was ever seen after a and ever before b. Of many
// characters tried at one place it reads two short rows only.
func (m *Model) Fits(a, x, b ID) bool {
	i, bit := int(x>>6), uint64(1)<<(x&63)
	return m.pairs.after[int(a)*m.pairs.row+i]&bit != 0 && m.pairs.before[int(b)*m.pairs.row+i]&bit != 0
}

// Joins lists the characters that were seen between a and b, in order of ID.
func (m *Model) Joins(a, b ID) func(func(ID) bool) {
	return func(yield func(ID) bool) {
		row := m.pairs.row
		after, before := m.pairs.after[int(a)*row:][:row], m.pairs.before[int(b)*row:][:row]
		f := frameOf(a, b)
		for i, w := range after {
			for w &= before[i]; w != 0; w &= w - 1 {
				x := ID(i<<6 + bits.TrailingZeros64(w))
				if _, ok := m.sets[3].level(f.key(x)); ok && !yield(x) {
					return
				}
			}
		}
	}
}

// Size is the number of listed characters and of sequences of 2, 3 and 4.
func (m *Model) Size() (vocabulary int, sequences [Order + 1]int) {
	for n, s := range m.sequences() {
		sequences[n] = len(s.keys)
	}
	return len(m.runes), sequences
}

const idBits = 13 // at most 8,192 characters

// keyBits is the width of the keys of each length: exact for two, hashed above.
var keyBits = [Order + 1]int{2: 2 * idBits, 3: 29, 4: 28}

func key2(a, b ID) uint32    { return uint32(a)<<idBits | uint32(b) }
func key3(a, b, c ID) uint32 { return frameOf(a, c).key(b) }
func key4(a, b, c, d ID) uint32 {
	return mix(uint64(a)<<(3*idBits)|uint64(b)<<(2*idBits)|uint64(c)<<idBits|uint64(d), 4)
}

// frame is two characters with room for one between them. The keys of all that
// may stand there begin alike, and so lie near each other in memory.
type frame uint64

// frameBits is how many bits of a key of three its frame decides.
const frameBits = 11

func frameOf(a, c ID) frame {
	x := (uint64(a)<<idBits | uint64(c)) * 0x9e3779b97f4a7c15
	x ^= x >> 31
	x *= 0xd6e8feb86659fd93
	return frame(x ^ x>>32)
}

func (f frame) key(b ID) uint32 {
	const own = 29 - frameBits
	x := (uint64(f) + uint64(b)*0x9e3779b97f4a7c15) * 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return uint32(f>>(64-frameBits))<<own | uint32(x>>(64-own))
}

func mix(x uint64, n int) uint32 {
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 31
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return uint32(x >> (64 - keyBits[n]))
}

// levelCount are the counts that can be kept: 1 to 4, then steps of a third to a half.
var levelCount = func() (t [64]float64) {
	for i := range t {
		switch {
		case i < 4:
			t[i] = float64(i + 1)
		case i%2 == 0:
			t[i] = 1.5 * math.Pow(2, float64(i/2))
		default:
			t[i] = math.Pow(2, float64((i+1)/2))
		}
	}
	return t
}()

// levelOf is the nearest level not above n.
func levelOf(n uint32) uint8 {
	l := 0
	for l+1 < len(levelCount) && levelCount[l+1] <= float64(n) {
		l++
	}
	return uint8(l)
}
