package hosts

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/abridge"
	"zhengshu/internal/authz"
	"zhengshu/internal/blob"
	"zhengshu/internal/calendar"
	"zhengshu/internal/check"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/fault"
	"zhengshu/internal/inspection"
	"zhengshu/internal/inspection/engine"
	"zhengshu/internal/registry"
)

// sightFor is how long what a crawler saw is judged by.
const sightFor = 72 * time.Hour

// sighted is what was seen of a site, when and from where.
type sighted struct {
	Sight
	At        time.Time
	Vantage   string // empty: this house
	none      string // why nothing was seen
	chainSize int64
}

// sight is what this house sees of a site now or, where it has no way there, what a
// crawler saw last.
func (s *Service) sight(ctx context.Context, site registry.Site) (sighted, error) {
	if !s.Client.HasNoWay() && !s.Inspection.AsksOutside() {
		a, err := s.ask(ctx, site)
		if err != nil {
			return sighted{}, err
		}
		out := sighted{At: s.DB.Now()}
		out.Sight, err = s.eye.Look(ctx, a, s.keep(ctx))
		if err == nil {
			err = s.size(ctx, &out)
		}
		return out, err
	}
	now := s.DB.Now()
	type row struct {
		sighted
		seen, missed string
		missedAt     time.Time
	}
	x, err := db.One(ctx, s.DB, func(r db.Scanner) (row, error) {
		var x row
		err := r.Scan(&x.At, &x.Vantage, &x.seen, &x.missedAt, &x.missed)
		return x, err
	}, `SELECT at, vantage, seen, missed_at, missed FROM host_seen WHERE site_id = $1`, site.ID)
	switch {
	case db.None(err):
	case err != nil:
		return sighted{}, err
	case x.missedAt.After(x.At):
		return sighted{At: now, none: strings.TrimRight(x.missed, "。")}, nil
	case now.Sub(x.At) <= sightFor:
		if err := json.Unmarshal([]byte(x.seen), &x.Sight); err != nil {
			return sighted{}, fmt.Errorf("hosts: what was seen of %s: %w", site.ID, err)
		}
		if x.Host == site.Host {
			return x.sighted, s.size(ctx, &x.sighted)
		}
	}
	out := sighted{At: now, none: "平台不能访问互联网，" + registry.ShownHost(site.Host) + " 没有从本平台检测，不能据此认定有问题，请以监测点、外网巡检机的结果为准或人工查看"}
	if s.Inspection.AsksOutside() {
		out.none = "平台不能访问互联网，已交外网巡检机检测，还没有带回结果"
	}
	return out, nil
}

// keep stores certificates; nil where they are not kept.
func (s *Service) keep(ctx context.Context) func([]byte) (blob.Ref, error) {
	if s.Store == nil {
		return nil
	}
	return func(body []byte) (blob.Ref, error) { return s.Store.Put(ctx, strings.NewReader(string(body))) }
}

func (s *Service) size(ctx context.Context, x *sighted) error {
	if x.Chain == "" || s.Store == nil {
		return nil
	}
	body, err := s.chain(ctx, x.Chain)
	x.chainSize = int64(len(body))
	return err
}

func (s *Service) chain(ctx context.Context, ref blob.Ref) ([]byte, error) {
	f, err := s.Store.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(f, maxChainFile+1))
	return body, errors.Join(err, f.Close())
}

// ask is what an eye is told of a site.
func (s *Service) ask(ctx context.Context, site registry.Site) (Ask, error) {
	record, err := s.record(ctx, site)
	if err != nil {
		return Ask{}, err
	}
	a := Ask{Host: site.Host, Zone: zoneAsked(record)}
	others, err := s.others(ctx, site)
	if err != nil {
		return a, err
	}
	zone := zoneOf(site.Host)
	a.Others = slices.DeleteFunc(others, func(h string) bool { return h != zone && !strings.HasSuffix(h, "."+zone) })
	a.Points, err = s.points(ctx, site.Host)
	return a, err
}

// askOutside has a crawler look at a site where this house has no way there; false where
// it has one.
func (s *Service) askOutside(ctx context.Context, id registry.SiteID, urgent bool) (bool, error) {
	if !s.Inspection.AsksOutside() {
		return false, nil
	}
	site, err := s.Registry.Site(ctx, authz.System("hosts.look"), id)
	if err != nil || s.demo(site) {
		return false, err
	}
	_, err = s.Inspection.AskOutside(ctx, Kind, string(id), urgent)
	return err == nil, err
}

