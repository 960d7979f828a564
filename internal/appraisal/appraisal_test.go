package appraisal_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/appraisal"
	"zhengshu/internal/approval"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/migrations"
)

var (
	system = authz.System("test")
	began  = time.Date(2026, 9, 28, 2, 0, 0, 0, time.UTC) // a Monday in the third quarter
)

const quarter = "2026-Q3"

// house is a province and a city with a district and a bureau below it.
type house struct {
	t                              *testing.T
	db                             *db.DB
	clock                          *calendar.Manual
	svc                            *appraisal.Service
	org                            *org.Service
	registry                       *registry.Service
	inspection                     *inspection.Service
	assessment                     *assessment.Service
	obligations                    *obligation.Service
	units                          map[string]org.Unit
	sites                          map[string]registry.Site
	head, second, a, b, unit, prov *authz.Session
}

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	clock := calendar.NewManual(began)
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		clock.Set(began)
		fn(t, build(t, d, clock))
	})
}

func build(t *testing.T, d *db.DB, clock *calendar.Manual) *house {
	t.Helper()
	h := &house{t: t, db: d, clock: clock, units: map[string]org.Unit{}, sites: map[string]registry.Site{}}
	ctx := audit.System(context.Background(), "test")
	h.org = org.New(d)
	h.registry = registry.New(d, h.org)
	h.obligations = obligation.New(d, h.org, append(appraisal.Obligations(), assessment.RectifyObligation)...)
	days, err := calendar.Published()
	h.must(err)
	store, err := blob.Disk(t.TempDir())
	h.must(err)
	probes, err := inspection.OpenProbes(ctx, d, t.TempDir())
	h.must(err)
	if probes != d {
		t.Cleanup(func() { probes.Close() })
	}
	h.inspection = inspection.New(d, probes, h.registry, nil, nil, inspection.Settings{})
	h.assessment, err = assessment.New(assessment.Parts{DB: d, Org: h.org, Registry: h.registry, Inspection: h.inspection, Obligations: h.obligations, Days: days, Store: store})
	h.must(err)
	h.svc = appraisal.New(appraisal.Parts{DB: d, Org: h.org, Registry: h.registry, Assessment: h.assessment, Obligations: h.obligations, Days: days, Store: store, Settings: sx2021.Defaults})
	h.must(passage.Declare(ctx, d, append(appraisal.Machines(), registry.SiteMachine, registry.AccountMachine, inspection.FindingMachine)...))
	h.must(d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"}, {Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"}} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		for _, u := range []org.Unit{{Area: "province-610000000000", Kind: org.Office, Name: "省政府办公厅"}, {Area: "city-610100000000", Kind: org.Office, Name: "西安市政府办公厅"}, {Area: "city-610100000000", Kind: org.Department, Name: "西安市商务局"}, {Area: "county-610113000000", Kind: org.Office, Name: "雁塔区政府办公室"}} {
			v, _, err := h.org.AddUnit(ctx, tx, u)
			if err != nil {
				return err
			}
			h.units[u.Name] = v
		}
		for _, x := range []struct {
			into *(*authz.Session)
			name string
			unit string
			role authz.Role
		}{{&h.prov, "省厅", "省政府办公厅", authz.Supervisor}, {&h.head, "负责人", "西安市政府办公厅", authz.Supervisor}, {&h.second, "第二人", "西安市政府办公厅", authz.Supervisor},
			{&h.a, "甲", "西安市政府办公厅", authz.Inspector}, {&h.b, "乙", "西安市政府办公厅", authz.Inspector}, {&h.unit, "区办", "雁塔区政府办公室", authz.Sponsor}} {
			p, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: h.units[x.unit].ID, Name: x.name})
			if err != nil {
				return err
			}
			if err := h.org.Appoint(ctx, tx, system, p.ID, h.units[x.unit].ID, x.role); err != nil {
				return err
			}
			posts, err := h.org.PostsOf(ctx, tx, p.ID)
			if err != nil {
				return err
			}
			*x.into = &authz.Session{PersonID: string(p.ID), Name: p.Name, Posts: posts}
		}
		for _, s := range []registry.Site{{Unit: h.units["西安市政府办公厅"].ID, Kind: registry.Portal, Name: "西安市政府", Host: "www.xa.gov.cn"}, {Unit: h.units["雁塔区政府办公室"].ID, Kind: registry.Portal, Name: "雁塔区政府", Host: "www.yanta.gov.cn"}, {Unit: h.units["西安市商务局"].ID, Kind: registry.DepartmentSite, Name: "西安市商务局", Host: "sw.xa.gov.cn"}} {
			v, err := h.registry.EnterSite(ctx, tx, s)
			if err != nil {
				return err
			}
			h.sites[s.Name] = v
			if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, started_at, finished_at, pages, links) VALUES ($1, $2, 'patrol', 'done', $3, $3, $3, 10, 10)`, ulid.Make().String(), v.ID, tx.Now()); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.fill"})
	}))
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func as(s *authz.Session) context.Context {
	return authz.WithSession(audit.WithActor(context.Background(), audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name}), s)
}

func manage(s *authz.Session) authz.Scope { return s.ScopeFor(authz.AppraisalManage) }

func refused(t *testing.T, err error, kind fault.Kind, says string) {
	t.Helper()
	if err == nil || !fault.Is(err, kind) || !strings.Contains(fault.Of(err).Alone(), says) && !strings.Contains(fault.Of(err).Says, says) {
		t.Errorf("got %v, want %v with %q", err, kind, says)
	}
}

// adopt lets the province judge by the pack.
func (h *house) adopt() {
	h.t.Helper()
	_, err := h.assessment.Adopt(as(h.prov), h.prov.ScopeFor(authz.PackAdopt), h.units["省政府办公厅"].ID, assessment.PackID, 1, assessment.Adopted, "陕政办函〔2026〕1号")
	h.must(err)
}

func (h *house) open() appraisal.Round {
	h.t.Helper()
	r, err := h.svc.Open(as(h.head), manage(h.head), appraisal.Opening{Unit: h.units["西安市政府办公厅"].ID, Kind: "quarterly", Period: quarter, Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 30}, Seed: "20261008"})
	h.must(err)
	return r
}

func (h *house) objects(r appraisal.Round) map[string]appraisal.Object {
	h.t.Helper()
	list, _, err := h.svc.Objects(as(h.head), system, h.head, r.ID, appraisal.ObjectFilter{Limit: 1000})
	h.must(err)
	out := map[string]appraisal.Object{}
	for _, o := range list {
		out[o.Name] = o.Object
	}
	return out
}

func (h *house) judge(s *authz.Session, r appraisal.Round, o appraisal.Object, entries ...appraisal.Entry) error {
	_, err := h.svc.Judge(as(s), s.ScopeFor(authz.AppraisalJudge), s, r.ID, o.ID, entries, nil)
	return err
}

// frozen is a round of the third quarter, adopted pack, two judges, frozen.
func (h *house) frozen() appraisal.Round {
	h.t.Helper()
	h.adopt()
	r := h.open()
	_, err := h.svc.Collect(as(h.head), manage(h.head), r.ID)
	h.must(err)
	yanta := h.objects(r)["雁塔区政府"]
	h.must(h.judge(h.a, r, yanta, appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Kept}, appraisal.Entry{Indicator: "D-06", Outcome: packs.Violated, Hits: 2, Says: "两件政策没有解读"}))
	h.must(h.judge(h.b, r, yanta, appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Kept}))
	r, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
	h.must(err)
	return r
}

// Readings 1: an office's own portal is not in its own sample; the lot is the
// same for the same seed, and named objects bear their reason.
func TestArticle30_SampleIsDrawnBySeedAndNamedWithReason(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.open()
		have := h.objects(r)
		if _, own := have["西安市政府"]; own || len(have) != 2 {
			t.Errorf("sample: %v", have)
		}
		same, more, fewer, err := h.svc.Redraw(as(h.head), manage(h.head), r.ID)
		if err != nil || same != 2 || more+fewer != 0 {
			t.Errorf("drawn again: %d same, %d more, %d fewer, %v", same, more, fewer, err)
		}
		refused(t, h.svc.Remove(as(h.head), manage(h.head), r.ID, have["西安市商务局"].ID, ""), fault.Invalid, "")
		h.must(h.svc.Remove(as(h.head), manage(h.head), r.ID, have["西安市商务局"].ID, "正在改版，另行检查"))
		if n := len(h.objects(r)); n != 1 {
			t.Errorf("after the removal: %d", n)
		}
		o, err := h.svc.Name(as(h.head), manage(h.head), r.ID, "site", "sw.xa.gov.cn", "群众反映较多，需要检查")
		if err != nil || h.objects(r)["西安市商务局"].Drawn != "named" {
			t.Errorf("named: %+v, %v", o, err)
		}
		_, err = h.svc.Name(as(h.head), manage(h.head), r.ID, "site", "sw.xa.gov.cn", "再点一次试试看")
		refused(t, err, fault.Conflict, "已在样本中")
		_, err = h.svc.Open(as(h.head), manage(h.head), appraisal.Opening{Unit: h.units["西安市政府办公厅"].ID, Kind: "quarterly", Period: quarter, Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100}})
		refused(t, err, fault.Conflict, "已经有一轮")
		for field, n := range map[string]appraisal.Opening{"period": {Kind: "quarterly", Period: "2026-09"}, "kind": {Kind: "weekly", Period: quarter}, "site_share": {Kind: "monthly", Period: "2026-08", Plan: appraisal.Plan{SiteShare: 101}}, "seed": {Kind: "annual", Period: "2026", Seed: "abc"}} {
			_, err := h.svc.Open(as(h.head), manage(h.head), n)
			if !fault.Is(err, fault.Invalid) || !slices.ContainsFunc(fault.Of(err).Fields, func(f fault.Field) bool { return f.Name == field }) {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

// Drawn less often comes first, nobody picks, each stratum gives its share.
func TestDrawIsFairAndReproducible(t *testing.T) {
	var all []appraisal.Candidate
	for n := range 300 {
		all = append(all, appraisal.Candidate{Whole: n < 10, Object: appraisal.Object{Kind: "account", Of: fmt.Sprintf("a%03d", n), Stratum: fmt.Sprint(n % 7)}})
	}
	first := appraisal.Draw(all, 42, 30)
	shuffled := slices.Clone(all)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	if !slices.Equal(names(first), names(appraisal.Draw(shuffled, 42, 30))) {
		t.Error("the same seed drew differently from the same ledger in another order")
	}
	if slices.Equal(names(first), names(appraisal.Draw(all, 43, 30))) {
		t.Error("another seed drew the same")
	}
	in := map[string]bool{}
	for _, o := range first {
		in[o.Of] = true
	}
	for n := range 10 {
		if !in[fmt.Sprintf("a%03d", n)] {
			t.Errorf("a%03d is of the three levels and was left out", n)
		}
	}
	for i := range all {
		if in[all[i].Of] {
			all[i].Seen = 1
		}
	}
	for _, o := range appraisal.Draw(all, 42, 30) {
		if in[o.Of] && o.Drawn != "whole" {
			t.Errorf("%s was drawn again before its stratum was through", o.Of)
		}
	}
}

func names(list []appraisal.Object) []string {
	var out []string
	for _, o := range list {
		out = append(out, o.Of)
	}
	return out
}

// Two judges look at a serious line, neither seeing the other; where they differ
// the head rules, who judged nothing.
func TestTwoJudgesAreBlindAndTheHeadRules(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.open()
		o := h.objects(r)["雁塔区政府"]
		bad := appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Violated, Says: "网页被篡改三天没有处置"}
		refused(t, h.judge(h.a, r, o, bad), fault.Conflict, "抽样中")
		_, err := h.svc.Collect(as(h.head), manage(h.head), r.ID)
		h.must(err)
		refused(t, h.judge(h.a, r, o, appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Violated}), fault.Invalid, "")
		refused(t, h.judge(h.a, r, o, appraisal.Entry{Indicator: "V-W-3", Outcome: packs.Violated, Says: "机器判的不由人判"}), fault.Invalid, "")
		refused(t, h.judge(h.a, r, o, appraisal.Entry{Indicator: "D-06", Outcome: packs.Violated, Says: "没有写处数"}), fault.Invalid, "")
		refused(t, h.judge(h.a, r, o), fault.Invalid, "没有填写")
		refused(t, h.judge(h.unit, r, o, bad), fault.NotFound, "")
		h.must(h.judge(h.a, r, o, bad))
		f, err := h.svc.Form(as(h.b), h.b.ScopeFor(authz.AppraisalJudge), h.b, r.ID, o.ID)
		if err != nil || f.Own != nil || f.Others != 1 {
			t.Errorf("the second judge sees %+v, %v", f.Own, err)
		}
		d, err := h.svc.Result(as(h.b), h.b.ScopeFor(authz.AssessmentRead), h.b, o.ID)
		if err != nil || len(d.Sheets) != 0 {
			t.Errorf("the second judge reads the first sheet: %v, %v", d.Sheets, err)
		}
		bad.Says = "网页被篡改三天，没有及时处置"
		h.must(h.judge(h.a, r, o, bad)) // may be changed until the second is in
		h.must(h.judge(h.b, r, o, appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Kept}))
		refused(t, h.judge(h.a, r, o, bad), fault.Conflict, "不能再改")
		refused(t, h.judge(h.second, r, o, bad), fault.Conflict, "两人评判")
		_, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		refused(t, err, fault.Refused, "尚未裁定")
		refused(t, h.svc.Rule(as(h.a), system, r.ID, o.ID, "V-W-1.4", packs.Kept, "自己裁定自己"), fault.Refused, "评判人之一")
		h.must(h.svc.Rule(as(h.head), manage(h.head), r.ID, o.ID, "V-W-1.4", packs.Violated, "核对处置记录，超过规定时间"))
		refused(t, h.svc.Rule(as(h.head), manage(h.head), r.ID, o.ID, "V-W-1.4", packs.Kept, "再裁定一次"), fault.Conflict, "已由他人裁定")
		// What judges found wrong becomes a finding, but only once it is frozen.
		source, line := h.svc.Origin(), appraisal.OriginID(o.ID, "V-W-1.4")
		_, err = source.Propose(context.Background(), h.db, manage(h.head), line)
		refused(t, err, fault.Conflict, "没有冻结")
		r, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		h.must(err)
		if s := h.objects(r)["雁塔区政府"].Standing; s.Verdict != assessment.Unqualified {
			t.Errorf("ruled a veto, stands %+v", s)
		}
		p, err := source.Propose(context.Background(), h.db, manage(h.head), line)
		if err != nil || p.Object.ID != o.Of || p.Severity != check.Serious || p.Clause != "V-W-1.4" || !strings.Contains(p.Says, "网页被篡改三天") {
			t.Errorf("proposed %+v, %v", p, err)
		}
		_, err = source.Propose(context.Background(), h.db, manage(h.head), appraisal.OriginID(o.ID, "D-06"))
		refused(t, err, fault.Conflict, "不是人工评判为有问题")
		_, err = source.Propose(context.Background(), h.db, authz.Scope{}, line)
		refused(t, err, fault.NotFound, "")
	})
}

// A freeze during a patrol names the site, or leaves the unfinished run out by
// choice; twice frozen is once frozen.
func TestFreezeWaitsForPatrolsAndIsIdempotent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		r := h.open()
		_, err := h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		refused(t, err, fault.Conflict, "抽样中")
		_, err = h.svc.Collect(as(h.head), manage(h.head), r.ID)
		h.must(err)
		ctx := audit.System(context.Background(), "test")
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_at, started_at) VALUES ('run', $1, 'patrol', 'running', $2, $2)`, h.sites["雁塔区政府"].ID, tx.Now()); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Entry{Act: "test.run"})
		}))
		_, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		refused(t, err, fault.Refused, "雁塔区政府正在检查中")
		first, err := h.svc.Freeze(as(h.head), manage(h.head), r.ID, true)
		if err != nil || !slices.Equal(first.LeftOut, []string{"雁塔区政府"}) || first.SHA256 == "" {
			t.Fatalf("%+v, %v", first, err)
		}
		h.clock.Advance(time.Hour)
		again, err := h.svc.Freeze(as(h.second), manage(h.second), r.ID, false)
		if err != nil || again.SHA256 != first.SHA256 || !again.FrozenAt.Equal(first.FrozenAt) {
			t.Errorf("frozen twice: %v %v, %v", again.SHA256, again.FrozenAt, err)
		}
		refused(t, h.svc.Remove(as(h.head), manage(h.head), r.ID, h.objects(r)["雁塔区政府"].ID, "冻结以后移出"), fault.Conflict, "样本不能再变动")
	})
}

