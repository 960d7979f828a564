package inspectionweb

import (
	"slices"
	"testing"
	"time"

	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/web"
)

// The proof of a link that was asked again tells of both looks when they were, what
// was asked for and what came.
func TestBothLooksAtALinkAreShown(t *testing.T) {
	at := time.Date(2026, 3, 18, 2, 0, 0, 0, time.UTC)
	const link = "http://www.yanta.gov.cn/gone.html"
	got := besideTerms([]engine.Beside{{As: engine.AsFirst, URL: link, Status: 404, At: at}, {As: engine.AsSecond, URL: link, At: at.Add(6 * time.Second)}}, "")
	if len(got) != 2 || got[0].Title != "第一次访问链接" || got[1].Title != "再次访问链接" {
		t.Fatalf("%+v", got)
	}
	for i, want := range [][]web.Term{
		{{Name: "时间", Text: "2026-03-18 10:00:00"}, {Name: "访问", Text: link}, {Name: "状态码", Text: "404"}},
		{{Name: "时间", Text: "2026-03-18 10:00:06"}, {Name: "访问", Text: link}, {Name: "应答", Text: "没有应答"}},
	} {
		for _, w := range want {
			if !slices.ContainsFunc(got[i].Facts.Terms, func(t web.Term) bool { return t.Name == w.Name && t.Text == w.Text }) {
				t.Errorf("look %d lacks %+v: %+v", i+1, w, got[i].Facts.Terms)
			}
		}
	}
}

// The proof of a page that its host gives for any address tells the addresses made up
// and what the words came to.
func TestMadeUpAddressesAreShown(t *testing.T) {
	list := sampleLooks()
	got := besideTerms(list, "")
	if len(got) != 4 || got[2].Title != "随机编造的网址" {
		t.Fatalf("%+v", got)
	}
	for i, v := range got {
		for _, w := range []web.Term{{Name: "访问", Text: list[i].URL}, {Name: "页面文字的指纹", Text: list[i].Says}, {Name: "状态码", Text: "200"}, {Name: "SHA-256", Text: list[i].SHA256}} {
			if !slices.ContainsFunc(v.Facts.Terms, func(t web.Term) bool { return t.Name == w.Name && t.Text == w.Text }) {
				t.Errorf("answer %d lacks %+v: %+v", i+1, w, v.Facts.Terms)
			}
		}
	}
}
