package check

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func nodesOf(t *testing.T, text string) (n int) {
	t.Helper()
	root, err := tryParse(text, 1<<40)
	if err != nil {
		return 0 // the parser refuses it
	}
	for range root.Descendants() {
		n++
	}
	return n
}

// leftOpen is a text of n formatting elements that every block after opens anew.
func leftOpen(n, blocks int, attributes string) string {
	var b strings.Builder
	b.WriteString("<p>")
	for i := range n {
		fmt.Fprintf(&b, "<font a=%d%s>", i, attributes)
	}
	return b.String() + "</p>" + strings.Repeat("<p>x</p>", blocks)
}

// Pages that would fill the memory are not parsed, however short they are.
func TestHeavyPagesAreLeft(t *testing.T) {
	for name, src := range map[string]string{
		"many paragraphs":         strings.Repeat("<p>x</p>", 600_000),
		"many empty paragraphs":   strings.Repeat("</p>", 600_000),
		"many comments":           strings.Repeat("<!-->", 600_000),
		"many in capitals":        strings.Repeat("<LI>x", 600_000),
		"fonts left open":         leftOpen(200, 20_000, ""),
		"fonts of many words":     leftOpen(20, 2000, strings.Repeat(" a", 1000)),
		"fonts behind quotes":     leftOpen(20, 2000, ` c=">"`+strings.Repeat(" a", 1000)),
		"fonts in a drawing":      "<svg><style>" + strings.Repeat("<p>x</p>", 200_000),
		"fonts beyond 512":        strings.Repeat("<div>", 600) + leftOpen(100, 20_000, ""),
		"words ended out of turn": strings.Repeat("<p>"+numbered("<b c=#><i c=#>", 150)+strings.Repeat("</b>x", 150), 60),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := ParsePage([]byte(src), "", contractURL)
			runtime.ReadMemStats(&after)
			var many *ManyElementsError
			if !errors.As(err, &many) {
				t.Fatalf("page %v, error %v", p != nil, err)
			}
			if !strings.Contains(err.Error(), "未作检查") {
				t.Errorf("says %q", err)
			}
			// The text is copied once or twice; no tree was made of it.
			if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
				t.Errorf("%d MB for %d KB", used>>20, len(src)>>10)
			}
		})
	}
}

// What is long or badly made, and no more, is read whole.
func TestLargePagesAreRead(t *testing.T) {
	for name, src := range map[string]string{
		"a table of 6,000 rows":      "<table>" + strings.Repeat(`<tr><td><p><span style="font-size:9pt">某</span></p></td><td><p><span>某</span></p></td><td>x</td></tr>`, 6000) + "</table>",
		"the same font left open":    strings.Repeat(`<table><tr><td><font size="2" color="red">某</td></tr></table>`, 5000),
		"small angles in scripts":    "<script>" + strings.Repeat("for(i=0;i<b ;i++)if(a<s )c<tt ;", 2000) + "</script>" + strings.Repeat("<div>某</div>", 5000),
		"cards that are links":       strings.Repeat(`<a href="/a" target="_blank" title="某"><div><h3><b>某</b></h3><p>某</p></div></a>`, 5000),
		"a text without any element": strings.Repeat("某某某某", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParsePage([]byte(src), "", contractURL); err != nil {
				t.Errorf("%d KB: %v", len(src)>>10, err)
			}
		})
	}
}

// pieces are what the parser makes more of than is written.
var pieces = []string{"<p>", "</p>", "<b>", "</b>", "<b c=1>", "<font a=1>", "<font a=2 b c d>", `<font q=">" r>`, "</font>", "<i>", "<i e>", "</i>", "<a href=x>", "</a>", "<nobr>", "<td>", "</td>", "<table>", "</table>", "<tr>", "<div>", "</div>", "<svg>", "</svg>",
	"<style>", "</style>", "<script>", "</script>", "<title>", "</title>", "<!--", "-->", "<select>", "<option>", "</select>", "<marquee>", "</marquee>", "<h1>", "<button>", "<li>", "<template>", "</template>", "</br>", "<tt u>", "<em v>", "<textarea>", "<frameset>", "<math>", "<mi>", "<B>", "x", " "}

// A text never makes much more than it weighs.
func FuzzWeight(f *testing.F) {
	f.Add([]byte{0, 5, 6, 1, 0, 50, 1, 0, 50, 1, 0, 50})
	f.Add([]byte{2, 9, 11, 12, 4, 3, 50, 3, 50, 10, 17, 15, 50, 16, 15, 50})
	f.Add([]byte{22, 24, 17, 6, 6, 7, 15, 16, 22, 23, 38, 45, 44, 43, 37, 1, 1, 12, 12, 14, 14})
	f.Fuzz(func(t *testing.T, which []byte) {
		if len(which) > 2000 {
			return
		}
		var b strings.Builder
		for _, w := range which {
			b.WriteString(pieces[int(w)%len(pieces)])
		}
		text := strings.Repeat(b.String(), 1+2000/(1+len(which)))
		n := nodesOf(t, text)
		if n > 1000 && !(countTags(text, n/10) && countTokens(text, n/10)) {
			t.Errorf("%d nodes of %.300q weigh less than %d", n, b.String(), n/10)
		}
	})
}
