package prose

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhengshu/internal/fault"
)

// corpus reads the fixtures of pasted text.
func corpus(t testing.TB) map[string]string {
	t.Helper()
	files, err := filepath.Glob("testdata/paste/*.html")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d fixtures (%v)", len(files), err)
	}
	out := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[f] = string(b)
	}
	return out
}

// golden is a document as a person reads it, one block a line, for comparison
// by eye: its HTML, then what was said.
func golden(d Doc, notes []string) string {
	return d.HTML() + "---\n" + strings.Join(notes, "\n") + "\n"
}

func TestPasteCorpus(t *testing.T) {
	keep := func(data []byte, kind string) (string, error) {
		if kind != "image/png" {
			return "", fault.New(fault.Invalid, "只收 PNG。")
		}
		return fmt.Sprintf("/media/%d.png", len(data)), nil
	}
	for file, in := range corpus(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			d, notes, err := FromPaste(in, keep)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Parse(d.JSON()); err != nil {
				t.Errorf("our own document is refused: %v", err)
			}
			want := strings.TrimSuffix(file, ".html") + ".golden"
			got := golden(d, notes)
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			b, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if string(b) != got {
				t.Errorf("cleaned otherwise than %s; got\n%s", want, got)
			}
			// Cleaned text is clean: a second cleaning of what readers get
			// changes no word.
			again, err := FromHTML(d.HTML())
			if err != nil {
				t.Fatal(err)
			}
			if a, b := bare(again.Text()), bare(d.Text()); a != b && !strings.Contains(d.HTML(), "footnote") {
				t.Errorf("cleaned twice it reads\n%s\nwant\n%s", a, b)
			}
		})
	}
}

func bare(s string) string { return strings.Join(strings.Fields(s), "") }

