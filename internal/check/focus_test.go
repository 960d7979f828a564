package check

import (
	"strings"
	"testing"
)

// What is owed and not in the text of a page is missing only where the page shows all
// it has: a script may bring it, and a picture may be it.
func TestFocusMissing(t *testing.T) {
	text := "<p>" + strings.Repeat("会议强调各项任务要落到实处。", 4) + "</p>"
	slogan := Focus{Name: "主题标语", Kind: FocusWords, Values: []string{"绿水青山"}, Missing: true, Severity: Error, Fix: "请补上标语。"}
	phone := Focus{Name: "热线", Kind: FocusPattern, Values: []string{"029-1234"}, Missing: true, Severity: Error, Fix: "请补上热线。"}
	for _, tt := range []struct {
		name, src string
		item      Focus
		want      Outcome
	}{
		{"there", text + "<p>绿水青山</p>", slogan, Kept},
		{"missing", text, slogan, Violated},
		{"missing in a page with a picture", text + `<img src="/a.png" alt="会议现场">`, slogan, Violated},
		{"the words of a picture", text + `<img src="/a.png" alt="绿水 青山就是金山银山">`, slogan, Kept},
		{"what an element is called", text + `<div title="绿水青山"></div>`, slogan, Kept},
		{"filled by a script", text + `<div id="list"></div><script>fetch("/api/list")</script>`, slogan, Untested},
		{"filled by a file of the site", text + `<ul></ul><script src="/js/list.js"></script>`, slogan, Untested},
		{"a script and nothing to fill", text + `<script>fetch("/api/visits")</script>`, slogan, Violated},
		{"no text", `<div><img src="/a.png"></div>`, slogan, Untested},
		{"a pattern", text + `<img src="/a.png" alt="029-1234">`, phone, Violated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePage([]byte("<html><body>"+tt.src+"</body></html>"), "text/html; charset=utf-8", "http://www.example.gov.cn/a/1.html")
			if err != nil {
				t.Fatal(err)
			}
			got := RunFocus(p, ClassContent, []Focus{tt.item})
			if len(got) != 1 || got[0].Outcome != tt.want || (tt.want == Untested) != (got[0].Why != "") {
				t.Errorf("got %+v, want %s", got, tt.want)
			}
		})
	}
}
