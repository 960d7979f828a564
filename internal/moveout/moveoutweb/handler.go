package moveoutweb

import (
	"fmt"
	"net/http"
	"net/url"

	"zhengshu/internal/authz"
	"zhengshu/internal/moveout"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const (
	listPath = "/console/move-outs"
	perPage  = 20
	maxSites = 200
)

// Handler serves the screens.
type Handler struct {
	moveout  *moveout.Service
	registry *registry.Service
}

// New makes the handler.
func New(s *moveout.Service, r *registry.Service) *Handler { return &Handler{s, r} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/move-outs", Permit: authz.SiteExport, Handle: h.list},
		{Pattern: "POST /console/move-outs", Permit: authz.SiteExport, Handle: h.ask},
		{Pattern: "GET /console/move-outs/{id}", Permit: authz.SiteExport, Handle: h.show},
		{Pattern: "GET /console/move-outs/{id}/download", Permit: authz.SiteExport, Handle: h.download},
		{Pattern: "GET /console/sites/{id}/arrivals", Permit: authz.SiteExport, Handle: h.past},
	}
}

type (
	listView   struct{ web.ListView }
	recordView struct{ web.RecordView }
	formView   struct{ web.FormView }
)

func stateTag(r moveout.Run) web.Tag {
	t := web.Tag{Text: r.StateName()}
	switch r.State {
	case moveout.Ready:
		t.Kind = web.Good
	case moveout.Failed:
		t.Kind = web.Danger
	case moveout.Waiting, moveout.Running:
		t.Kind = web.Info
	}
	return t
}

func sizeText(n int64) string {
	switch {
	case n == 0:
		return ""
	case n < 1<<20:
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

func newList(list []moveout.Run, total int) listView {
	v := listView{web.ListView{Heading: web.Heading{Title: "导出中心", Lead: fmt.Sprintf("把本单位网站的全部数据导出为一个压缩包：站点和栏目、稿件和全部历史版本、图片附件原件、来信、台账记录、审计摘录、静态网页。格式公开，保留 %d 天。", moveout.KeepDays),
		Acts: []web.Act{{Text: "导出网站", Href: listPath + "?new=1", Primary: true}}}, Tabs: listTabs(false),
		Table: web.Table{Caption: "导出", Quiet: true, Columns: []web.Column{{Head: "网站", Wide: true}, {Head: "提出"}, {Head: "状态"}, {Head: "大小", Number: true}, {Head: "保留到"}, {Head: "办理"}}, Empty: web.Empty{Title: "还没有导出过", Text: "点“导出网站”开始；大的网站需要几分钟到几十分钟，完成后会收到消息。"}}}}
	for _, r := range list {
		act := web.Acts(web.Link{Text: "查看", Href: r.Link(), Note: r.SiteName})
		if r.State == moveout.Ready {
			act = web.Acts(web.Link{Text: "下载", Href: r.Link() + "/download", Note: r.SiteName})
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{web.Linked(r.SiteName, r.Link()), {Text: r.PersonName, Note: web.Minute(r.AskedAt)}, web.Tagged(stateTag(r)), {Text: sizeText(r.Size), Keep: true}, web.When(r.ExpiresAt), act}})
	}
	return v
}

func newForm(sites []registry.Site, chosen registry.SiteID) formView {
	v := formView{web.FormView{Heading: web.Heading{Title: "导出网站", Lead: "导出在后台进行，中断后接着做；完成后发消息，可以在导出中心下载。"}, Trail: []web.Crumb{{Name: "导出中心", Href: listPath}}}}
	options := []web.Option{{Label: "请选择"}}
	for _, s := range sites {
		options = append(options, web.Option{Value: string(s.ID), Label: s.Name})
	}
	v.Form = web.Form{Action: listPath, Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "site", Label: "网站", Required: true, Options: options, Value: string(chosen)},
		{Kind: web.Check, Name: "letters", Label: "包括来信和答复", Hint: "不含来信人的个人信息；需要有查看来信的权限"}}}}, Buttons: []web.Button{{Label: "开始导出"}}, Cancel: web.Link{Text: "取消", Href: listPath}}
	if len(sites) == 0 {
		v.Form.Sections, v.Form.Buttons = nil, nil
		v.Before = []web.Component{web.Empty{Title: "没有可以导出的网站", Text: "本单位没有由本平台承载的网站。"}}
	}
	return v
}

