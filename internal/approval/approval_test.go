package approval_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
)

// house has a bureau that asks, a city office that reviews and a provincial
// office that approves. What is asked for is only a name.
type house struct {
	t           testing.TB
	db          *db.DB
	clock       *calendar.Manual
	org         *org.Service
	obligations *obligation.Service
	svc         *approval.Service
	units       map[string]org.Unit
	people      map[string]*authz.Session
	approved    map[approval.CaseID]int
	fails       error // of the outcome
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	start := time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		fn(t, build(t, d, clock))
	})
}

func build(t testing.TB, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, org: org.New(d), units: map[string]org.Unit{}, people: map[string]*authz.Session{}, approved: map[approval.CaseID]int{}}
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, approval.Machine); err != nil {
		t.Fatal(err)
	}
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	h.obligations = obligation.New(d, h.org, approval.Obligations()...)
	h.svc = approval.New(d, h.org, h.obligations, days, 5)
	h.svc.OnApproved("wish", func(_ context.Context, tx *db.Tx, c approval.Case) error {
		if h.fails != nil {
			return h.fails
		}
		tx.AfterCommit(func() { h.approved[c.ID]++ })
		return nil
	})
	err = d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.City, Code: "610500", Name: "渭南市", Parent: "province-610000000000"}} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key string
			u   org.Unit
		}{
			{"province", org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}},
			{"city", org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
			{"bureau", org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}},
			{"weinan", org.Unit{Area: "city-610500000000", Kind: org.Office, Name: "渭南市人民政府办公室"}},
		} {
			u, _, err := h.org.AddUnit(ctx, tx, n.u)
			if err != nil {
				return err
			}
			h.units[n.key] = u
		}
		for _, p := range []struct {
			name  string
			posts [][2]string
		}{
			{"clerk", [][2]string{{"bureau", "sponsor"}}}, {"clerk2", [][2]string{{"bureau", "sponsor"}}}, {"editor", [][2]string{{"bureau", "editor"}}},
			{"city", [][2]string{{"city", "reviewer"}}}, {"city2", [][2]string{{"city", "supervisor"}}}, {"province", [][2]string{{"province", "supervisor"}}},
			// Both asks for the bureau and reviews for the city: nobody is appointed
			// so any more (Article 3), but such posts may stand from before.
			{"both", [][2]string{{"bureau", "sponsor"}, {"city", "reviewer"}}},
			{"neighbour", [][2]string{{"weinan", "supervisor"}}}, {"auditor", [][2]string{{"province", "auditor"}}},
		} {
			if err := h.hire(ctx, tx, p.name, p.posts); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) hire(ctx context.Context, tx *db.Tx, name string, posts [][2]string) error {
	p, err := h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: h.units[posts[0][0]].ID, Name: name})
	if err != nil {
		return err
	}
	for _, post := range posts {
		if name == "both" {
			if _, err := tx.Exec(ctx, `INSERT INTO post (id, person_id, unit_id, role, since) VALUES ($1, $2, $3, $4, $5)`, name+post[1], p.ID, h.units[post[0]].ID, post[1], tx.Now()); err != nil {
				return err
			}
			continue
		}
		if err := h.org.Appoint(ctx, tx, authz.System("test"), p.ID, h.units[post[0]].ID, authz.Role(post[1])); err != nil {
			return err
		}
	}
	held, err := h.org.PostsOf(ctx, tx, p.ID)
	h.people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: held}
	return err
}

func (h *house) as(name string) (context.Context, authz.Scope) {
	s := h.people[name]
	ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	return authz.WithSession(ctx, s), s.ScopeFor(authz.SignedIn)
}

func (h *house) submit(who string) approval.Case {
	h.t.Helper()
	c, err := h.trySubmit(who)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) trySubmit(who string) (c approval.Case, err error) {
	ctx, _ := h.as(who)
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		c, err = h.svc.Submit(ctx, tx, approval.Application{Kind: "wish", Title: "开设网站", Unit: h.units["bureau"].ID, Applicant: org.PersonID(h.people[who].PersonID),
			Form: map[string]string{"name": "网站"}, ConsentBy: "王建民", ConsentOn: calendar.DateOf(tx.Now()), Steps: []approval.Step{
				{Kind: approval.Review, Unit: h.units["city"].ID, Name: "市政府办公厅审核"}, {Kind: approval.Approve, Unit: h.units["province"].ID, Name: "省政府办公厅批准"}}})
		return err
	})
	return c, err
}

