package lifecycle_test

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
)

var start = time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC) // a Monday

// house is a small province with its people.
type house struct {
	t           testing.TB
	db          *db.DB
	clock       *calendar.Manual
	org         *org.Service
	registry    *registry.Service
	approvals   *approval.Service
	obligations *obligation.Service
	svc         *lifecycle.Service
	notices     *notice.Service
	filings     *filing.Service
	closings    *closing.Service
	store       blob.Store
	units       map[string]org.Unit
	people      map[string]*authz.Session
	held        error // what a protected period says of every act
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(start)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(start)
		fn(t, build(t, d, clock))
	})
}

func build(t testing.TB, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := wire(t, d, clock, t.TempDir())
	h.settle()
	return h
}

// wire makes the services over a database, which may be one used before.
func wire(t testing.TB, d *db.DB, clock *calendar.Manual, blobs string) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, units: map[string]org.Unit{}, people: map[string]*authz.Session{}}
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, approval.Machine, registry.SiteMachine, registry.AccountMachine, registry.DomainMachine, notice.Machine, filing.Machine, closing.Machine); err != nil {
		t.Fatal(err)
	}
	h.org = org.New(d)
	h.registry = registry.New(d, h.org)
	h.obligations = obligation.New(d, h.org, slices.Concat(lifecycle.Obligations(), approval.Obligations(), registry.Obligations(), notice.Obligations(), filing.Obligations(), closing.Obligations())...)
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	h.approvals = approval.New(d, h.org, h.obligations, days, 5)
	store, err := blob.Disk(blobs)
	if err != nil {
		t.Fatal(err)
	}
	h.store = store
	book, err := rules.NewBook(sx2021.Rules())
	if err != nil {
		t.Fatal(err)
	}
	h.notices = notice.New(notice.Parts{DB: d, Org: h.org, Registry: h.registry, Obligations: h.obligations, Store: store, Fetch: bulletins{d}, Settings: sx2021.Defaults})
	h.filings = filing.New(d, h.org, h.registry, h.obligations, days, store, sx2021.Defaults)
	h.closings = closing.New(closing.Parts{DB: d, Org: h.org, Registry: h.registry, Obligations: h.obligations, Days: days, Store: store, Settings: sx2021.Defaults})
	h.svc = lifecycle.New(lifecycle.Parts{DB: d, Org: h.org, Registry: h.registry, Approvals: h.approvals, Obligations: h.obligations,
		Store: store, Book: book, Days: days, Notices: h.notices, Filings: h.filings, Closings: h.closings, Settings: sx2021.Defaults,
		Frozen: func(context.Context, db.Querier, registry.Object, string) error { return h.held }})
	return h
}

// settle makes the areas, units and people.
func (h *house) settle() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	err := h.db.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"},
			{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"},
			{Level: org.City, Code: "610403", Name: "杨凌示范区", Parent: "province-610000000000"},
			{Level: org.City, Code: "610581", Name: "韩城市", Parent: "province-610000000000"},
		} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key string
			u   org.Unit
		}{
			{"province", org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}},
			{"provdept", org.Unit{Area: "province-610000000000", Kind: org.Department, Name: "陕西省商务厅"}},
			{"city", org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
			{"citydept", org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}},
			{"county", org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"}},
			{"countydept", org.Unit{Area: "county-610113000000", Kind: org.Department, Name: "雁塔区商务局"}},
			{"yangling", org.Unit{Area: "city-610403000000", Kind: org.Office, Name: "杨凌示范区管理委员会办公室", Direct: true}},
			{"yangdept", org.Unit{Area: "city-610403000000", Kind: org.Department, Name: "杨凌示范区商务局"}},
			{"hancheng", org.Unit{Area: "city-610581000000", Kind: org.Office, Name: "韩城市人民政府办公室", Direct: true}},
			{"handept", org.Unit{Area: "city-610581000000", Kind: org.Department, Name: "韩城市商务局"}},
		} {
			u, _, err := h.org.AddUnit(ctx, tx, n.u)
			if err != nil {
				return err
			}
			h.units[n.key] = u
			if err := h.hire(ctx, tx, n.key+".clerk", u, authz.Sponsor); err != nil {
				return err
			}
			if u.Kind == org.Office {
				if err := h.hire(ctx, tx, n.key+".chief", u, authz.Supervisor); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// hire makes a person with posts at the unit.
func (h *house) hire(ctx context.Context, tx *db.Tx, name string, u org.Unit, roles ...authz.Role) error {
	p, err := h.org.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: name})
	if err != nil {
		return err
	}
	for _, r := range roles {
		if err := h.org.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, r); err != nil {
			return err
		}
	}
	posts, err := h.org.PostsOf(ctx, tx, p.ID)
	h.people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
	return err
}

