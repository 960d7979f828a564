package closing_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/approval"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/closing"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/notice"
	"zhengshu/internal/obligation"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/visits"
)

const oldName = host

// around is what a closing is proved by, as the test sets it.
type around struct {
	hung    notice.Standing
	found   []string
	figures visits.Figures
	shown   bool
	drawn   []registry.SiteID
	answers map[string]string // at the old host: 301 to …, "gone"
}

func (a *around) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch to, ok := a.answers[r.URL.RequestURI()]; {
	case r.URL.Path == "/robots.txt": // of the old site, and no hindrance to what it owes
		fmt.Fprint(w, "User-agent: *\nDisallow: /\n")
	case !ok:
		http.NotFound(w, r)
	case to == "gone":
		w.WriteHeader(http.StatusGone)
	default:
		http.Redirect(w, r, to, http.StatusMovedPermanently)
	}
}

// surround gives the service a portal of the level and everything that proves a
// closing's items.
func (h *house) surround() (*around, registry.Site, registry.Column) {
	h.t.Helper()
	a := &around{answers: map[string]string{}}
	srv := httptest.NewServer(a)
	h.t.Cleanup(srv.Close)
	p := h.parts
	p.Client = egress.New(egress.Policy{Local: netip.MustParseAddrPort(strings.TrimPrefix(srv.URL, "http://")), Own: func(n string) bool { return n == oldName }, Total: 3 * time.Second})
	h.t.Cleanup(p.Client.Close)
	p.Manners = crawl.NewManners(p.Client, crawl.Courtesy{Delay: -1})
	p.Library = library.New(h.db, p.Org, h.reg, obligation.New(h.db, p.Org, library.Obligations()...), func(string) []check.Span { return nil }, sx2021.Defaults())
	p.Found = func(context.Context, db.Querier, string, int) ([]string, error) { return a.found, nil }
	p.Figures = func(context.Context, registry.SiteID, calendar.Date, calendar.Date) (visits.Figures, error) {
		return a.figures, nil
	}
	p.Notice = func(context.Context, db.Querier, registry.Ref) (notice.Standing, error) { return a.hung, nil }
	p.Shown = func(registry.SiteID, string) (bool, error) { return a.shown, nil }
	h.parts, h.svc = p, closing.New(p)
	h.svc.OnHandedOver(func(_ context.Context, _ *db.Tx, portal registry.SiteID) error {
		a.drawn = append(a.drawn, portal)
		return nil
	})
	var portal registry.Site
	var col registry.Column
	sys := audit.System(context.Background(), "test")
	if err := h.db.Update(sys, func(tx *db.Tx) error {
		var err error
		if portal, err = h.reg.EnterSite(sys, tx, registry.Site{Unit: h.units["city"].ID, Kind: registry.Portal, Name: "西安市人民政府", Host: "www.xa.gov.cn", Hosted: true}); err != nil {
			return err
		}
		col, err = h.column(sys, tx, portal.ID, "news")
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return a, portal, col
}

// column adds a column with its people.
func (h *house) column(ctx context.Context, tx *db.Tx, site registry.SiteID, slug string) (registry.Column, error) {
	system := authz.System("test")
	var ids []org.PersonID
	for _, name := range []string{"甲", "乙"} {
		p, err := h.parts.Org.AddPerson(ctx, tx, system, org.Person{Unit: h.units["city"].ID, Name: name})
		if err != nil {
			return registry.Column{}, err
		}
		ids = append(ids, p.ID)
	}
	return h.reg.AddColumn(ctx, tx, system, registry.Column{Site: site, Slug: slug, Name: "要闻", Type: "政务动态", Description: "发布政务动态", CycleDays: 30, Owner: ids[0], A: ids[0], B: ids[1]})
}

func (h *house) items(id closing.ID) map[closing.ItemKind]closing.Item {
	h.t.Helper()
	list, err := h.svc.Items(context.Background(), h.db, authz.System("test"), id)
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[closing.ItemKind]closing.Item{}
	for _, i := range list {
		out[i.Kind] = i
	}
	return out
}

func (h *house) act(fn func(ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	sys := audit.System(context.Background(), "test")
	if err := h.db.Update(sys, func(tx *db.Tx) error { return fn(sys, tx) }); err != nil {
		h.t.Fatal(err)
	}
}

func reasonOf(err error) string {
	if r := fault.Of(err).Reasons; len(r) > 0 {
		return r[0].ID
	}
	return ""
}

// Article 8(3): the portal of the level takes the old host over when the notice
// has hung its thirty days, keeps the page of old addresses for good, and the
// items are proved by what is seen.
func TestArticle08_3_OldHostIsHandedToThePortalOfItsLevel(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		around, portal, _ := h.surround()
		id := h.begin()
		ctx, scope := h.sponsor()
		today := calendar.DateOf(h.clock.Now())
		if err := h.svc.HandOver(ctx, scope, id); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "跳转表") {
			t.Errorf("without a map: %v", err)
		}
		to := "https://www.xa.gov.cn/content/1.html"
		for _, r := range []closing.Redirect{{Old: "/yw/1.html", Reply: closing.ToNew, Target: to}, {Old: "/hd/", Reply: closing.GoneReply}} {
			if err := h.svc.SetRedirect(ctx, scope, id, r); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.svc.HandOver(ctx, scope, id); reasonOf(err) != sx2021.ClosureConsent.ID {
			t.Errorf("before the consent: %v", err)
		}
		h.act(func(ctx context.Context, tx *db.Tx) error { return h.svc.Consent(ctx, tx, h.ref(), "C1") })
		if err := h.svc.HandOver(ctx, scope, id); reasonOf(err) != sx2021.ClosureNoticeHung.ID {
			t.Errorf("without a notice: %v", err)
		}
		around.hung.First = today.AddDays(-30)
		if err := h.svc.HandOver(ctx, scope, id); reasonOf(err) != sx2021.ClosureNoticeDays.ID {
			t.Errorf("on the thirtieth day: %v", err)
		}
		around.hung.First = today.AddDays(-31)
		host := func(here bool) {
			h.act(func(ctx context.Context, tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `UPDATE site SET hosted = $2 WHERE id = $1`, portal.ID, here); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "site", ID: string(portal.ID)}})
			})
		}
		host(false)
		if err := h.svc.HandOver(ctx, scope, id); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "不由本平台承载") {
			t.Errorf("to a portal elsewhere: %v", err)
		}
		host(true)
		_, _, elsewhere := h.as("else", authz.Supervisor, authz.ClosingManage)
		if err := h.svc.HandOver(ctx, elsewhere, id); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
		if _, _, err := h.svc.AskOldHost(ctx, scope, id); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked before it was handed over: %v", err)
		}
		if err := h.svc.HandOver(ctx, scope, id); err != nil {
			t.Fatal(err)
		}
		if err := h.svc.HandOver(ctx, scope, id); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		over, err := h.svc.Handover(ctx, h.db, scope, id)
		if err != nil || over.Portal != portal.ID || over.Page != "https://www.xa.gov.cn/former/"+oldName+"/" || !slices.Equal(around.drawn, []registry.SiteID{portal.ID}) {
			t.Errorf("%+v, drawn %v (%v)", over, around.drawn, err)
		}
		kept, err := h.svc.KeptAt(ctx, h.db, portal.ID)
		if err != nil || len(kept) != 1 || kept[0].Host != oldName || !kept[0].Until.IsZero() {
			t.Errorf("kept %+v (%v)", kept, err)
		}
		if rows, err := h.svc.KeptMap(ctx, h.db, portal.ID, oldName); err != nil || len(rows) != 2 {
			t.Errorf("%d rows (%v)", len(rows), err)
		}
		if rows, err := h.svc.KeptMap(ctx, h.db, h.site.ID, oldName); err != nil || len(rows) != 0 {
			t.Errorf("%d rows at another site (%v)", len(rows), err)
		}

		// The page is proved by the release that holds it, not before.
		released := func() {
			h.act(func(ctx context.Context, tx *db.Tx) error {
				if err := h.svc.Released(ctx, tx, portal.ID); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "site", ID: string(portal.ID)}})
			})
		}
		released()
		if h.items(id)[closing.StaticMap].Proved {
			t.Error("proved by a release without the page")
		}
		around.shown = true
		released()
		if i := h.items(id)[closing.StaticMap]; !i.Proved || !strings.Contains(i.Proof, "/former/"+oldName+"/") {
			t.Errorf("%+v", i)
		}

		// The old host is asked as a reader would.
		around.answers["/yw/1.html"] = "https://www.xa.gov.cn/elsewhere"
		if says, ok, err := h.svc.AskOldHost(ctx, scope, id); err != nil || ok || !strings.Contains(says, "/yw/1.html") {
			t.Errorf("answers wrongly: %q %v %v", says, ok, err)
		}
		if i := h.items(id)[closing.OldHost]; i.Proved || !strings.Contains(i.Seen, "没有跳转到") {
			t.Errorf("%+v", i)
		}
		around.answers["/yw/1.html"], around.answers["/hd/"] = to, "gone"
		if says, ok, err := h.svc.AskOldHost(ctx, scope, id); err != nil || !ok || !strings.Contains(says, "2 个旧网址") {
			t.Errorf("%q %v %v", says, ok, err)
		}
		if i := h.items(id)[closing.OldHost]; !i.Proved || i.ProvedBy != "系统核对" {
			t.Errorf("%+v", i)
		}

		// A map without an address proves nothing.
		h.act(func(ctx context.Context, tx *db.Tx) error {
			for _, sql := range []string{`DELETE FROM closing_redirect WHERE closing_id = $1`, `UPDATE closing_item SET state = 'open' WHERE closing_id = $1 AND kind IN ('old_host', 'static_map')`} {
				if _, err := tx.Exec(ctx, sql, id); err != nil {
					return err
				}
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test", Target: audit.Target{Kind: "site", ID: string(portal.ID)}})
		})
		if says, ok, err := h.svc.AskOldHost(ctx, scope, id); !fault.Is(err, fault.Conflict) || ok {
			t.Errorf("no address: %q %v %v", says, ok, err)
		}
		released()
		if i := h.items(id); i[closing.OldHost].Proved || i[closing.StaticMap].Proved {
			t.Errorf("proved by no address: %+v", i)
		}

		// What nobody here can see a person proves; figures with their paper.
		if err := h.svc.Prove(ctx, scope, id, closing.Traffic, "原统计系统导出", nil); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "file-traffic" {
			t.Errorf("figures without a paper: %v", err)
		}
		if _, _, err := h.svc.CountTraffic(ctx, scope, id); !fault.Is(err, fault.Refused) {
			t.Errorf("figures of a site that is not hosted here: %v", err)
		}
		if err := h.svc.Prove(ctx, scope, id, closing.Traffic, "原统计系统导出", &approval.Upload{Name: "统计.xlsx", Content: traffic(t)}); err != nil {
			t.Error(err)
		}

		// Redirects end on the domain's cancellation day.
		if err := h.svc.SetRedirectUntil(ctx, scope, id, today.AddDays(10)); err != nil {
			t.Fatal(err)
		}
		if kept, err := h.svc.KeptAt(ctx, h.db, portal.ID); err != nil || kept[0].Until != today.AddDays(10) || len(around.drawn) != 2 {
			t.Errorf("kept %+v, drawn %d times (%v)", kept, len(around.drawn), err)
		}
		h.clock.Advance(12 * 24 * time.Hour)
		if _, _, err := h.svc.AskOldHost(ctx, scope, id); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "已于") {
			t.Errorf("asked after the domain's end: %v", err)
		}
		// A closing that is given up leaves nothing at the portal.
		h.act(func(ctx context.Context, tx *db.Tx) error { return h.svc.Stop(ctx, tx, h.ref(), "继续运行") })
		if kept, err := h.svc.KeptAt(ctx, h.db, portal.ID); err != nil || len(kept) != 0 || len(around.drawn) != 3 {
			t.Errorf("kept %+v, drawn %d times (%v)", kept, len(around.drawn), err)
		}
	})
}

