package closing_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/merit"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/warc"
)

// world is the old site.
type world struct {
	mu    sync.Mutex
	pages map[string]string
	down  bool
	asked map[string]int
	slow  map[string]time.Duration
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	body, ok := w.pages[r.URL.Path]
	down := w.down
	w.asked[r.URL.Path]++
	wait := w.slow[r.URL.Path]
	w.mu.Unlock()
	time.Sleep(wait)
	switch {
	case down:
		http.Error(rw, "down", http.StatusBadGateway)
	case !ok:
		http.NotFound(rw, r)
	default:
		switch {
		case strings.HasSuffix(r.URL.Path, ".css"):
			rw.Header().Set("Content-Type", "text/css")
		case strings.HasSuffix(r.URL.Path, ".pdf"):
			rw.Header().Set("Content-Type", "application/pdf")
		case r.URL.Path == "/robots.txt":
			rw.Header().Set("Content-Type", "text/plain")
		default:
			rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		if _, err := io.WriteString(rw, body); err != nil {
			return
		}
	}
}

func (w *world) fall(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

type house struct {
	t      *testing.T
	db     *db.DB
	clock  *calendar.Manual
	world  *world
	reg    *registry.Service
	obl    *obligation.Service
	insp   *inspection.Service
	parts  closing.Parts
	svc    *closing.Service
	merits *merit.Service
	units  map[string]org.Unit
	site   registry.Site
}

var monday = time.Date(2026, 3, 9, 1, 0, 0, 0, time.UTC)

const host = "swj.xa.gov.cn"

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(monday)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(monday)
		h := &house{t: t, db: d, clock: clock, units: map[string]org.Unit{}, world: &world{asked: map[string]int{}, pages: map[string]string{
			"/":           `<html><body><link rel="stylesheet" href="/s.css"><a href="/yw/">要闻</a> <a href="/tz/1.html">通知</a> <a href="http://www.elsewhere.gov.cn/">别处</a></body></html>`,
			"/yw/":        `<html><body><h1>要闻</h1><a href="/yw/1.html">一</a><a href="/f.pdf">附件</a></body></html>`,
			"/yw/1.html":  `<html><body><h1>一条要闻</h1><p>内容</p></body></html>`,
			"/tz/1.html":  `<html><body><h1>通知</h1><a href="/hid/1.html">内部</a><a href="/none.html">无</a></body></html>`,
			"/hid/1.html": `<html><body>内部</body></html>`,
			"/s.css":      `body{color:#333}`,
			"/f.pdf":      "%PDF-1.7 附件",
			"/robots.txt": "User-agent: *\nDisallow: /hid/\n",
		}}}
		h.build()
		fn(t, h)
	})
}

