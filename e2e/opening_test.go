package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// matter opens the form of a matter and fills in label, value, label, value.
func (p *tab) matter(query string, fields ...string) {
	p.t.Helper()
	p.open("/console/matters/new?matter=" + query)
	for i := 0; i+1 < len(fields); i += 2 {
		p.fill(fields[i], fields[i+1])
	}
}

// opening fills in what opening a site asks for.
func (p *tab) opening(contact, name, host string) {
	p.t.Helper()
	p.matter("opening", "开设事由", "公开商务政策，提供办事指南", "联系人", contact, "联系电话", "029-00000000", "网站名称", name, "英文域名", host)
	p.tick("在集约化平台建设")
	p.sign(today())
}

// sign fills in step 0: the principal agreed.
func (p *tab) sign(on string) {
	p.t.Helper()
	p.fill("主要负责同志姓名", "王某")
	p.tick("主要负责同志本人")
	p.fill("同意日期", on)
	p.attach("consent", paper(p.t, "签字页.pdf"))
}

// says decides the case at the address.
func (p *tab) says(at, act, words string) {
	p.t.Helper()
	p.open(at)
	p.tick(act)
	p.fill("意见", words)
	p.press("提交办理意见")
}

var contactOf = []string{"联系人", "周启明", "联系电话", "029-00000000"}

// handIn hands a registration to its body; the body gives the number.
func handIn(sponsor, body *tab, launch, item, ask, number string) {
	sponsor.t.Helper()
	sponsor.open(launch)
	sponsor.press(item)
	sponsor.press("已报送，待回执")
	sponsor.sees("已报送")
	body.open("/console/filings?mine=1")
	body.press(item)
	body.press("核对无误")
	body.sees("还没有编号")
	body.fill(ask, number)
	body.press("核对无误")
	body.sees("已核对")
	body.sees(number)
}

// TestArticle07_OpeningToLaunch walks the openings of Article 7 with the people
// who do them: an account, an app and a site, each refused with its article and
// then opened level by level, filed, launched and announced; and what may not be
// opened at all.
func TestArticle07_OpeningToLaunch(t *testing.T) {
	t.Parallel()
	h := serve(t)
	b := startBrowser(t, h.addr)
	t.Run("account", func(t *testing.T) { openAccount(t, b.in(t)) })
	t.Run("app", func(t *testing.T) { openApp(t, b.in(t)) })
	t.Run("refused", func(t *testing.T) { openNothing(t, b.in(t)) })
	t.Run("site and domain", func(t *testing.T) { openSite(t, b.in(t)) })
}

func openAccount(t *testing.T, b *browser) {
	dept, city, province := b.person("bumen"), b.person("shi"), b.person("sheng")
	fields := append([]string{"开设事由", "公开商务政策，答复企业咨询", "账号名称", "西安商务（演示）", "总负责人", "周启明", "内容保障和运维安排", "每个工作日更新，两人审核"}, contactOf...)

	// Article 7(1): one account per platform; one that is off the net counts.
	dept.matter("account_opening", append(fields, "平台", "微博")...)
	dept.tick("信息发布")
	dept.sign(today())
	dept.press("提交申请")
	dept.sees("第七条（一）")
	dept.both("account-refused")
	dept.fill("平台", "微信公众号")
	dept.attach("consent", paper(t, "签字页.pdf"))
	dept.press("提交申请")
	dept.sees("SP-")
	at := dept.location()
	dept.both("account-case")

	city.says(at, "同意上报", "拟同意")
	city.sees("陕西省人民政府办公厅")
	province.says(at, "批准", "同意开设")
	province.sees("已批准")

	// Articles 7(3) and 9: nothing is launched before the platform opened it under
	// the sponsor's name.
	dept.open(at)
	dept.press("上线清单")
	launch := dept.location()
	dept.sees("还不能上线")
	dept.open(launch + "/verification")
	dept.fill("公开认证信息", "西安某某网络科技有限公司")
	dept.fill("文件日期", today())
	dept.press("保存")
	dept.sees("第九条")
	dept.fill("公开认证信息", "西安市商务局")
	dept.press("保存")
	dept.sees("实名认证已登记")
	dept.open(launch + "/address")
	dept.fill("账号主页或下载地址", "https://mp.weixin.qq.com/s/xianshangwu")
	dept.fill("平台账号ID", "gh_yanshi0001")
	dept.press("保存")
	dept.sees("可以上线")
	dept.both("account-launch")
	dept.press("正式上线")
	dept.sees("已正式上线")
	dept.sees("办理政务新媒体备案")
	dept.sees("西安市人民政府办公厅") // who publishes the notice of opening

	// Article 7(3): filed with the supervisor, which gives the number.
	handIn(dept, city, launch, "办理政务新媒体备案", "备案编号", "市新媒备〔2026〕17号")
	city.both("account-filed")

	// Article 7(4): the same-level office owes the notice.
	city.open("/console/notices")
	city.sees("西安商务（演示）")
	city.sees("待发布")
}

