package roster_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/cutover"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/roster"
	"zhengshu/internal/rules/sx2021"
)

var (
	all = authz.System("test")
	on  = calendar.Date{Year: 2026, Month: 11, Day: 23}
)

const yanta = org.AreaID("county-610113000000")

// house is a county with its office and a bureau that has a site, an account,
// a column, a case on its way and a clock.
type house struct {
	t                     *testing.T
	db                    *db.DB
	org                   *org.Service
	registry              *registry.Service
	clocks                *obligation.Service
	cases                 *approval.Service
	roster                *roster.Service
	cutover               *cutover.Service
	province, city        org.Unit
	office, bureau, other org.Unit
	site                  registry.Site
	a, b                  org.Person
	kase                  approval.Case
}

func ctxOf() context.Context { return audit.System(context.Background(), "test") }

func (h *house) do(f func(tx *db.Tx) error) error { return h.db.Update(ctxOf(), f) }

func (h *house) must(f func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.do(f); err != nil {
		h.t.Fatal(err)
	}
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	dbtest.EachAt(t, func() time.Time { return on.Start().Add(10 * time.Hour) }, func(t *testing.T, d *db.DB) {
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		if err := passage.Declare(ctxOf(), d, registry.SiteMachine, registry.AccountMachine, approval.Machine); err != nil {
			t.Fatal(err)
		}
		h := &house{t: t, db: d, org: org.New(d)}
		h.registry = registry.New(d, h.org)
		h.clocks = obligation.New(d, h.org, append(append(roster.Obligations(), cutover.Obligations()...), approval.StepObligation)...)
		h.cases = approval.New(d, h.org, h.clocks, days, 5)
		h.cases.OnApproved("test", func(context.Context, *db.Tx, approval.Case) error { return nil })
		h.roster = roster.New(roster.Parts{DB: d, Org: h.org, Registry: h.registry, Obligations: h.clocks, Days: days, Settings: sx2021.Defaults,
			Sources: []roster.Source{{Name: "columns", Held: registry.ColumnsHeld, Pass: registry.PassColumns}}})
		h.cutover = cutover.New(d, h.org, h.registry, h.clocks)
		for _, m := range []org.Module{registry.Reorganise(), cutover.Reorganise(), obligation.Reorganise(), approval.Reorganise()} {
			h.org.OnReorganise(m)
		}
		h.must(func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
				if _, err := h.org.AddArea(ctxOf(), tx, a); err != nil {
					return err
				}
			}
			for _, u := range []struct {
				to   *org.Unit
				unit org.Unit
			}{
				{&h.province, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}},
				{&h.city, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}},
				{&h.office, org.Unit{Area: yanta, Kind: org.Office, Name: "雁塔区人民政府办公室"}},
				{&h.bureau, org.Unit{Area: yanta, Kind: org.Department, Name: "雁塔区商务局", Line: "commerce"}},
				{&h.other, org.Unit{Area: yanta, Kind: org.Department, Name: "雁塔区教育局", Line: "education"}},
			} {
				made, _, err := h.org.AddUnit(ctxOf(), tx, u.unit)
				if err != nil {
					return err
				}
				*u.to = made
			}
			if _, _, err := h.org.AddUnit(ctxOf(), tx, org.Unit{Area: yanta, Kind: org.Government, Name: "雁塔区人民政府"}); err != nil {
				return err
			}
			var err error
			for _, p := range []struct {
				to   *org.Person
				name string
			}{{&h.a, "甲"}, {&h.b, "乙"}} {
				if *p.to, err = h.org.AddPerson(ctxOf(), tx, all, org.Person{Unit: h.bureau.ID, Name: p.name}); err != nil {
					return err
				}
			}
			if err := h.org.Appoint(ctxOf(), tx, all, h.a.ID, h.bureau.ID, authz.Sponsor); err != nil {
				return err
			}
			if h.site, err = h.registry.EnterSite(ctxOf(), tx, registry.Site{Unit: h.bureau.ID, Kind: registry.DepartmentSite, Name: "雁塔商务", Host: "yts.example.gov.cn"}); err != nil {
				return err
			}
			if _, err := h.registry.AddColumn(ctxOf(), tx, all, registry.Column{Site: h.site.ID, Slug: "news", Name: "要闻", Type: "政务动态", Description: "动态", Owner: h.a.ID, A: h.a.ID, B: h.b.ID, CycleDays: 14}); err != nil {
				return err
			}
			if h.kase, err = h.cases.Submit(ctxOf(), tx, approval.Application{Kind: "test", Title: "申请", Unit: h.bureau.ID, Applicant: h.a.ID, Subject: string(h.site.ID), ConsentBy: "某", ConsentOn: on,
				Steps: []approval.Step{{Kind: approval.Review, Unit: h.office.ID, Name: "区政府办审核"}, {Kind: approval.Approve, Unit: h.province.ID, Name: "省批准"}}}); err != nil {
				return err
			}
			return h.clocks.Open(ctxOf(), tx, obligation.Debt{Kind: roster.PostVacant.ID, Unit: h.bureau.ID, Subject: obligation.Subject{Kind: "site", ID: string(h.site.ID), Name: h.site.Name}, Link: "/", Due: calendar.Due{On: on.AddDays(5)}})
		})
		fn(t, h)
	})
}

