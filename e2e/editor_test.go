package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// beside opens another window of the same person: the same cookies, the same
// copies in the browser.
func (p *tab) beside() (*tab, func()) {
	p.t.Helper()
	ctx, kill := chromedp.NewContext(p.ctx)
	p.t.Cleanup(kill)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		p.t.Fatal(err)
	}
	q := &tab{browser: p.browser, who: p.who, ctx: ctx}
	q.wide(1366, 900)
	return q, kill
}

// signsOut lets the session end, as after a night.
func signsOut(p *tab) {
	p.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

// types puts words at the cursor of the editor, as an input method does.
func (p *tab) types(words string) {
	p.t.Helper()
	if !eval[bool](p, `(() => { const e = document.querySelector(".editor-text"); if (!e) return false; e.focus(); return document.execCommand("insertText", false, `+quoted(words)+`); })()`) {
		p.fail("the editor took no words")
	}
}

// pastes gives the editor what a program put on the clipboard.
func (p *tab) pastes(html string) {
	p.t.Helper()
	eval[bool](p, `(() => { const d = new DataTransfer(); d.setData("text/html", `+quoted(html)+`); d.setData("text/plain", "x"); document.querySelector(".editor-text").dispatchEvent(new ClipboardEvent("paste", {clipboardData: d, bubbles: true, cancelable: true})); return true; })()`)
}

// sends lets the page send what it keeps at once, as it does when the network
// comes back, instead of five seconds later.
func (p *tab) sends() {
	p.t.Helper()
	eval[bool](p, `window.dispatchEvent(new Event("online"))`)
}

// kept waits until the server has taken what stands in the editor.
func (p *tab) kept() {
	p.t.Helper()
	p.sends()
	p.holds("kept by the server", `document.querySelector(".keep-status").innerText.includes("已自动保存")`)
}

// holds waits until the expression is true on the page.
func (p *tab) holds(what, expression string) {
	p.t.Helper()
	if !eval[bool](p, `new Promise(done => { let n = 0; const look = () => { if (`+expression+`) done(true); else if (++n > 150) done(false); else setTimeout(look, 60); }; look(); })`, chromedp.EvalAwaitPromise) {
		p.fail("never: %s", what)
	}
}

// TestEditorLosesNothing: an editor pastes from Word, the window is killed,
// and what was typed comes back; two windows on one item; a colleague takes
// over.
func TestEditorLosesNothing(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	word, err := os.ReadFile("../internal/prose/testdata/paste/imitating-word.html")
	if err != nil {
		t.Fatal(err)
	}
	axe, err := os.ReadFile(filepath.Join("..", "assets", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Log("axe-core is not installed (make assets, with Node, brings it): left out: what it finds")
	}

	p := b.person("shibian")
	first, kill := p.beside()
	first.open("/console/items/new?type=news")
	first.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
	first.fill("标题", "关于做好防汛工作的通知（演示）")
	first.pastes(string(word))
	first.holds("the list, the table and the clause of the clipboard", `document.querySelector(".editor-text ul ul li") && document.querySelector(".editor-text td[rowspan='2']") && document.querySelector(".editor-text .clause[data-no='一、']")`)
	first.sees("修订中已删除的文字没有带入")
	first.holds("the count of words", `/[1-9]\d* 字/.test(document.querySelector(".editor-count").textContent)`)
	if n := eval[int](first, `document.querySelectorAll(".editor [style]").length`); n > 0 {
		t.Errorf("%d styles in the editor", n)
	}
	if len(axe) > 0 {
		first.audit("/console/items/new", 1366, string(axe))
	}
	first.both("editor")
	first.kept()

	// What is typed last has not reached the server when the window dies.
	first.types("最后一句话。")
	first.holds("the browser's own copy", `Object.keys(localStorage).some(k => k.startsWith("item-text:") && localStorage[k].includes("最后一句话"))`)
	kill()

	p.open("/console/items/drafts")
	p.sees("关于做好防汛工作的通知（演示）")
	p.sees("只留在这台电脑浏览器里的内容")
	p.both("drafts")
	href := eval[string](p, `document.querySelector(".local-texts a").getAttribute("href")`)
	p.open(href)
	p.holds("the offer of the browser's copy", `[...document.querySelectorAll("button")].some(b => b.innerText === "恢复这些内容")`)
	eval[bool](p, `(() => { [...document.querySelectorAll("button")].find(b => b.innerText === "恢复这些内容").click(); return true; })()`)
	p.holds("the last words", `document.querySelector(".editor-text").innerText.includes("最后一句话")`)
	p.press("保存草稿")
	p.sees("已保存为第 1 版")
	p.holds("the copy gone once saved", `!Object.keys(localStorage).some(k => k.startsWith("item-text:"))`)
	if !strings.Contains(eval[string](p, `document.querySelector(".editor-text").innerText`), "最后一句话") {
		p.fail("the saved text lacks the last words")
	}
	edit := strings.TrimPrefix(p.location(), b.base)

	// Find and replace, by the keyboard.
	eval[bool](p, `(() => { document.querySelector(".editor-text").focus(); return true; })()`)
	p.do(chromedp.KeyEvent("f", chromedp.KeyModifiers(2)))
	p.holds("the find bar", `!document.querySelector(".find-bar").hidden && document.activeElement.id === "find-what"`)
	p.do(chromedp.KeyEvent("防汛"))
	p.sees("第 1 处，共")
	p.do(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("抗旱"))
	eval[bool](p, `(() => { [...document.querySelectorAll(".find-bar button")].find(b => b.innerText === "全部替换").click(); return true; })()`)
	p.holds("the words replaced", `document.querySelector(".editor-text").innerText.includes("抗旱") && !document.querySelector(".editor-text").innerText.includes("防汛工作")`)

	// Two windows on one item: neither writes over the other unseen.
	p.kept()
	second, _ := p.beside()
	second.open(edit)
	second.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
	p.types("甲窗口。")
	p.holds("the first window's copy", `Object.keys(localStorage).some(k => k.startsWith("item-text:") && localStorage[k].includes("甲窗口"))`)
	p.sends()
	p.holds("the first window kept by the server", `!Object.keys(localStorage).some(k => k.startsWith("item-text:"))`)
	second.types("乙窗口。")
	second.sends()
	second.holds("the other window told of", `document.querySelector(".keep-status").innerText.includes("另一个窗口中也在修改")`)
	second.keep("two-windows")
	eval[bool](second, `(() => { [...document.querySelectorAll("button")].find(b => b.innerText === "以本窗口继续").click(); return true; })()`)
	second.kept()
	p.press("保存草稿")
	p.sees("已保存为第 2 版")
	second.press("保存草稿")
	second.sees("您打开以后")
	second.sees("乙窗口")
	second.both("two-texts")
	second.press("保存草稿") // now knowing both
	second.sees("已保存为第 3 版")

	// A preview in the site's own pages, wide and narrow.
	second.press("预览")
	second.holds("the page in its frame", `document.querySelector("iframe.preview").contentDocument.body.innerText.includes("乙窗口")`)
	second.both("preview-desktop")
	second.press("手机")
	second.holds("the page in its frame", `document.querySelector("iframe.preview").contentDocument.body.innerText.includes("乙窗口")`)
	if len(axe) > 0 {
		second.audit("preview", 1366, string(axe))
	}
	second.both("preview-phone")

	// A remark is mended by one press, in the place a line end cuts; the copy from before it
	// is not offered as what was lost.
	third, _ := p.beside()
	third.open("/console/items/new?type=news")
	third.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
	third.fill("标题", "学习讲话精神（演示）")
	third.pastes("<p>学习贯彻习进<br>平同志讲话。</p>")
	third.holds("the words", `document.querySelector(".editor-text").innerText.includes("习进")`)
	eval[bool](third, `(() => { document.querySelector("#writing button[value=check]").click(); return true; })()`) // the menu has one of that name, too
	third.sees("“习进平”疑为“习近平”之误")
	eval[bool](third, `(() => { document.querySelector("#results button[form=writing]").click(); return true; })()`)
	third.sees("已改为“习近平”")
	third.holds("the word mended", `document.querySelector(".editor-text[role=textbox]").innerText.includes("学习贯彻习近平同志讲话")`)
	third.lacks("本机浏览器留有")
	third.both("mended")

	// A colleague with the same post takes over; the editor is told.
	p.open(edit)
	p.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
	other := b.person("chengban")
	other.open(edit)
	other.sees("正在编辑这篇稿件")
	other.both("held")
	other.press("接手编辑")
	other.sees("已由您接手编辑")
	p.types("被接手前的话。")
	p.sends()
	p.holds("the take-over told", `document.body.innerText.includes("接手编辑这篇稿件")`)
	p.keep("taken-over")
	p.open("/console/items/drafts")
	p.sees("恢复")

	// The session ends while he types: the words stay in the browser and come
	// back after signing in.
	p.open("/console/items/new?type=news")
	p.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
	signsOut(p)
	p.types("登录过期时写的话。")
	p.sends()
	p.holds("the end of the session told", `document.querySelector(".keep-status").innerText.includes("登录已过期")`)
	at := strings.TrimPrefix(eval[string](p, `JSON.parse(localStorage[Object.keys(localStorage).find(k => k.includes(":new:") && localStorage[k].includes("登录过期时写的话"))]).href`), b.base)
	p.again()
	p.open(at)
	p.holds("the offer of the browser's copy", `[...document.querySelectorAll("button")].some(b => b.innerText === "恢复这些内容")`)
	eval[bool](p, `(() => { [...document.querySelectorAll("button")].find(b => b.innerText === "恢复这些内容").click(); return true; })()`)
	p.holds("the words typed after the session's end", `document.querySelector(".editor-text").innerText.includes("登录过期时写的话")`)

	// Cells are joined and parted; what stood in both stays.
	p.pastes(`<table><tr><td>甲格</td><td>乙格</td></tr><tr><td>丙格</td><td>丁格</td></tr></table>`)
	p.holds("the table", `document.querySelectorAll(".editor-text td, .editor-text th").length >= 4`)
	cell := func(n int) string {
		return fmt.Sprintf(`(() => { const c = [...document.querySelectorAll(".editor-text td, .editor-text th")][%d].getBoundingClientRect(); return [c.left + c.width / 2, c.top + c.height / 2]; })()`, n)
	}
	// What stands above the table may still move under the mouse; then a person
	// draws over the cells once more.
	drag := func() bool {
		eval[bool](p, `(() => { document.querySelector(".editor-text table").scrollIntoView({block: "center"}); return true; })()`)
		from, to := eval[[]float64](p, cell(0)), eval[[]float64](p, cell(1))
		p.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMousePressed, from[0], from[1], chromedp.ButtonLeft, chromedp.ClickCount(1)),
			chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, (from[0]+to[0])/2, from[1], chromedp.ButtonLeft),
			chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, to[0], to[1], chromedp.ButtonLeft),
			chromedp.MouseEvent(input.DispatchMouseEventTypeMouseReleased, to[0], to[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
		return eval[bool](p, `[...document.querySelectorAll(".editor-text .selectedCell")].map(c => c.innerText.trim()).join() === "甲格,乙格"`)
	}
	for try := 1; !drag(); try++ {
		if try == 5 {
			p.fail("the two cells are never chosen together")
		}
	}
	tool := func(name string) {
		eval[bool](p, `(() => { [...document.querySelectorAll(".editor button")].find(b => b.innerText === `+quoted(name)+`).click(); return true; })()`)
	}
	tool("合并单元格")
	p.holds("two cells joined", `(() => { const c = document.querySelector('.editor-text [colspan="2"]'); return c && c.innerText.includes("甲格") && c.innerText.includes("乙格"); })()`)
	tool("拆分单元格")
	p.holds("and parted", `!document.querySelector('.editor-text [colspan="2"]') && document.querySelector(".editor-text").innerText.includes("乙格")`)

	// The same jobs without scripts.
	plain := b.person("shibian", withoutScript)
	plain.open("/console/items/new?type=news")
	plain.sees("文字工具")
	plain.both("editor-plain")
}
