package publishing_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
)

// shows reports whether a page is there and holds a text.
func (h *house) shows(path, text string) bool {
	code, body := h.get(path)
	return code == 200 && strings.Contains(body, text)
}

// A large site is drawn beside. What is approved and withdrawn meanwhile is
// public within a second, and what was withdrawn does not come back with the
// drawing that began before.
func TestUrgentNeverWaitsForBulkAndBulkBringsNothingBack(t *testing.T) {
	publishing.Beside(t, 0)
	each(t, func(t *testing.T, h *house) {
		var items []library.Item
		for i := range 65 {
			items = append(items, h.live(fmt.Sprintf("第%03d条防汛信息", i), "正文。"))
		}
		h.publish()
		if !h.shows("/news/page-1.html", "第005条") || !h.shows("/news/", "第064条") || !h.shows("/search?q=%E9%98%B2%E6%B1%9B%E4%BF%A1%E6%81%AF", "防汛") {
			t.Fatal("the first release of a large site is not whole")
		}
		var fresh library.Item
		h.pub.AtStep("drawn beside", func() {
			h.withdraw(items[5])
			fresh = h.live("刚刚批准的信息", "正文。")
			began := time.Now()
			h.publish()
			if took := time.Since(began); took > time.Second && !testing.Short() {
				t.Logf("urgent release took %v on this machine", took)
			}
			if !h.shows(publishing.Path(fresh), "刚刚批准") || !h.shows("/", "刚刚批准") {
				t.Error("an approval waits for the rebuild of its site")
			}
		})
		must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
		if code, _ := h.get(publishing.Path(items[5])); code != 410 {
			t.Errorf("what was withdrawn while a release was drawn is %d", code)
		}
		if _, one := h.get("/news/page-1.html"); strings.Contains(one, "第005条") || !strings.Contains(one, "第004条") {
			t.Error("the archive page still lists what was withdrawn, or was not drawn")
		}
		for _, path := range []string{publishing.Path(fresh), "/news/", "/", "/rss.xml", "/search?q=%E5%88%9A%E5%88%9A%E6%89%B9%E5%87%86"} {
			if !h.shows(path, "刚刚批准") {
				t.Errorf("%s lost what was approved while the site was drawn", path)
			}
		}
		// What was drawn beside and put together is what one drawing gives.
		before, err := h.store.Current(h.site.ID)
		must(t, err)
		must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
		after, err := h.store.Current(h.site.ID)
		must(t, err)
		pages := func(r *publishing.Release) map[string]string {
			m := map[string]string{}
			must(t, r.Each(func(p publishing.Page) error { m[p.Path] = p.Hash; return nil }))
			return m
		}
		a, b := pages(before), pages(after)
		for path, hash := range a {
			if b[path] != hash {
				t.Errorf("%s differs from that of a drawing of the whole site", path)
			}
		}
		if len(a) != len(b) || before.Pages != len(a) {
			t.Errorf("%d pages, a whole drawing gives %d, the manifest says %d", len(a), len(b), before.Pages)
		}
	})
}