// as is the context of a person at work, and the scope of a permission.
func (h *house) as(name string, p authz.Permission) (context.Context, authz.Scope) {
	h.t.Helper()
	s := h.people[name]
	if s == nil {
		h.t.Fatalf("nobody is called %s", name)
	}
	unit, _ := s.Unit()
	ctx := audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	return authz.WithSession(ctx, s), s.ScopeFor(p)
}

func (h *house) form(unit string) lifecycle.Application {
	return lifecycle.Application{Matter: lifecycle.OpeningMatter, Unit: h.units[unit].ID, Principal: "王建民", ByPrincipal: true, ConsentOn: calendar.DateOf(h.clock.Now()),
		Values: map[string]string{"name": h.units[unit].Name + "网站", "host": "www." + unit + ".gov.cn", "building": "hosted",
			"reason": "发布本部门政务信息，提供办事服务。", "contact": "李建国", "phone": "029-12345678"}}
}

var pdf = []byte("%PDF-1.7\n%签字页\n")

func consent() []approval.Upload {
	return []approval.Upload{{Kind: lifecycle.ConsentFile, Field: "consent", Name: "签字页.pdf", Content: bytes.NewReader(pdf)}}
}

func (h *house) apply(unit string, change ...func(*lifecycle.Application)) (approval.Case, error) {
	h.t.Helper()
	o := h.form(unit)
	for _, f := range change {
		f(&o)
	}
	ctx, scope := h.as(unit+".clerk", authz.OpeningApply)
	got, err := h.svc.Apply(ctx, scope, o, consent())
	return got.Case, err
}

func (h *house) mustApply(unit string, change ...func(*lifecycle.Application)) approval.Case {
	h.t.Helper()
	c, err := h.apply(unit, change...)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) decide(who string, id approval.CaseID, d approval.Decision) (approval.Case, error) {
	h.t.Helper()
	ctx, scope := h.as(who, authz.CaseDecide)
	return h.approvals.Decide(ctx, scope, id, d)
}

// climb passes the case through every step.
func (h *house) climb(c approval.Case) approval.Case {
	h.t.Helper()
	_, steps, _, err := h.approvals.Case(context.Background(), authz.System("test"), c.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, st := range steps[1:] {
		act := "pass"
		if st.Kind == approval.Approve {
			act = "approve"
		}
		if c, err = h.decide(h.chiefOf(st.Unit), c.ID, approval.Decision{Act: act, Opinion: "同意", StepNo: st.No}); err != nil {
			h.t.Fatal(err)
		}
	}
	return c
}

func (h *house) chiefOf(unit org.UnitID) string {
	for key, u := range h.units {
		if u.ID == unit {
			return key + ".chief"
		}
	}
	h.t.Fatalf("no unit %s", unit)
	return ""
}

func (h *house) siteOf(c approval.Case) registry.Site {
	h.t.Helper()
	list, _, err := h.registry.Sites(context.Background(), authz.System("test"), registry.SiteFilter{})
	if err != nil {
		h.t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(s registry.Site) bool { return s.CaseID == string(c.ID) })
	if i < 0 {
		h.t.Fatalf("case %s brought no site", c.Number)
	}
	return list[i]
}

func (h *house) debts(kind string) []obligation.Obligation {
	h.t.Helper()
	list, err := h.obligations.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: kind, State: "all"})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func reasons(err error) []string {
	var out []string
	for _, r := range fault.Of(err).Reasons {
		out = append(out, r.ID)
	}
	return out
}

// Article 7(2): who reviews whose application, up to the province.
func TestArticle07_2_Chain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, tt := range []struct {
			unit string
			want []string
		}{
			{"provdept", []string{"陕西省人民政府办公厅批准"}},
			{"city", []string{"陕西省人民政府办公厅批准"}},
			{"citydept", []string{"西安市人民政府办公厅审核", "陕西省人民政府办公厅批准"}},
			{"county", []string{"西安市人民政府办公厅审核", "陕西省人民政府办公厅批准"}},
			{"yangling", []string{"陕西省人民政府办公厅批准"}},
			{"yangdept", []string{"杨凌示范区管理委员会办公室审核", "陕西省人民政府办公厅批准"}},
			{"hancheng", []string{"陕西省人民政府办公厅批准"}},
			{"handept", []string{"韩城市人民政府办公室审核", "陕西省人民政府办公厅批准"}},
		} {
			c := h.mustApply(tt.unit)
			_, steps, _, err := h.approvals.Case(context.Background(), authz.System("test"), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, st := range steps[1:] {
				got = append(got, st.Name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: %v, want %v", tt.unit, got, tt.want)
			}
			if steps[0].Kind != approval.Consent || steps[0].PersonName != "王建民" {
				t.Errorf("%s: step 0 is %+v, want the principal's consent", tt.unit, steps[0])
			}
		}
	})
}

