package e2e

import (
	"testing"

	"zhengshu/internal/calendar"
)

// TestArticle22_ProtectedPeriodJourney walks a protected period: the province
// declares it, rosters must be double, each level reports every day with what
// the level below said, an offline is refused until the province has consented,
// and the period ends with its summary.
func TestArticle22_ProtectedPeriodJourney(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	h.sameYear(t, clock, 20)
	b := startBrowser(t, h.addr)
	day := func(n int) calendar.Date { return calendar.DateOf(clock.Now()).AddDays(n) }

	boss := b.person("sheng")
	boss.open("/console/protected-periods")
	boss.press("声明重要保障期")
	boss.fill("名称", "省重要会议")
	boss.set("from", day(0).String())
	boss.set("until", day(2).String())
	boss.fill("事由", "会议期间政府网站和政务新媒体安全保障")
	boss.fill("依据文件", " ") // the browser takes it, the house does not
	boss.press("声明并通知各单位")
	boss.sees("请填写依据文件")
	boss.fill("依据文件", "陕政办函〔2026〕9号")
	boss.press("声明并通知各单位")
	boss.sees("已声明重要保障期")
	boss.sees("2 倍") // as often as else is looked whether sites open
	boss.both("vigil")
	at := boss.location()

	city := b.person("shi")
	city.open("/console/messages")
	city.sees("省重要会议")
	city.open("/console/duty")
	city.press("本月值班表")
	city.sees("须双人值班")

	// Level by level: who reports first is below.
	county := b.person("xian")
	county.open(at)
	county.sees("今天还没有零报告")
	county.press("去报告")
	county.tick("有异常")
	county.press("报送")
	county.sees("情况")
	county.fill("情况和处置", "首页短时打不开，十分钟后恢复。")
	county.press("报送")
	county.sees("的报告已报送")
	city.open(at)
	city.press("去报告")
	city.sees("下级有 1 个单位报告了异常")
	city.both("zero-report")
	city.fill("情况和处置", "雁塔区网站短时打不开，已恢复，其余正常。")
	city.press("报送")
	city.sees("的报告已报送")
	boss.open(at)
	boss.sees("雁塔区网站短时打不开")
	boss.both("vigil-day")

	ref := h.running(t, "西安市商务局", "wechat", "西安商务公众号")
	dept := b.person("bumen")
	ask := func() {
		t.Helper()
		dept.open(matterPath("offline", ref))
		dept.fill("计划下线日期", day(5).String())
		dept.fill("计划恢复日期", day(9).String())
		dept.fill("下线原因", "更换运维单位，整改发布流程")
		dept.fill("下线期间的替代服务", "请到市政府门户网站咨询")
		dept.signed(day(0))
		dept.press("提交申请")
	}
	ask()
	dept.sees("现在是重要保障期（省重要会议")
	dept.both("vigil-frozen")
	boss.press("登记同意的例外")
	boss.fill("网站名称或域名，或账号名称", "西安商务公众号")
	boss.fill("事项", "临时下线")
	boss.fill("同意文件的文号", "陕政办函〔2026〕10号")
	boss.fill("理由", "运维合同当日到期")
	boss.press("登记同意")
	boss.sees("陕政办函〔2026〕10号")
	ask()
	dept.sees("SP-")

	h.ahead(t, clock, 3)
	boss.again()
	boss.open(at)
	boss.set("summary", "三天内报告齐全，发现异常一起，十分钟恢复。")
	boss.press("保存总结")
	boss.sees("总结已保存")
	boss.both("vigil-summary")
}
