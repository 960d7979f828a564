package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/assets"
	"zhengshu/internal/annual"
	"zhengshu/internal/appearance"
	"zhengshu/internal/approval"
	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/browser"
	"zhengshu/internal/budget"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/closing"
	"zhengshu/internal/columns"
	"zhengshu/internal/coordination"
	"zhengshu/internal/cutover"
	"zhengshu/internal/dashboard"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/disclosure"
	"zhengshu/internal/duty"
	"zhengshu/internal/egress"
	"zhengshu/internal/errorreport"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/filing/filingweb"
	"zhengshu/internal/frontier"
	"zhengshu/internal/guidance"
	"zhengshu/internal/inspection"
	"zhengshu/internal/integrity"
	"zhengshu/internal/jobs"
	"zhengshu/internal/layout"
	"zhengshu/internal/letters"
	"zhengshu/internal/lexicon"
	"zhengshu/internal/library"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/matrix"
	"zhengshu/internal/media"
	"zhengshu/internal/merit"
	"zhengshu/internal/movein"
	"zhengshu/internal/moveout"
	"zhengshu/internal/notice"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/operator"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/platform"
	"zhengshu/internal/portal"
	"zhengshu/internal/prose"
	"zhengshu/internal/protection"
	"zhengshu/internal/province"
	"zhengshu/internal/publishing"
	"zhengshu/internal/queries"
	"zhengshu/internal/reconciliation"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/reposting"
	"zhengshu/internal/roster"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
	"zhengshu/internal/selfcheck"
	"zhengshu/internal/signin"
	"zhengshu/internal/tenancy"
	"zhengshu/internal/training"
	"zhengshu/internal/visits"
	"zhengshu/internal/workbench"
	"zhengshu/migrations"
)

// Config says where the house keeps its things and how it is reached. The zero
// value with a Dir works.
type Config struct {
	Dir     string // data directory
	DB      *db.DB // the database when somebody else opened it and will close it
	DSN     string // postgres:// address, empty for the embedded database
	Addr    string // HOST:PORT of the public and console listener
	Ops     string // HOST:PORT of metrics, empty for none
	Demo    bool   // landing page, demo province, 演示 marks
	Secure  bool   // people reach the listener through https
	Version string
	Clock   calendar.Clock
	Log     *slog.Logger
	// StepDays is how many working days an approval step has: a province's
	// setting, 5 when zero.
	StepDays int
	// CrawlDelay is the pause between two requests to a host; 250 ms when zero,
	// none when negative.
	CrawlDelay time.Duration
	// Resolver looks up the names that requests go to; the system's when nil.
	Resolver egress.Resolver
	// Elsewhere are listeners that stand for sites of other installations, by host
	// name: what a journey opens. Requests reach them and no other inner address.
	Elsewhere map[string]netip.AddrPort
	// OwnAddresses are the public addresses of this installation beside those of
	// the machine: no request goes there but to a site it serves.
	OwnAddresses []netip.Addr
	// AuditDigest is sha256 (default) or sm3.
	AuditDigest string
	// Blobs is where files are kept: https://HOST:PORT/BUCKET[/PREFIX] of an
	// S3-compatible store with its keys, or empty for the data directory.
	Blobs, BlobsKey, BlobsSecret string
	// Copies is where releases are copied to, for portals elsewhere and for
	// restoring: a folder or s3://HOST:PORT/BUCKET[/PREFIX] with the keys of Blobs.
	Copies string
	// Browser lets inspection look at pages in Chromium, where one is installed.
	Browser bool
	// Reach is how readers come to the portals.
	Reach Reach
}

