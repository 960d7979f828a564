package official

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"zhengshu/internal/abridge"
)

// Sheet is a table going out. Rows is ranged over once; slices.Values turns a
// slice into one.
//
// A cell may be nil (empty), a string, a bool (是 or 否), any integer, a float,
// a time.Time (an instant, shown in Beijing time), a date (anything with
// Start() time.Time and IsZero() bool, as calendar.Date), or anything with
// String or MarshalText, which is text.
type Sheet struct {
	Title   string
	Columns []Column
	Rows    iter.Seq[[]any]
}

// Column is a column of a Sheet.
type Column struct {
	Title string
	Width float64 // in characters; 0 chooses from the title
}

// CSVOptions chooses the form of a CSV.
type CSVOptions struct {
	// BOM writes the mark without which Excel reads UTF-8 as GBK.
	BOM bool
}

// beijing is the zone of instants on paper; no zone file is needed for it.
var beijing = time.FixedZone("UTC+8", 8*60*60)

// day is a civil date of a package above this one.
type day interface {
	Start() time.Time
	IsZero() bool
}

// tame marks text that a spreadsheet program would run as a formula with a
// leading apostrophe, full-width signs and leading blanks included.
func tame(s string) string {
	t := strings.TrimLeft(s, " \u3000\ufeff")
	if t != "" {
		switch r, _ := utf8.DecodeRuneInString(t); r {
		case '=', '+', '-', '@', '\t', '\r', '\n', '|', '＝', '＋', '－', '＠':
			return "'" + s
		}
	}
	return s
}

// plain returns a cell as text for CSV; numbers are not tamed, so that a
// negative figure stays a figure.
func plain(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return tame(v), nil
	case bool:
		return yesNo(v), nil
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		if s, ok := v.(fmt.Stringer); ok {
			return tame(s.String()), nil
		}
		return fmt.Sprint(v), nil
	case float32:
		return plainFloat(float64(v), 32), nil
	case float64:
		return plainFloat(v, 64), nil
	case time.Time:
		if v.IsZero() {
			return "", nil
		}
		return v.In(beijing).Format(time.DateTime), nil
	case day:
		if v.IsZero() {
			return "", nil
		}
		return v.Start().In(beijing).Format(time.DateOnly), nil
	case fmt.Stringer:
		return tame(v.String()), nil
	case encoding.TextMarshaler:
		b, err := v.MarshalText()
		return tame(string(b)), err
	}
	return "", fmt.Errorf("write table: no cell form for %T", v)
}

func yesNo(v bool) string {
	if v {
		return "是"
	}
	return "否"
}

