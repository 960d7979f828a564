package official

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
)

func zipOfNames(t testing.TB, names ...string) []byte {
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

func TestKindOf(t *testing.T) {
	old := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...."
	for _, x := range []struct{ contentType, body, want string }{
		{"application/octet-stream", "%PDF-1.4", ".pdf"},
		{"application/octet-stream", string(zipOfNames(t, "[Content_Types].xml", "word/document.xml")), ".docx"},
		{"application/zip", string(zipOfNames(t, "xl/workbook.xml")), ".xlsx"},
		{"", string(zipOfNames(t, "OFD.xml")), ".ofd"},
		{"", string(zipOfNames(t, "a.txt")), ".zip"},
		{"", "PK\x03\x04 broken", ".zip"},
		{"application/vnd.ms-excel", old, ".xls"},
		{"application/octet-stream", old, ".doc"},
		{"text/plain; charset=gbk", "\xc4\xe3\xba\xc3", ".txt"},
		{"text/csv", "a,b", ".csv"},
		{"", "Rar!\x1a\x07\x00", ".rar"},
		{"application/pdf", "<html>没有</html>", ""},
		{"application/json", "{}", ""},
		{"", "", ""},
		{"application/vnd.rar", "x", ""},
	} {
		if got := KindOf(x.contentType, []byte(x.body)); got != x.want {
			t.Errorf("%q %.20q: %q, want %q", x.contentType, x.body, got, x.want)
		}
	}
}

// FuzzKindOf: whatever comes, the answer is an extension we know, or none.
func FuzzKindOf(f *testing.F) {
	f.Add("application/zip", zipOfNames(f, "word/document.xml"))
	f.Add("application/msword; x", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
	f.Add("text/plain;;", []byte("%PDF-"))
	f.Fuzz(func(t *testing.T, contentType string, b []byte) {
		got := KindOf(contentType, b)
		if got == "" || Readable("x"+got, true) || slices.Contains([]string{".rar", ".7z", ".gz", ".png", ".jpg", ".gif"}, got) {
			return
		}
		t.Errorf("%q is no kind we know", strings.ToValidUTF8(got, "?"))
	})
}