// House is everything, opened.
type House struct {
	Config       Config
	DB           *db.DB
	Keys         *seal.Keyring
	Blobs        blob.Store
	Days         calendar.Workdays
	Org          *org.Service
	Signin       *signin.Service
	Notify       *notify.Service
	Outbox       *notify.Outbox
	Province     *province.Service
	Obligations  *obligation.Service
	Approvals    *approval.Service
	Registry     *registry.Service
	Queries      *queries.Service
	Roster       *roster.Service
	Cutover      *cutover.Service
	Library      *library.Service
	Lexicon      *lexicon.Service
	Columns      *columns.Service
	Layouts      *layout.Service
	Media        *media.Service
	MoveIn       *movein.Service
	Disclosure   *disclosure.Service
	Lifecycle    *lifecycle.Service
	Inspection   *inspection.Service
	Notices      *notice.Service
	Filings      *filing.Service
	Closings     *closing.Service
	Merits       *merit.Service
	ErrorReports *errorreport.Service
	Reconciling  *reconciliation.Service
	Letters      *letters.Service
	Assessment   *assessment.Service
	Reporting    *reporting.Service
	Annual       *annual.Service
	Guidance     *guidance.Service
	Reposting    *reposting.Service
	Training     *training.Service
	SelfChecks   *selfcheck.Service
	Releases     *publishing.Store
	Publisher    *publishing.Publisher
	Appearance   *appearance.Service
	Workbench    *workbench.Service
	Dashboards   *dashboard.Service
	Records      // 承办, 细则, 等保, 协同, 经费
	Estate       // 矩阵, 平台, 建站, 导出, 体检
	Guard        // 假冒, 年度检查, 主机, 账号
	Watch        // 重要保障期, 值班
	Appraise     // 考核轮次, 盲测
	Rules        rules.Book
	Portal       *portal.Handler
	Visits       *visits.Service
	Integrity    *integrity.Service
	// Demo is set for a house that holds the demo province: its portals say so
	// whoever opens it.
	Demo bool

	client *egress.Client // the house's one way out
	way    struct {       // see noWay
		sync.Mutex
		read time.Time
		none bool
	}
	needsOnce sync.Once
	needsMux  *http.ServeMux
	needs     map[string]authz.Permission
	setDays   func(calendar.Workdays)
	listener  net.Listener // bound at Open when an address is configured
	workers   *jobs.Workers
	sequencer *audit.Sequencer
	certs     *portal.Certificates
	recorder  *visits.Recorder // of this process's readers; nil without a listener
	closers   []func() error
	probes    *db.DB // where probes lie: a file of their own on SQLite
}

// Open opens the house, creating what is not there yet. Other processes may
// have it open at the same time.
func Open(ctx context.Context, c Config) (*House, error) {
	c.fill()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fault.Newf(fault.Invalid, "数据目录 %s 不能创建，请检查路径和权限。", c.Dir).From(err)
	}
	if err := audit.Use(audit.Algorithm(c.AuditDigest)); err != nil {
		return nil, fault.New(fault.Invalid, "审计摘要算法只能是 sha256 或 sm3。").From(err)
	}
	h := &House{Config: c, workers: jobs.NewWorkers()}
	if err := h.open(ctx); err != nil {
		return nil, errors.Join(err, h.Close(context.WithoutCancel(ctx)))
	}
	return h, nil
}

