package sx2021

import (
	"testing"

	"zhengshu/internal/calendar"
)

func TestArticle14_3_Interpretation(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   PolicyFile
		want []string
	}{
		{"important, with a linked interpretation", PolicyFile{Normative: true, Forms: []string{"图解"}, LinkedBoth: true}, nil},
		{"important, alone", PolicyFile{InGovernmentName: true}, []string{"S14.3a.together"}},
		{"important, waived", PolicyFile{MarkedImportant: true, Waiver: &Waiver{"王某", "防汛紧急发布"}}, nil},
		{"waived by nobody", PolicyFile{Normative: true, Waiver: &Waiver{Reason: "急"}}, []string{"S14.3a.waiver"}},
		{"not linked back", PolicyFile{Normative: true, Forms: []string{"文字"}}, []string{"S14.3b.mutual_link"}},
		{"not important", PolicyFile{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) { wantRules(t, CheckInterpretation(tt.in), tt.want...) })
	}
	s := Defaults()
	if !FewForms(PolicyFile{Normative: true, Forms: []string{"文字", "文字"}}, s) || FewForms(PolicyFile{Normative: true, Forms: []string{"文字", "图解"}}, s) {
		t.Error("two different forms are enough, one twice is not")
	}
}

func TestArticle14_1_Consultation(t *testing.T) {
	closed := calendar.Date{Year: 2026, Month: 1, Day: 31}
	wantRules(t, CheckFeedback(closed, calendar.Date{Year: 2026, Month: 2, Day: 28}))
	wantRules(t, CheckFeedback(closed, calendar.Date{Year: 2026, Month: 3, Day: 1}), "S14.1c.one_month")
	wantRules(t, CheckConsultationChannel(false), "S14.1b.channel")
	wantRules(t, CheckCommentsOpen(true, true, false), "S14.1d.open")
	wantRules(t, CheckCommentsOpen(true, true, true))
}