func (h *house) decide(who string, id approval.CaseID, act string, step int) (approval.Case, error) {
	ctx, scope := h.as(who)
	return h.svc.Decide(ctx, scope, id, approval.Decision{Act: act, StepNo: step, Reasons: []string{"填写有误"}, Opinion: "意见"})
}

func (h *house) resubmit(who string, id approval.CaseID) (c approval.Case, err error) {
	ctx, scope := h.as(who)
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		c, err = h.svc.Resubmit(ctx, tx, scope, id, "开设网站（补正）", map[string]string{"name": "新名"}, "已补正")
		return err
	})
	return c, err
}

func (h *house) state(id approval.CaseID) string {
	h.t.Helper()
	c, err := h.svc.CaseTx(context.Background(), h.db, authz.System("test"), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return c.State
}

func (h *house) clocks(unit, state string) int {
	h.t.Helper()
	list, err := h.obligations.Obligations(context.Background(), authz.System("test"), obligation.Filter{Unit: h.units[unit].ID, State: state})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(list)
}

func TestClimbToTheApproval(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		if c.Number != "SP-2026-0001" || h.submit("clerk").Number != "SP-2026-0002" {
			t.Errorf("number %s", c.Number)
		}
		if h.clocks("city", obligation.Open) != 2 || h.clocks("province", obligation.Open) != 0 {
			t.Error("the first office's clock does not run")
		}
		c, err := h.decide("city", c.ID, "pass", 1)
		if err != nil || c.State != approval.InReview || c.StepNo != 2 {
			t.Fatalf("passed %+v (%v)", c, err)
		}
		if h.clocks("city", obligation.Discharged) != 1 || h.clocks("province", obligation.Open) != 1 {
			t.Error("the clock did not move with the case")
		}
		if c, err = h.decide("province", c.ID, "approve", 2); err != nil || c.State != approval.Approved || c.EndedAt.IsZero() || h.approved[c.ID] != 1 {
			t.Fatalf("approved %+v (%v)", c, err)
		}
		_, steps, opinions, err := h.svc.Case(context.Background(), authz.System("test"), c.ID)
		if err != nil || len(steps) != 3 || steps[0].PersonName != "王建民" || len(opinions) != 3 || opinions[2].UnitName != "陕西省人民政府办公厅" {
			t.Errorf("file %+v %+v (%v)", steps, opinions, err)
		}
		if steps[1].Due.On.String() != "2026-03-09" {
			t.Errorf("five working days from 2 March end on %s", steps[1].Due.On)
		}
	})
}

func TestWhoMayDecide(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("both")
		for _, tt := range []struct {
			who  string
			want fault.Kind
		}{{"both", fault.Refused}, {"clerk", fault.Forbidden}, {"province", fault.Forbidden}, {"auditor", fault.Forbidden}, {"neighbour", fault.NotFound}} {
			if _, err := h.decide(tt.who, c.ID, "pass", 1); !fault.Is(err, tt.want) {
				t.Errorf("%s: %v, want %s", tt.who, err, tt.want)
			}
		}
		// Whoever amended an application does not review it either.
		mine := h.submit("clerk")
		if _, err := h.decide("city", mine.ID, "return", 1); err != nil {
			t.Fatal(err)
		}
		if _, err := h.resubmit("both", mine.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("both", mine.ID, "pass", 1); !fault.Is(err, fault.Refused) {
			t.Errorf("the one who amended decided: %v", err)
		}
		// A case nobody decided on changes nothing; a stale page neither.
		if _, err := h.decide("city", c.ID, "pass", 2); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale page decided: %v", err)
		}
		if h.state(c.ID) != approval.InReview {
			t.Errorf("state %s", h.state(c.ID))
		}
	})
}