// Asked is how the last look at a site in scope stands that a crawler was asked for;
// false where none was.
func (s *Service) Asked(ctx context.Context, scope authz.Scope, id registry.SiteID) (inspection.Asked, bool, error) {
	if _, err := s.Registry.Site(ctx, scope, id); err != nil {
		return inspection.Asked{}, false, err
	}
	return s.Inspection.LastAsk(ctx, s.DB, Kind, string(id))
}

// askOf is what a crawler is told of a site.
func (s *Service) askOf(ctx context.Context, subject string) (string, any, error) {
	system := authz.System("hosts.look")
	if _, err := s.Inspection.Address(ctx, system, registry.SiteID(subject)); err != nil {
		return "", nil, err
	}
	site, err := s.Registry.Site(ctx, system, registry.SiteID(subject))
	if err != nil {
		return "", nil, err
	}
	if site.Host == "" || s.demo(site) {
		return "", nil, fault.New(fault.Refused, "网站没有公网域名，不用检测。")
	}
	a, err := s.ask(ctx, site)
	return site.Host, a, err
}

// subject is the site that has to be looked at again for a finding; empty where it rests
// on the ledger or on a demo.
func (s *Service) subject(ctx context.Context, f inspection.Finding) (string, error) {
	switch f.Check {
	case "host.ipv6", "host.ipv6_deep", "host.tls", "host.certificate", "host.dns", "host.abroad":
		site, err := s.Registry.Site(ctx, authz.System("hosts.look"), f.Site)
		if err != nil || s.demo(site) {
			return "", err
		}
		return string(f.Site), nil
	}
	return "", nil
}

// missed keeps why a crawler saw nothing: what it would have seen could not be tested.
func (s *Service) missed(ctx context.Context, subject, says string) error {
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		_, err := tx.Quiet(ctx, `INSERT INTO host_seen (site_id, missed_at, missed) VALUES ($1, $2, $3) ON CONFLICT (site_id) DO UPDATE SET missed_at = excluded.missed_at, missed = excluded.missed`, subject, tx.Now(), abridge.Cut(says, 300))
		return err
	}); err != nil {
		return err
	}
	_, err := s.look(ctx, registry.SiteID(subject))
	return err
}

// take keeps what a crawler saw and judges it by the rules of this house's own looks.
func (s *Service) take(ctx context.Context, subject string, seen inspection.Seen, of *inspection.Finding) (engine.Look, error) {
	site, err := s.Registry.Site(ctx, authz.System("hosts.look"), registry.SiteID(subject))
	if err != nil {
		return engine.Look{}, err
	}
	var sight Sight
	if err := json.Unmarshal(seen.Body, &sight); err != nil {
		return engine.Look{}, fault.New(fault.Invalid, "外网巡检机带回的域名和主机检测结果不能识别，没有采用。请把它的程序更新到与主系统同一版本。").From(err)
	}
	if err := s.clean(ctx, site, &sight); err != nil {
		return engine.Look{}, err
	}
	body, err := json.Marshal(sight)
	if err != nil {
		return engine.Look{}, err
	}
	if err := s.DB.Update(ctx, func(tx *db.Tx) error {
		n, err := tx.Quiet(ctx, `INSERT INTO host_seen (site_id, at, vantage, seen) VALUES ($1, $2, $3, $4)
			ON CONFLICT (site_id) DO UPDATE SET at = excluded.at, vantage = excluded.vantage, seen = excluded.seen, missed_at = NULL, missed = '' WHERE host_seen.at IS NULL OR host_seen.at <= excluded.at`, site.ID, seen.At, seen.Vantage, string(body))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "其后另有检测，没有采用这次的结果。")
		}
		return err
	}); err != nil {
		return engine.Look{}, err
	}
	if of != nil {
		return s.retest(ctx, site, *of)
	}
	_, err = s.look(ctx, site.ID)
	return engine.Look{}, err
}

const (
	// Bounds of what a crawler tells: of one name, of the name servers, of the links.
	mostAddresses = 100
	mostServers   = 50
	mostLinks     = 100_000
)

