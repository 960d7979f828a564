package app

import (
	"context"
	"fmt"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/fault"
)

// Populate fills an empty house with an invented province of true size, to
// measure with: about 620 sites, 5,000 accounts, 6,000 units and 20,000 people
// at scale 1, with two years of cases and obligations and a quarter of checks.
// The house must run on a *calendar.Manual that stands at the present.
func (h *House) Populate(ctx context.Context, scale float64) (demo.Made, error) {
	n, err := db.One(ctx, h.DB, db.Value[int], `SELECT count(*) FROM unit`)
	if err != nil {
		return demo.Made{}, err
	}
	if n > 0 {
		return demo.Made{}, fault.New(fault.Refused, "这个数据目录里已有数据，请换一个空目录。")
	}
	clock, ok := h.Config.Clock.(*calendar.Manual)
	if !ok {
		return demo.Made{}, fmt.Errorf("app: populate: the house must run on a clock that can be set (Config.Clock)")
	}
	ctx = audit.System(ctx, "demo.populate")
	made, err := demo.Populate(ctx, h.ledger(clock), authz.System("demo.populate"), scale)
	if err != nil {
		return made, fmt.Errorf("app: populate: %w", err)
	}
	return made, nil
}

// HoldQuarter brings the last quarter of a populated province to its published
// results and a bulletin's draft. The house runs on the clock of Populate.
func (h *House) HoldQuarter(ctx context.Context) error {
	clock, ok := h.Config.Clock.(*calendar.Manual)
	if !ok {
		return fmt.Errorf("app: hold a quarter: the house must run on a clock that can be set (Config.Clock)")
	}
	ctx = audit.System(ctx, "demo.populate")
	if err := h.ledger(clock).Hold(ctx); err != nil {
		return fmt.Errorf("app: hold a quarter: %w", err)
	}
	return h.Dashboards.Recount(ctx)
}

func (h *House) ledger(clock *calendar.Manual) demo.Ledger {
	return demo.Ledger{DB: h.DB, Org: h.Org, Registry: h.Registry, Lifecycle: h.Lifecycle, Approvals: h.Approvals, Obligations: h.Obligations,
		Inspection: h.Inspection, Assessment: h.Assessment, Rounds: h.Rounds, Reporting: h.Reporting, Signin: h.Signin, Probes: h.probes, At: clock.Set}
}

// GiveLogins lets those who hold a round of a populated province sign in.
func (h *House) GiveLogins(ctx context.Context) error {
	ctx = audit.System(ctx, "demo.populate")
	return h.ledger(calendar.NewManual(h.DB.Now())).GiveLogins(ctx, authz.System("demo.populate"))
}
