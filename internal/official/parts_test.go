package official

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/xuri/excelize/v2"
)

// bookOf is a workbook of one sheet, with further parts.
func bookOf(t testing.TB, sheet string, more map[string]string) []byte {
	t.Helper()
	parts := map[string]string{
		"xl/workbook.xml":            `<workbook xmlns:r="r"><sheets><sheet name="名单" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml":   `<worksheet>` + sheet + `</worksheet>`,
	}
	for name, body := range more {
		parts[name] = body
	}
	return zipOf(t, parts)
}

func wordsOf(t *testing.T, name string, body []byte) Words {
	t.Helper()
	w, err := ReadWords(context.Background(), bytes.NewReader(body), int64(len(body)), name, TextLimits{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return w
}

// holds says where each piece of text stands.
func holds(t *testing.T, w Words, at map[string]string) {
	t.Helper()
	for text, want := range at {
		i := strings.Index(w.Text, text)
		if i < 0 {
			t.Errorf("%q is missing in %q", text, w.Text)
		} else if got := w.At(i); got != want {
			t.Errorf("%q stands at %q, want %q", text, got, want)
		}
	}
}

// Programs that write numbers with an exponent or a fraction of zero write the
// same telephone number; a long number that lost its end is told and is nobody's.
func TestNumbersOfCells(t *testing.T) {
	w := wordsOf(t, "名单.xlsx", bookOf(t, `<cols><col min="6" max="6" hidden="1"/></cols><sheetData><row r="1"><c r="A1"><v>1.3812345678E10</v></c><c r="B1"><v>13912345678</v></c><c r="D1"><v>13712345678.0</v></c><c r="F1"><v>0.5</v></c></row>
		<row r="9" hidden="1"><c r="A9"><v>6.1011319900307E+17</v></c><c r="B9"><v>610113199003071000</v></c><c r="C9" t="str"><v>11010519491231002X</v></c><c r="D9"><v>4392250000000003</v></c><c r="E9"><v>6222021234567890</v></c><c r="F9" t="inlineStr"><is><t>张</t><rPh><t>zhang</t></rPh><r><t>三</t></r></is></c></row></sheetData>`, nil))
	if want := "13812345678\t13912345678\t\t13712345678\t\t0.5\n\n610113199003070***\t610113199003071***\t11010519491231002X\t4392250000000003\t622202123456789*\t张三\n"; w.Text != want {
		t.Errorf("%q, want %q", w.Text, want)
	}
	if said := strings.Join(w.Unjudged, ""); len(w.Unread) != 0 || len(w.Unjudged) != 1 || !strings.Contains(said, "有 3 个长号码（工作表名单!A9、工作表名单!B9、工作表名单!E9）按数值存放，末几位已失真") {
		t.Errorf("unread %q", said)
	}
	holds(t, w, map[string]string{"13812345678": "工作表名单!A1", "13712345678": "工作表名单!D1", "0.5": "工作表名单!F1（该列隐藏）", "11010519491231002X": "工作表名单!C9（该行隐藏）"})
}

// Everything of a workbook that a reader can come to see is read: what is drawn
// and noted on a sheet, its printed headers, what pivot tables and links to other
// workbooks keep, and sheets and files put into it.
func TestWorkbookBeyondItsCells(t *testing.T) {
	f := excelize.NewFile()
	_, err := f.NewSheet("H")
	err = errors.Join(err, f.SetCellValue("Sheet1", "A1", "公示"), f.SetCellValue("H", "B12", "13812345678"), f.SetSheetVisible("H", false, true),
		f.AddShape("Sheet1", &excelize.Shape{Cell: "D4", Type: "rect", Paragraph: []excelize.RichTextRun{{Text: "李四 13912345678"}}}),
		f.AddComment("Sheet1", excelize.Comment{Cell: "A1", Paragraph: []excelize.RichTextRun{{Text: "批注 13612345678"}}}),
		f.SetHeaderFooter("Sheet1", &excelize.HeaderFooterOptions{OddHeader: "&C王五 13712345678&R&P"}))
	var b bytes.Buffer
	if err = errors.Join(err, f.Write(&b)); err != nil {
		t.Fatal(err)
	}
	w := wordsOf(t, "名单.xlsx", b.Bytes())
	holds(t, w, map[string]string{"13812345678": "工作表H（深度隐藏）!B12", "13912345678": "工作表Sheet1的图形", "13612345678": "工作表Sheet1的批注", "13712345678": "工作表Sheet1的页眉页脚"})
	if len(w.Unread)+len(w.Unjudged) > 0 {
		t.Errorf("unread %q %q", w.Unread, w.Unjudged)
	}
	inner := bookOf(t, `<sheetData><row r="3"><c r="B3"><v>1.3512345678E10</v></c></row></sheetData>`, nil)
	w = wordsOf(t, "总表.xlsx", bookOf(t, `<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>`, map[string]string{
		"xl/sharedStrings.xml":                      `<sst><si><t>合计</t></si></sst>`,
		"xl/pivotCache/pivotCacheRecords1.xml":      `<pivotCacheRecords><r><s v="张三"/><n v="1.3812345678E10"/></r></pivotCacheRecords>`,
		"xl/externalLinks/externalLink1.xml":        `<externalLink><sheetData><cell r="A1"><v>13912345678</v></cell></sheetData></externalLink>`,
		"xl/worksheets/sheet7.xml":                  `<worksheet><sheetData><row><c><v>13712345678</v></c></row></sheetData></worksheet>`,
		"xl/embeddings/Microsoft_Excel_Sheet1.xlsx": string(inner),
		"xl/embeddings/oleObject1.bin":              "\xd0\xcf",
		"xl/charts/chart1.xml":                      `<c><v>13312345678</v>`,
	}))
	holds(t, w, map[string]string{"13812345678": "数据透视表的缓存", "13912345678": "外部链接的缓存", "13712345678": "工作表sheet7.xml（目录之外）!A1", "13512345678": "xl/embeddings/Microsoft_Excel_Sheet1.xlsx 工作表名单!B3"})
	if said := strings.Join(w.Unread, ""); !strings.Contains(said, "1 个嵌入的对象（oleObject1.bin）") || !strings.Contains(said, "图表已损坏") || len(w.Unread) != 2 {
		t.Errorf("unread %q", said)
	}
	for name, body := range map[string][]byte{
		"断.xlsx": bookOf(t, `<sheetData><row r="1"><c r="A1"><v>1`, nil),
		"无.xlsx": zipOf(t, map[string]string{"xl/worksheets/sheet1.xml": "<worksheet/>"}),
	} {
		if _, err := Text(bytes.NewReader(body), int64(len(body)), name, TextLimits{}); err == nil || !strings.Contains(err.Error(), "已损坏") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A place in a text is the paragraph, by its number without the blank ones and by its
// first words; never by digits, which may be what was found.
func TestPlaceInADocument(t *testing.T) {
	p := func(s string) string { return `<w:p><w:r><w:t>` + s + `</w:t></w:r></w:p>` }
	w := wordsOf(t, "通知.docx", zipOf(t, map[string]string{
		"word/document.xml": docxHead + p("关于公示的通知") + p("") + p("现将拟认定人员名单及有关情况公示如下，联系电话13812345678，") + `<w:tbl><w:tr><w:tc>` + p("张三") + `</w:tc><w:tc>` + p("13912345678") + `</w:tc></w:tr></w:tbl>` + p("电话13712345678") + `</w:body></w:document>`,
	}))
	holds(t, w, map[string]string{"关于公示": "正文第1段（“关于公示的通知”）", "13812345678": "正文第2段（“现将拟认定人员名单及有关…”）", "13912345678": "正文第4段", "13712345678": "正文第5段（“电话”）"})
}

// A list of commas is read as the table it is, in whatever encoding; its rows keep the
// numbers they have where it is opened.
func TestListOfCommas(t *testing.T) {
	body := "姓名,备注,电话\r\n\r\n张三,\"住东街,\n二楼\",13812345678\r\n李四,\"\",13912345678\r\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(body)
	if err != nil {
		t.Fatal(err)
	}
	w := wordsOf(t, "名单.csv", []byte(gb))
	holds(t, w, map[string]string{"13812345678": "第3行", "13912345678": "第4行"})
	if !strings.Contains(w.Text, "姓名\t备注\t电话\n") || !strings.Contains(w.Text, "张三\t住东街, 二楼\t13812345678\n") {
		t.Errorf("read %q", w.Text)
	}
	if w = wordsOf(t, "说明.txt", []byte("姓名,电话\n")); w.Text != "姓名,电话\n" {
		t.Errorf("a text was read as a table: %q", w.Text)
	}
}

// A text holds more than its body.
func TestDocumentBeyondItsBody(t *testing.T) {
	inner := bookOf(t, `<sheetData><row r="2"><c r="A2"><v>1.3512345678E10</v></c></row></sheetData>`, nil)
	w := wordsOf(t, "通知.docx", zipOf(t, map[string]string{
		"word/document.xml":  docxHead + `<w:p><w:r><w:t>名单见表</w:t></w:r></w:p></w:body></w:document>`,
		"word/header1.xml":   docxHead + `<w:p><w:r><w:t>13312345678</w:t></w:r></w:p></w:body></w:document>`,
		"word/charts/c1.xml": `<c:chart xmlns:c="c"><c:v>13812345678</c:v></c:chart>`, "word/diagrams/data1.xml": `<a:p xmlns:a="a"><a:t>13912345678</a:t></a:p>`,
		"word/styles.xml": `<x>不读</x>`,
		"word/embeddings/Microsoft_Excel_Sheet1.xlsx": string(inner),
		"word/embeddings/oleObject1.bin":              "x", "word/afchunk.htm": "<p>13712345678</p>",
		"word/media/image1.png": strings.Repeat("x", scanBytes), "word/media/image2.png": "emblem",
	}))
	holds(t, w, map[string]string{"名单见表": "正文第1段（“名单见表”）", "13312345678": "页眉第1段", "13812345678": "图表", "13912345678": "图示", "13512345678": "word/embeddings/Microsoft_Excel_Sheet1.xlsx 工作表名单!A2"})
	if said := strings.Join(w.Unread, ""); len(w.Unread) != 2 || !strings.Contains(said, "1 个嵌入的对象（oleObject1.bin）") || !strings.Contains(said, "afchunk.htm”是HTM格式") {
		t.Errorf("unread %q", said)
	}
	if len(w.Unjudged) != 1 || !strings.Contains(w.Unjudged[0], "1 张图片") {
		t.Errorf("pictures %q", w.Unjudged)
	}
	// A document of nothing but pictures is not clean.
	for name, body := range map[string][]byte{
		"扫描.docx": zipOf(t, map[string]string{"word/document.xml": docxHead + `<w:p/></w:body></w:document>`, "word/media/image1.png": "x"}),
		"扫描.xlsx": bookOf(t, `<sheetData/>`, map[string]string{"xl/media/image1.jpeg": "x"}),
		"扫描.ofd":  zipOf(t, map[string]string{"OFD.xml": "<OFD/>", "Doc_0/Pages/Page_0/Content.xml": `<Page><ImageObject/></Page>`}),
	} {
		if _, err := Text(bytes.NewReader(body), int64(len(body)), name, TextLimits{}); err == nil || !strings.Contains(err.Error(), "没有可以复制的文字") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Files attached to an OFD are read; pages of it that are pictures are named, and
// so are pictures in a ZIP, and where in it a list stands.
func TestPlacesOfPackedFiles(t *testing.T) {
	list := zipOf(t, map[string]string{"名单.csv": "姓名,电话\n张三,13812345678\n"})
	w := wordsOf(t, "n.zip", zipOf(t, map[string]string{"内/a.zip": string(list), "扫描件.jpg": "x", "Thumbs.db": "x"}))
	holds(t, w, map[string]string{"13812345678": "内/a.zip/名单.csv 第2行"})
	if len(w.Unread) != 0 || len(w.Unjudged) != 1 || !strings.Contains(w.Unjudged[0], "1 个图片或音视频文件（扫描件.jpg）") {
		t.Errorf("unread %q, pictures %q", w.Unread, w.Unjudged)
	}
	page := func(text string) string {
		return `<Page><TextObject Boundary="0 0 10 5"><TextCode>` + text + `</TextCode></TextObject></Page>`
	}
	w = wordsOf(t, "公告.ofd", zipOf(t, map[string]string{"OFD.xml": "<OFD/>", "Doc_0/Pages/Page_0/Content.xml": page("公告"), "Doc_0/Pages/Page_1/Content.xml": page("13912345678"),
		"Doc_0/Pages/Page_2/Content.xml": `<Page><ImageObject/></Page>`, "Doc_0/Attachs/名单.zip": string(list)}))
	holds(t, w, map[string]string{"公告": "第1页", "13912345678": "第2页", "13812345678": "Doc_0/Attachs/名单.zip/名单.csv 第2行"})
	if len(w.Unread) != 1 || !strings.Contains(w.Unread[0], "第3页是图片") {
		t.Errorf("unread %q", w.Unread)
	}
	// The document says which page is which, whatever their parts are called.
	w = wordsOf(t, "倒.ofd", zipOf(t, map[string]string{"OFD.xml": "<OFD/>", "Doc_0/Document.xml": `<ofd:Document xmlns:ofd="o"><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_7/Content.xml"/><ofd:Page ID="2" BaseLoc="/Doc_0/Pages/Page_2/Content.xml"/></ofd:Pages></ofd:Document>`,
		"Doc_0/Pages/Page_2/Content.xml": page("13912345678"), "Doc_0/Pages/Page_7/Content.xml": page("公告")}))
	holds(t, w, map[string]string{"公告": "第1页", "13912345678": "第2页"})
	w = wordsOf(t, "断.ofd", zipOf(t, map[string]string{"OFD.xml": "<OFD/>", "Doc_0/Other.xml": "<a/>", "Doc_0/Pages/Page_2/Content.xml": page("公告")}))
	holds(t, w, map[string]string{"公告": "第1页"})
	if got := (Words{}).At(3); got != "" {
		t.Errorf("nothing stands at %q", got)
	}
}

