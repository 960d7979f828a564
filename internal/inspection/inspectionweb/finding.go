package inspectionweb

import (
	"cmp"
	"context"
	"fmt"
	"image/png"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/merit"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// listView is GET /console/findings.
type listView struct {
	Heading web.Heading
	Filter  web.Filter
	Table   web.Table
	Exports []web.Act
	Issue   bool // a box stands before what may go into an order
	Pager   web.Pager
}

// Title of the document.
func (listView) Title() string { return "检查发现的问题" }

// Crumbs of the page.
func (listView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: "问题"})
}

// basis is a clause in words: an article of the provincial rules, or the
// number of an indicator of the national ones.
func basis(clause string) string {
	if c, ok := sx2021.ClauseOf(clause); ok {
		return c.Article
	}
	return inspection.BasisName(clause)
}

// objectPath is where what a finding is about is looked at.
func objectPath(f inspection.Finding) string {
	if f.Account != "" {
		return "/console/account-sheets/" + url.PathEscape(string(f.Account))
	}
	return start(string(f.Site))
}

func findingTable(caption string, list []inspection.Finding, withSite bool) web.Table {
	t := web.Table{Caption: caption, Columns: []web.Column{{Head: "问题", Wide: true}, {Head: "程度"}, {Head: "依据"}, {Head: "状态"}, {Head: "最近发现"}}, Empty: web.Empty{Title: "没有问题", Text: "没有符合条件的问题。"}}
	if withSite {
		t.Columns = append(t.Columns[:1:1], append([]web.Column{{Head: "站点或账号"}}, t.Columns[1:]...)...)
	}
	for _, f := range list {
		what := web.Cell{Href: f.Link(), Note: engine.FamilyName(f.Check)}
		what.Text, what.Whole = web.Shortened(f.Says)
		if f.URL != "" {
			what.Note += "，" + f.URL
		}
		if f.Pages > 1 {
			what.Note += fmt.Sprintf(" 等 %d 个页面", f.Pages)
		}
		if f.OnHome {
			what.Tags = []web.Tag{{Text: "首页"}}
		}
		if inspection.Unverified(f.Check) != "" {
			what.Tags = append(what.Tags, web.Tag{Text: "依据未核实"})
		}
		cells := []web.Cell{what}
		if withSite {
			cells = append(cells, web.Cell{Text: f.SiteName, Href: objectPath(f), Note: strings.TrimPrefix(registry.Platforms[f.Platform]+"，"+f.UnitName, "，")})
		}
		t.Rows = append(t.Rows, web.Row{Cells: append(cells, web.Tagged(severityTag(f.Severity)), web.Text(basis(f.Clause)), web.Tagged(stateTag(f)), web.When(f.LastSeen))})
	}
	return t
}

// listLead says what the reader may do with the findings.
func listLead(mayTest bool) string {
	if mayTest {
		return "每个问题都有依据和证据；改正后点“复测”，几秒钟内核实。"
	}
	return "每个问题都有依据和证据；改正后由主办单位或主管单位复测核实。"
}

func newList(list []inspection.Finding, total int, mayTest bool) listView {
	states := []web.Option{{Value: "standing", Label: "未办结"}}
	for _, s := range []string{inspection.FindingOpen, inspection.FindingOrdered, inspection.FindingDisputed, inspection.FindingClosed} {
		states = append(states, web.Option{Value: s, Label: inspection.FindingMachine.Name(s)})
	}
	return listView{
		Heading: web.Heading{Title: "检查发现的问题", Lead: listLead(mayTest), Acts: []web.Act{{Text: "按原因看", Href: causesPath}, {Text: "误报申辩", Href: disputesPath}, {Text: "规则准确率", Href: precisionPath}}},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{
			{Kind: web.SearchBox, Name: "q", Label: "站点、账号、单位、问题或网址"},
			{Kind: web.Select, Name: "of", Label: "对象", Options: orAll([]web.Option{{Value: "site", Label: "网站"}, {Value: "account", Label: "账号和客户端"}})},
			{Kind: web.Select, Name: "state", Label: "状态", Options: orAll(states)},
			{Kind: web.Select, Name: "severity", Label: "程度", Options: orAll([]web.Option{{Value: "serious", Label: "严重"}, {Value: "error", Label: "一般"}, {Value: "advice", Label: "提示"}})},
			{Kind: web.Select, Name: "family", Label: "类别", Options: orAll(families(false))},
			{Kind: web.Select, Name: "age", Label: "发现已满", Options: orAll([]web.Option{{Value: "3", Label: "3天"}, {Value: "7", Label: "7天"}, {Value: "15", Label: "15天"}, {Value: "30", Label: "30天"}, {Value: "90", Label: "90天"}})},
		}, More: []web.Field{
			{Name: "clause", Label: "依据编号", Max: 20, Hint: "例如 S7.3a、D-19、V-W-3"},
			{Kind: web.Check, Name: "home", Label: "只看首页上的", Value: "on"},
		}},
		Table: findingTable("问题", list, true),
	}
}

// offer puts boxes before the findings that an order may name.
func (v *listView) offer(list []inspection.Finding) {
	for i, f := range list {
		if f.State == inspection.FindingOpen && f.Account == "" { // those of accounts go by the order of the account
			v.Issue, v.Table.PickName = true, "finding"
			v.Table.Rows[i].Pick, v.Table.Rows[i].Name = string(f.ID), f.SiteName+" "+f.Says
		}
	}
}

func offered(list []inspection.Finding) listView {
	v := newList(list, len(list), true)
	v.offer(list)
	return v
}

var sampleFinding = inspection.Finding{ID: "01JF", Site: "01JS", SiteName: "雁塔区人民政府网站", Host: "www.yanta.gov.cn", UnitName: "雁塔区人民政府办公室", Check: "link.dead", Severity: check.Error, Clause: "D-19",
	Says: "链接无法打开：“办事指南”，状态码 404。", URL: "http://www.yanta.gov.cn/", Where: "http://www.yanta.gov.cn/bszn/1.html", Pages: 12, Also: []string{"http://www.yanta.gov.cn/bs/"}, OnHome: true, Fix: "请修正或删除该链接。",
	Excerpt: `<li><a href="/bszn/1.html">办事指南</a></li>`, SHA256: strings.Repeat("ab", 32), Evidence: blob.Ref("sha256:" + strings.Repeat("ab", 32)),
	FirstSeen: time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC), LastSeen: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), State: inspection.FindingOpen}

