package official

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"zhengshu/internal/fault"
	"zhengshu/internal/realdata"
)

func read(name string, content []byte, l Limits) (*Table, []Row, error) {
	t, err := ReadTable(bytes.NewReader(content), int64(len(content)), name, l)
	if err != nil {
		return nil, nil, err
	}
	var rows []Row
	for r, err := range t.Rows() {
		if err != nil {
			return t, rows, err
		}
		rows = append(rows, r)
	}
	return t, rows, nil
}

// show flattens rows for comparison: 2:a|b
func show(rows []Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%d:%s", r.Number, strings.Join(r.Cells, "|")))
	}
	return strings.Join(out, " ")
}

func packGzip(t testing.TB, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func encoded(t testing.TB, s string, how string) []byte {
	t.Helper()
	var b []byte
	var err error
	switch how {
	case "gb18030":
		b, err = simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	case "utf16le":
		b, err = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(s))
	case "utf16be":
		b, err = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(s))
	default:
		b = []byte(s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadCSV(t *testing.T) {
	late := "名称,代码\r\n" + strings.Repeat("abc,1\r\n", 20000) + "西安,2\r\n"
	for _, c := range []struct {
		what, name string
		content    []byte
		encoding   string
		sep        rune
		header     string
		rows       string
	}{
		{"plain", "a.csv", []byte("名称,代码\n西安,1\n"), "UTF-8", ',', "名称|代码", "2:西安|1"},
		{"BOM and CRLF", "a.CSV", []byte("\ufeff名称,代码\r\n西安,1\r\n"), "UTF-8", ',', "名称|代码", "2:西安|1"},
		{"lone returns", "a.csv", []byte("名称,代码\r西安,1\r"), "UTF-8", ',', "名称|代码", "2:西安|1"},
		{"no end of line", "a.csv", []byte("名称,代码\n西安,1"), "UTF-8", ',', "名称|代码", "2:西安|1"},
		{"semicolons", "a.csv", []byte("名称;代码;\"备,注\"\n西安;1;x\n"), "UTF-8", ';', "名称|代码|备,注", "2:西安|1|x"},
		{"tabs", "a.tsv", []byte("名称\t代码\n西安\t1\n"), "UTF-8", '\t', "名称|代码", "2:西安|1"},
		{"quotes", "a.csv", []byte("名称,备注\n\"西\"\"安\"\"\",\"第一行\r\n第二行\"\n宝鸡,5\" 屏\n"), "UTF-8", ',', "名称|备注", "2:西\"安\"|第一行\n第二行 3:宝鸡|5\" 屏"},
		{"empty rows keep their numbers", "a.csv", []byte("名称,代码\n\n,,\n西安,1\n"), "UTF-8", ',', "名称|代码", "4:西安|1"},
		{"ragged", "a.csv", []byte("a,b,c\n1\n1,2,3,4\n1,2,3,,\n"), "UTF-8", ',', "a|b|c", "2:1|| 3:1|2|3|4 4:1|2|3"},
		{"title rows", "a.csv", []byte("全省网站台账\n\n序号,名称\n1,西安\n"), "UTF-8", ',', "序号|名称", "4:1|西安"},
		{"one column", "a.txt", []byte("名称\n西安\n宝鸡\n"), "UTF-8", ',', "名称", "2:西安 3:宝鸡"},
		{"full-width digits stay", "a.csv", []byte("名称,代码\n西安,１２\n"), "UTF-8", ',', "名称|代码", "2:西安|１２"},
		{"GB18030", "a.csv", encoded(t, "名称,代码\n西安,1\n㐂𠮷,2\n", "gb18030"), "GB18030", ',', "名称|代码", "2:西安|1 3:㐂𠮷|2"},
		{"UTF-16LE", "a.csv", encoded(t, "名称\t代码\r\n西安\t1\r\n", "utf16le"), "UTF-16", '\t', "名称|代码", "2:西安|1"},
		{"UTF-16BE", "a.csv", encoded(t, "名称,代码\n西安,1\n", "utf16be"), "UTF-16", ',', "名称|代码", "2:西安|1"},
		{"gzip", "a.csv.gz", packGzip(t, "名称,代码\n西安,1\n"), "UTF-8", ',', "名称|代码", "2:西安|1"},
		{"header breaks", "a.csv", []byte("\"网站\n名称\", 代 码 \n西安,1\n"), "UTF-8", ',', "网站名称|代码", "2:西安|1"},
		{"path in the name", `C:\台账\a.csv`, []byte("名称,代码\n西安,1\n"), "UTF-8", ',', "名称|代码", "2:西安|1"},
	} {
		tab, rows, err := read(c.name, c.content, Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if tab.Encoding != c.encoding || tab.Separator != c.sep || strings.Join(tab.Header, "|") != c.header || show(rows) != c.rows {
			t.Errorf("%s: %s %q %q\n got %s\nwant %s", c.what, tab.Encoding, tab.Separator, tab.Header, show(rows), c.rows)
		}
	}
	// The first Chinese character stands far behind the first kilobytes.
	tab, rows, err := read("late.csv", encoded(t, late, "gb18030"), Limits{})
	if err != nil || tab.Encoding != "GB18030" || rows[len(rows)-1].Cells[0] != "西安" {
		t.Errorf("late: %v %v", tab, err)
	}
	if tab, _, err := read("late.csv", []byte(late), Limits{}); err != nil || tab.Encoding != "UTF-8" {
		t.Errorf("late UTF-8: %v %v", tab, err)
	}
}

func TestReadCSVWarnings(t *testing.T) {
	_, rows, err := read("a.csv", []byte("a,b,c\n1\n1,2,3,4\n1,\"2\"x,3\n1,2,3\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, says := range []string{"第2行只有1列，表头有3列", "第3行有4列，表头只有3列", "第4行的双引号不成对", ""} {
		got := strings.Join(rows[i].Warnings, "")
		if (says == "") != (got == "") || !strings.Contains(got, says) {
			t.Errorf("row %d: %q, want %q", rows[i].Number, got, says)
		}
	}
	broken := "名称,代码\n" + strings.Repeat("西安市碑林区,1\n", 20) + "宝\xe9鸡,2\n"
	tab, rows, err := read("a.csv", []byte(broken), Limits{})
	if err != nil || tab.Encoding != "UTF-8" || !strings.Contains(strings.Join(rows[20].Warnings, ""), "第22行第A列有无法识别的字符") {
		t.Errorf("one broken character: %v %v %v", tab, rows[20], err)
	}
	tab, _, err = read("a.csv", []byte("台账\n名称,,名称\n1,2,3\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(tab.Notes, "")
	for _, says := range []string{"第1行“台账”按标题略过", "第B列没有名称", "第C列与第A列同名“名称”"} {
		if !strings.Contains(notes, says) {
			t.Errorf("%q is not in %q", says, notes)
		}
	}
}

func TestReadTableRefusals(t *testing.T) {
	wide := strings.Repeat("x,", 300) + "\n"
	for _, c := range []struct {
		what, name string
		content    []byte
		limits     Limits
		says       string
	}{
		{"empty", "a.csv", nil, Limits{}, "是空的"},
		{"blank", "a.csv", []byte("\n\n , \n"), Limits{}, "没有任何内容"},
		{"large", "a.csv", []byte("a,b\n1,2\n"), Limits{File: 4}, "上限"},
		{"unknown", "a.pdf", []byte("%PDF"), Limits{}, "不认识"},
		{"old workbook", "a.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Limits{}, "另存为.xlsx"},
		{"encrypted", "a.xlsx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Limits{}, "设了密码"},
		{"workbook named csv", "a.csv", []byte("PK\x03\x04xxxx"), Limits{}, "改名为.xlsx"},
		{"text named xlsx", "a.xlsx", []byte("a,b\n1,2\n"), Limits{}, "却不是Excel工作簿"},
		{"gzip named csv", "a.csv", packGzip(t, "a,b\n"), Limits{}, "改名为.csv.gz"},
		{"text named gz", "a.csv.gz", []byte("a,b\n"), Limits{}, "没有压缩"},
		{"binary", "a.csv", []byte("a,b\x00\x01\n"), Limits{}, "不是文字表格"},
		{"open quote", "a.csv", []byte("a,b\n1,\"2\n3,4\n"), Limits{}, "从第2行起有一个双引号没有结束"},
		{"wide", "a.csv", []byte("a,b\n" + wide), Limits{}, "第2行超过200列"},
		{"long cell", "a.csv", []byte("a,b\n1," + strings.Repeat("长", 20000) + "\n"), Limits{}, "第2行第B列的内容超过32.0KB"},
		{"many rows", "a.csv", []byte("a,b\n1,2\n1,2\n1,2\n"), Limits{Rows: 2}, "超过2行"},
		{"bomb", "a.csv.gz", packGzip(t, strings.Repeat("a,b\n", 1<<20)), Limits{}, "压缩比异常"},
		{"large unpacked", "a.csv.gz", packGzip(t, strings.Repeat("a,b\n", 1<<10)), Limits{Unpacked: 1 << 10}, "解压后超过"},
		{"cut gzip", "a.csv.gz", packGzip(t, strings.Repeat("a,b\n1,2\n", 100))[:30], Limits{}, "已损坏或不完整"},
		{"cut workbook", "a.xlsx", workbook(t, nil)[:200], Limits{}, "已损坏或不完整"},
	} {
		_, _, err := read(c.name, c.content, c.limits)
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.what, err, c.says)
		}
		// On a form it is a fault of the file that says the same.
		if f := fault.Of(err); f.Kind != fault.Invalid || f.Says != err.Error() || len(f.Fields) != 1 || f.Fields[0].Name != "file" {
			t.Errorf("%s as a fault: %+v", c.what, f)
		}
	}
}

// workbook is made by an independent writer, so that reader and writer do not
// share a mistake.
func workbook(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for cell, v := range map[string]any{"A1": "名称", "B1": "代码", "A2": "西安", "B2": 1} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if fill != nil {
		fill(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadXLSX(t *testing.T) {
	styled := func(f *excelize.File, cell string, v any, st excelize.Style) {
		id, err := f.NewStyle(&st)
		must(t, err)
		must(t, f.SetCellStyle("Sheet1", cell, cell, id))
		must(t, f.SetCellValue("Sheet1", cell, v))
	}
	code := func(s string) excelize.Style { return excelize.Style{CustomNumFmt: &s} }
	for _, c := range []struct {
		what string
		fill func(f *excelize.File)
		rows string
		note string // expected in the notes or the warnings
	}{
		{"plain", nil, "2:西安|1", ""},
		{"date by built-in format", func(f *excelize.File) { styled(f, "B2", 46082, excelize.Style{NumFmt: 14}) }, "2:西安|2026-03-01", ""},
		{"Chinese date format", func(f *excelize.File) { styled(f, "B2", 46082, code(`yyyy"年"m"月"d"日"`)) }, "2:西安|2026-03-01", ""},
		{"date with Chinese built-in", func(f *excelize.File) { styled(f, "B2", 46082, excelize.Style{NumFmt: 31}) }, "2:西安|2026-03-01", ""},
		{"instant", func(f *excelize.File) { styled(f, "B2", 46082.5, code("yyyy/m/d h:mm")) }, "2:西安|2026-03-01 12:00:00", ""},
		{"clock", func(f *excelize.File) { styled(f, "B2", 0.75, code("h:mm")) }, "2:西安|18:00:00", ""},
		{"early 1900", func(f *excelize.File) { styled(f, "B2", 1, excelize.Style{NumFmt: 14}) }, "2:西安|1900-01-01", ""},
		{"the day that never was", func(f *excelize.File) { styled(f, "B2", 60, excelize.Style{NumFmt: 14}) }, "2:西安|1900-02-29", ""},
		{"money is no date", func(f *excelize.File) { styled(f, "B2", 46082.25, code(`"¥"#,##0.00;[Red]-#,##0.00`)) }, "2:西安|46082.25", ""},
		{"percent", func(f *excelize.File) { styled(f, "B2", 0.985, code("0.0%")) }, "2:西安|98.5%", ""},
		{"zero padded code", func(f *excelize.File) { styled(f, "B2", 610100, code("0000000000")) }, "2:西安|0000610100", ""},
		{"float noise", func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "B2", 0.1+0.2)) }, "2:西安|0.3", ""},
		{"long number", func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "B2", 610113198001011234)) }, "2:西安|610113198001011000", "B2的数字超过15位"},
		{"long text", func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "B2", "610113198001011234")) }, "2:西安|610113198001011234", ""},
		{"bool", func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "B2", true)) }, "2:西安|TRUE", ""},
		{"formula without value", func(f *excelize.File) {
			must(t, f.SetCellValue("Sheet1", "B2", nil))
			must(t, f.SetCellFormula("Sheet1", "B2", "1+1"))
		}, "2:西安|", "B2是公式但没有保存计算结果"},
		{"rich text and escapes", func(f *excelize.File) {
			must(t, f.SetCellRichText("Sheet1", "B2", []excelize.RichTextRun{{Text: "甲"}, {Text: "乙\n丙", Font: &excelize.Font{Bold: true}}}))
		}, "2:西安|甲乙\n丙", ""},
		{"merged down", func(f *excelize.File) {
			must(t, f.SetCellValue("Sheet1", "B3", 2))
			must(t, f.MergeCell("Sheet1", "A2", "A3"))
		}, "2:西安|1 3:西安|2", "1处合并单元格"},
		{"merged title", func(f *excelize.File) {
			must(t, f.InsertRows("Sheet1", 1, 1))
			must(t, f.SetCellValue("Sheet1", "A1", "全省网站台账"))
			must(t, f.MergeCell("Sheet1", "A1", "B1"))
		}, "3:西安|1", "第1行“全省网站台账”按标题略过"},
		{"two-line header", func(f *excelize.File) {
			must(t, f.InsertRows("Sheet1", 2, 1))
			must(t, f.SetCellValue("Sheet1", "B2", "小计"))
			must(t, f.MergeCell("Sheet1", "A1", "A2"))
		}, "2:名称|小计 3:西安|1", "可能是多行表头"},
		{"sparse rows and columns", func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "D9", "x")) }, "2:西安|1 9:|||x", "第9行有4列"},
		{"hidden sheet", func(f *excelize.File) {
			_, err := f.NewSheet("内部")
			must(t, err)
			must(t, f.SetSheetVisible("内部", false))
		}, "2:西安|1", "“内部”是隐藏的"},
		{"second sheet", func(f *excelize.File) {
			_, err := f.NewSheet("其他")
			must(t, err)
		}, "2:西安|1", "没有读取“其他”"},
		{"first sheet hidden", func(f *excelize.File) {
			i, err := f.NewSheet("台账")
			must(t, err)
			must(t, f.SetSheetRow("台账", "A1", &[]any{"甲", "乙"}))
			must(t, f.SetSheetRow("台账", "A2", &[]any{"1", "2"}))
			f.SetActiveSheet(i)
			must(t, f.SetSheetVisible("Sheet1", false))
		}, "2:1|2", "“Sheet1”是隐藏的"},
		{"1904 dates", func(f *excelize.File) {
			yes := true
			must(t, f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}))
			styled(f, "B2", 44620, excelize.Style{NumFmt: 14})
		}, "2:西安|2026-03-01", ""},
		{"full-width digits stay", func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "B2", "１２")) }, "2:西安|１２", ""},
	} {
		tab, rows, err := read("台账.xlsx", workbook(t, c.fill), Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		said := strings.Join(tab.Notes, "")
		for _, r := range rows {
			said += strings.Join(r.Warnings, "") + strings.Join(r.Wrong, "")
		}
		if show(rows) != c.rows || !strings.Contains(said, c.note) || c.note == "" && said != "" {
			t.Errorf("%s:\n got %s (%s)\nwant %s (%s)", c.what, show(rows), said, c.rows, c.note)
		}
	}
}

