package engine

import (
	"testing"

	"zhengshu/internal/check"
)

// A dead site elsewhere is a finding only of a machine that reaches anything
// elsewhere.
func TestDoubtOfTheOwnLine(t *testing.T) {
	dead := func(u string) check.LinkResult {
		return check.LinkResult{Link: check.Link{URL: u}, Err: "dns"}
	}
	alive := check.LinkResult{Link: check.Link{URL: "http://d.example.cn/"}, Status: 200}
	a, b, c := dead("http://a.example.cn/"), dead("http://b.example.cn/"), dead("http://c.example.cn/")
	own := dead("http://www.yanta.gov.cn/gone.html")
	for _, tc := range []struct {
		name    string
		results []check.LinkResult
		outside bool
		doubted int
	}{
		{"one, and nothing elsewhere answered", []check.LinkResult{a}, false, 1},
		{"one, and the line is good", []check.LinkResult{a}, true, 0},
		{"two pages of one host, and the line is good", []check.LinkResult{a, dead("http://a.example.cn/2")}, true, 0},
		{"three, the line good when the site was read", []check.LinkResult{a, b, c}, true, 3},
		{"three, and nothing elsewhere answered", []check.LinkResult{a, b, c}, false, 3},
		{"another is alive", []check.LinkResult{a, b, c, alive}, false, 0},
		{"the site's own page is judged all the same", []check.LinkResult{own, a}, false, 1},
	} {
		n := &inspector{home: "http://yanta.gov.cn/"}
		whys, ask := make([]string, len(tc.results)), make([]int, len(tc.results))
		for i := range ask {
			ask[i] = i
		}
		n.doubt(tc.results, whys, ask, tc.outside)
		doubted := 0
		for i, w := range whys {
			if w == "" {
				continue
			}
			doubted++
			if n.own(tc.results[i].Link.URL) {
				t.Errorf("%s: a page of the site itself is doubted", tc.name)
			}
		}
		if doubted != tc.doubted {
			t.Errorf("%s: %d doubted, want %d", tc.name, doubted, tc.doubted)
		}
	}
}
