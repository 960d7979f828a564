package closing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/abridge"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/jobs"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/warc"
)

// ArchiveBudget bounds one archive.
type ArchiveBudget struct {
	Pages int           // documents asked for, pages and files together; 5,000
	Bytes int64         // of the archive; 180 MB, below what the store takes
	Time  time.Duration // 6 h
}

func (b ArchiveBudget) filled() ArchiveBudget {
	if b.Pages <= 0 {
		b.Pages = 5000
	}
	if b.Bytes <= 0 {
		b.Bytes = 180 << 20
	}
	if b.Time <= 0 {
		b.Time = 6 * time.Hour
	}
	return b
}

// States of an archive.
const (
	Queued  = "queued"
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

// Archived is one archive of the old site.
type Archived struct {
	ID        string
	State     string
	StartURL  string
	AskedBy   string
	AskedAt   time.Time
	Started   time.Time
	Finished  time.Time
	Pages     int // addresses answered
	Records   int
	LeftOut   int // addresses known but not kept
	Ref       blob.Ref
	Size      int64
	CheckedAt time.Time // last time it was read back whole
	Says      string
}

// StateName is the state in Chinese.
func (a Archived) StateName() string {
	return map[string]string{Queued: "等待", Running: "归档中", Done: "已归档", Failed: "未完成"}[a.State]
}

// UnderWay reports whether it has not ended.
func (a Archived) UnderWay() bool { return a.State == Queued || a.State == Running }

// ArchiveSite is the job of one archive.
type ArchiveSite struct {
	Archive string `json:"archive"`
}

// Kind names the job.
func (ArchiveSite) Kind() string { return "closing.archive" }

// Register gives the workers the module's jobs and periodic duties.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, a ArchiveSite) error { return s.Work(ctx, a.Archive) })
	jobs.GivenUp(w, s.broken)
	jobs.Handle(w, func(ctx context.Context, _ Silences) error { _, err := s.AskDue(ctx); return err })
	jobs.Every(w, 15*time.Minute, Silences{})
	jobs.Handle(w, func(ctx context.Context, _ Facts) error { _, err := s.LookAtFacts(ctx); return err })
	jobs.Every(w, factsEvery, Facts{})
}

const archiveSelect = `SELECT id, state, start_url, asked_by, asked_at, started_at, finished_at, pages, records, left_out, ref, size, checked_at, says FROM closing_archive`

func scanArchive(r db.Scanner) (Archived, error) {
	var a Archived
	err := r.Scan(&a.ID, &a.State, &a.StartURL, &a.AskedBy, &a.AskedAt, &a.Started, &a.Finished, &a.Pages, &a.Records, &a.LeftOut, &a.Ref, &a.Size, &a.CheckedAt, &a.Says)
	return a, err
}

// Archives of a closing in scope, the latest first.
func (s *Service) Archives(ctx context.Context, q db.Querier, scope authz.Scope, id ID) ([]Archived, error) {
	if _, err := s.Closing(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return db.All(ctx, q, scanArchive, archiveSelect+` WHERE closing_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 50`, id)
}

// StartArchive queues an archive of the old site: a person's act, and with it
// the leave to visit that site.
func (s *Service) StartArchive(ctx context.Context, scope authz.Scope, id ID) (a Archived, err error) {
	err = s.change(ctx, scope, id, func(tx *db.Tx, c Closing) error {
		if c.Object.Kind != sx2021.Site || c.Host == "" {
			return fault.New(fault.Refused, "只有登记了域名的网站可以归档；账号请由平台导出后，在“内容迁入”一项上传依据。")
		}
		site, err := s.registry.SiteTx(ctx, tx, scope, registry.SiteID(c.Object.ID))
		if err != nil {
			return err
		}
		if s.client.HasNoWay() && !site.Hosted {
			return fault.Newf(fault.Refused, "平台不能访问互联网，不能从本平台归档 %s。请由承办单位在互联网一侧归档或整站导出，把文件作为材料登记在“内容迁入”一项；平台能够访问互联网以后，也可以再来归档。", c.Host)
		}
		a = Archived{ID: ulid.Make().String(), State: Queued, StartURL: s.start(site), AskedAt: tx.Now()}
		if who, ok := audit.ActorFrom(ctx); ok {
			a.AskedBy = who.Name
		}
		_, err = tx.Exec(ctx, `INSERT INTO closing_archive (id, closing_id, state, start_url, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)`, a.ID, id, a.State, a.StartURL, a.AskedBy, a.AskedAt)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "正在归档，请等本次完成后再发起。").From(err)
		}
		if err != nil {
			return fmt.Errorf("closing: queue archive: %w", err)
		}
		if err := jobs.Enqueue(ctx, tx, ArchiveSite{a.ID}, jobs.MaxAttempts(3)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.archive.start", Target: c.Target(), Basis: sx2021.ClosureMigration.Citation, After: a.StartURL})
	})
	return a, err
}

