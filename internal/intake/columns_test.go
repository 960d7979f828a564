package intake

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"zhengshu/internal/official"
)

var testFields = []Field{
	{Key: "host", Name: "域名", Names: []string{"网站域名", "网址"}, Need: true, Code: true},
	{Key: "name", Name: "网站名称"},
	{Key: "sponsor", Name: "主办单位"},
	{Key: "site_code", Name: "政府网站标识码", Names: []string{"标识码"}, Code: true},
	{Key: "icp", Name: "ICP备案编号", Code: true},
}

func TestColumnsAreRecognisedAndSuggested(t *testing.T) {
	if got := Recognise([]string{"Host ", "名称", "标识码", "标识码"}, testFields); len(got) != 2 || got["host"] != 0 || got["site_code"] != 2 {
		t.Errorf("recognised %v", got)
	}
	got := Suggest([]string{"序号", "网站名", "首页域名", "主办单位名称", "网站标识码（必填）", "ICP备案号", "备注"}, testFields)
	want := Columns{"name": 1, "host": 2, "sponsor": 3, "site_code": 4, "icp": 5}
	for k, i := range want {
		if got[k] != i || !got.Has(k) {
			t.Errorf("%s in column %d (%v), want %d", k, got[k], got.Has(k), i)
		}
	}
	if len(got) != len(want) {
		t.Errorf("suggested %v", got)
	}
	if m := (Columns{"name": 0}).Missing(testFields); !slices.Equal(m, []string{"域名"}) {
		t.Errorf("missing %v", m)
	}
	if Signature([]string{"A", " b"}) != Signature([]string{"a ", "B"}) || Signature([]string{"ab"}) == Signature([]string{"a", "b"}) {
		t.Error("a signature is of the heads, whatever their blanks and case")
	}
}

func TestTidySaysWhatItDid(t *testing.T) {
	for _, c := range []struct {
		in   string
		code bool
		want string
		did  string
	}{
		{" 雁塔区 ", false, "雁塔区", ""},
		{"雁塔区 人民政府", false, "雁塔区人民政府", "多余的空格"},
		{"Xi An 雁塔", false, "Xi An 雁塔", ""},
		{"６１０１１３０００１", true, "6101130001", "10 个全角字符"},
		{"6101 13 0001", true, "6101130001", "多余的空格"},
		{"www。yanta．gov.cn", true, "www.yanta.gov.cn", "2 个全角字符"},
		{"雁\u200b塔\ufeff", false, "雁塔", "2 个看不见的字符"},
		{"abc\u202egnp.gov.cn", true, "abcgnp.gov.cn", "1 个看不见的字符"},
		{"雁塔。发布", false, "雁塔。发布", ""},
		{"\x00\x01", false, "", "2 个看不见的字符"},
	} {
		got, did := Tidy(c.in, c.code)
		if got != c.want || !strings.Contains(strings.Join(did, "、"), c.did) || c.did == "" && len(did) > 0 {
			t.Errorf("%q: %q %v, want %q %s", c.in, got, did, c.want, c.did)
		}
	}
}

func TestReaderNamesHiddenRowsAndErrors(t *testing.T) {
	r := NewReader(Columns{"host": 0}, testFields)
	r.Next(official.Row{Number: 3, Cells: []string{"ｗww.a.gov.cn"}, Hidden: true, Wrong: []string{"B3是错误值。"}})
	if got := r.Get("host"); got != "www.a.gov.cn" || r.Get("name") != "" {
		t.Errorf("host %q", got)
	}
	if _, says, no := r.Refused(); !no || says != "B3是错误值。" {
		t.Errorf("refused %q", says)
	}
	if n := strings.Join(r.Notes(), ""); !strings.Contains(n, "隐藏") || !strings.Contains(n, "“域名”有 1 个全角字符") {
		t.Errorf("notes %s", n)
	}
	r.Next(official.Row{Number: 4})
	if _, _, no := r.Refused(); no || len(r.Notes()) > 0 || r.Get("host") != "" {
		t.Error("the row before shows through")
	}
}

func FuzzTidy(f *testing.F) {
	for _, s := range []string{"雁塔区 人民政府", "６１０１", "\u202e\u200b", " \t\n", "\xff\xfe"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, code bool) {
		clean, _ := Tidy(s, code)
		again, did := Tidy(clean, code)
		if again != clean || len(did) > 0 {
			t.Errorf("%q: %q becomes %q (%v)", s, clean, again, did)
		}
		if strings.ContainsAny(clean, "\x00\u200b\u202e") || utf8.ValidString(s) && !utf8.ValidString(clean) {
			t.Errorf("%q leaves %q", s, clean)
		}
	})
}

func FuzzSuggest(f *testing.F) {
	f.Add("序号|网站名|首页域名|主办单位名称")
	f.Add("||\xff|域名|域名")
	f.Fuzz(func(t *testing.T, s string) {
		header := strings.Split(s, "|")
		if len(header) > 200 {
			return
		}
		seen := map[int]bool{}
		for k, i := range Suggest(header, testFields) {
			if i < 0 || i >= len(header) || seen[i] {
				t.Errorf("%q: %s in column %d", s, k, i)
			}
			seen[i] = true
		}
		Signature(header)
	})
}