func (h *house) build() {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, h.db, registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine, closing.Machine, closing.InquiryMachine, library.Machine, merit.Machine); err != nil {
		h.t.Fatal(err)
	}
	srv := httptest.NewServer(h.world)
	h.t.Cleanup(srv.Close)
	client := egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(srv.URL, "http://")), Own: func(n string) bool { return n == host }, Total: 3 * time.Second})
	h.t.Cleanup(client.Close)
	days, err := calendar.Published()
	if err != nil {
		h.t.Fatal(err)
	}
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
	o := org.New(h.db)
	h.reg = registry.New(h.db, o)
	h.obl = obligation.New(h.db, o, closing.Obligations()...)
	h.insp = inspection.New(h.db, probes, h.reg, blobs, client, inspection.Settings{Delay: -1})
	h.merits = merit.New(merit.Parts{DB: h.db, Org: o, Store: blobs})
	h.parts = closing.Parts{Merits: h.merits, DB: h.db, Org: o, Registry: h.reg, Obligations: h.obl, Inspection: h.insp, Days: days, Store: blobs, Client: client, Settings: sx2021.Defaults, Manners: h.insp.Manners()}
	h.svc = closing.New(h.parts)
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.City, Code: "610200", Name: "铜川市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for name, u := range map[string]org.Unit{
			"city": {Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅"},
			"else": {Area: "city-610200000000", Kind: org.Office, Name: "铜川市人民政府办公室"},
			"dept": {Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局", Line: "commerce"},
		} {
			var err error
			if h.units[name], _, err = o.AddUnit(ctx, tx, u); err != nil {
				return err
			}
		}
		var err error
		if h.site, err = h.reg.EnterSite(ctx, tx, registry.Site{Unit: h.units["dept"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局网站", Host: host}); err != nil {
			return err
		}
		return h.reg.SetMonitored(ctx, tx, authz.System("test"), h.site.ID, true)
	}); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) as(unit string, role authz.Role, p authz.Permission) (context.Context, *authz.Session, authz.Scope) {
	u := h.units[unit]
	s := &authz.Session{PersonID: "P" + unit, Name: unit, Posts: []authz.Post{{Role: role, UnitID: string(u.ID), UnitName: u.Name, AreaPath: u.AreaPath, LinePath: u.LinePath, Office: u.Kind == org.Office}}}
	return audit.WithActor(authz.WithSession(context.Background(), s), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s, s.ScopeFor(p)
}

// check is the word of a second person of the office on a record.
func (h *house) check(r merit.Record) {
	h.t.Helper()
	_, session, scope := h.as("city", authz.Supervisor, authz.MeritRecord)
	other := *session
	other.PersonID, other.Name = "Pother", "另一人"
	ctx := audit.WithActor(authz.WithSession(context.Background(), &other), audit.Actor{Kind: "person", ID: other.PersonID, Name: other.Name})
	if err := h.merits.Check(ctx, scope, &other, r.ID); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) sponsor() (context.Context, authz.Scope) {
	ctx, _, scope := h.as("dept", authz.Sponsor, authz.ClosingManage)
	return ctx, scope
}

func (h *house) ref() registry.Ref { return registry.Ref{Kind: sx2021.Site, ID: string(h.site.ID)} }

func (h *house) begin() closing.ID {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	var id closing.ID
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		o, err := h.reg.Object(ctx, tx, authz.System("test"), h.ref())
		if err != nil {
			return err
		}
		if id, err = h.svc.Begin(ctx, tx, o, "C1"); err != nil {
			return err
		}
		again, err := h.svc.Begin(ctx, tx, o, "C1")
		if again != id {
			h.t.Errorf("begun twice")
		}
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return id
}

func (h *house) progress() closing.Progress {
	h.t.Helper()
	p, err := h.svc.Progress(context.Background(), h.db, h.ref())
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) work() {
	h.t.Helper()
	w := jobs.NewWorkers()
	h.svc.Register(w)
	jobstest.Work(h.t, h.db, w, jobs.Config{})
}

// Article 8(3): 原有内容应做整合迁移: nothing is left undecided.
func TestArticle08_3_EveryColumnIsDecided(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if h.progress().Begun {
			t.Error("begun before it was")
		}
		id := h.begin()
		ctx, scope := h.sponsor()
		if p := h.progress(); p.MigrationComplete || len(p.Wanting()) != 1 || p.Wanting()[0].Rule.ID != "S8.3c.migration" {
			t.Errorf("a site without known columns is complete: %+v", p)
		}
		for _, name := range []string{"政务动态", "通知公告", "机构职能", "政务动态"} {
			if err := h.svc.AddColumn(ctx, scope, id, name, ""); err != nil {
				t.Fatal(err)
			}
		}
		cols, err := h.svc.Columns(ctx, h.db, scope, id)
		if err != nil || len(cols) != 3 {
			t.Fatalf("%d columns (%v)", len(cols), err)
		}
		for name, tt := range map[string]struct {
			d              closing.Decision
			target, reason string
			field          string
		}{
			"migrate nowhere":     {closing.Migrate, "", "", "target"},
			"drop without reason": {closing.Drop, "", "旧", "reason"},
			"no decision":         {"", "", "", "decision"},
		} {
			if err := h.svc.Decide(ctx, scope, id, []string{cols[0].ID}, tt.d, tt.target, tt.reason); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != tt.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.svc.Decide(ctx, scope, id, []string{cols[0].ID, "01JNONE"}, closing.Archive, "", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a column of nobody: %v", err)
		}
		_, _, elsewhere := h.as("else", authz.Supervisor, authz.ClosingManage)
		if err := h.svc.Decide(ctx, elsewhere, id, []string{cols[0].ID}, closing.Archive, "", ""); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour decided: %v", err)
		}
		if err := h.svc.Decide(ctx, scope, id, []string{cols[0].ID, cols[1].ID}, closing.Migrate, "市政府门户网站“商务动态”栏目", ""); err != nil {
			t.Fatal(err)
		}
		if p := h.progress(); p.MigrationComplete || p.Decided != 2 {
			t.Errorf("two of three: %+v", p)
		}
		if err := h.svc.Decide(ctx, scope, id, []string{cols[2].ID}, closing.Drop, "", "内容已过时，无保留价值"); err != nil {
			t.Fatal(err)
		}
		p := h.progress()
		if !p.MigrationComplete || p.Wanting() != nil || len(p.Open) != 4 {
			t.Errorf("all decided: %+v", p)
		}
		if err := h.svc.Prove(ctx, scope, id, closing.ContentMigration, "抽查 30 篇，均已迁入", nil); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.Prove(ctx, scope, id, closing.ContentMigration, "再次办结", nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("proved twice: %v", err)
		}
		if p := h.progress(); len(p.Open) != 3 {
			t.Errorf("%d items open", len(p.Open))
		}
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			if err := h.svc.Consent(sys, tx, h.ref(), "C1"); err != nil {
				return err
			}
			return h.svc.Close(sys, tx, h.ref(), "注销办结")
		}); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.AddColumn(ctx, scope, id, "新栏目", ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("changed after the end: %v", err)
		}
	})
}