// counts are how many rows of each kind belong to the units.
func (h *house) counts(units ...org.UnitID) map[string]int {
	out := map[string]int{}
	for _, m := range []org.Module{registry.Reorganise(), cutover.Reorganise(), obligation.Reorganise(), approval.Reorganise()} {
		list, err := m.Touched(context.Background(), h.db, units)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, x := range list {
			out[x.Kind] += x.Count
		}
	}
	return out
}

func (h *house) open(kind string) []obligation.Obligation {
	list, err := h.clocks.Obligations(context.Background(), all, obligation.Filter{Kind: kind})
	if err != nil {
		h.t.Fatal(err)
	}
	return list
}

func TestReorganisationLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		before := h.counts(h.bureau.ID, h.other.ID)
		if before["site"] != 1 || before["case"] != 1 || before["obligation"] != 1 || before["column"] != 1 {
			t.Fatalf("before: %v", before)
		}
		r, err := h.org.Rehearse(ctxOf(), all, org.Plan{Kind: org.Merge, Unit: h.bureau.ID, Into: h.other.ID, Document: "雁编发〔2026〕1号"})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, x := range r.Touched {
			seen[x.Kind] = x.Count
		}
		for kind, n := range before {
			if seen[kind] != n {
				t.Errorf("the rehearsal shows %d of %s, want %d", seen[kind], kind, n)
			}
		}
		h.must(func(tx *db.Tx) error {
			_, err := h.org.Reorganise(ctxOf(), tx, all, org.Plan{Kind: org.Merge, Unit: h.bureau.ID, Into: h.other.ID, Document: "雁编发〔2026〕1号"}, r.Digest)
			return err
		})
		if after := h.counts(h.other.ID); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("after %v, before %v", after, before)
		}
		if left := h.counts(h.bureau.ID); left["site"]+left["case"]+left["obligation"]+left["column"] != 0 {
			t.Errorf("left behind %v", left)
		}
		c, _, _, err := h.cases.Case(context.Background(), all, h.kase.ID)
		if err != nil || c.Unit != h.other.ID || c.State != approval.InReview {
			t.Errorf("the case: %+v (%v)", c, err)
		}
	})
}

func TestACaseFollowsTheOfficeItWaitsFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.must(func(tx *db.Tx) error {
			if _, err := h.org.AddArea(ctxOf(), tx, org.Area{Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"}); err != nil {
				return err
			}
			_, _, err := h.org.AddUnit(ctxOf(), tx, org.Unit{Area: "county-610114000000", Kind: org.Office, Name: "阎良区人民政府办公室"})
			return err
		})
		h.must(func(tx *db.Tx) error {
			_, err := h.org.Reorganise(ctxOf(), tx, all, org.Plan{Kind: org.AreaMerge, Area: yanta, ToArea: "county-610114000000", Document: "国函〔2026〕1号"}, "")
			return err
		})
		_, steps, _, err := h.cases.Case(context.Background(), all, h.kase.ID)
		if err != nil || steps[1].UnitName != "阎良区人民政府办公室" || steps[2].Unit != h.province.ID {
			t.Errorf("steps %+v (%v)", steps, err)
		}
		if waits := h.open(approval.StepObligation.ID); len(waits) != 1 || waits[0].UnitName != "阎良区人民政府办公室" {
			t.Errorf("clocks of the step %+v", waits)
		}
	})
}

