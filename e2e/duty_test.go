package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"zhengshu/internal/db"
	"zhengshu/internal/demo"
)

// turnsBy presses a key that leads to another page.
func (p *tab) turnsBy(key string) {
	p.t.Helper()
	mark := fmt.Sprint(time.Now().UnixNano())
	p.do(chromedp.Evaluate[chromedp.Void](`void (document.documentElement.dataset.mark = ` + quoted(mark) + `)`))
	p.keys(key)
	if !p.turned(mark) {
		p.fail("the key %q led nowhere", key)
	}
}

// reaches follows a link in the head of a page to what stands below the evidence, on
// a phone, where the way there is long; the trail above takes one line.
func (p *tab) reaches(part string) {
	p.t.Helper()
	p.wide(390, 844)
	at := eval[float64](p, `(() => { const a = document.querySelector(".head-acts a[href='#`+part+`']"); if (!a) return -1; a.click(); return document.getElementById(`+quoted(part)+`).getBoundingClientRect().top; })()`)
	if at < 0 || at > 600 {
		p.fail("the head leads to #%s, which stands at %v", part, at)
	}
	if h := eval[float64](p, `document.querySelector(".crumbs").getBoundingClientRect().height`); h > 60 {
		p.fail("the trail takes %v px of a phone", h)
	}
	p.wide(1366, 900)
}

// TestArticle19_4_DutyJourney walks the day of the duty: the roster is laid and
// published, the inspector reads the sites by single keys and confirms the
// record, an item is taken down by two persons, a unit says of a finding that it
// is false and is answered by the one person it was given to, and the turn is
// handed over with both signatures.
func TestArticle19_4_DutyJourney(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)

	boss := b.person("shi")
	boss.open("/console/duty")
	boss.sees("当班")
	boss.press("下月值班表")
	boss.tick("两班")
	if n := boss.tickAll("input[name=people]"); n < 2 {
		boss.fail("only %d people can stand on duty", n)
	}
	boss.press("按轮班编排")
	boss.sees("请核对后公布")
	boss.both("roster")
	boss.press("公布值班表")
	boss.sees("值班表已公布")

	// The record of the day, by single keys: N says what is wrong, Y passes.
	duty := b.person("xundu")
	duty.open("/console/duty")
	duty.sees("当班")
	duty.both("desk")
	duty.press("今天的巡检记录")
	duty.sees("前确认") // by which hour
	duty.sees("键盘：")
	duty.sees("栏目更新情况：没有未办结的问题") // 政务公开 and the English edition hold what their columns hold
	duty.both("record")
	duty.sees("个网站没有结论")
	duty.lacks("确认今日巡检") // before every site has a verdict
	duty.keys("j")
	duty.turnsBy("y")
	duty.sees("已查看")
	if left := eval[int](duty, `document.querySelectorAll('[data-look=""]').length`); left != 0 {
		duty.fail("%d sites have no verdict after Y", left)
	}
	duty.keys("k") // seen again: it was not well after all
	duty.keys("n")
	if at := duty.at(); !strings.HasPrefix(at.Kind, "input") {
		duty.fail("N leads to %+v", at)
	}
	duty.keys("轮播图打不开")
	duty.turnsBy("\r")
	duty.sees("轮播图打不开")
	duty.press("确认今日巡检")
	duty.sees("巡检记录已确认")
	duty.both("record-confirmed")

	// Taken down by two: whoever asked cannot agree.
	citizen := b.person("")
	citizen.portal("xian.localhost", "/news/")
	article := eval[string](citizen, `[...document.querySelectorAll("main a[href*='/content/']")][0].href`)
	title := eval[string](citizen, `[...document.querySelectorAll("main a[href*='/content/']")][0].textContent.trim()`)
	duty.open("/console/takedowns/new")
	duty.fill("稿件的公开网址或编号", article)
	duty.fill("撤下理由", "页面被人改动，先撤下核实。")
	duty.press("提出应急撤下")
	duty.sees("已提出，请另一名有权人员批准")
	at := duty.location()
	if strings.Contains(duty.text(), "批准并撤下") {
		duty.fail("who proposed it may approve it")
	}
	boss.open(at)
	boss.both("takedown")
	boss.press("批准并撤下")
	boss.sees("已从所有页面撤下")
	citizen.do(chromedp.Navigate(article))
	citizen.seesSoon("撤", 10*time.Second)
	citizen.portal("xian.localhost", "/news/")
	if strings.Contains(citizen.text(), title) {
		citizen.fail("%s still stands in the column", title)
	}

	// A finding that its unit calls false has one person and a day.
	unit := b.person("xian")
	unit.open("/console/disputes")
	unit.sees("登记周期以来没有新的文件") // the one the demo has waiting
	unit.open("/console/findings?state=open&q=yanta")
	unit.press(eval[string](unit, `document.querySelector(".table tbody th a, .table tbody td a").innerText.trim()`))
	finding := unit.location()
	unit.sees("负责的人")
	unit.reaches("deny")
	unit.fill("理由", "页面引用的是文件原文，不是错误。")
	unit.press("报误报")
	unit.sees("已报误报")
	if strings.Contains(unit.text(), "答复申辩") {
		unit.fail("who disputes may answer")
	}
	unit.both("disputed")
	boss.open(finding)
	if !strings.Contains(boss.text(), "答复申辩") {
		boss.press("改由我答复")
	}
	boss.reaches("answer")
	boss.tick("确认误报")
	boss.fill("核实情况", "与文件原文核对一致，确为误报。")
	boss.press("答复申辩")
	boss.sees("确认误报")
	boss.both("dispute-answered")
	boss.open("/console/inspection/precision")
	boss.both("precision")

	// The turn ends: who leaves signs, then who comes, neither for the other.
	type turn struct{ id, lead, comes string }
	x, err := db.One(context.Background(), h.DB, func(r db.Scanner) (turn, error) {
		var x turn
		var until time.Time
		err := r.Scan(&x.id, &x.lead, &x.comes, &until)
		if early := until.Add(-time.Hour).Sub(clock.Now()); early > 0 {
			clock.ahead.Add(int64(early))
		}
		return x, err
	}, `SELECT x.id, x.lead_name, n.lead_name, x.until_at FROM duty_shift x JOIN duty_shift n ON n.unit_id = x.unit_id AND n.from_at = x.until_at
		WHERE x.unit_id = $1 AND x.from_at <= $2 AND x.until_at > $2`, h.unit(t, "西安市人民政府办公厅").ID, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	signs := func(name string) *tab {
		i := slices.IndexFunc(demo.Logins, func(l demo.Login) bool { return l.Person == name })
		if i < 0 {
			t.Fatalf("%s has no login", name)
		}
		return b.person(demo.Logins[i].Name)
	}
	leaves, comes := signs(x.lead), signs(x.comes)
	handover := "/console/duty/handovers/" + x.id
	comes.open(handover)
	comes.sees("待交班")
	comes.lacks("接班签字")
	leaves.open("/console/duty")
	leaves.press("办理交接班")
	leaves.sees("处置中的事件")
	leaves.fill("交班事项", "门户网站访问缓慢的处置还在进行。")
	leaves.press("交班签字")
	leaves.sees("等待接班人签字")
	leaves.lacks("接班签字")
	leaves.both("handover-given")
	comes.open(handover)
	comes.sees("门户网站访问缓慢的处置还在进行")
	comes.press("接班签字")
	comes.sees("双方签字齐全")
	comes.sees(x.lead)
	comes.both("handover")
}
