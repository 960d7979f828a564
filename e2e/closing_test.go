package e2e

import (
	"context"
	"testing"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// Article 8(2) and (3) walked by their people on one house.
func TestArticle08_2_3_Journeys(t *testing.T) {
	t.Parallel()
	h, clock := serveMovable(t)
	b := startBrowser(t, h.addr)
	today := calendar.DateOf(clock.Now())
	city, province, dept, county := b.person("shi"), b.person("sheng"), b.person("bumen"), b.person("xian")

	// Article 8(3): a government's portal stays open.
	portal, err := h.Registry.SiteByHost(context.Background(), h.DB, authz.System("e2e"), "yanta.localhost")
	if err != nil {
		t.Fatal(err)
	}
	closePortal := matterPath("closure", registry.Ref{Kind: sx2021.Site, ID: string(portal.ID)})
	county.open(closePortal)
	county.tick("无力维护")
	county.fill("具体情况", "人员不足")
	county.fill("原有内容去向", "迁至市政府门户网站")
	county.signed(today)
	county.press("提交申请")
	county.sees("按规定不能这样办")
	county.sees("第八条（三）")
	county.both("closure-portal-refused")

	// Article 8(2): not without the paper of the establishment office; the State
	// Council office's consent is recorded; every end is proved.
	site := h.site(t, "西安市商务局", "西安市商务局旧站", "swj-old.xian.example")
	exit := func() {
		dept.open(matterPath("exit", site))
		dept.tick("主办单位不再具备行政职能")
		dept.fill("机构改革和职能变化情况", "职能已划转（演示）")
		dept.fill("编制部门批复文号", "市编发〔2026〕1号")
		dept.fill("批复日期", today.String())
		dept.signed(today)
	}
	exit()
	dept.press("提交申请")
	dept.sees("请上传编制部门批复文件")
	dept.sees("第八条（二）")
	dept.both("exit-without-paper")
	exit()
	dept.attach("establishment", paper(t, "批复.pdf"))
	dept.press("提交申请")
	dept.sees("SP-")
	at := dept.location()
	city.says(at, "同意上报", "情况属实")
	city.sees("陕西省人民政府办公厅")
	province.says(at, "同意上报", "拟同意，报国务院办公厅")
	province.tick("同意")
	province.fill("文号", "国办函〔2026〕3号")
	province.fill("文件日期", today.String())
	province.attach("scan", paper(t, "国办函.pdf"))
	province.press("登记答复")
	province.sees("国办函〔2026〕3号")
	course := "/console/sites/" + site.ID + "/lifecycle"
	dept.open(course)
	dept.sees("退出监管办理中")
	dept.sees("最迟")
	dept.both("exit-month")
	city.open(matterPath("exit_done", site))
	city.press("办结退出监管")
	city.sees("第八条（二）")
	for kind, value := range map[string]string{"英文域名": "www.swj.example.com", "中文域名": "已停用", "党政机关标识": "已撤下", "政府网站标识码": "已从页脚删除", "“我为政府网站找错”": "已删除入口"} {
		dept.open(matterPath("exit_proof", site))
		dept.fill("事项", kind)
		dept.fill("变更结果", value)
		dept.fill("完成日期", today.String())
		dept.attach("shot", paper(t, "截图.pdf"))
		dept.press("登记")
		dept.sees("退出监管办理中")
	}
	dept.open(matterPath("exit_done", site))
	dept.press("办结退出监管")
	dept.sees("由主管单位“西安市人民政府办公厅”办理")
	city.open(matterPath("exit_done", site))
	city.press("办结退出监管")
	city.sees("办结退出监管已办理")
	city.both("exit-done")

	// Article 27: one account goes into another; nothing is given up before the
	// notice has hung, and it may still be stopped.
	main := h.running(t, "西安市商务局", "wechat", "西安商务公众号")
	small := h.running(t, "西安市商务局", "toutiao", "西安商务头条")
	dept.open(matterPath("merge", small))
	dept.fill("整合到", main.ID)
	dept.fill("具体情况", "关注少、内容重复")
	dept.fill("原有内容去向", "历史内容归档")
	dept.signed(today)
	dept.press("提交申请")
	dept.sees("SP-")
	climb(dept.location(), city, province)
	dept.open("/console/accounts/" + small.ID + "/lifecycle")
	dept.sees("关停办理中")
	dept.both("merge-begun")
	dept.open(matterPath("deregister", small))
	dept.press("开始注销登记")
	dept.sees("第八条（三）")
	dept.both("deregister-too-early")
	city.open(matterPath("closure_done", small))
	city.press("办结注销关停")
	city.sees("第八条（三）")
	dept.open(matterPath("keep", small))
	dept.fill("终止原因", "粉丝增长，继续运行")
	dept.press("终止关停")
	dept.sees("终止关停已办理")
	dept.both("merge-kept")
}
