package bench

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"zhengshu/internal/app"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/db/dbtest"
	"zhengshu/internal/official"
	"zhengshu/internal/org"
	"zhengshu/internal/web"
)

// scales are the sizes a province is measured at: one, and three to see how
// what is measured grows.
var scales = []float64{1, 3}

// province is a house of true scale: two years of records, nobody at work.
type province struct {
	h        *app.House
	clock    *calendar.Manual
	router   *web.Router
	gate     *gate
	database db.Dialect
	scale    float64
	filled   time.Duration
}

// gate lets in whoever it holds.
type gate struct{ session *authz.Session }

const formToken = "form-token-of-the-bench"

// Enter is web.Gate.
func (g *gate) Enter(_ http.ResponseWriter, r *http.Request) (context.Context, web.Visitor, error) {
	ctx := authz.WithSession(r.Context(), g.session)
	unit, _ := g.session.Unit()
	ctx = audit.WithActor(ctx, audit.Actor{Kind: "person", ID: g.session.PersonID, Name: g.session.Name, Unit: unit})
	return ctx, web.Visitor{Session: g.session, FormToken: formToken}, nil
}

// eachProvince runs fn on a province of each scale in each database. Without a
// PostgreSQL to make databases in, that half is left out aloud.
func eachProvince(b *testing.B, fn func(b *testing.B, p *province)) {
	for _, scale := range scales {
		for _, on := range []db.Dialect{db.SQLite, db.Postgres} {
			b.Run(fmt.Sprintf("%s/scale%g", on, scale), func(b *testing.B) { fn(b, provinceOf(b, on, scale)) })
		}
	}
}

// standing are the provinces made so far: to fill one takes longer than to
// measure it, so the benchmarks share them.
var standing = map[string]*province{}

func provinceOf(b *testing.B, on db.Dialect, scale float64) *province {
	b.Helper()
	key := fmt.Sprintf("%s-%g", on, scale)
	if p := standing[key]; p != nil {
		return p
	}
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "zhengshu-bench-")
	if err != nil {
		b.Fatal(err)
	}
	cleanup = append(cleanup, func() { _ = os.RemoveAll(dir) }) // a folder of the bench's own
	clock := calendar.NewManual(time.Now())
	c := app.Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Clock: clock}
	if on == db.Postgres {
		c.DSN = freshPostgres(b, fmt.Sprintf("zhengshu_bench_%d_%g", os.Getpid(), scale))
	}
	h, err := app.Open(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	cleanup = append(cleanup, func() { _ = h.Close(ctx) }) // nothing of it is kept
	start := time.Now()
	if _, err := h.Populate(ctx, scale); err != nil {
		b.Fatal(err)
	}
	p := &province{h: h, clock: clock, gate: &gate{}, database: on, scale: scale, filled: time.Since(start)}
	if on == db.Postgres {
		if _, err := h.DB.Pool().Exec(ctx, "ANALYZE"); err != nil {
			b.Fatal(err)
		}
	}
	p.router = web.NewRouter(web.Config{Gate: p.gate, Counts: h.TopBar})
	p.router.Add(h.Routes()...)
	standing[key] = p
	return p
}

// cleanup is run when all benchmarks are done.
var cleanup []func()

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range slices.Backward(cleanup) {
		f()
	}
	os.Exit(code)
}

