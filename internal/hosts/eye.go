package hosts

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/publicsuffix"

	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/crawl"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
)

// What is seen of the names and machines behind a site is seen by an eye: this house's
// own where it has a way, that of a crawler where it has none. What follows from it the
// house says, with its ledger and its address data.

// Eye looks at names and machines.
type Eye struct {
	Client  *egress.Client
	Manners *crawl.Manners
	Now     func() time.Time
	// Self is the machine that looks, as sentences name it: 本机.
	Self string
	// Plain and Secure are the ports of sites; 80 and 443.
	Plain, Secure uint16
	line6         line6
}

// Ask is what an eye is told of a site.
type Ask struct {
	Host string `json:"host"`
	// Zone is whose name servers are asked for; empty: none are.
	Zone string `json:"zone,omitempty"`
	// Others are the hosts of the site's zone that are of other units' sites.
	Others []string `json:"others,omitempty"`
	// Points are addresses by which a line of the sixth version is proved.
	Points []string `json:"points,omitempty"`
}

// Sight is what an eye saw.
type Sight struct {
	Host string `json:"host"`
	// Untold is why the name led nowhere: then nothing else was seen.
	Untold    string   `json:"untold,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	// Servers are the name servers of the zone asked for, ServersUntold why they were
	// not told.
	Servers       []string    `json:"servers,omitempty"`
	ServersUntold string      `json:"servers_untold,omitempty"`
	TLS           *check.TLS  `json:"tls,omitempty"`
	IPv6          *check.IPv6 `json:"ipv6,omitempty"`
	// Chain are the certificates that were shown, as a PEM file; empty: none.
	Chain blob.Ref `json:"chain,omitempty"`
	Home  bool     `json:"home,omitempty"` // the home page opened
	Taken []Taken  `json:"taken,omitempty"`
}

// Taken is a host of what a home page is made of, or why its addresses were not told.
type Taken struct {
	Host      string   `json:"host"`
	Addresses []string `json:"addresses,omitempty"`
	Not       string   `json:"not,omitempty"`
}

// Kind names these looks in the exchange with crawlers.
const Kind = "host"

// Looker has a crawler look.
func Looker(t inspection.Tools, plain, secure uint16) inspection.Looker {
	eye := &Eye{Client: t.Client, Manners: t.Manners, Now: t.Now, Self: "外网巡检机", Plain: plain, Secure: secure}
	return func(ctx context.Context, what json.RawMessage, keep func([]byte) (blob.Ref, error)) (any, error) {
		var a Ask
		if err := json.Unmarshal(what, &a); err != nil {
			return nil, fault.New(fault.Invalid, "没有检测：交办的内容不能识别，请把外网巡检机程序更新到与主系统同一版本。").From(err)
		}
		return eye.Look(ctx, a, keep)
	}
}

// Look asks the DNS and the server. keep stores the certificates; nil: they are not kept.
func (e *Eye) Look(ctx context.Context, a Ask, keep func([]byte) (blob.Ref, error)) (Sight, error) {
	out := Sight{Host: a.Host}
	addrs, err := e.Client.Addresses(ctx, a.Host)
	if err != nil {
		out.Untold = why(err)
		return out, nil //nolint:nilerr // not told is what was seen
	}
	out.Addresses = text(addrs)
	if a.Zone != "" {
		if out.Servers, err = e.Client.NameServers(ctx, a.Zone); err != nil {
			out.ServersUntold = why(err)
		}
	}
	var chain [][]byte
	out.TLS, chain = e.tls(ctx, a.Host)
	if body := pemOf(chain); keep != nil && len(body) > 0 {
		if out.Chain, err = keep(body); err != nil {
			return out, err
		}
	}
	others := make(map[string]bool, len(a.Others))
	for _, h := range a.Others {
		others[h] = true
	}
	pages := e.open(ctx, a.Host)
	pages.anothers = within(a.Host, others)
	ask := &asker{client: e.Client, ctx: ctx, known: map[string]told{a.Host: {addrs: addrs}}}
	out.IPv6 = e.sixth(a, addrs, pages, ask)
	if pages.home == nil {
		return out, nil
	}
	out.Home = true
	out.Taken = ask.taken(slices.DeleteFunc(taken(pages.home, a.Host), pages.anothers))
	return out, nil
}

// taken asks for the hosts of what a home page is made of: as many as are taken in, the
// last of them standing for those that are not asked for.
func (a *asker) taken(hosts []string) (out []Taken) {
	for _, h := range hosts {
		if len(out) == maxHosts-1 {
			return append(out, Taken{Host: h, Not: tooMany})
		}
		t := a.addresses(h)
		out = append(out, Taken{Host: h, Addresses: text(t.addrs), Not: t.not})
	}
	return out
}

// tooMany is why a name was not asked for.
var tooMany = fmt.Sprintf("一次最多查询 %d 个主机", maxHosts)

// text are addresses as they travel.
func text(list []netip.Addr) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.String())
	}
	return out
}

const (
	// maxChain bounds the certificates kept of one handshake, and their file.
	maxChain     = 10
	maxChainFile = 64 << 10
)

// pemOf is a chain as a file, the site's own certificate first.
func pemOf(chain [][]byte) []byte {
	var b bytes.Buffer
	for _, der := range chain[:min(len(chain), maxChain)] {
		part := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		if b.Len()+len(part) > maxChainFile {
			break
		}
		b.Write(part)
	}
	return b.Bytes()
}

// why says why something could not be told.
func why(err error) string {
	var e *egress.Error
	if errors.As(err, &e) {
		return strings.TrimRight(e.Says, "。")
	}
	return "网络中断"
}

// tls shakes hands in each version. That there is no encryption is said only where
// the server answers so: a port nobody listens at while the site's other one takes
// connections, or answers that are no handshake. No answer in time, or one from our
// own side, tells nothing.
func (e *Eye) tls(ctx context.Context, host string) (out *check.TLS, chain [][]byte) {
	out = &check.TLS{}
	cut := false
	for _, v := range []uint16{tls.VersionTLS13, tls.VersionTLS12, tls.VersionTLS11, tls.VersionTLS10} {
		f, err := e.Client.Handshake(ctx, host, e.Secure, v)
		var fail *egress.Error
		switch {
		case err == nil:
		case errors.As(err, &fail) && fail.Kind == egress.TLS:
			cut = cut || errors.Is(fail.Err, syscall.ECONNRESET) || errors.Is(fail.Err, io.EOF)
			continue // not in this version
		case out.Best != "" && fail != nil && (fail.Kind == egress.TCP || fail.Kind == egress.Timeout):
			continue // old versions are dropped without a word
		case fail != nil && fail.NobodyListens():
			if plain, err := e.Client.Dial(ctx, host, e.Plain, false); err != nil {
				out.Untold = fmt.Sprintf("%d 和 %d 端口都没有连上，不能判断有没有启用 HTTPS", e.Secure, e.Plain)
			} else {
				plain.Close()
			}
			return out, nil
		default:
			out.Untold = why(err)
			return out, nil
		}
		out.Offered = true
		if v < tls.VersionTLS12 {
			out.Old = append(out.Old, f.Version)
			continue
		}
		if out.Best == "" {
			out.Best = f.Version
			out.Fault = f.Fault.Says()
			if f.Fault == egress.OutdatedVersion {
				out.Fault = ""
			}
			if f.Unrooted {
				out.Unproven = e.Self + "没有安装根证书，没有核对证书的签发机构，请系统管理员安装"
			}
			out.Until = calendar.DateOf(f.NotAfter)
			out.Cert, out.For, chain = f.SHA256, f.Subject, f.Chain
			if len(f.Names) > 0 {
				out.For = f.Names[0]
			}
		}
		if slices.ContainsFunc(tls.InsecureCipherSuites(), func(c *tls.CipherSuite) bool { return c.Name == f.Cipher }) {
			out.Weak = f.Cipher
		}
	}
	if !out.Offered && cut {
		// A firewall that drops us looks so, too; a server without encryption answers.
		out.Untold = fmt.Sprintf("%d 端口接受连接而中断加密握手，可能拒绝平台的访问，不能判断有没有启用 HTTPS，请人工打开核实", e.Secure)
	}
	return out, chain
}

// opened are the home page and some pages below it.
type opened struct {
	home  *check.Page
	below []*check.Page
	// anothers says which hosts are of other units' sites.
	anothers func(host string) bool
}

// open fetches the home page and a few of its own links, one after another in the
// host's turn, where robots.txt allows it.
func (e *Eye) open(ctx context.Context, host string) opened {
	var out opened
	fetch := func(address string) *check.Page {
		r, ok, _, err := e.Manners.Fetch(ctx, address, egress.Options{RecordTLSFault: true, MaxBody: pageBody})
		if err != nil || !ok || r.Status >= 400 {
			return nil
		}
		p, err := check.ParsePage(r.Body, r.Header.Get("Content-Type"), r.Final)
		if err != nil {
			return nil
		}
		return p
	}
	if out.home = fetch(e.at("http", host)); out.home == nil {
		if out.home = fetch(e.at("https", host)); out.home == nil {
			return out
		}
	}
	seen := map[string]bool{out.home.URL: true}
	for _, l := range own(out.home, host) {
		if len(out.below) == pagesBelow || ctx.Err() != nil {
			break
		}
		if seen[l] {
			continue
		}
		seen[l] = true
		if p := fetch(l); p != nil {
			out.below = append(out.below, p)
		}
	}
	return out
}

// at is a host's home page.
func (e *Eye) at(scheme, host string) string {
	switch {
	case scheme == "http" && e.Plain != 80:
		host = net.JoinHostPort(host, strconv.Itoa(int(e.Plain)))
	case scheme == "https" && e.Secure != 443:
		host = net.JoinHostPort(host, strconv.Itoa(int(e.Secure)))
	}
	return scheme + "://" + host + "/"
}

// own are the absolute links of a page that stay within the site's domain, each
// once.
func own(p *check.Page, host string) []string {
	zone := zoneOf(host)
	var out []string
	seen := map[string]bool{}
	for _, l := range p.Links {
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || zoneOf(u.Hostname()) != zone {
			continue
		}
		u.Fragment = ""
		if a := u.String(); !seen[a] {
			seen[a] = true
			out = append(out, a)
		}
	}
	return out
}

func zoneOf(host string) string {
	if z, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(host)); err == nil {
		return z
	}
	return strings.ToLower(host)
}

// asker asks the DNS for each name once.
type asker struct {
	client *egress.Client
	ctx    context.Context
	known  map[string]told
}

// told is the answer for a name, or why there is none.
type told struct {
	addrs []netip.Addr
	not   string
}

func (a *asker) addresses(host string) told {
	t, ok := a.known[host]
	switch {
	case ok:
		return t
	case len(a.known) >= maxHosts:
		return told{not: tooMany}
	}
	list, err := a.client.Addresses(a.ctx, host)
	if t.addrs = list; err != nil {
		t = told{not: why(err)}
	}
	a.known[host] = t
	return t
}

func hasSixth(list []netip.Addr) bool {
	return slices.ContainsFunc(list, func(a netip.Addr) bool { return a.Is6() && !a.Is4In6() })
}

func (e *Eye) sixth(a Ask, addrs []netip.Addr, pages opened, ask *asker) *check.IPv6 {
	v := &check.IPv6{Addresses: hasSixth(addrs)}
	if v.Addresses {
		if e.openOver6(ask.ctx, a, pages.home, v); !v.Reach {
			v.Untried = cmp.Or(v.Untried, e.Self+"没有 IPv6 线路")
		}
	}
	counted := map[string]bool{}
	count := func(p *check.Page) (all, ok, untold int) {
		for _, l := range own(p, a.Host) {
			u, err := url.Parse(l)
			if err != nil || counted[l] {
				continue // a menu is on every page; its links are of the level above
			}
			counted[l] = true
			if pages.anothers(u.Hostname()) {
				continue
			}
			all++
			switch t := ask.addresses(u.Hostname()); {
			case t.not != "":
				untold++
			case hasSixth(t.addrs):
				ok++
			}
		}
		return all, ok, untold
	}
	if pages.home != nil {
		v.Second, v.SecondOK, v.SecondUntold = count(pages.home)
	}
	for _, p := range pages.below {
		all, ok, untold := count(p)
		v.Third, v.ThirdOK, v.ThirdUntold = v.Third+all, v.ThirdOK+ok, v.ThirdUntold+untold
	}
	return v
}

// openOver6 asks for the home page by IPv6 alone, with the manners of every other
// request, and holds what comes against what came before. Silence is the site's only
// where something else answers by IPv6.
func (e *Eye) openOver6(ctx context.Context, a Ask, home *check.Page, v *check.IPv6) {
	for _, scheme := range []string{"http", "https"} {
		r, ok, no, err := e.Manners.Fetch(ctx, e.at(scheme, a.Host), egress.Options{RecordTLSFault: true, MaxBody: pageBody, Over6: true})
		var fail *egress.Error
		switch {
		case !ok && err == nil:
			v.Untried = strings.TrimRight(no.Says(), "。")
			return
		case errors.As(err, &fail) && fail.Kind == egress.TooLarge && r.Status < 400 && len(r.Body) > 0:
			v.Reach, v.Opens = true, true // more than we read of a page: it opened
			return
		case errors.As(err, &fail) && fail.Unrouted():
			continue
		case fail == nil && err != nil, fail != nil && (!fail.Blames() || fail.Kind == egress.DNS):
			v.Untried = why(err)
			return
		case fail != nil && fail.Silent():
			if why := e.sixthLine(ctx, a.Points); why != "" {
				v.Reach, v.Untried = false, why
				return
			}
			v.Reach, v.Shut = true, cmp.Or(v.Shut, strings.TrimRight(fail.Says, "。"))
			continue
		case fail != nil:
			v.Reach, v.Shut = true, cmp.Or(v.Shut, why(err)) // an answer says more than a port nobody listens at
			continue
		case egress.Refuses(r.Status):
			v.Untried = fmt.Sprintf("网站拒绝平台的访问（状态码 %d），请人工打开查看", r.Status)
			return
		case r.Status >= 400:
			v.Reach, v.Shut = true, fmt.Sprintf("返回状态码 %d", r.Status)
			continue
		}
		v.Reach, v.Opens, v.Shut = true, true, ""
		if home == nil {
			return
		}
		if p, err := check.ParsePage(r.Body, r.Header.Get("Content-Type"), r.Final); err != nil {
			v.Strange = "不是网页"
		} else if !check.Alike(home, p) {
			v.Strange = "没有标题"
			if t := []rune(p.DocumentTitle()); len(t) > 0 {
				v.Strange = "标题为“" + string(t[:min(len(t), 60)]) + "”"
			}
		}
		return
	}
}

// taken are the hosts of what a home page is made of, in order: scripts, styles
// and pictures wherever they lie, and the files it offers from its own zone. A
// page that is only linked is somebody's site, not a server of this one.
func taken(p *check.Page, host string) []string {
	var out []string
	for _, l := range p.Links {
		u, err := url.Parse(l.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Hostname() == host || slices.Contains(out, u.Hostname()) {
			continue
		}
		switch l.Kind {
		case check.LinkScript, check.LinkStyle, check.LinkImage:
		case check.LinkAttachment:
			if zoneOf(u.Hostname()) != zoneOf(host) {
				continue
			}
		default:
			continue
		}
		out = append(out, u.Hostname())
	}
	return out
}

// within gives whether a host is of another's site, of those known.
func within(own string, known map[string]bool) func(host string) bool {
	return func(host string) bool {
		host = strings.ToLower(host)
		if host == own || strings.HasSuffix(host, "."+own) {
			return false
		}
		zone := zoneOf(host)
		for h := host; ; {
			// What stands under the name of a whole zone need not be its holder's.
			if known[h] && (h == host || h != zone) {
				return true
			}
			_, rest, ok := strings.Cut(h, ".")
			if !ok {
				return false
			}
			h = rest
		}
	}
}
