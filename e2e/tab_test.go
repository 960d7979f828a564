// Package e2e walks the product as people do, in a real Chromium, against the
// whole house on a real port with the demo province.
package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"zhengshu/assets"
	chrome "zhengshu/internal/browser"
)

// browser is one Chromium; each person has a tab with cookies of their own,
// which ends after the patience.
type browser struct {
	t    testing.TB
	ctx  context.Context
	base string // http://127.0.0.1:PORT
	port string
	shot int

	patience time.Duration
}

// chromium is the one browser of all journeys.
var chromium struct {
	once sync.Once
	ctx  context.Context
	dir  string
	stop func()
	err  error
}

// launch finds Chromium or says what to install, and starts it. Where the same
// browser is there without its windows, that is taken: its pages are the same,
// and nobody pays for the frame of a window in which nobody looks.
func launch() error {
	path := os.Getenv("CHROMIUM")
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); path == "" && err == nil {
			path = found
		}
	}
	if path == "" {
		return errors.New("the browser journeys need Chromium: install the package chromium, or set CHROMIUM to its path")
	}
	var err error
	if chromium.dir, err = os.MkdirTemp("", "zhengshu-e2e-chromium-"); err != nil {
		return err
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(chromium.dir),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", chrome.Unseen), chromedp.Flag("disable-sync", true), chromedp.Flag("no-first-run", true), chromedp.Flag("lang", "zh-CN"))
	ctx, cancel := chromedp.NewContext(allocator)
	chromium.ctx, chromium.stop = ctx, func() { cancel(); stop() }
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		return fmt.Errorf("start Chromium: %w", err)
	}
	return nil
}

// startBrowser is the browser on the house at addr. The journeys are promises
// and are never left out silently: without Chromium, or the scripts they press,
// they fail.
func startBrowser(t testing.TB, addr string) *browser {
	t.Helper()
	for _, name := range []string{"console.js", "editor.js", "portal.js"} {
		if !assets.Has(name) {
			t.Fatalf("the browser journeys need the console's scripts, and %s is not bundled: run make assets, with Node 20 or newer and npm", name)
		}
	}
	chromium.once.Do(func() { chromium.err = launch() })
	if chromium.err != nil {
		t.Fatal(chromium.err)
	}
	_, port, _ := strings.Cut(addr, ":")
	return &browser{t: t, ctx: chromium.ctx, base: "http://" + addr, port: port, patience: 8 * time.Minute}
}

// in is the browser for a part of the test, which fails by itself.
func (b *browser) in(t testing.TB) *browser {
	part := *b
	part.t = t
	return &part
}

// tab is one person's window.
type tab struct {
	*browser
	who string
	ctx context.Context
}

// person opens a tab with cookies of its own and signs in; an empty login stays
// a member of the public.
func (b *browser) person(login string, opts ...func(*tab)) *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	// The first run makes the tab; only later ones may have a deadline.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		b.t.Fatal(err)
	}
	ctx, expire := context.WithTimeout(ctx, b.patience)
	b.t.Cleanup(expire)
	p := &tab{browser: b, who: login, ctx: ctx}
	p.wide(1366, 900)
	for _, o := range opts {
		o(p)
	}
	if login != "" {
		p.again()
	}
	return p
}

// again signs in, anew after the clock was moved.
func (p *tab) again() *tab {
	p.t.Helper()
	p.open("/console/login")
	p.fill("账号", p.who)
	p.fill("密码", demoPassword)
	p.press("登录")
	p.sees("工作台")
	return p
}

// withoutScript turns the page's scripts off, as on an old or locked-down
// machine.
func withoutScript(p *tab) {
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

func (p *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.fail("%v", err)
	}
}

func (p *tab) fail(format string, args ...any) {
	p.t.Helper()
	p.shoot("failed")
	p.t.Fatalf("%s at %s: %s\n%.1500s", p.who, p.location(), fmt.Sprintf(format, args...), p.text())
}

