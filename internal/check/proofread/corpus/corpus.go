package corpus

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zhengshu/internal/check/proofread/ngram"
)

// Inputs are the files that facts are taken from, relative to the data folder.
var Inputs = []string{
	"04_policy_docs/laws_regulations.jsonl.gz",
	"04_policy_docs/govcn_policies.jsonl",
	"05_typos/ecspell_law_train.jsonl",
	"05_typos/ecspell_odw_train.jsonl",
	"05_typos/lexicons/official_writing_words.txt",
	"05_typos/lexicons/law_words.txt",
	"05_typos/lexicons/idioms.txt",
	"05_typos/lexicons/policy_law_titles.txt",
	"05_typos/lexicons/ecspell_sound_confusion.json.gz",
	"05_typos/lexicons/ecspell_shape_confusion.json.gz",
	"05_typos/lexicons/pycorrector_same_pinyin.txt",
	"05_typos/lexicons/pycorrector_same_stroke.txt",
	"08_services/service_items_guangdong.jsonl",
	"01_divisions/china_3level.csv",
	"05_typos/lexicons/pycorrector_custom_confusion.txt",
	"05_typos/lexicons/common_wrong_words.txt",
	"06_sensitive_hidden/lexicon.jsonl",
	"01_divisions/china_townships.csv.gz",
	"05_typos/ecspell_med_train.jsonl",
}

// Excluding names the documents that test sentences were taken from; nothing
// else is read from it.
const Excluding = "05_typos/official_text_injected.jsonl"

const Version = "2026.11"

// Document is a text that may be left out.
type Document struct {
	ID, Title, Text string
}

