package dashboardweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/percent"
	"zhengshu/internal/web"
)

// ---- comparison

func (h *Handler) compare(r *http.Request) (boardPage, error) {
	return ofPlace(h, r, boardPath, h.boards.Compare, func(c dashboard.Comparison, _ dashboard.Place, f web.Filter, at time.Time) boardPage {
		return newCompare(c, f, at)
	})
}

func newCompare(c dashboard.Comparison, f web.Filter, at time.Time) boardPage {
	v := boardPage{Heading: web.Heading{Title: "地区对比", Above: c.Place.Name(), Lead: "按比上季度末改善多少排列，改善相同的按区划代码；不排个人名次，不统计点赞和阅读量。"}, Filter: f, Note: counted(at)}
	v.Stats = web.Stats{Label: c.Place.Name() + "合计", Items: []web.Stat{
		{Name: "若今天抽查，不合格", Value: strconv.Itoa(c.All.Unqualified), Unit: "个", Note: fmt.Sprintf("共 %d 个网站，比上季度末%s", c.All.Sites, better(c.All.Better())), Kind: tone(c.All.Unqualified, web.Warn), Href: open(c.All.Unqualified, dashboard.Query{Figure: "site.unqualified", Under: c.Place.Area.ID, From: c.Month, To: c.Month})},
		{Name: "未办结的严重问题", Value: strconv.Itoa(c.All.Serious), Unit: "个", Kind: tone(c.All.Serious, web.Danger), Href: open(c.All.Serious, dashboard.Query{Figure: "finding.serious", Under: c.Place.Area.ID})},
		{Name: "超期未办结的整改通知", Value: strconv.Itoa(c.All.Overdue), Unit: "份", Kind: tone(c.All.Overdue, web.Danger), Href: open(c.All.Overdue, dashboard.Query{Figure: "order.overdue", Under: c.Place.Area.ID})},
		{Name: "本季度按期整改", Value: percent.Of(c.All.Timely, c.All.Ended).Short(), Note: fmt.Sprintf("办结 %d 份，按期 %d 份", c.All.Ended, c.All.Timely), Href: open(c.All.Ended, dashboard.Query{Figure: "life.ended", Under: c.Place.Area.ID, From: c.First, To: c.Month})},
		{Name: "本季度留言按时答复", Value: percent.Of(c.All.OnTime, c.All.Judged).Short(), Note: fmt.Sprintf("已判定 %d 件，按时 %d 件", c.All.Judged, c.All.OnTime), Href: open(c.All.Judged, dashboard.Query{Figure: "letter.judged", Under: c.Place.Area.ID, From: c.First, To: c.Month})}}}
	v.Charts = []charted{{Title: "各" + kindOf(c) + "情况", Kind: "stack", Columns: "2,4,5", Wide: true, Table: compareTable(c, 0)}}
	return v
}

func kindOf(c dashboard.Comparison) string {
	if c.ByUnit {
		return "单位"
	}
	return "地区"
}

// compareTable is the table of a comparison, at most some lines of it.
func compareTable(c dashboard.Comparison, most int) web.Table {
	t := web.Table{Caption: c.Place.Name() + "各" + kindOf(c) + "情况（" + c.Quarter.Chinese() + "）", Columns: []web.Column{{Head: kindOf(c), Wide: true}, {Head: "比上季度末"}, {Head: "不合格网站", Number: true}, {Head: "网站", Number: true},
		{Head: "未办结严重问题", Number: true}, {Head: "超期整改通知", Number: true}, {Head: "本季度办结整改", Number: true}, {Head: "按期整改率", Number: true}, {Head: "已判定留言", Number: true}, {Head: "留言按时率", Number: true}},
		Empty: web.Empty{Title: "没有可对比的" + kindOf(c), Text: "登记了网站以后，这里按地区列出情况。"}}
	for i, l := range c.Lines {
		if most > 0 && i == most {
			break
		}
		q := dashboard.Query{Under: l.Area, Own: l.Own, Unit: l.Unit}
		at := func(figure, from, to string) dashboard.Query {
			q := q
			q.Figure, q.From, q.To = figure, from, to
			return q
		}
		name := web.Text(l.Name)
		if l.Deep {
			name.Href = with(boardPath, url.Values{"under": {string(l.Area)}})
		}
		kind := web.Neutral
		if l.Overdue > 0 {
			kind = web.Warn
		}
		t.Rows = append(t.Rows, web.Row{Kind: kind, Cells: []web.Cell{name, {Text: better(l.Better()), Keep: true}, figure(l.Unqualified, at("site.unqualified", c.Month, c.Month)), figure(l.Sites, at("site.running", "", "")),
			figure(l.Serious, at("finding.serious", "", "")), figure(l.Overdue, at("order.overdue", "", "")), figure(l.Ended, at("life.ended", c.First, c.Month)), {Text: percent.Of(l.Timely, l.Ended).Short(), Keep: true},
			figure(l.Judged, at("letter.judged", c.First, c.Month)), {Text: percent.Of(l.OnTime, l.Judged).Short(), Keep: true}}})
	}
	return t
}

