package percent

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Shares are written here and nowhere else.
func TestSharesAreWrittenInOnePlace(t *testing.T) {
	byHand := regexp.MustCompile(`%\.[0-9]+f%%|%d\.%0?[0-9]*d%%|\* ?100(00)? ?/ ?[a-zA-Z().]+\) *\+ *"%"|%d%%[^\n]*\* ?100 ?/`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(filepath.Dir(path)) == "percent" || path == "percent.go" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(src), "\n") {
			if byHand.MatchString(line) {
				t.Errorf("%s:%d writes a share by itself: %s", path, n+1, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A share is rounded half up once; only the whole reads as the whole.
func TestSharesAreRounded(t *testing.T) {
	for _, tt := range []struct {
		s                      Share
		whole, one, two, short string
	}{
		{Of(2, 3), "67%", "66.7%", "66.67%", "66.7%"},
		{Of(1, 3), "33%", "33.3%", "33.33%", "33.3%"},
		{Of(1, 8), "13%", "12.5%", "12.50%", "12.5%"},
		{Of(18, 19), "95%", "94.7%", "94.74%", "94.7%"},
		{Of(1, 2), "50%", "50.0%", "50.00%", "50%"},
		{Of(0, 7), "0%", "0.0%", "0.00%", "0%"},
		{Of(7, 7), "100%", "100.0%", "100.00%", "100%"},
		{Of(99_999, 100_000), "99%", "99.9%", "99.99%", "99.9%"},
		{Of(1, 1_000_000), "0%", "0.0%", "0.00%", "0%"},
		{Of(9, 7), "129%", "128.6%", "128.57%", "128.6%"},
		{Of(0, 0), None, None, None, None},
		{Hundredths(9474), "95%", "94.7%", "94.74%", "94.7%"},
		{Ratio(0.6666667), "67%", "66.7%", "66.67%", "66.7%"},
		{Of(int64(math.MaxInt64)-1, int64(math.MaxInt64)), "99%", "99.9%", "99.99%", "99.9%"},
	} {
		if a, b, c, d := tt.s.Text(0), tt.s.Text(1), tt.s.Text(2), tt.s.Short(); a != tt.whole || b != tt.one || c != tt.two || d != tt.short {
			t.Errorf("%d of %d: %s %s %s %s", tt.s.Part, tt.s.Whole, a, b, c, d)
		}
	}
	if Of(2, 3).PerCent() != 67 || Of(2, 3).Fine() != 6667 || Of(2, 0).Fine() != 0 {
		t.Error(Of(2, 3).PerCent(), Of(2, 3).Fine())
	}
}
