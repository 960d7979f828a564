package annualweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/annual"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

const (
	listPath  = "/console/annual"
	onePath   = "/console/annual/{id}"
	perPage   = 50
	maxExport = 20000
	smallBody = 64 << 10
	fillBody  = 512 << 10
)

// Handler serves the screens.
type Handler struct {
	annual   *annual.Service
	registry *registry.Service
	org      *org.Service
}

// New makes the handler.
func New(s *annual.Service, r *registry.Service, o *org.Service) *Handler { return &Handler{s, r, o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/annual", Permit: authz.AssessmentRead, Handle: h.list},
		{Pattern: "GET /console/annual/export", Permit: authz.AssessmentRead, Handle: h.exportList},
		{Pattern: "GET /console/annual/new", Permit: authz.AnnualFill, Handle: h.showNew},
		{Pattern: "POST /console/annual/new", Permit: authz.AnnualFill, Handle: h.begin, MaxBody: smallBody},
		{Pattern: "GET /console/annual/urge", Permit: authz.AnnualReview, Handle: h.showUrge},
		{Pattern: "POST /console/annual/urge", Permit: authz.AnnualReview, Handle: h.urge, MaxBody: smallBody},
		{Pattern: "GET /console/annual/{id}", Permit: authz.AssessmentRead, Handle: h.one},
		{Pattern: "GET /console/annual/{id}/paper", Permit: authz.AssessmentRead, Handle: h.paper},
		{Pattern: "GET /console/annual/{id}/export", Permit: authz.AssessmentRead, Handle: h.exportOne},
		{Pattern: "GET /console/annual/{id}/fill", Permit: authz.AnnualFill, Handle: h.showFill},
		{Pattern: "POST /console/annual/{id}/fill", Permit: authz.AnnualFill, Handle: h.fill, MaxBody: fillBody},
		{Pattern: "GET /console/annual/{id}/cells/{cell}", Permit: authz.AssessmentRead, Handle: h.cell},
		{Pattern: "GET /console/annual/{id}/cells/{cell}/export", Permit: authz.AssessmentRead, Handle: h.exportCell},
		{Pattern: "POST /console/annual/{id}/cells/{cell}", Permit: authz.AnnualFill, Handle: h.typeCell, MaxBody: smallBody},
		{Pattern: "POST /console/annual/{id}/submit", Permit: authz.AnnualFill, Handle: h.submit, MaxBody: smallBody},
		{Pattern: "POST /console/annual/{id}/approve", Permit: authz.AnnualReview, Handle: h.approve, MaxBody: smallBody},
		{Pattern: "POST /console/annual/{id}/return", Permit: authz.AnnualReview, Handle: h.giveBack, MaxBody: smallBody},
		{Pattern: "POST /console/annual/{id}/publish", Permit: authz.AnnualFill, Handle: h.publish, MaxBody: smallBody},
		{Pattern: "POST /console/annual/{id}/address", Permit: authz.AnnualFill, Handle: h.address, MaxBody: smallBody},
		{Pattern: "POST /console/annual/{id}/correct", Permit: authz.AnnualFill, Handle: h.correct, MaxBody: smallBody},
		{Pattern: "GET /console/sites/{id}/yearly", Permit: authz.RegistryRead, Handle: h.ofSite},
	}
}

func idOf(r *http.Request) annual.FormID { return annual.FormID(r.PathValue("id")) }

func linkOf(id annual.FormID) string { return listPath + "/" + url.PathEscape(string(id)) }

func stateTag(f annual.Form) web.Tag {
	tag := web.Tag{Text: f.StateName()}
	switch f.State {
	case annual.Addressed, annual.Published:
		tag.Kind = web.Good
	case annual.Returned:
		tag.Kind = web.Danger
	case annual.Submitted, annual.Approved:
		tag.Kind = web.Info
	}
	return tag
}

