package approval_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
)

var testScope = authz.System("test")

// outside submits a chain that ends with the State Council's office.
func (h *house) outside(who string) approval.Case {
	h.t.Helper()
	ctx, _ := h.as(who)
	var c approval.Case
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		c, err = h.svc.Submit(ctx, tx, approval.Application{Kind: "wish", Title: "报送基本信息表", Unit: h.units["bureau"].ID, Applicant: org.PersonID(h.people[who].PersonID),
			ConsentBy: "王建民", ConsentOn: calendar.DateOf(tx.Now()), Steps: []approval.Step{
				{Kind: approval.Review, Unit: h.units["province"].ID, Name: "省政府办公厅审核"},
				{Kind: approval.External, Unit: h.units["province"].ID, Name: "国务院办公厅批准", Body: "国务院办公厅", Asks: "政府网站标识码"}}})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// scan is a file as approval.Take makes it.
func scan(t *testing.T) *approval.Attachment {
	t.Helper()
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	a, err := approval.Take(context.Background(), store, approval.Upload{Field: "scan", Name: "批复.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))})
	if err != nil {
		t.Fatal(err)
	}
	return &a
}

func TestArticle07_3_TheStateCouncilsAnswerEndsTheChain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		var told approval.ExternalAnswer
		h.svc.OnApproved("wish", func(_ context.Context, tx *db.Tx, c approval.Case) error {
			told = c.External
			return nil
		})
		c := h.outside("clerk")
		if _, err := h.decide("province", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		_, steps, _, err := h.svc.Case(context.Background(), testScope, c.ID)
		if err != nil || steps[2].Due.On.String() != "2026-04-14" {
			t.Errorf("30 working days from 2 March end on %s (%v)", steps[2].Due.On, err)
		}
		ctx, scope := h.as("province")
		for _, act := range []string{"approve", "pass", "refuse"} {
			if _, err := h.svc.Decide(ctx, scope, c.ID, approval.Decision{Act: act, StepNo: 2, Opinion: "x", Reasons: []string{"other"}}); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Says, "国务院办公厅") {
				t.Errorf("%s in the place of the State Council: %v", act, err)
			}
		}
		day := calendar.DateOf(h.clock.Now())
		whole := approval.Recorded{StepNo: 2, Document: "国办函〔2026〕3号", On: day, Value: "6100000099", File: scan(t)}
		for name, tt := range map[string]struct {
			field string
			with  func(*approval.Recorded)
		}{
			"no document":    {"document", func(n *approval.Recorded) { n.Document = " " }},
			"no date":        {"on", func(n *approval.Recorded) { n.On = calendar.Date{} }},
			"tomorrow":       {"on", func(n *approval.Recorded) { n.On = day.AddDays(1) }},
			"before it came": {"on", func(n *approval.Recorded) { n.On = day.AddDays(-1) }},
			"no scan":        {"scan", func(n *approval.Recorded) { n.File = nil }},
			"no code":        {"value", func(n *approval.Recorded) { n.Value = "" }},
			"refused mutely": {"note", func(n *approval.Recorded) { n.Refused, n.File = true, nil }},
		} {
			n := whole
			tt.with(&n)
			if _, err := h.svc.RecordExternal(ctx, scope, c.ID, n); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		cityCtx, cityScope := h.as("city")
		if _, err := h.svc.RecordExternal(cityCtx, cityScope, c.ID, whole); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the city recorded it: %v", err)
		}
		got, err := h.svc.RecordExternal(ctx, scope, c.ID, whole)
		if err != nil || got.State != approval.Approved || told.Value != "6100000099" || told.Document != "国办函〔2026〕3号" || told.Attachment == "" || told.Body != "国务院办公厅" {
			t.Fatalf("recorded %+v, told %+v (%v)", got, told, err)
		}
		if _, err := h.svc.RecordExternal(ctx, scope, c.ID, whole); !fault.Is(err, fault.Conflict) {
			t.Errorf("recorded twice: %v", err)
		}
		read, _, _, err := h.svc.Case(context.Background(), testScope, c.ID)
		if err != nil || read.External.Value != "6100000099" || read.External.On != day {
			t.Errorf("read back %+v (%v)", read.External, err)
		}

		c = h.outside("clerk")
		if c, err := h.decide("province", c.ID, "pass", 1); err != nil || c.AtName() != "国务院办公厅" || c.AtUnit != h.units["province"].ID {
			t.Fatalf("after the province it is with %s, recorded by %s (%v)", c.AtName(), c.AtUnitName, err)
		}
		no := approval.Recorded{StepNo: 2, Refused: true, Document: "国办函〔2026〕4号", On: day, Note: "名称与已有网站重复"}
		if list, _, err := h.svc.Cases(ctx, scope, approval.Filter{State: approval.InReview}); err != nil || len(list) != 1 || list[0].AtName() != "国务院办公厅" {
			t.Errorf("the list says who has it: %+v (%v)", list, err)
		}
		if got, err = h.svc.RecordExternal(ctx, scope, c.ID, no); err != nil || got.State != approval.Refused || h.clocks("province", obligation.Open) != 0 {
			t.Errorf("refused outside: %+v (%v)", got, err)
		}
		letters, err := h.svc.LettersOf(ctx, scope, c.ID)
		if err != nil || len(letters) != 1 || letters[0].Kind != approval.RefusalLetter || !strings.Contains(strings.Join(letters[0].Text, ""), "国办函〔2026〕4号") {
			t.Errorf("letters %+v (%v)", letters, err)
		}
	})
}