func TestArticle18_VacanciesAreListedUrgedAndFilled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		gaps, total, err := h.roster.Gaps(ctx, all, roster.GapFilter{})
		if err != nil || total != 4 {
			t.Fatalf("%d gaps: %+v (%v)", total, gaps, err)
		}
		gaps, total, err = h.roster.Gaps(ctx, all, roster.GapFilter{Kind: "holder"})
		if err != nil || total != 1 || gaps[0].Unit.ID != h.bureau.ID || gaps[0].Unheld != 1 || gaps[0].Objects != 1 || len(gaps[0].Breaches) != 2 {
			t.Fatalf("without a holder: %+v (%v)", gaps, err)
		}
		if n, err := h.roster.Urge(ctxOf(), all, []org.UnitID{h.bureau.ID, h.office.ID}); err != nil || n != 3 {
			t.Errorf("urged %d (%v)", n, err)
		}
		if list := h.open(roster.LeaderVacant.ID); len(list) != 2 || list[0].Due.On != (calendar.Date{Year: 2026, Month: 12, Day: 7}) {
			t.Errorf("clocks %+v", list)
		}
		h.must(func(tx *db.Tx) error {
			for _, n := range []org.NamedPost{{Unit: h.bureau.ID, Person: h.b.ID, Kind: org.LeaderInCharge, Document: "任命"}, {Unit: h.bureau.ID, Person: h.a.ID, Kind: org.PostA, ObjectKind: "site", ObjectID: string(h.site.ID)}} {
				if _, err := h.roster.Assign(ctxOf(), tx, all, n); err != nil {
					return err
				}
			}
			return nil
		})
		if list := h.open(roster.PostVacant.ID); len(list) != 0 {
			t.Errorf("still vacant: %+v", list)
		}
		if _, err := h.roster.Urge(ctxOf(), all, []org.UnitID{h.bureau.ID}); !fault.Is(err, fault.Conflict) {
			t.Errorf("nothing vacant was urged: %v", err)
		}
		err = h.do(func(tx *db.Tx) error {
			_, err := h.roster.Assign(ctxOf(), tx, all, org.NamedPost{Unit: h.other.ID, Person: h.a.ID, Kind: org.PostA, ObjectKind: "site", ObjectID: string(h.site.ID)})
			return err
		})
		if f := fault.Of(err); f.Kind != fault.Invalid || f.Fields[0].Name != "object" {
			t.Errorf("another unit's site got a holder: %v", err)
		}
	})
}

func TestHandOverMovesAllInOneAct(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		me := &authz.Session{PersonID: string(h.a.ID), Name: h.a.Name}
		h.must(func(tx *db.Tx) error {
			for who, k := range map[org.PersonID]org.PostKind{h.a.ID: org.PostA, h.b.ID: org.PostB} {
				if _, err := h.roster.Assign(ctxOf(), tx, all, org.NamedPost{Unit: h.bureau.ID, Person: who, Kind: k, ObjectKind: "site", ObjectID: string(h.site.ID)}); err != nil {
					return err
				}
			}
			return nil
		})
		held, err := h.roster.Holdings(ctx, h.db, me, authz.Scope{}, h.a.ID)
		if err != nil || len(held) != 2 || len(held[0].Rows) != 1 || len(held[1].Rows) != 1 || !strings.Contains(held[1].Rows[0].Note, "A 岗") {
			t.Fatalf("holds %+v (%v)", held, err)
		}
		pass := func(p roster.Passing) (x org.HandOver, err error) {
			err = h.do(func(tx *db.Tx) error {
				x, err = h.roster.HandOver(ctxOf(), tx, me, authz.Scope{}, authz.Scope{}, p)
				return err
			})
			return x, err
		}
		for name, p := range map[string]roster.Passing{"to nobody": {From: h.a.ID, Why: "x"}, "to oneself": {From: h.a.ID, To: h.a.ID, Why: "x"}, "without a reason": {From: h.a.ID, To: h.b.ID}} {
			if _, err := pass(p); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := pass(roster.Passing{From: h.a.ID, To: h.b.ID, Why: "x", Roles: true}); !fault.Is(err, fault.Refused) {
			t.Errorf("gave their own login posts away: %v", err)
		}
		if _, err := pass(roster.Passing{From: h.b.ID, To: h.a.ID, Why: "x"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("handed over for somebody out of scope: %v", err)
		}
		done, err := pass(roster.Passing{From: h.a.ID, To: h.b.ID, Why: "轮岗"})
		if err != nil || done.Rows != 2 {
			t.Fatalf("moved %+v (%v)", done, err)
		}
		columns, err := h.registry.Columns(ctx, h.db, all, h.site.ID)
		if err != nil || columns[0].A != h.b.ID || columns[0].B != h.a.ID || columns[0].Owner != h.b.ID {
			t.Errorf("the column: %+v (%v)", columns, err)
		}
		posts, err := h.org.NamedPosts(ctx, h.db, all, org.PostFilter{ObjectID: string(h.site.ID)})
		if err != nil || len(posts) != 2 || posts[0].Person != h.b.ID || posts[1].Person != h.a.ID {
			t.Errorf("the site's posts: %+v (%v)", posts, err)
		}
		if log, err := h.org.HandOvers(ctx, h.db, me, authz.Scope{}, h.a.ID); err != nil || len(log) != 1 || log[0].Reason != "轮岗" {
			t.Errorf("kept %+v (%v)", log, err)
		}
	})
}

