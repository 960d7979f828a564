package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"zhengshu/internal/approval"
	"zhengshu/internal/approval/approvalweb"
	"zhengshu/internal/assessment"
	"zhengshu/internal/audit"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/check/proofread"
	"zhengshu/internal/closing"
	"zhengshu/internal/db"
	"zhengshu/internal/demo"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/filing"
	"zhengshu/internal/filing/filingweb"
	"zhengshu/internal/inspection"
	"zhengshu/internal/jobs"
	"zhengshu/internal/letters"
	"zhengshu/internal/library"
	"zhengshu/internal/lifecycle"
	"zhengshu/internal/notice"
	"zhengshu/internal/notify"
	"zhengshu/internal/obligation"
	"zhengshu/internal/obligation/obligationweb"
	"zhengshu/internal/org"
	"zhengshu/internal/passage"
	"zhengshu/internal/portal"
	"zhengshu/internal/publishing"
	"zhengshu/internal/registry"
	"zhengshu/internal/reporting"
	"zhengshu/internal/rules"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
	"zhengshu/internal/seal"
	"zhengshu/internal/signin"
	"zhengshu/internal/workbench"
	"zhengshu/migrations"
)

// Config says where the house keeps its things and how it is reached. The zero
// value with a Dir works.
type Config struct {
	Dir     string // data directory
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
	// AuditDigest is sha256 (default) or sm3.
	AuditDigest string
}

// House is everything, opened.
type House struct {
	Config      Config
	DB          *db.DB
	Keys        *seal.Keyring
	Blobs       *blob.Folder
	Days        calendar.Workdays
	Org         *org.Service
	Signin      *signin.Service
	Notify      *notify.Service
	Obligations *obligation.Service
	Approvals   *approval.Service
	Registry    *registry.Service
	Library     *library.Service
	Lifecycle   *lifecycle.Service
	Inspection  *inspection.Service
	Notices     *notice.Service
	Filings     *filing.Service
	Closings    *closing.Service
	Letters     *letters.Service
	Assessment  *assessment.Service
	Reporting   *reporting.Service
	Releases    *publishing.Store
	Publisher   *publishing.Publisher
	Workbench   *workbench.Service
	Rules       rules.Book
	Settings    sx2021.Settings // of the province
	Portal      *portal.Handler
	// Demo is set for a house that holds the demo province: its portals say so
	// whoever opens it.
	Demo bool

	outside   *egress.Client // the house's one way out
	listener  net.Listener   // bound at Open when an address is configured
	workers   *jobs.Workers
	sequencer *audit.Sequencer
	closers   []func() error
}

// proofreader is made once in the process, when a text is first checked: its
// language model takes a moment and some 40 MB.
var proofreader = sync.OnceValues(func() (*proofread.Proofreader, error) { return proofread.New(proofread.Options{}) })

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
	var err error
	if h.DB, err = db.Open(ctx, db.Config{DSN: c.DSN, Dir: c.Dir, Now: c.Clock.Now}); err != nil {
		return fault.New(fault.Unavailable, "数据库打不开，请检查 --data 或 --db。").From(err)
	}
	h.closers = append(h.closers, h.DB.Close)
	if _, err := h.DB.Migrate(ctx, migrations.Files); err != nil {
		return fmt.Errorf("app: migrate: %w", err)
	}
	if h.Keys, err = seal.Open(filepath.Join(c.Dir, "keys")); err != nil {
		return err
	}
	if h.Blobs, err = blob.Disk(filepath.Join(c.Dir, "blobs")); err != nil {
		return err
	}
	if h.Days, err = calendar.Published(); err != nil {
		return err
	}
	if c.Addr != "" {
		if h.listener, err = net.Listen("tcp", c.Addr); err != nil {
			return fault.Newf(fault.Unavailable, "地址 %s 不能监听，可能已被占用；请换一个 --addr。", c.Addr).From(err)
		}
	}
	h.sequencer = audit.NewSequencer(h.DB, ulid.Make().String(), h.headFile())
	return h.wire(ctx)
}

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
	h.Approvals = approval.New(h.DB, h.Org, h.Obligations, h.Days, h.Config.StepDays)
	h.Settings = sx2021.Defaults()
	h.Registry = registry.New(h.DB, h.Org)
	h.Registry.Clocks(h.Obligations)
	h.Registry.Govern(func() sx2021.Settings { return h.Settings })
	h.Library = library.New(h.DB, h.Org, h.Registry, h.Obligations, inspectText, h.Settings)
	library.Register(h.Library, h.workers)
	settings := func() sx2021.Settings { return h.Settings }
	h.Filings = filing.New(h.DB, h.Org, h.Registry, h.Obligations, h.Days, h.Blobs, settings)
	h.Letters = letters.New(h.DB, h.Org, h.Registry, h.Obligations, h.Days, h.Keys)
	if err := h.wirePublishing(ctx); err != nil {
		return err
	}
	if err := h.wireInspection(ctx); err != nil {
		return err
	}
	h.Notices = notice.New(notice.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Inspection: h.Inspection,
		Store: h.Blobs, Fetch: h.outside, Settings: settings, Origin: h.origin, Released: h.released})
	h.Notices.Register(h.workers)
	h.Closings = closing.New(closing.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Obligations: h.Obligations, Inspection: h.Inspection,
		Days: h.Days, Store: h.Blobs, Client: h.outside, Settings: settings, Origin: h.origin, Delay: h.Config.CrawlDelay})
	h.Closings.Register(h.workers)
	h.Lifecycle = lifecycle.New(lifecycle.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Approvals: h.Approvals, Obligations: h.Obligations,
		Store: h.Blobs, Book: h.Rules, Days: h.Days, Notices: h.Notices, Filings: h.Filings, Closings: h.Closings, Settings: settings})
	if h.Assessment, err = assessment.New(assessment.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Inspection: h.Inspection,
		Obligations: h.Obligations, Days: h.Days, Store: h.Blobs,
		Observers: []assessment.Observer{assessment.UnansweredLetters(h.DB, h.Letters, h.Registry)}}); err != nil {
		return err
	}
	h.Reporting = reporting.New(reporting.Parts{DB: h.DB, Org: h.Org, Registry: h.Registry, Assessment: h.Assessment, Letters: reporting.LettersOf(h.Letters)})
	h.Workbench = workbench.New(
		approvalweb.NewInbox(h.Approvals),
		// What an approval or an order asks for stands there already.
		obligationweb.NewInbox(h.Obligations, h.Config.Clock, approval.StepObligation.ID, approval.CountersignObligation.ID, letters.ReplyKind.ID, assessment.RectifyObligation.ID),
		h.Library, h.Letters, h.Assessment, filingweb.NewInbox(h.Filings),
	)
	if h.Demo {
		demo.Work(h.workers, h.demoServices())
	}
	jobs.Handle(h.workers, func(ctx context.Context, _ sweep) error { return h.Sweep(ctx) })
	jobs.Every(h.workers, time.Minute, sweep{})
	if err := passage.Declare(ctx, h.DB, machines()...); err != nil {
		return err
	}
	_, err = h.Registry.AdoptDomains(ctx)
	return err
}

