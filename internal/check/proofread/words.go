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

// longestWord is how many characters of a word are asked for at most.
const longestWord = 6

// around is the length of the longest known word that covers runes start to end
// of text, or 0.
func (w wordSet) around(text []rune, start, end int) int {
	for n := longestWord; n >= max(end-start, 2); n-- {
		for lo := max(end-n, 0); lo <= start && lo+n <= len(text); lo++ {
			if _, ok := w[string(text[lo:lo+n])]; ok {
				return n
			}
		}
	}
	return 0
}

// made is the length of the longest known word that lies over a change once it
// is made, or 0: 政 between 人民 and 府 makes 人民政府.
func (w wordSet) made(text []rune, e *edit) int {
	at, until := e.start, e.end
	if e.kind == editDrop { // between two characters, which stay
		at++
		until = at
	}
	lo := max(at-longestWord, 0)
	right := []rune(e.right)
	with := slices.Concat(text[lo:at], right, text[until:min(until+longestWord, len(text))])
	return w.around(with, at-lo, at-lo+len(right))
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

// list is one of a proofreader's lists of words.
type list uint8

const (
	listAllowed list = iota
	listPairs
	listSensitive
	lists
)

// trie finds the words of all lists in a text at once. Words lie in chains by
// their first three characters (two where a word has no more), so that a place
// where none begins costs two looks at a bit and one where some do a comparison
// each.
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
	id       int32 // in its list
	next     int32 // of the chain, plus one; 0 ends it
	fourth   rune  // its fourth character: tells most words apart that begin alike; 0 for none
	list     list
}

// hits are the longest word of each list that begins at a place: where it ends,
// and its index plus one; 0 for none.
type hits [lists]struct{ end, id int }

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

func (t *trie) add(s string, of list, id int) {
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
	w := word{hash: h, from: int32(len(t.text)), to: int32(len(t.text) + len(rs)), id: int32(id), next: t.heads[slot], list: of}
	if len(rs) > 3 {
		w.fourth = rs[3]
	}
	t.words = append(t.words, w)
	t.text = append(t.text, rs...)
	t.heads[slot] = int32(len(t.words))
}

// begins reports whether a word may begin at rune i.
func (t *trie) begins(text []rune, i int) bool {
	switch rest := text[i:]; {
	case len(rest) >= 3:
		return t.may(hashOf(rest[0], rest[1], rest[2])) || t.may(hashOf(rest[0], rest[1], 0)) || t.single && t.may(hashOf(rest[0], 0, 0))
	case len(rest) == 2:
		return t.may(hashOf(rest[0], rest[1], 0)) || t.single && t.may(hashOf(rest[0], 0, 0))
	}
	return t.single && t.may(hashOf(text[i], 0, 0))
}

func (t *trie) may(h uint32) bool {
	bit := h >> (32 - beginBits)
	return t.begin[bit>>6]&(1<<(bit&63)) != 0
}

// longest gives the longest words that begin at rune i; of two that are the
// same the one that was added first.
func (t *trie) longest(text []rune, i int) (best hits) {
	n := len(text) - i
	if n >= 3 {
		t.among(text, i, hashOf(text[i], text[i+1], text[i+2]), &best)
	}
	if n >= 2 {
		t.among(text, i, hashOf(text[i], text[i+1], 0), &best)
	}
	if t.single {
		t.among(text, i, hashOf(text[i], 0, 0), &best)
	}
	return best
}

func (t *trie) among(text []rune, i int, h uint32, best *hits) {
	for n := t.heads[h>>(32-headBits)]; n != 0; {
		w := &t.words[n-1]
		n = w.next
		if w.hash != h || w.fourth != 0 && (i+3 >= len(text) || text[i+3] != w.fourth) {
			continue
		}
		b, end := &best[w.list], i+int(w.to-w.from)
		if end > len(text) || end < b.end || end == b.end && b.id > 0 && int(w.id) >= b.id-1 {
			continue
		}
		if slices.Equal(t.text[w.from:w.to], text[i:end]) {
			b.end, b.id = end, int(w.id)+1
		}
	}
}

func runeLen(s string) int { return utf8.RuneCountInString(s) }