func traffic(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	if err := official.WriteXLSX(&b, official.Sheet{Title: "访问量", Columns: []official.Column{{Title: "日期"}}, Rows: slices.Values([][]any{{"2026-01-01"}})}); err != nil {
		t.Fatal(err)
	}
	return &b
}

// Article 8(3): 原有内容应做整合迁移: what was to be migrated is counted against
// what has arrived and is public, column by column; its new addresses enter the
// map.
func TestArticle08_3_ContentIsCountedAgainstTheLibrary(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		around, portal, col := h.surround()
		id := h.begin()
		ctx, scope := h.sponsor()
		for _, c := range [][2]string{{"要闻", "/yw/"}, {"要闻图片", "/yw/tp/"}, {"活动", "/hd/"}} {
			if err := h.svc.AddColumn(ctx, scope, id, c[0], c[1]); err != nil {
				t.Fatal(err)
			}
		}
		cols, err := h.svc.Columns(ctx, h.db, scope, id)
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string]string{}
		for _, c := range cols {
			byName[c.Name] = c.ID
		}
		decide := func(d closing.Decision, names ...string) {
			t.Helper()
			var ids []string
			for _, n := range names {
				ids = append(ids, byName[n])
			}
			if err := h.svc.Decide(ctx, scope, id, ids, d, "市政府门户网站“要闻”栏目", ""); err != nil {
				t.Fatal(err)
			}
		}
		decide(closing.Migrate, "要闻", "要闻图片")
		count := func() closing.Counted {
			t.Helper()
			n, err := h.svc.CountContent(ctx, scope, id)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := count(); n.Complete || !strings.Contains(n.Says, "没有确定去向") || !strings.Contains(n.Says, "没有查到内容") {
			t.Errorf("%+v", n)
		}
		decide(closing.Archive, "活动")
		around.found = []string{"http://" + host + "/yw/1.html", "http://www." + host + "/yw/2.html", "http://" + host + "/yw/tp/3.html", "http://" + host + "/hd/4.html", "http://elsewhere.gov.cn/yw/9.html"}
		bring := func(number, rows string) {
			t.Helper()
			h.act(func(ctx context.Context, tx *db.Tx) error {
				_, err := h.parts.Library.AdmitMoveIn(ctx, tx, authz.System("test"), library.MoveIn{Site: portal.ID, Number: number, Dated: calendar.Date{Year: 2026, Month: 2, Day: 20}, PersonID: "p", PersonName: "批准人"})
				return err
			})
			rep, err := h.parts.Library.ImportItems(audit.System(context.Background(), "test"), authz.System("test"), strings.NewReader(rows), library.ImportOptions{Publish: &library.Target{Site: portal.ID, Column: col.ID, Case: number}})
			if err != nil || rep.Accepted != strings.Count(rows, "\n") {
				t.Fatalf("%+v (%v)", rep, err)
			}
		}
		row := func(n, address string) string {
			return `{"ref":"r` + n + `","type":"news","title":"要闻` + n + `","text":"内容` + n + `","published":"2026-01-0` + n + `","url":"` + address + `"}` + "\n"
		}
		bring("迁1", row("1", "http://"+oldName+"/yw/1.html")+row("3", "https://"+oldName+"/yw/tp/3.html"))
		n := count()
		if n.Complete || n.Mapped != 2 || !strings.Contains(n.Says, "“要闻”有 2 篇，已公开 1 篇") || strings.Contains(n.Says, "要闻图片") {
			t.Errorf("%+v", n)
		}
		if i := h.items(id)[closing.ContentMigration]; i.Proved || i.Seen != n.Says {
			t.Errorf("%+v", i)
		}
		bring("迁2", row("2", "http://www."+oldName+"/yw/2.html"))
		if n := count(); !n.Complete || n.Mapped != 1 || !strings.Contains(n.Says, "2 个栏目共 3 篇") {
			t.Errorf("%+v", n)
		}
		if i := h.items(id)[closing.ContentMigration]; !i.Proved || i.ProvedBy != "系统核对" {
			t.Errorf("%+v", i)
		}
		list, _, err := h.svc.Map(ctx, h.db, scope, id, "", 10, 0)
		if err != nil || len(list) != 3 || list[0].Old != "/yw/1.html" || !strings.HasPrefix(list[0].Target, "https://www.xa.gov.cn/content/202601/") {
			t.Errorf("map %+v (%v)", list, err)
		}

		// Figures: the most read pages have to be in the map.
		day := calendar.DateOf(h.clock.Now())
		around.figures = visits.Figures{Days: []visits.Day{{On: day, Views: 12, Visitors: 5}}, Sum: visits.Day{Views: 12, Visitors: 5}, Pages: []visits.Part{{Name: "/", Hits: 7}, {Name: "/yw/1.html", Hits: 4}, {Name: "/zt/1.html", Hits: 1}}}
		if says, ok, err := h.svc.CountTraffic(ctx, scope, id); err != nil || ok || !strings.Contains(says, "/zt/1.html") {
			t.Errorf("%q %v %v", says, ok, err)
		}
		if err := h.svc.SetRedirect(ctx, scope, id, closing.Redirect{Old: "/zt/1.html", Reply: closing.GoneReply}); err != nil {
			t.Fatal(err)
		}
		h.act(func(ctx context.Context, tx *db.Tx) error { return h.svc.Consent(ctx, tx, h.ref(), "C1") })
		if says, ok, err := h.svc.CountTraffic(ctx, scope, id); err != nil || !ok || !strings.Contains(says, "页面浏览量 12 次") {
			t.Errorf("%q %v %v", says, ok, err)
		}
		if i := h.items(id)[closing.Traffic]; !i.Proved || i.Attachment == "" {
			t.Errorf("%+v", i)
		}
		if _, _, err := h.svc.CountTraffic(ctx, scope, id); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		if n, err := h.svc.LookAtFacts(context.Background()); err != nil || n != 1 {
			t.Errorf("looked at %d (%v)", n, err)
		}
	})
}

