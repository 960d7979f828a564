package inspectionweb_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/inspectionweb"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/web/webtest"
)

func TestPages(t *testing.T) { webtest.CheckPages(t) }

type nowhere struct{}

func (nowhere) Resolve(context.Context, string) ([]netip.Addr, error) {
	return nil, errors.New("no names in tests")
}

// house is one county, one monitored site with a dead link, and a person.
type house struct {
	disk   string // where files lie
	t      *testing.T
	db     *db.DB
	probes *db.DB
	svc    *inspection.Service
	site   registry.Site
	area   string // path of the county, the topmost here
	walk   *webtest.Site
	// province is what the province chose.
	province sx2021.Settings
	fixed    atomic.Bool
	// personal makes the home page show somebody's number.
	personal atomic.Bool
}

// damaged alters the file behind the page's download: the answer is a page that says
// what differs and what to do.
func (h *house) damaged(page *webtest.Answer) {
	h.t.Helper()
	sum := regexp.MustCompile(`>\s*([0-9a-f]{64})\s*<`).FindStringSubmatch(page.Body)[1]
	file := filepath.Join(h.disk, sum[:2], sum[2:4], sum)
	whole, err := os.ReadFile(file)
	if err == nil {
		err = os.Chmod(file, 0o600)
	}
	if err == nil {
		err = os.WriteFile(file, whole[:len(whole)-1], 0o600)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	said := h.walk.Do(httptest.NewRequest(http.MethodGet, page.Attr("a[download]", "href"), nil)).Want(http.StatusConflict)
	for _, want := range []string{"内容已有变化", "内容与摘要不符", sum, fmt.Sprintf("登记时 %d 字节，现有 %d 字节", len(whole), len(whole)-1), "从备份恢复", "复测取得新的证据"} {
		if !strings.Contains(said.Body, want) {
			h.t.Errorf("the page of a damaged file lacks %q", want)
		}
	}
	if err := os.WriteFile(file, whole, 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/" || r.URL.Path == "/a.html" && h.fixed.Load():
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<html><head><title>雁塔</title></head><body><script>alert("from the site")</script><p><a href="/a.html">办事指南</a>%s</p></body></html>`, map[bool]string{true: "联系人王小明，身份证号610113199003070015"}[h.personal.Load()])
	default:
		http.NotFound(w, r)
	}
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 20, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) { fn(t, build(t, d, clock)) })
}

func build(t *testing.T, d *db.DB, clock calendar.Clock) *house {
	t.Helper()
	h := &house{t: t, db: d, disk: t.TempDir()}
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, inspection.FindingMachine, inspection.PlanMachine); err != nil {
		t.Fatal(err)
	}
	o := org.New(d)
	reg := registry.New(d, o)
	blobs, err := blob.Disk(h.disk)
	if err != nil {
		t.Fatal(err)
	}
	probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if probes != d {
		t.Cleanup(func() { probes.Close() })
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), Own: func(h string) bool { return h == "www.yanta.gov.cn" }, Resolver: nowhere{}})
	t.Cleanup(client.Close)
	h.probes, h.province = probes, sx2021.Defaults()
	h.svc = inspection.New(d, probes, reg, blobs, client, inspection.Settings{Delay: -1, Province: func() sx2021.Settings { return h.province }})
	err = d.Update(ctx, func(tx *db.Tx) error {
		if _, err := o.AddArea(ctx, tx, org.Area{Level: org.County, Code: "610113", Name: "雁塔区"}); err != nil {
			return err
		}
		a, err := o.AreaByCode(ctx, tx, "610113")
		if err != nil {
			return err
		}
		h.area = a.Path
		u, _, err := o.AddUnit(ctx, tx, org.Unit{Area: a.ID, Kind: org.Office, Name: "雁塔区人民政府办公室"})
		if err != nil {
			return err
		}
		if h.site, err = reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: "www.yanta.gov.cn"}); err != nil {
			return err
		}
		if _, err := reg.EnterSite(ctx, tx, registry.Site{Unit: u.ID, Kind: registry.DepartmentSite, Name: "雁塔区没有监测的网站", Host: "quiet.yanta.gov.cn"}); err != nil {
			return err
		}
		return reg.SetMonitored(ctx, tx, authz.System("test"), h.site.ID, true)
	})
	if err != nil {
		t.Fatal(err)
	}
	h.walk = webtest.Open(t, webtest.Session(authz.Supervisor, h.area), clock, inspectionweb.New(d, h.svc, reg, o, blobs).Routes()...)
	h.walk.Gate.Context = func(ctx context.Context) context.Context {
		return audit.WithActor(ctx, audit.Actor{Kind: "person", ID: "P1", Name: "张三"})
	}
	return h
}

// The board promises no visits that a house without a way to the Internet cannot make.
func TestTheBoardSaysWhoLooks(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if text := h.walk.Get("/console/inspection").Want(http.StatusOK).Text("main"); !strings.Contains(text, "没有开启监测的站点，平台不会访问") {
			t.Errorf("%.300s", text)
		}
		h.province.CrawledOutside = true
		if text := h.walk.Get("/console/inspection").Want(http.StatusOK).Text("main"); !strings.Contains(text, "其他站点由监测点探测能否访问，由外网巡检机检查") || strings.Contains(text, "没有开启监测的站点，平台不会访问") {
			t.Errorf("without a way: %.300s", text)
		}
	})
}

func (h *house) work() {
	w := jobs.NewWorkers()
	jobs.Handle(w, func(ctx context.Context, a inspection.RunSite) error { return h.svc.Work(ctx, a.Run) })
	jobstest.Work(h.t, h.db, w, jobs.Config{Queues: map[string]int{inspection.Queue: 1}})
}

func TestFromTheBoardToAClosedFinding(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		board := h.walk.Get("/console/inspection").Want(http.StatusOK)
		if got := board.Text(".table tbody th"); !strings.Contains(got, "雁塔区人民政府") || !strings.Contains(board.Body, "从未检查") {
			t.Errorf("board %q", got)
		}
		site := "/console/inspection/sites/" + string(h.site.ID)
		h.walk.Get(site).Want(http.StatusOK).Text("form button")
		a := h.walk.Post(site+"/run", nil).Want(http.StatusSeeOther)
		if run := h.walk.Get(a.Location()).Want(http.StatusOK); !strings.Contains(run.Body, "检查进度") {
			t.Error("no progress shown")
		}
		h.walk.Post(site+"/run", nil).Want(http.StatusUnprocessableEntity).Text(".errors")
		h.work()
		run := h.walk.Get(a.Location()).Want(http.StatusOK)
		if strings.Contains(run.Body, "检查进度") || !strings.Contains(run.Body, "/a.html") && !strings.Contains(run.Body, "办事指南") {
			t.Error("the run shows no finding")
		}

		list := h.walk.Get("/console/findings?state=standing&family=link").Want(http.StatusOK)
		path := list.Attr(".table tbody th a", "href")
		causes := h.walk.Get("/console/inspection/causes").Want(http.StatusOK)
		if same := h.walk.Get(causes.Attr(".table tbody th a", "href")).Want(http.StatusOK); len(same.All(".table tbody tr")) == 0 {
			t.Error("a cause opens no finding")
		}
		if old := h.walk.Get("/console/findings?state=standing&age=7").Want(http.StatusOK); len(old.All(".table tbody th")) != 0 {
			t.Error("what was found today is a week old")
		}
		sheet := h.walk.Get("/console/findings/export?state=standing&family=link&format=csv").Want(http.StatusOK)
		if got, want := strings.Count(strings.TrimSpace(sheet.Body), "\n"), len(list.All(".table tbody th")); got != want || !strings.Contains(sheet.Body, "雁塔区人民政府") || !strings.Contains(sheet.Body, "没有：本次检查没有使用浏览器") {
			t.Errorf("the file has %d rows, the list %d", got, want)
		}
		page := h.walk.Get(path).Want(http.StatusOK)
		for _, want := range []string{"状态码 404", "检查指标“可用性”", "SHA-256", "规则版本", "审计登记", "没有截图：本次检查没有使用浏览器。", "&lt;a href=&#34;/a.html"} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the finding does not show %q", want)
			}
		}
		// The bytes leave as an attachment only.
		bytes := h.walk.Do(httptest.NewRequest(http.MethodGet, page.Attr("a[download]", "href"), nil)).Want(http.StatusOK)
		if ct, cd := bytes.Header.Get("Content-Type"), bytes.Header.Get("Content-Disposition"); ct != "application/octet-stream" || !strings.HasPrefix(cd, "attachment") || !strings.Contains(bytes.Header.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(bytes.Body, "from the site") {
			t.Errorf("%s %s", ct, cd)
		}
		h.walk.Get(path + "/evidence/none").Want(http.StatusNotFound)
		h.damaged(page)

		again := h.walk.Post(path+"/retest", nil).Want(http.StatusSeeOther)
		if p := h.walk.Get(again.Location()); !strings.Contains(p.Body, "问题存在") {
			t.Error("the retest does not show")
		}
		h.fixed.Store(true)
		h.walk.Post(path+"/retest", nil).Want(http.StatusSeeOther)
		page = h.walk.Get(path).Want(http.StatusOK)
		if !strings.Contains(page.Body, "已办结") || !strings.Contains(page.Body, "已改正") || len(page.All(".cards > .panel")) != 2 {
			t.Error("before and after do not stand side by side")
		}

		// What comes back names what was seen before, and the other way round.
		h.fixed.Store(false)
		h.walk.Post(site+"/run", nil).Want(http.StatusSeeOther)
		h.work()
		list = h.walk.Get("/console/findings?state=standing&family=link").Want(http.StatusOK)
		anew := list.Attr(".table tbody th a", "href")
		page, before := h.walk.Get(anew).Want(http.StatusOK), h.walk.Get(path).Want(http.StatusOK)
		if anew == path || !strings.Contains(page.Body, "此前同一问题") || page.Attr(`dd a[href="`+path+`"]`, "href") != path {
			t.Error("what came back does not name what was there before")
		}
		if !strings.Contains(before.Body, "后来再次发现") || before.Attr(`dd a[href="`+anew+`"]`, "href") != anew {
			t.Error("what was closed does not name what came back")
		}
	})
}

// Bytes of a page that shows personal data leave to those who see to it alone, whatever
// the finding is about.
func TestBytesWithPersonalDataLeaveToFew(t *testing.T) {
	for personal, want := range map[bool]int{true: http.StatusForbidden, false: http.StatusOK} {
		each(t, func(t *testing.T, h *house) {
			h.personal.Store(personal)
			h.walk.Post("/console/inspection/sites/"+string(h.site.ID)+"/run", nil).Want(http.StatusSeeOther)
			h.work()
			path := h.walk.Get("/console/findings?state=standing&family=link").Want(http.StatusOK).Attr(".table tbody th a", "href")
			bytes := h.walk.Get(path).Want(http.StatusOK).Attr("a[download]", "href")
			fetch := func() *webtest.Answer { return h.walk.Do(httptest.NewRequest(http.MethodGet, bytes, nil)) }
			if a := fetch().Want(http.StatusOK); strings.Contains(a.Body, "610113199003070015") != personal {
				t.Errorf("personal %v: %s", personal, a.Body)
			}
			h.walk.Gate.Session = webtest.Session(authz.Reviewer, h.area)
			if a := fetch().Want(want); strings.Contains(a.Body, "610113199003070015") {
				t.Error("a reader without a hand in it got the number")
			}
		})
	}
}

// A supervisor keeps the evidence of a finding and ends that, each with a reason; a
// reader is not asked.
func TestEvidenceIsPreservedOnTheFindingsPage(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.walk.Post("/console/inspection/sites/"+string(h.site.ID)+"/run", nil).Want(http.StatusSeeOther)
		h.work()
		path := h.walk.Get("/console/findings?state=standing&family=link").Want(http.StatusOK).Attr(".table tbody th a", "href")
		if page := h.walk.Post(path+"/preserve", nil).Want(http.StatusUnprocessableEntity); !strings.Contains(page.Body, "请填写依据") || !strings.Contains(page.Body, "请填写理由") {
			t.Error("nobody says that basis and reason are missing")
		}
		h.walk.Post(path+"/preserve", url.Values{"why": {"法院调取"}, "basis": {"调取证据通知书（2026）陕01行初1号"}}).Want(http.StatusSeeOther)
		if page := h.walk.Get(path).Want(http.StatusOK); !strings.Contains(page.Body, "已保全，不随保存期限清除") || !strings.Contains(page.Body, "陕01行初1号") || page.Attr(`form[action="`+path+`/unpreserve"]`, "action") == "" {
			t.Error("the page does not say that the evidence is kept, or does not offer its end")
		}
		h.walk.Post(path+"/unpreserve", url.Values{"why": {"案件已结"}}).Want(http.StatusSeeOther)
		if page := h.walk.Get(path).Want(http.StatusOK); !strings.Contains(page.Body, "已解除") || !strings.Contains(page.Body, "案件已结") {
			t.Error("the page does not say that it ended")
		}
		if list := h.walk.Get("/console/findings").Want(http.StatusOK); !strings.Contains(list.Body, "改正后点“复测”") {
			t.Error("who may test is not told so")
		}
		h.walk.Gate.Session = webtest.Session(authz.Reviewer, h.area)
		if page := h.walk.Get(path).Want(http.StatusOK); strings.Contains(page.Body, "/preserve") {
			t.Error("a reader is asked")
		}
		if list := h.walk.Get("/console/findings").Want(http.StatusOK); strings.Contains(list.Body, "点“复测”") || !strings.Contains(list.Body, "复测核实") {
			t.Error("a reader is told to press what he has not")
		}
	})
}

// While this system's own line is down, the pages that tell which sites open say that
// they cannot.
func TestOurOwnLineDownStandsOnTheBoard(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		alert := func(page string) string {
			t.Helper()
			return strings.Join(h.walk.Get(page).Want(http.StatusOK).All(".alert"), " ")
		}
		pages := []string{"/console/inspection", "/console/inspection/sites/" + string(h.site.ID)}
		for _, p := range pages {
			if got := alert(p); strings.Contains(got, "网络不通") {
				t.Errorf("%s with a line that answers: %s", p, got)
			}
		}
		top := &authz.Session{PersonID: "P1", Name: "张三", Posts: []authz.Post{{Role: authz.Supervisor, UnitID: "u", AreaPath: h.area, Office: true}}}
		if err := h.svc.SetOwnLine(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: "P1", Name: "张三"}), top, "http://line.none.gov.cn/"); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.ProbeDue(context.Background()); err != nil || n != 0 {
			t.Fatalf("%d probes counted (%v)", n, err)
		}
		for _, p := range pages {
			if got := alert(p); !strings.Contains(got, "本系统的网络不通") || !strings.Contains(got, "没有检测，不计失败，也不告警") {
				t.Errorf("%s: %s", p, got)
			}
		}
	})
}

// A site that did not answer and is not counted is not said to be in order.
func TestASiteThatIsNotCountedIsMarked(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		if err := h.probes.Update(ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(ctx, `INSERT INTO probe_uncounted (site_id, since, last_at) VALUES ($1, $2, $2)`, h.site.ID, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{"/console/inspection", "/console/inspection/sites/" + string(h.site.ID)} {
			page := h.walk.Get(p).Want(http.StatusOK)
			if got := strings.Join(page.All(".alert"), " "); !strings.Contains(got, "1 个网站连不上，没有计入失败") || strings.Count(page.Body, "连不上，未计入") != 1 {
				t.Errorf("%s: %s", p, got)
			}
		}
	})
}

func TestDisputeKeepsWhatWasTyped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.walk.Post("/console/inspection/sites/"+string(h.site.ID)+"/run", nil).Want(http.StatusSeeOther)
		h.work()
		path := h.walk.Get(a.Location()).Attr(".table tbody th a", "href")
		refused := h.walk.Post(path+"/dispute", url.Values{"reason": {"否"}}).Want(http.StatusUnprocessableEntity)
		if refused.Text("textarea") != "否" || len(refused.All(".field-error")) != 1 {
			t.Error("the reason was lost")
		}
		h.walk.Post(path+"/dispute", url.Values{"reason": {"该页面是历史存档。"}}).Want(http.StatusSeeOther)
		if p := h.walk.Get(path); !strings.Contains(p.Body, "已报误报") {
			t.Error("no dispute shown")
		}
		// All that is wrong is named at once.
		if got := h.walk.Post(path+"/uphold", url.Values{}).Want(http.StatusUnprocessableEntity).Text("main"); !strings.Contains(got, "请选择问题属实或确认误报") || !strings.Contains(got, "请写明核实的情况") {
			t.Errorf("nothing filled in: %s", got)
		}
		h.walk.Post(path+"/uphold", url.Values{"reason": {"经核实属实。"}}).Want(http.StatusUnprocessableEntity) // no verdict is a choice of nobody
		h.walk.Post(path+"/uphold", url.Values{"verdict": {inspection.ItIsTrue}, "reason": {"经核实属实。"}}).Want(http.StatusSeeOther)
	})
}

func TestWhoMayOnlyRead(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		a := h.walk.Post("/console/inspection/sites/"+string(h.site.ID)+"/run", nil).Want(http.StatusSeeOther)
		h.work()
		path := h.walk.Get(a.Location()).Attr(".table tbody th a", "href")
		h.walk.Gate.Session.Posts[0].Role = authz.Reviewer
		if page := h.walk.Get(path).Want(http.StatusOK); len(page.All("form[action$=retest]")) != 0 {
			t.Error("a reader is offered the retest")
		}
		h.walk.Post(path+"/retest", nil).Want(http.StatusForbidden)
		h.walk.Post("/console/inspection/sites/"+string(h.site.ID)+"/run", nil).Want(http.StatusForbidden)
		// An auditor reads the finding and its evidence, and does nothing to it.
		h.walk.Gate.Session.Posts[0].Role = authz.Auditor
		page := h.walk.Get(path).Want(http.StatusOK)
		h.walk.Do(httptest.NewRequest(http.MethodGet, page.Attr("a[download]", "href"), nil)).Want(http.StatusOK)
		if len(page.All("main form")) != 0 {
			t.Error("an auditor is offered an act")
		}
		for _, act := range []string{"/retest", "/dispute", "/uphold", "/take-up"} {
			h.walk.Post(path+act, url.Values{"reason": {"审计人员不应办理"}, "verdict": {inspection.ItIsTrue}}).Want(http.StatusForbidden)
		}
		// A neighbour finds nothing.
		h.walk.Gate.Session = webtest.Session(authz.Supervisor, "/610000/610100/610114/@U/")
		h.walk.Get(path).Want(http.StatusNotFound)
		h.walk.Get(a.Location()).Want(http.StatusNotFound)
		h.walk.Get("/console/inspection/sites/" + string(h.site.ID)).Want(http.StatusNotFound)
	})
}

// A plan form names all that is wrong at once, keeps what nobody filled folded,
// says how many sites are not monitored, and a plan ends with a reason only.
func TestThePlanFormNamesAllThatIsWrong(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.walk.Gate.Session.Posts[0].UnitID = string(h.site.Unit)
		wrong := url.Values{"name": {"短"}, "share": {"0"}, "pages": {"-5"}, "mb": {"x"}, "minutes": {"9999"}, "from": {"25:00"}, "to": {"07:00"}, "cadence": {"never"}, "starts": {"2020-01-01"},
			"focus_kind_1": {"words"}, "focus_severity_1": {"error"}, "focus_kind_2": {"words"}, "focus_severity_2": {"error"}, "focus_name_3": {"旧名称"}, "focus_kind_3": {"words"}}
		page := h.walk.Post("/console/inspection/plans", wrong).Want(http.StatusUnprocessableEntity)
		top := page.Text(".errors")
		for _, want := range []string{"计划名称", "抽查比例", "页数请填写0到20000的整数", "流量请填写0到10000的整数", "时间请填写0到1440的整数", "开始时刻", "多久检查一次", "开始日期", "重点检查项 3"} {
			if !strings.Contains(top, want) {
				t.Errorf("%q is not named at the top: %s", want, top)
			}
		}
		if open := len(page.All("details.folded[open]")); open != 3 {
			t.Errorf("%d folded parts stand open, want the three with a mistake", open)
		}
		areas := page.Attr("select[name=area] option", "value")
		good := url.Values{"name": {"第四季度抽查"}, "area": {areas}, "share": {"100"}, "pages": {"50"}, "cadence": {"once"}, "do": {"draft"}}
		draft := h.walk.Post("/console/inspection/plans", good).Want(http.StatusOK)
		if !strings.Contains(draft.Body, "范围内有 1 个开启监测的站点") || !strings.Contains(draft.Body, "另有 1 个站点没有开启监测") {
			t.Error("the draft does not say how many sites are left out")
		}
		good.Set("do", "make")
		for i, article := range []string{"", "陕政办函〔2026〕9号"} {
			at := fmt.Sprintf("_%d", i+1)
			good.Set("focus_name"+at, "旧名称"+at)
			good.Set("focus_kind"+at, "words")
			good.Set("focus_values"+at, "雁塔区旧机构")
			good.Set("focus_article"+at, article)
		}
		path := h.walk.Post("/console/inspection/plans", good).Want(http.StatusSeeOther).Location()
		if of := h.walk.Get("/console/findings?plan=" + strings.TrimPrefix(path, "/console/inspection/plans/")).Want(http.StatusOK); !strings.Contains(of.Body, "计划发现的问题") || !strings.Contains(of.Body, "第四季度抽查") {
			t.Error("the findings of the plan do not say whose they are")
		}
		h.walk.Get("/console/findings?plan=nobodys").Want(http.StatusNotFound)
		nothing := url.Values{"name": {"省级网站抽查"}, "area": {areas}, "share": {"100"}, "cadence": {"once"}, "level": {"province"}, "do": {"draft"}}
		if got := h.walk.Post("/console/inspection/plans", nothing).Want(http.StatusOK); !strings.Contains(got.Body, "这个计划抽不到网站") || !strings.Contains(got.Body, "没有符合条件、正在运行的网站") {
			t.Error("a draft of nothing does not say why")
		}
		if shown := h.walk.Get(path).Want(http.StatusOK).Text("main"); !strings.Contains(shown, "第十九条（四）") || !strings.Contains(shown, "陕政办函〔2026〕9号") {
			t.Errorf("the items have no basis: %s", shown)
		}
		if refused := h.walk.Post(path+"/end", nil).Want(http.StatusUnprocessableEntity); len(refused.All("details[open] textarea[name=why]")) != 1 {
			t.Error("the reason is not asked for")
		}
		h.walk.Post(path+"/end", url.Values{"why": {"本季度重点已调整"}}).Want(http.StatusSeeOther)
		if got := h.walk.Get(path).Want(http.StatusOK); !strings.Contains(got.Body, "已结束") || len(got.All("textarea[name=why]")) != 0 {
			t.Error("the plan did not end")
		}
	})
}
