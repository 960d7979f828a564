package official

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sample() *Document {
	d := &Document{
		Authority:   "陕西省人民政府办公厅文件",
		Number:      DocumentNumber("陕政公开办", 2026, 18),
		Title:       "关于2026年第一季度全省政府网站与\n政务新媒体检查情况的通报",
		To:          "各设区市人民政府办公室，省政府各部门办公室",
		Attachments: []string{"检查情况汇总表", "抽查发现突出问题的网站名单"},
		Issuer:      "陕西省政务公开办公室",
		Dated:       "2026年4月10日",
		Note:        "此件公开发布",
		CopyTo:      "国务院办公厅政府信息与政务公开办公室",
		Printer:     "陕西省人民政府办公厅",
		Printed:     "2026年4月11日",
	}
	d.Paragraph("现将有关情况通报如下。\n\n含有 <标记> & “引号” 的文字应原样写出。")
	d.Heading(1, "总体情况")
	d.Heading(2, "政府网站")
	d.Heading(3, "抽查范围")
	d.Heading(4, "抽查比例")
	d.Heading(4, "抽查方式")
	d.Heading(2, "政务新媒体")
	d.Heading(1, "存在的问题")
	d.Table(Grid{Caption: "检查情况汇总表", Header: []string{"序号", "单位", "合格率"}, Widths: []int{1, 4, 2},
		Rows: [][]string{{"1", "西安市", "100%"}, {"2", "宝鸡市\n（含区县）"}}})
	d.PageBreak()
	d.Heading(1, "下一步工作")
	d.Clause(2, "压实责任。", "各市各部门要逐条整改。")
	return d
}

func parts(t *testing.T, d *Document) map[string]string {
	t.Helper()
	var buf bytes.Buffer
	n, err := d.WriteTo(&buf)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(buf.Len()) {
		t.Errorf("WriteTo says %d of %d bytes", n, buf.Len())
	}
	z, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		rc.Close()
		out[f.Name] = string(b)
	}
	return out
}

func TestDocumentGolden(t *testing.T) {
	got := parts(t, sample())["word/document.xml"]
	// One element a line, so that a difference can be read.
	got = strings.ReplaceAll(got, "><w:", ">\n<w:")
	const golden = "testdata/bulletin.document.xml"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
		for i := range g {
			if i >= len(w) || g[i] != w[i] {
				t.Fatalf("document.xml differs from the golden file at line %d:\n%s\n(go test -run Golden -update rewrites it)", i+1, g[i])
			}
		}
		t.Fatal("document.xml is shorter than the golden file")
	}
}

// Every part parses, every part is declared, every relation has its part.
func TestDocumentPackage(t *testing.T) {
	p := parts(t, sample())
	for name, content := range p {
		d := xml.NewDecoder(strings.NewReader(content))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if !strings.HasSuffix(name, ".rels") && name != "[Content_Types].xml" && !strings.Contains(p["[Content_Types].xml"], `PartName="/`+name+`"`) {
			t.Errorf("%s has no content type", name)
		}
	}
	for _, target := range []string{"styles.xml", "settings.xml", "fontTable.xml", "footer1.xml", "footer2.xml"} {
		if !strings.Contains(p["word/_rels/document.xml.rels"], `Target="`+target+`"`) || p["word/"+target] == "" {
			t.Errorf("%s is not tied in", target)
		}
	}
}

// The measures of GB/T 9704-2012 5.2: type area 156 by 225 mm, 22 lines of 28.
func TestDocumentLayout(t *testing.T) {
	const mm = 1440 / 25.4
	near := func(what string, twips int, want float64) {
		if got := float64(twips) / mm; got < want-0.3 || got > want+0.3 {
			t.Errorf("%s is %.1f mm, want %.1f", what, got, want)
		}
	}
	near("top margin", marginTop, 37)
	near("left margin", marginLeft, 28)
	near("type area width", typeWidth, 156)
	near("type area height", pageHeight-marginTop-marginBottom, 225)
	if lines := (pageHeight - marginTop - marginBottom) / linePitch; lines != 22 {
		t.Errorf("%d lines", lines)
	}
	space := closer // a variable, because the quotient is no whole number
	if chars := int(float64(typeWidth) / 20 / (16 + float64(space)/20)); chars != 28 || closerText != strconv.Itoa(closer) {
		t.Errorf("%d characters a line", chars)
	}

	p := parts(t, sample())
	doc := p["word/document.xml"]
	for what, want := range map[string]string{
		"number":        "陕政公开办〔2026〕18号",
		"level 1":       `w:eastAsia="黑体"`,
		"level 2":       `w:eastAsia="楷体_GB2312"`,
		"title face":    `w:eastAsia="方正小标宋简体"`,
		"indent":        `w:firstLineChars="200"`,
		"repeated head": "<w:tblHeader/>",
		"escaped":       "含有 &lt;标记&gt; &amp; “引号” 的文字",
		"addressee":     "省政府各部门办公室：",
		"attachment":    "附件：1.检查情况汇总表",
		"heading 1-2":   "二、存在的问题",
		"heading 2-2":   "（二）政务新媒体",
		"heading 4-2":   "（2）抽查方式",
		"heading 1-3":   "三、下一步工作",
		"note":          "（此件公开发布）",
		"copy":          "抄送：国务院办公厅政府信息与政务公开办公室。",
		"printed":       "2026年4月11日印发",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("%s: %q is missing", what, want)
		}
	}
	if !strings.Contains(p["word/footer1.xml"], `w:jc w:val="right"`) || !strings.Contains(p["word/footer2.xml"], `w:jc w:val="left"`) ||
		!strings.Contains(p["word/settings.xml"], "evenAndOddHeaders") || !strings.Contains(p["word/footer1.xml"], " PAGE ") {
		t.Error("page numbers stand right on odd pages and left on even ones")
	}
}