// A house without a way to the Internet does not promise an archive of a site elsewhere:
// it says why, and who makes one. The site is not blamed.
func TestNoArchiveWithoutAWay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.begin()
		ctx, scope := h.sponsor()
		p := h.parts
		p.Client = egress.New(egress.Policy{NoWay: func() bool { return true }})
		t.Cleanup(p.Client.Close)
		_, err := closing.New(p).StartArchive(ctx, scope, id)
		if !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "平台不能访问互联网") || !strings.Contains(fault.Of(err).Says, host) {
			t.Errorf("%v", err)
		}
		if list, err := h.svc.Archives(ctx, h.db, scope, id); err != nil || len(list) != 0 {
			t.Errorf("%+v (%v)", list, err)
		}
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Errorf("with a way: %v", err)
		}
	})
}

// The archive holds every page and file of the site itself, obeys robots.txt,
// and reads back as it was written.
func TestArchiveKeepsTheSiteAndReadsBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.begin()
		ctx, scope := h.sponsor()
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.StartArchive(ctx, scope, id); !fault.Is(err, fault.Conflict) {
			t.Errorf("two archives at once: %v", err)
		}
		h.work()
		list, err := h.svc.Archives(ctx, h.db, scope, id)
		if err != nil || len(list) != 1 {
			t.Fatalf("%d archives (%v)", len(list), err)
		}
		a := list[0]
		if a.State != closing.Done || a.CheckedAt.IsZero() || a.Pages != 7 || a.LeftOut == 0 || !strings.Contains(a.Says, "robots.txt") {
			t.Fatalf("archive %+v", a)
		}
		if !h.progress().Archived {
			t.Error("not counted as archived")
		}
		sum, err := h.svc.CheckArchive(ctx, scope, id, a.ID)
		if err != nil || sum.Responses != 7 {
			t.Errorf("%+v (%v)", sum, err)
		}
		_, r, err := h.svc.OpenArchive(ctx, scope, id, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got := map[string]int{}
		for reader := warc.NewReader(r); ; {
			rec, err := reader.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if rec.Type() != warc.Response {
				continue
			}
			resp, body, err := rec.HTTP()
			if err != nil {
				t.Fatal(err)
			}
			got[rec.Target()] = resp.StatusCode
			if strings.HasSuffix(rec.Target(), "/f.pdf") && !bytes.HasPrefix(body, []byte("%PDF")) {
				t.Errorf("the file is %q", body)
			}
		}
		for path, want := range map[string]int{"/": 200, "/yw/": 200, "/yw/1.html": 200, "/tz/1.html": 200, "/none.html": 404, "/s.css": 200, "/f.pdf": 200, "/hid/1.html": 0} {
			if got["http://"+host+path] != want {
				t.Errorf("%s: %d, want %d (%v)", path, got["http://"+host+path], want, got)
			}
		}
		if h.world.asked["/hid/1.html"] != 0 {
			t.Error("asked for what robots.txt forbids")
		}
	})
}

