package proofread

import (
	_ "embed"
	"encoding/json"
	"fmt"
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

// trie finds words in text. Nodes are numbered from 0, the root.
type trie struct {
	next map[uint64]int32
	ends []int32 // index of the word that ends at a node, plus one
}

func newTrie() *trie { return &trie{next: map[uint64]int32{}, ends: []int32{0}} }

func (t *trie) add(word string, id int) {
	node := int32(0)
	for _, r := range word {
		k := uint64(node)<<21 | uint64(r)
		n, ok := t.next[k]
		if !ok {
			n = int32(len(t.ends))
			t.ends = append(t.ends, 0)
			t.next[k] = n
		}
		node = n
	}
	if node != 0 && t.ends[node] == 0 {
		t.ends[node] = int32(id) + 1
	}
}

// longest gives the longest word that begins at rune i, its end and its index.
func (t *trie) longest(text []rune, i int) (end, id int) {
	node, id := int32(0), -1
	for j := i; j < len(text); j++ {
		n, ok := t.next[uint64(node)<<21|uint64(text[j])]
		if !ok {
			break
		}
		if node = n; t.ends[node] != 0 {
			end, id = j+1, int(t.ends[node])-1
		}
	}
	return end, id
}

func runeLen(s string) int { return utf8.RuneCountInString(s) }
