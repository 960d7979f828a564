package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// route is where a host and port may be dialled: the own listener, or all its addresses, checked, those of IPv4 first.
type route struct {
	addrs []netip.AddrPort
	own   bool
}

// admit judges what can be judged without asking the DNS.
func (c *Client) admit(host string, port uint16) *Error {
	if c.local(host, port) {
		return nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return c.check(host, a, port)
	}
	if c.ownHost(host) {
		if port != c.p.Local.Port() && !slices.Contains(c.p.Ports, port) {
			return refusePort(host, port)
		}
		return nil
	}
	if !slices.Contains(c.p.Ports, port) && !slices.ContainsFunc(c.p.Allow, func(a netip.AddrPort) bool { return a.Port() == port }) {
		return refusePort(host, port)
	}
	if under(host, "localhost") && c.p.Local.IsValid() {
		return wrong(RefusedAddress, host, nil, "%s 只能访问本平台自己的端口 %d，请核对地址。", clip(host), c.p.Local.Port())
	}
	for _, n := range slices.Concat(inner, c.p.RefuseNames) {
		if under(host, n) {
			return wrong(RefusedAddress, host, nil, "%s 是内部名称，平台不访问，请填写公开的网站域名。", clip(host))
		}
	}
	if !strings.Contains(host, ".") {
		return wrong(RefusedAddress, host, nil, "%s 不是完整的域名，平台不访问，请填写公开的网站域名。", clip(host))
	}
	return nil
}

// Admits refuses an address that the policy never lets anybody ask for, as far as
// can be told before its name is resolved: so that it is refused where it is typed,
// by what refuses it when it is asked for. The error is an *Error.
func (c *Client) Admits(rawURL string) error {
	u, err := parse(rawURL)
	if err != nil {
		return err
	}
	if e := c.admit(u.Hostname(), portOf(u)); e != nil {
		return e
	}
	return nil
}

func refusePort(host string, port uint16) *Error {
	return wrong(RefusedAddress, host, fmt.Errorf("port %d", port), "%s 的端口 %d 不在允许访问的端口之列，请核对地址，确需访问的由管理员加入名单。", clip(host), port)
}

func (c *Client) local(host string, port uint16) bool {
	return c.p.Local.IsValid() && under(host, "localhost") && port == c.p.Local.Port()
}

func (c *Client) ownHost(host string) bool {
	return c.p.Own != nil && c.p.Local.IsValid() && !under(host, "localhost") && c.p.Own(host)
}

// check judges one address and port.
func (c *Client) check(host string, a netip.Addr, port uint16) *Error {
	if slices.Contains(c.p.Allow, netip.AddrPortFrom(a, port)) {
		return nil
	}
	if name, yes := Special(a); yes {
		return wrong(RefusedAddress, host, fmt.Errorf("address %s", a), "%s 指向 %s（%s地址），不是公开网站，平台不访问，请核对域名解析。", clip(host), a, name)
	}
	if slices.Contains(c.p.OwnAddresses, a) || c.p.Local.IsValid() && c.p.Local.Addr().Unmap() == a {
		return wrong(RefusedAddress, host, fmt.Errorf("own address %s", a), "%s 指向本平台自身的地址，但不是本平台承载的网站，平台不访问，请核对域名解析。", clip(host))
	}
	if !slices.Contains(c.p.Ports, port) {
		return refusePort(host, port)
	}
	return nil
}

// Accepts reports whether a name that leads to an address may be believed, when another
// machine asked for it: by the same rules as when it is asked for here.
func (c *Client) Accepts(host string, a netip.Addr) error {
	if c.ownHost(host) {
		return nil
	}
	if e := c.check(host, a, 443); e != nil {
		return e
	}
	return nil
}

// HasNoWay reports whether this machine is known to have no way to the Internet, see Policy.NoWay.
func (c *Client) HasNoWay() bool { return c.p.NoWay != nil && c.p.NoWay() }

func noWay(host string) *Error {
	return wrong(NoWay, host, errors.New("no way to the Internet"), "平台不能访问互联网，%s 没有从本平台检测，不能据此认定有问题，请以监测点、外网巡检机的结果为准或人工查看。", clip(host))
}

