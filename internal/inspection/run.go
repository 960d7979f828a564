package inspection

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/browser"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/frontier"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/jobs"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// RunID identifies one run over a site.
type RunID string

// Kinds and states of a run.
const (
	Patrol  = "patrol"  // by the clock
	Manual  = "manual"  // asked by a person
	Planned = "planned" // drawn by a plan

	RunQueued  = "queued"
	RunRunning = "running"
	RunDone    = "done"
	RunFailed  = "failed"
)

// Run is one run over one site.
type Run struct {
	ID       RunID
	Site     registry.SiteID
	SiteName string // joined
	Host     string // joined
	UnitName string // joined
	Kind     string
	State    string
	AskedBy  string
	AskedAt  time.Time
	Started  time.Time
	Finished time.Time
	URL      string
	Pages    int
	Links    int
	Found    int // findings seen
	Fresh    int // of these not known before
	Closed   int // no longer there
	Untested []engine.Untested
	Failure  string
	Plan     PlanID // that drew the site; empty otherwise
	PlanName string // joined
	Spec     Spec
	Vantage  string // where it was looked from
	Edition  string // of the rules it was judged by
	Bytes    int64
	Same     int       // pages the server confirmed to be unchanged
	Sent     time.Time // to a crawler without the house's database
	// Unanswered is when it was given up; its answer may still come.
	Unanswered time.Time
	GivesUp    time.Time      // when a crawler that has it is no longer waited for
	Census     *engine.Census // of the release; nil of a site that is not published here
	Turn       *engine.Turn   // how much of what is known of the site had its turn of late; nil where unknown
	areaPath   string
	linePath   string
}

// editionOf is the edition of the rules and, where texts were read, of the word
// lists of the unit.
func editionOf(rules, lists string) string {
	if lists == "" {
		return rules
	}
	return rules + "+" + lists
}

// Editions are those of the rules and of the unit's word lists, "" where none were
// read by.
func (r Run) Editions() (rules, lists string) {
	rules, lists, _ = strings.Cut(r.Edition, "+")
	return rules, lists
}

// StateName is the state in Chinese.
func (r Run) StateName() string {
	return map[string]string{RunQueued: "等待", RunRunning: "检查中", RunDone: "已完成", RunFailed: "未完成"}[r.State]
}

// KindName is the kind in Chinese.
func (r Run) KindName() string {
	switch r.Kind {
	case Patrol:
		return "定期巡检"
	case Planned:
		return "计划巡检"
	}
	return "人工发起"
}

// Waits says since when a crawler has the run and what happens when it brings
// nothing.
func (r Run) Waits() string {
	if r.Sent.IsZero() {
		return "检查任务正在写成文件，随文件交换送到外网巡检机。"
	}
	return fmt.Sprintf("%s送出，检查结果随外网巡检机的文件带回后自动登记；到%s仍没有回来的，按没有检查到处理并发出通知，可以再次发起。", r.Sent.In(calendar.Shanghai).Format("1月2日15:04"), r.GivesUp.In(calendar.Shanghai).Format("1月2日15:04"))
}

// UnderWay reports whether the run has not ended.
func (r Run) UnderWay() bool { return r.State == RunQueued || r.State == RunRunning }

// Link is the run's page in the console.
func (r Run) Link() string { return "/console/inspection/runs/" + string(r.ID) }

// Settings of the service; zero fields take the defaults given.
type Settings struct {
	MaxPages int           // pages of a run; 200
	Delay    time.Duration // between two requests to a host; 250 ms; negative: none
	Interval time.Duration // between two probes of a site; 5 min
	AtOnce   int           // probes at once; 32
	Every    time.Duration // between two patrols of a site; 24 h
	// Scanner gives the wording scanner for the sites of a unit; nil: wording is
	// not looked at.
	Scanner func(ctx context.Context, unit org.UnitID) (check.Scanner, error)
	// Lists gives what Scanner reads a unit's sites by in a form that travels to
	// crawlers, and its edition; nil: they read by the lists of the program.
	Lists func(ctx context.Context, unit org.UnitID) (edition string, body []byte, err error)
	// Frontier keeps what crawls were answered; nil: a run that is broken off
	// begins again.
	Frontier *frontier.Store
	// Vantage is where this house looks from, as evidence names it.
	Vantage string
	// Browser draws pages; nil: what needs one is untested.
	Browser *browser.Browser
	// Version is this program's, as it is told to vantages and crawlers.
	Version string
	// Exchange is how crawlers without the house's database are spoken to.
	Exchange Exchange
	// Pack is the scoring pack in force on a day, whose thresholds are used; the
	// embedded gwb-2019-19 when nil.
	Pack func(on calendar.Date) (packs.Pack, bool)
	// Province is what the province chose; the defaults when nil.
	Province func() sx2021.Settings
	Log      *slog.Logger
}

