// Package browsertest walks through pages in a real Chromium and measures what
// markup alone does not show: messages of the policy and the script, content
// wider than the screen, contrast of text, size of targets.
//
// It is apart from webtest because it links a browser driver and its tests
// take seconds. Tests are left out, loudly, where no Chromium is installed.
package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"zhengshu/internal/browser"
)

// Browser is one tab on one server.
type Browser struct {
	t   testing.TB
	ctx context.Context
	// URL is the server's address without a path.
	URL string
}

// Start serves h and opens a tab. The browser is $CHROMIUM, chromium or
// google-chrome; without one the test is left out.
func Start(t testing.TB, h http.Handler) *Browser {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		t.Skip("no Chromium: set CHROMIUM or install chromium; left out: everything measured in a browser")
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("lang", "zh-CN"), chromedp.Flag("disable-features", browser.Unseen),
		chromedp.Flag("force-prefers-reduced-motion", true)) // colours are measured at rest
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	ctx, expire := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(expire)
	b := &Browser{t: t, ctx: ctx, URL: server.URL}
	b.Do(chromedp.Navigate("about:blank"))
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			// Chromium also reports pages that answer 4xx as they should.
			if s := m.String(); !strings.Contains(s, "the server responded with a status of 4") && (m.IsException() || slices.Contains([]string{"error", "warning"}, fmt.Sprint(m.Type))) {
				t.Errorf("console: %s", s)
			}
		}
	}()
	return b
}

// Do runs actions in the tab; the test fails when one does.
func (b *Browser) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// Open goes to a path.
func (b *Browser) Open(path string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(b.URL + path))
}

// Wide sets the size of the screen in CSS pixels.
func (b *Browser) Wide(width, height int64) {
	b.t.Helper()
	b.Do(chromedp.EmulateViewport(width, height))
}

// Eval is the value of a JavaScript expression.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// Until waits for a JavaScript expression to become true, twenty seconds at
// most: the machine may be busy with other tests.
func (b *Browser) Until(expression string) {
	b.t.Helper()
	for range 400 {
		if Eval[bool](b, expression) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("never true: %s", expression)
}

// Wrongs measures the open page: text below 4.5:1 (3:1 from 24 px, or bold
// from 19 px), content wider than the screen, targets below 24 × 24 px that do
// not stand in a line of text (WCAG 2.2: 1.4.3, 1.4.10, 2.5.8).
func (b *Browser) Wrongs() []string {
	b.t.Helper()
	return Eval[[]string](b, measure)
}

const measure = `(() => {
  const wrongs = new Set();
  const name = (e) => e.tagName.toLowerCase() + (e.className && e.className.baseVal === undefined ? "." + String(e.className).trim().replace(/\s+/g, ".") : "");
  const doc = document.documentElement;
  if (doc.scrollWidth > window.innerWidth) {
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1 && !e.closest(".unseen, .table-room, .flow-room, .tabs ul"));
    wrongs.add("page is " + doc.scrollWidth + " px wide on " + window.innerWidth + ": " + wide.slice(0, 3).map(name).join(", "));
  }
  const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const lum = (c) => { const v = c.slice(0, 3).map((x) => { x /= 255; return x <= .04045 ? x / 12.92 : Math.pow((x + .055) / 1.055, 2.4); }); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const ground = (e) => { const stack = []; for (let p = e; p; p = p.parentElement) { const c = parse(getComputedStyle(p).backgroundColor); stack.push(c); if (c[3] === 1) break; } let out = [255, 255, 255]; for (const c of stack.reverse()) out = over(c, out); return out; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walker.nextNode(); n; n = walker.nextNode()) {
    const e = n.parentElement;
    if (!n.data.trim() || e.closest(".unseen, .skip, svg, script, [disabled]")) continue;
    const box = e.getBoundingClientRect(), s = getComputedStyle(e);
    if (!box.width || s.visibility === "hidden") continue;
    const bg = ground(e), fg = over(parse(s.color), bg);
    const a = lum(fg), b = lum(bg), ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const px = parseFloat(s.fontSize), big = px >= 24 || (px >= 18.66 && parseInt(s.fontWeight) >= 700);
    if (ratio < (big ? 3 : 4.5)) wrongs.add("contrast " + ratio.toFixed(2) + " of " + name(e));
  }
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
    if (e.closest(".unseen, .skip")) continue;
    const box = e.getBoundingClientRect();
    if (!box.width) continue;
    const inline = e.tagName === "A" && getComputedStyle(e).display === "inline";
    const boxed = e.closest("label, .choice");
    if (!inline && !boxed && (box.width < 24 || box.height < 24)) wrongs.add("target " + Math.round(box.width) + " by " + Math.round(box.height) + ": " + name(e));
  }
  return [...wrongs];
})()`
