package visits

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/jobs"
	"zhengshu/internal/registry"
)

// Service keeps the figures of hosted sites.
type Service struct {
	db       *db.DB
	registry *registry.Service
	exchange Exchange
	alarm    func(context.Context, Alarm) error
}

// Exchange is where portals' batches come in.
type Exchange struct {
	// In is the folder; what was taken goes, what was refused lies in refused/.
	In string
	// Keys is the folder of the portals' public keys (*.pub) that are believed.
	Keys string
	// Own is the key of the portal in this process.
	Own ed25519.PublicKey
	Log *slog.Logger
}

// New makes the service.
func New(d *db.DB, r *registry.Service, e Exchange) *Service {
	if e.Log == nil {
		e.Log = slog.Default()
	}
	return &Service{db: d, registry: r, exchange: e}
}

// OnAlarm registers who is told of tampering that portals elsewhere saw.
func (s *Service) OnAlarm(f func(context.Context, Alarm) error) { s.alarm = f }

// take is the periodic duty to take batches in.
type take struct{}

// Kind names the job.
func (take) Kind() string { return "visits.take" }

// tidy is the periodic duty over what is kept.
type tidy struct{}

// Kind names the job.
func (tidy) Kind() string { return "visits.tidy" }

// Register registers the jobs.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, _ take) error {
		_, err := s.TakeIn(ctx)
		return err
	})
	jobs.Every(w, time.Minute, take{})
	jobs.Handle(w, func(ctx context.Context, _ tidy) error { return s.Tidy(ctx) })
	jobs.Every(w, 12*time.Hour, tidy{})
}

// maxBatch bounds a batch, in bytes.
const maxBatch = 64 << 20

// trusted are the keys that are believed.
func (s *Service) trusted() (map[string]bool, error) {
	out := map[string]bool{}
	if s.exchange.Own != nil {
		out[base64.StdEncoding.EncodeToString(s.exchange.Own)] = true
	}
	list, err := os.ReadDir(s.exchange.Keys)
	if errors.Is(err, fs.ErrNotExist) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		if !strings.HasSuffix(e.Name(), ".pub") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(s.exchange.Keys, e.Name()))
		if err != nil {
			return nil, err
		}
		out[strings.TrimSpace(string(b))] = true
	}
	return out, nil
}

var errBatch = errors.New("visits: batch refused")

// open reads a batch and checks its signature.
func open(b []byte, trusted map[string]bool) (Batch, string, error) {
	head, body, ok := bytes.Cut(b, []byte("\n"))
	key, signature, two := strings.Cut(string(head), " ")
	if !ok || !two {
		return Batch{}, "", fmt.Errorf("%w: no signature", errBatch)
	}
	if !trusted[key] {
		return Batch{}, "", fmt.Errorf("%w: portal %.12s… is not known here", errBatch, key)
	}
	pub, err := base64.StdEncoding.DecodeString(key)
	sig, err2 := base64.StdEncoding.DecodeString(signature)
	if err != nil || err2 != nil || len(pub) != ed25519.PublicKeySize || !ed25519.Verify(pub, words(body), sig) {
		return Batch{}, "", fmt.Errorf("%w: the signature does not fit", errBatch)
	}
	var out Batch
	if err := json.Unmarshal(body, &out); err != nil {
		return Batch{}, "", fmt.Errorf("%w: %w", errBatch, err)
	}
	if _, err := ulid.ParseStrict(out.ID); err != nil {
		return Batch{}, "", fmt.Errorf("%w: number %q", errBatch, out.ID)
	}
	return out, key, nil
}

