package reportingweb_test

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/reporting/reportingweb"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// desk is the console of a city with three sites, of which one fails.
type desk struct {
	*webtest.Site
	t      *testing.T
	clock  *calendar.Manual
	people map[string]*authz.Session
}

func open(t *testing.T) *desk {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fatal(passage.Declare(ctx, d, registry.SiteMachine, inspection.FindingMachine, assessment.OrderMachine, reporting.Machine, reporting.ExperienceMachine))
	o := org.New(d)
	reg := registry.New(d, o)
	days, err := calendar.Published()
	fatal(err)
	store, err := blob.Disk(t.TempDir())
	fatal(err)
	probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
	fatal(err)
	t.Cleanup(func() { probes.Close() })
	insp := inspection.New(d, probes, reg, store, egress.New(egress.Policy{}), inspection.Settings{})
	assess, err := assessment.New(assessment.Parts{DB: d, Org: o, Registry: reg, Inspection: insp, Obligations: obligation.New(d, o, assessment.Obligations()...), Days: days, Store: store})
	fatal(err)
	svc := reporting.New(reporting.Parts{DB: d, Org: o, Registry: reg, Assessment: assess})
	x := &desk{t: t, clock: clock, people: map[string]*authz.Session{}}
	var findings []inspection.FindingID
	var issuer *authz.Session
	fatal(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for i, n := range []struct {
			area, name string
			kind       org.Kind
			role       authz.Role
		}{{"city-610100000000", "西安市人民政府办公厅", org.Office, authz.Supervisor}, {"city-610100000000", "西安市商务局", org.Department, authz.Sponsor}, {"city-610100000000", "西安市教育局", org.Department, authz.Sponsor}, {"city-610200000000", "铜川市人民政府办公室", org.Office, authz.Supervisor}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			p, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: "张某"})
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
			x.people[n.name] = &authz.Session{PersonID: string(p.ID), Name: "张某", Posts: posts}
			if i == 0 {
				issuer = x.people[n.name]
				second, err := o.AddPerson(ctx, tx, authz.System("test"), org.Person{Unit: u.ID, Name: "李某"})
				if err != nil {
					return err
				}
				if err := o.Appoint(ctx, tx, authz.System("test"), second.ID, u.ID, n.role); err != nil {
					return err
				}
				posts, err := o.PostsOf(ctx, tx, second.ID)
				if err != nil {
					return err
				}
				x.people["colleague"] = &authz.Session{PersonID: string(second.ID), Name: "李某", Posts: posts}
			}
			site, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: n.name + "网站", Host: fmt.Sprintf("s%d.gov.cn", i)})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, finished_at, pages, links) VALUES ($1, $2, 'patrol', 'done', $3, $4, 20, 100)`, ulid.Make().String(), site.ID, tx.Now(), tx.Now()); err != nil {
				return err
			}
			for _, c := range []struct{ check, clause string }{{"link.dead", "D-19"}, {"home.stale", "V-W-3"}}[:min(i+1, 2)] {
				if i == 2 {
					continue
				}
				id := ulid.Make().String()
				if _, _, err := inspection.FindingMachine.Take(ctx, tx, id, "find", passage.Note{}); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, place, first_seen, last_seen, state) VALUES ($1, $2, $3, $4, 'error', $5, '问题', $6, $7, $8, 'open')`, id, site.ID, c.check, id, c.clause, id, tx.Now(), tx.Now()); err != nil {
					return err
				}
				if i < 2 {
					findings = append(findings, inspection.FindingID(id))
				}
			}
		}
		return nil
	}))
	unit, _ := issuer.Unit()
	_, err = assess.IssueOrders(audit.WithActor(ctx, audit.Actor{Kind: "person", ID: issuer.PersonID, Name: issuer.Name, Unit: unit}), issuer.ScopeFor(authz.OrderIssue), assessment.Issue{Findings: findings, Together: true})
	fatal(err)
	x.Site = webtest.Open(t, nil, clock, reportingweb.New(svc).Routes()...)
	x.Gate.Context = func(ctx context.Context) context.Context {
		s := x.Gate.Session
		unit, _ := s.Unit()
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	}
	return x.as("西安市人民政府办公厅")
}

func (x *desk) as(who string) *desk {
	x.Gate.Session = x.people[who]
	return x
}

func (x *desk) compose() string {
	x.t.Helper()
	return x.Post("/console/bulletins", url.Values{"area": {"city-610100000000"}, "period": {"2026-Q1"}}).Want(http.StatusSeeOther).Location()
}

var (
	tag    = regexp.MustCompile(`<[^>]*>`)
	number = regexp.MustCompile(`^(.+)：(\d+)\D*$`)
)

