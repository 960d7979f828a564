package crawl

import (
	"crypto/sha256"
	"hash"
	"math/bits"
	"sync"
)

// fingerprint is the fingerprint of a page's text, taken in passing. Figures and blanks do not count: a page that differs
// from another only in its numbers is what calendars and endless lists are made of.
type fingerprint struct {
	*pen
	size  int       // bytes that count
	like  bool      // the similarity print is asked for, too
	last  uint64    // the last eight bytes
	lanes [8]uint64 // votes of a byte's bits, eight bits each, not yet counted
	ready int       // votes in the lanes
	votes [64]int32 // ones of each bit
	all   int32
	key   [16]byte
	sim   uint64
}

// shortText is the size below which text says nothing about a page, which is then compared byte for byte.
const shortText = 64

// pen is what a fingerprint is taken with; it goes from page to page.
type pen struct {
	sum hash.Hash
	buf []byte
}

var pens = sync.Pool{New: func() any { return &pen{sha256.New(), make([]byte, 0, 4096)} }}

func newPrint(similar bool) fingerprint {
	p := pens.Get().(*pen)
	p.sum.Reset()
	p.buf = p.buf[:0]
	return fingerprint{pen: p, like: similar}
}

// write takes in text, as it stands in a page's source or in its tree.
func write[T string | []byte](p *fingerprint, text T) {
	for at := 0; at < len(text); {
		from := at // of bytes that count, in a row
		for at < len(text) && !passed[text[at]] {
			at++
		}
		for row := text[from:at]; len(row) > 0; {
			n := min(len(row), cap(p.buf)-len(p.buf))
			p.buf = append(p.buf, row[:n]...)
			if row = row[n:]; len(p.buf) == cap(p.buf) {
				p.take()
			}
		}
		for at < len(text) && passed[text[at]] {
			at++
		}
	}
}

// passed are the bytes that do not count: blanks and figures.
var passed = func() (t [256]bool) {
	for b := range t {
		t[b] = b <= ' ' || b >= '0' && b <= '9'
	}
	return t
}()

// take empties the buffer into the print.
func (p *fingerprint) take() {
	p.sum.Write(p.buf)
	if p.like {
		p.shingles(p.buf)
	}
	p.size, p.buf = p.size+len(p.buf), p.buf[:0]
}

// shingles lets the text vote on the bits of the similarity print.
func (p *fingerprint) shingles(text []byte) {
	size, last := p.size, p.last
	for _, b := range text {
		size++
		last = last<<8 | uint64(b)
		// One shingle in eight is enough for pages, and keeps this in the shade of the network. The top bits of a
		// product choose it: they hang on all eight bytes.
		if last*choice>>61 != 0 || size < 8 {
			continue
		}
		h := mix(last)
		for i := range p.lanes {
			p.lanes[i] += spread[byte(h>>(8*i))]
		}
		if p.ready++; p.ready == 255 {
			p.count()
		}
	}
	p.last = last
}

// choice is 2⁶⁴ divided by the golden ratio.
const choice = 0x9e3779b97f4a7c15

func (p *fingerprint) end(page []byte) {
	defer func() { pens.Put(p.pen); p.pen = nil }()
	p.take()
	if p.size < shortText {
		sum := sha256.Sum256(page)
		p.key = [16]byte(sum[:16])
		return
	}
	p.key = [16]byte(p.sum.Sum(nil)[:16])
	p.count()
	for i, v := range p.votes {
		if 2*v > p.all {
			p.sim |= 1 << i
		}
	}
}

// spread lays the bits of a byte out, one to each byte of a word: adding such words counts eight bits at once.
var spread = func() (t [256]uint64) {
	for b := range t {
		for i := range 8 {
			t[b] |= uint64(b>>i&1) << (8 * i)
		}
	}
	return t
}()

// count empties the lanes into the votes.
func (p *fingerprint) count() {
	for i, lane := range p.lanes {
		for k := range 8 {
			p.votes[8*i+k] += int32(lane >> (8 * k) & 0xff)
		}
		p.lanes[i] = 0
	}
	p.all += int32(p.ready)
	p.ready = 0
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// near reports whether two similarity prints belong to texts that differ in a few words. Zero means no
// print was taken and is near to nothing.
func near(a, b uint64) bool {
	return a != 0 && b != 0 && bits.OnesCount64(a^b) <= 3
}
