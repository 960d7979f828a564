package inspection_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
)

// change writes to the database past the service.
func (h *house) change(sql string, args ...any) {
	h.t.Helper()
	sys := audit.System(context.Background(), "test")
	if err := h.db.Update(sys, func(tx *db.Tx) error {
		if n, err := tx.Exec(sys, sql, args...); err != nil || n != 1 {
			h.t.Errorf("%s: %d rows (%v)", sql, n, err)
		}
		return audit.Record(sys, tx, audit.Entry{Act: "test"})
	}); err != nil {
		h.t.Fatal(err)
	}
}

// damage is what verification names, by kind and finding.
func (h *house) damage() ([]string, inspection.EvidenceReport) {
	h.t.Helper()
	rep, err := h.svc.VerifyEvidence(h.ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	var out []string
	for _, d := range rep.Damage {
		if !strings.Contains(d.Says, d.Finding) {
			h.t.Errorf("%q does not name its finding", d.Says)
		}
		out = append(out, d.Kind+" "+d.Finding)
	}
	return out, rep
}

func (h *house) words(id inspection.FindingID) inspection.Words {
	h.t.Helper()
	w, err := h.svc.WordsOf(h.ctx, h.db, h.scope, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// Whatever a finding says is held against the trail: each of its words that somebody
// changes in the database is named. A later look puts right what it writes itself, and
// takes nothing else for registered.
func TestAlteredWordsOfAFindingAreNamed(t *testing.T) {
	for _, c := range []struct {
		column string
		value  any
		seen   bool // a look writes it
	}{{"says", "没有问题", true}, {"severity", "advice", true}, {"place", "别处", false}, {"clause", "D-1", false}, {"page_url", "http://other.example/", true}, {"fix", "不用改。", false},
		{"wrong", "x", true}, {"near", "别处", true}, {"on_home", true, true}, {"words_hash", strings.Repeat("0", 64), false}} {
		t.Run(c.column, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.made.Swap("/yw/1.html", `</body>`, `<a href="/gone.html">旧文</a></body>`)
				h.run()
				list := h.findings("standing")
				if len(list) != 1 || list[0].OnHome {
					t.Fatalf("%+v", list)
				}
				id := list[0].ID
				if got, rep := h.damage(); len(got) != 0 || rep.Findings != 1 || rep.OldFindings != 0 {
					t.Fatalf("untouched: %q %+v", got, rep)
				}
				if w := h.words(id); w.Altered || w.Old || w.Entry == "" || w.Hash == "" {
					t.Errorf("untouched: %+v", w)
				}
				h.change(`UPDATE finding SET `+c.column+` = $2 WHERE id = $1`, id, c.value)
				want := []string{"changed " + string(id)}
				if got, _ := h.damage(); !slices.Equal(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
				if w := h.words(id); !w.Altered {
					t.Errorf("its page does not say so: %+v", w)
				}
				h.run()
				if c.seen {
					want = nil
				}
				if got, _ := h.damage(); !slices.Equal(got, want) {
					t.Errorf("after the next run %q, want %q", got, want)
				}
			})
		})
	}
}

// What a later look changes is registered anew; a finding that was removed or put in by
// another way is named; one from before has nothing to be held against and says so,
// until it is seen again.
func TestWordsOfAFindingFollowItsLooks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/yw/1.html", `</body>`, `<a href="/gone.html">旧文</a></body>`)
		h.run()
		f := h.findings("standing")[0]
		first := h.words(f.ID)
		h.run()
		if w := h.words(f.ID); w != first {
			t.Errorf("the same words were registered again: %+v, was %+v", w, first)
		}
		h.made.Swap("/yw/1.html", `>旧文<`, `>往年的文件<`)
		h.run()
		again := h.findings("standing")[0]
		if w := h.words(f.ID); again.ID != f.ID || again.Says == f.Says || w.Hash == first.Hash || w.Altered {
			t.Errorf("%q, then %q: %+v", f.Says, again.Says, w)
		}
		if got, _ := h.damage(); len(got) != 0 {
			t.Errorf("what a look changed is named as damage: %q", got)
		}

		// As before the upgrade: neither a hash nor an entry.
		h.change(`UPDATE finding SET words_hash = '' WHERE id = $1`, f.ID)
		if got, _ := h.damage(); !slices.Equal(got, []string{"changed " + string(f.ID)}) {
			t.Errorf("a hash taken away is taken for an old finding: %q", got)
		}
	})
}

func TestFindingsFromBeforeAreSaidToBeSuch(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		put := func(id string) {
			t.Helper()
			h.change(`INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state) VALUES ($1, $2, 'footer.icp', $1, 'error', 'D-18', '页脚缺少备案编号', '', 'footer', $3, $3, 'open')`, id, h.site.ID, h.db.Now())
		}
		put("01OLD")
		if got, rep := h.damage(); len(got) != 0 || rep.Findings != 1 || rep.OldFindings != 1 {
			t.Errorf("%q %+v", got, rep)
		}
		if w := h.words("01OLD"); !w.Old || w.Altered {
			t.Errorf("%+v", w)
		}
		h.clock.Advance(1e9)
		h.made.Swap("/yw/1.html", `</body>`, `<a href="/gone.html">旧文</a></body>`)
		h.run()
		h.clock.Advance(1e9)
		put("01PUT")
		if got, rep := h.damage(); !slices.Equal(got, []string{"unknown 01PUT"}) || rep.OldFindings == 0 {
			t.Errorf("%q %+v", got, rep)
		}
		if w := h.words("01PUT"); !w.Altered {
			t.Errorf("what came in past the service is %+v", w)
		}
	})
}