func (c *Config) fill() {
	if c.Clock == nil {
		c.Clock = calendar.System()
	}
	if _, ok := c.Clock.(*demo.Clock); c.Demo && !ok {
		c.Clock = demo.NewClock(c.Clock)
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.StepDays == 0 {
		c.StepDays = 5
	}
	if c.AuditDigest == "" {
		c.AuditDigest = string(audit.SHA256)
	}
	if c.Version == "" {
		c.Version = "dev"
	}
}

func (h *House) open(ctx context.Context) error {
	c := h.Config
	// Before anything is laid down for an address that nobody can listen on.
	for flag, addr := range map[string]string{"--addr": c.Addr, "--ops": c.Ops} {
		if addr == "" {
			continue
		}
		if err := addressWrong(addr, flag); err != nil {
			return err
		}
	}
	var err error
	if h.DB = c.DB; h.DB == nil {
		if h.DB, err = db.Open(ctx, db.Config{DSN: c.DSN, Dir: c.Dir, Now: c.Clock.Now}); err != nil {
			return fault.New(fault.Unavailable, "数据库打不开，请检查 --data 或 --db。").From(err)
		}
		h.closers = append(h.closers, h.DB.Close)
	}
	if _, err := h.DB.Migrate(ctx, migrations.Files); err != nil {
		return fmt.Errorf("app: migrate: %w", err)
	}
	if h.Keys, err = seal.Open(filepath.Join(c.Dir, "keys")); err != nil {
		return err
	}
	if h.Blobs, err = openBlobs(ctx, c); err != nil {
		return err
	}
	shipped, err := calendar.Published()
	if err != nil {
		return err
	}
	h.Days, h.setDays = shipped.Live()
	if c.Addr != "" {
		if h.listener, err = net.Listen("tcp", c.Addr); err != nil {
			return cannotListen(c.Addr, "--addr", err)
		}
	}
	h.sequencer = audit.NewSequencer(h.DB, ulid.Make().String(), h.headFile())
	return h.wire(ctx)
}

// openBlobs opens the store of files.
func openBlobs(ctx context.Context, c Config) (blob.Store, error) {
	if c.Blobs == "" {
		return blob.Disk(BlobFolder(c.Dir))
	}
	return blob.S3(ctx, blob.S3Config{Address: c.Blobs, Key: c.BlobsKey, Secret: c.BlobsSecret})
}

// BlobFolder is where a data directory keeps files.
func BlobFolder(dir string) string { return filepath.Join(dir, "blobs") }

func (h *House) headFile() string { return filepath.Join(h.Config.Dir, "audit.head") }

// wire makes the services from the ground up and registers what they call back.
func (h *House) wire(ctx context.Context) error {
	var err error
	if h.Rules, err = rules.NewBook(sx2021.Rules()); err != nil {
		return err
	}
	h.Org = org.New(h.DB)
	h.Signin = signin.New(h.DB, h.Org, h.Config.Clock, h.Keys)
	h.Notify = notify.New(h.DB)
	h.Obligations = obligation.New(h.DB, h.Org, obligationKinds()...)
	h.client = egress.New(h.egressPolicy())
	h.closers = append(h.closers, func() error { h.client.Close(); return nil })
	if err := h.wireProvince(ctx); err != nil {
		return err
	}
	h.Approvals = approval.New(h.DB, h.Org, h.Obligations, h.Days, h.Config.StepDays)
	h.Approvals.OnChoices(func() approval.Choices { return approval.Choices{StepDays: h.Province.System().StepDays} })
	h.Obligations.OnMoved(h.Approvals.FollowDue)
	h.Registry = registry.New(h.DB, h.Org)
	h.Registry.UsedBy(slices.Concat(filing.LedgerHolds(), notice.LedgerHolds(), roster.LedgerHolds(), operator.LedgerHolds(), protection.LedgerHolds(), closing.LedgerHolds())...)
	h.Queries = queries.New(h.DB)
	registry.NewIntake(h.Registry, h.Blobs).Register(h.workers)
	h.Registry.Clocks(h.Obligations)
	settings := h.Province.Settings
	h.Registry.Govern(settings)
	h.Lexicon = lexicon.New(h.DB, h.Org)
	h.Library = library.New(h.DB, h.Org, h.Registry, h.Obligations, h.inspectText, sx2021.Defaults())
	h.Library.SettingsFrom(h.Province.Settings)
	h.Library.ExamineWith(h.examining())
	library.Register(h.Library, h.workers)
	h.Columns = columns.New(h.DB, h.Org, h.Registry, h.Library)
	h.Columns.Register(h.workers)
	h.Library.OnChange(h.Columns.Changed)
	h.Media = media.New(h.DB, h.Org, h.Blobs)
	h.Media.SettingsFrom(settings)
	h.Media.OnDrop(h.holds)
	media.Register(h.Media, h.workers)
	h.Library.OnVersion(func(ctx context.Context, tx *db.Tx, id library.ItemID, no int, d prose.Doc) error {
		return h.Media.Enter(ctx, tx, string(id), no, d)
	})
	h.MoveIn = movein.New(movein.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Library: h.Library, Blobs: h.Blobs, Shelf: shelf{h}, Client: h.client, Delay: h.Config.CrawlDelay})
	h.MoveIn.Register(h.workers)
	h.Disclosure = disclosure.New(h.DB, h.Org, h.Library, h.Obligations, h.Days)
	h.Library.OnChange(h.Disclosure.Follow)
	h.Filings = filing.New(h.DB, h.Org, h.Registry, h.Obligations, h.Days, h.Blobs, settings)
	h.wireRecords()
	h.Approvals.OnSuccessor(h.Org.Successor)
	h.wireVigil()
	h.Letters = letters.New(h.DB, h.Org, h.Registry, h.Obligations, h.Days, h.Keys)
	if err := h.wirePublishing(ctx); err != nil {
		return err
	}
	if err := h.wireInspection(ctx); err != nil {
		return err
	}
	h.wireEstate()
	if err := h.wireGuard(); err != nil {
		return err
	}
	h.wireFreeze()
	h.wireDuty()
	h.Notices = notice.New(notice.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Inspection: h.Inspection,
		Store: h.Blobs, Fetch: h.client, Settings: settings, Origin: h.origin, Released: h.released, Library: h.Library, OnDuty: h.onDutyFor})
	h.Notices.OnShown(h.Publisher.Nudge)
	h.Library.OnChange(h.Notices.PageChanged)
	h.Notices.Register(h.workers)
	h.wireLayouts()
	h.wireMerits()
	h.wireClosings()
	h.Lifecycle = lifecycle.New(lifecycle.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Approvals: h.Approvals, Obligations: h.Obligations,
		Store: h.Blobs, Book: h.Rules, Days: h.Days, Notices: h.Notices, Filings: h.Filings, Closings: h.Closings, Settings: settings, Frozen: h.frozen})
	if h.Assessment, err = assessment.New(assessment.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Inspection: h.Inspection,
		Obligations: h.Obligations, Days: h.Days, Store: h.Blobs, Settings: settings, Accounts: h.sheetOf,
		Observers: []assessment.Observer{assessment.UnansweredLetters(h.Letters), assessment.AccountStandings(h.NewMedia), assessment.OfficeDuties(h.Obligations)}}); err != nil {
		return err
	}
	h.Assessment.Register(h.workers)
	h.Reporting = reporting.New(reporting.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Assessment: h.Assessment, Letters: reporting.LettersOf(h.Letters),
		Obligations: h.Obligations, Settings: settings})
	h.wireAnnual()
	h.wireAppraise()
	h.wirePapers()
	h.Obligations.OnMoved(h.Letters.FollowDue)
	h.Obligations.OnMoved(h.Assessment.FollowDue)
	h.Obligations.OnMoved(h.Closings.FollowDue)
	h.Obligations.OnMoved(h.Filings.FollowDue)
	h.Guidance = guidance.New(h.DB, h.Org, h.Obligations, h.Blobs)
	h.Reposting = reposting.New(h.DB, h.Org, h.Registry, h.Library, h.Obligations, h.client)
	h.Reposting.Register(h.workers)
	h.Library.OnChange(h.Reposting.Changed)
	h.Training = training.New(h.DB, h.Org, h.Registry, h.Obligations, h.Blobs)
	h.SelfChecks = selfcheck.New(h.DB, h.Org, h.Registry, h.Obligations, h.Blobs)
	h.wireFollowUps()
	h.Workbench = workbench.New(
		approvalweb.NewInbox(h.Approvals),
		// What an approval or an order asks for stands there already.
		obligationweb.NewInbox(h.Obligations, h.Config.Clock, approval.StepObligation.ID, approval.CountersignObligation.ID, letters.ReplyKind.ID, assessment.RectifyObligation.ID, assessment.ConfirmObligation.ID, assessment.ExtensionObligation.ID, assessment.SuperviseObligation.ID, library.ColumnUpdate.ID, duty.TakedownKind.ID),
		h.Library, h.Columns, h.Letters, h.Assessment, h.Inspection, h.Merits, h.Lexicon, h.Duty, filingweb.NewInbox(h.Filings),
	)
	h.Dashboards = dashboard.New(dashboard.Parts{DB: h.DB, Org: h.Org, Assessment: h.Assessment, Workbench: h.Workbench, Days: h.Days})
	h.Dashboards.Register(h.workers)
	h.Roster = roster.New(roster.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Days: h.Days, Settings: settings,
		Sources: []roster.Source{{Name: "columns", Held: registry.ColumnsHeld, Pass: registry.PassColumns}, {Name: "topics", Held: layout.TopicsHeld, Pass: layout.PassTopics}, {Name: "letters", Held: letters.Held, Pass: letters.Pass},
			{Name: "obligations", Held: h.Obligations.Holding, Pass: h.Obligations.Pass}}})
	h.Cutover = cutover.New(h.DB, h.Org, h.Registry, h.Obligations)
	for _, m := range Carriers() {
		h.Org.OnReorganise(m)
	}
	if h.Demo {
		demo.Work(h.workers, h.DemoServices())
	}
	jobs.Handle(h.workers, func(ctx context.Context, _ sweep) error { return h.Sweep(ctx) })
	jobs.Every(h.workers, time.Minute, sweep{})
	if err := passage.Declare(ctx, h.DB, machines()...); err != nil {
		return err
	}
	// What earlier versions kept in other tables.
	if _, err = h.Registry.AdoptDomains(ctx); err != nil {
		return err
	}
	_, err = h.Lifecycle.CarryOver(ctx)
	return err
}

