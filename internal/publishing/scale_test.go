package publishing_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/hang"
	"zhengshu/internal/jobs"
	"zhengshu/internal/library"
	"zhengshu/internal/publishing"
	"zhengshu/internal/realdata"
)

// TestScale publishes 2,356 laws as a move-in, then one item more, and says
// how long each took. It takes some minutes, so it runs only when asked for.
func TestScale(t *testing.T) {
	if os.Getenv("ZHENGSHU_SCALE") == "" {
		t.Skip("left out: publishing 2,356 laws; set ZHENGSHU_SCALE=1")
	}
	f, err := os.Open(realdata.Path(t, "04_policy_docs/laws_regulations.jsonl.gz", "publishing 2,356 laws"))
	must(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	must(t, err)
	var list bytes.Buffer
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 32<<20)
	for sc.Scan() {
		var r struct{ ID, Title, Text, Date string }
		must(t, json.Unmarshal(sc.Bytes(), &r))
		if r.Date == "" {
			r.Date = "2020-01-01"
		}
		b, err := json.Marshal(map[string]string{"ref": r.ID, "type": "policy", "title": r.Title, "text": r.Text, "published": r.Date})
		must(t, err)
		list.Write(append(b, '\n'))
	}
	h := build(t, dbtest.SQLite(t, nil), t.TempDir())
	ctx := audit.System(context.Background(), "test")
	must(t, h.db.Update(ctx, func(tx *db.Tx) error {
		_, err := h.lib.AdmitMoveIn(ctx, tx, system, library.MoveIn{Site: h.site.ID, Number: "1", Dated: calendar.DateOf(time.Now()), PersonID: "p", PersonName: "批准人"})
		return err
	}))
	w := jobs.NewWorkers()
	h.pub.Work(w)
	client, err := jobs.New(h.db, w, jobs.Config{Wrap: func(ctx context.Context, kind string) context.Context { return audit.System(ctx, kind) }})
	must(t, err)
	must(t, client.Start(context.Background()))
	defer func() { must(t, client.Stop(context.Background())) }()
	began := time.Now()
	report, err := h.lib.ImportItems(ctx, system, bytes.NewReader(list.Bytes()), library.ImportOptions{Publish: &library.Target{Site: h.site.ID, Column: h.policies.ID, Case: "1"}})
	must(t, err)
	t.Logf("imported %d in %v", report.Accepted, time.Since(began))
	hang.Until(t, "what was imported is public", func() bool {
		n, err := db.One(context.Background(), h.db, db.Value[int], `SELECT count(*) FROM release_change`)
		must(t, err)
		return n == 0
	})
	t.Logf("all public after %v", time.Since(began))
	must(t, client.Drain(context.Background(), 10*time.Minute))
	t.Logf("compressed after %v", time.Since(began))
	for range 4 {
		it := h.live("多了一条信息", "现在看得见了吗。")
		began = time.Now()
		hang.Until(t, "one more item is visible", func() bool {
			code, _ := h.get(publishing.Path(it))
			return code == 200
		})
		t.Logf("one more visible after %v", time.Since(began))
		must(t, client.Drain(context.Background(), time.Minute))
	}
	rows, err := h.pub.Releases(context.Background(), system, h.site.ID, 8, 0)
	must(t, err)
	for _, r := range rows {
		t.Logf("release %d whole %v pages %d items %d took %d ms", r.No, r.Whole, r.Pages, r.Items, r.TookMS)
	}
}
