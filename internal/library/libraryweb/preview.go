package libraryweb

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// Previewer draws a version as the readers' page; see publishing.Preview.
type Previewer func(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID, elder bool) ([]byte, error)

// PreviewWith sets who draws previews; at start.
func (h *Handler) PreviewWith(p Previewer) *Handler {
	h.preview = p
	return h
}

// Stager says what the page checks see in a version drawn as it would go out; known
// are the rules that have spoken of it. hosted is false where it would stand on no
// site published here. See inspection.Stage.
type Stager func(ctx context.Context, it library.Item, v library.Version, site registry.SiteID, column registry.ColumnID, known map[string]bool) (staged inspection.Staged, hosted bool, err error)

// StageWith sets who says so; at start.
func (h *Handler) StageWith(s Stager) *Handler {
	h.stage = s
	return h
}

// Spreader says in a sentence how many pages an act on an item makes anew; see
// publishing.FanOut.
type Spreader func(ctx context.Context, scope authz.Scope, id library.ItemID) (string, error)

// SpreadWith sets who says so; at start.
func (h *Handler) SpreadWith(s Spreader) *Handler {
	h.spread = s
	return h
}

const previewPath = "/console/items/preview"

// The ways to look at a preview, with the width of the frame as a class.
var previewKinds = []struct{ as, name, hint string }{
	{"desktop", "电脑", "宽 1280 像素"}, {"phone", "手机", "宽 390 像素"}, {"elder", "适老版", "大字版式"}, {"print", "打印", "A4 纸宽，按打印样式"},
}

// previewPage shows the readers' page in a frame in which no script runs.
type previewPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Tabs    web.Tabs
	As      string
	Frame   string
	Says    string
	Below   []web.Component
}

func (p previewPage) Title() string       { return p.name }
func (p previewPage) Crumbs() []web.Crumb { return p.trail }

// previewed is what a preview shows: a saved version (item, version), or the
// person's own unsaved text (form, seq).
type previewed struct {
	item    library.Item
	version library.Version
	site    registry.SiteID
	column  registry.ColumnID
	unsaved *library.Writing // nil for a saved version
}

func (h *Handler) previewed(r *http.Request) (p previewed, err error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	q := r.URL.Query()
	id := library.ItemID(q.Get("item"))
	var u library.Unsaved
	unsaved := false
	if form := q.Get("form"); form != "" {
		if u, unsaved, err = h.lib.Unsaved(ctx, session, form, 0); err != nil {
			return p, err
		}
		if !unsaved {
			return p, fault.New(fault.NotFound, "没有可以预览的内容：可能已经保存，请从稿件页面预览。")
		}
		id = u.Item()
	}
	if id != "" {
		if p.item, err = h.lib.Item(ctx, scope, id); err != nil {
			return p, err
		}
		no, _ := number(q.Get("version")) // anything else is the newest
		if p.version, err = h.lib.Version(ctx, scope, id, max(no, 0)); err != nil {
			return p, err
		}
		placed, err := h.lib.Placements(ctx, scope, id)
		if err != nil {
			return p, err
		}
		for _, at := range placed {
			if at.State != library.Ended {
				p.site, p.column = at.Site, at.Column
				break
			}
		}
	}
	units := unitsOf(session)
	if unsaved {
		posted, err := url.ParseQuery(u.Data)
		if err != nil {
			return p, fault.New(fault.Invalid, "自动保存的内容无法读取，请回到修改页面重试。").From(err)
		}
		doc, err := postedDoc(posted, p.version)
		if err != nil {
			return p, err
		}
		w, _ := read(&http.Request{PostForm: posted, Form: posted}, p.version, units) // a wrong date does not hinder looking
		w.Doc = doc
		p.unsaved = &w
		p.version = library.Version{Meta: w.Meta, No: p.version.No, HTML: doc.HTML(), Text: doc.Text(), At: u.At}
		if w.Title == "" {
			p.version.Title = "（没有标题）"
		}
		if p.item.ID == "" {
			p.item = library.Item{Meta: p.version.Meta, Unit: w.Unit, CreatedAt: u.At}
			for _, o := range units {
				if o.id == w.Unit {
					p.item.UnitName = o.name
				}
			}
		}
		if len(w.Columns) > 0 {
			p.column = w.Columns[0]
		}
	}
	if p.item.Unit == "" {
		return p, fault.Missing("稿件")
	}
	if p.site == "" || unsaved && p.column != "" {
		outlets, err := h.lib.Outlets(ctx, session.ScopeFor(authz.ItemWrite), p.item.Unit)
		if err == nil && len(outlets) > 0 {
			at := outlets[0]
			for _, o := range outlets {
				if o.Column == p.column {
					at = o
				}
			}
			if p.site == "" || at.Column == p.column {
				p.site, p.column = at.Site, at.Column
			}
		} else if err != nil && !fault.Is(err, fault.NotFound) {
			return p, err
		}
	}
	return p, nil
}

// checked is what the checks say of what is previewed: of the manuscript, and of
// the page it will be.
func (h *Handler) checked(r *http.Request, p previewed) ([]web.Component, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	var results []library.Result
	var err error
	if p.unsaved != nil {
		results, err = h.lib.Check(ctx, scope, p.item.ID, *p.unsaved)
	} else {
		results, err = h.lib.Results(ctx, scope, p.version)
	}
	if err != nil {
		return nil, err
	}
	out := []web.Component{resultPanel(results, "")}
	if h.stage == nil {
		return out, nil
	}
	// What an allow list holds has been spoken of as well.
	known := map[string]bool{}
	for _, x := range results {
		known[x.Kind] = true
	}
	for _, x := range check.Privacy(p.version.Title + "\n" + p.version.Text) {
		known[x.Kind] = true
	}
	staged, hosted, err := h.stage(ctx, p.item, p.version, p.site, p.column, known)
	switch {
	case fault.Is(err, fault.Refused):
		return append(out, web.Alert{Kind: web.Info, Title: "页面没有检查", Text: fault.Of(err).Says}), nil
	case err != nil:
		return nil, err
	case !hosted:
		return append(out, web.Alert{Kind: web.Info, Title: "页面没有检查", Text: "这篇稿件还没有选本平台发布的站点的栏目，选定后再预览，即检查生成的页面。"}), nil
	}
	return append(out, stagedPanel(staged)), nil
}