// keyOf is what versions of one law share: the title without brackets.
func keyOf(title string) string {
	var b strings.Builder
	depth := 0
	for _, r := range title {
		switch r {
		case '(', '（', '〔', '[':
			depth++
		case ')', '）', '〕', ']':
			depth = max(depth-1, 0)
		default:
			if depth == 0 && r != ' ' && r != '《' && r != '》' {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// Documents reads the texts and tells which may be counted: not those that test
// sentences come from, nor a share (in a hundred) held out to measure on.
func Documents(data string, holdout int) (use, left []Document, err error) {
	var all []Document
	for _, name := range Inputs[:2] {
		err := Lines(data, name, func(b []byte) error {
			var d Document
			if err := json.Unmarshal(b, &d); err != nil {
				return err
			}
			all = append(all, d)
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
	}
	ids := map[string]bool{}
	err = Lines(data, Excluding, func(b []byte) error {
		var r struct{ Doc string }
		if err := json.Unmarshal(b, &r); err != nil {
			return err
		}
		ids[r.Doc] = true
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	titles := map[string]bool{}
	for _, d := range all {
		if ids[d.ID] {
			titles[keyOf(d.Title)] = true
		}
	}
	for _, d := range all {
		if ids[d.ID] || titles[keyOf(d.Title)] || Held(d, holdout) {
			left = append(left, d)
		} else {
			use = append(use, d)
		}
	}
	return use, left, nil
}

// Held reports whether a document belongs to the share held out to measure on.
func Held(d Document, share int) bool {
	h := fnv.New32a()
	io.WriteString(h, keyOf(d.Title))
	return int(h.Sum32()%100) < share
}

// HeldSentence reports whether a training sentence of ECSpell belongs to the
// half that is held out to fit on; the other half is counted, as all are at last.
func HeldSentence(right string) bool {
	h := fnv.New32a()
	io.WriteString(h, right)
	return h.Sum32()%2 == 0
}

// Count makes the model. With a share held out, half of the training sentences
// of ECSpell are left out as well, so that weights can be fitted on them.
func Count(data string, holdout int) (*ngram.Model, error) {
	use, left, err := Documents(data, holdout)
	if err != nil {
		return nil, err
	}
	var b ngram.Builder
	b.Header = ngram.Header{
		ID: "wording-counts", Version: Version, Effective: "2026-11-01", Inputs: Inputs,
		Source:    "laws and official documents (no copyright); ECSpell (MIT); QABasedOnPolicyKnowledgeGraph (MIT); china-division (WTFPL)",
		Documents: len(use), Skipped: len(left),
	}
	for _, d := range use {
		b.Add(d.Title, 1)
		b.Add(d.Text, 1)
	}
	for _, name := range Inputs[2:] {
		err := Lines(data, name, func(line []byte) error {
			switch {
			case strings.HasPrefix(name, "05_typos/ecspell_"):
				var r struct{ Tgt string }
				if err := json.Unmarshal(line, &r); err != nil {
					return err
				}
				if holdout == 0 || !HeldSentence(r.Tgt) {
					b.Add(r.Tgt, 1)
				}
			case strings.HasSuffix(name, "words.txt"), strings.HasSuffix(name, "idioms.txt"), strings.HasSuffix(name, "titles.txt"):
				word, _, _ := strings.Cut(string(line), "\t")
				b.Add(strings.TrimSpace(word), 1)
			case strings.HasPrefix(name, "08_"):
				var r map[string]any
				if err := json.Unmarshal(line, &r); err != nil {
					return err
				}
				for _, k := range slices.Sorted(maps.Keys(r)) {
					if s, ok := r[k].(string); ok {
						b.Add(s, 1)
					}
				}
			case strings.HasPrefix(name, "01_"):
				f := strings.Split(string(line), ",")
				switch {
				case strings.HasSuffix(name, "china_3level.csv") && len(f) > 2:
					b.Add(f[2], 2)
				case strings.HasSuffix(name, "townships.csv.gz") && len(f) > 1:
					b.Add(f[1], 1)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return b.Model(3, 1, 1), nil
}

// Confusable is the pack of characters taken for one another.
type Confusable struct {
	ID        string            `json:"id"`
	Version   string            `json:"version"`
	Source    string            `json:"source"`
	Effective string            `json:"effective"`
	Sound     map[string]string `json:"sound"`
	Shape     map[string]string `json:"shape"`
}

// Confusions joins the sets both ways: what is taken for a may have been a.
func Confusions(data string, m *ngram.Model) (Confusable, error) {
	c := Confusable{
		ID: "wording-confusable", Version: Version, Effective: "2026-11-01",
		Source: "ECSpell (MIT); pycorrector (Apache-2.0)",
	}
	sound, shape := map[rune]map[rune]bool{}, map[rune]map[rune]bool{}
	put := func(to map[rune]map[rune]bool, a, b rune) {
		if a == b || m.IDOf(a) == ngram.Unknown && m.IDOf(b) == ngram.Unknown {
			return
		}
		for _, p := range [2][2]rune{{a, b}, {b, a}} {
			if m.IDOf(p[1]) == ngram.Unknown || m.Count1(m.IDOf(p[1])) < 5 {
				continue // never proposed
			}
			if to[p[0]] == nil {
				to[p[0]] = map[rune]bool{}
			}
			to[p[0]][p[1]] = true
		}
	}
	for name, to := range map[string]map[rune]map[rune]bool{Inputs[8]: sound, Inputs[9]: shape} {
		f, err := Open(data, name)
		if err != nil {
			return c, err
		}
		var sets map[string][]string
		err = json.NewDecoder(f).Decode(&sets)
		f.Close()
		if err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
		for a, list := range sets {
			for _, b := range list {
				if x, y := []rune(a), []rune(b); len(x) == 1 && len(y) == 1 {
					put(to, x[0], y[0])
				}
			}
		}
	}
	for name, to := range map[string]map[rune]map[rune]bool{Inputs[10]: sound, Inputs[11]: shape} {
		err := Lines(data, name, func(line []byte) error {
			if bytes.HasPrefix(line, []byte("#")) {
				return nil
			}
			fields := strings.Fields(string(line))
			for _, f := range fields[min(1, len(fields)):] {
				for _, r := range f {
					put(to, []rune(fields[0])[0], r)
				}
			}
			return nil
		})
		if err != nil {
			return c, err
		}
	}
	flat := func(in map[rune]map[rune]bool) map[string]string {
		out := map[string]string{}
		for a, set := range in {
			out[string(a)] = string(slices.Sorted(maps.Keys(set)))
		}
		return out
	}
	c.Sound, c.Shape = flat(sound), flat(shape)
	return c, nil
}

// Open opens a file of the data folder, unpacked.
func Open(data, name string) (io.ReadCloser, error) {
	f, err := os.Open(filepath.Join(data, name))
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(name, ".gz") {
		return f, nil
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}

// Lines calls each with the lines of a file that are not blank.
func Lines(data, name string, each func([]byte) error) error {
	f, err := Open(data, name)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		if err := each(s.Bytes()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return s.Err()
}
