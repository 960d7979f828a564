package operator_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
)

var start = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // Monday 2026-03-02

var all = authz.System("test")

type house struct {
	t           *testing.T
	db          *db.DB
	clock       *calendar.Manual
	org         *org.Service
	signin      *signin.Service
	obligations *obligation.Service
	svc         *operator.Service
	ctx         context.Context
	unit, other org.Unit
	site        registry.Site
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		h := &house{t: t, db: d, clock: clock, ctx: audit.System(context.Background(), "test")}
		h.build()
		fn(t, h)
	})
}

func (h *house) build() {
	t := h.t
	if err := passage.Declare(h.ctx, h.db, operator.Machine, registry.SiteMachine); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h.org = org.New(h.db)
	h.signin = signin.New(h.db, h.org, h.clock, keys)
	reg := registry.New(h.db, h.org)
	h.obligations = obligation.New(h.db, h.org, operator.Obligations()...)
	h.svc = operator.New(operator.Parts{DB: h.db, Org: h.org, Registry: reg, Signin: h.signin, Obligations: h.obligations, Store: store})
	h.org.OnAppoint(h.svc.Guard)
	h.update(func(tx *db.Tx) error {
		if _, err := h.org.AddArea(h.ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		if h.unit, _, err = h.org.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}); err != nil {
			return err
		}
		if h.other, _, err = h.org.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省商务厅"}); err != nil {
			return err
		}
		h.site, err = reg.EnterSite(h.ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "陕西省人民政府", Host: "www.example.gov.cn", Slug: "sx"})
		return err
	})
}

