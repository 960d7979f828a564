package inspection_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/passage"
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
		return db.One(ctx, h.db, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM evidence_blob WHERE blob = $1)`, string(ref))
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

// flaky is a store that fails or stops at a content.
type flaky struct {
	blob.Store
	fails   blob.Ref
	stop    func() // after a content was put away or dropped, once
	dropped map[blob.Ref]int
}

var errDisk = errors.New("the disk does not answer")

func (f *flaky) Discard(ctx context.Context, ref blob.Ref) (bool, error) {
	if ref == f.fails {
		return false, errDisk
	}
	moved, err := f.Store.Discard(ctx, ref)
	if moved && f.stop != nil {
		f.stop()
		f.stop = nil
	}
	return moved, err
}

func (f *flaky) Drop(ctx context.Context, ref blob.Ref) error {
	if _, err := f.Stat(ctx, ref); err == nil {
		f.dropped[ref]++
	}
	err := f.Store.Drop(ctx, ref)
	if f.stop != nil {
		f.stop()
		f.stop = nil
	}
	return err
}

// closed enters findings that closed at this moment, each with bytes of its own.
func (h *house) closed(t *testing.T, ids ...inspection.FindingID) (refs []blob.Ref) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	for _, id := range ids {
		ref, err := h.blobs.Put(ctx, strings.NewReader("seen of "+string(id)))
		if err == nil {
			err = h.db.Update(ctx, func(tx *db.Tx) error {
				for _, act := range []string{"find", "close"} {
					if _, _, err := inspection.FindingMachine.Take(ctx, tx, string(id), act, passage.Note{}); err != nil {
						return err
					}
				}
				if _, err := tx.Exec(ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state, closed_at, evidence_ref) VALUES ($1, $2, 'footer.icp', $1, 'error', 'D-18', '页脚缺少备案编号', 'http://a/', 'footer', $3, $3, 'closed', $3, $4)`, id, h.site.ID, tx.Now(), string(ref)); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO finding_evidence (id, finding_id, look, outcome, says, at, url, status, excerpt, ref) VALUES ($1, $1, 'found', 'standing', '', $2, '', 200, '', $3)`, id, tx.Now(), string(ref)); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO evidence_blob (evidence_id, blob) VALUES ($1, $2)`, id, string(ref)); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test"})
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
		h.clock.Advance(time.Second)
	}
	return refs
}

