package corpus

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/realdata"
)

// TestInputs holds the list of files that packs may be derived from: open
// licences (A), official texts (B) and our own (S); no test set, and nothing of
// the research-only sets.
func TestInputs(t *testing.T) {
	allowed := map[string]string{
		"01_divisions/china_3level.csv":                      "A",
		"01_divisions/china_townships.csv.gz":                "A",
		"04_policy_docs/laws_regulations.jsonl.gz":           "B",
		"04_policy_docs/govcn_policies.jsonl":                "B",
		"05_typos/ecspell_law_train.jsonl":                   "A",
		"05_typos/ecspell_odw_train.jsonl":                   "A",
		"05_typos/ecspell_med_train.jsonl":                   "A",
		"05_typos/lexicons/official_writing_words.txt":       "A",
		"05_typos/lexicons/law_words.txt":                    "A",
		"05_typos/lexicons/idioms.txt":                       "A",
		"05_typos/lexicons/policy_law_titles.txt":            "A",
		"05_typos/lexicons/ecspell_sound_confusion.json.gz":  "A",
		"05_typos/lexicons/ecspell_shape_confusion.json.gz":  "A",
		"05_typos/lexicons/pycorrector_same_pinyin.txt":      "A",
		"05_typos/lexicons/pycorrector_same_stroke.txt":      "A",
		"05_typos/lexicons/pycorrector_custom_confusion.txt": "A",
		"05_typos/lexicons/common_wrong_words.txt":           "A",
		"06_sensitive_hidden/lexicon.jsonl":                  "A/S",
		"08_services/service_items_guangdong.jsonl":          "A/B",
	}
	for _, name := range Inputs {
		if allowed[name] == "" {
			t.Errorf("%s is not among the files that packs may be derived from", name)
		}
		for _, no := range []string{"_test", "sighan", "lemon", "injected"} {
			if strings.Contains(name, no) {
				t.Errorf("%s is a test set", name)
			}
		}
		delete(allowed, name)
	}
	for name := range allowed {
		t.Errorf("%s is listed here and not used", name)
	}
}

func TestDocumentsOfTestSentencesAreLeftOut(t *testing.T) {
	dir := realdata.Path(t, ".", "that documents of test sentences are not counted")
	use, left, err := Documents(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(use) < 1000 || len(left) < 1000 {
		t.Errorf("%d documents counted, %d left out", len(use), len(left))
	}
	f, err := os.Open(filepath.Join(dir, Excluding))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	named := map[string]bool{}
	s := bufio.NewScanner(f)
	for s.Scan() {
		var r struct{ Doc string }
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		named[r.Doc] = true
	}
	titles := map[string]bool{}
	for _, d := range left {
		titles[keyOf(d.Title)] = true
	}
	for _, d := range use {
		if named[d.ID] || titles[keyOf(d.Title)] {
			t.Errorf("%s %s is counted, though test sentences come from it or from another version", d.ID, d.Title)
		}
	}
}

func TestKeyOf(t *testing.T) {
	for title, want := range map[string]string{
		"中华人民共和国森林法(2019修订)":   "中华人民共和国森林法",
		"《北京市控制吸烟条例》（2021年修正）": "北京市控制吸烟条例",
		"甲（乙（丙））丁":             "甲丁",
	} {
		if got := keyOf(title); got != want {
			t.Errorf("keyOf(%s) = %s, want %s", title, got, want)
		}
	}
}
