package assessment

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/rules/packs"
)

// inForce keeps what the house is judged by for those who ask at every look of
// a machine.
type inForce struct {
	mu        sync.Mutex
	at        time.Time
	packs     []packs.Pack
	adoptions []Adoption
}

// refreshInForce is how old what PackOn says may be.
const refreshInForce = time.Minute

// PackOn is the pack of sites and accounts in force on a day: the newest version
// that the province has adopted, else the newest shipped one. The checks look
// for what it names, verified or not; whether it may judge is another matter.
// When the database does not answer, what was in force last is.
func (s *Service) PackOn(on calendar.Date) (packs.Pack, bool) { return s.PackNamed(PackID, on) }

// PackNamed is PackOn of another pack: that of the offices.
func (s *Service) PackNamed(id string, on calendar.Date) (packs.Pack, bool) {
	f := &s.force
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := s.db.Now(); f.at.IsZero() || now.Sub(f.at) >= refreshInForce || now.Before(f.at) {
		ctx := context.Background()
		at, err := s.atHand(ctx, s.db)
		var adoptions []Adoption
		if err == nil {
			adoptions, err = s.adoptions(ctx, s.db, ScoreFilter{}.known(now))
		}
		if err == nil {
			f.packs, f.adoptions, f.at = at, adoptions, now
		} else {
			slog.Error("assessment: the packs in force could not be read again", "cause", err)
		}
	}
	var best packs.Pack
	for _, a := range f.adoptions {
		for _, p := range f.packs {
			if a.Pack == id && p.ID == a.Pack && p.Version == a.Version && p.InForce(on) && p.Version > best.Version {
				best = p
			}
		}
	}
	if best.Version > 0 {
		return best, true
	}
	return packs.Pick(s.packs, id, on)
}