func TestDecisionsMustBeWhole(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		for _, tt := range []struct {
			name, field string
			d           approval.Decision
		}{
			{"none chosen", "act", approval.Decision{StepNo: 1}},
			{"approval before its step", "act", approval.Decision{Act: "approve", StepNo: 1}},
			{"an act of the applicant", "act", approval.Decision{Act: "withdraw", StepNo: 1}},
			{"return without a reason", "opinion", approval.Decision{Act: "return", Opinion: "改", StepNo: 1}},
			{"refusal without words", "opinion", approval.Decision{Act: "refuse", Reasons: []string{"其他"}, Opinion: " ", StepNo: 1}},
			{"too long", "opinion", approval.Decision{Act: "pass", Opinion: strings.Repeat("长", 2001), StepNo: 1}},
		} {
			ctx, scope := h.as("city")
			_, err := h.svc.Decide(ctx, scope, c.ID, tt.d)
			if !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("province", c.ID, "pass", 2); !fault.Is(err, fault.Invalid) {
			t.Errorf("passed on beyond the last step: %v", err)
		}
	})
}

func TestReturnResubmitRefuseWithdraw(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		if _, err := h.resubmit("clerk", c.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("resubmitted while in review: %v", err)
		}
		if _, err := h.decide("city", c.ID, "return", 1); err != nil {
			t.Fatal(err)
		}
		if h.clocks("city", obligation.Open) != 0 {
			t.Error("the office's clock runs while the applicant amends")
		}
		if _, err := h.resubmit("editor", c.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an editor resubmitted: %v", err)
		}
		got, err := h.resubmit("clerk2", c.ID)
		if err != nil || got.State != approval.InReview || got.StepNo != 1 || h.clocks("city", obligation.Open) != 1 {
			t.Fatalf("resubmitted %+v (%v)", got, err)
		}
		if _, err := h.decide("city", c.ID, "refuse", 1); err != nil || h.state(c.ID) != approval.Refused {
			t.Errorf("refused: %v", err)
		}
		if _, err := h.resubmit("clerk", c.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("resubmitted what was refused: %v", err)
		}
		c = h.submit("clerk")
		ctx, scope := h.as("editor")
		if _, err := h.svc.Withdraw(ctx, scope, c.ID, "不办了"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an editor withdrew: %v", err)
		}
		ctx, scope = h.as("clerk")
		if _, err := h.svc.Withdraw(ctx, scope, c.ID, "不办了"); err != nil || h.state(c.ID) != approval.Withdrawn || h.clocks("city", obligation.Open) != 0 {
			t.Errorf("withdrawn: %v", err)
		}
		if _, err := h.svc.Withdraw(ctx, scope, c.ID, "again"); !fault.Is(err, fault.Conflict) {
			t.Errorf("withdrawn twice: %v", err)
		}
	})
}

// Either all of an approval happened or the case is still open.
func TestFailedOutcomeLeavesTheCaseOpen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		h.fails = errors.New("disk full")
		if _, err := h.decide("province", c.ID, "approve", 2); !errors.Is(err, h.fails) {
			t.Fatalf("approved: %v", err)
		}
		if h.state(c.ID) != approval.InReview || h.clocks("province", obligation.Open) != 1 {
			t.Error("half an approval stands")
		}
		h.fails = nil
		if _, err := h.decide("province", c.ID, "approve", 2); err != nil || h.approved[c.ID] != 1 {
			t.Errorf("after the mend: %v, %d outcomes", err, h.approved[c.ID])
		}
	})
}

func TestTwoDecideAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		errs := make(chan error, 2)
		for _, who := range []string{"city", "city2"} {
			go func() {
				_, err := h.decide(who, c.ID, "pass", 1)
				errs <- err
			}()
		}
		won := 0
		for range 2 {
			if err := <-errs; err == nil {
				won++
			} else if !fault.Is(err, fault.Conflict) {
				t.Errorf("the loser was told %v", err)
			}
		}
		_, _, opinions, err := h.svc.Case(context.Background(), authz.System("test"), c.ID)
		if won != 1 || err != nil || len(opinions) != 2 {
			t.Errorf("%d won, %d opinions (%v)", won, len(opinions), err)
		}
	})
}

