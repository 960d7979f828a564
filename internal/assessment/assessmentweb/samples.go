package assessmentweb

import (
	"net/url"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/web"
)

const hostile = `"><script>alert(1)</script>`

var (
	sampleAt  = time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC)
	sampleDay = calendar.DateOf(sampleAt)
)

func sampleOrder(state, words string) assessment.Order {
	return assessment.Order{ID: "o1", Number: "ZG-2026-0001", Site: "s1", SiteName: "西安市商务局网站" + words, Host: "swj.xian.gov.cn", Unit: "u1", UnitName: "西安市商务局" + words, IssuedFrom: "西安市人民政府办公厅", IssuerName: "李敏",
		Says: "请立即整改。" + words, Severity: check.Serious, Days: 1, IssuedAt: sampleAt, Due: calendar.Due{On: sampleDay.AddDays(-1), Provisional: words != ""}, State: state, Stage: sampleStage(state), Cause: "link", ReadAt: sampleAt, ReadBy: "王建民", ClosedAt: sampleAt, Total: 3, Standing: 2}
}

func sampleStage(state string) assessment.Stage {
	switch state {
	case assessment.OrderReopened:
		return assessment.StageOverdue
	case "odd":
		return assessment.StageSupervised
	case assessment.OrderAnswered:
		return assessment.StageConfirming
	}
	return assessment.Stage(state)
}

func sampleGroups(words string) []assessment.Group {
	return []assessment.Group{{UnitName: "西安市商务局" + words, Subject: "西安市商务局网站等2个网站", Cause: "link", Severity: check.Error, Days: 5, Due: calendar.Due{On: sampleDay.AddDays(7), Provisional: words != ""}, Findings: []inspection.Finding{{ID: "f1", Says: "链接打不开" + words}, {ID: "f2"}, {ID: "f3"}, {ID: "f4"}}},
		{UnitName: "西安市商务局", Subject: "西安商务发布", Severity: check.Serious, Days: 1, Due: calendar.Due{On: sampleDay}, Points: []assessment.Point{samplePoint(words)}}}
}

func samplePoint(words string) assessment.Point {
	return assessment.Point{ID: "p1", Account: "a1", AccountName: "西安商务发布" + words, UnitName: "西安市商务局", Check: "manual.text", Severity: check.Serious, Clause: "S19.4", Says: "推文表述不当" + words, Place: "《通知》" + words, Fix: "请改正。", SeenOn: sampleDay, SeenBy: "李敏" + words, Outcome: engine.Standing, LookedAt: sampleAt, LookSays: "仍在" + words}
}

func sampleDossier(state, words string) assessment.Dossier {
	f := func(id, state string) assessment.OrderFinding {
		return assessment.OrderFinding{Finding: inspection.Finding{ID: inspection.FindingID(id), Site: "s1", SiteName: "西安市商务局网站", Severity: check.Error, Says: "首页的一个链接打不开" + words, URL: "http://swj.xian.gov.cn/" + words, Fix: "请更正或删除该链接。", State: state, ClosedAt: sampleAt}}
	}
	d := assessment.Dossier{Order: sampleOrder(state, words), Findings: []assessment.OrderFinding{f("f1", inspection.FindingOrdered), f("f2", inspection.FindingClosed), f("f3", inspection.FindingDisputed)},
		Answers: []assessment.Answer{{ID: "a1", Says: "链接已更正。" + words, Person: "王建民", Unit: "西安市商务局", At: sampleAt}},
		History: []passage.Step{{Act: "issue", To: "issued", At: sampleAt, ActorName: "李敏"}, {Act: "close", To: "closed", At: sampleAt, Note: "复测未再发现" + words}}}
	d.RetestBroken = "承担处理的程序多次中途停止，没有完成。" + words
	d.Findings[1].Before = inspection.Proof{Look: "found", Says: "链接返回状态码 404" + words, At: sampleAt}
	d.Findings[1].After = inspection.Proof{Look: "retest", Says: "链接已能打开" + words, At: sampleAt}
	d.Points = []assessment.Point{samplePoint(words)}
	d.Origins = map[string]assessment.Filed{"p1": {Name: "2026年第1季度安全自查" + words, Origin: "/console/selfchecks/u1/2026-Q1"}}
	d.Readings = []assessment.Reading{{Person: "王建民" + words, Unit: "西安市商务局", At: sampleAt}, {Person: "赵云", Unit: "西安市商务局", At: sampleAt}}
	d.Extensions = []assessment.Extension{{ID: "e1", WasDue: sampleDay, Until: sampleDay.AddDays(5), Reason: "需外包单位配合" + words, AskedBy: "王建民", AskedAt: sampleAt}}
	d.Confirmations = []assessment.Confirmation{{Object: "f3", Reason: "仍能看到" + words, Person: "李敏", At: sampleAt}, {Object: "p1", Mended: true, Reason: "已删除" + words, Person: "李敏", At: sampleAt}}
	d.Urgings = []assessment.Urging{{Person: "李敏", At: sampleAt}}
	d.Supervisions = []assessment.Supervision{{ID: "s1", Number: "DB-2026-0001", OfficeName: "陕西省人民政府办公厅", Person: "周正", Says: "立即整改" + words, Due: sampleDay, At: sampleAt}}
	d.Findings = append(d.Findings, assessment.OrderFinding{Finding: inspection.Finding{ID: "f4", Severity: check.Advice, Says: "缺少标签"}, ConfirmedAt: sampleAt, ConfirmedBy: "李敏", Reason: "已现场核实" + words})
	return d
}

