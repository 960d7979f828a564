package library_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
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
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/fault"
	"zhengshu/internal/intake"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/prose"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/workbench"
)

var system = authz.System("test")

// desk is one signed-in person.
type desk struct {
	ctx     context.Context
	session *authz.Session
}

func (p desk) scope(need authz.Permission) authz.Scope { return p.session.ScopeFor(need) }

// house is a county with an office, a neighbour, a hosted site with two
// columns, and people.
type house struct {
	t              *testing.T
	db             *db.DB
	clock          *calendar.Manual
	org            *org.Service
	lib            *library.Service
	ob             *obligation.Service
	unit           org.Unit
	site           registry.Site
	news, policies registry.Column
	author, second desk // two editors
	first, final   desk
	both           desk // editor and final reviewer in one person
	neighbour      desk
	changes        []library.Change
	mu             sync.Mutex
}

// inspector finds “错字” and eleven-digit mobiles; the real one is tested in
// check and proofread.
func inspector(text string) []check.Span {
	return check.Text(text, check.ScannerFunc(func(text string) []check.Span {
		i := strings.Index(text, "错字")
		if i < 0 {
			return nil
		}
		at := len([]rune(text[:i]))
		return []check.Span{{Kind: "wording.confusion", Start: at, End: at + 2, Wrong: "错字", Right: []string{"正字"}, Says: "疑似错字。", Confidence: 1}}
	}))
}

func each(t *testing.T, fn func(h *house)) {
	t.Helper()
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) { fn(build(t, d, clock, inspector)) })
}

