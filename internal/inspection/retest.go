package inspection

import (
	"context"
	"errors"
	"strings"

	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// Retested is what a retest came to: the look before it and its own.
type Retested struct {
	Finding Finding
	Before  Proof
	After   Proof
	Closed  bool // the finding is closed now
	// Errand is what a crawler was asked for, where this house cannot fetch the place
	// itself: there is no look then.
	Errand Errand
}

// Retest fetches the place of a finding again and closes the finding, keeps it
// open, or opens it again; both looks stay as evidence. It takes seconds. What only
// a crawler can fetch is handed out, and ends when its answer comes.
func (s *Service) Retest(ctx context.Context, scope authz.Scope, id FindingID) (Retested, error) {
	f, err := s.Finding(ctx, s.db, scope, id)
	if err != nil {
		return Retested{}, err
	}
	var out Retested
	look, errand, err := s.lookAgain(ctx, scope, f)
	if err != nil || errand.Out() {
		out.Finding, out.Closed, out.Errand = f, f.State == FindingClosed, errand
		return out, err
	}
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		if f, err = s.Finding(ctx, tx, scope, id); err != nil {
			return err
		}
		proofs, err := s.Proofs(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if len(proofs) > 0 {
			out.Before = proofs[len(proofs)-1]
		}
		out.After = Proof{Finding: f.ID, Look: "retest", Outcome: look.Outcome, Says: look.Says, At: look.Evidence.At, Took: look.Took, Evidence: look.Evidence}
		f, out.After, err = s.settleLook(ctx, tx, f, out.After)
		out.Finding, out.Closed = f, f.State == FindingClosed
		return err
	})
	return out, err
}

// lookAgain looks at a finding again, or hands the look out to a crawler.
func (s *Service) lookAgain(ctx context.Context, scope authz.Scope, f Finding) (engine.Look, Errand, error) {
	if s.AsksOutside() {
		_, subject, err := s.afarOf(ctx, f)
		if err != nil {
			return engine.Look{}, Errand{}, err
		}
		if subject != "" {
			if f.Site != "" {
				site, err := s.registry.Site(ctx, scope, f.Site)
				if err == nil {
					err = contactable(site)
				}
				if err != nil {
					return engine.Look{}, Errand{}, err
				}
			}
			e, err := s.ask(ctx, f)
			return engine.Look{}, e, err
		}
	}
	if f.Account != "" {
		if s.accounts == nil {
			return engine.Look{}, Errand{}, fault.New(fault.Unavailable, "账号检查暂时不能使用，请稍后再试。")
		}
		look, err := s.accounts(ctx, scope, f)
		return look, Errand{}, err
	}
	site, err := s.registry.Site(ctx, scope, f.Site)
	if err != nil {
		return engine.Look{}, Errand{}, err
	}
	if err := contactable(site); err != nil {
		return engine.Look{}, Errand{}, err
	}
	focus, err := s.focusOf(ctx, f)
	if err != nil {
		return engine.Look{}, Errand{}, err
	}
	if look, told, err := s.unfetched(ctx, site, f, focus); err != nil || told {
		return look, Errand{}, err
	}
	if s.outside(site) {
		e, err := s.ask(ctx, f)
		return engine.Look{}, e, err
	}
	o, err := s.options(ctx, site)
	if err != nil {
		return engine.Look{}, Errand{}, err
	}
	o.Focus = focus
	if !readsWords(f.Check) {
		o.Scanner = nil
	}
	t, err := s.target(ctx, site)
	if err != nil {
		return engine.Look{}, Errand{}, err
	}
	// A person waits.
	o.Picture = ctx.Value(engine.PictureKey{}) != nil
	ctx, cancel := context.WithTimeout(ctx, longestErrand)
	defer cancel()
	look, err := engine.Recheck(ctx, s.client, s.blobs, t, f.spot(), o)
	if errors.Is(err, context.DeadlineExceeded) {
		return engine.Look{}, Errand{}, fault.New(fault.Unavailable, "一分钟内没有复测完，对方网站响应很慢，请稍后再试。").From(err)
	}
	return look, Errand{}, err
}

// focusOf are the focus items of a plan that a finding was found by.
func (s *Service) focusOf(ctx context.Context, f Finding) ([]check.Focus, error) {
	name, ok := strings.CutPrefix(f.Check, "focus.")
	if !ok {
		return nil, nil
	}
	return s.focusNamed(ctx, f.Site, name)
}

// unfetched is the look at a finding that needs no page of its site: it is made of
// what the house knows, or by whoever else looks for the check.
func (s *Service) unfetched(ctx context.Context, site registry.Site, f Finding, focus []check.Focus) (look engine.Look, told bool, err error) {
	family, _, _ := strings.Cut(f.Check, ".")
	switch {
	case f.Check == "access.rate":
		look, err = s.lookAtAccess(ctx, site)
		return look, true, err
	case s.retests[family] != nil:
		look, err = s.retests[family](ctx, site, f)
		return look, true, err
	case f.Check == engine.CheckListed:
		gone, err := s.withdrawn(ctx, site, []string{f.URL})
		if err != nil || !gone[f.URL] {
			return engine.Look{}, false, err
		}
		return engine.Look{Outcome: engine.Gone, Says: "该网页已不在网站的发布清单中。", Evidence: engine.Evidence{URL: f.URL, At: s.db.Now()}}, true, nil
	case family == "focus" && len(focus) == 0:
		return engine.Look{Outcome: engine.Unknown, Says: "发现这个问题的重点检查项已不在任何计划中，未能复测，请人工核实。", Evidence: engine.Evidence{URL: f.URL, At: s.db.Now()}}, true, nil
	}
	return engine.Look{}, false, nil
}