func sampleScore(v assessment.Verdict, scored bool, words string) assessment.Score {
	s := assessment.Score{ID: "s1", Name: "雁塔区人民政府" + words, UnitName: "雁塔区人民政府办公室", Class: packs.PortalSite, On: sampleDay, Verdict: v, Scored: scored, Points: 9200, LastRun: sampleAt,
		Pack: packs.Pack{ID: "gwb-2019-19", Version: 1, Title: "政府网站与政务新媒体检查指标", Source: "国办秘函〔2019〕19号", Totals: packs.Totals{Deduct: packs.Value{N: 10000, Mark: packs.Verified}, FailBelow: packs.Value{N: 6000, Mark: packs.Verified}}}}
	fact := assessment.Fact{ID: "f1", Severity: check.Error, Says: "链接打不开" + words, URL: "http://www.yanta.gov.cn/", Fix: "请更正。", State: inspection.FindingOpen}
	line := func(id string, kind packs.Kind, o packs.Outcome, lost packs.Hundredths, facts ...assessment.Fact) assessment.Line {
		return assessment.Line{Indicator: packs.Indicator{ID: id, Name: "可用性" + words, Group: "功能设计", Says: "链接不可用的，每处扣分", Kind: kind, Points: packs.Value{N: 500, Mark: packs.Assumed}}, Outcome: o, Deducted: lost, Findings: facts, Unverified: true, Note: words}
	}
	s.Lines = []assessment.Line{line("V-W-1.1", packs.Veto, packs.Suspected, 0, fact), line("V-W-3", packs.Veto, packs.Kept, 0), line("D-19", packs.Deduct, packs.Violated, 300, fact), line("D-16", packs.Deduct, packs.Untested, 0), line("B-01", packs.Bonus, packs.Untested, 0)}
	if v == assessment.Unqualified {
		veto := line("V-W-4.3", packs.Veto, packs.Violated, 0, fact)
		s.Vetoes, s.Lines = []assessment.Line{veto}, append([]assessment.Line{veto}, s.Lines...)
	} else {
		s.NearestVeto = &packs.Near{Indicator: "V-W-4.1", Name: "栏目不更新", Measure: "stale_columns", Measured: packs.Count(3), Threshold: 500, Warned: true}
	}
	if scored {
		s.Unverified, s.Adoption = true, &assessment.Adoption{UnitName: "陕西省人民政府办公厅", Label: assessment.AdoptedDemo, Basis: "演示" + words, By: "李敏", On: sampleDay}
	}
	return s
}

func samplePacks(adopted bool) []assessment.PackStatus {
	st := assessment.PackStatus{Pack: sampleScore(assessment.Qualified, true, "").Pack}
	st.Pack.EffectiveFrom = sampleDay
	st.Pack.Indicators = []packs.Indicator{{ID: "D-19", Name: "可用性", Says: "链接不可用", Kind: packs.Deduct, Auto: packs.Full, Points: packs.Value{N: 500, Mark: packs.Assumed}, Mark: packs.OnePage, Source: "一份部门自查表"},
		{ID: "V-W-3", Name: "首页不更新", Says: hostile, Kind: packs.Veto, Auto: packs.Assisted, Threshold: packs.Value{N: 1400, Mark: packs.Verified}, Mark: packs.Verified, Source: "公开通报"}}
	if adopted {
		st.Adoptions = []assessment.Adoption{{Unit: "u0", UnitName: "陕西省人民政府办公厅", Label: assessment.AdoptedDemo, Basis: "演示" + hostile, By: "李敏", On: sampleDay}}
	}
	return []assessment.PackStatus{st}
}

