package lookalike

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
)

var (
	//go:embed packs/places.json
	placesJSON []byte
	//go:embed packs/glyphs.json
	glyphsJSON []byte
	//go:embed packs/known.json
	knownJSON []byte
)

type place struct{ name, pinyin string }

// glyph says that meant may have been drawn as drawn.
type glyph struct{ drawn, meant string }

// digitLetters are digits typed for the letters they resemble, beside those that the
// table of shapes knows.
var digitLetters = []glyph{{"9", "g"}, {"9", "q"}, {"6", "b"}, {"6", "g"}, {"8", "b"}, {"4", "a"}, {"3", "e"}, {"2", "z"}, {"7", "t"}}

type packed struct {
	places []place
	glyphs []glyph
	latin  map[rune]string
	hanzi  map[rune][]rune
	known  map[string]bool
}

type packFile struct {
	ID        string              `json:"id"`
	Version   string              `json:"version"`
	Source    string              `json:"source"`
	Effective string              `json:"effective"`
	Places    []string            `json:"places"`
	Glyphs    map[string][]string `json:"glyphs"`
	Unicode   map[string]string   `json:"unicode"`
	Hanzi     map[string]string   `json:"hanzi"`
	Known     []string            `json:"known"`
}

// packs reads the embedded packs once. They are part of the binary and read by
// a test, so a fault in them is a fault of the build.
var packs = sync.OnceValue(func() packed {
	p, err := readPacks(placesJSON, glyphsJSON, knownJSON)
	if err != nil {
		panic(err)
	}
	return p
})

func readPacks(files ...[]byte) (packed, error) {
	p := packed{latin: map[rune]string{}, hanzi: map[rune][]rune{}, known: map[string]bool{}}
	for _, b := range files {
		var f packFile
		d := json.NewDecoder(bytes.NewReader(b))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			return p, fmt.Errorf("look-alike pack: %w", err)
		}
		if f.ID == "" || f.Version == "" || f.Source == "" || f.Effective == "" {
			return p, fmt.Errorf("look-alike pack %q: header incomplete", f.ID)
		}
		for _, s := range f.Places {
			name, py, ok := strings.Cut(s, " ")
			if !ok {
				return p, fmt.Errorf("look-alike pack %q: place %q has no pinyin", f.ID, s)
			}
			p.places = append(p.places, place{name, py})
		}
		for meant, forms := range f.Glyphs {
			for _, drawn := range forms {
				p.glyphs = append(p.glyphs, glyph{drawn, meant})
			}
		}
		sort.Slice(p.glyphs, func(i, j int) bool {
			a, b := p.glyphs[i], p.glyphs[j]
			if a.drawn != b.drawn {
				return a.drawn < b.drawn
			}
			return a.meant < b.meant
		})
		if len(f.Glyphs) > 0 {
			p.glyphs = append(p.glyphs, digitLetters...)
		}
		for from, to := range f.Unicode {
			for _, r := range from {
				p.latin[r] = to
			}
		}
		for from, to := range f.Hanzi {
			for _, r := range from {
				p.hanzi[r] = append(p.hanzi[r], []rune(to)...)
			}
		}
		for _, k := range f.Known {
			p.known[k] = true
		}
	}
	return p, nil
}