func TestArticle07_1_Refusals(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, tt := range []struct {
			name, unit string
			change     func(*lifecycle.Application)
			want       string
		}{
			{"county department", "countydept", func(*lifecycle.Application) {}, "S7.1b.county_department"},
			{"event", "citydept", func(o *lifecycle.Application) { o.Values["event"] = "yes" }, "S7.1d.event"},
			{"not the principal's own consent", "citydept", func(o *lifecycle.Application) { o.ByPrincipal = false }, "S7.2b.principal"},
			{"no date of consent", "citydept", func(o *lifecycle.Application) { o.ConsentOn = calendar.Date{} }, "S7.2b.principal"},
			{"government without the principal", "county", func(o *lifecycle.Application) { o.ByPrincipal = false }, "S7.2a.principal"},
		} {
			_, err := h.apply(tt.unit, tt.change)
			if !fault.Is(err, fault.Refused) || !slices.Equal(reasons(err), []string{tt.want}) {
				t.Errorf("%s: %v, want refused by %s", tt.name, err, tt.want)
				continue
			}
			if r := fault.Of(err).Reasons[0]; !strings.Contains(r.Citation, "第七条") || !strings.Contains(r.Says, "规定：“") {
				t.Errorf("%s: the reason %+v lacks its article", tt.name, r)
			}
		}
		ctx, scope := h.as("citydept.clerk", authz.OpeningApply)
		if _, err := h.svc.Apply(ctx, scope, h.form("citydept"), nil); !slices.Equal(reasons(err), []string{"S7.2b.principal"}) {
			t.Errorf("without the signed page: %v", err)
		}
		if n := len(h.debts("")); n != 0 {
			t.Errorf("%d obligations stand after refusals", n)
		}
	})
}

func TestFormFaultsNameTheirFields(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, err := h.apply("citydept", func(o *lifecycle.Application) {
			o.Values["name"], o.Values["host"], o.Values["reason"], o.Values["building"] = " ", "不是 域名", strings.Repeat("长", 1001), "own"
			o.ConsentOn = o.ConsentOn.AddDays(1)
		})
		var got []string
		for _, f := range fault.Of(err).Fields {
			got = append(got, f.Name)
		}
		if want := []string{"reason", "name", "host", "hosting", "consent_on"}; !fault.Is(err, fault.Invalid) || !slices.Equal(got, want) {
			t.Errorf("fields %v (%v), want %v", got, err, want)
		}
		// A file that is not what it says keeps everything out.
		ctx, scope := h.as("citydept.clerk", authz.OpeningApply)
		_, err = h.svc.Apply(ctx, scope, h.form("citydept"), []approval.Upload{{Kind: "consent", Field: "consent", Name: "签字页.pdf", Content: strings.NewReader("MZ…")}})
		if !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "consent" {
			t.Errorf("a program as a signed page: %v", err)
		}
		if _, total, _ := h.approvals.Cases(context.Background(), authz.System("test"), approval.Filter{}); total != 0 {
			t.Errorf("%d cases were opened", total)
		}
	})
}

func TestNeighboursNeitherApplyNorSee(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("handept.clerk", authz.OpeningApply)
		if _, err := h.svc.Apply(ctx, scope, h.form("citydept"), consent()); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour applied: %v", err)
		}
		if _, err := h.svc.Check(ctx, scope, h.form("citydept")); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour asked: %v", err)
		}
		c := h.mustApply("citydept")
		ctx, scope = h.as("hancheng.chief", authz.CaseRead)
		if _, _, _, err := h.approvals.Case(ctx, scope, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour read the case: %v", err)
		}
		if _, err := h.approvals.Present(ctx, scope, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour read the form: %v", err)
		}
		site := h.siteOf(h.climb(c))
		if _, err := h.svc.Checklist(ctx, scope, refOf(site)); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour read the checklist: %v", err)
		}
		ctx, scope = h.as("handept.clerk", authz.LaunchManage)
		if _, err := h.svc.Launch(ctx, scope, refOf(site)); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour launched: %v", err)
		}
		if _, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), lifecycle.LaunchItem{Kind: lifecycle.SiteCode, Value: "6101000001"}, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour filled in: %v", err)
		}
	})
}