func originTag(l annual.Line) web.Tag {
	tag := web.Tag{Text: l.Origin.Name()}
	switch {
	case l.Origin == annual.Instead:
		tag.Kind = web.Warn
	case l.Origin == annual.Auto || l.Origin == annual.Computed:
		tag.Kind = web.Info
	case l.Origin == annual.None && l.Cell.Required && l.Value == "":
		tag.Kind = web.Danger
	}
	return tag
}

type (
	listPage struct{ web.ListView }
	record   struct{ web.RecordView }
	asked    struct{ web.FormView }
)

func kindOptions(all string) []web.Option {
	out := []web.Option{}
	if all != "" {
		out = append(out, web.Option{Label: all})
	}
	for _, k := range annual.Kinds {
		out = append(out, web.Option{Value: string(k), Label: k.Name()})
	}
	return out
}

func filterOf(r *http.Request, years []int) (annual.Filter, error) {
	q := r.URL.Query()
	f := annual.Filter{Kind: annual.Kind(q.Get("kind")), State: q.Get("state"), Text: strings.TrimSpace(q.Get("q")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	if y := q.Get("year"); y != "" && y != "all" {
		n, err := strconv.Atoi(y)
		if err != nil || n < 2000 || n > 2100 {
			return f, fault.New(fault.Invalid, "年度应是四位数字，例如 2026。").On("year", "请选择年度")
		}
		f.Year = n
	} else if y == "" && len(years) > 0 {
		f.Year = years[0]
	}
	return f, nil
}

func newList(list []annual.Form, total int, t annual.Tally, f annual.Filter, years []int, today calendar.Date, fills, reviews bool) listPage {
	options := []web.Option{{Value: "all", Label: "全部"}}
	for _, y := range years {
		options = append(options, web.Option{Value: strconv.Itoa(y), Label: strconv.Itoa(y) + " 年"})
	}
	year := "all"
	if f.Year > 0 {
		year = strconv.Itoa(f.Year)
	}
	at := func(state string) string {
		v := url.Values{"year": {year}, "state": {state}}
		if f.Kind != "" {
			v.Set("kind", string(f.Kind))
		}
		return listPath + "?" + v.Encode()
	}
	stat := func(name, state string, kind web.Tone) web.Stat {
		x := web.Stat{Name: name, Value: strconv.Itoa(t[state]), Unit: "份", Href: at(state)}
		if t[state] > 0 {
			x.Kind = kind
		}
		return x
	}
	v := listPage{web.ListView{Heading: web.Heading{Title: "年度报表", Lead: "政府网站工作年度报表、监管年度报表和政务新媒体年度报表：系统按记录统计，单位核对补充，主管单位审核后公开，网址填回全国系统（第十九条（六））。"},
		Stats: web.Stats{Label: "各状态的份数", Items: []web.Stat{stat("填报中", annual.Draft, ""), stat("已退回", annual.Returned, web.Warn), stat("待审核", annual.Submitted, web.Info), stat("待公开", annual.Approved, web.Info), stat("已公开，待回填网址", annual.Published, ""), stat("已回填网址", annual.Addressed, web.Good), stat("超过公开期限", "late", web.Danger)}},
		Filter: web.Filter{Action: listPath, Total: total, Fields: []web.Field{{Kind: web.Select, Name: "year", Label: "年度", Options: options, Value: year}, {Kind: web.Select, Name: "kind", Label: "报表", Options: kindOptions("全部")},
			{Kind: web.Select, Name: "state", Label: "状态", Options: []web.Option{{Label: "全部"}, {Value: "open", Label: "还在填报"}, {Value: "late", Label: "超过公开期限"}, {Value: annual.Draft, Label: "填报中"}, {Value: annual.Returned, Label: "已退回"}, {Value: annual.Submitted, Label: "待审核"}, {Value: annual.Approved, Label: "待公开"}, {Value: annual.Published, Label: "已公开，待回填网址"}, {Value: annual.Addressed, Label: "已回填网址"}, {Value: annual.Replaced, Label: "已由更正版代替"}, {Value: annual.Ended, Label: "不再填报"}}},
			{Kind: web.SearchBox, Name: "q", Label: "网站或单位"}}},
		Table: web.Table{Caption: "年度报表", Quiet: true, Columns: []web.Column{{Head: "网站（单位）", Wide: true}, {Head: "报表"}, {Head: "状态"}, {Head: "公开期限"}, {Head: "报送"}, {Head: "审核单位"}},
			Empty: web.Empty{Title: "没有符合条件的年度报表", Text: "每年 11 月底起，在运行的网站、有账号的单位和各级主管单位自动列入；也可以提前开始填报。"}}}}
	if fills {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "提前开始填报", Href: listPath + "/new"})
	}
	if reviews {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "催报", Href: listPath + "/urge?" + url.Values{"year": {year}, "kind": {string(f.Kind)}, "state": {f.State}, "q": {f.Text}}.Encode()})
	}
	for _, x := range list {
		due := web.Cell{Text: "—"}
		row := web.Row{}
		switch {
		case x.Public():
			due = web.Cell{Text: x.PublishedOn.String(), Note: "已公开", Keep: true}
		case x.State != annual.Ended && !x.DueOn.IsZero():
			due = web.DueCell(x.DueOn, today)
			if x.Missed(today) {
				row.Kind = web.Danger
			}
		}
		sent := web.Cell{Text: x.SubmittedBy}
		if !x.SubmittedAt.IsZero() {
			sent.Note = web.Minute(x.SubmittedAt)
		}
		row.Cells = []web.Cell{{Text: x.ObjectName, Href: linkOf(x.ID), Note: x.UnitName}, web.Text(x.Title()), web.Tagged(stateTag(x)), due, sent, web.Text(x.ReviewerName)}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

var (
	sampleDay  = calendar.Date{Year: 2027, Month: 1, Day: 12}
	sampleForm = annual.Form{ID: "01F", Kind: annual.SiteForm, Year: 2026, Object: "01S", ObjectName: "云河县人民政府（演示）", Unit: "01U", UnitName: "云河县人民政府办公室", Reviewer: "01R", ReviewerName: "渭城市人民政府办公室", Edition: 1, State: annual.Draft, DueOn: calendar.Date{Year: 2027, Month: 1, Day: 22}, Definition: "gbh-2018-12-site", Version: 1}
	hostile    = annual.Form{ID: `"><script>`, Kind: annual.SiteForm, Year: 2026, ObjectName: "<script>", UnitName: "<i>", ReviewerName: "<b>", State: annual.Returned, ReturnedWhy: "<script>alert(1)</script>", Address: "javascript:alert(1)", AddressSeen: "<b>", Edition: 2, Why: "<script>"}

	listView = web.Define(web.Plain, "pages/list.html",
		newList(nil, 0, annual.Tally{}, annual.Filter{}, nil, sampleDay, false, false),
		newList([]annual.Form{sampleForm}, 1, annual.Tally{annual.Draft: 1, "late": 1}, annual.Filter{Year: 2026}, []int{2026, 2025}, sampleDay, true, true),
		newList([]annual.Form{hostile}, 1, annual.Tally{}, annual.Filter{Text: `"><script>`, State: "<b>"}, []int{2026}, sampleDay, true, true))
)

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	scope, session := authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	years, err := h.annual.Years(r.Context(), scope)
	if err != nil {
		return err
	}
	f, err := filterOf(r, years)
	if err != nil {
		return err
	}
	list, total, err := h.annual.Forms(r.Context(), scope, f)
	if err != nil {
		return err
	}
	tally, err := h.annual.Count(r.Context(), scope, f)
	if err != nil {
		return err
	}
	v := newList(list, total, tally, f, years, web.FrameOf(r).Today, session.May(authz.AnnualFill), session.May(authz.AnnualReview))
	year := v.Filter.Fields[0].Value
	v.Filter.Fill(r.URL.Query())
	v.Filter.Fields[0].Value = year
	v.Exports = web.ExportActs(listPath+"/export", r.URL.Query())
	v.Pager = web.PagerOf(r, total, perPage)
	return listView.Render(w, r, v)
}

