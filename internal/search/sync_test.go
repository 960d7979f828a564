package search

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The two files of a site take turns; each remembers one change for each
// generation, however long they have done so.
func TestCatchingUpRemembersOwnChangesOnly(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	files := []string{filepath.Join(dir, "search.a.db"), filepath.Join(dir, "search.b.db")}
	current := ""
	const rounds = 12
	for n := range rounds {
		next := files[n%2]
		doc := Document{Path: fmt.Sprintf("/content/%d.html", n), Ref: fmt.Sprint(n), Title: fmt.Sprintf("第%d号通知", n), Text: "防汛工作", Published: time.Unix(int64(n), 0), Sum: fmt.Sprint(n)}
		if err := Sync(ctx, current, next, fmt.Sprintf("g%d", n), []Document{doc}, nil); err != nil {
			t.Fatal(err)
		}
		current = next
	}
	for i, file := range files {
		x, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		var docs, most int
		if err := x.db.QueryRowContext(ctx, `SELECT count(*) FROM doc`).Scan(&docs); err != nil {
			t.Fatal(err)
		}
		if want := rounds - 1 + i; docs != want {
			t.Errorf("%s holds %d documents, want %d", filepath.Base(file), docs, want)
		}
		if err := x.db.QueryRowContext(ctx, `SELECT MAX(n) FROM (SELECT count(*) AS n FROM turn GROUP BY generation)`).Scan(&most); err != nil {
			t.Fatal(err)
		}
		if most != 1 {
			t.Errorf("%s remembers %d changes of one generation, want 1", filepath.Base(file), most)
		}
	}
}

// An index that was filled with many documents has its segments merged, so that
// what is put in later never waits for that.
func TestFilledIndexIsMerged(t *testing.T) {
	dir, most := t.TempDir(), filledBytes
	filledBytes = 32 << 10 // some hundred segments
	t.Cleanup(func() { filledBytes = most })
	file, err := Build(t.Context(), dir, func() {}, func(put func(Document) error) error {
		for i := range 3000 {
			if err := put(Document{Path: fmt.Sprintf("/%d", i), Ref: "r", Title: fmt.Sprintf("第%d条", i), Text: strings.Repeat(fmt.Sprintf("防汛工作%d", i), 40), Sum: "s"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Edit(file)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var before, after int64
	total := func(n *int64) {
		if err := w.db.QueryRow(`SELECT total_changes()`).Scan(n); err != nil {
			t.Fatal(err)
		}
	}
	total(&before)
	if _, err := w.db.Exec(`INSERT INTO pair (pair, rank) VALUES ('merge', 100)`); err != nil {
		t.Fatal(err)
	}
	if total(&after); after-before >= 2 {
		t.Errorf("%d changes were left to merge", after-before)
	}
	if sums, err := w.Sums(t.Context()); err != nil || len(sums) != 3000 {
		t.Errorf("%d documents %v", len(sums), err)
	}
}
