package demo_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/demo"
	"zhengshu/internal/jobs"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

var system = authz.System("test")

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// house is the whole house without a listener on the database; it counts what
// asks for the network.
func house(t *testing.T, d *db.DB, clock calendar.Clock) (h *app.House, asked *int) {
	t.Helper()
	asked = new(int)
	h = must[*app.House](t)(app.Open(context.Background(), app.Config{Dir: t.TempDir(), DB: d, Demo: true, Clock: clock, CrawlDelay: -1, Resolver: resolver{asked}}))
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h, asked
}

// resolver counts the names asked for and knows none.
type resolver struct{ asked *int }

func (r resolver) Resolve(context.Context, string) ([]netip.Addr, error) {
	*r.asked++
	return nil, errors.New("the demo asks for no name")
}

// TestFill lays the whole province: about five seconds on each database, three
// of them the wait of the letter form.
func TestFill(t *testing.T) {
	clock := demo.NewClock(calendar.System())
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h, asked := house(t, d, clock)
		s, obligations := h.DemoServices(), h.Obligations
		begun := time.Now()
		if err := demo.Fill(ctx, s); err != nil {
			t.Fatal(err)
		}
		t.Logf("filled in %v", time.Since(begun).Round(time.Millisecond))
		before := census(t, s)
		for what, want := range map[string]int{
			"sites": 31, "hosted": 3, "monitored": 3, "planned": 1, "accounts": 24,
			"items live": 119, "items in_review": 8, "items returned": 2, "items draft": 1,
			"letters published": 4, "letters drafted": 1, "letters assigned": 1, "letters submitted": 2, "letters redirected": 1, "letters invalid": 2, "letters concluded": 2, "arrivals": 1,
			"cases approved": 3, "cases in_review": 5, "cases returned": 1, "overrides": 1, "adoptions": 2,
			"runs shaanxi": 1, "runs xian": 1, "runs yanta": 1, "follow-ups": 1, "orders closed": 24, "orders open": 0, "findings mended": 51,
		} {
			if before[what] != want {
				t.Errorf("%s: %d, want %d", what, before[what], want)
			}
		}
		open := must[[]obligation.Obligation](t)(obligations.Obligations(ctx, system, obligation.Filter{Limit: 1000}))
		kinds := map[string]int{}
		for _, o := range open {
			kinds[o.Kind]++
		}
		for _, kind := range []string{"launch", letters.ReplyKind.ID, approval.StepObligation.ID} {
			if kinds[kind] == 0 {
				t.Errorf("no clock of kind %s runs: %v", kind, kinds)
			}
		}
		if *asked != 0 {
			t.Errorf("%d names were asked for while filling", *asked)
		}
		// Interpretations lead to their policy file.
		policies, _, err := s.Library.Items(ctx, system, library.Filter{Type: library.Policy, Text: "优化政务服务"})
		if err != nil || len(policies) != 1 {
			t.Fatalf("policy: %v %v", policies, err)
		}
		if linked := must[[]library.Item](t)(s.Library.Linked(ctx, d, policies[0].ID)); len(linked) != 2 {
			t.Errorf("%d interpretations linked, want 2", len(linked))
		}
		// The trail is whole.
		sequencer := audit.NewSequencer(d, "test", filepath.Join(t.TempDir(), "audit.head"))
		for {
			n := must[int](t)(sequencer.Link(ctx))
			if n == 0 {
				break
			}
		}
		report := must[audit.Report](t)(audit.Verify(ctx, d, audit.Head{}, d.Now()))
		if len(report.Damage) > 0 || report.Entries == 0 || report.Links != report.Entries {
			t.Errorf("audit: %d entries, %d links, damage %v", report.Entries, report.Links, report.Damage)
		}
		// A fill that was cut off before its last transaction adds nothing else when repeated.
		if err := d.Update(audit.System(ctx, "test"), func(tx *db.Tx) error {
			tx.Audited()
			if _, err := tx.Exec(ctx, `DELETE FROM job WHERE kind = $1`, demo.FollowUp{}.Kind()); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE setting SET value = 'begun' WHERE name = 'demo.filled'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := demo.Fill(ctx, s); err != nil {
			t.Fatal(err)
		}
		if after := census(t, s); !maps.Equal(before, after) {
			t.Errorf("a second fill changed the province:\n%v\n%v", before, after)
		}
		// More items than a release takes along into its index are all found when
		// an import returns.
		const many = 130
		var list bytes.Buffer
		for i := range many {
			fmt.Fprintf(&list, `{"ref":"many-%d","type":"policy","title":"第%d号备案事项办理规程","text":"办理第%d号事项的单位按本规程办理。","published":"2026-03-02"}`+"\n", i, i, i)
		}
		rep, err := h.ImportItems(ctx, bytes.NewReader(list.Bytes()), app.ItemsInto{Site: "shaanxi", Column: "policies"})
		if err != nil || rep.Accepted != many {
			t.Fatalf("%d items taken, %v", rep.Accepted, err)
		}
		for _, i := range []int{0, many / 2, many - 1} {
			hits, err := h.Search(ctx, fmt.Sprintf("第%d号备案事项办理规程", i))
			if err != nil || len(hits) == 0 || hits[0].Ref != fmt.Sprintf("many-%d", i) {
				t.Errorf("item %d: %v (%v)", i, hits[:min(1, len(hits))], err)
			}
		}
	})
}

