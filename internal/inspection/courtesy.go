package inspection

import (
	"context"

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
// somebody who waits for it; why is the reason where nothing can be said.
func (s *Service) OutsideLink(ctx context.Context, address string) (r check.LinkResult, why string) {
	return engine.JudgeOutside(ctx, s.client, s.Links(), s.manners, address)
}
