package official

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"path"
	"slices"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/fault"
)

// Limits bounds what a table may cost to read. Zero fields take the default.
type Limits struct {
	File     int64 // bytes of the file as sent; default 64 MB
	Unpacked int64 // bytes after decompression, all parts together; default 256 MB
	Ratio    int64 // unpacked to packed, looked at beyond 1 MB unpacked; default 200
	Rows     int   // rows under the header; default 200,000
	Columns  int   // default 200
	Cell     int   // bytes of one cell; default 32 KB
}

func (l Limits) filled() Limits {
	set := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.File, 64<<20)
	set(&l.Unpacked, 256<<20)
	set(&l.Ratio, 200)
	if l.Rows <= 0 {
		l.Rows = 200_000
	}
	if l.Columns <= 0 {
		l.Columns = 200
	}
	if l.Cell <= 0 {
		l.Cell = 32 << 10
	}
	return l
}

// ratioFloor is the unpacked size under which the ratio is not looked at: small
// files may well be one repeated line.
const ratioFloor = 1 << 20

// FileError says in Chinese what is wrong with a file someone sent.
type FileError struct {
	Says string // a whole sentence naming cause and cure
	Err  error  // the technical cause, may be nil
}

// Error returns the Chinese sentence.
func (e *FileError) Error() string { return e.Says }

// Unwrap returns the technical cause.
func (e *FileError) Unwrap() error { return e.Err }

// As makes it a fault of the form's field file wherever one is asked for: whoever
// sent the file reads what is wrong with it, at once or in the middle of its rows.
func (e *FileError) As(target any) bool {
	f, ok := target.(**fault.Error)
	if ok {
		*f = fault.New(fault.Invalid, e.Says).On("file", "请更换文件").From(e.Err)
	}
	return ok
}

func refuse(err error, format string, a ...any) *FileError {
	return &FileError{Says: fmt.Sprintf(format, a...), Err: err}
}

// Row is one row under the header.
type Row struct {
	Number   int      // 1-based, as a spreadsheet program numbers it
	Cells    []string // at least as many as the header has; more when the row is too long
	Warnings []string // Chinese sentences about this row, e.g. a formula whose kept value was read
	Wrong    []string // Chinese sentences about cells whose content is lost or an error: the row must not be taken
	Hidden   bool     // the row is hidden or filtered out in the workbook
}

// Table is a table as it was found in a file.
type Table struct {
	Name      string      // the file name as given
	Sheet     string      // the worksheet; empty for CSV
	Encoding  string      // UTF-8, UTF-16 or GB18030; empty for XLSX
	Separator rune        // of a CSV
	Header    []string    // trimmed, line breaks removed
	HeaderRow int         // 1-based
	Notes     []string    // Chinese sentences for the person who sent the file
	Sheets    []SheetInfo // of a workbook, in order

	limits Limits
	open   func() iter.Seq2[raw, error]
	spans  func(row int) bool // whether a merged range goes on below the row; nil for CSV
}

// SheetInfo is one worksheet of a workbook.
type SheetInfo struct {
	Name   string
	Hidden bool
}

// Choice says which part of a file is the table; the zero value finds it.
type Choice struct {
	Sheet     string // the worksheet; a hidden one is read only when it is named here
	HeaderRow int    // 1-based; 0: found
}

// raw is a row as a format's reader gives it: cells as found, before merging.
type raw struct {
	number   int
	cells    []string
	filled   []string // with merged cells filled; nil when nothing is merged here
	warnings []string
	wrong    []string
	hidden   bool
}

// headerSearch is how many rows with content are looked at for the header.
const headerSearch = 10

// ReadTable opens a table. It reads enough to know the form, the header and the
// notes; rows are read as Rows is ranged over, so memory stays small. r must
// stay open until then. The name decides the format: .csv, .tsv, .txt, .csv.gz
// or .xlsx. Leading rows with a single cell are titles and are passed over.
// Errors are *FileError, unless reading r itself failed.
func ReadTable(r io.ReaderAt, size int64, name string, limits Limits) (*Table, error) {
	return ReadChosen(r, size, name, Choice{}, limits)
}

