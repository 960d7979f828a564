package blindtest_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blindtest"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/letters"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
)

var (
	system = authz.System("test")
	began  = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // a Monday
)

type house struct {
	t                                     *testing.T
	db                                    *db.DB
	clock                                 *calendar.Manual
	svc                                   *blindtest.Service
	letters                               *letters.Service
	obligations                           *obligation.Service
	city, county                          org.Unit
	hosted, other                         registry.Site
	head, second, a, b, c, clerk, reviews *authz.Session
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		h := &house{t: t, db: d, clock: clock}
		ctx := audit.System(context.Background(), "test")
		o := org.New(d)
		r := registry.New(d, o)
		days, err := calendar.Published()
		h.must(err)
		keys, err := seal.Open(filepath.Join(t.TempDir(), "keys"))
		h.must(err)
		h.obligations = obligation.New(d, o, letters.ReplyKind)
		h.letters = letters.New(d, o, r, h.obligations, days, keys)
		h.svc = blindtest.New(blindtest.Parts{DB: d, Org: o, Registry: r, Letters: h.letters, Days: days, Keys: keys, Settings: sx2021.Defaults})
		h.must(passage.Declare(ctx, d, append(blindtest.Machines(), registry.SiteMachine, letters.Machine)...))
		h.must(d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			if _, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省政府办公厅"}); err != nil {
				return err
			}
			var err error
			if h.city, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市政府办公厅"}); err != nil {
				return err
			}
			if h.county, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区政府办公室"}); err != nil {
				return err
			}
			for _, x := range []struct {
				into **authz.Session
				name string
				unit org.UnitID
				role authz.Role
			}{{&h.head, "负责人", h.city.ID, authz.Supervisor}, {&h.second, "第二人", h.city.ID, authz.Supervisor}, {&h.a, "甲", h.city.ID, authz.Inspector}, {&h.b, "乙", h.city.ID, authz.Inspector}, {&h.c, "丙", h.city.ID, authz.Inspector},
				{&h.clerk, "区办", h.county.ID, authz.Sponsor}, {&h.reviews, "区审", h.county.ID, authz.FinalReviewer}} {
				p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: x.unit, Name: x.name})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, p.ID, x.unit, x.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, p.ID)
				if err != nil {
					return err
				}
				*x.into = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
			}
			if h.hosted, err = r.EnterSite(ctx, tx, registry.Site{Unit: h.county.ID, Kind: registry.Portal, Name: "雁塔区政府", Host: "www.yanta.gov.cn", Slug: "yanta", Hosted: true}); err != nil {
				return err
			}
			h.other, err = r.EnterSite(ctx, tx, registry.Site{Unit: h.county.ID, Kind: registry.Portal, Name: "雁塔开发区", Host: "kfq.yanta.gov.cn"})
			return err
		}))
		fn(t, h)
	})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func manage(s *authz.Session) authz.Scope  { return s.ScopeFor(authz.AppraisalManage) }
func judging(s *authz.Session) authz.Scope { return s.ScopeFor(authz.AppraisalJudge) }

func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if err == nil || !fault.Is(err, kind) || !strings.Contains(fault.Of(err).Alone(), says) && !strings.Contains(fault.Of(err).Says, says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}

func (h *house) plan() blindtest.Campaign {
	h.t.Helper()
	c, err := h.svc.Plan(as(h.head), manage(h.head), blindtest.Planning{Unit: h.city.ID, Period: "2026-Q1", Share: 100, Each: 1, Personas: "王平 15500000201\n李安 15500000202", Seed: "7"})
	h.must(err)
	return c
}

func (h *house) byWay(c blindtest.Campaign) (hosted, manual blindtest.Letter) {
	h.t.Helper()
	_, list, _, err := h.svc.Sheet(as(h.head), manage(h.head), c.ID)
	h.must(err)
	for _, l := range list {
		if l.Way == "hosted" {
			hosted = l
		} else {
			manual = l
		}
	}
	return hosted, manual
}