// A site hosted here: what stands in its columns is counted against what other
// sites show of it.
func TestArticle08_3_ContentOfAHostedSite(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, portal, col := h.surround()
		ctx, scope := h.sponsor()
		var old registry.Column
		h.act(func(ctx context.Context, tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE site SET hosted = $2 WHERE id = $1`, h.site.ID, true); err != nil {
				return err
			}
			var err error
			if old, err = h.column(ctx, tx, h.site.ID, "yw"); err != nil {
				return err
			}
			_, err = h.parts.Library.AdmitMoveIn(ctx, tx, authz.System("test"), library.MoveIn{Site: h.site.ID, Number: "迁1", Dated: calendar.Date{Year: 2026, Month: 2, Day: 20}, PersonID: "p", PersonName: "批准人"})
			return err
		})
		id := h.begin()
		sys := audit.System(context.Background(), "test")
		if rep, err := h.parts.Library.ImportItems(sys, authz.System("test"), strings.NewReader(`{"ref":"r1","type":"news","title":"要闻一","text":"内容","published":"2026-01-01"}`+"\n"), library.ImportOptions{Publish: &library.Target{Site: h.site.ID, Column: old.ID, Case: "迁1"}}); err != nil || rep.Accepted != 1 {
			t.Fatalf("%+v (%v)", rep, err)
		}
		cols, err := h.svc.Columns(ctx, h.db, scope, id)
		if err != nil || len(cols) != 1 {
			t.Fatalf("%+v (%v)", cols, err)
		}
		if err := h.svc.Decide(ctx, scope, id, []string{cols[0].ID}, closing.Migrate, "市政府门户网站“要闻”栏目", ""); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.CountContent(ctx, scope, id); err != nil || n.Complete || !strings.Contains(n.Says, "有 1 篇，已公开 0 篇") {
			t.Errorf("%+v (%v)", n, err)
		}
		list, err := h.parts.Library.LiveItems(ctx, h.db, old.ID, 10, 0)
		if err != nil || len(list) != 1 {
			t.Fatal(err)
		}
		h.act(func(ctx context.Context, tx *db.Tx) error {
			_, err := h.parts.Library.AdoptTx(ctx, tx, authz.System("test"), library.Adoption{Item: list[0].Item.ID, Column: col.ID})
			return err
		})
		n, err := h.svc.CountContent(ctx, scope, id)
		if err != nil || !n.Complete || n.Mapped != 1 {
			t.Errorf("%+v (%v)", n, err)
		}
		rows, _, err := h.svc.Map(ctx, h.db, scope, id, "", 10, 0)
		if err != nil || len(rows) != 1 || rows[0].Target != "https://"+portal.Host+list[0].Item.Path() {
			t.Errorf("%+v (%v)", rows, err)
		}
	})
}
