package official

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const ofdHead = `<?xml version="1.0" encoding="UTF-8"?><ofd:Page xmlns:ofd="http://www.ofdspec.org/2016"><ofd:Content><ofd:Layer>`

// ofdOf writes one line as one object, a number as an object a digit, and two
// cells of a table side by side.
func ofdOf(t testing.TB) []byte {
	object := func(x, y, w float64, text string) string {
		return fmt.Sprintf(`<ofd:TextObject Boundary="%g %g %g 5"><ofd:TextCode X="0" Y="4">%s</ofd:TextCode></ofd:TextObject>`, x, y, w, text)
	}
	var digits strings.Builder
	for i, d := range "13812345678" {
		digits.WriteString(object(20+3*float64(i), 40, 3, string(d)))
	}
	return zipOf(t, map[string]string{
		"OFD.xml":                         `<?xml version="1.0"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016"><ofd:DocBody><ofd:DocInfo><ofd:Title>公示名单</ofd:Title></ofd:DocInfo></ofd:DocBody></ofd:OFD>`,
		"Doc_0/Pages/Page_10/Content.xml": ofdHead + object(20, 30, 80, "末页") + `</ofd:Layer></ofd:Content></ofd:Page>`,
		"Doc_0/Pages/Page_2/Content.xml":  ofdHead + object(20, 30, 80, "联系人张三") + digits.String() + object(20, 60, 30, "13900001111") + object(120, 60, 30, "13900002222") + `</ofd:Layer></ofd:Content></ofd:Page>`,
		"Doc_0/Res/image_1.png":           "\x89PNG",
	})
}

func TestTextOfPackedFiles(t *testing.T) {
	var gbk bytes.Buffer
	z := zip.NewWriter(&gbk)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "\xc3\xfb\xb5\xa5.txt", NonUTF8: true, Method: zip.Deflate})
	if err == nil {
		_, err = io.WriteString(w, "电话13812345678")
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	inner := zipOf(t, map[string]string{"内/说明.txt": "内层 13700001111", "图.jpg": "x"})
	nested := zipOf(t, map[string]string{"一.zip": string(inner), "表.docx": string(docxOf(t)), "旧.doc": "x", "~$锁.docx": "x"})
	deep := zipOf(t, map[string]string{"1.zip": string(zipOf(t, map[string]string{"2.zip": string(zipOf(t, map[string]string{"3.zip": string(inner)}))}))})
	crowd := map[string]string{}
	for i := range 30 {
		crowd[fmt.Sprintf("%02d.txt", i)] = "字"
	}
	for _, c := range []struct {
		name   string
		body   []byte
		l      TextLimits
		want   string // in the text, without blanks
		unread string
		refuse string
	}{
		{name: "名单.ofd", body: ofdOf(t), want: "联系人张三\n13812345678\n13900001111\t13900002222\n末页\n公示名单"},
		{name: "名单.zip", body: gbk.Bytes(), want: "13812345678"},
		{name: "全部.zip", body: nested, want: "13700001111", unread: "旧.doc”是DOC格式"},
		{name: "深.zip", body: deep, unread: "层数过多"},
		{name: "多.zip", body: zipOf(t, crowd), l: TextLimits{Files: 10}, want: "字", unread: "超过10个"},
		{name: "大.zip", body: zipOf(t, map[string]string{"a.txt": strings.Repeat("一", 9<<20)}), refuse: "解压后过大"},
		{name: "坏.ofd", body: []byte("PK\x03\x04"), refuse: "已损坏"},
		{name: "假.ofd", body: zipOf(t, map[string]string{"a.xml": "<a/>"}), refuse: "不是 OFD"},
		{name: "旧.xls", body: []byte("x"), refuse: "XLS格式"},
	} {
		got, err := ReadWords(context.Background(), bytes.NewReader(c.body), int64(len(c.body)), c.name, c.l)
		switch {
		case c.refuse != "":
			if err == nil || !strings.Contains(err.Error(), c.refuse) {
				t.Errorf("%s: %v, wants %s", c.name, err, c.refuse)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if !strings.Contains(got.Text, c.want) {
			t.Errorf("%s: %q is missing in %q", c.name, c.want, got.Text)
		}
		if said := strings.Join(got.Unread, ""); c.unread == "" && said != "" || !strings.Contains(said, c.unread) {
			t.Errorf("%s: unread %q, wants %q", c.name, said, c.unread)
		}
	}
}

// An old document is read by a child without a network; a file that is none
// leaves a sentence and no folder behind.
func TestTextOfOldFormats(t *testing.T) {
	if _, err := exec.LookPath(childProgram); err != nil {
		t.Skip("no soffice here: old formats cannot be tested, which is what is said of them")
	}
	if err := confine(exec.Command("/bin/true")); err != nil {
		t.Skipf("this machine grants no network of its own to a child: %v", err)
	}
	rtf := []byte(`{\rtf1\ansi{\fonttbl\f0 Arial;}\f0 Telephone 13812345678\par}`)
	got, err := ReadWords(context.Background(), bytes.NewReader(rtf), int64(len(rtf)), "旧文.doc", TextLimits{Child: true})
	if err != nil || !strings.Contains(got.Text, "13812345678") {
		t.Errorf("%q %v", got.Text, err)
	}
}

func FuzzPacked(f *testing.F) {
	f.Add(ofdOf(f), uint8(0))
	f.Add(zipOf(f, map[string]string{"一.zip": string(zipOf(f, map[string]string{"a.txt": "字"})), "b.csv": "a,b"}), uint8(1))
	f.Add(zipOf(f, map[string]string{"OFD.xml": "<OFD/>", "Doc_0/Pages/Page_0/Content.xml": "<Page><ImageObject/></Page>", "Doc_0/Attachs/a.csv": "a,b"}), uint8(0))
	f.Add(zipOf(f, map[string]string{"OFD.xml": "<OFD/>", "Doc_0/Document.xml": `<Pages><Page BaseLoc="../Pages/Page_0/Content.xml"/><Page BaseLoc="/"/></Pages>`, "Doc_0/Pages/Page_0/Content.xml": "<Page><TextCode>a</TextCode></Page>"}), uint8(0))
	f.Fuzz(func(t *testing.T, body []byte, kind uint8) {
		w, err := ReadWords(context.Background(), bytes.NewReader(body), int64(len(body)), []string{"a.ofd", "a.zip"}[kind%2], TextLimits{File: 1 << 20, Unpacked: 4 << 20, Text: 1 << 20, Files: 20})
		if len(w.Text) > 1<<20+1 || len(w.Unread) > mostTold || len(w.Unjudged) > mostTold {
			t.Fatalf("%d bytes, %d unread, %v", len(w.Text), len(w.Unread), err)
		}
	})
}