func TestArchiveOfASiteThatIsDownFails(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.begin()
		ctx, scope := h.sponsor()
		h.world.fall(true)
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		h.work()
		list, err := h.svc.Archives(ctx, h.db, scope, id)
		if err != nil || list[0].State != closing.Failed || list[0].Says == "" || h.progress().Archived {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// What was kept when the time is over is kept, and what was not is named.
func TestArchiveOfASlowSiteKeepsWhatItHas(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.begin()
		ctx, scope := h.sponsor()
		h.world.slow = map[string]time.Duration{"/tz/1.html": 2500 * time.Millisecond}
		h.parts.Budget.Time = time.Second
		h.svc = closing.New(h.parts)
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		h.work()
		list, err := h.svc.Archives(ctx, h.db, scope, id)
		if err != nil || list[0].State != closing.Done || list[0].Pages == 0 || list[0].LeftOut == 0 || !strings.Contains(list[0].Says, "时间上限") {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// An archive ends with its job, whose process died each time: it says so where it is
// looked for, and the site can be archived again. What waits its turn, however long,
// is not lost.
func TestArchiveEndsWithItsJob(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.begin()
		ctx, scope := h.sponsor()
		last := func() closing.Archived {
			t.Helper()
			list, err := h.svc.Archives(ctx, h.db, scope, id)
			if err != nil || len(list) == 0 {
				t.Fatalf("%d archives (%v)", len(list), err)
			}
			return list[0]
		}
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		jobstest.Silence[closing.ArchiveSite](t, h.db, 3)
		h.work()
		if a := last(); a.State != closing.Failed || !strings.Contains(a.Says, "多次中途停止") || !a.Finished.Equal(h.clock.Now()) || h.progress().Archived {
			t.Errorf("%+v", a)
		}
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(24 * time.Hour)
		before := dbtest.Up(t, "0581_lost_jobs.sql")
		dbtest.Write(t, h.db, before)
		if a := last(); a.State != closing.Queued {
			t.Errorf("waits: %+v", a)
		}
		h.work()
		if a := last(); a.State != closing.Done {
			t.Errorf("tried again: %+v", a)
		}
		// What lost its job before the schema that ends it, ends with that.
		if _, err := h.svc.StartArchive(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		dbtest.Write(t, h.db, `UPDATE job SET state = 'failed'; `+before)
		if a := last(); a.State != closing.Failed || a.Says == "" || a.Finished.IsZero() {
			t.Errorf("lost: %+v", a)
		}
	})
}

func table(t testing.TB, csv string) *official.Table {
	t.Helper()
	tab, err := official.ReadTable(strings.NewReader(csv), int64(len(csv)), "跳转表.csv", official.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func TestRedirectMapRowByRow(t *testing.T) {
	rows := []closing.Redirect{
		{Old: "/yw/1.html", Reply: closing.ToNew, Target: "https://www.xa.gov.cn/yw/1.html"},
		{Old: "http://www." + host + "/a?id=1", Reply: closing.ToArchive},
		{Old: "/yw/1.html", Reply: closing.GoneReply},
		{Old: "yw/2.html", Reply: closing.GoneReply},
		{Old: "http://other.gov.cn/", Reply: closing.GoneReply},
		{Old: "/b", Reply: closing.ToNew, Target: "javascript:alert(1)"},
		{Old: "/c", Reply: "move"},
		{Old: "/d", Reply: closing.GoneReply, Target: "https://x.gov.cn/"},
		{Old: "/l1", Reply: closing.ToNew, Target: "http://" + host + "/l2"},
		{Old: "/l2", Reply: closing.ToNew, Target: "http://" + host + "/l1"},
		{Old: "/self", Reply: closing.ToNew, Target: "http://" + host + "/self"},
		{Old: "/s", Reply: closing.ToNew, Target: "http://" + host + "/elsewhere"},
		{Old: "/e/../f", Reply: closing.GoneReply},
		{Old: "/chain", Reply: closing.ToNew, Target: "http://" + host + "/yw/1.html"},
	}
	out, wrong := closing.CheckMap(host, rows)
	if out[1].Old != "/a?id=1" {
		t.Errorf("brought to %q", out[1].Old)
	}
	for i, want := range map[int]string{2: "重复", 3: "以 / 开头", 4: "不在", 5: "完整网址", 6: "处理方式", 7: "不填新网址", 8: "循环", 9: "循环", 10: "循环", 11: "仍在旧网站", 12: "多余", 13: "最终网址"} {
		if !strings.Contains(wrong[i], want) {
			t.Errorf("row %d: %q, want %s", i, wrong[i], want)
		}
	}
	if len(wrong) != 12 {
		t.Errorf("%d wrong rows: %v", len(wrong), wrong)
	}
}

func FuzzCheckMap(f *testing.F) {
	f.Add("/a", "redirect", "http://a.gov.cn/b", "/b")
	f.Add("http://a.gov.cn/%zz", "gone", "", "\x00")
	f.Fuzz(func(t *testing.T, old, reply, target, other string) {
		rows := []closing.Redirect{{Old: old, Reply: closing.Reply(reply), Target: target}, {Old: other, Reply: closing.ToNew, Target: "http://a.gov.cn" + old}}
		out, wrong := closing.CheckMap("a.gov.cn", rows)
		for i, r := range out {
			if wrong[i] == "" && (!strings.HasPrefix(r.Old, "/") || strings.ContainsAny(r.Old+r.Target, "\r\n\x00")) {
				t.Errorf("taken: %+v", r)
			}
		}
	})
}

func TestRedirectMapImportAllOrNothing(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		id := h.begin()
		ctx, scope := h.sponsor()
		var b strings.Builder
		b.WriteString("旧网址,处理方式,新网址\n")
		for i := range closing.MaxRedirects {
			fmt.Fprintf(&b, "/yw/%d.html,跳转,https://www.xa.gov.cn/yw/%d.html\n", i, i)
		}
		begun := time.Now()
		rep, err := h.svc.ImportMap(ctx, scope, id, table(t, b.String()), false)
		if err != nil || rep.Accepted != closing.MaxRedirects || len(rep.Refused) != 0 {
			t.Fatalf("%d accepted, %d refused (%v)", rep.Accepted, len(rep.Refused), err)
		}
		t.Logf("ten thousand rows in %s", time.Since(begun))
		rep, err = h.svc.ImportMap(ctx, scope, id, table(t, "旧网址,处理方式,新网址\n/a,归档,\n/a,停用,\n"), false)
		if err != nil || len(rep.Refused) != 1 || rep.Refused[0].Row != 3 {
			t.Errorf("%+v (%v)", rep, err)
		}
		if _, total, err := h.svc.Map(ctx, h.db, scope, id, "", 10, 0); err != nil || total != closing.MaxRedirects {
			t.Errorf("%d rows after a refused import (%v)", total, err)
		}
		fmt.Fprintln(&b, "/one-more,停用,")
		if _, err := h.svc.ImportMap(ctx, scope, id, table(t, b.String()), false); !fault.Is(err, fault.Invalid) {
			t.Errorf("over the limit: %v", err)
		}
		if _, err := h.svc.ImportMap(ctx, scope, id, table(t, "甲,乙\n1,2\n"), false); !fault.Is(err, fault.Invalid) {
			t.Errorf("unknown header: %v", err)
		}
		if _, err := h.svc.ImportMap(ctx, scope, id, table(t, "旧网址,处理方式,新网址\n"), false); !fault.Is(err, fault.Invalid) {
			t.Errorf("a file without rows: %v", err)
		}
		if _, err := h.svc.ImportMap(ctx, scope, id, table(t, "旧网址,处理方式,新网址\n/a,归档,\n"), true); err != nil {
			t.Error(err)
		}
		// A full map takes no further row, and a row of it is still mended.
		if err := h.svc.SetRedirect(ctx, scope, id, closing.Redirect{Old: "/one-more", Reply: closing.GoneReply}); !fault.Is(err, fault.Refused) {
			t.Errorf("a row over the limit: %v", err)
		}
		if err := h.svc.SetRedirect(ctx, scope, id, closing.Redirect{Old: "/yw/8.html", Reply: closing.GoneReply}); err != nil {
			t.Errorf("a row of a full map was not mended: %v", err)
		}
		if _, total, _ := h.svc.Map(ctx, h.db, scope, id, "", 10, 0); total != closing.MaxRedirects {
			t.Errorf("a dry run changed the map: %d", total)
		}
		sheet, _, err := h.svc.MapSheet(ctx, scope, id)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := official.WriteCSV(&out, sheet, official.CSVOptions{}); err != nil {
			t.Fatal(err)
		}
		if rep, err := h.svc.ImportMap(ctx, scope, id, table(t, out.String()), true); err != nil || rep.Accepted != closing.MaxRedirects {
			t.Errorf("what was exported is not taken back: %d (%v)", rep.Accepted, err)
		}
	})
}

// probeFor probes every hour for so many hours.
func (h *house) probeFor(hours int) {
	h.t.Helper()
	for range hours {
		h.clock.Advance(30 * time.Minute)
		if _, err := h.insp.ProbeDue(context.Background()); err != nil {
			h.t.Fatal(err)
		}
		h.clock.Advance(30 * time.Minute)
	}
	if _, err := h.insp.ProbeDue(context.Background()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) ask() int {
	h.t.Helper()
	n, err := h.svc.AskDue(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func (h *house) inquiry() closing.Inquiry {
	h.t.Helper()
	list, _, err := h.svc.Inquiries(context.Background(), authz.System("test"), closing.InquiryFilter{State: "all"})
	if err != nil || len(list) == 0 {
		h.t.Fatalf("no inquiry (%v)", err)
	}
	return list[0]
}

// Article 8(1): down for a day with no window: one inquiry, once.
func TestArticle08_1_SilenceOpensOneInquiry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.probeFor(2)
		h.world.fall(true)
		h.probeFor(20)
		if n := h.ask(); n != 0 {
			t.Errorf("%d inquiries after twenty hours", n)
		}
		h.probeFor(6)
		if n := h.ask(); n != 1 {
			t.Fatalf("%d inquiries after a day", n)
		}
		if n := h.ask(); n != 0 {
			t.Errorf("asked again: %d", n)
		}
		i := h.inquiry()
		if i.State != closing.InquiryOpen || i.Office != h.units["city"].ID || i.Hours < 24 || i.Due.On.String() != "2026-03-12" {
			t.Errorf("%+v", i)
		}
		// As the supervisor sends it.
		var letter bytes.Buffer
		if _, err := i.Document().WriteTo(&letter); err != nil {
			t.Fatal(err)
		}
		text, err := official.Text(bytes.NewReader(letter.Bytes()), int64(letter.Len()), "核实单.docx", official.TextLimits{})
		for _, want := range []string{i.UnitName, i.OfficeName, i.ObjectName, "2026年3月12日前", "第八条（一）", "自行下线"} {
			if err != nil || !strings.Contains(text, want) {
				t.Errorf("the letter lacks %s (%v): %s", want, err, text)
			}
		}
		debts, err := h.obl.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: "inquiry"})
		if err != nil || len(debts) != 1 || debts[0].Unit != h.units["dept"].ID {
			t.Errorf("%+v (%v)", debts, err)
		}
		// Still down days later: the same outage.
		h.probeFor(30)
		if n := h.ask(); n != 0 {
			t.Errorf("asked twice about one outage: %d", n)
		}
		h.world.fall(false)
		h.probeFor(2)
		h.ask()
		if i := h.inquiry(); i.BackAt.IsZero() {
			t.Error("its return was not noted")
		}
	})
}

// However many processes ask at the same moment, one inquiry goes out.
func TestArticle08_1_ProcessesAskOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.probeFor(1)
		h.world.fall(true)
		h.probeFor(26)
		var wg sync.WaitGroup
		var mu sync.Mutex
		opened := 0
		for range 4 {
			other := closing.New(h.parts)
			wg.Go(func() {
				n, err := other.AskDue(context.Background())
				mu.Lock()
				defer mu.Unlock()
				opened += n
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		_, total, err := h.svc.Inquiries(context.Background(), authz.System("test"), closing.InquiryFilter{State: "all"})
		if err != nil || opened != 1 || total != 1 {
			t.Errorf("%d opened, %d there (%v)", opened, total, err)
		}
	})
}

func TestAWindowIsNoSilence(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.probeFor(2)
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			_, err := h.reg.Move(sys, tx, authz.System("test"), h.ref(), "go_offline", "", passage.Note{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h.world.fall(true)
		h.probeFor(40)
		if n := h.ask(); n != 0 {
			t.Errorf("%d inquiries inside a window", n)
		}
	})
}

func (h *house) silent() closing.Inquiry {
	h.t.Helper()
	h.probeFor(1)
	h.world.fall(true)
	h.probeFor(26)
	if h.ask() != 1 {
		h.t.Fatal("no inquiry")
	}
	return h.inquiry()
}

func TestArticle08_1_SponsorAnswersSupervisorDecides(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.silent()
		ctx, scope := h.sponsor()
		office, session, oscope := h.as("city", authz.Supervisor, authz.InquiryDecide)
		if _, err := h.svc.Conclude(office, session, oscope, i.ID, closing.Verdict{Says: "未见书面报备"}); !fault.Is(err, fault.Refused) {
			t.Errorf("decided before the answer was due: %v", err)
		}
		if _, err := h.svc.Reply(ctx, scope, i.ID, "停电", nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("a one-word answer: %v", err)
		}
		other, _, elsewhere := h.as("else", authz.Supervisor, authz.ClosingManage)
		if _, err := h.svc.Reply(other, elsewhere, i.ID, "这是一份来自外地的答复。", nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour answered: %v", err)
		}
		if got, err := h.svc.Reply(ctx, scope, i.ID, "机房停电，3月9日上午起中断，已于今日恢复。", nil); err != nil || got.State != closing.InquiryAnswered {
			t.Fatalf("%+v (%v)", got, err)
		}
		mine := authz.SessionFrom(ctx)
		if _, err := h.svc.Conclude(ctx, mine, scope, i.ID, closing.Verdict{Basis: closing.NotDown, Says: "没有中断"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the sponsor decided: %v", err)
		}
		report := sx2021.WrittenReport{Number: "市政办函〔2026〕5号", On: calendar.DateOf(h.clock.Now())}
		pdf := func() *approval.Upload {
			return &approval.Upload{Field: "file", Name: "报备.pdf", Content: bytes.NewReader([]byte("%PDF-1.7\n"))}
		}
		_, err := h.svc.Conclude(office, session, oscope, i.ID, closing.Verdict{Basis: closing.ByReport, Says: "断电，已报备", Report: report, File: pdf()})
		if !fault.Is(err, fault.Refused) || fault.Of(err).Reasons[0].ID != "S8.1c.unapproved" {
			t.Errorf("a report without seal: %v", err)
		}
		report.Sealed = true
		got, err := h.svc.Conclude(office, session, oscope, i.ID, closing.Verdict{Basis: closing.ByReport, Says: "断电，已报备", Report: report, File: pdf()})
		if err != nil || got.State != closing.Explained {
			t.Fatalf("%+v (%v)", got, err)
		}
		if _, err := h.svc.Account(office, session, oscope, i.ID, merit.Entry{Person: "张三 局长", Kind: "talk", Body: "西安市人民政府办公厅", DecidedOn: report.On}, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("held to account for nothing: %v", err)
		}
	})
}

