package inspection_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
)

// released makes the site one that this house publishes, with the pages of its
// release: those of the made-up site and 30 more that no link leads to.
func (h *house) released() *[]string {
	h.t.Helper()
	sys := audit.System(context.Background(), "test")
	err := h.db.Update(sys, func(tx *db.Tx) error {
		if _, err := tx.Exec(sys, `UPDATE site SET hosted = TRUE WHERE id = $1`, h.site.ID); err != nil {
			return err
		}
		return audit.Record(sys, tx, audit.Entry{Act: "test"})
	})
	if err != nil {
		h.t.Fatal(err)
	}
	paths := []string{"/", "/yw/", "/tz/", "/yw/1.html", "/tz/1.html", "/map.html"}
	for i := range 30 {
		path := fmt.Sprintf("/content/2026/03/%03d.html", i)
		h.made.Put(path, enginetest.Article(fmt.Sprintf("第%d号通知", i), "通知公告", "通知公告", fmt.Sprintf("2026-03-%02d %02d:%02d", 1+i%18, 9+i/18%8, i/144), fmt.Sprintf("编号%d的事项请各街道办事处按要求办理。", i)))
		paths = append(paths, path)
	}
	return &paths
}

func (h *house) listing(paths *[]string) {
	h.svc.PagesFrom(func(_ context.Context, _ registry.Site, each func(string)) error {
		for _, p := range *paths {
			each(p)
		}
		return nil
	})
}

func (h *house) patrol() inspection.Run {
	h.t.Helper()
	if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 1 {
		h.t.Fatalf("%d patrols (%v)", n, err)
	}
	h.work()
	return h.last()
}

func (h *house) last() inspection.Run {
	h.t.Helper()
	list, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 1)
	if err != nil || len(list) != 1 || list[0].State != inspection.RunDone {
		h.t.Fatalf("%+v (%v)", list, err)
	}
	return list[0]
}

// Article 19(4): of a site that is published here the patrol looks at every page,
// linked or not, and says so; one that does not open is a finding of itself.
func TestArticle19_4_PatrolOfAHostedSiteIsACensus(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, MaxPages: 12})
		paths := h.released()
		h.listing(paths)
		h.made.Swap("/content/2026/03/017.html", "请各街道办事处", "联系人身份证号11010519491231002X，请各街道办事处")
		*paths = append(*paths, "/content/2026/03/lost.html", "/content/2026/03/shut.html")
		h.made.Set("/content/2026/03/shut.html", enginetest.Page{Status: http.StatusForbidden, Type: "text/html", Body: "no"})
		r := h.patrol()
		c := r.Census
		if c == nil || !c.Whole || c.Listed != 38 || c.Seen != 37 || len(c.Left) != 1 || c.Left[0].Count != 1 || !strings.Contains(c.Left[0].Why, "拒绝访问") || !strings.HasSuffix(c.Left[0].Where, "/shut.html") {
			t.Fatalf("%+v", c)
		}
		if r.Pages < 36 {
			t.Errorf("%d pages", r.Pages)
		}
		var got []string
		var lost inspection.Finding
		for _, f := range h.findings("standing") {
			got = append(got, f.Check+" "+strings.TrimPrefix(f.URL, "http://"+enginetest.Host))
			if f.Check == engine.CheckListed {
				lost = f
			}
		}
		slices.Sort(got)
		if want := []string{"access.page /content/2026/03/lost.html", "privacy.id_card /content/2026/03/017.html"}; !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
		if lost.Evidence == "" || !strings.Contains(lost.Says, "404") {
			t.Errorf("%+v", lost)
		}

		// A second look at it, and at what has been taken down.
		if r, err := h.svc.Retest(h.ctx, h.scope, lost.ID); err != nil || r.Closed || r.After.Outcome != engine.Standing {
			t.Errorf("still lost: %+v (%v)", r.After, err)
		}
		*paths = (*paths)[:36]
		if r, err := h.svc.Retest(h.ctx, h.scope, lost.ID); err != nil || !r.Closed {
			t.Errorf("taken out of the release: %+v (%v)", r.After, err)
		}

		// A person's run keeps its number, and says of how many.
		r = h.run()
		if c := r.Census; c == nil || c.Whole || c.Listed != 36 || c.Seen < 6 || c.Seen > 12 || c.Missed() != c.Left[0].Count {
			t.Errorf("by hand %+v", c)
		}
		// So does a plan with a number.
		h.clock.Set(morning.Add(time.Hour))
		p := h.plan()
		p.Spec.Pages = 3
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		h.work()
		if c := h.last().Census; c == nil || c.Whole || c.Listed != 36 || c.Seen != 3 || len(c.Left) != 1 || c.Left[0].Count != 33 || !strings.Contains(c.Left[0].Why, "页面数量上限") {
			t.Errorf("with a number %+v", c)
		}
	})
}

