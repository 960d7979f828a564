package engine_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// words are a text of its own for each page: pages that differ in figures alone are
// one to the crawl.
func words(i int) string {
	var b []rune
	for k := range 120 {
		b = append(b, rune(0x4e00+(i*7919+k*(i+3)*31)%8000))
	}
	return string(b)
}

// Of a site that is larger than the budget every page is read within a few runs, the
// home page at each of them; what a run does not come to is not said to be gone, and
// where a finding stands comes first.
func TestArticle19_4_EveryPageOfALargeSiteHasItsTurn(t *testing.T) {
	s := enginetest.NewSite(t)
	const pages = 60
	for i := range pages { // a chain: the next page is met on this one alone
		next := fmt.Sprintf(`<p><a href="/deep/%d.html">下一篇</a></p>`, i+1)
		if i == pages-1 {
			next = ""
		}
		s.Put(fmt.Sprintf("/deep/%d.html", i), enginetest.Article(fmt.Sprintf("第%d篇关于道路维修的通告", i), "要闻动态", "要闻动态", "2026-03-18 09:00", "<p>"+words(i)+"。</p>"+next))
	}
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/deep/0.html">通告</a> <a href="/a.pdf">`)
	client, kept := s.Client(t), enginetest.Frontier(t, t.TempDir())
	target := enginetest.Target()
	read := map[string]bool{}
	var rep engine.Report
	look := func(run int) {
		t.Helper()
		j, err := kept.Journal(context.Background(), "site", fmt.Sprint(run))
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.MaxPages, o.Journal, o.Turns, o.KnownShare = 20, j, j, 50
		if rep, err = engine.Inspect(context.Background(), client, nil, target, o); err != nil {
			t.Fatal(err)
		}
		if !rep.Visited[rep.URL] || rep.Turn == nil || rep.Pages > 20 {
			t.Fatalf("run %d: %d pages, %+v", run, rep.Pages, rep.Turn)
		}
		for u := range rep.Visited {
			read[u] = true
		}
		if err := kept.Ended(context.Background(), "site", fmt.Sprint(run)); err != nil {
			t.Fatal(err)
		}
	}
	last := rep.URL
	runs := 0
	for ; runs < 40 && last == ""; runs++ {
		look(runs)
		for u := range read {
			if u == fmt.Sprintf("%sdeep/%d.html", rep.URL, pages-1) {
				last = u
			}
		}
	}
	if last == "" || rep.Turn.Known < pages || rep.Turn.Read != len(read) {
		t.Fatalf("after %d runs %d pages were read, told are %+v", runs, len(read), rep.Turn)
	}
	first := rep.URL + "deep/1.html"
	if rep.Visited[first] {
		look(runs)
		runs++
	}
	stands := engine.Spot{Check: "privacy.id_card", URL: last, Where: "x"}
	if rep.Visited[last] {
		look(runs)
		runs++
	}
	if rep.Visited[last] || len(rep.Unlooked(stands)) != 1 {
		t.Errorf("the last page was looked at %v, unlooked %v", rep.Visited[last], rep.Unlooked(stands))
	}
	target.Stand = []string{last}
	look(runs)
	if !rep.Visited[last] {
		t.Error("where a finding stands was not looked at")
	}
}

// The share of the budget that is for known addresses is the province's: none means
// that a run reads what it meets, from the home page on.
func TestKnownShareOfTheBudget(t *testing.T) {
	for share, want := range map[int]int{0: 0, 10: 2, 80: 16} {
		due := &asked{}
		o := enginetest.Options()
		o.MaxPages, o.Turns, o.KnownShare = 20, due, share
		inspect(t, enginetest.NewSite(t), o)
		if due.n != want {
			t.Errorf("%d %% of 20 pages: %d known ones, want %d", share, due.n, want)
		}
	}
}

// asked notes how many known addresses a run asks for.
type asked struct{ n int }

func (a *asked) Due(_ context.Context, _ []string, n int) ([]string, error) { a.n = n; return nil, nil }

func (a *asked) Turned(context.Context, frontier.Turned, time.Duration) (int, int, bool, error) {
	return 0, 0, false, nil
}
