package impostor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/impostor"
)

// Article 23(3): the front page of a name like ours that resolves is opened once, and set
// beside the genuine one; the likest is listed first. Nothing is decided and no case is
// opened by it; the case that a person opens begins with what was seen.
func TestArticle23_3_NamesLikeOursAreLookedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.dns["weinan-gov.cn"], h.dns["weinan.com"] = "1.2.3.4", "1.2.3.5"
		if _, err := h.svc.AskCandidates(h.ctx); err != nil || *h.asked != 0 {
			t.Fatalf("%d requests (%v)", *h.asked, err)
		}
		// The office is led to the page of the names.
		link, err := db.One(h.ctx, h.db, db.Value[string], `SELECT link FROM message WHERE title LIKE '发现与%'`)
		if err != nil || link != "/console/lookalikes?q="+h.site.Host {
			t.Errorf("%q (%v)", link, err)
		}
		*h.standing = true
		fronts := map[string]int{}
		h.serve = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/" {
				fronts[r.Host]++
			}
			w.Header().Set("Content-Type", "text/html")
			body := `<!doctype html><title>诚信商贸公司</title><p>本公司经营五金、建材和日用百货，欢迎新老客户来电洽谈，地址在东风街。</p>`
			if r.Host != "weinan.com" {
				body = home("渭南市人民政府门户网站", "<p>渭南市</p>")
			}
			fmt.Fprint(w, body)
			return true
		}
		if n, err := h.svc.LookAtCandidates(h.ctx); err != nil || n != 2 {
			t.Fatalf("%d looks (%v)", n, err)
		}
		if n, err := h.svc.LookAtCandidates(h.ctx); err != nil || n != 0 || fronts["weinan-gov.cn"] != 1 || fronts["weinan.com"] != 1 {
			t.Errorf("%d looks again, %v (%v)", n, fronts, err)
		}
		list, total, err := h.svc.Candidates(h.ctx, all, "new", "", 10, 0)
		if err != nil || total != 2 || list[0].Host != "weinan-gov.cn" || list[1].Host != "weinan.com" {
			t.Fatalf("%+v (%v)", list, err)
		}
		first, last := list[0].Seen, list[1].Seen
		if first.Outcome != impostor.There || first.SHA256 == "" || first.Likeness == nil || first.Likeness.Score == 0 || !strings.Contains(first.Title, "渭南市") {
			t.Errorf("%+v", first)
		}
		if last.Likeness == nil || last.Likeness.Score != 0 {
			t.Errorf("%+v", last)
		}
		if cases, n, err := h.svc.Cases(h.ctx, all, impostor.Filter{}); err != nil || n != 0 {
			t.Errorf("a case without a person: %+v (%v)", cases, err)
		}
		c, err := h.svc.Suspect(h.as(h.boss), all, "weinan-gov.cn")
		ok(t, err)
		d, err := h.svc.Dossier(h.ctx, h.boss.ScopeFor(authz.InspectionRead), c.ID)
		if err != nil || len(d.Looks) != 1 || d.Looks[0].SHA256 != first.SHA256 || d.Looks[0].Likeness == nil || d.Alike != first.Likeness.Score {
			t.Errorf("%+v (%v)", d.Looks, err)
		}
	})
}

// A round looks at a few, a day at a hundred.
func TestArticle23_3_LooksAtNamesAreFew(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		*h.standing = true
		h.serve = func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "x"); return true }
		enter := func(from, n int, looked any) {
			t.Helper()
			ok(t, h.db.Update(h.ctx, func(tx *db.Tx) error {
				for i := from; i < from+n; i++ {
					if _, err := tx.Quiet(h.ctx, `INSERT INTO impostor_candidate (host, shown, imitates, technique, unit_id, addresses, state, first_seen, last_seen, looked_at) VALUES ($1, $1, $2, 'suffix_hyphen', $3, '1.2.3.4', 'new', $4, $4, $5)`,
						fmt.Sprintf("x%03d.cn", i), h.site.Host, h.site.Unit, tx.Now(), looked); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		enter(0, 97, h.clock.Now())
		enter(100, 12, nil)
		for _, want := range []int{3, 0} {
			if n, err := h.svc.LookAtCandidates(h.ctx); err != nil || n != want {
				t.Errorf("%d looks, want %d (%v)", n, want, err)
			}
		}
		h.clock.Advance(25 * time.Hour)
		for _, want := range []int{5, 4, 0} {
			if n, err := h.svc.LookAtCandidates(h.ctx); err != nil || n != want {
				t.Errorf("%d looks, want %d (%v)", n, want, err)
			}
		}
	})
}