// ReadChosen is ReadTable of a part that a person has chosen.
func ReadChosen(r io.ReaderAt, size int64, name string, choice Choice, limits Limits) (*Table, error) {
	l := limits.filled()
	switch {
	case size <= 0:
		return nil, refuse(nil, "文件“%s”是空的，请选择有内容的文件。", name)
	case size > l.File:
		return nil, refuse(nil, "文件“%s”有%s，超过%s的上限，请拆成几个文件分别导入。", name, sizeText(size), sizeText(l.File))
	}
	head := make([]byte, min(size, 8))
	if n, err := r.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, fmt.Errorf("read table: %w", err)
	} else {
		head = head[:n]
	}
	zipped := strings.HasPrefix(string(head), "PK\x03\x04")
	gzipped := strings.HasPrefix(string(head), "\x1f\x8b")
	ole := strings.HasPrefix(string(head), "\xd0\xcf\x11\xe0")
	t := &Table{Name: name, limits: l}
	low := strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	var err error
	switch {
	case ole && locked(r, size):
		return nil, refuse(nil, "文件“%s”设了打开密码，平台不读取加密的文件，请去掉密码并另存为.xlsx后再导入。", name)
	case ole:
		return nil, refuse(nil, "文件“%s”是旧版Excel（.xls）或设了密码的工作簿，请去掉密码并另存为.xlsx后再导入。", name)
	case strings.HasSuffix(low, ".xlsm"), strings.HasSuffix(low, ".xltm"), strings.HasSuffix(low, ".xlsb"):
		return nil, refuse(nil, "文件“%s”是可以带宏的工作簿，平台不接受宏，请另存为不带宏的.xlsx后再导入。", name)
	case strings.HasSuffix(low, ".xlsx"):
		if !zipped {
			return nil, refuse(nil, "文件“%s”的名称是.xlsx，内容却不是Excel工作簿，请用表格软件打开后另存为.xlsx。", name)
		}
		err = t.openXLSX(r, size, choice.Sheet)
	case strings.HasSuffix(low, ".csv.gz"):
		if !gzipped {
			return nil, refuse(nil, "文件“%s”的名称是.gz，内容却没有压缩，请改名为.csv后再导入。", name)
		}
		err = t.openCSV(r, size, true)
	case strings.HasSuffix(low, ".csv"), strings.HasSuffix(low, ".tsv"), strings.HasSuffix(low, ".txt"):
		if zipped {
			return nil, refuse(nil, "文件“%s”的内容是Excel工作簿，请改名为.xlsx后再导入。", name)
		}
		if gzipped {
			return nil, refuse(nil, "文件“%s”的内容是压缩过的，请改名为.csv.gz或解压后再导入。", name)
		}
		err = t.openCSV(r, size, false)
	default:
		return nil, refuse(nil, "不认识文件“%s”的格式，请用.xlsx、.csv或.csv.gz。", name)
	}
	if err != nil {
		return nil, err
	}
	if choice.HeaderRow > 0 {
		return t, t.headerAt(choice.HeaderRow)
	}
	return t, t.findHeader()
}

// locked reports whether an OLE file holds an encrypted workbook: the stream
// EncryptedPackage stands in the directory, in UTF-16.
func locked(r io.ReaderAt, size int64) bool {
	mark := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	const window = 64 << 10
	buf := make([]byte, window+len(mark))
	for at := int64(0); at < min(size, 64<<20); at += window {
		n, err := r.ReadAt(buf, at)
		if bytes.Contains(buf[:n], mark) {
			return true
		}
		if err != nil {
			return false
		}
	}
	return false
}

// headerAt takes the row that a person has named.
func (t *Table) headerAt(number int) error {
	for row, err := range t.open() {
		if err != nil {
			return err
		}
		if row.number < number {
			continue
		}
		if row.number > number || count(row.cells) == 0 {
			break
		}
		t.readHeader(row)
		return nil
	}
	return refuse(nil, "文件“%s”的第%d行没有内容，不能作表头，请改填表头所在的行号。", t.Name, number)
}

// findHeader takes the first row with at least two cells among the first rows
// with content; where none has two, the table has one column and the first row
// is its header.
func (t *Table) findHeader() error {
	var titles []raw
	for row, err := range t.open() {
		if err != nil {
			return err
		}
		n := count(row.cells)
		if n == 0 {
			continue
		}
		titles = append(titles, row)
		if n >= 2 || len(titles) == headerSearch {
			break
		}
	}
	if len(titles) == 0 {
		return refuse(nil, "文件“%s”中没有任何内容，请在第一行写表头，从第二行起填数据。", t.Name)
	}
	at := titles[len(titles)-1]
	if count(at.cells) < 2 {
		at, titles = titles[0], titles[:1]
	}
	for _, row := range titles[:len(titles)-1] {
		text := strings.TrimSpace(strings.Join(row.cells, ""))
		t.Notes = append(t.Notes, fmt.Sprintf("第%d行“%s”按标题略过。", row.number, abridge.Text(text, 30)))
	}
	t.readHeader(at)
	return nil
}

