package inspection

import (
	"context"
	"errors"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// Raise files what another module saw wrong on a site, or notes that it is still
// there, in that module's transaction.
func (s *Service) Raise(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, sg Sighting) (Finding, error) {
	site, err := s.registry.SiteTx(ctx, tx, scope, id)
	if err != nil {
		return Finding{}, err
	}
	fp := sg.Fingerprint()
	known, err := db.One(ctx, tx, scanFinding, findingSelect+` WHERE f.site_id = $1 AND f.fingerprint = $2 AND f.state <> 'closed'`, site.ID, fp)
	if db.None(err) {
		f, err := s.found(ctx, tx, site, "", sg, fp)
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
	if err := seenAgain(ctx, tx, known.ID, "", sg); err != nil {
		return known, err
	}
	return known, audit.Record(ctx, tx, audit.Entry{Act: "inspection.finding.seen", Target: known.Target(), Basis: sg.Article, Before: known.Says, After: sg.Says})
}

// Clear closes a finding raised by another module that has now seen it gone; one
// in an order is left to its own retest. It reports whether one was closed.
func (s *Service) Clear(ctx context.Context, tx *db.Tx, scope authz.Scope, id registry.SiteID, sg Sighting) (bool, error) {
	if _, err := s.registry.SiteTx(ctx, tx, scope, id); err != nil {
		return false, err
	}
	known, err := db.One(ctx, tx, scanFinding, findingSelect+` WHERE f.site_id = $1 AND f.fingerprint = $2 AND f.state <> 'closed'`, id, sg.Fingerprint())
	if db.None(err) || err == nil && known.State == FindingOrdered {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	proof, err := insertProof(ctx, tx, Proof{Finding: known.ID, Look: "patrol", Outcome: Gone, Says: sg.Says, Evidence: sg.Evidence})
	if err != nil {
		return false, err
	}
	_, err = s.move(ctx, tx, known, "close", passage.Note{Says: sg.Says}, proof)
	return err == nil, err
}

// HeaderText are the headers of an answer as evidence keeps them: one a line,
// cookies left out.
func HeaderText(h map[string][]string) string { return headerText(h) }