// What is stored gives the same result again, on this database and on a copy in
// the other; a figure edited by hand is named.
func TestRescoreIsIdenticalAndNamesWhatWasEdited(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx := audit.System(context.Background(), "test")
		if f, err := h.raise(); err != nil {
			t.Fatal(err, f)
		}
		r := h.frozen()
		x, err := h.svc.Rescore(ctx, system, r.ID)
		if err != nil || len(x.Damage) != 0 || x.SHA256 != r.SHA256 || x.Rows != 2 {
			t.Fatalf("rescored: %+v, %v", x, err)
		}
		if s := h.objects(r)["雁塔区政府"].Standing; s.Verdict != assessment.Qualified || !s.Scored || s.Points != 9700 { // D-06 2, D-19 1
			t.Errorf("stands %+v", s)
		}
		file := filepath.Join(t.TempDir(), "copy.db")
		h.must(h.db.Snapshot(ctx, file, migrations.Files))
		copied, err := db.Open(ctx, db.Config{Dir: filepath.Dir(file), File: filepath.Base(file), Now: h.clock.Now})
		h.must(err)
		defer copied.Close()
		beside := *h.svc
		beside.DB = copied
		if y, err := beside.Rescore(ctx, system, r.ID); err != nil || len(y.Damage) != 0 || y.SHA256 != r.SHA256 {
			t.Errorf("on the copy: %+v, %v", y, err)
		}
		edit := func(statement string, args ...any) {
			h.must(h.db.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, statement, args...); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.edit"})
			}))
		}
		o := h.objects(r)["雁塔区政府"]
		named := func(says string) {
			t.Helper()
			x, err := h.svc.Rescore(ctx, system, r.ID)
			if err != nil || !slices.ContainsFunc(x.Damage, func(d appraisal.Damage) bool {
				return strings.Contains(d.Says, says) && (d.Object.ID == "" || d.Object.ID == o.ID)
			}) {
				t.Errorf("%q is not named: %+v, %v", says, x.Damage, err)
			}
		}
		edit(`UPDATE appraisal_object SET points = 9900 WHERE id = $1`, o.ID)
		named("没有依据")
		edit(`UPDATE appraisal_object SET points = 9700 WHERE id = $1`, o.ID)
		edit(`UPDATE appraisal_result SET result = replace(result, '"points":97', '"points":99') WHERE object_id = $1`, o.ID)
		named("结果与所依据的事实不符")
		named("全部结果的摘要与冻结时不同")
		edit(`UPDATE appraisal_result SET result = replace(result, '"points":99', '"points":97') WHERE object_id = $1`, o.ID)
		edit(`UPDATE appraisal_round SET sha256 = $2 WHERE id = $1`, r.ID, strings.Repeat("0", 64))
		named("审计记录中冻结时的摘要不同")
		edit(`UPDATE appraisal_round SET sha256 = $2 WHERE id = $1`, r.ID, r.SHA256)
		edit(`UPDATE appraisal_object SET points = 9900 WHERE id = $1`, o.ID)
		h.appealed(r)
		h.clock.Set(time.Date(2026, 10, 30, 2, 0, 0, 0, time.UTC))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		h.must(err)
		_, err = h.svc.Publish(as(h.head), manage(h.head), r.ID)
		refused(t, err, fault.Refused, "与冻结时不符，不能公布")
	})
}