// An approval creates the planned site, its year and its checklist at once.
func TestApprovalBringsSiteYearAndChecklist(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.climb(h.mustApply("citydept", func(o *lifecycle.Application) { o.Values["domain"] = "西安市商务局.政务" }))
		if c.State != approval.Approved {
			t.Fatalf("state %s", c.State)
		}
		site := h.siteOf(c)
		if site.Slug != "citydept" || !site.Hosted {
			t.Errorf("hosted %v as %q", site.Hosted, site.Slug)
		}
		if site.State != registry.Planned || site.Kind != registry.DepartmentSite || site.Host != "www.citydept.gov.cn" || site.SourceRef != c.Number {
			t.Errorf("site %+v", site)
		}
		debts := h.debts("launch")
		if len(debts) != 1 || debts[0].Due.On.String() != "2027-03-02" || debts[0].Unit != h.units["citydept"].ID || debts[0].State != obligation.Open {
			t.Errorf("launch obligation %+v", debts)
		}
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		list, err := h.svc.Checklist(ctx, scope, refOf(site))
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Items) != 3 || len(list.Filings) != 4 || list.LaunchBy.String() != "2027-03-02" {
			t.Errorf("checklist %+v", list)
		}
		for _, i := range list.Items {
			if i.Done() {
				t.Errorf("%s is done", i.Kind)
			}
		}
		// What the rules said then stays on file, though the ledger moved on.
		p, err := h.approvals.Present(ctx, scope, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range p.Verdicts {
			if !v.OK {
				t.Errorf("an approved case shows %s as broken", v.Rule)
			}
		}
		if p.Result != "/console/sites/"+string(site.ID)+"/launch" {
			t.Errorf("result %q", p.Result)
		}
		// Now the unit has its site.
		if _, err := h.apply("citydept", func(o *lifecycle.Application) { o.Values["host"] = "two.gov.cn" }); !slices.Equal(reasons(err), []string{"S7.1c.one_site"}) {
			t.Errorf("a second site: %v", err)
		}
		if _, err := h.apply("provdept", func(o *lifecycle.Application) { o.Values["host"] = "www.citydept.gov.cn" }); !fault.Is(err, fault.Invalid) {
			t.Errorf("a taken domain: %v", err)
		}
	})
}

// A government and its office are one holder; so are the committee that
// governs an area and its office. A zone inside a city is not the city.
func TestWhoIsOneHolder(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			for _, n := range []struct {
				u    org.Unit
				host string
			}{
				{org.Unit{Area: "county-610113000000", Kind: org.Government, Name: "雁塔区人民政府"}, "www.yanta.gov.cn"},
				{org.Unit{Area: "city-610403000000", Kind: org.Committee, Name: "杨凌示范区管理委员会", Direct: true}, "www.yangling.example"},
				{org.Unit{Area: "city-610100000000", Kind: org.Government, Name: "西安市人民政府"}, ""},
				{org.Unit{Area: "city-610100000000", Kind: org.ZoneCommittee, Level: org.City, Name: "西咸新区管理委员会"}, "www.xixian.example"},
			} {
				u, _, err := h.org.AddUnit(ctx, tx, n.u)
				if err != nil {
					return err
				}
				if n.host == "" {
					continue
				}
				if _, err = h.registry.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: u.Name, Host: n.host}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, unit := range []string{"county", "yangling"} {
			if _, err := h.apply(unit); !slices.Equal(reasons(err), []string{"S7.1c.one_site"}) {
				t.Errorf("%s: the office opened a second portal: %v", unit, err)
			}
		}
		if _, err := h.apply("city"); err != nil {
			t.Errorf("the zone's site counted as the city's: %v", err)
		}
	})
}

func TestOverrideByTheProvinceOnly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		today := calendar.DateOf(h.clock.Now())
		leave := lifecycle.Override{Rule: sx2021.CountyDeptNoSite.ID, Unit: h.units["countydept"].ID, Reason: "承担国家级试点", Until: today.AddDays(60)}
		for _, who := range []string{"city.chief", "county.chief", "province.clerk"} {
			ctx, _ := h.as(who, authz.OverrideGrant)
			if _, err := h.svc.GrantOverride(ctx, authz.System("test"), leave); !fault.Is(err, fault.Refused) {
				t.Errorf("%s granted an exception: %v", who, err)
			}
		}
		ctx, scope := h.as("province.chief", authz.OverrideGrant)
		for _, tt := range []struct {
			name   string
			change func(*lifecycle.Override)
			field  string
		}{
			{"no reason", func(o *lifecycle.Override) { o.Reason = " " }, "reason"},
			{"no end", func(o *lifecycle.Override) { o.Until = calendar.Date{} }, "until"},
			{"ended already", func(o *lifecycle.Override) { o.From, o.Until = today.AddDays(-9), today.AddDays(-1) }, "until"},
			{"a hard rule", func(o *lifecycle.Override) { o.Rule = sx2021.LaunchSiteCode.ID }, "rule"},
			{"no rule", func(o *lifecycle.Override) { o.Rule = "S0.none" }, "rule"},
		} {
			o := leave
			tt.change(&o)
			_, err := h.svc.GrantOverride(ctx, scope, o)
			if !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		if _, err := h.svc.GrantOverride(ctx, scope, leave); err != nil {
			t.Fatal(err)
		}
		list, total, err := h.svc.Overrides(ctx, scope, lifecycle.OverrideFilter{Year: 2026, Now: true})
		if err != nil || total != 1 || list[0].UnitName != "雁塔区商务局" || list[0].GrantedBy != "province.chief" || list[0].Grantor != "陕西省人民政府办公厅" || list[0].Says == "" {
			t.Errorf("list %+v (%d, %v)", list, total, err)
		}
		if _, total, _ := h.svc.Overrides(ctx, scope, lifecycle.OverrideFilter{Year: 2025}); total != 0 {
			t.Errorf("the exception is listed in 2025")
		}
		ctx, scope = h.as("handept.clerk", authz.CaseRead)
		if _, total, _ := h.svc.Overrides(ctx, scope, lifecycle.OverrideFilter{}); total != 0 {
			t.Errorf("a neighbour sees %d exceptions", total)
		}
		c := h.climb(h.mustApply("countydept"))
		if c.State != approval.Approved {
			t.Errorf("with the province's leave: %s", c.State)
		}
		// The chain of a county department begins with its county office.
		_, steps, _, _ := h.approvals.Case(context.Background(), authz.System("test"), c.ID)
		if len(steps) != 4 || steps[1].Unit != h.units["county"].ID {
			t.Errorf("steps %+v", steps)
		}
	})
}

