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

	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/db"
	"zhengshu/internal/library"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/realdata"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
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

// BenchmarkBulletinDOCX writes the bulletin of a province of 620 sites, with the
// list of all of them and its charts, as DOCX and as PDF: DOCX in less than five
// seconds. cpu_s holds on a busy machine.
func BenchmarkBulletinDOCX(b *testing.B) {
	p := wideBulletin()
	faces, err := official.FindFaces()
	if err != nil {
		b.Logf("no PDF: %v", err)
	}
	measure := func(b *testing.B, write func(w io.Writer) error) {
		for b.Loop() {
			var out bytes.Buffer
			before, start := cpu(b), time.Now()
			if err := write(&out); err != nil {
				b.Fatal(err)
			}
			if took := time.Since(start); took > 5*time.Second {
				b.Errorf("written in %s, more than 5 s", took)
			}
			b.ReportMetric((cpu(b) - before).Seconds(), "cpu_s")
			b.ReportMetric(float64(out.Len())/1024, "KB")
		}
	}
	b.Run("docx", func(b *testing.B) {
		measure(b, func(w io.Writer) error { _, err := p.Paper().WriteTo(w); return err })
	})
	if faces != nil {
		b.Run("pdf", func(b *testing.B) {
			measure(b, func(w io.Writer) error { return p.Paper().WritePDF(w, faces) })
		})
	}
}

// wideBulletin is an issued bulletin of 620 sites in ten cities, one in twenty of
// them unqualified.
func wideBulletin() reporting.Bulletin {
	rows := make([]reporting.Row, 620)
	c := reporting.Content{Kind: reporting.QuarterlyBulletin, AreaName: "陕西省", Office: "陕西省人民政府办公厅", PeriodName: "2026年第三季度", Complete: true,
		Figures: []reporting.Figure{{Key: "sites.total", Section: reporting.SectionSites, Name: "应检查政府网站", Unit: "个", Rows: rows}}}
	areas := reporting.Table{Key: "areas", Section: reporting.SectionUnits, Name: "各地区检查情况", Header: []string{"地区", "应检查", "合格率"}}
	chart := reporting.Chart{Key: "areas.rate", Section: reporting.SectionUnits, Name: "各地区检查合格率", Unit: "%", From: "areas"}
	for i := range 10 {
		name := "某" + string([]rune("甲乙丙丁戊己庚辛壬癸")[i]) + "市"
		areas.Rows = append(areas.Rows, []string{name, "62", "95%"})
		chart.Labels, chart.Values = append(chart.Labels, name), append(chart.Values, 95)
	}
	c.Tables, c.Charts = append(c.Tables, areas), append(c.Charts, chart)
	for i := range rows {
		verdict := "qualified"
		if i%20 == 3 {
			verdict = "unqualified"
			c.Unqualified = append(c.Unqualified, reporting.Unqualified{Name: "某市某某局网站", Unit: "某市某某局", Reasons: []reporting.Cause{{Says: "单项否决：首页不更新"}}})
		}
		c.Sites = append(c.Sites, reporting.Result{Name: "某市某某局网站（测量用名称）", UnitName: "某市某某局", AreaName: "某市", Verdict: verdict})
	}
	return reporting.Bulletin{Kind: reporting.QuarterlyBulletin, AreaName: "陕西省", Level: org.Province, UnitName: "陕西省人民政府办公厅", Period: assessment.QuarterOf(calendar.Date{Year: 2026, Month: 7, Day: 1}), State: reporting.Issued, Number: "陕政公开办〔2026〕18号",
		IssuedOn: calendar.Date{Year: 2026, Month: 10, Day: 20}, Outline: reporting.Usual(reporting.QuarterlyBulletin), Content: c}
}
