package operatorweb_test

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
	"zhengshu/internal/obligation"
	"zhengshu/internal/operator"
	"zhengshu/internal/operator/operatorweb"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
	"zhengshu/internal/web"
	"zhengshu/internal/web/webtest"
)

// desk is a supervisor of a province at the screens of this door.
type desk struct {
	*webtest.Site
	t *testing.T
}

func open(t *testing.T) *desk {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := passage.Declare(ctx, d, operator.Machine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	reg := registry.New(d, o)
	svc := operator.New(operator.Parts{DB: d, Org: o, Registry: reg, Signin: signin.New(d, o, clock, keys), Obligations: obligation.New(d, o, operator.Obligations()...), Store: store})
	o.OnAppoint(svc.Guard)
	var s *authz.Session
	if err := d.Update(ctx, func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
			return err
		}
		u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
		if err != nil {
			return err
		}
		p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: "林知远"})
		if err != nil {
			return err
		}
		if err := o.Appoint(ctx, tx, authz.System("test"), p.ID, u.ID, authz.Supervisor); err != nil {
			return err
		}
		posts, err := o.PostsOf(ctx, tx, p.ID)
		s = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	tabs := func(*http.Request, string) web.Tabs { return web.Tabs{} }
	at := &desk{Site: webtest.Open(t, s, clock, operatorweb.New(d, svc, o, reg, tabs).Routes()...), t: t}
	at.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	}
	return at
}

// send posts a form with a file, as a browser would; an empty name sends none.
func (d *desk) send(path string, form url.Values, name, content string) *webtest.Answer {
	d.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	form.Set("_form", webtest.Token)
	for k, list := range form {
		for _, v := range list {
			if err := w.WriteField(k, v); err != nil {
				d.t.Fatal(err)
			}
		}
	}
	if name != "" {
		f, err := w.CreateFormFile("file", name)
		if err != nil {
			d.t.Fatal(err)
		}
		if _, err := f.Write([]byte(content)); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		d.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return d.Do(r)
}

func TestArticle06_FromRegistrationToTheOperatorsPost(t *testing.T) {
	d := open(t)
	const pdf = "%PDF-1.7\n"
	form := func(pairs ...string) url.Values {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	unit := d.Get("/console/operators/new").Want(http.StatusOK).Attr("select[name=unit] option", "value")
	one := form("unit", unit, "kind", "entrusted", "name", "陕西省人民政府办公厅", "credit_code", "91610000MA6TEXT00X", "contact", "甲", "phone", "1", "duties", "巡检")
	if said := d.Post("/console/operators/new", one).Want(http.StatusConflict).Text("main"); !strings.Contains(said, "第三条") {
		t.Errorf("the sponsor as its own operator: %.200s", said)
	}
	one.Set("name", "长安公司")
	one.Set("credit_code", "123")
	if n := len(d.Post("/console/operators/new", one).Want(http.StatusUnprocessableEntity).All(".field-error")); n != 1 {
		t.Errorf("%d fields are wrong, want the code alone", n)
	}
	one.Set("credit_code", "９1610000ＭA6TEXT00X")
	at := d.Post("/console/operators/new", one).Want(http.StatusSeeOther).Location()

	if said := d.Post(at+"/begin", url.Values{}).Want(http.StatusConflict).Text("main"); !strings.Contains(said, "第六条") || !strings.Contains(said, "保密协议未上传") {
		t.Errorf("begin without papers: %.200s", said)
	}
	d.send(at+"/review", form("reviewer", "周启明", "on", "2026年2月30日", "passed", "yes", "says", "齐全"), "表.pdf", pdf).Want(http.StatusUnprocessableEntity)
	d.send(at+"/review", form("reviewer", "周启明", "on", "2026年3月1日", "passed", "yes", "says", "齐全"), "表.pdf", "MZ").Want(http.StatusUnprocessableEntity)
	d.send(at+"/review", form("reviewer", "周启明", "on", "2026年3月1日", "passed", "yes", "says", "齐全"), "表.pdf", pdf).Want(http.StatusSeeOther)
	d.send(at+"/papers/new", form("kind", "service", "from", "2026-03-01", "until", "2026-02-01", "duties_fixed", "on"), "协议.pdf", pdf).Want(http.StatusUnprocessableEntity)
	d.send(at+"/papers/new", form("kind", "service", "from", "２０２６-03-01", "until", "2027.2.28", "duties_fixed", "on"), "协议.pdf", pdf).Want(http.StatusSeeOther)

	d.Post(at+"/staff/new", form("name", "江一帆", "work", "巡检")).Want(http.StatusSeeOther)
	member := d.Get(at).Want(http.StatusOK).Attr(".table a[href*='/staff/']", "href")
	if said := d.Post(member+"/appoint", url.Values{}).Want(http.StatusConflict).Text("main"); !strings.Contains(said, "保密协议") {
		t.Errorf("appointed with one agreement: %.200s", said)
	}
	d.send(at+"/papers/new", form("kind", "secrecy", "from", "2026-03-01", "until", "2027-02-28"), "保密.pdf", pdf).Want(http.StatusSeeOther)
	d.Post(at+"/begin", url.Values{}).Want(http.StatusSeeOther)
	d.Post(member+"/appoint", url.Values{}).Want(http.StatusSeeOther)
	page := d.Get(at).Want(http.StatusOK)
	if said := page.Text("main"); !strings.Contains(said, "在岗") || !strings.Contains(said, "承办中") {
		t.Errorf("the page of a serving contractor: %.300s", said)
	}
	file := page.Attr("a[href*='/files/']", "href")
	if got := d.Get(file).Want(http.StatusOK); got.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || !strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("headers of a file: %v", got.Header)
	}
	d.send(at+"/papers/new", form("kind", "service", "from", "2027-03-01", "until", "2028-02-28", "duties_fixed", "on"), "续签.pdf", pdf).Want(http.StatusConflict) // not assessed
	d.Get("/console/operators?q=" + url.QueryEscape("长安") + "&state=serving").Want(http.StatusOK)
	d.Get("/console/operators?ends=9").Want(http.StatusUnprocessableEntity)
	d.Get("/console/operators/export?format=csv").Want(http.StatusOK)
	d.Post(at+"/end", form("why", "")).Want(http.StatusUnprocessableEntity)
	d.Post(at+"/end", form("why", "改为自行运维")).Want(http.StatusSeeOther)
	if said := d.Get(at).Text("main"); !strings.Contains(said, "已终止") || strings.Contains(said, "在岗") {
		t.Errorf("the page of an ended contractor: %.300s", said)
	}
}
