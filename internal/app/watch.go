package app

import (
	"context"
	"errors"

	"zhengshu/internal/appearance"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
	"zhengshu/internal/vigil/vigilweb"
	"zhengshu/internal/web"
)

// Watch are the modules of those who watch: protected periods (readings 21) and
// the duty (Article 19(4)).
type Watch struct {
	Vigil *vigil.Service
}

// frozenMatters are the matters that a protected period holds back.
var frozenMatters = map[string]string{
	lifecycle.OfflineMatter: vigil.Offline, lifecycle.GoOfflineMatter: vigil.Offline,
	lifecycle.ClosureMatter: vigil.Closure, lifecycle.MergeMatter: vigil.Closure, lifecycle.DeregisterMatter: vigil.Closure,
	lifecycle.RedesignMatter: vigil.Redesign,
}

// wireVigil makes the protected periods; before the modules whose acts wait for
// their end.
func (h *House) wireVigil() {
	h.Vigil = vigil.New(vigil.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Settings: h.Province.Settings})
}

// wireFreeze lets the protected periods speak where something waits for them.
func (h *House) wireFreeze() {
	h.Inspection.TighterFrom(h.Vigil.Factor)
	h.Appearance.OnFreeze(func(ctx context.Context, q db.Querier, site registry.Site) (appearance.Freeze, bool, error) {
		p, documents, ok, err := h.Vigil.Frozen(ctx, q, site.AreaPath(), registry.Ref{Kind: sx2021.Site, ID: string(site.ID)}, vigil.Theme)
		return appearance.Freeze{Name: p.Name, Until: p.Until, Consents: documents}, ok, err
	})
}

// frozen is lifecycle's question.
func (h *House) frozen(ctx context.Context, q db.Querier, o registry.Object, matter string) error {
	act := frozenMatters[matter]
	if act == "" {
		return nil
	}
	u, err := h.Org.UnitTx(ctx, q, authz.System("vigil.frozen"), o.Unit)
	if err != nil {
		return err
	}
	return h.Vigil.MayAct(ctx, q, u.AreaPath, o.Ref, act)
}

// watchDoors are the screens of the watch.
func (h *House) watchDoors() []web.Route {
	return vigilweb.New(h.Vigil, h.Registry).Routes()
}

// watchObligations are its clocks.
func watchObligations() []obligation.Kind { return vigil.Obligations() }

// watchCarriers are its part in reorganisations.
func watchCarriers() []org.Module { return []org.Module{vigil.Reorganise()} }

// sweepWatch does what has come due.
func (h *House) sweepWatch(ctx context.Context) error {
	_, err := h.Vigil.Sweep(ctx)
	return errors.Join(err)
}