// freshPostgres makes a database of that name and removes it afterwards.
func freshPostgres(b *testing.B, name string) string {
	b.Helper()
	admin := os.Getenv(dbtest.EnvPostgres)
	if admin == "" {
		b.Skipf("left out on PostgreSQL: set %s to an address whose user may create databases", dbtest.EnvPostgres)
	}
	name = strings.ReplaceAll(name, ".", "_")
	exec := func(sql string) error {
		conn, err := pgx.Connect(context.Background(), admin)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), sql)
		return err
	}
	if err := exec("CREATE DATABASE " + name); err != nil {
		b.Fatal(err)
	}
	cleanup = append(cleanup, func() { _ = exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") })
	u, err := url.Parse(admin)
	if err != nil {
		b.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// sit puts a person with the role at the office of that kind into the chair.
func (p *province) sit(b *testing.B, role authz.Role, level org.Level) {
	b.Helper()
	u, err := db.One(context.Background(), p.h.DB, func(r db.Scanner) (authz.Post, error) {
		o := authz.Post{ID: "bench", Role: role, Office: true}
		return o, r.Scan(&o.UnitID, &o.UnitName, &o.AreaPath, &o.LinePath)
	}, `SELECT id, name, area_path, line_path FROM unit WHERE kind = 'office' AND level = $1 ORDER BY area_path LIMIT 1`, level)
	if err != nil {
		b.Fatal(err)
	}
	person, err := db.One(context.Background(), p.h.DB, db.Value[string], `SELECT id FROM person ORDER BY id LIMIT 1`)
	if err != nil {
		b.Fatal(err)
	}
	p.gate.session = &authz.Session{PersonID: person, Name: "王秀兰", Posts: []authz.Post{u}}
}

// page is one address of a screen, or several of its kind asked in turn.
type page struct {
	name  string
	paths []string
}

// measure asks for the pages in random order and reports the 95th percentile of
// the server's time for each, in milliseconds.
func (p *province) measure(b *testing.B, pages []page) {
	b.Helper()
	const asks = 60
	took := make([][]float64, len(pages))
	r := rand.New(rand.NewPCG(1, 2))
	ask := func(i, n int) float64 {
		path := pages[i].paths[n%len(pages[i].paths)]
		rec := httptest.NewRecorder()
		req := httptest.NewRequest(http.MethodGet, path, nil)
		start := time.Now()
		p.router.ServeHTTP(rec, req)
		ms := float64(time.Since(start).Microseconds()) / 1000
		if rec.Code != http.StatusOK {
			b.Fatalf("%s answers %d: %.300s", path, rec.Code, rec.Body)
		}
		return ms
	}
	for i := range pages {
		ask(i, 0) // warms up and does not count
	}
	for b.Loop() {
		order := make([]int, 0, asks*len(pages))
		for i := range pages {
			order = append(order, slices.Repeat([]int{i}, asks)...)
		}
		r.Shuffle(len(order), func(x, y int) { order[x], order[y] = order[y], order[x] })
		for _, i := range order {
			took[i] = append(took[i], ask(i, len(took[i])))
		}
	}
	b.ReportMetric(0, "ns/op")
	for i, pg := range pages {
		sorted := slices.Sorted(slices.Values(took[i]))
		p.report(b, sorted[len(sorted)*95/100], "ms_p95_"+pg.name)
	}
}

// first is what was reported at the first scale.
var first = map[string]float64{}

// report gives a figure and, at a larger scale, how many times the first
// scale's it is: no more than the scale where it grows linearly.
func (p *province) report(b *testing.B, v float64, unit string) {
	b.ReportMetric(v, unit)
	key := fmt.Sprint(p.database, " ", unit)
	if p.scale == scales[0] {
		first[key] = v
	} else if was := first[key]; was > 0 {
		b.ReportMetric(v/was, "x_"+unit)
	}
}

// BenchmarkPages asks for the lists of the ledger and the workbench as the
// provincial supervisor, who sees everything. The aim is 100 ms at scale 1.
func BenchmarkPages(b *testing.B) {
	eachProvince(b, func(b *testing.B, p *province) {
		p.sit(b, authz.Supervisor, org.Province)
		p.measure(b, []page{
			{"workbench", []string{"/console"}},
			{"sites", []string{"/console/sites", "/console/sites?page=5"}},
			{"sites_search", searches("/console/sites?q=", "雁塔", "s00042", "ytq", "教育")},
			{"accounts", []string{"/console/accounts", "/console/accounts?page=40"}},
			{"accounts_search", searches("/console/accounts?q=", "雁塔", "发布4", "ytq", "weinan")},
			{"units", []string{"/console/units"}},
			{"cases", []string{"/console/cases", "/console/cases?page=3"}},
			{"obligations", []string{"/console/obligations", "/console/obligations?overdue=yes"}},
		})
		p.report(b, p.filled.Seconds(), "s_to_fill")
	})
}

func searches(prefix string, words ...string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = prefix + url.QueryEscape(w)
	}
	return out
}

// BenchmarkSweep runs the daily duty over everything that comes due: on an
// ordinary day, and on the first of a quarter, when all that returns is opened
// and all that was left undone falls overdue. The aim is 60 s at scale 1.
func BenchmarkSweep(b *testing.B) {
	eachProvince(b, func(b *testing.B, p *province) {
		ctx := context.Background()
		sweep := func(at time.Time) float64 {
			p.clock.Set(at)
			start := time.Now()
			if err := p.h.Sweep(ctx); err != nil {
				b.Fatal(err)
			}
			return time.Since(start).Seconds()
		}
		was := p.clock.Now()
		day := calendar.DateOf(was)
		quarter := calendar.Date{Year: day.Year + 1, Month: time.January, Day: 1}.Start().Add(9 * time.Hour)
		p.report(b, sweep(was.Add(24*time.Hour)), "s_ordinary_day")
		p.report(b, sweep(quarter), "s_first_of_quarter")
		n, err := db.One(ctx, p.h.DB, db.Value[int], `SELECT count(*) FROM obligation WHERE state = 'open'`)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "open_obligations")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkImportAccounts takes 5,000 accounts into the ledger of a province
// that has its units. The aim is 10 s.
func BenchmarkImportAccounts(b *testing.B) {
	const rows = 5000
	eachProvince(b, func(b *testing.B, p *province) {
		ctx := audit.System(context.Background(), "bench")
		type office struct{ code, name string }
		offices, err := db.All(ctx, p.h.DB, func(r db.Scanner) (office, error) {
			var o office
			return o, r.Scan(&o.code, &o.name)
		}, `SELECT a.code, u.name FROM unit u JOIN area a ON a.id = u.area_id WHERE u.kind = 'office' AND u.level = 'county' ORDER BY u.id`)
		if err != nil {
			b.Fatal(err)
		}
		round, took := 0, 0.0
		for b.Loop() {
			round++
			var file bytes.Buffer
			file.WriteString("platform,account,url,code,sponsor\n")
			for i := range rows {
				o := offices[i%len(offices)]
				fmt.Fprintf(&file, "weibo,%s第%d号（演示）,https://weibo.com/u/%d%08d,%s,%s\n", o.name, i, round, i, o.code, o.name)
			}
			t, err := official.ReadTable(bytes.NewReader(file.Bytes()), int64(file.Len()), "accounts.csv", official.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			rep, err := p.h.Registry.ImportAccounts(ctx, authz.System("bench"), t, org.ImportOptions{Source: "bench"})
			if err != nil {
				b.Fatal(err)
			}
			if rep.Accepted != rows {
				b.Fatalf("%d of %d accepted; the first refusal %+v", rep.Accepted, rows, rep.Refused[:min(1, len(rep.Refused))])
			}
			took = time.Since(start).Seconds()
		}
		p.report(b, took, "s_5000_accounts")
		b.ReportMetric(0, "ns/op")
	})
}