var hostileFinding = inspection.Finding{ID: `"><script>`, SiteName: "<b>", Says: `<script>alert(1)</script>`, URL: "javascript:alert(1)", Where: `"><img src=x onerror=y>`, Excerpt: `</pre><script>alert(1)</script>`, Severity: check.Serious, State: inspection.FindingDisputed, Check: "concealed.hidden_link"}

var listPage = web.Define(views, "views/findings.html", newList(nil, 0, false), newList([]inspection.Finding{sampleFinding}, 1, true), offered([]inspection.Finding{sampleFinding, hostileFinding}))

func (h *Handler) findings(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	n := h.filterOf(q)
	n.Limit, n.Offset = perPage, (web.PageOf(r)-1)*perPage
	list, total, err := h.inspection.Findings(r.Context(), h.db, authz.ScopeFrom(r.Context()), n)
	if err != nil {
		return err
	}
	v := newList(list, total, mayAct(r))
	if may(r, authz.OrderIssue) {
		v.offer(list)
	}
	v.Filter.Fill(q)
	for _, name := range []string{"site", "account", "unit", "check", "plan"} {
		if of := q.Get(name); of != "" {
			v.Filter.Hidden = append(v.Filter.Hidden, web.Field{Kind: web.Hidden, Name: name, Value: of})
		}
	}
	switch {
	case (q.Get("site") != "" || q.Get("account") != "") && len(list) > 0:
		v.Heading.Title = list[0].SiteName + "的问题"
	case q.Get("plan") != "":
		p, err := h.inspection.PlanByID(r.Context(), h.db, authz.ScopeFrom(r.Context()), n.Plan)
		if err != nil {
			return err
		}
		v.Heading.Above, v.Heading.Title = p.Name, "计划发现的问题"
		if n.Check != "" {
			v.Heading.Title = engine.CheckName(n.Check)
		}
		v.Heading.Lead = "计划的检查最先或者最近一次看到的问题。"
	case q.Get("check") != "":
		v.Heading.Title = "问题：" + engine.CheckName(q.Get("check"))
	}
	v.Exports = web.ExportActs(listPath+"/export", q)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

// filterOf is what an address asks for, without its page.
func (h *Handler) filterOf(q url.Values) inspection.FindingFilter {
	n := inspection.FindingFilter{Text: q.Get("q"), State: q.Get("state"), Severity: check.Severity(q.Get("severity")), Family: q.Get("family"), Clause: strings.TrimSpace(q.Get("clause")), OnHome: q.Get("home") != "",
		Of: q.Get("of"), Site: registry.SiteID(q.Get("site")), Account: registry.AccountID(q.Get("account")), Unit: org.UnitID(q.Get("unit")), Check: q.Get("check"), Plan: inspection.PlanID(q.Get("plan"))}
	if days, err := strconv.Atoi(q.Get("age")); err == nil && days > 0 && days < 10_000 {
		n.Until = h.db.Now().AddDate(0, 0, -days)
	}
	return n
}

// mostFindings is how many leave in one file.
const mostFindings = 50_000

// exportFindings is the list as a file: the same rows under the same conditions.
func (h *Handler) exportFindings(w http.ResponseWriter, r *http.Request) error {
	n := h.filterOf(r.URL.Query())
	n.Limit = mostFindings
	list, total, err := h.inspection.Findings(r.Context(), h.db, authz.ScopeFrom(r.Context()), n)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, mostFindings, "个问题"); err != nil {
		return err
	}
	ids := make([]inspection.FindingID, len(list))
	for i, f := range list {
		ids[i] = f.ID
	}
	pictures, err := h.inspection.PictureNotes(r.Context(), h.db, authz.ScopeFrom(r.Context()), ids)
	if err != nil {
		return err
	}
	rows := func(yield func([]any) bool) {
		for _, f := range list {
			if !yield([]any{f.SiteName, cmp.Or(f.Host, registry.Platforms[f.Platform]), f.UnitName, f.Says, engine.CheckName(f.Check), severityNames[f.Severity], basis(f.Clause), f.URL, f.Place(), f.Pages, inspection.FindingMachine.Name(f.State), web.Minute(f.FirstSeen), web.Minute(f.LastSeen), f.Fix, pictures[f.ID]}) {
				return
			}
		}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "检查发现的问题", Columns: []official.Column{{Title: "站点或账号", Width: 28}, {Title: "域名或平台", Width: 24}, {Title: "主办单位", Width: 28}, {Title: "问题", Width: 50}, {Title: "类别", Width: 20}, {Title: "程度"}, {Title: "依据", Width: 16}, {Title: "所在页面", Width: 40}, {Title: "具体位置", Width: 40}, {Title: "页面数"}, {Title: "状态"}, {Title: "首次发现", Width: 18}, {Title: "最近发现", Width: 18}, {Title: "整改要求", Width: 40}, {Title: "页面截图", Width: 30}}, Rows: rows}, "检查发现的问题")
}