// wireProvince makes what the province and the system administrator choose, and
// the way messages leave the house.
func (h *House) wireProvince(ctx context.Context) error {
	shipped, err := calendar.Published()
	if err != nil {
		return err
	}
	h.Province = province.New(province.Parts{DB: h.DB, Org: h.Org, Obligations: h.Obligations, Shipped: shipped, Days: h.Days, Set: h.setDays, StepDays: h.Config.StepDays})
	province.Register(h.Province, h.workers)
	if err := h.Province.Refresh(ctx); err != nil {
		return err
	}
	h.Outbox = notify.NewOutbox(notify.Outgoing{DB: h.DB, Client: h.client, Keys: h.Keys,
		Channels: func() notify.Channels { return h.Province.System().Channels },
		Posts: func(ctx context.Context, q db.Querier, person string) ([]authz.Post, error) {
			return h.Org.PostsOf(ctx, q, org.PersonID(person))
		},
		Need: h.need})
	jobs.Handle(h.workers, func(ctx context.Context, _ dispatch) error { return h.Outbox.Dispatch(ctx) })
	jobs.Every(h.workers, 30*time.Second, dispatch{})
	return nil
}

// dispatch is the periodic duty over messages that leave the house.
type dispatch struct{}

// Kind names the job.
func (dispatch) Kind() string { return "notify.dispatch" }

