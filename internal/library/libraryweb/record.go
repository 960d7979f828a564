package libraryweb

import (
	"fmt"
	"net/http"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
)

// recordPage is the 三审三校 record of an item: to read, to print on A4, to
// take along as DOCX or PDF. All three say the same.
type recordPage struct {
	name    string
	trail   []web.Crumb
	Item    string
	Number  string
	State   string
	Printed calendar.Date
	Facts   [][2]string
	Says    string // when nothing was submitted
	Rounds  []recordRound
	Asked   [][]string // unit, opinion, text, who and when
	Checks  [][]string
	Files   []web.Link
}

// recordRound is one submission with all that was said of it.
type recordRound struct {
	Title    string
	Facts    [][2]string
	Gates    [][]string // gate, state, who, when
	Reviews  [][]string // stage, result, opinion, who and when
	Comments [][]string // words, remark, suggestion, what became of it
	After    string
}

func (p recordPage) Title() string       { return p.name }
func (p recordPage) Crumbs() []web.Crumb { return p.trail }

func (h *Handler) recordOf(r *http.Request) (recordPage, error) {
	ctx, scope := r.Context(), authz.ScopeFrom(r.Context())
	it, v, _, err := h.load(r, 0)
	if err != nil {
		return recordPage{}, err
	}
	rec, err := h.lib.Record(ctx, scope, it.ID)
	if err != nil {
		return recordPage{}, err
	}
	d, err := h.desk(r, it, v)
	if err != nil {
		return recordPage{}, err
	}
	e, urgent, err := h.lib.EmergencyOf(ctx, scope, it.ID)
	if err != nil {
		return recordPage{}, err
	}
	p := newRecord(it, v, rec, d.asked, d.checks, web.FrameOf(r).Today)
	for i := range p.Rounds {
		if urgent && rec[i].Round == e.Round {
			p.Rounds[i].After = strings.TrimSpace(e.StateName() + " " + e.Opinion)
			if e.Verdict != "" {
				p.Rounds[i].After += "（" + e.Signed() + "，" + web.Minute(e.ReviewedAt) + "）"
			}
		}
	}
	return p, nil
}

func newRecord(it library.Item, v library.Version, rec []library.Submitted, asked []library.Asking, checks []library.FactCheck, today calendar.Date) recordPage {
	p := recordPage{name: "三审三校记录：" + it.Title, trail: itemCrumbs(it, "三审三校记录"), Item: it.Title, Number: v.DocNo, State: it.StateName(), Printed: today,
		Files: []web.Link{{Text: "下载 DOCX", Href: it.Link() + "/record/file?as=docx"}, {Text: "下载 PDF", Href: it.Link() + "/record/file?as=pdf"}, {Text: "返回稿件", Href: it.Link()}}}
	fact := func(list *[][2]string, name, text string) {
		if text != "" {
			*list = append(*list, [2]string{name, text})
		}
	}
	fact(&p.Facts, "单位", it.UnitName)
	fact(&p.Facts, "类型", it.Type.Name()+"，"+it.Meta.Origin.Name())
	fact(&p.Facts, "来源", v.Source)
	fact(&p.Facts, "涉及单位", v.Involves)
	fact(&p.Facts, "已沟通", v.Consulted)
	fact(&p.Facts, "首发时间", web.Minute(it.FirstPublishedAt))
	fact(&p.Facts, "内容摘要值", grouped(v.SHA256))
	if len(rec) == 0 {
		p.Says = "还没有送审。"
		if it.Meta.Origin == library.MovedIn {
			p.Says = "存量迁入：依据已批准的迁入事项公开，没有逐篇审核。"
		}
	}
	for _, n := range rec {
		p.Rounds = append(p.Rounds, roundOf(n))
	}
	for _, a := range asked {
		name := a.UnitName
		if a.Required {
			name += "（必须）"
		}
		when := "应于 " + a.Due.Chinese() + " 前答复"
		if a.State != library.Asked {
			when = strings.TrimSpace(a.Signed() + " " + web.Minute(a.EndedAt))
		}
		text := a.Answer
		if a.State == library.Answered {
			text = strings.TrimSpace(fmt.Sprintf("%s（对第 %d 版）", text, a.AnsweredVersion))
		}
		p.Asked = append(p.Asked, []string{name, a.StateName(), text, when})
	}
	for _, c := range checks {
		when := "由" + c.PersonName + "发起，" + web.Minute(c.MadeAt)
		if c.State == library.Answered {
			when = c.AnswerUnit + " " + c.AnswerName + " " + web.Minute(c.AnsweredAt)
		}
		p.Checks = append(p.Checks, []string{fmt.Sprintf("%s（第 %d 版）", c.Invited, c.Version), c.StateName(), c.Answer, when})
	}
	return p
}

// grouped parts a digest, so that a line of print can end between its groups.
func grouped(digest string) string {
	var parts []string
	for len(digest) > 16 {
		parts, digest = append(parts, digest[:16]), digest[16:]
	}
	return strings.Join(append(parts, digest), " ")
}