// newCauses is what stands, by the check that raised it.
func newCauses(list []inspection.Cause) page {
	v := page{web.ListView{Heading: web.Heading{Title: "问题按原因", Lead: "同一原因的问题往往出在同一个模板或同一处管理上，改一处，消一片。"}, Trail: []web.Crumb{{Name: "网站检查", Href: boardPath}, {Name: "问题", Href: listPath + "?state=standing"}},
		Table: web.Table{Caption: "未办结的问题按原因", Quiet: true, Columns: []web.Column{{Head: "原因", Wide: true}, {Head: "问题", Number: true}, {Head: "其中严重", Number: true}, {Head: "涉及站点和账号", Number: true}, {Head: "已列入整改", Number: true}, {Head: "最早发现"}}, Empty: web.Empty{Title: "没有未办结的问题", Text: "检查发现问题后，这里按原因汇总。"}}}}
	for _, c := range list {
		row := web.Row{Cells: []web.Cell{{Text: engine.CheckName(c.Check), Href: listPath + "?state=standing&check=" + url.QueryEscape(c.Check), Note: engine.FamilyName(c.Check)}, web.Figure(c.Findings), web.Figure(c.Serious), web.Figure(c.Objects), web.Figure(c.Ordered), web.When(c.Oldest)}}
		if c.Serious > 0 {
			row.Kind = web.Danger
		}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

func (h *Handler) causes(w http.ResponseWriter, r *http.Request) error {
	list, err := h.inspection.Causes(r.Context(), h.db, authz.ScopeFrom(r.Context()))
	if err != nil {
		return err
	}
	return plainList.Render(w, r, newCauses(list))
}

// proofView is one look at the finding, as shown.
type proofView struct {
	Title    string
	Tag      web.Tag
	Says     string
	Altered  web.Alert // it is not as it was kept
	Facts    web.Summary
	Excerpt  string
	Named    string // what the excerpt is
	Kept     string // what can be downloaded
	Headers  string
	Download string // address of the bytes; "" when none were kept
	Size     int64
	Picture  picture
	NoShot   string // why there is no picture
	Beside   []besideView
	Places   []string // other places of the page that break the same rule
}

// picture is the page as a browser drew it, with the place marked.
type picture struct {
	Href          string
	Width, Height int
	Boxes         []engine.Box
	Says          string
}

// findingView is GET /console/findings/{id}.
type findingView struct {
	Heading web.Heading
	Wrong   web.ErrorSummary
	Altered web.Alert // what it says is not as it was registered
	Name    string
	Base    string
	Facts   web.Summary
	Compare bool // two looks are set side by side
	Before  proofView
	After   proofView
	Story   web.Timeline
	Looks   web.Table // every look, where there are more than the two shown
	MayTest bool
	Out     web.Alert // of a look that a crawler was asked for; no title: none
	// TestNext says that the retest is what the reader does next; else it stands
	// beside an answer to give or a notice to issue.
	TestNext bool
	Test     string // what a retest does, or why there is none
	Dispute  web.Form
	Uphold   web.Form
	MayDeny  bool
	MayHold  bool
	Preserve web.Form // or its end; no action: the reader may not
}

// Title of the document.
func (v findingView) Title() string { return "问题：" + v.Name }

// Crumbs of the page.
func (v findingView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: "问题", Href: listPath + "?state=standing"}, web.Crumb{Name: v.Name})
}

var lookNames = map[string]string{"found": "发现时", "retest": "复测", "patrol": "巡检"}

var outcomeTags = map[string]web.Tag{
	engine.Standing: {Kind: web.Danger, Text: "问题存在"}, engine.Gone: {Kind: web.Good, Text: "已改正"}, engine.Unknown: {Kind: web.Warn, Text: "未能核实"},
}

// emptyLines stand in what templates write, many at once; an excerpt is read without them.
var emptyLines = regexp.MustCompile(`\n(?:[ \t\r]*\n)+`)

func newProof(base, check string, p inspection.Proof, mayOpen func(string) string) proofView {
	v := proofView{Title: lookNames[p.Look], Tag: outcomeTags[p.Outcome], Says: p.Says, Excerpt: emptyLines.ReplaceAllString(p.Excerpt, "\n"), Named: "页面源代码摘录", Headers: p.Headers, Size: p.Size}
	if p.Ref == "" || p.Status == 0 {
		v.Named = "检查记录" // no page was kept: what the look, or a person, wrote down
	}
	for _, b := range p.Beside {
		if b.As == engine.AsPlace {
			v.Places = append(v.Places, b.Says)
		}
	}
	v.Kept = "取得的页面"
	if p.Status == 0 {
		v.Kept = "留存的文件"
	}
	if p.Altered {
		v.Altered = web.Alert{Kind: web.Danger, Title: "这份证据被改动过", Text: "内容与登记时记入审计的摘要不符，不能作为依据。请通知系统管理员核对全部证据，并复测取得新的证据。"}
	}
	v.Facts.Terms = []web.Term{{Name: "时间", Text: p.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05"), Note: "世界时 " + p.At.UTC().Format("2006-01-02 15:04:05")}, {Name: "网址", Text: dash(p.URL)}}
	if p.Status > 0 {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "页面状态码", Text: strconv.Itoa(p.Status)})
	}
	if p.Link != "" {
		answer := "没有应答"
		if p.LinkStatus > 0 {
			answer = "状态码 " + strconv.Itoa(p.LinkStatus)
		}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "链接目标", Text: p.Link, Note: answer})
	}
	if p.SHA256 != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "SHA-256", Text: p.SHA256})
	}
	if p.Vantage != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "检查出口", Text: p.Vantage})
	}
	if p.Edition != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "规则版本", Text: p.Edition})
	}
	switch {
	case p.Number > 0:
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "审计登记", Text: fmt.Sprintf("第 %d 号", p.Number), Href: mayOpen("/console/audit/" + p.Entry), Note: "摘要 " + p.Hash})
	case p.Hash != "":
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "审计登记", Text: "正在编号", Note: "摘要 " + p.Hash})
	}
	if p.Took > 0 {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "复测用时", Text: fmt.Sprintf("%.1f 秒", p.Took.Seconds()), Note: p.Actor})
	}
	v.NoShot = p.NoPicture(check)
	if !p.Cleared.IsZero() {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "留存文件", Text: "已按保存期限清除，散列仍在链上", Note: web.Minute(p.Cleared)})
		v.Beside = besideTerms(p.Beside, "")
		return v
	}
	if p.Ref != "" {
		v.Download = base + "/evidence/" + p.ID
	}
	v.Beside = besideTerms(p.Beside, base+"/evidence/"+p.ID)
	if p.Screenshot != "" {
		v.Picture = picture{Href: base + "/evidence/" + p.ID + "/picture", Width: 1366, Height: 900, Says: "检查时的页面截图"}
		for _, b := range p.Boxes { // drawn around the place, not across it
			v.Picture.Boxes = append(v.Picture.Boxes, engine.Box{X: b.X - 8, Y: b.Y - 8, Width: b.Width + 16, Height: b.Height + 16})
		}
		if len(p.Boxes) > 0 {
			v.Picture.Says += fmt.Sprintf("，框出了 %d 处位置", len(p.Boxes))
		}
	}
	return v
}

// none opens nothing: a reader who may not see the trail reads its number only.
func none(string) string { return "" }

// numbered is the family of a finding with the number of its basis, by which the
// list is narrowed.
func numbered(f inspection.Finding) string {
	family := engine.FamilyName(f.Check)
	if f.Clause == "" || basis(f.Clause) == f.Clause {
		return family // the basis of a focus item is a document, and stands there already
	}
	return "编号 " + f.Clause + "，" + family
}

func objectName(f inspection.Finding) string {
	if f.Account != "" {
		return "账号"
	}
	return "站点"
}

