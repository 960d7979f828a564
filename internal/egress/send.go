package egress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Dial opens one connection to a host and port for a protocol that is not
// HTTP. named says that the operator of the system entered this very host: a
// mail server usually stands inside, so private addresses and any port are
// dialled then; link-local and multicast ones never are. Otherwise the policy
// holds as for a request.
func (c *Client) Dial(ctx context.Context, host string, port uint16, named bool) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.p.Connect)
	defer cancel()
	host, err := Host(host)
	if err != nil || port == 0 {
		return nil, wrong(BadScheme, host, err, "主机名或端口不正确，请核对设置。")
	}
	r, err := c.route(ctx, host, port, named)
	if err != nil {
		return nil, err
	}
	var last error
	for _, ap := range r {
		conn, err := c.dial(ctx, ap)
		if err == nil {
			return conn, nil
		}
		last = err
	}
	return nil, wrong(TCP, host, last, "%s 的端口 %d 连接不上，请检查服务器和防火墙。", clip(host), port)
}

func (c *Client) route(ctx context.Context, host string, port uint16, named bool) ([]netip.AddrPort, error) {
	if !named {
		r, err := c.find(ctx, host, port)
		return tried(r.addrs), err
	}
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else if addrs, err = c.p.Resolver.Resolve(ctx, host); err != nil || len(addrs) == 0 {
		return nil, wrong(DNS, host, err, "域名 %s 无法解析，请核对设置中的主机名。", clip(host))
	}
	var out []netip.AddrPort
	for _, a := range addrs {
		a = a.Unmap()
		if a.IsUnspecified() || a.IsLinkLocalUnicast() || a.IsMulticast() {
			return nil, wrong(RefusedAddress, host, nil, "%s 指向 %s，不能作为外发地址，请核对域名解析。", clip(host), a)
		}
		out = append(out, netip.AddrPortFrom(a, port))
	}
	return out, nil
}

// Post sends body to a URL and reads at most 64 KB of the answer. Redirects
// are not followed: what is signed goes to the address that was entered and
// nowhere else. named is as for Dial.
func (c *Client) Post(ctx context.Context, rawURL string, header http.Header, body []byte, named bool) (*Response, error) {
	return c.PostUpTo(ctx, rawURL, header, body, named, 64<<10)
}

// PostUpTo is Post that reads at most so many bytes of the answer; one that is
// longer is Partial.
func (c *Client) PostUpTo(ctx context.Context, rawURL string, header http.Header, body []byte, named bool, most int64) (*Response, error) {
	resp := &Response{Requested: rawURL, Started: c.p.Now().UTC()}
	begun := time.Now()
	defer func() { resp.Took = time.Since(begun) }()
	ctx, stop := context.WithTimeout(ctx, c.p.Total)
	defer stop()
	u, err := parse(rawURL)
	if err != nil {
		return resp, err
	}
	host := u.Hostname()
	rt := c.carriers[carriage{}]
	if named {
		rt = c.transport(carriage{})
		dial := func(ctx context.Context, _, addr string) (net.Conn, error) {
			h, port, err := split(addr)
			if err != nil {
				return nil, err
			}
			return c.Dial(ctx, h, port, true)
		}
		rt.DialContext, rt.DialTLSContext = dial, nil
		rt.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.p.Roots}
		defer rt.CloseIdleConnections()
	} else if e := c.admit(host, portOf(u)); e != nil {
		return resp, e
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return resp, wrong(BadScheme, host, err, "网址格式不正确，请填写以 https:// 开头的完整网址。")
	}
	req.Header = header.Clone()
	req.Header.Set("User-Agent", Agent)
	r, err := rt.RoundTrip(req)
	if err != nil {
		return resp, c.classify(ctx, host, err)
	}
	defer r.Body.Close()
	resp.Status, resp.Header, resp.Final = r.StatusCode, r.Header, u.String()
	if resp.Body, err = io.ReadAll(io.LimitReader(r.Body, most+1)); err != nil && !errors.Is(err, io.EOF) || int64(len(resp.Body)) > most {
		resp.Partial, resp.Body = true, resp.Body[:min(int64(len(resp.Body)), most)]
	}
	return resp, nil
}
