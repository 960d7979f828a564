package lettersweb_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/letters"
	"zhengshu/internal/letters/lettersweb"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/seal"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// office is one unit with a site, its people and the console.
type office struct {
	t      *testing.T
	site   *webtest.Site
	desk   *letters.Desk
	host   registry.SiteID
	clock  *calendar.Manual
	unit   org.Unit
	people map[string]*authz.Session
	db     *db.DB
}

func open(t *testing.T) *office {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	key, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	ctx := audit.System(context.Background(), "test")
	o := org.New(d)
	sites := registry.New(d, o)
	svc := letters.New(d, o, sites, obligation.New(d, o, letters.ReplyKind), days, key)
	x := &office{t: t, desk: letters.NewDesk(svc), clock: clock, people: map[string]*authz.Session{}, db: d}
	if err := passage.Declare(ctx, d, letters.Machine, registry.SiteMachine); err != nil {
		t.Fatal(err)
	}
	err = d.Update(ctx, func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.City, Code: "610100", Name: "西安市"}); err != nil {
			return err
		}
		var err error
		if x.unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}); err != nil {
			return err
		}
		st, err := sites.EnterSite(ctx, tx, registry.Site{Unit: x.unit.ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.example.gov.cn", Hosted: true})
		if err != nil {
			return err
		}
		x.host = st.ID
		for name, role := range map[string]authz.Role{"clerk": authz.Sponsor, "chief": authz.FinalReviewer, "above": authz.Supervisor} {
			who, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: x.unit.ID, Name: "张" + name})
			if err != nil {
				return err
			}
			if err := o.Appoint(ctx, tx, authz.System("test"), who.ID, x.unit.ID, role); err != nil {
				return err
			}
			posts, err := o.PostsOf(ctx, tx, who.ID)
			if err != nil {
				return err
			}
			x.people[name] = &authz.Session{PersonID: string(who.ID), Name: who.Name, Posts: posts}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	x.site = webtest.Open(t, nil, clock, lettersweb.New(svc).Routes()...)
	return x
}

// as lets somebody walk.
func (x *office) as(name string) *webtest.Site {
	s := x.people[name]
	x.site.Gate.Session = s
	x.site.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	}
	return x.site
}

// write sends a letter and returns its page.
func (x *office) write(n int) string {
	x.t.Helper()
	token := x.desk.FormToken(x.host)
	x.clock.Advance(5 * time.Second)
	sealed, err := x.desk.Receive(context.Background(), x.host, letters.Submission{Type: letters.Consult, Title: "集市几点开门", Token: token, Consent: true,
		Name: "欧阳秀兰", Phone: fmt.Sprintf("1380013800%d", n), Body: "我是欧阳秀兰，电话1380013800" + strconv.Itoa(n) + "。请问周末集市几点开门？"})
	if err != nil {
		x.t.Fatal(err)
	}
	r, err := x.desk.OpenReceipt(sealed)
	if err != nil {
		x.t.Fatal(err)
	}
	return x.as("clerk").Get("/console/letters?q="+r.Number).Want(http.StatusOK).Attr(".table tbody a", "href")
}

func TestALetterIsHandledOnScreen(t *testing.T) {
	x := open(t)
	page := x.write(0)

	a := x.as("clerk").Get(page).Want(http.StatusOK)
	if strings.Contains(a.Body, "欧阳秀兰") || strings.Contains(a.Body, "13800138000") || !strings.Contains(a.Body, "138****8000") {
		t.Error("the page shows who wrote")
	}
	if strings.Contains(a.Body, "/reveal") || strings.Contains(a.Body, "/review") {
		t.Error("a clerk is offered what a reviewer does")
	}
	// Refused, and shown again as typed.
	a = x.as("clerk").Post(page+"/invalid", url.Values{"invalid_reason": {"短"}}).Want(http.StatusUnprocessableEntity)
	if got := a.Text("#" + a.Attr("textarea[name=invalid_reason]", "id")); strings.TrimSpace(got) != "短" || len(a.All(".field-error")) != 1 {
		t.Errorf("the form lost its text: %q, errors %v", got, a.All(".field-error"))
	}
	if got := x.as("clerk").Post(page+"/accept", nil).Want(http.StatusSeeOther).Location(); got != page {
		t.Errorf("led to %s", got)
	}
	x.as("clerk").Post(page+"/accept", nil).Want(http.StatusConflict)

	x.as("clerk").Get(page + "/assign").Want(http.StatusOK)
	a = x.as("clerk").Get(page + "/assign?unit=" + string(x.unit.ID)).Want(http.StatusOK)
	if got := a.All("select[name=person] option"); len(got) != 2 || got[1] != "张clerk" {
		t.Errorf("people offered: %v", got)
	}
	x.as("clerk").Post(page+"/assign", url.Values{"handler_unit": {"nowhere"}}).Want(http.StatusUnprocessableEntity)
	x.as("clerk").Post(page+"/assign", url.Values{"handler_unit": {string(x.unit.ID)}}).Want(http.StatusSeeOther)

	a = x.as("clerk").Get(page + "/answer").Want(http.StatusOK)
	if got := a.Text("textarea[name=public_body]"); !strings.Contains(got, "欧某") || strings.Contains(got, "13800138000") {
		t.Errorf("proposed for the public: %q", got)
	}
	x.as("clerk").Post(page+"/answer", url.Values{"answer": {"短"}}).Want(http.StatusUnprocessableEntity)
	a = x.as("clerk").Post(page+"/answer", url.Values{"answer": {"您好，请拨打13912345678向张科长了解。"}}).Want(http.StatusUnprocessableEntity)
	if !strings.Contains(strings.Join(a.All(".field-error"), ""), "手机号码") {
		t.Errorf("errors %v", a.All(".field-error"))
	}
	x.as("clerk").Post(page+"/answer", url.Values{"answer": {"您好：周末集市七点开门。"}}).Want(http.StatusSeeOther)

	a = x.as("chief").Get(page).Want(http.StatusOK)
	sha := a.Attr("input[name=sha]", "value")
	x.as("chief").Post(page+"/review", url.Values{"verdict": {"return"}, "sha": {sha}}).Want(http.StatusUnprocessableEntity)
	x.as("chief").Post(page+"/review", url.Values{"verdict": {"return"}, "sha": {sha}, "opinion": {"请写明依据"}}).Want(http.StatusSeeOther)
	if got := x.as("clerk").Get(page + "/answer").Want(http.StatusOK).Text(".alert"); !strings.Contains(got, "请写明依据") {
		t.Errorf("the drafter reads %q", got)
	}
	x.as("clerk").Post(page+"/answer", url.Values{"answer": {"您好：依据管理办法，周末集市七点开门。"}}).Want(http.StatusSeeOther)
	x.as("chief").Post(page+"/review", url.Values{"verdict": {"pass"}, "sha": {sha}}).Want(http.StatusConflict)
	sha = x.as("chief").Get(page).Attr("input[name=sha]", "value")
	x.as("chief").Post(page+"/review", url.Values{"verdict": {"pass"}, "sha": {sha}}).Want(http.StatusSeeOther)
	x.as("chief").Post(page+"/publish", nil).Want(http.StatusSeeOther)
	x.as("chief").Post(page+"/take-down", url.Values{"down_reason": {"来信人要求撤下"}}).Want(http.StatusSeeOther)
	x.as("chief").Post(page+"/conclude", nil).Want(http.StatusSeeOther)
	if got := x.as("above").Get(page).Want(http.StatusOK).All("main form[method=post]"); len(got) != 0 {
		t.Errorf("a supervisor is offered %v", got)
	}
}

