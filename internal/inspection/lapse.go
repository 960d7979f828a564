package inspection

import (
	"context"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/db"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// ClosedByEnd stands where evidence else does: the site or account left the
// regulation's care, or the person who filed it took it back. Nobody mended
// anything, and no rule was wrong.
const ClosedByEnd = "ended"

// lapse closes what stands on a site or account that has ended, in the transaction
// that ends it.
func (s *Service) lapse(ctx context.Context, tx *db.Tx, o registry.Object) error {
	cond, says := `f.site_id = $1`, "网站已注销关停"
	if o.Kind != sx2021.Site {
		cond, says = `f.account_id = $1`, "账号已注销"
	}
	if o.State == registry.Exited {
		says = "已退出监管"
	}
	list, err := db.All(ctx, tx, scanFinding, findingSelect+` WHERE `+cond+` AND f.state <> 'closed' ORDER BY f.id`, o.ID)
	if err != nil {
		return err
	}
	for _, f := range list {
		if _, err := s.moveAs(ctx, tx, f, "lapse", passage.Note{Says: says + "，问题随之终结"}, ClosedByEnd, ItIsMoot); err != nil {
			return err
		}
	}
	return nil
}

// Recant ends a finding that a person filed by mistake, in the transaction that takes
// back what it came from; one in an order is left to its own retest.
func (s *Service) Recant(ctx context.Context, tx *db.Tx, scope authz.Scope, id FindingID, says string) error {
	f, err := s.Finding(ctx, tx, scope, id)
	if err != nil || f.State == FindingClosed || f.State == FindingOrdered {
		return err
	}
	_, err = s.moveAs(ctx, tx, f, "lapse", passage.Note{Says: says}, ClosedByEnd, ItIsGone)
	return err
}

// lapseAtOnce is how many sites and accounts a round of LapseEnded takes.
const lapseAtOnce = 50

// LapseEnded closes what still stands on sites and accounts that ended: before this
// was done in the act that ends them, or filed by a look that was under way then.
func (s *Service) LapseEnded(ctx context.Context) error {
	ctx = audit.System(ctx, "inspection.patrol")
	refs, err := db.All(ctx, s.db, func(r db.Scanner) (registry.Ref, error) {
		var ref registry.Ref
		err := r.Scan(&ref.Kind, &ref.ID)
		return ref, err
	}, `SELECT DISTINCT 'site', s.id FROM finding f JOIN site s ON s.id = f.site_id WHERE f.state <> 'closed' AND s.state IN ('closed', 'exited')
		UNION SELECT DISTINCT c.kind, c.id FROM finding f JOIN account c ON c.id = f.account_id WHERE f.state <> 'closed' AND c.state IN ('closed', 'exited')
		ORDER BY 2 LIMIT $1`, lapseAtOnce)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		err := s.db.Update(ctx, func(tx *db.Tx) error {
			o, err := s.registry.Object(ctx, tx, authz.System("inspection.patrol"), ref)
			if err != nil {
				return err
			}
			return s.lapse(ctx, tx, o)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