func build(t *testing.T, d *db.DB, clock *calendar.Manual, inspect library.Inspector) *house {
	t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine, library.ShareMachine); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, clock: clock, org: org.New(d)}
	r := registry.New(d, h.org)
	h.ob = obligation.New(d, h.org, library.Obligations()...)
	h.lib = library.New(d, h.org, r, h.ob, inspect, sx2021.Defaults())
	h.lib.OnChange(func(_ context.Context, _ *db.Tx, c library.Change) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.changes = append(h.changes, c)
		return nil
	})
	people := map[*desk][]authz.Role{&h.author: {authz.Editor, authz.Sponsor}, &h.second: {authz.Editor}, &h.first: {authz.FirstReviewer}, &h.final: {authz.FinalReviewer}, &h.both: {authz.Editor, authz.FinalReviewer}}
	names := map[*desk]string{&h.author: "王编", &h.second: "赵编", &h.first: "李初", &h.final: "张终", &h.both: "钱兼", &h.neighbour: "邻居"}
	ids := map[*desk]org.PersonID{}
	err := d.Update(ctx, func(tx *db.Tx) error {
		for _, a := range []org.Area{
			{Level: org.Province, Code: "610000", Name: "陕西省"},
			{Level: org.City, Code: "610100", Name: "西安市", Parent: "province-610000000000"},
			{Level: org.County, Code: "610113", Name: "雁塔区", Parent: "city-610100000000"},
			{Level: org.County, Code: "610114", Name: "阎良区", Parent: "city-610100000000"},
		} {
			if _, err := h.org.AddArea(ctx, tx, a); err != nil {
				return err
			}
		}
		var err error
		if h.unit, _, err = h.org.AddUnit(ctx, tx, org.Unit{Area: "county-610113000000", Kind: org.Office, Name: "雁塔区人民政府办公室"}); err != nil {
			return err
		}
		other, _, err := h.org.AddUnit(ctx, tx, org.Unit{Area: "county-610114000000", Kind: org.Office, Name: "阎良区人民政府办公室"})
		if err != nil {
			return err
		}
		person := func(p *desk, unit org.UnitID, roles ...authz.Role) error {
			n, err := h.org.AddPerson(ctx, tx, system, org.Person{Unit: unit, Name: names[p]})
			if err != nil {
				return err
			}
			ids[p] = n.ID
			for _, role := range roles {
				if err := h.org.Appoint(ctx, tx, system, n.ID, unit, role); err != nil {
					return err
				}
			}
			return nil
		}
		for p, roles := range people {
			if err := person(p, h.unit.ID, roles...); err != nil {
				return err
			}
		}
		if err := person(&h.neighbour, other.ID, authz.Editor, authz.FirstReviewer, authz.FinalReviewer, authz.Sponsor); err != nil {
			return err
		}
		if h.site, err = r.EnterSite(ctx, tx, registry.Site{Unit: h.unit.ID, Kind: registry.Portal, Name: "雁塔区人民政府", Host: "www.yanta.example.gov.cn", Hosted: true}); err != nil {
			return err
		}
		column := func(slug, name, kind string) registry.Column {
			c, e := r.AddColumn(ctx, tx, system, registry.Column{Site: h.site.ID, Slug: slug, Name: name, Type: kind, Description: name + "栏目的内容", Owner: ids[&h.final], A: ids[&h.author], B: ids[&h.second], CycleDays: 30})
			err = errors.Join(err, e)
			return c
		}
		h.news, h.policies = column("news", "要闻", "政务动态"), column("policies", "政策", "政策文件")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for p, id := range ids {
		posts, err := h.org.PostsOf(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		p.session = &authz.Session{PersonID: string(id), Name: names[p], Posts: posts}
		p.ctx = audit.WithActor(authz.WithSession(context.Background(), p.session), audit.Actor{Kind: "person", ID: string(id), Name: names[p]})
	}
	return h
}

func text(t testing.TB, s string) prose.Doc {
	t.Helper()
	d, err := prose.FromText(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (h *house) writing(title, body string) library.Writing {
	return library.Writing{Meta: library.Meta{Type: library.News, Origin: library.Original, Title: title}, Doc: text(h.t, body), Unit: h.unit.ID, Columns: []registry.ColumnID{h.news.ID}}
}

func (h *house) create(w library.Writing) library.Item {
	h.t.Helper()
	it, err := h.lib.Create(h.author.ctx, h.author.scope(authz.ItemWrite), w)
	if err != nil {
		h.t.Fatal(err)
	}
	return it
}

func (h *house) submit(it library.Item, n library.Submission) (library.Item, error) {
	if n.Version == 0 {
		n.Version = it.Version
	}
	return h.lib.Submit(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, n)
}

func decision(it library.Item) library.Decision {
	d := library.Decision{Round: it.Round, Stage: it.Stage, Act: library.Pass}
	if it.Stage == "final" {
		d.Declarations = sx2021.Declarations{InDuty: true, SourceKnown: true, NothingSensitive: true, NothingSecret: true, NoOpinion: true, NoAdvertising: true}
	}
	return d
}

func (h *house) review(p desk, it library.Item, change ...func(*library.Decision)) (library.Item, error) {
	d := decision(it)
	for _, f := range change {
		f(&d)
	}
	if it.Stage == "final" && d.Act == library.Pass {
		h.stampAll(p, it)
	}
	return h.lib.Review(p.ctx, p.scope(authz.ItemRead), it.ID, d)
}

// stampAll stamps the gates that nobody has stamped, one by one. What forbids
// it forbids the review as well, and is seen there.
func (h *house) stampAll(p desk, it library.Item) {
	h.t.Helper()
	have, err := h.lib.Gates(p.ctx, system, it.ID)
	if err != nil {
		h.t.Error(err)
	}
	for _, g := range sx2021.Gates() {
		if slices.ContainsFunc(have, func(s library.GateStamp) bool { return s.Gate == g }) {
			continue
		}
		if _, err := h.lib.Stamp(p.ctx, p.scope(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: true}); err != nil && (fault.Is(err, fault.Internal) || fault.Is(err, fault.Invalid)) {
			h.t.Error(err)
		}
	}
}

// ok is the value, or the end of the test.
func ok[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// live takes an item all the way.
func (h *house) live(w library.Writing) library.Item {
	h.t.Helper()
	it := ok(h.submit(h.create(w), library.Submission{}))(h.t)
	it = ok(h.review(h.first, it))(h.t)
	return ok(h.review(h.final, it))(h.t)
}

func wantReason(t testing.TB, err error, id string) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Refused || !slices.ContainsFunc(f.Reasons, func(r fault.Reason) bool { return r.ID == id && r.Citation != "" }) {
		t.Errorf("got %v, want a refusal for %s", err, id)
	}
}

func TestArticle19_3_ItemGoesLiveThroughItsReviews(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		it := h.create(h.writing("关于防汛的通知", "一、加强值守\n各单位要落实责任。"))
		if n, err := h.lib.LiveIn(ctx, h.db, h.news.ID); err != nil || n != 0 {
			t.Fatalf("a draft is public: %d %v", n, err)
		}
		it = ok(h.submit(it, library.Submission{}))(t)
		if it.StateName() != "待初审" {
			t.Errorf("state %s", it.StateName())
		}
		for _, tt := range []struct {
			p    desk
			want int
		}{{h.first, 1}, {h.final, 0}, {h.neighbour, 0}, {h.author, 0}} {
			if tasks, err := h.lib.Tasks(ctx, tt.p.session, workbench.ToDo, 10); err != nil || len(tasks) != tt.want {
				t.Errorf("%s has %d tasks (%v), want %d", tt.p.session.Name, len(tasks), err, tt.want)
			}
		}
		it = ok(h.review(h.first, it))(t)
		h.clock.Advance(time.Hour)
		released := h.clock.Now()
		it = ok(h.review(h.final, it))(t)
		if it.State != library.Approved || it.LiveVersion != 1 || !it.FirstPublishedAt.Equal(released) {
			t.Errorf("after the final review: %+v", it)
		}
		list, err := h.lib.LiveItems(ctx, h.db, h.news.ID, 10, 0)
		if err != nil || len(list) != 1 || list[0].Title() != "关于防汛的通知" || list[0].Placement.State != library.Shown || !list[0].Placement.ShownAt.Equal(released) {
			t.Fatalf("the column shows %+v (%v)", list, err)
		}
		if at, err := h.lib.LastPublished(ctx, h.db, h.news.ID); err != nil || !at.Equal(released) {
			t.Errorf("last published %v (%v)", at, err)
		}
		if len(h.changes) != 1 || h.changes[0].Item != it.ID || len(h.changes[0].Placements) != 1 || h.changes[0].Withdrawn {
			t.Errorf("publishing was told %+v", h.changes)
		}
		live, v, err := h.lib.LiveItem(ctx, h.db, it.ID)
		if err != nil || live.Title != it.Title || !strings.Contains(v.HTML, `<span class="clause-no">一、`) || v.Text == "" || len(v.SHA256) != 64 {
			t.Errorf("live version %+v (%v)", v, err)
		}
		record, err := h.lib.Record(ctx, system, it.ID)
		if err != nil || len(record) != 1 || len(record[0].Opinions) != 2 || len(record[0].Stamps) != 5 || record[0].Stamps[3].PersonName != "张终" || len(record[0].Steps) != 2 {
			t.Errorf("record %+v (%v)", record, err)
		}
		if tasks, err := h.lib.Tasks(ctx, h.final.session, workbench.Done, 10); err != nil || len(tasks) != 1 {
			t.Errorf("done by the final reviewer: %d (%v)", len(tasks), err)
		}
	})
}

func TestArticle19_3_Refusals(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		if _, err := h.review(h.final, it); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a final reviewer passed the first review: %v", err)
		}
		it = ok(h.review(h.first, it))(t)
		stamp := func(g sx2021.Gate, passed bool) {
			t.Helper()
			ok(h.lib.Stamp(h.first.ctx, h.first.scope(authz.ItemRead), it.ID, library.Stamping{Round: it.Round, Gate: g, Passed: passed, Note: "请核对"}))(t)
		}
		stamp(sx2021.GateSecrecy, false)
		_, err := h.review(h.final, it)
		wantReason(t, err, "S19.3a.gates")
		stamp(sx2021.GateSecrecy, true)
		_, err = h.review(h.final, it, func(d *library.Decision) { d.Declarations.NoAdvertising = false })
		wantReason(t, err, "S12.2b.advertising")
		if _, err = h.review(h.final, it, func(d *library.Decision) { d.Act = library.Return }); !fault.Is(err, fault.Invalid) {
			t.Errorf("returned without a reason: %v", err)
		}
		if _, err = h.review(h.final, it, func(d *library.Decision) { d.Stage = "first" }); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale page decided: %v", err)
		}
		if _, err = h.review(h.neighbour, it); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour sees it: %v", err)
		}
		if _, err := h.lib.Item(context.Background(), h.neighbour.scope(authz.ItemRead), it.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour reads it: %v", err)
		}
		// The author may not judge finally, also of an earlier version.
		own := ok(h.lib.Create(h.both.ctx, h.both.scope(authz.ItemWrite), h.writing("我写的", "文")))(t)
		own = ok(h.lib.Save(h.second.ctx, h.second.scope(authz.ItemWrite), own.ID, 1, h.writing("我写的", "别人改过")))(t)
		own = ok(h.submit(own, library.Submission{}))(t)
		own = ok(h.review(h.first, own))(t)
		_, err = h.review(h.both, own)
		wantReason(t, err, "S19.3a.author")
		// Returned items can be mended and sent again.
		it = ok(h.review(h.final, it, func(d *library.Decision) { d.Act, d.Opinion = library.Return, "第一段数字核对" }))(t)
		if tasks, err := h.lib.Tasks(context.Background(), h.author.session, workbench.ToDo, 10); err != nil || len(tasks) != 1 || !strings.HasPrefix(tasks[0].Title, "退回修改") {
			t.Errorf("tasks of the author: %+v (%v)", tasks, err)
		}
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, 1, h.writing("题", "文，已核对")))(t)
		it = ok(h.submit(it, library.Submission{}))(t)
		if it.Round != 2 || it.Stage != "first" {
			t.Errorf("second round: %+v", it)
		}
	})
}

