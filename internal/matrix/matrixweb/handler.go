package matrixweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/matrix"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

const (
	listPath  = "/console/matrix"
	treePath  = "/console/matrix/tree"
	perPage   = 20
	maxExport = 20000
)

// Handler serves the screens.
type Handler struct {
	db     *db.DB
	matrix *matrix.Service
	org    *org.Service
}

// New makes the handler.
func New(d *db.DB, s *matrix.Service, o *org.Service) *Handler { return &Handler{d, s, o} }

// Routes of the door.
func (h *Handler) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /console/matrix", Permit: authz.RegistryRead, Handle: h.list},
		{Pattern: "GET /console/matrix/export", Permit: authz.RegistryRead, Handle: h.export},
		{Pattern: "GET /console/matrix/tree", Permit: authz.RegistryRead, Handle: h.tree},
		{Pattern: "GET /console/matrix/sites/{id}", Permit: authz.MatrixManage, Handle: h.showSite},
		{Pattern: "POST /console/matrix/sites/{id}", Permit: authz.MatrixManage, Handle: h.placeSite},
		{Pattern: "GET /console/matrix/accounts/{id}", Permit: authz.MatrixManage, Handle: h.showAccount},
		{Pattern: "POST /console/matrix/accounts/{id}", Permit: authz.MatrixManage, Handle: h.placeAccount},
	}
}

type (
	board struct{ web.ListView }
	place struct{ web.FormView }
)

func kindOf(r *http.Request) matrix.Kind {
	if r.URL.Query().Get("matrix") == string(matrix.Accounts) {
		return matrix.Accounts
	}
	return matrix.Sites
}

// placeLink is where an object's place is decided.
func placeLink(n matrix.Node) string {
	if n.Kind == sx2021.Site {
		return listPath + "/sites/" + url.PathEscape(n.ID)
	}
	return listPath + "/accounts/" + url.PathEscape(n.ID)
}

func treeLink(n matrix.Node) string {
	return treePath + "?" + url.Values{"matrix": {string(n.Matrix)}, "kind": {string(n.Kind)}, "id": {n.ID}}.Encode()
}

func tabs(k matrix.Kind, path string) web.Tabs {
	t := web.Tabs{Label: "矩阵"}
	for _, x := range matrix.Kinds {
		t.Items = append(t.Items, web.Tab{Name: x.Name(), Href: path + "?matrix=" + string(x), Current: x == k})
	}
	return t
}

func standingTag(n matrix.Node) web.Tag {
	t := web.Tag{Text: n.StandingName()}
	switch n.Standing {
	case matrix.Missing:
		t.Kind = web.Warn
	case matrix.Head:
		t.Kind = web.Info
	case matrix.Derived, matrix.Placed:
		t.Kind = web.Good
	}
	return t
}

func addressOf(n matrix.Node) string {
	if n.Platform != "" {
		return strings.TrimSpace(n.Platform + " " + n.Address)
	}
	return registry.ShownHost(n.Address)
}

