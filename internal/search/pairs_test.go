package search

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestPairs(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string
	}{
		{"政府网站", "政府 府网 网站"}, {"保险、保障", "保险 险保 保障"}, {"A4纸", "a4 4纸"}, {"ＡＢ公司", "ab公 公司"}, {"字", "字"}, {"", ""}, {"，。！", ""},
		{"2021年 第18号", "2021年 年第 第18 18号"}, {"\xff坏\xfe字", "坏字"}, {"𠮷祥", "𠮷祥"},
	} {
		if got := strings.Join(Pairs(tt.text), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestNormalNumber(t *testing.T) {
	for _, s := range []string{"国发〔2021〕5号", "国发[2021]5号", "国发（2021）5号", "国发(2021) 5 号", "国发【2021】第5号", "国发〔２０２１〕５号"} {
		if got := NormalNumber(s); got != "国发〔2021〕5号" {
			t.Errorf("%q: %q", s, got)
		}
	}
	if got := NormalNumber("第 12 号"); got != "第12号" {
		t.Errorf("order number: %q", got)
	}
}

func sampleDocs() []Document {
	doc := func(ref, title, number, text string, day int) Document {
		return Document{Path: "/" + ref, Ref: ref, Title: title, Number: number, Text: text, Published: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), Sum: ref + text}
	}
	return []Document{
		doc("a", "云河县供暖管理办法", "云政发〔2026〕18号", "第一条 为了规范供暖行为，制定本办法。供热单位应当在供暖期前完成检修。", 1),
		doc("b", "云河县供暖管理办法实施细则", "云政办发〔2026〕3号", "根据《云河县供暖管理办法》制定本细则。", 2),
		doc("c", "关于今冬供暖工作的通知", "", "各单位要认真执行供暖管理办法，云政发〔2026〕18号文件已经印发。", 3),
		doc("d", "县城公交线路调整", "", "自12月1日起，3路公交延伸到火车站。", 4),
	}
}

func filled(t testing.TB, docs []Document) *Index {
	t.Helper()
	file := filepath.Join(t.TempDir(), "search.db")
	if err := Sync(context.Background(), "", file, "g1", docs, nil); err != nil {
		t.Fatal(err)
	}
	x, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func refs(r Result) string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, h.Ref)
	}
	return strings.Join(out, "")
}

func TestRanking(t *testing.T) {
	x := filled(t, sampleDocs())
	for _, tt := range []struct {
		query, first string
		all          string // refs in any order; "" for not looked at
		loose        bool
	}{
		{"云河县供暖管理办法", "a", "ab", false}, {"云政发[2026]18号", "a", "", false}, {"云政发〔2026〕18号", "a", "", false}, {"供暖管理办法", "a", "abc", false},
		{"供热单位应当在供暖期前完成检修", "a", "a", false}, {"供热单位，应当在供暖期前完成检修。", "a", "a", false}, {"公交 火车站", "d", "d", false}, {"3路", "d", "d", false},
		{"关于开通三路公交延伸线的公告", "d", "", true}, {"汽", "", "", false}, {"火", "d", "d", false}, {"完全没有", "", "", false}, {"  ", "", "", false}, {`"供暖" AND NOT (公交) * ^ {title} :`, "", "", false},
	} {
		r, err := x.Search(t.Context(), Query{Text: tt.query})
		if err != nil {
			t.Errorf("%q: %v", tt.query, err)
			continue
		}
		got := refs(r)
		if tt.first != "" && !strings.HasPrefix(got, tt.first) || tt.loose && !r.Loose {
			t.Errorf("%q: %q (loose %v), want %q first", tt.query, got, r.Loose, tt.first)
		}
		if tt.all != "" {
			s := strings.Split(got, "")
			slices.Sort(s)
			if strings.Join(s, "") != tt.all {
				t.Errorf("%q: %q, want %q in any order", tt.query, got, tt.all)
			}
		}
	}
	r, err := x.Search(t.Context(), Query{Text: "供暖", Keep: func(p string) bool { return p != "/a" }})
	if err != nil || strings.Contains(refs(r), "a") || r.Total != 2 {
		t.Errorf("a path that is not kept was found: %q %d (%v)", refs(r), r.Total, err)
	}
	r, err = x.Search(t.Context(), Query{Text: "供暖", Limit: 1, Offset: 1})
	if err != nil || len(r.Hits) != 1 || r.Total != 3 {
		t.Errorf("second page: %d of %d (%v)", len(r.Hits), r.Total, err)
	}
}