// Service is the door of inspection.
type Service struct {
	db        *db.DB
	probes    *db.DB
	registry  *registry.Service
	blobs     blob.Store
	client    *egress.Client
	manners   *crawl.Manners
	links     *crawl.LinkCheck // nil without a frontier: each run its own
	set       Settings
	columns   func(context.Context, registry.Site) ([]check.Column, error)
	item      func(ctx context.Context, site registry.SiteID, address string) string
	pages     func(ctx context.Context, site registry.Site, each func(path string)) error
	origin    func(registry.Site) string
	exempt    func(ctx context.Context, site registry.SiteID) (bool, error)
	moved     []func(ctx context.Context, tx *db.Tx, f Finding, act string) error
	desk      *Desk // nil where nobody answers disputes by a day
	tighter   func(ctx context.Context) (func(areaPath string) int, error)
	house     ed25519.PrivateKey // signs lists for vantages
	windows   func(ctx context.Context, sites []registry.SiteID) (map[registry.SiteID][]Window, error)
	served    func(registry.Site) bool // by this process; nil: none
	errands   []func(ctx context.Context, tx *db.Tx, f Finding, e Errand) error
	retention *retention                                                                               // nil: bytes of evidence are kept for good
	afar      map[string]Afar                                                                          // by kind
	retests   map[string]func(ctx context.Context, site registry.Site, f Finding) (engine.Look, error) // by family
	accounts  func(ctx context.Context, scope authz.Scope, f Finding) (engine.Look, error)             // nil: nobody looks at accounts
}

// New makes the service. probes is the database of OpenProbes; client carries
// the policy of where requests may go (own listener included).
func New(d, probes *db.DB, r *registry.Service, blobs blob.Store, client *egress.Client, set Settings) *Service {
	if set.MaxPages <= 0 {
		set.MaxPages = 200
	}
	if set.Interval <= 0 {
		set.Interval = 5 * time.Minute
	}
	if set.AtOnce <= 0 {
		set.AtOnce = 32
	}
	if set.Every <= 0 {
		set.Every = 24 * time.Hour
	}
	if set.Pack == nil {
		set.Pack = engine.EmbeddedPack
	}
	if set.Province == nil {
		set.Province = sx2021.Defaults
	}
	if set.Log == nil {
		set.Log = slog.Default()
	}
	if set.Vantage == "" {
		set.Vantage = "平台"
	}
	s := &Service{db: d, probes: probes, registry: r, blobs: blobs, client: client, set: set,
		manners: crawl.NewManners(client, crawl.Courtesy{Delay: set.Delay})}
	r.OnEnded(s.lapse)
	if set.Frontier != nil {
		// The verdict on a link serves every site that has it.
		s.links = crawl.NewLinkCheck(client, s.manners, 20*time.Minute).Share(set.Frontier)
	}
	return s
}

// OnMoved registers what is told, in the same transaction, of every finding
// found, worsened, ordered, released, closed, lapsed, reopened, disputed or
// upheld.
func (s *Service) OnMoved(fn func(ctx context.Context, tx *db.Tx, f Finding, act string) error) {
	s.moved = append(s.moved, fn)
}

// ColumnsFrom registers who knows the columns of a site hosted here.
func (s *Service) ColumnsFrom(fn func(context.Context, registry.Site) ([]check.Column, error)) {
	s.columns = fn
}