func TestPasteKeepsAndSays(t *testing.T) {
	png := "data:image/png;base64," + strings.Repeat("QUJD", 100)
	for _, tt := range []struct{ name, in, has, says string }{
		{"bold that is not", `<b style="font-weight:normal"><p>甲</p></b>`, "<p>甲</p>", ""},
		{"a number in bold apart", `<p><b>第一条</b>　文</p>`, `clause-no">第一条`, ""},
		{"a picture nobody takes", `<p>甲<img src="` + png + `" alt="图甲">乙</p>`, "甲［图片：图甲］乙", "有 1 幅图片没有带入"},
		{"a picture on the desk", `<p><img src="file:///C:/a.png"></p>`, "［图片：未附说明］", "在您的电脑上"},
		{"a picture of elsewhere", `<p><img src="//e.example/a.png" alt="图"></p>`, `<a href="https://e.example/a.png"`, "外部图片"},
		{"a list in a list without an item", `<ul><li>甲</li><ul><li>乙</li></ul></ul>`, "<li><p>甲</p>\n<ul><li><p>乙</p>", ""},
		{"struck words of a revision", `<p>甲<del>乙</del></p>`, "<p>甲</p>", "修订中已删除"},
		{"an indent in centimetres", `<p style="text-indent: 0.85cm">甲</p>`, `class="indent2"`, ""},
		{"a hanging first line", `<p style="text-indent: -21pt">甲</p>`, "<p>甲</p>", ""},
		{"an office element with words", `<p><o:p>甲</o:p><w:sdt>乙</w:sdt></p>`, "甲乙", ""},
		{"a table in a table", `<table><tr><td>甲</td><td><table><tr><td>乙</td><td>丙</td></tr></table></td></tr></table>`, "乙 丙", "表格套在别的表格里"},
		{"marks that turn text", "<p>甲\u202e乙\u200b\ufeff丙</p>", "甲乙丙", ""},
		{"an SVG as a picture", `<p><img src="data:image/svg+xml,<svg onload=alert(1)>` + strings.Repeat("x", 300) + `" alt="图">甲</p>`, "［图片：图］甲", "没有带入"},
		{"a script in every place", `<p onclick="a()">甲<svg><script>alert(1)</script></svg><a href="javascript:1">乙</a><img src="x" onerror="1" alt="丙"></p>`, "甲乙［图片：丙］", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, notes, err := FromPaste(tt.in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.HTML(); !strings.Contains(got, tt.has) {
				t.Errorf("got %s, want %s", got, tt.has)
			}
			if all := strings.Join(notes, " "); !strings.Contains(all, tt.says) || tt.says == "" && all != "" && !strings.Contains(all, "图片") {
				t.Errorf("said %q, want %q", all, tt.says)
			}
		})
	}
	refuse := func([]byte, string) (string, error) { return "", fault.New(fault.TooLarge, "图片超过 20 MB。") }
	_, notes, err := FromPaste(`<p><img src="`+png+`"></p>`, refuse)
	if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "图片超过 20 MB。") {
		t.Errorf("a refused picture: %q (%v)", notes, err)
	}
	if _, _, err := FromPaste(`<p><img src="`+png+`"></p>`, func([]byte, string) (string, error) { return "", os.ErrPermission }); err == nil {
		t.Error("a picture that could not be stored was passed over")
	}
	for _, bad := range []string{strings.Repeat("<div>", 3000), strings.Repeat("a", MaxPaste+1), "\xff", "<p>" + strings.Repeat("字", MaxBytes/2) + "</p>"} {
		if _, _, err := FromPaste(bad, nil); err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

func TestTenThousandRows(t *testing.T) {
	d, _, err := FromPaste("<table>"+strings.Repeat("<tr><td>甲</td><td>1</td></tr>", 10_000)+"</table>", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(d.Content[0].Content); got != 10_000 {
		t.Errorf("%d rows", got)
	}
}

func TestRework(t *testing.T) {
	d := mustText(t, "第一条　甲\n第三条　乙\n（二）丙\n（四）丁\n第四条　戊\n（三）己")
	got, n := d.Renumber()
	if n != 5 || got.Text() != "第一条　甲\n第二条　乙\n（一）丙\n（二）丁\n第三条　戊\n（一）己" {
		t.Errorf("%d changed: %s", n, got.Text())
	}
	if d.Content[1].Number("number") != 3 {
		t.Error("the document given was changed")
	}
	e, n := mustText(t, "三日内，三日后").Replace("三日", "五日")
	if n != 2 || e.Text() != "五日内，五日后" {
		t.Errorf("%d: %s", n, e.Text())
	}
	if gone, n := mustText(t, "删\n留").Replace("删", ""); n != 1 || gone.Text() != "留" {
		t.Errorf("%d: %q", n, gone.Text())
	} else if _, err := Parse(gone.JSON()); err != nil {
		t.Error(err)
	}
	if got := mustText(t, "各单位要在 2026 年 use version 2 完成。").Words(); got != 13 {
		t.Errorf("%d words", got)
	}
}

func FuzzFromPaste(f *testing.F) {
	for _, in := range corpus(f) {
		f.Add(in)
	}
	f.Add(`<p style="mso-list:l0 level3 lfo1"><span style="mso-list:Ignore">a.</span>x<p style="mso-list:l0 level1"><ul><ul><ol>`)
	f.Fuzz(func(t *testing.T, s string) {
		d, _, err := FromPaste(s, func(b []byte, _ string) (string, error) { return "/media/x.png", nil })
		if err != nil {
			return
		}
		if _, err := Parse(d.JSON()); err != nil {
			t.Fatalf("our own document is refused: %v\n%s", err, d.JSON())
		}
		if strings.Contains(strings.ToLower(d.HTML()), "<script") {
			t.Fatal(d.HTML())
		}
	})
}

func TestAMovedBlockIsToldFromANewOne(t *testing.T) {
	got := ""
	for _, c := range Diff(mustText(t, "甲甲甲\n乙乙乙\n丙丙丙\n丁"), mustText(t, "乙乙乙\n丙丙丙\n甲甲甲\n戊己")) {
		got += c.Kind
		if c.Moved {
			got += "*"
		}
		got += " "
	}
	if got != "removed* same same removed added* added " && got != "removed* same same added* removed added " && got != "removed* same same added* added removed " {
		t.Errorf("got %s", got)
	}
}

// What stands in a manuscript for words that nobody has written yet is shown to no
// reader: neither on the page nor in the text of it. The page says nothing for the
// picture, which its checks see.
func TestTheStandInForMissingWordsIsNotPublished(t *testing.T) {
	d, err := Parse([]byte(`{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"正文。"}]},{"type":"figure","attrs":{"kind":"image","src":"/media/a.jpg","alt":"` + Undescribed + `","caption":"会场"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if out := d.HTML(); strings.Contains(out, "待填写") || strings.Contains(out, "alt=") || !strings.Contains(out, "会场") {
		t.Error(out)
	}
	if out := d.Text(); strings.Contains(out, "待填写") || !strings.Contains(out, "会场") {
		t.Error(out)
	}
}
