package inspection_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// TestArticle19_4_WhatWasFoundGoesWithThePage: a page that was taken down is met by no
// run any more. The next run asks for it and closes what was found there when it
// answers that it is gone; a page that is there, or does not say, closes nothing, and
// a file is not gone with the page that offered it.
func TestArticle19_4_WhatWasFoundGoesWithThePage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const id = "11010519491231002X"
		h.made.Set("/list.csv", enginetest.Page{Type: "text/csv; charset=utf-8", Body: "张某," + id})
		h.made.Swap("/tz/1.html", "附件可在网上下载。", `联系人身份证号`+id+`，附件：<a href="/list.csv">名单</a>`)
		h.run()
		standing := func() (out []string) {
			for _, f := range h.findings(inspection.FindingOpen) {
				out = append(out, f.Check)
			}
			slices.Sort(out)
			return out
		}
		if got := standing(); !slices.Equal(got, []string{"attachment.id_card", "privacy.id_card"}) {
			t.Fatalf("found %v", got)
		}
		before := h.findings(inspection.FindingOpen)
		// No link leads to it any more, but it is there.
		h.made.Put("/tz/3.html", enginetest.Article("关于做好春耕生产工作的通知", "通知公告", "通知公告", "2026-01-09 11:30", "各街道办事处：请按要求做好春耕工作。"))
		h.made.Swap("/tz/", `<a href="/tz/1.html">关于做好春季植树工作的通知</a>`, `<a href="/tz/3.html">关于做好春耕生产工作的通知</a>`)
		run := func(name string, closed int) {
			t.Helper()
			h.svc = h.service()
			if r := h.run(); r.Closed != closed {
				t.Errorf("%s: %d closed, want %d; standing %v", name, r.Closed, closed, standing())
			}
		}
		run("nobody links to it", 0)
		h.made.Set("/tz/1.html", enginetest.Page{Status: http.StatusInternalServerError, Type: "text/html", Body: "error"})
		run("it is broken", 0)
		h.made.Set("/robots.txt", enginetest.Page{Type: "text/plain", Body: "User-agent: *\nDisallow: /tz/1.html\n"})
		h.made.Set("/tz/1.html", enginetest.Page{Status: http.StatusGone, Type: "text/html", Body: "gone"})
		run("it is not to be asked for", 0)
		h.made.Set("/robots.txt", enginetest.Page{Status: http.StatusNotFound, Type: "text/plain"})
		run("taken down", 1)
		if got := standing(); !slices.Equal(got, []string{"attachment.id_card"}) {
			t.Fatalf("after the page was taken down: %v", got)
		}
		i := slices.IndexFunc(before, func(f inspection.Finding) bool { return f.Check == "privacy.id_card" })
		proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, before[i].ID)
		if err != nil || len(proofs) == 0 {
			t.Fatal(err)
		}
		last := slices.MaxFunc(proofs, func(a, b inspection.Proof) int { return a.At.Compare(b.At) })
		if last.Outcome != engine.Gone || !strings.Contains(last.Says, "网页已撤下") || !strings.Contains(last.Says, "410") || last.Status != http.StatusGone {
			t.Errorf("the reason: %+v", last)
		}
		h.made.Set("/list.csv", enginetest.Page{Status: http.StatusNotFound, Type: "text/html", Body: "404"})
		run("the file taken down", 1)
	})
}

// A page of a site published here that the release still names was not taken down,
// though the portal says so.
func TestWhatTheReleaseNamesWasNotTakenDown(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		paths := h.released()
		h.listing(paths)
		at := "/content/2026/03/007.html"
		h.made.Swap(at, "街道办事处按要求办理", "街道办事处按要求办理，联系人身份证号11010519491231002X")
		if r := h.patrol(); r.Fresh != 1 {
			t.Fatalf("%+v", r)
		}
		h.made.Set(at, enginetest.Page{Status: http.StatusNotFound, Type: "text/html", Body: "404"})
		h.clock.Set(morning.Add(25 * time.Hour))
		if r := h.patrol(); r.Closed != 0 || r.Fresh != 1 {
			t.Errorf("a page of the release that does not open: %+v", r)
		}
		*paths = slices.DeleteFunc(*paths, func(p string) bool { return p == at })
		h.clock.Set(morning.Add(50 * time.Hour))
		if r := h.patrol(); r.Closed != 2 {
			t.Errorf("taken down: %+v, standing %+v", r, h.findings(inspection.FindingOpen))
		}
	})
}
