package libraryweb

import (
	"html/template"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/library"
	"zhengshu/internal/web"
)

const hostile = `<script>alert("稿")</script>'"&{{.}}` + "\u202e长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"

var (
	listView    = web.Define(views, "views/list.html", sampleList("关于做好2026年防汛工作的通知"), listPage{Heading: web.Heading{Title: "信息资源库"}, Table: web.Table{Caption: "稿件", Empty: web.Empty{Title: "没有符合条件的稿件"}}}, sampleList(hostile))
	editView    = web.Define(views, "views/edit.html", sampleEdit("关于做好2026年防汛工作的通知"), editPage{Heading: web.Heading{Title: "采编稿件"}}, sampleEdit(hostile))
	itemView    = web.Define(views, "views/item.html", sampleItem("关于做好2026年防汛工作的通知"), itemPage{Heading: web.Heading{Title: "稿件"}, TextHead: "第 1 版"}, sampleItem(hostile))
	reviewView  = web.Define(views, "views/review.html", sampleReview("关于做好2026年防汛工作的通知"), reviewPage{Heading: web.Heading{Title: "审核"}, Changes: web.Table{Caption: "对照"}}, sampleReview(hostile))
	actView     = web.Define(views, "views/act.html", sampleAct("关于做好2026年防汛工作的通知"), actPage{Heading: web.Heading{Title: "撤稿"}}, sampleAdopt("关于做好2026年防汛工作的通知"), sampleAdopt(hostile), sampleAct(hostile), sampleEnd(hostile), sampleEnd("关于做好2026年防汛工作的通知"))
	draftsView  = web.Define(views, "views/drafts.html", sampleDrafts("关于做好2026年防汛工作的通知"), draftsPage{Heading: web.Heading{Title: "恢复草稿"}, Table: unsavedTable(nil)}, sampleDrafts(hostile))
	previewView = web.Define(views, "views/preview.html", samplePreview("关于做好2026年防汛工作的通知"), previewPage{Heading: web.Heading{Title: "预览"}}, samplePreview(hostile))
	sheetView   = web.Define(views, "views/sheet.html", sheetPage{Heading: web.Heading{Title: "三审三校记录"}, Body: []web.Component{opinions(sampleSubmission("同意"))}}, sheetPage{Heading: web.Heading{Title: "记录"}}, sampleShown("关于做好2026年防汛工作的通知"), sampleShown(hostile), sheetPage{Heading: web.Heading{Title: hostile}, Body: []web.Component{opinions(sampleSubmission(hostile))}})
	chooseView  = web.Define(views, "views/choose.html", chooseFrom(nil), choosePage{Heading: web.Heading{Title: "采编什么信息？"}, Types: web.Table{Caption: "信息类型"}}, choosePage{Heading: web.Heading{Title: hostile}, Types: web.Table{Caption: hostile, Columns: []web.Column{{Head: "类型"}}, Rows: []web.Row{{Cells: []web.Cell{web.Linked(hostile, "/console/items/new")}}}}})
)

var sampleAt = time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)

func sampleOf(title string) (library.Item, library.Version) {
	m := library.Meta{Type: library.Notice, Origin: library.Original, Title: title, DocNo: "某政发〔2026〕3号", Summary: title}
	it := library.Item{Meta: m, ID: "01J00000000000000000000000", UnitName: "雁塔区人民政府办公室", State: library.InReview, Stage: "final", Version: 2, LiveVersion: 1, UpdatedAt: sampleAt, FirstPublishedAt: sampleAt}
	return it, library.Version{Meta: m, No: 2, SHA256: "0123456789abcdef0123", AuthorName: "王编", At: sampleAt}
}

