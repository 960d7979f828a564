package inspection

import (
	"context"
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"zhengshu/internal/calendar"
	"zhengshu/internal/db"
	"zhengshu/internal/egress"
	"zhengshu/internal/registry"
)

// neighboursAsked is how many other sites are asked whether it is the line.
const neighboursAsked = 3

// connected reports whether somebody at the other end answered, whatever it said.
func connected(r egress.ProbeResult) bool { return r.OK || r.Status != 0 || r.Kind == egress.TLS }

// ours reports whether a site is probed on this machine or the network it stands
// in: that proves nothing of the line to the public network, and needs no such
// proof.
func (s *Service) ours(ctx context.Context, site registry.Site) bool {
	if s.origin != nil && s.origin(site) != "" {
		return true
	}
	return inside(ctx, s.client, s.address(site))
}

// inside reports whether an address is of this machine or of the network it stands
// in: it is reached, or not, without the line to the public network.
func inside(ctx context.Context, client *egress.Client, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || client.Serves(host) {
		return true
	}
	addrs, err := client.Addresses(ctx, host)
	if e := (*egress.Error)(nil); errors.As(err, &e) {
		return e.Kind == egress.RefusedAddress
	}
	return slices.ContainsFunc(addrs, func(a netip.Addr) bool { _, special := egress.Special(a); return special })
}

// unproven are the places in a round of the failures that may be our own line's:
// no site of the public network answered, nor has anything out there since the
// instant. No answer can be told from no line only where something answers.
func unproven(round []probed, ours func(i int) bool, outside, since time.Time) []int {
	var failed []int
	for i, p := range round {
		if !connected(p.res) && !ours(i) {
			failed = append(failed, i)
		}
	}
	if len(failed) == 0 || !outside.IsZero() && !outside.Before(since) {
		return nil
	}
	for i, p := range round {
		if connected(p.res) && !ours(i) {
			return nil
		}
	}
	return failed
}

// withoutOutage leaves out of a round the failures of a time in which nothing of
// the public network answered us, for houses without addresses to test the line
// by: those intervals are untested (本机网络), not failed. Before it gives them
// up, it asks a few of the other sites.
func (s *Service) withoutOutage(ctx context.Context, round []probed, sites []registry.Site, since time.Time) ([]probed, error) {
	byID := make(map[registry.SiteID]registry.Site, len(sites))
	for _, site := range sites {
		byID[site.ID] = site
	}
	known := map[int]bool{}
	ours := func(i int) bool {
		is, asked := known[i]
		if !asked {
			is = s.ours(ctx, byID[round[i].site])
			known[i] = is
		}
		return is
	}
	failed := unproven(round, ours, s.client.Outside(), since)
	if len(failed) == 0 || s.neighbourAnswers(ctx, round, sites) {
		return round, s.noteLine(ctx, true)
	}
	s.set.Log.Warn("inspection: nothing of the public network answers; failures of this round are taken for our own line's and not counted", "sites", len(failed))
	var out []probed
	for i, p := range round {
		if len(failed) > 0 && failed[0] == i {
			failed = failed[1:]
			continue
		}
		out = append(out, p)
	}
	return out, s.noteLine(ctx, false)
}

// neighbourAnswers asks a few sites that are not in the round, others each time.
func (s *Service) neighbourAnswers(ctx context.Context, round []probed, sites []registry.Site) bool {
	in := map[registry.SiteID]bool{}
	for _, p := range round {
		in[p.site] = true
	}
	var others []registry.Site
	for _, site := range sites {
		if !in[site.ID] {
			others = append(others, site)
		}
	}
	if len(others) == 0 {
		return false
	}
	begin, asked := int(s.db.Now().Unix()/10%int64(len(others))), 0
	for i := range others {
		site := others[(begin+i)%len(others)]
		if s.ours(ctx, site) {
			continue
		}
		if connected(s.client.Knock(ctx, s.address(site))) {
			return true
		}
		if asked++; asked == neighboursAsked {
			break
		}
	}
	return false
}

// OwnLineDown says since when and why this system tells nothing of the sites of the
// public network: nothing counts as failed then, and nobody is alarmed, so whoever
// looks must know. It is empty while the line answers.
func (s *Service) OwnLineDown(ctx context.Context) (string, error) {
	list, err := s.Vantages(ctx)
	if err != nil {
		return "", err
	}
	var own Vantage
	others, now := false, s.db.Now()
	for _, v := range list {
		if v.ID == OwnVantage {
			own = v
		} else if v.Votes(now) {
			others = true
		}
	}
	if !own.LineDown() {
		return "", nil
	}
	says := "自 " + own.SeenAt.In(calendar.Shanghai).Format("2006-01-02 15:04") + " 起"
	if len(own.Line) > 0 {
		says += "，登记的自检地址都打不开。"
	} else {
		says += "，公共网络上没有地址应答。"
	}
	if others {
		says += "其间本系统不计票，其他监测点照常探测；"
	} else {
		says += "其间网站能否访问没有检测，不计失败，也不告警；"
	}
	says += "恢复后自动继续。请系统管理员检查本机网络"
	if len(own.Line) > 0 {
		says += "，并核对自检地址是否还能用"
	}
	return says + "。", nil
}

// noteLine keeps how our own line was found, and since when it does not answer.
func (s *Service) noteLine(ctx context.Context, ok bool) error {
	return s.probes.Update(ctx, func(tx *db.Tx) error {
		if ok {
			_, err := tx.Quiet(ctx, `UPDATE vantage_seen SET line_ok = TRUE, at = $2 WHERE vantage_id = $1 AND NOT line_ok`, OwnVantage, tx.Now())
			return err
		}
		_, err := tx.Quiet(ctx, `INSERT INTO vantage_seen (vantage_id, at, seq, line_ok, results, lost) VALUES ($1, $2, 0, FALSE, 0, 0)
			ON CONFLICT (vantage_id) DO UPDATE SET at = excluded.at, line_ok = FALSE WHERE vantage_seen.line_ok`, OwnVantage, tx.Now())
		return err
	})
}