func (h *house) acted(t *testing.T, act string) int {
	t.Helper()
	n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = $1`, act)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// keeping is the service over a store of the test's, with the keeping of evidence
// registered.
func (h *house) keeping(store blob.Store, days int) {
	h.svc = inspection.New(h.db, h.probes, h.reg, store, h.made.Client(h.t), inspection.Settings{Delay: -1})
	h.retained(days)
}

// A finding whose looks cannot be read and a content the disk does not give up hold up
// nothing behind them, are named, and go when the cause is gone.
func TestOneFailureHoldsUpNoOtherEvidence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var ids []inspection.FindingID
		for i := range 50 { // more than two portions
			ids = append(ids, inspection.FindingID(fmt.Sprintf("F%02d", i)))
		}
		refs := h.closed(t, ids...)
		store := &flaky{Store: h.blobs, fails: refs[0], dropped: map[blob.Ref]int{}}
		h.keeping(store, 200)
		ctx := audit.System(context.Background(), "test")
		spoil := func(boxes string) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				for i := 1; i < 25; i++ { // all of the first portion but one
					if _, err := tx.Exec(ctx, `UPDATE finding_evidence SET boxes = $2 WHERE id = $1`, ids[i], boxes); err != nil {
						return err
					}
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		spoil("{")
		h.clock.Advance(201 * 24 * time.Hour)
		sweep := func() error {
			_, err := h.svc.SweepEvidence(h.ctx)
			return err
		}
		for range 3 {
			if err := sweep(); err == nil || !strings.Contains(err.Error(), "clear evidence of F01") || !strings.Contains(err.Error(), "clear evidence of F24") {
				t.Fatalf("the failures are not named: %v", err)
			}
		}
		if n := h.acted(t, "inspection.evidence.clear"); n != 2*26 {
			t.Errorf("%d entries of what was let go, want those of 26 findings", n)
		}
		spoil("")
		for range 2 {
			if err := sweep(); err != nil {
				t.Fatal(err)
			}
		}
		var err error
		for range 8 {
			h.clock.Advance(25 * time.Hour)
			err = errors.Join(err, sweep())
		}
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), string(refs[0])) {
			t.Errorf("the content that fails is not named: %v", err)
		}
		for i, ref := range refs {
			if h.kept(t, ref) != (i == 0) {
				t.Errorf("content %d is there: %v", i, i != 0)
			}
		}
		store.fails = ""
		for range 2 {
			h.clock.Advance(25 * time.Hour)
			if err := sweep(); err != nil {
				t.Fatal(err)
			}
		}
		if h.kept(t, refs[0]) {
			t.Error("the content that had failed is still there")
		}
	})
}

// The process ends between what is done to the bytes and what is written of it, at each
// step: the next sweep ends it, with nothing lost and nothing done twice.
func TestSweepOfEvidenceCutInTheMiddleGoesOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		refs := h.closed(t, "F1", "F2", "F3")
		store := &flaky{Store: h.blobs, dropped: map[blob.Ref]int{}}
		h.keeping(store, 200)
		sweep := func() {
			t.Helper()
			if _, err := h.svc.SweepEvidence(h.ctx); err != nil {
				t.Fatal(err)
			}
		}
		cut := func() {
			t.Helper()
			ctx, cancel := context.WithCancel(h.ctx)
			defer cancel()
			store.stop = cancel
			if _, err := h.svc.SweepEvidence(ctx); !errors.Is(err, context.Canceled) {
				t.Fatalf("the sweep was not cut: %v", err)
			}
		}
		h.clock.Advance(201 * 24 * time.Hour)
		gone, cancel := context.WithCancel(h.ctx)
		cancel()
		if _, err := h.svc.SweepEvidence(gone); err == nil {
			t.Fatal("a process that ends sweeps on")
		}
		sweep()
		h.clock.Advance(25 * time.Hour)
		cut() // put away, not written down
		for _, ref := range refs {
			if !h.kept(t, ref) {
				t.Errorf("%s is lost", ref)
			}
		}
		sweep()
		if n := h.acted(t, "inspection.evidence.put_away"); n != len(refs) {
			t.Errorf("%d contents put away", n)
		}
		h.clock.Advance(25 * time.Hour)
		cut() // dropped, not written down
		sweep()
		sweep()
		for _, ref := range refs {
			if h.kept(t, ref) || store.dropped[ref] != 1 {
				t.Errorf("%s there: %v, dropped %d times", ref, h.kept(t, ref), store.dropped[ref])
			}
		}
		for act, want := range map[string]int{"inspection.evidence.clear": 2 * len(refs), "inspection.evidence.put_away": len(refs), "inspection.evidence.drop": len(refs), "inspection.evidence.hold": 0} {
			if n := h.acted(t, act); n != want {
				t.Errorf("%s: %d, want %d", act, n, want)
			}
		}
		if rep, err := h.svc.VerifyEvidence(h.ctx); err != nil || len(rep.Damage) != 0 {
			t.Errorf("%+v (%v)", rep, err)
		}
	})
}

// A person keeps evidence beyond its days and ends that; out of scope there is nothing
// to keep, and what is gone cannot be kept.
const court = "调取证据通知书（2026）陕01行初1号"

func TestPreservedEvidenceStaysUntilReleased(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		refs := h.closed(t, "F1", "F2", "F3", "F4")
		h.keeping(h.blobs, 200)
		if err := h.svc.Preserve(h.ctx, h.other, "F1", court, "法院调取"); !fault.Is(err, fault.NotFound) {
			t.Fatalf("the neighbour keeps it: %v", err)
		}
		if err := h.svc.Preserve(h.ctx, h.scope, "F1", court, " "); !fault.Is(err, fault.Invalid) {
			t.Fatalf("without a reason: %v", err)
		}
		if err := h.svc.Preserve(h.ctx, h.scope, "F1", court, "法院调取"); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Preserve(h.ctx, h.scope, "F1", court, "再次"); !fault.Is(err, fault.Conflict) {
			t.Fatalf("twice: %v", err)
		}
		sys := audit.System(context.Background(), "test")
		under := func(sql string, args ...any) {
			t.Helper()
			if err := h.db.Update(sys, func(tx *db.Tx) error {
				if _, err := tx.Exec(sys, sql, args...); err != nil {
					return err
				}
				return audit.Record(sys, tx, audit.Entry{Act: "test"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		now := h.clock.Now()
		under(`INSERT INTO finding_dispute (id, finding_id, check_id, unit_id, reason, raised_id, raised_by, raised_at, person_id, person_name, due_on, provisional) SELECT 'D', 'F2', 'footer.icp', unit_id, '不是', 'p', '张', $2, 'q', '李', $3, FALSE FROM site WHERE id = $1`, h.site.ID, now, calendar.DateOf(now))
		under(`INSERT INTO finding_errand (id, finding_id, asked_by, asked_at, state) VALUES ('E', 'F3', '张', $1, 'waiting')`, now)
		days := func(n int) {
			t.Helper()
			h.clock.Advance(time.Duration(n) * 24 * time.Hour)
			for range 3 {
				h.clock.Advance(25 * time.Hour)
				if _, err := h.svc.SweepEvidence(h.ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		there := func(want ...bool) {
			t.Helper()
			for i, w := range want {
				if h.kept(t, refs[i]) != w {
					t.Errorf("the evidence of F%d is there: %v", i+1, !w)
				}
			}
		}
		days(400)
		there(true, true, true, false)
		if err := h.svc.Preserve(h.ctx, h.scope, "F4", court, "太迟"); !fault.Is(err, fault.Refused) {
			t.Errorf("what is gone is kept: %v", err)
		}
		if err := h.svc.EndPreservation(h.ctx, h.scope, "F1", "案件已结"); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.EndPreservation(h.ctx, h.scope, "F1", "案件已结"); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
		under(`UPDATE finding_dispute SET verdict = 'true' WHERE id = 'D'`)
		under(`UPDATE finding_errand SET state = 'unanswered' WHERE id = 'E'`)
		days(1)
		there(false, false, false, false)
		list, err := h.svc.Preservations(h.ctx, h.db, h.scope, "F1")
		for basis, want := range map[string]string{" ": "请填写依据", "法院调取": "依据须写明文号或案号", strings.Repeat("法1", 101): "依据不超过 200 字"} {
			if err := h.svc.Preserve(h.ctx, h.scope, "F2", basis, "法院调取"); !fault.Is(err, fault.Invalid) || len(fault.Of(err).Fields) != 1 || !strings.Contains(fault.Of(err).Fields[0].Says, want) {
				t.Errorf("basis %q: %v", basis, err)
			}
		}
		said, serr := db.All(h.ctx, h.db, db.Value[string], `SELECT basis || ' ' || before || ' ' || after FROM audit_entry WHERE act IN ('inspection.evidence.preserve', 'inspection.evidence.unpreserve') ORDER BY at, id`)
		if serr != nil || len(said) != 2 || !strings.Contains(said[0], court) || !strings.Contains(said[1], court) || !strings.Contains(said[1], "张三") || !strings.Contains(said[1], "案件已结") {
			t.Errorf("the trail says %v (%v)", said, serr)
		}
		if err != nil || len(list) != 1 || list[0].Stands() || list[0].By != "张三" || list[0].Basis != court || list[0].EndedWhy != "案件已结" {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}
