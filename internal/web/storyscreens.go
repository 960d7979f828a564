package web

import (
	"net/http"
	"net/url"
	"time"

	"zhengshu/internal/calendar"
)

// Two whole screens made of the parts, as a model for those of the doors: a
// list (template T2 on a workbench) and a case (T4). They exist in the
// storybook only.

type sampleCase struct {
	Heading  Heading
	Steps    Steps
	Alert    Alert
	Summary  Summary
	Breaches Breaches
	Form     Form
	Due      Stat
	Timeline Timeline
}

func (sampleCase) Title() string { return "示例：审批事项" }
func (sampleCase) Crumbs() []Crumb {
	return []Crumb{{"工作台", "/console"}, {"审批", "/console/cases"}, {"临时下线申请", ""}}
}

type sampleBench struct {
	Heading Heading
	Stats   Stats
	Tabs    Tabs
	Filter  Filter
	Table   Table
	Pager   Pager
}

func (sampleBench) Title() string { return "示例：工作台" }

var (
	_ = Define(views, "pages/sample_case.html", typicalCase(), sampleCase{Heading: Heading{Title: hostile, Lead: hostile}})
	_ = Define(views, "pages/sample_bench.html", typicalBench(), sampleBench{Heading: Heading{Title: "工作台"}, Table: Table{Caption: "待办"}})
)

func typicalCase() sampleCase {
	at := time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)
	return sampleCase{
		Heading: Heading{Title: "秦川县教育局网站临时下线申请", Above: "编号 2026-1123-0042", Tags: []Tag{{Info, "审核中"}}, Acts: []Act{{Text: "打印", Href: "/console"}}},
		Steps:   Steps{Label: "申请进度", Items: sampleSteps()},
		Alert:   Alert{Kind: Warn, Title: "有 1 条规定不符合", Text: "须退回修改，或由有权批准例外的人员书面说明理由。"},
		Summary: Summary{Title: "申请内容", Terms: []Term{
			{Name: "网站名称", Text: "秦川县教育局网站", Href: "/console"}, {Name: "网站标识码", Text: "6101990002"}, {Name: "下线原因", Text: "机房搬迁，期间服务器停止运行。"},
			{Name: "下线期间", Was: "2026-12-01 至 2026-12-20", Text: "2026-12-01 至 2027-01-14", Note: "共 45 天"}, {Name: "公告", Text: "已拟稿，将在首页和县政府门户网站置顶", Href: "/console"}, {Name: "附件", Text: "搬迁方案.pdf（1.2 MB）", Href: "/console"}}},
		Breaches: Breaches{Title: "规则核对", Items: []Breach{
			{OK: true, ID: "S8.1a.once", Says: "每年临时下线不得超过1次", Note: "今年尚未下线", Citation: "陕政公开办〔2021〕18号 第八条（一）"},
			{ID: "S8.1a.days", Says: "下线时间不得超过30天", Note: "申请 45 天，请缩短 15 天", Citation: "陕政公开办〔2021〕18号 第八条（一）"}}},
		Form: Form{Action: "/dev/ui", Sticky: true, Key: "opinion", Sections: []Section{{Legend: "审核意见", Fields: []Field{
			{Kind: TextArea, Name: "opinion", Label: "意见", Required: true, Hint: "退回时写明要补正什么。", Max: 500}}}},
			Buttons: []Button{{Label: "同意并送市政府办公室", Name: "act", Value: "approve"}, {Label: "退回补正", Plain: true, Name: "act", Value: "return"}}},
		Due: Stat{Name: "办理时限", Value: "2", Unit: "天", Kind: Warn, Note: "2026-11-25 前审核完毕"},
		Timeline: Timeline{Title: "办理过程", Next: "市政府办公室审核", Events: []Event{
			{At: at.Add(-74 * time.Hour), Title: "提出申请", Who: "李建国", Unit: "秦川县教育局"},
			{At: at.Add(-24 * time.Hour), Kind: Warn, Title: "退回补正", Who: "王秀兰", Unit: "县政府办公室", Text: "请补充搬迁方案。", Took: 26 * time.Hour},
			{At: at, Title: "重新提交", Who: "李建国", Unit: "秦川县教育局"}}},
	}
}

func typicalBench() sampleBench {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	return sampleBench{
		Heading: Heading{Title: "今天要做 3 件", Lead: "约 12 分钟。最急的是秦川县水务局网站的整改答复。", Acts: []Act{{Text: "提出申请", Href: "/console", Primary: true}}},
		Stats: Stats{Label: "概况", Items: []Stat{{Name: "今日到期", Value: "1", Unit: "件", Kind: Warn, Href: "/console"}, {Name: "超期", Value: "1", Unit: "件", Kind: Danger, Href: "/console"},
			{Name: "栏目", Value: "12", Unit: "个正常", Kind: Good, Note: "2 个将到期", Href: "/console"}, {Name: "若今天检查", Value: "92", Unit: "分", Trend: []float64{84, 86, 85, 90, 92}, Note: "本月升 2 分", Href: "/console"}}},
		Tabs:   Tabs{Label: "事项", Items: []Tab{{"待办", "/console", 3, true}, {"已办", "/console", 128, false}, {"我发起", "/console", 6, false}, {"抄送", "/console", 2, false}}},
		Filter: Filter{Action: "/dev/ui", Total: 3, Fields: []Field{{Kind: Select, Name: "kind", Label: "类型", Options: []Option{{Label: "全部"}, {Value: "order", Label: "整改通知"}}}, {Kind: Select, Name: "due", Label: "时限", Options: []Option{{Label: "全部"}, {Value: "week", Label: "本周到期"}}}, {Kind: SearchBox, Name: "q", Label: "事项或单位"}}},
		Table: Table{Caption: "待办事项", Quiet: true, Columns: []Column{{Head: "事项", Wide: true}, {Head: "来自"}, {Head: "到达"}, {Head: "时限", Sort: "?sort=due", Sorted: "ascending"}, {}}, Rows: []Row{
			{Kind: Danger, Cells: []Cell{{Text: "答复整改通知：首页 3 处链接打不开", Href: "/console", Note: "秦川县水务局网站"}, Text("市政府办公室"), Text("2026-11-18 10:20"), DueCell(today.AddDays(-3), today), Acts(Link{"去答复", "/console", "整改通知"})}},
			{Kind: Warn, Cells: []Cell{{Text: "审核临时下线申请", Href: "/console", Note: "秦川县教育局网站"}, Text("秦川县教育局"), Text("2026-11-22 09:30"), DueCell(today, today), Acts(Link{"去审核", "/console", "临时下线申请"})}},
			{Cells: []Cell{{Text: "答复群众来信：农村校车线路", Href: "/console", Note: "来信 2026-1123-0042"}, Text("网民来信"), Text("2026-11-23 08:05"), DueCell(today.AddDays(5), today), Acts(Link{"去答复", "/console", "群众来信"})}}}},
		Pager: PagerOf(&http.Request{URL: &url.URL{Path: "/console"}}, 3, 20),
	}
}