// An exception that ends while the application climbs does not carry the
// approval.
func TestOverrideMustStandAtTheApproval(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, scope := h.as("province.chief", authz.OverrideGrant)
		if _, err := h.svc.GrantOverride(ctx, scope, lifecycle.Override{Rule: sx2021.CountyDeptNoSite.ID, Unit: h.units["countydept"].ID, Reason: "试点",
			Until: calendar.DateOf(h.clock.Now()).AddDays(3)}); err != nil {
			t.Fatal(err)
		}
		c := h.mustApply("countydept")
		for n, who := range []string{"county.chief", "city.chief"} {
			if _, err := h.decide(who, c.ID, approval.Decision{Act: "pass", StepNo: n + 1}); err != nil {
				t.Fatal(err)
			}
		}
		h.clock.Advance(5 * 24 * time.Hour)
		_, err := h.decide("province.chief", c.ID, approval.Decision{Act: "approve", StepNo: 3})
		if !slices.Equal(reasons(err), []string{"S7.1b.county_department"}) {
			t.Fatalf("approved on an ended exception: %v", err)
		}
		after, _, _, _ := h.approvals.Case(context.Background(), authz.System("test"), c.ID)
		if after.State != approval.InReview || len(h.debts("launch")) != 0 {
			t.Errorf("half an approval stands: %s", after.State)
		}
	})
}

func TestTwoApprovalsAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		first := h.mustApply("provdept", func(o *lifecycle.Application) { o.Values["host"] = "a.gov.cn" })
		second := h.mustApply("provdept", func(o *lifecycle.Application) { o.Values["host"] = "b.gov.cn" })
		errs := make(chan error, 2)
		for _, c := range []approval.Case{first, second} {
			go func() {
				_, err := h.decide("province.chief", c.ID, approval.Decision{Act: "approve", StepNo: 1})
				errs <- err
			}()
		}
		won := 0
		for range 2 {
			switch err := <-errs; {
			case err == nil:
				won++
			case !slices.Equal(reasons(err), []string{"S7.1c.one_site"}):
				t.Errorf("the loser was told %v", err)
			}
		}
		if _, n, _ := h.registry.Sites(context.Background(), authz.System("test"), registry.SiteFilter{}); won != 1 || n != 1 || len(h.debts("launch")) != 1 {
			t.Errorf("%d approvals won, %d sites, %d clocks; want one each", won, n, len(h.debts("launch")))
		}
	})
}

func TestReturnAmendResubmit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		c := h.mustApply("citydept")
		ret := approval.Decision{Act: "return", Reasons: []string{"填写有误"}, Opinion: "请更正网站名称。", StepNo: 1}
		if _, err := h.decide("city.chief", c.ID, ret); err != nil {
			t.Fatal(err)
		}
		ctx, scope := h.as("handept.clerk", authz.OpeningApply)
		if _, err := h.svc.Resubmit(ctx, scope, c.ID, h.form("citydept"), nil, ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour resubmitted: %v", err)
		}
		ctx, scope = h.as("citydept.clerk", authz.OpeningApply)
		o := h.form("citydept")
		o.Values["name"], o.Unit = "西安市商务局", h.units["provdept"].ID // the unit cannot be exchanged
		o.Values["event"] = "yes"
		if _, err := h.svc.Resubmit(ctx, scope, c.ID, o, nil, "已更正"); !slices.Equal(reasons(err), []string{"S7.1d.event"}) {
			t.Errorf("resubmitted against the rules: %v", err)
		}
		delete(o.Values, "event")
		receipt, err := h.svc.Resubmit(ctx, scope, c.ID, o, nil, "已更正")
		got := receipt.Case
		if err != nil || got.State != approval.InReview || got.StepNo != 1 || got.Title != "西安市商务局申请开设“西安市商务局”" {
			t.Fatalf("resubmitted %+v (%v)", got, err)
		}
		if _, err := h.svc.Resubmit(ctx, scope, c.ID, o, nil, "again"); !fault.Is(err, fault.Conflict) {
			t.Errorf("resubmitted twice: %v", err)
		}
		if done := h.climb(got); done.State != approval.Approved {
			t.Errorf("state %s", done.State)
		}
		if site := h.siteOf(got); site.Name != "西安市商务局" || site.Unit != h.units["citydept"].ID {
			t.Errorf("site %+v", site)
		}
	})
}

