package internal_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/app"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/selfcheck"
	"zhengshu/internal/training"
)

// stays are the columns that name a unit and that no reorganisation rewrites,
// with the reason.
var stays = map[string]string{
	"error_report_import.unit_id":  "which office took a list in, as it was done",
	"merit.unit_id":                "who was praised or held to account, as it was decided",
	"referral_row.unit_id":         "whose matter was handed over, as the list went out",
	"audit_entry.unit_id":          "what was done, as it was written down",
	"dashboard_burden.unit_id":     "sums that are counted again from the rows",
	"dashboard_month.unit_id":      "sums that are counted again from the rows",
	"dashboard_order.unit_id":      "sums that are counted again from the rows",
	"dashboard_rule.unit_id":       "sums that are counted again from the rows",
	"hand_over.unit_id":            "a hand-over that was done",
	"item_import.unit_id":          "an import that was done",
	"lexicon_pack.unit_id":         "who made a pack, as a record; its entries are carried",
	"lexicon_pack.asked_unit_id":   "whom a pack waits for, found anew each minute",
	"media_discard.unit_id":        "a removal as it was decided",
	"letter_opening.unit_id":       "on which day somebody opened the letters",
	"mailing.unit_id":              "who sent results, as they were sent",
	"mailing_letter.unit_id":       "who was written to, as the letter went out",
	"move_in_batch.unit_id":        "an import as it was begun; what it brought is carried with the items",
	"named_post.unit_id":           "org's own: its service carries it",
	"pack_adoption.unit_id":        "the office that adopted the indicators by document",
	"person.unit_id":               "org's own: its service carries it",
	"post.unit_id":                 "org's own: its service carries it",
	"holiday_move.unit_id":         "whose clock an arrangement of holidays moved, as it was counted",
	"province_setting.unit_id":     "the office that decided a setting by document",
	"account.area_path":            "the sort key of the list: registry sets it with unit_id, the database follows the unit's path",
	"domain.area_path":             "the sort key of the list: registry sets it with unit_id, the database follows the unit's path",
	"item.area_path":               "the sort key of the list: library sets it with unit_id, the database follows the unit's path",
	"index_authority.unit_id":      "whose code the index numbers begin with: a successor has its own",
	"item_offer.area_path":         "the place of the offer: library carries it with unit_id, the database follows the unit's path",
	"mourning.unit_id":             "whose supervisor declared it, as its document says",
	"site.area_path":               "the sort key of the list: registry sets it with unit_id, the database follows the unit's path",
	"media_matrix_node.unit_id":    "derived: the matrices follow the ledger by themselves",
	"blueprint.unit_id":            "who made a template; what was made from it is the sponsors'",
	"reorganisation.unit_id":       "the act itself",
	"reorganisation_unit.unit_id":  "the act itself",
	"review_route.unit_id":         "a unit's own route ends with it; what is under way keeps its copy",
	"training_attendance.unit_id":  "for whom a person attended, as the certificate says",
	"duty_roster.unit_id":          "a month's roster, as it was published",
	"duty_shift.unit_id":           "who stood on duty; a successor arranges its own",
	"duty_pattern.unit_id":         "a unit's own week; it ends with it",
	"duty_swap.unit_id":            "a swap as it was asked",
	"duty_handover.unit_id":        "a hand-over as it was signed",
	"duty_record.unit_id":          "a day's record, as it was confirmed",
	"zero_report.unit_id":          "who reported on a day, as it did",
	"unit.parent_id":               "org's own: its service carries it",
	"unit_name.unit_id":            "a former name",
	"unit_succession.successor_id": "who followed whom",
	"unit_succession.unit_id":      "who followed whom",
}