func TestReadChosen(t *testing.T) {
	book := workbook(t, func(f *excelize.File) {
		_, err := f.NewSheet("内部")
		must(t, err)
		must(t, f.SetSheetRow("内部", "A1", &[]any{"说明"}))
		must(t, f.SetSheetRow("内部", "A3", &[]any{"甲", "乙"}))
		must(t, f.SetSheetRow("内部", "A4", &[]any{"1", "2"}))
		must(t, f.SetSheetVisible("内部", false))
	})
	open := func(c Choice) (*Table, error) {
		return ReadChosen(bytes.NewReader(book), int64(len(book)), "台账.xlsx", c, Limits{})
	}
	tab, err := open(Choice{})
	must(t, err)
	if len(tab.Sheets) != 2 || tab.Sheets[0].Hidden || !tab.Sheets[1].Hidden || tab.Sheet != "Sheet1" {
		t.Errorf("sheets %+v, read %s", tab.Sheets, tab.Sheet)
	}
	tab, err = open(Choice{Sheet: "内部", HeaderRow: 3})
	must(t, err)
	if got := strings.Join(tab.Header, "|"); got != "甲|乙" || !strings.Contains(strings.Join(tab.Notes, ""), "已按您的选择读取") {
		t.Errorf("header %s, notes %v", got, tab.Notes)
	}
	n := 0
	for _, err := range tab.Rows() {
		must(t, err)
		n++
	}
	if n != 1 {
		t.Errorf("%d rows under the chosen header", n)
	}
	for _, c := range []struct {
		choice Choice
		says   string
	}{{Choice{Sheet: "没有"}, "没有名为“没有”的工作表"}, {Choice{Sheet: "内部", HeaderRow: 2}, "第2行没有内容"}, {Choice{HeaderRow: 99}, "第99行没有内容"}} {
		if _, err := open(c.choice); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c.choice, err)
		}
	}
}

