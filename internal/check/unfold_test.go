package check

import (
	"strings"
	"testing"
)

// TestWhatUnfoldsIsNoHiddenLink: blocks that honest pages keep folded until something
// opens them are left alone; the same blocks with words of gambling, or that open for
// no screen, are not.
func TestWhatUnfoldsIsNoHiddenLink(t *testing.T) {
	const friend = `<a href="http://www.fengxiang-bowuguan.com">某博物馆</a>`
	for name, c := range map[string]struct {
		body     string
		openable bool
	}{
		"layout of telephones":    {`<style>.k{display:none}@media(max-width:768px){.k{display:block}}</style><div class="k">LINK</div>`, true},
		"width of no screen":      {`<style>.k{display:none}@media(min-width:9000px){.k{display:block}}</style><div class="k">LINK</div>`, false},
		"on paper alone":          {`<style>.k{display:none}@media print{.k{display:block}}</style><div class="k">LINK</div>`, false},
		"tabs by number":          {`<div id="yq2" style="display:none">LINK</div><script>function s(n){document.getElementById('yq'+n).style.display='block'}</script>`, true},
		"tabs by name, number":    {`<div id="con_one_2" style="display:none">LINK</div><script>function setTab(m,n){for(i=1;i<=n;i++){document.getElementById("con_"+m+"_"+i).style.display=i==n?"block":"none"}}</script>`, true},
		"number never shown":      {`<div id="yq2" style="display:none">LINK</div><script>function s(n){document.getElementById('yq'+n).title='x'}</script>`, false},
		"panel next to heading":   {`<style>.p{display:none}</style><h3>链接</h3><div class="p">LINK</div><script>$('h3').click(function(){$(this).next('.p').slideToggle()})</script>`, true},
		"dialog with a button":    {`<dialog id="d">LINK</dialog><button onclick="d.showModal()">打开</button>`, true},
		"dialog without":          {`<dialog id="d">LINK</dialog>`, false},
		"until the script runs":   {`<style>[v-cloak]{display:none}</style><div v-cloak>LINK</div><script src="/js/vue.js"></script>`, true},
		"menu cut away":           {`<style>.m ul{position:absolute;clip:rect(0 0 0 0)}.m:hover ul{clip:auto}</style><div class="m"><b>部门</b><ul><li>LINK</li></ul></div>`, true},
		"until it is scrolled to": {`<style>.wow{visibility:hidden}.animated{visibility:visible}</style><div class="box wow fadeInUp">LINK</div><script>new WOW().init();</script>`, true},
		"faded in by attribute":   {`<style>[data-aos]{opacity:0}[data-aos].aos-animate{opacity:1}</style><div data-aos="fade-up">LINK</div><script>AOS.init({once:true})</script>`, true},
		"its class without it":    {`<style>.wow{visibility:hidden}</style><div class="wow">LINK</div>`, false},
		"slides before a script":  {`<style>.slick-slide{display:none}.slick-initialized .slick-slide{display:block}</style><div class="s"><div class="slick-slide">LINK</div></div>`, true},
	} {
		found := func(link string) bool {
			return len(Violations(RunFamily(Facts{Page: parse(t, article("", strings.ReplaceAll(c.body, "LINK", link)))}, "concealed"))) > 0
		}
		if found(friend) == c.openable {
			t.Errorf("%s: an honest link is reported: %v", name, c.openable)
		}
		if !found(`<a href="http://www.fengxiang-bowuguan.com">六合彩特码</a>`) {
			t.Errorf("%s: gambling is not reported", name)
		}
	}
	for css, want := range map[string]bool{
		"display:block;width:120px;height:40px;background:url(yq.png) no-repeat;text-indent:-9999px": false,
		"display:block;text-indent:-9999px": true,
	} {
		got := len(Violations(RunFamily(Facts{Page: parse(t, article("", `<a style="`+css+`" href="http://www.fengxiang-bowuguan.com">某博物馆</a>`))}, "concealed"))) > 0
		if got != want {
			t.Errorf("%s: found %v", css, got)
		}
	}
}
