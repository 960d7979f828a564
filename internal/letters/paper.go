package letters

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
)

// Paper is the answer to a letter as a document: what a unit seals and sends,
// and what a writer keeps.
type Paper struct {
	Number     string
	Title      string
	SiteName   string
	Unit       string // that answers
	Asked      string // the letter, where it stands beside the answer; "" where the writer has it
	Answer     string
	ReceivedAt calendar.Date
	AnsweredAt calendar.Date
	Sealed     bool // room for a seal
}

// Document is the answer in the layout of GB/T 9704. It names nobody: the number
// tells the writer which letter is meant.
func (p Paper) Document() *official.Document {
	d := &official.Document{Title: "关于“" + p.Title + "”来信的答复", To: "来信人", Issuer: p.Unit, Dated: p.AnsweredAt.Chinese(), Sealed: p.Sealed, Note: "来信编号：" + p.Number}
	came := "您于" + p.ReceivedAt.Chinese() + "提交的来信收悉。"
	if p.SiteName != "" {
		came = "您于" + p.ReceivedAt.Chinese() + "在“" + p.SiteName + "”提交的来信收悉。"
	}
	if p.Asked != "" {
		d.Paragraph(came + "来信内容：")
		d.Paragraph(p.Asked)
		d.Paragraph("现答复如下：")
	} else {
		d.Paragraph(came + "现答复如下：")
	}
	d.Paragraph(p.Answer)
	return d
}

// Paper is the answer to a letter in scope, to be sealed and sent.
func (s *Service) Paper(ctx context.Context, scope authz.Scope, id LetterID) (Paper, error) {
	l, err := s.Letter(ctx, scope, id)
	if err != nil {
		return Paper{}, err
	}
	rounds, err := s.rounds(ctx, s.db, id)
	if err != nil {
		return Paper{}, err
	}
	for _, r := range rounds {
		if r.Verdict == "pass" && !l.AnsweredAt.IsZero() {
			return Paper{Number: l.Number, Title: l.Title, SiteName: l.SiteName, Unit: l.UnitName, Answer: r.Draft.Answer, ReceivedAt: calendar.DateOf(l.ReceivedAt), AnsweredAt: calendar.DateOf(l.AnsweredAt), Sealed: true}, nil
		}
	}
	return Paper{}, errUnanswered()
}

func errUnanswered() error {
	return fault.New(fault.Refused, "这封来信还没有答复，没有可以下载的答复文书；审核通过后再下载。")
}

// Paper is the answer as its writer takes it home.
func (f Follow) Paper() (Paper, error) {
	if f.Answer == "" {
		return Paper{}, errUnanswered()
	}
	return Paper{Number: f.Number, Title: f.Title, Unit: f.Unit, Answer: f.Answer, ReceivedAt: calendar.DateOf(f.ReceivedAt), AnsweredAt: calendar.DateOf(f.AnsweredAt)}, nil
}

// Paper is a published letter with its answer, as it was published.
func (y Reply) Paper() Paper {
	return Paper{Number: y.Number, Title: y.Title, Unit: y.Unit, Asked: y.Body, Answer: y.Answer, ReceivedAt: y.ReceivedOn, AnsweredAt: y.AnsweredOn}
}
