package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
)

// Handshake shakes hands with a host at a port in exactly one version of TLS
// (tls.VersionTLS10 …) and says nothing more: it is how the versions a server
// still accepts are told. An error is an *Error; its kind is TLS where the
// server answered and refused the version, RefusedAddress for a host that is served
// here behind a proxy, which says nothing of its encryption.
func (c *Client) Handshake(ctx context.Context, host string, port uint16, version uint16) (TLSFacts, error) {
	ctx, cancel := context.WithTimeout(ctx, c.p.Connect)
	defer cancel()
	h, err := Host(host)
	if err != nil || port == 0 {
		return TLSFacts{}, wrong(BadScheme, host, err, "主机名或端口不正确，请核对地址。")
	}
	raw, h, r, err := c.connect(ctx, net.JoinHostPort(h, portText(port)), false)
	if err != nil {
		return TLSFacts{}, err
	}
	defer raw.Close()
	if r.own && !c.p.LocalTLS {
		return TLSFacts{}, wrong(RefusedAddress, h, nil, "本平台的加密连接由前面的代理提供，不能从内部检查。")
	}
	conn := tls.Client(raw, &tls.Config{ServerName: h, InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, CipherSuites: anySuite}) // what is wrong is a fact here
	if err := conn.HandshakeContext(ctx); err != nil {
		if ne := (net.Error)(nil); errors.As(err, &ne) && ne.Timeout() {
			return TLSFacts{}, wrong(Timeout, h, err, "与 %s 的加密握手没有在 %s内完成，请稍后再试。", clip(h), seconds(c.p.Connect))
		}
		return TLSFacts{}, wrong(TLS, h, err, "与 %s 不能以 %s 建立加密连接。", clip(h), tls.VersionName(version))
	}
	cs := conn.ConnectionState()
	f := c.facts(&cs, h)
	for _, cert := range cs.PeerCertificates {
		f.Chain = append(f.Chain, cert.Raw)
	}
	return f, nil
}

func portText(p uint16) string {
	var b [5]byte
	i := len(b)
	for ; p > 0; p /= 10 {
		i--
		b[i] = byte('0' + p%10)
	}
	return string(b[i:])
}

// NameServers asks the DNS for the name servers of a zone, without final dots;
// Resolver may bring its own answer.
func (c *Client) NameServers(ctx context.Context, zone string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.p.Connect)
	defer cancel()
	z, err := Host(zone)
	if err != nil {
		return nil, wrong(BadScheme, zone, err, "域名不正确，请核对。")
	}
	if c.HasNoWay() {
		return nil, noWay(z)
	}
	r, ok := c.p.Resolver.(interface {
		NameServers(ctx context.Context, zone string) ([]string, error)
	})
	if !ok {
		return nil, wrong(DNS, z, nil, "解析器不提供域名服务器查询。")
	}
	list, err := r.NameServers(ctx, z)
	if err != nil {
		return nil, wrong(DNS, z, err, "域名 %s 的域名服务器没有查到。", clip(z))
	}
	return list, nil
}

// NameServers asks the system.
func (system) NameServers(ctx context.Context, zone string) ([]string, error) {
	list, err := net.DefaultResolver.LookupNS(ctx, zone+".")
	if err != nil {
		return nil, err
	}
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strings.TrimSuffix(strings.ToLower(n.Host), ".")
	}
	return out, nil
}
