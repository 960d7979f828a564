package search

import (
	"fmt"
	"path/filepath"
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