// ItemFrom registers who knows the console page of the item behind a public
// address of a hosted site; "" when there is none.
func (s *Service) ItemFrom(fn func(ctx context.Context, site registry.SiteID, address string) string) {
	s.item = fn
}

// RetestFrom registers who retests the findings of a family that this package
// does not look for itself.
func (s *Service) RetestFrom(family string, fn func(ctx context.Context, site registry.Site, f Finding) (engine.Look, error)) {
	if s.retests == nil {
		s.retests = map[string]func(context.Context, registry.Site, Finding) (engine.Look, error){}
	}
	s.retests[family] = fn
}

// RetestAccountsFrom registers who looks at an account again for one of its
// findings.
func (s *Service) RetestAccountsFrom(fn func(ctx context.Context, scope authz.Scope, f Finding) (engine.Look, error)) {
	s.accounts = fn
}

// Settle opens, renews or closes the one finding of a check about a whole site,
// for a module that has looked at it itself.
func (s *Service) Settle(ctx context.Context, scope authz.Scope, site registry.SiteID, sg engine.Sighting, wrong bool) error {
	found, err := s.registry.Site(ctx, scope, site)
	if err != nil {
		return err
	}
	return s.settle(ctx, found, sg, wrong)
}

// Address is where the site is visited; the fault says why it may not be: nobody
// has switched its monitoring on, or it is not running.
func (s *Service) Address(ctx context.Context, scope authz.Scope, id registry.SiteID) (string, error) {
	site, err := s.registry.Site(ctx, scope, id)
	if err != nil {
		return "", err
	}
	if err := contactable(site); err != nil {
		return "", err
	}
	return s.address(site), nil
}

// ExemptFrom registers who knows that a site's unit has no outward services: none
// are then asked of it.
func (s *Service) ExemptFrom(fn func(context.Context, registry.SiteID) (bool, error)) { s.exempt = fn }

// OriginFrom registers who knows at which origin (scheme, host, port) a site is
// reached when that is not http at its host; "" leaves it there.
func (s *Service) OriginFrom(fn func(registry.Site) string) { s.origin = fn }

// ItemLink is the console page of the item a finding stands on; empty when the
// site is not hosted here.
func (s *Service) ItemLink(ctx context.Context, scope authz.Scope, f Finding) string {
	if !f.Hosted || s.item == nil || !scope.Covers(f.areaPath, f.linePath) {
		return ""
	}
	return s.item(ctx, f.Site, f.URL)
}

// RunSite is the job of one run.
type RunSite struct {
	Run     RunID `json:"run"`
	Hurried bool  `json:"hurried,omitempty"` // put before the patrols after it had been queued with them
}

// Kind names the job.
func (RunSite) Kind() string { return "inspection.run" }

// PatrolSites is the periodic job that queues the patrols that have come due.
type PatrolSites struct{}

// Kind names the job.
func (PatrolSites) Kind() string { return "inspection.patrol" }

// ProbeSites is the periodic job that probes the sites whose turn it is.
type ProbeSites struct{}

// Kind names the job.
func (ProbeSites) Kind() string { return "inspection.probe" }

// JudgeAccess is the periodic job that judges availability.
type JudgeAccess struct{}

// Kind names the job.
func (JudgeAccess) Kind() string { return "inspection.access" }

// PlanSites is the periodic job that draws the rounds of plans.
type PlanSites struct{}

// Kind names the job.
func (PlanSites) Kind() string { return "inspection.plan" }

// TakeBatches is the periodic job that takes in what crawlers answered.
type TakeBatches struct{}

// Kind names the job.
func (TakeBatches) Kind() string { return "inspection.batch" }

// Queue is the queue of runs and probes: they wait on the network. UrgentQueue
// is that of the runs a person waits for: no patrol stands in it.
const (
	Queue       = "inspection"
	UrgentQueue = "inspection.urgent"
)

