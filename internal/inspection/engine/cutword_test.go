package engine_test

import (
	"strings"
	"testing"

	"zhengshu/internal/check/proofread"
	"zhengshu/internal/inspection/engine/enginetest"
)

// A wrong word that the source cuts in two is a finding of the page, with the source in
// which it stands.
func TestWordsCutInTwoAreFoundWithTheirSource(t *testing.T) {
	words, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []string{"按装", "按<br>装", "按\n      装", "按&#8203;装", "按&shy;装", "<b>按</b>装", "<span style=\"color:#000\">按</span><span>装</span>", "按&nbsp;装"} {
		s := enginetest.NewSite(t)
		s.Swap("/yw/1.html", "部署了今年的重点任务", "要求"+cut+"监控设备")
		o := enginetest.Options()
		o.Scanner = words
		found := 0
		for _, f := range inspect(t, s, o).Findings {
			if f.Check != "wording.confusion" {
				continue
			}
			if found++; f.Wrong != "按装" || !strings.Contains(f.Evidence.Excerpt, "要求"+cut+"监控") || !strings.Contains(strings.ReplaceAll(f.Where, " ", ""), "要求按装监控") {
				t.Errorf("%q: %+v", cut, f)
			}
		}
		if found != 1 {
			t.Errorf("%q: %d findings", cut, found)
		}
	}
}