func (h *Handler) exportList(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	years, err := h.annual.Years(r.Context(), scope)
	if err != nil {
		return err
	}
	f, err := filterOf(r, years)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.annual.Forms(r.Context(), scope, f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "份报表"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, x := range list {
		rows[i] = []any{x.Year, x.Kind.Name(), x.ObjectName, x.UnitName, x.AreaName, x.StateName(), x.DueOn, x.SubmittedBy, x.ReviewerName, x.PublishedOn, x.Address, x.AddressOn}
	}
	return web.SendSheet(w, r, official.Sheet{Title: "年度报表", Columns: []official.Column{{Title: "年度"}, {Title: "报表", Width: 24}, {Title: "网站（单位）", Width: 30}, {Title: "填报单位", Width: 26}, {Title: "地区", Width: 14}, {Title: "状态", Width: 14}, {Title: "公开期限", Width: 12}, {Title: "报送人"}, {Title: "审核单位", Width: 26}, {Title: "公开日期", Width: 12}, {Title: "公开网址", Width: 40}, {Title: "填回日期", Width: 12}}, Rows: slices.Values(rows)}, "年度报表")
}

// newForm is GET /console/annual/new.
func newForm(sites []registry.Site, units []web.Option, supervises []web.Option, today calendar.Date) asked {
	v := asked{web.FormView{Heading: web.Heading{Title: "提前开始填报", Lead: "填报季之前可以先建好本年的报表，边用边核对；年度结束以后才能报送。"}, Trail: []web.Crumb{{Name: "年度报表", Href: listPath}}}}
	var objects []web.Option
	for _, s := range sites {
		objects = append(objects, web.Option{Value: "site:" + string(s.ID), Label: "网站工作年度报表：" + s.Name})
	}
	for _, u := range units {
		objects = append(objects, web.Option{Value: "media:" + u.Value, Label: "政务新媒体年度报表：" + u.Label})
	}
	for _, u := range supervises {
		objects = append(objects, web.Option{Value: "supervision:" + u.Value, Label: "监管年度报表：" + u.Label})
	}
	var years []web.Option
	for y := today.Year; y > today.Year-3; y-- {
		years = append(years, web.Option{Value: strconv.Itoa(y), Label: strconv.Itoa(y) + " 年"})
	}
	if len(objects) == 0 {
		v.Alert = web.Alert{Kind: web.Info, Title: "没有可以填报的报表", Text: "您的单位在台账里没有网站和账号，也不是主管单位。"}
		return v
	}
	v.Form = web.Form{Action: listPath + "/new", Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "object", Label: "报表", Options: objects, Required: true}, {Kind: web.Select, Name: "year", Label: "年度", Options: years, Required: true, Value: strconv.Itoa(today.Year)}}}}, Buttons: []web.Button{{Label: "开始填报"}}, Cancel: web.Link{Text: "返回列表", Href: listPath}}
	return v
}

