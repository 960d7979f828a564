package blindtestweb

import (
	"time"

	"zhengshu/internal/blindtest"
	"zhengshu/internal/calendar"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

var (
	sampleToday    = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleAt       = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	sampleCampaign = blindtest.Campaign{ID: "c", Number: "MC-2026-0001", Name: "西安市2026年第三季度盲测", Period: "2026-Q3", UnitName: "西安市人民政府办公厅", Share: 100, Seed: 42, Stock: 1, Days: 5, State: blindtest.Running, HeadName: "林知远", MadeAt: sampleAt}
	hostCampaign   = blindtest.Campaign{ID: `"`, Number: "<i>", Name: "<script>", Period: `"`, UnitName: "<b>", State: "<b>", HeadName: "<i>", ClosedAt: sampleAt, ClosedBy: "<b>"}
	sampleMarks    = []blindtest.Mark{{Seat: "first", Name: "周慎行", OnPoint: true, Complete: true}, {Seat: "second", Name: "沈若谷", OnPoint: true, Says: "没有写办理时限"}}
	sampleLetter   = blindtest.Letter{ID: "l", SiteName: "雁塔区人民政府", AreaName: "雁塔区", Way: "manual", Title: "居住证到期后怎样续签", Body: "请问需要哪些材料？", Number: "2026001", SentTo: "区长信箱", SentOn: sampleToday.AddDays(-5), SentBy: "林知远", Due: calendar.Due{On: sampleToday, Provisional: true}, AnsweredOn: sampleToday.AddDays(-5), Answer: "请携带身份证。", State: blindtest.Answered, Marks: sampleMarks, LetterID: "x"}
	hostLetter     = blindtest.Letter{ID: `"`, SiteName: "<script>", AreaName: "<b>", Way: "<i>", Title: "<script>", Body: "</p>", Number: "<b>", SentTo: "<i>", State: blindtest.Void, Why: "<script>", Answer: "<b>", AnsweredOn: sampleToday, Marks: []blindtest.Mark{{Seat: "<b>", Name: "<script>", Says: "</td>"}, {Seat: "head", Says: "<script>"}}}
	sampleTable    = blindtest.Table{Rows: []blindtest.Row{{Name: "雁塔区", Sites: 1, Letters: 2, OnTime: 1}, {Name: "碑林区", Sites: 1, Letters: 2, AllSilent: 1}}, Sum: blindtest.Row{Name: "合计", Sites: 2, Letters: 4, OnTime: 1}}
	sampleOpening  = []blindtest.Opening{{AskedBy: "林知远", AskedAt: sampleAt, Reason: "人工发信"}, {AskedBy: "林知远", AskedAt: sampleAt, AgreedBy: "周慎行", AgreedAt: sampleAt}}
	hostOpening    = []blindtest.Opening{{AskedBy: "<b>", Reason: "<script>", AgreedBy: "<i>", AgreedAt: sampleAt}}
)

func inState(l blindtest.Letter, state string) blindtest.Letter {
	l.State, l.Marks, l.AnsweredOn = state, nil, calendar.Date{}
	return l
}

func at(c blindtest.Campaign, state string) blindtest.Campaign {
	c.State = state
	return c
}

var listPage = web.Define(web.Plain, "pages/list.html", newList(nil), newList([]blindtest.Campaign{sampleCampaign}), newList([]blindtest.Campaign{hostCampaign}),
	newQueue(nil), newQueue([]blindtest.ToMark{{ID: "l", Title: "居住证续签", Answer: "请携带身份证。"}}), newQueue([]blindtest.ToMark{{ID: `"`, Title: "<script>", Answer: "<b>"}}),
	newOwn(nil), newOwn([]blindtest.Letter{sampleLetter, inState(sampleLetter, blindtest.Lapsed)}), newOwn([]blindtest.Letter{hostLetter}))

var recordPage = web.Define(web.Plain, "pages/record.html", newCampaign(sampleCampaign, nil, blindtest.Table{}, nil, nil), newCampaign(sampleCampaign, []blindtest.Letter{sampleLetter}, sampleTable, sampleOpening, []blindtest.Persona{{Name: "王平", Phone: "15500000001"}}),
	newCampaign(at(sampleCampaign, blindtest.Planned), nil, blindtest.Table{}, sampleOpening[1:], nil), newCampaign(hostCampaign, []blindtest.Letter{hostLetter}, blindtest.Table{Rows: []blindtest.Row{{Name: "<script>"}}}, hostOpening, []blindtest.Persona{{Name: "<b>", Phone: "<i>"}}),
	newLetter(sampleCampaign, sampleLetter, web.Act{Text: "列为问题", Href: "/console/orders/seen"}), newLetter(sampleCampaign, inState(sampleLetter, blindtest.Waiting), web.Act{}), newLetter(sampleCampaign, inState(sampleLetter, blindtest.Sent), web.Act{}), newLetter(hostCampaign, hostLetter, web.Act{}),
	newOwnLetter(inState(sampleLetter, blindtest.Lapsed)), newOwnLetter(sampleLetter), newOwnLetter(hostLetter))

var formPage = web.Define(web.Plain, "pages/form.html", newPlanning(nil, sx2021.Settings{}, sampleToday), newPlanning([]web.Option{{Value: "u", Label: "西安市人民政府办公厅"}}, sx2021.Defaults(), sampleToday), newPlanning([]web.Option{{Value: `"`, Label: "<script>"}}, sx2021.Defaults(), sampleToday),
	newMark(blindtest.ToMark{}), newMark(blindtest.ToMark{ID: "l", Title: "居住证续签", Body: "请问？", Answer: "请携带身份证。", Expects: "材料", Own: &sampleMarks[0]}), newMark(blindtest.ToMark{ID: `"`, Title: "<script>", Body: "</p>", Answer: "<b>", Expects: "<i>"}))
