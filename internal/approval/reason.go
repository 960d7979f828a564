package approval

import (
	"slices"
	"strings"
)

// LetterKind is one of the letters an office sends about a case.
type LetterKind string

// The letters.
const (
	SupplementLetter LetterKind = "supplement" // 补正通知书
	ReturnLetter     LetterKind = "return"     // 退回通知书
	RefusalLetter    LetterKind = "refusal"    // 不予批准决定书
	ApprovalLetter   LetterKind = "approval"   // 批准通知书
	WithdrawalLetter LetterKind = "withdrawal" // 撤回确认书
	EndingLetter     LetterKind = "ending"     // 终止办理通知书
)

// Letters are the kinds with their names, in screen order.
var Letters = []struct {
	Kind LetterKind
	Name string
}{
	{SupplementLetter, "补正通知书"}, {ReturnLetter, "退回通知书"}, {RefusalLetter, "不予批准决定书"},
	{ApprovalLetter, "批准通知书"}, {WithdrawalLetter, "撤回确认书"}, {EndingLetter, "终止办理通知书"},
}

// Name is the letter in Chinese.
func (k LetterKind) Name() string {
	for _, l := range Letters {
		if l.Kind == k {
			return l.Name
		}
	}
	return string(k)
}

// Reason is why an office returns or refuses: a code, what it says, its clause,
// and the paragraph it puts into the letter. {申请单位} and {事项} are filled in.
type Reason struct {
	ID       string
	Says     string
	Citation string     // empty where it rests on no clause of its own
	Letter   LetterKind // the letter a return for this reason is
	Finds    string     // what is wrong, as the letter says it
	Cure     string     // what to do about it
	Hidden   bool       // not offered: the house sets it
}

// OutsideRefused is the reason of a case an outside body refused.
const OutsideRefused = "outside"

// maxReasons bounds the reasons of one decision.
const maxReasons = 12

const article = "陕政公开办〔2021〕18号 "

// Reasons is the declared list, in screen order. A decision may name several.
var Reasons = []Reason{
	{ID: "incomplete", Says: "材料不齐全", Letter: SupplementLetter, Citation: article + "第七条（二）",
		Finds: "所报材料不齐全。", Cure: "请对照办理意见逐项补齐材料。"},
	{ID: "consent", Says: "主要负责同志签字页不符合要求", Letter: SupplementLetter, Citation: article + "第七条（二）",
		Finds: "主要负责同志同意的签字页缺失、不清晰，或不是主要负责同志本人签署。", Cure: "请重新上传由主要负责同志本人签署并注明日期的签字页。"},
	{ID: "wrong", Says: "填写有误", Letter: SupplementLetter,
		Finds: "申请表填写的内容与材料或台账不一致。", Cure: "请核对后更正，并说明更正之处。"},
	{ID: "security", Says: "安全要求未落实", Letter: SupplementLetter, Citation: article + "第七条（三）",
		Finds: "安全检测、托管方式或责任落实情况不满足要求。", Cure: "请落实安全措施，补充有资质机构出具的材料。"},
	{ID: "naming", Says: "名称或域名不规范", Letter: SupplementLetter, Citation: article + "第九条、第十条",
		Finds: "拟用名称或域名不符合名称、域名管理的规定。", Cure: "请按规定调整名称或域名后重新提交。"},
	{ID: "unneeded", Says: "必要性说明不充分", Letter: ReturnLetter, Citation: article + "第七条（一）",
		Finds: "现有政府门户网站或已有账号能否满足需要没有说清。", Cure: "请说明为何不能使用现有网站、账号；确能满足的，请撤回申请。"},
	{ID: "quota", Says: "超出开设数量", Letter: ReturnLetter, Citation: article + "第七条（一）",
		Finds: "{申请单位}已有同类网站或账号，超出规定的开设数量。", Cure: "请先整合或关停已有的网站、账号，或申请使用已有的。"},
	{ID: "unfit", Says: "不符合开设条件", Letter: ReturnLetter, Citation: article + "第七条（一）",
		Finds: "{申请单位}或所申请事项不符合开设条件。", Cure: "请核对单位性质和开设条件；条件具备后再行申请。"},
	{ID: "steps", Says: "未经规定程序", Letter: ReturnLetter, Citation: article + "第七条（二）、第八条",
		Finds: "本事项没有经过规定的逐级审核程序，或前一环节的审核不完整。", Cure: "请按规定程序办理，补齐前一环节的审核意见。"},
	{ID: "closing", Says: "迁移、公告或下线安排不落实", Letter: SupplementLetter, Citation: article + "第八条",
		Finds: "内容迁移、公告悬挂或下线时间的安排不满足规定。", Cure: "请补充迁移方案、公告页面和时间安排。"},
	{ID: "other", Says: "其他", Letter: ReturnLetter,
		Finds: "存在办理意见所列的问题。", Cure: "请按办理意见处理。"},
	{ID: OutsideRefused, Says: "外部机关不予批准", Letter: RefusalLetter, Citation: article + "第七条（三）", Hidden: true,
		Finds: "有批准权的机关不予批准。", Cure: "需要时请在条件具备后重新申请。"},
}

// ReasonOf is the reason of a code.
func ReasonOf(code string) (Reason, bool) {
	i := slices.IndexFunc(Reasons, func(r Reason) bool { return r.ID == code })
	if i < 0 {
		return Reason{}, false
	}
	return Reasons[i], true
}

// codes brings what was picked to codes: a code, the words of one, or words of
// the office's own, which stay as they are. Nothing is named twice.
func codes(picked []string) []string {
	var out []string
	for _, p := range picked {
		p = strings.TrimSpace(p)
		if i := slices.IndexFunc(Reasons, func(r Reason) bool { return r.Says == p }); i >= 0 {
			p = Reasons[i].ID
		}
		if r := []rune(p); len(r) > 200 {
			p = string(r[:200])
		}
		if p != "" && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// ReasonNames are the reasons in words.
func ReasonNames(list []string) []string {
	out := make([]string, 0, len(list)+1)
	for _, code := range list {
		if r, ok := ReasonOf(code); ok {
			code = r.Says
		}
		out = append(out, code)
	}
	return out
}

// letterFor is the letter of a return: to be supplemented when every reason
// can be mended by papers, else returned.
func letterFor(reasons []string) LetterKind {
	for _, code := range reasons {
		if r, ok := ReasonOf(code); !ok || r.Letter != SupplementLetter {
			return ReturnLetter
		}
	}
	return SupplementLetter
}