func TestListsAreTheirReaders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		c := h.submit("clerk")
		pending, steps, err := h.svc.Pending(ctx, h.people["city"])
		if err != nil || len(pending) != 1 || steps[0].No != 1 {
			t.Errorf("the city has %d to do (%v)", len(pending), err)
		}
		for _, who := range []string{"clerk", "province", "neighbour", "auditor"} {
			if list, _, _ := h.svc.Pending(ctx, h.people[who]); len(list) != 0 {
				t.Errorf("%s has %d to do", who, len(list))
			}
		}
		own := h.submit("both")
		if list, _, _ := h.svc.Pending(ctx, h.people["both"]); len(list) != 1 || list[0].ID != c.ID {
			t.Errorf("an own application %s waits for its applicant: %v", own.Number, list)
		}
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		if list, _ := h.svc.DecidedBy(ctx, h.people["city"], 10); len(list) != 1 {
			t.Errorf("the city decided on %d", len(list))
		}
		if list, _ := h.svc.StartedBy(ctx, h.people["clerk"], 10); len(list) != 1 {
			t.Errorf("the clerk started %d", len(list))
		}
		if _, total, err := h.svc.Cases(ctx, h.people["neighbour"].ScopeFor(authz.CaseRead), approval.Filter{}); err != nil || total != 0 {
			t.Errorf("the neighbour lists %d (%v)", total, err)
		}
		for _, f := range []approval.Filter{{State: approval.InReview}, {Kind: "wish"}, {Unit: h.units["bureau"].ID}, {Text: "sp-2026"}, {Text: "开设"}} {
			if list, total, err := h.svc.Cases(ctx, h.people["province"].ScopeFor(authz.CaseRead), f); err != nil || total != 2 || len(list) != 2 {
				t.Errorf("%+v finds %d (%v)", f, total, err)
			}
		}
	})
}

