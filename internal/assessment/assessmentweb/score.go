package assessmentweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/assessment"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/merit"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/web"
)

// scoresView is GET /console/scores.
type scoresView struct {
	Heading web.Heading
	Tabs    web.Tabs
	Stats   web.Stats
	Filter  web.Filter
	Table   web.Table
	Pager   web.Pager
}

// Title of the document.
func (scoresView) Title() string { return "考核得分" }

// Crumbs of the page.
func (scoresView) Crumbs() []web.Crumb { return crumbs(web.Crumb{Name: "考核得分"}) }

func verdictTag(v assessment.Verdict) web.Tag {
	switch v {
	case assessment.Qualified:
		return web.Tag{Kind: web.Good, Text: v.Name()}
	case assessment.Unqualified:
		return web.Tag{Kind: web.Danger, Text: v.Name()}
	}
	return web.Tag{Text: v.Name()}
}

// nearest says how close the nearest veto is.
func nearest(n *packs.Near) string {
	if n == nil {
		return ""
	}
	if n.Measure == "share" {
		return fmt.Sprintf("%s：访问失败 %d/%d，达到 %d%% 即否决", n.Name, n.Measured.Num, n.Measured.Den, n.Threshold)
	}
	unit := "个"
	if n.Measure == "stale_days" {
		unit = "天"
	}
	return fmt.Sprintf("%s：%d%s，达到 %s%s即否决", n.Name, n.Measured.Num/max(n.Measured.Den, 1), unit, n.Threshold, unit)
}

func points(s assessment.Score) string {
	switch {
	case s.Scored:
		return s.Points.String() + " 分"
	case s.Verdict == assessment.Untested:
		return "未检测"
	case len(s.Vetoes) > 0:
		return "单项否决，不计分"
	case s.Class == packs.PortalSite:
		return "分值未核实，不计分"
	}
	return "不计分"
}

