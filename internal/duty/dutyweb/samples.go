package dutyweb

import (
	"net/url"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/duty"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
	"zhengshu/internal/web"
)

const bad = `"><script>alert(1)</script>`

var (
	sampleToday  = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleNow    = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	sampleUnit   = org.Unit{ID: "01JU", Name: "西安市人民政府办公厅", Kind: org.Office}
	sampleShift  = duty.Shift{ID: "01JA", Unit: "01JU", From: sampleNow.Add(-2 * time.Hour), Until: sampleNow.Add(10 * time.Hour), Lead: "p1", LeadName: "张三", Second: "p2", SecondName: "李四", Leader: "p9", LeaderName: "赵六"}
	sampleNext   = duty.Shift{ID: "01JB", Unit: "01JU", From: sampleNow.Add(10 * time.Hour), Until: sampleNow.Add(22 * time.Hour), Lead: "p3", LeadName: "王五"}
	samplePeople = []org.Person{{ID: "p1", Name: "张三", Title: "主任科员"}, {ID: "p2", Name: "李四"}, {ID: "p3", Name: "王五"}}
	sampleRoster = duty.Roster{ID: "01JR", Unit: sampleUnit, Month: "2026-11", State: duty.Draft, Shifts: []duty.Shift{sampleShift, sampleNext, {ID: "x", From: sampleNow.Add(22 * time.Hour), Until: sampleNow.Add(34 * time.Hour)}},
		Breaches: []rules.Breach{sx2021.DutyRound.Breach("11月24日20:00至12月1日00:00没有人值班，请补上班次。")}, Double: []sx2021.DutySpan{{From: sampleToday.Start(), Until: sampleToday.End(), Name: "省“两会”"}}}
	sampleAlarm  = duty.Alarm{ID: "01JL", Unit: "01JU", UnitName: "西安市人民政府办公厅", Title: "西安市平台上的 3 个网站打不开", Says: "连续3次访问失败。", State: duty.Raised, Told: "10:00 当班张三", RaisedAt: sampleNow, NextAt: sampleNow.Add(15 * time.Minute), Sites: 3, StillWrong: 2}
	sampleFacts  = []duty.Facts{{Site: "s1", Name: "西安市人民政府", Host: "www.xa.gov.cn", Unit: "西安市人民政府办公厅", Watched: true, Probes: 2016, Failures: 3, Verdict: duty.Pass, By: "张三", At: sampleNow}, {Site: "s2", Name: "西安市商务局网站", Host: "sw.xa.gov.cn", Unit: "西安市商务局", Watched: true, Down: true, Probes: 300, Failures: 20, Links: 2, Serious: 1, Content: 1}, {Site: "s3", Name: "西安市教育局网站", Host: "edu.xa.gov.cn", Verdict: duty.Problem, Note: "首页轮播图打不开", Finding: "01JF", By: "张三", At: sampleNow}}
	sampleRecord = duty.Record{ID: "01JD", Unit: sampleUnit, On: sampleToday, State: duty.Open, OpenedBy: "张三", OpenedAt: sampleNow, Due: sampleToday.Start().Add(18 * time.Hour), Sites: sampleFacts, Media: duty.Media{Accounts: 41, Known: 38, Stale: 3, Silent: 1, Wrong: 4}, Alarms: []duty.Alarm{sampleAlarm}}
	sampleEvent  = duty.Incident{ID: "01JI", Number: "SJ-2026-0001", Unit: "01JU", UnitName: "西安市人民政府办公厅", Title: "市平台网站大面积打不开", Says: "机房断电。", State: duty.Closing, OpenedBy: "张三", OpenedAt: sampleNow, Cause: "机房断电", Lesson: "加装备用电源", Proposer: "张三", ProposedAt: sampleNow}
	sampleDown   = duty.Takedown{ID: "01JT", Unit: "01JU", UnitName: "西安市商务局", Item: "01JX", Title: "关于某事的通知", Reason: "含有未遮蔽的个人信息", State: duty.Proposed, Proposer: "张三", ProposedAt: sampleNow}
	sampleHere   = duty.Takedown{ID: "01JU", UnitName: "西安市人民政府办公厅", Item: "01JX", Title: "关于某事的通知", Reason: "含有未遮蔽的个人信息", State: duty.Alone, Proposer: "李四", ProposedAt: sampleNow, DownAt: sampleNow, OwnerName: "西安市商务局", Places: []duty.Place{{Site: "s1", Name: "西安市人民政府"}}}
	sampleSwap   = duty.Swap{ID: "w", Part: duty.OnDuty, State: duty.Asked, FromName: "张三", From: "p1", To: "p3", ToName: "王五", Shift: sampleShift, Reason: "出差", AskedAt: sampleNow}
	sampleMine   = duty.Takedown{ID: "01JV", UnitName: "西安市商务局", Item: "01JX", Title: "关于某事的通知", Reason: "有误", State: duty.Proposed, Proposer: "张三", ProposerID: "p1", ProposedAt: sampleNow}
	sampleReach  = duty.Reach{Pages: []string{"http://www.xa.gov.cn/content/202611/x.html"}, Sites: 7, Due: calendar.Due{On: sampleToday.AddDays(1)}}
	badUnit      = org.Unit{ID: org.UnitID(bad), Name: bad}
	badShift     = duty.Shift{ID: bad, LeadName: bad, Lead: "p", Leader: "q", LeaderName: bad, From: sampleNow, Until: sampleNow.Add(time.Hour)}
	badAlarm     = duty.Alarm{ID: bad, UnitName: bad, Title: bad, Says: bad, Told: bad, State: duty.Ended, EndedWhy: bad, EndedBy: bad, Incident: bad, TakenBy: bad}
	badEvent     = duty.Incident{ID: bad, Number: bad, UnitName: bad, Title: bad, Says: bad, State: duty.Closed, Cause: bad, Lesson: bad, Proposer: bad, Closer: bad, OpenedBy: bad}
	badDown      = duty.Takedown{ID: bad, UnitName: bad, Item: "x", Title: bad, Reason: bad, State: duty.Alone, Proposer: bad, Decider: bad, Opinion: bad, Incident: bad}
	sampleWho    = &authz.Session{PersonID: "p1", Name: "张三", Posts: []authz.Post{{Role: authz.Supervisor, UnitID: "01JU"}}}
)

