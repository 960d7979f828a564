package internal_test

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/migrations"
)

// The schema files of the exchange and of the keeping of evidence go back and come again
// on a house that has what they are about, and nothing of other tables is lost; which
// look holds which bytes is read anew from the looks.
func TestExchangeAndEvidenceSchemaGoesBackAndComesAgain(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	numbers := []string{"0681", "0682", "0683", "0684", "0685", "0690", "0695", "0696", "0697"}
	// Theirs alone: what stands in them goes with them.
	own := []string{"outside_ask", "host_seen", "crawler_stranger", "crawl_spent", "evidence_discard", "evidence_preserve", "audit_entry"}
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
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
		ok(passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine))
		o := org.New(d)
		reg := registry.New(d, o)
		ref := func(c byte) string { return "sha256:" + strings.Repeat(string(c), 64) }
		update(func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"})
			if err != nil {
				return err
			}
			site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.gov.cn", Contact: "029-1"})
			if err != nil {
				return err
			}
			if _, _, err := inspection.FindingMachine.Take(ctx, tx, "F", "find", passage.Note{}); err != nil {
				return err
			}
			now := tx.Now()
			for _, x := range []struct {
				sql  string
				args []any
			}{
				{`INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, first_seen, last_seen, state) VALUES ('F', $1, 'footer.icp', 'F', 'error', 'D-18', '', '', '', $2, $2, 'open')`, []any{site.ID, now}},
				{`INSERT INTO finding_evidence (id, finding_id, look, outcome, says, at, url, status, excerpt, ref, screenshot, beside) VALUES ('E1', 'F', 'found', 'standing', '', $1, '', 200, '', $2, $3, $4)`,
					[]any{now, ref('a'), ref('b'), `[{"as":"spider","blob":"` + ref('c') + `","at":"2026-03-09T02:00:00Z"},{"as":"hop","at":"2026-03-09T02:00:00Z"},{"as":"drawn","blob":"` + ref('a') + `","at":"2026-03-09T02:00:00Z"}]`}},
				{`INSERT INTO finding_evidence (id, finding_id, look, outcome, says, at, url, status, excerpt) VALUES ('E2', 'F', 'retest', 'gone', '', $1, '', 200, '')`, []any{now}},
				{`INSERT INTO evidence_blob (evidence_id, blob) VALUES ('E1', $1), ('E1', $2), ('E1', $3)`, []any{ref('a'), ref('b'), ref('c')}},
				{`INSERT INTO outside_ask (id, kind, subject, asked_at, state) VALUES ('A', 'k', 's', $1, 'waiting')`, []any{now}},
				{`INSERT INTO host_seen (site_id, at) VALUES ($1, $2)`, []any{site.ID, now}},
				{`INSERT INTO obligation (id, kind, unit_id, subject_kind, subject_id, subject_name, link, opened_at, due_on, provisional, state, due_at) VALUES ('O', 'takedown_review', $1, 'takedown', 't', '', '', $2, $3, FALSE, 'open', $2)`, []any{u.ID, now, calendar.DateOf(now)}},
			} {
				if _, err := tx.Exec(ctx, x.sql, x.args...); err != nil {
					return fmt.Errorf("%s: %w", x.sql, err)
				}
			}
			return nil
		})
		counts := func() map[string]int {
			t.Helper()
			columns, err := d.TextColumns(ctx)
			ok(err)
			out := map[string]int{}
			for _, c := range columns {
				if _, known := out[c.Table]; known || slices.Contains(own, c.Table) {
					continue
				}
				n, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM `+c.Table)
				ok(err)
				out[c.Table] = n
			}
			return out
		}
		held := func() []string {
			t.Helper()
			list, err := db.All(ctx, d, db.Value[string], `SELECT evidence_id || ' ' || blob FROM evidence_blob ORDER BY evidence_id, blob`)
			ok(err)
			return list
		}
		before, had := counts(), held()
		if len(before) < 200 || len(had) != 3 {
			t.Fatalf("%d tables, %q", len(before), had)
		}
		files := db.Reading(migrations.Files, d.Dialect())
		run := func(number string, back bool) {
			t.Helper()
			names, err := fs.Glob(migrations.Files, number+"_*.sql")
			if err != nil || len(names) != 1 {
				t.Fatalf("%s: %q (%v)", number, names, err)
			}
			text, err := fs.ReadFile(files, names[0])
			ok(err)
			up, down, found := strings.Cut(regexp.MustCompile(`(?m)--[^\n]*`).ReplaceAllStringFunc(string(text), func(s string) string {
				if strings.HasPrefix(s, "-- +goose Down") {
					return s
				}
				return ""
			}), "-- +goose Down")
			if !found {
				t.Fatalf("%s has no way back", number)
			}
			if back {
				up = down
			}
			update(func(tx *db.Tx) error {
				for one := range strings.SplitSeq(up, ";") {
					if strings.TrimSpace(one) == "" {
						continue
					}
					if _, err := tx.Exec(ctx, one); err != nil {
						return fmt.Errorf("%s: %s: %w", number, one, err)
					}
				}
				return nil
			})
		}
		for _, n := range slices.Backward(numbers) {
			run(n, true)
		}
		for table, n := range counts() {
			if n != before[table] {
				t.Errorf("%s: %d rows on the way, %d before", table, n, before[table])
			}
		}
		for _, n := range numbers {
			run(n, false)
		}
		after := counts()
		for table, n := range before {
			if after[table] != n {
				t.Errorf("%s: %d rows after, %d before", table, after[table], n)
			}
		}
		if got := held(); !slices.Equal(got, had) {
			t.Errorf("bytes held %q, want %q", got, had)
		}
	})
}