// stagedPanel shows what the page checks see before the page is published: in the
// words in which a patrol will tell it afterwards.
func stagedPanel(s inspection.Staged) web.Component {
	t := web.Table{Caption: fmt.Sprintf("页面检查 %d 条，未能检查 %d 项", len(s.Found), len(s.Untested)), Compact: true, Columns: []web.Column{{Head: "位置和问题", Wide: true}},
		Empty: web.Empty{Title: "没有发现问题", Text: "按发布后巡检的同一套规则检查了将要生成的页面。发布后才能检查的（链接、更新、打开速度等）由巡检检查。"}}
	for _, f := range s.Found {
		tag, kind := severityTag(f.Severity)
		cell := web.Cell{Text: f.Says, Tags: []web.Tag{tag}, Note: f.Fix + " 依据：" + inspection.BasisName(f.Article), Links: []web.Link{{Text: "规则", Href: s.Rules + f.Check}}}
		if f.Where != "" {
			cell.Text = f.Where + "：" + f.Says
		}
		t.Rows = append(t.Rows, web.Row{Kind: kind, Cells: []web.Cell{cell}})
	}
	for _, u := range s.Untested {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: engine.CheckName(u.Check), Tags: []web.Tag{{Text: "未能检查"}}, Note: u.Why, Links: []web.Link{{Text: "规则", Href: s.Rules + u.Check}}}}})
	}
	return t
}

func previewAs(r *http.Request) string {
	as := r.URL.Query().Get("as")
	for _, k := range previewKinds {
		if k.as == as {
			return as
		}
	}
	return "desktop"
}

var frameSources = regexp.MustCompile(`frame-src [^;]*`)

func (h *Handler) showPreview(w http.ResponseWriter, r *http.Request) error {
	if h.preview == nil {
		return fault.New(fault.Unavailable, "这里没有站点模板，不能预览。")
	}
	shown, err := h.previewed(r)
	if err != nil {
		return err
	}
	it, v := shown.item, shown.version
	as := previewAs(r)
	address := func(path, as string) string {
		q := url.Values{"as": {as}}
		for _, k := range []string{"item", "version", "form"} {
			if s := r.URL.Query().Get(k); s != "" {
				q.Set(k, s)
			}
		}
		return path + "?" + q.Encode()
	}
	p := previewPage{name: "预览：" + v.Title, As: as, Frame: address(previewPath+"/page", as), Heading: web.Heading{Title: "预览", Above: v.Title}, Tabs: web.Tabs{Label: "看法"}}
	p.trail = crumbs(web.Crumb{Name: "预览"})
	back := "/console/items/new?draft=" + url.QueryEscape(library.Unsaved{Form: r.URL.Query().Get("form")}.Key()) + "&recover=0"
	if it.ID != "" {
		p.trail, back = itemCrumbs(it, "预览"), it.Link()+"/edit?recover=0"
	}
	p.Says = "第 " + strconv.Itoa(v.No) + " 版"
	if p.Below, err = h.checked(r, shown); err != nil {
		return err
	}
	if shown.unsaved != nil {
		p.Says = "没有保存的内容，自动保存于 " + web.Minute(v.At)
		p.Heading.Acts = []web.Act{{Text: "回到修改", Href: back, Primary: true}}
	} else {
		p.Heading.Acts = []web.Act{{Text: "回到稿件", Href: it.Link()}}
	}
	for _, k := range previewKinds {
		p.Tabs.Items = append(p.Tabs.Items, web.Tab{Name: k.name, Href: address(previewPath, k.as), Current: k.as == as})
		if k.as == as {
			p.Says += "，" + k.hint
		}
	}
	w.Header().Set("Content-Security-Policy", frameSources.ReplaceAllString(w.Header().Get("Content-Security-Policy"), "frame-src 'self'"))
	return previewView.Render(w, r, p)
}

// previewFrame is the readers' page itself, for the frame alone: no script
// runs in it, and nothing outside can frame it.
func (h *Handler) previewFrame(w http.ResponseWriter, r *http.Request) error {
	if h.preview == nil {
		return fault.Missing("预览")
	}
	p, err := h.previewed(r)
	if err != nil {
		return err
	}
	as := previewAs(r)
	b, err := h.preview(r.Context(), p.item, p.version, p.site, p.column, as == "elder")
	if err != nil {
		return err
	}
	if as == "print" {
		for _, sheet := range []string{"portal.css", "reading.css"} {
			b = bytes.ReplaceAll(b, []byte("file="+sheet), []byte("as=print&amp;file="+sheet))
		}
	}
	return web.SendFramed(w, b)
}

// keepAndPreview keeps what was typed as the person's unsaved text and shows
// it; nothing is saved.
func (h *Handler) keepAndPreview(w http.ResponseWriter, r *http.Request, it library.Item) error {
	form, err := h.keepTyped(r, it)
	if err != nil {
		return err
	}
	return web.Done(w, r, previewPath+"?form="+url.QueryEscape(form), "")
}