func open(n int, q dashboard.Query) string {
	if n == 0 {
		return ""
	}
	return rowsHref(q)
}

func tone(n int, t web.Tone) web.Tone {
	if n == 0 {
		return web.Neutral
	}
	return t
}

// better says how the number of failing sites has changed.
func better(n int) string {
	switch {
	case n > 0:
		return "减少 " + strconv.Itoa(n) + " 个"
	case n < 0:
		return "增加 " + strconv.Itoa(-n) + " 个"
	}
	return "持平"
}

// ---- trends

// ofPlace is a board that asks for nothing but a place.
func ofPlace[T any](h *Handler, r *http.Request, path string, count func(context.Context, authz.Scope, dashboard.Place) (T, error), show func(T, dashboard.Place, web.Filter, time.Time) boardPage) (boardPage, error) {
	p, f, err := h.place(r, path)
	if err != nil {
		return boardPage{}, err
	}
	counts, err := count(r.Context(), authz.ScopeFrom(r.Context()), p)
	if err != nil {
		return boardPage{}, err
	}
	at, err := h.boards.CountedAt(r.Context())
	if err != nil {
		return boardPage{}, err
	}
	fill(&f, r.URL.Query(), p)
	return show(counts, p, f, at), nil
}

func (h *Handler) trends(r *http.Request) (boardPage, error) {
	return ofPlace(h, r, boardPath+"/trends", h.boards.Trends, newTrends)
}

func newTrends(list []dashboard.Month, p dashboard.Place, f web.Filter, at time.Time) boardPage {
	v := boardPage{Heading: web.Heading{Title: "走势", Above: p.Name(), Lead: "最近十二个月；本月尚未结束，只算到现在。"}, Filter: f, Note: counted(at) + "合格率按每月末（本月按今天）的判定，只算已检测的网站。"}
	v.Charts = []charted{{Title: "问题和整改", Kind: "line", Columns: "1,2,3,4", Wide: true, Table: trendTable(list, p)}, {Title: "合格率", Kind: "line", Columns: "1", Table: shareTable(list, p)}}
	return v
}

func trendTable(list []dashboard.Month, p dashboard.Place) web.Table {
	t := web.Table{Caption: "每月发现和整改的问题", Compact: true, Columns: []web.Column{{Head: "月份"}, {Head: "发现问题", Number: true}, {Head: "办结问题", Number: true}, {Head: "下发整改通知", Number: true}, {Head: "到期未按期办结", Number: true}}, Empty: web.Empty{Title: "还没有数据"}}
	for _, m := range list {
		at := func(figure string) dashboard.Query {
			return dashboard.Query{Figure: figure, Under: p.Area.ID, From: m.Month, To: m.Month}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Month, Keep: true}, figure(m.Found, at("finding.found")), figure(m.Mended, at("finding.mended")), figure(m.Issued, at("life.issued")), figure(m.Missed, at("life.missed"))}})
	}
	return t
}

func shareTable(list []dashboard.Month, p dashboard.Place) web.Table {
	t := web.Table{Caption: "每月末网站合格情况", Compact: true, Columns: []web.Column{{Head: "月份"}, {Head: "合格率（%）", Number: true}, {Head: "合格", Number: true}, {Head: "不合格", Number: true}, {Head: "未检测", Number: true}}, Empty: web.Empty{Title: "还没有判定"}}
	for _, m := range list {
		if !m.Judged {
			t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Month, Keep: true}, web.Text("未判定"), web.Text("—"), web.Text("—"), web.Text("—")}})
			continue
		}
		at := func(figure string) dashboard.Query {
			return dashboard.Query{Figure: figure, Under: p.Area.ID, From: m.Month, To: m.Month}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: m.Month, Keep: true}, {Text: strings.TrimSuffix(m.Share().Short(), "%"), Keep: true}, figure(m.Qualified, at("site.qualified")), figure(m.Unqualified, at("site.unqualified")), figure(m.Untested, at("site.untested"))}})
	}
	return t
}

