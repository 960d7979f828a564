package e2e

import (
	"bytes"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Approvals as the offices do them: several at once after a sample was read, a
// leader on a telephone in three taps, co-regulators who advise and decide
// nothing, and what the applicant sees and prints.
func TestOfficesDecideSampleAdviseAndSign(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)

	// The city decides what waits, in one act.
	shi := b.person("shi")
	shi.open("/console/cases?mine=todo&kind=opening")
	shi.both("cases-todo")
	if n := shi.tickAll(`input[name="case"]`); n != 3 {
		t.Fatalf("%d cases to tick, want the 3 that wait", n)
	}
	shi.press("批量办理选中的事项")
	shi.sees("请先读抽中的 1 件")
	shi.both("batch-unread")
	shi.press("打开阅读")
	shi.sees("自动核对")
	shi.both("batch-read")
	shi.press("已读完本件")
	shi.sees("抽读完成，可以办理")
	shi.fill("常用意见", "材料齐全")
	shi.press("同意上报这 3 件")
	shi.sees("已同意上报 3 件，没有办理 0 件")
	shi.both("batch-done")

	// A co-regulator answers from its own work list and cannot decide.
	xuan := b.person("xuanchuan")
	xuan.open("/console")
	xuan.sees("征求意见")
	xuan.open("/console/advice")
	xuan.both("advice-list")
	xuan.press("西安市教育局申请开设")
	xuan.lacks("办理结果")
	xuan.both("advice-case")
	xuan.tick("支持")
	xuan.fill("具体意见", "支持，名称规范。")
	xuan.press("答复")
	xuan.sees("已答复陕西省人民政府办公厅")

	// The provincial leader signs on a telephone: message, 签批, 批准.
	sheng := b.person("sheng")
	sheng.wide(390, 844)
	sheng.open("/console")
	sheng.press("西安市教育局申请开设")
	sheng.sees("支持，名称规范")
	sheng.both("case-province")
	sheng.wide(390, 844)
	sheng.press("签批")
	sheng.sees("风险提示")
	sheng.sees("1 个单位有意见")
	// The decision is in view without scrolling.
	if top := eval[float64](sheng, `document.querySelector(".actions.sticky").getBoundingClientRect().bottom`); top > 844 {
		t.Errorf("the buttons of the decision end at %.0f px of 844", top)
	}
	png, err := chromedp.Run(sheng.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	keepFile(t, "sign-first-screen-390.png", png)
	sheng.both("sign")
	sheng.wide(390, 844)
	sheng.press("批准")
	sheng.sees("已批准")

	// One more is returned, for several reasons at once, to the city.
	sheng.wide(1366, 900)
	sheng.open("/console/cases?mine=todo")
	sheng.press("西安市司法局申请开设")
	sheng.press("会签或征求意见")
	sheng.fill("查找单位", "西安市商务")
	sheng.press("查询")
	sheng.sees("西安市商务局")
	sheng.both("ask")
	sheng.tick("西安市商务局")
	sheng.tick("会签")
	sheng.fill("需要对方答复的问题", "是否与你局网站重复？")
	sheng.press("发出")
	sheng.sees("已向 1 个单位发出")
	sheng.tick("批准")
	sheng.press("提交办理意见")
	sheng.sees("会签还没有答复：西安市商务局")
	sheng.both("countersign-refused")
	sheng.tick("退回补正")
	sheng.tick("材料不齐全")
	sheng.tick("未经规定程序")
	sheng.fill("退回到", "西安市人民政府办公厅审核")
	sheng.fill("意见", "请市级补充审核意见。")
	sheng.press("提交办理意见")
	sheng.sees("已退回前一环节重新办理")
	sheng.sees("退回通知书")
	sheng.both("case-sent-back")
	sheng.press("退回通知书")
	sheng.sees("未经规定程序")
	sheng.both("letter")
	pdf := eval[string](sheng, `(() => { const x = new XMLHttpRequest(); x.open("GET", [...document.querySelectorAll("a")].find(a => a.innerText.includes("PDF")).href, false); x.overrideMimeType("text/plain; charset=x-user-defined"); x.send(); return x.status + x.responseText.slice(0, 5); })()`)
	if pdf != "200%PDF-" && !strings.HasPrefix(pdf, "503") {
		t.Errorf("the PDF answers %q", pdf)
	}

	// Print of the whole case.
	shi.open("/console/cases?mine=done&q=" + "民政")
	shi.press("西安市民政局申请开设")
	shi.press("打印审批表")
	shi.sees("签字（盖章）")
	shi.both("print")
	sheet, err := chromedp.Run(shi.ctx, chromedp.PrintToPDF())
	if err != nil || !bytes.HasPrefix(sheet, []byte("%PDF-")) {
		t.Fatalf("print: %v", err)
	}
	keepFile(t, "case-print.pdf", sheet)
}