// plainFloat leaves out what no spreadsheet can hold.
func plainFloat(f float64, bits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// WriteCSV writes the sheet as CSV (RFC 4180: commas, CRLF). Text that a
// spreadsheet program would take for a formula gets a leading apostrophe.
func WriteCSV(w io.Writer, s Sheet, o CSVOptions) error {
	bw := bufio.NewWriter(w)
	if o.BOM {
		bw.WriteString("\ufeff")
	}
	line := func(cells []string) {
		for i, c := range cells {
			if i > 0 {
				bw.WriteByte(',')
			}
			if strings.ContainsAny(c, ",;\t\"\r\n") || strings.TrimSpace(c) != c {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			bw.WriteString(c)
		}
		bw.WriteString("\r\n")
	}
	cells := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		cells[i] = tame(c.Title)
	}
	line(cells)
	if s.Rows != nil {
		for row := range s.Rows {
			cells = cells[:0]
			for _, v := range row {
				text, err := plain(v)
				if err != nil {
					return err
				}
				cells = append(cells, text)
			}
			line(cells)
		}
	}
	// A failed write sticks to the buffer and comes out here.
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// maxCellText is the number of characters a spreadsheet cell can hold.
const maxCellText = 32767

// WriteXLSX writes the sheets as one workbook: header bold, frozen, with filters
// and on every printed page; long text wrapped in rows that are high enough; on
// lying paper in legible size; numbers and dates typed, text as text whatever it begins with (no formula is
// ever written). The same sheets give the same bytes.
func WriteXLSX(w io.Writer, sheets ...Sheet) error {
	if len(sheets) == 0 {
		return errors.New("write xlsx: no sheet")
	}
	f := excelize.NewFile()
	defer f.Close()
	if len(sheets) > 1 {
		f.SetZipWriter(func(w io.Writer) excelize.ZipWriter { return &orderedZip{to: zip.NewWriter(w)} })
	}
	styles, err := newSheetStyles(f)
	if err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	used := map[string]bool{}
	for i, s := range sheets {
		name := sheetName(s.Title, i, used)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = writeSheet(f, name, s, styles)
		}
		if err != nil {
			return fmt.Errorf("write xlsx sheet %d: %w", i+1, err)
		}
	}
	if err := f.Write(w); err != nil {
		return fmt.Errorf("write xlsx: %w", err)
	}
	return nil
}

// orderedZip writes the parts by name: excelize hands several sheets over in the
// order of a map, and the same sheets shall give the same bytes.
type orderedZip struct {
	to    *zip.Writer
	names []string
	parts map[string]*bytes.Buffer
}

func (z *orderedZip) Create(name string) (io.Writer, error) {
	if z.parts == nil {
		z.parts = map[string]*bytes.Buffer{}
	}
	if z.parts[name] == nil {
		z.names, z.parts[name] = append(z.names, name), &bytes.Buffer{}
	}
	return z.parts[name], nil
}

func (z *orderedZip) AddFS(fsys fs.FS) error { return z.to.AddFS(fsys) }

func (z *orderedZip) Close() error {
	slices.Sort(z.names) // [Content_Types].xml comes first
	for _, name := range z.names {
		w, err := z.to.Create(name)
		if err != nil {
			return err
		}
		if _, err := z.parts[name].WriteTo(w); err != nil {
			return err
		}
	}
	return z.to.Close()
}

type sheetStyles struct{ head, date, instant, text, number int }

func newSheetStyles(f *excelize.File) (s sheetStyles, err error) {
	date, instant, text := "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", 49 // 49: text
	top := &excelize.Alignment{Vertical: "top"}
	var thin []excelize.Border
	for _, side := range []string{"left", "right", "top", "bottom"} {
		thin = append(thin, excelize.Border{Type: side, Color: "999999", Style: 1})
	}
	for _, st := range []struct {
		to    *int
		style excelize.Style
	}{
		{&s.head, excelize.Style{Font: &excelize.Font{Bold: true}, Border: thin, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}}},
		{&s.date, excelize.Style{CustomNumFmt: &date, Border: thin, Alignment: top}},
		{&s.instant, excelize.Style{CustomNumFmt: &instant, Border: thin, Alignment: top}},
		{&s.text, excelize.Style{NumFmt: text, Border: thin, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}},
		{&s.number, excelize.Style{Border: thin, Alignment: top}},
	} {
		if *st.to, err = f.NewStyle(&st.style); err != nil {
			return s, err
		}
	}
	return s, nil
}

func writeSheet(f *excelize.File, name string, s Sheet, styles sheetStyles) error {
	widths, whole := make([]float64, len(s.Columns)), 0.0
	for i, c := range s.Columns {
		if widths[i] = c.Width; widths[i] <= 0 {
			widths[i] = float64(min(40, max(10, measure(c.Title)+4)))
		}
		widths[i] = min(widths[i], 255)
		whole += widths[i]
	}
	if err := onPaper(f, name, whole); err != nil {
		return err
	}
	sw, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i := range s.Columns {
		if err := sw.SetColWidth(i+1, i+1, widths[i]); err != nil {
			return err
		}
	}
	if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(s.Columns))
	for i, c := range s.Columns {
		cells[i] = excelize.Cell{StyleID: styles.head, Value: c.Title}
	}
	if err := sw.SetRow("A1", cells); err != nil {
		return err
	}
	n := 1
	if s.Rows != nil {
		for row := range s.Rows {
			n++
			if n > maxRowNumber {
				return fmt.Errorf("more than %d rows", maxRowNumber)
			}
			cells = cells[:0]
			lines := 1
			for i, v := range row {
				c, err := styles.cell(v)
				if err != nil {
					return err
				}
				if text, ok := c.Value.(string); ok && i < len(widths) {
					lines = max(lines, linesOf(text, int(widths[i])))
				}
				cells = append(cells, c)
			}
			var high []excelize.RowOpts
			if lines > 1 { // not every program finds the height of a wrapped row by itself
				high = append(high, excelize.RowOpts{Height: min(lineHeight*float64(lines), maxRowHeight)})
			}
			if err := sw.SetRow("A"+strconv.Itoa(n), cells, high...); err != nil {
				return err
			}
		}
	}
	if n > 1 && len(s.Columns) > 0 {
		last, err := excelize.CoordinatesToCellName(len(s.Columns), n)
		if err == nil {
			err = f.AutoFilter(name, "A1:"+last, nil)
		}
		if err != nil {
			return err
		}
	}
	return sw.Flush()
}