// The database itself refuses what the service refuses.
func TestDatabaseHoldsTheReview(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		ctx := audit.System(context.Background(), "test")
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		try := func(what, query string, args ...any) {
			t.Helper()
			err := h.db.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, query, args...); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.try"})
			})
			if err == nil {
				t.Errorf("the database let through: %s", what)
			}
		}
		insert := `INSERT INTO item_review (id, item_id, round, version_no, stage, verdict, author_id, reviewer_id, reviewer_name, in_duty, source_known, nothing_sensitive, nothing_secret, no_opinion, no_advertising, at)
			VALUES ($1, $2, 1, 1, 'final', 'pass', $3, $4, 'x', $5, $5, $5, $5, $5, $5, $6)`
		author := h.author.session.PersonID
		try("the author as final reviewer", insert, "r1", it.ID, author, author, true, h.clock.Now())
		try("somebody else named as author", insert, "r2", it.ID, "nobody", author, true, h.clock.Now())
		try("a final review without declarations", insert, "r3", it.ID, author, "other", false, h.clock.Now())
		try("live without release", `INSERT INTO item_live (item_id, version_no) VALUES ($1, 1)`, it.ID)
		try("release without review", `INSERT INTO item_release (item_id, version_no, at) VALUES ($1, 1, $2)`, it.ID, h.clock.Now())
		try("release by a review that is none", `INSERT INTO item_release (item_id, version_no, review_id, at) VALUES ($1, 1, 'none', $2)`, it.ID, h.clock.Now())
	})
}