// Random people do random things. Whatever happens: a case only moves as
// declared, by whoever may, never by whoever asked; outcomes run once for each
// approval; every row of history has its entry in the trail. It takes seconds on
// PostgreSQL: five hundred acts are five hundred transactions.
func TestRandomActsBreakNoGuard(t *testing.T) {
	seed := uint64(20260302)
	t.Logf("seed %d", seed)
	each(t, func(t *testing.T, h *house) {
		r := rand.New(rand.NewPCG(seed, seed))
		people := []string{"clerk", "clerk2", "editor", "city", "city2", "province", "province", "province", "province", "both", "neighbour", "auditor"}
		acts := []string{"pass", "pass", "approve", "approve", "approve", "return", "refuse", "withdraw", "resubmit", "resubmit", "back", "back", "ask", "advise", "answer", "answer", "waive", "end", "nonsense"}
		var cases []approval.CaseID
		asked := map[approval.CaseID]map[string]bool{}
		done := 0
		for n := range 700 {
			if len(cases) < 3 || r.IntN(16) == 0 {
				who := []string{"clerk", "clerk2", "both"}[r.IntN(3)]
				c := h.submit(who)
				cases, asked[c.ID] = append(cases, c.ID), map[string]bool{who: true}
			}
			id, who, act := cases[len(cases)-1-r.IntN(min(5, len(cases)))], people[r.IntN(len(people))], acts[r.IntN(len(acts))]
			before := h.state(id)
			file, steps, _, err := h.svc.Case(context.Background(), authz.System("test"), id)
			if err != nil {
				t.Fatal(err)
			}
			// Half of the time somebody who could is at it.
			if r.IntN(2) == 0 {
				who = map[org.UnitID][]string{h.units["city"].ID: {"city", "city2"}, h.units["province"].ID: {"province"}, "": {"clerk", "clerk2"}}[file.AtUnit][0]
				if act == "answer" {
					who = []string{"neighbour", "province"}[r.IntN(2)]
				}
			}
			step := r.IntN(3)
			if r.IntN(4) > 0 {
				step = file.StepNo
			}
			switch act {
			case "withdraw":
				ctx, scope := h.as(who)
				_, err = h.svc.Withdraw(ctx, scope, id, "随机")
			case "resubmit":
				_, err = h.resubmit(who, id)
			case "end":
				ctx, scope := h.as(who)
				_, err = h.svc.End(ctx, scope, id, "随机")
			case "back":
				ctx, scope := h.as(who)
				_, err = h.svc.Decide(ctx, scope, id, approval.Decision{Act: "return", StepNo: step, ReturnTo: 1, Reasons: []string{"steps"}, Opinion: "重审"})
			case "ask", "advise":
				ctx, scope := h.as(who)
				kind := map[string]string{"ask": approval.Countersign, "advise": approval.Advice}[act]
				_, err = h.svc.Ask(ctx, scope, id, approval.Question{StepNo: step, Kind: kind, Units: []org.UnitID{h.units[[]string{"weinan", "province", "city", "bureau"}[r.IntN(4)]].ID}})
			case "answer", "waive":
				err = h.randomReply(r, who, id, act)
			default:
				_, err = h.decide(who, id, act, step)
			}
			says := fmt.Sprintf("act %d: %s %s at step %d of a case %s at step %d (%v)", n, who, act, step, before, file.StepNo, err)
			if err != nil {
				if fault.Of(err).Kind == fault.Internal {
					t.Fatalf("%s: an internal error", says)
				}
				if h.state(id) != before {
					t.Fatalf("%s: failed and moved to %s", says, h.state(id))
				}
				continue
			}
			done++
			if act == "answer" || act == "waive" || act == "ask" || act == "advise" {
				if h.state(id) != before {
					t.Fatalf("%s: moved the case to %s", says, h.state(id))
				}
				continue
			}
			if act == "end" {
				t.Fatalf("%s: ended while the applicant stands", says)
			}
			if act == "back" {
				act = "send_back"
			}
			if !approval.Machine.Can(before, act) {
				t.Fatalf("%s: not declared", says)
			}
			switch act {
			case "withdraw", "resubmit":
				if who != "clerk" && who != "clerk2" && who != "both" {
					t.Fatalf("%s: not the applicant's unit", says)
				}
				if act == "resubmit" {
					asked[id][who] = true
				}
			default:
				at := map[org.UnitID][]string{h.units["city"].ID: {"city", "city2", "both"}, h.units["province"].ID: {"province"}}[steps[file.StepNo].Unit]
				if asked[id][who] || step != file.StepNo || !strings.Contains(" "+strings.Join(at, " ")+" ", " "+who+" ") {
					t.Fatalf("%s: not theirs to decide", says)
				}
			}
		}
		if len(h.approved) == 0 {
			t.Error("no case got to its approval: the walk proves little")
		}
		if done < 20 {
			t.Errorf("only %d acts of 700 were done: the walk proves little", done)
		}
		t.Logf("%d cases, %d acts done of 700 tried", len(cases), done)
		h.consistent(t, cases)
	})
}

// randomReply answers or waives one of the requests on the case, as anybody.
func (h *house) randomReply(r *rand.Rand, who string, id approval.CaseID, act string) error {
	list, err := h.svc.Requests(context.Background(), authz.System("test"), id)
	if err != nil || len(list) == 0 {
		return fault.Missing("征求意见").From(err)
	}
	q := list[r.IntN(len(list))]
	ctx, scope := h.as(who)
	if act == "waive" {
		_, err := h.svc.Waive(ctx, scope, id, q.ID, "随机")
		return err
	}
	if _, err := h.svc.Answer(ctx, h.people[who], id, q.ID, approval.Answer{Stance: "remarks", Text: "随机"}); err != nil {
		return err
	}
	if h.people[who].Posts[0].UnitID != string(q.Unit) && who != "both" || q.State != approval.Asked {
		h.t.Fatalf("%s answered what was asked of %s (%s)", who, q.UnitName, q.State)
	}
	return nil
}