// raise finds a dead link on the district's portal.
func (h *house) raise() (f inspection.Finding, err error) {
	ctx := audit.System(context.Background(), "test")
	err = h.db.Update(ctx, func(tx *db.Tx) error {
		f, err = h.inspection.Raise(ctx, tx, system, h.sites["雁塔区政府"].ID, engine.Sighting{Check: "link.dead", Severity: check.Error, Says: "首页有一处链接打不开。", Article: "S19.4", URL: "http://www.yanta.gov.cn/", Where: "<a>", OnHome: true})
		return err
	})
	return f, err
}

func (h *house) appealed(r appraisal.Round) appraisal.Round {
	h.t.Helper()
	r, err := h.svc.OpenAppeals(as(h.head), manage(h.head), r.ID)
	h.must(err)
	return r
}

// An appeal has its clock, is answered by who did not judge, and moves the
// standing by a record while the frozen row stays; after the last day it is
// refused with the date.
func TestArticle30_AppealHasAClockAndLeavesTheFrozenRow(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.frozen()
		o := h.objects(r)["雁塔区政府"]
		own := h.unit.ScopeFor(authz.AppraisalAppeal)
		_, err := h.svc.Raise(as(h.unit), own, o.ID, "D-06", "还没有送达就申诉", nil)
		refused(t, err, fault.NotFound, "")
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		refused(t, err, fault.Conflict, "已冻结")
		r = h.appealed(r)
		_, err = h.svc.Raise(as(h.unit), own, h.objects(r)["西安市商务局"].ID, "V-W-1.4", "别人的结果", nil)
		refused(t, err, fault.NotFound, "")
		_, err = h.svc.Raise(as(h.unit), own, o.ID, "D-99", "没有这一项指标", nil)
		refused(t, err, fault.Invalid, "")
		a, err := h.svc.Raise(as(h.unit), own, o.ID, "D-06", "两件政策已在部门网站解读并链接", []approval.Upload{{Name: "截图.pdf", Content: bytes.NewReader([]byte("%PDF-1.4\n%%EOF\n"))}})
		h.must(err)
		_, err = h.svc.Raise(as(h.unit), own, o.ID, "D-06", "再申诉一次同一项", nil)
		refused(t, err, fault.Conflict, "已经申诉过")
		owed, err := h.obligations.Count(as(h.head), system, obligation.Filter{Unit: r.Unit})
		if err != nil || owed != 1 {
			t.Errorf("owed: %d, %v", owed, err)
		}
		kept := appraisal.Entry{Outcome: packs.Violated, Hits: 1}
		refused(t, h.svc.Answer(as(h.a), system, a.ID, appraisal.Answering{Upheld: true, Says: "评判人自己答复", Entry: kept}), fault.Refused, "参加过这个对象的评判")
		h.clock.Set(time.Date(2026, 10, 30, 2, 0, 0, 0, time.UTC))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		refused(t, err, fault.Refused, "1 件申诉没有答复")
		h.must(h.svc.Answer(as(h.head), manage(h.head), a.ID, appraisal.Answering{Upheld: true, Says: "一件已经解读，更正为一处", Entry: kept}))
		refused(t, h.svc.Answer(as(h.head), manage(h.head), a.ID, appraisal.Answering{Says: "再答复一次"}), fault.Conflict, "")
		d, err := h.svc.Result(as(h.unit), h.unit.ScopeFor(authz.AssessmentRead), h.unit, o.ID)
		if err != nil || d.Office || d.Frozen.Points != 9800 || d.Now.Points != 9900 || len(d.Appeals) != 1 || len(d.Appeals[0].Files) != 1 {
			t.Fatalf("%+v, %v", d.Object.Standing, err)
		}
		_, _, err = h.svc.File(as(h.unit), h.unit.ScopeFor(authz.AssessmentRead), h.unit, o.ID, d.Appeals[0].Files[0].ID)
		h.must(err)
		_, err = h.svc.Raise(as(h.unit), own, o.ID, "D-05", "过了期限才申诉", nil)
		refused(t, err, fault.Refused, "申诉期到2026年10月")
		_, ok, err := h.svc.Results(as(h.head), h.db, system, r.Area, assessment.QuarterOf(calendar.DateOf(began)))
		if ok || err != nil {
			t.Errorf("results before publishing: %v, %v", ok, err)
		}
		_, err = h.svc.Propose(as(h.head), manage(h.head), r.ID, o.ID, appraisal.Entry{Indicator: "D-06", Outcome: packs.Kept}, "公布以前勘误")
		refused(t, err, fault.Conflict, "公布以后才办理勘误")
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		h.must(err)
		r, err = h.svc.Publish(as(h.head), manage(h.head), r.ID)
		h.must(err)
		// An erratum takes two persons and stands beside the result for ever.
		c, err := h.svc.Propose(as(h.head), manage(h.head), r.ID, o.ID, appraisal.Entry{Indicator: "D-06", Outcome: packs.Kept}, "另一件也已解读，当时没有看到")
		h.must(err)
		_, err = h.svc.Confirm(as(h.head), manage(h.head), c.ID, true)
		refused(t, err, fault.Refused, "第二人确认")
		if s := h.objects(r)["雁塔区政府"].Standing; s.Points != 9900 {
			t.Errorf("one person moved it to %v", s.Points)
		}
		_, err = h.svc.Confirm(as(h.second), manage(h.second), c.ID, true)
		h.must(err)
		held, ok, err := h.svc.Results(as(h.head), h.db, system, r.Area, assessment.QuarterOf(calendar.DateOf(began)))
		i := slices.IndexFunc(held.Results, func(x appraisal.Outcome) bool { return x.Object.ID == o.ID })
		if err != nil || !ok || len(held.Results) != 2 || i < 0 || held.Results[i].Frozen.Points != 9800 || held.Results[i].Standing.Points != 10000 || held.Results[i].Errata != 2 {
			t.Errorf("%+v, %v, %v", held.Results, ok, err)
		}
		x, err := h.svc.Rescore(as(h.head), manage(h.head), r.ID)
		if err != nil || len(x.Damage) != 0 || x.SHA256 != r.SHA256 {
			t.Errorf("after appeal and erratum: %+v, %v", x.Damage, err)
		}
	})
}

