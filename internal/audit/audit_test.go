package audit_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
)

func record(t *testing.T, d *db.DB, n int) {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	for i := range n {
		err := d.Update(ctx, func(tx *db.Tx) error {
			return audit.Record(ctx, tx, audit.Entry{
				Act: "site.add", Target: audit.Target{Kind: "site", ID: fmt.Sprint(i), Name: "某县政府网"}, After: map[string]int{"n": i},
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecordNeedsAnActor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		err := d.Update(ctx, func(tx *db.Tx) error { return audit.Record(ctx, tx, audit.Entry{Act: "x"}) })
		if !errors.Is(err, audit.ErrNoActor) {
			t.Fatalf("got %v, want ErrNoActor", err)
		}
	})
}

func TestVerifyNamesTheDamage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage string // SQL run behind the trail's back
		kind   string
		seq    int64
	}{
		{"whole", "", "", 0},
		{"a changed entry", `UPDATE audit_entry SET after = '{"n":9}' WHERE target_id = '3'`, "changed", 4},
		{"a removed entry", `DELETE FROM audit_entry WHERE target_id = '3'`, "removed", 4},
		{"a removed link", `DELETE FROM audit_link WHERE seq = 3`, "removed", 3},
		{"a cut tail", `DELETE FROM audit_link WHERE seq > 7`, "cut", 10},
		{"reordered links", `UPDATE audit_link SET seq = CASE seq WHEN 4 THEN 50 ELSE 4 END WHERE seq IN (4, 11)`, "", 0},
		{"an entry slipped in", `INSERT INTO audit_entry SELECT 'late', at, actor_kind, actor_id, actor_name, actor_unit, act, target_kind, target_id, target_name, unit_id, basis, before, after, request_id, hash FROM audit_entry WHERE target_id = '0'`, "unlinked", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := context.Background()
				head := filepath.Join(t.TempDir(), "audit.head")
				record(t, d, 10)
				seq := audit.NewSequencer(d, "a", head)
				if n, err := seq.Link(ctx); err != nil || n != 10 {
					t.Fatalf("linked %d (%v), want 10", n, err)
				}
				if n, err := seq.Link(ctx); err != nil || n != 0 {
					t.Fatalf("linked %d again (%v), want 0", n, err)
				}
				if tt.damage != "" {
					if err := d.Update(ctx, func(tx *db.Tx) error { tx.Audited(); _, err := tx.Exec(ctx, tt.damage); return err }); err != nil {
						t.Fatal(err)
					}
				}
				kept, err := audit.ReadHead(head)
				if err != nil {
					t.Fatal(err)
				}
				rep, err := audit.Verify(ctx, d, kept, d.Now().Add(time.Minute))
				if err != nil {
					t.Fatal(err)
				}
				if tt.name == "whole" {
					if len(rep.Damage) != 0 || rep.Entries != 10 || rep.Links != 10 {
						t.Fatalf("whole trail reported %+v", rep)
					}
					return
				}
				if tt.kind == "" {
					if len(rep.Damage) == 0 {
						t.Fatal("reordering went unnoticed")
					}
					return
				}
				for _, x := range rep.Damage {
					if x.Kind == tt.kind && x.Seq == tt.seq {
						return
					}
				}
				t.Fatalf("no %q at %d in %+v", tt.kind, tt.seq, rep.Damage)
			})
		})
	}
}

func TestTwoSequencersNeverLinkTwice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		record(t, d, 5)
		a, b := audit.NewSequencer(d, "a", ""), audit.NewSequencer(d, "b", "")
		n1, err1 := a.Link(ctx)
		record(t, d, 5)
		n2, err2 := b.Link(ctx)
		if err1 != nil || err2 != nil || n1 != 5 || n2 != 0 {
			t.Fatalf("a linked %d (%v), b %d (%v); want 5 and, without the lease, 0", n1, err1, n2, err2)
		}
	})
}
