package lettersweb

import (
	"net/url"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
)

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 16}
	sampleAt  = time.Date(2026, 3, 9, 1, 30, 0, 0, time.UTC)
	everyone  = &authz.Session{PersonID: "P", Name: "王审核", Posts: []authz.Post{{Role: authz.Sponsor, UnitID: "U"}, {Role: authz.FinalReviewer, UnitID: "U"}}}
)

func sampleLetter(state string) letters.Letter {
	return letters.Letter{ID: "01JLETTER", Number: "LX-2026-0017", SiteName: "西安市人民政府", UnitName: "西安市人民政府办公厅", HandlerUnitName: "西安市商务局", HandlerName: "赵起草",
		Type: letters.Consult, Title: "咨询农贸市场开放时间", Body: "您好，请问周末农贸市场几点开门？\n电话138****8000。", Contact: letters.Contact{Name: "欧***", Phone: "138****8000"},
		PublicConsent: true, State: state, Due: calendar.Due{On: sampleDay}, ReceivedAt: sampleAt}
}

func sampleFile(state string) file {
	return file{
		letter:     sampleLetter(state),
		duplicates: []letters.Duplicate{{ID: "01JOTHER", Number: "LX-2026-0009", StateName: "已答复", Percent: 83}}, others: 3,
		rounds: []letters.AnswerRound{{Round: 1, Drafter: "赵起草", At: sampleAt, SHA256: "ab", Draft: letters.Draft{Answer: "您好：农贸市场周末七点开门。", PublicTitle: "咨询农贸市场开放时间", PublicBody: "请问周末农贸市场几点开门？", PublicAnswer: "农贸市场周末七点开门。"}}},
		steps:  []passage.Step{{Act: "submit", At: sampleAt}, {Act: "accept", At: sampleAt.Add(time.Hour), ActorName: "李收信"}},
	}
}

func hostileFile() file {
	x := sampleFile(letters.Submitted)
	x.letter.Title, x.letter.Body, x.letter.HandlerName = `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>{{.}}`, `"'<b>`
	x.letter.Contact = letters.Contact{Name: `<b>*`, Phone: `"*`, Email: `<i>@x`}
	x.steps[1].Note = `</ol><script>`
	return x
}

var queuePage = web.Define(views, "views/queue.html",
	newQueueView(nil, 0, url.Values{}, sampleDay),
	newQueueView([]letters.Letter{sampleLetter(letters.Submitted), sampleLetter(letters.Published), sampleLetter(letters.Invalid)}, 3, url.Values{"waiting": {"1"}}, sampleDay.AddDays(1)),
	newQueueView([]letters.Letter{hostileFile().letter}, 1, url.Values{"q": {`"><script>`}, "unit": {`"><script>`}}, sampleDay),
)

func wrongly(v letterView) letterView {
	for i := range v.Acts {
		if v.Acts[i].Form.Field("invalid_reason") != nil {
			v.Acts[i].Form.Wrong(fault.New(fault.Invalid, "不予受理的理由没有写清楚。").On("invalid_reason", `请写明"><script>`))
		}
	}
	return v
}

var letterPage = web.Define(views, "views/letter.html",
	newLetterView(file{letter: sampleLetter(letters.Submitted)}, &authz.Session{Posts: []authz.Post{{Role: authz.Supervisor}}}, sampleDay),
	newLetterView(sampleFile(letters.Drafted), everyone, sampleDay.AddDays(2)),
	newLetterView(sampleFile(letters.Published), everyone, sampleDay),
	newLetterView(sampleFile(letters.InvalidProposed), everyone, sampleDay),
	wrongly(newLetterView(hostileFile(), everyone, sampleDay)),
)

var assignPage = web.Define(views, "views/assign.html",
	newAssignView(sampleLetter(letters.Accepted), nil, "", nil),
	newAssignView(sampleLetter(letters.Accepted), []org.Unit{{ID: "U1", Name: "西安市商务局"}}, "U1", []org.Holder{{Person: org.Person{ID: "P1", Name: "赵起草"}}}),
	newAssignView(hostileFile().letter, []org.Unit{{ID: `"><script>`, Name: `<script>`}}, `"><script>`, nil),
)

var answerPage = web.Define(views, "views/answer.html",
	newAnswerView(sampleLetter(letters.Assigned), letters.Draft{}, "", sampleDay),
	newAnswerView(sampleLetter(letters.Assigned), sampleFile(letters.Drafted).rounds[0].Draft, "请补充依据", sampleDay),
	newAnswerView(hostileFile().letter, letters.Draft{Answer: `</textarea><script>`}, `<script>`, sampleDay),
)

func sampleCounts(key, name string) letters.Counts {
	return letters.Counts{Key: key, Name: name, N: map[letters.Measure]int{letters.MeasureReceived: 40, letters.MeasureAccepted: 38, letters.MeasureAnswered: 35,
		letters.MeasureOnTime: 34, letters.MeasureLate: 1, letters.MeasurePublished: 20}}
}

var statisticsPage = web.Define(views, "views/statistics.html",
	newStatisticsView(letters.Figures{At: sampleAt, Total: letters.Counts{N: map[letters.Measure]int{}}}, ""),
	func() statisticsView {
		c := sampleCounts("", "")
		v := newStatisticsView(letters.Figures{At: sampleAt, Total: c, ByType: []letters.Counts{sampleCounts("consult", "咨询")}, ByMonth: []letters.Counts{sampleCounts("2026-03", "2026-03")},
			ByUnit: []letters.Counts{sampleCounts("U", "西安市人民政府办公厅")}}, "2026-03")
		v.Daily = web.Alert{Kind: web.Warn, Title: "没有每日登录", Text: "有2天未登录互动交流系统。"}
		return v
	}(),
	newStatisticsView(letters.Figures{At: sampleAt, Total: sampleCounts("", ""), ByUnit: []letters.Counts{sampleCounts(`"><script>`, `<script>`)}}, `"><script>`),
)
