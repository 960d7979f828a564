package meritweb_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/merit"
	"zhengshu/internal/merit/meritweb"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// Article 30, on screen: entered by one with its grounds, checked by another who
// proves who it is, read by the unit, corrected and never taken out; who is
// neither sees no name.
func TestArticle30_ARecordOnScreen(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(passage.Declare(ctx, d, merit.Machine))
	store, err := blob.Disk(t.TempDir())
	must(err)
	o := org.New(d)
	svc := merit.New(merit.Parts{DB: d, Org: o, Store: store})
	people := map[string]*authz.Session{}
	units := map[string]org.UnitID{}
	must(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key, name string
			kind      org.Kind
		}{{"office", "西安市人民政府办公厅", org.Office}, {"bureau", "西安市商务局", org.Department}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			units[n.key] = u.ID
		}
		for _, n := range []struct {
			key, unit string
			role      authz.Role
		}{{"one", "office", authz.Supervisor}, {"two", "office", authz.Supervisor}, {"inspector", "office", authz.Inspector}, {"clerk", "bureau", authz.Sponsor}} {
			p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: units[n.unit], Name: n.key})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, units[n.unit], n.role); err != nil {
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
	svc.GroundsFrom(merit.Grounder{Kind: "order", Name: "整改通知", Find: func(ctx context.Context, q db.Querier, scope authz.Scope, ref string) (merit.Ground, error) {
		if ref == "o2" { // of the office's own site: the bureau may not open it
			u, err := o.UnitTx(ctx, q, scope, units["office"])
			return merit.Ground{Ref: merit.Ref{Kind: "order", ID: "o2"}, Name: "整改通知 ZG-2026-0002", Link: "/console/orders/o2", Unit: u.ID}, err
		}
		if ref != "ZG-2026-0001" && ref != "o1" {
			return merit.Ground{}, fault.Missing("整改通知")
		}
		return merit.Ground{Ref: merit.Ref{Kind: "order", ID: "o1"}, Name: "整改通知 ZG-2026-0001", Link: "/console/orders/o1", Unit: units["bureau"]}, nil
	}})
	x := webtest.Open(t, nil, clock, append(meritweb.New(svc, o).Routes(), web.Route{Pattern: "GET /console/orders/{id}", Permit: authz.OrderRead, Handle: func(http.ResponseWriter, *http.Request) error { return fault.Missing("整改通知") }})...)
	x.Gate.Context = func(ctx context.Context) context.Context {
		s := x.Gate.Session
		unit, _ := s.Unit()
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	}
	as := func(who string) *webtest.Site { x.Gate.Session = people[who]; return x }
	send := func(path string, fields url.Values) *webtest.Answer {
		t.Helper()
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		must(m.WriteField("_form", webtest.Token))
		for k, list := range fields {
			for _, v := range list {
				must(m.WriteField(k, v))
			}
		}
		w, err := m.CreateFormFile("file", "决定.pdf")
		must(err)
		_, err = w.Write([]byte("%PDF-1.7\n"))
		must(err)
		must(m.Close())
		r := httptest.NewRequest(http.MethodPost, path, &b)
		r.Header.Set("Content-Type", m.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return x.Do(r)
	}
	as("clerk").Get("/console/merits/new").Want(http.StatusForbidden)
	form := as("one").Get("/console/merits/new?ground=order:o1").Want(http.StatusOK)
	if got := form.Attr("input[name=ground_of]", "value"); got != "order:o1" {
		t.Errorf("the ground of the address is %q", got)
	}
	if at := merit.EnterLink(merit.Commend, merit.Ref{Kind: "order", ID: "o1"}, units["bureau"]); true {
		praise := x.Get(at).Want(http.StatusOK)
		if kinds := strings.Join(praise.All("select[name=kind] option"), " "); praise.Text("h1") != "登记表扬" || strings.Contains(kinds, "约谈") || !strings.Contains(kinds, "通报表扬") || praise.Attr("select[name=unit] option[selected]", "value") != string(units["bureau"]) || praise.Attr("input[name=ground_of]", "value") != "order:o1" {
			t.Errorf("%s is filled in: %s", at, kinds)
		}
	}
	fields := url.Values{"unit": {string(units["bureau"])}, "kind": {"punish"}, "capacity": {"leader"}, "person": {"张三 副局长"}, "body": {"西安市人民政府办公厅"}, "decided_on": {"2026-03-18"}, "ground_kind": {"order"}, "ground": {"ZG-2026-0001"}}
	wrong := send("/console/merits/new", fields).Want(http.StatusConflict)
	if got := strings.Join(wrong.All(".field-error"), " "); !strings.Contains(got, "主管单位不能作出处分") {
		t.Errorf("errors %q", got)
	}
	fields.Set("ground", "ZG-9")
	send("/console/merits/new", fields).Want(http.StatusUnprocessableEntity)
	fields.Set("ground", "ZG-2026-0001、o2")
	fields.Set("kind", "talk")
	at := send("/console/merits/new", fields).Want(http.StatusSeeOther).Location()
	as("clerk").Get(at).Want(http.StatusNotFound)
	if as("one").Get(at).Want(http.StatusOK); len(x.Get(at).All("form[action$='/check']")) != 0 {
		t.Error("who entered it may check it")
	}
	x.Post(at+"/check", nil).Want(http.StatusConflict)
	x.Gate.Stale = true
	as("two").Post(at+"/check", nil).Want(http.StatusUnauthorized)
	x.Post(at+"/check", url.Values{"_proof": {webtest.Secret}}).Want(http.StatusSeeOther)
	page := as("clerk").Get(at).Want(http.StatusOK)
	if !strings.Contains(page.Body, "张三 副局长") || !strings.Contains(page.Body, "整改通知 ZG-2026-0001") {
		t.Error("the unit does not read its record")
	}
	// The paper on another's site is named to the unit, and leads it nowhere.
	if !strings.Contains(page.Body, "整改通知 ZG-2026-0002") || len(page.All("a[href='/console/orders/o2']")) != 0 || len(page.All("a[href='/console/orders/o1']")) != 1 {
		t.Errorf("grounds of the unit: %v", page.All("a[href*='/orders/']"))
	}
	if got := as("one").Get(at).Want(http.StatusOK).All("a[href*='/console/orders/']"); len(got) != 2 {
		t.Errorf("grounds of the office: %v", got)
	}
	as("clerk")
	x.Get(page.Attr("a[href*='/files/']", "href")).Want(http.StatusOK)
	// Who is neither of the office's keepers nor of the unit sees the unit alone.
	if got := as("inspector").Get(at).Want(http.StatusOK); strings.Contains(got.Body, "张三") || !strings.Contains(got.Body, "分管领导") {
		t.Error("an inspector reads the name")
	}
	if got := x.Get("/console/merits/export?format=csv").Want(http.StatusOK); strings.Contains(got.Body, "张三") || !strings.Contains(got.Body, "西安市商务局") {
		t.Errorf("exported %q", got.Body)
	}
	if got := as("two").Get("/console/merits/export?format=csv").Want(http.StatusOK); !strings.Contains(got.Body, "张三 副局长") {
		t.Errorf("exported %q", got.Body)
	}
	// Corrected by a further record, with the reason.
	fields.Set("person", "李四 副局长")
	fields["ground_of"] = []string{"order:o1"}
	fields.Del("ground")
	as("two")
	send(at+"/change", fields).Want(http.StatusUnprocessableEntity) // no reason
	fields.Set("why", "写错了人")
	next := send(at+"/change", fields).Want(http.StatusSeeOther).Location()
	as("one").Post(next+"/return", url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity)
	x.Post(next+"/check", nil).Want(http.StatusSeeOther)
	if got := as("clerk").Get("/console/merits").Want(http.StatusOK).All(".table tbody tr"); len(got) != 1 || !strings.Contains(got[0], "李四") {
		t.Errorf("listed %v", got)
	}
	if got := x.Get(at).Want(http.StatusOK).Text(".tag"); got != "已更正" {
		t.Errorf("the first record is %q", got)
	}
	as("one").Get("/console/merits?year=20").Want(http.StatusUnprocessableEntity)
}
