package approvalweb

import (
	"fmt"
	"net/http"
	"strings"

	"zhengshu/internal/approval"
	"zhengshu/internal/authz"
	"zhengshu/internal/web"
)

// batchView is GET /console/batches/{id}.
type batchView struct {
	Heading web.Heading
	Notice  web.Alert
	Read    web.Progress
	Table   web.Table
	Form    web.Form
	May     bool
}

// Title of the document.
func (v batchView) Title() string { return "批量办理 " + v.Heading.Above }

// Crumbs of the page.
func (v batchView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath + "?mine=todo"}, {Name: v.Heading.Above}}
}

func newBatchView(b approval.Batch, kindName string) batchView {
	act := approval.Machine.ActName(b.Act)
	v := batchView{Heading: web.Heading{Title: "批量办理：" + kindName, Above: b.Number, Lead: fmt.Sprintf("%s，%d 件，拟%s。", b.UnitName, len(b.Cases), act)},
		Table: web.Table{Caption: "本批事项", Columns: []web.Column{{Head: "事项", Wide: true}, {Head: "申请单位"}, {Head: "抽读"}, {Head: "结果"}}, Empty: web.Empty{Title: "本批没有事项"}}}
	sampled := 0
	for _, c := range b.Cases {
		read, out := web.Text("不需要"), web.Text("待办理")
		if c.Sampled {
			sampled++
			read = web.Tagged(web.Tag{Kind: web.Warn, Text: "需要先读"})
			if b.EndedAt.IsZero() {
				read.Links = []web.Link{{Text: "打开阅读", Href: b.Link() + "/read?case=" + string(c.Case.ID), Note: c.Case.Number}}
			}
			if !c.ReadAt.IsZero() {
				read = web.Cell{Tags: []web.Tag{{Kind: web.Good, Text: "已读"}}, Note: web.Minute(c.ReadAt)}
			}
		}
		row := web.Row{}
		switch c.Outcome {
		case "done":
			out = web.Tagged(web.Tag{Kind: web.Good, Text: "已" + act})
		case "left":
			out, row.Kind = web.Cell{Tags: []web.Tag{{Kind: web.Warn, Text: "没有办理"}}, Note: c.Says}, web.Warn
		}
		row.Cells = []web.Cell{{Text: c.Case.Title, Href: c.Case.Link(), Note: c.Case.Number}, web.Text(c.Case.UnitName), read, out}
		v.Table.Rows = append(v.Table.Rows, row)
	}
	v.Read = web.Progress{Label: "抽读", Value: sampled - b.ToRead(), Max: sampled, Text: fmt.Sprintf("已读 %d/%d 件", sampled-b.ToRead(), sampled)}
	switch {
	case !b.EndedAt.IsZero():
		v.Notice = web.Alert{Kind: web.Good, Title: fmt.Sprintf("已%s %d 件，没有办理 %d 件", act, b.Count("done"), b.Count("left")),
			Text: "每一件单独记录意见和时间；没有办理的仍在待办中，原因见下表，不影响已办理的。"}
	case b.ToRead() > 0:
		v.Notice = web.Alert{Kind: web.Info, Title: fmt.Sprintf("请先读抽中的 %d 件", b.ToRead()), Text: "系统按批次编号随机抽取。读完后可以对本批统一提出意见；每一件单独记录，届时规定不符合的会留下并说明原因。"}
	default:
		v.Notice = web.Alert{Kind: web.Info, Title: "抽读完成，可以办理", Text: "意见会分别记入每一件。届时规定不符合的、或已被别人办理的会留下并说明原因，不影响其他各件。"}
		v.May = true
		phrase := phraseField()
		v.Form = web.Form{Action: b.Link() + "/decide", Sections: []web.Section{{Legend: "统一意见", Fields: []web.Field{phrase, {Kind: web.TextArea, Name: "opinion", Label: "意见", Max: 2000}}}},
			Buttons: []web.Button{{Label: fmt.Sprintf("%s这 %d 件", act, len(b.Cases))}}, Cancel: web.Link{Text: "返回", Href: casesPath + "?mine=todo"}}
	}
	return v
}

var batchPage = web.Define(views, "views/batch.html", newBatchView(approval.Batch{}, "开设网站申请"), newBatchView(sampleBatch(0), "开设网站申请"), newBatchView(sampleBatch(1), "开设网站申请"), newBatchView(sampleBatch(2), "开设网站申请"),
	newBatchView(approval.Batch{ID: `"><b>`, Number: `<script>`, Cases: []approval.BatchCase{{Case: approval.Case{ID: `"><i>`, Title: "<script>alert(1)</script>"}, BatchPart: approval.BatchPart{Sampled: true, Says: `"><b>`, Outcome: "left"}}}}, `<b>`))

