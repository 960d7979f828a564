package proofread

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A label is no sentence: what stands alone as the name of a field, a column or a
// button is not guessed at; an error of the lists is told in it all the same, and a
// short sentence is a sentence.
func TestLabelsAreNotGuessedAt(t *testing.T) {
	p, err := New(Options{Pairs: []Pair{{Wrong: "键盆", Right: []string{"键盘"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"稿件编号，不变", "id\n稿件编号，不变\nkind", "稿件", "待办", "表单", "其他版次", "五关", "应急补审", "键盘：", "本页 20 条"} {
		if found := p.Scan(label); len(found) != 0 {
			t.Errorf("%s: %+v", label, found)
		}
	}
	for text, want := range map[string]string{"键盆说明": KindConfusion, "请遵照执形。": KindConfusion, "请遵照有关规定认真执形": KindConfusion} {
		if found := p.Scan(text); len(found) != 1 || found[0].Kind != want {
			t.Errorf("%s: %+v", text, found)
		}
	}
}

// The pages of this product say nothing that its own proofreading questions: their
// words are those of the screens of any portal and any office.
func TestOwnPagesAreNotQuestioned(t *testing.T) {
	p, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	markup := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
	pages := 0
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".html" || strings.Contains(path, "testdata") {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pages++
		for _, s := range p.Scan(markup.ReplaceAllString(string(body), "\n")) {
			if s.Kind == KindConfusion || s.Kind == KindOmission || s.Kind == KindRepeat {
				t.Errorf("%s: %s", path, s.Says)
			}
		}
		return nil
	})
	if err != nil || pages < 200 {
		t.Fatalf("%d pages (%v)", pages, err)
	}
}
