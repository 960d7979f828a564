package proofread

import "testing"

func TestWordsAboutAPlace(t *testing.T) {
	words := newWordSet(0)
	for _, w := range []string{"能源", "结构", "优化", "人民", "人民政府", "政府"} {
		words.add(w)
	}
	for _, c := range []struct {
		text                        string
		start, end                  int
		around, before, after, made int
		kind                        editKind
		right                       string
	}{
		{text: "优化能结构", start: 2, end: 4, kind: editDrop, right: "源", around: 0, before: 0, after: 2, made: 2},
		{text: "各级人民正府", start: 4, end: 5, kind: editSound, right: "政", around: 0, before: 2, after: 0, made: 4},
		{text: "人民政府", start: 2, end: 3, kind: editSound, right: "正", around: 4, before: 2, after: 0, made: 0},
		{text: "", around: 0},
	} {
		rs := []rune(c.text)
		at, to := c.start, c.end
		if c.kind == editDrop {
			at++
			to = at
		}
		before, after := words.sides(rs, at, to)
		if got := words.around(rs, c.start, c.end); got != c.around || before != c.before || after != c.after {
			t.Errorf("%s: around %d, before %d, after %d", c.text, got, before, after)
		}
		if got := words.made(rs, &edit{kind: c.kind, start: c.start, end: c.end, right: c.right}); c.right != "" && got != c.made {
			t.Errorf("%s with %s: %d", c.text, c.right, got)
		}
	}
	if !words.has([]rune("能源")) || words.has([]rune("源能")) || words.has(nil) {
		t.Error("a word is not known, or none is")
	}
}