func TestChecksBarOrAskForAReason(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		phone := h.create(h.writing("公示", "张某某，电话13812345678。"))
		_, err := h.submit(phone, library.Submission{Reason: "必须公开"})
		wantReason(t, err, "privacy.mobile")
		if strings.Contains(err.Error(), "13812345678") {
			t.Error("the refusal repeats the number in full")
		}
		v := ok(h.lib.Version(context.Background(), system, phone.ID, 0))(t)
		results, err := h.lib.Results(context.Background(), system, v)
		if err != nil || len(results) != 1 || results[0].Severity != check.Serious || strings.Contains(results[0].Wrong+results[0].Near, "13812345678") {
			t.Errorf("stored results %+v (%v)", results, err)
		}
		typo := h.create(h.writing("题", "这里有错字。"))
		if _, err := h.submit(typo, library.Submission{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a remark without a reason: %v", err)
		}
		if _, err := h.submit(typo, library.Submission{Reason: "引文如此"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("one reason for all remarks: %v", err)
		}
		h.reason(h.author, typo, "引文如此，原文即是")
		ok(h.submit(typo, library.Submission{}))(t)
		empty := h.create(h.writing("题", ""))
		if _, err := h.submit(empty, library.Submission{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an empty text: %v", err)
		}
	})
}

func TestArticle19_3_Reposts(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		ctx := audit.System(context.Background(), "test")
		repost := func(source, address string) library.Writing {
			w := h.writing("转载", "正文")
			w.Origin, w.Source, w.SourceURL, w.SourceAt = library.Repost, source, address, h.clock.Now().Add(-time.Hour)
			return w
		}
		ok(h.submit(h.create(repost("中国政府网", "https://www.gov.cn/a.htm")), library.Submission{}))(t)
		_, err := h.submit(h.create(repost("", "https://blog.example.com/a")), library.Submission{RepostReason: "急"})
		wantReason(t, err, "S12.2a.source_known")
		blog := h.create(repost("某公众号", "https://blog.example.com/a"))
		_, err = h.submit(blog, library.Submission{})
		wantReason(t, err, "S19.3b.source")
		// With leave it goes through three reviews, the second giving the reason.
		it := ok(h.submit(blog, library.Submission{RepostReason: "本省首发的防汛信息"}))(t)
		it = ok(h.review(h.first, it))(t)
		if it.Stage != "second" {
			t.Fatalf("stage %s", it.Stage)
		}
		if _, err := h.review(h.first, it); !fault.Is(err, fault.Invalid) {
			t.Errorf("the second review gave no reason: %v", err)
		}
		it = ok(h.review(h.first, it, func(d *library.Decision) { d.Opinion = "内容已核实" }))(t)
		ok(h.review(h.final, it))(t)
		// A listed source needs no leave; a listed name on another address does.
		if err := h.db.Update(ctx, func(tx *db.Tx) error {
			_, err := h.lib.AddSource(ctx, tx, system, library.Source{Name: "某日报", Domain: "daily.example.com", ValidFrom: calendar.Date{Year: 2025, Month: 7, Day: 2}, Basis: "名单 2025 年版"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		ok(h.submit(h.create(repost("某日报", "https://news.daily.example.com/a")), library.Submission{}))(t)
		_, err = h.submit(h.create(repost("某日报", "https://fake.example.com/a")), library.Submission{})
		wantReason(t, err, "S19.3b.source")
		touches := h.writing("题", "文")
		touches.Involves = "市水利局"
		_, err = h.submit(h.create(touches), library.Submission{})
		wantReason(t, err, "S19.3c.consulted")
	})
}

func TestArticle14_3_PolicyNeedsItsInterpretation(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		policy := h.writing("关于印发办法的通知", "第一条　为了规范。")
		policy.Type, policy.Important = library.Policy, true
		up := func(w library.Writing) library.Item {
			it := ok(h.submit(h.create(w), library.Submission{}))(t)
			for it.Stage != "final" {
				it = ok(h.review(h.first, it))(t)
			}
			return it
		}
		file := up(policy)
		_, err := h.review(h.final, file)
		wantReason(t, err, "S14.3a.together")
		file = ok(h.review(h.final, file, func(d *library.Decision) { d.WaiverReason = "防汛紧急发布" }))(t)
		owed := ok(h.ob.Obligations(context.Background(), system, obligation.Filter{Kind: library.WaivedInterpretation.ID}))(t)
		if len(owed) != 1 || owed[0].Kind != library.WaivedInterpretation.ID || owed[0].Due.On != calendar.DateOf(h.clock.Now()) {
			t.Fatalf("owed %+v", owed)
		}
		reading := h.writing("办法解读", "图解")
		reading.Type = library.Interpretation
		told := ok(h.review(h.final, up(reading)))(t)
		if err := h.lib.LinkInterpretation(h.author.ctx, h.author.scope(authz.ItemWrite), file.ID, told.ID, "图解"); err != nil {
			t.Fatal(err)
		}
		if owed = ok(h.ob.Obligations(context.Background(), system, obligation.Filter{Kind: library.WaivedInterpretation.ID}))(t); len(owed) != 0 {
			t.Errorf("still owed %+v", owed)
		}
		for a, b := range map[library.ItemID]library.ItemID{file.ID: told.ID, told.ID: file.ID} {
			if l, err := h.lib.Linked(context.Background(), h.db, a); err != nil || len(l) != 1 || l[0].ID != b {
				t.Errorf("linked with %s: %+v (%v)", a, l, err)
			}
		}
	})
}

func TestCorrectionAndWithdrawal(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		w := h.writing("原题", "原文")
		w.Columns = []registry.ColumnID{h.news.ID, h.policies.ID}
		it := h.live(w)
		published := it.FirstPublishedAt
		h.clock.Advance(48 * time.Hour)
		// The public one stays while the next version is on its way.
		corrected := h.writing("新题", "新文")
		corrected.Change = library.Substance
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, 1, corrected))(t)
		if it.State != library.Draft || it.LiveVersion != 1 || it.Version != 2 {
			t.Fatalf("while corrected: %+v", it)
		}
		if live, _, err := h.lib.LiveItem(ctx, h.db, it.ID); err != nil || live.Title != "原题" {
			t.Errorf("readers see %q (%v) before the review", live.Title, err)
		}
		it = ok(h.submit(it, library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		ok(h.review(h.final, it))(t)
		live, _, err := h.lib.LiveItem(ctx, h.db, it.ID)
		if err != nil || live.Title != "新题" || live.LiveVersion != 2 || !live.FirstPublishedAt.Equal(published) {
			t.Errorf("after the correction: %+v (%v)", live, err)
		}
		if last := h.changes[len(h.changes)-1]; len(last.Placements) != 2 {
			t.Errorf("a correction touches every place: %+v", last)
		}
		if _, err := h.lib.Withdraw(h.final.ctx, h.final.scope(authz.ItemWithdraw), it.ID, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("withdrawn without a reason: %v", err)
		}
		gone := ok(h.lib.Withdraw(h.final.ctx, h.final.scope(authz.ItemWithdraw), it.ID, "内容有误"))(t)
		if gone.State != library.Withdrawn || gone.Live() {
			t.Errorf("withdrawn: %+v", gone)
		}
		for _, c := range []registry.ColumnID{h.news.ID, h.policies.ID} {
			if n, err := h.lib.LiveIn(ctx, h.db, c); err != nil || n != 0 {
				t.Errorf("still in a column: %d (%v)", n, err)
			}
		}
		if _, _, err := h.lib.LiveItem(ctx, h.db, it.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("still readable: %v", err)
		}
		if w, err := h.lib.Withdrawn(ctx, h.db, h.site.ID); err != nil || len(w) != 2 {
			t.Errorf("410 pages: %d (%v)", len(w), err)
		}
		if last := h.changes[len(h.changes)-1]; !last.Withdrawn || len(last.Placements) != 2 {
			t.Errorf("publishing was told %+v", last)
		}
		if _, err := h.lib.Withdraw(h.final.ctx, h.final.scope(authz.ItemWithdraw), it.ID, "再撤"); !fault.Is(err, fault.Conflict) {
			t.Errorf("withdrawn twice: %v", err)
		}
		// And it can come back, through review.
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, 2, h.writing("新题", "改正后的文")))(t)
		it = ok(h.submit(it, library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		it = ok(h.review(h.final, it))(t)
		if n, err := h.lib.LiveIn(ctx, h.db, h.news.ID); err != nil || n != 1 || !ok(h.lib.Item(ctx, system, it.ID))(t).FirstPublishedAt.Equal(published) {
			t.Errorf("came back in %d places (%v)", n, err)
		}
		// Also as it was, where there was no need to withdraw it.
		it = ok(h.lib.Withdraw(h.final.ctx, h.final.scope(authz.ItemWithdraw), it.ID, "应急撤下"))(t)
		before := it.Version
		it = ok(h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, before, h.writing("新题", "改正后的文")))(t)
		if it.State != library.Draft || it.Version != before+1 {
			t.Errorf("saved as it was: %s, version %d after %d", it.State, it.Version, before)
		}
		it = ok(h.submit(it, library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		ok(h.review(h.final, it))(t)
		if n, err := h.lib.LiveIn(ctx, h.db, h.news.ID); err != nil || n != 1 {
			t.Errorf("came back as it was in %d places (%v)", n, err)
		}
	})
}

