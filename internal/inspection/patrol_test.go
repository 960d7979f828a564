package inspection_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/inspection/engine/enginetest"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/migrations"
)

// A run that is broken off in the middle goes on from what it was answered: no
// page is asked for twice, and the report is that of one run.
func TestArticle19_4_BrokenRunGoesOnWhereItWas(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
	client, kept := s.Client(t), enginetest.Frontier(t, t.TempDir())
	look := func(ctx context.Context, progress func(int, string, bool)) (engine.Report, error) {
		j, err := kept.Journal(context.Background(), "site", "run")
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.Journal, o.Progress = j, progress
		return engine.Inspect(ctx, client, nil, enginetest.Target(), o)
	}
	whole, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), enginetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	s.Mu.Lock()
	clear(s.Asked)
	s.Mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := look(ctx, func(n int, _ string, _ bool) {
		if n == 3 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the run was not broken off: %v", err)
	}
	told := 0
	rep, err := look(context.Background(), func(_ int, _ string, replayed bool) {
		if replayed {
			told++
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if told != rep.Replayed || rep.Replayed < 3 || rep.Pages != whole.Pages || len(rep.Findings) != len(whole.Findings) || rep.Findings[0].Fingerprint() != whole.Findings[0].Fingerprint() {
		t.Errorf("replayed %d, pages %d of %d, findings %d of %d", rep.Replayed, rep.Pages, whole.Pages, len(rep.Findings), len(whole.Findings))
	}
	s.Mu.Lock()
	defer s.Mu.Unlock()
	for _, path := range []string{"/", "/yw/", "/tz/", "/yw/1.html", "/tz/1.html", "/map.html"} {
		// One that was under way when the run was broken off may be asked again.
		if n := s.Asked[path]; n < 1 || n > 2 || path == "/" && n != 1 {
			t.Errorf("%s was asked for %d times", path, n)
		}
	}
}

// The minutes a plan gives a site are those of all its beginnings: what a run had spent
// when its process was killed is not given again.
func TestMinutesAreNotGivenTwice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		store, err := frontier.Beside(h.ctx, h.db, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		for i := range 6 { // a chain: the next page is met on this one alone
			h.made.Put(fmt.Sprintf("/deep/%d.html", i), enginetest.Article(fmt.Sprintf("第%d篇", i), "要闻", "政务动态", "2026-03-18 09:00", fmt.Sprintf(`第%c篇。<a href="/deep/%d.html">下一篇</a>`, '一'+rune(i), i+1)))
		}
		h.made.Swap("/yw/", "</ul>", `</ul><a href="/deep/0.html">第一篇</a>`)
		killed, kill := context.WithCancel(h.ctx)
		defer kill()
		h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Frontier: store})
		p := h.plan()
		p.Spec.Minutes, p.Cadence = 1, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 1)
		if err != nil || len(runs) != 1 {
			t.Fatalf("%+v (%v)", runs, err)
		}
		j, err := store.Journal(h.ctx, string(h.site.ID), string(runs[0].ID))
		if err != nil {
			t.Fatal(err)
		}
		h.made.Answers = func(path, _ string) (enginetest.Page, bool) {
			if d, err := j.Spent(h.ctx); err != nil || d > time.Second {
				kill()
			}
			if path == "/yw/" {
				time.Sleep(1100 * time.Millisecond) // longer than progress is told apart
			}
			return enginetest.Page{}, false
		}
		if err := h.svc.Work(killed, runs[0].ID); !errors.Is(err, context.Canceled) {
			t.Fatalf("the run was not killed: %v", err)
		}
		if d, err := j.Spent(h.ctx); err != nil || d < time.Second {
			t.Fatalf("spent %s (%v)", d, err)
		}
		if err := j.Spend(h.ctx, time.Minute); err != nil {
			t.Fatal(err)
		}
		h.made.Answers = func(path, _ string) (enginetest.Page, bool) {
			if strings.HasPrefix(path, "/deep/") {
				time.Sleep(600 * time.Millisecond)
			}
			return enginetest.Page{}, false
		}
		if err := h.svc.Work(h.ctx, runs[0].ID); err != nil {
			t.Fatal(err)
		}
		run, err := h.svc.Run(h.ctx, h.scope, runs[0].ID)
		if err != nil || run.State != inspection.RunDone || !slices.ContainsFunc(run.Untested, func(u engine.Untested) bool { return u.Check == "crawl.time_budget" }) {
			t.Errorf("%s %+v (%v)", run.State, run.Untested, err)
		}
		if d, err := j.Spent(h.ctx); err != nil || d != 0 {
			t.Errorf("%s are kept of a run that has ended (%v)", d, err)
		}
	})
}

// A page the server says is unchanged is not sent again, and judged all the same.
func TestUnchangedPagesAreNotSentAgain(t *testing.T) {
	s := enginetest.NewSite(t)
	sent := map[string]int{}
	var mu sync.Mutex
	inner := s.Server.Config.Handler
	s.Server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := `"` + r.URL.Path + `"`
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		mu.Lock()
		sent[r.URL.Path]++
		mu.Unlock()
		w.Header().Set("ETag", tag)
		inner.ServeHTTP(w, r)
	})
	s.Swap("/yw/1.html", "取得实效", "取得失效13812345678")
	client, kept := s.Client(t), enginetest.Frontier(t, t.TempDir())
	var reports []engine.Report
	for _, run := range []string{"monday", "tuesday"} {
		j, err := kept.Journal(context.Background(), "site", run)
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.Journal, o.Guises = j, -1 // looks as others are requests of their own
		rep, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := kept.Ended(context.Background(), "site", run); err != nil {
			t.Fatal(err)
		}
		reports = append(reports, rep)
	}
	if reports[1].Same != reports[0].Pages || len(reports[1].Findings) != len(reports[0].Findings) || len(reports[1].Findings) == 0 {
		t.Errorf("unchanged %d of %d pages; findings %d, then %d", reports[1].Same, reports[0].Pages, len(reports[0].Findings), len(reports[1].Findings))
	}
	if sent["/yw/1.html"] != 1 || sent["/"] != 1 {
		t.Errorf("bodies sent: %v", sent)
	}
}