func openApp(t *testing.T, b *browser) {
	dept, city, province := b.person("bumen"), b.person("shi"), b.person("sheng")
	// Article 27: not without saying why it cannot be done elsewhere.
	dept.matter("app_opening", append([]string{"开设事由", "企业办事", "类型", "移动客户端", "应用名称", "西安商务通（演示）", "拟提供的服务和用户规模", "企业登记办事，约两千户", "总负责人", "周启明"}, contactOf...)...)
	dept.sign(today())
	dept.press("提交申请")
	dept.sees("第二十七条")
	dept.both("app-refused")
	dept.fill("必要性说明", "需要离线填报和扫码核验，现有网站和账号不能实现")
	dept.attach("consent", paper(t, "签字页.pdf"))
	dept.press("提交申请")
	dept.sees("SP-")
	at := dept.location()
	city.says(at, "同意上报", "拟同意")
	province.says(at, "批准", "同意")
	province.sees("已批准")

	dept.open(at)
	dept.press("上线清单")
	launch := dept.location()
	dept.open(launch + "/address")
	dept.fill("账号主页或下载地址", "https://app.example/xianshangwu")
	dept.fill("平台账号ID", "cn.gov.example.shangwu")
	dept.press("保存")
	dept.open(launch + "/verification")
	dept.fill("公开认证信息", "西安市商务局")
	dept.fill("文件日期", today())
	dept.press("保存")
	dept.sees("安全检测报告")
	dept.sees("还不能上线")
	dept.sees("第七条（三）")
	dept.both("app-barred")
	dept.open(launch + "/security_report")
	dept.fill("报告编号", "AQ-2026-7")
	dept.fill("检测单位", "陕西省网络安全测评中心（演示）")
	dept.fill("文件日期", today())
	dept.attach("file", paper(t, "检测报告.pdf"))
	dept.press("保存") // the conclusion is not ticked: not passed
	dept.sees("未通过")
	dept.open(launch + "/security_report")
	dept.tick("检测结论为通过")
	dept.press("保存")
	dept.sees("可以上线")
	dept.press("正式上线")
	dept.sees("已正式上线")
}

// openNothing: what Article 7(1) does not let be opened at all.
func openNothing(t *testing.T, b *browser) {
	site := func(p *tab, unit, name, host string) {
		p.matter("opening", append([]string{"申请单位", unit, "开设事由", "发布信息", "网站名称", name, "英文域名", host}, contactOf...)...)
		p.tick("在集约化平台建设")
		p.sign(today())
		p.press("提交申请")
		p.sees("第七条（一）")
	}
	county := b.person("xianbumen")
	site(county, "雁塔区商务局", "雁塔区商务局网站（演示）", "shangwu.yanta.gov.cn")
	county.sees("县级政府部门原则上不开设")
	county.both("county-department-refused")
	office := b.person("xian")
	site(office, "小寨路街道", "小寨路街道网站（演示）", "jiedao.yanta.gov.cn")
	office.sees("乡镇（街道）不开设政府网站")
	office.both("township-refused")
}

