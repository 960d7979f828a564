package library_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"zhengshu/internal/authz"
	"zhengshu/internal/fault"
	"zhengshu/internal/library"
)

func TestUnsavedTextIsCountedAndNeverOverwritten(t *testing.T) {
	each(t, func(h *house) {
		t, a := h.t, h.author
		it := h.create(h.writing("题", "原文"))
		form := library.FormOf(it.ID)
		save := func(seq int, data string, keep bool) (int, error) {
			return h.lib.Autosave(a.ctx, a.session, library.Unsaved{Form: form, Seq: seq, Base: 1, Title: "题", Data: data}, keep)
		}
		one := ok(save(0, "第一次", false))(t)
		two := ok(save(one, "第二次", false))(t)
		if one != 1 || two != 2 {
			t.Fatalf("counted %d, %d", one, two)
		}
		// A second window that began at the same state does not write over it.
		_, err := save(one, "另一窗口", false)
		var over *library.Overtaken
		if !fault.Is(err, fault.Conflict) || !errors.As(err, &over) || over.Seq != 2 {
			t.Fatalf("got %v", err)
		}
		if u, _, err := h.lib.Unsaved(a.ctx, a.session, form, 0); err != nil || u.Data != "第二次" || u.Base != 1 || u.Item() != it.ID {
			t.Fatalf("stands %+v (%v)", u, err)
		}
		// It goes on when asked to, and what stood before stays beside it.
		ok(save(over.Seq, "另一窗口", true))(t)
		list := ok(h.lib.UnsavedTexts(a.ctx, a.session, form))(t)
		if len(list) < 2 || list[0].Past || !list[1].Past {
			t.Fatalf("listed %+v", list)
		}
		if u, found, err := h.lib.Unsaved(a.ctx, a.session, form, 2); err != nil || !found || u.Data != "第二次" || !u.Past {
			t.Errorf("the overtaken state: %+v %v (%v)", u, found, err)
		}
		if list := ok(h.lib.UnsavedTexts(h.second.ctx, h.second.session, ""))(t); len(list) != 0 {
			t.Errorf("somebody else's unsaved text: %+v", list)
		}
		// Saving ends it; only what was overtaken stays.
		ok(h.lib.Save(a.ctx, a.scope(authz.ItemWrite), it.ID, 1, h.writing("题", "新文")))(t)
		if list := ok(h.lib.UnsavedTexts(a.ctx, a.session, ""))(t); len(list) != 1 || list[0].Seq != 2 {
			t.Errorf("after saving: %+v", list)
		}
		if err := h.lib.Discard(a.ctx, a.session, form); err != nil {
			t.Fatal(err)
		}
		if list := ok(h.lib.UnsavedTexts(a.ctx, a.session, ""))(t); len(list) != 0 {
			t.Errorf("after discarding: %+v", list)
		}
		for _, bad := range []library.Unsaved{{Form: ""}, {Form: "letters:1"}, {Form: form, Data: strings.Repeat("字", 2<<20)}} {
			if _, err := h.lib.Autosave(a.ctx, a.session, bad, false); err == nil {
				t.Errorf("%.20s kept", bad.Form)
			}
		}
	})
}

// Many windows at once: each state that was answered with a count is there.
func TestUnsavedTextUnderContention(t *testing.T) {
	each(t, func(h *house) {
		t, a := h.t, h.author
		form := library.FormNew("01J8ZK3V5N8Q4Y7T2W6X9R1M0A")
		var mu sync.Mutex
		taken := map[int]string{}
		var wg sync.WaitGroup
		for w := range 4 {
			wg.Add(1)
			go func() {
				defer wg.Done()
				seq := 0
				for i := range 6 {
					for range 200 {
						data := fmt.Sprintf("窗口%d第%d", w, i)
						n, err := h.lib.Autosave(a.ctx, a.session, library.Unsaved{Form: form, Seq: seq, Data: data}, true)
						var over *library.Overtaken
						if errors.As(err, &over) {
							seq = over.Seq
							continue
						}
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						if was, twice := taken[n]; twice {
							t.Errorf("count %d given to %s and %s", n, was, data)
						}
						taken[n] = data
						mu.Unlock()
						seq = n
						break
					}
				}
			}()
		}
		wg.Wait()
		if len(taken) != 24 {
			t.Fatalf("%d of 24 kept", len(taken))
		}
		for n, data := range taken {
			if u, found, err := h.lib.Unsaved(a.ctx, a.session, form, n); err != nil || !found || u.Data != data {
				t.Errorf("state %d: %q %v (%v), want %q", n, u.Data, found, err, data)
			}
		}
	})
}

func TestOneEditsTheOtherTakesOver(t *testing.T) {
	each(t, func(h *house) {
		t := h.t
		it := h.create(h.writing("题", "原文"))
		open := func(p desk, long time.Duration) *library.Hold {
			t.Helper()
			return ok(h.lib.Open(p.ctx, p.scope(authz.ItemWrite), p.session, it.ID, long))(t)
		}
		for range 2 { // the second finds his own
			if open(h.author, library.HoldLive) != nil {
				t.Fatal("held by another")
			}
		}
		by := open(h.second, library.HoldLive)
		if by == nil || by.PersonID != h.author.session.PersonID {
			t.Fatalf("held by %+v", by)
		}
		if _, err := h.lib.Save(h.second.ctx, h.second.scope(authz.ItemWrite), it.ID, 1, h.writing("题", "插进来")); !fault.Is(err, fault.Conflict) {
			t.Fatalf("saved under another's hands: %v", err)
		}
		if err := h.lib.TakeOver(h.second.ctx, h.second.scope(authz.ItemWrite), h.second.session, it.ID); err != nil {
			t.Fatal(err)
		}
		if by := open(h.author, library.HoldLive); by == nil || by.PersonID != h.second.session.PersonID {
			t.Fatalf("the one before is not told: %+v", by)
		}
		_, err := h.lib.Save(h.author.ctx, h.author.scope(authz.ItemWrite), it.ID, 1, h.writing("题", "我的"))
		var held *library.Held
		if !errors.As(err, &held) {
			t.Fatalf("got %v", err)
		}
		ok(h.lib.Save(h.second.ctx, h.second.scope(authz.ItemWrite), it.ID, 1, h.writing("题", "接手后")))(t)
		if err := h.lib.Leave(h.second.ctx, h.second.scope(authz.ItemWrite), h.second.session, it.ID); err != nil {
			t.Fatal(err)
		}
		if open(h.author, library.HoldLive) != nil {
			t.Error("still held after he left")
		}
	})
}

func TestRestoreMakesANewVersion(t *testing.T) {
	each(t, func(h *house) {
		t, a := h.t, h.author
		it := h.create(h.writing("旧题", "旧文"))
		ok(h.lib.Save(a.ctx, a.scope(authz.ItemWrite), it.ID, 1, h.writing("新题", "新文")))(t)
		got := ok(h.lib.Restore(a.ctx, a.scope(authz.ItemWrite), it.ID, 2, 1))(t)
		v := ok(h.lib.Version(context.Background(), system, it.ID, 0))(t)
		if got.Version != 3 || v.Text != "旧文" || v.Title != "旧题" || v.Note != "恢复自第 1 版" || !v.Intact() {
			t.Errorf("restored %+v", v)
		}
		if _, err := h.lib.Restore(a.ctx, a.scope(authz.ItemWrite), it.ID, 2, 1); !fault.Is(err, fault.Conflict) {
			t.Errorf("restored over a version that was saved in between: %v", err)
		}
	})
}