func TestChainsMustEndInADecision(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		unit := h.units["city"].ID
		for name, steps := range map[string][]approval.Step{
			"none":                 nil,
			"ends in a review":     {{Kind: approval.Review, Unit: unit}},
			"approval in between":  {{Kind: approval.Approve, Unit: unit}, {Kind: approval.Approve, Unit: unit}},
			"review after outside": {{Kind: approval.External, Unit: unit, Body: "x"}, {Kind: approval.Review, Unit: unit}, {Kind: approval.Approve, Unit: unit}},
			"outside of nobody":    {{Kind: approval.External, Unit: unit}},
		} {
			ctx, _ := h.as("clerk")
			err := h.db.Update(ctx, func(tx *db.Tx) error {
				_, err := h.svc.Submit(ctx, tx, approval.Application{Kind: "wish", Unit: h.units["bureau"].ID, Applicant: org.PersonID(h.people["clerk"].PersonID), Steps: steps})
				return err
			})
			if err == nil {
				t.Errorf("%s was taken", name)
			}
		}
	})
}

// messages to a unit or person, with a word in the title.
func (h *house) messages(unit, word string) int {
	h.t.Helper()
	n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM message WHERE unit_id = $1 AND title LIKE $2`, h.units[unit].ID, "%"+word+"%")
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) exec(query string, args ...any) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, query, args...); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.set"})
	}); err != nil {
		h.t.Fatal(err)
	}
}

func TestVacantPostIsSeenAndFilled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.exec(`UPDATE post SET ended_at = $1 WHERE unit_id = $2`, h.clock.Now(), h.units["city"].ID)
		c := h.submit("clerk")
		_, steps, opinions, err := h.svc.Case(ctx, testScope, c.ID)
		if err != nil || !steps[1].Vacant || opinions[len(opinions)-1].Act != "vacant" {
			t.Fatalf("the vacancy is not seen: %+v (%v)", steps[1], err)
		}
		if h.messages("province", "审核岗位空缺") != 1 || h.clocks("city", obligation.Open) != 1 {
			t.Error("the office above was not told, or the clock stands still")
		}
		if list, n, err := h.svc.Cases(ctx, testScope, approval.Filter{Vacant: true}); err != nil || n != 1 || list[0].ID != c.ID {
			t.Errorf("the list finds %d vacant (%v)", n, err)
		}
		for range 2 {
			if _, err := h.svc.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := h.messages("province", "审核岗位空缺"); n != 1 {
			t.Errorf("told %d times", n)
		}
		sys := audit.System(ctx, "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error { return h.hire(sys, tx, "new", [][2]string{{"city", "reviewer"}}) }); err != nil {
			t.Fatal(err)
		}
		if list, _, err := h.svc.Pending(ctx, h.people["new"]); err != nil || len(list) != 1 {
			t.Errorf("the new reviewer finds %d (%v)", len(list), err)
		}
		if _, err := h.svc.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		// The approver leaves in the middle: it is told again, and nothing blocks.
		h.clock.Advance(1e9)
		h.exec(`UPDATE person SET left_at = $1 WHERE id = $2`, h.clock.Now(), h.people["new"].PersonID)
		if n, err := h.svc.Sweep(ctx); err != nil || n != 1 {
			t.Errorf("looked after %d (%v)", n, err)
		}
		if err := h.db.Update(sys, func(tx *db.Tx) error { return h.hire(sys, tx, "newer", [][2]string{{"city", "reviewer"}}) }); err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("newer", c.ID, "pass", 1); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
}

// An office whose only reviewer asked for it is as good as vacant.
func TestOfficeOfTheApplicantAloneIsVacant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.exec(`UPDATE post SET ended_at = $1 WHERE unit_id = $2 AND person_id <> $3`, h.clock.Now(), h.units["city"].ID, h.people["both"].PersonID)
		c := h.submit("both")
		_, steps, _, err := h.svc.Case(context.Background(), testScope, c.ID)
		if err != nil || !steps[1].Vacant || h.messages("province", "审核岗位空缺") != 1 {
			t.Errorf("not seen as vacant (%v)", err)
		}
		// A deputy who did not ask for it may decide.
		ctx := audit.System(context.Background(), "test")
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			if err := h.hire(ctx, tx, "desk", [][2]string{{"bureau", "inspector"}}); err != nil {
				return err
			}
			_, err := h.org.Delegate(ctx, tx, testScope, org.Delegation{From: org.PersonID(h.people["both"].PersonID), To: org.PersonID(h.people["desk"].PersonID),
				Posts: []org.PostID{"bothreviewer"}, Until: calendar.DateOf(tx.Now()).AddDays(2), Reason: "休假"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, steps, _, err = h.svc.Case(context.Background(), testScope, c.ID); err != nil || steps[1].Vacant {
			t.Errorf("still seen as vacant beside a deputy (%v)", err)
		}
	})
}

func TestAbolishedOfficeHandsItsStepOn(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		c := h.submit("clerk")
		due := h.due(c.ID, 1)
		h.clock.Advance(24 * 3600 * 1e9)
		h.exec(`UPDATE unit SET abolished_on = $1 WHERE id = $2`, calendar.DateOf(h.clock.Now()), h.units["city"].ID)
		if n, err := h.svc.Sweep(ctx); err != nil || n != 1 {
			t.Fatalf("handled %d (%v)", n, err)
		}
		_, steps, opinions, err := h.svc.Case(ctx, testScope, c.ID)
		if err != nil || steps[1].Unit != h.units["province"].ID || steps[1].Moved != "西安市人民政府办公厅" {
			t.Fatalf("the step stands at %s (%v)", steps[1].UnitName, err)
		}
		if last := opinions[len(opinions)-1]; last.Act != "reroute" || !strings.Contains(last.Text, "已撤销") {
			t.Errorf("the file says %+v", last)
		}
		if h.clocks("city", obligation.Open) != 0 || h.clocks("province", obligation.Open) != 1 || h.due(c.ID, 1) != due {
			t.Error("the clock did not move along, or got another day")
		}
		if n, err := h.svc.Sweep(ctx); err != nil || n != 0 {
			t.Errorf("a second sweep handled %d (%v)", n, err)
		}
		// No step is skipped: the province decides both, one after the other.
		if _, err := h.decide("province", c.ID, "approve", 1); !fault.Is(err, fault.Invalid) {
			t.Errorf("approved at the review: %v", err)
		}
		if _, err := h.decide("province", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		if got, err := h.decide("province", c.ID, "approve", 2); err != nil || got.State != approval.Approved {
			t.Errorf("approved: %v", err)
		}
		// A successor, where one is known, comes first; on arrival too.
		h.svc.OnSuccessor(func(_ context.Context, _ db.Querier, u org.UnitID) (org.UnitID, bool, error) {
			return h.units["weinan"].ID, u == h.units["city"].ID, nil
		})
		c = h.submit("clerk")
		if _, steps, _, err = h.svc.Case(ctx, testScope, c.ID); err != nil || steps[1].Unit != h.units["weinan"].ID || c.AtUnit != h.units["weinan"].ID {
			t.Errorf("the successor did not get it: %s (%v)", steps[1].UnitName, err)
		}
		if _, err := h.decide("neighbour", c.ID, "pass", 1); err != nil {
			t.Errorf("the successor lies outside the applicant's area and must still see it: %v", err)
		}
	})
}

func (h *house) due(id approval.CaseID, no int) calendar.Date {
	_, steps, _, err := h.svc.Case(context.Background(), testScope, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return steps[no].Due.On
}

func TestAbolishedApplicantsCaseMayBeEnded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		end := func(who string) (approval.Case, error) {
			ctx, scope := h.as(who)
			return h.svc.End(ctx, scope, c.ID, "职能并入他局")
		}
		if _, err := end("city"); !fault.Is(err, fault.Refused) {
			t.Errorf("ended while the applicant stands: %v", err)
		}
		h.exec(`UPDATE unit SET abolished_on = $1 WHERE id = $2`, calendar.DateOf(h.clock.Now()), h.units["bureau"].ID)
		for who, want := range map[string]fault.Kind{"clerk": fault.Forbidden, "neighbour": fault.NotFound, "auditor": fault.Forbidden} {
			if _, err := end(who); !fault.Is(err, want) {
				t.Errorf("%s ended it: %v", who, err)
			}
		}
		got, err := end("province")
		if err != nil || got.State != approval.Ended || h.clocks("city", obligation.Open) != 0 {
			t.Fatalf("ended %+v (%v)", got, err)
		}
		if _, err := end("city"); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
		letters, err := h.svc.LettersOf(context.Background(), testScope, c.ID)
		if err != nil || len(letters) != 1 || letters[0].Kind != approval.EndingLetter || letters[0].Issuer != "陕西省人民政府办公厅" {
			t.Errorf("letters %+v (%v)", letters, err)
		}
	})
}

// deputy gives a person, for the session, the post of another.
func (h *house) deputy(who, holder, unit string, role authz.Role) {
	u := h.units[unit]
	p := h.people[who]
	h.people[who+" for "+holder] = &authz.Session{PersonID: p.PersonID, Name: p.Name, Posts: append(slices.Clone(p.Posts),
		authz.Post{ID: "d", Role: role, UnitID: string(u.ID), UnitName: u.Name, AreaPath: u.AreaPath, Office: true, Delegated: true, Via: holder})}
}

func TestDeputyDecidesInTheHoldersName(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.deputy("neighbour", "王某", "city", authz.Reviewer)
		c := h.submit("clerk")
		if _, err := h.decide("neighbour for 王某", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		_, steps, opinions, err := h.svc.Case(context.Background(), testScope, c.ID)
		if err != nil || steps[1].Signed() != "neighbour（代 王某）" {
			t.Errorf("signed %q (%v)", steps[1].Signed(), err)
		}
		if o := opinions[len(opinions)-1]; o.Signed() != "neighbour（代 王某）" || o.UnitName != "西安市人民政府办公厅" {
			t.Errorf("the file says %s of %s", o.Signed(), o.UnitName)
		}
		// The deputy of the applicant's person is not barred; who submitted is,
		// whosever post they hold.
		h.deputy("clerk", "王某", "city", authz.Reviewer)
		h.deputy("clerk2", "王某", "city", authz.Reviewer)
		c = h.submit("clerk")
		if _, err := h.decide("clerk for 王某", c.ID, "pass", 1); !fault.Is(err, fault.Refused) {
			t.Errorf("the applicant decided as a deputy: %v", err)
		}
		if _, err := h.decide("clerk2 for 王某", c.ID, "pass", 1); err != nil {
			t.Errorf("a colleague of the applicant as deputy: %v", err)
		}
		// The delegator asked for it; the deputy did not.
		h.deputy("city2", "both", "city", authz.Reviewer)
		c = h.submit("both")
		if _, err := h.decide("city2 for both", c.ID, "pass", 1); err != nil {
			t.Errorf("a deputy decided on the delegator's application: %v", err)
		}
		// The own post comes before a delegated one.
		if _, steps, _, err = h.svc.Case(context.Background(), testScope, c.ID); err != nil || steps[1].ForName != "" {
			t.Errorf("signed %q (%v)", steps[1].Signed(), err)
		}
	})
}

func TestReturnToAnEarlierOffice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		ctx, scope := h.as("province")
		back := approval.Decision{Act: "return", StepNo: 2, ReturnTo: 1, Reasons: []string{"steps", "incomplete", "steps"}, Opinion: "请市级补充审核意见。"}
		for _, to := range []int{-1, 2, 3} {
			n := back
			n.ReturnTo = to
			if _, err := h.svc.Decide(ctx, scope, c.ID, n); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "to" {
				t.Errorf("returned to step %d: %v", to, err)
			}
		}
		got, err := h.svc.Decide(ctx, scope, c.ID, back)
		if err != nil || got.State != approval.InReview || got.StepNo != 1 || got.AtUnit != h.units["city"].ID {
			t.Fatalf("sent back %+v (%v)", got, err)
		}
		if h.clocks("city", obligation.Open) != 1 || h.clocks("province", obligation.Open) != 0 || h.clocks("province", obligation.Discharged) != 1 {
			t.Error("the clocks did not go back with the case")
		}
		_, steps, opinions, err := h.svc.Case(ctx, scope, c.ID)
		if err != nil || !steps[2].DecidedAt.IsZero() || !steps[1].DecidedAt.IsZero() {
			t.Errorf("steps %+v (%v)", steps, err)
		}
		if o := opinions[len(opinions)-1]; o.Act != "send_back" || !slices.Equal(o.Reasons, []string{"steps", "incomplete"}) {
			t.Errorf("the file says %+v", o)
		}
		letters, err := h.svc.LettersOf(ctx, scope, c.ID)
		if err != nil || len(letters) != 1 || letters[0].Kind != approval.ReturnLetter || letters[0].Addressee != "西安市人民政府办公厅" {
			t.Errorf("letters %+v (%v)", letters, err)
		}
		// No step is skipped on the way up again.
		if _, err := h.decide("province", c.ID, "approve", 2); !fault.Is(err, fault.Conflict) {
			t.Errorf("approved without the city: %v", err)
		}
		if _, err := h.decide("city2", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		if got, err := h.decide("province", c.ID, "approve", 2); err != nil || got.State != approval.Approved {
			t.Errorf("approved: %v", err)
		}
	})
}

func TestEachReasonHasItsLetter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city")
		letter := func(act string, reasons ...string) approval.Letter {
			t.Helper()
			c := h.submit("clerk")
			if _, err := h.svc.Decide(ctx, scope, c.ID, approval.Decision{Act: act, StepNo: 1, Reasons: reasons, Opinion: "请尽快办理。"}); err != nil {
				t.Fatal(err)
			}
			list, err := h.svc.LettersOf(ctx, scope, c.ID)
			if err != nil || len(list) != 1 {
				t.Fatalf("%d letters (%v)", len(list), err)
			}
			got, err := h.svc.LetterByID(ctx, scope, c.ID, list[0].ID)
			if err != nil || got.Number != list[0].Number {
				t.Errorf("read %+v (%v)", got, err)
			}
			nb, nbScope := h.as("neighbour")
			if _, err := h.svc.LetterByID(nb, nbScope, c.ID, list[0].ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("a neighbour reads it: %v", err)
			}
			return got
		}
		for _, r := range approval.Reasons {
			if r.Hidden {
				continue
			}
			l := letter("return", r.ID)
			text := strings.Join(l.Text, "\n")
			if l.Kind != r.Letter || !strings.Contains(text, r.Cure) || r.Citation != "" && !strings.Contains(text, r.Citation) || strings.Contains(text, "{") {
				t.Errorf("%s: %s\n%s", r.ID, l.Kind, text)
			}
			var docx bytes.Buffer
			if _, err := l.Document().WriteTo(&docx); err != nil || docx.Len() < 1000 {
				t.Errorf("%s: %d bytes (%v)", r.ID, docx.Len(), err)
			}
		}
		if l := letter("return", "incomplete", "quota"); l.Kind != approval.ReturnLetter || !strings.Contains(l.Text[1], "一、材料不齐全") || !strings.Contains(l.Text[2], "二、超出开设数量") {
			t.Errorf("several reasons: %+v", l)
		}
		if l := letter("refuse", "unfit"); l.Kind != approval.RefusalLetter || strings.Contains(strings.Join(l.Text, ""), "再行申请") {
			t.Errorf("refused: %+v", l)
		}
		c := h.submit("clerk")
		clerk, clerkScope := h.as("clerk")
		if _, err := h.svc.Withdraw(clerk, clerkScope, c.ID, "不再需要"); err != nil {
			t.Fatal(err)
		}
		list, err := h.svc.LettersOf(ctx, scope, c.ID)
		if err != nil || len(list) != 1 || list[0].Kind != approval.WithdrawalLetter || !strings.Contains(strings.Join(list[0].Text, ""), "不再需要") {
			t.Errorf("withdrawn: %+v (%v)", list, err)
		}
		if h.messages("city", "申请已撤回") != 1 {
			t.Error("the office was not told of the withdrawal")
		}
	})
}

func TestOfficeIsToldOfAResubmission(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		if _, err := h.decide("city", c.ID, "return", 1); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(1e9)
		if _, err := h.resubmit("clerk", c.ID); err != nil || h.messages("city", "重新提交") != 1 {
			t.Errorf("told %d times (%v)", h.messages("city", "重新提交"), err)
		}
	})
}

func TestApplicantSeesWhenEachStepIsExpected(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		look := func() (a, b string) {
			_, steps, _, err := h.svc.Case(context.Background(), testScope, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return steps[1].Expected.On.String(), steps[2].Expected.On.String()
		}
		if a, b := look(); a != "2026-03-09" || b != "2026-03-16" {
			t.Errorf("expected %s and %s", a, b)
		}
		h.clock.Advance(10 * 24 * 3600 * 1e9) // overdue: from today on
		if a, b := look(); a != "2026-03-12" || b != "2026-03-19" {
			t.Errorf("late, expected %s and %s", a, b)
		}
		h.svc.OnChoices(func() approval.Choices { return approval.Choices{StepDays: 2} })
		if _, b := look(); b != "2026-03-16" {
			t.Errorf("with two days, expected %s", b)
		}
	})
}

func TestCountersignHoldsTheStep(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		ctx, scope := h.as("city")
		day := calendar.DateOf(h.clock.Now())
		ask := func(n approval.Question) ([]approval.Request, error) {
			n.StepNo = 1
			return h.svc.Ask(ctx, scope, c.ID, n)
		}
		for name, tt := range map[string]struct {
			field string
			n     approval.Question
		}{
			"nobody":        {"unit", approval.Question{Kind: approval.Countersign}},
			"applicant":     {"unit", approval.Question{Kind: approval.Countersign, Units: []org.UnitID{h.units["bureau"].ID}}},
			"itself":        {"unit", approval.Question{Kind: approval.Countersign, Units: []org.UnitID{h.units["city"].ID}}},
			"no kind":       {"kind", approval.Question{Units: []org.UnitID{h.units["weinan"].ID}}},
			"due yesterday": {"due", approval.Question{Kind: approval.Advice, Units: []org.UnitID{h.units["weinan"].ID}, Due: day.AddDays(-1)}},
			"due in a year": {"due", approval.Question{Kind: approval.Advice, Units: []org.UnitID{h.units["weinan"].ID}, Due: day.AddDays(365)}},
		} {
			if _, err := ask(tt.n); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		out, outScope := h.as("neighbour")
		if _, err := h.svc.CaseTx(out, h.db, outScope, c.ID); !fault.Is(err, fault.NotFound) {
			t.Fatalf("a neighbour sees it unasked: %v", err)
		}
		list, err := ask(approval.Question{Kind: approval.Countersign, Units: []org.UnitID{h.units["weinan"].ID, h.units["province"].ID}, Text: "名称是否妥当？", Due: day.AddDays(3)})
		if err != nil || len(list) != 2 || h.clocks("weinan", obligation.Open) != 1 {
			t.Fatalf("asked %+v (%v)", list, err)
		}
		if _, err := ask(approval.Question{Kind: approval.Advice, Units: []org.UnitID{h.units["weinan"].ID}}); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked again while it is open: %v", err)
		}
		if _, err := h.decide("city", c.ID, "pass", 1); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "渭南市") {
			t.Errorf("passed on without the answers: %v", err)
		}
		// The asked see it, answer what was asked of them, and nothing else.
		if _, err := h.svc.CaseTx(out, h.db, outScope, c.ID); err != nil {
			t.Errorf("the asked do not see it: %v", err)
		}
		inbox, err := h.svc.Inbox(out, h.people["neighbour"], 10)
		if err != nil || len(inbox) != 1 || inbox[0].Question != "名称是否妥当？" {
			t.Fatalf("inbox %+v (%v)", inbox, err)
		}
		var others string
		for _, q := range list {
			if q.ID != inbox[0].ID {
				others = q.ID
			}
		}
		if _, err := h.svc.Answer(out, h.people["neighbour"], c.ID, others, approval.Answer{Stance: "none"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("answered for the province: %v", err)
		}
		if _, err := h.svc.Answer(out, h.people["neighbour"], c.ID, inbox[0].ID, approval.Answer{Stance: "remarks"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("remarks without words: %v", err)
		}
		if _, err := h.svc.Answer(out, h.people["neighbour"], c.ID, inbox[0].ID, approval.Answer{Stance: "remarks", Text: "建议用全称。"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Answer(out, h.people["neighbour"], c.ID, inbox[0].ID, approval.Answer{Stance: "none"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered twice: %v", err)
		}
		if h.clocks("weinan", obligation.Open) != 0 || h.clocks("weinan", obligation.Discharged) != 1 || h.messages("city", "已答复会签") != 1 {
			t.Error("the answer did not end its clock, or the asker was not told")
		}
		if _, err := h.svc.Decide(out, outScope, c.ID, approval.Decision{Act: "pass", StepNo: 1}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the asked decided: %v", err)
		}
		// The province does not answer; the asker does without, with a reason.
		if _, err := h.svc.Waive(ctx, scope, c.ID, others, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("waived mutely: %v", err)
		}
		if _, err := h.svc.Waive(out, outScope, c.ID, others, "我来免"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the asked waived: %v", err)
		}
		if _, err := h.svc.Waive(ctx, scope, c.ID, others, "已电话沟通"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Errorf("after all answers: %v", err)
		}
		done, err := h.svc.AnsweredBy(out, h.people["neighbour"], 10)
		if err != nil || len(done) != 1 || done[0].Answer != "建议用全称。" {
			t.Errorf("answered %+v (%v)", done, err)
		}
	})
}

func TestArticle05_AdviceDecidesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		ctx, scope := h.as("city")
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			return h.hire(sys, tx, "cyber", [][2]string{{"province", "cyberspace"}})
		}); err != nil {
			t.Fatal(err)
		}
		bodies, err := h.svc.CoRegulators(ctx, scope, c.ID)
		if err != nil || len(bodies) != 5 || bodies[1].Unit != h.units["province"].ID || bodies[0].Unit != "" {
			t.Fatalf("co-regulators %+v (%v)", bodies, err)
		}
		list, err := h.svc.Ask(ctx, scope, c.ID, approval.Question{StepNo: 1, Kind: approval.Advice, Units: []org.UnitID{bodies[1].Unit}})
		if err != nil || list[0].Due.String() != "2026-03-09" || h.clocks("province", obligation.Open) != 0 {
			t.Fatalf("asked %+v (%v)", list, err)
		}
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Errorf("open advice held the step: %v", err)
		}
		cyber, _ := h.as("cyber")
		if _, err := h.svc.Answer(cyber, h.people["cyber"], c.ID, list[0].ID, approval.Answer{Stance: "support", Text: "支持。"}); err != nil {
			t.Errorf("the next office still wants it: %v", err)
		}
		cyberScope := h.people["cyber"].ScopeFor(authz.CaseRead)
		if _, err := h.svc.Decide(cyber, cyberScope, c.ID, approval.Decision{Act: "approve", StepNo: 2}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a co-regulator approved: %v", err)
		}
		// What is still open when the case ends is closed with it.
		more, err := h.svc.Ask(as2(h, "province"), h.people["province"].ScopeFor(authz.CaseDecide), c.ID, approval.Question{StepNo: 2, Kind: approval.Countersign, Units: []org.UnitID{h.units["weinan"].ID}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.decide("province", c.ID, "refuse", 2); err != nil {
			t.Errorf("a refusal waits for nobody: %v", err)
		}
		after, err := h.svc.Requests(ctx, scope, c.ID)
		if err != nil || after[1].ID != more[0].ID || after[1].State != approval.Lapsed || h.clocks("weinan", obligation.Open) != 0 {
			t.Errorf("left open: %+v (%v)", after, err)
		}
		if _, err := h.svc.Answer(as2(h, "neighbour"), h.people["neighbour"], c.ID, more[0].ID, approval.Answer{Stance: "none"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("answered what had ended: %v", err)
		}
	})
}

func as2(h *house, who string) context.Context {
	ctx, _ := h.as(who)
	return ctx
}

func TestBatchReadsASampleAndDecidesEach(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		broken := map[approval.CaseID]bool{}
		h.svc.OnShown("wish", func(_ context.Context, c approval.Case) (approval.Presentation, error) {
			return approval.Presentation{KindName: "愿望", Verdicts: []approval.Verdict{{OK: !broken[c.ID], Rule: "S7.1c.one_site", Citation: "第七条（一）", Note: "已有网站。"}}}, nil
		})
		ctx, scope := h.as("city")
		session := h.people["city"]
		var ids []approval.CaseID
		for range 7 {
			ids = append(ids, h.submit("clerk").ID)
		}
		if _, err := h.svc.StartBatch(ctx, scope, ids[:1]); !fault.Is(err, fault.Invalid) {
			t.Errorf("a batch of one: %v", err)
		}
		if _, err := h.svc.StartBatch(ctx, scope, append([]approval.CaseID{h.outside("clerk").ID}, ids...)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a case of another office: %v", err)
		}
		both, bothScope := h.as("both")
		if _, err := h.svc.StartBatch(both, bothScope, []approval.CaseID{ids[0], h.submit("both").ID}); !fault.Is(err, fault.Refused) {
			t.Errorf("an own application in a batch: %v", err)
		}
		b, err := h.svc.StartBatch(ctx, scope, append(ids, ids[0]))
		if err != nil || b.Number != "PL-2026-0001" || len(b.Cases) != 7 || b.ToRead() != 3 {
			t.Fatalf("batch %+v, %d to read (%v)", b, b.ToRead(), err)
		}
		if _, err := h.svc.DecideBatch(ctx, scope, session, b.ID, "同意"); !fault.Is(err, fault.Refused) {
			t.Errorf("decided unread: %v", err)
		}
		if _, err := h.svc.BatchOf(ctx, h.people["city2"], b.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a colleague reads it: %v", err)
		}
		for _, c := range b.Cases {
			if c.Sampled {
				for range 2 { // a double click
					if err := h.svc.ReadInBatch(ctx, session, b.ID, c.Case.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		// Between reading and deciding a rule turns and a colleague decides one.
		broken[b.Cases[2].Case.ID] = true
		if _, err := h.decide("city2", b.Cases[4].Case.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if b, err = h.svc.DecideBatch(ctx, scope, session, b.ID, "材料齐全，同意上报。"); err != nil {
				t.Fatal(err)
			}
		}
		if b.Count("done") != 5 || b.Count("left") != 2 || b.EndedAt.IsZero() || !strings.Contains(b.Cases[2].Says, "第七条（一）") || !strings.Contains(b.Cases[4].Says, "刚被别人处理过") {
			t.Errorf("out came %+v", b)
		}
		for i, c := range b.Cases {
			_, steps, opinions, err := h.svc.Case(ctx, scope, c.Case.ID)
			if err != nil {
				t.Fatal(err)
			}
			mine := 0
			for _, o := range opinions {
				if o.Batch == b.ID && o.Text == "材料齐全，同意上报。" {
					mine++
				}
			}
			if want := map[bool]int{true: 1}[c.Outcome == "done"]; mine != want {
				t.Errorf("case %d (%s): %d opinions of the batch, at %s", i, c.Outcome, mine, steps[1].Decision)
			}
		}
	})
}

// The sample follows from the number alone, holds at least one and about a
// third.
func TestSampleIsSeededByTheNumber(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("city")
		seen := map[string]bool{}
		for range 4 {
			var ids []approval.CaseID
			for range 5 {
				ids = append(ids, h.submit("clerk").ID)
			}
			b, err := h.svc.StartBatch(ctx, scope, ids)
			if err != nil || b.ToRead() != 2 {
				t.Fatalf("%d of 5 to read (%v)", b.ToRead(), err)
			}
			places := ""
			for i, c := range b.Cases {
				if c.Sampled {
					places += fmt.Sprint(i)
				}
			}
			seen[places] = true
		}
		if len(seen) < 2 {
			t.Errorf("four batches drew the same places %v", seen)
		}
	})
}

func TestTwoAnswerOrRecordAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.deputy("clerk2", "某", "province", authz.Supervisor)
		c := h.outside("clerk")
		if _, err := h.decide("province", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		errs := make(chan error, 2)
		file := scan(t)
		for _, who := range []string{"province", "clerk2 for 某"} {
			go func() {
				ctx, scope := h.as(who)
				f := *file
				_, err := h.svc.RecordExternal(ctx, scope, c.ID, approval.Recorded{StepNo: 2, Document: "国办函〔2026〕3号", On: calendar.DateOf(h.clock.Now()), Value: "6100000099", File: &f})
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
		if won != 1 || h.approved[c.ID] != 1 {
			t.Errorf("%d won, %d outcomes", won, h.approved[c.ID])
		}
	})
}

// Leave with a deputy and an end date, as org keeps it: the deputy finds the
// case, signs for the holder, and is nobody again the day after.
func TestDelegationRunsOutByItself(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		today := calendar.DateOf(h.clock.Now())
		var posts []authz.Post
		refresh := func() *authz.Session {
			t.Helper()
			var err error
			if posts, err = h.org.PostsOf(ctx, h.db, org.PersonID(h.people["desk"].PersonID)); err != nil {
				t.Fatal(err)
			}
			h.people["desk"].Posts = posts
			return h.people["desk"]
		}
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			if err := h.hire(ctx, tx, "desk", [][2]string{{"city", "inspector"}}); err != nil {
				return err
			}
			_, err := h.org.Delegate(ctx, tx, testScope, org.Delegation{From: org.PersonID(h.people["city"].PersonID), To: org.PersonID(h.people["desk"].PersonID), Until: today.AddDays(2), Reason: "休假"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		first, second := h.submit("clerk"), h.submit("clerk")
		if list, _, err := h.svc.Pending(ctx, refresh()); err != nil || len(list) != 2 {
			t.Fatalf("the deputy finds %d of 2 (%v)", len(list), err)
		}
		if _, err := h.decide("desk", first.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		if _, steps, _, err := h.svc.Case(ctx, testScope, first.ID); err != nil || steps[1].Signed() != "desk（代 city）" {
			t.Errorf("signed %q (%v)", steps[1].Signed(), err)
		}
		h.clock.Advance(4 * 24 * 3600 * 1e9)
		if list, _, err := h.svc.Pending(ctx, refresh()); err != nil || len(list) != 0 {
			t.Errorf("after the end the deputy finds %d (%v)", len(list), err)
		}
		if _, err := h.decide("desk", second.ID, "pass", 1); !fault.Is(err, fault.Forbidden) {
			t.Errorf("after the end the deputy decided: %v", err)
		}
	})
}

// A reorganisation takes along where a case stands, what was asked and what it
// is found by.
func TestReorganisationCarriesCasesAndQuestions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		c := h.submit("clerk")
		city, scope := h.as("city")
		if _, err := h.svc.Ask(city, scope, c.ID, approval.Question{StepNo: 1, Kind: approval.Countersign, Units: []org.UnitID{h.units["province"].ID, h.units["weinan"].ID}}); err != nil {
			t.Fatal(err)
		}
		carry := func(from, to string) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				for _, m := range []org.Module{approval.Reorganise(), obligation.Reorganise()} {
					if err := m.Carry(ctx, tx, org.Carrying{Act: "a", Document: "陕编办〔2026〕1号", On: calendar.DateOf(tx.Now()), From: h.units[from].ID, Main: h.units[to].ID}); err != nil {
						return err
					}
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.carry"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		carry("weinan", "province") // both were asked
		open := 0
		list, err := h.svc.Requests(ctx, testScope, c.ID)
		for _, q := range list {
			if q.State == approval.Asked {
				open++
			}
		}
		if err != nil || open != 1 || h.clocks("weinan", obligation.Open) != 0 || h.clocks("province", obligation.Open) != 1 {
			t.Errorf("%d questions are open, %d and %d clocks (%v)", open, h.clocks("weinan", obligation.Open), h.clocks("province", obligation.Open), err)
		}
		carry("city", "weinan")
		if list, _, err := h.svc.Pending(ctx, h.people["neighbour"]); err != nil || len(list) != 1 {
			t.Errorf("the successor finds %d (%v)", len(list), err)
		}
		_, steps, _, err := h.svc.Case(ctx, testScope, c.ID)
		if err != nil || steps[1].Unit != h.units["weinan"].ID || steps[1].Moved != "西安市人民政府办公厅" {
			t.Errorf("step %+v (%v)", steps[1], err)
		}
		carry("bureau", "weinan")
		for _, word := range []string{"商务局", "渭南市"} {
			if _, n, err := h.svc.Cases(ctx, testScope, approval.Filter{Text: word}); err != nil || n != 1 {
				t.Errorf("%s finds %d (%v)", word, n, err)
			}
		}
	})
}

// A split gives the objects of a unit to several; each application goes with
// the object it is about, and the step's name says whose it is now.
func TestReorganisationSendsACaseWithItsObject(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		submit := func(subject string) approval.Case {
			t.Helper()
			ctx, _ := h.as("clerk")
			var c approval.Case
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				var err error
				c, err = h.svc.Submit(ctx, tx, approval.Application{Kind: "wish", Title: "临时下线", Subject: subject, Unit: h.units["bureau"].ID, Applicant: org.PersonID(h.people["clerk"].PersonID),
					ConsentBy: "王建民", ConsentOn: calendar.DateOf(tx.Now()), Steps: []approval.Step{
						{Kind: approval.Review, Unit: h.units["city"].ID, Name: "西安市人民政府办公厅审核"}, {Kind: approval.Approve, Unit: h.units["province"].ID, Name: "陕西省人民政府办公厅批准"}}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return c
		}
		site, app, other, opening := submit("site:S1"), submit("app:A1"), submit("site:S2"), submit("")
		ctx := audit.System(context.Background(), "test")
		carry := func(n org.Carrying) {
			t.Helper()
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				n.Act, n.Document, n.On = "a", "陕编办〔2026〕1号", calendar.DateOf(tx.Now())
				if err := approval.Reorganise().Carry(ctx, tx, n); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.carry"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		carry(org.Carrying{From: h.units["bureau"].ID, Main: h.units["city"].ID, Named: map[string]org.UnitID{"site:S1": h.units["weinan"].ID, "account:A1": h.units["weinan"].ID}})
		for c, want := range map[approval.CaseID]string{site.ID: "weinan", app.ID: "weinan", other.ID: "city", opening.ID: "city"} {
			if got, _, _, err := h.svc.Case(ctx, testScope, c); err != nil || got.Unit != h.units[want].ID {
				t.Errorf("%s of %q went to %s, want %s (%v)", got.Title, got.Subject, got.UnitName, want, err)
			}
		}
		carry(org.Carrying{From: h.units["city"].ID, Main: h.units["weinan"].ID})
		if _, steps, _, err := h.svc.Case(ctx, testScope, site.ID); err != nil || steps[1].Name != "渭南市人民政府办公室审核" || steps[1].UnitName != "渭南市人民政府办公室" {
			t.Errorf("the step is called %s (%v)", steps[1].Name, err)
		}
	})
}

// Whoever opened the page before the case moved on decides nothing, and reads
// why in a sentence.
func TestWhoIsTooLateReadsWhy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.submit("clerk")
		if _, err := h.decide("city", c.ID, "pass", 1); err != nil {
			t.Fatal(err)
		}
		_, err := h.decide("city2", c.ID, "pass", 1)
		if says := fault.Of(err).Says; !fault.Is(err, fault.Conflict) || !strings.Contains(says, "刚被别人处理过") || !strings.Contains(says, "请刷新") {
			t.Errorf("the second approver reads %q", says)
		}
		// Who has left the post holds it in no session any more.
		h.exec(`UPDATE post SET ended_at = $1 WHERE unit_id = $2`, h.clock.Now(), h.units["province"].ID)
		var held []authz.Post
		if err := h.db.View(context.Background(), func(tx *db.Tx) error {
			var err error
			held, err = h.org.PostsOf(context.Background(), tx, org.PersonID(h.people["province"].PersonID))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.people["province"].Posts = held
		_, err = h.decide("province", c.ID, "approve", 2)
		if says := fault.Of(err).Says; err == nil || h.state(c.ID) != approval.InReview || !fault.Is(err, fault.NotFound) && !strings.Contains(says, "不是该单位的审核人员") {
			t.Errorf("who has left decides: %q", says)
		}
	})
}
