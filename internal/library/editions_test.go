package library_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

func TestArticle19_3_EditionsOfTheSourceList(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, audit.System(context.Background(), "test")
		today := calendar.DateOf(h.clock.Now())
		file := func(name, replaces, body string, from calendar.Date) error {
			_, _, err := h.lib.ImportEdition(ctx, system, library.EditionFile{Name: name, Basis: "网信办公布", Effective: from, Replaces: replaces, File: "名单.csv", Body: []byte(body)})
			return err
		}
		if _, _, err := h.lib.ImportEdition(h.author.ctx, h.author.scope(authz.ItemWrite), library.EditionFile{}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a county imports the list: %v", err)
		}
		for _, bad := range []string{"", "网站\nx", "名称,域名\n,a.com\n", "名称,域名\n甲,a.com\n甲,b.com\n", "名称,域名\n甲,没有点\n"} {
			if err := file("坏", "", bad, today); !fault.Is(err, fault.Invalid) {
				t.Errorf("list %q: %v", bad, err)
			}
		}
		if list, _, err := h.lib.Sources(ctx, "", 10, 0); err != nil || len(list) != 0 {
			t.Errorf("a refused list left %+v, %v", list, err)
		}
		if err := file("2021年版", "", "名称,域名,类别\n旧报网,old.example.com,中央\n新报网,https://www.news.example.com/index.html,地方\n", today.AddDays(-100)); err != nil {
			t.Fatal(err)
		}
		repost := func(address string) library.Item {
			w := h.writing("转载的稿件", "正文")
			w.Origin, w.Source, w.SourceURL, w.SourceAt = library.Repost, "某报", address, h.clock.Now().Add(-time.Hour)
			return h.create(w)
		}
		ok(h.submit(repost("https://old.example.com/a"), library.Submission{}))(t)
		ok(h.submit(repost("https://m.news.example.com/a"), library.Submission{}))(t)
		// The next edition takes the place of the first from its day on.
		if err := file("2025年版", "2021年版", "名称,域名\n新报网,news.example.com\n", today); err != nil {
			t.Fatal(err)
		}
		if err := file("2025年版", "", "名称\n乙\n", today); !fault.Is(err, fault.Conflict) {
			t.Errorf("an edition twice: %v", err)
		}
		_, err := h.submit(repost("https://old.example.com/b"), library.Submission{})
		wantReason(t, err, "S19.3b.source")
		ok(h.submit(repost("https://news.example.com/b"), library.Submission{}))(t)
		// Frozen, not even a reason of the second level helps.
		list, _, err := h.lib.Sources(ctx, "news", 10, 0)
		if err != nil || len(list) != 2 {
			t.Fatalf("sources %+v, %v", list, err)
		}
		for _, n := range list {
			if n.State(today) == "有效" {
				if err := h.lib.FreezeSource(ctx, system, n.ID, "暂停转载"); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, err = h.submit(repost("https://news.example.com/c"), library.Submission{RepostReason: "急需转载"})
		wantReason(t, err, "S19.3b.source")
		if err == nil || !strings.Contains(err.Error(), "冻结") {
			t.Errorf("the refusal does not say why: %v", err)
		}
		// Without the time of the original there is no repost.
		w := h.writing("转载", "正文")
		w.Origin, w.Source, w.SourceURL = library.Repost, "中国政府网", "https://www.gov.cn/a.htm"
		if _, err := h.submit(h.create(w), library.Submission{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a repost without its time: %v", err)
		}
	})
}

func TestArticle14_3_CoverageWaiversAndClauses(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		w := h.writing("供暖办法", "第一条　供热单位应当保障供暖。\n\n第二条　室温不得低于十八度。")
		w.Type, w.Important, w.DocNo, w.Columns = library.Policy, true, "某政发〔2026〕8号", []registry.ColumnID{h.policies.ID}
		policy := h.create(w)
		if got := kinds(h.results(policy)); !strings.Contains(strings.Join(got, " "), "interpretation.missing") {
			t.Errorf("the author is not told of the missing interpretation: %v", got)
		}
		it := ok(h.submit(policy, library.Submission{}))(t)
		it = ok(h.review(h.first, it))(t)
		it = ok(h.review(h.both, it))(t)
		if _, err := h.review(h.final, it); err == nil {
			t.Fatal("an important file goes out without its interpretation")
		} else {
			wantReason(t, err, "S14.3a.together")
		}
		ok(h.review(h.final, it, func(d *library.Decision) { d.WaiverReason = "紧急情况" }))(t)
		waivers, n, err := h.lib.Waivers(ctx, h.author.scope(authz.ItemRead), 10, 0)
		if err != nil || n != 1 || waivers[0].PersonName != "张终" || waivers[0].Reason != "紧急情况" || waivers[0].Due != calendar.DateOf(h.clock.Now()) {
			t.Errorf("waivers %+v (%d), %v", waivers, n, err)
		}
		if _, n, err := h.lib.Waivers(ctx, h.neighbour.scope(authz.ItemRead), 10, 0); err != nil || n != 0 {
			t.Errorf("a neighbour sees %d waivers, %v", n, err)
		}
		state := func() string {
			list, err := h.lib.Coverage(ctx, h.author.scope(authz.ItemRead))
			if err != nil || len(list) != 1 {
				t.Fatalf("coverage %+v, %v", list, err)
			}
			return list[0].State(h.lib.WantedForms())
		}
		if got := state(); got != library.CoverWaived {
			t.Errorf("after the waiver %s", got)
		}
		// Three working days later everybody is told, once.
		if n, err := h.lib.AlarmInterpretations(ctx); err != nil || n != 0 {
			t.Errorf("%d alarms on the day itself, %v", n, err)
		}
		h.clock.Set(h.clock.Now().AddDate(0, 0, 8))
		if n, err := h.lib.AlarmInterpretations(ctx); err != nil || n != 1 {
			t.Errorf("%d alarms after three working days, %v", n, err)
		}
		if n, err := h.lib.AlarmInterpretations(ctx); err != nil || n != 0 {
			t.Errorf("%d alarms again, %v", n, err)
		}
		r := h.writing("一图读懂供暖办法", "室温不低于十八度。")
		r.Type = library.Interpretation
		reading := h.live(r)
		clauses, err := h.lib.Clauses(ctx, system, policy.ID)
		if err != nil || len(clauses) != 2 || clauses[1].Label != "第二条" {
			t.Fatalf("clauses %+v, %v", clauses, err)
		}
		if err := h.lib.LinkClause(h.author.ctx, h.author.scope(authz.ItemWrite), policy.ID, reading.ID, "图解", "c-1-9"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a clause that is not there: %v", err)
		}
		if err := h.lib.LinkClause(h.author.ctx, h.author.scope(authz.ItemWrite), policy.ID, reading.ID, "图解", clauses[1].Anchor); err != nil {
			t.Fatal(err)
		}
		for _, id := range []library.ItemID{policy.ID, reading.ID} {
			linked, err := h.lib.Interpretations(ctx, system, id)
			if err != nil || len(linked) != 1 || linked[0].Clause.Label != "第二条" || linked[0].ID == id {
				t.Errorf("links of %s: %+v, %v", id, linked, err)
			}
		}
		if got := state(); got != library.CoverFew {
			t.Errorf("with one form %s", got)
		}
		if waivers, _, err := h.lib.Waivers(ctx, system, 10, 0); err != nil || waivers[0].SettledAt.IsZero() || waivers[0].SettledBy != reading.Title {
			t.Errorf("the waiver is not settled: %+v, %v", waivers, err)
		}
	})
}

