package dashboardweb

import (
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
	"zhengshu/internal/workbench"
)

const hostile = `"><script>alert(1)</script>`

var (
	sampleAt    = time.Date(2026, 11, 26, 0, 30, 0, 0, time.UTC)
	sampleDay   = calendar.DateOf(sampleAt)
	samplePlace = dashboard.Place{Area: org.Area{ID: "province-610000000000", Name: "陕西省"}}
	sampleAsk   = web.Filter{Action: boardPath, Total: -1, Fields: []web.Field{{Kind: web.Select, Name: "under", Label: "区划", Options: []web.Option{{Value: "province-610000000000", Label: "陕西省"}}}}}
)

func sampleCompare(words string) dashboard.Comparison {
	c := dashboard.Comparison{Place: samplePlace, Quarter: assessment.QuarterOf(sampleDay), Month: "2026-11", First: "2026-10", Prior: "2026-09",
		Lines: []dashboard.Line{{Name: "西安市" + words, Area: "city-610100000000", Deep: true, Counts: dashboard.Counts{Sites: 40, Unqualified: 2, Before: 5, Serious: 3, Overdue: 1, Ended: 20, Timely: 18, Judged: 9, OnTime: 9}},
			{Name: "咸阳市", Area: "city-610400000000", Deep: true, Counts: dashboard.Counts{Sites: 30, Unqualified: 4, Before: 3}}, {Name: "陕西省本级", Area: "province-610000000000", Own: true, Counts: dashboard.Counts{Sites: 12}}}}
	c.All = dashboard.Counts{Sites: 82, Unqualified: 6, Before: 8, Serious: 3, Overdue: 1, Ended: 20, Timely: 18, Judged: 9, OnTime: 9}
	return c
}

func sampleMonths() []dashboard.Month {
	var out []dashboard.Month
	p := assessment.MonthOf(calendar.Date{Year: 2025, Month: 12, Day: 1})
	for i := range 12 {
		out = append(out, dashboard.Month{Month: p.String(), Found: 100 + i, Mended: 90 + i, Issued: 30, Missed: i, Qualified: 70, Unqualified: i, Untested: 2, Judged: i > 2})
		p = p.Next()
	}
	return out
}

var sampleTasks = []workbench.Task{{Kind: "整改", Title: "ZG-2026-0001 西安市商务局网站", From: "西安市人民政府办公厅", Link: "/console/orders/o1", Act: "去复查", Due: calendar.Due{On: sampleDay, Provisional: true}}}

func sampleMorning(words string) dashboard.Morning {
	item := dashboard.Item{Text: "首页有严重表述错误" + words, Note: "西安市商务局网站", UnitName: "西安市商务局" + words, At: sampleAt, Link: "/console/findings/f1", Act: "查看并下发整改", Person: "李敏" + words, Post: "A 岗", Phone: "029-86000000"}
	bare := item
	bare.Person, bare.Phone = "", ""
	return dashboard.Morning{Since: sampleAt.Add(-14 * time.Hour), Serious: 3, Overdue: 1, Late: 2, Found: 12, Mended: 9, ToDo: sampleTasks,
		Red:  []dashboard.Part{{Key: "finding", Name: "新发现的严重问题", Figure: "finding.fresh", N: 2, Items: []dashboard.Item{item, bare}}, {Key: "alarm", Name: "未处置的告警", All: "/console/alarms", N: 1, Items: []dashboard.Item{item}}, {Key: "tamper", Name: "未解除的篡改告警", All: "/console/integrity", N: 1, Items: []dashboard.Item{bare}}},
		Calm: []dashboard.Part{{Key: "answered", Name: "已答复、等待复测的整改通知", All: "/console/orders?state=answered", N: 1, Items: []dashboard.Item{item}}}}
}

