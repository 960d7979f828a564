package e2e

import (
	"strings"
	"testing"
)

// TestChecks: an author is warned and mends; a false alarm goes to the unit's
// allow list and into the quality of its rule; a copy is shown; a policy file
// is held back without its interpretation; the coverage boards open.
func TestChecks(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr).in(t)

	editor := b.person("shibian", withoutScript)
	editor.open("/console/items/new?type=policy")
	editor.fill("标题", "关于修订供暖服务规范的通知（演示）")
	editor.fill("正文", "各供热单位：为保障群众温暖过冬，现就供暖服务规范的修订事项通知如下。\n\n第一条　供热单位应当公布服务电话，安排专人值守。\n\n第二条　本规范自2026年3月2日（星期五）起施行，由市政府办公厅负责解释。")
	editor.fill("成文日期", "1936-10-22")
	editor.fill("来源", "市政府办公厅")
	editor.press("保存草稿")
	editor.sees("成文日期1936年10月22日过早")
	editor.sees("星期一，不是星期五")
	editor.both("checks-warned")
	editor.press("保存并送审")
	editor.sees("处理检查提示")
	// The weekday is mended in the text; the old date is called a false alarm.
	editor.fill("正文", "各供热单位：为保障群众温暖过冬，现就供暖服务规范的修订事项通知如下。\n\n第一条　供热单位应当公布服务电话，安排专人值守。\n\n第二条　本规范自2026年3月2日（星期一）起施行，由市政府办公厅负责解释。")
	editor.press("保存草稿")
	editor.sees("已保存为第")
	at := strings.TrimSuffix(editor.location(), "/edit")
	editor.open(at + "/remarks")
	editor.lacks("星期五")
	editor.fill("保留的理由", "历史文件重印，原件日期如此")
	editor.both("remarks")
	editor.tick("这是误报，按上面的理由列入本单位放行清单（一年）")
	editor.press("保存处理结果")
	editor.sees("没有需要处理的检查提示")
	editor.open("/console/checks/allowed")
	editor.sees("历史文件重印，原件日期如此")
	editor.both("allowed")
	editor.open("/console/checks/rules")
	editor.sees("成文日期")
	editor.both("rules")

	// A copy under another title is shown before it is sent.
	editor.open("/console/items/new?type=news")
	editor.fill("标题", "供暖服务规范转发件（演示）")
	editor.fill("正文", "各供热单位：为保障群众温暖过冬，现就供暖服务规范的修订事项通知如下。\n\n第一条　供热单位应当公布服务电话，安排专人值守。\n\n第二条　本规范自2026年3月2日（星期一）起施行，由市政府办公厅负责解释。")
	editor.press("保存草稿")
	editor.sees("库里相同或相近的稿件 1 篇")
	editor.sees("关于修订供暖服务规范的通知（演示）")
	editor.both("copies")

	// Important: three reviews, and no release without interpretation or waiver.
	editor.open(at + "/edit")
	editor.tick("重要信息（三级审核；重要政策文件须同步解读）")
	editor.press("保存并送审")
	editor.sees("待初审")
	first := b.person("shichu", withoutScript)
	first.open(at + "/review")
	first.sees("重要政策文件要同步发布解读")
	for _, gate := range []string{"政治关", "法律关", "政策关", "保密关", "文字关"} {
		first.press(gate + "通过")
		first.sees(gate + "已由您署名通过")
	}
	first.press("初审通过")
	first.sees("待复审")
	first.open(at + "/review")
	first.press("复审通过")
	final := b.person("shizhong", withoutScript)
	final.open(at + "/review")
	final.tickAll(`input[name="declare"]`)
	final.press("终审通过并发布")
	final.sees("第十四条（三）")
	final.both("no-interpretation")

	editor.open("/console/interpretations")
	editor.sees("重要政策文件")
	editor.both("interpretations")
	editor.open("/console/disclosures")
	editor.both("disclosures")
	editor.press("西安市人民政府办公厅")
	editor.sees("财政预算、决算")
	editor.both("disclosure-unit")
	editor.open("/console/contents")
	editor.sees("首发比例")
	editor.both("contents")
	editor.open("/console/sources")
	editor.both("sources")
}
