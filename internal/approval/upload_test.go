package approval

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"unicode"

	"zhengshu/internal/blob"
	"zhengshu/internal/fault"
)

func zipOf(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		if _, err := z.Create(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// packed makes an archive with contents; locked marks its entries as encrypted.
func packed(t testing.TB, locked bool, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		h := &zip.FileHeader{Name: parts[i], Method: zip.Deflate}
		if locked {
			h.Flags |= 1
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTakeBelievesContentNotNames(t *testing.T) {
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	docx, xlsx := zipOf(t, "[Content_Types].xml", "word/document.xml"), zipOf(t, "[Content_Types].xml", "xl/workbook.xml")
	for _, tt := range []struct {
		name    string
		content []byte
		want    string // media type, or part of the refusal
		ok      bool
	}{
		{"签字页.pdf", []byte("%PDF-1.7\n"), "application/pdf", true},
		{"签字页.PDF", []byte("%PDF-1.7\n"), "application/pdf", true},
		{"a.png", []byte("\x89PNG\r\n\x1a\nxx"), "image/png", true},
		{"a.jpeg", []byte("\xff\xd8\xff\xe0"), "image/jpeg", true},
		{"方案.docx", docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
		{"表.xlsx", xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true},
		{"方案.pdf", docx, "与文件名的后缀不符", false},
		{"a.pdf.exe", []byte("%PDF-1.7\n"), "与文件名的后缀不符", false},
		{"a.pdf", []byte("MZ\x90\x00"), "格式无法识别", false},
		{"a.html", []byte("<script>alert(1)</script>"), "格式无法识别", false},
		{"a.svg", []byte("<svg onload=alert(1)>"), "格式无法识别", false},
		{"a.docx", zipOf(t, "word/document.xml", "word/vbaProject.bin"), "含有宏", false},
		{"a.docx", zipOf(t, "readme.txt"), "压缩包", false},
		{"a.docx", docx[:len(docx)-30], "已损坏", false},
		{"a.ofd", zipOf(t, "OFD.xml"), "OFD", false},
		{"a.doc", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "旧版 Office", false},
		{"a.docx", packed(t, true, "word/document.xml", "x"), "设置了打开密码", false},
		{"a.xlsx", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), wide("EncryptedPackage")...), "设置了打开密码", false},
		{"a.pdf", []byte("%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R/Encrypt 5 0 R>>"), "设置了密码", false},
		{"a.pdf", []byte("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"), "脚本", false},
		{"a.pdf", []byte("%PDF-1.7\n1 0 obj<</A<</S /Launch/F(cmd.exe)>>>>endobj"), "脚本", false},
		{"a.pdf", []byte("%PDF-1.7\n(about /Encrypted and /JavaScripts)"), "application/pdf", true},
		{"a.docx", packed(t, false, "[Content_Types].xml", `ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"`, "word/document.xml", "x"), "含有宏", false},
		{"a.xlsx", zipOf(t, "xl/workbook.xml", "xl/macrosheets/sheet1.xml"), "含有宏", false},
		{"a.docx", zipOf(t, "word/document.xml", "word/activeX/activeX1.bin"), "含有宏", false},
		{"a.docx", packed(t, false, "word/document.xml", "x", "word/_rels/settings.xml.rels", `<Relationship Type="attachedTemplate" Target="http://x/a.dotm" TargetMode="External"/>`), "外部模板", false},
		{"a.docx", packed(t, false, "word/document.xml", strings.Repeat("0", 9<<20)), "解压后过大", false},
		{"a.docx", packed(t, false, "word/document.xml", strings.Repeat("0", 2<<20)), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", true},
		{"a.pdf", []byte("Rar!\x1a\x07\x00"), "压缩包", false},
		{"a.pdf", nil, "空文件", false},
		{"a.pdf", append([]byte("%PDF-"), make([]byte, MaxUpload)...), "超过 20 MB", false},
	} {
		a, err := Take(context.Background(), store, Upload{Kind: "consent", Field: "consent", Name: tt.name, Content: bytes.NewReader(tt.content)})
		if tt.ok {
			if err != nil || a.MediaType != tt.want || a.Size != int64(len(tt.content)) {
				t.Errorf("%s: %+v %v, want %s", tt.name, a, err, tt.want)
				continue
			}
			r, err := store.Open(context.Background(), a.Blob)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, tt.content) {
				t.Errorf("%s came back changed (%v)", tt.name, err)
			}
			r.Close()
			continue
		}
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, tt.want) || fault.Of(err).Fields[0].Name != "consent" {
			t.Errorf("%s: %v, want a refusal that says %q", tt.name, err, tt.want)
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		`C:\Users\李\签字页.pdf`: "签字页.pdf", "../../etc/passwd": "passwd", "": "附件", "..": "附件", "a\r\nSet-Cookie: x.pdf": "aSet-Cookie x.pdf",
		"fdp\u202e.exe": "fdp.exe", `a"b.pdf`: "ab.pdf", strings.Repeat("长", 200) + ".pdf": strings.Repeat("长", 116) + ".pdf",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzSniff: whatever comes, we answer a type we take or say why not.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("%PDF-1.7"), "a.pdf")
	f.Add([]byte("PK\x03\x04"), "a.docx")
	f.Add(zipOf(f, "word/document.xml"), "方案.docx")
	f.Add(zipOf(f, `\WORD\document.xml`, "a/vbaProject.bin"), "../x\x00.docx")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		kind, why := sniff(b)
		if (kind == "") == (why == "") {
			t.Errorf("kind %q, why %q", kind, why)
		}
		clean := cleanName(name)
		if clean == "" || strings.ContainsAny(clean, "/\\\"\r\n") || len([]rune(clean)) > 120 {
			t.Errorf("name %q", clean)
		}
		for _, r := range clean {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("name %q holds %U", clean, r)
			}
		}
	})
}