// ready fills in everything a launch needs but what is left out.
func (h *house) ready(site registry.Site, who string, without ...string) {
	h.t.Helper()
	ctx, scope := h.as(who, authz.LaunchManage)
	today := calendar.DateOf(h.clock.Now())
	for _, n := range []lifecycle.LaunchItem{
		{Kind: lifecycle.BasicInfoForm, Value: "国办秘函〔2026〕1号", On: today},
		{Kind: lifecycle.SiteCode, Value: site.AreaCode[:6] + "0001"},
		{Kind: lifecycle.SecurityReport, Value: "AQ-1", On: today, Detail: "陕西省网络安全测评中心", Passed: true},
	} {
		if slices.Contains(without, string(n.Kind)) {
			continue
		}
		var file *approval.Upload
		if n.Info().Filed {
			file = &approval.Upload{Field: "file", Name: "扫描件.pdf", Content: bytes.NewReader(pdf)}
		}
		if _, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), n, file); err != nil {
			h.t.Fatal(err)
		}
	}
	for kind, number := range map[filing.Kind]string{filing.ICP: "陕ICP备05010001号", filing.ChineseDomain: site.UnitName + ".政务"} {
		if !slices.Contains(without, string(kind)) {
			h.file(refOf(site), kind, who, number)
		}
	}
}

// file records the answer of an outside body on the object's open item.
func (h *house) file(ref registry.Ref, kind filing.Kind, who, number string) {
	h.t.Helper()
	ctx, scope := h.as(who, authz.FilingRecord)
	list, _, err := h.filings.Items(ctx, scope, filing.Filter{Object: ref, Kind: kind})
	if err != nil || len(list) != 1 {
		h.t.Fatalf("%d items of %s (%v)", len(list), kind, err)
	}
	if _, err := h.filings.Record(ctx, scope, list[0].ID, filing.Receipt{Number: number, On: calendar.DateOf(h.clock.Now()),
		File: &approval.Upload{Field: "file", Name: "回执.pdf", Content: bytes.NewReader(pdf)}}); err != nil {
		h.t.Fatal(err)
	}
}