func TestLeavingNeedsAnHeirForColumnsAndListsWhatIsVacant(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.must(func(tx *db.Tx) error {
			_, err := h.roster.Assign(ctxOf(), tx, all, org.NamedPost{Unit: h.bureau.ID, Person: h.b.ID, Kind: org.LeaderInCharge})
			return err
		})
		leave := func(who, heir org.PersonID) (l roster.Left, err error) {
			err = h.do(func(tx *db.Tx) error {
				l, err = h.roster.Leave(ctxOf(), tx, nil, all, all, who, heir, "调离")
				return err
			})
			return l, err
		}
		if _, err := leave(h.a.ID, ""); !fault.Is(err, fault.Refused) {
			t.Errorf("left columns behind: %v", err)
		}
		l, err := leave(h.a.ID, h.b.ID)
		if err != nil || l.HandOver.Rows == 0 {
			t.Fatalf("left %+v (%v)", l, err)
		}
		posts, err := h.org.PostsOf(context.Background(), h.db, h.b.ID)
		if err != nil || len(posts) != 1 || posts[0].Role != authz.Sponsor || posts[0].Delegated {
			t.Errorf("the heir's posts %+v (%v)", posts, err)
		}
		third := org.Person{Unit: h.bureau.ID, Name: "丙"}
		h.must(func(tx *db.Tx) (err error) { third, err = h.org.AddPerson(ctxOf(), tx, all, third); return err })
		if l, err = leave(h.b.ID, third.ID); err != nil || len(l.Vacant) != 1 || l.Vacant[0] != "分管领导" {
			t.Fatalf("vacant %+v (%v)", l.Vacant, err)
		}
		if list := h.open(roster.LeaderVacant.ID); len(list) != 1 || list[0].Unit != h.bureau.ID {
			t.Errorf("clocks %+v", list)
		}
	})
}

// What cannot be passed on holds the leaving up; nothing of it is done.
func TestLeavingIsAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.roster.Sources = append(h.roster.Sources, roster.Source{Name: "stuck",
			Held: func(context.Context, db.Querier, org.PersonID) (org.Holding, error) { return org.Holding{}, nil },
			Pass: func(context.Context, *db.Tx, org.PersonID, org.PersonID, string) (int, error) {
				return 0, fault.New(fault.Conflict, "刚被别人办理。")
			}})
		err := h.do(func(tx *db.Tx) error {
			_, err := h.roster.Leave(ctxOf(), tx, nil, all, all, h.a.ID, h.b.ID, "调离")
			return err
		})
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("left in the midst of a hand-over: %v", err)
		}
		if p, err := h.org.PersonByID(context.Background(), h.db, all, h.a.ID); err != nil || !p.LeftAt.IsZero() {
			t.Errorf("%+v (%v)", p, err)
		}
	})
}

