package inspection_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
)

// worsened counts who was told that a check's finding grew worse.
func (h *house) worsened(id string) (n int) {
	for _, a := range h.acts {
		if a == "worsen "+id {
			n++
		}
	}
	return n
}

func (h *house) standing(id string) (inspection.Finding, []inspection.Proof) {
	h.t.Helper()
	list := h.findings("standing")
	i := slices.IndexFunc(list, func(f inspection.Finding) bool { return f.Check == id })
	if i < 0 {
		h.t.Fatalf("no %s stands: %+v", id, list)
	}
	proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, list[i].ID)
	if err != nil {
		h.t.Fatal(err)
	}
	return list[i], proofs
}

// What stands and grows worse is told and kept as evidence, on each way by which
// it is seen again; the same once more is neither, and less is kept once a day.
func TestWhatGrowsWorseIsToldAndKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ways := map[string]func(sg engine.Sighting) error{
			"change.baseline": func(sg engine.Sighting) error {
				return h.db.Update(h.ctx, func(tx *db.Tx) error {
					_, err := h.svc.Raise(h.ctx, tx, h.scope, h.site.ID, sg)
					return err
				})
			},
			"host.domain_expiry": func(sg engine.Sighting) error { return h.svc.Settle(h.ctx, h.scope, h.site.ID, sg, true) },
		}
		for id, see := range ways {
			look := func(grade check.Severity, sha string, wantProofs, wantTold int) inspection.Finding {
				t.Helper()
				sg := engine.Sighting{Check: id, Severity: grade, Says: string(grade) + sha, Article: "S23.1a", URL: "http://" + enginetest.Host + "/", Where: "http://" + enginetest.Host + "/", Pages: 1,
					Evidence: engine.Evidence{URL: "http://" + enginetest.Host + "/", SHA256: strings.Repeat(sha, 64), Excerpt: "摘录" + sha, At: h.clock.Now()}}
				if err := see(sg); err != nil {
					t.Fatal(err)
				}
				f, proofs := h.standing(id)
				if len(proofs) != wantProofs || h.worsened(id) != wantTold || f.Severity != grade {
					t.Fatalf("%s seen as %s %s: %d looks kept, told %d times, stands as %s; want %d, %d", id, grade, sha, len(proofs), h.worsened(id), f.Severity, wantProofs, wantTold)
				}
				return f
			}
			bytes := id == "change.baseline" // its evidence is the page itself
			look(check.Error, "a", 1, 0)
			look(check.Error, "a", 1, 0)
			h.clock.Advance(time.Hour)
			if f := look(check.Serious, "b", 2, 1); f.SHA256 != strings.Repeat("b", 64) || f.Excerpt != "摘录b" {
				t.Errorf("%s: new words over old bytes: %+v", id, f)
			}
			if steps, err := h.svc.History(h.ctx, h.db, h.scope, firstOf(h.standing(id)).ID); err != nil || len(steps) != 2 || steps[1].Act != "worsen" || !strings.Contains(steps[1].Note, "errora") {
				t.Errorf("%s: history %+v (%v)", id, steps, err)
			}
			// A page with a counter is another at every look.
			for i := range 3 {
				look(check.Serious, fmt.Sprint(i), 2, 1)
			}
			look(check.Error, "c", 2, 1)
			h.clock.Advance(24 * time.Hour)
			look(check.Advice, "d", 3, 1) // less, and another day
			h.clock.Advance(24 * time.Hour)
			want := 3
			if bytes {
				want++
			}
			look(check.Advice, "e", want, 1)
			look(check.Serious, "f", want+1, 2)
		}
		if rep, err := h.svc.VerifyEvidence(h.ctx); err != nil || len(rep.Damage) != 0 {
			t.Errorf("evidence: %+v, %v", rep, err)
		}
	})
}

func firstOf[A, B any](a A, _ B) A { return a }

// A redesign that nobody confirmed hides no defacement: the run that sees the page
// taken over keeps it and tells of it, and a dispute about less goes on.
func TestArticle23_1_ARedesignHidesNoDefacement(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		days := func() { h.clock.Advance(24 * time.Hour) }
		h.run()
		w, err := h.svc.WatchedPage(h.ctx, h.scope, h.site.ID, "http://"+enginetest.Host+"/")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.svc.AdvanceBaseline(h.ctx, h.scope, h.site.ID, "http://"+enginetest.Host+"/", w.Last.SHA256, "首次确认，已与主办单位核对"); err != nil {
			t.Fatal(err)
		}
		h.made.Swap("/", "</body>", `<script src="http://static.elsewhere.example/new.js"></script></body>`)
		days()
		h.run()
		f, proofs := h.standing("change.baseline")
		if f.Severity != check.Error || len(proofs) != 1 {
			t.Fatalf("a redesign: %s, %d looks", f.Severity, len(proofs))
		}
		h.made.Put("/", `<html lang="zh-CN"><head><meta charset="utf-8"><title>恭喜发财</title></head><body><table><tr><td>`+strings.Repeat("全新商品正品保障全国联保欢迎选购。", 20)+`</td></tr></table></body></html>`)
		days()
		h.run()
		again, proofs := h.standing("change.baseline")
		if again.ID != f.ID || again.Severity != check.Serious || h.worsened(f.Check) != 1 {
			t.Fatalf("taken over: %+v, told %v", again, h.acts)
		}
		last := proofs[len(proofs)-1]
		if len(proofs) != 2 || last.SHA256 == proofs[0].SHA256 || last.Outcome != engine.Standing || last.Look != "patrol" || last.Ref == "" || last.Says != again.Says || last.Run == "" {
			t.Errorf("evidence of it: %+v", proofs)
		}
	})
}