// inspectText is the one engine that warns an author, patrols a page and
// retests a fix.
func inspectText(text string) []check.Span {
	p, err := proofreader()
	if err != nil {
		slog.Error("wording is not checked", "cause", err)
		return check.Text(text)
	}
	return check.Text(text, p)
}

// wireInspection makes the inspector with the house's one way out.
func (h *House) wireInspection(ctx context.Context) error {
	probes, err := inspection.OpenProbes(ctx, h.DB, h.Config.Dir)
	if err != nil {
		return err
	}
	if probes != h.DB {
		h.closers = append(h.closers, probes.Close)
	}
	all, err := packs.Embedded()
	if err != nil {
		return err
	}
	client := egress.New(h.egressPolicy())
	h.closers = append(h.closers, func() error { client.Close(); return nil })
	h.outside = client
	h.Inspection = inspection.New(h.DB, probes, h.Registry, h.Blobs, client, inspection.Settings{
		Delay: h.Config.CrawlDelay, Log: h.Config.Log,
		Scanner: func() (check.Scanner, error) { return proofreader() },
		Pack:    func(on calendar.Date) (packs.Pack, bool) { return packs.Pick(all, "gwb-2019-19", on) },
	})
	h.Inspection.Register(h.workers)
	h.Inspection.ColumnsFrom(h.columnFacts)
	h.Inspection.OriginFrom(h.origin)
	h.Inspection.ItemFrom(func(_ context.Context, _ registry.SiteID, address string) string { return itemLink(address) })
	return nil
}

// egressPolicy lets requests reach the open Internet and, by host name, the
// sites this process serves itself; nothing else here.
func (h *House) egressPolicy() egress.Policy {
	p := egress.Policy{Now: h.Config.Clock.Now}
	if h.listener != nil {
		if a, err := netip.ParseAddrPort(h.listener.Addr().String()); err == nil {
			// A listener on every address is reached at the loopback one.
			if a.Addr().IsUnspecified() {
				a = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), a.Port())
			}
			p.Local = a
			p.Own = h.Portal.Serves
		}
	}
	return p
}

// sweep is the periodic duty over everything that comes due.
type sweep struct{}

// Kind names the job.
func (sweep) Kind() string { return "app.sweep" }

// Sweep does what has come due: obligations, timed publications, old sessions.
// It catches up after an outage.
func (h *House) Sweep(ctx context.Context) error {
	if _, err := h.Library.KeepCycles(ctx); err != nil {
		return err
	}
	if _, err := h.Approvals.Sweep(ctx); err != nil {
		return err
	}
	if _, err := h.Lifecycle.Sweep(ctx); err != nil {
		return err
	}
	if _, err := h.Registry.OpenRecertification(ctx); err != nil {
		return err
	}
	if _, err := h.Obligations.Sweep(ctx); err != nil {
		return err
	}
	return h.Signin.Sweep(ctx)
}

// machines are the states of every kind of object.
func machines() []passage.Machine {
	return []passage.Machine{approval.Machine, registry.SiteMachine, registry.AccountMachine, registry.DomainMachine, library.Machine, letters.Machine,
		inspection.FindingMachine, assessment.OrderMachine, reporting.Machine,
		notice.Machine, filing.Machine, closing.Machine, closing.InquiryMachine}
}

// obligationKinds are the clocks of the law that the house runs.
func obligationKinds() []obligation.Kind {
	kinds := append(append(lifecycle.Obligations(), registry.Obligations()...), library.WaivedInterpretation, library.ColumnUpdate, letters.ReplyKind, assessment.RectifyObligation)
	for _, more := range [][]obligation.Kind{approval.Obligations(), notice.Obligations(), filing.Obligations(), closing.Obligations()} {
		for _, k := range more {
			// A clock that two modules open is declared once.
			if !slices.ContainsFunc(kinds, func(have obligation.Kind) bool { return have.ID == k.ID }) {
				kinds = append(kinds, k)
			}
		}
	}
	return kinds
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
		errs = append(errs, h.Settle(ctx))
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
	return audit.Verify(ctx, h.DB, kept, time.Minute)
}