// V-W-1.5: a page that is otherwise than at the last look, and shows another day of
// publication, is found with the first; it stays found until it shows that again.
func TestMovedDatesAreNoticed(t *testing.T) {
	s := enginetest.NewSite(t)
	client, kept := s.Client(t), enginetest.Frontier(t, t.TempDir())
	known := map[string]bool{}
	look := func(run string) []engine.Sighting {
		t.Helper()
		j, err := kept.Journal(context.Background(), "site", run)
		if err != nil {
			t.Fatal(err)
		}
		o := enginetest.Options()
		o.Journal, o.Guises, o.Families, o.Known = j, -1, []string{"dates"}, known
		rep, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := kept.Ended(context.Background(), "site", run); err != nil {
			t.Fatal(err)
		}
		if rep.Looked("dates.moved", "http://"+enginetest.Host+"/yw/1.html", "") {
			t.Error("a look that cannot see it would close it")
		}
		return rep.Findings
	}
	again := func(f engine.Sighting) engine.Look {
		t.Helper()
		l, err := engine.Recheck(context.Background(), client, nil, enginetest.Target(), engine.Spot{Check: f.Check, Fingerprint: f.Fingerprint(), URL: f.URL, Where: f.Where}, enginetest.Options())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if got := look("monday"); len(got) != 0 {
		t.Fatalf("at first sight %+v", got)
	}
	s.Swap("/yw/1.html", "取得实效", "取得良好实效") // mended, and dated as it was
	if got := look("tuesday"); len(got) != 0 {
		t.Fatalf("a mended text %+v", got)
	}
	s.Swap("/yw/1.html", "2026-03-18 09:00", "2026-03-20 08:30")
	got := look("wednesday")
	if len(got) != 1 || got[0].Check != "dates.moved" || got[0].Where != "2026-03-18 09:00" || !strings.Contains(got[0].Says, "现在显示为 2026-03-20 08:30") {
		t.Fatalf("a moved date %+v", got)
	}
	moved := got[0]
	known[moved.Fingerprint()] = true
	if got := look("thursday"); len(got) != 0 {
		t.Errorf("unchanged since %+v", got)
	}
	if l := again(moved); l.Outcome != engine.Standing {
		t.Errorf("still moved: %s %s", l.Outcome, l.Says)
	}
	s.Swap("/yw/1.html", "2026-03-20 08:30", "2026-03-18 09:00")
	if got := look("friday"); len(got) != 0 {
		t.Errorf("moved back is not moved %+v", got)
	}
	if l := again(moved); l.Outcome != engine.Gone {
		t.Errorf("put right: %s %s", l.Outcome, l.Says)
	}
}

func TestBudgetsAndHours(t *testing.T) {
	s := enginetest.NewSite(t)
	client := s.Client(t)
	o := enginetest.Options()
	o.MaxBytes = 2000
	rep, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o)
	if err != nil || !slices.ContainsFunc(rep.Untested, func(u engine.Untested) bool { return u.Check == "crawl.byte_budget" }) {
		t.Errorf("bytes: %+v (%v)", rep.Untested, err)
	}
	o = enginetest.Options()
	o.Rest = func() bool { return true }
	if _, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o); !errors.Is(err, crawl.ErrRest) {
		t.Errorf("outside its hours: %v", err)
	}
	at := func(h, m int) time.Time { return time.Date(2026, 3, 20, h, m, 0, 0, calendar.Shanghai) }
	night, day := inspection.Hours{From: 20 * 60, To: 7 * 60}, inspection.Hours{From: 8*60 + 30, To: 18 * 60}
	for _, tt := range []struct {
		hours inspection.Hours
		at    time.Time
		open  bool
		next  time.Time
	}{
		{inspection.Hours{}, at(12, 0), true, at(12, 0)}, {night, at(19, 59), false, at(20, 0)}, {night, at(23, 0), true, at(23, 0)}, {night, at(6, 59), true, at(6, 59)}, {night, at(7, 0), false, at(20, 0)},
		{day, at(8, 29), false, at(8, 30)}, {day, at(17, 59), true, at(17, 59)}, {day, at(18, 0), false, at(8, 30).AddDate(0, 0, 1)},
	} {
		if got := tt.hours.Open(tt.at); got != tt.open || !tt.hours.Next(tt.at).Equal(tt.next) {
			t.Errorf("%s at %s: open %v, next %s", tt.hours, tt.at.Format("15:04"), got, tt.hours.Next(tt.at))
		}
	}
}

func TestFamiliesAndFocus(t *testing.T) {
	s := enginetest.NewSite(t)
	s.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
	s.Swap("/tz/1.html", "植树工作。", "植树工作。联系雁塔区旧机构。")
	o := enginetest.Options()
	o.Families = []string{"privacy"}
	o.Focus = []check.Focus{
		{Name: "旧名称", Kind: check.FocusWords, Values: []string{"雁塔区旧机构"}, Severity: check.Error, Fix: "请改用现名称。"},
		{Name: "节日标识", Kind: check.FocusElement, Values: []string{"img#festival"}, Missing: true, HomeOnly: true, Severity: check.Advice, Fix: "请挂出。"},
	}
	client := s.Client(t)
	rep, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), o)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range rep.Findings {
		got = append(got, f.Check+" "+strings.TrimPrefix(f.URL, "http://"+enginetest.Host))
	}
	slices.Sort(got)
	if want := []string{"focus.旧名称 /tz/1.html", "focus.节日标识 /"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	// Alone, they are looked for and nothing else is.
	alone := o
	alone.Families = []string{inspection.FocusOnly}
	s.Swap("/tz/1.html", "植树工作。", "植树工作。身份证号码11010519491231002X。")
	one, err := engine.Inspect(context.Background(), client, nil, enginetest.Target(), alone)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range one.Findings {
		if !strings.HasPrefix(f.Check, "focus.") {
			t.Errorf("asked for the focus items alone, it found %s", f.Check)
		}
	}
	if len(one.Findings) != 2 || one.Looked("privacy.idcard", "http://"+enginetest.Host+"/tz/1.html", "") {
		t.Errorf("%+v", one.Findings)
	}
	for _, sp := range []inspection.Spec{{Families: []string{inspection.FocusOnly}}, {Families: []string{inspection.FocusOnly, "link"}, Focus: o.Focus}} {
		if err := sp.Check(); !fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != "family" {
			t.Errorf("%v: %v", sp.Families, err)
		}
	}
	if err := (inspection.Spec{Families: []string{inspection.FocusOnly}, Focus: o.Focus}).Check(); err != nil {
		t.Error(err)
	}
	// What was not looked at is not gone.
	if rep.Looked("link.dead", "http://"+enginetest.Host+"/", "http://"+enginetest.Host+"/gone.html") || !rep.Looked("privacy.phone", "http://"+enginetest.Host+"/", "") || rep.Looked("focus.别的", "http://"+enginetest.Host+"/", "") {
		t.Error("the report claims what it did not look at, or denies what it did")
	}
	for _, f := range []check.Focus{{}, {Name: "名称", Kind: "sql", Values: []string{"xx"}}, {Name: "名称", Kind: check.FocusPattern, Values: []string{"("}}, {Name: "名称", Kind: check.FocusElement, Values: []string{"div > p"}}} {
		if !fault.Is(f.Check(), fault.Invalid) {
			t.Errorf("%+v is taken", f)
		}
	}
}

func sitesOf(n int, code string, kind registry.SiteKind) (out []registry.Site) {
	for i := range n {
		out = append(out, registry.Site{ID: registry.SiteID(fmt.Sprintf("%s-%s-%02d", code, kind, i)), AreaCode: code, Kind: kind})
	}
	return out
}

