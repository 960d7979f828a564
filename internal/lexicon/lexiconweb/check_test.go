package lexiconweb

import (
	"strings"
	"testing"

	"zhengshu/internal/lexicon"
)

// A rehearsal that leaves nothing to import says why, not that the lexicon is empty.
func TestARehearsalOfNothingSaysWhy(t *testing.T) {
	for _, c := range []struct {
		r    lexicon.Rehearsal
		says string
	}{
		{lexicon.Rehearsal{}, "文件中没有词条"},
		{lexicon.Rehearsal{Same: 2}, "没有新的词条"},
		{lexicon.Rehearsal{Bad: 1, Wrong: []lexicon.Row{{Number: 2, Words: "甲", Says: "乙"}}}, "没有可以导入的词条"},
	} {
		v := newCheck(rehearsed{name: "表.csv", result: c.r}, "x")
		if len(v.Alerts) != 1 || !strings.Contains(v.Alerts[0].Title, c.says) || len(v.Forms) != 0 {
			t.Errorf("%+v: %+v, %d forms", c.r, v.Alerts, len(v.Forms))
		}
	}
	if v := newCheck(rehearsed{name: "表.csv", result: lexicon.Rehearsal{Entries: []lexicon.Entry{{Words: "甲乙"}}}}, "x"); len(v.Alerts) != 0 || len(v.Forms) != 1 {
		t.Errorf("something to import: %+v, %d forms", v.Alerts, len(v.Forms))
	}
}