func newScoresView(list []assessment.Score, all []assessment.Score, accounts int, q url.Values, on calendar.Date, period string) scoresView {
	tab := q.Get("tab")
	v := scoresView{
		Heading: web.Heading{Title: "考核得分", Lead: "按" + on.Chinese() + "的情况计算。门户网站计分，部门网站和政务新媒体只判合格、不合格；没有检查过的不判。", Acts: []web.Act{{Text: "季度通报", Href: "/console/bulletins"}, {Text: "考核指标", Href: packsPath}}},
		Tabs:    web.Tabs{Label: "考核对象", Items: []web.Tab{{Name: "政府网站", Href: scoresPath, Current: tab == ""}, {Name: "政务新媒体", Href: scoresPath + "?tab=accounts", N: accounts, Current: tab == "accounts"}, {Name: "主管单位", Href: scoresPath + "?tab=offices", Current: tab == "offices"}}},
		Filter: web.Filter{Action: scoresPath, Total: -1, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "名称、域名或单位", Max: 60},
			{Kind: web.Select, Name: "verdict", Label: "结果", Options: []web.Option{{Label: "全部"}, {Value: string(assessment.Unqualified), Label: "不合格"}, {Value: string(assessment.Qualified), Label: "合格"}, {Value: string(assessment.Untested), Label: "未检测"}}},
			{Kind: web.Select, Name: "kind", Label: "类别", Options: []web.Option{{Label: "全部"}, {Value: string(registry.Portal), Label: "政府门户网站"}, {Value: string(registry.DepartmentSite), Label: "部门网站"}}},
		}, More: []web.Field{{Name: "period", Label: "时段", Hint: "例如 2026-Q1、2026-03；不填为今天", Max: 10, Narrow: true}}},
		Table: web.Table{Caption: "考核得分", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "结果"}, {Head: "得分"}, {Head: "离否决最近的一项", Wide: true}, {Head: "最近检查"}},
			Empty: web.Empty{Title: "没有符合条件的对象", Text: "可以调整筛选条件。"}},
	}
	if tab != "" {
		label := "账号名称或单位"
		if tab == "offices" {
			label = "单位"
			v.Heading.Lead = "按" + on.Chinese() + "的情况，以系统中的办理记录对照监管工作年度考核指标；没有记录的由人工评定，不扣分。"
		}
		v.Filter = web.Filter{Action: scoresPath, Total: -1, Hidden: []web.Field{{Kind: web.Hidden, Name: "tab", Value: tab}}, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: label, Max: 60}, v.Filter.Fields[1]}, More: v.Filter.More}
		v.Table.Columns = []web.Column{{Head: "账号", Wide: true}, {Head: "平台"}, {Head: "结果"}, {Head: "离否决最近的一项", Wide: true}}
		if tab == "offices" {
			v.Table.Columns = []web.Column{{Head: "单位", Wide: true}, {Head: "结果"}, {Head: "得分"}, {Head: "扣分最多的一项", Wide: true}}
		}
	}
	v.Filter.Fill(q)
	n := map[assessment.Verdict]int{}
	for _, s := range all {
		n[s.Verdict]++
	}
	if len(all) > 0 || tab == "" {
		link := func(verdict assessment.Verdict) string {
			return scoresPath + "?" + url.Values{"tab": {tab}, "verdict": {string(verdict)}, "period": {period}}.Encode()
		}
		v.Stats = web.Stats{Label: "结果", Items: []web.Stat{
			{Name: "合格", Value: fmt.Sprint(n[assessment.Qualified]), Unit: "个", Href: link(assessment.Qualified), Kind: web.Good},
			{Name: "不合格", Value: fmt.Sprint(n[assessment.Unqualified]), Unit: "个", Href: link(assessment.Unqualified), Kind: toneIf(n[assessment.Unqualified] > 0, web.Danger)},
			{Name: "未检测", Value: fmt.Sprint(n[assessment.Untested]), Unit: "个", Href: link(assessment.Untested)}}}
	}
	for _, s := range list {
		href := s.Link()
		if period != "" {
			href += "?period=" + url.QueryEscape(period)
		}
		if tab != "" {
			row := web.Row{Cells: []web.Cell{{Text: s.Name, Href: href, Note: s.UnitName}, web.Text(s.Host), web.Tagged(verdictTag(s.Verdict)), web.Text(nearest(s.NearestVeto))}}
			if tab == "offices" {
				row.Cells = []web.Cell{{Text: s.Name, Href: href}, web.Tagged(verdictTag(s.Verdict)), web.Text(scored(s)), web.Text(firstThing(s))}
				if s.Scored && s.Unverified {
					row.Cells[2].Note = "未核实 · " + s.Label()
				}
			}
			if s.Verdict == assessment.Unqualified {
				row.Kind = web.Danger
				row.Cells[3] = web.Text(vetoes(s))
			}
			v.Table.Rows = append(v.Table.Rows, row)
			continue
		}
		last := web.Text("没有检查")
		if !s.LastRun.IsZero() {
			last = web.When(s.LastRun)
		}
		row := web.Row{Cells: []web.Cell{{Text: s.Name, Href: href, Note: s.UnitName}, web.Tagged(verdictTag(s.Verdict)), web.Text(scored(s)), web.Text(nearest(s.NearestVeto)), last}}
		if s.Scored && s.Unverified {
			row.Cells[2].Note = "未核实 · " + s.Label()
		}
		if s.Verdict == assessment.Unqualified {
			row.Kind = web.Danger
			row.Cells[3] = web.Text(vetoes(s))
		} else if s.NearestVeto != nil && s.NearestVeto.Warned {
			row.Kind = web.Warn
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

// scored are the points of a list's row; the verdict beside says what is untested.
func scored(s assessment.Score) string {
	if s.Verdict == assessment.Untested {
		return "—"
	}
	return points(s)
}

func vetoes(s assessment.Score) string {
	var out []string
	for _, v := range s.Vetoes {
		out = append(out, v.Name)
	}
	if len(out) == 0 {
		return fmt.Sprintf("扣分后低于 %s 分", s.Pack.Totals.FailBelow.N)
	}
	return "单项否决：" + strings.Join(out, "、")
}

// periodOf reads ?period=; none is today.
func periodOf(r *http.Request) (assessment.Period, error) {
	if p := r.URL.Query().Get("period"); p != "" {
		return assessment.ParsePeriod(p)
	}
	return assessment.OnDay(web.FrameOf(r).Today), nil
}

func (h *Handler) scores(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	scope := authz.ScopeFrom(ctx)
	p, err := periodOf(r)
	if err != nil {
		return err
	}
	today := web.FrameOf(r).Today
	on := p.Last()
	if on.After(today) {
		on = today
	}
	tab := q.Get("tab")
	f := assessment.ScoreFilter{Kind: registry.SiteKind(q.Get("kind")), Text: q.Get("q"), Brief: true}
	_, accounts, err := h.assessment.AccountScores(ctx, scope, registry.AccountFilter{Limit: 1})
	if err != nil {
		return err
	}
	score := h.assessment.Scores
	switch tab {
	case "accounts":
		score = h.assessment.ScoreAccounts
	case "offices":
		score = h.assessment.ScoreOffices
	}
	all, err := score(ctx, h.db, scope, p, f)
	if err != nil {
		return err
	}
	list := slices.Clone(all)
	if want := assessment.Verdict(q.Get("verdict")); want != "" {
		list = slices.DeleteFunc(list, func(s assessment.Score) bool { return s.Verdict != want })
	}
	pager := web.PagerOf(r, len(list), perPage)
	from := min(pager.Offset(), len(list))
	v := newScoresView(list[from:min(from+perPage, len(list))], all, accounts, q, on, q.Get("period"))
	v.Filter.Total, v.Pager = len(list), pager
	return scoresPage.Render(w, r, v)
}

// scoreView is GET /console/sites/{id}/score.
type scoreView struct {
	Heading web.Heading
	Alerts  []web.Alert
	Stats   web.Stats
	Ahead   web.Table // what will stand against it; without rows not shown
	Costs   []costPart
	All     web.Table
	Exempt  []web.Form
	score   assessment.Score
}

// Title of the document.
func (v scoreView) Title() string { return v.Heading.Title + " · " + v.score.Name }

// Crumbs of the page.
func (v scoreView) Crumbs() []web.Crumb {
	s := v.score
	switch s.Kind {
	case assessment.AccountKind:
		return crumbs(web.Crumb{Name: "账号台账", Href: "/console/accounts"}, web.Crumb{Name: s.Name, Href: "/console/accounts/" + s.ID}, web.Crumb{Name: "得分"})
	case assessment.OfficeKind:
		return crumbs(web.Crumb{Name: "考核得分", Href: scoresPath + "?tab=offices"}, web.Crumb{Name: s.Name})
	}
	return crumbs(web.Crumb{Name: "站点台账", Href: "/console/sites"}, web.Crumb{Name: s.Name, Href: "/console/sites/" + s.ID}, web.Crumb{Name: "得分"})
}

// costPart is an indicator that costs something, or would once confirmed.
type costPart struct {
	Title    string
	Tags     []web.Tag
	Says     string
	Fix      string // of all its findings, when they want the same
	Findings []costFinding
	More     int
}

type costFinding struct {
	Says, Link, Page, Fix string
	Tags                  []web.Tag
	Confirm               web.Form // empty action: not offered
}

// maxShown bounds the findings of one indicator on the page.
const maxShown = 20

func newScoreView(s assessment.Score, period string, today calendar.Date, mayConfirm bool) scoreView {
	v := scoreView{score: s}
	when := "若今天抽查"
	if s.On != today {
		when = s.On.Chinese() + "得分"
	}
	result := points(s)
	if !s.Scored {
		result = s.Verdict.Name()
	}
	v.Heading = web.Heading{Above: s.Name, Title: when + "：" + result, Lead: "依据" + s.Pack.Source + "《" + s.Pack.Title + "》第" + fmt.Sprint(s.Pack.Version) + "版。", Tags: []web.Tag{verdictTag(s.Verdict)},
		Acts: []web.Act{{Text: "考核指标", Href: packsPath}}}
	switch s.Kind {
	case assessment.AccountKind:
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "账号检查单", Href: "/console/account-sheets/" + s.ID})
	case assessment.OfficeKind:
		v.Heading.Title = s.On.Chinese() + "监管工作：" + result
		// The router takes it from whoever keeps no such records.
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记表扬或问责", Href: merit.EnterLink("", merit.Ref{}, s.Unit)})
	default:
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "全部问题", Href: "/console/findings?site=" + s.ID})
	}
	if s.Exempt != nil {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "没有对外服务职能，办事服务不检查", Text: fmt.Sprintf("%s%s于%s认定，自%s起：%s", s.Exempt.UnitName, s.Exempt.By, web.Minute(s.Exempt.At), s.Exempt.From, s.Exempt.Basis)})
	}
	if s.Adoption == nil {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "分值未核实，不计分", Text: "省政府办公厅还没有采用这个指标包；分值尚未与正式文本核对，只按已核实的单项否决判定。"})
	} else if s.Unverified {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: s.Adoption.Label + "：部分分值未核实", Text: fmt.Sprintf("%s于%s采用（%s）。标“未核实”的分值尚未与正式文本核对，得分仅供参考。", s.Adoption.UnitName, s.Adoption.On.Chinese(), s.Adoption.Basis)})
	}
	if s.Verdict == assessment.Untested {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Info, Title: "还没有检查过", Text: untestedText(s.Kind), Links: []web.Link{{Text: "去检查", Href: untestedLink(s)}}})
	}
	v.Stats = web.Stats{Label: "概况", Items: []web.Stat{{Name: "结果", Value: s.Verdict.Name(), Kind: verdictTag(s.Verdict).Kind}}}
	if s.Scored {
		lost := s.Full() - s.Points
		v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "得分", Value: s.Points.String(), Unit: "/ " + s.Full().String()}, web.Stat{Name: "扣分", Value: lost.String(), Unit: "分"})
	}
	v.Stats.Items = append(v.Stats.Items, web.Stat{Name: "未检测指标", Value: fmt.Sprint(s.Count(packs.Untested)), Unit: "项", Note: "不扣分"}, web.Stat{Name: "待人工确认", Value: fmt.Sprint(s.Count(packs.Suspected)), Unit: "项", Note: "确认前不计"})
	if len(s.Near) == 0 && s.NearestVeto != nil {
		s.Near = append(s.Near, *s.NearestVeto)
	}
	near := web.Alert{Kind: nearTone(s.NearestVeto), Title: "离单项否决最近的一项", Text: "没有接近否决的指标"}
	if len(s.Vetoes) > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: vetoes(s), Text: "一项否决即为不合格，不再计分；改正并复测通过后重新判定。"})
		near.Title = "其他指标中离单项否决最近的一项"
	}
	for i, n := range s.Near {
		if i == 0 {
			near.Text = nearest(&n)
		} else if n.Warned {
			near.Text += "；" + nearest(&n)
		}
	}
	v.Alerts = append(v.Alerts, near)
	v.All = web.Table{Caption: "全部指标", Compact: true, Columns: []web.Column{{Head: "指标", Wide: true}, {Head: "分值", Number: true}, {Head: "结果"}, {Head: "说明", Wide: true}}}
	for _, l := range s.Lines {
		v.All.Rows = append(v.All.Rows, lineRow(l))
		if len(l.Findings) > 0 && (l.Deducted > 0 || l.Outcome != packs.Kept || l.Kind == packs.Veto) {
			v.Costs = append(v.Costs, newCost(s, l, period, mayConfirm))
		}
	}
	return v
}

