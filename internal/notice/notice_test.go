package notice_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// web is the outside world: pages by host and path, or none for a host that is
// down.
type world struct {
	mu    sync.Mutex
	pages map[string]notice.Answer
	down  map[string]bool
	srv   *httptest.Server
}

func (w *world) set(address string, a notice.Answer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[address] = a
}

func (w *world) fall(host string, down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down[host] = down
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	a, ok := w.pages[r.Host+r.URL.Path]
	down := w.down[r.Host]
	w.mu.Unlock()
	switch {
	case down:
		http.Error(rw, "bad gateway", http.StatusBadGateway)
	case !ok:
		http.NotFound(rw, r)
	default:
		rw.Header().Set("Content-Type", a.Type)
		rw.WriteHeader(a.Status)
		if _, err := rw.Write(a.Body); err != nil {
			return
		}
	}
}

type house struct {
	t     *testing.T
	db    *db.DB
	clock *calendar.Manual
	world *world
	org   *org.Service
	reg   *registry.Service
	obl   *obligation.Service
	insp  *inspection.Service
	svc   *notice.Service
	units map[string]org.Unit
	city  registry.Site // portal
	site  registry.Site // of the department
}

var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC) // nine in the morning

const (
	cityHost = "www.xa.gov.cn"
	deptHost = "swj.xa.gov.cn"
)

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(monday)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(monday)
		h := &house{t: t, db: d, clock: clock, units: map[string]org.Unit{}, world: &world{pages: map[string]notice.Answer{}, down: map[string]bool{}}}
		h.build()
		fn(t, h)
	})
}

func (h *house) build() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, h.db, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine, notice.Machine); err != nil {
		h.t.Fatal(err)
	}
	h.world.srv = httptest.NewServer(h.world)
	h.t.Cleanup(h.world.srv.Close)
	client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(h.world.srv.URL, "http://")), Own: func(host string) bool { return strings.HasSuffix(host, "gov.cn") }, Total: 3 * time.Second, Now: h.clock.Now})
	h.t.Cleanup(client.Close)
	h.org = org.New(h.db)
	h.reg = registry.New(h.db, h.org)
	h.obl = obligation.New(h.db, h.org, notice.Obligations()...)
	blobs, err := blob.Disk(h.t.TempDir())
	if err != nil {
		h.t.Fatal(err)
	}
	probes, err := inspection.OpenProbes(ctx, h.db, h.t.TempDir())
	if err != nil {
		h.t.Fatal(err)
	}
	if probes != h.db {
		h.t.Cleanup(func() { probes.Close() })
	}
	h.insp = inspection.New(h.db, probes, h.reg, blobs, client, inspection.Settings{Delay: -1})
	h.svc = notice.New(notice.Parts{DB: h.db, Org: h.org, Registry: h.reg, Obligations: h.obl, Inspection: h.insp, Store: blobs, Fetch: client, Settings: sx2021.Defaults})
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for name, u := range map[string]org.Unit{
			"prov": {Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"},
			"city": {Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"},
			"else": {Area: "city-610200000000", Kind: org.Office, Name: "铜川市人民政府办公室"},
			"dept": {Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局", Line: "commerce"},
		} {
			var err error
			if h.units[name], _, err = h.org.AddUnit(ctx, tx, u); err != nil {
				return err
			}
		}
		var err error
		if h.city, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: h.units["city"].ID, Kind: registry.Portal, Name: "西安市人民政府", Host: cityHost, SiteCode: "6101000001"}); err != nil {
			return err
		}
		h.site, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: h.units["dept"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局网站", Host: deptHost, SiteCode: "6101000002"})
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// as is a person at a unit, and the scope of a permission there.
func (h *house) as(unit string, role authz.Role, p authz.Permission) (context.Context, authz.Scope) {
	u := h.units[unit]
	s := &authz.Session{PersonID: "P" + unit, Name: unit + "经办", Posts: []authz.Post{{Role: role, UnitID: string(u.ID), UnitName: u.Name, AreaPath: u.AreaPath, LinePath: u.LinePath, Office: u.Kind == org.Office}}}
	ctx := audit.WithActor(authz.WithSession(context.Background(), s), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: string(u.ID)})
	return ctx, s.ScopeFor(p)
}

func (h *house) object(ref registry.Ref) registry.Object {
	h.t.Helper()
	o, err := h.reg.Object(context.Background(), h.db, authz.System("test"), ref)
	if err != nil {
		h.t.Fatal(err)
	}
	return o
}

func (h *house) siteRef() registry.Ref {
	return registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)}
}

