// Package queriesweb is the screens of saved queries: saving the conditions of
// a list, choosing its columns, and the person's own list of queries.
//
// It decides nothing about any list beyond its names: the lists are given to it
// at start-up, so that every list adopts saved queries by declaring itself.
package queriesweb

import (
	"embed"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/queries"
	"zhengshu/internal/web"
)

//go:embed views/*.html
var views embed.FS

// Path is the page of a person's own queries.
const Path = "/console/queries"

// Handler answers the routes of this door.
type Handler struct {
	queries *queries.Service
	lists   []web.ListInfo
}

// New makes the door for the lists.
func New(q *queries.Service, lists ...web.ListInfo) *Handler { return &Handler{q, lists} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/queries", Permit: authz.SignedIn, Handle: h.own},
		{Pattern: "POST /console/queries/{id}/delete", Permit: authz.SignedIn, Handle: h.remove},
		{Pattern: "GET /console/lists/{list}/queries/new", Permit: authz.SignedIn, Handle: h.showSave},
		{Pattern: "POST /console/lists/{list}/queries/new", Permit: authz.SignedIn, Handle: h.save},
		{Pattern: "GET /console/lists/{list}/columns", Permit: authz.SignedIn, Handle: h.showColumns},
		{Pattern: "POST /console/lists/{list}/columns", Permit: authz.SignedIn, Handle: h.columns},
	}
}

func (h *Handler) list(r *http.Request) (web.ListInfo, error) {
	i := slices.IndexFunc(h.lists, func(l web.ListInfo) bool { return l.Key == r.PathValue("list") })
	if i < 0 {
		return web.ListInfo{}, fault.Missing("列表")
	}
	return h.lists[i], nil
}

// formView is a page with one form about a list.
type formView struct {
	Heading web.Heading
	Form    web.Form
	Trail   []web.Crumb
}

// Title of the document.
func (v formView) Title() string { return v.Heading.Title }

// Crumbs of the page.
func (v formView) Crumbs() []web.Crumb {
	return append([]web.Crumb{{Name: "工作台", Href: "/console"}}, append(v.Trail, web.Crumb{Name: v.Heading.Title})...)
}

// back is the list with the query's conditions and columns.
func back(l web.ListInfo, query string) string {
	q, err := url.ParseQuery(query)
	if err != nil {
		return l.Path
	}
	c := l.Conditions(q)
	if keys := l.Known(strings.Split(q.Get("cols"), ",")); keys != nil {
		c.Set("cols", strings.Join(keys, ","))
	}
	if len(c) == 0 {
		return l.Path
	}
	return l.Path + "?" + c.Encode()
}

func newSaveForm(l web.ListInfo, query string) formView {
	at := back(l, query)
	return formView{
		Heading: web.Heading{Title: "存为常用查询", Lead: "保存“" + l.Name + "”现在的条件和列，以后一点就到。保存的是条件，不是数据；看到的始终是当时的台账。"},
		Trail:   []web.Crumb{{Name: l.Name, Href: at}},
		Form: web.Form{Buttons: []web.Button{{Label: "保存这个查询"}}, Cancel: web.Link{Text: "返回列表", Href: at}, Sections: []web.Section{{Fields: []web.Field{
			{Kind: web.Hidden, Name: "query", Value: query},
			{Name: "name", Label: "名称", Required: true, Max: 30, Hint: "例如：未开启监测的部门网站；同名的会改为现在的条件"},
			{Kind: web.Check, Name: "shared", Label: "本单位的同事也能看到"},
		}}}},
	}
}

func newColumnsForm(l web.ListInfo, query string, chosen []string) formView {
	var options []web.Option
	for _, c := range l.Columns {
		if !c.Fixed {
			options = append(options, web.Option{Value: c.Key, Label: c.Head})
		}
	}
	return formView{
		Heading: web.Heading{Title: "选择列", Lead: "“" + l.Name + "”显示和导出哪些列。名称一列始终显示。"},
		Trail:   []web.Crumb{{Name: l.Name, Href: back(l, query)}},
		Form: web.Form{Buttons: []web.Button{{Label: "显示这些列", Name: "keep", Value: "yes"}, {Label: "只用这一次", Name: "keep", Value: "no", Plain: true}, {Label: "恢复默认列", Name: "keep", Value: "usual", Plain: true}},
			Cancel: web.Link{Text: "返回列表", Href: back(l, query)}, Sections: []web.Section{{Fields: []web.Field{
				{Kind: web.Hidden, Name: "query", Value: query},
				{Kind: web.Checks, Name: "col", Label: "列", Options: options, Values: chosen},
			}}}},
	}
}

var sample = web.ListInfo{Key: "sites", Name: "站点台账", Path: "/console/sites", Params: []string{"q"}, Columns: []web.ListField{{Key: "name", Head: "站点", Fixed: true}, {Key: "state", Head: "状态"}}}

