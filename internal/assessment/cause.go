package assessment

import (
	"strings"

	"zhengshu/internal/check"
	"zhengshu/internal/inspection/engine"
)

// Cause is a family of checks that are usually put right by one person at one
// desk: an order holds findings of one cause.
type Cause struct {
	ID, Name string
	families []string
}

// Causes in the order of screens. What no family names is 其他.
var Causes = []Cause{
	{"access", "网站可用性", []string{"access", "crawl", "rendered", "function", "server"}},
	{"update", "更新不及时", []string{"home", "column", "dates", "fresh"}},
	{"text", "文字表述", []string{"wording", "sensitive", "content", "focus"}},
	{"privacy", "个人信息", []string{"privacy"}},
	{"link", "链接", []string{"link"}},
	{"unsafe", "暗链和安全", []string{"concealed", "cloaked", "host", "change", "tamper", "script"}},
	{"page", "页面标识和标签", []string{"footer", "header", "tags", "design", "accessible", "source", "ledger"}},
	{"service", "办事和附件", []string{"guide", "attachment", "item"}},
	{"letters", "留言办理", nil},
	{"selfcheck", "自查未落实", nil},
	{"duty", "值班和公告", []string{"duty", "notice"}},
	{"account", "新媒体账号", []string{"account"}},
	{"other", "其他", nil},
}

// CauseOf is the cause under which a check counts.
func CauseOf(checkID string) Cause {
	family, name, _ := strings.Cut(checkID, ".")
	for _, c := range Causes {
		// What a person saw names its cause itself: manual.text.
		if family == manual && c.ID == name {
			return c
		}
		for _, f := range c.families {
			if f == family {
				return c
			}
		}
	}
	return Causes[len(Causes)-1]
}

// manual is the family of what a person saw and typed: only a person looks again.
const manual = "manual"

// ByPerson reports whether only a person can see what the check names.
func ByPerson(checkID string) bool {
	return strings.HasPrefix(checkID, manual+".") || strings.HasPrefix(checkID, "duty.")
}

// CauseName is a cause in Chinese; empty for none.
func CauseName(id string) string {
	for _, c := range Causes {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}

// Quote is the rule that a finding broke, in the words in which it warned the
// author of a draft: the same check, the same sentence, the same citation.
type Quote struct {
	Check string // the id that warned
	Says  string // what is wrong, as the rule names it
	Fix   string // how it is put right
	Basis []string
}

// QuoteOf quotes the rule behind a check; ok is false for what only a person
// can see.
func QuoteOf(checkID string) (Quote, bool) {
	c, ok := check.ByID(checkID)
	if !ok {
		return Quote{Check: checkID, Says: engine.CheckName(checkID)}, !ByPerson(checkID)
	}
	return Quote{Check: c.ID, Says: c.Says.Wrong, Fix: c.Says.HowToFix, Basis: c.Articles}, true
}
