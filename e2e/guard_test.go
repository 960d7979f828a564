package e2e

import (
	"net/url"
	"testing"
	"time"
)

// TestArticle23_Journey walks Article 23(3) by its people: a citizen reports a
// fake on a portal, the supervisor verifies and refers, 网信 brings in 通信 and
// 公安, each records what it did; and Article 23(1): 网信 finds a hole, the sponsor
// mends it, 网信 retests it.
func TestArticle23_Journey(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)

	citizen := b.person("")
	citizen.portal("xian.localhost", "/official/check?address="+url.QueryEscape("https://xian-gov.example/login"))
	citizen.sees("觉得是假冒的政府网站或账号")
	citizen.portal("xian.localhost", "/impostors/?address="+url.QueryEscape("https://xian-gov.example/login"))
	citizen.both("fake-report")
	time.Sleep(3100 * time.Millisecond) // a person takes longer than a program
	citizen.press("提交举报")
	citizen.sees("请填写看到的情况")
	citizen.fill("看到的情况", "弹窗要求填写银行卡号和验证码。")
	citizen.press("提交举报")
	citizen.sees("举报已收到，编号 JM-")
	citizen.both("fake-reported")

	boss := b.person("sheng")
	boss.open("/console/impostors?q=xian-gov.example")
	boss.sees("网民举报")
	boss.both("fakes")
	boss.press("xian-gov.example")
	boss.sees("待核实")
	boss.both("fake-found")
	boss.fill("核实依据", "不在台账中，照搬市政府网站首页，没有备案编号。")
	boss.press("核实为假冒")
	boss.sees("已核实为假冒")
	boss.press("商请网信部门处理")
	boss.sees("已商请网信部门处理，商请函可以下载")
	boss.sees("陕西省互联网信息办公室")
	boss.both("fake-referred")
	at := boss.location()

	cyber := b.person("wangxin")
	cyber.open("/console")
	cyber.sees("处置假冒网站和账号")
	cyber.open(at)
	cyber.tick("通信管理部门")
	cyber.tick("公安部门")
	cyber.press("协调处置")
	cyber.sees("已协调处置")

	telecom := b.person("tongxin")
	telecom.open(at)
	telecom.fill("采取的措施", "停止域名解析")
	telecom.fill("处置结果", "已通知注册服务机构停止解析。")
	telecom.fill("处置日期", today())
	telecom.press("登记处置结果")
	telecom.sees("处置结果已登记")
	telecom.sees("停止域名解析")
	telecom.both("fake-dealt")

	stranger := b.person("xianbumen")
	stranger.open(at)
	stranger.sees("没有找到")

	// The yearly check.
	cyber.open("/console/security")
	cyber.press(today()[:4] + " 年政府网站安全管理工作检查（演示）")
	cyber.both("security-plan")
	cyber.open("/console/security-holes?q=" + url.QueryEscape("应用服务器"))
	cyber.press("应用服务器组件版本过旧")
	hole := cyber.location()
	cyber.both("security-hole")
	sponsor := b.person("shibian")
	sponsor.open(hole)
	sponsor.fill("整改情况", "已升级到最新版本并关闭管理端口。")
	sponsor.press("报告已整改")
	sponsor.sees("等待复测")
	cyber.open(hole)
	cyber.fill("复测情况", "不再复现。")
	cyber.press("复测通过，关闭漏洞")
	cyber.sees("已关闭")
	cyber.both("security-closed")

	// What stands behind sites and accounts.
	for name, path := range map[string]string{"hosts": "/console/hosts", "account-sheets": "/console/account-sheets", "vantages": "/console/vantages", "lookalikes": "/console/lookalikes"} {
		boss.open(path)
		boss.both(name)
	}
}
