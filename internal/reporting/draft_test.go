package reporting_test

import (
	"context"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
)

// A draft is counted anew exactly when something can have changed it: after
// anything written, after what the trail does not tell, on another day, up to
// another day; not after somebody signed in.
func TestDraftIsNeverStale(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter()
		h.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
		b := h.compose("2026-Q1")
		ctx, scope := h.as("city", authz.BulletinCompose)
		look := func() reporting.Bulletin {
			t.Helper()
			b, err := h.svc.Bulletin(ctx, scope, b.ID)
			h.must(err)
			return b
		}
		// Figures that lie at the same place were not counted again.
		same := func(x, y reporting.Bulletin) bool { return &x.Content.Figures[0] == &y.Content.Figures[0] }
		system := audit.System(context.Background(), "test")
		quietly := func(query string, args ...any) {
			t.Helper()
			h.must(h.db.Update(system, func(tx *db.Tx) error { _, err := tx.Quiet(system, query, args...); return err }))
		}
		account := func() registry.AccountID {
			var a registry.Account
			unit, _ := h.sessions["swj"].Unit()
			h.must(h.db.Update(system, func(tx *db.Tx) (err error) {
				a, err = h.reg.EnterAccount(system, tx, authz.System("test"), registry.Account{Unit: org.UnitID(unit), Platform: "weibo", Name: "商务发布", URL: "https://weibo.example/swj", Purpose: "发布", State: registry.Running}, registry.Why{Source: registry.ByImport, Says: "测试"})
				return err
			}))
			return a.ID
		}()
		was := look()
		if now := look(); !same(was, now) {
			t.Fatal("counted again though nothing was written")
		}
		found := func(b reporting.Bulletin) int { return b.Content.Figure("findings.total").N() }
		for _, c := range []struct {
			name  string
			again bool
			do    func()
		}{
			{"somebody signs in", false, func() {
				h.must(h.db.Update(system, func(tx *db.Tx) error {
					return audit.Record(system, tx, audit.Entry{Act: "signin.in", Target: audit.Target{Kind: "login"}})
				}))
			}},
			{"an act that begins like an idle one", true, func() {
				h.must(h.db.Update(system, func(tx *db.Tx) error {
					return audit.Record(system, tx, audit.Entry{Act: "signin.in.another", Target: audit.Target{Kind: "login"}})
				}))
			}},
			{"a finding", true, func() { h.put("swj", "link.dead", "error", "D-19", time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)) }},
			{"a look at machines", true, func() {
				quietly(`INSERT INTO host_look (site_id, at, facts, ipv6) VALUES ($1, $2, '{}', 'kept')`, h.sites["swj"], h.db.Now())
			}},
			{"another look at them", true, func() { quietly(`UPDATE host_look SET ipv6 = 'violated'`) }},
			{"a look at a feed", true, func() {
				quietly(`INSERT INTO account_feed_look (account_id, at, posts) VALUES ($1, $2, 1)`, account, h.db.Now())
			}},
			{"another day", true, func() { h.clock.Set(time.Date(2026, 4, 9, 1, 0, 0, 0, time.UTC)) }},
			{"counted up to another day", true, func() {
				o := was.Outline
				o.Until = calendar.Date{Year: 2026, Month: 4, Day: 8}
				_, err := h.svc.Edit(ctx, scope, b.ID, was.Revision, o)
				h.must(err)
			}},
			{"words", false, func() {
				o := was.Outline
				o.Parts[0].Text = "应检查〔应检查政府网站〕。"
				_, err := h.svc.Edit(ctx, scope, b.ID, was.Revision, o)
				h.must(err)
			}},
			{"nothing for two hours", false, func() { h.clock.Advance(2 * time.Hour) }},
			{"a finding that began earlier", true, func() {
				// Its transaction began before the last look.
				h.clock.Advance(-10 * time.Minute)
				h.put("swj", "link.dead", "error", "D-19", time.Date(2026, 3, 3, 1, 0, 0, 0, time.UTC))
				h.clock.Advance(10 * time.Minute)
			}},
		} {
			before := found(was)
			c.do()
			now := look()
			if same(was, now) == c.again {
				t.Errorf("after %s: counted again is %t, want %t", c.name, !c.again, c.again)
			}
			if want := h.count(`SELECT count(*) FROM finding f JOIN site s ON s.id = f.site_id JOIN unit u ON u.id = s.unit_id JOIN area a ON a.id = u.area_id WHERE a.code LIKE '6101%' AND f.first_seen >= $1`, assessment.QuarterOf(calendar.Date{Year: 2026, Month: 1, Day: 1}).Start()); found(now) != want {
				t.Errorf("after %s: %d findings, before %d, want %d", c.name, found(now), before, want)
			}
			was = now
		}
		if was.Content.Figure("ipv6.no").N() != 1 {
			t.Error("the last look at machines is not counted")
		}
	})
}

