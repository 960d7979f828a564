package ngram

import (
	"math"
	"math/bits"
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
	runes  []rune
	uni    []float64 // counts by ID
	total  float64
	sets   [Order + 1]set // 2, 3 and 4 used
	heads  []uint32       // bigrams of ID a are sets[2].keys[heads[a]:heads[a+1]]
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
	if r >= 0x4e00 && r <= 0x9fff {
		return m.ids[r]
	}
	return classOf(r, m.ids)
}

func classOf(r rune, ids map[rune]ID) ID {
	switch {
	case r >= '0' && r <= '9' || r >= '０' && r <= '９':
		return Digit
	case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 'ａ' && r <= 'ｚ' || r >= 'Ａ' && r <= 'Ｚ':
		return Letter
	case r == '\n' || r == '\r':
		return Break
	}
	return ids[r]
}

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
func (m *Model) Count2(a, b ID) float64 { return m.sets[2].count(key2(a, b)) }

// Count3 is the count of three.
func (m *Model) Count3(a, b, c ID) float64 { return m.sets[3].count(key3(a, b, c)) }

// Count4 is the count of four.
func (m *Model) Count4(a, b, c, d ID) float64 { return m.sets[4].count(key4(a, b, c, d)) }

// Log is the natural logarithm of the probability of d after a, b, c.
func (m *Model) Log(a, b, c, d ID) float64 {
	p := (m.uni[d] + 0.5) / m.total
	p = (m.Count2(c, d) + smoothing[2]*p) / (m.uni[c] + smoothing[2])
	if h := m.Count2(b, c); h > 0 {
		p = (m.Count3(b, c, d) + smoothing[3]*p) / (h + smoothing[3])
		if h := m.Count3(a, b, c); h > 0 {
			p = (m.Count4(a, b, c, d) + smoothing[4]*p) / (h + smoothing[4])
		}
	}
	return math.Log(p)
}

// After lists the characters seen after a, in order of ID.
func (m *Model) After(a ID) func(func(ID) bool) {
	return func(yield func(ID) bool) {
		for _, k := range m.sets[2].keys[m.heads[a]:m.heads[a+1]] {
			if !yield(ID(k & (1<<idBits - 1))) {
				return
			}
		}
	}
}

// Size is the number of listed characters and of sequences of 2, 3 and 4.
func (m *Model) Size() (vocabulary int, sequences [Order + 1]int) {
	for i := range m.sets {
		sequences[i] = len(m.sets[i].keys)
	}
	return len(m.runes), sequences
}

const idBits = 13 // at most 8,192 characters

// keyBits is the width of the keys of each length: exact for two, hashed above.
var keyBits = [Order + 1]int{2: 2 * idBits, 3: 29, 4: 28}

func key2(a, b ID) uint32 { return uint32(a)<<idBits | uint32(b) }
func key3(a, b, c ID) uint32 {
	return mix(uint64(a)<<(2*idBits)|uint64(b)<<idBits|uint64(c), 3)
}
func key4(a, b, c, d ID) uint32 {
	return mix(uint64(a)<<(3*idBits)|uint64(b)<<(2*idBits)|uint64(c)<<idBits|uint64(d), 4)
}

func mix(x uint64, n int) uint32 {
	x *= 0x9e3779b97f4a7c15
	x ^= x >> 31
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	return uint32(x >> (64 - keyBits[n]))
}

// set is sorted keys with a level each, and where each run of high bits begins.
type set struct {
	keys   []uint32
	levels []uint8
	index  []uint32
	shift  int
}

func (s *set) build(width int) {
	n := max(bits.Len(uint(len(s.keys)))-1, 1)
	s.shift = max(width-n, 0)
	s.index = make([]uint32, (1<<(width-s.shift))+1)
	for _, k := range s.keys {
		s.index[k>>s.shift+1]++
	}
	for i := 1; i < len(s.index); i++ {
		s.index[i] += s.index[i-1]
	}
}

func (s *set) count(k uint32) float64 {
	b := k >> s.shift
	for i := s.index[b]; i < s.index[b+1]; i++ {
		if s.keys[i] >= k {
			if s.keys[i] == k {
				return levelCount[s.levels[i]]
			}
			return 0
		}
	}
	return 0
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
