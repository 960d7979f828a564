package check

import (
	"testing"

	"zhengshu/internal/check/js"
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
		for _, ly := range js.Layers(src) {
			text := js.Named(ly.Text)
			js.Hides(text)
			js.Shows(text)
			js.LettersGone(text)
			js.Undone(text)
			js.Classes(text)
			js.Styles(ly.Text)
			js.Puts(ly.Text)
			js.Makes(ly.Text)
			loadedBy(ly)
			js.HostsIn(ly.Text)
			js.AsksVisitor(ly.Text)
			for _, to := range js.Targets(ly.Text) {
				if judgeAddress(&Page{}, builtin(), to.Address).trusted && to.Address == "" {
					t.Fatal("nowhere is trusted")
				}
			}
		}
	})
}