// Every stratum is drawn from, nothing twice before everything once, and the
// same seed draws the same.
func TestSamplesAreStratifiedSeededAndWithoutRepeat(t *testing.T) {
	sites := slices.Concat(sitesOf(1, "610000000000", registry.Portal), sitesOf(7, "610100000000", registry.DepartmentSite), sitesOf(10, "610113000000", registry.Portal), sitesOf(3, "610500000000", registry.Portal))
	seen, laps := map[registry.SiteID]int{}, map[string]inspection.Lap{}
	var first []inspection.Pick
	for round := range 12 {
		picks := inspection.Draw(inspection.FrameOf(sites), laps, 42, 30)
		per := map[string]int{}
		for _, p := range picks {
			per[p.Stratum]++
		}
		if want := map[string]int{"province/portal/6100": 1, "city/department/6101": 3, "county/portal/6101": 3, "city/portal/6105": 1}; fmt.Sprint(per) != fmt.Sprint(want) {
			t.Fatalf("round %d drew %v, want %v", round, per, want)
		}
		if round == 0 {
			first = picks
		}
		for _, p := range picks {
			least := seen[p.Site]
			for _, s := range sites {
				if inspection.Stratum(s) == p.Stratum && seen[s.ID] < least && !slices.ContainsFunc(picks, func(o inspection.Pick) bool { return o.Site == s.ID }) {
					t.Fatalf("round %d: %s drawn again before %s was drawn", round, p.Site, s.ID)
				}
			}
		}
		for _, p := range picks {
			seen[p.Site]++
		}
		drawn(laps, picks)
	}
	slices.Reverse(sites)
	if again := inspection.Draw(inspection.FrameOf(sites), nil, 42, 30); !slices.Equal(again, first) {
		t.Error("the same seed drew another sample")
	}
	if other := inspection.Draw(inspection.FrameOf(sites), nil, 43, 30); slices.Equal(other, first) {
		t.Error("another seed drew the same sample")
	}
	if all := inspection.Draw(inspection.FrameOf(sites), nil, 1, 100); len(all) != len(sites) {
		t.Errorf("a census drew %d of %d", len(all), len(sites))
	}
}

// drawn brings laps up to what a round drew.
func drawn(laps map[string]inspection.Lap, picks []inspection.Pick) {
	for _, p := range picks {
		l, ok := laps[p.Stratum]
		if !ok || p.Lap > l.No {
			l = inspection.Lap{No: p.Lap, Drawn: map[registry.SiteID]bool{}}
		}
		if p.Lap == l.No {
			l.Drawn[p.Site] = true
		}
		laps[p.Stratum] = l
	}
}

// A site that comes after many rounds is drawn once a lap like the others, at once
// in the lap under way; nobody waits for it to catch up.
func TestALateSiteJoinsTheLapUnderWay(t *testing.T) {
	sites, laps := sitesOf(10, "610113000000", registry.Portal), map[string]inspection.Lap{}
	for range 33 {
		drawn(laps, inspection.Draw(inspection.FrameOf(sites), laps, 7, 10))
	}
	late := registry.Site{ID: "late", AreaCode: "610113000000", Kind: registry.Portal}
	sites = append(sites, late)
	seen := map[registry.SiteID]int{}
	for round := range 8 + 11*3 { // the lap under way lacks seven and the late one; then three laps
		picks := inspection.Draw(inspection.FrameOf(sites), laps, 7, 9)
		if len(picks) != 1 {
			t.Fatalf("round %d drew %d", round, len(picks))
		}
		seen[picks[0].Site]++
		drawn(laps, picks)
	}
	for _, s := range sites {
		if n := seen[s.ID]; n != 4 && !(n == 3 && s.ID != late.ID) {
			t.Errorf("%s was drawn %d times", s.ID, n)
		}
	}
}

// planner gives the house a machine for plans and a plan of its county.
func (h *house) plan() inspection.Plan {
	h.t.Helper()
	if err := passage.Declare(audit.System(context.Background(), "test"), h.db, inspection.PlanMachine); err != nil {
		h.t.Fatal(err)
	}
	return inspection.Plan{Unit: h.site.Unit, Area: "county-610113000000", Name: "第一季度抽查", Share: 100, Cadence: "monthly"}
}

func TestArticle19_4_PlanDrawsLooksAndEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.plan()
		h.made.Swap("/tz/1.html", "植树工作。", "植树工作。联系雁塔区旧机构。")
		p.Spec.Focus = []check.Focus{{Name: "旧名称", Kind: check.FocusWords, Values: []string{"雁塔区旧机构"}, Severity: check.Error, Fix: "请改用现名称。"}}
		p.Spec.Families = []string{"privacy"}
		bad := p
		bad.Share = 0
		if _, err := h.svc.MakePlan(h.ctx, h.scope, bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("a share of nothing: %v", err)
		}
		if _, err := h.svc.MakePlan(h.ctx, h.other, p); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour plans for another's unit: %v", err)
		}
		wide := p
		wide.Area = "city-610100000000"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, wide); !fault.Is(err, fault.Invalid) {
			t.Errorf("beyond one's own area: %v", err)
		}
		p.EndsOn = calendar.DateOf(h.clock.Now()).AddDays(10)
		p, err := h.svc.MakePlan(h.ctx, h.scope, p)
		if err != nil {
			t.Fatal(err)
		}
		h.work()
		sample, total, err := h.svc.Sample(h.ctx, h.scope, p.ID, 0, 10, 0)
		if err != nil || total != 1 || sample[0].RunState != inspection.RunDone || sample[0].Found != 1 || sample[0].Stratum != "county/portal/6101" {
			t.Fatalf("%+v (%v)", sample, err)
		}
		list := h.findings("standing")
		if len(list) != 1 || list[0].Check != "focus.旧名称" {
			t.Fatalf("%+v", list)
		}
		if of, ok, err := h.svc.PlanOf(h.ctx, h.scope, list[0].ID); err != nil || !ok || of.ID != p.ID || of.Name != p.Name {
			t.Errorf("found by the plan %+v, %v (%v)", of, ok, err)
		}
		if _, _, err := h.svc.PlanOf(h.ctx, h.other, list[0].ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour reads the plan of a finding: %v", err)
		}
		if name := engine.CheckName(list[0].Check); name != "重点检查项：旧名称" {
			t.Errorf("the cause is called %s", name)
		}
		// The item is data: a retest finds it by the plan that holds it.
		h.made.Swap("/tz/1.html", "联系雁塔区旧机构。", "")
		if r, err := h.svc.Retest(h.ctx, h.scope, list[0].ID); err != nil || !r.Closed {
			t.Errorf("%+v (%v)", r.After, err)
		}
		layers, err := h.svc.Layers(h.ctx, h.scope, p.ID, 0)
		if err != nil || len(layers) != 1 || layers[0] != (inspection.Layer{Stratum: "county/portal/6101", Of: 1, Drawn: 1, Seen: 1, Done: 1, Found: 1}) {
			t.Errorf("%+v (%v)", layers, err)
		}
		for state, want := range map[string]int{"": 1, "standing": 0} {
			for plan, want := range map[inspection.PlanID]int{p.ID: want, "another": 0} {
				if _, n, err := h.svc.Findings(h.ctx, h.db, h.scope, inspection.FindingFilter{Plan: plan, State: state}); err != nil || n != want {
					t.Errorf("findings of plan %s, %q: %d, want %d (%v)", plan, state, n, want, err)
				}
			}
		}
		// The next month lies beyond the plan's end.
		if _, err := h.svc.PlansDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		if p, err = h.svc.PlanByID(h.ctx, h.db, h.scope, p.ID); err != nil || p.State != inspection.PlanEnded || p.Round != 1 {
			t.Errorf("%s after %d rounds (%v)", p.State, p.Round, err)
		}
		if _, err := h.svc.MovePlan(h.ctx, h.scope, p.ID, "resume", ""); err == nil {
			t.Error("an ended plan was resumed")
		}
		if _, err := h.svc.PlanByID(h.ctx, h.db, h.other, p.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour reads the plan: %v", err)
		}
	})
}

