package check

import (
	"runtime"
	"strings"
	"testing"

	"zhengshu/internal/check/js"
)

// What a short script does to its texts is followed no further than a few times its
// length, whatever would come of it; and pages made to be looked at for ever are read.
func TestHostileTextsAreBounded(t *testing.T) {
	fill := func(s string, n int) string { return strings.Repeat(s, n/len(s)) }
	grow := strings.Repeat(`.replace(/a/g,"aaaaaaaaaaaaaaaa")`, 5)
	long := `"` + fill("ab", 400<<10) + `"`
	script := func(s string) string { return "<script>" + s + "</script>" }
	for name, src := range map[string]string{
		"a function that makes texts grow":   script(`function f(s){return s` + grow[:len(grow)*4/5] + `}` + fill(`f("aaaa");`, js.MaxScript)),
		"texts that grow":                    script(fill(`"aaaa"`+grow+`;`, js.MaxScript)),
		"texts joined again":                 script(fill(`"aaaaaaaa"`+strings.Repeat(`.split("").join("aaaaaaaaaaaaaaaa")`, 6)+`;`, js.MaxScript)),
		"a pattern of many steps":            script(long + strings.Repeat(`.replace(/(.{0,30}){0,30}z/g,"")`, 16)),
		"changes of nothing":                 script(fill(".replace", js.MaxScript)),
		"texts turned round":                 script("atob;" + fill(`[..."abcdefgh"].reverse();`, js.MaxScript)),
		"very many children":                 "<div>" + fill("<b></b>", js.MaxScript),
		"a shadow of a long name":            "<" + fill("a", 60_000) + "><template shadowrootmode=open><style>" + fill(":host", 100_000),
		"links like text beside one another": `<style>.z{cursor:text;text-decoration:none;color:inherit}</style><div>` + fill(`<a class=z href=http://a.example/></a>`, js.MaxScript),
		"a long text in many boxes":          "<title>关于某事的通知</title><h1>关于某事的通知</h1>" + strings.Repeat("<div>", 450) + fill("<b>政务信息</b>公开", js.MaxScript),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := ParsePage([]byte(src), "text/html; charset=utf-8", contractURL)
			if err != nil {
				t.Fatal(err)
			}
			RunUnkept(Facts{Page: p, Class: Classify(p), Lexicon: BuiltinLexicon()})
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 400<<20 {
				t.Errorf("%d MB for %d KB", used>>20, len(src)>>10)
			}
		})
	}
}

// The style sheet of a tree of shadows within another one is its own.
func TestShadowSheetsStayWithin(t *testing.T) {
	src := `<body><div><template shadowrootmode="open"><a class="z" href="http://www.lanting-jidian.example/">蓝亭机电</a><p><template shadowrootmode="open"><style>.z{display:none}</style></template></p></template></div>`
	p, err := ParsePage([]byte(src), "text/html; charset=utf-8", contractURL)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range RunFamily(Facts{Page: p, Class: ClassHome, Lexicon: BuiltinLexicon()}, "concealed") {
		if f.Outcome == Violated {
			t.Errorf("%s", f.Says)
		}
	}
}

// Of two instants of one day in structured data the same one is told every time.
func TestStructuredInstantIsTheSameEveryTime(t *testing.T) {
	text := `{"a":{"datePublished":"2026-03-02T08:00:00+08:00"},"b":{"datePublished":"2026-03-02"},"c":{"datePublished":"2026-03-02T09:30:00+08:00"}}`
	want := structuredPublished(text)
	if want.zero() {
		t.Fatal("not read")
	}
	for range 200 {
		if got := structuredPublished(text); got != want {
			t.Fatalf("%v, then %v", want, got)
		}
	}
}