var newPage = web.Define(web.Plain, "pages/form.html", newForm(nil, nil, nil, sampleDay), newForm([]registry.Site{{ID: "01S", Name: "云河县人民政府（演示）"}}, []web.Option{{Value: "01U", Label: "云河县人民政府办公室"}}, nil, sampleDay), newForm([]registry.Site{{ID: `"><b>`, Name: "<script>"}}, []web.Option{{Value: "<b>", Label: "<script>"}}, nil, sampleDay))

// mostOwn bounds the objects offered to begin.
const mostOwn = 200

func (h *Handler) newView(r *http.Request) (asked, error) {
	ctx, session := r.Context(), authz.SessionFrom(r.Context())
	scope := session.ScopeFor(authz.AnnualFill)
	var sites []registry.Site
	var media, supervises []web.Option
	for _, id := range session.UnitsFor(authz.AnnualFill) {
		u, err := h.org.Unit(ctx, scope, org.UnitID(id))
		if err != nil {
			return asked{}, err
		}
		list, _, err := h.registry.Sites(ctx, scope, registry.SiteFilter{Unit: u.ID, Live: true, Limit: mostOwn})
		if err != nil {
			return asked{}, err
		}
		sites = append(sites, list...)
		_, n, err := h.registry.Accounts(ctx, scope, registry.AccountFilter{Unit: u.ID, Limit: 1})
		if err != nil {
			return asked{}, err
		}
		if n > 0 {
			media = append(media, web.Option{Value: id, Label: u.Name})
		}
		if session.MayAt(authz.AnnualReview, id) {
			supervises = append(supervises, web.Option{Value: id, Label: u.Name})
		}
	}
	return newForm(sites, media, supervises, web.FrameOf(r).Today), nil
}