func (h *Handler) startBatch(w http.ResponseWriter, r *http.Request) error {
	var ids []approval.CaseID
	if err := r.ParseForm(); err != nil {
		return err
	}
	for _, id := range r.PostForm["case"] {
		ids = append(ids, approval.CaseID(id))
	}
	b, err := h.approvals.StartBatch(r.Context(), authz.ScopeFrom(r.Context()), ids)
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), fmt.Sprintf("批次 %s 已建立，请先读抽中的 %d 件。", b.Number, b.ToRead()))
}

func (h *Handler) batch(w http.ResponseWriter, r *http.Request) error {
	return h.batchAs(w, r, http.StatusOK, nil)
}

func (h *Handler) batchAs(w http.ResponseWriter, r *http.Request, status int, wrong error) error {
	b, err := h.approvals.BatchOf(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := newBatchView(b, h.approvals.KindName(b.Kind))
	if wrong != nil {
		if !v.May {
			return wrong
		}
		v.Form.Fill(r.PostForm)
		v.Form.Wrong(wrong)
	}
	return batchPage.RenderStatus(w, r, status, v)
}

// readView is GET /console/batches/{id}/read: one case of the sample, whole.
type readView struct {
	Heading web.Heading
	Digest  web.Summary
	Facts   []web.Summary
	Checks  web.Breaches
	Files   web.Table
	Story   web.Timeline
	Form    web.Form
}

// Title of the document.
func (v readView) Title() string { return "抽读 " + v.Heading.Above }

// Crumbs of the page.
func (v readView) Crumbs() []web.Crumb {
	return []web.Crumb{{Name: "工作台", Href: "/console"}, {Name: "审批事项", Href: casesPath + "?mine=todo"}, {Name: v.Heading.Above}}
}

func newReadView(n whole, b approval.Batch, who reader) readView {
	return readView{Heading: web.Heading{Title: n.Case.Title, Above: n.Case.Number, Tags: []web.Tag{{Kind: web.Warn, Text: "抽读 " + b.Number}}}, Digest: digestOf(n, who.today),
		Facts: summaries(n.Shown.Facts), Checks: checksOf(n.Shown), Files: filesOf(n), Story: timelineOf(n),
		Form: web.Form{Action: b.Link() + "/read", Sections: []web.Section{{Legend: "抽读确认", Hint: "读完内容、规则核对和附件后记录，系统留下阅读时间。", Fields: []web.Field{{Kind: web.Hidden, Name: "case", Value: string(n.Case.ID)}}}},
			Buttons: []web.Button{{Label: "已读完本件"}}, Cancel: web.Link{Text: "返回本批", Href: b.Link()}}}
}

var readPage = web.Define(views, "views/read.html", newReadView(sampleWhole(approval.InReview), sampleBatch(0), sampleReader(true)), readView{Heading: web.Heading{Title: `<script>`, Above: `"><b>`}})

func (h *Handler) readCase(w http.ResponseWriter, r *http.Request) error {
	id := approval.CaseID(r.URL.Query().Get("case"))
	b, err := h.approvals.BatchOf(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := h.whole(r, id)
	if err != nil {
		return err
	}
	return readPage.Render(w, r, newReadView(n, b, h.reader(r, n)))
}

func (h *Handler) markRead(w http.ResponseWriter, r *http.Request) error {
	session, id := authz.SessionFrom(r.Context()), r.PathValue("id")
	if err := h.approvals.ReadInBatch(r.Context(), session, id, approval.CaseID(r.PostFormValue("case"))); err != nil {
		return err
	}
	b, err := h.approvals.BatchOf(r.Context(), session, id)
	if err != nil {
		return err
	}
	said := "已记录阅读。抽读全部完成，可以办理。"
	if n := b.ToRead(); n > 0 {
		said = fmt.Sprintf("已记录阅读，还有 %d 件。", n)
	}
	return web.Done(w, r, b.Link(), said)
}

func (h *Handler) decideBatch(w http.ResponseWriter, r *http.Request) error {
	was, err := h.approvals.BatchOf(r.Context(), authz.SessionFrom(r.Context()), r.PathValue("id"))
	if err != nil {
		return err
	}
	if was.Act == "approve" && was.EndedAt.IsZero() {
		if ok, err := web.Prove(w, r); !ok {
			return err
		}
	}
	b, err := h.approvals.DecideBatch(r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context()), r.PathValue("id"), strings.TrimSpace(opinionOf(r)))
	if typed(err) {
		return h.batchAs(w, r, http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, b.Link(), fmt.Sprintf("批次 %s：已%s %d 件，没有办理 %d 件。", b.Number, approval.Machine.ActName(b.Act), b.Count("done"), b.Count("left")))
}