func (h *house) update(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.db.Update(h.ctx, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) today() calendar.Date { return calendar.DateOf(h.clock.Now()) }

func file() *approval.Upload {
	return &approval.Upload{Name: "扫描件.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
}

func (h *house) register() operator.Contractor {
	h.t.Helper()
	c, err := h.svc.Register(h.ctx, all, operator.Contractor{Unit: h.unit.ID, Kind: operator.Entrusted, Name: "长安数字服务有限公司", CreditCode: "９１610000MA6TEXT00X", Contact: "江一帆", Phone: "029-00000000", Duties: "日常巡检"})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) review(c operator.Contractor) {
	h.t.Helper()
	if _, err := h.svc.AddReview(h.ctx, all, operator.Review{Contractor: c.ID, Reviewer: "周启明", On: h.today(), Passed: true, Says: "齐全"}, file()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) paper(c operator.Contractor, kind operator.PaperKind, from, until calendar.Date) (operator.Paper, error) {
	return h.svc.AddPaper(h.ctx, all, operator.Paper{Contractor: c.ID, Kind: kind, From: from, Until: until, DutiesFixed: true}, file())
}

func (h *house) mustPaper(c operator.Contractor, kind operator.PaperKind, from, until calendar.Date) operator.Paper {
	h.t.Helper()
	p, err := h.paper(c, kind, from, until)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// refused fails unless err is of the kind and names every rule.
func refused(t *testing.T, err error, kind fault.Kind, ids ...string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	var have []string
	for _, r := range fault.Of(err).Reasons {
		have = append(have, r.ID)
	}
	for _, id := range ids {
		if !slices.Contains(have, id) {
			t.Errorf("%v does not name %s: %v", err, id, have)
		}
	}
}

func TestArticle06_AnOperatorEntersOnlyUnderBothAgreements(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		if c.CreditCode != "91610000MA6TEXT00X" {
			t.Errorf("credit code kept as %q", c.CreditCode)
		}
		_, err := h.svc.Begin(h.ctx, all, c.ID)
		refused(t, err, fault.Refused, "S6.3.qualification", "S6.3.agreement", "S6.3.secrecy")

		m, err := h.svc.Join(h.ctx, all, operator.Member{Contractor: c.ID, Name: "江一帆", Work: "巡检"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Appoint(h.ctx, all, c.ID, m.ID)
		refused(t, err, fault.Refused, "S6.3.agreement", "S6.3.secrecy")

		h.review(c)
		today := h.today()
		h.mustPaper(c, operator.AgreementPaper, today, today.AddDays(364))
		_, err = h.svc.Appoint(h.ctx, all, c.ID, m.ID)
		refused(t, err, fault.Refused, "S6.3.secrecy")
		h.mustPaper(c, operator.Secrecy, today, today.AddDays(364))
		if _, err := h.svc.Begin(h.ctx, all, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Appoint(h.ctx, all, c.ID, m.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := h.svc.Unlisted(h.ctx, all); err != nil || len(list) != 0 {
			t.Errorf("unlisted: %v %v", list, err)
		}
		// Who is on no list is refused whatever the agreements say.
		var stranger org.Person
		h.update(func(tx *db.Tx) error {
			stranger, err = h.org.AddPerson(h.ctx, tx, all, org.Person{Unit: h.unit.ID, Name: "路人"})
			return err
		})
		err = h.db.Update(h.ctx, func(tx *db.Tx) error {
			return h.org.Appoint(h.ctx, tx, all, stranger.ID, h.unit.ID, authz.Operator)
		})
		refused(t, err, fault.Refused, "S6.3.agreement")
		// The post is at the sponsor's unit and nowhere else.
		err = h.db.Update(h.ctx, func(tx *db.Tx) error {
			return h.org.Appoint(h.ctx, tx, all, m.Person, h.other.ID, authz.Operator)
		})
		refused(t, err, fault.Refused, "S6.3.agreement")
		// Other roles are none of Article 6's business.
		h.update(func(tx *db.Tx) error {
			return h.org.Appoint(h.ctx, tx, all, stranger.ID, h.unit.ID, authz.Editor)
		})
	})
}

func TestArticle06_TheLoginEndsWithTheContract(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		h.review(c)
		today := h.today()
		h.mustPaper(c, operator.AgreementPaper, today, today.AddDays(90))
		h.mustPaper(c, operator.Secrecy, today, today.AddDays(30))
		m, err := h.svc.Join(h.ctx, all, operator.Member{Contractor: c.ID, Name: "江一帆", Work: "巡检"})
		if err != nil {
			t.Fatal(err)
		}
		if c, err = h.svc.Begin(h.ctx, all, c.ID); err != nil {
			t.Fatal(err)
		}
		if c.ServesUntil != today.AddDays(30) {
			t.Errorf("serves until %s, want the end of the shorter agreement", c.ServesUntil)
		}
		if _, err := h.svc.Appoint(h.ctx, all, c.ID, m.ID); err != nil {
			t.Fatal(err)
		}
		var login signin.Login
		h.update(func(tx *db.Tx) error {
			var err error
			login, err = h.signin.CreateLogin(h.ctx, tx, all, m.Person, "chengban", "Chang-an-2026-x", signin.SecondFactor{})
			return err
		})
		sweep := func() int {
			n, err := h.svc.Sweep(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		h.clock.Set(today.AddDays(30).Start().Add(20 * time.Hour)) // the last day
		if sweep() != 0 {
			t.Error("lapsed on its last day")
		}
		// Somebody is signed in while the last day passes.
		h.clock.Set(today.AddDays(31).Start().Add(-time.Minute))
		data, err := signin.Codec{}.Encode(h.clock.Now().Add(time.Hour), map[string]any{signin.KeyLogin: string(login.ID)})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.signin.Store().CommitCtx(h.ctx, "live", data, time.Time{}); err != nil {
			t.Fatal(err)
		}
		live := func() bool {
			_, found, err := h.signin.Store().FindCtx(h.ctx, "live")
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		if sweep() != 0 || !live() {
			t.Error("the session ended before the last day did")
		}
		h.clock.Set(today.AddDays(31).Start())
		if sweep() != 1 || sweep() != 0 {
			t.Error("the lapse is not once")
		}
		if live() {
			t.Error("the session outlives the contract")
		}
		if _, err := h.signin.Visit(h.ctx, login.ID, false); !fault.Is(err, fault.SignIn) {
			t.Errorf("the next page of who was signed in: %v", err)
		}
		posts, err := h.org.PostsOf(h.ctx, h.db, m.Person)
		if err != nil || len(posts) != 0 {
			t.Errorf("posts left: %v %v", posts, err)
		}
		if _, err := h.signin.SignIn(context.Background(), "chengban", "Chang-an-2026-x", "", "192.0.2.1"); err == nil || !strings.Contains(fault.Of(err).Says, "原因：协议到期") {
			t.Errorf("the operator still signs in, or is not told why: %v", err)
		}
		rows, err := audit.Entries(h.ctx, h.db, audit.Filter{TargetKind: "contractor", TargetID: string(c.ID), Act: "operator.contractor.lapse"})
		if err != nil || len(rows) != 1 {
			t.Errorf("trail of the lapse: %d rows, %v", len(rows), err)
		}
		// A new secrecy agreement brings it back.
		now := h.today()
		h.mustPaper(c, operator.Secrecy, now, now.AddDays(30))
		if c, err = h.svc.Begin(h.ctx, all, c.ID); err != nil || c.State != operator.Serving {
			t.Fatalf("%s %v", c.State, err)
		}
		if sweep() != 0 {
			t.Error("lapsed again under new agreements")
		}
	})
}

// A post given before the contractor serves would not end with its term.
func TestArticle06_APostIsGivenOnlyWhileTheContractorServes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		h.review(c)
		today := h.today()
		h.mustPaper(c, operator.AgreementPaper, today.AddDays(1), today.AddDays(90))
		h.mustPaper(c, operator.Secrecy, today.AddDays(1), today.AddDays(90))
		m, err := h.svc.Join(h.ctx, all, operator.Member{Contractor: c.ID, Name: "江一帆", Work: "巡检"})
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Set(today.AddDays(1).Start().Add(time.Hour))
		_, err = h.svc.Appoint(h.ctx, all, c.ID, m.ID)
		refused(t, err, fault.Refused)
		if c, err = h.svc.Begin(h.ctx, all, c.ID); err != nil || c.ServesUntil != today.AddDays(90) {
			t.Fatalf("serves until %s, %v", c.ServesUntil, err)
		}
		// The last review counts.
		if _, err := h.svc.AddReview(h.ctx, all, operator.Review{Contractor: c.ID, Reviewer: "周启明", On: h.today(), Says: "资质证书过期"}, file()); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Appoint(h.ctx, all, c.ID, m.ID)
		refused(t, err, fault.Refused, "S6.3.qualification")
		h.review(c)
		if _, err := h.svc.Appoint(h.ctx, all, c.ID, m.ID); err != nil {
			t.Fatal(err)
		}
	})
}

func TestArticle06_RenewalNeedsTheAssessment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		h.review(c)
		today := h.today()
		first := h.mustPaper(c, operator.AgreementPaper, today, today.AddDays(99))
		h.mustPaper(c, operator.Secrecy, today, today.AddDays(99))
		_, err := h.paper(c, operator.AgreementPaper, today.AddDays(99), today.AddDays(200))
		refused(t, err, fault.Invalid) // overlap
		_, err = h.paper(c, operator.AgreementPaper, today.AddDays(100), today.AddDays(200))
		refused(t, err, fault.Refused, "S6.4.assessment")
		a := operator.Assessment{Contractor: c.ID, Paper: first.ID, Result: "good", Score: 9250, Says: "响应及时", Assessor: "周启明", On: today}
		if _, err := h.svc.Assess(h.ctx, all, a, nil); err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Assess(h.ctx, all, a, nil)
		refused(t, err, fault.Conflict)
		h.mustPaper(c, operator.AgreementPaper, today.AddDays(100), today.AddDays(200))
		open, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Limit: 50})
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, o := range open {
			have = append(have, o.Kind+" "+o.Due.On.String())
		}
		want := []string{"operator_agreement " + today.AddDays(99).String(), // secrecy of the first term
			"operator_agreement " + today.AddDays(200).String(), "operator_assessment " + today.AddDays(200).String()}
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("open: %v, want %v", have, want)
		}
		if _, err := h.svc.End(h.ctx, all, c.ID, "改为自行运维"); err != nil {
			t.Fatal(err)
		}
		if open, err = h.obligations.Obligations(h.ctx, all, obligation.Filter{}); err != nil || len(open) != 0 {
			t.Errorf("%d clocks run on after the end (%v)", len(open), err)
		}
	})
}

