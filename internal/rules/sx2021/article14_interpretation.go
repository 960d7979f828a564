package sx2021

import (
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules"
)

// FeedbackMonths is the time after the end of a consultation to publish what
// came of it.
const FeedbackMonths = 1

// The rules of Article 14.
var (
	ConsultationChannel = rule("S14.1b.channel", "第十四条（一）", "要开设在线调查征集渠道（不含电子邮件形式）")
	FeedbackInOneMonth  = rule("S14.1c.one_month", "第十四条（一）", "于活动结束后1个月内汇聚网民意见建议并公开反馈结果")
	CommentsStayOpen    = inPrinciple("S14.1d.open", "第十四条（一）", "政务新媒体原则上不得关闭留言、评论和私信等功能")
	PublishedTogether   = rule("S14.3a.together", "第十四条（三）", "发布本地本部门的重要政策文件时，应同步发布多角度、多形式的政策解读产品")
	WaiverNamed         = rule("S14.3a.waiver", "第十四条（三）", "应同步发布多角度、多形式的政策解读产品")
	MutualLink          = rule("S14.3b.mutual_link", "第十四条（三）", "同时做好政策文件与解读材料的相互关联")
)

// PolicyFile is a policy file and what interprets it, at its release.
type PolicyFile struct {
	// MarkedImportant is the author's flag; Normative a 规范性文件;
	// InGovernmentName issued by, or by the office of, a government.
	MarkedImportant, Normative, InGovernmentName bool
	// Interpretations ready to be released in the same moment, by form
	// (文字, 图解, 视频 …).
	Forms []string
	// LinkedBoth: the file links to every interpretation and back.
	LinkedBoth bool
	// Waiver lets the file go out first; it opens an obligation (WaiverDue days).
	Waiver *Waiver
}

// Waiver puts the interpretation off: a named reviewer and a reason.
type Waiver struct{ Reviewer, Reason string }

// Important reports whether 「重要政策文件」 covers the file: normative files and
// files in a government's name are important by default, others by flag.
func (p PolicyFile) Important() bool {
	return p.MarkedImportant || p.Normative || p.InGovernmentName
}

// CheckInterpretation applies Article 14(3) to the release of a policy file.
func CheckInterpretation(p PolicyFile) []rules.Breach {
	var out []rules.Breach
	if len(p.Forms) == 0 && p.Important() {
		switch {
		case p.Waiver == nil:
			return []rules.Breach{PublishedTogether.Breach("重要政策文件没有同步的解读材料，不能单独发布；请先关联解读材料，或由审核人批准缓发解读。")}
		case blank(p.Waiver.Reviewer) || blank(p.Waiver.Reason):
			return []rules.Breach{WaiverNamed.Breach("缓发解读须写明批准人和理由，请补填。")}
		}
	}
	if len(p.Forms) > 0 && !p.LinkedBoth {
		out = append(out, MutualLink.Breach("政策文件与解读材料未相互关联，请在两处都加上链接。"))
	}
	return out
}

// FewForms reports whether the author should be warned that the interpretation
// has fewer forms than the province wants (「多形式」; a warning, no bar).
func FewForms(p PolicyFile, s Settings) bool {
	forms := map[string]bool{}
	for _, f := range p.Forms {
		forms[f] = true
	}
	return p.Important() && len(forms) > 0 && len(forms) < s.InterpretationForms
}

// CheckConsultationChannel refuses a consultation that takes answers by
// e-mail only.
func CheckConsultationChannel(onlineForm bool) []rules.Breach {
	if onlineForm {
		return nil
	}
	return []rules.Breach{ConsultationChannel.Breach("征集调查不能只用电子邮件收集意见，请设置在线表单。")}
}

// FeedbackBy is the last day to publish the result of a consultation.
func FeedbackBy(closed calendar.Date) calendar.Date { return closed.AddMonths(FeedbackMonths) }

// CheckFeedback applies the month to a result published on a day, or not yet
// (then give today).
func CheckFeedback(closed, on calendar.Date) []rules.Breach {
	if by := FeedbackBy(closed); on.After(by) {
		return []rules.Breach{FeedbackInOneMonth.Breachf("征集调查结果最迟应于%s公开，已逾期；请尽快公开反馈结果。", by.Chinese())}
	}
	return nil
}

// CheckCommentsOpen applies the last sentence of Article 14(1) to an account's
// three switches.
func CheckCommentsOpen(messages, comments, privateMessages bool) []rules.Breach {
	if messages && comments && privateMessages {
		return nil
	}
	return []rules.Breach{CommentsStayOpen.Breach("留言、评论和私信功能原则上不得关闭，请开启；平台不支持的，请报批例外。")}
}
