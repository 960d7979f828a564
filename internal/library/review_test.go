package library_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/workbench"
)

// arrive makes a person with posts at a unit.
func (h *house) arrive(name string, unit org.UnitID, roles ...authz.Role) desk {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var id org.PersonID
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		n, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: unit, Name: name})
		if err != nil {
			return err
		}
		id = n.ID
		for _, role := range roles {
			if err := h.org.Appoint(ctx, tx, system, n.ID, unit, role); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
	return h.signIn(id, name)
}

func (h *house) signIn(id org.PersonID, name string) desk {
	h.t.Helper()
	posts, err := h.org.PostsOf(context.Background(), h.db, id)
	if err != nil {
		h.t.Fatal(err)
	}
	p := desk{session: &authz.Session{PersonID: string(id), Name: name, Posts: posts}}
	p.ctx = audit.WithActor(authz.WithSession(context.Background(), p.session), audit.Actor{Kind: "person", ID: string(id), Name: name})
	return p
}

// found adds a unit of the county.
func (h *house) found(name string) org.Unit {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var u org.Unit
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		u, _, err = h.org.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Department, Name: name})
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return u
}

func (h *house) stampGate(p desk, it library.Item, g sx2021.Gate, passed bool) error {
	_, err := h.lib.Stamp(p.ctx, p.scope(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: passed, Note: "请核对"})
	return err
}

// open are the open clocks of a kind.
func (h *house) open(kind string) []obligation.Obligation {
	h.t.Helper()
	return ok(h.ob.Obligations(context.Background(), system, obligation.Filter{Kind: kind}))(h.t)
}

func TestArticle19_3_GatesAreStampedOneByOne(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		if err := h.stampGate(h.author, it, sx2021.GateWording, true); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an editor stamped: %v", err)
		}
		if err := h.stampGate(h.neighbour, it, sx2021.GateWording, true); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour stamped: %v", err)
		}
		if err := h.stampGate(h.first, it, "sixth", true); !fault.Is(err, fault.Invalid) {
			t.Errorf("a sixth gate: %v", err)
		}
		// Any reviewer of the route, at any stage; each shows who and when.
		if err := errors.Join(h.stampGate(h.first, it, sx2021.GateWording, true), h.stampGate(h.final, it, sx2021.GatePolitical, true)); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Minute)
		if err := h.stampGate(h.both, it, sx2021.GatePolitical, false); err != nil {
			t.Fatal(err)
		}
		gates := ok(h.lib.Gates(context.Background(), system, it.ID))(t)
		if len(gates) != 2 || gates[0].Gate != sx2021.GatePolitical || gates[0].Passed || gates[0].PersonName != "钱兼" || !gates[0].At.Equal(h.clock.Now()) || gates[1].PersonName != "李初" {
			t.Errorf("gates %+v", gates)
		}
		// One's own version is never one's own to stamp.
		own := ok(h.lib.Create(h.both.ctx, h.both.scope(authz.ItemWrite), h.writing("我写的", "文")))(t)
		own = ok(h.lib.Submit(h.both.ctx, h.both.scope(authz.ItemWrite), own.ID, library.Submission{Version: 1}))(t)
		if err := h.stampGate(h.both, own, sx2021.GateLegal, true); !fault.Is(err, fault.Refused) {
			t.Errorf("the author stamped: %v", err)
		}
		// A new submission begins without stamps.
		it = ok(h.lib.TakeBack(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID))(t)
		it = ok(h.submit(it, library.Submission{}))(t)
		if gates := ok(h.lib.Gates(context.Background(), system, it.ID))(t); len(gates) != 0 {
			t.Errorf("the second round has %+v", gates)
		}
	})
}