func eval[T any](p *tab, expression string, opts ...func(*runtime.EvaluateParams)) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, opts...))
	if err != nil {
		p.t.Fatalf("%s: %v in %.200s", p.who, err, expression)
	}
	return v
}

func (p *tab) text() string     { return eval[string](p, `document.body ? document.body.innerText : ""`) }
func (p *tab) location() string { return eval[string](p, `location.href`) }

// open goes to a path of the house, or to a whole address.
func (p *tab) open(path string) {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.base + path
	}
	p.do(chromedp.Navigate(path))
}

// portal opens a path of a hosted site by its host name.
func (p *tab) portal(host, path string) {
	p.t.Helper()
	p.open("http://" + host + ":" + p.port + path)
}

func (p *tab) wide(width, height int64) {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(width, height))
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(b)
}

// labelled finds the control of a label by the label's beginning.
const labelled = `(label => { const l = [...document.querySelectorAll("label, legend")].filter(l => l.innerText.trim().startsWith(label) && l.offsetParent !== null).sort((a, b) => a.innerText.length - b.innerText.length)[0]; if (!l) return null; return l.control || l.querySelector("input, select, textarea") || (l.htmlFor && document.getElementById(l.htmlFor)) || l.closest("fieldset"); })`

// fill types into the control with the label.
func (p *tab) fill(label, value string) {
	p.t.Helper()
	ok := eval[bool](p, `(() => { let e = `+labelled+`(`+quoted(label)+`); const area = document.getElementById("f-text"); const words = document.querySelector(".editor-text[role=textbox]");
		if (words && `+quoted(label)+` === area.closest(".field").querySelector("label").firstChild.textContent.trim()) {
			words.focus(); document.getSelection().selectAllChildren(words); const d = new DataTransfer(); d.setData("text/plain", `+quoted(value)+`);
			words.dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})); return true;
		}
		if (!e) return false; e.focus(); if (e.tagName === "SELECT") { const o = [...e.options].find(o => o.value === `+quoted(value)+` || o.text.trim().startsWith(`+quoted(value)+`)); if (!o) return false; e.value = o.value; } else { e.value = `+quoted(value)+`; } e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`)
	if !ok {
		p.fail("no field labelled %q that takes %q", label, value)
	}
}

// tick checks the box or radio with the label.
func (p *tab) tick(label string) {
	p.t.Helper()
	if !eval[bool](p, `(() => { const e = `+labelled+`(`+quoted(label)+`); if (!e || !("checked" in e)) return false; e.checked = true; e.dispatchEvent(new Event("change", {bubbles: true})); return true; })()`) {
		p.fail("no box labelled %q", label)
	}
}

// tickAll checks every box or radio whose name begins so.
func (p *tab) tickAll(selector string) int {
	p.t.Helper()
	return eval[int](p, `(() => { const all = [...document.querySelectorAll(`+quoted(selector)+`)]; all.forEach(e => { e.checked = true; e.dispatchEvent(new Event("change", {bubbles: true})); }); return all.length; })()`)
}

// press clicks the visible button or link with the text and waits for the next
// page.
func (p *tab) press(text string) {
	p.t.Helper()
	mark := fmt.Sprint(time.Now().UnixNano())
	if !eval[bool](p, `(() => { document.documentElement.dataset.mark = `+quoted(mark)+`; const e = [...document.querySelectorAll("button, a, input[type=submit], summary")].filter(e => (e.innerText || e.value || "").trim().startsWith(`+quoted(text)+`) && e.offsetParent !== null).sort((a, b) => (a.innerText || a.value).length - (b.innerText || b.value).length || (a.tagName === "SUMMARY") - (b.tagName === "SUMMARY"))[0]; if (!e) return false; e.scrollIntoView(); e.click(); return true; })()`) {
		p.fail("nothing to press that says %q", text)
	}
	if !p.turned(mark) {
		p.fail("pressing %q led nowhere", text)
	}
}

