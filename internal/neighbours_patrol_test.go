package internal_test

import (
	"context"
	"testing"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/passage"
)

// patrol is a plan of the county's office that never draws.
func (n *neighbourhood) patrol(t testing.TB, c *county) string {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	id := ulid.Make().String()
	err := n.h.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO patrol_plan (id, unit_id, name, area_id, levels, kinds, share, cadence, spec, seed, state, made_by, made_at) VALUES ($1, $2, $3, $4, '[]', '[]', 100, 'once', '{}', 1, 'active', $5, $6)`,
			id, c.office.ID, c.mark+"巡检计划", c.area, c.mark+"主管", tx.Now())
		if err != nil {
			return err
		}
		if _, _, err := inspection.PlanMachine.Take(ctx, tx, id, "plan", passage.Note{}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.patrol.plan", Target: audit.Target{Kind: "patrol_plan", ID: id, Name: c.mark + "巡检计划", Unit: string(c.office.ID)}})
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}