func TestFiguresOfAMonthOpenTheirRows(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		h.live(h.writing("原创一", "内容一。"))
		w := h.writing("图片新闻", "")
		w.Doc = parse(t, `{"type":"doc","content":[{"type":"figure","attrs":{"kind":"image","src":"/media/a.jpg","alt":"防汛演练现场的队员"}}]}`)
		h.live(w)
		w = h.writing("转载一", "正文")
		w.Origin, w.Source, w.SourceURL, w.SourceAt = library.Repost, "中国政府网", "https://www.gov.cn/a.htm", h.clock.Now().Add(-time.Hour)
		first := h.live(w)
		if _, err := h.lib.Adopt(h.author.ctx, h.author.scope(authz.ColumnManage), library.Adoption{Item: first.ID, Column: h.policies.ID}); err != nil {
			t.Fatal(err)
		}
		month := h.clock.Now().Format("2006-01")
		list, err := h.lib.SiteMonths(ctx, h.author.scope(authz.ItemRead), month)
		if err != nil || len(list) != 1 || list[0].Shown != 4 || list[0].First != 2 || list[0].Originals != 2 || list[0].NonText != 1 {
			t.Errorf("figures %+v, %v", list, err)
		}
		for measure, want := range map[string]int{library.MeasureShown: 4, library.MeasureFirst: 2, library.MeasureOriginals: 2, library.MeasureNonText: 1} {
			rows, n, err := h.lib.MonthRows(ctx, h.author.scope(authz.ItemRead), h.site.ID, month, measure, 10, 0)
			if err != nil || n != want || len(rows) != want {
				t.Errorf("%s: %d rows (%d), wants %d, %v", measure, len(rows), n, want, err)
			}
		}
		if rows, n, err := h.lib.MonthRows(ctx, h.neighbour.scope(authz.ItemRead), h.site.ID, month, library.MeasureShown, 10, 0); err != nil || n != 0 || len(rows) != 0 {
			t.Errorf("a neighbour sees %d rows, %v", n, err)
		}
		if list, err := h.lib.SiteMonths(ctx, system, "2025-01"); err != nil || len(list) != 0 {
			t.Errorf("another month: %+v, %v", list, err)
		}
		if _, err := h.lib.SiteMonths(ctx, system, "三月"); !fault.Is(err, fault.Invalid) {
			t.Errorf("no month: %v", err)
		}
	})
}