func sampleBurden(words string) dashboard.Burden {
	a := dashboard.Asked{Unit: "u1", Name: "西安市商务局" + words, Orders: 2, Returns: 1, Notices: 3, Confirms: 4, Minutes: 125, Units: 1}
	return dashboard.Burden{Month: "2026-11", All: a, NUnits: 1, Units: []dashboard.Asked{a}, Askers: []dashboard.Asked{a, {Name: "法定时限", Confirms: 4, Minutes: 40, Units: 1}}, Months: []dashboard.Asked{{Name: "2026-10", Orders: 1, Minutes: 5, Units: 1}, {Name: "2026-11", Orders: 2, Minutes: 125, Units: 1}}}
}

var (
	sampleEstimates = dashboard.Estimates{AsOf: "2026-11-26", Source: "估计", Minutes: map[string]int{"order_finding": 5}}
	sampleLeader    = dashboard.Leader{Unqualified: 2, Sites: 82, Serious: 3, Overdue: 1, Late: 0, Alarms: 1, Month: "2026-11", At: sampleAt, ToDo: sampleTasks}

	boardView = web.Define(views, "views/board.html",
		newCompare(dashboard.Comparison{Place: samplePlace, Quarter: assessment.QuarterOf(sampleDay)}, sampleAsk, time.Time{}),
		newCompare(sampleCompare(""), sampleAsk, sampleAt), newCompare(sampleCompare(hostile), sampleAsk, sampleAt),
		newTrends(nil, samplePlace, sampleAsk, time.Time{}), newTrends(sampleMonths(), samplePlace, sampleAsk, sampleAt),
		newAgeing([]dashboard.Age{{Band: 0, Serious: 1, Error: 5, Orders: 2}, {Band: 4, Advice: 9}}, samplePlace, sampleAsk),
		newFunnel([]dashboard.Stage{{Name: "发现问题", Figure: "finding.found", N: 90, Unit: "个", Median: -1}, {Name: "已办结", Figure: "life.closed", N: 30, Unit: "份", Median: 4, Since: "从下发起"}}, samplePlace, "2026-09", "2026-11", sampleAsk, sampleAt),
		newRules([]dashboard.Rule{{Check: "link.dead", Raised: 90, Mended: 60, Disputed: 3, Upheld: 1, Waiting: 1, Refuted: 1}, {Check: hostile, Raised: 1}}, samplePlace, sampleAsk, sampleAt),
		newBurden(dashboard.Burden{Month: "2026-11"}, samplePlace, sampleEstimates, sampleAsk, time.Time{}), newBurden(sampleBurden(hostile), samplePlace, sampleEstimates, sampleAsk, sampleAt))

	morningView = web.Define(views, "views/morning.html", newMorning(dashboard.Morning{Since: sampleAt}, time.Time{}, false, calendar.DateOf(sampleAt)), newMorning(sampleMorning(""), sampleAt, true, calendar.DateOf(sampleAt)), newMorning(sampleMorning(hostile), sampleAt, false, calendar.DateOf(sampleAt)))

	leaderView = web.Define(views, "views/leader.html", newLeader(dashboard.Leader{At: sampleAt}), newLeader(sampleLeader), newLeader(dashboard.Leader{At: sampleAt, ToDo: []workbench.Task{{Title: hostile, Kind: hostile, Link: "/console/cases/c1"}}}))

	wallView = web.Define(views, "views/wall.html", newWall(dashboard.Leader{At: sampleAt}, dashboard.Comparison{Place: samplePlace, Quarter: assessment.QuarterOf(sampleDay)}, nil), newWall(sampleLeader, sampleCompare(""), sampleMonths()), newWall(sampleLeader, sampleCompare(hostile), sampleMonths()))

	rowsPage = web.Define(web.Plain, "pages/list.html", newRows(nil, 0, dashboard.Query{Figure: "finding.serious"}, ""), newRows([]dashboard.Row{{Kind: "finding", ID: "f1", Text: "首页链接打不开", Note: "西安市商务局网站　一般", Unit: "西安市商务局", At: sampleAt, Link: "/console/findings/f1"}}, 1, dashboard.Query{Figure: "finding.found", From: "2026-11", To: "2026-11"}, "西安市　2026年11月"),
		newRows([]dashboard.Row{{Text: hostile, Note: hostile, Unit: hostile, Link: "/console/findings/f1"}}, 1, dashboard.Query{Figure: "finding.found"}, hostile))
)