func TestFormulasAreNamedAndTheirResultTaken(t *testing.T) {
	_, rows, err := read("台账.xlsx", workbook(t, func(f *excelize.File) { must(t, f.SetCellFormula("Sheet1", "B2", "2-1")) }), Limits{})
	must(t, err)
	if show(rows) != "2:西安|1" || !strings.Contains(strings.Join(rows[0].Warnings, ""), "B2是公式，已按文件里保存的计算结果读取") || len(rows[0].Wrong) > 0 {
		t.Errorf("%s %v %v", show(rows), rows[0].Warnings, rows[0].Wrong)
	}
	_, rows, err = read("台账.xlsx", repack(t, workbook(t, nil), "xl/worksheets/sheet1.xml", func(s string) string {
		return strings.Replace(s, `<c r="B2"><v>1</v></c>`, `<c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c>`, 1)
	}), Limits{})
	must(t, err)
	if !strings.Contains(strings.Join(rows[0].Wrong, ""), "是错误值“#DIV/0!”") {
		t.Errorf("%s %v", show(rows), rows[0].Wrong)
	}
}

func TestLockedAndMacroWorkbooksAreNamed(t *testing.T) {
	f := excelize.NewFile()
	must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"甲", "乙"}))
	var locked bytes.Buffer
	_, err := f.WriteTo(&locked, excelize.Options{Password: "123"})
	must(t, err)
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	for _, name := range []string{"xl/workbook.xml", "xl/vbaProject.bin"} {
		_, err := w.Create(name)
		must(t, err)
	}
	must(t, w.Close())
	for _, c := range []struct {
		name string
		body []byte
		says string
	}{{"台账.xlsx", locked.Bytes(), "设了打开密码"}, {"台账.xlsx", z.Bytes(), "里有宏"}, {"台账.xlsm", z.Bytes(), "可以带宏"}, {"台账.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 rest"), "旧版Excel"}} {
		if _, _, err := read(c.name, c.body, Limits{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %s", c.name, err, c.says)
		}
	}
}