func newFinding(f inspection.Finding, proofs []inspection.Proof, steps []passage.Step, item string, mayAct, mayHold bool, mayOpen func(string) string) findingView {
	base, where := f.Link(), dash(f.Place())
	if where == f.URL {
		where = "整个页面"
	}
	v := findingView{Name: abridge.Text(f.Says, 30), Base: base, MayTest: mayAct, MayDeny: mayAct && inspection.FindingMachine.Can(f.State, "dispute"), MayHold: mayHold && inspection.FindingMachine.Can(f.State, "uphold"),
		Heading: web.Heading{Above: f.SiteName + "　" + engine.FamilyName(f.Check), Tags: []web.Tag{severityTag(f.Severity), stateTag(f)}},
		Facts: web.Summary{Title: "基本情况", Wide: true, Terms: []web.Term{
			{Name: objectName(f), Text: f.SiteName, Href: objectPath(f), Note: f.UnitName}, {Name: "依据", Text: basis(f.Clause), Note: numbered(f)},
			{Name: "所在页面", Text: f.URL}, {Name: "具体位置", Text: where},
			{Name: "首次发现", Text: web.Minute(f.FirstSeen)}, {Name: "最近发现", Text: web.Minute(f.LastSeen)},
			{Name: "整改要求", Text: f.Fix},
		}},
		Story: web.Timeline{Title: "经过"},
		Dispute: web.Form{Action: base + "/dispute", Sections: []web.Section{{Legend: "这是误报", Hint: "写明理由，由主管单位核实；在此期间不再重复报出。", Fields: []web.Field{{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "报误报", Plain: true}}},
		Uphold: web.Form{Action: base + "/uphold", Sections: []web.Section{{Legend: "答复误报申辩", Hint: "问题属实的，恢复为待整改；确认误报的，问题办结，同一情形在该站点或账号不再报出，直到检查规则更新。", Fields: []web.Field{
			{Kind: web.Radios, Name: "verdict", Label: "结论", Required: true, Options: []web.Option{{Value: inspection.ItIsTrue, Label: "问题属实，驳回误报"}, {Value: inspection.ItIsFalse, Label: "确认误报"}}},
			{Kind: web.TextArea, Name: "reason", Label: "核实情况", Required: true, Max: 500, Rows: 3}}}},
			Buttons: []web.Button{{Label: "答复申辩"}}},
	}
	if v.Heading.Title, v.Heading.Whole = web.Shortened(f.Says); v.Heading.Whole != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "问题全文", Text: f.Says})
	}
	if doubt := inspection.Unverified(f.Check); doubt != "" {
		v.Heading.Tags = append(v.Heading.Tags, web.Tag{Kind: web.Warn, Text: "依据未核实"})
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "未核实", Text: doubt + "。"})
	}
	v.Facts.Terms = append(v.Facts.Terms, promptTerms(f, proofs, mayOpen)...)
	v.TestNext = f.State != inspection.FindingClosed && !v.MayHold && !(mayHold && f.State == inspection.FindingOpen)
	v.Test = "重新访问该处并用同一项检查核实，几秒钟内出结果。"
	if f.Account != "" {
		v.Test = "重新读取订阅源或下载地址，或按最近的登记，用同一项检查核实。"
	}
	if f.State == inspection.FindingClosed {
		v.Test = "问题已办结；再次核实，仍存在的恢复为待整改。"
	}
	if why := f.Untestable(); mayAct && why != "" {
		v.MayTest, v.Test = false, why
	} else if !mayAct {
		v.Test = ""
	}
	if f.Pages > 1 {
		v.Facts.Terms[2].Note = fmt.Sprintf("同一问题共见于 %d 个页面", f.Pages)
	}
	for i, u := range f.Also {
		if i == 5 {
			break
		}
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "另见页面", Text: u})
	}
	if mayHold && f.State == inspection.FindingOpen {
		order := "/console/orders/new?finding=" + url.QueryEscape(string(f.ID))
		if f.Account != "" {
			order = "/console/orders/new?kind=account&q=" + url.QueryEscape(f.SiteName)
		}
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "下发整改通知", Href: order, Primary: true})
	}
	// What came back, or what is grave, may lead to an accountability; the router
	// takes the link from whoever keeps no such records.
	if mayHold && (f.Severity == check.Serious || slices.ContainsFunc(steps, func(s passage.Step) bool { return s.Act == "reopen" })) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "登记问责", Href: merit.EnterLink(merit.Account, merit.Ref{Kind: "finding", ID: string(f.ID)}, "")})
	}
	if item != "" {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "打开稿件", Href: item})
	}
	var ordered web.Term
	for _, st := range steps {
		e := web.Event{At: st.At, Title: inspection.FindingMachine.ActName(st.Act), Who: st.ActorName, Text: st.Note, Kind: storyTone(st.To)}
		if e.Text == f.Says { // it is the heading
			e.Text = ""
		}
		if number, ok := strings.CutPrefix(st.Note, inspection.OrderedBy); ok && st.Act == "order" {
			at := mayOpen("/console/orders/" + url.PathEscape(number))
			if at != "" {
				e.Links = []web.Link{{Text: "打开整改通知", Href: at}}
			}
			if f.State == inspection.FindingOrdered {
				ordered = web.Term{Name: "整改通知", Text: number, Href: at, Note: web.Minute(st.At) + "，" + st.ActorName + "下发"}
			}
		}
		v.Story.Events = append(v.Story.Events, e)
	}
	if ordered.Name != "" { // the notice in force, which says by when
		v.Facts.Terms = append(v.Facts.Terms, ordered)
	}
	if f.Check == "change.baseline" {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "页面基线", Href: baselinesPath(f.Site)})
	}
	if n := len(proofs); n > 0 {
		v.Before = newProof(base, f.Check, proofs[0], mayOpen)
		for i := n - 1; i > 0; i-- {
			// The last sight of the defect stands on the left.
			if proofs[i].Outcome == engine.Standing && i < n-1 {
				v.Before = newProof(base, f.Check, proofs[i], mayOpen)
				break
			}
		}
		if n > 1 {
			v.Compare, v.After = true, newProof(base, f.Check, proofs[n-1], mayOpen)
		}
		if strings.HasPrefix(f.Check, "host.") {
			v.Before.Named, v.After.Named = "当时查到的情况", "复测查到的情况"
		}
	}
	if len(proofs) > 2 {
		v.Looks = web.Table{Caption: "历次查看", Columns: []web.Column{{Head: "时间"}, {Head: "来由"}, {Head: "结论", Wide: true}, {Head: "检查出口"}, {Head: "审计登记"}}}
		for _, p := range proofs {
			number := web.Text("—")
			if p.Number > 0 {
				number = web.Cell{Text: fmt.Sprintf("第 %d 号", p.Number), Href: mayOpen("/console/audit/" + p.Entry)}
			}
			tags := []web.Tag{outcomeTags[p.Outcome]}
			if p.Altered {
				tags = append(tags, web.Tag{Kind: web.Danger, Text: "被改动过"})
			}
			v.Looks.Rows = append(v.Looks.Rows, web.Row{Cells: []web.Cell{web.When(p.At), {Text: lookNames[p.Look], Note: p.Actor}, {Text: p.Says, Tags: tags}, web.Text(dash(p.Vantage)), number}})
		}
	}
	return v
}

