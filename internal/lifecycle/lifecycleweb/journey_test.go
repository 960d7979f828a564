package lifecycleweb_test

import (
	"archive/zip"
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/filing"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/lifecycle/lifecycleweb"
	"zhengshu/internal/notice"
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
	t       *testing.T
	clock   *calendar.Manual
	people  map[string]*authz.Session
	units   map[string]org.Unit
	filings *filing.Service
	db      *db.DB
	reg     *registry.Service
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
	if err := passage.Declare(ctx, d, approval.Machine, registry.SiteMachine, registry.AccountMachine, registry.DomainMachine, notice.Machine, filing.Machine, closing.Machine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	reg := registry.New(d, o)
	obl := obligation.New(d, o, slices.Concat(lifecycle.Obligations(), approval.Obligations(), registry.Obligations(), notice.Obligations(), filing.Obligations(), closing.Obligations())...)
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
	notices := notice.New(notice.Parts{DB: d, Org: o, Registry: reg, Obligations: obl, Store: store, Settings: sx2021.Defaults})
	filings := filing.New(d, o, reg, obl, days, store, sx2021.Defaults)
	closings := closing.New(closing.Parts{DB: d, Org: o, Registry: reg, Obligations: obl, Days: days, Store: store, Settings: sx2021.Defaults})
	svc := lifecycle.New(lifecycle.Parts{DB: d, Org: o, Registry: reg, Approvals: app, Obligations: obl, Store: store, Book: book, Days: days,
		Notices: notices, Filings: filings, Closings: closings, Settings: sx2021.Defaults})
	bench := workbench.New(approvalweb.NewInbox(app), obligationweb.NewInbox(obl, clock, approval.StepObligation.ID))
	desk := &desk{t: t, clock: clock, people: map[string]*authz.Session{}, units: map[string]org.Unit{}, filings: filings, db: d, reg: reg}
	desk.Site = webtest.Open(t, nil, clock, lifecycleweb.New(d, svc, app, o, reg).Routes()...)
	desk.Router.Add(approvalweb.New(app, d, store).Routes()...)
	desk.Router.Add(obligationweb.New(obl, o, days, func() string { return "" }).Routes()...)
	desk.Router.Add(workbenchweb.New(bench, notify.New(d), nil, clock).Routes()...)
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

// file records the answer of an outside body on the one open item of the kind.
func (d *desk) file(kind filing.Kind, number string) {
	d.t.Helper()
	s := d.Gate.Session
	ctx := authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
	scope := s.ScopeFor(authz.FilingRecord)
	list, _, err := d.filings.Items(ctx, scope, filing.Filter{Kind: kind})
	if err != nil || len(list) != 1 {
		d.t.Fatalf("%d items of %s (%v)", len(list), kind, err)
	}
	if _, err := d.filings.Record(ctx, scope, list[0].ID, filing.Receipt{Number: number, On: calendar.Today(d.clock),
		File: &approval.Upload{Field: "file", Name: "回执.pdf", Content: strings.NewReader("%PDF-1.4")}}); err != nil {
		d.t.Fatal(err)
	}
}

var signed = map[string][]byte{"consent": []byte("%PDF-1.7 签字页")}

// From the wish to the launch, by forms alone.
func TestJourneyToTheLaunch(t *testing.T) {
	d := open(t)
	d.sit("dept")
	page := d.Get("/console/matters/new?matter=opening").Want(200)
	if got := page.Attr("#f-unit option[selected]", "value"); got != string(d.units["dept"].ID) {
		t.Errorf("unit %q is chosen", got)
	}
	if len(page.All(".breaches li.ok")) < 4 || len(page.All(".breaches li.not")) != 0 {
		t.Errorf("the live check shows %v", page.All(".breaches li"))
	}
	// A wrong form comes back as typed, with what is wrong.
	page = d.upload("/console/matters/new?matter=opening", d.form("dept", "host", "不是域名 x", "by_principal", "deputy"), signed).Want(422)
	if page.Attr("#f-host", "value") != "不是域名 x" || page.Attr("#f-principal", "value") != "王建民" {
		t.Error("the text typed was lost")
	}
	if !strings.Contains(strings.Join(page.All(".alert"), ""), "附件需要重新选择") {
		t.Error("nobody was told to choose the files again")
	}
	page = d.upload("/console/matters/new?matter=opening", d.form("dept", "by_principal", "deputy"), signed).Want(422)
	if !strings.Contains(page.Text(".errors"), "第七条（二）") {
		t.Errorf("the deputy's signature: %s", page.Text(".errors"))
	}
	d.upload("/console/matters/new?matter=opening", d.form("dept", "only", "check", "event", "on"), nil).Want(200)
	at := d.upload("/console/matters/new?matter=opening", d.form("dept"), signed).Want(303).Location()
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
	if !strings.Contains(home.Text(".tabs"), "待办 1") || !strings.Contains(home.Text("main"), "去审核") {
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
		"basic_info_form": {"value": "国办秘函〔2026〕1号", "on": "2026-03-02"}, "site_code": {"value": "6101000001"},
		"security_report": {"value": "AQ-1", "on": "2026年3月2日", "detail": "省测评中心", "passed": "on"}} {
		d.Get(list + "/" + kind).Want(200)
		d.upload(list+"/"+kind, form, map[string][]byte{"file": []byte("%PDF-1.4")}).Want(303)
	}
	if got := d.Get(d.Get(list).Attr("a[href*='/launch-files/']", "href")); got.Body != "%PDF-1.4" {
		t.Errorf("file of the checklist: %d", got.Status)
	}
	d.file(filing.ChineseDomain, "西安市商务局.政务")
	d.file(filing.ICP, "陕ICP备1号")
	d.Post(list, nil).Want(303)
	page = d.Get(list).Want(200)
	if main := page.Text("main"); !strings.Contains(main, "已于 2026年3月2日 上线") || !strings.Contains(main, "开通公告") || !strings.Contains(main, "公安备案") {
		t.Errorf("after the launch: %s", main)
	}
	d.Post(list+"/../launch-notice", nil) // a path that is no route of ours must not panic
	d.sit("city")
	for _, tab := range []string{"todo", "done", "started", "copied", "nonsense"} {
		d.Get("/console?tab=" + tab).Want(200)
	}
	if got := d.Get("/console?tab=done").All("tbody tr"); len(got) == 0 {
		t.Error("nothing is done")
	}
	messages := d.Get("/console/messages").Want(200)
	n := len(messages.All(".panel form[action$='/read']"))
	d.Post(messages.Attr(".panel form[action$='/read']", "action"), nil).Want(303)
	if left := len(d.Get("/console/messages").All(".panel form[action$='/read']")); left != n-1 {
		t.Errorf("%d messages unread after reading one of %d", left, n)
	}
}

func TestCountyDepartmentAndItsException(t *testing.T) {
	d := open(t)
	d.sit("bureau")
	page := d.Get("/console/matters/check?matter=opening&unit=" + string(d.units["bureau"].ID)).Want(200)
	if !strings.Contains(page.Text(".breaches li.not"), "第七条（一）") {
		t.Errorf("the live check: %s", page.Text("main"))
	}
	page = d.upload("/console/matters/new?matter=opening", d.form("bureau"), signed).Want(422)
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
	// Only the province is offered the form, or reaches it.
	for _, who := range []string{"city", "county"} {
		d.sit(who)
		if len(d.Get("/console/overrides").Want(200).All("a[href='/console/overrides/new']")) != 0 {
			t.Errorf("%s is offered the form", who)
		}
		if page := d.Get("/console/overrides/new").Want(403); !strings.Contains(page.Text("main"), "省政府办公厅") {
			t.Errorf("%s reads %s", who, page.Text("main"))
		}
	}
	d.sit("province")
	if len(d.Get("/console/overrides").Want(200).All("a[href='/console/overrides/new']")) == 0 {
		t.Error("the province is not offered the form")
	}
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
	end := d.Get("/console/overrides").Attr("a[href$='/end']", "href")
	d.Get(end).Want(200)
	if rows := d.sit("city").Get("/console/overrides").Want(200); len(rows.All("tbody tr")) != 1 || len(rows.All("a[href$='/end']")) != 0 {
		t.Error("the city may read the exception, not end it")
	}
	d.Get(end).Want(403)
	at := d.sit("bureau").upload("/console/matters/new?matter=opening", d.form("bureau"), signed).Want(303).Location()
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

// Every matter of a running site is reached from its page, filled in on its own
// form, and refused with its article or done.
func TestJourneyOffTheNet(t *testing.T) {
	d := open(t)
	ctx := audit.System(context.Background(), "test")
	var site registry.Site
	if err := d.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		site, err = d.reg.EnterSite(ctx, tx, registry.Site{Unit: d.units["dept"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局网站", Host: "swj.xa.gov.cn", Source: "存量台账"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	d.sit("dept")
	choose := d.Get("/console/matters").Want(200)
	course := choose.Attr("a[href$='/lifecycle']", "href")
	page := d.Get(course).Want(200)
	if len(page.All("svg.states rect")) != 7 || len(page.All("svg.states .flow-now")) != 1 {
		t.Errorf("the diagram has %d states", len(page.All("svg.states rect")))
	}
	object := "&object=site:" + string(site.ID)
	if len(page.All("a[href*='/console/matters/']")) < 5 {
		t.Errorf("offers: %s", page.Text("main"))
	}
	for _, m := range []string{"offline", "emergency_offline", "exit", "closure", "rename", "redesign_release", "domain_register", "domain_change", "domain_cancel"} {
		form := d.Get("/console/matters/new?matter=" + m + object).Want(200)
		if len(form.All("form .section")) == 0 || form.Text("h1") == "" {
			t.Errorf("%s has no form", m)
		}
	}
	d.Get("/console/matters/new?matter=nonsense" + object).Want(404)
	d.Get("/console/matters/new?matter=merge" + object).Want(404) // accounts only
	d.sit("bureau").Get("/console/matters/new?matter=offline" + object).Want(404)
	d.Get(course).Want(404)
	d.sit("dept")
	live := d.Get("/console/matters/check?matter=offline" + object + "&from=2026-03-10&until=2026-04-20").Want(200)
	if !strings.Contains(live.Text(".breaches li.not"), "第八条（一）") {
		t.Errorf("live check: %s", live.Text("main"))
	}
	form := map[string]string{"from": "2026-03-10", "until": "2026-04-20", "cause": "机房搬迁", "instead": "市门户", "contact": "李", "phone": "1", "principal": "王建民", "by_principal": "principal", "consent_on": "2026-03-01"}
	page = d.upload("/console/matters/new?matter=offline"+object, form, signed).Want(422)
	if !strings.Contains(page.Text(".errors"), "下线时间不得超过30天") || page.Attr("#f-until", "value") != "2026-04-20" {
		t.Errorf("refusal: %s", page.Text(".errors"))
	}
	form["until"] = "2026-03-20"
	at := d.upload("/console/matters/new?matter=offline"+object, form, signed).Want(303).Location()
	d.Get(at).Want(200)
	if cases := d.Get(course).Want(200); !strings.Contains(cases.Text("main"), "正在办理的申请") {
		t.Error("the open case does not show")
	}
	page = d.upload("/console/matters/new?matter=emergency_offline"+object, map[string]string{"emergency": "force_majeure", "began": "2026-03-02", "cause": "停电"}, nil).Want(303)
	if page.Location() != course {
		t.Errorf("led to %s", page.Location())
	}
	if now := d.Get(course).Want(200); !strings.Contains(now.Text("main"), "紧急下线（不可抗力）：第 0/30 天") || !strings.Contains(now.Text(".stats"), "1/1") {
		t.Errorf("counters: %s", now.Text("main"))
	}
	page = d.sit("city").upload("/console/matters/new?matter=emergency_report"+object, map[string]string{"number": "市政办函1号", "on": "2026-03-02"}, map[string][]byte{"report": []byte("%PDF-1.4")}).Want(422)
	if !strings.Contains(page.Text(".errors"), "未加盖公章") {
		t.Errorf("unsealed: %s", page.Text(".errors"))
	}
	d.upload("/console/matters/new?matter=emergency_report"+object, map[string]string{"number": "市政办函1号", "on": "2026-03-02", "sealed": "yes"}, map[string][]byte{"report": []byte("%PDF-1.4")}).Want(303)
	page = d.Get(course).Want(200)
	if !strings.Contains(page.Text(".stats"), "0/1") {
		t.Errorf("counters: %s", page.Text(".stats"))
	}
	if got := d.Get(page.Attr("a[href*='/launch-files/']", "href")); got.Body != "%PDF-1.4" {
		t.Errorf("the report: %d", got.Status)
	}
}

// What cannot be taken is refused in a sentence at the form, which keeps what
// was typed, and no case comes of it.
func TestPapersThatAreNotTakenAreNamed(t *testing.T) {
	d := open(t)
	d.sit("dept")
	var macro, locked bytes.Buffer
	for b, flags := range map[*bytes.Buffer]uint16{&macro: 0, &locked: 1} {
		z := zip.NewWriter(b)
		for _, n := range []string{"word/document.xml", "word/vbaProject.bin"} {
			if _, err := z.CreateHeader(&zip.FileHeader{Name: n, Flags: flags}); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		content []byte
		says    string
	}{
		"a program":           {[]byte("MZ\x90\x00"), "可执行程序"},
		"a page":              {[]byte("<script>alert(1)</script>"), "格式无法识别"},
		"a picture named pdf": {[]byte("\x89PNG\r\n\x1a\nxx"), "与文件名的后缀不符"},
		"macros":              {macro.Bytes(), "含有宏"},
		"a locked document":   {locked.Bytes(), "设置了打开密码"},
		"a locked pdf":        {[]byte("%PDF-1.7\ntrailer<</Root 1 0 R/Encrypt 5 0 R>>"), "设置了密码"},
		"too large":           {append([]byte("%PDF-1.7\n"), make([]byte, approval.MaxUpload)...), "超过 20 MB"},
		"nothing":             {nil, "空文件"},
	} {
		page := d.upload("/console/matters/new?matter=opening", d.form("dept"), map[string][]byte{"consent": tt.content}).Want(422)
		if !strings.Contains(page.Text(".errors"), "附件“consent.pdf”") || !strings.Contains(page.Text(".errors"), tt.says) || page.Attr("#f-principal", "value") != "王建民" {
			t.Errorf("%s: %s", name, page.Text(".errors"))
		}
	}
	// Two gigabytes are refused before they are read.
	r := httptest.NewRequest(http.MethodPost, "/console/matters/new?matter=opening", strings.NewReader("x"))
	r.ContentLength = 2 << 30
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if page := d.Do(r).Want(413); !strings.Contains(page.Text("main"), "请压缩或拆分附件后再提交") {
		t.Errorf("two gigabytes: %s", page.Text("main"))
	}
	if rows := d.Get("/console/cases?mine=started").Want(200).All("tbody td a"); len(rows) != 0 {
		t.Errorf("cases came of it: %v", rows)
	}
}

// A returned application says why in words, and its papers bear the names the
// form asked for them by.
func TestReturnedApplicationReadsInWords(t *testing.T) {
	d := open(t)
	ctx := audit.System(context.Background(), "test")
	var site registry.Site
	if err := d.db.Update(ctx, func(tx *db.Tx) error {
		var err error
		site, err = d.reg.EnterSite(ctx, tx, registry.Site{Unit: d.units["dept"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局网站", Host: "swj.xa.gov.cn", Source: "存量台账"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	form := map[string]string{"functions_gone": "yes", "change": "职能划转", "document": "市编办〔2026〕1号", "document_on": "2026-02-01", "contact": "李", "phone": "1", "principal": "王建民", "by_principal": "principal", "consent_on": "2026-03-01"}
	at := d.sit("dept").upload("/console/matters/new?matter=exit&object=site:"+string(site.ID), form, map[string][]byte{"consent": []byte("%PDF-1.7"), "establishment": []byte("%PDF-1.7")}).Want(303).Location()
	for _, path := range []string{at, at + "/print"} {
		if text := d.Get(path).Want(200).Body; !strings.Contains(text, "编制部门批复文件") || !strings.Contains(text, "主要负责同志签字页") {
			t.Errorf("%s does not name its papers", path)
		}
	}
	d.sit("city").Post(at+"/decide", url.Values{"act": {"return"}, "step": {"1"}, "reason": {"incomplete"}, "opinion": {"请补正"}}).Want(303)
	amend := d.sit("dept").Get(d.Get(at).Want(200).Attr("a[href$='/amend']", "href")).Want(200)
	if text := strings.Join(amend.All(".alert"), ""); !strings.Contains(text, "退回原因：材料不齐全") || strings.Contains(text, "incomplete") {
		t.Errorf("the form says %s", text)
	}
}
