package integrity_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
	"zhengshu/internal/integrity"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
)

// house is one hosted site, published, served and watched.
type house struct {
	t      *testing.T
	ctx    context.Context
	d      *db.DB
	dir    string
	store  *publishing.Store
	site   registry.Site
	watch  *integrity.Service
	pub    *publishing.Publisher
	reg    *registry.Service
	server *httptest.Server

	between atomic.Bool
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func open(t *testing.T, d *db.DB) *house {
	h := &house{t: t, ctx: audit.System(context.Background(), "test"), d: d, dir: filepath.Join(t.TempDir(), "releases")}
	h.must(passage.Declare(h.ctx, d, registry.SiteMachine, library.Machine, inspection.FindingMachine))
	o := org.New(d)
	reg := registry.New(d, o)
	h.reg = reg
	lib := library.New(d, o, reg, obligation.New(d, o, library.WaivedInterpretation), func(string) []check.Span { return nil }, sx2021.Defaults())
	h.must(d.Update(h.ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610900", Name: "安康市", Parent: "province-610000000000"}} {
			if _, err := o.AddArea(h.ctx, tx, a); err != nil {
				return err
			}
		}
		if _, _, err := o.AddUnit(h.ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "省人民政府办公厅"}); err != nil {
			return err
		}
		u, _, err := o.AddUnit(h.ctx, tx, org.Unit{Area: "city-610900000000", Kind: org.Office, Name: "安康市人民政府办公室"})
		if err != nil {
			return err
		}
		h.site, err = reg.EnterSite(h.ctx, tx, registry.Site{Unit: u.ID, Kind: registry.Portal, Name: "安康市人民政府（演示）", Host: "ankang.localhost", Slug: "ankang", SiteCode: "6109000001", Hosted: true})
		return err
	}))
	var err error
	h.store, err = publishing.CreateStore(h.dir, t.TempDir())
	h.must(err)
	h.pub = publishing.New(d, reg, lib, h.store, publishing.Config{Demo: true})
	h.must(h.pub.Publish(h.ctx, h.site.ID))
	door := portal.New(portal.Config{Store: h.store})
	h.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Somebody between the portal and its readers.
		switch {
		case h.between.Load() && r.URL.Path == "/map.html":
			io.WriteString(w, "<h1>hacked</h1>")
		case h.between.Load() && r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		default:
			door.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(h.server.Close)
	u, err := url.Parse(h.server.URL)
	h.must(err)
	addr := netip.MustParseAddrPort(u.Host)
	client := egress.New(egress.Policy{Local: addr, Own: func(host string) bool { return host == "ankang.localhost" }})
	t.Cleanup(client.Close)
	blobs, err := blob.Disk(t.TempDir())
	h.must(err)
	seen := inspection.New(d, d, reg, blobs, client, inspection.Settings{})
	h.watch = integrity.New(integrity.Parts{DB: d, Org: o, Registry: reg, Inspection: seen, Store: h.store, Client: client, Rebuild: h.pub.Rebuild,
		Base: func(registry.Site) string { return "http://ankang.localhost:" + u.Port() }})
	h.watch.Register(jobs.NewWorkers())
	return h
}

func (h *house) alarms() []integrity.Alarm {
	h.t.Helper()
	list, _, err := h.watch.Alarms(h.ctx, authz.System("test"), h.site.ID, 100, 0)
	h.must(err)
	return list
}

// findings are the sentences of the tampering that stands.
func (h *house) findings() []string {
	h.t.Helper()
	says, err := db.All(h.ctx, h.d, db.Value[string], `SELECT says FROM finding WHERE check_id = $1 AND state = 'open'`, integrity.CheckTampered)
	h.must(err)
	return says
}

// object is the file of a page.
func (h *house) object(path string) string {
	h.t.Helper()
	r, err := h.store.Current(h.site.ID)
	h.must(err)
	p, ok, err := r.Page(path)
	h.must(err)
	if !ok {
		h.t.Fatalf("no page %s", path)
	}
	return filepath.Join(h.dir, "objects", p.Hash[:2], p.Hash)
}

func (h *house) current() string { return filepath.Join(h.dir, "sites", string(h.site.ID), "current") }

