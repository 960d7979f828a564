package inspection_test

import (
	"strings"
	"testing"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine/enginetest"
)

// A link to a site of the ledger is judged as the patrol of that site judges its own; of a
// host that nobody knows no more is asked than the link.
func TestLinksToSitesOfTheLedgerAreJudgedAsByTheirPatrol(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Answers = func(path, _ string) (enginetest.Page, bool) {
			if _, have := h.made.Pages[path]; have || path == "/robots.txt" {
				return enginetest.Page{}, false
			}
			return enginetest.Page{Type: "text/html; charset=utf-8", Body: enginetest.Head("雁塔区人民政府", "") + "<p>欢迎访问雁塔区人民政府网站，更多内容请从导航进入各个栏目。</p>" + enginetest.Foot}, true
		}
		for address, want := range map[string]check.LinkState{
			"http://" + enginetest.Host + "/gone.html": check.LinkSoft404, "http://" + enginetest.Host + "/yw/1.html": check.LinkAlive,
			"http://m." + strings.TrimPrefix(enginetest.Host, "www.") + "/gone.html": check.LinkAlive,
		} {
			r, why, err := h.svc.OutsideLink(h.ctx, check.Link{Href: address, URL: address, Text: "征求意见", Kind: check.LinkExternal})
			if err != nil || why != "" || r.State() != want {
				t.Errorf("%s: %s %q (%v), want %s", address, r.State(), why, err, want)
			}
		}
	})
}