func (t *Table) readHeader(at raw) {
	cells := at.cells
	if at.filled != nil {
		cells = at.filled
	}
	for _, c := range trimRight(cells) {
		t.Header = append(t.Header, strings.Join(strings.Fields(c), ""))
	}
	t.HeaderRow = at.number
	if t.spans != nil && t.spans(at.number) {
		t.Notes = append(t.Notes, fmt.Sprintf("表头（第%d行）有跨行合并的单元格，可能是多行表头；只取第%d行为表头，请改为单行表头更为稳妥。", at.number, at.number))
	}
	seen := map[string]int{}
	for i, h := range t.Header {
		if h == "" {
			t.Notes = append(t.Notes, fmt.Sprintf("表头第%s列没有名称。", ColumnName(i+1)))
			continue
		}
		if j, dup := seen[h]; dup {
			t.Notes = append(t.Notes, fmt.Sprintf("表头第%s列与第%s列同名“%s”。", ColumnName(i+1), ColumnName(j+1), abridge.Text(h, 20)))
			continue
		}
		seen[h] = i
	}
}

// Rows yields the rows under the header in order; rows without content are
// passed over. An error ends the sequence; it may come after good rows, so a
// caller that must take all or nothing ranges once to check. Each range reads
// the file anew.
func (t *Table) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		n := 0
		for r, err := range t.open() {
			if err != nil {
				yield(Row{}, err)
				return
			}
			if r.number <= t.HeaderRow || count(r.cells) == 0 {
				continue
			}
			if n++; n > t.limits.Rows {
				yield(Row{}, refuse(nil, "文件“%s”的数据超过%d行，请拆成几个文件分别导入。", t.Name, t.limits.Rows))
				return
			}
			row := Row{Number: r.number, Warnings: r.warnings, Wrong: r.wrong, Hidden: r.hidden}
			cells := r.cells
			if r.filled != nil {
				cells = r.filled
			}
			row.Cells = cells
			if len(cells) > len(t.Header) {
				// Empty cells beyond the header are only formatting.
				row.Cells = cells[:max(len(t.Header), len(trimRight(cells)))]
			}
			if len(row.Cells) > len(t.Header) {
				row.Warnings = append(row.Warnings, fmt.Sprintf("第%d行有%d列，表头只有%d列，多出的内容请核对。", r.number, len(row.Cells), len(t.Header)))
			} else if len(row.Cells) < len(t.Header) {
				if t.Separator != 0 {
					row.Warnings = append(row.Warnings, fmt.Sprintf("第%d行只有%d列，表头有%d列，缺少的列按空白处理。", r.number, len(row.Cells), len(t.Header)))
				}
				row.Cells = append(slices.Clip(row.Cells), make([]string, len(t.Header)-len(row.Cells))...)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func count(cells []string) int {
	n := 0
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

func trimRight(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

func sizeText(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%.1fMB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1fKB", float64(n)/(1<<10))
}

// ColumnName returns the letters of a 1-based column: A, Z, AA.
func ColumnName(n int) string {
	var b []byte
	for ; n > 0; n = (n - 1) / 26 {
		b = append(b, byte('A'+(n-1)%26))
	}
	slices.Reverse(b)
	return string(b)
}

// guarded counts what comes out of a decompressor and refuses a bomb.
type guarded struct {
	r      io.Reader
	name   string
	packed int64
	limits Limits
	spent  *int64 // shared among the parts of one reading
	own    int64
}

func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	*g.spent += int64(n)
	g.own += int64(n)
	if *g.spent > g.limits.Unpacked {
		return 0, refuse(nil, "文件“%s”解压后超过%s，请拆成几个文件分别导入。", g.name, sizeText(g.limits.Unpacked))
	}
	if g.own > ratioFloor && g.own > g.packed*g.limits.Ratio {
		return 0, refuse(nil, "文件“%s”的压缩比异常（超过%d倍），疑似有害文件，未予读取；请另存一份后再导入。", g.name, g.limits.Ratio)
	}
	return n, err
}