func TestRevealOnScreen(t *testing.T) {
	x := open(t)
	page := x.write(0)
	x.as("clerk").Post(page+"/reveal", url.Values{"reveal_reason": {"电话核实地点"}}).Want(http.StatusForbidden)
	x.as("chief").Post(page+"/reveal", url.Values{"reveal_reason": {""}}).Want(http.StatusUnprocessableEntity)
	a := x.as("chief").Post(page+"/reveal", url.Values{"reveal_reason": {"电话核实地点"}}).Want(http.StatusOK)
	if !strings.Contains(a.Body, "欧阳秀兰") || !strings.Contains(a.Body, "13800138000") || !strings.Contains(a.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("revealed with %v", a.Header)
	}
	if a := x.as("chief").Get(page); strings.Contains(a.Body, "13800138000") {
		t.Error("the next look still shows it")
	}
}

func TestInvalidOnScreenTakesTwo(t *testing.T) {
	x := open(t)
	page := x.write(0)
	x.as("clerk").Post(page+"/invalid", url.Values{"invalid_reason": {"商业推广，与政府职责无关"}}).Want(http.StatusSeeOther)
	x.as("clerk").Post(page+"/invalid/decide", url.Values{"agree": {"yes"}}).Want(http.StatusForbidden)
	x.as("chief").Post(page+"/invalid/decide", url.Values{"agree": {"yes"}}).Want(http.StatusSeeOther)
	page = x.write(1)
	x.as("clerk").Post(page+"/redirect", url.Values{"advice": {"请向市信访局反映"}}).Want(http.StatusSeeOther)
}

var (
	figure = regexp.MustCompile(`(?s)<a[^>]*href="([^"]*measure=[^"]*)"[^>]*>(.*?</div>|\d+</a>)`)
	tags   = regexp.MustCompile(`<[^>]*>`)
	digits = regexp.MustCompile(`\d+`)
)

func TestEveryFigureLeadsToItsRows(t *testing.T) {
	x := open(t)
	for i := range 3 {
		page := x.write(i)
		if i == 0 {
			x.as("clerk").Post(page+"/accept", nil).Want(http.StatusSeeOther)
		}
	}
	x.clock.Advance(30 * 24 * time.Hour)
	for _, month := range []string{"", "2026-03", "2026-04"} {
		a := x.as("above").Get("/console/letters/statistics?month=" + month).Want(http.StatusOK)
		n := 0
		for _, f := range figure.FindAllStringSubmatch(a.Body, -1) {
			href, said := html.UnescapeString(f[1]), digits.FindString(tags.ReplaceAllString(f[2], " "))
			rows := x.as("above").Get(href).Want(http.StatusOK).Text(".filter-total")
			if !strings.Contains(rows, "共 "+said+" 条") {
				t.Errorf("%s says %q, its rows %q", href, said, rows)
			}
			n++
		}
		if n < len(letters.Measures) {
			t.Errorf("%s: %d figures lead to rows", month, n)
		}
	}
	x.as("above").Get("/console/letters/statistics?month=三月").Want(http.StatusUnprocessableEntity)
	if got := x.as("clerk").Get("/console/letters/statistics").Want(http.StatusOK).Text(".alert"); !strings.Contains(got, "天未登录") {
		t.Errorf("the daily duty says %q", got)
	}
}

func TestNobodyAndNeighbours(t *testing.T) {
	x := open(t)
	page := x.write(0)
	x.site.Gate.Session, x.site.Gate.Context = nil, nil
	x.site.Get(page).Want(http.StatusSeeOther)
	x.site.Gate.Session = webtest.Session(authz.Sponsor, "/610000/610300/@N/")
	x.site.Gate.Session.Posts[0].Office = false
	x.site.Get(page).Want(http.StatusNotFound)
	x.site.Get(page + "/assign").Want(http.StatusNotFound)
}