// What the service refuses the database refuses too, whatever SQL comes.
func TestDatabaseReleasesNothingIncomplete(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		ctx := audit.System(context.Background(), "test")
		water := h.found("雁塔区水务局")
		try := func(what string, want bool, statements ...string) {
			t.Helper()
			err := h.db.Update(ctx, func(tx *db.Tx) error {
				for _, s := range statements {
					if _, err := tx.Exec(ctx, s); err != nil {
						return err
					}
				}
				if err := audit.Record(ctx, tx, audit.Entry{Act: "test.try"}); err != nil {
					return err
				}
				if want {
					return errors.New("it went through") // and is rolled back
				}
				return nil
			})
			if went := err != nil && err.Error() == "it went through"; went != want || !want && err == nil {
				t.Errorf("%s: went through is not %v: %v", what, want, err)
			}
		}
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		author, final, first := h.author.session.PersonID, h.final.session.PersonID, h.first.session.PersonID
		at := "'2026-03-02 01:00:00+00'"
		if h.db.Dialect() == db.SQLite {
			at = "'2026-03-02T01:00:00.000000Z'"
		}
		review := func(id, stage, by, wrote string) string {
			return fmt.Sprintf(`INSERT INTO item_review (id, item_id, round, version_no, stage, verdict, author_id, reviewer_id, reviewer_name, in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at)
				VALUES ('%s', '%s', 1, 1, '%s', 'pass', '%s', '%s', 'x', TRUE, TRUE, TRUE, TRUE, TRUE, TRUE, %s)`, id, it.ID, stage, wrote, by, at)
		}
		stamp := func(gate string, passed bool, by string) string {
			return fmt.Sprintf(`INSERT INTO item_stamp (item_id, round, version_no, gate, seq, passed, stage, author_id, person_id, person_name, at) VALUES ('%s', 1, 1, '%s', 1, %v, 'first', '%s', '%s', 'x', %s)`, it.ID, gate, passed, author, by, at)
		}
		release := fmt.Sprintf(`INSERT INTO item_release (item_id, version_no, review_id, at) VALUES ('%s', 1, 'f', %s)`, it.ID, at)
		passed := func(but string) []string {
			var out []string
			for _, g := range sx2021.Gates() {
				if string(g) != but {
					out = append(out, stamp(string(g), true, first))
				}
			}
			return out
		}
		all := append(passed(""), review("1", "first", first, author), review("f", "final", final, author))
		with := func(list []string, more ...string) []string { return append(slices.Clone(list), more...) }
		try("everything there", true, with(all, release)...)
		try("a stamp by the author", false, stamp("legal", true, author))
		try("the author as final reviewer", false, review("f", "final", author, author))
		try("four gates", false, append(passed("secrecy"), review("1", "first", first, author), review("f", "final", final, author), release)...)
		try("a gate refused", false, append(passed("secrecy"), stamp("secrecy", false, first), review("1", "first", first, author), review("f", "final", final, author), release)...)
		try("a gate refused last", false, with(all, strings.Replace(stamp("legal", false, final), "'legal', 1,", "'legal', 2,", 1), release)...)
		try("no first review", false, append(passed(""), review("f", "final", final, author), release)...)
		try("a step that two must pass", false, with(all, fmt.Sprintf(`UPDATE item_step SET needed = 2 WHERE item_id = '%s' AND stage = 'first'`, it.ID), release)...)
		try("no route", false, with(all, fmt.Sprintf(`DELETE FROM item_step WHERE item_id = '%s'`, it.ID), release)...)
		try("a consultation open", false, with(all, fmt.Sprintf(`INSERT INTO item_consultation (id, item_id, version_no, unit_id, asker_unit, asker_id, asker_name, required, asked_at, due_on, state)
			VALUES ('c', '%s', 1, '%s', '%s', 'x', 'x', TRUE, %s, '2026-03-05', 'open')`, it.ID, water.ID, h.unit.ID, at), release)...)
		try("the same reviewer twice at a stage", false, with(all, review("1b", "first", first, author))...)
		try("an after-review by the releaser", false, fmt.Sprintf(`INSERT INTO item_after_review (item_id, round, version_no, author_id, releaser_id, verdict, reviewer_id, reviewer_name, at) VALUES ('%s', 1, 1, '%s', '%s', 'uphold', '%s', 'x', %s)`, it.ID, author, final, final, at))
		// Who wrote an earlier version of what goes out releases nothing either.
		two := ok(h.lib.Create(h.final.ctx, system, h.writing("旧稿", "终审人写的")))(t)
		two = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), two.ID, 1, h.writing("旧稿", "作者改过")))(t)
		it = ok(h.submit(two, library.Submission{}))(t)
		for i, s := range all {
			all[i] = strings.ReplaceAll(strings.NewReplacer(", 1, 1, '", ", 1, 2, '").Replace(s), first, first)
		}
		second := []string{}
		for _, g := range sx2021.Gates() {
			second = append(second, strings.Replace(stamp(string(g), true, first), "', 1, 1, '", "', 1, 2, '", 1))
		}
		second = append(second, strings.Replace(review("1", "first", first, author), "', 1, 1, '", "', 1, 2, '", 1), strings.Replace(review("f", "final", final, author), "', 1, 1, '", "', 1, 2, '", 1))
		try("written by the final reviewer before", false, with(second, fmt.Sprintf(`INSERT INTO item_release (item_id, version_no, review_id, at) VALUES ('%s', 2, 'f', %s)`, it.ID, at))...)
	})
}

func TestArticle19_3_RoutesAreData(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		boss := h.arrive("主任", h.unit.ID, authz.Sponsor)
		scope := boss.scope(authz.PostManage)
		running := ok(h.submit(h.create(h.writing("在途", "文")), library.Submission{}))(t)
		step := func(stage, permit string, needed int) library.Step {
			return library.Step{Stage: stage, Permit: permit, Needed: needed, Gates: true, Workdays: 2}
		}
		set := func(list ...library.Step) error {
			for i := range list {
				list[i].No = i + 1
			}
			_, err := h.lib.SetRoute(boss.ctx, scope, library.Route{Unit: h.unit.ID, Level: sx2021.Ordinary, Reason: "从严", Steps: list})
			return err
		}
		wantReason(t, set(step("final", library.ByFinal, 1)), "S19.3a.graded")
		wantReason(t, set(step("first", library.ByFirst, 1), step("second", library.ByEither, 1)), "S19.3a.reviewed_first")
		blind := []library.Step{step("first", library.ByFirst, 1), step("final", library.ByFinal, 1)}
		blind[0].Gates, blind[1].Gates = false, false
		wantReason(t, set(blind...), "S19.3a.gates")
		if err := set(step("first", library.ByFirst, 0), step("final", library.ByFinal, 1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("nobody passes it: %v", err)
		}
		if err := set(step("first", library.ByFirst, 1), step("final", library.ByFirst, 1)); !fault.Is(err, fault.Invalid) {
			t.Errorf("first reviewers release: %v", err)
		}
		if _, err := h.lib.SetRoute(boss.ctx, scope, library.Route{Level: sx2021.Ordinary, Reason: "全省", Steps: []library.Step{{No: 1, Stage: "first", Permit: library.ByFirst, Needed: 2, Gates: true, Workdays: 1}, {No: 2, Stage: "final", Permit: library.ByFinal, Needed: 1, Workdays: 1}}}); !fault.Is(err, fault.Refused) {
			t.Errorf("a county sets the province's route: %v", err)
		}
		if err := set(step("first", library.ByFirst, 2), step("final", library.ByFinal, 1)); err != nil {
			t.Fatal(err)
		}
		if err := set(step("first", library.ByFirst, 2), step("final", library.ByFinal, 1)); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same again: %v", err)
		}
		// Two must pass the first step of what is submitted now; what is under
		// way keeps its route.
		other := h.arrive("孙初", h.unit.ID, authz.FirstReviewer)
		it := ok(h.submit(h.create(h.writing("新稿", "文")), library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		if it.Stage != "first" {
			t.Fatalf("one of two passed and it stands at %s", it.Stage)
		}
		if _, err := h.review(h.first, it); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same person passed twice: %v", err)
		}
		if tasks := ok(h.lib.Tasks(ctx, h.first.session, workbench.ToDo, 10))(t); slices.ContainsFunc(tasks, func(w workbench.Task) bool { return w.Title == "新稿" }) {
			t.Error("who has spoken is still asked")
		}
		it = ok(h.review(other, it))(t)
		if it.Stage != "final" {
			t.Fatalf("both passed and it stands at %s", it.Stage)
		}
		it = ok(h.review(h.final, it))(t)
		rec := ok(h.lib.Record(ctx, system, it.ID))(t)[0]
		if it.State != library.Approved || rec.RouteVersion != 1 || rec.RouteUnit != h.unit.Name || len(rec.Opinions) != 3 {
			t.Errorf("released by %+v", rec)
		}
		running = ok(h.review(h.first, running))(t)
		if running.Stage != "final" {
			t.Errorf("what was under way changed its route: %s", running.Stage)
		}
		if list := ok(h.lib.Routes(ctx, scope, h.unit.ID))(t); len(list) != 1 || list[0].Version != 1 || list[0].Reason != "从严" || len(list[0].Steps) != 2 {
			t.Errorf("history %+v", list)
		}
		if _, err := h.lib.Routes(ctx, h.neighbour.scope(authz.PostManage), h.unit.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour reads it: %v", err)
		}
	})
}