// census counts what stands in the house.
func census(t *testing.T, s demo.Services) map[string]int {
	t.Helper()
	ctx := context.Background()
	out := map[string]int{}
	var err error
	count := func(what string, n int, e error) {
		out[what] = n
		if e != nil && err == nil {
			err = e
		}
	}
	for what, f := range map[string]registry.SiteFilter{"sites": {}, "hosted": {Hosted: true, State: registry.Running}, "monitored": {Monitored: true}, "planned": {State: registry.Planned}} {
		_, n, e := s.Registry.Sites(ctx, system, f)
		count(what, n, e)
	}
	_, n, e := s.Registry.Accounts(ctx, system, registry.AccountFilter{})
	count("accounts", n, e)
	states, e := s.Library.States(ctx, system)
	for state, n := range states {
		count("items "+state, n, e)
	}
	for _, state := range []string{letters.Submitted, letters.Assigned, letters.Drafted, letters.Answered, letters.Published, letters.Redirected, letters.Invalid, letters.Concluded} {
		_, n, e := s.Letters.Letters(ctx, system, letters.Filter{State: state})
		count("letters "+state, n, e)
	}
	// What came aboard with its past.
	_, n, e = s.MoveOut.Arrived(ctx, system, 1, 0)
	count("arrivals", n, e)
	for _, state := range []string{approval.InReview, approval.Returned, approval.Approved} {
		_, n, e := s.Approvals.Cases(ctx, system, approval.Filter{State: state})
		count("cases "+state, n, e)
	}
	_, n, e = s.Lifecycle.Overrides(ctx, system, lifecycle.OverrideFilter{Now: true})
	count("overrides", n, e)
	packs, e := s.Assessment.Packs(ctx, system)
	for _, p := range packs {
		count("adoptions", out["adoptions"]+len(p.Adoptions), e)
	}
	// What has been: eight months of orders at three units.
	_, n, e = s.Assessment.Orders(ctx, s.DB, system, assessment.OrderFilter{State: assessment.OrderClosed, Limit: 1})
	count("orders closed", n, e)
	_, n, e = s.Assessment.Orders(ctx, s.DB, system, assessment.OrderFilter{State: "open", Limit: 1})
	count("orders open", n, e)
	n, e = db.One(ctx, s.DB, db.Value[int], `SELECT count(*) FROM finding WHERE state = 'closed' AND closed_at < $1`, s.DB.Now().AddDate(0, 0, -2))
	count("findings mended", n, e)
	for _, slug := range []string{"shaanxi", "xian", "yanta"} {
		site, e := s.Registry.SiteBySlug(ctx, s.DB, system, slug)
		count("hosted", out["hosted"], e)
		runs, e := s.Inspection.Runs(ctx, system, site.ID, 10)
		count("runs "+slug, len(runs), e)
	}
	waiting, e := jobs.Counts(ctx, s.DB)
	for _, w := range waiting {
		if w.Kind == (demo.FollowUp{}).Kind() {
			count("follow-ups", w.Waiting, e)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestFillLeavesOtherHouses holds that a house with units of its own is not
// ours to fill.
func TestFillLeavesOtherHouses(t *testing.T) {
	dbtest.EachAt(t, time.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(context.Background(), "test")
		s := demo.Services{DB: d, Org: org.New(d)}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := s.Org.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			_, _, err := s.Org.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := demo.Fill(ctx, s); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(db.One(ctx, d, db.Value[int], `SELECT count(*) FROM unit`)); n != 1 {
			t.Errorf("%d units after filling a house that had one", n)
		}
	})
}
