package selfcheck_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/selfcheck"
)

type house struct {
	db           *db.DB
	clock        *calendar.Manual
	svc          *selfcheck.Service
	obligations  *obligation.Service
	unit         org.Unit
	clerk, final *authz.Session
}

var system = authz.System("test")

func each(t *testing.T, fn func(t *testing.T, h house)) {
	t.Helper()
	at := time.Date(2026, 7, 6, 2, 0, 0, 0, time.UTC)
	clock := calendar.NewManual(at)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(at)
		store, err := blob.Disk(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		r := registry.New(d, o)
		h := house{db: d, clock: clock}
		h.obligations = obligation.New(d, o, selfcheck.Obligations()...)
		h.svc = selfcheck.New(d, o, r, h.obligations, store)
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, selfcheck.Machine, registry.SiteMachine); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
				return err
			}
			if h.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "商务局"}); err != nil {
				return err
			}
			if _, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "没有网站的局"}); err != nil {
				return err
			}
			if _, err := r.EnterSite(ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.DepartmentSite, Name: "商务局网站", Host: "sw.example.gov.cn"}); err != nil {
				return err
			}
			for _, x := range []struct {
				into **authz.Session
				role authz.Role
			}{{&h.clerk, authz.Sponsor}, {&h.final, authz.FinalReviewer}} {
				p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: h.unit.ID, Name: string(x.role)})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, p.ID, h.unit.ID, x.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				*x.into = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, h)
	})
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func (h house) open(t *testing.T, kind string) []obligation.Obligation {
	t.Helper()
	if _, err := h.obligations.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	list, err := h.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func answers(t *testing.T, problem calendar.Date) selfcheck.Filled {
	t.Helper()
	form, err := selfcheck.Form()
	if err != nil {
		t.Fatal(err)
	}
	n := selfcheck.Filled{Answers: map[string]selfcheck.Answer{}, Summary: "良好", Submit: true}
	for _, i := range form.Items {
		n.Answers[i.ID] = selfcheck.Answer{Verdict: selfcheck.Fine}
	}
	if !problem.IsZero() {
		n.Answers["virus"] = selfcheck.Answer{Verdict: selfcheck.Problem, Note: "病毒库未更新", Due: problem}
	}
	return n
}

// Article 23(1): each quarter, every sponsor with a site, by the quarter's end.
func TestArticle23_1_EveryQuarterIsOwedByWhoHasASite(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		owed := h.open(t, "selfcheck")
		if len(owed) != 1 || owed[0].Unit != h.unit.ID || owed[0].Due.On.String() != "2026-09-30" || owed[0].Link != selfcheck.Link(h.unit.ID, "2026-Q3") {
			t.Fatalf("owed %+v", owed)
		}
		if err := h.svc.Fill(as(h.clerk), system, h.clerk, h.unit.ID, "2026-Q3", answers(t, calendar.Date{})); err != nil {
			t.Fatal(err)
		}
		if n := len(h.open(t, "selfcheck")); n != 1 {
			t.Errorf("submitting alone is not enough: %d owed", n)
		}
		if err := h.svc.Confirm(as(h.final), system, h.final, h.unit.ID, "2026-Q3", "王某", "副局长"); err != nil {
			t.Fatal(err)
		}
		if n := len(h.open(t, "selfcheck")); n != 0 {
			t.Errorf("confirmed, %d owed", n)
		}
		h.clock.Set(time.Date(2026, 10, 2, 2, 0, 0, 0, time.UTC))
		if owed := h.open(t, "selfcheck"); len(owed) != 1 || owed[0].Period != "2026-Q4" {
			t.Errorf("next quarter %+v", owed)
		}
	})
}