func (h *house) owe(d notice.Debt) []notice.ID {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if d.Object.ID == "" {
		d.Object = h.object(h.siteRef())
	}
	var ids []notice.ID
	if err := h.db.Update(ctx, func(tx *db.Tx) (err error) { ids, err = h.svc.Owe(ctx, tx, d); return err }); err != nil {
		h.t.Fatal(err)
	}
	return ids
}

func (h *house) today() calendar.Date { return calendar.DateOf(h.clock.Now()) }

func (h *house) stand(id notice.ID) notice.Stand {
	h.t.Helper()
	st, err := h.svc.Stand(context.Background(), h.db, authz.System("test"), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

// watch runs the duty at every full hour up to the hours given.
func (h *house) watch(hours int) {
	h.t.Helper()
	for range hours {
		if _, err := h.svc.WatchDue(context.Background()); err != nil {
			h.t.Fatal(err)
		}
		h.clock.Advance(time.Hour)
	}
}

// morning moves on to seven o'clock of the next day.
func (h *house) morning() { h.clock.Set(h.today().AddDays(1).Start().Add(7 * time.Hour)) }

func (h *house) debt(kind string) obligation.Obligation {
	h.t.Helper()
	list, err := h.obl.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: kind, State: "all"})
	if err != nil || len(list) == 0 {
		h.t.Fatalf("no obligation %s (%v)", kind, err)
	}
	return list[0]
}

const noticePath = "/gg/1.html"

func (h *house) hang(title string, home bool) {
	page := html("<h1>" + title + "</h1><p>" + filler + "</p>")
	h.world.set(cityHost+noticePath, page)
	top := ""
	if home {
		top = `<div class="tzgg"><a href="` + noticePath + `">` + title + `</a></div>`
	}
	h.world.set(cityHost+"/", homePage(top, ""))
}

const openingTitle = "关于西安市商务局网站开通的公告"

// account posts the notice on the level's account, at an address that can be
// fetched.
func (h *house) post(id notice.ID, place sx2021.Place, address string) {
	h.t.Helper()
	ctx, scope := h.as("city", authz.Supervisor, authz.NoticePost)
	if _, err := h.svc.Post(ctx, scope, id, place, address, h.today()); err != nil {
		h.t.Fatal(err)
	}
}

