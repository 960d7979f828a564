package inspection

import (
	"context"
	"net/url"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/inspection/engine"
)

// Manners are those of the house: whoever asks a host beside the patrol takes
// its turn with it.
func (s *Service) Manners() *crawl.Manners { return s.manners }

// pace is what the province lets one address be asked for.
func (s *Service) pace() crawl.Pace {
	set := s.set.Province()
	return crawl.Pace{AtOnce: set.AddressAtOnce, PerSecond: set.AddressPerSecond}
}

// Links are the verdicts the patrol shares; without a frontier nothing is shared
// but the turns.
func (s *Service) Links() *crawl.LinkCheck {
	if s.links == nil {
		return crawl.NewLinkCheck(s.client, s.manners, 0)
	}
	return s.links
}

// OutsideLink is what the patrol would say of a link that leads outside, for
// somebody who waits for it; why is the reason where nothing can be said. A host of
// the ledger is asked as its own patrol asks it.
func (s *Service) OutsideLink(ctx context.Context, l check.Link) (r check.LinkResult, why string, err error) {
	known := false
	if u, perr := url.Parse(l.URL); perr == nil {
		if known, err = s.registry.KnowsHost(ctx, s.db, u.Hostname()); err != nil {
			return r, "", err
		}
	}
	w := engine.Outside{Client: s.client, Links: s.Links(), Manners: s.manners}
	if s.set.Frontier != nil {
		w.Hosts = s.set.Frontier
	}
	return engine.JudgeOutside(ctx, w, l, known)
}
