package ngram

import (
	"math/bits"
	"slices"
)

// pairs are all sequences of two, exactly: a bit each and a level.
type pairs struct {
	row    int      // words of 64 bits in a row
	after  []uint64 // bit b of row a: b was seen after a
	before []uint64 // bit a of row b: the same, turned
	starts []uint32 // of each row a among the levels
	ranks  []uint16 // by word of after: the bits of its row before it
	levels []uint8  // by bit of after, in order
}

func newPairs(vocabulary int, keys []uint32, levels []uint8) pairs {
	row := (vocabulary + 63) / 64
	p := pairs{
		row: row, after: make([]uint64, row*vocabulary), before: make([]uint64, row*vocabulary),
		starts: make([]uint32, vocabulary), ranks: make([]uint16, row*vocabulary), levels: levels,
	}
	for _, k := range keys {
		a, b := int(k>>idBits), int(k&(1<<idBits-1))
		p.after[a*row+b>>6] |= 1 << (b & 63)
		p.before[b*row+a>>6] |= 1 << (a & 63)
	}
	start := 0
	for a := range vocabulary {
		p.starts[a] = uint32(start)
		rank := 0
		for i := a * row; i < (a+1)*row; i++ {
			p.ranks[i] = uint16(rank)
			rank += bits.OnesCount64(p.after[i])
		}
		start += rank
	}
	return p
}

func (p *pairs) count(a, b ID) float64 {
	i := int(a)*p.row + int(b>>6)
	w := p.after[i]
	if w>>(b&63)&1 == 0 {
		return 0
	}
	return levelCount[p.levels[int(p.starts[a])+int(p.ranks[i])+bits.OnesCount64(w&(1<<(b&63)-1))]]
}

// unpacked gives the keys and levels back, for Encode.
func (p *pairs) unpacked() (keys []uint32, levels []uint8) {
	for i, w := range p.after {
		for ; w != 0; w &= w - 1 {
			keys = append(keys, key2(ID(i/p.row), ID(i%p.row<<6+bits.TrailingZeros64(w))))
		}
	}
	return keys, p.levels
}

// set holds keys with a level each, spread so that one lies in one line of the
// processor's cache: what it costs to ask for one is to wait for that line.
//
// A key times the number of blocks has the block in its bits from width on; of
// the bits below, the upper placeBits tell keys of a block apart, since there
// are no fewer blocks than the remaining bits have values.
type set struct {
	blocks []block
	spilt  map[uint32]uint8 // keys and levels of the blocks that would not hold theirs
	width  int              // of a key
}

// block is 64 bytes. Its cells lie in order of key, in parts by the upper bits
// of the place; counts has four bits for each part. A cell is the rest of the
// place and the level.
type block struct {
	counts uint64
	cells  [28]uint16
}

const (
	levelBits = 6
	cellBits  = 16 - levelBits
	partBits  = 4
	placeBits = partBits + cellBits
	// usualCells are in a block on average, so that some in a hundred spill.
	usualCells = 16
	// spilled, as the counts of a block, says that its keys are elsewhere.
	spilled = ^uint64(0)
)

func newSet(width int, keys []uint32, levels []uint8) set {
	n := max(len(keys)/usualCells+1, 1<<(width-placeBits))
	s := set{blocks: make([]block, n), spilt: map[uint32]uint8{}, width: width}
	for i := 0; i < len(keys); {
		at, _ := s.find(keys[i])
		first := i
		for ; i < len(keys); i++ {
			if next, _ := s.find(keys[i]); next != at {
				break
			}
		}
		if !at.fill(&s, keys[first:i], levels[first:i]) {
			*at = block{counts: spilled}
			for j, k := range keys[first:i] {
				s.spilt[k] = levels[first+j]
			}
		}
	}
	return s
}

// fill puts a block's keys in, and reports whether they have room.
func (b *block) fill(s *set, keys []uint32, levels []uint8) bool {
	if len(keys) > len(b.cells) {
		return false
	}
	for i, k := range keys {
		_, place := s.find(k)
		part := place >> cellBits * partBits
		if b.counts>>part&(1<<partBits-1) == 1<<partBits-1 {
			return false
		}
		b.counts += 1 << part
		b.cells[i] = uint16(place<<levelBits) | uint16(levels[i])
	}
	return true
}

// find gives the block of a key and its place there.
func (s *set) find(k uint32) (b *block, place uint64) {
	at := uint64(k) * uint64(len(s.blocks))
	return &s.blocks[at>>s.width], at >> (s.width - placeBits) & (1<<placeBits - 1)
}

// count is the count of a key, 0 for one that is not there.
func (s *set) count(k uint32) float64 {
	if level, ok := s.level(k); ok {
		return levelCount[level&(1<<levelBits-1)]
	}
	return 0
}

func (s *set) level(k uint32) (level uint8, ok bool) {
	b, place := s.find(k)
	if b.counts == spilled {
		level, ok = s.spilt[k]
		return level, ok
	}
	part := place >> cellBits * partBits
	from := nibbles(b.counts & (1<<part - 1))
	for _, c := range b.cells[from:][:b.counts>>part&(1<<partBits-1)] {
		if c>>levelBits == uint16(place&(1<<cellBits-1)) {
			return uint8(c & (1<<levelBits - 1)), true
		}
	}
	return 0, false
}

// nibbles is the sum of the sixteen fours of bits of x.
func nibbles(x uint64) uint64 {
	const low = 0x0f0f0f0f0f0f0f0f
	return (x&low + x>>4&low) * 0x0101010101010101 >> 56
}

// unpacked gives the keys and levels back in order, for Encode.
func (s *set) unpacked() (keys []uint32, levels []uint8) {
	n := uint64(len(s.blocks))
	for k := range s.spilt {
		keys = append(keys, k)
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		if b.counts == spilled {
			continue
		}
		c := 0
		for part := range uint64(1 << partBits) {
			for range b.counts >> (part * partBits) & (1<<partBits - 1) {
				place := part<<cellBits | uint64(b.cells[c]>>levelBits)
				// The only key whose product has these bits is the next above.
				least := uint64(i)<<s.width | place<<(s.width-placeBits)
				keys = append(keys, uint32((least+n-1)/n))
				c++
			}
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		level, _ := s.level(k)
		levels = append(levels, level)
	}
	return keys, levels
}