func newBoard(k matrix.Kind, f matrix.Figures, list []matrix.Node, total int, areas []web.Option, may func(matrix.Node) bool) board {
	base := listPath + "?matrix=" + string(k)
	v := board{web.ListView{Heading: web.Heading{Title: k.Name(), Lead: "以省政府门户网站与“陕西发布”政务新媒体为龙头，市县政府和部门为支撑（第十一条）。位置按台账自动归位，另有安排的由主管单位写明理由指定。",
		Acts: []web.Act{{Text: "查看矩阵树", Href: treePath + "?matrix=" + string(k), Primary: true}}},
		Tabs: tabs(k, listPath),
		Stats: web.Stats{Label: k.Name() + "归位情况", Items: []web.Stat{{Name: "矩阵成员", Value: fmt.Sprint(f.All()), Unit: "个", Href: base}, {Name: "龙头", Value: fmt.Sprint(f.Head), Unit: "个", Href: base + "&state=head"},
			{Name: "已归位", Value: fmt.Sprint(f.Derived + f.Placed), Unit: "个", Note: fmt.Sprintf("其中指定归位 %d 个", f.Placed), Href: base + "&state=placed"}, {Name: "未归位", Value: fmt.Sprint(f.Missing), Unit: "个", Href: base + "&state=missing", Kind: toneOf(f.Missing)}}},
		Filter: web.Filter{Action: listPath, Reset: base, Total: total, Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "名称、网址或单位"},
			{Kind: web.Select, Name: "state", Label: "归位情况", Options: []web.Option{{Label: "全部"}, {Value: matrix.Missing, Label: "未归位"}, {Value: matrix.Head, Label: "龙头"}, {Value: matrix.Derived, Label: "按台账归位"}, {Value: matrix.Placed, Label: "指定归位"}}},
			{Kind: web.Select, Name: "area", Label: "地区", Options: areas}}, Hidden: []web.Field{{Kind: web.Hidden, Name: "matrix", Value: string(k)}}},
		Table: web.Table{Caption: k.Name(), Quiet: true, Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "主办单位"}, {Head: "地区"}, {Head: "归位"}, {Head: "上级"}},
			Empty: web.Empty{Title: "没有符合条件的网站或账号", Text: "运行中的网站和账号登记入台账后，几分钟内出现在矩阵中。"}}}}
	for _, n := range list {
		name := web.Linked(n.Name, treeLink(n))
		name.Note = addressOf(n)
		up := web.Cell{Text: n.ParentName, Note: n.Reason}
		row := web.Row{}
		switch {
		case n.Standing == matrix.Missing:
			up.Text, row.Kind = n.Todo(), web.Warn
		case n.ParentName == "":
			up.Text = "全省龙头"
		}
		if may(n) {
			up.Links = []web.Link{{Text: "调整位置", Href: placeLink(n), Note: n.Name}}
		}
		row.Cells = []web.Cell{name, web.Text(n.UnitName), {Text: n.AreaName, Note: n.Level.Name()}, web.Tagged(standingTag(n)), up}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	return v
}

func toneOf(n int) web.Tone {
	if n > 0 {
		return web.Warn
	}
	return web.Good
}

var (
	sampleNodes = []matrix.Node{
		{Ref: registry.Ref{Kind: sx2021.Site, ID: "1"}, Matrix: matrix.Sites, Name: "西安市人民政府", Address: "www.xa.gov.cn", UnitName: "西安市人民政府办公厅", AreaName: "西安市", Level: org.City, Standing: matrix.Head, ParentName: "陕西省人民政府", Children: 3},
		{Ref: registry.Ref{Kind: sx2021.Account, ID: "2"}, Matrix: matrix.Accounts, Name: "雁塔发布", Platform: "微博", UnitName: "雁塔区人民政府办公室", AreaName: "雁塔区", Level: org.County, Standing: matrix.Missing, GapName: "雁塔区"}}
	hostileNode = matrix.Node{Ref: registry.Ref{Kind: sx2021.Site, ID: `"><b>`}, Matrix: matrix.Sites, Name: "<script>alert(1)</script>", Address: `"`, UnitName: "<b>", AreaName: "<i>", Standing: matrix.Placed, ParentName: "<u>", Reason: "</td><script>"}
	every       = func(matrix.Node) bool { return true }
)

var boardPage = web.Define(web.Plain, "pages/list.html", newBoard(matrix.Sites, matrix.Figures{}, nil, 0, nil, every), newBoard(matrix.Accounts, matrix.Figures{Head: 1, Derived: 4, Missing: 1}, sampleNodes, 2, nil, every),
	newBoard(matrix.Sites, matrix.Figures{Placed: 1}, []matrix.Node{hostileNode}, 1, nil, every), newTree(matrix.Sites, matrix.Branch{}, false, every, every), newTree(matrix.Accounts, matrix.Branch{Node: sampleNodes[0], Above: sampleNodes[:1], Below: sampleNodes}, true, every, every),
	newTree(matrix.Sites, matrix.Branch{Node: hostileNode, Above: []matrix.Node{hostileNode}, Below: []matrix.Node{hostileNode}}, true, every, every))

