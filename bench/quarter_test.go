package bench

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhengshu/internal/app"
	"zhengshu/internal/appraisal"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/reporting"
	"zhengshu/internal/web"
)

// held is a province of true size in which a quarter is brought from its sample to
// the printed bulletin.
type held struct {
	*province
	b      *testing.B
	ctx    context.Context
	ledger demo.Ledger
	office org.UnitID
	people map[string]*authz.Session
}

// holding fills a house of its own: the clock stands on a fixed day, so that a run
// repeats the one before.
func holding(b *testing.B, on db.Dialect, scale float64) *held {
	b.Helper()
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "zhengshu-bench-quarter-")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = os.RemoveAll(dir) }) // a folder of the bench's own
	clock := calendar.NewManual(time.Date(2026, 11, 26, 2, 0, 0, 0, time.UTC))
	c := app.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Clock: clock}
	if on == db.Postgres {
		c.DSN = freshPostgres(b, fmt.Sprintf("zhengshu_quarter_%d_%g", os.Getpid(), scale))
	}
	h, err := app.Open(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close(ctx) }) // nothing of it is kept
	start := time.Now()
	made, err := h.Populate(ctx, scale)
	if err != nil {
		b.Fatal(err)
	}
	x := &held{b: b, ctx: ctx, province: &province{h: h, clock: clock, gate: &gate{}, database: on, scale: scale, filled: time.Since(start)}}
	b.Logf("filled in %s: %+v", x.filled.Round(time.Second), made)
	if on == db.Postgres {
		if _, err := h.DB.Pool().Exec(ctx, "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	x.router = web.NewRouter(web.Config{Gate: x.gate, Counts: h.TopBar})
	x.router.Add(h.Routes()...)
	x.ledger = demo.Ledger{DB: h.DB, Org: h.Org, Assessment: h.Assessment, Rounds: h.Rounds, Reporting: h.Reporting, At: clock.Set}
	if x.people, x.office, err = x.ledger.Staff(ctx); err != nil {
		b.Fatal(err)
	}
	return x
}

func (x *held) must(err error) {
	x.b.Helper()
	if err != nil {
		x.b.Fatal(err)
	}
}

// as is one of the appraisers at work, with where a permission reaches.
func (x *held) as(name string, p authz.Permission) (context.Context, authz.Scope) {
	s := x.people[name]
	unit, _ := s.Unit()
	ctx := audit.WithActor(x.ctx, audit.Actor{Kind: "person", ID: s.PersonID, Name: s.Name, Unit: unit})
	return authz.WithSession(ctx, s), s.ScopeFor(p)
}

// step does one part of the work and reports how long it took.
func (x *held) step(name string, do func() error) {
	x.b.Helper()
	start, cpu := time.Now(), workerOf(x.h.DB).spent(x.b)
	if err := do(); err != nil {
		x.b.Fatalf("%s: %v", name, err)
	}
	took := time.Since(start)
	x.b.ReportMetric(took.Seconds(), "s_"+name)
	x.b.Logf("%-12s %8.2f s, %6.2f s of processor", name, took.Seconds(), (workerOf(x.h.DB).spent(x.b) - cpu).Seconds())
}

// look opens screens and reports the median of the server's time for each, by the
// clock and, over all looks, by the processor.
func (x *held) look(who string, screens map[string]string) { x.lookAfter(who, screens, func() {}) }

// lookAfter is look with something done before each.
func (x *held) lookAfter(who string, screens map[string]string, before func()) {
	x.b.Helper()
	const times = 7
	x.gate.session = x.people[who]
	for _, name := range slices.Sorted(maps.Keys(screens)) {
		var took []float64
		var spent time.Duration
		for range times {
			before()
			rec := httptest.NewRecorder()
			start, cpu := time.Now(), workerOf(x.h.DB).spent(x.b)
			x.router.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, screens[name], nil))
			spent += workerOf(x.h.DB).spent(x.b) - cpu
			if rec.Code != http.StatusOK {
				x.b.Fatalf("%s answers %d: %.300s", screens[name], rec.Code, rec.Body)
			}
			took = append(took, float64(time.Since(start).Microseconds())/1000)
		}
		slices.Sort(took)
		cpu := float64(spent.Microseconds()) / 1000 / times
		x.b.ReportMetric(took[len(took)/2], "ms_"+name)
		x.b.ReportMetric(cpu, "cpu_ms_"+name)
		x.b.Logf("%-24s %8.1f ms, %8.1f ms of processor", name, took[len(took)/2], cpu)
	}
}