// madePDF writes objects, the first of them the catalogue.
func madePDF(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, table)
	return b.Bytes()
}

func pdfStream(dict, s string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(s), s)
}

// mixedPDF has a page of text, a scanned one, and one whose text stands in a
// drawing, in an annotation and in a field.
func mixedPDF() []byte {
	const page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources "
	return madePDF(
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>",
		page+"<< /Font << /F1 6 0 R >> >> /Contents 7 0 R >>",
		page+"<< /XObject << /Im 8 0 R >> >> /Contents 9 0 R >>",
		page+"<< /XObject << /Fm 10 0 R >> >> /Contents 11 0 R /Annots [12 0 R 13 0 R] >>",
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
		pdfStream("", "BT /F1 12 Tf 100 700 Td (Public notice) Tj ET"),
		pdfStream("/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8", "x"),
		pdfStream("", "q 500 0 0 700 0 0 cm /Im Do Q"),
		pdfStream("/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 6 0 R >> /XObject << /Fm 10 0 R >> >>", "BT /F1 12 Tf 100 700 Td [(Tel 138123) -20 (45678)] TJ ET"),
		pdfStream("", "/Fm Do"),
		"<< /Type /Annot /Subtype /FreeText /Rect [0 0 10 10] /Contents (Tel 13912345678) >>",
		"<< /Type /Annot /Subtype /Widget /Rect [0 0 10 10] /FT /Tx /V (13712345678) >>",
	)
}

