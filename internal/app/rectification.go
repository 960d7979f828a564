package app

import (
	"context"

	"zhengshu/internal/assessment/assessmentweb"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/newmedia"
	"zhengshu/internal/registry"
)

// sheetOf judges an account anew, for orders and their retests.
func (h *House) sheetOf(ctx context.Context, scope authz.Scope, id registry.AccountID) ([]check.Finding, error) {
	if err := h.NewMedia.Judge(ctx, scope, id); err != nil {
		return nil, err
	}
	sheet, err := h.NewMedia.Sheet(ctx, scope, id)
	out := make([]check.Finding, len(sheet.Findings))
	for i, f := range sheet.Findings {
		out[i] = f.Finding
	}
	return out, err
}

// sweepRectification takes late orders to the office above.
func (h *House) sweepRectification(ctx context.Context) error { return h.Assessment.Sweep(ctx) }

// wrongAccounts are the accounts whose sheets show something wrong, the worst
// first.
func (h *House) wrongAccounts(ctx context.Context, scope authz.Scope, text string, limit int) ([]assessmentweb.WrongAccount, int, error) {
	lines, n, err := h.NewMedia.Lines(ctx, scope, newmedia.Filter{Text: text, Wrong: true, Limit: limit})
	out := make([]assessmentweb.WrongAccount, len(lines))
	for i, l := range lines {
		out[i] = assessmentweb.WrongAccount{ID: l.ID, Name: l.Name, Platform: l.Platform, UnitName: l.UnitName, Wrong: l.Wrong}
	}
	return out, n, err
}
