package errorreportweb_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/errorreport/errorreportweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/web/webtest"
)

// On screen: the office takes the list in and reads what was not taken, the unit
// sees its own, and what is overdue stands first.
func TestAListOnScreen(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(passage.Declare(ctx, d, registry.SiteMachine))
	o := org.New(d)
	reg := registry.New(d, o)
	svc := errorreport.New(errorreport.Parts{DB: d, Obligations: obligation.New(d, o, errorreport.Obligations()...)})
	people := map[string]*authz.Session{}
	must(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key, name, host string
			kind            org.Kind
			role            authz.Role
		}{{"office", "西安市人民政府办公厅", "www.xian.gov.cn", org.Office, authz.Supervisor}, {"bureau", "西安市商务局", "swj.xian.gov.cn", org.Department, authz.Sponsor}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: n.kind, Name: n.name})
			if err != nil {
				return err
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
			if _, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: n.name + "网站", Host: n.host}); err != nil {
				return err
			}
		}
		return nil
	}))
	x := webtest.Open(t, nil, clock, errorreportweb.New(svc).Routes()...)
	x.Gate.Context = func(ctx context.Context) context.Context {
		s := x.Gate.Session
		unit, _ := s.Unit()
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	}
	as := func(who string) *webtest.Site { x.Gate.Session = people[who]; return x }
	send := func(name, body string) *webtest.Answer {
		t.Helper()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		must(m.WriteField("_form", webtest.Token))
		if name != "" {
			w, err := m.CreateFormFile("file", name)
			must(err)
			_, err = w.Write([]byte(body))
			must(err)
		}
		must(m.Close())
		r := httptest.NewRequest(http.MethodPost, "/console/error-reports/import", &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return x.Do(r)
	}
	as("bureau").Get("/console/error-reports/import").Want(http.StatusForbidden)
	if got := x.Get("/console/error-reports").Want(http.StatusOK); len(got.All(".table tbody tr")) > 0 || len(got.All("a[href$='/import']")) > 0 {
		t.Error("an empty list shows rows, or the unit may import")
	}
	as("office").Get("/console/error-reports/import").Want(http.StatusOK)
	send("", "").Want(http.StatusUnprocessableEntity)
	for _, c := range []struct{ name, body, says string }{{"图.xlsx", "not a workbook", "却不是Excel工作簿"}, {"空.csv", "", "是空的"}, {"名单.csv", "留言编号,网站域名,留言时间\n", "只有表头，没有内容"}} {
		if got := send(c.name, c.body).Want(http.StatusUnprocessableEntity).Text("main"); !strings.Contains(got, c.says) || strings.Contains(got, "系统出了问题") {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	got := send("名单.csv", "留言编号,网站域名,留言时间,办结时间,留言内容\nA1,swj.xian.gov.cn,2026-01-05,,错别字\nA2,www.xian.gov.cn,2026-03-10,2026-03-12,打不开\nA3,no.example,2026-03-10,,\n").Want(http.StatusOK)
	if !strings.Contains(got.Text(".alert"), "收到 2 条，未收 1 条") || !strings.Contains(got.Text(".table tbody"), "台账中没有这个网站") {
		t.Errorf("%s", got.Text("main"))
	}
	rows := x.Get("/console/error-reports?year=2026").Want(http.StatusOK).All(".table tbody tr")
	if len(rows) != 2 || !strings.Contains(rows[0], "超期未办结") || !strings.Contains(rows[1], "按期办结") {
		t.Errorf("%v", rows)
	}
	if rows := as("bureau").Get("/console/error-reports").Want(http.StatusOK).All(".table tbody tr"); len(rows) != 1 || !strings.Contains(rows[0], "A1") {
		t.Errorf("the unit sees %v", rows)
	}
	if got := x.Get("/console/error-reports/export?format=csv").Want(http.StatusOK); !strings.Contains(got.Body, "A1") || strings.Contains(got.Body, "A2") {
		t.Errorf("%s", got.Body)
	}
	x.Get("/console/error-reports?state=sometime").Want(http.StatusUnprocessableEntity)
	x.Get("/console/error-reports?year=20").Want(http.StatusUnprocessableEntity)
}