func TestPagesOfAPDF(t *testing.T) {
	w := wordsOf(t, "mixed.pdf", mixedPDF())
	holds(t, w, map[string]string{"Public notice": "第1页", "13812345678": "第3页", "13912345678": "第3页", "13712345678": "第3页"})
	if len(w.Unread) != 1 || !strings.Contains(w.Unread[0], "第2页是图片") {
		t.Errorf("unread %q", w.Unread)
	}
	// A drawing that draws itself ends, and is told.
	round := bytes.Replace(mixedPDF(), []byte("(Tel 138123) -20 (45678)] TJ ET"), []byte("(Tel 13812345678)] TJ /Fm Do ET"), 1)
	w = wordsOf(t, "round.pdf", round)
	if said := strings.Join(w.Unread, ""); !strings.Contains(said, "图形对象过多") {
		t.Errorf("unread %q", said)
	}
}

// An end of line within a paragraph is told from the end of a paragraph and of a cell.
func TestEndsOfLineOfDocuments(t *testing.T) {
	w := wordsOf(t, "通知.docx", zipOf(t, map[string]string{"word/document.xml": `<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>设备按</w:t><w:br/><w:t>装</w:t></w:r></w:p><w:p><w:r><w:t>完成</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>610113</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>1990</w:t><w:cr/><w:t>0307</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>`}))
	if want := "设备按\u2028装\n完成\n610113\n\t1990\u20280307\n\t"; w.Text != want {
		t.Errorf("%q, want %q", w.Text, want)
	}
	holds(t, w, map[string]string{"装": "正文第1段（“设备按”）", "完成": "正文第2段（“完成”）"})
}
