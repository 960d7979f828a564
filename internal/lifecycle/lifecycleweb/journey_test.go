package lifecycleweb_test

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

	"zhengshu/internal/approval"
	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/lifecycle/lifecycleweb"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web/webtest"
	"zhengshu/internal/workbench"
	"zhengshu/internal/workbench/workbenchweb"
)

// desk is the console of a small city, walked by whoever sits at it.
type desk struct {
	*webtest.Site
	t      *testing.T
	clock  *calendar.Manual
	people map[string]*authz.Session
	units  map[string]org.Unit
}

func (d *desk) sit(name string) *desk {
	s := d.people[name]
	d.Gate.Session = s
	d.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name})
	}
	return d
}

func open(t *testing.T) *desk {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 2, 0, 0, 0, time.UTC))
	d := dbtest.SQLite(t, clock.Now)
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, approval.Machine, registry.SiteMachine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	reg := registry.New(d, o)
	obl := obligation.New(d, o, append(lifecycle.Obligations(), approval.StepObligation)...)
	days, err := calendar.Published()
	if err != nil {
		t.Fatal(err)
	}
	app := approval.New(d, o, obl, days, 5)
	store, err := blob.Disk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	book, err := rules.NewBook(sx2021.Rules())
	if err != nil {
		t.Fatal(err)
	}
	svc := lifecycle.New(lifecycle.Parts{DB: d, Org: o, Registry: reg, Approvals: app, Obligations: obl, Store: store, Book: book, Settings: sx2021.Defaults})
	bench := workbench.New(approvalweb.NewInbox(app), obligationweb.NewInbox(obl, clock, approval.StepObligation.ID))
	desk := &desk{t: t, clock: clock, people: map[string]*authz.Session{}, units: map[string]org.Unit{}}
	desk.Site = webtest.Open(t, nil, clock, lifecycleweb.New(svc, app, o).Routes()...)
	desk.Router.Add(approvalweb.New(app, d, store).Routes()...)
	desk.Router.Add(obligationweb.New(obl).Routes()...)
	desk.Router.Add(workbenchweb.New(bench, notify.New(d), clock).Routes()...)
	err = d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, n := range []struct {
			key  string
			u    org.Unit
			role authz.Role
		}{
			{"province", org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"}, authz.Supervisor},
			{"city", org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"}, authz.Supervisor},
			{"county", org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"}, authz.Supervisor},
			{"dept", org.Unit{Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}, authz.Sponsor},
			{"bureau", org.Unit{Area: "county-610113000000", Kind: org.Department, Name: "雁塔区商务局"}, authz.Sponsor},
		} {
			u, _, err := o.AddUnit(ctx, tx, n.u)
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
			desk.units[n.key], desk.people[n.key] = u, &authz.Session{PersonID: string(p.ID), Name: n.key, Posts: posts}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return desk
}

// upload posts a multipart form as a browser does.
func (d *desk) upload(path string, form map[string]string, files map[string][]byte) *webtest.Answer {
	d.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range form {
		if err := m.WriteField(k, v); err != nil {
			d.t.Fatal(err)
		}
	}
	if err := m.WriteField("_form", webtest.Token); err != nil {
		d.t.Fatal(err)
	}
	for k, v := range files {
		w, err := m.CreateFormFile(k, k+".pdf")
		if err == nil {
			_, err = w.Write(v)
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		d.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return d.Do(r)
}

func (d *desk) form(unit string, change ...string) map[string]string {
	f := map[string]string{"unit": string(d.units[unit].ID), "reason": "发布政务信息。", "contact": "李建国", "phone": "029-1", "name": "西安市商务局网站", "host": unit + ".xa.gov.cn",
		"building": "hosted", "principal": "王建民", "by_principal": "principal", "consent_on": "2026-03-01"}
	for i := 0; i+1 < len(change); i += 2 {
		f[change[i]] = change[i+1]
	}
	return f
}

var signed = map[string][]byte{"consent": []byte("%PDF-1.7 签字页")}

// From the wish to the launch, by forms alone.
func TestJourneyToTheLaunch(t *testing.T) {
	d := open(t)
	d.sit("dept")
	page := d.Get("/console/openings/new").Want(200)
	if got := page.Attr("#f-unit option[selected]", "value"); got != string(d.units["dept"].ID) {
		t.Errorf("unit %q is chosen", got)
	}
	if len(page.All(".breaches li.ok")) < 4 || len(page.All(".breaches li.not")) != 0 {
		t.Errorf("the live check shows %v", page.All(".breaches li"))
	}
	// A wrong form comes back as typed, with what is wrong.
	page = d.upload("/console/openings/new", d.form("dept", "host", "不是域名 x", "by_principal", "deputy"), signed).Want(422)
	if page.Attr("#f-host", "value") != "不是域名 x" || page.Attr("#f-principal", "value") != "王建民" {
		t.Error("the text typed was lost")
	}
	if !strings.Contains(strings.Join(page.All(".alert"), ""), "附件需要重新选择") {
		t.Error("nobody was told to choose the files again")
	}
	page = d.upload("/console/openings/new", d.form("dept", "by_principal", "deputy"), signed).Want(422)
	if !strings.Contains(page.Text(".errors"), "第七条（二）") {
		t.Errorf("the deputy's signature: %s", page.Text(".errors"))
	}
	d.upload("/console/openings/new", d.form("dept", "only", "check", "event", "on"), nil).Want(200)
	at := d.upload("/console/openings/new", d.form("dept"), signed).Want(303).Location()
	page = d.Get(at).Want(200)
	if page.Text("h1") == "" || len(page.All("svg.flow")) != 1 || len(page.All("form[action$='/decide']")) != 0 || len(page.All("form[action$='/withdraw']")) != 1 {
		t.Error("the applicant's view of the case")
	}
	// The file comes down as it went up, to be saved, not shown.
	file := d.Get(page.Attr("a[href*='/files/']", "href"))
	if file.Status != 200 || file.Body != "%PDF-1.7 签字页" || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment") || file.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("file: %d %v", file.Status, file.Header)
	}
	// The applicant may not decide, the neighbour may not see.
	if got := d.Post(at+"/decide", url.Values{"act": {"pass"}, "step": {"1"}}); got.Status != 403 {
		t.Errorf("the applicant decided: %d", got.Status)
	}
	d.sit("bureau").Get(at).Want(404)
	d.sit("city")
	home := d.Get("/console").Want(200)
	if !strings.Contains(home.Text("h1"), "1 件") || !strings.Contains(home.Text("main"), "去审核") {
		t.Errorf("the city's desk: %s", home.Text("main"))
	}
	page = d.Get(at).Want(200)
	if len(page.All("form[action$='/decide']")) != 1 {
		t.Fatal("the city cannot decide")
	}
	page = d.Post(at+"/decide", url.Values{"act": {"return"}, "step": {"1"}, "opinion": {"写明栏目"}}).Want(422)
	if page.Text("#f-opinion") != "写明栏目" {
		t.Error("the opinion typed was lost")
	}
	d.Post(at+"/decide", url.Values{"act": {"return"}, "step": {"1"}, "reason": {"填写有误", "伪造的理由"}, "opinion": {"写明栏目"}}).Want(303)
	if got := d.Post(at+"/decide", url.Values{"act": {"pass"}, "step": {"1"}}); got.Status != 409 {
		t.Errorf("a stale page decided: %d", got.Status)
	}
	d.sit("dept")
	if home := d.Get("/console").Want(200); !strings.Contains(home.Text("main"), "去补正") {
		t.Error("the returned application does not wait at the applicant's desk")
	}
	amend := d.Get(at).Want(200).Attr("a[href$='/amend']", "href")
	page = d.Get(amend).Want(200)
	if !strings.Contains(page.Text("main"), "写明栏目") || strings.Contains(page.Text("main"), "伪造") {
		t.Error("the reason of the return")
	}
	d.upload(amend, d.form("dept", "reason", "发布政务信息，设通知公告等栏目。", "why", "已写明"), nil).Want(303)
	d.sit("city").Post(at+"/decide", url.Values{"act": {"pass"}, "step": {"1"}, "phrase": {"同意。"}}).Want(303)
	d.sit("province").Post(at+"/decide", url.Values{"act": {"approve"}, "step": {"2"}, "opinion": {"同意开设。"}}).Want(303)
	sheet := d.Get(at + "/print").Want(200)
	for _, want := range []string{"主要负责同志同意", "王建民", "同意上报：同意。", "批准：同意开设。"} {
		if !strings.Contains(sheet.Text("main"), want) {
			t.Errorf("the printed form lacks %q", want)
		}
	}
	d.sit("dept")
	list := d.Get(at).Want(200).Attr("a[href$='/launch']", "href")
	page = d.Get(list).Want(200)
	if len(page.All(".breaches li.not")) != 5 || len(page.All("form[action$='/launch']")) != 0 {
		t.Errorf("bars: %v", page.All(".breaches li.not"))
	}
	page = d.Post(list, nil).Want(422)
	if !strings.Contains(page.Text(".breaches"), "安全检测报告") {
		t.Error("the refused launch does not say what is missing")
	}
	d.upload(list+"/site_code", map[string]string{"value": "6105810001"}, nil).Want(422)
	for kind, form := range map[string]map[string]string{
		"basic_info_form": {"value": "国办秘函〔2026〕1号", "on": "2026-03-02"}, "site_code": {"value": "6101000001"}, "chinese_domain": {"value": "西安市商务局.政务"}, "icp": {"value": "陕ICP备1号"},
		"security_report": {"value": "AQ-1", "on": "2026年3月2日", "detail": "省测评中心", "passed": "on"}} {
		d.Get(list + "/" + kind).Want(200)
		d.upload(list+"/"+kind, form, map[string][]byte{"file": []byte("%PDF-1.4")}).Want(303)
	}
	if got := d.Get(d.Get(list).Attr("a[href*='/launch-files/']", "href")); got.Body != "%PDF-1.4" {
		t.Errorf("file of the checklist: %d", got.Status)
	}
	d.Post(list, nil).Want(303)
	page = d.Get(list).Want(200)
	if !strings.Contains(page.Text("main"), "已于 2026年3月2日 上线") || len(page.All("form[action$='/launch-notice']")) != 0 {
		t.Errorf("after the launch: %s", page.Text("main"))
	}
	d.Post(list+"/../launch-notice", nil) // a path that is no route of ours must not panic
	d.sit("city")
	d.Post(strings.TrimSuffix(list, "/launch")+"/launch-notice", url.Values{"place": {"level_portal"}, "url": {"xa.gov.cn"}, "first": {"2026-03-02"}}).Want(422)
	for _, place := range []string{"level_portal", "level_account"} {
		d.Post(strings.TrimSuffix(list, "/launch")+"/launch-notice", url.Values{"place": {place}, "url": {"https://www.xa.gov.cn/n"}, "first": {"2026-03-02"}}).Want(303)
	}
	d.clock.Advance(31 * 24 * time.Hour)
	if owed := d.Get("/console/obligations?kind=launch_notice").Want(200); len(owed.All("tbody tr")) != 1 {
		t.Error("the notice is not among the obligations")
	}
	d.Post(strings.TrimSuffix(list, "/launch")+"/launch-notice/confirm", nil).Want(303)
	if owed := d.Get("/console/obligations?kind=launch_notice&state=discharged").Want(200); len(owed.All("tbody tr")) != 1 {
		t.Error("the notice is not discharged")
	}
	for _, tab := range []string{"todo", "done", "started", "copied", "nonsense"} {
		d.Get("/console?tab=" + tab).Want(200)
	}
	if got := d.Get("/console?tab=done").All("tbody tr"); len(got) == 0 {
		t.Error("nothing is done")
	}
	messages := d.Get("/console/messages").Want(200)
	n := len(messages.All("form[action$='/read']"))
	d.Post(messages.Attr("form[action$='/read']", "action"), nil).Want(303)
	if left := len(d.Get("/console/messages").All("form[action$='/read']")); left != n-1 {
		t.Errorf("%d messages unread after reading one of %d", left, n)
	}
}

func TestCountyDepartmentAndItsException(t *testing.T) {
	d := open(t)
	d.sit("bureau")
	page := d.Get("/console/openings/check?unit=" + string(d.units["bureau"].ID)).Want(200)
	if !strings.Contains(page.Text(".breaches li.not"), "第七条（一）") {
		t.Errorf("the live check: %s", page.Text("main"))
	}
	page = d.upload("/console/openings/new", d.form("bureau"), signed).Want(422)
	if !strings.Contains(page.Text(".errors"), "县级政府部门原则上不开设政府网站") || !strings.Contains(page.Text(".errors"), "第七条（一）") {
		t.Errorf("refusal: %s", page.Text(".errors"))
	}
	grant := url.Values{"unit": {string(d.units["bureau"].ID)}, "rule": {sx2021.CountyDeptNoSite.ID}, "reason": {"国家级试点"}, "until": {"2026-12-31"}}
	if got := d.Post("/console/overrides/new", grant); got.Status != 403 {
		t.Errorf("the bureau granted itself: %d", got.Status)
	}
	page = d.sit("city").Post("/console/overrides/new", grant).Want(422)
	if !strings.Contains(page.Text(".errors"), "省政府办公厅") {
		t.Errorf("the city granted: %s", page.Text(".errors"))
	}
	d.sit("province")
	d.Get("/console/overrides/new?q=swj").Want(200)
	grant.Set("until", "")
	d.Post("/console/overrides/new", grant).Want(422)
	grant.Set("unit", "")
	d.Post("/console/overrides/new", grant).Want(422)
	grant.Set("until", "2026-12-31")
	grant.Set("unit", string(d.units["bureau"].ID))
	d.Post("/console/overrides/new", grant).Want(303)
	if rows := d.Get("/console/overrides?year=2026&now=on").Want(200).All("tbody tr"); len(rows) != 1 || !strings.Contains(rows[0], "雁塔区商务局") {
		t.Errorf("list %v", rows)
	}
	at := d.sit("bureau").upload("/console/openings/new", d.form("bureau"), signed).Want(303).Location()
	if page := d.Get(at).Want(200); !strings.Contains(page.Text("main"), "已批准例外") {
		t.Error("the exception does not show on the case")
	}
	d.Post(at+"/withdraw", url.Values{"why": {""}}).Want(422)
	d.Post(at+"/withdraw", url.Values{"why": {"不再需要"}}).Want(303)
	if got := d.Get(at).Want(200).Text("h1"); !strings.Contains(got, "已撤回") {
		t.Errorf("after the withdrawal: %s", got)
	}
	if rows := d.Get("/console/cases?state=withdrawn&q=sp-").Want(200).All("tbody tr"); len(rows) != 1 {
		t.Errorf("list %v", rows)
	}
}
