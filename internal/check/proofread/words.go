package proofread

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/klauspost/compress/zstd"
)

//go:embed packs/words.json.zst
var wordsBin []byte

// maxPack bounds an unpacked pack in bytes.
const maxPack = 16 << 20

// wordSet are the words a reader knows: what is said by one is less likely wrong.
type wordSet map[string]struct{}

// lawWords are words of the regulation that general lists do not have
// (Article 11: 「政府网站与政务新媒体两大矩阵」).
var lawWords = []string{"矩阵", "大矩阵", "新媒体矩阵", "政务新媒体矩阵", "政府网站矩阵", "媒体矩阵", "网站矩阵"}

var loadWords = sync.OnceValues(func() (wordSet, error) { return newWords(wordsBin) })

func newWords(packed []byte) (wordSet, error) {
	b, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	var f struct {
		header
		Words []string `json:"words"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("words pack: %w", err)
	}
	set := make(wordSet, len(f.Words))
	for _, w := range f.Words {
		set[w] = struct{}{}
	}
	for _, w := range lawWords {
		set[w] = struct{}{}
	}
	return set, nil
}

func unpack(b []byte) ([]byte, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxPack), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	return z.DecodeAll(b, nil)
}

// around is the length of the longest known word that covers runes start to end
// of text, or 0.
func (w wordSet) around(text []rune, start, end int) int {
	const longest = 6
	for n := longest; n >= max(end-start, 2); n-- {
		for lo := max(end-n, 0); lo <= start && lo+n <= len(text); lo++ {
			if _, ok := w[string(text[lo:lo+n])]; ok {
				return n
			}
		}
	}
	return 0
}

// alone are characters that stand before a word by themselves: 和和谐, 有有害.
const alone = "和与及在有为以对向将就由被把"

// touching reports whether one known word, or a character that needs no word,
// ends at rune i of text and a known word begins there.
func (w wordSet) touching(text []rune, i int) bool {
	ends, begins := i > 0 && strings.ContainsRune(alone, text[i-1]), false
	for n := 2; n <= 4; n++ {
		if i-n >= 0 && !ends {
			_, ends = w[string(text[i-n:i])]
		}
		if i+n <= len(text) && !begins {
			_, begins = w[string(text[i:i+n])]
		}
	}
	return ends && begins
}

// across reports whether a known word lies over the seam before rune i.
func (w wordSet) across(text []rune, i int) bool {
	for n := 2; n <= 4; n++ {
		for lo := max(i-n+1, 0); lo < i && lo+n <= len(text); lo++ {
			if _, ok := w[string(text[lo:lo+n])]; ok {
				return true
			}
		}
	}
	return false
}

// trie finds words in text. Words lie in chains by their first three characters
// (two where a word has no more), so that a place where none begins costs two
// looks at a bit and one where some do a comparison each.
type trie struct {
	words  []word
	text   []rune // of all words, one after another
	begin  []uint64
	heads  []int32 // the last word of each chain, plus one
	single bool    // a word of one character begins with any
}

type word struct {
	hash     uint32
	from, to int32 // in text
	id       int32
	next     int32 // of the chain, plus one; 0 ends it
}

// Sizes for fifty thousand words: 128 and 256 KB.
const (
	beginBits = 20
	headBits  = 16
)

func newTrie() *trie {
	return &trie{begin: make([]uint64, 1<<beginBits/64), heads: make([]int32, 1<<headBits)}
}

// hashOf mixes the first characters of a word; c is 0 where it has two.
func hashOf(a, b, c rune) uint32 {
	h := uint32(a)*0x9E3779B1 ^ uint32(b)*0x85EBCA77 ^ uint32(c)*0xC2B2AE3D
	h ^= h >> 15
	return h * 0x2C1B3C6D
}

func (t *trie) empty() bool { return len(t.words) == 0 }

func (t *trie) add(s string, id int) {
	rs := []rune(s)
	if len(rs) == 0 {
		return
	}
	var head [3]rune
	copy(head[:], rs)
	h := hashOf(head[0], head[1], head[2])
	t.single = t.single || len(rs) == 1
	bit := h >> (32 - beginBits)
	t.begin[bit>>6] |= 1 << (bit & 63)
	slot := h >> (32 - headBits)
	t.words = append(t.words, word{h, int32(len(t.text)), int32(len(t.text) + len(rs)), int32(id), t.heads[slot]})
	t.text = append(t.text, rs...)
	t.heads[slot] = int32(len(t.words))
}

// longest gives the longest word that begins at rune i, its end and its index;
// of two that are the same the one that was added first.
func (t *trie) longest(text []rune, i int) (end, id int) {
	id = -1
	n := len(text) - i
	if n >= 3 {
		end, id = t.among(text, i, hashOf(text[i], text[i+1], text[i+2]), end, id)
	}
	if n >= 2 {
		end, id = t.among(text, i, hashOf(text[i], text[i+1], 0), end, id)
	}
	if t.single && n >= 1 {
		end, id = t.among(text, i, hashOf(text[i], 0, 0), end, id)
	}
	return end, id
}

func (t *trie) among(text []rune, i int, h uint32, end, id int) (int, int) {
	bit := h >> (32 - beginBits)
	if t.begin[bit>>6]&(1<<(bit&63)) == 0 {
		return end, id
	}
	for n := t.heads[h>>(32-headBits)]; n != 0; {
		w := &t.words[n-1]
		n = w.next
		size := int(w.to - w.from)
		if w.hash != h || i+size > len(text) || i+size < end || i+size == end && id >= 0 && int(w.id) >= id {
			continue
		}
		if slices.Equal(t.text[w.from:w.to], text[i:i+size]) {
			end, id = i+size, int(w.id)
		}
	}
	return end, id
}

func runeLen(s string) int { return utf8.RuneCountInString(s) }