// repack rewrites one part of a workbook.
func repack(t testing.TB, book []byte, part string, change func(string) string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	must(t, err)
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range z.File {
		rc, err := f.Open()
		must(t, err)
		var b bytes.Buffer
		_, err = b.ReadFrom(rc)
		must(t, err)
		rc.Close()
		content := b.String()
		if f.Name == part {
			content = change(content)
		}
		p, err := w.Create(f.Name)
		must(t, err)
		_, err = p.Write([]byte(content))
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

// A workbook that is broken in the middle is refused, never read as shorter.
func TestReadXLSXHostile(t *testing.T) {
	good := workbook(t, nil)
	const sheet = "xl/worksheets/sheet1.xml"
	for _, c := range []struct {
		what    string
		content []byte
		limits  Limits
		says    string
	}{
		{"cut in the rows", repack(t, good, sheet, func(s string) string { return s[:strings.Index(s, `r="A2"`)] }), Limits{}, "已损坏"},
		{"broken tags", repack(t, good, sheet, func(s string) string { return strings.Replace(s, "</row>", "</raw>", 1) }), Limits{}, "已损坏"},
		{"rows backwards", repack(t, good, sheet, func(s string) string { return strings.Replace(s, `<row r="2"`, `<row r="1"`, 1) }), Limits{}, "已损坏"},
		{"row beyond the last", repack(t, good, sheet, func(s string) string { return strings.Replace(s, `<row r="2"`, `<row r="99999999"`, 1) }), Limits{}, "已损坏"},
		{"column beyond the limit", repack(t, good, sheet, func(s string) string { return strings.Replace(s, `r="B2"`, `r="XFD2"`, 1) }), Limits{}, "超过200列"},
		{"shared string beyond the table", repack(t, good, sheet, func(s string) string { return strings.Replace(s, `t="s"><v>0<`, `t="s"><v>77<`, 1) }), Limits{}, "已损坏"},
		{"document type", repack(t, good, sheet, func(s string) string {
			return strings.Replace(s, "<worksheet", `<!DOCTYPE a [<!ENTITY b "c">]><worksheet`, 1)
		}), Limits{}, "已损坏"},
		{"bomb", repack(t, good, "xl/sharedStrings.xml", func(s string) string {
			return strings.Replace(s, "</sst>", strings.Repeat("<si><t>a</t></si>", 1<<18)+"</sst>", 1)
		}), Limits{}, "压缩比异常"},
		{"overlapping merges", repack(t, good, sheet, func(s string) string {
			return strings.Replace(s, "</sheetData>", "</sheetData><mergeCells>"+strings.Repeat(`<mergeCell ref="A1:A9"/>`, 300)+"</mergeCells>", 1)
		}), Limits{}, "已损坏"},
		{"large", good, Limits{Unpacked: 1000}, "解压后超过"},
		{"all hidden", repack(t, good, "xl/workbook.xml", func(s string) string {
			return strings.Replace(s, "<sheet ", `<sheet state="veryHidden" `, 1)
		}), Limits{}, "没有可见的工作表"},
		{"long cell", workbook(t, func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "B2", strings.Repeat("长", 20000))) }), Limits{}, "单元格的内容超过"},
	} {
		_, _, err := read("a.xlsx", c.content, c.limits)
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", c.what, err, c.says)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, s := range []string{"名称,代码\n西安,1\n", "a;b\r\"x\"\"y\";2", "\ufeffa\tb\n\n1\t\"", "\xff\xfea\x00", "a,b\n\xc4\xe3,1\n", "a,\"b\nc\"d,\n"} {
		f.Add([]byte(s), false)
	}
	f.Add(packGzip(f, "a,b\n1,2\n"), true)
	f.Fuzz(func(t *testing.T, b []byte, gz bool) {
		name := "a.csv"
		if gz {
			name += ".gz"
		}
		checkFuzzed(t, name, b)
	})
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(workbook(f, nil))
	f.Add(workbook(f, func(x *excelize.File) { must(f, x.MergeCell("Sheet1", "A2", "B3")) }))
	f.Fuzz(func(t *testing.T, b []byte) { checkFuzzed(t, "a.xlsx", b) })
}