// TakeIn takes in the batches that lie in the exchange folder, in order, each
// once; it returns how many were taken. What is refused is put aside and told.
func (s *Service) TakeIn(ctx context.Context) (int, error) {
	list, err := os.ReadDir(s.exchange.In)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	trusted, err := s.trusted()
	if err != nil {
		return 0, err
	}
	taken := 0
	for _, e := range list {
		if !strings.HasPrefix(e.Name(), "visits-") || !strings.HasSuffix(e.Name(), ".batch") {
			continue
		}
		file := filepath.Join(s.exchange.In, e.Name())
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // another process was first
		}
		if err != nil {
			return taken, err
		}
		var b Batch
		var portal string
		if info.Size() > maxBatch {
			err = fmt.Errorf("%w: %d bytes", errBatch, info.Size())
		} else {
			var raw []byte
			if raw, err = os.ReadFile(file); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err == nil {
				b, portal, err = open(raw, trusted)
			}
		}
		if errors.Is(err, errBatch) {
			s.exchange.Log.Error("batch of visits refused", "file", e.Name(), "error", err)
			aside := filepath.Join(s.exchange.In, "refused")
			if err := os.MkdirAll(aside, 0o755); err != nil {
				return taken, err
			}
			if err := os.Rename(file, filepath.Join(aside, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return taken, err
			}
			continue
		}
		if err != nil {
			return taken, err
		}
		if err := s.Take(ctx, b, portal); err != nil {
			return taken, err
		}
		for _, a := range b.Alarms[:min(len(b.Alarms), maxAlarms)] {
			if s.alarm == nil {
				break
			}
			if err := s.alarm(ctx, a); err != nil {
				return taken, err
			}
		}
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return taken, err
		}
		taken++
	}
	return taken, nil
}

// Take adds a batch to the figures; one that was taken before adds nothing.
func (s *Service) Take(ctx context.Context, b Batch, portal string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Quiet(ctx, `INSERT INTO visit_batch (id, portal, from_at, to_at, dropped, taken_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`, b.ID, portal, b.From, b.To, b.Dropped, tx.Now())
		if err != nil || n == 0 {
			return err
		}
		today := calendar.DateOf(tx.Now())
		for _, d := range b.Days {
			// A portal's clock that goes wrong must not write into other years.
			if d.Day.After(today.AddDays(1)) || d.Day.Before(today.AddDays(-60)) {
				s.exchange.Log.Warn("visits of a day out of range left out", "site", d.Site, "day", d.Day)
				continue
			}
			known, err := db.One(ctx, tx, db.Value[int], `SELECT count(*) FROM site WHERE id = $1`, d.Site)
			if err != nil {
				return err
			}
			if known == 0 {
				s.exchange.Log.Warn("visits of a site that is not in the ledger left out", "site", d.Site)
				continue
			}
			if err := add(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
}

func add(ctx context.Context, tx *db.Tx, d DayCount) error {
	seen, err := ParseSketch(d.Visitors)
	if err != nil {
		return err
	}
	// Locks the day: two batches at once follow one another.
	if _, err := tx.Quiet(ctx, `INSERT INTO visit_day (site_id, day, views, visitors, machines, requests, not_found, failed, searches, phones, bytes, sketch)
		VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (site_id, day) DO UPDATE SET views = visit_day.views + excluded.views, machines = visit_day.machines + excluded.machines, requests = visit_day.requests + excluded.requests,
			not_found = visit_day.not_found + excluded.not_found, failed = visit_day.failed + excluded.failed, searches = visit_day.searches + excluded.searches,
			phones = visit_day.phones + excluded.phones, bytes = visit_day.bytes + excluded.bytes`,
		d.Site, d.Day, max(d.Views, 0), max(d.Machines, 0), max(d.Requests, 0), max(d.NotFound, 0), max(d.Failed, 0), max(d.Searches, 0), max(d.Phones, 0), max(d.Bytes, 0), []byte{}); err != nil {
		return err
	}
	kept, err := db.One(ctx, tx, db.Value[[]byte], `SELECT sketch FROM visit_day WHERE site_id = $1 AND day = $2`, d.Site, d.Day)
	if err != nil {
		return err
	}
	all, err := ParseSketch(kept)
	if err != nil {
		return err
	}
	all.Merge(seen)
	// A batch that comes after the sketch was thrown away can only add.
	if _, err := tx.Quiet(ctx, `UPDATE visit_day SET sketch = $3, visitors = CASE WHEN $4 > visitors THEN $4 ELSE visitors END WHERE site_id = $1 AND day = $2`, d.Site, d.Day, all.Bytes(), all.Count()); err != nil {
		return err
	}
	for _, p := range []struct {
		kind string
		of   map[string]int64
	}{{"page", d.Pages}, {"missing", d.Missing}, {"referrer", d.Referrers}} {
		names := make([]string, 0, len(p.of))
		for n := range p.of {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			if len(n) > maxPath || p.of[n] <= 0 {
				continue
			}
			if _, err := tx.Quiet(ctx, `INSERT INTO visit_part (site_id, day, kind, name, hits) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (site_id, kind, day, name) DO UPDATE SET hits = visit_part.hits + excluded.hits`,
				d.Site, d.Day, p.kind, n, p.of[n]); err != nil {
				return err
			}
		}
	}
	return nil
}

// How long parts of the figures are kept.
const (
	sketchDays = 3
	partDays   = 400
	batchDays  = 90
)

// Tidy throws away the sketches of past days, addresses older than 400 days and
// the numbers of old batches. The days' sums stay.
func (s *Service) Tidy(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		today := calendar.DateOf(tx.Now())
		if _, err := tx.Quiet(ctx, `UPDATE visit_day SET sketch = $1 WHERE day < $2 AND day >= $3 AND sketch <> $1`, []byte{}, today.AddDays(-sketchDays), today.AddDays(-70)); err != nil {
			return err
		}
		if _, err := tx.Quiet(ctx, `DELETE FROM visit_part WHERE day < $1`, today.AddDays(-partDays)); err != nil {
			return err
		}
		_, err := tx.Quiet(ctx, `DELETE FROM visit_batch WHERE taken_at < $1`, today.AddDays(-batchDays).Start())
		return err
	})
}