// A clock for each step, bound to the unit; it escalates whoever is away.
func TestReviewClocks(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		list := h.open(library.StageReview.ID)
		if len(list) != 1 || list[0].Unit != h.unit.ID || list[0].Person != "" || list[0].Period != "1-first" || list[0].Due.On != (calendar.Date{Year: 2026, Month: 3, Day: 3}) {
			t.Fatalf("submitted on Monday 2 March: %+v", list)
		}
		it = ok(h.review(h.first, it))(t)
		if list = h.open(library.StageReview.ID); len(list) != 1 || list[0].Period != "1-final" {
			t.Fatalf("after the first review: %+v", list)
		}
		it = ok(h.lib.TakeBack(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID))(t)
		if list = h.open(library.StageReview.ID); len(list) != 0 {
			t.Errorf("taken back and still owed: %+v", list)
		}
		it = ok(h.submit(it, library.Submission{}))(t)
		ok(h.review(h.first, it, func(d *library.Decision) { d.Act, d.Opinion = library.Return, "请改" }))(t)
		if list = h.open(library.StageReview.ID); len(list) != 0 {
			t.Errorf("returned and still owed: %+v", list)
		}
		done := ok(h.ob.Obligations(context.Background(), system, obligation.Filter{Kind: library.StageReview.ID, State: obligation.Discharged}))(t)
		if len(done) != 2 || !strings.Contains(done[0].Evidence+done[1].Evidence, "初审退回，李初") {
			t.Errorf("discharged %+v", done)
		}
	})
}