func (h *Handler) showNew(w http.ResponseWriter, r *http.Request) error {
	v, err := h.newView(r)
	if err != nil {
		return err
	}
	return newPage.Render(w, r, v)
}

func (h *Handler) begin(w http.ResponseWriter, r *http.Request) error {
	kind, object, _ := strings.Cut(r.PostFormValue("object"), ":")
	year, err := strconv.Atoi(r.PostFormValue("year"))
	if err != nil {
		year = 0 // refused by the service with its sentence
	}
	f, err := h.annual.Begin(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), annual.Kind(kind), object, year)
	if err == nil {
		return web.Done(w, r, f.Link(), "已建好，请核对系统统计的数字并补充其余各项。")
	}
	if !web.Mendable(err) {
		return err
	}
	v, verr := h.newView(r)
	if verr != nil {
		return verr
	}
	v.Again(r, err)
	return newPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

// urge is GET and POST /console/annual/urge.
func newUrge(f annual.Filter, n int) asked {
	year := ""
	if f.Year > 0 {
		year = strconv.Itoa(f.Year)
	}
	v := asked{web.FormView{Heading: web.Heading{Title: "催报年度报表", Lead: fmt.Sprintf("按下面的条件，将向 %d 份报表的填报单位发出提醒。同一份报表每天只提醒一次，本单位的不提醒。", n)}, Trail: []web.Crumb{{Name: "年度报表", Href: listPath}}}}
	state := f.State
	if state == "" {
		state = "open"
	}
	v.Form = web.Form{Action: listPath + "/urge", Sections: []web.Section{{Fields: []web.Field{{Name: "year", Label: "年度", Value: year, Narrow: true, Mode: "numeric", Max: 4}, {Kind: web.Select, Name: "kind", Label: "报表", Options: kindOptions("全部"), Value: string(f.Kind)},
		{Kind: web.Select, Name: "state", Label: "状态", Value: state, Options: []web.Option{{Value: "open", Label: "还在填报"}, {Value: "late", Label: "超过公开期限"}, {Value: annual.Returned, Label: "已退回"}, {Value: annual.Approved, Label: "待公开"}}}, {Name: "q", Label: "网站或单位", Value: f.Text, Max: 100}}}},
		Buttons: []web.Button{{Label: "发出催报"}}, Cancel: web.Link{Text: "返回列表", Href: listPath}}
	return v
}

var urgePage = web.Define(web.Plain, "pages/form.html", newUrge(annual.Filter{}, 0), newUrge(annual.Filter{Year: 2026, Kind: annual.SiteForm, State: "late"}, 12), newUrge(annual.Filter{Year: 2026, Text: `"><script>`}, 1))

