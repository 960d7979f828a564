package sx2021

import "zhengshu/internal/rules"

// The rules of Article 12(2): the six declarations of the final review
// (readings 19).
var (
	ContentInDuty      = rule("S12.2a.duty", "第十二条（二）", "不得发布与职能没有直接关联的信息")
	ContentSourceKnown = rule("S12.2a.source_known", "第十二条（二）", "不得发布来源不明信息")
	ContentSensitive   = rule("S12.2a.sensitive", "第十二条（二）", "不得发布与职能没有直接关联的信息，不得发布来源不明信息、敏感性信息、涉密性信息、可能影响社会稳定的信息")
	ContentSecret      = rule("S12.2a.secret", "第十二条（二）", "不得发布来源不明信息、敏感性信息、涉密性信息")
	ContentOpinion     = rule("S12.2b.opinion", "第十二条（二）", "不得擅自发布代表个人观点、意见及情绪的言论")
	ContentAdvertising = rule("S12.2b.advertising", "第十二条（二）", "不得刊登商业广告或链接商业广告页面")
)

// Declarations are what the final reviewer declares of an item, one by one.
type Declarations struct {
	InDuty, SourceKnown, NothingSensitive, NothingSecret, NoOpinion, NoAdvertising bool
}

// CheckDeclarations applies Article 12(2): an item is released only when all
// six are declared.
func CheckDeclarations(d Declarations) []rules.Breach {
	var out []rules.Breach
	for _, c := range []struct {
		declared bool
		rule     rules.Rule
		says     string
	}{
		{d.InDuty, ContentInDuty, "未声明“与本单位职能直接相关”，请核实后勾选。"},
		{d.SourceKnown, ContentSourceKnown, "未声明“来源明确”，请核实来源后勾选。"},
		{d.NothingSensitive, ContentSensitive, "未声明“不含敏感和影响社会稳定的信息”，请核实后勾选。"},
		{d.NothingSecret, ContentSecret, "未声明“不含涉密信息”，请经保密审查后勾选。"},
		{d.NoOpinion, ContentOpinion, "未声明“不含个人观点、意见及情绪”，请核实后勾选。"},
		{d.NoAdvertising, ContentAdvertising, "未声明“不含商业广告及广告链接”，请核实后勾选。"},
	} {
		if !c.declared {
			out = append(out, c.rule.Breach(c.says))
		}
	}
	return out
}
