package inspection

import (
	"strings"

	"zhengshu/internal/check"
)

// Family is a group of checks by the first part of their ids.
type Family struct {
	ID, Name string
	// Patrol: a plan may choose it. The others are looked at in ways of their own.
	Patrol bool
}

// Families are all groups that findings come from, in the order people look for
// them: those of check, and those of who else raises findings.
var Families = []Family{
	{"access", "网站可用性", true}, {"home", "首页更新", true}, {"column", "栏目更新", true}, {"link", "链接", true}, {"concealed", "暗链和违规内容", true}, {"cloaked", "对访问者区别显示", true},
	{"change", "页面改动", true}, {"sensitive", "敏感表述", true}, {"wording", "错别字", true}, {"content", "广告、无关内容和乱码", true}, {"privacy", "个人信息", true}, {"attachment", "附件", true},
	{"header", "页面顶部标识", true}, {"footer", "页面底部标识", true}, {"tags", "网页标签", true}, {"dates", "发布日期", true}, {"source", "信息来源", true}, {"item", "稿件要素", true}, {"design", "页面设计", true},
	{"function", "功能入口", true}, {"guide", "办事指南", true}, {"accessible", "无障碍", true}, {"rendered", "页面显示", true}, {"host", "域名、证书和服务器", false}, {"account", "政务新媒体", false},
	{"focus", "重点检查", false}, {"ledger", "与台账核对", false}, {"notice", "公告悬挂", false}, {"duty", "值班巡检", false}, {"manual", "人工检查", false}, {"crawl", "页面访问", false},
}

// raisedBeside are the findings that are no rule of check, in words.
var raisedBeside = map[string]string{
	"ledger.dns": "域名解析与台账不一致", "ledger.certificate": "证书与台账不一致", "ledger.title": "网站名称与台账不一致", "ledger.footer": "页面底部的编号与台账不一致",
	// What a person saw and typed names the cause it was filed under.
	"manual.update": "人工检查：更新不及时", "manual.text": "人工检查：文字表述", "manual.privacy": "人工检查：个人信息", "manual.link": "人工检查：链接", "manual.unsafe": "人工检查：暗链和安全", "manual.page": "人工检查：页面标识和标签",
	"manual.service": "人工检查：办事和附件", "manual.letters": "人工检查：留言办理", "manual.selfcheck": "人工检查：自查未落实", "manual.duty": "人工检查：值班和公告", "manual.other": "人工检查：其他",
	"notice.absent": "公告没有按要求悬挂", "duty.look": "值班巡检发现的问题", "duty.seen": "值班巡检发现的问题",
	"sensitive.term": "规范表述", "sensitive.post": "职务姓名", "content.advertising": "商业广告用语", "content.off_duty": "与职能无关的内容", "content.unreadable": "乱码和自造字",
	"wording.confusion": "错别字", "wording.omission": "漏字", "wording.repeat": "多字", "wording.number": "数字用法", "wording.punctuation": "标点用法", "wording.date": "不存在的日期", "wording.docnumber": "文内发文字号", "wording.own": "词库易错写法",
}

// FamilyName is the group of a check in Chinese.
func FamilyName(id string) string {
	family, _, _ := strings.Cut(id, ".")
	for _, f := range Families {
		if f.ID == family {
			return f.Name
		}
	}
	return id
}

// CheckName is what a check finds wrong, in Chinese.
func CheckName(id string) string {
	if c, ok := check.ByID(id); ok {
		return c.Says.Wrong
	}
	if name, ok := raisedBeside[id]; ok {
		return name
	}
	return FamilyName(id)
}
