package check

import (
	"strings"
	"testing"
)

// FuzzScript reads scripts as pages of strangers hold them.
func FuzzScript(f *testing.F) {
	for _, s := range []string{
		"", `eval(atob("YWxlcnQoMSk="))`, `document.write(unescape("%u535A%zz"))`, `document["write"]('<div style="display:none">`, "document.write(`<!--`)",
		`var z=document.getElementById("q");z.style.display="none";z.parentNode.removeChild(z)`, `$("#q").css({textIndent:"-9999px"}).addClass("x")`,
		`eval(function(p,a,c,k,e,d){return p}('0.1=\'2://3/\'',62,4,'location|href|http|x.com'.split('|'),0,{}))`, `}('a',1,99999,'|'.split('|')`,
		`setTimeout("location.href='http://x.com'",1)`, `(function(){if(screen.width<8){top.location="//x.com"}})()`, `/* { */ // }` + "\n{'", "`${`{", `window.onload=()=>location="http://x.com"`,
		`document.styleSheets[0].insertRule(".a{left:-9px}")`, `document.querySelectorAll(".a").forEach(e=>e.style.left="-1e9px")`,
	} {
		f.Add(s)
	}
	for _, s := range []string{
		`function a(){b()}function b(){a();location="//x.com"}setTimeout(a,1);window.onload=b`, `["h","t"].join("")+"aZb".replace(/Z/g,"").split("")`, `[107,119,119,115,61,50,50,123].map(c=>String.fromCharCode(c^3))`,
		`var f=document.createElement("iframe");f.src="//x.com";f.style.cssText="width:0";f.setAttribute("a","b");f=document.createElement('a')`, `Object.assign(document.getElementById("q").style,{left:"-9999px"})`,
	} {
		f.Add(s)
	}
	for _, s := range []string{
		`var t="aabb";t.replace(/a|(/g,"x").split("").join("zzzzzzzzzzzzzzzz").replaceAll("z","zzzzzzzzzzzzzzzz")`, `[..."moc.x//:ptth"].reverse()`, `for(i=r.length-1;i>=0;i--){o+=r[i]}`,
		`function d(s){return s.replace(/!/g,"")}d("a!b!c!d");d(d("!!!!"))`, `"\/\/x.com".split('/').reverse().join('"')`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, ly := range layers(src) {
			text := named(ly.text)
			hiddenByScript(text)
			shownByScript(text)
			lettersGone(text)
			undoneByScript(text)
			classedByScript(text)
			styledByScript(ly.text)
			puts(ly.text)
			makes(ly.text)
			loadedBy(ly)
			hostsIn(ly.text)
			asksVisitor(ly.text)
			for _, to := range targets(ly.text) {
				if judgeAddress(&Page{}, builtin(), to.address).trusted && to.address == "" {
					t.Fatal("nowhere is trusted")
				}
			}
		}
	})
}

// FuzzStyle reads style sheets and style attributes likewise. The same style hides
// an element however often it is read.
func FuzzStyle(f *testing.F) {
	for _, s := range [][2]string{
		{"", ""}, {".a{display:none", "left:-1e99px"}, {"@media screen{@supports (x){.a{b:c}}}", "clip-path:polygon(,)"}, {":root{--a:var(--a)}.a{display:var(--a,none)}", "--b:var(--b);color:var(--b)"},
		{".a:not(.b)[c*=d],:is(.e,f) *{font:0/0 a}", "transform:matrix(0,0,,0) rotateX(90deg) scale("}, {".w{.q{&:x{y:z}}}", "margin:1px 2px -999px;inset:-9999px auto"}, {"[", "width:calc(1px + calc("}, {"*{}", "color:hsl(0,0%"}, {"@import 'data:text/css,a{}';@container x (min-width:1px){.a *.b:not(#c):has(a){d:e}}", "width:clamp(1px,min(2px),calc(1px/0));color:oklch(1 0 0)"}, {".a:hover>.b.on,:root .c:focus{display:block}", "transform:matrix3d(0,0);clip-path:rect(0 0 0 0)"}, {"a:nth-child(9):first-child{}a:last-of-type{color:hsl(-1,9%,9%)}", "color:rgb(100%,0%,1e9%)"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, css, style string) {
		s := newSheet(parseDecls)
		s.add(css)
		w := attire{tag: "a", class: "a b q", id: "a", style: style, attrs: "c\x00d\x01"}
		how, strong := s.declared(w).concealment()
		if again, firm := s.declared(w).concealment(); again != how || firm != strong {
			t.Errorf("%q, then %q", how, again)
		}
		colour(style)
		seeThrough(style)
	})
}

// A text named once and put together very often does not make a script many times as long.
func TestNamesSpelledOutAreBounded(t *testing.T) {
	text := "\"" + strings.Repeat("x", longestSpelled-2) + "\""
	for name, src := range map[string]string{
		"sums":      "var a=" + text + ";location=" + strings.Repeat("a+", maxScript/2-200) + "''",
		"templates": "var a=" + text + ";location=`" + strings.Repeat("${a}", maxScript/4-200) + "`",
	} {
		for _, l := range layers(src) {
			if len(l.text) > 2*maxScript {
				t.Errorf("%s: %d bytes of %d", name, len(l.text), len(src))
			}
		}
	}
}