func untestedText(k assessment.Kind) string {
	switch k {
	case assessment.AccountKind:
		return "没有取得最近发布日期，也没有人登记过互动情况，不能判定合格与否。请在账号检查单登记看到的情况。"
	case assessment.OfficeKind:
		return "期内没有到期的事项，不能判定合格与否。"
	}
	return "检查期内没有完成的检查，不能判定合格与否。可以在检查页面发起一次检查。"
}

func untestedLink(s assessment.Score) string {
	switch s.Kind {
	case assessment.AccountKind:
		return "/console/account-sheets/" + s.ID
	case assessment.OfficeKind:
		return "/console/obligations"
	}
	return "/console/inspection"
}

func nearTone(n *packs.Near) web.Tone {
	if n != nil && n.Warned {
		return web.Danger
	}
	if n != nil {
		return web.Warn
	}
	return web.Good
}

func outcomeTag(l assessment.Line) web.Tag {
	switch {
	case l.NotUsed:
		return web.Tag{Text: "未核实，未使用"}
	case l.Kind == packs.Veto && l.Outcome == packs.Violated:
		return web.Tag{Kind: web.Danger, Text: "否决"}
	case l.Kind == packs.Bonus && l.Deducted > 0:
		return web.Tag{Kind: web.Good, Text: "加 " + l.Deducted.String() + " 分"}
	case l.Deducted > 0:
		return web.Tag{Kind: web.Warn, Text: "扣 " + l.Deducted.String() + " 分"}
	case l.Outcome == packs.Suspected:
		return web.Tag{Kind: web.Warn, Text: "待人工确认"}
	case l.Outcome == packs.Untested:
		return web.Tag{Text: "未检测"}
	case l.Kind == packs.Veto && len(l.Findings) > 0:
		return web.Tag{Kind: web.Warn, Text: "未达否决线"}
	}
	return web.Tag{Kind: web.Good, Text: "未发现问题"}
}

