package ngram

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"sort"
	"strings"
)

// Builder counts texts. It keeps all sequences in memory; a few million
// characters are meant.
type Builder struct {
	Header Header
	lines  []line
}

type line struct {
	text   []rune
	weight uint32
}

// Add counts a text weight times. Spaces are dropped; a line ends a sequence.
func (b *Builder) Add(text string, weight uint32) {
	rs := make([]rune, 0, len(text)/3)
	for _, r := range text {
		if !Space(r) {
			rs = append(rs, r)
		}
	}
	b.lines = append(b.lines, line{rs, weight})
	b.Header.Runes += len(rs)
}

// Space reports characters that a model does not see.
func Space(r rune) bool {
	return r == ' ' || r == '\t' || r == '\u3000' || r == '\u00a0' || r == '\ufeff' || r == '\u200b'
}

// Model makes the model: characters seen less than leastRune times are unknown,
// and four-grams (three-grams) seen less than least4 (least3) times forgotten.
func (b *Builder) Model(leastRune, least3, least4 uint32) *Model {
	seen := map[rune]uint32{}
	for _, l := range b.lines {
		for _, r := range l.text {
			seen[r] += l.weight
		}
	}
	type counted struct {
		r rune
		n uint32
	}
	var list []counted
	for r, n := range seen {
		if n >= leastRune && classOf(r, nil) == Unknown && !strings.ContainsRune(narrow, r) || strings.ContainsRune(wide, r) {
			list = append(list, counted{r, n})
		}
	}
	sort.Slice(list, func(i, j int) bool {
		if list[i].n != list[j].n {
			return list[i].n > list[j].n
		}
		return list[i].r < list[j].r
	})
	list = list[:min(len(list), 1<<idBits-int(first))]
	m := &Model{Header: b.Header, ids: map[rune]ID{}, runes: make([]rune, first)}
	for _, c := range list {
		m.ids[c.r] = ID(len(m.runes))
		m.runes = append(m.runes, c.r)
	}
	m.uni = make([]float64, len(m.runes))
	var maps [Order + 1]map[uint32]uint32
	for n := 2; n <= Order; n++ {
		maps[n] = map[uint32]uint32{}
	}
	for _, l := range b.lines {
		p, q, o := Break, Break, Break // the three before
		count := func(id ID) {
			m.uni[id] += float64(l.weight)
			maps[2][key2(o, id)] += l.weight
			maps[3][key3(q, o, id)] += l.weight
			maps[4][key4(p, q, o, id)] += l.weight
			p, q, o = q, o, id
		}
		for _, r := range l.text {
			id := m.IDOf(r)
			if id == Digit && o == Digit || id == Letter && o == Letter || id == Break && o == Break {
				continue // a number or a word is one sign
			}
			count(id)
			if id == Break {
				p, q, o = Break, Break, Break
			}
		}
		if o != Break {
			count(Break)
		}
	}
	var s sequences
	for n, least := range [Order + 1]uint32{2: 1, 3: least3, 4: least4} {
		if n < 2 {
			continue
		}
		for k, c := range maps[n] {
			if c >= least {
				s[n].keys = append(s[n].keys, k)
			}
		}
		slices.Sort(s[n].keys)
		for _, k := range s[n].keys {
			s[n].levels = append(s[n].levels, levelOf(maps[n][k]))
		}
	}
	m.finish(s)
	return m
}

// sequences are the keys of each length, in order, each once, with their levels.
type sequences [Order + 1]struct {
	keys   []uint32
	levels []uint8
}

func (m *Model) finish(s sequences) {
	m.total = 0
	for _, c := range m.uni {
		m.total += c
	}
	m.total += 0.5 * float64(len(m.uni))
	m.pairs = newPairs(len(m.runes), s[2].keys, s[2].levels)
	for n := 3; n <= Order; n++ {
		m.sets[n] = newSet(keyBits[n], s[n].keys, s[n].levels)
	}
	m.han = make([]ID, lastHan-firstHan+1)
	for i := range m.han {
		m.han[i] = m.ids[firstHan+rune(i)]
	}
}

// sequences gives back what the model was made from.
func (m *Model) sequences() (s sequences) {
	s[2].keys, s[2].levels = m.pairs.unpacked()
	for n := 3; n <= Order; n++ {
		s[n].keys, s[n].levels = m.sets[n].unpacked()
	}
	return s
}

// magic begins a file; its number goes up when keys are made otherwise, since a
// model read with other keys finds nothing it holds.
const magic = "zsng2\n"

// maxSequences bounds what Decode will make room for.
const maxSequences = 1 << 23

// Encode writes the model: a JSON header line, the vocabulary, and for each
// length the sorted keys as Rice-coded steps with Elias-coded levels.
func (m *Model) Encode() ([]byte, error) {
	h, err := json.Marshal(m.Header)
	if err != nil {
		return nil, err
	}
	out := append([]byte(magic), h...)
	out = append(out, '\n')
	out = binary.AppendUvarint(out, uint64(len(m.runes)))
	for _, r := range m.runes {
		out = binary.AppendUvarint(out, uint64(r))
	}
	for _, c := range m.uni {
		out = binary.AppendUvarint(out, uint64(c))
	}
	all := m.sequences()
	for n := 2; n <= Order; n++ {
		keys, levels := all[n].keys, all[n].levels
		k := rice(len(keys), keyBits[n])
		out = binary.AppendUvarint(out, uint64(len(keys)))
		var w bitWriter
		last := uint32(0)
		for i, key := range keys {
			d := key - last
			last = key
			w.unary(d >> k)
			w.bits(d, k)
			w.gamma(uint32(levels[i]) + 1)
		}
		payload := w.flush()
		out = binary.AppendUvarint(out, uint64(len(payload)))
		out = append(out, payload...)
	}
	return out, nil
}

