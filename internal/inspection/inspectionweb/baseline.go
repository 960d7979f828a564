package inspectionweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

func baselinesPath(site registry.SiteID) string { return start(string(site)) + "/baselines" }

func baselinePath(site registry.SiteID, address string) string {
	return start(string(site)) + "/baseline?address=" + url.QueryEscape(address)
}

// baselinesView is GET /console/inspection/sites/{id}/baselines.
type baselinesView struct {
	Heading web.Heading
	Alert   web.Alert
	Site    registry.Site
	Table   web.Table
	Add     web.Form
	MayAdd  bool
}

// Title of the document.
func (v baselinesView) Title() string { return v.Site.Name + "的页面基线" }

// Crumbs of the page.
func (v baselinesView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: v.Site.Name, Href: start(string(v.Site.ID))}, web.Crumb{Name: "页面基线"})
}

// changeTag says how the last look at a page stands to its baseline.
func changeTag(w inspection.Watch) web.Tag {
	switch {
	case w.Last.At.IsZero():
		return web.Tag{Kind: web.Neutral, Text: "还没有查看"}
	case !w.Confirmed():
		return web.Tag{Kind: web.Warn, Text: "待确认基线"}
	case w.Last.Outcome == check.Violated && w.Last.Grave:
		return web.Tag{Kind: web.Danger, Text: "疑似被篡改"}
	case w.Last.Outcome == check.Violated:
		return web.Tag{Kind: web.Warn, Text: "有重大变化"}
	}
	return web.Tag{Kind: web.Good, Text: "与基线一致"}
}

func newBaselines(s registry.Site, list []inspection.Watch, mayAdd bool) baselinesView {
	v := baselinesView{Site: s, MayAdd: mayAdd && !s.Hosted,
		Heading: web.Heading{Title: "页面基线", Above: s.Name, Lead: "首页和选定的页面与具名人员确认过的样子比较，有重大变化时告警。巡检只比较，不改动基线。"},
		Table: web.Table{Caption: "监看的页面", Columns: []web.Column{{Head: "页面", Wide: true}, {Head: "情况"}, {Head: "最近查看"}, {Head: "基线"}},
			Empty: web.Empty{Title: "还没有监看的页面", Text: "开启监测后，下一次检查会取得首页，然后在这里确认基线。"}},
		Add: web.Form{Action: baselinesPath(s.ID), Sections: []web.Section{{Legend: "增加监看的页面", Hint: "例如机构职能、领导信息、互动交流入口等不常变化的重要页面。", Fields: []web.Field{{Kind: web.Address, Name: "address", Label: "网址", Required: true, Max: 1000}}}},
			Buttons: []web.Button{{Label: "开始监看", Plain: true}}},
	}
	if s.Hosted {
		v.Alert = web.Alert{Kind: web.Info, Title: "这个网站由本平台发布", Text: "页面按发布内容逐字核对，不需要另设基线。"}
		v.Table = web.Table{}
	}
	for _, w := range list {
		name := w.Last.Title
		if name == "" {
			name = w.Address
		}
		base := web.Cell{Text: "没有"}
		if w.Confirmed() {
			base = web.Cell{Text: web.Minute(w.SetAt), Note: w.SetBy}
		}
		at := web.Text("—")
		if !w.Last.At.IsZero() {
			at = web.When(w.Last.At)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: name, Href: baselinePath(s.ID, w.Address), Note: w.Address}, {Tags: []web.Tag{changeTag(w)}, Note: w.Last.Says}, at, base}})
	}
	return v
}

var (
	sampleWatch = inspection.Watch{Site: "01JS", Address: "http://www.yanta.gov.cn/", Last: engine.Watched{Address: "http://www.yanta.gov.cn/", Ref: sampleFinding.Evidence, SHA256: strings.Repeat("cd", 32), Size: 48211, At: time.Date(2026, 3, 20, 2, 0, 0, 0, time.UTC), Title: "雁塔区人民政府",
		Outcome: check.Violated, Grave: true, Says: "标题改变，正文只有 3% 与基线相同，新增外部链接 www.example.com"}, Held: engine.Held{SHA256: sampleFinding.SHA256, Ref: sampleFinding.Evidence, Size: 47000, SeenAt: time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)}, HeldTitle: "雁塔区人民政府", SetBy: "张三", SetAt: time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC), Reason: "首次确认，已与雁塔区政府办核对"}
	freshWatch   = inspection.Watch{Site: "01JS", Address: "http://www.yanta.gov.cn/jg/", AddedBy: "张三"}
	hostileWatch = inspection.Watch{Site: "x", Address: `javascript:alert(1)`, AddedBy: "<b>", Last: engine.Watched{At: sampleFinding.FirstSeen, Title: `"><script>`, Says: "<script>"}, SetBy: "<i>", Reason: "<u>"}

	baselinesPage = web.Define(views, "views/baselines.html", newBaselines(registry.Site{ID: "x", Name: "新站点", Host: "n.gov.cn"}, nil, true),
		newBaselines(sampleSite, []inspection.Watch{sampleWatch, freshWatch}, true), newBaselines(registry.Site{ID: "x", Name: "<script>", Host: `"><b>`}, []inspection.Watch{hostileWatch}, false))
)

