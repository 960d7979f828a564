package libraryweb

import (
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/prose"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const usual = "关于做好2026年防汛工作的通知"

var (
	signView     = web.Define(views, "views/sign.html", newSign(sampleReview(usual), sampleDesk(usual)), signPage{Heading: web.Heading{Title: "签批"}, Changes: web.Table{Caption: "对照"}}, newSign(sampleReview(hostile), sampleDesk(hostile)))
	commentsView = web.Define(views, "views/comments.html", sampleComments(usual, true), commentsPage{Heading: web.Heading{Title: "批注"}, Item: usual, Says: "还没有批注。"}, sampleComments(hostile, false))
	consultView  = web.Define(views, "views/consult.html", newConsult(sampleItemOf(usual), sampleAskings(usual), sampleUnits(usual), "水务", sampleDay), newFacts(sampleItemOf(usual), sampleFacts(usual)), newConsult(sampleItemOf(hostile), sampleAskings(hostile), sampleUnits(hostile), hostile, sampleDay), newFacts(sampleItemOf(hostile), sampleFacts(hostile)))
	readView     = web.Define(views, "views/read.html", newAnswer(sampleAskings(usual)[0], sampleVersionOf(usual)), newBrief(library.Brief{Title: usual, HTML: "<p>正文</p>", Unit: "雁塔区人民政府办公室", Question: usual, Invited: "周工", ExpiresAt: sampleAt}),
		newAfter(sampleItemOf(usual), sampleVersionOf(usual), sampleEmergency(usual), true), newBatchRead(sampleBatch(usual, 0), sampleVersionOf(usual)), readPage{Heading: web.Heading{Title: "已经收到，谢谢"}}, newAnswer(sampleAskings(hostile)[1], sampleVersionOf(hostile)), newAfter(sampleItemOf(hostile), sampleVersionOf(hostile), sampleEmergency(hostile), true))
	linkView   = web.Define(views, "views/link.html", newLink(sampleItemOf(usual), sampleFacts(usual)[0], "https://zs.example.gov.cn/console/fact-checks/AAAA"), newLink(sampleItemOf(hostile), sampleFacts(hostile)[0], hostile))
	listPlain  = web.Define(web.Plain, "pages/list.html", newEmergencies([]library.Emergency{sampleEmergency(usual)}, true, sampleDay), newConsultations(sampleAskings(usual), sampleDay), newEmergencies(nil, false, sampleDay), newConsultations(sampleAskings(hostile), sampleDay), newEmergencies([]library.Emergency{sampleEmergency(hostile)}, false, sampleDay))
	routesView = web.Define(views, "views/routes.html", sampleRoutes(usual, true), sampleRoutes(usual, false), routesPage{Heading: web.Heading{Title: "审核流程"}, History: web.Table{Caption: "历次设定", Empty: web.Empty{Title: "没有单独设定过"}}}, sampleRoutes(hostile, true))
	batchView  = web.Define(views, "views/batch.html", newBatch(sampleBatch(usual, 0), map[library.ItemID]int{sampleItemOf(usual).ID: 2}), newBatch(sampleBatch(usual, 1), nil), newBatch(sampleBatch(usual, 2), nil), newBatch(library.Batch{}, nil), newBatch(sampleBatch(hostile, 2), nil))

	packageView  = web.Define(views, "views/package.html", newPackage(samplePackage(usual), []desk{sampleDesk(usual)}, true, true, true), newPackage(samplePackage(usual), nil, false, false, false), newPackage(samplePackage(hostile), []desk{sampleDesk(hostile)}, true, true, true))
	packagesView = web.Define(views, "views/packages.html", newPackages([]library.Package{samplePackage(usual)}, []library.Item{freeItem("1", usual), freeItem("2", usual)}), newPackages(nil, nil), newPackages([]library.Package{samplePackage(hostile)}, []library.Item{freeItem("1", hostile), freeItem("2", hostile)}))
	recordView   = web.Define(views, "views/record.html", sampleRecord(usual), newRecord(sampleItemOf(usual), sampleVersionOf(usual), nil, nil, nil, sampleDay), sampleRecord(hostile))
)

var (
	sampleDay   = calendar.DateOf(sampleAt)
	sampleSteps = []library.Step{{No: 1, Stage: "first", Permit: library.ByFirst, Needed: 2, Gates: true, Workdays: 1}, {No: 2, Stage: "final", Permit: library.ByFinal, Needed: 1, Gates: true, Workdays: 1, VacantSince: sampleAt}}
)

func sampleItemOf(words string) library.Item {
	it, _ := sampleOf(words)
	return it
}

func sampleVersionOf(words string) library.Version {
	_, v := sampleOf(words)
	v.HTML = "<p>各单位要加强值守。</p>"
	return v
}

func freeItem(id, words string) library.Item {
	it := sampleItemOf(words)
	it.ID = library.ItemID(id)
	return it
}

func sampleStamps(words string) []library.GateStamp {
	return []library.GateStamp{{Gate: sx2021.GateWording, Passed: true, PersonName: "李初", Unit: "雁塔区人民政府办公室", At: sampleAt}, {Gate: sx2021.GateSecrecy, PersonName: "张终", ForName: words, Note: words, At: sampleAt}}
}

func sampleRemark(words string) library.Remark {
	return library.Remark{ID: "01J00000000000000000000001", Quote: words, Says: words, Suggests: true, Suggestion: words + "改", Stage: "first", PersonName: "李初", MadeAt: sampleAt, State: "open"}
}

func sampleAskings(words string) []library.Asking {
	a := library.Asking{ID: "01J00000000000000000000002", ItemTitle: words, Version: 2, UnitName: "雁塔区水务局", AskerUnitName: "雁塔区人民政府办公室", AskerName: "王编", Question: words, AskedAt: sampleAt, Due: sampleDay.AddDays(3), State: library.Asked}
	b := a
	b.State, b.Stance, b.Answer, b.AnsweredVersion, b.PersonName, b.EndedAt, b.Required = library.Answered, "disagree", words, 1, "周水", sampleAt, true
	return []library.Asking{a, b}
}

func sampleFacts(words string) []library.FactCheck {
	return []library.FactCheck{{ID: "01J00000000000000000000003", Version: 2, Invited: words, Question: words, PersonName: "王编", MadeAt: sampleAt, ExpiresAt: sampleAt.AddDate(0, 0, 3), State: library.Asked},
		{Version: 1, Invited: words, PersonName: "王编", MadeAt: sampleAt, ExpiresAt: sampleAt, State: library.Answered, Verdict: "wrong", Answer: words, AnswerName: "周工", AnswerUnit: words, AnsweredAt: sampleAt}}
}

func sampleUnits(words string) []org.Unit {
	return []org.Unit{{ID: "01J00000000000000000000004", Name: words, AreaName: "雁塔区"}}
}

func sampleEmergency(words string) library.Emergency {
	return library.Emergency{Item: "01J00000000000000000000000", Title: words, UnitName: "雁塔区人民政府办公室", Round: 1, Version: 2, Reason: words, Author: "王编", Releaser: "张终", ReleasedAt: sampleAt, Due: sampleDay.AddDays(1)}
}

func sampleDesk(words string) desk {
	it, v := sampleOf(words)
	return desk{it: it, v: v, sub: library.Submitted{Round: 1, Version: 2, Reason: words, Emergency: words, RepostReason: words, Steps: sampleSteps}, steps: sampleSteps, gates: sampleStamps(words), asked: sampleAskings(words), checks: sampleFacts(words),
		results: []library.Result{{Severity: check.Error, Near: words}}, today: sampleDay}
}

func sampleComments(words string, author bool) commentsPage {
	it := sampleItemOf(words)
	e := entryOf(sampleRemark(words))
	e.N, e.Settle, e.Accept, e.Mine = "1", author, "采纳", !author
	settled := sampleRemark(words)
	settled.State, settled.SettledName, settled.SettledAt, settled.SettledVersion, settled.At.Block = "accepted", "王编", sampleAt, 3, library.TitleBlock
	p := commentsPage{name: "批注：" + words, trail: itemCrumbs(it, "批注"), Heading: web.Heading{Title: "批注", Above: words, Tags: tags(it)}, Item: words, Entries: []entry{e, entryOf(settled)}, Act: it.Link() + "/comments/settle", Drop: it.Link() + "/comments/drop",
		HTML: htmlOf(library.Version{HTML: prose.Doc{Content: []prose.Node{{Type: prose.Paragraph, Content: []prose.Node{{Type: prose.TextNode, Text: words}}}}}.DeskHTML([]prose.Anchor{{ID: "1", Start: 0, End: 2}})})}
	if !author {
		p.Open = true
		p.Form = web.Form{Sections: []web.Section{{Legend: "添加批注", Fields: []web.Field{{Kind: web.TextArea, Name: "quote", Label: "原文", Value: words}}}}, Buttons: []web.Button{{Label: "添加批注"}}}
	}
	return p
}

func sampleRoutes(words string, may bool) routesPage {
	r := library.Route{Level: sx2021.Ordinary, Steps: sampleSteps, Version: 1, UnitName: words, Unit: "u", Reason: words, PersonName: "李办", At: sampleAt}
	return newRoutes([]library.Route{r, r}, []library.Route{r}, []web.Option{{Value: "u", Label: words}, {Value: province, Label: "全省"}}, "u", sx2021.Ordinary, may)
}

func sampleBatch(words string, step int) library.Batch {
	it := sampleItemOf(words)
	b := library.Batch{ID: "01J00000000000000000000005", Number: "SG-2026-0001", Type: library.Notice, Stage: "final", UnitName: "雁塔区人民政府办公室", MadeAt: sampleAt, Items: []library.BatchItem{{Item: it, BatchPart: approval.BatchPart{Sampled: true}}, {Item: it}}}
	if step > 0 {
		b.Items[0].ReadAt = sampleAt
	}
	if step > 1 {
		b.EndedAt = sampleAt
		b.Items[0].Outcome, b.Items[1].Outcome, b.Items[1].Says = "done", "left", words
	}
	return b
}

func samplePackage(words string) library.Package {
	return library.Package{ID: "01J00000000000000000000006", Title: words, UnitName: "雁塔区人民政府办公室", PersonName: "王编", MadeAt: sampleAt, Items: []library.Item{sampleItemOf(words)}}
}

func sampleRecord(words string) recordPage {
	n := sampleSubmission(words)
	n.At = sampleAt.Add(-time.Hour)
	return newRecord(sampleItemOf(words), sampleVersionOf(words), []library.Submitted{n}, sampleAskings(words), sampleFacts(words), sampleDay)
}
