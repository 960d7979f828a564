package reportingweb

import (
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

const hostile = `"><script>alert(1)</script>`

var (
	sampleAt  = time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC)
	sampleDay = calendar.DateOf(sampleAt)
)

func sample(state, words string) reporting.Bulletin {
	row := func(id string) reporting.Row {
		return reporting.Row{Kind: "site", ID: id, Text: "西安市商务局网站" + words, Note: "西安市商务局　合格" + words, Link: "/console/sites/" + id + "/score?period=2026-Q1"}
	}
	two := []reporting.Row{row("s1"), row("s2")}
	b := reporting.Bulletin{ID: "b1", Kind: reporting.QuarterlyBulletin, Outline: reporting.Usual(reporting.QuarterlyBulletin), AreaName: "西安市", Level: org.City, UnitName: "西安市人民政府办公厅" + words, Period: assessment.QuarterOf(calendar.Date{Year: 2026, Month: 1, Day: 1}), State: state, ComposedBy: "李敏" + words, CreatedAt: sampleAt}
	b.Content = reporting.Content{AreaName: "西安市", Period: "2026-Q1", PeriodName: "2026年第一季度", CheckPoint: sampleDay, CountedOn: sampleDay, Complete: words == "", Pack: "政府网站与政务新媒体检查指标", Source: "国办秘函〔2019〕19号", Label: assessment.AdoptedDemo, Unverified: true, Letters: true,
		Figures: []reporting.Figure{{Key: "sites.total", Section: reporting.SectionSites, Name: "应检查政府网站", Unit: "个", Rows: two}, {Key: "sites.checked", Section: reporting.SectionSites, Name: "已检查政府网站" + words, Unit: "个", Rows: two[:1]},
			{Key: "findings.total", Section: reporting.SectionFindings, Name: "本季度发现问题", Unit: "个"}},
		Shares:      []reporting.Share{{Key: "sites.coverage", Name: "检查覆盖率", Part: "sites.checked", Of: "sites.total"}},
		Unqualified: []reporting.Unqualified{{Site: "s1", Name: "西安市商务局网站" + words, Unit: "西安市商务局", Reasons: []reporting.Cause{{Indicator: "V-W-3", Says: "单项否决：首页不更新", Evidence: []reporting.Row{{Text: "首页两周没有更新" + words, Link: "/console/findings/f1"}}}}}}}
	b.Content.Charts = []reporting.Chart{{Key: "findings.kinds", Section: reporting.SectionFindings, Name: "发现问题按类别" + words, Unit: "个", Labels: []string{"链接不可用" + words, "首页更新不及时"}, Values: []float64{3, 1}}}
	b.Content.Tables = []reporting.Table{{Key: "areas", Section: reporting.SectionUnits, Name: "各地区检查情况", Header: []string{"地区", "应检查"}, Rows: [][]string{{"雁塔区" + words, "3"}}}}
	b.Content.Sites = []reporting.Result{{ID: "s1", Name: "西安市商务局网站" + words, UnitName: "西安市商务局", Unit: "u1", Verdict: "unqualified", Class: "department_site"}}
	for i := range b.Outline.Parts {
		if b.Outline.Parts[i].Section == reporting.SectionFindings {
			b.Outline.Parts[i].Chart, b.Outline.Parts[i].Text = "findings.kinds", "发现〔本季度发现问题〕。"+words
			b.Outline.Parts[i].Cases = []reporting.Case{{Kind: "finding", ID: "f1", Text: "某单位首页两周没有更新。" + words}}
		}
	}
	if state != reporting.Draft {
		b.SHA256, b.FrozenAt = "3f0a5c6d7e8f90123456789abcdef0123456789abcdef0123456789abcdef012", sampleAt
	}
	if state == reporting.Issued {
		b.Number, b.IssuedOn = "市政办函〔2026〕5号", sampleDay
	}
	return b
}

