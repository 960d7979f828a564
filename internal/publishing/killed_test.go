package publishing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// The publishing process finds its database and its folder here.
const (
	envLifeAt  = "ZHENGSHU_PUBLISH_AT"
	envLifeDir = "ZHENGSHU_PUBLISH_DIR"
)

// The process that publishes is killed (kill -9) at random moments, in the
// middle of urgent releases, whole ones and their search index, of withdrawals
// and of setting back and going on. Each time the portal has one release that is
// whole, and who comes next completes what was under way.
func TestKilledPublisherLeavesOneReleaseWhole(t *testing.T) {
	if at := os.Getenv(envLifeAt); at != "" {
		publishUntilKilled(t, at)
		return
	}
	if testing.Short() {
		t.Skip("left out by -short: kills processes for some seconds")
	}
	publishing.Beside(t, 0)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := build(t, d, t.TempDir())
		h.moveIn(0, 60)
		h.publish()
		at := dbtest.Address(t, d)
		for range 3 {
			// One to three acts are done, so that it is killed in the middle of each kind.
			dbtest.Life(t, "TestKilledPublisherLeavesOneReleaseWhole", []string{envLifeAt + "=" + at, envLifeDir + "=" + h.dir}, 1+rand.IntN(3), time.Duration(rand.IntN(400))*time.Millisecond)
			// As it was left: one release, every byte of it.
			h.open()
			l, err := h.store.Verify(context.Background(), h.site.ID, 1)
			must(t, err)
			if len(l.Damage) > 0 || l.Pages < 120 {
				t.Fatalf("left behind: %d pages, %+v", l.Pages, l.Damage)
			}
			if !h.shows("/", "第") || !h.shows("/news/page-1.html", "迁入第0条") || !h.shows("/search?q=%E8%BF%81%E5%85%A5%E7%AC%AC7%E6%9D%A1", "7") {
				t.Fatal("what is public is not whole")
			}
			// The next process goes on; a site that was set back waits for a person.
			scope := h.final.session.ScopeFor(authz.SignedIn)
			_, held, err := h.pub.Held(h.final.ctx, scope, h.site.ID)
			must(t, err)
			if held {
				h.publish()
				must(t, h.pub.GoOn(h.final.ctx, scope, h.site.ID))
			}
			h.publish()
			items, err := db.All(context.Background(), d, db.Value[string], `SELECT lower(p.item_id) FROM item_placement p JOIN item_live l ON l.item_id = p.item_id WHERE p.state = 'live'`)
			must(t, err)
			r, err := h.store.Current(h.site.ID)
			must(t, err)
			shown := map[string]bool{}
			must(t, r.Each(func(p publishing.Page) error {
				if p.Status == 200 && strings.HasPrefix(p.Path, "/content/") {
					shown[strings.TrimSuffix(filepath.Base(p.Path), ".html")] = true
				}
				return nil
			}))
			if len(shown) != len(items) {
				t.Errorf("%d items are live, %d have a page", len(items), len(shown))
			}
			for _, id := range items {
				if !shown[id] {
					t.Errorf("item %s has no page", id)
				}
			}
			withdrawn, err := db.All(context.Background(), d, db.Value[library.ItemID], `SELECT id FROM item WHERE state = 'withdrawn'`)
			must(t, err)
			for _, id := range withdrawn {
				it, err := h.lib.Item(context.Background(), system, id)
				must(t, err)
				if code, _ := h.get(publishing.Path(it)); code != 410 && code != 404 { // 404: it went before it was ever public
					t.Errorf("withdrawn item %s answers %d", id, code)
				}
			}
			waiting, err := db.One(context.Background(), d, db.Value[int], `SELECT count(*) FROM release_change`)
			must(t, err)
			if l, err = h.store.Verify(context.Background(), h.site.ID, 1); err != nil || len(l.Damage) > 0 || waiting != 0 {
				t.Errorf("after going on: %+v %v, %d changes wait", l.Damage, err, waiting)
			}
			var last string
			if len(items) > 60 {
				last, err = db.One(context.Background(), d, db.Value[string], `SELECT v.title FROM item_live l JOIN item_version v ON v.item_id = l.item_id AND v.no = l.version_no WHERE v.title LIKE '又来%' ORDER BY l.item_id DESC LIMIT 1`)
				must(t, err)
				if !h.shows("/search?q="+last, last) {
					t.Errorf("%s is not found", last)
				}
			}
		}
	})
}