func TestPapersThatCannotStand(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		today := h.today()
		_, err := h.paper(c, operator.AgreementPaper, today, today.AddDays(-1))
		refused(t, err, fault.Invalid)
		_, err = h.paper(c, operator.AgreementPaper, today, today.AddYears(30))
		refused(t, err, fault.Invalid)
		_, err = h.paper(c, operator.Appointment, today, calendar.Date{})
		refused(t, err, fault.Invalid)
		_, err = h.svc.AddPaper(h.ctx, all, operator.Paper{Contractor: c.ID, Kind: operator.AgreementPaper, From: today, Until: today}, file())
		refused(t, err, fault.Refused, "S6.3.duties")
		_, err = h.svc.AddPaper(h.ctx, all, operator.Paper{Contractor: c.ID, Kind: operator.Secrecy, From: today, Until: today}, nil)
		refused(t, err, fault.Invalid)
		_, err = h.svc.AddPaper(h.ctx, all, operator.Paper{Contractor: c.ID, Kind: operator.Secrecy, From: today, Until: today}, &approval.Upload{Name: "协议.pdf", Content: strings.NewReader("MZ program")})
		refused(t, err, fault.Invalid)
		d, err := h.svc.Dossier(h.ctx, all, c.ID)
		if err != nil || len(d.Papers) != 0 {
			t.Errorf("kept %d papers (%v)", len(d.Papers), err)
		}
	})
}

