package official

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strconv"
	"strings"

	"zhengshu/internal/abridge"
)

// wholeBook is an XLSX of which every sheet is read, hidden ones too.
type wholeBook struct {
	*bundle
	strings []string
	read    map[string]bool // parts
	lost    []string        // places of numbers whose last digits are gone
	nLost   int
}

// xlsx reads every sheet with the numbers as they are kept: a telephone number
// shown as 1.38E+10 is one all the same.
func (w *wordReader) xlsx(r io.ReaderAt, size int64, s source) error {
	b, err := w.bundle(r, size, s)
	if err != nil {
		return err
	}
	from := w.k.b.Len()
	book := &wholeBook{bundle: b, read: map[string]bool{}}
	if err := book.sheets(); err != nil {
		var told *FileError
		switch {
		case errors.As(err, &told):
			return told
		case errors.Is(err, errKept):
			return tooMuch(s.name, w.l)
		}
		return refuse(err, "附件“%s”已损坏或加了密码，没有检查其中的文字；请用表格软件打开，另存为不加密的 XLSX 后重新上传。", s.name)
	}
	for _, part := range b.order {
		if strings.HasPrefix(part, "xl/") && path.Ext(part) == ".xml" && !book.read[part] {
			if err := b.aside(part, besideSheets(part)); err != nil {
				return err
			}
		}
	}
	if book.nLost > 0 {
		w.leave(fmt.Sprintf("附件“%s”中有 %d 个长号码（%s）按数值存放，末几位已失真，不能判断是不是证件号码或银行卡号；请人工核对，号码应当按文本存放。", s.name, book.nLost, strings.Join(book.lost, "、")))
	}
	return b.rest("xl/", strings.TrimSpace(w.k.b.String()[from:]) == "")
}

// besideSheets names a part of a workbook that is no sheet.
func besideSheets(part string) string {
	for _, p := range []struct{ holds, says string }{{"/comments", "批注"}, {"/threadedcomments/", "批注"}, {"/drawings/", "图形"}, {"/charts/", "图表"}, {"/diagrams/", "图示"}, {"/pivotcache/", "数据透视表的缓存"}, {"/externallinks/", "外部链接的缓存"}} {
		if strings.Contains(part, p.holds) {
			return p.says
		}
	}
	return "其他部分"
}