// Articles 29 and 30: what a bulletin says of rectification is counted up to its
// check point, or to a later day that its outline names; it does not move with
// the day on which somebody looks, nor with what happened after.
func TestArticle30_RectificationIsCountedUpToItsDay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.quarter() // three orders on 20 March, due on the 27th; that of swj closed the same day
		ctx, scope := h.as("city", authz.BulletinCompose)
		look := func(id reporting.BulletinID) map[string]int {
			t.Helper()
			b, err := h.svc.Bulletin(ctx, scope, id)
			h.must(err)
			out := map[string]int{}
			for _, f := range b.Content.Figures {
				out[f.Key] = f.N()
			}
			return out
		}
		h.clock.Set(time.Date(2026, 3, 30, 1, 0, 0, 0, time.UTC)) // one more, due in April
		mended := h.put("county", "footer.icp", "error", "D-18", h.db.Now())
		later := h.put("county", "link.dead", "error", "D-19", h.db.Now())
		issue, reach := h.as("city", authz.OrderIssue)
		_, err := h.assess.IssueOrders(issue, reach, assessment.Issue{Findings: []inspection.FindingID{later}})
		h.must(err)
		h.move(mended, "close")
		h.clock.Set(time.Date(2026, 4, 1, 1, 0, 0, 0, time.UTC))
		b := h.compose("2026-Q1")
		first := look(b.ID)
		if b.Content.CountedOn != b.Period.Last() || first["orders.issued"] != 4 || first["orders.closed"] != 1 || first["orders.overdue"] != 2 || first["findings.closed"] != 1 {
			t.Fatalf("counted up to %s: %v", b.Content.CountedOn, first)
		}
		still := func(name string) {
			t.Helper()
			now := look(b.ID)
			for key, n := range first {
				if now[key] != n {
					t.Errorf("%s: %s is %d, was %d", name, key, now[key], n)
				}
			}
		}
		h.clock.Set(time.Date(2026, 5, 20, 1, 0, 0, 0, time.UTC))
		still("seven weeks later")

		// What was in order on the day is seen again; what was not is put right.
		h.move(mended, "reopen")
		h.move(later, "close")
		list, _, err := h.assess.Orders(ctx, h.db, reach, assessment.OrderFilter{})
		h.must(err)
		for _, o := range list {
			if o.State == assessment.OrderClosed {
				h.reopen(o)
				continue
			}
			d, err := h.assess.Order(issue, reach, o.ID)
			h.must(err)
			for _, f := range d.Findings {
				if f.State != inspection.FindingClosed {
					if _, err := h.assess.Accept(issue, reach, o.ID, f.ID, "已到现场核实更新。"); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if n := h.count(`SELECT count(*) FROM rectify_order WHERE state = 'closed'`); n != 2 {
			t.Fatalf("%d orders are closed", n)
		}
		still("after what happened in May")

		// The outline may name a later day, not one to come, nor one before the end.
		for _, day := range []calendar.Date{{Year: 2026, Month: 3, Day: 30}, {Year: 2026, Month: 5, Day: 21}} {
			o := b.Outline
			o.Until = day
			if _, err := h.svc.Edit(ctx, scope, b.ID, b.Revision, o); !fault.Is(err, fault.Invalid) {
				t.Errorf("counted up to %s: %v", day, err)
			}
		}
		for _, c := range []struct {
			until                 calendar.Date
			overdue, closed, open int
		}{{calendar.Date{Year: 2026, Month: 4, Day: 8}, 3, 1, 3}, {calendar.Date{Year: 2026, Month: 5, Day: 20}, 3, 2, 2}} {
			o := b.Outline
			o.Until = c.until
			b, err = h.svc.Edit(ctx, scope, b.ID, b.Revision, o)
			h.must(err)
			if now := look(b.ID); now["orders.overdue"] != c.overdue || now["orders.closed"] != c.closed || now["orders.open"] != c.open || now["findings.closed"] != 1 {
				t.Errorf("up to %s: %v", c.until, now)
			}
		}
	})
}

// move takes a finding through an act, as a run would have.
func (h *house) move(id inspection.FindingID, act string) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	h.must(h.db.Update(ctx, func(tx *db.Tx) error {
		_, state, err := inspection.FindingMachine.Take(ctx, tx, string(id), act, passage.Note{})
		if err != nil {
			return err
		}
		var closed any
		if state == inspection.FindingClosed {
			closed = tx.Now()
		}
		if _, err := tx.Exec(ctx, `UPDATE finding SET state = $2, closed_at = $3 WHERE id = $1`, id, state, closed); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test." + act, Target: audit.Target{Kind: "finding", ID: string(id)}})
	}))
}

// reopen files that what a closed order was about was seen again.
func (h *house) reopen(o assessment.Order) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	h.must(h.db.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := assessment.OrderMachine.Take(ctx, tx, string(o.ID), "reopen", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET state = 'reopened', closed_at = NULL, reopenings = 1, reopened_at = $2, due_on = $3 WHERE id = $1`, o.ID, tx.Now(), calendar.DateOf(tx.Now()).AddDays(7)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.reopen", Target: o.Target()})
	}))
}