// Every number on the page leads to as many rows, and the document that is
// handed out says the same numbers.
func TestPageRowsAndDocumentAgree(t *testing.T) {
	x := open(t)
	x.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
	at := x.compose()
	page := x.Get(at).Want(http.StatusOK)
	paper := x.Get(at + "/document?as=docx").Want(http.StatusOK)
	if d := paper.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment") || !strings.Contains(paper.Header.Get("Content-Type"), "wordprocessingml") {
		t.Errorf("%s", d)
	}
	said := words(t, paper.Body)
	hrefs := regexp.MustCompile(`href="(`+regexp.QuoteMeta(at)+`/rows/[^"]+)"`).FindAllStringSubmatch(page.Body, -1)
	seen := map[string]bool{}
	for _, m := range hrefs {
		if seen[m[1]] {
			continue
		}
		seen[m[1]] = true
		rows := x.Get(m[1]).Want(http.StatusOK)
		title, _, _ := strings.Cut(rows.Text("h1"), " ")
		parts := number.FindStringSubmatch(title)
		if parts == nil {
			t.Errorf("%s is headed %q", m[1], title)
			continue
		}
		n, _ := strconv.Atoi(parts[2])
		if got := len(rows.All(".table tbody tr")); got != n {
			t.Errorf("%s says %d and lists %d rows", title, n, got)
		}
		if !strings.Contains(page.Body, ">"+parts[1]+"<") {
			t.Errorf("the page does not name %s", parts[1])
		}
		if !strings.Contains(said, parts[1]+"|"+parts[2]) {
			t.Errorf("the document does not say %s %s", parts[1], parts[2])
		}
	}
	if len(seen) < 15 {
		t.Errorf("only %d numbers on the page", len(seen))
	}
	for _, want := range []string{"应检查政府网站3个，已检查3个，检查覆盖率100%。其中合格2个，不合格1个，检查合格率66.7%", "本季度发现问题3个", "下发整改通知2份", "本期没有取得留言办理数据。"} {
		if !strings.Contains(said, want) || !slices.ContainsFunc(page.All(".panel-body p"), func(p string) bool { return strings.Contains(p, want) }) {
			t.Errorf("page and document do not both say %q", want)
		}
	}
	if got := strings.Join(page.All(".table tbody th"), " "); !strings.Contains(got, "西安市商务局网站") {
		t.Errorf("unqualified: %s", got)
	}
	x.Get(at + "/rows/sites.nonsense").Want(http.StatusNotFound)
}

func words(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	xml, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return tag.ReplaceAllString(strings.ReplaceAll(string(xml), "</w:tc>", "|"), "")
}

func TestBulletinOnScreen(t *testing.T) {
	x := open(t)
	if got := x.Get("/console/bulletins").Want(http.StatusOK).All("select[name=area] option"); !slices.Equal(got, []string{"西安市"}) {
		t.Errorf("offered %v", got)
	}
	a := x.Post("/console/bulletins", url.Values{"area": {""}, "period": {"2026-Q1"}}).Want(http.StatusUnprocessableEntity)
	if len(a.All(".field-error")) != 1 {
		t.Errorf("%v", a.All(".field-error"))
	}
	at := x.compose()
	x.Post("/console/bulletins", url.Values{"area": {"city-610100000000"}, "period": {"2026-Q1"}}).Want(http.StatusConflict)
	if page := x.Get(at).Want(http.StatusOK); strings.Contains(page.Body, at+"/freeze") {
		t.Error("a running quarter may be frozen on screen")
	}
	x.Post(at+"/freeze", nil).Want(http.StatusUnprocessableEntity)
	x.clock.Set(time.Date(2026, 4, 8, 1, 0, 0, 0, time.UTC))
	x.Post(at+"/submit", nil).Want(http.StatusSeeOther)
	x.Post(at+"/agree", nil).Want(http.StatusUnprocessableEntity)
	x.as("colleague").Post(at+"/return", url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/agree", url.Values{"says": {"同意"}}).Want(http.StatusSeeOther)
	x.as("西安市人民政府办公厅").Post(at+"/freeze", nil).Want(http.StatusSeeOther)
	a = x.Post(at+"/issue", url.Values{"number": {"5号"}}).Want(http.StatusUnprocessableEntity)
	if a.Attr("input[name=number]", "value") != "5号" || len(a.All(".field-error")) != 1 {
		t.Errorf("%v", a.All(".field-error"))
	}
	if page := x.Get(at).Want(http.StatusOK); len(page.All("a[href*='/console/merits/new']")) != 0 {
		t.Error("a paper that is not issued is offered as a ground")
	}
	x.Post(at+"/issue", url.Values{"number": {"市政办函〔2026〕5号"}}).Want(http.StatusSeeOther)
	// Article 30: what is decided on an issued paper is entered from it, with the
	// paper and the unit filled in.
	page := x.Get(at).Want(http.StatusOK)
	if praise := page.All("a[href*='/console/merits/new'][href*='sort=commend']"); len(praise) != 1 || praise[0] != "登记表扬" {
		t.Errorf("praise from the paper: %v", praise)
	}
	if held := page.Attr(".table a[href*='/console/merits/new']", "href"); !strings.Contains(held, "ground=bulletin%3A"+strings.TrimPrefix(at, "/console/bulletins/")) || !strings.Contains(held, "unit=") || !strings.Contains(held, "sort=account") {
		t.Errorf("accountability from the row: %q", held)
	}
	x.Post(at+"/thaw", nil).Want(http.StatusConflict)
	if got := x.Get("/console/bulletins").Text(".table tbody tr"); !strings.Contains(got, "已印发") || !strings.Contains(got, "市政办函〔2026〕5号") {
		t.Errorf("%s", got)
	}
	// A bureau has nothing to compose; a neighbour sees nothing.
	x.as("西安市商务局").Post("/console/bulletins", nil).Want(http.StatusForbidden)
	if page := x.Get("/console/bulletins").Want(http.StatusOK); strings.Contains(page.Body, "select name=\"area\"") {
		t.Error("a bureau is offered to compose")
	}
	x.as("铜川市人民政府办公室")
	for _, p := range []string{at, at + "/document?as=docx", at + "/rows/sites.total"} {
		x.Get(p).Want(http.StatusNotFound)
	}
	for _, p := range []string{"/freeze", "/thaw", "/issue"} {
		x.Post(at+p, url.Values{"number": {"市政办函〔2026〕6号"}}).Want(http.StatusNotFound)
	}
}