// The reviewer leaves while an item waits: the step is shown as vacant, told
// once, and waits for whoever is appointed.
func TestReviewerLeavesMidStep(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, audit.System(context.Background(), "test")
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		keep := func(want int) {
			t.Helper()
			if n := ok(h.lib.KeepReviews(ctx))(t); n != want {
				t.Errorf("%d steps changed, want %d", n, want)
			}
		}
		keep(0)
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			return h.org.Dismiss(ctx, tx, system, org.PostID(h.first.session.Posts[0].ID))
		}); err != nil {
			t.Fatal(err)
		}
		keep(1)
		keep(0)
		if list := ok(h.lib.Steps(ctx, system, it.ID))(t); list[0].VacantSince.IsZero() || !list[1].VacantSince.IsZero() {
			t.Errorf("steps %+v", list)
		}
		told := ok(db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '审核岗位空缺%'`))(t)
		if told != 1 {
			t.Errorf("told %d times", told)
		}
		next := h.arrive("新初", h.unit.ID, authz.FirstReviewer)
		keep(1)
		if it = ok(h.review(next, it))(t); it.Stage != "final" {
			t.Errorf("the new one passed it: %s", it.Stage)
		}
		// The only one who may release wrote it: as good as vacant.
		for _, p := range []desk{h.both} {
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				for _, post := range p.session.Posts {
					if post.Role == authz.FinalReviewer {
						return h.org.Dismiss(ctx, tx, system, org.PostID(post.ID))
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		own := ok(h.lib.Create(h.final.ctx, system, h.writing("自己写的", "文")))(t)
		own = ok(h.lib.Submit(h.final.ctx, system, own.ID, library.Submission{Version: 1}))(t)
		own = ok(h.review(next, own))(t)
		keep(1)
	})
}

func TestArticle19_3_OtherUnitsAreConsulted(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		water := h.found("雁塔区水务局")
		waterman := h.arrive("周水", water.ID, authz.Sponsor)
		w := h.writing("防汛安排", "水务局负责泵站值守。")
		w.Involves = "雁塔区水务局;气象服务中心"
		it := h.create(w)
		_, err := h.submit(it, library.Submission{})
		wantReason(t, err, "S19.3c.consulted") // 气象服务中心 is no unit of the house and has no record
		if len(h.open(library.ItemConsultation.ID)) != 0 {
			t.Error("a refused submission asked somebody")
		}
		w.Consulted = "气象服务中心"
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, 1, w))(t)
		it = ok(h.submit(it, library.Submission{}))(t)
		clock := h.open(library.ItemConsultation.ID)
		if len(clock) != 1 || clock[0].Unit != water.ID || clock[0].Due.On != (calendar.Date{Year: 2026, Month: 3, Day: 5}) {
			t.Fatalf("three working days: %+v", clock)
		}
		it = ok(h.review(h.first, it))(t)
		_, err = h.review(h.final, it)
		wantReason(t, err, "S19.3c.consulted")
		list := ok(h.lib.ConsultationsOf(ctx, waterman.session, 10))(t)
		if len(list) != 1 || !list[0].Required || list[0].ItemTitle != "防汛安排" {
			t.Fatalf("asked %+v", list)
		}
		if tasks := ok(h.lib.Tasks(ctx, waterman.session, workbench.ToDo, 10))(t); len(tasks) != 1 || tasks[0].Kind != "意见征询" {
			t.Errorf("tasks %+v", tasks)
		}
		id := list[0].ID
		if err := h.lib.WaiveConsultation(h.final.ctx, h.final.scope(authz.ItemRead), it.ID, id, "来不及"); !fault.Is(err, fault.Refused) {
			t.Errorf("an involved unit was passed over: %v", err)
		}
		if _, err := h.lib.AnswerConsultation(h.neighbour.ctx, h.neighbour.session, id, it.Version, "agree", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else answered: %v", err)
		}
		if _, err := h.lib.AnswerConsultation(waterman.ctx, waterman.session, id, it.Version, "disagree", ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("no reason given: %v", err)
		}
		if _, err := h.lib.AnswerConsultation(waterman.ctx, waterman.session, id, 1, "agree", ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("an old version answered: %v", err)
		}
		if _, v, err := h.lib.ConsultationFor(ctx, waterman.session, id); err != nil || v.No != 2 {
			t.Errorf("reads version %d (%v)", v.No, err)
		}
		ok(h.lib.AnswerConsultation(waterman.ctx, waterman.session, id, it.Version, "disagree", "泵站由镇街值守"))(t)
		if len(h.open(library.ItemConsultation.ID)) != 0 {
			t.Error("answered and still owed")
		}
		// A unit against it: the final reviewer says how it is dealt with.
		if _, err := h.review(h.final, it); !fault.Is(err, fault.Invalid) {
			t.Errorf("an objection was passed over in silence: %v", err)
		}
		ok(h.review(h.final, it, func(d *library.Decision) { d.Opinion = "已与水务局商定，按现稿发布" }))(t)

		// Asked without being involved: it may be waived with a reason.
		free := h.create(h.writing("其他", "文"))
		asked := ok(h.lib.Consult(h.author.ctx, h.author.scope(authz.ItemWrite), free.ID, library.Consultation{Version: 1, Units: []org.UnitID{water.ID}, Required: true, Text: "请看"}))(t)
		if _, err := h.lib.Consult(h.author.ctx, h.author.scope(authz.ItemWrite), free.ID, library.Consultation{Version: 1, Units: []org.UnitID{water.ID}}); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice at once: %v", err)
		}
		free = ok(h.submit(free, library.Submission{}))(t)
		free = ok(h.review(h.first, free))(t)
		_, err = h.review(h.final, free)
		wantReason(t, err, "S19.3c.consulted")
		if err := h.lib.WaiveConsultation(h.final.ctx, h.final.scope(authz.ItemRead), free.ID, asked[0].ID, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("waived without a reason: %v", err)
		}
		if err := h.lib.WaiveConsultation(h.final.ctx, h.final.scope(authz.ItemRead), free.ID, asked[0].ID, "电话已确认"); err != nil {
			t.Error(err)
		}
		ok(h.review(h.final, free))(t)
	})
}

func TestFactCheckLinkWorksOnce(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		it := h.create(h.writing("水厂投产", "日供水五万吨。"))
		ask := func(no int) (library.FactCheck, string) {
			t.Helper()
			c, token, err := h.lib.AskFact(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, no, "水务集团 周工", "数字对吗")
			if err != nil {
				t.Fatal(err)
			}
			return c, token
		}
		_, token := ask(1)
		if n := ok(db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM item_fact_check WHERE token_hash = $1`, token))(t); n != 0 {
			t.Error("the token itself is stored")
		}
		brief := ok(h.lib.FactBrief(ctx, token, "192.0.2.1"))(t)
		if brief.Title != "水厂投产" || !strings.Contains(brief.HTML, "日供水五万吨") || brief.Question != "数字对吗" {
			t.Errorf("brief %+v", brief)
		}
		dead := func(what, token string) {
			t.Helper()
			if _, err := h.lib.FactBrief(ctx, token, "192.0.2.1"); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s is read: %v", what, err)
			}
			if err := h.lib.AnswerFact(ctx, token, "192.0.2.1", library.FactAnswer{Verdict: "correct", Name: "x", Unit: "y"}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s is answered: %v", what, err)
			}
		}
		dead("nobody's link", "abc")
		if err := h.lib.AnswerFact(ctx, token, "192.0.2.1", library.FactAnswer{Verdict: "wrong", Name: "周工", Unit: "水务集团"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("wrong without saying what: %v", err)
		}
		if err := h.lib.AnswerFact(ctx, token, "192.0.2.1", library.FactAnswer{Verdict: "wrong", Text: "应为四万吨", Name: "周工", Unit: "水务集团"}); err != nil {
			t.Fatal(err)
		}
		dead("a used link", token)
		list := ok(h.lib.FactChecks(ctx, system, it.ID))(t)
		if len(list) != 1 || list[0].AnswerName != "周工" || list[0].AnswerUnit != "水务集团" || list[0].StateName() != "指出有误" {
			t.Errorf("recorded %+v", list)
		}
		_, old := ask(1)
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, 1, h.writing("水厂投产", "日供水四万吨。")))(t)
		dead("the link of an older version", old)
		c, late := ask(2)
		h.clock.Set(c.ExpiresAt)
		dead("an expired link", late)
		c, token = ask(2)
		if err := h.lib.RevokeFact(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, c.ID); err != nil {
			t.Error(err)
		}
		dead("a revoked link", token)
		// One address looks so often and no oftener.
		_, token = ask(2)
		var err error
		for range 100 {
			if _, err = h.lib.FactBrief(ctx, token, "198.51.100.7"); err != nil {
				break
			}
		}
		if !fault.Is(err, fault.TooMany) {
			t.Errorf("a hundred looks: %v", err)
		}
		if _, err := h.lib.FactBrief(ctx, token, "192.0.2.9"); err != nil {
			t.Errorf("another address: %v", err)
		}
		if _, _, err := h.lib.AskFact(h.neighbour.ctx, h.neighbour.scope(authz.ItemWrite), it.ID, 2, "x", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour asks: %v", err)
		}
	})
}