// promptTerms name the list or rule that a word was prompted by, with where it is
// looked up.
func promptTerms(f inspection.Finding, proofs []inspection.Proof, mayOpen func(string) string) []web.Term {
	for _, p := range proofs {
		for _, b := range p.Beside {
			if b.As != engine.AsList {
				continue
			}
			t := web.Term{Name: "来源", Text: b.Says}
			if f.Wrong != "" && !strings.Contains(f.Wrong, "*") {
				t.Href = mayOpen("/console/lexicon?q=" + url.QueryEscape(f.Wrong))
			}
			return []web.Term{t}
		}
	}
	return nil
}

// sameTerms tell when the same defect stood before, or came back since.
func sameTerms(f inspection.Finding, same []inspection.Finding) []web.Term {
	var out []web.Term
	for _, o := range same {
		t := web.Term{Name: "此前同一问题", Text: calendar.DateOf(o.FirstSeen).Chinese() + "发现", Href: o.Link()}
		if o.ID > f.ID { // IDs go by time
			t.Name = "后来再次发现"
		}
		switch {
		case o.State != inspection.FindingClosed:
			t.Text += "，" + inspection.FindingMachine.States[o.State]
		case o.False():
			t.Text += "，确认为误报"
		default:
			t.Text += "，" + calendar.DateOf(o.ClosedAt).Chinese() + "办结"
		}
		out = append(out, t)
	}
	return out
}

// earlierTerms tell what was answered when the same defect was called false before;
// an objection that nobody came to answer may be made again.
func earlierTerms(o inspection.Finding, list []inspection.Objection) []web.Term {
	var out []web.Term
	for _, d := range list {
		if d.Verdict == "" {
			continue
		}
		t := web.Term{Name: "此前的误报申辩", Text: d.Reason, Href: o.Link(), Note: inspection.VerdictNames[d.Verdict] + "：" + d.Answer + "（" + d.AnsweredBy + "，" + web.Minute(d.AnsweredAt) + "）"}
		if d.Verdict == inspection.ItIsGone {
			t.Note = "申辩还没有答复，问题已消除；现在再次发现，仍认为是误报的请再次申辩。"
		}
		out = append(out, t)
	}
	return out
}

// objectionTerms say who called the finding false, who answers by when, and
// what was answered.
func objectionTerms(list []inspection.Objection) []web.Term {
	var out []web.Term
	for _, d := range list {
		out = append(out, web.Term{Name: "误报申辩", Text: d.Reason, Note: d.RaisedBy + "，" + web.Minute(d.RaisedAt)})
		if d.Verdict == "" {
			note := d.Due.On.Chinese() + "前答复"
			if d.Due.Provisional {
				note += "（暂定）"
			}
			who := d.PersonName
			if who == "" {
				who = d.UnitName
			}
			out = append(out, web.Term{Name: "答复人", Text: who, Note: note})
			continue
		}
		note := d.AnsweredBy + "，" + web.Minute(d.AnsweredAt)
		if n := d.Late(); n > 0 {
			note += fmt.Sprintf("，超期 %d 天（应于%s前）", n, d.Due.On.Chinese())
		}
		out = append(out, web.Term{Name: "答复", Text: inspection.VerdictNames[d.Verdict] + "：" + d.Answer, Note: note})
	}
	return out
}

func storyTone(state string) web.Tone {
	switch state {
	case inspection.FindingClosed:
		return web.Good
	case inspection.FindingOpen:
		return web.Warn
	}
	return web.Info
}

var sampleProofs = []inspection.Proof{
	{ID: "P1", Look: "found", Outcome: engine.Standing, Says: sampleFinding.Says, At: time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC), Evidence: engine.Evidence{URL: sampleFinding.URL, Status: 200, Headers: "Content-Type: text/html\nServer: nginx", SHA256: sampleFinding.SHA256, Ref: sampleFinding.Evidence, Size: 48211, Excerpt: sampleFinding.Excerpt, Link: sampleFinding.Where, LinkStatus: 404, Screenshot: sampleFinding.Evidence, Boxes: []engine.Box{{X: 120, Y: 260, Width: 90, Height: 22}}}},
	{ID: "P2", Look: "retest", Outcome: engine.Gone, Says: "链接已能打开（状态码 200）。", At: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), Took: 830 * time.Millisecond, Actor: "张三", Evidence: engine.Evidence{URL: sampleFinding.URL, Status: 200, Headers: "Content-Type: text/html", SHA256: sampleFinding.SHA256, Link: sampleFinding.Where, LinkStatus: 200}},
}

