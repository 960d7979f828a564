package proofread

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math/bits"
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
// It holds their hashes; among some hundred thousand of 64 bits none meet. Most
// of what is asked for is no word, which two bits of a filter tell.
type wordSet struct {
	hashes map[uint64]struct{}
	filter []uint64
}

func newWordSet(size int) wordSet {
	return wordSet{make(map[uint64]struct{}, size), make([]uint64, 1<<filterBits)}
}

// spell goes on with the hash of a word by one more character.
func spell(hash uint64, r rune) uint64 {
	hash = (hash ^ uint64(r)) * 0x9E3779B97F4A7C15
	return hash ^ hash>>29
}

func (w wordSet) add(word string) {
	h := uint64(0)
	for _, r := range word {
		h = spell(h, r)
	}
	at, mask := bitsOf(uint32(h >> 32))
	w.filter[at] |= mask
	w.hashes[h] = struct{}{}
}

// holds reports whether a word has the hash.
func (w wordSet) holds(hash uint64) bool {
	if at, mask := bitsOf(uint32(hash >> 32)); w.filter[at]&mask != mask {
		return false
	}
	_, ok := w.hashes[hash]
	return ok
}

func (w wordSet) has(text []rune) bool {
	h := uint64(0)
	for _, r := range text {
		h = spell(h, r)
	}
	return w.holds(h)
}

// lawWords are words of the regulation, and of the trade it is for, that general
// lists do not have (Article 11: 「政府网站与政务新媒体两大矩阵」).
var lawWords = []string{"矩阵", "大矩阵", "新媒体矩阵", "政务新媒体矩阵", "政府网站矩阵", "媒体矩阵", "网站矩阵", "应公开尽公开", "写信"}

// asking are the words that ask, and pointing those that point: closed classes of
// the language, which lists of things and places leave out, and which pages that
// answer a citizen are full of (怎样查阅, 哪些材料). The counts are of text that
// states and hardly ever asks, and find 这样 likelier than 怎样 wherever it stands:
// what asks, and what counts for each, is not judged by them.
var (
	asking = strings.Fields(`
		怎样 怎么 怎么样 怎么办 怎样办 什么 为什么 哪些 哪里 哪个 哪儿 哪种 哪类 哪家 哪天 哪年 哪位
		多少 几时 何时 何地 何处 何人 何种 如何 多久 多大 多长 几个 几天 几年 是否 能否 可否 当否 妥否 准否 与否 有无 能不能 是不是 有没有 请问`)
	pointing = strings.Fields(`
		这样 那样 这些 那些 这里 那里 这么 那么 这个 那个 这种 那种 这类 那类 此处
		我们 你们 他们 她们 它们 咱们 大家 自己 别人`)
	// perEach are what is counted for each: any measure before 均 makes such a word,
	// and reports put new ones (亩均, 车均), which no list keeps up with.
	perEach = strings.Fields(`
		亩均 户均 人均 年均 月均 日均 次均 例均 床均 校均 班均 师均 生均 车均 单均 店均 村均 乡均 县均 市均 头均 只均 株均 栋均 台均 件均 吨均 场均 季均 周均 地均 笔均 网均`)
	unjudgedWords = func() wordSet {
		set := newWordSet(len(asking) + len(perEach))
		for _, w := range slices.Concat(asking, perEach) {
			set.add(w)
		}
		return set
	}()
)

var loadWords = sync.OnceValues(func() (wordSet, error) { return newWords(wordsBin) })

