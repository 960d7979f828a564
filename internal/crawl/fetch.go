package crawl

import (
	"context"
	"time"

	"zhengshu/internal/egress"
)

// longestHold is the longest rest a server may ask for before one more request.
const longestHold = time.Minute

// Fetch asks for one address in its host's turn, where robots.txt allows it; ok
// is false, with the reason, where it does not. A server that asks for a rest of
// at most a minute is asked once more after it.
func (m *Manners) Fetch(ctx context.Context, address string, o egress.Options) (resp *egress.Response, ok bool, why Why, err error) {
	if ok, why, err = m.allowed(ctx, address); err != nil || !ok {
		return nil, false, why, err
	}
	resp, wait, err := m.get(ctx, address, o)
	if wait > 0 && wait <= longestHold && ctx.Err() == nil {
		m.hold(hostOf(address), wait)
		resp, _, err = m.get(ctx, address, o)
	}
	return resp, true, "", err
}

// Ask asks for one address in its host's turn without regard to robots.txt: for an address that a crawl was allowed to
// read before.
func (m *Manners) Ask(ctx context.Context, address string, o egress.Options) (*egress.Response, error) {
	at, err := Canonical("", address)
	if err != nil {
		at = address
	}
	leave, err := m.enter(ctx, hostOf(at))
	if err != nil {
		return &egress.Response{Requested: address}, err
	}
	defer leave()
	if o.UserAgent == "" {
		o.UserAgent = m.agent
	}
	return m.client.Get(ctx, address, o)
}

// IsFile tells by its name that an address is a file and no page: a crawl does
// not visit it.
func IsFile(address string) bool { return download(address) }