var findingPage = web.Define(views, "views/finding.html",
	newFinding(inspection.Finding{ID: "e", Site: "01JS", SiteName: "雁塔区人民政府网站", Says: "网站访问失败的比例达到单项否决的标准。", State: inspection.FindingOpen, Severity: check.Serious, Check: "access.rate"}, nil, nil, "", false, false, none),
	newFinding(sampleFinding, sampleProofs, []passage.Step{{Act: "find", To: inspection.FindingOpen, At: time.Now(), ActorName: "系统"}}, "/console/items/01JI", true, true, none),
	newFinding(sampleFinding, append([]inspection.Proof{{ID: "P0", Look: "found", Outcome: engine.Standing, Says: sampleFinding.Says, At: sampleFinding.FirstSeen, Number: 4711, Entry: "01JE", Hash: sampleFinding.SHA256, Altered: true, Evidence: engine.Evidence{Vantage: "西安", Edition: "3fb5d51feba59ba7"}}}, sampleProofs...), nil, "", true, false, func(href string) string { return href }),
	newFinding(sampleFinding, []inspection.Proof{{ID: "P3", Look: "found", Outcome: engine.Standing, Says: "链接没有打开所指的页面：链接“征求意见”，不论打开什么地址都显示同一页面。", At: sampleFinding.FirstSeen, Evidence: engine.Evidence{URL: sampleFinding.URL, Status: 200, Link: sampleFinding.Where, LinkStatus: 200, LinkFinal: sampleFinding.Where, SHA256: sampleFinding.SHA256, Beside: sampleLooks()}}}, nil, "", true, false, none),
	sampleOut(inspection.Errand{AskedBy: "张三", AskedAt: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), State: inspection.ErrandWaiting, GivesUp: time.Date(2026, 3, 22, 2, 0, 0, 0, time.UTC)}),
	sampleOut(inspection.Errand{State: inspection.ErrandUnanswered, Ended: time.Date(2026, 3, 22, 2, 0, 0, 0, time.UTC), Says: "<b>外网巡检机没有带回结果。"}),
	sampleWords(inspection.Words{Altered: true}), sampleWords(inspection.Words{Old: true}), sampleWords(inspection.Words{Number: 4712, Entry: "01JE", Hash: sampleFinding.SHA256}),
	sampleKept(), sampleKept(inspection.Preservation{Reason: "<b>法院调取", By: "李", At: time.Date(2026, 3, 22, 2, 0, 0, 0, time.UTC)}),
	sampleKept(inspection.Preservation{Reason: "法院调取", By: "李", At: time.Date(2026, 3, 22, 2, 0, 0, 0, time.UTC), Ended: time.Date(2026, 4, 22, 2, 0, 0, 0, time.UTC), EndedBy: "王", EndedWhy: "案件已结"}),
	newFinding(hostileFinding, []inspection.Proof{{ID: "x", Says: "<script>", Evidence: engine.Evidence{Beside: []engine.Beside{{As: "<b>", Final: "javascript:y", Headers: "<script>", Status: 200}}, URL: "javascript:x", Headers: "</pre><script>", Excerpt: "</pre><script>alert(1)</script>"}}}, nil, "", true, true, none))

// sampleLooks are the proof that a link opens what its host gives for any address.
func sampleLooks() []engine.Beside {
	first := time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC)
	out := []engine.Beside{{As: engine.AsFirst, URL: sampleFinding.Where}, {As: engine.AsSecond, URL: sampleFinding.Where}, {As: engine.AsMadeUp, URL: "http://www.yanta.gov.cn/qwrtypsdfghjkl.html"}, {As: engine.AsMadeUp, URL: "http://www.yanta.gov.cn/zxcvbnmlkjhgfd.html"}}
	for i := range out {
		out[i].Status, out[i].SHA256, out[i].Says, out[i].At = 200, sampleFinding.SHA256, "53f1c0a9d7e24b6881b0f3a2c4d5e6f7", first.Add(time.Duration(i%2)*6*time.Second)
	}
	return out
}

// sampleKept is a finding whose evidence a person keeps, or kept.
func sampleKept(list ...inspection.Preservation) findingView {
	v := newFinding(sampleFinding, sampleProofs, nil, "", true, true, none)
	v.preserved(list, true)
	return v
}

func sampleWords(w inspection.Words) findingView {
	v := newFinding(sampleFinding, sampleProofs, nil, "", true, false, none)
	v.registered(w, none)
	return v
}

func sampleOut(e inspection.Errand) findingView {
	v := newFinding(sampleFinding, sampleProofs, nil, "", true, false, none)
	v.handedOut(e)
	return v
}

func (h *Handler) showFinding(w http.ResponseWriter, r *http.Request, change func(*findingView)) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id"))
	f, err := h.inspection.Finding(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	proofs, err := h.inspection.Proofs(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	steps, err := h.inspection.History(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	item := h.inspection.ItemLink(ctx, scope, f)
	if !web.MayOpen(r, item) {
		item = ""
	}
	if item != "" {
		item += passageOf(f)
	}
	mayOpen := func(href string) string {
		if web.MayOpen(r, href) {
			return href
		}
		return ""
	}
	v := newFinding(f, proofs, steps, item, mayAct(r), may(r, authz.OrderIssue), mayOpen)
	if strings.HasPrefix(f.Check, "focus.") {
		plan, ok, err := h.inspection.PlanOf(ctx, scope, id)
		if err != nil {
			return err
		}
		if ok {
			v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "巡检计划", Text: plan.Name, Href: plan.Link()})
		}
	}
	rule, err := h.inspection.RulePage(ctx, h.db, scope, f)
	if err != nil {
		return err
	}
	precisions, err := h.inspection.Precisions(ctx)
	if err != nil {
		return err
	}
	v.ruled(rule, precisionOf(precisions, f.Check))
	words, err := h.inspection.WordsOf(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	v.registered(words, mayOpen)
	kept, err := h.inspection.Preservations(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	v.preserved(kept, may(r, authz.OrderIssue))
	errand, asked, err := h.inspection.LastErrand(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	if asked {
		v.handedOut(errand)
	}
	if f.Site != "" && v.MayTest {
		outside, err := h.inspection.Outside(ctx, scope, f.Site)
		if err != nil {
			return err
		}
		if outside && f.State != inspection.FindingClosed {
			v.Test = "平台不能直接访问这个网站，由外网巡检机复测，结果带回后自动登记。"
		}
	}
	same, err := h.inspection.SameAs(ctx, h.db, scope, f)
	if err != nil {
		return err
	}
	v.Facts.Terms = append(v.Facts.Terms, sameTerms(f, same)...)
	for _, o := range same {
		before, err := h.inspection.ObjectionsOf(ctx, h.db, scope, o.ID)
		if err != nil {
			return err
		}
		v.Facts.Terms = append(v.Facts.Terms, earlierTerms(o, before)...)
	}
	objections, err := h.inspection.ObjectionsOf(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		for _, shown := range []*proofView{&v.Before, &v.After} {
			if p.Screenshot != "" && shown.Picture.Href == v.Base+"/evidence/"+p.ID+"/picture" {
				h.sized(ctx, &shown.Picture, p.Screenshot)
			}
		}
	}
	v.Facts.Terms = append(v.Facts.Terms, objectionTerms(objections)...)
	for _, d := range objections {
		if d.Verdict == "" {
			v.answered(d, authz.SessionFrom(ctx))
		}
	}
	if f.State != inspection.FindingClosed {
		who, err := h.org.Answerers(ctx, h.db, scope, []org.UnitID{f.Unit}, []string{string(f.Site)})
		if err != nil {
			return err
		}
		v.mends(who.For(f.Unit, string(f.Site)))
	}
	v.reach()
	if change == nil {
		return findingPage.Render(w, r, v)
	}
	change(&v)
	return findingPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

// answered offers the answer of a dispute that waits to the one who gives it; to
// another of that office, to take it up first; to nobody else.
func (v *findingView) answered(d inspection.Objection, session *authz.Session) {
	v.MayHold = v.MayHold && d.MayAnswer(session)
	if !v.MayHold || d.Person == "" || string(d.Person) == session.PersonID {
		return
	}
	v.Uphold = web.Form{Action: v.Base + "/take-up", Sections: []web.Section{{Legend: "答复误报申辩", Hint: "这件申辩由" + d.PersonName + "答复；不能按期答复的，可以改由您答复。"}}, Buttons: []web.Button{{Label: "改由我答复", Plain: true}}}
}

// handedOut tells of the look that a crawler has been asked for, or how the last one
// ended without an answer.
func (v *findingView) handedOut(e inspection.Errand) {
	switch {
	case e.Out():
		v.Out = web.Alert{Kind: web.Info, Title: inspection.HandedOut, Text: e.Waits()}
		v.MayTest, v.Test = false, ""
	case e.State != inspection.ErrandAnswered:
		v.Out = web.Alert{Kind: web.Warn, Title: "上次交外网巡检机复测没有结果", Text: web.Minute(e.Ended) + "：" + e.Says}
	}
}

// registered says how what the finding says stands to the trail.
func (v *findingView) registered(w inspection.Words, mayOpen func(string) string) {
	t := web.Term{Name: "内容登记", Text: "正在编号", Note: "摘要 " + w.Hash}
	switch {
	case w.Altered:
		v.Altered = web.Alert{Kind: web.Danger, Title: "这个问题的内容被改动过", Text: "问题、程度、依据、网址、位置或整改要求与登记时记入审计的摘要不符，不能作为依据。请通知系统管理员核对审计和全部证据；发现时的说法见下方证据。"}
		t.Text, t.Note = "与登记时的摘要不符", ""
	case w.Old:
		t.Text, t.Note = "没有摘要可以核对", "登记早于问题内容记入审计；再次查到后补记"
	case w.Number > 0:
		t.Text, t.Href = fmt.Sprintf("第 %d 号", w.Number), mayOpen("/console/audit/"+w.Entry)
	}
	v.Facts.Terms = append(v.Facts.Terms, t)
}

// ruled tells how often the rule was right, and leads to its public page; "" where
// no portal here shows it.
func (v *findingView) ruled(page string, p inspection.Precision) {
	if p.Raised > 0 { // of the whole house, as the list of the precisions has it
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "规则准确率", Text: rightShare(p), Note: fmt.Sprintf("全省报出 %d 个，申辩 %d 个，确认误报 %d 个", p.Raised, p.Disputed, p.False)})
	}
	if page != "" {
		v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "检查规则", Text: "查看规则、依据和准确率", Href: page, Note: "公开页面"})
	}
}

