package assessmentweb_test

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

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/assessment"
	"zhengshu/internal/assessment/assessmentweb"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

// desk is the console of a province, a city and its bureau.
type desk struct {
	*webtest.Site
	t      *testing.T
	db     *db.DB
	people map[string]*authz.Session
	site   registry.Site
	units  map[string]org.Unit
	// account is of the bureau; sheet is what its check says now.
	account registry.AccountID
	sheet   []check.Finding
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
	x := &desk{t: t, db: d, people: map[string]*authz.Session{}, units: map[string]org.Unit{}}
	fatal(passage.Declare(ctx, d, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine, assessment.OrderMachine, assessment.VersionMachine))
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
	svc, err := assessment.New(assessment.Parts{DB: d, Org: o, Registry: reg, Inspection: insp, Obligations: obligation.New(d, o, assessment.Obligations()...), Days: days, Store: store,
		Accounts: func(context.Context, authz.Scope, registry.AccountID) ([]check.Finding, error) { return x.sheet, nil }})
	fatal(err)
	fatal(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key, area, name string
			kind            org.Kind
			role            authz.Role
		}{{"province", "province-610000000000", "陕西省人民政府办公厅", org.Office, authz.Supervisor}, {"city", "city-610100000000", "西安市人民政府办公厅", org.Office, authz.Supervisor},
			{"bureau", "city-610100000000", "西安市商务局", org.Department, authz.Sponsor}, {"neighbour", "city-610200000000", "铜川市人民政府办公室", org.Office, authz.Supervisor}} {
			u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: org.AreaID(n.area), Kind: n.kind, Name: n.name})
			if err != nil {
				return err
			}
			x.units[n.key] = u
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
			x.people[n.key] = &authz.Session{PersonID: string(p.ID), Name: n.key, Posts: posts}
		}
		a, err := reg.EnterAccount(ctx, tx, authz.System("test"), registry.Account{Platform: "weibo", Name: "西安商务", Unit: x.units["bureau"].ID}, registry.Why{Says: "存量登记"})
		if err != nil {
			return err
		}
		x.account = a.ID
		x.site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: x.units["bureau"].ID, Kind: registry.Portal, Name: "西安市商务局网站", Host: "swj.xian.gov.cn"})
		return err
	}))
	x.Site = webtest.Open(t, nil, clock, assessmentweb.New(d, svc, insp, reg, o).Routes()...)
	x.Gate.Context = func(ctx context.Context) context.Context {
		s := x.Gate.Session
		unit, _ := s.Unit()
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	}
	return x
}

func (x *desk) as(who string) *desk {
	x.Gate.Session = x.people[who]
	return x
}

