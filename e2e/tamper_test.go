package e2e

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/db"
)

// front is the home page of a site published elsewhere.
func front(title, body string) string {
	return `<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>` + title + `</title></head><body><h1>` + title + `</h1><nav><a href="/dt.html">工作动态</a> <a href="/tz.html">通知公告</a> <a href="/zx.html">网上咨询</a> <a href="/bs.html">办事指南</a></nav>` + body + `</body></html>`
}

// back opens a path, signing in again where the session has ended meanwhile.
func (p *tab) back(path string) {
	p.t.Helper()
	p.open(path)
	if strings.Contains(p.location(), "/console/login") {
		p.again()
		p.open(path)
	}
}

// TestArticle23_1_TamperJourney walks a tampering of a site that is published
// elsewhere. The supervisor confirms what its home page ought to be; the next
// look finds it another, and no patrol makes that the rule, nor may the sponsor.
// One alarm goes from the duty to the next turn and to the leader until it is
// taken; a room is opened, worked, and closed by two. The page mended, finding
// and alarm end. And evidence that somebody altered is named for what it is.
func TestArticle23_1_TamperJourney(t *testing.T) {
	t.Parallel()
	list := `<ul>` + strings.Repeat(`<li><a href="/dt.html">%s</a> `+today()+`</li>`, 6) + `</ul>` // freshness is not what this is about
	good := front("西安市商务局", strings.ReplaceAll(list, "%s", "全市商务工作会议召开，部署年度重点任务，研究促进消费、稳定外贸和优化营商环境的措施")+`<p>主办单位：西安市商务局　电话：029-00000000</p>`)
	stranger := front("澳门新葡京娱乐城官网", strings.ReplaceAll(list, "%s", "注册有礼")+`<p>百家乐、老虎机、真人荷官在线下注，注册即送彩金。</p><p><a href="http://bet8888.example.com/">进入娱乐城</a></p>`)
	var home atomic.Value
	home.Store(good)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/":
			io.WriteString(w, home.Load().(string)) //nolint:errcheck // the visitor may be gone
		case "/robots.txt":
			http.NotFound(w, r)
		default:
			io.WriteString(w, front("西安市商务局", `<p>`+r.URL.Path+`</p>`)) //nolint:errcheck // the visitor may be gone
		}
	}))
	defer other.Close()
	const host = "sw-old.xian.gov.cn"
	clock := &movable{}
	h := serveAs(t, app.Config{Dir: t.TempDir(), CrawlDelay: -1, Clock: clock, Log: slog.New(slog.DiscardHandler),
		Elsewhere: map[string]netip.AddrPort{host: netip.MustParseAddrPort(other.Listener.Addr().String())}})
	b := startBrowser(t, h.addr)
	ref := h.site(t, "西安市商务局", "商务旧站（演示）", host)

	boss := b.person("shi")
	boss.open("/console/sites/" + ref.ID)
	boss.press("开启监测")
	boss.sees("已开启对“商务旧站（演示）”的监测")
	boss.inspects("商务旧站（演示）")
	baselines := "/console/inspection/sites/" + ref.ID + "/baselines"
	boss.open(baselines)
	boss.sees("待确认基线")
	boss.both("baselines")
	boss.press("西安市商务局")
	boss.sees("还没有基线")
	boss.sees("优化营商环境")
	boss.fill("核实情况", "好")
	boss.press("确认为新的基线")
	boss.sees("请用 4 到 500 个字说明")
	boss.fill("核实情况", "首次确认，已与商务局电话核对")
	boss.press("确认为新的基线")
	boss.sees("已确认为新的基线")
	boss.sees("与基线一致")
	boss.both("baseline-held")
	page := boss.location()

	// Somebody else's page stands there now. Looked at twice, the rule is the same.
	home.Store(stranger)
	boss.inspects("商务旧站（演示）")
	boss.inspects("商务旧站（演示）")
	boss.open(baselines)
	boss.sees("疑似被篡改")
	sponsor := b.person("bumen")
	sponsor.open(page)
	sponsor.sees("真人荷官")
	sponsor.sees("优化营商环境") // the baseline beside it
	sponsor.both("baseline-tampered")
	sponsor.sees("须由主管单位核实后确认新的基线")
	sponsor.lacks("确认为新的基线") // no form for it

	// One cause, one alarm; nobody takes it.
	duty := b.person("xundu")
	duty.open("/console/alarms?state=standing")
	if n := strings.Count(duty.text(), "商务旧站（演示）发现严重问题"); n != 1 {
		duty.fail("the tampering of one site is %d alarms", n)
	}
	duty.press("商务旧站（演示）发现严重问题")
	duty.sees("当班")
	alarm := duty.location()
	for _, told := range []string{"下一班", "分管领导马会宁"} {
		clock.ahead.Add(int64(16 * time.Minute))
		for range 2 { // told once
			if _, err := h.Duty.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		duty.back(alarm)
		duty.sees(told)
	}
	duty.both("alarm-escalated")
	duty.press("接收告警")
	duty.sees("处理中")
	duty.press("立案处置")
	duty.press("立案并进入处置间")
	duty.sees("已立案，编号")
	room := duty.location()
	duty.fill("进展", "已电话通知商务局断开外网，正在查找入侵途径。")
	duty.press("记进展")
	duty.sees("正在查找入侵途径")
	duty.unfold()
	duty.fill("任务", "恢复首页并更换后台口令")
	duty.fill("办理人", "田守一")
	duty.press("分派")
	duty.sees("任务已分派")
	duty.lacks("教训和改进措施") // closing is not offered while a task is left
	duty.unfold()
	duty.attach("file", paper(t, "处置记录.pdf"))
	duty.press("上传材料")
	duty.sees("处置记录.pdf")
	duty.both("incident-room")
	duty.fill("完成情况", "首页已恢复，口令已更换")
	duty.press("任务完成")
	duty.sees("没有结束")
	duty.lacks("教训和改进措施") // nor while the alarm stands

	// The page is as it was: finding and alarm end by themselves.
	home.Store(good)
	boss.back(baselines)
	boss.inspects("商务旧站（演示）")
	boss.open(baselines)
	boss.sees("与基线一致")
	boss.open(alarm)
	boss.sees("已恢复")
	duty.back(room)
	duty.unfold()
	duty.fill("原因", "后台弱口令")
	duty.fill("教训和改进措施", "更换口令，关闭管理端口")
	duty.press("提出结案")
	duty.sees("待另一人复核")
	if eval[bool](duty, `[...document.querySelectorAll("button")].some(e => e.innerText.trim() === "复核结案")`) {
		duty.fail("the second word is offered to who proposed")
	}
	boss.back(room)
	boss.press("复核结案")
	boss.sees("已结案")
	boss.both("incident-closed")

	// Altered evidence is named, on its page and by the verification.
	boss.open("/console/findings?state=closed&q=" + url.QueryEscape("商务旧站"))
	boss.press("页面与确认过的基线相比")
	finding := boss.location()
	boss.lacks("这份证据被改动过")
	boss.sees("审计登记")
	boss.both("evidence-whole")
	id := finding[strings.LastIndex(finding, "/")+1:]
	ctx := audit.System(context.Background(), "e2e")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE finding_evidence SET says = '页面正常。' WHERE finding_id = $1 AND look = 'found'`, id)
		if err == nil && n != 1 {
			err = fmt.Errorf("%d rows altered", n)
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "e2e.intruder"})
	}); err != nil {
		t.Fatal(err)
	}
	boss.open(finding)
	boss.sees("这份证据被改动过")
	boss.both("evidence-altered")
	rep, err := h.Inspection.VerifyEvidence(context.Background())
	if err != nil || len(rep.Damage) != 1 || rep.Damage[0].Kind != "changed" || rep.Damage[0].Finding != id {
		t.Errorf("verification names %+v of %d looks (%v)", rep.Damage, rep.Proofs, err)
	}
}
