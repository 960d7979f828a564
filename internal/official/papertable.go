package official

import (
	"encoding/xml"
	"slices"
)

func (p *paperReader) table(d *scanner) (Passage, error) {
	var t Passage
	if p.tables++; p.tables > maxPaperTables {
		p.tables--
		p.say("%d 个嵌套过深的表格没有读取，请核对。")
		return t, noEOF(d.skip())
	}
	defer func() { p.tables-- }()
	err := p.within(d, func(se xml.StartElement) (bool, error) {
		if se.Name.Local != "tr" {
			return false, nil
		}
		if len(t.Rows) >= maxPaperRows {
			return true, refuse(nil, "文档“%s”里有超过%d行的表格，请改用电子表格作为附件。", p.name, maxPaperRows)
		}
		row, err := p.row(d)
		if len(row.Cells) > 0 {
			t.Rows = append(t.Rows, row)
		}
		return true, err
	})
	if err != nil {
		return t, err
	}
	join(&t)
	return t, nil
}

// within walks down to elements that do takes; revisions that delete and
// alternatives for old programs are passed over.
func (p *paperReader) within(d *scanner, do func(se xml.StartElement) (bool, error)) error {
	return inside(d, func(se xml.StartElement) error {
		took, err := do(se)
		if err != nil || took {
			return err
		}
		switch se.Name.Local {
		case "tblPr", "tblGrid", "Fallback", "sdtPr", "tblPrEx":
			return noEOF(d.skip())
		}
		return nil
	})
}

func (p *paperReader) row(d *scanner) (PaperRow, error) {
	var r PaperRow
	deleted := false
	err := p.within(d, func(se xml.StartElement) (bool, error) {
		switch se.Name.Local {
		case "tblHeader":
			r.Header = on(se)
			return true, nil
		case "del":
			deleted = true
			return true, noEOF(d.skip())
		case "tc":
			c, err := p.cell(d)
			if len(r.Cells) < maxPaperCells {
				r.Cells = append(r.Cells, c)
			}
			return true, err
		}
		return false, nil
	})
	if deleted {
		p.say("%d 处修订中的删除已按接受处理。")
		r.Cells = nil
	}
	return r, err
}

func (p *paperReader) cell(d *scanner) (PaperCell, error) {
	c := PaperCell{Columns: 1, Rows: 1}
	err := inside(d, func(se xml.StartElement) (err error) {
		switch se.Name.Local {
		case "tcPr":
			err = inside(d, func(se xml.StartElement) error {
				switch se.Name.Local {
				case "gridSpan":
					c.Columns = min(max(whole(se, "val"), 1), maxPaperCells)
				case "vMerge":
					c.goes = attr(se, "val") != "restart"
				case "tcPrChange":
					return noEOF(d.skip())
				}
				return nil
			})
		case "p":
			var list []Passage
			list, err = p.paragraph(d)
			c.Blocks = append(c.Blocks, list...)
		case "tbl":
			var t Passage
			if t, err = p.table(d); len(t.Rows) > 0 {
				c.Blocks = append(c.Blocks, t)
			}
		}
		return err
	})
	return c, err
}

// join counts the rows of cells that go on below and takes those away.
func join(t *Passage) {
	type open struct {
		cell    *PaperCell
		columns int
	}
	above := map[int]open{} // by first column
	for i := range t.Rows {
		at, kept := 0, t.Rows[i].Cells[:0]
		next := map[int]open{}
		for _, c := range t.Rows[i].Cells {
			if o, ok := above[at]; c.goes && ok && o.columns == c.Columns && o.cell.Rows < 100 {
				o.cell.Rows++
				next[at] = o
			} else {
				c.goes = false
				kept = append(kept, c)
				next[at] = open{columns: c.Columns}
			}
			at += c.Columns
		}
		t.Rows[i].Cells = kept
		// The cells have their place now.
		at = 0
		k := 0
		for _, from := range sorted(next) {
			if o := next[from]; o.cell == nil && k < len(kept) {
				o.cell = &t.Rows[i].Cells[k]
				next[from] = o
				k++
			}
		}
		if len(kept) == 0 {
			for _, o := range next {
				o.cell.Rows--
			}
		}
		above = next
	}
	// A row of nothing but cells from above has no place in a table.
	t.Rows = slices.DeleteFunc(t.Rows, func(r PaperRow) bool { return len(r.Cells) == 0 })
}