var (
	samplePlaces  = []org.Area{{ID: "city-610100000000", Name: "西安市"}, {ID: "county-610113000000", Name: hostile}}
	sampleHistory = []passage.Step{{Act: "compose", At: sampleAt, ActorName: "李敏"}, {Act: "issue", At: sampleAt, Note: hostile}}

	sampleErrata = []reporting.Erratum{{No: 1, Was: "3个", Reads: "4个" + hostile, Why: "漏计一个网站", By: "李敏", At: sampleAt}}
	both         = reader{may: true, superior: true}
	sampleLetter = reporting.ResultLetter{ID: "l1", UnitName: "西安市商务局", State: reporting.LetterSent, SentAt: sampleAt, Sendings: 1, Title: "通报", Told: reporting.LetterContent{Paper: "通报", Period: "2026年第一季度", Issuer: "西安市人民政府办公厅", Text: "现将结果反馈如下。",
		Groups: []reporting.LetterGroup{{Name: "不合格网站", N: 2, Rows: []reporting.Row{{Kind: "site", ID: "s1", Text: "西安市商务局网站", Note: "不合格", Link: "/console/sites/s1/score"}}}}}}
	hostileLetter = reporting.ResultLetter{ID: "l2", UnitName: hostile, State: reporting.LetterFailed, Failure: hostile, SentAt: sampleAt, ReadAt: sampleAt, ReadBy: hostile, Title: hostile, Told: reporting.LetterContent{Paper: hostile, Period: hostile, Issuer: hostile, Text: hostile, Groups: []reporting.LetterGroup{{Name: hostile, N: 1, Rows: []reporting.Row{{Text: hostile}}}}}}
	sampleGood    = reporting.Experience{ID: "e1", UnitName: "西安市商务局", Topic: "办事服务", Title: "一次填表办多件事", Body: "整合表单，减少重复填写。", State: reporting.ExperienceOffered, OfferedBy: "周启明", OfferedAt: sampleAt}
	hostileGood   = reporting.Experience{ID: "e2", UnitName: hostile, Topic: hostile, Title: hostile, Body: hostile, State: reporting.ExperiencePublished, OfferedBy: hostile, OfferedAt: sampleAt, PublishedAt: sampleAt, EditedBy: hostile}
	sampleUnits   = []web.Option{{Value: "u1", Label: "西安市商务局"}}

	listPage = web.Define(views, "views/list.html",
		newListView(reporting.MonthlyCheck, nil, nil, sampleDay),
		newListView(reporting.QuarterlyBulletin, []reporting.Bulletin{sample(reporting.Draft, ""), sample(reporting.Frozen, ""), sample(reporting.Issued, "")}, samplePlaces, sampleDay),
		newListView(reporting.QuarterlyBulletin, []reporting.Bulletin{sample(reporting.Draft, hostile)}, samplePlaces, sampleDay))

	paperPage = web.Define(views, "views/bulletin.html",
		newPaperView(reporting.Bulletin{ID: "b1", State: reporting.Draft}, nil, nil, reader{}),
		newPaperView(sample(reporting.Draft, ""), sampleHistory, nil, both),
		newPaperView(sample(reporting.Submitted, ""), sampleHistory, nil, both),
		newPaperView(sample(reporting.Frozen, ""), sampleHistory, nil, both),
		newPaperView(sample(reporting.Issued, hostile), sampleHistory, sampleErrata, both))

	outlinePage = web.Define(views, "views/outline.html",
		newOutlineView(reporting.Bulletin{ID: "b1", Kind: reporting.AnnualAssessment}, reporting.Outline{}, 0),
		newOutlineView(sample(reporting.Draft, ""), reporting.Usual(reporting.QuarterlyBulletin), 3),
		newOutlineView(sample(reporting.Draft, hostile), sample(reporting.Draft, hostile).Outline, 3))

	casesPage = web.Define(views, "views/cases.html",
		newCasesView(reporting.Bulletin{ID: "b1", Kind: reporting.QuarterlyBulletin}, nil, nil, 0, chosen{}),
		newCasesView(sample(reporting.Draft, ""), sample(reporting.Draft, "").Candidates(5), []reporting.Experience{sampleGood}, 0, chosen{"finding", "f1", "原文", "某单位"}),
		newCasesView(sample(reporting.Draft, hostile), sample(reporting.Draft, hostile).Candidates(5), []reporting.Experience{hostileGood}, 0, chosen{"finding", "f1", hostile, hostile}))

	mailingPage = web.Define(views, "views/mailing.html",
		newMailingView(paperSubject(sample(reporting.Issued, ""), true), reporting.Mailing{}, nil, false, ""),
		newMailingView(roundSubject(appraisal.Round{ID: "r", Name: "西安市2026年第三季度季检查", State: appraisal.Published}, true), reporting.Mailing{Sent: 1, By: "李敏", At: sampleAt}, []reporting.ResultLetter{sampleLetter}, true, ""),
		newMailingView(recording(paperSubject(sample(reporting.Issued, hostile), true)), reporting.Mailing{Failed: 1, By: hostile, At: sampleAt}, []reporting.ResultLetter{hostileLetter}, true, reporting.LetterFailed))

	lettersPage = web.Define(views, "views/letters.html", newLettersView(nil), newLettersView([]reporting.ResultLetter{sampleLetter}), newLettersView([]reporting.ResultLetter{hostileLetter}))
	letterPage  = web.Define(views, "views/letter.html", newLetterView(reporting.ResultLetter{ID: "l0", State: reporting.LetterSent}), newLetterView(sampleLetter), newLetterView(hostileLetter))
	resultsPage = web.Define(views, "views/results.html", newResultsView(reporting.Bulletin{ID: "b1"}, reporting.ForAll), newResultsView(sample(reporting.Issued, ""), reporting.ForTarget), newResultsView(sample(reporting.Issued, hostile), reporting.ForOpenness))

	experiencesPage = web.Define(views, "views/experiences.html", newExperiencesView(nil, nil), newExperiencesView([]reporting.Experience{sampleGood}, sampleUnits), newExperiencesView([]reporting.Experience{hostileGood}, sampleUnits))
	experiencePage  = web.Define(views, "views/experience.html", newExperienceView(reporting.Experience{ID: "e0", Title: "无"}, nil, false, false), newExperienceView(sampleGood, sampleHistory, true, true), newExperienceView(hostileGood, sampleHistory, true, true))

	rowsPage = web.Define(views, "views/rows.html",
		newRowsView(sample(reporting.Draft, ""), reporting.Figure{Name: "本季度发现问题", Unit: "个"}, 0),
		newRowsView(sample(reporting.Frozen, ""), sample(reporting.Draft, "").Content.Figures[0], 0),
		newRowsView(sample(reporting.Issued, hostile), sample(reporting.Draft, hostile).Content.Figures[0], 0),
		newTableView(sample(reporting.Draft, ""), sample(reporting.Draft, "").Content.Tables[0], 0))
)

// recording is the subject as a keeper of merit and fault sees it.
func recording(of subject) subject {
	of.records = true
	return of
}
