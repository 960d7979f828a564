package abridge

import "testing"

func TestCut(t *testing.T) {
	for _, c := range []struct {
		s          string
		n          int
		cut, shown string
	}{
		{"", 0, "", ""}, {"", 3, "", ""},
		{"陕西省", 3, "陕西省", "陕西省"}, {"陕西省人民政府", 3, "陕西省", "陕西省…"}, {"ab陕", 2, "ab", "ab…"}, {"abc", 0, "", "…"},
		{"a\xffb", 5, "a\xffb", "a\uFFFDb"},
	} {
		if got := Cut(c.s, c.n); got != c.cut {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.s, c.n, got, c.cut)
		}
		if got := Text(c.s, c.n); got != c.shown {
			t.Errorf("Text(%q, %d) = %q, want %q", c.s, c.n, got, c.shown)
		}
	}
}

func TestMiddle(t *testing.T) {
	for _, c := range []struct {
		s    string
		n    int
		want string
	}{
		{"", 6, ""}, {"陕西省人民政", 6, "陕西省人民政"}, {"陕西省政务公开年度报告.docx", 12, "陕西省政务公开年…docx"}, {"abcdef", 0, "…"}, {"a\xffbcdef", 6, "a\uFFFDbc…ef"},
	} {
		if got := Middle(c.s, c.n); got != c.want {
			t.Errorf("Middle(%q, %d) = %q, want %q", c.s, c.n, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ s, want string }{
		{"", ""}, {"没有名称的一句话，不论多长。", "没有名称的一句话，不论多长。"},
		{"附件“年度报告.docx”中有号码，另见“陕西省政务公开年度报告.docx”。", "附件“年度报告.docx”中有号码，另见“陕西省政务公开年…docx”。"},
		{"没有结束的“陕西省政务公开年度报告.docx", "没有结束的“陕西省政务公开年度报告.docx"}, {"”“", "”“"},
	} {
		if got := Names(c.s, 12); got != c.want {
			t.Errorf("Names(%q) = %q, want %q", c.s, got, c.want)
		}
	}
}

// A name with quotation marks of its own takes the inner ones in a quotation.
func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{"省“两会”": "“省‘两会’”", "国庆": "“国庆”", "甲\n乙": "“甲 乙”", "": "“”"} {
		if got := Quoted(in); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}