// Unexplained, it is a 自行下线, with an accountability record that names the
// body that decided; the supervisor imposes no 处分.
func TestArticle08_1_UnapprovedOfflineIsAccountedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.silent()
		h.clock.Set(i.Due.On.AddDays(1).Start().Add(9 * time.Hour))
		office, session, scope := h.as("city", authz.Supervisor, authz.InquiryDecide)
		got, err := h.svc.Conclude(office, session, scope, i.ID, closing.Verdict{Says: "逾期未答复，未报备"})
		if err != nil || got.State != closing.Unapproved {
			t.Fatalf("%+v (%v)", got, err)
		}
		debts := func(state string) int {
			list, err := h.obl.Obligations(context.Background(), authz.System("test"), obligation.Filter{Kind: "accountability", State: state, Unit: h.units["city"].ID})
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if debts("open") != 1 {
			t.Error("no clock for the supervisor")
		}
		a := merit.Entry{Person: "张三 局长", Kind: "punish", Measure: "警告", Body: "西安市人民政府办公厅", DecidedOn: calendar.DateOf(h.clock.Now())}
		if _, err := h.svc.Account(office, session, scope, i.ID, a, nil); !fault.Is(err, fault.Refused) {
			t.Errorf("the supervisor imposed a 处分: %v", err)
		}
		a.Body = "西安市监察委员会"
		r, err := h.svc.Account(office, session, scope, i.ID, a, nil)
		if err != nil {
			t.Fatal(err)
		}
		if debts("discharged") != 0 {
			t.Error("the clock ended before a second person looked")
		}
		if err := h.merits.Check(office, scope, session, r.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("checked by who entered it: %v", err)
		}
		h.check(r)
		list, err := h.svc.Accountabilities(office, h.db, scope, i.ID)
		if err != nil || len(list) != 1 || list[0].Body != a.Body || debts("discharged") != 1 {
			t.Errorf("%+v (%v)", list, err)
		}
	})
}