// appealed is how many units object.
const appealed = 40

// BenchmarkQuarter brings the last quarter of a province from its sample to the
// issued bulletin and its documents, through the services that people's screens
// use: 620 sites and 5,000 accounts, two judges over every site, a freeze, 40
// appeals, publishing, the bulletin past its second person, DOCX and PDF, a letter
// to every unit. LibreOffice then reads the DOCX. ZHENGSHU_BENCH_QUARTER says the
// scale (1 is the province; a tenth unless said), ZHENGSHU_BENCH_KEEP a folder in
// which documents and page images are left to be looked at.
func BenchmarkQuarter(b *testing.B) {
	scale := 0.1
	if text := os.Getenv("ZHENGSHU_BENCH_QUARTER"); text != "" {
		var err error
		if scale, err = strconv.ParseFloat(text, 64); err != nil {
			b.Fatal(err)
		}
	}
	for _, on := range []db.Dialect{db.SQLite, db.Postgres} {
		b.Run(string(on), func(b *testing.B) {
			b.ReportMetric(0, "ns/op")
			x := holding(b, on, scale)
			b.ReportMetric(x.filled.Seconds(), "s_to_fill")
			x.hold() // once: it takes longer than any benchtime
		})
	}
}

func (x *held) hold() {
	h, period := x.h, assessment.QuarterOf(calendar.DateOf(x.clock.Now())).Before()
	head, manage := x.as("kaohe", authz.AppraisalManage)
	adopts, adopt := x.as("kaohe", authz.PackAdopt)
	_, err := h.Assessment.Adopt(adopts, adopt, x.office, assessment.PackID, 1, assessment.AdoptedDemo, "测量试用，不作为考核依据")
	x.must(err)
	var r appraisal.Round
	x.step("open", func() (err error) {
		r, err = h.Rounds.Open(head, manage, appraisal.Opening{Unit: x.office, Kind: "quarterly", Period: period.String(), Pack: assessment.PackID + "@1", Plan: appraisal.Plan{SiteShare: 100, AccountShare: 30}, Seed: "20261008"})
		return err
	})
	x.step("draw_again", func() error {
		_, more, fewer, err := h.Rounds.Redraw(head, manage, r.ID)
		if err == nil && more+fewer > 0 {
			err = fmt.Errorf("the seed drew %d more and %d fewer", more, fewer)
		}
		return err
	})
	_, err = h.Rounds.Collect(head, manage, r.ID)
	x.must(err)
	list, total, err := h.Rounds.Objects(head, manage, x.people["kaohe"], r.ID, appraisal.ObjectFilter{Limit: 100_000})
	x.must(err)
	var sites []appraisal.Listed
	for _, o := range list {
		if o.Kind == "site" {
			sites = append(sites, o)
		}
	}
	x.b.Logf("sample: %d, of them %d sites", total, len(sites))
	x.b.ReportMetric(float64(total), "objects")
	x.step("judge", func() error { return x.ledger.JudgeSites(x.ctx, x.people, x.office, r, sites) })
	x.look("kaohe", map[string]string{"round_collecting": r.Link(), "objects": r.Link() + "/objects?page=9", "differences": r.Link() + "/differences", "sheet": r.Link() + "/objects/" + sites[0].ID})
	x.step("rule", func() error { return x.ledger.RuleAll(x.ctx, x.people["kaohe"], r.ID) })
	x.step("freeze", func() (err error) {
		r, err = h.Rounds.Freeze(head, manage, r.ID, false)
		return err
	})
	x.b.Logf("frozen, SHA-256 %s", r.SHA256)
	x.step("tell", func() (err error) {
		r, err = h.Rounds.OpenAppeals(head, manage, r.ID)
		return err
	})
	x.step("appeal", func() error { return x.ledger.Appeal(x.ctx, x.people["fuhe"], sites[:min(appealed, len(sites))]) })
	x.look("fuhe", map[string]string{"round_appealing": r.Link(), "appeals": r.Link() + "/appeals", "errata": r.Link() + "/errata", "result": sites[0].Link()})
	x.clock.Set(h.Rounds.AppealUntil(r).On.AddDays(1).Start().Add(10 * time.Hour))
	_, err = h.Rounds.Decide(head, manage, r.ID)
	x.must(err)
	x.step("publish", func() (err error) { // rescores everything first
		r, err = h.Rounds.Publish(head, manage, r.ID)
		return err
	})
	x.step("round_letters", func() error {
		compose, scope := x.as("kaohe", authz.BulletinCompose)
		m, err := h.Reporting.SendRound(compose, scope, r.ID, reporting.RoundTemplate)
		x.b.Logf("letters of the round: %d sent, %d not", m.Sent, m.Failed)
		return err
	})
	x.step("open_to_all", func() error {
		if _, err := h.Rounds.Show(head, manage, r.ID, true); err != nil {
			return err
		}
		return h.StateResults(x.ctx)
	})
	x.step("recheck", func() error { _, err := h.Rounds.Recheck(head, manage, r.ID); return err })
	x.look("kaohe", map[string]string{"round_published": r.Link(), "objects_frozen": r.Link() + "/objects?verdict=unqualified", "rescore": r.Link() + "/rescore", "round_mailing": r.Link() + "/mailing"})
	x.bulletin(period)
}