func filterOf(r *http.Request) (matrix.Filter, error) {
	q := r.URL.Query()
	f := matrix.Filter{Matrix: kindOf(r), Text: strings.TrimSpace(q.Get("q")), Standing: q.Get("state"), Under: org.AreaID(q.Get("area")), Limit: perPage, Offset: (web.PageOf(r) - 1) * perPage}
	if len([]rune(f.Text)) > 100 {
		return f, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	return f, nil
}

// areaOptions are the reader's area and those right below.
func (h *Handler) areaOptions(r *http.Request, scope authz.Scope) ([]web.Option, error) {
	out := []web.Option{{Label: "全部"}}
	home, err := h.org.Home(r.Context(), scope)
	if err != nil {
		return nil, err
	}
	if home.ID == "" {
		return out, nil
	}
	below, err := h.org.Areas(r.Context(), scope, home.ID)
	if err != nil {
		return nil, err
	}
	out = append(out, web.Option{Value: string(home.ID), Label: home.Name})
	for _, a := range below {
		out = append(out, web.Option{Value: string(a.ID), Label: "　" + a.Name})
	}
	return out, nil
}

func mayOf(r *http.Request) func(matrix.Node) bool {
	s := authz.SessionFrom(r.Context())
	if !s.May(authz.MatrixManage) {
		return func(matrix.Node) bool { return false }
	}
	scope := s.ScopeFor(authz.MatrixManage)
	return func(n matrix.Node) bool { return n.In(scope) }
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	scope := authz.ScopeFrom(r.Context())
	list, total, err := h.matrix.Nodes(r.Context(), scope, f)
	if err != nil {
		return err
	}
	figures, err := h.matrix.Figures(r.Context(), scope, f.Matrix)
	if err != nil {
		return err
	}
	areas, err := h.areaOptions(r, scope)
	if err != nil {
		return err
	}
	v := newBoard(f.Matrix, figures, list, total, areas, mayOf(r))
	v.Filter.Fill(r.URL.Query())
	v.Filter.Hidden[0].Value = string(f.Matrix)
	v.Pager = web.PagerOf(r, total, perPage)
	v.Exports = web.ExportActs(listPath+"/export", r.URL.Query())
	return boardPage.Render(w, r, v)
}

func (h *Handler) export(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r)
	if err != nil {
		return err
	}
	f.Limit, f.Offset = maxExport, 0
	list, total, err := h.matrix.Nodes(r.Context(), authz.ScopeFrom(r.Context()), f)
	if err != nil {
		return err
	}
	if err := web.MostExported(total, maxExport, "个"); err != nil {
		return err
	}
	rows := make([][]any, len(list))
	for i, n := range list {
		rows[i] = []any{n.Name, addressOf(n), n.UnitName, n.AreaName, n.Level.Name(), n.StandingName(), n.ParentName, n.Reason, n.Todo()}
	}
	return web.SendSheet(w, r, official.Sheet{Title: f.Matrix.Name(), Columns: []official.Column{{Title: "名称", Width: 30}, {Title: "平台和网址", Width: 36}, {Title: "主办单位", Width: 30}, {Title: "地区"}, {Title: "层级"}, {Title: "归位"}, {Title: "上级", Width: 30}, {Title: "指定理由", Width: 30}, {Title: "需要办理", Width: 40}}, Rows: slices.Values(rows)}, f.Matrix.Name())
}