// Readers move the clock by hand elsewhere; here a placement waits for its hour.
func TestScheduledPlacement(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		w := h.writing("定时", "文")
		w.PublishAt = h.clock.Now().Add(time.Hour)
		it := h.live(w)
		if n := ok(h.lib.LiveIn(ctx, h.db, h.news.ID))(t); n != 0 {
			t.Fatalf("shown %d before its time", n)
		}
		places := ok(h.lib.Placements(ctx, system, it.ID))(t)
		if len(places) != 1 || places[0].State != library.Scheduled {
			t.Fatalf("placements %+v", places)
		}
		workers := jobs.NewWorkers()
		library.Register(h.lib, workers)
		h.clock.Advance(2 * time.Hour)
		c, err := jobs.New(h.db, workers, jobs.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer c.Stop(ctx)
		for end := time.Now().Add(20 * time.Second); ok(h.lib.LiveIn(ctx, h.db, h.news.ID))(t) == 0; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("not shown after its time")
			}
		}
	})
}

// A clock that is set back shows nothing early and hides nothing that was shown;
// one that is set far ahead shows it once.
func TestClockJumpsAroundATimedPublication(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		w := h.writing("定时", "文")
		w.PublishAt = h.clock.Now().Add(time.Hour)
		it := h.live(w)
		workers := jobs.NewWorkers()
		library.Register(h.lib, workers)
		at := func(jump time.Duration) int {
			t.Helper()
			h.clock.Set(w.PublishAt.Add(jump))
			jobstest.Work(t, h.db, workers, jobs.Config{})
			return ok(h.lib.LiveIn(ctx, h.db, h.news.ID))(t)
		}
		for _, jump := range []time.Duration{-30 * 24 * time.Hour, -time.Minute} {
			if n := at(jump); n != 0 {
				t.Errorf("shown %d at %v", n, jump)
			}
		}
		if n := at(30 * 24 * time.Hour); n != 1 {
			t.Fatalf("shown %d after its time", n)
		}
		first := ok(h.lib.Item(ctx, system, it.ID))(t)
		for _, jump := range []time.Duration{-2 * time.Hour, time.Hour, 40 * 24 * time.Hour} {
			if n := at(jump); n != 1 {
				t.Errorf("shown %d after a jump to %v", n, jump)
			}
		}
		now := ok(h.lib.Item(ctx, system, it.ID))(t)
		places := ok(h.lib.Placements(ctx, system, it.ID))(t)
		if !now.FirstPublishedAt.Equal(first.FirstPublishedAt) || !now.PublishedAt.Equal(first.PublishedAt) || len(places) != 1 {
			t.Errorf("published again: %v, then %v, at %d places", first.FirstPublishedAt, now.FirstPublishedAt, len(places))
		}
	})
}

