package app

import (
	"context"
	"database/sql"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/db"
	"zhengshu/internal/jobs"
	"zhengshu/internal/jobs/jobstest"
)

// The house lets go of old verdicts on links, as a crawler that stands apart
// does, and sends no request to its own public addresses.
func TestTheHouseTidiesItsFrontier(t *testing.T) {
	dir := t.TempDir()
	h, err := Open(t.Context(), Config{Dir: dir, OwnAddresses: []netip.Addr{netip.MustParseAddr("123.125.81.12")}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if !slices.Contains(h.egressPolicy().OwnAddresses, netip.MustParseAddr("123.125.81.12")) {
		t.Error("the addresses of the installation are not refused")
	}
	f, err := sql.Open("sqlite", filepath.Join(dir, "frontier.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Exec(`INSERT INTO crawl_link (key, at, facts) VALUES ('old', ?, x'7b7d'), ('new', ?, x'7b7d')`, stored(h.DB.Now().Add(-5*time.Hour)), stored(h.DB.Now())); err != nil {
		t.Fatal(err)
	}
	ctx := audit.System(t.Context(), "test")
	if err := h.DB.Update(ctx, func(tx *db.Tx) error {
		if err := jobs.Enqueue(ctx, tx, tidyFrontier{}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "test.tidy", Target: audit.Target{Kind: "site", ID: "x"}})
	}); err != nil {
		t.Fatal(err)
	}
	jobstest.Work(t, h.DB, h.workers, jobs.Config{})
	var left string
	if err := f.QueryRow(`SELECT group_concat(key) FROM crawl_link`).Scan(&left); err != nil || left != "new" {
		t.Errorf("%q left, %v", left, err)
	}
}

// stored is an instant as the store writes it: text whose order is that of time.
func stored(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
