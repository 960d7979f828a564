package approvalweb

import (
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
)

// What tests and the storybook show.

var (
	sampleAt  = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 2}
)

func sampleCase(state string) approval.Case {
	c := approval.Case{ID: "01JSAMPLE", Number: "SP-2026-0007", Kind: "opening", Title: "西安市商务局申请开设“西安市商务局网站”", Unit: "S", UnitName: "西安市商务局",
		Applicant: "p1", ApplicantName: "李建国", State: state, StepNo: 1, OpenedAt: sampleAt}
	if state == approval.InReview {
		c.AtUnit, c.AtUnitName, c.Due = "C", "西安市人民政府办公厅", sampleDay.AddDays(7)
	}
	return c
}

func sampleWhole(state string) whole {
	n := whole{Case: sampleCase(state), Files: []approval.Attachment{{ID: "01JFILE", Kind: "consent", Name: "签字页.pdf", MediaType: "application/pdf", Size: 1 << 20, AddedBy: "李建国"}},
		Steps: []approval.Step{
			{No: 0, Kind: approval.Consent, UnitName: "西安市商务局", Name: "主要负责同志同意", DecidedAt: sampleAt, PersonName: "王建民", Opinion: "同意申请（2026年3月1日）", Decision: "consent"},
			{No: 1, Kind: approval.Review, Unit: "C", UnitName: "西安市人民政府办公厅", Name: "西安市人民政府办公厅审核", ArrivedAt: sampleAt, Due: calendar.Due{On: sampleDay.AddDays(7)}, Expected: calendar.Due{On: sampleDay.AddDays(7)}},
			{No: 2, Kind: approval.Approve, Unit: "P", UnitName: "陕西省人民政府办公厅", Name: "陕西省人民政府办公厅批准", Expected: calendar.Due{On: sampleDay.AddDays(14)}}},
		Opinions: []approval.Opinion{{Act: "submit", PersonName: "李建国", UnitName: "西安市商务局", At: sampleAt}},
		Shown: approval.Presentation{KindName: "开设网站申请", Judged: "按当前台账核对", Amend: "/console/applications/01JSAMPLE/amend",
			Facts: []approval.Fact{{Section: "单位与事由", Name: "申请单位", Text: "西安市商务局"}, {Section: "单位与事由", Name: "开设事由", Text: "发布本部门政务信息。"},
				{Section: "站点信息", Name: "网站名称", Text: "西安市商务局网站"}, {Section: "站点信息", Name: "英文域名", Text: "swj.xa.gov.cn"}, {Section: "站点信息", Name: "中文域名"}},
			Verdicts: []approval.Verdict{{OK: true, Rule: "S2.1.organ", Citation: "陕政公开办〔2021〕18号 第二条", Says: "政府网站是指各级人民政府及其部门……在互联网上开办的网站"},
				{Rule: "S7.1c.one_site", Citation: "陕政公开办〔2021〕18号 第七条（一）", Says: "原则上一个单位最多开设一个网站", Note: "本单位已有1个网站，请使用已有网站，或先整合关停。"}}}}
	if state == approval.Returned {
		n.Steps[1].Decision, n.Steps[1].DecidedAt = "return", sampleAt.Add(3*time.Hour)
		n.Opinions = append(n.Opinions, approval.Opinion{StepNo: 1, Act: "return", Reasons: []string{"wrong", "consent"}, Text: "请更正网站名称。", PersonName: "王秀兰", UnitName: "西安市人民政府办公厅", At: sampleAt.Add(3 * time.Hour)})
		n.Letters = []approval.Letter{sampleLetter()}
	}
	if state == approval.Approved {
		n.Shown.Verdicts[1].OK, n.Shown.Verdicts[1].Note = true, ""
		n.Shown.Result, n.Shown.ResultName = "/console/sites/01JSITE/launch", "上线清单"
		for i := range n.Steps {
			n.Steps[i].DecidedAt, n.Steps[i].PersonName, n.Steps[i].Expected = sampleAt, "王秀兰", calendar.Due{}
		}
		n.Steps[1].Decision, n.Steps[2].Decision, n.Steps[2].ForName = "pass", "approve", "赵建国"
	}
	return n
}