// publishUntilKilled is the life of the process: an item, published at once or
// with the whole site drawn anew, the site set back and gone on with, an item
// withdrawn, again and again.
func publishUntilKilled(t *testing.T, at string) {
	publishing.Beside(t, 0)
	d := dbtest.Reopen(t, at, nil)
	h := reopened(t, d, os.Getenv(envLifeDir))
	ctx := audit.System(context.Background(), "test")
	scope := h.final.session.ScopeFor(authz.SignedIn)
	for i := rand.IntN(4); ; i++ {
		it := h.live(fmt.Sprintf("又来第%d条", i), "防汛工作又有进展。")
		switch i % 4 {
		case 0:
			must(t, h.pub.Publish(ctx, h.site.ID))
		case 1:
			must(t, h.pub.Rebuild(ctx, h.site.ID))
			must(t, h.pub.Reindex(ctx, h.site.ID))
		case 2:
			must(t, h.pub.Publish(ctx, h.site.ID))
			r, err := h.store.Current(h.site.ID)
			must(t, err)
			_, err = h.pub.SetBack(h.final.ctx, scope, h.site.ID, r.No-1, r.No, "页面样式错乱，先恢复")
			must(t, err)
			must(t, h.pub.GoOn(h.final.ctx, scope, h.site.ID))
			must(t, h.pub.Publish(ctx, h.site.ID))
		case 3:
			must(t, h.pub.Publish(ctx, h.site.ID))
			h.withdraw(it)
			must(t, h.pub.Publish(ctx, h.site.ID))
		}
		// One write call a line: what is printed is public.
		fmt.Printf("ack %d\n", i)
	}
}

// reopened is the house over a database and a folder somebody worked in.
func reopened(t *testing.T, d *db.DB, dir string) *house {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	h := &house{t: t, db: d, dir: dir}
	o := org.New(d)
	h.reg = registry.New(d, o)
	h.lib = library.New(d, o, h.reg, obligation.New(d, o, library.Obligations()...), func(string) []check.Span { return nil }, sx2021.Defaults())
	sites, _, err := h.reg.Sites(ctx, system, registry.SiteFilter{Hosted: true, Limit: 1})
	must(t, err)
	h.site = sites[0]
	h.unit, err = o.Unit(ctx, system, h.site.Unit)
	must(t, err)
	columns, err := h.reg.Columns(ctx, d, system, h.site.ID)
	must(t, err)
	for _, c := range columns {
		if c.Slug == "news" {
			h.news = c
		}
	}
	for p, id := range map[*desk]org.PersonID{&h.author: h.news.A, &h.first: h.news.B, &h.final: h.news.Owner} {
		posts, err := o.PostsOf(ctx, d, id)
		must(t, err)
		p.session = &authz.Session{PersonID: string(id), Posts: posts}
		p.ctx = audit.WithActor(authz.WithSession(context.Background(), p.session), audit.Actor{Kind: "person", ID: string(id), Name: string(id)})
	}
	h.open()
	return h
}

// objects counts the files of the store.
func (h *house) objects() int {
	h.t.Helper()
	n := 0
	must(h.t, filepath.WalkDir(filepath.Join(h.dir, "releases", "objects"), func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// moveIn brings many items in at once.
func (h *house) moveIn(from, n int) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	number := fmt.Sprint(from)
	must(h.t, h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := h.lib.AdmitMoveIn(ctx, tx, system, library.MoveIn{Site: h.site.ID, Number: number, Dated: calendar.DateOf(time.Now()), PersonID: "p", PersonName: "批准人"})
		return err
	}))
	var list strings.Builder
	for i := from; i < from+n; i++ {
		fmt.Fprintf(&list, "{\"ref\":\"r%d\",\"type\":\"news\",\"title\":\"迁入第%d条\",\"text\":\"正文。\",\"published\":\"20%02d-%02d-%02d\"}\n", i, i, 10+i%10, i%12+1, i%28+1)
	}
	_, err := h.lib.ImportItems(ctx, system, strings.NewReader(list.String()), library.ImportOptions{Publish: &library.Target{Site: h.site.ID, Column: h.news.ID, Case: number}})
	must(h.t, err)
}

// What one more item costs does not grow with its column, and what setting back
// costs does not grow with the site: so many pages drawn, so many objects
// written.
func TestWorkDoesNotGrowWithTheSite(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	drawn := 0
	h.pub.OnDrawn(func(n int) { drawn = n })
	scope := h.final.session.ScopeFor(authz.SignedIn)
	type cost struct{ pages, objects, back int }
	var costs []cost
	for i, n := range []int{120, 600} {
		h.moveIn(10_000*i, n)
		h.publish()
		h.live("先垫一条", "正文。") // a month of its own
		h.publish()
		var c cost
		before := h.objects()
		it := h.live(fmt.Sprintf("多出一条%d", i), "正文。")
		h.publish()
		c.pages, c.objects = drawn, h.objects()-before
		if !h.shows(publishing.Path(it), "多出一条") || !h.shows("/news/", "多出一条") {
			t.Fatal("not public")
		}
		r, err := h.store.Current(h.site.ID)
		must(t, err)
		before = h.objects()
		_, err = h.pub.SetBack(h.final.ctx, scope, h.site.ID, r.No-1, r.No, "页面样式错乱，先恢复")
		must(t, err)
		c.back = h.objects() - before
		if code, _ := h.get(publishing.Path(it)); code != 404 {
			t.Errorf("not set back: %d", code)
		}
		must(t, h.pub.GoOn(h.final.ctx, scope, h.site.ID))
		h.publish()
		costs = append(costs, c)
	}
	t.Logf("of 120 and 720 items: %+v", costs)
	small, large := costs[0], costs[1]
	if large.pages > small.pages+4 || large.objects > small.objects+6 {
		t.Errorf("one more item: %+v in a column of 120, %+v in one of 700", small, large)
	}
	if small.back > 1 || large.back > 1 { // the manifest
		t.Errorf("setting back wrote %d and %d objects", small.back, large.back)
	}
}
