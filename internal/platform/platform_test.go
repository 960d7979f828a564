package platform_test

import (
	"bytes"
	"context"
	"slices"
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
	"zhengshu/internal/media"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/platform"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/tenancy"
)

var all = authz.System("test")

type house struct {
	t           *testing.T
	db          *db.DB
	ctx         context.Context
	clock       *calendar.Manual
	org         *org.Service
	registry    *registry.Service
	tenancy     *tenancy.Service
	media       *media.Service
	obligations *obligation.Service
	svc         *platform.Service
	seen        platform.Seen
	bureau      org.Unit // the platform's operator
	dept        org.Unit // a resident
	site        registry.Site
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) refused(err error, kind fault.Kind, ids ...string) {
	h.t.Helper()
	if !fault.Is(err, kind) {
		h.t.Fatalf("got %v, want %v", err, kind)
	}
	for _, id := range ids {
		if !slices.ContainsFunc(fault.Of(err).Reasons, func(r fault.Reason) bool { return r.ID == id }) {
			h.t.Errorf("%v does not name %s", err, id)
		}
	}
}

func each(t *testing.T, fn func(h *house)) {
	clock := calendar.NewManual(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
		h := &house{t: t, db: d, ctx: audit.System(context.Background(), "test"), clock: clock}
		h.ok(passage.Declare(h.ctx, d, tenancy.Machine, registry.SiteMachine, registry.DomainMachine))
		store, err := blob.Disk(t.TempDir())
		h.ok(err)
		days, err := calendar.Published()
		h.ok(err)
		h.org = org.New(d)
		h.registry = registry.New(d, h.org)
		h.obligations = obligation.New(d, h.org, append(tenancy.Obligations(), platform.Obligations()...)...)
		h.tenancy = tenancy.New(tenancy.Parts{DB: d, Org: h.org, Obligations: h.obligations, Days: days, Store: store, Settings: sx2021.Defaults})
		h.media = media.New(d, h.org, store)
		h.svc = platform.New(platform.Parts{DB: d, Org: h.org, Registry: h.registry, Tenancy: h.tenancy, Obligations: h.obligations,
			Look: func(context.Context, registry.Site) (platform.Seen, error) { return h.seen, nil }})
		h.registry.OnHosting(h.svc.Aboard)
		h.media.OnTake(h.svc.MayKeep)
		h.ok(d.Update(h.ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
				if _, err := h.org.AddArea(h.ctx, tx, a); err != nil {
					return err
				}
			}
			for _, u := range []struct {
				into *org.Unit
				unit org.Unit
			}{{new(org.Unit), org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}}, {&h.bureau, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市大数据局"}},
				{&h.dept, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}}} {
				if *u.into, _, err = h.org.AddUnit(h.ctx, tx, u.unit); err != nil {
					return err
				}
			}
			h.site, err = h.registry.EnterSite(h.ctx, tx, registry.Site{Unit: h.dept.ID, Kind: registry.DepartmentSite, Name: "西安市商务局", Host: "sw.xa.gov.cn", Slug: "sw"})
			return err
		}))
		fn(h)
	})
}

func (h *house) host() error {
	return h.db.Update(h.ctx, func(tx *db.Tx) error {
		s, err := h.registry.SiteTx(h.ctx, tx, all, h.site.ID)
		if err != nil {
			return err
		}
		_, err = h.registry.SetIdentifiers(h.ctx, tx, all, s.ID, registry.Identifiers{Name: s.Name, Host: s.Host, Slug: "sw", Hosted: true, Why: registry.Why{Says: "迁入集约化平台"}})
		return err
	})
}

func (h *house) platform(limits platform.Limits) platform.Platform {
	h.t.Helper()
	p, err := h.svc.Save(h.ctx, all, platform.Platform{Unit: h.bureau.ID, Name: "西安市集约化平台", Here: true, Standard: "统一栏目和数据标准", Technology: "政枢", Security: "统一防护", Operation: "统一监管", Limits: limits})
	h.ok(err)
	return p
}