// sampleAsked has questions out, a vacant post and an applicant that is gone.
func sampleAsked() whole {
	n := sampleWhole(approval.InReview)
	n.Steps[1].Vacant, n.Steps[1].Moved, n.Case.Gone = true, "西安市人民政府办公室", sampleDay
	n.Shown.Short = []string{"安全检测报告"}
	n.Requests = []approval.Request{
		{ID: "01JQ1", Case: "01JSAMPLE", CaseNumber: "SP-2026-0007", CaseTitle: n.Case.Title, StepNo: 1, Kind: approval.Countersign, Unit: "S", UnitName: "西安市司法局", AskerName: "西安市人民政府办公厅", Question: "名称是否妥当？", AskedAt: sampleAt, Due: sampleDay.AddDays(3), State: approval.Asked},
		{ID: "01JQ2", Case: "01JSAMPLE", CaseNumber: "SP-2026-0007", CaseTitle: n.Case.Title, StepNo: 1, Kind: approval.Advice, Unit: "U", UnitName: "中共西安市委网信办", AskerName: "西安市人民政府办公厅", AskedAt: sampleAt, Due: sampleDay.AddDays(3), State: approval.Answered, Stance: "remarks", Answer: "请先落实等级保护。", PersonName: "陆云帆", ForName: "王某", EndedAt: sampleAt.Add(time.Hour)}}
	return n
}

func sampleExternal() caseView {
	n := sampleWhole(approval.InReview)
	n.Steps[1].Kind, n.Steps[1].Body, n.Steps[1].Asks, n.Steps[1].Name = approval.External, "国务院办公厅", "政府网站标识码", "国务院办公厅批准"
	who := sampleReader(true)
	who.mayEnd = true
	return newCaseView(n, who)
}

func sampleLetter() approval.Letter {
	return approval.Letter{ID: "01JLETTER", Case: "01JSAMPLE", Number: "TZ-2026-0003", Kind: approval.SupplementLetter, Issuer: "西安市人民政府办公厅", Addressee: "西安市商务局", Signer: "王秀兰", IssuedAt: sampleAt,
		Text: []string{"你单位于2026年3月2日提交的“西安市商务局申请开设‘西安市商务局网站’”（编号 SP-2026-0007）收悉。经审核，需要补正，现将有关事项通知如下：", "一、填写有误。申请表填写的内容与材料或台账不一致。请核对后更正，并说明更正之处。"}}
}

// sampleBatch is a batch unread (0), read (1) or done (2).
func sampleBatch(stage int) approval.Batch {
	b := approval.Batch{ID: "01JBATCH", Number: "PL-2026-0001", Kind: "opening", Act: "pass", UnitName: "西安市人民政府办公厅", MadeAt: sampleAt,
		Cases: []approval.BatchCase{{Case: sampleCase(approval.InReview), StepNo: 1, BatchPart: approval.BatchPart{Sampled: true}}, {Case: sampleCase(approval.InReview), StepNo: 1}}}
	if stage > 0 {
		b.Cases[0].ReadAt = sampleAt
	}
	if stage > 1 {
		b.EndedAt, b.Cases[0].Outcome, b.Cases[1].Outcome, b.Cases[1].Says = sampleAt, "done", "left", "本单位已有1个网站。"
	}
	return b
}

func sampleReader(may bool) reader {
	return reader{session: &authz.Session{PersonID: "p9", Posts: []authz.Post{{Role: authz.Sponsor, UnitID: "S"}}}, mayDecide: may, today: sampleDay}
}

func sampleView(state string, may bool) caseView {
	return newCaseView(sampleWhole(state), sampleReader(may))
}
