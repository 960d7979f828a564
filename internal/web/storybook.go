package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
)

// Story is a component with its samples: typical first, then empty and
// hostile ones.
type Story struct {
	Name    string // 表格
	Says    string // when to use it
	Samples []Component
}

// Row reports whether the samples are small enough to stand in one line.
func (s Story) Row() bool {
	switch s.Samples[0].(type) {
	case Tag, Badge, Link:
		return true
	}
	return false
}

// Storybook is the routes of the storybook, which the application adds in
// development only: every component and every defined page with its samples.
func Storybook() []Route {
	return []Route{
		{Pattern: "GET /dev/ui", Permit: authz.Public, Handle: showStories},
		{Pattern: "GET /dev/ui/pages/{page}/{sample}", Permit: authz.Public, Handle: showSample},
	}
}

type stories struct {
	Stories []Story
	Pages   []storyPage
	Form    Form
}

type storyPage struct {
	Name  string
	Links []Link
}

// Title is the document's title.
func (stories) Title() string { return "界面部件" }

// Crumbs is the breadcrumb.
func (stories) Crumbs() []Crumb { return []Crumb{{"开发", ""}, {"界面部件", ""}} }

var storyPages = Define(views, "pages/stories.html", stories{Stories: catalogue(), Form: sampleForm()})

// storyFrame shows the frame as a signed-in person sees it.
func storyFrame(r *http.Request) *http.Request {
	q := requestFrom(r.Context())
	if q == nil || q.visitor.Session != nil {
		return r
	}
	q.visitor = Visitor{Demo: true, FormToken: "sample", Session: &authz.Session{PersonID: "sample", Name: "王秀兰",
		Posts: []authz.Post{{Role: authz.Supervisor, UnitName: "秦川县人民政府办公室", AreaPath: "/610000/610100/610199/@S/", Office: true}}}}
	if len(q.rt.c.Nav) == 0 {
		rt := *q.rt
		rt.c.Nav = []NavItem{{Name: "工作台", Href: "/dev/ui"}, {Name: "台账", Href: "/console/sites"}, {Name: "审批", Href: "/console/cases"}, {Name: "内容", Href: "/console/items"},
			{Name: "互动", Href: "/console/letters"}, {Name: "监管", Href: "/console/findings"}, {Name: "考核", Href: "/console/assessments"}, {Name: "值班", Href: "/console/duty"}, {Name: "系统", Href: "/console/system"}}
		rt.c.Links = Links{Home: "/console", Inbox: "/console/inbox", Search: "/console/search", Help: "/console/help", Account: "/console/account", Logout: "/console/logout"}
		q.rt = &rt
	}
	if q.rt.c.Counts == nil {
		rt := *q.rt
		rt.c.Counts = sampleCounts
		q.rt = &rt
	}
	return r
}

func showStories(w http.ResponseWriter, r *http.Request) error {
	page := stories{Stories: catalogue(), Form: sampleForm()}
	for i, p := range Pages() {
		line := storyPage{Name: p.Name()}
		for n := range p.Samples() {
			line.Links = append(line.Links, Link{Text: "示例 " + strconv.Itoa(n+1), Href: fmt.Sprintf("/dev/ui/pages/%d/%d", i, n), Note: p.Name()})
		}
		if p.Samples() > 0 {
			line.Links = append(line.Links, Link{Text: "未登录时", Href: fmt.Sprintf("/dev/ui/pages/%d/0?as=nobody", i), Note: p.Name()})
		}
		page.Pages = append(page.Pages, line)
	}
	return storyPages.Render(w, storyFrame(r), page)
}

func showSample(w http.ResponseWriter, r *http.Request) error {
	all := Pages()
	i, err := strconv.Atoi(r.PathValue("page"))
	if err != nil || i < 0 || i >= len(all) {
		return fault.Missing("页面")
	}
	n, err := strconv.Atoi(r.PathValue("sample"))
	if err != nil || n < 0 || n >= all[i].Samples() {
		return fault.Missing("示例")
	}
	if r.URL.Query().Get("as") != "nobody" {
		r = storyFrame(r)
	}
	b, err := all[i].Sample(r, n)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b) // the reader going away is not our error
	return nil
}