func (h *Handler) showUrge(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r, nil)
	if err != nil {
		return err
	}
	if f.State == "" || !slices.Contains([]string{"open", "late", annual.Draft, annual.Returned, annual.Approved}, f.State) {
		f.State = "open"
	}
	f.Limit = 1
	_, n, err := h.annual.Forms(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	return urgePage.Render(w, r, newUrge(f, n))
}

func (h *Handler) urge(w http.ResponseWriter, r *http.Request) error {
	f := annual.Filter{Kind: annual.Kind(r.PostFormValue("kind")), State: r.PostFormValue("state"), Text: strings.TrimSpace(r.PostFormValue("q"))}
	err := error(nil)
	if y := strings.TrimSpace(r.PostFormValue("year")); y != "" {
		if f.Year, err = strconv.Atoi(y); err != nil || f.Year < 2000 || f.Year > 2100 {
			err = fault.New(fault.Invalid, "年度应是四位数字。").On("year", "请填写四位数字的年度，例如 2026")
		}
	}
	n := 0
	if err == nil {
		n, err = h.annual.Urge(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), f)
	}
	if err == nil {
		return web.Done(w, r, listPath, fmt.Sprintf("已催报 %d 份年度报表。", n))
	}
	if !web.Mendable(err) {
		return err
	}
	v := newUrge(f, 0)
	v.Again(r, err)
	return urgePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
}

// ofSite is GET /console/sites/{id}/yearly: the forms of one site.
func newOfSite(s registry.Site, list []annual.Form, fills bool, today calendar.Date) record {
	v := record{web.RecordView{Heading: web.Heading{Title: "年度报表", Above: s.Name, Lead: "这个网站各年度的政府网站工作年度报表。"}, Trail: []web.Crumb{{Name: "台账", Href: "/console/sites"}, {Name: s.Name, Href: s.Link()}}}}
	if fills {
		v.Heading.Acts = []web.Act{{Text: "提前开始填报", Href: listPath + "/new"}}
	}
	t := web.Table{Caption: "各年度", Quiet: true, Columns: []web.Column{{Head: "报表", Wide: true}, {Head: "状态"}, {Head: "公开期限"}, {Head: "公开网址", Wide: true}}, Empty: web.Empty{Title: "还没有年度报表", Text: "每年 11 月底起自动列入，也可以提前开始填报。"}}
	for _, f := range list {
		due := web.Cell{Text: "—"}
		if f.Public() {
			due = web.Cell{Text: f.PublishedOn.String(), Note: "已公开", Keep: true}
		} else if !f.DueOn.IsZero() && f.State != annual.Ended {
			due = web.DueCell(f.DueOn, today)
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{web.Linked(f.Title(), linkOf(f.ID)), web.Tagged(stateTag(f)), due, web.Text(f.Address)}})
	}
	v.Main = []web.Component{t}
	return v
}

var sitePage = web.Define(web.Plain, "pages/record.html", newOfSite(registry.Site{ID: "01S", Name: "云河县人民政府（演示）"}, nil, false, sampleDay), newOfSite(registry.Site{ID: "01S", Name: "云河县人民政府（演示）"}, []annual.Form{sampleForm}, true, sampleDay), newOfSite(registry.Site{ID: `"><b>`, Name: "<script>"}, []annual.Form{hostile}, true, sampleDay))

func (h *Handler) ofSite(w http.ResponseWriter, r *http.Request) error {
	scope := authz.ScopeFrom(r.Context())
	s, err := h.registry.Site(r.Context(), scope, registry.SiteID(r.PathValue("id")))
	if err != nil {
		return err
	}
	list, _, err := h.annual.Forms(r.Context(), scope, annual.Filter{Kind: annual.SiteForm, Object: string(s.ID), Limit: perPage})
	if err != nil {
		return err
	}
	return sitePage.Render(w, r, newOfSite(s, list, authz.SessionFrom(r.Context()).MayAt(authz.AnnualFill, string(s.Unit)), web.FrameOf(r).Today))
}