func (h *Handler) showBaselines(w http.ResponseWriter, r *http.Request, change func(*baselinesView)) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	site, err := h.registry.Site(ctx, scope, id)
	if err != nil {
		return err
	}
	list, err := h.inspection.Watches(ctx, scope, id)
	if err != nil {
		return err
	}
	v := newBaselines(site, list, may(r, authz.InspectionRun))
	if change == nil {
		return baselinesPage.Render(w, r, v)
	}
	change(&v)
	return baselinesPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

func (h *Handler) baselines(w http.ResponseWriter, r *http.Request) error {
	return h.showBaselines(w, r, nil)
}

func (h *Handler) watchPage(w http.ResponseWriter, r *http.Request) error {
	id := registry.SiteID(r.PathValue("id"))
	err := h.inspection.WatchPage(r.Context(), authz.ScopeFrom(r.Context()), id, r.PostFormValue("address"))
	if askable(err) {
		return h.showBaselines(w, r, func(v *baselinesView) { v.Add.Fill(r.PostForm); v.Add.Wrong(err) })
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, baselinesPath(id), "已开始监看，下一次检查后可以确认基线。")
}

// sideView is one of the two looks set side by side.
type sideView struct {
	Title    string
	Facts    web.Summary
	Text     string // what a reader sees of the page
	Download string
	Size     int64
}

// baselineView is GET /console/inspection/sites/{id}/baseline.
type baselineView struct {
	Heading web.Heading
	Wrong   web.ErrorSummary
	Site    registry.Site
	Page    string // its title or address
	Alert   web.Alert
	Now     sideView
	Held    sideView
	Confirm web.Form
	MaySet  bool
	End     web.Form
	MayEnd  bool
}

// Title of the document.
func (v baselineView) Title() string { return "页面基线：" + v.Page }

// Crumbs of the page.
func (v baselineView) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "网站检查", Href: boardPath}, web.Crumb{Name: v.Site.Name, Href: start(string(v.Site.ID))}, web.Crumb{Name: "页面基线", Href: baselinesPath(v.Site.ID)}, web.Crumb{Name: v.Page})
}