func TestProblemIsFollowedUntilMended(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		due := calendar.Today(h.clock).AddDays(5)
		if err := h.svc.Fill(as(h.clerk), system, h.clerk, h.unit.ID, "2026-Q3", answers(t, due)); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Confirm(as(h.final), system, h.final, h.unit.ID, "2026-Q3", "王某", "副局长"); err != nil {
			t.Fatal(err)
		}
		fix := h.open(t, "selfcheck_fix")
		if len(fix) != 1 || fix[0].Due.On != due {
			t.Fatalf("follow-up %+v", fix)
		}
		c, err := h.svc.Check(as(h.clerk), system, h.unit.ID, "2026-Q3")
		if err != nil || len(c.Problems) != 1 {
			t.Fatalf("%+v (%v)", c, err)
		}
		mend := func(evidence string) error {
			return h.svc.Mend(as(h.clerk), system, h.clerk, h.unit.ID, "2026-Q3", c.Problems[0].ID, evidence)
		}
		if err := mend(" "); !fault.Is(err, fault.Invalid) {
			t.Errorf("mended without evidence: %v", err)
		}
		if err := mend("已更新至最新病毒库"); err != nil {
			t.Fatal(err)
		}
		if err := mend("再来"); !fault.Is(err, fault.Conflict) {
			t.Errorf("mended twice: %v", err)
		}
		if n := len(h.open(t, "selfcheck_fix")); n != 0 {
			t.Errorf("%d still owed", n)
		}
	})
}

func TestWhoFillsInDoesNotConfirm(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		both := *h.clerk
		both.Posts = append(append([]authz.Post{}, h.clerk.Posts...), h.final.Posts...)
		if err := h.svc.Fill(as(&both), system, &both, h.unit.ID, "2026-Q3", answers(t, calendar.Date{})); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Confirm(as(&both), system, &both, h.unit.ID, "2026-Q3", "王某", "副局长"); !fault.Is(err, fault.Refused) {
			t.Errorf("confirmed the own form: %v", err)
		}
		if err := h.svc.Confirm(as(h.final), system, h.final, h.unit.ID, "2026-Q3", "", ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("without the leader's name: %v", err)
		}
		if err := h.svc.Return(as(h.final), system, h.final, h.unit.ID, "2026-Q3", "请补充日志一项"); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Confirm(as(h.final), system, h.final, h.unit.ID, "2026-Q3", "王某", "副局长"); !fault.Is(err, fault.Conflict) {
			t.Errorf("confirmed what was given back: %v", err)
		}
	})
}

func TestFormIsRefusedByItsItem(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		fill := func(change func(*selfcheck.Filled)) error {
			n := answers(t, calendar.Date{})
			change(&n)
			return h.svc.Fill(as(h.clerk), system, h.clerk, h.unit.ID, "2026-Q3", n)
		}
		for name, c := range map[string]struct {
			change func(*selfcheck.Filled)
			field  string
		}{
			"no verdict": {func(n *selfcheck.Filled) { n.Answers["backup"] = selfcheck.Answer{} }, "verdict_backup"},
			"a problem undated": {func(n *selfcheck.Filled) {
				n.Answers["backup"] = selfcheck.Answer{Verdict: selfcheck.Problem, Note: "x"}
			}, "due_backup"},
			"a problem unsaid": {func(n *selfcheck.Filled) {
				n.Answers["backup"] = selfcheck.Answer{Verdict: selfcheck.Problem, Due: calendar.Today(h.clock)}
			}, "note_backup"},
			"not applicable, why?": {func(n *selfcheck.Filled) { n.Answers["backup"] = selfcheck.Answer{Verdict: selfcheck.None} }, "note_backup"},
			"nonsense":             {func(n *selfcheck.Filled) { n.Answers["backup"] = selfcheck.Answer{Verdict: "x"} }, "verdict_backup"},
			"no summary":           {func(n *selfcheck.Filled) { n.Summary = "" }, "summary"},
		} {
			err := fill(c.change)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "["+c.field+":") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := fill(func(n *selfcheck.Filled) { n.Submit, n.Summary, n.Answers = false, "", nil }); err != nil {
			t.Errorf("keeping half a form: %v", err)
		}
		if err := h.svc.Fill(as(h.clerk), system, h.clerk, h.unit.ID, "2026-Q4", answers(t, calendar.Date{})); !fault.Is(err, fault.Refused) {
			t.Errorf("a quarter that has not begun: %v", err)
		}
		if _, err := h.svc.Check(as(h.clerk), system, h.unit.ID, "2026-Q5"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a fifth quarter: %v", err)
		}
	})
}

func TestItemsCarryTheirMarks(t *testing.T) {
	form, err := selfcheck.Form()
	if err != nil || len(form.Items) < 10 || form.Version != 1 {
		t.Fatalf("%+v (%v)", form, err)
	}
	marked := 0
	for _, i := range form.Items {
		if i.Unverified() {
			marked++
		}
	}
	if marked == 0 || marked == len(form.Items) {
		t.Errorf("%d of %d items unverified", marked, len(form.Items))
	}
}