// Items of before the index of copies come into it bit by bit, from where the
// filling stopped.
func TestOldItemsComeIntoTheIndexOfCopies(t *testing.T) {
	each(t, func(h *house) {
		t, ctx := h.t, context.Background()
		words := strings.Repeat("各街道办事处要落实防汛责任，加强值班值守，及时报告险情。", 6)
		old := h.create(h.writing("关于防汛工作的通知", words))
		other := h.create(h.writing("关于图书馆开放时间的公告", "图书馆自本月起延长开放时间，每日开放至晚上九点，欢迎读者前往。"))
		for _, q := range []string{`DELETE FROM likeness_band`, `DELETE FROM likeness`} {
			if err := h.raw(q); err != nil {
				t.Fatal(err)
			}
		}
		find := func() []library.Copy {
			return ok(h.lib.Copies(ctx, system, "", "防汛的通知", words))(t)
		}
		if got := find(); len(got) != 0 {
			t.Fatalf("found in an empty index: %+v", got)
		}
		// The filling had come to the first item when it stopped.
		if err := h.raw(`INSERT INTO setting (name, value, changed_at) VALUES ('library.likeness_filled', $1, $2)`, old.ID, h.clock.Now()); err != nil {
			t.Fatal(err)
		}
		if n, err := h.lib.FillCopies(ctx); err != nil || n != 1 {
			t.Errorf("%d filled (%v), want the one after where it stopped", n, err)
		}
		if n, err := db.One(ctx, h.db, db.Value[string], `SELECT id FROM likeness`); err != nil || n != string(other.ID) {
			t.Errorf("filled %s (%v)", n, err)
		}
		if err := h.raw(`UPDATE setting SET value = '' WHERE name = 'library.likeness_filled'`); err != nil {
			t.Fatal(err)
		}
		if n, err := h.lib.FillCopies(ctx); err != nil || n != 1 {
			t.Errorf("%d filled (%v)", n, err)
		}
		if got := find(); len(got) != 1 || got[0].Item != old.ID {
			t.Errorf("after the filling: %+v", got)
		}
		if n, err := h.lib.FillCopies(ctx); err != nil || n != 0 {
			t.Errorf("%d filled again (%v)", n, err)
		}
	})
}