// turned waits until another page than the marked one is there, at first in
// short steps: most pages are there in less than a tenth of a second.
func (p *tab) turned(mark string) bool {
	step := 5 * time.Millisecond
	for range 600 { // half a minute: the machine may be busy with other tests
		time.Sleep(step)
		step = min(2*step, 50*time.Millisecond)
		done, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && document.documentElement.dataset.mark !== `+quoted(mark)))
		if err == nil && done {
			return true
		}
	}
	return false
}

// sees waits until the page shows the text.
func (p *tab) sees(text string) {
	p.t.Helper()
	for range 400 { // twenty seconds, for the same reason
		found, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`document.body !== null && document.body.innerText.includes(`+quoted(text)+`)`))
		if err == nil && found {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.fail("does not see %q", text)
}

// seesSoon reloads until the page shows the text, and returns how long it took.
func (p *tab) seesSoon(text string, within time.Duration) time.Duration {
	p.t.Helper()
	start := time.Now()
	for time.Since(start) < within {
		if strings.Contains(p.text(), text) {
			return time.Since(start)
		}
		time.Sleep(100 * time.Millisecond)
		p.do(chromedp.Reload())
	}
	p.fail("does not see %q within %v", text, within)
	return 0
}

// lacks asserts that the page does not show the text.
func (p *tab) lacks(text string) {
	p.t.Helper()
	if strings.Contains(p.text(), text) {
		p.fail("still sees %q", text)
	}
}

// shots keeps the pictures of a run, for people to look at; no journey reads
// them:
//
//	go test ./e2e -run TestLoop -shots
//
// Drawing and packing eight hundred whole pages is a quarter of what the
// browser does for the journeys, so it is asked for.
var shots = flag.Bool("shots", false, "keep a picture of every page that a journey names, in build/screenshots")

// keep saves a screenshot of the whole page where pictures are asked for.
func (p *tab) keep(name string) {
	p.t.Helper()
	if *shots {
		p.shoot(name)
	}
}

// shoot saves a screenshot of the whole page as build output.
func (p *tab) shoot(name string) {
	p.t.Helper()
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Logf("no screenshot of %s: %v", name, err)
		return
	}
	p.shot++
	keepFile(p.t, fmt.Sprintf("%02d-%s-%s.png", p.shot, p.who, name), png)
}

// keepFile saves build output beside the screenshots.
func keepFile(t testing.TB, name string, content []byte) {
	t.Helper()
	dir := filepath.Join("..", "build", "screenshots")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// both asserts that the page needs no sideways scrolling on a phone, and keeps
// it at the desktop's and the phone's width where pictures are asked for.
func (p *tab) both(name string) {
	p.t.Helper()
	p.keep(name)
	p.wide(390, 844)
	if w := eval[int](p, `document.documentElement.scrollWidth`); w > 390 {
		p.shoot(name + "-390")
		p.t.Errorf("%s at %s is %d px wide on a 390 px phone", p.who, p.location(), w)
	}
	p.keep(name + "-390")
	p.wide(1366, 900)
}

// attach puts a file into the file field of that name.
func (p *tab) attach(name, file string) {
	p.t.Helper()
	field := `input[type="file"][name="` + name + `"]`
	if !eval[bool](p, `document.querySelector(`+quoted(field)+`) !== null`) {
		p.fail("no file field is called %q", name) // the browser would wait for one
	}
	p.do(chromedp.SetUploadFiles(chromedp.CSS(field), []string{file}))
}

// paper writes a small PDF to attach.
func paper(t testing.TB, name string) string {
	t.Helper()
	body := "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
	return writeFile(t, name, body)
}

// writeFile writes a file to attach.
func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// gates are the five of Article 19(3), in the order of the law.
var gates = []string{"政治关", "法律关", "政策关", "保密关", "文字关"}

// stamp puts the person's name under each gate, one press each.
func (p *tab) stamp(gates ...string) {
	p.t.Helper()
	for _, g := range gates {
		p.press(g + "通过")
		p.sees(g + "已由您署名通过")
	}
}
