package libraryweb

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/library"
	"zhengshu/internal/web"
)

// targetOf reads which item is meant: its number, or the address of its page on
// a site or in the console.
func targetOf(s string) library.ItemID {
	s = strings.TrimSpace(s)
	if u, err := url.Parse(s); err == nil {
		s = strings.TrimSuffix(path.Base(u.Path), ".html")
	}
	if s = strings.ToUpper(s); len(s) != 26 {
		return ""
	}
	return library.ItemID(s)
}

// endPage is GET /console/items/{id}/end: what becomes of the page of a public
// item.
func (h *Handler) endPage(r *http.Request) (actPage, error) {
	it, _, _, err := h.load(r, 0)
	if err != nil {
		return actPage{}, err
	}
	ends, err := h.lib.Ends(r.Context(), authz.ScopeFrom(r.Context()), it.ID)
	if err != nil {
		return actPage{}, err
	}
	reach, err := h.reach(r, it, "涉及的栏目")
	if err != nil {
		return actPage{}, err
	}
	return newEnd(it, ends, reach), nil
}

func newEnd(it library.Item, ends []library.End, reach []web.Component) actPage {
	p := actPage{name: "处理已公开稿件：" + it.Title, trail: itemCrumbs(it, "处理已公开稿件"), Heading: web.Heading{Title: "处理已公开稿件", Above: it.Title, Tags: tags(it)}, Above: reach}
	events := make([]web.Event, 0, len(ends))
	undo := []web.Option{}
	for _, e := range ends {
		text := e.Kind.Name()
		if e.TargetTitle != "" {
			text += "：" + e.TargetTitle
		}
		if e.Class != "" {
			text += "（" + e.Class + "）"
		}
		note := "理由：" + e.Reason
		if !e.UndoneAt.IsZero() {
			note += "。已于 " + e.UndoneAt.In(calendar.Shanghai).Format(time.DateOnly) + " 取消：" + e.UndoneWhy
		} else if e.Kind.Stays() {
			undo = append(undo, web.Option{Value: string(e.Kind), Label: e.Kind.Name()})
		}
		events = append(events, web.Event{At: e.At, Who: e.PersonName, Title: text, Text: note})
	}
	if len(events) > 0 {
		p.Above = append(p.Above, web.Timeline{Title: "以往处理", Events: events})
	}
	kinds := make([]web.Option, 0, len(library.EndKinds))
	for _, k := range library.EndKinds {
		kinds = append(kinds, web.Option{Value: string(k), Label: k.Name(), Hint: k.Says(), Disabled: !it.Live() && (k.Stays() || k == library.EndWithdrawn)})
	}
	classes := []web.Option{{Label: "请选择"}}
	for _, c := range library.EndClasses {
		classes = append(classes, web.Option{Value: c, Label: c})
	}
	p.Form = web.Form{Action: it.Link() + "/end", Sections: []web.Section{{Fields: []web.Field{
		{Kind: web.Radios, Name: "kind", Label: "怎样处理", Required: true, Options: kinds},
		{Kind: web.Select, Name: "class", Label: "对外说明的原因类别", Options: classes, Hint: "撤稿时必选，显示在原网址上"},
		{Name: "target", Label: "新稿件", Max: 300, Hint: "并入新稿、已被替代时必填：已公开稿件的网址或编号"},
		{Kind: web.TextArea, Name: "reason", Label: "理由", Required: true, Max: 500, Rows: 3, Hint: "只记入审核记录，不对外显示"}}}},
		Buttons: []web.Button{{Label: "按所选方式处理", Kind: web.Danger}}, Cancel: web.Link{Text: "不处理", Href: it.Link()}}
	if len(undo) > 0 {
		p.Below = []web.Form{{Action: it.Link() + "/end/undo", Sections: []web.Section{{Legend: "取消处理", Fields: []web.Field{
			{Kind: web.Radios, Name: "undo", Label: "取消哪一项", Required: true, Options: undo},
			{Name: "why", Label: "取消的理由", Required: true, Max: 300}}}}, Buttons: []web.Button{{Label: "取消这项处理", Plain: true}}}}
	}
	return p
}

func (h *Handler) showEnd(w http.ResponseWriter, r *http.Request) error {
	p, err := h.endPage(r)
	if err != nil {
		return err
	}
	return actView.Render(w, r, p)
}

func (h *Handler) end(w http.ResponseWriter, r *http.Request) error {
	n := library.Ending{Kind: library.EndKind(r.PostFormValue("kind")), Class: r.PostFormValue("class"), Target: targetOf(r.PostFormValue("target")), Reason: r.PostFormValue("reason")}
	err := h.lib.EndItem(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), n)
	return h.acted(w, r, err, h.endPage, "/console/items/"+url.PathEscape(string(idOf(r))), "已按“"+n.Kind.Name()+"”处理，各站点随下一次发布更新。")
}

func (h *Handler) undoEnd(w http.ResponseWriter, r *http.Request) error {
	kind := library.EndKind(r.PostFormValue("undo"))
	if err := h.lib.UndoEnd(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), kind, r.PostFormValue("why")); err != nil {
		return err
	}
	return web.Done(w, r, "/console/items/"+url.PathEscape(string(idOf(r))), "已取消“"+kind.Name()+"”。")
}
