package e2e

import (
	"testing"
)

// TestOpening is Article 7 walked by its people: a department applies, the city
// passes it on, the province approves, the launch list bars until it is full;
// a county department is refused with the article.
func TestOpening(t *testing.T) {
	h := serve(t)
	b := startBrowser(t, h.addr)

	county := b.person("xianbumen")
	county.open("/console/openings/new")
	county.fill("开设事由", "公开商务政策，提供办事指南")
	county.fill("联系人", "吴思源")
	county.fill("联系电话", "029-00000000")
	county.fill("网站名称", "雁塔区商务局网站（演示）")
	county.fill("英文域名", "swj.yanta.example.gov.cn")
	county.tick("在集约化平台建设")
	county.fill("主要负责同志姓名", "王某")
	county.tick("主要负责同志本人")
	county.fill("同意日期", "2026-11-20")
	county.attach("consent", paper(t, "签字页.pdf"))
	county.press("提交申请")
	county.sees("第七条（一）")
	county.both("refused")

	dept := b.person("bumen", withoutScript)
	dept.open("/console/openings/new")
	dept.fill("开设事由", "公开商务政策，提供办事指南")
	dept.fill("联系人", "周启明")
	dept.fill("联系电话", "029-00000000")
	dept.fill("网站名称", "西安市商务局网站（演示）")
	dept.fill("英文域名", "shangwu.localhost")
	dept.tick("在集约化平台建设")
	dept.fill("主要负责同志姓名", "王某")
	dept.tick("主要负责同志本人")
	dept.fill("同意日期", "2026-11-20")
	dept.attach("consent", paper(t, "签字页.pdf"))
	dept.keep("opening-form")
	dept.press("提交申请")
	dept.sees("SP-2026-")
	dept.both("case")
	at := dept.location()

	city := b.person("shi")
	city.sees("西安市商务局网站（演示）")
	city.keep("workbench")
	city.open(at)
	city.tick("同意上报")
	city.fill("意见", "拟同意，请审定")
	city.press("提交办理意见")
	city.sees("陕西省人民政府办公厅")

	province := b.person("sheng")
	province.open(at)
	province.both("case-to-approve")
	province.tick("批准")
	province.fill("意见", "同意")
	province.press("提交办理意见")
	province.sees("已批准")
	province.open(at + "/print")
	province.keep("print")
}
