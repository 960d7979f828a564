package egress

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Agent is the User-Agent sent when Options names none.
const Agent = "Mozilla/5.0 (compatible; zhengshu/1.0)"

// Client sends requests under one Policy. It is safe for concurrent use; Close it when done.
type Client struct {
	p Policy
	// carriers keep their connections apart: an unverified one must never serve a strict request, nor one of the
	// fourth version one that is made over the sixth.
	carriers map[carriage]*http.Transport
	dial     func(context.Context, netip.AddrPort) (net.Conn, error)
	// public is when a public address answered last, public6 when one of the sixth version did, in nanoseconds of Unix
	// time; 0 for never.
	public, public6 atomic.Int64
}

// carriage is how a request goes out.
type carriage struct{ record, sixth bool }

// New makes a Client. The policy is copied; limits left zero take the values documented on Policy.
func New(p Policy) *Client {
	c := &Client{p: p.filled(), dial: dialChecked, carriers: map[carriage]*http.Transport{}}
	for _, by := range []carriage{{}, {record: true}, {sixth: true}, {record: true, sixth: true}} {
		c.carriers[by] = c.transport(by)
	}
	return c
}

func (c *Client) transport(by carriage) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  nil, // no proxy variables: a proxy would resolve and dial for us
		DialContext:            c.dialPlain(by),
		DialTLSContext:         c.dialTLS(by),
		DisableCompression:     true, // body.go undoes it, counting
		Protocols:              protocols,
		MaxIdleConns:           max(64, 4*c.p.KeepPerHost),
		MaxIdleConnsPerHost:    c.p.KeepPerHost,
		IdleConnTimeout:        10 * time.Second,
		ResponseHeaderTimeout:  c.p.FirstByte,
		MaxResponseHeaderBytes: c.p.MaxHeader,
		ExpectContinueTimeout:  time.Second,
	}
}

// Outside is when an address of the public network answered last, whatever it
// said; zero for never. Who has no such answer cannot tell a dead site from a
// line that leads nowhere.
func (c *Client) Outside() time.Time { return lastOf(&c.public) }

// OutsideOver6 is Outside of the addresses of the sixth version.
func (c *Client) OutsideOver6() time.Time { return lastOf(&c.public6) }

func lastOf(n *atomic.Int64) time.Time {
	if at := n.Load(); at != 0 {
		return time.Unix(0, at).UTC()
	}
	return time.Time{}
}

// Serves reports whether a host is a site of this installation, which is asked at the
// platform's own listener.
func (c *Client) Serves(host string) bool { return c.ownHost(host) }

// Addresses asks the DNS for all the addresses of a host, under the same rules as a
// request: a name that leads to an address that is refused is an error. Of a site that
// this installation serves they are those the world is told, not where it is dialled.
func (c *Client) Addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	return c.AddressesAt(ctx, host, 443)
}

// AddressesAt is Addresses for a request to a port; 0 is that of https.
func (c *Client) AddressesAt(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	if port == 0 {
		port = 443
	}
	ctx, cancel := context.WithTimeout(ctx, c.p.Connect)
	defer cancel()
	if c.ownHost(host) {
		if a, err := netip.ParseAddr(host); err == nil {
			return []netip.Addr{a.Unmap()}, nil
		}
		return c.resolve(ctx, host)
	}
	r, err := c.find(ctx, host, port)
	if err != nil {
		return nil, err
	}
	out := make([]netip.Addr, len(r.addrs))
	for i, a := range r.addrs {
		out[i] = a.Addr()
	}
	return out, nil
}

// Machine is the address that stands for the machine behind a host: the first of all that its name leads to, so that
// names that lead to the same ones are known by it. It is invalid for a site that this installation serves and for a
// name that leads nowhere, or where no request may go. 0 is the port of https.
func (c *Client) Machine(ctx context.Context, host string, port uint16) netip.Addr {
	if c.local(host, port) || c.ownHost(host) {
		return netip.Addr{}
	}
	addrs, err := c.AddressesAt(ctx, host, port)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}
	}
	return slices.MinFunc(addrs, netip.Addr.Compare)
}

// Close drops idle connections. Requests under way end by themselves.
func (c *Client) Close() {
	for _, rt := range c.carriers {
		rt.CloseIdleConnections()
	}
}

// Options vary one request. The zero value follows redirects and verifies certificates.
type Options struct {
	UserAgent       string // "": Agent
	Referer         string // the page that sent the visitor; "": none
	Accept          string // "": HTML first
	MaxBody         int64  // bytes, never more than the policy's; 0: the policy's
	IfNoneMatch     string // entity tag as received
	IfModifiedSince string // date as received
	RecordTLSFault  bool   // go on over a bad certificate or an old protocol and record it in Response.TLS
	NoFollow        bool   // return a redirect instead of following it
	Over6           bool   // by IPv6 alone, at every hop; see Error.Unrouted for a machine without it
	// WantBody is asked once the header is there; false leaves the body unread. Nil reads it.
	WantBody func(status int, header http.Header) bool
}