// FuzzReadSheet puts the fuzz inside a sound package, where a byte changed
// by chance does not only break the checksum.
func FuzzReadSheet(f *testing.F) {
	book := workbook(f, nil)
	f.Add(`<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c t="s"><v>0</v></c></row><row><c s="1"><f>1</f><v>2</v></c></row></sheetData><mergeCells><mergeCell ref="A1:B9"/></mergeCells></worksheet>`)
	f.Add(`<x:worksheet xmlns:x="u"><x:sheetData><x:row><x:c t="e"><x:v>#REF!</x:v></x:c></x:row></x:sheetData></x:worksheet>`)
	f.Fuzz(func(t *testing.T, s string) {
		checkFuzzed(t, "a.xlsx", repack(t, book, "xl/worksheets/sheet1.xml", func(string) string { return s }))
	})
}

func checkFuzzed(t *testing.T, name string, b []byte) {
	l := Limits{Unpacked: 8 << 20, Rows: 1000}
	tab, rows, err := read(name, b, l)
	if err != nil {
		var fe *FileError
		if !errors.As(err, &fe) {
			t.Fatalf("no sentence for the sender: %v", err)
		}
	}
	if tab == nil {
		return
	}
	last := tab.HeaderRow
	for _, r := range rows {
		if r.Number <= last || len(r.Cells) < len(tab.Header) || len(r.Cells) > 200 {
			t.Fatalf("row %d after %d, %d cells", r.Number, last, len(r.Cells))
		}
		last = r.Number
	}
}