// hang makes the object's notices of a kind seen in every place since a day.
func (h *house) hang(ref registry.Ref, kind sx2021.NoticeKind, since calendar.Date) {
	h.t.Helper()
	err := h.db.Update(audit.System(context.Background(), "test"), func(tx *db.Tx) error {
		tx.Audited()
		n, err := tx.Exec(context.Background(), `UPDATE notice_place SET url = 'https://www.example.gov.cn/n', claimed_on = $1, first_on = $1, basis = 'release', pinned = TRUE
			WHERE notice_id IN (SELECT id FROM notice WHERE object_kind = $2 AND object_id = $3 AND kind = $4)`, since, ref.Kind, ref.ID, kind)
		if err == nil && n == 0 {
			h.t.Fatalf("nobody owes a notice of %s", kind)
		}
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func refOf(s registry.Site) registry.Ref { return registry.Ref{Kind: sx2021.Site, ID: string(s.ID)} }

// Article 7(3): each missing thing bars the launch and is named; the police
// filing does not.
func TestArticle07_3_LaunchBars(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		bars := map[string]string{
			string(lifecycle.BasicInfoForm): "S7.3c.form", string(lifecycle.SiteCode): "S7.3c.site_code", string(lifecycle.SecurityReport): "S7.3e.security_report",
			string(filing.ICP): "S7.3b.icp", string(filing.ChineseDomain): "S7.3a.chinese_domain",
		}
		site := h.siteOf(h.climb(h.mustApply("citydept")))
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		_, err := h.svc.Launch(ctx, scope, refOf(site))
		if got := reasons(err); len(got) != len(bars) {
			t.Errorf("with an empty checklist: %v", got)
		}
		units := []string{"provdept", "yangdept", "handept", "county", "hancheng"}
		n := 0
		for kind, rule := range bars {
			unit := units[n]
			n++
			site := h.siteOf(h.climb(h.mustApply(unit)))
			h.ready(site, unit+".clerk", kind)
			ctx, scope := h.as(unit+".clerk", authz.LaunchManage)
			_, err := h.svc.Launch(ctx, scope, refOf(site))
			if !fault.Is(err, fault.Refused) || !slices.Equal(reasons(err), []string{rule}) {
				t.Errorf("without %s: %v, want refused by %s alone", kind, err, rule)
			}
			if after, _ := h.registry.Site(ctx, scope, site.ID); after.State != registry.Planned {
				t.Errorf("without %s the site is %s", kind, after.State)
			}
		}
	})
}

func TestLaunchMovesTheClocks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := h.siteOf(h.climb(h.mustApply("citydept")))
		h.ready(site, "citydept.clerk")
		h.clock.Advance(10 * 24 * time.Hour)
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		if _, err := h.svc.Launch(ctx, scope, refOf(site)); err != nil {
			t.Fatal(err)
		}
		site, err := h.registry.Site(ctx, scope, site.ID)
		if err != nil {
			t.Fatal(err)
		}
		if site.State != registry.Running || site.LaunchedOn.String() != "2026-03-12" || site.SiteCode != "6101000001" || site.ICP == "" || site.ChineseDomain == "" {
			t.Errorf("site %+v", site)
		}
		if _, err := h.svc.Launch(ctx, scope, refOf(site)); !fault.Is(err, fault.Conflict) {
			t.Errorf("launched twice: %v", err)
		}
		for _, tt := range []struct {
			kind, unit, due, state string
		}{
			{"launch", "citydept", "2027-03-02", obligation.Discharged},
			{"police_filing", "citydept", "2026-04-11", obligation.Open},
			{"launch_notice", "city", "2026-04-11", obligation.Open},
		} {
			d := h.debts(tt.kind)
			if len(d) != 1 || d[0].Unit != h.units[tt.unit].ID || d[0].Due.On.String() != tt.due || d[0].State != tt.state {
				t.Errorf("%s: %+v, want %+v", tt.kind, d, tt)
			}
		}
		if _, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), lifecycle.LaunchItem{Kind: lifecycle.SiteCode, Value: "6101000001"}, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("the checklist was changed after the launch: %v", err)
		}
		h.file(refOf(site), filing.PoliceFiling, "citydept.clerk", "陕公网安备61010002000001号")
		if d := h.debts("police_filing"); d[0].State != obligation.Discharged || !strings.Contains(d[0].Evidence, "陕公网安备") {
			t.Errorf("police filing %+v", d)
		}
	})
}

func TestTwoLaunchesAtOnceOneWins(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := h.siteOf(h.climb(h.mustApply("citydept")))
		h.ready(site, "citydept.clerk")
		errs := make(chan error, 2)
		for _, who := range []string{"citydept.clerk", "city.chief"} {
			ctx, scope := h.as(who, authz.LaunchManage)
			go func() {
				_, err := h.svc.Launch(ctx, scope, refOf(site))
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
		if won != 1 || len(h.debts("police_filing")) != 1 || len(h.debts("launch_notice")) != 1 {
			t.Errorf("%d launches won, clocks %d and %d", won, len(h.debts("police_filing")), len(h.debts("launch_notice")))
		}
		if kept, err := approval.Keeps(context.Background(), h.db, blob.Ref("sha256:none")); kept || err != nil {
			t.Errorf("a blob of nobody is kept: %v %v", kept, err)
		}
	})
}

// A body set up by a department applies through it (readings 9).
func TestDispatchedBodyAppliesThroughItsParent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		err := h.db.Update(ctx, func(tx *db.Tx) error {
			parent := h.units["provdept"]
			u, _, err := h.org.AddUnit(ctx, tx, org.Unit{Area: parent.Area, Parent: parent.ID, Kind: org.Dispatched, Name: "陕西省商务厅驻西安办事处"})
			if err != nil {
				return err
			}
			h.units["branch"] = u
			return h.hire(ctx, tx, "branch.clerk", u, authz.Sponsor)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.apply("branch"); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "陕西省商务厅") {
			t.Errorf("the body applied for itself: %v", err)
		}
		pctx, scope := h.as("provdept.clerk", authz.OpeningApply)
		receipt, err := h.svc.Apply(pctx, scope, h.form("branch"), consent())
		c := receipt.Case
		if err != nil {
			t.Fatal(err)
		}
		if site := h.siteOf(h.climb(c)); c.Unit != h.units["provdept"].ID || site.Unit != h.units["branch"].ID {
			t.Errorf("applied by %s for %s", c.Unit, site.Unit)
		}
	})
}