// A plan keeps no site from others before its hour has come, says what it waits for,
// and gives back what it queued when it is paused; whoever waited for the site gets
// it without being asked again.
func TestPlansGiveTheirSitesBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		pick := func(id inspection.PlanID) inspection.Drawn {
			t.Helper()
			list, _, err := h.svc.Sample(h.ctx, h.scope, id, 0, 10, 0)
			if err != nil || len(list) != 1 {
				t.Fatalf("%+v (%v)", list, err)
			}
			return list[0]
		}
		move := func(id inspection.PlanID, act string) {
			t.Helper()
			if _, err := h.svc.MovePlan(h.ctx, h.scope, id, act, "重点已调整"); err != nil {
				t.Fatal(err)
			}
		}
		plan := func(name string, hours inspection.Hours) inspection.PlanID {
			t.Helper()
			p := h.plan()
			p.Name, p.Spec.Hours, p.Spec.Families = name, hours, []string{"privacy"}
			p, err := h.svc.MakePlan(h.ctx, h.scope, p)
			if err != nil {
				t.Fatal(err)
			}
			return p.ID
		}
		night := plan("夜间检查", inspection.Hours{From: 22 * 60, To: 6 * 60}) // it is nine in the morning
		if d := pick(night); d.Run != "" || !strings.Contains(d.Waits, "22:00") {
			t.Errorf("before its hour: %+v", d)
		}
		first := plan("第一次检查", inspection.Hours{})
		if d := pick(first); d.RunState != inspection.RunQueued || d.Waits != "" {
			t.Errorf("kept by a plan whose hour has not come: %+v", d)
		}
		second := plan("第二次检查", inspection.Hours{})
		if d := pick(second); d.Run != "" || d.Held != pick(first).Run || !strings.Contains(d.Waits, "计划巡检") {
			t.Errorf("while another looks: %+v", d)
		}
		move(first, "pause")
		if d := pick(first); d.Run != "" || !strings.Contains(d.Waits, "暂停") {
			t.Errorf("paused: %+v", d)
		}
		if d := pick(second); d.RunState != inspection.RunQueued {
			t.Errorf("the site was not given on: %+v", d)
		}
		move(first, "resume")
		h.work() // the second, and then, let known by its end, the first
		for _, id := range []inspection.PlanID{first, second} {
			if d := pick(id); d.RunState != inspection.RunDone {
				t.Errorf("%+v", d)
			}
		}
		h.clock.Set(morning.Add(14 * time.Hour)) // 23:00
		if _, err := h.svc.PlansDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		if d := pick(night); d.RunState != inspection.RunQueued {
			t.Errorf("at its hour: %+v", d)
		}
		move(night, "end")
		if d := pick(night); d.Run != "" || d.Skipped == "" {
			t.Errorf("ended: %+v", d)
		}
		h.work() // what was queued for it is nobody's any more
		if r, err := h.svc.Start(h.ctx, h.scope, h.site.ID); err != nil || r.State != inspection.RunQueued {
			t.Errorf("the site is still held: %+v (%v)", r, err)
		}
	})
}

// What a person asks for is worked before what patrols have queued.
func TestPersonsOvertakePatrols(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 1 {
			t.Fatalf("%d patrols (%v)", n, err)
		}
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil || !r.Spec.Urgent || r.Kind != inspection.Patrol {
			t.Fatalf("%+v (%v)", r, err)
		}
		queues, err := db.All(h.ctx, h.db, db.Value[string], `SELECT queue FROM job WHERE kind = 'inspection.run' ORDER BY id`)
		if err != nil || len(queues) != 2 || queues[1] != inspection.UrgentQueue {
			t.Errorf("queues %q (%v)", queues, err)
		}
		if _, err := h.svc.Start(h.ctx, h.other, h.site.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour hurries another's run: %v", err)
		}
	})
}

