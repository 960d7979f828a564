package moveoutweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/moveout"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const pastPerPage = 50

func listTabs(in bool) web.Tabs {
	return web.Tabs{Label: "导出和迁入", Items: []web.Tab{{Name: "导出", Href: listPath, Current: !in}, {Name: "迁入", Href: listPath + "?tab=in", Current: in}}}
}

func newArrived(list []moveout.Arrival) listView {
	v := listView{web.ListView{Heading: web.Heading{Title: "导出中心", Lead: "用整站导出的压缩包迁入的网站。稿件、栏目、外观、网址和已办结的来信直接可用；历史版本、台账记录和审计摘录在“迁入前的记录”里查阅，与本平台自己的记录分开。"}, Tabs: listTabs(true),
		Table: web.Table{Caption: "迁入的网站", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "压缩包制作"}, {Head: "迁入"}, {Head: "来信", Number: true}, {Head: "没有迁入的来信", Number: true}, {Head: "办理"}}, Empty: web.Empty{Title: "没有迁入的网站", Text: "由系统管理员用命令 zhengshu import site 导入整站导出的压缩包。"}}}}
	for _, a := range list {
		done := web.When(a.FinishedAt)
		if a.FinishedAt.IsZero() {
			done = web.Tagged(web.Tag{Kind: web.Warn, Text: "没有完成，请再导入一次"})
		}
		name := web.Linked(a.SiteName, a.Link())
		name.Note = registry.ShownHost(a.Host)
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.When(a.MadeAt), done, web.Figure(a.Letters), web.Figure(a.LettersOpen), web.Acts(web.Link{Text: "迁入前的记录", Href: a.Link(), Note: a.SiteName})}})
	}
	return v
}

func (h *Handler) arrived(w http.ResponseWriter, r *http.Request) error {
	list, total, err := h.moveout.Arrived(r.Context(), authz.ScopeFrom(r.Context()), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newArrived(list)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func newPast(s registry.Site, arrivals []moveout.Arrival, counts map[moveout.PastPart]int, part moveout.PastPart, list []moveout.PastLine, total int) listView {
	base := moveout.PastLink(s.ID)
	v := listView{web.ListView{Heading: web.Heading{Above: s.Name, Title: "迁入前的记录", Lead: "网站在原平台时的记录，随整站导出迁入，只能查阅。"}, Trail: []web.Crumb{{Name: "导出中心", Href: listPath + "?tab=in"}},
		Filter: web.Filter{Action: base, Total: total, Fields: []web.Field{{Name: "q", Label: "标题、人员或说明"}}, Hidden: []web.Field{{Name: "part", Value: string(part)}}, Reset: base + "?part=" + string(part)},
		Table:  web.Table{Caption: part.Name(), Quiet: true, Columns: []web.Column{{Head: "时间"}, {Head: "标题", Wide: true}, {Head: "说明", Wide: true}, {Head: "人员"}}, Empty: web.Empty{Title: "没有" + part.Name(), Text: "这个网站没有迁入这一类记录，或没有符合条件的记录。"}}}}
	for _, p := range moveout.PastParts {
		v.Tabs.Items = append(v.Tabs.Items, web.Tab{Name: p.Name(), Href: base + "?part=" + string(p), N: counts[p], Current: p == part})
	}
	v.Tabs.Label = "记录的种类"
	for _, l := range list {
		title := l.Title
		if title == "" {
			title = "（没有标题）"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.When(l.At), web.Linked(title, base+"?part="+string(part)+"&line="+url.QueryEscape(l.Key())), web.Text(l.Says), web.Text(l.Who)}})
	}
	for _, a := range arrivals {
		t := web.Summary{Title: "迁入自 " + registry.ShownHost(a.Host) + " 的压缩包", Terms: []web.Term{{Name: "制作", Text: web.Minute(a.MadeAt)}, {Name: "迁入", Text: web.Minute(a.FinishedAt)}, {Name: "已办结的来信", Text: fmt.Sprintf("%d 封", a.Letters), Href: "/console/letters?site=" + url.QueryEscape(string(s.ID))}}}
		if a.LettersOpen > 0 {
			t.Terms = append(t.Terms, web.Term{Name: "没有迁入的来信", Text: fmt.Sprintf("%d 封", a.LettersOpen), Note: "迁入时没有办结，由原平台答复"})
		}
		t.Terms = append(t.Terms, web.Term{Name: "清单 SHA-256", Text: a.Archive})
		if p, ok := a.Parts["audit.jsonl"]; ok {
			t.Terms = append(t.Terms, web.Term{Name: "审计摘录 SHA-256", Text: p.SHA256, Note: "与压缩包中 audit.jsonl 的摘要一致才是原样"})
		}
		v.More = append(v.More, t)
	}
	return v
}