// Register gives the workers the module's jobs and periodic duties.
func (s *Service) Register(w *jobs.Workers) {
	jobs.Handle(w, func(ctx context.Context, a RunSite) error { return s.work(ctx, a.Run, a.Hurried) })
	jobs.GivenUp(w, s.broken)
	jobs.Handle(w, func(ctx context.Context, _ PatrolSites) error {
		_, err := s.PatrolDue(ctx)
		return errors.Join(err, s.ErrandsDue(ctx), s.LapseEnded(ctx))
	})
	jobs.Handle(w, func(ctx context.Context, _ ProbeSites) error { _, err := s.ProbeDue(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ JudgeAccess) error { return s.JudgeAccess(ctx) })
	jobs.Handle(w, func(ctx context.Context, _ decideVotes) error { _, err := s.Decide(ctx); return err })
	jobs.Every(w, time.Minute, decideVotes{})
	jobs.Handle(w, func(ctx context.Context, _ PlanSites) error { _, err := s.PlansDue(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ TakeBatches) error { _, err := s.TakeIn(ctx); return err })
	jobs.Handle(w, func(ctx context.Context, _ sendUrgent) error { return s.SendUrgent(ctx) })
	jobs.Handle(w, func(ctx context.Context, _ foldCounts) error { return s.FoldCounts(ctx) })
	jobs.Every(w, 10*time.Minute, foldCounts{})
	jobs.Every(w, 5*time.Minute, PlanSites{})
	jobs.Every(w, time.Minute, TakeBatches{})
	jobs.Every(w, 10*time.Second, ProbeSites{})
	jobs.Every(w, 15*time.Minute, PatrolSites{})
	jobs.Every(w, time.Hour, JudgeAccess{})
}

const runSelect = `
	SELECT r.id, r.site_id, s.name, s.host, u.name, r.kind, r.state, r.asked_by, r.asked_at, r.started_at, r.finished_at, r.start_url, r.pages, r.links, r.found, r.fresh,
	       r.closed, r.untested, r.failure, COALESCE(r.plan_id, ''), COALESCE(pp.name, ''), r.spec, r.vantage, r.edition, r.bytes, r.same, r.sent_at, r.census, r.turn, r.unanswered_at, u.area_path, u.line_path
	  FROM inspection_run r JOIN site s ON s.id = r.site_id JOIN unit u ON u.id = s.unit_id LEFT JOIN patrol_plan pp ON pp.id = r.plan_id`

func scanRun(sc db.Scanner) (Run, error) {
	var r Run
	var untested, spec, census, turn string
	err := sc.Scan(&r.ID, &r.Site, &r.SiteName, &r.Host, &r.UnitName, &r.Kind, &r.State, &r.AskedBy, &r.AskedAt, &r.Started, &r.Finished, &r.URL, &r.Pages, &r.Links, &r.Found, &r.Fresh,
		&r.Closed, &untested, &r.Failure, &r.Plan, &r.PlanName, &spec, &r.Vantage, &r.Edition, &r.Bytes, &r.Same, &r.Sent, &census, &turn, &r.Unanswered, &r.areaPath, &r.linePath)
	if err == nil {
		err = json.Unmarshal([]byte(untested), &r.Untested)
	}
	if err == nil {
		err = json.Unmarshal([]byte(spec), &r.Spec)
	}
	if err == nil && census != "" {
		err = json.Unmarshal([]byte(census), &r.Census)
	}
	if err == nil && turn != "" {
		err = json.Unmarshal([]byte(turn), &r.Turn)
	}
	return r, err
}

// Run in scope. While it is under way Pages counts what was visited so far.
func (s *Service) Run(ctx context.Context, scope authz.Scope, id RunID) (Run, error) {
	r, err := db.One(ctx, s.db, scanRun, runSelect+` WHERE r.id = $1`, id)
	if db.None(err) || err == nil && !scope.Covers(r.areaPath, r.linePath) {
		return Run{}, fault.Missing("检查记录")
	}
	if !r.Sent.IsZero() {
		r.GivesUp = r.Sent.Add(s.answerWithin())
	}
	if err == nil && r.State == RunRunning {
		n, perr := db.One(ctx, s.probes, db.Value[int], `SELECT visited FROM frontier WHERE run_id = $1`, id)
		if perr == nil {
			r.Pages = n
		} else if !db.None(perr) {
			return Run{}, perr
		}
	}
	return r, err
}

// Runs of a site in scope, latest first.
func (s *Service) Runs(ctx context.Context, scope authz.Scope, site registry.SiteID, limit int) ([]Run, error) {
	if _, err := s.registry.Site(ctx, scope, site); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db, scanRun, runSelect+` WHERE r.site_id = $1 ORDER BY r.asked_at DESC, r.id DESC LIMIT $2`, site, limit)
}

// LastRuns is the latest run of every site in scope that has any.
func (s *Service) LastRuns(ctx context.Context, scope authz.Scope) (map[registry.SiteID]Run, error) {
	var w db.Where
	scope.Where(&w, "u")
	list, err := db.All(ctx, s.db, scanRun, runSelect+` JOIN (SELECT site_id, max(id) AS id FROM inspection_run GROUP BY site_id) l ON l.id = r.id WHERE `+w.SQL(), w.Args()...)
	out := make(map[registry.SiteID]Run, len(list))
	for _, r := range list {
		out[r.Site] = r
	}
	return out, err
}

// Start queues a run over a site: a person's wish, which overtakes patrols. One
// that a patrol has queued already is put before the others; one that a crawler
// has had and not answered is done here. Sites that nobody
// has switched on are not contacted.
func (s *Service) Start(ctx context.Context, scope authz.Scope, site registry.SiteID) (Run, error) {
	r, err := s.queueWith(ctx, scope, site, Manual, "", Spec{Urgent: true}, nil)
	if !fault.Is(err, fault.Conflict) {
		return r, err
	}
	if hurried, ok, herr := s.hurry(ctx, scope, site); herr != nil || ok {
		return hurried, herr
	}
	return r, err
}

// hurry puts a run that waits in the queue of patrols, or for a crawler, into that
// of persons. What the crawler may bring of it later is not needed any more.
func (s *Service) hurry(ctx context.Context, scope authz.Scope, id registry.SiteID) (r Run, ok bool, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		site, err := s.registry.SiteTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		r, err = db.One(ctx, tx, scanRun, runSelect+` WHERE r.site_id = $1 AND r.state = 'queued' AND r.kind <> 'manual'`, id)
		if db.None(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if r.Spec.Urgent {
			return nil // it was put first before
		}
		r.Spec.Urgent, r.Spec.Hours, r.Spec.Remote = true, Hours{}, s.outside(site)
		spec, err := json.Marshal(r.Spec)
		if err != nil {
			return err
		}
		// A run that was sent is counted anew: it has not waited here.
		if !r.Sent.IsZero() {
			r.AskedAt, r.Sent = tx.Now(), time.Time{}
		}
		n, err := tx.Exec(ctx, `UPDATE inspection_run SET spec = $2, asked_at = $3, sent_at = NULL WHERE id = $1 AND state = 'queued'`, r.ID, string(spec), r.AskedAt)
		if err != nil || n == 0 {
			return err
		}
		ok = true
		if r.Spec.Remote {
			err = jobs.Enqueue(ctx, tx, sendUrgent{}, jobs.Queue(UrgentQueue), jobs.Unique("urgent"))
		} else {
			err = jobs.Enqueue(ctx, tx, RunSite{r.ID, true}, jobs.Queue(UrgentQueue), jobs.MaxAttempts(3))
		}
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.hurry", Basis: "第十九条（四）", Target: site.Target(), After: map[string]string{"run": string(r.ID)}})
	})
	return r, ok && err == nil, err
}

