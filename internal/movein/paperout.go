package movein

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/prose"
)

// Paper is a version as an official document, ready to be written as DOCX in
// the layout of GB/T 9704. Pictures are named by their description: the layout
// of an official document has none.
func Paper(v library.Version) (*official.Document, error) {
	doc, err := prose.Parse([]byte(v.Doc))
	if err != nil {
		return nil, err
	}
	d := &official.Document{Title: v.Title, Number: v.DocNo}
	w := paperOut{d: d}
	for _, n := range doc.Content {
		w.block(n)
	}
	if d.Issuer == "" {
		d.Issuer = v.Issuer
	}
	if d.Dated == "" && !v.Written.IsZero() {
		d.Dated = fmt.Sprintf("%d年%d月%d日", v.Written.Year, int(v.Written.Month), v.Written.Day)
	}
	if d.Dated == "" {
		d.Issuer = "" // a signature has its date
	}
	// What an old number or date lacks is the old document's; it stands in the
	// text and not in a place the standard gives a form.
	if d.Check() != nil && d.Number != "" {
		number := d.Number
		if d.Number = ""; d.Check() == nil {
			d.Note = "原发文字号：" + number
		}
	}
	return d, d.Check()
}

type paperOut struct {
	d      *official.Document
	counts [4]int
}

func text(n prose.Node) string { return strings.TrimSpace(prose.Doc{Content: []prose.Node{n}}.Text()) }

func (w *paperOut) block(n prose.Node) {
	s := text(n)
	switch n.Type {
	case prose.DocHead:
		if issuer := n.Word("issuer"); issuer != "" {
			w.d.Authority, w.d.Issuer = issuer+"文件", issuer
		}
		w.d.Signer = n.Word("signer")
		if no := n.Word("docNo"); no != "" {
			w.d.Number = no
		}
	case prose.Recipients:
		w.d.To = strings.TrimRight(s, "：:")
	case prose.Signature:
		if day, ok := dayOf(bare(s)); ok {
			w.d.Dated = fmt.Sprintf("%d年%d月%d日", day.Year, int(day.Month), day.Day)
		} else if w.d.Issuer == "" {
			w.d.Issuer = s
		}
	case prose.Copies:
		w.d.CopyTo = strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(s, "抄送："), "抄送:"), "。")
	case prose.AttachmentNote:
		for _, line := range strings.Split(strings.TrimPrefix(strings.TrimPrefix(s, "附件："), "附件:"), "\n") {
			if line = strings.TrimSpace(strings.TrimLeft(line, "0123456789.．、 ")); line != "" {
				w.d.Attachments = append(w.d.Attachments, strings.Trim(line, "《》"))
			}
		}
	case prose.Attachment:
		name := n.Word("name")
		if i := strings.LastIndexByte(name, '.'); i > 0 {
			name = name[:i]
		}
		w.d.Attachments = append(w.d.Attachments, name)
	case prose.Clause:
		w.clause(n, s)
	case prose.Table:
		w.table(n)
	case prose.Figure:
		w.d.Paragraph("［图片：" + s + "］")
	case prose.Heading, prose.Rule:
		if s != "" {
			w.d.Paragraph(s)
		}
	default:
		w.d.Paragraph(s)
	}
}

// clause writes a clause as a heading of its level while the numbers run on as
// the document itself would count them, and as it stands otherwise.
func (w *paperOut) clause(n prose.Node, s string) {
	level := n.Number("level") - 1
	if level < 1 || level > 4 || w.counts[level-1]+1 != n.Number("number") {
		w.d.Paragraph(s)
		return
	}
	w.counts[level-1]++
	for i := level; i < len(w.counts); i++ {
		w.counts[i] = 0
	}
	said := ""
	for _, c := range n.Content {
		said += text(prose.Node{Type: prose.Paragraph, Content: []prose.Node{c}})
	}
	head, rest := said, ""
	if i := strings.Index(said, "。"); i >= 0 && i+len("。") < len(said) {
		head, rest = said[:i+len("。")], said[i+len("。"):]
	}
	if rest == "" && utf8.RuneCountInString(head) > 60 && level <= 2 {
		// A whole paragraph behind a number is no heading.
		w.d.Clause(level, "", head)
		return
	}
	w.d.Clause(level, head, rest)
}

// table writes a table; merged cells are written once, wide ones as text.
func (w *paperOut) table(n prose.Node) {
	var rows [][]string
	wide := 0
	open := map[int]int{} // column: rows that a cell above still covers
	for _, r := range n.Content {
		var row []string
		at := 0
		skip := func() {
			for open[at] > 0 {
				open[at]--
				row = append(row, "")
				at++
			}
		}
		for _, c := range r.Content {
			skip()
			span, down := max(c.Number("colspan"), 1), max(c.Number("rowspan"), 1)
			var lines []string
			for _, b := range c.Content {
				if s := text(b); s != "" {
					lines = append(lines, s)
				}
			}
			for i := range span {
				cell := ""
				if i == 0 {
					cell = strings.Join(lines, " ")
				}
				row = append(row, cell)
				open[at] = down - 1
				at++
			}
		}
		skip()
		wide = max(wide, len(row))
		rows = append(rows, row)
	}
	const most = 14
	if len(rows) < 2 || wide == 0 || wide > most {
		for _, r := range rows {
			if s := strings.Trim(strings.Join(r, "；"), "； "); s != "" {
				w.d.Paragraph(s)
			}
		}
		return
	}
	header := rows[0]
	for len(header) < wide {
		header = append(header, "")
	}
	w.d.Table(official.Grid{Caption: n.Word("caption"), Header: header, Rows: rows[1:]})
}
