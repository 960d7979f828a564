package css

import "testing"

// FuzzStyle reads style sheets and style attributes likewise. The same style hides
// an element however often it is read.
func FuzzStyle(f *testing.F) {
	for _, s := range [][2]string{
		{"", ""}, {".a{display:none", "left:-1e99px"}, {"@media screen{@supports (x){.a{b:c}}}", "clip-path:polygon(,)"}, {":root{--a:var(--a)}.a{display:var(--a,none)}", "--b:var(--b);color:var(--b)"},
		{".a:not(.b)[c*=d],:is(.e,f) *{font:0/0 a}", "transform:matrix(0,0,,0) rotateX(90deg) scale("}, {".w{.q{&:x{y:z}}}", "margin:1px 2px -999px;inset:-9999px auto"}, {"[", "width:calc(1px + calc("}, {"*{}", "color:hsl(0,0%"}, {"@import 'data:text/css,a{}';@container x (min-width:1px){.a *.b:not(#c):has(a){d:e}}", "width:clamp(1px,min(2px),calc(1px/0));color:oklch(1 0 0)"}, {".a:hover>.b.on,:root .c:focus{display:block}", "transform:matrix3d(0,0);clip-path:rect(0 0 0 0)"}, {"a:nth-child(9):first-child{}a:last-of-type{color:hsl(-1,9%,9%)}", "color:rgb(100%,0%,1e9%)"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, rules, style string) {
		s := NewSheet(Parse)
		s.Add(rules)
		w := Attire{Tag: "a", Class: "a b q", id: "a", Style: style, attrs: "c\x00d\x01"}
		how, strong := s.Declared(w).Concealment()
		if again, firm := s.Declared(w).Concealment(); again != how || firm != strong {
			t.Errorf("%q, then %q", how, again)
		}
		Colour(style)
		seeThrough(style)
	})
}
