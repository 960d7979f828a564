package engine

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
	{"access", "网站可用性", true}, {"home", "首页更新", true}, {"column", "栏目更新", true}, {"link", "链接", true}, {"concealed", "暗链和违规内容", true}, {"script", "站外脚本", true}, {"cloaked", "对访问者区别显示", true},
	{"change", "页面改动", true}, {"sensitive", "敏感表述", true}, {"wording", "错别字", true}, {"content", "广告、无关内容和乱码", true}, {"privacy", "个人信息", true}, {"attachment", "附件", true},
	{"header", "页面顶部标识", true}, {"footer", "页面底部标识", true}, {"tags", "网页标签", true}, {"dates", "发布日期", true}, {"source", "信息来源", true}, {"item", "稿件要素", true}, {"design", "页面设计", true},
	{"function", "功能入口", true}, {"guide", "办事指南", true}, {"accessible", "无障碍", true}, {"rendered", "页面显示", true}, {"host", "域名、证书和服务器", false}, {"account", "政务新媒体", false},
	{"focus", "重点检查", false}, {"ledger", "与台账核对", false}, {"tamper", "页面防篡改", false}, {"notice", "公告悬挂", false}, {"duty", "值班巡检", false}, {"manual", "人工检查", false}, {"crawl", "页面访问", false},
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
	if name, ok := strings.CutPrefix(id, "focus."); ok {
		return "重点检查项：" + name
	}
	if b, ok := besideOf(id); ok {
		return b.Wrong
	}
	return FamilyName(id)
}