// exchanging is a house that speaks with a crawler through folders.
func exchanging(t *testing.T, h *house) (x inspection.Exchange, crawler *inspection.Crawler, key ed25519.PrivateKey) {
	t.Helper()
	dir := t.TempDir()
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	x = inspection.Exchange{Plans: filepath.Join(dir, "plans"), Batches: filepath.Join(dir, "batches"), Keys: filepath.Join(dir, "keys"), Key: ed25519.NewKeyFromSeed(seed)}
	key = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	for _, d := range []string{x.Plans, x.Batches, x.Keys} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(x.Keys, "one.pub"), []byte(inspection.PublicKey(key)+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	h.svc = inspection.New(h.db, h.probes, h.reg, h.blobs, h.made.Client(t), inspection.Settings{Delay: -1, Exchange: x})
	crawler = inspection.NewCrawler(enginetest.Frontier(t, t.TempDir()), h.made.Client(t), inspection.CrawlerSettings{Plans: x.Plans, Batches: x.Batches, House: map[string]bool{inspection.PublicKey(x.Key): true}, Key: key, Slots: 2, Delay: -1, Vantage: "电信", Now: h.clock.Now})
	return x, crawler, key
}

// Readings 22: no path to the house's database, only signed files.
func TestPlansGoOutAndBatchesComeInSigned(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, _ := exchanging(t, h)
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		p, err := h.svc.MakePlan(h.ctx, h.scope, p)
		if err != nil {
			t.Fatal(err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		plans, err := filepath.Glob(filepath.Join(x.Plans, "*.plan"))
		if err != nil || len(plans) != 1 {
			t.Fatalf("%q (%v)", plans, err)
		}
		if sent, err := os.ReadFile(plans[0]); err != nil || !bytes.Contains(sent, []byte(`"pace":{"at_once":8,"per_second":20},"share":50`)) {
			t.Errorf("the pace towards an address does not travel: %.600s (%v)", sent, err)
		}
		batches, err := filepath.Glob(filepath.Join(x.Batches, "*.batch"))
		if err != nil || len(batches) != 1 {
			t.Fatalf("%q (%v)", batches, err)
		}
		whole, err := os.ReadFile(batches[0])
		if err != nil {
			t.Fatal(err)
		}
		asked := len(h.made.Asked)
		if err := crawler.Once(h.ctx); err != nil || len(h.made.Asked) != asked { // a plan that is read again
			t.Errorf("worked twice (%v)", err)
		}

		// A batch that was changed on its way is set aside.
		altered := bytes.Replace(whole, []byte(`link.dead`), []byte(`link.fine`), 1)
		if err := os.WriteFile(batches[0], altered, 0o644); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
			t.Fatalf("took %d altered (%v)", n, err)
		}
		if _, err := os.Stat(batches[0] + ".refused"); err != nil {
			t.Error(err)
		}
		for range 2 { // the second time it changes nothing
			if err := os.WriteFile(batches[0], whole, 0o644); err != nil {
				t.Fatal(err)
			}
			if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
				t.Fatalf("took %d (%v)", n, err)
			}
		}
		sample, _, err := h.svc.Sample(h.ctx, h.scope, p.ID, 1, 10, 0)
		if err != nil || len(sample) != 1 || sample[0].RunState != inspection.RunDone || sample[0].Found == 0 {
			t.Fatalf("%+v (%v)", sample, err)
		}
		run, err := h.svc.Run(h.ctx, h.scope, sample[0].Run)
		if err != nil || run.Vantage != "电信" || run.Edition != check.Edition() || run.Pages < 6 || run.Turn == nil || run.Turn.Known < 6 || run.Turn.Read < 6 {
			t.Errorf("%+v %+v (%v)", run, run.Turn, err)
		}
		var dead inspection.Finding
		for _, f := range h.findings("standing") {
			if f.Check == "link.dead" {
				dead = f
			}
		}
		body, err := h.blobs.Open(h.ctx, dead.Evidence)
		if err != nil {
			t.Fatalf("%+v: %v", dead, err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(body); err != nil || !strings.Contains(b.String(), "/gone.html") || body.Close() != nil {
			t.Errorf("the evidence is not the page (%v)", err)
		}
		proofs, err := h.svc.Proofs(h.ctx, h.db, h.scope, dead.ID)
		if err != nil || len(proofs) != 1 || proofs[0].Vantage != "电信" {
			t.Errorf("%+v (%v)", proofs, err)
		}

		// A crawler nobody here knows.
		if err := os.Remove(filepath.Join(x.Keys, "one.pub")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(batches[0], whole, 0o644); err != nil {
			t.Fatal(err)
		}
		if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 0 {
			t.Errorf("took %d of a stranger (%v)", n, err)
		}
	})
}

// Bytes that were altered and bytes that are gone are told apart, each with the looks that
// rest on them and no others.
func TestLostBytesAreNamed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		looks, err := h.svc.Proofs(h.ctx, h.db, h.scope, h.findings("standing")[0].ID)
		if err != nil || len(looks) != 1 || looks[0].Ref == "" {
			t.Fatalf("%+v (%v)", looks, err)
		}
		hash := looks[0].Ref.Hash()
		keeper := org.PersonID("")
		sys := audit.System(context.Background(), "test")
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			o := org.New(h.db)
			p, err := o.AddPerson(sys, tx, h.scope, org.Person{Unit: h.site.Unit, Name: "安平"})
			if err != nil {
				return err
			}
			keeper = p.ID
			return o.Appoint(sys, tx, h.scope, p.ID, h.site.Unit, authz.SystemAdmin)
		}); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(h.disk, hash[:2], hash[2:4], hash)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		said := func(want string) {
			t.Helper()
			rep, err := h.svc.VerifyEvidence(h.ctx)
			if err != nil || len(rep.Damage) != 1 || rep.Damage[0].Kind != "bytes" || rep.Damage[0].Proof != looks[0].ID || !strings.Contains(rep.Damage[0].Says, want) || !strings.Contains(rep.Damage[0].Says, hash) {
				t.Errorf("want %q: %+v (%v)", want, rep.Damage, err)
			}
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		altered := slices.Clone(whole)
		altered[len(altered)/2] ^= 1
		if err := os.WriteFile(path, altered, 0o600); err != nil {
			t.Fatal(err)
		}
		said("内容与摘要不符")
		// Who opens it reads what is wrong; who looks after the system is told once.
		for range 2 {
			_, err := h.svc.EvidenceBytes(h.ctx, h.scope, looks[0].Finding, looks[0], looks[0].Ref)
			if says := fault.Of(err).Says; !fault.Is(err, fault.Conflict) || !strings.Contains(says, looks[0].ID) || !strings.Contains(says, hash) || !strings.Contains(says, "内容与摘要不符") || !strings.Contains(says, fmt.Sprintf("登记时 %d 字节", len(whole))) || !strings.Contains(says, "从备份恢复") {
				t.Errorf("%v", err)
			}
		}
		told, err := audit.Entries(h.ctx, h.db, audit.Filter{Act: "inspection.evidence.damaged"})
		if err != nil || len(told) != 1 || told[0].Target.ID != looks[0].ID {
			t.Errorf("%+v (%v)", told, err)
		}
		if n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE person_id = $1 AND title = '证据文件损坏或缺失'`, keeper); err != nil || n != 1 {
			t.Errorf("told %d times (%v)", n, err)
		}
		if _, err := h.svc.EvidenceBytes(h.ctx, h.other, looks[0].Finding, looks[0], looks[0].Ref); !fault.Is(err, fault.NotFound) {
			t.Errorf("to a stranger: %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		said("缺失")
	})
}

func TestAlteredEvidenceIsNamed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/gone2.html">旧文</a> <a href="/a.pdf">`)
		h.run()
		for _, f := range h.findings("standing") {
			if _, err := h.svc.Retest(h.ctx, h.scope, f.ID); err != nil {
				t.Fatal(err)
			}
		}
		rep, err := h.svc.VerifyEvidence(h.ctx)
		if err != nil || rep.Proofs != 4 || rep.Bytes == 0 || len(rep.Damage) != 0 {
			t.Fatalf("%+v (%v)", rep, err)
		}
		ids, err := db.All(h.ctx, h.db, db.Value[string], `SELECT id FROM finding_evidence ORDER BY id`)
		if err != nil {
			t.Fatal(err)
		}
		sys := audit.System(context.Background(), "test")
		err = h.db.Update(sys, func(tx *db.Tx) error {
			if _, err := tx.Exec(sys, `UPDATE finding_evidence SET status = 418 WHERE id = $1`, ids[1]); err != nil {
				return err
			}
			// Whoever also mends the row's own hash is found by the trail's.
			if _, err := tx.Exec(sys, `UPDATE finding_evidence SET says = '没有问题', hash = $2 WHERE id = $1`, ids[2], strings.Repeat("0", 64)); err != nil {
				return err
			}
			if _, err := tx.Exec(sys, `DELETE FROM finding_evidence WHERE id = $1`, ids[3]); err != nil {
				return err
			}
			return audit.Record(sys, tx, audit.Entry{Act: "test"})
		})
		if err != nil {
			t.Fatal(err)
		}
		if rep, err = h.svc.VerifyEvidence(h.ctx); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range rep.Damage {
			got = append(got, d.Kind+" "+d.Proof)
			if !strings.Contains(d.Says, d.Proof) {
				t.Errorf("%q names no evidence", d.Says)
			}
		}
		want := []string{"changed " + ids[1], "changed " + ids[2], "removed " + ids[3]}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		// Its own page says so as well, of these looks alone.
		got = nil
		for _, f := range h.findings("standing") {
			looks, err := h.svc.Proofs(h.ctx, h.db, h.scope, f.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range looks {
				if p.Altered {
					got = append(got, p.ID)
				}
			}
		}
		if slices.Sort(got); !slices.Equal(got, ids[1:3]) {
			t.Errorf("%q are shown as altered, want %q", got, ids[1:3])
		}
	})
}

// Only a whole patrol that came to its end is the patrol of the day: neither a plan
// of a few checks nor a run that failed takes its turn.
func TestArticle19_4_ANarrowPlanIsNoDailyPatrol(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		due := func() int {
			t.Helper()
			n, err := h.svc.PatrolDue(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		p := h.plan()
		p.Spec.Families, p.Cadence = []string{"link"}, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		h.work()
		runs, err := h.svc.Runs(h.ctx, h.scope, h.site.ID, 5)
		if err != nil || len(runs) != 1 || runs[0].State != inspection.RunDone || len(runs[0].Spec.Families) != 1 {
			t.Fatalf("%+v (%v)", runs, err)
		}
		if due() != 1 {
			t.Error("a plan of links alone took the turn of the daily patrol")
		}
		// It fails: it is tried again, not at once and not a day later.
		err = h.db.Update(audit.System(h.ctx, "test"), func(tx *db.Tx) error {
			if _, err := tx.Exec(h.ctx, `UPDATE inspection_run SET state = 'failed' WHERE kind = 'patrol'`); err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "inspection.run.fail", Target: h.site.Target()})
		})
		if err != nil {
			t.Fatal(err)
		}
		if due() != 0 {
			t.Error("tried again at once")
		}
		h.clock.Advance(3 * time.Hour)
		if due() != 1 {
			t.Error("a patrol that failed took the day's turn")
		}
		h.work()
		h.clock.Advance(3 * time.Hour)
		if due() != 0 {
			t.Error("patrolled twice a day")
		}
	})
}

