package coordinationweb_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/coordination"
	"zhengshu/internal/coordination/coordinationweb"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// Article 20(1), on screen: chosen, looked at by receiver, handed over, signed for
// with their number, answered row by row.
func TestArticle20_1_AHandOverOnScreen(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store, err := blob.Disk(t.TempDir())
	must(err)
	days, err := calendar.Published()
	must(err)
	o := org.New(d)
	svc := coordination.New(coordination.Parts{DB: d, Org: o, Obligations: obligation.New(d, o, coordination.Obligations()...), Days: days, Store: store, Settings: sx2021.Defaults})
	people := map[string]*authz.Session{}
	var office org.Unit
	must(d.Update(ctx, func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		for _, n := range []struct {
			key, name string
			kind      org.Kind
			role      authz.Role
		}{{"boss", "陕西省人民政府办公厅", org.Office, authz.Supervisor}, {"telecom", "陕西省通信管理局", org.Department, authz.Telecom}, {"police", "陕西省公安厅", org.Department, authz.Police}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			if n.key == "boss" {
				office = u
			}
			p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: n.key})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, n.role); err != nil {
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
	thing := func(id string) (coordination.Candidate, error) {
		m, ok := map[string]string{"1": "icp", "2": "police"}[id]
		if !ok {
			return coordination.Candidate{}, fault.Missing("问题")
		}
		return coordination.Candidate{Kind: "finding", ID: id, Matter: m, Name: "甲网站", Says: "未见备案号", Link: "/console/findings/" + id, Unit: office.ID, UnitName: office.Name, At: clock.Now()}, nil
	}
	svc.ReferralsFrom(coordination.ReferralSource{Kind: "finding", Name: "发现的问题",
		List: func(context.Context, db.Querier, authz.Scope, int) ([]coordination.Candidate, int, error) {
			a, _ := thing("1")
			b, _ := thing("2")
			return []coordination.Candidate{a, b}, 2, nil
		},
		One: func(_ context.Context, _ db.Querier, _ authz.Scope, id string) (coordination.Candidate, error) {
			return thing(id)
		}})
	x := webtest.Open(t, nil, clock, coordinationweb.New(d, svc, o, func(*http.Request, string) web.Tabs { return web.Tabs{} }).Routes()...)
	x.Gate.Context = func(ctx context.Context) context.Context {
		s := x.Gate.Session
		unit, _ := s.Unit()
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	}
	as := func(who string) *webtest.Site { x.Gate.Session = people[who]; return x }
	as("telecom").Get("/console/referrals/new").Want(http.StatusForbidden)
	if got := as("boss").Get("/console/referrals/new?party=telecom&row=finding:1").Want(http.StatusOK).All("input[name=row]"); len(got) != 1 {
		t.Errorf("offered to 通信: %v", got)
	}
	x.Post("/console/referrals/preview", nil).Want(http.StatusUnprocessableEntity)
	both := url.Values{"row": {"finding:1", "finding:2"}}
	preview := x.Post("/console/referrals/preview", both).Want(http.StatusOK)
	if got := preview.Text("h1"); got != "移送2项，分2批" || len(preview.All("input[name=row]")) != 2 {
		t.Errorf("preview %q", got)
	}
	x.Post("/console/referrals/new", both).Want(http.StatusSeeOther)
	x.Post("/console/referrals/new", both).Want(http.StatusConflict)
	at := as("telecom").Get("/console/referrals").Want(http.StatusOK).Attr(".table tbody th a", "href")
	if len(x.Get("/console/referrals").All(".table tbody tr")) != 1 {
		t.Error("通信 sees what is not addressed to it")
	}
	as("police").Get(at).Want(http.StatusNotFound)
	as("telecom").Post(at+"/answer", url.Values{"row": {"x"}, "on": {"2026-03-20"}}).Want(http.StatusNotFound)
	x.Post(at+"/receive", url.Values{"number": {"通管收7号"}}).Want(http.StatusSeeOther)
	page := x.Get(at).Want(http.StatusOK)
	if !strings.Contains(page.Body, "通管收7号") {
		t.Error("their number is not shown")
	}
	row := strings.Split(strings.SplitN(page.Body, `name="row"`, 2)[1], `value="`)[2]
	row = row[:strings.IndexByte(row, '"')]
	x.Post(at+"/answer", url.Values{"row": {row}, "on": {"2026-03-20"}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/answer", url.Values{"row": {row}, "on": {"2026-03-20"}, "outcome": {"done"}, "result": {"已督促补办"}}).Want(http.StatusSeeOther)
	if got := as("boss").Get(at).Want(http.StatusOK).Text(".tag"); got != "已全部反馈" {
		t.Errorf("the batch is %q", got)
	}
	x.Get(at + "/paper?as=docx").Want(http.StatusOK)
	x.Get("/console/shares/" + strings.TrimPrefix(at, "/console/referrals/")).Want(http.StatusSeeOther)
	x.Post(at+"/urge", nil).Want(http.StatusConflict)
}
