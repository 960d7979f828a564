package approvalweb

import (
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
)

// What tests and the storybook show.

var sampleAt = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)

func sampleCase(state string) approval.Case {
	return approval.Case{ID: "01JSAMPLE", Number: "SP-2026-0007", Kind: "opening", Title: "西安市商务局申请开设“西安市商务局网站”", Unit: "S", UnitName: "西安市商务局",
		Applicant: "p1", ApplicantName: "李建国", State: state, StepNo: 1, OpenedAt: sampleAt}
}

func sampleWhole(state string) whole {
	n := whole{Case: sampleCase(state), Files: []approval.Attachment{{ID: "01JFILE", Kind: "consent", Name: "签字页.pdf", MediaType: "application/pdf", Size: 1 << 20, AddedBy: "李建国"}},
		Steps: []approval.Step{
			{No: 0, Kind: approval.Consent, UnitName: "西安市商务局", Name: "主要负责同志同意", DecidedAt: sampleAt, PersonName: "王建民", Opinion: "同意申请（2026年3月1日）", Decision: "consent"},
			{No: 1, Kind: approval.Review, UnitName: "西安市人民政府办公厅", Name: "西安市人民政府办公厅审核", ArrivedAt: sampleAt, Due: calendar.Due{On: calendar.Date{Year: 2026, Month: 3, Day: 9}}},
			{No: 2, Kind: approval.Approve, UnitName: "陕西省人民政府办公厅", Name: "陕西省人民政府办公厅批准"}},
		Opinions: []approval.Opinion{{Act: "submit", PersonName: "李建国", UnitName: "西安市商务局", At: sampleAt}},
		Shown: approval.Presentation{KindName: "开设网站申请", Judged: "按当前台账核对", Amend: "/console/applications/01JSAMPLE/amend",
			Facts: []approval.Fact{{Section: "单位与事由", Name: "申请单位", Text: "西安市商务局"}, {Section: "单位与事由", Name: "开设事由", Text: "发布本部门政务信息。"},
				{Section: "站点信息", Name: "网站名称", Text: "西安市商务局网站"}, {Section: "站点信息", Name: "英文域名", Text: "swj.xa.gov.cn"}, {Section: "站点信息", Name: "中文域名"}},
			Verdicts: []approval.Verdict{{OK: true, Rule: "S2.1.organ", Citation: "陕政公开办〔2021〕18号 第二条", Says: "政府网站是指各级人民政府及其部门……在互联网上开办的网站"},
				{Rule: "S7.1c.one_site", Citation: "陕政公开办〔2021〕18号 第七条（一）", Says: "原则上一个单位最多开设一个网站", Note: "本单位已有1个网站，请使用已有网站，或先整合关停。"}}}}
	if state == approval.Returned {
		n.Steps[1].Decision, n.Steps[1].DecidedAt = "return", sampleAt.Add(3*time.Hour)
		n.Opinions = append(n.Opinions, approval.Opinion{StepNo: 1, Act: "return", Reasons: []string{"填写有误"}, Text: "请更正网站名称。", PersonName: "王秀兰", UnitName: "西安市人民政府办公厅", At: sampleAt.Add(3 * time.Hour)})
	}
	if state == approval.Approved {
		n.Shown.Verdicts[1].OK, n.Shown.Verdicts[1].Note = true, ""
		n.Shown.Result, n.Shown.ResultName = "/console/sites/01JSITE/launch", "上线清单"
		for i := range n.Steps {
			n.Steps[i].DecidedAt, n.Steps[i].PersonName = sampleAt, "王秀兰"
		}
		n.Steps[1].Decision, n.Steps[2].Decision = "pass", "approve"
	}
	return n
}

func sampleView(state string, may bool) caseView {
	s := &authz.Session{PersonID: "p9", Posts: []authz.Post{{Role: authz.Sponsor, UnitID: "S"}}}
	return newCaseView(sampleWhole(state), s, may, calendar.Date{Year: 2026, Month: 3, Day: 2})
}
