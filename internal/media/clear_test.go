package media_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/db"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
	"zhengshu/internal/library"
	"zhengshu/internal/media"
	"zhengshu/internal/prose"
)

// steps is the store with the power cut at one of its steps.
type steps struct {
	blob.Store
	left int // steps until the cut; negative for never
}

var errCut = errors.New("the power is cut")

func (s *steps) step() error {
	if s.left--; s.left == -1 {
		return errCut
	}
	return nil
}

func (s *steps) Discard(ctx context.Context, ref blob.Ref) (bool, error) {
	if err := s.step(); err != nil {
		return false, err
	}
	moved, err := s.Store.Discard(ctx, ref)
	return moved, errors.Join(err, s.step())
}

func (s *steps) Drop(ctx context.Context, ref blob.Ref) error {
	if err := s.step(); err != nil {
		return err
	}
	return errors.Join(s.Store.Drop(ctx, ref), s.step())
}

func (h *house) there(ref blob.Ref) bool {
	h.Helper()
	r, err := h.store.Open(h.us.ctx, ref)
	if errors.Is(err, blob.ErrNotFound) {
		return false
	}
	if err == nil {
		_, err = io.Copy(io.Discard, r)
		err = errors.Join(err, r.Close())
	}
	if err != nil {
		h.Fatal(err)
	}
	return true
}

func (h *house) ahead(d time.Duration) { h.clock.Set(h.clock.Now().Add(d)) }

func (h *house) sweep() {
	h.Helper()
	if _, err := h.media.SweepDiscards(h.us.ctx); err != nil {
		h.Fatal(err)
	}
}

func (h *house) listed() []media.Clearable {
	h.Helper()
	list, n, _, err := h.media.Unused(h.us.ctx, h.us.scope, 50, 0)
	if err != nil || n != len(list) {
		h.Fatalf("%d of %d, %v", len(list), n, err)
	}
	return list
}

const aDay = 24*time.Hour + time.Minute