// clean refuses what no look can have seen, and cuts what is told to people.
func (s *Service) clean(ctx context.Context, site registry.Site, x *Sight) error {
	bad := func(says string, args ...any) error {
		return fault.Newf(fault.Invalid, "外网巡检机带回的域名和主机检测结果没有采用："+says+"。请核对那台机器和它的程序。", args...)
	}
	if x.Host != site.Host {
		return bad("检测的主机 %s 不是所交办的 %s", abridge.Plain(x.Host, 60), site.Host)
	}
	if x.Untold = abridge.Plain(x.Untold, 200); x.Untold != "" {
		*x = Sight{Host: x.Host, Untold: x.Untold}
		return nil
	}
	if x.TLS == nil || x.IPv6 == nil || len(x.Addresses) == 0 {
		return bad("缺少地址、加密或 IPv6 的结果")
	}
	if len(x.Addresses) > mostAddresses || len(x.Servers) > mostServers || len(x.Taken) > maxHosts {
		return bad("地址、域名服务器或主机的数量超出范围")
	}
	addresses := func(host string, list []string) error {
		for i, a := range list {
			addr, err := netip.ParseAddr(a)
			if err != nil {
				return bad("%s 的地址 %s 不正确", abridge.Plain(host, 60), abridge.Plain(a, 60))
			}
			if addr = addr.Unmap(); s.Client.Accepts(host, addr) != nil {
				return bad("%s 的地址 %s 不是公网地址", abridge.Plain(host, 60), addr)
			}
			list[i] = addr.String()
		}
		return nil
	}
	if err := addresses(x.Host, x.Addresses); err != nil {
		return err
	}
	for i, h := range x.Servers {
		server, err := egress.Host(h)
		if err != nil {
			return bad("域名服务器 %s 不正确", abridge.Plain(h, 60))
		}
		x.Servers[i] = server
	}
	for i := range x.Taken {
		t := &x.Taken[i]
		// What names a page gives its parts is the page's affair, not the crawler's: a strange
		// one is told, and the rest is judged.
		host, err := egress.Host(t.Host)
		switch t.Not = abridge.Plain(t.Not, 200); {
		case err != nil:
			host, t.Not = abridge.Plain(t.Host, 60), cmp.Or(t.Not, "主机名不正确")
		case len(t.Addresses) > mostAddresses:
			t.Not = fmt.Sprintf("地址超过 %d 个", mostAddresses)
		}
		if t.Host = host; t.Not != "" {
			t.Addresses = nil
		}
		if err := addresses(t.Host, t.Addresses); err != nil {
			return err
		}
	}
	x.ServersUntold = abridge.Plain(x.ServersUntold, 200)
	v := x.IPv6
	for _, n := range [][3]int{{v.Second, v.SecondOK, v.SecondUntold}, {v.Third, v.ThirdOK, v.ThirdUntold}} {
		if n[0] < 0 || n[1] < 0 || n[2] < 0 || n[0] > mostLinks || n[1]+n[2] > n[0] {
			return bad("链接的数量不正确")
		}
	}
	six := slices.ContainsFunc(x.Addresses, func(a string) bool { return strings.Contains(a, ":") })
	if v.Addresses != six {
		return bad("有没有 IPv6 地址前后不一致")
	}
	v.Untold, v.Untried, v.Shut, v.Strange = abridge.Plain(v.Untold, 200), abridge.Plain(v.Untried, 200), abridge.Plain(v.Shut, 200), abridge.Plain(v.Strange, 200)
	return s.cleanTLS(ctx, x, bad)
}

// cleanTLS holds what is said of the encryption against the certificates that came with it.
func (s *Service) cleanTLS(ctx context.Context, x *Sight, bad func(string, ...any) error) error {
	t := x.TLS
	t.Untold, t.Weak, t.Best, t.Fault, t.Unproven, t.For = abridge.Plain(t.Untold, 200), abridge.Plain(t.Weak, 80), abridge.Plain(t.Best, 20), abridge.Plain(t.Fault, 200), abridge.Plain(t.Unproven, 200), abridge.Plain(t.For, 253)
	if len(t.Old) > 10 {
		return bad("加密协议版本的数量超出范围")
	}
	for i := range t.Old {
		t.Old[i] = abridge.Plain(t.Old[i], 20)
	}
	if !t.Offered || t.Best == "" {
		*t = check.TLS{Untold: t.Untold, Offered: t.Offered, Old: t.Old, Weak: t.Weak}
		x.Chain = ""
		return nil
	}
	if x.Chain == "" || s.Store == nil {
		return bad("没有附上证书")
	}
	if _, err := blob.ParseRef(string(x.Chain)); err != nil {
		return bad("证书文件的编号不正确")
	}
	body, err := s.chain(ctx, x.Chain)
	if errors.Is(err, blob.ErrNotFound) {
		return bad("没有附上证书")
	}
	if err != nil {
		return err
	}
	block, _ := pem.Decode(body)
	if len(body) > maxChainFile || block == nil || block.Type != "CERTIFICATE" {
		return bad("附上的证书不能识别")
	}
	sum := sha256.Sum256(block.Bytes)
	if hex.EncodeToString(sum[:]) != t.Cert {
		return bad("附上的证书与结果不是同一张")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return bad("附上的证书不能识别")
	}
	t.Until = calendar.DateOf(leaf.NotAfter.UTC())
	return nil
}