func sampleVersion(state, words string) assessment.PackVersion {
	p := samplePacks(false)[0].Pack
	p.Version = 2
	p.Indicators = append(p.Indicators, packs.Indicator{ID: "D-21", Name: "新指标" + words, Says: words, Kind: packs.Deduct, AppliesTo: []string{"website.portal"}, Points: packs.Value{N: 200, Mark: packs.OnePage}, Params: map[string]packs.Value{"days": {N: 1400, Mark: packs.Verified}}})
	return assessment.PackVersion{ID: "v1", Pack: p, Unit: "u0", UnitName: "陕西省人民政府办公厅", Note: "按省里要求调整" + words, State: state, Revision: 3, Author: "李敏" + words, AuthorID: "p1", Checker: words, CheckerSays: words, CreatedAt: sampleAt, ChangedAt: sampleAt, SHA256: "0123456789abcdef0123"}
}

func sampleDossierOf(state, words string) dossier {
	v := sampleVersion(state, words)
	return dossier{PackVersion: v, before: samplePacks(false)[0].Pack, has: true, history: []passage.Step{{Act: "draft", To: state, At: sampleAt, ActorName: "李敏", Note: words}}, wrong: v.Pack.Validate(), drafts: true, mine: words == "", adopts: true}
}

func sampleRehearsal(words string) *assessment.Rehearsal {
	was, now := sampleScore(assessment.Qualified, true, words), sampleScore(assessment.Unqualified, false, words)
	return &assessment.Rehearsal{Period: assessment.QuarterOf(sampleDay), On: sampleDay, Tried: sampleVersion(assessment.VersionDraft, words).Pack, Base: samplePacks(false)[0].Pack, Judged: "演示采用", Subjects: 620,
		Moved: []assessment.Moved{{Was: was, Now: now, Lines: []assessment.MovedLine{{ID: "V-W-4.3", Name: "空白栏目" + words, Was: "未发现问题", Now: "否决"}}}, {Was: was, Now: was}}, Blind: []packs.Indicator{{ID: "V-W-3", Name: words}}}
}

