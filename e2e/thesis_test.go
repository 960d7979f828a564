package e2e

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// points reads the portal's points off its page of the score.
func (p *tab) points() string {
	p.t.Helper()
	m := regexp.MustCompile(`(\d{1,3}(?:\.\d{1,2})?)\s*分`).FindStringSubmatch(p.text())
	if m == nil {
		p.fail("the page of the score names no points")
	}
	return m[1]
}

// inspects runs a check of the site and waits for its end.
func (p *tab) inspects(name string) {
	p.t.Helper()
	p.open("/console/inspection?q=" + url.QueryEscape(name))
	p.press(name)
	p.press("立即检查")
	for range 120 {
		if !strings.Contains(p.text(), "检查进度") {
			return
		}
		time.Sleep(500 * time.Millisecond)
		p.do(chromedp.Reload())
	}
	p.fail("the check of %s does not end", name)
}

// release takes an item that was sent to review through its gates.
func release(b *browser, at string) {
	b.t.Helper()
	first := b.person("shichu")
	first.open(at + "/review")
	first.press("初审通过")
	first.sees("待终审")
	final := b.person("shizhong")
	final.open(at + "/review")
	final.stamp(gates...)
	final.tickAll(`input[name="declare"]`)
	final.press("终审通过并发布")
	final.sees("已发布")
}

// TestOneRuleFromDraftToBulletin walks one slip of the keyboard through the
// house: the rule warns its author, is overruled with a reason, finds the same
// on the live page, is quoted by the order, closes by its retest, moves the
// score by the points of the pack, and is counted in the bulletin.
func TestOneRuleFromDraftToBulletin(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	const title, site = "关于公布冬季便民服务点的通知（演示）", "西安市人民政府（演示）"

	// An address with two letters exchanged, and a word typed wrong.
	citizen := b.person("")
	citizen.portal("xian.localhost", "/news/")
	right := eval[string](citizen, `new URL([...document.querySelectorAll("main a[href*='/content/']")][0].href).pathname`)
	at := strings.LastIndex(right, ".")
	wrong := right[:at-2] + "ZZ" + right[at:]
	if wrong == right || at < 2 {
		t.Fatalf("no address to mistype: %s", right)
	}
	editor := b.person("shibian")
	editor.open("/console/items/new?type=notice")
	editor.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
	editor.fill("标题", title)
	editor.tick("通知公告")
	editor.fill("来源", "市政府办公厅")
	editor.pastes(`<p>冬季便民服务点已经公布，请登陆网站查询，具体见<a href="` + wrong + `">服务点名单</a>。</p>`)
	editor.holds("the text of the clipboard", `document.querySelector(".editor-text a")`)
	editor.press("保存并送审")
	editor.sees("链接指向的稿件没有公开")
	editor.both("thesis-warned")
	item := regexp.MustCompile(`^.*/console/items/[0-9A-Z]{26}`).FindString(editor.location())
	if item == "" {
		editor.open("/console/items?q=" + url.QueryEscape(title))
		item = eval[string](editor, `document.querySelector('main tbody a[href^="/console/items/"]').href`)
	}
	editor.open(item + "/remarks")
	editor.sees("站内死链")
	for _, id := range eval[[]string](editor, `[...document.querySelectorAll('input[name^="reason-"]')].map(e => e.id)`) {
		eval[bool](editor, `(() => { document.getElementById(`+quoted(id)+`).value = "名单今天稍后公布，先行发布通知"; return true; })()`)
	}
	editor.press("保存并送审")
	editor.sees("待初审")
	release(b, item)
	citizen.portal("xian.localhost", "/notices/")
	citizen.seesSoon(title, 10*time.Second)

	province := b.person("sheng")
	province.open("/console/scores?q=" + url.QueryEscape(site))
	province.press(site)
	score := province.location()

	// The patrol finds what the author was warned of.
	watch := b.person("xundu")
	watch.inspects(site)
	watch.both("thesis-run")
	watch.open("/console/findings?state=standing&q=" + url.QueryEscape(site))
	watch.sees("服务点名单")
	province.open(score)
	low := province.points()
	province.sees("服务点名单")
	province.both("thesis-score-low")
	province.open("/console/orders/new?q=" + url.QueryEscape(site))
	// The two of the slip; what the ledger says of certificates is another matter.
	if n := eval[int](province, `[...document.querySelectorAll('input[name="finding"]')].filter(e => /登陆|服务点名单/.test(e.closest("tr, li, label, .field").innerText)).map(e => e.checked || e.click()).length`); n != 2 {
		province.fail("%d findings of the slip, want the word and the address", n)
	}
	province.tick("同一单位的各类问题合为一份")
	province.press("核对分份")
	province.sees("下发前核对")
	province.both("thesis-order-checked")
	province.press("下发这1份整改通知")
	province.sees("ZG-")
	province.sees("服务点名单")
	province.both("thesis-order")
	order := province.location()

	// says writes the text anew with the word in it, has it released and waits
	// until the public page shows it.
	says := func(word string) {
		editor.open(item + "/edit")
		editor.holds("the editor stands", `document.querySelector(".editor-text[role=textbox]")`)
		eval[bool](editor, `(() => { const e = document.querySelector(".editor-text"); e.focus(); return document.execCommand("selectAll"); })()`)
		editor.pastes(`<p>冬季便民服务点已经公布，请` + word + `网站查询，具体见<a href="` + right + `">服务点名单</a>。</p>`)
		editor.holds("the text says "+word, `document.querySelector(".editor-text").innerText.split("请`+word+`网站").length === 2 && document.querySelector(".editor-text").innerText.split("网站查询").length === 2`)
		editor.tick("文字订正")
		editor.press("保存并送审")
		editor.sees("待初审")
		release(b, item)
		citizen.portal("xian.localhost", "/notices/")
		citizen.press(title)
		citizen.seesSoon("请"+word+"网站查询", 10*time.Second)
	}

	// Corrected, released, answered, retested.
	says("登录")
	editor.open(order)
	editor.fill("整改情况", "网址和错字已改正，已重新审核发布。")
	editor.press("答复并复测")
	editor.seesSoon("已办结", 30*time.Second)
	editor.both("thesis-retested")
	province.open(order)
	province.sees("已办结")

	// The same slip again: the order that was closed opens again, with its day.
	says("登陆")
	watch.inspects(site)
	province.open(order)
	province.sees("重新打开")
	province.both("thesis-order-reopened")
	editor.open(order)
	editor.sees("重新打开")
	// Put right once more; it closes by its retest as before.
	says("登录")
	editor.open(order)
	editor.fill("整改情况", "又改回来了，已加强校对。")
	editor.press("答复并复测")
	editor.seesSoon("已办结", 30*time.Second)

	// The points come back, and the bulletin has counted it.
	province.open(score)
	high := province.points()
	if low == high {
		province.fail("the score stays at %s", low)
	}
	t.Logf("%s points with the slip, %s without", low, high)
	province.both("thesis-score-high")
	province.open("/console/bulletins")
	province.fill("地区", "陕西省")
	eval[bool](province, `(document.querySelector('select[name="period"]').selectedIndex = 0, true)`) // the quarter that runs
	province.press("编制")
	province.sees("通报")
	province.both("thesis-bulletin")
	if !strings.Contains(fmt.Sprint(eval[[]string](province, `[...document.querySelectorAll("main table td, main .stat, main p")].map(e => e.innerText)`)), "整改") {
		province.fail("the bulletin counts no order")
	}
}