// find resolves a host once and checks every address: one bad address refuses the name, since an answer that mixes
// public and private addresses is how a name is turned round between check and use.
func (c *Client) find(ctx context.Context, host string, port uint16) (route, error) {
	if e := c.admit(host, port); e != nil {
		return route{}, e
	}
	if c.local(host, port) || c.ownHost(host) {
		return route{addrs: []netip.AddrPort{c.p.Local}, own: true}, nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		ap := netip.AddrPortFrom(a.Unmap(), port)
		if c.HasNoWay() && !slices.Contains(c.p.Allow, ap) {
			return route{}, noWay(host)
		}
		return route{addrs: []netip.AddrPort{ap}}, nil
	}
	addrs, err := c.resolve(ctx, host)
	if err != nil {
		return route{}, err
	}
	var r route
	for _, a := range addrs {
		if e := c.check(host, a, port); e != nil {
			return route{}, e
		}
		r.addrs = append(r.addrs, netip.AddrPortFrom(a, port))
	}
	return r, nil
}

// resolve asks the DNS for all addresses of a host, those of IPv4 first: many vantage points have no IPv6 route, and a
// site is not down for that. None of them is checked.
func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if c.HasNoWay() {
		return nil, noWay(host)
	}
	addrs, err := c.p.Resolver.Resolve(ctx, host)
	if err != nil || len(addrs) == 0 {
		if err == nil {
			err = errors.New("no address")
		}
		if ctx.Err() != nil {
			return nil, wrong(DNS, host, err, "域名 %s 在 %s内没有得到解析结果，请检查域名服务器。", clip(host), seconds(c.p.Connect))
		}
		return nil, wrong(DNS, host, err, "域名 %s 无法解析，请核对域名是否正确、是否到期、解析是否生效。", clip(host))
	}
	out := make([]netip.Addr, 0, len(addrs))
	for _, a := range addrs {
		// Resolvers hand out IPv4 in the mapped form; in a URL that form is a disguise, here it is not.
		if a = a.Unmap(); !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b netip.Addr) int { return a.BitLen() - b.BitLen() })
	return out, nil
}

// maxTries is how many addresses of a host one connection is tried at.
const maxTries = 4

// tried are the addresses that are dialled, in order. Where more stand than are tried, one of the sixth version keeps
// its place, so that a site whose servers of the fourth are all dead is still opened.
func tried(addrs []netip.AddrPort) []netip.AddrPort {
	if len(addrs) <= maxTries {
		return addrs
	}
	out := slices.Clone(addrs[:maxTries])
	if i := slices.IndexFunc(addrs, func(a netip.AddrPort) bool { return a.Addr().Is6() }); i >= maxTries {
		out[maxTries-1] = addrs[i]
	}
	return out
}

// dialPlain is what net/http calls; addr carries the canonical host of the URL.
func (c *Client) dialPlain(by carriage) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, c.p.Connect)
		defer cancel()
		conn, _, _, err := c.connect(ctx, addr, by.sixth)
		return conn, err
	}
}

func (c *Client) connect(ctx context.Context, addr string, sixth bool) (net.Conn, string, route, error) {
	host, port, err := split(addr)
	if err != nil {
		return nil, addr, route{}, wrong(BadScheme, addr, err, "网址中的主机或端口不正确，请核对地址。")
	}
	r, err := c.find(ctx, host, port)
	if err != nil {
		return nil, host, r, err
	}
	if sixth {
		if r.own {
			return nil, host, r, wrong(RefusedAddress, host, nil, "%s 由本平台承载，不能从内部以 IPv6 打开，请由外部的监测点检查。", clip(host))
		}
		r.addrs = slices.DeleteFunc(r.addrs, func(a netip.AddrPort) bool { return !a.Addr().Is6() })
		if len(r.addrs) == 0 {
			return nil, host, r, wrong(TCP, host, errors.New("no IPv6 address"), "%s 没有 IPv6 地址，请增加 AAAA 解析。", clip(host))
		}
	}
	var last error
	list := tried(r.addrs)
	for i, ap := range list {
		try, cancel := ctx, context.CancelFunc(func() {})
		if dl, ok := ctx.Deadline(); ok && i < len(list)-1 {
			// A share of what is left, so that a dead first address leaves time for the next.
			try, cancel = context.WithTimeout(ctx, time.Until(dl)/time.Duration(len(list)-i))
		}
		conn, err := c.dial(try, ap)
		cancel()
		if err == nil {
			return conn, host, r, nil
		}
		if last == nil || !unrouted(err) {
			last = err // what a server did says more than that we have no way to it
		}
	}
	var ne net.Error
	if errors.As(last, &ne) && ne.Timeout() {
		return nil, host, r, wrong(TCP, host, last, "%s 在 %s内无法建立连接，请检查服务器和防火墙是否开放。", clip(host), seconds(c.p.Connect))
	}
	return nil, host, r, wrong(TCP, host, last, "%s 拒绝或中断了连接，请检查服务器是否启动、端口是否开放。", clip(host))
}