// inspectText is the one engine that warns an author, patrols a page and
// retests a fix.
func (h *House) inspectText(text string) []check.Span {
	p, err := h.Lexicon.For(context.Background(), "")
	if err != nil {
		slog.Error("wording is not checked", "cause", err)
		return check.Text(text, check.Content)
	}
	return check.Text(text, p, check.Content)
}

// wireInspection makes the inspector with the house's one way out.
func (h *House) wireInspection(ctx context.Context) error {
	probes, err := inspection.OpenProbes(ctx, h.DB, h.Config.Dir)
	if err != nil {
		return err
	}
	h.probes = probes
	if probes != h.DB {
		h.closers = append(h.closers, probes.Close)
	}
	store, err := frontier.Beside(ctx, h.DB, h.Config.Dir)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, store.Close)
	jobs.Handle(h.workers, func(ctx context.Context, _ tidyFrontier) error { return store.Tidy(ctx) })
	jobs.Every(h.workers, time.Hour, tidyFrontier{})
	exchange, err := patrolExchange(h.Config.Dir, h.Keys)
	if err != nil {
		return err
	}
	all, err := packs.Embedded()
	if err != nil {
		return err
	}
	h.Inspection = inspection.New(h.DB, probes, h.Registry, h.Blobs, h.client, inspection.Settings{
		Delay: h.Config.CrawlDelay, Version: h.Config.Version, Log: h.Config.Log, Frontier: store, Exchange: exchange,
		Scanner: h.houseScanner, Lists: h.Lexicon.Carry,
		Pack:     h.packOn(all),
		Browser:  h.browser(),
		Province: h.Province.Settings,
	})
	h.Reconciling = reconciliation.New(reconciliation.Parts{DB: h.DB, Registry: h.Registry, Intake: registry.NewIntake(h.Registry, h.Blobs), Inspection: h.Inspection,
		Obligations: h.Obligations, Days: h.Days, Client: h.client})
	h.Reconciling.Register(h.workers)
	h.wireIntegrity()
	h.Inspection.Register(h.workers)
	h.Inspection.ColumnsFrom(h.columnFacts)
	h.Inspection.OriginFrom(h.origin)
	h.Inspection.ServedFrom(func(site registry.Site) bool {
		return h.origin(site) != "" || h.Portal != nil && h.Portal.Serves(site.Host)
	})
	h.Inspection.PagesFrom(h.releasedPages)
	h.Inspection.KeepEvidence(func() int { return h.Province.Settings().EvidenceDays }, h.Media.Holds, evidenceUnder()...)
	h.Inspection.ItemFrom(func(_ context.Context, _ registry.SiteID, address string) string { return itemLink(address) })
	return nil
}