// Article 7(4): thirty days in both places, seen every day; then the clock ends
// by itself.
func TestArticle07_4_ThirtyDaysSeenEndTheClock(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.owe(notice.Debt{Kind: sx2021.OpeningNotice, Title: openingTitle})
		if len(ids) != 1 {
			t.Fatalf("%d notices", len(ids))
		}
		if again := h.owe(notice.Debt{Kind: sx2021.OpeningNotice, Title: openingTitle}); again[0] != ids[0] {
			t.Errorf("owed twice: %v", again)
		}
		if d := h.debt("launch_notice"); d.Unit != h.units["city"].ID || d.Due.On.String() != "2026-04-08" {
			t.Errorf("clock %+v", d)
		}
		h.hang(openingTitle, true)
		h.world.set("weixin.gov.cn/s/1", html("<h1>"+openingTitle+"</h1><p>"+filler+"</p>"))
		h.post(ids[0], sx2021.LevelPortal, "http://"+cityHost+noticePath)
		if st := h.stand(ids[0]); st.State != notice.Owed || len(st.Missing) != 1 {
			t.Errorf("one place of two: %s %v", st.State, st.Missing)
		}
		h.post(ids[0], sx2021.LevelAccount, "http://weixin.gov.cn/s/1")
		h.watch(1)
		st := h.stand(ids[0])
		if st.State != notice.Hanging || !st.Seen || st.First.String() != "2026-03-09" || st.HangUntil.String() != "2026-04-08" || st.DaysLeft() != 31 {
			t.Fatalf("after the first look: %s seen %v first %s until %s left %d", st.State, st.Seen, st.First, st.HangUntil, st.DaysLeft())
		}
		if b := st.MayTakeDown(); len(b) != 1 || b[0].Rule.ID != "S7.4c.days" {
			t.Errorf("may be taken down: %v", b)
		}
		h.watch(24 * 30) // to the morning of the thirtieth day
		if st := h.stand(ids[0]); st.State != notice.Hanging || len(st.Places[0].Days) < 30 {
			t.Errorf("on the last day: %s, %d days judged", st.State, len(st.Places[0].Days))
		}
		h.watch(24)
		st = h.stand(ids[0])
		if st.State != notice.Complete || len(st.AbsentDays()) != 0 || len(st.Places[0].Untested) != 0 {
			t.Errorf("after thirty days: %s, absent %v, untested %v", st.State, st.AbsentDays(), st.Places[0].Untested)
		}
		if d := h.debt("launch_notice"); d.State != obligation.Discharged || !strings.Contains(d.Evidence, "悬挂期满") {
			t.Errorf("clock %+v", d)
		}
		looks, err := h.svc.Looks(context.Background(), h.db, authz.System("test"), ids[0], calendar.Date{}, 200)
		if err != nil || len(looks) != 2*31 || looks[0].Ref == "" {
			t.Errorf("%d looks with proof (%v)", len(looks), err)
		}
		first := st.First // the oldest day is found, however many looks came after it
		looks, err = h.svc.Looks(context.Background(), h.db, authz.System("test"), ids[0], first, 2)
		if err != nil || len(looks) != 2 || looks[0].Day != first || looks[1].Day != first {
			t.Errorf("looks of the first day: %+v (%v)", looks, err)
		}
	})
}

// Readings 3: two fetches an hour apart prove a day absent; it is a finding and
// moves the end by one day. What could not be tested counts as hung.
func TestArticle07_4_AbsentDayIsAFindingAndExtends(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.owe(notice.Debt{Kind: sx2021.DestinationNotice, Title: "关于西安市商务局网站内容去向的公告"})[0]
		h.hang("关于西安市商务局网站内容去向的公告", true)
		h.post(id, sx2021.LevelPortal, "http://"+cityHost+noticePath)
		h.watch(1)
		until := h.stand(id).HangUntil
		// The next day the site is down: nothing is proved.
		h.world.fall(cityHost, true)
		h.morning()
		h.watch(16)
		if st := h.stand(id); st.HangUntil != until || len(st.AbsentDays()) != 0 || len(st.Places[0].Days) != 2 {
			t.Errorf("a day that could not be tested: until %s, absent %v, days %v", st.HangUntil, st.AbsentDays(), st.Places[0].Days)
		}
		h.world.fall(cityHost, false)
		// Then the home page no longer shows it: one look proves nothing yet.
		h.hang("关于西安市商务局网站内容去向的公告", false)
		h.morning()
		for range 14 {
			if len(h.stand(id).Places[0].Days) == 3 {
				break
			}
			h.watch(1)
		}
		if st := h.stand(id); len(st.AbsentDays()) != 0 || len(st.Places[0].Days) != 3 || st.Places[0].Days[2].AbsentAt.IsZero() {
			t.Fatalf("after one look: absent %v, days %v", st.AbsentDays(), st.Places[0].Days)
		}
		if st := h.stand(id); !slices.Equal(st.Places[0].Untested, []calendar.Date{h.today().AddDays(-1)}) {
			t.Errorf("untested %v", st.Places[0].Untested)
		}
		h.watch(2)
		st := h.stand(id)
		if !slices.Equal(st.AbsentDays(), []calendar.Date{h.today()}) || st.HangUntil != until.AddDays(1) {
			t.Fatalf("after two looks: absent %v, until %s", st.AbsentDays(), st.HangUntil)
		}
		if d := h.debt("destination_notice"); d.Due.On != until.AddDays(1) {
			t.Errorf("the clock ends %s, want %s", d.Due.On, until.AddDays(1))
		}
		found := func(state string) []inspection.Finding {
			list, _, err := h.insp.Findings(context.Background(), h.db, authz.System("test"), inspection.FindingFilter{State: state})
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if f := found("open"); len(f) != 1 || f[0].Check != notice.CheckAbsent || f[0].Clause != "S8.3f" || f[0].Site != h.city.ID || f[0].Evidence == "" {
			t.Fatalf("findings %+v", f)
		}
		// It is back: the finding closes, the lost day stays lost.
		h.hang("关于西安市商务局网站内容去向的公告", true)
		h.morning()
		h.watch(14)
		if f := found("closed"); len(f) != 1 {
			t.Errorf("%d findings closed", len(f))
		}
		if st := h.stand(id); len(st.AbsentDays()) != 1 || st.HangUntil != until.AddDays(1) {
			t.Errorf("back: absent %v, until %s", st.AbsentDays(), st.HangUntil)
		}
	})
}

