package crawl

import (
	"context"
	"net/http"
	"time"

	"zhengshu/internal/egress"
)

// longestHold is the longest rest a server may ask for before one more request.
const longestHold = time.Minute

// Fetch asks for one address in its host's turn, where robots.txt allows it; ok
// is false, with the reason, where it does not. Each redirect is a request of its
// own, in the turn and with the leave of the host it leads to: where that leave is
// refused, the answer of the redirect comes with it. A server that asks for a rest
// of at most a minute is asked once more after it.
func (m *Manners) Fetch(ctx context.Context, address string, o egress.Options) (resp *egress.Response, ok bool, why Why, err error) {
	return m.follow(ctx, address, o, m.allowed, func(at string, o egress.Options) (*egress.Response, error) {
		resp, wait, err := m.get(ctx, at, o)
		if wait > 0 && wait <= longestHold && ctx.Err() == nil {
			m.hold(hostOf(spelling(at)), wait)
			resp, _, err = m.get(ctx, at, o)
		}
		return resp, err
	})
}

// Once is Fetch for whoever has no time to wait out the rest a server asks for: a
// browser that counts how long a page takes. It keeps our own pause alone.
func (m *Manners) Once(ctx context.Context, address string, o egress.Options) (resp *egress.Response, ok bool, why Why, err error) {
	ctx = asVisitor(ctx)
	return m.follow(ctx, address, o, m.allowed, func(at string, o egress.Options) (*egress.Response, error) {
		resp, _, err := m.get(ctx, at, o)
		return resp, err
	})
}

// Prove asks for one address in its host's turn, without regard to robots.txt and
// without following a redirect. It is for what a site of our own ledger must show
// (a redirect of a host that was closed): such sites are asked by agreement, and
// what they owe cannot be kept from us.
func (m *Manners) Prove(ctx context.Context, address string, o egress.Options) (*egress.Response, error) {
	o.NoFollow = true
	resp, _, err := m.get(ctx, address, o)
	if resp == nil {
		resp = &egress.Response{Requested: address}
	}
	return resp, err
}

// May reports whether robots.txt lets us ask for an address, and if not, why.
func (m *Manners) May(ctx context.Context, address string) (ok bool, why Why, err error) {
	return m.allowed(ctx, spelling(address))
}

// Head asks for the header of one address alone, in its host's turn and where robots.txt allows it; a redirect is not
// followed.
func (m *Manners) Head(ctx context.Context, address string, o egress.Options) (resp *egress.Response, ok bool, why Why, err error) {
	at := spelling(address)
	if ok, why, err = m.allowed(ctx, at); err != nil || !ok {
		return nil, false, why, err
	}
	leave, err := m.enter(ctx, hostOf(at))
	if err != nil {
		return nil, true, "", err
	}
	defer leave()
	o.NoFollow = true
	if o.UserAgent == "" {
		o.UserAgent = m.agent
	}
	resp, err = m.client.Head(ctx, address, o)
	return resp, true, "", err
}

// spelling is the canonical form of an address, or what was given where it has none.
func spelling(address string) string {
	if at, err := Canonical("", address); err == nil {
		return at
	}
	return address
}

// follow asks for an address and for what its redirects lead to; the answer is that of the last with the way to it.
func (m *Manners) follow(ctx context.Context, address string, o egress.Options, may func(context.Context, string) (bool, Why, error), ask func(string, egress.Options) (*egress.Response, error)) (resp *egress.Response, ok bool, why Why, err error) {
	once := o.NoFollow
	o.NoFollow = true
	var way egress.Response
	visited, cookies := map[string]bool{}, false
	for at := address; ; {
		if ok, why, err = may(ctx, spelling(at)); err != nil || !ok {
			return resp, false, why, err
		}
		next, err := ask(at, o)
		if next == nil {
			return resp, true, "", err
		}
		resp = next
		if way.Started.IsZero() {
			way.Started = resp.Started
		}
		way.Took += resp.Took
		resp.Requested, resp.Started, resp.Took, resp.Redirects, resp.Downgraded = address, way.Started, way.Took, way.Redirects, way.Downgraded
		if err != nil || resp.Location == "" || once {
			return resp, true, "", err
		}
		visited[at], visited[resp.Final] = true, true
		cookies = cookies || resp.Header.Get("Set-Cookie") != ""
		way.Redirects = append(way.Redirects, resp.Final)
		loop, host := visited[resp.Location], nameOf(resp.Location)
		switch {
		case (loop || len(way.Redirects) > maxHops) && cookies:
			return resp, true, "", egress.Wall(egress.RedirectLoop, host)
		case loop:
			return resp, true, "", &egress.Error{Kind: egress.RedirectLoop, Host: host, Says: "该网址的跳转形成循环，浏览器无法打开，请检查跳转设置。"}
		case len(way.Redirects) > maxHops:
			return resp, true, "", &egress.Error{Kind: egress.TooManyRedirects, Host: host, Says: "该网址连续跳转次数过多，请减少跳转。"}
		}
		way.Downgraded = way.Downgraded || egress.Downgrades(resp.Final, resp.Location)
		at = resp.Location
	}
}

// get asks once, in the host's turn. Wait is the rest the server asked for, zero when it asked for none.
func (m *Manners) get(ctx context.Context, address string, o egress.Options) (resp *egress.Response, wait time.Duration, err error) {
	leave, err := m.enter(ctx, hostOf(spelling(address)))
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	if o.UserAgent == "" {
		o.UserAgent = m.agent
	}
	resp, err = m.client.Get(ctx, address, o)
	if err == nil && (resp.Status == http.StatusTooManyRequests || resp.Status == http.StatusServiceUnavailable) {
		if d, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
			wait = max(d, 10*time.Millisecond)
		}
	}
	return resp, wait, err
}

// IsFile tells by its name that an address is a file and no page: a crawl does
// not visit it.
func IsFile(address string) bool { return download(address) }
