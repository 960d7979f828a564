package app_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// The house lets go of the bytes of evidence when their time has passed and no
// other record names them: what was let go still names its bytes, and holds none.
func TestEvidenceLetGoHoldsNoBytes(t *testing.T) {
	e := newEstate(t)
	put := func(s string) blob.Ref {
		ref, err := e.h.Blobs.Put(e.ctx, strings.NewReader(s))
		e.ok(err)
		return ref
	}
	page, shot, guise, shared, chain := put("page"), put("screenshot"), put("as a search engine sees it"), put("shared"), put("certificates")
	clock := e.h.Config.Clock.(interface{ Advance(time.Duration) })
	var site registry.Site
	enter := func(id string, refs ...blob.Ref) {
		e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
			if _, _, err := inspection.FindingMachine.Take(e.ctx, tx, id, "find", passage.Note{}); err != nil {
				return err
			}
			if _, err := tx.Exec(e.ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state, evidence_ref) VALUES ($1, $2, 'footer.icp', $1, 'error', 'D-18', '页脚缺少备案编号', 'http://www.xa.gov.cn/', 'footer', $3, $3, 'open', $4)`, id, site.ID, tx.Now(), string(refs[0])); err != nil {
				return err
			}
			beside := ""
			if len(refs) > 2 {
				beside = `[{"as":"spider","blob":"` + string(refs[2]) + `"}]`
			}
			if _, err := tx.Exec(e.ctx, `INSERT INTO finding_evidence (id, finding_id, look, outcome, says, at, url, status, excerpt, ref, screenshot, beside) VALUES ($1, $1, 'found', 'standing', '', $2, '', 200, '', $3, $4, $5)`, id, tx.Now(), string(refs[0]), string(refs[1]), beside); err != nil {
				return err
			}
			for _, ref := range slices.Compact(slices.Sorted(slices.Values(refs))) {
				if _, err := tx.Exec(e.ctx, `INSERT INTO evidence_blob (evidence_id, blob) VALUES ($1, $2)`, id, string(ref)); err != nil {
					return err
				}
			}
			return audit.Record(e.ctx, tx, audit.Entry{Act: "test"})
		}))
	}
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) (err error) {
		site, err = e.h.Registry.EnterSite(e.ctx, tx, registry.Site{Unit: e.office.ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.gov.cn", Slug: "xa", Contact: "029-12345"})
		return err
	}))
	enter("F1", page, shot, guise)
	enter("F2", shared, shared)
	enter("F3", shared, shared) // stands, with the bytes of F2
	enter("F4", chain, chain)   // what was seen of the host names them, too
	e.ok(e.h.DB.Update(e.ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(e.ctx, `INSERT INTO host_seen (site_id, at, seen) VALUES ($1, $2, $3)`, site.ID, tx.Now(), `{"chain":"`+string(chain)+`"}`); err != nil {
			return err
		}
		for _, id := range []string{"F1", "F2", "F4"} {
			if _, _, err := inspection.FindingMachine.Take(e.ctx, tx, id, "close", passage.Note{}); err != nil {
				return err
			}
			if _, err := tx.Exec(e.ctx, `UPDATE finding SET state = 'closed', closed_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(e.ctx, tx, audit.Entry{Act: "test"})
	}))
	there := func(want bool, refs ...blob.Ref) {
		t.Helper()
		for _, ref := range refs {
			if _, err := e.h.Blobs.Stat(context.Background(), ref); (err == nil) != want || err != nil && !errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%s: want there %v, %v", ref, want, err)
			}
		}
	}
	days := e.h.Province.Settings().EvidenceDays
	clock.Advance(time.Duration(days-1) * 24 * time.Hour)
	for range 2 {
		clock.Advance(26 * time.Hour / 2)
		_, err := e.h.Inspection.SweepEvidence(e.ctx)
		e.ok(err)
		there(true, page, shot, guise, shared, chain)
	}
	for range 3 {
		clock.Advance(25 * time.Hour)
		_, err := e.h.Inspection.SweepEvidence(e.ctx)
		e.ok(err)
	}
	there(false, page, shot, guise)
	there(true, shared, chain)
}