// What nothing shows is listed after the grace, taken out by a named person, and
// its bytes follow a day and another day later; what a version shows stays.
func TestArticle27_UnusedFilesAreCleared(t *testing.T) {
	each(t, func(h *house) {
		list := h.take(h.us, media.About{Alt: "图"}, file("用过.jpg", picture(600, 400, 0x10)), file("没用.jpg", picture(600, 400, 0x20)), file("两处.jpg", picture(600, 400, 0x30)), file("编辑中.jpg", picture(600, 400, 0x50)))
		used, idle, shared, unsent := list[0], list[1], list[2], list[3]
		h.take(h.them, media.About{Alt: "图"}, file("两处.jpg", picture(600, 400, 0x30)))
		workers := jobs.NewWorkers()
		media.Register(h.media, workers)
		jobstest.Work(t, h.db, workers, jobs.Config{})
		it, err := h.write(h.us, "正文", used.Line())
		if err != nil {
			t.Fatal(err)
		}
		without, err := prose.FromText("删去了图")
		if err != nil {
			t.Fatal(err)
		}
		w := library.Writing{Meta: library.Meta{Type: library.News, Title: "防汛", Origin: library.Original}, Doc: without, Unit: h.us.unit}
		if _, err := h.lib.Save(h.us.ctx, h.us.scope, it.ID, it.Version, w); err != nil { // an old version alone shows it
			t.Fatal(err)
		}
		if err := h.db.Update(h.us.ctx, func(tx *db.Tx) error {
			_, err := tx.Quiet(h.us.ctx, `INSERT INTO autosave (person_id, form, base, data, at) VALUES ('p0', 'item-new', 0, $1, $2)`, `{"text":"`+unsent.Src()+`"}`, tx.Now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := h.listed(); len(got) != 0 {
			t.Errorf("listed within the grace: %d", len(got))
		}
		clear := func(reason string, ids ...media.AssetID) error {
			_, err := h.media.Clear(h.us.ctx, h.us.scope, ids, reason)
			return err
		}
		if err := clear("没有采用", idle.ID); !fault.Is(err, fault.Refused) || !strings.Contains(fault.Of(err).Says, "不满 90 天") {
			t.Errorf("within the grace: %v", err)
		}
		h.ahead(91 * 24 * time.Hour)
		got := h.listed()
		if len(got) != 3 || got[0].Unsent || !got[2].Unsent || got[2].ID != unsent.ID {
			t.Fatalf("listed: %+v", got)
		}
		for what, wrong := range map[string]struct {
			err  error
			kind fault.Kind
		}{
			"nothing chosen":     {clear("没有采用"), fault.Invalid},
			"no reason":          {clear(" ", idle.ID), fault.Invalid},
			"a long reason":      {clear(strings.Repeat("长", 201), idle.ID), fault.Invalid},
			"too many":           {clear("没有采用", make101()...), fault.Invalid},
			"shown by a version": {clear("没有采用", idle.ID, used.ID), fault.Conflict},
			"in an unsaved text": {clear("没有采用", idle.ID, unsent.ID), fault.Conflict},
			"another office's":   {foreign(h, idle.ID), fault.NotFound},
		} {
			if !fault.Is(wrong.err, wrong.kind) {
				t.Errorf("%s: %v", what, wrong.err)
			}
		}
		if h.count("media_asset") != 5 {
			t.Fatal("a refusal took something out")
		}
		if err := clear("没有采用", idle.ID, shared.ID); err != nil {
			t.Fatal(err)
		}
		if err := clear("没有采用", idle.ID); !fault.Is(err, fault.NotFound) { // a double click
			t.Errorf("cleared twice: %v", err)
		}
		trail, err := audit.Entries(h.us.ctx, h.db, audit.Filter{TargetKind: "media", TargetID: string(idle.ID), Limit: 10})
		if err != nil || len(trail) == 0 || trail[0].Act != "media.asset.remove" || trail[0].Actor.Name != "编辑610113" || !strings.Contains(trail[0].After, "没有采用") {
			t.Errorf("the trail says %+v, %v", trail, err)
		}
		made, err := db.All(h.us.ctx, h.db, db.Value[blob.Ref], `SELECT blob FROM media_rendition WHERE original = $1`, idle.Blob)
		if err != nil || len(made) == 0 {
			t.Fatalf("%d renditions, %v", len(made), err)
		}
		h.sweep() // too early
		if !h.there(idle.Blob) || h.count("media_rendition") == 0 {
			t.Error("gone at once")
		}
		h.ahead(aDay)
		h.sweep()
		if !h.there(idle.Blob) {
			t.Error("what is put away is not read")
		}
		h.ahead(aDay)
		h.sweep()
		for _, ref := range append(made, idle.Blob) {
			if h.there(ref) {
				t.Errorf("%s is still there", ref)
			}
		}
		if !h.there(shared.Blob) || !h.there(used.Blob) || !h.there(unsent.Blob) {
			t.Error("bytes went that another record holds")
		}
		past, err := h.media.Discards(h.us.ctx, h.us.scope, 10)
		if err != nil || len(past) != 2 || past[0].Ended.IsZero() || past[1].Ended.IsZero() || past[0].Kept == past[1].Kept {
			t.Errorf("past: %+v, %v", past, err)
		}
		if theirs, err := h.media.Discards(h.them.ctx, h.them.scope, 10); err != nil || len(theirs) != 0 {
			t.Errorf("another office sees %+v, %v", theirs, err)
		}
	})
}

func make101() []media.AssetID {
	var out []media.AssetID
	for i := range 101 {
		out = append(out, media.AssetID(strings.Repeat("0", 23)+string(rune('A'+i/26))+string(rune('A'+i%26))+"0"))
	}
	return out
}

func foreign(h *house, id media.AssetID) error {
	_, err := h.media.Clear(h.them.ctx, h.them.scope, []media.AssetID{id}, "没有采用")
	return err
}

// The same content that comes in again, at whatever moment, is not lost.
func TestClearingBesideASaveOfTheSame(t *testing.T) {
	each(t, func(h *house) {
		for days := range 3 { // after so many steps
			shade := uint8(0x10 * (days + 1))
			content := picture(500, 300, shade)
			old := h.take(h.us, media.About{Alt: "图"}, file("旧.jpg", content))[0]
			if err := h.media.Remove(h.us.ctx, h.us.scope, old.ID); err != nil {
				t.Fatal(err)
			}
			for range days {
				h.ahead(aDay)
				h.sweep()
			}
			again := h.take(h.us, media.About{Alt: "图"}, file("新.jpg", content))[0]
			for range 3 {
				h.ahead(aDay)
				h.sweep()
			}
			if again.Blob != old.Blob || !h.there(again.Blob) {
				t.Errorf("saved again after %d steps: the bytes are gone", days)
			}
			r, _, err := h.media.Release(h.us.ctx, again.Src())
			if err != nil {
				t.Errorf("after %d steps no picture is made: %v", days, err)
				continue
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				t.Error(err)
			}
			r.Close()
		}
	})
}

// Cut off at any step, the next sweep ends it: no record without bytes, no bytes
// without a record.
func TestClearingCutOffAtEveryStep(t *testing.T) {
	each(t, func(h *house) {
		inner := h.store.Store
		cut := &steps{Store: inner, left: -10}
		h.store.Store = cut
		for at := 0; ; at++ {
			a := h.take(h.us, media.About{Alt: "图"}, file("旧.jpg", picture(500+at, 300, 0x70)))[0]
			if r, _, err := h.media.Release(h.us.ctx, a.Src()); err != nil { // a rendition stands
				t.Fatal(err)
			} else {
				r.Close()
			}
			made, err := db.All(h.us.ctx, h.db, db.Value[blob.Ref], `SELECT blob FROM media_rendition WHERE original = $1`, a.Blob)
			if err != nil || len(made) == 0 {
				t.Fatal(err)
			}
			if err := h.media.Remove(h.us.ctx, h.us.scope, a.ID); err != nil {
				t.Fatal(err)
			}
			cut.left = at
			cuts := 0
			for range 3 {
				h.ahead(aDay)
				if _, err := h.media.SweepDiscards(h.us.ctx); errors.Is(err, errCut) {
					cuts++
					h.sweep() // the power is back
				} else if err != nil {
					t.Fatal(err)
				}
			}
			cut.left = -10
			for _, ref := range append(made, a.Blob) {
				if h.there(ref) {
					t.Errorf("cut at step %d: %s stays for ever", at, ref)
				}
			}
			if n := h.count(`media_rendition WHERE original = '` + string(a.Blob) + `'`); n != 0 {
				t.Errorf("cut at step %d: %d renditions name nothing", at, n)
			}
			if cuts == 0 {
				if at < 6 {
					t.Errorf("only %d steps were cut", at)
				}
				return
			}
		}
	})
}