func TestSnippetShowsWhatWasAsked(t *testing.T) {
	x := filled(t, []Document{{Path: "/x", Ref: "x", Title: "长文", Text: strings.Repeat("前面的话，说了很多很多。", 60) + "供热单位应当在供暖期前完成检修。" + strings.Repeat("后面的话。", 60)}})
	r, err := x.Search(t.Context(), Query{Text: "供暖期前完成检修"})
	if err != nil || len(r.Hits) != 1 {
		t.Fatal(err, len(r.Hits))
	}
	var all, hit string
	for _, run := range r.Hits[0].Snippet {
		all += run.Text
		if run.Hit {
			hit += run.Text
		}
	}
	if hit != "供暖期前完成检修" || utf8.RuneCountInString(all) > 120 || !strings.HasPrefix(all, "…") || !strings.HasSuffix(all, "…") {
		t.Errorf("hit %q in %q", hit, all)
	}
}

// TestSyncMendsTheOtherFile walks two files through changes as releases do, and
// each time the new one holds exactly what is wanted.
func TestSyncMendsTheOtherFile(t *testing.T) {
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "a.db"), filepath.Join(dir, "b.db")}
	want := map[string]string{}
	current := ""
	for i := range 12 {
		var put []Document
		var out []string
		for j := range 3 {
			d := Document{Path: fmt.Sprintf("/%d", (i*2+j)%9), Ref: "r", Title: "信息", Text: fmt.Sprintf("第%d轮", i), Sum: fmt.Sprint(i, j)}
			put = append(put, d)
			want[d.Path] = d.Sum
		}
		if i%3 == 2 {
			p := fmt.Sprintf("/%d", i%9)
			if !slices.ContainsFunc(put, func(d Document) bool { return d.Path == p }) {
				out = append(out, p)
				delete(want, p)
			}
		}
		next := files[i%2]
		if err := Sync(t.Context(), current, next, fmt.Sprint(i), put, out); err != nil {
			t.Fatal(err)
		}
		x, err := Open(next)
		if err != nil {
			t.Fatal(err)
		}
		got, err := x.sums(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if g, err := x.Generation(t.Context()); err != nil || g != fmt.Sprint(i) {
			t.Errorf("generation %s (%v)", g, err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("round %d: holds %v, want %v", i, got, want)
		}
		if r, err := x.Search(t.Context(), Query{Text: fmt.Sprintf("第%d轮", i)}); err != nil || r.Total != 3 {
			t.Errorf("round %d: %d found (%v)", i, r.Total, err)
		}
		if same, err := Same(t.Context(), next, put, out, false); err != nil || !same {
			t.Errorf("round %d: not the same as itself (%v)", i, err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
		current = next
	}
}

// FuzzSearch types anything: no error, and a snippet that is text.
func FuzzSearch(f *testing.F) {
	x := filled(f, sampleDocs())
	for _, s := range []string{"供暖", `"`, `a" OR "b`, "NEAR(供暖)", "云政发〔2026〕18号", "\x00", "字*", "＊", strings.Repeat("长", 500), "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, q string) {
		r, err := x.Search(context.Background(), Query{Text: q})
		if err != nil {
			t.Fatalf("%q: %v", q, err)
		}
		for _, h := range r.Hits {
			for _, run := range h.Snippet {
				if !utf8.ValidString(run.Text) {
					t.Errorf("%q: snippet %q", q, run.Text)
				}
			}
		}
	})
}

// A path is a path: relative, with blanks and signs that mean something in a URL.
func TestIndexAtAnyPath(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("build/资料 库", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"plain.db", "build/a.db", "build/资料 库/索引?#%41.db"} {
		if err := Sync(t.Context(), "", file, "1", []Document{{Path: "/a", Ref: "r", Title: "信息", Text: "文本", Sum: "s"}}, nil); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		x, err := Open(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if sums, err := x.sums(t.Context()); err != nil || sums["/a"] != "s" {
			t.Errorf("%s: %v (%v)", file, sums, err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	}
}
