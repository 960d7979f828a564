package impostorweb

import (
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/impostor"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

var (
	sampleToday = calendar.Date{Year: 2026, Month: 11, Day: 23}
	sampleAt    = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)
	sampleCase  = impostor.Case{ID: "c", Number: "JM-2026-0001", Kind: "site", Shown: "baishui-gov.cn", Address: "baishui-gov.cn", Name: "白水县人民政府", Of: registry.Ref{Kind: "site", ID: "s"}, OfName: "白水县人民政府", UnitName: "白水县人民政府办公室", OfficeName: "渭南市人民政府办公室",
		Source: "public", Technique: "suffix_hyphen", Says: "页面要求填写银行卡号。", State: impostor.Disposing, FoundAt: sampleAt, VerifiedBy: "林知远", VerifiedAt: sampleAt, Verdict: "不在台账中，页面照搬首页", Alike: 60, ReferredAt: sampleAt, ReferredTo: "陕西省互联网信息办公室", Contact: "sealed"}
	hostileCase = impostor.Case{ID: `"><b>`, Number: "<i>", Kind: "account", Shown: "<script>alert(1)</script>", Name: `"onload="x`, OfName: "</td>", UnitName: "<b>", OfficeName: "<u>", Platform: "<s>", Says: "<script>", State: impostor.Found, Verdict: "<b>", Conclusion: "</p>", Technique: "<b>", Contact: "x"}
	sampleSteps = []impostor.Step{{ID: "1", Party: "cyberspace", UnitName: "陕西省互联网信息办公室", AskedOn: sampleToday.AddDays(-3), Due: calendar.Due{On: sampleToday.AddDays(2)}, Measure: "coordinated", Result: "已协调", ResultOn: sampleToday, Document: "网信函〔2026〕1号", FileID: "f", FileName: "复函.pdf", RecordedAt: sampleAt},
		{ID: "2", Party: "telecom", UnitName: "通信管理部门", AskedOn: sampleToday, Due: calendar.Due{On: sampleToday.AddDays(2), Provisional: true}}}
	bareDossier   = impostor.Dossier{Case: impostor.Case{Alike: -1, ID: "b", Number: "JM-2026-0002", Kind: "site", Shown: "1.2.3.4/gov/", Address: "1.2.3.4", OfficeName: "陕西省人民政府办公厅", Source: "public", Says: "页面要求填写银行卡号。", State: impostor.Disposing, FoundAt: sampleAt}, Steps: sampleSteps}
	sampleSession = &authz.Session{Name: "甲", Posts: []authz.Post{{Role: authz.Supervisor, UnitID: "u", AreaPath: "/610000/"}}}
	sampleDossier = impostor.Dossier{Case: sampleCase, Steps: sampleSteps, Looks: []impostor.Look{{At: sampleAt, Outcome: impostor.There, Says: "可以打开", Title: "白水县人民政府", ID: "l", Likeness: &impostor.Likeness{Score: 60, Logo: "sha256:x", Ours: "sha256:y", Signs: []impostor.Sign{{Name: "标题", Alike: true, Fake: "白水县人民政府", Ours: "白水县人民政府门户网站", Weight: 15}, {Name: impostor.LogoSign, Alike: true, Fake: "2048 字节", Ours: "4096 字节"}, {Name: "网站标识码", Fake: "页面上没有", Ours: "6105270001"}}}}, {At: sampleAt, Outcome: impostor.NotSeen, Says: "不能解析", Actor: "甲"}},
		Files: []approval.Attachment{{ID: "f", Name: "截图.png"}}, History: []passage.Step{{At: sampleAt, Act: "find", ActorName: "公众"}, {At: sampleAt, Act: "verify", ActorName: "林知远", Note: "核实"}}}
	hostileDossier  = impostor.Dossier{Case: hostileCase, Looks: []impostor.Look{{ID: `"><b>`, Likeness: &impostor.Likeness{Logo: "x", Signs: []impostor.Sign{{Name: "<i>", Fake: "<script>", Ours: "</td>"}, {Name: impostor.LogoSign}}}, Outcome: "x", Says: "<b>", Title: "<script>", Actor: "<i>"}}, Files: []approval.Attachment{{ID: `"`, Name: "<script>"}}, History: []passage.Step{{Act: "<b>", ActorName: "<i>", Note: "<script>"}}}
	sampleCandidate = impostor.Candidate{Host: "baishui-gov.cn", Shown: "baishui-gov.cn", Imitates: "www.baishui.gov.cn", Technique: "suffix_hyphen", UnitName: "白水县人民政府办公室", Addresses: "1.2.3.4", State: "new", LastSeen: sampleAt, Seen: impostor.Look{At: sampleAt, Outcome: impostor.There, Says: "域名解析到 1.2.3.4，网站可以打开。", Title: "白水县人民政府", Likeness: &impostor.Likeness{Score: 60, Pack: "2026-1", Signs: []impostor.Sign{{Name: "标题", Alike: true, Fake: "白水县人民政府", Ours: "白水县人民政府", Weight: 15}, {Name: impostor.LogoSign, Alike: true, Fake: "812 字节", Ours: "812 字节", Weight: 20}}}}}
	hostCandidate   = impostor.Candidate{Host: `"><b>`, Shown: "<script>", Imitates: "<i>", Technique: "<b>", UnitName: "<u>", Addresses: "</td>", State: "set_aside", Why: "<script>", Seen: impostor.Look{At: sampleAt, Outcome: "<b>", Says: "<i>", Title: "<script>", Likeness: &impostor.Likeness{Why: "<b>"}}}
	every           = rights{true, true, true, true}
)

func withState(state string) impostor.Dossier {
	d := sampleDossier
	d.State = state
	return d
}

var listPage = web.Define(web.Plain, "pages/list.html",
	newCases(nil, 0, impostor.Figures{Year: 2026}, true), newCases([]impostor.Case{sampleCase}, 1, impostor.Figures{Year: 2026, Found: 3, Public: 1, Verified: 2, Sites: 2, Referred: 1}, true), newCases([]impostor.Case{hostileCase}, 1, impostor.Figures{}, false),
	newNames(nil, 0, impostor.Rounds{}, true), newNames([]impostor.Candidate{sampleCandidate}, 1, impostor.Rounds{Hosts: 3, Asked: 2, Names: 300, Untold: 2}, true), newNames([]impostor.Candidate{hostCandidate}, 1, impostor.Rounds{}, false))

var recordPage = web.Define(web.Plain, "pages/record.html", newCaseView(sampleDossier, every, sampleSession, sampleToday), newCaseView(bareDossier, every, sampleSession, sampleToday), newCaseView(impostor.Dossier{Case: sampleCase, Looks: []impostor.Look{{At: sampleAt, Likeness: &impostor.Likeness{Why: "官方网站没有打开，未能比对。"}}}}, every, sampleSession, sampleToday), newCaseView(withState(impostor.Found), every, sampleSession, sampleToday), newCaseView(withState(impostor.Gone), every, sampleSession, sampleToday),
	newCaseView(withState(impostor.Dismissed), rights{}, sampleSession, sampleToday), newCaseView(hostileDossier, every, sampleSession, sampleToday))

var formPage = web.Define(web.Plain, "pages/form.html", newReportForm(nil), newReportForm([]web.Option{{Value: "site:s", Label: "白水县人民政府"}, {Value: `"`, Label: "<script>"}}), newSetAside(sampleCandidate), newSetAside(hostCandidate))
