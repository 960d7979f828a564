package reconciliation

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"strings"

	"zhengshu/internal/abridge"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
)

// Whether a given-up name answers again is asked of the DNS by this house where it has a
// way, and by a crawler where it has none.

// GoneKind names these questions in the exchange with crawlers.
const GoneKind = "gone_name"

// mostGone bounds the addresses told of one name.
const mostGone = 4

// GoneAsk is which name is asked for.
type GoneAsk struct {
	Host string `json:"host"`
}

// GoneSight is what the DNS said: addresses, that there is none, or neither where it did
// not say.
type GoneSight struct {
	Host      string   `json:"host"`
	Addresses []string `json:"addresses,omitempty"`
	None      bool     `json:"none,omitempty"`
	from      string   // who asked, where this house did not
}

// says is what is kept of it; ok is false when the DNS did not say: tomorrow again.
func (x GoneSight) says() (says string, alive, ok bool) {
	switch {
	case len(x.Addresses) > 0:
		return "域名又能解析，指向 " + strings.Join(x.Addresses, "、") + x.from, true, true
	case x.None:
		return "域名没有解析记录" + x.from, false, true
	}
	return "", false, false
}

// GoneLooker has a crawler ask.
func GoneLooker(t inspection.Tools) inspection.Looker {
	return func(ctx context.Context, what json.RawMessage, _ func([]byte) (blob.Ref, error)) (any, error) {
		var a GoneAsk
		if err := json.Unmarshal(what, &a); err != nil {
			return nil, fault.New(fault.Invalid, "没有查询：交办的内容不能识别，请把外网巡检机程序更新到与主系统同一版本。").From(err)
		}
		return askGone(ctx, t.Client, a.Host), nil
	}
}

// askGone asks the DNS for a name; whoever holds it now is never contacted.
func askGone(ctx context.Context, c *egress.Client, host string) GoneSight {
	out := GoneSight{Host: host}
	got, err := c.Addresses(ctx, host)
	for _, a := range got[:min(len(got), mostGone)] {
		out.Addresses = append(out.Addresses, a.String())
	}
	var lookup *net.DNSError
	out.None = errors.As(err, &lookup) && lookup.IsNotFound
	return out
}

// goneOf is the given-up name that is asked for.
func (s *Service) goneOf(ctx context.Context, subject string) (gone, error) {
	g, err := db.One(ctx, s.DB, scanGone, goneSelect+` AND d.id = $2`, calendar.DateOf(s.DB.Now()), subject)
	if db.None(err) {
		return g, fault.New(fault.Refused, "域名已不在观察之列，不用查询。")
	}
	return g, err
}

func (s *Service) goneAsk(ctx context.Context, subject string) (string, any, error) {
	g, err := s.goneOf(ctx, subject)
	return g.host, GoneAsk{g.host}, err
}

// takeGone takes in what a crawler was told of a given-up name.
func (s *Service) takeGone(ctx context.Context, subject string, seen inspection.Seen, _ *inspection.Finding) (engine.Look, error) {
	g, err := s.goneOf(ctx, subject)
	if err != nil {
		return engine.Look{}, err
	}
	x, err := readGone(seen.Body, g.host, s.Client)
	if err != nil {
		return engine.Look{}, err
	}
	x.from = "（外网巡检机“" + abridge.Plain(seen.Vantage, 60) + "”查到）"
	return engine.Look{}, s.keepGone(ctx, g, x)
}

// readGone reads what a crawler says of a name.
func readGone(body []byte, host string, c *egress.Client) (GoneSight, error) {
	var x GoneSight
	if err := json.Unmarshal(body, &x); err != nil {
		return x, fault.New(fault.Invalid, "外网巡检机带回的域名查询结果不能识别，没有采用。请把它的程序更新到与主系统同一版本。").From(err)
	}
	if x.Host != host || len(x.Addresses) > mostGone || x.None && len(x.Addresses) > 0 {
		return x, fault.Newf(fault.Invalid, "外网巡检机带回的不是所交办的域名 %s 的结果，没有采用。", host)
	}
	for i, a := range x.Addresses {
		addr, err := netip.ParseAddr(a)
		if err != nil || c.Accepts(host, addr.Unmap()) != nil {
			return x, fault.Newf(fault.Invalid, "外网巡检机带回的域名 %s 的地址不是公网地址，没有采用。", host)
		}
		x.Addresses[i] = addr.Unmap().String()
	}
	return x, nil
}

// goneMissed: the name is asked for again the next day.
func (s *Service) goneMissed(context.Context, string, string) error { return nil }
