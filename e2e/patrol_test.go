package e2e

import "testing"

// TestPatrolPlan walks Article 19(4) as a supervisor plans it: what to look at,
// how much of each layer, when, and a word of the quarter that no standing check
// knows; the sample is drawn by lot and shown, and the plan is paused and ended.
func TestPatrolPlan(t *testing.T) {
	h := serve(t)
	b := startBrowser(t, h.addr)
	city := b.person("shi")
	city.open("/console/inspection/plans")
	city.sees("县级网站月度抽查（演示）")
	city.press("制定巡检计划")
	city.fill("计划名称", "第四季度抽查")
	city.fill("抽查比例", "0")
	city.press("查看会抽到多少")
	city.sees("抽查比例应在1%到100%之间")
	city.fill("抽查比例", "100")
	city.fill("每天从几点", "22:00")
	city.fill("到几点", "06:00")
	city.press("查看会抽到多少")
	city.sees("每轮检查")
	city.both("patrol-draft")
	city.press("启动计划")
	city.sees("巡检计划已启动")
	city.sees("抽样种子")
	city.sees("第 1 轮样本")
	city.both("patrol-plan")
	city.press("暂停计划")
	city.sees("已暂停")
	city.press("结束计划")
	city.sees("已结束")
}