func newTree(k matrix.Kind, b matrix.Branch, ok bool, may, reads func(matrix.Node) bool) board {
	v := board{web.ListView{Heading: web.Heading{Title: k.Name(), Lead: "从龙头逐级向下；点名称看它的下级。", Acts: []web.Act{{Text: "查看列表", Href: listPath + "?matrix=" + string(k)}}}, Trail: []web.Crumb{{Name: "矩阵", Href: listPath + "?matrix=" + string(k)}}, Tabs: tabs(k, treePath), Filter: web.Filter{Action: treePath, Total: -1},
		Table: web.Table{Caption: "下级", Columns: []web.Column{{Head: "名称", Wide: true}, {Head: "主办单位"}, {Head: "地区"}, {Head: "下级", Number: true}, {Head: "归位"}}, Empty: web.Empty{Title: "没有下级"}}}}
	if !ok {
		v.Table.Empty = web.Empty{Title: "矩阵还没有龙头", Text: "网站矩阵以省政府门户网站为龙头，政务新媒体矩阵以“" + matrix.HeadAccount + "”为龙头；登记入台账后自动成为龙头，也可以由主管单位指定。"}
		return v
	}
	v.Heading.Title, v.Heading.Above = b.Node.Name, k.Name()
	v.Heading.Tags = []web.Tag{standingTag(b.Node)}
	if may(b.Node) {
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "调整位置", Href: placeLink(b.Node)})
	}
	if reads(b.Node) { // the matrix is shown beyond what one keeps
		v.Heading.Acts = append(v.Heading.Acts, web.Act{Text: "台账记录", Href: b.Node.Ref.Link()})
	}
	for _, n := range b.Above {
		v.Trail = append(v.Trail, web.Crumb{Name: n.Name, Href: treeLink(n)})
	}
	if todo := b.Node.Todo(); todo != "" {
		v.Alert = web.Alert{Kind: web.Warn, Title: "还没有归位", Text: todo}
	}
	for _, n := range b.Below {
		name := web.Linked(n.Name, treeLink(n))
		name.Note = addressOf(n)
		where := web.Cell{Text: n.AreaName}
		if n.Line != "" {
			where.Note = org.LineName(n.Line)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{name, web.Text(n.UnitName), where, web.Figure(n.Children), web.Tagged(standingTag(n))}})
	}
	return v
}

func (h *Handler) tree(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	ref := registry.Ref{Kind: sx2021.ObjectKind(q.Get("kind")), ID: q.Get("id")}
	b, ok, err := h.matrix.Branch(r.Context(), authz.ScopeFrom(r.Context()), kindOf(r), ref)
	if err != nil {
		return err
	}
	k := kindOf(r)
	if ok {
		k = b.Node.Matrix
	}
	ledger := authz.SessionFrom(r.Context()).ScopeFor(authz.RegistryRead)
	return boardPage.Render(w, r, newTree(k, b, ok, mayOf(r), func(n matrix.Node) bool { return n.In(ledger) }))
}

func newPlace(n matrix.Node, find web.Filter, parents []matrix.Node) place {
	v := place{web.FormView{Heading: web.Heading{Title: "调整位置", Above: n.Name, Lead: "不另作安排的按台账归位：在本地区龙头之下，地区龙头在上一级龙头之下。"}, Trail: []web.Crumb{{Name: n.Matrix.Name(), Href: listPath + "?matrix=" + string(n.Matrix)}, {Name: n.Name, Href: treeLink(n)}}, Find: find}}
	up := n.ParentName
	if n.Standing == matrix.Missing {
		up = n.Todo()
	}
	v.Before = []web.Component{web.Summary{Terms: []web.Term{{Name: "现在的位置", Text: n.StandingName(), Note: up}, {Name: "主办单位", Text: n.UnitName}, {Name: "指定理由", Text: n.Reason, Note: n.By}}}}
	options := []web.Option{{Value: "ledger", Label: "按台账归位"}}
	if n.Kind != sx2021.App {
		options = append(options, web.Option{Value: "head", Label: "作为本地区矩阵的龙头（替换原来的龙头）"})
	}
	for _, p := range parents {
		options = append(options, web.Option{Value: string(p.Kind) + ":" + p.ID, Label: "归入“" + p.Name + "”之下（" + p.UnitName + "）"})
	}
	chosen := "ledger"
	switch {
	case n.Standing == matrix.Placed:
		chosen = string(n.Parent.Kind) + ":" + n.Parent.ID
	case n.Reason != "":
		chosen = "head"
	}
	if !slices.ContainsFunc(options, func(o web.Option) bool { return o.Value == chosen }) {
		options = append(options, web.Option{Value: chosen, Label: "归入“" + n.ParentName + "”之下（现在的位置）"})
	}
	v.Form = web.Form{Key: "matrix" + n.ID, Sections: []web.Section{{Fields: []web.Field{{Kind: web.Select, Name: "place", Label: "位置", Required: true, Options: options, Value: chosen, Hint: "没有列出的上级，请在上方查找"},
		{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 200, Rows: 2}}}}, Buttons: []web.Button{{Label: "保存位置"}}, Cancel: web.Link{Text: "取消", Href: treeLink(n)}}
	return v
}

