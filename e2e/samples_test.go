package e2e

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "zhengshu/internal/app" // every page of every door
	"zhengshu/internal/web"
)

// looks are how people set their display, with the window they sit at.
var looks = []struct {
	name, cookie string
	width        int64
}{
	{"high contrast", "contrast=high", 1366},
	{"compact", "density=compact", 390},
	{"the house's own", "", 390},
}

// TestEverySample looks at every page with each of its samples (empty, typical,
// hostile), each in another of the looks: axe finds nothing and nothing is
// wider than the window.
func TestEverySample(t *testing.T) {
	t.Parallel()
	everyScreen(t)
	axe, err := os.ReadFile(filepath.Join("..", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Log("axe-core is not installed (make assets, with Node, brings it): left out: what it finds; widths are still looked at")
	}
	rt := web.NewRouter(web.Config{})
	rt.Add(web.Display()...)
	rt.Add(web.Storybook()...)
	server := httptest.NewServer(rt)
	defer server.Close()
	b := startBrowser(t, strings.TrimPrefix(server.URL, "http://"))
	b.patience = time.Hour // it is many pages
	p := b.person("")
	looked := 0
	for i, page := range web.Pages() {
		for n := range page.Samples() {
			look := looks[n%len(looks)]
			path := fmt.Sprintf("/dev/ui/pages/%d/%d", i, n)
			p.who = fmt.Sprintf("%s, sample %d, %s", page.Name(), n+1, look.name)
			p.wide(look.width, 900)
			p.open("/console/display")
			eval[bool](p, `(document.cookie = "look=`+look.cookie+`; path=/", true)`)
			p.open(path)
			if is := eval[int64](p, `document.documentElement.scrollWidth`); is > look.width {
				t.Errorf("%s is %d px wide in a window of %d", p.who, is, look.width)
			}
			if len(axe) > 0 {
				p.audit(path, look.width, string(axe))
			}
			looked++
		}
	}
	t.Logf("%d samples of %d pages", looked, len(web.Pages()))
}