// mends names the person to call about what is not put right, beside the object.
func (v *findingView) mends(who org.Answerer) {
	v.Facts.Terms = slices.Insert(v.Facts.Terms, 2, callText(who))
}

// reach leads from the head of the page to what is answered at its foot: the
// evidence between is long, and on a phone very long.
func (v *findingView) reach() {
	if v.MayHold {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "去答复", Href: "#answer"})
	}
	if v.MayDeny {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "认为是误报", Href: "#deny"})
	}
}

// precisionOf is how often one rule was right.
func precisionOf(list []inspection.Precision, check string) inspection.Precision {
	if i := slices.IndexFunc(list, func(p inspection.Precision) bool { return p.Check == check }); i >= 0 {
		return list[i]
	}
	return inspection.Precision{}
}

// passageOf leads a browser to the words on the page of the item: the paragraph is
// scrolled to and marked (text fragment); one that knows none opens the page.
func passageOf(f inspection.Finding) string {
	words := f.Wrong
	if words == "" || strings.Contains(words, "*") { // masked: it stands nowhere as it is shown
		return ""
	}
	escape := func(s string) string {
		return strings.NewReplacer("+", "%20", "-", "%2D").Replace(url.QueryEscape(s))
	}
	if pieces := cutIn(f.Where, words); len(pieces) > 1 { // from the first piece to the last
		return "#:~:text=" + escape(pieces[0]) + "," + escape(pieces[len(pieces)-1])
	}
	return "#:~:text=" + escape(words)
}

// cutIn are the pieces of words as they stand in a text that blanks or ends of line cut
// them in; nil where they stand whole, or not at all.
func cutIn(text, words string) []string {
	if strings.Contains(text, words) {
		return nil
	}
	letters := strings.Split(words, "")
	for i := range letters {
		letters[i] = regexp.QuoteMeta(letters[i])
	}
	cut, err := regexp.Compile(strings.Join(letters, `\s?`))
	if err != nil { // no words are an expression that does not compile
		return nil
	}
	return strings.Fields(cut.FindString(text))
}

func (h *Handler) finding(w http.ResponseWriter, r *http.Request) error {
	return h.showFinding(w, r, nil)
}

