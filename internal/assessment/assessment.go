package assessment

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
	"zhengshu/internal/rules/sx2021"
)

// PackID is the pack by which sites and accounts are scored: 国办秘函〔2019〕19号.
const PackID = "gwb-2019-19"

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Inspection  *inspection.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store // keeps what units attach to answers
	// Settings are the province's choices; the defaults when nil.
	Settings func() sx2021.Settings
	// Accounts judges an account anew and gives its check sheet; without it no
	// order can be made of a sheet.
	Accounts func(ctx context.Context, scope authz.Scope, id registry.AccountID) ([]check.Finding, error)
	// Packs are the packs at hand; the embedded ones when nil.
	Packs []packs.Pack
	// Observers are the modules that know facts under some indicator.
	Observers []Observer
}

// Service is the door of assessment.
type Service struct {
	db          *db.DB
	org         *org.Service
	registry    *registry.Service
	inspection  *inspection.Service
	obligations *obligation.Service
	days        calendar.Workdays
	store       blob.Store
	settings    func() sx2021.Settings
	accounts    func(ctx context.Context, scope authz.Scope, id registry.AccountID) ([]check.Finding, error)
	// retestsByItself: an answer is retested by a job.
	retestsByItself bool
	packs           []packs.Pack
	observers       []Observer
	sources         []Source
	force           inForce
}

// New makes the service and registers with inspection what becomes of an order
// when one of its findings moves. The error is of the embedded packs.
func New(p Parts) (*Service, error) {
	if p.Packs == nil {
		var err error
		if p.Packs, err = packs.Embedded(); err != nil {
			return nil, err
		}
	}
	s := &Service{db: p.DB, org: p.Org, registry: p.Registry, inspection: p.Inspection, obligations: p.Obligations,
		days: p.Days, store: p.Store, settings: p.Settings, accounts: p.Accounts, packs: p.Packs, observers: p.Observers}
	if s.settings == nil {
		s.settings = sx2021.Defaults
	}
	p.Inspection.OnMoved(s.findingMoved)
	p.Inspection.OnErrand(s.errandEnded)
	p.Registry.OnEnded(s.ended)
	p.Inspection.ExemptFrom(s.exempt)
	p.Inspection.RetestFrom(manual, func(_ context.Context, _ registry.Site, f inspection.Finding) (engine.Look, error) {
		return engine.Look{Outcome: engine.Unknown, Says: "这是人工发现的问题，不能自动复测，请由主管单位人员核实。", Evidence: engine.Evidence{URL: f.URL, At: p.DB.Now()}}, nil
	})
	return s, nil
}

// Reader is where scores are read from, for those who hold no database.
func (s *Service) Reader() db.Querier { return s.db }

// Observe registers another module that knows facts under some indicator.
func (s *Service) Observe(list ...Observer) { s.observers = append(s.observers, list...) }

func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }

// systemScope is for reads inside an act whose own scope was checked.
func systemScope() authz.Scope { return authz.System("assessment") }