func openSite(t *testing.T, b *browser) {
	dept, city, province := b.person("bumen"), b.person("shi"), b.person("sheng")
	dept.opening("周启明", "西安市商务局网站（演示）", "shangwuju.xa.gov.cn")
	dept.press("提交申请")
	at := dept.location()
	city.says(at, "同意上报", "拟同意")
	province.says(at, "批准", "同意")
	dept.open(at)
	dept.press("上线清单")
	launch := dept.location()
	site := strings.TrimSuffix(launch[strings.Index(launch, "/sites/")+len("/sites/"):], "/launch")
	object := "&object=" + url.QueryEscape("site:"+site)

	// Article 7(3): the second climb, decided outside, brings document and code.
	dept.matter("basic_info"+object, append([]string{"办公地址", "西安市未央区某路1号", "服务器所在地和托管单位", "西安政务云"}, contactOf...)...)
	dept.sign(today())
	dept.press("提交基本信息表")
	dept.sees("国务院办公厅")
	form := dept.location()
	city.says(form, "同意上报", "同意")
	province.says(form, "同意上报", "同意上报")
	province.sees("登记外部答复")
	province.both("external")
	province.tick("同意")
	province.fill("文号", "国办秘函〔2026〕31号")
	province.fill("文件日期", today())
	province.fill("政府网站标识码", "6101009931")
	province.attach("scan", paper(t, "批复.pdf"))
	province.press("登记答复")
	province.sees("已登记外部答复")
	province.open("/console/sites?q=6101009931")
	province.sees("西安市商务局网站（演示）")

	// Article 5: each co-regulator works its own list and decides nothing.
	offices := map[string]*tab{"编制": b.person("bianzhi"), "通信": b.person("tongxin"), "公安": b.person("gongan")}
	handIn(dept, offices["编制"], launch, "注册中文域名", "中文域名", "西安市商务局.政务")
	handIn(dept, offices["编制"], launch, "申请党政机关网站标识", "标识编号", "BZ-6101-0031")
	handIn(dept, offices["通信"], launch, "办理ICP备案", "ICP备案编号", "陕ICP备2026000031号")
	offices["通信"].both("telecom")
	dept.open(launch + "/security_report")
	dept.fill("报告编号", "AQ-2026-8")
	dept.fill("检测单位", "陕西省网络安全测评中心（演示）")
	dept.fill("文件日期", today())
	dept.tick("检测结论为通过")
	dept.attach("file", paper(t, "检测报告.pdf"))
	dept.press("保存")
	dept.sees("可以上线")

	// Article 28: nothing is hosted before its sponsor has signed for the rules.
	dept.press("正式上线")
	dept.sees("还没有签收运维管理细则")
	dept.open("/console/operating-rules")
	dept.press("西安市政府网站集约化平台运维管理细则")
	dept.press("签收细则")
	dept.open(launch)
	dept.press("正式上线")
	dept.sees("已正式上线")
	handIn(dept, offices["公安"], launch, "办理公安备案", "公安备案编号", "陕公网安备61010002000031号")
	dept.open("/console/sites/" + site)
	for _, number := range []string{"西安市商务局.政务", "BZ-6101-0031", "陕ICP备2026000031号", "陕公网安备61010002000031号"} {
		dept.sees(number)
	}
	dept.both("site-in-ledger")

	// Article 10: one English domain, unless the province made an exception.
	second := append([]string{"拟注册域名", "fuwu.xa.gov.cn", "原因", "办事服务分域名"}, contactOf...)
	dept.matter("domain_register"+object, second...)
	dept.tick("英文域名")
	dept.sign(today())
	dept.press("提交申请")
	dept.sees("第十条")
	dept.both("second-domain-refused")
	province.open("/console/overrides/new?q=" + url.QueryEscape("西安市商务局"))
	province.fill("单位", "西安市商务局")
	province.fill("条款", "S10.1.one_each")
	province.fill("理由", "办事系统暂不能并入主域名")
	province.fill("截止日期", day(60))
	province.press("批准例外")
	province.sees("已批准“西安市商务局”的例外")
	dept.matter("domain_register"+object, second...)
	dept.tick("英文域名")
	dept.sign(today())
	dept.press("提交申请")
	dept.sees("西安市人民政府办公厅")
	register := dept.location()
	receipt := func(item, number string) {
		dept.t.Helper()
		dept.open("/console/filings?kind=english_domain&site=" + site)
		dept.press(item)
		dept.fill("英文域名", number)
		dept.fill("回执日期", today())
		dept.attach("file", paper(t, "回执.pdf"))
		dept.press("登记回执")
		dept.sees("的回执已登记")
	}
	receipt("注册英文域名", "shangwuju.xa.gov.cn") // of the opening
	city.says(register, "批准", "审核同意")
	city.sees("已批准")
	receipt("注册英文域名", "fuwu.xa.gov.cn")

	// The city's office reviews a change; the old name is then cancelled, and the
	// second one given up: both stay under watch as tombstones.
	dept.matter("domain_change"+object, append([]string{"现有域名", "shangwuju.xa.gov.cn", "新域名", "swj.xa.gov.cn", "原因", "简化域名"}, contactOf...)...)
	dept.sign(today())
	dept.press("提交申请")
	change := dept.location()
	dept.lacks("陕西省人民政府办公厅批准")
	city.says(change, "批准", "审核同意")
	receipt("变更英文域名", "swj.xa.gov.cn")
	cancel := func(was string) {
		dept.t.Helper()
		dept.open("/console/filings?kind=english_domain&act=cancel&site=" + site)
		dept.press("注销英文域名")
		dept.sees(was)
		dept.fill("回执日期", today())
		dept.attach("file", paper(t, "回执.pdf"))
		dept.press("登记回执")
		dept.sees("台账已更新")
	}
	cancel("shangwuju.xa.gov.cn")
	dept.matter("domain_cancel"+object, append([]string{"现有域名", "fuwu.xa.gov.cn", "原因", "服务并入主站"}, contactOf...)...)
	dept.sign(today())
	dept.press("提交申请")
	gone := dept.location()
	city.says(gone, "批准", "审核同意")
	cancel("fuwu.xa.gov.cn")
	for host, state := range map[string]string{"swj.xa.gov.cn": "active", "shangwuju.xa.gov.cn": "cancelled", "fuwu.xa.gov.cn": "cancelled"} {
		dept.open("/console/domains?state=" + state + "&q=" + host)
		dept.sees(host)
	}
	dept.both("domains")
}
