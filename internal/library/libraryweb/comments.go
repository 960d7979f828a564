package libraryweb

import (
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/prose"
	"zhengshu/internal/web"
)

// commentsPage is the text with the remarks on it, and beside it the list: the
// reviewer adds to it, the author takes over what is suggested, one press each.
type commentsPage struct {
	name    string
	trail   []web.Crumb
	Heading web.Heading
	Above   []web.Component
	Item    string // of the text's title
	HTML    template.HTML
	Entries []entry
	Says    string // when there are none
	Act     string // where an entry is settled
	Drop    string // where a remark is taken back
	Open    bool   // this person may remark now
	Form    web.Form
}

func (p commentsPage) Title() string       { return p.name }
func (p commentsPage) Crumbs() []web.Crumb { return p.trail }

// entry is one remark in the list.
type entry struct {
	N                     string // as marked in the text; empty: the words are gone
	ID                    string
	Where, Quote          string
	Says, Who, When, Note string
	Diff                  web.Diff // quote and suggestion; empty without one
	State                 web.Tag
	Accept                string // the words on the button; empty: nothing to settle
	Settle, Mine          bool
}

func (h *Handler) commentsOf(r *http.Request) (commentsPage, error) {
	ctx, scope, session := r.Context(), authz.ScopeFrom(r.Context()), authz.SessionFrom(r.Context())
	it, v, _, err := h.load(r, 0)
	if err != nil {
		return commentsPage{}, err
	}
	d, err := h.desk(r, it, v)
	if err != nil {
		return commentsPage{}, err
	}
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return commentsPage{}, err
	}
	p := commentsPage{name: "批注：" + it.Title, trail: itemCrumbs(it, "批注"), Heading: web.Heading{Title: "批注", Above: it.Title, Tags: tags(it)}, Item: v.Title,
		Act: it.Link() + "/comments/settle", Drop: it.Link() + "/comments/drop", Says: "还没有批注。"}
	author := session.May(authz.ItemWrite) && (it.State == library.Draft || it.State == library.Returned)
	var anchors []prose.Anchor
	n, open := 0, 0
	for _, c := range d.comments {
		if c.Round != d.sub.Round {
			continue
		}
		e := entryOf(c)
		at, ok := c.At, c.At.Block != library.TitleBlock
		if ok && (v.No != c.Version || doc.Quote(at) != c.Quote) {
			at, ok = doc.Find(c.At.Block, c.Quote)
		}
		if ok && c.State != "accepted" {
			n++
			at.ID = strconv.Itoa(n)
			e.N = at.ID
			anchors = append(anchors, at)
		}
		e.Settle = author && c.State == "open"
		if e.Settle {
			open++
			e.Accept = "标为已处理"
			if c.Suggests {
				e.Accept = "采纳"
			}
		}
		e.Mine = it.State == library.InReview && c.PersonID == session.PersonID
		p.Entries = append(p.Entries, e)
	}
	p.HTML = template.HTML(doc.DeskHTML(anchors)) // made by prose from the schema alone: safe by construction
	switch {
	case author && open > 0:
		p.Heading.Lead = fmt.Sprintf("还有 %d 处没有处理。采纳建议会立即改好正文，成为新的版本；键盘按 A 采纳第一处。", open)
		p.Heading.Acts = []web.Act{{Text: "继续修改", Href: it.Link() + "/edit"}}
	case author && len(p.Entries) > 0:
		p.Heading.Lead = "批注都已处理，可以继续修改或再次送审。"
		p.Heading.Acts = []web.Act{{Text: "继续修改", Href: it.Link() + "/edit", Primary: true}}
	case it.State == library.InReview:
		p.Heading.Acts = []web.Act{{Text: "回到审核", Href: it.Link() + "/review"}}
	}
	steps, err := h.lib.Steps(ctx, scope, it.ID)
	if err != nil {
		return p, err
	}
	p.Open = h.lib.MayReview(session, it, steps) || h.lib.MayStamp(session, it, steps)
	if p.Open {
		p.Form = web.Form{Action: it.Link() + "/comments", Key: "comment-" + string(it.ID), Sections: []web.Section{{Legend: "添加批注", Hint: "在左边选中文字会自动填入；也可以照抄原文。", Fields: []web.Field{
			{Kind: web.TextArea, Name: "quote", Label: "原文", Required: true, Rows: 2, Max: 500},
			{Kind: web.TextArea, Name: "says", Label: "意见", Rows: 2, Max: 500},
			{Kind: web.TextArea, Name: "suggestion", Label: "建议写法", Rows: 2, Max: 1000, Hint: "填写后作者可以一键采纳。"},
			{Kind: web.Check, Name: "cut", Value: "1", Label: "建议删去原文"},
			{Kind: web.Hidden, Name: "block", Value: "-2"}, {Kind: web.Hidden, Name: "round", Value: strconv.Itoa(it.Round)}}}},
			Buttons: []web.Button{{Label: "添加批注"}}}
	}
	return p, nil
}

