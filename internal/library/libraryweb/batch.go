package libraryweb

import (
	"fmt"
	"html/template"
	"net/http"

	"zhengshu/internal/authz"
	"zhengshu/internal/library"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// batchPage is GET /console/item-batches/{id}.
type batchPage struct {
	Heading web.Heading
	Notice  web.Alert
	Read    web.Progress
	Table   web.Table
	May     bool
	Form    web.Form
}

func (p batchPage) Title() string { return "批量审核 " + p.Heading.Above }
func (p batchPage) Crumbs() []web.Crumb {
	return crumbs(web.Crumb{Name: "批量审核 " + p.Heading.Above})
}

// newBatch draws a batch; open is how many remarks of the checks are open on
// an item that waits in it.
func newBatch(b library.Batch, open map[library.ItemID]int) batchPage {
	act := library.StageName(b.Stage) + "通过"
	p := batchPage{Heading: web.Heading{Title: "批量审核：" + b.Type.Name(), Above: b.Number, Lead: fmt.Sprintf("%s，%d 篇，拟%s。", b.UnitName, len(b.Items), act)},
		Table: web.Table{Caption: "本批稿件", Columns: []web.Column{{Head: "稿件", Wide: true}, {Head: "抽读"}, {Head: "结果"}}, Empty: web.Empty{Title: "本批没有稿件"}}}
	sampled := 0
	for _, c := range b.Items {
		read, out := web.Text("不需要"), web.Text("待办理")
		if c.Sampled {
			sampled++
			read = web.Tagged(web.Tag{Kind: web.Warn, Text: "需要先读"})
			if b.EndedAt.IsZero() {
				read.Links = []web.Link{{Text: "打开阅读", Href: b.Link() + "/read?item=" + string(c.Item.ID), Note: c.Item.Title}}
			}
			if !c.ReadAt.IsZero() {
				read = web.Cell{Tags: []web.Tag{{Kind: web.Good, Text: "已读"}}, Note: web.Minute(c.ReadAt)}
			}
		}
		row := web.Row{}
		if n := open[c.Item.ID]; n > 0 {
			out, row.Kind = openCell(c.Item, n), web.Warn
		}
		switch c.Outcome {
		case "done":
			out = web.Tagged(web.Tag{Kind: web.Good, Text: "已" + act})
		case "left":
			out, row.Kind = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "没有办理"}}, Note: c.Says}, web.Warn
		}
		row.Cells = []web.Cell{web.Linked(c.Item.Title, c.Item.Link()), read, out}
		p.Table.Rows = append(p.Table.Rows, row)
	}
	p.Read = web.Progress{Label: "抽读", Value: sampled - b.ToRead(), Max: sampled, Text: fmt.Sprintf("已读 %d/%d 篇", sampled-b.ToRead(), sampled)}
	switch {
	case !b.EndedAt.IsZero():
		p.Notice = web.Alert{Kind: web.Good, Title: fmt.Sprintf("已%s %d 篇，没有办理 %d 篇", act, b.Count("done"), b.Count("left")),
			Text: "每一篇单独记录意见和时间；没有办理的仍在待办中，原因见下表，不影响已办理的。"}
	case b.ToRead() > 0:
		p.Notice = web.Alert{Kind: web.Info, Title: fmt.Sprintf("请先读抽中的 %d 篇", b.ToRead()), Text: "系统按批次编号随机抽取。读完后可以对本批统一提出意见；每一篇单独记录，届时规定不符合的会留下并说明原因。"}
	default:
		p.Notice = web.Alert{Kind: web.Info, Title: "抽读完成，可以办理", Text: "意见会分别记入每一篇。五关没有盖齐的、检查提示没有处理的、或已被别人办理的会留下并说明原因，不影响其他各篇。"}
		p.May = true
		fields := []web.Field{{Kind: web.TextArea, Name: "opinion", Label: "意见", Max: 2000}}
		if b.Stage == string(sx2021.FinalReview) {
			fields = append([]web.Field{declareField()}, fields...)
		}
		p.Form = web.Form{Action: b.Link() + "/decide", Sections: []web.Section{{Legend: "统一意见", Fields: fields}}, Buttons: []web.Button{{Label: fmt.Sprintf("%s这 %d 篇", act, len(b.Items))}}, Cancel: web.Link{Text: "返回", Href: "/console/items?state=in_review"}}
	}
	return p
}

