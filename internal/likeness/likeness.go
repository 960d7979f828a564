package likeness

import (
	"encoding/base64"
	"encoding/binary"
	"math"
	"regexp"
	"strings"
	"unicode"

	"github.com/cespare/xxhash/v2"
)

const (
	shingle = 5  // characters in a run
	rows    = 3  // hashes in a band
	bands   = 20 // a pair that shares half its runs meets in one with 93 %, a third with 53 %
	hashes  = rows * bands
	least   = 24 // characters under which a text says nothing
)

// multipliers of the hash functions, from a fixed sequence: a signature kept
// last year must still compare.
var multipliers, offsets = func() (a, b [hashes]uint64) {
	x := uint64(0x9e3779b97f4a7c15)
	next := func() uint64 { // SplitMix64
		x += 0x9e3779b97f4a7c15
		z := x
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	for i := range a {
		a[i], b[i] = next()|1, next()
	}
	return a, b
}()

// Sketch is what a text is reduced to.
type Sketch struct {
	title uint64 // 0: none that tells
	sig   []uint32
	// Characters of the text that count: letters, figures, Chinese.
	Characters int
}

// edition words of a title: （2018年修正）, （试行）. “（上海）” is none.
var edition = regexp.MustCompile(`[（(〔\[][^（()）〔〕\[\]]{0,30}(?:修正|修订|修改|试行|暂行|草案|征求意见稿|送审稿|\d{4}年?|[〇零一二三四五六七八九]{4}年?)[^（()）〔〕\[\]]{0,10}[）)〕\]]|(?:19|20)\d{2}年?(?:修正|修订|版)`)

// Of makes the sketch of a text with its title.
func Of(title, text string) Sketch {
	s := Sketch{}
	if t := plain(edition.ReplaceAllString(title, "")); len(t) >= 6 {
		s.title = xxhash.Sum64String(string(t)) | 1
	}
	runes := plain(text)
	s.Characters = len(runes)
	if len(runes) < least {
		return s
	}
	s.sig = make([]uint32, hashes)
	for i := range s.sig {
		s.sig[i] = math.MaxUint32
	}
	var run [4 * shingle]byte
	for i := 0; i+shingle <= len(runes); i++ {
		for j := range shingle {
			binary.LittleEndian.PutUint32(run[4*j:], uint32(runes[i+j]))
		}
		h := xxhash.Sum64(run[:])
		for j := range s.sig {
			if v := uint32((h*multipliers[j] + offsets[j]) >> 32); v < s.sig[j] {
				s.sig[j] = v
			}
		}
	}
	return s
}

// plain keeps what a copy keeps: no blanks, no marks, one width, lower case.
func plain(s string) []rune {
	out := make([]rune, 0, len(s)/3)
	for _, r := range s {
		if r >= 0xff01 && r <= 0xff5e {
			r -= 0xfee0
		}
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, unicode.ToLower(r))
		}
	}
	return out
}

// Empty reports whether nothing can be compared by it.
func (s Sketch) Empty() bool { return s.title == 0 && s.sig == nil }

// Shared is the estimated part of their runs that two texts have in common, 0
// to 1; its standard error is 6 hundredths at the middle.
func (s Sketch) Shared(o Sketch) float64 {
	if s.sig == nil || o.sig == nil {
		return 0
	}
	n := 0
	for i := range s.sig {
		if s.sig[i] == o.sig[i] {
			n++
		}
	}
	return float64(n) / hashes
}

// SameTitle reports whether the titles are the same but for the edition.
func (s Sketch) SameTitle(o Sketch) bool { return s.title != 0 && s.title == o.title }

// keys are the rows under which a sketch is kept: one for the title, one for
// each band.
func (s Sketch) keys() []int64 {
	var out []int64
	var b [8 + 4*rows]byte
	if s.title != 0 {
		binary.LittleEndian.PutUint64(b[:], s.title)
		out = append(out, int64(xxhash.Sum64(b[:8])))
	}
	for i := 0; i < len(s.sig); i += rows {
		binary.LittleEndian.PutUint64(b[:], uint64(i)+1)
		for j := range rows {
			binary.LittleEndian.PutUint32(b[8+4*j:], s.sig[i+j])
		}
		out = append(out, int64(xxhash.Sum64(b[:])))
	}
	return out
}

// String is the sketch as it is kept.
func (s Sketch) String() string {
	b := binary.LittleEndian.AppendUint64(nil, s.title)
	b = binary.LittleEndian.AppendUint32(b, uint32(min(s.Characters, math.MaxInt32)))
	for _, v := range s.sig {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return base64.RawStdEncoding.EncodeToString(b)
}

// parse reads what String wrote; ok is false for anything else.
func parse(text string) (s Sketch, ok bool) {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != 12 && len(b) != 12+4*hashes {
		return Sketch{}, false
	}
	s.title, s.Characters = binary.LittleEndian.Uint64(b), int(binary.LittleEndian.Uint32(b[8:]))
	for b = b[12:]; len(b) > 0; b = b[4:] {
		s.sig = append(s.sig, binary.LittleEndian.Uint32(b))
	}
	return s, true
}