func lineRow(l assessment.Line) web.Row {
	value := web.Cell{Text: "否决"}
	switch l.Kind {
	case packs.Deduct:
		value.Text = l.Points.N.String()
	case packs.Bonus:
		value.Text = "加 " + l.Points.N.String()
	}
	if l.Unverified {
		value.Note = "未核实"
	}
	return web.Row{Cells: []web.Cell{{Text: l.ID + " " + l.Name, Note: l.Group}, value, web.Tagged(outcomeTag(l)), {Text: l.Note}}}
}

func newCost(s assessment.Score, l assessment.Line, period string, mayConfirm bool) costPart {
	c := costPart{Title: l.ID + " " + l.Name, Tags: []web.Tag{outcomeTag(l)}, Says: l.Says}
	if l.Unverified {
		c.Tags = append(c.Tags, web.Tag{Text: "分值未核实"})
	}
	if l.Note != "" {
		c.Says += "（" + l.Note + "）"
	}
	for _, f := range l.Findings {
		if len(c.Findings) == maxShown {
			c.More = len(l.Findings) - maxShown
			break
		}
		p := costFinding{Says: f.Says, Link: f.Link(), Page: f.URL, Fix: f.Fix, Tags: []web.Tag{severityTag(f.Severity)}}
		if f.State != "" {
			p.Tags = append(p.Tags, web.Tag{Text: inspection.FindingMachine.Name(f.State)})
		}
		switch {
		case f.Confirmed:
			p.Tags = append(p.Tags, web.Tag{Kind: web.Danger, Text: "已人工确认"})
		case mayConfirm && l.Outcome == packs.Suspected:
			p.Confirm = web.Form{Action: "/console/sites/" + s.ID + "/score/confirm", Sections: []web.Section{{Hint: "确认以后计入考核，并记入审计。", Fields: []web.Field{
				{Kind: web.Hidden, Name: "finding", Value: string(f.ID)}, {Kind: web.Hidden, Name: "indicator", Value: l.ID}, {Kind: web.Hidden, Name: "period", Value: period},
				{Kind: web.TextLine, Name: "reason-" + string(f.ID) + l.ID, Label: "核实情况", Required: true, Max: 500}}}}, Buttons: []web.Button{{Label: "确认属实", Kind: web.Danger}}}
		}
		c.Findings = append(c.Findings, p)
	}
	if len(c.Findings) > 1 && !slices.ContainsFunc(c.Findings, func(f costFinding) bool { return f.Fix != c.Findings[0].Fix }) {
		c.Fix = c.Findings[0].Fix
		for i := range c.Findings {
			c.Findings[i].Fix = ""
		}
	}
	return c
}