func (h *Handler) startBatch(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var ids []library.ItemID
	for _, id := range r.PostForm["item"] {
		ids = append(ids, library.ItemID(id))
	}
	b, err := h.lib.StartBatch(r.Context(), authz.ScopeFrom(r.Context()), ids)
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), fmt.Sprintf("批次 %s 已建立，请先读抽中的 %d 篇。", b.Number, b.ToRead()))
}

func (h *Handler) batch(w http.ResponseWriter, r *http.Request) error {
	return h.batchAs(w, r, http.StatusOK, nil)
}

func (h *Handler) batchAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	b, err := h.lib.BatchOf(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	open := map[library.ItemID]int{}
	for _, c := range b.Items {
		if c.Outcome != "" {
			continue
		}
		v, err := h.lib.Version(r.Context(), authz.ScopeFrom(r.Context()), c.Item.ID, 0)
		if err != nil {
			return err
		}
		results, err := h.lib.Results(r.Context(), authz.ScopeFrom(r.Context()), v)
		if err != nil {
			return err
		}
		open[c.Item.ID] = library.Unsettled(results)
	}
	p := newBatch(b, open)
	if wrong != nil {
		if !p.May {
			return wrong
		}
		p.Form.Fill(r.PostForm)
		p.Form.Wrong(wrong)
	}
	return batchView.RenderStatus(w, r, status, p)
}

// htmlOf is the version's text for the page: made by prose from the schema
// alone, safe by construction.
func htmlOf(v library.Version) template.HTML { return template.HTML(v.HTML) }

func (h *Handler) readInBatch(w http.ResponseWriter, r *http.Request) error {
	b, err := h.lib.BatchOf(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	v, err := h.lib.Version(r.Context(), authz.ScopeFrom(r.Context()), library.ItemID(r.URL.Query().Get("item")), 0)
	if err != nil {
		return err
	}
	return readView.Render(w, r, newBatchRead(b, v))
}

func newBatchRead(b library.Batch, v library.Version) readPage {
	return readPage{name: "抽读：" + v.Title, trail: crumbs(web.Crumb{Name: "批量审核 " + b.Number, Href: b.Link()}, web.Crumb{Name: "抽读"}), Heading: web.Heading{Title: "抽读", Above: b.Number, Tags: []web.Tag{{Kind: web.Warn, Text: "抽读"}}}, Item: v.Title, HTML: htmlOf(v), Open: true,
		Form: web.Form{Action: b.Link() + "/read", Sections: []web.Section{{Legend: "抽读确认", Hint: "读完后记录，系统留下阅读时间。", Fields: []web.Field{{Kind: web.Hidden, Name: "item", Value: string(v.Item)}}}}, Buttons: []web.Button{{Label: "已读完本篇"}}, Cancel: web.Link{Text: "返回本批", Href: b.Link()}}}
}

func (h *Handler) markRead(w http.ResponseWriter, r *http.Request) error {
	session, id := authz.SessionFrom(r.Context()), r.PathValue("id")
	if err := h.lib.ReadInBatch(r.Context(), session, id, library.ItemID(r.PostFormValue("item"))); err != nil {
		return err
	}
	b, err := h.lib.BatchOf(r.Context(), session, id)
	if err != nil {
		return err
	}
	said := "已记录阅读。抽读全部完成，可以办理。"
	if n := b.ToRead(); n > 0 {
		said = fmt.Sprintf("已记录阅读，还有 %d 篇。", n)
	}
	return web.Done(w, r, b.Link(), said)
}

func (h *Handler) decideBatch(w http.ResponseWriter, r *http.Request) error {
	opinion := r.PostFormValue("opinion") // parses the form
	was, err := h.lib.BatchOf(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if was.Stage == string(sx2021.FinalReview) && was.EndedAt.IsZero() {
		if ok, err := web.Prove(w, r); !ok {
			return err
		}
	}
	b, err := h.lib.DecideBatch(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), opinion, declared(r.PostForm))
	if web.Mendable(err) {
		return h.batchAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), fmt.Sprintf("本批办理完成：通过 %d 篇，没有办理 %d 篇。", b.Count("done"), b.Count("left")))
}
