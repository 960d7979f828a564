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
	fatal(passage.Declare(ctx, d, registry.SiteMachine, inspection.FindingMachine, assessment.OrderMachine, assessment.VersionMachine))
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
	svc, err := assessment.New(assessment.Parts{DB: d, Org: o, Registry: reg, Inspection: insp, Obligations: obligation.New(d, o, assessment.Obligations()...), Days: days, Store: store})
	fatal(err)
	x := &desk{t: t, db: d, people: map[string]*authz.Session{}, units: map[string]org.Unit{}}
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
		var err error
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
	// The site's monitoring is off: nothing is contacted, and the receipt says so.
	x.as("bureau").Post(at+"/retest", nil).Want(http.StatusSeeOther)
	x.Post(at+"/accept", url.Values{"finding": {f}, "reason-" + f: {"已到现场核实。"}}).Want(http.StatusForbidden)
	x.as("city").Post(at+"/accept", url.Values{"finding": {f}, "reason-" + f: {"好"}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/accept", url.Values{"finding": {f}, "reason-" + f: {"已到现场核实。"}}).Want(http.StatusSeeOther)
	if got := x.Get("/console/orders?state=closed").Text(".table tbody th"); got != "ZG-2026-0001" {
		t.Errorf("closed list shows %q", got)
	}
	x.Get("/console/orders?issued=2026-Q9").Want(http.StatusUnprocessableEntity)
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

// hire gives a unit of the desk another person.
func (x *desk) hire(name, unit string, role authz.Role) {
	x.t.Helper()
	ctx, o, all := audit.System(context.Background(), "test"), org.New(x.db), authz.System("test")
	if err := x.db.Update(ctx, func(tx *db.Tx) error {
		p, err := o.AddPerson(ctx, tx, all, org.Person{Unit: x.units[unit].ID, Name: name})
		if err != nil {
			return err
		}
		if err := o.Appoint(ctx, tx, all, p.ID, x.units[unit].ID, role); err != nil {
			return err
		}
		posts, err := o.PostsOf(ctx, tx, p.ID)
		x.people[name] = &authz.Session{PersonID: string(p.ID), Name: name, Posts: posts}
		return err
	}); err != nil {
		x.t.Fatal(err)
	}
}

// fields are what the named fields of the page hold now.
func fields(a *webtest.Answer, names ...string) url.Values {
	v := url.Values{}
	for _, n := range names {
		for _, at := range []string{`input[name="` + n + `"]`, `select[name="` + n + `"] option[selected]`, `textarea[name="` + n + `"]`} {
			switch all := a.All(at); {
			case len(all) == 0:
			case strings.HasPrefix(at, "textarea"):
				v.Set(n, all[0])
			default:
				v.Set(n, a.Attr(at, "value"))
			}
		}
	}
	return v
}

// Article 29: the indicators are the province's. A version is drafted from one at
// hand, changed field by field with each refusal at its field, tried on a past
// month, sent to a second person, returned, agreed to, adopted and ended.
func TestArticle29_PackEditorOnScreen(t *testing.T) {
	x := open(t)
	x.hire("colleague", "province", authz.Supervisor)
	x.ran()
	x.put("link.dead", "error", "D-19", "首页的链接打不开")
	const packs, versions = "/console/packs", "/console/packs/versions"
	// Who may not.
	x.as("city").Get(packs + "/new").Want(http.StatusConflict)
	x.Get(packs + "/import").Want(http.StatusConflict)
	if page := x.Get(packs).Want(http.StatusOK); strings.Contains(page.Body, packs+"/new") {
		t.Error("a city is offered to draft")
	}
	x.as("bureau").Get(packs + "/new").Want(http.StatusForbidden)
	x.Post(versions, nil).Want(http.StatusForbidden)

	x.as("province")
	ask := x.Get(packs + "/new").Want(http.StatusOK)
	draft := url.Values{"unit": {ask.Attr("input[name=unit]", "value")}, "base": {assessment.PackID + " 1"}, "from": {"2026-07-01"}, "note": {"短"}}
	if a := x.Post(versions, draft).Want(http.StatusUnprocessableEntity); len(a.All(".field-error")) != 1 || a.Attr("input[name=from]", "value") != "2026-07-01" {
		t.Errorf("a draft without a reason: %v", a.All(".field-error"))
	}
	for _, wrong := range []url.Values{{"from": {"昨天"}}, {"from": {""}}, {"base": {"none 1"}}, {"unit": {string(x.units["city"].ID)}}} {
		v := url.Values{"note": {"可用性从严（演示）"}}
		for k, s := range draft {
			if v[k] == nil {
				v[k] = s
			}
		}
		for k, s := range wrong {
			v[k] = s
		}
		if a := x.Post(versions, v); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusNotFound && a.Status != http.StatusConflict {
			t.Errorf("%v answers %d", wrong, a.Status)
		}
	}
	draft.Set("note", "可用性从严（演示）")
	at := x.Post(versions, draft).Want(http.StatusSeeOther).Location()
	page := x.Get(at).Want(http.StatusOK)
	if got := page.All(".table tbody tr"); !strings.Contains(got[0], "生效日期") || !strings.Contains(got[1], "V-W-1.1") {
		t.Errorf("a fresh draft differs in more than its day: %q", got[:2])
	}
	x.as("city").Get(at).Want(http.StatusNotFound) // a draft is its authors'
	x.as("province")

	// One indicator, field by field.
	edit := at + "/edit?indicator=D-19"
	names := []string{"revision", "was", "id", "name", "group", "says", "measure", "threshold", "threshold_mark", "warn", "warn_mark", "points", "points_mark", "per_hit", "per_hit_mark", "cap", "cap_mark", "params", "checks", "mark", "source"}
	form := x.Get(edit).Want(http.StatusOK)
	as := func(change ...string) url.Values {
		v := fields(form, names...)
		v.Set("kind", "deduct")
		v.Set("auto", "full")
		v["applies_to"] = []string{"website.portal"}
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, tt := range []struct{ field, value, says string }{
		{"per_hit", "两分", "最多两位小数"}, {"per_hit", "1.005", "最多两位小数"}, {"per_hit", "-1", "0以上"}, {"per_hit_mark", "", "核实程度"}, {"name", "", "没有填写名称"},
		{"kind", "", "没有选择类型"}, {"auto", "", "没有选择判定方式"}, {"params", "days 14 V", "无法识别"}, {"params", "days = 14 V\ndays = 15 V", "写了两次"}, {"params", "days = 14 X", "核实标记"},
	} {
		a := x.Post(at+"/indicator", as(tt.field, tt.value)).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(a.All(".field-error"), " "); !strings.Contains(got, tt.says) {
			t.Errorf("%s = %q is refused with %q, want %q", tt.field, tt.value, got, tt.says)
		}
	}
	x.Post(at+"/indicator", as("revision", "x")).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/indicator", as("per_hit", "5")).Want(http.StatusSeeOther)
	// Another who began from what stood before is told, and keeps what was typed.
	if a := x.as("colleague").Post(at+"/indicator", as("per_hit", "3")).Want(http.StatusConflict); a.Attr("input[name=per_hit]", "value") != "3" {
		t.Errorf("what was typed became %q", a.Attr("input[name=per_hit]", "value"))
	}
	x.as("province").Get(at + "/edit?indicator=none").Want(http.StatusNotFound)
	page = x.Get(at).Want(http.StatusOK)
	if got := strings.Join(page.All(".table tbody tr"), "\n"); !strings.Contains(got, "影响得分") || !strings.Contains(got, "D-19") {
		t.Errorf("the difference is not told: %.300s", got)
	}
	// A special check is added and taken away again; caps above the total are named.
	special := url.Values{"revision": {fields(x.Get(at+"/edit?indicator=special"), "revision").Get("revision")}, "id": {"S-2026Q3-1"}, "name": {"新版国徽图案"}, "group": {"专项检查"}, "says": {"页面使用新版标准图案"}, "kind": {"special"}, "auto": {"manual"}, "applies_to": {"website"}, "mark": {"1"}, "source": {"演示文件"}}
	x.Post(at+"/indicator", special).Want(http.StatusSeeOther)
	special.Set("revision", fields(x.Get(at+"/edit?indicator=special"), "revision").Get("revision"))
	if a := x.Post(at+"/indicator", special).Want(http.StatusUnprocessableEntity); !strings.Contains(strings.Join(a.All(".field-error"), ""), "已经有了") {
		t.Error("one number stands for two indicators")
	}
	special.Set("was", "S-2026Q3-1")
	special.Set("remove", "1")
	x.Post(at+"/indicator", special).Want(http.StatusSeeOther)
	whole := x.Get(at + "/edit").Want(http.StatusOK)
	all := func(change ...string) url.Values {
		v := fields(whole, "revision", "title", "source", "from", "until", "deduct", "deduct_mark", "bonus", "bonus_mark", "fail_below", "fail_below_mark", "bonus_above", "bonus_above_mark", "egroup", "numerator", "denominator", "emark", "esource")
		v.Set("revision", fields(x.Get(at+"/edit"), "revision").Get("revision"))
		v.Set("confidence", "unverified-points")
		v.Set("mode", "scale")
		for i := 0; i < len(change); i += 2 {
			v.Set(change[i], change[i+1])
		}
		return v
	}
	for _, tt := range []struct{ field, value, says string }{{"denominator", "0", "不能为0"}, {"denominator", "x", "整数"}, {"until", "2026-06-30", "早于生效日期"}, {"from", "", "生效日期"}, {"deduct", "很多", "最多两位小数"}} {
		a := x.Post(at+"/whole", all(tt.field, tt.value)).Want(http.StatusUnprocessableEntity)
		if got := strings.Join(a.All(".field-error"), " "); !strings.Contains(got, tt.says) {
			t.Errorf("%s = %q is refused with %q, want %q", tt.field, tt.value, got, tt.says)
		}
	}
	x.Post(at+"/whole", all("deduct", "60")).Want(http.StatusSeeOther)
	if a := x.Get(at).Want(http.StatusOK); !strings.Contains(strings.Join(a.All(".alert"), " "), "还不能送复核") {
		t.Error("what does not add up may be sent")
	}
	if a := x.Post(at+"/submit", nil); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusConflict {
		t.Errorf("what does not add up is sent: %d", a.Status)
	}
	x.Post(at+"/whole", all("deduct", "100")).Want(http.StatusSeeOther)

	// Tried on the month that runs.
	id := at[strings.LastIndex(at, "/")+1:]
	trial := packs + "/rehearsal?try=" + id + "&period=2026-03"
	if got := x.Get(trial).Want(http.StatusOK).Text(".table tbody tr"); !strings.Contains(got, "西安市商务局网站") || !strings.Contains(got, "D-19") {
		t.Errorf("who changes: %q", got)
	}
	if a := x.Get(packs + "/rehearsal/export?try=" + id + "&period=2026-03&format=csv").Want(http.StatusOK); !strings.Contains(a.Body, "D-19") {
		t.Errorf("the sheet of the trial: %.200s", a.Body)
	}
	x.Get(packs + "/rehearsal").Want(http.StatusOK)
	for _, q := range []string{"?try=" + id + "&period=2027-Q1", "?try=" + id + "&period=x", "?try=none&period=2026-03", "?try=" + assessment.PackID + "+9&period=2026-03"} {
		if a := x.Get(packs + "/rehearsal" + q); a.Status < 400 || a.Status >= 500 {
			t.Errorf("%s answers %d", q, a.Status)
		}
	}

	// A second person.
	x.Post(at+"/submit", nil).Want(http.StatusSeeOther)
	x.Get(edit).Want(http.StatusConflict)
	x.Post(at+"/indicator", as("per_hit", "4")).Want(http.StatusConflict)
	if page := x.Get(at); strings.Contains(page.Body, at+"/agree") {
		t.Error("the author is offered to agree")
	}
	x.Post(at+"/agree", url.Values{"says_agree": {"自己同意"}}).Want(http.StatusConflict)
	x.as("colleague").Post(at+"/return", url.Values{"says_return": {"短"}}).Want(http.StatusUnprocessableEntity)
	x.Post(at+"/return", url.Values{"says_return": {"请说明理由"}}).Want(http.StatusSeeOther)
	if got := strings.Join(x.as("province").Get(at).All(".alert"), " "); !strings.Contains(got, "colleague退回修改") || !strings.Contains(got, "请说明理由") {
		t.Errorf("returned: %s", got)
	}
	x.Post(at+"/submit", nil).Want(http.StatusSeeOther)
	x.as("colleague").Post(at+"/agree", url.Values{"says_agree": {"同意"}}).Want(http.StatusSeeOther)
	x.Post(at+"/agree", nil).Want(http.StatusConflict)
	adopt := url.Values{"pack": {assessment.PackID}, "version": {"2"}, "unit": {draft.Get("unit")}, "label": {assessment.Adopted}, "basis": {"陕政办函〔2026〕8号"}}
	x.Post(packs+"/adopt", adopt).Want(http.StatusSeeOther)
	if got := strings.Join(x.Get(packs).All(".table tbody tr"), "\n"); !strings.Contains(got, "陕政办函〔2026〕8号") || !strings.Contains(got, "colleague") || !strings.Contains(got, "2026-03-20") {
		t.Error("who adopted, and when, is not told")
	}
	x.as("city").Get(at).Want(http.StatusOK) // what was adopted is public to its area
	if a := x.Post(at+"/end", url.Values{"says_end": {"市里想停用（演示）"}}); a.Status != http.StatusNotFound && a.Status != http.StatusConflict {
		t.Errorf("a city ends the province's version: %d", a.Status)
	}
	x.as("province").Post(at+"/end", url.Values{"says_end": {"另发新版（演示）"}}).Want(http.StatusSeeOther)

	// In and out as a file, whole or not at all.
	file := x.Get(packs + "/export?pack=" + assessment.PackID + "&version=1").Want(http.StatusOK)
	if !strings.Contains(file.Header.Get("Content-Type"), "json") {
		t.Errorf("exported as %s", file.Header.Get("Content-Type"))
	}
	x.Get(packs + "/export?pack=none&version=1").Want(http.StatusNotFound)
	x.Get(packs + "/export?id=none").Want(http.StatusNotFound)
	for name, content := range map[string]string{"空": "", "坏": `{"id":`, "缺": `{"id": "` + assessment.PackID + `", "version": 9}`, "同号": file.Body} {
		if a := x.takes(packs+"/import", draft.Get("unit"), []byte(content)); a.Status != http.StatusUnprocessableEntity && a.Status != http.StatusConflict {
			t.Errorf("%s: %d %s", name, a.Status, a.Text(".error-summary"))
		}
	}
	other := strings.Replace(strings.Replace(file.Body, `"version": 1`, `"version": 7`, 1), `"2019-04-01"`, `"2030-01-01"`, 1)
	to := x.takes(packs+"/import", draft.Get("unit"), []byte(other)).Want(http.StatusSeeOther).Location()
	x.Post(to+"/drop", nil).Want(http.StatusSeeOther)
	x.Post(to+"/submit", nil).Want(http.StatusConflict)
}

// takes uploads a pack.
func (x *desk) takes(path, unit string, content []byte) *webtest.Answer {
	x.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for k, v := range map[string]string{"_form": webtest.Token, "unit": unit, "note": "由另一省导入（演示）"} {
		if err := m.WriteField(k, v); err != nil {
			x.t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("file", "pack.json")
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		x.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		x.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return x.Do(r)
}