// A year without a notice of holidays makes the last day provisional: nobody is
// late, and nothing is decided over silent units until the day is certain.
func TestProvisionalDeadlineJudgesNobodyLate(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.frozen()
		h.clock.Set(time.Date(2031, 3, 3, 2, 0, 0, 0, time.UTC))
		r = h.appealed(r)
		if due := h.svc.AppealUntil(r); !due.Provisional {
			t.Fatalf("due %+v", due)
		}
		h.clock.Advance(30 * 24 * time.Hour)
		o := h.objects(r)["雁塔区政府"]
		own := h.unit.ScopeFor(authz.AppraisalAppeal)
		a, err := h.svc.Raise(as(h.unit), own, o.ID, "D-06", "期限暂定时的申诉", nil)
		h.must(err)
		h.must(h.svc.TakeBack(as(h.unit), own, a.ID))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		refused(t, err, fault.Refused, "还没有节假日安排")
		h.must(h.svc.Accept(as(h.unit), own, o.ID))
		refused(t, h.svc.Accept(as(h.unit), own, o.ID), fault.Conflict, "已经确认")
		h.must(h.svc.Accept(as(h.head), system, h.objects(r)["西安市商务局"].ID))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		h.must(err)
	})
}

// Article 29 and the marks of the pack: without the province's adoption values
// that are not verified cost nothing and the round is not published.
func TestArticle29_UnverifiedValuesStayOutUntilAdopted(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		r := h.open()
		_, err := h.svc.Collect(as(h.head), manage(h.head), r.ID)
		h.must(err)
		o := h.objects(r)["雁塔区政府"]
		h.must(h.judge(h.a, r, o, appraisal.Entry{Indicator: "D-06", Outcome: packs.Violated, Hits: 2, Says: "两件政策没有解读"}))
		r, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		h.must(err)
		if s := h.objects(r)["雁塔区政府"].Standing; s.Verdict != assessment.Qualified || s.Scored {
			t.Errorf("an unverified value counted: %+v", s)
		}
		r = h.appealed(r)
		h.clock.Set(time.Date(2026, 10, 30, 2, 0, 0, 0, time.UTC))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		h.must(err)
		_, err = h.svc.Publish(as(h.head), manage(h.head), r.ID)
		refused(t, err, fault.Refused, "还没有被省政府办公厅采用")
		h.adopt()
		r, err = h.svc.Publish(as(h.head), manage(h.head), r.ID)
		if err != nil || h.objects(r)["雁塔区政府"].Standing.Scored {
			t.Errorf("published %v with %+v", err, h.objects(r)["雁塔区政府"].Standing)
		}
	})
}