func TestArticle23_1_ChangedBytesAreRefusedToldAndRestored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.must(h.watch.Look(h.ctx, h.site.ID))
		if a := h.alarms(); len(a) != 0 {
			t.Fatalf("alarms on a sound site: %+v", a)
		}
		seen, err := h.watch.Seen(h.ctx, authz.System("test"), h.site.ID)
		h.must(err)
		if len(seen) != 2 || seen[0].Checked < 10 || seen[1].Checked < 10 || seen[1].Skipped != 0 || seen[0].Wrong+seen[1].Wrong != 0 {
			t.Fatalf("looks %+v", seen)
		}
		// A byte on the disk: told, and drawn anew.
		file := h.object("/map.html")
		want, err := os.ReadFile(file)
		h.must(err)
		h.must(os.WriteFile(file, append([]byte("<p>hacked</p>"), want...), 0o644))
		h.must(h.watch.Look(h.ctx, h.site.ID))
		a := h.alarms()
		if len(a) != 1 || a[0].What != publishing.Changed || a[0].Place != "/map.html" || !a[0].Restored || a[0].By != integrity.OnDisk {
			t.Fatalf("alarms %+v", a)
		}
		if now, err := os.ReadFile(h.object("/map.html")); err != nil || string(now) != string(want) {
			t.Errorf("not restored: %v", err)
		}
		told, err := db.All(h.ctx, d, db.Value[string], `SELECT title FROM message WHERE once_key LIKE 'tamper:%'`)
		h.must(err)
		if says := h.findings(); len(told) != 2 || !strings.Contains(told[0], "防篡改告警") || len(says) != 1 || !strings.Contains(says[0], integrity.ReadersDidNot) {
			t.Errorf("told %v, findings %q", told, says)
		}
		// The next look finds it sound: settled, the finding closed.
		h.must(h.watch.Look(h.ctx, h.site.ID))
		if a := h.alarms(); len(a) != 1 || a[0].SettledAt.IsZero() {
			t.Errorf("not settled: %+v", a)
		}
		if open, err := db.One(h.ctx, d, db.Value[int], `SELECT count(*) FROM finding WHERE check_id = $1 AND state <> 'closed'`, integrity.CheckTampered); err != nil || open != 0 {
			t.Errorf("%d findings open, %v", open, err)
		}
		// A file that nobody published.
		stray := filepath.Join(h.dir, "objects", "shell.php")
		h.must(os.WriteFile(stray, []byte("x"), 0o644))
		old := time.Now().Add(-time.Hour)
		h.must(os.Chtimes(stray, old, old))
		h.must(h.watch.LookStrays(h.ctx))
		if s, err := h.watch.Strays(h.ctx, authz.System("test")); err != nil || len(s) != 1 || s[0].Place != "objects/shell.php" {
			t.Errorf("strays %+v %v", s, err)
		}
		h.must(os.Remove(stray))
		h.must(h.watch.LookStrays(h.ctx))
		if s, err := h.watch.Strays(h.ctx, authz.System("test")); err != nil || len(s) != 0 {
			t.Errorf("strays %+v %v", s, err)
		}
		// A file that is gone comes back as well.
		h.must(os.Remove(h.object("/robots.txt")))
		h.must(h.watch.Look(h.ctx, h.site.ID))
		if _, err := os.Stat(h.object("/robots.txt")); err != nil {
			t.Error(err)
		}
	})
}

func TestArticle23_1_AnOlderReleaseOrAnotherSitesIsNoticed(t *testing.T) {
	h := open(t, dbtest.SQLite(t, nil))
	old, err := os.ReadFile(h.current())
	h.must(err)
	h.must(h.d.Update(h.ctx, func(tx *db.Tx) error {
		_, err := h.reg.SetIdentifiers(h.ctx, tx, authz.System("test"), h.site.ID, registry.Identifiers{Name: h.site.Name, Host: h.site.Host, Slug: h.site.Slug, SiteCode: h.site.SiteCode, Hosted: true, Contact: "029-12345678", Why: registry.Why{Says: "test"}})
		return err
	}))
	h.must(h.pub.Publish(h.ctx, h.site.ID))
	newest, err := h.store.Current(h.site.ID)
	h.must(err)
	h.must(os.WriteFile(h.current(), old, 0o644))
	h.must(h.watch.Look(h.ctx, h.site.ID))
	a := h.alarms()
	if len(a) == 0 || a[0].What != publishing.Replayed || !strings.Contains(a[0].Place, "current") {
		t.Fatalf("an older release in its place: %+v", a)
	}
	r, err := h.store.Current(h.site.ID)
	if err != nil || r.No <= newest.No || r.Site.Contact != "029-12345678" {
		t.Errorf("after drawing anew: %v %+v", err, r)
	}
	// A pointer that another site's release was signed for.
	h.must(os.WriteFile(h.current(), []byte(strings.Replace(string(old), `"signature":"`, `"signature":"AAAA`, 1)), 0o644))
	h.must(h.watch.Look(h.ctx, h.site.ID))
	if a := h.alarms(); len(a) < 2 {
		t.Errorf("a forged pointer: %+v", a)
	}
	if _, err := h.store.Current(h.site.ID); err != nil {
		t.Errorf("not restored: %v", err)
	}
}

func TestArticle23_1_BytesChangedOnTheWayAreNoticed(t *testing.T) {
	h := open(t, dbtest.SQLite(t, nil))
	h.between.Store(true)
	h.must(h.watch.Look(h.ctx, h.site.ID))
	found := map[string]string{}
	for _, a := range h.alarms() {
		if a.By != integrity.Served || a.Restored {
			t.Errorf("%+v", a)
		}
		found[a.Place] = a.What
	}
	if len(found) != 2 || found["/map.html"] != publishing.Changed || found["/robots.txt"] != publishing.Missing {
		t.Fatalf("found %v", found)
	}
	if says := h.findings(); len(says) != 1 || !strings.HasSuffix(says[0], integrity.ReadersGotIt) {
		t.Errorf("findings %q", says)
	}
	h.between.Store(false)
	h.must(h.watch.Look(h.ctx, h.site.ID))
	for _, a := range h.alarms() {
		if a.SettledAt.IsZero() {
			t.Errorf("still open: %+v", a)
		}
	}
}
