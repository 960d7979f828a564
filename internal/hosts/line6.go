package hosts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/inspection"
)

// A line of the sixth version may be routed and lead nowhere: then every site is
// silent by it. So silence says something of a site only where another address
// answers by IPv6.

const (
	// line6Trusted is how long an answer by IPv6 proves that our line leads out, and
	// how long it is taken for dead without being tried again.
	line6Trusted = 10 * time.Minute
	line6Dead    = 5 * time.Minute
	// line6Sites is how many sites that opened by IPv6 at their last look are asked.
	line6Sites = 3
)

// line6 is how our own line of the sixth version was found last, where it answered
// nothing.
type line6 struct {
	mu  sync.Mutex
	at  time.Time
	why string
}

// sixthLine says why the silence of a host by IPv6 may be our own line's; empty where
// something else answers by it: one of the points that are known to.
func (e *Eye) sixthLine(ctx context.Context, points []string) string {
	if time.Since(e.Client.OutsideOver6()) < line6Trusted {
		return ""
	}
	e.line6.mu.Lock()
	defer e.line6.mu.Unlock()
	if e.line6.why != "" && e.Now().Sub(e.line6.at) < line6Dead {
		return e.line6.why
	}
	e.line6.at, e.line6.why = e.Now(), e.askLine6(ctx, points)
	return e.line6.why
}

func (e *Eye) askLine6(ctx context.Context, points []string) string {
	var six []string
	for _, p := range points {
		u, err := url.Parse(p)
		if err != nil {
			continue // no address proves nothing
		}
		if addrs, err := e.Client.Addresses(ctx, u.Hostname()); err == nil && hasSixth(addrs) {
			six = append(six, p)
		}
	}
	if len(six) == 0 {
		return "分不清是网站还是" + e.Self + "的 IPv6 线路不通（没有别的地址以 IPv6 印证，可在“监测点”登记有 IPv6 地址的自检地址）"
	}
	if slices.ContainsFunc(six, func(a string) bool { return e.answersOver6(ctx, a) }) {
		return ""
	}
	return fmt.Sprintf("%s的 IPv6 线路没有得到印证：%d 个已知地址以 IPv6 也都没有应答", e.Self, len(six))
}

// answersOver6 reports whether anybody answers at an address by IPv6, whatever it is.
func (e *Eye) answersOver6(ctx context.Context, address string) bool {
	r, ok, _, err := e.Manners.Fetch(ctx, address, egress.Options{Over6: true, NoFollow: true, RecordTLSFault: true, WantBody: func(int, http.Header) bool { return false }})
	if !ok || r == nil {
		return false
	}
	var fail *egress.Error
	return err == nil || r.Status > 0 || errors.As(err, &fail) && (fail.Kind == egress.TLS || fail.NobodyListens())
}

// points are addresses by which a line of the sixth version is proved: those by which
// this system, and where others look for it the vantages, test their lines, and sites
// that opened by IPv6 at their last look.
func (s *Service) points(ctx context.Context, host string) ([]string, error) {
	places, err := s.Inspection.Vantages(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, v := range places {
		if v.ID == inspection.OwnVantage || s.Inspection.AsksOutside() && v.Revoked.IsZero() {
			out = append(out, v.Line...)
		}
	}
	others, err := db.All(ctx, s.DB, db.Value[string], `SELECT s.host FROM host_look h JOIN site s ON s.id = h.site_id WHERE h.ipv6 = 'kept' AND s.host <> $1 AND s.monitored AND s.state = 'running' ORDER BY h.at DESC, s.id LIMIT $2`, host, line6Sites)
	if err != nil {
		return nil, err
	}
	for _, h := range others {
		out = append(out, s.eye.at("http", h))
	}
	return out, nil
}