var hostile = `"><script>alert('x')</script>` + "\u202e" + `陕西省某市某县某某某某某某某某某某某某某某某某某某某局`

func sampleForm() Form {
	f := Form{Action: "/dev/ui", Key: "sample", Sticky: true, Cancel: Link{Text: "取消", Href: "/dev/ui"},
		Buttons: []Button{{Label: "提交申请"}, {Label: "存为草稿", Plain: true, Name: "act", Value: "draft", Skip: true}, {Label: "撤回", Kind: Danger}},
		Sections: []Section{
			{Legend: "临时下线", Hint: "每年不得超过 1 次，每次不得超过 30 天。", Fields: []Field{
				{Name: "reason", Label: "下线原因", Kind: TextArea, Required: true, Hint: "写明故障情况和处理办法，不少于 10 个字。", Max: 500},
				{Name: "from", Label: "下线日期", Kind: DateField, Required: true, Narrow: true, Hint: "例：2026-11-23"},
				{Name: "days", Label: "下线天数", Kind: Number, Unit: "天", Narrow: true, Required: true, Value: "45"},
				{Name: "kind", Label: "情形", Kind: Radios, Value: "upgrade", Options: []Option{{Value: "upgrade", Label: "系统升级改造"}, {Value: "move", Label: "机房搬迁", Hint: "附搬迁方案"}, {Value: "emergency", Label: "不可抗力或责令关停"}}},
			}},
			{Legend: "其他", Fields: []Field{
				{Name: "unit", Label: "主办单位", Kind: Select, Value: "2", Options: []Option{{Value: "", Label: "请选择"}, {Value: "1", Label: "县教育局"}, {Value: "2", Label: "县人民政府办公室"}}},
				{Name: "cc", Label: "抄送", Kind: Checks, Values: []string{"police"}, Options: []Option{{Value: "cyberspace", Label: "网信"}, {Value: "police", Label: "公安"}, {Value: "establishment", Label: "编制"}}},
				{Name: "doc", Label: "申请文件", Kind: File, Hint: "PDF 或图片，每个不超过 20 MB。", Accept: ".pdf,.jpg,.png"},
				{Name: "agreed", Label: "已核对站点名称和标识码", Kind: Check},
			}},
		}}
	f.Wrong(fault.New(fault.Invalid, "有内容需要改正，请按提示修改后再提交。").
		On("reason", "请填写下线原因，不少于 10 个字").On("days", "下线时间不得超过30天，请改为 30 以内的整数").
		Because(fault.Reason{ID: "S8.1a.days", Citation: "陕政公开办〔2021〕18号 第八条（一）", Says: "下线时间不得超过30天，申请 45 天"}))
	return f
}

func sampleSteps() []Step {
	return []Step{{Name: "提出申请", Who: "县教育局", Note: "11-20 09:30", State: StepDone}, {Name: "县政府办审核", Who: "王秀兰", Note: "11-21 16:02", State: StepDone},
		{Name: "市政府办审核", Who: "市政府办公室", State: StepNow}, {Name: "省政府办公厅批准", State: StepWaiting}, {Name: "发布公告", State: StepWaiting}}
}

