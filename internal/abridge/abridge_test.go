package abridge

import "testing"

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s          string
		n          int
		cut, shown string
	}{
		{"", 0, "", ""}, {"", 3, "", ""},
		{"陕西省", 3, "陕西省", "陕西省"}, {"陕西省人民政府", 3, "陕西省", "陕西省…"}, {"ab陕", 2, "ab", "ab…"}, {"abc", 0, "", "…"},
		{"a\xffb", 5, "a\xffb", "a\uFFFDb"},
	} {
		if got := Cut(c.s, c.n); got != c.cut {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.s, c.n, got, c.cut)
		}
		if got := Text(c.s, c.n); got != c.shown {
			t.Errorf("Text(%q, %d) = %q, want %q", c.s, c.n, got, c.shown)
		}
	}
}