// ---- ageing

func (h *Handler) ageing(r *http.Request) (boardPage, error) {
	p, f, err := h.place(r, boardPath+"/ageing")
	if err != nil {
		return boardPage{}, err
	}
	list, err := h.boards.Ageing(r.Context(), authz.ScopeFrom(r.Context()), p)
	if err != nil {
		return boardPage{}, err
	}
	fill(&f, r.URL.Query(), p)
	return newAgeing(list, p, f), nil
}

func newAgeing(list []dashboard.Age, p dashboard.Place, f web.Filter) boardPage {
	v := boardPage{Heading: web.Heading{Title: "积压时长", Above: p.Name(), Lead: "尚未办结的问题从首次发现起、整改通知从下发起，到今天的日历天数。"}, Filter: f, Note: "数字为打开页面时的情况。点开数字可看明细。"}
	findings := web.Table{Caption: "未办结的问题", Compact: true, Columns: []web.Column{{Head: "时长"}, {Head: "严重", Number: true}, {Head: "一般", Number: true}, {Head: "提示", Number: true}, {Head: "合计", Number: true}}, Empty: web.Empty{Title: "没有未办结的问题"}}
	orders := web.Table{Caption: "未办结的整改通知", Compact: true, Columns: []web.Column{{Head: "时长"}, {Head: "整改通知", Number: true}}, Empty: web.Empty{Title: "没有未办结的整改通知"}}
	for _, a := range list {
		at := func(figure string, severity check.Severity) dashboard.Query {
			return dashboard.Query{Figure: figure, Under: p.Area.ID, Band: a.Band, Severity: string(severity)}
		}
		name := web.Cell{Text: dashboard.Bands[a.Band].Name, Keep: true}
		findings.Rows = append(findings.Rows, web.Row{Cells: []web.Cell{name, figure(a.Serious, at("finding.age", check.Serious)), figure(a.Error, at("finding.age", check.Error)), figure(a.Advice, at("finding.age", check.Advice)), figure(a.Findings(), at("finding.age", ""))}})
		orders.Rows = append(orders.Rows, web.Row{Cells: []web.Cell{name, figure(a.Orders, at("order.age", ""))}})
	}
	v.Charts = []charted{{Title: "问题", Kind: "stack", Columns: "1,2,3", Table: findings}, {Title: "整改通知", Kind: "funnel", Columns: "1", Table: orders}}
	return v
}

// ---- funnel

func (h *Handler) funnel(r *http.Request) (boardPage, error) {
	p, f, err := h.place(r, boardPath+"/funnel")
	if err != nil {
		return boardPage{}, err
	}
	list := h.boards.Months()
	from, to := list[len(list)-3], list[len(list)-1]
	q := r.URL.Query()
	if q.Get("from") != "" {
		from = q.Get("from")
	}
	if q.Get("to") != "" {
		to = q.Get("to")
	}
	stages, err := h.boards.Funnel(r.Context(), authz.ScopeFrom(r.Context()), p, from, to)
	if err != nil {
		return boardPage{}, err
	}
	at, err := h.boards.CountedAt(r.Context())
	if err != nil {
		return boardPage{}, err
	}
	f.Fields = append(f.Fields, web.Field{Kind: web.Select, Name: "from", Label: "下发月份从", Options: monthOptions(list)}, web.Field{Kind: web.Select, Name: "to", Label: "到", Options: monthOptions(list)})
	fill(&f, url.Values{"from": {from}, "to": {to}}, p)
	return newFunnel(stages, p, from, to, f, at), nil
}

