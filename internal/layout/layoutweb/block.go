package layoutweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/layout"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
	"zhengshu/internal/web"
)

// formView is a page of one form.
type formView struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Alerts  []web.Alert
	Form    web.Form
	More    []web.Form // others, below
	After   []web.Component
}

func (v formView) Title() string       { return v.name }
func (v formView) Crumbs() []web.Crumb { return v.trail }

// spare are the empty lines for more links.
const spare = 3

// found are the items a search for something to pick gave.
type found struct {
	text  string
	items []library.Item
}

func newBlockForm(b layout.Board, o layout.Block, f *found) formView {
	spec, _ := layout.SpecOf(o.Kind)
	at := boardPath(b.ID)
	v := formView{name: spec.Name, Heading: web.Heading{Title: spec.Name, Above: b.Name(), Lead: spec.Says + "。"}}
	v.Form = web.Form{Cancel: web.Link{Text: "取消", Href: at}, Key: "block-" + string(b.ID) + "-" + string(o.Kind) + o.ID}
	hidden := []web.Field{{Kind: web.Hidden, Name: "rev", Value: strconv.Itoa(b.Rev)}, {Kind: web.Hidden, Name: "kind", Value: string(o.Kind)}}
	if o.ID == "" {
		v.trail = boardTrail(b, web.Crumb{Name: "添加版块"})
		v.Form.Action = at + "/new"
		var places []web.Option
		for i := range b.Blocks {
			places = append(places, web.Option{Value: strconv.Itoa(i), Label: fmt.Sprintf("第 %d 位，在“%s”之前", i+1, b.Blocks[i].Name())})
		}
		places = append(places, web.Option{Value: strconv.Itoa(len(b.Blocks)), Label: "最后"})
		hidden = append(hidden, web.Field{Kind: web.Select, Name: "at", Label: "放在", Options: places, Value: strconv.Itoa(len(b.Blocks))})
		v.Form.Buttons = []web.Button{{Label: "添加到草稿"}}
	} else {
		v.trail = boardTrail(b, web.Crumb{Name: spec.Name})
		v.Form.Action = at + "/blocks/" + url.PathEscape(o.ID)
		v.Form.Buttons = []web.Button{{Label: "保存到草稿"}}
	}
	fields := hidden
	if spec.Heading {
		fields = append(fields, web.Field{Name: "heading", Label: "版块标题", Value: o.Heading, Max: 20, Hint: "不填用通常的标题"})
	}
	if spec.Text > 0 {
		kind := web.TextLine
		if o.Kind == layout.Words {
			kind = web.TextArea
		}
		fields = append(fields, web.Field{Kind: kind, Name: "text", Label: spec.TextName, Value: o.Text, Max: spec.Text, Required: o.Kind == layout.Words, Rows: 6})
	}
	options := []web.Option{{Value: "", Label: "请选择"}}
	for _, c := range b.Columns {
		if spec.Type == "" || c.Type == spec.Type {
			options = append(options, web.Option{Value: string(c.ID), Label: c.Name + "（" + c.Type + "）"})
		}
	}
	for i := range spec.MaxColumns {
		f := web.Field{Kind: web.Select, Name: fmt.Sprintf("column%d", i+1), Label: "栏目", Options: options, Required: i < spec.MinColumns}
		if spec.MaxColumns > 1 {
			f.Label = fmt.Sprintf("第 %d 个栏目", i+1)
			if i >= spec.MinColumns {
				f.Hint = "可以不选"
			}
		}
		if i < len(o.Columns) {
			f.Value = string(o.Columns[i])
		}
		fields = append(fields, f)
	}
	if len(options) == 1 && spec.MaxColumns > 0 {
		v.Alerts = append(v.Alerts, web.Alert{Kind: web.Warn, Title: "没有合适的栏目", Text: "这种版块要用“" + spec.Type + "”类的栏目，请先新增。", Links: []web.Link{{Text: "栏目树", Href: "/console/sites/" + string(b.Site.ID) + "/columns"}}})
	}
	if spec.MaxCount > 0 {
		f := web.Field{Kind: web.Number, Name: "count", Label: "显示几条", Unit: "条", Narrow: true, Mode: "numeric", Hint: fmt.Sprintf("1 到 %d，不填为 %d", spec.MaxCount, spec.Usual)}
		if o.Count > 0 {
			f.Value = strconv.Itoa(o.Count)
		}
		fields = append(fields, f)
	}
	if spec.Pictures {
		fields = append(fields, web.Field{Kind: web.Check, Name: "pictures", Label: "显示图片", Checked: o.Pictures, Hint: "稿件里有图片的，在列表前显示"})
	}
	if spec.Briefs {
		fields = append(fields, web.Field{Kind: web.Check, Name: "briefs", Label: "显示摘要", Checked: o.Briefs})
	}
	v.Form.Sections = []web.Section{{Fields: fields}}
	if spec.Items > 0 {
		v.Form.Sections = append(v.Form.Sections, pickSection(o, f))
		v.Form.Buttons = append(v.Form.Buttons, web.Button{Label: "查找稿件", Name: "act", Value: "find", Plain: true, Skip: true})
	}
	if spec.Links > 0 {
		lines := min(spec.Links, len(o.Links)+spare)
		icons := []web.Option{{Value: "", Label: "通用"}}
		for _, i := range layout.IconNames {
			icons = append(icons, web.Option{Value: i.Key, Label: i.Name})
		}
		for i := range lines {
			var l layout.Link
			if i < len(o.Links) {
				l = o.Links[i]
			}
			n := strconv.Itoa(i + 1)
			section := web.Section{Legend: "链接 " + n, Fields: []web.Field{{Name: "text" + n, Label: "名称", Value: l.Text, Max: 30}, {Name: "href" + n, Label: "网址", Value: l.Href, Max: 500, Hint: "以 / 或 https:// 开头"}}}
			if i == 0 {
				section.Hint = fmt.Sprintf("最多 %d 个；名称和网址都不填的不算，保存后再给三行空的。", spec.Links)
			}
			if spec.Icons {
				section.Fields = append(section.Fields, web.Field{Name: "note" + n, Label: "说明", Value: l.Note, Max: 40}, web.Field{Kind: web.Select, Name: "icon" + n, Label: "图标", Options: icons, Value: l.Icon})
			}
			v.Form.Sections = append(v.Form.Sections, section)
		}
	}
	return v
}

