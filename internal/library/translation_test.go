package library_test

import (
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
)

// A core item without its foreign version is behind from the day it was public;
// a change of substance puts a version behind, one of form does not; what is
// withdrawn in Chinese must not stand in another language unseen.
func TestForeignVersionsLag(t *testing.T) {
	each(t, func(h *house) {
		scope := h.author.scope(authz.ItemWrite)
		today := func() calendar.Date { return calendar.DateOf(h.clock.Now()) }
		stand := func() library.Stand {
			t.Helper()
			list := ok(h.lib.Stands(h.author.ctx, h.author.scope(authz.ItemRead), "en", ""))(t)
			if len(list) != 1 {
				t.Fatalf("%d core items", len(list))
			}
			return list[0]
		}
		it := h.live(h.writing("政府工作报告", "正文"))
		if err := h.lib.SetCore(h.author.ctx, scope, it.ID, []string{"xx"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an unknown language: %v", err)
		}
		if err := h.lib.SetCore(h.neighbour.ctx, h.neighbour.scope(authz.ItemWrite), it.ID, []string{"en"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a neighbour: %v", err)
		}
		if err := h.lib.SetCore(h.author.ctx, scope, it.ID, []string{"en"}); err != nil {
			t.Fatal(err)
		}
		h.clock.Set(h.clock.Now().Add(3 * 24 * time.Hour))
		if n := stand(); n.State != library.Missing || n.Days(today()) != 3 {
			t.Errorf("not begun: %s %d", n.State, n.Days(today()))
		}
		people := library.Translation{Translator: "甲", Reviewer: "甲"}
		if _, err := h.lib.StartTranslation(h.author.ctx, scope, it.ID, "en", "Report", people); !fault.Is(err, fault.Invalid) {
			t.Errorf("one person is both: %v", err)
		}
		people.Reviewer = "乙"
		f := ok(h.lib.StartTranslation(h.author.ctx, scope, it.ID, "en", "Report", people))(t)
		if f.Content != it.Content || f.Language != "en" || f.Title != "Report" {
			t.Fatalf("the draft: %+v", f)
		}
		if _, err := h.lib.StartTranslation(h.author.ctx, scope, it.ID, "en", "Report", people); !fault.Is(err, fault.Conflict) {
			t.Errorf("begun twice: %v", err)
		}
		if n := stand(); n.State != library.Missing || n.ForeignIn != "草稿" {
			t.Errorf("begun: %s, %s", n.State, n.ForeignIn)
		}
		h.pass(f)
		if n := stand(); n.State != library.InStep || n.Translator != "甲" || n.Reviewer != "乙" || n.SourceVersion != 1 {
			t.Errorf("public: %+v", n)
		}
		revise := func(change library.ChangeKind, text string) {
			t.Helper()
			now := ok(h.lib.Item(h.author.ctx, scope, it.ID))(t)
			w := h.writing("政府工作报告", text)
			w.Change, w.Columns = change, nil
			h.pass(ok(h.lib.Save(h.author.ctx, scope, it.ID, now.Version, w))(t))
		}
		revise(library.Form, "正文，")
		if n := stand(); n.State != library.InStep {
			t.Errorf("after a change of form: %s", n.State)
		}
		revise(library.Substance, "新的正文")
		h.clock.Set(h.clock.Now().Add(2 * 24 * time.Hour))
		if n := stand(); n.State != library.Outdated || n.Days(today()) != 2 {
			t.Errorf("after a change of substance: %s %d", n.State, n.Days(today()))
		}
		if err := h.lib.RecordTranslation(h.author.ctx, scope, f.ID, people); err != nil {
			t.Fatal(err)
		}
		if n := stand(); n.State != library.InStep || n.SourceVersion != 3 {
			t.Errorf("after it was brought up to date: %+v", n.Translation)
		}
		ok(h.lib.Withdraw(h.final.ctx, h.final.scope(authz.ItemWithdraw), it.ID, "有误"))(t)
		if n := stand(); n.State != library.Orphan {
			t.Errorf("after the Chinese was withdrawn: %s", n.State)
		}
	})
}

// Nobody sends foreign words to review without those who answer for them.
func TestForeignItemNeedsItsTranslator(t *testing.T) {
	each(t, func(h *house) {
		it := h.live(h.writing("政府工作报告", "正文"))
		w := h.writing("Report", "text")
		w.Content, w.Language = it.Content, "en"
		f := h.create(w)
		if _, err := h.submit(f, library.Submission{}); !fault.Is(err, fault.Refused) {
			t.Errorf("submitted without a translator: %v", err)
		}
		if err := h.lib.RecordTranslation(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, library.Translation{Translator: "甲", Reviewer: "乙"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a translator of the Chinese: %v", err)
		}
		if err := h.lib.RecordTranslation(h.author.ctx, h.author.scope(authz.ItemWrite), f.ID, library.Translation{Translator: "甲", Reviewer: "乙"}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.submit(f, library.Submission{}); err != nil {
			t.Error(err)
		}
	})
}

// pass takes a draft through its review.
func (h *house) pass(it library.Item) library.Item {
	h.t.Helper()
	it = ok(h.submit(it, library.Submission{}))(h.t)
	it = ok(h.review(h.first, it))(h.t)
	return ok(h.review(h.final, it))(h.t)
}
