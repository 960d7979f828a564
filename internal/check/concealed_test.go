package check

import (
	"os"
	"path/filepath"
	"testing"

	"zhengshu/internal/realdata"
)

type hiddenPage struct {
	File, Label, Pattern, Word, Target string
}

// contractURL is the address the outside measurement gives for saved pages.
const contractURL = "http://www.example.gov.cn/a.html"

func concealedFindings(t *testing.T, file, url string) (out []Finding) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePage(body, "", url)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, f := range Violations(Run(Facts{Page: p})) {
		if len(f.Check) > 10 && f.Check[:10] == "concealed." {
			out = append(out, f)
		}
	}
	return out
}

func TestConcealedOnRealPages(t *testing.T) {
	dir := realdata.Path(t, "06_sensitive_hidden", "recall and false alarms on pages with hidden links")
	hit, total, clean := 0, 0, 0
	readJSONL(t, filepath.Join(dir, "hidden_pages.jsonl"), func(r hiddenPage) {
		fs := concealedFindings(t, filepath.Join(dir, r.File), contractURL)
		switch {
		case r.Label == "clean":
			clean++
			if len(fs) > 0 {
				t.Errorf("false alarm on %s: %+v", r.Pattern, fs)
			}
		case len(fs) == 0:
			total++
			t.Logf("missed %s %s", r.Pattern, r.Word)
		default:
			total++
			hit++
		}
	})
	t.Logf("recall %d/%d, clean pages %d", hit, total, clean)
	if total == 0 || float64(hit)/float64(total) < 0.95 {
		t.Errorf("recall %d/%d, bar 0.95", hit, total)
	}
	pages := realdata.Path(t, "03_html_pages", "false alarms on real government pages")
	readJSONL(t, filepath.Join(pages, "pages.jsonl"), func(r expectedPage) {
		for _, u := range []string{r.URL, contractURL} {
			if fs := concealedFindings(t, filepath.Join(pages, r.File), u); len(fs) > 0 {
				t.Errorf("false alarm on %s as %s: %+v", r.File, u, fs)
			}
		}
	})
}
