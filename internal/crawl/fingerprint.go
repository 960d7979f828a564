package crawl

import (
	"crypto/sha256"
	"hash"
	"math/bits"
)

// fingerprint is the fingerprint of a page's text, taken in passing. Figures and blanks do not count: a page that differs
// from another only in its numbers is what calendars and endless lists are made of.
type fingerprint struct {
	sum   hash.Hash
	buf   []byte
	size  int
	last  uint64 // the last eight bytes
	votes [64]int32
	key   [16]byte
	sim   uint64
}

// shortText is the size below which text says nothing about a page, which is then compared byte for byte.
const shortText = 64

func newPrint() fingerprint { return fingerprint{sum: sha256.New(), buf: make([]byte, 0, 4096)} }

func (p *fingerprint) write(text []byte) {
	for _, b := range text {
		if b <= ' ' || b >= '0' && b <= '9' {
			continue
		}
		p.size++
		if p.buf = append(p.buf, b); len(p.buf) == cap(p.buf) {
			p.sum.Write(p.buf)
			p.buf = p.buf[:0]
		}
		p.last = p.last<<8 | uint64(b)
		h := mix(p.last)
		if p.size < 8 || h&7 != 0 { // one shingle in eight is enough for pages, and keeps this in the shade of the network
			continue
		}
		h = mix(h)
		for i := range p.votes {
			p.votes[i] += int32(h>>i&1)<<1 - 1
		}
	}
}

func (p *fingerprint) end(page []byte) {
	if p.size < shortText {
		sum := sha256.Sum256(page)
		p.key = [16]byte(sum[:16])
		return
	}
	p.sum.Write(p.buf)
	p.key = [16]byte(p.sum.Sum(nil)[:16])
	for i, v := range p.votes {
		if v > 0 {
			p.sim |= 1 << i
		}
	}
}

// mix is the finaliser of SplitMix64.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Near reports whether two similarity prints (Page.Similar) belong to texts that differ in a few words. Zero means no
// print was taken and is near to nothing.
func Near(a, b uint64) bool {
	return a != 0 && b != 0 && bits.OnesCount64(a^b) <= 3
}