func newBaseline(s registry.Site, x inspection.Watch, now, held string, mayRun bool) baselineView {
	at := start(string(s.ID)) + "/baseline"
	bytesOf := func(of string) string {
		return at + "/bytes?" + url.Values{"address": {x.Address}, "of": {of}}.Encode()
	}
	v := baselineView{Site: s, Page: x.Last.Title, Heading: web.Heading{Above: s.Name, Lead: x.Address, Tags: []web.Tag{changeTag(x)}},
		Now: sideView{Title: "最近一次查看"}, Held: sideView{Title: "确认过的基线"}, MaySet: mayRun && x.Confirmable(), MayEnd: mayRun && x.AddedBy != "",
		Confirm: web.Form{Action: at, Sections: []web.Section{{Legend: "确认为新的基线", Hint: "请先打开网站核对，向主办单位核实是改版、更新还是被篡改。以后的巡检按这个版本比较；确认人和理由记入审计。", Fields: []web.Field{
			{Kind: web.Hidden, Name: "address", Value: x.Address}, {Kind: web.Hidden, Name: "sha256", Value: x.Last.SHA256},
			{Kind: web.TextArea, Name: "reason", Label: "核实情况", Required: true, Max: 500, Rows: 3}}}}, Buttons: []web.Button{{Label: "确认为新的基线"}}},
		End: web.Form{Action: at + "/end", Sections: []web.Section{{Legend: "停止监看", Hint: "这个页面不再比较，它的基线一并删除。", Fields: []web.Field{{Kind: web.Hidden, Name: "address", Value: x.Address}}}}, Buttons: []web.Button{{Label: "停止监看这个页面", Plain: true}}},
	}
	if v.Page == "" {
		v.Page = x.Address
	}
	v.Heading.Title = v.Page
	switch {
	case x.Last.At.IsZero():
		v.Alert = web.Alert{Kind: web.Info, Title: "还没有查看过", Text: "下一次检查会取得这个页面，也可以在站点检查情况中立即检查。", Links: []web.Link{{Text: "站点检查情况", Href: start(string(s.ID))}}}
	case !x.Confirmed():
		v.Alert = web.Alert{Kind: web.Warn, Title: "还没有基线", Text: "请核对下面的内容，确认后巡检才能比较。"}
	case x.Last.Outcome == check.Violated && x.Last.Grave:
		v.Alert = web.Alert{Kind: web.Danger, Title: "疑似被篡改", Text: x.Last.Says + "须由主管单位核实后确认新的基线。"}
	case x.Last.Outcome == check.Violated:
		v.Alert = web.Alert{Kind: web.Warn, Title: "与基线相比有重大变化", Text: x.Last.Says}
	}
	if !x.Last.At.IsZero() {
		v.Now.Facts.Terms = []web.Term{{Name: "时间", Text: web.Minute(x.Last.At)}, {Name: "标题", Text: dash(x.Last.Title)}, {Name: "大小", Text: fmt.Sprintf("%d 字节", x.Last.Size)}, {Name: "SHA-256", Text: x.Last.SHA256}}
		v.Now.Text = now
		if x.Last.Ref != "" {
			v.Now.Download, v.Now.Size = bytesOf("now"), x.Last.Size
		}
	}
	if x.Confirmed() {
		v.Held.Facts.Terms = []web.Term{{Name: "取得时间", Text: web.Minute(x.Held.SeenAt)}, {Name: "标题", Text: dash(x.HeldTitle)}, {Name: "确认人", Text: x.SetBy, Note: web.Minute(x.SetAt)}, {Name: "核实情况", Text: x.Reason}, {Name: "SHA-256", Text: x.Held.SHA256}}
		v.Held.Text = held
		if x.Held.Ref != "" {
			v.Held.Download, v.Held.Size = bytesOf("baseline"), x.Held.Size
		}
	}
	return v
}

var baselinePage = web.Define(views, "views/baseline.html", newBaseline(registry.Site{ID: "x", Name: "新站点"}, freshWatch, "", "", true),
	newBaseline(sampleSite, sampleWatch, "另一个网站的文字。", "雁塔区人民政府 要闻 公告", true), newBaseline(registry.Site{ID: "x", Name: "<script>"}, hostileWatch, "<script>alert(1)</script>", "</pre>", true))

// glanced is how much of a page is read to show its text.
const glanced = 2 << 20