var placePage = web.Define(web.Plain, "pages/form.html", newPlace(sampleNodes[0], web.Filter{}, nil), newPlace(sampleNodes[1], web.Filter{}, sampleNodes[:1]), newPlace(hostileNode, web.Filter{}, []matrix.Node{hostileNode}))

func (h *Handler) form(r *http.Request, kinds ...sx2021.ObjectKind) (matrix.Node, place, error) {
	scope := authz.ScopeFrom(r.Context())
	var n matrix.Node
	var err error
	for _, k := range kinds {
		if n, err = h.matrix.Node(r.Context(), scope, registry.Ref{Kind: k, ID: r.PathValue("id")}); !fault.Is(err, fault.NotFound) {
			break
		}
	}
	if err != nil {
		return n, place{}, err
	}
	text := strings.TrimSpace(r.URL.Query().Get("q"))
	if len([]rune(text)) > 100 {
		return n, place{}, fault.New(fault.Invalid, "查找的文字过长，请缩短到 100 字以内。").On("q", "请缩短")
	}
	parents, err := h.matrix.Parents(r.Context(), scope, n.Ref, text, 30)
	if err != nil {
		return n, place{}, err
	}
	find := web.Filter{Action: placeLink(n), Total: len(parents), Fields: []web.Field{{Kind: web.SearchBox, Name: "q", Label: "查找上级", Hint: "名称或单位；不填列出各地龙头"}}}
	find.Fill(r.URL.Query())
	return n, newPlace(n, find, parents), nil
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request, kinds ...sx2021.ObjectKind) error {
	_, v, err := h.form(r, kinds...)
	if err != nil {
		return err
	}
	return placePage.Render(w, r, v)
}

func (h *Handler) showSite(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, sx2021.Site)
}

func (h *Handler) showAccount(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, sx2021.Account, sx2021.App)
}

func (h *Handler) placeSite(w http.ResponseWriter, r *http.Request) error {
	return h.decide(w, r, sx2021.Site)
}

func (h *Handler) placeAccount(w http.ResponseWriter, r *http.Request) error {
	return h.decide(w, r, sx2021.Account, sx2021.App)
}

func (h *Handler) decide(w http.ResponseWriter, r *http.Request, kinds ...sx2021.ObjectKind) error {
	n, v, err := h.form(r, kinds...)
	if err != nil {
		return err
	}
	p := matrix.Place{Reason: web.Typed(r, "reason")}
	switch chosen := web.Typed(r, "place"); chosen {
	case "ledger":
	case "head":
		p.Head = true
	default:
		kind, id, ok := strings.Cut(chosen, ":")
		if !ok {
			err = fault.New(fault.Invalid, "没有选择位置。").On("place", "请选择位置")
		}
		p.Parent = registry.Ref{Kind: sx2021.ObjectKind(kind), ID: id}
	}
	if err == nil {
		err = h.matrix.Decide(r.Context(), authz.ScopeFrom(r.Context()), n.Ref, p)
	}
	if web.Mendable(err) {
		v.Again(r, err)
		return placePage.RenderStatus(w, r, web.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, treeLink(n), "位置已保存。")
}