// tidyFrontier is the periodic duty over what crawls were answered: a crawler
// that stands apart tidies its own.
type tidyFrontier struct{}

// Kind names the job.
func (tidyFrontier) Kind() string { return "frontier.tidy" }

// browser is what inspection draws pages with; nil for none.
func (h *House) browser() *browser.Browser {
	if !h.Config.Browser {
		return nil
	}
	return browser.New(browser.Settings{Axe: assets.Axe()})
}

// egressPolicy lets requests reach the open Internet and, by host name, the
// sites this process serves itself; nothing else here.
func (h *House) egressPolicy() egress.Policy {
	p := egress.Policy{Now: h.Config.Clock.Now, Resolver: h.Config.Resolver, Allow: slices.Collect(maps.Values(h.Config.Elsewhere))}
	p.OwnAddresses = slices.Clone(h.Config.OwnAddresses)
	p.NoWay = h.noWay
	here, err := egress.Here()
	if err != nil {
		h.Config.Log.Error("the machine's addresses are not known; requests may reach them", "cause", err)
	}
	p.OwnAddresses = append(p.OwnAddresses, here...)
	if h.listener != nil {
		if a, err := netip.ParseAddrPort(h.listener.Addr().String()); err == nil {
			// A listener on every address is reached at the loopback one.
			if a.Addr().IsUnspecified() {
				a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
			}
			p.Local = a
			// Asked when a host is dialled: the portal is made after the client.
			p.Own = func(host string) bool { return h.Portal != nil && h.Portal.Serves(host) }
		}
	}
	return p
}

// choiceStands is how long what the province chose of the way out is taken as read:
// it is asked before every connection.
const choiceStands = time.Second

// noWay reports whether the province says that this house has no way to the Internet
// (readings 22).
func (h *House) noWay() bool {
	if h.Province == nil {
		return false // starting; the province is made after the client
	}
	h.way.Lock()
	defer h.way.Unlock()
	if time.Since(h.way.read) > choiceStands {
		h.way.none, h.way.read = h.Province.Settings().CrawledOutside, time.Now()
	}
	return h.way.none
}

// sweep is the periodic duty over everything that comes due.
type sweep struct{}

// Kind names the job.
func (sweep) Kind() string { return "app.sweep" }

// Sweep does what has come due: obligations, timed publications, old sessions.
// It catches up after an outage.
func (h *House) Sweep(ctx context.Context) error {
	// One part that fails holds up no other.
	var errs []error
	for _, part := range []func(context.Context) (int, error){
		h.Registry.SweepSearch, h.Library.KeepCycles, h.Library.KeepValidity, h.Library.KeepTallies, h.Library.KeepReviews, h.Library.FillCopies, h.Library.AlarmInterpretations, h.Media.SweepDiscards, h.Approvals.Sweep, h.Lifecycle.Sweep, h.Registry.OpenRecertification, h.Cutover.Sweep, h.Appearance.Sweep, h.Layouts.Sweep, h.Lexicon.Sweep,
	} {
		_, err := part(ctx)
		errs = append(errs, err)
	}
	errs = append(errs, h.Province.Refresh(ctx), h.sweepRecords(ctx), h.sweepEstate(ctx), h.sweepWatch(ctx), h.sweepAppraise(ctx), h.sweepRectification(ctx))
	_, err := h.Obligations.Sweep(ctx)
	return errors.Join(append(errs, err, h.Signin.Sweep(ctx), h.Lexicon.Refresh(ctx))...)
}