func (s *Service) start(site registry.Site) string {
	if s.origin != nil {
		if o := s.origin(site); o != "" {
			return o + "/"
		}
	}
	return "http://" + site.Host + "/"
}

// queued is an archive as its job finds it.
type queued struct {
	Archived
	closing ID
}

func queuedArchive(ctx context.Context, q db.Querier, id string) (queued, error) {
	return db.One(ctx, q, func(r db.Scanner) (queued, error) {
		var a queued
		err := r.Scan(&a.ID, &a.State, &a.StartURL, &a.closing)
		return a, err
	}, `SELECT id, state, start_url, closing_id FROM closing_archive WHERE id = $1`, id)
}

// Work makes a queued archive: the job. It may be worked again after a crash.
func (s *Service) Work(ctx context.Context, id string) error {
	ctx = audit.System(ctx, "closing.archive")
	q, err := queuedArchive(ctx, s.db, id)
	if db.None(err) {
		return jobs.Cancel(fmt.Errorf("closing: no archive %s", id))
	}
	if err != nil || !q.UnderWay() {
		return err
	}
	c, err := s.Closing(ctx, s.db, authz.System("closing.archive"), q.closing)
	if err != nil {
		return err
	}
	if err := s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE closing_archive SET state = 'running', started_at = $2 WHERE id = $1`, id, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.archive.begin", Target: c.Target()})
	}); err != nil {
		return err
	}
	a, err := s.gather(ctx, q.StartURL)
	if ctx.Err() != nil {
		return ctx.Err() // stopped with the process: the job comes back
	}
	a.ID, a.State = id, Done
	if err != nil {
		a.State = Failed
		a.Says = "归档没有完成：" + jobs.Told(err)
	}
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if a.State == Done {
			a.CheckedAt = tx.Now() // it was read back after it was kept
		}
		return s.ended(ctx, tx, c, a)
	})
}

// ended writes what an archive came to.
func (s *Service) ended(ctx context.Context, tx *db.Tx, c Closing, a Archived) error {
	if _, err := tx.Exec(ctx, `UPDATE closing_archive SET state = $2, finished_at = $3, pages = $4, records = $5, left_out = $6, ref = $7, size = $8, checked_at = $9, says = $10 WHERE id = $1`,
		a.ID, a.State, tx.Now(), a.Pages, a.Records, a.LeftOut, string(a.Ref), a.Size, a.CheckedAt, abridge.Cut(a.Says, 1000)); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "closing.archive." + a.State, Target: c.Target(), Basis: sx2021.ClosureMigration.Citation,
		After: map[string]any{"sha256": a.Ref.Hash(), "pages": a.Pages, "left_out": a.LeftOut, "says": a.Says}})
}

// broken ends an archive whose job is given up, in that act: it would keep the site
// from ever being archived.
func (s *Service) broken(ctx context.Context, tx *db.Tx, job ArchiveSite, why error) error {
	ctx = audit.System(ctx, "closing.archive")
	q, err := queuedArchive(ctx, tx, job.Archive)
	if db.None(err) || err == nil && !q.UnderWay() {
		return nil
	}
	if err != nil {
		return err
	}
	c, err := s.Closing(ctx, tx, authz.System("closing.archive"), q.closing)
	if err != nil {
		return err
	}
	return s.ended(ctx, tx, c, Archived{ID: job.Archive, State: Failed, Says: "归档中断：" + jobs.Told(why)})
}

// errFull ends a crawl whose archive has reached its size.
var errFull = errors.New("archive has reached its size")

// gather visits the site, politely, and keeps what it answers. What went wrong
// at the site is told; the error is of the store, the context or a site of which
// nothing could be kept.
func (s *Service) gather(ctx context.Context, start string) (Archived, error) {
	a := Archived{StartURL: start}
	in, out := io.Pipe()
	kept := make(chan error, 1)
	go func() {
		var err error
		a.Ref, err = s.store.Put(ctx, in)
		in.CloseWithError(err)
		kept <- err
	}()
	within, cancel := context.WithTimeout(ctx, s.archive.Time)
	defer cancel()
	g := &gatherer{s: s, whole: ctx, ctx: within, w: warc.NewWriter(out, s.db.Now), hosts: hostsOf(start), done: map[string]bool{}, left: map[string]int{}}
	err := g.run(start)
	out.CloseWithError(err) // nil ends the file
	if putErr := <-kept; err == nil {
		err = putErr
	}
	a.Pages, a.Records, a.Size = g.pages, g.w.Records(), g.w.Bytes()
	for _, n := range g.left {
		a.LeftOut += n
	}
	if err != nil {
		return a, err
	}
	if g.good == 0 {
		return a, fault.New(fault.Unavailable, "没有取到任何页面，"+g.why()+"请确认网站能打开后重新归档。")
	}
	a.Says = g.why()
	// Seen, not believed: what was written is read back from the store.
	sum, err := s.readBack(ctx, a.Ref)
	if err == nil && (sum.Records != a.Records || len(sum.Damaged) > 0) {
		err = fmt.Errorf("closing: %d of %d records read back, %d damaged", sum.Records, a.Records, len(sum.Damaged))
	}
	return a, err
}

func (s *Service) readBack(ctx context.Context, ref blob.Ref) (warc.Summary, error) {
	r, err := s.store.Open(ctx, ref)
	if err != nil {
		return warc.Summary{}, err
	}
	defer r.Close()
	return warc.Verify(r)
}

func hostsOf(start string) []string {
	u, err := url.Parse(start)
	if err != nil {
		return nil
	}
	bare := strings.TrimPrefix(u.Hostname(), "www.")
	return []string{u.Hostname(), bare, "www." + bare}
}

// gatherer is one archive on its way.
type gatherer struct {
	s     *Service
	whole context.Context
	ctx   context.Context // of the visits: within the time of the budget
	w     *warc.Writer
	hosts []string
	done  map[string]bool
	files []string // pictures, styles, attachments: asked after the pages
	pages int      // addresses answered
	good  int      // of these, with a status below 400
	left  map[string]int
	order []string
}

func (g *gatherer) leave(why string, n int) {
	if g.left[why] == 0 {
		g.order = append(g.order, why)
	}
	g.left[why] += n
}

// why says what was left out.
func (g *gatherer) why() string {
	var b strings.Builder
	for _, w := range g.order {
		fmt.Fprintf(&b, "%s（%d 个）", strings.TrimSuffix(w, "。"), g.left[w])
		b.WriteString("；")
	}
	if b.Len() == 0 {
		return ""
	}
	return "未归档：" + strings.TrimSuffix(b.String(), "；") + "。"
}

func (g *gatherer) run(start string) error {
	if err := g.w.Info(warc.Field{Name: "software", Value: "zhengshu"}, warc.Field{Name: "format", Value: "WARC File Format 1.1"},
		warc.Field{Name: "conformsTo", Value: "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"},
		warc.Field{Name: "description", Value: "closing archive of " + start}, warc.Field{Name: "robots", Value: "obey"}); err != nil {
		return err
	}
	res, err := crawl.Crawl(g.ctx, g.s.client, crawl.Plan{Start: start, MaxPages: g.s.archive.Pages, MaxDepth: 20, Manners: g.s.manners, Visit: g.visit})
	full := errors.Is(err, errFull)
	if err != nil && !full && !g.late() {
		return err
	}
	for _, u := range res.Untested {
		g.leave(u.Why.Says(), u.Count)
	}
	for i, address := range g.files {
		if full || g.late() || g.pages >= g.s.archive.Pages || g.w.Bytes() >= g.s.archive.Bytes {
			g.leave("达到归档的大小、数量或时间上限，其余文件未归档。", len(g.files)-i)
			break
		}
		if err := g.file(address); err != nil && !g.late() {
			return err
		}
	}
	if g.late() {
		g.leave("达到归档的时间上限，其余页面未归档。", 1)
	}
	return nil
}

// late reports whether the time of the budget is over; what was kept by then is
// kept.
func (g *gatherer) late() bool { return g.ctx.Err() != nil && g.whole.Err() == nil }

// unanswered says why an address gave nothing.
func unanswered(kind egress.Kind) string {
	if kind == egress.NoWay {
		return "平台不能访问互联网，没有取的网址。"
	}
	return "没有应答的网址。"
}

// visit keeps a page and notes the files it needs.
func (g *gatherer) visit(p crawl.Page) error {
	if g.w.Bytes() >= g.s.archive.Bytes {
		g.leave("达到归档的大小上限，其余页面未归档。", 1)
		return errFull
	}
	if p.Err != nil && p.Status == 0 {
		g.leave(unanswered(p.Err.Kind), 1)
		return g.w.Note(p.URL, p.Started, warc.Field{Name: "leftOut", Value: p.Err.Says})
	}
	if p.Status < 300 && p.Status >= 200 && p.RedirectTo == "" && !p.HTML && len(p.Body) == 0 {
		g.want(p.URL) // a file behind an address that looked like a page
		return nil
	}
	for _, l := range p.Links {
		if !l.Page || crawl.IsFile(l.URL) {
			g.want(l.URL)
		}
	}
	g.done[p.URL] = true
	return g.keep(warc.Answer{URL: p.URL, At: p.Started, IP: ip(p.RemoteAddr.Addr().String(), p.RemoteAddr.IsValid()), Status: p.Status, Header: p.Header, Body: p.Body, Cut: p.Err != nil})
}

func ip(s string, ok bool) string {
	if !ok {
		return ""
	}
	return s
}

func (g *gatherer) keep(a warc.Answer) error {
	g.pages++
	if a.Status < 400 {
		g.good++
	}
	return g.w.Response(a)
}

// want notes a file of the site itself.
func (g *gatherer) want(address string) {
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(g.hosts, u.Hostname()) || g.done[address] {
		return
	}
	if len(g.files) >= 4*g.s.archive.Pages {
		g.leave("文件过多，其余未归档。", 1)
		return
	}
	g.done[address] = true
	g.files = append(g.files, address)
}

func (g *gatherer) file(address string) error {
	resp, ok, why, err := g.s.manners.Fetch(g.ctx, address, egress.Options{RecordTLSFault: true, NoFollow: true})
	if g.ctx.Err() != nil {
		return g.ctx.Err()
	}
	if !ok {
		g.leave(why.Says(), 1)
		return nil
	}
	if resp == nil || resp.Status == 0 {
		says, kind := "", egress.Kind("")
		if e := (*egress.Error)(nil); errors.As(err, &e) {
			says, kind = e.Says, e.Kind
		}
		g.leave(unanswered(kind), 1)
		return g.w.Note(address, g.s.db.Now(), warc.Field{Name: "leftOut", Value: says})
	}
	if err != nil {
		g.leave("超过大小上限的文件，只留开头部分。", 1)
	}
	return g.keep(warc.Answer{URL: address, At: resp.Started, IP: ip(resp.RemoteAddr.Addr().String(), resp.RemoteAddr.IsValid()), Status: resp.Status, Header: resp.Header, Body: resp.Body, Cut: resp.Partial})
}

// archiveOf is one archive of a closing in scope.
func (s *Service) archiveOf(ctx context.Context, scope authz.Scope, id ID, archive string) (Archived, error) {
	if _, err := s.Closing(ctx, s.db, scope, id); err != nil {
		return Archived{}, err
	}
	a, err := db.One(ctx, s.db, scanArchive, archiveSelect+` WHERE id = $1 AND closing_id = $2`, archive, id)
	if db.None(err) || err == nil && a.Ref == "" {
		return Archived{}, fault.Missing("归档文件")
	}
	return a, err
}

// CheckArchive reads an archive back whole, record by record, and says what it
// holds.
func (s *Service) CheckArchive(ctx context.Context, scope authz.Scope, id ID, archive string) (warc.Summary, error) {
	a, err := s.archiveOf(ctx, scope, id, archive)
	if err != nil {
		return warc.Summary{}, err
	}
	sum, err := s.readBack(ctx, a.Ref)
	if err != nil || len(sum.Damaged) > 0 {
		return sum, fault.New(fault.Refused, "归档文件与登记的摘要不符，可能已损坏；请从备份恢复，或重新归档。").From(err)
	}
	return sum, s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE closing_archive SET checked_at = $2 WHERE id = $1`, archive, tx.Now()); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "closing.archive.check", Target: audit.Target{Kind: "closing", ID: string(id)}, After: map[string]any{"records": sum.Records, "sha256": a.Ref.Hash()}})
	})
}

// OpenArchive reads the file of an archive in scope.
func (s *Service) OpenArchive(ctx context.Context, scope authz.Scope, id ID, archive string) (Archived, io.ReadCloser, error) {
	a, err := s.archiveOf(ctx, scope, id, archive)
	if err != nil {
		return a, nil, err
	}
	r, err := s.store.Open(ctx, a.Ref)
	return a, r, err
}
