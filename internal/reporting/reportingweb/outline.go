package reportingweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

// outlineView is GET /console/bulletins/{id}/outline.
type outlineView struct {
	back     web.Crumb
	list     web.Crumb
	Heading  web.Heading
	Alerts   []web.Alert
	Theirs   []theirPart // what another wrote meanwhile
	Form     web.Form
	Problems web.Table
	Names    web.Table // figures that may be bound
}

type theirPart struct{ Heading, Text string }

// Title of the document.
func (v outlineView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v outlineView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, v.list, v.back, {Name: "编辑文字"}}
}

// own are the empty parts offered for sections of the editor's own.
const own = 1

func newOutlineView(b reporting.Bulletin, o reporting.Outline, revision int) outlineView {
	c := b.Content
	v := outlineView{list: web.Crumb{Name: kindName(b), Href: listOf(b.Kind)}, back: crumbOf(b),
		Heading: web.Heading{Above: b.Title(), Title: "编辑文字", Lead: "文字里的数字写成“〔数字名称〕”，由系统按明细填写；不改写的部分由系统成文。"}}
	v.Form = web.Form{Action: b.Link() + "/outline", Sticky: true, Key: "bulletin-" + string(b.ID), Buttons: []web.Button{{Label: "保存文字"}}, Cancel: web.Link{Text: "返回", Href: b.Link()},
		Sections: []web.Section{{Fields: []web.Field{{Kind: web.Hidden, Name: "revision", Value: strconv.Itoa(revision)},
			{Kind: web.DateField, Name: "until", Label: "整改情况统计截至", Value: o.Until.String(), Narrow: true, Hint: untilHint(b)}}}}}
	for range own {
		o.Parts = append(slices.Clone(o.Parts), reporting.Part{})
	}
	for i, p := range o.Parts {
		at := strconv.Itoa(i)
		legend := fmt.Sprintf("%d　%s", i+1, p.Heading)
		hint := "自拟的部分：填写标题和文字。"
		var charts []web.Option
		if p.Section != "" {
			hint = strings.Join(c.Template(p.Section), "\n")
			if hint != "" {
				hint = "系统成文：" + hint
			}
			for _, x := range c.Charts {
				if x.Section == p.Section {
					charts = append(charts, web.Option{Value: x.Key, Label: x.Name})
				}
			}
		} else if p.Heading == "" {
			legend = "增加一个部分"
		}
		fields := []web.Field{{Kind: web.Hidden, Name: "section-" + at, Value: p.Section},
			{Kind: web.Check, Name: "on-" + at, Label: "采用这个部分", Checked: p.On},
			{Kind: web.Number, Name: "order-" + at, Label: "次序", Value: strconv.Itoa(i + 1), Narrow: true},
			{Name: "heading-" + at, Label: "标题", Value: p.Heading, Max: 60},
			{Kind: web.TextArea, Name: "text-" + at, Label: "文字（留空用系统成文）", Value: p.Text, Rows: max(3, min(10, strings.Count(p.Text, "\n")+3)), Max: 6000, Hint: hint}}
		if len(charts) > 0 {
			fields = append(fields, web.Field{Kind: web.Select, Name: "chart-" + at, Label: "附图", Value: p.Chart, Options: append([]web.Option{{Value: "", Label: "不附图"}}, charts...)})
		}
		if len(charts) == 0 && p.Chart != "" { // one that this period does not have
			fields = append(fields, web.Field{Kind: web.Hidden, Name: "chart-" + at, Value: p.Chart})
		}
		for n, k := range p.Cases {
			fields = append(fields, web.Field{Kind: web.TextArea, Name: fmt.Sprintf("case-%d-%d", i, n), Label: fmt.Sprintf("案例 %d（清空即移出）", n+1), Value: k.Text, Rows: 2, Max: 6000})
		}
		v.Form.Sections = append(v.Form.Sections, web.Section{Legend: legend, Fields: fields})
	}
	v.Problems = problemTable(c.Problems(b.Outline), true)
	v.Names = web.Table{Caption: "可以引用的数字", Compact: true, Columns: []web.Column{{Head: "写法", Wide: true}, {Head: "现在的数", Number: true}}}
	for _, n := range c.Names() {
		value, _ := c.Named(n)
		v.Names.Rows = append(v.Names.Rows, web.Row{Cells: []web.Cell{web.Text("〔" + n + "〕"), web.Text(value)}})
	}
	return v
}

func untilHint(b reporting.Bulletin) string {
	if b.Period.IsZero() {
		return ""
	}
	return "办结、超期都按这一天算，不随查看的日期变动。留空为本期最后一天（" + b.Period.Last().Chinese() + "）；印发前又有整改到位的，可以改到以后的日期。"
}