// machines are the states of every kind of object.
func machines() []passage.Machine {
	return slices.Concat([]passage.Machine{approval.Machine, registry.SiteMachine, registry.AccountMachine, registry.DomainMachine, library.Machine, library.ShareMachine, letters.Machine,
		inspection.FindingMachine, inspection.PlanMachine, assessment.OrderMachine, assessment.VersionMachine, reporting.Machine, reporting.ExperienceMachine, annual.Machine, notice.Machine, filing.Machine, closing.Machine, closing.InquiryMachine, merit.Machine,
		operator.Machine, tenancy.Machine, guidance.Machine, reposting.Machine, training.Machine, selfcheck.Machine, appearance.Machine, layout.TopicMachine, layout.BarMachine, lexicon.PackMachine}, watchMachines(), guardMachines(), appraiseMachines())
}

// Carriers are the modules that carry what is a unit's to who follows it, in a
// reorganisation. Objects go first, then the clocks, then what is about either.
func Carriers() []org.Module {
	return append([]org.Module{registry.Reorganise(), cutover.Reorganise(), obligation.Reorganise(), approval.Reorganise(), lifecycle.Reorganise(),
		library.Reorganise(), columns.Reorganise(), media.Reorganise(), disclosure.Reorganise(), letters.Reorganise(), assessment.Reorganise(), reporting.Reorganise(), annual.Reorganise(),
		notice.Reorganise(), filing.Reorganise(), closing.Reorganise(), merit.Reorganise(), operator.Reorganise(), tenancy.Reorganise(), protection.Reorganise(),
		coordination.Reorganise(), budget.Reorganise(), lexicon.Reorganise(), guidance.Reorganise(), reposting.Reorganise(), training.Reorganise(), selfcheck.Reorganise(),
		reconciliation.Reorganise(), matrix.Reorganise(), platform.Reorganise(), moveout.Reorganise(), queries.Reorganise(), notify.Reorganise()}, slices.Concat(watchCarriers(), guardCarriers(), appraiseCarriers())...)
}

// obligationKinds are the clocks of the law that the house runs.
func obligationKinds() []obligation.Kind {
	return slices.Concat(
		lifecycle.Obligations(),
		registry.Obligations(),
		reconciliation.Obligations(),
		approval.Obligations(),
		roster.Obligations(),
		cutover.Obligations(),
		notice.Obligations(),
		filing.Obligations(),
		closing.Obligations(),
		selfcheck.Obligations(),
		annual.Obligations(),
		recordObligations(),
		estateObligations(),
		guardObligations(),
		appraiseObligations(),
		errorreport.Obligations(),
		watchObligations(),
		library.Obligations(),
		appearance.Obligations(),
		publishing.Obligations(),
		layout.Obligations(),
		reporting.Obligations(),
		[]obligation.Kind{guidance.ReturnKind, reposting.Duty24h, training.YearlyKind, disclosure.Due, letters.ReplyKind},
		assessment.Obligations(),
	)
}

// Settle links the audit chain to its end: a command has finished its effects
// when it exits.
func (h *House) Settle(ctx context.Context) error {
	_, err := h.sequencer.Link(ctx)
	return err
}

// Close ends everything that Open began.
func (h *House) Close(ctx context.Context) error {
	var errs []error
	if h.sequencer != nil {
		errs = append(errs, h.sequencer.Close(ctx))
	}
	if h.listener != nil {
		if err := h.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for i := len(h.closers) - 1; i >= 0; i-- {
		errs = append(errs, h.closers[i]())
	}
	h.closers = nil
	return errors.Join(errs...)
}

// VerifyAudit holds the trail against the head kept outside the database.
func (h *House) VerifyAudit(ctx context.Context) (audit.Report, error) {
	kept, err := audit.ReadHead(h.headFile())
	if err != nil {
		return audit.Report{}, err
	}
	// What a command or a house that was killed left without its link is linked first:
	// nobody slipped it in.
	if err := h.Settle(ctx); err != nil {
		return audit.Report{}, err
	}
	return audit.Verify(ctx, h.DB, kept, h.DB.Now().Add(-audit.Grace))
}