func (x *desk) put(check, severity, clause, says string) string {
	x.t.Helper()
	ctx := audit.System(context.Background(), "test")
	id := ulid.Make().String()
	err := x.db.Update(ctx, func(tx *db.Tx) error {
		if _, _, err := inspection.FindingMachine.Take(ctx, tx, id, "find", passage.Note{}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO finding (id, site_id, check_id, fingerprint, severity, clause, says, page_url, place, on_home, fix, first_seen, last_seen, state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, TRUE, '请更正。', $10, $11, 'open')`,
			id, x.site.ID, check, id, severity, clause, says, "http://swj.xian.gov.cn/", id, tx.Now(), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.finding", Target: audit.Target{Kind: "finding", ID: id}})
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// ran files a finished run.
func (x *desk) ran() {
	x.t.Helper()
	ctx := audit.System(context.Background(), "test")
	err := x.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, finished_at, pages, links) VALUES ($1, $2, 'patrol', 'done', $3, $4, 20, 100)`, ulid.Make().String(), x.site.ID, tx.Now(), tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.run", Target: x.site.Target()})
	})
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *desk) upload(path, says, name string, content []byte) *webtest.Answer {
	x.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("_form", webtest.Token)
	_ = m.WriteField("says", says)
	if content != nil {
		w, _ := m.CreateFormFile("file", name)
		_, _ = w.Write(content)
	}
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return x.Do(r)
}

// From the finding to the closed order, on screen.
func TestOrderOnScreen(t *testing.T) {
	x := open(t)
	f := x.put("footer.icp", "error", "D-18", "页脚没有备案编号")
	x.as("city").Get("/console/orders").Want(http.StatusOK).Text(".table-none")
	if picks := x.Get("/console/orders/new").Want(http.StatusOK).Attr("input[name=finding]", "value"); picks != f {
		t.Errorf("offered %q", picks)
	}
	a := x.Post("/console/orders", url.Values{"says": {"请整改这里"}}).Want(http.StatusUnprocessableEntity)
	if got := a.Text("textarea[name=says]"); got != "请整改这里" {
		t.Errorf("typed text became %q", got)
	}
	at := x.Post("/console/orders", url.Values{"finding": {f}, "says": {"请整改这里"}}).Want(http.StatusSeeOther).Location()
	x.Post("/console/orders", url.Values{"finding": {f}}).Want(http.StatusConflict)
	if got := x.Get("/console/orders?q=ZG-2026-0001").Text(".table tbody th"); got != "ZG-2026-0001" {
		t.Errorf("listed as %q", got)
	}
	// A finding and a paper name it by its number.
	if got := x.Get("/console/orders/ZG-2026-0001").Want(http.StatusSeeOther).Location(); got != at {
		t.Errorf("its number leads to %q", got)
	}
	x.Get("/console/orders/ZG-2026-0099").Want(http.StatusNotFound)
	x.as("neighbour").Get("/console/orders/ZG-2026-0001").Want(http.StatusNotFound)
	x.as("neighbour").Get(at).Want(http.StatusNotFound)
	x.as("bureau").Post("/console/orders", url.Values{"finding": {f}}).Want(http.StatusForbidden)

	page := x.as("bureau").Get(at).Want(http.StatusOK)
	if got := strings.Join(page.All("dd"), " "); !strings.Contains(got, "bureau 于 2026-03-20") {
		t.Errorf("no receipt in %s", got)
	}
	a = x.upload(at+"/answer", "好", "", nil).Want(http.StatusUnprocessableEntity)
	if len(a.All(".field-error")) != 1 || a.Text("textarea[name=says]") != "好" {
		t.Errorf("errors %v", a.All(".field-error"))
	}
	x.upload(at+"/answer", "已经补上备案编号。", "截图.pdf", []byte("%PDF-1.7\n")).Want(http.StatusSeeOther)
	href := x.Get(at).Attr("a[href*='/files/']", "href")
	if file := x.Get(href).Want(http.StatusOK); file.Body != "%PDF-1.7\n" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("file %q %v", file.Body, file.Header)
	}
	x.as("neighbour").Get(href).Want(http.StatusNotFound)
	// The site's monitoring is off: nothing is contacted, and the page says so as what it is.
	if got := x.as("bureau").Post(at+"/retest", nil).Want(http.StatusUnprocessableEntity).Text(".alert.danger"); !strings.Contains(got, "没有完成复测：这个站点没有开启监测") {
		t.Errorf("a retest of nothing says %q", got)
	}
	x.Post(at+"/accept", url.Values{"finding": {f}, "reason-" + f: {"已到现场核实。"}}).Want(http.StatusForbidden)
	if got := x.as("city").Get(at).Attr("a[href*='/console/merits/new']", "href"); !strings.Contains(got, "ground=order%3A") || strings.Contains(got, "sort=") {
		t.Errorf("an order in time leads to %q", got)
	}
	x.as("city").Post(at+"/accept", url.Values{"finding": {f}, "reason-" + f: {"好"}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/accept", url.Values{"finding": {f}, "reason-" + f: {"已到现场核实。"}}).Want(http.StatusSeeOther)
	if got := x.Get("/console/orders?state=closed").Text(".table tbody th"); got != "ZG-2026-0001" {
		t.Errorf("closed list shows %q", got)
	}
	x.Get("/console/orders?issued=2026-Q9").Want(http.StatusUnprocessableEntity)
}

// A retest that broke off is said on the page of its order, with the way to try
// again.
func TestABrokenRetestIsSaid(t *testing.T) {
	x := open(t)
	f := x.put("footer.icp", "error", "D-18", "首页未标明 ICP 备案编号。")
	at := x.as("city").Post("/console/orders", url.Values{"finding": {f}, "says": {"请整改这里"}}).Want(http.StatusSeeOther).Location()
	ctx := audit.System(context.Background(), "test")
	if err := x.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE rectify_order SET retest_at = $1, retested_at = $1, retest_broken = '承担处理的程序多次中途停止，没有完成。'`, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.retest", Target: audit.Target{Kind: "order", ID: at}})
	}); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"bureau", "city"} {
		said := strings.Join(x.as(who).Get(at).Want(http.StatusOK).All(".alert"), " ")
		if !strings.Contains(said, "上次复测没有完成") || !strings.Contains(said, "多次中途停止") || !strings.Contains(said, "请点“复测全部未改正的问题”") {
			t.Errorf("%s reads %q", who, said)
		}
		if button := x.Get(at).Text("form[action$='/retest'] button, form[action$='/review'] button"); button != "复测全部未改正的问题" {
			t.Errorf("%s may press %q", who, button)
		}
	}
}

// “若今天抽查”, the adoption behind it and a confirmed suspicion.
func TestScoreOnScreen(t *testing.T) {
	x := open(t)
	score := "/console/sites/" + string(x.site.ID) + "/score"
	if got := x.as("bureau").Get(score).Want(http.StatusOK).Text("h1"); !strings.HasPrefix(got, "若今天抽查：未检测 ") {
		t.Errorf("%q", got)
	}
	x.ran()
	x.put("link.dead", "error", "D-19", "首页的链接打不开")
	s := x.put("sensitive", "error", "V-W-1.1", "疑似严重表述错误")
	x.as("city").Get("/console/packs").Want(http.StatusOK)
	if links := x.Get("/console/packs").All("a[href^='/console/packs/adopt']"); len(links) != 0 {
		t.Error("a city may adopt")
	}
	x.Get("/console/packs/adopt?pack=" + assessment.PackID + "&version=1").Want(http.StatusConflict)
	x.as("province")
	unit, version := x.Get("/console/packs/adopt?pack="+assessment.PackID+"&version=1").Want(http.StatusOK).Attr("input[name=unit]", "value"), "1"
	form := url.Values{"pack": {assessment.PackID}, "version": {version}, "unit": {unit}, "label": {assessment.AdoptedDemo}}
	if a := x.Post("/console/packs/adopt", form).Want(http.StatusUnprocessableEntity); len(a.All(".field-error")) != 1 {
		t.Errorf("%v", a.All(".field-error"))
	}
	form.Set("basis", "演示省试行")
	x.Post("/console/packs/adopt", form).Want(http.StatusSeeOther)
	page := x.as("bureau").Get(score).Want(http.StatusOK)
	if got := page.Text("h1"); !strings.HasPrefix(got, "若今天抽查：99 分 ") {
		t.Errorf("%q", got)
	}
	if alerts := strings.Join(page.All(".alert"), " "); !strings.Contains(alerts, "演示采用") || !strings.Contains(alerts, "未核实") {
		t.Errorf("%s", alerts)
	}
	if links := page.All("ol a[href^='/console/findings/']"); len(links) != 2 {
		t.Errorf("points lead to %v", links)
	}
	if strings.Contains(page.Body, "/score/confirm") {
		t.Error("the unit may confirm suspicions against itself")
	}
	x.as("city")
	confirm := url.Values{"finding": {s}, "indicator": {"V-W-1.1"}, "reason-" + s + "V-W-1.1": {"短"}}
	x.Post(score+"/confirm", confirm).Want(http.StatusUnprocessableEntity)
	confirm.Set("reason-"+s+"V-W-1.1", "已人工核对原文，确属错误。")
	x.Post(score+"/confirm", confirm).Want(http.StatusSeeOther)
	if got := x.Get(score).Text("h1"); !strings.HasPrefix(got, "若今天抽查：不合格 ") {
		t.Errorf("%q", got)
	}
	list := x.Get("/console/scores?verdict=unqualified").Want(http.StatusOK)
	if got := list.All(".table tbody th"); len(got) != 1 {
		t.Errorf("%v", got)
	}
	x.Get("/console/scores?tab=accounts").Want(http.StatusOK)
	x.as("neighbour").Get(score).Want(http.StatusNotFound)
	x.Get("/console/scores?period=2026-Q1").Want(http.StatusOK).Text(".table-none")
}

// typed files what a person saw, by the form with its files.
func (x *desk) typed(fields map[string]string) *webtest.Answer {
	x.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("_form", webtest.Token)
	for k, v := range fields {
		_ = m.WriteField(k, v)
	}
	w, _ := m.CreateFormFile("file", "截图.pdf")
	_, _ = w.Write([]byte("%PDF-1.7\n"))
	_ = m.Close()
	r := httptest.NewRequest(http.MethodPost, "/console/orders/seen", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return x.Do(r)
}

// Article 30: an account is ordered like a site: what its sheet shows and what a
// person saw, in one order; sent back to the unit when it is not mended, closed
// when the sheet is right and another person has confirmed the rest.
func TestArticle30_AnOrderOnAnAccountFromTheSheetToItsEnd(t *testing.T) {
	x := open(t)
	x.sheet = []check.Finding{{Check: "account.stale", Severity: check.Serious, Article: "V-M-2.1", Says: "20天没有更新", Fix: "请更新。", Outcome: check.Violated}, {Check: "account.renamed", Severity: check.Error, Says: "名称一致", Outcome: check.Kept}}
	account := "account:" + string(x.account)
	x.as("bureau").Post("/console/orders/points", url.Values{"account": {string(x.account)}}).Want(http.StatusForbidden)
	x.as("city").Post("/console/orders/points", url.Values{"account": {string(x.account)}}).Want(http.StatusSeeOther)
	x.typed(map[string]string{"object": account, "cause": "text", "severity": "error", "on": "2026-03-19", "place": "《通知》"}).Want(http.StatusUnprocessableEntity)
	x.typed(map[string]string{"object": account, "cause": "text", "severity": "error", "on": "2026-03-19", "place": "《通知》", "says": "推文把单位名称写错"}).Want(http.StatusSeeOther)
	points := x.Get("/console/orders/new?kind=account").Want(http.StatusOK).All("input[name=point]")
	if len(points) != 2 {
		t.Fatalf("%d points are offered", len(points))
	}
	var ids []string
	for _, r := range strings.Split(x.Get("/console/orders/new?kind=account").Body, `name="point" value="`)[1:] {
		ids = append(ids, r[:strings.IndexByte(r, '"')])
	}
	preview := x.Post("/console/orders/preview", url.Values{"point": ids}).Want(http.StatusOK)
	if !strings.Contains(preview.Body, "西安商务") {
		t.Error("the preview does not name the account")
	}
	at := x.Post("/console/orders", url.Values{"point": ids, "says": {"请整改"}}).Want(http.StatusSeeOther).Location()
	x.Post("/console/orders", url.Values{"point": ids}).Want(http.StatusConflict)
	if at == "/console/orders" || strings.Contains(at, "?") {
		at = x.Get("/console/orders").Want(http.StatusOK).Attr(".table tbody th a", "href")
	}
	x.as("neighbour").Get(at).Want(http.StatusNotFound)
	page := x.as("bureau").Get(at).Want(http.StatusOK)
	if got := page.Text("h1"); !strings.HasPrefix(got, "西安商务 ") {
		t.Errorf("the order is about %q", got)
	}
	proof := page.Attr("section a[href*='/files/']", "href")
	x.Get(proof).Want(http.StatusOK)
	// Bulk urging: once a day, by the office.
	x.Post("/console/orders/urge", url.Values{}).Want(http.StatusForbidden)
	x.as("neighbour").Post("/console/orders/urge", url.Values{}).Want(http.StatusConflict)
	x.as("city").Post("/console/orders/urge", url.Values{"q": {"没有这样的单位"}}).Want(http.StatusConflict)
	x.Post("/console/orders/urge", url.Values{"severity": {"serious"}}).Want(http.StatusSeeOther)
	x.Post("/console/orders/urge", url.Values{}).Want(http.StatusConflict)
	// Answered, looked at again: the sheet still shows it.
	x.as("bureau")
	x.upload(at+"/answer", "已经更新并更正。", "", nil).Want(http.StatusSeeOther)
	x.Post(at+"/ask-confirm", nil).Want(http.StatusSeeOther)
	x.Post(at+"/retest", nil).Want(http.StatusSeeOther)
	if got := strings.Join(x.Get(at).All(".tag"), " "); !strings.Contains(got, "未改正") {
		t.Errorf("the sheet still shows it, the page says %s", got)
	}
	x.sheet[0].Outcome = check.Kept
	x.Post(at+"/retest", nil).Want(http.StatusSeeOther)
	// What a person saw: sent back with the reason, then confirmed.
	manual := ""
	for _, id := range ids {
		if strings.Contains(x.as("city").Get(at).Body, "reason-"+id) {
			manual = id
		}
	}
	if manual == "" {
		t.Fatal("nothing is left to confirm by hand")
	}
	x.Post(at+"/accept", url.Values{"finding": {manual}, "verdict": {"standing"}, "reason-" + manual: {"短"}}).Want(http.StatusUnprocessableEntity)
	x.as("bureau").Post(at+"/accept", url.Values{"finding": {manual}, "verdict": {"standing"}, "reason-" + manual: {"推文没有更正"}}).Want(http.StatusForbidden)
	x.as("city").Post(at+"/accept", url.Values{"finding": {manual}, "verdict": {"standing"}, "reason-" + manual: {"推文没有更正"}}).Want(http.StatusSeeOther)
	back := x.as("bureau").Get(at).Want(http.StatusOK)
	if !strings.Contains(back.Body, "推文没有更正") || len(back.All("textarea[name=says]")) != 1 {
		t.Error("the unit is not told what is still wrong, or cannot answer again")
	}
	if got := x.as("city").Get("/console/orders?stage=failed").Want(http.StatusOK).All(".table tbody th"); len(got) != 1 {
		t.Errorf("sent back: %v", got)
	}
	x.as("bureau").upload(at+"/answer", "推文已更正。", "", nil).Want(http.StatusSeeOther)
	x.as("city").Post(at+"/accept", url.Values{"finding": {manual}, "reason-" + manual: {"已看到更正后的推文"}}).Want(http.StatusSeeOther)
	if got := x.Get("/console/orders?state=closed").All(".table tbody th"); len(got) != 1 {
		t.Errorf("closed: %v", got)
	}
}