// rice is the number of low bits that suits n keys spread over width bits.
func rice(n, width int) int {
	if n == 0 {
		return width
	}
	return max(width-bits.Len(uint(n)), 0)
}

// Decode reads what Encode wrote. Every count in the input is checked before
// room is made for it.
func Decode(b []byte) (*Model, error) {
	rest, ok := bytes.CutPrefix(b, []byte(magic))
	if !ok {
		return nil, fmt.Errorf("ngram: not a model file")
	}
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		return nil, fmt.Errorf("ngram: header cut off")
	}
	m := &Model{ids: map[rune]ID{}}
	if err := json.Unmarshal(rest[:i], &m.Header); err != nil {
		return nil, fmt.Errorf("ngram: header: %w", err)
	}
	rest = rest[i+1:]
	short := fmt.Errorf("ngram: file cut off")
	number := func() (uint64, error) {
		v, n := binary.Uvarint(rest)
		if n <= 0 {
			return 0, short
		}
		rest = rest[n:]
		return v, nil
	}
	vocabulary, err := number()
	if err != nil {
		return nil, err
	}
	if vocabulary < uint64(first) || vocabulary > 1<<idBits || vocabulary > uint64(len(rest)) {
		return nil, fmt.Errorf("ngram: vocabulary of %d is out of range", vocabulary)
	}
	m.runes = make([]rune, vocabulary)
	for i := range m.runes {
		v, err := number()
		if err != nil {
			return nil, err
		}
		if v > 0x10ffff {
			return nil, fmt.Errorf("ngram: %d is no character", v)
		}
		m.runes[i] = rune(v)
		if i >= int(first) {
			m.ids[rune(v)] = ID(i)
		}
	}
	m.uni = make([]float64, vocabulary)
	for i := range m.uni {
		v, err := number()
		if err != nil {
			return nil, err
		}
		m.uni[i] = float64(v)
	}
	var all sequences
	for n := 2; n <= Order; n++ {
		count, err := number()
		if err != nil {
			return nil, err
		}
		size, err := number()
		if err != nil {
			return nil, err
		}
		if count > maxSequences || size > uint64(len(rest)) || count > size*8 {
			return nil, fmt.Errorf("ngram: %d sequences of %d in %d bytes", count, n, size)
		}
		s := &all[n]
		s.keys = make([]uint32, count)
		s.levels = make([]uint8, count)
		k := rice(int(count), keyBits[n])
		r := bitReader{b: rest[:size]}
		last := uint64(0)
		for i := range s.keys {
			step := uint64(r.unary())<<k | uint64(r.bits(k))
			last += step
			level := r.gamma() - 1
			stranger := n == 2 && (last>>idBits >= vocabulary || last&(1<<idBits-1) >= vocabulary)
			if r.over || last>>keyBits[n] != 0 || step == 0 && i > 0 || stranger || level >= uint32(len(levelCount)) {
				return nil, fmt.Errorf("ngram: sequences of %d damaged at %d", n, i)
			}
			s.keys[i] = uint32(last)
			s.levels[i] = uint8(level)
		}
		rest = rest[size:]
	}
	m.finish(all)
	return m, nil
}

type bitWriter struct {
	out []byte
	acc uint64
	n   int
}

func (w *bitWriter) bits(v uint32, n int) {
	if n == 0 {
		return
	}
	w.acc = w.acc<<n | uint64(v)&(1<<n-1)
	w.n += n
	for w.n >= 8 {
		w.n -= 8
		w.out = append(w.out, byte(w.acc>>w.n))
	}
}

func (w *bitWriter) unary(v uint32) {
	for ; v >= 16; v -= 16 {
		w.bits(0xffff, 16)
	}
	w.bits(1<<(v+1)-2, int(v)+1)
}

func (w *bitWriter) gamma(v uint32) {
	n := bits.Len32(v)
	w.bits(0, n-1)
	w.bits(v, n)
}

func (w *bitWriter) flush() []byte {
	if w.n > 0 {
		w.bits(0, 8-w.n)
	}
	return w.out
}

type bitReader struct {
	b    []byte
	pos  int // in bits
	over bool
}

func (r *bitReader) bit() uint32 {
	if r.pos>>3 >= len(r.b) {
		r.over = true
		return 0
	}
	v := r.b[r.pos>>3] >> (7 - r.pos&7) & 1
	r.pos++
	return uint32(v)
}

func (r *bitReader) bits(n int) uint32 {
	var v uint32
	for n > 0 {
		if r.pos>>3 >= len(r.b) {
			r.over = true
			return 0
		}
		have := 8 - r.pos&7
		take := min(have, n)
		chunk := uint32(r.b[r.pos>>3]) >> (have - take) & (1<<take - 1)
		v = v<<take | chunk
		r.pos += take
		n -= take
	}
	return v
}

func (r *bitReader) unary() uint32 {
	var v uint32
	for r.bit() == 1 {
		v++
	}
	return v
}

func (r *bitReader) gamma() uint32 {
	n := 0
	for r.bit() == 0 {
		n++
		if n > 31 || r.over {
			r.over = true
			return 1
		}
	}
	return 1<<n | r.bits(n)
}
