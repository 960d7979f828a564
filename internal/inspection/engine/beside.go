package engine

import (
	"strings"

	"zhengshu/internal/check"
)

// OtherRule is a rule that raises findings and is no check of a page: words that are
// read, what another module saw, what a person typed. Its findings take their
// basis, severity and cure from here, and so does the public page of the rules.
type OtherRule struct {
	ID       string
	Wrong    string
	Clauses  []string // the most binding first
	Severity check.Severity
	Fix      string
	Evidence string
	Draft    bool // put to drafts as well
}

// ByPerson is the severity of a rule whose findings a person grades one by one.
const ByPerson check.Severity = "person"

const (
	mendWords   = "请核对后改正。"
	mendTerm    = "请人工核实该表述，确属严重错误的立即撤下并更正。"
	mendReach   = "请立即检查服务器、网络和域名解析；属计划内停机的，事先按程序申请临时下线。"
	seenMend    = "请改正后答复，由主管单位人员核实。"
	keptText    = "所在页面的原文、前后文字、提示的词条来源和检测时间"
	keptAnswer  = "网站的应答、检测时间和台账登记的内容"
	keptManual  = "检查人员的记录、位置和所附的截图或文件"
	keptAddress = "首页的应答、状态码和检测时间"
)

// OtherRules are all of them. A word of a sensitive list is a suspicion until a
// person has confirmed it; the lists of sensitive.term and sensitive.post are kept
// by two persons.
var OtherRules = []OtherRule{
	{CheckHome, "首页无法打开", []string{"S19.4"}, check.Serious, mendReach, keptAddress, false},
	{CheckListed, "发布清单中的网页打不开", []string{"S19.4"}, check.Error, "请核对网页和服务器；确已不再公开的，请在平台撤下，并把旧网址指到新网址。", "该网页的应答、状态码和检测时间", false},
	{CheckCertificate, "网站的加密证书或协议不符合要求", []string{"S23.1a"}, check.Error, "请更换有效的服务器证书，停用过时的协议版本。", keptAddress, false},
	{CheckDowngraded, "从加密地址（https）转到未加密地址（http）", []string{"S22.1"}, check.Advice, "请把跳转的目标改为 https 地址；同时保留 http 的，由 http 转向 https，不要反向跳转。", "跳转途中每一步的地址、状态码、应答头和时间", false},

	{check.KindWording + ".confusion", "错别字", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".omission", "漏字", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".repeat", "多字", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".number", "数字用法", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".punctuation", "标点用法", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".date", "不存在的日期", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".docnumber", "文内发文字号", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindWording + ".own", "词库易错写法", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindSensitive, "敏感表述", []string{"V-W-1.1"}, check.Error, mendTerm, keptText, true},
	{check.KindSensitive + ".term", "规范表述", []string{"V-W-1.1"}, check.Serious, mendTerm, keptText, true},
	{check.KindSensitive + ".post", "职务姓名", []string{"V-W-1.1"}, check.Serious, mendTerm, keptText, true},
	{check.KindAdvertising, "商业广告用语", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindOffDuty, "与职能无关的内容", []string{"S19.3a"}, check.Error, mendWords, keptText, true},
	{check.KindUnreadable, "乱码和自造字", []string{"S19.3a"}, check.Error, mendWords, keptText, true},

	{"ledger.dns", "域名解析与台账不一致", []string{"S10.4"}, check.Error, "请核对域名解析，或在域名台账更正应有的解析地址。", keptAnswer, false},
	{"ledger.certificate", "证书与台账不一致", []string{"S10.4"}, check.Error, "请核对证书，没有启用加密连接的请启用；台账有误的，在域名台账更正证书的颁发机构和到期日期。", keptAnswer, false},
	{"ledger.title", "网站名称与台账不一致", []string{"S10.4"}, check.Advice, "请核对首页标题，或在站点台账更正网站名称。", keptAnswer, false},
	{"ledger.footer", "页面底部的编号与台账不一致", []string{"S10.4"}, check.Error, "请改正页面底部的编号，或在站点台账更正。", keptAnswer, false},
	// Whoever changed them was in the server: V-W-1.4 asks a person whether it was dealt
	// with in time and what came of it, though no reader saw it.
	{"tamper.changed", "页面内容与发布的不一致", []string{"S23.1a", "V-W-1.4"}, check.Serious, "平台已拒绝显示被改动的内容，并从副本恢复或重新生成；请核查服务器的访问权限和日志，按应急预案处置。", "被改动文件的名称、摘要和发现时间", false},
	// The clause of a finding is that of the notice which is owed: of an opening, an
	// offline, a closure or the destination of what was closed.
	{"notice.absent", "公告没有按要求悬挂", []string{"S7.4b", "S8.1d", "S8.3c", "S8.3f"}, check.Error, "请恢复公告的悬挂；缺失的天数已从悬挂期中扣除并顺延。", "公告所在页面和首页的应答、状态码和查看时间", false},
	{"duty.seen", "值班巡检发现的问题", []string{"S19.4"}, check.Error, "请核实并改正；改正后由值班人员在次日巡检中确认。", "值班人员的巡检记录", false},

	// What a person saw and typed names the cause it was filed under. The basis is
	// the daily patrol where the person names no other.
	{"manual.update", "人工检查：更新不及时", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.text", "人工检查：文字表述", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.privacy", "人工检查：个人信息", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.link", "人工检查：链接", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.unsafe", "人工检查：暗链和安全", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.page", "人工检查：页面标识和标签", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.service", "人工检查：办事和附件", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.letters", "人工检查：留言办理", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.selfcheck", "人工检查：自查未落实", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.duty", "人工检查：值班和公告", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
	{"manual.other", "人工检查：其他", []string{"S19.4"}, ByPerson, seenMend, keptManual, false},
}

// besideOf is the rule of an id. Words of a kind without a row of its own are held
// as the plainest of their family.
func besideOf(id string) (OtherRule, bool) {
	for _, b := range OtherRules {
		if b.ID == id {
			return b, true
		}
	}
	return OtherRule{}, false
}

// wordingRule is the rule of a span.
func wordingRule(kind string) OtherRule {
	if b, ok := besideOf(kind); ok {
		return b
	}
	family := check.KindWording + ".confusion"
	if strings.HasPrefix(kind, check.KindSensitive+".") {
		family = check.KindSensitive + ".term"
	}
	b, _ := besideOf(family)
	b.ID = kind
	return b
}

// Grounds are the basis, severity and cure of a rule beside the checks, for the
// module that raises its findings; ok is false for an id that is none.
func Grounds(id string) (clause string, severity check.Severity, fix string, ok bool) {
	b, ok := besideOf(id)
	if !ok {
		return "", "", "", false
	}
	return b.Clauses[0], b.Severity, b.Fix, true
}

// Clauses are all that a rule beside the checks goes by; none for an id that is none.
func Clauses(id string) []string {
	b, _ := besideOf(id)
	return b.Clauses
}

// promptedBy is the list or rule behind a span, for people.
func promptedBy(s check.Span) string {
	switch {
	case s.Source != "":
		return s.Source
	case s.Kind == check.KindWording+".confusion", s.Kind == check.KindWording+".omission", s.Kind == check.KindWording+".repeat":
		return "按前后文字推断，不在词表中"
	}
	return "内置规则：" + wordingRule(s.Kind).Wrong
}