func sampleList(title string) listPage {
	it, _ := sampleOf(title)
	return listPage{Heading: web.Heading{Title: "信息资源库", Acts: []web.Act{{Text: "采编稿件", Href: "/console/items/new", Primary: true}}},
		Tabs:   web.Tabs{Label: "稿件状态", Items: []web.Tab{{Name: "全部", Href: "/console/items", N: 3, Current: true}, {Name: "草稿", Href: "/console/items?state=draft"}}},
		Filter: web.Filter{Action: "/console/items", Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "标题、文号、来源", Value: title}}, Total: 1},
		Table: web.Table{Caption: "稿件", Columns: []web.Column{{Head: "标题", Wide: true}, {Head: "状态"}},
			Rows: []web.Row{{Cells: []web.Cell{web.Linked(it.Title, it.Link()), web.Tagged(tags(it)...)}}}}}
}

func sampleResults(words string) web.Component {
	return resultPanel([]library.Result{
		{Field: "text", Kind: check.KindMobile, Severity: check.Serious, Near: "联系人【138****5678】" + words, Says: "个人手机号码未作遮蔽处理。", Right: []string{"138****5678"}},
		{Field: "title", Kind: "wording.confusion", Severity: check.Error, Near: words, Says: "疑似错字。", Right: []string{words}},
	}, writingForm)
}

func sampleEdit(title string) editPage {
	return editPage{name: title, trail: crumbs(web.Crumb{Name: title}), Heading: web.Heading{Title: "修改稿件", Tags: []web.Tag{{Text: "草稿"}}},
		Above: []web.Component{web.Alert{Kind: web.Warn, Title: "终审退回", Text: title}, web.Panel{Title: "对照", Parts: []web.Component{diff("对照", title, title+"改")}}},
		Form: web.Form{Sections: []web.Section{typeSection(library.Leader.Sort(), library.Version{Meta: library.Meta{Answers: library.Answers{"name": title}}}), typeSection(library.Data.Sort(), library.Version{}), documentSection(library.Policy.Sort(), library.Version{}), {Legend: "修改", Fields: []web.Field{changeField(library.Version{}, false)}}, {Legend: "内容", Fields: []web.Field{{Name: "title", Label: "标题", Value: title, Required: true}, {Kind: web.TextArea, Name: "text", Label: "正文", Value: title, Rows: 18}}}},
			Buttons: []web.Button{{Label: "保存草稿", Name: "act", Value: "save"}, {Label: "检查", Name: "act", Value: "check", Plain: true}}},
		Side: []web.Component{sampleResults(title)}, Island: Island{Doc: `{"type":"doc","content":[{"type":"paragraph"}]}`, Item: "01J00000000000000000000000", Person: "p", Seq: 1, Href: "/console/items/new"}}
}

func sampleDrafts(title string) draftsPage {
	return draftsPage{trail: crumbs(web.Crumb{Name: "恢复草稿"}), Person: "p", Heading: web.Heading{Title: "恢复草稿"}, Table: unsavedTable([]library.Unsaved{
		{Form: "item:01J00000000000000000000000", Seq: 7, Base: 2, Title: title, At: sampleAt}, {Form: "new:01J00000000000000000000000", Seq: 1, Title: title, At: sampleAt, Past: true}}),
		Discard: []web.Form{{Action: "/console/items/drafts", Buttons: []web.Button{{Label: "删除这份草稿的全部内容", Kind: web.Danger}}}}}
}

func samplePreview(title string) previewPage {
	return previewPage{name: title, trail: crumbs(web.Crumb{Name: "预览"}), Heading: web.Heading{Title: "预览", Above: title}, As: "phone", Says: title, Below: []web.Component{sampleResults(title), stagedPanel(inspection.Staged{Rules: "http://www.yanta.gov.cn/rules/",
		Found:    []engine.Sighting{{Check: "tags.pub_date_shown", Severity: check.Error, Says: title, Article: "S11.1", Where: "PubDate", Fix: "请改为与页面一致。"}},
		Untested: []engine.Untested{{Check: "tags.site_code_ledger", Why: title}}})},
		Tabs: web.Tabs{Label: "看法", Items: []web.Tab{{Name: "电脑", Href: previewPath}, {Name: "手机", Href: previewPath + "?as=phone", Current: true}}}}
}