func (h *Handler) glance(r *http.Request, x inspection.Watch, baseline bool) (string, error) {
	ref, kind := x.Last.Ref, x.Last.ContentType
	if baseline {
		ref = x.Held.Ref
	}
	if ref == "" {
		return "", nil
	}
	b, err := h.inspection.PageBytes(r.Context(), authz.ScopeFrom(r.Context()), x.Site, x.Address, baseline)
	if fault.Is(err, fault.Gone) || fault.Is(err, fault.Conflict) { // what is wrong with it is said where it is opened
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return engine.Glance(b[:min(len(b), glanced)], kind, x.Address), nil
}

func (h *Handler) showBaseline(w http.ResponseWriter, r *http.Request, address string, change func(*baselineView)) error {
	ctx, scope, id := r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id"))
	site, err := h.registry.Site(ctx, scope, id)
	if err != nil {
		return err
	}
	x, err := h.inspection.WatchedPage(ctx, scope, id, address)
	if err != nil {
		return err
	}
	now, err := h.glance(r, x, false)
	if err != nil {
		return err
	}
	held, err := h.glance(r, x, true)
	if err != nil {
		return err
	}
	v := newBaseline(site, x, now, held, may(r, authz.InspectionRun))
	v.MaySet = v.MaySet && (!x.Last.Grave || may(r, authz.OrderIssue)) // what looks like an intruder's work is not the unit's to confirm
	if change == nil {
		return baselinePage.Render(w, r, v)
	}
	change(&v)
	return baselinePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

func (h *Handler) baseline(w http.ResponseWriter, r *http.Request) error {
	return h.showBaseline(w, r, r.URL.Query().Get("address"), nil)
}

func (h *Handler) advanceBaseline(w http.ResponseWriter, r *http.Request) error {
	id, address := registry.SiteID(r.PathValue("id")), r.PostFormValue("address")
	err := h.inspection.AdvanceBaseline(r.Context(), authz.ScopeFrom(r.Context()), id, address, r.PostFormValue("sha256"), r.PostFormValue("reason"))
	if askable(err) {
		return h.showBaseline(w, r, address, func(v *baselineView) {
			typed := r.PostFormValue("reason")
			v.Confirm.Wrong(err)
			for i, f := range v.Confirm.Sections[0].Fields {
				if f.Name == "reason" {
					v.Confirm.Sections[0].Fields[i].Value = typed
				}
			}
			if !v.MaySet {
				f := fault.Of(err)
				v.Wrong = web.ErrorSummary{Title: "没有确认", Says: f.Says, Breaches: web.BreachesOf(f)}
			}
		})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, baselinePath(id, address), "已确认为新的基线，以后的巡检按这个版本比较。")
}

func (h *Handler) unwatchPage(w http.ResponseWriter, r *http.Request) error {
	id, address := registry.SiteID(r.PathValue("id")), r.PostFormValue("address")
	err := h.inspection.UnwatchPage(r.Context(), authz.ScopeFrom(r.Context()), id, address)
	if askable(err) {
		return h.showBaseline(w, r, address, func(v *baselineView) {
			f := fault.Of(err)
			v.Wrong = web.ErrorSummary{Title: "没有停止监看", Says: f.Says, Breaches: web.BreachesOf(f)}
		})
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, baselinesPath(id), "已停止监看这个页面。")
}

// baselineBytes hands out what was seen, or the baseline, as an attachment
// without a type that a browser would show.
func (h *Handler) baselineBytes(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	b, err := h.inspection.PageBytes(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.PathValue("id")), q.Get("address"), q.Get("of") == "baseline")
	if err != nil {
		return err
	}
	return sendEvidence(w, r, b, "page")
}

var errUnmasked = fault.New(fault.Forbidden, "该页面含有未遮蔽的个人信息，只有办理整改的人员可以下载。")

// sendEvidence answers with bytes of another site: they may hold anything, personal
// data among it, whatever the finding is about.
func sendEvidence(w http.ResponseWriter, r *http.Request, b []byte, name string) error {
	if !mayAct(r) && inspection.Personal(b) {
		return errUnmasked
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="evidence-`+name+`.bin"`)
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(b)
	return err
}

// besideTerms are the further answers that a finding rests on.
func besideTerms(list []engine.Beside, base string) (out []besideView) {
	for i, b := range list {
		if b.As == engine.AsList || b.As == engine.AsNear {
			continue // stands among the facts
		}
		if b.As == engine.AsPlace {
			continue // stands in a list
		}
		v := besideView{Title: engine.GuiseNames[b.As], Headers: b.Headers, Size: b.Size}
		if b.As == engine.AsBaseline {
			v.Facts.Terms = []web.Term{{Name: "取得时间", Text: web.Minute(b.At)}}
		} else {
			v.Facts.Terms = []web.Term{{Name: "时间", Text: b.At.In(calendar.Shanghai).Format("2006-01-02 15:04:05")}, {Name: "转到", Text: dash(b.Final)}}
			switch b.As {
			case engine.AsHop, engine.AsFirst, engine.AsSecond, engine.AsMadeUp, engine.AsSheet:
				v.Facts.Terms = slices.Insert(v.Facts.Terms, 1, web.Term{Name: "访问", Text: dash(b.URL)})
			}
			if b.Status > 0 {
				v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "状态码", Text: fmt.Sprint(b.Status)})
			} else if b.As == engine.AsFirst || b.As == engine.AsSecond {
				v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "应答", Text: "没有应答"})
			}
		}
		if b.Says != "" {
			v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "页面文字的指纹", Text: b.Says})
		}
		if b.SHA256 != "" {
			v.Facts.Terms = append(v.Facts.Terms, web.Term{Name: "SHA-256", Text: b.SHA256})
		}
		if b.Ref != "" && base != "" {
			v.Download = fmt.Sprintf("%s?beside=%d", base, i)
		}
		out = append(out, v)
	}
	return out
}

// besideView is one further answer, as shown.
type besideView struct {
	Title    string
	Facts    web.Summary
	Headers  string
	Download string
	Size     int64
}