// A run that waits for a crawler does not keep a person waiting: it is done here,
// and what the crawler brings of it later changes nothing.
func TestAPersonDoesNotWaitForACrawler(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, _ := exchanging(t, h)
		p := h.plan()
		p.Spec.Remote, p.Cadence = true, "once"
		if _, err := h.svc.MakePlan(h.ctx, h.scope, p); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(26 * time.Hour)
		r, err := h.svc.Start(h.ctx, h.scope, h.site.ID)
		if err != nil || !r.Spec.Urgent || r.Spec.Remote {
			t.Fatalf("%+v (%v)", r, err)
		}
		if n, err := h.svc.PatrolDue(h.ctx); err != nil || n != 0 {
			t.Errorf("%d patrols (%v)", n, err)
		}
		h.work()
		if r, err = h.svc.Run(h.ctx, h.scope, r.ID); err != nil || r.State != inspection.RunDone || r.Vantage == "电信" {
			t.Fatalf("%+v (%v)", r, err)
		}
		if err := crawler.Once(h.ctx); err != nil {
			t.Fatal(err)
		}
		if batches, err := filepath.Glob(filepath.Join(x.Batches, "*.batch")); err != nil || len(batches) != 1 {
			t.Fatalf("%q (%v)", batches, err)
		}
		if _, err := h.svc.TakeIn(h.ctx); err != nil {
			t.Fatal(err)
		}
		if again, err := h.svc.Run(h.ctx, h.scope, r.ID); err != nil || again.Vantage != r.Vantage || !again.Finished.Equal(r.Finished) {
			t.Errorf("the crawler's batch took its place: %+v (%v)", again, err)
		}
	})
}

