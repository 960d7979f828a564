package lifecycle

import (
	"context"

	"zhengshu/internal/authz"
	"zhengshu/internal/calendar"
	"zhengshu/internal/registry"
)

// Filed are the times during which an object in scope was off the net with
// leave, or in an emergency that the supervisor has reported in writing: not
// counted against it (readings 7). Until is zero while one lasts.
func (s *Service) Filed(ctx context.Context, scope authz.Scope, ref registry.Ref) (from, until []calendar.Date, err error) {
	if _, err := s.registry.Object(ctx, s.db, scope, ref); err != nil {
		return nil, nil, err
	}
	list, err := s.windows(ctx, s.db, ref)
	for _, w := range list {
		if w.From.IsZero() || w.State != WindowRunning && w.State != WindowEnded || unreported(w) {
			continue
		}
		end := w.Until
		if w.State == WindowRunning {
			end = calendar.Date{}
		}
		from, until = append(from, w.From), append(until, end)
	}
	return from, until, err
}