func TestEditConflictShowsBoth(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := h.create(h.writing("题", "原文"))
		scope := h.author.scope(authz.ItemWrite)
		ok(h.lib.Save(h.second.ctx, h.second.scope(authz.ItemWrite), it.ID, 1, h.writing("题", "赵编的改动")))(t)
		_, err := h.lib.Save(h.author.ctx, scope, it.ID, 1, h.writing("题", "王编的改动"))
		var stale *library.Stale
		if !fault.Is(err, fault.Conflict) || !errors.As(err, &stale) || stale.Version.Text != "赵编的改动" || !strings.Contains(err.Error(), "赵编") {
			t.Fatalf("got %v", err)
		}
		v := ok(h.lib.Version(context.Background(), system, it.ID, 0))(t)
		if v.No != 2 || v.Text != "赵编的改动" {
			t.Errorf("overwritten: %+v", v)
		}
		// Replay of the same words changes nothing.
		again := ok(h.lib.Save(h.second.ctx, h.second.scope(authz.ItemWrite), it.ID, 2, h.writing("题", "赵编的改动")))(t)
		if again.Version != 2 {
			t.Errorf("the same words made version %d", again.Version)
		}
		if _, err := h.submit(it, library.Submission{Version: 1}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a stale version was submitted: %v", err)
		}
	})
}

// Whoever changes a version past the house is seen.
func TestVersionShowsTampering(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, audit.System(context.Background(), "test")
		w := h.writing("题", "第一条　文\n- 甲\n- 乙")
		w.Written, w.Summary, w.Note = calendar.Date{Year: 2026, Month: 1, Day: 2}, "摘\x00要", "注\x00"
		it := h.create(w)
		if v := ok(h.lib.Version(ctx, system, it.ID, 1))(t); !v.Intact() {
			t.Fatalf("not intact as written: %+v", v)
		}
		for _, change := range []string{"title = 'x'", "doc_no = 'x'", "html = '<p>x</p>'", "text = 'x'", "doc = '{}'"} {
			if err := h.db.Update(ctx, func(tx *db.Tx) error {
				if _, err := tx.Exec(ctx, `UPDATE item_version SET `+change+` WHERE item_id = $1`, it.ID); err != nil {
					return err
				}
				return audit.Record(ctx, tx, audit.Entry{Act: "test.tamper"})
			}); err != nil {
				t.Fatal(err)
			}
			if ok(h.lib.Version(ctx, system, it.ID, 1))(t).Intact() {
				t.Errorf("%s is not seen", change)
			}
		}
	})
}

// The house has no statement that changes a version or the first publication
// of an item once written.
func TestNothingRewritesVersions(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for _, line := range strings.Split(string(b), "\n") {
			if strings.Contains(line, "UPDATE item_version") || strings.Contains(line, "DELETE FROM item_version") || strings.Contains(line, "first_published_at =") && !strings.Contains(line, "first_published_at IS NULL") {
				t.Errorf("%s: %s", f, strings.TrimSpace(line))
			}
		}
	}
}