func TestArticle07_1_CoverageCountsTheOfficeForItsGovernment(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		h.must(func(tx *db.Tx) error {
			if _, err := h.registry.EnterSite(ctxOf(), tx, registry.Site{Unit: h.office.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: "www.yanta.example"}); err != nil {
				return err
			}
			if _, err := h.org.AddArea(ctxOf(), tx, org.Area{Level: org.City, Code: "610403", Name: "杨凌示范区", Parent: "province-610000000000"}); err != nil {
				return err
			}
			if _, _, err := h.org.AddUnit(ctxOf(), tx, org.Unit{Area: "city-610403000000", Kind: org.Committee, Direct: true, Name: "杨凌示范区管理委员会"}); err != nil {
				return err
			}
			_, _, err := h.org.AddUnit(ctxOf(), tx, org.Unit{Area: "city-610100000000", Kind: org.ZoneCommittee, Name: "某开发区管理委员会"})
			return err
		})
		list, err := h.registry.Coverage(ctx, all)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range list {
			says := fmt.Sprint(c.Portals, c.Accounts)
			if c.Pending {
				says += " pending"
			}
			for _, b := range c.Breaches {
				says += " " + b.Detail
			}
			got[c.Unit.Name] = says
		}
		want := map[string]string{
			"雁塔区人民政府":    "1 0 尚未开设政务新媒体，请尽快申请开设。",
			"杨凌示范区管理委员会": "0 0 尚未开设政府门户网站和政务新媒体，请尽快申请开设。",
			"某开发区管理委员会":  "0 0 pending",
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("coverage %v, want %v", got, want)
		}
	})
}

