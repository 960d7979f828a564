package inspection_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
)

// kept reports whether the bytes are read back whole.
func (h *house) kept(t *testing.T, ref blob.Ref) bool {
	t.Helper()
	f, err := h.blobs.Open(h.ctx, ref)
	if errors.Is(err, blob.ErrNotFound) {
		return false
	}
	if err == nil {
		_, err = io.Copy(io.Discard, f)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// retained is the house with the keeping of evidence registered as at start.
func (h *house) retained(days int) *inspection.Service {
	h.svc.KeepEvidence(func() int { return days }, func(ctx context.Context, ref blob.Ref) (bool, error) {
		return db.One(ctx, h.db, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM finding_evidence WHERE cleared_at IS NULL AND (ref = $1 OR screenshot = $1))`, string(ref))
	})
	return h.svc
}

// The bytes of evidence leave after the days the province sets, counted from the
// end of the finding: step by step, told in the trail, the hashes standing. What
// stands open keeps its bytes, and so does what another look holds.
func TestEvidenceIsKeptAsLongAsSet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		list := h.findings("standing")
		if len(list) != 1 {
			t.Fatalf("%d findings", len(list))
		}
		id := list[0].ID
		first := h.proofs(id)[0].Ref
		h.made.Swap("/", `<a href="/gone.html">旧文</a> `, ``)
		h.clock.Advance(time.Minute)
		if r, err := h.svc.Retest(h.ctx, h.scope, id); err != nil || len(h.findings("standing")) != 0 {
			t.Fatalf("%+v (%v)", r, err)
		}
		proofs := h.proofs(id)
		if !h.kept(t, first) || len(proofs) < 2 {
			t.Fatalf("%+v", proofs)
		}
		// Another finding that stands was seen on the same bytes.
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone2.html">旧文</a> <a href="/a.pdf">`)
		h.clock.Advance(time.Minute)
		h.run()
		standing := h.findings("standing")
		if len(standing) != 1 {
			t.Fatalf("%d findings stand", len(standing))
		}
		open := h.proofs(standing[0].ID)[0].Ref
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error { // the finding that closed named these bytes too
			if _, err := tx.Exec(sys, `INSERT INTO evidence_discard (content, at) VALUES ($1, $2)`, string(open), tx.Now()); err != nil {
				return err
			}
			return audit.Record(sys, tx, audit.Entry{Act: "test"})
		}); err != nil {
			t.Fatal(err)
		}

		svc := h.retained(200)
		sweep := func() {
			t.Helper()
			if _, err := svc.SweepEvidence(h.ctx); err != nil {
				t.Fatal(err)
			}
		}
		whole := func(cleared int) {
			t.Helper()
			rep, err := svc.VerifyEvidence(h.ctx)
			if err != nil || len(rep.Damage) != 0 || rep.Cleared != cleared {
				t.Fatalf("%+v (%v)", rep, err)
			}
		}
		h.clock.Advance(199 * 24 * time.Hour)
		sweep()
		whole(0)
		h.clock.Advance(2 * 24 * time.Hour)
		sweep()
		n := 0
		for _, p := range h.proofs(id) {
			if p.Altered {
				t.Errorf("%s is said to be altered", p.ID)
			}
			if len(p.Refs()) > 0 {
				n++
				if p.Cleared.IsZero() {
					t.Errorf("%s keeps its bytes", p.ID)
				}
			}
		}
		if !h.kept(t, first) {
			t.Fatal("the bytes went in the same moment as the record")
		}
		whole(n)
		for range 2 { // put away, dropped
			h.clock.Advance(25 * time.Hour)
			sweep()
			whole(n)
		}
		if h.kept(t, first) {
			t.Error("the bytes are still there")
		}
		if !h.kept(t, open) || !h.proofs(standing[0].ID)[0].Cleared.IsZero() {
			t.Error("a finding that stands lost its bytes")
		}
		if left, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM evidence_discard`); err != nil || left != 0 {
			t.Errorf("%d contents are left on the way (%v)", left, err)
		}
		for act, want := range map[string]int{"inspection.evidence.clear": n + 1, "inspection.evidence.hold": 1} {
			if got, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = $1`, act); err != nil || got != want {
				t.Errorf("%s: %d, want %d (%v)", act, got, want, err)
			}
		}
		sweep() // again: nothing is left to do
		whole(n)

		// Whoever only marks a look to hide that its bytes are gone is named.
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			if _, err := tx.Exec(sys, `UPDATE finding_evidence SET cleared_at = $2 WHERE finding_id = $1`, standing[0].ID, tx.Now()); err != nil {
				return err
			}
			return audit.Record(sys, tx, audit.Entry{Act: "test"})
		}); err != nil {
			t.Fatal(err)
		}
		rep, err := svc.VerifyEvidence(h.ctx)
		if err != nil || len(rep.Damage) == 0 || rep.Damage[0].Kind != "changed" || rep.Damage[0].Finding != string(standing[0].ID) {
			t.Errorf("%+v (%v)", rep, err)
		}
	})
}