// pickSection are the items that were picked and those a search gave.
func pickSection(o layout.Block, f *found) web.Section {
	s := web.Section{Legend: "稿件", Hint: "打勾的按列出的次序显示；去掉勾就移出。"}
	list := web.Field{Kind: web.Checks, Name: "items", Label: "挑选的稿件"}
	have := map[library.ItemID]bool{}
	if f == nil {
		f = &found{}
	}
	titles := map[library.ItemID]string{}
	for _, it := range f.items {
		titles[it.ID] = it.Title
	}
	for _, id := range o.Items {
		have[id] = true
		label := titles[id]
		if label == "" {
			label = "稿件 " + string(id)
		}
		list.Options = append(list.Options, web.Option{Value: string(id), Label: label})
		list.Values = append(list.Values, string(id))
	}
	for _, it := range f.items {
		if !have[it.ID] {
			list.Options = append(list.Options, web.Option{Value: string(it.ID), Label: it.Title, Hint: it.UnitName + "，" + web.Minute(it.PublishedAt)})
		}
	}
	if len(list.Options) > 0 {
		s.Fields = append(s.Fields, list)
	}
	if len(o.Items) > 1 {
		first := web.Field{Kind: web.Select, Name: "first", Label: "排到最前的一篇", Options: []web.Option{{Label: "次序不变"}}}
		for _, id := range o.Items {
			first.Options = append(first.Options, web.Option{Value: string(id), Label: titles[id]})
		}
		s.Fields = append(s.Fields, first)
	}
	s.Fields = append(s.Fields, web.Field{Name: "find", Label: "按标题查找", Value: f.text, Max: 60, Hint: "填几个字，点“查找稿件”，再在上面打勾"})
	return s
}