// bulletin composes, agrees, freezes and issues the quarter's bulletin, writes its
// documents and has LibreOffice read them.
func (x *held) bulletin(period assessment.Period) {
	h := x.h
	ctx, scope := x.as("kaohe", authz.BulletinCompose)
	var p reporting.Bulletin
	x.step("compose", func() (err error) {
		if p, err = h.Reporting.Compose(ctx, scope, reporting.QuarterlyBulletin, "province-610000000000", period); err != nil {
			return err
		}
		p, err = h.Reporting.Bulletin(ctx, scope, p.ID) // counts everything
		return err
	})
	x.look("kaohe", map[string]string{"draft": p.Link(), "draft_rows": p.Link() + "/rows/sites.total?page=5", "draft_outline": p.Link() + "/outline", "draft_cases": p.Link() + "/cases"})
	x.lookAfter("kaohe", map[string]string{"draft_counted": p.Link()}, func() {
		x.must(h.DB.Update(audit.System(x.ctx, "bench"), func(tx *db.Tx) error { // whatever somebody does
			return audit.Record(audit.System(x.ctx, "bench"), tx, audit.Entry{Act: "bench.touch", Target: audit.Target{Kind: "bulletin", ID: string(p.ID)}})
		}))
	})
	x.step("issue", func() (err error) {
		if _, err = h.Reporting.Submit(ctx, scope, p.ID); err != nil {
			return err
		}
		second, wide := x.as("fuhe", authz.BulletinCompose)
		if _, err = h.Reporting.Agree(second, wide, p.ID, "数字已核对（测量）"); err != nil {
			return err
		}
		if _, err = h.Reporting.Freeze(ctx, scope, p.ID); err != nil {
			return err
		}
		if _, err = h.Reporting.Issue(ctx, scope, p.ID, "陕政公开办〔2026〕18号"); err != nil {
			return err
		}
		p, err = h.Reporting.Bulletin(ctx, scope, p.ID)
		return err
	})
	if p.Content.Round == "" {
		x.b.Error("the bulletin does not tell the published round")
	}
	x.step("letters", func() error {
		m, err := h.Reporting.Send(ctx, scope, p.ID, reporting.UsualTemplate)
		x.b.Logf("letters of the bulletin: %d sent, %d not", m.Sent, m.Failed)
		return err
	})
	x.look("kaohe", map[string]string{"issued": p.Link(), "issued_table": p.Link() + "/tables/sites?page=3", "mailing": p.Link() + "/mailing", "exports": p.Link() + "/results"})
	dir := os.Getenv("ZHENGSHU_BENCH_KEEP")
	if dir == "" {
		dir = x.b.TempDir()
	}
	dir = filepath.Join(dir, "quarter-"+string(x.database))
	x.must(os.MkdirAll(dir, 0o755))
	var docx bytes.Buffer
	x.step("docx", func() error {
		_, err := p.Paper().WriteTo(&docx)
		return err
	})
	x.must(os.WriteFile(filepath.Join(dir, "通报.docx"), docx.Bytes(), 0o644))
	for _, f := range []string{"sites.total", "sites.unqualified", "accounts.drawn", "findings.total", "orders.issued"} {
		figure := p.Content.Figure(f)
		if says := strconv.Itoa(figure.N()) + figure.Unit; !strings.Contains(documentText(x.b, docx.Bytes()), says) {
			x.b.Errorf("%s is %s, which the document does not say", f, says)
		}
	}
	x.step("pdf", func() error {
		faces, err := official.FindFaces()
		if err != nil {
			return err
		}
		f, err := os.Create(filepath.Join(dir, "通报.pdf"))
		if err != nil {
			return err
		}
		return errors.Join(p.Paper().WritePDF(f, faces), f.Close())
	})
	x.convert(dir)
}

