package visits

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
)

// registers of a sketch: 2^12.
const (
	precision = 12
	registers = 1 << precision
)

// Sketch estimates how many different things it was shown (HyperLogLog). The
// zero value is empty.
type Sketch struct{ reg []byte }

// Add shows it a hash.
func (s *Sketch) Add(hash uint64) {
	if s.reg == nil {
		s.reg = make([]byte, registers)
	}
	i := hash >> (64 - precision)
	rank := byte(bits.LeadingZeros64(hash<<precision|1<<(precision-1))) + 1
	if rank > s.reg[i] {
		s.reg[i] = rank
	}
}

// Merge takes in what another has seen.
func (s *Sketch) Merge(o Sketch) {
	if o.reg == nil {
		return
	}
	if s.reg == nil {
		s.reg = make([]byte, registers)
	}
	for i, v := range o.reg {
		s.reg[i] = max(s.reg[i], v)
	}
}

// Count is the estimate.
func (s *Sketch) Count() int64 {
	if s.reg == nil {
		return 0
	}
	sum, zeros := 0.0, 0
	for _, v := range s.reg {
		sum += math.Ldexp(1, -int(v))
		if v == 0 {
			zeros++
		}
	}
	const m = float64(registers)
	e := 0.7213 / (1 + 1.079/m) * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(m/float64(zeros))
	}
	return int64(math.Round(e))
}

var errSketch = errors.New("visits: not a sketch")

// Bytes is the sketch as it is kept: the registers that hold something, or all
// of them.
func (s *Sketch) Bytes() []byte {
	if s.reg == nil {
		return []byte{}
	}
	var few []byte
	for i, v := range s.reg {
		if v > 0 {
			few = append(binary.BigEndian.AppendUint16(few, uint16(i)), v)
		}
		if len(few) >= registers {
			return append([]byte{1}, s.reg...)
		}
	}
	return append([]byte{0}, few...)
}

// ParseSketch reads Bytes.
func ParseSketch(b []byte) (Sketch, error) {
	if len(b) == 0 {
		return Sketch{}, nil
	}
	s := Sketch{make([]byte, registers)}
	switch rest := b[1:]; {
	case b[0] == 1 && len(rest) == registers:
		copy(s.reg, rest)
	case b[0] == 0 && len(rest)%3 == 0 && len(rest) <= 3*registers:
		for ; len(rest) > 0; rest = rest[3:] {
			i := binary.BigEndian.Uint16(rest)
			if i >= registers {
				return Sketch{}, errSketch
			}
			s.reg[i] = rest[2]
		}
	default:
		return Sketch{}, errSketch
	}
	for _, v := range s.reg {
		if v > 64-precision+1 {
			return Sketch{}, errSketch
		}
	}
	return s, nil
}