func TestTwoFinalReviewersAtOnce(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := ok(h.submit(h.create(h.writing("题", "文")), library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, p := range []desk{h.final, h.both} {
			wg.Go(func() { _, errs[i] = h.review(p, it) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("one of two must win: %v, %v", errs[0], errs[1])
		}
		for _, err := range errs {
			if err != nil && !fault.Is(err, fault.Conflict) {
				t.Errorf("the other got %v", err)
			}
		}
		if rec := ok(h.lib.Record(context.Background(), system, it.ID))(t); len(rec[0].Opinions) != 2 {
			t.Errorf("opinions %+v", rec[0].Opinions)
		}
	})
}

func TestBadWriting(t *testing.T) {
	each(t, func(h *house) {
		for _, tt := range []struct {
			field  string
			change func(*library.Writing)
		}{
			{"title", func(w *library.Writing) { w.Title = " \n" }},
			{"title", func(w *library.Writing) { w.Title = strings.Repeat("长", 201) }},
			{"type", func(w *library.Writing) { w.Type = "blog" }},
			{"origin", func(w *library.Writing) { w.Origin = library.MovedIn }},
			{"source_url", func(w *library.Writing) { w.SourceURL = "javascript:alert(1)" }},
			{"source_url", func(w *library.Writing) { w.Origin = library.Repost }},
			{"title", func(w *library.Writing) { w.Title = "关于\xb7\xc0\xd1\xb4的通知" }}, // GBK in a UTF-8 field
			{"issuer", func(w *library.Writing) { w.Issuer = "\ufffd\ufffd市人民政府" }},
		} {
			w := h.writing("题", "文")
			tt.change(&w)
			_, err := h.lib.Create(h.author.ctx, h.author.scope(authz.ItemWrite), w)
			if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || len(f.Fields) == 0 || f.Fields[0].Name != tt.field {
				h.t.Errorf("%s: %v", tt.field, err)
			}
		}
		// Marks that turn or hide text go; what cannot be read is named, not lost.
		it := h.create(h.writing("关于\u202e防\u200b汛的通知", "负责人张\ue0a1华和\ufffd\ufffd到会"))
		v := ok(h.lib.Version(context.Background(), h.author.scope(authz.ItemRead), it.ID, 0))(h.t)
		if v.Meta.Title != "关于防汛的通知" || !strings.Contains(v.Text, "张\ue0a1华和\ufffd\ufffd到会") {
			h.t.Errorf("kept %q, %q", v.Meta.Title, v.Text)
		}
		if _, err := h.lib.Create(h.neighbour.ctx, h.neighbour.scope(authz.ItemWrite), h.writing("题", "文")); !fault.Is(err, fault.NotFound) {
			h.t.Errorf("a neighbour wrote for the unit: %v", err)
		}
		if list, n, err := h.lib.Items(context.Background(), h.neighbour.scope(authz.ItemRead), library.Filter{}); err != nil || n != 0 || len(list) != 0 {
			h.t.Errorf("a neighbour lists %d (%v)", n, err)
		}
	})
}

func TestAdoptAndTakeDown(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		draft := h.create(h.writing("题", "文"))
		if _, err := h.lib.Adopt(h.final.ctx, h.final.scope(authz.ColumnManage), library.Adoption{Item: draft.ID, Column: h.policies.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a draft was adopted: %v", err)
		}
		it := h.live(h.writing("公开的", "文"))
		if _, err := h.lib.Adopt(h.neighbour.ctx, h.neighbour.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.policies.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("into a neighbour's column: %v", err)
		}
		p := ok(h.lib.Adopt(h.final.ctx, h.final.scope(authz.ColumnManage), library.Adoption{Item: it.ID, Column: h.policies.ID, Title: "短题", Top: 1}))(t)
		if list := ok(h.lib.LiveItems(ctx, h.db, h.policies.ID, 10, 0))(t); len(list) != 1 || list[0].Title() != "短题" {
			t.Errorf("adopted: %+v", list)
		}
		if all := ok(h.lib.LiveOnSite(ctx, h.db, h.site.ID, "", 10))(t); len(all) != 2 {
			t.Errorf("on the site: %d", len(all))
		}
		if err := h.lib.TakeDown(h.final.ctx, h.final.scope(authz.ColumnManage), p.ID, "栏目不符"); err != nil {
			t.Fatal(err)
		}
		if n := ok(h.lib.LiveIn(ctx, h.db, h.policies.ID))(t); n != 0 {
			t.Errorf("still there: %d", n)
		}
		if left := ok(h.lib.LivePlacements(ctx, h.db, it.ID))(t); len(left) != 1 || left[0].Column != h.news.ID {
			t.Errorf("elsewhere: %+v", left)
		}
	})
}

const rows = `{"ref":"a1","type":"policy","title":"关于甲的通知","text":"第一条　甲\n第二条　乙","published":"2018-11-09","doc_no":"国办函〔2018〕71号","issuer":"国务院办公厅","source":null,"category":"综合政务\\政务公开"}
{"ref":"a2","type":"news","title":"动态","html":"<p onclick=x>正<b>文</b><script>1</script></p>","published":"2026-02-01 09:30"}
{"ref":"a3","type":"blog","title":"x","text":"x"}
{"ref":"a4","type":"news","title":null,"text":"x"}
not json

{"ref":"a5","type":"news","title":"晚于事项","text":"x","published":"2026-03-01"}
{"ref":"a6","type":"notice","title":"公示","text":"电话13812345678","published":null}
{"ref":"a7","type":"news","title":"空","text":" "}
{"ref":"a8","type":"news","title":7,"text":"x"}
`

func (h *house) admit(number, sum string) {
	h.t.Helper()
	ctx := audit.System(context.Background(), "test")
	if err := h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := h.lib.AdmitMoveIn(ctx, tx, system, library.MoveIn{Site: h.site.ID, Number: number, Dated: calendar.Date{Year: 2026, Month: 2, Day: 20}, PersonID: "p", PersonName: "批准人", ListSHA256: sum})
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

func TestMoveIn(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, audit.System(context.Background(), "import")
		o := library.ImportOptions{Publish: &library.Target{Site: h.site.ID, Column: h.news.ID, Case: "进2026-001"}}
		_, err := h.lib.ImportItems(ctx, system, strings.NewReader(rows), o)
		wantReason(t, err, "S19.3a.reviewed_first")
		h.admit("进2026-001", "")
		dry := o
		dry.DryRun = true
		rep := ok(h.lib.ImportItems(ctx, system, strings.NewReader(rows), dry))(t)
		if rep.Read != 9 || rep.Accepted != 3 || len(rep.Refused) != 6 {
			t.Errorf("dry run: %+v", rep)
		}
		if n := ok(h.lib.LiveIn(ctx, h.db, h.news.ID))(t); n != 0 {
			t.Errorf("a dry run wrote %d", n)
		}
		rep = ok(h.lib.ImportItems(ctx, system, strings.NewReader(rows), o))(t)
		var bad []string
		for _, r := range rep.Refused {
			bad = append(bad, string(rune('0'+r.Row))+r.Field)
			if r.Says == "" {
				t.Errorf("row %d says nothing", r.Row)
			}
		}
		if rep.Accepted != 3 || strings.Join(bad, " ") != "3type 4title 5 7published 9text :title" {
			t.Errorf("import: %d accepted, refused %q", rep.Accepted, bad)
		}
		if !slices.ContainsFunc(rep.Notes, func(n intake.Note) bool {
			return n.Row == 8 && strings.Contains(n.Says, "严重") && !strings.Contains(n.Says, "13812345678")
		}) {
			t.Errorf("notes %+v", rep.Notes)
		}
		list := ok(h.lib.LiveItems(ctx, h.db, h.news.ID, 10, 0))(t)
		if len(list) != 3 || list[2].Item.Title != "关于甲的通知" || list[2].Item.Origin != library.MovedIn || calendar.DateOf(list[2].Item.FirstPublishedAt) != (calendar.Date{Year: 2018, Month: 11, Day: 9}) || list[2].Item.Category != `综合政务\政务公开` {
			t.Errorf("live: %+v", list)
		}
		_, v, err := h.lib.LiveItem(ctx, h.db, list[1].Item.ID)
		if err != nil && list[1].Item.Title == "动态" || strings.Contains(v.HTML, "script") || strings.Contains(v.HTML, "onclick") {
			t.Errorf("html %q (%v)", v.HTML, err)
		}
		again := ok(h.lib.ImportItems(ctx, system, strings.NewReader(rows), o))(t)
		if again.Accepted != 0 || again.Unchanged != 3 {
			t.Errorf("again: %+v", again)
		}
		// Another list under the same case is refused: the case carries its hash.
		if _, err := h.lib.ImportItems(ctx, system, strings.NewReader(strings.Replace(rows, "正<b>文", "改<b>文", 1)), o); !fault.Is(err, fault.Refused) {
			t.Errorf("another list: %v", err)
		}
		h.admit("进2026-002", "")
		o.Publish.Case = "进2026-002"
		changed := ok(h.lib.ImportItems(ctx, system, strings.NewReader(strings.Replace(rows, "正<b>文", "改<b>文", 1)), o))(t)
		if changed.Accepted != 1 || changed.Unchanged != 2 {
			t.Errorf("changed: %+v", changed)
		}
		if _, err := h.lib.ImportItems(ctx, h.neighbour.scope(authz.ItemWrite), strings.NewReader(rows), o); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour imports: %v", err)
		}
	})
}