func (h *Handler) scoreScreen(r *http.Request, period string) (scoreView, error) {
	ctx := r.Context()
	today := web.FrameOf(r).Today
	p := assessment.OnDay(today)
	if period != "" {
		var err error
		if p, err = assessment.ParsePeriod(period); err != nil {
			return scoreView{}, err
		}
	}
	// The confirm route carries another permission; what is shown is by this one.
	scope := authz.ScopeFrom(ctx)
	if s := authz.SessionFrom(ctx); s != nil {
		scope = s.ScopeFor(authz.AssessmentRead)
	}
	id := r.PathValue("id")
	switch {
	case strings.HasPrefix(r.URL.Path, "/console/accounts/"):
		sc, err := h.assessment.ScoreAccount(ctx, scope, registry.AccountID(id), p)
		if err != nil {
			return scoreView{}, err
		}
		return newScoreView(sc, period, today, false), nil
	case strings.HasPrefix(r.URL.Path, "/console/units/"):
		if period == "" {
			p = assessment.YearOf(today)
		}
		sc, err := h.assessment.ScoreOffice(ctx, scope, org.UnitID(id), p)
		if err != nil {
			return scoreView{}, err
		}
		return newScoreView(sc, period, today, false), nil
	}
	sc, err := h.assessment.ScoreSite(ctx, scope, registry.SiteID(id), p)
	if err != nil {
		return scoreView{}, err
	}
	judges := may(r, authz.OrderIssue)
	v := newScoreView(sc, period, today, judges)
	if sc.On == today {
		ahead, err := h.assessment.Forecast(ctx, scope, sc.Unit, registry.SiteID(id), maxAhead)
		if err != nil {
			return scoreView{}, err
		}
		v.Ahead = forecastTable(ahead, today)
		if judges {
			v.Exempt = exemptForms(sc, today)
		}
	}
	return v, nil
}

