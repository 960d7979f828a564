package blindtest

import (
	"context"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// OriginKind is what a test letter is called among the origins of findings.
const OriginKind = "blindtest"

// Fails reports whether the letter was not answered as it should have been.
func (l Letter) Fails() bool { return l.State != Void && l.State != Waiting && !l.Good() }

// Wrong says what is wrong with how a letter was answered.
func (l Letter) Wrong() string {
	switch {
	case l.AnsweredOn.IsZero():
		return "测试信件“" + l.Title + "”没有答复"
	case !l.OnTime():
		return "测试信件“" + l.Title + "”逾期答复"
	}
	return "测试信件“" + l.Title + "”答非所问"
}

// Origin lets a letter that was not answered, late or beside the point become a
// finding of its site, once the test has ended and the units know of it.
func (s *Service) Origin() assessment.Source {
	return assessment.Source{Kind: OriginKind, Name: "来信盲测", Propose: func(ctx context.Context, q db.Querier, scope authz.Scope, id string) (assessment.Proposal, error) {
		c, l, err := s.one(ctx, q, scope, id)
		switch {
		case err != nil:
			return assessment.Proposal{}, err
		case c.State != Closed:
			return assessment.Proposal{}, fault.Newf(fault.Conflict, "这次盲测现在是“%s”，结束并告知各单位后才能列为问题。", c.StateName())
		case !l.Fails():
			return assessment.Proposal{}, fault.New(fault.Conflict, "这封测试信件按时答复、答复切题，或已作废，不是问题。")
		}
		p := assessment.Proposal{Name: c.Name + " " + l.Title, Link: c.Link() + "/letters/" + l.ID, Unit: l.Unit,
			Saw: assessment.Saw{Object: registry.Ref{Kind: sx2021.Site, ID: string(l.Site)}, Cause: "letters", Severity: check.Error, Says: l.Wrong() + "（" + l.SentOn.Chinese() + "发出，期限" + l.Due.On.Chinese() + "）", Place: l.SentTo, Fix: "请查明原因，补充答复，并说明怎样保证今后按时、切题答复。", Clause: answerID}}
		if !l.AnsweredOn.IsZero() {
			p.On = l.AnsweredOn
		} else {
			p.On = l.Due.On
		}
		return p, nil
	}}
}