func TestArticle03_TheSponsorIsNotItsOwnOperator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := operator.Contractor{Unit: h.unit.ID, Kind: operator.Internal, Name: h.unit.Name, Contact: "甲", Phone: "1", Duties: "巡检"}
		_, err := h.svc.Register(h.ctx, all, c)
		refused(t, err, fault.Refused, "S3.2.operator")
		c.Name = "信息中心"
		if c, err = h.svc.Register(h.ctx, all, c); err != nil {
			t.Fatal(err)
		}
		// An internal body needs a written appointment and no agreement.
		_, err = h.svc.Begin(h.ctx, all, c.ID)
		refused(t, err, fault.Refused, "S6.2.appointment")
		h.mustPaper(c, operator.Appointment, h.today(), calendar.Date{})
		if _, err := h.svc.Begin(h.ctx, all, c.ID); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.Sweep(h.ctx); err != nil || n != 0 {
			t.Errorf("an appointment has no end: %d %v", n, err)
		}
	})
}

func TestOneObjectHasOneOperator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		ref := registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)}
		if _, err := h.svc.Entrust(h.ctx, all, c.ID, ref); err != nil {
			t.Fatal(err)
		}
		other, err := h.svc.Register(h.ctx, all, operator.Contractor{Unit: h.unit.ID, Kind: operator.Internal, Name: "信息中心", Contact: "甲", Phone: "1", Duties: "巡检"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.svc.Entrust(h.ctx, all, other.ID, ref)
		refused(t, err, fault.Conflict)
		found, ok, err := h.svc.OperatorOf(h.ctx, h.db, all, ref)
		if err != nil || !ok || found.ID != c.ID {
			t.Errorf("operator of the site: %v %v %v", found.Name, ok, err)
		}
		if err := h.svc.Release(h.ctx, all, c.ID, ref); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Entrust(h.ctx, all, other.ID, ref); err != nil {
			t.Fatal(err)
		}
	})
}

func TestScorecardSaysWhenAMonthHasNoData(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		m, err := operator.ParseMonth("2026-02")
		if err != nil {
			t.Fatal(err)
		}
		card, err := h.svc.Scorecard(h.ctx, all, c.ID, m)
		if err != nil || len(card.Measures) == 0 || !card.Measures[0].None || card.Measures[0].Note == "" {
			t.Fatalf("%+v %v", card.Measures, err)
		}
		refused(t, h.svc.ConfirmMonth(h.ctx, all, c.ID, m.After(), "好"), fault.Refused) // not over yet
		if err := h.svc.ConfirmMonth(h.ctx, all, c.ID, m, "本月无承办"); err != nil {
			t.Fatal(err)
		}
		refused(t, h.svc.ConfirmMonth(h.ctx, all, c.ID, m, "再来"), fault.Conflict)
		if card, err = h.svc.Scorecard(h.ctx, all, c.ID, m); err != nil || !card.Confirmed() || card.Says != "本月无承办" {
			t.Errorf("%+v %v", card, err)
		}
		for _, s := range []string{"2026-13", "2026", "x", "9999-99"} {
			if _, err := operator.ParseMonth(s); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", s, err)
			}
		}
	})
}

func TestContractorsStayInScope(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.register()
		foreign := authz.Area("test", h.other.AreaPath)
		if _, err := h.svc.Dossier(h.ctx, foreign, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
		list, total, err := h.svc.Contractors(h.ctx, foreign, operator.Filter{})
		if err != nil || total != 0 || len(list) != 0 {
			t.Errorf("%d of %d, %v", len(list), total, err)
		}
		if list, total, err = h.svc.Contractors(h.ctx, all, operator.Filter{Text: "数字", State: operator.Preparing}); err != nil || total != 1 || list[0].ID != c.ID {
			t.Errorf("%v %d %v", list, total, err)
		}
	})
}