func entryOf(c library.Remark) entry {
	e := entry{ID: c.ID, Quote: c.Quote, Says: c.Says, Who: c.Signed() + "（" + library.StageName(c.Stage) + "）", When: web.Minute(c.MadeAt), State: web.Tag{Text: c.StateName()}}
	if c.At.Block == library.TitleBlock {
		e.Where = "标题"
	}
	switch c.State {
	case "accepted":
		e.State.Kind = web.Good
	case "declined":
		e.State.Kind = web.Warn
	}
	if c.State != "open" {
		e.Note = c.SettledName + " " + web.Minute(c.SettledAt)
		if c.SettledVersion > 0 {
			e.Note += fmt.Sprintf("，成为第 %d 版", c.SettledVersion)
		}
		if c.SettledWhy != "" {
			e.Note += "：" + c.SettledWhy
		}
	}
	if c.Suggests {
		e.Diff = web.DiffOf("建议", c.Quote, c.Suggestion)
	}
	return e
}

func (h *Handler) comments(w http.ResponseWriter, r *http.Request) error {
	p, err := h.commentsOf(r)
	if err != nil {
		return err
	}
	return commentsView.Render(w, r, p)
}

func (h *Handler) comment(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "表单无法读取，请刷新后重试。").From(err)
	}
	f := r.PostForm
	round, errRound := number(f.Get("round"))
	block, errBlock := number(f.Get("block"))
	if errRound != nil || errBlock != nil {
		return fault.New(fault.Invalid, "页面内容不完整，请刷新后重试。")
	}
	n := library.Remarking{Round: round, Block: block, Quote: f.Get("quote"), Says: f.Get("says"), Suggestion: f.Get("suggestion"), Suggests: f.Get("suggestion") != "" || f.Get("cut") != ""}
	if f.Get("cut") != "" {
		n.Suggestion = ""
	}
	_, err := h.lib.Comment(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), n)
	if fault.Is(err, fault.Invalid) {
		p, again := h.commentsOf(r)
		if again != nil {
			return again
		}
		p.Form.Fill(f)
		p.Form.Wrong(err)
		return commentsView.RenderStatus(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return web.Done(w, r, itemPath(r)+"/comments", "批注已添加。退回时作者会逐处看到。")
}

func itemPath(r *http.Request) string { return library.Item{ID: idOf(r)}.Link() }

func (h *Handler) dropComment(w http.ResponseWriter, r *http.Request) error {
	if err := h.lib.DropComment(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("comment")); err != nil {
		return err
	}
	return web.Done(w, r, itemPath(r)+"/comments", "批注已撤回。")
}

func (h *Handler) settleComment(w http.ResponseWriter, r *http.Request) error {
	accept := r.PostFormValue("act") == "accept"
	it, err := h.lib.SettleComment(r.Context(), authz.ScopeFrom(r.Context()), idOf(r), r.PostFormValue("comment"), accept, r.PostFormValue("why"))
	if web.Mendable(err) {
		p, again := h.commentsOf(r)
		if again != nil {
			return again
		}
		p.Above = append(p.Above, web.Alert{Kind: web.Danger, Title: "没有处理", Text: fault.Of(err).Says})
		return commentsView.RenderStatus(w, r, web.StatusOf(err), p)
	}
	if err != nil {
		return err
	}
	said := "已记录为不采纳。"
	if accept {
		said = fmt.Sprintf("已处理，现在是第 %d 版。", it.Version)
	}
	return web.Done(w, r, it.Link()+"/comments", said)
}