func TestCutOverConfirmsAndLists(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		ref := registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)}
		for name, tt := range map[string]struct {
			b     registry.BaselineRecord
			field string
		}{
			"no basis":                  {registry.BaselineRecord{}, "basis"},
			"an approval of no number":  {registry.BaselineRecord{Basis: "approval", On: on}, "document"},
			"a document of tomorrow":    {registry.BaselineRecord{Basis: "filing", Document: "x", On: on.AddDays(1)}, "document_on"},
			"days without a time":       {registry.BaselineRecord{Basis: "unknown", OfflineDays: 3}, "offline_days"},
			"a number nobody can write": {registry.BaselineRecord{Basis: "unknown", OfflineTimes: 99, OfflineDays: 1}, "offline_times"},
		} {
			_, err := h.cutover.Confirm(ctxOf(), all, []registry.Ref{ref}, tt.b)
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		r, err := h.cutover.Confirm(ctxOf(), all, []registry.Ref{ref}, registry.BaselineRecord{Basis: "unknown", OfflineTimes: 1, OfflineDays: 12})
		if err != nil || r.Confirmed != 1 || r.Listed == 0 {
			t.Fatalf("confirmed %+v (%v)", r, err)
		}
		b, ok, err := registry.Baseline(ctx, h.db, ref)
		if err != nil || !ok || b.OfflineTimes != 1 || b.OfflineDays != 12 || b.OfflineYear != 2026 {
			t.Errorf("record %+v %v (%v)", b, ok, err)
		}
		if r, err = h.cutover.Confirm(ctxOf(), all, []registry.Ref{ref}, registry.BaselineRecord{Basis: "national"}); err != nil || r.Listed != 0 {
			t.Errorf("corrected: listed %d again (%v)", r.Listed, err)
		}
		entries, _, err := h.cutover.Entries(ctx, all, cutover.EntryFilter{})
		if err != nil || len(entries) == 0 || entries[0].Rule != "S7.1b.county_department" {
			t.Fatalf("list %+v (%v)", entries, err)
		}
		e := entries[0]
		office := &authz.Session{Posts: []authz.Post{{Role: authz.Supervisor, UnitID: string(h.province.ID)}}}
		if n, err := h.cutover.Sweep(ctxOf()); err != nil || n != 0 {
			t.Errorf("without a day of the province %d entries count (%v)", n, err)
		}
		if err := h.cutover.SetFindingsFrom(ctxOf(), office, on); err != nil {
			t.Fatal(err)
		}
		if n, err := h.cutover.Sweep(ctxOf()); err != nil || n != len(entries) {
			t.Errorf("on the province's day %d entries count, want %d (%v)", n, len(entries), err)
		}
		if n, err := h.cutover.Sweep(ctxOf()); err != nil || n != 0 {
			t.Errorf("swept again %d entries count (%v)", n, err)
		}
		if list := h.open(cutover.Breach.ID); len(list) != len(entries) || list[0].Due.On != on.AddDays(-1) {
			t.Errorf("clock of the breach %+v", list)
		}
		if err := h.cutover.SetFindingsFrom(ctxOf(), office, calendar.Date{}); err != nil {
			t.Fatal(err)
		}
		if list := h.open(cutover.Breach.ID); len(list) != 0 {
			t.Errorf("the day was taken back, the clock runs on: %+v", list)
		}
		if _, err := h.cutover.Plan(ctxOf(), all, e.ID, cutover.Intent{Way: "close", Plan: "关停", By: on.AddDays(-1)}); !fault.Is(err, fault.Invalid) {
			t.Errorf("planned for yesterday: %v", err)
		}
		if e, err = h.cutover.Plan(ctxOf(), all, e.ID, cutover.Intent{Way: "close", Plan: "关停", By: on.AddDays(60)}); err != nil || e.State != cutover.Planned {
			t.Fatal(err)
		}
		if list := h.open(cutover.ClearancePlan.ID); len(list) != 1 || list[0].Due.On != on.AddDays(60) {
			t.Errorf("clock %+v", list)
		}
		if _, err := h.cutover.Conclude(ctxOf(), all, e.ID, false, "已关停"); !fault.Is(err, fault.Refused) {
			t.Errorf("cleared though it runs: %v", err)
		}
		if _, err := h.cutover.Conclude(ctxOf(), all, e.ID, true, "已批准"); !fault.Is(err, fault.Refused) {
			t.Errorf("kept without an exception: %v", err)
		}
		// An exception that was ended before its day, or has not begun, keeps nothing.
		h.must(func(tx *db.Tx) error {
			for i, x := range []struct{ from, ended calendar.Date }{{on.AddDays(-9), on.AddDays(-1)}, {on.AddDays(1), calendar.Date{}}} {
				if _, err := tx.Exec(ctxOf(), `INSERT INTO rule_override (id, rule_id, unit_id, reason, from_on, until_on, granted_by, grantor, granted_at, ended_on) VALUES ($1, $2, $3, '试点', $4, $5, '某', '某', $6, $7)`,
					fmt.Sprint(i), e.Rule, e.Unit, x.from, on.AddDays(90), tx.Now(), x.ended); err != nil {
					return err
				}
			}
			return audit.Record(ctxOf(), tx, audit.Entry{Act: "lifecycle.override.grant", Target: audit.Target{Kind: "unit", ID: string(e.Unit)}})
		})
		if _, err := h.cutover.Conclude(ctxOf(), all, e.ID, true, "已批准"); !fault.Is(err, fault.Refused) {
			t.Errorf("kept under an exception that is not in force: %v", err)
		}
		h.must(func(tx *db.Tx) error {
			if _, err := h.registry.Move(ctxOf(), tx, all, ref, "begin_closing", "", passage.Note{}); err != nil {
				return err
			}
			_, err := h.registry.Move(ctxOf(), tx, all, ref, "close", "", passage.Note{})
			return err
		})
		if e, err = h.cutover.Conclude(ctxOf(), all, e.ID, false, "省厅函〔2026〕9号"); err != nil || e.State != cutover.Cleared {
			t.Errorf("cleared: %v", err)
		}
		if list := h.open(cutover.ClearancePlan.ID); len(list) != 0 {
			t.Errorf("the clock runs on: %+v", list)
		}
		progress, err := h.registry.BaselineProgress(ctx, all, "city-610100000000")
		if err != nil || len(progress) != 0 {
			t.Errorf("a closed site counts: %+v (%v)", progress, err)
		}
		if err := h.cutover.SetFindingsFrom(ctxOf(), &authz.Session{Posts: []authz.Post{{Role: authz.Supervisor, UnitID: string(h.city.ID)}}}, on.AddDays(90)); !fault.Is(err, fault.Refused) {
			t.Errorf("a city set the province's day: %v", err)
		}
		if err := h.cutover.SetFindingsFrom(ctxOf(), &authz.Session{Posts: []authz.Post{{Role: authz.Supervisor, UnitID: string(h.province.ID)}}}, on.AddDays(90)); err != nil {
			t.Fatal(err)
		}
		if from, err := cutover.FindingsFrom(ctx, h.db); err != nil || from != on.AddDays(90) {
			t.Errorf("from %v (%v)", from, err)
		}
	})
}