// sheets reads the sheets in their order, and after each what is drawn and noted
// on it.
func (b *wholeBook) sheets() error {
	const main = "xl/workbook.xml"
	if b.parts[main] == nil {
		return errors.New("official: no workbook")
	}
	for _, part := range []string{main, "xl/sharedstrings.xml", "xl/styles.xml"} {
		b.read[part] = true
	}
	if err := b.shared(); err != nil {
		return err
	}
	type sheet struct{ name, id string }
	var sheets []sheet
	err := b.starts(main, func(_ *scanner, e xml.StartElement) error {
		if e.Name.Local == "sheet" && len(sheets) < maxParts {
			x := sheet{name: "工作表" + abridge.Text(attr(e, "name"), 40)}
			switch attr(e, "state") {
			case "hidden":
				x.name += "（隐藏）"
			case "veryHidden":
				x.name += "（深度隐藏）"
			}
			for _, a := range e.Attr {
				if a.Name.Local == "id" { // r:id
					x.id = a.Value
				}
			}
			sheets = append(sheets, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	related, err := b.related(main)
	if err != nil {
		return err
	}
	for _, x := range sheets {
		part := related[x.id]
		if b.parts[part] == nil || b.read[part] {
			continue
		}
		if err := b.sheet(part, x.name); err != nil {
			return err
		}
		drawn, err := b.related(part)
		if err != nil {
			return err
		}
		for _, on := range b.order { // in the order of the parts, not of a map
			for _, target := range drawn {
				if target == on && path.Ext(on) == ".xml" && !b.read[on] && !strings.Contains(on, "/pivot") {
					b.read[on] = true
					if err := b.aside(on, x.name+"的"+besideSheets(on)); err != nil {
						return err
					}
				}
			}
		}
	}
	for _, part := range b.order { // what the workbook no longer names is in the file all the same
		if strings.HasPrefix(part, "xl/worksheets/") && path.Ext(part) == ".xml" && !b.read[part] {
			if err := b.sheet(part, "工作表"+path.Base(part)+"（目录之外）"); err != nil {
				return err
			}
		}
	}
	return nil
}

// starts yields the start elements of a part.
func (b *wholeBook) starts(part string, each func(*scanner, xml.StartElement) error) error {
	body, done, err := b.open(part)
	if err != nil {
		return err
	}
	defer done()
	err = starts(body, each)
	if body.N == 0 {
		return errKept
	}
	return err
}

// related are the parts a part names, by their ids.
func (b *wholeBook) related(part string) (map[string]string, error) {
	dir, base := path.Split(part)
	out, rels := map[string]string{}, dir+"_rels/"+base+".rels"
	if b.parts[rels] == nil {
		return out, nil
	}
	err := b.starts(rels, func(_ *scanner, e xml.StartElement) error {
		target := attr(e, "Target")
		if e.Name.Local != "Relationship" || attr(e, "TargetMode") == "External" {
			return nil
		}
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		out[attr(e, "Id")] = partName(target)
		return nil
	})
	return out, err
}

func (b *wholeBook) shared() error {
	const part = "xl/sharedstrings.xml"
	if b.parts[part] == nil {
		return nil
	}
	return b.starts(part, func(d *scanner, e xml.StartElement) error {
		if e.Name.Local != "si" {
			return nil
		}
		if len(b.strings) >= maxStrings {
			return refuse(nil, "附件“%s”的文字超过%d条，没有检查；请拆分后上传，或人工核对。", b.s.name, maxStrings)
		}
		s, err := said(d, false)
		b.strings = append(b.strings, s)
		return err
	})
}

// headerCodes are the marks of the headers and footers of a printed sheet.
var headerCodes = regexp.MustCompile(`&(?:"[^"]*"|K[0-9A-Fa-f]{6}|[A-Z])`)

// sheet reads the cells of a sheet, line by line, and its printed headers.
func (b *wholeBook) sheet(part, name string) error {
	b.read[part] = true
	body, done, err := b.open(part)
	if err != nil {
		return err
	}
	defer done()
	g := &grid{b: b, name: b.s.place(name)}
	if err := b.w.newLine(); err != nil {
		return err
	}
	err = starts(body, g.element)
	if body.N == 0 || !b.w.k.add("\n") {
		return errKept
	}
	return err
}

// said reads the text of an element to its end, without phonetic readings:
// what stands in it directly, or in the t within it.
func said(d *scanner, directly bool) (string, error) {
	var text strings.Builder
	in, phonetic := directly, 0
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return "", noEOF(err)
		}
		switch el := tok.(type) {
		case xml.StartElement:
			in = el.Name.Local == "t"
			if el.Name.Local == "rPh" {
				phonetic = len(d.stack)
			}
		case xml.EndElement:
			if len(d.stack) < phonetic {
				phonetic = 0
			}
			in = directly && len(d.stack) == depth
		case xml.CharData:
			if in && phonetic == 0 {
				text.Write(el)
			}
		}
	}
	return unescape(text.String()), nil
}

// grid is where a reading of a sheet stands.
type grid struct {
	b        *wholeBook
	name     string
	row, col int32   // of the last cell
	written  int32   // cells of the row that were written
	any      bool    // something was written in the row
	rowGone  bool    // the row is hidden
	columns  []merge // hidden columns, left to right
}

func (g *grid) element(d *scanner, e xml.StartElement) error {
	w := g.b.w
	switch e.Name.Local {
	case "col":
		from, errFrom := strconv.Atoi(attr(e, "min"))
		to, errTo := strconv.Atoi(attr(e, "max"))
		if yes(attr(e, "hidden")) && errFrom == nil && errTo == nil && len(g.columns) < 1000 {
			g.columns = append(g.columns, merge{left: from, right: to})
		}
	case "row":
		n, err := strconv.ParseInt(attr(e, "r"), 10, 32)
		if err != nil || int32(n) <= g.row {
			n = int64(g.row) + 1
		}
		if g.row > 0 && !w.k.add("\n") || int32(n) > g.row+1 && g.row > 0 && !w.k.add("\n") { // one empty line for all that are empty
			return errKept
		}
		g.row, g.col, g.written, g.any, g.rowGone = int32(min(n, math.MaxInt32-1)), 0, 0, false, yes(attr(e, "hidden"))
	case "c":
		return g.cell(d, e)
	case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter":
		s, err := said(d, true)
		if err != nil {
			return err
		}
		w.here(place{says: g.name + "的页眉页脚"})
		if !w.k.add("\n" + strings.TrimSpace(headerCodes.ReplaceAllString(s, " "))) {
			return errKept
		}
	}
	return nil
}

func yes(s string) bool { return s == "1" || s == "true" }

// cell writes one cell behind the empty ones before it, so that columns stay
// under their heads.
func (g *grid) cell(d *scanner, e xml.StartElement) error {
	w := g.b.w
	g.col++
	if _, col := reference(attr(e, "r")); col > 0 && col <= 1<<14 {
		g.col = int32(col)
	}
	kind, raw := attr(e, "t"), ""
	for depth := len(d.stack); len(d.stack) >= depth; {
		tok, err := d.token()
		if err != nil {
			return noEOF(err)
		}
		if in, ok := tok.(xml.StartElement); ok {
			switch in.Name.Local {
			case "v", "is":
				if raw, err = said(d, in.Name.Local == "v"); err != nil {
					return err
				}
			}
		}
	}
	value, lost := raw, false
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(raw))
		if value = ""; err == nil && i >= 0 && i < len(g.b.strings) {
			value = g.b.strings[i]
		}
	case "", "n":
		value, lost = keptNumber(raw)
	}
	if value == "" {
		return nil
	}
	if pad := g.col - 1 - g.written; pad > 0 {
		if !w.k.add(strings.Repeat("\t", int(pad))) {
			return errKept
		}
		g.written += pad
	} else if g.any && !w.k.add("\t") { // cells out of order
		return errKept
	}
	g.any = true
	p := place{says: g.name, row: g.row, col: g.col}
	switch {
	case g.rowGone:
		p.hidden = "（该行隐藏）"
	default:
		for _, c := range g.columns {
			if int(g.col) >= c.left && int(g.col) <= c.right {
				p.hidden = "（该列隐藏）"
			}
		}
	}
	if lost {
		if g.b.nLost++; g.b.nLost <= 3 {
			g.b.lost = append(g.b.lost, fmt.Sprintf("%s!%s%d", g.name, columnLetters(int(g.col)), g.row))
		}
	}
	w.here(p)
	if !w.k.add(value) {
		return errKept
	}
	return nil
}

// columnLetters is the name of a column, from 1.
func columnLetters(n int) string {
	s := ""
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('A'+(n-1)%26)) + s
	}
	return s
}

// exactDigits are those a program keeps of a number.
const exactDigits = 15

// keptNumber is a number as a person would write it, and whether it is a long one
// that has lost its last digits, which are then starred: what stands for them is
// no digit of anybody's number.
func keptNumber(v string) (s string, lost bool) {
	s = wholeNumber(strings.TrimSpace(v))
	digits := strings.TrimPrefix(s, "-")
	if strings.Trim(digits, "0123456789") != "" || len(digits) <= exactDigits || len(digits) > 19 {
		return s, false
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil && n <= 1<<53 && n%10 != 0 {
		return s, false // a program that keeps all of them wrote it
	}
	return digits[:exactDigits] + strings.Repeat("*", len(digits)-exactDigits), true
}

// wholeNumber writes a whole number kept with an exponent or a fraction of zero
// without them, and leaves everything else as it is.
func wholeNumber(v string) string {
	if len(v) > 40 || !strings.ContainsAny(v, ".eE") || strings.Trim(v, "0123456789.eE+-") != "" {
		return v
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) >= 1e19 {
		return v
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