// unitColumns are the columns of the migrated schema that name a unit: those
// that refer to the table, and those called so.
func unitColumns(t *testing.T, q db.Querier) []string {
	t.Helper()
	tables := must(db.All(t.Context(), q, db.Value[string], `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`))(t)
	found := map[string]bool{}
	for _, table := range tables {
		for _, c := range must(db.All(t.Context(), q, db.Value[string], `SELECT "from" FROM pragma_foreign_key_list('`+table+`') WHERE "table" = 'unit'`))(t) {
			found[table+"."+c] = true
		}
		for _, c := range must(db.All(t.Context(), q, db.Value[string], `SELECT name FROM pragma_table_info('`+table+`')`))(t) {
			if c == "unit_id" || c == "at_unit" || c == "asker_unit" {
				found[table+"."+c] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Whatever belongs to a unit goes to who follows it: each column that names a
// unit is carried by a module, or stays for a reason.
func TestReorganisationCarriesEveryTable(t *testing.T) {
	h := must(app.Open(t.Context(), app.Config{Dir: dbtest.Folder(t)}))(t)
	defer func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	carried := map[string]string{}
	for _, m := range app.Carriers() {
		for _, c := range m.Tables {
			carried[c] = m.Name
		}
	}
	have := unitColumns(t, h.DB)
	for _, c := range have {
		switch _, stay := stays[c]; {
		case stay && carried[c] != "":
			t.Errorf("%s stays, and %s carries it", c, carried[c])
		case !stay && carried[c] == "":
			t.Errorf("%s names a unit and no module carries it in a reorganisation: declare it in its module's Reorganise, or say here why it stays", c)
		}
	}
	for c := range stays {
		if !slices.Contains(have, c) {
			t.Errorf("%s stays, but no table has it", c)
		}
	}
	for c, m := range carried {
		if !slices.Contains(have, c) {
			t.Errorf("%s carries %s, which no table has", m, c)
		}
	}
}

// One division goes under in another with everything every module holds: no
// row is lost or doubled, and nothing alive is left with a unit that ended but
// what its successor has of its own.
func TestReorganisationLosesNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, c app.Config) {
		n := settle(t, c)
		ctx := audit.System(context.Background(), "test")
		tables := map[string]bool{}
		for _, m := range app.Carriers() {
			for _, c := range m.Tables {
				table, _, _ := strings.Cut(c, ".")
				tables[table] = true
			}
		}
		count := func() map[string]int {
			out := map[string]int{}
			for table := range tables {
				out[table] = must(db.One(ctx, n.h.DB, db.Value[int], `SELECT count(*) FROM `+table))(t)
			}
			return out
		}
		held := func(units ...org.UnitID) map[string]int {
			out := map[string]int{}
			for _, m := range app.Carriers() {
				if m.Touched == nil {
					continue
				}
				for _, x := range must(m.Touched(ctx, n.h.DB, units))(t) {
					out[x.Kind] += x.Count
				}
			}
			return out
		}
		n.underWay()
		ended := []org.UnitID{n.a.office.ID, n.a.dept.ID}
		rows, before, office, there := count(), held(ended...), held(n.a.office.ID), held(n.b.office.ID)
		for _, kind := range []string{"order", "order_issued", "selfcheck", "training"} {
			if office[kind] == 0 {
				t.Errorf("the county's office holds no %s", kind)
			}
		}
		empty := 0
		for _, k := range slices.Sorted(maps.Keys(before)) {
			if before[k] == 0 {
				empty++
				t.Logf("the county holds no %s", k)
			}
		}
		if empty > len(before)/2 {
			t.Fatalf("the county holds too little to say anything: %d of %d kinds are empty", empty, len(before))
		}
		plan := org.Plan{Kind: org.AreaMerge, Area: n.a.area, ToArea: n.b.area, Document: "陕民发〔2026〕8号"}
		rehearsal := must(n.h.Org.Rehearse(ctx, system, plan))(t)
		if now := count(); !maps.Equal(rows, now) {
			t.Fatalf("the rehearsal left something behind: %s", differing(rows, now))
		}
		if err := n.h.DB.Update(ctx, func(tx *db.Tx) error {
			_, err := n.h.Org.Reorganise(ctx, tx, system, plan, rehearsal.Digest)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		now := count()
		if rows["message"] > now["message"] {
			t.Errorf("%d messages before, %d after", rows["message"], now["message"])
		}
		delete(rows, "message") // who must now decide is told
		delete(now, "message")
		if !maps.Equal(rows, now) {
			t.Errorf("rows before and after: %s", differing(rows, now))
		}
		for kind, left := range held(n.a.office.ID) {
			switch kind {
			case "budget_line", "selfcheck", "resident", "guidance_receipt", "disclosure_place", "security_plan":
				// The office that takes over has its own.
			default:
				if left > 0 {
					t.Errorf("%d rows of %s are left with the office that ended", left, kind)
				}
			}
		}
		// Orders and courses go over whole; of the self-checks the quarter of which
		// the successor has its own stays with the office that ended.
		left, taken := held(n.a.office.ID), held(n.b.office.ID)
		for kind, stay := range map[string]int{"order": 0, "order_issued": 0, "training": 0, "selfcheck": 1} {
			if had := office[kind]; left[kind] != stay || taken[kind] != there[kind]+had-stay {
				t.Errorf("%s: %d and %d before, %d left and %d with the successor after", kind, had, there[kind], left[kind], taken[kind])
			}
		}
		// The clocks that still run are nobody's who is gone.
		if left := must(db.One(ctx, n.h.DB, db.Value[int], `SELECT count(*) FROM obligation o JOIN unit u ON u.id = o.unit_id WHERE o.state = 'open' AND u.abolished_on IS NOT NULL`))(t); left > 0 {
			t.Errorf("%d clocks run against units that ended", left)
		}
		if err := n.h.Sweep(ctx); err != nil {
			t.Errorf("sweep after the reorganisation: %v", err)
		}
	})
}

// underWay gives county a what an office has in hand: an order it issued to its
// department, a course it plans, a self-check it has begun, and one that county
// b has begun as well.
func (n *neighbourhood) underWay() {
	t, h := n.t, n.h
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	sites, _, err := h.Registry.Sites(ctx, system, registry.SiteFilter{Unit: n.a.dept.ID})
	if err != nil || len(sites) == 0 {
		t.Fatalf("the department has %d sites (%v)", len(sites), err)
	}
	_, finding, _ := n.finding(n.a, sites[0])
	supervisor := n.a.people[authz.Supervisor]
	must(h.Assessment.IssueOrders(as(supervisor), supervisor.ScopeFor(authz.OrderIssue), assessment.Issue{Findings: []inspection.FindingID{inspection.FindingID(finding)}, Says: "请整改。"}))(t)
	sponsor := n.a.people[authz.Sponsor]
	must(h.Training.Plan(as(sponsor), sponsor, training.Course{Unit: n.a.office.ID, Kind: training.Business, Title: "计划中的培训", HeldOn: calendar.Today(n.clock).AddDays(20), Hours: 40}, nil))(t)
	for _, x := range []struct {
		c   *county
		key string
	}{{n.a, "2025-Q4"}, {n.a, "2025-Q3"}, {n.b, "2025-Q3"}} {
		filler := x.c.people[authz.Sponsor]
		if err := h.SelfChecks.Fill(as(filler), filler.ScopeFor(authz.SelfCheckFill), filler, x.c.office.ID, x.key, selfcheck.Filled{Answers: map[string]selfcheck.Answer{}}); err != nil {
			t.Fatal(err)
		}
	}
}

func differing(before, after map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(before)) {
		if before[k] != after[k] {
			out = append(out, fmt.Sprintf("%s %d → %d", k, before[k], after[k]))
		}
	}
	return strings.Join(out, ", ")
}
