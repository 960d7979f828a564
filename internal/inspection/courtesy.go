package inspection

import (
	"context"
	"net/http"
	"time"

	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
)

// Manners are those of the house: whoever asks a host beside the patrol takes
// its turn with it.
func (s *Service) Manners() *crawl.Manners { return s.manners }

// Links are the verdicts the patrol shares; without a frontier nothing is shared
// but the turns.
func (s *Service) Links() *crawl.LinkCheck {
	if s.links == nil {
		return crawl.NewLinkCheck(s.client, s.manners, 0)
	}
	return s.links
}

// lineTrusted is how long an answer from the public network proves that the line
// leads there.
const lineTrusted = 10 * time.Minute

// OutsideLink is what the patrol would say of a link that leads outside, for
// somebody who waits for it; why is the reason where nothing can be said.
func (s *Service) OutsideLink(ctx context.Context, address string) (r check.LinkResult, why string) {
	ctx = crawl.Urgent(ctx)
	k := &linked{link: check.Link{Href: address, URL: address, Kind: check.LinkExternal}}
	got := s.Links().Check(ctx, address)
	r, why = judged(k, got)
	switch {
	case why != "":
		return r, why
	case r.Err != "" && !s.client.Outside().After(got.At.Add(-lineTrusted)):
		return r, "近期没有任何外部网站应答，检测机可能不能访问外网，未能检测。"
	case r.Status == http.StatusOK:
		if why := landing(ctx, s.manners, &r); why != "" {
			return r, why
		}
	}
	return r, ""
}