// The accountability still to come is recorded by who follows the supervisor.
func TestAccountabilityFollowsTheSupervisor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		i := h.silent()
		h.clock.Set(i.Due.On.AddDays(1).Start().Add(9 * time.Hour))
		office, session, scope := h.as("city", authz.Supervisor, authz.InquiryDecide)
		if _, err := h.svc.Conclude(office, session, scope, i.ID, closing.Verdict{Says: "逾期未答复，未报备"}); err != nil {
			t.Fatal(err)
		}
		carry := func(from, to string) {
			t.Helper()
			sys := audit.System(context.Background(), "test")
			if err := h.db.Update(sys, func(tx *db.Tx) error {
				if err := closing.Reorganise().Carry(sys, tx, org.Carrying{Act: "a", Document: "陕编办〔2026〕1号", On: calendar.DateOf(tx.Now()), From: h.units[from].ID, Main: h.units[to].ID}); err != nil {
					return err
				}
				return audit.Record(sys, tx, audit.Entry{Act: "test.carry"})
			}); err != nil {
				t.Fatal(err)
			}
		}
		at := func() org.UnitID {
			t.Helper()
			got, err := h.svc.Inquiry(context.Background(), h.db, authz.System("test"), i.ID)
			if err != nil {
				t.Fatal(err)
			}
			return got.Office
		}
		carry("city", "else")
		if at() != h.units["else"].ID {
			t.Errorf("the accountability stays with %s", at())
		}
		carry("else", "city")
		a := merit.Entry{Person: "张三 局长", Kind: "punish", Measure: "警告", Body: "西安市监察委员会", DecidedOn: calendar.DateOf(h.clock.Now())}
		r, err := h.svc.Account(office, session, scope, i.ID, a, nil)
		if err != nil {
			t.Fatal(err)
		}
		h.check(r)
		carry("city", "else") // held to account: it stays as it was decided
		if at() != h.units["city"].ID {
			t.Errorf("what was decided moved to %s", at())
		}
	})
}

func TestAccountsAreReportedByHand(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		office, _, scope := h.as("city", authz.Supervisor, authz.InquiryDecide)
		if _, err := h.svc.Report(office, scope, h.ref(), h.clock.Now().Add(-23*time.Hour)); !fault.Is(err, fault.Invalid) {
			t.Errorf("after 23 hours: %v", err)
		}
		since := h.clock.Now().Add(-25 * time.Hour)
		if _, err := h.svc.Report(office, scope, h.ref(), since); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Report(office, scope, h.ref(), since); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		_, _, elsewhere := h.as("else", authz.Supervisor, authz.InquiryDecide)
		if _, err := h.svc.Report(office, elsewhere, h.ref(), since); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour reported: %v", err)
		}
	})
}