// An import of many is drawn in its own queue; the newest approval goes before.
func TestImportOfManyFollowsTheNewestApproval(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	h.live("先有一条", "正文。")
	h.publish()
	ctx := audit.System(context.Background(), "test")
	must(t, h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := h.lib.AdmitMoveIn(ctx, tx, system, library.MoveIn{Site: h.site.ID, Number: "1", Dated: calendar.DateOf(time.Now()), PersonID: "p", PersonName: "批准人"})
		return err
	}))
	var list strings.Builder
	for i := range 700 {
		fmt.Fprintf(&list, "{\"ref\":\"r%d\",\"type\":\"news\",\"title\":\"迁入第%d条\",\"text\":\"正文。\",\"published\":\"2020-01-%02d\"}\n", i, i, i%28+1)
	}
	_, err := h.lib.ImportItems(ctx, system, strings.NewReader(list.String()), library.ImportOptions{Publish: &library.Target{Site: h.site.ID, Column: h.news.ID, Case: "1"}})
	must(t, err)
	it := h.live("紧急通知", "正文。")
	var first bool
	h.pub.AtStep("drawn beside", func() { first = h.shows(publishing.Path(it), "紧急通知") && h.shows("/", "紧急通知") })
	h.publish()
	if !first {
		t.Error("the approval waited for the import")
	}
	if !h.shows("/news/page-1.html", "迁入第") || !h.shows("/news/page-33.html", "迁入第") || !h.shows("/search?q=%E8%BF%81%E5%85%A5%E7%AC%AC699%E6%9D%A1", "699") {
		t.Error("the import is not public")
	}
	n, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM release_change`)
	must(t, err)
	if n != 0 {
		t.Errorf("%d changes still wait", n)
	}
}

// Any release kept can be public again within a second. What was withdrawn
// stays withdrawn, what changes meanwhile waits, and both are in the ledger.
func TestSetBackToAnEarlierRelease(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		scope := h.final.session.ScopeFor(authz.SignedIn)
		a := h.live("甲信息", "正文。")
		kept := h.live("丙信息", "正文。")
		h.publish()
		b := h.live("乙信息", "正文。")
		h.publish()
		h.withdraw(a)
		h.publish()
		if _, err := h.pub.SetBack(h.final.ctx, scope, h.site.ID, 1, 3, "短"); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if _, err := h.pub.SetBack(h.final.ctx, scope, h.site.ID, 1, 2, "页面样式错乱，先恢复"); !fault.Is(err, fault.Conflict) {
			t.Errorf("another release meanwhile: %v", err)
		}
		if _, err := h.pub.SetBack(h.stranger.ctx, h.stranger.session.ScopeFor(authz.RegistryRead), h.site.ID, 1, 3, "页面样式错乱，先恢复"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
		says, err := h.pub.SetbackOf(h.final.ctx, scope, h.site.ID, 1)
		must(t, err)
		if says.Gone != 1 || says.Pages == 0 {
			t.Errorf("what it would do: %+v", says)
		}
		began := time.Now()
		_, err = h.pub.SetBack(h.final.ctx, scope, h.site.ID, 1, 3, "页面样式错乱，先恢复")
		must(t, err)
		t.Logf("set back in %v", time.Since(began))
		if code, _ := h.get(publishing.Path(a)); code != 410 {
			t.Errorf("setting back brings a withdrawn item back: %d", code)
		}
		if code, _ := h.get(publishing.Path(b)); code != 404 || !h.shows(publishing.Path(kept), "丙信息") || h.shows("/news/", "甲信息") {
			t.Errorf("not the pages of the first release (%d)", code)
		}
		late := h.live("丁信息", "正文。")
		h.withdraw(kept)
		h.publish()
		if code, _ := h.get(publishing.Path(late)); code != 404 {
			t.Errorf("a change does not wait: %d", code)
		}
		if code, _ := h.get(publishing.Path(kept)); code != 410 {
			t.Errorf("what is withdrawn waits: %d", code)
		}
		hold, ok, err := h.pub.Held(h.final.ctx, scope, h.site.ID)
		must(t, err)
		if !ok || hold.FromNo != 3 || hold.ToNo != 1 || hold.Waiting == 0 {
			t.Errorf("hold %+v %v", hold, ok)
		}
		must(t, h.pub.GoOn(h.final.ctx, scope, h.site.ID))
		if err := h.pub.GoOn(h.final.ctx, scope, h.site.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		h.publish()
		if !h.shows(publishing.Path(b), "乙信息") || !h.shows(publishing.Path(late), "丁信息") || !h.shows("/news/", "丁信息") {
			t.Error("the site does not go on with everything that waited")
		}
		rows, err := h.pub.Releases(context.Background(), system, h.site.ID, 10, 0)
		must(t, err)
		if len(rows) < 5 || rows[len(rows)-4].Of != 1 || rows[len(rows)-4].No != 4 {
			t.Errorf("ledger %+v", rows)
		}
	})
}

// The number of pages said before an act is the number it makes.
func TestFanOutIsWhatTheActDraws(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	for i := range 42 {
		h.live(fmt.Sprintf("第%03d条", i), "正文。")
	}
	h.publish()
	drawn := 0
	h.pub.OnDrawn(func(n int) { drawn = n })
	// To be approved.
	var asked publishing.Fan
	it := h.live("再来一条", "正文。", func(w *library.Writing) { w.Title = "再来一条" })
	h.publish()
	first := drawn
	fan, err := h.pub.FanOut(h.final.ctx, system, publishing.Act{Item: it.ID})
	must(t, err)
	if fan.Pages != first || fan.Rough || len(fan.Sites) != 1 {
		t.Errorf("an act on what is public: says %d, drew %d", fan.Pages, first)
	}
	asked = fan
	h.withdraw(it)
	h.publish()
	if drawn != asked.Pages {
		t.Errorf("the withdrawal draws %d pages, %d were said", drawn, asked.Pages)
	}
	fan, err = h.pub.FanOut(h.final.ctx, system, publishing.Act{Sites: []registry.SiteID{h.site.ID}})
	must(t, err)
	r, err := h.store.Current(h.site.ID)
	must(t, err)
	if fan.Pages != r.Pages || !strings.Contains(fan.Says(), "个页面") {
		t.Errorf("a whole site: %+v, it has %d", fan, r.Pages)
	}
	if _, err := h.pub.FanOut(h.stranger.ctx, h.stranger.session.ScopeFor(authz.RegistryRead), publishing.Act{Sites: []registry.SiteID{h.site.ID}}); !fault.Is(err, fault.NotFound) {
		t.Errorf("a neighbour: %v", err)
	}
}

func tableOf(t *testing.T, rows [][]string) *official.Table {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	must(t, w.WriteAll(rows))
	table, err := official.ReadTable(strings.NewReader(b.String()), int64(b.Len()), "list.csv", official.Limits{})
	must(t, err)
	return table
}

// Old addresses lead on: ten thousand of them, in chains, from old hosts.
func TestOldAddressesLeadOn(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("关于供暖的通知", "正文。")
	h.publish()
	to := publishing.Path(it)
	lead := func(host, path string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "http://"+host+path, nil)
		w := httptest.NewRecorder()
		h.portal.ServeHTTP(w, r)
		return w.Code, w.Header().Get("Location")
	}
	set := func(host, from, to string) error {
		return h.pub.SetRedirect(h.final.ctx, system, h.site.ID, host, from, to)
	}
	must(t, set("", "/old/a.html", "/old/b.html"))
	must(t, set("", "/old/b.html", to))
	for from, want := range map[string]string{to: "公开的页面", "/": "系统使用", "/theme/x": "系统使用", "old": "应以 / 开头", "/a?b=1": "不能带", "/a/../b": "多余", "/a%2fb": "编码的斜杠"} {
		if err := set("", from, "/news/"); err == nil || !strings.Contains(fmt.Sprintf("%+v", fault.Of(err)), want) {
			t.Errorf("%s: %v", from, err)
		}
	}
	if err := set("", "/old/b.html", "/old/a.html"); err == nil || !strings.Contains(fmt.Sprintf("%+v", fault.Of(err)), "循环") {
		t.Errorf("a loop: %v", err)
	}
	must(t, set("old.example.gov.cn", "", "https://yunhe.localhost"))
	h.publish()
	for _, from := range []string{"/old/a.html", "/old/b.html"} {
		if code, at := lead("yunhe.localhost", from); code != 301 || at != to {
			t.Errorf("%s: %d %s", from, code, at)
		}
	}
	if code, at := lead("old.example.gov.cn", "/x/y.html?z=1"); code != 301 || at != "https://yunhe.localhost/x/y.html?z=1" {
		t.Errorf("the old host: %d %s", code, at)
	}
	// The end of a chain changes: what leads over it follows.
	must(t, set("", "/old/b.html", "/news/"))
	h.publish()
	if _, at := lead("yunhe.localhost", "/old/a.html"); at != "/news/" {
		t.Errorf("a chain still leads to %s", at)
	}
	rows := [][]string{{"旧地址", "新地址"}, {"/x/1.html", "/news/"}, {"/x/1.html", "/news/"}, {"/x/2.html", "javascript:alert(1)"}}
	rep, err := h.pub.ImportRedirects(h.final.ctx, system, h.site.ID, tableOf(t, rows), false)
	must(t, err)
	if rep.Accepted != 1 || len(rep.Refused) != 2 {
		t.Errorf("report %+v", rep)
	}
	rows = rows[:1]
	for i := range 9000 {
		rows = append(rows, []string{fmt.Sprintf("/art/%d.html", i), "/news/"})
	}
	rep, err = h.pub.ImportRedirects(h.final.ctx, system, h.site.ID, tableOf(t, rows), false)
	must(t, err)
	if rep.Accepted != 9000 {
		t.Fatalf("report %+v", rep)
	}
	began := time.Now()
	h.publish()
	t.Logf("9,000 redirects released in %v", time.Since(began))
	if code, at := lead("yunhe.localhost", "/art/8999.html"); code != 301 || at != "/news/" {
		t.Errorf("of an import: %d %s", code, at)
	}
	list, total, err := h.pub.Redirects(h.final.ctx, system, h.site.ID, "/old/a", 10, 0)
	must(t, err)
	if total != 1 || list[0].Finally != "/news/" {
		t.Errorf("list %+v", list)
	}
	must(t, h.pub.DropRedirect(h.final.ctx, system, h.site.ID, list[0].ID))
	h.publish()
	if code, _ := lead("yunhe.localhost", "/old/a.html"); code != 404 {
		t.Errorf("taken away, still %d", code)
	}
	must(t, h.pub.Rebuild(h.final.ctx, h.site.ID))
	if code, _ := lead("yunhe.localhost", "/art/1.html"); code != 301 {
		t.Errorf("after a whole drawing: %d", code)
	}
}

// A timed publication that is late by more than a minute is told, owed, tried
// again and settled.
func TestArticle12_1_TimedPublicationIsAPromise(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 11, 26, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		h := build(t, d, t.TempDir())
		owed := obligation.New(d, org.New(d), publishing.Obligations()...)
		h.pub = publishing.New(d, h.reg, h.lib, h.store, publishing.Config{Demo: true, Port: "8080", Obligations: owed})
		at := d.Now().Add(10 * time.Minute)
		it := h.live("定时信息", "正文。", func(w *library.Writing) { w.PublishAt = at })
		h.publish()
		scope := h.final.session.ScopeFor(authz.SignedIn)
		coming, err := h.pub.Coming(h.final.ctx, scope, 10)
		must(t, err)
		if len(coming) != 1 || !coming[0].Due.Equal(at) || coming[0].Late {
			t.Fatalf("coming %+v", coming)
		}
		if code, _ := h.get(publishing.Path(it)); code == 200 {
			t.Error("public before its time")
		}
		clock.Advance(10*time.Minute + 30*time.Second)
		must(t, h.pub.Promised(context.Background()))
		if late, err := h.pub.Late(h.final.ctx, scope, 10); err != nil || len(late) != 0 {
			t.Errorf("late within the minute: %+v %v", late, err)
		}
		clock.Advance(time.Minute)
		must(t, h.pub.Promised(context.Background()))
		must(t, h.pub.Promised(context.Background()))
		late, err := h.pub.Late(h.final.ctx, scope, 10)
		must(t, err)
		if len(late) != 1 || !late[0].Live.IsZero() {
			t.Fatalf("late %+v", late)
		}
		told, err := db.One(context.Background(), d, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '定时发布未准时%'`)
		must(t, err)
		debts, err := owed.Count(h.final.ctx, scope, obligation.Filter{Kind: publishing.LatePublication.ID})
		must(t, err)
		if told != 1 || debts != 1 {
			t.Errorf("told %d times, owed %d", told, debts)
		}
		w := jobs.NewWorkers()
		library.Register(h.lib, w)
		h.pub.Work(w)
		client, err := jobs.New(d, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, kind) }})
		must(t, err)
		must(t, client.Start(context.Background()))
		must(t, client.Drain(context.Background(), 20*time.Second))
		must(t, client.Stop(context.Background()))
		h.publish()
		must(t, h.pub.Promised(context.Background()))
		late, err = h.pub.Late(h.final.ctx, scope, 10)
		must(t, err)
		if !h.shows(publishing.Path(it), "定时信息") || len(late) != 1 || late[0].Live.IsZero() {
			t.Errorf("not made good: %+v", late)
		}
		if debts, err = owed.Count(h.final.ctx, scope, obligation.Filter{Kind: publishing.LatePublication.ID, State: obligation.Open}); err != nil || debts != 0 {
			t.Errorf("still owed %d (%v)", debts, err)
		}
	})
}