// A unit merged after the freeze keeps its result under the name it had; who
// follows it answers for it.
func TestResultOfAMergedUnitStaysUnderItsName(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.org.OnReorganise(registry.Reorganise())
		h.org.OnReorganise(obligation.Reorganise())
		h.org.OnReorganise(appraisal.Reorganise())
		r := h.appealed(h.frozen())
		ctx := as(h.prov)
		plan := org.Plan{Kind: org.Merge, Unit: h.units["西安市商务局"].ID, Into: h.units["雁塔区政府办公室"].ID, Document: "陕编〔2026〕1号", On: calendar.DateOf(h.clock.Now())}
		rehearsal, err := h.org.Rehearse(ctx, system, plan)
		if err != nil {
			t.Fatal(err)
		}
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.org.Reorganise(ctx, tx, system, plan, rehearsal.Digest)
			return err
		}))
		o := h.objects(r)["西安市商务局"]
		d, err := h.svc.Result(as(h.unit), h.unit.ScopeFor(authz.AssessmentRead), h.unit, o.ID)
		if err != nil || d.Facts.Object.UnitName != "西安市商务局" || d.Successor != "雁塔区政府办公室" || o.UnitNow != "雁塔区政府办公室" {
			t.Errorf("%+v successor %q, %v", o, d.Successor, err)
		}
		x, err := h.svc.Rescore(as(h.head), system, r.ID)
		if err != nil || len(x.Damage) != 0 {
			t.Errorf("%+v, %v", x, err)
		}
	})
}