// The whole of a campaign: letters go by the site's own form and by hand, two
// mark blind, the table counts, and only at the end the unit learns of it and
// its statistics are without them.
func TestArticle19_5_BlindTestIsALetterLikeAnyOtherUntilItEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		for field, p := range map[string]blindtest.Planning{"period": {Period: "2026-03", Share: 100, Each: 1}, "share": {Period: "2026-Q1", Each: 1}, "each": {Period: "2026-Q1", Share: 50, Each: 9}, "personas": {Period: "2026-Q1", Share: 50, Each: 1, Personas: "王平 123"}} {
			p.Unit = h.city.ID
			_, err := h.svc.Plan(as(h.head), manage(h.head), p)
			if !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		c := h.plan()
		_, err := h.svc.Close(as(h.head), manage(h.head), c.ID)
		refused(t, err, fault.Conflict, "已计划")
		_, err = h.svc.Start(as(h.head), manage(h.head), c.ID)
		h.must(err)
		for range 2 { // the form is opened, and sent a minute later
			if _, err := h.svc.Sweep(ctx); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Minute)
		}
		hosted, manual := h.byWay(c)
		if hosted.State != blindtest.Sent || hosted.Number == "" || manual.State != blindtest.Waiting {
			t.Fatalf("hosted %s %s, manual %s", hosted.State, hosted.Number, manual.State)
		}
		// For the unit it is a letter like any other, and counts.
		read := h.clerk.ScopeFor(authz.LetterRead)
		figures, err := h.letters.Figures(as(h.clerk), read, letters.Filter{})
		if err != nil || figures.Total.N[letters.MeasureReceived] != 1 {
			t.Errorf("received %v, %v", figures.Total.N, err)
		}
		if own, n, err := h.svc.Own(as(h.clerk), h.clerk.ScopeFor(authz.AssessmentRead), 0, 0); err != nil || n != 0 || len(own) != 0 {
			t.Errorf("the unit sees %d test letters, %v", n, err)
		}
		refused(t, h.svc.RecordSent(as(h.head), manage(h.head), hosted.ID, calendar.DateOf(h.clock.Now()), "1", "信箱"), fault.Conflict, "已发出")
		refused(t, h.svc.RecordSent(as(h.head), manage(h.head), manual.ID, calendar.Date{}, "", ""), fault.Invalid, "")
		today := calendar.DateOf(h.clock.Now())
		h.must(h.svc.RecordSent(as(h.head), manage(h.head), manual.ID, today, "2026-77", "主任信箱"))
		// The county answers the hosted letter on the same day.
		id := letters.LetterID(hosted.LetterID)
		_, err = h.letters.Accept(as(h.clerk), h.clerk.ScopeFor(authz.LetterScreen), id)
		h.must(err)
		_, err = h.letters.Assign(as(h.clerk), h.clerk.ScopeFor(authz.LetterScreen), id, h.county.ID, org.PersonID(h.clerk.PersonID))
		h.must(err)
		_, err = h.letters.Write(as(h.clerk), h.clerk.ScopeFor(authz.LetterAnswer), id, letters.Draft{Answer: "您好，请携带身份证到政务服务大厅办理，即时办结。"})
		h.must(err)
		rounds, err := h.letters.Answers(as(h.reviews), h.reviews.ScopeFor(authz.LetterRead), id)
		h.must(err)
		_, err = h.letters.Review(as(h.reviews), h.reviews.ScopeFor(authz.LetterReview), id, letters.Verdict{Pass: true, SHA256: rounds[0].SHA256})
		h.must(err)
		_, err = h.svc.Sweep(ctx)
		h.must(err)
		_, err = h.svc.Close(as(h.head), manage(h.head), c.ID)
		refused(t, err, fault.Refused, "没有答复且未过期限")
		// Markers see text and answer, not the site, nor each other.
		queue, err := h.svc.Queue(as(h.a), judging(h.a), h.a)
		if err != nil || len(queue) != 1 || !strings.Contains(queue[0].Answer, "政务服务大厅") || queue[0].Others != 0 {
			t.Fatalf("queue %+v, %v", queue, err)
		}
		refused(t, h.svc.Give(as(h.head), manage(h.head), hosted.ID, true, true, ""), fault.Refused, "不能评分")
		refused(t, h.svc.Give(as(h.a), judging(h.a), hosted.ID, false, false, ""), fault.Invalid, "")
		refused(t, h.svc.Give(as(h.a), judging(h.a), hosted.ID, false, true, "答非所问却完整"), fault.Invalid, "")
		h.must(h.svc.Give(as(h.a), judging(h.a), hosted.ID, true, true, ""))
		refused(t, h.svc.Give(as(h.a), judging(h.a), hosted.ID, true, true, ""), fault.Conflict, "已经评过分")
		m, err := h.svc.ForMarking(as(h.b), judging(h.b), h.b, hosted.ID)
		if err != nil || m.Own != nil || m.Others != 1 {
			t.Errorf("the second marker sees %+v, %v", m, err)
		}
		h.must(h.svc.Give(as(h.b), judging(h.b), hosted.ID, true, false, "没有写明时间"))
		refused(t, h.svc.Give(as(h.c), judging(h.c), hosted.ID, true, true, ""), fault.Conflict, "两人评分")
		// Five working days later the other letter lapsed.
		h.clock.Set(time.Date(2026, 3, 10, 2, 0, 0, 0, time.UTC))
		_, err = h.svc.Sweep(ctx)
		h.must(err)
		_, err = h.svc.Close(as(h.head), manage(h.head), c.ID)
		refused(t, err, fault.Refused, "评分不一致尚未裁定")
		refused(t, h.svc.Settle(as(h.a), system, hosted.ID, true, true, "自己裁定自己"), fault.Refused, "评分人之一")
		h.must(h.svc.Settle(as(h.head), manage(h.head), hosted.ID, true, false, "确实没有写明时间"))
		// What failed becomes a finding, but only when the unit knows of the test.
		source := h.svc.Origin()
		_, err = source.Propose(ctx, h.db, manage(h.head), manual.ID)
		refused(t, err, fault.Conflict, "结束并告知")
		c, err = h.svc.Close(as(h.head), manage(h.head), c.ID)
		h.must(err)
		proposal, err := source.Propose(ctx, h.db, manage(h.head), manual.ID)
		if err != nil || proposal.Object.ID != string(h.other.ID) || proposal.Cause != "letters" || proposal.Clause != "D-16" || !strings.Contains(proposal.Says, "没有答复") || proposal.On.After(calendar.DateOf(h.clock.Now())) {
			t.Errorf("proposed %+v, %v", proposal, err)
		}
		_, err = source.Propose(ctx, h.db, manage(h.head), hosted.ID)
		refused(t, err, fault.Conflict, "不是问题")
		_, err = source.Propose(ctx, h.db, h.clerk.ScopeFor(authz.OrderRead), manual.ID)
		refused(t, err, fault.NotFound, "")
		table, _, ok, err := h.svc.Held(ctx, h.db, system, c.Area, assessment.QuarterOf(calendar.DateOf(began)))
		want := blindtest.Row{Name: "合计", Sites: 2, Letters: 2, OnTime: 1, SameDay: 1, OnPoint: 1, Silent: 1, AllSilent: 1}
		if err != nil || !ok || table.Sum != want || table.Sum.RateText() != "50.00%" {
			t.Errorf("table %+v, %v, %v", table, ok, err)
		}
		// Now, and only now, it has left the unit's figures and is told.
		figures, err = h.letters.Figures(as(h.clerk), read, letters.Filter{})
		if err != nil || figures.Total.N[letters.MeasureReceived] != 0 {
			t.Errorf("received after the end: %v, %v", figures.Total.N, err)
		}
		if _, n, err := h.letters.Letters(as(h.clerk), read, letters.Filter{}); err != nil || n != 1 {
			t.Errorf("the letter is gone from the list: %d, %v", n, err)
		}
		if _, n, err := h.svc.Own(as(h.clerk), h.clerk.ScopeFor(authz.AssessmentRead), 0, 0); err != nil || n != 2 {
			t.Errorf("the unit sees %d test letters, %v", n, err)
		}
		stock, err := packs.Embedded()
		h.must(err)
		p, _ := packs.Pick(stock, assessment.PackID, calendar.DateOf(began))
		seen, err := h.svc.Observe(ctx, h.db, assessment.Asked{Kind: assessment.SiteKind, Pack: p, On: calendar.Date{Year: 2026, Month: 3, Day: 31}, Known: h.clock.Now().Add(time.Minute)})
		if err != nil || seen[string(h.hosted.ID)][0].Outcome != packs.Kept || len(seen[string(h.other.ID)][0].Hits) != 1 {
			t.Errorf("observed %+v, %v", seen, err)
		}
	})
}

