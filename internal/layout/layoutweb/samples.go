package layoutweb

import (
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/layout"
	"zhengshu/internal/library"
	"zhengshu/internal/notice"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

var (
	sampleDay = calendar.Date{Year: 2026, Month: 3, Day: 20}
	sampleAt  = time.Date(2026, 3, 16, 2, 0, 0, 0, time.UTC)
)

const hostile = `<script>alert("版")</script>'"&{{.}}` + "\u202e长长长长长长长长长长长长长长长长长长长长长长长长长长长长长长"

func sampleBoard(words string) layout.Board {
	columns := []registry.Column{{ID: "c1", Name: words, Type: "政务动态"}, {ID: "c2", Name: words, Type: "通知公告"}}
	site := registry.Site{ID: "s1", Name: words, Kind: registry.Portal}
	b := layout.Board{ID: "s1", Kind: layout.HomeBoard, Site: site, Columns: columns, Rev: 3, Changed: true, By: words, At: sampleAt, LiveNo: 2}
	b.Live = layout.Default(site.Kind, columns)
	b.Blocks = append(b.Live, layout.Block{ID: "x1", Kind: layout.Icons, Heading: words, Links: []layout.Link{{Text: words, Href: "/a", Note: words, Icon: "doc"}}},
		layout.Block{ID: "x2", Kind: layout.Picked, Heading: words, Items: []library.ItemID{"i1", "i2"}, Pictures: true}, layout.Block{ID: "x3", Kind: layout.List, Columns: []registry.ColumnID{"gone"}})
	return b
}

func sampleTopic(words, state string) layout.Topic {
	t := layout.Topic{ID: "t1", Site: "s1", SiteName: words, Slug: "flood", Title: words, Intro: words, Banner: "/media/a.jpg", BannerAlt: words, EndsOn: sampleDay.AddDays(5), Owner: "p1", OwnerName: words, State: state, Rev: 2}
	if state == layout.TopicArchived {
		t.ArchivedAt = sampleAt
	}
	return t
}

func sampleTopicBoard(state string) layout.Board {
	b := sampleBoard("雁塔区人民政府")
	b.ID, b.Kind, b.Topic, b.Changed, b.LiveNo = "t1", layout.TopicBoard, sampleTopic("防汛", state), false, 0
	return b
}

func sampleBar(words string) (registry.Site, []layout.Law, []layout.Bar, []layout.Bar) {
	law := layout.Law{Text: words, Href: "/content/202603/x.html", Stand: notice.Stand{Notice: notice.Notice{ID: "n1", Kind: sx2021.OpeningNotice, ObjectName: words, State: notice.Hanging}, First: sampleDay.AddDays(-3), HangUntil: sampleDay.AddDays(27), On: sampleDay}}
	down := law
	down.ID, down.Kind = "n2", sx2021.OfflineNotice
	owed := law
	owed.ID, owed.HangUntil = "n3", calendar.Date{}
	shut := law
	shut.ID, shut.Shut = "n4", true
	b := layout.Bar{ID: "b1", Site: "s1", SiteName: words, Title: words, Href: "/a", StartsOn: sampleDay, EndsOn: sampleDay.AddDays(3), State: layout.BarHung, By: words, Rev: 1}
	later := b
	later.ID, later.StartsOn = "b2", sampleDay.AddDays(1)
	shutToo := b
	shutToo.ID, shutToo.Shut = "b3", true
	past := b
	past.State, past.DownAt, past.DownWhy = layout.BarDown, sampleAt, words
	return registry.Site{ID: "s1", Name: words}, []layout.Law{law, down, owed, shut}, []layout.Bar{b, later, shutToo}, []layout.Bar{past}
}

var samplePeople = []org.Person{{ID: "p1", Name: "周敏"}, {ID: "p2", Name: "李强"}}

func sampleRemarks(words string) []layout.Remark {
	return []layout.Remark{{Serious: true, Block: "x3", Says: words}, {Says: words}}
}

func barSample(words string, may bool) barView {
	s, law, hung, past := sampleBar(words)
	return newBarView(s, law, hung, past, may, sampleDay)
}

var (
	sitesPage = web.Define(views, "views/sites.html", newSiteList(nil),
		newSiteList([]layout.SiteState{{Site: registry.Site{ID: "s1", Name: "雁塔区人民政府", UnitName: "雁塔区人民政府办公室"}}, {Site: registry.Site{ID: "s2", Name: "西安市人民政府"}, Version: 3, At: sampleAt, Draft: true, Running: 2, Bar: 1, Law: 1}}),
		newSiteList([]layout.SiteState{{Site: registry.Site{ID: hostile, Name: hostile, UnitName: hostile}, Draft: true}}))
	boardPage = web.Define(views, "views/board.html", newBoardView(sampleBoard("雁塔区人民政府"), sampleRemarks("选的栏目已经关闭"), true),
		newBoardView(layout.Board{ID: "s1", Kind: layout.HomeBoard}, nil, false), newBoardView(sampleBoard(hostile), sampleRemarks(hostile), false),
		newBoardView(sampleTopicBoard(layout.TopicDraft), nil, true), newBoardView(sampleTopicBoard(layout.TopicArchived), nil, true))
	versionsPage = web.Define(views, "views/versions.html", newVersionsView(layout.Board{ID: "s1", Kind: layout.HomeBoard}, nil, true),
		newVersionsView(sampleBoard("雁塔区人民政府"), []layout.Version{{No: 2, Note: "把办事入口提前", By: "周敏", At: sampleAt, Live: true}, {No: 1, By: "周敏", At: sampleAt}}, true),
		newVersionsView(sampleBoard(hostile), []layout.Version{{No: 1, Note: hostile, By: hostile, At: sampleAt}}, false))
	previewPage = web.Define(views, "views/preview.html", func() previewView { // the storybook has no frame to show
		v := newPreviewView(sampleBoard("雁塔区人民政府"), "desktop", "")
		v.Frame = ""
		return v
	}(), func() previewView {
		v := newPreviewView(sampleBoard(hostile), "phone", "3")
		v.Frame = ""
		return v
	}())
	formPage = web.Define(views, "views/form.html",
		newBlockForm(sampleBoard("雁塔区人民政府"), layout.Block{Kind: layout.Columns}, nil),
		newBlockForm(sampleBoard("雁塔区人民政府"), layout.Block{ID: "x1", Kind: layout.Services, Links: []layout.Link{{Text: "社保", Href: "/a"}}}, nil),
		newBlockForm(sampleBoard("雁塔区人民政府"), layout.Block{ID: "x2", Kind: layout.Picked, Items: []library.ItemID{"i1", "i2"}}, &found{"防汛", []library.Item{{ID: "i1", Meta: library.Meta{Title: "一"}}, {ID: "i3", Meta: library.Meta{Title: "三"}, UnitName: "雁塔区", PublishedAt: sampleAt}}}),
		newBlockForm(sampleBoard("雁塔区人民政府"), layout.Block{Kind: layout.Words, Text: "说明"}, nil), newBlockForm(sampleBoard("雁塔区人民政府"), layout.Block{Kind: layout.Leaders}, nil),
		newBlockForm(sampleBoard(hostile), layout.Block{ID: hostile, Kind: layout.Icons, Heading: hostile, Links: []layout.Link{{Text: hostile, Href: hostile, Note: hostile, Icon: hostile}}}, nil),
		newTopicForm(registry.Site{ID: "s1", Name: "雁塔区人民政府"}, layout.Topic{}, nil), newTopicForm(registry.Site{ID: "s1", Name: hostile}, sampleTopic(hostile, layout.TopicRunning), samplePeople),
		newBarNotice(func() layout.Bar { _, _, b, _ := sampleBar("停水公告"); return b[0] }(), sampleDay), newBarNotice(func() layout.Bar { _, _, _, b := sampleBar(hostile); return b[0] }(), sampleDay),
		func() formView {
			v := newTopicForm(registry.Site{ID: "s1"}, layout.Topic{}, samplePeople)
			v.Form.Wrong(fault.New(fault.Invalid, "请填写结束日期。").On("ends_on", "请填写结束日期"))
			return v
		}())
	topicsPage = web.Define(views, "views/topics.html", newTopicList(nil, nil, "", sampleDay),
		newTopicList([]layout.Topic{sampleTopic("防汛", layout.TopicRunning), sampleTopic("供暖", layout.TopicDraft), sampleTopic("两会", layout.TopicArchived)}, []web.Option{{Value: "s1", Label: "雁塔区"}}, "s1", sampleDay),
		newTopicList([]layout.Topic{sampleTopic(hostile, layout.TopicRunning)}, nil, hostile, sampleDay))
	topicPage = web.Define(views, "views/topic.html", newTopicView(sampleTopic("防汛", layout.TopicRunning), []passage.Step{{Act: "plan", At: sampleAt, ActorName: "周敏"}, {Act: "start", At: sampleAt, ActorName: "周敏"}}, true, sampleDay),
		newTopicView(sampleTopic("供暖", layout.TopicDraft), nil, false, sampleDay), newTopicView(sampleTopic("两会", layout.TopicArchived), nil, true, sampleDay), newTopicView(sampleTopic(hostile, layout.TopicRunning), []passage.Step{{Act: "archive", At: sampleAt, ActorName: hostile, Note: hostile}}, true, sampleDay))
	barPage = web.Define(views, "views/bar.html", newBarView(registry.Site{ID: "s1", Name: "雁塔区人民政府"}, nil, nil, nil, false, sampleDay), barSample("关于雁塔区人民政府网站开通的公告", true), barSample(hostile, true))
)
