package inspection

import (
	"context"
	"time"

	"zhengshu/internal/registry"
)

// TighterFrom registers who says how many times tighter a site is probed today
// (protected periods, readings 21): the answer is of the site's area path.
func (s *Service) TighterFrom(fn func(ctx context.Context) (func(areaPath string) int, error)) {
	s.tighter = fn
}

// leastInterval is how often a site is asked at most, however grave the day.
const leastInterval = time.Minute

// intervals gives the time between two probes of each site.
func (s *Service) intervals(ctx context.Context) (func(registry.Site) time.Duration, error) {
	if s.tighter == nil {
		return func(registry.Site) time.Duration { return s.set.Interval }, nil
	}
	factor, err := s.tighter(ctx)
	if err != nil {
		return nil, err
	}
	return func(site registry.Site) time.Duration {
		n := factor(site.AreaPath())
		if n <= 1 {
			return s.set.Interval
		}
		return min(s.set.Interval, max(leastInterval, s.set.Interval/time.Duration(n)))
	}, nil
}