// The sender is sealed and opened by two, each reading in the trail.
func TestSenderIsOpenedByTwo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.plan()
		if n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM blind_campaign WHERE persona LIKE '%1550%'`); err != nil || n != 0 {
			t.Errorf("the sender lies in the clear: %d, %v", n, err)
		}
		_, err := h.svc.Senders(as(h.head), manage(h.head), c.ID)
		refused(t, err, fault.Refused, "两人启封")
		refused(t, h.svc.Agree(as(h.head), manage(h.head), c.ID), fault.Conflict, "请先申请")
		h.must(h.svc.Ask(as(h.head), manage(h.head), c.ID, "人工发信需要"))
		refused(t, h.svc.Agree(as(h.head), manage(h.head), c.ID), fault.Refused, "第二人同意")
		h.must(h.svc.Agree(as(h.second), manage(h.second), c.ID))
		list, err := h.svc.Senders(as(h.second), manage(h.second), c.ID)
		if err != nil || len(list) != 2 || list[0].Phone != "15500000201" {
			t.Errorf("%v, %v", list, err)
		}
		trail, err := audit.Entries(context.Background(), h.db, audit.Filter{TargetID: c.ID, Act: "blindtest.persona.read"})
		if err != nil || len(trail) != 1 {
			t.Errorf("readings in the trail: %d, %v", len(trail), err)
		}
		h.clock.Advance(25 * time.Hour)
		_, err = h.svc.Senders(as(h.second), manage(h.second), c.ID)
		refused(t, err, fault.Refused, "24 小时内")
		_, err = h.svc.Cancel(as(h.head), manage(h.head), c.ID, "改到下一季度")
		h.must(err)
	})
}