func (h *Handler) retest(w http.ResponseWriter, r *http.Request) error {
	if !mayAct(r) {
		return errMayNotAct
	}
	got, err := h.inspection.Retest(engine.WithPicture(r.Context()), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id")))
	if askable(err) {
		return h.showFinding(w, r, func(v *findingView) {
			f := fault.Of(err)
			v.Wrong = web.ErrorSummary{Title: "没有复测", Says: f.Says, Breaches: web.BreachesOf(f)}
		})
	}
	if err != nil {
		return err
	}
	if got.Errand.Out() {
		return web.Done(w, r, got.Finding.Link(), inspection.HandedOut+"。")
	}
	said := fmt.Sprintf("复测完成，用时 %.1f 秒：%s。", got.After.Took.Seconds(), strings.TrimRight(got.After.Says, "。"))
	switch {
	case got.After.Outcome == engine.Gone && got.Closed:
		said += "问题已办结，前后证据见下。"
	case got.After.Outcome == engine.Standing:
		said += "问题仍未办结。"
	}
	return web.Done(w, r, got.Finding.Link(), said)
}

func (h *Handler) dispute(w http.ResponseWriter, r *http.Request) error {
	if !mayAct(r) {
		return errMayNotAct
	}
	f, err := h.inspection.Dispute(r.Context(), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id")), r.PostFormValue("reason"))
	if askable(err) {
		return h.showFinding(w, r, func(v *findingView) { v.Dispute.Fill(r.PostForm); v.Dispute.Wrong(err); v.MayDeny = true })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, f.Link(), "已报误报，由专人在时限内答复。")
}

// takeUp makes the person who asks the one who answers.
func (h *Handler) takeUp(w http.ResponseWriter, r *http.Request) error {
	d, err := h.inspection.TakeUp(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id")))
	if askable(err) {
		return h.showFinding(w, r, func(v *findingView) { v.Uphold.Wrong(err) })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/findings/"+string(d.Finding), "已改由您答复。")
}

func (h *Handler) uphold(w http.ResponseWriter, r *http.Request) error {
	f, err := h.inspection.Answer(r.Context(), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id")), web.Typed(r, "verdict"), r.PostFormValue("reason"))
	if askable(err) {
		return h.showFinding(w, r, func(v *findingView) { v.Uphold.Fill(r.PostForm); v.Uphold.Wrong(err); v.MayHold = true })
	}
	if err != nil {
		return err
	}
	if f.False() {
		return web.Done(w, r, f.Link(), "已确认误报，问题办结；同一情形不再报出，直到检查规则更新。")
	}
	return web.Done(w, r, f.Link(), "已驳回误报，问题恢复为待整改。")
}

// preserved says whether the evidence is kept beyond its days by the word of a person,
// and asks those who may say so.
func (v *findingView) preserved(list []inspection.Preservation, may bool) {
	standing := false
	for _, p := range list {
		basis := cmp.Or(p.Basis, "没有登记依据")
		t := web.Term{Name: "证据保全", Text: "已保全，不随保存期限清除", Note: p.By + "，" + web.Minute(p.At) + "，依据：" + basis + "；理由：" + p.Reason}
		if !p.Stands() {
			t.Text, t.Note = "已解除", t.Note+"。"+p.EndedBy+"，"+web.Minute(p.Ended)+"解除："+p.EndedWhy
		}
		standing = standing || p.Stands()
		v.Facts.Terms = append(v.Facts.Terms, t)
	}
	if !may {
		return
	}
	why := web.Field{Kind: web.TextArea, Name: "why", Label: "理由", Required: true, Max: 500, Rows: 2}
	v.Preserve = web.Form{Action: v.Base + "/preserve", Folded: true, Sections: []web.Section{{Legend: "保全证据", Hint: "涉及诉讼、纪检、公安等需要留存的使用；保全期间证据文件不随保存期限清除，直到有人解除。", Fields: []web.Field{
		{Name: "basis", Label: "依据", Required: true, Max: 200, Hint: "要求保全的文件和文号或案号"}, why}}}, Buttons: []web.Button{{Label: "保全证据", Plain: true}}}
	if standing {
		v.Preserve = web.Form{Action: v.Base + "/unpreserve", Folded: true, Sections: []web.Section{{Legend: "解除证据保全", Hint: "解除后按保存期限处理；期限已过的随后清除文件，散列和记录保留。解除人和理由记入审计。", Fields: []web.Field{why}}}, Buttons: []web.Button{{Label: "解除保全", Plain: true}}}
	}
}

// preserve keeps the evidence beyond its days, unpreserve ends that.
func (h *Handler) preserve(w http.ResponseWriter, r *http.Request) error {
	return h.preserving(w, r, func(ctx context.Context, scope authz.Scope, id inspection.FindingID, why string) error {
		return h.inspection.Preserve(ctx, scope, id, web.Typed(r, "basis"), why)
	}, "已保全证据：文件不随保存期限清除，直到有人解除。")
}

func (h *Handler) unpreserve(w http.ResponseWriter, r *http.Request) error {
	return h.preserving(w, r, h.inspection.EndPreservation, "已解除证据保全，按保存期限处理。")
}

func (h *Handler) preserving(w http.ResponseWriter, r *http.Request, do func(context.Context, authz.Scope, inspection.FindingID, string) error, done string) error {
	id := inspection.FindingID(r.PathValue("id"))
	err := do(r.Context(), authz.ScopeFrom(r.Context()), id, r.PostFormValue("why"))
	if askable(err) {
		return h.showFinding(w, r, func(v *findingView) { v.Preserve.Fill(r.PostForm); v.Preserve.Wrong(err) })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, "/console/findings/"+string(id), done)
}

// evidence hands out the bytes as they came. They are of another site and may
// hold anything: an attachment without a type a browser would show.
func (h *Handler) evidence(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id"))
	finding, err := h.inspection.Finding(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	// Files are kept of the findings of personal data in them alone.
	if family, _, _ := strings.Cut(finding.Check, "."); (family == "privacy" || family == "attachment" || finding.Check == "manual.privacy") && !mayAct(r) {
		return errUnmasked
	}
	proofs, err := h.inspection.Proofs(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		ref := p.Ref
		if r.URL.Query().Has("beside") {
			i, err := strconv.Atoi(r.URL.Query().Get("beside"))
			if err != nil || i < 0 || i >= len(p.Beside) {
				continue
			}
			ref = p.Beside[i].Ref
		}
		if p.ID != r.PathValue("proof") || ref == "" {
			continue
		}
		b, err := h.inspection.EvidenceBytes(ctx, scope, id, p, ref)
		if err != nil {
			return err
		}
		return sendEvidence(w, r, b, p.ID)
	}
	return fault.Missing("证据")
}

// picture answers with a picture of the page. It was drawn here, by our browser,
// and is nothing but pixels.
func (h *Handler) picture(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), inspection.FindingID(r.PathValue("id"))
	proofs, err := h.inspection.Proofs(ctx, h.db, scope, id)
	if err != nil {
		return err
	}
	for _, p := range proofs {
		if p.ID != r.PathValue("proof") || p.Screenshot == "" {
			continue
		}
		b, err := h.inspection.EvidenceBytes(ctx, scope, id, p, p.Screenshot)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "private, max-age=86400, immutable")
		_, err = w.Write(b)
		return err
	}
	return fault.Missing("截图")
}

// sized gives a picture its true measures.
func (h *Handler) sized(ctx context.Context, p *picture, ref blob.Ref) {
	f, err := h.blobs.Open(ctx, ref)
	if err != nil {
		p.Href = ""
		return
	}
	defer f.Close()
	if c, err := png.DecodeConfig(f); err == nil {
		p.Width, p.Height = c.Width, c.Height
	}
}
