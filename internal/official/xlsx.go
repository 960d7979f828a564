package official

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhengshu/internal/abridge"
)

// book is an opened workbook.
type book struct {
	t       *Table
	parts   map[string]*zip.File
	strings []string
	formats []format // by cell style
	epoch   time.Time
	sheet   *zip.File
	merges  []merge // by first row
}

// merge is a merged range, 1-based and inclusive.
type merge struct{ top, left, bottom, right int }

const (
	maxParts   = 10_000
	maxStrings = 4_000_000
	maxMerges  = 50_000
	maxFormats = 70_000 // a workbook may hold 65,490 cell styles
)

func (t *Table) damaged(err error) error {
	var fe *FileError
	if errors.As(err, &fe) {
		return fe
	}
	return refuse(err, "工作簿“%s”已损坏或不完整，请用表格软件打开并另存为.xlsx后再导入。", t.Name)
}

func (t *Table) openXLSX(r io.ReaderAt, size int64, chosen string) error {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return t.damaged(err)
	}
	if len(z.File) > maxParts {
		return refuse(nil, "工作簿“%s”内含%d个部件，超出正常范围，未予读取；请另存一份后再导入。", t.Name, len(z.File))
	}
	b := &book{t: t, parts: map[string]*zip.File{}, epoch: epoch1900}
	var total uint64
	for _, f := range z.File {
		name := partName(f.Name)
		if _, dup := b.parts[name]; dup {
			return refuse(nil, "工作簿“%s”内有重名的部件，未予读取；请另存一份后再导入。", t.Name)
		}
		b.parts[name] = f
		if total += min(f.UncompressedSize64, 1<<40); total > uint64(t.limits.Unpacked) {
			return refuse(nil, "工作簿“%s”解压后超过%s，请拆成几个文件分别导入。", t.Name, sizeText(t.limits.Unpacked))
		}
	}
	if _, macros := b.parts["xl/vbaproject.bin"]; macros {
		return refuse(nil, "工作簿“%s”里有宏，平台不接受宏，请另存为不带宏的.xlsx后再导入。", t.Name)
	}
	if err := b.workbook(chosen); err != nil {
		return t.damaged(err)
	}
	if err := b.styles(); err != nil {
		return t.damaged(err)
	}
	if err := b.sharedStrings(); err != nil {
		return t.damaged(err)
	}
	if err := b.findMerges(); err != nil {
		return t.damaged(err)
	}
	t.open = b.rows
	t.spans = func(row int) bool {
		return slices.ContainsFunc(b.merges, func(m merge) bool { return m.top <= row && m.bottom > row })
	}
	return nil
}