// documentText is the text of a DOCX without its markup.
func documentText(b *testing.B, docx []byte) string {
	b.Helper()
	z, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	if err != nil {
		b.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		b.Fatal(err)
	}
	var out strings.Builder
	for _, piece := range strings.Split(string(text), "<") {
		if _, after, ok := strings.Cut(piece, ">"); ok {
			out.WriteString(after)
		}
	}
	return out.String()
}

// convert has LibreOffice lay the DOCX out and draws each page of both.
func (x *held) convert(dir string) {
	for _, tool := range []string{"soffice", "pdftoppm"} {
		if _, err := exec.LookPath(tool); err != nil {
			x.b.Logf("%s is not installed: the pages are not drawn", tool)
			return
		}
	}
	run := func(name string, args ...string) {
		x.step(name, func() error {
			ctx, cancel := context.WithTimeout(x.ctx, 5*time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, args[0], args[1:]...).CombinedOutput()
			if err != nil {
				return fmt.Errorf("%w: %.500s", err, out)
			}
			return nil
		})
	}
	laid := filepath.Join(dir, "libreoffice")
	run("libreoffice", "soffice", "-env:UserInstallation=file://"+filepath.Join(x.b.TempDir(), "profile"), "--headless", "--convert-to", "pdf", "--outdir", laid, filepath.Join(dir, "通报.docx"))
	run("draw_docx", "pdftoppm", "-r", "60", "-png", filepath.Join(laid, "通报.pdf"), filepath.Join(laid, "page"))
	run("draw_pdf", "pdftoppm", "-r", "60", "-png", filepath.Join(dir, "通报.pdf"), filepath.Join(dir, "page"))
	for name, at := range map[string]string{"pages_docx": laid, "pages_pdf": dir} {
		pages, err := filepath.Glob(filepath.Join(at, "page-*.png"))
		x.must(err)
		if len(pages) == 0 {
			x.b.Errorf("%s: no page was drawn", name)
		}
		x.b.ReportMetric(float64(len(pages)), name)
	}
}