// Response is what was learnt, also when an error came with it: fields after the point of failure are zero.
type Response struct {
	Requested  string
	Final      string // URL of the last answer, fragment dropped
	Status     int    // 0: no answer
	Header     http.Header
	Body       []byte   // decompressed; the first part only when Partial
	Partial    bool     // the body was cut by a limit, an error or WantBody
	Redirects  []string // every URL that answered with a redirect that was followed, in order
	Location   string   // absolute target of a redirect that was not followed
	Downgraded bool     // a redirect led from https to http
	RemoteAddr netip.AddrPort
	TLS        TLSFacts
	Started    time.Time     // UTC
	TTFB       time.Duration // of the last hop: request begun to first byte of the answer
	Took       time.Duration // all hops and the body
	WireBytes  int64         // body bytes before decompression
}

// Get fetches a URL. Any answer with a status, 404 and 500 included, is no error; the error is always an *Error and
// the Response never nil.
func (c *Client) Get(ctx context.Context, rawURL string, o Options) (*Response, error) {
	return c.do(ctx, http.MethodGet, rawURL, o, c.p.Total)
}

// Head asks for the header only. See Get.
func (c *Client) Head(ctx context.Context, rawURL string, o Options) (*Response, error) {
	return c.do(ctx, http.MethodHead, rawURL, o, c.p.Total)
}

func (c *Client) do(ctx context.Context, method, rawURL string, o Options, total time.Duration) (*Response, error) {
	begun := time.Now()
	resp := &Response{Requested: rawURL, Started: c.p.Now().UTC()}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	limit := time.AfterFunc(total, func() { cancel(limitError(total)) })
	defer limit.Stop()

	err := c.follow(ctx, cancel, method, rawURL, o, resp)
	resp.Took = time.Since(begun)
	if err != nil {
		return resp, err
	}
	return resp, nil
}

func (c *Client) follow(ctx context.Context, cancel context.CancelCauseFunc, method, rawURL string, o Options, resp *Response) error {
	u, err := parse(rawURL)
	if err != nil {
		return err
	}
	var visited map[string]bool
	cookies := false
	for {
		resp.Final = u.String()
		next, err := c.exchange(ctx, cancel, method, u, o, resp)
		if err != nil || next == nil {
			return err
		}
		if visited == nil {
			visited = map[string]bool{}
		}
		visited[resp.Final] = true
		resp.Downgraded = resp.Downgraded || Downgrades(resp.Final, next.String())
		resp.Redirects = append(resp.Redirects, resp.Final)
		cookies = cookies || resp.Header.Get("Set-Cookie") != ""
		host := next.Hostname()
		switch {
		case visited[next.String()] && cookies:
			return Wall(RedirectLoop, host)
		case len(resp.Redirects) > max(0, c.p.MaxRedirects) && cookies:
			return Wall(TooManyRedirects, host)
		case visited[next.String()]:
			return wrong(RedirectLoop, host, errors.New("back to "+next.Redacted()), "%s 的跳转形成循环，浏览器无法打开，请检查跳转设置。", clip(host))
		case len(resp.Redirects) > max(0, c.p.MaxRedirects):
			return wrong(TooManyRedirects, host, nil, "从 %s 开始的跳转超过 %d 次，请减少跳转。", clip(u.Hostname()), max(0, c.p.MaxRedirects))
		}
		u = next
	}
}

// Downgrades reports whether a redirect leads from https to http.
func Downgrades(from, to string) bool {
	a, err := url.Parse(from)
	if err != nil {
		return false
	}
	b, err := url.Parse(to)
	return err == nil && a.Scheme == "https" && b.Scheme == "http"
}

// parse reads an absolute URL and brings its host to the one spelling.
func parse(rawURL string) (*url.URL, error) {
	if len(rawURL) > 8<<10 {
		return nil, wrong(BadScheme, "", nil, "网址过长（超过 8 KB），请核对地址。")
	}
	u, err := url.Parse(strings.TrimSpace(rawURL))
	if err != nil {
		return nil, wrong(BadScheme, "", err, "网址格式不正确，请填写以 http:// 或 https:// 开头的完整网址。")
	}
	return settle(u)
}