func (s *Service) queue(ctx context.Context, scope authz.Scope, id registry.SiteID, kind string) (Run, error) {
	return s.queueWith(ctx, scope, id, kind, "", Spec{}, nil)
}

func (s *Service) queueWith(ctx context.Context, scope authz.Scope, id registry.SiteID, kind string, plan PlanID, spec Spec, also func(tx *db.Tx, run RunID) error) (r Run, err error) {
	err = s.db.Update(ctx, func(tx *db.Tx) error {
		site, err := s.registry.SiteTx(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := contactable(site); err != nil {
			return err
		}
		// Without an exchange it is done here; without a way to the site, there.
		spec.Remote = spec.Remote && s.set.Exchange.On() || s.outside(site)
		text, err := json.Marshal(spec)
		if err != nil {
			return err
		}
		r = Run{ID: RunID(ulid.Make().String()), Site: id, SiteName: site.Name, Host: site.Host, UnitName: site.UnitName, Kind: kind, State: RunQueued, AskedAt: tx.Now(), URL: s.address(site), Plan: plan, Spec: spec}
		unit := "" // whose people asked: what a unit finds itself is told apart
		if a, ok := audit.ActorFrom(ctx); ok {
			r.AskedBy, unit = a.Name, a.Unit
		}
		_, err = tx.Exec(ctx, `INSERT INTO inspection_run (id, site_id, kind, state, asked_by, asked_at, start_url, plan_id, spec, asked_unit) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			r.ID, r.Site, r.Kind, r.State, r.AskedBy, r.AskedAt, r.URL, db.Null(plan), string(text), unit)
		if _, dup := db.UniqueViolation(err); dup {
			return fault.New(fault.Conflict, "这个站点正在检查，请等本次检查完成后再发起。").From(err)
		}
		if err != nil {
			return fmt.Errorf("inspection: queue run: %w", err)
		}
		if also != nil {
			if err := also(tx, r.ID); err != nil {
				return err
			}
		}
		switch {
		case spec.Remote && spec.Urgent:
			if err := jobs.Enqueue(ctx, tx, sendUrgent{}, jobs.Queue(UrgentQueue), jobs.Unique("urgent")); err != nil {
				return err
			}
		case !spec.Remote:
			queue := Queue
			if spec.Urgent {
				queue = UrgentQueue
			}
			if err := jobs.Enqueue(ctx, tx, RunSite{Run: r.ID}, jobs.Queue(queue), jobs.MaxAttempts(3), jobs.At(spec.Hours.Next(tx.Now()))); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.start", Basis: "第十九条（四）", Target: site.Target(), After: map[string]string{"run": string(r.ID), "kind": kind}})
	})
	return r, err
}

// contactable refuses a site that may not be contacted.
func contactable(site registry.Site) error {
	switch {
	case site.Host == "":
		return fault.New(fault.Refused, "这个站点没有登记域名，无法检查。请先在台账中登记域名。")
	case !site.Live() && site.State != registry.TemporarilyOffline:
		return fault.Newf(fault.Refused, "站点现在的状态是“%s”，不检查。", site.StateName())
	case site.State == registry.TemporarilyOffline:
		return fault.New(fault.Refused, "站点在批准的临时下线期内，恢复后再检查。").Because(fault.Reason{ID: "S8.1a", Citation: "陕政公开办〔2021〕18号 第八条（一）", Says: "临时下线期间不检查网站运行情况。"})
	case !site.Monitored:
		return fault.New(fault.Refused, "这个站点没有开启监测，平台不会访问它。请先在站点台账中开启监测，再发起检查。")
	}
	return nil
}

func (s *Service) address(site registry.Site) string {
	if s.origin != nil {
		if o := s.origin(site); o != "" {
			return o + "/"
		}
	}
	return "http://" + site.Host + "/"
}

const (
	// longestRun is how long a run may take before it is broken off.
	longestRun = 2 * time.Hour
	// unsentAfter is how long a run may wait for a crawler that the house no longer
	// speaks with: nobody does it, and it would keep its site from being looked at.
	unsentAfter = 12 * time.Hour
	// tryAgain is how long after a patrol that came to nothing the next is tried.
	tryAgain = 2 * time.Hour
)

// otherJob reports whether the run is not this job's any more: somebody hurried it
// by a second one.
func (r Run) otherJob(hurried bool) bool { return r.Spec.Urgent && r.Kind != Manual && !hurried }

// broken ends a run whose job is given up, in that act: it could not be tested. One
// that went to a crawler is waited for as any that was sent.
func (s *Service) broken(ctx context.Context, tx *db.Tx, a RunSite, why error) error {
	ctx = audit.System(ctx, "inspection.run")
	r, err := db.One(ctx, tx, scanRun, runSelect+` WHERE r.id = $1`, a.Run)
	if db.None(err) {
		return nil // its plan took it back
	}
	if err != nil || !r.UnderWay() || !r.Sent.IsZero() || r.otherJob(a.Hurried) {
		return err
	}
	site, err := s.registry.SiteTx(ctx, tx, authz.System("inspection.run"), r.Site)
	if err != nil {
		return err
	}
	return s.failTx(ctx, tx, site, r.ID, "检查中断，未检查的内容不作评判："+jobs.Told(why))
}

// Work does a queued run: the job. It may be worked again after a crash.
func (s *Service) Work(ctx context.Context, id RunID) error { return s.work(ctx, id, true) }

func (s *Service) work(ctx context.Context, id RunID, hurried bool) error {
	ctx = audit.System(ctx, "inspection.run")
	scope := authz.System("inspection.run")
	r, err := db.One(ctx, s.db, scanRun, runSelect+` WHERE r.id = $1`, id)
	if db.None(err) {
		return nil // its plan took it back
	}
	if err != nil || !r.UnderWay() {
		return err
	}
	if r.otherJob(hurried) {
		return nil
	}
	site, err := s.registry.Site(ctx, scope, r.Site)
	if err != nil {
		return err
	}
	if err := contactable(site); err != nil {
		return s.fail(ctx, site, id, fault.Of(err).Says) // switched off while it waited
	}
	if wait := r.Spec.Hours.Next(s.db.Now()).Sub(s.db.Now()); wait > 0 {
		return jobs.Snooze(wait)
	}
	t, err := s.target(ctx, site)
	if err != nil {
		return err
	}
	census, err := s.list(ctx, site, r, &t)
	if err != nil {
		return err
	}
	if t.Stand, err = s.standAt(ctx, site.ID); err != nil {
		return err
	}
	lists := ""
	if s.set.Lists != nil && r.Spec.reads() {
		if lists, _, err = s.set.Lists(ctx, site.Unit); err != nil {
			return err
		}
	}
	if r.State == RunQueued {
		begun := false
		err = s.db.Update(ctx, func(tx *db.Tx) error {
			// Two jobs may have been queued for one run, the later by somebody in a hurry.
			n, err := tx.Exec(ctx, `UPDATE inspection_run SET state = 'running', started_at = $2, vantage = $3, edition = $4, census = $5 WHERE id = $1 AND state = 'queued'`, id, tx.Now(), s.set.Vantage, editionOf(check.Edition(), lists), census)
			if err != nil || n == 0 {
				return err
			}
			begun = true
			return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.begin", Target: site.Target(), After: map[string]string{"run": string(id)}})
		})
		if err != nil || !begun {
			return err
		}
	} else if by := editionOf(check.Edition(), lists); by != r.Edition {
		// Taken up again after the rules or the lists changed: all its pages are judged anew.
		if err := s.judgedBy(ctx, site, r, by); err != nil {
			return err
		}
	}
	o, err := s.options(ctx, site)
	if err != nil {
		return err
	}
	s.manners.KeepPace(s.pace())
	o.KnownShare = s.set.Province().KnownShare
	obey(&o, r.Spec)
	censusOf(&o, t)
	if r.Kind == Patrol && !drawsToday(o.Today, t.URL) {
		o.Draws = -1
	}
	if o.Known, err = s.known(ctx, site.ID); err != nil {
		return err
	}
	spend := func(time.Duration) error { return nil } // without a frontier a run begins anew, and so do its minutes
	if s.set.Frontier != nil {
		j, err := s.set.Frontier.Journal(ctx, string(site.ID), string(id))
		if err != nil {
			return err
		}
		o.Journal, o.Hosts = j, s.set.Frontier
		turnsOf(&o, t, j)
		spent, err := j.Spent(ctx)
		if err != nil {
			return err
		}
		without(&o, spent)
		spend = func(d time.Duration) error { return j.Spend(ctx, d) }
	}
	o.Rest = func() bool { return !r.Spec.Hours.Open(s.db.Now()) }
	told := time.Now()
	tell := func() {
		since := told
		told = time.Now()
		if err := spend(told.Sub(since)); err != nil {
			s.set.Log.Warn("inspection: time spent not kept", "run", id, "err", err)
		}
	}
	o.Progress = func(visited int, address string, replayed bool) {
		if replayed {
			told = time.Now() // its time was taken when it was asked
		}
		if visited > 1 && time.Since(told) < time.Second {
			return
		}
		tell()
		if err := s.progress(ctx, id, visited, address); err != nil {
			s.set.Log.Warn("inspection: progress not kept", "run", id, "err", err)
		}
	}
	o.Until = time.Now().Add(r.Spec.longest() - lastSteps)
	within, cancel := context.WithTimeout(ctx, r.Spec.longest())
	defer cancel()
	if r.Spec.Urgent {
		within = crawl.Urgent(within)
	}
	report, err := engine.Inspect(within, s.client, s.blobs, t, o)
	if ctx.Err() != nil {
		return ctx.Err() // stopped with the process: the job comes back
	}
	if errors.Is(err, crawl.ErrRest) {
		tell()
		return jobs.Snooze(r.Spec.Hours.Next(s.db.Now()).Sub(s.db.Now()))
	}
	if within.Err() != nil {
		return s.fail(ctx, site, id, "两小时内没有检查完，对方网站响应很慢，请与网站运维单位核实后重新发起。")
	}
	if err != nil {
		s.set.Log.Error("inspection: run broke off", "run", id, "site", site.Host, "err", err)
		if fault.Is(err, fault.Invalid) {
			return jobs.Cancel(err)
		}
		return err // what the house could not read or keep: the run goes on from its journal
	}
	if err := s.conclude(ctx, site, id, report); err != nil {
		return err
	}
	if s.set.Frontier != nil {
		return s.set.Frontier.Ended(ctx, string(site.ID), string(id))
	}
	return nil
}

// judgedBy notes that a run under way goes on by another edition than it began with.
func (s *Service) judgedBy(ctx context.Context, site registry.Site, r Run, edition string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE inspection_run SET edition = $2 WHERE id = $1 AND state = 'running'`, r.ID, edition); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.edition", Target: site.Target(), Before: r.Edition, After: map[string]string{"run": string(r.ID), "edition": edition}})
	})
}

// drawsToday spreads what daily patrols measure in a browser over the week. The lists
// that scripts fill are few, and drawn every day.
func drawsToday(day calendar.Date, address string) bool {
	return engine.DrawLot("", address)%7 == uint64(day.Weekday())
}

// known are the fingerprints of the findings that stand on a site.
func (s *Service) known(ctx context.Context, site registry.SiteID) (map[string]bool, error) {
	list, err := db.All(ctx, s.db, db.Value[string], `SELECT fingerprint FROM finding WHERE site_id = $1 AND state <> 'closed'`, site)
	out := make(map[string]bool, len(list))
	for _, fp := range list {
		out[fp] = true
	}
	return out, err
}

func (s *Service) progress(ctx context.Context, id RunID, visited int, address string) error {
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO frontier (run_id, url, visited, at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (run_id) DO UPDATE SET url = excluded.url, visited = excluded.visited, at = excluded.at`, id, address, visited, tx.Now())
		return err
	})
}

func (s *Service) fail(ctx context.Context, site registry.Site, id RunID, says string) error {
	return s.db.Update(ctx, func(tx *db.Tx) error { return s.failTx(ctx, tx, site, id, says) })
}

func (s *Service) failTx(ctx context.Context, tx *db.Tx, site registry.Site, id RunID, says string) error {
	if _, err := tx.Exec(ctx, `UPDATE inspection_run SET state = 'failed', failure = $2, finished_at = $3, unanswered_at = NULL WHERE id = $1`, id, says, tx.Now()); err != nil {
		return err
	}
	if err := siteFreed(ctx, tx, site.ID); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{Act: "inspection.run.fail", Target: site.Target(), After: map[string]string{"run": string(id), "says": says}})
}
