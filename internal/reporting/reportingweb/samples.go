package reportingweb

import (
	"time"

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
	b := reporting.Bulletin{ID: "b1", AreaName: "西安市", Level: org.City, UnitName: "西安市人民政府办公厅" + words, Period: assessment.QuarterOf(calendar.Date{Year: 2026, Month: 1, Day: 1}), State: state, ComposedBy: "李敏" + words, CreatedAt: sampleAt}
	b.Content = reporting.Content{AreaName: "西安市", Period: "2026-Q1", PeriodName: "2026年第一季度", CheckPoint: sampleDay, CountedOn: sampleDay, Complete: words == "", Pack: "政府网站与政务新媒体检查指标", Source: "国办秘函〔2019〕19号", Label: assessment.AdoptedDemo, Unverified: true, Letters: true,
		Figures: []reporting.Figure{{Key: "sites.total", Section: reporting.SectionSites, Name: "应检查政府网站", Unit: "个", Rows: two}, {Key: "sites.checked", Section: reporting.SectionSites, Name: "已检查政府网站" + words, Unit: "个", Rows: two[:1]},
			{Key: "findings.total", Section: reporting.SectionFindings, Name: "本季度发现问题", Unit: "个"}},
		Shares:      []reporting.Share{{Key: "sites.coverage", Name: "检查覆盖率", Part: "sites.checked", Of: "sites.total"}},
		Unqualified: []reporting.Unqualified{{Site: "s1", Name: "西安市商务局网站" + words, Unit: "西安市商务局", Reasons: []reporting.Cause{{Indicator: "V-W-3", Says: "单项否决：首页不更新", Evidence: []reporting.Row{{Text: "首页两周没有更新" + words, Link: "/console/findings/f1"}}}}}}}
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

	listPage = web.Define(views, "views/list.html",
		newListView(nil, nil, sampleDay),
		newListView([]reporting.Bulletin{sample(reporting.Draft, ""), sample(reporting.Frozen, ""), sample(reporting.Issued, "")}, samplePlaces, sampleDay),
		newListView([]reporting.Bulletin{sample(reporting.Draft, hostile)}, samplePlaces, sampleDay))

	bulletinPage = web.Define(views, "views/bulletin.html",
		newBulletinView(reporting.Bulletin{ID: "b1", State: reporting.Draft}, nil, false),
		newBulletinView(sample(reporting.Draft, ""), sampleHistory, true),
		newBulletinView(sample(reporting.Frozen, ""), sampleHistory, true),
		newBulletinView(sample(reporting.Issued, hostile), sampleHistory, true))

	rowsPage = web.Define(views, "views/rows.html",
		newRowsView(sample(reporting.Draft, ""), reporting.Figure{Name: "本季度发现问题", Unit: "个"}, 0),
		newRowsView(sample(reporting.Frozen, ""), sample(reporting.Draft, "").Content.Figures[0], 0),
		newRowsView(sample(reporting.Issued, hostile), sample(reporting.Draft, hostile).Content.Figures[0], 0))
)
