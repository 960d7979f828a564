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
// something else answers by it: the addresses by which this system tests its line, or
// sites that opened by IPv6 before.
func (s *Service) sixthLine(ctx context.Context, host string) (string, error) {
	if time.Since(s.Client.OutsideOver6()) < line6Trusted {
		return "", nil
	}
	s.line6.mu.Lock()
	defer s.line6.mu.Unlock()
	if s.line6.why != "" && s.DB.Now().Sub(s.line6.at) < line6Dead {
		return s.line6.why, nil
	}
	why, err := s.askLine6(ctx, host)
	if err == nil {
		s.line6.at, s.line6.why = s.DB.Now(), why
	}
	return why, err
}

func (s *Service) askLine6(ctx context.Context, host string) (string, error) {
	places, err := s.Inspection.Vantages(ctx)
	if err != nil {
		return "", err
	}
	var points []string
	for _, v := range places {
		if v.ID != inspection.OwnVantage {
			continue
		}
		for _, a := range v.Line {
			u, err := url.Parse(a)
			if err != nil {
				return "", fmt.Errorf("hosts: address of the own line: %w", err)
			}
			if addrs, err := s.Client.Addresses(ctx, u.Hostname()); err == nil && hasSixth(addrs) {
				points = append(points, a)
			}
		}
	}
	others, err := db.All(ctx, s.DB, db.Value[string], `SELECT s.host FROM host_look h JOIN site s ON s.id = h.site_id WHERE h.ipv6 = 'kept' AND s.host <> $1 AND s.monitored AND s.state = 'running' ORDER BY h.at DESC, s.id LIMIT $2`, host, line6Sites)
	if err != nil {
		return "", err
	}
	for _, h := range others {
		points = append(points, s.at("http", h))
	}
	if len(points) == 0 {
		return "分不清是网站还是本机的 IPv6 线路不通（没有别的地址以 IPv6 印证，可在“监测点”登记有 IPv6 地址的自检地址）", nil
	}
	if slices.ContainsFunc(points, func(a string) bool { return s.answersOver6(ctx, a) }) {
		return "", nil
	}
	return fmt.Sprintf("本机的 IPv6 线路没有得到印证：%d 个已知地址以 IPv6 也都没有应答", len(points)), nil
}

// answersOver6 reports whether anybody answers at an address by IPv6, whatever it is.
func (s *Service) answersOver6(ctx context.Context, address string) bool {
	r, ok, _, err := s.Inspection.Manners().Fetch(ctx, address, egress.Options{Over6: true, NoFollow: true, RecordTLSFault: true, WantBody: func(int, http.Header) bool { return false }})
	if !ok || r == nil {
		return false
	}
	var e *egress.Error
	return err == nil || r.Status > 0 || errors.As(err, &e) && (e.Kind == egress.TLS || e.NobodyListens())
}