// readOutline is what was posted; cases keep what they are about, by their
// place in the outline that stood at the revision.
func readOutline(v url.Values, was reporting.Outline) reporting.Outline {
	type placed struct {
		reporting.Part
		order, at int
	}
	var parts []placed
	for i := 0; v.Has("section-" + strconv.Itoa(i)); i++ {
		at := strconv.Itoa(i)
		p := placed{at: i, order: i + 1, Part: reporting.Part{Section: v.Get("section-" + at), On: v.Has("on-" + at), Heading: v.Get("heading-" + at), Text: v.Get("text-" + at), Chart: v.Get("chart-" + at)}}
		if n, err := strconv.Atoi(strings.TrimSpace(v.Get("order-" + at))); err == nil {
			p.order = n
		}
		j := slices.IndexFunc(was.Parts, func(x reporting.Part) bool { return x.Section == p.Section && p.Section != "" })
		if j < 0 && i < len(was.Parts) {
			j = i
		}
		if j >= 0 {
			for n, k := range was.Parts[j].Cases {
				if text := strings.TrimSpace(v.Get(fmt.Sprintf("case-%d-%d", i, n))); text != "" {
					k.Text = text
					p.Cases = append(p.Cases, k)
				}
			}
		}
		if p.Section == "" && strings.TrimSpace(p.Heading) == "" && strings.TrimSpace(p.Text) == "" {
			continue
		}
		parts = append(parts, p)
	}
	slices.SortStableFunc(parts, func(a, b placed) int { return a.order - b.order })
	var o reporting.Outline
	for _, p := range parts {
		o.Parts = append(o.Parts, p.Part)
	}
	return o
}

func (h *Handler) outline(w http.ResponseWriter, r *http.Request) error {
	b, err := h.editable(r)
	if err != nil {
		return err
	}
	return outlinePage.Render(w, r, newOutlineView(b, b.Outline, b.Revision))
}

// editable is the paper of the request when its text may still be changed.
func (h *Handler) editable(r *http.Request) (reporting.Bulletin, error) {
	b, err := h.reporting.Bulletin(r.Context(), authz.ScopeFrom(r.Context()), idOf(r))
	if err == nil && (!b.Editable() || b.Kind.Signed()) {
		err = fault.Newf(fault.Conflict, "%s现在的状态是“%s”，不能改文字。", b.Title(), b.StateName())
	}
	return b, err
}

func (h *Handler) saveOutline(w http.ResponseWriter, r *http.Request) error {
	b, err := h.editable(r)
	if err != nil {
		return err
	}
	revision, bad := strconv.Atoi(r.PostFormValue("revision"))
	if bad != nil {
		revision = -1
	}
	o := readOutline(r.PostForm, b.Outline)
	if o.Until, err = web.DayOf(r, "until", "整改情况的统计截止日"); err != nil {
		v := newOutlineView(b, o, revision)
		v.Form.Field("until").Value = r.PostFormValue("until")
		v.Form.Wrong(err)
		return outlinePage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	saved, err := h.reporting.Edit(r.Context(), authz.ScopeFrom(r.Context()), b.ID, revision, o)
	if stale := staleOf(err); stale != nil {
		// Nothing is lost: what was typed stays in the form, what stands is shown
		// beside, and the next save is upon what stands.
		v := newOutlineView(b, o, b.Revision)
		v.Alerts = []web.Alert{{Kind: web.Danger, Title: "有人同时改过", Text: fault.Of(err).Says}}
		for _, p := range stale.Outline.Parts {
			text := p.Text
			if text == "" {
				text = strings.Join(b.Content.Template(p.Section), "\n")
			}
			for _, k := range p.Cases {
				text += "\n" + k.Text
			}
			v.Theirs = append(v.Theirs, theirPart{p.Heading, text})
		}
		return outlinePage.RenderStatus(w, r, http.StatusConflict, v)
	}
	if web.Mendable(err) {
		v := newOutlineView(b, o, revision)
		v.Form.Wrong(err)
		return outlinePage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	if saved.Outline.Until != b.Outline.Until { // counted up to another day
		if b, err = h.editable(r); err != nil {
			return err
		}
	}
	said := "已保存。"
	for _, p := range b.Content.Problems(saved.Outline) {
		if p.Blocks {
			said = "已保存。文字里有与明细不一致的地方，见页面下方的核对表，改好才能定稿。"
		}
	}
	return web.Done(w, r, b.Link(), said)
}

// casesView is GET /console/bulletins/{id}/cases.
type casesView struct {
	back, list web.Crumb
	Heading    web.Heading
	Table      web.Table
	Pager      web.Pager
	Good       web.Table
	Chosen     string // the row in plain words
	Form       web.Form
}

// Title of the document.
func (v casesView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v casesView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, v.list, v.back, {Name: "典型案例和经验"}}
}

const casesPerPage = 20

// chosen is the row that is being told.
type chosen struct{ kind, id, plain, masked string }

func newCasesView(b reporting.Bulletin, list []reporting.Candidate, good []reporting.Experience, from int, at chosen) casesView {
	v := casesView{list: web.Crumb{Name: kindName(b), Href: listOf(b.Kind)}, back: crumbOf(b),
		Heading: web.Heading{Above: b.Title(), Title: "典型案例和经验", Lead: "选一项，改好文字再写进文件。系统先隐去单位名称和个人信息。"},
		Table:   web.Table{Caption: "问题和整改通知", Columns: []web.Column{{Head: "情况", Wide: true}, {Head: "对象", Wide: true}, {Head: "写进文件"}}, Empty: web.Empty{Title: "没有可选的案例", Text: "本期没有发现的问题和整改通知。"}},
		Good:    web.Table{Caption: "典型经验", Columns: []web.Column{{Head: "经验", Wide: true}, {Head: "单位"}, {Head: "写进文件"}}, Empty: web.Empty{Title: "没有已发布的典型经验", Text: "在“典型经验”里发布以后可以选用。"}}}
	told := func(kind, id string) web.Cell {
		for _, p := range b.Outline.Parts {
			for _, k := range p.Cases {
				if k.Kind == kind && k.ID == id {
					return web.Tagged(web.Tag{Kind: web.Good, Text: "已写入"})
				}
			}
		}
		return web.Cell{Text: "选这一项", Href: fmt.Sprintf("%s/cases?kind=%s&row=%s", b.Link(), kind, url.QueryEscape(id))}
	}
	for _, c := range list[min(from, len(list)):min(from+casesPerPage, len(list))] {
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Text, Href: c.Link}, web.Text(c.Note), told(c.Kind, c.ID)}})
	}
	for _, e := range good {
		v.Good.Rows = append(v.Good.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Link()}, web.Text(e.UnitName), told(reporting.ExperienceCase, string(e.ID))}})
	}
	if at.id != "" {
		v.Chosen = at.plain
		v.Form = web.Form{Action: b.Link() + "/cases", Buttons: []web.Button{{Label: "写进文件"}}, Sections: []web.Section{{Legend: "怎样写", Fields: []web.Field{
			{Kind: web.Hidden, Name: "revision", Value: strconv.Itoa(b.Revision)}, {Kind: web.Hidden, Name: "kind", Value: at.kind}, {Kind: web.Hidden, Name: "row", Value: at.id},
			{Kind: web.TextArea, Name: "text", Label: "写进文件的文字", Value: at.masked, Rows: 6, Max: 6000, Required: true, Hint: "单位名称需要公开的可以改回。个人信息必须遮蔽。"}}}}}
	}
	return v
}

