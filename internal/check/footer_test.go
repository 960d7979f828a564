package check

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestNearIsFind holds near against the whole search: wherever words of the
// foot stand in a text, both find the same.
func TestNearIsFind(t *testing.T) {
	parts := []string{"网站标识码：6101130001", "标识码", "主办单位：雁塔区人民政府办公室", "主办：", "陕ICP备05010001号-1", "ICP", "陕公网安备61011302000123号", "公安备案号：123", "雁塔区政府.政务",
		".公益", "西安市商务局.政务.cn", "电话：029-88881234", "0298888", "  ", "\n", "，", "正文内容", "ab", "01", "公", "主", "(029) 88881234 "}
	for _, c := range []struct {
		name          string
		re            *regexp.Regexp
		before, after int
		words         []string
	}{
		{"code", footCode, 6, 90, []string{"标识码"}}, {"sponsor", footSponsor, 0, 600, []string{"主办"}}, {"icp", footICP, 4, 60, []string{"ICP"}},
		{"police", footPolice, 0, 120, []string{"公网安备", "公安"}}, {"domain", footDomain, 80, 20, []string{".政务", ".公益"}},
	} {
		r := rand.New(rand.NewPCG(7, 11))
		found := 0
		for range 4000 {
			var b strings.Builder
			for range 1 + r.IntN(12) {
				b.WriteString(parts[r.IntN(len(parts))])
			}
			text := b.String()
			want := c.re.FindStringSubmatch(text)
			got := near(c.re, text, c.before, c.after, c.words...)
			if strings.Join(want, "|") != strings.Join(got, "|") {
				t.Fatalf("%s in %q: near %q, whole %q", c.name, text, got, want)
			}
			if want != nil {
				found++
			}
		}
		if found < 100 {
			t.Errorf("%s: only %d texts held one", c.name, found)
		}
	}
}

func TestTelephone(t *testing.T) {
	for text, want := range map[string]bool{
		"电话：029-88881234": true, "0298888123": true, "（029）88881234": true, "(029) 88881234": true, "61011302000123号": false, "热线 12345": true, "Tel: 029": true,
		"029-888812345": false, "029—8888123，": true, "正文": false, "电话": false, "": false,
	} {
		if got := telephone(text, hotlineWords...) != ""; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