// exemptForms let the supervisor record, or end, that a site has no outward
// services.
func exemptForms(s assessment.Score, today calendar.Date) []web.Form {
	at := "/console/sites/" + s.ID + "/exemption"
	if s.Exempt != nil {
		return []web.Form{{Action: at + "/end", Sections: []web.Section{{Legend: "终止“没有对外服务职能”的认定", Hint: "从今天起重新检查办事服务指标。", Fields: []web.Field{{Kind: web.TextArea, Name: "says", Label: "终止理由", Required: true, Max: 500, Rows: 2}}}}, Buttons: []web.Button{{Label: "终止认定", Kind: web.Danger}}}}
	}
	return []web.Form{{Action: at, Sections: []web.Section{{Legend: "认定没有对外服务职能", Hint: "认定后不检查办事服务指标，其余得分按指标包折算；由主管单位认定，记录认定人和时间。", Fields: []web.Field{
		{Kind: web.DateField, Name: "from", Label: "起始日期", Required: true, Narrow: true, Value: today.String()}, {Kind: web.TextArea, Name: "basis", Label: "认定依据", Hint: "“三定”规定、文件名称和文号或理由", Required: true, Max: 500, Rows: 2}}}}, Buttons: []web.Button{{Label: "认定并记录"}}}}
}

func (h *Handler) exempt(w http.ResponseWriter, r *http.Request) error {
	site := registry.SiteID(r.PathValue("id"))
	end := strings.HasSuffix(r.URL.Path, "/end")
	var err error
	if end {
		err = h.assessment.EndExemption(r.Context(), authz.ScopeFrom(r.Context()), site, r.PostFormValue("says"))
	} else {
		var from calendar.Date
		if from, err = dateOf(r, "from"); err == nil {
			_, err = h.assessment.Exempt(r.Context(), authz.ScopeFrom(r.Context()), site, from, r.PostFormValue("basis"))
		}
	}
	if web.Mendable(err) {
		v, shown := h.scoreScreen(r, "")
		if shown != nil {
			return shown
		}
		for i := range v.Exempt {
			v.Exempt[i].Fill(r.PostForm)
			v.Exempt[i].Wrong(err)
		}
		return scorePage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	said := "已认定没有对外服务职能，办事服务不检查。"
	if end {
		said = "已终止认定，从今天起检查办事服务。"
	}
	return web.Done(w, r, "/console/sites/"+string(site)+"/score", said)
}

func (h *Handler) score(w http.ResponseWriter, r *http.Request) error {
	v, err := h.scoreScreen(r, r.URL.Query().Get("period"))
	if err != nil {
		return err
	}
	return scorePage.Render(w, r, v)
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	finding, indicator, period := r.PostFormValue("finding"), r.PostFormValue("indicator"), r.PostFormValue("period")
	err := h.assessment.Confirm(r.Context(), authz.ScopeFrom(r.Context()), inspection.FindingID(finding), indicator, r.PostFormValue("reason-"+finding+indicator))
	if web.Mendable(err) {
		v, shown := h.scoreScreen(r, period)
		if shown != nil {
			return shown
		}
		v.Alerts = append([]web.Alert{{Kind: web.Danger, Title: "没有办成", Text: fault.Of(err).Says}}, v.Alerts...)
		return scorePage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	to := "/console/sites/" + r.PathValue("id") + "/score"
	if period != "" {
		to += "?period=" + url.QueryEscape(period)
	}
	return web.Done(w, r, to, "已确认，该问题计入考核。")
}

// packsView is GET /console/packs.
type packsView struct {
	Heading  web.Heading
	Versions web.Table
	Packs    []packPart
}

// Title of the document.
func (packsView) Title() string { return "考核指标" }

// Crumbs of the page.
func (packsView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "考核得分", Href: scoresPath}, web.Crumb{Name: "考核指标"})
}

type packPart struct {
	Facts     web.Summary
	Adoptions web.Table
	Lines     web.Table
	Export    web.Link
	Adopt     web.Act // without a text: not offered
}

