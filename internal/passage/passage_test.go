package passage_test

import (
	"context"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/passage"
)

var lamp = passage.Machine{
	Kind: "lamp", Noun: "灯", States: map[string]string{"off": "关", "on": "开"},
	Moves: []passage.Move{
		{"", "make", "off", "做好", "", "system"},
		{"off", "switch_on", "on", "打开", "", "system"},
		{"on", "switch_off", "off", "关上", "", "system"},
	},
}

func TestTakeFollowsTheTable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		for range 2 { // declaring twice changes nothing
			if err := passage.Declare(ctx, d, lamp); err != nil {
				t.Fatal(err)
			}
		}
		take := func(act string) error {
			return d.Update(ctx, func(tx *db.Tx) error {
				if _, _, err := lamp.Take(ctx, tx, "l1", act, passage.Note{}); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "lamp." + act})
			})
		}
		for _, act := range []string{"make", "switch_on", "switch_off", "switch_on"} {
			if err := take(act); err != nil {
				t.Fatalf("%s: %v", act, err)
			}
		}
		if err := take("switch_on"); !fault.Is(err, fault.Conflict) {
			t.Fatalf("a move not in the table gave %v, want a conflict", err)
		}
		steps, err := lamp.History(ctx, d, "l1")
		if err != nil || len(steps) != 4 || steps[3].To != "on" || steps[3].From != "off" {
			t.Fatalf("history %+v (%v)", steps, err)
		}
	})
}

// The database itself refuses what the table does not hold.
func TestNoHandWrittenStatementMovesPastTheTable(t *testing.T) {
	const insert = `INSERT INTO passage (kind, object_id, seq, prev_seq, from_state, act, to_state, at, actor_id, actor_name, note, case_id) VALUES ('lamp', 'l1', $1, $2, $3, $4, $5, $6, '', '', '', '')`
	for _, tt := range []struct {
		name string
		args []any
	}{
		{"an undeclared move", []any{2, 1, "off", "burn", "on"}},
		{"a move that does not begin where the last ended", []any{2, 1, "on", "switch_off", "off"}},
		{"a gap in the numbers", []any{3, 2, "off", "switch_on", "on"}},
		{"a second beginning", []any{2, nil, "", "make", "off"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := audit.System(context.Background(), "test")
				if err := passage.Declare(ctx, d, lamp); err != nil {
					t.Fatal(err)
				}
				err := d.Update(ctx, func(tx *db.Tx) error {
					tx.Audited()
					_, _, err := lamp.Take(ctx, tx, "l1", "make", passage.Note{})
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				err = d.Update(ctx, func(tx *db.Tx) error {
					tx.Audited()
					_, err := tx.Exec(ctx, insert, append(tt.args, tx.Now())...)
					return err
				})
				if err == nil {
					t.Fatal("the database took it")
				}
			})
		})
	}
}
