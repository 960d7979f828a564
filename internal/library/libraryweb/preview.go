package libraryweb

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
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
}

func (p previewPage) Title() string       { return p.name }
func (p previewPage) Crumbs() []web.Crumb { return p.trail }

// previewed is what a preview shows: a saved version (item, version), or the
// person's own unsaved text (form, seq).
func (h *Handler) previewed(r *http.Request) (library.Item, library.Version, registry.SiteID, registry.ColumnID, bool, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	q := r.URL.Query()
	var it library.Item
	var v library.Version
	var site registry.SiteID
	var column registry.ColumnID
	fail := func(err error) (library.Item, library.Version, registry.SiteID, registry.ColumnID, bool, error) {
		return it, v, site, column, false, err
	}
	id := library.ItemID(q.Get("item"))
	var u library.Unsaved
	unsaved := false
	if form := q.Get("form"); form != "" {
		var err error
		if u, unsaved, err = h.lib.Unsaved(ctx, session, form, 0); err != nil {
			return fail(err)
		}
		if !unsaved {
			return fail(fault.New(fault.NotFound, "没有可以预览的内容：可能已经保存，请从稿件页面预览。"))
		}
		id = u.Item()
	}
	if id != "" {
		var err error
		if it, err = h.lib.Item(ctx, scope, id); err != nil {
			return fail(err)
		}
		no, _ := number(q.Get("version")) // anything else is the newest
		if v, err = h.lib.Version(ctx, scope, id, max(no, 0)); err != nil {
			return fail(err)
		}
		placed, err := h.lib.Placements(ctx, scope, id)
		if err != nil {
			return fail(err)
		}
		for _, p := range placed {
			if p.State != library.Ended {
				site, column = p.Site, p.Column
				break
			}
		}
	}
	units := unitsOf(session)
	if unsaved {
		posted, err := url.ParseQuery(u.Data)
		if err != nil {
			return fail(fault.New(fault.Invalid, "自动保存的内容无法读取，请回到修改页面重试。").From(err))
		}
		doc, err := postedDoc(posted, v)
		if err != nil {
			return fail(err)
		}
		w, _ := read(&http.Request{PostForm: posted, Form: posted}, v, units) // a wrong date does not hinder looking
		w.Doc = doc
		v = library.Version{Meta: w.Meta, No: v.No, HTML: doc.HTML(), At: u.At}
		if w.Title == "" {
			v.Title = "（没有标题）"
		}
		if it.ID == "" {
			it = library.Item{Meta: v.Meta, Unit: w.Unit, CreatedAt: u.At}
			for _, o := range units {
				if o.id == w.Unit {
					it.UnitName = o.name
				}
			}
		}
		if len(w.Columns) > 0 {
			column = w.Columns[0]
		}
	}
	if it.Unit == "" {
		return fail(fault.Missing("稿件"))
	}
	if site == "" || unsaved && column != "" {
		outlets, err := h.lib.Outlets(ctx, session.ScopeFor(authz.ItemWrite), it.Unit)
		if err == nil && len(outlets) > 0 {
			at := outlets[0]
			for _, o := range outlets {
				if o.Column == column {
					at = o
				}
			}
			if site == "" || at.Column == column {
				site, column = at.Site, at.Column
			}
		} else if err != nil && !fault.Is(err, fault.NotFound) {
			return fail(err)
		}
	}
	return it, v, site, column, unsaved, nil
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
	it, v, _, _, unsaved, err := h.previewed(r)
	if err != nil {
		return err
	}
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
	if unsaved {
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
	it, v, site, column, _, err := h.previewed(r)
	if err != nil {
		return err
	}
	as := previewAs(r)
	b, err := h.preview(r.Context(), it, v, site, column, as == "elder")
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