func split(addr string) (string, uint16, error) {
	h, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(p, 10, 16)
	if err != nil || n == 0 {
		return "", 0, errHost
	}
	if h, err = Host(h); err != nil {
		return "", 0, err
	}
	return h, uint16(n), nil
}

// dialChecked opens the connection and, in the last moment before connect(2), compares the address of the socket with
// the one that was checked: nothing between here and the kernel may choose another.
func dialChecked(ctx context.Context, ap netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			got, err := netip.ParseAddrPort(address)
			if err != nil || netip.AddrPortFrom(got.Addr().Unmap(), got.Port()) != ap {
				return fmt.Errorf("socket address %q is not the checked %s", address, ap)
			}
			return nil
		},
	}
	return d.DialContext(ctx, "tcp", ap.String())
}

// browserSuites are Go's own choice and the RSA key exchange that Go gave up and browsers still accept: old government
// servers know nothing newer, and a site that opens for every visitor is not unreachable.
var browserSuites = append(suites(tls.CipherSuites()),
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_CBC_SHA, tls.TLS_RSA_WITH_AES_256_CBC_SHA)

// anySuite is for looking at a site whatever its encryption is worth; TLSFacts.Cipher says what it was.
var anySuite = append(suites(tls.CipherSuites()), suites(tls.InsecureCipherSuites())...)

func suites(list []*tls.CipherSuite) (ids []uint16) {
	for _, s := range list {
		ids = append(ids, s.ID)
	}
	return ids
}

// dialTLS connects and shakes hands. Verification is done here and not in crypto/tls, so that a fault can be either an
// error or, when it is recorded, a fact about the site.
func (c *Client) dialTLS(by carriage) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, c.p.Connect)
		defer cancel()
		raw, host, r, err := c.connect(ctx, addr, by.sixth)
		if err != nil {
			return nil, err
		}
		if r.own && !c.p.LocalTLS {
			return raw, nil
		}
		conf := &tls.Config{
			ServerName:         host,
			InsecureSkipVerify: true, // verified just below, by the same rules
			NextProtos:         []string{"http/1.1"},
			MinVersion:         tls.VersionTLS12,
			CipherSuites:       browserSuites,
		}
		if by.record {
			conf.MinVersion, conf.CipherSuites = tls.VersionTLS10, anySuite
		}
		conn := tls.Client(raw, conf)
		if err := conn.HandshakeContext(ctx); err != nil {
			raw.Close()
			return nil, wrong(TLS, host, err, "与 %s 无法建立加密连接，请检查是否启用 HTTPS 以及 TLS 版本（应为 1.2 以上）。", clip(host))
		}
		if !by.record {
			if fault, err := c.verify(conn.ConnectionState(), host); fault != "" {
				conn.Close()
				if fault == UnknownAuthority && c.rootless() {
					e := wrong(TLS, host, err, "本机没有安装根证书，不能核对 %s 的证书，请系统管理员安装。", clip(host))
					e.Ours = true
					return nil, e
				}
				return nil, wrong(TLS, host, err, "%s 的%s", clip(host), fault.Says())
			}
		}
		return conn, nil
	}
}