// rules puts operating rules in force, with the department as a resident.
func (h *house) rules() tenancy.Rules {
	h.t.Helper()
	o, err := h.tenancy.Draft(h.ctx, all, tenancy.Rules{Unit: h.bureau.ID, Platform: "西安市集约化平台", Title: "运维管理细则", OperatorDuties: "保障平台", ResidentDuties: "保障内容"}, nil)
	h.ok(err)
	_, err = h.tenancy.Include(h.ctx, all, o.ID, []org.UnitID{h.dept.ID})
	h.ok(err)
	_, err = h.tenancy.Consult(h.ctx, all, o.ID, calendar.Today(h.clock).AddDays(10))
	h.ok(err)
	h.ok(h.tenancy.Comment(h.ctx, all, o.ID, h.dept.ID, tenancy.NoComment))
	o, err = h.tenancy.Issue(h.ctx, all, o.ID, "市政办函〔2026〕1号", calendar.Date{}, &approval.Upload{Name: "细则.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))})
	h.ok(err)
	return o
}

func TestArticle28_NoSiteComesAboardWithoutRulesAndReceipt(t *testing.T) {
	each(t, func(h *house) {
		h.refused(h.host(), fault.Refused, "S28.1.tenancy") // no platform
		h.platform(platform.Limits{})
		h.refused(h.host(), fault.Refused, "S28.1.tenancy") // no rules
		o := h.rules()
		h.refused(h.host(), fault.Refused, "S28.1.receipt")
		if s, err := h.registry.Site(h.ctx, all, h.site.ID); err != nil || s.Hosted {
			t.Fatalf("hosted all the same (%v)", err)
		}
		h.ok(h.tenancy.Sign(h.ctx, all, o.ID, h.dept.ID))
		h.ok(h.host())
		m, err := h.svc.Migration(h.ctx, all, h.site.ID)
		h.ok(err)
		if m.Off() || m.PlatformName != "西安市集约化平台" || !m.Hosted {
			t.Errorf("it stands on %q", m.PlatformName)
		}
		d, err := h.tenancy.Dossier(h.ctx, all, o.ID)
		h.ok(err)
		if d.Residents[0].OpenedOn.IsZero() {
			t.Error("the tenancy is not open")
		}
	})
}

func TestArticle25_MigrationUntilNoSiteStandsOutside(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.svc.Save(h.ctx, all, platform.Platform{Unit: h.bureau.ID, Name: "缺项"})
		h.refused(err, fault.Invalid)
		p := h.platform(platform.Limits{})
		today := calendar.Today(h.clock)
		plan := platform.Plan{To: p.ID, Responsible: "周启明", Begin: today, Due: today.AddDays(30)}
		h.refused(h.svc.Plan(h.ctx, all, h.site.ID, platform.Plan{To: p.ID, Responsible: "周启明", Begin: today, Due: today.AddDays(-1)}), fault.Invalid)
		h.ok(h.svc.Plan(h.ctx, all, h.site.ID, plan))
		plan.Due = today.AddDays(20)
		h.ok(h.svc.Plan(h.ctx, all, h.site.ID, plan))
		debts := func() []obligation.Obligation {
			list, err := h.obligations.Obligations(h.ctx, all, obligation.Filter{Kind: platform.MigrationDue.ID})
			h.ok(err)
			return list
		}
		if list := debts(); len(list) != 1 || list[0].Due.On != plan.Due || list[0].Unit != h.dept.ID {
			t.Fatalf("clocks: %+v", list)
		}
		_, err = h.svc.Sweep(h.ctx)
		h.ok(err)
		board, err := h.svc.Board(h.ctx, all)
		h.ok(err)
		if len(board) != 1 || board[0].Off != 1 || board[0].Planned != 1 || board[0].Overdue != 0 {
			t.Errorf("board: %+v", board)
		}
		// Article 26: the city's own platform stands beside it.
		if len(board) == 1 && (len(board[0].Own) != 1 || board[0].Own[0].ID != p.ID) {
			t.Errorf("platforms of the city: %+v", board[0].Own)
		}
		h.clock.Set(h.clock.Now().AddDate(0, 0, 25))
		for state, want := range map[string]int{"off": 1, "overdue": 1, "planned": 0, "unplanned": 0, "aboard": 0} {
			if _, n, err := h.svc.Migrations(h.ctx, all, platform.MigrationFilter{State: state, Limit: 10}); err != nil || n != want {
				t.Errorf("%s: %d (%v)", state, n, err)
			}
		}

		h.ok(h.tenancy.Sign(h.ctx, all, h.rules().ID, h.dept.ID))
		h.ok(h.host())
		h.seen = platform.Seen{Pointing: "no", Says: "域名指向别处", IPv6: "no"}
		_, err = h.svc.LookAt(h.ctx, all, h.site.ID)
		h.ok(err)
		if len(debts()) != 1 {
			t.Error("the clock stopped before the name leads here")
		}
		h.seen = platform.Seen{Pointing: "yes", Says: "首页与本平台发布的一致", IPv6: "yes"}
		_, err = h.svc.LookAt(h.ctx, all, h.site.ID)
		h.ok(err)
		if len(debts()) != 0 {
			t.Error("the clock runs on")
		}
		if m, err := h.svc.Migration(h.ctx, all, h.site.ID); err != nil || m.StageName() != "已完成" || m.IPv6 != "yes" {
			t.Errorf("stage %q, IPv6 %q (%v)", m.StageName(), m.IPv6, err)
		}
		days, err := h.svc.Trend(h.ctx, all, 60)
		h.ok(err)
		if len(days) != 1 || days[0].Off != 1 {
			t.Errorf("trend: %+v", days)
		}
		h.refused(h.svc.Retire(h.ctx, all, p.ID), fault.Conflict)
		if _, err := h.svc.Migration(h.ctx, authz.Area("test", h.bureau.AreaPath), h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of scope: %v", err)
		}
	})
}

