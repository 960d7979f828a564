package publishing

import (
	"context"
	"log/slog"
	"time"

	"zhengshu/internal/registry"
)

// timing says, in the log of whoever asks for so much (debug), where the time
// of an urgent release went. A nil one measures nothing.
type timing struct {
	log  *slog.Logger
	last time.Time
	laps []any
}

func (p *Publisher) timing() *timing {
	if !p.config.Log.Enabled(context.Background(), slog.LevelDebug) {
		return nil
	}
	return &timing{log: p.config.Log, last: time.Now()}
}

// lap ends a part that began with the one before.
func (t *timing) lap(part string) {
	if t == nil {
		return
	}
	now := time.Now()
	t.laps = append(t.laps, slog.Duration(part, now.Sub(t.last).Round(10*time.Microsecond)))
	t.last = now
}

func (t *timing) tell(ctx context.Context, site registry.SiteID) {
	if t != nil {
		t.log.DebugContext(ctx, "release made", append([]any{"site", site}, t.laps...)...)
	}
}
