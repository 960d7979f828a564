package publishing_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/library"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
)

// inspecting is an inspector of the house's own portal, on a real listener.
func (h *house) inspecting() *inspection.Service {
	h.t.Helper()
	sys := audit.System(context.Background(), "test")
	must(h.t, passage.Declare(sys, h.db, inspection.FindingMachine))
	server := httptest.NewServer(h.portal)
	h.t.Cleanup(server.Close)
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	client := egress.New(egress.Policy{Local: at, Own: func(host string) bool { return strings.HasSuffix(host, ".localhost") }})
	h.t.Cleanup(client.Close)
	blobs, err := blob.Disk(h.t.TempDir())
	must(h.t, err)
	probes, err := inspection.OpenProbes(sys, h.db, h.t.TempDir())
	must(h.t, err)
	if probes != h.db {
		h.t.Cleanup(func() { must(h.t, probes.Close()) })
	}
	svc := inspection.New(h.db, probes, h.reg, blobs, client, inspection.Settings{Delay: -1})
	_, port, _ := strings.Cut(at.String(), ":")
	svc.OriginFrom(func(s registry.Site) string { return "http://" + s.Host + ":" + port })
	svc.PagesFrom(func(_ context.Context, site registry.Site, each func(string)) error {
		r, err := h.store.Current(site.ID)
		if errors.Is(err, publishing.ErrNoRelease) {
			return nil
		}
		if err != nil {
			return err
		}
		return r.EachDocument(func(p publishing.Page) error { each(p.Path); return nil })
	})
	must(h.t, h.db.Update(sys, func(tx *db.Tx) error { return h.reg.SetMonitored(sys, tx, system, h.site.ID, true) }))
	return svc
}

// What an author is warned of at the preview is what the patrol finds on the live
// page, by the same rules and in the same words.
func TestArticle19_3_APreviewIsHeldToTheRulesOfThePatrol(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		svc := h.inspecting()
		doc, err := prose.FromText("一、受理条件\n\n本县常住居民。\n\n二、申请材料\n\n居住证申请表一份。\n\n联系邮箱 zhangsan@qq.com。")
		must(t, err)
		w := library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: "居住证办事指南"}, Doc: doc, Unit: h.unit.ID, Columns: []registry.ColumnID{h.news.ID}}
		it, err := h.lib.Create(h.author.ctx, h.author.session.ScopeFor(authz.ItemWrite), w)
		must(t, err)
		v, err := h.lib.Version(h.author.ctx, h.author.session.ScopeFor(authz.ItemRead), it.ID, 0)
		must(t, err)
		page, path, err := h.pub.Staged(h.author.ctx, it, v, h.site.ID, h.news.ID)
		must(t, err)
		staged, err := svc.Stage(h.author.ctx, h.site.ID, path, page, nil)
		must(t, err)
		if !strings.HasSuffix(staged.Rules, "/rules/") || len(staged.Untested) == 0 {
			t.Errorf("%+v", staged)
		}
		var warned []string
		for _, f := range staged.Found {
			warned = append(warned, f.Check+" "+f.Says)
			if f.Fix == "" || f.Article == "" {
				t.Errorf("%s has no cure or no basis", f.Check)
			}
		}
		slices.Sort(warned)
		if len(warned) != 2 || !strings.HasPrefix(warned[0], "guide.") || !strings.HasPrefix(warned[1], "privacy.email ") {
			t.Fatalf("warned of %q", warned)
		}
		// What the checks of the manuscript have said is not said again.
		once, err := svc.Stage(h.author.ctx, h.site.ID, path, page, map[string]bool{"privacy.email": true})
		if must(t, err); len(once.Found) != 1 || once.Found[0].Check != "guide.elements" {
			t.Errorf("%+v", once.Found)
		}
		it = h.review(it)
		h.publish()
		n, err := svc.PatrolDue(h.author.ctx)
		if err != nil || n != 1 {
			t.Fatalf("%d %v", n, err)
		}
		runs, err := svc.Runs(h.author.ctx, system, h.site.ID, 1)
		must(t, err)
		must(t, svc.Work(h.author.ctx, runs[0].ID))
		run, err := svc.Run(h.author.ctx, system, runs[0].ID)
		must(t, err)
		if c := run.Census; c == nil || !c.Whole || c.Listed < 10 || c.Missed() != len(c.Left) {
			t.Errorf("%+v", c)
		}
		list, _, err := svc.Findings(h.author.ctx, h.db, system, inspection.FindingFilter{State: "standing", Limit: 100})
		must(t, err)
		var live []string
		for _, f := range list {
			if strings.HasSuffix(f.URL, path) || f.Pages > 1 {
				live = append(live, f.Check+" "+f.Says)
			}
		}
		slices.Sort(live)
		if !slices.Equal(slices.Compact(live), warned) {
			t.Errorf("found on the live page %q, warned of %q", live, warned)
		}
	})
}

// The ledger keeps the number of the 标识 or the address of its issuer's page; the
// foot leads to that page by the number either way.
func TestTheFootLeadsToTheMark(t *testing.T) {
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	it := h.live("关于做好防汛工作的通知", "各单位要做好防汛工作。")
	v, err := h.lib.Version(h.author.ctx, authz.System("test"), it.ID, 0)
	must(t, err)
	live := publishing.New(h.db, h.reg, h.lib, h.store, publishing.Config{Port: "8080"})
	for _, kept := range []string{"0A1B", "https://bszs.conac.cn/sitename?method=show&id=0A1B"} {
		must(t, h.db.Update(h.author.ctx, func(tx *db.Tx) error {
			_, err := h.reg.SetIdentifiers(h.author.ctx, tx, authz.System("test"), h.site.ID, registry.Identifiers{Name: h.site.Name, Host: h.site.Host, SiteCode: h.site.SiteCode, ICP: h.site.ICP,
				Contact: h.site.Contact, Slug: h.site.Slug, Hosted: true, PartyGovMark: kept, Why: registry.Why{Says: "核发标识"}})
			return err
		}))
		page, _, err := live.Staged(h.author.ctx, it, v, h.site.ID, h.news.ID)
		must(t, err)
		if want := `href="https://bszs.conac.cn/sitename?method=show&amp;id=0A1B"`; !strings.Contains(string(page), want) {
			t.Errorf("kept as %s: no %s", kept, want)
		}
	}
}
