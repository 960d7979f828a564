package official

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func letterOf(paragraphs int) *Document {
	d := &Document{Title: "补正通知书", To: "西安市商务局", Issuer: "西安市人民政府办公厅", Dated: "2026年3月2日", Sealed: true, Note: "系统编号：TZ-2026-0001",
		Attachments: []string{"审批表", "规则核对结果"}}
	for range paragraphs {
		d.Paragraph("你单位于2026年3月1日提交的“西安市商务局申请开设西安市商务局网站（swj.xa.gov.cn）”收悉。经审核，需要补正，现将有关事项通知如下，请于收到后在本系统中重新提交。")
	}
	d.Heading(1, "理由")
	d.Table(Grid{Caption: "审核意见", Header: []string{"环节", "意见", "日期"}, Widths: []int{3, 8, 3},
		Rows: [][]string{{"市政府办公厅审核", strings.Repeat("材料不齐全，请补充签字页。", 8), "2026年3月2日"}, {"省政府办公厅批准"}}})
	return d
}

func TestPDFHoldsTheLetter(t *testing.T) {
	faces, err := FindFaces()
	if errors.Is(err, ErrNoFont) {
		t.Skip("left out: no Chinese font on this machine; install fonts-wqy-microhei")
	}
	if err != nil {
		t.Fatal(err)
	}
	var one, two bytes.Buffer
	if err := letterOf(12).WritePDF(&one, faces); err != nil {
		t.Fatal(err)
	}
	if err := letterOf(12).WritePDF(&two, faces); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(one.Bytes(), []byte("%PDF-")) || one.Len() < 5000 {
		t.Fatalf("%d bytes", one.Len())
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same document gave other bytes")
	}
	if n := bytes.Count(one.Bytes(), []byte("/Type /Page\n")); n != 3 {
		t.Errorf("%d pages, want 3", n)
	}
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Log("pdftotext is not here: the text was not read back")
		return
	}
	file := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(file, one.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(tool, "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	squeezed := strings.NewReplacer(" ", "", "\u00a0", "").Replace(string(text))
	for _, want := range []string{"补正通知书", "西安市商务局：", "西安市人民政府办公厅", "2026年3月2日", "系统编号：TZ-2026-0001", "—1—", "—3—", "一、理由"} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("the PDF does not say %q", want)
		}
	}
}

func TestLinesDoNotBeginWithPunctuation(t *testing.T) {
	font := &Font{chars: map[int]uint{}}
	p := &sheetOfPaper{faces: OneFace(font), role: BodyFace, widths: map[glyph]float64{}}
	text := strings.Repeat("请在收到通知后（十日内）补正，并说明理由。", 20)
	for _, r := range text {
		p.widths[glyph{font, r}] = 1
	}
	for width := 60.0; width < 200; width += 7 {
		lines := p.wrap(text, 10, width, 0)
		if strings.Join(lines, "") != text {
			t.Fatalf("at %v something was lost", width)
		}
		for _, l := range lines {
			first, last := []rune(l)[0], []rune(l)[len([]rune(l))-1]
			if strings.ContainsRune(noBegin, first) || strings.ContainsRune(noEnd, last) {
				t.Errorf("at %v a line is %q", width, l)
			}
		}
	}
}

func TestOtherFontFilesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{"empty": nil, "text": []byte("not a font at all"), "OpenType CFF": []byte("OTTO\x00\x0a\x00\x00\x00\x00\x00\x00"),
		"cut collection": []byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\xff\xff")} {
		if _, err := NewFont(name, b); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := (&Document{Title: "通知"}).WritePDF(&bytes.Buffer{}, nil); !errors.Is(err, ErrNoFont) {
		t.Errorf("without a font: %v", err)
	}
}

// An office's own files are taken role by role; free fonts of the same kind stand
// in for the rest and are named; what an office named and is not there is told.
func TestFacesByRole(t *testing.T) {
	any, err := FindFaces()
	if errors.Is(err, ErrNoFont) {
		t.Skip("left out: no Chinese font on this machine; install fonts-wqy-microhei")
	}
	if err != nil {
		t.Fatal(err)
	}
	data := any.whole.data
	look := func(env map[string]string, files ...string) (*Faces, error) {
		return LookForFaces(func(k string) string { return env[k] }, func(p string) ([]byte, error) {
			if slices.Contains(files, p) {
				return data, nil
			}
			return nil, fmt.Errorf("open %s: %w", p, os.ErrNotExist)
		})
	}
	names := func(f *Faces) (out string) {
		for _, s := range f.Substitutes() {
			out += string(s.Role) + "=" + s.Font + " "
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		env   map[string]string
		files []string
		want  string
	}{
		{"all free ones", nil, []string{songti[0], heiti[0], kaiti[1]}, "title=gbsn00lp.ttf body=gbsn00lp.ttf heading=wqy-zenhei.ttc subheading=ukai.ttc "},
		{"one font of the machine", nil, []string{heiti[1]}, "title=wqy-microhei.ttc body=wqy-microhei.ttc heading=wqy-microhei.ttc subheading=wqy-microhei.ttc "},
		{"one the office named", map[string]string{EnvFont: "/o/a.ttf"}, []string{"/o/a.ttf", heiti[1]}, "title=a.ttf body=a.ttf heading=a.ttf subheading=a.ttf "},
		{"two of its own", map[string]string{EnvFont + "_TITLE": "/o/xbs.ttf", EnvFont + "_BODY": "/o/fs.ttf"}, []string{"/o/xbs.ttf", "/o/fs.ttf", heiti[1]}, "heading=wqy-microhei.ttc subheading=wqy-microhei.ttc "},
	} {
		f, err := look(tt.env, tt.files...)
		if err != nil || names(f) != tt.want {
			t.Errorf("%s: %q (%v), want %q", tt.name, names(f), err, tt.want)
			continue
		}
		if says := f.Says(); !strings.Contains(says, "黑体用 ") || strings.Contains(says, "小标宋用 xbs") {
			t.Errorf("%s: %s", tt.name, says)
		}
	}
	own := map[string]string{EnvFont + "_TITLE": "/o/t", EnvFont + "_BODY": "/o/b", EnvFont + "_HEADING": "/o/h", EnvFont + "_SUBHEADING": "/o/k"}
	if f, err := look(own, "/o/t", "/o/b", "/o/h", "/o/k"); err != nil || f.Says() != "" {
		t.Errorf("an office with all of its own: %v", err)
	}
	if _, err := look(own, "/o/t", "/o/b", "/o/k", heiti[1]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := look(nil); !errors.Is(err, ErrNoFont) {
		t.Errorf("no font at all: %v", err)
	}
	// A face that lacks a character leaves it to the one that has it.
	poor := &Font{path: "poor.ttf", data: data, chars: map[int]uint{'通': 1, '知': 1}}
	p := &sheetOfPaper{faces: &Faces{by: map[Role]*Font{BodyFace: poor}, whole: any.whole}, role: BodyFace}
	if p.fontOf('通') != poor || p.fontOf('堃') != any.whole {
		t.Error("a rare character is not set in the font that has it")
	}
}