func TestImportAsDrafts(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, audit.System(context.Background(), "import")
		o := library.ImportOptions{Unit: h.unit.ID}
		rep := ok(h.lib.ImportItems(ctx, system, strings.NewReader(rows), o))(t)
		if rep.Accepted != 4 {
			t.Errorf("drafts: %+v", rep)
		}
		list, n, err := h.lib.Items(ctx, system, library.Filter{State: library.Draft})
		if err != nil || n != 4 {
			t.Fatalf("drafts: %d (%v)", n, err)
		}
		it := ok(h.submit(list[slices.IndexFunc(list, func(i library.Item) bool { return i.Ref == "a1" })], library.Submission{}))(t)
		rep = ok(h.lib.ImportItems(ctx, system, strings.NewReader(strings.Replace(rows, "第二条　乙", "第二条　丙", 1)), o))(t)
		if rep.Unchanged != 3 || rep.Accepted != 0 || !slices.ContainsFunc(rep.Refused, func(r intake.Refusal) bool { return r.Row == 1 && strings.Contains(r.Says, "审核") }) {
			t.Errorf("an item in review (%s) was overwritten: %+v", it.State, rep)
		}
	})
}

// realRows turns the laws and the policy documents into rows of the contract.
func realRows(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	take := func(b []byte, laws bool) {
		for _, line := range bytes.Split(b, []byte("\n")) {
			if len(line) == 0 {
				continue
			}
			var in map[string]any
			if err := json.Unmarshal(line, &in); err != nil {
				t.Fatal(err)
			}
			row := map[string]any{"ref": in["id"], "type": "policy", "title": in["title"], "text": in["text"]}
			if laws {
				row["published"], row["category"], row["source"] = in["date"], in["category"], nil
				if row["published"] == "" {
					row["published"] = nil
				}
			} else {
				row["published"], row["doc_no"], row["issuer"], row["category"] = in["published"], in["doc_no"], in["issuer"], in["topic"]
			}
			if err := enc.Encode(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	zipped, err := os.ReadFile(realdata.Path(t, "04_policy_docs/laws_regulations.jsonl.gz", "import of 2,400 laws and policy documents"))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		t.Fatal(err)
	}
	var laws bytes.Buffer
	if _, err := laws.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	take(laws.Bytes(), true)
	gov, err := os.ReadFile(realdata.Path(t, "04_policy_docs/govcn_policies.jsonl", "import of 2,400 laws and policy documents"))
	if err != nil {
		t.Fatal(err)
	}
	take(gov, false)
	return out.Bytes()
}

// The real laws and policy documents with the real checks: about half a
// minute, most of it reading 2,400 texts for wrong words, so on one database
// only. -short leaves it out.
func TestImportOfRealDocuments(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: import of 2,400 laws and policy documents")
	}
	list := realRows(t)
	reader, err := proofread.New(proofread.Options{})
	if err != nil {
		t.Fatal(err)
	}
	clock := calendar.NewManual(time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC))
	h := build(t, dbtest.SQLite(t, clock.Now), clock, func(text string) []check.Span { return check.Text(text, reader) })
	h.admit("进2026-001", "")
	ctx := audit.System(context.Background(), "import")
	o := library.ImportOptions{Publish: &library.Target{Site: h.site.ID, Column: h.policies.ID, Case: "进2026-001"}}
	began := time.Now()
	rep := ok(h.lib.ImportItems(ctx, system, bytes.NewReader(list), o))(t)
	took := time.Since(began)
	want := bytes.Count(list, []byte("\n"))
	if rep.Read != want || rep.Accepted != want || len(rep.Refused) != 0 {
		t.Errorf("read %d, accepted %d of %d, refused %+v", rep.Read, rep.Accepted, want, rep.Refused[:min(len(rep.Refused), 5)])
	}
	if n := ok(h.lib.LiveIn(ctx, h.db, h.policies.ID))(t); n != want {
		t.Errorf("%d live", n)
	}
	page := time.Now()
	ok(h.lib.LiveItems(ctx, h.db, h.policies.ID, 20, 1000))(t)
	t.Logf("%d documents of %d MB in %v, %d notes; a list page in %v", rep.Accepted, len(list)>>20, took, len(rep.Notes), time.Since(page))
	began = time.Now()
	again := ok(h.lib.ImportItems(ctx, system, bytes.NewReader(list), o))(t)
	if again.Unchanged != want {
		t.Errorf("again: %d unchanged, %d accepted, refused %+v", again.Unchanged, again.Accepted, again.Refused[:min(len(again.Refused), 5)])
	}
	t.Logf("again in %v", time.Since(began))
}
