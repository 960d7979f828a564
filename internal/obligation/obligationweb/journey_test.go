package obligationweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/org"
	"zhengshu/internal/web/webtest"
)

var launch = obligation.Kind{ID: "launch", Name: "正式上线", Clause: "S7.4a", Citation: "第七条（四）", Says: "一年内上线", Remind: []int{30, 7, 0}, Escalate: 2}

// desk is the province's office over one late department in each of two cities.
type desk struct {
	*webtest.Site
	svc    *obligation.Service
	person org.PersonID
	org    *org.Service
	db     *db.DB
	clocks map[string]obligation.Obligation // by unit name
}

var testCtx = audit.System(context.Background(), "test")

func open(t *testing.T) *desk {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	o := org.New(d)
	k := &desk{svc: obligation.New(d, o, launch), org: o, db: d, clocks: map[string]obligation.Obligation{}}
	err := d.Update(testCtx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.City, Code: "610300", Name: "宝鸡市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(testCtx, tx, a); err != nil {
				return err
			}
		}
		for _, u := range []org.Unit{{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"},
			{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}, {Area: "city-610300000000", Kind: org.Department, Name: "宝鸡市商务局"}} {
			made, _, err := o.AddUnit(testCtx, tx, u)
			if err != nil {
				return err
			}
			if u.Kind == org.Office {
				p, err := o.AddPerson(testCtx, tx, authz.System("test"), org.Person{Unit: made.ID, Name: "王芳"})
				if err != nil {
					return err
				}
				k.person = p.ID
				if err := o.Appoint(testCtx, tx, authz.System("test"), p.ID, made.ID, authz.Supervisor); err != nil {
					return err
				}
				continue
			}
			if err := k.svc.Open(testCtx, tx, obligation.Debt{Kind: "launch", Unit: made.ID, Subject: obligation.Subject{Kind: "site", ID: string(made.ID), Name: u.Name + "网站"},
				Due: calendar.Due{On: calendar.Date{Year: 2026, Month: 2, Day: 20}}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := k.svc.Obligations(testCtx, authz.System("test"), obligation.Filter{})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d clocks (%v)", len(list), err)
	}
	for _, x := range list {
		k.clocks[x.UnitName] = x
	}
	k.Site = webtest.Open(t, nil, clock, obligationweb.New(k.svc, o, calendar.Workdays{}, func() string { return "" }).Routes()...)
	k.sit(t)
	return k
}

// sit takes up the posts the person holds by now.
func (k *desk) sit(t *testing.T) {
	t.Helper()
	posts, err := k.org.PostsOf(testCtx, k.db, k.person)
	if err != nil {
		t.Fatal(err)
	}
	k.Gate.Session = &authz.Session{PersonID: string(k.person), Name: "王芳", Posts: posts}
	k.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: string(k.person), Name: "王芳"})
	}
}

// Every number of a board of one area leads to a list of that area.
func TestBoardOfAnAreaLeadsToItsList(t *testing.T) {
	k := open(t)
	page := k.Get("/console/obligations/board?area=city-610100000000").Want(http.StatusOK)
	links := 0
	for _, part := range strings.Split(string(page.Body), `href="`)[1:] {
		href, _, _ := strings.Cut(part, `"`)
		if !strings.HasPrefix(href, "/console/obligations?") {
			continue
		}
		links++
		if !strings.Contains(href, "area=city-610100000000") {
			t.Errorf("%s leaves the area", href)
		}
	}
	if links < 6 {
		t.Errorf("%d links to the list", links)
	}
	list := k.Get("/console/obligations?overdue=1&area=city-610100000000").Want(http.StatusOK)
	if body := string(list.Body); !strings.Contains(body, "西安市商务局") || strings.Contains(body, "宝鸡市商务局") || !strings.Contains(body, "区划：西安市") {
		t.Error("the list is not of the area")
	}
	k.Post("/console/obligations/urge", url.Values{"area": {"city-610100000000"}})
	for name, want := range map[string]int{"西安市商务局": 1, "宝鸡市商务局": 0} {
		events, err := k.svc.Events(testCtx, authz.System("test"), k.clocks[name].ID)
		if err != nil || len(events) != want {
			t.Errorf("%s was urged %d times (%v), want %d", name, len(events), err, want)
		}
	}
}

// A day that cannot be read is named, not taken for none.
func TestExtensionNamesADayThatIsNone(t *testing.T) {
	k := open(t)
	o := k.clocks["西安市商务局"]
	at := "/console/obligations/" + o.ID + "/clock"
	page := k.Post(at, url.Values{"act": {"extend"}, "due": {"2026年2月30日"}, "basis": {"陕政办〔2026〕1号"}}).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(string(page.Body), "2026年2月30日") {
		t.Error("what was typed is gone")
	}
	k.Post(at, url.Values{"act": {"extend"}, "due": {"2026年4月30日"}, "basis": {"陕政办〔2026〕1号"}}).Want(http.StatusSeeOther)
	if got, err := k.svc.Obligation(testCtx, authz.System("test"), o.ID); err != nil || got.Due.On.String() != "2026-04-30" {
		t.Errorf("due %s (%v)", got.Due.On, err)
	}
}

// Whoever holds a post at the unit too moves none of its clocks.
func TestNobodyMovesTheClocksOfAnOwnUnit(t *testing.T) {
	k := open(t)
	o := k.clocks["宝鸡市商务局"]
	err := k.db.Update(testCtx, func(tx *db.Tx) error {
		return k.org.Appoint(testCtx, tx, authz.System("test"), k.person, o.Unit, authz.Supervisor)
	})
	if err != nil {
		t.Fatal(err)
	}
	k.sit(t)
	if body := string(k.Get("/console/obligations/" + o.ID).Want(http.StatusOK).Body); strings.Contains(body, "/clock") {
		t.Error("the form is offered")
	}
	k.Post("/console/obligations/"+o.ID+"/clock", url.Values{"act": {"extend"}, "due": {"2026-04-30"}, "basis": {"陕政办〔2026〕1号"}}).Want(http.StatusUnprocessableEntity)
	if got, err := k.svc.Obligation(testCtx, authz.System("test"), o.ID); err != nil || got.Due.On != o.Due.On {
		t.Errorf("due %s (%v)", got.Due.On, err)
	}
	other := k.clocks["西安市商务局"]
	k.Post("/console/obligations/"+other.ID+"/clock", url.Values{"act": {"extend"}, "due": {"2026-04-30"}, "basis": {"陕政办〔2026〕1号"}}).Want(http.StatusSeeOther)
}
