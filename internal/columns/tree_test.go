package columns_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/columns"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
	"zhengshu/internal/registry"
)

func (h *house) columnsOf(o *office) (list []registry.Column, names string) {
	h.t.Helper()
	list = must(h.reg.ColumnsOf(o.editor.ctx, o.editor.scope(authz.ItemRead), o.site.ID))(h.t)
	var s []string
	for _, c := range list {
		s = append(s, c.Name)
	}
	return list, strings.Join(s, " ")
}

// answer is what the portal says at a path of an office's site.
func (h *house) answer(o *office, path string) (int, string) {
	h.t.Helper()
	time.Sleep(30 * time.Millisecond) // a portal looks for a new release now and then
	w := httptest.NewRecorder()
	h.portal.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://"+o.site.Host+path, nil))
	return w.Code, w.Header().Get("Location")
}

func TestArticle19_1_ColumnTreeIsKept(t *testing.T) {
	each(t, func(h *house) {
		o := h.county
		p := o.editor
		scope := p.scope(authz.ColumnManage)
		add := func(slug, name string, parent registry.ColumnID) registry.Column {
			return must(h.cols.Add(p.ctx, scope, registry.Column{Site: o.site.ID, Parent: parent, Slug: slug, Name: name, Type: "政务动态", Description: name + "的内容", Owner: o.news.Owner, A: o.news.A, B: o.news.B, CycleDays: 14}))(t)
		}
		work := add("work", "工作动态", "")
		towns := add("towns", "乡镇动态", work.ID)
		for _, c := range []struct {
			name string
			col  registry.Column
			kind fault.Kind
			says string
		}{
			{"nobody answers", registry.Column{Slug: "a", Name: "甲", Type: "政务动态", Description: "内容", A: o.news.A, B: o.news.B, CycleDays: 1}, fault.Invalid, "第十九条（一）"},
			{"A is B", registry.Column{Slug: "a", Name: "甲", Type: "政务动态", Description: "内容", Owner: o.news.Owner, A: o.news.A, B: o.news.A, CycleDays: 1}, fault.Invalid, "第十九条（二）"},
			{"address of the house", registry.Column{Slug: "topics", Name: "甲", Type: "政务动态", Description: "内容", Owner: o.news.Owner, A: o.news.A, B: o.news.B, CycleDays: 1}, fault.Invalid, "系统页面"},
			{"same short name", registry.Column{Slug: "news", Name: "甲", Type: "政务动态", Description: "内容", Owner: o.news.Owner, A: o.news.A, B: o.news.B, CycleDays: 1}, fault.Conflict, "要闻"},
		} {
			c.col.Site = o.site.ID
			_, err := h.cols.Add(p.ctx, scope, c.col)
			if !fault.Is(err, c.kind) || !strings.Contains(err.Error()+fault.Of(err).Says, c.says) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		// Moves: by one, below another, never below itself, never twice at once.
		_, _, rev, err := h.cols.Tree(p.ctx, p.scope(authz.ItemRead), o.site.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.cols.Move(p.ctx, scope, work.ID, registry.Up, "", rev); err != nil {
			t.Fatal(err)
		}
		if err := h.cols.Move(p.ctx, scope, work.ID, registry.Up, "", rev); !fault.Is(err, fault.Conflict) {
			t.Errorf("a move on a tree that has changed: %v", err)
		}
		if err := h.cols.Move(p.ctx, scope, work.ID, registry.Into, towns.ID, ""); !fault.Is(err, fault.Refused) {
			t.Errorf("below its own child: %v", err)
		}
		if err := h.cols.Move(p.ctx, scope, towns.ID, registry.Into, registry.Root, ""); err != nil {
			t.Fatal(err)
		}
		if err := h.cols.Move(p.ctx, scope, towns.ID, registry.Next, o.news.ID, ""); err != nil {
			t.Fatal(err)
		}
		if _, names := h.columnsOf(o); !strings.HasPrefix(names, "乡镇动态 要闻") {
			t.Errorf("after the moves: %s", names)
		}
		if err := h.cols.Move(p.ctx, h.city.editor.scope(authz.ColumnManage), towns.ID, registry.Up, "", ""); err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("the office above: %v", err)
		}
		// The card: a new name keeps the old one, a hand-over says what is left.
		edit := registry.ColumnEdit{Rev: 1, Name: "雁塔要闻", Type: "政务动态", Description: "全区要闻", Keywords: "要闻", CycleDays: 7, Unit: o.unit.ID, Owner: o.news.Owner, A: o.news.A, B: o.news.B}
		handed := edit
		handed.Owner = o.news.A
		if _, err := h.cols.Edit(p.ctx, scope, scope, p.session, o.news.ID, handed); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "交接说明") {
			t.Errorf("handed over without a word: %v", err)
		}
		handed.Why = "已交代选题和未办结的留言"
		now := must(h.cols.Edit(p.ctx, scope, scope, p.session, o.news.ID, handed))(t)
		if _, err := h.cols.Edit(p.ctx, scope, scope, p.session, o.news.ID, edit); !fault.Is(err, fault.Conflict) {
			t.Errorf("two at once: %v", err)
		}
		names, held, err := h.reg.ColumnHistory(p.ctx, p.scope(authz.ItemRead), o.news.ID)
		if err != nil || len(names) != 1 || names[0].Name != "要闻" || len(held) != 1 || held[0].Why != handed.Why {
			t.Errorf("history: %+v %+v %v", names, held, err)
		}
		// Who only answers for it says what it is about, and nothing else.
		said := must(h.cols.Edit(o.first.ctx, o.first.scope(authz.ItemRead), authz.Scope{}, o.first.session, o.news.ID, registry.ColumnEdit{Rev: now.Rev, Name: "改名", Description: "全区重要新闻", CycleDays: 99}))(t)
		if said.Name != "雁塔要闻" || said.Description != "全区重要新闻" || said.CycleDays != 7 {
			t.Errorf("the card is %+v", said)
		}
		if _, err := h.cols.Edit(h.city.first.ctx, system, authz.Scope{}, h.city.first.session, o.news.ID, edit); !fault.Is(err, fault.Refused) {
			t.Errorf("somebody else's card: %v", err)
		}
	})
}