func (h *Handler) casesScreen(r *http.Request, kind, id string) (reporting.Bulletin, casesView, error) {
	b, err := h.editable(r)
	if err != nil {
		return b, casesView{}, err
	}
	list := b.Candidates(mostCandidates)
	good, _, err := h.reporting.Experiences(r.Context(), authz.SessionFrom(r.Context()), reporting.ExperienceFilter{State: reporting.ExperiencePublished, Limit: casesPerPage})
	if err != nil {
		return b, casesView{}, err
	}
	at := chosen{kind: kind}
	for _, c := range list {
		if c.Kind == kind && c.ID == id {
			at.id, at.plain, at.masked = id, c.Plain, c.Masked
		}
	}
	for _, e := range good {
		if kind == reporting.ExperienceCase && string(e.ID) == id {
			at.id, at.plain = id, e.UnitName+"："+e.Title+"。"+e.Body
			at.masked = at.plain // a good example is told with its name
		}
	}
	pager := web.PagerOf(r, len(list), casesPerPage)
	v := newCasesView(b, list, good, pager.Offset(), at)
	v.Pager = pager
	return b, v, nil
}

// mostCandidates of a kind are offered as cases.
const mostCandidates = 200

func (h *Handler) cases(w http.ResponseWriter, r *http.Request) error {
	_, v, err := h.casesScreen(r, r.URL.Query().Get("kind"), r.URL.Query().Get("row"))
	if err != nil {
		return err
	}
	return casesPage.Render(w, r, v)
}

func (h *Handler) tell(w http.ResponseWriter, r *http.Request) error {
	b, v, err := h.casesScreen(r, r.PostFormValue("kind"), r.PostFormValue("row"))
	if err != nil {
		return err
	}
	revision, bad := strconv.Atoi(r.PostFormValue("revision"))
	if bad != nil {
		revision = -1
	}
	_, err = h.reporting.Tell(r.Context(), authz.SessionFrom(r.Context()), authz.ScopeFrom(r.Context()), b.ID, revision, reporting.Case{Kind: r.PostFormValue("kind"), ID: r.PostFormValue("row"), Text: r.PostFormValue("text")})
	if web.Mendable(err) {
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		// The text stands as typed; the next try is upon what stands now.
		if f := v.Form.Field("revision"); f != nil {
			f.Value = strconv.Itoa(b.Revision)
		}
		return casesPage.RenderStatus(w, r, status(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link()+"/cases", "已写进文件，可在“编辑文字”里再改。")
}