// A unit abolished while its sites are being judged: who follows it is told and
// may appeal; what is frozen bears the name under which it was judged, and a site
// that is no longer run is untested, which costs nothing.
func TestUnitAbolishedInTheQuarter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.org.OnReorganise(registry.Reorganise())
		h.org.OnReorganise(obligation.Reorganise())
		h.org.OnReorganise(appraisal.Reorganise())
		h.adopt()
		r := h.open()
		_, err := h.svc.Collect(as(h.head), manage(h.head), r.ID)
		h.must(err)
		ctx := as(h.prov)
		plan := org.Plan{Kind: org.Merge, Unit: h.units["西安市商务局"].ID, Into: h.units["雁塔区政府办公室"].ID, Document: "陕编〔2026〕1号", On: calendar.DateOf(h.clock.Now())}
		rehearsal, err := h.org.Rehearse(ctx, system, plan)
		h.must(err)
		h.must(h.db.Update(ctx, func(tx *db.Tx) error {
			if _, err := h.org.Reorganise(ctx, tx, system, plan, rehearsal.Digest); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE site SET state = 'closed' WHERE id = $1`, h.sites["西安市商务局"].ID)
			return err
		}))
		r, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		h.must(err)
		r = h.appealed(r)
		o := h.objects(r)["西安市商务局"]
		if o.UnitName != "西安市商务局" || o.UnitNow != "雁塔区政府办公室" || o.Standing.Verdict != assessment.Untested {
			t.Errorf("%+v", o)
		}
		told, err := db.One(ctx, h.db, db.Value[int], `SELECT count(*) FROM message WHERE unit_id = $1 AND body LIKE '%2 个网站%'`, h.units["雁塔区政府办公室"].ID)
		if err != nil || told != 1 {
			t.Errorf("who follows was told %d times of both (%v)", told, err)
		}
		if _, err := h.svc.Raise(as(h.unit), h.unit.ScopeFor(authz.AppraisalAppeal), o.ID, "V-W-1.4", "由承接单位提出的申诉", nil); err != nil {
			t.Error(err)
		}
	})
}

// Article 29: everybody may read the results of a published round whose pack the
// province had adopted; what rests on a value nobody has verified is not told, and
// a correction stands beside the result.
func TestArticle29_PublicResults(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		stated := 0
		h.svc.OnPublic(func(context.Context, *db.Tx) error { stated++; return nil })
		r := h.frozen()
		_, err := h.svc.Show(as(h.head), manage(h.head), r.ID, true)
		refused(t, err, fault.Refused, "公布以后")
		r = h.appealed(r)
		h.clock.Set(time.Date(2026, 10, 30, 2, 0, 0, 0, time.UTC))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		h.must(err)
		ground := h.svc.Grounds()[0]
		result := h.objects(r)["雁塔区政府"]
		_, err = ground.Find(context.Background(), h.db, manage(h.head), result.ID)
		refused(t, err, fault.Conflict, "公布以后")
		_, err = h.svc.Publish(as(h.head), manage(h.head), r.ID)
		h.must(err)
		g, err := ground.Find(context.Background(), h.db, manage(h.head), result.ID)
		if err != nil || g.Unit != h.units["雁塔区政府办公室"].ID || g.Link != result.Link() {
			t.Errorf("%+v, %v", g, err)
		}
		_, err = ground.Find(context.Background(), h.db, authz.Area("test", "/nowhere/"), result.ID)
		refused(t, err, fault.NotFound, "")
		_, err = h.svc.Show(as(h.unit), h.unit.ScopeFor(authz.AppraisalAppeal), r.ID, true)
		refused(t, err, fault.NotFound, "")
		if p := h.public(); len(p.Rounds) != 0 {
			t.Errorf("told before it was opened: %+v", p)
		}
		_, err = h.svc.Show(as(h.head), manage(h.head), r.ID, true)
		h.must(err)
		_, err = h.svc.Show(as(h.head), manage(h.head), r.ID, true)
		refused(t, err, fault.Conflict, "已经是这样了")
		p := h.public()
		if len(p.Rounds) != 1 || stated != 1 || p.Rounds[0].Adoption.Label != assessment.Adopted || p.Rounds[0].Adoption.By != "" || len(p.Rounds[0].Results) != 2 {
			t.Fatalf("%+v", p)
		}
		said := map[string]appraisal.PublicResult{}
		for _, x := range p.Rounds[0].Results {
			said[x.Name] = x
		}
		// D-06 of the portal took points of a value that is not verified.
		if x := said["雁塔区政府"]; x.Verdict != appraisal.NotVerified || x.Points != "" {
			t.Errorf("an unverified value is published: %+v", x)
		}
		if x := said["西安市商务局"]; x.Verdict != assessment.Qualified.Name() {
			t.Errorf("%+v", x)
		}
		o := h.objects(r)["雁塔区政府"]
		c, err := h.svc.Propose(as(h.head), manage(h.head), r.ID, o.ID, appraisal.Entry{Indicator: "D-06", Outcome: packs.Kept}, "经查都已解读，予以更正")
		h.must(err)
		_, err = h.svc.Confirm(as(h.second), manage(h.second), c.ID, true)
		h.must(err)
		p = h.public()
		if e := p.Rounds[0].Errata; stated != 2 || len(e) != 1 || e[0].Object != "雁塔区政府" || e[0].Was != "" || e[0].Reason != "经查都已解读，予以更正" {
			t.Errorf("stated %d times, errata %+v", stated, e)
		}
		for _, x := range p.Rounds[0].Results {
			if x.Name == "雁塔区政府" && (x.Verdict != assessment.Qualified.Name() || x.Points != "100" || x.Errata != 1) {
				t.Errorf("nothing unverified moves it any more: %+v", x)
			}
		}
		_, err = h.svc.Show(as(h.head), manage(h.head), r.ID, false)
		h.must(err)
		if p := h.public(); len(p.Rounds) != 0 || stated != 3 {
			t.Errorf("taken back and still told: %+v", p)
		}
	})
}

// J-D-9: an office loses by the share of published results that were
// unqualified, in whole steps; what was not tested is no part of it, and before
// anything is published nothing was looked at.
func TestJD9_TheShareOfPublishedResultsCosts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.assessment.Observe(h.svc.Shares())
		_, err := h.assessment.Adopt(as(h.prov), h.prov.ScopeFor(authz.PackAdopt), h.units["省政府办公厅"].ID, assessment.OfficePackID, 1, assessment.Adopted, "陕政办函〔2026〕2号")
		h.must(err)
		share := func(office string) (out assessment.Line) {
			t.Helper()
			list, err := h.assessment.ScoreOffices(context.Background(), h.db, system, assessment.YearOf(calendar.Today(h.clock)), assessment.ScoreFilter{Unit: h.units[office].ID})
			h.must(err)
			for _, l := range list[0].Lines {
				if l.ID == "J-D-9" {
					out = l
				}
			}
			return out
		}
		h.adopt()
		r := h.open()
		_, err = h.svc.Collect(as(h.head), manage(h.head), r.ID)
		h.must(err)
		yanta := h.objects(r)["雁塔区政府"]
		bad := appraisal.Entry{Indicator: "V-W-1.4", Outcome: packs.Violated, Says: "网页被篡改三天没有处置"}
		h.must(h.judge(h.a, r, yanta, bad))
		h.must(h.judge(h.b, r, yanta, bad))
		r, err = h.svc.Freeze(as(h.head), manage(h.head), r.ID, false)
		h.must(err)
		if l := share("西安市政府办公厅"); l.Outcome != packs.Untested || !strings.Contains(l.Note, "没有公布") {
			t.Errorf("before publication: %+v", l)
		}
		r = h.appealed(r)
		h.clock.Set(time.Date(2026, 10, 30, 2, 0, 0, 0, time.UTC))
		_, err = h.svc.Decide(as(h.head), manage(h.head), r.ID)
		h.must(err)
		_, err = h.svc.Publish(as(h.head), manage(h.head), r.ID)
		h.must(err)
		// One of two: the whole line, and no more.
		if l := share("西安市政府办公厅"); l.Outcome != packs.Violated || l.Deducted != l.Points.N || l.Total != 1 || l.Findings[0].Link() != yanta.Link() || !strings.Contains(l.Note, "占50%") {
			t.Errorf("%+v", l)
		}
		if l := share("雁塔区政府办公室"); l.Deducted != l.Points.N || !strings.Contains(l.Note, "占100%") {
			t.Errorf("the county: %+v", l)
		}
	})
}

// public is what everybody may read now.
func (h *house) public() (p appraisal.Public) {
	h.t.Helper()
	body, err := h.svc.Statement(context.Background())
	h.must(err)
	h.must(json.Unmarshal(body, &p))
	return p
}

// Who begins a round is offered first what the province adopted.
func TestArticle29_WhatIsAdoptedIsOfferedFirst(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.adopt()
		choices, err := h.svc.Packs(as(h.head), manage(h.head))
		h.must(err)
		if len(choices) < 2 || choices[0].Value != assessment.PackID+"@1" || strings.Contains(choices[0].Label, "未采用") || !strings.Contains(choices[1].Label, "未采用") {
			t.Errorf("offered: %v", choices)
		}
	})
}
