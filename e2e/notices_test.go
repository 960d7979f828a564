package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestNoticesFilingsAndClosings walks what follows an opening and a closure: a
// notice that the house sees by itself, a registration over the body's work
// list, a site closed column by column, and an account that was silent without
// leave.
func TestNoticesFilingsAndClosings(t *testing.T) {
	h := serve(t)
	b := startBrowser(t, h.addr)
	pdf := paper(t, "回执.pdf")

	// Article 7(4): the city's notice of the county's portal is seen on the
	// city's home page by a fetch, and another page is not taken for it.
	city := b.person("shi")
	city.open("/console/notices")
	city.sees("公告悬挂")
	city.both("notices")
	city.press("开通公告")
	city.press("现在查看")
	city.seesSoon("公告页面可以打开，内容是该公告", 20*time.Second)
	city.sees("缺：上级政府政务新媒体")
	city.both("notice")
	city.fill("悬挂位置", "上级政府政务新媒体")
	city.fill("公告网址", "https://name:word@weixin.example/1")
	city.press("登记公告")
	city.sees("请填写以 http:// 或 https:// 开头")
	city.fill("公告网址", "https://weixin.example/s/1")
	city.press("登记公告")
	city.sees("公告网址已登记")
	city.sees("人工留证")
	city.attach("file", writeFile(t, "截图.png", "<svg/>"))
	city.press("留存截图")
	city.sees("无法识别")
	city.attach("file", pdf)
	city.press("留存截图")
	city.sees("须悬挂至")
	city.sees("现在不能撤下")
	city.both("notice-hanging")

	// Articles 5 and 8(3): the co-regulator's own list; it gives back and confirms.
	telecom := b.person("tongxin")
	telecom.open("/console/filings")
	telecom.sees("待我核对")
	telecom.both("filings-telecom")
	telecom.press("注销ICP备案")
	telecom.press("退回补正")
	telecom.sees("退回补正要写明缺少什么")
	telecom.fill("缺少什么", "缺少加盖公章的申请表")
	telecom.press("退回补正")
	telecom.sees("已退回")
	city.open("/console/filings")
	city.sees("退回补正")
	city.both("filings")
	city.press("注销ICP备案")
	city.sees("缺少加盖公章的申请表")
	city.press("登记回执")
	city.sees("请填写回执日期")
	city.fill("回执日期", time.Now().In(time.FixedZone("", 8*3600)).Format("2006-01-02"))
	city.attach("file", pdf)
	city.press("登记回执")
	city.sees("台账已更新")
	city.both("filing")
	telecom.open("/console/filings")
	telecom.press("注销ICP备案")
	telecom.press("核对无误")
	telecom.sees("已核对")

	// Article 8(3): nothing is left undecided.
	city.open("/console/closings")
	city.both("closings")
	city.press("西安市粮食局网站")
	city.sees("还有 1 个栏目没有确定去向")
	city.tickAll(`tr:first-child input[name="column"]`)
	city.tick("舍弃")
	city.press("确定所选栏目的去向")
	city.sees("舍弃要写明理由")
	city.fill("理由", "价格信息已过期，由省局统一发布")
	city.press("确定所选栏目的去向")
	city.sees("栏目去向已全部确定")
	city.both("closing")
	city.press("归档原站")
	city.sees("已开始归档")
	city.seesSoon("归档没有完成", 60*time.Second) // the demo's hosts lead nowhere
	city.press("查看和导入")
	city.sees("跳转表")
	city.both("map")
	city.attach("file", writeFile(t, "跳转表.csv", "旧网址,处理方式,新网址\n/a,跳转,http://liangshi.xian.example/b\n/b,跳转,http://liangshi.xian.example/a\n/c,停用,\n"))
	city.press("导入跳转表")
	city.sees("跳转形成循环")
	city.attach("file", writeFile(t, "跳转表.csv", "旧网址,处理方式,新网址\n/a,跳转,https://www.xa.gov.cn/a\n/c,停用,\n"))
	city.press("导入跳转表")
	city.sees("跳转表已导入，共 2 条")

	// Article 8(1): the sponsor answers, the supervisor decides.
	county := b.person("xian")
	county.open("/console/inquiries")
	county.both("inquiries")
	county.press("雁塔")
	county.fill("中断原因", "运营人员调整，账号暂停更新，已于今日恢复。")
	county.press("送主管单位认定")
	county.sees("已答复")
	county.both("inquiry-sponsor")
	city.open("/console/inquiries")
	city.press("雁塔")
	city.tick("自行下线")
	city.fill("认定依据", "未见书面报备，也没有批准的下线时段")
	city.press("作出认定")
	city.sees("已认定为自行下线")
	city.fill("被问责人", "张某 主任")
	city.fill("问责方式", "警告处分")
	city.fill("作出决定的机关", "西安市人民政府办公厅")
	city.fill("决定日期", time.Now().In(time.FixedZone("", 8*3600)).Format("2006-01-02"))
	city.press("登记问责结果")
	city.sees("主管单位不能作出处分")
	city.fill("作出决定的机关", "西安市监察委员会")
	city.press("登记问责结果")
	city.sees("问责结果已登记")
	city.both("inquiry")
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}