func roundOf(n library.Submitted) recordRound {
	o := recordRound{Title: fmt.Sprintf("第 %d 次送审（第 %d 版）", n.Round, n.Version)}
	fact := func(name, text string) {
		if text != "" {
			o.Facts = append(o.Facts, [2]string{name, text})
		}
	}
	fact("送审", n.PersonName+"，"+web.Minute(n.At))
	var route []string
	for _, t := range n.Steps {
		words := library.StageName(t.Stage)
		if t.Needed > 1 {
			words += fmt.Sprintf("（%d 人）", t.Needed)
		}
		route = append(route, words)
	}
	whose := "全省默认流程"
	switch {
	case n.Emergency != "":
		whose = "应急通道"
	case n.RouteVersion > 0 && n.RouteUnit == "":
		whose = fmt.Sprintf("全省流程第 %d 版", n.RouteVersion)
	case n.RouteVersion > 0:
		whose = fmt.Sprintf("%s流程第 %d 版", n.RouteUnit, n.RouteVersion)
	}
	fact("审核流程", strings.Join(route, " → ")+"（"+whose+"）")
	fact("应急理由", n.Emergency)
	fact("保留提示的理由", n.Reason)
	fact("名单外转载理由", n.RepostReason)
	for _, g := range sx2021.Gates() {
		row := []string{library.GateName(g), "未把关", "", ""}
		for _, s := range n.Stamps { // the last one counts, every one is told
			if s.Gate != g {
				continue
			}
			if row[2] != "" {
				o.Gates = append(o.Gates, row)
			}
			state := "通过"
			if !s.Passed {
				state = "不通过"
			}
			if s.Note != "" {
				state += "：" + s.Note
			}
			row = []string{library.GateName(g), state, strings.TrimSpace(s.Unit + " " + s.Signed()), web.Minute(s.At)}
		}
		o.Gates = append(o.Gates, row)
	}
	for _, r := range n.Opinions {
		result := "通过"
		if r.Verdict == library.Return {
			result = "退回"
		}
		text := r.Opinion
		if r.Stage == string(sx2021.FinalReview) && r.Verdict == library.Pass {
			text = strings.TrimSpace(text + " 六项声明均已确认。")
		}
		if r.Reason != "" {
			text += " 保留检查提示的理由：" + r.Reason
		}
		if r.Batch != "" {
			text = strings.TrimSpace(text + " 批量审核，抽读后办理。")
		}
		o.Reviews = append(o.Reviews, []string{library.StageName(r.Stage), result, text, strings.TrimSpace(r.ReviewerUnit+" "+r.Signed()) + " " + web.Minute(r.At)})
	}
	for _, c := range n.Comments {
		suggestion := "—"
		switch {
		case c.Suggests && c.Suggestion == "":
			suggestion = "删去"
		case c.Suggests:
			suggestion = c.Suggestion
		}
		o.Comments = append(o.Comments, []string{c.Quote, strings.TrimSuffix(c.Signed()+"："+c.Says, "："), suggestion, strings.TrimSpace(c.StateName() + " " + c.SettledName + " " + c.SettledWhy)})
	}
	return o
}

// document is the record as an official paper.
func (p recordPage) document() *official.Document {
	d := &official.Document{Title: "三审三校记录", Note: "由信息资源库于" + p.Printed.Chinese() + "生成"}
	d.Heading(1, "稿件")
	d.Paragraph("标题：" + p.Item)
	for _, f := range p.Facts {
		d.Paragraph(f[0] + "：" + f[1])
	}
	d.Paragraph("状态：" + p.State)
	if p.Says != "" {
		d.Paragraph(p.Says)
	}
	for _, n := range p.Rounds {
		d.Heading(1, n.Title)
		for _, f := range n.Facts {
			d.Paragraph(f[0] + "：" + f[1])
		}
		d.Table(official.Grid{Caption: "五关", Header: []string{"关口", "结论", "把关人", "时间"}, Widths: []int{2, 4, 4, 3}, Rows: n.Gates})
		if len(n.Reviews) > 0 {
			d.Table(official.Grid{Caption: "审核意见", Header: []string{"环节", "结论", "意见", "审核人和时间"}, Widths: []int{1, 1, 4, 3}, Rows: n.Reviews})
		}
		if len(n.Comments) > 0 {
			d.Table(official.Grid{Caption: "批注", Header: []string{"原文", "意见", "建议写法", "处理"}, Widths: []int{3, 3, 3, 2}, Rows: n.Comments})
		}
		if n.After != "" {
			d.Paragraph("应急发布补审：" + n.After)
		}
	}
	if len(p.Asked) > 0 {
		d.Heading(1, "意见征询")
		d.Table(official.Grid{Header: []string{"单位", "意见", "内容", "答复人和时间"}, Widths: []int{3, 1, 4, 3}, Rows: p.Asked})
	}
	if len(p.Checks) > 0 {
		d.Heading(1, "外部事实核查")
		d.Table(official.Grid{Header: []string{"核查人", "结果", "说明", "答复人和时间"}, Widths: []int{3, 2, 4, 3}, Rows: p.Checks})
	}
	return d
}

func (h *Handler) record(w http.ResponseWriter, r *http.Request) error {
	p, err := h.recordOf(r)
	if err != nil {
		return err
	}
	return recordView.Render(w, r, p)
}

func (h *Handler) recordFile(w http.ResponseWriter, r *http.Request) error {
	p, err := h.recordOf(r)
	if err != nil {
		return err
	}
	return web.SendDocument(w, r, p.document(), "记录", "三审三校记录-"+p.Item)
}