// A page that was lost is found once, and closed by the next patrol when it opens or
// was taken out of the release.
func TestLostPagesAreClosedByTheNextCensus(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		paths := h.released()
		h.listing(paths)
		*paths = append(*paths, "/a/lost.html", "/a/down.html")
		if r := h.patrol(); r.Fresh != 2 {
			t.Fatalf("%+v", r)
		}
		h.clock.Set(morning.Add(25 * time.Hour))
		if r := h.patrol(); r.Fresh != 0 || r.Found != 2 {
			t.Errorf("the second day %+v", r)
		}
		h.clock.Set(morning.Add(50 * time.Hour))
		h.made.Put("/a/lost.html", enginetest.Article("补发的通知", "通知公告", "通知公告", "2026-03-18 09:00", "补发。"))
		*paths = (*paths)[:len(*paths)-1]
		if r := h.patrol(); r.Closed != 2 || r.Census.Missed() != 0 {
			t.Errorf("put right: %+v", r)
		}
	})
}

// Readings 22: the list of pages travels in the signed plan.
func TestARemoteCrawlerTakesTheCensus(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		paths := h.released()
		x, crawler, _ := exchanging(t, h)
		h.listing(paths)
		*paths = append(*paths, "/content/2026/03/lost.html")
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			batches, _ := filepath.Glob(filepath.Join(x.Batches, "*"))
			t.Fatalf("took %d of %q (%v)", n, batches, err)
		}
		if c := h.last().Census; c == nil || !c.Whole || c.Listed != 37 || c.Seen != 37 {
			t.Errorf("%+v", c)
		}
		if list := h.findings("standing"); len(list) != 1 || list[0].Check != engine.CheckListed {
			t.Errorf("%+v", list)
		}
	})
}

// The lists of large releases make more files, each of a size a crawler takes.
func TestLongListsOfPagesAreSentInParts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, _, _ := exchanging(t, h)
		sys := audit.System(context.Background(), "test")
		err := h.db.Update(sys, func(tx *db.Tx) error {
			for i := range 6 {
				site, err := h.reg.EnterSite(sys, tx, registry.Site{Unit: h.site.Unit, Kind: registry.DepartmentSite, Name: fmt.Sprintf("第%d个网站", i), Host: fmt.Sprintf("s%d.yanta.gov.cn", i), Hosted: true, Slug: fmt.Sprintf("s%d", i)})
				if err != nil {
					return err
				}
				if err := h.reg.SetMonitored(sys, tx, h.scope, site.ID, true); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		h.svc.PagesFrom(func(_ context.Context, _ registry.Site, each func(string)) error {
			each("/")
			for i := range 10_000 {
				each(fmt.Sprintf("/content/%s/%d.html", strings.Repeat("a", 900), i))
			}
			return nil
		})
		p := h.plan()
		p.Spec.Remote, p.Cadence, p.Hosted = true, "once", "only"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(x.Plans, "*.plan"))
		if err != nil || len(files) != 2 {
			t.Fatalf("%q (%v)", files, err)
		}
		tasks := 0
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var sent inspection.PlanFile
			_, body, _ := bytes.Cut(b, []byte("\n"))
			if err := json.Unmarshal(body, &sent); err != nil || len(b) > 16<<20 {
				t.Fatalf("%d bytes (%v)", len(b), err)
			}
			for _, task := range sent.Tasks {
				tasks++
				if n := len(task.Target.Listed); task.Target.Release != 10_001 || n < 1000 || n > 10_000 || task.Target.Listed[0] != "/" {
					t.Errorf("%d of %d pages", n, task.Target.Release)
				}
			}
		}
		if tasks != 6 {
			t.Errorf("%d tasks", tasks)
		}
	})
}

// A remote crawler reads by the lists of the site's unit, which stand once in the
// plan, and says by which; of one that does not, nothing the lists find is closed.
func TestRemoteCrawlersReadByTheUnitsLists(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, _, key := exchanging(t, h)
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Exchange: x, Lists: func(context.Context, org.UnitID) (string, []byte, error) {
			return "e1/u1", []byte(`"取得实效"`), nil
		}})
		look := func(name string, reads bool) inspection.Run {
			t.Helper()
			set := inspection.CrawlerSettings{Plans: x.Plans, Batches: x.Batches, House: map[string]bool{inspection.PublicKey(x.Key): true}, Key: key, Slots: 1, Delay: -1, Now: h.clock.Now}
			set.Scanner = func(words json.RawMessage, _ calendar.Date) (check.Scanner, error) {
				wrong := ""
				if err := json.Unmarshal(words, &wrong); err != nil {
					return nil, err
				}
				return enginetest.Quoting(wrong), nil
			}
			p := h.plan()
			p.Name, p.Spec.Remote, p.Spec.Families, p.Cadence = name, true, []string{"wording"}, "once"
			if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
				t.Fatal(err)
			}
			if !reads { // an older one answers without lists
				answered(t, x, key)
			} else if err := inspection.NewCrawler(enginetest.Frontier(t, t.TempDir()), h.made.Client(t), set).Once(h.ctx); err != nil {
				t.Fatal(err)
			}
			if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
				t.Fatalf("took %d (%v)", n, err)
			}
			return h.last()
		}
		r := look("第一次检查", true)
		if rules, lists := r.Editions(); rules != check.Edition() || lists != "e1/u1" || r.Found == 0 {
			t.Fatalf("%s %s, found %d", rules, lists, r.Found)
		}
		h.clock.Set(morning.Add(time.Hour))
		r = look("第二次检查", false)
		if _, lists := r.Editions(); lists != "" || r.Closed != 0 || !slices.ContainsFunc(r.Untested, func(u engine.Untested) bool { return u.Check == "wording" && strings.Contains(u.Why, "词库") }) {
			t.Errorf("without lists: closed %d, %+v", r.Closed, r.Untested)
		}
	})
}