var formPage = web.Define(views, "views/form.html",
	newSaveForm(sample, ""), newColumnsForm(sample, "q=雁塔&cols=state", []string{"state"}),
	newSaveForm(web.ListInfo{Name: `<script>`, Path: "/console/x", Params: []string{"q"}}, `q="><script>`), newColumnsForm(web.ListInfo{Columns: []web.ListField{{Key: `"`, Head: `<b>`}}}, `%zz`, []string{`"`}),
)

// ownView is GET /console/queries.
type ownView struct {
	Heading web.Heading
	Lists   []ownList
}

type ownList struct {
	Name    string
	Queries []ownQuery
}

type ownQuery struct {
	Name, Href string
	Shared     bool
	Delete     web.Form
}

// Title of the document.
func (ownView) Title() string { return "常用查询" }

// Crumbs of the page.
func (ownView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "常用查询"}}
}

func newOwnView(lists []web.ListInfo, own []queries.Query) ownView {
	v := ownView{Heading: web.Heading{Title: "常用查询", Lead: "您保存的查询。本单位共享的，删去后同事也看不到。"}}
	for _, l := range lists {
		o := ownList{Name: l.Name}
		for _, q := range own {
			if q.List == l.Key {
				o.Queries = append(o.Queries, ownQuery{Name: q.Name, Href: back(l, q.Query), Shared: q.Shared,
					Delete: web.Form{Action: Path + "/" + q.ID + "/delete", Buttons: []web.Button{{Label: "删去“" + q.Name + "”", Plain: true}}}})
			}
		}
		if len(o.Queries) > 0 {
			v.Lists = append(v.Lists, o)
		}
	}
	return v
}

var ownPage = web.Define(views, "views/own.html", newOwnView(nil, nil),
	newOwnView([]web.ListInfo{sample}, []queries.Query{{ID: "1", List: "sites", Name: "西安的门户网站", Query: "q=雁塔", Shared: true}}),
	newOwnView([]web.ListInfo{sample}, []queries.Query{{ID: `"><script>`, List: "sites", Name: `<script>`, Query: `q="><script>`}}))

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	own, err := h.queries.Own(r.Context(), authz.SessionFrom(r.Context()))
	if err != nil {
		return err
	}
	return ownPage.Render(w, r, newOwnView(h.lists, own))
}

func (h *Handler) remove(w http.ResponseWriter, r *http.Request) error {
	q, err := h.queries.Delete(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.Done(w, r, Path, "已删去常用查询“"+q.Name+"”。")
}

func (h *Handler) showSave(w http.ResponseWriter, r *http.Request) error {
	l, err := h.list(r)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newSaveForm(l, r.URL.RawQuery))
}

func (h *Handler) save(w http.ResponseWriter, r *http.Request) error {
	l, err := h.list(r)
	if err != nil {
		return err
	}
	at := back(l, r.PostFormValue("query"))
	_, query, _ := strings.Cut(at, "?")
	q, err := h.queries.Save(r.Context(), authz.SessionFrom(r.Context()), queries.Query{List: l.Key, Name: r.PostFormValue("name"), Query: query, Shared: r.PostFormValue("shared") != ""})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		v := newSaveForm(l, r.PostFormValue("query"))
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, fault.Of(err).Kind.Status(), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, at, "已存为常用查询“"+q.Name+"”。")
}

func (h *Handler) showColumns(w http.ResponseWriter, r *http.Request) error {
	l, err := h.list(r)
	if err != nil {
		return err
	}
	kept, err := h.queries.Columns(r.Context(), authz.SessionFrom(r.Context()), l.Key)
	if err != nil {
		return err
	}
	return formPage.Render(w, r, newColumnsForm(l, r.URL.RawQuery, l.Chosen(r.URL.Query(), kept)))
}

func (h *Handler) columns(w http.ResponseWriter, r *http.Request) error {
	l, err := h.list(r)
	if err != nil {
		return err
	}
	ctx, session := r.Context(), authz.SessionFrom(r.Context())
	q, err := url.ParseQuery(r.PostFormValue("query"))
	if err != nil {
		q = url.Values{}
	}
	q.Del("cols")
	says := "已恢复默认列。"
	keys := l.Known(r.PostForm["col"])
	switch r.PostFormValue("keep") {
	case "usual":
		err = h.queries.KeepColumns(ctx, session, l.Key, nil)
	case "no":
		says = "只在这一次显示所选的列。"
		q.Set("cols", strings.Join(keys, ","))
	default:
		if keys == nil {
			err = fault.New(fault.Invalid, "没有选择任何列。").On("col", "请至少选择一列")
			break
		}
		says = "以后按所选的列显示。"
		err = h.queries.KeepColumns(ctx, session, l.Key, keys)
	}
	if fault.Is(err, fault.Invalid) {
		v := newColumnsForm(l, r.PostFormValue("query"), r.PostForm["col"])
		v.Form.Wrong(err)
		return formPage.RenderStatus(w, r, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, back(l, q.Encode()), says)
}