func sampleItem(title string) itemPage {
	it, v := sampleOf(title)
	return itemPage{name: title, trail: itemCrumbs(it, ""), Heading: web.Heading{Title: title, Tags: tags(it)}, TextHead: "第 2 版", HTML: template.HTML(`<p class="clause clause-2"><span class="clause-no">一、</span>加强值守</p>`),
		Main: []web.Component{versionTable(it, []library.Version{v}), sampleResults(title), effectTable([]library.Effect{{Effect: library.Amends, ByName: title, EffectiveOn: calendar.DateOf(sampleAt), Note: title}}, []library.Effect{{Effect: library.Repeals, TargetTitle: title, EffectiveOn: calendar.DateOf(sampleAt)}})}, Side: []web.Component{facts(it, v), placeTable([]library.Placement{{ColumnName: title, SiteName: title, State: library.Scheduled, PublishAt: sampleAt}}), opinions(sampleSubmission(title))},
		Forms:       effectForms(it, []library.Effect{{ID: "01J", Effect: library.Repeals, ByName: title, EffectiveOn: calendar.DateOf(sampleAt)}}),
		MayTakeBack: true, TakeBack: web.Form{Action: it.Link() + "/take-back", Buttons: []web.Button{{Label: "收回修改", Plain: true}}}}
}

func sampleSubmission(words string) library.Submitted {
	n := library.Submitted{Round: 1, Version: 2, Stages: 2, Reason: words, PersonName: "王编", At: sampleAt}
	o := library.Opinion{Stage: "final", Verdict: library.Pass, ReviewerName: "张终", ReviewerUnit: words, Opinion: words, At: sampleAt}
	n.Stamps, n.Steps, n.Emergency = sampleStamps(words), sampleSteps, words
	n.Comments = []library.Remark{sampleRemark(words)}
	n.Opinions = []library.Opinion{{Stage: "first", Verdict: library.Return, ReviewerName: "李初", Opinion: words, At: sampleAt}, o}
	return n
}

func sampleReview(title string) reviewPage {
	it, v := sampleOf(title)
	p := reviewPage{name: title, trail: itemCrumbs(it, "审核"), Heading: web.Heading{Title: title, Tags: tags(it)}, Open: true,
		Above: []web.Component{web.Alert{Kind: web.Danger, Title: "还有 1 处严重问题", Text: title}},
		Changes: web.Table{Caption: "公开版本与送审版本对照：1 处不同", Columns: []web.Column{{Head: "变动"}, {Head: "公开版本", Wide: true}, {Head: "送审版本", Wide: true}},
			Rows: []web.Row{{Kind: web.Warn, Cells: []web.Cell{web.Text("段落"), {Parts: []web.Component{diff("公开版本", title, title)}}, {Parts: []web.Component{diff("送审版本", "三日", "五日")}}}}}},
		Body: []web.Component{sampleResults(title), facts(it, v)}}
	p.Stamps, p.Gates = true, gateForm(it.Link()+"/stamps", 1, sampleStamps(title))
	p.Form = web.Form{Action: it.Link() + "/review"}
	decisionOn(&p.Form, "final", []web.Field{{Kind: web.Hidden, Name: "stage", Value: "final"}}, true)
	p.More = sampleDesk(title).links()
	return p
}

func sampleAct(title string) actPage {
	it, _ := sampleOf(title)
	return actPage{name: title, trail: itemCrumbs(it, "撤稿"), Heading: web.Heading{Title: "撤稿", Above: title}, Above: []web.Component{placeTable(nil)},
		Form: web.Form{Sections: []web.Section{{Fields: []web.Field{{Kind: web.TextArea, Name: "reason", Label: "撤稿理由", Value: title, Required: true}}}}, Buttons: []web.Button{{Label: "撤下这篇稿件", Kind: web.Danger}}}}
}

func sampleEnd(title string) actPage {
	it, _ := sampleOf(title)
	return newEnd(it, []library.End{{Kind: library.EndArchived, Reason: title, PersonName: title, At: it.UpdatedAt}, {Kind: library.EndReplaced, TargetTitle: title, Reason: title, UndoneAt: it.UpdatedAt, UndoneWhy: title}, {Kind: library.EndWithdrawn, Class: library.EndClasses[0], Reason: title}}, nil)
}
