package annual

import (
	"fmt"
	"slices"
	"strconv"

	"zhengshu/internal/calendar"
	"zhengshu/internal/official"
)

// Sheet is a form as lists, documents and files show it: from the console or
// from what is public.
type Sheet struct {
	Title   string
	Name    string // whose
	Unit    string
	Year    int
	Edition int
	Why     string
	Until   calendar.Date
	Draft   bool // not approved yet
	Dated   calendar.Date
	SHA256  string
	Def     Definition
	Lines   []Line
}

// Sheet of the dossier.
func (d Dossier) Sheet() Sheet {
	x := Sheet{Title: d.Kind.Name(), Name: d.ObjectName, Unit: d.UnitName, Year: d.Year, Edition: d.Edition, Why: d.Why, Until: d.Until, Draft: d.ApprovedAt.IsZero(), Dated: d.PublishedOn, SHA256: d.SHA256, Def: d.Def, Lines: d.Lines}
	return x
}

// Sheet of a published form.
func (p PublicForm) Sheet() (Sheet, error) {
	def, err := version(p.Definition, p.Version)
	if err != nil {
		return Sheet{}, err
	}
	x := Sheet{Title: p.Kind.Name(), Name: p.Name, Unit: p.Unit, Year: p.Year, Edition: p.Edition, Why: p.Why, Until: p.Until, Dated: p.PublishedOn, SHA256: p.SHA256, Def: def}
	for _, k := range p.Cells {
		c, ok := def.Cell(k.Cell)
		if !ok {
			return x, fmt.Errorf("annual: public form %s has cell %q, which its definition has not", p.ID, k.Cell)
		}
		x.Lines = append(x.Lines, Line{Cell: c, Value: k.Value, Origin: k.Origin, Source: k.Source, Last: k.Last, Typed: Typed{Remark: k.Remark}})
	}
	return x, nil
}

// FileName of a download, without its ending.
func (x Sheet) FileName() string {
	name := fmt.Sprintf("%s%d年度%s", x.Name, x.Year, x.Title)
	if x.Edition > 1 {
		name += fmt.Sprintf("-第%d版", x.Edition)
	}
	return name
}

// Printed is a value as the form prints it: with its measure word, choices with
// their boxes.
func (l Line) Printed() string {
	switch {
	case l.Cell.Kind == Choice || l.Cell.Kind == Checks:
		var out []byte
		for i, o := range l.Cell.Options {
			if i > 0 {
				out = append(out, "　"...)
			}
			box := "□"
			if l.Cell.Kind == Choice && l.Value == o || l.Cell.Kind == Checks && has(l.Value, o) {
				box = "■" // which every face of official documents has
			}
			out = append(out, box+o...)
		}
		return string(out)
	case l.Value == "":
		return "—"
	case l.Cell.Kind == Count || l.Cell.Kind == Number:
		return l.Value + l.Cell.Unit
	}
	return l.Value
}

func has(joined, option string) bool { return slices.Contains(splitChecks(joined), option) }

// Paper is the form in its official table, with the sources of its figures as
// an attachment.
func (x Sheet) Paper() *official.Document {
	d := &official.Document{Title: fmt.Sprintf("%s\n（%d年度）", x.Title, x.Year)}
	d.Paragraph("填报单位：" + x.Unit)
	if x.Draft {
		d.Paragraph(fmt.Sprintf("（草稿，尚未审核；数据截至%s。）", x.Until.Chinese()))
	}
	if x.Edition > 1 {
		d.Paragraph(fmt.Sprintf("（第%d版，更正原因：%s）", x.Edition, x.Why))
	}
	g := official.Grid{Header: []string{"类别", "分项", "指标", "数据"}, Widths: []int{15, 14, 34, 37}, Merge: 2}
	tail := official.Grid{Header: []string{"填报信息", ""}, Widths: []int{15, 85}}
	tail.Header[1] = "内容"
	for _, l := range x.Lines {
		if l.Cell.Plain {
			tail.Rows = append(tail.Rows, []string{l.Cell.Label, l.Printed()})
			continue
		}
		g.Rows = append(g.Rows, []string{x.Def.SectionName(l.Cell.Section), l.Cell.Group, l.Cell.Label, l.Printed()})
	}
	d.Table(g)
	d.Table(tail)
	d.PageBreak()
	s := official.Grid{Caption: "附：各项数据的来源", Header: []string{"指标", "数据", "上年", "来源"}, Widths: []int{26, 20, 16, 38}}
	for _, l := range x.Lines {
		if l.Cell.Plain || l.Cell.Kind == Words && l.Origin == Auto {
			continue // who signs, and the words of the ledger
		}
		says := l.Origin.Name()
		if l.Source != "" {
			says += "：" + l.Source
		}
		if l.Typed.Remark != "" {
			says += "。说明：" + l.Typed.Remark
		}
		value := l.Value
		if value == "" {
			value = "—"
		}
		last := l.Last
		if last == "" {
			last = "—"
		}
		s.Rows = append(s.Rows, []string{l.Cell.Name(), value, last, says})
	}
	d.Table(s)
	end := x.Def.Source + "。" + x.Def.Note
	if x.SHA256 != "" {
		end += "内容校验值（SHA-256）：" + x.SHA256 + "。"
	}
	d.Paragraph(end)
	return d
}

// Table is the form as rows for XLSX and CSV.
func (x Sheet) Table() official.Sheet {
	var rows [][]any
	for _, l := range x.Lines {
		rows = append(rows, []any{x.Def.SectionName(l.Cell.Section), l.Cell.Group, l.Cell.Name(), figure(l.Cell, l.Value), l.Cell.Unit, l.Origin.Name(), l.Source, figure(l.Cell, l.Last), l.Typed.Remark, l.Typed.Why, l.Typed.Counted})
	}
	return official.Sheet{Title: fmt.Sprintf("%s %d 年度%s", x.Name, x.Year, x.Title),
		Columns: []official.Column{{Title: "类别", Width: 16}, {Title: "分项", Width: 14}, {Title: "指标", Width: 28}, {Title: "数据", Width: 20}, {Title: "单位"}, {Title: "取得方式"}, {Title: "来源", Width: 50}, {Title: "上年数据", Width: 14}, {Title: "说明", Width: 24}, {Title: "更改理由", Width: 24}, {Title: "系统统计数"}}, Rows: slices.Values(rows)}
}

// figure is a number where the cell holds one.
func figure(c Cell, v string) any {
	if c.Kind == Count {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n
		}
	}
	if c.Kind == Number {
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n
		}
	}
	return v
}