func newPacksView(list []assessment.PackStatus, versions []assessment.PackVersion, office org.Unit) packsView {
	v := packsView{Heading: web.Heading{Title: "考核指标", Lead: "考核所用的指标、分值和阈值，每个数值都注明出处和核实程度。未核实的数值不判定任何网站，除非省政府办公厅采用。"}}
	if office.ID != "" {
		v.Heading.Acts = []web.Act{{Text: "起草新版本", Href: packsPath + "/new", Primary: true}, {Text: "导入", Href: packsPath + "/import"}, {Text: "试算", Href: rehearsalPath}}
	}
	v.Versions = web.Table{Caption: "本省版本", Columns: []web.Column{{Head: "版本", Wide: true}, {Head: "状态"}, {Head: "生效日期"}, {Head: "最近修改"}, {Head: "复核"}},
		Empty: web.Empty{Title: "还没有本省版本", Text: "系统自带的指标包可以直接采用；要调整分值、阈值或增加专项检查时起草新版本。"}}
	for _, x := range versions {
		v.Versions.Rows = append(v.Versions.Rows, web.Row{Cells: []web.Cell{{Text: fmt.Sprintf("%s 第%d版", x.Pack.Title, x.Pack.Version), Href: x.Link(), Note: x.Note}, web.Tagged(web.Tag{Kind: versionTone(x.State), Text: x.StateName()}), web.Day(x.Pack.EffectiveFrom), {Text: x.Author, Note: web.Minute(x.ChangedAt)}, web.Text(orNone(x.Checker))}})
	}
	for _, st := range list {
		p := st.Pack
		unverified := p.Unverified()
		part := packPart{Export: web.Link{Text: "导出 JSON", Href: packsPath + "/export?pack=" + url.QueryEscape(p.ID) + "&version=" + fmt.Sprint(p.Version), Note: packName(p)}, Facts: web.Summary{Title: p.Source + "《" + p.Title + "》第" + fmt.Sprint(p.Version) + "版", Wide: true, Terms: []web.Term{
			{Name: "施行", Text: p.EffectiveFrom.Chinese()}, {Name: "指标", Text: fmt.Sprintf("%d 项，其中 %d 项含未核实的数值", len(p.Indicators), len(unverified))},
			{Name: "扣分", Text: "满分 " + p.Totals.Deduct.N.String() + " 分，低于 " + p.Totals.FailBelow.N.String() + " 分不合格"},
			{Name: "加分", Text: "高于 " + p.Totals.BonusAbove.N.String() + " 分进入加分，最多 " + p.Totals.Bonus.N.String() + " 分"}}},
			Adoptions: web.Table{Caption: "采用记录：" + packName(p), Columns: []web.Column{{Head: "采用单位"}, {Head: "方式"}, {Head: "依据", Wide: true}, {Head: "经办"}, {Head: "日期"}},
				Empty: web.Empty{Title: "还没有采用", Text: "采用以前，只按已核实的单项否决判定，不计分。"}},
			Lines: web.Table{Caption: "指标：" + packName(p), Compact: true, Columns: []web.Column{{Head: "指标", Wide: true}, {Head: "分值", Number: true}, {Head: "阈值", Number: true}, {Head: "核实程度"}, {Head: "判定"}}}}
		for _, a := range st.Adoptions {
			tone := web.Good
			if a.Label == assessment.AdoptedDemo {
				tone = web.Warn
			}
			part.Adoptions.Rows = append(part.Adoptions.Rows, web.Row{Cells: []web.Cell{web.Text(a.UnitName), web.Tagged(web.Tag{Kind: tone, Text: a.Label}), web.Text(a.Basis), web.Text(a.By), web.Day(a.On)}})
		}
		for _, i := range p.Indicators {
			part.Lines.Rows = append(part.Lines.Rows, indicatorRow(i, slices.Contains(unverified, i.ID)))
		}
		taken := slices.ContainsFunc(st.Adoptions, func(a assessment.Adoption) bool { return a.Unit == office.ID })
		if office.ID != "" && !taken {
			part.Adopt = web.Act{Text: "采用这一版本", Href: packsPath + "/adopt?pack=" + url.QueryEscape(p.ID) + "&version=" + fmt.Sprint(p.Version)}
		}
		v.Packs = append(v.Packs, part)
	}
	return v
}

func indicatorRow(i packs.Indicator, unverified bool) web.Row {
	value, threshold := web.Cell{Text: "—"}, web.Cell{Text: "—"}
	if i.Points.Given() {
		value = web.Cell{Text: i.Points.N.String(), Note: i.Points.Mark.Name()}
	}
	if i.Threshold.Given() {
		threshold = web.Cell{Text: i.Threshold.N.String(), Note: i.Threshold.Mark.Name()}
	}
	mark := web.Tag{Kind: web.Good, Text: i.Mark.Name()}
	if unverified {
		mark = web.Tag{Kind: web.Warn, Text: "未核实"}
	}
	how := map[packs.Auto]string{packs.Full: "机器判定", packs.Assisted: "机器提示、人工确认", packs.Manual: "人工判定"}[i.Auto]
	return web.Row{Cells: []web.Cell{{Text: i.ID + " " + i.Name, Note: i.Says}, value, threshold, {Tags: []web.Tag{mark}, Note: i.Source}, web.Text(how)}}
}

