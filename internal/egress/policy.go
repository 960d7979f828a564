package egress

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Resolver turns a name into addresses. The name is ASCII, lower case, without a final dot.
type Resolver interface {
	Resolve(ctx context.Context, host string) ([]netip.Addr, error)
}

// Policy says where requests may go and what an answer may cost. The zero value is the strict policy for the open
// Internet with the limits of the crawler safety contract; every field widens or narrows exactly one thing.
type Policy struct {
	// Ports lists further ports beside 80 and 443.
	Ports []uint16
	// Allow adds exactly these listeners, whatever name leads to them, though their address be refused otherwise.
	Allow []netip.AddrPort
	// Local is the platform's own listener. Names under "localhost" lead there and nowhere else, and only when the port
	// asked for is its port. Sites for which Own answers true are dialled there too. When it is not set, "localhost"
	// is refused.
	Local netip.AddrPort
	// LocalTLS says that Local speaks TLS. When it does not, an https URL of an own site is asked in clear with
	// X-Forwarded-Proto, as the reverse proxy in front of us would.
	LocalTLS bool
	// Own reports whether a host is served by this installation.
	Own func(host string) bool
	// OwnAddresses are the public addresses of this installation. A name that leads to one of them is refused unless
	// Own knows it, so that nobody can register our own back door as a site to inspect.
	OwnAddresses []netip.Addr
	// RefuseNames lists further names to refuse, with all names below them.
	RefuseNames []string

	// NoWay reports that this machine has no way to the Internet. Then only what is served here and the listeners that
	// Allow adds are asked, and no resolver is: everything else is an error of the kind NoWay, without an attempt. It is
	// asked each time, so that it may change; nil: there is a way. What the operator named (Dial, Post) is not held by
	// it: a mail server stands inside.
	NoWay func() bool

	Resolver Resolver         // nil: the system's
	Now      func() time.Time // nil: time.Now; decides certificate validity and time stamps, not time-outs
	Roots    *x509.CertPool   // nil: the system's

	Total        time.Duration // whole exchange with all redirects; 20 s
	FirstByte    time.Duration // request sent to header complete; 10 s
	Connect      time.Duration // DNS, TCP and TLS of one connection; 10 s
	ProbeLimit   time.Duration // whole probe; 15 s, the least the indicators accept ("15 秒以上")
	MinSpeed     int64         // bytes a second averaged over SpeedWindow; 64; negative: none
	SpeedWindow  time.Duration // 5 s
	MaxHeader    int64         // bytes; 64 KB
	MaxBody      int64         // bytes after decompression; 10 MB
	MaxRatio     int64         // decompressed over wire bytes; 100
	MaxRedirects int           // 5; negative: none
	KeepPerHost  int           // idle connections kept to a host; 2
}

func (p Policy) filled() Policy {
	fill(&p.Total, 20*time.Second)
	fill(&p.FirstByte, 10*time.Second)
	fill(&p.Connect, 10*time.Second)
	fill(&p.ProbeLimit, 15*time.Second)
	fill(&p.MinSpeed, 64)
	fill(&p.SpeedWindow, 5*time.Second)
	fill(&p.MaxHeader, 64<<10)
	fill(&p.MaxBody, 10<<20)
	fill(&p.MaxRatio, 100)
	fill(&p.MaxRedirects, 5)
	fill(&p.KeepPerHost, 2)
	if p.Now == nil {
		p.Now = time.Now
	}
	if p.Resolver == nil {
		p.Resolver = system{}
	}
	p.Ports = append([]uint16{80, 443}, p.Ports...)
	p.Allow = slices.Clone(p.Allow)
	p.OwnAddresses = slices.Clone(p.OwnAddresses)
	p.RefuseNames = slices.Clone(p.RefuseNames)
	for i, a := range p.Allow {
		p.Allow[i] = netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
	}
	for i, a := range p.OwnAddresses {
		p.OwnAddresses[i] = a.Unmap()
	}
	for i, n := range p.RefuseNames {
		p.RefuseNames[i] = strings.ToLower(strings.Trim(n, "."))
	}
	return p
}

// Here are the public addresses of this machine; behind a translator of addresses it has none of its own.
func Here() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	return public(list), nil
}

func public(list []net.Addr) (out []netip.Addr) {
	for _, a := range list {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue // of another network than IP
		}
		if _, special := Special(p.Addr().Unmap()); !special {
			out = append(out, p.Addr().Unmap())
		}
	}
	return out
}

func fill[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

// seconds writes a limit as Chinese readers expect it.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " 秒"
}

type system struct{}

// Resolve asks with a final dot, so that the search domains of the machine never complete a name.
func (system) Resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host+".")
}
