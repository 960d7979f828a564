// Command lexicons derives the wording packs from reference data.
//
//	go run ./internal/check/proofread/lexicons -data DIR
//
// It reads the files in inputs only: works under an open licence, official
// texts, and our own. Test sets are not read, but for the one that names the
// documents to leave out of the counts: the test sentences were taken from
// them, and every version of a law named there is left out too.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"zhengshu/internal/check/proofread/ngram"
)

// inputs are the files that facts are taken from, relative to the data folder.
var inputs = []string{
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
}

// excluding names the documents that test sentences were taken from; nothing
// else is read from it.
const excluding = "05_typos/official_text_injected.jsonl"

const version = "2026.11"

func main() {
	data := flag.String("data", "", "folder of reference data")
	out := flag.String("out", "internal/check/proofread/packs", "folder of packs")
	holdout := flag.Int("holdout", 0, "leave out this many documents in a hundred, to measure on them")
	flag.Parse()
	if err := run(*data, *out, *holdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(data, out string, holdout int) error {
	m, err := count(data, holdout)
	if err != nil {
		return err
	}
	b, err := m.Encode()
	if err != nil {
		return err
	}
	vocabulary, sequences := m.Size()
	fmt.Printf("documents %d, left out %d, characters %d; vocabulary %d, sequences %v, %d bytes\n",
		m.Header.Documents, m.Header.Skipped, m.Header.Runes, vocabulary, sequences, len(b))
	if err := os.WriteFile(filepath.Join(out, "counts.bin"), b, 0o644); err != nil {
		return err
	}
	c, err := confusions(data, m)
	if err != nil {
		return err
	}
	b, err = json.Marshal(c)
	if err != nil {
		return err
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	b = w.EncodeAll(b, nil)
	fmt.Printf("confusable characters %d, %d bytes\n", len(c.Sound), len(b))
	return os.WriteFile(filepath.Join(out, "confusable.json.zst"), b, 0o644)
}

// document is a text that may be left out.
type document struct {
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

// documents reads the texts and tells which may be counted.
func documents(data string, holdout int) (use, left []document, err error) {
	var all []document
	for _, name := range inputs[:2] {
		err := lines(data, name, func(b []byte) error {
			var d document
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
	err = lines(data, excluding, func(b []byte) error {
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
		if ids[d.ID] || titles[keyOf(d.Title)] || held(d, holdout) {
			left = append(left, d)
		} else {
			use = append(use, d)
		}
	}
	return use, left, nil
}

// held reports whether a document belongs to the share held out to measure on.
func held(d document, share int) bool {
	h := fnv.New32a()
	io.WriteString(h, keyOf(d.Title))
	return int(h.Sum32()%100) < share
}

func count(data string, holdout int) (*ngram.Model, error) {
	use, left, err := documents(data, holdout)
	if err != nil {
		return nil, err
	}
	var b ngram.Builder
	b.Header = ngram.Header{
		ID: "wording-counts", Version: version, Effective: "2026-11-01", Inputs: inputs,
		Source:    "laws and official documents (no copyright); ECSpell (MIT); QABasedOnPolicyKnowledgeGraph (MIT); china-division (WTFPL)",
		Documents: len(use), Skipped: len(left),
	}
	for _, d := range use {
		b.Add(d.Title, 1)
		b.Add(d.Text, 1)
	}
	for _, name := range inputs[2:] {
		err := lines(data, name, func(line []byte) error {
			switch {
			case strings.HasPrefix(name, "05_typos/ecspell_"):
				var r struct{ Tgt string }
				if err := json.Unmarshal(line, &r); err != nil {
					return err
				}
				b.Add(r.Tgt, 1)
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
				if f := strings.Split(string(line), ","); len(f) > 2 {
					b.Add(f[2], 2)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return b.Model(3, 1, 2), nil
}

type confusable struct {
	ID        string            `json:"id"`
	Version   string            `json:"version"`
	Source    string            `json:"source"`
	Effective string            `json:"effective"`
	Sound     map[string]string `json:"sound"`
	Shape     map[string]string `json:"shape"`
}

// confusions joins the sets both ways: what is taken for a may have been a.
func confusions(data string, m *ngram.Model) (confusable, error) {
	c := confusable{
		ID: "wording-confusable", Version: version, Effective: "2026-11-01",
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
	for name, to := range map[string]map[rune]map[rune]bool{inputs[8]: sound, inputs[9]: shape} {
		f, err := open(data, name)
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
	for name, to := range map[string]map[rune]map[rune]bool{inputs[10]: sound, inputs[11]: shape} {
		err := lines(data, name, func(line []byte) error {
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

func open(data, name string) (io.ReadCloser, error) {
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

func lines(data, name string, each func([]byte) error) error {
	f, err := open(data, name)
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