func newWords(packed []byte) (wordSet, error) {
	b, err := unpack(packed)
	if err != nil {
		return wordSet{}, err
	}
	var f struct {
		header
		Words []string `json:"words"`
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return wordSet{}, fmt.Errorf("words pack: %w", err)
	}
	set := newWordSet(len(f.Words))
	for _, w := range f.Words {
		set.add(w)
	}
	for _, w := range slices.Concat(lawWords, asking, pointing) {
		set.add(w)
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
	best := 0
	for lo := max(end-longestWord, 0); lo <= start; lo++ {
		h := uint64(0)
		for i, r := range text[lo:min(lo+longestWord, len(text))] {
			if h = spell(h, r); lo+i+1 < end || i < 1 || i < best {
				continue
			}
			if w.holds(h) {
				best = i + 1
			}
		}
	}
	return best
}

// sides tells how long the known word is that ends at rune start of text, and
// the one that begins at rune end; 0 for none. Of words on both sides nothing is
// torn between them.
func (w wordSet) sides(text []rune, start, end int) (before, after int) {
	for n := 4; n >= 2 && before == 0; n-- {
		if start >= n && w.has(text[start-n:start]) {
			before = n
		}
	}
	h := uint64(0)
	for i, r := range text[end:min(end+4, len(text))] {
		h = spell(h, r)
		if i > 0 && w.holds(h) {
			after = i + 1
		}
	}
	return before, after
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
	before, after := w.sides(text, i, i)
	return after > 0 && (before > 0 || i > 0 && strings.ContainsRune(alone, text[i-1]))
}

// across reports whether a known word lies over the seam before rune i.
func (w wordSet) across(text []rune, i int) bool {
	for n := 2; n <= 4; n++ {
		for lo := max(i-n+1, 0); lo < i && lo+n <= len(text); lo++ {
			if w.has(text[lo : lo+n]) {
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
	listAgreed       // of those allowed
	listPairs
	listSerious // of pairs, those of the serious class
	listSensitive
	lists
)

// dictionary finds the words of all lists in a text at once. A filter by the
// first characters of words (four, or all of a shorter one) passes over the
// places where none begins: three looks at a bit. The words that begin alike lie
// side by side in order, and are narrowed character by character, so that it
// matters little how many there are.
type dictionary struct {
	words  []word
	text   []rune // of all words, one after another
	filter []uint64
	heads  []head // by the high bits of the hash, the next free place where it is taken
	shift  int    // that leaves those bits
	single bool   // there is a word of one character
}

type word struct {
	from, to int32 // in text
	id       int32 // in its list
	list     list
}

// head is the stretch of words that begin alike: in their first four characters,
// or a shorter one that is all alike.
type head struct {
	hash     uint32
	from, to int32
}

// headRunes is how many characters of a word its head is made of.
const headRunes = 4

// filterBits makes a filter of 128 KB, which lets few places pass for fifty
// thousand words.
const filterBits = 14

// hits are the longest word of each list that begins at a place: where it ends,
// and its index plus one; 0 for none.
type hits [lists]struct{ end, id int }

// The sum over the first characters of a word, each times its own factor, is
// mixed once; a shorter word has another sum than a longer one that begins so.
const (
	factor1, factor2, factor3, factor4 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F
	factorMix                          = 0x2C1B3C6D
)

func mixed(sum uint32) uint32 { return (sum ^ sum>>15) * factorMix }

// headOf is the hash of a word's head.
func headOf(rs []rune) uint32 {
	sum := uint32(0)
	for i, f := range [headRunes]uint32{factor1, factor2, factor3, factor4} {
		if i < len(rs) {
			sum += uint32(rs[i]) * f
		}
	}
	return mixed(sum)
}

// bitsOf are the two bits of a head in one word of the filter.
func bitsOf(hash uint32) (at uint32, mask uint64) {
	return hash >> (32 - filterBits), 1<<(hash>>12&63) | 1<<(hash>>6&63)
}

func (d *dictionary) add(s string, of list, id int) {
	rs := []rune(s)
	if len(rs) == 0 {
		return
	}
	d.single = d.single || len(rs) == 1
	d.words = append(d.words, word{int32(len(d.text)), int32(len(d.text) + len(rs)), int32(id), of})
	d.text = append(d.text, rs...)
}

func (d *dictionary) runes(w *word) []rune { return d.text[w.from:w.to] }

// index makes the dictionary ready when all words were added.
func (d *dictionary) index() {
	type keyed struct {
		word
		hash uint32
	}
	all := make([]keyed, len(d.words))
	for i, w := range d.words {
		all[i] = keyed{w, headOf(d.runes(&w))}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		return cmp.Or(slices.Compare(d.runes(&a.word), d.runes(&b.word)), cmp.Compare(a.id, b.id))
	})
	d.filter = make([]uint64, 1<<filterBits)
	width := bits.Len(uint(2 * len(all)))
	d.heads, d.shift = make([]head, 1<<width), 32-width
	for i := 0; i < len(all); {
		h := head{hash: all[i].hash, from: int32(i)}
		for ; i < len(all) && all[i].hash == h.hash; i++ {
			d.words[i] = all[i].word
		}
		h.to = int32(i)
		at, mask := bitsOf(h.hash)
		d.filter[at] |= mask
		d.heads[d.slot(h.hash)] = h
	}
}

// slot is where the head of a hash lies, or may be put.
func (d *dictionary) slot(hash uint32) uint32 {
	at := hash >> d.shift
	for d.heads[at].to > 0 && d.heads[at].hash != hash {
		at = (at + 1) & uint32(len(d.heads)-1)
	}
	return at
}

// places are where in a text a word may begin, in room as far as that reaches.
func (d *dictionary) places(text []rune, room []int32) []int32 {
	out := room[:0]
	if len(d.words) == 0 {
		return out
	}
	may := func(sum uint32) bool {
		at, mask := bitsOf(mixed(sum))
		return d.filter[at]&mask == mask
	}
	for i := range text {
		sum := uint32(text[i]) * factor1
		here := d.single && may(sum)
		if i+1 < len(text) {
			sum += uint32(text[i+1]) * factor2
			here = may(sum) || here
		}
		if i+2 < len(text) {
			sum += uint32(text[i+2]) * factor3
			here = may(sum) || here
		}
		if i+3 < len(text) {
			sum += uint32(text[i+3]) * factor4
			here = may(sum) || here
		}
		if here {
			out = append(out, int32(i))
		}
	}
	return out
}

// longest gives the longest words that begin at rune i; of two that are the
// same the one that was added first.
func (d *dictionary) longest(text []rune, i int) (best hits) {
	rest := text[i:]
	for n := 1; n <= min(headRunes, len(rest)); n++ {
		if n > 1 || d.single {
			h := d.heads[d.slot(headOf(rest[:n]))]
			d.narrow(d.words[h.from:h.to], rest, i, &best)
		}
	}
	return best
}

// narrow finds the words that text begins with among words in order of their
// text; text begins at rune i.
func (d *dictionary) narrow(words []word, text []rune, i int, best *hits) {
	for depth := 0; ; depth++ {
		// Words that end here come first.
		for ; len(words) > 0 && int(words[0].to-words[0].from) == depth; words = words[1:] {
			if b := &best[words[0].list]; i+depth > b.end {
				b.end, b.id = i+depth, int(words[0].id)+1
			}
		}
		if len(words) == 0 || depth == len(text) {
			return
		}
		c := text[depth]
		here := func(w word) rune { return d.text[int(w.from)+depth] }
		if here(words[0]) == c && here(words[len(words)-1]) == c {
			continue // all of them go on so
		}
		first := func(c rune) int {
			k, _ := slices.BinarySearchFunc(words, c, func(w word, c rune) int { return cmp.Compare(here(w), c) })
			return k
		}
		words = words[first(c):first(c+1)]
	}
}

func runeLen(s string) int { return utf8.RuneCountInString(s) }