func (h *Handler) packsScreen(r *http.Request) (packsView, error) {
	ctx := r.Context()
	scope := authz.ScopeFrom(ctx)
	list, err := h.assessment.Packs(ctx, scope)
	if err != nil {
		return packsView{}, err
	}
	versions, err := h.assessment.Versions(ctx, h.db, scope)
	if err != nil {
		return packsView{}, err
	}
	office, err := h.provinceOffice(r, authz.PackAdopt)
	return newPacksView(list, versions, office), err
}

func (h *Handler) packs(w http.ResponseWriter, r *http.Request) error {
	v, err := h.packsScreen(r)
	if err != nil {
		return err
	}
	return packsPage.Render(w, r, v)
}

// newAdoptForm is GET /console/packs/adopt.
func newAdoptForm(p packs.Pack, office org.Unit) formPage {
	unverified := len(p.Unverified())
	return formPage{web.FormView{Trail: packTrail, Heading: web.Heading{Title: "采用" + packName(p), Lead: fmt.Sprintf("%d 项指标，其中 %d 项含未核实的数值。采用以后，未核实的分值也用于计算本省得分，页面和通报均注明采用方式。", len(p.Indicators), unverified)},
		Form: web.Form{Action: packsPath + "/adopt", Sections: []web.Section{{Legend: office.Name + "采用这一版本", Fields: []web.Field{
			{Kind: web.Hidden, Name: "pack", Value: p.ID}, {Kind: web.Hidden, Name: "version", Value: fmt.Sprint(p.Version)}, {Kind: web.Hidden, Name: "unit", Value: string(office.ID)},
			{Kind: web.Radios, Name: "label", Label: "采用方式", Required: true, Options: []web.Option{{Value: assessment.Adopted, Label: "正式采用", Hint: "已与正式文本逐项核对"}, {Value: assessment.AdoptedDemo, Label: "演示采用", Hint: "分值未核对，仅供演示"}}},
			{Name: "basis", Label: "采用依据", Hint: "文件名称、文号或理由", Required: true, Max: 500}}}}, Buttons: []web.Button{{Label: "采用并记录"}}, Cancel: web.Link{Text: "返回", Href: packsPath}}}}
}

func (h *Handler) adoptForm(r *http.Request, id, version string) (formPage, error) {
	office, err := h.provinceOffice(r, authz.PackAdopt)
	if err != nil {
		return formPage{}, err
	}
	if office.ID == "" {
		return formPage{}, fault.New(fault.Refused, "指标包由省政府办公厅采用；请报省政府办公厅。")
	}
	list, err := h.assessment.Packs(r.Context(), authz.ScopeFrom(r.Context()))
	if err != nil {
		return formPage{}, err
	}
	for _, st := range list {
		if st.Pack.ID == id && fmt.Sprint(st.Pack.Version) == version {
			return newAdoptForm(st.Pack, office), nil
		}
	}
	return formPage{}, fault.Missing("指标包")
}

func (h *Handler) showAdopt(w http.ResponseWriter, r *http.Request) error {
	f, err := h.adoptForm(r, r.URL.Query().Get("pack"), r.URL.Query().Get("version"))
	if err != nil {
		return err
	}
	return formScreen.Render(w, r, f)
}

func (h *Handler) adopt(w http.ResponseWriter, r *http.Request) error {
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		version = 0 // no version has this number: not found
	}
	pack := r.PostFormValue("pack")
	a, err := h.assessment.Adopt(r.Context(), authz.ScopeFrom(r.Context()), org.UnitID(r.PostFormValue("unit")), pack, version, r.PostFormValue("label"), r.PostFormValue("basis"))
	if web.Mendable(err) {
		f, shown := h.adoptForm(r, pack, r.PostFormValue("version"))
		if shown != nil {
			return err // the pack itself is out of reach: what was refused is the answer
		}
		f.Again(r, err)
		return formScreen.RenderStatus(w, r, web.StatusOf(err), f)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, packsPath, "已记录："+a.UnitName+a.Label+"。")
}

func toneIf(on bool, t web.Tone) web.Tone {
	if on {
		return t
	}
	return web.Neutral
}
