package appraisalweb

import (
	"strings"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/calendar"
	"zhengshu/internal/passage"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

var (
	sampleToday = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleAt    = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	sampleRound = appraisal.Round{ID: "r", Number: "KP-2026-0001", Name: "西安市2026年第三季度季检查", Kind: "quarterly", Period: "2026-Q3", AreaName: "西安市", UnitName: "西安市人民政府办公厅", PackID: "gwb-2019-19", PackVersion: 1, Plan: appraisal.Plan{SiteShare: 100, AccountShare: 30}, Seed: 20261008,
		State: appraisal.Collecting, HeadName: "林知远", OpenedAt: sampleAt, CollectedAt: sampleAt, Adoption: appraisal.Adoption{Unit: "陕西省人民政府办公厅", Label: "演示采用", Basis: "供演示", By: "林知远", On: sampleToday}}
	hostileRound   = appraisal.Round{ID: `"><b>`, Number: "<i>", Name: "<script>alert(1)</script>", Kind: "<b>", Period: `"`, UnitName: "<u>", PackID: "</td>", State: appraisal.Published, HeadName: "<s>", SHA256: strings.Repeat("<", 64), LeftOut: []string{"<script>"}, FrozenBy: "<b>", Adoption: appraisal.Adoption{Label: "<b>", Basis: "<script>"}}
	sampleObject   = appraisal.Object{ID: "o", Round: "r", Kind: "site", Name: "雁塔区人民政府", Host: "www.yanta.gov.cn", Class: packs.PortalSite, UnitName: "雁塔区人民政府办公室", UnitNow: "雁塔区人民政府办公室", Stratum: "网站 县级 门户网站 6101", Drawn: "whole", Standing: appraisal.Standing{Verdict: assessment.Qualified, Scored: true, Points: 9200}}
	hostileObject  = appraisal.Object{ID: `"`, Name: "<script>", Host: `"onload="`, Class: "<b>", UnitName: "<u>", UnitNow: "<i>", Stratum: "<b>", Drawn: "named", Reason: "<script>", AddedBy: "<b>", RemovedWhy: "</p>", Standing: appraisal.Standing{Verdict: "<b>"}, AcceptedAt: sampleAt, AcceptedBy: "<b>"}
	samplePack     = packs.Pack{ID: "gwb-2019-19", Version: 1, Indicators: []packs.Indicator{{ID: "V-W-1.4", Name: "安全攻击处置不及时", Says: "遭受攻击没有及时处置", Kind: packs.Veto, Auto: packs.Manual}, {ID: "D-06", Name: "政策解读", Says: "未解读", Group: "发布解读", Kind: packs.Deduct, Auto: packs.Assisted, Points: packs.Value{N: 1000, Mark: packs.Assumed}}, {ID: "B-01", Name: "调查征集", Kind: packs.Bonus, Auto: packs.Assisted, Points: packs.Value{N: 500, Mark: packs.Assumed}}}}
	hostilePack    = packs.Pack{Indicators: []packs.Indicator{{ID: `"<`, Name: "<script>", Says: "</p>", Group: "<b>", Kind: packs.Deduct, Auto: packs.Manual}}}
	sampleMark     = appraisal.Mark{Seat: "first", Judge: "周慎行", Outcome: packs.Violated, Hits: 2, Says: "两件政策没有解读"}
	sampleSheet    = appraisal.Sheet{ID: "h", Seat: "first", JudgeName: "周慎行", At: sampleAt, Marks: map[string]appraisal.Mark{"D-06": sampleMark, "V-W-1.4": {Outcome: packs.Kept}, "B-01": {Outcome: packs.Kept, Earned: 300, Says: "六次征集"}}, Evidence: []approval.Attachment{{ID: "f", Name: "截图.png"}}}
	hostileSheet   = appraisal.Sheet{ID: `"`, Seat: "<b>", JudgeName: "<script>", Marks: map[string]appraisal.Mark{`"<`: {Outcome: "<b>", Says: "<script>", Whole: true}}, Evidence: []approval.Attachment{{ID: `"`, Name: "<script>"}}}
	sampleAppeal   = appraisal.Appeal{ID: "a", Object: "o", ObjectName: "雁塔区人民政府", UnitName: "雁塔区人民政府办公室", Indicator: "D-06", Reason: "两件政策已在部门网站解读。", State: "raised", PersonName: "沈若谷", At: sampleAt, Files: []approval.Attachment{{ID: "f", Name: "截图.png"}}}
	hostileAppeal  = appraisal.Appeal{ID: `"`, Object: `"`, ObjectName: "<script>", UnitName: "<b>", Indicator: `"<`, Reason: "<script>", State: "raised", PersonName: "<i>", Answer: "</td>", AnsweredBy: "<b>"}
	sampleErratum  = appraisal.Correction{ID: "c", Object: "o", ObjectName: "雁塔区人民政府", Entry: appraisal.Entry{Indicator: "D-06", Outcome: packs.Kept}, Reason: "经查已经解读", State: "stands", Was: appraisal.Standing{Verdict: assessment.Qualified, Scored: true, Points: 9000}, Becomes: sampleObject.Standing, ProposedBy: "林知远", ProposedAt: sampleAt, ConfirmedBy: "周慎行", ConfirmedAt: sampleAt}
	hostileErratum = appraisal.Correction{ID: `"`, Object: `"`, ObjectName: "<script>", Entry: appraisal.Entry{Indicator: `"<`, Outcome: "<b>"}, Reason: "<script>", State: "proposed", ProposedBy: "<b>"}
	sampleDossier  = appraisal.Dossier{Round: told(sampleRound), Object: sampleObject, Pack: samplePack, Office: true, Sheets: []appraisal.Sheet{sampleSheet}, Appeals: []appraisal.Appeal{sampleAppeal}, Corrections: []appraisal.Correction{sampleErratum}, Successor: "某局",
		Facts:    &appraisal.Facts{Object: appraisal.Snapshot{Name: "雁塔区人民政府", UnitName: "雁塔区人民政府办公室", On: sampleToday}, Lines: []appraisal.Seen{{Indicator: "D-06", Findings: []string{"1", "2"}, Marks: []appraisal.Mark{sampleMark}}}},
		Frozen:   &appraisal.Result{Verdict: assessment.Qualified, Scored: true, Points: 9000},
		Now:      &appraisal.Result{Verdict: assessment.Qualified, Scored: true, Points: 9200, Part2: 9200, Unverified: []string{"D-06"}, Lines: []appraisal.Line{{Indicator: "V-W-1.4", Name: "安全攻击处置不及时", Kind: packs.Veto, Outcome: packs.Kept}, {Indicator: "D-06", Name: "政策解读", Kind: packs.Deduct, Outcome: packs.Violated, Points: 200, Unverified: true}, {Indicator: "B-01", Name: "调查征集", Kind: packs.Bonus, Outcome: packs.Kept, Points: 300, NotUsed: true}}},
		Findings: map[string][]appraisal.FindingRef{"D-06": {{ID: "1", Says: "没有解读"}}}}
	hostileDossier = appraisal.Dossier{Round: hostileRound, Object: hostileObject, Pack: hostilePack, Sheets: []appraisal.Sheet{hostileSheet}, Appeals: []appraisal.Appeal{hostileAppeal}, Corrections: []appraisal.Correction{hostileErratum}, Successor: "<script>",
		Facts: &appraisal.Facts{Object: appraisal.Snapshot{Name: "<script>", UnitName: "<b>", Ended: true}}, Frozen: &appraisal.Result{}, Now: &appraisal.Result{Lines: []appraisal.Line{{Indicator: `"<`, Name: "<script>", Outcome: packs.Suspected, Note: "</td>"}}}}
	sampleProgress = appraisal.Progress{Objects: 41, Sites: 21, One: 4, Two: 12, Tested: 18, Open: 1, Untested: []appraisal.Object{sampleObject}, Running: []appraisal.Object{sampleObject}, Removed: 1}
	every          = rights{appeal: true, manage: true}
)

func told(r appraisal.Round) appraisal.Round {
	r.State, r.SHA256, r.FrozenAt, r.FrozenBy, r.AppealOn, r.AppealDays = appraisal.Appealing, strings.Repeat("a1", 32), sampleAt, "林知远", sampleToday, 5
	return r
}

func in(r appraisal.Round, state string) appraisal.Round {
	r.State = state
	return r
}

func published(d appraisal.Dossier) appraisal.Dossier {
	d.Round.State, d.Office = appraisal.Published, true
	return d
}

func unitSide(d appraisal.Dossier) appraisal.Dossier {
	d.Office = false
	return d
}

var listPage = web.Define(web.Plain, "pages/list.html",
	newRounds(nil, 0, true), newRounds([]appraisal.Round{sampleRound}, 1, true), newRounds([]appraisal.Round{hostileRound}, 1, false),
	newObjects(sampleRound, nil, 0, false, true), newObjects(sampleRound, []appraisal.Listed{{Object: sampleObject, Sheets: 1, Mine: true, Corrected: 1}}, 1, false, true), newObjects(hostileRound, []appraisal.Listed{{Object: hostileObject}}, 1, true, false),
	newOwn(nil, 0), newOwn([]appraisal.Listed{{Object: sampleObject, RoundName: sampleRound.Name, State: appraisal.Appealing, Appeals: 1}}, 1), newOwn([]appraisal.Listed{{Object: hostileObject, RoundName: "<script>"}}, 1))

var recordPage = web.Define(web.Plain, "pages/record.html",
	newRound(overview{round: sampleRound, progress: sampleProgress, same: 41, history: []passage.Step{{At: sampleAt, Act: "open", ActorName: "林知远"}}}, true),
	newRound(overview{round: in(sampleRound, appraisal.Open), same: -1}, true), newRound(overview{round: told(sampleRound), progress: sampleProgress, until: calendar.Due{On: sampleToday, Provisional: true}, same: -1}, true),
	newRound(overview{round: in(told(sampleRound), appraisal.FrozenAt), same: -1}, true), newRound(overview{round: in(told(sampleRound), appraisal.Decided), same: -1}, true),
	newRound(overview{round: hostileRound, progress: appraisal.Progress{Untested: []appraisal.Object{hostileObject}, Running: []appraisal.Object{hostileObject}}, same: -1, history: []passage.Step{{Act: "<b>", ActorName: "<i>", Note: "<script>"}}}, true),
	newDifferences(sampleRound, nil, web.Pager{}), newDifferences(sampleRound, []appraisal.Difference{{Object: sampleObject, Indicator: samplePack.Indicators[0], Marks: []appraisal.Mark{sampleMark, sampleMark}}, {Object: sampleObject, Indicator: samplePack.Indicators[0], Marks: []appraisal.Mark{sampleMark, sampleMark}, Ruled: &sampleMark}}, web.Pager{}),
	newDifferences(in(hostileRound, appraisal.Collecting), []appraisal.Difference{{Object: hostileObject, Indicator: hostilePack.Indicators[0], Marks: []appraisal.Mark{{Judge: "<b>", Says: "<script>"}}}}, web.Pager{}),
	newAppeals(told(sampleRound), samplePack, nil, web.Pager{}, calendar.Due{}), newAppeals(told(sampleRound), samplePack, []appraisal.Appeal{sampleAppeal}, web.Pager{}, calendar.Due{On: sampleToday, Provisional: true}), newAppeals(hostileRound, hostilePack, []appraisal.Appeal{hostileAppeal}, web.Pager{}, calendar.Due{}),
	newErrata(sampleRound, samplePack, nil, web.Pager{}, true), newErrata(sampleRound, samplePack, []appraisal.Correction{sampleErratum}, web.Pager{}, true), newErrata(hostileRound, hostilePack, []appraisal.Correction{hostileErratum}, web.Pager{}, true),
	newRescore(told(sampleRound), appraisal.Rescored{}, true), newRescore(told(sampleRound), appraisal.Rescored{Rows: 41, SHA256: strings.Repeat("a1", 32), At: sampleRound.OpenedAt, By: "李敏"}, true), newRescore(hostileRound, appraisal.Rescored{Found: 120, At: sampleRound.OpenedAt, By: "<i>", Damage: []appraisal.Damage{{Object: hostileObject, Says: "<script>"}, {Says: "<b>"}}}, false),
	newResult(sampleDossier, every, calendar.Due{On: sampleToday, Provisional: true}), newResult(unitSide(sampleDossier), every, calendar.Due{}), newResult(published(sampleDossier), every, calendar.Due{}), newResult(hostileDossier, every, calendar.Due{}), newResult(appraisal.Dossier{Round: sampleRound, Object: sampleObject}, rights{}, calendar.Due{}))

var formPage = web.Define(web.Plain, "pages/form.html",
	newOpening(nil, nil, sx2021.Defaults(), sampleToday), newOpening([]web.Option{{Value: "u", Label: "西安市人民政府办公厅"}}, []appraisal.PackChoice{{Value: "p@1", Label: "指标包"}}, sx2021.Defaults(), sampleToday), newOpening([]web.Option{{Value: `"`, Label: "<script>"}}, []appraisal.PackChoice{{Value: `"`, Label: "<b>"}}, sx2021.Settings{}, sampleToday),
	newSheet(appraisal.Form{Round: sampleRound, Object: sampleObject, Lines: samplePack.Indicators}), newSheet(appraisal.Form{Round: sampleRound, Object: sampleObject, Lines: samplePack.Indicators, Own: &sampleSheet, Others: 1}), newSheet(appraisal.Form{Round: hostileRound, Object: hostileObject, Lines: hostilePack.Indicators, Own: &hostileSheet}),
	newRemove(sampleRound, sampleObject), newRemove(hostileRound, hostileObject))