func TestArticle19_2_MergedColumnKeepsItemsClockAndAddress(t *testing.T) {
	each(t, func(h *house) {
		o := h.county
		p := o.editor
		scope := p.scope(authz.ColumnManage)
		a := h.publish(o, "第一篇")
		both := h.publish(o, "两处都有", func(w *library.Writing) { w.Columns = append(w.Columns, o.notices.ID) })
		h.work()
		if _, _, err := h.cols.Close(p.ctx, scope, o.news.ID, "", "不再更新"); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "2 篇") {
			t.Errorf("closed over its items: %v", err)
		}
		m := must(h.cols.Impact(p.ctx, scope, o.news.ID, o.notices.ID))(t)
		if m.Live != 2 || m.Twice != 1 || !m.Clock {
			t.Errorf("impact %+v", m)
		}
		if _, _, err := h.cols.Close(p.ctx, h.city.final.scope(authz.ColumnManage), o.news.ID, o.notices.ID, "x"); !fault.Is(err, fault.NotFound) && err != nil {
			t.Logf("the office above: %v", err)
		}
		if _, _, err := h.cols.Close(p.ctx, scope, o.news.ID, h.city.news.ID, "并到别的网站"); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
			t.Errorf("into another site's column: %v", err)
		}
		if _, _, err := h.cols.Close(p.ctx, scope, o.news.ID, o.notices.ID, "内容重复"); err != nil {
			t.Fatal(err)
		}
		h.work()
		live := must(h.lib.LiveItems(p.ctx, h.db, o.notices.ID, 10, 0))(t)
		if len(live) != 2 {
			t.Errorf("%d items stand in the column they went into", len(live))
		}
		for _, it := range []library.Item{a, both} {
			if code := h.status(o, it); code != http.StatusOK {
				t.Errorf("“%s” answers %d", it.Title, code)
			}
		}
		for path, to := range map[string]string{"/news/": "/notices/", "/elder/news/": "/elder/notices/", "/news/rss.xml": "/notices/rss.xml"} {
			if code, at := h.answer(o, path); code != http.StatusMovedPermanently || !strings.HasSuffix(at, to) {
				t.Errorf("%s answers %d to %q", path, code, at)
			}
		}
		open := must(db.All(p.ctx, h.db, db.Value[string], `SELECT subject_id FROM obligation WHERE kind = 'column_update' AND state = 'open' AND subject_id IN ($1, $2)`, o.news.ID, o.notices.ID))(t)
		if len(open) != 1 || open[0] != string(o.notices.ID) {
			t.Errorf("clocks that run: %v", open)
		}
		if _, _, err := h.cols.Close(p.ctx, scope, o.news.ID, o.notices.ID, "再来一次"); !fault.Is(err, fault.Refused) {
			t.Errorf("closed twice: %v", err)
		}
	})
}

func TestArticle19_2_LightsFollowTheClock(t *testing.T) {
	each(t, func(h *house) {
		o := h.county
		p := o.editor
		scope := p.scope(authz.ItemRead)
		h.publish(o, "最近一篇")
		light := func(days int) (columns.Light, map[columns.Light]int, []columns.Forecast) {
			h.clock.Set(began.AddDate(0, 0, days))
			today := calendar.DateOf(h.clock.Now())
			f := columns.ForecastFilter{Site: o.site.ID, On: today}
			list, _, err := h.cols.Forecasts(p.ctx, scope, f)
			if err != nil {
				t.Fatal(err)
			}
			counts := must(h.cols.Lights(p.ctx, scope, f, today))(t)
			for _, x := range list {
				// What the filter says is what the row says.
				g := f
				g.Light = x.Light(today)
				same, _, err := h.cols.Forecasts(p.ctx, scope, g)
				if err != nil || len(same) == 0 || len(same) != counts[g.Light] {
					t.Errorf("day %d, %s: %d rows, %d counted, %v", days, g.Light, len(same), counts[g.Light], err)
				}
				if x.Column == o.news.ID {
					return x.Light(today), counts, list
				}
			}
			return "", counts, list
		}
		for _, c := range []struct {
			days int
			want columns.Light
		}{{0, columns.Green}, {8, columns.Green}, {9, columns.Yellow}, {14, columns.Yellow}, {15, columns.Red}} {
			if got, counts, _ := light(c.days); got != c.want {
				t.Errorf("after %d days: %s, want %s (%v)", c.days, got, c.want, counts)
			}
		}
		_, _, list := light(15)
		strips := must(h.cols.Strips(p.ctx, scope, list, calendar.DateOf(h.clock.Now())))(t)
		if s := strips[o.news.ID]; s[columns.StripDays-1-15] != 1 || s[columns.StripDays-1] != 0 {
			t.Errorf("the strip is %v", s)
		}
		h.publish(o, "今天的一篇")
		if got, _, _ := light(15); got != columns.Green {
			t.Errorf("after an item went out: %s", got)
		}
	})
}
