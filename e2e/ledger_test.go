package e2e

import (
	"testing"
)

// TestLedger walks the records of the ledger: a holder mends an account and sees
// what it changes, a second post-holder who is the first is refused, the
// supervisor gives a domain up with its proof, the holder confirms its records,
// and a citizen without script asks on a phone whether an address is official.
func TestLedger(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	holder := b.person("xian")
	holder.open("/console/accounts?q=雁塔发布")
	holder.press("雁塔发布（演示）")
	holder.sees("还缺 5 项")
	holder.press("修改")
	holder.fill("认证主体", "雁塔区人民政府办公室")
	holder.fill("A 岗", "贺小满")
	holder.fill("B 岗", "贺小满")
	holder.fill("为什么改", "补录责任人")
	holder.press("核对改动")
	holder.sees("A 岗和 B 岗要由两个人担任（第十九条（二））")
	holder.fill("B 岗", "罗静怡")
	holder.press("核对改动")
	holder.sees("还没有保存")
	holder.both("account-diff")
	holder.press("核对无误")
	holder.sees("补录责任人")
	holder.sees("来源：人工填写，白若溪")
	holder.both("account")
	holder.press("台账年度核对")
	if n := holder.tickAll("input[name=keys]"); n < 4 {
		t.Fatalf("%d records to confirm", n)
	}
	holder.press("确认勾选的记录属实")
	holder.sees("本年核对已完成")

	province := b.person("sheng")
	province.open("/console/domains?q=xianyang")
	province.press("www.xianyang.example")
	province.press("启动注销")
	province.fill("为什么改", "停止使用")
	province.fill("依据文件", "演示批复 7 号")
	province.press("启动注销")
	province.press("注销完成")
	province.fill("为什么改", "已注销")
	province.fill("注销证明", "演示回执 7 号")
	province.press("注销完成")
	province.sees("已注销，跟踪至")
	province.open("/console/domains/watch")
	province.sees("www.xianyang.example")
	province.both("domains-watch")

	citizen := b.person("", withoutScript)
	citizen.wide(390, 844)
	citizen.portal("shaanxi.localhost", "/official/check?address=https://xian.localhost/news/")
	citizen.sees("是官方的")
	citizen.sees("西安市人民政府（演示）")
	citizen.portal("shaanxi.localhost", "/official/check?address=http://xian-gov.cn/pay")
	citizen.sees("不在官方名录里")
	citizen.portal("shaanxi.localhost", "/official/?q=雁塔发布")
	citizen.sees("找到 1 条")
	citizen.keep("official-phone")
}
