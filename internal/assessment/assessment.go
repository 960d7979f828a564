package assessment

import (
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/inspection"
	"zhengshu/internal/obligation"
	"zhengshu/internal/org"
	"zhengshu/internal/registry"
	"zhengshu/internal/rules/packs"
)

// PackID is the pack by which sites and accounts are scored: 国办秘函〔2019〕19号.
const PackID = "gwb-2019-19"

// Settings are the province's; the zero value takes the defaults given.
type Settings struct {
	// Working days to put a finding right, by severity: 1, 5 and 10.
	SeriousDays, ErrorDays, AdviceDays int
	// ReopenWithin is how many days after closing an order the same defect,
	// found anew, opens it again instead of waiting for a new order: 30.
	ReopenWithin int
}

func (s Settings) filled() Settings {
	for _, d := range []struct {
		at *int
		n  int
	}{{&s.SeriousDays, 1}, {&s.ErrorDays, 5}, {&s.AdviceDays, 10}, {&s.ReopenWithin, 30}} {
		if *d.at <= 0 {
			*d.at = d.n
		}
	}
	return s
}

// Parts are what the service stands on.
type Parts struct {
	DB          *db.DB
	Org         *org.Service
	Registry    *registry.Service
	Inspection  *inspection.Service
	Obligations *obligation.Service
	Days        calendar.Workdays
	Store       blob.Store // keeps what units attach to answers
	Settings    Settings
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
	set         Settings
	packs       []packs.Pack
	observers   []Observer
	force       inForce
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
		days: p.Days, store: p.Store, set: p.Settings.filled(), packs: p.Packs, observers: p.Observers}
	p.Inspection.OnMoved(s.findingMoved)
	return s, nil
}

// Reader is where scores are read from, for those who hold no database.
func (s *Service) Reader() db.Querier { return s.db }

// Observe registers another module that knows facts under some indicator.
func (s *Service) Observe(list ...Observer) { s.observers = append(s.observers, list...) }

func (s *Service) today() calendar.Date { return calendar.DateOf(s.db.Now()) }

// systemScope is for reads inside an act whose own scope was checked.
func systemScope() authz.Scope { return authz.System("assessment") }

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}
