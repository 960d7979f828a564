package e2e

import (
	"strings"
	"testing"
)

// A review as a desk lives it: comments in the text and a suggestion taken over
// with one key, gates stamped one by one, a leader on a telephone; another unit
// and somebody outside are heard; the emergency lane and its after-review; a
// package that goes out as one.
func TestArticle19_ReviewFromCommentToTelephone(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)

	// The editor takes over what the reviewer suggested, one key each.
	editor := b.person("shibian")
	editor.open("/console/items?state=returned&q=市博物馆")
	editor.press("市博物馆延长开放时间")
	editor.press("批注（3）")
	editor.sees("还有 3 处没有处理")
	editor.both("comments-author")
	editor.keys("a")
	editor.sees("还有 2 处没有处理")
	editor.sees("11月1日起")
	editor.press("采纳")
	editor.sees("还有 1 处没有处理")
	editor.press("标为已处理")
	editor.sees("批注都已处理")
	editor.press("继续修改")
	editor.press("保存并送审")
	editor.sees("待初审")
	item := strings.SplitN(editor.location(), "/console", 2)[1]
	item = "/console" + item

	// The first reviewer answers for the words and passes it on.
	first := b.person("shichu")
	first.open(item + "/review")
	first.sees("五关逐项把关")
	first.press("文字关通过")
	first.sees("文字关已由您署名通过")
	first.both("review-first")
	first.press("初审通过")
	first.sees("转终审")

	// The leader on a telephone: what is lacking is said first.
	leader := b.person("shizhong")
	leader.wide(390, 844)
	leader.open(item + "/sign")
	leader.sees("五关还差：政治关、法律关、政策关、保密关")
	leader.stamp(gates[:4]...)
	leader.sees("五关均已由审核人署名通过")
	leader.both("sign-item")
	leader.wide(390, 844)
	for _, s := range []string{"与本单位职能直接相关", "来源明确", "不含敏感和影响社会稳定的信息", "不含涉密信息", "不含个人观点、意见及情绪", "不含商业广告及广告链接"} {
		leader.tick(s)
	}
	leader.press("终审通过并发布")
	leader.sees("终审通过，已发布")
	leader.wide(1366, 900)
	leader.press("审核记录")
	leader.sees("三审三校记录")
	leader.both("record")

	// Another unit is asked; the final review waits for it.
	leader.open("/console/items?state=in_review&q=金秋消费季")
	leader.press("关于举办金秋消费季活动的通知")
	leader.press("去终审")
	leader.sees("应于")
	leader.both("review-final-waiting")
	trade := b.person("bumen")
	trade.open("/console/consultations")
	trade.both("consultations")
	trade.press("关于举办金秋消费季活动的通知")
	trade.both("consultation")
	trade.tick("建议")
	trade.fill("具体内容", "请写明消费券由商务部门另行公告。")
	trade.press("答复")
	trade.sees("已答复")

	// Somebody outside, with a link and no account; used once.
	editor.open("/console/items?state=in_review&q=金秋消费季")
	editor.press("关于举办金秋消费季活动的通知")
	editor.press("请外部核查")
	editor.both("fact-checks")
	editor.fill("请谁核查", "活动承办单位 李经理")
	editor.press("生成链接")
	editor.sees("链接只显示这一次")
	editor.both("fact-link")
	link := eval[string](editor, `document.querySelector("input[name=link]").value`)
	outside := b.person("")
	outside.open("/console" + strings.SplitN(link, "/console", 2)[1])
	outside.sees("金秋消费季活动自下月起举办")
	outside.lacks("信息资源库")
	outside.both("fact-outside")
	outside.tick("无误")
	outside.fill("您的姓名", "李经理")
	outside.fill("您的单位", "活动承办单位")
	outside.press("提交核查结果")
	outside.sees("核查结果已提交")
	outside.open("/console" + strings.SplitN(link, "/console", 2)[1])
	outside.sees("已经失效")

	// What went out by the emergency lane is looked at again by another.
	first.open("/console/emergencies")
	first.both("emergencies")
	first.press("关于做好强降雨天气")
	first.tick("补审通过")
	first.press("提交补审")
	first.sees("补审意见已记录")

	// Several at once, after a sample was read.
	first.open("/console/items?state=in_review&type=news&stage=first")
	if n := first.tickAll(`input[name="item"]`); n < 3 {
		t.Fatalf("%d items to tick, want 3 at least", n)
	}
	first.both("items-to-review")
	first.press("批量办理选中的稿件")
	first.sees("请先读抽中的 1 篇")
	first.press("打开阅读")
	first.press("已读完本篇")
	first.sees("抽读完成，可以办理")
	first.both("item-batch")
	first.press("初审通过这 3 篇")
	first.sees("已初审通过 3 篇")

	// The package goes out whole.
	first.open("/console/item-packages")
	first.both("packages")
	first.press("西安市公共数据管理若干措施及解读")
	first.press("整套初审通过")
	first.sees("待终审")
	leader.open("/console/item-packages")
	leader.press("西安市公共数据管理若干措施及解读")
	for _, gate := range gates {
		leader.press(gate + "通过")
		leader.sees("本套每一篇的" + gate)
	}
	leader.both("package-final")
	for _, s := range []string{"与本单位职能直接相关", "来源明确", "不含敏感和影响社会稳定的信息", "不含涉密信息", "不含个人观点、意见及情绪", "不含商业广告及广告链接"} {
		leader.tick(s)
	}
	leader.press("整套终审通过并发布")
	leader.sees("已成套发布")

	// The unit asks for more than the province does.
	editor.open("/console/review-routes")
	editor.sees("全省默认")
	editor.both("review-routes")
	editor.fill("初审须通过人数", "2")
	editor.fill("设定或调整的原因", "本单位从严")
	editor.press("设定一般信息的流程")
	editor.sees("流程已设定")
	editor.sees("第 1 版")
}