func TestCommentsAndSuggestions(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		it := ok(h.submit(h.create(h.writing("关于防汛的通知", "各单位要在三日内落实。\n\n各单位要加强值守，每日报送。")), library.Submission{}))(t)
		remark := func(n library.Remarking) (library.Remark, error) {
			n.Round = it.Round
			return h.lib.Comment(h.first.ctx, h.first.scope(authz.ItemRead), it.ID, n)
		}
		for _, bad := range []library.Remarking{{Quote: "各单位", Block: -2, Says: "哪些"}, {Quote: "没有的话", Says: "x"}, {Quote: "", Says: "x"}, {Quote: "三日", Says: ""}, {Quote: "三日", Suggests: true, Suggestion: "三日"}} {
			if _, err := remark(bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
		if _, err := h.lib.Comment(h.author.ctx, h.author.scope(authz.ItemRead), it.ID, library.Remarking{Round: 1, Quote: "三日", Says: "x"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an editor remarks: %v", err)
		}
		days := ok(remark(library.Remarking{Quote: "三日", Block: -2, Suggests: true, Suggestion: "五日", Says: "时间太紧"}))(t)
		cut := ok(remark(library.Remarking{Quote: "，每日报送", Block: 1, Suggests: true}))(t)
		title := ok(remark(library.Remarking{Quote: "防汛", Block: library.TitleBlock, Suggests: true, Suggestion: "防汛值守"}))(t)
		which := ok(remark(library.Remarking{Quote: "各单位", Block: 1, Says: "写明哪些单位"}))(t)
		if days.At.Block != 0 || days.At.Start != 5 || days.At.End != 7 || which.At.Block != 1 || title.At.Block != library.TitleBlock || title.At.Start != 2 {
			t.Errorf("anchors %+v %+v %+v", days.At, which.At, title.At)
		}
		settle := func(c library.Remark, accept bool, why string) (library.Item, error) {
			return h.lib.SettleComment(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, c.ID, accept, why)
		}
		if _, err := settle(days, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("settled in review: %v", err)
		}
		it = ok(h.review(h.first, it, func(d *library.Decision) { d.Act, d.Opinion = library.Return, "见批注" }))(t)
		it = ok(settle(days, true, ""))(t)
		if it.Version != 2 || it.State != library.Returned {
			t.Errorf("after the first: %+v", it)
		}
		it = ok(settle(cut, true, ""))(t)
		it = ok(settle(title, true, ""))(t)
		if _, err := settle(days, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("accepted twice: %v", err)
		}
		if _, err := settle(which, false, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("declined without a reason: %v", err)
		}
		it = ok(settle(which, false, "指全部单位"))(t)
		v := ok(h.lib.Version(ctx, system, it.ID, 0))(t)
		if v.No != 4 || v.Title != "关于防汛值守的通知" || v.Text != "各单位要在五日内落实。\n各单位要加强值守。" || v.AuthorName != "王编" || !v.Intact() {
			t.Errorf("version %d %q %q", v.No, v.Title, v.Text)
		}
		list := ok(h.lib.Comments(ctx, system, it.ID))(t)
		states := map[string]string{}
		for _, c := range list {
			states[c.Quote] = c.StateName()
		}
		if states["三日"] != "已采纳" || states["各单位"] != "未采纳" || len(list) != 4 {
			t.Errorf("states %v", states)
		}
		// Words the author has changed meanwhile are not guessed at.
		it = ok(h.submit(it, library.Submission{}))(t)
		moved := ok(remark(library.Remarking{Quote: "五日", Block: -2, Suggests: true, Suggestion: "七日"}))(t)
		still := ok(remark(library.Remarking{Quote: "加强值守", Block: -2, Suggests: true, Suggestion: "全天值守"}))(t)
		it = ok(h.review(h.first, it, func(d *library.Decision) { d.Act, d.Opinion = library.Return, "再改" }))(t)
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, it.Version, h.writing("关于防汛值守的通知", "前面加一段。\n\n各单位要在一周内落实。\n\n各单位要加强值守。")))(t)
		if _, err := settle(moved, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed words: %v", err)
		}
		it = ok(settle(still, true, ""))(t) // found in its new place
		if v := ok(h.lib.Version(ctx, system, it.ID, 0))(t); !strings.Contains(v.Text, "各单位要全天值守。") {
			t.Errorf("text %q", v.Text)
		}
	})
}

func TestEmergencyLane(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		it := ok(h.submit(h.create(h.writing("暴雨红色预警", "请立即避险。")), library.Submission{Emergency: "气象部门发布红色预警"}))(t)
		if it.Stage != "final" {
			t.Fatalf("stage %s", it.Stage)
		}
		// The gates and the two persons stand.
		if _, err := h.lib.Review(h.final.ctx, h.final.scope(authz.ItemRead), it.ID, decision(it)); err == nil {
			t.Error("released without gates")
		}
		it = ok(h.review(h.final, it))(t)
		if !it.Live() {
			t.Fatal("not live")
		}
		clock := h.open(library.AfterReview.ID)
		if len(clock) != 1 || clock[0].Due.On != (calendar.Date{Year: 2026, Month: 3, Day: 3}) {
			t.Fatalf("owed %+v", clock)
		}
		list, n, err := h.lib.Emergencies(ctx, h.first.scope(authz.ItemRead), true, 10, 0)
		if err != nil || n != 1 || list[0].Releaser != "张终" || list[0].Reason != "气象部门发布红色预警" || list[0].Due.IsZero() {
			t.Fatalf("listed %+v %d (%v)", list, n, err)
		}
		if _, n, err := h.lib.Emergencies(ctx, h.neighbour.scope(authz.ItemRead), false, 10, 0); err != nil || n != 0 {
			t.Errorf("a neighbour lists %d (%v)", n, err)
		}
		after := func(p desk, verdict, opinion string) error {
			_, err := h.lib.ReviewAfter(p.ctx, p.scope(authz.ItemRead), it.ID, it.Round, verdict, opinion)
			return err
		}
		if err := after(h.final, library.Uphold, ""); !fault.Is(err, fault.Refused) {
			t.Errorf("the releaser looked again: %v", err)
		}
		if err := after(h.author, library.Uphold, ""); err == nil {
			t.Error("the author looked again")
		}
		if err := after(h.first, library.Object, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("an objection without words: %v", err)
		}
		if err := after(h.first, library.Object, "范围写宽了"); err != nil {
			t.Fatal(err)
		}
		if err := after(h.both, library.Uphold, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("looked again twice: %v", err)
		}
		if len(h.open(library.AfterReview.ID)) != 0 {
			t.Error("done and still owed")
		}
		if _, n, err := h.lib.Emergencies(ctx, system, true, 10, 0); err != nil || n != 0 {
			t.Errorf("still waiting: %d (%v)", n, err)
		}
		repost := h.writing("转载", "文")
		repost.Origin, repost.Source, repost.SourceURL, repost.SourceAt = library.Repost, "某公众号", "https://blog.example.com/a", h.clock.Now().Add(-time.Hour)
		if _, err := h.submit(h.create(repost), library.Submission{RepostReason: "急", Emergency: "急"}); !fault.Is(err, fault.Refused) {
			t.Errorf("an unlisted source by the emergency lane: %v", err)
		}
	})
}