// bodyOf is the text of an earlier version by paragraphs, or the facts of a
// record by name.
func bodyOf(l moveout.PastLine) web.Component {
	if l.Part == moveout.PastVersions {
		t := web.Table{Caption: "正文", Quiet: true, Columns: []web.Column{{Head: "段", Number: true}, {Head: "内容", Wide: true}}, Empty: web.Empty{Title: "这一版没有正文"}}
		for p := range strings.Lines(l.Body) {
			if p = strings.TrimSpace(p); p != "" {
				t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Figure(len(t.Rows) + 1), web.Text(p)}})
			}
		}
		return t
	}
	s := web.Summary{Title: "内容"}
	for p := range strings.Lines(l.Body) {
		if name, text, ok := strings.Cut(strings.TrimSpace(p), "："); ok {
			s.Terms = append(s.Terms, web.Term{Name: name, Text: text})
		} else if name != "" {
			s.Terms = append(s.Terms, web.Term{Name: "内容", Text: name})
		}
	}
	if len(s.Terms) == 0 {
		s.Terms = []web.Term{{Name: "内容", Text: l.Says}}
	}
	return s
}

func newLine(s registry.Site, l moveout.PastLine) recordView {
	base := moveout.PastLink(s.ID)
	v := recordView{web.RecordView{Heading: web.Heading{Above: "迁入前的记录 · " + l.Part.Name(), Title: l.Title, Lead: l.Says}, Trail: []web.Crumb{{Name: "导出中心", Href: listPath + "?tab=in"}, {Name: "迁入前的记录", Href: base + "?part=" + string(l.Part)}}}}
	if v.Heading.Title == "" {
		v.Heading.Title = l.Part.Name()
	}
	v.Main = append(v.Main, bodyOf(l))
	facts := web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "网站", Text: s.Name, Href: s.Link()}, {Name: "时间", Text: web.Minute(l.At)}, {Name: "人员", Text: l.Who}}}
	if l.Ref != "" {
		facts.Terms = append(facts.Terms, web.Term{Name: "稿件", Text: "看现在的稿件", Href: "/console/items/" + url.PathEscape(string(l.Ref))})
	}
	v.Side = append(v.Side, facts)
	return v
}

func (h *Handler) past(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), authz.ScopeFrom(r.Context()), r.URL.Query()
	site, err := h.registry.Site(ctx, scope, registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	part := moveout.PastPart(q.Get("part"))
	if !slices.Contains(moveout.PastParts, part) {
		part = moveout.PastVersions
	}
	if key := q.Get("line"); key != "" {
		l, err := h.moveout.PastLine(ctx, scope, site.ID, part, key)
		if err != nil {
			return err
		}
		return recordPage.Render(w, r, newLine(site, l))
	}
	f := moveout.PastFilter{Part: part, Text: strings.TrimSpace(q.Get("q")), Limit: pastPerPage, Offset: (web.PageOf(r) - 1) * pastPerPage}
	if len([]rune(f.Text)) > 100 {
		return fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	arrivals, err := h.moveout.Arrivals(ctx, scope, site.ID)
	if err != nil {
		return err
	}
	counts, err := h.moveout.PastCounts(ctx, scope, site.ID)
	if err != nil {
		return err
	}
	list, total, err := h.moveout.Past(ctx, scope, site.ID, f)
	if err != nil {
		return err
	}
	v := newPast(site, arrivals, counts, part, list, total)
	v.Filter.Fill(q)
	v.Pager = web.PagerOf(r, total, pastPerPage)
	return listPage.Render(w, r, v)
}

var (
	sampleSite       = registry.Site{ID: "01S", Name: "西安市商务局"}
	hostileSite      = registry.Site{ID: `"`, Name: "<script>"}
	sampleArrival    = moveout.Arrival{ID: "01A", Site: "01S", SiteName: "西安市商务局", Host: "swj.xa.gov.cn", Archive: "ab12", MadeAt: time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC), FinishedAt: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC), Letters: 12, LettersOpen: 1, Parts: map[string]moveout.Part{"audit.jsonl": {Name: "audit.jsonl", SHA256: "cd34"}}}
	hostileArrival   = moveout.Arrival{ID: `"`, Site: `"`, SiteName: "<script>", Host: "<b>", Archive: "<i>"}
	samplePastCounts = map[moveout.PastPart]int{moveout.PastVersions: 320, moveout.PastTrail: 90}
	sampleLine       = moveout.PastLine{Arrival: "01A", Part: moveout.PastTrail, Seq: 3, At: time.Date(2026, 2, 1, 1, 0, 0, 0, time.UTC), Who: "周启明", Title: "修改网站外观", Says: "西安市商务局", Body: "之后：{}\n", Ref: "01I"}
	hostileLine      = moveout.PastLine{Arrival: `"`, Part: moveout.PastVersions, Title: "<script>", Who: "<b>", Says: "<i>", Body: "</pre><script>"}
)