// A remote crawler is told which cases were confirmed false, so that the next page of
// the template is found beside the one that was excused.
func TestRemoteCrawlersKnowWhatWasExcused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, _, key := exchanging(t, h)
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Exchange: x})
		open := func() inspection.Finding {
			t.Helper()
			list := slices.DeleteFunc(h.findings(inspection.FindingOpen), func(f inspection.Finding) bool { return f.Check != "tags.article_title_heading" })
			if len(list) != 1 {
				t.Fatalf("%+v", list)
			}
			return list[0]
		}
		bad := func(page, title string) {
			h.made.Put(page, strings.Replace(enginetest.Article(title, "要闻", "政务动态", "2026-03-10 09:00", title+"，各部门参加。"), `"ArticleTitle" content="`, `"ArticleTitle" content="另一个题目`, 1))
		}
		h.made.Swap("/yw/", "</ul>", `<li><a href="/yw/21.html">植树活动启动的信息</a></li><li><a href="/yw/22.html">防汛工作部署的信息</a></li></ul>`)
		bad("/yw/21.html", "植树活动启动的信息")
		h.made.Put("/yw/22.html", enginetest.Article("防汛工作部署的信息", "要闻", "政务动态", "2026-03-10 09:00", "部署防汛工作。"))
		h.run()
		f := open()
		if _, err := h.svc.Dispute(h.ctx, h.scope, f.ID, "经办人认为不是问题。"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.svc.Answer(h.ctx, h.scope, f.ID, inspection.ItIsFalse, "经核对，情况属实。"); err != nil {
			t.Fatal(err)
		}
		bad("/yw/22.html", "防汛工作部署的信息")
		p := h.plan()
		p.Spec.Remote, p.Spec.Families, p.Cadence = true, []string{"tags"}, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		set := inspection.CrawlerSettings{Plans: x.Plans, Batches: x.Batches, House: map[string]bool{inspection.PublicKey(x.Key): true}, Key: key, Slots: 1, Delay: -1, Now: h.clock.Now}
		if err := inspection.NewCrawler(enginetest.Frontier(t, t.TempDir()), h.made.Client(t), set).Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
			t.Fatalf("took %d (%v)", n, err)
		}
		if f := open(); f.URL != "http://"+enginetest.Host+"/yw/22.html" || f.Pages != 1 {
			t.Errorf("%+v", f)
		}
	})
}

// answered answers the newest plan as a crawler does that knows of no lists and finds
// nothing.
func answered(t *testing.T, x inspection.Exchange, key ed25519.PrivateKey) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(x.Plans, "*.plan"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	b, err := os.ReadFile(slices.Max(files))
	if err != nil {
		t.Fatal(err)
	}
	var p inspection.PlanFile
	_, body, _ := bytes.Cut(b, []byte("\n"))
	if err := json.Unmarshal(body, &p); err != nil || len(p.Tasks) != 1 || p.Tasks[0].Lists != "e1/u1" || string(p.Lists["e1/u1"]) != `"取得实效"` || p.Tasks[0].Words != nil || len(p.Tasks[0].Known) == 0 {
		t.Fatalf("%+v (%v)", p, err)
	}
	out, err := json.Marshal(map[string]any{"run": p.Tasks[0].Run, "vantage": "旧", "edition": check.Edition(), "begun": p.Issued, "report": map[string]any{"visited": []string{"http://" + enginetest.Host + "/yw/1.html", "http://" + enginetest.Host + "/"}, "reachable": true}})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(out)
	sig := ed25519.Sign(key, []byte("zhengshu batch "+hex.EncodeToString(sum[:])))
	head := inspection.PublicKey(key) + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	if err := os.WriteFile(filepath.Join(x.Batches, string(p.Tasks[0].Run)+".batch"), append([]byte(head), out...), 0o644); err != nil {
		t.Fatal(err)
	}
}