func settle(u *url.URL) (*url.URL, error) {
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, wrong(BadScheme, u.Host, errors.New("scheme "+strconv.Quote(clip(u.Scheme))), "只能访问以 http:// 或 https:// 开头的网址，请核对地址。")
	}
	host, err := Host(u.Hostname())
	if err != nil || u.Opaque != "" {
		return nil, wrong(BadScheme, u.Hostname(), err, "网址中的主机名不正确，请核对地址。")
	}
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return nil, wrong(BadScheme, host, err, "网址中的端口不正确，请核对地址。")
	} else if port != "" {
		port = strconv.FormatUint(n, 10)
	}
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	bracketed := host
	if strings.Contains(host, ":") {
		bracketed = "[" + host + "]"
	}
	u.Host = bracketed
	if port != "" {
		u.Host += ":" + port
	}
	u.User = nil // credentials in an address are a disguise of the host, or a secret that is not ours to send
	u.Fragment, u.RawFragment = "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}

func portOf(u *url.URL) uint16 {
	if p := u.Port(); p != "" {
		n, _ := strconv.ParseUint(p, 10, 16) // settle has checked it
		return uint16(n)
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

// exchange asks one URL. It returns the next URL when the answer is a redirect to follow.
func (c *Client) exchange(ctx context.Context, cancel context.CancelCauseFunc, method string, u *url.URL, o Options, resp *Response) (*url.URL, error) {
	host := u.Hostname()
	if e := c.admit(host, portOf(u)); e != nil {
		return nil, e
	}
	var first time.Time
	trace := &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			if a, ok := i.Conn.RemoteAddr().(*net.TCPAddr); ok {
				ap := a.AddrPort()
				resp.RemoteAddr = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
			}
		},
		GotFirstResponseByte: func() { first = time.Now() },
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), method, u.String(), nil)
	if err != nil {
		return nil, wrong(BadScheme, host, err, "网址格式不正确，请核对地址。")
	}
	c.headers(req, o)

	begun := time.Now()
	r, err := c.carriers[carriage{record: o.RecordTLSFault, sixth: o.Over6}].RoundTrip(req)
	if err != nil {
		return nil, c.classify(ctx, host, err)
	}
	defer r.Body.Close()
	a := resp.RemoteAddr.Addr()
	if _, special := Special(a); !special {
		now := time.Now().UnixNano()
		c.public.Store(now)
		if a.Is6() {
			c.public6.Store(now)
		}
	}
	if !first.IsZero() {
		resp.TTFB = first.Sub(begun)
	}
	resp.Status, resp.Header, resp.TLS = r.StatusCode, r.Header, c.facts(r.TLS, host)

	if next := r.Header.Get("Location"); next != "" && redirects(r.StatusCode) {
		t, err := u.Parse(next)
		if err != nil {
			return nil, wrong(BadResponse, host, err, "%s 返回的跳转地址不正确，请检查跳转设置。", clip(host))
		}
		t, err = settle(t)
		if err != nil {
			return nil, err
		}
		if !o.NoFollow {
			return t, nil
		}
		resp.Location = t.String()
	}
	if method == http.MethodHead {
		return nil, nil
	}
	if o.WantBody != nil && !o.WantBody(r.StatusCode, r.Header) {
		resp.Partial = true
		return nil, nil
	}
	most := c.p.MaxBody
	if o.MaxBody > 0 {
		most = min(most, o.MaxBody)
	}
	src := &counter{r: r.Body}
	stop := c.watch(&src.n, cancel)
	resp.Body, err = limits{host: host, max: most, ratio: c.p.MaxRatio}.read(src, r.Header.Values("Content-Encoding"), r.ContentLength)
	stop()
	resp.WireBytes = src.n.Load()
	if err != nil {
		resp.Partial = true
		return nil, c.classify(ctx, host, err)
	}
	return nil, nil
}

func redirects(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

func (c *Client) headers(req *http.Request, o Options) {
	set := func(name, value, fallback string) {
		if value == "" {
			value = fallback
		}
		// A header value with a line end would be refused by net/http as a fault of the site.
		if value = strings.Map(printable, value); value != "" {
			req.Header.Set(name, value)
		}
	}
	set("User-Agent", o.UserAgent, Agent)
	set("Referer", o.Referer, "")
	set("Accept", o.Accept, "text/html,application/xhtml+xml,*/*;q=0.8")
	set("Accept-Language", "zh-CN,zh;q=0.9", "")
	set("Accept-Encoding", "gzip, br", "")
	set("If-None-Match", o.IfNoneMatch, "")
	set("If-Modified-Since", o.IfModifiedSince, "")
	if req.URL.Scheme == "https" && !c.p.LocalTLS {
		if h := req.URL.Hostname(); c.local(h, portOf(req.URL)) || c.ownHost(h) {
			req.Header.Set("X-Forwarded-Proto", "https")
		}
	}
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}
