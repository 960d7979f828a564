package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/migrations"
)

// BenchmarkImportDocuments takes the 2,399 real laws and policy documents of set
// 04 into the library with all checks, and sets it beside the checks alone, which
// are most of the work. One round each: a round takes as long as an office waits.
func BenchmarkImportDocuments(b *testing.B) {
	dir := realdata.Path(b, "04_policy_docs", "laws and policy documents imported a second")
	z, err := gzip.NewReader(bytes.NewReader(readFile(b, filepath.Join(dir, "laws_regulations.jsonl.gz"))))
	if err != nil {
		b.Fatal(err)
	}
	laws, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	var list bytes.Buffer
	var texts []string
	enc := json.NewEncoder(&list)
	for _, part := range [][]byte{laws, readFile(b, filepath.Join(dir, "govcn_policies.jsonl"))} {
		for line := range bytes.Lines(part) {
			var d struct {
				ID, Title, Text string
				DocNo           string `json:"doc_no"`
			}
			if err := json.Unmarshal(line, &d); err != nil {
				b.Fatal(err)
			}
			texts = append(texts, d.Text)
			if err := enc.Encode(library.Row{Ref: d.ID, Type: "policy", Title: d.Title, DocNo: d.DocNo, Text: d.Text}); err != nil {
				b.Fatal(err)
			}
		}
	}
	reader, err := proofread.New(proofread.Options{})
	if err != nil {
		b.Fatal(err)
	}
	inspect := func(text string) []check.Span { return check.Text(text, reader) }
	ctx := audit.System(context.Background(), "bench")
	for b.Loop() {
		d, err := db.Open(ctx, db.Config{Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := d.Migrate(ctx, migrations.Files); err != nil {
			b.Fatal(err)
		}
		if err := passage.Declare(ctx, d, registry.SiteMachine, library.Machine); err != nil {
			b.Fatal(err)
		}
		o := org.New(d)
		var unit org.Unit
		if err := d.Update(ctx, func(tx *db.Tx) error {
			if _, err := o.AddArea(ctx, tx, org.Area{Level: org.Province, Code: "610000", Name: "陕西省"}); err != nil {
				return err
			}
			unit, _, err = o.AddUnit(ctx, tx, org.Unit{Area: "province-610000000000", Kind: org.Office, Name: "陕西省人民政府办公厅"})
			return err
		}); err != nil {
			b.Fatal(err)
		}
		lib := library.New(d, o, registry.New(d, o), nil, inspect, sx2021.Defaults())
		before := cpu(b)
		start := time.Now()
		rep, err := lib.ImportItems(ctx, authz.System("bench"), bytes.NewReader(list.Bytes()), library.ImportOptions{Unit: unit.ID})
		took, used := time.Since(start), cpu(b)-before
		if err != nil || rep.Accepted != len(texts) {
			b.Fatalf("%d of %d accepted, %v", rep.Accepted, len(texts), err)
		}
		start = time.Now()
		work := make(chan string)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				for t := range work {
					inspect(t)
				}
			})
		}
		for _, t := range texts {
			work <- t
		}
		close(work)
		wg.Wait()
		alone := time.Since(start)
		d.Close()
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(len(texts))/took.Seconds(), "documents/s")
		b.ReportMetric(took.Seconds(), "s/2399_documents")
		b.ReportMetric(used.Seconds(), "cpu_s/2399_documents") // what others do on the machine left out
		b.ReportMetric(took.Seconds()/alone.Seconds(), "ratio_checks_alone")
	}
}

// cpu is the time this process has had of the processors.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