func TestArticle28_QuotasAndSuspension(t *testing.T) {
	each(t, func(h *house) {
		p := h.platform(platform.Limits{Uploads: 2, Staff: 1})
		h.ok(h.tenancy.Sign(h.ctx, all, h.rules().ID, h.dept.ID))
		h.ok(h.host())
		n := 0
		upload := func() error {
			n++
			_, err := h.media.Take(h.ctx, all, h.dept.ID, []media.Upload{{Name: "附件.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n%" + string(rune('a'+n)) + "\n"))}}, media.About{Source: "本单位", FocalX: 50, FocalY: 50})
			return err
		}
		create := func() error {
			return h.db.Update(h.ctx, func(tx *db.Tx) error {
				if err := h.svc.MayCreate(h.ctx, tx, h.dept.ID); err != nil {
					return err
				}
				return audit.Record(h.ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "test", ID: "1"}})
			})
		}
		h.ok(upload())
		h.ok(upload())
		h.refused(upload(), fault.Refused, "S28.1.tenancy")
		h.ok(create())
		operator, resident := authz.Area("test", h.bureau.AreaPath), authz.Area("test", h.dept.AreaPath)
		h.refused(h.svc.SetLimits(h.ctx, resident, p.ID, h.dept.ID, &platform.Limits{}), fault.Forbidden)
		h.ok(h.svc.SetLimits(h.ctx, operator, p.ID, h.dept.ID, &platform.Limits{Uploads: 3, StorageMB: 1}))
		h.refused(upload(), fault.Refused) // the two files fill the one MB
		h.ok(h.svc.SetLimits(h.ctx, operator, p.ID, h.dept.ID, &platform.Limits{Uploads: 3, Staff: 1}))
		h.ok(upload())
		var person org.Person
		h.ok(h.db.Update(h.ctx, func(tx *db.Tx) (err error) {
			if person, err = h.org.AddPerson(h.ctx, tx, all, org.Person{Unit: h.dept.ID, Name: "甲"}); err != nil {
				return err
			}
			return h.org.Appoint(h.ctx, tx, all, person.ID, h.dept.ID, authz.Editor)
		}))
		h.ok(h.svc.MayAppoint(h.ctx, h.db, h.dept.ID, person.ID)) // one more post of the same person
		h.refused(h.svc.MayAppoint(h.ctx, h.db, h.dept.ID, "another"), fault.Refused)
		_, err := h.svc.Sweep(h.ctx)
		h.ok(err)
		told := func() int {
			n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE unit_id = $1 AND title LIKE '%80%'`, h.dept.ID)
			h.ok(err)
			return n
		}
		if told() != 1 {
			t.Errorf("warned %d times", told())
		}
		if _, err := h.svc.Sweep(h.ctx); err != nil || told() != 1 {
			t.Errorf("warned again: %d (%v)", told(), err)
		}
		h.ok(h.svc.Suspend(h.ctx, operator, p.ID, h.dept.ID, "违反细则第五条"))
		h.refused(create(), fault.Refused, "S28.1.tenancy")
		h.refused(h.svc.Suspend(h.ctx, operator, p.ID, h.dept.ID, "违反细则第五条"), fault.Conflict)
		h.ok(h.svc.Resume(h.ctx, operator, p.ID, h.dept.ID))
		h.ok(create())
		list, total, err := h.svc.Tenants(h.ctx, operator, p.ID, 20, 0)
		h.ok(err)
		if total != 1 || len(list) != 1 || list[0].Sites != 1 || !list[0].Own {
			t.Errorf("tenants: %+v", list)
		}
	})
}