// Day is a site's figures of one day.
type Day struct {
	On                                                                             calendar.Date
	Views, Visitors, Machines, Requests, NotFound, Failed, Searches, Phones, Bytes int64
}

// Part is a page, a missing address or a class of referrers with its hits.
type Part struct {
	Name string
	Hits int64
	Last calendar.Date
}

// Figures are a site's figures of some days.
type Figures struct {
	Sum       Day   // Visitors: the sum of the days' visitors
	Days      []Day // newest first, days without any left out
	Pages     []Part
	Missing   []Part
	Referrers []Part
}

const dayColumns = `views, visitors, machines, requests, not_found, failed, searches, phones, bytes`

// topParts is how many pages and missing addresses are listed.
const topParts = 50

// Figures of a site in scope, both days included.
func (s *Service) Figures(ctx context.Context, scope authz.Scope, site registry.SiteID, from, to calendar.Date) (Figures, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return Figures{}, err
	}
	var f Figures
	err := s.db.View(ctx, func(tx *db.Tx) error {
		var err error
		if f.Days, err = db.All(ctx, tx, func(r db.Scanner) (Day, error) {
			var d Day
			return d, r.Scan(&d.On, &d.Views, &d.Visitors, &d.Machines, &d.Requests, &d.NotFound, &d.Failed, &d.Searches, &d.Phones, &d.Bytes)
		}, `SELECT day, `+dayColumns+` FROM visit_day WHERE site_id = $1 AND day >= $2 AND day <= $3 ORDER BY day DESC`, site, from, to); err != nil {
			return err
		}
		for _, p := range []struct {
			kind string
			into *[]Part
		}{{"page", &f.Pages}, {"missing", &f.Missing}, {"referrer", &f.Referrers}} {
			if *p.into, err = db.All(ctx, tx, func(r db.Scanner) (Part, error) {
				var x Part
				return x, r.Scan(&x.Name, &x.Hits, &x.Last)
			}, `SELECT name, CAST(sum(hits) AS BIGINT), max(day) FROM visit_part WHERE site_id = $1 AND kind = $2 AND day >= $3 AND day <= $4 GROUP BY name ORDER BY 2 DESC, name LIMIT $5`, site, p.kind, from, to, topParts); err != nil {
				return err
			}
		}
		return nil
	})
	for _, d := range f.Days {
		f.Sum.Views += d.Views
		f.Sum.Visitors += d.Visitors
		f.Sum.Machines += d.Machines
		f.Sum.Requests += d.Requests
		f.Sum.NotFound += d.NotFound
		f.Sum.Failed += d.Failed
		f.Sum.Searches += d.Searches
		f.Sum.Phones += d.Phones
		f.Sum.Bytes += d.Bytes
	}
	return f, err
}