func TestPackageGoesAsOne(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		w := h.writing("优化营商环境条例", "第一条 为优化营商环境。")
		w.Type, w.Important, w.Columns = library.Policy, true, []registry.ColumnID{h.policies.ID}
		policy := h.create(w)
		w = h.writing("条例解读", "解读如下。")
		w.Type = library.Interpretation
		reading := h.create(w)
		w.Title = "一图读懂"
		picture := h.create(w)
		for i, x := range []library.Item{reading, picture} {
			if err := h.lib.LinkInterpretation(h.author.ctx, h.author.scope(authz.ItemWrite), policy.ID, x.ID, []string{"文字", "图解"}[i]); err != nil {
				t.Fatal(err)
			}
		}
		scope := h.author.scope(authz.ItemWrite)
		if _, err := h.lib.Bundle(h.author.ctx, scope, "一套", []library.ItemID{policy.ID, policy.ID}); !fault.Is(err, fault.Invalid) {
			t.Errorf("one item as a package: %v", err)
		}
		k := ok(h.lib.Bundle(h.author.ctx, scope, "条例及解读", []library.ItemID{reading.ID, policy.ID, picture.ID}))(t)
		if _, err := h.lib.Bundle(h.author.ctx, scope, "又一套", []library.ItemID{reading.ID, policy.ID}); !fault.Is(err, fault.Conflict) {
			t.Errorf("in two packages: %v", err)
		}
		if _, err := h.submit(policy, library.Submission{}); !fault.Is(err, fault.Conflict) {
			t.Errorf("one went alone: %v", err)
		}
		k = ok(h.lib.Package(ctx, scope, k.ID))(t)
		stale := k.Seen()
		k = ok(h.lib.SubmitPackage(h.author.ctx, scope, k.ID, k.Seen(), ""))(t)
		if _, err := h.lib.TakeBackPackage(h.author.ctx, scope, k.ID, stale); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale page: %v", err)
		}
		for _, it := range k.Items { // all by the route of the most important
			if list := ok(h.lib.Steps(ctx, system, it.ID))(t); len(list) != 3 || it.Stage != "first" {
				t.Fatalf("%s: %+v", it.Title, list)
			}
		}
		rs := h.final.scope(authz.ItemRead)
		say := func(p desk, change ...func(*library.Decision)) (library.Package, error) {
			k := ok(h.lib.Package(ctx, system, k.ID))(t)
			d := library.Decision{Act: library.Pass, Declarations: sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}}
			for _, f := range change {
				f(&d)
			}
			return h.lib.ReviewPackage(p.ctx, rs, k.ID, k.Seen(), d)
		}
		ok(say(h.first))(t)
		ok(say(h.first))(t)
		for _, g := range sx2021.Gates() {
			k = ok(h.lib.Package(ctx, system, k.ID))(t)
			if g == sx2021.GateSecrecy {
				continue
			}
			ok(h.lib.StampPackage(h.final.ctx, rs, k.ID, k.Seen(), g, true, ""))(t)
		}
		if _, err := h.review(h.final, k.Items[0]); !fault.Is(err, fault.Conflict) {
			t.Errorf("one was decided alone: %v", err)
		}
		_, err := say(h.final)
		wantReason(t, err, "S19.3a.gates")
		none := func() {
			t.Helper()
			if n := ok(db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM item_live`))(t); n != 0 {
				t.Errorf("%d live, want none", n)
			}
		}
		none()
		ok(h.lib.StampPackage(h.final.ctx, rs, k.ID, k.Seen(), sx2021.GateSecrecy, true, ""))(t)
		// The last of three cannot go: none goes.
		h.lib.OnChange(func(_ context.Context, _ *db.Tx, c library.Change) error {
			if c.Item == picture.ID {
				return errors.New("the disk is full")
			}
			return nil
		})
		if _, err := say(h.final); err == nil {
			t.Error("released past a failure")
		}
		none()
		if k = ok(h.lib.Package(ctx, system, k.ID))(t); k.Outcome != "" || k.Items[1].State != library.InReview {
			t.Errorf("half done: %+v", k)
		}
	})
}

func TestPackagePublishesTogether(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		scope := h.author.scope(authz.ItemWrite)
		a, b := h.create(h.writing("上篇", "文")), h.create(h.writing("下篇", "文"))
		k := ok(h.lib.Bundle(h.author.ctx, scope, "两篇", []library.ItemID{a.ID, b.ID}))(t)
		k = ok(h.lib.SubmitPackage(h.author.ctx, scope, k.ID, "", ""))(t)
		d := library.Decision{Act: library.Return, Opinion: "请核对"}
		k = ok(h.lib.ReviewPackage(h.first.ctx, system, k.ID, k.Seen(), d))(t)
		if k.StateName() != "退回修改" {
			t.Fatalf("state %s", k.StateName())
		}
		k = ok(h.lib.SubmitPackage(h.author.ctx, scope, k.ID, k.Seen(), ""))(t)
		d = library.Decision{Act: library.Pass, Declarations: sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}}
		k = ok(h.lib.ReviewPackage(h.first.ctx, system, k.ID, k.Seen(), d))(t)
		for _, g := range sx2021.Gates() {
			ok(h.lib.StampPackage(h.final.ctx, system, k.ID, k.Seen(), g, true, ""))(t)
		}
		k = ok(h.lib.ReviewPackage(h.final.ctx, system, k.ID, k.Seen(), d))(t)
		if k.Outcome != "published" || k.Items[0].LiveVersion != 1 || k.Items[1].LiveVersion != 1 || !k.Items[0].FirstPublishedAt.Equal(k.Items[1].FirstPublishedAt) {
			t.Errorf("published %+v", k)
		}
		if _, found, err := h.lib.PackageOf(ctx, system, a.ID); err != nil || found {
			t.Errorf("still bound: %v %v", found, err)
		}
	})
}

func TestBatchOfItems(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		var ids []library.ItemID
		items := map[library.ItemID]library.Item{}
		for i := range 4 {
			it := ok(h.submit(h.create(h.writing(fmt.Sprintf("第%d篇", i), "文")), library.Submission{}))(t)
			it = ok(h.review(h.first, it))(t)
			if i != 3 { // the gates of the last are not stamped
				h.stampAll(h.final, it)
			}
			ids, items[it.ID] = append(ids, it.ID), it
		}
		scope := h.final.scope(authz.ItemRead)
		if _, err := h.lib.StartBatch(h.final.ctx, scope, ids[:1]); !fault.Is(err, fault.Invalid) {
			t.Errorf("a batch of one: %v", err)
		}
		if _, err := h.lib.StartBatch(h.first.ctx, h.first.scope(authz.ItemRead), ids); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by who may not: %v", err)
		}
		b := ok(h.lib.StartBatch(h.final.ctx, scope, slices.Clone(ids)))(t)
		if b.ToRead() != 2 || b.Number != "SG-2026-0001" {
			t.Fatalf("sample %d of %s", b.ToRead(), b.Number)
		}
		all := sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}
		decide := func(c sx2021.Declarations) (library.Batch, error) {
			return h.lib.DecideBatch(h.final.ctx, scope, h.final.session, b.ID, "同意", c)
		}
		if _, err := decide(all); !fault.Is(err, fault.Refused) {
			t.Errorf("decided unread: %v", err)
		}
		for _, c := range b.Items {
			if c.Sampled {
				if err := h.lib.ReadInBatch(h.final.ctx, h.final.session, b.ID, c.Item.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := h.lib.BatchOf(ctx, h.both.session, b.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's batch: %v", err)
		}
		if _, err := decide(sx2021.Declarations{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("nothing declared: %v", err)
		}
		// Somebody else is quicker with one.
		ok(h.review(h.both, items[ids[0]]))(t)
		b = ok(decide(all))(t)
		if b.Count("done") != 2 || b.Count("left") != 2 {
			t.Fatalf("%+v", b)
		}
		for _, c := range b.Items {
			if c.Item.ID == ids[3] && !strings.Contains(c.Says, "政治关") {
				t.Errorf("left because %q", c.Says)
			}
		}
		if b = ok(decide(all))(t); b.Count("done") != 2 { // asked again it answers the same
			t.Errorf("again: %+v", b)
		}
		rec := ok(h.lib.Record(ctx, system, ids[1]))(t)[0]
		if o := rec.Opinions[len(rec.Opinions)-1]; o.Batch != b.ID || o.Opinion != "同意" {
			t.Errorf("opinion %+v", o)
		}
	})
}

// A deputy acts in the post of another, and everything says so.
func TestDeputyReviews(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, audit.System(context.Background(), "test")
		today := calendar.DateOf(h.clock.Now())
		if err := h.db.Update(h.final.ctx, func(tx *db.Tx) error {
			_, err := h.org.DelegateOwn(h.final.ctx, tx, h.final.session, org.Delegation{From: org.PersonID(h.final.session.PersonID), To: org.PersonID(h.second.session.PersonID), On: today, Until: today.AddDays(3), Reason: "出差"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		deputy := h.signIn(org.PersonID(h.second.session.PersonID), "赵编")
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		it = ok(h.review(deputy, it))(t)
		rec := ok(h.lib.Record(ctx, system, it.ID))(t)[0]
		if o := rec.Opinions[1]; o.Signed() != "赵编（代 张终）" || rec.Stamps[0].Signed() != "赵编（代 张终）" {
			t.Errorf("signed %s, %s", o.Signed(), rec.Stamps[0].Signed())
		}
		// A deputy is a person: what the deputy wrote the deputy does not release.
		own := ok(h.lib.Create(deputy.ctx, deputy.scope(authz.ItemWrite), h.writing("代理人写的", "文")))(t)
		own = ok(h.lib.Submit(deputy.ctx, deputy.scope(authz.ItemWrite), own.ID, library.Submission{Version: 1}))(t)
		own = ok(h.review(h.first, own))(t)
		_, err := h.review(deputy, own)
		wantReason(t, err, "S19.3a.author")
	})
}

// Random acts by random people, several at once, on both databases: nothing is
// ever released whose gates, persons or consultations are not complete.
func TestRandomActsReleaseNothingIncomplete(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		water := h.found("雁塔区水务局")
		waterman := h.arrive("周水", water.ID, authz.Sponsor)
		boss := h.arrive("主任", h.unit.ID, authz.Sponsor, authz.FirstReviewer)
		people := []desk{h.author, h.second, h.first, h.final, h.both, h.neighbour, waterman, boss}
		var ids []library.ItemID
		for i := range 6 {
			w := h.writing(fmt.Sprintf("第%d篇", i), "正文一段。")
			w.Important = i%3 == 0
			if i%2 == 0 {
				w.Involves = "雁塔区水务局"
			}
			ids = append(ids, h.create(w).ID)
		}
		k := ok(h.lib.Bundle(h.author.ctx, h.author.scope(authz.ItemWrite), "一套", ids[4:]))(t)
		// Inside the very transaction that releases, whatever runs beside it.
		h.lib.OnChange(func(ctx context.Context, tx *db.Tx, c library.Change) error {
			n, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM item_consultation WHERE item_id = $1 AND required AND state = 'open'`, c.Item)
			if n > 0 {
				t.Errorf("%s goes out while %d units are still asked", c.Item, n)
			}
			return err
		})
		act := func(r *rand.Rand) error {
			p := people[r.IntN(len(people))]
			scope := p.scope(authz.ItemRead)
			it, err := h.lib.Item(ctx, system, ids[r.IntN(len(ids))])
			if err != nil {
				return err
			}
			d := decision(it)
			if r.IntN(12) == 0 {
				d.Act, d.Opinion = library.Return, "请改"
			}
			if r.IntN(8) == 0 {
				d.Declarations.InDuty = false
			}
			if r.IntN(3) > 0 {
				d.Opinion = "按现稿"
			}
			// Mostly what would bring the item on, by whoever; else anything.
			what := r.IntN(14)
			if r.IntN(4) > 0 {
				switch it.State {
				case library.InReview:
					what = 2 + r.IntN(7)
				case library.Draft, library.Returned:
					what = 0
				case library.Approved:
					what = 9
				}
			}
			if r.IntN(5) == 0 {
				what = 10
			}
			switch what {
			case 0, 1:
				n := library.Submission{Version: it.Version}
				if r.IntN(5) == 0 {
					n.Emergency = "突发事件"
				}
				_, err = h.lib.Submit(p.ctx, p.scope(authz.ItemWrite), it.ID, n)
			case 2, 3, 4, 5:
				_, err = h.lib.Review(p.ctx, scope, it.ID, d)
			case 6, 7, 8:
				for _, g := range sx2021.Gates() { // one by one
					if _, err = h.lib.Stamp(p.ctx, scope, it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: r.IntN(25) > 0, Note: "看过"}); err != nil {
						break
					}
				}
			case 9:
				w := h.writing(it.Title, fmt.Sprintf("改为%d。", r.IntN(1000)))
				w.Involves, w.Important = it.Involves, it.Important
				_, err = h.lib.Save(p.ctx, p.scope(authz.ItemWrite), it.ID, it.Version, w)
			case 10:
				var list []library.Asking
				if list, err = h.lib.ConsultationsOf(ctx, waterman.session, 20); err == nil && len(list) > 0 {
					_, err = h.lib.AnswerConsultation(p.ctx, p.session, list[0].ID, it.Version, library.Stances[r.IntN(3)].ID, "意见")
				}
			case 11:
				_, err = h.lib.Consult(p.ctx, p.scope(authz.ItemWrite), it.ID, library.Consultation{Version: it.Version, Units: []org.UnitID{water.ID}, Required: r.IntN(2) == 0})
			case 12:
				_, err = h.lib.TakeBack(p.ctx, p.scope(authz.ItemWrite), it.ID)
			case 13:
				switch r.IntN(4) {
				case 0:
					_, err = h.lib.SubmitPackage(p.ctx, p.scope(authz.ItemWrite), k.ID, "", "")
				case 1:
					_, err = h.lib.StampPackage(p.ctx, scope, k.ID, "", sx2021.Gates()[r.IntN(5)], true, "")
				default:
					_, err = h.lib.ReviewPackage(p.ctx, scope, k.ID, "", d)
				}
			}
			return err
		}
		var wg sync.WaitGroup
		for worker := range 3 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(worker), 20260302))
				for range 200 {
					if err := act(r); err != nil && fault.Is(err, fault.Internal) {
						t.Errorf("an act broke: %v", err)
						return
					}
				}
			})
		}
		wg.Wait()
		type release struct{ item, review string }
		list := ok(db.All(ctx, h.db, func(r db.Scanner) (release, error) {
			var x release
			return x, r.Scan(&x.item, &x.review)
		}, `SELECT item_id, review_id FROM item_release`))(t)
		if len(list) == 0 {
			t.Error("nothing was ever released: the test says nothing")
		}
		t.Logf("%d releases", len(list))
		for _, x := range list {
			n := ok(db.One(ctx, h.db, db.Value[int], `
				SELECT count(*) FROM item_review r WHERE r.id = $1 AND r.stage = 'final' AND r.verdict = 'pass' AND r.reviewer_id <> r.author_id
				   AND (SELECT count(*) FROM item_stamp s WHERE s.item_id = r.item_id AND s.round = r.round AND s.version_no = r.version_no AND s.passed AND s.person_id <> r.author_id AND s.at <= r.at
				         AND NOT EXISTS (SELECT 1 FROM item_stamp l WHERE l.item_id = s.item_id AND l.round = s.round AND l.gate = s.gate AND l.seq > s.seq)) = 5
				   AND NOT EXISTS (SELECT 1 FROM item_step t WHERE t.item_id = r.item_id AND t.round = r.round
				         AND (SELECT count(DISTINCT p.reviewer_id) FROM item_review p WHERE p.item_id = t.item_id AND p.round = t.round AND p.stage = t.stage AND p.verdict = 'pass') < t.needed)`, x.review))(t)
			if n != 1 {
				t.Errorf("%s was released on %s without all it needs", x.item, x.review)
			}
		}
		// The package went whole or not at all.
		live := ok(db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM item_live l JOIN item_package_item p ON p.item_id = l.item_id`))(t)
		if live != 0 && live != 2 {
			t.Errorf("%d of 2 items of the package are live", live)
		}
	})
}
