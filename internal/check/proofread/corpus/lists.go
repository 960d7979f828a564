package corpus

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Words is the pack of words that a reader knows.
type Words struct {
	ID        string   `json:"id"`
	Version   string   `json:"version"`
	Source    string   `json:"source"`
	Effective string   `json:"effective"`
	Words     []string `json:"words"`
}

// listWords derives the words: two to eight Chinese characters of the lists of
// official writing, law and idioms, and the names of divisions.
func listWords(data string) (map[string]bool, error) {
	set := map[string]bool{}
	for _, name := range Inputs {
		column, split := 0, "\t"
		switch {
		case strings.HasSuffix(name, "words.txt"), strings.HasSuffix(name, "idioms.txt"):
		case strings.HasSuffix(name, "china_3level.csv"):
			column, split = 2, ","
		case strings.HasSuffix(name, "china_townships.csv.gz"):
			column, split = 1, ","
		default:
			continue
		}
		err := Lines(data, name, func(b []byte) error {
			f := strings.Split(string(b), split)
			if len(f) <= column {
				return nil
			}
			w := strings.TrimSpace(f[column])
			if n := len([]rune(w)); n >= 2 && n <= 8 && allHan(w) {
				set[w] = true
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return set, nil
}

// WordsPack derives the pack of known words.
func WordsPack(data string) (Words, error) {
	set, err := listWords(data)
	return Words{
		ID: "wording-words", Version: Version, Effective: "2026-11-01",
		Source: "ECSpell (MIT); china-division (WTFPL)", Words: slices.Sorted(maps.Keys(set)),
	}, err
}

func allHan(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) < 0
}

// Pair is a form that is wrong and what it should be.
type Pair struct {
	Wrong string   `json:"wrong"`
	Right []string `json:"right"`
}

// PairList is the pack of derived pairs.
type PairList struct {
	ID        string `json:"id"`
	Version   string `json:"version"`
	Source    string `json:"source"`
	Effective string `json:"effective"`
	Pairs     []Pair `json:"pairs"`
}

// Pairs derives wrong forms from the published lists: of three characters or
// more (shorter ones straddle words and are kept by hand), whose correction is
// a known word. A form that is a known word, stands inside one, or occurs in any official text that may be read is
// left out: what laws write is not an error that software should see.
func Pairs(data string) (PairList, error) {
	out := PairList{
		ID: "wording-pairs", Version: Version, Effective: "2026-11-01",
		Source: "pycorrector (Apache-2.0) and ECSpell (MIT) lists, less what official texts use",
	}
	words, err := listWords(data)
	if err != nil {
		return out, err
	}
	known := strings.Join(slices.Sorted(maps.Keys(words)), "\n")
	use, _, err := Documents(data, 0)
	if err != nil {
		return out, err
	}
	var b strings.Builder
	for _, d := range use {
		b.WriteString(d.Text)
		b.WriteByte('\n')
	}
	texts := b.String()
	pairs := map[string][]string{}
	put := func(wrong, right string) {
		n := len([]rune(wrong))
		if n < 3 || n > 6 || !allHan(wrong) || !allHan(right) || wrong == right || pairs[wrong] != nil && slices.Contains(pairs[wrong], right) {
			return
		}
		if !words[right] || strings.Contains(texts, wrong) || strings.Contains(known, wrong) {
			return
		}
		pairs[wrong] = append(pairs[wrong], right)
	}
	err = Lines(data, pairLists[0], func(line []byte) error {
		if f := strings.Fields(string(line)); len(f) >= 2 && !strings.HasPrefix(f[0], "#") {
			put(f[0], f[1])
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	err = Lines(data, pairLists[1], func(line []byte) error {
		if right, wrong, ok := strings.Cut(strings.TrimSpace(string(line)), "-"); ok {
			put(wrong, right)
		}
		return nil
	})
	for _, w := range slices.Sorted(maps.Keys(pairs)) {
		out.Pairs = append(out.Pairs, Pair{w, pairs[w]})
	}
	return out, err
}

var pairLists = []string{Inputs[14], Inputs[15]}

// SensitiveList is the pack of words of unlawful adverts by category.
type SensitiveList struct {
	ID         string              `json:"id"`
	Version    string              `json:"version"`
	Source     string              `json:"source"`
	Effective  string              `json:"effective"`
	Categories map[string][]string `json:"categories"`
}

func containsAny(s string, list ...string) bool {
	return slices.ContainsFunc(list, func(w string) bool { return strings.Contains(s, w) })
}

// Sensitive keeps the words of three characters or more that no official text
// that may be read uses; shorter ones are too often part of innocent words.
func Sensitive(data string) (SensitiveList, error) {
	out := SensitiveList{
		ID: "sensitive-adverts", Version: Version, Effective: "2026-11-01",
		Source: "Sensitive-lexicon (MIT) and own", Categories: map[string][]string{},
	}
	use, _, err := Documents(data, 0)
	if err != nil {
		return out, err
	}
	var b strings.Builder
	for _, d := range use {
		b.WriteString(d.Text)
		b.WriteByte('\n')
	}
	texts := b.String()
	err = Lines(data, Inputs[16], func(line []byte) error {
		var r struct{ Word, Category string }
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		// The published lists hold many innocent phrases: a word counts only
		// when it says plainly what it sells.
		plain := true
		switch r.Category {
		case "gambling", "fraud":
		case "porn":
			plain = containsAny(r.Word, "色情", "情色", "淫", "裸聊", "嫖", "妓", "性爱", "成人", "黄片", "做爱", "援交", "乱伦", "强奸", "换妻", "春药", "迷药", "迷奸")
		case "weapons":
			plain = containsAny(r.Word, "出售", "配方", "制作", "制造", "自制", "买枪", "卖枪", "枪支", "手枪", "弩", "购买", "炸药", "雷管", "气枪", "猎枪", "军火")
		default:
			plain = false
		}
		if !plain {
			return nil
		}
		if n := len([]rune(r.Word)); n >= 3 && n <= 10 && allHan(r.Word) && !strings.Contains(texts, r.Word) {
			out.Categories[r.Category] = append(out.Categories[r.Category], r.Word)
		}
		return nil
	})
	for _, list := range out.Categories {
		slices.Sort(list)
	}
	return out, err
}
