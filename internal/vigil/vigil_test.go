package vigil_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/vigil"
)

var (
	system = authz.System("test")
	began  = time.Date(2026, 1, 12, 2, 0, 0, 0, time.UTC) // a Monday
	today  = calendar.DateOf(began)
)

// province is a province's office, a city's office and its bureau with a site.
type province struct {
	db                   *db.DB
	clock                *calendar.Manual
	svc                  *vigil.Service
	obligations          *obligation.Service
	prov, city, bureau   org.Unit
	head, cityMan, clerk *authz.Session
	site                 registry.Site
}

func each(t *testing.T, fn func(t *testing.T, p *province)) {
	t.Helper()
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		o := org.New(d)
		r := registry.New(d, o)
		days, err := calendar.Published()
		if err != nil {
			t.Fatal(err)
		}
		p := &province{db: d, clock: clock, obligations: obligation.New(d, o, vigil.Obligations()...)}
		p.svc = vigil.New(vigil.Parts{DB: d, Org: o, Registry: r, Obligations: p.obligations, Days: days, Settings: sx2021.Defaults})
		ctx := audit.System(context.Background(), "test")
		if err := passage.Declare(ctx, d, vigil.Machine, registry.SiteMachine); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			for _, x := range []struct {
				unit *org.Unit
				who  **authz.Session
				n    org.Unit
				role authz.Role
			}{
				{&p.prov, &p.head, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省政府办公厅"}, authz.Supervisor},
				{&p.city, &p.cityMan, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市政府办公厅"}, authz.Supervisor},
				{&p.bureau, &p.clerk, org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}, authz.Sponsor},
			} {
				u, _, err := o.AddUnit(ctx, tx, x.n)
				if err != nil {
					return err
				}
				man, err := o.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: x.n.Name + "的人"})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, system, man.ID, u.ID, x.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, man.ID)
				if err != nil {
					return err
				}
				*x.unit, *x.who = u, &authz.Session{PersonID: string(man.ID), Name: man.Name, Posts: posts}
			}
			p.site, err = r.EnterSite(ctx, tx, registry.Site{Unit: p.bureau.ID, Kind: registry.DepartmentSite, Name: "商务局网站", Host: "sw.example.gov.cn"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fn(t, p)
	})
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func (p *province) declare(t *testing.T) vigil.Period {
	t.Helper()
	n, err := p.svc.Declare(as(p.head), p.head, vigil.Period{Name: "省“两会”", Reason: "省“两会”网络安全保障", Document: "陕政办函〔2026〕2号", From: today, Until: today.AddDays(2), Factor: 3})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (p *province) owed(t *testing.T, kind string) []obligation.Obligation {
	t.Helper()
	list, err := p.obligations.Obligations(context.Background(), system, obligation.Filter{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if f := fault.Of(err); err == nil || !fault.Is(err, kind) || !strings.Contains(f.Says+f.Alone(), says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}

// Article 22, readings 21: the province declares; nobody else, and not for days
// that are gone.
func TestArticle22_ProtectedPeriodIsTheProvinces(t *testing.T) {
	each(t, func(t *testing.T, p *province) {
		good := vigil.Period{Name: "省“两会”", Reason: "保障", Document: "函", From: today.AddDays(1), Until: today.AddDays(3)}
		_, err := p.svc.Declare(as(p.cityMan), p.cityMan, good)
		refused(t, err, fault.Refused, "省政府办公厅声明")
		for says, change := range map[string]func(*vigil.Period){
			"今天或以后":   func(n *vigil.Period) { n.From = today.AddDays(-1) },
			"不能早于开始":  func(n *vigil.Period) { n.Until = today },
			"最长 92 天": func(n *vigil.Period) { n.Until = today.AddDays(200) },
			"依据文件":    func(n *vigil.Period) { n.Document = "" },
			"1 至 5 倍": func(n *vigil.Period) { n.Factor = 9 },
		} {
			n := good
			change(&n)
			_, err := p.svc.Declare(as(p.head), p.head, n)
			refused(t, err, fault.Invalid, says)
		}
		n, err := p.svc.Declare(as(p.head), p.head, good)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.svc.Declare(as(p.head), p.head, good)
		refused(t, err, fault.Conflict, "同名")
		told, err := db.One(context.Background(), p.db, db.Value[int], `SELECT count(*) FROM message WHERE once_key LIKE $1`, "vigil:"+n.ID+"%")
		if err != nil || told != 3 {
			t.Errorf("%d units told (%v), want 3", told, err)
		}
		for path, want := range map[string]int{p.bureau.AreaPath: 1, "/620000/": 1} { // not begun yet
			factor, err := p.svc.Factor(context.Background())
			if err != nil || factor(path) != want {
				t.Errorf("%s is probed %d times as often (%v)", path, factor(path), err)
			}
		}
		p.clock.Set(began.AddDate(0, 0, 1))
		factor, err := p.svc.Factor(context.Background())
		if err != nil || factor(p.bureau.AreaPath) != 2 || factor("/620000/") != 1 {
			t.Errorf("within %d, elsewhere %d (%v)", factor(p.bureau.AreaPath), factor("/620000/"), err)
		}
		spans, err := p.svc.Spans(context.Background(), p.db, p.city.AreaPath, began, began.AddDate(0, 1, 0))
		if err != nil || len(spans) != 1 || !spans[0].Until.Equal(good.Until.End()) {
			t.Errorf("double roster in %+v (%v)", spans, err)
		}
	})
}

// Every unit owes a report a day; each level adds up the one below, and a zero
// cannot be said over somebody's incident.
func TestArticle22_ZeroReportsAddUpLevelByLevel(t *testing.T) {
	each(t, func(t *testing.T, p *province) {
		n := p.declare(t)
		sweep := func() {
			if _, err := p.svc.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		sweep()
		sweep()
		if got := p.owed(t, vigil.ZeroKind.ID); len(got) != 3 || got[0].Due.On != today {
			t.Fatalf("%d owed: %+v", len(got), got)
		}
		say := func(who *authz.Session, unit org.Unit, zero bool, says string) error {
			_, err := p.svc.Report(as(who), who, who.ScopeFor(authz.VigilReport), n.ID, unit.ID, today, zero, says)
			return err
		}
		refused(t, say(p.cityMan, p.bureau, true, ""), fault.Refused, "不能代报")
		refused(t, say(p.clerk, p.city, true, ""), fault.NotFound, "")
		refused(t, say(p.clerk, p.bureau, false, ""), fault.Invalid, "请写明发生了什么")
		if err := say(p.clerk, p.bureau, false, "网站打不开20分钟"); err != nil {
			t.Fatal(err)
		}
		refused(t, say(p.cityMan, p.city, true, ""), fault.Refused, "1 个单位报告了异常")
		if err := say(p.cityMan, p.city, false, "商务局网站中断20分钟，已恢复"); err != nil {
			t.Fatal(err)
		}
		_, line, below, err := p.svc.LineOf(context.Background(), system, n.ID, p.prov.ID, today)
		if err != nil || line.BelowDue != 2 || line.BelowDone != 2 || line.Events != 2 || len(below) != 1 || below[0].Unit != p.city.ID {
			t.Errorf("the province sees %+v over %+v (%v)", line, below, err)
		}
		if _, list, err := p.svc.Sheet(context.Background(), p.clerk.ScopeFor(authz.InspectionRead), n.ID, today); err != nil || len(list) != 1 {
			t.Errorf("the bureau sees %d lines (%v)", len(list), err)
		}
		if got := p.owed(t, vigil.ZeroKind.ID); len(got) != 1 || got[0].Unit != p.prov.ID {
			t.Errorf("still owed %+v", got)
		}
		// Days that passed while nobody swept are owed too; then it ends.
		p.clock.Set(began.AddDate(0, 0, 4))
		sweep()
		if got := p.owed(t, vigil.ZeroKind.ID); len(got) != 1+2*3 {
			t.Errorf("%d owed after the period, want 7", len(got))
		}
		if got := p.owed(t, vigil.SummaryKind.ID); len(got) != 1 || got[0].Unit != p.prov.ID {
			t.Fatalf("summary owed %+v", got)
		}
		past, err := p.svc.Past(context.Background(), system, n.ID)
		if err != nil || len(past) != 3 || past[0] != (vigil.Day{On: today, Due: 3, Done: 2, Events: 2}) {
			t.Errorf("days %+v (%v)", past, err)
		}
		sum := func(who *authz.Session, text string) error {
			_, err := p.svc.Summarise(as(who), who, system, n.ID, text)
			return err
		}
		refused(t, sum(p.cityMan, strings.Repeat("总结", 20)), fault.Refused, "省政府办公厅")
		refused(t, sum(p.head, "好"), fault.Invalid, "过短")
		if err := sum(p.head, strings.Repeat("保障期内值守到位，", 5)); err != nil {
			t.Fatal(err)
		}
		if got := p.owed(t, vigil.SummaryKind.ID); len(got) != 0 {
			t.Errorf("summary still owed: %+v", got)
		}
	})
}

// Offline, closure, redesign and theme wait; a recorded consent lets one act
// on one object through, and lifting the period all of them.
func TestArticle22_FrozenActsNeedRecordedConsent(t *testing.T) {
	each(t, func(t *testing.T, p *province) {
		ref := registry.Ref{Kind: sx2021.Site, ID: string(p.site.ID)}
		ask := func(act string) error {
			return p.svc.MayAct(context.Background(), p.db, p.bureau.AreaPath, ref, act)
		}
		if err := ask(vigil.Offline); err != nil {
			t.Fatalf("without a period: %v", err)
		}
		n := p.declare(t)
		for _, a := range vigil.Acts {
			err := ask(a.ID)
			refused(t, err, fault.Refused, "报省政府办公厅同意并登记")
			if f := fault.Of(err); len(f.Reasons) != 1 || !strings.Contains(f.Reasons[0].Citation, "第二十二条") {
				t.Errorf("%s names no article: %+v", a.Name, f.Reasons)
			}
		}
		agree := func(who *authz.Session, act string, on registry.Ref) error {
			_, err := p.svc.Agree(as(who), who, system, n.ID, vigil.Consent{Object: on, Act: act, Document: "陕政办函〔2026〕3号", Reason: "修补漏洞"})
			return err
		}
		refused(t, agree(p.cityMan, vigil.Offline, ref), fault.Refused, "省政府办公厅")
		refused(t, agree(p.head, "x", ref), fault.Invalid, "请选择")
		refused(t, agree(p.head, vigil.Offline, registry.Ref{Kind: sx2021.Site, ID: "no"}), fault.Invalid, "没有找到")
		if err := agree(p.head, vigil.Offline, ref); err != nil {
			t.Fatal(err)
		}
		refused(t, agree(p.head, vigil.Offline, ref), fault.Conflict, "已登记")
		if err := ask(vigil.Offline); err != nil {
			t.Errorf("agreed, and refused: %v", err)
		}
		refused(t, ask(vigil.Theme), fault.Refused, "重要保障期")
		if _, err := p.svc.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if _, err := p.svc.Lift(as(p.head), p.head, system, n.ID, "会议提前结束"); err != nil {
			t.Fatal(err)
		}
		if err := ask(vigil.Theme); err != nil {
			t.Errorf("lifted, and refused: %v", err)
		}
		// The days it no longer had are neither counted nor reported.
		p.clock.Set(began.AddDate(0, 0, 1))
		if past, err := p.svc.Past(context.Background(), system, n.ID); err != nil || len(past) != 1 || past[0].On != today {
			t.Errorf("days of a period lifted on its first: %+v (%v)", past, err)
		}
		_, err := p.svc.Report(as(p.clerk), p.clerk, p.clerk.ScopeFor(authz.VigilReport), n.ID, p.bureau.ID, today.AddDays(1), true, "")
		refused(t, err, fault.Refused, "已提前结束")
		if _, err := p.svc.Report(as(p.clerk), p.clerk, p.clerk.ScopeFor(authz.VigilReport), n.ID, p.bureau.ID, today, true, ""); err != nil {
			t.Errorf("the day it had cannot be reported late: %v", err)
		}
	})
}