func catalogue() []Story {
	today := calendar.Date{Year: 2026, Month: 11, Day: 23}
	at := time.Date(2026, 11, 23, 1, 30, 0, 0, time.UTC)
	r := &http.Request{URL: &url.URL{Path: "/dev/ui", RawQuery: "state=open&page=7"}}
	pager := PagerOf(r, 412, 20)
	table := Table{Caption: "站点台账", PickName: "id", Columns: []Column{{Head: "站点", Wide: true}, {Head: "标识码"}, {Head: "状态"}, {Head: "问题", Number: true}, {Head: "整改期限", Sort: "?sort=due", Sorted: "ascending"}, {}},
		Rows: []Row{
			{Pick: "1", Cells: []Cell{{Text: "秦川县人民政府网", Href: "/console/sites/1", Note: "www.qinchuan.gov.cn"}, Text("6101990001"), Tagged(Tag{Good, "正常"}), Figure(0), DueCell(today.AddDays(5), today), Acts(Link{"查看", "/console/sites/1", "秦川县人民政府网"})}},
			{Pick: "2", Kind: Warn, Cells: []Cell{{Text: "秦川县教育局", Href: "/console/sites/2", Note: "jyj.qinchuan.gov.cn"}, Text("6101990002"), Tagged(Tag{Warn, "临时下线"}), Figure(3), DueCell(today, today), Acts(Link{"查看", "/console/sites/2", "秦川县教育局"}, Link{"恢复", "/console/sites/2/resume", "秦川县教育局"})}},
			{Pick: "3", Kind: Danger, Cells: []Cell{{Text: "秦川县水务局", Href: "/console/sites/3", Note: "swj.qinchuan.gov.cn"}, Text("6101990003"), Tagged(Tag{Danger, "打不开"}), Figure(12), DueCell(today.AddDays(-3), today), Acts(Link{"查看", "/console/sites/3", "秦川县水务局"})}},
		}}
	breaches := Breaches{Items: []Breach{
		{OK: true, ID: "S8.1a.once", Says: "每年临时下线不得超过1次", Note: "今年尚未下线", Citation: "陕政公开办〔2021〕18号 第八条（一）"},
		{ID: "S8.1a.days", Says: "下线时间不得超过30天", Note: "申请 45 天，请缩短 15 天", Citation: "陕政公开办〔2021〕18号 第八条（一）"}}}
	return []Story{
		{"页面标题", "每页一个，含唯一的一级标题。", []Component{headingStory{Heading{Title: "秦川县教育局网站", Above: "6101990002", Lead: "主办单位：秦川县教育局", Tags: []Tag{{Warn, "临时下线"}}, Acts: []Act{{Text: "申请恢复", Href: "/console", Primary: true}, {Text: "打印", Href: "/console"}}}}}},
		{"状态标签", "状态用词，颜色只作辅助。", []Component{Tag{Neutral, "草稿"}, Tag{Info, "审核中"}, Tag{Good, "已发布"}, Tag{Warn, "今日到期"}, Tag{Danger, "超期 3 天"}}},
		{"数字角标", "只在有数时出现。", []Component{Badge{N: 3, Says: "3 条待办"}, Badge{N: 128, Says: "128 条告警", Kind: Danger}, Badge{}}},
		{"提示", "页面里的说明、警告。", []Component{Alert{Kind: Info, Text: "本页数据每天 6 时更新。"}, Alert{Kind: Good, Title: "检测通过", Text: "全部 14 项检查符合要求。"},
			Alert{Kind: Warn, Title: "公告还需悬挂 12 天", Text: "悬挂满 30 天后方可撤下。", Links: []Link{{Text: "查看公告", Href: "/console"}}}, Alert{Kind: Danger, Title: "站点打不开", Text: hostile}}},
		{"回执", "办完一件事之后，说清结果和下一步。", []Component{Receipt{Text: "已送市政府办公室审核，一般 2 个工作日内办结。", Link: Link{Text: "查看办理进度", Href: "/console"}}}},
		{"保密提醒", "登录页和编辑页必须有。", []Component{Secrecy{}}},
		{"统计", "一个数字，点开是它数的东西。", []Component{Stats{Label: "本周概况", Items: []Stat{
			{Name: "待办", Value: "3", Unit: "件", Note: "约 12 分钟", Href: "/console/inbox"}, {Name: "超期", Value: "1", Unit: "件", Kind: Danger, Href: "/console/inbox?due=over", Note: "最长超期 3 天"},
			{Name: "栏目更新", Value: "12", Unit: "个正常", Kind: Good, Note: "2 个将到期"}, {Name: "可用率", Value: "99.6", Unit: "%", Trend: []float64{99, 99.4, 98.2, 99.7, 99.9, 99.6}, Note: "近 6 周最低 98.2%"}}}}},
		{"筛选", "条件都在网址里，可收藏、可转发。", []Component{Filter{Action: "/dev/ui", Total: 412, Fields: []Field{
			{Kind: SearchBox, Name: "q", Label: "名称或网址"}, {Kind: Select, Name: "state", Label: "状态", Options: []Option{{Value: "", Label: "全部"}, {Value: "open", Label: "正常"}}, Value: "open"}, {Kind: DateField, Name: "since", Label: "开设时间起"}},
			More: []Field{{Name: "code", Label: "标识码"}, {Kind: Select, Name: "area", Label: "地区", Options: []Option{{Value: "", Label: "全省"}}}}}}},
		{"表格", "列出事物；手机上每行变成一张卡片。", []Component{table, Table{Caption: "整改通知", Columns: []Column{{Head: "通知"}}, Empty: Empty{Title: "没有整改通知", Text: "检查发现问题后，会在这里列出。", Act: Act{Text: "发起检查", Href: "/console"}}},
			Table{Caption: "特殊内容", Compact: true, Columns: []Column{{Head: "名称"}, {Head: "说明"}}, Rows: []Row{{Cells: []Cell{Text(hostile), Linked(hostile, "javascript:alert(1)")}}}}}},
		{"分段列表", "很长的列表按段列出；手机上逐段折叠，要先看的段展开。", []Component{Folds{Label: "各周班次", Items: []Fold{{ID: "w1", Title: "12月1日至6日", Note: "12 个班次", Tags: []Tag{{Danger, "有空档"}}, Open: true, Table: Table{Caption: "12月1日至6日的班次", Quiet: true, Columns: []Column{{Head: "时间", Wide: true}, {Head: "值班人员"}}, Rows: []Row{{Cells: []Cell{Text("12月1日08:00至20:00"), Text("张三")}}}}},
			{ID: "w2", Title: hostile, Note: hostile, Table: Table{Caption: hostile, Quiet: true, Columns: []Column{{Head: "时间"}}, Rows: []Row{{Cells: []Cell{Text(hostile)}}}}}}}}},
		{"分页", "长列表。", []Component{pager}},
		{"标签页", "每个部分有自己的网址。", []Component{Tabs{Label: "待办分类", Items: []Tab{{"待办", "?tab=todo", 3, true}, {"已办", "?tab=done", 128, false}, {"我发起", "?tab=mine", 6, false}, {"抄送", "?tab=cc", 0, false}}}}},
		{"很多标签页", "超过七个的，后面的收在“更多”里，按组列出。", []Component{Tabs{Label: "稿件的各部分", Items: []Tab{{"信息资源库", "?tab=1", 0, false}, {"媒体库", "?tab=2", 0, false}}, More: []TabGroup{{"进出", []Tab{{"导入", "?tab=3", 0, false}}}, {"规则", []Tab{{"审核流程", "?tab=4", 0, true}}}}}}},
		{"表单目录", "长表单旁边，点到各部分。", []Component{Outline{Label: "表单各部分", Items: []Link{{Text: "内容", Href: "#main"}, {Text: "来源", Href: "#main"}}}}},
		{"信息列表", "一件事物的各项信息；变更的项并列原值。", []Component{Summary{Title: "基本信息", Wide: true, Terms: []Term{{Name: "网站名称", Text: "秦川县教育局网站", Was: "秦川县教育体育局网站"}, {Name: "网站标识码", Text: "6101990002"}, {Name: "主办单位", Text: "秦川县教育局", Href: "/console"},
			{Name: "ICP备案号", Edit: Link{"补填", "/console", "ICP备案号"}}, {Name: "状态", Tags: []Tag{{Warn, "临时下线"}}, Note: "2026-11-20 起"}}}}},
		{"办理时间轴", "谁、在哪个单位、何时、说了什么。", []Component{Timeline{Title: "办理过程", Events: []Event{
			{At: at.Add(-74 * time.Hour), Title: "提出申请", Who: "李建国", Unit: "秦川县教育局"}, {At: at.Add(-24 * time.Hour), Kind: Warn, Title: "退回补正", Who: "王秀兰", Unit: "县政府办", Text: "请补充安全检测报告。", Took: 26 * time.Hour}, {At: at, Kind: Good, Title: "审核同意", Who: "王秀兰", Unit: "县政府办", Text: "拟同意，请领导审定。", Took: 90 * time.Minute}}, Next: "市政府办公室审核"}}},
		{"步骤", "一件事要走哪几步、走到哪里。", []Component{Steps{Label: "申请进度", Items: sampleSteps()}}},
		{"状态图", "由状态转换表画出：现在在哪里，接下来能到哪里；箭头上的编号对应旁边的清单。", []Component{States{Label: "状态图：现在是运行", Boxes: []StateBox{{Key: "planned", Name: "筹建", Was: true}, {Key: "running", Name: "运行", Col: 1, Now: true}, {Key: "off", Name: "临时下线", Col: 2}},
			Moves: []StateMove{{From: "planned", To: "running", N: 1}, {From: "running", To: "off", N: 2, Open: true}, {From: "off", To: "running", N: 3}, {From: "planned", To: "off", N: 4, Low: true}}}}},
		{"流程图", "把步骤画出来；内容以时间轴为准。", []Component{Flow{Label: "审批流程图：第三步市政府办审核进行中", Items: sampleSteps()}}},
		{"规则核对", "逐条列出符合与不符合，附条款。", []Component{breaches}},
		{"进度", "做了多少。", []Component{Progress{Label: "巡查进度", Value: 14, Max: 60}}},
		{"修改对比", "前后两稿的差别。", []Component{DiffOf("标题修改", "关于做好2025年度网站检查工作的通知", "关于开展2026年度政府网站检查工作的通知")}},
		{"空状态", "说明为什么没有、可以做什么。", []Component{Empty{Title: "今天没有待办", Text: "新的事项到达后会显示在这里。", Act: Act{Text: "查看已办", Href: "/console"}}}},
		{"日条", "一天一格，看到了什么。", []Component{
			DayStrip{Label: "本级政府门户网站首页", Legend: "绿色为看到，红色为缺失，黄色为未能查看。", Days: []DayMark{{On: calendar.Date{Year: 2026, Month: 3, Day: 9}, Kind: Good, Says: "看到"}, {On: calendar.Date{Year: 2026, Month: 3, Day: 10}, Kind: Danger, Says: "缺失：首页上找不到", Href: "/console"}, {On: calendar.Date{Year: 2026, Month: 3, Day: 11}, Kind: Warn, Says: "未能查看"}, {On: calendar.Date{Year: 2026, Month: 3, Day: 12}, Says: "未到"}}},
			DayStrip{Label: `"><script>`}}},
		{"面板", "一组相关内容。", []Component{Panel{Title: "我的栏目", Links: []Link{{Text: "全部栏目", Href: "/console"}}, Parts: []Component{Progress{Label: "按期更新", Value: 12, Max: 14}}}}},
		{"链接和按钮", "链接去别处；按钮办事情，写明动作。", []Component{Link{Text: "查看台账", Href: "/console"}, Act{Text: "提出申请", Href: "/console", Primary: true}, Act{Text: "打印", Href: "/console"}, Button{Label: "送审"}, Button{Label: "存为草稿", Plain: true}, Button{Label: "撤下", Kind: Danger}}},
		{"错误汇总", "表单上方，链接到每个要改的项。", []Component{errorsStory{ErrorSummary{Title: "有内容需要改正", Says: "请按提示修改后再提交。", Links: []Link{{Text: "请填写下线原因", Href: "#f-reason"}}}}}},
		{"表单项", "标签、提示、错误连在一起。", []Component{Field{Name: "story-name", Label: "网站名称", Hint: "与批准文件一致", Value: hostile}, Field{Name: "story-note", Kind: TextArea, Label: "意见", Error: "请填写退回原因", Rows: 3}, Field{Name: "story-x", Kind: Hidden, Value: "1"}}},
	}
}

// headingStory shows a Heading without a second h1 on the page.
type headingStory struct{ Heading Heading }

func (headingStory) partial() string { return "heading-story" }

// errorsStory shows an ErrorSummary that does not take the focus.
type errorsStory struct{ Errors ErrorSummary }

func (errorsStory) partial() string { return "errors-story" }

// Rendered renders one component alone, for tests.
func Rendered(c Component) (template.HTML, error) { return ui(c) }

func sampleCounts(context.Context) Counts { return Counts{ToDo: 3, Overdue: 1} }