func refusedReading() readingView {
	v := newReading(sampleRecord, true)
	v.refused(url.Values{"site": {"s2"}, "note": {bad}}, "没有记下", fault.New(fault.Invalid, bad))
	v.unconfirmed(url.Values{"says": {bad}}, "没有确认", fault.New(fault.Refused, bad))
	return v
}

var (
	listPage = web.Define(web.Plain, "pages/list.html", newAlarms(nil, 0, inspection.Gap{Title: "本系统的网络不通", Says: "自 2026-11-28 01:20 起，公共网络上没有地址应答。"}, nil), newAlarms([]duty.Alarm{sampleAlarm}, 1, inspection.Gap{}, &sampleUnit), newAlarms([]duty.Alarm{badAlarm}, 1, inspection.Gap{Title: "<b>", Says: "<i>"}, &org.Unit{ID: `">`, Name: "<b>"}),
		newIncidents(nil, 0, true, nil), newIncidents([]duty.Incident{sampleEvent}, 1, true, &sampleUnit), newIncidents([]duty.Incident{badEvent}, 1, false, nil),
		newTakedowns(nil, 0, true), newTakedowns([]duty.Takedown{sampleDown}, 1, true), newTakedowns([]duty.Takedown{badDown}, 1, false))
	recordView = web.Define(web.Plain, "pages/record.html", newDesk(deskData{unit: sampleUnit}, sampleNow), newDesk(deskData{unit: sampleUnit, now: sampleNext, reports: true, periods: []vigil.Period{{ID: "01JP", Name: "省“两会”", From: sampleToday, Until: sampleToday.AddDays(3)}}}, sampleNow),
		newDesk(deskData{unit: sampleUnit, others: []org.Unit{{ID: "o", Name: "西安市商务局"}}, now: sampleShift, next: sampleNext, mine: sampleNext, record: sampleRecord, alarms: []duty.Alarm{sampleAlarm}, incidents: []duty.Incident{sampleEvent}, me: "p3", serves: true, manages: true,
			swaps: []duty.Swap{{ID: "w", State: duty.Asked, FromName: "张三", From: "p1", To: "p3", ToName: "王五", Shift: sampleShift, Reason: "出差"}}, past: []duty.Day{{On: sampleToday, State: duty.Open}, {On: sampleToday.AddDays(-1), State: duty.Confirmed, Person: "张三"}, {On: sampleToday.AddDays(-2)}}}, sampleNow),
		newDesk(deskData{unit: badUnit, periods: []vigil.Period{{ID: bad, Name: bad}}, now: badShift, next: badShift, mine: badShift, me: "p", alarms: []duty.Alarm{badAlarm}, handedUp: []duty.Alarm{badAlarm}, swaps: []duty.Swap{{ID: bad, State: duty.Asked, FromName: bad, To: "p", Reason: bad, Shift: badShift}}}, sampleNow),
		newRoster(duty.Roster{Unit: sampleUnit, Month: "2026-12"}, nil, nil, reader{me: "p3", manages: true}, sampleNow), newRoster(sampleRoster, samplePeople, []duty.Pattern{{ID: "k", Name: "平时"}}, reader{me: "p3", manages: true}, sampleNow),
		newRoster(duty.Roster{Unit: badUnit, Month: "2026-12", State: duty.Published, PublishedBy: bad, Shifts: []duty.Shift{badShift}}, []org.Person{{ID: "p", Name: bad, Title: bad}}, []duty.Pattern{{ID: bad, Name: bad}}, reader{me: "p3", manages: true, leaders: []org.Person{{ID: org.PersonID(bad), Name: bad}}}, sampleNow),
		newEdition(sampleRoster, duty.Edition{No: 1, PublishedBy: "赵六", PublishedAt: sampleNow, ReopenedBy: "赵六", ReopenedAt: sampleNow, Shifts: []duty.Shift{sampleShift, sampleNext}}), newEdition(duty.Roster{Unit: badUnit, Month: "2026-12"}, duty.Edition{PublishedBy: bad, ReopenedBy: bad, Shifts: []duty.Shift{badShift}}),
		newRoster(sampleRoster, samplePeople, nil, reader{me: "p1", asking: []duty.Swap{sampleSwap}}, sampleNow.Add(-24*time.Hour)), newRoster(sampleRoster, samplePeople, nil, reader{editions: []duty.Edition{{No: 1, PublishedBy: bad, PublishedAt: sampleNow, ReopenedBy: bad, ReopenedAt: sampleNow}}, changes: []duty.Change{{At: sampleNow, Who: bad, Does: "改动班次", Text: bad}}}, sampleNow),
		newHandover(duty.Handover{Shift: sampleShift, Next: sampleNext}, sampleUnit, "没有未结的告警和事件。", "p1", sampleShift.HandoverFrom()), newHandover(duty.Handover{Shift: sampleShift, Next: sampleNext}, sampleUnit, "没有未结的告警和事件。", "p1", sampleNow), newHandover(duty.Handover{Shift: sampleShift, Next: sampleNext, State: duty.Given, Says: "无", Open: "未结告警 1 个", Giver: "张三", GivenAt: sampleNow}, sampleUnit, "", "p3", sampleNow), newHandover(duty.Handover{Shift: badShift, State: duty.Taken, Says: bad, Open: bad, Giver: bad, Taker: bad}, badUnit, bad, "p", sampleNow),
		newAlarm(sampleAlarm, []duty.AlarmSite{{Site: "s1", Name: "西安市商务局网站", Says: "打不开", Since: sampleNow}}, []passage.Step{{Act: "raise", At: sampleNow}}, true, true), newAlarm(badAlarm, []duty.AlarmSite{{Site: registry.SiteID(bad), Name: bad, Finding: bad, Says: bad}}, nil, true, true),
		newRoom(duty.Room{Incident: sampleEvent, Entries: []duty.Entry{{Kind: "note", Says: "已恢复供电", Person: "张三", At: sampleNow}}, Tasks: []duty.Task{{ID: "t", Says: "联系机房", Person: "李四"}}, Members: []duty.Member{{ID: "p1", Name: "张三", Joined: sampleNow}}, Sites: []registry.Site{{ID: "s", Name: "西安市商务局网站", Host: "sw.xa.gov.cn"}}, Alarms: []duty.Alarm{sampleAlarm}, Takedowns: []duty.Takedown{sampleDown}, Files: []approval.Attachment{{ID: "f", Name: "情况说明.pdf"}}}, samplePeople, "p1", true, true),
		newRoom(duty.Room{Incident: badEvent, Entries: []duty.Entry{{Kind: bad, Says: bad, Link: bad, Person: bad}}, Tasks: []duty.Task{{Says: bad, Person: bad, Result: bad}}, Members: []duty.Member{{Name: bad}}, Files: []approval.Attachment{{ID: bad, Name: bad}}}, nil, "p", true, true),
		newTakedown(sampleDown, duty.Reach{}, []passage.Step{{Act: "propose", At: sampleNow, ActorName: "张三"}}, sampleWho, second{}), newTakedown(badDown, duty.Reach{}, nil, sampleWho, second{}), newTakedown(sampleHere, sampleReach, nil, sampleWho, second{people: samplePeople, unit: "陕西省人民政府办公厅"}), newTakedown(sampleMine, duty.Reach{}, nil, sampleWho, second{}))
	formPage = web.Define(web.Plain, "pages/form.html", newShift(sampleRoster, duty.Shift{}, samplePeople, nil), newShift(sampleRoster, sampleShift, samplePeople, samplePeople), newSwap(sampleShift, sampleUnit, samplePeople, nil, "p9"), newSwap(sampleShift, sampleUnit, samplePeople, []duty.Swap{sampleSwap}, "p1"), newSwap(sampleShift, sampleUnit, samplePeople, []duty.Swap{sampleSwap}, "p3"), newSwap(badShift, badUnit, []org.Person{{ID: org.PersonID(bad), Name: bad}}, []duty.Swap{{ID: bad, State: duty.Asked, From: "x", FromName: bad, ToName: bad, Reason: bad, Shift: badShift}}, "p"),
		newIncidentForm(web.Field{Name: "unit", Label: "处置单位"}, duty.Alarm{}), newIncidentForm(web.Field{}, sampleAlarm), newIncidentForm(web.Field{}, badAlarm), newTakedownForm("", ""), newTakedownForm(bad, bad))
	readingPage = web.Define(views, "views/record.html", newReading(duty.Record{Unit: sampleUnit, On: sampleToday}, true), newReading(sampleRecord, true), refusedReading(),
		newReading(duty.Record{Unit: sampleUnit, On: sampleToday.AddDays(-2), Late: true, Sites: []duty.Facts{{Site: "s1", Name: "西安市人民政府", Host: "www.xa.gov.cn", OneDay: true}, {Site: "s2", Name: "西安市商务局网站", Host: "sw.xa.gov.cn", OneDay: true, Watched: true, Probes: 9, Failures: 9, Down: true}}}, true),
		newReading(duty.Record{Unit: badUnit, On: sampleToday, State: duty.Confirmed, Person: bad, Says: bad, Sites: []duty.Facts{{Site: registry.SiteID(bad), Name: bad, Host: `x" onclick="y`, Unit: bad, Verdict: duty.Problem, Note: bad, Finding: bad, By: bad}}}, true))
)