// climbed replays the file of a case: no step was skipped, and what was decided
// past a countersignature had its answers.
func (h *house) climbed(t *testing.T, c approval.Case) {
	t.Helper()
	_, steps, opinions, err := h.svc.Case(context.Background(), authz.System("test"), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	at := 1
	for _, o := range opinions {
		if o.Act != "answer" && o.StepNo != at {
			t.Errorf("%s: %s at step %d while it stood at %d", c.Number, o.Act, o.StepNo, at)
		}
		switch o.Act {
		case "pass":
			at++
		case "send_back":
			at = 1
		case "approve":
			if at != len(steps)-1 {
				t.Errorf("%s: approved at step %d of %d", c.Number, at, len(steps)-1)
			}
		}
	}
	if at != c.StepNo {
		t.Errorf("%s stands at %d, its file says %d", c.Number, c.StepNo, at)
	}
	list, err := h.svc.Requests(context.Background(), authz.System("test"), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range list {
		open, err := h.obligations.Obligations(context.Background(), authz.System("test"), obligation.Filter{Subject: obligation.Subject{Kind: "case_request", ID: q.ID}})
		if err != nil {
			t.Fatal(err)
		}
		if want := q.State == approval.Asked && q.Kind == approval.Countersign; (len(open) == 1) != want {
			t.Errorf("%s: %s of %s is %s with %d open clocks", c.Number, q.KindName(), q.UnitName, q.State, len(open))
		}
		if q.State == approval.Asked && (!c.Open() || q.Kind == approval.Countersign && q.StepNo != c.StepNo) {
			t.Errorf("%s: a question is left open at step %d", c.Number, q.StepNo)
		}
	}
}

// consistent compares cases, history, trail, outcomes and clocks.
func (h *house) consistent(t *testing.T, cases []approval.CaseID) {
	t.Helper()
	ctx := context.Background()
	for _, id := range cases {
		history, err := approval.Machine.History(ctx, h.db, string(id))
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.svc.CaseTx(ctx, h.db, authz.System("test"), id)
		if err != nil {
			t.Fatal(err)
		}
		if last := history[len(history)-1]; last.To != c.State {
			t.Errorf("%s is %s, its history ends in %s", c.Number, c.State, last.To)
		}
		trail, err := audit.Entries(ctx, h.db, audit.Filter{TargetKind: "case", TargetID: string(id), Act: "approval.", Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		if len(trail) != len(history) {
			t.Errorf("%s: %d moves, %d entries in the trail", c.Number, len(history), len(trail))
		}
		for i, step := range history {
			if e := trail[len(trail)-1-i]; e.Act != "approval."+step.Act || e.Actor.ID != step.ActorID {
				t.Errorf("%s: move %s by %s is entered as %s by %s", c.Number, step.Act, step.ActorName, e.Act, e.Actor.Name)
			}
		}
		h.climbed(t, c)
		want := 0
		if c.State == approval.Approved {
			want = 1
		}
		if h.approved[id] != want {
			t.Errorf("%s is %s and had %d outcomes", c.Number, c.State, h.approved[id])
		}
		open, err := h.obligations.Obligations(ctx, authz.System("test"), obligation.Filter{Subject: obligation.Subject{Kind: "case", ID: string(id)}})
		if err != nil {
			t.Fatal(err)
		}
		if (len(open) == 1) != (c.State == approval.InReview) || len(open) > 1 {
			t.Errorf("%s is %s with %d open clocks", c.Number, c.State, len(open))
		}
	}
}

// Whoever reads cases at an office that has a step opens the case, before and
// after it comes there; a neighbour and a colleague who reads none do not.
func TestWhoeverHasAStepOpensTheCase(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			for name, post := range map[string][2]string{"provinceclerk": {"province", "sponsor"}, "cityclerk": {"city", "sponsor"}, "cityeditor": {"city", "editor"}, "weinanclerk": {"weinan", "sponsor"}} {
				if err := h.hire(sys, tx, name, [][2]string{post}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		c := h.submit("clerk")
		may := func(when string) {
			t.Helper()
			for who, want := range map[string]bool{"clerk": true, "cityclerk": true, "provinceclerk": true, "city": true, "neighbour": false, "weinanclerk": false, "cityeditor": false} {
				ctx, scope := h.as(who)
				_, _, _, err := h.svc.Case(ctx, scope, c.ID)
				if want && err != nil || !want && !fault.Is(err, fault.NotFound) {
					t.Errorf("%s, %s: %v", when, who, err)
				}
			}
		}
		may("before it comes to the province")
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		may("at the province")
	})
}