// Heights of a row in points.
const (
	lineHeight   = 15
	maxRowHeight = 405 // a program takes no more than 409
)

// linesOf is how many lines a text takes in a column of a width.
func linesOf(text string, width int) (n int) {
	for line := range strings.SplitSeq(text, "\n") {
		n += max(1, (measure(line)+max(1, width-1)-1)/max(1, width-1))
	}
	return n
}

// sheetWidth is how many characters stand side by side on lying A4 in legible size.
const sheetWidth = 170

// onPaper lays a sheet on A4, lying, its head on every page; a wide one goes over
// several pages, each with the first column.
func onPaper(f *excelize.File, name string, width float64) error {
	yes, lying, a4, high, narrow := true, "landscape", 9, 0, 0.4
	pages := max(1, int(math.Ceil(width/sheetWidth)))
	if err := f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &yes}); err != nil {
		return err
	}
	if err := f.SetPageLayout(name, &excelize.PageLayoutOptions{Orientation: &lying, Size: &a4, FitToWidth: &pages, FitToHeight: &high}); err != nil {
		return err
	}
	if err := f.SetPageMargins(name, &excelize.PageLayoutMarginsOptions{Left: &narrow, Right: &narrow}); err != nil {
		return err
	}
	titles := "'" + name + "'!$1:$1"
	if pages > 1 {
		titles = "'" + name + "'!$A:$A," + titles
	}
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: titles, Scope: name})
}

// cell gives a value its type in the workbook.
func (st sheetStyles) cell(v any) (excelize.Cell, error) {
	text := func(s string) excelize.Cell {
		return excelize.Cell{StyleID: st.text, Value: abridge.Cut(s, maxCellText)}
	}
	empty := excelize.Cell{StyleID: st.text}
	number := func(v any) excelize.Cell { return excelize.Cell{StyleID: st.number, Value: v} }
	switch v := v.(type) {
	case nil:
		return empty, nil
	case string:
		return text(v), nil
	case bool:
		return text(yesNo(v)), nil
	case float32:
		return st.cell(float64(v))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return empty, nil
		}
		return number(v), nil
	case int64:
		// A float holds 53 bits; a longer number would lose its end.
		if v > 1e15 || v < -1e15 {
			return text(strconv.FormatInt(v, 10)), nil
		}
		return number(v), nil
	case uint64:
		if v > 1e15 {
			return text(strconv.FormatUint(v, 10)), nil
		}
		return number(v), nil
	case int:
		return st.cell(int64(v))
	case uint:
		return st.cell(uint64(v))
	case int8, int16, int32, uint8, uint16, uint32:
		return number(v), nil
	case time.Time:
		if v.IsZero() {
			return empty, nil
		}
		return excelize.Cell{StyleID: st.instant, Value: serial(v.In(beijing))}, nil
	case day:
		if v.IsZero() {
			return empty, nil
		}
		return excelize.Cell{StyleID: st.date, Value: serial(v.Start().In(beijing))}, nil
	}
	s, err := plain(v)
	if err != nil {
		return empty, err
	}
	// plain tames for CSV; here the type of the cell does.
	if str, ok := v.(fmt.Stringer); ok {
		s = str.String()
	}
	return text(s), nil
}

// serial is the spreadsheet's number of a wall clock reading.
func serial(t time.Time) float64 {
	y, m, d := t.Date()
	days := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(epoch1900).Hours() / 24
	h, mi, s := t.Clock()
	return days + float64(h*3600+mi*60+s)/86400
}

// sheetName makes a title fit for a tab: 31 characters, none of []:*?/\, no
// name twice.
func sheetName(title string, i int, used map[string]bool) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < ' ' {
			return -1
		}
		return r
	}, title)
	clean = strings.TrimSpace(clean)
	if r := []rune(clean); len(r) > 28 {
		clean = string(r[:28])
	}
	if clean == "" {
		clean = fmt.Sprintf("表%d", i+1)
	}
	name := clean
	for n := 2; used[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s%d", clean, n)
	}
	used[strings.ToLower(name)] = true
	return name
}