// Readings 2: a department's notice is its same-level office's, a portal's the
// superior office's, each in two places for thirty days.
func TestArticle07_4_OpeningNotice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := h.siteOf(h.climb(h.mustApply("county")))
		h.ready(site, "county.clerk")
		ctx, scope := h.as("county.clerk", authz.LaunchManage)
		if _, err := h.svc.Launch(ctx, scope, refOf(site)); err != nil {
			t.Fatal(err)
		}
		list, err := h.svc.Checklist(ctx, scope, refOf(site))
		if err != nil || len(list.Notice.Notices) != 1 || list.Notice.Notices[0].PublisherID != h.units["city"].ID || len(list.Notice.Missing) != 2 {
			t.Fatalf("notices %+v (%v)", list.Notice, err)
		}
		h.hang(refOf(site), sx2021.OpeningNotice, calendar.DateOf(h.clock.Now()))
		if list, err = h.svc.Checklist(ctx, scope, refOf(site)); err != nil || list.Notice.HangUntil.String() != "2026-04-01" || !list.Notice.Seen {
			t.Errorf("hangs until %s (%v)", list.Notice.HangUntil, err)
		}
	})
}

// Article 7(4): after the year only the supervisor's written statement lets the
// launch through.
func TestLateLaunchNeedsTheStatement(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := h.siteOf(h.climb(h.mustApply("citydept")))
		h.clock.Advance(366 * 24 * time.Hour)
		h.ready(site, "citydept.clerk")
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		if _, err := h.svc.Launch(ctx, scope, refOf(site)); !slices.Equal(reasons(err), []string{"S7.4a.one_year"}) {
			t.Fatalf("launched late: %v", err)
		}
		st := lifecycle.LaunchItem{Kind: lifecycle.LateStatement, Value: "市政办函〔2027〕3号", On: calendar.DateOf(h.clock.Now()), Passed: true}
		file := func() *approval.Upload {
			return &approval.Upload{Field: "file", Name: "声明.pdf", Content: bytes.NewReader(pdf)}
		}
		if _, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), st, file()); !fault.Is(err, fault.Refused) {
			t.Errorf("the sponsor made the statement: %v", err)
		}
		ctx, scope = h.as("city.chief", authz.LaunchManage)
		if _, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), st, file()); err != nil {
			t.Fatal(err)
		}
		ctx, scope = h.as("citydept.clerk", authz.LaunchManage)
		if _, err := h.svc.Launch(ctx, scope, refOf(site)); err != nil {
			t.Errorf("with the statement: %v", err)
		}
	})
}

func TestChecklistFieldsAndFiles(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		site := h.siteOf(h.climb(h.mustApply("citydept")))
		ctx, scope := h.as("citydept.clerk", authz.LaunchManage)
		today := calendar.DateOf(h.clock.Now())
		for _, tt := range []struct {
			name  string
			item  lifecycle.LaunchItem
			field string
		}{
			{"empty", lifecycle.LaunchItem{Kind: lifecycle.SiteCode}, "value"},
			{"code of another place", lifecycle.LaunchItem{Kind: lifecycle.SiteCode, Value: "6105810001"}, "value"},
			{"code of twelve digits", lifecycle.LaunchItem{Kind: lifecycle.SiteCode, Value: "610100000001"}, "value"},
			{"no tester", lifecycle.LaunchItem{Kind: lifecycle.SecurityReport, Value: "1", On: today}, "detail"},
			{"tomorrow", lifecycle.LaunchItem{Kind: lifecycle.BasicInfoForm, Value: "1", On: today.AddDays(1)}, "on"},
			{"no file", lifecycle.LaunchItem{Kind: lifecycle.BasicInfoForm, Value: "1", On: today}, "file"},
		} {
			_, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), tt.item, nil)
			if !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v, want field %s", tt.name, err, tt.field)
			}
		}
		if _, err := h.svc.FillLaunchItem(ctx, scope, refOf(site), lifecycle.LaunchItem{Kind: "nonsense", Value: "1"}, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("an unknown kind: %v", err)
		}
		h.ready(site, "citydept.clerk")
		list, err := h.svc.Checklist(ctx, scope, refOf(site))
		if err != nil || len(list.Bars) != 0 {
			t.Fatalf("bars %v (%v)", list.Bars, err)
		}
		i := slices.IndexFunc(list.Items, func(i lifecycle.LaunchItem) bool { return i.Kind == lifecycle.SecurityReport })
		a, r, err := h.svc.OpenFile(ctx, scope, refOf(site), list.Items[i].Attachment)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, pdf) || a.MediaType != "application/pdf" {
			t.Errorf("file %+v %q (%v)", a, b, err)
		}
		if _, _, err := h.svc.OpenFile(ctx, scope, refOf(site), "01JNONE"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a file of nobody: %v", err)
		}
	})
}
