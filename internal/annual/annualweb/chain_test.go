package annualweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/annual"
	"zhengshu/internal/annual/annualweb"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
	"zhengshu/internal/web/webtest"
)

// Article 19(6), on screen: from the draft to the address, by two persons, with
// a return on the way; approving and publishing ask who it is.
func TestArticle19_6_TheReviewChainOnScreen(t *testing.T) {
	clock := calendar.NewManual(time.Date(2027, 1, 8, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx, system := audit.System(context.Background(), "test"), authz.System("test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, annual.Machine))
	o := org.New(d)
	reg := registry.New(d, o)
	days, err := calendar.Published()
	must(err)
	store, err := blob.Disk(t.TempDir())
	must(err)
	duties := obligation.New(d, o, annual.Obligations()...)
	svc := annual.New(annual.Parts{DB: d, Org: o, Registry: reg, Obligations: duties, Days: days, Store: store, Settings: sx2021.Defaults,
		Quarters: func(context.Context, authz.Scope, org.AreaID, assessment.Period) (reporting.Content, bool, error) {
			return reporting.Content{}, false, nil
		},
		Visits: func(context.Context, authz.Scope, registry.SiteID, int) (visits.YearFigures, error) {
			return visits.YearFigures{}, nil
		},
		Place: func(string, []byte) error { return nil }})
	people := map[string]*authz.Session{}
	var city org.Unit
	must(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct{ key, area, name string }{{"province", "province-610000000000", "陕西省人民政府办公厅"}, {"city", "city-610100000000", "西安市人民政府办公厅"}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: org.Office, Name: n.name})
			if err != nil {
				return err
			}
			if n.key == "city" {
				city = u
			}
			p, err := o.AddPerson(ctx, tx, system, org.Person{Unit: u.ID, Name: n.key})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, system, p.ID, u.ID, authz.Supervisor); err != nil {
				return err
			}
			posts, err := o.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			people[n.key] = &authz.Session{PersonID: string(p.ID), Name: n.key, Posts: posts}
		}
		return nil
	}))
	_, err = svc.OpenYear(context.Background())
	must(err)
	x := webtest.Open(t, nil, clock, annualweb.New(svc, reg, o).Routes()...)
	x.Gate.Context = func(ctx context.Context) context.Context {
		s := x.Gate.Session
		unit, _ := s.Unit()
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	}
	as := func(who string) *webtest.Site { x.Gate.Session = people[who]; return x }
	list, _, err := svc.Forms(ctx, system, annual.Filter{Kind: annual.SupervisionForm, Object: string(city.ID)})
	must(err)
	if len(list) != 1 {
		t.Fatalf("%d forms of the city", len(list))
	}
	id := list[0].ID
	at := "/console/annual/" + string(id)
	state := func() string {
		t.Helper()
		f, err := svc.Form(ctx, system, id)
		must(err)
		return f.State
	}
	owes := func(kind string) int {
		t.Helper()
		list, err := duties.Obligations(ctx, system, obligation.Filter{Kind: kind, Unit: ""})
		must(err)
		n := 0
		for _, o := range list {
			if o.Subject.ID == string(id) {
				n++
			}
		}
		return n
	}
	if owes("annual_form") != 1 {
		t.Error("the form is not owed")
	}
	// A draft with gaps names them and goes nowhere.
	as("city").Post(at+"/submit", nil).Want(http.StatusUnprocessableEntity)
	form, err := svc.Form(ctx, system, id)
	must(err)
	entries := map[string]annual.Entry{}
	for _, l := range form.Lines {
		if l.Value != "" || !l.Cell.Required || l.Cell.Formula != nil {
			continue
		}
		e := annual.Entry{Value: "0", Source: "台账"}
		switch l.Cell.Kind {
		case annual.Choice:
			e.Value = "否"
		case annual.Words:
			e.Value = "李某"
		case annual.Day:
			e.Value = "2027-01-08"
		}
		entries[l.Cell.ID] = e
	}
	who := people["city"]
	must(svc.Type(x.Gate.Context(authz.WithSession(context.Background(), who)), who.ScopeFor(authz.AnnualFill), who, id, entries))
	as("city").Post(at+"/submit", nil).Want(http.StatusSeeOther)
	if state() != annual.Submitted || owes("annual_review") != 1 {
		t.Errorf("%s, %d reviews owed", state(), owes("annual_review"))
	}
	as("city").Post(at+"/approve", nil)
	if state() != annual.Submitted {
		t.Error("approved by who sent it")
	}
	as("province").Post(at+"/return", url.Values{"why": {" "}}).Want(http.StatusUnprocessableEntity)
	as("province").Post(at+"/return", url.Values{"why": {"检查网站数请核对"}}).Want(http.StatusSeeOther)
	if got := as("city").Get(at).Want(http.StatusOK); !strings.Contains(got.Body, "检查网站数请核对") || state() != annual.Returned || owes("annual_review") != 0 {
		t.Errorf("returned: %s", state())
	}
	as("city").Post(at+"/submit", nil).Want(http.StatusSeeOther)
	// Approving is grave: who it is is asked again, and a wrong answer does nothing.
	x.Gate.Stale = true
	as("province").Post(at+"/approve", nil).Want(http.StatusUnauthorized)
	x.Post(at+"/approve", url.Values{"_proof": {"wrong"}}).Want(http.StatusUnprocessableEntity)
	if state() != annual.Submitted {
		t.Fatalf("approved without proof: %s", state())
	}
	x.Post(at+"/approve", url.Values{"_proof": {webtest.Secret}}).Want(http.StatusSeeOther)
	if state() != annual.Approved || owes("annual_form") != 1 {
		t.Errorf("%s, %d forms owed", state(), owes("annual_form"))
	}
	x.Gate.Stale = true
	as("city").Post(at+"/publish", nil).Want(http.StatusUnauthorized)
	x.Post(at+"/publish", url.Values{"_proof": {webtest.Secret}}).Want(http.StatusSeeOther)
	if state() != annual.Published || owes("annual_form") != 0 || owes("annual_address") != 1 {
		t.Errorf("%s: %d forms, %d addresses owed", state(), owes("annual_form"), owes("annual_address"))
	}
	as("city").Post(at+"/address", url.Values{"address": {"www.xa.gov.cn"}, "on": {"2027-01-08"}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/address", url.Values{"address": {"https://www.xa.gov.cn/nb/2026.html"}, "on": {"2027-01-08"}}).Want(http.StatusSeeOther)
	if state() != annual.Addressed || owes("annual_address") != 0 {
		t.Errorf("%s, %d addresses owed", state(), owes("annual_address"))
	}
	as("province").Post(at+"/return", url.Values{"why": {"公开以后退回"}}).Want(http.StatusConflict)
}
