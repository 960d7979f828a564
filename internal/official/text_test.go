package official

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

func zipOf(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, body); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const docxHead = `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`

func docxOf(t testing.TB) []byte {
	return zipOf(t, map[string]string{
		"word/document.xml": docxHead + `<w:p><w:r><w:t>联系人张三，</w:t></w:r><w:r><w:t>1381234</w:t></w:r><w:r><w:t>5678</w:t></w:r></w:p>` +
			`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>姓名</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p><w:del><w:r><w:delText>删去的话</w:delText></w:r></w:del></w:p></w:body></w:document>`,
		"word/comments.xml": docxHead + `<w:p><w:r><w:t>批注里的话</w:t></w:r></w:p></w:body></w:document>`,
		"word/styles.xml":   `<x>不读</x>`,
	})
}

func xlsxOf(t testing.TB) []byte {
	t.Helper()
	f := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "姓名", "B1": "电话", "A2": "李四", "B2": int64(13987654321)} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.NewSheet("底稿"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.SetCellValue("底稿", "A1", "隐藏表里的话"), f.SetSheetVisible("底稿", false)); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTextReadsWhatAReaderCanComeToSee(t *testing.T) {
	pdf := &bytes.Buffer{}
	if faces, err := FindFaces(); err != nil {
		t.Logf("no font on this machine: the PDF is not tested: %v", err)
	} else {
		d := Document{Title: "关于公示的通知"}
		d.Paragraph("联系电话13812345678。")
		if err := d.WritePDF(pdf, faces); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		body []byte
		want []string
	}{
		{"名单.docx", docxOf(t), []string{"13812345678", "姓名", "删去的话", "批注里的话"}},
		{"名单.xlsx", xlsxOf(t), []string{"李四\t13987654321", "隐藏表里的话"}},
		{"说明.TXT", []byte("\xc1\xaa\xcf\xb5\xb5\xe7\xbb\xb0\xa3\xac13812345678\xa1\xa3\xc7\xeb\xb0\xb4\xca\xb1\xb1\xa8\xcb\xcd"), []string{"联系电话，13812345678"}},
		{"通知.pdf", pdf.Bytes(), []string{"13812345678"}},
	} {
		if len(c.body) == 0 {
			continue
		}
		got, err := Text(bytes.NewReader(c.body), int64(len(c.body)), c.name, TextLimits{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(strings.ReplaceAll(got, " ", ""), strings.ReplaceAll(w, " ", "")) {
				t.Errorf("%s: %q is missing in %q", c.name, w, got)
			}
		}
		if strings.Contains(got, "不读") {
			t.Errorf("%s: styles were read as text", c.name)
		}
	}
}

func TestTextSaysWhyItCouldNotRead(t *testing.T) {
	bomb := zipOf(t, map[string]string{"word/document.xml": docxHead + "<w:p><w:r><w:t>" + strings.Repeat("一", 9<<20) + "</w:t></w:r></w:p></w:body></w:document>"})
	deep := zipOf(t, map[string]string{"word/document.xml": docxHead + strings.Repeat("<w:p>", 5000)})
	entity := zipOf(t, map[string]string{"word/document.xml": `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaa">]><a>&a;</a>`})
	for name, c := range map[string]struct {
		body []byte
		says string
	}{
		"扫描.pdf":  {[]byte("%PDF-1.4 broken"), "已损坏"},
		"旧文档.doc": {[]byte("x"), "DOC格式"},
		"无名":      {[]byte("x"), "没有扩展名"},
		"空.docx":  {nil, "空的"},
		"坏.docx":  {[]byte("PK\x03\x04xx"), "已损坏"},
		"大.docx":  {bomb, "过大"},
		"深.docx":  {deep, "已损坏"},
		"实体.docx": {entity, "已损坏"},
		"假.docx":  {zipOf(t, map[string]string{"a.txt": "x"}), "不是文字处理文件"},
		"坏.xlsx":  {[]byte("nothing"), "已损坏"},
	} {
		_, err := Text(bytes.NewReader(c.body), int64(len(c.body)), name, TextLimits{})
		var fe *FileError
		if !errors.As(err, &fe) || !strings.Contains(fe.Says, c.says) || !strings.Contains(fe.Says, name) {
			t.Errorf("%s: %v, wants %s", name, err, c.says)
		}
	}
	body := docxOf(t)
	if _, err := Text(bytes.NewReader(body), int64(len(body)), "名单.docx", TextLimits{Text: 10}); err == nil || !strings.Contains(err.Error(), "超过") {
		t.Errorf("text over the limit: %v", err)
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>"), uint8(2))
	f.Add(docxOf(f), uint8(0))
	f.Add(xlsxOf(f), uint8(1))
	f.Add([]byte("a,b\n1,2"), uint8(3))
	f.Add(mixedPDF(), uint8(2))
	f.Add(bookOf(f, `<cols><col min="2" max="2" hidden="1"/></cols><sheetData><row r="3" hidden="1"><c r="B3"><v>1.3E10</v></c><c t="inlineStr"><is><t>一</t><rPh><t>yi</t></rPh></is></c></row></sheetData><headerFooter><oddHeader>&amp;C页眉</oddHeader></headerFooter>`,
		map[string]string{"xl/pivotCache/pivotCacheRecords1.xml": `<r><s v="张三"/></r>`, "xl/embeddings/a.docx": string(docxOf(f))}), uint8(1))
	f.Fuzz(func(t *testing.T, body []byte, kind uint8) {
		slow := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("kind %d hangs on %q", kind%4, body)) })
		defer slow.Stop()
		name := fmt.Sprintf("a%s", []string{".docx", ".xlsx", ".pdf", ".csv"}[kind%4])
		w, err := ReadWords(context.Background(), bytes.NewReader(body), int64(len(body)), name, TextLimits{File: 1 << 20, Unpacked: 4 << 20, Text: 1 << 20, Files: 20})
		var fe *FileError
		if err != nil && !errors.As(err, &fe) {
			t.Fatalf("an error without a sentence: %v", err)
		}
		if len(w.Text) > 1<<20+1 || len(w.Unread) > mostTold || len(w.Unjudged) > mostTold || len(w.places) > 2*mostPlaces {
			t.Fatalf("%d bytes of text, %d and %d told, %d places", len(w.Text), len(w.Unread), len(w.Unjudged), len(w.places))
		}
		for at := 0; at <= len(w.Text); at += 1 + len(w.Text)/50 {
			w.At(at)
		}
	})
}
