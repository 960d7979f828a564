package proofread

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

var (
	//go:embed packs/curated.json
	curatedJSON []byte
	//go:embed packs/pairs.json
	pairsJSON []byte
	//go:embed packs/sensitive.json
	sensitiveJSON []byte
	//go:embed packs/weights.json
	weightsJSON []byte
)

// header is what every pack of wording begins with.
type header struct {
	ID        string `json:"id"`
	Version   string `json:"version"`
	Source    string `json:"source"`
	Effective string `json:"effective"`
}

func (h header) complete() error {
	if h.ID == "" || h.Version == "" || h.Source == "" || h.Effective == "" {
		return fmt.Errorf("pack %q: id, version, source or effective is missing", h.ID)
	}
	return nil
}

type smallPacks struct {
	pairs     []Pair
	sensitive []sensitiveWord
	judgement judgement
}

// listNames are the built-in lists as an editor reads of them.
var listNames = map[string]string{"wording-curated": "内置错别字表", "wording-pairs": "内置错别字表（公开词表）"}

func (h header) named() string {
	return cmp.Or(listNames[h.ID], "内置敏感词表") + " " + h.Version
}

// Listed is a word of a built-in list.
type Listed struct {
	Pair
	Sensitive bool // a word that is questioned, with no right form
}

// Lookup are the words of the built-in lists that hold a text, or whose right form
// does, at most so many. What the likelihood of a text says stands in no list.
func Lookup(text string, most int) ([]Listed, error) {
	packs, err := loadPacks()
	if err != nil {
		return nil, err
	}
	var out []Listed
	if text == "" {
		return out, nil
	}
	holds := func(s string) bool { return strings.Contains(s, text) }
	for _, p := range packs.pairs {
		if len(out) < most && (holds(p.Wrong) || slices.ContainsFunc(p.Right, holds)) {
			out = append(out, Listed{Pair: p})
		}
	}
	for _, w := range packs.sensitive {
		if len(out) < most && holds(w.word) {
			out = append(out, Listed{Pair: Pair{Wrong: w.word, Kind: KindSensitive, Source: w.source}, Sensitive: true})
		}
	}
	return out, nil
}

var loadPacks = sync.OnceValues(func() (smallPacks, error) {
	return readPacks(curatedJSON, pairsJSON, sensitiveJSON, weightsJSON)
})

// severity by category: what a defaced page shows counts for more than a word
// that an honest notice may need.
var severity = map[string]float64{"gambling": 0.8, "porn": 0.8, "fraud": 0.7, "weapons": 0.7}

func readPacks(curated, derived, sensitive, weights []byte) (smallPacks, error) {
	var out smallPacks
	for _, b := range [][]byte{curated, derived} {
		var f struct {
			header
			Pairs []Pair `json:"pairs"`
		}
		if err := strict(b, &f, &f.header); err != nil {
			return out, err
		}
		for _, p := range f.Pairs {
			if p.Source == "" {
				p.Source = f.named()
			}
			out.pairs = append(out.pairs, p)
		}
	}
	var s struct {
		header
		Categories map[string][]string `json:"categories"`
	}
	if err := strict(sensitive, &s, &s.header); err != nil {
		return out, err
	}
	for _, c := range slices.Sorted(maps.Keys(s.Categories)) {
		if severity[c] == 0 {
			return out, fmt.Errorf("pack %q: category %q is not known", s.ID, c)
		}
		for _, w := range s.Categories[c] {
			out.sensitive = append(out.sensitive, sensitiveWord{w, c, severity[c], s.named()})
		}
	}
	if err := strict(weights, &out.judgement, &out.judgement.header); err != nil {
		return out, err
	}
	return out, out.judgement.ready()
}

func strict(b []byte, v any, h *header) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("wording pack: %w", err)
	}
	return h.complete()
}

// Edition names the packs and rules a proofreader of this build judges by; it
// changes when one of them does.
func Edition() string { return edition() }

var edition = sync.OnceValue(func() string {
	h := sha256.New()
	for _, b := range [][]byte{curatedJSON, pairsJSON, sensitiveJSON, weightsJSON} {
		h.Write(b)
	}
	for _, r := range rules {
		fmt.Fprintf(h, "%s|%s\n", r.kind, r.pattern)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
})