func TestDocumentIsDeterministic(t *testing.T) {
	var a, b bytes.Buffer
	if _, err := sample().WriteTo(&a); err != nil {
		t.Fatal(err)
	}
	if _, err := sample().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same document gave different bytes")
	}
}

func TestDocumentToSuperior(t *testing.T) {
	d := &Document{Title: "关于临时下线的请示", Number: DocumentNumber("西政办字", 2026, 7), Signer: "张三", Urgency: "加急", To: "省政府办公厅"}
	doc := parts(t, d)["word/document.xml"]
	at := -1
	for _, want := range []string{"加急", "西政办字〔2026〕7号", "签发人：", "张三", "关于临时下线的请示", "省政府办公厅："} {
		next := strings.Index(doc, want)
		if next <= at {
			t.Errorf("%q is missing or out of order", want)
		}
		at = next
	}
}

func TestDocumentRefusals(t *testing.T) {
	for says, d := range map[string]*Document{
		"没有标题":  {},
		"特急":    {Title: "通报", Urgency: "急"},
		"六角括号":  {Title: "通报", Number: "陕政公开办[2021]18号"},
		"不加“第”": {Title: "通报", Number: "陕政公开办〔2021〕第18号"},
		"不补零":   {Title: "通报", Number: "陕政公开办〔2021〕018号"},
		"成文日期":  {Title: "通报", Dated: "2021年06月07日"},
		"印发日期":  {Title: "通报", Printed: "2021-6-7"},
	} {
		if _, err := d.WriteTo(io.Discard); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
	for says, g := range map[string]Grid{
		"没有表头": {},
		"多于表头": {Header: []string{"甲"}, Rows: [][]string{{"1", "2"}}},
		"列宽":   {Header: []string{"甲"}, Widths: []int{1, 2}},
		"最多排":  {Header: make([]string, 15)},
	} {
		d := &Document{Title: "通报"}
		d.Table(g)
		if err := d.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}

func TestControlCharactersNeverReachTheFile(t *testing.T) {
	d := &Document{Title: "通\x00报\x1b\ufffe"}
	d.Paragraph("坏\x01字节\xff\xfe")
	doc := parts(t, d)["word/document.xml"]
	if err := xml.Unmarshal([]byte(doc), new(struct{})); err != nil {
		t.Error(err)
	}
	if !strings.Contains(doc, "通报") || !strings.Contains(doc, "坏字节") {
		t.Error("the text around bad characters was lost")
	}
}

func TestSignature(t *testing.T) {
	for _, c := range []struct {
		issuer, dated       string
		sealed              bool
		issuerRight, dated2 float64
	}{
		{"陕西省政务公开办公室", "2026年4月10日", false, 2, 3.5}, // 20 and 13 half characters: the date starts 2 characters later
		{"省政府", "2026年4月10日", false, 7.5, 2},        // shorter than the date
		{"陕西省人民政府", "2026年4月10日", true, 4, 4},       // centred over the date
		{"陕西省人民政府办公厅政务公开办公室", "2026年4月10日", true, 2, 7},
	} {
		ir, dr := signature(c.issuer, c.dated, c.sealed)
		if ir != c.issuerRight || dr != c.dated2 {
			t.Errorf("%s sealed %t: %.1f %.1f, want %.1f %.1f", c.issuer, c.sealed, ir, dr, c.issuerRight, c.dated2)
		}
	}
}

func TestNumeral(t *testing.T) {
	for n, want := range map[int]string{1: "一", 10: "十", 11: "十一", 20: "二十", 35: "三十五", 100: "一百", 101: "一百零一", 110: "一百一十", 999: "九百九十九", 0: "0", 1000: "1000"} {
		if got := Numeral(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}

func TestTitlesBreakInEvenLines(t *testing.T) {
	for title, want := range map[string]string{
		"补正通知书": "补正通知书",
		"关于全省政府网站与政务新媒体检查情况的通报":                   "关于全省政府网站\n与政务新媒体检查情况的通报",
		"关于2026年第三季度全省政府网站和政务新媒体检查情况的通报":          "关于2026年第三季度全省政府网站\n和政务新媒体检查情况的通报",
		"西安市人民政府办公厅关于印发《政府网站管理办法》的通知":             "西安市人民政府办公厅关于印发\n《政府网站管理办法》的通知",
		"一二三四五六七八九十一二三四五六七八九十一":                   "一二三四五六七八九十\n一二三四五六七八九十一",
		"写者自己分行的\n标题不再分行，哪怕它比一行长得多也是如此因为作者知道怎样好看": "写者自己分行的\n标题不再分行，哪怕它比一行长得多也是如此因为作者知道怎样好看",
		strings.Repeat("x", 90): strings.Repeat("x", 90),
	} {
		if got := titled(title); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", title, got, want)
		}
	}
}