func newRun(r moveout.Run) recordView {
	v := recordView{web.RecordView{Heading: web.Heading{Above: "整站导出", Title: r.SiteName, Tags: []web.Tag{stateTag(r)}}, Trail: []web.Crumb{{Name: "导出中心", Href: listPath}}}}
	switch r.State {
	case moveout.Ready:
		v.Heading.Acts = []web.Act{{Text: "下载压缩包", Href: r.Link() + "/download", Primary: true}}
	case moveout.Waiting, moveout.Running:
		v.Heading.Acts = []web.Act{{Text: "刷新进度", Href: r.Link()}}
		v.Main = append(v.Main, web.Progress{Label: "导出进度", Value: r.Done, Max: max(r.Total, 1), Text: fmt.Sprintf("%d/%d %s", r.Done, r.Total, r.Stage)})
	case moveout.Failed:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Danger, Title: "导出没有完成", Text: r.Failure, Links: []web.Link{{Text: "重新导出", Href: listPath + "?new=1&site=" + url.QueryEscape(string(r.Site))}}})
	case moveout.Expired:
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "已过期", Text: "压缩包已删除，需要时请重新导出。", Links: []web.Link{{Text: "重新导出", Href: listPath + "?new=1&site=" + url.QueryEscape(string(r.Site))}}})
	}
	t := web.Table{Caption: "各部分", Compact: true, Columns: []web.Column{{Head: "文件"}, {Head: "数量", Number: true}, {Head: "大小", Number: true}, {Head: "SHA-256", Wide: true}}, Empty: web.Empty{Title: "还没有完成的部分"}}
	for _, p := range r.Parts {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Text(p.Name), web.Figure(p.Count), {Text: sizeText(p.Size), Keep: true}, web.Text(p.SHA256)}})
	}
	v.Main = append(v.Main, t)
	letters := "不包括"
	if r.Letters {
		letters = "包括，不含来信人的个人信息"
	}
	v.Side = append(v.Side, web.Summary{Title: "基本情况", Terms: []web.Term{{Name: "主办单位", Text: r.UnitName}, {Name: "提出", Text: r.PersonName, Note: web.Minute(r.AskedAt)}, {Name: "来信", Text: letters}, {Name: "完成", Text: web.Minute(r.ReadyAt)}, {Name: "保留到", Text: web.Minute(r.ExpiresAt)}, {Name: "下载次数", Text: fmt.Sprint(r.Downloads)}, {Name: "压缩包 SHA-256", Text: r.SHA256}}})
	return v
}

var (
	sampleRun  = moveout.Run{ID: "01JR", SiteName: "西安市商务局", UnitName: "西安市商务局", PersonName: "周启明", State: moveout.Ready, Size: 3 << 20, Parts: []moveout.Part{{Name: "items.jsonl", Count: 320, Size: 900000, SHA256: "ab12"}}}
	hostileRun = moveout.Run{ID: `"`, SiteName: "<script>", UnitName: "<b>", PersonName: "<i>", State: moveout.Failed, Failure: "</p><script>"}
)

var (
	listPage = web.Define(web.Plain, "pages/list.html", newList(nil, 0), newList([]moveout.Run{sampleRun}, 1), newList([]moveout.Run{hostileRun}, 1),
		newArrived(nil), newArrived([]moveout.Arrival{sampleArrival}), newArrived([]moveout.Arrival{hostileArrival}), newPast(sampleSite, nil, nil, moveout.PastVersions, nil, 0),
		newPast(sampleSite, []moveout.Arrival{sampleArrival}, samplePastCounts, moveout.PastTrail, []moveout.PastLine{sampleLine}, 1), newPast(hostileSite, []moveout.Arrival{hostileArrival}, nil, moveout.PastVersions, []moveout.PastLine{hostileLine}, 1))
	formPage   = web.Define(web.Plain, "pages/form.html", newForm(nil, ""), newForm([]registry.Site{{ID: "1", Name: "西安市商务局"}}, "1"), newForm([]registry.Site{{ID: `"`, Name: "<script>"}}, ""))
	recordPage = web.Define(web.Plain, "pages/record.html", newRun(sampleRun), newRun(hostileRun), newRun(moveout.Run{ID: "1", SiteName: "新站", State: moveout.Running, Done: 2, Total: 9, Stage: "稿件"}), newRun(moveout.Run{ID: "1", SiteName: "新站", State: moveout.Expired}),
		newLine(sampleSite, sampleLine), newLine(hostileSite, hostileLine))
)

func (h *Handler) form(r *http.Request) (formView, error) {
	sites, _, err := h.registry.Sites(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteFilter{Hosted: true, Limit: maxSites})
	return newForm(sites, registry.SiteID(r.URL.Query().Get("site"))), err
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Get("tab") == "in" {
		return h.arrived(w, r)
	}
	if r.URL.Query().Has("new") {
		v, err := h.form(r)
		if err != nil {
			return err
		}
		return formPage.Render(w, r, v)
	}
	list, total, err := h.moveout.Runs(r.Context(), authz.ScopeFrom(r.Context()), registry.SiteID(r.URL.Query().Get("of")), perPage, (web.PageOf(r)-1)*perPage)
	if err != nil {
		return err
	}
	v := newList(list, total)
	v.Pager = web.PagerOf(r, total, perPage)
	return listPage.Render(w, r, v)
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	run, err := h.moveout.Ask(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), registry.SiteID(web.Typed(r, "site")), r.PostFormValue("letters") != "")
	if web.Mendable(err) {
		v, formErr := h.form(r)
		if formErr != nil {
			return formErr
		}
		v.Again(r, err)
		return formPage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, run.Link(), "已开始导出，完成后会发消息。")
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	run, err := h.moveout.Run(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return recordPage.Render(w, r, newRun(run))
}

func (h *Handler) download(w http.ResponseWriter, r *http.Request) error {
	run, f, err := h.moveout.Open(r.Context(), authz.ScopeFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	defer f.Close()
	return web.SendFile(w, run.FileName(), "application/zip", run.Size, f)
}