type civil string

func (c civil) String() string { return string(c) }

func outgoing() Sheet {
	return Sheet{
		Title:   "网站[台账]",
		Columns: []Column{{Title: "名称"}, {Title: "分数", Width: 12}, {Title: "日期"}, {Title: "备注"}},
		Rows: slices.Values([][]any{
			{"西安", 98.5, someDay{}, "=HYPERLINK(\"http://x\")"},
			{"宝鸡", -3, nil, "＋86"},
			{"含,逗\"号", int64(610113198001011234), civil("@cmd"), true},
		}),
	}
}

// A long text is wrapped in a row that is high enough, and a wide table goes over
// several pages with its first column on each.
func TestWriteXLSXShowsLongTextWhole(t *testing.T) {
	for text, want := range map[string]int{"": 1, "短": 1, "一二三四五六七八九十": 3, "一\n二": 2} {
		if got := linesOf(text, 10); got != want {
			t.Errorf("%q takes %d lines, want %d", text, got, want)
		}
	}
	var b bytes.Buffer
	must(t, WriteXLSX(&b, Sheet{Title: "检查单", Columns: []Column{{Title: "名称", Width: 10}, {Title: "情况", Width: 250}}, Rows: slices.Values([][]any{{"很长很长的名称写不进一行", "短"}, {"短", nil}})}))
	for name, wants := range map[string][]string{"xl/worksheets/sheet1.xml": {`<row r="2" ht="45"`, `<row r="3">`, `fitToWidth="2"`, `<c r="B3" s=`}, "xl/workbook.xml": {"!$A:$A,"}} {
		z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		must(t, err)
		rc, err := z.Open(name)
		must(t, err)
		part, err := io.ReadAll(rc)
		must(t, err)
		for _, want := range wants {
			if !strings.Contains(string(part), want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
	}
}

func TestWriteXLSXReadsBack(t *testing.T) {
	var b bytes.Buffer
	must(t, WriteXLSX(&b, outgoing(), Sheet{Title: "网站台账"}))
	tab, rows, err := read("out.xlsx", b.Bytes(), Limits{})
	must(t, err)
	want := `2:西安|98.5|2026-03-01|=HYPERLINK("http://x") 3:宝鸡|-3||＋86 4:含,逗"号|610113198001011234|@cmd|是`
	if tab.Sheet != "网站台账" || show(rows) != want {
		t.Errorf("%s\n got %s\nwant %s", tab.Sheet, show(rows), want)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	must(t, err)
	for _, f := range z.File {
		if f.Name == "xl/styles.xml" || f.Name == "xl/workbook.xml" {
			rc, err := f.Open()
			must(t, err)
			var part bytes.Buffer
			_, err = part.ReadFrom(rc)
			must(t, err)
			if !strings.Contains(part.String(), map[string]string{"xl/styles.xml": `vertical="top" wrapText="true"`, "xl/workbook.xml": `_xlnm.Print_Titles`}[f.Name]) {
				t.Errorf("%s: text is not wrapped, or the head not repeated", f.Name)
			}
		}
		if strings.HasPrefix(f.Name, "xl/worksheets/sheet") {
			rc, err := f.Open()
			must(t, err)
			var part bytes.Buffer
			_, err = part.ReadFrom(rc)
			must(t, err)
			if strings.Contains(part.String(), "<f>") || !strings.Contains(part.String(), `state="frozen"`) {
				t.Errorf("%s: a formula, or no frozen header", f.Name)
			}
			for _, want := range []string{`orientation="landscape"`, `fitToHeight="0"`, `<pageSetUpPr fitToPage="true"`} {
				if !strings.Contains(part.String(), want) {
					t.Errorf("%s is not laid on paper: no %s", f.Name, want)
				}
			}
			if filtered := strings.Contains(part.String(), `<autoFilter ref="$A$1:$D$4"`); filtered != (f.Name == "xl/worksheets/sheet1.xml") {
				t.Errorf("%s: filters %v", f.Name, filtered)
			}
		}
	}
	var again bytes.Buffer
	must(t, WriteXLSX(&again, outgoing(), Sheet{Title: "网站台账"}))
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same sheets gave different bytes")
	}
	if err := WriteXLSX(&b, Sheet{Columns: []Column{{Title: "x"}}, Rows: slices.Values([][]any{{struct{}{}}})}); err == nil {
		t.Error("a value without a form was written")
	}
}

func TestWriteCSV(t *testing.T) {
	var b bytes.Buffer
	must(t, WriteCSV(&b, outgoing(), CSVOptions{BOM: true}))
	want := "\ufeff名称,分数,日期,备注\r\n" +
		"西安,98.5,2026-03-01,\"'=HYPERLINK(\"\"http://x\"\")\"\r\n" +
		"宝鸡,-3,,'＋86\r\n" +
		"\"含,逗\"\"号\",610113198001011234,'@cmd,是\r\n"
	if b.String() != want {
		t.Errorf("got %q\nwant %q", b.String(), want)
	}
	for in, want := range map[string]string{"-1+2": "'-1+2", " =1": "' =1", "平常": "平常", "": "", "\t=1": "'\t=1", "a=1": "a=1"} {
		if got := tame(in); got != want {
			t.Errorf("tame(%q) = %q, want %q", in, got, want)
		}
	}
}

// The real ledgers of the province read without an error or a warning.
func TestReadRealTables(t *testing.T) {
	root := realdata.Path(t, ".", "reading the real division and site tables")
	n := 0
	for _, pattern := range []string{"01_divisions/*.csv", "02_gov_sites/*.csv", "02_gov_sites/*.csv.gz"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		must(t, err)
		for _, name := range files {
			f, err := os.Open(name)
			must(t, err)
			info, err := f.Stat()
			must(t, err)
			tab, err := ReadTable(f, info.Size(), name, Limits{})
			if err != nil {
				t.Errorf("%s: %v", filepath.Base(name), err)
				continue
			}
			rows := 0
			for r, err := range tab.Rows() {
				if err != nil {
					t.Errorf("%s: %v", filepath.Base(name), err)
					break
				}
				if len(r.Warnings) > 0 {
					t.Errorf("%s: %v", filepath.Base(name), r.Warnings)
					break
				}
				rows++
			}
			if rows == 0 || len(tab.Header) < 2 {
				t.Errorf("%s: %d rows under %v", filepath.Base(name), rows, tab.Header)
			}
			n++
			f.Close()
		}
	}
	if n < 5 {
		t.Errorf("only %d tables found", n)
	}
}

func BenchmarkReadXLSX(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	row := make([]any, 10)
	var buf bytes.Buffer
	must(b, WriteXLSX(&buf, Sheet{Columns: make([]Column, 10), Rows: func(yield func([]any) bool) {
		for range 50_000 {
			for i := range row {
				row[i] = fmt.Sprintf("内容%d", r.Intn(1<<30))
			}
			if !yield(row) {
				return
			}
		}
	}}))
	b.SetBytes(int64(buf.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, rows, err := read("a.xlsx", buf.Bytes(), Limits{}); err != nil || len(rows) != 49_999 {
			b.Fatal(len(rows), err)
		}
	}
}

// someDay stands for calendar.Date, which is above this package.
type someDay struct{}

func (someDay) IsZero() bool     { return false }
func (someDay) Start() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, beijing) }
