package internal_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/duty"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
)

// What other modules have under way keeps the evidence of the findings it is about, on
// either database, and lets it go when it ends.
func TestWhatIsUnderWayKeepsItsEvidence(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(passage.Declare(ctx, d, registry.SiteMachine, inspection.FindingMachine))
		o := org.New(d)
		reg := registry.New(d, o)
		blobs, err := blob.Disk(t.TempDir())
		ok(err)
		svc := inspection.New(d, d, reg, blobs, nil, inspection.Settings{Delay: -1})
		svc.KeepEvidence(func() int { return 180 }, func(ctx context.Context, ref blob.Ref) (bool, error) {
			return db.One(ctx, d, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM evidence_blob WHERE blob = $1)`, string(ref))
		}, assessment.EvidenceUnder, appraisal.EvidenceUnder, duty.EvidenceUnder)
		cases := []struct{ id, enter, ends string }{
			{"ordered", `INSERT INTO rectify_order (id, number, site_id, unit_id, issuer_name, severity, days, issued_at, due_on, state) VALUES ('O', 'ZG-1', $1, $2, '', 'error', 5, $3, $4, 'answered');
				INSERT INTO order_finding (order_id, finding_id, added_at) VALUES ('O', 'ordered', $3)`, `UPDATE rectify_order SET state = 'closed'`},
			{"appraised", `INSERT INTO appraisal_round (id, number, name, kind, period, area_id, unit_id, pack, pack_version, pack_body, plan, seed, state, head_id, head_name, opened_at) SELECT 'R', 'KP-1', '', 'quarterly', '2026-Q1', area_id, id, 'p', 1, '{}', '{}', 1, 'appealing', '', '', $3 FROM unit WHERE id = $2;
				INSERT INTO appraisal_object (id, round_id, kind, object_id, name, host, class, area_code, unit_id, unit_name, stratum, stratum_size, drawn) VALUES ('X', 'R', 'site', $1, '', '', '', '', $2, '', '', 1, 'lot')`, `UPDATE appraisal_round SET state = 'published'`},
			{"alarmed", `INSERT INTO alarm (id, unit_id, cause, title, says, state, level, told, raised_at) VALUES ('A', $2, 'c', '', '', 'raised', 0, '', $3);
				INSERT INTO alarm_site (id, alarm_id, site_id, finding_id, says, since) VALUES ('S', 'A', $1, 'alarmed', '', $3)`, `UPDATE alarm SET state = 'ended'`},
			{"incident", `INSERT INTO incident (id, number, unit_id, title, says, state, opened_id, opened_by, opened_at) VALUES ('I', 'SJ-1', $2, '', '', 'open', '', '', $3);
				INSERT INTO alarm (id, unit_id, cause, title, says, state, level, told, raised_at, incident_id) VALUES ('B', $2, 'd', '', '', 'ended', 0, '', $3, 'I');
				INSERT INTO alarm_site (id, alarm_id, site_id, finding_id, says, since) VALUES ('U', 'B', $1, 'incident', '', $3)`, `UPDATE incident SET state = 'closed'`},
			{"plain", ``, ``},
		}
		refs := map[string]blob.Ref{}
		var unit org.UnitID
		exec := func(tx *db.Tx, statements string, args ...any) error {
			for one := range strings.SplitSeq(statements, ";") {
				if strings.TrimSpace(one) == "" {
					continue
				}
				n := 0
				for i := range args {
					if strings.Contains(one, "$"+string(rune('1'+i))) {
						n = i + 1
					}
				}
				var used []any
				for i := range n {
					was := "$" + string(rune('1'+i))
					if strings.Contains(one, was) {
						used = append(used, args[i])
						one = strings.ReplaceAll(one, was, "$"+string(rune('0'+len(used))))
					}
				}
				if _, err := tx.Exec(ctx, one, used...); err != nil {
					return err
				}
			}
			return nil
		}
		update := func(fn func(tx *db.Tx) error) {
			t.Helper()
			ok(d.Update(ctx, func(tx *db.Tx) error {
				if err := fn(tx); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test"})
			}))
		}
		update(func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"})
			unit = u.ID
			return err
		})
		for i, c := range cases {
			ref, err := blobs.Put(ctx, strings.NewReader(c.id))
			ok(err)
			refs[c.id] = ref
			update(func(tx *db.Tx) error {
				kind := registry.DepartmentSite
				if i == 0 {
					kind = registry.Portal
				}
				host := c.id + ".xa.gov.cn"
				site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: unit, Kind: kind, Name: c.id, Host: host, Contact: "029-1"})
				if err != nil {
					return err
				}
				for _, act := range []string{"find", "close"} {
					if _, _, err := inspection.FindingMachine.Take(ctx, tx, c.id, act, passage.Note{}); err != nil {
						return err
					}
				}
				if _, err := tx.Exec(ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state, closed_at, evidence_ref) VALUES ($1, $2, 'footer.icp', $1, 'error', 'D-18', '', '', '', $3, $3, 'closed', $3, $4)`, c.id, site.ID, tx.Now(), string(ref)); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO finding_evidence (id, finding_id, look, outcome, says, at, url, status, excerpt, ref) VALUES ($1, $1, 'found', 'standing', '', $2, '', 200, '', $3)`, c.id, tx.Now(), string(ref)); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO evidence_blob (evidence_id, blob) VALUES ($1, $2)`, c.id, string(ref)); err != nil {
					return err
				}
				return exec(tx, c.enter, site.ID, unit, tx.Now(), calendar.DateOf(tx.Now()))
			})
		}
		sweep := func(days int) {
			t.Helper()
			clock.Advance(time.Duration(days) * 24 * time.Hour)
			for range 3 {
				clock.Advance(25 * time.Hour)
				_, err := svc.SweepEvidence(ctx)
				ok(err)
			}
		}
		there := func(when string, want func(id string) bool) {
			t.Helper()
			for _, c := range cases {
				_, err := blobs.Stat(ctx, refs[c.id])
				if (err == nil) != want(c.id) {
					t.Errorf("%s: the evidence of %q is there: %v", when, c.id, err == nil)
				}
			}
		}
		sweep(500)
		there("under way", func(id string) bool { return id != "plain" })
		for i, c := range cases {
			if c.ends == "" {
				continue
			}
			update(func(tx *db.Tx) error { return exec(tx, c.ends) })
			sweep(1)
			there(c.id+" ended", func(id string) bool {
				for _, after := range cases[i+1:] {
					if after.id == id {
						return id != "plain"
					}
				}
				return false
			})
		}
	})
}