var (
	formScreen = web.Define(web.Plain, "pages/form.html",
		newDraftForm("u0", nil, sampleDay), newImportForm("u0"), newAdoptForm(samplePacks(false)[0].Pack, org.Unit{ID: "u0", Name: hostile}),
		newIndicatorForm(sampleVersion(assessment.VersionDraft, ""), blank(sampleVersion(assessment.VersionDraft, ""), true), ""),
		newIndicatorForm(sampleVersion(assessment.VersionDraft, hostile), sampleVersion(assessment.VersionDraft, hostile).Pack.Indicators[2], "D-21"),
		newWholeForm(sampleVersion(assessment.VersionDraft, hostile)))

	recordScreen = web.Define(web.Plain, "pages/record.html",
		newVersionPage(dossier{PackVersion: sampleVersion(assessment.VersionDraft, "")}), newVersionPage(sampleDossierOf(assessment.VersionDraft, "")),
		newVersionPage(sampleDossierOf(assessment.VersionSubmitted, hostile)), newVersionPage(sampleDossierOf(assessment.VersionAgreed, "")), newVersionPage(sampleDossierOf(assessment.VersionAdopted, hostile)))

	listScreen = web.Define(web.Plain, "pages/list.html",
		newRehearsal(rehearsalChoices{}, url.Values{}, nil, "", sampleDay, 1),
		newRehearsal(rehearsalChoices{packs: samplePacks(false)}, url.Values{}, sampleRehearsal(""), "", sampleDay, 1),
		newRehearsal(rehearsalChoices{versions: []assessment.PackVersion{sampleVersion(assessment.VersionDraft, hostile)}}, url.Values{"try": {hostile}}, sampleRehearsal(hostile), hostile, sampleDay, 1))

	ordersPage = web.Define(views, "views/orders.html",
		newOrdersView(nil, 0, url.Values{}, true, sampleDay),
		newOrdersView([]assessment.Order{sampleOrder(assessment.OrderIssued, ""), sampleOrder(assessment.OrderClosed, ""), sampleOrder(assessment.OrderReopened, "")}, 3, url.Values{"state": {"all"}}, false, sampleDay),
		newOrdersView([]assessment.Order{sampleOrder("odd", hostile)}, 1, url.Values{"q": {hostile}}, true, sampleDay))

	issuePage = web.Define(views, "views/issue.html",
		newIssueView(nil, 0, url.Values{}),
		newIssueView([]inspection.Finding{sampleDossier(assessment.OrderIssued, "").Findings[0].Finding}, 1, url.Values{}),
		newIssueView([]inspection.Finding{sampleDossier(assessment.OrderIssued, hostile).Findings[0].Finding}, 1, url.Values{"site": {hostile}}),
		newPointsView(nil, 0, nil, 0, url.Values{"kind": {"account"}}),
		newPointsView([]assessment.Point{samplePoint("")}, 1, []WrongAccount{{ID: "a1", Name: "西安商务发布", Platform: "微信公众号", UnitName: "西安市商务局", Wrong: 2}}, 40, url.Values{"kind": {"account"}, "point": {"p1"}}),
		newPointsView([]assessment.Point{samplePoint(hostile)}, 1, []WrongAccount{{ID: hostile, Name: hostile}}, 1, url.Values{"q": {hostile}}))

	groupsPage = web.Define(views, "views/groups.html", newGroupsView(nil, assessment.Issue{}, sampleDay), newGroupsView(sampleGroups(""), assessment.Issue{Says: "请立即整改。", Together: true}, sampleDay),
		newGroupsView(sampleGroups(hostile), assessment.Issue{Says: hostile}, sampleDay))

	seenPage = web.Define(web.Plain, "pages/form.html", newSeenView(nil, "", sampleDay), newSeenView([]web.Option{{Value: "site:s1", Label: "网站　西安市商务局网站"}}, "商务", sampleDay), newSeenView([]web.Option{{Value: hostile, Label: hostile}}, hostile, sampleDay))

	orderPage = web.Define(views, "views/order.html",
		newOrderView(assessment.Dossier{Order: sampleOrder(assessment.OrderIssued, "")}, reader{}, sampleDay),
		newOrderView(sampleDossier(assessment.OrderReopened, ""), reader{answers: true}, sampleDay),
		newOrderView(sampleDossier(assessment.OrderClosed, ""), reader{answers: true, issues: true, refers: true, records: true}, sampleDay),
		newOrderView(sampleDossier(assessment.OrderAnswered, hostile), reader{issues: true, supervises: true}, sampleDay))

	scoresPage = web.Define(views, "views/scores.html",
		newScoresView(nil, nil, 0, url.Values{}, sampleDay, ""),
		newScoresView([]assessment.Score{sampleScore(assessment.Qualified, true, ""), sampleScore(assessment.Unqualified, false, ""), sampleScore(assessment.Untested, false, "")}, nil, 12, url.Values{}, sampleDay, "2026-Q1"),
		newScoresView([]assessment.Score{sampleScore(assessment.Untested, false, hostile)}, nil, 1, url.Values{"tab": {"accounts"}}, sampleDay, ""),
		newScoresView([]assessment.Score{sampleScore(assessment.Qualified, true, hostile)}, nil, 0, url.Values{"q": {hostile}}, sampleDay, hostile))

	scorePage = web.Define(views, "views/score.html",
		newScoreView(assessment.Score{ID: "s1", Name: "西安市商务局网站", Verdict: assessment.Untested, On: sampleDay}, "", sampleDay, false),
		newScoreView(sampleScore(assessment.Qualified, true, ""), "", sampleDay, true),
		newScoreView(sampleScore(assessment.Unqualified, false, hostile), "2026-Q1", sampleDay.AddDays(3), true))

	packsPage = web.Define(views, "views/packs.html",
		newPacksView(nil, nil, org.Unit{}),
		newPacksView(samplePacks(false), []assessment.PackVersion{sampleVersion(assessment.VersionDraft, "")}, org.Unit{ID: "u0", Name: "陕西省人民政府办公厅", Level: org.Province}),
		newPacksView(samplePacks(true), []assessment.PackVersion{sampleVersion(assessment.VersionAdopted, hostile)}, org.Unit{}))
)
