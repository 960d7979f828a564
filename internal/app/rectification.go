package app

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/registry"
)

// sheetOf judges an account anew, for orders and their retests.
func (h *House) sheetOf(ctx context.Context, scope authz.Scope, id registry.AccountID) ([]check.Finding, error) {
	if err := h.NewMedia.Judge(ctx, scope, id); err != nil {
		return nil, err
	}
	sheet, err := h.NewMedia.Sheet(ctx, scope, id)
	return sheet.Findings, err
}

// sweepRectification takes late orders to the office above.
func (h *House) sweepRectification(ctx context.Context) error { return h.Assessment.Sweep(ctx) }