// TestArticle19_4_ASilentCrawlerDoesNotKeepThePatrolAway: what was sent and not answered
// in the province's time could not be tested, the planner is told once, and the site
// is patrolled from here again. A late answer is taken where nobody looked since, and
// refused where somebody did; either way once.
func TestArticle19_4_ASilentCrawlerDoesNotKeepThePatrolAway(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x, crawler, _ := exchanging(t, h)
		h.made.Swap("/", `<p><a href="/a.pdf">`, `<p><a href="/gone.html">旧文</a> <a href="/a.pdf">`)
		patrols := func() int {
			t.Helper()
			n, err := h.svc.PatrolDue(h.ctx)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		send := func() inspection.Run {
			t.Helper()
			p := h.plan()
			p.Spec.Remote, p.Cadence = true, "once"
			p, err := h.svc.MakePlan(h.ctx, h.scope, p)
			if err != nil {
				t.Fatal(err)
			}
			sample, _, err := h.svc.Sample(h.ctx, h.scope, p.ID, 1, 10, 0)
			if err != nil || len(sample) != 1 {
				t.Fatalf("%+v (%v)", sample, err)
			}
			r, err := h.svc.Run(h.ctx, h.scope, sample[0].Run)
			if err != nil || r.Sent.IsZero() {
				t.Fatalf("%+v (%v)", r, err)
			}
			return r
		}
		// The crawler looked in time; its answer is carried over later.
		look := func() (file string, whole []byte) {
			t.Helper()
			if err := crawler.Once(h.ctx); err != nil {
				t.Fatal(err)
			}
			batches, err := filepath.Glob(filepath.Join(x.Batches, "*.batch"))
			if err != nil || len(batches) != 1 {
				t.Fatalf("%q (%v)", batches, err)
			}
			if whole, err = os.ReadFile(batches[0]); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(batches[0]); err != nil {
				t.Fatal(err)
			}
			return batches[0], whole
		}
		arrive := func(file string, whole []byte, id inspection.RunID) inspection.Run {
			t.Helper()
			if err := os.WriteFile(file, whole, 0o644); err != nil {
				t.Fatal(err)
			}
			if n, err := h.svc.TakeIn(h.ctx); err != nil || n != 1 {
				t.Fatalf("took %d (%v)", n, err)
			}
			r, err := h.svc.Run(h.ctx, h.scope, id)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		told := func() int {
			t.Helper()
			n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE title LIKE '巡检程序没有回传结果%'`)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}

		sent := send()
		file, whole := look()
		h.clock.Advance(47 * time.Hour)
		if n := patrols(); n != 0 || told() != 0 {
			t.Fatalf("within the time: %d patrols, told %d times", n, told())
		}
		h.clock.Advance(2 * time.Hour)
		if n := patrols(); n != 1 || told() != 1 {
			t.Fatalf("out of time: %d patrols, told %d times", n, told())
		}
		if r, err := h.svc.Run(h.ctx, h.scope, sent.ID); err != nil || r.State != inspection.RunFailed || !strings.Contains(r.Failure, "没有在48小时内回传结果，未能检查") || r.Unanswered.IsZero() {
			t.Fatalf("%+v (%v)", r, err)
		}
		// Nobody has looked since: the late answer is taken, though a patrol waits.
		if r := arrive(file, whole, sent.ID); r.State != inspection.RunDone || r.Found == 0 || r.Fresh != r.Found || r.Failure != "" || r.Vantage != "电信" {
			t.Errorf("late: %+v", r)
		}
		found := len(h.findings("standing"))
		if r := arrive(file, whole, sent.ID); r.Fresh != found || len(h.findings("standing")) != found {
			t.Errorf("the same again: %+v, %d stand", r, len(h.findings("standing")))
		}
		h.work() // the patrol
		if n := patrols(); n != 0 || told() != 1 {
			t.Errorf("afterwards: %d patrols, told %d times", n, told())
		}

		// The second plan: here the patrol is done before the answer comes.
		sent = send()
		file, whole = look()
		h.made.Swap("/", `<a href="/gone.html">旧文</a>`, "")
		h.clock.Advance(49 * time.Hour)
		if n := patrols(); n != 1 || told() != 2 {
			t.Fatalf("the second plan: %d patrols, told %d times", n, told())
		}
		h.work()
		for range 2 {
			r := arrive(file, whole, sent.ID)
			if r.State != inspection.RunFailed || !strings.Contains(r.Failure, "没有采用：其后另有检查完成") {
				t.Errorf("stale: %+v", r)
			}
		}
		for _, f := range h.findings("standing") {
			if f.Check == "link.dead" {
				t.Errorf("a stale answer brought back %+v", f)
			}
		}
		if n, err := db.One(h.ctx, h.db, db.Value[int], `SELECT count(*) FROM audit_entry WHERE act = 'inspection.run.late'`); err != nil || n != 1 {
			t.Errorf("%d refusals in the trail (%v)", n, err)
		}
	})
}

// A plan of the 31st is drawn on the last day of a shorter month, and on the 31st
// again in a longer one.
func TestAPlanKeepsItsDayOfTheMonth(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.plan()
		p.NextOn = calendar.Date{Year: 2027, Month: 1, Day: 31}
		p, err := h.svc.MakePlan(h.ctx, h.scope, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, next := range []calendar.Date{{Year: 2027, Month: 2, Day: 28}, {Year: 2027, Month: 3, Day: 31}, {Year: 2027, Month: 4, Day: 30}} {
			h.clock.Set(p.NextOn.Start().Add(9 * time.Hour))
			if _, err := h.svc.PlansDue(h.ctx); err != nil {
				t.Fatal(err)
			}
			if p, err = h.svc.PlanByID(h.ctx, h.db, h.scope, p.ID); err != nil || p.NextOn != next {
				t.Fatalf("next on %s, want %s (%v)", p.NextOn, next, err)
			}
		}
	})
}

// A plan that is resumed after its last day draws no more: it ends. On its last day
// it still draws.
func TestAPlanDrawsNothingPastItsEnd(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.plan()
		p.EndsOn = calendar.DateOf(h.clock.Now()).AddMonths(1)
		late, err := h.svc.MakePlan(h.ctx, h.scope, p)
		if err != nil {
			t.Fatal(err)
		}
		h.work()
		read := func(id inspection.PlanID) inspection.Plan {
			t.Helper()
			x, err := h.svc.PlanByID(h.ctx, h.db, h.scope, id)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		move := func(act string) {
			t.Helper()
			if _, err := h.svc.MovePlan(h.ctx, h.scope, late.ID, act, "调整"); err != nil {
				t.Fatal(err)
			}
		}
		due := read(late.ID).NextOn
		if due.IsZero() || due != p.EndsOn {
			t.Fatalf("the second round is due on %s, the plan ends on %s", due, p.EndsOn)
		}
		move("pause")
		h.clock.Set(due.AddDays(1).Start().Add(time.Hour))
		move("resume")
		if x := read(late.ID); x.Round != 1 || x.State != inspection.PlanEnded || !x.NextOn.IsZero() {
			t.Errorf("resumed a day late: round %d, %s, next on %s", x.Round, x.State, x.NextOn)
		}
		says, err := db.One(h.ctx, h.db, db.Value[string], `SELECT note FROM passage WHERE kind = 'patrol_plan' AND object_id = $1 AND act = 'end'`, late.ID)
		if err != nil || !strings.Contains(says, "结束日期已过") {
			t.Errorf("ended by %q (%v)", says, err)
		}

		p.NextOn, p.EndsOn = calendar.Date{}, calendar.DateOf(h.clock.Now()).AddMonths(1)
		inTime, err := h.svc.MakePlan(h.ctx, h.scope, p)
		if err != nil {
			t.Fatal(err)
		}
		h.work()
		h.clock.Set(read(inTime.ID).NextOn.Start().Add(9 * time.Hour))
		if _, err := h.svc.PlansDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		if x := read(inTime.ID); x.Round != 2 {
			t.Errorf("on its last day: round %d", x.Round)
		}
	})
}

// A plan that finds no site says whether the monitoring is off or no site is meant.
func TestAPlanWithoutSitesSaysWhy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		make := func(change func(*inspection.Plan)) string {
			t.Helper()
			p := h.plan()
			change(&p)
			_, err := h.svc.MakePlan(h.ctx, h.scope, p)
			if !fault.Is(err, fault.Invalid) || len(fault.Of(err).Fields) != 1 || fault.Of(err).Fields[0].Name != "area" {
				t.Fatalf("made of nothing: %v", err)
			}
			return fault.Of(err).Fields[0].Says
		}
		if says := make(func(p *inspection.Plan) { p.Levels = []string{inspection.LevelProvince} }); !strings.Contains(says, "没有符合条件、正在运行的网站") {
			t.Error(says)
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error { return h.reg.SetMonitored(h.ctx, tx, h.scope, h.site.ID, false) }); err != nil {
			t.Fatal(err)
		}
		if says := make(func(*inspection.Plan) {}); !strings.Contains(says, "1个网站都没有开启监测") {
			t.Error(says)
		}
	})
}

// A round that saw no page of a site says so, and each round keeps its figures; a
// province stands before its cities and they before their counties.
func TestRoundsKeepTheirFigures(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, err := h.svc.MakePlan(h.ctx, h.scope, h.plan())
		if err != nil {
			t.Fatal(err)
		}
		h.work()
		h.clock.Set(p.NextOn.AddMonths(1).Start().Add(9 * time.Hour))
		if _, err := h.svc.PlansDue(h.ctx); err != nil {
			t.Fatal(err)
		}
		h.work()
		first, err := h.svc.Layers(h.ctx, h.scope, p.ID, 1)
		if err != nil || len(first) != 1 || first[0].Done != 1 || first[0].Blank != 0 || first[0].Seen != 1 {
			t.Fatalf("the first round: %+v (%v)", first, err)
		}
		err = h.db.Update(audit.System(context.Background(), "test"), func(tx *db.Tx) error {
			if _, err := tx.Exec(h.ctx, `UPDATE inspection_run SET pages = 0, found = 0 WHERE id IN (SELECT run_id FROM patrol_pick WHERE plan_id = $1 AND round = 2)`, p.ID); err != nil {
				return err
			}
			if _, err := tx.Exec(h.ctx, `UPDATE patrol_pick SET stratum = 'province/portal/6100' WHERE plan_id = $1 AND round = 2`, p.ID); err != nil {
				return err
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test"})
		})
		if err != nil {
			t.Fatal(err)
		}
		latest, err := h.svc.Layers(h.ctx, h.scope, p.ID, 0)
		if err != nil || len(latest) != 2 || latest[0].Stratum != "province/portal/6100" || latest[0].Done != 1 || latest[0].Blank != 1 || latest[0].Seen != 0 || latest[1].Drawn != 0 || latest[1].Seen != 1 {
			t.Errorf("the second round: %+v (%v)", latest, err)
		}
		if again, err := h.svc.Layers(h.ctx, h.scope, p.ID, 1); err != nil || len(again) != 1 || again[0] != first[0] {
			t.Errorf("the first round, later: %+v (%v)", again, err)
		}
		keys := []string{"county/portal/6101", "city/portal/6102", "province/portal/6100", "city/department/6101"}
		slices.SortFunc(keys, inspection.Downwards)
		if want := []string{"province/portal/6100", "city/department/6101", "city/portal/6102", "county/portal/6101"}; !slices.Equal(keys, want) {
			t.Error(keys)
		}
	})
}

// A city stands before its counties, also where its code lies among another's.
func TestAreasOfAPlanStandUnderTheirCity(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sys := audit.System(context.Background(), "test")
		o := org.New(h.db)
		err := h.db.Update(sys, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.City, Code: "610400", Name: "咸阳市"}, {Level: org.City, Code: "610403", Name: "杨凌示范区"}, {Level: org.County, Code: "610402", Name: "秦都区", Parent: "city-610400000000"}, {Level: org.County, Code: "610404", Name: "渭城区", Parent: "city-610400000000"}} {
				if _, err := o.AddArea(sys, tx, a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := h.svc.PlanAreas(h.ctx, authz.System("test"))
		var names []string
		for _, a := range list {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); err != nil || !strings.Contains(got, "咸阳市 秦都区 渭城区 杨凌示范区") {
			t.Errorf("%s (%v)", got, err)
		}
	})
}

// A round can be drawn again from what was kept of it, also when the ledger has
// moved on; a sample or a list that was altered is told.
func TestARoundIsDrawnAgainFromWhatWasKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		sys := audit.System(context.Background(), "test")
		var gone registry.SiteID
		if err := h.db.Update(sys, func(tx *db.Tx) error {
			for i := range 9 {
				x, err := h.reg.EnterSite(sys, tx, registry.Site{Unit: h.site.Unit, Kind: registry.DepartmentSite, Name: fmt.Sprintf("第%d个网站", i), Host: fmt.Sprintf("s%d.yanta.gov.cn", i)})
				if err != nil {
					return err
				}
				if err := h.reg.SetMonitored(sys, tx, h.scope, x.ID, true); err != nil {
					return err
				}
				gone = x.ID
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		p := h.plan()
		p.Share = 30
		p, err := h.svc.MakePlan(h.ctx, h.scope, p)
		if err != nil {
			t.Fatal(err)
		}
		next := func() {
			t.Helper()
			if p, err = h.svc.PlanByID(h.ctx, h.db, h.scope, p.ID); err != nil {
				t.Fatal(err)
			}
			h.clock.Set(p.NextOn.Start().Add(9 * time.Hour))
			if _, err := h.svc.PlansDue(h.ctx); err != nil {
				t.Fatal(err)
			}
		}
		again := func(round int) inspection.Redrawn {
			t.Helper()
			x, err := h.svc.Redraw(h.ctx, h.scope, p.ID, round)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		exec := func(q string, args ...any) {
			t.Helper()
			if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(h.ctx, q, args...); err != nil {
					return err
				}
				return audit.Record(h.ctx, tx, audit.Entry{Act: "test.alter", Target: p.Target()})
			}); err != nil {
				t.Fatal(err)
			}
		}
		next()
		next()
		before := again(2)
		if err := h.db.Update(sys, func(tx *db.Tx) error { return h.reg.SetMonitored(sys, tx, h.scope, gone, false) }); err != nil {
			t.Fatal(err)
		}
		next()
		next()
		if before.Sites != 10 || again(2) != before || again(0).Sites != 9 {
			t.Errorf("round 2 from %+v, by now %+v; the latest from %+v", before, again(2), again(0))
		}
		for round := 1; round <= 4; round++ {
			if x := again(round); !x.Same || len(x.SHA256) != 64 {
				t.Errorf("round %d: %+v", round, x)
			}
		}
		if _, err := h.svc.Redraw(h.ctx, authz.Scope{}, p.ID, 1); !fault.Is(err, fault.NotFound) {
			t.Errorf("a stranger draws: %v", err)
		}
		exec(`UPDATE patrol_round SET frame = replace(frame, '{', '{"county/portal/6199":["x"],') WHERE plan_id = $1 AND round = 1`, p.ID)
		exec(`UPDATE patrol_pick SET size = size + 1 WHERE plan_id = $1 AND round = 4`, p.ID)
		exec(`DELETE FROM patrol_round WHERE plan_id = $1 AND round = 3`, p.ID)
		for round, want := range map[int]bool{1: false, 2: true, 3: false, 4: false} {
			if x := again(round); x.Same != want || (x.SHA256 == "") != (round == 3) {
				t.Errorf("altered, round %d: %+v", round, x)
			}
		}
		// A list altered together with its digest is told all the same: the trail names
		// the digest as it was drawn.
		frame, err := db.One(h.ctx, h.db, db.Value[string], `SELECT frame FROM patrol_round WHERE plan_id = $1 AND round = 2`, p.ID)
		if err != nil {
			t.Fatal(err)
		}
		put := func(frame string) {
			sum := sha256.Sum256([]byte(frame))
			exec(`UPDATE patrol_round SET frame = $2, sha256 = $3 WHERE plan_id = $1 AND round = 2`, p.ID, frame, hex.EncodeToString(sum[:]))
		}
		var list inspection.Frame
		if err := json.Unmarshal([]byte(frame), &list); err != nil {
			t.Fatal(err)
		}
		list["county/portal/6199"] = nil
		forged, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		put(string(forged))
		if x := again(2); x.Same || x.SHA256 != before.SHA256 {
			t.Errorf("list and digest altered: %+v", x)
		}
		put(frame)
		if x := again(2); x != before {
			t.Errorf("as it was drawn: %+v", x)
		}
		exec(`UPDATE patrol_plan SET share = 31 WHERE id = $1`, p.ID)
		if x := again(2); x.Same {
			t.Error("another share than drawn by gives the same")
		}
	})
}

// Samples drawn before laps were kept get theirs from the rounds they were drawn in;
// the schema goes down and up again and loses no sample.
func TestOldSamplesGetTheirLaps(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, err := h.svc.MakePlan(h.ctx, h.scope, h.plan())
		if err != nil {
			t.Fatal(err)
		}
		draw := func() {
			t.Helper()
			h.work()
			if p, err = h.svc.PlanByID(h.ctx, h.db, h.scope, p.ID); err != nil {
				t.Fatal(err)
			}
			h.clock.Set(p.NextOn.Start().Add(9 * time.Hour))
			if _, err := h.svc.PlansDue(h.ctx); err != nil {
				t.Fatal(err)
			}
		}
		laps := func() []int {
			t.Helper()
			list, err := db.All(h.ctx, h.db, db.Value[int], `SELECT lap FROM patrol_pick WHERE plan_id = $1 ORDER BY round`, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		draw()
		draw()
		want := []int{0, 1, 2} // one site, drawn in every round
		if got := laps(); !slices.Equal(got, want) {
			t.Fatalf("laps %v", got)
		}
		text, err := migrations.Files.ReadFile("0656_patrol_laps.sql")
		if err != nil {
			t.Fatal(err)
		}
		up, down, found := strings.Cut(string(text), "-- +goose Down")
		if !found {
			t.Fatal("no way back")
		}
		if err := h.db.Update(h.ctx, func(tx *db.Tx) error {
			for _, script := range []string{down, up} {
				for _, statement := range strings.Split(noComments(script), ";") {
					if strings.TrimSpace(statement) == "" {
						continue
					}
					if _, err := tx.Exec(h.ctx, statement); err != nil {
						return fmt.Errorf("%s: %w", statement, err)
					}
				}
			}
			return audit.Record(h.ctx, tx, audit.Entry{Act: "test.schema", Target: p.Target()})
		}); err != nil {
			t.Fatal(err)
		}
		if got := laps(); !slices.Equal(got, want) {
			t.Errorf("after the way back: laps %v", got)
		}
		draw()
		if got := laps(); !slices.Equal(got, []int{0, 1, 2, 3}) {
			t.Errorf("the round after: laps %v", got)
		}
		for round, kept := range map[int]bool{3: false, 4: true} {
			if x, err := h.svc.Redraw(h.ctx, h.scope, p.ID, round); err != nil || x.Same != kept || (x.SHA256 != "") != kept {
				t.Errorf("round %d: %+v (%v)", round, x, err)
			}
		}
	})
}

func noComments(script string) string {
	var out []string
	for line := range strings.Lines(script) {
		text, _, _ := strings.Cut(line, "--")
		out = append(out, strings.TrimSuffix(text, "\n"))
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), `COLLATE "C"`, "") // which SQLite has under another name
}
