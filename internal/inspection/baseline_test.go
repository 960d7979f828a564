package inspection_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// TestArticle23_1_BaselineIsSetByANamedPersonAlone goes from the first look at a
// site that is not published here to a tampering that is found, refused as a
// baseline of a stale look, and confirmed after a redesign.
func TestArticle23_1_BaselineIsSetByANamedPersonAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		home := "http://" + enginetest.Host + "/"
		watch := func() inspection.Watch {
			t.Helper()
			w, err := h.svc.WatchedPage(h.ctx, h.scope, h.site.ID, home)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		advance := func(ctx context.Context, sha, why string) error {
			return h.svc.AdvanceBaseline(ctx, h.scope, h.site.ID, home, sha, why)
		}
		unheld := func(r inspection.Run) (lines, pages int) {
			for _, u := range r.Untested {
				if u.Check == "change.baseline" && strings.Contains(u.Why, "没有确认过的基线") {
					lines, pages = lines+1, pages+u.Count
				}
			}
			return lines, pages
		}
		if err := h.svc.WatchPage(h.ctx, h.scope, h.site.ID, home+"tz/1.html"); err != nil {
			t.Fatal(err)
		}
		if lines, pages := unheld(h.run()); lines != 1 || pages != 2 {
			t.Errorf("two pages without a baseline: %d lines of %d pages", lines, pages)
		}
		first := watch()
		if first.Confirmed() || !first.Confirmable() || first.Last.Title != "雁塔区人民政府" || first.Last.At.IsZero() {
			t.Fatalf("after the first look: %+v", first)
		}
		if err := advance(audit.System(context.Background(), "inspection.run"), first.Last.SHA256, "巡检自动确认"); !fault.Is(err, fault.Refused) {
			t.Errorf("a duty of the house set a baseline: %v", err)
		}
		if err := advance(h.ctx, first.Last.SHA256, "好"); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := advance(h.ctx, first.Last.SHA256, strings.Repeat("已核对", 200)); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "太长") {
			t.Errorf("a reason of 600 characters: %v", err)
		}
		if err := h.svc.AdvanceBaseline(h.ctx, h.other, h.site.ID, home, first.Last.SHA256, "邻区来确认"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
		if err := advance(h.ctx, strings.Repeat("0", 64), "首次确认，已与主办单位核对"); !fault.Is(err, fault.Conflict) {
			t.Errorf("another look than the one that was read: %v", err)
		}
		if err := advance(h.ctx, first.Last.SHA256, "首次确认，已与主办单位核对"); err != nil {
			t.Fatal(err)
		}
		if err := advance(h.ctx, first.Last.SHA256, "首次确认，已与主办单位核对"); !fault.Is(err, fault.Conflict) {
			t.Errorf("confirmed twice: %v", err)
		}
		w := watch()
		if w.SetBy != "张三" || w.Held.SHA256 != first.Last.SHA256 || w.Held.Ref == "" {
			t.Errorf("baseline %+v", w)
		}
		// News of the day are no tampering.
		h.made.Swap("/", "我区召开全区教育工作会议", "我区召开全区农业工作会议")
		r := h.run()
		if r.Found != 0 {
			t.Errorf("news: %d findings", r.Found)
		}
		if _, pages := unheld(r); pages != 1 {
			t.Errorf("%d pages without a baseline after the home page has one", pages)
		}
		if w = watch(); w.Last.Outcome == check.Violated || w.Confirmable() {
			t.Errorf("news: %+v", w.Last)
		}
		// Another page altogether is.
		h.made.Put("/", `<html lang="zh-CN"><head><meta charset="utf-8"><title>恭喜发财</title></head><body><table><tr><td>`+strings.Repeat("全新商品正品保障全国联保欢迎选购。", 20)+`</td></tr></table></body></html>`)
		h.run()
		i := slices.IndexFunc(h.findings("standing"), func(f inspection.Finding) bool { return f.Check == "change.baseline" })
		if i < 0 {
			t.Fatal("the page was taken over and nothing was said")
		}
		f := h.findings("standing")[i]
		if f.Severity != check.Serious {
			t.Errorf("%s %s", f.Severity, f.Says)
		}
		proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, f.ID)
		if err != nil || len(proofs) != 1 || len(proofs[0].Beside) != 1 || proofs[0].Beside[0].As != engine.AsBaseline || proofs[0].Beside[0].Ref != w.Held.Ref || proofs[0].Ref == "" {
			t.Fatalf("proofs %+v, %v", proofs, err)
		}
		if rep, err := h.svc.VerifyEvidence(h.ctx); err != nil || len(rep.Damage) != 0 || rep.Bytes < 2 {
			t.Errorf("evidence: %+v, %v", rep, err)
		}
		// The baseline is not what the patrol saw.
		if w = watch(); w.Held.SHA256 != first.Last.SHA256 || !w.Last.Grave || w.Last.Says == "" {
			t.Errorf("after tampering: %+v", w)
		}
		text, err := h.svc.PageBytes(h.ctx, h.scope, h.site.ID, home, false)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(engine.Glance(text, w.Last.ContentType, home), "全新商品") {
			t.Errorf("what is shown to the person: %q (%v)", text, err)
		}
		if got, err := h.svc.Retest(h.ctx, h.scope, f.ID); err != nil || got.After.Outcome != engine.Standing {
			t.Fatalf("retest %+v %v", got.After, err)
		}
		if err := advance(h.ctx, w.Last.SHA256, "已核实为主办单位改版"); err != nil {
			t.Fatal(err)
		}
		if got, err := h.svc.Retest(h.ctx, h.scope, f.ID); err != nil || got.After.Outcome != engine.Gone || !got.Closed {
			t.Errorf("after the redesign was confirmed: %+v %v", got.After, err)
		}
		n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = 'inspection.baseline.advance'`)
		if err != nil || n != 2 {
			t.Errorf("%d entries in the trail (%v)", n, err)
		}
	})
}

func TestPagesAreWatchedByChoice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		page := "http://" + enginetest.Host + "/map.html"
		for _, bad := range []string{"", "http://www.elsewhere.gov.cn/", "javascript:alert(1)"} {
			if err := h.svc.WatchPage(h.ctx, h.scope, h.site.ID, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := h.svc.WatchPage(h.ctx, h.scope, h.site.ID, page); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.WatchPage(h.ctx, h.scope, h.site.ID, page); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		h.run()
		list, err := h.svc.Watches(h.ctx, h.scope, h.site.ID)
		if err != nil || len(list) != 2 || list[0].AddedBy != "" || list[1].Address != page || !list[1].Confirmable() {
			t.Fatalf("%+v, %v", list, err)
		}
		if err := h.svc.UnwatchPage(h.ctx, h.scope, h.site.ID, list[0].Address); !fault.Is(err, fault.Refused) {
			t.Errorf("the home page was let go: %v", err)
		}
		if err := h.svc.UnwatchPage(h.ctx, h.scope, h.site.ID, page); err != nil {
			t.Error(err)
		}
		if _, err := h.svc.WatchedPage(h.ctx, h.scope, h.site.ID, page); !fault.Is(err, fault.NotFound) {
			t.Errorf("still there: %v", err)
		}
		if _, err := h.svc.Watches(h.ctx, h.other, h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
	})
}

// A page that is longer than is read could not be compared: that is told as it is,
// and no tampering is made of it.
func TestAnOverlongPageIsUntestedAndNoTampering(t *testing.T) {
	s := enginetest.NewSite(t)
	client := s.Client(t)
	kept, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	long := "http://" + enginetest.Host + "/long.html"
	tg := enginetest.Target()
	tg.Watch = []string{long}
	tg.Baselines = []engine.Held{{Address: long, SHA256: strings.Repeat("a", 64), Sketch: check.Baseline{Title: "名单", Runes: 100, Frame: map[string]int{"p": 3}}}}
	o := enginetest.Options()
	o.Families = []string{"change"}
	for name, rows := range map[string]string{
		"more than is fetched":         strings.Repeat("<p>名单的一行，很长很长。</p>", 600_000),
		"more than is read":            strings.Repeat("名单的一行，很长很长。", 200_000),
		"more elements than are built": strings.Repeat("<br>", 150_000),
	} {
		s.Put("/long.html", `<html><head><meta charset="utf-8"><title>名单</title></head><body>`+rows+`</body></html>`)
		for _, linked := range []bool{false, true} { // beyond the run, and among its pages
			if linked {
				s.Put("/", strings.Replace(enginetest.Home(""), "<h2>要闻</h2>", `<h2>要闻</h2><a href="/long.html">名单</a>`, 1))
			}
			rep, err := engine.Inspect(t.Context(), client, kept, tg, o)
			if err != nil {
				t.Fatal(err)
			}
			if len(rep.Findings) != 0 || !enginetest.Untested(rep, "change.baseline", "过长") {
				t.Errorf("%s, linked %v: %+v, %+v", name, linked, rep.Findings, rep.Untested)
			}
		}
		s.Put("/", enginetest.Home(""))
		l, err := engine.Recheck(t.Context(), client, kept, tg, engine.Spot{Check: "change.baseline", URL: long}, o)
		if err != nil || l.Outcome != engine.Unknown || !strings.Contains(l.Says, "过长") {
			t.Errorf("%s: %s %s, %v", name, l.Outcome, l.Says, err)
		}
	}
}
