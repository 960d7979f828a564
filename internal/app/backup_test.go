package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/org"
)

// A backup of either database becomes an embedded house with the same rows, the
// same blobs and an unbroken trail; a cut one becomes nothing.
func TestBackupIsRestored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := audit.System(t.Context(), "test")
		dir := t.TempDir()
		store, err := blob.Disk(filepath.Join(dir, "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		ref, err := store.Put(ctx, strings.NewReader("附件 𠮷"))
		if err != nil {
			t.Fatal(err)
		}
		o := org.New(d)
		if err := d.Update(ctx, func(tx *db.Tx) error {
			for _, a := range []org.Area{{Level: org.Province, Code: "610000", Name: "陕西省"}, {Level: org.City, Code: "610100", Name: "西安市 𠮷", Parent: "province-610000000000"}} {
				if _, err := o.AddArea(ctx, tx, a); err != nil {
					return err
				}
			}
			_, _, err := o.AddUnit(ctx, tx, org.Unit{Area: "city-610100000000", Kind: org.Office, Name: "西安市人民政府办公厅", Source: "试"})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		h := &House{DB: d, Blobs: store, Config: Config{Dir: dir, Version: "test"}}
		file := filepath.Join(t.TempDir(), "b.tar.gz")
		if err := h.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(t.TempDir(), "restored")
		if err := Restore(ctx, file, to); err != nil {
			t.Fatal(err)
		}
		back, err := db.Open(ctx, db.Config{Dir: to})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { back.Close() })
		for _, q := range []string{`SELECT id || name || path FROM area ORDER BY id`, `SELECT id || name || kind || area_path FROM unit ORDER BY id`, `SELECT id || after FROM audit_entry WHERE act <> 'app.backup' ORDER BY id`} {
			was, err := db.All(ctx, d, db.Value[string], q)
			if err != nil {
				t.Fatal(err)
			}
			is, err := db.All(ctx, back, db.Value[string], q)
			if err != nil || len(was) == 0 || !slices.Equal(was, is) {
				t.Errorf("%s: %q became %q (%v)", q, was, is, err)
			}
		}
		if _, err := os.Stat(blob.Path(filepath.Join(to, "blobs"), ref)); err != nil {
			t.Error(err)
		}
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, whole[:len(whole)*2/3], 0o600); err != nil {
			t.Fatal(err)
		}
		empty := t.TempDir()
		if err := Restore(context.WithoutCancel(ctx), file, empty); err == nil {
			t.Error("a cut backup was restored")
		}
		if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
			t.Errorf("a refused restore left %v (%v)", left, err)
		}
	})
}

// A house that works while it is backed up has always an entry or two that are not yet
// linked: the backup is whole all the same, also when it is restored much later. What
// should have had its link when the backup was made is named.
func TestBackupOfABusyHouseIsRestoredLater(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(t.Context(), "test")
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		store, err := blob.Disk(filepath.Join(dir, "blobs"))
		ok(err)
		h := &House{DB: d, Blobs: store, Config: Config{Dir: dir, Version: "test"}}
		h.sequencer = audit.NewSequencer(d, "serving", h.headFile())
		act := func() {
			t.Helper()
			ok(d.Update(ctx, func(tx *db.Tx) error { return audit.Record(ctx, tx, audit.Entry{Act: "test"}) }))
		}
		act()
		ok(h.Settle(ctx))
		clock.Advance(time.Second)
		act() // not linked when the backup is made
		file := filepath.Join(t.TempDir(), "b.tar.gz")
		ok(h.Backup(ctx, file))
		ok(Restore(ctx, file, filepath.Join(t.TempDir(), "restored")))
		clock.Advance(2 * time.Minute)
		ok(h.Backup(ctx, file))
		if err := Restore(ctx, file, filepath.Join(t.TempDir(), "restored")); err == nil || !strings.Contains(err.Error(), "没有入链") {
			t.Errorf("an entry that stood two minutes without its link: %v", err)
		}
	})
}

// Commands that follow one another leave no entry without its link, and nobody is told
// that one was slipped in.
func TestCommandsInSuccessionLinkTheirEntries(t *testing.T) {
	clock := calendar.NewManual(time.Date(2026, 3, 9, 2, 0, 0, 0, time.UTC))
	dbtest.EachAt(t, clock.Now, func(t *testing.T, d *db.DB) {
		ctx := audit.System(t.Context(), "test")
		dir := t.TempDir()
		open := func(does func(h *House)) {
			t.Helper()
			h, err := Open(ctx, Config{DB: d, Dir: dir, Clock: clock, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			does(h)
			if err := h.Close(ctx); err != nil {
				t.Fatal(err)
			}
		}
		act := func(*House) {
			if err := d.Update(ctx, func(tx *db.Tx) error { return audit.Record(ctx, tx, audit.Entry{Act: "test"}) }); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			open(act)
			if n, err := db.One(ctx, d, db.Value[int], `SELECT count(*) FROM audit_entry e WHERE NOT EXISTS (SELECT 1 FROM audit_link l WHERE l.entry_id = e.id)`); err != nil || n != 0 {
				t.Errorf("%d entries without a link (%v)", n, err)
			}
		}
		// One that was killed keeps the lease, and leaves its last entry loose.
		killed := audit.NewSequencer(d, "killed", "")
		act(nil)
		if _, err := killed.Link(ctx); err != nil {
			t.Fatal(err)
		}
		act(nil)
		clock.Advance(5 * time.Minute)
		open(func(h *House) {
			rep, err := h.VerifyAudit(ctx)
			if err != nil || len(rep.Damage) > 0 || rep.Links != rep.Entries {
				t.Errorf("%+v (%v)", rep, err)
			}
		})
	})
}