func newFunnel(stages []dashboard.Stage, p dashboard.Place, from, to string, f web.Filter, at time.Time) boardPage {
	v := boardPage{Heading: web.Heading{Title: "整改流程", Above: p.Name(), Lead: "从发现到办结：" + monthName(from) + "至" + monthName(to) + "发现的问题和下发的整改通知走到了哪一步。"}, Filter: f, Note: counted(at) + "中位数是走到这一步的通知所用工作日从少到多排在中间的一个。"}
	t := web.Table{Caption: "各步数量和用时", Columns: []web.Column{{Head: "步骤"}, {Head: "数量", Number: true}, {Head: "单位"}, {Head: "用时中位数（工作日）", Number: true}, {Head: "起算", Wide: true}}, Empty: web.Empty{Title: "这段时间没有整改通知"}}
	for _, s := range stages {
		days := "—"
		if s.Median >= 0 {
			days = strconv.Itoa(s.Median)
		}
		since := s.Since
		if since == "" {
			since = "—"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(s.Name), figure(s.N, dashboard.Query{Figure: s.Figure, Under: p.Area.ID, From: from, To: to}), web.Text(s.Unit), {Text: days, Keep: true}, web.Text(since)}})
	}
	v.Charts = []charted{{Title: "走到哪一步", Kind: "funnel", Columns: "1", Table: t}}
	return v
}

// ---- quality of rules

func (h *Handler) rules(r *http.Request) (boardPage, error) {
	return ofPlace(h, r, boardPath+"/rules", h.boards.Rules, newRules)
}

func newRules(list []dashboard.Rule, p dashboard.Place, f web.Filter, at time.Time) boardPage {
	v := boardPage{Heading: web.Heading{Title: "规则质量", Above: p.Name(), Lead: "最近十二个月每项检查报出多少、多少被申辩、多少维持、多少确认为误报；准确率低的在前。", Acts: []web.Act{{Text: "全平台规则准确率", Href: "/console/inspection/precision"}}}, Filter: f, Note: counted(at) + "准确率＝（报出－确认误报）÷报出，有申辩得到答复后才给出。"}
	t := web.Table{Caption: "各检查项", Columns: []web.Column{{Head: "检查项", Wide: true}, {Head: "报出", Number: true}, {Head: "被申辩", Number: true}, {Head: "维持", Number: true}, {Head: "确认误报", Number: true}, {Head: "准确率（%）", Number: true}, {Head: "待答复", Number: true}, {Head: "已改正", Number: true}}, Empty: web.Empty{Title: "最近十二个月没有报出问题"}}
	for _, x := range list {
		at := func(figure string) dashboard.Query {
			return dashboard.Query{Figure: figure, Under: p.Area.ID, Check: x.Check}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: engine.CheckName(x.Check), Note: engine.FamilyName(x.Check)}, figure(x.Raised, at("rule.raised")), figure(x.Disputed, at("rule.disputed")), figure(x.Upheld, at("rule.upheld")), figure(x.Refuted, at("rule.refuted")), {Text: strings.TrimSuffix(right(x), "%"), Keep: true}, web.Figure(x.Waiting), web.Figure(x.Mended)}})
	}
	v.Charts = []charted{{Title: "申辩和误报", Kind: "stack", Columns: "3,4", Wide: true, Table: t}}
	return v
}

// ---- burden

func (h *Handler) burden(r *http.Request) (boardPage, error) {
	p, f, err := h.place(r, boardPath+"/burden")
	if err != nil {
		return boardPage{}, err
	}
	month := h.boards.ThisMonth()
	if m := r.URL.Query().Get("month"); m != "" {
		month = m
	}
	b, err := h.boards.Burden(r.Context(), authz.ScopeFrom(r.Context()), p, month)
	if err != nil {
		return boardPage{}, err
	}
	e, err := dashboard.BurdenEstimates()
	if err != nil {
		return boardPage{}, err
	}
	at, err := h.boards.CountedAt(r.Context())
	if err != nil {
		return boardPage{}, err
	}
	f.Fields = append(f.Fields, web.Field{Kind: web.Select, Name: "month", Label: "月份", Options: monthOptions(h.boards.Months())})
	fill(&f, url.Values{"month": {month}}, p)
	return newBurden(b, p, e, f, at), nil
}