// readBlock is what was typed.
func readBlock(r *http.Request) layout.Block {
	b := layout.Block{ID: r.PathValue("block"), Kind: layout.Kind(typed(r, "kind")), Heading: typed(r, "heading"), Text: typed(r, "text"), Pictures: r.PostForm.Has("pictures"), Briefs: r.PostForm.Has("briefs")}
	spec, _ := layout.SpecOf(b.Kind)
	for i := range spec.MaxColumns {
		if c := typed(r, fmt.Sprintf("column%d", i+1)); c != "" {
			b.Columns = append(b.Columns, registry.ColumnID(c))
		}
	}
	if s := typed(r, "count"); s != "" {
		b.Count = number(s)
	}
	if spec.Items > 0 {
		first := typed(r, "first")
		for _, s := range r.PostForm["items"] {
			if id := library.ItemID(s); s != "" && !slices.Contains(b.Items, id) {
				if s == first {
					b.Items = slices.Insert(b.Items, 0, id)
				} else {
					b.Items = append(b.Items, id)
				}
			}
		}
	}
	for i := range spec.Links {
		n := strconv.Itoa(i + 1)
		l := layout.Link{Text: typed(r, "text"+n), Href: typed(r, "href"+n), Note: typed(r, "note"+n), Icon: typed(r, "icon"+n)}
		if l.Text != "" || l.Href != "" {
			b.Links = append(b.Links, l)
		}
	}
	return b
}

// pickable are public items for a search, and the titles of what is picked.
func (h *Handler) pickable(ctx context.Context, r *http.Request, o layout.Block) (*found, error) {
	spec, _ := layout.SpecOf(o.Kind)
	if spec.Items == 0 {
		return nil, nil
	}
	f := &found{text: typed(r, "find")}
	scope := authz.SessionFrom(ctx).ScopeFor(authz.ItemRead)
	var err error
	f.items, err = h.layouts.Pickable(ctx, scope, f.text, o.Items)
	return f, err
}

func (h *Handler) blockForm(w http.ResponseWriter, r *http.Request, o layout.Block, wrong error) error {
	ctx := r.Context()
	b, err := h.layouts.Board(ctx, authz.ScopeFrom(ctx), boardOf(r))
	if err != nil {
		return err
	}
	f, err := h.pickable(ctx, r, o)
	if err != nil {
		return err
	}
	v := newBlockForm(b, o, f)
	if wrong != nil {
		v.Form.Wrong(wrong)
		return formPage.RenderStatus(w, r, web.StatusOf(wrong), v)
	}
	return formPage.Render(w, r, v)
}

func (h *Handler) newBlock(w http.ResponseWriter, r *http.Request) error {
	kind := layout.Kind(r.URL.Query().Get("kind"))
	if _, ok := layout.SpecOf(kind); !ok {
		kind = layout.List
	}
	return h.blockForm(w, r, layout.Block{Kind: kind}, nil)
}

func (h *Handler) addBlock(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o := readBlock(r)
	if typed(r, "act") == "find" {
		return h.blockForm(w, r, o, nil)
	}
	b, id, err := h.layouts.AddBlock(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), o, number(typed(r, "at")))
	if web.Mendable(err) {
		return h.blockForm(w, r, o, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, boardPath(b.ID)+"#b-"+id, "已添加到草稿，发布前读者看不到。")
}

func (h *Handler) block(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	b, err := h.layouts.Board(ctx, authz.ScopeFrom(ctx), boardOf(r))
	if err != nil {
		return err
	}
	o, ok := b.Block(r.PathValue("block"))
	if !ok {
		return missingBlock()
	}
	return h.blockForm(w, r, o, nil)
}

func (h *Handler) setBlock(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o := readBlock(r)
	if typed(r, "act") == "find" {
		return h.blockForm(w, r, o, nil)
	}
	b, err := h.layouts.SetBlock(ctx, authz.ScopeFrom(ctx), boardOf(r), number(typed(r, "rev")), o)
	if web.Mendable(err) {
		return h.blockForm(w, r, o, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, boardPath(b.ID)+"#b-"+o.ID, "已保存到草稿。")
}
