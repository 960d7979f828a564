package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboard does two jobs without a mouse: the city decides a case from its
// workbench, and a department applies for a site. Wherever the keyboard goes,
// the place it is at can be seen.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)

	city := b.person("shi")
	city.open("/console")
	city.keys(kb.Tab)
	if at := city.at(); at.Text != "跳到正文" {
		t.Errorf("the first Tab comes to %q, want the way to the text", at.Text)
	}
	city.follow("西安市司法局申请开设")
	city.sees("办理结果")
	city.choose("同意上报")
	city.write("意见", "拟同意，请审定")
	city.keep("keyboard-decide")
	city.follow("提交办理意见")
	city.sees("陕西省人民政府办公厅")

	dept := b.person("bumen")
	dept.open("/console")
	dept.follow("提出申请")
	dept.follow("开设网站")
	dept.write("开设事由", "公开商务政策，提供办事指南")
	dept.write("联系人", "周启明")
	dept.write("联系电话", "029-00000000")
	dept.write("网站名称", "西安市商务局网站（演示）")
	dept.write("英文域名", "shangwu.localhost")
	dept.choose("在集约化平台建设")
	dept.write("主要负责同志姓名", "王某")
	dept.choose("主要负责同志本人")
	dept.write("同意日期", today())
	dept.attach("consent", paper(t, "签字页.pdf")) // the window that picks a file is the system's
	dept.keep("keyboard-apply")
	dept.follow("提交申请")
	dept.sees("SP-")
}

// spot is the place the keyboard is at.
type spot struct {
	Text    string // what a screen reader would say first
	Kind    string // element, and type of an input
	Visible bool   // in the window, with a ring around it
}

func (p *tab) keys(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// at tells where the keyboard is.
func (p *tab) at() spot {
	p.t.Helper()
	return eval[spot](p, `(() => {
		const e = document.activeElement, b = e.getBoundingClientRect(), s = getComputedStyle(e);
		const label = e.labels && e.labels.length ? e.labels[0].innerText : e.innerText || e.getAttribute("aria-label") || e.value || "";
		const ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
		// The button inside a date is the browser's own, and so is its ring.
		const own = e.type === "date";
		const x = e.labels && e.labels.length && b.width < 2 ? e.labels[0].getBoundingClientRect() : b;
		return {Text: label.trim(), Kind: (e.tagName + " " + (e.type || "")).toLowerCase(), Visible: e === document.body || (ring || own) && x.bottom > 0 && x.top < innerHeight};
	})()`)
}

// tabOn presses Tab; wherever it goes can be seen.
func (p *tab) tabOn() spot {
	p.t.Helper()
	p.keys(kb.Tab)
	at := p.at()
	if !at.Visible {
		p.fail("the keyboard is at %q (%s), and nothing shows it", at.Text, at.Kind)
	}
	return at
}

// tabTo presses Tab until the place begins with the text.
func (p *tab) tabTo(text string) spot {
	p.t.Helper()
	for range 250 {
		if at := p.tabOn(); at.begins(text) {
			return at
		}
	}
	p.fail("250 times Tab do not come to %q", text)
	return spot{}
}

func (s spot) begins(text string) bool {
	return len(s.Text) >= len(text) && s.Text[:len(text)] == text
}

// follow goes to the link or button and presses Enter.
func (p *tab) follow(text string) {
	p.t.Helper()
	p.tabTo(text)
	mark := fmt.Sprint(time.Now().UnixNano())
	eval[bool](p, `(document.documentElement.dataset.mark = `+quoted(mark)+`, true)`)
	p.keys(kb.Enter)
	if !p.turned(mark) {
		p.fail("Enter on %q led nowhere", text)
	}
}

// write goes to the field and types.
func (p *tab) write(label, value string) {
	p.t.Helper()
	at := p.tabTo(label)
	if at.Kind == "input date" {
		p.day(value)
	} else {
		p.keys(value)
	}
	if is := eval[string](p, `document.activeElement.value`); is != value {
		p.fail("typing %q into %s leaves %q", value, at.Kind, is)
	}
}

// day types into a date's three parts, which stand in the order of the machine's
// language.
func (p *tab) day(value string) {
	p.t.Helper()
	year, month, date := value[:4], value[5:7], value[8:]
	p.keys(month + date + year)
	if eval[string](p, `document.activeElement.value`) == value {
		return
	}
	for range 3 {
		p.keys(kb.Backspace + kb.ArrowLeft)
	}
	p.keys(year + kb.ArrowRight + month + date)
}

// choose goes to the group that holds the choice, by Tab, and to the choice, by
// the arrows; a box takes the space bar.
func (p *tab) choose(label string) {
	p.t.Helper()
	for range 250 {
		at := p.tabOn()
		if at.begins(label) {
			p.keys(" ")
			return
		}
		if at.Kind != "input radio" {
			continue
		}
		for range eval[int](p, `[...document.getElementsByName(document.activeElement.name)].length`) {
			p.keys(kb.ArrowDown)
			if p.at().begins(label) {
				return
			}
		}
	}
	p.fail("250 times Tab do not come to %q", label)
}