// A full disk leaves the old release; there is room again, and the next one
// comes.
func TestFullDiskLeavesTheOldRelease(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=6m"); err != nil {
		t.Skipf("left out: a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }) // a folder of the test's own
	h := build(t, dbtest.SQLite(t, nil), dir)
	old := h.live("原有信息", "正文。")
	h.publish()
	filler := dir + "/filler"
	fd, err := syscall.Open(filler, syscall.O_CREAT|syscall.O_WRONLY, 0o600)
	must(t, err)
	for block := make([]byte, 4096); ; {
		if _, err := syscall.Write(fd, block); err != nil {
			break
		}
	}
	must(t, syscall.Close(fd))
	it := h.live("新来信息", "正文。")
	if err := h.pub.Publish(h.final.ctx, h.site.ID); err == nil {
		t.Fatal("a full disk is no error")
	}
	h.open()
	if !h.shows(publishing.Path(old), "原有信息") || !h.shows("/news/", "原有信息") || h.shows("/news/", "新来信息") {
		t.Error("the old release is not whole")
	}
	must(t, syscall.Unlink(filler))
	h.publish()
	if !h.shows(publishing.Path(it), "新来信息") || !h.shows("/news/", "新来信息") {
		t.Error("room again, and no release")
	}
}

// A release begins as soon as the act has committed; the job that was asked for
// in the same transaction finds it made.
func TestReleaseBeginsWithTheCommit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := build(t, d, t.TempDir())
		h.publish()
		stop := h.pub.Hasten(audit.System(context.Background(), "test"))
		it := h.live("立即可见", "审核通过，马上公开。")
		stop() // waits for what is under way
		for _, path := range []string{publishing.Path(it), "/", "/news/", "/rss.xml", "/search?q=%E9%A9%AC%E4%B8%8A%E5%85%AC%E5%BC%80"} {
			if code, body := h.get(path); code != 200 || !strings.Contains(body, "立即可见") {
				t.Errorf("%s: %d, shown %v", path, code, strings.Contains(body, "立即可见"))
			}
		}
		before, err := h.pub.Releases(context.Background(), system, h.site.ID, 10, 0)
		must(t, err)
		h.publish()
		after, err := h.pub.Releases(context.Background(), system, h.site.ID, 10, 0)
		must(t, err)
		if len(before) != 2 || len(after) != 2 || before[0].Hash != after[0].Hash || !after[0].Current {
			t.Errorf("before the job %+v, after it %+v", before, after)
		}
		h.live("另一件", "不再有人着急。")
		if _, body := h.get("/"); strings.Contains(body, "另一件") {
			t.Error("a release was begun after the end")
		}
	})
}
