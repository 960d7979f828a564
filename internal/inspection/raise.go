package inspection

import (
	"context"
	"errors"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// subject is what a finding is about.
type subject struct {
	site                           registry.SiteID // either
	account                        registry.AccountID
	name, host, platform, unitName string
	unit                           org.UnitID
	hosted                         bool
}

func ofSite(s registry.Site) subject {
	return subject{site: s.ID, name: s.Name, host: s.Host, unit: s.Unit, unitName: s.UnitName, hosted: s.Hosted}
}

func ofAccount(a registry.Account) subject {
	return subject{account: a.ID, name: a.Name, platform: a.Platform, unit: a.Unit, unitName: a.UnitName}
}

// standingOn is the finding with this fingerprint that stands on the subject.
func (s *Service) standingOn(ctx context.Context, q db.Querier, of subject, fp string) (Finding, error) {
	cond, id := `f.site_id = $1`, string(of.site)
	if of.account != "" {
		cond, id = `f.account_id = $1`, string(of.account)
	}
	return db.One(ctx, q, scanFinding, findingSelect+` WHERE `+cond+` AND f.fingerprint = $2 AND f.state <> 'closed'`, id, fp)
}

// relapse reports whether what is found now was seen to be gone a short while before:
// the same matter, under an id of its own, so that the past can be told as it was.
func (s *Service) relapse(ctx context.Context, q db.Querier, of subject, fp string) (bool, error) {
	cond, id := `site_id = $1`, string(of.site)
	if of.account != "" {
		cond, id = `account_id = $1`, string(of.account)
	}
	// How it ended last counts: what was a false alarm then was not put right before either.
	how, err := db.One(ctx, q, db.Value[string], `SELECT closed_by FROM finding WHERE `+cond+` AND fingerprint = $2 AND state = 'closed' AND closed_at >= $3 ORDER BY closed_at DESC, id DESC LIMIT 1`, id, fp, s.RelapseSince())
	if db.None(err) {
		return false, nil
	}
	return err == nil && how != ClosedByDispute && how != ClosedByEnd, err
}

// RelapseSince is from when on a finding must have been closed for the same defect, seen
// again, to be the same matter.
func (s *Service) RelapseSince() time.Time {
	return s.db.Now().AddDate(0, 0, -s.set.Province().OrderReopenDays)
}

// Raise files what another module saw wrong on a site, or notes that it is still
// there, in that module's transaction.
func (s *Service) Raise(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, sg engine.Sighting) (Finding, error) {
	site, err := s.registry.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return Finding{}, err
	}
	return s.raise(ctx, tx, ofSite(site), sg)
}

// RaiseOnAccount is Raise for an account. Wrong of the sighting tells the case: what
// was confirmed false is not raised again while the case is the same.
func (s *Service) RaiseOnAccount(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.AccountID, sg engine.Sighting) (Finding, error) {
	a, err := s.registry.Account(ctx, tx, scope, id)
	if err != nil {
		return Finding{}, err
	}
	return s.raise(ctx, tx, ofAccount(a), sg)
}

func (s *Service) raise(ctx context.Context, tx *db.Tx, of subject, sg engine.Sighting) (Finding, error) {
	fp := sg.Fingerprint()
	known, err := s.standingOn(ctx, tx, of, fp)
	if db.None(err) {
		f, err := s.found(ctx, tx, of, "", sg, fp)
		if errors.Is(err, errRemembered) {
			// Nothing is raised; the finding that was called false is the answer.
			f.ID, f.State = "", FindingClosed
			return f, nil
		}
		if err != nil {
			return f, err
		}
		return f, audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding.find", Target: f.Target(), Basis: sg.Article, After: sg.Says})
	}
	if err != nil {
		return Finding{}, err
	}
	before := known.Says
	if known, err = s.seenAgain(ctx, tx, known, "", sg); err != nil {
		return known, err
	}
	return known, audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding.seen", Target: known.Target(), Basis: sg.Article, Before: before, After: sg.Says})
}

// Clear closes a finding raised by another module that has now seen it gone; one
// in an order is left to its own retest. It reports whether one was closed.
func (s *Service) Clear(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, sg engine.Sighting) (bool, error) {
	site, err := s.registry.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return false, err
	}
	return s.clear(ctx, tx, ofSite(site), sg)
}

// ClearOnAccount is Clear for an account.
func (s *Service) ClearOnAccount(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.AccountID, sg engine.Sighting) (bool, error) {
	a, err := s.registry.Account(ctx, tx, scope, id)
	if err != nil {
		return false, err
	}
	return s.clear(ctx, tx, ofAccount(a), sg)
}

func (s *Service) clear(ctx context.Context, tx *db.Tx, of subject, sg engine.Sighting) (bool, error) {
	known, err := s.standingOn(ctx, tx, of, sg.Fingerprint())
	// The order of an account is retested by this very look.
	if db.None(err) || err == nil && known.State == FindingOrdered && of.account == "" {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	proof, err := insertProof(ctx, tx, Proof{Finding: known.ID, Look: "patrol", Outcome: engine.Gone, Says: sg.Says, Evidence: sg.Evidence})
	if err != nil {
		return false, err
	}
	_, err = s.move(ctx, tx, known, "close", passage.Note{Says: sg.Says}, proof)
	return err == nil, err
}

// StandingOnAccount are the findings in scope that stand on an account.
func (s *Service) StandingOnAccount(ctx context.Context, q db.Querier, scope authz.Scope, id registry.AccountID) ([]Finding, error) {
	var w db.Where
	scope.Where(&w, "u")
	w.And("f.account_id = ? AND f.state <> 'closed'", id)
	return db.All(ctx, q, scanFinding, findingSelect+` WHERE `+w.SQL()+` ORDER BY f.first_seen, f.id`, w.Args()...)
}

// VantageName is where this house looks from, as evidence names it.
func (s *Service) VantageName() string { return s.set.Vantage }