func newBurden(b dashboard.Burden, p dashboard.Place, e dashboard.Estimates, f web.Filter, at time.Time) boardPage {
	v := boardPage{Heading: web.Heading{Title: "基层负担", Above: p.Name(), Lead: monthName(b.Month) + "向各单位提出了多少要求，谁提的。", Tags: []web.Tag{{Kind: web.Warn, Text: "用时为估计，未核实"}}}, Filter: f,
		Note: counted(at) + fmt.Sprintf("用时按 %s 的估计：整改每个问题 %d 分钟，报送每次 %d 分钟，工作通知每份 %d 分钟，法定时限事项每项 %d 分钟（%s）。", e.AsOf, e.Minutes["order_finding"], e.Minutes["return"], e.Minutes["notice"], e.Minutes["confirm"], e.Source)}
	v.Stats = web.Stats{Label: "合计", Items: []web.Stat{{Name: "有要求的单位", Value: strconv.Itoa(b.NUnits), Unit: "个"}, {Name: "要求", Value: strconv.Itoa(b.All.N()), Unit: "项"}, {Name: "估计用时", Value: hours(b.All.Minutes), Unit: "小时"},
		{Name: "平均每个单位", Value: hours(b.All.Minutes / max(b.NUnits, 1)), Unit: "小时"}}}
	kinds := []web.Column{{Head: "整改通知（份）", Number: true}, {Head: "报送（次）", Number: true}, {Head: "工作通知（份）", Number: true}, {Head: "法定时限（项）", Number: true}, {Head: "估计用时（分钟）", Number: true}}
	months := web.Table{Caption: "每月合计", Compact: true, Columns: append([]web.Column{{Head: "月份"}}, kinds...), Empty: web.Empty{Title: "还没有数据"}}
	for _, m := range b.Months {
		cells := []web.Cell{{Text: m.Name, Keep: true}}
		for _, k := range burdenKinds {
			cells = append(cells, figure(k.n(m), dashboard.Query{Figure: k.figure, Under: p.Area.ID, From: m.Name, To: m.Name}))
		}
		months.Rows = append(months.Rows, web.Row{Cells: append(cells, web.Figure(m.Minutes))})
	}
	units := web.Table{Caption: fmt.Sprintf("估计用时最多的单位（最多列 %d 个）", dashboard.MostAsked), Columns: append([]web.Column{{Head: "单位", Wide: true}}, kinds...), Empty: web.Empty{Title: "这个月没有提出要求"}}
	for _, u := range b.Units {
		cells := []web.Cell{web.Text(u.Name)}
		for _, k := range burdenKinds {
			cells = append(cells, figure(k.n(u), dashboard.Query{Figure: k.figure, Unit: u.Unit, From: b.Month, To: b.Month}))
		}
		units.Rows = append(units.Rows, web.Row{Cells: append(cells, web.Figure(u.Minutes))})
	}
	askers := web.Table{Caption: "谁提的要求", Columns: append([]web.Column{{Head: "提出的单位", Wide: true}}, append(kinds, web.Column{Head: "涉及单位（个）", Number: true})...), Empty: web.Empty{Title: "这个月没有提出要求"}}
	for _, a := range b.Askers {
		cells := []web.Cell{web.Text(a.Name)}
		for _, k := range burdenKinds {
			cells = append(cells, web.Figure(k.n(a)))
		}
		askers.Rows = append(askers.Rows, web.Row{Cells: append(cells, web.Figure(a.Minutes), web.Figure(a.Units))})
	}
	v.Charts = []charted{{Title: "每月要求", Kind: "heat", Columns: "1,2,3,4", Wide: true, Table: months}, {Title: "提出要求的单位", Kind: "funnel", Columns: "5", Wide: true, Table: askers}, {Title: "承担要求的单位", Table: units, Wide: true}}
	return v
}

var burdenKinds = []struct {
	figure string
	n      func(dashboard.Asked) int
}{
	{"burden.order", func(a dashboard.Asked) int { return a.Orders }},
	{"burden.return", func(a dashboard.Asked) int { return a.Returns }},
	{"burden.notice", func(a dashboard.Asked) int { return a.Notices }},
	{"burden.confirm", func(a dashboard.Asked) int { return a.Confirms }},
}

// hours writes minutes as hours with one decimal.
func hours(minutes int) string {
	n := (minutes*10 + 30) / 60
	if n%10 == 0 {
		return strconv.Itoa(n / 10)
	}
	return strconv.Itoa(n/10) + "." + strconv.Itoa(n%10)
}