// An account has no findings: a day proven absent there is told to the publisher
// and to its supervisor, once, and stands on the board.
func TestArticle07_4_AbsentOnAnAccountIsToldToTheSupervisor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const title = "关于西安市商务局网站内容去向的公告"
		id := h.owe(notice.Debt{Kind: sx2021.DestinationNotice, Title: title})[0]
		h.world.set("weixin.gov.cn/s/1", html("<h1>"+title+"</h1><p>"+filler+"</p>"))
		h.post(id, sx2021.LevelAccount, "http://weixin.gov.cn/s/1")
		h.watch(1)
		if st := h.stand(id); !st.Seen {
			t.Fatalf("not seen: %+v", st)
		}
		h.world.set("weixin.gov.cn/s/1", html("<h1>今日天气</h1><p>"+filler+"</p>"))
		h.morning()
		h.watch(16)
		if st := h.stand(id); len(st.AbsentDays()) != 1 {
			t.Fatalf("absent %v", st.AbsentDays())
		}
		for unit, want := range map[string]int{"city": 1, "prov": 1, "dept": 0, "else": 0} {
			n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM message WHERE unit_id = $1 AND title LIKE '%公告缺失%'`, h.units[unit].ID)
			if err != nil || n != want {
				t.Errorf("%s was told %d times (%v), want %d", unit, n, err, want)
			}
		}
		_, scope := h.as("prov", authz.Supervisor, authz.NoticeRead)
		list, _, err := h.svc.Notices(context.Background(), scope, notice.Filter{Trouble: true})
		if err != nil || len(list) != 1 || list[0].ID != id {
			t.Errorf("the supervisor's board lists %d (%v)", len(list), err)
		}
	})
}

func TestOnlyThePublishersPeopleRegister(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.owe(notice.Debt{Kind: sx2021.OpeningNotice, Title: openingTitle})[0]
		ctx, scope := h.as("dept", authz.Sponsor, authz.NoticePost)
		if _, err := h.svc.Post(ctx, scope, id, sx2021.LevelPortal, "http://"+cityHost+noticePath, h.today()); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the sponsor registered the office's notice: %v", err)
		}
		ctx, scope = h.as("else", authz.Supervisor, authz.NoticePost)
		if _, err := h.svc.Post(ctx, scope, id, sx2021.LevelPortal, "http://"+cityHost+noticePath, h.today()); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour found it: %v", err)
		}
		ctx, scope = h.as("city", authz.Supervisor, authz.NoticePost)
		for _, bad := range []string{"", "javascript:alert(1)", cityHost, "http://www.tongchuan.gov.cn/gg/1.html", "http://" + cityHost + ".evil.com/", "http://a:b@" + cityHost + "/x"} {
			if _, err := h.svc.Post(ctx, scope, id, sx2021.LevelPortal, bad, h.today()); !fault.Is(err, fault.Invalid) {
				t.Errorf("address %q: %v", bad, err)
			}
		}
		for _, day := range []calendar.Date{{}, h.today().AddDays(1), h.today().AddDays(-1)} {
			if _, err := h.svc.Post(ctx, scope, id, sx2021.LevelPortal, "http://"+cityHost+noticePath, day); !fault.Is(err, fault.Invalid) {
				t.Errorf("first day %s: %v", day, err)
			}
		}
		if _, err := h.svc.Post(ctx, scope, id, sx2021.OwnHome, "http://"+cityHost+noticePath, h.today()); !fault.Is(err, fault.Invalid) {
			t.Errorf("a place that is not owed: %v", err)
		}
		if _, err := h.svc.LookNow(ctx, scope, id); !fault.Is(err, fault.Refused) {
			t.Errorf("looked without an address: %v", err)
		}
	})
}

// Article 8(1): own page pinned and the level's place; it hangs until the object
// is back, and while the site is down the other place is looked at.
func TestArticle08_1_OfflineNotices(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const title = "关于西安市商务局网站临时下线的公告"
		ids := h.owe(notice.Debt{Kind: sx2021.OfflineNotice, Title: title, Case: approval.CaseID("C1")})
		if len(ids) != 2 {
			t.Fatalf("%d notices, want the sponsor's and the office's", len(ids))
		}
		own := `<div class="gonggao"><a href="/gg/2.html">` + title + `</a></div>`
		h.world.set(deptHost+"/gg/2.html", html("<h1>"+title+"</h1><p>"+filler+"</p>"))
		h.world.set(deptHost+"/", homePage(own, ""))
		h.hang(title, true)
		ctx, scope := h.as("dept", authz.Sponsor, authz.NoticePost)
		if _, err := h.svc.Post(ctx, scope, ids[0], sx2021.OwnHome, "http://"+deptHost+"/gg/2.html", h.today()); err != nil {
			t.Fatal(err)
		}
		standing := func() notice.Standing {
			st, err := h.svc.Standing(context.Background(), h.db, h.siteRef(), sx2021.OfflineNotice)
			if err != nil {
				t.Fatal(err)
			}
			return st
		}
		if _, err := h.svc.LookNow(ctx, scope, ids[0]); err != nil {
			t.Fatal(err)
		}
		st := standing()
		if !st.OwnNotice || !st.Pinned || st.LevelNotice || st.Seen || len(st.Missing) == 0 {
			t.Errorf("own notice only: %+v", st)
		}
		h.post(ids[1], sx2021.LevelPortal, "http://"+cityHost+noticePath)
		h.watch(1)
		if st = standing(); !st.LevelNotice || !st.Seen || len(st.Missing) != 0 {
			t.Errorf("both: %+v", st)
		}
		if d := h.debt("offline_notice"); d.State != obligation.Discharged {
			t.Errorf("clock %+v", d)
		}
		if b := st.Notices[0].MayTakeDown(); len(b) != 1 || b[0].Rule.ID != "S8.1d.until_resumed" {
			t.Errorf("may be taken down: %v", b)
		}
		// Down: its own pages answer nothing and are not asked.
		sys := audit.System(context.Background(), "test")
		move := func(act string) {
			if err := h.db.Update(sys, func(tx *db.Tx) error {
				_, err := h.reg.Move(sys, tx, authz.System("test"), h.siteRef(), act, "", passage.Note{})
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		move("go_offline")
		h.world.fall(deptHost, true)
		h.watch(48)
		if st := h.stand(ids[0]); st.State != notice.Hanging || len(st.AbsentDays()) != 0 {
			t.Errorf("while down: %s, absent %v", st.State, st.AbsentDays())
		}
		move("resume")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			n, err := h.svc.Release(sys, tx, h.siteRef(), sx2021.OfflineNotice, "已恢复")
			if n != 2 {
				t.Errorf("%d released", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if st = standing(); !st.Complete {
			t.Errorf("after the return: %+v", st)
		}
	})
}

var png = []byte("\x89PNG\r\n\x1a\n" + "0000000000000000")

// An account whose page asks for its platform's app: a named person vouches
// every seven days.
func TestAccountsThatCannotBeFetchedAreVouchedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.owe(notice.Debt{Kind: sx2021.DestinationNotice})[0]
		h.world.set("weixin.gov.cn/s/1", notice.Answer{Status: 200, Type: "text/html", Body: []byte("<html><body><div id=app></div></body></html>")})
		h.post(id, sx2021.LevelAccount, "http://weixin.gov.cn/s/1")
		h.watch(1)
		if st := h.stand(id); st.Seen || st.State != notice.Hanging {
			t.Errorf("seen without proof: %+v", st)
		}
		shot := func() *approval.Upload {
			return &approval.Upload{Field: "file", Name: "截图.png", Content: bytes.NewReader(png)}
		}
		ctx, scope := h.as("dept", authz.Sponsor, authz.NoticePost)
		if _, err := h.svc.Receipt(ctx, scope, id, sx2021.LevelAccount, "", shot()); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the sponsor vouched: %v", err)
		}
		ctx, scope = h.as("city", authz.Supervisor, authz.NoticePost)
		if _, err := h.svc.Receipt(ctx, scope, id, sx2021.LevelPortal, "", shot()); !fault.Is(err, fault.Invalid) {
			t.Errorf("a place without address: %v", err)
		}
		if _, err := h.svc.Receipt(ctx, scope, id, sx2021.LevelAccount, "置顶", shot()); err != nil {
			t.Fatal(err)
		}
		st := h.stand(id)
		i := slices.IndexFunc(st.Places, func(a notice.At) bool { return a.Place.Place == sx2021.LevelAccount })
		if a := st.Places[i]; !st.Seen || a.Basis != notice.ByReceipt || a.ReceiptDue != h.today().AddDays(7) {
			t.Errorf("vouched: %+v", a)
		}
		h.watch(24 * 32)
		if st := h.stand(id); st.State != notice.Hanging || st.Full {
			t.Errorf("complete on one screenshot of a month ago: %s", st.State)
		}
		if _, err := h.svc.Receipt(ctx, scope, id, sx2021.LevelAccount, "仍置顶", shot()); err != nil {
			t.Fatal(err)
		}
		if st := h.stand(id); st.State != notice.Complete {
			t.Errorf("after the last screenshot: %s", st.State)
		}
	})
}

// Readings 3: a claimed day counts when a fetch within 24 hours confirms it.
func TestFirstDayIsConfirmedWithinADay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.owe(notice.Debt{Kind: sx2021.DestinationNotice, Title: "关于西安市商务局网站内容去向的公告"})[0]
		h.post(id, sx2021.LevelPortal, "http://"+cityHost+noticePath) // claimed for today, but not there
		h.watch(72)
		if st := h.stand(id); st.Seen || len(st.AbsentDays()) != 0 {
			t.Errorf("a notice that never hung: seen %v, absent %v", st.Seen, st.AbsentDays())
		}
		h.hang("关于西安市商务局网站内容去向的公告", true)
		h.watch(24)
		if st := h.stand(id); !st.Seen || st.First.Before(h.today().AddDays(-1)) {
			t.Errorf("first day %s, want the day it was first seen", st.First)
		}
	})
}

func TestNoticesAreFoundByPublisherAndSponsorOnly(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.owe(notice.Debt{Kind: sx2021.OfflineNotice, Case: "C1"})
		h.owe(notice.Debt{Kind: sx2021.OpeningNotice})
		for who, want := range map[string]int{"city": 3, "dept": 3, "prov": 3, "else": 0} {
			role := authz.Supervisor
			if who == "dept" {
				role = authz.Sponsor
			}
			_, scope := h.as(who, role, authz.NoticeRead)
			list, total, err := h.svc.Notices(context.Background(), scope, notice.Filter{})
			if err != nil || len(list) != want || total != want {
				t.Errorf("%s sees %d of %d (%v), want %d", who, len(list), total, err, want)
			}
		}
		list, _, err := h.svc.Notices(context.Background(), authz.System("test"), notice.Filter{Kind: sx2021.OfflineNotice, Publisher: h.units["dept"].ID, Text: "商务"})
		if err != nil || len(list) != 1 || list[0].Publisher != sx2021.BySponsor {
			t.Errorf("filtered: %+v (%v)", list, err)
		}
	})
}