// Method is how the yearly figures are counted, for the form beside them.
const Method = "网站总访问量为页面浏览量之和；独立用户访问总量为每日独立访客数之和：访客按“网络地址（截断）＋浏览器标识”经当日随机密钥散列区分，不用 Cookie，密钥次日后销毁，同一人不同日分别计数；自动程序单独计数，不计入。"

// YearFigures are what the annual form asks for (domain: rows 9 and 10).
type YearFigures struct {
	Views    int64 // 网站总访问量
	Visitors int64 // 独立用户访问总量
	Days     int   // days with figures
	First    calendar.Date
	Last     calendar.Date
	Method   string
}

// Year are a site's figures of a calendar year.
func (s *Service) Year(ctx context.Context, scope authz.Scope, site registry.SiteID, year int) (YearFigures, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return YearFigures{}, err
	}
	return db.One(ctx, s.db, func(r db.Scanner) (YearFigures, error) {
		f := YearFigures{Method: Method}
		return f, r.Scan(&f.Views, &f.Visitors, &f.Days, &f.First, &f.Last)
	}, `SELECT CAST(COALESCE(sum(views), 0) AS BIGINT), CAST(COALESCE(sum(visitors), 0) AS BIGINT), count(*), min(day), max(day) FROM visit_day WHERE site_id = $1 AND day >= $2 AND day <= $3`,
		site, calendar.Date{Year: year, Month: 1, Day: 1}, calendar.Date{Year: year, Month: 12, Day: 31})
}

// SiteFigures is a line of the list of sites.
type SiteFigures struct {
	Site registry.Site
	Day
	Before int64 // views of as many days before
}

// Sites are the hosted sites in scope with their figures, most read first.
func (s *Service) Sites(ctx context.Context, scope authz.Scope, from, to calendar.Date, limit, offset int) ([]SiteFigures, int, error) {
	var out []SiteFigures
	total := 0
	for at := 0; ; at += 500 {
		list, n, err := s.registry.Sites(ctx, scope, registry.SiteFilter{Hosted: true, Limit: 500, Offset: at})
		if err != nil {
			return nil, 0, err
		}
		total = n
		for _, x := range list {
			out = append(out, SiteFigures{Site: x})
		}
		if len(list) < 500 {
			break
		}
	}
	days := to.Sub(from) + 1
	type sums struct {
		d      Day
		before int64
	}
	by := map[registry.SiteID]sums{}
	rows, err := db.All(ctx, s.db, func(r db.Scanner) (SiteFigures, error) {
		var x SiteFigures
		return x, r.Scan(&x.Site.ID, &x.Views, &x.Visitors, &x.Machines, &x.NotFound, &x.Before)
	}, `SELECT site_id, CAST(sum(CASE WHEN day >= $2 THEN views ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN day >= $2 THEN visitors ELSE 0 END) AS BIGINT),
		CAST(sum(CASE WHEN day >= $2 THEN machines ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN day >= $2 THEN not_found ELSE 0 END) AS BIGINT), CAST(sum(CASE WHEN day < $2 THEN views ELSE 0 END) AS BIGINT)
		FROM visit_day WHERE day >= $1 AND day <= $3 GROUP BY site_id`, from.AddDays(-days), from, to)
	if err != nil {
		return nil, 0, err
	}
	for _, x := range rows {
		by[x.Site.ID] = sums{x.Day, x.Before}
	}
	for i := range out {
		x := by[out[i].Site.ID]
		out[i].Day, out[i].Before = x.d, x.before
	}
	slices.SortStableFunc(out, func(a, b SiteFigures) int { return cmp.Compare(b.Views, a.Views) })
	return out[min(offset, len(out)):min(offset+limit, len(out))], total, nil
}
