package e2e

import (
	"testing"
	"time"

	"zhengshu/internal/calendar"
)

// TestPatrolPlan walks Article 19(4) as a supervisor plans it: what to look at,
// how much of each layer, when, and a word of the quarter that no standing check
// knows; the sample is drawn by lot and shown, and the plan is paused and ended.
func TestPatrolPlan(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	city := b.person("shi")
	city.open("/console/inspection/plans")
	city.sees("县级网站月度抽查（演示）")
	city.press("制定巡检计划")
	city.fill("计划名称", "第四季度抽查")
	city.fill("抽查比例", "0")
	city.press("查看会抽到多少")
	city.sees("抽查比例请填写1到100的整数")
	city.both("patrol-plan-form")
	city.unfold()
	city.fill("抽查比例", "100")
	later := time.Now().In(calendar.Shanghai).Add(2 * time.Hour) // whatever the hour is now
	city.fill("每天从几点", later.Format("15:04"))
	city.fill("到几点", later.Add(time.Hour).Format("15:04"))
	city.press("查看会抽到多少")
	city.sees("每轮检查")
	city.both("patrol-draft")
	city.press("启动计划")
	city.sees("巡检计划已启动")
	city.sees("抽样种子")
	city.sees("第 1 轮样本")
	city.sees("不在检查时段")
	city.both("patrol-plan")
	city.press("暂停计划")
	city.sees("已暂停")
	city.sees("计划已暂停，恢复后检查。")

	// A focus of the quarter, entered and not programmed, is looked for on the
	// live pages and found with the remedy that was written beside it: the plan
	// that is paused keeps no site from it.
	city.open("/console/inspection/plans/new")
	city.fill("计划名称", "本季度重点：旧名称")
	city.fill("抽查比例", "100")
	city.sees("默认：全部检查内容")
	city.unfold()
	city.tick("只查重点检查项")
	city.fill("页数", "5")
	city.set("focus_name_1", "已更名机构的旧名称")
	city.press("查看会抽到多少")
	city.sees("请每行填写一个要查找的内容")
	city.set("focus_values_1", "通知公告")
	city.set("focus_fix_1", "请改用更名后的名称。")
	city.press("启动计划")
	city.sees("已更名机构的旧名称")
	city.both("patrol-focus")
	city.open("/console/findings?family=focus")
	city.seesSoon("重点检查项“已更名机构的旧名称”：出现“通知公告”", 4*time.Minute)
	city.press("重点检查项“已更名机构的旧名称”")
	city.sees("请改用更名后的名称。")
	city.both("focus-finding")
	city.open("/console/inspection/plans")
	city.press("第四季度抽查")
	city.unfold()
	city.set("why", "本季度抽查已经查完，下季度另行制定计划。")
	city.press("确认结束计划")
	city.sees("已结束")
}