// partName brings a part's name to one form: programs differ in case, slashes
// and a leading slash.
func partName(s string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(s, `\`, "/")), "/"))
}

// part opens one part under the limits; spent adds up over one reading.
func (b *book) part(f *zip.File, spent *int64) (io.ReadCloser, error) {
	rc, err := f.Open()
	if err != nil {
		return nil, err
	}
	g := &guarded{r: rc, name: b.t.Name, packed: int64(f.CompressedSize64), limits: b.t.limits, spent: spent}
	return struct {
		io.Reader
		io.Closer
	}{g, rc}, nil
}

// tokens yields the start elements of a part together with the decoder. The
// part must be well-formed to its end.
func (b *book) tokens(f *zip.File, each func(d *scanner, se xml.StartElement) error) error {
	rc, err := b.part(f, new(int64))
	if err != nil {
		return err
	}
	defer rc.Close()
	return starts(rc, each)
}

func attr(se xml.StartElement, name string) string {
	for _, a := range se.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// workbook finds the chosen worksheet, or the first visible one.
func (b *book) workbook(chosen string) error {
	f, ok := b.parts["xl/workbook.xml"]
	if !ok {
		return errors.New("no xl/workbook.xml")
	}
	type sheet struct{ name, id, state string }
	var sheets []sheet
	err := b.tokens(f, func(_ *scanner, se xml.StartElement) error {
		switch se.Name.Local {
		case "workbookPr":
			if v := attr(se, "date1904"); v == "1" || v == "true" {
				b.epoch = epoch1904
			}
		case "sheet":
			s := sheet{name: attr(se, "name"), state: attr(se, "state")}
			for _, a := range se.Attr {
				// r:id, not sheetId; the namespace differs in strict files.
				if a.Name.Local == "id" {
					s.id = a.Value
				}
			}
			if len(sheets) < 1000 {
				sheets = append(sheets, s)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	targets := map[string]string{}
	if f, ok := b.parts["xl/_rels/workbook.xml.rels"]; ok {
		err := b.tokens(f, func(_ *scanner, se xml.StartElement) error {
			if se.Name.Local == "Relationship" && strings.HasSuffix(attr(se, "Type"), "/worksheet") && attr(se, "TargetMode") != "External" {
				target := attr(se, "Target")
				if !strings.HasPrefix(target, "/") {
					target = "xl/" + target
				}
				targets[attr(se, "Id")] = partName(target)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, s := range sheets {
		part, ok := b.parts[targets[s.id]]
		hidden := s.state == "hidden" || s.state == "veryHidden"
		if ok {
			b.t.Sheets = append(b.t.Sheets, SheetInfo{Name: s.name, Hidden: hidden})
		}
		switch {
		case chosen != "" && s.name == chosen && ok && b.sheet == nil:
			b.sheet, b.t.Sheet = part, s.name
			if hidden {
				b.t.Notes = append(b.t.Notes, fmt.Sprintf("工作表“%s”是隐藏的，已按您的选择读取。", abridge.Text(s.name, 40)))
			}
		case chosen != "": // the person has seen the list and chosen
		case s.state == "hidden" || s.state == "veryHidden":
			b.t.Notes = append(b.t.Notes, fmt.Sprintf("工作表“%s”是隐藏的，没有读取。", abridge.Text(s.name, 40)))
		case !ok: // a chart sheet
		case b.sheet != nil:
			b.t.Notes = append(b.t.Notes, fmt.Sprintf("只读取第一张可见的工作表“%s”，没有读取“%s”。", abridge.Text(b.t.Sheet, 40), abridge.Text(s.name, 40)))
		default:
			b.sheet, b.t.Sheet = part, s.name
		}
	}
	if b.sheet == nil && chosen != "" {
		return refuse(nil, "工作簿“%s”中没有名为“%s”的工作表，请重新选择。", b.t.Name, abridge.Text(chosen, 40))
	}
	if b.sheet == nil {
		return refuse(nil, "工作簿“%s”中没有可见的工作表，请取消隐藏并保存后再导入。", b.t.Name)
	}
	return nil
}

// format says how a style shows a number.
type format struct {
	date, clock, percent bool
	zeros                int // a format of zeros only pads to this width: 0000000000
}

func (b *book) styles() error {
	f, ok := b.parts["xl/styles.xml"]
	if !ok {
		return nil
	}
	custom := map[int]format{}
	inXfs := false
	return b.tokens(f, func(_ *scanner, se xml.StartElement) error {
		switch se.Name.Local {
		case "numFmt":
			if id, err := strconv.Atoi(attr(se, "numFmtId")); err == nil && len(custom) < maxFormats {
				custom[id] = customFormat(attr(se, "formatCode"))
			}
		case "cellXfs":
			inXfs = true
		case "cellStyleXfs", "cellStyles", "dxfs":
			inXfs = false
		case "xf":
			if !inXfs || len(b.formats) >= maxFormats {
				return nil
			}
			id, _ := strconv.Atoi(attr(se, "numFmtId"))
			fm, ok := custom[id]
			if !ok {
				fm = builtinFormat(id)
			}
			b.formats = append(b.formats, fm)
		}
		return nil
	})
}

// builtinFormat knows the numbers fixed by ECMA-376 18.8.30, with the Chinese
// ones (27 to 36, 50 to 58) that Excel and WPS write without a format code.
func builtinFormat(id int) format {
	switch {
	case id == 9 || id == 10:
		return format{percent: true}
	case id >= 14 && id <= 17, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57 || id == 58:
		return format{date: true}
	case id == 22:
		return format{date: true, clock: true}
	case id >= 18 && id <= 21, id >= 32 && id <= 35, id >= 45 && id <= 47, id == 55 || id == 56:
		return format{clock: true}
	}
	return format{}
}

var (
	formatNoise = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)
	onlyZeros   = regexp.MustCompile(`^0{2,32}$`)
)

// customFormat reads a format code's first section for what matters here.
func customFormat(code string) format {
	if len(code) > 1000 {
		return format{}
	}
	elapsed := strings.Contains(strings.ToLower(code), "[h")
	s := strings.ToLower(formatNoise.ReplaceAllString(code, ""))
	s, _, _ = strings.Cut(s, ";")
	if onlyZeros.MatchString(s) {
		return format{zeros: len(s)}
	}
	s = strings.ReplaceAll(s, "general", "")
	fm := format{clock: elapsed || strings.ContainsAny(s, "hs"), percent: strings.Contains(s, "%")}
	// m is a month beside y or d, a minute beside h or s.
	fm.date = strings.ContainsAny(s, "yd") || strings.Contains(s, "m") && !fm.clock
	return fm
}

func (b *book) sharedStrings() error {
	f, ok := b.parts["xl/sharedstrings.xml"]
	if !ok {
		return nil
	}
	return b.tokens(f, func(d *scanner, se xml.StartElement) error {
		if se.Name.Local != "si" {
			return nil
		}
		if len(b.strings) >= maxStrings {
			return refuse(nil, "工作簿“%s”的文字超过%d条，请拆成几个文件分别导入。", b.t.Name, maxStrings)
		}
		s, err := b.richText(d)
		b.strings = append(b.strings, s)
		return err
	})
}

// richText reads the text inside si or is up to its end, without the phonetic
// readings (rPh).
func (b *book) richText(d *scanner) (string, error) {
	var text strings.Builder
	depth, in, phonetic := 1, false, 0
	for depth > 0 {
		tok, err := d.token()
		if err != nil {
			return "", noEOF(err)
		}
		switch el := tok.(type) {
		case xml.StartElement:
			depth++
			in = el.Name.Local == "t"
			if el.Name.Local == "rPh" {
				phonetic = depth
			}
		case xml.EndElement:
			if depth == phonetic {
				phonetic = 0
			}
			depth--
			in = false
		case xml.CharData:
			if in && phonetic == 0 {
				text.Write(el)
			}
		}
		if text.Len() > b.t.limits.Cell {
			return "", refuse(nil, "工作簿“%s”有一个单元格的内容超过%s，请缩短后再导入。", b.t.Name, sizeText(int64(b.t.limits.Cell)))
		}
	}
	return unescape(text.String()), nil
}

// noEOF: the end of the part inside an element is damage, not an end.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

var escaped = regexp.MustCompile(`_x([0-9A-Fa-f]{4})_`)

// unescape undoes the _xHHHH_ escapes and brings line ends to \n.
func unescape(s string) string {
	if strings.Contains(s, "_x") {
		s = escaped.ReplaceAllStringFunc(s, func(m string) string {
			n, _ := strconv.ParseUint(m[2:6], 16, 32)
			if n == 0 || n >= 0xD800 && n <= 0xDFFF {
				return ""
			}
			return string(rune(n))
		})
	}
	if strings.ContainsRune(s, '\r') {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return s
}

var mergeForm = regexp.MustCompile(`<(?:[A-Za-z0-9]+:)?mergeCell\s[^<>]*?ref="\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})"`)

// findMerges looks for the merged ranges, which stand behind the rows in the
// part, with a search over the bytes: parsing the sheet twice would cost twice.
func (b *book) findMerges() error {
	rc, err := b.part(b.sheet, new(int64))
	if err != nil {
		return err
	}
	defer rc.Close()
	const window, overlap = 256 << 10, 1 << 10
	buf := make([]byte, 0, window+overlap)
	chunk := make([]byte, window)
	last := -1 // end, within buf, of the last match
	for {
		n, err := io.ReadFull(rc, chunk)
		buf = append(buf, chunk[:n]...)
		if bytes.Contains(buf, []byte("mergeCell ")) {
			for _, m := range mergeForm.FindAllSubmatchIndex(buf, -1) {
				if m[0] < last {
					continue
				}
				last = m[1]
				at := func(i int) string { return string(buf[m[2*i]:m[2*i+1]]) }
				top, _ := strconv.Atoi(at(2))
				bottom, _ := strconv.Atoi(at(4))
				b.merges = append(b.merges, merge{top, columnNumber(at(1)), bottom, columnNumber(at(3))})
				if len(b.merges) > maxMerges {
					return refuse(nil, "工作簿“%s”的合并单元格超过%d处，请取消合并后再导入。", b.t.Name, maxMerges)
				}
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return err
		}
		if cut := len(buf) - overlap; cut > 0 {
			buf = append(buf[:0], buf[cut:]...)
			last -= cut
		}
	}
	b.merges = slices.DeleteFunc(b.merges, func(m merge) bool {
		return m.top < 1 || m.bottom < m.top || m.left < 1 || m.right < m.left || m.left > b.t.limits.Columns
	})
	slices.SortStableFunc(b.merges, func(x, y merge) int { return x.top - y.top })
	if n := len(b.merges); n > 0 {
		b.t.Notes = append(b.t.Notes, fmt.Sprintf("有%d处合并单元格，已按其左上角的内容填到各格。", n))
	}
	return nil
}

func columnNumber(letters string) int {
	n := 0
	for i := range len(letters) {
		n = n*26 + int(letters[i]-'A') + 1
	}
	return n
}

// reference splits A1 into row and column; zero when it is none.
func reference(s string) (row, col int) {
	i := 0
	for i < len(s) && i < 3 && s[i] >= 'A' && s[i] <= 'Z' {
		i++
	}
	if i == 0 || len(s)-i > 7 {
		return 0, 0
	}
	row, err := strconv.Atoi(s[i:])
	if err != nil || row < 1 {
		return 0, 0
	}
	return row, columnNumber(s[:i])
}

// rows yields every row element of the sheet.
func (b *book) rows() iter.Seq2[raw, error] {
	return func(yield func(raw, error) bool) {
		if err := b.each(func(r raw) bool { return yield(r, nil) }); err != nil {
			yield(raw{}, b.t.damaged(err))
		}
	}
}

// maxRowNumber is the last row a workbook can have.
const maxRowNumber = 1 << 20

func (b *book) each(yield func(raw) bool) error {
	rc, err := b.part(b.sheet, new(int64))
	if err != nil {
		return err
	}
	defer rc.Close()
	d := newScanner(rc)
	number := 0
	next := 0 // first merge not yet reached
	var open []*span
	inside := false
	for {
		tok, err := d.token()
		if err == io.EOF {
			if !inside && number == 0 {
				return nil
			}
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		switch el := tok.(type) {
		case xml.Directive:
			return errDirective
		case xml.EndElement:
			if el.Name.Local == "sheetData" {
				return nil
			}
		case xml.StartElement:
			if el.Name.Local == "sheetData" {
				inside = true
			}
			if !inside || el.Name.Local != "row" {
				continue
			}
			n := number + 1
			if v := attr(el, "r"); v != "" {
				if n, err = strconv.Atoi(v); err != nil || n <= number || n > maxRowNumber {
					return fmt.Errorf("row number %.20q after %d", v, number)
				}
			}
			number = n
			r := raw{number: n}
			if v := attr(el, "hidden"); v == "1" || v == "true" {
				r.hidden = true
			}
			if err := b.row(d, &r); err != nil {
				return err
			}
			for next < len(b.merges) && b.merges[next].top <= n {
				m := b.merges[next]
				next++
				if m.bottom < n {
					continue
				}
				s := &span{merge: m}
				if m.top == n && m.left <= len(r.cells) {
					s.value = r.cells[m.left-1]
				}
				open = append(open, s)
			}
			open = slices.DeleteFunc(open, func(s *span) bool { return s.bottom < n })
			// Merged ranges never overlap in a sound workbook, so no row meets
			// more of them than it has columns; without this, a hostile one
			// makes every row cost fifty thousand steps.
			if len(open) > b.t.limits.Columns {
				return fmt.Errorf("%d merged ranges overlap in row %d", len(open), n)
			}
			r.filled = b.fill(r.cells, open)
			if !yield(r) {
				return nil
			}
		}
	}
}

type span struct {
	merge
	value string
}

// fill returns the cells with the merged ranges filled, nil when none is met.
func (b *book) fill(cells []string, open []*span) []string {
	var out []string
	for _, s := range open {
		if s.value == "" {
			continue
		}
		if out == nil {
			out = slices.Clone(cells)
		}
		for col := s.left; col <= min(s.right, b.t.limits.Columns); col++ {
			for len(out) < col {
				out = append(out, "")
			}
			if out[col-1] == "" {
				out[col-1] = s.value
			}
		}
	}
	return out
}

// row reads the cells of one row up to its end.
func (b *book) row(d *scanner, r *raw) error {
	col := 0
	for {
		tok, err := d.token()
		if err != nil {
			return noEOF(err)
		}
		switch el := tok.(type) {
		case xml.EndElement:
			return nil // every element inside is read to its end below
		case xml.StartElement:
			if el.Name.Local != "c" {
				if err := d.skip(); err != nil {
					return noEOF(err)
				}
				continue
			}
			col++
			if ref := attr(el, "r"); ref != "" {
				if _, col = reference(ref); col == 0 {
					return fmt.Errorf("cell reference %.20q", ref)
				}
			}
			text, said, err := b.cell(d, el)
			if err != nil {
				return err
			}
			if said.warning != "" {
				r.warnings = append(r.warnings, fmt.Sprintf("%s%d%s", ColumnName(col), r.number, said.warning))
			}
			if said.wrong != "" {
				r.wrong = append(r.wrong, fmt.Sprintf("%s%d%s", ColumnName(col), r.number, said.wrong))
			}
			if text == "" {
				continue
			}
			if col > b.t.limits.Columns {
				return refuse(nil, "工作簿“%s”第%d行的内容超过%d列，请拆分表格后再导入。", b.t.Name, r.number, b.t.limits.Columns)
			}
			for len(r.cells) < col {
				r.cells = append(r.cells, "")
			}
			r.cells[col-1] = text
		}
	}
}

// remark is what a person must know of a cell, after its address: a warning,
// or what makes its row unfit to be taken.
type remark struct{ warning, wrong string }

// cell reads one cell up to its end and returns the text a person sees, with
// dates in ISO form.
func (b *book) cell(d *scanner, c xml.StartElement) (text string, said remark, err error) {
	text, said.warning, said.wrong, err = b.content(d, c)
	return text, said, err
}

func (b *book) content(d *scanner, c xml.StartElement) (text, warning, wrong string, err error) {
	var v strings.Builder
	formula, hasValue, in, depth := false, false, false, 1
	for depth > 0 {
		tok, err := d.token()
		if err != nil {
			return "", "", "", noEOF(err)
		}
		switch el := tok.(type) {
		case xml.StartElement:
			switch el.Name.Local {
			case "is":
				s, err := b.richText(d)
				if err != nil {
					return "", "", "", err
				}
				v.WriteString(s)
				hasValue = true
				continue
			case "f":
				formula = true
			case "v":
				in, hasValue = true, true
			}
			depth++
		case xml.EndElement:
			depth--
			in = false
		case xml.CharData:
			if in {
				v.Write(el)
			}
		}
		if v.Len() > b.t.limits.Cell {
			return "", "", "", refuse(nil, "工作簿“%s”有一个单元格的内容超过%s，请缩短后再导入。", b.t.Name, sizeText(int64(b.t.limits.Cell)))
		}
	}
	text = v.String()
	if formula && (!hasValue || text == "" && attr(c, "t") != "str") {
		return "", "", "是公式但没有保存计算结果，请用表格软件打开并保存后再导入。", nil
	}
	if formula {
		warning = "是公式，已按文件里保存的计算结果读取。"
	}
	switch attr(c, "t") {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || i < 0 || i >= len(b.strings) {
			if text == "" {
				return "", "", "", nil
			}
			return "", "", "", fmt.Errorf("shared string %.20q of %d", text, len(b.strings))
		}
		return b.strings[i], warning, "", nil
	case "inlineStr":
		return text, warning, "", nil
	case "str":
		return unescape(text), warning, "", nil
	case "b":
		return map[string]string{"1": "TRUE", "0": "FALSE", "true": "TRUE", "false": "FALSE"}[text], warning, "", nil
	case "e":
		return text, "", fmt.Sprintf("是错误值“%s”，请改正后再导入。", abridge.Text(text, 20)), nil
	case "d":
		return isoDate(text), warning, "", nil
	}
	var fm format
	if s, err := strconv.Atoi(attr(c, "s")); err == nil && s >= 0 && s < len(b.formats) {
		fm = b.formats[s]
	}
	text, odd, wrong, err := b.number(strings.TrimSpace(text), fm)
	return text, warning + odd, wrong, err
}

// number shows a numeric cell.
func (b *book) number(v string, fm format) (text, warning, wrong string, err error) {
	if v == "" {
		return "", "", "", nil
	}
	f, perr := strconv.ParseFloat(v, 64)
	if perr != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return v, "的数值无法识别，已按原样读取，请核对。", "", nil
	}
	if fm.date || fm.clock {
		if s, ok := b.dateText(f, fm); ok {
			return s, "", "", nil
		}
	}
	if fm.percent {
		return decimal(f*100) + "%", "", "", nil
	}
	text = decimal(f)
	if fm.zeros > 0 && f >= 0 && f == math.Trunc(f) && len(text) < fm.zeros {
		text = strings.Repeat("0", fm.zeros-len(text)) + text
	}
	if math.Abs(f) >= 1e15 {
		wrong = "的数字超过15位，表格软件已丢失末尾几位；请将该列设为文本格式后重新填写。"
	}
	return text, warning, wrong, nil
}

// decimal writes a number with the fifteen digits a spreadsheet shows, never in
// powers of ten. A number beyond the range of any ledger stays in powers.
func decimal(f float64) string {
	if a := math.Abs(f); a != 0 && (a >= 1e21 || a < 1e-9) {
		return strconv.FormatFloat(f, 'g', 15, 64)
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'e', 14, 64), 64)
	if err != nil {
		r = f
	}
	if r == 0 {
		return "0"
	}
	return strconv.FormatFloat(r, 'f', -1, 64)
}

var (
	epoch1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	epoch1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// dateText turns a serial number into ISO text; false when it is no date.
func (b *book) dateText(f float64, fm format) (string, bool) {
	if f < 0 || f > 2958465.99999 {
		return "", false
	}
	day, part := math.Modf(f)
	seconds := int(math.Round(part * 86400))
	if seconds == 86400 {
		day, seconds = day+1, 0
	}
	if fm.date && day == 0 {
		return "", false // a zero shown as a date is an empty sum, no day
	}
	// The 1900 system counts a 29 February 1900 that never was.
	if b.epoch.Equal(epoch1900) && day < 61 {
		if day == 60 {
			return "1900-02-29", true // what the sheet shows; the caller will refuse it by name
		}
		day++
	}
	at := b.epoch.AddDate(0, 0, int(day)).Add(time.Duration(seconds) * time.Second)
	clock := at.Format("15:04:05")
	switch {
	case fm.clock && !fm.date:
		return clock, f < 1
	case seconds != 0 && (fm.clock || fm.date):
		return at.Format("2006-01-02 ") + clock, true
	}
	return at.Format(time.DateOnly), true
}

// isoDate shortens an ISO instant at midnight to its date.
func isoDate(s string) string {
	if d, clock, ok := strings.Cut(strings.TrimSpace(s), "T"); ok {
		if strings.Trim(clock, "0:.Z") == "" {
			return d
		}
		return d + " " + clock
	}
	return s
}
