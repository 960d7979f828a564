// Command lexicons derives the wording packs from reference data.
//
//	go run ./internal/check/proofread/lexicons -data DIR
//
// What it may read is decided in package corpus. The weights of the statistical
// reading are fitted afterwards:
//
//	go test ./internal/check/proofread -run TestFit -fit
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"zhengshu/internal/check/proofread/corpus"
)

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
	m, err := corpus.Count(data, holdout)
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
	c, err := corpus.Confusions(data, m)
	if err != nil {
		return err
	}
	if err := packed(filepath.Join(out, "confusable.json.zst"), c); err != nil {
		return err
	}
	words, err := corpus.WordsPack(data)
	if err != nil {
		return err
	}
	if err := packed(filepath.Join(out, "words.json.zst"), words); err != nil {
		return err
	}
	pairs, err := corpus.Pairs(data)
	if err != nil {
		return err
	}
	if err := plain(filepath.Join(out, "pairs.json"), pairs); err != nil {
		return err
	}
	sensitive, err := corpus.Sensitive(data)
	if err != nil {
		return err
	}
	fmt.Printf("words %d, pairs %d\n", len(words.Words), len(pairs.Pairs))
	return plain(filepath.Join(out, "sensitive.json"), sensitive)
}

func plain(name string, v any) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}

func packed(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	defer w.Close()
	return os.WriteFile(name, w.EncodeAll(b, nil), 0o644)
}
